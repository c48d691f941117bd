/*
 * One talk between two members about what one lacks of their rooms and the other has: hashes of
 * rooms, how far each device's chain is here, then the entries themselves, in the order in which
 * they came to who has them, so that each finds there what it links to.
 *
 * Frames of the peer (repair_msg.h) come in; frames leave, one for each repair_pull, as fast as
 * they are sent; entries that came go up to `take`. Both sides ask and give; who began ends it.
 *
 *   one room:  CHAINS ->                        all rooms:  ROOMS ->
 *              <- CHAINS only, VALUE .. DONE                <- CHAINS of one that differs ..
 *              VALUE .. DONE ->
 *
 * Source: docs/protocol/room.md, "Repair".
 */
#ifndef CHAT_REPAIR_H
#define CHAT_REPAIR_H

#include "chat/history_give.h"
#include "chat/repair_msg.h"

#define REPAIR_GIVE_MAX                                                                            \
    ((size_t)8 * 1024 * 1024) /* bytes given in one talk; the rest in another                      \
                               */
#define REPAIR_JOBS_MAX 8     /* of the peer's questions waiting */
#define REPAIR_ASKED_MAX 160  /* questions of the peer in one talk */
#define REPAIR_ROOMS_MAX 32   /* that are compared further in one talk; the rest in another */
#define REPAIR_ROUNDS_MAX 64  /* of asking by name for what comes into view, in one talk */
#define REPAIR_TAKER_NS                                                                            \
    (UINT64_C(2) * 1000000000) /* one talk at a time asks about a room, while                      \
                                * something new comes that often */
#define REPAIR_TAKER_NS_MAX (UINT64_C(10) * 1000000000) /* and no longer than that */
#define REPAIR_BARREN_MAX 16384 /* values in a row that bring nothing: the peer is left */
#define REPAIR_BARE_MAX 4       /* times asked in a row for contents of which none comes */
#define REPAIR_SCANS_MAX                                                                           \
    64 /* looks in vain for what is for us, HISTORY_GIVE_SCAN entries each, in one talk */
#define REPAIR_UNKNOWN_MAX 64 /* frames of a newer wavu, in one talk: likewise */

/* What one talk is about, when it is ours. */
struct repair_ask {
    bool has_room; /* its chains, at once; else hashes of all rooms */
    uint8_t room[32];
};

/* Asking for contents that are missing here, of one room after the other, in several talks. */
struct repair_bare {
    bool is_due;      /* it goes on in this talk */
    uint8_t room[32]; /* from here */
    uint64_t from;
};

struct repair_user {
    /* An entry that came, in stored form. 0: it is kept, or waits; WAVU_ERR_EXISTS; _AGAIN: the
     * commit is full, it comes again after that; _LIMIT: it is not kept; else the peer is left. */
    int (*take)(void *context, struct span stored, uint64_t age_s);
    /* Lasting time, ns. */
    uint64_t (*lasting)(void *context);
    void *context;
};

struct repair_config {
    struct history *history;      /* borrowed */
    uint8_t device[32];           /* the peer's, live */
    uint8_t member[32];           /* and whose it is */
    const struct repair_ask *ask; /* NULL: the peer began */
    struct repair_bare bare;      /* ours, of all rooms */
    bool is_pressing;             /* the peer was put off long enough: it is asked in any case */
    struct repair_user user;
};

struct repair; /* opaque */

struct repair_result {
    size_t took;       /* entries that were new */
    size_t gave;       /* entries */
    bool is_more;      /* the peer has more, or we had */
    bool is_put_off;   /* another talk asks for what it may have: ask it soon */
    bool is_unjoined;  /* we do not know that the peer came in, and gave nothing of some room */
    uint8_t room[32];  /* that one */
    size_t bare_asked; /* names of entries whose content was asked for */
    size_t bare_took;  /* and came */
    bool is_bare_done; /* all that is missing was asked for */
    struct repair_bare bare; /* where it goes on */
};

struct repair *repair_new(const struct repair_config *config);
void repair_free(struct repair *r);

/** A frame of the peer. WAVU_ERR_AGAIN: nothing happened, it is to come again after the commit;
 * else negative: it broke the rules, or the store failed, and is to be left. */
WARN_UNUSED int repair_feed(struct repair *r, struct span frame);

/** Append the next frame. NOT_FOUND: none now; CLOSED: all is said and heard; else as repair_feed.
 */
WARN_UNUSED int repair_pull(struct repair *r, struct buf *out);

void repair_what(const struct repair *r, struct repair_result *out);

#endif
