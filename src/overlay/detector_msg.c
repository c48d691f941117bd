/*
 * Codec of the failure detector's messages.
 */
#include "overlay/detector_msg.h"

#include <string.h>

enum field {
    FIELD_KIND = 1,
    FIELD_NONCE = 2,
    FIELD_INTERVAL = 3,
    FIELD_TARGET = 4,
    FIELD_WHERE = 5,
    FIELD_REACHED = 6
};

static void take_number(struct detector_msg *m, const struct pb_field *f)
{
    switch (f->number) {
    case FIELD_KIND:
        m->kind =
            f->value > DETECTOR_MSG_REPORT ? DETECTOR_MSG_NONE : (enum detector_msg_kind)f->value;
        return;
    case FIELD_INTERVAL:
        m->interval_ms = f->value < DETECTOR_MSG_INTERVAL_MS_MAX ? (uint32_t)f->value
                                                                 : DETECTOR_MSG_INTERVAL_MS_MAX;
        return;
    case FIELD_REACHED:
        m->is_reached = f->value != 0;
        return;
    default:
        return; /* newer fields are nobody's concern here */
    }
}

int detector_msg_decode(struct detector_msg *m, struct span bytes)
{
    struct detector_msg read;
    struct pb p;
    struct pb_field f;
    bool has_target = false;
    if (bytes.len > DETECTOR_MSG_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    memset(&read, 0, sizeof read);
    read.kind = DETECTOR_MSG_BEAT;
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.wire == PB_VARINT) {
            take_number(&read, &f);
        } else if (f.number == FIELD_NONCE && f.wire == PB_FIXED32) {
            read.nonce = (uint32_t)f.value;
        } else if (f.number == FIELD_TARGET && f.wire == PB_BYTES) {
            if (overlay_id_take(&read.target, f.bytes) < 0) {
                return WAVU_ERR_PROTO;
            }
            has_target = true;
        } else if (f.number == FIELD_WHERE && f.wire == PB_BYTES) {
            read.where = f.bytes;
        }
    }
    if (pb_finish(&p) < 0 || (read.kind == DETECTOR_MSG_PROBE && !has_target)) {
        return WAVU_ERR_PROTO;
    }
    if (read.where.len > DETECTOR_MSG_WHERE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    *m = read;
    return 0;
}

void detector_msg_encode(struct wr *w, const struct detector_msg *m)
{
    if (m->interval_ms > 0) {
        pb_write_varint(w, FIELD_INTERVAL, m->interval_ms);
    }
    if (m->kind == DETECTOR_MSG_BEAT) {
        return; /* the kind of what names none */
    }
    pb_write_varint(w, FIELD_KIND, m->kind);
    pb_write_fixed32(w, FIELD_NONCE, m->nonce);
    if (m->kind == DETECTOR_MSG_PROBE) {
        pb_write_bytes(w, FIELD_TARGET, overlay_id_span(&m->target));
        if (m->where.len > 0) {
            pb_write_bytes(w, FIELD_WHERE, m->where);
        }
    } else if (m->kind == DETECTOR_MSG_REPORT) {
        pb_write_bool(w, FIELD_REACHED, m->is_reached);
    }
}
