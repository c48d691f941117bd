/* The beacon about join codes, as a machine: what an inviter and a seeker say and hear, what
 * strangers can make them do. */
#include "tests/discovery/beacon_fixture.h"

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
    assert_in_range(calls_until(&b, BEACON_MSG_INVITER, now + 60 * TIMERS_SECOND), 6, 9);
    now += 60 * TIMERS_SECOND;
    uint64_t next_ns = b.coded.next_ns;
    beacon_set_slot(&b, 7, now); /* as it is */
    assert_int_equal(b.coded.next_ns, next_ns);
    assert_in_range(calls_until(&b, BEACON_MSG_INVITER, now + 300 * TIMERS_SECOND), 7, 14);
    now += 300 * TIMERS_SECOND;
    beacon_hurry(&b, now); /* an interface came: there it is told, too */
    assert_in_range(calls_until(&b, BEACON_MSG_INVITER, now + TIMERS_SECOND), 2, 4);
    beacon_set_slot(&b, 0, now + TIMERS_SECOND);
    assert_int_equal(calls_until(&b, BEACON_MSG_INVITER, now + 600 * TIMERS_SECOND), 0);
    beacon_clear(&b);
}

/* Neither what network it is in, nor that it is new there, is in an inviter's packet. */
static void test_inviter_names_no_network(void **state)
{
    struct beacon_config config = {.random = &randomness,
                                   .aead = aead,
                                   .self = peer_of(1),
                                   .is_open = true,
                                   .open_tag = span_from_text("lab")};
    struct beacon b;
    (void)state;
    beacon_init(&b, &config, 0);
    set_address(&b, "/ip4/192.168.7.7/tcp/9000");
    beacon_set_slot(&b, 7, 0);
    beacon_tick(&b, BEACON_START_NS);
    assert_true(take(&b, BEACON_SEND_ALL));
    struct beacon_msg m = read_clear(&event, BEACON_MSG_OPEN);
    assert_true(span_is_equal(m.network, UNIT_TEXT("lab")));
    assert_true(m.asks);
    assert_int_equal(m.slot, 0);
    assert_true(take(&b, BEACON_SEND_ALL));
    m = read_clear(&event, BEACON_MSG_INVITER);
    assert_int_equal(m.network.len, 0);
    assert_false(m.asks);
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

/* One address that asks without end does not use up the answers: others are given theirs. */
static void test_one_seeker_leaves_answers(void **state)
{
    struct beacon b;
    size_t greedy = 0;
    size_t others = 0;
    (void)state;
    start(&b, 1, false);
    beacon_set_slot(&b, 7, 0);
    write_seeker(7);
    const struct beacon_event ask = event;
    for (uint32_t i = 0; i < 6000; i++) { /* 100 a second */
        uint64_t now = TIMERS_SECOND + i * 10 * TIMERS_MS;
        (void)hear(&b, &ask, 7, now);
        greedy += beacon_next_event(&b, &event) ? 1 : 0;
        if (i >= 3000 && i % 100 == 0) {
            (void)hear(&b, &ask, 8 + i, now);
            others += beacon_next_event(&b, &event) ? 1 : 0;
        }
    }
    assert_true(greedy <= BEACON_NEW_BURST + 60 * BEACON_NEW_RATE);
    assert_int_equal(others, 30);
    beacon_clear(&b);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_inviter_calls),       TEST(test_inviter_names_no_network),
        TEST(test_code_closes_in_time), TEST(test_seeker_is_answered),
        TEST(test_inviter_is_told),     TEST(test_bad_codes),
        TEST(test_flood_of_codes),      TEST(test_one_seeker_leaves_answers),
        TEST(test_changing_inviter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
