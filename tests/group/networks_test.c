/*
 * People found a network and bring their logs together: whole nodes of group/ in
 * the simulator.
 */
#include "group/networks_core.h"

#include "members/members_heads.h"
#include "tests/base/unit.h"
#include "tests/support/members_null.h"
#include "tests/support/networks_world.h"

static struct networks_world w;

static void run(uint64_t seconds)
{
    sim_run_for(w.net.sim, seconds * TIMERS_SECOND);
}

static void heads_are_brought_together(void **state)
{
    (void)state;
    networks_world_start(&w, 8, 5, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_ANY);
    for (size_t i = 1; i < 5; i++) {
        networks_world_join(&w, 0, i);
    }
    w.is_deaf = true; /* everybody invites without having heard of the others */
    for (uint8_t i = 0; i < 5; i++) {
        for (uint8_t k = 0; k < 3; k++) {
            uint8_t member[MEMBERS_MSG_ID_SIZE];
            const uint8_t key[32] = {1, i, k};
            assert_int_equal(networks_invite(networks_world_one(&w, i), key, member), 0);
        }
    }
    run(1);
    w.is_deaf = false;
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 1; i < 5; i++) {
            networks_talk_meet(networks_world_one(&w, i), networks_world_dial(&w, i, 0));
            run(1);
        }
    }
    run(20);
    for (size_t i = 1; i < 5; i++) {
        networks_world_check_equal(&w, 0, i);
    }
    networks_world_stop(&w);
}

static struct ed25519_pair puppet(const struct networks_one *one, uint64_t number)
{
    return members_null_pair(one->network.log.signer, 1000 + number);
}

/* An invited puppet says that it has joined, and has heard of nobody else's joining. */
static void bring_in(struct networks_one *one, uint64_t number)
{
    struct members *log = &one->network.log;
    const struct ed25519_pair root = puppet(one, number);
    const struct ed25519_pair device = puppet(one, 1000 + number);
    struct members_author a = {.pair = root};
    struct members_author d = {.pair = device, .has_grant = true};
    struct members_msg join = {.kind = MEMBERS_MSG_JOIN};
    const struct members_op *op = NULL;
    uint8_t consent[SIGNER_SIZE];
    assert_int_equal(networks_invite(one, root.public_key, a.member), 0); /* it is */
    memcpy(d.member, a.member, sizeof d.member);
    members_write_consent(consent, log, &device, false, a.member, root.public_key);
    assert_int_equal(identity_certify(log, &a, device.public_key, consent, span_empty(), &op), 0);
    memcpy(d.grant, op->id, sizeof d.grant);
    assert_int_equal(members_write(log, &d, &join, &op), 0);
}

static size_t count_heads(size_t node)
{
    uint8_t heads[64][MEMBERS_MSG_ID_SIZE];
    return members_heads(&networks_network(networks_world_one(&w, node))->state, heads, 64);
}

/* More heads than an epoch can name, of devices that do nothing about it and often have the turn
 * before those who do: they are brought together all the same. */
static void forty_heads_stop_nobody(void **state)
{
    (void)state;
    for (int policy = MEMBERS_MSG_INVITER; policy <= MEMBERS_MSG_OPEN; policy++) {
        networks_world_start(&w, 20 + (uint64_t)policy, 3, STORE_MEMORY);
        networks_world_found(&w, (enum members_msg_policy)policy);
        networks_world_join(&w, 0, 1);
        networks_world_join(&w, 0, 2);
        for (uint64_t i = 0; i < 40; i++) {
            uint8_t member[MEMBERS_MSG_ID_SIZE];
            const struct ed25519_pair root = puppet(networks_world_one(&w, 1), i);
            assert_int_equal(networks_invite(networks_world_one(&w, 1), root.public_key, member),
                             0);
        }
        for (uint64_t i = 0; i < 40; i++) {
            bring_in(networks_world_one(&w, 1), i);
        }
        networks_settle(networks_world_one(&w, 1));
        assert_true(count_heads(1) >= 40);
        networks_grew(networks_world_one(&w, 1));
        for (size_t i = 0; i < 3; i += 2) {
            networks_talk_meet(networks_world_one(&w, i), networks_world_dial(&w, i, 1));
        }
        run(2);
        assert_true(count_heads(0) >= 1 && networks_world_members(&w, 0) == 43);
        run(2 * 43);
        for (size_t i = 0; i < 3; i++) {
            assert_in_range(count_heads(i), 1, MEMBERS_HEADS_MANY);
        }
        networks_world_check_equal(&w, 0, 1);
        networks_world_check_equal(&w, 0, 2);
        networks_world_stop(&w);
    }
}

/* The store is full when somebody signs: nothing leaves, and no number is used twice. */
static void what_was_not_stored_does_not_leave(void **state)
{
    (void)state;
    static uint8_t much[STORE_VALUE_MAX];
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    const uint8_t key[32] = {5};
    networks_world_start(&w, 9, 2, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    uint32_t before = networks_network(networks_world_one(&w, 1))->log.op_count;
    struct store *store = w.nodes[0].store;
    for (uint32_t i = 0; store_put(store, "much", span_of(&i, sizeof i),
                                   span_of(much, i < 100 ? sizeof much : 100)) == 0;
         i += i < 30 ? 1 : 100) {
    }
    assert_true(networks_invite(networks_world_one(&w, 0), key, member) < 0);
    run(5); /* other commits pass */
    networks_talk_meet(networks_world_one(&w, 1), networks_world_dial(&w, 1, 0));
    run(5);
    assert_int_equal(networks_network(networks_world_one(&w, 1))->log.op_count, before);
    networks_world_down(&w, 0, true);
    run(1);
    networks_world_up(&w, 0);
    assert_int_equal(networks_invite(networks_world_one(&w, 0), key, member), 0);
    run(2);
    assert_int_equal(networks_network(networks_world_one(&w, 1))->log.op_count, before + 1);
    networks_world_check_equal(&w, 0, 1);
    networks_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(heads_are_brought_together),
        UNIT(forty_heads_stop_nobody),
        UNIT(what_was_not_stored_does_not_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
