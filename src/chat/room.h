/*
 * One room's graph of entries: verified entries come in, in any order, more than once, some with
 * their links as hints only; each is placed once all that it links to is here. What is placed has a
 * height, which follows from the graph alone, so all who hold the same entries have one order:
 * height, then id. Entries for the store and news for the view leave.
 *
 *   fed -> waits for what it links to -> placed
 *
 * Source: docs/protocol/room.md.
 */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "base/list.h"
#include "base/map.h"
#include "base/ring.h"
#include "group/entry.h"

#define ROOM_DEVICES_MAX 4096 /* 1,024 members with 4 each */
#define ROOM_HEADS_MAX                                                                             \
    256 /* remembered to be tied together; then the lowest of who has most is forgotten */
#define ROOM_WAITING_MAX 4096
#define ROOM_WAITING_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define ROOM_WAITING_SHARE 8  /* one device has an eighth of both */
#define ROOM_UNLINKED_MAX 256 /* of them, such as have hints only */
#define ROOM_RECENT_MAX 512   /* placed entries that hints are looked up in */
#define ROOM_LATE 32          /* so far below the highest, an entry is shown as late */
#define ROOM_EVENTS_MAX (2 * (ROOM_WAITING_MAX + 1)) /* one entry may let all that wait in */

#define ROOM_ASIDE 1 /* see room_ops.keep */

/* Where an entry stands. */
struct room_place {
    uint8_t device[32];
    uint64_t sequence;
    uint64_t height; /* from 1 */
};

/* The room's store; both are called within room_feed alone. */
struct room_ops {
    void *context;
    /* Where the placed entry `id` of this room stands: 0, WAVU_ERR_NOT_FOUND, or what the store
     * says. */
    int (*find)(void *context, const uint8_t id[ENTRY_ID_SIZE], struct room_place *place);
    /* Keep an entry that is placed now, with its frontier (the room's state is changed after this).
     * What it returns below 0 goes up; the entry is not placed then. ROOM_ASIDE: it is placed and
     * does not count, so nobody is to link to it: it is no head, and what it links to stays one. */
    int (*keep)(void *context, const uint8_t id[ENTRY_ID_SIZE], const struct entry *entry,
                const struct room_place *place);
    /* Whose `device` is: a number that all of its member's devices have in common. */
    uint64_t (*author)(void *context, const uint8_t device[32]);
};

enum room_event_kind {
    ROOM_PLACED, /* an entry is part of the room's order */
    ROOM_FORKED, /* `device` has said two things at one sequence; once a device */
};

struct room_event {
    enum room_event_kind kind;
    uint8_t id[ENTRY_ID_SIZE];
    struct room_place place;
    bool is_late; /* it belongs further up than people have read */
};

/* How far a device's entries are here without gaps. */
struct room_device {
    uint8_t device[32];
    uint64_t sequence; /* of its last one; 0: none */
    uint8_t last[ENTRY_ID_SIZE];
    bool is_forked;
    size_t waiting;
    size_t waiting_bytes;
};

struct room_head {
    uint8_t id[ENTRY_ID_SIZE];
    uint64_t height;
    uint64_t author; /* see room_ops.author */
};

struct room {
    uint8_t network[32];
    uint8_t id[32];
    struct room_ops ops;
    struct map devices;
    struct room_head heads[ROOM_HEADS_MAX]; /* nobody links to them yet; the newest last */
    size_t head_count;
    uint64_t turn;      /* the author whose head was tied last in its turn */
    uint64_t height;    /* the greatest */
    struct map waiting; /* by id */
    struct map missing; /* lists of those that wait, by what they wait for */
    struct list unlinked;
    size_t unlinked_count;
    size_t waiting_bytes;
    struct room_head recent[ROOM_RECENT_MAX]; /* placed lately, heads or not: a ring */
    size_t recent_count;                      /* ever */
    struct ring events;
};

/** `ops` is copied, its context borrowed; `random` seeds the maps. */
void room_init(struct room *r, const uint8_t network[32], const uint8_t id[32],
               const struct room_ops *ops, const struct random *random);
void room_clear(struct room *r);

/* What the store has, before the first entry is fed. WAVU_ERR_LIMIT. */
WARN_UNUSED int room_load_device(struct room *r, const struct room_device *device);
void room_load_head(struct room *r, const struct room_head *head);

/** An entry that stood aside counts now, or one that counted does no more: let it be a head
 * (room_load_head), or none. */
void room_forget_head(struct room *r, const uint8_t id[ENTRY_ID_SIZE]);

/**
 * Take a verified entry of this room (entry_verify, or opened by the epoch), with links or, from a
 * sealed form, with hints. 0: it is placed, or waits (what waits takes links and content that it
 * lacked). WAVU_ERR_EXISTS: it is here already;
 * WAVU_ERR_CRYPTO: it links to what cannot be its links; WAVU_ERR_LIMIT: too much waits, or its
 * device is one too many: it comes again by repair. Errors of the store. Nothing changed then.
 */
WARN_UNUSED int room_feed(struct room *r, const struct entry *entry);

/**
 * Fill in what a new entry of `device` links to: sequence, previous, and two heads as parents, the
 * highest and that of the author whose turn it is: both are hinted at, so who has them places the
 * sealed form at once. Authors take turns, whatever their heads' heights and numbers: what an
 * author said is tied after as many drafts as there are authors with heads, at most.
 */
void room_draft(struct room *r, const uint8_t device[32], struct entry *entry);

/** How far the entries of `device` are here; NULL: none is. */
const struct room_device *room_device(const struct room *r, const uint8_t device[32]);

/** Names of what others wait for: entries that are not here, and such as are here with hints of
 * their links only, whose stored form is wanted. `max` of them at most; returns how many. */
size_t room_missing(const struct room *r, uint8_t (*out)[ENTRY_ID_SIZE], size_t max);

/** Entries that wait for others. */
size_t room_waiting(const struct room *r);

/** The next event, in order. Drain after every room_feed. */
WARN_UNUSED bool room_next_event(struct room *r, struct room_event *event);

/** Walk the invariants. */
void room_check(const struct room *r);

#endif
