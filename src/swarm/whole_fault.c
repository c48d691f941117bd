/*
 * Wires are computed anew from the faults that are on: nothing has to be undone.
 */
#include "swarm/whole_fault.h"

#include <string.h>

#include "base/check.h"
#include "sim/sim.h"
#include "sim/sim_host.h"

#define CHANCES 1000000 /* loss and repetition are rounded to millionths */

static uint64_t base_latency_ns(const struct scenario *s, uint32_t a, uint32_t b)
{
    uint32_t low = a < b ? a : b;
    uint32_t high = a < b ? b : a;
    uint64_t draw = sim_draw_mix(s->seed, (uint64_t)low << 32 | high);
    return (s->delay_min_ms + draw % (s->delay_max_ms - s->delay_min_ms + 1)) * WHOLE_WORLD_MS;
}

/* One of two chances, or both: 1 - (1 - a)(1 - b). */
static uint32_t join_chance(uint32_t millionths, struct scenario_ratio rate)
{
    uint64_t spared = CHANCES - millionths;
    return (uint32_t)(CHANCES - spared * (rate.whole - rate.part) / rate.whole);
}

/* A cable of a node that is hit; false: nothing passes. */
static bool disturb(const struct scenario_fault *f, struct sim_cable_settings *c)
{
    if (f->kind == SCENARIO_LOSS) {
        c->loss_part = join_chance(c->loss_part, f->rate);
    } else if (f->kind == SCENARIO_DUPLICATE) {
        c->repeat_part = join_chance(c->repeat_part, f->rate);
    } else if (f->kind == SCENARIO_REORDER) {
        c->jitter_ns += f->amount * WHOLE_WORLD_MS;
    } else if (f->kind == SCENARIO_DELAY) {
        c->latency_ns += f->amount * WHOLE_WORLD_MS;
    }
    return f->kind != SCENARIO_CLOG;
}

bool whole_fault_wire(const struct whole_world *w, uint32_t from, uint32_t to,
                      struct sim_cable_settings *out)
{
    bool is_open = true;
    *out = (struct sim_cable_settings){
        .latency_ns = base_latency_ns(w->s, from, to), .loss_whole = CHANCES, .mtu = SIM_CABLE_MTU};
    for (size_t k = 0; k < w->fault_count; k++) {
        const struct scenario_fault *f = w->faults[k];
        bool is_from = scenario_hits(f, w->s->seed, from);
        bool is_to = scenario_hits(f, w->s->seed, to);
        if (f->kind == SCENARIO_PARTITION) {
            is_open = is_open && is_from == is_to;
        } else if (f->kind == SCENARIO_ONE_WAY) {
            is_open = is_open && !(is_from && !is_to);
        } else if (f->kind == SCENARIO_BANDWIDTH && is_from) {
            uint64_t rate = out->bytes_per_second;
            out->bytes_per_second = rate == 0 || f->amount < rate ? f->amount : rate;
        } else if (is_from || is_to) {
            is_open = disturb(f, out) && is_open;
        }
    }
    return is_open;
}

static void set_wires(struct whole_world *w)
{
    for (uint32_t from = 0; from < w->s->nodes; from++) {
        for (uint32_t to = 0; to < w->s->nodes; to++) {
            struct sim_cable_settings settings;
            if (from != to) {
                bool is_open = whole_fault_wire(w, from, to, &settings);
                sim_cable_set_one_way(w->nodes[from].host, w->nodes[to].host, &settings);
                sim_cable_cut_one_way(w->nodes[from].host, w->nodes[to].host, !is_open);
            }
        }
    }
}

void whole_fault_started(struct whole_world *w, uint32_t i)
{
    uint64_t stop_ns = (w->s->join_ms + w->s->fault_ms) * WHOLE_WORLD_MS;
    bool is_hidden = false;
    bool is_harmful = false;
    for (size_t k = 0; k < w->fault_count; k++) {
        const struct scenario_fault *f = w->faults[k];
        bool is_hit = scenario_hits(f, w->s->seed, i);
        uint64_t end_ns = f->end_ms == 0 ? stop_ns : f->end_ms * WHOLE_WORLD_MS;
        is_hidden = is_hidden || (is_hit && f->kind == SCENARIO_NAT);
        is_harmful = is_harmful || (is_hit && f->kind >= SCENARIO_SILENT);
        if (is_hit && f->kind == SCENARIO_SILENT) {
            sim_host_stall(w->nodes[i].host, end_ns - sim_now(w->sim));
        }
    }
    w->nodes[i].is_harmful = is_harmful;
    sim_host_set_hidden(w->nodes[i].host, is_hidden);
}

static void apply(struct whole_world *w)
{
    set_wires(w);
    for (uint32_t i = 0; i < w->s->nodes; i++) {
        whole_fault_started(w, i);
    }
}

void whole_fault_init(struct whole_world *w)
{
    set_wires(w);
}

void whole_fault_on(struct whole_world *w, const struct scenario_fault *f)
{
    CHECK(w->fault_count < SCENARIO_FAULTS_MAX && !whole_fault_is_on(w, f));
    w->faults[w->fault_count++] = f;
    apply(w);
}

void whole_fault_off(struct whole_world *w, const struct scenario_fault *f)
{
    for (size_t k = 0; k < w->fault_count; k++) {
        if (w->faults[k] == f) {
            w->fault_count--;
            memmove(&w->faults[k], &w->faults[k + 1], (w->fault_count - k) * sizeof w->faults[0]);
            apply(w);
            return;
        }
    }
}

bool whole_fault_is_on(const struct whole_world *w, const struct scenario_fault *f)
{
    for (size_t k = 0; k < w->fault_count; k++) {
        if (w->faults[k] == f) {
            return true;
        }
    }
    return false;
}
