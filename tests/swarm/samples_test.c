/*
 * Tests of samples: differences, thinning without losing a count, medians.
 */
#include "swarm/samples.h"

#include "tests/base/unit.h"

static struct run_sample sum_at(uint64_t i)
{
    return (struct run_sample){.at_ms = i * 1000,
                               .alive = 7,
                               .messages = i * 10,
                               .bytes = i * 100,
                               .broadcasts = i,
                               .delivered = i * 2,
                               .downs_true = i * 3,
                               .downs_false = i * 4,
                               .faults = 1};
}

static void test_counts_are_of_the_time_since_the_sample_before(void **state)
{
    struct run_result r = {.is_passed = false};
    struct samples s = {.result = &r};
    (void)state;
    for (uint64_t i = 1; i <= 100; i++) {
        struct run_sample sum = sum_at(i * i);
        samples_add(&s, &sum);
    }
    assert_int_equal(r.sample_count, 100);
    assert_int_equal(samples_every_ms(&s), SAMPLES_MS);
    for (uint64_t i = 1; i <= 100; i++) {
        const struct run_sample *got = &r.samples[i - 1];
        assert_int_equal(got->at_ms, i * i * 1000);
        assert_int_equal(got->messages, (2 * i - 1) * 10);
        assert_int_equal(got->bytes, (2 * i - 1) * 100);
        assert_int_equal(got->broadcasts, 2 * i - 1);
        assert_int_equal(got->delivered, (2 * i - 1) * 2);
        assert_int_equal(got->downs_true, (2 * i - 1) * 3);
        assert_int_equal(got->downs_false, (2 * i - 1) * 4);
        assert_int_equal(got->alive, 7);
        assert_int_equal(got->faults, 1);
    }
    run_result_clear(&r);
}

static void test_too_many_are_thinned_and_none_is_lost(void **state)
{
    struct run_result r = {.is_passed = false};
    struct samples s = {.result = &r};
    uint64_t messages = 0;
    uint64_t false_downs = 0;
    (void)state;
    for (uint64_t i = 1; i <= RUN_SAMPLES_MAX + 1; i++) {
        struct run_sample sum = sum_at(i);
        samples_add(&s, &sum);
    }
    assert_int_equal(r.sample_count, RUN_SAMPLES_MAX / 2 + 1);
    assert_int_equal(samples_every_ms(&s), 2 * SAMPLES_MS);
    assert_int_equal(r.samples[0].at_ms, 2000);
    assert_int_equal(r.samples[0].bytes, 200);
    for (size_t i = 0; i < r.sample_count; i++) {
        messages += r.samples[i].messages;
        false_downs += r.samples[i].downs_false;
    }
    assert_int_equal(messages, (RUN_SAMPLES_MAX + 1) * 10);
    assert_int_equal(false_downs, (RUN_SAMPLES_MAX + 1) * 4);
    run_result_clear(&r);
}

static void test_medians(void **state)
{
    uint64_t odd[] = {9, 1, 5, 5, 7};
    uint64_t even[] = {4, 1, 3, 2};
    (void)state;
    assert_int_equal(samples_median(NULL, 0), 0);
    assert_int_equal(samples_median(odd, 5), 5);
    assert_int_equal(samples_median(even, 4), 3);
    assert_true(even[0] == 1 && even[1] == 2 && even[3] == 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_counts_are_of_the_time_since_the_sample_before),
        UNIT(test_too_many_are_thinned_and_none_is_lost),
        UNIT(test_medians),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
