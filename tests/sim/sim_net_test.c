/* The simulator's port does what every port must do, whatever the seed cuts short. */
#include "sim/sim_net.h"

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "sim/sim_name.h"
#include "tests/base/unit.h"
#include "tests/support/port_script.h"

#define SEEDS 25

static bool run_until(struct port_script_world *w, bool (*is_done)(void *context), void *context)
{
    return sim_run_until(w->os, is_done, context, 600 * TIMERS_SECOND);
}

static void settle(struct port_script_world *w)
{
    sim_run_for(w->os, 10 * TIMERS_SECOND);
}

/* Run one behaviour in many worlds. */
static void in_worlds(void (*script)(struct port_script_world *))
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct sim *sim = sim_new(seed);
        struct port_script_world w = {.ports = {sim_host_port(sim_host_new(sim, "10.0.0.1")),
                                                sim_host_port(sim_host_new(sim, "10.0.0.2"))},
                                      .ip = {.ip = {10, 0, 0, 2}, .ip_len = 4},
                                      .name = "localhost",
                                      .run_until = run_until,
                                      .settle = settle,
                                      .os = sim};

        sim_name_add(sim, "localhost", "::1");
        sim_name_add(sim, "localhost", "127.0.0.1");
        script(&w);
        sim_free(sim);
    }
}

#define IN_WORLDS(name)                                                                            \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        in_worlds(port_script_##name);                                                             \
    }

IN_WORLDS(addresses_agree)
IN_WORLDS(bytes_then_end)
IN_WORLDS(paused_end_waits)
IN_WORLDS(abort_resets)
IN_WORLDS(send_after_reset)
IN_WORLDS(refused)
IN_WORLDS(pause_pushes_back)
IN_WORLDS(close_from_callbacks)
IN_WORLDS(listeners)
IN_WORLDS(lookups)
IN_WORLDS(turns)
IN_WORLDS(datagrams)
IN_WORLDS(shared_datagrams)
IN_WORLDS(interfaces)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_addresses_agree),
        UNIT(test_bytes_then_end),
        UNIT(test_paused_end_waits),
        UNIT(test_abort_resets),
        UNIT(test_send_after_reset),
        UNIT(test_refused),
        UNIT(test_pause_pushes_back),
        UNIT(test_close_from_callbacks),
        UNIT(test_listeners),
        UNIT(test_lookups),
        UNIT(test_turns),
        UNIT(test_datagrams),
        UNIT(test_shared_datagrams),
        UNIT(test_interfaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
