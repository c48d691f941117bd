/* What was said is kept when the disk has it, and who asks is told why it has it not. */
#include "tests/node/people.h"

#include "sim/sim_files.h"

static size_t changes;

static void on_kept(void *context)
{
    const struct wavu_node *node = context;
    changes++;
    (void)!wavu_node_kept(node, wavu_node_written(node));
}

static uint64_t say_nick(const char *nick)
{
    uint64_t before = wavu_node_written(h.nodes[0]);
    assert_int_equal(wavu_set_nick(h.nodes[0], nick), 0);
    uint64_t written = wavu_node_written(h.nodes[0]);
    assert_true(written > before);
    return written;
}

static void what_is_said_is_kept_soon(void **state)
{
    (void)state;
    start(1, 1, false);
    run(5);
    wavu_node_kept_listen(h.nodes[0], on_kept, h.nodes[0]);
    changes = 0;
    uint64_t written = say_nick("Neema");
    assert_int_equal(wavu_node_kept(h.nodes[0], written), WAVU_ERR_AGAIN);
    assert_int_equal(changes, 0);
    run(1);
    assert_int_equal(wavu_node_kept(h.nodes[0], written), 0);
    assert_true(changes > 0);
    /* A number of a life that had more. */
    assert_int_equal(wavu_node_kept(h.nodes[0], written + 1000), 0);
    stop();
}

static void a_full_disk_is_said(void **state)
{
    (void)state;
    start(2, 1, false);
    run(5);
    wavu_node_kept_listen(h.nodes[0], on_kept, h.nodes[0]);
    changes = 0;
    sim_files_set_fault(h.hosts[0], SIM_DISK_FULL);
    uint64_t written = say_nick("Neema");
    run(2);
    assert_int_equal(wavu_node_kept(h.nodes[0], written), WAVU_ERR_NO_SPACE);
    assert_true(changes > 0);
    sim_files_set_fault(h.hosts[0], SIM_DISK_SOUND);
    run(120);
    assert_int_equal(wavu_node_kept(h.nodes[0], written), 0);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(what_is_said_is_kept_soon), UNIT(a_full_disk_is_said)};
    return cmocka_run_group_tests_name("wavu_kept", tests, NULL, NULL);
}
