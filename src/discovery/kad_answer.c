/*
 * An answer repeats type and key, and names the k nearest servers that we know, but never the
 * asker.
 */
#include "discovery/kad_answer.h"

#include <string.h>

#include "discovery/kad_addresses.h"
#include "discovery/kad_proof.h"
#include "discovery/kad_quota.h"
#include "discovery/kad_time.h"

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

/* ---- Values ---- */

static struct kad_store_time kad_answer_time(const struct kad_answer *a)
{
    struct port *port = a->swarm->port;
    return (struct kad_store_time){.now = a->swarm->turn->now_ns, .wall_ms = port->wall_ms(port)};
}

/* Who says so: addresses that came to us prove no group, the connection does. */
static struct kad_store_from kad_answer_from(const struct conn *conn)
{
    return (struct kad_store_from){.peer = conn_peer(conn), .group = kad_addresses_group(conn)};
}

/* What is held under `key`, if anything is. */
static void kad_answer_value(const struct kad_answer *a, struct span key, struct wr *w)
{
    char received[KAD_TIME_FORMAT_SIZE];
    struct kad_store_value held;
    struct kad_store_time time = kad_answer_time(a);
    if (a->store == NULL || kad_store_get(a->store, key, &time, &held) < 0) {
        return;
    }
    kad_time_format(received, held.received_ms);
    kad_msg_write_record(w, &(struct kad_msg_record){.key = held.key,
                                                     .value = held.value,
                                                     .received = span_from_text(received)});
}

/* Keep what was put, if it is a record. */
static int kad_answer_put(const struct kad_answer *a, const struct conn *conn,
                          const struct kad_msg *m)
{
    struct kad_record r;
    struct kad_store_time time = kad_answer_time(a);
    struct kad_store_from from = kad_answer_from(conn);
    uint64_t received_ms = 0;
    if (!m->has_record || !span_is_equal(m->record.key, m->key)) {
        return WAVU_ERR_PROTO;
    }
    if (a->store == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    /* Under another prefix people write there what they like. */
    if (a->is_own && m->record.received.ptr != NULL &&
        kad_time_parse(m->record.received, &received_ms) < 0) {
        received_ms = 0;
    }
    int rc = kad_record_check(a->validators, &r, m->key, m->record.value, time.wall_ms);
    rc = rc < 0 ? rc : kad_store_put(a->store, &r, received_ms, &from, &time);
    return rc == WAVU_ERR_EXISTS ? 0 : rc;
}

/* ---- Providers ---- */

/* The addresses of a provider as the store has them, of those that the peer may say. */
static size_t kad_answer_pack(const struct kad_answer *a, const struct conn *conn,
                              const struct kad_msg_peer *p, uint8_t *out, size_t max)
{
    struct wr w;
    struct multiaddr address;
    size_t len = 0;
    wr_init(&w, span_mut_of(out, max));
    for (size_t i = 0; i < p->address_count; i++) {
        if (kad_addresses_read(a->swarm, p->addresses[i], kad_addresses_scope_of(conn),
                               conn_peer(conn), &address)) {
            wr_prefixed(&w, multiaddr_span(&address));
            len = wr_finish(&w) == 0 ? w.len : len;
        }
    }
    return len;
}

/* Only the peer itself can say that it provides something. */
static int kad_answer_add(const struct kad_answer *a, const struct conn *conn,
                          const struct kad_msg *m)
{
    uint8_t addresses[KAD_QUOTA_ADDRESSES_MAX];
    struct kad_store_time time = kad_answer_time(a);
    struct kad_store_from from = kad_answer_from(conn);
    for (size_t i = 0; i < m->provider_count; i++) {
        struct kad_msg_peer p;
        if (kad_msg_peer_decode(&p, m->providers[i]) < 0 ||
            !span_is_equal(p.id, peerid_span(conn_peer(conn)))) {
            continue;
        }
        size_t len = kad_answer_pack(a, conn, &p, addresses, sizeof addresses);
        int rc = a->store == NULL
                     ? WAVU_ERR_UNSUPPORTED
                     : kad_store_provide(a->store, m->key, span_of(addresses, len), &from, &time);
        return rc == WAVU_ERR_INVALID ? WAVU_ERR_PROTO : rc;
    }
    return WAVU_ERR_PROTO;
}

static void kad_answer_provider(const struct kad_answer *a, const struct conn *conn,
                                const struct kad_store_provider *held, struct wr *w)
{
    struct kad_msg_peer p = {.id = peerid_span(&held->peer)};
    enum kad_addresses_scope scope = kad_addresses_scope_of(conn);
    struct multiaddr addresses[KAD_ADDRESSES_TOLD_MAX];
    struct rd r;
    rd_init(&r, held->addresses);
    while (rd_left(&r) > 0 && p.address_count < KAD_ADDRESSES_TOLD_MAX) {
        struct span one = rd_prefixed(&r, MULTIADDR_SIZE_MAX);
        if (r.failed) {
            break;
        }
        struct multiaddr *address = &addresses[p.address_count];
        if (kad_addresses_read(a->swarm, one, scope, &held->peer, address)) {
            p.addresses[p.address_count++] = multiaddr_span(address);
        }
    }
    if (w->len + kad_answer_size(&p) + PROOF_ROOM <= KAD_ANSWER_SIZE_MAX) {
        kad_msg_write_provider(w, &p);
    }
}

static void kad_answer_providers(const struct kad_answer *a, const struct conn *conn,
                                 struct span key, struct wr *w)
{
    struct kad_store_provider held[KAD_MSG_PROVIDERS_MAX];
    size_t count = a->store == NULL ? 0
                                    : kad_store_providers(a->store, key, a->swarm->turn->now_ns,
                                                          held, KAD_MSG_PROVIDERS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!peerid_is_equal(&held[i].peer, conn_peer(conn))) {
            kad_answer_provider(a, conn, &held[i], w);
        }
    }
}

/* ---- All ---- */

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
    int rc = 0;
    switch (m->type) {
    case KAD_MSG_PUT_VALUE:
        rc = kad_answer_put(a, conn, m);
        if (rc == 0) {
            kad_msg_write_head(w, m->type, m->key);
            kad_answer_value(a, m->key, w);
        }
        break;
    case KAD_MSG_ADD_PROVIDER:
        return kad_answer_add(a, conn, m);
    case KAD_MSG_GET_VALUE:
        kad_msg_write_head(w, m->type, m->key);
        kad_answer_value(a, m->key, w);
        kad_answer_nearer(a, conn, m->key, w);
        break;
    case KAD_MSG_GET_PROVIDERS:
        kad_msg_write_head(w, m->type, m->key);
        kad_answer_nearer(a, conn, m->key, w);
        kad_answer_providers(a, conn, m->key, w);
        break;
    case KAD_MSG_FIND_NODE:
        kad_msg_write_head(w, m->type, m->key);
        kad_answer_nearer(a, conn, m->key, w);
        break;
    case KAD_MSG_PING:
        kad_msg_write_head(w, m->type, m->key);
        break;
    }
    if (rc < 0) {
        return rc;
    }
    kad_answer_sign(a, conn, m, w);
    return wr_finish(w);
}
