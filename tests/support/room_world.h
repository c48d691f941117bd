/*
 * Members of one room, each with its own copy: a store in memory, entries signed for real, and the
 * order that each would show.
 */
#ifndef TESTS_SUPPORT_ROOM_WORLD_H
#define TESTS_SUPPORT_ROOM_WORLD_H

#include "base/random.h"
#include "chat/room.h"

#define ROOM_WORLD_NODES_MAX 8

/* An entry that a node has placed. */
struct room_world_kept {
    uint8_t id[ENTRY_ID_SIZE];
    struct room_place place;
    struct entry entry; /* of room_world.entries */
};

struct room_world_node {
    struct room room;
    struct ed25519_pair pair;
    struct map kept; /* room_world_kept by id */
    size_t late;
    size_t forked;
    int fails; /* what keep answers; 0: it keeps */
    struct room_world *world;
};

struct room_world {
    struct random_seeded seeded;
    struct random random;
    uint8_t network[32];
    struct room_world_node nodes[ROOM_WORLD_NODES_MAX];
    size_t node_count;
    size_t authors; /* 0: each node is a member; else that many, the last has all further ones */
    struct entry *entries; /* all that were said, in the order of their making */
    size_t entry_count;
    size_t entry_cap;
};

void room_world_init(struct room_world *w, size_t nodes, uint64_t seed);
void room_world_clear(struct room_world *w);

/** Node `i` says something and places it itself. Returns its place in `entries`. */
size_t room_world_say(struct room_world *w, size_t i);

/** Sign `e`, whose links stand, as node `i` and add it to `entries`; nobody is fed. */
size_t room_world_sign(struct room_world *w, size_t i, struct entry *e);

/** Feed node `i` entry `k`, in stored form or as it comes out of a sealed one. */
int room_world_feed(struct room_world *w, size_t i, size_t k, bool is_sealed);

/** Does node `i` show entry `k`? */
bool room_world_has(const struct room_world *w, size_t i, size_t k);

/** A hash of what node `i` shows, in its order. */
void room_world_order(const struct room_world *w, size_t i, uint8_t out[32]);

#endif
