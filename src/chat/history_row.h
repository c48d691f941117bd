/*
 * How histories lie in the store: tables, keys and values, of fixed layouts, and access to them.
 * A part of chat/history.h.
 *
 * table   key                                      value
 * chat.n  network 32                               network's number 4
 * chat.r  network 4, room's id 32                  struct history_room: HISTORY_ROW_ROOM_SIZE
 * chat.d  network 4, device's number 4             key 32, member 32, cut 1
 * chat.e  room 4, number 8                         an entry or direct message (below)
 * chat.i  room 4, id 32                            number 8, device 4, sequence 8, height 8
 * chat.o  room 4, height 8, id 32                  number 8, device 4, kind 1
 * chat.c  room 4, device 4, sequence 8, number 8   none
 * chat.l  room 4, number 8, number 8               device 4: the second links to the first
 * chat.a  room 4, target 32, class 1, member 32, height 8, id 32: number 8, device 4, kind 1
 * chat.x  network 4, ends at 8 (lasting s), room 4, number 8: none
 * chat.h  room 4, number 8                         none: it does not count
 * chat.t  room 4, device 4, number 8               none: an end of a forked chain
 * chat.v  room 4, device 4                         sequence 8, id 32, forked 1: how far it is here
 * chat.g  room 4                                   heads: id 32, height 8 each
 * chat.s  room 4, author 4, device 4               sequence 8: that device has the author's so far
 * chat.w  room 4, number 8                         none: its content is wanted still
 * chat.p  room 4, device 4                         height 8, id 32: its owner has read so far
 *
 * Numbers of networks, rooms and devices are local and never given twice; an entry's number says
 * when it came into its room. All are big-endian.
 */
#ifndef CHAT_HISTORY_ROW_H
#define CHAT_HISTORY_ROW_H

#include "base/buf.h"
#include "base/rd.h"
#include "base/wr.h"
#include "chat/content.h"
#include "store/store.h"

#define HISTORY_ROW_KEY_MAX 112   /* chat.a has 109 */
#define HISTORY_ROW_HEAD_SIZE 66  /* of chat.e, before the stored form */
#define HISTORY_ROW_ROOM_SIZE 102 /* of chat.r */
#define HISTORY_ROW_NONE 255      /* kind of what came without content, until that comes */

enum history_row_flags {
    HISTORY_ROW_GONE = 1,  /* content and salt are not here */
    HISTORY_ROW_ENDED = 2, /* they were dropped here, or are to be: they do not come back */
};

/* A value of chat.e. */
struct history_row {
    uint64_t number; /* in its key */
    uint8_t flags;
    uint8_t kind; /* enum content_kind; CONTENT_UNKNOWN also for what does not parse */
    uint32_t device;
    uint64_t sequence;
    uint64_t height;
    uint64_t came_s; /* lasting seconds, less the age that it had */
    uint8_t id[32];
    struct span stored; /* the entry's stored form, or a direct message's body; borrowed */
};

/* A value of chat.i. */
struct history_place {
    uint64_t number;
    uint32_t device;
    uint64_t sequence;
    uint64_t height;
};

/* Keys and writes with one error for all: 0 until one fails. */
struct history_rows {
    struct store *store; /* borrowed */
    int rc;
};

/* A key being written. Not to be copied. */
struct history_key {
    uint8_t bytes[HISTORY_ROW_KEY_MAX];
    struct wr w;
};

/** Begin a key with a number of a network or room. */
void history_row_key(struct history_key *k, uint32_t first);

static inline struct span history_row_span(const struct history_key *k)
{
    return wr_span(&k->w);
}

void history_row_put(struct history_rows *s, const char *table, const struct history_key *k,
                     struct span value);
void history_row_delete(struct history_rows *s, const char *table, const struct history_key *k);

/** Write and read chat.e. WAVU_ERR_NOT_FOUND, WAVU_ERR_CORRUPT, WAVU_ERR_UNSUPPORTED (of a newer
 * wavu), errors of the store. `bytes` is replaced, and row->stored borrowed from it. */
void history_row_put_entry(struct history_rows *s, uint32_t room, const struct history_row *row);
WARN_UNUSED int history_row_get_entry(struct store *store, uint32_t room, uint64_t number,
                                      struct history_row *row, struct buf *bytes);

/** Write and read chat.i. Errors as above. */
void history_row_put_place(struct history_rows *s, uint32_t room, const uint8_t id[32],
                           const struct history_place *place);
WARN_UNUSED int history_row_get_place(struct store *store, uint32_t room, const uint8_t id[32],
                                      struct history_place *place);

/** Is there a key? 1, 0, or an error of the store. */
WARN_UNUSED int history_row_has(struct store *store, const char *table,
                                const struct history_key *k);

/* A walk over keys of a table with a prefix. */
struct history_walk {
    struct store *store;
    const char *table;
    uint8_t prefix[HISTORY_ROW_KEY_MAX];
    size_t prefix_len;
    struct buf key;
    struct buf value;
    int rc; /* 0, or the error that ended it */
};

/** Begin; end with history_row_walk_end, which returns the error, if any. */
void history_row_walk(struct history_walk *w, struct store *store, const char *table,
                      const struct history_key *prefix);

/** Go on behind (or before, backwards) the key `prefix` | `at`. */
void history_row_walk_from(struct history_walk *w, struct span at);

/** The next or last key behind the prefix; false: there is none, or an error. Readers may be NULL.
 */
WARN_UNUSED bool history_row_next(struct history_walk *w, bool is_back, struct rd *key,
                                  struct rd *value);
WARN_UNUSED int history_row_walk_end(struct history_walk *w);

#endif
