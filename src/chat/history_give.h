/*
 * What of a history is handed on, and to whom: since when a device may read, what a device said
 * from there on, and entries in the form in which another device may have them; and what is wanted:
 * contents that are missing here. A part of chat/history.h.
 *
 * Source: docs/protocol/room.md, "Repair".
 */
#ifndef CHAT_HISTORY_GIVE_H
#define CHAT_HISTORY_GIVE_H

#include "chat/history_view.h"

#define HISTORY_GIVE_WORDS 4   /* words of one member that a device came in, looked at for it */
#define HISTORY_GIVE_ROWS 32   /* and rows for them: some are hidden */
#define HISTORY_GIVE_STEPS 512 /* rows looked at to find out whether one of them counts */
#define HISTORY_GIVE_DEPTH 64  /* who let in who let in ... the device */
#define HISTORY_GIVE_GAP_S (UINT64_C(7) * 86400) /* so long missing content stops receipts */
#define HISTORY_GIVE_SCAN 256                    /* rows looked at for such */
#define HISTORY_GIVE_KNOWN 64 /* authors of whom it is kept who came in before whom */

/** Behind which place of the room a device of `member` may read: {0} when all of it. NOT_FOUND: it
 * is not known here that it came in; errors of the store. */
WARN_UNUSED int history_give_since(const struct history_room *room, const uint8_t device[32],
                                   const uint8_t member[32], struct history_at *since);

/** Is it said of that device, by somebody who counts, that it came in: in that room, or before the
 * room was made? 1, 0, or an error of the store. */
WARN_UNUSED int history_give_is_joined(const struct history_room *room, const uint8_t device[32]);

/** What a device said next behind (`*sequence`, `*number`), which move; number UINT64_MAX: behind
 * all at that sequence. NOT_FOUND; errors of the store. */
WARN_UNUSED int history_give_next(const struct history_room *room, uint32_t device,
                                  uint64_t *sequence, uint64_t *number);

/** Names of entries whose content is missing here and is for this device, from `*from` (0: the
 * first) on, which moves: `*count`. 1: there may be more behind that; 0: those were all. They are
 * wanted until they come or have ended. `is_own`: those, too, that another device of one's own
 * person alone would give. Errors of the store. */
WARN_UNUSED int history_give_bare(struct history_room *room, bool is_own, uint64_t *from,
                                  uint8_t (*ids)[ENTRY_ID_SIZE], size_t max, size_t *count);

/* How far an author's entries are here with all content that is for this device. */
struct history_give_gap {
    uint32_t device;
    uint64_t sequence; /* of the first whose content is missing */
};

/** The gaps of a room: `*count` authors of whom content is missing that was not deleted, has not
 * ended, and has not been looked for in vain for HISTORY_GIVE_GAP_S; `max` of them at most. Errors
 * of the store. */
WARN_UNUSED int history_give_gaps(struct history_room *room, struct history_give_gap *gaps,
                                  size_t max, size_t *count);

/* Who of a room's authors came in behind a device: found out once, and kept as long as a talk.
 * Zeroed at first. */
struct history_give_known {
    bool is_known; /* the device's own word was looked for */
    bool is_in;
    struct history_at at;
    uint32_t authors[HISTORY_GIVE_KNOWN]; /* each at its number's place; 0: none */
    bool is_later[HISTORY_GIVE_KNOWN];
};

/* To whom, and when. */
struct history_give_to {
    const uint8_t *device;
    struct history_at since;          /* history_give_since */
    uint64_t now_s;                   /* lasting */
    struct history_give_known *known; /* of the device, in the room */
};

/** Append the stored form of an entry: its content, too, when it stands behind `since`, is the
 * device's own, or says who came in and which rooms there are. `*age_s` is how long it is here. The
 * caller has room for ENTRY_STORED_SIZE_MAX. NOT_FOUND; errors of the store. */
WARN_UNUSED int history_give_entry(const struct history_room *room, uint64_t number,
                                   const struct history_give_to *to, uint64_t *age_s,
                                   struct wr *out);

#endif
