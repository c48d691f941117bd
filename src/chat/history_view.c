/*
 * What people see of a history. A part of chat/history.h. Source: docs/protocol/room.md.
 */
#include "chat/history_view.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "chat/history_about.h"

static struct store *store_of(const struct history_room *room)
{
    return room->history->config.store;
}

static void at_span(uint8_t bytes[40], const struct history_at *at)
{
    struct wr w;

    wr_init(&w, span_mut_of(bytes, 40));
    wr_u64be(&w, at->height);
    wr_bytes(&w, span_of(at->id, sizeof at->id));
}

/* Begin a walk over a room's order at a place; {0} and {UINT64_MAX} are its ends. */
static void walk_order(struct history_walk *walk, const struct history_room *room,
                       const struct history_at *at)
{
    struct history_key prefix;
    uint8_t from[40];

    history_row_key(&prefix, room->number);
    history_row_walk(walk, store_of(room), "chat.o", &prefix);
    at_span(from, at);
    history_row_walk_from(walk, span_of(from, sizeof from));
}

static bool next_item(struct history_walk *walk, bool is_back, struct history_item *item)
{
    struct rd key;
    struct rd value;

    if (!history_row_next(walk, is_back, &key, &value)) {
        return false;
    }
    item->at.height = rd_u64be(&key);
    rd_copy(&key, item->at.id, sizeof item->at.id);
    item->number = rd_u64be(&value);
    item->device = rd_u32be(&value);
    item->kind = rd_u8(&value);
    if (rd_finish(&key) < 0 || rd_finish(&value) < 0) {
        walk->rc = WAVU_ERR_CORRUPT;
        return false;
    }
    return true;
}

int history_view_page(const struct history_room *room, struct history_page *page)
{
    struct history_walk walk;
    struct history_item item;
    int rc = 0;

    page->count = 0;
    page->is_end = false;
    walk_order(&walk, room, &page->at);
    for (size_t seen = 0; rc == 0 && page->count < page->max && seen < HISTORY_VIEW_SCAN; seen++) {
        if (!next_item(&walk, !page->is_forward, &item)) {
            page->is_end = true;
            break;
        }
        page->at = item.at;
        rc = history_about_is_shown(item.kind)
                 ? history_about_is_hidden(room, item.number, item.device)
                 : 1;
        if (rc == 0) {
            page->items[page->count++] = item;
        }
        rc = rc < 0 ? rc : 0;
    }
    int walked = history_row_walk_end(&walk);

    return rc < 0 ? rc : walked;
}

/* ---- One message ---- */

static int add_edit(const struct history_room *room, const uint8_t member[32],
                    struct history_message *m)
{
    struct history_row row;
    struct content c;
    uint64_t number = 0;
    int rc = history_about_edit(room, m->at.id, member, &number);

    if (rc < 0 || number == 0) {
        return rc;
    }
    rc = history_row_get_entry(store_of(room), room->number, number, &row, &m->edit);
    if (rc == 0 && history_about_content(room, &row, &c) == 0) {
        fold_feed(&m->fold, member, &c);
    }
    return rc;
}

/* Reactions in the room's order. */
static int add_reactions(const struct history_room *room, struct history_message *m)
{
    struct history_key prefix;
    struct history_walk walk;
    struct history_row row;
    struct content c;
    struct buf bytes;
    struct rd value;
    int rc = 0;

    buf_init(&bytes, STORE_VALUE_MAX);
    history_about_key(&prefix, room, m->at.id, HISTORY_ABOUT_REACTION, NULL);
    history_row_walk(&walk, store_of(room), "chat.a", &prefix);
    for (size_t i = 0; rc == 0 && i < HISTORY_VIEW_REACTIONS; i++) {
        if (!history_row_next(&walk, false, NULL, &value)) {
            break;
        }
        const uint64_t number = rd_u64be(&value);
        const struct history_device *d = history_device_at(room->history, rd_u32be(&value));

        rc = d == NULL ? WAVU_ERR_CORRUPT : history_about_is_hidden(room, number, d->number);
        if (rc == 0) {
            rc = history_row_get_entry(store_of(room), room->number, number, &row, &bytes);
            if (rc == 0 && history_about_content(room, &row, &c) == 0) {
                fold_feed(&m->fold, d->member, &c);
            }
        }
        rc = rc < 0 ? rc : 0;
    }
    int walked = history_row_walk_end(&walk);

    buf_clear(&bytes);
    return rc < 0 ? rc : walked;
}

static int fill(const struct history_room *room, const struct history_row *row,
                struct history_message *m)
{
    const struct history_device *d = history_device_at(room->history, row->device);
    struct content c = {.kind = CONTENT_UNKNOWN};
    uint64_t expiry = 0;

    if (d == NULL) {
        return WAVU_ERR_CORRUPT;
    }
    m->at.height = row->height;
    memcpy(m->at.id, row->id, sizeof m->at.id);
    m->number = row->number;
    m->sequence = row->sequence;
    m->came_s = row->came_s;
    m->device = row->device;
    m->kind = row->kind;
    m->is_gone = (row->flags & HISTORY_ROW_GONE) != 0;
    m->is_late = room->graph != NULL && row->height + ROOM_LATE < room->graph->height;
    int rc = history_about_is_hidden(room, row->number, row->device);

    m->is_hidden = rc == 1;
    rc = rc < 0 ? rc : history_about_expiry(room, row, &expiry);
    if (!m->is_gone && history_about_content(room, row, &c) < 0) {
        c = (struct content){.kind = CONTENT_UNKNOWN};
    }
    m->ends_s = expiry > 0 && !m->is_gone ? row->came_s + expiry : 0;
    fold_init(&m->fold, d->member, &c);
    m->fold.is_deleted = m->is_gone;
    if (rc < 0 || m->is_gone || history_is_plain(room, row->id)) {
        return rc < 0 ? rc : 0;
    }
    rc = add_edit(room, d->member, m);
    return rc == 0 ? add_reactions(room, m) : rc;
}

int history_view_at(const struct history_room *room, uint64_t number, struct history_message *m)
{
    struct history_row row;

    memset(m, 0, sizeof *m);
    buf_init(&m->bytes, STORE_VALUE_MAX);
    buf_init(&m->edit, STORE_VALUE_MAX);
    int rc = history_row_get_entry(store_of(room), room->number, number, &row, &m->bytes);

    if (rc == 0) {
        rc = fill(room, &row, m);
    }
    if (rc < 0) {
        history_view_clear(m);
    }
    return rc;
}

int history_view_get(const struct history_room *room, const uint8_t id[32],
                     struct history_message *m)
{
    struct history_place place;
    int rc = history_find(room, id, &place);

    return rc < 0 ? rc : history_view_at(room, place.number, m);
}

void history_view_clear(struct history_message *m)
{
    buf_wipe(&m->bytes);
    buf_wipe(&m->edit);
}

/* ---- Finding, reading ---- */

int history_view_find(const struct history_room *room, struct span query, struct store_page *page)
{
    char name[STORE_NAME_MAX + 1];
    struct history_row row;
    struct buf bytes;
    size_t kept = 0;

    history_about_index(name, room);
    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = store_index_find(store_of(room), name, query, page);

    for (size_t i = 0; rc == 0 && room->history->cut_count > 0 && i < page->count; i++) {
        rc = history_row_get_entry(store_of(room), room->number, page->numbers[i], &row, &bytes);
        if (rc == 0) {
            rc = history_about_is_hidden(room, row.number, row.device);
        }
        if (rc == 0) {
            page->numbers[kept++] = row.number;
        }
        rc = rc < 0 ? rc : 0;
    }
    if (rc == 0 && room->history->cut_count > 0) {
        page->count = kept;
    }
    buf_clear(&bytes);
    return rc;
}

int history_view_read(struct history_room *room, uint64_t number)
{
    struct history_rows s = {.store = store_of(room)};
    struct history_row row;
    struct buf bytes;
    int rc = 0;

    if (number <= room->read) {
        return 0;
    }
    room->read = number < room->last ? number : room->last;
    room->unread = 0;
    buf_init(&bytes, STORE_VALUE_MAX);
    for (uint64_t i = room->read + 1;
         rc == 0 && i <= room->last && room->unread < HISTORY_UNREAD_MAX; i++) {
        rc = history_row_get_entry(s.store, room->number, i, &row, &bytes);
        if (rc == 0 && history_about_is_unread(room, &row)) {
            rc = history_about_is_hidden(room, i, row.device);
            room->unread += rc == 0;
            rc = rc < 0 ? rc : 0;
        }
    }
    buf_clear(&bytes);
    history_save_room(&s, room);
    return rc < 0 ? rc : s.rc;
}

/* ---- Rooms ---- */

/* May a member set that room? Its maker and the founder may; the group's, the founder. */
static bool may_set(const struct history_room *room, const uint8_t *member)
{
    return span_is_equal(span_of(member, 32), span_of(room->history->config.founder, 32)) ||
           (room->kind == HISTORY_NAMED &&
            span_is_equal(span_of(member, 32), span_of(room->other, 32)));
}

static int read_about(const struct history_room *group, uint64_t number, struct content_room *about,
                      struct buf *bytes)
{
    struct history_row row;
    struct content c;
    int rc = history_row_get_entry(store_of(group), group->number, number, &row, bytes);

    if (rc == 0) {
        rc = history_about_content(group, &row, &c) < 0 || !c.has_room ? WAVU_ERR_NOT_FOUND : 0;
    }
    if (rc == 0) {
        *about = c.room;
    }
    return rc;
}

int history_view_about(const struct history_room *room, struct content_room *about,
                       struct buf *bytes)
{
    const struct history *h = room->history;
    const struct history_room *group = NULL;
    struct history_key prefix;
    struct history_walk walk;
    struct rd value;
    int rc = WAVU_ERR_NOT_FOUND;

    for (size_t at = 0; (group = history_next_room(h, &at)) != NULL;) {
        if (group->kind == HISTORY_GROUP) {
            break;
        }
    }
    CHECK(group != NULL);
    history_about_key(&prefix, group, room->id, HISTORY_ABOUT_ROOM, NULL);
    history_row_walk(&walk, store_of(room), "chat.a", &prefix);
    while (rc == WAVU_ERR_NOT_FOUND && history_row_next(&walk, true, NULL, &value)) {
        const uint64_t number = rd_u64be(&value);
        const struct history_device *d = history_device_at(h, rd_u32be(&value));

        if (d != NULL && may_set(room, d->member)) {
            int hidden = history_about_is_hidden(group, number, d->number);

            rc = hidden < 0    ? hidden
                 : hidden == 1 ? WAVU_ERR_NOT_FOUND
                               : read_about(group, number, about, bytes);
        }
    }
    int walked = history_row_walk_end(&walk);

    if (rc == WAVU_ERR_NOT_FOUND && walked == 0 && room->kind == HISTORY_NAMED) {
        struct history_place place;

        rc = history_row_get_place(store_of(room), group->number, room->id, &place);
        rc = rc < 0 ? rc : read_about(group, place.number, about, bytes);
    }
    return walked < 0 ? walked : rc;
}

int history_view_expiry(struct history_room *room, uint64_t *expiry)
{
    const uint64_t number = room->history->about_number;
    struct content_room about;
    struct buf bytes;
    int rc = 0;

    if (room->about_number != number) {
        buf_init(&bytes, STORE_VALUE_MAX);
        rc = history_view_about(room, &about, &bytes);
        if (rc == 0 || rc == WAVU_ERR_NOT_FOUND) {
            room->expiry = rc == 0 ? about.expiry : 0;
            room->about_number = number;
            rc = 0;
        }
        buf_clear(&bytes);
    }
    *expiry = rc == 0 ? room->expiry : 0;
    return rc;
}

/* ---- For repair ---- */

int history_view_items(const struct history_room *room, struct history_at *at,
                       struct reconcile_set_item *items, size_t max, size_t *count)
{
    struct history_walk walk;
    struct history_item item;

    *count = 0;
    walk_order(&walk, room, at);
    while (*count < max && next_item(&walk, false, &item)) {
        items[*count].key = item.at.height;
        memcpy(items[*count].id, item.at.id, sizeof items[*count].id);
        ++*count;
        *at = item.at;
    }
    return history_row_walk_end(&walk);
}

int history_view_stored(const struct history_room *room, const uint8_t id[32], struct buf *bytes)
{
    struct history_place place;
    struct history_row row;
    int rc = history_row_get_place(store_of(room), room->number, id, &place);

    rc = rc < 0 ? rc
                : history_row_get_entry(store_of(room), room->number, place.number, &row, bytes);
    if (rc == 0 && row.stored.len == 0) {
        rc = WAVU_ERR_NOT_FOUND;
    }
    if (rc == 0) {
        buf_drop_front(bytes, HISTORY_ROW_HEAD_SIZE);
    }
    return rc;
}

int history_view_said(const struct history_room *room, uint32_t device, uint64_t sequence,
                      uint8_t id[32])
{
    struct history_key prefix;
    struct history_walk walk;
    struct history_row row;
    struct buf bytes;
    struct rd key;
    int rc = WAVU_ERR_NOT_FOUND;

    buf_init(&bytes, STORE_VALUE_MAX);
    history_row_key(&prefix, room->number);
    wr_u32be(&prefix.w, device);
    wr_u64be(&prefix.w, sequence);
    history_row_walk(&walk, store_of(room), "chat.c", &prefix);
    if (history_row_next(&walk, false, &key, NULL)) {
        rc = history_row_get_entry(store_of(room), room->number, rd_u64be(&key), &row, &bytes);
    }
    int walked = history_row_walk_end(&walk);

    if (rc == 0) {
        memcpy(id, row.id, sizeof row.id);
    }
    buf_clear(&bytes);
    return walked < 0 ? walked : rc;
}
