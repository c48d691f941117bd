/*
 * The codec of identify messages, with a message written by hand from the specification's field
 * numbers.
 */
#include "tests/base/unit.h"
#include "net/identify_msg.h"

static void fields_are_where_the_specification_puts_them(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x0a, 2,    1,   2,      /* 1: publicKey */
        0x12, 1,    9,           /* 2: listenAddrs */
        0x12, 1,    8,           /* 2 again */
        0x1a, 2,    '/', 'p',    /* 3: protocols */
        0x22, 1,    7,           /* 4: observedAddr */
        0x2a, 1,    'v',         /* 5: protocolVersion */
        0x32, 1,    'a',         /* 6: agentVersion */
        0x38, 5,                 /* 7: unknown varint, skipped */
        0x42, 3,    3,   4,   5, /* 8: signedPeerRecord */
        0xc0, 0x3e, 7,           /* 1000, ours: the sender's clock */
    };
    struct identify_msg m;
    memset(&m, 0, sizeof m);
    assert_int_equal(identify_msg_decode(&m, span_of(bytes, sizeof bytes)), 0);
    assert_int_equal(m.public_key.len, 2);
    assert_int_equal(m.address_count, 2);
    assert_int_equal(m.addresses[1].ptr[0], 8);
    assert_int_equal(m.protocol_count, 1);
    assert_true(span_is_equal(m.protocols[0], UNIT_TEXT("/p")));
    assert_int_equal(m.observed.ptr[0], 7);
    assert_true(span_is_equal(m.protocol_version, UNIT_TEXT("v")));
    assert_true(span_is_equal(m.agent, UNIT_TEXT("a")));
    assert_int_equal(m.record.len, 3);
    assert_int_equal(m.unix_ms, 7);
}

static void messages_merge(void **state)
{
    (void)state;
    static const uint8_t first[] = {0x12, 1, 9, 0x32, 1, 'a'};
    static const uint8_t second[] = {0x12, 1, 8, 0x42, 1, 5};
    struct identify_msg m;
    memset(&m, 0, sizeof m);
    assert_int_equal(identify_msg_decode(&m, span_of(first, sizeof first)), 0);
    assert_int_equal(identify_msg_decode(&m, span_of(second, sizeof second)), 0);
    assert_int_equal(m.address_count, 2);
    assert_int_equal(m.agent.len, 1);
    assert_int_equal(m.record.len, 1);
}

static void a_malformed_message_changes_nothing(void **state)
{
    (void)state;
    static const uint8_t cut[] = {0x32, 1, 'a', 0x12, 200, 1, 9};
    struct identify_msg m;
    memset(&m, 0, sizeof m);
    assert_int_equal(identify_msg_decode(&m, span_of(cut, sizeof cut)), WAVU_ERR_PROTO);
    assert_null(m.agent.ptr);
}

static void lists_are_bounded(void **state)
{
    (void)state;
    uint8_t bytes[3 * (IDENTIFY_MSG_ADDRESSES_MAX + 10)];
    struct identify_msg m;
    for (size_t i = 0; i < sizeof bytes; i += 3) {
        bytes[i] = 0x12;
        bytes[i + 1] = 1;
        bytes[i + 2] = (uint8_t)i;
    }
    memset(&m, 0, sizeof m);
    assert_int_equal(identify_msg_decode(&m, span_of(bytes, sizeof bytes)), 0);
    assert_int_equal(m.address_count, IDENTIFY_MSG_ADDRESSES_MAX);
}

static void so_many_protocols_are_read_and_no_more(void **state)
{
    (void)state;
    uint8_t bytes[3 * (IDENTIFY_MSG_PROTOCOLS_MAX + 1)];
    struct identify_msg m;
    for (size_t count = IDENTIFY_MSG_PROTOCOLS_MAX - 1; count <= sizeof bytes / 3; count++) {
        for (size_t i = 0; i < count; i++) {
            bytes[3 * i] = 0x1a; /* field 3: a protocol of one character */
            bytes[3 * i + 1] = 1;
            bytes[3 * i + 2] = (uint8_t)('0' + i % 64);
        }
        memset(&m, 0, sizeof m);
        assert_int_equal(identify_msg_decode(&m, span_of(bytes, 3 * count)), 0);
        assert_int_equal(m.protocol_count,
                         count < IDENTIFY_MSG_PROTOCOLS_MAX ? count : IDENTIFY_MSG_PROTOCOLS_MAX);
    }
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    uint8_t out[256];
    struct wr w;
    struct identify_msg m;
    struct identify_msg read;
    memset(&m, 0, sizeof m);
    memset(&read, 0, sizeof read);
    m.agent = UNIT_TEXT("wavu/0.1.0");
    m.unix_ms = UINT64_C(1790000000000);
    m.protocols[m.protocol_count++] = UNIT_TEXT("/ipfs/ping/1.0.0");
    m.addresses[m.address_count++] = span_of((const uint8_t[]){4, 127, 0, 0, 1, 6, 0, 1}, 8);
    wr_init(&w, span_mut_of(out, sizeof out));
    identify_msg_encode(&w, &m);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(identify_msg_decode(&read, wr_span(&w)), 0);
    assert_true(span_is_equal(read.agent, m.agent));
    assert_true(span_is_equal(read.protocols[0], m.protocols[0]));
    assert_true(span_is_equal(read.addresses[0], m.addresses[0]));
    assert_null(read.record.ptr);
    assert_true(read.unix_ms == m.unix_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(so_many_protocols_are_read_and_no_more),
        UNIT(fields_are_where_the_specification_puts_them),
        UNIT(messages_merge),
        UNIT(a_malformed_message_changes_nothing),
        UNIT(lists_are_bounded),
        UNIT(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
