/*
 * Codec of the views' messages.
 */
#include "overlay/views_msg.h"

#include <string.h>

enum field {
    FIELD_KIND = 1,
    FIELD_PRIORITY = 2,
    FIELD_REASON = 3,
    FIELD_DEGREE = 4,
    FIELD_TTL = 5,
    FIELD_NONCE = 6,
    FIELD_ASKING = 7,
    FIELD_PEER = 8,
    FIELD_ROOT = 9,
    FIELD_LIST = 11, /* 10 was a proof of the network, before there was a gate */
    FIELD_NEWS = 12
};

#define NEWS_SIZE_MAX (5 + 2 + 3) /* varints of count, hops and age */

enum peer_field { PEER_ID = 1, PEER_WHERE = 2 };
enum root_field { ROOT_HASH = 1, ROOT_COUNT = 2, ROOT_HOPS = 3, ROOT_AGE = 4 };

static uint32_t at_most(uint64_t value, uint32_t max)
{
    return value < max ? (uint32_t)value : max;
}

static int take_peer(struct views_msg *m, struct span bytes)
{
    struct views_msg_peer peer;
    struct pb p;
    struct pb_field f;
    int rc = WAVU_ERR_PROTO; /* without an id there is no peer */
    if (m->peer_count == VIEWS_MSG_PEERS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    memset(&peer, 0, sizeof peer);
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number == PEER_ID && f.wire == PB_BYTES) {
            rc = overlay_id_take(&peer.id, f.bytes);
        } else if (f.number == PEER_WHERE && f.wire == PB_BYTES) {
            peer.where = f.bytes;
        }
    }
    if (pb_finish(&p) < 0 || rc < 0) {
        return WAVU_ERR_PROTO;
    }
    if (peer.where.len > VIEWS_MSG_WHERE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    m->peers[m->peer_count++] = peer;
    return 0;
}

static int take_root(struct views_msg *m, struct span bytes)
{
    struct views_msg_root root = {.hash = 0};
    struct pb p;
    struct pb_field f;
    if (m->is_brief) {
        return WAVU_ERR_PROTO; /* with hashes and without */
    }
    if (m->root_count == VIEWS_MSG_ROOTS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number == ROOT_HASH && f.wire == PB_FIXED64) {
            root.hash = f.value;
        } else if (f.number == ROOT_COUNT && f.wire == PB_VARINT) {
            root.count = at_most(f.value, UINT32_MAX);
        } else if (f.number == ROOT_HOPS && f.wire == PB_VARINT) {
            root.hops = (uint16_t)at_most(f.value, VIEWS_MSG_HOPS_MAX);
        } else if (f.number == ROOT_AGE && f.wire == PB_VARINT) {
            root.age_s = (uint16_t)at_most(f.value, VIEWS_MSG_AGE_S_MAX);
        }
    }
    /* Strictly ascending: so no root comes twice, and merging is one pass. */
    if (pb_finish(&p) < 0 || (m->root_count > 0 && m->roots[m->root_count - 1].hash >= root.hash)) {
        return WAVU_ERR_PROTO;
    }
    m->roots[m->root_count++] = root;
    return 0;
}

/* Of roots whose hashes the receiver has: three numbers each. */
static int take_news(struct views_msg *m, struct span packed)
{
    struct rd r;
    if (m->is_brief || m->root_count > 0) {
        return WAVU_ERR_PROTO;
    }
    m->is_brief = true;
    rd_init(&r, packed);
    while (rd_left(&r) > 0 && !r.failed) {
        if (m->root_count == VIEWS_MSG_ROOTS_MAX) {
            return WAVU_ERR_LIMIT;
        }
        struct views_msg_root *root = &m->roots[m->root_count++];
        root->count = at_most(rd_varint(&r), UINT32_MAX);
        root->hops = (uint16_t)at_most(rd_varint(&r), VIEWS_MSG_HOPS_MAX);
        root->age_s = (uint16_t)at_most(rd_varint(&r), VIEWS_MSG_AGE_S_MAX);
    }
    return rd_finish(&r);
}

static void take_number(struct views_msg *m, const struct pb_field *f)
{
    switch (f->number) {
    case FIELD_KIND:
        m->kind = f->value > VIEWS_MSG_AUDIT ? VIEWS_MSG_NONE : (enum views_msg_kind)f->value;
        return;
    case FIELD_PRIORITY:
        m->priority =
            f->value > VIEWS_MSG_HEAL ? VIEWS_MSG_NORMAL : (enum views_msg_priority)f->value;
        return;
    case FIELD_REASON:
        m->reason =
            f->value > VIEWS_MSG_STRANGER ? VIEWS_MSG_UNSAID : (enum views_msg_reason)f->value;
        return;
    case FIELD_DEGREE:
        m->degree = at_most(f->value, VIEWS_MSG_DEGREE_MAX);
        return;
    case FIELD_TTL:
        m->ttl = at_most(f->value, VIEWS_MSG_TTL_MAX);
        return;
    case FIELD_ASKING:
        m->is_asking = f->value != 0;
        return;
    default:
        return; /* newer fields are nobody's concern here */
    }
}

static int take(struct views_msg *m, const struct pb_field *f)
{
    if (f->wire == PB_VARINT) {
        take_number(m, f);
    } else if (f->number == FIELD_NONCE && f->wire == PB_FIXED64) {
        m->nonce = f->value;
    } else if (f->number == FIELD_LIST && f->wire == PB_FIXED32) {
        m->list = (uint32_t)f->value;
    } else if (f->number == FIELD_PEER && f->wire == PB_BYTES) {
        return take_peer(m, f->bytes);
    } else if (f->number == FIELD_ROOT && f->wire == PB_BYTES) {
        return take_root(m, f->bytes);
    } else if (f->number == FIELD_NEWS && f->wire == PB_BYTES) {
        return take_news(m, f->bytes);
    }
    return 0;
}

/* True when the kind's own fields are there. */
static bool is_whole(const struct views_msg *m)
{
    return (m->kind != VIEWS_MSG_JOIN && m->kind != VIEWS_MSG_SHUFFLE) || m->peer_count > 0;
}

int views_msg_decode(struct views_msg *m, struct span bytes)
{
    struct views_msg read;
    struct pb p;
    struct pb_field f;
    int rc = 0;
    if (bytes.len > VIEWS_MSG_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    memset(&read, 0, sizeof read);
    pb_init(&p, bytes);
    while (rc == 0 && pb_next(&p, &f)) {
        rc = take(&read, &f);
    }
    if (rc < 0) {
        return rc;
    }
    if (pb_finish(&p) < 0 || !is_whole(&read)) {
        return WAVU_ERR_PROTO;
    }
    *m = read;
    return 0;
}

static void put_nonzero(struct wr *w, uint32_t number, uint64_t value)
{
    if (value != 0) {
        pb_write_varint(w, number, value);
    }
}

static void put_peer(struct wr *w, const struct views_msg_peer *peer)
{
    size_t len = pb_bytes_size(PEER_ID, OVERLAY_ID_SIZE);
    if (peer->where.len > 0) {
        len += pb_bytes_size(PEER_WHERE, peer->where.len);
    }
    pb_write_head(w, FIELD_PEER, len);
    pb_write_bytes(w, PEER_ID, overlay_id_span(&peer->id));
    if (peer->where.len > 0) {
        pb_write_bytes(w, PEER_WHERE, peer->where);
    }
}

static void put_root_fields(struct wr *w, const struct views_msg_root *root)
{
    pb_write_fixed64(w, ROOT_HASH, root->hash);
    put_nonzero(w, ROOT_COUNT, root->count);
    put_nonzero(w, ROOT_HOPS, root->hops);
    put_nonzero(w, ROOT_AGE, root->age_s);
}

static void put_root(struct wr *w, const struct views_msg_root *root)
{
    struct wr measure;
    wr_init(&measure, span_mut_of(NULL, 0));
    put_root_fields(&measure, root);
    pb_write_head(w, FIELD_ROOT, measure.len);
    put_root_fields(w, root);
}

static void put_news(struct wr *w, const struct views_msg *m)
{
    uint8_t packed[VIEWS_MSG_ROOTS_MAX * NEWS_SIZE_MAX];
    struct wr news;
    wr_init(&news, span_mut_of(packed, sizeof packed));
    for (size_t i = 0; i < m->root_count; i++) {
        wr_varint(&news, m->roots[i].count);
        wr_varint(&news, m->roots[i].hops);
        wr_varint(&news, m->roots[i].age_s);
    }
    pb_write_fixed32(w, FIELD_LIST, m->list);
    pb_write_bytes(w, FIELD_NEWS, wr_span(&news));
}

void views_msg_encode(struct wr *w, const struct views_msg *m)
{
    pb_write_varint(w, FIELD_KIND, m->kind);
    put_nonzero(w, FIELD_PRIORITY, m->priority);
    put_nonzero(w, FIELD_REASON, m->reason);
    put_nonzero(w, FIELD_DEGREE, m->degree);
    put_nonzero(w, FIELD_TTL, m->ttl);
    if (m->nonce != 0) {
        pb_write_fixed64(w, FIELD_NONCE, m->nonce);
    }
    put_nonzero(w, FIELD_ASKING, m->is_asking);
    for (size_t i = 0; i < m->peer_count; i++) {
        put_peer(w, &m->peers[i]);
    }
    for (size_t i = 0; i < m->root_count && !m->is_brief; i++) {
        put_root(w, &m->roots[i]);
    }
    if (m->is_brief) {
        put_news(w, m);
    }
}
