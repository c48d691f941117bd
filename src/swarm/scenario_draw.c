/*
 * One stream of random numbers for each purpose, so that a new option shifts none of the others;
 * and one for each fault.
 */
#include "swarm/scenario_draw.h"

#include <string.h>

#include "base/check.h"
#include "base/random.h"
#include "base/wr.h"
#include "overlay/plumtree.h"
#include "overlay/plumtree_cache.h"

#define TENTH_MS 100 /* times are multiples of it, for whoever reads them */

enum purpose { SIZE, CABLES, DELAYS, TIMES, TRAFFIC, DEGREES, INTERVALS, KINDS, COUNT, FAULTS };

struct range {
    uint64_t min;
    uint64_t max;
};

/* What a kind draws. Amounts are ms, bytes or messages a second, as the kind has them. */
struct shape {
    struct range amount;
    struct range length_ms; /* of those that end */
    bool is_lasting;        /* may go on until all faults stop */
    bool is_heavy;          /* hits few, see draw_fault */
};

static const struct shape shapes[SCENARIO_FAULT_KINDS] = {
    [SCENARIO_LOSS] = {{0, 0}, {2000, 60000}, true, false},
    [SCENARIO_DUPLICATE] = {{0, 0}, {2000, 60000}, true, false},
    [SCENARIO_REORDER] = {{5, 500}, {2000, 60000}, true, false},
    [SCENARIO_DELAY] = {{10, 1000}, {2000, 60000}, true, false},
    [SCENARIO_CLOG] = {{0, 0}, {500, 20000}, false, false},
    [SCENARIO_BANDWIDTH] = {{2000, 50000}, {2000, 40000}, true, false},
    [SCENARIO_PARTITION] = {{0, 0}, {1000, 60000}, true, false},
    [SCENARIO_ONE_WAY] = {{0, 0}, {1000, 40000}, true, false},
    [SCENARIO_NAT] = {{0, 0}, {5000, 60000}, true, false},
    [SCENARIO_CRASH] = {{0, 0}, {1000, 60000}, true, true},
    [SCENARIO_RESET] = {{0, 0}, {1000, 60000}, true, true},
    [SCENARIO_CHURN] = {{1000, 20000}, {5000, 60000}, true, false},
    [SCENARIO_TORN] = {{0, 0}, {1000, 30000}, false, false},
    [SCENARIO_SKEW] = {{100, 600000}, {1000, 2000}, false, false},
    [SCENARIO_SLOW] = {{100, 5000}, {2000, 60000}, true, false},
    [SCENARIO_SILENT] = {{0, 0}, {5000, 60000}, true, true},
    [SCENARIO_LIAR] = {{0, 0}, {5000, 60000}, true, true},
    [SCENARIO_REPLAY] = {{0, 0}, {5000, 60000}, true, true},
    [SCENARIO_FLOOD] = {{10, 200}, {5000, 60000}, true, true},
};

/* One source of draws. */
struct dice {
    struct random_seeded seeded;
    struct random random;
};

static void dice_start(struct dice *d, uint64_t seed, uint64_t purpose)
{
    random_seeded_init(&d->seeded, seed ^ (purpose + 1) * UINT64_C(0x9e3779b97f4a7c15));
    d->random = random_from_seeded(&d->seeded);
}

static uint64_t below(struct dice *d, uint64_t bound)
{
    return random_below(&d->random, bound);
}

static uint64_t within(struct dice *d, struct range r)
{
    return r.min + below(d, r.max - r.min + 1);
}

/* As within, but small values as often as large ones: the width is halved now and then. */
static uint64_t within_log(struct dice *d, struct range r)
{
    uint64_t width = r.max - r.min;
    for (uint64_t halvings = below(d, 6); halvings > 0 && width > 1; halvings--) {
        width /= 2;
    }
    return r.min + below(d, width + 1);
}

static uint64_t one_of(struct dice *d, const uint32_t *values, size_t count)
{
    return values[below(d, count)];
}

#define ONE_OF(d, ...)                                                                             \
    one_of(d, (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static uint64_t in_tenths(uint64_t ms)
{
    return ms < TENTH_MS ? TENTH_MS : ms - ms % TENTH_MS;
}

/* ---- All but the faults ---- */

static void draw_size(struct dice *d, struct scenario *s)
{
    struct range usual = {SCENARIO_DRAW_NODES_MIN, SCENARIO_DRAW_NODES_MAX};
    struct range crowd = {SCENARIO_DRAW_NODES_MAX, SCENARIO_DRAW_CROWD_MAX};
    struct range whole = {3, SCENARIO_DRAW_WHOLE_MAX};
    s->nodes = (uint32_t)within(d, below(d, 16) == 0 ? crowd : usual);
    if (s->cable == SCENARIO_WHOLE) {
        s->nodes = (uint32_t)within(d, whole);
    }
}

static void draw_cable(struct dice *d, unsigned cables, struct scenario *s)
{
    enum scenario_cable allowed[SCENARIO_WHOLE + 1];
    size_t count = 0;
    for (unsigned i = SCENARIO_MESSAGE; i <= SCENARIO_WHOLE; i++) {
        if ((cables & 1u << i) != 0) {
            allowed[count++] = (enum scenario_cable)i;
        }
    }
    CHECK(count > 0);
    s->cable = allowed[below(d, count)];
}

/* A LAN, a country, the world, or all of them at once. */
static void draw_delays(struct dice *d, struct scenario *s)
{
    static const struct range places[] = {{1, 5}, {10, 50}, {40, 250}, {1, 250}};
    struct range place = places[below(d, sizeof places / sizeof places[0])];
    s->delay_min_ms = (uint32_t)place.min;
    s->delay_max_ms = (uint32_t)within(d, (struct range){place.min + 1, place.max});
}

static void draw_traffic(struct dice *d, struct scenario *s)
{
    uint64_t most = s->nodes < 8 ? s->nodes : 8;
    s->senders = (uint32_t)(below(d, 10) == 0 ? 0 : within_log(d, (struct range){1, most}));
    s->say_ms = ONE_OF(d, 250, 500, 1000, 1000, 2000, 5000);
    s->say_bytes = (uint32_t)(below(d, 20) == 0 ? within(d, (struct range){16, 16384})
                                                : within(d, (struct range){16, 512}));
}

/* The defaults most of the time. */
static void draw_degrees(struct dice *d, struct scenario *s)
{
    if (below(d, 4) == 0) {
        s->min_degree = (uint16_t)within(d, (struct range){3, 4});
        s->max_degree = (uint16_t)within(d, (struct range){s->min_degree + 1u, 6});
    }
}

static void draw_intervals(struct dice *d, struct scenario *s)
{
    bool is_own[5];
    for (size_t i = 0; i < 5; i++) {
        is_own[i] = below(d, 3) == 0;
    }
    s->gossip_ms = is_own[0] ? ONE_OF(d, 500, 1000, 2000, 4000) : 0;
    s->heartbeat_ms = is_own[1] ? ONE_OF(d, 300, 500, 1000, 2000) : 0;
    s->rebalance_ms = is_own[2] ? ONE_OF(d, 2000, 5000, 10000) : 0;
    s->ihave_ms = is_own[3] ? ONE_OF(d, 200, 500, 1000) : 0;
    s->phi_milli = is_own[4] ? (uint32_t)ONE_OF(d, 6000, 8000, 10000, 12000) : 0;
}

/* Larger and slower meshes take longer to come together, and to heal. */
static void draw_times(struct dice *d, struct scenario *s)
{
    uint64_t gossip_ms = s->gossip_ms != 0 ? s->gossip_ms : 1000;
    uint64_t rebalance_ms = s->rebalance_ms != 0 ? s->rebalance_ms : 5000;
    s->join_ms = in_tenths(within(d, (struct range){5000, 15000}) + UINT64_C(50) * s->nodes);
    s->fault_ms = in_tenths(within(d, (struct range){10000, 90000}));
    s->settle_ms = 60000 + 10 * gossip_ms + 4 * rebalance_ms;
}

/* A node keeps so many bytes of one origin, and of all, for those who cannot be reached; what a
 * partition lasts beyond them is lost by design. All that is said from the first fault until a
 * minute after the last one takes half of that at most. */
static void bound_traffic(struct scenario *s)
{
    uint64_t count = (s->fault_ms + 60000) / s->say_ms + 1;
    uint64_t senders = s->senders > 0 ? s->senders : 1;
    uint64_t room = PLUMTREE_CACHE_BYTES_MAX / PLUMTREE_CACHE_SHARE_MAX / 2 * senders;
    room = room < PLUMTREE_CACHE_BYTES_MAX / 2 ? room : PLUMTREE_CACHE_BYTES_MAX / 2;
    s->say_bytes = s->say_bytes * count > room ? (uint32_t)(room / count) : s->say_bytes;
}

/* ---- Faults ---- */

static bool can_be(enum scenario_fault_kind kind, enum scenario_cable cable)
{
    if (kind == SCENARIO_TORN) {
        return cable == SCENARIO_WHOLE;
    }
    if (kind == SCENARIO_LIAR || kind == SCENARIO_REPLAY) {
        return cable != SCENARIO_WHOLE;
    }
    return cable != SCENARIO_STREAM || (kind != SCENARIO_DUPLICATE && kind != SCENARIO_REORDER);
}

/* The kinds that this seed has: each with a chance of one half. */
static size_t draw_kinds(struct dice *d, const struct scenario *s,
                         enum scenario_fault_kind out[SCENARIO_FAULT_KINDS])
{
    size_t count = 0;
    for (size_t i = 0; i < SCENARIO_FAULT_KINDS; i++) {
        bool is_on = below(d, 2) == 0;
        if (is_on && can_be((enum scenario_fault_kind)i, s->cable)) {
            out[count++] = (enum scenario_fault_kind)i;
        }
    }
    return count;
}

static struct scenario_ratio draw_rate(struct dice *d)
{
    return (struct scenario_ratio){1, (uint32_t)ONE_OF(d, 5, 10, 20, 50, 100, 1000)};
}

static void draw_hit(struct dice *d, const struct scenario *s, struct scenario_fault *f)
{
    bool is_split = f->kind == SCENARIO_PARTITION || f->kind == SCENARIO_ONE_WAY;
    bool is_one = below(d, 3) == 0;
    uint64_t node = below(d, s->nodes);
    uint64_t whole = ONE_OF(d, 1, 2, 4, 10);
    whole = is_split && whole == 1 ? 2 : whole;
    whole = shapes[f->kind].is_heavy ? 8 : whole;
    f->node = is_one ? (uint32_t)node : SCENARIO_EVERYWHERE;
    f->share = (struct scenario_ratio){1, is_one ? 1 : (uint32_t)whole};
}

/* `heavy` counts the faults so far that take nodes away: two at an eighth each leave most nodes
 * alive and honest; the later ones hit one node each and are over after a while. */
static void draw_fault(struct dice *d, const struct scenario *s, struct scenario_fault *f,
                       size_t *heavy)
{
    const struct shape *shape = &shapes[f->kind];
    uint64_t end_ms = s->join_ms + s->fault_ms;
    /* One in eight may come while nodes still join. */
    uint64_t begin_ms = below(d, 8) == 0 ? s->join_ms / 2 : s->join_ms;
    f->at_ms = in_tenths(begin_ms + below(d, end_ms - begin_ms - TENTH_MS));
    bool is_lasting = below(d, 4) == 0 && shape->is_lasting;
    uint64_t length_ms = in_tenths(within_log(d, shape->length_ms));
    draw_hit(d, s, f);
    if (shape->is_heavy && (*heavy)++ >= 2) {
        f->node = (uint32_t)below(d, s->nodes);
        f->share = (struct scenario_ratio){1, 1};
        is_lasting = false;
    }
    f->end_ms = is_lasting ? 0 : f->at_ms + length_ms;
    f->end_ms = f->end_ms > end_ms ? end_ms : f->end_ms;
    if (f->kind == SCENARIO_LOSS || f->kind == SCENARIO_DUPLICATE) {
        f->rate = draw_rate(d);
    }
    f->amount = shape->amount.max > 0 ? within_log(d, shape->amount) : 0;
}

static void draw_faults(uint64_t seed, struct scenario *s)
{
    enum scenario_fault_kind kinds[SCENARIO_FAULT_KINDS];
    struct dice d;
    size_t heavy = 0;
    dice_start(&d, seed, KINDS);
    size_t kind_count = draw_kinds(&d, s, kinds);
    dice_start(&d, seed, COUNT);
    s->fault_count = kind_count > 0 ? below(&d, SCENARIO_DRAW_FAULTS_MAX + 1) : 0;
    for (size_t i = 0; i < s->fault_count; i++) {
        dice_start(&d, seed, FAULTS + i);
        s->faults[i].id = (uint32_t)i + 1;
        s->faults[i].kind = kinds[below(&d, kind_count)];
        draw_fault(&d, s, &s->faults[i], &heavy);
    }
}

static void name_it(uint64_t seed, struct scenario *s)
{
    struct wr w;
    memset(s->name, 0, sizeof s->name);
    wr_init(&w, span_mut_of(s->name, sizeof s->name));
    wr_text(&w, "drawn from ");
    wr_decimal(&w, seed);
    CHECK(wr_finish_text(&w) == 0);
}

void scenario_draw(uint64_t seed, unsigned cables, struct scenario *out)
{
    struct dice d;
    scenario_init(out);
    name_it(seed, out);
    out->seed = seed;
    dice_start(&d, seed, CABLES);
    draw_cable(&d, cables, out);
    dice_start(&d, seed, SIZE);
    draw_size(&d, out);
    dice_start(&d, seed, DELAYS);
    draw_delays(&d, out);
    dice_start(&d, seed, TRAFFIC);
    draw_traffic(&d, out);
    dice_start(&d, seed, DEGREES);
    draw_degrees(&d, out);
    dice_start(&d, seed, INTERVALS);
    draw_intervals(&d, out);
    dice_start(&d, seed, TIMES);
    draw_times(&d, out);
    bound_traffic(out);
    draw_faults(seed, out);
}
