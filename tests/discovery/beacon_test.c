/* The beacon as a machine: when it calls, whom it answers, what it believes, and what it forgets.
 */
#include "tests/discovery/beacon_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_source),     TEST(test_rhythm),  TEST(test_found),
        TEST(test_candidates),     TEST(test_answers), TEST(test_open_tags),
        TEST(test_networks_apart), TEST(test_old_key), TEST(test_flood),
        TEST(test_forgets),        TEST(test_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
