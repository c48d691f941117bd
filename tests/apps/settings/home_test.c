/*
 * Where the home is, and what is said about one that does not serve.
 */
#include "apps/settings/home.h"

#include "tests/apps/wavu/program.h"

#include "apps/term/say.h"
#include "wavu/err.h"

static void forget(void)
{
    (void)unsetenv("WAVU_HOME");
    (void)unsetenv("XDG_DATA_HOME");
    (void)unsetenv("HOME");
}

static void expect_home(const char *option, const char *expected)
{
    char out[HOME_PATH_MAX];
    assert_int_equal(home_find(option, out), 0);
    assert_string_equal(out, expected);
}

static void the_home_is_found_in_order(void **state)
{
    char out[HOME_PATH_MAX];
    (void)state;
    forget();
    assert_int_equal(home_find(NULL, out), SAY_FAILURE);
    (void)setenv("HOME", "/h", 1);
    expect_home(NULL, "/h/.local/share/wavu");
    (void)setenv("XDG_DATA_HOME", "relative", 1);
    expect_home(NULL, "/h/.local/share/wavu");
    (void)setenv("XDG_DATA_HOME", "/data", 1);
    expect_home(NULL, "/data/wavu");
    (void)setenv("WAVU_HOME", "", 1);
    expect_home(NULL, "/data/wavu");
    (void)setenv("WAVU_HOME", "w", 1);
    expect_home(NULL, "w");
    expect_home("option", "option");
    assert_int_equal(home_find("", out), SAY_USAGE);
    forget();
}

static void long_paths_are_refused(void **state)
{
    char path[HOME_PATH_MAX + 1];
    char out[HOME_PATH_MAX];
    (void)state;
    memset(path, 'x', HOME_PATH_MAX);
    path[HOME_PATH_MAX] = '\0';
    assert_int_equal(home_find(path, out), SAY_FAILURE);
    path[HOME_PATH_MAX - 1] = '\0';
    expect_home(path, path);
    assert_int_equal(home_path(path, HOME_KEY, out), SAY_FAILURE);
}

static void homes_are_made_with_those_above(void **state)
{
    char path[128];
    struct stat found;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/a/b//c/", program_home);
    assert_int_equal(home_make(path, true), 0);
    assert_int_equal(home_make(path, true), 0);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    (void)rmdir(path);
    (void)snprintf(path, sizeof path, "%s/a/b", program_home);
    (void)rmdir(path);
    (void)snprintf(path, sizeof path, "%s/a", program_home);
    (void)rmdir(path);
}

static void what_is_no_folder_is_no_home(void **state)
{
    char path[128];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/file", program_home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(home_make(path, false), SAY_FAILURE);
    (void)snprintf(path, sizeof path, "%s/file/below", program_home);
    assert_int_equal(home_make(path, false), SAY_FAILURE);
    assert_int_equal(home_make("/proc/wavu/home", true), SAY_FAILURE);
}

static void each_error_has_its_exit_code(void **state)
{
    char path[128];
    (void)state;
    assert_int_equal(home_explain_key(program_home, WAVU_ERR_DENIED), SAY_DENIED);
    assert_int_equal(home_explain_key(program_home, WAVU_ERR_NO_SPACE), SAY_FAILURE);
    assert_int_equal(home_explain_key(program_home, WAVU_ERR_IO), SAY_FAILURE);
    (void)snprintf(path, sizeof path, "%s/" HOME_KEY, program_home);
    assert_int_equal(symlink("/nowhere", path), 0);
    assert_int_equal(home_explain_key(program_home, WAVU_ERR_IO), SAY_FAILURE);
    assert_int_equal(unlink(path), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(home_explain_key(program_home, WAVU_ERR_CORRUPT), SAY_FAILURE);
    assert_int_equal(home_explain_key(program_home, WAVU_ERR_DENIED), SAY_DENIED);
}

static void each_error_of_the_store_has_its_exit_code(void **state)
{
    static const struct {
        int err;
        int code;
    } cases[] = {
        {WAVU_ERR_CORRUPT, SAY_FAILURE}, {WAVU_ERR_UNSUPPORTED, SAY_FAILURE},
        {WAVU_ERR_IN_USE, SAY_CONFLICT}, {WAVU_ERR_NO_SPACE, SAY_FAILURE},
        {WAVU_ERR_DENIED, SAY_DENIED},   {WAVU_ERR_IO, SAY_FAILURE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(home_explain_store(program_home, "store.db", cases[i].err), cases[i].code);
        assert_int_equal(home_explain_store(program_home, "store.key", cases[i].err),
                         cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_home_is_found_in_order),
        cmocka_unit_test(long_paths_are_refused),
        PROGRAM(homes_are_made_with_those_above),
        PROGRAM(what_is_no_folder_is_no_home),
        PROGRAM(each_error_has_its_exit_code),
        PROGRAM(each_error_of_the_store_has_its_exit_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
