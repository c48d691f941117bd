/*
 * The histories of one network: its rooms and direct chats, as they lie in the store. Verified
 * entries and direct messages come in, in any order and more than once; what stands in each room's
 * order, what it looks like after edits and deletions, and news for who shows it go up.
 *
 * All rows of a call are written in the caller's turn, so they are one commit with what it writes
 * beside. In memory are rooms, devices, and the graphs of rooms that are in use (HISTORY_OPEN_MAX):
 * a start costs the same whatever the length of histories.
 *
 * Parts: history_row (layout), history_keep (what comes in), history_view (what people see),
 * history_cut (revoked devices), history_due (what ends), history_has (frontiers, receipts),
 * history_direct (direct chats).
 *
 * Source: docs/protocol/room.md.
 */
#ifndef CHAT_HISTORY_H
#define CHAT_HISTORY_H

#include "chat/content.h"
#include "chat/history_row.h"
#include "chat/room.h"

#define HISTORY_ROOMS_MAX 2048  /* rooms and direct chats */
#define HISTORY_NAMED_MAX 960   /* of them named: no more than epochs know, less the main one */
#define HISTORY_NAMED_OF_MAX 64 /* and made by one member; further ones are kept as entries */
#define HISTORY_OPEN_MAX 32     /* graphs of rooms in memory, 104 KiB each and 150 bytes a device */
#define HISTORY_NEAR_MAX 1024   /* of the entries of a room in use places are remembered */
#define HISTORY_DEVICES_MAX 16384 /* that ever said something in the network */
#define HISTORY_EVENTS_MAX 16384  /* between two calls of the owner; then HISTORY_MANY */
#define HISTORY_NEWS_MAX 1024     /* devices that the next frontier of a room names, singly */
#define HISTORY_UNREAD_MAX 1000   /* so many are counted, and stand for more */
/* What one entry may add to a commit beside three times its content: rows of 109 and less, heads of
 * 10 KiB, 9 links, words of its text and of one that it edits, 33 KiB each at most. */
#define HISTORY_COMMIT_ROOM ((size_t)128 * 1024)

/* An entry's place, which never changes, so that links to what came lately cost no search. */
struct history_near {
    uint8_t id[32];
    struct history_place place; /* number 0: none */
    bool is_plain;              /* nothing that counts is about it: no edit, no reaction */
};

enum history_kind { HISTORY_GROUP = 1, HISTORY_NAMED = 2, HISTORY_DIRECT = 3 };

/* A device that said something. */
struct history_device {
    uint32_t number; /* from 1 */
    uint8_t key[32];
    uint8_t member[32]; /* whose it was when it came */
    bool is_cut;        /* revoked: see history_cut.h */
    bool is_open;       /* and not all rooms follow that yet */
};

struct history_room {
    struct history *history;
    uint32_t number;
    enum history_kind kind;
    uint8_t id[32];
    uint8_t other[32]; /* DIRECT: the other member; NAMED: who made it */
    uint64_t last;     /* number of the entry that came last; as many came */
    uint64_t read;     /* what came up to this one was read */
    uint64_t height;   /* DIRECT: the greatest */
    uint32_t orphans;  /* edits, deletions, reactions that came before what they are about, ever */
    uint32_t unread;   /* shown, of others, not read; at most HISTORY_UNREAD_MAX */
    uint8_t sum[32];   /* of all ids, little-endian modulo 2^256 */
    struct history_near *near; /* owned, of HISTORY_NEAR_MAX, with the graph: looked at last */
    struct room *graph;        /* owned; NULL: not in use, or DIRECT */
    struct list open;          /* in history.open, the last used in front */
    uint32_t *news;            /* owned: devices that came further since the last frontier */
    size_t news_count;
    size_t news_cap;
    uint64_t
        bare_from;     /* below it no content is missing that is for this device (history_give.h) */
    uint64_t gap_from; /* up to it what is missing was looked for in vain for too long */
    uint64_t has_most; /* of what this device wrote others have no more; 0: not known yet */
    const void *taker; /* the talk in which what is missing is asked for; NULL: none */
    uint64_t taker_until;  /* lasting ns: then another one may ask as well, */
    uint64_t taker_end;    /* and then in any case (repair.h) */
    bool is_all_news;      /* since the start, or too many: all behind news_from */
    uint64_t expiry;       /* of its policy, as of history.about_number */
    uint64_t about_number; /* 0: not known */
    uint8_t news_from[32]; /* their keys in order */
};

enum history_event_kind {
    HISTORY_PLACED,  /* an entry stands in its room's order */
    HISTORY_CHANGED, /* a message looks different: edited, deleted, ended, reacted to */
    HISTORY_HIDDEN,  /* an entry that was told counts no more */
    HISTORY_FORKED,  /* `device` said two things at one sequence */
    HISTORY_ROOM,    /* a room was made or changed: `id` is its own */
    HISTORY_HAS,     /* `device` has all of this node's owner up to what is called `id` */
    HISTORY_READ,    /* the owner of `device` has read up to (height, id) */
    HISTORY_MANY,    /* more than can be told: look anew */
};

struct history_event {
    enum history_event_kind kind;
    uint8_t room[32];
    uint8_t id[32];
    uint64_t number; /* PLACED: of the entry, in its room */
    uint64_t height;
    uint32_t device; /* the author's number; history_device_at */
    uint8_t content; /* enum content_kind of what was placed, or HISTORY_ROW_NONE */
    bool is_shown;   /* PLACED: it is a message of its own */
    bool is_late;    /* PLACED: it belongs further up than people have read */
};

struct history_config {
    struct store *store; /* borrowed, like random and signer */
    const struct random *random;
    const struct signer *signer;
    uint8_t network[32];
    uint8_t founder[32]; /* the member that made it */
    uint8_t member[32];  /* this node's owner */
    uint8_t device[32];  /* this node's */
    /* Who let in the person whose device that is or was, by the log: the member's id. False: not
     * known, or there from the beginning. NULL: nobody knows. */
    bool (*sponsor)(void *context, const uint8_t device[32], uint8_t member[32]);
    void *context;
};

struct history {
    struct history_config config;
    uint32_t number;                   /* the network's */
    struct map rooms;                  /* by id */
    struct map devices;                /* by key */
    struct history_device **by_number; /* owned; number 1 is first */
    uint32_t device_count;
    uint32_t device_cap;
    uint32_t cut_count;
    size_t news_at;           /* the walk over rooms that frontiers are made of */
    uint64_t frontier_number; /* of the last one that was made */
    uint64_t now_s;           /* of the feed under way */
    uint64_t came_s;          /* of its entry */
    uint64_t bare_count;      /* entries that came without content, since the start */
    uint64_t about_number;    /* names and policies of rooms changed so often, from 1 */
    uint64_t due_ns;          /* history_due_next, when `is_due_known` */
    bool is_due_known;
    struct list open;
    size_t open_count;
    struct ring events;
    bool is_many; /* events were lost */
};

/* A verified entry that came. */
struct history_said {
    const struct entry *entry;
    const uint8_t *member; /* whose device wrote it, 32 bytes */
    uint64_t age_s;        /* that its envelope carried; 0 where there is none */
};

/** Load what the store has of the network; the group room is there from now on. CORRUPT,
 * UNSUPPORTED, LIMIT, errors of the store: `h` is cleared then. */
WARN_UNUSED int history_begin(struct history *h, const struct history_config *config);
void history_clear(struct history *h);

/** The room, or NULL. Pointers hold until history_clear. */
struct history_room *history_room(const struct history *h, const uint8_t id[32]);

/** The next room or chat, beginning with `*at` = 0, in no order; NULL behind the last. */
struct history_room *history_next_room(const struct history *h, size_t *at);

/** Who has that number. */
const struct history_device *history_device_at(const struct history *h, uint32_t number);
const struct history_device *history_device_of(const struct history *h, const uint8_t key[32]);

/**
 * Take a verified entry of a room of this network (room_feed says what with hints only means), at
 * `now`, the lasting time in ns. 0: it is kept, or waits for others. NOT_FOUND: its room is not
 * known here, EXISTS (one that is here without its content takes that: 0), CRYPTO, LIMIT (too much
 * waits, too many devices or rooms, or the commit is full), AGAIN (it lets more count than the
 * commit can take): it is not kept, and repair brings it again. Errors of the store. One of this
 * device's key that came from others and does not EXIST means that the key is copied: the caller
 * stops signing with it.
 */
WARN_UNUSED int history_feed(struct history *h, uint64_t now, const struct history_said *said);

/** Fill in what a new entry of this node in that room links to: room, device, sequence, previous,
 * parents. The caller adds expiry and content, signs or seals it, and feeds it. NOT_FOUND; errors
 * of the store. */
WARN_UNUSED int history_draft(struct history *h, const uint8_t room[32], struct entry *entry);

/** The next event, in order. Drain after every call. */
WARN_UNUSED bool history_next_event(struct history *h, struct history_event *event);

/** The room's graph, loaded when it is not in use: LIMIT, CORRUPT, errors of the store. The one
 * used longest ago may be given up for it, with what waits there. */
WARN_UNUSED int history_open(struct history *h, struct history_room *room);

/** The first 8 bytes of the hash of all (author, sequence, id) of a room: id names all three. */
void history_hash(const struct history_room *room, uint8_t out[8]);

/* ---- For the parts ---- */

/** The device, which is made when it is new. LIMIT; errors of the store. */
WARN_UNUSED int history_meet(struct history *h, const uint8_t key[32], const uint8_t member[32],
                             struct history_device **out);

/** Is it a device of this node's owner? This one is, also what it said as another member's: its
 * owner left, and came back. NULL: no. */
bool history_is_own(const struct history *h, const struct history_device *d);

/** The room, which is made when it is new. LIMIT; errors of the store. */
WARN_UNUSED int history_make_room(struct history *h, const uint8_t id[32], enum history_kind kind,
                                  const uint8_t other[32], struct history_room **out);

/** Nothing that counts is about entry `id`, as far as is known without looking: true is certain. */
bool history_is_plain(const struct history_room *room, const uint8_t id[32]);

/** Remember a place that was made now; or that something is about an entry. */
void history_note_place(const struct history_room *room, const uint8_t id[32],
                        const struct history_place *place, bool is_plain);
void history_note_about(const struct history_room *room, const uint8_t id[32]);

/** As history_row_get_place. */
WARN_UNUSED int history_find(const struct history_room *room, const uint8_t id[32],
                             struct history_place *place);

/** Write the room's own row. */
void history_save_room(struct history_rows *s, const struct history_room *room);

/** Write the heads of a room that is in use. */
void history_save_heads(struct history_rows *s, const struct history_room *room);

/** Write a device: its member, and whether it is revoked. */
void history_save_cut(struct history_rows *s, const struct history *h,
                      const struct history_device *d);

/** Write how far a device is here. */
void history_save_device(struct history_rows *s, const struct history_room *room, uint32_t device,
                         const struct room_device *state);

void history_tell(struct history *h, const struct history_event *event);

/** Let the next frontier name the device. */
void history_note_news(struct history_room *room, uint32_t device);

/** Is there room for the rows of so much content in this turn's commit? 0 or LIMIT. */
WARN_UNUSED int history_has_room(const struct history *h, size_t content);

/** Walk the invariants in memory. */
void history_check(const struct history *h);

#endif
