/*
 * Codec of plumtree's messages.
 */
#include "overlay/plumtree_msg.h"

#include <string.h>

#include "base/check.h"

enum field {
    FIELD_KIND = 1,
    FIELD_ORIGIN = 2,
    FIELD_GENERATION = 3,
    FIELD_SEQUENCE = 4,
    FIELD_HOPS = 5,
    FIELD_PAYLOAD = 6,
    FIELD_SIGNATURE = 7,
    FIELD_REPAIR = 8,
    FIELD_IDS = 9,
    FIELD_ID_HOPS = 10,
    FIELD_TREE = 11,
    FIELD_POSITION = 12,
    FIELD_OFFER = 13,
    FIELD_WAVE = 14,
    FIELD_ITEMS = 15
};

static const char signed_use[] = "wavu broadcast 2";

enum offer_field { OFFER_ORIGIN = 1, OFFER_GENERATION = 2, OFFER_SPAN = 3 };

/* A message under way: the struct, and what only tells whether it is well formed. */
struct reading {
    struct plumtree_msg m;
    bool has_origin;
    bool is_bad;  /* a field has a value that none may have */
    bool is_long; /* a field is longer than it may be */
    size_t offer_count;
    const uint8_t *offers_end; /* offers must stand one behind the other: they are borrowed whole */
};

static void take_number(struct reading *r, const struct pb_field *f)
{
    switch (f->number) {
    case FIELD_KIND:
        r->m.kind =
            f->value > PLUMTREE_MSG_ACK ? PLUMTREE_MSG_NONE : (enum plumtree_msg_kind)f->value;
        return;
    case FIELD_GENERATION:
        r->m.generation = f->value;
        return;
    case FIELD_SEQUENCE:
        r->is_bad = r->is_bad || f->value == 0 || f->value > UINT32_MAX - 1;
        r->m.sequence = (uint32_t)f->value;
        return;
    case FIELD_HOPS:
        r->m.hops = f->value > PLUMTREE_MSG_HOPS_MAX ? PLUMTREE_MSG_HOPS_MAX : (uint32_t)f->value;
        return;
    case FIELD_REPAIR:
        r->m.is_repair = f->value != 0;
        return;
    case FIELD_WAVE:
        r->m.is_wave = f->value != 0;
        return;
    case FIELD_ITEMS:
        r->is_long = r->is_long || f->value > PLUMTREE_MSG_ITEMS_MAX;
        r->m.items = r->is_long ? 0 : (size_t)f->value;
        return;
    case FIELD_TREE:
        r->m.is_tree = f->value != 0;
        return;
    case FIELD_POSITION:
        r->m.position = f->value;
        return;
    default:
        return; /* newer fields are nobody's concern here */
    }
}

/* Widen `offers` by the offer in `f`: its tag stands right before its length, so that the borrowed
 * bytes are again a message of offers. */
static void take_offer(struct reading *r, const struct pb_field *f, const uint8_t *start)
{
    const uint8_t *end = f->bytes.ptr + f->bytes.len;
    if (r->m.offers.ptr == NULL) {
        r->m.offers.ptr = start;
    } else if (r->offers_end != start) {
        r->is_bad = true;
        return;
    }
    r->m.offers.len = (size_t)(end - r->m.offers.ptr);
    r->offers_end = end;
    r->offer_count++;
    r->is_long = r->is_long || f->bytes.len > PLUMTREE_MSG_OFFER_SIZE_MAX ||
                 r->offer_count > PLUMTREE_MSG_OFFERS_MAX;
}

static void take_bytes(struct reading *r, const struct pb_field *f, const uint8_t *start)
{
    switch (f->number) {
    case FIELD_ORIGIN:
        r->has_origin = true;
        r->is_bad = overlay_id_take(&r->m.origin, f->bytes) < 0 || r->is_bad;
        return;
    case FIELD_PAYLOAD:
        r->is_long = r->is_long || f->bytes.len > PLUMTREE_MSG_PAYLOAD_MAX;
        r->m.payload = f->bytes;
        return;
    case FIELD_SIGNATURE:
        r->is_bad = r->is_bad || f->bytes.len != OVERLAY_SIGN_SIZE;
        r->m.signature = f->bytes;
        return;
    case FIELD_IDS:
        r->is_bad = r->is_bad || f->bytes.len % PLUMTREE_MSG_ID_SIZE != 0;
        r->is_long =
            r->is_long || f->bytes.len > (size_t)PLUMTREE_MSG_IDS_MAX * PLUMTREE_MSG_ID_SIZE;
        r->m.ids = f->bytes;
        return;
    case FIELD_ID_HOPS:
        r->m.id_hops = f->bytes;
        return;
    case FIELD_OFFER:
        take_offer(r, f, start);
        return;
    default:
        return;
    }
}

/* Read the pairs of an offer's ranges. False when they are no ascending ranges of numbers from 1.
 */
static bool take_ranges(struct plumtree_msg_offer *offer, struct span packed)
{
    struct rd r;
    uint64_t next = 1; /* the first number behind the ranges so far */
    rd_init(&r, packed);
    while (rd_left(&r) > 0 && offer->range_count < PLUMTREE_MSG_RANGES_MAX) {
        uint64_t skip = rd_varint(&r);
        uint64_t count = rd_varint(&r);
        if (r.failed || count == 0 || skip > UINT32_MAX || count > UINT32_MAX ||
            next + skip + count > UINT32_MAX) {
            return false;
        }
        offer->ranges[offer->range_count++] =
            (struct plumtree_msg_range){.first = (uint32_t)(next + skip), .count = (uint32_t)count};
        next += skip + count;
    }
    return rd_finish(&r) == 0;
}

/* Read one offer; false when it is malformed. */
static bool read_offer(struct plumtree_msg_offer *offer, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    bool has_origin = false;
    bool is_bad = false;
    memset(offer, 0, sizeof *offer);
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number == OFFER_ORIGIN && f.wire == PB_BYTES) {
            has_origin = true;
            is_bad = overlay_id_take(&offer->origin, f.bytes) < 0 || is_bad;
        } else if (f.number == OFFER_GENERATION && f.wire == PB_VARINT) {
            offer->generation = f.value;
        } else if (f.number == OFFER_SPAN && f.wire == PB_BYTES) {
            offer->range_count = 0;
            is_bad = !take_ranges(offer, f.bytes) || is_bad;
        }
    }
    return pb_finish(&p) == 0 && has_origin && !is_bad;
}

static bool offers_are_good(struct span offers)
{
    struct pb p;
    struct pb_field f;
    struct plumtree_msg_offer offer;
    pb_init(&p, offers);
    while (pb_next(&p, &f)) {
        if (!read_offer(&offer, f.bytes)) {
            return false;
        }
    }
    return pb_finish(&p) == 0;
}

/* True when the kind's own fields are there. */
static bool is_whole(const struct reading *r)
{
    const struct plumtree_msg *m = &r->m;
    switch (m->kind) {
    case PLUMTREE_MSG_GOSSIP:
        return r->has_origin && m->sequence != 0 && m->signature.len == OVERLAY_SIGN_SIZE &&
               m->items * PLUMTREE_MSG_ITEM_SIZE <= m->payload.len;
    case PLUMTREE_MSG_HAVE:
        return m->ids.len > 0 && m->id_hops.len == plumtree_msg_id_count(m);
    case PLUMTREE_MSG_GRAFT:
        return m->ids.len > 0 || m->is_tree;
    case PLUMTREE_MSG_DIGEST:
        return m->position != 0 && offers_are_good(m->offers);
    case PLUMTREE_MSG_ACK:
        return m->position != 0;
    case PLUMTREE_MSG_NONE:
    case PLUMTREE_MSG_PRUNE:
        return true;
    }
    return false;
}

int plumtree_msg_decode(struct plumtree_msg *m, struct span bytes)
{
    struct reading r;
    struct pb p;
    struct pb_field f;
    if (bytes.len > PLUMTREE_MSG_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    memset(&r, 0, sizeof r);
    pb_init(&p, bytes);
    for (size_t at = 0; pb_next(&p, &f); at = p.rd.at) {
        if (f.wire == PB_VARINT) {
            take_number(&r, &f);
        } else if (f.wire == PB_BYTES) {
            take_bytes(&r, &f, bytes.ptr + at);
        }
    }
    if (pb_finish(&p) < 0 || r.is_bad) {
        return WAVU_ERR_PROTO;
    }
    if (r.is_long) {
        return WAVU_ERR_LIMIT;
    }
    if (!is_whole(&r)) {
        return WAVU_ERR_PROTO;
    }
    *m = r.m;
    return 0;
}

static void put_gossip(struct wr *w, const struct plumtree_msg *m)
{
    pb_write_bytes(w, FIELD_ORIGIN, overlay_id_span(&m->origin));
    pb_write_varint(w, FIELD_GENERATION, m->generation);
    pb_write_varint(w, FIELD_SEQUENCE, m->sequence);
    pb_write_varint(w, FIELD_HOPS, m->hops);
    pb_write_bytes(w, FIELD_PAYLOAD, m->payload);
    pb_write_bytes(w, FIELD_SIGNATURE, m->signature);
    if (m->is_repair) {
        pb_write_bool(w, FIELD_REPAIR, true);
    }
    if (m->is_wave) {
        pb_write_bool(w, FIELD_WAVE, true);
    }
    if (m->items > 0) {
        pb_write_varint(w, FIELD_ITEMS, m->items);
    }
}

void plumtree_msg_encode(struct wr *w, const struct plumtree_msg *m)
{
    pb_write_varint(w, FIELD_KIND, m->kind);
    switch (m->kind) {
    case PLUMTREE_MSG_GOSSIP:
        put_gossip(w, m);
        return;
    case PLUMTREE_MSG_HAVE:
        pb_write_bytes(w, FIELD_IDS, m->ids);
        pb_write_bytes(w, FIELD_ID_HOPS, m->id_hops);
        return;
    case PLUMTREE_MSG_GRAFT:
        if (m->ids.len > 0) {
            pb_write_bytes(w, FIELD_IDS, m->ids);
        }
        if (m->is_tree) {
            pb_write_bool(w, FIELD_TREE, true);
        }
        return;
    case PLUMTREE_MSG_DIGEST:
        pb_write_varint(w, FIELD_POSITION, m->position);
        wr_bytes(w, m->offers);
        return;
    case PLUMTREE_MSG_ACK:
        pb_write_varint(w, FIELD_POSITION, m->position);
        return;
    case PLUMTREE_MSG_NONE:
    case PLUMTREE_MSG_PRUNE:
        return;
    }
}

struct span plumtree_msg_item_span(const struct plumtree_msg *m)
{
    return span_slice(m->payload, 0, m->items * PLUMTREE_MSG_ITEM_SIZE);
}

struct span plumtree_msg_rest(const struct plumtree_msg *m)
{
    const size_t at = m->items * PLUMTREE_MSG_ITEM_SIZE;

    return span_slice(m->payload, at, m->payload.len - at);
}

struct span plumtree_msg_head(struct span_mut out, const struct plumtree_msg *m,
                              const uint8_t root[HASH_SHA256_SIZE])
{
    struct wr w;

    wr_init(&w, out);
    wr_text(&w, signed_use);
    wr_bytes(&w, overlay_id_span(&m->origin));
    wr_u64be(&w, m->generation);
    wr_u32be(&w, m->sequence);
    wr_bytes(&w, span_of(root, HASH_SHA256_SIZE));
    CHECK(wr_finish(&w) == 0 && w.len == PLUMTREE_MSG_HEAD_SIZE);
    return wr_span(&w);
}

void plumtree_msg_root(uint8_t root[HASH_SHA256_SIZE], const struct plumtree_msg *m)
{
    struct hash_tree tree;

    if (m->items == 0) { /* as most */
        memset(root, 0, HASH_SHA256_SIZE);
        return;
    }
    hash_tree_make(&tree, plumtree_msg_item_span(m));
    hash_tree_root(root, &tree);
}

size_t plumtree_msg_id_count(const struct plumtree_msg *m)
{
    return m->ids.len / PLUMTREE_MSG_ID_SIZE;
}

struct plumtree_msg_id plumtree_msg_id_at(const struct plumtree_msg *m, size_t i)
{
    struct plumtree_msg_id id;
    memcpy(id.bytes, m->ids.ptr + i * PLUMTREE_MSG_ID_SIZE, PLUMTREE_MSG_ID_SIZE);
    return id;
}

bool plumtree_msg_next_offer(struct pb *cursor, struct plumtree_msg_offer *offer)
{
    struct pb_field f;
    return pb_next(cursor, &f) && read_offer(offer, f.bytes);
}

/* The packed ranges. */
static void put_ranges(struct wr *w, const struct plumtree_msg_offer *offer)
{
    uint32_t next = 1;
    for (size_t i = 0; i < offer->range_count; i++) {
        wr_varint(w, offer->ranges[i].first - next);
        wr_varint(w, offer->ranges[i].count);
        next = offer->ranges[i].first + offer->ranges[i].count;
    }
}

void plumtree_msg_put_offer(struct wr *w, const struct plumtree_msg_offer *offer)
{
    uint8_t space[2 * PLUMTREE_MSG_OFFER_SIZE_MAX];
    struct wr fields;
    struct wr ranges; /* behind the other fields, until its length is known */
    wr_init(&fields, span_mut_of(space, PLUMTREE_MSG_OFFER_SIZE_MAX));
    wr_init(&ranges, span_mut_of(space + PLUMTREE_MSG_OFFER_SIZE_MAX, PLUMTREE_MSG_OFFER_SIZE_MAX));
    put_ranges(&ranges, offer);
    pb_write_bytes(&fields, OFFER_ORIGIN, overlay_id_span(&offer->origin));
    pb_write_varint(&fields, OFFER_GENERATION, offer->generation);
    pb_write_bytes(&fields, OFFER_SPAN, wr_span(&ranges));
    CHECK(wr_finish(&fields) == 0);
    pb_write_bytes(w, FIELD_OFFER, wr_span(&fields));
}
