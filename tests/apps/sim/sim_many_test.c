/*
 * Many seeds: all are run once, failures are told in order however many run at a time, and a seed
 * that dies is one of them.
 */
#include "apps/sim/sim_many.h"

#include <jansson.h>
#include <signal.h>

#include "swarm/scenario_draw.h"
#include "tests/apps/sim/planted.h"

/* 13 fails, 17 dies, 19 dies another way; the rest passes. */
static int run_planted(const struct scenario *s, const struct run_progress *progress,
                       struct run_result *out)
{
    (void)progress;
    planted_result(s, 1, out);
    if (s->seed == 13) {
        out->is_passed = false;
        memcpy(out->why, "a \"check\"", sizeof "a \"check\"");
    } else if (s->seed == 17) {
        (void)raise(SIGKILL);
    } else if (s->seed == 19) {
        _exit(9);
    }
    return 0;
}

/* Asks whether to go on until it is told to stop, which the first seed asks for. */
static int run_until_stopped(const struct scenario *s, const struct run_progress *progress,
                             struct run_result *out)
{
    (void)out;
    if (s->seed == 1) {
        (void)kill(getppid(), SIGTERM); /* a second one would end it at once */
    }
    while (progress->go_on(progress->context, 0, 1)) {
        (void)usleep(1000);
    }
    return WAVU_ERR_CLOSED;
}

static const struct runner planted_runner = {run_planted};
static const struct runner endless_runner = {run_until_stopped};

static struct sim_many make(uint64_t first, uint64_t count, unsigned jobs)
{
    planted_forget();
    return (struct sim_many){.first = first,
                             .count = count,
                             .jobs = jobs,
                             .cables = SCENARIO_DRAW_BARE,
                             .voice = &planted_voice,
                             .runner = &planted_runner};
}

static void all_pass(void **state)
{
    (void)state;
    struct sim_many many = make(100, 30, 4);
    assert_int_equal(sim_many_run(&many), VOICE_OK);
    assert_memory_equal(planted_out, "30 seeds from 100: 30 passed, 0 failed\n", 39);
    planted_expect(planted_out, " of virtual time, ");
}

static void failures_are_told_in_order(void **state)
{
    static char first[4096];
    (void)state;
    for (unsigned jobs = 1; jobs <= 7; jobs += 3) {
        struct sim_many many = make(1, 25, jobs);
        many.cables_word = "stream";
        assert_int_equal(sim_many_run(&many), VOICE_FAILED);
        char *times = strstr(planted_out, " of virtual time");
        assert_non_null(times);
        assert_non_null(strstr(times, "; hash "));
        if (jobs == 1) {
            planted_expect(
                planted_out,
                "seed 13 FAILED: a \"check\"; wavu sim --draw --seed 13 --cable stream\n"
                "seed 17 FAILED: the simulator died: signal 9; wavu sim --draw --seed 17 --cable "
                "stream\n"
                "seed 19 FAILED: the simulator died: exit code 9; wavu sim --draw --seed 19 "
                "--cable stream\n"
                "25 seeds from 1: 22 passed, 3 failed\n");
            (void)snprintf(first, sizeof first, "%s", strstr(times, "; hash "));
        }
        assert_string_equal(strstr(times, "; hash "), first);
    }
}

static void the_summary_as_json(void **state)
{
    json_error_t error;
    (void)state;
    struct sim_many many = make(10, 6, 3);
    many.json_path = "-";
    assert_int_equal(sim_many_run(&many), VOICE_FAILED);
    json_t *j = json_loads(planted_out, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(j);
    assert_int_equal(json_integer_value(json_object_get(j, "seeds")), 6);
    assert_int_equal(json_integer_value(json_object_get(j, "passed")), 5);
    const json_t *failures = json_object_get(j, "failures");
    assert_int_equal(json_array_size(failures), 1);
    const json_t *failure = json_array_get(failures, 0);
    assert_string_equal(json_string_value(json_object_get(failure, "seed")), "13");
    assert_string_equal(json_string_value(json_object_get(failure, "why")), "a \"check\"");
    json_decref(j);
    many = make(30, 2, 1);
    many.json_path = "-";
    assert_int_equal(sim_many_run(&many), VOICE_OK);
    planted_expect(planted_out, "\"failures\":[]}\n");
}

/* The last test: this process has a wish to stop from then on. */
static void a_wish_to_stop_ends_it(void **state)
{
    (void)state;
    struct sim_many many = make(1, 1000, 2);
    many.runner = &endless_runner;
    assert_int_equal(sim_many_run(&many), VOICE_FAILED);
    planted_expect(planted_out, "0 seeds from 1: 0 passed, 0 failed\n");
    assert_string_equal(planted_problem, "stopped after 0 of 1000 seeds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_pass),
        UNIT(failures_are_told_in_order),
        UNIT(the_summary_as_json),
        UNIT(a_wish_to_stop_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
