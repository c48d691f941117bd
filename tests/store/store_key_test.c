/* The store's key: made once, never replaced, never made beside a store that has lost its own. */
#include "store/store_key.h"

#include "tests/store/disk.h"

static void test_made_once(void **state)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, NULL);
    uint8_t first[STORE_KEY_SIZE];
    uint8_t again[STORE_KEY_SIZE] = {0};
    uint8_t zeros[STORE_KEY_SIZE] = {0};

    (void)state;
    assert_int_equal(store_key_load_or_make(first, sim_host_port(host)), 0);
    assert_memory_not_equal(first, zeros, sizeof first);
    sim_host_crash(host, false);
    assert_int_equal(store_key_load_or_make(again, sim_host_restart(host)), 0);
    assert_memory_equal(first, again, sizeof first);
    sim_free(sim);
}

static void test_other_sizes_are_left_alone(void **state)
{
    static const size_t sizes[] = {0, 31, 33, 64};
    uint8_t bytes[64] = {1};
    uint8_t key[STORE_KEY_SIZE];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct sim *sim = sim_new(1);
        struct sim_host *host = sim_host_new(sim, NULL);
        struct buf file;

        sim_files_put(host, STORE_KEY_FILE, span_of(bytes, sizes[i]));
        assert_int_equal(store_key_load_or_make(key, sim_host_port(host)), WAVU_ERR_CORRUPT);
        buf_init(&file, 100);
        assert_true(sim_files_peek(host, STORE_KEY_FILE, &file));
        assert_int_equal(file.len, sizes[i]);
        buf_clear(&file);
        sim_free(sim);
    }
}

static void test_no_key_beside_a_store(void **state)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, NULL);
    uint8_t key[STORE_KEY_SIZE];
    struct port *port = sim_host_port(host);

    (void)state;
    sim_files_put(host, STORE_FILE, UNIT_TEXT("whose key is gone"));
    assert_int_equal(store_key_load_or_make(key, port), WAVU_ERR_CORRUPT);
    assert_int_equal(port->files->exists(port, STORE_KEY_FILE), WAVU_ERR_NOT_FOUND);
    sim_files_set_fault(host, SIM_DISK_DENIED);
    assert_int_equal(store_key_load_or_make(key, port), WAVU_ERR_DENIED);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_made_once),
        UNIT(test_other_sizes_are_left_alone),
        UNIT(test_no_key_beside_a_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
