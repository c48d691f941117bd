/*
 * Whole files, and sentences about those that cannot be.
 */
#include "apps/sim/files.h"

#include "tests/apps/sim/planted.h"

static void written_is_read(void **state)
{
    static char big[20000];
    struct buf out;
    (void)state;
    memset(big, 'x', sizeof big);
    buf_init(&out, sizeof big);
    assert_int_equal(files_write(&planted_voice, "f", span_of(big, sizeof big)), 0);
    assert_int_equal(files_read(&planted_voice, "f", &out), 0);
    assert_int_equal(out.len, sizeof big);
    buf_clear(&out);
    assert_int_equal(files_write(&planted_voice, "f", span_empty()), 0);
    assert_int_equal(files_read(&planted_voice, "f", &out), 0);
    assert_int_equal(out.len, 0);
    assert_int_equal(unlink("f"), 0);
}

static void what_cannot_be_is_said(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1024);
    assert_int_equal(files_read(&planted_voice, "none", &out), VOICE_NOT_FOUND);
    assert_string_equal(planted_problem, "'none' cannot be read: No such file or directory");
    planted_forget();
    assert_int_equal(files_read(&planted_voice, ".", &out), VOICE_USAGE);
    planted_expect(planted_problem, "'.' cannot be read: ");
    planted_forget();
    assert_int_equal(files_write(&planted_voice, "no/where", span_of("x", 1)), VOICE_NOT_FOUND);
    planted_expect(planted_problem, "'no/where' cannot be written: ");
    planted_forget();
    planted_write("f", "more than there is room for, by far");
    out.max = 8;
    assert_int_equal(files_read(&planted_voice, "f", &out), VOICE_USAGE);
    planted_expect(planted_problem, "'f' is longer than 0 KiB");
    assert_int_equal(unlink("f"), 0);
    planted_forget();
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(files_write(&planted_voice, "/dev/full", span_of("x", 1)), VOICE_FAILED);
        planted_expect(planted_problem, "'/dev/full' cannot be written: No space left");
    }
    buf_clear(&out);
}

static void trying_changes_nothing(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1024);
    assert_int_equal(files_try(&planted_voice, "f"), 0);
    assert_int_equal(files_read(&planted_voice, "f", &out), VOICE_NOT_FOUND);
    planted_write("f", "kept");
    assert_int_equal(files_try(&planted_voice, "f"), 0);
    assert_int_equal(files_read(&planted_voice, "f", &out), 0);
    assert_int_equal(out.len, 4);
    assert_int_equal(unlink("f"), 0);
    planted_forget();
    assert_int_equal(files_try(&planted_voice, "no/where"), VOICE_NOT_FOUND);
    assert_string_equal(planted_problem, "'no/where' cannot be written: No such file or directory");
    planted_forget();
    assert_int_equal(files_try(&planted_voice, "."), VOICE_FAILED);
    planted_expect(planted_problem, "'.' cannot be written: ");
    buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {PLANTED(written_is_read), PLANTED(what_cannot_be_is_said),
                                       PLANTED(trying_changes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
