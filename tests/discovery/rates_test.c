/* Token buckets per source: one's own allowance, and a table that a flood cannot grow. */
#include "discovery/rates.h"

#include "base/timers.h"
#include "tests/base/unit.h"

static struct random_seeded seeded;
static struct random randomness;

static struct multiaddr_ip source(unsigned n)
{
    return (struct multiaddr_ip){.ip = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
                                 .ip_len = 4};
}

static void start(struct rates *r)
{
    random_seeded_init(&seeded, 1);
    randomness = random_from_seeded(&seeded);
    rates_init(r, &randomness, 10, 20);
}

static void test_each_has_its_own(void **state)
{
    struct rates r;
    struct multiaddr_ip a = source(1);
    struct multiaddr_ip b = source(2);
    (void)state;
    start(&r);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(rates_take(&r, &a, 0), 0);
    }
    a.port = 77; /* another port is the same source */
    assert_int_equal(rates_take(&r, &a, 0), WAVU_ERR_LIMIT);
    assert_int_equal(rates_take(&r, &b, 0), 0);
    assert_int_equal(rates_take(&r, &a, 100 * TIMERS_MS), 0);
    assert_int_equal(rates_take(&r, &a, 100 * TIMERS_MS), WAVU_ERR_LIMIT);
    rates_clear(&r);
}

static void test_table_is_bounded(void **state)
{
    struct rates r;
    size_t admitted = 0;
    (void)state;
    start(&r);
    for (unsigned n = 0; n < 10000; n++) {
        struct multiaddr_ip ip = source(n);
        admitted += rates_take(&r, &ip, TIMERS_SECOND) == 0 ? 1 : 0;
        assert_true(r.sources.count <= RATES_SOURCES_MAX);
    }
    assert_int_equal(admitted, RATES_SOURCES_MAX + 20); /* the rest shares one bucket */
    struct multiaddr_ip known = source(5);
    assert_int_equal(rates_take(&r, &known, TIMERS_SECOND), 0);
    struct multiaddr_ip later = source(99999);
    assert_int_equal(rates_take(&r, &later, 10 * TIMERS_SECOND), 0); /* full ones are forgotten */
    assert_true(r.sources.count < RATES_SOURCES_MAX);
    rates_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(test_each_has_its_own), UNIT(test_table_is_bounded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
