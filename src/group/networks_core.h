/*
 * Inside of networks: what its parts share. Private to group/networks*.c.
 */
#ifndef GROUP_NETWORKS_CORE_H
#define GROUP_NETWORKS_CORE_H

#include "group/denials.h"
#include "group/log_talk.h"
#include "group/network_keep.h"
#include "group/networks.h"
#include "group/open_door.h"
#include "members/pairing_guest.h"
#include "net/swarm.h"

enum networks_standing {
    NETWORKS_BEGUN, /* being joined, or loaded and not told yet */
    NETWORKS_LIVE,
    NETWORKS_OUT, /* this device does not belong */
};

struct networks_one {
    struct list link;
    struct networks *owner;
    struct network network;
    struct gate_network gate;
    struct network_keep_row row;
    enum networks_standing standing;
    bool is_stored;    /* it has a row */
    bool has_new_keys; /* that are not stored */
    bool is_stopped;   /* somebody else signs with our key */
    bool is_leaving;   /* we have signed that we leave: no more is signed */
    bool is_denied;    /* as was told last */
    struct denials denials;
    uint64_t unsafe;     /* commit that must be on the disk before what we signed leaves; 0: none */
    struct buf news;     /* operations to broadcast then */
    struct timer settle; /* at once: the log has grown */
    struct timer merge;
    struct timer differ;
    struct overlay_id differing[NETWORKS_DIFFERING_MAX]; /* whose log differed when they told */
    size_t differing_count;
    uint8_t log_hash[NETWORKS_STATE_SIZE]; /* as of the last networks_settle */
    uint8_t log_told[NETWORKS_STATE_SIZE];
};

/** Let this device sign `m`, store it and spread it. Errors: networks.h. */
WARN_UNUSED int networks_sign(struct networks_one *one, struct members_msg *m);

/** Let this node sign that it leaves: by its person's root where that is here, so that nothing
 * counts that its keys sign afterwards, else by its device. Store it and spread it. Errors:
 * networks.h. */
WARN_UNUSED int networks_sign_leave(struct networks_one *one);

/** Bring the heads together, if it is our turn still. */
void networks_sign_merge(struct networks_one *one);

/** We have signed: store it; nothing leaves before that is on the disk. */
WARN_UNUSED int networks_store_signed(struct networks_one *one);

/* A stream about a log. */
struct networks_talk {
    struct list link;
    struct networks *owner;
    struct networks_one *one; /* NULL: not known yet */
    struct stream *stream;    /* NULL once over */
    struct overlay_id device;
    struct log_talk talk;
    struct timer timer;
    struct turn_dead dead;
    uint64_t begun_ns;
    uint32_t grown; /* operations of the log that are no news of this talk */
    bool is_over;
    bool is_said;                          /* all is said: it ends when that is sent */
    bool is_guest;                         /* we ask, as one who was invited */
    bool asks_open;                        /* or as one who was not */
    uint8_t invited[MEMBERS_MSG_KEY_SIZE]; /* of a guest that asks us */
    bool serves_guest;
    struct networks_one *begun; /* made by this talk, and dropped with it unless we joined */
};

struct networks_pairing; /* networks_denied.c */
/** That device has said in a talk that this one is not invited; or has shared its log with it. */
void networks_denied_by(struct networks_one *one, const struct overlay_id *device);
void networks_denied_met(struct networks_one *one, const struct overlay_id *device);
/** The log may say something else now: are people to be told? */
void networks_denied_look(struct networks_one *one);
/** This device comes in, or is out: nothing of before counts. */
void networks_denied_forget(struct networks_one *one);

/* networks_pair.c */

struct networks {
    struct networks_config config;
    struct turn *turn;
    const struct random *random;
    struct overlay_id self;
    struct ed25519_pair device;
    struct identity person;
    bool has_person;
    bool is_shut; /* the store is gone */
    struct list ones;
    struct list talks;
    struct stream_protocol members; /* `/wavu/members/1` */
    struct observe observe;
    struct store_watch watch;
    struct networks_pairing *pairing;
    uint8_t expected[MEMBERS_MSG_ID_SIZE]; /* network that a pairing said we join */
    bool has_expected;
    uint64_t sources; /* of operations: each talk is one */
    struct open_door door;
    struct metric talks_begun;
    struct metric operations; /* let in */
};

/** Tell the owner. */
void networks_tell(struct networks *n, const struct networks_event *event);

/** A network with that genesis, not stored yet. As network_init; WAVU_ERR_LIMIT. */
WARN_UNUSED int networks_add(struct networks *n, struct span genesis, struct networks_one **out);

/** Take it out of the list and free it; its talks end. */
void networks_drop(struct networks_one *one);

/** The log has grown by what others signed: store it, and see before the next turn is over what it
 * changed. */
void networks_grew(struct networks_one *one);

/** What does the log say now? */
void networks_settle(struct networks_one *one);

/** Certify this device as one of `member`'s, and join when that one has not. */
WARN_UNUSED int networks_come_in(struct networks_one *one,
                                 const uint8_t member[MEMBERS_MSG_ID_SIZE]);

/** Operations of the log from place `from` on are news for all. */
void networks_spread(struct networks_one *one, uint32_t from);

/** May what the log has leave? Not while something that we signed is not on the disk. */
bool networks_is_safe(const struct networks_one *one);

/* networks_talk.c */
WARN_UNUSED int networks_talk_start(struct networks *n);
void networks_talk_stop(struct networks *n);
/** Talks about `one` go on. */
void networks_talk_wake(struct networks_one *one);
void networks_talk_end_of(struct networks_one *one);
/** Ask as a guest for the log of who invited us; `open`: for that of an open network, which is the
 * expected one where there is one. */
WARN_UNUSED int networks_talk_ask(struct networks *n, struct conn *conn, bool open);

/** End what networks_talk_ask began with `open`, as after its time. */
void networks_talk_ask_end(struct networks *n);

/* networks_leave.c */
/** If we are leaving, and what says so is on the disk: go, in NETWORKS_LEAVE_NS. */
void networks_leave_go(struct networks_one *one);

/* networks_pair.c */
WARN_UNUSED int networks_pair_start(struct networks *n);
void networks_pair_stop(struct networks *n);
/** All up to that commit is on the disk. */
void networks_pair_committed(struct networks *n, uint64_t number);
/** The network goes: its code is closed. */
void networks_pair_forget(struct networks_one *one);
/** The asking that followed a pairing is over. */
void networks_pair_joined(struct networks *n, int err);
/** Where a stranger comes from: an IPv4 address, or the /64 of an IPv6 one; other addresses are one
 * source. */
void networks_pair_source(struct stream *stream, uint8_t source[PAIRING_HOST_SOURCE_SIZE]);

#endif
