/*
 * Plain SWIM: the failure detector that ours is compared with. A machine, written from the paper
 * (Das, Gupta and Motivala, SWIM, DSN 2002) with the numbers and the few additions of memberlist's
 * defaults, and WITHOUT Lifeguard's three (local health, dynamic suspicion, buddy).
 *
 * Every member knows all others from the start, by number. Each period it pings the next one of a
 * shuffled round; when no answer comes in time three others are asked to ping it, too; when the
 * period ends without one it is suspected, which is gossiped, and dead when it has not refuted that
 * in time with a higher incarnation. News ride on pings and answers, and go to three random members
 * five times a second. From memberlist: gossip of its own, news to the dead for 30 s, and the whole
 * state with a random member every 30 s, so that who was taken for dead comes back. Not here:
 * memberlist's ping over TCP after a lost one (no part of SWIM).
 *
 *     messages in: swim_feed      messages out, verdicts: swim_next_event
 */
#ifndef SWARM_SWIM_H
#define SWARM_SWIM_H

#include "base/random.h"
#include "base/ring.h"

#define SWIM_MEMBERS_MAX 1024
#define SWIM_PROBE_NS (UINT64_C(1000) * 1000000)  /* ProbeInterval: the protocol period */
#define SWIM_TIMEOUT_NS (UINT64_C(500) * 1000000) /* ProbeTimeout: then others are asked */
#define SWIM_HELPERS 3                            /* IndirectChecks: SWIM's k */
#define SWIM_SUSPICION_MULT 4  /* SuspicionMult: periods for each power of ten members */
#define SWIM_RETRANSMIT_MULT 4 /* RetransmitMult: sendings of a piece of news, likewise */
#define SWIM_GOSSIP_NS (UINT64_C(200) * 1000000)
#define SWIM_GOSSIP_NODES 3
#define SWIM_GOSSIP_DEAD_NS (UINT64_C(30) * 1000000000) /* GossipToTheDeadTime */
#define SWIM_SYNC_NS (UINT64_C(30) * 1000000000)        /* PushPullInterval */
#define SWIM_NEWS_MAX 24 /* in a message: memberlist's 1,400 bytes at 56 bytes each */
#define SWIM_RELAYS_MAX 64
#define SWIM_EVENTS_MAX 1024 /* not taken yet; the owner takes them after every call */

enum swim_state { SWIM_ALIVE, SWIM_SUSPECT, SWIM_DEAD };

struct swim_news {
    uint32_t incarnation;
    uint16_t member;
    uint8_t state;
};

enum swim_kind {
    SWIM_PING,      /* answer with ACK */
    SWIM_PING_REQ,  /* ping `target` for me and pass its ACK on */
    SWIM_ACK,       /* of the ping with `seq` */
    SWIM_GOSSIP,    /* news alone */
    SWIM_SYNC,      /* the whole state: answer with yours */
    SWIM_SYNC_REPLY /* the two go over streams: they are not lost */
};

struct swim_msg {
    enum swim_kind kind;
    uint32_t seq;
    uint16_t target;
    uint16_t count;
    const struct swim_news *news; /* borrowed */
};

enum swim_event_kind {
    SWIM_SEND, /* `msg` to `member`; its news are borrowed until the next call */
    SWIM_DOWN, /* `member` is dead in this member's eyes; `is_own`: its own patience ended */
    SWIM_BACK  /* `member` is alive again */
};

struct swim_event {
    enum swim_event_kind kind;
    uint16_t member;
    bool is_own;
    struct swim_msg msg;
};

struct swim_config {
    const struct random *random; /* borrowed */
    uint16_t self;
    uint16_t members;
};

struct swim_member; /* private */
struct swim_relay;  /* private */

/* The one ping of a period. */
struct swim_probe {
    uint64_t ask_ns; /* then others are asked; 0: they have been */
    uint64_t end_ns; /* then the target is suspected; 0: no ping is under way */
    uint32_t seq;
    uint16_t target;
};

struct swim {
    struct swim_config config;
    struct swim_member *members; /* owned; by number */
    struct swim_relay *relays;   /* owned */
    struct swim_news *news;      /* owned: those of the event taken last */
    uint16_t *round;             /* owned: the order of probes */
    uint16_t *fresh;             /* owned: members with news to tell */
    struct ring events;
    struct swim_probe probe;
    uint64_t probe_due_ns;
    uint64_t gossip_due_ns;
    uint64_t sync_due_ns;
    uint64_t suspect_due_ns; /* the first suspicion to end, or earlier */
    uint64_t suspicion_ns;
    uint32_t seq;
    uint16_t round_at;
    uint16_t fresh_count;
    uint8_t relay_count;
    uint8_t retransmits;
    bool is_probe_stuck; /* their loops stand before a message that cannot leave */
    bool is_gossip_stuck;
};

void swim_init(struct swim *s, uint64_t now, const struct swim_config *config);
void swim_clear(struct swim *s);

/** A message of `from`, with its news. */
void swim_feed(struct swim *s, uint64_t now, uint16_t from, const struct swim_msg *m);

WARN_UNUSED bool swim_next_event(struct swim *s, struct swim_event *event);

/** When to tick next. Every call may move it. */
uint64_t swim_deadline(const struct swim *s);

/** Let timers run out. With `is_blocked` nothing that is sent can leave: as in memberlist, where
 * probing and gossip are threads of their own, each of the two then stops before its first message
 * and goes on at the first tick that is not blocked, while suspicions run out all the same. */
void swim_tick(struct swim *s, uint64_t now, bool is_blocked);

enum swim_state swim_state_of(const struct swim *s, uint16_t member);

/** Walk the structure and CHECK its invariants. */
void swim_check(const struct swim *s);

#endif
