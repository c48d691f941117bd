/* The system's port does what every port must do: the script of sim_net_test.c, over real sockets.
 */
#include "tests/base/unit.h"
#include "tests/support/port_script.h"
#include "wavu/os.h"

#define STEP_MS 2
#define LIMIT_NS (20 * TIMERS_SECOND)
#define SETTLE_NS (50 * TIMERS_MS) /* loopback delivers within a fraction of it */

static bool run_until(struct port_script_world *w, bool (*is_done)(void *context), void *context)
{
    uint64_t end_ns = wavu_os_now_ns() + LIMIT_NS;

    while (!is_done(context) && wavu_os_now_ns() < end_ns) {
        wavu_os_run(w->os, STEP_MS);
    }
    return is_done(context);
}

static void settle(struct port_script_world *w)
{
    uint64_t end_ns = wavu_os_now_ns() + SETTLE_NS;

    while (wavu_os_now_ns() < end_ns) {
        wavu_os_run(w->os, STEP_MS);
    }
}

static void in_world(void (*script)(struct port_script_world *))
{
    struct wavu_os *os = wavu_os_new();

    assert_non_null(os);
    struct port_script_world w = {.ports = {wavu_os_port_new(os, NULL), wavu_os_port_new(os, NULL)},
                                  .ip = {.ip = {127, 0, 0, 1}, .ip_len = 4},
                                  .name = "localhost",
                                  .run_until = run_until,
                                  .settle = settle,
                                  .os = os};

    script(&w);
    wavu_os_port_free(w.ports[0]);
    wavu_os_port_free(w.ports[1]);
    wavu_os_free(os);
}

#define IN_WORLD(name)                                                                             \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        in_world(port_script_##name);                                                              \
    }

IN_WORLD(addresses_agree)
IN_WORLD(bytes_then_end)
IN_WORLD(paused_end_waits)
IN_WORLD(abort_resets)
IN_WORLD(send_after_reset)
IN_WORLD(refused)
IN_WORLD(pause_pushes_back)
IN_WORLD(close_from_callbacks)
IN_WORLD(listeners)
IN_WORLD(lookups)
IN_WORLD(turns)
IN_WORLD(datagrams)
IN_WORLD(shared_datagrams)
IN_WORLD(interfaces)

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
