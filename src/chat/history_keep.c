/*
 * Keeping what came. A part of chat/history.h. Source: docs/protocol/room.md, "Content".
 */
#include "chat/history_keep.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "chat/direct.h"
#include "chat/history_cut.h"
#include "chat/history_due.h"

static const uint8_t nobody[32];

static struct store *store_of(const struct history_room *room)
{
    return room->history->config.store;
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
    return span_is_equal(span_of(a, 32), span_of(b, 32));
}

static const uint8_t *member_of(const struct history_room *room, uint32_t device)
{
    const struct history_device *d = history_device_at(room->history, device);

    return d == NULL ? nobody : d->member;
}

bool history_keep_is_shown(uint8_t kind)
{
    return kind != CONTENT_EDIT && kind != CONTENT_DELETE && kind != CONTENT_REACTION &&
           kind != CONTENT_JOINED && kind != HISTORY_ROW_NONE;
}

void history_keep_index(char name[STORE_NAME_MAX + 1], const struct history_room *room)
{
    struct wr w;

    wr_init(&w, span_mut_of(name, STORE_NAME_MAX + 1));
    wr_text(&w, "chat.");
    wr_decimal(&w, room->number);
    int rc = wr_finish_text(&w);

    CHECK(rc == 0);
}

/* ---- What a row says ---- */

int history_keep_content(const struct history_room *room, const struct history_row *row,
                         struct content *content)
{
    struct direct d;
    struct entry e;
    int rc = 0;

    if ((row->flags & HISTORY_ROW_GONE) != 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (room->kind == HISTORY_DIRECT) {
        rc = direct_read_message(&d, row->stored);
        return rc < 0 ? WAVU_ERR_CORRUPT : content_read(content, d.content);
    }
    rc = entry_read(&e, row->stored);
    return rc < 0 ? WAVU_ERR_CORRUPT : content_read(content, e.content);
}

int history_keep_expiry(const struct history_room *room, const struct history_row *row,
                        uint64_t *expiry)
{
    struct direct d = {.expiry = 0};
    struct entry e = {.expiry = 0};
    int rc = 0;

    if (room->kind != HISTORY_DIRECT) {
        rc = entry_read(&e, row->stored);
        *expiry = e.expiry;
    } else if ((row->flags & HISTORY_ROW_GONE) == 0) {
        rc = direct_read_message(&d, row->stored);
        *expiry = d.expiry;
    } else {
        *expiry = 0;
    }
    return rc < 0 ? WAVU_ERR_CORRUPT : 0;
}

int history_keep_is_hidden(const struct history_room *room, uint64_t number, uint32_t device)
{
    const struct history_device *d = history_device_at(room->history, device);
    struct history_key k;

    if (d == NULL || !d->is_cut || room->kind == HISTORY_DIRECT) {
        return 0;
    }
    history_row_key(&k, room->number);
    wr_u64be(&k.w, number);
    return history_row_has(store_of(room), "chat.h", &k);
}

void history_keep_about(struct history_key *k, const struct history_room *room,
                        const uint8_t target[32], enum history_keep_class class,
                        const uint8_t member[32])
{
    history_row_key(k, room->number);
    wr_bytes(&k->w, span_of(target, 32));
    wr_u8(&k->w, (uint8_t) class);
    wr_bytes(&k->w, span_of(member == NULL ? nobody : member, 32));
}

/* ---- About others ---- */

/* The row of what is called `id`; a deletion by `member` may count for it. */
static int find_target(const struct history_room *room, const uint8_t *id, const uint8_t *member,
                       struct history_row *row, struct buf *bytes)
{
    struct history_place place;
    int rc = id == NULL ? WAVU_ERR_NOT_FOUND : history_find(room, id, &place);

    if (rc == 0 && !is_same(member, member_of(room, place.device))) {
        return WAVU_ERR_NOT_FOUND;
    }
    return rc < 0 ? rc
                  : history_row_get_entry(store_of(room), room->number, place.number, row, bytes);
}

/* The last by `member` of `kind` about `target` that counts, or 0. */
static int find_last(const struct history_room *room, const uint8_t *target, const uint8_t *member,
                     enum content_kind kind, uint64_t *number)
{
    struct history_key prefix;
    struct history_walk walk;
    struct rd value;
    int rc = 0;

    *number = 0;
    history_keep_about(&prefix, room, target, HISTORY_KEEP_OWN, member);
    history_row_walk(&walk, store_of(room), "chat.a", &prefix);
    while (rc == 0 && *number == 0 && history_row_next(&walk, true, NULL, &value)) {
        const uint64_t one = rd_u64be(&value);
        const uint32_t device = rd_u32be(&value);
        const uint8_t is_kind = rd_u8(&value) == (uint8_t)kind;

        rc = !is_kind ? 1 : history_keep_is_hidden(room, one, device);
        *number = rc == 0 ? one : 0;
        rc = rc < 0 ? rc : 0;
    }
    int walked = history_row_walk_end(&walk);

    return rc < 0 ? rc : walked;
}

int history_keep_edit(const struct history_room *room, const uint8_t target[32],
                      const uint8_t member[32], uint64_t *number)
{
    return find_last(room, target, member, CONTENT_EDIT, number);
}

/* Let a message be found by the words of `said`: its own row, or an edit's. */
static int index_words(struct history_room *room, const struct history_row *row,
                       const struct history_row *said)
{
    char name[STORE_NAME_MAX + 1];
    struct content c = {.kind = CONTENT_UNKNOWN};

    if (!history_keep_is_shown(row->kind)) {
        return 0;
    }
    history_keep_index(name, room);
    if (history_keep_content(room, said, &c) < 0) {
        c.text = span_empty(); /* gone, or of a newer wavu: no words that we know */
    }
    return c.text.len > 0 ? store_index_put(store_of(room), name, row->number, c.text)
                          : store_index_drop(store_of(room), name, row->number);
}

/* Let a message be found by the words that it shows now. */
static int index_again(struct history_room *room, const struct history_row *row)
{
    struct history_row edit = *row;
    struct buf bytes;
    uint64_t number = 0;
    int rc = 0;

    if ((row->flags & HISTORY_ROW_GONE) != 0) {
        return index_words(room, row, row);
    }
    buf_init(&bytes, STORE_VALUE_MAX);
    rc = history_keep_edit(room, row->id, member_of(room, row->device), &number);
    if (rc == 0 && number > 0) {
        rc = history_row_get_entry(store_of(room), room->number, number, &edit, &bytes);
    }
    if (rc == 0) {
        rc = index_words(room, row, &edit);
    }
    buf_clear(&bytes);
    return rc;
}

void history_keep_tell(struct history_room *room, const uint8_t *id)
{
    struct history_event event = {.kind = HISTORY_CHANGED};

    if (id != NULL) {
        memcpy(event.room, room->id, sizeof event.room);
        memcpy(event.id, id, sizeof event.id);
        history_tell(room->history, &event);
    }
}

/* ---- Dropping ---- */

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

bool history_keep_is_unread(const struct history_room *room, const struct history_row *row)
{
    const struct history *h = room->history;

    return history_keep_is_shown(row->kind) && (row->flags & HISTORY_ROW_GONE) == 0 &&
           row->number > room->read && room->unread < HISTORY_UNREAD_MAX &&
           !history_is_own(h, history_device_at(h, row->device));
}

/* It was counted as unread, and is nothing to be read any more. */
static void unread_less(struct history_room *room, const struct history_row *row)
{
    if (room->unread > 0 && history_keep_is_unread(room, row)) {
        struct history_rows s = {.store = store_of(room)};

        room->unread--;
        history_save_room(&s, room); /* a failure shows with the next write */
    }
}

/* The same, of a row that is at hand. */
static int drop_row(struct history_room *room, const struct history_row *row)
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
    if (row->kind == CONTENT_EDIT && history_keep_content(room, row, &c) == 0 && c.target != NULL) {
        memcpy(target, c.target, sizeof target);
        has_target = true;
    }
    int rc = history_due_forget(room, row);

    if (rc == 0) {
        rc = write_gone(room, row);
    }
    if (rc == 0) {
        history_keep_index(name, room);
        rc = store_index_drop(store_of(room), name, row->number);
    }
    if (rc == 0) {
        rc = history_keep_is_hidden(room, row->number, row->device);
    }
    if (rc == 0) { /* what does not count was not counted */
        unread_less(room, row);
    }
    rc = rc < 0 ? rc : 0;
    if (rc == 0 && has_target) { /* what it edited is found by other words now */
        struct history_row edited;
        struct buf bytes;

        buf_init(&bytes, STORE_VALUE_MAX);
        rc = find_target(room, target, member_of(room, row->device), &edited, &bytes);
        rc = rc == 0 ? index_again(room, &edited) : rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
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
        rc = drop_row(room, &row);
    }
    buf_clear(&bytes);
    return rc;
}

/* What an edit or deletion says goes, and an edit's content and words: the next walk does not meet
 * it again. */
static int drop_own(struct history_room *room, uint64_t number, uint8_t kind,
                    const struct history_walk *walk)
{
    int rc = kind == CONTENT_EDIT ? drop_one(room, number) : 0;

    return rc < 0 ? rc : store_delete(store_of(room), "chat.a", buf_span(&walk->key));
}

/* A message and all edits of it. What is too much for one commit goes on as something that has
 * ended (history_due.h). */
static int drop_with_edits(struct history_room *room, const struct history_row *row)
{
    struct history_rows s = {.store = store_of(room)};
    struct history_key prefix;
    struct history_walk walk;
    struct rd value;
    size_t count = 0;
    int rc = drop_row(room, row);

    history_keep_about(&prefix, room, row->id, HISTORY_KEEP_OWN, member_of(room, row->device));
    history_row_walk(&walk, store_of(room), "chat.a", &prefix);
    while (rc == 0 && history_row_next(&walk, false, NULL, &value)) {
        const uint64_t number = rd_u64be(&value);

        (void)rd_u32be(&value);
        if (count++ == HISTORY_KEEP_EDITS ||
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

int history_keep_end(struct history_room *room, uint64_t number)
{
    struct history_row row;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_row_get_entry(store_of(room), room->number, number, &row, &bytes);
    const bool is_new = rc == 0 && (row.flags & HISTORY_ROW_ENDED) == 0;

    if (rc == 0) {
        rc = drop_with_edits(room, &row);
    }
    if (rc == 0 && is_new) {
        history_keep_tell(room, row.id);
    }
    buf_clear(&bytes);
    return rc;
}

/* ---- Counting ---- */

/* An edit or deletion by the author of what it is about. */
static int apply_own(struct history_room *room, const struct history_row *row,
                     const struct content *c)
{
    struct history_row target;
    struct buf bytes;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = find_target(room, c->target, member_of(room, row->device), &target, &bytes);

    if (rc == WAVU_ERR_NOT_FOUND) {
        room->orphans += room->orphans < UINT32_MAX;
        rc = 0; /* not here, or not its own: it waits in chat.a */
    } else if (rc == 0 && c->kind == CONTENT_DELETE) {
        const bool is_done = /* or is done when its content comes */
            target.kind == CONTENT_DELETE || (target.flags & HISTORY_ROW_GONE) != 0;

        rc = is_done ? 0 : drop_with_edits(room, &target);
    } else if (rc == 0 && (target.flags & HISTORY_ROW_ENDED) != 0) {
        rc = drop_row(room, row); /* an edit of what was deleted */
    } else if (rc == 0) {
        rc = index_again(room, &target);
    }
    buf_clear(&bytes);
    if (rc == 0) {
        history_keep_tell(room, c->target);
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
    history_keep_tell(room, c->target);
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
        rc = history_make_room(room->history, row->id, HISTORY_NAMED, member_of(room, row->device),
                               &made);
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
                           : find_last(room, row->id, member_of(room, row->device), CONTENT_DELETE,
                                       &deletion);

    if (rc == 0 && deletion > 0) {
        rc = drop_with_edits(room, row);
        return rc < 0 ? rc : 1;
    }
    return rc;
}

int history_keep_is_deleted(const struct history_room *room, const struct history_row *row)
{
    uint64_t deletion = 0;
    int rc = find_last(room, row->id, member_of(room, row->device), CONTENT_DELETE, &deletion);

    return rc < 0 ? rc : deletion > 0;
}

static int apply(struct history_room *room, const struct history_row *row, bool is_alone)
{
    struct content c;
    struct history_event event = {.kind = HISTORY_PLACED, .number = row->number};
    int rc = is_alone ? 0 : apply_deletion(room, row);

    if (rc == 0) {
        rc = is_alone ? index_words(room, row, row) : index_again(room, row);
    }
    if (rc == 0 && history_keep_content(room, row, &c) == 0) {
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
    event.is_shown = history_keep_is_shown(row->kind);
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
    if (history_keep_content(room, row, &c) == 0 &&
        (c.kind == CONTENT_EDIT || c.kind == CONTENT_REACTION)) {
        buf_init(&bytes, STORE_VALUE_MAX);
        rc = find_target(room, c.kind == CONTENT_EDIT ? c.target : NULL,
                         member_of(room, row->device), &target, &bytes);
        rc = rc == 0 ? index_again(room, &target) : rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
        buf_clear(&bytes);
        history_keep_tell(room, c.target);
    }
    unread_less(room, row);
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

/* What, or whom, it is about; NULL: nothing that is looked for. */
static const uint8_t *about_of(const struct content *c, enum history_keep_class *class)
{
    if (c->kind == CONTENT_EDIT || c->kind == CONTENT_DELETE) {
        *class = HISTORY_KEEP_OWN;
        return c->target;
    }
    if (c->kind == CONTENT_JOINED) {
        *class = HISTORY_KEEP_JOINED;
        return c->device;
    }
    *class = c->kind == CONTENT_REACTION ? HISTORY_KEEP_REACTION : HISTORY_KEEP_ROOM;
    return c->kind == CONTENT_REACTION || c->kind == CONTENT_ROOM_SET ? c->target : NULL;
}

static void put_about(struct history_rows *s, const struct history_room *room,
                      const struct history_row *row, const struct content *c)
{
    enum history_keep_class class = HISTORY_KEEP_OWN;
    const uint8_t *about = about_of(c, &class);
    uint8_t bytes[13];
    struct history_key k;
    struct wr w;

    if (about == NULL) {
        return;
    }
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&w, row->number);
    wr_u32be(&w, row->device);
    wr_u8(&w, row->kind);
    const bool is_by_member = class == HISTORY_KEEP_OWN || class == HISTORY_KEEP_JOINED;

    history_keep_about(&k, room, about, class, is_by_member ? member_of(room, row->device) : NULL);
    wr_u64be(&k.w, row->height);
    wr_bytes(&k.w, span_of(row->id, sizeof row->id));
    history_row_put(s, "chat.a", &k, wr_span(&w));
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

/* What came without its content is looked for. */
static void mark_bare(struct history_rows *s, const struct history_room *room, uint64_t number,
                      bool is_bare)
{
    struct history_key k;

    if (room->kind == HISTORY_DIRECT) {
        return;
    }
    history_row_key(&k, room->number);
    wr_u64be(&k.w, number);
    if (is_bare) {
        history_row_put(s, "chat.w", &k, span_empty());
        room->history->bare_count++;
    } else {
        history_row_delete(s, "chat.w", &k);
    }
}

void history_keep_put(struct history_rows *s, const struct history_room *room,
                      const struct history_row *row, const struct content *c)
{
    history_row_put_entry(s, room->number, row);
    put_order(s, room, row);
    put_about(s, room, row, c);
    mark_bare(s, room, row->number, row->kind == HISTORY_ROW_NONE);
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
    room->unread += !n->is_hidden && history_keep_is_unread(room, &row);
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
    const size_t size = entry->content.len + 640;
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

    rd_init(&r, span_of(member_of(room, device), 32));
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
