/*
 * Group keys of one device in one group: a machine.
 *
 * In come views from the membership log, messages from members, frontiers, acknowledgements of what
 * is durable; out go changes and wraps. Entries are sealed and opened by epoch_seal.h, changes made
 * by epoch_make.h, all of it saved by epoch_state.h. Source: docs/protocol/epoch.md.
 */
#ifndef GROUP_EPOCH_H
#define GROUP_EPOCH_H

#include "group/epoch_set.h"
#include "group/wrap.h"

#define EPOCH_SETS_MAX (EPOCH_GRAPH_CHANGES_MAX + 64) /* one a change, and 64 of several heads */
#define EPOCH_LEAVES_MAX WRAP_OWN_MAX                 /* own leaves that wraps may still come for */
#define EPOCH_WAITING_MAX 64   /* messages whose parents, view or base have not come */
#define EPOCH_SKIPPED_MAX 4096 /* keys passed over, of all chains: 400 KiB */
#define EPOCH_ROOMS_MAX 1024
#define EPOCH_SAVE_USES 64 /* keys used up before the state is to be saved: a block's worth, */
#define EPOCH_SAVE_NS (UINT64_C(3600) * 1000000000) /* or an hour behind the first of them */
/* Saves that only erase, or keep what would come again, are asked for once a second at most. */
#define EPOCH_SAVE_GAP_NS UINT64_C(1000000000)
#define EPOCH_OUT_MAX 1024 /* events not yet taken; what a peer could cause is dropped */
#define EPOCH_OUT_BYTES_MAX (1024 * 1024) /* of messages among them: 16 welcomes four times */
#define EPOCH_BLIND_NS (UINT64_C(30) * 1000000000)    /* a wrap takes its own way: time for it */
#define EPOCH_ASK_WORN_NS (UINT64_C(60) * 1000000000) /* an ask is said so long, then anew */
#define EPOCH_DERIVED_NS                                                                           \
    (UINT64_C(3) * 1000000000) /* a derived one has none: its parents' may come */
#define EPOCH_ORPHAN_NS (UINT64_C(24) * 3600 * 1000000000) /* and for the parents of a change */
#define EPOCH_ASKS_MAX 16                                  /* newcomers in one welcome */

struct epoch_config {
    uint8_t group[32];
    const struct ed25519_pair *device; /* borrowed for the machine's life, as all here */
    const struct signer *signer;
    const struct random *random;
    struct aead *aead;
    enum aead_kind kind; /* to seal with */
    uint64_t hold_ns;    /* epoch_hold.h: an epoch left is written under so long; 0: never */
};

/* Why one may not write now. */
enum epoch_bar {
    EPOCH_READY,
    EPOCH_OUTSIDE, /* no member by the view of now, or there is no view */
    EPOCH_STOPPED, /* a later signature of one's own was met: become a new device */
    EPOCH_EMPTY,   /* no head is known: ask, or make the first change */
    EPOCH_BLIND,   /* the secret of a head, or what it stands on, is missing: wait, ask, or make a
                      change */
    EPOCH_CROWDED, /* too many heads: make a change */
    EPOCH_REMOVED, /* somebody could read who belongs no more: make a change */
    EPOCH_SPLIT,  /* a change must be made, and the log has more heads than one can name: bring them
                     together first */
    EPOCH_UNSURE, /* the view of now was refused (epoch_members): who belongs is not known */
    EPOCH_CLASSIC /* one may write; a reason of EPOCH_DUE alone: one has made no full change.
                     Without a leaf that was said (epoch_leaf.h), all that others send is closed by
                     X25519 alone, and it presses */
};

enum epoch_event_kind {
    EPOCH_SAY,  /* bytes: to all members */
    EPOCH_TELL, /* bytes: to the device `to`, over a session or hybrid link */
    EPOCH_SAVE, /* save the state; when it is durable: epoch_saved(ticket) */
    EPOCH_VIEW, /* bytes: log heads, 32 each. Answer, when the log has them, with epoch_give_view */
    EPOCH_OPENED,  /* id: an epoch became readable; entries kept for it can be opened */
    EPOCH_MISSING, /* id: the secret of this head, or this change, which a head names as parent, has
                      not come in time: ask, or make a change */
    EPOCH_DUE, /* a change is due; `bar` says why. READY: the epoch is old or a chain near its end;
                  BLIND: a head may stand above another one, and nobody writes until a change stands
                  above all. Told once for each reason, and again after a load */
    EPOCH_ROLLED_BACK /* see EPOCH_STOPPED */
};

struct epoch_event {
    enum epoch_event_kind kind;
    enum epoch_bar bar;
    uint8_t to[32];
    uint8_t id[32];
    uint64_t ticket;
    struct span bytes; /* borrowed until the next call */
};

struct epoch_out {
    struct list link;
    struct epoch_event event;
    uint64_t ticket; /* goes when this is durable; 0: at once */
    uint8_t bytes[];
};

struct epoch_waiting {
    struct list link;
    uint8_t from[32];
    uint64_t since;
    bool has_asked;    /* for its view */
    bool is_proved;    /* its signature held */
    bool lacks_view;   /* `view` names it */
    bool lacks_parent; /* and its author belongs: one day it is taken without */
    uint64_t asked_ns; /* when */
    uint8_t view[32];
    size_t len;
    uint8_t bytes[];
};

struct epoch_leaf {
    struct wrap_own own;
    uint64_t since; /* ns, when it was made */
};

/* A seed of one's own that is being sent. */
struct epoch_pending {
    struct epoch_change *change; /* NULL: none */
    uint8_t seed[32];
    size_t next;     /* of change->members */
    uint64_t ticket; /* begins when this is durable */
};

/* An ask of one's own that no welcome has answered. */
struct epoch_ask {
    bool is_open;
    bool was_given;  /* to the owner: it may be on its way */
    bool has_answer; /* and that was not all that is missing: another may bring the rest */
    bool is_whole;   /* secrets of heads alone are no help: it wants a welcome */
    uint64_t number; /* of the last one, open or not */
    uint64_t ticket; /* it leaves when this is durable */
    uint64_t since;  /* ns, when its key was made */
    struct wrap_own key;
};

struct epoch {
    struct epoch_config config;
    struct epoch_views views;
    struct epoch_members *current; /* a reference; NULL: none yet */
    int self;                      /* slot; -1 until one's device was seen in a view */
    struct epoch_graph graph;
    struct list sets;
    size_t set_count;
    struct epoch_set *writing; /* the set of the heads; NULL: not made yet */
    struct epoch_set *held;   /* epoch_hold.h: written under beside or before the heads, or NULL; */
    bool is_behind;           /* the heads are others, */
    bool is_held_good;        /* nobody reads it who may not, */
    uint64_t behind_since_ns; /* since then */
    enum epoch_bar bar;
    uint64_t sequence;                          /* of one's own last change */
    struct epoch_leaf leaves[EPOCH_LEAVES_MAX]; /* newest first */
    size_t leaf_count;
    uint64_t leaf_ticket; /* the change that brought the first leaves when this is durable */
    struct epoch_pending pending;
    struct epoch_made *again; /* owned; one's own last derived change, for who asks; NULL: none */
    struct epoch_ask ask;
    struct list out;
    size_t out_count;
    size_t out_bytes;         /* of the messages among them */
    struct epoch_out *handed; /* the event that the owner looks at */
    struct list waiting;
    size_t waiting_count;
    uint64_t ticket;        /* last given */
    uint64_t saved;         /* last acknowledged */
    bool is_save_out;       /* the owner has not taken the SAVE of `ticket` yet */
    uint32_t uses;          /* keys used up since the state was last to be saved */
    uint64_t uses_since_ns; /* when the first of them was, or before */
    uint64_t told_ns;       /* the latest time that the owner told */
    uint64_t save_from_ns;  /* from then on a save may be asked for that nothing waits for */
    bool is_save_wanted;    /* then, at the latest */
    size_t skipped;         /* keys passed over, of all chains */
    uint64_t vain;          /* steps of chains for entries that were refused */
    uint8_t (*rooms)[32];   /* owned */
    size_t room_count;
    bool is_stopped;
    bool is_unsure; /* the view of now was not taken */
    bool is_due_told;
    enum epoch_bar due; /* the reason told */
    bool has_lost;      /* an event was dropped that is told again when there is room */
    uint64_t offset;    /* to the owner's `now`: a loaded state goes on with its own time */
};

/** A device that knows no change yet, with a fresh leaf (with ML-KEM, so 30 us of work). */
void epoch_init(struct epoch *e, const struct epoch_config *config, uint64_t now);
void epoch_clear(struct epoch *e);

/** A message, from the device that an authenticated channel names. 0: taken, or known; AGAIN: it
 * waits here for what it builds on, and may have to give way: until it was taken, it is not
 * acknowledged and may come again; CRYPTO, UNSUPPORTED: refused; LIMIT: there is no room
 * for it now, or it would wait and `from` is no member: another time it may be taken. A change
 * whose id is known is not verified again, so a copy of it is not handed on: only the one that was
 * taken first is. Asks are not taken here: they are the owner's to decide about
 * (epoch_make_welcome). */
WARN_UNUSED int epoch_feed(struct epoch *e, uint64_t now, const uint8_t from[32],
                           struct span message);

/** Who belongs now. Whenever the membership log has changed, and after a load. INVALID, LIMIT: it
 * was not taken, and nothing is written until one is. */
WARN_UNUSED int epoch_members(struct epoch *e, uint64_t now, const struct epoch_view *view);
/** Who belonged at other log heads: an answer to EPOCH_VIEW. */
WARN_UNUSED int epoch_give_view(struct epoch *e, uint64_t now, const struct epoch_view *view);

/** A state that was taken after the SAVE of `ticket` is durable. */
void epoch_saved(struct epoch *e, uint64_t now, uint64_t ticket);
/** All that `device` wrote before the epoch `id` is here: its frontier has passed what stands
 * below.
 */
void epoch_passed(struct epoch *e, uint64_t now, const uint8_t device[32], const uint8_t id[32]);

bool epoch_next_event(struct epoch *e, struct epoch_event *event);
uint64_t epoch_deadline(const struct epoch *e); /* UINT64_MAX: never */
/** Of it, what an opened or sealed entry can have brought nearer: it costs no walk over changes. */
uint64_t epoch_deadline_used(const struct epoch *e);
void epoch_tick(struct epoch *e, uint64_t now);
enum epoch_bar epoch_bar(const struct epoch *e);
void epoch_check(const struct epoch *e);

/* For the other parts of the machine. */

/** Ask the owner to save, once for all that has come together until it takes the event. Returns the
 * ticket that what needs it waits for. */
uint64_t epoch_save(struct epoch *e);
/** The same when nothing waits for it: now, or a second behind the last one. */
void epoch_save_soon(struct epoch *e);
/** A key was used up: on the disk, too, it should not be for long. */
void epoch_used(struct epoch *e);

struct epoch_out *epoch_emit(struct epoch *e, enum epoch_event_kind kind, size_t len);
/** An event that others can cause: NULL and none when the owner does not take them. */
struct epoch_out *epoch_hint(struct epoch *e, enum epoch_event_kind kind, struct span bytes);
/** False when it was dropped. */
bool epoch_hint_id(struct epoch *e, enum epoch_event_kind kind, const uint8_t id[32]);
/** Whether there is something to ask for: no head is known, or the secret of one, or what it stands
 * on, is missing. */
bool epoch_is_lacking(const struct epoch *e);
struct epoch_set *epoch_find_set(const struct epoch *e, const uint8_t id[32]);
/** Find heads, bar and what may be forgotten anew, and try what waits. */
void epoch_settle(struct epoch *e, uint64_t now);
/** `seed` of `c` has come: keep what is kept, open its epoch. */
void epoch_install(struct epoch *e, uint64_t now, struct epoch_change *c, const uint8_t seed[32]);
/** The epoch of those heads, ascending, made when it is not here; NULL when it cannot be. */
struct epoch_set *epoch_set_of(struct epoch *e, uint64_t now, struct epoch_change *const *heads,
                               size_t count);
/** The same for the device `namer`, which gets no more than its share of them. */
struct epoch_set *epoch_set_named(struct epoch *e, uint64_t now, struct epoch_change *const *heads,
                                  size_t count, int namer);
void epoch_drop_set(struct epoch *e, struct epoch_set *s);
/** Forget a change with every epoch that stands on it; what it stands on stays superseded. */
void epoch_forget(struct epoch *e, struct epoch_change *c);
void epoch_add_set_take(struct epoch *e, struct epoch_set *s);
void epoch_stop(struct epoch *e);
/** Enter a change whose signature, parents and view were found good. */
struct epoch_change *epoch_enter(struct epoch *e, uint64_t now, const struct epoch_msg_change *c,
                                 struct epoch_members *members_taken, struct span message);

#endif
