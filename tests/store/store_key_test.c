/* The store's key: made once, replaced only as a whole, destroyed for good; never made beside a
 * store that has lost its own. */
#include "store/store_key.h"

#include "crypto/secret.h"
#include "sim/sim_core.h"
#include "tests/store/disk.h"

static const struct stretch_cost cheap = {.memory_kib = STORE_WRAP_MEMORY_KIB_MIN, .passes = 1};

#define OLD UNIT_TEXT("old one")
#define NEW UNIT_TEXT("new one")

static struct sim *sim;
static struct sim_host *host;
static struct port *port;

static void begin(void)
{
    assert_int_equal(secret_start(), 0);
    sim = sim_new(1);
    host = sim_host_new(sim, NULL);
    port = sim_host_port(host);
}

static void crash(void)
{
    sim_host_crash(host, false);
    port = sim_host_restart(host);
}

/* Made and given a passphrase (empty: none). */
static void begin_under(uint8_t key[STORE_KEY_SIZE], struct span passphrase)
{
    begin();
    assert_int_equal(store_key_open(key, port, span_empty()), 0);
    if (passphrase.len > 0) {
        assert_int_equal(store_key_change(port, span_empty(), passphrase, cheap), 0);
    }
}

static void test_made_once(void **state)
{
    uint8_t first[STORE_KEY_SIZE];
    uint8_t again[STORE_KEY_SIZE] = {0};
    uint8_t zeros[STORE_KEY_SIZE] = {0};
    bool wants = true;

    (void)state;
    begin();
    assert_int_equal(store_key_look(port, &wants), WAVU_ERR_NOT_FOUND);
    assert_int_equal(store_key_open(first, port, span_empty()), 0);
    assert_memory_not_equal(first, zeros, sizeof first);
    crash();
    assert_int_equal(store_key_open(again, port, span_empty()), 0);
    assert_memory_equal(first, again, sizeof first);
    assert_int_equal(store_key_look(port, &wants), 0);
    assert_false(wants);
    sim_free(sim);
}

static void test_other_files_are_left_alone(void **state)
{
    static const size_t sizes[] = {0, 31, 32, 33, 64, STORE_WRAP_SIZE, 600};
    static uint8_t bytes[600];
    uint8_t key[STORE_KEY_SIZE];
    bool wants;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf file;

        begin();
        sim_files_put(host, STORE_KEY_FILE, span_of(bytes, sizes[i]));
        assert_int_equal(store_key_open(key, port, OLD), WAVU_ERR_CORRUPT);
        assert_int_equal(store_key_look(port, &wants), WAVU_ERR_CORRUPT);
        assert_int_equal(store_key_change(port, span_empty(), NEW, cheap), WAVU_ERR_CORRUPT);
        buf_init(&file, 1000);
        assert_true(sim_files_peek(host, STORE_KEY_FILE, &file));
        assert_int_equal(file.len, sizes[i]);
        buf_clear(&file);
        sim_free(sim);
    }
}

static void test_no_key_beside_a_store(void **state)
{
    uint8_t key[STORE_KEY_SIZE];

    (void)state;
    begin();
    sim_files_put(host, STORE_FILE, UNIT_TEXT("whose key is gone"));
    assert_int_equal(store_key_open(key, port, span_empty()), WAVU_ERR_CORRUPT);
    assert_int_equal(port->files->exists(port, STORE_KEY_FILE), WAVU_ERR_NOT_FOUND);
    assert_int_equal(store_key_change(port, span_empty(), NEW, cheap), WAVU_ERR_NOT_FOUND);
    sim_files_set_fault(host, SIM_DISK_DENIED);
    assert_int_equal(store_key_open(key, port, span_empty()), WAVU_ERR_DENIED);
    assert_int_equal(store_key_destroy(port), WAVU_ERR_DENIED);
    sim_free(sim);
}

static void expect_key(const uint8_t *key, struct span passphrase, int expected)
{
    uint8_t got[STORE_KEY_SIZE];

    assert_int_equal(store_key_open(got, port, passphrase), expected);
    if (expected == 0) {
        assert_memory_equal(got, key, sizeof got);
    }
}

static void test_set_change_and_remove_a_passphrase(void **state)
{
    static uint8_t longer[STORE_WRAP_PASSPHRASE_MAX + 1];
    uint8_t key[STORE_KEY_SIZE];
    bool wants = false;

    (void)state;
    begin_under(key, OLD);
    crash();
    assert_int_equal(store_key_look(port, &wants), 0);
    assert_true(wants);
    expect_key(key, OLD, 0);
    expect_key(key, NEW, WAVU_ERR_DENIED);
    expect_key(key, span_empty(), WAVU_ERR_DENIED);
    assert_int_equal(store_key_change(port, NEW, NEW, cheap), WAVU_ERR_DENIED);
    assert_int_equal(store_key_change(port, OLD, span_of(longer, sizeof longer), cheap),
                     WAVU_ERR_INVALID);
    expect_key(key, OLD, 0);
    assert_int_equal(store_key_change(port, OLD, NEW, cheap), 0);
    expect_key(key, NEW, 0);
    expect_key(key, OLD, WAVU_ERR_DENIED);
    assert_int_equal(store_key_change(port, NEW, span_empty(), cheap), 0);
    expect_key(key, span_empty(), 0);
    expect_key(key, OLD, 0); /* not looked at */
    assert_int_equal(store_key_look(port, &wants), 0);
    assert_false(wants);
    assert_int_equal(port->files->exists(port, STORE_KEY_FILE_NEW), WAVU_ERR_NOT_FOUND);
    sim_free(sim);
}

/* From one passphrase to another with the power gone after `calm` changes to the disk: one of both
 * opens the same key, and what was begun comes to its end. */
static bool change_cut_after(uint64_t calm, struct span from, struct span to, uint64_t tear)
{
    uint8_t key[STORE_KEY_SIZE];
    uint8_t got[STORE_KEY_SIZE];
    bool wants = false;

    begin_under(key, from);
    host->disk.draw.state += tear;
    sim_files_fail(host, calm, SIM_DISK_FOR_EVER);
    int rc = store_key_change(port, from, to, cheap);
    bool was_cut = sim_files_failed(host) > 0;
    assert_int_equal(rc, was_cut ? WAVU_ERR_IO : 0);
    crash();
    assert_int_equal(store_key_look(port, &wants), 0);
    bool is_new = wants == (to.len > 0);
    assert_int_equal(store_key_open(got, port, is_new ? to : from), 0);
    assert_memory_equal(got, key, sizeof key);
    if (wants) {
        assert_int_equal(store_key_open(got, port, UNIT_TEXT("other")), WAVU_ERR_DENIED);
    }
    if (is_new) {
        assert_int_equal(port->files->exists(port, STORE_KEY_FILE_NEW), WAVU_ERR_NOT_FOUND);
    }
    assert_int_equal(store_key_change(port, is_new ? to : from, to, cheap), 0);
    expect_key(key, to, 0);
    sim_free(sim);
    return was_cut;
}

static void test_a_change_survives_every_cut(void **state)
{
    uint64_t calm;

    (void)state;
    for (uint64_t tear = 0; tear < 3; tear++) {
        for (calm = 0; change_cut_after(calm, span_empty(), NEW, tear); calm++) {
        }
        assert_int_equal(calm, 6); /* create, overwrite, sync, remove, create, remove */
        for (calm = 0; change_cut_after(calm, OLD, span_empty(), tear); calm++) {
        }
        assert_int_equal(calm, 6);
    }
}

static void test_nothing_of_the_old_file_is_left(void **state)
{
    uint8_t key[STORE_KEY_SIZE];
    struct port_file *old = NULL;
    uint8_t got[STORE_KEY_SIZE + 1];
    uint8_t zeros[STORE_KEY_SIZE] = {0};
    size_t len = 0;

    (void)state;
    begin_under(key, span_empty());
    assert_int_equal(port->files->open(port, STORE_KEY_FILE, PORT_FILES_THERE, &old), 0);
    assert_int_equal(store_key_change(port, span_empty(), NEW, cheap), 0);
    assert_int_equal(port->files->read_at(old, 0, span_mut_of(got, sizeof got), &len), 0);
    assert_int_equal(len, sizeof zeros);
    assert_memory_equal(got, zeros, sizeof zeros);
    port->files->close(old);
    sim_free(sim);
}

/* A full disk changes nothing; where the disk takes nothing, what holds can still be read. */
static void test_disks_that_take_nothing(void **state)
{
    uint8_t key[STORE_KEY_SIZE];

    (void)state;
    begin_under(key, OLD);
    sim_files_set_fault(host, SIM_DISK_FULL);
    assert_int_equal(store_key_change(port, OLD, NEW, cheap), WAVU_ERR_NO_SPACE);
    expect_key(key, OLD, 0);
    sim_files_set_fault(host, SIM_DISK_SOUND);
    sim_files_fail(host, 1, SIM_DISK_FOR_EVER); /* the new one is there, and nothing more */
    assert_int_equal(store_key_change(port, OLD, NEW, cheap), WAVU_ERR_IO);
    expect_key(key, NEW, 0);
    expect_key(key, OLD, WAVU_ERR_DENIED);
    sim_free(sim);
}

/* Another process is at it: what it renames is not blanked. */
static void test_one_finishes(void **state)
{
    uint8_t key[STORE_KEY_SIZE];
    struct port_file *other = NULL;

    (void)state;
    begin_under(key, span_empty());
    sim_files_fail(host, 1, SIM_DISK_FOR_EVER);
    assert_int_equal(store_key_change(port, span_empty(), NEW, cheap), WAVU_ERR_IO);
    sim_files_fail(host, 0, 0);
    assert_int_equal(port->files->open(port, STORE_KEY_FILE_NEW, PORT_FILES_THERE, &other), 0);
    assert_int_equal(port->files->lock(other), 0);
    expect_key(key, NEW, 0);
    assert_int_equal(port->files->exists(port, STORE_KEY_FILE_NEW), 0);
    assert_int_equal(store_key_change(port, NEW, OLD, cheap), WAVU_ERR_IN_USE);
    port->files->close(other);
    expect_key(key, NEW, 0);
    assert_int_equal(port->files->exists(port, STORE_KEY_FILE_NEW), WAVU_ERR_NOT_FOUND);
    sim_free(sim);
}

/* What the store had is unreadable afterwards; done again after any cut, it comes to its end. */
static bool destroy_cut_after(uint64_t calm)
{
    uint8_t key[STORE_KEY_SIZE];
    uint8_t got[STORE_KEY_SIZE] = {0};

    begin_under(key, span_empty());
    sim_files_put(host, STORE_FILE, UNIT_TEXT("encrypted"));
    sim_files_fail(host, calm, SIM_DISK_FOR_EVER);
    int rc = store_key_destroy(port);
    bool was_cut = sim_files_failed(host) > 0;
    assert_int_equal(rc, was_cut ? WAVU_ERR_IO : 0);
    crash();
    /* Within the overwriting itself half of a key may be left: not one that opens anything. */
    rc = store_key_open(got, port, span_empty());
    assert_true(rc == WAVU_ERR_CORRUPT || (was_cut && rc == 0));
    assert_int_equal(store_key_destroy(port), 0);
    assert_int_equal(port->files->exists(port, STORE_KEY_FILE), WAVU_ERR_NOT_FOUND);
    assert_int_equal(store_key_open(got, port, span_empty()), WAVU_ERR_CORRUPT);
    assert_int_equal(store_key_destroy(port), 0);
    sim_free(sim);
    return was_cut;
}

static void test_destroyed_is_destroyed(void **state)
{
    uint8_t key[STORE_KEY_SIZE];
    uint64_t calm;

    (void)state;
    for (calm = 0; destroy_cut_after(calm); calm++) {
    }
    assert_int_equal(calm, 3); /* overwrite, sync, remove */
    begin_under(key, span_empty());
    sim_files_fail(host, 1, SIM_DISK_FOR_EVER); /* both files are there */
    assert_int_equal(store_key_change(port, span_empty(), NEW, cheap), WAVU_ERR_IO);
    sim_files_fail(host, 0, 0);
    assert_int_equal(store_key_destroy(port), 0);
    assert_int_equal(port->files->exists(port, STORE_KEY_FILE), WAVU_ERR_NOT_FOUND);
    assert_int_equal(port->files->exists(port, STORE_KEY_FILE_NEW), WAVU_ERR_NOT_FOUND);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_made_once),
        UNIT(test_other_files_are_left_alone),
        UNIT(test_no_key_beside_a_store),
        UNIT(test_set_change_and_remove_a_passphrase),
        UNIT(test_a_change_survives_every_cut),
        UNIT(test_nothing_of_the_old_file_is_left),
        UNIT(test_disks_that_take_nothing),
        UNIT(test_one_finishes),
        UNIT(test_destroyed_is_destroyed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
