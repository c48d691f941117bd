/*
 * What the parts of the courier share: its bounds, the courier, its peers and its links. Nobody
 * else includes it but their tests.
 */
#ifndef COURIER_COURIER_CORE_H
#define COURIER_COURIER_CORE_H

#include "courier/courier.h"
#include "courier/courier_msg.h"
#include "courier/lasting.h"
#include "courier/mailbox_offer.h"
#include "courier/outbox_turn.h"
#include "courier/refused.h"
#include "courier/seen.h"
#include "courier/stick_judged.h"

#define COURIER_INBOUND_MAX 2   /* streams of one peer: an old one may still be ending */
#define COURIER_LINKS_MAX 128   /* twice the neighbours of a mailbox: devices that we write to */
#define COURIER_LINKS_EACH 32   /* of them, of one member's devices */
#define COURIER_FLIGHTS_MAX 256 /* envelopes on one stream that are not answered yet */
/* Things to be said on one link, of 64 bytes: flights, gives, answers to as many of the peer's, and
 * tokens of a thousand messages that were read; a peer that lets more pile up is cut off. */
#define COURIER_ITEMS_MAX 4096
/* Sessions that changed and are not written yet, besides one more: 256 KiB each are set aside. */
#define COURIER_SESSIONS_MAX 3
#define COURIER_ROOM_OUT ((size_t)1280 * 1024) /* as COURIER_ROOM, for what is known already */
#define COURIER_SEALS_MAX 64                   /* sealed in one go: 0.3 ms each at most, a start */
/* Of one member's devices together: starts, 0.2 ms each, and as much of trying; 2 % of a core. */
#define COURIER_TRIALS_RATE 100
#define COURIER_TRIALS_BURST 1000
#define COURIER_TRIED_EACH 50
/* Likewise frames: four for each of 5,000 messages a second. One of 64 names counts as five. */
#define COURIER_FRAMES_RATE 20000
#define COURIER_FRAMES_BURST 40000
#define COURIER_AGAIN_NS UINT64_C(10000000000)   /* between two wishes to be connected */
#define COURIER_IDLE_NS UINT64_C(120000000000)   /* a stream to who is no neighbour */
#define COURIER_SWEEP_NS UINT64_C(3600000000000) /* between two looks at all sessions */
#define COURIER_SLACK_NS UINT64_C(50000000)

enum courier_way { COURIER_DIRECT, COURIER_BOX, COURIER_STICK, COURIER_HOP, COURIER_WAYS };

/* Another device: its session, and where it is reached. */
struct courier_peer {
    uint8_t id[ENVELOPE_DEVICE_SIZE];
    struct list dirty; /* its session is to be stored: in the courier's list `dirty` or `later` */
    struct session session;
    uint32_t number; /* of its newest bundle; 0: none is known */
    uint8_t prekey[X25519_SIZE];
    struct courier_link *link; /* or NULL */
    uint64_t connect_after;    /* boot time: no wish to be connected sooner */
    uint8_t parts;             /* values that its state has in the store */
    bool may_wait;             /* what changed rests on no other value: it may be stored later */
    bool is_near;              /* a neighbour: it has a stream as long as a connection stands */
    bool wants_link;           /* something waits for it */
    bool is_bundle_due;        /* there is a bundle that is not learnt yet */
    bool is_sought;            /* who is above is to be asked to connect it */
};

/* An envelope of ours on a direct stream. */
struct courier_flight {
    struct list node;
    uint64_t row;
    uint8_t name[ENVELOPE_NAME_SIZE];
    bool is_waiting; /* to be offered, because it is large */
    bool is_offered;
};

enum courier_item_kind {
    ITEM_OFFER,  /* `frame` */
    ITEM_WANT,   /* `frame` */
    ITEM_FLIGHT, /* the envelope of `row` */
    ITEM_GIVE,   /* the held envelope `name` */
    ITEM_TAKEN,
    ITEM_REFUSED,
    ITEM_DONE
};

/* Something to be said on a link, when the store has committed `after`. */
struct courier_item {
    uint64_t after;
    uint64_t row;
    struct courier_msg *frame; /* owned: OFFER; names of WANT lie behind it */
    uint32_t age_s;
    uint8_t name[ENVELOPE_NAME_SIZE]; /* or token */
    uint8_t kind;
    uint8_t hops;
    uint8_t copies;
};

enum courier_asked { ASKED_NOBODY, ASKED_BOX, ASKED_FLIGHTS };

/* What the devices of one member may cost, over all their links. It stays until it would be as
 * new: who connects again finds what is left. */
struct courier_payer {
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    struct budget_bucket trials;
    struct budget_bucket frames;
    uint32_t links;
};

/* A stream with a peer. */
struct courier_link {
    struct list node;
    struct list saying; /* in the courier's list, while something is to be said */
    struct courier *courier;
    struct courier_peer *peer;
    struct courier_payer *payer;
    struct stream *stream;
    struct turn_dead dead;
    struct buf in;     /* a frame that is not whole, or may not be looked at yet */
    struct buf out;    /* a frame that the stream did not take whole */
    struct ring items; /* of struct courier_item */
    struct list flights;
    size_t flight_count;
    struct courier_msg *offer; /* owned: the mailbox's, which waits for the answer to ours */
    uint64_t used_ns;          /* boot time when something was said or heard */
    uint64_t resume_ns;        /* its budgets are empty until then; 0: they are not */
    enum courier_asked asked;  /* whose offer the peer has yet to answer */
    bool is_open;              /* both agreed */
    bool is_up;                /* the mailbox knows */
    bool is_left;              /* the stream keeps data for us */
    bool wants_look;           /* the store has room again */
    bool is_answering;         /* the answer to its offer has not left: it has no other one */
    bool is_short;             /* flights were refused for want of room */
    bool is_over;
};

/* Something on its way over several hops. */
struct courier_hop_flight {
    uint64_t row;
    uint64_t after;  /* the commit that it waits for */
    uint64_t ticket; /* 0: it did not leave yet */
    uint8_t device[ENVELOPE_DEVICE_SIZE];
    uint8_t token[ENVELOPE_TOKEN_SIZE]; /* what is said, when `is_token`; nothing waits for it */
    bool is_token;
    bool is_over;
};

/* What is being written to a stick. */
struct courier_writing {
    uint64_t *rows;                       /* owned */
    uint8_t (*names)[ENVELOPE_NAME_SIZE]; /* owned: held ones */
    size_t row_count;
    size_t name_count;
    size_t at;         /* in both, one behind the other */
    uint64_t until_ns; /* of boot time: then no more is sealed for it */
    uint64_t idle_ns;  /* then nobody goes on with it */
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    bool is_all;
    bool is_open;
    bool is_listed;
    bool is_given_up; /* nobody went on with it */
};

/* What is being read of one. */
struct courier_carried {
    struct stick_judged judged; /* what nothing opened */
    uint32_t wrong;             /* trials that this file cost for nothing */
};

struct courier {
    struct courier_config config;
    struct turn *turn;
    struct random *random;
    struct lasting lasting;
    struct prekeys prekeys;
    struct outbox outbox;
    struct mailbox mailbox;
    struct seen seen;
    struct way_ops ways[COURIER_WAYS];
    size_t way_count;
    struct map peers; /* of struct courier_peer, by device */
    struct list links;
    struct list saying; /* of those: links with something to be said */
    struct list dirty;  /* peers: stored before this turn's end, COURIER_SESSIONS_MAX at most */
    struct list later;  /* peers: stored when there is room */
    struct map payers;  /* of struct courier_payer, by member */
    struct gate_protocol protocol;
    struct store_watch watch;
    struct timer timer;
    struct turn_job job;
    struct courier_handler handlers[COURIER_KINDS_MAX];
    struct courier_writing stick;
    struct courier_carried carried;
    struct refused refused; /* what came for us and could not be taken */
    struct ring hops;       /* of struct courier_hop_flight */
    struct buf again;       /* a bundle of our own, to be shown again */
    uint64_t again_ns;      /* lasting time when; TIMERS_NEVER */
    uint64_t sweep_ns;      /* boot time: look at all sessions */
    uint64_t look_ns;       /* boot time: look at neighbours and idle streams */
    uint64_t resume_ns;     /* boot time: the first link whose budgets are empty; TIMERS_NEVER */
    uint64_t wrote;         /* the commit that has what was written last */
    uint64_t ticket;
    uint64_t read;
    uint32_t seals; /* left in this go */
    int err;        /* it failed; 0 */
    bool may_publish;
    bool is_publish_due;
    uint64_t publish_after; /* the commit that has the bundle */
    bool is_working;        /* in courier_core_turn, or in a frame: that goes on by itself */
    bool wants_links;       /* some peer wants to be connected */
    bool has_bundles_due;
    bool is_own_due;     /* a bundle under our own key came while the store was behind */
    bool is_restoring;   /* the store knows that sessions are to be retired, and not all are */
    bool has_sought;     /* some peer is_sought */
    bool is_members_due; /* look who belongs */
};

/* Lasting time. */
uint64_t courier_core_now(const struct courier *c);

/* Has the store so much room? Not when the courier failed. */
bool courier_core_has(const struct courier *c, size_t room);

/* May more be taken in? Not while the store is behind or the courier failed. */
bool courier_core_has_room(const struct courier *c);

/* Take events, store, send: after everything that changed something. */
void courier_core_turn(struct courier *c);

/* It failed for good. */
void courier_core_fail(struct courier *c, int err);

/* As courier_say, for one device of `member`, with an id; also receipts. */
WARN_UNUSED int courier_core_add(struct courier *c, const struct outbox_order *order,
                                 struct span body);

#endif
