/*
 * One scenario from file to exit code: what is said, what is written, failures shrunk and replayed.
 */
#include "apps/sim/sim_one.h"

#include "tests/apps/sim/planted.h"

static struct sim_one one;

/* Fails as soon as the fault 2 is there and 5 nodes; dies when it has a thousand nodes. */
static int run_planted(const struct scenario *s, const struct run_progress *progress,
                       struct run_result *out)
{
    bool has_two = false;
    for (size_t i = 0; i < s->fault_count; i++) {
        has_two = has_two || s->faults[i].id == 2;
    }
    if (s->nodes == 1000) {
        abort();
    }
    if (s->nodes == 999 || !progress->go_on(progress->context, 5, 10)) {
        return WAVU_ERR_CLOSED;
    }
    if (s->cable == SCENARIO_WHOLE) {
        return WAVU_ERR_INVALID;
    }
    planted_result(s, 2, out);
    if (has_two && s->nodes >= 5) {
        out->is_passed = false;
        (void)snprintf(out->why, sizeof out->why, "a broadcast was lost: node %u", s->nodes - 1);
    }
    return 0;
}

static const struct runner runner = {run_planted};

static void set_up(void)
{
    planted_forget();
    one = (struct sim_one){
        .may_shrink = true, .shrink_runs = 100, .voice = &planted_voice, .runner = &runner};
}

static int load_text(const char *text)
{
    set_up();
    planted_write("s.toml", text);
    int code = sim_one_load(&one, "s.toml");
    assert_int_equal(unlink("s.toml"), 0);
    return code;
}

#define FAULT_1 "[[fault]]\nkind = \"crash\"\nat = \"11s\"\n"
#define FAULT_2 "[[fault]]\nkind = \"loss\"\nat = \"12s\"\nrate = \"1/10\"\n"

static void a_pass_is_told(void **state)
{
    (void)state;
    assert_int_equal(load_text("name = \"mine\"\nseed = 7\n" FAULT_1), 0);
    one.json_path = "r.json";
    one.html_path = "r.html";
    assert_int_equal(sim_one_run(&one), 0);
    planted_expect(planted_out, "mine: 50 nodes, seed 7, 1 faults, 100.0 s\non message cables");
    planted_expect(planted_out, "event hash                       00000000006ad007\n\npassed\n");
    assert_string_equal(planted_problem, "");
    planted_expect(planted_read("r.json"), "{\"version\":1,\"passed\":true,\"why\":\"\"");
    planted_expect(planted_read("r.html"), "<title>mine: wavu sim</title>");
    assert_int_equal(unlink("r.json"), 0);
    assert_int_equal(unlink("r.html"), 0);
}

static void json_on_stdout_is_alone_there(void **state)
{
    (void)state;
    assert_int_equal(load_text(""), 0);
    one.json_path = "-";
    assert_int_equal(sim_one_run(&one), 0);
    assert_int_equal(planted_out[0], '{');
    assert_string_equal(planted_out + strlen(planted_out) - 2, "}\n");
}

static void a_failure_is_shrunk_and_replayed(void **state)
{
    (void)state;
    assert_int_equal(load_text("name = \"Bad day: 1\"\nseed = 3\n" FAULT_1 FAULT_2 FAULT_1), 0);
    assert_int_equal(sim_one_run(&one), VOICE_FAILED);
    planted_expect(planted_out, "FAILED: a broadcast was lost: node 49\n");
    planted_expect(planted_out, ": 1 of 3 faults, 5 of 50 nodes, 0 of 1 senders\n");
    planted_expect(planted_out, "run it again: wavu sim bad-day-1-3.replay.toml\n");
    set_up();
    assert_int_equal(sim_one_load(&one, "bad-day-1-3.replay.toml"), 0);
    assert_int_equal(one.file.scenario.nodes, 5);
    assert_int_equal(one.file.scenario.faults[0].id, 2);
    assert_int_equal(sim_one_run(&one), VOICE_FAILED);
    planted_expect(planted_out, "replay: the failure recorded, event for event\n");
    assert_null(strstr(planted_out, "shrunk"));
    /* Other events, another check, and none. */
    one.file.expected_hash++;
    planted_forget();
    assert_int_equal(sim_one_run(&one), VOICE_FAILED);
    planted_expect(planted_out, "replay: the check recorded fails, after other events");
    memcpy(one.file.expected_why, "states: differ", sizeof "states: differ");
    planted_forget();
    assert_int_equal(sim_one_run(&one), VOICE_FAILED);
    planted_expect(planted_out, "replay: another check fails");
    one.file.scenario.nodes = 4;
    planted_forget();
    assert_int_equal(sim_one_run(&one), VOICE_OK);
    planted_expect(planted_out, "replay: the failure is gone\n");
    assert_int_equal(unlink("bad-day-1-3.replay.toml"), 0);
}

static void without_shrinking_the_replay_is_the_whole(void **state)
{
    (void)state;
    assert_int_equal(load_text(FAULT_1 FAULT_2), 0);
    one.may_shrink = false;
    one.replay_path = "again.toml";
    assert_int_equal(sim_one_run(&one), VOICE_FAILED);
    assert_null(strstr(planted_out, "shrunk"));
    planted_expect(planted_read("again.toml"), "nodes = 50\n");
    planted_expect(planted_read("again.toml"), "why = \"a broadcast was lost: node 49\"\n");
    assert_int_equal(unlink("again.toml"), 0);
}

static void a_simulator_that_dies_is_a_failure(void **state)
{
    (void)state;
    assert_int_equal(load_text("nodes = 1000"), 0);
    one.shrink_runs = 5;
    one.replay_path = "died.toml";
    assert_int_equal(sim_one_run(&one), VOICE_FAILED);
    planted_expect(planted_out, "FAILED: the simulator died: signal 6\n");
    planted_expect(planted_out, "shrunk in 5 runs (could be smaller)");
    assert_int_equal(unlink("died.toml"), 0);
}

static void what_cannot_be_run_is_said(void **state)
{
    (void)state;
    assert_int_equal(load_text("nodes = 999"), 0);
    assert_int_equal(sim_one_run(&one), VOICE_FAILED);
    planted_expect(planted_problem, "stopped after 0.0 s of virtual time");
    assert_int_equal(load_text("nodes = 9\ncable = \"whole\""), 0);
    assert_int_equal(sim_one_run(&one), VOICE_USAGE);
    planted_expect(planted_problem, "cannot simulate 'whole' cables");
    assert_int_equal(load_text(""), 0);
    one.html_path = "no/such/folder.html";
    assert_int_equal(sim_one_run(&one), VOICE_NOT_FOUND);
    planted_expect(planted_problem, "'no/such/folder.html' cannot be written: No such file");
    assert_string_equal(planted_out, ""); /* before anything was run */
    assert_int_equal(load_text("nodes = 999"), 0);
    one.html_path = "r.html";
    assert_int_equal(sim_one_run(&one), VOICE_FAILED);
    assert_int_equal(access("r.html", F_OK), -1); /* only tried */
}

static void bad_files_have_a_place(void **state)
{
    (void)state;
    assert_int_equal(load_text("\nnodez = 3"), VOICE_USAGE);
    assert_string_equal(planted_problem, "s.toml:2:1: there is no key 'nodez'; did you mean nodes");
    set_up();
    assert_int_equal(sim_one_load(&one, "none.toml"), VOICE_NOT_FOUND);
    planted_expect(planted_problem, "'none.toml' cannot be read: No such file or directory");
}

static void seed_and_nodes_can_be_others(void **state)
{
    uint64_t seed = 99;
    uint64_t nodes = 4;
    (void)state;
    assert_int_equal(load_text(FAULT_2 "[expect]\nhash = \"0123456789abcdef\"\n"), 0);
    assert_int_equal(sim_one_change(&one, NULL, NULL), 0);
    assert_true(one.file.has_expected);
    assert_int_equal(sim_one_change(&one, &seed, &nodes), 0);
    assert_false(one.file.has_expected);
    assert_int_equal(one.file.scenario.seed, 99);
    assert_int_equal(one.file.scenario.nodes, 4);
    one.file.scenario.senders = 4;
    nodes = 3;
    assert_int_equal(sim_one_change(&one, NULL, &nodes), VOICE_USAGE);
    planted_expect(planted_problem, "there are more senders than nodes");
}

static void a_drawn_scenario_is_printed_in_full(void **state)
{
    static struct scenario_file again;
    struct scenario_toml_error error;
    (void)state;
    set_up();
    one.may_shrink = false;
    one.replay_path = "drawn.toml";
    sim_one_draw(&one, 5, 1u << SCENARIO_STREAM);
    sim_one_print(&one);
    assert_int_equal(scenario_toml_read(span_from_text(planted_out), &again, &error), 0);
    assert_memory_equal(&again.scenario, &one.file.scenario, sizeof again.scenario);
    planted_forget();
    (void)!sim_one_run(&one);
    planted_expect(planted_out, "name = \"drawn from 5\"\nseed = 5\n");
    planted_expect(planted_out, "on stream cables");
    (void)unlink("drawn.toml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLANTED(a_pass_is_told),
        PLANTED(json_on_stdout_is_alone_there),
        PLANTED(a_failure_is_shrunk_and_replayed),
        PLANTED(without_shrinking_the_replay_is_the_whole),
        PLANTED(a_simulator_that_dies_is_a_failure),
        PLANTED(what_cannot_be_run_is_said),
        PLANTED(bad_files_have_a_place),
        PLANTED(seed_and_nodes_can_be_others),
        PLANTED(a_drawn_scenario_is_printed_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
