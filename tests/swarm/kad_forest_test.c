/* The nearest of many places, against a plain walk over all of them. */
#include "swarm/kad_forest.h"

#include "tests/base/unit.h"

#define MANY 3000

static struct kad_forest forest;
static struct kad_forest *const f = &forest;
static uint64_t places[MANY];

static void begin(size_t count)
{
    struct random_seeded seeded;
    random_seeded_init(&seeded, 3);
    struct random random = random_from_seeded(&seeded);
    for (uint32_t i = 0; i < count; i++) {
        places[i] = random_u64(&random);
        kad_forest_add(f, places[i], i);
    }
    kad_forest_sort(f);
}

static size_t nearer(uint64_t target, uint32_t than)
{
    size_t count = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        count += (places[i] ^ target) < (places[than] ^ target);
    }
    return count;
}

static void the_nearest_are_those_of_a_plain_walk(void **state)
{
    (void)state;
    begin(MANY);
    for (uint64_t i = 0; i < 50; i++) {
        uint32_t out[20];
        uint64_t target = i * UINT64_C(0x123456789abcdef1);
        assert_int_equal(kad_forest_nearest(f, target, out, 20), 20);
        for (size_t j = 0; j < 20; j++) {
            assert_int_equal(nearer(target, out[j]), j);
        }
    }
    kad_forest_clear(f);
}

static void a_range_shares_its_leading_bits(void **state)
{
    (void)state;
    size_t low;
    size_t high;
    begin(MANY);
    for (unsigned bits = 0; bits <= 64; bits++) {
        size_t count = 0;
        kad_forest_range(f, places[7], bits, &low, &high);
        for (size_t i = 0; i < MANY; i++) {
            count += bits == 0 || (places[i] ^ places[7]) >> (64 - bits) == 0;
        }
        assert_int_equal(high - low, count);
    }
    kad_forest_range(f, UINT64_MAX, 1, &low, &high);
    assert_int_equal(high, MANY);
    kad_forest_clear(f);
}

static void few_are_all_of_them(void **state)
{
    (void)state;
    uint32_t out[20];
    assert_int_equal(kad_forest_nearest(f, 5, out, 20), 0);
    begin(3);
    assert_int_equal(kad_forest_nearest(f, 5, out, 20), 3);
    kad_forest_clear(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_nearest_are_those_of_a_plain_walk),
        UNIT(a_range_shares_its_leading_bits),
        UNIT(few_are_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
