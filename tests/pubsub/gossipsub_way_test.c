/* Streams of gossipsub with peers that write nonsense, too much, or too many. */
#include "pubsub/gossipsub_way.h"

#include "tests/pubsub/gossipsub_streams.h"
#include "tests/support/net_foe.h"

static struct net_foe foe;

static void start_foe(uint64_t seed)
{
    start(seed, 2);
    join_all();
    bring_together(0, 1);
    run(3);
    net_foe_start(&foe, &w, sim_host_new(w.sim, "10.0.9.9"), 0, 77);
    assert_true(net_foe_secure(&foe));
}

static void stop_foe(void)
{
    /* Whatever it did, the others go on. */
    size_t before = readers[1].delivered;
    say(0, "we go on");
    run(3);
    assert_int_equal(readers[1].delivered, before + 1);
    net_foe_stop(&foe);
    stop();
}

static void nonsense_ends_the_stream_and_then_all(void **state)
{
    (void)state;
    static const uint8_t nonsense[] = {4, 0xff, 0xff, 0xff, 0xff};
    start_foe(10);
    for (int i = 0; i < 6; i++) {
        uint32_t stream = net_foe_open(&foe, "/meshsub/1.1.0");
        run(1);
        net_foe_data(&foe, stream, span_of(nonsense, sizeof nonsense), 0);
        run(1);
    }
    assert_int_equal(readers[0].service.bad.value, GOSSIPSUB_SERVICE_STRIKES_MAX);
    stop_foe();
}

static void an_rpc_beyond_its_limit_is_not_waited_for(void **state)
{
    (void)state;
    static const uint8_t head[] = {0x81, 0x80, 0x40}; /* 1 MiB and a byte */
    start_foe(11);
    uint32_t stream = net_foe_open(&foe, "/meshsub/1.1.0");
    run(1);
    net_foe_data(&foe, stream, span_of(head, sizeof head), 0);
    run(1);
    assert_int_equal(readers[0].service.bad.value, 1);
    stop_foe();
}

static void the_beginning_of_an_rpc_is_charged_and_given_back(void **state)
{
    (void)state;
    static const uint8_t head[] = {0x80, 0x80, 0x08}; /* 128 KiB are to come */
    static const uint8_t part[40000];
    start_foe(12);
    uint64_t before = w.nodes[0].swarm.budget.used;
    uint32_t stream = net_foe_open(&foe, "/meshsub/1.1.0");
    run(1);
    net_foe_data(&foe, stream, span_of(head, sizeof head), 0);
    net_foe_data(&foe, stream, span_of(part, sizeof part), 0);
    run(2);
    assert_true(w.nodes[0].swarm.budget.used >=
                before + sizeof part - SWARM_PEER_OWN_BYTES); /* the rest is its own */
    net_foe_data(&foe, stream, span_empty(), YAMUX_MSG_RST);
    run(2);
    assert_true(w.nodes[0].swarm.budget.used <= before);
    stop_foe();
}

static void only_the_newest_stream_of_a_peer_is_read(void **state)
{
    (void)state;
    start_foe(13);
    for (int i = 0; i < 40; i++) {
        (void)net_foe_open(&foe, "/meshsub/1.1.0");
        run(1);
    }
    assert_int_equal(readers[0].service.ways.count, 2);
    stop_foe();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(nonsense_ends_the_stream_and_then_all),
        UNIT(an_rpc_beyond_its_limit_is_not_waited_for),
        UNIT(the_beginning_of_an_rpc_is_charged_and_given_back),
        UNIT(only_the_newest_stream_of_a_peer_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
