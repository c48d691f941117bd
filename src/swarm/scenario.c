/*
 * Bounds of a scenario, its words, and who is hit: a hash of seed, fault and node, so that neither
 * other faults nor other nodes change it.
 */
#include "swarm/scenario.h"

#include <string.h>

#include "base/check.h"
#include "base/wr.h"
#include "overlay/views.h"

#define DELAY_MAX_MS 60000
#define TIME_MAX_MS (UINT64_C(30) * 24 * 3600 * 1000)
#define SAY_BYTES_MIN 16
#define OWED_MS 240000 /* PLUMTREE_CACHE_NS is 300 s */
#define SAY_BYTES_MAX 32768

static const char *const FAULT_WORDS[SCENARIO_FAULT_KINDS] = {
    "loss",    "duplicate", "reorder", "delay",  "clog",  "bandwidth", "partition",
    "one-way", "nat",       "crash",   "reset",  "churn", "torn",      "skew",
    "slow",    "silent",    "liar",    "replay", "flood"};

static const char *const CABLE_WORDS[] = {"message", "stream", "whole"};

const char *scenario_fault_word(enum scenario_fault_kind kind)
{
    return kind < SCENARIO_FAULT_KINDS ? FAULT_WORDS[kind] : NULL;
}

const char *scenario_cable_word(enum scenario_cable cable)
{
    return cable <= SCENARIO_WHOLE ? CABLE_WORDS[cable] : NULL;
}

void scenario_init(struct scenario *s)
{
    memset(s, 0, sizeof *s);
    memcpy(s->name, "quiet", sizeof "quiet");
    s->seed = 1;
    s->nodes = 50;
    s->cable = SCENARIO_MESSAGE;
    s->delay_min_ms = 10;
    s->delay_max_ms = 50;
    s->join_ms = 10000;
    s->fault_ms = 30000;
    s->settle_ms = 60000;
    s->senders = 1;
    s->say_ms = 1000;
    s->say_bytes = 64;
}

uint64_t scenario_end_ms(const struct scenario *s)
{
    return s->join_ms + s->fault_ms + s->settle_ms;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= UINT64_C(0x7fb5d329728ea185);
    x ^= x >> 27;
    x *= UINT64_C(0x81dadef4bc2dd44d);
    return x ^ (x >> 33);
}

bool scenario_hits(const struct scenario_fault *f, uint64_t seed, uint32_t node)
{
    if (f->node != SCENARIO_EVERYWHERE) {
        return f->node == node;
    }
    uint64_t draw = mix(mix(mix(seed + 1) + f->id) + node);
    return draw % f->share.whole < f->share.part;
}

bool scenario_is_owed(const struct scenario *s, uint64_t said_ms)
{
    uint64_t stop = s->join_ms + s->fault_ms;
    uint64_t age = stop > said_ms ? stop - said_ms : 0;
    for (size_t i = 0; i < s->fault_count; i++) {
        const struct scenario_fault *f = &s->faults[i];
        age += f->kind == SCENARIO_SKEW && f->at_ms >= said_ms ? f->amount : 0;
    }
    return age <= OWED_MS;
}

static bool is_ratio(struct scenario_ratio r)
{
    return r.whole > 0 && r.part <= r.whole;
}

static const char *wrong_with_fault(const struct scenario *s, const struct scenario_fault *f)
{
    if (f->kind >= SCENARIO_FAULT_KINDS) {
        return "its kind is unknown";
    }
    if (f->at_ms >= s->join_ms + s->fault_ms || f->end_ms > s->join_ms + s->fault_ms) {
        return "it is outside the time for faults (join and fault)";
    }
    if (f->end_ms != 0 && f->end_ms <= f->at_ms) {
        return "it ends before it begins";
    }
    if (f->node != SCENARIO_EVERYWHERE && f->node >= s->nodes) {
        return "its node is not there: they are numbered from 0";
    }
    if (f->node == SCENARIO_EVERYWHERE && !is_ratio(f->share)) {
        return "its share is no ratio of at most 1";
    }
    bool has_rate = f->kind == SCENARIO_LOSS || f->kind == SCENARIO_DUPLICATE;
    if (has_rate && f->rate.whole == 0) {
        return "its rate is missing";
    }
    if (has_rate && !is_ratio(f->rate)) {
        return "its rate is no ratio of at most 1";
    }
    bool has_amount = f->kind == SCENARIO_REORDER || f->kind == SCENARIO_DELAY ||
                      f->kind == SCENARIO_BANDWIDTH || f->kind == SCENARIO_CHURN ||
                      f->kind == SCENARIO_SKEW || f->kind == SCENARIO_SLOW ||
                      f->kind == SCENARIO_FLOOD;
    if (has_amount && f->amount == 0) {
        return "its amount is missing";
    }
    if (s->cable == SCENARIO_STREAM &&
        (f->kind == SCENARIO_DUPLICATE || f->kind == SCENARIO_REORDER)) {
        return "streams neither double nor reorder";
    }
    if (s->cable != SCENARIO_WHOLE && f->kind == SCENARIO_TORN) {
        return "bare overlays have no disk";
    }
    if (s->cable == SCENARIO_WHOLE && (f->kind == SCENARIO_LIAR || f->kind == SCENARIO_REPLAY)) {
        return "whole nodes neither lie nor repeat what they heard; bare overlays do";
    }
    return NULL;
}

static const char *wrong_with(const struct scenario *s)
{
    uint32_t nodes_max = s->cable == SCENARIO_WHOLE ? SCENARIO_WHOLE_MAX : SCENARIO_NODES_MAX;
    if (s->cable > SCENARIO_WHOLE) {
        return "the kind of cable is unknown";
    }
    if (s->nodes < 2 || s->nodes > nodes_max) {
        return s->cable == SCENARIO_WHOLE ? "whole nodes are 2 to 200" : "nodes are 2 to 200000";
    }
    if (s->delay_min_ms == 0 || s->delay_min_ms > s->delay_max_ms ||
        s->delay_max_ms > DELAY_MAX_MS) {
        return "delays are 1 to 60000 ms, the least first";
    }
    if (s->join_ms == 0 || s->join_ms > TIME_MAX_MS || s->fault_ms > TIME_MAX_MS ||
        s->settle_ms > TIME_MAX_MS) {
        return "times are at most 30 days, and joining takes some";
    }
    if (s->senders > s->nodes) {
        return "there are more senders than nodes";
    }
    if (s->senders > 0 &&
        (s->say_ms == 0 || s->say_bytes < SAY_BYTES_MIN || s->say_bytes > SAY_BYTES_MAX)) {
        return "broadcasts need an interval, and 16 to 32768 bytes";
    }
    uint32_t most = s->max_degree != 0 ? s->max_degree : VIEWS_ACTIVE_MAX;
    if (s->min_degree > most) {
        return "min_degree is above max_degree";
    }
    if (most > VIEWS_ACTIVE_LIMIT - VIEWS_ACTIVE_SPARE) {
        return "max_degree is at most 12";
    }
    return s->fault_count > SCENARIO_FAULTS_MAX ? "there are more than 256 faults" : NULL;
}

static int refuse(char *why, size_t why_size, const struct scenario_fault *f, const char *what)
{
    struct wr w;
    wr_init(&w, span_mut_of(why, why_size - 1));
    if (f != NULL) {
        wr_text(&w, "fault ");
        wr_decimal(&w, f->id);
        wr_text(&w, ": ");
    }
    wr_text(&w, what);
    why[wr_span(&w).len] = '\0';
    return WAVU_ERR_INVALID;
}

int scenario_check(const struct scenario *s, char *why, size_t why_size)
{
    CHECK(why_size > 0);
    const char *what = wrong_with(s);
    if (what != NULL) {
        return refuse(why, why_size, NULL, what);
    }
    for (size_t i = 0; i < s->fault_count; i++) {
        what = wrong_with_fault(s, &s->faults[i]);
        for (size_t k = 0; what == NULL && k < i; k++) {
            what = s->faults[k].id == s->faults[i].id ? "another has the same id" : NULL;
        }
        if (what != NULL) {
            return refuse(why, why_size, &s->faults[i], what);
        }
    }
    why[0] = '\0';
    return 0;
}
