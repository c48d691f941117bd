/*
 * The world in which two failure detectors are compared: a queue of events, cables that delay and
 * lose messages, nodes that stand still or crash, and the count of verdicts. One world runs one
 * system (`struct duel_player`: duel_swim.h, duel_mesh.h); two worlds of one seed have the same
 * slow nodes, pauses, delays and chances of loss, whoever plays.
 *
 * What a pause does (pause.h). STOPPED: whatever comes to the node waits, and at the end timers
 * come first, then messages in their order. BLOCKED: timers go on; messages to the node wait, and
 * what it sends leaves at the end.
 */
#ifndef SWARM_DUEL_WORLD_H
#define SWARM_DUEL_WORLD_H

#include "base/span.h"
#include "swarm/pause.h"

#define DUEL_WORLD_NODES_MAX 1000
#define DUEL_WORLD_INLINE 24                            /* bytes of a message kept in the event */
#define DUEL_WORLD_QUIET_NS (UINT64_C(10) * 1000000000) /* between two incidents about a node */

/* Verdicts about nodes that live and can be reached, from all to the gravest. */
enum duel_false {
    DUEL_FALSE_ALL,          /* also about nodes that stand still at that moment */
    DUEL_FALSE_AWAKE,        /* about nodes that do not */
    DUEL_FALSE_WELL,         /* about nodes that are never slow: Lifeguard's false positives */
    DUEL_FALSE_WELL_AT_WELL, /* of these, at nodes that are never slow */
    DUEL_FALSES
};

struct duel_count {
    uint64_t verdicts;  /* of one node about another; hearsay counts where somebody believes it */
    uint64_t declared;  /* of these, by the node's own patience: all of ours, SWIM's first ones */
    uint64_t incidents; /* runs of verdicts about one node without 10 s between two */
};

struct duel_figures {
    struct duel_count false_downs[DUEL_FALSES];
    uint64_t messages; /* sent */
    uint64_t bytes;    /* of these: as encoded, 8 a piece of SWIM's news, without transport */
    uint64_t events;
    uint32_t *first_ms; /* owned: from each crash to the first verdict; UINT32_MAX: none */
    size_t crashes;
    uint32_t *all_ms; /* owned: from crashes to every verdict about them */
    size_t all_count;
    size_t all_cap;
};

/* What comes to node `to`: `kind` is the player's, but for DUEL_WORLD_TICK. */
struct duel_event {
    uint64_t at;
    uint64_t order;
    uint8_t *block; /* owned; NULL when the bytes are inline */
    uint32_t len;
    uint16_t from;
    uint16_t to;
    uint8_t kind;
    uint8_t bytes[DUEL_WORLD_INLINE];
};

#define DUEL_WORLD_TICK 255

struct duel_world;

/* One system: all of its nodes. `context` is its own. */
struct duel_player {
    void *(*start)(struct duel_world *w);
    void (*stop)(void *context);
    void (*take)(void *context, const struct duel_event *e, struct span bytes); /* node e->to */
    void (*tick)(void *context, uint16_t node, bool is_blocked);
    uint64_t (*deadline)(void *context, uint16_t node);
};

struct duel_world_config {
    struct pause_config pauses; /* its seed is the world's */
    enum pause_kind kind;
    uint32_t loss_permille;
    uint64_t delay_min_ns; /* of a cable, one way, drawn once for each pair */
    uint64_t delay_max_ns;
    uint64_t count_from_ns; /* verdicts before are not counted */
};

struct duel_host; /* private */

struct duel_world {
    struct duel_world_config config;
    const struct duel_player *player;
    void *context;
    struct duel_host *hosts;  /* owned */
    struct duel_event *queue; /* owned: a heap by time, then by order */
    size_t queued;
    size_t queue_cap;
    uint64_t now;
    uint64_t order;
    struct duel_figures figures;
};

/** A world of `config` with `player`'s nodes in it, at time 1 s. Free its figures' arrays by
 * duel_world_clear. */
void duel_world_init(struct duel_world *w, const struct duel_world_config *config,
                     const struct duel_player *player);
void duel_world_clear(struct duel_world *w);

/** Let time pass until `end`. */
void duel_world_run(struct duel_world *w, uint64_t end);

/** Node `node` says and hears nothing from now on. */
void duel_world_crash(struct duel_world *w, uint16_t node);

bool duel_world_is_up(const struct duel_world *w, uint16_t node);

/** One way between two nodes, the same both ways. */
uint64_t duel_world_delay(const struct duel_world *w, uint16_t a, uint16_t b);

/* ---- for the player ---- */

/** Send `bytes` (copied) from `from` to `to` as an event of `kind`. Sure: over a stream, never
 * lost. */
struct duel_letter {
    uint16_t from;
    uint16_t to;
    uint8_t kind;
    bool is_sure;
};
void duel_world_send(struct duel_world *w, struct duel_letter letter, struct span bytes);

/** `node` gets an event of `kind` at `at`, without bytes. */
void duel_world_wake(struct duel_world *w, uint16_t node, uint8_t kind, uint64_t at);

/** `by` holds `about` for dead from now on; `is_own`: by its own patience. */
void duel_world_verdict(struct duel_world *w, uint16_t by, uint16_t about, bool is_own);

#endif
