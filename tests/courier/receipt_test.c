/*
 * Receipts to bytes and back.
 */
#include "tests/base/unit.h"

#include "courier/receipt.h"

static void test_round_trip(void **state)
{
    uint8_t bytes[RECEIPT_MAX * RECEIPT_SIZE];
    struct receipt first[RECEIPT_MAX];
    struct receipt second[RECEIPT_MAX];
    size_t count;
    struct wr w;
    (void)state;
    for (size_t i = 0; i < RECEIPT_MAX; i++) {
        memset(first[i].message, (int)i, sizeof(first[i].message));
        first[i].state = i % 2 == 0 ? RECEIPT_DELIVERED : RECEIPT_READ;
    }
    for (size_t n = 1; n <= RECEIPT_MAX; n++) {
        wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
        receipt_encode(&w, first, n);
        assert_int_equal(wr_finish(&w), 0);
        assert_int_equal(receipt_decode(second, &count, wr_span(&w)), 0);
        assert_int_equal(count, n);
        assert_memory_equal(first, second, n * sizeof(first[0]));
    }
}

static void test_what_is_none(void **state)
{
    uint8_t bytes[(RECEIPT_MAX + 1) * RECEIPT_SIZE] = {0};
    struct receipt receipts[RECEIPT_MAX];
    size_t count;
    (void)state;
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        const bool is_good =
            len > 0 && len % RECEIPT_SIZE == 0 && len <= RECEIPT_MAX * RECEIPT_SIZE;
        assert_int_equal(receipt_decode(receipts, &count, span_of(bytes, len)),
                         is_good ? 0 : WAVU_ERR_PROTO);
        assert_int_equal(count, 0); /* state 0 is of later */
    }
    bytes[16] = RECEIPT_READ;
    bytes[33] = 3;
    assert_int_equal(receipt_decode(receipts, &count, span_of(bytes, 34)), 0);
    assert_int_equal(count, 1);
    assert_int_equal(receipts[0].state, RECEIPT_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(test_round_trip), UNIT(test_what_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
