/*
 * Files in the folder of a stick: written whole, read only when they are plain, whatever lies
 * there.
 */
#include "apps/wavu/stick_files.h"

#include <errno.h>
#include <fcntl.h>

#include "base/mem.h"
#include "tests/apps/wavu/program.h"

static char folder[64];
static struct stick_files files;
static uint8_t *bytes;

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/stick_files_XXXXXX");
    bytes = mem_new(WAVU_STICK_FILE_MAX + 1);
    return mkdtemp(folder) == NULL || stick_files_open(&files, folder) != 0;
}

static int end(void **state)
{
    char command[128];
    (void)state;
    stick_files_close(&files);
    mem_free(bytes);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static void again(void)
{
    stick_files_close(&files);
    assert_int_equal(stick_files_open(&files, folder), 0);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    size_t len = 0;
    assert_int_equal(files.count, 0);
    assert_int_equal(stick_files_write(&files, "00000000000000bb.wavu", "second", 6), 0);
    assert_int_equal(stick_files_write(&files, "00000000000000aa.wavu", "first", 5), 0);
    again();
    assert_int_equal(files.count, 2);
    assert_string_equal(files.names[0], "00000000000000aa.wavu");
    assert_int_equal(stick_files_read(&files, files.names[0], bytes, &len), 0);
    assert_int_equal(len, 5);
    assert_memory_equal(bytes, "first", 5);
    assert_int_equal(stick_files_read(&files, "00000000000000cc.wavu", bytes, &len), ENOENT);
    assert_int_equal(stick_files_open(&(struct stick_files){0}, "/nowhere/at/all"), ENOENT);
}

static void names(void **state)
{
    (void)state;
    assert_true(stick_files_is_name("0123456789abcdef.wavu"));
    assert_false(stick_files_is_name("0123456789abcde.wavu"));
    assert_false(stick_files_is_name("0123456789abcdeg.wavu"));
    assert_false(stick_files_is_name("0123456789ABCDEF.wavu"));
    assert_false(stick_files_is_name(".0123456789abcdef.wavu.part"));
    assert_false(stick_files_is_name("../456789abcdef.wavu"));
    assert_false(stick_files_is_name(""));
}

/* A part of before, as of a power cut, is in nobody's way and read by nobody. */
static void what_is_no_plain_file(void **state)
{
    (void)state;
    size_t len = 0;
    const int at = files.folder;
    assert_int_equal(symlinkat("/etc/passwd", at, "00000000000000aa.wavu"), 0);
    assert_int_equal(mkfifoat(at, "00000000000000ab.wavu", 0600), 0);
    assert_int_equal(mkdirat(at, "00000000000000ac.wavu", 0700), 0);
    assert_int_equal(stick_files_write(&files, "00000000000000ad.wavu", bytes, WAVU_STICK_FILE_MAX),
                     0);
    assert_int_equal(
        stick_files_write(&files, "00000000000000ae.wavu", bytes, WAVU_STICK_FILE_MAX + 1), 0);
    const int part = openat(at, ".00000000000000af.wavu.part", O_WRONLY | O_CREAT, 0600);
    assert_int_equal(close(part), 0);
    again();
    assert_int_equal(files.count, 5);
    for (size_t i = 0; i < files.count; i++) {
        const int expected = i == 3 ? 0 : EINVAL;
        assert_int_equal(stick_files_read(&files, files.names[i], bytes, &len), expected);
    }
}

static void put(const char *name, const char *text)
{
    const int file = openat(files.folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(close(file), 0);
}

static void expect(const char *name, const char *text)
{
    char got[64] = "";
    const int file = openat(files.folder, name, O_RDONLY);
    assert_true(file >= 0);
    assert_int_equal(read(file, got, sizeof got - 1), strlen(text));
    assert_int_equal(close(file), 0);
    assert_string_equal(got, text);
}

/* A part that a power cut left, or somebody's own, keeps no file from being written, and stays. */
static void a_foreign_part_is_in_nobodys_way(void **state)
{
    (void)state;
    put(".00000000000000b0.wavu.part", "left");
    assert_int_equal(symlinkat("/etc/passwd", files.folder, ".00000000000000b0.wavu.part2"), 0);
    assert_int_equal(stick_files_write(&files, "00000000000000b0.wavu", "x", 1), 0);
    expect("00000000000000b0.wavu", "x");
    expect(".00000000000000b0.wavu.part", "left");
    assert_int_equal(faccessat(files.folder, ".00000000000000b0.wavu.part3", F_OK, 0), -1);
    char target[32] = "";
    assert_true(readlinkat(files.folder, ".00000000000000b0.wavu.part2", target, 31) > 0);
    assert_string_equal(target, "/etc/passwd");
}

static void no_more_than_so_many(void **state)
{
    (void)state;
    char name[WAVU_STICK_NAME_MAX];
    for (int i = 0; i < STICK_FILES_MAX + 10; i++) {
        (void)snprintf(name, sizeof name, "%016x.wavu", (unsigned)i);
        const int file = openat(files.folder, name, O_WRONLY | O_CREAT, 0600);
        assert_int_equal(close(file), 0);
    }
    again();
    assert_int_equal(files.count, STICK_FILES_MAX);
    assert_true(files.has_more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, begin, end),
        cmocka_unit_test_setup_teardown(names, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_plain_file, begin, end),
        cmocka_unit_test_setup_teardown(a_foreign_part_is_in_nobodys_way, begin, end),
        cmocka_unit_test_setup_teardown(no_more_than_so_many, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
