/*
 * Keeping what came. A part of chat/history.h. Source: docs/protocol/room.md, "Content".
 */
#include "chat/history_keep.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "chat/history_about.h"
#include "chat/history_cut.h"
#include "chat/history_drop.h"
#include "chat/history_due.h"

/* ---- Counting ---- */

/* An edit or deletion by the author of what it is about. */
static int apply_own(struct history_room *room, const struct history_row *row,
                     const struct content *c)
{
    struct history_row target;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_about_target(room, c->target, history_about_member(room, row->device), &target,
                                  &bytes);

    if (rc == WAVU_ERR_NOT_FOUND) {
        room->orphans += room->orphans < UINT32_MAX;
        rc = 0; /* not here, or not its own: it waits in chat.a */
    } else if (rc == 0 && c->kind == CONTENT_DELETE) {
        const bool is_done = /* or is done when its content comes */
            target.kind == CONTENT_DELETE || (target.flags & HISTORY_ROW_GONE) != 0;

        rc = is_done ? 0 : history_drop_all(room, &target);
    } else if (rc == 0 && (target.flags & HISTORY_ROW_ENDED) != 0) {
        rc = history_drop_row(room, row); /* an edit of what was deleted */
    } else if (rc == 0) {
        rc = history_about_words_again(room, &target);
    }
    buf_clear(&bytes);
    if (rc == 0) {
        history_about_tell(room, c->target);
    }
    return rc;
}

static int apply_reaction(struct history_room *room, const struct content *c)
{
    struct history_place place;
    int rc = c->target == NULL ? 0 : history_find(room, c->target, &place);

    if (rc == WAVU_ERR_NOT_FOUND) {
        room->orphans += room->orphans < UINT32_MAX;
        rc = 0;
    }
    history_about_tell(room, c->target);
    return rc;
}

static int apply_room(struct history_room *room, const struct history_row *row,
                      const struct content *c)
{
    struct history_event event = {.kind = HISTORY_ROOM};
    struct history_room *made = NULL;
    int rc = 0;

    room->history->about_number++;
    if (room->kind != HISTORY_GROUP) {
        return 0;
    }
    memcpy(event.room, room->id, sizeof event.room);
    memcpy(event.id, c->kind == CONTENT_ROOM || c->target == NULL ? row->id : c->target,
           sizeof event.id);
    if (c->kind == CONTENT_ROOM) {
        rc = history_make_room(room->history, row->id, HISTORY_NAMED,
                               history_about_member(room, row->device), &made);
        rc = rc == WAVU_ERR_LIMIT ? 0 : rc; /* one room too many: its entries find no room here */
    }
    history_tell(room->history, &event);
    return rc;
}

/* What came before it may delete it. 1, 0, or an error. */
static int apply_deletion(struct history_room *room, const struct history_row *row)
{
    uint64_t deletion = 0;
    const bool is_deletable = row->kind != CONTENT_DELETE && row->kind != HISTORY_ROW_NONE;
    int rc = !is_deletable ? 0
                           : history_about_deletion(
                                 room, row->id, history_about_member(room, row->device), &deletion);

    if (rc == 0 && deletion > 0) {
        rc = history_drop_all(room, row);
        return rc < 0 ? rc : 1;
    }
    return rc;
}

static int apply(struct history_room *room, const struct history_row *row, bool is_alone)
{
    struct content c;
    struct history_event event = {.kind = HISTORY_PLACED, .number = row->number};
    int rc = is_alone ? 0 : apply_deletion(room, row);

    if (rc == 0) {
        rc = is_alone ? history_about_words(room, row, row) : history_about_words_again(room, row);
    }
    if (rc == 0 && history_about_content(room, row, &c) == 0) {
        if (c.target != NULL) {
            history_note_about(room, c.target);
        }
        if (c.kind == CONTENT_EDIT || c.kind == CONTENT_DELETE) {
            rc = apply_own(room, row, &c);
        } else if (c.kind == CONTENT_REACTION) {
            rc = apply_reaction(room, &c);
        } else if (c.kind == CONTENT_JOINED) {
            room->bare_from = 0; /* more may be for this device */
        } else if (c.kind == CONTENT_ROOM || c.kind == CONTENT_ROOM_SET) {
            rc = apply_room(room, row, &c);
        }
    }
    memcpy(event.room, room->id, sizeof event.room);
    memcpy(event.id, row->id, sizeof event.id);
    event.height = row->height;
    event.device = row->device;
    event.content = row->kind;
    event.is_shown = history_about_is_shown(row->kind);
    event.is_late = room->graph != NULL && row->height + ROOM_LATE < room->graph->height;
    history_tell(room->history, &event);
    return rc < 0 ? rc : 0;
}

int history_keep_apply(struct history_room *room, const struct history_row *row)
{
    return apply(room, row, false);
}

int history_keep_undo(struct history_room *room, const struct history_row *row)
{
    struct history_event event = {.kind = HISTORY_HIDDEN, .number = row->number};
    struct history_row target;
    struct content c;
    struct buf bytes;
    int rc = 0;

    room->history->about_number++;
    if (history_about_content(room, row, &c) == 0 &&
        (c.kind == CONTENT_EDIT || c.kind == CONTENT_REACTION)) {
        buf_init(&bytes, STORE_VALUE_MAX);
        rc = history_about_target(room, c.kind == CONTENT_EDIT ? c.target : NULL,
                                  history_about_member(room, row->device), &target, &bytes);
        rc = rc == 0 ? history_about_words_again(room, &target) : rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
        buf_clear(&bytes);
        history_about_tell(room, c.target);
    }
    history_drop_unread(room, row);
    memcpy(event.room, room->id, sizeof event.room);
    memcpy(event.id, row->id, sizeof event.id);
    event.device = row->device;
    event.height = row->height;
    history_tell(room->history, &event);
    return rc;
}

/* ---- Something new ---- */

static void put_order(struct history_rows *s, const struct history_room *room,
                      const struct history_row *row)
{
    uint8_t bytes[13];
    struct history_key k;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&w, row->number);
    wr_u32be(&w, row->device);
    wr_u8(&w, row->kind);
    history_row_key(&k, room->number);
    wr_u64be(&k.w, row->height);
    wr_bytes(&k.w, span_of(row->id, sizeof row->id));
    history_row_put(s, "chat.o", &k, wr_span(&w));
    history_row_key(&k, room->number);
    wr_u32be(&k.w, row->device);
    wr_u64be(&k.w, row->sequence);
    wr_u64be(&k.w, row->number);
    history_row_put(s, "chat.c", &k, span_empty());
}

/* The sum of all ids, so that equal sets have equal ones. */
static void add_to_sum(uint8_t sum[32], const uint8_t id[32])
{
    unsigned carry = 0;

    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)sum[i] + id[i];
        sum[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* What came without its content is looked for; what has got it, no more. */
static void mark_bare(struct history_rows *s, const struct history_room *room,
                      const struct history_row *row)
{
    struct history_key k;

    if (room->kind == HISTORY_DIRECT) {
        return;
    }
    history_row_key(&k, room->number);
    wr_u64be(&k.w, row->number);
    if (row->kind == HISTORY_ROW_NONE) {
        history_row_put(s, "chat.w", &k, span_empty());
        room->history->bare_count++;
    } else if (row->number <= room->last) { /* one that comes now was never looked for */
        history_row_delete(s, "chat.w", &k);
    }
}

void history_keep_put(struct history_rows *s, const struct history_room *room,
                      const struct history_row *row, const struct content *c)
{
    history_row_put_entry(s, room->number, row);
    put_order(s, room, row);
    history_about_put(s, room, row, c);
    mark_bare(s, room, row);
}

int history_keep_new(struct history_room *room, const struct history_new *n)
{
    struct history *h = room->history;
    struct history_rows s = {.store = h->config.store};
    struct content c = {.kind = CONTENT_UNKNOWN};
    struct history_row row = {.number = room->last + 1,
                              .device = n->device,
                              .sequence = n->sequence,
                              .height = n->height,
                              .came_s = h->came_s,
                              .stored = n->stored};
    struct history_place place = {
        .number = row.number, .device = row.device, .sequence = row.sequence, .height = row.height};

    memcpy(row.id, n->id, sizeof row.id);
    row.flags = n->has_content ? 0 : HISTORY_ROW_GONE;
    if (n->has_content && content_read(&c, n->content) < 0) {
        c = (struct content){.kind = CONTENT_UNKNOWN};
    }
    row.kind = n->has_content ? (uint8_t)c.kind : HISTORY_ROW_NONE;
    history_keep_put(&s, room, &row, &c);
    history_row_put_place(&s, room->number, row.id, &place);
    if (n->expiry > 0) { /* what came without its content is waited for no longer */
        history_due_put(&s, room, &row, n->expiry);
    }
    if (n->is_hidden) {
        history_cut_put(&s, room, row.number);
    }
    if (s.rc < 0) {
        return s.rc;
    }
    history_note_place(room, row.id, &place, room->orphans == 0);
    room->last++;
    add_to_sum(room->sum, row.id);
    room->unread += !n->is_hidden && history_about_is_unread(room, &row);
    /* Nothing is about it when nothing ever came before what it is about. */
    return n->is_hidden ? 0 : apply(room, &row, room->orphans == 0);
}

/* ---- For the graph ---- */

static int find(void *context, const uint8_t id[ENTRY_ID_SIZE], struct room_place *out)
{
    const struct history_room *room = context;
    struct history_place place;
    int rc = history_find(room, id, &place);

    if (rc == 0) {
        const struct history_device *d = history_device_at(room->history, place.device);

        if (d == NULL) {
            return WAVU_ERR_CORRUPT;
        }
        memcpy(out->device, d->key, sizeof out->device);
        out->sequence = place.sequence;
        out->height = place.height;
    }
    return rc;
}

static int keep(void *context, const uint8_t id[ENTRY_ID_SIZE], const struct entry *entry,
                const struct room_place *place)
{
    struct history_room *room = context;
    const struct history_device *d = history_device_of(room->history, entry->device);
    const size_t size = entry->content.len + ENTRY_STORED_REST_MAX;
    int rc = history_has_room(room->history, entry->content.len);

    CHECK(d != NULL);
    if (rc < 0) {
        return rc;
    }
    struct history_new n = {.id = id,
                            .device = d->number,
                            .sequence = place->sequence,
                            .height = place->height,
                            .expiry = entry->expiry,
                            .content = entry->content,
                            .has_content = entry->has_content,
                            .is_hidden = d->is_cut};
    struct entry whole = *entry;
    uint8_t *bytes = mem_new_raw(size);
    struct wr w;

    if (!whole.has_content) {
        entry_drop_content(&whole);
    } else {
        entry_hash_content(&whole); /* a sealed form does not carry it */
    }
    wr_init(&w, span_mut_of(bytes, size));
    rc = entry_write(&w, &whole);
    rc = rc < 0 ? rc : wr_finish(&w);
    n.stored = wr_span(&w);
    if (rc == 0) {
        rc = history_cut_link(room, room->last + 1, d, &whole);
    }
    if (rc == 0) {
        rc = history_keep_new(room, &n);
    }
    mem_free(bytes);
    return rc < 0 ? rc : d->is_cut ? ROOM_ASIDE : 0;
}

/* The beginning of its member's id is enough: to be taken for another one costs 2^64 keys. */
uint64_t history_keep_author(const struct history_room *room, uint32_t device)
{
    struct rd r;

    rd_init(&r, span_of(history_about_member(room, device), 32));
    return rd_u64be(&r);
}

static uint64_t author(void *context, const uint8_t device[32])
{
    const struct history_room *room = context;
    const struct history_device *d = history_device_of(room->history, device);

    return history_keep_author(room, d == NULL ? 0 : d->number);
}

void history_keep_ops(struct room_ops *ops, struct history_room *room)
{
    *ops = (struct room_ops){.context = room, .find = find, .keep = keep, .author = author};
}
