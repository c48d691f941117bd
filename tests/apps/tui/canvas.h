/*
 * A terminal in memory, for what is drawn: ncurses has one end of a pair of terminals, and what
 * stands on its screen is read as text. One a program, taken in a test's setup.
 */
#ifndef TESTS_APPS_TUI_CANVAS_H
#define TESTS_APPS_TUI_CANVAS_H

#include "tests/base/unit.h"

#include <curses.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "apps/tui/paint.h"

#define CANVAS_ROW_MAX 1024

static int canvas_far = -1;  /* what a terminal program would read */
static int canvas_near = -1; /* ours */
static int canvas_in = -1;   /* as they were */
static int canvas_out = -1;

/* Nobody reads what ncurses sends; it must not fill the pair. */
static inline void canvas_drain(void)
{
    char bytes[4096];
    while (read(canvas_far, bytes, sizeof bytes) > 0) {
    }
}

static inline void canvas_size(size_t rows, size_t columns)
{
    const struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    assert_int_equal(ioctl(canvas_far, TIOCSWINSZ, &size), 0);
    paint_again();
    canvas_drain();
    assert_int_equal(paint_rows(), rows);
    assert_int_equal(paint_columns(), columns);
    paint_clear();
}

static inline void canvas_start(void)
{
    const struct paint_wish wish = {THEME_NEVER, false, false};
    canvas_far = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(canvas_far >= 0);
    assert_int_equal(grantpt(canvas_far), 0);
    assert_int_equal(unlockpt(canvas_far), 0);
    canvas_near = open(ptsname(canvas_far), O_RDWR | O_NOCTTY);
    assert_true(canvas_near >= 0);
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    assert_int_equal(ioctl(canvas_far, TIOCSWINSZ, &size), 0);
    (void)setenv("TERM", "xterm", 1);
    (void)setenv("LC_ALL", "C.UTF-8", 1);
    (void)setenv("TZ", "UTC", 1);
    (void)unsetenv("LINES");
    (void)unsetenv("COLUMNS");
    (void)dup2(canvas_near, STDIN_FILENO);
    (void)dup2(canvas_near, STDOUT_FILENO);
    assert_true(paint_start(&wish));
}

/* Take the screen; it is 24 x 80, and empty. */
static inline int canvas_open(void **state)
{
    (void)state;
    (void)fflush(stdout);
    canvas_in = dup(STDIN_FILENO);
    canvas_out = dup(STDOUT_FILENO);
    if (canvas_far < 0) {
        canvas_start();
    } else {
        (void)dup2(canvas_near, STDIN_FILENO);
        (void)dup2(canvas_near, STDOUT_FILENO);
    }
    canvas_size(24, 80);
    return 0;
}

/* And the test runner has its own again. */
static inline int canvas_close(void **state)
{
    (void)state;
    (void)fflush(stdout);
    canvas_drain();
    (void)dup2(canvas_in, STDIN_FILENO);
    (void)dup2(canvas_out, STDOUT_FILENO);
    (void)close(canvas_in);
    (void)close(canvas_out);
    return 0;
}

/* What stands in that row, without spaces at its end. */
static inline const char *canvas_row(size_t row)
{
    static char text[8 * CANVAS_ROW_MAX];
    wchar_t points[CANVAS_ROW_MAX];
    size_t len;
    assert_true(mvinnwstr((int)row, 0, points, CANVAS_ROW_MAX - 1) >= 0);
    len = wcstombs(text, points, sizeof text - 1);
    assert_true(len != (size_t)-1);
    text[len] = '\0';
    while (len > 0 && text[len - 1] == ' ') {
        text[--len] = '\0';
    }
    return text;
}

/* The first row from `from` on that has that text; fails when there is none. */
static inline size_t canvas_find(size_t from, const char *text)
{
    for (size_t row = from; row < paint_rows(); row++) {
        if (strstr(canvas_row(row), text) != NULL) {
            return row;
        }
    }
    for (size_t row = 0; row < paint_rows(); row++) {
        (void)fprintf(stderr, "%2zu %s\n", row, canvas_row(row));
    }
    fail_msg("no row from %zu on has '%s'", from, text);
    return 0;
}

static inline bool canvas_has(const char *text)
{
    for (size_t row = 0; row < paint_rows(); row++) {
        if (strstr(canvas_row(row), text) != NULL) {
            return true;
        }
    }
    return false;
}

/* How the cell looks: A_REVERSE, A_BOLD ... */
static inline attr_t canvas_look(size_t row, size_t column)
{
    return mvinch((int)row, (int)column) & A_ATTRIBUTES;
}

#define CANVAS(test) cmocka_unit_test_setup_teardown(test, canvas_open, canvas_close)

#endif
