/*
 * What a simulation does, as data: how many nodes, over which cables, what they say to each other,
 * and an explicit list of faults. A scenario comes from a file (scenario_toml), from a seed
 * (scenario_draw) or from the shrinker, and goes to run.h.
 *
 * Everything random in a run comes from `seed` and, for a fault, its `id`: taking one fault away
 * shifts nothing that the others do. Times are milliseconds of virtual time since the start,
 * probabilities ratios of whole numbers.
 */
#ifndef SWARM_SCENARIO_H
#define SWARM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/err.h"

#define SCENARIO_FAULTS_MAX 256
#define SCENARIO_NODES_MAX 200000 /* about 10 GB of bare overlays */
#define SCENARIO_WHOLE_MAX 200    /* whole nodes with real cryptography */
#define SCENARIO_NAME_MAX 64      /* with NUL */
#define SCENARIO_EVERYWHERE UINT32_MAX

/* What nodes are, and what their links do with loss. Every figure says which was used. */
enum scenario_cable {
    SCENARIO_MESSAGE, /* bare overlays, null signatures; a message arrives whole or is lost */
    SCENARIO_STREAM,  /* bare overlays, null signatures; loss becomes a stall, as TCP makes it */
    SCENARIO_WHOLE    /* whole nodes, real cryptography, on simulated TCP and UDP */
};

enum scenario_fault_kind {
    SCENARIO_LOSS,      /* `rate` of the messages vanish (stalls on streams) */
    SCENARIO_DUPLICATE, /* `rate` of the messages come twice */
    SCENARIO_REORDER,   /* messages take up to `amount` ms longer, each for itself */
    SCENARIO_DELAY,     /* every message takes `amount` ms longer */
    SCENARIO_CLOG,      /* nothing passes until the end, then all of it at once */
    SCENARIO_BANDWIDTH, /* a node sends at most `amount` bytes a second */
    SCENARIO_PARTITION, /* those hit and those not hit do not hear each other */
    SCENARIO_ONE_WAY,   /* those hit are not heard by the others, but hear them */
    SCENARIO_NAT,       /* those hit cannot be dialled */
    SCENARIO_CRASH,     /* those hit fall silent; they start again at the end, if there is one */
    SCENARIO_RESET,     /* likewise, and their links are reset at once */
    SCENARIO_CHURN,  /* one of those hit crashes every `amount` ms and is back 10 to 60 s later */
    SCENARIO_TORN,   /* crash and restart at once, the disk torn: only what was synced is there */
    SCENARIO_SKEW,   /* their clocks jump forward by `amount` ms */
    SCENARIO_SLOW,   /* they stand still now and then, for up to `amount` ms */
    SCENARIO_SILENT, /* hostile: takes all, passes nothing on */
    SCENARIO_LIAR,   /* hostile: digests and views of things that are not */
    SCENARIO_REPLAY, /* hostile: says again what it heard */
    SCENARIO_FLOOD,  /* hostile: `amount` messages a second of every kind */
    SCENARIO_FAULT_KINDS
};

struct scenario_ratio {
    uint32_t part;
    uint32_t whole; /* > 0; part <= whole */
};

struct scenario_fault {
    uint32_t id; /* its draws' stream; unique in a scenario, kept when others go */
    enum scenario_fault_kind kind;
    uint64_t at_ms;
    uint64_t end_ms;             /* 0: never; from then on it is over */
    uint32_t node;               /* the only node hit, or SCENARIO_EVERYWHERE: `share` says */
    struct scenario_ratio share; /* of the nodes, drawn; cables from and to them are hit */
    struct scenario_ratio rate;  /* LOSS, DUPLICATE */
    uint64_t amount;             /* ms, bytes or messages a second, as the kind says */
};

/* Zero in a number of the mesh means the machines' default. */
struct scenario {
    char name[SCENARIO_NAME_MAX];
    uint64_t seed;
    uint32_t nodes;
    enum scenario_cable cable;
    uint32_t delay_min_ms; /* of a cable, drawn once for each */
    uint32_t delay_max_ms;
    uint64_t join_ms;   /* all nodes have started by then */
    uint64_t fault_ms;  /* then faults may happen for so long: safety is checked */
    uint64_t settle_ms; /* then all faults stop, and within this time all must be well */
    uint32_t senders;   /* nodes that broadcast in turn; 0: no broadcasts */
    uint64_t say_ms;    /* a broadcast every so often, from join_ms on */
    uint32_t say_bytes; /* of its payload, >= 16 */
    uint16_t min_degree;
    uint16_t max_degree;
    uint64_t gossip_ms;
    uint64_t heartbeat_ms;
    uint64_t rebalance_ms;
    uint64_t ihave_ms;
    uint32_t phi_milli; /* phi_threshold in thousandths */
    struct scenario_fault faults[SCENARIO_FAULTS_MAX];
    size_t fault_count;
};

/** A quiet scenario: 50 nodes, message cables of 10 to 50 ms, one broadcast a second. */
void scenario_init(struct scenario *s);

/** 0, or WAVU_ERR_INVALID with a sentence of what is wrong in `why`: numbers out of their bounds,
 * a fault outside the run, two faults with one id, a kind that these cables cannot do. */
WARN_UNUSED int scenario_check(const struct scenario *s, char *why, size_t why_size);

/** The word for a kind in files and reports: "loss", "one-way"; NULL beyond the last. */
const char *scenario_fault_word(enum scenario_fault_kind kind);
const char *scenario_cable_word(enum scenario_cable cable);

/** Whether `f` hits `node` in a run of `seed`: the same whatever else the scenario holds. */
bool scenario_hits(const struct scenario_fault *f, uint64_t seed, uint32_t node);

/** Whether what is said at `said_ms` can still be had, by every clock, when the faults stop:
 * payloads are kept for PLUMTREE_CACHE_NS, less time to spread, and a clock that jumps ahead makes
 * them older. */
bool scenario_is_owed(const struct scenario *s, uint64_t said_ms);

/** When the run is over. */
uint64_t scenario_end_ms(const struct scenario *s);

#endif
