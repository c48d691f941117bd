/*
 * Keys.
 */
#include "apps/tui/keys.h"

#include <curses.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define CTRL(letter) ((letter)&0x1f)

/* Numbers of our own, above all of ncurses'. */
enum {
    OWN_PASTE_BEGIN = KEY_MAX + 1,
    OWN_PASTE_END,
    OWN_ALT_LEFT,
    OWN_ALT_RIGHT,
    OWN_ALT_UP,
    OWN_ALT_DOWN,
    OWN_CTRL_LEFT,
    OWN_CTRL_RIGHT,
    OWN_CTRL_HOME,
    OWN_CTRL_END
};

void keys_define(void)
{
    static const struct {
        const char *sequence;
        int code;
    } rows[] = {
        {"\033[200~", OWN_PASTE_BEGIN},
        {"\033[201~", OWN_PASTE_END},
        {"\033[1;3D", OWN_ALT_LEFT},
        {"\033[1;3C", OWN_ALT_RIGHT},
        {"\033[1;3A", OWN_ALT_UP},
        {"\033[1;3B", OWN_ALT_DOWN},
        {"\033[1;5D", OWN_CTRL_LEFT},
        {"\033[1;5C", OWN_CTRL_RIGHT},
        {"\033[1;5H", OWN_CTRL_HOME},
        {"\033[1;5F", OWN_CTRL_END},
        {"\033OP", KEY_F(1)},
        {"\033OQ", KEY_F(2)},
        {"\033OR", KEY_F(3)},
        {"\033OS", KEY_F(4)},
        {"\033[15~", KEY_F(5)},
        {"\033[[A", KEY_F(1)},
        {"\033[[B", KEY_F(2)},
        {"\033[[C", KEY_F(3)},
        {"\033[[D", KEY_F(4)},
        {"\033[[E", KEY_F(5)},
        {"\033[H", KEY_HOME},
        {"\033[F", KEY_END},
        {"\033[1~", KEY_HOME},
        {"\033[4~", KEY_END},
        {"\033[5~", KEY_PPAGE},
        {"\033[6~", KEY_NPAGE},
        {"\033[3~", KEY_DC},
        {"\033[Z", KEY_BTAB},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        (void)define_key(rows[i].sequence, rows[i].code);
    }
}

struct row {
    uint32_t code;
    enum keys_kind kind;
    enum input_key edit;
};

static const struct row controls[] = {
    {CTRL('a'), KEYS_EDIT, INPUT_HOME},
    {CTRL('b'), KEYS_EDIT, INPUT_LEFT},
    {CTRL('d'), KEYS_CLOSED, 0},
    {CTRL('e'), KEYS_CTRL_E, 0},
    {CTRL('f'), KEYS_CTRL_F, 0},
    {CTRL('g'), KEYS_ESCAPE, 0},
    {CTRL('h'), KEYS_EDIT, INPUT_BACKSPACE},
    {CTRL('i'), KEYS_EDIT, INPUT_TAB},
    {CTRL('j'), KEYS_EDIT, INPUT_NEWLINE},
    {CTRL('k'), KEYS_EDIT, INPUT_KILL_LINE},
    {CTRL('l'), KEYS_REDRAW, 0},
    {CTRL('m'), KEYS_EDIT, INPUT_ENTER},
    {CTRL('n'), KEYS_NEXT, 0},
    {CTRL('p'), KEYS_PREVIOUS, 0},
    {CTRL('r'), KEYS_EDIT, INPUT_SEARCH},
    {CTRL('t'), KEYS_EDIT, INPUT_TRANSPOSE},
    {CTRL('u'), KEYS_EDIT, INPUT_KILL_START},
    {CTRL('w'), KEYS_EDIT, INPUT_KILL_WORD_BACK},
    {CTRL('y'), KEYS_EDIT, INPUT_YANK},
    {0x7f, KEYS_EDIT, INPUT_BACKSPACE},
};

static const struct row alts[] = {
    {'a', KEYS_ACTIVE, 0},
    {'b', KEYS_EDIT, INPUT_WORD_LEFT},
    {'d', KEYS_EDIT, INPUT_KILL_WORD},
    {'f', KEYS_EDIT, INPUT_WORD_RIGHT},
    {'\r', KEYS_EDIT, INPUT_NEWLINE},
    {'\n', KEYS_EDIT, INPUT_NEWLINE},
    {0x7f, KEYS_EDIT, INPUT_KILL_WORD_BACK},
    {CTRL('h'), KEYS_EDIT, INPUT_KILL_WORD_BACK},
    {'<', KEYS_TOP, 0},
    {'>', KEYS_BOTTOM, 0},
    {KEY_LEFT, KEYS_PREVIOUS, 0},
    {KEY_RIGHT, KEYS_NEXT, 0},
    {KEY_UP, KEYS_HIT_OLDER, 0},
    {KEY_DOWN, KEYS_HIT_NEWER, 0},
    {KEY_ENTER, KEYS_EDIT, INPUT_NEWLINE},
    {KEY_BACKSPACE, KEYS_EDIT, INPUT_KILL_WORD_BACK},
};

static const struct row codes[] = {
    {KEY_LEFT, KEYS_EDIT, INPUT_LEFT},
    {KEY_RIGHT, KEYS_EDIT, INPUT_RIGHT},
    {KEY_UP, KEYS_EDIT, INPUT_UP},
    {KEY_DOWN, KEYS_EDIT, INPUT_DOWN},
    {KEY_HOME, KEYS_EDIT, INPUT_HOME},
    {KEY_END, KEYS_EDIT, INPUT_END},
    {KEY_DC, KEYS_EDIT, INPUT_DELETE},
    {KEY_BACKSPACE, KEYS_EDIT, INPUT_BACKSPACE},
    {KEY_ENTER, KEYS_EDIT, INPUT_ENTER},
    {KEY_BTAB, KEYS_EDIT, INPUT_BACKTAB},
    {KEY_PPAGE, KEYS_PAGE_UP, 0},
    {KEY_NPAGE, KEYS_PAGE_DOWN, 0},
    {KEY_RESIZE, KEYS_RESIZE, 0},
    {KEY_F(1), KEYS_HELP, 0},
    {KEY_F(2), KEYS_INVITE, 0},
    {KEY_F(3), KEYS_MEMBERS, 0},
    {KEY_F(4), KEYS_IDENTITY, 0},
    {KEY_F(5), KEYS_LINKS, 0},
    {OWN_PASTE_BEGIN, KEYS_EDIT, INPUT_PASTE_BEGIN},
    {OWN_PASTE_END, KEYS_EDIT, INPUT_PASTE_END},
    {OWN_ALT_LEFT, KEYS_PREVIOUS, 0},
    {OWN_ALT_RIGHT, KEYS_NEXT, 0},
    {OWN_ALT_UP, KEYS_HIT_OLDER, 0},
    {OWN_ALT_DOWN, KEYS_HIT_NEWER, 0},
    {OWN_CTRL_LEFT, KEYS_EDIT, INPUT_WORD_LEFT},
    {OWN_CTRL_RIGHT, KEYS_EDIT, INPUT_WORD_RIGHT},
    {OWN_CTRL_HOME, KEYS_TOP, 0},
    {OWN_CTRL_END, KEYS_BOTTOM, 0},
};

static struct keys find(const struct row *rows, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code == code) {
            return (struct keys){.kind = rows[i].kind, .edit = rows[i].edit};
        }
    }
    return (struct keys){.kind = KEYS_OTHER};
}

static struct keys of_mouse(void)
{
    MEVENT event;
    struct keys key = {.kind = KEYS_OTHER};
    if (getmouse(&event) == OK) {
        key.row = event.y > 0 ? (size_t)event.y : 0;
        key.column = event.x > 0 ? (size_t)event.x : 0;
        if ((event.bstate & BUTTON4_PRESSED) != 0) {
            key.kind = KEYS_WHEEL_UP;
        } else if ((event.bstate & BUTTON5_PRESSED) != 0) {
            key.kind = KEYS_WHEEL_DOWN;
        } else if ((event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) != 0) {
            key.kind = KEYS_CLICK;
        }
    }
    return key;
}

struct keys keys_of(struct keys_state *state, bool is_code, uint32_t code, bool is_alt)
{
    if (is_code && code == KEY_MOUSE) {
        return of_mouse();
    }
    if (is_code && (code == OWN_PASTE_BEGIN || code == OWN_PASTE_END)) {
        state->is_pasting = code == OWN_PASTE_BEGIN;
    }
    if (!is_code && state->is_pasting) {
        return (struct keys){.kind = KEYS_LETTER, .point = code};
    }
    if (is_alt && !is_code && code >= '1' && code <= '9') {
        return (struct keys){.kind = KEYS_CHAT, .number = code - '0'};
    }
    if (is_alt && !is_code && code > 0x7f) {
        return (struct keys){.kind = KEYS_OTHER}; /* a letter whose number a key has */
    }
    if (is_alt) {
        return find(alts, COUNT_OF(alts), code);
    }
    if (is_code) {
        return find(codes, COUNT_OF(codes), code);
    }
    if (code < 0x20 || code == 0x7f) {
        return find(controls, COUNT_OF(controls), code);
    }
    return (struct keys){.kind = KEYS_LETTER, .point = code};
}

struct keys keys_next(struct keys_state *state)
{
    wint_t code = 0;
    int rc = get_wch(&code);
    if (rc == ERR) {
        return (struct keys){.kind = KEYS_NONE};
    }
    if (rc == OK && code == 0x1b && !state->is_pasting) {
        bool is_second = state->is_escaped;
        state->is_escaped = true;
        return (struct keys){.kind = is_second ? KEYS_ESCAPE : KEYS_NONE};
    }
    bool is_alt = state->is_escaped;
    state->is_escaped = false;
    struct keys key = keys_of(state, rc == KEY_CODE_YES, code, is_alt);
    if (is_alt && key.kind == KEYS_OTHER &&
        (rc == OK ? unget_wch((wchar_t)code) : ungetch((int)code)) == OK) {
        key.kind = KEYS_ESCAPE; /* nothing has that name: Escape, and then the key */
    }
    return key;
}

struct keys keys_escaped(struct keys_state *state)
{
    bool is_key = state->is_escaped;
    state->is_escaped = false;
    return (struct keys){.kind = is_key ? KEYS_ESCAPE : KEYS_NONE};
}
