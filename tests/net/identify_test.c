/*
 * identify between nodes, and against peers that send nonsense or contradict their key.
 */
#include "crypto/signed_record.h"
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

static struct net_world w;
static struct conn *conn;
static struct net_ear pusher;

/* Node 0 is about to push whatever it likes to node 1. */
static void start(uint64_t seed)
{
    int err = 0;
    net_world_start(&w, seed, 2);
    conn = net_world_dial(&w, 0, 1, &err);
    assert_non_null(conn);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    net_ear_init(&pusher, IDENTIFY_PUSH_NAME);
    net_ear_open(&pusher, conn);
}

static void push(const struct identify_msg *m)
{
    uint8_t body[4096];
    uint8_t framed[4200];
    struct wr inner;
    struct wr outer;
    size_t taken = 0;
    wr_init(&inner, span_mut_of(body, sizeof body));
    identify_msg_encode(&inner, m);
    wr_init(&outer, span_mut_of(framed, sizeof framed));
    wr_prefixed(&outer, wr_span(&inner));
    assert_int_equal(wr_finish(&outer), 0);
    assert_int_equal(stream_send(pusher.stream, wr_span(&outer), &taken), 0);
    assert_int_equal(taken, wr_span(&outer).len);
    stream_finish(pusher.stream);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
}

static const char *agent_at_1(void)
{
    return peerbook_agent(&w.nodes[1].swarm.peerbook, &w.nodes[0].swarm.self);
}

static void a_push_changes_what_it_names(void **state)
{
    (void)state;
    struct identify_msg m;
    start(1);
    memset(&m, 0, sizeof m);
    m.agent = UNIT_TEXT("renamed");
    push(&m);
    assert_string_equal(agent_at_1(), "renamed");
    assert_true(peerbook_speaks(&w.nodes[1].swarm.peerbook, &w.nodes[0].swarm.self, PING_NAME));
    net_world_stop(&w);
}

/* What a peer says of where it sees us: the newest of each, no loopback, nothing that is none. */
static void where_peers_see_us_is_kept(void **state)
{
    struct identify_msg m;
    struct multiaddr a;
    struct multiaddr_ip at;
    static const char *const said[] = {"/ip4/203.0.113.9/tcp/40001", "/ip4/127.0.0.1/tcp/1",
                                       "/dns4/example.org/tcp/1", "/ip6/2001:db8::9/tcp/7"};
    (void)state;
    start(11);
    memset(&m, 0, sizeof m);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        assert_int_equal(multiaddr_parse(&a, span_from_text(said[i])), 0);
        m.observed = multiaddr_span(&a);
        if (i > 0) {
            net_ear_init(&pusher, IDENTIFY_PUSH_NAME);
            net_ear_open(&pusher, conn);
        }
        push(&m);
        assert_true(identify_observed(&w.nodes[1].identify, 0, &at));
        assert_int_equal(at.ip_len, i < 3 ? 4 : 16);
        assert_memory_equal(at.ip, i < 3 ? "\xcb\x00\x71\x09" : "\x20\x01\x0d\xb8", 4);
        assert_false(identify_observed(&w.nodes[1].identify, 1, &at));
    }
    net_world_stop(&w);
}

static void another_key_is_not_believed(void **state)
{
    (void)state;
    struct identify_msg m;
    start(2);
    memset(&m, 0, sizeof m);
    m.agent = UNIT_TEXT("evil");
    m.public_key = span_of(w.nodes[1].swarm.identity.key, KEYS_ED25519_PUBLIC_SIZE);
    push(&m);
    assert_string_equal(agent_at_1(), "wavu/test");
    assert_int_equal(w.nodes[1].identify.bad.value, 1);
    net_world_stop(&w);
}

static void anothers_signed_record_is_not_believed(void **state)
{
    (void)state;
    struct identify_msg m;
    uint8_t record[SIGNED_RECORD_SIZE_MAX];
    struct wr r;
    struct multiaddr address = net_world_address(7);
    struct span addresses[1] = {multiaddr_span(&address)};
    start(3);
    memset(&m, 0, sizeof m);
    wr_init(&r, span_mut_of(record, sizeof record));
    assert_int_equal(signed_record_seal_peer(&r, &w.nodes[1].key, 99, addresses, 1), 0);
    m.record = wr_span(&r);
    push(&m);
    assert_int_equal(w.nodes[1].identify.bad.value, 1);
    net_world_stop(&w);
}

static void garbage_is_counted_and_harmless(void **state)
{
    (void)state;
    start(4);
    net_ear_say(&pusher, "\xff\xff\xff garbage");
    stream_finish(pusher.stream);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(w.nodes[1].identify.bad.value, 1);
    assert_string_equal(agent_at_1(), "wavu/test");
    assert_true(conn_is_open(conn));
    net_world_stop(&w);
}

static void a_flood_is_cut_and_its_memory_given_back(void **state)
{
    (void)state;
    static const uint8_t block[32768];
    size_t taken = 1;
    start(5);
    for (size_t i = 0; i < 10 && pusher.stream != NULL; i++) {
        int rc = stream_send(pusher.stream, span_of(block, sizeof block), &taken);
        assert_true(rc == 0 || rc == WAVU_ERR_RESET);
        sim_run_for(w.sim, TIMERS_SECOND / 2);
    }
    assert_int_equal(pusher.closed, 1);
    struct peer *peer = swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self);
    assert_int_equal(peer->budget.used, 0);
    assert_true(w.nodes[1].identify.bad.value > 0);
    net_world_stop(&w);
}

/* Messages on one stream merge, but not without end. */
/* Who asks again is told the same record: it is signed when the addresses change. */
static void the_record_is_signed_once(void **state)
{
    (void)state;
    int err = 0;
    net_world_start(&w, 11, 3);
    assert_non_null(net_world_dial(&w, 0, 1, &err));
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    uint64_t seq = w.nodes[1].identify.record_seq;
    assert_true(seq > 0);
    assert_non_null(net_world_dial(&w, 2, 1, &err));
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_true(w.nodes[1].identify.record_seq == seq);
    net_node_listen(&w.nodes[1], "10.0.0.2:4777");
    identify_push_all(&w.nodes[1].identify);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_true(w.nodes[1].identify.record_seq > seq);
    net_world_stop(&w);
}

static void more_messages_than_allowed_are_bad(void **state)
{
    (void)state;
    start(9);
    for (size_t i = 0; i <= IDENTIFY_MESSAGES_MAX; i++) {
        net_ear_say(&pusher, "\x03\x32\x01q");
    }
    stream_finish(pusher.stream);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(w.nodes[1].identify.bad.value, 1);
    assert_string_equal(agent_at_1(), "wavu/test");
    net_world_stop(&w);
    start(10);
    for (size_t i = 0; i < IDENTIFY_MESSAGES_MAX; i++) {
        net_ear_say(&pusher, "\x03\x32\x01q");
    }
    stream_finish(pusher.stream);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(w.nodes[1].identify.bad.value, 0);
    assert_string_equal(agent_at_1(), "q");
    net_world_stop(&w);
}

static void who_never_finishes_is_reset(void **state)
{
    (void)state;
    start(6);
    net_ear_say(&pusher, "\x05");
    sim_run_for(w.sim, 15 * TIMERS_SECOND);
    assert_int_equal(pusher.err, WAVU_ERR_RESET);
    assert_true(list_is_empty(&w.nodes[1].identify.sessions));
    net_world_stop(&w);
}

static void a_new_listener_is_pushed_to_peers(void **state)
{
    (void)state;
    struct peerbook_address known[PEERBOOK_ADDRESSES_MAX];
    bool is_known = false;
    start(7);
    net_node_listen(&w.nodes[1], "10.0.0.2:4777");
    identify_push_all(&w.nodes[1].identify);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    size_t count = peerbook_addresses(&w.nodes[0].swarm.peerbook, &w.nodes[1].swarm.self, known,
                                      PEERBOOK_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct multiaddr_ip ip;
        is_known = is_known || (multiaddr_to_ip(&known[i].address, MULTIADDR_TCP, &ip) == 0 &&
                                ip.port == 4777 && known[i].source == PEERBOOK_SIGNED);
    }
    assert_true(is_known);
    net_world_stop(&w);
}

static enum stream_audience only_a_guest(void *context, const struct peerid *peer)
{
    (void)context;
    (void)peer;
    return STREAM_GUEST;
}

static void a_stranger_is_told_no_addresses_and_only_what_it_may_open(void **state)
{
    (void)state;
    static struct net_ear members;
    int err = 0;
    struct peerbook_address known[PEERBOOK_ADDRESSES_MAX];
    net_world_start(&w, 8, 2);
    struct swarm *s = &w.nodes[1].swarm;
    net_node_listen(&w.nodes[1], "10.0.0.2:4777");
    s->policy.standing = only_a_guest;
    net_ear_init(&members, "/test/members/1");
    assert_int_equal(stream_register(s, &members.protocol), 0);
    assert_non_null(net_world_dial(&w, 0, 1, &err));
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    struct peerbook *book = &w.nodes[0].swarm.peerbook;
    assert_true(peerbook_speaks(book, &s->self, PING_NAME));
    assert_false(peerbook_speaks(book, &s->self, "/test/members/1"));
    size_t count = peerbook_addresses(book, &s->self, known, PEERBOOK_ADDRESSES_MAX);
    assert_int_equal(count, 1); /* the one that it was dialled at */
    assert_int_equal(known[0].source, PEERBOOK_CONNECTED);
    assert_false(swarm_peer(&w.nodes[0].swarm, &s->self)->has_clock);
    assert_true(swarm_peer(s, &w.nodes[0].swarm.self)->has_clock); /* which keeps nothing secret */
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(where_peers_see_us_is_kept),
        UNIT(a_push_changes_what_it_names),
        UNIT(another_key_is_not_believed),
        UNIT(anothers_signed_record_is_not_believed),
        UNIT(garbage_is_counted_and_harmless),
        UNIT(a_flood_is_cut_and_its_memory_given_back),
        UNIT(the_record_is_signed_once),
        UNIT(more_messages_than_allowed_are_bad),
        UNIT(who_never_finishes_is_reset),
        UNIT(a_new_listener_is_pushed_to_peers),
        UNIT(a_stranger_is_told_no_addresses_and_only_what_it_may_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
