/*
 * Paths that are being typed, in a folder of our own.
 */
#include "apps/talk/talk_paths.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/base/unit.h"

static struct talk_words_found found;
static char folder[64];
static const char *const names[] = {"ramani.txt", "ra habari", ".siri", "ra\x1b[2J"};

static const char *below(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/wavu-paths-XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int fd = open(below(names[i]), O_CREAT | O_WRONLY, 0600);
        assert_true(fd >= 0);
        (void)close(fd);
    }
    return mkdir(below("rafu"), 0700);
}

static int remove_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)unlink(below(names[i]));
    }
    (void)rmdir(below("rafu"));
    return rmdir(folder);
}

/* `typed` below the folder, behind "/file ". */
static void complete(const char *typed)
{
    char line[512];
    (void)snprintf(line, sizeof line, "/file %s/%s", folder, typed);
    found = (struct talk_words_found){.count = 0};
    talk_paths_complete(line, 6, strlen(line), &found);
    assert_int_equal(found.from, 6 + strlen(folder) + 1);
}

static void names_of_its_folder_are_offered(void **state)
{
    (void)state;
    complete("ra");
    assert_int_equal(found.count, 3); /* none that would move a cursor */
    assert_string_equal(found.texts[0], "ra habari");
    assert_string_equal(found.texts[1], "rafu/");
    assert_string_equal(found.texts[2], "ramani.txt");
    complete("ra h");
    assert_int_equal(found.count, 1);
    complete("x");
    assert_int_equal(found.count, 0);
}

static void hidden_ones_are_for_who_types_a_dot(void **state)
{
    (void)state;
    complete("");
    assert_int_equal(found.count, 3);
    complete(".");
    assert_int_equal(found.count, 1);
    assert_string_equal(found.texts[0], ".siri");
}

static void the_home_is_known(void **state)
{
    const char *before = getenv("HOME");
    char kept[256] = "";
    (void)state;
    (void)snprintf(kept, sizeof kept, "%s", before != NULL ? before : "");
    (void)setenv("HOME", folder, 1);
    found = (struct talk_words_found){.count = 0};
    talk_paths_complete("/file ~/ram", 6, 11, &found);
    (void)setenv("HOME", kept, 1);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.from, 8);
    assert_string_equal(found.texts[0], "ramani.txt");
}

static void what_is_nowhere_is_nothing(void **state)
{
    (void)state;
    found = (struct talk_words_found){.count = 0};
    talk_paths_complete("/file /nowhere/at/all/x", 6, 23, &found);
    assert_int_equal(found.count, 0);
}

#define PATHS(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PATHS(names_of_its_folder_are_offered),
        PATHS(hidden_ones_are_for_who_types_a_dot),
        PATHS(the_home_is_known),
        PATHS(what_is_nowhere_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
