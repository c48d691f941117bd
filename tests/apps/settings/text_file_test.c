/*
 * A file replaced in one step.
 */
#include "apps/settings/text_file.h"

#include "tests/apps/wavu/program.h"

#include <fcntl.h>

#include "apps/term/say.h"

static const char *below(const char *name)
{
    static char path[2][128];
    static size_t next;
    char *out = path[next++ % 2];
    (void)snprintf(out, sizeof path[0], "%s/%s", program_home, name);
    return out;
}

/* Replace `name` by `text`; what was there is compared with `before`. */
static int replace(const char *name, const char *before, const char *text)
{
    struct text_file f;
    struct buf was;
    buf_init(&was, 100);
    int code = text_file_open(&f, below(name), 0600, &was);
    if (code == 0) {
        assert_true(span_is_equal(buf_span(&was), span_from_text(before)));
        code = text_file_replace(&f, span_from_text(text));
    }
    text_file_close(&f);
    buf_clear(&was);
    return code;
}

static void expect(const char *name, const char *text, unsigned mode)
{
    char found[128] = "";
    struct stat info;
    int fd = open(below(name), O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_mode & 0777, mode);
    assert_true(read(fd, found, sizeof found - 1) >= 0);
    (void)close(fd);
    assert_string_equal(found, text);
}

static void a_new_file_is_private_and_an_old_one_keeps_its_mode(void **state)
{
    (void)state;
    assert_int_equal(replace("file", "", "one\n"), 0);
    expect("file", "one\n", 0600);
    assert_int_equal(chmod(below("file"), 0640), 0);
    assert_int_equal(replace("file", "one\n", "two\n"), 0);
    expect("file", "two\n", 0640);
}

static void a_link_stays_one(void **state)
{
    struct stat info;
    (void)state;
    assert_int_equal(replace("file", "", "one\n"), 0);
    assert_int_equal(symlink("file", below("wavu.toml")), 0);
    assert_int_equal(replace("wavu.toml", "one\n", "two\n"), 0);
    expect("file", "two\n", 0600);
    assert_int_equal(lstat(below("wavu.toml"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
}

static void what_is_no_file_is_left_alone(void **state)
{
    char text[128];
    (void)state;
    assert_int_equal(mkdir(below("file"), 0700), 0);
    assert_int_equal(replace("file", "", "x"), SAY_FAILURE);
    assert_int_equal(rmdir(below("file")), 0);
    memset(text, 'x', 101);
    text[101] = '\0';
    assert_int_equal(replace("file", "", text), 0);
    assert_int_equal(replace("file", text, "y"), SAY_FAILURE); /* too long */
    expect("file", text, 0600);
    if (geteuid() != 0) {
        assert_int_equal(chmod(program_home, 0500), 0);
        assert_int_equal(replace("file", "x", "y"), SAY_DENIED);
        assert_int_equal(chmod(program_home, 0700), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(a_new_file_is_private_and_an_old_one_keeps_its_mode),
        PROGRAM(a_link_stays_one),
        PROGRAM(what_is_no_file_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
