/*
 * Faults that are on, and what each does to frames, dials and clocks. Draws come from a stream of
 * the fault's own.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/world_core.h"

#define STALLS_MAX 6 /* doublings of a stream's pause */

static bool is_hostile(enum scenario_fault_kind kind)
{
    return kind == SCENARIO_SILENT || kind == SCENARIO_LIAR || kind == SCENARIO_REPLAY ||
           kind == SCENARIO_FLOOD;
}

void world_fault_on(struct world *w, const struct scenario_fault *fault)
{
    w->faults = mem_resize(w->faults, (w->fault_count + 1) * sizeof w->faults[0]);
    struct world_fault *f = &w->faults[w->fault_count++];
    *f = (struct world_fault){.fault = *fault};
    f->hit = mem_new_array(w->config.nodes / 8 + 1, 1);
    random_seeded_init(&f->seeded, w->config.seed * UINT64_C(7919) + fault->id);
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        bool is_hit = scenario_hits(fault, w->config.seed, i);
        f->hit[i >> 3] |= (uint8_t)(is_hit ? 1u << (i & 7) : 0);
        if (is_hit && is_hostile(fault->kind) && w->nodes[i].hostile == 0) {
            world_hostile_begin(w, i, fault);
        }
    }
}

void world_fault_off(struct world *w, uint32_t fault_id)
{
    for (size_t k = 0; k < w->fault_count; k++) {
        struct world_fault *f = &w->faults[k];
        if (f->fault.id != fault_id) {
            continue;
        }
        for (uint32_t i = 0; is_hostile(f->fault.kind) && i < w->config.nodes; i++) {
            if (world_is_hit(f, i)) {
                world_hostile_end(w, i);
            }
        }
        mem_free(f->hit);
        w->fault_count--;
        memmove(f, f + 1, (w->fault_count - k) * sizeof *f);
        return;
    }
}

void world_fault_clear(struct world *w)
{
    CHECK(w->fault_count == 0);
    mem_free(w->faults);
    w->faults = NULL;
}

static bool draw(struct world_fault *f, struct scenario_ratio ratio)
{
    struct random random = random_from_seeded(&f->seeded);
    return random_below(&random, ratio.whole) < ratio.part;
}

static void stall(struct world_fault *f, struct world_trip *trip, uint64_t delay_ns)
{
    uint64_t pause = WORLD_STALL_NS + 2 * delay_ns;
    for (int i = 0; i < STALLS_MAX && draw(f, f->fault.rate); i++) {
        trip->at_ns += pause;
        pause *= 2;
    }
}

/* Held back to the end of the fault; for ever, if it has none. */
static void hold(const struct world *w, const struct world_fault *f, struct world_trip *trip)
{
    uint64_t end = WORLD_S + f->fault.end_ms * WORLD_MS; /* a world begins at its first second */
    uint64_t delay = trip->at_ns - world_now(w);
    if (f->fault.end_ms == 0) {
        trip->copies = 0;
    } else if (trip->at_ns < end + delay) {
        trip->at_ns = end + delay;
    }
}

/* Between those hit and those not: what a partition, or one direction of it, keeps back. */
static void cut(const struct world *w, const struct world_fault *f, struct world_trip *trip)
{
    if (w->config.is_stream) {
        hold(w, f, trip);
    } else {
        trip->copies = 0;
    }
}

/* Wait for the sender's line to be free. */
static void queue(struct world *w, const struct world_fault *f, uint32_t from, size_t len,
                  struct world_trip *trip)
{
    struct world_node *n = &w->nodes[from];
    uint64_t now = world_now(w);
    uint64_t begin = n->line_ns > now ? n->line_ns : now;
    n->line_ns = begin + len * WORLD_S / f->fault.amount;
    trip->at_ns += n->line_ns - now;
}

/* A cable of a node that is hit. */
static void disturb(struct world *w, struct world_fault *f, struct world_trip *trip)
{
    struct random random = random_from_seeded(&f->seeded);
    if (f->fault.kind == SCENARIO_LOSS && w->config.is_stream) {
        stall(f, trip, trip->at_ns - world_now(w));
    } else if (f->fault.kind == SCENARIO_LOSS) {
        trip->copies = draw(f, f->fault.rate) ? 0 : trip->copies;
    } else if (f->fault.kind == SCENARIO_DUPLICATE) {
        trip->copies += trip->copies > 0 && draw(f, f->fault.rate);
    } else if (f->fault.kind == SCENARIO_REORDER) {
        trip->at_ns += random_below(&random, f->fault.amount * WORLD_MS + 1);
        trip->is_disordered = true;
    } else if (f->fault.kind == SCENARIO_DELAY) {
        trip->at_ns += f->fault.amount * WORLD_MS;
    } else if (f->fault.kind == SCENARIO_CLOG) {
        hold(w, f, trip);
    }
}

static void pass(struct world *w, struct world_fault *f, uint32_t from, uint32_t to, size_t len,
                 struct world_trip *trip)
{
    bool is_from = world_is_hit(f, from);
    bool is_to = world_is_hit(f, to);
    if (f->fault.kind == SCENARIO_PARTITION && is_from != is_to) {
        cut(w, f, trip);
    } else if (f->fault.kind == SCENARIO_ONE_WAY && is_from && !is_to) {
        cut(w, f, trip);
    } else if (f->fault.kind == SCENARIO_BANDWIDTH && is_from) {
        queue(w, f, from, len, trip);
    } else if (is_from || is_to) {
        disturb(w, f, trip);
    }
}

void world_fault_trip(struct world *w, uint32_t from, uint32_t to, size_t len,
                      struct world_trip *trip)
{
    for (size_t k = 0; k < w->fault_count; k++) {
        pass(w, &w->faults[k], from, to, len, trip);
    }
}

bool world_fault_is_open(const struct world *w, uint32_t from, uint32_t to)
{
    for (size_t k = 0; k < w->fault_count; k++) {
        const struct world_fault *f = &w->faults[k];
        bool is_cut = world_is_hit(f, from) != world_is_hit(f, to);
        if (is_cut && (f->fault.kind == SCENARIO_PARTITION ||
                       (f->fault.kind == SCENARIO_ONE_WAY && world_is_hit(f, from)))) {
            return false;
        }
    }
    return true;
}

bool world_fault_is_clogged(const struct world *w, uint32_t from, uint32_t to)
{
    for (size_t k = 0; k < w->fault_count; k++) {
        const struct world_fault *f = &w->faults[k];
        if (f->fault.kind == SCENARIO_CLOG && (world_is_hit(f, from) || world_is_hit(f, to))) {
            return true;
        }
    }
    return false;
}

bool world_fault_is_dialable(const struct world *w, uint32_t to)
{
    for (size_t k = 0; k < w->fault_count; k++) {
        if (w->faults[k].fault.kind == SCENARIO_NAT && world_is_hit(&w->faults[k], to)) {
            return false;
        }
    }
    return true;
}

bool world_fault_is_still(struct world *w, uint32_t i)
{
    struct world_node *n = &w->nodes[i];
    uint64_t now = world_now(w);
    for (size_t k = 0; k < w->fault_count; k++) {
        struct world_fault *f = &w->faults[k];
        if (f->fault.kind != SCENARIO_SLOW || !world_is_hit(f, i) || now < n->awake_until_ns) {
            continue;
        }
        /* Short pauses are commoner: a half, a quarter ... of the longest. */
        struct random random = random_from_seeded(&f->seeded);
        uint64_t longest = f->fault.amount * WORLD_MS >> random_below(&random, 7);
        n->still_until_ns = now + random_below(&random, longest + 1);
        n->awake_until_ns = n->still_until_ns + random_below(&random, 4 * WORLD_S);
    }
    return now < n->still_until_ns;
}
