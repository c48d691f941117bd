/*
 * Codec of the control protocol. What a request of some type has in which field is a table: one
 * reader and one writer serve all.
 */
#include "apps/p2pd/p2pd_msg.h"

#define P2PD_MSG_TYPE 1 /* of requests and responses */

enum p2pd_msg_slot {
    SLOT_KIND,
    SLOT_PEER,
    SLOT_ADDRESS,
    SLOT_ADDRESSES,
    SLOT_PROTOCOLS,
    SLOT_CID,
    SLOT_KEY,
    SLOT_VALUE,
    SLOT_TEXT,
    SLOT_NUMBER,
    SLOT_TIMEOUT
};

/* Field `number` of the body of requests of `type`. */
struct p2pd_msg_row {
    enum p2pd_msg_type type;
    uint32_t number;
    enum p2pd_msg_slot slot;
};

static const struct p2pd_msg_row rows[] = {
    {P2PD_MSG_CONNECT, 1, SLOT_PEER},
    {P2PD_MSG_CONNECT, 2, SLOT_ADDRESSES},
    {P2PD_MSG_CONNECT, 3, SLOT_TIMEOUT},
    {P2PD_MSG_STREAM_OPEN, 1, SLOT_PEER},
    {P2PD_MSG_STREAM_OPEN, 2, SLOT_PROTOCOLS},
    {P2PD_MSG_STREAM_OPEN, 3, SLOT_TIMEOUT},
    {P2PD_MSG_STREAM_HANDLER, 1, SLOT_ADDRESS},
    {P2PD_MSG_STREAM_HANDLER, 2, SLOT_PROTOCOLS},
    {P2PD_MSG_DHT, 1, SLOT_KIND},
    {P2PD_MSG_DHT, 2, SLOT_PEER},
    {P2PD_MSG_DHT, 3, SLOT_CID},
    {P2PD_MSG_DHT, 4, SLOT_KEY},
    {P2PD_MSG_DHT, 5, SLOT_VALUE},
    {P2PD_MSG_DHT, 6, SLOT_NUMBER},
    {P2PD_MSG_DHT, 7, SLOT_TIMEOUT},
    {P2PD_MSG_CONNMANAGER, 1, SLOT_KIND},
    {P2PD_MSG_CONNMANAGER, 2, SLOT_PEER},
    {P2PD_MSG_CONNMANAGER, 3, SLOT_TEXT},
    {P2PD_MSG_CONNMANAGER, 4, SLOT_NUMBER},
    {P2PD_MSG_DISCONNECT, 1, SLOT_PEER},
    {P2PD_MSG_PUBSUB, 1, SLOT_KIND},
    {P2PD_MSG_PUBSUB, 2, SLOT_TEXT},
    {P2PD_MSG_PUBSUB, 3, SLOT_VALUE},
    {P2PD_MSG_PEERSTORE, 1, SLOT_KIND},
    {P2PD_MSG_PEERSTORE, 2, SLOT_PEER},
    {P2PD_MSG_PEERSTORE, 3, SLOT_PROTOCOLS},
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* The field of a request that has the body of `type`; 0: it has none. */
static uint32_t p2pd_msg_body(uint64_t type)
{
    static const uint8_t fields[] = {
        [P2PD_MSG_CONNECT] = 2, [P2PD_MSG_STREAM_OPEN] = 3, [P2PD_MSG_STREAM_HANDLER] = 4,
        [P2PD_MSG_DHT] = 5,     [P2PD_MSG_CONNMANAGER] = 6, [P2PD_MSG_DISCONNECT] = 7,
        [P2PD_MSG_PUBSUB] = 8,  [P2PD_MSG_PEERSTORE] = 9,
    };
    return type < sizeof fields ? fields[type] : 0;
}

/* Where a slot of one value of bytes lies; NULL for other slots. */
static struct span *p2pd_msg_span(struct p2pd_msg_request *m, enum p2pd_msg_slot slot)
{
    switch (slot) {
    case SLOT_PEER:
        return &m->peer;
    case SLOT_ADDRESS:
        return &m->address;
    case SLOT_CID:
        return &m->cid;
    case SLOT_KEY:
        return &m->key;
    case SLOT_VALUE:
        return &m->value;
    case SLOT_TEXT:
        return &m->text;
    case SLOT_KIND:
    case SLOT_ADDRESSES:
    case SLOT_PROTOCOLS:
    case SLOT_NUMBER:
    case SLOT_TIMEOUT:
        break;
    }
    return NULL;
}

static void p2pd_msg_add(struct span *list, size_t *count, size_t max, struct span value)
{
    if (*count < max) {
        list[(*count)++] = value;
    }
}

static void p2pd_msg_take_bytes(struct p2pd_msg_request *m, enum p2pd_msg_slot slot,
                                struct span value)
{
    struct span *one = p2pd_msg_span(m, slot);
    if (one != NULL) {
        *one = value;
    } else if (slot == SLOT_ADDRESSES) {
        p2pd_msg_add(m->addresses, &m->address_count, P2PD_MSG_ADDRESSES_MAX, value);
    } else if (slot == SLOT_PROTOCOLS) {
        p2pd_msg_add(m->protocols, &m->protocol_count, P2PD_MSG_PROTOCOLS_MAX, value);
    }
}

static void p2pd_msg_take_number(struct p2pd_msg_request *m, enum p2pd_msg_slot slot,
                                 uint64_t value)
{
    if (slot == SLOT_KIND) {
        m->kind = value;
        m->has_kind = true;
    } else if (slot == SLOT_NUMBER) {
        m->number = (int64_t)value;
    } else if (slot == SLOT_TIMEOUT) {
        m->timeout_s = (int64_t)value;
    }
}

static int p2pd_msg_decode_body(struct p2pd_msg_request *m, struct span body)
{
    struct pb p;
    struct pb_field field;
    pb_init(&p, body);
    while (pb_next(&p, &field)) {
        for (size_t i = 0; i < ROW_COUNT; i++) {
            if (rows[i].type != m->type || rows[i].number != field.number) {
                continue;
            }
            if (field.wire == PB_BYTES) {
                p2pd_msg_take_bytes(m, rows[i].slot, field.bytes);
            } else if (field.wire == PB_VARINT) {
                p2pd_msg_take_number(m, rows[i].slot, field.value);
            }
        }
    }
    return pb_finish(&p);
}

int p2pd_msg_decode(struct p2pd_msg_request *out, struct span bytes)
{
    struct p2pd_msg_request m = {.type = 0};
    struct span bodies[P2PD_MSG_PEERSTORE + 1] = {{NULL, 0}};
    bool has[P2PD_MSG_PEERSTORE + 1] = {false};
    bool has_type = false;
    struct pb p;
    struct pb_field field;
    pb_init(&p, bytes);
    while (pb_next(&p, &field)) {
        if (field.number == P2PD_MSG_TYPE && field.wire == PB_VARINT) {
            m.type = field.value;
            has_type = true;
        } else if (field.number <= P2PD_MSG_PEERSTORE && field.wire == PB_BYTES) {
            bodies[field.number] = field.bytes;
            has[field.number] = true;
        }
    }
    int rc = pb_finish(&p);
    uint32_t number = p2pd_msg_body(m.type);
    if (rc == 0 && number != 0 && has[number]) {
        m.has_body = true;
        rc = p2pd_msg_decode_body(&m, bodies[number]);
    }
    if (rc < 0 || !has_type) {
        return WAVU_ERR_PROTO;
    }
    *out = m;
    return 0;
}

/* ---- Writing requests ---- */

static void p2pd_msg_put_row(struct wr *w, const struct p2pd_msg_row *row,
                             const struct p2pd_msg_request *m)
{
    struct p2pd_msg_request copy = *m;
    const struct span *one = p2pd_msg_span(&copy, row->slot);
    if (one != NULL && one->ptr != NULL) {
        pb_write_bytes(w, row->number, *one);
    }
    for (size_t i = 0; row->slot == SLOT_ADDRESSES && i < m->address_count; i++) {
        pb_write_bytes(w, row->number, m->addresses[i]);
    }
    for (size_t i = 0; row->slot == SLOT_PROTOCOLS && i < m->protocol_count; i++) {
        pb_write_bytes(w, row->number, m->protocols[i]);
    }
    if (row->slot == SLOT_KIND && m->has_kind) {
        pb_write_varint(w, row->number, m->kind);
    } else if (row->slot == SLOT_NUMBER && m->number != 0) {
        pb_write_varint(w, row->number, (uint64_t)m->number);
    } else if (row->slot == SLOT_TIMEOUT && m->timeout_s != 0) {
        pb_write_varint(w, row->number, (uint64_t)m->timeout_s);
    }
}

static void p2pd_msg_put_body(struct wr *w, const struct p2pd_msg_request *m)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].type == m->type) {
            p2pd_msg_put_row(w, &rows[i], m);
        }
    }
}

void p2pd_msg_encode(struct wr *w, const struct p2pd_msg_request *m)
{
    uint32_t number = p2pd_msg_body(m->type);
    pb_write_varint(w, P2PD_MSG_TYPE, m->type);
    if (number != 0 && m->has_body) {
        struct wr size;
        wr_init(&size, span_mut_of(NULL, 0));
        p2pd_msg_put_body(&size, m);
        pb_write_head(w, number, size.len);
        p2pd_msg_put_body(w, m);
    }
}

/* ---- Answers ---- */

enum p2pd_msg_response {
    RESPONSE_ERROR = 2,
    RESPONSE_STREAM = 3,
    RESPONSE_IDENTIFY = 4,
    RESPONSE_DHT = 5,
    RESPONSE_PEERS = 6,
    RESPONSE_PEERSTORE = 8
};

void p2pd_msg_put_ok(struct wr *w)
{
    pb_write_varint(w, P2PD_MSG_TYPE, 0);
}

void p2pd_msg_put_error(struct wr *w, const char *sentence)
{
    struct span text = span_from_text(sentence);
    pb_write_varint(w, P2PD_MSG_TYPE, 1);
    pb_write_head(w, RESPONSE_ERROR, pb_bytes_size(1, text.len));
    pb_write_bytes(w, 1, text);
}

static size_t p2pd_msg_peer_size(struct span id, const struct span *addresses, size_t count)
{
    size_t size = pb_bytes_size(1, id.len);
    for (size_t i = 0; i < count; i++) {
        size += pb_bytes_size(2, addresses[i].len);
    }
    return size;
}

/* A PeerInfo in field `number`. */
static void p2pd_msg_put_info(struct wr *w, uint32_t number, struct span id,
                              const struct span *addresses, size_t count)
{
    pb_write_head(w, number, p2pd_msg_peer_size(id, addresses, count));
    pb_write_bytes(w, 1, id);
    for (size_t i = 0; i < count; i++) {
        pb_write_bytes(w, 2, addresses[i]);
    }
}

void p2pd_msg_put_identify(struct wr *w, struct span id, const struct span *addresses, size_t count)
{
    p2pd_msg_put_info(w, RESPONSE_IDENTIFY, id, addresses, count);
}

void p2pd_msg_put_peer(struct wr *w, struct span id, const struct span *addresses, size_t count)
{
    p2pd_msg_put_info(w, RESPONSE_PEERS, id, addresses, count);
}

void p2pd_msg_put_stream(struct wr *w, struct span peer, struct span address, const char *protocol,
                         bool is_bare)
{
    struct span name = span_from_text(protocol);
    if (!is_bare) {
        pb_write_head(w, RESPONSE_STREAM,
                      pb_bytes_size(1, peer.len) + pb_bytes_size(2, address.len) +
                          pb_bytes_size(3, name.len));
    }
    pb_write_bytes(w, 1, peer);
    pb_write_bytes(w, 2, address);
    pb_write_bytes(w, 3, name);
}

void p2pd_msg_put_peerstore(struct wr *w, const struct p2pd_msg_peerstore_info *info)
{
    size_t size = 0;
    if (info->peer != NULL) {
        size +=
            pb_bytes_size(1, p2pd_msg_peer_size(*info->peer, info->addresses, info->address_count));
    }
    for (size_t i = 0; i < info->protocol_count; i++) {
        size += pb_bytes_size(2, info->protocols[i].len);
    }
    pb_write_head(w, RESPONSE_PEERSTORE, size);
    if (info->peer != NULL) {
        p2pd_msg_put_info(w, 1, *info->peer, info->addresses, info->address_count);
    }
    for (size_t i = 0; i < info->protocol_count; i++) {
        pb_write_bytes(w, 2, info->protocols[i]);
    }
}

static void p2pd_msg_put_dht_body(struct wr *w, const struct p2pd_msg_dht_info *info)
{
    pb_write_varint(w, 1, (uint64_t)info->kind);
    if (info->peer != NULL) {
        p2pd_msg_put_info(w, 2, *info->peer, info->addresses, info->address_count);
    }
    if (info->value.ptr != NULL) {
        pb_write_bytes(w, 3, info->value);
    }
}

void p2pd_msg_put_dht(struct wr *w, const struct p2pd_msg_dht_info *info, bool is_bare)
{
    struct wr size;
    wr_init(&size, span_mut_of(NULL, 0));
    p2pd_msg_put_dht_body(&size, info);
    if (!is_bare) {
        pb_write_head(w, RESPONSE_DHT, size.len);
    }
    p2pd_msg_put_dht_body(w, info);
}
