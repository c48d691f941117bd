/*
 * The bar as text; without a terminal there is none.
 */
#include "apps/sim/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/base/unit.h"

static void the_bar_fills(void **state)
{
    char line[PROGRESS_LINE_MAX];
    (void)state;
    assert_string_equal(progress_text("of it", 0, 100, line),
                        "[..............................]   0 % of it");
    assert_string_equal(progress_text("of it", 50, 100, line),
                        "[###############...............]  50 % of it");
    assert_string_equal(progress_text("of it", 7, 7, line),
                        "[##############################] 100 % of it");
    assert_string_equal(progress_text("of it", 9, 7, line),
                        "[##############################] 100 % of it");
    assert_string_equal(progress_text("of it", 0, 0, line),
                        "[..............................]   0 % of it");
}

/* What progress_show and progress_hide write to stderr, when that is a pipe. */
static void nothing_is_drawn_into_a_pipe(void **state)
{
    struct progress p;
    int pipes[2];
    char byte;
    (void)state;
    assert_int_equal(pipe(pipes), 0);
    int before = dup(STDERR_FILENO);
    (void)dup2(pipes[1], STDERR_FILENO);
    progress_start(&p, false);
    progress_show(&p, "of it", 1, 2);
    progress_hide(&p);
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    (void)close(pipes[1]);
    assert_false(p.is_shown);
    assert_int_equal(read(pipes[0], &byte, 1), 0);
    (void)close(pipes[0]);
    assert_true(progress_now_ms() > 0);
}

/* In a window of 20 columns it never wraps, or it could not be drawn over. */
static void a_narrow_window_is_not_left(void **state)
{
    const struct winsize narrow = {.ws_col = 20, .ws_row = 5};
    struct progress p;
    char drawn[PROGRESS_LINE_MAX] = "";
    (void)state;
    int window = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(window >= 0 && grantpt(window) == 0 && unlockpt(window) == 0);
    int inside = open(ptsname(window), O_RDWR | O_NOCTTY);
    assert_true(inside >= 0 && ioctl(inside, TIOCSWINSZ, &narrow) == 0);
    int before = dup(STDERR_FILENO);
    (void)dup2(inside, STDERR_FILENO);
    struct progress quiet;
    progress_start(&quiet, true);
    progress_start(&p, false);
    progress_show(&p, "of the run", 1, 2);
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    assert_false(quiet.is_shown);
    assert_true(p.is_shown);
    assert_true(read(window, drawn, sizeof drawn - 1) > 0);
    assert_string_equal(drawn, "\r[###############...\033[K");
    (void)close(inside);
    (void)close(window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(the_bar_fills), UNIT(nothing_is_drawn_into_a_pipe),
                                       UNIT(a_narrow_window_is_not_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
