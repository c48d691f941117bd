/*
 * The inviter's side of a pairing: a code that is open for a while, and the runs of those who try
 * it. A code and messages come in; messages to send, the newcomer's keys and news for the inviter
 * leave. It answers also while no code is open, so that nobody can tell.
 *
 *   run:  WAIT_HELLO -> WAIT_PROOF -> WAIT_WELCOME -> WAIT_ANSWER -> gone
 *                                     (the wish of our own side)
 *
 * Source: docs/protocol/pairing.md.
 */
#ifndef MEMBERS_PAIRING_HOST_H
#define MEMBERS_PAIRING_HOST_H

#include "members/pairing.h"
#include "members/pairing_gate.h"

#define PAIRING_HOST_OPEN_NS 600000000000U /* 10 min, DESIGN.md section 7 */
#define PAIRING_HOST_TRIES_MAX 3           /* failures in all: 3 of 2^24 */
#define PAIRING_HOST_SOURCE_TRIES_MAX 2    /* of one source: it cannot close a code alone */
#define PAIRING_HOST_RUNS_MAX 8            /* at once; a run takes under 1 KiB */
#define PAIRING_HOST_SOURCE_RUNS_MAX 2
#define PAIRING_HOST_BUSY_NS 60000000000U /* 60 s between two events BUSY of a kind: no nagging */
#define PAIRING_HOST_SOURCE_SIZE PAIRING_GATE_SOURCE_SIZE
#define PAIRING_HOST_EVENTS_MAX 24 /* a call makes at most 2 a run and 3 more */

enum pairing_host_event_kind {
    PAIRING_HOST_SEND,   /* `bytes` to `run` */
    PAIRING_HOST_END,    /* `run` is over: close its stream when all is sent */
    PAIRING_HOST_PEER,   /* `run` proved the code: `peer`. pairing_host_welcome is wanted */
    PAIRING_HOST_ANSWER, /* `run` has taken the welcome and answers `bytes` */
    PAIRING_HOST_LOST,   /* `run`, which had proved the code, broke off before its answer */
    PAIRING_HOST_TRY,  /* somebody at `source` failed, for `err`; `left` failures are left. Tell the
                          person. WAVU_ERR_CRYPTO: the words were wrong, or one who has them lies;
                          WAVU_ERR_INVALID: right words, and a name that this version refuses;
                          WAVU_ERR_UNSUPPORTED: right words of a newer version. Nothing but wrong
                          words is counted */
    PAIRING_HOST_BUSY, /* with a code open, somebody at `source` was turned away, for too many came:
                          `is_all`, or of that source alone. Tell the person */
    PAIRING_HOST_CLOSED, /* the code is closed: `reason`. Tell the person; the beacon forgets it */
};

enum pairing_host_reason {
    PAIRING_HOST_USED,
    PAIRING_HOST_EXPIRED,
    PAIRING_HOST_TRIED, /* too many failures */
    PAIRING_HOST_CANCELLED,
};

struct pairing_host_event {
    enum pairing_host_event_kind kind;
    uint32_t run;
    struct span bytes; /* until the next pairing_host_next_event */
    struct pairing_peer peer;
    uint8_t source[PAIRING_HOST_SOURCE_SIZE];
    unsigned left;
    int err;
    bool is_all;
    enum pairing_host_reason reason;
};

enum pairing_host_state {
    PAIRING_HOST_FREE,
    PAIRING_HOST_WAIT_HELLO,
    PAIRING_HOST_WAIT_PROOF,
    PAIRING_HOST_WAIT_WELCOME,
    PAIRING_HOST_WAIT_ANSWER,
};

struct pairing_host_run {
    enum pairing_host_state state;
    uint32_t id;     /* ascending: the lowest is the oldest */
    uint32_t serial; /* of the code that it was begun on; 0: of none, it cannot succeed */
    uint8_t source[PAIRING_HOST_SOURCE_SIZE];
    uint64_t deadline;
    uint8_t opening[PAIRING_KEY_SIZE];
    struct pairing_run run;
};

struct pairing_host_failure {
    uint8_t source[PAIRING_HOST_SOURCE_SIZE];
    unsigned count;
};

struct pairing_host {
    struct pairing_means means;
    uint8_t network[PAIRING_KEY_SIZE];
    bool is_open;
    uint32_t serial; /* of the code that is open or was last */
    struct code code;
    uint64_t closes; /* ns */
    unsigned failures;
    struct pairing_host_failure failed[PAIRING_HOST_TRIES_MAX];
    struct pairing_host_run runs[PAIRING_HOST_RUNS_MAX];
    uint32_t next_run;
    struct pairing_gate gate;
    uint64_t busy[2]; /* ns: from when on BUSY may be told, [1]: of all */
    struct pairing_host_event events[PAIRING_HOST_EVENTS_MAX];
    struct buf
        bodies[PAIRING_HOST_EVENTS_MAX + 1]; /* of the events; the last: the one handed out */
    size_t first;
    size_t count;
};

/** No code is open. `means` and what it names is borrowed for h's life, and does not change in it.
 * WAVU_ERR_INVALID when we have no name that may be shown (pairing_self_check): h is cleared. */
WARN_UNUSED int pairing_host_init(struct pairing_host *h, const struct pairing_means *means,
                                  const uint8_t network[PAIRING_KEY_SIZE]);

/** End everything and wipe it. Events that nobody took are lost. */
void pairing_host_clear(struct pairing_host *h);

/** Open a code. WAVU_ERR_EXISTS while one is open. */
WARN_UNUSED int pairing_host_open(struct pairing_host *h, uint64_t now, const struct code *code);

/** Close the code, if one is open: the inviter changed his mind. */
void pairing_host_close(struct pairing_host *h);

/** Somebody opened a stream on `link`, from `source`. Gives the run's number. WAVU_ERR_LIMIT when
 * too many came, of that source or in all: close the stream. */
WARN_UNUSED int pairing_host_begin(struct pairing_host *h, uint64_t now,
                                   const struct pairing_link *link,
                                   const uint8_t source[PAIRING_HOST_SOURCE_SIZE], uint32_t *run);

/** Take a message of `run`. WAVU_ERR_CRYPTO when it is refused (the run is over then),
 * WAVU_ERR_UNSUPPORTED when the other side is newer, WAVU_ERR_INVALID when it has the words and a
 * name that is none here. */
WARN_UNUSED int pairing_host_feed(struct pairing_host *h, uint64_t now, uint32_t run,
                                  struct span message);

/** Hand `run`, which has proved the code, what a newcomer needs. WAVU_ERR_NOT_FOUND when it is gone
 * or was welcomed; WAVU_ERR_LIMIT above PAIRING_MSG_CONTENT_MAX. */
WARN_UNUSED int pairing_host_welcome(struct pairing_host *h, uint64_t now, uint32_t run,
                                     struct span content);

/** The stream of `run` ended. */
void pairing_host_lost(struct pairing_host *h, uint32_t run);

/** The next event, in order. Drain after every call. */
WARN_UNUSED bool pairing_host_next_event(struct pairing_host *h, struct pairing_host_event *event);

/** When pairing_host_tick is wanted; UINT64_MAX: never. */
uint64_t pairing_host_deadline(const struct pairing_host *h);
void pairing_host_tick(struct pairing_host *h, uint64_t now);

/** Walk the invariants. */
void pairing_host_check(const struct pairing_host *h);

#endif
