/*
 * Which words may come next, by what stands there.
 */
#include "apps/shell/shell_complete.h"

#include "tests/apps/shell/program.h"

static const struct shell_config config = {
    .socket = "/nowhere/control.sock", .home = "/nowhere", .program = &program};
static const struct shell shell = {.config = &config};
static struct shell_choices c;
static char typed[SHELL_CHOICES_WORD_MAX];

/* Complete `line`; what is there of the word begins at `at`. */
static void complete(const char *line, size_t at)
{
    size_t found_at = 0;
    assert_true(shell_complete_line(&shell, line, strlen(line), &c, typed, &found_at));
    assert_int_equal(found_at, at);
    shell_choices_sort(&c);
}

static bool has(const char *word)
{
    for (size_t i = 0; i < c.count; i++) {
        if (strcmp(c.items[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static void commands_come_first(void **state)
{
    (void)state;
    complete("", 0);
    assert_true(has("connect") && has("say") && has("help"));
    complete("conn", 0);
    assert_int_equal(c.count, 1);
    assert_true(has("connect"));
    complete("say x; sa", 7);
    assert_int_equal(c.count, 1);
    complete("say x;", 6);
    assert_true(has("connect"));
    complete("help con", 5);
    assert_true(has("connect"));
    complete("exit ", 5);
    assert_int_equal(c.count, 0);
}

static void options_are_the_commands_own(void **state)
{
    (void)state;
    complete("say --r", 4);
    assert_int_equal(c.count, 2);
    assert_true(has("--room") && has("--reply"));
    complete("fail --r", 5);
    assert_int_equal(c.count, 0);
}

static void words_and_files_come_behind_module(void **state)
{
    char line[128];
    char path[96];
    (void)state;
    complete("module ", 7);
    assert_int_equal(c.count, 3);
    assert_true(has("load") && has("list") && has("off"));
    (void)snprintf(path, sizeof path, "%s/a metric.so", program_folder);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)snprintf(line, sizeof line, "module load %s/a", program_folder);
    complete(line, 12);
    assert_int_equal(c.count, 1);
    assert_string_equal(c.items[0], path);
    (void)snprintf(line, sizeof line, "module load '%s/a me", program_folder);
    complete(line, 12);
    assert_string_equal(c.items[0], path);
    (void)snprintf(line, sizeof line, "module load %.*s", (int)strlen(program_folder) - 1,
                   program_folder);
    complete(line, 12);
    (void)snprintf(path, sizeof path, "%s/", program_folder);
    assert_true(has(path)); /* a folder */
    (void)snprintf(path, sizeof path, "%s/a metric.so", program_folder);
    (void)unlink(path);
}

static void files_are_paths_or_ids(void **state)
{
    char here[256];
    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(program_folder), 0);
    int fd = open("ramani", O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    complete("export ", 7);
    assert_true(has("ramani"));
    complete("file send ", 10);
    assert_true(has("ramani"));
    complete("file accept ", 12); /* an id, of which no node tells */
    assert_int_equal(c.count, 0);
    complete("file cancel ", 12);
    assert_int_equal(c.count, 0);
    (void)unlink("ramani");
    assert_int_equal(chdir(here), 0);
}

static void without_a_node_there_are_no_peers(void **state)
{
    size_t at = 0;
    (void)state;
    complete("ping ", 5);
    assert_int_equal(c.count, 0);
    assert_false(shell_complete_line(&shell, "a\0b", 3, &c, typed, &at));
}

#define SHELL(test) cmocka_unit_test_setup_teardown(test, program_start, program_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHELL(commands_come_first),
        SHELL(options_are_the_commands_own),
        SHELL(words_and_files_come_behind_module),
        SHELL(files_are_paths_or_ids),
        SHELL(without_a_node_there_are_no_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
