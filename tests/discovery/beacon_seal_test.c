/* Sealed beacons: one made by another implementation of docs/protocol/beacon.md (hmac of Python's
 * library, ChaCha20-Poly1305 written after RFC 8439), and what strangers can do with one. */
#include "discovery/beacon_seal.h"

#include "crypto/secret.h"
#include "tests/discovery/hex.h"

static const char vector[] =
    "7761767502a0a1a2a3a4a5a6a7a8a9aaabacadaeaff8ccf667d3a8bab58e7de0fb3b970a29ddd6cb952024601e"
    "a4da3928b612284103ef5c92f7643c6faa6832cbdfa66ec65f1391c5594b29da24a4cac700f06c3a2a4fe78698"
    "0e5e9946ba96bea6f88688bd3c235b6562c8b38cb771f254fcaf7d55ab5f8f67d3c45c6b6ddebd8263c0cbbee6"
    "7f358506a4f88a6e34d1b121977b77587cd5c7f067fc4826478bdff1f0f59f7b58ed5cd8db1cb6950d1ff23f0c"
    "cc647f0855f1044ff0e136286ca1843d8c5d0063f7028e4acdbe395656681b12ac1a88b6cc9415d239759e8493"
    "941fb803087bbeb28c2d7a0480957877919278ab60826acb9b0328f8e016b1d6812f2721996e418de4d68f5336"
    "b30fee15362d2dc50bf083e9dc9b2463bd5c02e4a3c3c83eccb5f2d0c4794eacf4a9ce6599dec1569943639a28"
    "a943c24b61926b8469b9";

static struct aead *aead;
static uint8_t key[BEACON_SEAL_KEY_SIZE]; /* 00 01 ... 1f, as the vector's */

/* "Randomness" that is the vector's nonce: a0 a1 ... */
static void count_up(void *context, uint8_t *out, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(0xa0 + i);
    }
}

static const struct random counting = {.fill = count_up};

static int setup(void **state)
{
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)i;
    }
    aead = aead_new();
    return unit_count_memory(state) + (aead != NULL && secret_start() == 0 ? 0 : -1);
}

static int teardown(void **state)
{
    int rc = unit_compare_memory(state);
    aead_free(aead);
    return rc;
}

static struct beacon_msg content(void)
{
    struct beacon_msg m = {.ports = {9000}, .port_count = 1, .asks = true};
    assert_int_equal(
        peerid_decode(&m.peer, hex("002408011220202122232425262728292a2b2c2d2e2f30313233343536"
                                   "3738393a3b3c3d3e3f")),
        0);
    return m;
}

static void test_vector(void **state)
{
    uint8_t out[BEACON_MSG_SIZE_MAX];
    uint8_t room[BEACON_MSG_PLAIN_SIZE];
    struct beacon_msg_packet p;
    struct beacon_msg m = content();
    struct beacon_msg read;
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(out, sizeof out));
    assert_int_equal(beacon_seal_write(&w, aead, key, &counting, &m), 0);
    assert_true(span_is_equal(wr_span(&w), hex(vector)));

    assert_int_equal(beacon_msg_split(&p, hex(vector)), 0);
    assert_true(beacon_seal_is_ours(key, &p));
    assert_int_equal(beacon_seal_open(&read, aead, key, &p, room), 0);
    assert_true(peerid_is_equal(&read.peer, &m.peer));
    assert_int_equal(read.ports[0], 9000);
    assert_true(read.asks);
}

/* Any bit changed, anywhere, and it is not ours or does not open. */
static void test_changed(void **state)
{
    uint8_t bytes[325];
    uint8_t room[BEACON_MSG_PLAIN_SIZE];
    struct beacon_msg_packet p;
    struct beacon_msg read;
    (void)state;
    for (size_t i = 5; i < sizeof bytes; i++) {
        memcpy(bytes, hex(vector).ptr, sizeof bytes);
        bytes[i] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(beacon_msg_split(&p, span_of(bytes, sizeof bytes)), 0);
        assert_int_equal(beacon_seal_is_ours(key, &p), i >= 53);
        assert_int_equal(beacon_seal_open(&read, aead, key, &p, room), WAVU_ERR_CRYPTO);
    }
}

static void test_another_key(void **state)
{
    uint8_t room[BEACON_MSG_PLAIN_SIZE];
    struct beacon_msg_packet p;
    struct beacon_msg read;
    (void)state;
    key[31] ^= 1;
    assert_int_equal(beacon_msg_split(&p, hex(vector)), 0);
    assert_false(beacon_seal_is_ours(key, &p));
    assert_int_equal(beacon_seal_open(&read, aead, key, &p, room), WAVU_ERR_CRYPTO);
}

/* The size says nothing about the content, and what does not fit is refused. */
static void test_one_size(void **state)
{
    static const uint8_t address[250] = {4};
    uint8_t out[BEACON_MSG_SIZE_MAX];
    struct beacon_msg m = content();
    struct wr w;
    (void)state;
    for (size_t len = 0; len < sizeof address; len++) {
        m.addresses[0] = span_of(address, len);
        m.address_count = 1;
        wr_init(&w, span_mut_of(out, sizeof out));
        int rc = beacon_seal_write(&w, aead, key, &counting, &m);
        assert_int_equal(rc, len <= 254 - 40 - 3 - 2 - 3 ? 0 : WAVU_ERR_LIMIT);
        assert_int_equal(w.len, rc == 0 ? 325 : 0);
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_vector), TEST(test_changed),
                                       TEST(test_another_key), TEST(test_one_size)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
