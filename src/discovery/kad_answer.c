/*
 * An answer repeats type and key, and names the k nearest servers that we know, but never the
 * asker.
 */
#include "discovery/kad_answer.h"

#include <string.h>

#include "discovery/kad_addresses.h"
#include "discovery/kad_proof.h"

/* Tag and length of an embedded peer, and room for a proof behind the last. */
#define PEER_OVERHEAD 8
#define PROOF_ROOM (KAD_MSG_PROOF_SIZE + 4)

static void kad_answer_describe(const struct kad_answer *a, const struct peerid *peer,
                                const struct kad_addresses *known, struct kad_msg_peer *out)
{
    *out = (struct kad_msg_peer){.id = peerid_span(peer), .address_count = known->count};
    for (size_t i = 0; i < known->count; i++) {
        out->addresses[i] = multiaddr_span(&known->addresses[i]);
    }
    out->connection =
        swarm_conn(a->swarm, peer) != NULL ? KAD_MSG_CONNECTED : KAD_MSG_NOT_CONNECTED;
    if (a->is_own) {
        out->record = peerbook_record(&a->swarm->peerbook, peer);
    }
}

static size_t kad_answer_size(const struct kad_msg_peer *p)
{
    size_t size = PEER_OVERHEAD + p->id.len + p->record.len + PEER_OVERHEAD;
    for (size_t i = 0; i < p->address_count; i++) {
        size += PEER_OVERHEAD + p->addresses[i].len;
    }
    return size;
}

/* The nearest of whom there is an address to tell; of whom there is none nobody could ask. */
static void kad_answer_nearer(const struct kad_answer *a, const struct conn *conn, struct span key,
                              struct wr *w)
{
    struct peerid near[KAD_TABLE_K_MAX];
    enum kad_addresses_scope scope = kad_addresses_scope_of(conn);
    size_t count = kad_named(a->kad, conn_peer(conn), key, near, KAD_TABLE_K_MAX);
    for (size_t i = 0; i < count; i++) {
        struct kad_addresses known;
        struct kad_msg_peer peer;
        kad_addresses_tell(a->swarm, &near[i], scope, &known);
        kad_answer_describe(a, &near[i], &known, &peer);
        if (w->len + kad_answer_size(&peer) + PROOF_ROOM > KAD_ANSWER_SIZE_MAX) {
            peer.record = span_empty();
        }
        if (known.count > 0 &&
            w->len + kad_answer_size(&peer) + PROOF_ROOM <= KAD_ANSWER_SIZE_MAX) {
            kad_msg_write_nearer(w, &peer);
        }
    }
}

static void kad_answer_sign(const struct kad_answer *a, const struct conn *conn,
                            const struct kad_msg *m, struct wr *w)
{
    uint8_t proof[KAD_MSG_PROOF_SIZE];
    struct kad_proof p = {.asker = *conn_peer(conn), .type = m->type, .key = m->key};
    if (!a->is_own || m->nonce.ptr == NULL) {
        return;
    }
    memcpy(p.nonce, m->nonce.ptr, sizeof p.nonce);
    kad_proof_make(proof, &a->swarm->key, &p, wr_span(w));
    kad_msg_write_proof(w, proof);
}

int kad_answer_write(const struct kad_answer *a, const struct conn *conn, const struct kad_msg *m,
                     struct wr *w)
{
    if (m->key.len == 0 && m->type != KAD_MSG_PING) {
        return WAVU_ERR_PROTO;
    }
    switch (m->type) {
    case KAD_MSG_PUT_VALUE:
    case KAD_MSG_ADD_PROVIDER:
        return WAVU_ERR_UNSUPPORTED;
    case KAD_MSG_GET_VALUE:
    case KAD_MSG_GET_PROVIDERS:
    case KAD_MSG_FIND_NODE:
        kad_msg_write_head(w, m->type, m->key);
        kad_answer_nearer(a, conn, m->key, w);
        break;
    case KAD_MSG_PING:
        kad_msg_write_head(w, m->type, m->key);
        break;
    }
    kad_answer_sign(a, conn, m, w);
    return wr_finish(w);
}
