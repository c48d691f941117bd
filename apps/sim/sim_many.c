/*
 * A child runs one seed and writes one verdict into its pipe; the parent starts children, takes
 * verdicts as children end, and tells of them in the order of the seeds.
 */
#include "apps/sim/sim_many.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/sim/files.h"
#include "apps/sim/isolate.h"
#include "apps/sim/outcome.h"
#include "apps/sim/progress.h"
#include "apps/sim/stop.h"
#include "apps/sim/text.h"
#include "base/check.h"
#include "base/mem.h"
#include "swarm/scenario_draw.h"

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* What a child says; smaller than any pipe's buffer. */
struct verdict {
    bool is_there; /* the child came to its end */
    bool is_passed;
    uint8_t cable;
    uint32_t nodes;
    uint32_t faults;
    uint64_t hash;
    uint64_t failed_ms;
    uint64_t events;
    uint64_t virtual_ms;
    char why[RUN_WHY_MAX];
};

struct child {
    pid_t pid; /* 0: free */
    int fd;    /* where its verdict comes from */
    uint64_t index;
};

/* All of them, as told so far. */
struct tally {
    uint64_t passed;
    uint64_t failed;
    uint64_t events;
    uint64_t virtual_ms;
    uint64_t hash; /* of all hashes, in order */
    uint64_t cables[SCENARIO_WHOLE + 1];
};

struct crowd {
    const struct sim_many *many;
    struct child children[SIM_MANY_JOBS_MAX];
    unsigned jobs;
    unsigned running;
    uint64_t started;          /* seeds */
    uint64_t told;             /* seeds whose verdict was told */
    struct verdict **verdicts; /* owned; of each seed: NULL until it is there, and when told */
    struct tally tally;
    struct text failures; /* JSON objects with a comma behind each */
    struct progress progress;
    bool is_stopping;
};

/* ---- The child ---- */

static bool go_on(void *context, uint64_t at_ms, uint64_t end_ms)
{
    (void)context;
    (void)at_ms;
    (void)end_ms;
    return !stop_is_wished();
}

static void say_verdict(int fd, const struct verdict *v)
{
    ssize_t put = 0;
    do {
        put = write(fd, v, sizeof *v);
    } while (put < 0 && errno == EINTR);
}

/* Run one seed; never returns. */
static void be_child(const struct crowd *c, uint64_t index, int fd)
{
    const struct sim_many *many = c->many;
    struct scenario *s = mem_new(sizeof *s);
    struct run_progress progress = {go_on, NULL};
    struct run_result r = {.is_passed = false};
    struct verdict v;
    memset(&v, 0, sizeof v);
    scenario_draw(many->first + index, many->cables, s);
    int rc = many->runner->run(s, &progress, &r);
    if (rc == WAVU_ERR_CLOSED) {
        _exit(VOICE_FAILED);
    }
    v = (struct verdict){.is_there = true,
                         .is_passed = rc == 0 && r.is_passed,
                         .cable = (uint8_t)s->cable,
                         .nodes = s->nodes,
                         .faults = (uint32_t)s->fault_count,
                         .hash = r.hash,
                         .failed_ms = r.failed_ms,
                         .events = r.events,
                         .virtual_ms = r.virtual_ms};
    (void)snprintf(v.why, sizeof v.why, "%s",
                   rc < 0 && r.why[0] == '\0' ? "these cables cannot be simulated" : r.why);
    say_verdict(fd, &v);
    _exit(VOICE_OK);
}

/* ---- The parent ---- */

static void start_one(struct crowd *c)
{
    struct child *child = c->children;
    int pipes[2];
    while (child->pid != 0) {
        child++;
    }
    if (pipe(pipes) != 0) {
        c->is_stopping = true;
        return;
    }
    (void)c->many->voice->flush();
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(pipes[0]);
        be_child(c, c->started, pipes[1]);
    }
    (void)close(pipes[1]);
    if (pid < 0) {
        (void)close(pipes[0]);
        c->is_stopping = true;
        return;
    }
    *child = (struct child){pid, pipes[0], c->started};
    c->started++;
    c->running++;
}

/* A child has ended with `status`: take its verdict. */
static void take(struct crowd *c, struct child *child, int status)
{
    struct verdict *v = mem_new(sizeof *v);
    ssize_t got = read(child->fd, v, sizeof *v);
    if (got != (ssize_t)sizeof *v) {
        memset(v, 0, sizeof *v);
        isolate_explain(status, v->why, sizeof v->why);
    }
    (void)close(child->fd);
    c->verdicts[child->index] = v;
    child->pid = 0;
    c->running--;
}

static void take_next(struct crowd *c)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, 0);
    for (unsigned i = 0; i < c->jobs && pid > 0; i++) {
        if (c->children[i].pid == pid) {
            take(c, &c->children[i], status);
            return;
        }
    }
}

static void stop_all(struct crowd *c)
{
    for (unsigned i = 0; i < c->jobs; i++) {
        if (c->children[i].pid != 0) {
            (void)kill(c->children[i].pid, SIGTERM);
        }
    }
    c->is_stopping = true;
}

/* ---- Telling ---- */

static bool is_quiet(const struct sim_many *many)
{
    return many->json_path != NULL && strcmp(many->json_path, "-") == 0;
}

static void tell_failure(struct crowd *c, uint64_t seed, const struct verdict *v)
{
    const struct sim_many *many = c->many;
    char hash[17];
    progress_hide(&c->progress);
    if (!is_quiet(many)) {
        many->voice->out("seed %" PRIu64 " FAILED: %s; wavu sim --draw --seed %" PRIu64 "%s%s\n",
                         seed, v->why, seed, many->cables_word != NULL ? " --cable " : "",
                         many->cables_word != NULL ? many->cables_word : "");
        (void)many->voice->flush();
    }
    text_add(&c->failures, "{\"seed\":\"%" PRIu64 "\",\"why\":", seed);
    text_json(&c->failures, v->why);
    text_add(&c->failures,
             ",\"failed_ms\":%" PRIu64 ",\"hash\":\"%s\",\"nodes\":%" PRIu32 ",\"faults\":%" PRIu32
             ",\"cable\":\"%s\"},",
             v->failed_ms, outcome_hash(v->hash, hash), v->nodes, v->faults,
             v->is_there ? scenario_cable_word((enum scenario_cable)v->cable) : "");
}

/* All verdicts that stand next in the order of the seeds. */
static void tell_ready(struct crowd *c)
{
    struct tally *t = &c->tally;
    while (c->told < c->started && c->verdicts[c->told] != NULL) {
        struct verdict *v = c->verdicts[c->told];
        t->passed += v->is_passed;
        t->failed += !v->is_passed;
        t->events += v->events;
        t->virtual_ms += v->virtual_ms;
        t->hash = (t->hash ^ v->hash) * FNV_PRIME;
        t->cables[v->cable] += v->is_there;
        if (!v->is_passed) {
            tell_failure(c, c->many->first + c->told, v);
        }
        mem_free(v);
        c->verdicts[c->told++] = NULL;
    }
    progress_show(&c->progress, "of the seeds", c->told, c->many->count);
}

static int write_json(const struct crowd *c, uint64_t wall_ms)
{
    const struct sim_many *many = c->many;
    const struct tally *t = &c->tally;
    struct text j;
    char hash[17];
    int code = 0;
    text_init(&j);
    text_add(&j,
             "{\"version\":1,\"from\":\"%" PRIu64 "\",\"seeds\":%" PRIu64 ",\"passed\":%" PRIu64
             ",\"failed\":%" PRIu64 ",\"hash\":\"%s\",\"events\":%" PRIu64
             ",\"virtual_ms\":%" PRIu64 ",\"wall_ms\":%" PRIu64 ",\"message\":%" PRIu64
             ",\"stream\":%" PRIu64 ",\"whole\":%" PRIu64 ",\"failures\":[",
             many->first, c->told, t->passed, t->failed, outcome_hash(t->hash, hash), t->events,
             t->virtual_ms, wall_ms, t->cables[SCENARIO_MESSAGE], t->cables[SCENARIO_STREAM],
             t->cables[SCENARIO_WHOLE]);
    if (c->failures.len > 0) {
        text_add(&j, "%.*s", (int)c->failures.len - 1, c->failures.at);
    }
    text_add(&j, "]}\n");
    if (is_quiet(many)) {
        many->voice->out("%s", j.at);
    } else {
        code = files_write(many->voice, many->json_path, span_of(j.at, j.len));
    }
    text_clear(&j);
    return code;
}

static void tell_summary(const struct crowd *c, uint64_t wall_ms)
{
    const struct tally *t = &c->tally;
    const struct voice *v = c->many->voice;
    char hash[17];
    char virtual_time[OUTCOME_VALUE_MAX];
    char real_time[OUTCOME_VALUE_MAX];
    v->out("%" PRIu64 " seeds from %" PRIu64 ": %" PRIu64 " passed, %" PRIu64 " failed\n", c->told,
           c->many->first, t->passed, t->failed);
    v->out("%" PRIu64 " on message, %" PRIu64 " on stream cables, %" PRIu64 " of whole nodes\n",
           t->cables[SCENARIO_MESSAGE], t->cables[SCENARIO_STREAM], t->cables[SCENARIO_WHOLE]);
    v->out("%s of virtual time, %" PRIu64 " events in %s; hash %s\n",
           outcome_seconds(t->virtual_ms, virtual_time), t->events,
           outcome_seconds(wall_ms, real_time), outcome_hash(t->hash, hash));
}

static unsigned jobs_of(const struct sim_many *many)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = processors > 0 ? (unsigned)processors : 1;
    jobs = many->jobs > 0 ? many->jobs : jobs;
    return jobs < SIM_MANY_JOBS_MAX ? jobs : SIM_MANY_JOBS_MAX;
}

/* Start and take until all are told, or until it was stopped. */
static void run_all(struct crowd *c)
{
    while (c->running > 0 || (!c->is_stopping && c->started < c->many->count)) {
        if (stop_is_wished() && !c->is_stopping) {
            stop_all(c);
        } else if (!c->is_stopping && c->running < c->jobs && c->started < c->many->count) {
            start_one(c);
        } else {
            take_next(c);
            if (!c->is_stopping && !stop_is_wished()) {
                tell_ready(c);
            }
        }
    }
    progress_hide(&c->progress);
}

int sim_many_run(const struct sim_many *many)
{
    int code = many->json_path == NULL || is_quiet(many) ? VOICE_OK
                                                         : files_try(many->voice, many->json_path);
    if (code != VOICE_OK) {
        return code;
    }
    CHECK(many->count > 0 && many->count <= SIM_MANY_SEEDS_MAX);
    struct crowd *c = mem_new(sizeof *c);
    *c = (struct crowd){.many = many, .jobs = jobs_of(many), .tally = {.hash = FNV_START}};
    c->verdicts = mem_new_array(many->count, sizeof(struct verdict *));
    text_init(&c->failures);
    stop_listen();
    progress_start(&c->progress, many->voice->is_quiet());
    uint64_t begun_ms = progress_now_ms();
    run_all(c);
    uint64_t wall_ms = progress_now_ms() - begun_ms;
    if (!is_quiet(many)) {
        tell_summary(c, wall_ms);
    }
    if (many->json_path != NULL) {
        code = write_json(c, wall_ms);
    }
    if (c->is_stopping) {
        code = many->voice->problem(VOICE_FAILED, "stopped after %" PRIu64 " of %" PRIu64 " seeds",
                                    c->told, many->count);
    }
    code = code == VOICE_OK && c->tally.failed > 0 ? VOICE_FAILED : code;
    for (uint64_t i = c->told; i < many->count; i++) {
        mem_free(c->verdicts[i]);
    }
    mem_free(c->verdicts);
    text_clear(&c->failures);
    mem_free(c);
    return code;
}
