/* Beacons as bytes: written down by hand from docs/protocol/beacon.md, and what is none. */
#include "discovery/beacon_msg.h"

#include "tests/discovery/hex.h"

#define PEER "002408011220202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"

static int decode(struct beacon_msg *m, const char *digits)
{
    return beacon_msg_decode(m, BEACON_MSG_OPEN, hex(digits));
}

static void test_whole(void **state)
{
    /* network "lab", the peer, port 9000, /ip4/192.168.1.5/tcp/9000, asks */
    const char *digits = "0a036c6162"
                         "1226" PEER "18a846"
                         "2208"
                         "04c0a8010506"
                         "2328"
                         "2801";
    uint8_t out[BEACON_MSG_SIZE_MAX];
    struct beacon_msg m;
    struct wr w;
    (void)state;
    assert_int_equal(decode(&m, digits), 0);
    assert_true(span_is_equal(m.network, UNIT_TEXT("lab")));
    assert_int_equal(m.peer.len, 38);
    assert_int_equal(m.port_count, 1);
    assert_int_equal(m.ports[0], 9000);
    assert_int_equal(m.address_count, 1);
    assert_int_equal(m.addresses[0].len, 8);
    assert_true(m.asks);
    wr_init(&w, span_mut_of(out, sizeof out));
    beacon_msg_encode(&w, &m);
    assert_int_equal(wr_finish(&w), 0);
    assert_true(span_is_equal(wr_span(&w), hex(digits)));
}

static void test_least(void **state)
{
    struct beacon_msg m;
    (void)state;
    assert_int_equal(decode(&m, "1226" PEER), 0);
    assert_int_equal(m.network.len, 0);
    assert_int_equal(m.port_count + m.address_count, 0);
    assert_false(m.asks);
    assert_int_equal(decode(&m, "1226" PEER "9a0603010203"), 0); /* field 99 of a newer version */
}

static void test_malformed(void **state)
{
    static const char *const digits[] = {
        "",                           /* no peer */
        "18a846",                     /* likewise */
        "1226" PEER "1800",           /* port 0 */
        "1226" PEER "18808004",       /* port 65,536 */
        "1225" PEER,                  /* too short for what it is */
        "12020001",                   /* no peer id */
        "1226" PEER "1226",           /* cut off */
        "0a21" PEER PEER "1226" PEER, /* a network's tag of 33 bytes */
        "1226" PEER "3000",           /* slot 0 */
        "1226" PEER "30e807",         /* slot 1,000 */
    };
    struct beacon_msg m = {.port_count = 77};
    (void)state;
    for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
        assert_int_equal(decode(&m, digits[i]), WAVU_ERR_PROTO);
        assert_int_equal(m.port_count, 77); /* untouched */
    }
}

/* More ports and addresses than the limits: the first ones count. */
static void test_too_many(void **state)
{
    uint8_t bytes[BEACON_MSG_SIZE_MAX];
    struct beacon_msg m;
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_bytes(&w, hex("1226" PEER));
    for (uint16_t i = 1; i <= 100; i++) {
        pb_write_varint(&w, 3, i);
        pb_write_bytes(&w, 4, span_of(&w, 1));
    }
    assert_int_equal(beacon_msg_decode(&m, BEACON_MSG_OPEN, wr_span(&w)), 0);
    assert_int_equal(m.port_count, BEACON_MSG_PORTS_MAX);
    assert_int_equal(m.ports[BEACON_MSG_PORTS_MAX - 1], BEACON_MSG_PORTS_MAX);
    assert_int_equal(m.address_count, BEACON_MSG_ADDRESSES_MAX);
}

/* An inviter says who it is and which code; a seeker which code, and of itself nothing. */
static void test_slots(void **state)
{
    static const struct {
        const char *digits;
        enum beacon_msg_kind kind;
        uint16_t slot; /* 0: refused */
    } cases[] = {
        {"1226" PEER "18a8463007", BEACON_MSG_INVITER, 7},
        {"1226" PEER "30e707", BEACON_MSG_INVITER, 999},
        {"1226" PEER "30e807", BEACON_MSG_INVITER, 0},
        {"1226" PEER "18a846", BEACON_MSG_INVITER, 0}, /* which code? */
        {"3007", BEACON_MSG_INVITER, 0},               /* who? */
        {"3007", BEACON_MSG_SEEKER, 7},
        {"3000", BEACON_MSG_SEEKER, 0},
        {"1226" PEER, BEACON_MSG_SEEKER, 0},
        {"", BEACON_MSG_SEEKER, 0},
        {"3007", BEACON_MSG_OPEN, 0},
    };
    uint8_t out[BEACON_MSG_SIZE_MAX];
    struct beacon_msg m;
    struct wr w;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int rc = beacon_msg_decode(&m, cases[i].kind, hex(cases[i].digits));
        assert_int_equal(rc, cases[i].slot == 0 ? WAVU_ERR_PROTO : 0);
        if (rc == 0) {
            assert_int_equal(m.slot, cases[i].slot);
            wr_init(&w, span_mut_of(out, sizeof out));
            beacon_msg_encode(&w, &m);
            assert_true(span_is_equal(wr_span(&w), hex(cases[i].digits)));
        }
    }
}

static void test_split(void **state)
{
    static uint8_t large[BEACON_MSG_SIZE_MAX + 1] = {'w', 'a', 'v', 'u', 1};
    uint8_t closed[325] = {'w', 'a', 'v', 'u', 2};
    struct beacon_msg_packet p;
    (void)state;
    assert_int_equal(beacon_msg_split(&p, hex("77617675"
                                              "01"
                                              "1226")),
                     0);
    assert_int_equal(p.kind, BEACON_MSG_OPEN);
    assert_int_equal(p.content.len, 2);
    assert_int_equal(beacon_msg_split(&p, hex("7761767503"
                                              "3007")),
                     0);
    assert_int_equal(p.kind, BEACON_MSG_INVITER);
    assert_int_equal(p.content.len, 2);
    assert_int_equal(beacon_msg_split(&p, hex("7761767504"
                                              "3007")),
                     0);
    assert_int_equal(p.kind, BEACON_MSG_SEEKER);
    assert_int_equal(beacon_msg_split(&p, hex("77617675"
                                              "05"
                                              "00")),
                     WAVU_ERR_UNSUPPORTED);
    assert_int_equal(beacon_msg_split(&p, hex("77617675"
                                              "00"
                                              "00")),
                     WAVU_ERR_UNSUPPORTED);
    assert_int_equal(beacon_msg_split(&p, hex("77617676"
                                              "01"
                                              "00")),
                     WAVU_ERR_PROTO);
    assert_int_equal(beacon_msg_split(&p, hex("776176")), WAVU_ERR_PROTO);
    assert_int_equal(beacon_msg_split(&p, span_empty()), WAVU_ERR_PROTO);
    assert_int_equal(beacon_msg_split(&p, span_of(large, sizeof large)), WAVU_ERR_PROTO);
    assert_int_equal(beacon_msg_split(&p, span_of(closed, sizeof closed)), 0);
    assert_int_equal(p.nonce.len + p.tag.len + p.sealed.len, 320);
    assert_int_equal(beacon_msg_split(&p, span_of(closed, sizeof closed - 1)), WAVU_ERR_PROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_whole),    UNIT(test_least), UNIT(test_malformed),
        UNIT(test_too_many), UNIT(test_slots), UNIT(test_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
