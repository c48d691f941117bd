/* A plain file as sealed pieces: hashed in slices, the same whenever it is asked for, and never
 * sealed anew when it changed. */
#include "sync/file_source.h"

#include "base/mem.h"
#include "sim/sim.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define PATH "/srv/anna/film"
#define PIECES 300u
#define SIZE ((size_t)PIECES * FILE_SHAPE_PIECE_MIN - 100)
#define SEALED (FILE_SHAPE_PIECE_MIN + AEAD_TAG_SIZE)

static const uint8_t secret[FILE_SHAPE_KEY_SIZE] = {7};
static struct sim *sim;
static struct sim_host *host;
static struct aead *aead;
static struct file_source source;
static uint8_t *plain;
static uint8_t piece[SEALED];

static void start(const struct port_files_stamp *stamp)
{
    file_source_init(&source, sim_host_port(host), PATH, true, stamp);
    file_source_set_key(&source, secret, AEAD_AES256_GCM);
}

static int set_up(void **state)
{
    (void)state;
    sim = sim_new(1);
    host = sim_host_new(sim, NULL);
    aead = aead_new();
    plain = mem_new(SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        plain[i] = (uint8_t)(i * 7 + i / 3000);
    }
    sim_files_put(host, PATH, span_of(plain, SIZE));
    start(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    file_source_clear(&source);
    aead_free(aead);
    mem_free(plain);
    sim_free(sim);
    return 0;
}

static void hash(void)
{
    int rc = file_source_open(&source);

    assert_int_equal(rc, 0);
    do {
        rc = file_source_hash(&source, aead);
    } while (rc == WAVU_ERR_AGAIN);
    assert_int_equal(rc, 0);
}

static void test_hashed_in_slices(void **state)
{
    uint8_t id[FILE_SHAPE_ID_SIZE];
    const struct port_files_stamp *stamp = &source.stamp;
    struct port_files_stamp first;

    (void)state;
    assert_int_equal(file_source_open(&source), 0);
    assert_int_equal(file_source_hash(&source, aead), WAVU_ERR_AGAIN);
    assert_int_equal(source.hashed, FILE_SOURCE_SLICE / FILE_SHAPE_PIECE_MIN);
    hash();
    assert_int_equal(source.hashed, PIECES);
    memcpy(id, source.id, sizeof id);
    first = *stamp;
    file_source_clear(&source);
    start(&first); /* in another life */
    hash();
    assert_memory_equal(id, source.id, sizeof id);
}

static void test_sealed_again_the_same(void **state)
{
    struct file_shape_seal seal;
    uint8_t path[FILE_TREE_PATH_MAX][HASH_SHA256_SIZE];
    uint8_t leaf[HASH_SHA256_SIZE];
    uint8_t root[HASH_SHA256_SIZE];

    (void)state;
    hash();
    file_source_close(&source);
    assert_int_equal(file_source_open(&source), 0);
    assert_int_equal(file_source_seal(&source, aead, 5, span_mut_of(piece, SEALED)), 0);
    file_tree_leaf(leaf, span_of(piece, FILE_SHAPE_PIECE_MIN),
                   span_of(piece + FILE_SHAPE_PIECE_MIN, AEAD_TAG_SIZE));
    size_t len = file_tree_path(&source.tree, 5, path) * HASH_SHA256_SIZE;

    assert_int_equal(file_tree_climb(root, 5, PIECES, leaf, span_of(path, len)), 0);
    assert_memory_equal(root, file_tree_root(&source.tree), sizeof root);
    file_shape_seal_init(&seal, &source.seal.shape, secret, AEAD_AES256_GCM);
    assert_int_equal(file_shape_open(&seal, aead, 5, span_mut_of(piece, FILE_SHAPE_PIECE_MIN),
                                     piece + FILE_SHAPE_PIECE_MIN),
                     0);
    assert_memory_equal(piece, plain + (size_t)5 * FILE_SHAPE_PIECE_MIN, FILE_SHAPE_PIECE_MIN);
    assert_int_equal(file_source_seal(&source, aead, PIECES - 1, span_mut_of(piece, SEALED - 100)),
                     0);
    file_shape_seal_clear(&seal);
}

/* No piece of other bytes leaves under an old nonce: neither when the stamp tells, nor when it does
 * not. */
static void test_a_changed_file_is_not_sealed(void **state)
{
    static const uint8_t zeros[SEALED];
    struct port_files_stamp old;

    (void)state;
    hash();
    old = source.stamp;
    plain[5 * (size_t)FILE_SHAPE_PIECE_MIN + 9] ^= 1;
    sim_files_put(host, PATH, span_of(plain, SIZE));
    assert_int_equal(file_source_seal(&source, aead, 4, span_mut_of(piece, SEALED)),
                     WAVU_ERR_CORRUPT);
    file_source_close(&source);
    assert_int_equal(file_source_open(&source), WAVU_ERR_CORRUPT);
    source.has_stamp = false; /* a clock that did not tick */
    assert_int_equal(file_source_open(&source), 0);
    assert_int_equal(file_source_seal(&source, aead, 4, span_mut_of(piece, SEALED)), 0);
    assert_int_equal(file_source_seal(&source, aead, 5, span_mut_of(piece, SEALED)),
                     WAVU_ERR_CORRUPT);
    assert_memory_equal(piece, zeros, SEALED);
    sim_files_put(host, PATH, span_of(plain, 10)); /* it was cut */
    source.stamp.size = old.size;
    assert_int_equal(file_source_seal(&source, aead, 4, span_mut_of(piece, SEALED)),
                     WAVU_ERR_CORRUPT);
}

static void test_changed_while_it_is_hashed(void **state)
{
    int rc;

    (void)state;
    assert_int_equal(file_source_open(&source), 0);
    assert_int_equal(file_source_hash(&source, aead), WAVU_ERR_AGAIN);
    sim_files_put(host, PATH, span_of(plain, SIZE - 1));
    do {
        rc = file_source_hash(&source, aead);
    } while (rc == WAVU_ERR_AGAIN);
    assert_int_equal(rc, WAVU_ERR_CORRUPT);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    file_source_clear(&source);
    file_source_init(&source, sim_host_port(host), "/srv/anna/none", true, NULL);
    assert_int_equal(file_source_open(&source), WAVU_ERR_NOT_FOUND);
    assert_null(source.file);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_hashed_in_slices),
        CASE(test_sealed_again_the_same),
        CASE(test_a_changed_file_is_not_sealed),
        CASE(test_changed_while_it_is_hashed),
        CASE(test_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
