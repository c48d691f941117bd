/*
 * From a scenario to what is printed and written about it.
 */
#include "apps/sim/sim_one.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/sim/files.h"
#include "apps/sim/isolate.h"
#include "apps/sim/outcome.h"
#include "apps/sim/progress.h"
#include "apps/sim/report.h"
#include "apps/sim/result_json.h"
#include "apps/sim/stop.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/toml.h"
#include "swarm/scenario_draw.h"

#define REPLAY_NAME_MAX 128

/* One call of sim_one_run. */
struct attempt {
    struct sim_one *one;
    struct progress progress;
    struct run_result run;
    struct shrink_result *shrunk; /* owned; NULL: not shrunk */
    uint64_t wall_ms;
    uint32_t shrink_runs;              /* so far */
    char replay_name[REPLAY_NAME_MAX]; /* ours, when none was given */
    const char *replay_path;           /* written there; NULL: not written */
};

/* ---- Reading ---- */

int sim_one_load(struct sim_one *one, const char *path)
{
    struct scenario_toml_error error;
    struct buf text;
    buf_init(&text, TOML_SIZE_MAX);
    int code = files_read(one->voice, path, &text);
    if (code == 0 && scenario_toml_read(buf_span(&text), &one->file, &error) < 0) {
        code = one->voice->problem(VOICE_USAGE, "%.512s:%u:%u: %s", path, error.line, error.column,
                                   error.message);
    }
    buf_clear(&text);
    one->is_drawn = false;
    return code;
}

void sim_one_draw(struct sim_one *one, uint64_t seed, unsigned cables)
{
    memset(&one->file, 0, sizeof one->file);
    scenario_draw(seed, cables, &one->file.scenario);
    one->is_drawn = true;
}

int sim_one_change(struct sim_one *one, const uint64_t *seed, const uint64_t *nodes)
{
    char why[SCENARIO_TOML_MESSAGE_MAX];
    struct scenario *s = &one->file.scenario;
    if (seed == NULL && nodes == NULL) {
        return 0;
    }
    one->file.has_expected = false;
    s->seed = seed != NULL ? *seed : s->seed;
    s->nodes = nodes != NULL ? (uint32_t)*nodes : s->nodes;
    if (scenario_check(s, why, sizeof why) < 0) {
        return one->voice->problem(VOICE_USAGE, "the scenario does not go with these options: %s",
                                   why);
    }
    return 0;
}

void sim_one_print(const struct sim_one *one)
{
    struct buf toml;
    buf_init(&toml, SCENARIO_TOML_SIZE_MAX + 1);
    CHECK(scenario_toml_write(&one->file, &toml) == 0);
    one->voice->out("%.*s", (int)toml.len, (const char *)toml.ptr);
    buf_clear(&toml);
}

/* ---- Telling ---- */

static bool is_quiet(const struct sim_one *one)
{
    return one->json_path != NULL && strcmp(one->json_path, "-") == 0;
}

static void tell_scenario(const struct sim_one *one)
{
    const struct scenario *s = &one->file.scenario;
    const struct voice *v = one->voice;
    char length[OUTCOME_VALUE_MAX];
    if (one->is_drawn) {
        sim_one_print(one);
        v->out("\n");
    }
    v->out("%s: %" PRIu32 " nodes, seed %" PRIu64 ", %zu faults, %s\n", s->name, s->nodes, s->seed,
           s->fault_count, outcome_seconds(scenario_end_ms(s), length));
    v->out("on %s\n", outcome_cables(s->cable));
    (void)v->flush();
}

static void tell_figures(const struct voice *v, const struct outcome *o)
{
    char hash[17];
    struct outcome_figure figure;
    v->out("\n");
    /* Of a simulator that died there are none. */
    for (size_t i = 0; o->run->events > 0 && outcome_figure(o, i, &figure); i++) {
        v->out("  %-32s %s\n", figure.label, figure.value);
    }
    v->out("  %-32s %s\n\n", "event hash", outcome_hash(o->run->hash, hash));
    if (o->run->is_passed) {
        v->out("passed\n");
    } else {
        v->out("FAILED: %s\n", o->run->why);
    }
    if (o->replayed != NULL) {
        v->out("replay: %s\n", o->replayed);
    }
    (void)v->flush();
}

static void tell_shrunk(const struct attempt *a)
{
    const struct shrink_result *r = a->shrunk;
    const struct scenario *s = &a->one->file.scenario;
    if (r != NULL) {
        a->one->voice->out("shrunk in %" PRIu32 " runs%s: %zu of %zu faults, %" PRIu32
                           " of %" PRIu32 " nodes, %" PRIu32 " of %" PRIu32 " senders\n",
                           r->runs, r->is_minimal ? "" : " (could be smaller)",
                           r->scenario.fault_count, s->fault_count, r->scenario.nodes, s->nodes,
                           r->scenario.senders, s->senders);
    }
    if (a->replay_path != NULL) {
        a->one->voice->out("run it again: wavu sim %s\n", a->replay_path);
    }
}

/* ---- Running ---- */

static bool go_on_run(void *context, uint64_t at_ms, uint64_t end_ms)
{
    struct attempt *a = context;
    progress_show(&a->progress, "of the run", at_ms, end_ms);
    return !stop_is_wished();
}

/* In a child without a stderr: the bar moves between runs. */
static bool go_on_shrink(void *context, uint64_t at_ms, uint64_t end_ms)
{
    (void)context;
    (void)at_ms;
    (void)end_ms;
    return !stop_is_wished();
}

static int run_smaller(void *context, const struct scenario *s, struct run_result *out)
{
    struct attempt *a = context;
    struct run_progress progress = {go_on_shrink, a};
    progress_show(&a->progress, "of the runs to shrink it", a->shrink_runs, a->one->shrink_runs);
    int rc = isolate_run(a->one->runner, s, &progress, true, out);
    if (rc < 0) {
        run_result_clear(out);
    }
    a->shrink_runs++;
    return rc;
}

static int explain_end(const struct attempt *a, int rc)
{
    const struct voice *v = a->one->voice;
    char at[OUTCOME_VALUE_MAX];
    if (rc == WAVU_ERR_CLOSED) {
        return v->problem(VOICE_FAILED, "stopped after %s of virtual time",
                          outcome_seconds(a->run.virtual_ms, at));
    }
    if (rc == WAVU_ERR_IO) {
        return v->problem(VOICE_FAILED, "the system gives no process to simulate in");
    }
    if (a->run.why[0] != '\0') {
        return v->problem(VOICE_USAGE, "the scenario cannot be run: %s", a->run.why);
    }
    return v->problem(VOICE_USAGE, "this build cannot simulate '%s' cables",
                      scenario_cable_word(a->one->file.scenario.cable));
}

static const char *compare_with_expected(const struct attempt *a)
{
    const struct scenario_file *f = &a->one->file;
    if (!f->has_expected) {
        return NULL;
    }
    if (a->run.is_passed) {
        return f->expected_why[0] == '\0' ? "passes as recorded" : "the failure is gone";
    }
    if (!shrink_is_same_check(a->run.why, f->expected_why)) {
        return "another check fails than the one recorded";
    }
    return a->run.hash == f->expected_hash
               ? "the failure recorded, event for event"
               : "the check recorded fails, after other events: the code has changed since";
}

/* Lower-case letters, digits and dashes of the scenario's name. */
static void name_replay(const struct scenario *s, char out[REPLAY_NAME_MAX])
{
    char slug[SCENARIO_NAME_MAX];
    size_t len = 0;
    for (const char *at = s->name; *at != '\0'; at++) {
        bool is_plain = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9');
        bool is_large = *at >= 'A' && *at <= 'Z';
        if (is_plain || is_large) {
            slug[len++] = (char)(is_large ? *at + 32 : *at);
        } else if (len > 0 && slug[len - 1] != '-') {
            slug[len++] = '-';
        }
    }
    slug[len] = '\0';
    (void)snprintf(out, REPLAY_NAME_MAX, "%s%s%" PRIu64 ".replay.toml", slug,
                   len > 0 && slug[len - 1] != '-' ? "-" : "", s->seed);
}

/* What failed, or the smallest that fails likewise, goes into a file. */
static int write_replay(struct attempt *a)
{
    struct scenario_file *f = mem_new(sizeof *f);
    struct buf toml;
    bool is_shrunk = a->shrunk != NULL;
    f->scenario = is_shrunk ? a->shrunk->scenario : a->one->file.scenario;
    f->has_expected = true;
    f->expected_hash = is_shrunk ? a->shrunk->hash : a->run.hash;
    memcpy(f->expected_why, is_shrunk ? a->shrunk->why : a->run.why, sizeof f->expected_why);
    name_replay(&f->scenario, a->replay_name);
    buf_init(&toml, SCENARIO_TOML_SIZE_MAX);
    CHECK(scenario_toml_write(f, &toml) == 0);
    const char *path = a->one->replay_path != NULL ? a->one->replay_path : a->replay_name;
    int code = files_write(a->one->voice, path, buf_span(&toml));
    a->replay_path = code == 0 ? path : NULL;
    buf_clear(&toml);
    mem_free(f);
    return code;
}

/* After a failure that is not one recorded before. */
static int shrink(struct attempt *a)
{
    struct sim_one *one = a->one;
    struct shrink_runner runner = {run_smaller, a};
    if (one->may_shrink && !stop_is_wished()) {
        a->shrunk = mem_new(sizeof *a->shrunk);
        shrink_scenario(&one->file.scenario, &a->run, &runner, one->shrink_runs, a->shrunk);
        progress_hide(&a->progress);
    }
    return write_replay(a);
}

static int write_files(const struct attempt *a, const struct outcome *o)
{
    const struct sim_one *one = a->one;
    struct text t;
    int code = 0;
    text_init(&t);
    if (one->json_path != NULL) {
        result_json_write(&t, o);
    }
    if (is_quiet(one)) {
        one->voice->out("%s", t.at);
    } else if (one->json_path != NULL) {
        code = files_write(one->voice, one->json_path, span_of(t.at, t.len));
    }
    text_clear(&t);
    if (code == 0 && one->html_path != NULL) {
        report_write(&t, o);
        code = files_write(one->voice, one->html_path, span_of(t.at, t.len));
        text_clear(&t);
    }
    return code;
}

/* It ran to its end: tell, shrink, write. Returns the exit code. */
static int conclude(struct attempt *a)
{
    struct sim_one *one = a->one;
    struct outcome o = {.file = &one->file, .run = &a->run, .wall_ms = a->wall_ms};
    int code = 0;
    o.replayed = compare_with_expected(a);
    if (!is_quiet(one)) {
        tell_figures(one->voice, &o);
    }
    if (!a->run.is_passed && (o.replayed == NULL || one->replay_path != NULL)) {
        code = shrink(a);
    }
    if (!is_quiet(one)) {
        tell_shrunk(a);
    }
    o.shrunk = a->shrunk;
    o.replay_path = a->replay_path;
    int written = write_files(a, &o);
    code = code != 0 ? code : written;
    return code != 0 || a->run.is_passed ? code : VOICE_FAILED;
}

/* Before an hour's run rather than after it. */
static int try_files(const struct sim_one *one)
{
    const char *const paths[] = {is_quiet(one) ? NULL : one->json_path, one->html_path,
                                 one->replay_path};
    int code = 0;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && code == 0; i++) {
        code = paths[i] != NULL ? files_try(one->voice, paths[i]) : 0;
    }
    return code;
}

int sim_one_run(struct sim_one *one)
{
    struct attempt a = {.one = one};
    struct run_progress progress = {go_on_run, &a};
    int code = try_files(one);
    if (code != 0) {
        return code;
    }
    stop_listen();
    progress_start(&a.progress, one->voice->is_quiet());
    if (!is_quiet(one)) {
        tell_scenario(one);
    }
    uint64_t begun_ms = progress_now_ms();
    int rc = isolate_run(one->runner, &one->file.scenario, &progress, false, &a.run);
    a.wall_ms = progress_now_ms() - begun_ms;
    progress_hide(&a.progress);
    code = rc < 0 ? explain_end(&a, rc) : conclude(&a);
    run_result_clear(&a.run);
    mem_free(a.shrunk);
    return code;
}
