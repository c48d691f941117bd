/*
 * People leave a network: the others hear of it, at once or when they come by; it outlives crashes;
 * and who left comes back when somebody invites it again.
 */
#include "group/networks_core.h"

#include "tests/base/unit.h"
#include "tests/support/networks_world.h"

static struct networks_world w;

static void run(uint64_t seconds)
{
    sim_run_for(w.net.sim, seconds * TIMERS_SECOND);
}

static void begin(uint64_t seed, size_t count)
{
    networks_world_start(&w, seed, count, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    for (size_t i = 1; i < count; i++) {
        networks_world_join(&w, 0, i);
    }
}

static void leaves(size_t i)
{
    assert_int_equal(networks_leave(networks_world_one(&w, i)), 0);
}

static void who_leaves_is_gone_for_all(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    const uint8_t key[32] = {7};
    begin(5, 3);
    struct conn *conn = networks_world_dial(&w, 2, 1);
    assert_int_equal(gate_open(w.nodes[2].gate, &w.nodes[2].protocol, conn, NULL, &stream), 0);
    run(1);
    assert_int_equal(w.nodes[1].opened, 1);
    leaves(2);
    leaves(2); /* once is enough */
    assert_int_equal(networks_invite(networks_world_one(&w, 2), key, member), WAVU_ERR_DENIED);
    run(1);
    assert_true(networks_world_is_live(&w, 2)); /* it would go on; the others cut it off */
    assert_int_equal(w.nodes[1].closed, 1);
    run(3);
    assert_int_equal(networks_world_members(&w, 0), 2);
    assert_int_equal(networks_world_members(&w, 1), 2);
    assert_int_equal(w.nodes[1].closed, 1);
    assert_int_equal(w.nodes[2].told[NETWORKS_LEFT], 1);
    assert_false(networks_world_is_live(&w, 2));
    assert_true(networks_leave_is_done(networks_world_one(&w, 2)));
    assert_int_equal(networks_leave(networks_world_one(&w, 2)), WAVU_ERR_DENIED);
    leaves(0); /* the founder: the others go on */
    run(4);
    assert_int_equal(networks_world_members(&w, 1), 1);
    assert_int_equal(networks_invite(networks_world_one(&w, 1), key, member), 0);
    networks_world_stop(&w);
}

/* What is on the disk holds, whoever has heard of it; who comes by is told. */
static void leaving_survives_crashes(void **state)
{
    (void)state;
    begin(6, 2);
    w.is_deaf = true;
    leaves(1);
    networks_world_down(&w, 1, true); /* before any of it is stored */
    run(1);
    networks_world_up(&w, 1);
    run(1);
    assert_true(networks_world_is_live(&w, 1));
    leaves(1);
    run(1);
    networks_world_down(&w, 1, true); /* stored, and told to nobody */
    assert_int_equal(networks_world_members(&w, 0), 2);
    networks_world_up(&w, 1);
    run(1);
    assert_false(networks_world_is_live(&w, 1));
    (void)networks_world_dial(&w, 0, 1);
    run(5);
    assert_int_equal(networks_world_members(&w, 0), 1);
    networks_world_stop(&w);
}

/* As another member, with the same device and what it has; and again. */
static void who_left_comes_back_when_invited(void **state)
{
    (void)state;
    uint8_t before[MEMBERS_MSG_ID_SIZE];
    begin(7, 3);
    for (int round = 0; round < 2; round++) {
        memcpy(before, networks_world_member(&w, 2), sizeof before);
        const uint32_t number = networks_number(networks_world_one(&w, 2));
        leaves(2);
        run(4);
        assert_false(networks_world_is_live(&w, 2));
        networks_world_join(&w, 1, 2);
        run(2);
        assert_true(networks_world_is_live(&w, 2));
        assert_memory_not_equal(networks_world_member(&w, 2), before, sizeof before);
        assert_int_equal(networks_number(networks_world_one(&w, 2)), number);
        networks_world_down(&w, 2, true);
        run(1);
        networks_world_up(&w, 2);
        assert_true(networks_world_is_live(&w, 2));
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(networks_world_members(&w, i), 3);
        }
        networks_world_check_equal(&w, 0, 2);
    }
    networks_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_leaves_is_gone_for_all),
        UNIT(leaving_survives_crashes),
        UNIT(who_left_comes_back_when_invited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
