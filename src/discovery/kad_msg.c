/*
 * Codec of Kademlia messages.
 */
#include "discovery/kad_msg.h"

enum kad_msg_field {
    KAD_MSG_F_TYPE = 1,
    KAD_MSG_F_KEY = 2,
    KAD_MSG_F_RECORD = 3,
    KAD_MSG_F_NEARER = 8,
    KAD_MSG_F_PROVIDER = 9,
    KAD_MSG_F_NONCE = 100,
    KAD_MSG_F_PROOF = 101
};

enum kad_msg_peer_field {
    KAD_MSG_F_PEER_ID = 1,
    KAD_MSG_F_PEER_ADDRESS = 2,
    KAD_MSG_F_PEER_CONNECTION = 3,
    KAD_MSG_F_PEER_RECORD = 100
};

enum kad_msg_record_field {
    KAD_MSG_F_RECORD_KEY = 1,
    KAD_MSG_F_RECORD_VALUE = 2,
    KAD_MSG_F_RECORD_RECEIVED = 5
};

static int kad_msg_record_decode(struct kad_msg_record *r, struct span bytes)
{
    struct pb p;
    struct pb_field field;
    *r = (struct kad_msg_record){0};
    pb_init(&p, bytes);
    while (pb_next(&p, &field)) {
        if (field.wire != PB_BYTES) {
            continue;
        }
        if (field.number == KAD_MSG_F_RECORD_KEY) {
            r->key = field.bytes;
        } else if (field.number == KAD_MSG_F_RECORD_VALUE) {
            r->value = field.bytes;
        } else if (field.number == KAD_MSG_F_RECORD_RECEIVED) {
            r->received = field.bytes;
        }
    }
    int rc = pb_finish(&p);
    if (rc == 0 && (r->key.len > KAD_MSG_KEY_MAX || r->value.len > KAD_MSG_VALUE_MAX)) {
        rc = WAVU_ERR_LIMIT;
    }
    return rc;
}

int kad_msg_peer_decode(struct kad_msg_peer *p, struct span bytes)
{
    struct pb in;
    struct pb_field field;
    *p = (struct kad_msg_peer){0};
    pb_init(&in, bytes);
    while (pb_next(&in, &field)) {
        if (field.number == KAD_MSG_F_PEER_ID && field.wire == PB_BYTES) {
            p->id = field.bytes;
        } else if (field.number == KAD_MSG_F_PEER_ADDRESS && field.wire == PB_BYTES) {
            if (p->address_count < KAD_MSG_ADDRESSES_MAX) {
                p->addresses[p->address_count++] = field.bytes;
            }
        } else if (field.number == KAD_MSG_F_PEER_CONNECTION && field.wire == PB_VARINT) {
            p->connection = field.value <= KAD_MSG_CANNOT_CONNECT
                                ? (enum kad_msg_connection)field.value
                                : KAD_MSG_NOT_CONNECTED;
        } else if (field.number == KAD_MSG_F_PEER_RECORD && field.wire == PB_BYTES) {
            p->record = field.bytes;
        }
    }
    int rc = pb_finish(&in);
    return rc == 0 && p->id.len == 0 ? WAVU_ERR_PROTO : rc;
}

static int kad_msg_take_fixed(struct span *out, struct span bytes, size_t size)
{
    if (bytes.len != size) {
        return WAVU_ERR_PROTO;
    }
    *out = bytes;
    return 0;
}

static int kad_msg_take_bytes(struct kad_msg *m, uint32_t number, struct span bytes)
{
    switch (number) {
    case KAD_MSG_F_KEY:
        m->key = bytes;
        return bytes.len <= KAD_MSG_KEY_MAX ? 0 : WAVU_ERR_LIMIT;
    case KAD_MSG_F_RECORD:
        m->has_record = true;
        return kad_msg_record_decode(&m->record, bytes);
    case KAD_MSG_F_NEARER:
        if (m->nearer_count == KAD_MSG_PEERS_MAX) {
            return WAVU_ERR_LIMIT;
        }
        m->nearer[m->nearer_count++] = bytes;
        return 0;
    case KAD_MSG_F_PROVIDER:
        if (m->provider_count < KAD_MSG_PROVIDERS_MAX) {
            m->providers[m->provider_count++] = bytes;
        }
        return 0;
    case KAD_MSG_F_NONCE:
        return kad_msg_take_fixed(&m->nonce, bytes, KAD_MSG_NONCE_SIZE);
    case KAD_MSG_F_PROOF:
        return kad_msg_take_fixed(&m->proof, bytes, KAD_MSG_PROOF_SIZE);
    default:
        return 0;
    }
}

int kad_msg_decode(struct kad_msg *m, struct span bytes)
{
    struct kad_msg read = {.proven = bytes.len};
    struct pb p;
    struct pb_field field;
    bool is_known = true; /* a type that is left out is PUT_VALUE: js-libp2p does so */
    int rc = 0;
    pb_init(&p, bytes);
    size_t before = 0;
    while (rc == 0 && read.proof.ptr == NULL && pb_next(&p, &field)) {
        if (field.wire == PB_BYTES) {
            rc = kad_msg_take_bytes(&read, field.number, field.bytes);
        } else if (field.wire == PB_VARINT && field.number == KAD_MSG_F_TYPE) {
            is_known = field.value <= KAD_MSG_PING;
            read.type = is_known ? (enum kad_msg_type)field.value : KAD_MSG_PING;
        }
        read.proven = read.proof.ptr != NULL ? before : read.proven;
        before = p.rd.at;
    }
    if (rc == 0) {
        /* Nothing stands behind a proof: it would be unproven. */
        rc = read.proof.ptr != NULL && before != bytes.len ? WAVU_ERR_PROTO : pb_finish(&p);
    }
    if (rc == 0 && !is_known) {
        rc = WAVU_ERR_PROTO;
    }
    if (rc == 0) {
        *m = read;
    }
    return rc;
}

void kad_msg_write_head(struct wr *w, enum kad_msg_type type, struct span key)
{
    pb_write_varint(w, KAD_MSG_F_TYPE, type);
    if (key.len > 0) {
        pb_write_bytes(w, KAD_MSG_F_KEY, key);
    }
}

static void kad_msg_write_optional(struct wr *w, uint32_t number, struct span bytes)
{
    if (bytes.ptr != NULL) {
        pb_write_bytes(w, number, bytes);
    }
}

static void kad_msg_record_encode(struct wr *w, const struct kad_msg_record *r)
{
    kad_msg_write_optional(w, KAD_MSG_F_RECORD_KEY, r->key);
    kad_msg_write_optional(w, KAD_MSG_F_RECORD_VALUE, r->value);
    kad_msg_write_optional(w, KAD_MSG_F_RECORD_RECEIVED, r->received);
}

void kad_msg_write_record(struct wr *w, const struct kad_msg_record *record)
{
    struct wr measure;
    wr_init(&measure, span_mut_of(NULL, 0));
    kad_msg_record_encode(&measure, record);
    pb_write_head(w, KAD_MSG_F_RECORD, measure.len);
    kad_msg_record_encode(w, record);
}

static void kad_msg_peer_encode(struct wr *w, const struct kad_msg_peer *peer)
{
    pb_write_bytes(w, KAD_MSG_F_PEER_ID, peer->id);
    for (size_t i = 0; i < peer->address_count; i++) {
        pb_write_bytes(w, KAD_MSG_F_PEER_ADDRESS, peer->addresses[i]);
    }
    pb_write_varint(w, KAD_MSG_F_PEER_CONNECTION, peer->connection);
    kad_msg_write_optional(w, KAD_MSG_F_PEER_RECORD, peer->record);
}

static void kad_msg_write_peer(struct wr *w, uint32_t number, const struct kad_msg_peer *peer)
{
    struct wr measure;
    wr_init(&measure, span_mut_of(NULL, 0));
    kad_msg_peer_encode(&measure, peer);
    pb_write_head(w, number, measure.len);
    kad_msg_peer_encode(w, peer);
}

void kad_msg_write_nearer(struct wr *w, const struct kad_msg_peer *peer)
{
    kad_msg_write_peer(w, KAD_MSG_F_NEARER, peer);
}

void kad_msg_write_provider(struct wr *w, const struct kad_msg_peer *peer)
{
    kad_msg_write_peer(w, KAD_MSG_F_PROVIDER, peer);
}

void kad_msg_write_nonce(struct wr *w, const uint8_t nonce[KAD_MSG_NONCE_SIZE])
{
    pb_write_bytes(w, KAD_MSG_F_NONCE, span_of(nonce, KAD_MSG_NONCE_SIZE));
}

void kad_msg_write_proof(struct wr *w, const uint8_t proof[KAD_MSG_PROOF_SIZE])
{
    pb_write_bytes(w, KAD_MSG_F_PROOF, span_of(proof, KAD_MSG_PROOF_SIZE));
}
