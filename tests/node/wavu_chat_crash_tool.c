/*
 * Many conversations of five nodes whose power goes at drawn moments: `make crash-rounds`.
 * Arguments: seeds, the first seed, rounds of each, nodes, seconds within which all histories
 * are equal once all are up (0: not asked). Prints what was met, and for each seed
 * that fails what was wrong; exit code 1 then.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/timers.h"
#include "tests/support/talk_world.h"

static struct talk_world w;

static uint64_t number(int argc, char **argv, int at, uint64_t otherwise)
{
    return argc > at ? strtoull(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    uint64_t seeds = number(argc, argv, 1, 20);
    uint64_t from = number(argc, argv, 2, 1);
    size_t rounds = (size_t)number(argc, argv, 3, 200);
    size_t nodes = (size_t)number(argc, argv, 4, 5);
    uint64_t settle = number(argc, argv, 5, 120);
    size_t deaths = 0;
    size_t said = 0;
    size_t acknowledged = 0;
    size_t early = 0;
    size_t failed = 0;

    for (uint64_t seed = from; seed < from + seeds; seed++) {
        const struct talk_world_config config = {
            .seed = seed, .count = nodes, .settle_ns = settle * TIMERS_SECOND};

        talk_world_start(&w, &config);
        talk_world_rounds(&w, rounds);
        deaths += w.deaths;
        said += w.ledger.all_count;
        acknowledged += w.ledger.acknowledged;
        early += w.ledger.early;
        if (talk_world_fault(&w)[0] != '\0') {
            failed++;
            (void)printf("seed %" PRIu64 ", death %zu: %s\n", seed, w.deaths, talk_world_fault(&w));
            (void)fflush(stdout);
        }
        talk_world_stop(&w);
    }
    (void)printf("%" PRIu64 " conversations of %zu nodes, %zu power cuts: %zu messages said, %zu "
                 "acknowledged, %zu reported early; %zu conversations failed\n",
                 seeds, nodes, deaths, said, acknowledged, early, failed);
    return failed == 0 ? 0 : 1;
}
