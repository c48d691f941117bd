/*
 * The keys' files, on a simulated disk: made once, read again, in either form; the key is never
 * replaced.
 */
#include "crypto/secret.h"
#include "sim/sim.h"
#include "sim/sim_core.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "store/keyfile.h"
#include "store/store_key.h"
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
    assert_int_equal(keyfile_load(&first, sim_host_port(host), KEYFILE_DEVICE, NULL),
                     WAVU_ERR_NOT_FOUND);
    assert_int_equal(keyfile_load_or_make(&first, sim_host_port(host), KEYFILE_DEVICE, NULL), 0);
    sim_host_crash(host, false);
    struct port *port = sim_host_restart(host);
    assert_int_equal(keyfile_load_or_make(&again, port, KEYFILE_DEVICE, NULL), 0);
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
    assert_int_equal(keyfile_load_or_make(&pair, sim_host_port(host), KEYFILE_DEVICE, NULL),
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
        assert_int_equal(keyfile_load_or_make(&pair, sim_host_port(host), KEYFILE_DEVICE, NULL),
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
    assert_int_equal(keyfile_load(&pair, sim_host_port(host), KEYFILE_DEVICE, NULL), 0);
    assert_int_equal(pair.public_key[0], 0xd7);
    assert_int_equal(pair.public_key[31], 0x1a);
    sim_free(sim);
}

/* ---- Sealed and bare ---- */

#define WORDS UNIT_TEXT("mlima wa bahari")

static const struct stretch_cost cheap = {.memory_kib = STORE_WRAP_MEMORY_KIB_MIN, .passes = 1};
static struct ed25519_pair device;
static struct ed25519_pair person;

/* A home with both keys, bare, and what opens them. */
static void start_home(struct keyfile_seal_lock *lock)
{
    uint8_t key[STORE_KEY_SIZE];
    start();
    struct port *port = sim_host_port(host);
    assert_int_equal(store_key_open(key, port, span_empty()), 0);
    keyfile_seal_init(lock, key);
    assert_int_equal(keyfile_load_or_make(&device, port, KEYFILE_DEVICE, lock), 0);
    assert_int_equal(keyfile_load_or_make(&person, port, KEYFILE_IDENTITY, lock), 0);
}

static bool is_bare(const char *name, const struct ed25519_pair *pair)
{
    struct buf file;
    buf_init(&file, 100);
    assert_true(sim_files_peek(host, name, &file));
    bool is = span_is_equal(buf_span(&file), span_of(pair->seed, sizeof pair->seed));
    assert_true(is || file.len == KEYFILE_SEAL_SIZE);
    buf_clear(&file);
    return is;
}

static void assert_both_there(const struct keyfile_seal_lock *lock)
{
    struct ed25519_pair got;
    struct port *port = sim_host_port(host);
    assert_int_equal(keyfile_load(&got, port, KEYFILE_DEVICE, lock), 0);
    assert_memory_equal(got.seed, device.seed, sizeof got.seed);
    assert_int_equal(keyfile_load(&got, port, KEYFILE_IDENTITY, lock), 0);
    assert_memory_equal(got.seed, person.seed, sizeof got.seed);
}

static void both_forms_are_read(void **state)
{
    (void)state;
    struct keyfile_seal_lock lock;
    struct ed25519_pair got;
    start_home(&lock);
    struct port *port = sim_host_port(host);
    assert_false(keyfile_is_sealed(port));
    assert_true(is_bare(KEYFILE_DEVICE, &device));
    assert_int_equal(keyfile_settle(port, &lock, true), 0);
    assert_true(keyfile_is_sealed(port));
    assert_false(is_bare(KEYFILE_DEVICE, &device) || is_bare(KEYFILE_IDENTITY, &person));
    assert_both_there(&lock);
    assert_int_equal(keyfile_load(&got, port, KEYFILE_DEVICE, NULL), WAVU_ERR_DENIED);
    uint64_t changes = sim_files_changes(host);
    assert_int_equal(keyfile_settle(port, &lock, true), 0);
    assert_int_equal(sim_files_changes(host), changes); /* nothing is written twice */
    assert_int_equal(keyfile_settle(port, &lock, false), 0);
    assert_true(is_bare(KEYFILE_DEVICE, &device) && is_bare(KEYFILE_IDENTITY, &person));
    sim_free(sim);
}

static void a_key_is_made_in_the_form_that_is_wanted(void **state)
{
    (void)state;
    struct keyfile_seal_lock lock;
    start_home(&lock);
    struct port *port = sim_host_port(host);
    assert_int_equal(store_key_change(port, span_empty(), WORDS, cheap), 0);
    assert_int_equal(keyfile_destroy(port, NULL), 0);
    assert_int_equal(keyfile_load(&device, port, KEYFILE_DEVICE, &lock), WAVU_ERR_NOT_FOUND);
    assert_int_equal(keyfile_load_or_make(&device, port, KEYFILE_DEVICE, &lock), 0);
    assert_false(is_bare(KEYFILE_DEVICE, &device));
    sim_free(sim);
}

static bool settle_cut_after(uint64_t calm, bool seal, uint64_t tear)
{
    struct keyfile_seal_lock lock;
    start_home(&lock);
    struct port *port = sim_host_port(host);
    assert_int_equal(keyfile_settle(port, &lock, !seal), 0);
    host->disk.draw.state += tear;
    sim_files_fail(host, calm, SIM_DISK_FOR_EVER);
    int rc = keyfile_settle(port, &lock, seal);
    bool was_cut = sim_files_failed(host) > 0;
    assert_int_equal(rc, was_cut ? WAVU_ERR_IO : 0);
    sim_host_crash(host, false);
    port = sim_host_restart(host);
    assert_both_there(&lock);
    assert_int_equal(keyfile_settle(port, &lock, seal), 0);
    assert_both_there(&lock);
    assert_int_equal(is_bare(KEYFILE_DEVICE, &device), !seal);
    assert_int_equal(is_bare(KEYFILE_IDENTITY, &person), !seal);
    sim_free(sim);
    return was_cut;
}

static void a_change_of_form_survives_every_cut(void **state)
{
    (void)state;
    for (uint64_t tear = 0; tear < 3; tear++) {
        for (int seal = 0; seal < 2; seal++) {
            uint64_t calm = 0;
            while (settle_cut_after(calm, seal != 0, tear)) {
                calm++;
            }
            assert_int_equal(calm, 12); /* six steps a key */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_key_is_made_once_and_survives_a_restart),
        UNIT(a_blank_file_is_corrupt),
        UNIT(a_file_of_another_size_is_corrupt_and_stays),
        UNIT(a_seed_is_the_same_key_everywhere),
        UNIT(both_forms_are_read),
        UNIT(a_key_is_made_in_the_form_that_is_wanted),
        UNIT(a_change_of_form_survives_every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
