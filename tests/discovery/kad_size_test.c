/* How many servers there are, against networks of known sizes, honest and besieged; and the tables
 * of tails against sums of Poisson's terms. */
#include "discovery/kad_size.h"

#include "base/wr.h"
#include "tests/base/unit.h"

#define K 16

static struct random_seeded seeded;
static struct random source;

/* Is `a` as `b`, but for that share of it? */
static bool is_about(double a, double b, double share)
{
    return a > b * (1 - share) && a < b * (1 + share);
}

static struct kad_key at_distance(uint64_t distance)
{
    struct kad_key k = {{0}};
    struct wr w;
    wr_init(&w, span_mut_of(k.bytes, sizeof k.bytes));
    wr_u64be(&w, distance);
    return k;
}

/* The K nearest to place 0 of `servers` at random; `placed` more are nearer than all of them. */
static void look_up(struct kad_key found[K], uint64_t servers, unsigned placed)
{
    uint64_t nearest[K];
    unsigned count = 0;
    for (uint64_t i = 0; i < servers; i++) {
        uint64_t distance = random_u64(&source);
        if (count == K && distance >= nearest[K - 1]) {
            continue;
        }
        unsigned at = count < K ? count++ : K - 1;
        while (at > 0 && nearest[at - 1] > distance) {
            nearest[at] = nearest[at - 1];
            at--;
        }
        nearest[at] = distance;
    }
    for (unsigned i = 0; i < K; i++) {
        uint64_t sybil = nearest[0] / (placed + 1) * (i + 1);
        found[i] = at_distance(i < placed ? sybil : nearest[i - placed]);
    }
}

static const struct kad_key zero;

static struct kad_size learned(uint64_t servers)
{
    struct kad_size s = {0};
    for (int i = 0; i < KAD_SIZE_SAMPLES_MAX; i++) {
        struct kad_key found[K];
        look_up(found, servers, 0);
        kad_size_add(&s, &zero, found, K);
    }
    return s;
}

static void start(uint64_t seed)
{
    random_seeded_init(&seeded, seed);
    source = random_from_seeded(&seeded);
}

static void the_estimate_is_within_a_fifth(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {20, 100, 1000, 10000, 1000000};
    start(1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct kad_size s = learned(sizes[i]);
        double estimate = kad_size_estimate(&s);
        print_message("# %llu servers: %.0f\n", (unsigned long long)sizes[i], estimate);
        assert_true(is_about(estimate, (double)sizes[i], 0.2));
    }
}

static void few_samples_say_nothing(void **state)
{
    (void)state;
    struct kad_size s = {0};
    struct kad_key found[K];
    start(2);
    for (int i = 0; i < KAD_SIZE_SAMPLES_LEAST; i++) {
        assert_true(kad_size_estimate(&s) == 0);
        assert_true(kad_size_nearer(&s, &zero, &zero) < 0);
        assert_false(kad_size_is_near(&s, &zero, &zero, K));
        look_up(found, 1000, K - 1);
        assert_int_equal(kad_size_judge(&s, &zero, found, K), KAD_SIZE_TRUE);
        look_up(found, 1000, 0);
        kad_size_add(&s, &zero, found, 2); /* too few */
        kad_size_add(&s, &zero, found, K);
    }
    assert_true(kad_size_estimate(&s) > 0);
}

static void honest_networks_are_hardly_ever_called_untrue(void **state)
{
    (void)state;
    unsigned untrue = 0;
    start(3);
    struct kad_size s = learned(1000);
    for (int i = 0; i < 20000; i++) {
        struct kad_key found[K];
        look_up(found, 1000, 0);
        untrue += kad_size_judge(&s, &zero, found, K) != KAD_SIZE_TRUE;
    }
    print_message("# %u of 20000 are called untrue\n", untrue);
    assert_true(untrue <= 4);
}

static void ids_placed_next_to_a_key_are_seen(void **state)
{
    (void)state;
    start(4);
    struct kad_size s = learned(2000);
    double before = kad_size_estimate(&s);
    unsigned last = 0;
    for (unsigned placed = 4; placed <= K; placed += 4) {
        unsigned seen = 0;
        for (int i = 0; i < 1000; i++) {
            struct kad_key found[K];
            look_up(found, 2000, placed);
            seen += kad_size_judge(&s, &zero, found, K) == KAD_SIZE_NEAR;
        }
        print_message("# %u placed: seen in %u of 1000\n", placed, seen);
        assert_true(seen >= last);
        last = seen;
    }
    assert_true(last >= 990);
    struct kad_key besieged[K];
    look_up(besieged, 2000, K);
    for (int i = 0; i < KAD_SIZE_SAMPLES_MAX; i++) {
        kad_size_add(&s, &zero, besieged, K); /* what cannot be true is no sample */
    }
    assert_true(is_about(kad_size_estimate(&s), before, 0.001));
}

static void near_ones_that_are_hidden_are_missed(void **state)
{
    (void)state;
    unsigned seen = 0;
    start(5);
    struct kad_size s = learned(2000);
    for (int i = 0; i < 1000; i++) {
        struct kad_key found[K];
        look_up(found, 500, 0); /* three in four are hidden */
        seen += kad_size_judge(&s, &zero, found, K) == KAD_SIZE_FAR;
    }
    print_message("# three in four hidden: seen in %u of 1000\n", seen);
    assert_true(seen >= 900);
}

/* e^-x: 1 - x / 2^40, squared 40 times. */
static double exp_minus(double x)
{
    double power = 1 - x / 1099511627776.0;
    for (int i = 0; i < 40; i++) {
        power *= power;
    }
    return power;
}

/* The chance of fewer than `i`, or with `more` of so many and more, where `mean` are expected. */
static double tail(unsigned i, double mean, bool more)
{
    double term = exp_minus(mean);
    double sum = 0;
    for (unsigned n = 0; n < 400; n++) {
        sum += (n >= i) == more ? term : 0;
        term *= mean / (n + 1);
    }
    return sum;
}

/* Where the judgement about a place of rank `i` turns, by bisection over its distance. */
static double turning(const struct kad_size *s, unsigned i, bool is_near)
{
    double low = 0;
    double high = 60;
    double servers = kad_size_estimate(s);
    struct kad_key found[KAD_TABLE_K_MAX];
    for (int step = 0; step < 60; step++) {
        double mean = (low + high) / 2;
        for (unsigned n = 0; n < i; n++) { /* those before it are where nobody minds */
            double own = is_near ? 5 + n : 1;
            found[n] = at_distance((uint64_t)(own / servers * 18446744073709551616.0));
        }
        found[i - 1] = at_distance((uint64_t)(mean / servers * 18446744073709551616.0));
        bool is_low = is_near ? kad_size_judge(s, &zero, found, i) == KAD_SIZE_NEAR
                              : kad_size_judge(s, &zero, found, i) != KAD_SIZE_FAR;
        low = is_low ? mean : low;
        high = is_low ? high : mean;
    }
    return high;
}

static void the_tables_are_poissons(void **state)
{
    (void)state;
    start(6);
    struct kad_size s = learned(1000000);
    for (unsigned i = 1; i <= KAD_TABLE_K_MAX; i++) {
        assert_true(is_about(tail(i, turning(&s, i, true), true), 5e-6, 0.01));
        if (i > 2) { /* the first two may be as far as the others here are */
            continue;
        }
        assert_true(is_about(tail(i, turning(&s, i, false), false), 5e-6, 0.01));
    }
    for (unsigned k = 1; k <= KAD_TABLE_K_MAX; k++) {
        double servers = kad_size_estimate(&s);
        double mean = 0;
        while (tail(k, mean, false) > 0.9) {
            mean += 0.0005;
        }
        struct kad_key inside =
            at_distance((uint64_t)((mean - 0.01) / servers * 18446744073709551616.0));
        struct kad_key outside =
            at_distance((uint64_t)((mean + 0.01) / servers * 18446744073709551616.0));
        assert_true(kad_size_is_near(&s, &zero, &inside, k));
        assert_false(kad_size_is_near(&s, &zero, &outside, k));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_estimate_is_within_a_fifth),
        UNIT(few_samples_say_nothing),
        UNIT(honest_networks_are_hardly_ever_called_untrue),
        UNIT(ids_placed_next_to_a_key_are_seen),
        UNIT(near_ones_that_are_hidden_are_missed),
        UNIT(the_tables_are_poissons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
