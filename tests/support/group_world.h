/*
 * Devices of one group with a membership log that knows only "added" and "removed", and a network
 * that keeps everything ever sent: what a test plays its schedule on, and what a thief has seen.
 *
 * Broadcasts reach a device when it is in the same part of the network as one that has them;
 * messages to one device wait for it. Nothing is delivered but by group_world_deliver and _run.
 */
#ifndef TESTS_SUPPORT_GROUP_WORLD_H
#define TESTS_SUPPORT_GROUP_WORLD_H

#include "group/epoch_make.h"
#include "group/epoch_seal.h"
#include "group/epoch_state.h"

#define GROUP_WORLD_NODES_MAX 256
#define GROUP_WORLD_LOG_MAX 256
#define GROUP_WORLD_SECOND UINT64_C(1000000000)

/* An operation of the log: who comes or goes, and what its author knew. */
struct group_world_log {
    uint8_t id[32];
    bool is_removal;
    size_t who[GROUP_WORLD_NODES_MAX];
    size_t count;
    bool behind[GROUP_WORLD_LOG_MAX]; /* the operations that it stands on, all of them */
};

enum group_world_kind { GROUP_WORLD_SAID, GROUP_WORLD_TOLD, GROUP_WORLD_LOGGED, GROUP_WORLD_ENTRY };

/* Something that was sent. */
struct group_world_item {
    enum group_world_kind kind;
    size_t from;
    size_t to;  /* TOLD */
    size_t log; /* LOGGED: which operation */
    uint8_t *bytes;
    size_t len;
    uint8_t epoch[32];                     /* ENTRY: under which it was sealed */
    struct entry entry;                    /* ENTRY: with its content */
    bool is_for[GROUP_WORLD_NODES_MAX];    /* ENTRY: who is a member of that epoch */
    bool has[GROUP_WORLD_NODES_MAX];       /* who has it */
    bool waits[GROUP_WORLD_NODES_MAX];     /* SAID, TOLD: with whom it waits for others */
    bool opened[GROUP_WORLD_NODES_MAX];    /* ENTRY: who read it from its ciphertext */
    bool handed_on[GROUP_WORLD_NODES_MAX]; /* ENTRY: who got it in stored form */
    bool is_lost;                          /* TOLD: on the way */
};

struct group_world_node {
    struct ed25519_pair device;
    struct epoch_config config;
    struct epoch e;
    bool is_up;
    bool was_made;
    unsigned part;                 /* of the network */
    bool log[GROUP_WORLD_LOG_MAX]; /* operations it knows */
    struct buf durable;            /* its last saved state */
    uint8_t leaf[32];
    uint8_t mlkem[MLKEM_PUBLIC_SIZE];
    uint8_t wanted[16][EPOCH_MSG_LOG_HEADS_MAX * 32]; /* views it asked for */
    size_t wanted_len[16];
    size_t wanted_count;
    unsigned events[EPOCH_ROLLED_BACK + 1]; /* how many of each kind */
    uint64_t sequence;                      /* of its entries */
    uint8_t previous[32];
    struct epoch_event todo[16]; /* SAVE not yet done, with a slow disk */
    size_t todo_count;
};

struct group_world {
    struct random_seeded seeded;
    struct random random;
    struct aead *aead;
    bool has_own_aead;
    const struct signer *signer;
    uint8_t group[32];
    uint8_t room[32];
    uint64_t now;
    struct group_world_node *nodes;
    size_t node_max;
    size_t node_count;
    struct group_world_log *log;
    size_t log_count;
    struct group_world_item **items; /* owned */
    size_t item_count;
    size_t item_cap;
    bool has_slow_disk; /* SAVE waits for group_world_disk */
    bool has_no_mlkem;  /* the log knows X25519 leaves only */
};

/** Signatures of the real size without their cost; who wants to forge can. */
extern const struct signer group_world_null_signer;

void group_world_init(struct group_world *w, uint64_t seed, const struct signer *signer);
/** For at most `max` devices, over an `aead` that outlives it: cheap enough for a fuzzer. */
void group_world_init_small(struct group_world *w, size_t max, struct aead *aead);
void group_world_clear(struct group_world *w);

/** A new device, no member yet. Returns its number. */
size_t group_world_make(struct group_world *w);
/** An operation of the log by `by`: `who` comes or goes. */
void group_world_log(struct group_world *w, size_t by, bool is_removal, size_t who);
/** `count` devices, members from the first operation; device 0 makes the first change. All is
 * delivered. */
void group_world_begin(struct group_world *w, size_t count);

/** Take all events of a device, and do what they ask. */
void group_world_pump(struct group_world *w, size_t node);
/** Do what a slow disk has still to do for it. */
void group_world_disk(struct group_world *w, size_t node);
/** Deliver item `i` to `node` if it is reachable there. Returns whether it was new for it. */
bool group_world_deliver(struct group_world *w, size_t node, size_t i);
/** Deliver all that can be until nothing moves. */
void group_world_run(struct group_world *w);

/** `node` makes a change that all take; the length of its wrap for `to`, 0 when there is none. */
size_t group_world_wrap_of_change(struct group_world *w, size_t node, bool is_full, size_t to);

/** A second later `node` makes a change whose wraps get lost on their way to `to`, or to everybody:
 * who lacks one lacks its secret. All else is delivered. */
#define GROUP_WORLD_ALL SIZE_MAX
void group_world_change_unheard(struct group_world *w, size_t node, bool is_full, size_t to);

/** Write an entry with a content of its own. Returns epoch_seal_write's error; the item is the last
 * one then. */
int group_world_write(struct group_world *w, size_t node);
/** As above, making a change first when one is due; CHECKs that it then works. */
struct group_world_item *group_world_must_write(struct group_world *w, size_t node);

/** `node` asks, into `out`, whatever its disk. Returns epoch_make_ask's error. */
int group_world_ask(struct group_world *w, size_t node, struct wr *out);
/** The same into `bytes`, which must work. What is returned borrows them. */
#define GROUP_WORLD_ASK_MAX 2048
struct epoch_make_asked group_world_asked(struct group_world *w, size_t node,
                                          uint8_t bytes[GROUP_WORLD_ASK_MAX]);
/** `by` answers that. Returns epoch_make_welcome's error. */
int group_world_answer(struct group_world *w, size_t by, const struct epoch_make_asked *asked);
/** `newcomer` asks, `by` answers. Returns epoch_make_welcome's error. */
int group_world_welcome(struct group_world *w, size_t by, size_t newcomer);

void group_world_crash(struct group_world *w, size_t node);
void group_world_restart(struct group_world *w, size_t node);

/** Save into `out`, which the caller clears. */
void group_world_steal(const struct group_world *w, size_t node, struct buf *out);

#endif
