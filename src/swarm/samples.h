/*
 * The samples of a run, and medians of its figures.
 */
#ifndef SWARM_SAMPLES_H
#define SWARM_SAMPLES_H

#include "swarm/run.h"

#define SAMPLES_MS 1000 /* between two, at first */

/* Zeroed memory with `result` is ready. */
struct samples {
    struct run_result *result; /* borrowed; owns the samples */
    size_t cap;
    uint64_t every_ms;      /* 0: SAMPLES_MS; doubled when there are RUN_SAMPLES_MAX */
    struct run_sample last; /* sums as of the sample before */
};

/** Milliseconds from one sample to the next. */
uint64_t samples_every_ms(const struct samples *s);

/** Add `sample`, whose counts of what happened are sums since the start; each is kept as the
 * difference to the sample before. */
void samples_add(struct samples *s, const struct run_sample *sample);

/** Sort `values` and return the middle one; 0 for none. */
uint64_t samples_median(uint64_t *values, size_t count);

#endif
