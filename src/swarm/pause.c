/*
 * Pauses are drawn one after another; asking about a time goes forward to it.
 */
#include "swarm/pause.h"

#include "base/check.h"

#define MS UINT64_C(1000000)

static const uint64_t durations_ms[PAUSE_DURATIONS] = {128, 512, 2048, 8192, 16384, 32768};
static const uint64_t intervals_ms[PAUSE_INTERVALS] = {1, 4, 16, 64, 256, 1024, 4096, 16384};

enum stream { RANKS, TIMES };

static uint64_t rank_of(const struct pause_config *config, uint32_t node)
{
    return sim_draw_mix(sim_draw_mix(config->seed, RANKS), node);
}

bool pause_is_slow(const struct pause_config *config, uint32_t node)
{
    uint32_t before = 0;
    uint64_t rank = rank_of(config, node);
    CHECK(node < config->nodes);
    for (uint32_t i = 0; i < config->nodes; i++) {
        uint64_t other = rank_of(config, i);
        before += other < rank || (other == rank && i < node);
    }
    return before < config->slow;
}

static void next(struct pause *p)
{
    const struct pause_config *c = p->config;
    uint64_t duration = durations_ms[sim_draw_below(&p->draw, PAUSE_DURATIONS)] * MS;
    uint64_t interval = intervals_ms[sim_draw_below(&p->draw, PAUSE_INTERVALS)] * MS;
    p->begin_ns = p->end_ns + (c->interval_ns > 0 ? c->interval_ns : interval);
    p->end_ns = p->begin_ns + (c->duration_ns > 0 ? c->duration_ns : duration);
}

void pause_init(struct pause *p, const struct pause_config *config, uint32_t node)
{
    uint64_t owner = config->is_together ? 0 : node;
    *p = (struct pause){.config = config,
                        .draw = {.state = sim_draw_mix(sim_draw_mix(config->seed, TIMES), owner)},
                        .begin_ns = UINT64_MAX,
                        .end_ns = UINT64_MAX};
    if (pause_is_slow(config, node)) {
        p->end_ns = config->start_ns;
        next(p);
    }
}

uint64_t pause_end(struct pause *p, uint64_t now)
{
    while (now >= p->end_ns) {
        next(p);
    }
    return now >= p->begin_ns ? p->end_ns : 0;
}

void pause_cell(struct pause_config *config, uint32_t cell)
{
    CHECK(cell < PAUSE_DURATIONS * PAUSE_INTERVALS);
    config->duration_ns = durations_ms[cell / PAUSE_INTERVALS] * MS;
    config->interval_ns = intervals_ms[cell % PAUSE_INTERVALS] * MS;
}
