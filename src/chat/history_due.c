/*
 * Disappearing messages. A part of chat/history.h. Source: docs/protocol/room.md.
 */
#include "chat/history_due.h"

#include <string.h>

#include "chat/history_about.h"
#include "chat/history_drop.h"

#define NS_A_SECOND UINT64_C(1000000000)

static void due_key(struct history_key *k, const struct history_room *room, uint64_t number,
                    uint64_t ends_s)
{
    history_row_key(k, room->history->number);
    wr_u64be(&k->w, ends_s);
    wr_bytes(&k->w, span_of(room->id, sizeof room->id));
    wr_u64be(&k->w, number);
}

void history_due_put(struct history_rows *s, const struct history_room *room,
                     const struct history_row *row, uint64_t expiry)
{
    struct history_key k;

    due_key(&k, room, row->number, row->came_s + expiry);
    history_row_put(s, "chat.x", &k, span_empty());
    room->history->is_due_known = false;
}

void history_due_put_now(struct history_rows *s, const struct history_room *room, uint64_t number)
{
    struct history_key k;

    due_key(&k, room, number, 0);
    history_row_put(s, "chat.x", &k, span_empty());
    room->history->is_due_known = false;
}

int history_due_forget(const struct history_room *room, const struct history_row *row)
{
    struct history_rows s = {.store = room->history->config.store};
    struct history_key k;
    uint64_t expiry = 0;
    int rc = history_about_expiry(room, row, &expiry);

    if (rc < 0 || expiry == 0) {
        return rc;
    }
    due_key(&k, room, row->number, row->came_s + expiry);
    history_row_delete(&s, "chat.x", &k);
    room->history->is_due_known = false;
    return s.rc;
}

/* The row is deleted before: when there is more of it, another one is put. */
static int end_one(struct history *h, const struct history_walk *walk, struct rd *key)
{
    uint8_t id[32];

    rd_copy(key, id, sizeof id);
    const uint64_t number = rd_u64be(key);
    struct history_room *room = history_room(h, id);

    if (rd_finish(key) < 0) {
        return WAVU_ERR_CORRUPT;
    }
    h->is_due_known = false;
    int rc = store_delete(h->config.store, "chat.x", buf_span(&walk->key));

    if (rc == 0 && room != NULL) {
        rc = history_drop_end(room, number);
        rc = rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
    }
    return rc;
}

int history_due_tick(struct history *h, uint64_t now, bool *is_more)
{
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;
    uint64_t next = 0;
    size_t count = 0;
    int rc = 0;

    history_row_key(&prefix, h->number);
    history_row_walk(&walk, h->config.store, "chat.x", &prefix);
    while (rc == 0 && count < HISTORY_DUE_STEP && history_has_room(h, ENTRY_CONTENT_MAX) == 0 &&
           history_row_next(&walk, false, &key, NULL) && rd_u64be(&key) <= now / NS_A_SECOND) {
        rc = end_one(h, &walk, &key);
        count++;
    }
    int walked = history_row_walk_end(&walk);

    rc = rc < 0 ? rc : walked < 0 ? walked : history_due_next(h, &next);
    *is_more = rc == 0 && next <= now;
    return rc;
}

int history_due_next(struct history *h, uint64_t *at)
{
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;

    *at = h->due_ns;
    if (h->is_due_known) {
        return 0;
    }
    *at = UINT64_MAX;
    history_row_key(&prefix, h->number);
    history_row_walk(&walk, h->config.store, "chat.x", &prefix);
    if (history_row_next(&walk, false, &key, NULL)) {
        const uint64_t ends_s = rd_u64be(&key);

        *at = ends_s < UINT64_MAX / NS_A_SECOND ? ends_s * NS_A_SECOND : UINT64_MAX;
    }
    int rc = history_row_walk_end(&walk);

    h->due_ns = *at;
    h->is_due_known = rc == 0;
    return rc;
}
