/*
 * Who may have a say in settings: owners and modes.
 */
#include "apps/settings/file_guard.h"

#include "tests/apps/wavu/program.h"

#include <fcntl.h>

#include "apps/term/say.h"

#define SELF 1000
#define OTHER 1001

static enum file_guard judge(uid_t owner, mode_t mode)
{
    const struct stat info = {.st_uid = owner, .st_mode = mode};
    return file_guard_judge(&info, SELF);
}

static void only_the_user_and_root_have_a_say(void **state)
{
    (void)state;
    assert_int_equal(judge(SELF, S_IFREG | 0600), FILE_GUARD_GOOD);
    assert_int_equal(judge(SELF, S_IFREG | 0644), FILE_GUARD_GOOD);
    assert_int_equal(judge(0, S_IFREG | 0644), FILE_GUARD_GOOD);
    assert_int_equal(judge(OTHER, S_IFREG | 0600), FILE_GUARD_FOREIGN);
    assert_int_equal(judge(OTHER, S_IFREG | 0666), FILE_GUARD_FOREIGN);
    assert_int_equal(judge(SELF, S_IFREG | 0620), FILE_GUARD_WRITABLE);
    assert_int_equal(judge(SELF, S_IFREG | 0602), FILE_GUARD_WRITABLE);
    assert_int_equal(judge(0, S_IFREG | 0664), FILE_GUARD_WRITABLE);
    assert_int_equal(judge(SELF, S_IFIFO | 0666), FILE_GUARD_WRITABLE);
    assert_int_equal(judge(0, S_IFCHR | 0666), FILE_GUARD_GOOD); /* --config /dev/null */
}

static void in_a_shared_folder_the_file_counts(void **state)
{
    (void)state;
    assert_int_equal(judge(0, S_IFDIR | S_ISVTX | 0777), FILE_GUARD_GOOD);
    assert_int_equal(judge(OTHER, S_IFDIR | S_ISVTX | 0777), FILE_GUARD_FOREIGN);
    assert_int_equal(judge(0, S_IFDIR | 0777), FILE_GUARD_WRITABLE);
    assert_int_equal(judge(SELF, S_IFDIR | 0755), FILE_GUARD_GOOD);
    assert_int_equal(judge(SELF, S_IFREG | S_ISVTX | 0666), FILE_GUARD_WRITABLE);
}

static bool is_readable(uid_t owner, mode_t mode)
{
    const struct stat info = {.st_uid = owner, .st_mode = S_IFREG | mode};
    return file_guard_is_readable(&info, SELF);
}

static void a_secret_is_for_its_reader_alone(void **state)
{
    (void)state;
    assert_false(is_readable(SELF, 0600));
    assert_true(is_readable(SELF, 0640));
    assert_true(is_readable(SELF, 0604));
    assert_false(is_readable(0, 0640)); /* how a service reads what root wrote for it */
    assert_true(is_readable(0, 0644));
}

static void a_file_is_judged_with_its_folder(void **state)
{
    char path[160];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/s.toml", program_home);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(file_guard_check(fd, path), 0);
    assert_int_equal(fchmod(fd, 0620), 0);
    assert_int_equal(file_guard_check(fd, path), SAY_DENIED);
    assert_int_equal(fchmod(fd, 0600), 0);
    assert_int_equal(chmod(program_home, 0770), 0);
    assert_int_equal(file_guard_check(fd, path), SAY_DENIED);
    assert_int_equal(chmod(program_home, 0700), 0);
    assert_int_equal(file_guard_check(fd, path), 0);
    (void)close(fd);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(only_the_user_and_root_have_a_say),
        UNIT(in_a_shared_folder_the_file_counts),
        UNIT(a_secret_is_for_its_reader_alone),
        PROGRAM(a_file_is_judged_with_its_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
