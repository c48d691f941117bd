/*
 * Content that comes behind its entry. A part of chat/history.h. Source: docs/protocol/room.md,
 * "Content".
 */
#include "chat/history_fill.h"

#include <string.h>

#include "base/mem.h"
#include "chat/history_due.h"
#include "chat/history_about.h"
#include "chat/history_keep.h"

/* The row with its content: rows, words, what it says of others, as if it had come so. */
static int fill_row(struct history_room *room, struct history_row *row, const struct entry *whole)
{
    struct history *h = room->history;
    struct history_rows s = {.store = h->config.store};
    struct content c = {.kind = CONTENT_UNKNOWN};

    if (content_read(&c, whole->content) < 0) {
        c = (struct content){.kind = CONTENT_UNKNOWN};
    }
    row->flags &= (uint8_t)~HISTORY_ROW_GONE;
    row->kind = (uint8_t)c.kind;
    history_keep_put(&s, room, row, &c);
    if (whole->expiry > 0) {
        history_due_put(&s, room, row, whole->expiry);
    }
    const int hidden = s.rc < 0 ? s.rc : history_about_is_hidden(room, row->number, row->device);

    if (hidden != 0) {
        return hidden < 0 ? hidden : 0;
    }
    room->unread += history_about_is_unread(room, row);
    int rc = s.rc < 0 ? s.rc : history_keep_apply(room, row);

    history_save_room(&s, room); /* also that it came before what it is about */
    return rc < 0 ? rc : s.rc;
}

/* Its content is not to be here any more: what kind it was shows all the same. */
static int fill_ended(struct history_room *room, struct history_row *row, const struct entry *entry)
{
    struct history_rows s = {.store = room->history->config.store};
    struct content c;

    if (content_read(&c, entry->content) < 0) {
        c.kind = CONTENT_UNKNOWN;
    }
    row->flags |= HISTORY_ROW_ENDED;
    row->kind = (uint8_t)c.kind;
    c = (struct content){.kind = CONTENT_UNKNOWN}; /* it says nothing of others */
    history_keep_put(&s, room, row, &c);
    if (history_about_is_shown(row->kind)) {
        history_about_tell(room, row->id);
    }
    return s.rc;
}

static int fill(struct history_room *room, struct history_row *row, const struct entry *entry)
{
    struct entry whole;
    const size_t size = row->stored.len + entry->content.len + ENTRY_STORED_REST_MAX;
    struct wr w;

    if (row->kind != HISTORY_ROW_NONE) {
        return WAVU_ERR_EXISTS;
    }
    if (entry_read(&whole, row->stored) < 0) {
        return WAVU_ERR_CORRUPT;
    }
    if ((row->flags & HISTORY_ROW_ENDED) != 0 ||
        (whole.expiry > 0 && row->came_s + whole.expiry <= room->history->now_s)) {
        return fill_ended(room, row, entry);
    }
    uint8_t *bytes = mem_new_raw(size);

    whole.has_content = true;
    whole.content = entry->content;
    memcpy(whole.salt, entry->salt, sizeof whole.salt);
    wr_init(&w, span_mut_of(bytes, size));
    int rc = entry_write(&w, &whole);

    rc = rc < 0 ? rc : wr_finish(&w);
    row->stored = wr_span(&w);
    rc = rc < 0 ? rc : fill_row(room, row, &whole);
    mem_free(bytes);
    if (rc == 0 && !history_is_own(room->history, history_device_at(room->history, row->device))) {
        history_note_news(room, row->device); /* it is here now: that is told */
    }
    return rc;
}

int history_fill_entry(struct history_room *room, const struct entry *entry)
{
    uint8_t id[ENTRY_ID_SIZE];
    struct history_place place;
    struct history_row row;
    struct buf bytes;

    entry_id(id, entry, room->history->config.network);
    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_find(room, id, &place);

    if (rc == 0) {
        rc = history_row_get_entry(room->history->config.store, room->number, place.number, &row,
                                   &bytes);
    }
    if (rc == 0) {
        rc = fill(room, &row, entry);
    }
    buf_clear(&bytes);
    return rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_EXISTS : rc; /* it waits, as it came */
}
