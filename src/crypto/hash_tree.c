/*
 * Trees of names: level by level, two neighbours make a node, and the last one of an odd number
 * goes up as it is. Leaves and nodes have labels of their own, so a node is never taken for a name.
 */
#include "crypto/hash_tree.h"

#include <string.h>

#include "base/check.h"
#include "crypto/signer.h"

static void join(uint8_t out[HASH_SHA256_SIZE], const uint8_t *left, const uint8_t *right)
{
    uint8_t both[2 * HASH_SHA256_SIZE];

    memcpy(both, left, HASH_SHA256_SIZE);
    memcpy(both + HASH_SHA256_SIZE, right, HASH_SHA256_SIZE);
    signer_id(out, "wavu tree node 1", span_of(both, sizeof both));
}

static void leaf(uint8_t out[HASH_SHA256_SIZE], const uint8_t *name)
{
    signer_id(out, "wavu tree leaf 1", span_of(name, HASH_TREE_NAME_SIZE));
}

void hash_tree_make(struct hash_tree *t, struct span names)
{
    size_t at = 0;

    CHECK(names.len % HASH_TREE_NAME_SIZE == 0 &&
          names.len / HASH_TREE_NAME_SIZE <= HASH_TREE_NAMES_MAX);
    t->count = names.len / HASH_TREE_NAME_SIZE;
    for (size_t i = 0; i < t->count; i++) {
        leaf(t->nodes[i], names.ptr + i * HASH_TREE_NAME_SIZE);
    }
    for (size_t len = t->count; len > 1; len = (len + 1) / 2) {
        const size_t above = at + len;

        CHECK(above + (len + 1) / 2 <= HASH_TREE_NODES_MAX);
        for (size_t i = 0; i < len / 2; i++) {
            join(t->nodes[above + i], t->nodes[at + 2 * i], t->nodes[at + 2 * i + 1]);
        }
        if (len % 2 != 0) {
            memcpy(t->nodes[above + len / 2], t->nodes[at + len - 1], HASH_SHA256_SIZE);
        }
        at = above;
    }
}

void hash_tree_root(uint8_t root[HASH_SHA256_SIZE], const struct hash_tree *t)
{
    size_t at = 0;

    for (size_t len = t->count; len > 1; len = (len + 1) / 2) {
        at += len;
    }
    if (t->count > 0) {
        memcpy(root, t->nodes[at], HASH_SHA256_SIZE);
    } else {
        memset(root, 0, HASH_SHA256_SIZE);
    }
}

void hash_tree_path(struct hash_tree_path *path, const struct hash_tree *t, size_t i)
{
    size_t at = 0;

    CHECK(i < t->count);
    memset(path, 0, sizeof *path);
    for (size_t len = t->count; len > 1; len = (len + 1) / 2) {
        const size_t beside = i ^ 1;

        if (beside < len) {
            path->sides |= (uint8_t)((i & 1) << path->depth);
            memcpy(path->nodes[path->depth++], t->nodes[at + beside], HASH_SHA256_SIZE);
        }
        at += len;
        i /= 2;
    }
}

void hash_tree_climb(uint8_t root[HASH_SHA256_SIZE], const uint8_t name[HASH_TREE_NAME_SIZE],
                     const struct hash_tree_path *path)
{
    CHECK(path->depth <= HASH_TREE_DEPTH_MAX);
    leaf(root, name);
    for (size_t i = 0; i < path->depth; i++) {
        if ((path->sides >> i & 1) != 0) {
            join(root, path->nodes[i], root);
        } else {
            join(root, root, path->nodes[i]);
        }
    }
}
