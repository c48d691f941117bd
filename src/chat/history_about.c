/*
 * What is known about an entry, from its row and from others'. A part of chat/history.h. Source:
 * docs/protocol/room.md, "Content".
 */
#include "chat/history_about.h"

#include <string.h>

#include "base/check.h"
#include "chat/direct.h"

static const uint8_t nobody[32];

static struct store *store_of(const struct history_room *room)
{
    return room->history->config.store;
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
    return span_is_equal(span_of(a, 32), span_of(b, 32));
}

const uint8_t *history_about_member(const struct history_room *room, uint32_t device)
{
    const struct history_device *d = history_device_at(room->history, device);

    return d == NULL ? nobody : d->member;
}

/* ---- What its row says ---- */

bool history_about_is_shown(uint8_t kind)
{
    return kind != CONTENT_EDIT && kind != CONTENT_DELETE && kind != CONTENT_REACTION &&
           kind != CONTENT_JOINED && kind != HISTORY_ROW_NONE;
}

bool history_about_is_unread(const struct history_room *room, const struct history_row *row)
{
    const struct history *h = room->history;

    return history_about_is_shown(row->kind) && (row->flags & HISTORY_ROW_GONE) == 0 &&
           row->number > room->read && room->unread < HISTORY_UNREAD_MAX &&
           !history_is_own(h, history_device_at(h, row->device));
}

int history_about_content(const struct history_room *room, const struct history_row *row,
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

int history_about_expiry(const struct history_room *room, const struct history_row *row,
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

int history_about_is_hidden(const struct history_room *room, uint64_t number, uint32_t device)
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

/* ---- What others say about it ---- */

void history_about_key(struct history_key *k, const struct history_room *room,
                       const uint8_t target[32], enum history_about_class class,
                       const uint8_t member[32])
{
    history_row_key(k, room->number);
    wr_bytes(&k->w, span_of(target, 32));
    wr_u8(&k->w, (uint8_t) class);
    wr_bytes(&k->w, span_of(member == NULL ? nobody : member, 32));
}

/* What, or whom, it is about; NULL: nothing that is looked for. */
static const uint8_t *about_of(const struct content *c, enum history_about_class *class)
{
    if (c->kind == CONTENT_EDIT || c->kind == CONTENT_DELETE) {
        *class = HISTORY_ABOUT_OWN;
        return c->target;
    }
    if (c->kind == CONTENT_JOINED) {
        *class = HISTORY_ABOUT_JOINED;
        return c->device;
    }
    *class = c->kind == CONTENT_REACTION ? HISTORY_ABOUT_REACTION : HISTORY_ABOUT_ROOM;
    return c->kind == CONTENT_REACTION || c->kind == CONTENT_ROOM_SET ? c->target : NULL;
}

void history_about_put(struct history_rows *s, const struct history_room *room,
                       const struct history_row *row, const struct content *c)
{
    enum history_about_class class = HISTORY_ABOUT_OWN;
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
    const bool is_by_member = class == HISTORY_ABOUT_OWN || class == HISTORY_ABOUT_JOINED;

    history_about_key(&k, room, about, class,
                      is_by_member ? history_about_member(room, row->device) : NULL);
    wr_u64be(&k.w, row->height);
    wr_bytes(&k.w, span_of(row->id, sizeof row->id));
    history_row_put(s, "chat.a", &k, wr_span(&w));
}

void history_about_forget(struct history_rows *s, const struct history_room *room,
                          const struct history_row *row, const uint8_t target[32])
{
    struct history_key k;

    history_about_key(&k, room, target, HISTORY_ABOUT_OWN, history_about_member(room, row->device));
    wr_u64be(&k.w, row->height);
    wr_bytes(&k.w, span_of(row->id, sizeof row->id));
    history_row_delete(s, "chat.a", &k);
}

int history_about_target(const struct history_room *room, const uint8_t *id, const uint8_t *member,
                         struct history_row *row, struct buf *bytes)
{
    struct history_place place;
    int rc = id == NULL ? WAVU_ERR_NOT_FOUND : history_find(room, id, &place);

    if (rc == 0 && !is_same(member, history_about_member(room, place.device))) {
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
    history_about_key(&prefix, room, target, HISTORY_ABOUT_OWN, member);
    history_row_walk(&walk, store_of(room), "chat.a", &prefix);
    while (rc == 0 && *number == 0 && history_row_next(&walk, true, NULL, &value)) {
        const uint64_t one = rd_u64be(&value);
        const uint32_t device = rd_u32be(&value);
        const uint8_t is_kind = rd_u8(&value) == (uint8_t)kind;

        rc = !is_kind ? 1 : history_about_is_hidden(room, one, device);
        *number = rc == 0 ? one : 0;
        rc = rc < 0 ? rc : 0;
    }
    int walked = history_row_walk_end(&walk);

    return rc < 0 ? rc : walked;
}

int history_about_edit(const struct history_room *room, const uint8_t target[32],
                       const uint8_t member[32], uint64_t *number)
{
    return find_last(room, target, member, CONTENT_EDIT, number);
}

int history_about_deletion(const struct history_room *room, const uint8_t target[32],
                           const uint8_t member[32], uint64_t *number)
{
    return find_last(room, target, member, CONTENT_DELETE, number);
}

int history_about_is_deleted(const struct history_room *room, const struct history_row *row)
{
    uint64_t deletion = 0;
    int rc = find_last(room, row->id, history_about_member(room, row->device), CONTENT_DELETE,
                       &deletion);

    return rc < 0 ? rc : deletion > 0;
}

/* ---- By what words it is found ---- */

void history_about_index(char name[STORE_NAME_MAX + 1], const struct history_room *room)
{
    struct wr w;

    wr_init(&w, span_mut_of(name, STORE_NAME_MAX + 1));
    wr_text(&w, "chat.");
    wr_decimal(&w, room->number);
    int rc = wr_finish_text(&w);

    CHECK(rc == 0);
}

int history_about_words(struct history_room *room, const struct history_row *row,
                        const struct history_row *said)
{
    char name[STORE_NAME_MAX + 1];
    struct content c = {.kind = CONTENT_UNKNOWN};

    if (!history_about_is_shown(row->kind)) {
        return 0;
    }
    history_about_index(name, room);
    if (history_about_content(room, said, &c) < 0) {
        c.text = span_empty(); /* gone, or of a newer wavu: no words that we know */
    }
    return c.text.len > 0 ? store_index_put(store_of(room), name, row->number, c.text)
                          : store_index_drop(store_of(room), name, row->number);
}

int history_about_words_again(struct history_room *room, const struct history_row *row)
{
    struct history_row edit = *row;
    struct buf bytes;
    uint64_t number = 0;
    int rc = 0;

    if ((row->flags & HISTORY_ROW_GONE) != 0) {
        return history_about_words(room, row, row);
    }
    buf_init(&bytes, STORE_VALUE_MAX);
    rc = history_about_edit(room, row->id, history_about_member(room, row->device), &number);
    if (rc == 0 && number > 0) {
        rc = history_row_get_entry(store_of(room), room->number, number, &edit, &bytes);
    }
    if (rc == 0) {
        rc = history_about_words(room, row, &edit);
    }
    buf_clear(&bytes);
    return rc;
}

void history_about_tell(struct history_room *room, const uint8_t *id)
{
    struct history_event event = {.kind = HISTORY_CHANGED};

    if (id != NULL) {
        memcpy(event.room, room->id, sizeof event.room);
        memcpy(event.id, id, sizeof event.id);
        history_tell(room->history, &event);
    }
}
