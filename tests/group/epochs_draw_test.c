/* Times drawn by many for what one of them is to do. */
#include "group/epochs_draw.h"

#include "tests/base/unit.h"

#define WITHIN UINT64_C(10000000000)
#define HEARD UINT64_C(1000000000) /* then the others have heard of the first */
#define MEMBERS 200
#define ROUNDS 500

static struct random_seeded seeded;
static struct random source;

/* How many of `count` act before they have heard of the first. */
static size_t side_by_side(size_t count)
{
    uint64_t at[MEMBERS];
    uint64_t first = UINT64_MAX;
    size_t many = 0;

    for (size_t i = 0; i < count; i++) {
        at[i] = epochs_draw(&source, WITHIN, count);
        assert_true(at[i] < WITHIN);
        first = at[i] < first ? at[i] : first;
    }
    for (size_t i = 0; i < count; i++) {
        many += at[i] < first + HEARD;
    }
    return many;
}

static void test_few_of_many_come_first(void **state)
{
    (void)state;
    static const size_t counts[] = {2, 10, 50, MEMBERS};

    random_seeded_init(&seeded, 1);
    source = random_from_seeded(&seeded);
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        size_t sum = 0;

        for (size_t round = 0; round < ROUNDS; round++) {
            sum += side_by_side(counts[k]);
        }
        assert_true(sum < 3 * ROUNDS); /* evenly drawn, 20 of 200 */
    }
}

static void test_all_of_the_time_is_drawn(void **state)
{
    (void)state;
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;

    random_seeded_init(&seeded, 2);
    source = random_from_seeded(&seeded);
    for (size_t round = 0; round < 20 * ROUNDS; round++) {
        const uint64_t at = epochs_draw(&source, WITHIN, MEMBERS);

        low = at < low ? at : low;
        high = at > high ? at : high;
    }
    assert_true(low < WITHIN / 100 && high > WITHIN / 100 * 99);
    assert_int_equal(epochs_draw(&source, 1, 0), 0); /* at once, and nobody is there yet */
    assert_true(epochs_draw(&source, WITHIN, 1) < WITHIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_few_of_many_come_first),
        UNIT(test_all_of_the_time_is_drawn),
    };
    return cmocka_run_group_tests_name("epochs_draw", tests, NULL, NULL);
}
