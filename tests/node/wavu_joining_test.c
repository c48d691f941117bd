/*
 * Ways to the inviter, on whole nodes in the simulator: the local network, a QR, an address, a key.
 */
#include "node/wavu_joining.h"

#include <stdio.h>
#include <stdlib.h>

#include "discovery/beacon.h"
#include "tests/node/people.h"

static void a_code_is_found_on_the_local_network(void **state)
{
    (void)state;
    struct wavu_invitation invitation;
    start(2, 2, true);
    make();
    run(2);
    assert_int_equal(wavu_invite(h.nodes[0], "savanna", "sw", &invitation), 0);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, NULL), 0);
    run(10);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_int_equal(count(0, NULL).members, 2);
    stop();
}

/* One slip costs one of the inviter's tries, is told soon, and the right words still open. */
static void a_wrong_code_costs_one_try(void **state)
{
    (void)state;
    struct wavu_invitation invitation;
    char wrong[64];
    static struct beacon_found again;
    start(8, 2, true);
    make();
    run(2);
    assert_int_equal(wavu_invite(h.nodes[0], "savanna", "sw", &invitation), 0);
    (void)snprintf(wrong, sizeof wrong, "%d-apple-river-stone", atoi(invitation.code));
    assert_int_equal(wavu_join(h.nodes[1], wrong, NULL), 0);
    again.peer = h.nodes[0]->swarm.self;
    for (size_t i = 0; i < 3; i++) { /* heard on each of our networks */
        wavu_joining_on_inviter(h.nodes[1]->networks->joining, (uint16_t)atoi(wrong), &again);
    }
    run(20);
    assert_int_equal(told[0].kinds[WAVU_MEMBERS_TRY], 1);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_JOIN_FAILED], 2); /* by that one, and by all */
    assert_int_equal(told[1].err, WAVU_ERR_CRYPTO);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, NULL), 0);
    run(10);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    stop();
}

static void a_qr_says_where_to_go(void **state)
{
    (void)state;
    struct wavu_invitation invitation;
    start(3, 2, false);
    make();
    assert_int_equal(wavu_invite(h.nodes[0], NULL, NULL, &invitation), 0);
    assert_memory_equal(invitation.qr, "WAVU:JOIN:1:", 12);
    assert_int_equal(wavu_join(h.nodes[1], invitation.qr, NULL), 0);
    run(5);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    stop();
}

static void a_key_is_invited(void **state)
{
    (void)state;
    char key[WAVU_KEY_TEXT_MAX];
    char address[WAVU_ADDRESS_TEXT_MAX];
    start(4, 2, false);
    make();
    assert_int_equal(wavu_person(h.nodes[1], key), 0);
    assert_int_equal(wavu_invite_key(h.nodes[0], NULL, "nonsense"), WAVU_ERR_INVALID);
    assert_int_equal(wavu_invite_key(h.nodes[0], NULL, key), 0);
    assert_int_equal(wavu_join_key(h.nodes[1], "10.0.0.1:9000"), WAVU_ERR_INVALID);
    assert_true(wavu_node_address(h.nodes[0], 0, address));
    assert_int_equal(wavu_join_key(h.nodes[1], address), 0);
    run(5);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_int_equal(count(0, NULL).members, 2);
    stop();
}

/* Neither code nor invitation: by address, from whoever is near, by id; then they talk. */
static void whoever_asks_comes_into_an_open_network(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    char address[WAVU_ADDRESS_TEXT_MAX];
    start(5, 4, true);
    assert_int_equal(wavu_network_make(h.nodes[0], "market", "open", id), 0);
    run(5);
    assert_true(wavu_node_address(h.nodes[0], 0, address));
    assert_int_equal(wavu_join_open(h.nodes[1], "market", NULL), WAVU_ERR_INVALID);
    assert_int_equal(wavu_join_open(h.nodes[1], NULL, address), 0);
    assert_int_equal(wavu_join_open(h.nodes[2], NULL, NULL), 0); /* they know each other */
    run(10);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_int_equal(told[2].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_int_equal(wavu_join_open(h.nodes[3], id, NULL), 0);
    assert_int_equal(wavu_join_open(h.nodes[3], id, NULL), WAVU_ERR_EXISTS);
    run(10);
    assert_int_equal(told[3].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_int_equal(count(0, NULL).members, 4);
    assert_int_equal(count(3, NULL).members, 4);
    say(3, "good morning");
    say(0, "welcome");
    run(5);
    assert_string_equal(read_all(1).text, "Daudi:good morning|Amina:welcome|");
    assert_string_equal(read_all(3).text, "Daudi:good morning|Amina:welcome|");
    stop();
}

/* Nodes whose own meshes have nothing to do with each other: by the network's id alone one finds a
 * member on the local network, which calls under the key that the id gives. */
static void an_open_network_is_found_by_its_id(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    static const char *const names[] = {"harbour", "mountain"};
    start(7, 2, true);
    for (size_t i = 0; i < 2; i++) {
        const struct wavu_mesh_config mesh = {.has_discovery = true, .network = names[i]};
        const struct wavu_config config = {
            .port = sim_host_port(h.hosts[i]), .mesh = &mesh, .failed_file = &h.failed_file};
        char address[64];
        down(i);
        (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
        assert_int_equal(wavu_node_new(&config, &h.nodes[i]), 0);
        assert_int_equal(wavu_node_listen(h.nodes[i], address), 0);
        assert_int_equal(wavu_members_listen(h.nodes[i], on_members, &told[i]), 0);
    }
    assert_int_equal(wavu_network_make(h.nodes[0], "market", "open", id), 0);
    run(20);
    assert_int_equal(h.nodes[1]->swarm.conn_count, 0);
    assert_int_equal(wavu_join_open(h.nodes[1], id, NULL), 0);
    run(60);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_int_equal(count(0, NULL).members, 2);
    stop();
}

/* Who is in no open network lets nobody in, and the person is told after two minutes. */
static void nobody_near_has_an_open_network(void **state)
{
    (void)state;
    start(6, 2, true);
    make();
    run(5);
    assert_int_equal(wavu_join_open(h.nodes[1], NULL, NULL), 0);
    run(60);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_JOIN_FAILED], 0);
    run(65);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_JOIN_FAILED], 1);
    assert_int_equal(told[1].err, WAVU_ERR_TIMEOUT);
    assert_int_equal(count(0, NULL).members, 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_code_is_found_on_the_local_network),
        UNIT(a_wrong_code_costs_one_try),
        UNIT(a_qr_says_where_to_go),
        UNIT(a_key_is_invited),
        UNIT(whoever_asks_comes_into_an_open_network),
        UNIT(an_open_network_is_found_by_its_id),
        UNIT(nobody_near_has_an_open_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
