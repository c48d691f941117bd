/*
 * Cells of the terminal.
 */
#include "apps/tui/paint.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "apps/tui/glyph.h"
#include "apps/tui/keys.h"
#include "base/utf8.h"

#define FSI 0x2068
#define PDI 0x2069
#define MOUSE (BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED)

/* The one terminal. */
static struct {
    bool is_on;
    bool is_begun; /* ncurses was started once */
    bool is_ascii;
    bool is_isolating; /* the terminal turns text from right to left around by itself */
    bool has_pastes;   /* it can tell a paste from what is typed */
    bool has_mouse;
    bool has_default; /* its own colours can be had */
    int colours;
    struct {
        short foreground;
        short background;
    } pairs[PAINT_PAIRS_MAX]; /* pair i + 1 of ncurses */
    size_t pair_count;
    struct termios saved; /* as it was */
    bool is_saved;
} paint;

static bool env_is(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

/* Terminals that are known to follow UAX 9, and nothing between them and us that does not. */
static bool is_bidi_terminal(void)
{
    const char *vte = getenv("VTE_VERSION");
    bool is_known = (vte != NULL && strtol(vte, NULL, 10) >= 5800) || env_is("KONSOLE_VERSION") ||
                    env_is("MLTERM");
    return is_known && !env_is("TMUX") && !env_is("STY");
}

static bool has_pastes(const char *term)
{
    return strncmp(term, "vt", 2) != 0 && strncmp(term, "linux", 5) != 0 &&
           strcmp(term, "dumb") != 0 && strncmp(term, "ansi", 4) != 0;
}

static void tell_terminal(const char *text)
{
    (void)fputs(text, stdout);
    (void)fflush(stdout);
}

static void start_colours(enum theme_wish wish)
{
    const struct theme_world before = {getenv("NO_COLOR"), getenv("TERM"), 256};
    if (theme_colours(wish, &before) == 0 || !has_colors() || start_color() == ERR) {
        paint.colours = 0;
        return;
    }
    const struct theme_world world = {getenv("NO_COLOR"), getenv("TERM"), COLORS};
    paint.colours = theme_colours(wish, &world);
    paint.has_default = use_default_colors() != ERR;
}

void paint_mouse(bool is_on)
{
    paint.has_mouse = is_on;
    (void)mousemask(is_on ? MOUSE : 0, NULL);
    (void)mouseinterval(0);
}

/* What ncurses forgets over endwin, and what it never knew. */
static void set_modes(void)
{
    (void)cbreak();
    (void)noecho();
    (void)nonl(); /* Enter and Ctrl+J are two */
    (void)intrflush(stdscr, FALSE);
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)meta(stdscr, TRUE);
    paint_mouse(paint.has_mouse);
    if (paint.has_pastes) {
        tell_terminal("\x1b[?2004h");
    }
    paint.is_on = true;
}

bool paint_start(const struct paint_wish *wish)
{
    const char *term = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || term == NULL || term[0] == '\0') {
        return false;
    }
    (void)setlocale(LC_CTYPE, ""); /* numbers stay as JSON has them */
    paint.is_ascii = wish->is_ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    paint.is_isolating = !paint.is_ascii && is_bidi_terminal();
    paint.has_pastes = has_pastes(term);
    paint.has_mouse = wish->has_mouse;
    paint.is_saved = tcgetattr(STDIN_FILENO, &paint.saved) == 0;
    (void)set_escdelay(25);
    if (newterm(NULL, stdout, stdin) == NULL) { /* initscr would end the program */
        return false;
    }
    paint.is_begun = true;
    start_colours(wish->colour);
    keys_define();
    set_modes();
    return true;
}

void paint_end(void)
{
    if (!paint.is_on) {
        return;
    }
    paint.is_on = false;
    if (paint.has_pastes) {
        tell_terminal("\x1b[?2004l");
    }
    (void)mousemask(0, NULL);
    (void)endwin();
    (void)fflush(stdout);
}

void paint_end_at_once(void)
{
    /* Mouse and pastes off, the cursor on, the other screen away, plain letters. */
    static const char reset[] = "\x1b[?2004l\x1b[?1000l\x1b[?1006l\x1b[?25h\x1b[?1049l\x1b[0m\r\n";
    if (paint.is_on) {
        ssize_t written = 0;
        if (paint.has_pastes) {
            written = write(STDOUT_FILENO, reset, sizeof reset - 1);
        }
        (void)written;
        if (paint.is_saved) {
            (void)tcsetattr(STDIN_FILENO, TCSANOW, &paint.saved);
        }
    }
}

void paint_again(void)
{
    struct winsize size = {0};
    if (!paint.is_begun) {
        return;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        (void)resize_term(size.ws_row, size.ws_col); /* resizeterm would press a key for it */
    }
    if (!paint.is_on) {
        (void)refresh();
        set_modes();
    } else {
        (void)reset_prog_mode(); /* whoever had the terminal meanwhile may have changed it */
    }
    (void)clearok(curscr, TRUE);
}

bool paint_is_ascii(void)
{
    return paint.is_ascii;
}

int paint_colours(void)
{
    return paint.colours;
}

size_t paint_rows(void)
{
    return (size_t)(LINES > 0 ? LINES : 0);
}

size_t paint_columns(void)
{
    return (size_t)(COLS > 0 ? COLS : 0);
}

void paint_clear(void)
{
    (void)erase();
}

void paint_show(size_t row, size_t column)
{
    bool is_seen = row < paint_rows() && column < paint_columns();
    (void)curs_set(is_seen ? 1 : 0);
    if (is_seen) {
        (void)move((int)row, (int)column);
    }
    (void)refresh();
}

/* The number of a pair of colours; 0, the terminal's own, when there is no room for more. */
static short pair_of(struct theme_style style)
{
    short foreground = style.foreground;
    short background = style.background;
    if (paint.colours == 0 || (foreground < 0 && background < 0)) {
        return 0;
    }
    if (!paint.has_default) {
        foreground = foreground < 0 ? COLOR_WHITE : foreground;
        background = background < 0 ? COLOR_BLACK : background;
    }
    for (size_t i = 0; i < paint.pair_count; i++) {
        if (paint.pairs[i].foreground == foreground && paint.pairs[i].background == background) {
            return (short)(i + 1);
        }
    }
    if (paint.pair_count == PAINT_PAIRS_MAX || (int)paint.pair_count + 1 >= COLOR_PAIRS ||
        init_pair((short)(paint.pair_count + 1), foreground, background) == ERR) {
        return 0;
    }
    paint.pairs[paint.pair_count].foreground = foreground;
    paint.pairs[paint.pair_count].background = background;
    return (short)++paint.pair_count;
}

static void set_style(struct theme_style style)
{
    attr_t attributes = 0;
    attributes |= (style.attributes & THEME_BOLD) != 0 ? A_BOLD : 0;
    attributes |= (style.attributes & THEME_UNDERLINE) != 0 ? A_UNDERLINE : 0;
    attributes |= (style.attributes & THEME_REVERSE) != 0 ? A_REVERSE : 0;
    attributes |= (style.attributes & THEME_FAINT) != 0 ? A_DIM : 0;
    (void)attr_set(attributes, pair_of(style), NULL);
}

/* Code points of a cluster for ncurses; `close` is put behind them, unless it is 0. */
static int wide(const struct glyph *g, wchar_t out[GLYPH_TEXT_MAX + 2], uint32_t close)
{
    int count = 0;
    const struct span text = span_of(g->text, g->len);
    for (size_t at = 0; at < text.len;) {
        uint32_t point = 0;
        at += utf8_next(&point, text, at);
        out[count++] = (wchar_t)point;
    }
    if (close != 0) {
        out[count++] = (wchar_t)close;
    }
    return count;
}

size_t paint_text(size_t row, size_t column, size_t columns, struct span text,
                  struct theme_style style)
{
    struct glyph g;
    size_t used = 0;
    bool is_isolated = paint.is_isolating && column > 0 && glyph_has_rtl(text);
    set_style(style);
    if (is_isolated) {
        const wchar_t open[2] = {L' ', FSI};
        (void)mvaddnwstr((int)row, (int)column - 1, open, 2);
    }
    for (size_t at = 0; at < text.len;) {
        wchar_t points[GLYPH_TEXT_MAX + 2];
        size_t next = at + glyph_next(&g, text, at, paint.is_ascii);
        if (used + g.columns > columns) {
            break;
        }
        if (g.columns > 0 && paint.is_ascii) {
            (void)mvaddnstr((int)row, (int)(column + used), g.text, g.len);
        } else if (g.columns > 0) {
            bool is_last = next >= text.len;
            int count = wide(&g, points, is_isolated && is_last ? PDI : 0);
            (void)mvaddnwstr((int)row, (int)(column + used), points, count);
        }
        used += g.columns;
        at = next;
    }
    (void)attr_set(A_NORMAL, 0, NULL);
    return used;
}

size_t paint_words(size_t row, size_t column, size_t columns, const char *text,
                   enum theme_role role)
{
    return paint_text(row, column, columns, span_from_text(text), theme_style(role, paint.colours));
}

void paint_fill(const struct layout_box *box, struct theme_style style)
{
    set_style(style);
    for (size_t row = 0; row < box->rows; row++) {
        (void)move((int)(box->row + row), (int)box->column);
        for (size_t i = 0; i < box->columns; i++) {
            (void)addch(' ');
        }
    }
    (void)attr_set(A_NORMAL, 0, NULL);
}

static void put(size_t row, size_t column, wchar_t point, char ascii)
{
    if (paint.is_ascii) {
        (void)mvaddch((int)row, (int)column, (chtype)(unsigned char)ascii);
    } else {
        (void)mvaddnwstr((int)row, (int)column, &point, 1);
    }
}

void paint_rule_down(size_t row, size_t column, size_t rows)
{
    set_style(theme_style(THEME_DIM, paint.colours));
    for (size_t i = 0; i < rows; i++) {
        put(row + i, column, L'\u2502', '|');
    }
    (void)attr_set(A_NORMAL, 0, NULL);
}

void paint_rule(size_t row, size_t column, size_t columns, struct theme_style style)
{
    set_style(style);
    for (size_t i = 0; i < columns; i++) {
        put(row, column + i, L'\u2500', '-');
    }
    (void)attr_set(A_NORMAL, 0, NULL);
}

void paint_frame(const struct layout_box *box, const char *title)
{
    size_t last_row = box->row + box->rows - 1;
    size_t last = box->column + box->columns - 1;
    const struct theme_style plain = theme_style(THEME_POPUP, paint.colours);
    if (box->rows < 2 || box->columns < 4) {
        return;
    }
    paint_fill(box, plain);
    paint_rule(box->row, box->column, box->columns, plain);
    paint_rule(last_row, box->column, box->columns, plain);
    for (size_t row = box->row + 1; row < last_row; row++) {
        put(row, box->column, L'\u2502', '|');
        put(row, last, L'\u2502', '|');
    }
    put(box->row, box->column, L'\u250c', '+');
    put(box->row, last, L'\u2510', '+');
    put(last_row, box->column, L'\u2514', '+');
    put(last_row, last, L'\u2518', '+');
    (void)paint_words(box->row, box->column + 2, box->columns - 4, title, THEME_POPUP_HEAD);
}

void paint_bell(void)
{
    (void)beep();
}
