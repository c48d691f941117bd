/*
 * Trees of names: each name has a path to the root, and nothing else has one.
 */
#include "crypto/hash_tree.h"

#include <string.h>

#include "tests/base/unit.h"

static uint8_t names[HASH_TREE_NAMES_MAX][HASH_TREE_NAME_SIZE];
static struct hash_tree tree;

static void make(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        names[i][0] = (uint8_t)i;
        names[i][31] = 7;
    }
    hash_tree_make(&tree, span_of(names[0], count * HASH_TREE_NAME_SIZE));
}

static void each_name_of_any_number_has_its_path(void **state)
{
    (void)state;
    uint8_t roots[HASH_TREE_NAMES_MAX + 1][HASH_SHA256_SIZE];
    static const uint8_t none[HASH_SHA256_SIZE];
    struct hash_tree_path path;
    uint8_t root[HASH_SHA256_SIZE];

    for (size_t count = 0; count <= HASH_TREE_NAMES_MAX; count++) {
        make(count);
        hash_tree_root(roots[count], &tree);
        for (size_t i = 0; i < count; i++) {
            hash_tree_path(&path, &tree, i);
            assert_in_range(path.depth, 0, HASH_TREE_DEPTH_MAX);
            assert_int_equal(path.sides >> path.depth, 0);
            hash_tree_climb(root, names[i], &path);
            assert_memory_equal(root, roots[count], sizeof root);
            hash_tree_climb(root, names[(i + 1) % HASH_TREE_NAMES_MAX], &path);
            assert_memory_not_equal(root, roots[count], sizeof root);
        }
        for (size_t less = 0; less < count; less++) { /* the number of names is bound */
            assert_memory_not_equal(roots[less], roots[count], HASH_SHA256_SIZE);
        }
    }
    assert_memory_equal(roots[0], none, sizeof none);
}

static void a_bent_path_leads_elsewhere(void **state)
{
    (void)state;
    struct hash_tree_path path;
    uint8_t root[HASH_SHA256_SIZE];
    uint8_t bent[HASH_SHA256_SIZE];

    make(5);
    hash_tree_root(root, &tree);
    for (size_t i = 0; i < 5; i++) {
        hash_tree_path(&path, &tree, i);
        for (unsigned k = 0; k < path.depth; k++) {
            path.sides ^= (uint8_t)(1u << k);
            hash_tree_climb(bent, names[i], &path);
            assert_memory_not_equal(bent, root, sizeof root);
            path.sides ^= (uint8_t)(1u << k);
            path.nodes[k][31] ^= 1;
            hash_tree_climb(bent, names[i], &path);
            assert_memory_not_equal(bent, root, sizeof root);
            path.nodes[k][31] ^= 1;
        }
    }
}

/* Neither a leaf nor a node is a name that has a path; nor are two names one longer one. */
static void nodes_are_no_names(void **state)
{
    (void)state;
    struct hash_tree_path path;
    uint8_t root[HASH_SHA256_SIZE];
    uint8_t other[HASH_SHA256_SIZE];

    make(4);
    hash_tree_root(root, &tree);
    hash_tree_path(&path, &tree, 0);
    hash_tree_climb(other, tree.nodes[0], &path); /* a leaf at a leaf's place */
    assert_memory_not_equal(other, root, sizeof root);
    memmove(path.nodes[0], path.nodes[1], HASH_SHA256_SIZE);
    path.sides >>= 1;
    path.depth = 1;
    hash_tree_climb(other, tree.nodes[4], &path); /* the node of the first two */
    assert_memory_not_equal(other, root, sizeof root);
}

static void order_counts(void **state)
{
    (void)state;
    uint8_t root[HASH_SHA256_SIZE];
    uint8_t other[HASH_SHA256_SIZE];
    uint8_t kept[HASH_TREE_NAME_SIZE];

    make(3);
    hash_tree_root(root, &tree);
    memcpy(kept, names[0], sizeof kept);
    memcpy(names[0], names[1], sizeof kept);
    memcpy(names[1], kept, sizeof kept);
    hash_tree_make(&tree, span_of(names[0], 3 * HASH_TREE_NAME_SIZE));
    hash_tree_root(other, &tree);
    assert_memory_not_equal(other, root, sizeof root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(each_name_of_any_number_has_its_path),
        UNIT(a_bent_path_leads_elsewhere),
        UNIT(nodes_are_no_names),
        UNIT(order_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
