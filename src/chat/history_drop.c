/*
 * Letting go of what was said. A part of chat/history.h. Source: docs/protocol/room.md, "Content".
 */
#include "chat/history_drop.h"

#include <string.h>

#include "chat/history_about.h"
#include "chat/history_due.h"

static struct store *store_of(const struct history_room *room)
{
    return room->history->config.store;
}

static int write_gone(struct history_room *room, const struct history_row *row)
{
    uint8_t bytes[1024]; /* an entry without content */
    struct history_rows s = {.store = store_of(room)};
    struct history_row gone = *row;
    struct entry e;
    struct wr w;
    int rc = 0;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    if (room->kind != HISTORY_DIRECT) {
        rc = entry_read(&e, row->stored);
        if (rc == 0) {
            entry_drop_content(&e);
            rc = entry_write(&w, &e);
        }
        rc = rc < 0 ? WAVU_ERR_CORRUPT : wr_finish(&w);
    }
    gone.flags |= HISTORY_ROW_GONE | HISTORY_ROW_ENDED;
    gone.stored = wr_span(&w);
    if (rc == 0) {
        history_row_put_entry(&s, room->number, &gone);
        rc = s.rc;
    }
    return rc;
}

/* What came without content is not to get any: its time is over. It is wanted no more. */
static int set_ended(struct history_room *room, const struct history_row *row)
{
    struct history_rows s = {.store = store_of(room)};
    struct history_row ended = *row;
    struct history_key k;

    ended.flags |= HISTORY_ROW_ENDED;
    history_row_put_entry(&s, room->number, &ended);
    history_row_key(&k, room->number);
    wr_u64be(&k.w, row->number);
    history_row_delete(&s, "chat.w", &k);
    history_note_news(room, row->device); /* receipts go on behind it */
    return s.rc;
}

void history_drop_unread(struct history_room *room, const struct history_row *row)
{
    if (room->unread > 0 && history_about_is_unread(room, row)) {
        struct history_rows s = {.store = store_of(room)};

        room->unread--;
        history_save_room(&s, room); /* a failure shows with the next write */
    }
}

int history_drop_row(struct history_room *room, const struct history_row *row)
{
    char name[STORE_NAME_MAX + 1];
    uint8_t target[32];
    struct content c;
    bool has_target = false;

    if (row->kind == HISTORY_ROW_NONE && (row->flags & HISTORY_ROW_ENDED) == 0) {
        return set_ended(room, row);
    }
    if ((row->flags & HISTORY_ROW_GONE) != 0) {
        return 0;
    }
    room->history->about_number++; /* it may have been a room's policy */
    if (row->kind == CONTENT_EDIT && history_about_content(room, row, &c) == 0 &&
        c.target != NULL) {
        memcpy(target, c.target, sizeof target);
        has_target = true;
    }
    int rc = history_due_forget(room, row);

    if (rc == 0) {
        rc = write_gone(room, row);
    }
    if (rc == 0) {
        history_about_index(name, room);
        rc = store_index_drop(store_of(room), name, row->number);
    }
    if (rc == 0) {
        rc = history_about_is_hidden(room, row->number, row->device);
    }
    if (rc == 0) { /* what does not count was not counted */
        history_drop_unread(room, row);
    }
    rc = rc < 0 ? rc : 0;
    if (rc == 0 && has_target) { /* what it edited shows, and is found by, other words now */
        struct history_rows s = {.store = store_of(room)};
        struct history_row edited;
        struct buf bytes;

        history_about_forget(&s, room, row, target);
        buf_init(&bytes, STORE_VALUE_MAX);
        rc = s.rc < 0 ? s.rc
                      : history_about_target(room, target, history_about_member(room, row->device),
                                             &edited, &bytes);
        rc = rc == 0 ? history_about_words_again(room, &edited) : rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
        buf_clear(&bytes);
    }
    return rc;
}

static int drop_one(struct history_room *room, uint64_t number)
{
    struct history_row row;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_row_get_entry(store_of(room), room->number, number, &row, &bytes);

    if (rc == 0) {
        rc = history_drop_row(room, &row);
    }
    buf_clear(&bytes);
    return rc;
}

/* What an edit or deletion says goes: the next walk does not meet it again. */
static int drop_own(struct history_room *room, uint64_t number, uint8_t kind,
                    const struct history_walk *walk)
{
    int rc = kind == CONTENT_EDIT ? drop_one(room, number) : 0;

    return rc < 0 ? rc : store_delete(store_of(room), "chat.a", buf_span(&walk->key));
}

int history_drop_all(struct history_room *room, const struct history_row *row)
{
    struct history_rows s = {.store = store_of(room)};
    struct history_key prefix;
    struct history_walk walk;
    struct rd value;
    size_t count = 0;
    int rc = history_drop_row(room, row);

    history_about_key(&prefix, room, row->id, HISTORY_ABOUT_OWN,
                      history_about_member(room, row->device));
    history_row_walk(&walk, store_of(room), "chat.a", &prefix);
    while (rc == 0 && history_row_next(&walk, false, NULL, &value)) {
        const uint64_t number = rd_u64be(&value);

        (void)rd_u32be(&value);
        if (count++ == HISTORY_DROP_EDITS ||
            history_has_room(room->history, ENTRY_CONTENT_MAX) < 0) {
            history_due_put_now(&s, room, row->number);
            rc = s.rc;
            break;
        }
        rc = drop_own(room, number, rd_u8(&value), &walk);
    }
    int walked = history_row_walk_end(&walk);

    return rc < 0 ? rc : walked;
}

/* What an edit was in place of does not come back when that ends: it ends, too. One that is not
 * here yet is deleted by it when it comes. */
static int end_target(struct history_room *room, const struct history_row *edit,
                      const struct content *c)
{
    struct history_rows s = {.store = store_of(room)};
    struct history_row deletion = *edit;
    struct history_row target;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_about_target(room, c->target, history_about_member(room, edit->device),
                                  &target, &bytes);

    if (rc == WAVU_ERR_NOT_FOUND) {
        deletion.kind = CONTENT_DELETE;
        history_about_put(&s, room, &deletion, c);
        rc = s.rc;
    } else if (rc == 0 && target.kind != CONTENT_DELETE) {
        rc = history_drop_all(room, &target);
    }
    buf_clear(&bytes);
    return rc;
}

/* An edit has ended, and `*c` is what it said. */
static int end_edit(struct history_room *room, const struct history_row *row,
                    const struct content *c)
{
    uint8_t target[32];
    const struct content about = {.kind = CONTENT_DELETE, .target = target};

    memcpy(target, c->target, sizeof target);
    const int hidden = history_about_is_hidden(room, row->number, row->device);
    int rc = hidden < 0 ? hidden : history_drop_row(room, row);

    if (rc == 0 && hidden == 0) {
        rc = end_target(room, row, &about);
    }
    if (rc == 0) {
        history_about_tell(room, target);
    }
    return rc;
}

int history_drop_end(struct history_room *room, uint64_t number)
{
    struct history_row row;
    struct content c;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_row_get_entry(store_of(room), room->number, number, &row, &bytes);
    const bool is_new = rc == 0 && (row.flags & HISTORY_ROW_ENDED) == 0;

    if (rc == 0 && row.kind == CONTENT_EDIT && history_about_content(room, &row, &c) == 0) {
        rc = end_edit(room, &row, &c);
    } else if (rc == 0) {
        rc = history_drop_all(room, &row);
    }
    if (rc == 0 && is_new) {
        history_about_tell(room, row.id);
    }
    buf_clear(&bytes);
    return rc;
}
