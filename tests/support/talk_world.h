/*
 * A conversation of whole nodes in the simulator, judged by a ledger: they make a network, all
 * join it, say things, die at drawn moments with torn disks, are parted and healed.
 *
 * It asserts nothing by itself: talk_world_fault says what was wrong, so that a test and a tool
 * that runs thousands of seeds can share it.
 */
#ifndef TESTS_SUPPORT_TALK_WORLD_H
#define TESTS_SUPPORT_TALK_WORLD_H

#include "sim/sim.h"
#include "sim/sim_draw.h"
#include "tests/support/talk_ledger.h"

#define TALK_WORLD_NODES_MAX 256
#define TALK_WORLD_REST_NS (UINT64_C(10) * 1000000000) /* behind the beginning */

struct talk_world_config {
    uint64_t seed;
    size_t count;       /* nodes */
    bool is_in_memory;  /* stores in memory, for many nodes: nobody can die then */
    uint32_t loss_part; /* of 1000 packets */
    uint64_t settle_ns; /* all are equal so long after the last is up again; 0: that is not asked */
    size_t text_max;    /* bytes of what is said; 0: 200, and now and then much longer */
};

struct talk_world_node {
    struct talk_world *world;
    struct sim_host *host;
    struct wavu_node *node; /* NULL: down */
    char member[WAVU_KEY_TEXT_MAX];
    bool is_entered;
    bool has_spoken;
};

struct talk_world {
    struct talk_world_config config;
    struct sim *sim;
    struct sim_draw draw;
    struct talk_ledger ledger;
    struct talk_world_node nodes[TALK_WORLD_NODES_MAX];
    size_t deaths;
    size_t failed_starts; /* cut short by the next power cut */
    uint64_t text_bytes;  /* said */
    uint64_t entered_ns;  /* when the last had come in */
    char fault[160];
};

/** Make the nodes and a network, and let all join it, until all have spoken. */
void talk_world_start(struct talk_world *w, const struct talk_world_config *config);
void talk_world_stop(struct talk_world *w);

/** What was wrong first, or "". */
const char *talk_world_fault(const struct talk_world *w);

/** Node `i` says something; false when it may not now. */
bool talk_world_say(struct talk_world *w, size_t i);

/** Let `ns` pass; the first fault ends it early. */
void talk_world_run(struct talk_world *w, uint64_t ns);

/** Talk for `steps` drawn moments; some nodes may be down. */
void talk_world_talk(struct talk_world *w, size_t steps);

/** The power of node `i` goes, now and then in the middle of a write; and comes back, now and then
 * only after some starts that were cut short. */
void talk_world_kill(struct talk_world *w, size_t i);
void talk_world_rise(struct talk_world *w, size_t i);

/** Read the history of node `i` and compare it with the ledger. */
void talk_world_look(struct talk_world *w, size_t i);

/** Run until all histories are equal; the nanoseconds that it took, or UINT64_MAX after `limit_ns`,
 * which is a fault. All must be up. */
uint64_t talk_world_settle(struct talk_world *w, uint64_t limit_ns);

/** Part the nodes: each is on a drawn one of `sides` sides; 1 heals. */
void talk_world_part(struct talk_world *w, uint32_t sides);

/** Bytes that all nodes have sent in this life. */
uint64_t talk_world_sent(const struct talk_world *w);

/** Rounds of talk and a death each, all up at the end of every tenth and equal then. */
void talk_world_rounds(struct talk_world *w, size_t rounds);

#endif
