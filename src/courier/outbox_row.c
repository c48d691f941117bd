/*
 * Rows to bytes and back. An open one waits for its turn again; how often it was tried, and over
 * which ways, is forgotten.
 */
#include "courier/outbox_row.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "courier/outbox_core.h"

#define FORMAT 1

enum flag { FLAG_SEALED = 1, FLAG_UNANSWERED = 2, FLAG_ENDED = 4, FLAG_EARLIER = 8 };

void outbox_row_save(struct wr *w, const struct outbox *o, uint64_t number)
{
    const struct outbox_row *row = map_get(&o->rows, span_of(&number, sizeof(number)));
    CHECK(row != NULL);
    const struct outbox_message *m = row->message;
    wr_u8(w, FORMAT);
    wr_u8(w, row->state);
    wr_u8(w, row->best);
    wr_u8(w, m->class_number);
    wr_u8(w,
          (uint8_t)((row->is_sealed ? FLAG_SEALED : 0u) | (row->has_earlier ? FLAG_EARLIER : 0u) |
                    (m->is_unanswered ? FLAG_UNANSWERED : 0u) |
                    (row->place == OUTBOX_ENDED ? FLAG_ENDED : 0u)));
    wr_u32be(w, m->kind);
    wr_u32be(w, m->lifetime_s);
    wr_u32be(w, m->body_len);
    wr_u32be(w, row->size);
    wr_u64be(w, row->came_ns);
    wr_bytes(w, span_of(m->id, sizeof(m->id)));
    wr_bytes(w, span_of(row->device->id, sizeof(row->device->id)));
    wr_bytes(w, span_of(row->member, sizeof(row->member)));
    wr_bytes(w, span_of(row->peer, sizeof(row->peer)));
    wr_bytes(w, span_of(row->token, sizeof(row->token)));
    wr_bytes(w, span_of(row->earlier, sizeof(row->earlier)));
}

struct loaded {
    struct outbox_order order;
    uint8_t state;
    uint8_t best;
    uint8_t flags;
    uint32_t size;
    uint64_t came_ns;
    uint8_t peer[ENVELOPE_DEVICE_SIZE];
    uint8_t token[ENVELOPE_TOKEN_SIZE];
    uint8_t earlier[ENVELOPE_TOKEN_SIZE];
};

static int read_row(struct loaded *l, struct span value)
{
    struct rd r;
    rd_init(&r, value);
    const uint8_t format = rd_u8(&r);
    if (format > FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    l->state = rd_u8(&r);
    l->best = rd_u8(&r);
    const uint8_t class_number = rd_u8(&r);
    l->order.class_number = (enum envelope_class)class_number;
    l->flags = rd_u8(&r);
    l->order.kind = rd_u32be(&r);
    l->order.lifetime_s = rd_u32be(&r);
    l->order.body_len = rd_u32be(&r);
    l->size = rd_u32be(&r);
    l->came_ns = rd_u64be(&r);
    rd_copy(&r, l->order.message, sizeof(l->order.message));
    rd_copy(&r, l->order.device, sizeof(l->order.device));
    rd_copy(&r, l->order.member, sizeof(l->order.member));
    rd_copy(&r, l->peer, sizeof(l->peer));
    rd_copy(&r, l->token, sizeof(l->token));
    rd_copy(&r, l->earlier, sizeof(l->earlier));
    l->order.is_unanswered = (l->flags & FLAG_UNANSWERED) != 0;
    const bool is_ended = (l->flags & FLAG_ENDED) != 0;
    const bool is_over = l->state >= OUTBOX_DELIVERED || l->state <= OUTBOX_EXPIRED;
    return rd_finish(&r) == 0 && format == FORMAT && l->state <= l->best &&
                   l->best <= OUTBOX_READ && is_ended == is_over && l->size <= ENVELOPE_SIZE_MAX &&
                   class_number >= 1 && class_number <= ENVELOPE_CLASSES
               ? 0
               : WAVU_ERR_CORRUPT;
}

/* Whether no other envelope has this token. */
static bool is_free(const struct outbox *o, const uint8_t *token)
{
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    envelope_lock(lock, token);
    return map_get(&o->locks, span_of(lock, sizeof(lock))) == NULL;
}

static bool are_tokens_sound(const struct outbox *o, const struct loaded *l)
{
    const bool is_sealed = (l->flags & FLAG_SEALED) != 0;
    const bool has_earlier = (l->flags & FLAG_EARLIER) != 0;
    const bool are_same = envelope_is_same(l->token, l->earlier, sizeof(l->token));
    return (!is_sealed || is_free(o, l->token)) && (!has_earlier || is_free(o, l->earlier)) &&
           !(is_sealed && has_earlier && are_same);
}

int outbox_row_load(struct outbox *o, uint64_t now, uint64_t number, struct span value)
{
    struct loaded l = {.state = 0};
    int rc = read_row(&l, value);
    if (rc != 0) {
        return rc;
    }
    rc = outbox_core_fits(o, &l.order);
    if (rc == WAVU_ERR_LIMIT) {
        return rc;
    }
    if (rc != 0 || number == 0 || number == UINT64_MAX ||
        map_get(&o->rows, span_of(&number, sizeof(number))) != NULL || !are_tokens_sound(o, &l)) {
        return WAVU_ERR_CORRUPT;
    }
    struct outbox_row *row =
        outbox_core_make(o, &l.order, number, l.came_ns < now ? l.came_ns : now);
    row->state = l.state;
    row->best = l.best;
    memcpy(row->peer, l.peer, sizeof(row->peer));
    memcpy(row->token, l.token, sizeof(row->token));
    CHECK((l.flags & FLAG_SEALED) == 0 || outbox_core_seal(o, row, l.token, l.size));
    CHECK((l.flags & FLAG_EARLIER) == 0 || outbox_core_earlier(o, row, l.earlier));
    if ((l.flags & FLAG_ENDED) != 0) {
        outbox_turn_end(o, row);
        o->open--;
    } else {
        outbox_turn_wait(o, row);
    }
    return 0;
}
