/*
 * Expected transmission time: (round trip + hop) divided by the share that comes through, there and
 * back. Source: De Couto and others, "A high-throughput path metric" (ETX), times the round trip.
 */
#include "route/route_metric.h"

#include <stddef.h>

static uint32_t cost(void *context, const struct route_metric_link *link)
{
    const struct route_metric_facts *facts = &link->facts;
    (void)context;
    uint64_t rtt_us = facts->rtt_us > 0 ? facts->rtt_us : ROUTE_METRIC_RTT_US;
    uint64_t share = 65536u - facts->loss;
    share = share < ROUTE_METRIC_SHARE_MIN ? ROUTE_METRIC_SHARE_MIN : share;
    uint64_t us = rtt_us + ROUTE_METRIC_HOP_US; /* below 2^33, so nothing here overflows */
    us = (us << 16) / share;
    us = (us << 16) / share;
    return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

struct route_metric route_metric_default(void)
{
    return (struct route_metric){.cost = cost, .context = NULL};
}
