/* The beacon as a machine: when it calls, whom it answers, what it believes, and what it forgets.
 */
#include "discovery/beacon.h"

#include "base/timers.h"
#include "crypto/keys.h"
#include "crypto/secret.h"
#include "tests/base/unit.h"

static struct random_seeded seeded;
static struct random randomness;
static struct aead *aead;
static struct beacon_event event; /* the last that `take` gave */

static int setup(void **state)
{
    random_seeded_init(&seeded, 7);
    randomness = random_from_seeded(&seeded);
    aead = aead_new();
    return unit_count_memory(state) + (aead != NULL && secret_start() == 0 ? 0 : -1);
}

static int teardown(void **state)
{
    int rc = unit_compare_memory(state);
    aead_free(aead);
    return rc;
}

static struct peerid peer_of(uint32_t n)
{
    struct ed25519_pair pair = {.public_key = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16)}};
    struct peerid id;
    keys_peerid(&id, &pair);
    return id;
}

static struct multiaddr_ip ip_of(uint32_t n)
{
    return (struct multiaddr_ip){
        .ip = {10, 0, (uint8_t)(n >> 8), (uint8_t)n}, .ip_len = 4, .port = 40000};
}

static void set_address(struct beacon *b, const char *text)
{
    struct multiaddr address;
    assert_int_equal(multiaddr_parse(&address, span_from_text(text)), 0);
    beacon_set_addresses(b, &address, 1);
}

static void start(struct beacon *b, uint32_t n, bool is_open)
{
    struct beacon_config config = {
        .random = &randomness, .aead = aead, .self = peer_of(n), .is_open = is_open};
    beacon_init(b, &config, 0);
    set_address(b, "/ip4/192.168.7.7/tcp/9000");
}

static bool take(struct beacon *b, enum beacon_event_kind kind)
{
    beacon_check(b);
    return beacon_next_event(b, &event) && event.kind == kind;
}

/* Let `b` call at its next moment and keep the packet in `event`. */
static uint64_t call(struct beacon *b)
{
    uint64_t now = beacon_deadline(b);
    beacon_tick(b, now);
    assert_true(take(b, BEACON_SEND_ALL));
    return now;
}

static int hear(struct beacon *b, const struct beacon_event *from, uint32_t n, uint64_t now)
{
    struct multiaddr_ip ip = ip_of(n);
    uint8_t copy[BEACON_MSG_SIZE_MAX];
    memcpy(copy, from->bytes, from->len);
    return beacon_feed(b, &ip, span_of(copy, from->len), now);
}

static const struct beacon_key keys[2] = {{.bytes = {1}, .network = 5, .is_current = true},
                                          {.bytes = {2}, .network = 6, .is_current = true}};

/* Quick at first, then ever slower, each interval a quarter more or less. */
static void test_rhythm(void **state)
{
    struct beacon b;
    uint64_t expected = BEACON_FIRST_NS;
    (void)state;
    start(&b, 1, true);
    assert_true(beacon_deadline(&b) < BEACON_START_NS);
    uint64_t at = call(&b);
    for (int i = 0; i < 20; i++) {
        uint64_t next = call(&b);
        assert_in_range(next - at, expected * 3 / 4, expected * 5 / 4 + 1);
        assert_false(beacon_next_event(&b, &event));
        at = next;
        expected = expected * 2 < BEACON_INTERVAL_NS ? expected * 2 : BEACON_INTERVAL_NS;
    }
    beacon_set_power(&b, true, at);
    at = call(&b);
    assert_in_range(beacon_deadline(&b) - at, BEACON_INTERVAL_LOW_NS * 3 / 4,
                    BEACON_INTERVAL_LOW_NS * 5 / 4);
    beacon_set_power(&b, false, at);
    assert_true(beacon_deadline(&b) - at <= BEACON_INTERVAL_NS * 5 / 4);
    beacon_hurry(&b, at);
    assert_true(beacon_deadline(&b) - at < BEACON_START_NS);
    for (int i = 0; i < 12; i++) {
        at = call(&b);
    }
    at = beacon_deadline(&b) + 3600 * TIMERS_SECOND; /* the machine slept */
    beacon_tick(&b, at);
    assert_true(take(&b, BEACON_SEND_ALL));
    assert_true(beacon_deadline(&b) - at <= BEACON_FIRST_NS * 5 / 4);
    beacon_clear(&b);
}

static void test_found(void **state)
{
    struct beacon a;
    struct beacon b;
    struct multiaddr expected;
    (void)state;
    start(&a, 1, true);
    start(&b, 2, true);
    uint64_t now = call(&a);
    assert_int_equal(hear(&b, &event, 1, now), 0);
    assert_true(take(&b, BEACON_FOUND));
    struct peerid id = peer_of(1);
    assert_true(peerid_is_equal(&event.found.peer, &id));
    assert_int_equal(event.found.network, BEACON_OPEN);
    assert_true(event.found.is_new);
    assert_int_equal(event.found.candidates.count, 2); /* where it came from, and what it stated */
    assert_int_equal(multiaddr_parse(&expected, UNIT_TEXT("/ip4/10.0.0.1/tcp/9000")), 0);
    assert_true(multiaddr_is_equal(&event.found.candidates.addresses[0], &expected));
    assert_int_equal(multiaddr_parse(&expected, UNIT_TEXT("/ip4/192.168.7.7/tcp/9000")), 0);
    assert_true(multiaddr_is_equal(&event.found.candidates.addresses[1], &expected));
    /* the same again is told after a while only, something new at once */
    now = call(&a);
    assert_int_equal(hear(&b, &event, 1, now), 0);
    assert_false(take(&b, BEACON_FOUND));
    set_address(&a, "/ip4/192.168.7.7/tcp/9001");
    now = call(&a);
    assert_int_equal(hear(&b, &event, 1, now), 0);
    assert_true(take(&b, BEACON_FOUND));
    assert_false(event.found.is_new);
    now = call(&a);
    assert_int_equal(hear(&b, &event, 1, now + BEACON_TELL_NS), 0);
    assert_true(take(&b, BEACON_FOUND));
    assert_int_equal(beacon_peer_count(&b), 1);
    call(&a);
    assert_int_equal(hear(&a, &event, 1, now), 0); /* one's own */
    assert_int_equal(beacon_peer_count(&a), 0);
    beacon_clear(&a);
    beacon_clear(&b);
}

/* Nobody is sent to a third party: not to the internet, not to loopback, not to a name. */
static void test_candidates(void **state)
{
    static const struct {
        const char *address;
        bool is_good;
    } cases[] = {
        {"/ip4/192.168.1.1/tcp/1", true},  {"/ip4/8.8.8.8/tcp/53", false},
        {"/ip4/127.0.0.1/tcp/22", false},  {"/ip4/0.0.0.0/tcp/22", false},
        {"/ip4/10.0.0.1/tcp/22", true},    {"/dns/example.org/tcp/80", false},
        {"/ip6/fd00::1/tcp/1", true},      {"/ip6/fe80::1/tcp/1", false},
        {"/ip6/2001:db8::1/tcp/1", false}, {"/ip4/192.168.1.1/udp/1", false},
        {"/ip4/192.168.1.1/tcp/0", false}, {"/ip6/::1/tcp/1", false},
    };
    struct beacon b;
    (void)state;
    start(&b, 2, true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct multiaddr stated;
        struct wr w;
        assert_int_equal(multiaddr_parse(&stated, span_from_text(cases[i].address)), 0);
        struct beacon_msg m = {.peer = peer_of((uint32_t)i + 10),
                               .addresses = {multiaddr_span(&stated)},
                               .address_count = 1};
        wr_init(&w, span_mut_of(event.bytes, sizeof event.bytes));
        beacon_msg_write_head(&w, BEACON_MSG_OPEN);
        beacon_msg_encode(&w, &m);
        event.len = w.len;
        assert_int_equal(hear(&b, &event, 1, TIMERS_SECOND), 0);
        assert_int_equal(take(&b, BEACON_FOUND), cases[i].is_good);
    }
    beacon_clear(&b);
}

/* A newcomer is answered once, unless the next call is near. */
static void test_answers(void **state)
{
    struct beacon old;
    struct beacon newcomer;
    uint64_t now = 0;
    (void)state;
    start(&old, 1, true);
    for (int i = 0; i < 12; i++) {
        now = call(&old);
    }
    start(&newcomer, 2, true);
    (void)call(&newcomer);
    struct beacon_event ask = event;
    assert_int_equal(hear(&old, &ask, 2, now + TIMERS_SECOND), 0);
    assert_true(take(&old, BEACON_FOUND));
    assert_true(take(&old, BEACON_SEND_TO));
    struct multiaddr_ip to = ip_of(2);
    assert_memory_equal(event.to.ip, to.ip, 4);
    assert_int_equal(event.to.port, to.port);
    assert_int_equal(hear(&newcomer, &event, 1, TIMERS_SECOND), 0);
    assert_true(take(&newcomer, BEACON_FOUND));
    assert_false(beacon_next_event(&newcomer, &event)); /* an answer is not answered */
    assert_int_equal(hear(&old, &ask, 2, now + 2 * TIMERS_SECOND), 0);
    assert_false(beacon_next_event(&old, &event));
    assert_int_equal(hear(&old, &ask, 2, now + TIMERS_SECOND + BEACON_ANSWER_AGAIN_NS), 0);
    assert_true(take(&old, BEACON_SEND_TO));
    assert_int_equal(hear(&old, &ask, 2, beacon_deadline(&old) - 1), 0);
    assert_true(take(&old, BEACON_FOUND));
    assert_false(beacon_next_event(&old, &event));
    assert_int_equal(old.counts.answered, 2);
    beacon_clear(&old);
    beacon_clear(&newcomer);
}

static void test_networks_apart(void **state)
{
    struct beacon b[4]; /* closed 5; closed 5 and 6; closed 6; open only */
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        start(&b[i], i + 1, i == 3);
    }
    assert_int_equal(beacon_set_keys(&b[0], &keys[0], 1), 0);
    assert_int_equal(beacon_set_keys(&b[1], keys, 2), 0);
    assert_int_equal(beacon_set_keys(&b[2], &keys[1], 1), 0);
    uint64_t now = call(&b[0]);
    struct beacon_event packet = event;
    assert_int_equal(packet.len, 325);
    for (uint32_t i = 1; i < 4; i++) {
        assert_int_equal(hear(&b[i], &packet, 1, now), 0);
        assert_int_equal(take(&b[i], BEACON_FOUND), i == 1);
        assert_int_equal(beacon_peer_count(&b[i]), i == 1 ? 1 : 0);
        assert_int_equal(b[i].counts.foreign, i == 1 ? 0 : 1);
    }
    now = call(&b[1]); /* one packet for each of its networks */
    assert_int_equal(hear(&b[0], &event, 2, now), 0);
    assert_true(take(&b[0], BEACON_FOUND));
    assert_int_equal(event.found.network, 5);
    assert_true(take(&b[1], BEACON_SEND_ALL));
    assert_int_equal(hear(&b[2], &event, 2, now), 0);
    assert_true(take(&b[2], BEACON_FOUND));
    assert_int_equal(event.found.network, 6);
    assert_false(beacon_next_event(&b[1], &event));
    now = call(&b[3]);
    assert_int_equal(hear(&b[0], &event, 4, now), 0);
    assert_false(take(&b[0], BEACON_FOUND));
    for (uint32_t i = 0; i < 4; i++) {
        beacon_clear(&b[i]);
    }
}

/* Open networks with different tags do not meet. */
static void test_open_tags(void **state)
{
    struct beacon b[3];
    const char *tags[3] = {"lab", "lab", "home"};
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct beacon_config config = {.random = &randomness,
                                       .aead = aead,
                                       .self = peer_of(i + 1),
                                       .is_open = true,
                                       .open_tag = span_from_text(tags[i])};
        beacon_init(&b[i], &config, 0);
        set_address(&b[i], "/ip4/192.168.7.7/tcp/9000");
    }
    uint64_t now = call(&b[0]);
    struct beacon_event packet = event;
    assert_int_equal(hear(&b[1], &packet, 1, now), 0);
    assert_true(take(&b[1], BEACON_FOUND));
    assert_int_equal(hear(&b[2], &packet, 1, now), 0);
    assert_false(take(&b[2], BEACON_FOUND));
    for (uint32_t i = 0; i < 3; i++) {
        beacon_clear(&b[i]);
    }
}

/* Who has missed a change of key is recognised, and not answered under the old one. */
static void test_old_key(void **state)
{
    struct beacon_key both[2] = {{.bytes = {9}, .network = 5, .is_current = true},
                                 {.bytes = {1}, .network = 5, .is_current = false}};
    struct beacon_key many[BEACON_KEYS_MAX + 1] = {{.network = 5}};
    struct beacon late;
    struct beacon b;
    uint64_t now = 0;
    (void)state;
    start(&late, 1, false);
    start(&b, 2, false);
    assert_int_equal(beacon_set_keys(&late, &keys[0], 1), 0);
    assert_int_equal(beacon_set_keys(&b, both, 2), 0);
    assert_int_equal(beacon_set_keys(&b, many, BEACON_KEYS_MAX + 1), WAVU_ERR_LIMIT);
    for (int i = 0; i < 12; i++) {
        now = call(&b);
        assert_false(beacon_next_event(&b, &event)); /* only the current key calls */
    }
    (void)call(&late);
    assert_int_equal(hear(&b, &event, 1, now + TIMERS_SECOND), 0);
    assert_true(take(&b, BEACON_FOUND));
    assert_true(event.found.is_old_key);
    assert_int_equal(event.found.network, 5);
    assert_false(beacon_next_event(&b, &event));
    beacon_clear(&late);
    beacon_clear(&b);
}

/* A flood of invented peers from one source, then from everywhere: all is bounded. */
static void test_flood(void **state)
{
    struct beacon victim;
    size_t told = 0;
    size_t answered = 0;
    (void)state;
    start(&victim, 1, true);
    for (int i = 0; i < 12; i++) {
        (void)call(&victim);
    }
    uint64_t now = beacon_deadline(&victim) - 10 * TIMERS_SECOND;
    for (uint32_t i = 0; i < 20000; i++) {
        struct wr w;
        struct beacon_msg m = {
            .peer = peer_of(i + 10), .ports = {1}, .port_count = 1, .asks = true};
        wr_init(&w, span_mut_of(event.bytes, sizeof event.bytes));
        beacon_msg_write_head(&w, BEACON_MSG_OPEN);
        beacon_msg_encode(&w, &m);
        event.len = w.len;
        (void)hear(&victim, &event, i < 10000 ? 7 : i, now + i * 100000); /* 10,000 a second */
        while (beacon_next_event(&victim, &event)) {
            told += event.kind == BEACON_FOUND ? 1 : 0;
            answered += event.kind == BEACON_SEND_TO ? 1 : 0;
        }
        if (i % 1000 == 0) {
            beacon_check(&victim);
        }
    }
    assert_true(told <= BEACON_NEWS_BURST + 3 * BEACON_NEWS_RATE);
    assert_true(answered <= BEACON_ANSWERS_BURST + 3 * BEACON_ANSWERS_RATE);
    assert_true(beacon_peer_count(&victim) <= BEACON_PEERS_MAX);
    assert_true(victim.counts.shed > 18000);
    beacon_clear(&victim);
}

/* One address is read up to its rate, whatever others say. */
static void test_one_source(void **state)
{
    struct beacon a;
    struct beacon b;
    (void)state;
    start(&a, 1, true);
    start(&b, 2, true);
    uint64_t now = call(&a);
    const struct beacon_event said = event;
    for (uint64_t second = 0; second < 3; second++) {
        size_t due = second == 0 ? BEACON_SOURCE_BURST : BEACON_SOURCE_RATE;
        for (size_t i = 0; i < due; i++) {
            assert_int_equal(hear(&b, &said, 7, now), 0);
        }
        assert_int_equal(hear(&b, &said, 7, now), WAVU_ERR_LIMIT);
        assert_int_equal(b.counts.shed, second + 1);
        assert_int_equal(hear(&b, &said, 8 + (uint32_t)second, now), 0);
        now += TIMERS_SECOND;
    }
    beacon_clear(&a);
    beacon_clear(&b);
}

static void test_forgets(void **state)
{
    struct beacon a;
    struct beacon b;
    (void)state;
    start(&a, 1, true);
    start(&b, 2, true);
    uint64_t now = call(&a);
    assert_int_equal(hear(&b, &event, 1, now), 0);
    beacon_tick(&b, now + 3 * BEACON_INTERVAL_LOW_NS);
    assert_int_equal(beacon_peer_count(&b), 1);
    beacon_tick(&b, now + 3 * BEACON_INTERVAL_LOW_NS + 1);
    assert_int_equal(beacon_peer_count(&b), 0);
    beacon_clear(&a);
    beacon_clear(&b);
}

/* As many addresses as there are: left out until the packet fits, sealed or not. */
static void test_fits(void **state)
{
    struct multiaddr many[20];
    struct beacon b;
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "/ip6/fd00::%zx/tcp/%zu", i + 1, 9000 + i);
        assert_int_equal(multiaddr_parse(&many[i], span_from_text(text)), 0);
    }
    start(&b, 1, true);
    beacon_set_addresses(&b, many, 20);
    assert_int_equal(beacon_set_keys(&b, keys, 1), 0);
    (void)call(&b);
    assert_int_equal(event.len, 325);
    assert_true(take(&b, BEACON_SEND_ALL));
    assert_true(event.len > 100 && event.len <= BEACON_MSG_SIZE_MAX);
    beacon_clear(&b);
}

/* ---- Join codes ---- */

/* What a packet in clear says. */
static struct beacon_msg read_clear(const struct beacon_event *packet, enum beacon_msg_kind kind)
{
    struct beacon_msg_packet p;
    struct beacon_msg m;
    assert_int_equal(beacon_msg_split(&p, span_of(packet->bytes, packet->len)), 0);
    assert_int_equal(p.kind, kind);
    assert_int_equal(beacon_msg_decode(&m, kind, p.content), 0);
    return m;
}

/* Let `b` call until `until`: how many calls of `kind` that made. */
static size_t calls_until(struct beacon *b, enum beacon_msg_kind kind, uint64_t until)
{
    size_t count = 0;
    while (beacon_deadline(b) <= until) {
        beacon_tick(b, beacon_deadline(b));
        while (beacon_next_event(b, &event)) {
            assert_int_equal(event.kind, BEACON_SEND_ALL);
            count += event.bytes[4] == kind ? 1 : 0;
        }
        beacon_check(b);
    }
    return count;
}

static void write_inviter(uint32_t n, uint16_t port, uint16_t slot)
{
    struct beacon_msg m = {.peer = peer_of(n), .ports = {port}, .port_count = 1, .slot = slot};
    struct wr w;
    wr_init(&w, span_mut_of(event.bytes, sizeof event.bytes));
    beacon_msg_write_head(&w, BEACON_MSG_INVITER);
    beacon_msg_encode(&w, &m);
    assert_int_equal(wr_finish(&w), 0);
    event.len = w.len;
}

static void write_seeker(uint16_t slot)
{
    struct beacon_msg m = {.slot = slot};
    struct wr w;
    wr_init(&w, span_mut_of(event.bytes, sizeof event.bytes));
    beacon_msg_write_head(&w, BEACON_MSG_SEEKER);
    beacon_msg_encode(&w, &m);
    event.len = w.len;
}

/* A closed node has code 7 open: it calls at once, in clear, with its id, where it listens and the
 * number, and nothing else; its sealed calls are as ever; when the code closes, so do these. */
static void test_inviter_calls(void **state)
{
    struct beacon b;
    uint64_t now = 0;
    (void)state;
    start(&b, 1, false);
    assert_int_equal(beacon_set_keys(&b, keys, 1), 0);
    for (int i = 0; i < 12; i++) {
        now = call(&b);
        assert_int_equal(event.bytes[4], BEACON_MSG_CLOSED);
        assert_false(beacon_next_event(&b, &event));
    }
    now += TIMERS_SECOND;
    uint64_t usual_ns = beacon_deadline(&b);
    beacon_set_slot(&b, 7, now);
    assert_in_range(beacon_deadline(&b), now, now + BEACON_START_NS);
    beacon_tick(&b, beacon_deadline(&b));
    assert_true(take(&b, BEACON_SEND_ALL));
    struct beacon_msg m = read_clear(&event, BEACON_MSG_INVITER);
    struct peerid self = peer_of(1);
    assert_true(peerid_is_equal(&m.peer, &self));
    assert_int_equal(m.slot, 7);
    assert_int_equal(m.network.len, 0);
    assert_false(m.asks);
    assert_int_equal(m.port_count, 1);
    assert_int_equal(m.address_count, 1);
    assert_false(beacon_next_event(&b, &event)); /* no other call is due for that */
    assert_true(beacon_deadline(&b) < usual_ns);
    beacon_set_slot(&b, 7, now + TIMERS_SECOND); /* as it is */
    assert_in_range(calls_until(&b, BEACON_MSG_INVITER, now + 60 * TIMERS_SECOND), 6, 9);
    now += 60 * TIMERS_SECOND;
    assert_in_range(calls_until(&b, BEACON_MSG_INVITER, now + 300 * TIMERS_SECOND), 7, 14);
    now += 300 * TIMERS_SECOND;
    beacon_hurry(&b, now); /* an interface came: there it is told, too */
    assert_in_range(calls_until(&b, BEACON_MSG_INVITER, now + TIMERS_SECOND), 2, 4);
    beacon_set_slot(&b, 0, now + TIMERS_SECOND);
    assert_int_equal(calls_until(&b, BEACON_MSG_INVITER, now + 600 * TIMERS_SECOND), 0);
    beacon_clear(&b);
}

/* A call that is due when its code closes, or the keys change, is what stands then. */
static void test_code_closes_in_time(void **state)
{
    struct beacon b;
    (void)state;
    start(&b, 1, true);
    beacon_set_slot(&b, 7, 0);
    beacon_seek(&b, 8, 0);
    beacon_tick(&b, BEACON_START_NS);
    assert_true(take(&b, BEACON_SEND_ALL));
    assert_int_equal(event.bytes[4], BEACON_MSG_OPEN);
    assert_int_equal(beacon_set_keys(&b, keys, 1), 0);
    beacon_set_slot(&b, 0, BEACON_START_NS);
    assert_true(take(&b, BEACON_SEND_ALL));
    assert_int_equal(read_clear(&event, BEACON_MSG_SEEKER).slot, 8);
    assert_false(beacon_next_event(&b, &event));
    beacon_seek(&b, 0, BEACON_START_NS);
    assert_int_equal(b.coded.next_ns, UINT64_MAX);
    beacon_set_power(&b, true, BEACON_START_NS);
    assert_int_equal(b.coded.next_ns, UINT64_MAX);
    beacon_seek(&b, 8, BEACON_START_NS);
    (void)calls_until(&b, BEACON_MSG_SEEKER, 1000 * TIMERS_SECOND);
    beacon_set_power(&b, false, 1000 * TIMERS_SECOND);
    assert_true(b.coded.next_ns <= (1000 + 30 * 5 / 4 + 1) * TIMERS_SECOND);
    beacon_clear(&b);
}

/* The newcomer's call has nothing but the number; the one who has that code open answers at once,
 * also just before its own call; who has another one open, or none, does not. */
static void test_seeker_is_answered(void **state)
{
    struct beacon seeker;
    struct beacon b[3]; /* codes 7, 8 and none */
    (void)state;
    start(&seeker, 9, false);
    beacon_seek(&seeker, 7, 0);
    uint64_t now = seeker.coded.next_ns;
    beacon_tick(&seeker, now);
    assert_true(take(&seeker, BEACON_SEND_ALL));
    const struct beacon_event ask = event;
    struct beacon_msg m = read_clear(&ask, BEACON_MSG_SEEKER);
    assert_int_equal(m.slot, 7);
    assert_int_equal(m.peer.len + m.network.len + m.port_count + m.address_count, 0);
    assert_int_equal(ask.len, 5 + 2);
    for (uint32_t i = 0; i < 3; i++) {
        start(&b[i], i + 1, false);
        assert_int_equal(beacon_set_keys(&b[i], keys, 1), 0);
        beacon_set_slot(&b[i], i == 2 ? 0 : (uint16_t)(7 + i), 0);
        assert_int_equal(hear(&b[i], &ask, 9, now), 0);
        assert_int_equal(beacon_next_event(&b[i], &event), i == 0);
        assert_int_equal(b[i].counts.answered, i == 0 ? 1 : 0);
        assert_int_equal(b[i].counts.foreign, i == 0 ? 0 : 1);
    }
    assert_int_equal(hear(&b[0], &ask, 9, now), 0);
    assert_true(take(&b[0], BEACON_SEND_TO));
    struct multiaddr_ip to = ip_of(9);
    assert_memory_equal(event.to.ip, to.ip, 4);
    assert_int_equal(event.to.port, to.port);
    assert_int_equal(beacon_peer_count(&b[0]), 0); /* nothing of it is kept */
    assert_int_equal(hear(&seeker, &event, 1, now), 0);
    assert_true(take(&seeker, BEACON_INVITER));
    struct peerid inviter = peer_of(1);
    assert_true(peerid_is_equal(&event.found.peer, &inviter));
    assert_int_equal(event.slot, 7);
    assert_int_equal(event.found.network, BEACON_UNNAMED);
    assert_true(event.found.is_new);
    assert_int_equal(event.found.candidates.count, 2);
    assert_false(beacon_next_event(&seeker, &event));
    assert_int_equal(beacon_peer_count(&seeker), 0); /* an inviter is no neighbour of ours */
    for (uint32_t i = 0; i < 3; i++) {
        beacon_clear(&b[i]);
    }
    beacon_clear(&seeker);
}

/* Told: who has the code that is sought, once, then with news or after a while. Not told: other
 * codes, oneself, anything when nothing is sought, nobody to dial. */
static void test_inviter_is_told(void **state)
{
    struct beacon b;
    uint64_t now = TIMERS_SECOND;
    (void)state;
    start(&b, 9, true);
    write_inviter(1, 80, 7);
    assert_int_equal(hear(&b, &event, 1, now), 0);
    assert_false(beacon_next_event(&b, &event));
    assert_int_equal(b.counts.foreign, 1);
    beacon_seek(&b, 7, now);
    static const struct {
        uint32_t who;
        uint16_t port;
        uint16_t slot;
        uint32_t after_s;
        bool is_told;
        bool is_new;
    } cases[] = {
        {1, 80, 7, 0, true, true},   {1, 80, 7, 9, false, false}, {1, 81, 7, 0, true, false},
        {1, 81, 7, 10, true, false}, {1, 80, 8, 0, false, false}, {9, 80, 7, 0, false, false},
        {2, 80, 7, 0, true, true},   {2, 80, 7, 0, false, false}, {1, 81, 7, 0, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        now += cases[i].after_s * TIMERS_SECOND;
        write_inviter(cases[i].who, cases[i].port, cases[i].slot);
        assert_int_equal(hear(&b, &event, cases[i].who, now), 0);
        assert_int_equal(take(&b, BEACON_INVITER), cases[i].is_told);
        if (cases[i].is_told) {
            assert_int_equal(event.found.is_new, cases[i].is_new);
        }
    }
    write_inviter(1, 81, 7);
    const struct beacon_event said = event;
    beacon_seek(&b, 8, now); /* another code: what was told is forgotten */
    assert_int_equal(hear(&b, &said, 1, now), 0);
    assert_false(beacon_next_event(&b, &event));
    beacon_seek(&b, 7, now);
    assert_int_equal(hear(&b, &said, 1, now), 0);
    assert_true(take(&b, BEACON_INVITER));
    assert_true(event.found.is_new);
    beacon_clear(&b);
}

/* A stranger's packets of kinds 3 and 4 that are malformed, or of a newer kind. */
static void test_bad_codes(void **state)
{
    static const struct {
        uint8_t bytes[8];
        size_t len;
        int rc;
    } cases[] = {
        {{'w', 'a', 'v', 'u', 3}, 5, WAVU_ERR_PROTO},
        {{'w', 'a', 'v', 'u', 3, 0x30, 7}, 7, WAVU_ERR_PROTO}, /* names nobody */
        {{'w', 'a', 'v', 'u', 4}, 5, WAVU_ERR_PROTO},
        {{'w', 'a', 'v', 'u', 4, 0x30, 0}, 7, WAVU_ERR_PROTO},
        {{'w', 'a', 'v', 'u', 4, 0x30}, 6, WAVU_ERR_PROTO},
        {{'w', 'a', 'v', 'u', 5, 0x30, 7}, 7, WAVU_ERR_UNSUPPORTED},
    };
    struct beacon b;
    struct multiaddr_ip from = ip_of(1);
    (void)state;
    start(&b, 9, false);
    beacon_set_slot(&b, 7, 0);
    beacon_seek(&b, 7, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(beacon_feed(&b, &from, span_of(cases[i].bytes, cases[i].len), 0),
                         cases[i].rc);
        assert_int_equal(b.counts.bad, i + 1);
        assert_false(beacon_next_event(&b, &event));
    }
    beacon_clear(&b);
}

/* Invented inviters and seekers of the right number, 10,000 a second for two seconds, from one
 * address and then from everywhere: what is told and answered is bounded, one address has little
 * of it, and what a closed node knows of its own network is as before. */
static void test_flood_of_codes(void **state)
{
    struct beacon victim;
    struct beacon friend;
    size_t told[2] = {0};
    size_t answered[2] = {0};
    (void)state;
    start(&victim, 1, false);
    start(&friend, 2, false);
    assert_int_equal(beacon_set_keys(&victim, keys, 1), 0);
    assert_int_equal(beacon_set_keys(&friend, keys, 1), 0);
    beacon_set_slot(&victim, 7, 0);
    beacon_seek(&victim, 8, 0);
    uint64_t now = TIMERS_SECOND;
    for (uint32_t i = 0; i < 20000; i++) {
        size_t half = i / 10000;
        if (i % 2 == 0) {
            write_inviter(i + 10, 80, 8);
        } else {
            write_seeker(7);
        }
        (void)hear(&victim, &event, half == 0 ? 7 : i, now + i * 100000);
        while (beacon_next_event(&victim, &event)) {
            told[half] += event.kind == BEACON_INVITER ? 1 : 0;
            answered[half] += event.kind == BEACON_SEND_TO ? 1 : 0;
        }
        if (i % 1000 == 0) {
            beacon_check(&victim);
        }
    }
    assert_true(told[0] + answered[0] <= BEACON_NEW_BURST + 2 * BEACON_NEW_RATE);
    assert_true(told[0] > 0 && answered[0] > 0);
    assert_in_range(told[0] + told[1], BEACON_INVITERS_BURST,
                    BEACON_INVITERS_BURST + 3 * BEACON_INVITERS_RATE);
    assert_in_range(answered[0] + answered[1], BEACON_ANSWERS_BURST,
                    BEACON_ANSWERS_BURST + 3 * BEACON_ANSWERS_RATE);
    assert_int_equal(beacon_peer_count(&victim), 0);
    now += 2 * TIMERS_SECOND;
    (void)call(&friend);
    assert_int_equal(hear(&victim, &event, 30000, now), 0); /* a member is found meanwhile */
    assert_true(take(&victim, BEACON_FOUND));
    now += TIMERS_SECOND; /* and after it the true one is */
    write_inviter(5, 80, 8);
    assert_int_equal(hear(&victim, &event, 30001, now), 0);
    assert_true(take(&victim, BEACON_INVITER));
    write_seeker(7);
    assert_int_equal(hear(&victim, &event, 30002, now), 0);
    assert_true(take(&victim, BEACON_SEND_TO));
    beacon_clear(&victim);
    beacon_clear(&friend);
}

/* One device that says something else each time is told as seldom as many devices. */
static void test_changing_inviter(void **state)
{
    struct beacon b;
    size_t told = 0;
    (void)state;
    start(&b, 9, false);
    beacon_seek(&b, 7, 0);
    for (uint32_t i = 0; i < 10000; i++) {
        write_inviter(1, (uint16_t)(i % 1000 + 1), 7);
        (void)hear(&b, &event, i, TIMERS_SECOND + i * 100000);
        told += beacon_next_event(&b, &event) ? 1 : 0;
    }
    assert_in_range(told, BEACON_INVITERS_BURST, BEACON_INVITERS_BURST + 2 * BEACON_INVITERS_RATE);
    beacon_check(&b);
    beacon_clear(&b);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_source),
        TEST(test_rhythm),
        TEST(test_found),
        TEST(test_candidates),
        TEST(test_answers),
        TEST(test_open_tags),
        TEST(test_networks_apart),
        TEST(test_old_key),
        TEST(test_flood),
        TEST(test_forgets),
        TEST(test_fits),
        TEST(test_inviter_calls),
        TEST(test_code_closes_in_time),
        TEST(test_seeker_is_answered),
        TEST(test_inviter_is_told),
        TEST(test_bad_codes),
        TEST(test_flood_of_codes),
        TEST(test_changing_inviter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
