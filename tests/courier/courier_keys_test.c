/*
 * Own prekeys of a courier: stored before they are published, renewed weekly, the same after a
 * restart, above what turns up under our name.
 */
#include "courier/courier_keys.h"

#include "tests/base/unit.h"
#include "tests/support/courier_net.h"

#define DAY_NS (UINT64_C(86400) * TIMERS_SECOND)

static struct courier_net net;

static uint32_t number_of(size_t i)
{
    struct prekeys_msg m;
    const struct courier_net_node *n = &net.nodes[i];
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, span_of(n->bundle, n->bundle_len)),
                     0);
    return m.number;
}

static void test_stored_then_published(void **state)
{
    (void)state;
    courier_net_start(&net, 20, 2);
    assert_int_equal(net.nodes[0].publishes, 1);
    const uint32_t number = number_of(0);
    courier_net_crash(&net, 0);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_SOUND);
    courier_net_restart(&net, 0);
    courier_net_run(&net, TIMERS_SECOND);
    assert_int_equal(net.nodes[0].publishes, 2); /* what it has, at each beginning */
    assert_int_equal(number_of(0), number);
    /* Nothing is published that the disk does not have. */
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_FULL);
    sim_host_jump(net.world.hosts[0], 8 * DAY_NS);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_int_equal(net.nodes[0].publishes, 2);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_SOUND);
    courier_net_run(&net, 70 * TIMERS_SECOND);
    assert_int_equal(net.nodes[0].publishes, 3);
    assert_int_equal(number_of(0), number + 1);
    courier_net_stop(&net);
}

/* Who learns the new one seals for it, and holds for its tag. */
static void test_a_new_bundle_is_used(void **state)
{
    (void)state;
    courier_net_start(&net, 21, 2);
    const uint32_t number = number_of(1);
    sim_host_jump(net.world.hosts[1], 8 * DAY_NS);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    assert_int_equal(number_of(1), number + 1);
    courier_net_link(&net, 0, 1);
    courier_net_say(&net, 0, 1, 1);
    courier_net_run(&net, 3 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 1, 0, 1));
    courier_net_stop(&net);
}

/* A device that went back to an old disk: its bundle is outdone, and what is said to it still
 * comes. */
static void test_a_disk_that_went_back(void **state)
{
    (void)state;
    uint8_t later[PREKEYS_MSG_BUNDLE_MAX];
    struct courier_net_node *n = &net.nodes[1];
    courier_net_start(&net, 22, 2);
    struct prekeys_config config = {.device = &net.world.nodes[1].key,
                                    .signer = &signer_ed25519,
                                    .random = &net.world.nodes[0].port->random,
                                    .day = 600};
    struct prekeys other;
    memcpy(config.network, "the network of these tests", 27);
    prekeys_init(&other, &config, TIMERS_SECOND);
    assert_int_equal(prekeys_rotate(&other, 2 * TIMERS_SECOND), 0);
    const struct span bundle = prekeys_bundle(&other);
    memcpy(later, bundle.ptr, bundle.len);
    /* The shared state has what this disk does not know to have made. */
    courier_bundle(n->courier, courier_net_device(&net, 1), span_of(later, bundle.len));
    courier_net_run(&net, TIMERS_SECOND);
    assert_int_equal(n->publishes, 2);
    assert_true(number_of(1) > 600 * PREKEYS_NUMBERS_PER_DAY);
    courier_net_link(&net, 0, 1);
    courier_net_say(&net, 0, 1, 1);
    courier_net_say(&net, 1, 0, 2);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 1, 0, 1));
    assert_true(courier_net_has(&net, 0, 1, 2));
    /* Again and again: there are two of it. What came too soon is shown again a day later. */
    for (uint32_t i = 0; i < 2; i++) {
        other.next = number_of(1) + 10;
        assert_int_equal(prekeys_rotate(&other, 3 * TIMERS_SECOND), 0);
        assert_int_equal(n->publishes, 2 + i);
        assert_int_equal(n->twins, 0);
        courier_bundle(n->courier, courier_net_device(&net, 1), prekeys_bundle(&other));
        sim_host_jump(net.world.hosts[1], DAY_NS + TIMERS_SECOND);
        courier_net_run(&net, 3 * TIMERS_SECOND);
    }
    assert_true(n->twins > 0);
    prekeys_clear(&other);
    courier_net_stop(&net);
}

/* Bundles that come while the store is behind are learnt afterwards. */
static void test_bundles_wait_for_the_store(void **state)
{
    (void)state;
    uint32_t id = 1;
    courier_net_start(&net, 23, 3);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_FULL);
    while (courier_net_try(&net, 0, 1, id, 60000) == 0) {
        id++;
    }
    const uint32_t number = number_of(2);
    sim_host_jump(net.world.hosts[2], 8 * DAY_NS);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    assert_int_equal(number_of(2), number + 1);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_SOUND);
    courier_net_run(&net, 70 * TIMERS_SECOND);
    net.nodes[2].bundle_len = 0; /* nobody is asked for it */
    courier_net_say(&net, 0, 2, 1000);
    courier_net_link(&net, 0, 2);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 2, 0, 1000));
    courier_net_stop(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_stored_then_published),
        UNIT(test_a_new_bundle_is_used),
        UNIT(test_a_disk_that_went_back),
        UNIT(test_bundles_wait_for_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
