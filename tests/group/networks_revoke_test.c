/*
 * Two put somebody out: whole nodes of group/ in the simulator.
 */
#include "group/networks_core.h"

#include "tests/base/unit.h"
#include "tests/support/networks_world.h"

static struct networks_world w;

static void run(uint64_t seconds)
{
    sim_run_for(w.net.sim, seconds * TIMERS_SECOND);
}

/* In a network of policy two nobody puts out alone: whoever revokes as well signs what the first
 * one signed; and two who did it without having heard of each other do so when one says it again.
 */
static void the_second_who_revokes_cosigns(void **state)
{
    (void)state;
    networks_world_start(&w, 9, 4, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_TWO);
    for (size_t i = 1; i < 4; i++) {
        networks_world_join(&w, 0, i);
    }
    uint8_t revoked[MEMBERS_MSG_ID_SIZE];
    memcpy(revoked, networks_world_member(&w, 3), sizeof revoked);
    assert_int_equal(networks_revoke(networks_world_one(&w, 1), revoked, false), 0);
    run(1);
    assert_int_equal(networks_world_members(&w, 0), 4);
    assert_int_equal(networks_revoke(networks_world_one(&w, 1), revoked, false), 0);
    run(1);
    assert_int_equal(networks_world_members(&w, 0), 4); /* one alone, however often */
    assert_int_equal(networks_revoke(networks_world_one(&w, 2), revoked, false), 0);
    assert_int_equal(networks_world_members(&w, 2), 3);
    run(1);
    assert_int_equal(networks_world_members(&w, 0), 3);
    assert_int_equal(networks_world_members(&w, 1), 3);
    w.is_deaf = true;
    memcpy(revoked, networks_world_member(&w, 2), sizeof revoked);
    assert_int_equal(networks_revoke(networks_world_one(&w, 0), revoked, false), 0);
    assert_int_equal(networks_revoke(networks_world_one(&w, 1), revoked, false), 0);
    w.is_deaf = false;
    run(400); /* a talk brings the logs together */
    assert_int_equal(networks_world_members(&w, 0), 3);
    assert_int_equal(networks_revoke(networks_world_one(&w, 1), revoked, false), 0);
    run(1);
    assert_int_equal(networks_world_members(&w, 0), 2);
    networks_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(the_second_who_revokes_cosigns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
