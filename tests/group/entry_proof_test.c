/*
 * What a broadcast proves of the entries that it names: each of them, to everybody, in its network,
 * of its device, and nothing besides.
 */
#include "group/entry_proof.h"

#include <string.h>

#include "tests/base/unit.h"
#include "tests/support/broadcasts.h"

static const uint8_t network[32] = {7};
static uint8_t names[HASH_TREE_NAMES_MAX][32];
static struct ed25519_pair pair;
static struct entry_proof_said said;

static void say(size_t count)
{
    static const uint8_t seed[32] = {3};

    ed25519_from_seed(&pair, seed);
    for (size_t i = 0; i < HASH_TREE_NAMES_MAX; i++) {
        memset(names[i], (int)(i + 1), sizeof names[i]);
    }
    broadcasts_make(&said, &pair, network, span_of(names[0], count * 32), UNIT_TEXT("the rest"));
}

static int verify(const struct entry_proof_named *n)
{
    return entry_proof_verify(n, network, &signer_ed25519);
}

static void each_that_is_named_is_proved(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, 16, 127, HASH_TREE_NAMES_MAX};
    struct entry_proof_named n;

    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        say(counts[k]);
        for (size_t i = 0; i < counts[k]; i += counts[k] / 3 + 1) {
            assert_true(entry_proof_at(&n, &said, i));
            assert_memory_equal(n.id, names[i], 32);
            assert_memory_equal(n.device, pair.public_key, 32);
            assert_int_equal(verify(&n), 0);
        }
        assert_false(entry_proof_at(&n, &said, counts[k]));
    }
}

static void nothing_else_is(void **state)
{
    (void)state;
    struct entry_proof_named good;
    struct entry_proof_named n;
    const uint8_t other[32] = {8};

    say(4);
    assert_true(entry_proof_at(&good, &said, 2));
    assert_int_equal(verify(&good), 0);
    assert_int_equal(entry_proof_verify(&good, other, &signer_ed25519), WAVU_ERR_CRYPTO);
    n = good;
    memcpy(n.id, names[3], 32); /* named as well, at another place */
    assert_int_equal(verify(&n), WAVU_ERR_CRYPTO);
    n = good;
    memcpy(n.id, names[5], 32);
    assert_int_equal(verify(&n), WAVU_ERR_CRYPTO);
    n = good;
    n.device[0] ^= 1;
    assert_int_equal(verify(&n), WAVU_ERR_CRYPTO);
    n = good;
    n.proof.generation++;
    assert_int_equal(verify(&n), WAVU_ERR_CRYPTO);
    n = good;
    n.proof.sequence++;
    assert_int_equal(verify(&n), WAVU_ERR_CRYPTO);
    n = good;
    n.proof.rest[0] ^= 1;
    assert_int_equal(verify(&n), WAVU_ERR_CRYPTO);
    n = good;
    n.proof.path.depth--;
    assert_int_equal(verify(&n), WAVU_ERR_CRYPTO);
    n = good;
    n.signature[0] ^= 1;
    assert_int_equal(verify(&n), WAVU_ERR_CRYPTO);
}

/* What a device signs that names nothing, as most broadcasts, proves nothing. */
static void a_broadcast_without_names_proves_none(void **state)
{
    (void)state;
    struct entry_proof_named n;

    say(0);
    assert_false(entry_proof_at(&n, &said, 0));
    memset(&n, 0, sizeof n);
    memcpy(n.device, pair.public_key, 32);
    memcpy(n.signature, said.signature, sizeof n.signature);
    n.proof.generation = said.generation;
    n.proof.sequence = said.sequence;
    memcpy(n.proof.rest, said.rest, sizeof said.rest);
    assert_int_equal(verify(&n), WAVU_ERR_CRYPTO); /* zeros are the root of none, and no name's */
}

static void it_is_read_as_it_was_written(void **state)
{
    (void)state;
    uint8_t bytes[ENTRY_PROOF_SIZE_MAX + 32];
    struct entry_proof_named n;
    struct entry_proof read;
    struct wr w;

    say(HASH_TREE_NAMES_MAX);
    assert_true(entry_proof_at(&n, &said, 77));
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    entry_proof_write(&w, &n.proof);
    assert_int_equal(w.len, ENTRY_PROOF_SIZE_MAX);
    assert_int_equal(entry_proof_read(&read, wr_span(&w)), 0);
    assert_int_equal(read.path.depth, HASH_TREE_DEPTH_MAX);
    n.proof = read;
    assert_int_equal(verify(&n), 0);
    memset(bytes + w.len, 0, sizeof bytes - w.len);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        bool is_whole = len >= ENTRY_PROOF_SIZE_MIN && len <= ENTRY_PROOF_SIZE_MAX &&
                        (len - ENTRY_PROOF_SIZE_MIN) % 32 == 0;

        bytes[ENTRY_PROOF_SIZE_MIN - 1] = 0;
        assert_int_equal(entry_proof_read(&read, span_of(bytes, len)),
                         is_whole ? 0 : WAVU_ERR_CRYPTO);
        if (is_whole && len < ENTRY_PROOF_SIZE_MAX) { /* a side of a level that is not there */
            bytes[ENTRY_PROOF_SIZE_MIN - 1] = (uint8_t)(1u << (len - ENTRY_PROOF_SIZE_MIN) / 32);
            assert_int_equal(entry_proof_read(&read, span_of(bytes, len)), WAVU_ERR_CRYPTO);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(each_that_is_named_is_proved),
        UNIT(nothing_else_is),
        UNIT(a_broadcast_without_names_proves_none),
        UNIT(it_is_read_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
