/*
 * One hash over many names of 32 bytes, such that a short path proves of each that it is among
 * them. Pure. Source: docs/protocol/crypto.md, "Trees of names".
 *
 *   leaf(x) = id("wavu tree leaf 1", x)        node(l, r) = id("wavu tree node 1", l | r)
 */
#ifndef CRYPTO_HASH_TREE_H
#define CRYPTO_HASH_TREE_H

#include "crypto/hash.h"

#define HASH_TREE_NAME_SIZE 32
#define HASH_TREE_NAMES_MAX 128
#define HASH_TREE_DEPTH_MAX 7 /* of a path: log2 of that */
/* All levels together; where a level is odd it is one more than half of that below. */
#define HASH_TREE_NODES_MAX (2 * HASH_TREE_NAMES_MAX - 1)

_Static_assert(1 << HASH_TREE_DEPTH_MAX == HASH_TREE_NAMES_MAX, "a path reaches the root");

/* All nodes, the leaves first, each level behind the one below. Flat: may be copied. */
struct hash_tree {
    size_t count; /* of names */
    uint8_t nodes[HASH_TREE_NODES_MAX][HASH_SHA256_SIZE];
};

/* What leads from a name to the root. */
struct hash_tree_path {
    uint8_t sides; /* bit i: neighbour i stands left of what it is joined with */
    uint8_t depth;
    uint8_t nodes[HASH_TREE_DEPTH_MAX][HASH_SHA256_SIZE];
};

/** Make the tree of `names`, one behind the other: HASH_TREE_NAMES_MAX at most, or none. */
void hash_tree_make(struct hash_tree *t, struct span names);

/** Its root; zeros when there is no name. */
void hash_tree_root(uint8_t root[HASH_SHA256_SIZE], const struct hash_tree *t);

/** The path of name `i`, which is below t->count. */
void hash_tree_path(struct hash_tree_path *path, const struct hash_tree *t, size_t i);

/** The root to which the path leads from `name`: compare it. `path->depth` is in its bounds. */
void hash_tree_climb(uint8_t root[HASH_SHA256_SIZE], const uint8_t name[HASH_TREE_NAME_SIZE],
                     const struct hash_tree_path *path);

#endif
