/*
 * Codec of unicast's messages.
 */
#include "route/route_msg.h"

#include <string.h>

static const char signed_use[] = "wavu route 1";

enum field {
    FIELD_KIND = 1,
    FIELD_ORIGIN = 2,
    FIELD_TARGET = 3,
    FIELD_GENERATION = 4,
    FIELD_SEQUENCE = 5,
    FIELD_ATTEMPT = 6,
    FIELD_LIMIT = 7,
    FIELD_HOPS = 8,
    FIELD_PAYLOAD = 9,
    FIELD_SIGNATURE = 10,
    FIELD_REASON = 11
};

/* A message under way: the struct, and what only tells whether it is well formed. */
struct reading {
    struct route_msg m;
    bool has_origin;
    bool has_target;
    bool is_bad; /* a field has a value that none may have */
};

/* A number up to `max`; beyond, the message is bad. */
static uint32_t take_small(struct reading *r, uint64_t value, uint32_t max)
{
    r->is_bad = r->is_bad || value > max;
    return value > max ? 0 : (uint32_t)value;
}

static void take_number(struct reading *r, const struct pb_field *f)
{
    switch (f->number) {
    case FIELD_KIND:
        r->m.kind = f->value > ROUTE_MSG_NACK ? ROUTE_MSG_NONE : (enum route_msg_kind)f->value;
        return;
    case FIELD_GENERATION:
        r->m.generation = f->value;
        return;
    case FIELD_SEQUENCE:
        r->m.sequence = take_small(r, f->value, UINT32_MAX - 1);
        return;
    case FIELD_ATTEMPT:
        r->m.attempt = take_small(r, f->value, ROUTE_MSG_ATTEMPTS_MAX);
        return;
    case FIELD_LIMIT:
        r->m.limit = take_small(r, f->value, ROUTE_MSG_LIMIT_MAX);
        return;
    case FIELD_HOPS:
        r->m.hops = take_small(r, f->value, ROUTE_MSG_LIMIT_MAX);
        return;
    case FIELD_REASON:
        r->m.reason = f->value > ROUTE_MSG_LOOP ? ROUTE_MSG_OTHER : (enum route_msg_reason)f->value;
        return;
    default:
        return; /* newer fields are nobody's concern here */
    }
}

static void take_bytes(struct reading *r, const struct pb_field *f)
{
    switch (f->number) {
    case FIELD_ORIGIN:
        r->has_origin = true;
        r->is_bad = overlay_id_take(&r->m.origin, f->bytes) < 0 || r->is_bad;
        return;
    case FIELD_TARGET:
        r->has_target = true;
        r->is_bad = overlay_id_take(&r->m.target, f->bytes) < 0 || r->is_bad;
        return;
    case FIELD_PAYLOAD:
        r->m.payload = f->bytes;
        return;
    case FIELD_SIGNATURE:
        r->is_bad = r->is_bad || f->bytes.len != OVERLAY_SIGN_SIZE;
        r->m.signature = f->bytes;
        return;
    default:
        return;
    }
}

/* True when the kind's own fields are there. */
static bool is_whole(const struct reading *r)
{
    const struct route_msg *m = &r->m;
    bool is_named = r->has_origin && r->has_target && m->sequence != 0 && m->attempt != 0 &&
                    m->hops != 0 && !overlay_id_is_equal(&m->origin, &m->target);
    switch (m->kind) {
    case ROUTE_MSG_DATA:
        return is_named && m->limit != 0 && m->signature.len == OVERLAY_SIGN_SIZE;
    case ROUTE_MSG_ACK:
        return is_named && m->signature.len == OVERLAY_SIGN_SIZE;
    case ROUTE_MSG_NACK:
        return is_named;
    case ROUTE_MSG_NONE:
        return true;
    }
    return false;
}

int route_msg_decode(struct route_msg *m, struct span bytes)
{
    struct reading r;
    struct pb p;
    struct pb_field f;
    if (bytes.len > ROUTE_MSG_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    memset(&r, 0, sizeof r);
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.wire == PB_VARINT) {
            take_number(&r, &f);
        } else if (f.wire == PB_BYTES) {
            take_bytes(&r, &f);
        }
    }
    if (pb_finish(&p) < 0 || r.is_bad) {
        return WAVU_ERR_PROTO;
    }
    if (r.m.payload.len > ROUTE_MSG_PAYLOAD_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (!is_whole(&r)) {
        return WAVU_ERR_PROTO;
    }
    *m = r.m;
    return 0;
}

void route_msg_encode(struct wr *w, const struct route_msg *m)
{
    pb_write_varint(w, FIELD_KIND, m->kind);
    if (m->kind == ROUTE_MSG_NONE) {
        return;
    }
    pb_write_bytes(w, FIELD_ORIGIN, overlay_id_span(&m->origin));
    pb_write_bytes(w, FIELD_TARGET, overlay_id_span(&m->target));
    pb_write_varint(w, FIELD_GENERATION, m->generation);
    pb_write_varint(w, FIELD_SEQUENCE, m->sequence);
    pb_write_varint(w, FIELD_ATTEMPT, m->attempt);
    pb_write_varint(w, FIELD_HOPS, m->hops);
    if (m->kind == ROUTE_MSG_DATA) {
        pb_write_varint(w, FIELD_LIMIT, m->limit);
        pb_write_bytes(w, FIELD_PAYLOAD, m->payload);
    }
    if (m->kind == ROUTE_MSG_NACK) {
        pb_write_varint(w, FIELD_REASON, m->reason);
    } else {
        pb_write_bytes(w, FIELD_SIGNATURE, m->signature);
    }
}

void route_msg_signed_head(struct wr *w, const struct route_msg *m)
{
    wr_text(w, signed_use);
    wr_u8(w, (uint8_t)m->kind);
    wr_bytes(w, overlay_id_span(&m->origin));
    wr_bytes(w, overlay_id_span(&m->target));
    wr_u64be(w, m->generation);
    wr_u32be(w, m->sequence);
    wr_u8(w, (uint8_t)m->attempt);
    wr_u8(w, m->kind == ROUTE_MSG_DATA ? (uint8_t)m->limit : 0);
}
