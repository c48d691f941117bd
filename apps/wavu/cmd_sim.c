/*
 * Options of `wavu sim` become a wish; apps/sim does the rest.
 */
#include "apps/wavu/cmd_sim.h"

#include "apps/sim/sim_many.h"
#include "apps/sim/sim_one.h"
#include "apps/term/say.h"
#include "base/mem.h"

static const struct voice cmd_sim_voice = {say_out, say_flush, say_problem, say_is_quiet};

/* Numbers among the options. */
struct cmd_sim {
    uint64_t seed;
    uint64_t nodes;
    uint64_t shrink_runs;
    uint64_t seeds;
    uint64_t from;
    uint64_t jobs;
    unsigned cables;
};

/* --cable WORD, or the bare ones. */
static bool cmd_sim_read_cable(struct call *call, struct cmd_sim *c)
{
    const char *word = args_value(&call->args, "cable");
    const char *nearest = NULL;
    c->cables = runner_cables(word, &nearest);
    if (c->cables == 0) {
        (void)say_problem(SAY_USAGE, "--cable takes message, stream or whole, not '%.32s'%s%s",
                          word != NULL ? word : "", nearest != NULL ? "; did you mean " : "",
                          nearest != NULL ? nearest : "");
    }
    return c->cables != 0;
}

static bool cmd_sim_read(struct call *call, struct cmd_sim *c)
{
    struct args *a = &call->args;
    *c = (struct cmd_sim){.seed = 1, .shrink_runs = SIM_ONE_SHRINK_RUNS, .from = 1};
    if (!args_number(a, "seed", 0, INT64_MAX, &c->seed) ||
        !args_number(a, "nodes", 2, RUNNER_NODES_MAX, &c->nodes) ||
        !args_number(a, "shrink-runs", 1, UINT32_MAX, &c->shrink_runs) ||
        !args_number(a, "seeds", 1, SIM_MANY_SEEDS_MAX, &c->seeds) ||
        !args_number(a, "from", 0, INT64_MAX, &c->from) ||
        !args_number(a, "jobs", 1, SIM_MANY_JOBS_MAX, &c->jobs)) {
        (void)say_problem(SAY_USAGE, "%s", a->problem);
        return false;
    }
    return cmd_sim_read_cable(call, c);
}

/* Which of the three ways was meant; options of another are refused. 0, or the exit code. */
static int cmd_sim_check(const struct call *call)
{
    static const char *const of_one[] = {"seed",      "nodes",       "html", "replay-to",
                                         "no-shrink", "shrink-runs", "print"};
    static const char *const of_many[] = {"from", "jobs"};
    const struct args *a = &call->args;
    bool is_many = args_has(a, "seeds");
    bool is_drawn = args_has(a, "draw");
    if ((is_many ? 1 : 0) + (is_drawn ? 1 : 0) + (a->word_count > 0 ? 1 : 0) != 1) {
        return say_problem(
            SAY_USAGE, "sim takes one of SCENARIO.toml, --draw and --seeds N ('wavu sim --help' "
                       "tells more)");
    }
    for (size_t i = 0; is_many && i < sizeof of_one / sizeof of_one[0]; i++) {
        if (args_has(a, of_one[i])) {
            return say_problem(SAY_USAGE, "--%s does not go with --seeds", of_one[i]);
        }
    }
    for (size_t i = 0; !is_many && i < sizeof of_many / sizeof of_many[0]; i++) {
        if (args_has(a, of_many[i])) {
            return say_problem(SAY_USAGE, "--%s goes with --seeds only", of_many[i]);
        }
    }
    if (a->word_count > 0 && args_has(a, "cable")) {
        return say_problem(SAY_USAGE, "--cable goes with --draw and --seeds; a file has its own");
    }
    return 0;
}

/* "-" also for the --json that stands before the command, where it has no value. */
static const char *cmd_sim_json(const struct call *call)
{
    const char *path = args_value(&call->args, "json");
    return path == NULL && args_has(&call->args, "json") ? "-" : path;
}

static int cmd_sim_one(struct call *call, const struct cmd_sim *c)
{
    struct args *a = &call->args;
    struct sim_one *one = mem_new(sizeof *one);
    bool is_drawn = args_has(a, "draw");
    int code = 0;
    *one = (struct sim_one){.voice = &cmd_sim_voice, .runner = &runner_engine};
    if (is_drawn) {
        sim_one_draw(one, c->seed, c->cables);
    } else {
        code = sim_one_load(one, a->words[0]);
    }
    if (code == 0) {
        code = sim_one_change(one, args_has(a, "seed") && !is_drawn ? &c->seed : NULL,
                              args_has(a, "nodes") ? &c->nodes : NULL);
    }
    one->json_path = cmd_sim_json(call);
    one->html_path = args_value(a, "html");
    one->replay_path = args_value(a, "replay-to");
    one->may_shrink = !args_has(a, "no-shrink");
    one->shrink_runs = (uint32_t)c->shrink_runs;
    if (code == 0 && args_has(a, "print")) {
        sim_one_print(one);
    } else if (code == 0) {
        code = sim_one_run(one);
    }
    mem_free(one);
    return code;
}

int cmd_sim_run(struct call *call)
{
    struct cmd_sim c;
    int code = cmd_sim_check(call);
    if (code != 0) {
        return code;
    }
    if (!cmd_sim_read(call, &c)) {
        return SAY_USAGE;
    }
    if (!args_has(&call->args, "seeds")) {
        return cmd_sim_one(call, &c);
    }
    struct sim_many many = {.first = c.from,
                            .count = c.seeds,
                            .jobs = (unsigned)c.jobs,
                            .cables = c.cables,
                            .cables_word = args_value(&call->args, "cable"),
                            .json_path = cmd_sim_json(call),
                            .voice = &cmd_sim_voice,
                            .runner = &runner_engine};
    return sim_many_run(&many);
}
