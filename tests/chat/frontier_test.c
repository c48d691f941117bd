/* Frontiers: vectors, and that nothing but what the device signed is taken. */
#include "chat/frontier.h"

#include "tests/base/unit.h"
#include "tests/support/vectors.h"

static const uint8_t network[32] = {7};
static uint8_t room_bytes[FRONTIER_SIZE_MAX + 16];

static struct ed25519_pair pair_of(uint8_t which)
{
    const uint8_t seed[ED25519_SEED_SIZE] = {which};
    struct ed25519_pair pair;

    ed25519_from_seed(&pair, seed);
    return pair;
}

/* A frontier of `count` authors, sealed. */
static struct span sealed(size_t count, uint64_t number, bool has_read)
{
    static uint8_t rows[(FRONTIER_SAID_MAX + 1) * FRONTIER_ROW_SIZE];
    const struct ed25519_pair pair = pair_of(9);
    struct frontier f = {.room = {3}, .number = number, .count = count, .has_read = has_read};
    struct wr w;

    wr_init(&w, span_mut_of(rows, sizeof rows));
    for (size_t i = 0; i < count; i++) {
        struct frontier_said said = {.sequence = i + 1, .id = {5}};

        said.device[0] = (uint8_t)(i >> 8);
        said.device[1] = (uint8_t)i;
        frontier_write_row(&w, &said);
    }
    f.rows = wr_span(&w);
    memcpy(f.device, pair.public_key, sizeof f.device);
    f.read_height = has_read ? 44 : 0;
    wr_init(&w, span_mut_of(room_bytes, sizeof room_bytes));
    assert_int_equal(frontier_seal(&w, &f, network, &signer_ed25519, &pair), 0);
    return wr_span(&w);
}

static void test_what_is_sealed_opens(void **state)
{
    static const size_t counts[] = {0, 1, 2, 700, FRONTIER_SAID_MAX};

    (void)state;
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        struct frontier f;
        const struct span bytes = sealed(counts[k], k + 1, k % 2 == 1);

        assert_int_equal(frontier_open(&f, bytes, network, &signer_ed25519), 0);
        assert_int_equal(f.count, counts[k]);
        assert_int_equal(f.number, k + 1);
        assert_true(f.has_read == (k % 2 == 1));
        for (size_t i = 0; i < f.count; i++) {
            assert_int_equal(frontier_at(&f, i).sequence, i + 1);
            assert_int_equal(frontier_at(&f, i).device[1], (uint8_t)i);
            assert_int_equal(frontier_at(&f, i).id[0], 5);
        }
    }
}

static void test_vectors(void **state)
{
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/chat.txt");
    size_t count = 0;

    (void)state;
    while (vectors_next(v)) {
        if (!vectors_has(v, "frontier")) {
            continue;
        }
        struct ed25519_pair pair;
        struct frontier f;
        struct wr w;
        const struct span bytes = vectors_span(v, "frontier");
        const uint8_t *net = vectors_span(v, "network").ptr;

        ed25519_from_seed(&pair, vectors_span(v, "seed").ptr);
        assert_int_equal(frontier_open(&f, bytes, net, &signer_ed25519), 0);
        assert_true(span_is_equal(f.rows, vectors_span(v, "rows")));
        assert_memory_equal(f.room, vectors_span(v, "room").ptr, 32);
        assert_memory_equal(f.device, pair.public_key, 32);
        wr_init(&w, span_mut_of(room_bytes, sizeof room_bytes));
        assert_int_equal(frontier_seal(&w, &f, net, &signer_ed25519, &pair), 0);
        assert_true(span_is_equal(wr_span(&w), bytes));
        count++;
    }
    vectors_close(v);
    assert_int_equal(count, 3);
}

static void test_nobody_can_forge(void **state)
{
    struct frontier f;
    const struct span bytes = sealed(2, 5, true);

    (void)state;
    for (size_t i = 0; i < bytes.len; i++) {
        room_bytes[i] ^= 1;
        assert_true(frontier_open(&f, bytes, network, &signer_ed25519) < 0);
        room_bytes[i] ^= 1;
        assert_true(frontier_open(&f, span_slice(bytes, 0, i), network, &signer_ed25519) < 0);
    }
    static const uint8_t other[32] = {8};

    assert_int_equal(frontier_open(&f, bytes, other, &signer_ed25519), WAVU_ERR_CRYPTO);
    assert_int_equal(frontier_open(&f, bytes, network, &signer_ed25519), 0);
}

/* Rows of a frontier that its device signs all the same. */
static int open_rows(const struct frontier_said *said, size_t count, size_t cut)
{
    const struct ed25519_pair pair = pair_of(9);
    uint8_t rows[4 * FRONTIER_ROW_SIZE];
    struct frontier f = {.number = 1, .count = count};
    struct wr w;

    wr_init(&w, span_mut_of(rows, sizeof rows));
    for (size_t i = 0; i < count; i++) {
        frontier_write_row(&w, &said[i]);
    }
    f.rows = span_slice(wr_span(&w), 0, w.len - cut);
    memcpy(f.device, pair.public_key, sizeof f.device);
    wr_init(&w, span_mut_of(room_bytes, sizeof room_bytes));
    assert_int_equal(frontier_seal(&w, &f, network, &signer_ed25519, &pair), 0);
    return frontier_open(&f, wr_span(&w), network, &signer_ed25519);
}

static void test_rows_that_are_none(void **state)
{
    struct frontier_said said[2] = {{.device = {1}, .sequence = 1}, {.device = {2}, .sequence = 9}};

    (void)state;
    assert_int_equal(open_rows(said, 2, 0), 0);
    assert_int_equal(open_rows(said, 2, 1), WAVU_ERR_PROTO); /* half a row */
    said[1].device[0] = 1;
    assert_int_equal(open_rows(said, 2, 0), WAVU_ERR_PROTO); /* an author twice */
    said[1].device[0] = 0;
    assert_int_equal(open_rows(said, 2, 0), WAVU_ERR_PROTO); /* out of order */
    said[1].device[0] = 3;
    said[1].sequence = 0;
    assert_int_equal(open_rows(said, 2, 0), WAVU_ERR_PROTO);
    said[1].sequence = ENTRY_NUMBER_MAX + 1;
    assert_int_equal(open_rows(said, 2, 0), WAVU_ERR_PROTO);
}

static void test_a_frontier_of_later(void **state)
{
    /* Body with format 2, and a signature's worth of bytes: not looked at. */
    uint8_t bytes[2 + 2 + 2 + 64] = {0x0a, 2, 8, 2, 0x12, 64};
    struct frontier f;

    (void)state;
    assert_int_equal(frontier_open(&f, span_of(bytes, sizeof bytes), network, &signer_ed25519),
                     WAVU_ERR_UNSUPPORTED);
    bytes[3] = 0;
    assert_int_equal(frontier_open(&f, span_of(bytes, sizeof bytes), network, &signer_ed25519),
                     WAVU_ERR_PROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_is_sealed_opens), UNIT(test_vectors),
        UNIT(test_nobody_can_forge),     UNIT(test_rows_that_are_none),
        UNIT(test_a_frontier_of_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
