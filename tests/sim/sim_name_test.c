/* Look-ups: what is found, in which family, when, and what ends them early. */
#include "sim/sim_name.h"

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define NOT_YET 1

struct asked {
    int err;
    size_t count;
    struct multiaddr_ip found[PORT_NET_NAMES_MAX];
    struct port_lookup *lookup;
};

static struct sim *sim;
static struct sim_host *host;

static void on_done(void *context, int err, const struct multiaddr_ip *found, size_t count)
{
    struct asked *a = context;

    assert_int_equal(a->err, NOT_YET);
    assert_true(count <= PORT_NET_NAMES_MAX && (err == 0) == (count > 0));
    a->err = err;
    a->count = count;
    memcpy(a->found, found, count * sizeof(*found));
}

static const struct port_lookup_user user = {.done = on_done};

static int ask(struct asked *a, const char *name, int family)
{
    struct port *port = sim_host_port(host);

    *a = (struct asked){.err = NOT_YET};
    return port->net->lookup(port, name, family, &user, a, &a->lookup);
}

static int setup(void **state)
{
    (void)unit_count_memory(state);
    sim = sim_new(1);
    host = sim_host_new(sim, "10.0.0.1");
    sim_name_add(sim, "Seed.Example", "fd00::2");
    sim_name_add(sim, "seed.example", "10.0.0.2");
    return 0;
}

static int teardown(void **state)
{
    sim_free(sim);
    return unit_compare_memory(state);
}

static void test_names_are_found_in_their_families(void **state)
{
    struct asked both;
    struct asked four;
    struct asked none;
    struct asked number;

    (void)state;
    assert_int_equal(ask(&both, "SEED.example", 0), 0);
    assert_int_equal(ask(&four, "seed.example", 4), 0);
    assert_int_equal(ask(&none, "nowhere.example", 0), 0);
    assert_int_equal(ask(&number, "10.1.2.3", 0), 0);
    sim_run_for(sim, sim_settings(sim)->lookup_ns - 1);
    assert_int_equal(both.err, NOT_YET);
    sim_run_for(sim, 1);
    assert_int_equal(both.count, 2);
    assert_int_equal(both.found[0].ip_len, 16);
    assert_int_equal(both.found[1].ip[3], 2);
    assert_int_equal(four.count, 1);
    assert_int_equal(four.found[0].ip_len, 4);
    assert_int_equal(none.err, WAVU_ERR_NOT_FOUND);
    assert_int_equal(number.found[0].ip[3], 3);
    assert_int_equal(sim_host_open_sockets(host), 0);
}

static void test_cancelled_and_crashed_lookups_stay_silent(void **state)
{
    struct asked cancelled;
    struct asked crashed;
    struct port *port = sim_host_port(host);

    (void)state;
    assert_int_equal(ask(&cancelled, "seed.example", 0), 0);
    assert_int_equal(ask(&crashed, "seed.example", 0), 0);
    assert_int_equal(sim_host_open_sockets(host), 2);
    port->net->lookup_cancel(cancelled.lookup);
    sim_host_crash(host, false);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(cancelled.err, NOT_YET);
    assert_int_equal(crashed.err, NOT_YET);
    port->net->lookup_cancel(crashed.lookup);
    assert_int_equal(ask(&crashed, "seed.example", 0), WAVU_ERR_IO);
}

static void test_name_servers_fail_as_told(void **state)
{
    struct asked a;

    (void)state;
    sim_name_break(sim, WAVU_ERR_TIMEOUT);
    assert_int_equal(ask(&a, "seed.example", 0), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(a.err, WAVU_ERR_TIMEOUT);
    sim_name_break(sim, 0);
    sim_name_remove(sim, "seed.example");
    assert_int_equal(ask(&a, "seed.example", 6), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(a.err, WAVU_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names_are_found_in_their_families, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancelled_and_crashed_lookups_stay_silent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_name_servers_fail_as_told, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
