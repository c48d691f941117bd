/*
 * Connections that change their keys: over virtual hours, past a gibibyte, under load, with
 * packets.
 */
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"
#include "tests/support/net_foe.h"

#define MINUTE (60 * TIMERS_SECOND)

static struct net_world w;
static struct net_ear ear;

static struct conn *other_end(void)
{
    struct peer *peer = swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self);
    assert_non_null(peer);
    return LIST_OF(list_next(&peer->conns, &peer->conns), struct conn, link_peer);
}

static struct conn *meet(uint64_t seed)
{
    int err = 0;
    net_world_start(&w, seed, 2);
    struct conn *conn = net_world_dial(&w, 0, 1, &err);
    assert_int_equal(err, 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    net_ear_init(&ear, ECHO_NAME);
    net_ear_open(&ear, conn);
    sim_run_for(w.sim, TIMERS_SECOND);
    return conn;
}

static void say_and_hear(size_t number)
{
    net_ear_say(&ear, "tick");
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(ear.received, 4 * number);
}

/* Both ends have done the same number of exchanges and none is under way. */
static uint32_t exchanges(const struct conn *conn)
{
    const struct conn *end = other_end();
    assert_int_equal(conn->channel.rekey->state, NOISE_REKEY_IDLE);
    assert_int_equal(end->channel.rekey->state, NOISE_REKEY_IDLE);
    assert_int_equal(conn->channel.rekey->count, end->channel.rekey->count);
    return conn->channel.rekey->count;
}

static void keys_change_every_ten_minutes(void **state)
{
    (void)state;
    struct conn *conn = meet(1);
    uint8_t first[AEAD_KEY_SIZE];
    memcpy(first, conn->channel.noise.send.key, sizeof first);
    for (size_t minute = 1; minute <= 300; minute++) {
        sim_run_for(w.sim, MINUTE - TIMERS_SECOND);
        say_and_hear(minute);
    }
    assert_in_range(exchanges(conn), 27,
                    30); /* each begins with the next frame after ten minutes */
    assert_memory_not_equal(conn->channel.noise.send.key, first, sizeof first);
    net_world_stop(&w);
}

/* Nobody says anything but the keepalive: the key of what was said goes all the same, and no timer
 * wakes for it. */
static void a_silent_connection_forgets_its_keys(void **state)
{
    (void)state;
    struct conn *conn = meet(2);
    uint8_t key[AEAD_KEY_SIZE];
    say_and_hear(1);
    for (int i = 0; i < 6; i++) {
        memcpy(key, conn->channel.noise.send.key, sizeof key);
        sim_run_for(w.sim, NOISE_REKEY_NS + YAMUX_KEEPALIVE_NS + 5 * TIMERS_SECOND);
        assert_memory_not_equal(conn->channel.noise.send.key, key, sizeof key);
    }
    assert_in_range(exchanges(conn), 6, 7);
    say_and_hear(2);
    net_world_stop(&w);
}

static size_t runs_done;

static void on_run_done(void *context, int err)
{
    (void)context;
    assert_int_equal(err, 0);
    runs_done++;
}

static bool is_run_done(void *context)
{
    (void)context;
    return runs_done > 0;
}

static void run_bulk(struct conn *conn, uint64_t upload, uint64_t download)
{
    struct perf_run *run = NULL;
    const struct perf_user user = {.done = on_run_done};
    runs_done = 0;
    assert_int_equal(perf_start(&w.nodes[0].perf, conn, upload, download, user, &run), 0);
    assert_true(sim_run_until(w.sim, is_run_done, NULL, 60 * MINUTE));
}

/* The counters stand shortly before the gibibyte, so that the load passes it several times. */
static void keys_change_with_every_gibibyte(void **state)
{
    (void)state;
    const uint64_t near = NOISE_REKEY_BYTES - 1024 * 1024;
    struct conn *conn = meet(3);
    for (uint32_t i = 0; i < 6; i++) {
        conn->channel.rekey->sealed = i % 2 == 0 ? near : 0;
        conn->channel.rekey->opened = i % 2 == 1 ? near : 0;
        run_bulk(conn, i % 2 == 0 ? 3 << 20 : 1000, i % 2 == 1 ? 3 << 20 : 1000);
        sim_run_for(w.sim, TIMERS_SECOND);
        assert_int_equal(exchanges(conn), i + 1);
        assert_true(conn->channel.rekey->sealed + conn->channel.rekey->opened < 3 << 20);
    }
    say_and_hear(1);
    net_world_stop(&w);
}

/* Exchange after exchange while bytes flow both ways, on slow and fast cables: none is lost, none
 * opened under a wrong key. */
static void nothing_is_lost_under_load(void **state)
{
    (void)state;
    for (uint64_t seed = 4; seed < 8; seed++) {
        struct conn *conn = meet(seed);
        struct perf_run *run = NULL;
        const struct perf_user user = {.done = on_run_done};
        runs_done = 0;
        assert_int_equal(perf_start(&w.nodes[0].perf, conn, 8 << 20, 8 << 20, user, &run), 0);
        for (int i = 0; i < 2000 && runs_done == 0; i++) {
            if (conn->channel.rekey->state == NOISE_REKEY_IDLE) {
                conn->channel.rekey->sealed = NOISE_REKEY_BYTES;
                other_end()->channel.rekey->offers.tokens_milli = 1000 * NOISE_REKEY_BURST;
            }
            sim_run_for(w.sim, seed * 3 * TIMERS_MS);
        }
        assert_int_equal(runs_done, 1);
        sim_run_for(w.sim, TIMERS_SECOND);
        assert_true(exchanges(conn) > 3);
        say_and_hear(1);
        net_world_stop(&w);
    }
}

static size_t packets_received;

static void on_packet(void *service, const struct peerid *peer, struct span packet)
{
    (void)service;
    (void)peer;
    (void)packet;
    packets_received++;
}

static const struct datagram_protocol packets = {
    .name = "/test/packets/1", .audience = STREAM_MEMBER, .receive = on_packet};

static void packets_survive_it_too(void **state)
{
    (void)state;
    (void)meet(9);
    uint8_t packet[100] = {1};
    packets_received = 0;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(datagram_register(w.nodes[i].datagram, &packets), 0);
    }
    for (size_t i = 0; i < 120; i++) { /* an hour, one direction only */
        assert_int_equal(datagram_send(w.nodes[0].datagram, &w.nodes[1].swarm.self, packets.name,
                                       span_of(packet, sizeof packet)),
                         0);
        sim_run_for(w.sim, 30 * TIMERS_SECOND);
    }
    assert_int_equal(packets_received, 120);
    const struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    size_t seen = 0;
    for (struct list *at = list_next(&peer->conns, &peer->conns); at != NULL;
         at = list_next(&peer->conns, at)) {
        const struct conn *c = LIST_OF(at, struct conn, link_peer);
        assert_true(conn_is_hybrid(c));
        seen += c->kind == CONN_PACKETS && c->channel.rekey->count >= 4;
    }
    assert_int_equal(seen, 1);
    net_world_stop(&w);
}

/* Who speaks "/noise" has no such frames: none is sent to him, and one of his is an error. */
static void classic_connections_keep_their_keys(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 10, 2);
    w.nodes[1].swarm.is_classic = true;
    struct conn *conn = net_world_dial(&w, 0, 1, &err);
    assert_int_equal(err, 0);
    assert_null(conn->channel.rekey);
    sim_run_for(w.sim, TIMERS_SECOND);
    net_ear_init(&ear, ECHO_NAME);
    net_ear_open(&ear, conn);
    for (size_t i = 1; i <= 30; i++) {
        sim_run_for(w.sim, MINUTE);
        say_and_hear(i);
    }
    net_world_stop(&w);

    static struct net_foe foe;
    const uint8_t offer[NOISE_HEAD_SIZE + NOISE_REKEY_FRAME] = {0, 1};
    net_world_start(&w, 11, 1);
    net_foe_start(&foe, &w, sim_host_new(w.sim, "10.9.9.9"), 0, 1);
    assert_true(net_foe_secure(&foe));
    net_foe_say_raw(&foe, span_of(offer, sizeof offer), TIMERS_SECOND);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(foe.is_closed);
    assert_int_equal(w.nodes[0].swarm.metrics.dropped_proto.value, 1);
    net_foe_stop(&foe);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(keys_change_every_ten_minutes),   UNIT(a_silent_connection_forgets_its_keys),
        UNIT(keys_change_with_every_gibibyte), UNIT(nothing_is_lost_under_load),
        UNIT(packets_survive_it_too),          UNIT(classic_connections_keep_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
