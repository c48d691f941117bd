/*
 * What may stand next on a command line.
 */
#include "apps/wavu/complete.h"

#include "tests/apps/wavu/program.h"

/* The candidates of `wavu complete -- LINE`, with an empty word at its end for "_". */
static const char *offered(const char *line)
{
    static char out[PROGRAM_TEXT_MAX];
    static char copy[512];
    char *words[PROGRAM_WORDS_MAX] = {NULL};
    static char dashes[] = "--";
    int count = 1;
    int ends[2];
    char *save = NULL;
    words[0] = dashes;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        assert_true(count < PROGRAM_WORDS_MAX);
        words[count++] = strcmp(word, "_") == 0 ? word + 1 : word;
    }
    assert_int_equal(pipe(ends), 0);
    (void)fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        int code = complete_print(count, words);
        (void)fflush(stdout);
        _exit(code);
    }
    (void)close(ends[1]);
    program_read_all(ends[0], out);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return out;
}

static void each_command_and_option_is_offered(void **state)
{
    const struct command *command = commands_at(0);
    char line[256];
    (void)state;
    for (size_t i = 0; command != NULL; command = commands_at(++i)) {
        program_expect(offered("_"), command->summary);
        (void)snprintf(line, sizeof line, "%s --", command->name);
        const char *all = offered(line);
        program_expect(all, "--home\t");
        for (size_t k = 0; k < command->option_count; k++) {
            (void)snprintf(line, sizeof line, "--%s\t", command->options[k].name);
            program_expect(all, line);
        }
    }
    assert_string_equal(offered("netw"), "networks\tthe networks that this node is in\n");
    assert_string_equal(offered("--js"), "--json\tprint JSON\n");
    assert_string_equal(offered("nonsense _"), "");
}

/* sim's own --json FILE stands in place of the common one. */
static void own_options_go_before_common_ones(void **state)
{
    (void)state;
    assert_string_equal(offered("sim --js"),
                        "--json\tresults as JSON; -: on stdout, in place of the table\n");
    assert_string_equal(offered("sim --json _"), ":file\n");
    assert_string_equal(offered("status --json _"), "");
}

static void values_are_those_of_the_table(void **state)
{
    (void)state;
    assert_string_equal(offered("up --log-level _"), "error\nwarn\ninfo\ndebug\n");
    assert_string_equal(offered("up --log-level=w"), "--log-level=warn\n");
    assert_string_equal(offered("--color a"), "auto\nalways\n");
    assert_string_equal(offered("--home _"), ":dir\n");
    assert_string_equal(offered("up --psk _"), ":file\n");
    assert_string_equal(offered("up --module _"), ":file\n"); /* FILE[=ARG] */
    assert_string_equal(offered("log w"), "warn\n");
    assert_string_equal(offered("up --idle-seconds _"), "");
    assert_string_equal(offered("ping -c _"), ""); /* the value of a letter */
    assert_string_equal(offered("set wan_mode _"), "true\nfalse\n");
    assert_string_equal(offered("set power l"), "low\n");
    assert_string_equal(offered("set min_degree _"), "");
    assert_string_equal(offered("get min_d"), "min_degree\n");
    assert_string_equal(offered("invite --key _"), ""); /* of a person */
}

static void words_are_those_of_the_table(void **state)
{
    (void)state;
    assert_string_equal(offered("config _"), "check\nshow\n");
    assert_string_equal(offered("config check --origin _"), "");
    assert_string_equal(offered("--json contact b"), "block\n");
    assert_string_equal(offered("backup verify _"), ":file\n");
    assert_string_equal(offered("sos _"), "status\ncancel\nack\n");
    assert_string_equal(offered("help versi"), "version\tprint the version\n");
    assert_string_equal(offered("completion _"), "bash\nzsh\nfish\n");
    assert_string_equal(offered("export -- --"), ":dir\n"); /* no option behind "--" */
    assert_string_equal(offered("up _"), "");
}

/* Without a node there is nothing, and nothing is said of it. */
static void names_come_from_the_node(void **state)
{
    char line[256];
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    (void)snprintf(line, sizeof line, "--home %s leave --network _", program_home);
    assert_string_equal(offered(line), "");
    struct program up = program_up("", address);
    (void)program_run(program_in_home("create savanna --home %s"));
    (void)program_run(program_in_home("create harbour --home %s"));
    assert_string_equal(offered(line), "savanna\nharbour\n");
    (void)snprintf(line, sizeof line, "leave --home=%s --network=h", program_home);
    assert_string_equal(offered(line), "--network=harbour\n");
    (void)snprintf(line, sizeof line, "revoke --home %s _", program_home);
    assert_string_equal(offered(line), ""); /* oneself is not to be put out */
    assert_int_equal(program_end(&up)->code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_and_option_is_offered),
        cmocka_unit_test(own_options_go_before_common_ones),
        cmocka_unit_test(values_are_those_of_the_table),
        cmocka_unit_test(words_are_those_of_the_table),
        PROGRAM(names_come_from_the_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
