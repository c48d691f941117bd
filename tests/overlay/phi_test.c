/*
 * Phi against what it replaces: a window of the last 200 pauses and the exact normal tail.
 */
#include "tests/base/unit.h"

#include "base/random.h"
#include "overlay/phi.h"

#define MS UINT64_C(1000000)
#define INTERVAL (500 * MS)
#define WINDOW 200

/* The plain detector: pauses in a ring, their mean and deviation, when phi gets to 8. */
struct window {
    double pauses[WINDOW];
    size_t count;
    size_t at;
};

static double root_of(double x)
{
    double root = x;
    for (int i = 0; i < 200; i++) {
        root = (root + x / root) / 2;
    }
    return root;
}

static double window_deadline(const struct window *w, double point)
{
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < w->count; i++) {
        sum += w->pauses[i];
        squares += w->pauses[i] * w->pauses[i];
    }
    double mean = sum / (double)w->count;
    double variance = squares / (double)w->count - mean * mean;
    double least = (double)INTERVAL / PHI_DEVIATION;
    double deviation = variance > least * least ? root_of(variance) : least;
    return mean + point * deviation;
}

/* Compare patience after `n` pauses of `next`; returns the largest quotient of the last half. */
static double worst_quotient(uint64_t (*next)(const struct random *), size_t n)
{
    struct random_seeded seeded;
    random_seeded_init(&seeded, 5);
    struct random random = random_from_seeded(&seeded);
    struct window w = {.count = 0};
    struct phi p;
    uint64_t now = 1;
    double worst = 1;
    phi_init(&p, now, INTERVAL);
    for (size_t i = 0; i < n; i++) {
        uint64_t pause = next(&random);
        now += pause;
        phi_heard(&p, now, INTERVAL);
        w.pauses[w.at] = (double)(pause > INTERVAL ? pause : INTERVAL);
        w.at = (w.at + 1) % WINDOW;
        w.count += w.count < WINDOW;
        if (i < n / 2) {
            continue;
        }
        double ours = (double)(phi_deadline(&p, phi_point(8), INTERVAL) - now);
        double plain = window_deadline(&w, phi_point(8));
        double quotient = ours > plain ? ours / plain : plain / ours;
        worst = quotient > worst ? quotient : worst;
    }
    return worst;
}

static uint64_t steady(const struct random *r)
{
    return INTERVAL + random_below(r, 40 * MS);
}

static uint64_t lossy(const struct random *r)
{
    uint64_t pause = INTERVAL + random_below(r, 40 * MS);
    while (random_below(r, 20) == 0) {
        pause += INTERVAL;
    }
    return pause;
}

static uint64_t sluggish(const struct random *r)
{
    return INTERVAL + random_below(r, 2000 * MS);
}

static void patience_is_that_of_a_window_of_200_pauses(void **state)
{
    (void)state;
    double a = worst_quotient(steady, 4000);
    double b = worst_quotient(lossy, 4000);
    double c = worst_quotient(sluggish, 4000);
    print_message("patience against a window of 200, worst of 2,000: steady %.3f, 5 %% lost %.3f, "
                  "sluggish %.3f\n",
                  a, b, c);
    assert_true(a < 1.05);
    assert_true(b < 1.6);
    assert_true(c < 1.4);
}

static void suspicion_is_the_normal_tail(void **state)
{
    (void)state;
    /* -log10 Q(y) for y = 1 .. 6, Q the tail of the standard normal distribution. */
    static const double exact[] = {0.7995, 1.6430, 2.8697, 4.4993, 6.5426, 9.0059};
    struct phi p;
    phi_init(&p, 0, INTERVAL); /* deviation 100 ms */
    for (size_t i = 0; i < 6; i++) {
        double ours = phi_value(&p, (600 + 100 * i) * MS, INTERVAL);
        assert_true(ours < exact[i] * 1.22 && ours > exact[i] * 0.88);
    }
}

static void it_rises_with_silence_and_reaches_the_threshold_at_the_deadline(void **state)
{
    (void)state;
    struct phi p;
    double last = -1;
    phi_init(&p, 1000 * MS, INTERVAL);
    for (uint64_t at = 1000; at < 6000; at += 20) {
        double value = phi_value(&p, at * MS, INTERVAL);
        assert_true(value >= last && value <= PHI_MAX);
        last = value;
    }
    assert_true(last == PHI_MAX);
    for (double threshold = 1; threshold < 20; threshold += 1) {
        uint64_t due = phi_deadline(&p, phi_point(threshold), INTERVAL);
        assert_true(phi_value(&p, due, INTERVAL) >= threshold);
        assert_true(phi_value(&p, due - 2 * MS, INTERVAL) < threshold);
    }
}

static void bursts_are_no_pauses_and_an_excused_pause_does_not_count(void **state)
{
    (void)state;
    struct phi p;
    uint64_t now = 0;
    phi_init(&p, now, INTERVAL);
    uint64_t patience = phi_deadline(&p, phi_point(8), INTERVAL) - now;
    for (size_t i = 0; i < 10000; i++) {
        now += MS;
        phi_heard(&p, now, INTERVAL);
    }
    assert_int_equal(phi_deadline(&p, phi_point(8), INTERVAL) - now, patience);
    phi_excuse(&p, now + 3600 * 1000 * MS);
    now += 3600 * 1000 * MS;
    phi_heard(&p, now, INTERVAL);
    assert_int_equal(phi_deadline(&p, phi_point(8), INTERVAL) - now, patience);
    phi_heard(&p, now - MS, INTERVAL); /* time never goes back */
    assert_int_equal(p.last_ns, now);
    assert_in_range(sizeof p, 1, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(patience_is_that_of_a_window_of_200_pauses),
        UNIT(suspicion_is_the_normal_tail),
        UNIT(it_rises_with_silence_and_reaches_the_threshold_at_the_deadline),
        UNIT(bursts_are_no_pauses_and_an_excused_pause_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
