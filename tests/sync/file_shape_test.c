/* Files in pieces: sizes, seals, names, held against another program's. */
#include "sync/file_shape.h"

#include <stdlib.h>

#include "crypto/secret.h"
#include "sync/file_tree.h"
#include "tests/base/unit.h"
#include "tests/support/vectors.h"

static void test_pieces_cover_the_file(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0,
                                     1,
                                     65535,
                                     65536,
                                     65537,
                                     UINT64_C(1) << 32,
                                     (UINT64_C(1) << 32) + 1,
                                     FILE_SHAPE_SIZE_MAX - 1,
                                     FILE_SHAPE_SIZE_MAX};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct file_shape s;
        uint64_t sum = 0;

        assert_int_equal(file_shape_of(&s, sizes[i]), 0);
        assert_true(s.count >= 1 && s.count <= FILE_SHAPE_PIECES_MAX);
        for (uint32_t number = 0; number < s.count; number++) {
            size_t bytes = file_shape_piece(&s, number);

            assert_true(bytes <= s.piece && (bytes > 0 || sizes[i] == 0));
            sum += bytes;
        }
        assert_int_equal(sum, sizes[i]);
    }
    struct file_shape s;

    assert_int_equal(file_shape_of(&s, FILE_SHAPE_SIZE_MAX + 1), WAVU_ERR_LIMIT);
    assert_int_equal(file_shape_of(&s, (UINT64_C(1) << 32) + 1), 0);
    assert_int_equal(s.piece, 2 * FILE_SHAPE_PIECE_MIN);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/file.txt");
    struct aead *aead = aead_new();
    int count = 0;

    for (; vectors_next(v); count++) {
        const struct span text = vectors_text(v, "size");
        uint64_t size = 0;
        struct file_shape shape;
        struct file_shape_seal seal;
        struct file_tree tree;
        uint8_t leaf[HASH_SHA256_SIZE];
        uint8_t id[FILE_SHAPE_ID_SIZE];

        for (size_t i = 0; i < text.len; i++) {
            size = size * 10 + (uint64_t)(text.ptr[i] - '0');
        }
        uint8_t *plain = mem_new(size + 1);
        for (uint64_t i = 0; i < size; i++) {
            plain[i] = (uint8_t)(i * 167 + i / 251);
        }
        assert_int_equal(file_shape_of(&shape, size), 0);
        file_shape_seal_init(&seal, &shape, vectors_span(v, "secret").ptr, AEAD_CHACHA20_POLY1305);
        file_tree_init(&tree);
        for (uint32_t number = 0; number < shape.count; number++) {
            const struct span_mut piece = span_mut_of(plain + (uint64_t)number * shape.piece,
                                                      file_shape_piece(&shape, number));
            uint8_t tag[AEAD_TAG_SIZE];

            file_shape_seal(&seal, aead, number, piece, tag);
            file_tree_leaf(leaf, span_from_mut(piece), span_of(tag, sizeof tag));
            assert_int_equal(file_tree_add(&tree, leaf), 0);
        }
        assert_int_equal(file_tree_finish(&tree), 0);
        assert_memory_equal(file_tree_root(&tree), vectors_span(v, "root").ptr, 32);
        file_shape_id(id, &shape, file_tree_root(&tree), AEAD_CHACHA20_POLY1305);
        assert_memory_equal(id, vectors_span(v, "id").ptr, sizeof id);
        file_tree_clear(&tree);
        file_shape_seal_clear(&seal);
        mem_free(plain);
    }
    assert_int_equal(count, 5);
    aead_free(aead);
    vectors_close(v);
}

static void test_a_piece_opens_in_its_place_only(void **state)
{
    (void)state;
    struct aead *aead = aead_new();
    const uint8_t secret[FILE_SHAPE_KEY_SIZE] = {1};
    const enum aead_kind kinds[] = {AEAD_CHACHA20_POLY1305, AEAD_AES256_GCM};

    for (size_t k = 0; k < 2; k++) {
        struct file_shape shape;
        struct file_shape_seal seal;
        uint8_t *bytes = mem_new(FILE_SHAPE_PIECE_MIN);
        uint8_t *copy = mem_new(FILE_SHAPE_PIECE_MIN);
        const struct span_mut piece = span_mut_of(bytes, FILE_SHAPE_PIECE_MIN);
        uint8_t tag[AEAD_TAG_SIZE];

        assert_int_equal(file_shape_of(&shape, 3 * FILE_SHAPE_PIECE_MIN), 0);
        file_shape_seal_init(&seal, &shape, secret, kinds[k]);
        memset(bytes, 7, FILE_SHAPE_PIECE_MIN);
        file_shape_seal(&seal, aead, 1, piece, tag);
        memcpy(copy, bytes, FILE_SHAPE_PIECE_MIN);
        assert_int_equal(file_shape_open(&seal, aead, 2, piece, tag), WAVU_ERR_CRYPTO);
        memcpy(bytes, copy, FILE_SHAPE_PIECE_MIN);
        assert_int_equal(file_shape_open(&seal, aead, 3, piece, tag), WAVU_ERR_CRYPTO);
        assert_int_equal(
            file_shape_open(&seal, aead, 1, span_mut_of(bytes, FILE_SHAPE_PIECE_MIN - 1), tag),
            WAVU_ERR_CRYPTO);
        seal.shape.size--; /* of a file of another size */
        assert_int_equal(file_shape_open(&seal, aead, 1, piece, tag), WAVU_ERR_CRYPTO);
        seal.shape.size++;
        memcpy(bytes, copy, FILE_SHAPE_PIECE_MIN);
        assert_int_equal(file_shape_open(&seal, aead, 1, piece, tag), 0);
        assert_int_equal(bytes[0], 7);
        file_shape_seal_clear(&seal);
        mem_free(bytes);
        mem_free(copy);
    }
    aead_free(aead);
}

int main(void)
{
    assert_int_equal(secret_start(), 0);
    const struct CMUnitTest tests[] = {
        UNIT(test_pieces_cover_the_file),
        UNIT(test_vectors),
        UNIT(test_a_piece_opens_in_its_place_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
