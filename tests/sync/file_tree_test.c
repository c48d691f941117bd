/* The hash tree: known roots, every path of every size up to 40, what is refused. */
#include "sync/file_tree.h"

#include "tests/base/unit.h"

/* The inputs and roots that Certificate Transparency's implementations test themselves with. */
static const struct {
    const char *text;
    size_t len;
} inputs[] = {{"", 0},
              {"\x00", 1},
              {"\x10", 1},
              {"\x20\x21", 2},
              {"\x30\x31", 2},
              {"\x40\x41\x42\x43", 4},
              {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
              {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16}};
static const char *const roots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void test_known_roots(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 8; count++) {
        struct file_tree t;

        file_tree_init(&t);
        for (size_t i = 0; i < count; i++) {
            uint8_t leaf[HASH_SHA256_SIZE];

            file_tree_leaf(leaf, span_of(inputs[i].text, inputs[i].len), span_empty());
            assert_int_equal(file_tree_add(&t, leaf), 0);
        }
        assert_int_equal(file_tree_finish(&t), 0);
        for (size_t i = 0; i < HASH_SHA256_SIZE; i++) {
            char hex[3];

            (void)snprintf(hex, sizeof hex, "%02x", file_tree_root(&t)[i]);
            assert_memory_equal(hex, roots[count - 1] + 2 * i, 2);
        }
        file_tree_clear(&t);
    }
}

static void make(struct file_tree *t, uint32_t count)
{
    file_tree_init(t);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t leaf[HASH_SHA256_SIZE];

        file_tree_leaf(leaf, span_of(&i, sizeof i), UNIT_TEXT("tag"));
        assert_int_equal(file_tree_add(t, leaf), 0);
    }
    assert_int_equal(file_tree_finish(t), 0);
}

static int check(const uint8_t *root, uint32_t number, uint32_t count, const uint8_t *leaf,
                 struct span path)
{
    uint8_t reached[HASH_SHA256_SIZE];
    int rc = file_tree_climb(reached, number, count, leaf, path);

    return rc == 0 && memcmp(reached, root, sizeof reached) != 0 ? WAVU_ERR_CRYPTO : rc;
}

static void test_wrong_pieces_are_refused(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= 40; count++) {
        struct file_tree t;

        make(&t, count);
        const uint8_t *root = file_tree_root(&t);

        for (uint32_t i = 0; i < count; i++) {
            uint8_t path[FILE_TREE_PATH_MAX + 1][HASH_SHA256_SIZE] = {{0}};
            uint8_t leaf[HASH_SHA256_SIZE];
            size_t len = file_tree_path(&t, i, path) * HASH_SHA256_SIZE;
            const struct span all = span_of(path, len);

            memcpy(leaf, t.levels[0].ptr + i * HASH_SHA256_SIZE, sizeof leaf);
            assert_int_equal(check(root, i, count, leaf, all), 0);
            assert_int_equal(check(root, i, count, leaf, span_of(path, len + 32)), WAVU_ERR_CRYPTO);
            if (len > 0) {
                assert_int_equal(check(root, i, count, leaf, span_of(path, len - 1)),
                                 WAVU_ERR_CRYPTO);
                assert_int_equal(check(root, i ^ 1, count, leaf, all), WAVU_ERR_CRYPTO);
                path[0][0] ^= 1;
                assert_int_equal(check(root, i, count, leaf, all), WAVU_ERR_CRYPTO);
                path[0][0] ^= 1;
            }
            leaf[31] ^= 128;
            assert_int_equal(check(root, i, count, leaf, all), WAVU_ERR_CRYPTO);
            assert_int_equal(check(root, count, count, leaf, all), WAVU_ERR_CRYPTO);
        }
        file_tree_clear(&t);
    }
}

static void test_the_largest(void **state)
{
    (void)state;
    struct file_tree t;
    uint8_t path[FILE_TREE_PATH_MAX][HASH_SHA256_SIZE];
    const uint8_t leaf[HASH_SHA256_SIZE] = {0};

    make(&t, FILE_SHAPE_PIECES_MAX);
    assert_int_equal(file_tree_path(&t, 12345, path), FILE_TREE_PATH_MAX);
    assert_int_equal(check(file_tree_root(&t), 12345, FILE_SHAPE_PIECES_MAX,
                           t.levels[0].ptr + 12345u * HASH_SHA256_SIZE, span_of(path, sizeof path)),
                     0);
    assert_int_equal(file_tree_add(&t, leaf), WAVU_ERR_LIMIT);
    file_tree_clear(&t);
    file_tree_init(&t);
    assert_int_equal(file_tree_finish(&t), WAVU_ERR_INVALID);
    for (uint32_t i = 0; i < FILE_SHAPE_PIECES_MAX; i++) {
        assert_int_equal(file_tree_add(&t, leaf), 0);
    }
    assert_int_equal(file_tree_add(&t, leaf), WAVU_ERR_LIMIT);
    file_tree_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_known_roots),
        UNIT(test_wrong_pieces_are_refused),
        UNIT(test_the_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
