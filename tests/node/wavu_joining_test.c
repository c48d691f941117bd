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

/* A slip in the number: nobody is found, and the right code is not kept waiting for that. */
static void a_number_that_nobody_has_gives_way(void **state)
{
    (void)state;
    struct wavu_invitation invitation;
    char wrong[64];
    start(12, 2, true);
    make();
    run(2);
    assert_int_equal(wavu_invite(h.nodes[0], "savanna", "sw", &invitation), 0);
    (void)snprintf(wrong, sizeof wrong, "%d%s", atoi(invitation.code) % 998 + 1,
                   strchr(invitation.code, '-'));
    assert_int_equal(wavu_join(h.nodes[1], wrong, NULL), 0);
    run(5);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_JOIN_FAILED], 0);
    assert_int_equal(wavu_join(h.nodes[1], "7-no-such-code", NULL), WAVU_ERR_INVALID);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_JOIN_FAILED], 0); /* it goes on */
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, NULL), 0);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_JOIN_FAILED], 1);
    assert_int_equal(told[1].err, WAVU_ERR_IN_USE);
    run(10);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_int_equal(told[0].kinds[WAVU_MEMBERS_TRY], 0);
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
    assert_int_equal(wavu_join_open(h.nodes[0], id, NULL), WAVU_ERR_IN_USE);
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

/* Node `i`, whose own mesh has nothing to do with the other's. */
static void up_apart(size_t i)
{
    static const char *const names[] = {"harbour", "mountain"};
    const struct wavu_mesh_config mesh = {.has_discovery = true, .network = names[i]};
    const struct wavu_config config = {
        .port = sim_host_port(h.hosts[i]), .mesh = &mesh, .failed_file = &h.failed_file};
    char address[64];
    (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
    assert_int_equal(wavu_node_new(&config, &h.nodes[i]), 0);
    assert_int_equal(wavu_node_listen(h.nodes[i], address), 0);
    assert_int_equal(wavu_members_listen(h.nodes[i], on_members, &told[i]), 0);
}

/* Two that know nothing of each other but what beacons under the sought key say. */
static void start_apart(uint64_t seed, char id[WAVU_KEY_TEXT_MAX])
{
    start(seed, 2, true);
    for (size_t i = 0; i < 2; i++) {
        down(i);
        up_apart(i);
    }
    assert_int_equal(wavu_network_make(h.nodes[0], "market", "open", id), 0);
    run(20);
    assert_int_equal(h.nodes[1]->swarm.conn_count, 0);
}

/* Nodes whose own meshes have nothing to do with each other: by the network's id alone one finds a
 * member on the local network, which calls under the key that the id gives. */
static void an_open_network_is_found_by_its_id(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    start_apart(7, id);
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

/* Somebody at `ip` says under the key, or (`slot`) with the number that is sought, that it is the
 * one; there is nobody, or nobody who answers. */
static void pretend(struct wavu_joining *j, uint8_t number, const char *ip, uint16_t slot)
{
    static struct beacon_found found;
    char address[64];
    found.peer = h.nodes[1]->swarm.self;
    found.peer.bytes[found.peer.len - 1] ^= number;
    found.candidates.count = 1;
    (void)snprintf(address, sizeof address, "/ip4/%s/tcp/9000", ip);
    assert_int_equal(multiaddr_parse(&found.candidates.addresses[0], span_from_text(address)), 0);
    (void)!peerbook_add_address(&h.nodes[1]->swarm.peerbook, &found.peer,
                                &found.candidates.addresses[0], PEERBOOK_HEARSAY,
                                h.nodes[1]->port->turn.now_ns);
    if (slot != 0) {
        wavu_joining_on_inviter(j, slot, &found);
    } else {
        wavu_joining_on_open(j, &found);
    }
}

/* A machine that takes packets and answers none. */
static void silent(const char *ip)
{
    sim_cable_set_side(sim_host_new(h.sim, ip), 9);
}

/* One machine that pretends to be hundreds of members, before one calls and after, costs the time
 * of one. */
static void fakes_hide_nobody(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    start_apart(9, id);
    silent("10.0.0.99");
    down(0);
    assert_int_equal(wavu_join_open(h.nodes[1], id, NULL), 0);
    for (uint8_t k = 1; k < 240; k++) {
        pretend(h.nodes[1]->networks->joining, k, "10.0.0.99", 0);
        if (k == 160) {
            up_apart(0);
        }
        sim_run_for(h.sim, TIMERS_SECOND / 4);
    }
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    stop();
}

/* Forty that were found before and do not answer, each at an address of its own: their time goes
 * by, also when that takes longer than a search. */
static void many_who_do_not_answer_hold_up_for_a_while(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    enum { SILENT = 40, EACH_S = 5 }; /* DIAL_ATTEMPT_NS */
    start_apart(10, id);
    down(0);
    assert_int_equal(wavu_join_open(h.nodes[1], id, NULL), 0);
    for (uint8_t k = 1; k <= SILENT; k++) {
        char ip[32];
        (void)snprintf(ip, sizeof ip, "10.0.1.%u", k);
        silent(ip);
        pretend(h.nodes[1]->networks->joining, k, ip, 0);
    }
    up_apart(0);
    run(SILENT * EACH_S - 60);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_JOIN_FAILED], 0);
    run(60 + EACH_S);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    stop();
}

/* Nor do fakes of a code's number: who has it open is tried second. */
static void fakes_hide_no_inviter(void **state)
{
    (void)state;
    struct wavu_invitation invitation;
    start(11, 2, true);
    make();
    run(2);
    silent("10.0.0.99");
    assert_int_equal(wavu_invite(h.nodes[0], "savanna", "sw", &invitation), 0);
    sim_cable_cut(h.hosts[0], h.hosts[1], true);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, NULL), 0);
    for (uint8_t k = 1; k < 200; k++) {
        pretend(h.nodes[1]->networks->joining, k, "10.0.0.99", (uint16_t)atoi(invitation.code));
    }
    sim_cable_cut(h.hosts[0], h.hosts[1], false);
    run(20);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_code_is_found_on_the_local_network),
        UNIT(a_wrong_code_costs_one_try),
        UNIT(a_number_that_nobody_has_gives_way),
        UNIT(a_qr_says_where_to_go),
        UNIT(a_key_is_invited),
        UNIT(whoever_asks_comes_into_an_open_network),
        UNIT(an_open_network_is_found_by_its_id),
        UNIT(nobody_near_has_an_open_network),
        UNIT(fakes_hide_nobody),
        UNIT(many_who_do_not_answer_hold_up_for_a_while),
        UNIT(fakes_hide_no_inviter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
