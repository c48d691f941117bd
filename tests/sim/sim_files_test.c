/* Disks: created once, whole or not at all, and what a crash leaves of them. */
#include "sim/sim_files.h"

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

static struct port *port;

static int create(const char *path, const char *text)
{
    return port->files->create(port, path, span_from_text(text));
}

static int read_file(const char *path, const char *expected)
{
    struct buf bytes;

    buf_init(&bytes, 100);
    int rc = port->files->read(port, path, &bytes);

    if (rc == 0) {
        assert_true(span_is_equal(buf_span(&bytes), span_from_text(expected)));
    }
    buf_clear(&bytes);
    return rc;
}

static void test_files_are_created_once(void **state)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, NULL);
    struct buf small;

    (void)state;
    port = sim_host_port(host);
    assert_int_equal(create("device.key", "x"), WAVU_ERR_NOT_FOUND); /* there is no home yet */
    assert_int_equal(port->files->make_home(port), 0);
    assert_int_equal(port->files->make_home(port), 0);
    assert_int_equal(read_file("device.key", ""), WAVU_ERR_NOT_FOUND);
    assert_int_equal(create("device.key", "secret"), 0);
    assert_int_equal(create("device.key", "other"), WAVU_ERR_EXISTS);
    assert_int_equal(read_file("device.key", "secret"), 0);
    buf_init(&small, 3);
    assert_int_equal(port->files->read(port, "device.key", &small), WAVU_ERR_LIMIT);
    buf_clear(&small);
    sim_free(sim);
}

static void test_disks_fail_as_told(void **state)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, NULL);
    uint64_t bytes = 1;

    (void)state;
    port = sim_host_port(host);
    sim_files_set_fault(host, SIM_DISK_DENIED);
    assert_int_equal(port->files->make_home(port), WAVU_ERR_DENIED);
    sim_files_put(host, "a", UNIT_TEXT("whole"));
    assert_int_equal(read_file("a", ""), WAVU_ERR_DENIED);
    sim_files_set_fault(host, SIM_DISK_BROKEN);
    assert_int_equal(read_file("a", ""), WAVU_ERR_IO);
    sim_files_set_fault(host, SIM_DISK_FULL);
    assert_int_equal(read_file("a", "whole"), 0);
    assert_int_equal(create("b", "x"), WAVU_ERR_NO_SPACE);
    assert_int_equal(port->files->room(port, &bytes), 0);
    assert_int_equal(bytes, 0);
    sim_files_set_fault(host, SIM_DISK_SOUND);
    sim_files_put(host, "a", UNIT_TEXT("rotten"));
    assert_int_equal(read_file("a", "rotten"), 0);
    sim_files_set_room(host, 10);
    assert_int_equal(port->files->room(port, &bytes), 0);
    assert_int_equal(bytes, 4);
    sim_free(sim);
}

static void test_a_crash_takes_what_was_not_kept(void **state)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, NULL);

    (void)state;
    port = sim_host_port(host);
    assert_int_equal(port->files->make_home(port), 0);
    assert_int_equal(create("kept", "1"), 0);
    sim_files_set_fault(host, SIM_DISK_UNSYNCED);
    assert_int_equal(create("torn", "2"), 0);
    assert_int_equal(read_file("torn", "2"), 0);
    sim_host_crash(host, false);
    assert_int_equal(read_file("kept", ""), WAVU_ERR_IO); /* the dead do not read */
    port = sim_host_restart(host);
    assert_int_equal(read_file("kept", "1"), 0);
    assert_int_equal(read_file("torn", ""), WAVU_ERR_NOT_FOUND);
    sim_free(sim);
}

static void test_folders_and_names_that_move(void **state)
{
    struct sim *sim = sim_new(4);
    struct sim_host *host = sim_host_new(sim, NULL);
    struct buf names;

    (void)state;
    port = sim_host_port(host);
    assert_int_equal(port->files->make_home(port), 0);
    assert_int_equal(create("in/a", "x"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(port->files->make_folder(port, "in"), 0);
    assert_int_equal(port->files->make_folder(port, "in"), 0);
    assert_int_equal(create("in/a", "first"), 0);
    assert_int_equal(create("taken", "second"), 0);
    assert_int_equal(port->files->move(port, "in/a", "taken"), WAVU_ERR_EXISTS);
    assert_int_equal(port->files->move(port, "in/b", "b"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(port->files->move(port, "in/a", "in/b"), 0);
    sim_host_crash(host, false);
    port = sim_host_restart(host);
    assert_int_equal(read_file("in/b", "first"), 0);
    assert_int_equal(read_file("in/a", ""), WAVU_ERR_NOT_FOUND);
    assert_int_equal(read_file("taken", "second"), 0);
    buf_init(&names, 100);
    assert_int_equal(port->files->list(port, &names), 0);
    assert_true(span_is_equal(buf_span(&names), span_of("taken", 6)));
    buf_clear(&names);
    sim_files_fail(host, 0, 1);
    assert_int_equal(port->files->move(port, "in/b", "in/c"), WAVU_ERR_IO); /* done, or not */
    assert_int_not_equal(read_file("in/b", "first"), read_file("in/c", "first"));
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_files_are_created_once),
        UNIT(test_disks_fail_as_told),
        UNIT(test_a_crash_takes_what_was_not_kept),
        UNIT(test_folders_and_names_that_move),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
