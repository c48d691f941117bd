/*
 * Frames of the courier against vectors of another program, and all that is none.
 */
#include "tests/base/unit.h"

#include "base/pb.h"
#include "courier/courier_msg.h"
#include "tests/support/vectors.h"

static struct courier_msg m;
static uint8_t bytes[2 * COURIER_MSG_SIZE_MAX];

static uint32_t number_at(struct vectors *v, const char *name, size_t i)
{
    struct rd r;
    rd_init(&r, span_slice(vectors_span(v, name), 4 * i, 4));
    return rd_u32be(&r);
}

static void check_items(struct vectors *v)
{
    for (size_t i = 0; i < m.count; i++) {
        const struct mailbox_offer_item *item = &m.items[i];
        assert_true(span_is_equal(span_slice(vectors_span(v, "names"), 16 * i, 16),
                                  span_of(item->name, sizeof(item->name))));
        assert_true(span_is_equal(span_slice(vectors_span(v, "heads"), 55 * i, 55),
                                  span_of(item->head, sizeof(item->head))));
        assert_int_equal(item->size, number_at(v, "sizes", i));
        assert_int_equal(item->age_s, number_at(v, "ages", i));
    }
}

static void test_vectors(void **state)
{
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/courier_msg.txt");
    size_t records = 0;
    struct wr w;
    (void)state;
    while (vectors_next(v)) {
        const struct span frame = vectors_span(v, "frame");
        assert_int_equal(courier_msg_decode(&m, frame), 0);
        assert_int_equal(m.kind, frame.ptr[0]);
        if (m.kind == COURIER_MSG_OFFER) {
            assert_int_equal(m.count, vectors_span(v, "names").len / 16);
            check_items(v);
        } else if (m.kind == COURIER_MSG_ENVELOPE) {
            assert_true(span_is_equal(m.envelope, vectors_span(v, "envelope")));
        } else {
            assert_true(span_is_equal(m.names, vectors_span(v, "names")));
            assert_int_equal(m.count, m.names.len / 16);
        }
        wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
        courier_msg_encode(&w, &m);
        assert_true(span_is_equal(wr_span(&w), frame));
        records++;
    }
    assert_int_equal(records, 8);
    vectors_close(v);
}

/* A frame of `kind` with `count` bytes of names, in `fields` fields. */
static int read_names(uint8_t kind, size_t len, size_t fields)
{
    static const uint8_t zeros[2048];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    wr_u8(&w, kind);
    for (size_t i = 0; i < fields; i++) {
        pb_write_bytes(&w, 1, span_of(zeros, len));
    }
    pb_write_varint(&w, 7, 1); /* of later */
    return courier_msg_decode(&m, wr_span(&w));
}

static void test_names_that_are_none(void **state)
{
    static const uint8_t kinds[] = {COURIER_MSG_WANT, COURIER_MSG_TAKEN, COURIER_MSG_REFUSED,
                                    COURIER_MSG_DONE};
    (void)state;
    for (size_t i = 0; i < sizeof(kinds); i++) {
        const int none = kinds[i] == COURIER_MSG_WANT ? 0 : WAVU_ERR_PROTO;
        assert_int_equal(read_names(kinds[i], 0, 1), none);
        assert_int_equal(read_names(kinds[i], 16, 1), 0);
        assert_int_equal(read_names(kinds[i], 16, 0), WAVU_ERR_PROTO);
        assert_int_equal(read_names(kinds[i], 16, 2), WAVU_ERR_PROTO);
        assert_int_equal(read_names(kinds[i], 17, 1), WAVU_ERR_PROTO);
        assert_int_equal(read_names(kinds[i], 16 * COURIER_MSG_NAMES_MAX, 1), 0);
        assert_int_equal(read_names(kinds[i], 16 * (COURIER_MSG_NAMES_MAX + 1), 1), WAVU_ERR_PROTO);
    }
}

static void test_kinds_of_later_are_passed_over(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 256; kind++) {
        if (kind < COURIER_MSG_OFFER || kind > COURIER_MSG_DONE) {
            bytes[0] = (uint8_t)kind;
            assert_int_equal(courier_msg_decode(&m, span_of(bytes, 9)), WAVU_ERR_UNSUPPORTED);
        }
    }
    assert_int_equal(courier_msg_decode(&m, span_empty()), WAVU_ERR_PROTO);
    bytes[0] = COURIER_MSG_ENVELOPE;
    assert_int_equal(courier_msg_decode(&m, span_of(bytes, COURIER_MSG_SIZE_MAX)), 0);
    assert_int_equal(courier_msg_decode(&m, span_of(bytes, COURIER_MSG_SIZE_MAX + 1)),
                     WAVU_ERR_PROTO);
}

/* An offer of `count` items; each lacks the field `missing` and has `twice` twice. */
static int read_offer(size_t count, uint32_t missing, uint32_t twice)
{
    static const uint8_t zeros[ENVELOPE_HEAD_SIZE];
    uint8_t item[256];
    struct wr w;
    struct wr inner;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    wr_u8(&w, COURIER_MSG_OFFER);
    for (size_t i = 0; i < count; i++) {
        wr_init(&inner, span_mut_of(item, sizeof(item)));
        for (uint32_t field = 1; field <= 8; field++) {
            const uint32_t number = field > 4 ? field - 4 : field;
            if (number == missing || (field > 4 && number != twice)) {
                continue;
            }
            if (number <= 2) {
                pb_write_bytes(&inner, number, span_of(zeros, number == 1 ? 16 : 55));
            } else {
                pb_write_varint(&inner, number, 5);
            }
        }
        pb_write_bytes(&w, 1, wr_span(&inner));
    }
    return courier_msg_decode(&m, wr_span(&w));
}

static void test_offers_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(read_offer(0, 0, 0), WAVU_ERR_PROTO);
    assert_int_equal(read_offer(MAILBOX_OFFER_MAX, 0, 0), 0);
    assert_int_equal(read_offer(MAILBOX_OFFER_MAX + 1, 0, 0), WAVU_ERR_PROTO);
    for (uint32_t field = 1; field <= 4; field++) {
        assert_int_equal(read_offer(1, field, 0), field == 4 ? 0 : WAVU_ERR_PROTO);
        assert_int_equal(read_offer(1, 0, field), WAVU_ERR_PROTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_vectors),
        UNIT(test_names_that_are_none),
        UNIT(test_kinds_of_later_are_passed_over),
        UNIT(test_offers_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
