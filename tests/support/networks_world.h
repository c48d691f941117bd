/*
 * Nodes with their networks, stores and gates, in the simulator: what each was told, and who hears
 * what is said to all.
 */
#ifndef TESTS_SUPPORT_NETWORKS_WORLD_H
#define TESTS_SUPPORT_NETWORKS_WORLD_H

#include "group/networks_pair.h"
#include "group/networks_talk.h"
#include "tests/support/net_world.h"

#define NETWORKS_WORLD_NODES 6
#define NETWORKS_WORLD_STREAM "/wavu/tests/1"

struct networks_node {
    struct networks *networks; /* NULL: down */
    struct gate *gate;
    struct store *store;
    struct identity person;
    bool has_person;
    size_t told[NETWORKS_JOIN_FAILED + 1];
    int err; /* of the last JOIN_FAILED */
    unsigned left;
    enum pairing_host_reason reason;
    struct pairing_peer peer; /* of the last NEWCOMER or JOINING */
    struct overlay_id met;
    /* A protocol of the network, while it is entered. */
    struct gate_protocol protocol;
    bool has_protocol;
    size_t opened;
    size_t closed;
    int closed_err;
    struct stream *stream;
};

struct networks_world {
    struct net_world net;
    struct networks_node nodes[NETWORKS_WORLD_NODES];
    enum store_kind kind;
    bool is_deaf; /* what is said to all reaches nobody */
};

void networks_world_start(struct networks_world *w, uint64_t seed, size_t count,
                          enum store_kind kind);
void networks_world_stop(struct networks_world *w);

/** Take node `i` down in order (its store is flushed), or by a crash; and bring it up again. */
void networks_world_down(struct networks_world *w, size_t i, bool crashes);
void networks_world_up(struct networks_world *w, size_t i);

/** The network that node `i` is in, or NULL. */
struct networks_one *networks_world_one(struct networks_world *w, size_t i);

/** How many belong, by node `i`, and who its own person is. */
size_t networks_world_members(struct networks_world *w, size_t i);
const uint8_t *networks_world_member(struct networks_world *w, size_t i);

/** Is node `i` live in it? */
bool networks_world_is_live(struct networks_world *w, size_t i);

/** Node 0 founds a network. */
void networks_world_found(struct networks_world *w, enum members_msg_policy policy);

/** Node `by` opens a code, node `who` types it and joins; runs until it is live, or fails the test.
 */
void networks_world_join(struct networks_world *w, size_t by, size_t who);

/** A connection from one node to another. */
struct conn *networks_world_dial(struct networks_world *w, size_t from, size_t to);

/** `who` asks `at` to let it into the open network of that id, or any (NULL). What came of it
 * within 3 s: 0, or the error that it was told. */
int networks_world_ask_open(struct networks_world *w, size_t who, size_t at,
                            const uint8_t *network);

/** The logs of both are the same. */
void networks_world_check_equal(struct networks_world *w, size_t a, size_t b);

#endif
