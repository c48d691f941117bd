/*
 * What people see of a history: pages, a message after what was said about it, what a search finds,
 * what is unread; and what repair hands on. A part of chat/history.h.
 *
 * Source: docs/protocol/room.md.
 */
#ifndef CHAT_HISTORY_VIEW_H
#define CHAT_HISTORY_VIEW_H

#include "chat/fold.h"
#include "chat/history.h"
#include "sync/reconcile_set.h"

#define HISTORY_VIEW_SCAN 2000      /* rows that one page looks at */
#define HISTORY_VIEW_REACTIONS 2048 /* of one message, in the room's order: then no more */

/* A place in a room's order. */
struct history_at {
    uint64_t height;
    uint8_t id[32];
};

/* A message in a page. */
struct history_item {
    struct history_at at;
    uint64_t number;
    uint32_t device; /* history_device_at */
    uint8_t kind;    /* enum content_kind */
};

struct history_page {
    struct history_at at; /* pages go on from here; {UINT64_MAX} is behind the newest, {0} before
                             all */
    bool is_forward;      /* towards the newest */
    struct history_item *items; /* the caller's: room for `max` */
    size_t max;
    size_t count;
    bool is_end; /* there are no more */
};

/* One message as it looks now. */
struct history_message {
    struct history_at at;
    uint64_t number;
    uint64_t sequence;
    uint64_t came_s; /* lasting seconds, less the age that it had */
    uint64_t ends_s; /* it disappears, unless an edit ends sooner; 0: never */
    uint32_t device;
    uint8_t kind;     /* as it came */
    bool is_gone;     /* its content was deleted, or has ended */
    bool is_hidden;   /* its author is revoked, and it does not count */
    bool is_late;     /* more than ROOM_LATE below the highest; rooms in use alone */
    struct fold fold; /* fold.content: what it says; kind CONTENT_UNKNOWN: not understood */
    struct buf bytes; /* what fold borrows from: history_view_clear frees both */
    struct buf edit;
};

/** The next messages from page->at on, which moves. A page that is not full and has not is_end has
 * more behind it. Messages that are gone are among them, hidden ones are not. Errors of the store.
 */
WARN_UNUSED int history_view_page(const struct history_room *room, struct history_page *page);

/** One message, by id or by number. NOT_FOUND; errors of the store: nothing to be freed then. */
WARN_UNUSED int history_view_get(const struct history_room *room, const uint8_t id[32],
                                 struct history_message *m);
WARN_UNUSED int history_view_at(const struct history_room *room, uint64_t number,
                                struct history_message *m);
void history_view_clear(struct history_message *m);

/** As store_index_find: numbers of messages that have all words of `query`, the last that came
 * first; without what is gone or hidden. */
WARN_UNUSED int history_view_find(const struct history_room *room, struct span query,
                                  struct store_page *page);

/** What came up to `number` was read. */
WARN_UNUSED int history_view_read(struct history_room *room, uint64_t number);

/** Name, topic and policy of a room: as it was made, or set last by its maker or the founder.
 * Spans are borrowed from `bytes`. NOT_FOUND: nobody has said. */
WARN_UNUSED int history_view_about(const struct history_room *room, struct content_room *about,
                                   struct buf *bytes);

/** Of the policy that history_view_about tells how long what is said stays, in seconds; 0: for
 * ever, or nobody has said. Asked of the store when some policy changed since. Errors of the store.
 */
WARN_UNUSED int history_view_expiry(struct history_room *room, uint64_t *expiry);

/** For repair: items in the room's order behind `*at` ({0}: all), which moves; less than `max` at
 * the end. The id of each is its key's. Errors of the store. */
WARN_UNUSED int history_view_items(const struct history_room *room, struct history_at *at,
                                   struct reconcile_set_item *items, size_t max, size_t *count);

/** For repair: the stored form of an entry, or a direct message's body as it came. NOT_FOUND, also
 * for a direct message that is gone. `bytes` is replaced. */
WARN_UNUSED int history_view_stored(const struct history_room *room, const uint8_t id[32],
                                    struct buf *bytes);

/** For repair, chains first: the name and number of what a device said at `sequence`; of a fork
 * the one that came first. NOT_FOUND. */
WARN_UNUSED int history_view_said(const struct history_room *room, uint32_t device,
                                  uint64_t sequence, uint8_t id[32]);

#endif
