/*
 * Who has what. A part of chat/history.h. Source: docs/protocol/room.md.
 */
#include "chat/history_has.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "chat/history_give.h"
#include "chat/history_view.h"

#define NUMBER_STEP 64 /* frontiers' numbers are kept that far ahead: a write in so many */

static struct store *store_of(const struct history_room *room)
{
    return room->history->config.store;
}

static int read_number(struct store *store, const char *table, const struct history_key *k,
                       uint64_t *out)
{
    struct buf value;
    struct rd r;

    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(store, table, history_row_span(k), &value);

    *out = 0;
    if (rc == 0) {
        rd_init(&r, buf_span(&value));
        *out = rd_u64be(&r);
        rc = rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : 0;
    }
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static int write_number(struct store *store, const char *table, const struct history_key *k,
                        uint64_t number)
{
    struct history_rows s = {.store = store};
    uint8_t bytes[8];
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&w, number);
    history_row_put(&s, table, k, wr_span(&w));
    return s.rc;
}

/* ---- Ours ---- */

/* The next number, which no earlier life has given. */
static int draw_number(struct history *h, uint64_t *out)
{
    struct history_key k;
    int rc = 0;

    history_row_key(&k, h->number);
    wr_text(&k.w, "frontier");
    if (h->frontier_number == 0) {
        rc = read_number(h->config.store, "chat.n", &k, &h->frontier_number);
    }
    if (rc == 0 && h->frontier_number % NUMBER_STEP == 0) {
        rc = write_number(h->config.store, "chat.n", &k, h->frontier_number + NUMBER_STEP);
    }
    if (rc == 0) {
        *out = ++h->frontier_number;
    }
    return rc;
}

static bool has_news(const struct history_room *room)
{
    return room->is_all_news || room->news_count > 0;
}

bool history_has_news(const struct history *h)
{
    const struct history_room *room = NULL;

    for (size_t at = 0; (room = history_next_room(h, &at)) != NULL;) {
        if (has_news(room)) {
            return true;
        }
    }
    return false;
}

static int by_key(const void *a, const void *b)
{
    const struct room_device *const *x = a;
    const struct room_device *const *y = b;

    return span_compare(span_of((*x)->device, 32), span_of((*y)->device, 32));
}

static bool is_news(const struct history_room *room, const struct room_device *d)
{
    const struct span key = span_of(d->device, 32);

    if (d->sequence == 0) {
        return false;
    }
    if (room->is_all_news && span_compare(key, span_of(room->news_from, 32)) >= 0) {
        return true;
    }
    const struct history_device *known = history_device_of(room->history, d->device);

    for (size_t i = 0; known != NULL && i < room->news_count; i++) {
        if (room->news[i] == known->number) {
            return true;
        }
    }
    return false;
}

/* The devices to be named, by ascending key. Freed by the caller. */
static const struct room_device **news_of(const struct history_room *room, size_t *count)
{
    const struct map *devices = &room->graph->devices;
    const struct room_device **all = mem_new_array(devices->count + 1, sizeof *all);
    const struct room_device *d = NULL;

    *count = 0;
    for (size_t at = 0; (d = map_next(devices, &at)) != NULL;) {
        if (is_news(room, d)) {
            all[(*count)++] = d;
        }
    }
    qsort(all, *count, sizeof *all, by_key);
    return all;
}

/* What was said is no news any more; what did not fit is. */
static void settle_news(struct history_room *room, const struct room_device **all, size_t count)
{
    room->news_count = 0;
    room->is_all_news = count > FRONTIER_SAID_MAX;
    if (room->is_all_news) {
        memcpy(room->news_from, all[FRONTIER_SAID_MAX]->device, sizeof room->news_from);
    }
}

/* The place in the order of what was read last. */
static int fill_read(const struct history_room *room, struct frontier *f)
{
    struct history_row row;
    struct buf bytes;

    if (room->read == 0) {
        return 0;
    }
    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_row_get_entry(store_of(room), room->number, room->read, &row, &bytes);

    if (rc == 0) {
        f->has_read = true;
        f->read_height = row.height;
        memcpy(f->read_id, row.id, sizeof f->read_id);
    }
    buf_clear(&bytes);
    return rc;
}

/* How far its entries are here, and no further than their contents: 0 when that is nowhere. */
static int how_far(const struct history_room *room, const struct room_device *d,
                   const struct history_give_gap *gaps, size_t count, struct frontier_said *said)
{
    const struct history_device *known = history_device_of(room->history, d->device);

    *said = (struct frontier_said){.sequence = d->sequence};
    memcpy(said->device, d->device, sizeof said->device);
    memcpy(said->id, d->last, sizeof said->id);
    for (size_t i = 0; known != NULL && i < count; i++) {
        if (gaps[i].device == known->number && gaps[i].sequence <= said->sequence) {
            said->sequence = gaps[i].sequence - 1;
            return said->sequence == 0
                       ? 0
                       : history_view_said(room, known->number, said->sequence, said->id);
        }
    }
    return 0;
}

/* The rows of those devices. */
static int write_said(struct history_room *room, const struct room_device **all, size_t count,
                      struct frontier *f, struct wr *out)
{
    struct history_give_gap gaps[HISTORY_HAS_GAPS_MAX];
    size_t gap_count = 0;
    int rc = history_give_gaps(room, gaps, HISTORY_HAS_GAPS_MAX, &gap_count);

    for (size_t i = 0; rc == 0 && i < count && i < FRONTIER_SAID_MAX; i++) {
        struct frontier_said said;

        rc = how_far(room, all[i], gaps, gap_count, &said);
        if (rc == 0 && said.sequence > 0) {
            frontier_write_row(out, &said);
            f->count++;
        }
    }
    return rc;
}

static int make_of(struct history_room *room, const struct ed25519_pair *pair, bool is_read_told,
                   struct wr *w)
{
    struct history *h = room->history;
    struct frontier f = {.count = 0};
    size_t count = 0;
    uint8_t *rows = mem_new_raw(FRONTIER_SAID_MAX * FRONTIER_ROW_SIZE);
    const struct room_device **all = news_of(room, &count);
    struct wr out;

    wr_init(&out, span_mut_of(rows, FRONTIER_SAID_MAX * FRONTIER_ROW_SIZE));
    int rc = write_said(room, all, count, &f, &out);

    f.rows = wr_span(&out);
    memcpy(f.room, room->id, sizeof f.room);
    memcpy(f.device, h->config.device, sizeof f.device);
    if (rc == 0 && is_read_told) {
        rc = fill_read(room, &f);
    }
    if (rc == 0) {
        rc = draw_number(h, &f.number);
    }
    if (rc == 0) {
        rc = frontier_seal(w, &f, h->config.network, h->config.signer, pair);
    }
    if (rc == 0) {
        settle_news(room, all, count);
    }
    mem_free(all);
    mem_free(rows);
    return rc;
}

/* The next room behind the one that was said last: a busy one does not keep others from it. */
static struct history_room *next_with_news(struct history *h)
{
    for (int pass = 0; pass < 2; pass++) {
        struct history_room *room = NULL;

        while ((room = history_next_room(h, &h->news_at)) != NULL) {
            if (has_news(room)) {
                return room;
            }
        }
        h->news_at = 0;
    }
    return NULL;
}

int history_has_make(struct history *h, const struct ed25519_pair *pair, bool is_read_told,
                     struct wr *w)
{
    struct history_room *room = next_with_news(h);

    if (room == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    int rc = history_open(h, room);

    return rc < 0 ? rc : make_of(room, pair, is_read_told, w);
}

/* ---- Others' ---- */

static void has_key(struct history_key *k, const struct history_room *room, uint32_t author,
                    uint32_t holder)
{
    history_row_key(k, room->number);
    wr_u32be(&k->w, author);
    wr_u32be(&k->w, holder);
}

/* Somebody has what this device wrote up to `sequence`: what is newer has no receipt, and is not
 * looked for. What was said before the start is found once. */
static int note_most(struct history_room *room, const struct history_device *author,
                     uint64_t sequence)
{
    struct history_key prefix;
    struct history_walk walk;
    struct rd value;
    uint64_t most = sequence;

    if (!span_is_equal(span_of(author->key, 32), span_of(room->history->config.device, 32))) {
        return 0;
    }
    if (room->has_most > 0) {
        room->has_most = room->has_most < most ? most : room->has_most;
        return 0;
    }
    history_row_key(&prefix, room->number);
    wr_u32be(&prefix.w, author->number);
    history_row_walk(&walk, store_of(room), "chat.s", &prefix);
    while (history_row_next(&walk, false, NULL, &value)) {
        const uint64_t one = rd_u64be(&value);

        most = most < one ? one : most;
    }
    int rc = history_row_walk_end(&walk);

    room->has_most = rc < 0 ? 0 : most;
    return rc;
}

/* `holder` has the owner's entries that `author` wrote up to said->sequence. */
static int take_said(struct history_room *room, const struct history_device *author,
                     const struct history_device *holder, const struct frontier_said *said)
{
    struct history *h = room->history;
    struct history_event event = {.kind = HISTORY_HAS, .device = holder->number};
    struct history_key k;
    uint8_t id[32];
    uint64_t before = 0;

    has_key(&k, room, author->number, holder->number);
    int rc = read_number(store_of(room), "chat.s", &k, &before);

    if (rc < 0 || before >= said->sequence) {
        return rc;
    }
    rc = history_view_said(room, author->number, said->sequence, id);
    if (rc < 0 || !span_is_equal(span_of(id, 32), span_of(said->id, 32))) {
        return rc == WAVU_ERR_NOT_FOUND ? 0 : rc; /* of something else: no receipt */
    }
    rc = write_number(store_of(room), "chat.s", &k, said->sequence);
    rc = rc < 0 ? rc : note_most(room, author, said->sequence);
    memcpy(event.room, room->id, sizeof event.room);
    memcpy(event.id, id, sizeof event.id);
    history_tell(h, &event);
    return rc;
}

static int take_read(struct history_room *room, const struct history_device *holder,
                     const struct frontier *f)
{
    struct history_rows s = {.store = store_of(room)};
    struct history_event event = {.kind = HISTORY_READ, .device = holder->number};
    uint8_t bytes[40];
    struct history_key k;
    struct buf value;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&w, f->read_height);
    wr_bytes(&w, span_of(f->read_id, sizeof f->read_id));
    history_row_key(&k, room->number);
    wr_u32be(&k.w, holder->number);
    buf_init(&value, STORE_VALUE_MAX);
    s.rc = store_get(s.store, "chat.p", history_row_span(&k), &value);
    const bool is_new = s.rc == WAVU_ERR_NOT_FOUND ||
                        (s.rc == 0 && span_compare(buf_span(&value), wr_span(&w)) < 0);

    s.rc = s.rc == WAVU_ERR_NOT_FOUND ? 0 : s.rc;
    buf_clear(&value);
    if (s.rc == 0 && is_new) {
        history_row_put(&s, "chat.p", &k, wr_span(&w));
        memcpy(event.room, room->id, sizeof event.room);
        memcpy(event.id, f->read_id, sizeof event.id);
        event.height = f->read_height;
        history_tell(room->history, &event);
    }
    return s.rc;
}

int history_has_take(struct history *h, const struct frontier *f, const uint8_t member[32])
{
    struct history_room *room = history_room(h, f->room);
    struct history_device *holder = NULL;

    if (room == NULL || room->kind == HISTORY_DIRECT) {
        return WAVU_ERR_NOT_FOUND;
    }
    int rc = history_has_room(h, f->count * FRONTIER_ROW_SIZE);

    rc = rc < 0 ? rc : history_meet(h, f->device, member, &holder);
    for (size_t i = 0; rc == 0 && i < f->count; i++) {
        const struct frontier_said said = frontier_at(f, i);
        const struct history_device *author = history_device_of(h, said.device);

        if (history_is_own(h, author)) {
            rc = take_said(room, author, holder, &said);
        }
    }
    if (rc == 0 && f->has_read) {
        rc = take_read(room, holder, f);
    }
    return rc;
}

/* ---- Receipts ---- */

/* Has the owner of that device read up to the entry? 1, 0, or an error. */
static int has_read(const struct history_room *room, uint32_t holder,
                    const struct history_row *entry)
{
    uint8_t bytes[40];
    struct history_key k;
    struct buf value;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&w, entry->height);
    wr_bytes(&w, span_of(entry->id, sizeof entry->id));
    history_row_key(&k, room->number);
    wr_u32be(&k.w, holder);
    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(store_of(room), "chat.p", history_row_span(&k), &value);

    rc = rc == 0                    ? span_compare(buf_span(&value), wr_span(&w)) >= 0
         : rc == WAVU_ERR_NOT_FOUND ? 0
                                    : rc;
    buf_clear(&value);
    return rc;
}

static void add_receipt(struct history_receipt *out, size_t max, size_t *count,
                        const uint8_t *member, bool is_read)
{
    size_t i = 0;

    while (i < *count && !span_is_equal(span_of(out[i].member, 32), span_of(member, 32))) {
        i++;
    }
    if (i == max) {
        return;
    }
    if (i == *count) {
        memcpy(out[i].member, member, sizeof out[i].member);
        out[i].has_read = false;
        ++*count;
    }
    out[i].has_read |= is_read;
}

/* Walk those who have something of the entry's author. */
static int receipts_of(const struct history_room *room, const struct history_row *entry,
                       struct history_receipt *out, size_t max, size_t *count)
{
    const struct history *h = room->history;
    struct history_key prefix;
    struct history_walk walk;
    struct rd key;
    struct rd value;
    int rc = 0;

    history_row_key(&prefix, room->number);
    wr_u32be(&prefix.w, entry->device);
    history_row_walk(&walk, store_of(room), "chat.s", &prefix);
    while (rc == 0 && history_row_next(&walk, false, &key, &value)) {
        const struct history_device *d = history_device_at(h, rd_u32be(&key));

        if (d == NULL) {
            rc = WAVU_ERR_CORRUPT;
        } else if (rd_u64be(&value) >= entry->sequence && !history_is_own(h, d)) {
            rc = has_read(room, d->number, entry);
            add_receipt(out, max, count, d->member, rc == 1);
            rc = rc < 0 ? rc : 0;
        }
    }
    int walked = history_row_walk_end(&walk);

    return rc < 0 ? rc : walked;
}

int history_has_of(const struct history_room *room, const uint8_t id[32],
                   struct history_receipt *out, size_t max, size_t *count)
{
    const struct history *h = room->history;
    struct history_place place;
    struct history_row row = {0};

    *count = 0;
    int rc = history_row_get_place(store_of(room), room->number, id, &place);

    if (rc < 0) {
        return rc;
    }
    const struct history_device *author = history_device_at(h, place.device);

    if (author == NULL || !history_is_own(h, author)) {
        return author == NULL ? WAVU_ERR_CORRUPT : WAVU_ERR_INVALID;
    }
    if (room->has_most > 0 && place.sequence > room->has_most &&
        span_is_equal(span_of(author->key, 32), span_of(h->config.device, 32))) {
        return 0; /* nobody has said so yet */
    }
    row.device = place.device;
    row.sequence = place.sequence;
    row.height = place.height;
    memcpy(row.id, id, sizeof row.id);
    return receipts_of(room, &row, out, max, count);
}
