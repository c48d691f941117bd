/*
 * Two nodes make their copies of a membership log equal: one stream of `/wavu/members/1`, either
 * side. Frames of the peer come in, frames for it leave; who shares which network is asked of the
 * owner, operations go into the log at once.
 *
 *   opener:  PROVE ->            other: -> PROVE, HEADS          guest:  GUEST ->
 *            <- PROVE, HEADS            <- HEADS                         <- HEADS with genesis,
 * OPS, DONE HEADS, OPS, DONE ->        OPS, DONE ->                     OPS (JOIN, DEVICE), DONE ->
 *
 * Source: docs/protocol/network.md.
 */
#ifndef GROUP_LOG_TALK_H
#define GROUP_LOG_TALK_H

#include "base/ring.h"
#include "group/network_msg.h"
#include "members/members_sync.h"

#define LOG_TALK_OUT_MAX ((size_t)2 * NETWORK_MSG_FRAME_MAX)
#define LOG_TALK_BAD_MAX 16   /* operations that nobody lets in: then the peer is left */
#define LOG_TALK_EVENTS_MAX 8 /* each kind waits once at most */
#define LOG_TALK_OPS_MAX MEMBERS_OPERATIONS_MAX /* in one talk: nobody has more to give */
#define LOG_TALK_NS (UINT64_C(30) * 1000000000) /* without a frame of the peer */

enum log_talk_event_kind {
    LOG_TALK_PROVED,  /* `tags` of the peer: log_talk_accept or log_talk_refuse is wanted */
    LOG_TALK_INVITED, /* it says that `root` was invited, or asks (`is_open`); `certificate` is of
                         the link's device */
    LOG_TALK_GENESIS, /* to a guest: `bytes` begins the log; log_talk_accept is wanted */
    LOG_TALK_CHANGED, /* operations came into the log: look what it says now; told once for all
                         that came since the last time */
    LOG_TALK_LOADED, /* all that the peer has is here; a guest calls log_talk_give, and who withheld
                      */
    LOG_TALK_REFUSED, /* `reason`; the talk is over */
    LOG_TALK_OVER,    /* both have said all: close the stream when all is sent */
    LOG_TALK_BROKEN,  /* `err`: the peer broke the rules, or was silent; reset the stream */
};

struct log_talk_event {
    enum log_talk_event_kind kind;
    /* Borrowed until the next log_talk_feed. */
    uint8_t tags[NETWORK_MSG_TAGS_MAX][NETWORK_MSG_TAG_SIZE];
    size_t tag_count;
    uint8_t root[NETWORK_MSG_ID_SIZE];
    uint8_t certificate[NETWORK_MSG_CERTIFICATE_SIZE];
    bool is_open;     /* it says that nobody invited it, and asks to be let in */
    bool has_network; /* into that one */
    uint8_t network[NETWORK_MSG_ID_SIZE];
    struct span bytes;
    enum network_msg_reason reason;
    int err;
};

enum log_talk_role { LOG_TALK_OPENER, LOG_TALK_ANSWERER, LOG_TALK_GUEST };

enum log_talk_state {
    LOG_TALK_WAIT_PROOF, /* or what a guest says */
    LOG_TALK_WAIT_OWNER, /* the owner is asked */
    LOG_TALK_WAIT_HEADS,
    LOG_TALK_TALKS,
    LOG_TALK_ENDED,
};

struct log_talk {
    enum log_talk_role role;
    enum log_talk_state state;
    uint64_t source; /* of operations, as members_feed has it */
    bool serves_guest;
    struct members *log; /* borrowed from log_talk_accept on */
    struct buf in;
    struct buf out;
    struct buf genesis;
    struct members_sync sync;       /* what the peer lacks */
    bool is_withheld;               /* the owner does not know yet whether the peer belongs */
    bool is_giving;                 /* sync runs */
    bool has_given;                 /* DONE is said */
    bool has_taken;                 /* DONE has come */
    bool has_changed;               /* CHANGED waits for the owner */
    struct network_msg_room *heads; /* of the peer; owned while needed */
    size_t head_count;
    unsigned bad;
    uint32_t op_count; /* that came */
    uint64_t deadline;
    struct ring events;
};

/** Begin a stream. `source` is this talk's number among those that feed the log. */
void log_talk_init(struct log_talk *t, uint64_t now, enum log_talk_role role, uint64_t source);
/** The log, where there is one, must still be there: what strangers to it signed and the peer
 * brought waits no longer. */
void log_talk_clear(struct log_talk *t);

/** The opener proves itself: 1 to NETWORK_MSG_TAGS_MAX tags. `log`, borrowed until log_talk_clear,
 * is the network's that is meant. */
void log_talk_prove(struct log_talk *t, struct members *log, uint8_t (*tags)[NETWORK_MSG_TAG_SIZE],
                    size_t count);

/** A guest says who it is: `root` and `certificate` of `guest`, and what it asks for. */
void log_talk_ask(struct log_talk *t, const struct network_msg *guest);

/* What the owner says to a talk that has ended meanwhile, by time or error, is ignored. */

/** After PROVED, INVITED or GENESIS: the network is known, `log` is its log (borrowed). `tag` is
 * our proof in answer to PROVED at the answerer's, else NULL. `state` is the hash of our state, or
 * NULL for a guest. */
void log_talk_accept(struct log_talk *t, struct members *log, const uint8_t *tag,
                     const uint8_t *state);

/** After PROVED or INVITED, or LOADED where all was withheld: no. */
void log_talk_refuse(struct log_talk *t, enum network_msg_reason reason);

/** Before log_talk_accept: the peer's device is not known here. It may show by operations why it
 * belongs; after LOADED the owner says log_talk_give, or log_talk_refuse. */
void log_talk_withhold(struct log_talk *t);

/** After LOADED. A guest has written its first operations into the log, or who was not known turned
 * out to belong: the peer gets what it lacks. */
void log_talk_give(struct log_talk *t);

/** Take bytes of the stream; returns how many. Less than all while the owner is asked: give the
 * rest again after its answer. What is wrong with them comes as an event; nothing is taken after
 * the end. */
size_t log_talk_feed(struct log_talk *t, uint64_t now, struct span bytes);

/** What to send next, borrowed until the next call; empty: nothing now. */
struct span log_talk_pull(struct log_talk *t);
/** So many bytes of it are on their way. */
void log_talk_sent(struct log_talk *t, size_t count);

WARN_UNUSED bool log_talk_next_event(struct log_talk *t, struct log_talk_event *event);

uint64_t log_talk_deadline(const struct log_talk *t);
void log_talk_tick(struct log_talk *t, uint64_t now);

#endif
