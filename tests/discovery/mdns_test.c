/* Multicast DNS as a machine: when it asks and answers, and what it believes. */
#include "discovery/mdns.h"

#include "base/timers.h"
#include "crypto/keys.h"
#include "tests/discovery/hex.h"

static struct random_seeded seeded;
static struct random randomness;
static struct mdns_event event;

/* ff 02 :: fb's port; hosts are told apart by their last byte. */
static struct multiaddr_ip at(uint8_t host, uint16_t port)
{
    return (struct multiaddr_ip){.ip = {192, 168, 1, host}, .ip_len = 4, .port = port};
}

static struct peerid peer_of(uint32_t n)
{
    struct ed25519_pair pair = {.public_key = {(uint8_t)n, (uint8_t)(n >> 8)}};
    struct peerid id;
    keys_peerid(&id, &pair);
    return id;
}

static void set_address(struct mdns *m, const char *text)
{
    struct multiaddr address;
    assert_int_equal(multiaddr_parse(&address, span_from_text(text)), 0);
    mdns_set_addresses(m, &address, 1);
}

static void start(struct mdns *m, uint8_t n)
{
    char text[64];
    random_seeded_init(&seeded, n);
    randomness = random_from_seeded(&seeded);
    struct mdns_config config = {
        .random = &randomness, .self = peer_of(n), .service = MDNS_SERVICE};
    mdns_init(m, &config, 0);
    (void)snprintf(text, sizeof text, "/ip4/192.168.1.%u/tcp/9000", n);
    set_address(m, text);
}

static bool take(struct mdns *m, enum mdns_event_kind kind)
{
    mdns_check(m);
    return mdns_next_event(m, &event) && event.kind == kind;
}

static int hear(struct mdns *m, struct multiaddr_ip from, uint64_t now)
{
    uint8_t copy[MDNS_MSG_WRITE_MAX];
    memcpy(copy, event.bytes, event.len);
    return mdns_feed(m, &from, span_of(copy, event.len), now);
}

/* Put the query for `service` into `event`. */
static void make_query(const char *service)
{
    struct wr w;
    wr_init(&w, span_mut_of(event.bytes, sizeof event.bytes));
    mdns_msg_write_query(&w, service);
    event.len = w.len;
}

static bool is_query(void)
{
    static struct mdns_msg msg;
    assert_int_equal(mdns_msg_decode(&msg, span_of(event.bytes, event.len)), 0);
    return !msg.is_response;
}

/* Questions ever rarer, and an answer behind each of them, without being asked by another. */
static void test_rhythm(void **state)
{
    struct mdns m;
    uint64_t expected = MDNS_ASK_FIRST_NS;
    uint64_t asked_ns = 0;
    uint64_t end_ns = 400 * TIMERS_SECOND;
    size_t asked = 0;
    size_t answered = 0;
    (void)state;
    start(&m, 1);
    assert_in_range(mdns_deadline(&m), MDNS_DELAY_MIN_NS, MDNS_DELAY_NS_MAX);
    while (mdns_deadline(&m) < end_ns) {
        uint64_t now = mdns_deadline(&m);
        mdns_tick(&m, now);
        assert_true(take(&m, MDNS_SEND_ALL));
        if (!is_query()) {
            answered++;
            assert_true(now - asked_ns <= MDNS_REPLY_GAP_NS);
            continue;
        }
        if (asked++ > 0) {
            assert_in_range(now - asked_ns, expected * 3 / 4, expected * 5 / 4);
            expected = expected * 2 < MDNS_ASK_NS ? expected * 2 : MDNS_ASK_NS;
        }
        asked_ns = now;
    }
    assert_in_range(asked, 9, 14);
    assert_true(answered >= asked - 1);
    mdns_set_power(&m, true);
    while (mdns_deadline(&m) < end_ns + MDNS_ASK_LOW_NS) {
        mdns_tick(&m, mdns_deadline(&m));
    }
    assert_true(mdns_deadline(&m) > end_ns + MDNS_ASK_LOW_NS);
    mdns_clear(&m);
}

/* Two machines: one asks, the other is found. */
static void test_found(void **state)
{
    struct mdns a;
    struct mdns b;
    struct multiaddr expected;
    (void)state;
    start(&a, 1);
    start(&b, 2);
    uint64_t now = mdns_deadline(&a);
    mdns_tick(&a, now);
    assert_true(take(&a, MDNS_SEND_ALL) && is_query());
    assert_int_equal(hear(&b, at(1, MDNS_PORT), now), 0);
    assert_false(mdns_next_event(&b, &event)); /* not at once */
    assert_true(mdns_deadline(&b) <= now + MDNS_DELAY_NS_MAX);
    now += MDNS_DELAY_NS_MAX;
    mdns_tick(&b, now);
    while (take(&b, MDNS_SEND_ALL) && is_query()) {
    }
    assert_false(is_query());
    struct mdns_event reply = event;
    assert_int_equal(hear(&a, at(2, MDNS_PORT), now), 0);
    assert_true(take(&a, MDNS_FOUND));
    struct peerid id = peer_of(2);
    assert_true(peerid_is_equal(&event.found.peer, &id));
    assert_int_equal(event.found.candidates.count, 1);
    assert_int_equal(multiaddr_parse(&expected, UNIT_TEXT("/ip4/192.168.1.2/tcp/9000")), 0);
    assert_true(multiaddr_is_equal(&event.found.candidates.addresses[0], &expected));
    /* not told twice in a moment; told again later; one's own never */
    event = reply;
    assert_int_equal(hear(&a, at(2, MDNS_PORT), now + TIMERS_SECOND), 0);
    assert_false(take(&a, MDNS_FOUND));
    event = reply;
    assert_int_equal(hear(&a, at(2, MDNS_PORT), now + MDNS_TELL_NS), 0);
    assert_true(take(&a, MDNS_FOUND));
    event = reply;
    assert_int_equal(hear(&b, at(2, MDNS_PORT), now), 0);
    assert_false(take(&b, MDNS_FOUND));
    mdns_clear(&b);
    /* an answer from another port is none */
    start(&b, 3);
    event = reply;
    assert_int_equal(hear(&b, at(2, 5354), now), 0);
    assert_false(take(&b, MDNS_FOUND));
    mdns_clear(&a);
    mdns_clear(&b);
}

/* At most one answer a second, however many ask; none to who knows us already. */
static void test_answers_are_rare(void **state)
{
    struct mdns m;
    size_t answered = 0;
    (void)state;
    start(&m, 1);
    uint64_t start_ns = 100 * TIMERS_SECOND;
    for (uint64_t now = start_ns; now < start_ns + 10 * TIMERS_SECOND; now += 50 * TIMERS_MS) {
        make_query(MDNS_SERVICE);
        assert_int_equal(hear(&m, at(2, MDNS_PORT), now), 0);
        mdns_tick(&m, now);
        while (mdns_next_event(&m, &event)) {
            answered += is_query() ? 0 : 1;
        }
    }
    assert_in_range(answered, 8, 11);
    mdns_clear(&m);
}

static void test_known_answer(void **state)
{
    struct mdns m;
    struct wr w;
    (void)state;
    start(&m, 1);
    struct mdns_msg_reply known = {.service = MDNS_SERVICE, .instance = m.instance, .ttl = 120};
    while (m.asks < 3 || m.reply_ns != TIMERS_NEVER) {
        mdns_tick(&m, mdns_deadline(&m));
    }
    for (int i = 0; i < 2; i++) {
        /* a question with the pointer to us, its ttl 120 or 59 */
        uint64_t now = m.ask_ns - MDNS_ASK_FIRST_NS;
        wr_init(&w, span_mut_of(event.bytes, sizeof event.bytes));
        wr_bytes(&w, hex("000000000001000100000000"));
        uint8_t reply[MDNS_MSG_WRITE_MAX];
        struct wr r;
        wr_init(&r, span_mut_of(reply, sizeof reply));
        mdns_msg_write_reply(&r, &known);
        wr_bytes(&w, hex("045f703270045f756470056c6f63616c00000c0001"));
        wr_bytes(&w, span_slice(wr_span(&r), 12, 17 + 10 + 58));
        event.len = w.len;
        assert_int_equal(hear(&m, at(2, MDNS_PORT), now), 0);
        assert_int_equal(m.reply_ns != TIMERS_NEVER, i == 1);
        known.ttl = 59;
    }
    mdns_clear(&m);
}

/* Plain DNS askers are answered alone, with their id; at a bounded rate. */
static void test_direct(void **state)
{
    static struct mdns_msg msg;
    struct mdns m;
    size_t answered = 0;
    char name[128];
    (void)state;
    start(&m, 1);
    make_query(MDNS_SERVICE);
    event.bytes[0] = 0x12;
    event.bytes[1] = 0x34;
    assert_int_equal(hear(&m, at(2, 40000), 0), 0);
    assert_true(take(&m, MDNS_SEND_TO));
    assert_int_equal(event.to.port, 40000);
    assert_int_equal(mdns_msg_decode(&msg, span_of(event.bytes, event.len)), 0);
    assert_int_equal(msg.id, 0x1234);
    assert_true(msg.is_response);
    assert_int_equal(msg.records[0].ttl, MDNS_TTL_LEGACY_S);
    make_query(MDNS_MSG_SERVICES);
    assert_int_equal(hear(&m, at(2, MDNS_PORT), 0), 0);
    assert_true(take(&m, MDNS_SEND_TO));
    (void)snprintf(name, sizeof name, "%s.%s", m.instance, MDNS_SERVICE);
    make_query(name);
    event.bytes[event.len - 3] = MDNS_MSG_TXT;
    assert_int_equal(hear(&m, at(2, MDNS_PORT), 0), 0);
    assert_true(take(&m, MDNS_SEND_TO));
    assert_int_equal(mdns_msg_decode(&msg, span_of(event.bytes, event.len)), 0);
    assert_int_equal(msg.records[0].type, MDNS_MSG_TXT);
    make_query("_http._tcp.local");
    assert_int_equal(hear(&m, at(2, 40000), 0), 0);
    assert_false(mdns_next_event(&m, &event));
    for (int i = 0; i < 200; i++) {
        make_query(MDNS_SERVICE);
        (void)hear(&m, at((uint8_t)(i + 3), 40000), 0);
        answered += take(&m, MDNS_SEND_TO) ? 1 : 0;
    }
    assert_int_equal(answered, MDNS_DIRECT_BURST - 3);
    mdns_clear(&m);
}

/* Put an answer with these texts, by instance "x", into `event`. */
static void make_answer(const struct span *texts, size_t count)
{
    struct mdns_msg_reply reply = {
        .service = MDNS_SERVICE, .instance = "x", .texts = texts, .text_count = count, .ttl = 120};
    struct wr w;
    wr_init(&w, span_mut_of(event.bytes, sizeof event.bytes));
    mdns_msg_write_reply(&w, &reply);
    event.len = w.len;
}

#define ID "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
#define OTHER "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"

/* Of all that an answer may state, what is worth dialling is kept. */
static void test_texts(void **state)
{
    const struct span texts[] = {
        UNIT_TEXT("dnsaddr=/ip4/192.168.1.9/tcp/4001/p2p/" ID),
        UNIT_TEXT("dnsaddr=/ip4/192.168.1.9/udp/4001/quic-v1/p2p/" ID),
        UNIT_TEXT("dnsaddr=/ip4/192.168.1.9/tcp/4002/ws/p2p/" ID),
        UNIT_TEXT("dnsaddr=/ip4/8.8.8.8/tcp/4001/p2p/" ID),        /* far away */
        UNIT_TEXT("dnsaddr=/ip4/127.0.0.1/tcp/4001/p2p/" ID),      /* this machine */
        UNIT_TEXT("dnsaddr=/ip4/192.168.1.8/tcp/4001/p2p/" OTHER), /* another peer */
        UNIT_TEXT("dnsaddr=/ip4/192.168.1.7/tcp/4001"),            /* nobody */
        UNIT_TEXT("dnsaddr=/dns4/example.org/tcp/1/p2p/" ID),
        UNIT_TEXT("dnsaddr=rubbish"),
        UNIT_TEXT("dnsaddr="),
        UNIT_TEXT(""),
        UNIT_TEXT("peer=/ip4/192.168.1.6/tcp/4001/p2p/" ID),
        UNIT_TEXT("dnsaddr=/ip6/fd00::9/tcp/4001/p2p/" ID),
    };
    struct mdns m;
    struct peerid id;
    (void)state;
    start(&m, 1);
    make_answer(texts, sizeof texts / sizeof texts[0]);
    assert_int_equal(hear(&m, at(9, MDNS_PORT), 0), 0);
    assert_true(take(&m, MDNS_FOUND));
    assert_int_equal(peerid_parse(&id, UNIT_TEXT(ID)), 0);
    assert_true(peerid_is_equal(&event.found.peer, &id));
    assert_int_equal(event.found.candidates.count, 4);
    make_answer(&texts[3], 2);
    assert_int_equal(hear(&m, at(9, MDNS_PORT), 0), 0);
    assert_false(take(&m, MDNS_FOUND));
    make_answer(NULL, 0);
    assert_int_equal(hear(&m, at(9, MDNS_PORT), 0), 0);
    assert_false(take(&m, MDNS_FOUND));
    mdns_clear(&m);
}

/* An answer recorded from js-libp2p 3.3 (@libp2p/mdns 12.0) at 10.9.9.2. */
static void test_recorded(void **state)
{
    static const char digits[] =
        "000084000000000200000000045f703270045f756470056c6f63616c00000c00010000007800513f3879"
        "66363770766f746e6b6863377066637a307972763874626467663938366566376e3674796f7763756465"
        "7461386c377963716f38386465386c31726a64045f703270045f756470056c6f63616c003f3879663637"
        "70766f746e6b6863377066637a307972763874626467663938366566376e3674796f7763756465746138"
        "6c377963716f38386465386c31726a64045f703270045f756470056c6f63616c00001000010000007800"
        "5958646e73616464723d2f6970342f31302e392e392e322f7463702f33343832312f7032702f31324433"
        "4b6f6f5747415153587a4171517478336f544236374d39476d704e364a465a4e377a6d50773374333841"
        "385544454852";
    struct multiaddr_ip from = {.ip = {10, 9, 9, 2}, .ip_len = 4, .port = MDNS_PORT};
    struct mdns m;
    struct peerid id;
    struct multiaddr expected;
    (void)state;
    start(&m, 1);
    assert_int_equal(mdns_feed(&m, &from, hex(digits), 0), 0);
    assert_true(take(&m, MDNS_FOUND));
    assert_int_equal(
        peerid_parse(&id, UNIT_TEXT("12D3KooWGAQSXzAqQtx3oTB67M9GmpN6JFZN7zmPw3t38A8UDEHR")), 0);
    assert_true(peerid_is_equal(&event.found.peer, &id));
    assert_int_equal(event.found.candidates.count, 1);
    assert_int_equal(multiaddr_parse(&expected, UNIT_TEXT("/ip4/10.9.9.2/tcp/34821")), 0);
    assert_true(multiaddr_is_equal(&event.found.candidates.addresses[0], &expected));
    mdns_clear(&m);
}

/* What we say of ourselves: not loopback while there is something better, and within a packet. */
static void test_own_addresses(void **state)
{
    struct multiaddr own[20];
    struct mdns m;
    (void)state;
    start(&m, 1);
    assert_int_equal(multiaddr_parse(&own[0], UNIT_TEXT("/ip4/127.0.0.1/tcp/1")), 0);
    mdns_set_addresses(&m, own, 1);
    assert_int_equal(m.text_count, 1);
    assert_int_equal(multiaddr_parse(&own[1], UNIT_TEXT("/ip4/10.0.0.1/tcp/1")), 0);
    mdns_set_addresses(&m, own, 2);
    assert_int_equal(m.text_count, 1);
    assert_non_null(strstr(m.texts[0], "/ip4/10.0.0.1/tcp/1/p2p/12D3"));
    for (size_t i = 0; i < 20; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "/ip6/fd00:1111:2222:3333:4444:5555:6666:%zx/tcp/%zu",
                       i + 0x1000, 40000 + i);
        assert_int_equal(multiaddr_parse(&own[i], span_from_text(text)), 0);
    }
    mdns_set_addresses(&m, own, 20);
    assert_int_equal(m.text_count, CANDIDATE_LIST_MAX);
    uint8_t out[MDNS_MSG_WRITE_MAX];
    assert_in_range(mdns_farewell(&m, out), 60, 200);
    mdns_tick(&m, mdns_deadline(&m));
    mdns_tick(&m, m.reply_ns);
    size_t answers = 0;
    while (mdns_next_event(&m, &event)) {
        answers += is_query() ? 0 : 1;
        assert_true(event.len <= MDNS_MSG_WRITE_MAX);
    }
    assert_int_equal(answers, 1);
    /* with nothing to tell, nothing is told */
    mdns_set_addresses(&m, NULL, 0);
    make_query(MDNS_SERVICE);
    assert_int_equal(hear(&m, at(2, MDNS_PORT), TIMERS_SECOND), 0);
    assert_int_equal(m.reply_ns, TIMERS_NEVER);
    mdns_clear(&m);
}

/* Invented peers without end: those who listen are told a bounded number, and nothing grows. */
static void test_flood(void **state)
{
    struct mdns m;
    size_t told = 0;
    (void)state;
    start(&m, 1);
    for (uint32_t i = 0; i < 20000; i++) {
        char text[128];
        char id[PEERID_TEXT_MAX];
        struct peerid peer = peer_of(i + 100);
        peerid_format(&peer, id);
        (void)snprintf(text, sizeof text, "dnsaddr=/ip4/192.168.1.9/tcp/1/p2p/%s", id);
        struct span one = span_from_text(text);
        make_answer(&one, 1);
        (void)hear(&m, at(9, MDNS_PORT), i * 100000); /* 10,000 a second */
        told += take(&m, MDNS_FOUND) ? 1 : 0;
    }
    assert_true(told <= MDNS_FOUND_BURST + 2 * MDNS_FOUND_RATE);
    assert_true(m.counts.shed > 19000);
    mdns_check(&m);
    mdns_clear(&m);
}

/* One address is read up to its rate, whatever others say. */
static void test_one_source(void **state)
{
    struct mdns m;
    (void)state;
    start(&m, 1);
    make_query("_http._tcp.local");
    for (uint64_t second = 0; second < 3; second++) {
        uint64_t now = second * TIMERS_SECOND;
        size_t due = second == 0 ? MDNS_SOURCE_BURST : MDNS_SOURCE_RATE;
        for (size_t i = 0; i < due; i++) {
            assert_int_equal(hear(&m, at(7, MDNS_PORT), now), 0);
        }
        assert_int_equal(hear(&m, at(7, MDNS_PORT), now), WAVU_ERR_LIMIT);
        assert_int_equal(m.counts.shed, second + 1);
        assert_int_equal(hear(&m, at((uint8_t)(8 + second), MDNS_PORT), now), 0);
    }
    mdns_clear(&m);
}

/* Askers that want an answer of their own get MDNS_DIRECT_RATE of them a second, all together. */
static void test_direct_rate(void **state)
{
    struct mdns m;
    (void)state;
    start(&m, 1);
    for (uint64_t second = 0; second < 3; second++) {
        size_t answered = 0;
        for (uint8_t i = 0; i < 100; i++) {
            make_query(MDNS_SERVICE);
            assert_int_equal(hear(&m, at(i, 40000), second * TIMERS_SECOND), 0);
            answered += take(&m, MDNS_SEND_TO) ? 1 : 0;
        }
        assert_int_equal(answered, second == 0 ? MDNS_DIRECT_BURST : MDNS_DIRECT_RATE);
    }
    mdns_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_one_source),   UNIT(test_direct_rate),      UNIT(test_rhythm),
        UNIT(test_found),        UNIT(test_answers_are_rare), UNIT(test_texts),
        UNIT(test_known_answer), UNIT(test_direct),           UNIT(test_recorded),
        UNIT(test_flood),        UNIT(test_own_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
