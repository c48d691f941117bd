/*
 * Which entries of revoked devices count. A part of chat/history.h. Source: docs/protocol/room.md.
 */
#include "chat/history_cut.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "chat/history_about.h"
#include "chat/history_keep.h"

/* Entries to look at, by number: links have lower ones, so the highest first meets each after all
 * that links to it. */
struct cut_work {
    struct history_room *room;
    uint64_t *numbers; /* owned; a binary heap */
    size_t count;
    size_t cap;
    uint64_t last; /* looked at: the same again is passed over */
};

static struct store *store_of(const struct history_room *room)
{
    return room->history->config.store;
}

/* ---- Work ---- */

static void work_push(struct cut_work *w, uint64_t number)
{
    if (w->count == w->cap) {
        w->cap = w->cap == 0 ? 16 : 2 * w->cap;
        w->numbers = mem_resize(w->numbers, w->cap * sizeof *w->numbers);
    }
    size_t i = w->count++;

    while (i > 0 && w->numbers[(i - 1) / 2] < number) {
        w->numbers[i] = w->numbers[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    w->numbers[i] = number;
}

static uint64_t work_pop(struct cut_work *w)
{
    const uint64_t top = w->numbers[0];
    const uint64_t moved = w->numbers[--w->count];
    size_t i = 0;

    for (size_t child = 1; child < w->count; child = 2 * i + 1) {
        child += child + 1 < w->count && w->numbers[child + 1] > w->numbers[child];
        if (w->numbers[child] <= moved) {
            break;
        }
        w->numbers[i] = w->numbers[child];
        i = child;
    }
    w->numbers[i] = moved;
    return top;
}

static bool work_next(struct cut_work *w, uint64_t *number)
{
    while (w->count > 0) {
        *number = work_pop(w);
        if (*number != w->last) {
            w->last = *number;
            return true;
        }
    }
    return false;
}

/* ---- Rows ---- */

static void hidden_key(struct history_key *k, const struct history_room *room, uint64_t number)
{
    history_row_key(k, room->number);
    wr_u64be(&k->w, number);
}

void history_cut_put(struct history_rows *s, const struct history_room *room, uint64_t number)
{
    struct history_key k;

    hidden_key(&k, room, number);
    history_row_put(s, "chat.h", &k, span_empty());
}

/* 1, 0, or an error; whoever wrote it. */
static int is_hidden(const struct history_room *room, uint64_t number)
{
    struct history_key k;

    hidden_key(&k, room, number);
    return history_row_has(store_of(room), "chat.h", &k);
}

static bool is_cut(const struct history_room *room, uint32_t device)
{
    const struct history_device *d = history_device_at(room->history, device);

    return d != NULL && d->is_cut;
}

/* An entry's row with what it links to. */
static int get_entry(const struct history_room *room, uint64_t number, struct history_row *row,
                     struct entry *entry, struct buf *bytes)
{
    int rc = history_row_get_entry(store_of(room), room->number, number, row, bytes);

    if (rc == 0) {
        rc = entry_read(entry, row->stored);
        rc = rc < 0 ? WAVU_ERR_CORRUPT : 0;
    }
    return rc;
}

/* Link `i` of an entry, of 1 + entry->parent_count; NULL: it has no previous one. */
static const uint8_t *link_of(const struct entry *entry, size_t i)
{
    if (i == 0) {
        return entry->sequence > 1 ? entry->previous : NULL;
    }
    return entry->parents[i - 1];
}

/* ---- What links to an entry ---- */

/* Is one of these children (numbers at `at` of the key) not hidden? */
static int has_counting(struct history_walk *walk, const struct history_room *room,
                        const uint8_t *previous)
{
    struct history_row row;
    struct entry entry;
    struct buf bytes;
    struct rd key;
    int found = 0;

    buf_init(&bytes, STORE_VALUE_MAX);
    while (found == 0 && history_row_next(walk, false, &key, NULL)) {
        const uint64_t number = rd_u64be(&key);
        int rc = is_hidden(room, number);

        found = rc < 0 ? rc : rc == 0;
        if (found == 1 && previous != NULL) { /* of a forked chain: does it follow this one? */
            rc = get_entry(room, number, &row, &entry, &bytes);
            found = rc < 0 ? rc : span_is_equal(span_of(entry.previous, 32), span_of(previous, 32));
        }
    }
    buf_clear(&bytes);
    int walked = history_row_walk_end(walk);

    return found == 0 && walked < 0 ? walked : found;
}

/* Does something that counts link to it? 1, 0, or an error. */
static int is_vouched(const struct history_room *room, const struct history_row *row)
{
    const struct history_device *d = history_device_at(room->history, row->device);
    const struct room_device *state = d == NULL ? NULL : room_device(room->graph, d->key);
    struct history_key prefix;
    struct history_walk walk;

    history_row_key(&prefix, room->number);
    wr_u64be(&prefix.w, row->number);
    history_row_walk(&walk, store_of(room), "chat.l", &prefix);
    int rc = has_counting(&walk, room, NULL);

    if (rc != 0) {
        return rc;
    }
    history_row_key(&prefix, room->number);
    wr_u32be(&prefix.w, row->device);
    wr_u64be(&prefix.w, row->sequence + 1);
    history_row_walk(&walk, store_of(room), "chat.c", &prefix);
    return has_counting(&walk, room, state != NULL && state->is_forked ? row->id : NULL);
}

/* ---- Counting ---- */

/* An entry that counts is a head when nothing that counts links to it. */
static int settle_head(struct history_room *room, const struct history_row *row)
{
    struct room_head head = {.height = row->height,
                             .author = history_keep_author(room, row->device)};
    int rc = is_vouched(room, row);

    room_forget_head(room->graph, row->id);
    if (rc == 0) {
        memcpy(head.id, row->id, sizeof head.id);
        room_load_head(room->graph, &head);
    }
    return rc < 0 ? rc : 0;
}

/* Push what an entry links to, which is no head now that this counts. */
static int push_links(struct cut_work *w, const struct entry *entry)
{
    for (size_t i = 0; i <= entry->parent_count; i++) {
        const uint8_t *id = link_of(entry, i);
        struct history_place place;

        if (id == NULL) {
            continue;
        }
        int rc = history_find(w->room, id, &place);

        if (rc < 0) {
            return rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_CORRUPT : rc;
        }
        room_forget_head(w->room->graph, id);
        work_push(w, place.number);
    }
    return 0;
}

/* A hidden entry counts now. */
static int show_one(struct cut_work *w, uint64_t number)
{
    struct history_room *room = w->room;
    struct history_rows s = {.store = store_of(room)};
    struct history_key k;
    struct history_row row;
    struct entry entry;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = get_entry(room, number, &row, &entry, &bytes);

    if (rc == 0) {
        hidden_key(&k, room, number);
        history_row_delete(&s, "chat.h", &k);
        rc = s.rc;
    }
    if (rc == 0) {
        rc = push_links(w, &entry);
    }
    if (rc == 0) {
        rc = settle_head(room, &row);
    }
    if (rc == 0) {
        room->unread += history_about_is_unread(room, &row);
        rc = history_keep_apply(room, &row);
    }
    buf_clear(&bytes);
    return rc;
}

/* All that is hidden of the work, and what is beneath it, counts. */
static int show_all(struct cut_work *w)
{
    uint64_t number = 0;
    int rc = 0;

    while (rc == 0 && work_next(w, &number)) {
        rc = is_hidden(w->room, number);
        if (rc == 1) {
            rc = history_has_room(w->room->history, ENTRY_CONTENT_MAX) < 0 ? WAVU_ERR_AGAIN
                                                                           : show_one(w, number);
        }
    }
    mem_free(w->numbers);
    return rc;
}

/* ---- Linking ---- */

/* The chain of a forked device gets another end, in the place of the one that it goes on from. */
static void put_end(struct history_rows *s, const struct history_room *room, uint32_t device,
                    uint64_t number, bool is_end)
{
    struct history_key k;

    history_row_key(&k, room->number);
    wr_u32be(&k.w, device);
    wr_u64be(&k.w, number);
    if (is_end) {
        history_row_put(s, "chat.t", &k, span_empty());
    } else {
        history_row_delete(s, "chat.t", &k);
    }
}

static int note_ends(struct history_rows *s, struct history_room *room, uint64_t number,
                     const struct history_device *device, const struct entry *entry)
{
    const struct room_device *state = room_device(room->graph, device->key);
    struct history_place place;
    int rc = 0;

    if (state == NULL || (!state->is_forked && entry->sequence > state->sequence)) {
        return 0;
    }
    if (!state->is_forked) { /* now it is: what was its only end is one of two */
        rc = history_find(room, state->last, &place);
        put_end(s, room, device->number, place.number, true);
    }
    put_end(s, room, device->number, number, true);
    if (rc == 0 && entry->sequence > 1) {
        rc = history_find(room, entry->previous, &place);
        put_end(s, room, device->number, place.number, false);
    }
    return rc < 0 ? rc : s->rc;
}

/* What a new entry of somebody who is not revoked links to counts. */
static int vouch(struct history_room *room, const struct entry *entry)
{
    struct cut_work work = {.room = room};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < entry->parent_count; i++) {
        struct history_place place;

        rc = history_find(room, entry->parents[i], &place);
        if (rc == 0 && is_cut(room, place.device)) {
            work_push(&work, place.number);
        }
    }
    if (rc < 0) {
        mem_free(work.numbers);
        return rc;
    }
    return show_all(&work);
}

int history_cut_link(struct history_room *room, uint64_t number,
                     const struct history_device *device, const struct entry *entry)
{
    const struct history *h = room->history;
    struct history_rows s = {.store = store_of(room)};
    struct history_key k;
    uint8_t bytes[4];
    struct wr w;
    int rc = device->is_cut || h->cut_count == 0 ? 0 : vouch(room, entry);

    rc = rc < 0 ? rc : history_has_room(h, entry->content.len);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u32be(&w, device->number);
    for (size_t i = 0; rc == 0 && i < entry->parent_count; i++) {
        struct history_place place;

        rc = history_find(room, entry->parents[i], &place);
        if (rc == 0) {
            hidden_key(&k, room, place.number);
            wr_u64be(&k.w, number);
            history_row_put(&s, "chat.l", &k, wr_span(&w));
        }
    }
    rc = rc < 0 ? rc : s.rc;
    return rc < 0 ? rc : note_ends(&s, room, number, device, entry);
}

/* ---- Revoking ---- */

/* What a hidden entry links to: of revoked devices it is looked at; what nothing that counts links
 * to any more is a head again. */
static int push_beneath(struct cut_work *w, const struct entry *entry)
{
    struct history_room *room = w->room;
    struct history_place place;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i <= entry->parent_count; i++) {
        const uint8_t *id = link_of(entry, i);

        if (id == NULL) {
            continue;
        }
        rc = history_find(room, id, &place);
        if (rc < 0) {
            return rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_CORRUPT : rc;
        }
        if (is_cut(room, place.device)) {
            work_push(w, place.number);
        }
        struct history_row row = {.number = place.number,
                                  .device = place.device,
                                  .sequence = place.sequence,
                                  .height = place.height};

        memcpy(row.id, id, sizeof row.id);
        rc = is_hidden(room, place.number);
        rc = rc == 0 ? settle_head(room, &row) : rc < 0 ? rc : 0;
    }
    return rc;
}

/* An entry of a revoked device: does it count? */
static int judge(struct cut_work *w, uint64_t number)
{
    struct history_room *room = w->room;
    struct history_rows s = {.store = store_of(room)};
    struct history_row row;
    struct entry entry;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int was_hidden = is_hidden(room, number);
    int rc = was_hidden < 0 ? was_hidden : get_entry(room, number, &row, &entry, &bytes);

    if (rc == 0 && was_hidden == 0) {
        rc = is_vouched(room, &row);
        if (rc == 0) {
            history_cut_put(&s, room, number);
            room_forget_head(room->graph, row.id);
            rc = s.rc < 0 ? s.rc : history_keep_undo(room, &row);
        }
    }
    if (rc == 0) { /* hidden now, or it was */
        rc = push_beneath(w, &entry);
    }
    buf_clear(&bytes);
    return rc < 0 ? rc : 0;
}

/* Begin with the ends of a device's chain in a room. 0: it has none there. */
static int push_ends(struct cut_work *w, const struct history_device *d)
{
    struct history_room *room = w->room;
    const struct room_device *state = room_device(room->graph, d->key);
    struct history_key prefix;
    struct history_walk walk;
    struct history_place place;
    struct rd key;

    if (state == NULL || state->sequence == 0) {
        return 0;
    }
    if (!state->is_forked) {
        int rc = history_find(room, state->last, &place);

        if (rc == 0) {
            work_push(w, place.number);
        }
        return rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_CORRUPT : rc;
    }
    history_row_key(&prefix, room->number);
    wr_u32be(&prefix.w, d->number);
    history_row_walk(&walk, store_of(room), "chat.t", &prefix);
    while (history_row_next(&walk, false, &key, NULL)) {
        work_push(w, rd_u64be(&key));
    }
    return history_row_walk_end(&walk);
}

static int hide_in(struct history_room *room, const struct history_device *d)
{
    struct cut_work work = {.room = room};
    uint64_t number = 0;
    int rc = push_ends(&work, d);

    while (rc == 0 && work_next(&work, &number)) {
        rc = history_has_room(room->history, ENTRY_CONTENT_MAX) < 0 ? WAVU_ERR_AGAIN
                                                                    : judge(&work, number);
    }
    mem_free(work.numbers);
    return rc;
}

/* Its own entries count, and so does what is beneath them. */
static int show_in(struct history_room *room, const struct history_device *d)
{
    struct cut_work work = {.room = room};
    struct history_key prefix;
    struct history_walk walk;
    struct history_row row;
    struct buf bytes;
    struct rd key;
    int rc = 0;

    buf_init(&bytes, STORE_VALUE_MAX);
    history_row_key(&prefix, room->number);
    history_row_walk(&walk, store_of(room), "chat.h", &prefix);
    while (rc == 0 && history_row_next(&walk, false, &key, NULL)) {
        const uint64_t number = rd_u64be(&key);

        rc = history_row_get_entry(store_of(room), room->number, number, &row, &bytes);
        if (rc == 0 && row.device == d->number) {
            work_push(&work, number);
        }
    }
    int walked = history_row_walk_end(&walk);

    buf_clear(&bytes);
    rc = rc < 0 ? rc : walked;
    if (rc < 0) {
        mem_free(work.numbers);
        return rc;
    }
    return show_all(&work);
}

/* Does the device speak in that room? 1, 0, or an error. */
static int speaks_in(const struct history_room *room, const struct history_device *d)
{
    struct history_key k;

    history_row_key(&k, room->number);
    wr_u32be(&k.w, d->number);
    return history_row_has(store_of(room), "chat.v", &k);
}

static int judge_room(struct history_room *room, const struct history_device *d)
{
    struct history_rows s = {.store = store_of(room)};
    int rc = room->kind == HISTORY_DIRECT ? 0 : speaks_in(room, d);

    if (rc <= 0) {
        return rc;
    }
    rc = history_open(room->history, room);
    if (rc < 0) {
        return rc;
    }
    rc = d->is_cut ? hide_in(room, d) : show_in(room, d);
    history_save_heads(&s, room);
    history_save_room(&s, room);
    return rc < 0 ? rc : s.rc;
}

int history_cut_set(struct history *h, const uint8_t device[32], const uint8_t member[32],
                    bool is_cut_now)
{
    struct history_rows s = {.store = h->config.store};
    struct history_device *d = NULL;
    struct history_room *room = NULL;
    int rc = 0;

    if (is_cut_now || history_device_of(h, device) != NULL) {
        rc = history_meet(h, device, member, &d);
    }
    if (d == NULL || (d->is_cut == is_cut_now && !d->is_open)) {
        return rc;
    }
    h->cut_count += is_cut_now && !d->is_cut;
    h->cut_count -= !is_cut_now && d->is_cut;
    d->is_cut = is_cut_now;
    d->is_open = true; /* until all rooms are looked at, in this life or another */
    history_save_cut(&s, h, d);
    for (size_t at = 0; rc == 0 && (room = history_next_room(h, &at)) != NULL;) {
        rc = judge_room(room, d);
    }
    if (rc == 0) {
        d->is_open = false;
        history_save_cut(&s, h, d);
    }
    return rc < 0 ? rc : s.rc;
}
