/*
 * Frames of the courier to bytes and back.
 */
#include "courier/courier_msg.h"

#include <string.h>

#include "base/pb.h"

enum field { FIELD_LIST = 1 }; /* the one field of all bodies that have one */

enum item_field { ITEM_NAME = 1, ITEM_HEAD = 2, ITEM_SIZE = 3, ITEM_AGE = 4 };

#define ITEM_NEEDED (1u << ITEM_NAME | 1u << ITEM_HEAD | 1u << ITEM_SIZE)

/* --- reading --- */

static bool take_exact(const struct pb_field *f, uint8_t *out, size_t len)
{
    if (f->wire != PB_BYTES || f->bytes.len != len) {
        return false;
    }
    memcpy(out, f->bytes.ptr, len);
    return true;
}

static bool take_number(const struct pb_field *f, uint32_t *out)
{
    *out = f->value < UINT32_MAX ? (uint32_t)f->value : UINT32_MAX;
    return f->wire == PB_VARINT;
}

static bool take_item_field(struct mailbox_offer_item *item, const struct pb_field *f)
{
    switch (f->number) {
    case ITEM_NAME:
        return take_exact(f, item->name, sizeof(item->name));
    case ITEM_HEAD:
        return take_exact(f, item->head, sizeof(item->head));
    case ITEM_SIZE:
        return take_number(f, &item->size);
    case ITEM_AGE:
        return take_number(f, &item->age_s);
    default:
        return true;
    }
}

static bool read_item(struct mailbox_offer_item *item, struct span bytes)
{
    uint32_t seen = 0;
    struct pb p;
    struct pb_field f;
    memset(item, 0, sizeof(*item));
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        const uint32_t bit = f.number <= ITEM_AGE ? UINT32_C(1) << f.number : 0;
        if ((seen & bit) != 0 || !take_item_field(item, &f)) {
            return false;
        }
        seen |= bit;
    }
    return pb_finish(&p) == 0 && (seen & ITEM_NEEDED) == ITEM_NEEDED;
}

static int read_offer(struct courier_msg *m, struct span body)
{
    struct pb p;
    struct pb_field f;
    pb_init(&p, body);
    while (pb_next(&p, &f)) {
        if (f.number != FIELD_LIST) {
            continue;
        }
        if (f.wire != PB_BYTES || m->count == MAILBOX_OFFER_MAX ||
            !read_item(&m->items[m->count++], f.bytes)) {
            return WAVU_ERR_PROTO;
        }
    }
    return pb_finish(&p) == 0 && m->count > 0 ? 0 : WAVU_ERR_PROTO;
}

static int read_names(struct courier_msg *m, struct span body)
{
    bool has_names = false;
    struct pb p;
    struct pb_field f;
    pb_init(&p, body);
    while (pb_next(&p, &f)) {
        if (f.number == FIELD_LIST) {
            if (f.wire != PB_BYTES || has_names || f.bytes.len % ENVELOPE_NAME_SIZE != 0) {
                return WAVU_ERR_PROTO;
            }
            has_names = true;
            m->names = f.bytes;
        }
    }
    m->count = m->names.len / ENVELOPE_NAME_SIZE;
    return pb_finish(&p) == 0 && has_names && m->count <= COURIER_MSG_NAMES_MAX &&
                   (m->count > 0 || m->kind == COURIER_MSG_WANT)
               ? 0
               : WAVU_ERR_PROTO;
}

int courier_msg_decode(struct courier_msg *m, struct span frame)
{
    memset(m, 0, sizeof(*m));
    if (frame.len == 0 || frame.len > COURIER_MSG_SIZE_MAX) {
        return WAVU_ERR_PROTO;
    }
    const struct span body = span_slice(frame, 1, frame.len - 1);
    m->kind = (enum courier_msg_kind)frame.ptr[0];
    switch (m->kind) {
    case COURIER_MSG_OFFER:
        return read_offer(m, body);
    case COURIER_MSG_WANT:
    case COURIER_MSG_TAKEN:
    case COURIER_MSG_REFUSED:
    case COURIER_MSG_DONE:
        return read_names(m, body);
    case COURIER_MSG_ENVELOPE:
        m->envelope = body;
        return 0;
    }
    return WAVU_ERR_UNSUPPORTED;
}

/* --- writing --- */

static void write_item(struct wr *w, const struct mailbox_offer_item *item)
{
    pb_write_bytes(w, ITEM_NAME, span_of(item->name, sizeof(item->name)));
    pb_write_bytes(w, ITEM_HEAD, span_of(item->head, sizeof(item->head)));
    pb_write_varint(w, ITEM_SIZE, item->size);
    pb_write_varint(w, ITEM_AGE, item->age_s);
}

void courier_msg_encode(struct wr *w, const struct courier_msg *m)
{
    wr_u8(w, (uint8_t)m->kind);
    if (m->kind == COURIER_MSG_ENVELOPE) {
        wr_bytes(w, m->envelope);
        return;
    }
    if (m->kind != COURIER_MSG_OFFER) {
        pb_write_bytes(w, FIELD_LIST, m->names);
        return;
    }
    for (size_t i = 0; i < m->count; i++) {
        struct wr size;
        wr_init(&size, span_mut_of(NULL, 0));
        write_item(&size, &m->items[i]);
        pb_write_head(w, FIELD_LIST, size.len);
        write_item(w, &m->items[i]);
    }
}
