/*
 * Phi accrual over a running mean and variance.
 *
 * The chance of a longer pause than t is taken as 1 / (1 + e^a) with a = y (1.5976 + 0.070566 y^2)
 * and y = (t - mean) / deviation: the logistic approximation of the normal tail. So phi is
 * log10(1 + e^a), which for a >= 0 lies between a log10(e) and 0.302 above it; a log10(e) is what
 * is used, 0 for a < 0: no logarithm is needed, and thresholds are far above where it matters.
 */
#include "overlay/phi.h"

#define LOG10_E 0.4342944819032518
#define LINEAR 1.5976
#define CUBIC 0.070566
#define Y_MAX 31.5 /* phi is above PHI_MAX there */

/* Square root by Newton's steps from above: exact to 1 in 10^12 after few. */
static double root_of(double x)
{
    double guess = x > 1 ? x : 1;
    double next = (guess + x / guess) / 2;
    while (next < guess * (1 - 1e-12)) {
        guess = next;
        next = (guess + x / guess) / 2;
    }
    return next;
}

static double phi_deviation(const struct phi *p, uint64_t interval_ns)
{
    double least = (double)interval_ns / PHI_DEVIATION;
    return p->variance > least * least ? root_of(p->variance) : least;
}

static double phi_of(double y)
{
    if (y <= 0) {
        return 0;
    }
    if (y > Y_MAX) {
        return PHI_MAX;
    }
    double phi = LOG10_E * y * (LINEAR + CUBIC * y * y);
    return phi < PHI_MAX ? phi : PHI_MAX;
}

void phi_init(struct phi *p, uint64_t now, uint64_t interval_ns)
{
    *p = (struct phi){.mean = (double)interval_ns, .last_ns = now};
}

void phi_heard(struct phi *p, uint64_t now, uint64_t interval_ns)
{
    uint64_t pause = now > p->last_ns ? now - p->last_ns : 0;
    double sample = (double)(pause > interval_ns ? pause : interval_ns);
    double step = (sample - p->mean) / PHI_FORGET;
    if (pause < interval_ns / 2) {
        p->last_ns = now > p->last_ns ? now : p->last_ns;
        return; /* a burst says nothing about pauses, and would forget what did */
    }
    p->variance += step * (sample - p->mean) - p->variance / PHI_FORGET;
    p->variance = p->variance > 0 ? p->variance : 0;
    p->mean += step;
    p->last_ns = now;
}

void phi_excuse(struct phi *p, uint64_t now)
{
    p->last_ns = now > p->last_ns ? now : p->last_ns;
}

double phi_value(const struct phi *p, uint64_t now, uint64_t interval_ns)
{
    double pause = now > p->last_ns ? (double)(now - p->last_ns) : 0;
    double mean = p->mean > (double)interval_ns ? p->mean : (double)interval_ns;
    return phi_of((pause - mean) / phi_deviation(p, interval_ns));
}

double phi_point(double threshold)
{
    double low = 0;
    double high = Y_MAX;
    for (int i = 0; i < 40; i++) { /* 2^-40 of Y_MAX: far below a nanosecond of any pause */
        double middle = (low + high) / 2;
        if (phi_of(middle) < threshold) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

uint64_t phi_deadline(const struct phi *p, double point, uint64_t interval_ns)
{
    double mean = p->mean > (double)interval_ns ? p->mean : (double)interval_ns;
    return p->last_ns + (uint64_t)(mean + point * phi_deviation(p, interval_ns)) + 1;
}
