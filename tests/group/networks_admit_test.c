/*
 * Who may talk about which log, over real streams in the simulator: guests, a person's other
 * devices, and who asks at an open door.
 */
#include "group/networks_admit.h"

#include "base/check.h"
#include "members/members_write.h"
#include "members/pairing.h"
#include "sim/sim_cable.h"
#include "tests/base/unit.h"
#include "tests/support/networks_world.h"

static struct networks_world w;

static void run(uint64_t seconds)
{
    sim_run_for(w.net.sim, seconds * TIMERS_SECOND);
}

static void guests_get_the_log_only_when_invited(void **state)
{
    (void)state;
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    uint8_t again[MEMBERS_MSG_ID_SIZE];
    networks_world_start(&w, 3, 3, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    const uint8_t *key = w.nodes[1].person.root.public_key;
    assert_int_equal(networks_invite(networks_world_one(&w, 0), key, member), 0);
    assert_int_equal(networks_invite(networks_world_one(&w, 0), key, again), 0);
    assert_memory_equal(member, again, sizeof member); /* nobody is invited twice */
    run(1);
    assert_int_equal(networks_pair_ask(w.nodes[1].networks, networks_world_dial(&w, 1, 0)), 0);
    assert_int_equal(networks_pair_ask(w.nodes[2].networks, networks_world_dial(&w, 2, 0)), 0);
    run(3);
    assert_true(networks_world_is_live(&w, 1));
    assert_memory_equal(networks_world_member(&w, 1), member, sizeof member);
    assert_int_equal(networks_world_members(&w, 0), 2);
    assert_int_equal(networks_invite(networks_world_one(&w, 0), key, again), WAVU_ERR_EXISTS);
    assert_int_equal(
        networks_revoke(networks_world_one(&w, 0), networks_world_member(&w, 0), false),
        WAVU_ERR_INVALID);
    assert_null(networks_world_one(&w, 2)); /* nobody invited it, and it learned nothing */
    assert_int_equal(w.nodes[2].told[NETWORKS_JOIN_FAILED], 1);
    assert_int_equal(w.nodes[2].err, WAVU_ERR_DENIED);
    networks_world_stop(&w);
}

/* What node `of` is to node `at`. */
static enum network_standing what_is(size_t at, size_t of)
{
    struct overlay_id id;

    CHECK(overlay_id_from_peer(&id, &w.net.nodes[of].swarm.self) == 0);
    return network_standing(networks_network(networks_world_one(&w, at)), &id);
}

/* The person of node 1 has a second machine: it comes in as another device, by asking or by a code;
 * nobody else does with that person's name. */
static void a_person_brings_another_device(void **state)
{
    (void)state;
    networks_world_start(&w, 41, 4, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    w.nodes[2].person = w.nodes[1].person;
    networks_pair_set_person(w.nodes[2].networks, &w.nodes[2].person);
    assert_int_equal(networks_pair_ask(w.nodes[2].networks, networks_world_dial(&w, 2, 0)), 0);
    run(3);
    assert_true(networks_world_is_live(&w, 2));
    assert_memory_equal(networks_world_member(&w, 2), networks_world_member(&w, 1),
                        MEMBERS_MSG_ID_SIZE);
    networks_world_check_equal(&w, 0, 2);
    run(5);
    assert_int_equal(networks_world_members(&w, 1), 2);
    /* It signs as any device, after a restart as well. */
    networks_world_down(&w, 2, false);
    networks_world_up(&w, 2);
    assert_true(networks_world_is_live(&w, 2));
    w.nodes[3].person = w.nodes[0].person; /* the founder's, by a code */
    networks_pair_set_person(w.nodes[3].networks, &w.nodes[3].person);
    networks_world_join(&w, 2, 3);
    assert_memory_equal(networks_world_member(&w, 3), networks_world_member(&w, 0),
                        MEMBERS_MSG_ID_SIZE);
    run(3);
    assert_int_equal(networks_world_members(&w, 2), 2);
    networks_world_stop(&w);
}

/* The person of node `at` removes the device that came in last. */
static void remove_newest(size_t at)
{
    struct members_author root;
    const struct members_op *op = NULL;
    struct networks_one *one = networks_world_one(&w, at);
    struct members_msg m = {.kind = MEMBERS_MSG_REMOVE};
    struct members *log = &one->network.log;
    for (uint32_t i = 0; i < log->op_count; i++) {
        if (log->ops[i]->kind == MEMBERS_MSG_DEVICE) {
            m.target = span_of(log->ops[i]->id, MEMBERS_MSG_ID_SIZE);
        }
    }
    assert_int_equal(identity_author(&root, &w.nodes[at].person, &one->network.state,
                                     networks_world_member(&w, at)),
                     0);
    assert_int_equal(members_write(log, &root, &m, &op), 0);
    networks_grew(one);
    networks_spread(one, log->op_count - 1);
}

/* One that its person removed has the root's signature still, and is told no more. */
static void a_removed_device_is_not_brought_back_by_asking(void **state)
{
    (void)state;
    networks_world_start(&w, 42, 3, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    w.nodes[2].person = w.nodes[1].person;
    networks_pair_set_person(w.nodes[2].networks, &w.nodes[2].person);
    assert_int_equal(networks_pair_ask(w.nodes[2].networks, networks_world_dial(&w, 2, 0)), 0);
    run(5);
    remove_newest(1);
    run(5);
    assert_int_equal(what_is(0, 2), NETWORK_STRANGER);
    networks_world_down(&w, 2, false);
    networks_world_up(&w, 2);
    assert_int_equal(networks_pair_ask(w.nodes[2].networks, networks_world_dial(&w, 2, 0)), 0);
    run(3);
    assert_int_equal(w.nodes[2].err, WAVU_ERR_DENIED);
    networks_world_stop(&w);
}

/* Nor when its person left, and is invited again: that person's other device comes in. */
static void a_removed_device_is_no_guest(void **state)
{
    (void)state;
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    networks_world_start(&w, 43, 3, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    w.nodes[2].person = w.nodes[1].person;
    networks_pair_set_person(w.nodes[2].networks, &w.nodes[2].person);
    assert_int_equal(networks_pair_ask(w.nodes[2].networks, networks_world_dial(&w, 2, 0)), 0);
    run(5);
    remove_newest(1);
    run(5);
    assert_int_equal(networks_leave(networks_world_one(&w, 1)), 0);
    run(5);
    assert_int_equal(networks_world_members(&w, 0), 1);
    assert_int_equal(
        networks_invite(networks_world_one(&w, 0), w.nodes[1].person.root.public_key, member), 0);
    networks_world_down(&w, 2, false);
    networks_world_up(&w, 2);
    assert_int_equal(networks_pair_ask(w.nodes[2].networks, networks_world_dial(&w, 2, 0)), 0);
    run(3);
    assert_int_equal(w.nodes[2].err, WAVU_ERR_DENIED); /* it was given no genesis */
    assert_int_equal(networks_world_members(&w, 0), 1);
    assert_int_equal(networks_pair_ask(w.nodes[1].networks, networks_world_dial(&w, 1, 0)), 0);
    run(5);
    assert_true(networks_world_is_live(&w, 1));
    assert_int_equal(what_is(0, 2), NETWORK_STRANGER);
    networks_world_stop(&w);
}

static void open_networks_let_in_who_asks(void **state)
{
    (void)state;
    const uint8_t other[MEMBERS_MSG_ID_SIZE] = {9};
    networks_world_start(&w, 31, 4, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, other),
                     WAVU_ERR_DENIED); /* another one than is here */
    assert_null(networks_world_one(&w, 1));
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), 0);
    assert_true(networks_world_is_live(&w, 1));
    assert_int_equal(networks_world_members(&w, 0), 2);
    /* By a member that was let in itself, and by id. */
    assert_int_equal(
        networks_world_ask_open(&w, 2, 1,
                                members_network(&networks_network(networks_world_one(&w, 0))->log)),
        0);
    assert_true(networks_world_is_live(&w, 2));
    run(5);
    assert_int_equal(networks_world_members(&w, 0), 3);
    assert_int_equal(networks_world_members(&w, 1), 3);
    assert_int_equal(networks_world_ask_open(&w, 2, 0, NULL), WAVU_ERR_EXISTS); /* it is in */
    assert_int_equal(networks_world_members(&w, 0), 3);
    networks_world_stop(&w);
}

/* Whom somebody nearer put out stays out by that identity, whoever is asked. */
static void open_networks_keep_out_whom_they_put_out(void **state)
{
    (void)state;
    networks_world_start(&w, 32, 3, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), 0);
    assert_int_equal(networks_world_ask_open(&w, 2, 0, NULL), 0);
    /* Two whom nobody knows have no say about others. */
    assert_int_equal(
        networks_revoke(networks_world_one(&w, 1), networks_world_member(&w, 2), false),
        WAVU_ERR_UNSUPPORTED);
    assert_int_equal(
        networks_revoke(networks_world_one(&w, 1), networks_world_member(&w, 0), false),
        WAVU_ERR_UNSUPPORTED);
    uint8_t key[DISCOVERY_KEY_SIZE];
    memcpy(key, networks_network(networks_world_one(&w, 0))->keys[0], sizeof key);
    assert_int_equal(
        networks_revoke(networks_world_one(&w, 0), networks_world_member(&w, 1), false), 0);
    run(3);
    assert_int_equal(networks_world_members(&w, 0), 2);
    assert_memory_equal(networks_network(networks_world_one(&w, 0))->keys[0], key, sizeof key);
    networks_world_down(&w, 1, false);
    networks_world_up(&w, 1);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), WAVU_ERR_DENIED);
    assert_int_equal(networks_world_ask_open(&w, 1, 2, NULL), WAVU_ERR_DENIED);
    networks_world_stop(&w);
}

/* Nobody put it out, so asking is enough. */
static void who_left_an_open_network_asks_again(void **state)
{
    (void)state;
    networks_world_start(&w, 44, 3, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), 0);
    assert_int_equal(networks_world_ask_open(&w, 2, 0, NULL), 0);
    run(5);
    assert_int_equal(networks_leave(networks_world_one(&w, 1)), 0);
    run(5);
    assert_int_equal(networks_world_members(&w, 0), 2);
    assert_int_equal(networks_world_ask_open(&w, 1, 2, NULL), 0);
    run(5);
    assert_true(networks_world_is_live(&w, 1));
    assert_int_equal(networks_world_members(&w, 0), 3);
    assert_int_equal(
        networks_revoke(networks_world_one(&w, 2), networks_world_member(&w, 1), false), 0);
    run(5);
    assert_int_equal(networks_world_members(&w, 0), 2);
    assert_true(networks_world_ask_open(&w, 1, 2, NULL) < 0); /* now it is put out */
    assert_int_equal(networks_world_members(&w, 0), 2);
    networks_world_stop(&w);
}

/* Closed networks on the same node are not told of, nor entered, by asking for an open one. */
static void closed_networks_are_not_asked_for(void **state)
{
    (void)state;
    struct networks_one *open = NULL;
    networks_world_start(&w, 33, 3, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    struct networks_one *closed = networks_world_one(&w, 0);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), WAVU_ERR_DENIED);
    assert_int_equal(
        networks_world_ask_open(&w, 1, 0, members_network(&networks_network(closed)->log)),
        WAVU_ERR_DENIED);
    assert_int_equal(
        networks_found(w.nodes[0].networks, UNIT_TEXT("market"), MEMBERS_MSG_OPEN, &open), 0);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), 0);
    assert_int_equal(networks_network(networks_world_one(&w, 1))->log.policy, MEMBERS_MSG_OPEN);
    assert_int_equal(networks_network(closed)->log.op_count, 2); /* genesis, its founder's device */
    networks_world_stop(&w);
}

/* What is left of a node's door: of this source nothing, then one after a minute; and half of a
 * chain is for its person. */
static void open_networks_are_not_flooded(void **state)
{
    (void)state;
    uint8_t source[OPEN_DOOR_SOURCE_SIZE] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 2};
    uint8_t root[MEMBERS_MSG_KEY_SIZE] = {0x55};
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    networks_world_start(&w, 34, 3, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    struct networks_one *one = networks_world_one(&w, 0);
    while (open_door_ask(&w.nodes[0].networks->door, w.net.nodes[0].swarm.turn->now_ns, source) ==
           0) {
    }
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), WAVU_ERR_AGAIN);
    assert_null(networks_world_one(&w, 1));
    run(OPEN_DOOR_SOURCE_SECONDS);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), 0);
    assert_true(networks_world_is_live(&w, 1));
    for (unsigned i = 0; one->row.sequence < OPEN_DOOR_CHAIN_MAX; i++) {
        root[1] = (uint8_t)i;
        root[2] = (uint8_t)(i >> 8);
        assert_int_equal(networks_invite(one, root, member), 0);
    }
    run(1);
    assert_int_equal(networks_world_ask_open(&w, 2, 0, NULL), WAVU_ERR_AGAIN);
    assert_int_equal(networks_invite(one, w.nodes[2].person.root.public_key, member), 0);
    run(1);
    assert_int_equal(networks_world_ask_open(&w, 2, 0, NULL),
                     0); /* its person has invited that one */
    networks_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(guests_get_the_log_only_when_invited),
        UNIT(a_person_brings_another_device),
        UNIT(a_removed_device_is_not_brought_back_by_asking),
        UNIT(a_removed_device_is_no_guest),
        UNIT(open_networks_let_in_who_asks),
        UNIT(open_networks_keep_out_whom_they_put_out),
        UNIT(who_left_an_open_network_asks_again),
        UNIT(closed_networks_are_not_asked_for),
        UNIT(open_networks_are_not_flooded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
