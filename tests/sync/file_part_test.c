/* A part and its map on a disk that loses power: the map never says more than what is there. */
#include "sync/file_part.h"

#include "base/mem.h"
#include "sim/sim.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define PIECES 9u
#define SIZE ((size_t)PIECES * FILE_SHAPE_PIECE_MIN - 5)

static const uint8_t secret[FILE_SHAPE_KEY_SIZE] = {3};
static struct sim *sim;
static struct sim_host *host;
static struct aead *aead;
static struct file_tree tree;
static struct file_get_form form;
static uint8_t sealed[PIECES][FILE_SHAPE_PIECE_MIN];
static uint8_t tags[PIECES][AEAD_TAG_SIZE];
static struct file_part part;
static struct file_map have;

static uint8_t plain_byte(size_t at)
{
    return (uint8_t)(at * 11 + at / 999);
}

static int set_up(void **state)
{
    struct file_shape_seal seal;

    (void)state;
    sim = sim_new(2);
    host = sim_host_new(sim, NULL);
    aead = aead_new();
    file_tree_init(&tree);
    form = (struct file_get_form){.aead = AEAD_CHACHA20_POLY1305};
    assert_int_equal(file_shape_of(&form.shape, SIZE), 0);
    file_shape_seal_init(&seal, &form.shape, secret, form.aead);
    for (uint32_t i = 0; i < PIECES; i++) {
        uint8_t leaf[HASH_SHA256_SIZE];
        size_t len = file_shape_piece(&form.shape, i);

        for (size_t k = 0; k < len; k++) {
            sealed[i][k] = plain_byte((size_t)i * FILE_SHAPE_PIECE_MIN + k);
        }
        file_shape_seal(&seal, aead, i, span_mut_of(sealed[i], len), tags[i]);
        file_tree_leaf(leaf, span_of(sealed[i], len), span_of(tags[i], AEAD_TAG_SIZE));
        assert_int_equal(file_tree_add(&tree, leaf), 0);
    }
    assert_int_equal(file_tree_finish(&tree), 0);
    file_shape_id(form.id, &form.shape, file_tree_root(&tree), form.aead);
    file_shape_seal_clear(&seal);
    assert_int_equal(sim_host_port(host)->files->make_home(sim_host_port(host)), 0);
    file_part_init(&part, sim_host_port(host), &form, secret);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    file_part_clear(&part);
    file_tree_clear(&tree);
    aead_free(aead);
    sim_free(sim);
    return 0;
}

static int write_piece(uint32_t number, uint8_t flip)
{
    static uint8_t room[FILE_SHAPE_PIECE_MIN];
    uint8_t path[FILE_TREE_PATH_MAX][HASH_SHA256_SIZE];
    size_t len = file_shape_piece(&form.shape, number);
    size_t path_len = file_tree_path(&tree, number, path) * HASH_SHA256_SIZE;

    memcpy(room, sealed[number], len);
    room[len / 2] ^= flip;
    const struct file_get_came came = {.number = number,
                                       .bytes = span_of(room, len),
                                       .tag = tags[number],
                                       .path = span_of(path, path_len)};
    return file_part_write(&part, number % FILE_PART_WRITERS_MAX, aead, &came,
                           span_mut_of(room, len));
}

static bool is_plain(const char *path, uint32_t number)
{
    struct buf bytes;
    size_t from = (size_t)number * FILE_SHAPE_PIECE_MIN;
    size_t len = file_shape_piece(&form.shape, number);

    buf_init(&bytes, 2 * SIZE);
    bool is_it = sim_files_peek(host, path, &bytes) && bytes.len >= from + len;
    for (size_t i = 0; is_it && i < len; i++) {
        is_it = bytes.ptr[from + i] == plain_byte(from + i);
    }
    buf_clear(&bytes);
    return is_it;
}

static void crash(void)
{
    sim_host_crash(host, false);
    file_part_clear(&part);
    file_part_init(&part, sim_host_restart(host), &form, secret);
    assert_int_equal(file_part_open(&part, &have), 0);
}

/* docs/protocol/file.md */
static void wrong_pieces_are_refused(void **state)
{
    (void)state;
    assert_int_equal(file_part_open(&part, &have), 0);
    assert_int_equal(have.have, 0);
    for (uint32_t i = 0; i < PIECES; i++) {
        assert_int_equal(write_piece(i, 1), WAVU_ERR_CRYPTO);
        assert_int_equal(write_piece(i, 0), 0);
        assert_true(is_plain(part.path, i));
    }
}

static void test_the_map_says_what_is_synced(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) { /* each crash loses, keeps or tears otherwise */
        uint32_t known = 0;

        if (round == 0) {
            assert_int_equal(file_part_open(&part, &have), 0);
        }
        for (uint32_t i = 0; i < PIECES; i++) {
            if (!file_map_has(&have, i) && known < 2) {
                known++;
                assert_int_equal(write_piece(i, 0), 0);
                if (known == 1) {
                    (void)file_map_add(&have, i);
                    assert_int_equal(file_part_save(&part, &have), 0);
                }
            }
        }
        uint32_t before = have.have;

        crash();
        assert_true(have.have == before);
        for (uint32_t i = 0; i < PIECES; i++) {
            assert_true(!file_map_has(&have, i) || is_plain(part.path, i));
        }
    }
    assert_true(file_map_is_full(&have));
}

/* The power goes in the middle of a save: the map is the one before or the new one. */
static void test_a_torn_save(void **state)
{
    (void)state;
    assert_int_equal(file_part_open(&part, &have), 0);
    for (uint64_t calm = 0; calm < 200; calm++) {
        uint32_t number = (uint32_t)(calm % PIECES);
        uint32_t before = have.have;

        if (file_map_has(&have, number)) {
            file_map_remove(&have, number);
            before--;
            assert_int_equal(file_part_save(&part, &have), 0);
        }
        assert_int_equal(write_piece(number, 0), 0);
        (void)file_map_add(&have, number);
        sim_files_fail(host, calm % 4, SIM_DISK_FOR_EVER);
        int rc = file_part_save(&part, &have);

        crash();
        assert_true(have.have == before || have.have == before + 1);
        assert_true(rc < 0 || have.have == before + 1);
        for (uint32_t i = 0; i < PIECES; i++) {
            assert_true(!file_map_has(&have, i) || is_plain(part.path, i));
        }
    }
}

static void test_names_that_are_taken(void **state)
{
    char path[FILE_PART_PATH_MAX];

    (void)state;
    assert_int_equal(file_part_open(&part, &have), 0);
    for (uint32_t i = 0; i < PIECES; i++) {
        assert_int_equal(write_piece(i, 0), 0);
    }
    assert_int_equal(file_part_free_name(&part, UNIT_TEXT("../a.txt"), path), 0);
    assert_string_equal(path, FILE_PART_FOLDER "/_.._a.txt");
    assert_int_equal(file_part_free_name(&part, UNIT_TEXT("a.txt"), path), 0);
    assert_string_equal(path, FILE_PART_FOLDER "/a.txt");
    sim_files_put(host, path, UNIT_TEXT("a person's"));
    assert_int_equal(file_part_finish(&part, path), WAVU_ERR_EXISTS);
    assert_int_equal(file_part_free_name(&part, UNIT_TEXT("a.txt"), path), 0);
    assert_string_equal(path, FILE_PART_FOLDER "/a (2).txt");
    assert_int_equal(file_part_finish(&part, path), 0);
    for (uint32_t i = 0; i < PIECES; i++) {
        assert_true(is_plain(path, i));
    }
    assert_int_equal(file_part_remove(&part), 0);
    assert_int_equal(part.port->files->exists(part.port, part.map_path), WAVU_ERR_NOT_FOUND);
    assert_int_equal(file_part_remove(&part), 0);
}

static void test_a_damaged_map_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(file_part_open(&part, &have), 0);
    assert_int_equal(write_piece(0, 0), 0);
    (void)file_map_add(&have, 0);
    assert_int_equal(file_part_save(&part, &have), 0);
    crash();
    assert_int_equal(have.have, 1);
    sim_files_put(host, part.map_path, UNIT_TEXT("wavumap1 and something"));
    crash();
    assert_int_equal(have.have, 0);
    assert_int_equal(write_piece(0, 0), 0);
    (void)file_map_add(&have, 0);
    assert_int_equal(file_part_save(&part, &have), 0);
    sim_files_put(host, part.path, span_empty()); /* somebody emptied the part */
    crash();
    assert_int_equal(have.have, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wrong_pieces_are_refused),
        CASE(test_the_map_says_what_is_synced),
        CASE(test_a_torn_save),
        CASE(test_names_that_are_taken),
        CASE(test_a_damaged_map_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
