/*
 * Copying a file out of the home: whole or not at all, and nothing that lies there is touched.
 */
#include "apps/wavu/copy_out.h"

#include <fcntl.h>

#include "tests/apps/wavu/program.h"

static char folder[64];
static char from[96];

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void expect(const char *path, const char *text)
{
    char got[64] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(got, sizeof got, f));
    assert_int_equal(fclose(f), 0);
    assert_string_equal(got, text);
}

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/copy_out_XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(from, sizeof from, "%s/trip.ogg", folder);
    put(from, "all of it");
    return 0;
}

static int end(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static void to_a_name_or_into_a_folder(void **state)
{
    char out[COPY_OUT_PATH_MAX];
    (void)state;
    assert_int_equal(copy_out(from, in_folder("copy"), out), 0);
    assert_string_equal(out, in_folder("copy"));
    expect(out, "all of it");
    assert_int_equal(access(in_folder("copy.part"), F_OK), -1);
    assert_int_equal(mkdir(in_folder("music"), 0700), 0);
    assert_int_equal(copy_out(from, in_folder("music"), out), 0);
    assert_string_equal(out, in_folder("music/trip.ogg"));
    expect(out, "all of it");
}

static void what_lies_there_is_not_replaced(void **state)
{
    char out[COPY_OUT_PATH_MAX];
    (void)state;
    put(in_folder("taken"), "somebody's");
    assert_int_not_equal(copy_out(from, in_folder("taken"), out), 0);
    expect(in_folder("taken"), "somebody's");
    assert_int_not_equal(copy_out(from, in_folder("none/at/all"), out), 0);
}

/* A file of somebody's own that has the draft's name, also one after another. */
static void a_foreign_part_is_in_nobodys_way(void **state)
{
    char out[COPY_OUT_PATH_MAX];
    (void)state;
    put(in_folder("new.part"), "not ours");
    put(in_folder("new.part2"), "nor this");
    assert_int_equal(copy_out(from, in_folder("new"), out), 0);
    expect(out, "all of it");
    expect(in_folder("new.part"), "not ours");
    expect(in_folder("new.part2"), "nor this");
    assert_int_equal(access(in_folder("new.part3"), F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(to_a_name_or_into_a_folder, begin, end),
        cmocka_unit_test_setup_teardown(what_lies_there_is_not_replaced, begin, end),
        cmocka_unit_test_setup_teardown(a_foreign_part_is_in_nobodys_way, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
