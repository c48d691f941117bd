/*
 * Frames of repair. Source: docs/protocol/room.md, "Repair".
 */
#include "chat/repair_msg.h"

#include "base/check.h"

bool repair_msg_next(struct rd *rows, struct repair_msg_row *row)
{
    if (rows->failed || rd_left(rows) == 0) {
        return false;
    }
    rd_copy(rows, row->device, sizeof row->device);
    const uint64_t number = rd_varint(rows);

    row->sequence = number >> 1;
    row->is_forked = (number & 1) != 0;
    rd_copy(rows, row->id, sizeof row->id);
    return !rows->failed;
}

/* Rows are whole, ascending, and not too many. */
static int check_rows(struct span rows)
{
    struct repair_msg_row before = {.sequence = 0};
    struct repair_msg_row row;
    struct rd r;
    size_t count = 0;

    rd_init(&r, rows);
    while (repair_msg_next(&r, &row)) {
        if (count++ == REPAIR_MSG_ROWS_MAX ||
            (count > 1 && span_compare(span_of(before.device, 8), span_of(row.device, 8)) >= 0)) {
            return WAVU_ERR_PROTO;
        }
        before = row;
    }
    return r.failed ? WAVU_ERR_PROTO : 0;
}

static int read_items(struct repair_msg *m, struct rd *r, size_t size, size_t max)
{
    m->items = rd_bytes(r, rd_left(r));
    m->count = m->items.len / size;
    return m->items.len % size != 0 || m->count > max ? WAVU_ERR_PROTO : 0;
}

static int read_body(struct repair_msg *m, struct rd *r)
{
    switch (m->kind) {
    case REPAIR_ROOMS:
        return read_items(m, r, 16, REPAIR_MSG_ROOMS_MAX);
    case REPAIR_CHAINS:
        m->flags = rd_u8(r);
        m->room = rd_bytes(r, 32).ptr;
        m->hash = rd_bytes(r, 8).ptr;
        m->items = rd_bytes(r, rd_left(r));
        return r->failed ? WAVU_ERR_PROTO : check_rows(m->items);
    case REPAIR_WANT:
        m->room = rd_bytes(r, 32).ptr;
        return r->failed ? WAVU_ERR_PROTO : read_items(m, r, 32, REPAIR_MSG_IDS_MAX);
    case REPAIR_VALUE:
        m->age_s = rd_varint(r);
        m->stored = rd_bytes(r, rd_left(r));
        return 0;
    case REPAIR_DONE:
        m->flags = rd_u8(r);
        return 0;
    default:
        return WAVU_ERR_UNSUPPORTED;
    }
}

int repair_msg_read(struct repair_msg *m, struct span frame)
{
    struct rd r;

    *m = (struct repair_msg){.kind = 0};
    rd_init(&r, frame);
    m->kind = rd_u8(&r);
    if (r.failed || frame.len > REPAIR_MSG_SIZE_MAX) {
        return WAVU_ERR_PROTO;
    }
    int rc = read_body(m, &r);

    return rc == 0 && rd_finish(&r) < 0 ? WAVU_ERR_PROTO : rc;
}

void repair_msg_write(struct wr *w, const struct repair_msg *m)
{
    wr_u8(w, m->kind);
    switch (m->kind) {
    case REPAIR_ROOMS:
        return;
    case REPAIR_CHAINS:
        wr_u8(w, m->flags);
        wr_bytes(w, span_of(m->room, 32));
        wr_bytes(w, span_of(m->hash, 8));
        return;
    case REPAIR_WANT:
        wr_bytes(w, span_of(m->room, 32));
        return;
    case REPAIR_VALUE:
        wr_varint(w, m->age_s);
        return;
    case REPAIR_DONE:
        wr_u8(w, m->flags);
        return;
    default:
        CHECK(false); /* no such kind of ours */
    }
}

void repair_msg_write_row(struct wr *w, const struct repair_msg_row *row)
{
    wr_bytes(w, span_of(row->device, sizeof row->device));
    wr_varint(w, row->sequence << 1 | row->is_forked);
    wr_bytes(w, span_of(row->id, sizeof row->id));
}

int repair_msg_begin(struct buf *out, size_t size, struct wr *w)
{
    int rc = buf_reserve(out, size);

    if (rc == 0) {
        wr_init(w, span_mut_of(out->ptr + out->len, size));
    }
    return rc;
}

int repair_msg_end(struct buf *out, const struct wr *w)
{
    int rc = wr_finish(w);

    out->len += rc == 0 ? w->len : 0;
    return rc;
}
