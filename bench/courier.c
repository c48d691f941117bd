/*
 * What messages between two couriers cost: sealed, stored, sent, read, stored and acknowledged,
 * with an encrypted store on each side, in the simulator, so that the CPU time of both nodes is all
 * there is.
 *
 * In: how many messages (default 20,000). Out: one JSON line with them, the CPU seconds and the
 * rate, which is that of one core that does the work of both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "tests/support/courier_net.h"

#define BODY 100
#define OPEN_MAX 2000 /* said and not acknowledged */

static struct courier_net net;

static double cpu_now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    const uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 20000;
    uint32_t said = 0;

    courier_net_start(&net, 1, 2);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
    const double before = cpu_now();
    while (said < count || courier_net_look(&net, 0).open > 0) {
        while (said < count && courier_net_look(&net, 0).open < OPEN_MAX &&
               courier_net_try(&net, 0, 1, said + 1, BODY) == 0) {
            said++;
        }
        sim_run_for(net.world.sim, 10 * TIMERS_MS);
    }
    const double seconds = cpu_now() - before;
    CHECK(net.nodes[1].shown == count);
    (void)printf("{\"type\":\"courier\",\"messages\":%u,\"cpuSeconds\":%.3f,\"rate\":%.0f}\n",
                 count, seconds, count / seconds);
    courier_net_stop(&net);
    return 0;
}
