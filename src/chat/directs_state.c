/*
 * States of one's own direct messages. A part of chat/directs.h.
 */
#include "chat/directs_state.h"

#include <string.h>

#include "base/check.h"

#define STATE_FORMAT 1
#define STATE_SIZE 34

static void state_key(struct history_key *k, const struct history_room *chat, uint64_t number)
{
    history_row_key(k, chat->number);
    wr_u64be(&k->w, number);
}

static int put(const struct history_room *chat, uint64_t number, const struct directs_state *state)
{
    struct history_rows s = {.store = chat->history->config.store};
    uint8_t bytes[STATE_SIZE];
    struct history_key k;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u8(&w, STATE_FORMAT);
    wr_u8(&w, (uint8_t)state->state);
    wr_bytes(&w, span_of(state->peer, sizeof state->peer));
    CHECK(wr_finish(&w) == 0);
    state_key(&k, chat, number);
    history_row_put(&s, "chat.m", &k, wr_span(&w));
    return s.rc;
}

static int read_state(struct span bytes, struct directs_state *out)
{
    struct rd r;

    rd_init(&r, bytes);
    if (rd_u8(&r) != STATE_FORMAT) {
        return r.failed ? WAVU_ERR_CORRUPT : WAVU_ERR_UNSUPPORTED;
    }
    out->state = (enum outbox_state)rd_u8(&r);
    rd_copy(&r, out->peer, sizeof out->peer);
    return rd_finish(&r) < 0 || out->state > OUTBOX_READ ? WAVU_ERR_CORRUPT : 0;
}

int directs_state_get(const struct history_room *chat, uint64_t number, struct directs_state *out)
{
    struct history_key k;
    struct buf value;

    *out = (struct directs_state){.state = OUTBOX_QUEUED};
    state_key(&k, chat, number);
    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(chat->history->config.store, "chat.m", history_row_span(&k), &value);

    rc = rc < 0 ? rc : read_state(buf_span(&value), out);
    buf_clear(&value);
    return rc;
}

int directs_state_begin(const struct history_room *chat, uint64_t number)
{
    const struct directs_state queued = {.state = OUTBOX_QUEUED};

    return put(chat, number, &queued);
}

/* Forward only; an end counts until somebody has it after all. */
static bool says_more(enum outbox_state before, enum outbox_state next)
{
    const bool is_over = before == OUTBOX_EXPIRED || before == OUTBOX_REFUSED;

    if (is_over) {
        return next >= OUTBOX_DELIVERED;
    }
    if (next == OUTBOX_EXPIRED || next == OUTBOX_REFUSED) {
        return before < OUTBOX_DELIVERED;
    }
    return next > before;
}

int directs_state_move(const struct history_room *chat, uint64_t number,
                       const struct directs_state *next, bool *is_new)
{
    struct directs_state before;
    int rc = directs_state_get(chat, number, &before);

    *is_new = rc == 0 && says_more(before.state, next->state);
    return *is_new ? put(chat, number, next) : rc;
}

int directs_state_find(const struct history_room *chat, const uint8_t half[16], uint64_t *number,
                       uint8_t id[32])
{
    const struct history *h = chat->history;
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;
    struct rd value;
    int rc = WAVU_ERR_NOT_FOUND;

    history_row_key(&prefix, chat->number);
    wr_bytes(&prefix.w, span_of(half, 16));
    history_row_walk(&walk, h->config.store, "chat.i", &prefix);
    if (history_row_next(&walk, false, &key, &value)) {
        *number = rd_u64be(&value);
        const struct history_device *author = history_device_at(h, rd_u32be(&value));

        memcpy(id, half, 16);
        rd_copy(&key, id + 16, 16);
        rc =
            author != NULL && span_is_equal(span_of(author->key, 32), span_of(h->config.device, 32))
                ? 0
                : WAVU_ERR_NOT_FOUND;
    }
    int walked = history_row_walk_end(&walk);

    return walked < 0 ? walked : rc;
}

/* ---- The wish ---- */

int directs_state_wish(const struct history *h, bool *is_told)
{
    struct history_key k;
    struct buf value;
    struct rd r;

    *is_told = false;
    history_row_key(&k, h->number);
    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(h->config.store, "chat.w", history_row_span(&k), &value);

    if (rc == 0) {
        rd_init(&r, buf_span(&value));
        rc = rd_u8(&r) == STATE_FORMAT ? 0 : WAVU_ERR_UNSUPPORTED;
        *is_told = rd_u8(&r) != 0;
        rc = rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : rc;
    }
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int directs_state_set_wish(const struct history *h, bool is_told)
{
    const uint8_t bytes[2] = {STATE_FORMAT, is_told ? 1 : 0};
    struct history_rows s = {.store = h->config.store};
    struct history_key k;

    history_row_key(&k, h->number);
    history_row_put(&s, "chat.w", &k, span_of(bytes, sizeof bytes));
    return s.rc;
}
