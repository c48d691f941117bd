/*
 * One candidate after the other; each that fails the same check takes the place of the best.
 * Nothing here draws, so one scenario and one runner give one result.
 */
#include "swarm/shrink.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define SECOND_MS UINT64_C(1000)
#define ROUNDS_MAX 16 /* of all knobs; each but the last has taken something away */

struct shrink {
    struct shrink_result *best;
    struct scenario *trial; /* the candidate */
    const struct shrink_runner *runner;
    const char *why; /* of the first failure */
    uint32_t runs_max;
    bool is_over; /* the budget is used up, or the runner said so */
    bool has_changed;
};

/* A number of a scenario that can be smaller. */
struct knob {
    uint64_t (*get)(const struct scenario *s, size_t which);
    /* False when nothing sensible has this number. */
    bool (*set)(struct scenario *s, size_t which, uint64_t value);
    uint64_t least;
    uint64_t unit; /* steps are multiples of it */
    bool is_of_fault;
};

/* ---- Which check failed ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_end(char c)
{
    return c == '\0' || c == ':';
}

static const char *skip_number(const char *at)
{
    while (is_digit(*at)) {
        at++;
    }
    return at;
}

bool shrink_is_same_check(const char *why, const char *other)
{
    while (!is_end(*why) && !is_end(*other)) {
        if (is_digit(*why) != is_digit(*other)) {
            return false;
        }
        if (is_digit(*why)) {
            why = skip_number(why);
            other = skip_number(other);
        } else if (*why++ != *other++) {
            return false;
        }
    }
    return is_end(*why) && is_end(*other);
}

/* ---- A candidate ---- */

/* Run the trial; when it fails the same check it is the best from now on. */
static bool try_it(struct shrink *k)
{
    char ignored[RUN_WHY_MAX];
    struct run_result result = {.is_passed = false};
    if (k->is_over || scenario_check(k->trial, ignored, sizeof ignored) < 0) {
        return false;
    }
    if (k->best->runs == k->runs_max) {
        k->is_over = true;
        return false;
    }
    k->best->runs++;
    if (k->runner->run(k->runner->context, k->trial, &result) < 0) {
        k->is_over = true;
        return false;
    }
    bool is_same = !result.is_passed && shrink_is_same_check(k->why, result.why);
    if (is_same) {
        k->best->scenario = *k->trial;
        k->best->hash = result.hash;
        memcpy(k->best->why, result.why, sizeof k->best->why);
        k->has_changed = true;
    }
    run_result_clear(&result);
    return is_same;
}

/* ---- Faults ---- */

/* Without the faults from `start` to before `end`. */
static bool try_without(struct shrink *k, size_t start, size_t end)
{
    struct scenario *t = k->trial;
    *t = k->best->scenario;
    memmove(&t->faults[start], &t->faults[end], (t->fault_count - end) * sizeof t->faults[0]);
    t->fault_count -= end - start;
    memset(&t->faults[t->fault_count], 0, (end - start) * sizeof t->faults[0]);
    return try_it(k);
}

/* Every run of `chunk` faults once; true when some of them went. */
static bool shrink_chunks(struct shrink *k, size_t chunk)
{
    const struct scenario *best = &k->best->scenario;
    bool has_gone = false;
    size_t start = 0;
    while (start < best->fault_count && !k->is_over) {
        size_t end = start + chunk < best->fault_count ? start + chunk : best->fault_count;
        if (try_without(k, start, end)) {
            has_gone = true; /* the next ones have moved here */
        } else {
            start = end;
        }
    }
    return has_gone;
}

/* Until no single fault can go. */
static void shrink_faults(struct shrink *k)
{
    size_t chunk = k->best->scenario.fault_count;
    while (chunk > 0 && k->best->scenario.fault_count > 0 && !k->is_over) {
        bool has_gone = shrink_chunks(k, chunk);
        chunk = chunk == 1 && has_gone ? 1 : chunk / 2;
    }
}

/* ---- Numbers ---- */

static uint64_t get_nodes(const struct scenario *s, size_t which)
{
    (void)which;
    return s->nodes;
}

static bool set_nodes(struct scenario *s, size_t which, uint64_t value)
{
    (void)which;
    s->nodes = (uint32_t)value;
    s->senders = s->senders < s->nodes ? s->senders : s->nodes;
    return true;
}

static uint64_t get_senders(const struct scenario *s, size_t which)
{
    (void)which;
    return s->senders;
}

static bool set_senders(struct scenario *s, size_t which, uint64_t value)
{
    (void)which;
    s->senders = (uint32_t)value;
    return true;
}

static uint64_t get_fault_time(const struct scenario *s, size_t which)
{
    (void)which;
    return s->fault_ms;
}

/* Faults that would outlast the time for them end with it. */
static bool set_fault_time(struct scenario *s, size_t which, uint64_t value)
{
    uint64_t end_ms = s->join_ms + value;
    (void)which;
    s->fault_ms = value;
    for (size_t i = 0; i < s->fault_count; i++) {
        struct scenario_fault *f = &s->faults[i];
        f->end_ms = f->end_ms > end_ms ? end_ms : f->end_ms;
    }
    return true;
}

static uint64_t get_join_time(const struct scenario *s, size_t which)
{
    (void)which;
    return s->join_ms;
}

/* Faults come as much earlier. */
static bool set_join_time(struct scenario *s, size_t which, uint64_t value)
{
    uint64_t earlier = s->join_ms - value;
    (void)which;
    s->join_ms = value;
    for (size_t i = 0; i < s->fault_count; i++) {
        struct scenario_fault *f = &s->faults[i];
        if (f->at_ms < earlier) {
            return false;
        }
        f->at_ms -= earlier;
        f->end_ms -= f->end_ms != 0 ? earlier : 0;
    }
    return true;
}

static uint64_t get_length(const struct scenario *s, size_t which)
{
    const struct scenario_fault *f = &s->faults[which];
    return f->end_ms != 0 ? f->end_ms - f->at_ms : 0;
}

static bool set_length(struct scenario *s, size_t which, uint64_t value)
{
    s->faults[which].end_ms = s->faults[which].at_ms + value;
    return true;
}

static const struct knob knobs[] = {
    {get_nodes, set_nodes, 2, 1, false},
    {get_senders, set_senders, 0, 1, false},
    {get_length, set_length, SECOND_MS, SECOND_MS, true},
    {get_fault_time, set_fault_time, 0, SECOND_MS, false},
    {get_join_time, set_join_time, SECOND_MS, SECOND_MS, false},
};

/* Towards the least: the whole way first, then half of it, until one unit less passes. */
static void shrink_number(struct shrink *k, const struct knob *knob, size_t which)
{
    uint64_t value = knob->get(&k->best->scenario, which);
    uint64_t step = value > knob->least ? value - knob->least : 0;
    step -= step % knob->unit;
    while (step > 0 && !k->is_over) {
        *k->trial = k->best->scenario;
        if (knob->set(k->trial, which, value - step) && try_it(k)) {
            value -= step;
            uint64_t left = value - knob->least;
            step = step < left ? step : left;
        } else {
            step /= 2;
        }
        step -= step % knob->unit;
    }
}

static void shrink_numbers(struct shrink *k)
{
    for (size_t i = 0; i < sizeof knobs / sizeof knobs[0]; i++) {
        size_t count = knobs[i].is_of_fault ? k->best->scenario.fault_count : 1;
        for (size_t which = 0; which < count; which++) {
            shrink_number(k, &knobs[i], which);
        }
    }
}

void shrink_scenario(const struct scenario *s, const struct run_result *failed,
                     const struct shrink_runner *runner, uint32_t runs_max,
                     struct shrink_result *out)
{
    struct shrink k = {.best = out, .runner = runner, .why = failed->why, .runs_max = runs_max};
    CHECK(!failed->is_passed);
    memset(out, 0, sizeof *out);
    out->scenario = *s;
    out->hash = failed->hash;
    memcpy(out->why, failed->why, sizeof out->why);
    k.trial = mem_new(sizeof *k.trial);
    k.has_changed = true;
    for (int round = 0; round < ROUNDS_MAX && k.has_changed && !k.is_over; round++) {
        k.has_changed = false;
        shrink_faults(&k);
        shrink_numbers(&k);
    }
    out->is_minimal = !k.is_over && !k.has_changed;
    mem_free(k.trial);
}
