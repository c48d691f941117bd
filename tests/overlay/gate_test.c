/*
 * The gate at real streams in the simulator: who proves a network gets to its services, and nobody
 * else does.
 */
#include "overlay/gate.h"

#include "base/random.h"
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

#define NODES 3
#define RED "/wavu/red/1"
#define BLUE "/wavu/blue/1"

static struct net_world w;

/* A network as a node has it: keys, the newest first, and whom it does not want. */
struct club {
    struct gate_network network;
    uint8_t keys[6][GATE_KEY_SIZE];
    size_t key_count;
    const struct peerid *unwanted;
    struct net_ear ear;
    struct gate_protocol protocol;
};

struct node {
    struct gate *gate;
    struct club clubs[2];
    size_t club_count;
};

static struct node nodes[NODES];

static size_t prove(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE])
{
    const struct club *c = context;
    size_t count = c->key_count < GATE_TAGS_MAX ? c->key_count : GATE_TAGS_MAX;
    for (size_t i = 0; i < count; i++) {
        gate_tag(tags[i], c->keys[i], link);
    }
    return count;
}

static bool recognise(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE],
                      size_t count)
{
    const struct club *c = context;
    bool is_known = false;
    for (size_t i = 0; i < c->key_count; i++) {
        is_known |= gate_is_proof(c->keys[i], link, tags, count);
    }
    return is_known;
}

static bool is_member(void *context, const struct overlay_id *device)
{
    const struct club *c = context;
    struct peerid peer;
    overlay_id_to_peer(device, &peer);
    return c->unwanted == NULL || !peerid_is_equal(c->unwanted, &peer);
}

/* Node `i` has a network with the keys first, first + 1, ... (0 keys: the open one). */
static struct club *add_club(size_t i, const char *name, uint8_t first, size_t key_count)
{
    struct club *c = &nodes[i].clubs[nodes[i].club_count++];
    *c = (struct club){.key_count = key_count};
    for (size_t k = 0; k < key_count; k++) {
        memset(c->keys[k], first + (int)k, GATE_KEY_SIZE);
    }
    c->network = (struct gate_network){.context = c, .is_member = is_member};
    if (key_count > 0) {
        c->network.prove = prove;
        c->network.recognise = recognise;
    }
    net_ear_init(&c->ear, name);
    c->protocol.stream = c->ear.protocol;
    assert_int_equal(gate_enter(nodes[i].gate, &c->network), 0);
    assert_int_equal(gate_register(nodes[i].gate, &c->network, &c->protocol), 0);
    return c;
}

static void start(uint64_t seed)
{
    net_world_start(&w, seed, NODES);
    for (size_t i = 0; i < NODES; i++) {
        nodes[i] = (struct node){.gate = gate_new(&w.nodes[i].swarm, &w.nodes[i].metrics)};
    }
}

static void stop(void)
{
    for (size_t i = 0; i < NODES; i++) {
        for (size_t k = 0; k < nodes[i].club_count; k++) {
            gate_unregister(nodes[i].gate, &nodes[i].clubs[k].protocol);
            gate_leave(nodes[i].gate, &nodes[i].clubs[k].network);
        }
        gate_free(nodes[i].gate);
    }
    net_world_stop(&w);
}

static struct conn *dial(size_t from, size_t to)
{
    int err = 0;
    struct conn *conn = net_world_dial(&w, from, to, &err);
    assert_non_null(conn);
    return conn;
}

static int open_at(size_t i, struct club *c, struct conn *conn)
{
    return gate_open(nodes[i].gate, &c->protocol, conn, &c->ear, &c->ear.stream);
}

static void run(void)
{
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
}

static void streams_go_to_the_network_that_they_prove(void **state)
{
    (void)state;
    start(1);
    struct club *one = add_club(0, RED, 1, 1);
    struct club *other = add_club(0, RED, 50, 2);
    struct club *mine = add_club(1, RED, 50, 1);
    struct conn *conn = dial(1, 0);
    assert_int_equal(open_at(1, mine, conn), 0);
    net_ear_say(&mine->ear, "at once"); /* before any answer */
    run();
    assert_int_equal(one->ear.opened, 0);
    assert_int_equal(other->ear.opened, 1);
    assert_int_equal(mine->ear.opened, 1);
    assert_int_equal(other->ear.received, 7);
    assert_memory_equal(other->ear.bytes, "at once", 7);
    assert_true(stream_is_inbound(other->ear.stream));
    net_ear_say(&other->ear, "and back");
    run();
    assert_memory_equal(mine->ear.bytes, "and back", 8);
    stream_close(mine->ear.stream);
    run();
    assert_int_equal(other->ear.fins, 1);
    stop();
}

/* The side that is asked may be the first to speak: its words come with the answer. */
static void who_is_asked_may_speak_first(void **state)
{
    (void)state;
    start(2);
    struct club *host = add_club(0, RED, 7, 1);
    struct club *guest = add_club(1, RED, 7, 1);
    assert_int_equal(open_at(1, guest, dial(1, 0)), 0);
    while (host->ear.opened == 0) {
        sim_run_for(w.sim, TIMERS_MS);
    }
    assert_int_equal(guest->ear.opened, 0);
    net_ear_say(&host->ear, "hello");
    run();
    assert_int_equal(guest->ear.opened, 1);
    assert_memory_equal(guest->ear.bytes, "hello", 5);
    stop();
}

/* What the service does not take at once is kept, on either side. */
static void what_is_left_is_kept(void **state)
{
    (void)state;
    start(3);
    struct club *host = add_club(0, RED, 7, 1);
    struct club *guest = add_club(1, RED, 7, 1);
    host->ear.take_max = 0;
    assert_int_equal(open_at(1, guest, dial(1, 0)), 0);
    net_ear_say(&guest->ear, "wait");
    run();
    assert_int_equal(host->ear.received, 0);
    host->ear.take_max = SIZE_MAX;
    stream_resume(host->ear.stream);
    run();
    assert_int_equal(host->ear.received, 4);
    stop();
}

static int refusal(struct club *c, size_t i, struct conn *conn)
{
    c->ear.closed = 0;
    c->ear.opened = 0;
    assert_int_equal(open_at(i, c, conn), 0);
    run();
    assert_int_equal(c->ear.opened, 0);
    assert_int_equal(c->ear.closed, 1);
    return c->ear.err;
}

static void others_are_told_no_more_than_no(void **state)
{
    (void)state;
    start(4);
    struct club *host = add_club(0, RED, 7, 1);
    struct club *stranger = add_club(1, RED, 8, 1);
    struct club *open = add_club(2, RED, 0, 0);
    struct conn *conn = dial(1, 0);
    assert_int_equal(refusal(stranger, 1, conn), WAVU_ERR_REFUSED);
    assert_int_equal(refusal(open, 2, dial(2, 0)), WAVU_ERR_REFUSED);
    memset(stranger->keys[0], 7, GATE_KEY_SIZE); /* it has heard of the network */
    host->unwanted = &w.nodes[1].swarm.self;
    assert_int_equal(refusal(stranger, 1, conn), WAVU_ERR_DENIED);
    host->unwanted = NULL;
    stranger->unwanted = &w.nodes[0].swarm.self;
    assert_int_equal(open_at(1, stranger, conn), WAVU_ERR_DENIED);
    assert_int_equal(host->ear.opened, 0);
    stop();
}

static void a_protocol_that_is_not_spoken(void **state)
{
    (void)state;
    start(5);
    add_club(0, RED, 7, 1);
    add_club(0, BLUE, 8, 1);
    struct club *red = add_club(1, BLUE, 7, 1); /* spoken there, but not in this network */
    struct club *none = add_club(1, "/wavu/green/1", 8, 1);
    struct conn *conn = dial(1, 0);
    assert_int_equal(refusal(red, 1, conn), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(refusal(none, 1, conn), WAVU_ERR_UNSUPPORTED);
    stop();
}

/* Who missed up to three changes is recognised, whichever side it is on. */
static void older_keys_are_recognised(void **state)
{
    (void)state;
    start(6);
    struct club *late = add_club(0, RED, 4, 1);
    struct club *early = add_club(1, RED, 1, 4); /* 1, 2, 3, 4: the newest is 1 */
    assert_int_equal(open_at(1, early, dial(1, 0)), 0);
    run();
    assert_int_equal(late->ear.opened, 1);
    assert_int_equal(early->ear.opened, 1);
    late->ear.opened = 0;
    assert_int_equal(open_at(0, late, dial(0, 1)), 0);
    run();
    assert_int_equal(early->ear.opened, 2);
    stop();
}

static void an_open_network_proves_nothing(void **state)
{
    (void)state;
    start(7);
    struct club *host = add_club(0, RED, 0, 0);
    struct club *guest = add_club(1, RED, 0, 0);
    struct gate_network second = {.context = NULL};
    assert_int_equal(gate_enter(nodes[0].gate, &second), WAVU_ERR_EXISTS);
    assert_int_equal(open_at(1, guest, dial(1, 0)), 0);
    run();
    assert_int_equal(host->ear.opened, 1);
    assert_int_equal(guest->ear.opened, 1);
    stop();
}

/* Who is a member no more loses its streams at once, on both sides and in either direction. */
static void who_goes_loses_its_streams(void **state)
{
    (void)state;
    start(8);
    struct club *host = add_club(0, RED, 7, 1);
    struct club *gone = add_club(1, RED, 7, 1);
    struct club *stays = add_club(2, RED, 7, 1);
    assert_int_equal(open_at(1, gone, dial(1, 0)), 0);
    run();
    struct stream *theirs = host->ear.stream;
    assert_int_equal(open_at(2, stays, dial(2, 0)), 0);
    run();
    assert_ptr_not_equal(theirs, host->ear.stream);
    host->unwanted = &w.nodes[1].swarm.self;
    gate_recheck(nodes[0].gate, &host->network);
    assert_int_equal(host->ear.closed, 1);
    assert_int_equal(host->ear.err, WAVU_ERR_DENIED);
    run();
    assert_int_equal(gone->ear.closed, 1);
    assert_int_equal(stays->ear.closed, 0);
    assert_int_equal(refusal(gone, 1, swarm_conn(&w.nodes[1].swarm, &w.nodes[0].swarm.self)),
                     WAVU_ERR_DENIED);
    stop();
}

static void streams_of_a_peer_are_counted(void **state)
{
    (void)state;
    start(9);
    struct club *host = add_club(0, RED, 7, 1);
    struct club *guest = add_club(1, RED, 7, 1);
    struct conn *conn = dial(1, 0);
    host->protocol.stream.inbound_max = 2;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(open_at(1, guest, conn), 0);
        run();
    }
    assert_int_equal(host->ear.opened, 2);
    assert_int_equal(guest->ear.closed, 1);
    stop();
}

/* ---- Bytes of a stranger ---- */

/* Say `bytes`, one at a time, on a bare stream of the name. */
static void say(struct net_ear *raw, struct conn *conn, struct span bytes)
{
    size_t taken = 0;
    net_ear_open(raw, conn);
    for (size_t i = 0; i < bytes.len && raw->stream != NULL; i++) {
        assert_int_equal(stream_send(raw->stream, span_of(bytes.ptr + i, 1), &taken), 0);
        sim_run_for(w.sim, 20 * TIMERS_MS);
    }
    run();
}

static void bytes_come_one_by_one(void **state)
{
    (void)state;
    uint8_t proof[2 + GATE_TAG_SIZE + 1] = {1, 1};
    struct net_ear raw;
    start(10);
    struct club *host = add_club(0, RED, 7, 1);
    struct conn *conn = dial(1, 0);
    struct gate_link link = {.binding = conn_binding(conn)};
    assert_int_equal(overlay_id_from_peer(&link.prover, &w.nodes[1].swarm.self), 0);
    assert_int_equal(overlay_id_from_peer(&link.judge, &w.nodes[0].swarm.self), 0);
    gate_tag(proof + 2, host->keys[0], &link);
    proof[sizeof proof - 1] = '!';
    net_ear_init(&raw, RED);
    say(&raw, conn, span_of(proof, sizeof proof));
    assert_int_equal(host->ear.opened, 1);
    assert_int_equal(host->ear.received, 1);
    assert_int_equal(raw.received, 1);
    assert_int_equal(raw.bytes[0], 1);
    proof[20] ^= 1; /* and what is no proof, in no way */
    say(&raw, conn, span_of(proof, sizeof proof));
    assert_int_equal(host->ear.opened, 1);
    assert_int_equal(raw.bytes[1], 2);
    stop();
}

static void bad_proofs(void **state)
{
    (void)state;
    static const uint8_t many[] = {1, 5};
    static const uint8_t newer[] = {2};
    static const uint8_t newer_whole[] = {2, 200, 1, 2, 3};
    static const uint8_t cut[] = {1, 1, 3};
    struct net_ear raw;
    start(11);
    struct club *host = add_club(0, RED, 7, 1);
    struct conn *conn = dial(1, 0);
    net_ear_init(&raw, RED);
    say(&raw, conn, span_of(many, sizeof many));
    assert_int_equal(raw.closed, 1);
    say(&raw, conn, span_of(newer_whole, sizeof newer_whole));
    assert_int_equal(raw.received, 1);
    assert_int_equal(raw.bytes[0], 4);
    raw.closed = 0;
    say(&raw, conn, span_of(cut, sizeof cut));
    stream_finish(raw.stream); /* it ends before its proof does */
    run();
    assert_int_equal(raw.closed, 1);
    say(&raw, conn, span_of(newer, sizeof newer));
    assert_int_equal(raw.closed, 1);
    sim_run_for(w.sim, 20 * TIMERS_SECOND); /* it never goes on */
    assert_int_equal(raw.closed, 2);
    assert_int_equal(host->ear.opened, 0);
    stop();
}

static void random_bytes_open_nothing(void **state)
{
    (void)state;
    struct net_ear raw;
    start(12);
    struct club *host = add_club(0, RED, 7, 1);
    struct conn *conn = dial(1, 0);
    net_ear_init(&raw, RED);
    for (size_t i = 0; i < 300; i++) {
        uint8_t bytes[GATE_PROOF_SIZE_MAX + 20];
        size_t taken = 0;
        random_fill(&w.nodes[1].port->random, bytes, sizeof bytes);
        size_t len = 1 + bytes[0] % (sizeof bytes - 1);
        bytes[0] = i % 3 == 0 ? bytes[0] : 1;
        bytes[1] = (uint8_t)(i % 2 == 0 ? bytes[1] % 6 : bytes[1]);
        net_ear_open(&raw, conn);
        assert_int_equal(stream_send(raw.stream, span_of(bytes, len), &taken), 0);
        sim_run_for(w.sim, TIMERS_SECOND / 4);
        if (raw.stream != NULL) {
            stream_reset(raw.stream, 0);
        }
        assert_true(conn_is_open(conn));
    }
    assert_int_equal(host->ear.opened, 0);
    stop();
}

/* A connection that is full: the proof still goes before what the service says. */
static void the_proof_goes_first_when_all_is_full(void **state)
{
    (void)state;
    static uint8_t much[4 * 1024 * 1024];
    struct net_ear bulk;
    struct net_ear sink;
    size_t taken = 0;
    start(13);
    struct club *host = add_club(0, RED, 7, 1);
    struct club *guest = add_club(1, RED, 7, 1);
    net_ear_init(&sink, "/wavu/sink/1");
    assert_int_equal(stream_register(&w.nodes[0].swarm, &sink.protocol), 0);
    struct conn *conn = dial(1, 0);
    net_ear_init(&bulk, "/wavu/sink/1");
    net_ear_open(&bulk, conn);
    assert_int_equal(stream_send(bulk.stream, span_of(much, sizeof much), &taken), 0);
    assert_true(taken < sizeof much);
    assert_int_equal(open_at(1, guest, conn), 0);
    assert_int_equal(stream_send(guest->ear.stream, UNIT_TEXT("first"), &taken), 0);
    run();
    if (taken < 5) {
        assert_true(guest->ear.writable > 0);
        net_ear_say(&guest->ear, "first");
        run();
    }
    assert_int_equal(host->ear.opened, 1);
    assert_memory_equal(host->ear.bytes, "first", 5);
    stream_unregister(&w.nodes[0].swarm, &sink.protocol);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(streams_go_to_the_network_that_they_prove),
        UNIT(who_is_asked_may_speak_first),
        UNIT(what_is_left_is_kept),
        UNIT(others_are_told_no_more_than_no),
        UNIT(a_protocol_that_is_not_spoken),
        UNIT(older_keys_are_recognised),
        UNIT(an_open_network_proves_nothing),
        UNIT(who_goes_loses_its_streams),
        UNIT(streams_of_a_peer_are_counted),
        UNIT(bytes_come_one_by_one),
        UNIT(bad_proofs),
        UNIT(random_bytes_open_nothing),
        UNIT(the_proof_goes_first_when_all_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
