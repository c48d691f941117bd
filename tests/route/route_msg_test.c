/*
 * The codec of unicast's messages, with bytes written by hand from docs/protocol/route.proto.
 */
#include "tests/base/unit.h"

#include "route/route_msg.h"

static uint8_t room[ROUTE_MSG_SIZE_MAX + 1024];
static const uint8_t big[ROUTE_MSG_PAYLOAD_MAX + 1];
static const uint8_t signature[OVERLAY_SIGN_SIZE] = {9, 8};

static struct span encoded(const struct route_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    route_msg_encode(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static struct route_msg of_kind(enum route_msg_kind kind)
{
    struct route_msg m = {.kind = kind,
                          .origin = {{1, 2, 3}},
                          .target = {{4}},
                          .generation = UINT64_C(1) << 60,
                          .sequence = 5,
                          .attempt = 2,
                          .hops = 3};
    if (kind == ROUTE_MSG_DATA) {
        m.limit = 16;
        m.payload = UNIT_TEXT("hello");
    }
    m.signature = kind == ROUTE_MSG_NACK ? span_empty() : span_of(signature, sizeof signature);
    m.reason = kind == ROUTE_MSG_NACK ? ROUTE_MSG_LOOP : ROUTE_MSG_OTHER;
    return m;
}

static void each_kind_comes_back_as_it_was(void **state)
{
    (void)state;
    for (int kind = ROUTE_MSG_DATA; kind <= ROUTE_MSG_NACK; kind++) {
        struct route_msg m = of_kind((enum route_msg_kind)kind);
        struct route_msg read;
        assert_int_equal(route_msg_decode(&read, encoded(&m)), 0);
        assert_int_equal(read.kind, kind);
        assert_true(overlay_id_is_equal(&read.origin, &m.origin));
        assert_true(overlay_id_is_equal(&read.target, &m.target));
        assert_true(read.generation == m.generation && read.sequence == 5 && read.attempt == 2);
        assert_true(read.limit == m.limit && read.hops == 3 && read.reason == m.reason);
        assert_true(span_is_equal(read.payload, m.payload));
        assert_true(span_is_equal(read.signature, m.signature));
    }
}

static void fields_are_where_the_specification_puts_them(void **state)
{
    (void)state;
    static const uint8_t
        nack
            [] =
                {
                    0x08, 3, /* 1: NACK */
                    0x12, 32,   1,    0, 0,    0, 0,    0, 0,    0, 0, 0, 0, 0,
                    0,    0,    0,    0, 0,    0, /* 2: origin */
                    0,    0,    0,    0, 0,    0, 0,    0, 0,    0, 0, 0, 0, 0,
                    0x1a, 32,   2,    0, 0,    0, /* 3: target */
                    0,    0,    0,    0, 0,    0, 0,    0, 0,    0, 0, 0, 0, 0,
                    0,    0,    0,    0, 0,    0, 0,    0, 0,    0, 0, 0, 0, 0, /* its end */
                    0x20, 7,    0x28, 6, 0x30, 5, 0x40, 4, 0x58, 2,             /* 4, 5, 6, 8, 11 */
                    0xb2, 0x01, 2,    0, 0,                                     /* 22: unknown */
                };
    struct route_msg m;
    assert_int_equal(route_msg_decode(&m, span_of(nack, sizeof nack)), 0);
    assert_true(m.kind == ROUTE_MSG_NACK && m.origin.bytes[0] == 1 && m.target.bytes[0] == 2);
    assert_true(m.generation == 7 && m.sequence == 6 && m.attempt == 5 && m.hops == 4);
    assert_int_equal(m.reason, ROUTE_MSG_TOO_FAR);
    static const uint8_t newer[] = {0x08, 99};
    assert_int_equal(route_msg_decode(&m, span_of(newer, sizeof newer)), 0);
    assert_int_equal(m.kind, ROUTE_MSG_NONE);
}

static int decoded(const struct route_msg *m)
{
    struct route_msg read;
    return route_msg_decode(&read, encoded(m));
}

static void what_is_missing_or_out_of_range_is_refused(void **state)
{
    (void)state;
    struct route_msg m = of_kind(ROUTE_MSG_DATA);
    m.sequence = 0;
    assert_int_equal(decoded(&m), WAVU_ERR_PROTO);
    m = of_kind(ROUTE_MSG_DATA);
    m.attempt = ROUTE_MSG_ATTEMPTS_MAX + 1;
    assert_int_equal(decoded(&m), WAVU_ERR_PROTO);
    m = of_kind(ROUTE_MSG_DATA);
    m.limit = ROUTE_MSG_LIMIT_MAX + 1;
    assert_int_equal(decoded(&m), WAVU_ERR_PROTO);
    m = of_kind(ROUTE_MSG_DATA);
    m.hops = 0;
    assert_int_equal(decoded(&m), WAVU_ERR_PROTO);
    m = of_kind(ROUTE_MSG_ACK);
    m.signature.len--;
    assert_int_equal(decoded(&m), WAVU_ERR_PROTO);
    m = of_kind(ROUTE_MSG_DATA);
    m.target = m.origin;
    assert_int_equal(decoded(&m), WAVU_ERR_PROTO);
}

static void a_payload_is_bounded(void **state)
{
    (void)state;
    struct route_msg m = of_kind(ROUTE_MSG_DATA);
    m.payload = span_of(big, ROUTE_MSG_PAYLOAD_MAX);
    assert_int_equal(decoded(&m), 0);
    m.payload = span_of(big, ROUTE_MSG_PAYLOAD_MAX + 1);
    assert_int_equal(decoded(&m), WAVU_ERR_LIMIT);
}

static void the_signed_head_names_all_but_hops(void **state)
{
    (void)state;
    uint8_t first[OVERLAY_SIGN_HEAD_MAX];
    uint8_t second[OVERLAY_SIGN_HEAD_MAX];
    for (int change = 0; change < 7; change++) {
        struct route_msg m = of_kind(ROUTE_MSG_DATA);
        struct wr a;
        struct wr b;
        wr_init(&a, span_mut_of(first, sizeof first));
        wr_init(&b, span_mut_of(second, sizeof second));
        route_msg_signed_head(&a, &m);
        m.kind = change == 0 ? ROUTE_MSG_ACK : m.kind;
        m.origin.bytes[31] ^= change == 1;
        m.target.bytes[31] ^= change == 2;
        m.generation += change == 3;
        m.sequence += change == 4;
        m.attempt += change == 5;
        m.hops += change == 6;
        route_msg_signed_head(&b, &m);
        assert_true(wr_finish(&a) == 0 && wr_finish(&b) == 0);
        assert_int_equal(span_is_equal(wr_span(&a), wr_span(&b)), change == 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(each_kind_comes_back_as_it_was),
        UNIT(fields_are_where_the_specification_puts_them),
        UNIT(what_is_missing_or_out_of_range_is_refused),
        UNIT(a_payload_is_bounded),
        UNIT(the_signed_head_names_all_but_hops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
