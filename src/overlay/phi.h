/*
 * Phi accrual: how strange a peer's silence is, as -log10 of the chance that it lasts this long.
 * Times of arrival come from the detector, suspicion goes back to it. Pure mathematics in 24 bytes.
 *
 * In place of a window of samples it keeps mean and variance with exponential forgetting (weight
 * 1/32), and in place of the normal distribution's tail its logistic approximation, as
 * Hayashibara's detector is commonly built. tests/overlay/phi_test.c compares both with a window of
 * 200 samples and the exact tail.
 */
#ifndef OVERLAY_PHI_H
#define OVERLAY_PHI_H

#include <stdint.h>

#define PHI_MAX 1000.0   /* no caller asks for more */
#define PHI_FORGET 32    /* a sample's weight is 1/32: 63 % of the past are forgotten in 16 s */
#define PHI_DEVIATION 5u /* the deviation is taken for a fifth of the interval at least */

struct phi {
    double mean;      /* ns between arrivals */
    double variance;  /* ns^2 */
    uint64_t last_ns; /* the last arrival */
};

/** Expect arrivals every `interval_ns` from `now` on. */
void phi_init(struct phi *p, uint64_t now, uint64_t interval_ns);

/** Something arrived. A pause shorter than `interval_ns` counts as that long: the peer may be
 * silent for it without meaning anything. */
void phi_heard(struct phi *p, uint64_t now, uint64_t interval_ns);

/** Forget the pause that is going on: it was ours. */
void phi_excuse(struct phi *p, uint64_t now);

/** Suspicion at `now`, from 0 to PHI_MAX. */
double phi_value(const struct phi *p, uint64_t now, uint64_t interval_ns);

/** How many deviations above the mean suspicion reaches `threshold` (0 to PHI_MAX). */
double phi_point(double threshold);

/** When suspicion will reach the threshold of `point` if nothing arrives. */
uint64_t phi_deadline(const struct phi *p, double point, uint64_t interval_ns);

#endif
