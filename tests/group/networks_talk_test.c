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

/* One network is asked for; who answers with another does not end the search for it, also when that
 * one is ours already. */
static void another_network_is_no_answer(void **state)
{
    (void)state;
    networks_world_start(&w, 37, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_OPEN);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), 0);
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
            assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), 0);
        }
        run(1);
        assert_int_equal(networks_world_members(&w, 0), 2);
        networks_world_stop(&w);
    }
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

/* Two members who hear no broadcasts any more, and the first has an invitation more. */
static void start_differing(uint64_t seed)
{
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    const uint8_t key[32] = {9};
    networks_world_start(&w, seed, 2, STORE_MEMORY);
    networks_world_found(&w, MEMBERS_MSG_INVITER);
    networks_world_join(&w, 0, 1);
    w.is_deaf = true;
    assert_int_equal(networks_invite(networks_world_one(&w, 0), key, member), 0);
    run(5);
}

/* Broadcasts are lost: what differs is found by what the shared state tells. */
static void what_differs_is_talked_about(void **state)
{
    (void)state;
    uint8_t told[NETWORKS_STATE_SIZE];
    struct overlay_id zero;
    start_differing(7);
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

/* Keys that somebody made up tell of logs that differ, more often than anybody else. */
static void made_up_keys_hide_nobody_whose_log_differs(void **state)
{
    (void)state;
    uint8_t told[NETWORKS_STATE_SIZE];
    struct overlay_id zero;
    start_differing(39);
    networks_state(networks_world_one(&w, 0), told);
    assert_int_equal(overlay_id_from_peer(&zero, &w.net.nodes[0].swarm.self), 0);
    networks_told(networks_world_one(&w, 1), &zero, span_of(told, sizeof told));
    for (size_t i = 0; i < 2000; i++) {
        const struct overlay_id nobody = {.bytes = {1, (uint8_t)i, (uint8_t)(i >> 8)}};
        networks_told(networks_world_one(&w, 1), &nobody, span_of(told, sizeof told));
    }
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
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), 0);
    come_crowded(2, raw, streams);
    assert_int_equal(list_count(&w.nodes[0].networks->talks), NETWORKS_STRANGERS_MAX);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL),
                     WAVU_ERR_EXISTS); /* members do not wait for that */
    for (size_t i = 0; i < 4; i++) {
        keep_talking(streams, raw);
        run(9);
    }
    assert_int_equal(list_count(&w.nodes[0].networks->talks), NETWORKS_STRANGERS_MAX);
    assert_int_equal(networks_world_ask_open(&w, 3, 0, NULL),
                     0); /* the one that was here for longest gives way */
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
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL), 0);
    assert_int_equal(networks_world_ask_open(&w, 2, 0, NULL), 0);
    come_crowded(2, raw, streams);
    for (size_t i = 0; i < 4; i++) {
        keep_talking(streams, raw);
        run(9);
    }
    assert_int_equal(list_count(&w.nodes[0].networks->talks), NETWORKS_TALKS_MAX);
    assert_int_equal(networks_world_ask_open(&w, 1, 0, NULL),
                     WAVU_ERR_EXISTS); /* it was heard, and answered */
    assert_int_equal(networks_world_ask_open(&w, 3, 0, NULL), 0);
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
        UNIT(another_network_is_no_answer),
        UNIT(who_does_not_answer_is_left_soon),
        UNIT(who_is_asked_too_long_is_left),
        UNIT(strangers_with_news_are_heard),
        UNIT(the_revoked_are_told_no_more),
        UNIT(what_differs_is_talked_about),
        UNIT(made_up_keys_hide_nobody_whose_log_differs),
        UNIT(strangers_hold_no_talks),
        UNIT(guests_who_stay_hold_no_talks),
        UNIT(a_member_who_stays_holds_no_talks),
        UNIT(bad_bytes_end_their_stream_alone),
        UNIT(what_is_wrong_in_a_broadcast_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
