/* Randomness: published vectors of the seeded generator, no bias at a bound, no byte beyond the
 * end. */
#include "base/random.h"

#include "tests/base/unit.h"

/* Published outputs of splitmix64 for the seed 1234567 (Vigna's reference program). */
static void test_seeding_is_splitmix64(void **state)
{
    (void)state;
    struct random_seeded s;

    random_seeded_init(&s, 1234567);
    assert_true(s.state[0] == UINT64_C(6457827717110365317));
    assert_true(s.state[1] == UINT64_C(3203168211198807973));
    assert_true(s.state[2] == UINT64_C(9817491932198370423));
    assert_true(s.state[3] == UINT64_C(4593380528125082431));
}

/* Published outputs of xoshiro256** from the state 1, 2, 3, 4 (Blackman and Vigna's reference
 * program). */
static void test_stream_is_xoshiro256starstar(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    struct random_seeded s = {.state = {1, 2, 3, 4}};
    struct random r = random_from_seeded(&s);

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_true(random_u64(&r) == expected[i]);
    }
}

static void test_fill_is_the_stream_and_stops(void **state)
{
    (void)state;
    struct random_seeded a;
    struct random_seeded b;

    random_seeded_init(&a, 7);
    random_seeded_init(&b, 7);
    struct random of_a = random_from_seeded(&a);
    struct random of_b = random_from_seeded(&b);
    uint8_t bytes[20];

    memset(bytes, 0xee, sizeof(bytes));
    random_fill(&of_a, bytes, 18);
    for (size_t i = 0; i < 18; i += 8) {
        uint64_t draw = random_u64(&of_b);

        for (size_t j = i; j < i + 8 && j < 18; j++) {
            assert_int_equal(bytes[j], (uint8_t)(draw >> (8 * (j - i))));
        }
    }
    assert_int_equal(bytes[18], 0xee);
    assert_memory_equal(&a, &b, sizeof(a));
    random_fill(&of_a, bytes, 0);
    assert_memory_equal(&a, &b, sizeof(a));
}

static void test_below_stays_below_and_reaches_all(void **state)
{
    (void)state;
    struct random_seeded s;

    random_seeded_init(&s, 99);
    struct random r = random_from_seeded(&s);
    unsigned seen[6] = {0};

    for (int i = 0; i < 60000; i++) {
        uint64_t draw = random_below(&r, 6);

        assert_true(draw < 6);
        seen[draw]++;
    }
    for (int i = 0; i < 6; i++) {
        assert_in_range(seen[i], 9500, 10500);
    }
    assert_int_equal(random_below(&r, 1), 0);
}

/* A source that counts up in steps, to reach the draws that must be refused. */
static void fill_counting(void *context, uint8_t *out, size_t len)
{
    uint8_t *value = context;

    memset(out, 0, len);
    out[0] = *value;
    *value = (uint8_t)(*value + 1);
}

static void test_below_refuses_what_would_bias(void **state)
{
    (void)state;
    uint8_t value = 0;
    struct random r = {.fill = fill_counting, .context = &value};

    /* 2^64 mod 10 is 6: the draws 0 to 5 would make their remainders likelier. */
    assert_int_equal(random_below(&r, 10), 6);
    assert_int_equal(value, 7);
    assert_int_equal(random_below(&r, 16), 7);
    assert_int_equal(value, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_seeding_is_splitmix64),         UNIT(test_stream_is_xoshiro256starstar),
        UNIT(test_fill_is_the_stream_and_stops),  UNIT(test_below_stays_below_and_reaches_all),
        UNIT(test_below_refuses_what_would_bias),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
