/*
 * Putting people out: at once and for good, and with a second voice where one is not enough.
 */
#include "group/networks_core.h"

#include "tests/base/unit.h"
#include "tests/support/members_null.h"
#include "tests/support/networks_world.h"

static struct networks_world w;

static void run(uint64_t seconds)
{
    sim_run_for(w.net.sim, seconds * TIMERS_SECOND);
}

static void a_revocation_cuts_at_once(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    networks_world_start(&w, 5, 4, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    for (size_t i = 1; i < 4; i++) {
        networks_world_join(&w, 0, i);
    }
    struct conn *conn = networks_world_dial(&w, 2, 1);
    assert_int_equal(gate_open(w.nodes[2].gate, &w.nodes[2].protocol, conn, NULL, &stream), 0);
    run(1);
    assert_int_equal(w.nodes[1].opened, 1);
    size_t keys = w.nodes[1].told[NETWORKS_KEYS];
    uint8_t revoked[MEMBERS_MSG_ID_SIZE];
    memcpy(revoked, networks_world_member(&w, 2), sizeof revoked);
    assert_int_equal(networks_revoke(networks_world_one(&w, 0), revoked, false), 0);
    run(1);
    assert_int_equal(networks_world_members(&w, 0), 3);
    assert_int_equal(networks_world_members(&w, 1), 3);
    assert_int_equal(w.nodes[1].closed, 1);
    assert_int_equal(w.nodes[1].closed_err, WAVU_ERR_DENIED);
    assert_int_equal(w.nodes[1].told[NETWORKS_KEYS], keys + 1);
    /* The tests tell all; in the field the revoked one hears of it or not. */
    assert_int_equal(w.nodes[2].told[NETWORKS_LEFT], 1);
    assert_false(networks_world_is_live(&w, 2));
    assert_int_equal(
        networks_revoke(networks_world_one(&w, 2), networks_world_member(&w, 1), false),
        WAVU_ERR_DENIED);
    networks_world_stop(&w);
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
    const struct CMUnitTest tests[] = {
        UNIT(a_revocation_cuts_at_once),
        UNIT(the_second_who_revokes_cosigns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
