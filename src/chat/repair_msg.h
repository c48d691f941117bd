/*
 * Codec of the frames in which two members find out what one lacks of a room and the other has.
 * Bytes come from a member, who may send anything.
 *
 *   kind 1 | 1 ROOMS:  (hint 8, hash 8) of each room
 *            2 CHAINS: flags 1, room 32, hash 8, then of each device: hint 8, varint of twice the
 *                      sequence and 1 when it is forked, hint 4 of the id at it; ascending
 *            3 WANT:   room 32, ids 32 each
 *            4 VALUE:  age varint (s), an entry's stored form
 *            5 DONE:   flags 1
 *
 * Source: docs/protocol/room.md, "Repair".
 */
#ifndef CHAT_REPAIR_MSG_H
#define CHAT_REPAIR_MSG_H

#include "base/buf.h"
#include "base/rd.h"
#include "base/wr.h"

#define REPAIR_MSG_SIZE_MAX 98304 /* a stored entry of 66,176; 4,096 rows of at most 21 */
#define REPAIR_MSG_ROOMS_MAX 2048
#define REPAIR_MSG_ROWS_MAX 4096
#define REPAIR_MSG_IDS_MAX 64
#define REPAIR_MSG_HEAD_MAX 64 /* bytes before items, rows or the stored form */
#define REPAIR_MSG_ROW_SIZE_MAX (8 + 9 + 4)
#define REPAIR_MSG_ROW_SIZE_MIN (8 + 1 + 4)

enum repair_msg_kind {
    REPAIR_ROOMS = 1,  /* chains of those whose hash differs are asked for */
    REPAIR_CHAINS = 2, /* what is behind them is asked for */
    REPAIR_WANT = 3,   /* these are asked for */
    REPAIR_VALUE = 4,
    REPAIR_DONE = 5, /* to one ROOMS, CHAINS or WANT there is no more */
};

enum repair_msg_flags {
    REPAIR_ONLY = 1, /* CHAINS: of these devices alone */
    REPAIR_TELL = 2, /* CHAINS: nothing is asked for now: it comes from others */
    REPAIR_MORE = 1, /* DONE: there would be more, another time */
};

/* All spans are borrowed. */
struct repair_msg {
    uint8_t kind;
    uint8_t flags;
    const uint8_t *room;
    const uint8_t *hash; /* 8 */
    struct span items;   /* ROOMS, WANT: all of them; CHAINS: rows */
    size_t count;        /* ROOMS, WANT */
    uint64_t age_s;
    struct span stored;
};

/* How far a device's entries are there. */
struct repair_msg_row {
    uint8_t device[8];
    uint64_t sequence; /* 0: not at all */
    bool is_forked;
    uint8_t id[4];
};

/** Parse. WAVU_ERR_PROTO; WAVU_ERR_UNSUPPORTED: a kind of a newer wavu. */
WARN_UNUSED int repair_msg_read(struct repair_msg *m, struct span frame);

/** The next row of CHAINS, from a reader over its items; false behind the last. */
WARN_UNUSED bool repair_msg_next(struct rd *rows, struct repair_msg_row *row);

/** Let `w` write a frame of up to `size` bytes behind what is in `out`, which has it only after
 * repair_msg_end. Errors as buf_reserve, wr_finish. */
WARN_UNUSED int repair_msg_begin(struct buf *out, size_t size, struct wr *w);
WARN_UNUSED int repair_msg_end(struct buf *out, const struct wr *w);

/** Begin a frame: items, rows or the stored form follow it. */
void repair_msg_write(struct wr *w, const struct repair_msg *m);
void repair_msg_write_row(struct wr *w, const struct repair_msg_row *row);

#endif
