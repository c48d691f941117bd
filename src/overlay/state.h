/*
 * State that all nodes share: each owns a namespace of keys and values, which it alone writes and
 * signs, and everybody ends up with everybody's newest. A machine: neighbours and their decoded
 * messages come from the owner, changes and messages to send leave as events.
 *
 * Every gossip_interval a node compares an 8-byte hash of all with one random neighbour. When it
 * differs they compare 64 parts, then versions by owner in the parts that differ, then send each
 * other what is newer, up to a budget (Scuttlebutt; docs/protocol/state.md).
 *
 * Parts: state_owner (one namespace), state_table (all of them, their hashes and limits),
 * state_round (what is compared and sent), state_apply (what is taken), state_out (events).
 */
#ifndef OVERLAY_STATE_H
#define OVERLAY_STATE_H

#include "base/budget.h"
#include "overlay/state_msg.h"
#include "overlay/state_table.h"

#define STATE_LINKS_MAX 16                            /* as plumtree */
#define STATE_INTERVAL_NS (UINT64_C(1) * 1000000000)  /* between rounds, half to one and a half */
#define STATE_ROUND_BYTES_MAX 16384                   /* of entries in one DELTA */
#define STATE_SALT_ROUNDS 16                          /* every so many rounds hash with a salt */
#define STATE_FORGET_NS (UINT64_C(3600) * 1000000000) /* silence after which a stranger goes */
#define STATE_ITEMS_ROUND_MAX 128                     /* owners in one DIGEST: about 6 kB */
/* What a neighbour may send and ask for. */
#define STATE_LINK_MESSAGES_RATE 16 /* a second; a round of its own and one of ours are 8 */
#define STATE_LINK_MESSAGES_BURST 64
#define STATE_LINK_VERIFY_RATE 500 /* signatures a second: a twentieth of a core */
#define STATE_LINK_VERIFY_BURST 2000
#define STATE_LINK_WISHES_RATE 64 /* owners that it says to have newer, asked for and not given */
#define STATE_LINK_WISHES_BURST 1024
#define STATE_STRANGERS_MAX 32 /* owners that are not known to belong */

/* Asked of who knows, which is above: does the owner belong to the network? It may say no of a
 * newcomer that it has not heard of yet, and yes later (state_recheck). Who belongs is kept through
 * silence, as long as nobody who speaks needs the room. */
struct state_policy {
    bool (*belongs)(void *context, const struct overlay_id *owner);
    void *context;
};

/* Zero in a number means the constant above or in state_table.h. */
struct state_config {
    struct overlay_id self;
    uint64_t generation;             /* higher than in earlier lives, as far as that is known */
    const struct random *random;     /* borrowed */
    const struct overlay_sign *sign; /* borrowed */
    /* How what was saved may be signed as well, by a wavu of before that left out the network;
     * NULL: not at all. Borrowed. */
    const struct overlay_sign *sign_saved;
    struct state_policy policy; /* without `belongs`: whoever has a key does */
    uint64_t interval_ns;       /* gossip_interval */
    uint64_t forget_ns;
    size_t round_bytes;
    uint32_t owners_max;
    size_t bytes_max; /* of all namespaces */
};

enum state_event_kind {
    STATE_SEND,    /* `msg` to the neighbour `to` */
    STATE_CHANGED, /* a key of another owner is new, changed or deleted */
    STATE_WRITTEN, /* own keys or versions changed: save them with state_save */
    STATE_FORGOT   /* an owner is gone with all its keys */
};

/* Spans are borrowed until the next call. */
struct state_event {
    enum state_event_kind kind;
    struct overlay_id to;    /* SEND */
    struct state_msg msg;    /* SEND */
    struct overlay_id owner; /* CHANGED, FORGOT */
    struct span key;         /* CHANGED */
    struct span value;       /* CHANGED; ptr NULL: deleted */
};

/* Counters, for metrics and tests; none is ever reset. */
struct state_stats {
    uint64_t rounds;  /* begun */
    uint64_t same;    /* hashes of others that were ours, too */
    uint64_t applied; /* entries taken */
    uint64_t stale;   /* entries that were here already, or older */
    uint64_t forged;  /* wrong signatures */
    uint64_t full;    /* entries refused for a limit */
    uint64_t shed;    /* messages refused for a rate */
    uint64_t torn;    /* namespaces found to lack a key, and asked for anew */
    uint64_t forgotten;
    uint64_t reborn; /* met a past of our own that was ahead, and went beyond it */
};

struct state_link; /* private */
struct state_out;  /* private */

struct state {
    struct state_config config;
    struct state_stats stats;
    struct state_table table;
    struct state_link *links; /* owned */
    size_t link_cap;
    struct state_out *out; /* owned; events not taken yet */
    size_t out_first;
    size_t out_count;
    size_t out_cap;
    uint8_t *held; /* owned: the list of the event that was taken last */
    uint64_t round_due_ns;
    uint64_t forget_due_ns;
    uint64_t refresh_due_ns;
    uint64_t stamp;  /* of the digest that is looked at */
    uint32_t round;  /* counts, for the salted ones */
    bool is_written; /* WRITTEN is owed */
};

void state_init(struct state *s, uint64_t now, const struct state_config *config);
void state_clear(struct state *s);

/** Rounds come that often from `now` on; 0: STATE_INTERVAL_NS. */
void state_set_interval(struct state *s, uint64_t now, uint64_t interval_ns);

/** A neighbour came; a round with it follows soon. WAVU_ERR_LIMIT beyond STATE_LINKS_MAX,
 * WAVU_ERR_EXISTS when it is there. */
WARN_UNUSED int state_link_up(struct state *s, uint64_t now, const struct overlay_id *who);
void state_link_down(struct state *s, uint64_t now, const struct overlay_id *who);

/** Write or delete a key of our own. WAVU_ERR_LIMIT beyond the bounds of a namespace,
 * WAVU_ERR_INVALID for an empty key, WAVU_ERR_NOT_FOUND when what is to be deleted is not there.
 * A value that stands there already is not written again. */
WARN_UNUSED int state_set(struct state *s, uint64_t now, struct span key, struct span value);
WARN_UNUSED int state_delete(struct state *s, uint64_t now, struct span key);

/** The value under `key` of `owner`, borrowed until the next call. WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int state_get(const struct state *s, const struct overlay_id *owner, struct span key,
                          struct span *value);

/** Walk all live keys: start with a zeroed cursor; false at the end. Nothing may change meanwhile.
 * Order is undefined. */
struct state_cursor {
    size_t owner_at; /* private */
    size_t entry_at; /* private */
    struct overlay_id owner;
    struct span key;
    struct span value;
};
WARN_UNUSED bool state_next(const struct state *s, struct state_cursor *cursor);

/** Who belongs has changed: the policy is asked anew of all. */
void state_recheck(struct state *s);

/** Forget an owner that is not known to belong now, before its time. */
void state_forget(struct state *s, uint64_t now, const struct overlay_id *owner);

/** Append what the store keeps of `owner` (a Block of docs/protocol/state.proto). WAVU_ERR_LIMIT
 * when it does not fit (STATE_MSG_SIZE_MAX suffices), WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int state_save(const struct state *s, uint64_t now, const struct overlay_id *owner,
                           struct wr *w);

/** Take what state_save wrote in an earlier life, signatures verified; what finds no room is left
 * out. Our own namespace, to be loaded before the first state_set, goes on in a generation above
 * both the saved and the configured one. WAVU_ERR_CORRUPT, WAVU_ERR_EXISTS when something of our
 * own was written already. */
WARN_UNUSED int state_load(struct state *s, uint64_t now, struct span saved);

/** Take a neighbour's message. WAVU_ERR_PROTO and WAVU_ERR_CRYPTO: it broke the rules, drop it.
 * WAVU_ERR_LIMIT: it sends too much; this message was shed. WAVU_ERR_NOT_FOUND: it is no neighbour
 * (any more). */
WARN_UNUSED int state_feed(struct state *s, uint64_t now, const struct overlay_id *from,
                           const struct state_msg *m);

/** The next event, to be taken after every call until false. */
WARN_UNUSED bool state_next_event(struct state *s, struct state_event *event);

uint64_t state_deadline(const struct state *s);
void state_tick(struct state *s, uint64_t now);

/** Hash of all that is here: two nodes with the same state have the same one. */
uint64_t state_hash(const struct state *s);
uint64_t state_generation(const struct state *s); /* our own, now */

/** Walk the structure and CHECK its invariants. */
void state_check(const struct state *s);

#endif
