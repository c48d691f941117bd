/*
 * Calls for help: what this node's person calls is said to each chosen person, again and again,
 * until that person has acknowledged it or it is over; what others call is kept until this person
 * acknowledges it. A machine on the store, one for all networks of a node. Wishes and opened
 * envelopes come in; what is to be said, and news, leave by ops, in the turn whose commit has them.
 *
 * It calls no emergency service. `now` is the node's lasting time (courier/lasting.h).
 *
 *   own:      called --> (said, delivered, acknowledged by each) --> over
 *   incoming: called --> acknowledged here --> over
 *
 * Source: docs/protocol/sos.md.
 */
#ifndef CHAT_SOS_H
#define CHAT_SOS_H

#include "base/list.h"
#include "base/random.h"
#include "chat/sos_msg.h"
#include "store/store.h"

#define SOS_TEXT_MAX 1000
#define SOS_OWN_MAX 4        /* that are not over */
#define SOS_OVER_MAX 16      /* own ones that are over, and still listed */
#define SOS_TARGETS_MAX 1024 /* people of one: a whole network */
#define SOS_IN_MAX 256       /* of others, 1.5 KB each */
#define SOS_IN_MEMBER_MAX 4  /* of them, of one member */
#define SOS_IN_ANEW_NS                                                                             \
    UINT64_C(900000000000)                 /* until one of these four may give way to a new one */
#define SOS_ALERT_NS UINT64_C(30000000000) /* between two alerts of one member */
#define SOS_FIRST_NS UINT64_C(60000000000) /* to the first repeat; each takes twice as long */
#define SOS_LONGEST_NS UINT64_C(1800000000000) /* but no longer than that */
#define SOS_AGAIN_NS                                                                               \
    UINT64_C(10000000000)                  /* what could not be said (keys, disk) is tried again   \
                                            */
#define SOS_SLACK_NS UINT64_C(15000000000) /* of the timer: wakeups coalesce */
#define SOS_TABLE "sos"

enum sos_reach {
    SOS_WAITS,     /* nothing is on its way */
    SOS_SAID,      /* the courier has it */
    SOS_DELIVERED, /* a device of that person has it */
    SOS_SEEN,      /* the person has acknowledged it */
    SOS_GONE       /* that person is no member any more */
};

/* One whom an own one calls. */
struct sos_target {
    uint32_t network;
    uint8_t member[32];
    uint8_t message[16]; /* the courier's name of what was said last */
    enum sos_reach reach;
    bool is_over_said; /* that it is over was said, or need not be */
};

/* Where all of a network are called: an entry in its room. */
struct sos_room {
    uint32_t network;
    uint8_t entry[32];
    bool is_said;
    bool is_over_said;
};

struct sos_own {
    struct list link;
    uint8_t id[SOS_MSG_ID_SIZE];
    uint8_t content[SOS_MSG_CONTENT_MAX];
    size_t content_len;
    uint32_t number;  /* how often it was said */
    uint64_t due;     /* when to say it again; TIMERS_NEVER: nothing is left to say */
    uint64_t unix_ms; /* when it began */
    bool is_over;
    struct sos_target *targets; /* owned */
    size_t target_count;
    struct sos_room *rooms; /* owned */
    size_t room_count;
};

struct sos_in {
    struct list link;
    uint32_t network;
    uint8_t member[32];
    uint8_t id[SOS_MSG_ID_SIZE];
    uint8_t content[SOS_MSG_CONTENT_MAX]; /* empty when only its end came */
    size_t content_len;
    uint32_t number;  /* the highest that came */
    uint64_t since;   /* when it came first */
    uint64_t alert;   /* when it was told last; 0: not in this life */
    uint64_t unix_ms; /* when it came first, by this node's clock */
    bool is_seen;
    bool is_over;
};

enum sos_news {
    SOS_CALLED, /* `in`: somebody calls, or calls again */
    SOS_ENDED,  /* `in`: it is over */
    SOS_REACHED /* `own`, `target`: its reach has changed */
};

struct sos_event {
    enum sos_news kind;
    const struct sos_in *in;
    const struct sos_own *own;
    const struct sos_target *target;
};

struct sos_ops {
    /* Bring it to all devices of the member. `message` names it, the same for all who get the same
     * body. WAVU_ERR_NOT_FOUND: no member, or without a device; others: later. */
    int (*say)(void *context, uint32_t network, const uint8_t member[32], struct span body,
               const uint8_t message[16]);
    /* Say it in the network's main room; `entry` becomes its id. Errors: later. */
    int (*post)(void *context, uint32_t network, const struct content *content, uint8_t entry[32]);
    /* Does this person want to hear nothing of that member? */
    bool (*is_blocked)(void *context, uint32_t network, const uint8_t member[32]);
    void (*event)(void *context, const struct sos_event *event);
    void *context;
};

struct sos {
    struct store *store;         /* borrowed */
    const struct random *random; /* borrowed */
    struct sos_ops ops;
    struct list own; /* of struct sos_own, oldest first */
    struct list in;  /* of struct sos_in, oldest first */
    size_t in_count;
    uint64_t dropped; /* of others, beyond what one member may */
};

/** Load what the store has. WAVU_ERR_CORRUPT, _UNSUPPORTED, and what the store says. */
WARN_UNUSED int sos_init(struct sos *s, struct store *store, const struct random *random,
                         const struct sos_ops *ops);
void sos_clear(struct sos *s);

/* What is called, and to whom. */
struct sos_wish {
    const struct content *content;    /* of kind SOS, text SOS_TEXT_MAX at most */
    const struct sos_target *targets; /* network and member; copied */
    size_t target_count;
    const uint32_t *rooms; /* networks whose room gets it, too */
    size_t room_count;
    uint64_t unix_ms;
};

/** Call. WAVU_ERR_INVALID (nobody is called), _LIMIT (a text too long, too many people, SOS_OWN_MAX
 * are not over), of content_check, what the store says; nothing was said then. `*out` is borrowed
 * until sos_clear or until it was over for long. */
WARN_UNUSED int sos_call(struct sos *s, uint64_t now, const struct sos_wish *wish,
                         const struct sos_own **out);

/** It is over. WAVU_ERR_NOT_FOUND (no such one that is not over), what the store says. */
WARN_UNUSED int sos_cancel(struct sos *s, uint64_t now, const uint8_t id[SOS_MSG_ID_SIZE]);

/** The person has seen it: whoever calls is told. WAVU_ERR_NOT_FOUND (none of that id is not over),
 * _AGAIN ... of `say`. */
WARN_UNUSED int sos_ack(struct sos *s, const uint8_t id[SOS_MSG_ID_SIZE]);

/* Who said it. */
struct sos_from {
    uint32_t network;
    const uint8_t *member;
    uint64_t unix_ms; /* by this node's clock */
};

/** An envelope of kind COURIER_SOS was opened. 0: taken for good; negative: it is to come again. */
WARN_UNUSED int sos_take(struct sos *s, uint64_t now, const struct sos_from *from,
                         struct span body);

/** An entry of a network's main room, of kind SOS or SOS_OVER, that came with the tree: the same
 * call, or its end. What comes second of it and of the first envelope is known already. As
 * sos_take. */
WARN_UNUSED int sos_entry(struct sos *s, uint64_t now, const struct sos_from *from,
                          const struct content *content);

/** What the courier says of a message. */
void sos_fate(struct sos *s, uint32_t network, const uint8_t member[32], const uint8_t message[16],
              bool is_delivered, bool is_lost);

/** When to tick next; TIMERS_NEVER: not before another call. */
uint64_t sos_deadline(const struct sos *s);
void sos_tick(struct sos *s, uint64_t now);

void sos_check(const struct sos *s);

#endif
