/*
 * The device key's file, on a simulated disk: made once, read again, never replaced.
 */
#include "crypto/secret.h"
#include "sim/sim.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "store/keyfile.h"
#include "tests/base/unit.h"

static struct sim *sim;
static struct sim_host *host;

static void start(void)
{
    assert_int_equal(secret_start(), 0);
    sim = sim_new(1);
    host = sim_host_new(sim, "10.0.0.1");
}

static void a_key_is_made_once_and_survives_a_restart(void **state)
{
    (void)state;
    struct ed25519_pair first;
    struct ed25519_pair again;
    start();
    assert_int_equal(keyfile_load(&first, sim_host_port(host), KEYFILE_DEVICE), WAVU_ERR_NOT_FOUND);
    assert_int_equal(keyfile_load_or_make(&first, sim_host_port(host), KEYFILE_DEVICE), 0);
    sim_host_crash(host, false);
    struct port *port = sim_host_restart(host);
    assert_int_equal(keyfile_load_or_make(&again, port, KEYFILE_DEVICE), 0);
    assert_memory_equal(first.seed, again.seed, sizeof first.seed);
    assert_memory_equal(first.public_key, again.public_key, sizeof first.public_key);
    sim_free(sim);
}

static void expect_corrupt(size_t len)
{
    uint8_t bytes[64] = {7};
    struct ed25519_pair pair;
    struct buf file;
    start();
    sim_files_put(host, KEYFILE_DEVICE, span_of(bytes, len));
    assert_int_equal(keyfile_load_or_make(&pair, sim_host_port(host), KEYFILE_DEVICE),
                     WAVU_ERR_CORRUPT);
    buf_init(&file, 100);
    struct port *port = sim_host_port(host);
    assert_int_equal(port->files->read(port, KEYFILE_DEVICE, &file), 0);
    assert_int_equal(file.len, len); /* it is left as it was */
    buf_clear(&file);
    sim_free(sim);
}

/* What a file system leaves of a file whose contents it lost is no key that everybody could guess.
 */
static void a_blank_file_is_corrupt(void **state)
{
    (void)state;
    static const uint8_t zeros[ED25519_SEED_SIZE];
    uint8_t ones[ED25519_SEED_SIZE];
    struct ed25519_pair pair;
    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < 2; i++) {
        start();
        sim_files_put(host, KEYFILE_DEVICE, span_of(i == 0 ? zeros : ones, sizeof ones));
        assert_int_equal(keyfile_load_or_make(&pair, sim_host_port(host), KEYFILE_DEVICE),
                         WAVU_ERR_CORRUPT);
        sim_free(sim);
    }
}

static void a_file_of_another_size_is_corrupt_and_stays(void **state)
{
    (void)state;
    expect_corrupt(0);
    expect_corrupt(31);
    expect_corrupt(33);
    expect_corrupt(64);
}

static void a_seed_is_the_same_key_everywhere(void **state)
{
    (void)state;
    /* RFC 8032 7.1, test 1. */
    static const uint8_t seed[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
                                     0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
                                     0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
                                     0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
    struct ed25519_pair pair;
    start();
    sim_files_put(host, KEYFILE_DEVICE, span_of(seed, sizeof seed));
    assert_int_equal(keyfile_load(&pair, sim_host_port(host), KEYFILE_DEVICE), 0);
    assert_int_equal(pair.public_key[0], 0xd7);
    assert_int_equal(pair.public_key[31], 0x1a);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_key_is_made_once_and_survives_a_restart),
        UNIT(a_blank_file_is_corrupt),
        UNIT(a_file_of_another_size_is_corrupt_and_stays),
        UNIT(a_seed_is_the_same_key_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
