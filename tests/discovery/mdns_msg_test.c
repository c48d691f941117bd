/* DNS messages as bytes: written down by hand from RFC 1035 4.1, RFC 6762 18 and libp2p's
 * discovery/mdns, and what is malformed. */
#include "discovery/mdns_msg.h"

#include "tests/discovery/hex.h"

/* _p2p._udp.local, without its end */
#define P2P "045f703270"
#define UDP "045f756470"
#define LOCAL "056c6f63616c"
#define SERVICE P2P UDP LOCAL "00"

static struct mdns_msg m;

static int decode(const char *digits)
{
    return mdns_msg_decode(&m, hex(digits));
}

static void test_query(void **state)
{
    const char *digits = "000000000001000000000000" SERVICE "000c0001";
    uint8_t out[512];
    struct wr w;
    (void)state;
    assert_int_equal(decode(digits), 0);
    assert_false(m.is_response);
    assert_int_equal(m.question_count, 1);
    assert_int_equal(m.record_count, 0);
    assert_int_equal(m.questions[0].type, MDNS_MSG_PTR);
    assert_false(m.questions[0].wants_unicast);
    assert_true(mdns_msg_name_is(&m, m.questions[0].name, "_p2p._udp.local"));
    assert_true(mdns_msg_name_is(&m, m.questions[0].name, "_P2P._udp.LOCAL"));
    assert_false(mdns_msg_name_is(&m, m.questions[0].name, "_p2p._udp"));
    assert_false(mdns_msg_name_is(&m, m.questions[0].name, "_p2p._udp.local.net"));
    assert_false(mdns_msg_name_is(&m, m.questions[0].name, "_p2q._udp.local"));
    assert_false(mdns_msg_name_is(&m, m.questions[0].name, ""));
    wr_init(&w, span_mut_of(out, sizeof out));
    mdns_msg_write_query(&w, "_p2p._udp.local");
    assert_true(span_is_equal(wr_span(&w), hex(digits)));
    assert_int_equal(decode("000000000001000000000000" SERVICE "000c8001"), 0);
    assert_true(m.questions[0].wants_unicast);
}

/* An answer as libp2p's nodes give it, with and without compression. */
static void test_response(void **state)
{
    static const char *const digits[2] = {
        /* plain: PTR to abc._p2p._udp.local; its TXT "dnsaddr=x", "y=z" */
        "000084000000000100000001" SERVICE "000c00010000007800150361626"
        "3" SERVICE "0361626"
        "3" SERVICE "001080010000007800"
        "0e09646e73616464723d78"
        "03793d7a",
        /* the same, names compressed */
        "000084000000000100000001" SERVICE "000c0001000000780006036162"
        "63c00c"
        "c027"
        "0010800100000078000e09646e73616464723d7803793d7a",
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct span label;
        struct span text;
        size_t at = 0;
        assert_int_equal(decode(digits[i]), 0);
        assert_true(m.is_response);
        assert_int_equal(m.record_count, 2);
        assert_int_equal(m.records[0].type, MDNS_MSG_PTR);
        assert_int_equal(m.records[0].ttl, 120);
        assert_true(mdns_msg_name_is(&m, m.records[0].name, "_p2p._udp.local"));
        assert_true(mdns_msg_name_is(&m, m.records[0].target, "abc._p2p._udp.local"));
        assert_int_equal(m.records[1].type, MDNS_MSG_TXT);
        assert_true(mdns_msg_name_is_under(&m, m.records[1].name, "_p2p._udp.local", &label));
        assert_true(span_is_equal(label, UNIT_TEXT("abc")));
        assert_false(mdns_msg_name_is_under(&m, m.records[0].name, "_p2p._udp.local", &label));
        assert_true(mdns_msg_next_text(m.records[1].data, &at, &text));
        assert_true(span_is_equal(text, UNIT_TEXT("dnsaddr=x")));
        assert_true(mdns_msg_next_text(m.records[1].data, &at, &text));
        assert_true(span_is_equal(text, UNIT_TEXT("y=z")));
        assert_false(mdns_msg_next_text(m.records[1].data, &at, &text));
    }
}

static void test_write_reply(void **state)
{
    const struct span texts[2] = {UNIT_TEXT("dnsaddr=x"), UNIT_TEXT("y=z")};
    struct mdns_msg_reply reply = {.service = "_p2p._udp.local",
                                   .instance = "abc",
                                   .texts = texts,
                                   .text_count = 2,
                                   .ttl = 120};
    uint8_t out[512];
    struct span label;
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(out, sizeof out));
    mdns_msg_write_reply(&w, &reply);
    assert_true(
        span_is_equal(wr_span(&w), hex("000084000000000100000001" SERVICE "000c0001000000780015"
                                       "03616263" SERVICE "03616263" SERVICE "00108001000000780"
                                       "00e09646e73616464723d7803793d7a")));
    /* with a host: SRV 0 0 4001 abc.local, abc.local A 10.0.0.1 */
    reply.host = (struct mdns_msg_host){.port = 4001, .has_ip4 = true, .ip4 = {10, 0, 0, 1}};
    wr_init(&w, span_mut_of(out, sizeof out));
    mdns_msg_write_reply(&w, &reply);
    assert_true(span_is_equal(span_slice(wr_span(&w), 0, 12), hex("000084000000000100000003")));
    assert_true(span_is_equal(span_slice(wr_span(&w), 105, 100),
                              hex("03616263" SERVICE "00218001000000780011"
                                  "000000000fa1"
                                  "03616263" LOCAL "00"
                                  "03616263" LOCAL "00"
                                  "00018001000000780004"
                                  "0a000001")));
    assert_int_equal(mdns_msg_decode(&m, wr_span(&w)), 0);
    assert_int_equal(m.record_count, 4);
    reply.host.has_ip6 = true;
    wr_init(&w, span_mut_of(out, sizeof out));
    mdns_msg_write_reply(&w, &reply);
    assert_int_equal(mdns_msg_decode(&m, wr_span(&w)), 0);
    assert_int_equal(m.record_count, 5);
    assert_int_equal(m.records[4].type, MDNS_MSG_AAAA);
    assert_int_equal(m.records[4].data.len, 16);
    reply.host = (struct mdns_msg_host){.port = 0};
    reply.is_legacy = true;
    reply.id = 0x1234;
    for (int kind = MDNS_MSG_REPLY_POINTER; kind <= MDNS_MSG_REPLY_SERVICE; kind++) {
        reply.kind = (enum mdns_msg_reply_kind)kind;
        wr_init(&w, span_mut_of(out, sizeof out));
        mdns_msg_write_reply(&w, &reply);
        assert_int_equal(mdns_msg_decode(&m, wr_span(&w)), 0);
        assert_int_equal(m.id, 0x1234);
        assert_int_equal(m.question_count, 1);
        assert_int_equal(m.record_count, kind == MDNS_MSG_REPLY_POINTER ? 2 : 1);
        assert_true(kind != MDNS_MSG_REPLY_TEXT ||
                    mdns_msg_name_is_under(&m, m.records[0].name, "_p2p._udp.local", &label));
        assert_true(kind != MDNS_MSG_REPLY_SERVICE ||
                    (mdns_msg_name_is(&m, m.records[0].name, MDNS_MSG_SERVICES) &&
                     mdns_msg_name_is(&m, m.records[0].target, "_p2p._udp.local")));
    }
    reply = (struct mdns_msg_reply){.service = "_p2p._udp.local", .instance = "abc"};
    wr_init(&w, span_mut_of(out, sizeof out));
    mdns_msg_write_reply(&w, &reply); /* gone: a pointer with ttl 0, nothing else */
    assert_int_equal(mdns_msg_decode(&m, wr_span(&w)), 0);
    assert_int_equal(m.record_count, 1);
    assert_int_equal(m.records[0].ttl, 0);
    wr_init(&w, span_mut_of(out, 50));
    mdns_msg_write_reply(&w, &reply);
    assert_int_equal(wr_finish(&w), WAVU_ERR_LIMIT);
}

#define HEAD "000000000001000000000000"

static void test_malformed(void **state)
{
    static const char *const digits[] = {
        "",
        "0000000000010000000000", /* head cut off */
        HEAD SERVICE "000c00",    /* question cut off */
        HEAD "045f7032",          /* label cut off */
        HEAD "c00c000c0001",      /* a pointer to itself */
        HEAD "c00e000c0001c00c",  /* forward */
        HEAD "0161c00c000c0001",  /* to its own beginning: for ever */
        HEAD "40"
             "000c0001",                               /* label of a kind that does not exist */
        HEAD "c0",                                     /* half a pointer */
        HEAD "c0ff000c0001",                           /* out of the message */
        "000078000001000000000000" SERVICE "000c0001", /* another operation */
        "000084030000000000000000",                    /* an error code */
        "000084000000000100000000" SERVICE "000c00010000007800",         /* record cut off */
        "000084000000000100000000" SERVICE "000c0001000000780003c00c00", /* data behind the name */
        "000084000000000100000000" SERVICE "000c0001000000780001c0",     /* pointer over its end */
    };
    (void)state;
    for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
        assert_int_equal(decode(digits[i]), WAVU_ERR_PROTO);
    }
}

/* A name of MDNS_MSG_NAME_MAX bytes is one; of one more it is none. Pointers are followed
 * MDNS_MSG_JUMPS_MAX times. */
static void test_bounds(void **state)
{
    static uint8_t bytes[MDNS_MSG_SIZE_MAX + 1];
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct wr w;
        wr_init(&w, span_mut_of(bytes, sizeof bytes));
        wr_bytes(&w, hex(HEAD));
        for (int i = 0; i < 3; i++) {
            wr_u8(&w, 63);
            for (int k = 0; k < 63; k++) {
                wr_u8(&w, 'a');
            }
        }
        wr_u8(&w, (uint8_t)(61 + extra)); /* 3 * 64 + 62 + 1 */
        for (size_t k = 0; k < 61 + extra; k++) {
            wr_u8(&w, 'b');
        }
        wr_bytes(&w, hex("00000c0001"));
        assert_int_equal(mdns_msg_decode(&m, wr_span(&w)), extra == 0 ? 0 : WAVU_ERR_PROTO);
    }
    for (size_t chain = 15; chain <= 17; chain++) {
        struct wr w;
        size_t target = 12;
        wr_init(&w, span_mut_of(bytes, sizeof bytes));
        wr_u16be(&w, 0);
        wr_u16be(&w, 0);
        wr_u16be(&w, (uint16_t)(chain + 1));
        wr_bytes(&w, hex("000000000000"
                         "0161"
                         "00"
                         "000c0001"));
        for (size_t i = 0; i < chain; i++) {
            size_t here = w.len;
            wr_u16be(&w, (uint16_t)(0xc000 | target));
            wr_u32be(&w, 0x000c0001);
            target = here;
        }
        assert_int_equal(mdns_msg_decode(&m, wr_span(&w)), chain <= 16 ? 0 : WAVU_ERR_PROTO);
        assert_true(chain > 16 ||
                    mdns_msg_name_is(&m, m.questions[MDNS_MSG_QUESTIONS_MAX - 1].name, "a"));
    }
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(mdns_msg_decode(&m, span_of(bytes, MDNS_MSG_SIZE_MAX)), 0);
    assert_int_equal(mdns_msg_decode(&m, span_of(bytes, sizeof bytes)), WAVU_ERR_PROTO);
}

/* More than the limits is read and dropped; what is of no use to us, too. */
static void test_too_many(void **state)
{
    static uint8_t bytes[MDNS_MSG_SIZE_MAX];
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_bytes(&w, hex("000084000064006400000000"));
    for (int i = 0; i < 100; i++) {
        wr_bytes(&w, hex("00"
                         "000c0001"));
    }
    for (int i = 0; i < 100; i++) {
        wr_bytes(&w, hex("00"
                         "00100001"
                         "00000001"
                         "0000"));
    }
    assert_int_equal(mdns_msg_decode(&m, wr_span(&w)), 0);
    assert_int_equal(m.question_count, MDNS_MSG_QUESTIONS_MAX);
    assert_int_equal(m.record_count, MDNS_MSG_RECORDS_MAX);
    assert_int_equal(decode("000000000001000000000000" SERVICE "000c0003"), 0); /* class CHAOS */
    assert_int_equal(m.question_count, 0);
}

static void test_texts(void **state)
{
    struct span text;
    size_t at = 0;
    (void)state;
    assert_false(mdns_msg_next_text(span_empty(), &at, &text));
    at = 0;
    assert_true(mdns_msg_next_text(hex("00"), &at, &text));
    assert_int_equal(text.len, 0);
    at = 0;
    assert_false(mdns_msg_next_text(hex("0561"), &at, &text)); /* longer than the data */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_query),  UNIT(test_response), UNIT(test_write_reply), UNIT(test_malformed),
        UNIT(test_bounds), UNIT(test_too_many), UNIT(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
