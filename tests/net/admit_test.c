/*
 * Handshake token buckets: one for each prefix, loopback exempt, memory bounded.
 */
#include "tests/base/unit.h"
#include "base/timers.h"
#include "net/admit.h"

static struct random_seeded seeded;

static void start(struct admit *a)
{
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    admit_init(a, &random, 0);
}

static struct multiaddr_ip ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct multiaddr_ip){.ip = {a, b, c, d}, .ip_len = 4, .port = 1};
}

static size_t take_all(struct admit *a, const struct multiaddr_ip *ip, uint64_t now)
{
    size_t count = 0;
    while (count < 100000 && admit_take(a, ip, now) == 0) {
        count++;
    }
    return count;
}

static void a_prefix_gets_its_burst_then_its_rate(void **state)
{
    (void)state;
    struct admit a;
    struct multiaddr_ip first = ip4(203, 0, 113, 1);
    struct multiaddr_ip neighbour = ip4(203, 0, 113, 200);
    struct multiaddr_ip other = ip4(203, 0, 114, 1);
    start(&a);
    assert_int_equal(take_all(&a, &first, 0), ADMIT_BURST);
    assert_int_equal(admit_take(&a, &neighbour, 0), WAVU_ERR_LIMIT); /* same /24 */
    assert_int_equal(admit_take(&a, &other, 0), 0);
    assert_int_equal(take_all(&a, &neighbour, TIMERS_SECOND), ADMIT_RATE);
    admit_clear(&a);
}

static void ip6_counts_by_56_bits(void **state)
{
    (void)state;
    struct admit a;
    struct multiaddr_ip one = {.ip = {0x20, 1, 0xd, 0xb8, 0, 0, 1, 2}, .ip_len = 16};
    struct multiaddr_ip same = one;
    struct multiaddr_ip other = one;
    same.ip[7] = 0xff; /* bit 57 and on */
    other.ip[6] = 9;
    start(&a);
    assert_int_equal(take_all(&a, &one, 0), ADMIT_BURST);
    assert_int_equal(admit_take(&a, &same, 0), WAVU_ERR_LIMIT);
    assert_int_equal(admit_take(&a, &other, 0), 0);
    admit_clear(&a);
}

static void mapped_ip4_is_ip4(void **state)
{
    (void)state;
    struct admit a;
    struct multiaddr_ip plain = ip4(198, 51, 100, 7);
    struct multiaddr_ip mapped = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 9},
                                  .ip_len = 16};
    start(&a);
    assert_int_equal(take_all(&a, &plain, 0), ADMIT_BURST);
    assert_int_equal(admit_take(&a, &mapped, 0), WAVU_ERR_LIMIT);
    admit_clear(&a);
}

static void loopback_is_exempt(void **state)
{
    (void)state;
    struct admit a;
    struct multiaddr_ip loopback = ip4(127, 0, 0, 1);
    start(&a);
    for (size_t i = 0; i < 10 * ADMIT_BURST; i++) {
        assert_int_equal(admit_take(&a, &loopback, 0), 0);
    }
    assert_int_equal(a.buckets.count, 0);
    admit_clear(&a);
}

static void prefixes_are_bounded_and_full_ones_forgotten(void **state)
{
    (void)state;
    struct admit a;
    start(&a);
    size_t refused = 0;
    for (size_t i = 0; i < ADMIT_PREFIXES_MAX + 200; i++) {
        struct multiaddr_ip ip = ip4(11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)0);
        ip.ip[1] = (uint8_t)(i >> 8);
        ip.ip[2] = (uint8_t)i;
        refused += admit_take(&a, &ip, 0) < 0 ? 1 : 0;
    }
    assert_int_equal(a.buckets.count, ADMIT_PREFIXES_MAX);
    assert_int_equal(refused, 200 - ADMIT_BURST); /* newcomers share one bucket */
    struct multiaddr_ip late = ip4(12, 0, 0, 1);
    assert_int_equal(admit_take(&a, &late, 60 * TIMERS_SECOND), 0);
    assert_true(a.buckets.count < ADMIT_PREFIXES_MAX);
    admit_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_prefix_gets_its_burst_then_its_rate),
        UNIT(ip6_counts_by_56_bits),
        UNIT(mapped_ip4_is_ip4),
        UNIT(loopback_is_exempt),
        UNIT(prefixes_are_bounded_and_full_ones_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
