/*
 * Codec of beacons.
 */
#include "discovery/beacon_msg.h"

enum beacon_field {
    BEACON_NETWORK = 1,
    BEACON_PEER = 2,
    BEACON_PORT = 3,
    BEACON_ADDRESS = 4,
    BEACON_ASKS = 5,
    BEACON_SLOT = 6
};

static const uint8_t beacon_magic[4] = {'w', 'a', 'v', 'u'};

void beacon_msg_write_head(struct wr *w, enum beacon_msg_kind kind)
{
    wr_bytes(w, span_of(beacon_magic, sizeof beacon_magic));
    wr_u8(w, (uint8_t)kind);
}

int beacon_msg_split(struct beacon_msg_packet *p, struct span bytes)
{
    struct rd r;
    rd_init(&r, bytes);
    struct span magic = rd_bytes(&r, sizeof beacon_magic);
    uint8_t kind = rd_u8(&r);
    *p = (struct beacon_msg_packet){.kind = BEACON_MSG_OPEN};
    if (r.failed || bytes.len > BEACON_MSG_SIZE_MAX ||
        !span_is_equal(magic, span_of(beacon_magic, sizeof beacon_magic))) {
        return WAVU_ERR_PROTO;
    }
    if (kind == BEACON_MSG_OPEN || kind == BEACON_MSG_INVITER || kind == BEACON_MSG_SEEKER) {
        p->kind = (enum beacon_msg_kind)kind;
        p->content = rd_bytes(&r, rd_left(&r));
        return 0;
    }
    if (kind != BEACON_MSG_CLOSED) {
        return WAVU_ERR_UNSUPPORTED;
    }
    p->kind = BEACON_MSG_CLOSED;
    p->nonce = rd_bytes(&r, BEACON_MSG_NONCE_SIZE);
    p->tag = rd_bytes(&r, BEACON_MSG_TAG_SIZE);
    p->sealed = rd_bytes(&r, BEACON_MSG_PLAIN_SIZE + BEACON_MSG_MAC_SIZE);
    return rd_finish(&r);
}

/* One known field. WAVU_ERR_PROTO when its value cannot be. */
static int beacon_take(struct beacon_msg *m, const struct pb_field *f)
{
    if (f->number == BEACON_NETWORK && f->wire == PB_BYTES) {
        m->network = f->bytes;
        return f->bytes.len > BEACON_MSG_NETWORK_MAX ? WAVU_ERR_PROTO : 0;
    }
    if (f->number == BEACON_PEER && f->wire == PB_BYTES) {
        return peerid_decode(&m->peer, f->bytes) < 0 ? WAVU_ERR_PROTO : 0;
    }
    if (f->number == BEACON_PORT && f->wire == PB_VARINT) {
        if (f->value == 0 || f->value > UINT16_MAX) {
            return WAVU_ERR_PROTO;
        }
        if (m->port_count < BEACON_MSG_PORTS_MAX) {
            m->ports[m->port_count++] = (uint16_t)f->value;
        }
        return 0;
    }
    if (f->number == BEACON_ADDRESS && f->wire == PB_BYTES) {
        if (m->address_count < BEACON_MSG_ADDRESSES_MAX) {
            m->addresses[m->address_count++] = f->bytes;
        }
        return 0;
    }
    if (f->number == BEACON_ASKS && f->wire == PB_VARINT) {
        m->asks = f->value != 0;
    }
    if (f->number == BEACON_SLOT && f->wire == PB_VARINT) {
        if (f->value == 0 || f->value > BEACON_MSG_SLOT_MAX) {
            return WAVU_ERR_PROTO;
        }
        m->slot = (uint16_t)f->value;
    }
    return 0;
}

int beacon_msg_decode(struct beacon_msg *m, enum beacon_msg_kind kind, struct span content)
{
    bool needs_peer = kind != BEACON_MSG_SEEKER;
    bool needs_slot = kind == BEACON_MSG_INVITER || kind == BEACON_MSG_SEEKER;
    struct beacon_msg read = {.asks = false};
    struct pb p;
    struct pb_field field;
    int rc = 0;
    pb_init(&p, content);
    while (rc == 0 && pb_next(&p, &field)) {
        rc = beacon_take(&read, &field);
    }
    if (rc == 0) {
        rc = pb_finish(&p);
    }
    if (rc == 0 && ((needs_peer && read.peer.len == 0) || (needs_slot && read.slot == 0))) {
        rc = WAVU_ERR_PROTO;
    }
    if (rc == 0) {
        *m = read;
    }
    return rc;
}

void beacon_msg_encode(struct wr *w, const struct beacon_msg *m)
{
    if (m->network.len > 0) {
        pb_write_bytes(w, BEACON_NETWORK, m->network);
    }
    if (m->peer.len > 0) {
        pb_write_bytes(w, BEACON_PEER, peerid_span(&m->peer));
    }
    for (size_t i = 0; i < m->port_count; i++) {
        pb_write_varint(w, BEACON_PORT, m->ports[i]);
    }
    for (size_t i = 0; i < m->address_count; i++) {
        pb_write_bytes(w, BEACON_ADDRESS, m->addresses[i]);
    }
    if (m->asks) {
        pb_write_bool(w, BEACON_ASKS, true);
    }
    if (m->slot > 0) {
        pb_write_varint(w, BEACON_SLOT, m->slot);
    }
}
