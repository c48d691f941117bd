/* A key file takes another's place, with the power gone at any step: one of both holds, and nothing
 * of the old one is left where it came to its end. */
#include "store/key_swap.h"

#include "crypto/secret.h"
#include "sim/sim_core.h"
#include "tests/store/disk.h"

#define NAME "some.key"
#define OLD UNIT_TEXT("the old one, a secret")
#define NEW UNIT_TEXT("the new one")

static struct sim *sim;
static struct sim_host *host;
static struct port *port;

static void begin(void)
{
    assert_int_equal(secret_start(), 0);
    sim = sim_new(1);
    host = sim_host_new(sim, NULL);
    port = sim_host_port(host);
    assert_int_equal(port->files->make_home(port), 0);
    assert_int_equal(port->files->create(port, NAME, OLD), 0);
}

static bool holds(struct span bytes)
{
    struct buf file;
    buf_init(&file, KEY_SWAP_FILE_MAX);
    assert_int_equal(key_swap_read(port, NAME, &file), 0);
    bool is = span_is_equal(buf_span(&file), bytes);
    buf_wipe(&file);
    return is;
}

static bool replace_cut_after(uint64_t calm, uint64_t tear)
{
    begin();
    host->disk.draw.state += tear;
    sim_files_fail(host, calm, SIM_DISK_FOR_EVER);
    int rc = key_swap_replace(port, NAME, NEW);
    bool was_cut = sim_files_failed(host) > 0;
    assert_int_equal(rc, was_cut ? WAVU_ERR_IO : 0);
    sim_host_crash(host, false);
    port = sim_host_restart(host);
    assert_true(holds(OLD) || holds(NEW));
    bool is_new = holds(NEW);
    assert_int_equal(key_swap_finish(port, NAME), 0);
    assert_true(holds(is_new ? NEW : OLD));
    assert_int_equal(port->files->exists(port, NAME KEY_SWAP_NEW), WAVU_ERR_NOT_FOUND);
    sim_free(sim);
    return was_cut;
}

static void test_one_of_both_holds_at_every_cut(void **state)
{
    uint64_t calm = 0;

    (void)state;
    for (uint64_t tear = 0; tear < 3; tear++) {
        for (calm = 0; replace_cut_after(calm, tear); calm++) {
        }
        assert_int_equal(calm, 6); /* create, overwrite, sync, remove, create, remove */
    }
}

/* Another process replaces the key while this one reads: up to `there`, behind the first look. */
enum half { NAME_IS_BLANK, NAME_IS_GONE, ALL_IS_DONE };

static const struct port_files *files_of_sim;
static enum half half;
static size_t reads;

static int read_beside(struct port *p, const char *path, struct buf *out)
{
    int rc = files_of_sim->read(p, path, out);

    if (reads++ == 0) {
        static const uint8_t zeros[8];
        assert_int_equal(files_of_sim->create(p, NAME KEY_SWAP_NEW, NEW), 0);
        assert_int_equal(files_of_sim->remove(p, NAME, true), 0);
        sim_files_put(host, NAME, span_of(zeros, sizeof zeros));
        if (half != NAME_IS_BLANK) {
            assert_int_equal(files_of_sim->remove(p, NAME, true), 0);
        }
    } else if (reads == 2 && half == ALL_IS_DONE) {
        assert_int_equal(files_of_sim->create(p, NAME, NEW), 0);
        assert_int_equal(files_of_sim->remove(p, NAME KEY_SWAP_NEW, true), 0);
    }
    return rc;
}

static void test_a_key_is_never_missing_while_it_is_replaced(void **state)
{
    struct port_files beside;

    (void)state;
    for (half = NAME_IS_BLANK; half <= ALL_IS_DONE; half++) {
        begin();
        files_of_sim = port->files;
        beside = *files_of_sim;
        beside.read = read_beside;
        port->files = &beside;
        reads = 0;
        assert_true(holds(NEW));
        port->files = files_of_sim;
        sim_free(sim);
    }
}

static void test_a_longer_file_is_none(void **state)
{
    static const uint8_t big[KEY_SWAP_FILE_MAX + 1] = {1};
    struct buf file;

    (void)state;
    begin();
    buf_init(&file, KEY_SWAP_FILE_MAX);
    assert_int_equal(key_swap_read(port, "none", &file), WAVU_ERR_NOT_FOUND);
    sim_files_put(host, NAME, span_of(big, sizeof big));
    assert_int_equal(key_swap_read(port, NAME, &file), WAVU_ERR_CORRUPT);
    assert_int_equal(key_swap_destroy(port, NAME), 0);
    assert_int_equal(key_swap_read(port, NAME, &file), WAVU_ERR_NOT_FOUND);
    assert_int_equal(key_swap_destroy(port, NAME), 0);
    buf_wipe(&file);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_one_of_both_holds_at_every_cut),
        UNIT(test_a_key_is_never_missing_while_it_is_replaced),
        UNIT(test_a_longer_file_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
