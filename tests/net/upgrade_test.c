/*
 * From a bare link to an open connection: private networks, muxers, garbage, slowness.
 */
#include "tests/base/unit.h"
#include "net/upgrade.h"
#include "tests/support/net_ear.h"

static struct net_world w;

/* A peer that speaks TCP only, and says what it is told to. */
struct bare {
    struct port *port;
    struct port_tcp *socket;
    size_t received;
    bool is_open;
    bool is_closed;
};

static void bare_opened(void *context, int err)
{
    struct bare *b = context;
    b->is_open = err == 0;
}

static void bare_bytes(void *context, struct span_mut in)
{
    struct bare *b = context;
    b->received += in.len;
}

static void bare_writable(void *context)
{
    (void)context;
}

static void bare_closed(void *context, int err)
{
    struct bare *b = context;
    (void)err;
    b->is_closed = true;
}

static const struct port_tcp_user bare_user = {
    .opened = bare_opened, .bytes = bare_bytes, .writable = bare_writable, .closed = bare_closed};

static void bare_start(struct bare *b, uint64_t seed)
{
    struct multiaddr_ip to;
    struct multiaddr address = net_world_address(0);
    memset(b, 0, sizeof *b);
    net_world_start(&w, seed, 1);
    struct sim_host *host = sim_host_new(w.sim, "10.9.9.9");
    b->port = sim_host_port(host);
    assert_int_equal(multiaddr_to_ip(&address, MULTIADDR_TCP, &to), 0);
    assert_int_equal(b->port->net->tcp_dial(b->port, &to, &bare_user, b, &b->socket), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(b->is_open);
}

static void bare_say(struct bare *b, struct span bytes)
{
    while (bytes.len > 0 && !b->is_closed) {
        size_t taken = 0;
        assert_int_equal(b->port->net->tcp_send(b->socket, &bytes, 1, &taken), 0);
        bytes = span_slice(bytes, taken, bytes.len);
        sim_run_for(w.sim, 100 * TIMERS_MS);
    }
}

static void bare_stop(struct bare *b)
{
    b->port->net->tcp_close(b->socket, true);
    sim_run_for(w.sim, TIMERS_SECOND);
    net_world_stop(&w);
}

static void garbage_is_dropped_at_once(void **state)
{
    (void)state;
    struct bare b;
    bare_start(&b, 1);
    bare_say(&b, UNIT_TEXT("GET / HTTP/1.1\r\nHost: example\r\nUser-Agent: somebody with a name "
                           "that is long enough\r\n\r\n"));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(b.is_closed);
    assert_int_equal(w.nodes[0].swarm.metrics.handshakes_failed.value, 1);
    assert_int_equal(w.nodes[0].swarm.metrics.dropped_proto.value, 1);
    bare_stop(&b);
}

/* The listener leaves the first word to the dialler, but not for ever. */
static void who_waits_for_the_listener_hears_it(void **state)
{
    (void)state;
    struct bare b;
    bare_start(&b, 11);
    assert_int_equal(b.received, 20); /* the second that bare_start waits is enough */
    bare_say(&b, UNIT_TEXT("\x13/multistream/1.0.0\n\x07/noise\n"));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(b.received, 28);
    assert_false(b.is_closed);
    bare_stop(&b);
}

static void silence_is_dropped_in_time(void **state)
{
    (void)state;
    struct bare b;
    bare_start(&b, 2);
    sim_run_for(w.sim, CONN_HANDSHAKE_NS / 2);
    assert_false(b.is_closed);
    sim_run_for(w.sim, CONN_HANDSHAKE_NS);
    assert_true(b.is_closed);
    assert_int_equal(w.nodes[0].swarm.metrics.dropped_timeout.value, 1);
    bare_stop(&b);
}

static void one_byte_a_second_is_dropped_in_time_too(void **state)
{
    (void)state;
    struct bare b;
    static const char hello[] = "\x13/multistream/1.0.0\n\x07/noise\n";
    bare_start(&b, 3);
    for (size_t i = 0; i < sizeof hello - 1 && !b.is_closed; i++) {
        bare_say(&b, span_of(hello + i, 1));
        sim_run_for(w.sim, 900 * TIMERS_MS);
    }
    assert_true(b.is_closed);
    assert_int_equal(w.nodes[0].swarm.metrics.dropped_timeout.value, 1);
    bare_stop(&b);
}

static void bytes_before_their_turn_are_bounded(void **state)
{
    (void)state;
    struct bare b;
    static uint8_t flood[3 * CONN_EARLY_MAX];
    bare_start(&b, 4);
    bare_say(&b, UNIT_TEXT("\x13/multistream/1.0.0\n\x07/noise\n"));
    flood[1] = 32; /* a first Noise message, then far too much behind it */
    memset(flood + 2, 9, 32);
    bare_say(&b, span_of(flood, sizeof flood));
    assert_true(w.nodes[0].swarm.handshake_budget.peak <= CONN_EARLY_MAX);
    sim_run_for(w.sim, 2 * CONN_HANDSHAKE_NS);
    assert_true(b.is_closed);
    assert_int_equal(w.nodes[0].swarm.handshake_budget.used, 0);
    bare_stop(&b);
}

static void unknown_security_is_answered_na_and_may_be_followed(void **state)
{
    (void)state;
    struct bare b;
    bare_start(&b, 5);
    bare_say(&b, UNIT_TEXT("\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n"));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(b.received, 20 + 4);
    bare_say(&b, UNIT_TEXT("\x07/noise\n"));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(b.received, 20 + 4 + 8);
    assert_false(b.is_closed);
    bare_stop(&b);
}

static void muxers_have_their_kinds(void **state)
{
    (void)state;
    enum conn_kind kind = CONN_PACKETS;
    assert_int_equal(upgrade_kind_of(UNIT_TEXT("/yamux/1.0.0"), &kind), 0);
    assert_int_equal(kind, CONN_STREAMS);
    assert_int_equal(upgrade_kind_of(UNIT_TEXT("/wavu/datagram/1"), &kind), 0);
    assert_int_equal(kind, CONN_PACKETS);
    assert_int_equal(upgrade_kind_of(UNIT_TEXT("/mplex/6.7.0"), &kind), WAVU_ERR_UNSUPPORTED);
}

/* Two nodes with pre-shared keys; a key of 0: none. */
static int meet_with_keys(uint64_t seed, uint8_t first, uint8_t second)
{
    const uint8_t number[2] = {first, second};
    int err = 0;
    net_world_start(&w, seed, 2);
    for (size_t i = 0; i < 2; i++) {
        uint8_t psk[PNET_KEY_SIZE] = {number[i]};
        struct net_options options = {.key = i + 1, .psk = number[i] > 0 ? psk : NULL};
        net_node_stop(&w.nodes[i]);
        net_node_start(&w.nodes[i], sim_host_port(w.hosts[i]), &options);
    }
    net_node_listen(&w.nodes[1], "10.0.0.2:4001");
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    if (c != NULL) {
        static struct net_ear ear;
        net_ear_init(&ear, ECHO_NAME);
        net_ear_open(&ear, c);
        net_ear_say(&ear, "among us");
        sim_run_for(w.sim, 5 * TIMERS_SECOND);
        assert_memory_equal(ear.bytes, "among us", 8);
    }
    net_world_stop(&w);
    return err;
}

static void a_private_network_admits_its_key_only(void **state)
{
    (void)state;
    assert_int_equal(meet_with_keys(6, 1, 1), 0);
    assert_true(meet_with_keys(7, 1, 2) < 0);
    assert_true(meet_with_keys(8, 1, 0) < 0);
    assert_true(meet_with_keys(9, 0, 1) < 0);
}

/* Two connections of a private network: four directions, four nonces, or one keystream would hide
 * two texts. */
static void private_connections_never_share_a_nonce(void **state)
{
    (void)state;
    const uint8_t psk[PNET_KEY_SIZE] = {1};
    static const uint8_t zeros[PNET_NONCE_SIZE];
    uint8_t nonces[4][PNET_NONCE_SIZE];
    size_t count = 0;
    int err = 0;
    net_world_start(&w, 12, 2);
    for (size_t i = 0; i < 2; i++) {
        struct net_options options = {.key = i + 1, .psk = psk};
        net_node_stop(&w.nodes[i]);
        net_node_start(&w.nodes[i], sim_host_port(w.hosts[i]), &options);
    }
    net_node_listen(&w.nodes[1], "10.0.0.2:4001");
    for (size_t i = 0; i < 2; i++) {
        struct conn *c = net_world_dial(&w, 0, 1, &err);
        assert_int_equal(err, 0);
        sim_run_for(w.sim, TIMERS_SECOND);
        struct peer *other = swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self);
        struct conn *its = LIST_OF(list_next(&other->conns, &other->conns), struct conn, link_peer);
        memcpy(nonces[count++], c->pnet->nonce, PNET_NONCE_SIZE);
        memcpy(nonces[count++], its->pnet->nonce, PNET_NONCE_SIZE);
        conn_close(c, WAVU_ERR_CLOSED);
        sim_run_for(w.sim, 5 * TIMERS_SECOND);
    }
    for (size_t i = 0; i < count; i++) {
        assert_memory_not_equal(nonces[i], zeros, PNET_NONCE_SIZE);
        for (size_t other = 0; other < i; other++) {
            assert_memory_not_equal(nonces[i], nonces[other], PNET_NONCE_SIZE);
        }
    }
    net_world_stop(&w);
}

/* A handshake's early bytes are charged before they are kept. */
static void early_bytes_beyond_the_budget_close_the_link(void **state)
{
    (void)state;
    struct bare b;
    static uint8_t early[64];
    bare_start(&b, 13);
    w.nodes[0].swarm.handshake_budget.max = 0;
    bare_say(&b, UNIT_TEXT("\x13/multistream/1.0.0\n\x07/noise\n"));
    early[1] = 32;
    memset(early + 2, 9, sizeof early - 2);
    bare_say(&b, span_of(early, sizeof early));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(b.is_closed);
    assert_int_equal(w.nodes[0].swarm.metrics.dropped_limit.value, 1);
    assert_int_equal(w.nodes[0].swarm.handshake_budget.used, 0);
    bare_stop(&b);
}

/* A handshake that dies while it waits for its turn gives back what it held. */
static void a_dead_handshakes_bytes_are_given_back(void **state)
{
    (void)state;
    struct bare b;
    static uint8_t early[600];
    bare_start(&b, 14);
    struct turn *turn = &w.nodes[0].port->turn;
    turn->busy_until_ns = UINT64_MAX; /* newcomers wait until they are paid for */
    while (budget_bucket_take(&turn->handshakes, 1, turn->now_ns) == 0) {
    }
    struct span hello = UNIT_TEXT("\x13/multistream/1.0.0\n\x07/noise\n");
    memcpy(early, hello.ptr, hello.len);
    early[hello.len + 1] = 32;
    memset(early + hello.len + 2, 9, sizeof early - hello.len - 2);
    struct span all = span_of(early, sizeof early);
    size_t taken = 0;
    assert_int_equal(b.port->net->tcp_send(b.socket, &all, 1, &taken), 0);
    for (int i = 0; i < 100 && w.nodes[0].swarm.handshake_budget.used == 0; i++) {
        sim_run_for(w.sim, TIMERS_MS);
    }
    assert_true(w.nodes[0].swarm.handshake_budget.used > 0);
    b.port->net->tcp_close(b.socket, true);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(w.nodes[0].swarm.handshake_count, 0);
    assert_int_equal(w.nodes[0].swarm.handshake_budget.used, 0);
    net_world_stop(&w);
}

/* Somebody's cipher, of which only this is of interest here: both have the same. */
static void other_seal(void *context, const uint8_t key[AEAD_KEY_SIZE],
                       const uint8_t nonce[AEAD_NONCE_SIZE], struct span_mut data,
                       uint8_t tag[AEAD_TAG_SIZE])
{
    (void)context;
    for (size_t i = 0; i < data.len; i++) {
        data.ptr[i] ^= key[i % AEAD_KEY_SIZE];
    }
    memset(tag, key[0], AEAD_TAG_SIZE);
    memcpy(tag, nonce, AEAD_NONCE_SIZE);
}

static bool other_open(void *context, const uint8_t key[AEAD_KEY_SIZE],
                       const uint8_t nonce[AEAD_NONCE_SIZE], struct span_mut data,
                       const uint8_t tag[AEAD_TAG_SIZE])
{
    uint8_t expected[AEAD_TAG_SIZE];
    ++*(size_t *)context;
    other_seal(NULL, key, nonce, data, expected);
    return memcmp(expected, tag, sizeof expected) == 0;
}

static void links_under_anothers_cipher_are_of_its_own_name(void **state)
{
    (void)state;
    size_t opened[4] = {0};
    int err = 0;
    net_world_start(&w, 71, 4);
    for (size_t i = 0; i < 3; i++) {
        const struct aead_other other = {
            .seal = other_seal, .open = other_open, .context = &opened[i]};
        const char *name = i < 2 ? "/wavu/x-noise-made-up/1" : "/wavu/x-noise-another/1";
        assert_int_equal(swarm_set_other(&w.nodes[i].swarm, name, &other), 0);
    }
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_non_null(c);
    assert_int_equal(c->channel.noise.cipher, AEAD_OTHER);
    assert_false(conn_is_hybrid(c));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(opened[0] > 0 && opened[1] > 0);
    assert_int_equal(w.nodes[0].swarm.peers.count, 1);
    for (size_t from = 2; from < 4; from++) { /* another cipher; none: refused both ways */
        assert_null(net_world_dial(&w, from, 0, &err));
        assert_true(err < 0);
        assert_null(net_world_dial(&w, 0, from, &err));
        assert_true(err < 0);
    }
    const struct aead_other late = {.seal = other_seal, .open = other_open, .context = &opened[3]};
    assert_int_equal(swarm_set_other(&w.nodes[1].swarm, "/wavu/x-noise-late/1", &late),
                     WAVU_ERR_IN_USE);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(garbage_is_dropped_at_once),
        UNIT(who_waits_for_the_listener_hears_it),
        UNIT(silence_is_dropped_in_time),
        UNIT(one_byte_a_second_is_dropped_in_time_too),
        UNIT(bytes_before_their_turn_are_bounded),
        UNIT(unknown_security_is_answered_na_and_may_be_followed),
        UNIT(muxers_have_their_kinds),
        UNIT(a_private_network_admits_its_key_only),
        UNIT(private_connections_never_share_a_nonce),
        UNIT(a_dead_handshakes_bytes_are_given_back),
        UNIT(links_under_anothers_cipher_are_of_its_own_name),
        UNIT(early_bytes_beyond_the_budget_close_the_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
