/*
 * Slopes, and tails of Poisson's distribution as tables.
 */
#include "discovery/kad_size.h"

#define KAD_SIZE_SPACE 18446744073709551616.0 /* 2^64 */

/* By rank i, from 1: the mean at which i or more come with a chance of 5 in a million (one in
 * 10,000 over 20 ranks), the same for fewer than i, and for fewer than i with 9 in 10. Poisson's
 * tails, solved by bisection; kad_size_test sums them again. */
static const double kad_size_near_means[KAD_TABLE_K_MAX] = {
    5.0e-06, 0.003166, 0.03132, 0.1069, 0.2359, 0.4153, 0.6401, 0.9047, 1.204, 1.535,
    1.893,   2.276,    2.68,    3.105,  3.548,  4.007,  4.482,  4.97,   5.472, 5.985};
static const double kad_size_far_means[KAD_TABLE_K_MAX] = {
    12.21, 14.98, 17.33, 19.48, 21.49, 23.41, 25.26, 27.05, 28.79, 30.49,
    32.16, 33.81, 35.42, 37.01, 38.59, 40.14, 41.68, 43.2,  44.71, 46.2};
static const double kad_size_sure_means[KAD_TABLE_K_MAX] = {
    0.1054, 0.5318, 1.102, 1.745, 2.433, 3.152, 3.895, 4.656, 5.432, 6.221,
    7.021,  7.829,  8.646, 9.47,  10.3,  11.14, 11.98, 12.82, 13.67, 14.53};

/* As kad_size_judge, with that number of servers. */
static enum kad_size_verdict kad_size_verdict_of(double servers, const struct kad_key *target,
                                                 const struct kad_key *found, size_t count)
{
    count = count < KAD_TABLE_K_MAX ? count : KAD_TABLE_K_MAX;
    for (size_t i = 0; i < count; i++) {
        double mean = servers * ((double)kad_key_distance(target, &found[i]) / KAD_SIZE_SPACE);
        if (mean < kad_size_near_means[i]) {
            return KAD_SIZE_NEAR;
        }
        if (mean > kad_size_far_means[i]) {
            return KAD_SIZE_FAR;
        }
    }
    return KAD_SIZE_TRUE;
}

void kad_size_add(struct kad_size *s, const struct kad_key *target, const struct kad_key *found,
                  size_t count)
{
    double upper = 0;
    double lower = 0;
    if (count < KAD_SIZE_FOUND_LEAST || kad_size_judge(s, target, found, count) != KAD_SIZE_TRUE) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        double rank = (double)(i + 1);
        upper += rank * (double)kad_key_distance(target, &found[i]);
        lower += rank * rank;
    }
    s->slopes[s->next] = upper / lower;
    s->next = (s->next + 1) % KAD_SIZE_SAMPLES_MAX;
    s->count += s->count < KAD_SIZE_SAMPLES_MAX ? 1 : 0;
}

double kad_size_estimate(const struct kad_size *s)
{
    double sum = 0;
    if (s->count < KAD_SIZE_SAMPLES_LEAST) {
        return 0;
    }
    for (unsigned i = 0; i < s->count; i++) {
        sum += s->slopes[i];
    }
    double servers = sum > 0 ? KAD_SIZE_SPACE * s->count / sum - 1 : 0;
    return servers > 1 ? servers : 1;
}

double kad_size_nearer(const struct kad_size *s, const struct kad_key *target,
                       const struct kad_key *place)
{
    double servers = kad_size_estimate(s);
    return servers > 0 ? servers * ((double)kad_key_distance(target, place) / KAD_SIZE_SPACE) : -1;
}

bool kad_size_is_near(const struct kad_size *s, const struct kad_key *target,
                      const struct kad_key *place, unsigned k)
{
    double nearer = kad_size_nearer(s, target, place);
    return nearer >= 0 && k >= 1 && k <= KAD_TABLE_K_MAX && nearer <= kad_size_sure_means[k - 1];
}

enum kad_size_verdict kad_size_judge(const struct kad_size *s, const struct kad_key *target,
                                     const struct kad_key *found, size_t count)
{
    double servers = kad_size_estimate(s);
    return servers > 0 ? kad_size_verdict_of(servers, target, found, count) : KAD_SIZE_TRUE;
}
