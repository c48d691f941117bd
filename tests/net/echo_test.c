/*
 * echo: bytes and half-close come back; what does not fit waits with the sender.
 */
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

static void bytes_and_the_end_come_back(void **state)
{
    (void)state;
    struct net_world w;
    static struct net_ear ear;
    int err = 0;
    net_world_start(&w, 1, 2);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    net_ear_init(&ear, ECHO_NAME);
    net_ear_open(&ear, c);
    net_ear_say(&ear, "is anybody there?");
    stream_finish(ear.stream);
    assert_true(sim_run_until(w.sim, net_ear_is_closed, &ear, 60 * TIMERS_SECOND));
    assert_int_equal(ear.received, 17);
    assert_memory_equal(ear.bytes, "is anybody there?", 17);
    assert_int_equal(ear.fins, 1);
    assert_int_equal(ear.err, WAVU_ERR_CLOSED);
    net_world_stop(&w);
}

static void who_does_not_read_is_not_buffered_for(void **state)
{
    (void)state;
    struct net_world w;
    static struct net_ear ear;
    static const uint8_t block[65536];
    int err = 0;
    size_t sent = 0;
    net_world_start(&w, 2, 2);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    net_ear_init(&ear, ECHO_NAME);
    ear.take_max = 0;
    net_ear_open(&ear, c);
    for (size_t i = 0; i < 200; i++) {
        size_t taken = 0;
        assert_int_equal(stream_send(ear.stream, span_of(block, sizeof block), &taken), 0);
        sent += taken;
        sim_run_for(w.sim, TIMERS_SECOND / 10);
    }
    assert_true(sent < 2 * 1024 * 1024); /* both windows and what is under way */
    assert_true(w.nodes[1].swarm.budget.peak < 1024 * 1024);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(bytes_and_the_end_come_back),
        UNIT(who_does_not_read_is_not_buffered_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
