/*
 * Nodes make their copies of a log equal, over real streams in the simulator: members, such as are
 * not known yet, guests, and such as are none any more.
 */
#include "group/networks_talk.h"

#include "base/check.h"
#include "group/networks_core.h"
#include "members/members_write.h"
#include "members/pairing.h"
#include "sim/sim_cable.h"
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"
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

/* One that its person removed has the root's signature still, and is told no more. */
static void a_removed_device_is_not_brought_back_by_asking(void **state)
{
    (void)state;
    struct members_author root;
    const struct members_op *op = NULL;
    networks_world_start(&w, 42, 3, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    w.nodes[2].person = w.nodes[1].person;
    networks_pair_set_person(w.nodes[2].networks, &w.nodes[2].person);
    assert_int_equal(networks_pair_ask(w.nodes[2].networks, networks_world_dial(&w, 2, 0)), 0);
    run(5);
    struct networks_one *one = networks_world_one(&w, 1);
    struct members_msg m = {.kind = MEMBERS_MSG_REMOVE};
    struct members *log = &one->network.log;
    for (uint32_t i = 0; i < log->op_count; i++) {
        if (log->ops[i]->kind == MEMBERS_MSG_DEVICE) {
            m.target = span_of(log->ops[i]->id, MEMBERS_MSG_ID_SIZE); /* the newest */
        }
    }
    assert_int_equal(identity_author(&root, &w.nodes[1].person, &one->network.state,
                                     networks_world_member(&w, 1)),
                     0);
    assert_int_equal(members_write(log, &root, &m, &op), 0);
    networks_grew(one);
    networks_spread(one, log->op_count - 1);
    run(5);
    assert_int_equal(what_is(0, 2), NETWORK_STRANGER);
    networks_world_down(&w, 2, false);
    networks_world_up(&w, 2);
    assert_int_equal(networks_pair_ask(w.nodes[2].networks, networks_world_dial(&w, 2, 0)), 0);
    run(3);
    assert_int_equal(w.nodes[2].err, WAVU_ERR_DENIED);
    networks_world_stop(&w);
}

static int ask_open(size_t who, size_t at, const uint8_t *network)
{
    w.nodes[who].err = 0;
    int rc =
        networks_pair_ask_open(w.nodes[who].networks, networks_world_dial(&w, who, at), network);
    run(3);
    return rc < 0 ? rc : w.nodes[who].err;
}

static void open_networks_let_in_who_asks(void **state)
{
    (void)state;
    const uint8_t other[MEMBERS_MSG_ID_SIZE] = {9};
    networks_world_start(&w, 31, 4, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    assert_int_equal(ask_open(1, 0, other), WAVU_ERR_DENIED); /* another one than is here */
    assert_null(networks_world_one(&w, 1));
    assert_int_equal(ask_open(1, 0, NULL), 0);
    assert_true(networks_world_is_live(&w, 1));
    assert_int_equal(networks_world_members(&w, 0), 2);
    /* By a member that was let in itself, and by id. */
    assert_int_equal(
        ask_open(2, 1, members_network(&networks_network(networks_world_one(&w, 0))->log)), 0);
    assert_true(networks_world_is_live(&w, 2));
    run(5);
    assert_int_equal(networks_world_members(&w, 0), 3);
    assert_int_equal(networks_world_members(&w, 1), 3);
    assert_int_equal(ask_open(2, 0, NULL), WAVU_ERR_EXISTS); /* it is in */
    assert_int_equal(networks_world_members(&w, 0), 3);
    networks_world_stop(&w);
}

/* Whom somebody nearer put out stays out by that identity, whoever is asked. */
static void open_networks_keep_out_whom_they_put_out(void **state)
{
    (void)state;
    networks_world_start(&w, 32, 3, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    assert_int_equal(ask_open(1, 0, NULL), 0);
    assert_int_equal(ask_open(2, 0, NULL), 0);
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
    assert_int_equal(ask_open(1, 0, NULL), WAVU_ERR_DENIED);
    assert_int_equal(ask_open(1, 2, NULL), WAVU_ERR_DENIED);
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
    assert_int_equal(ask_open(1, 0, NULL), WAVU_ERR_DENIED);
    assert_int_equal(ask_open(1, 0, members_network(&networks_network(closed)->log)),
                     WAVU_ERR_DENIED);
    assert_int_equal(
        networks_found(w.nodes[0].networks, UNIT_TEXT("market"), MEMBERS_MSG_OPEN, &open), 0);
    assert_int_equal(ask_open(1, 0, NULL), 0);
    assert_int_equal(networks_network(networks_world_one(&w, 1))->log.policy, MEMBERS_MSG_OPEN);
    assert_int_equal(networks_network(closed)->log.op_count, 2); /* genesis, its founder's device */
    networks_world_stop(&w);
}

/* One network is asked for; who answers with another does not end the search for it, also when that
 * one is ours already. */
static void another_network_is_no_answer(void **state)
{
    (void)state;
    networks_world_start(&w, 37, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    assert_int_equal(ask_open(1, 0, NULL), 0);
    struct networks *asker = w.nodes[1].networks;
    const uint8_t *ours = members_network(&networks_network(networks_world_one(&w, 0))->log);
    struct conn *conn = networks_world_dial(&w, 1, 0);
    assert_int_equal(networks_pair_ask_open(asker, conn, ours), 0);
    asker->expected[0] ^= 1; /* as if the other side had not looked at what was asked for */
    w.nodes[1].err = 0;
    run(3);
    assert_int_equal(w.nodes[1].err, WAVU_ERR_CRYPTO);
    networks_world_stop(&w);
}

/* Who is asked and says nothing is not waited for as long as somebody who proves himself. */
static void who_does_not_answer_is_left_soon(void **state)
{
    (void)state;
    networks_world_start(&w, 38, 2, STORE_MEMORY);
    struct conn *conn = networks_world_dial(&w, 1, 0);
    sim_cable_set_side(w.net.hosts[0], 1);
    assert_int_equal(networks_pair_ask_open(w.nodes[1].networks, conn, NULL), 0);
    w.nodes[1].err = 0;
    run(7);
    assert_int_equal(w.nodes[1].err, 0);
    run(5);
    assert_int_equal(w.nodes[1].err, WAVU_ERR_TIMEOUT);
    networks_world_stop(&w);
}

/* It is asked, and had its time for whoever asks: that is told as if it had said nothing, and
 * another one can be asked, or the same again, however far it had come. */
static void who_is_asked_too_long_is_left(void **state)
{
    (void)state;
    for (uint64_t ms = 1; ms < 20; ms += 2) {
        networks_world_start(&w, 39, 2, STORE_MEMORY);
        networks_world_found(&w, MEMBERS_MSG_OPEN);
        networks_pair_ask_end(w.nodes[1].networks); /* nobody is asked */
        struct conn *conn = networks_world_dial(&w, 1, 0);
        assert_int_equal(networks_pair_ask_open(w.nodes[1].networks, conn, NULL), 0);
        w.nodes[1].err = 0;
        sim_run_for(w.net.sim, ms * TIMERS_MS);
        if (networks_world_is_live(&w, 1)) {
            assert_true(ms > 10);
        } else {
            networks_pair_ask_end(w.nodes[1].networks);
            assert_int_equal(w.nodes[1].err, WAVU_ERR_TIMEOUT);
            run(5);
            assert_false(networks_world_is_live(&w, 1));
            assert_int_equal(ask_open(1, 0, NULL), 0);
        }
        run(1);
        assert_int_equal(networks_world_members(&w, 0), 2);
        networks_world_stop(&w);
    }
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
    assert_int_equal(ask_open(1, 0, NULL), WAVU_ERR_AGAIN);
    assert_null(networks_world_one(&w, 1));
    run(OPEN_DOOR_SOURCE_SECONDS);
    assert_int_equal(ask_open(1, 0, NULL), 0);
    assert_true(networks_world_is_live(&w, 1));
    for (unsigned i = 0; one->row.sequence < OPEN_DOOR_CHAIN_MAX; i++) {
        root[1] = (uint8_t)i;
        root[2] = (uint8_t)(i >> 8);
        assert_int_equal(networks_invite(one, root, member), 0);
    }
    run(1);
    assert_int_equal(ask_open(2, 0, NULL), WAVU_ERR_AGAIN);
    assert_int_equal(networks_invite(one, w.nodes[2].person.root.public_key, member), 0);
    run(1);
    assert_int_equal(ask_open(2, 0, NULL), 0); /* its person has invited that one */
    networks_world_stop(&w);
}

/* The founder is away while its member lets somebody in; then it meets the newcomer first. */
static void strangers_with_news_are_heard(void **state)
{
    (void)state;
    networks_world_start(&w, 4, 3, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    networks_world_down(&w, 0, false);
    networks_world_join(&w, 1, 2);
    networks_world_down(&w, 1, false);
    networks_world_up(&w, 0);
    assert_int_equal(networks_world_members(&w, 0), 2);
    (void)networks_world_dial(&w, 2, 0);
    run(3);
    assert_int_equal(networks_world_members(&w, 0), 3);
    networks_world_check_equal(&w, 0, 2);
    assert_int_equal(w.nodes[0].told[NETWORKS_MET], 1 + 1);
    networks_world_stop(&w);
}

/* It has not heard of its revocation, and comes with its old keys. */
static void the_revoked_are_told_no_more(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    networks_world_start(&w, 6, 3, STORE_DISK);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    networks_world_join(&w, 0, 2);
    uint8_t revoked[MEMBERS_MSG_ID_SIZE];
    memcpy(revoked, networks_world_member(&w, 2), sizeof revoked);
    networks_world_down(&w, 2, false);
    assert_int_equal(networks_revoke(networks_world_one(&w, 0), revoked, false), 0);
    run(1);
    networks_world_up(&w, 2);
    uint32_t before = networks_network(networks_world_one(&w, 2))->log.op_count;
    struct conn *conn = networks_world_dial(&w, 2, 1);
    run(2);
    assert_int_equal(networks_network(networks_world_one(&w, 2))->log.op_count, before);
    assert_int_equal(gate_open(w.nodes[2].gate, &w.nodes[2].protocol, conn, NULL, &stream), 0);
    run(1);
    assert_int_equal(w.nodes[1].opened, 0);
    assert_int_equal(w.nodes[2].closed_err, WAVU_ERR_DENIED);
    networks_world_stop(&w);
}

/* Broadcasts are lost: what differs is found by what the shared state tells. */
static void what_differs_is_talked_about(void **state)
{
    (void)state;
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    uint8_t told[NETWORKS_STATE_SIZE];
    struct overlay_id zero;
    networks_world_start(&w, 7, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    w.is_deaf = true;
    const uint8_t key[32] = {9};
    assert_int_equal(networks_invite(networks_world_one(&w, 0), key, member), 0);
    run(5);
    assert_int_equal(networks_network(networks_world_one(&w, 1))->log.op_count + 1,
                     networks_network(networks_world_one(&w, 0))->log.op_count);
    networks_state(networks_world_one(&w, 0), told);
    assert_int_equal(overlay_id_from_peer(&zero, &w.net.nodes[0].swarm.self), 0);
    assert_true(w.nodes[0].told[NETWORKS_LOG] >= 2); /* the shared state is to tell it */
    const struct overlay_id nobody = {.bytes = {1}};
    networks_told(networks_world_one(&w, 1), &nobody, span_of(told, sizeof told));
    networks_told(networks_world_one(&w, 1), &zero, span_of(told, sizeof told));
    run(14);
    networks_world_check_equal(&w, 0, 1);
    networks_world_stop(&w);
}

/* Strangers who say a little now and then hold half of the talks, half a minute each. */
static void strangers_hold_no_talks(void **state)
{
    (void)state;
    static const uint8_t unknown[] = {2, 99, 0};
    struct net_ear raw;
    size_t taken = 0;
    networks_world_start(&w, 32, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    net_ear_init(&raw, "/wavu/members/1");
    net_ear_open(&raw, networks_world_dial(&w, 1, 0));
    for (size_t i = 0; i < 5; i++) {
        if (raw.stream != NULL) {
            assert_int_equal(stream_send(raw.stream, span_of(unknown, sizeof unknown), &taken), 0);
        }
        run(10);
    }
    assert_int_equal(raw.closed, 1);
    networks_world_stop(&w);
}

/* Who was let in by asking, and never comes in, says so as often as it likes (here from one device,
 * else from many that it certifies), and a word now and then. */
#define CROWD 40

static void keep_talking(struct stream **streams, struct net_ear *raw)
{
    static const uint8_t unknown[] = {2, 99, 0};
    size_t taken = 0;

    for (size_t i = 0; i < CROWD; i++) {
        if (raw[i].stream == streams[i] && streams[i] != NULL) {
            assert_int_equal(stream_send(streams[i], span_of(unknown, sizeof unknown), &taken), 0);
        }
    }
}

static void come_crowded(size_t who, struct net_ear *raw, struct stream **streams)
{
    const struct networks *hostile = w.nodes[who].networks;
    const struct ed25519_pair *root = &w.nodes[who].person.root;
    uint8_t frame[512];
    uint8_t certificate[SIGNER_SIZE];
    const struct network_msg guest = {.kind = NETWORK_MSG_GUEST,
                                      .root = root->public_key,
                                      .certificate = certificate,
                                      .is_open = true};
    struct wr wr;
    size_t taken = 0;

    pairing_make_certificate(certificate, hostile->config.signer, root, hostile->self.bytes);
    wr_init(&wr, span_mut_of(frame, sizeof frame));
    network_msg_write(&wr, &guest);
    w.nodes[0].networks->members.inbound_max = CROWD;
    struct conn *conn = networks_world_dial(&w, who, 0);
    for (size_t i = 0; i < CROWD; i++) {
        net_ear_init(&raw[i], "/wavu/members/1");
        net_ear_open(&raw[i], conn);
        streams[i] = raw[i].stream;
        assert_int_equal(stream_send(raw[i].stream, wr_span(&wr), &taken), 0);
        sim_run_for(w.net.sim, TIMERS_SECOND / 10);
    }
    run(1);
}

static void guests_who_stay_hold_no_talks(void **state)
{
    (void)state;
    static struct net_ear raw[CROWD];
    struct stream *streams[CROWD];
    networks_world_start(&w, 35, 4, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    assert_int_equal(ask_open(1, 0, NULL), 0);
    come_crowded(2, raw, streams);
    assert_int_equal(list_count(&w.nodes[0].networks->talks), NETWORKS_STRANGERS_MAX);
    assert_int_equal(ask_open(1, 0, NULL), WAVU_ERR_EXISTS); /* members do not wait for that */
    for (size_t i = 0; i < 4; i++) {
        keep_talking(streams, raw);
        run(9);
    }
    assert_int_equal(list_count(&w.nodes[0].networks->talks), NETWORKS_STRANGERS_MAX);
    assert_int_equal(ask_open(3, 0, NULL), 0); /* the one that was here for longest gives way */
    assert_true(networks_world_is_live(&w, 3));
    networks_world_stop(&w);
}

/* And one who did come in, with the devices of one member. */
static void a_member_who_stays_holds_no_talks(void **state)
{
    (void)state;
    static struct net_ear raw[CROWD];
    struct stream *streams[CROWD];
    networks_world_start(&w, 36, 4, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    assert_int_equal(ask_open(1, 0, NULL), 0);
    assert_int_equal(ask_open(2, 0, NULL), 0);
    come_crowded(2, raw, streams);
    for (size_t i = 0; i < 4; i++) {
        keep_talking(streams, raw);
        run(9);
    }
    assert_int_equal(list_count(&w.nodes[0].networks->talks), NETWORKS_TALKS_MAX);
    assert_int_equal(ask_open(1, 0, NULL), WAVU_ERR_EXISTS); /* it was heard, and answered */
    assert_int_equal(ask_open(3, 0, NULL), 0);
    assert_true(networks_world_is_live(&w, 3));
    networks_world_stop(&w);
}

/* ---- Bytes of a stranger ---- */

static void bad_bytes_end_their_stream_alone(void **state)
{
    (void)state;
    struct net_ear raw;
    networks_world_start(&w, 30, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    struct conn *conn = networks_world_dial(&w, 1, 0);
    net_ear_init(&raw, "/wavu/members/1");
    for (size_t i = 0; i < 100; i++) {
        uint8_t bytes[300];
        size_t taken = 0;
        random_fill(&w.net.nodes[1].port->random, bytes, sizeof bytes);
        bytes[0] = (uint8_t)(i % 3 == 0 ? bytes[0] : 60);
        bytes[1] = (uint8_t)(i % 2 == 0 ? bytes[1] : 1 + i % 7);
        net_ear_open(&raw, conn);
        assert_int_equal(stream_send(raw.stream, span_of(bytes, sizeof bytes), &taken), 0);
        sim_run_for(w.net.sim, TIMERS_SECOND / 4);
        if (raw.stream != NULL) {
            stream_reset(raw.stream, 0);
        }
    }
    assert_true(conn_is_open(conn));
    assert_int_equal(networks_world_members(&w, 0), 1);
    assert_int_equal(networks_network(networks_world_one(&w, 0))->log.op_count, 2);
    networks_world_stop(&w);
}

/* Of a broadcast what is right is taken, and nothing else. */
static void what_is_wrong_in_a_broadcast_is_dropped(void **state)
{
    (void)state;
    struct overlay_id from;
    networks_world_start(&w, 31, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    struct networks_one *one = networks_world_one(&w, 0);
    uint32_t before = networks_network(one)->log.op_count;
    assert_int_equal(overlay_id_from_peer(&from, &w.net.nodes[1].swarm.self), 0);
    for (size_t i = 0; i < 500; i++) {
        uint8_t bytes[120];
        random_fill(&w.net.nodes[1].port->random, bytes, sizeof bytes);
        bytes[0] = 0x0a;
        bytes[1] = (uint8_t)(i % 119);
        networks_talk_take(one, &from, span_of(bytes, 1 + i % sizeof bytes));
    }
    networks_talk_take(one, &from, span_empty());
    assert_int_equal(networks_network(one)->log.op_count, before);
    assert_int_equal(networks_world_members(&w, 0), 2);
    networks_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(guests_get_the_log_only_when_invited),
        UNIT(a_person_brings_another_device),
        UNIT(a_removed_device_is_not_brought_back_by_asking),
        UNIT(open_networks_let_in_who_asks),
        UNIT(open_networks_keep_out_whom_they_put_out),
        UNIT(closed_networks_are_not_asked_for),
        UNIT(another_network_is_no_answer),
        UNIT(who_does_not_answer_is_left_soon),
        UNIT(who_is_asked_too_long_is_left),
        UNIT(open_networks_are_not_flooded),
        UNIT(strangers_with_news_are_heard),
        UNIT(the_revoked_are_told_no_more),
        UNIT(what_differs_is_talked_about),
        UNIT(strangers_hold_no_talks),
        UNIT(guests_who_stay_hold_no_talks),
        UNIT(a_member_who_stays_holds_no_talks),
        UNIT(bad_bytes_end_their_stream_alone),
        UNIT(what_is_wrong_in_a_broadcast_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
