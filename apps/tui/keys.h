/*
 * Which key is which: what ncurses reads comes in, one key as the chat knows it leaves. Only what
 * terminals can deliver: Ctrl+I, Ctrl+M and Ctrl+H are Tab, Enter and Backspace, and nothing else.
 */
#ifndef APPS_TUI_KEYS_H
#define APPS_TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/tui/input.h"

enum keys_kind {
    KEYS_NONE,   /* nothing is there */
    KEYS_LETTER, /* `point` was typed */
    KEYS_EDIT,   /* `edit`: for the line that is typed */
    KEYS_HELP,
    KEYS_INVITE,
    KEYS_MEMBERS,
    KEYS_IDENTITY,
    KEYS_LINKS,
    KEYS_CTRL_E, /* identity on an empty line, else its end */
    KEYS_CTRL_F, /* search on an empty line, else a character on */
    KEYS_ESCAPE,
    KEYS_CHAT, /* the chat `number`, from 1 */
    KEYS_NEXT,
    KEYS_PREVIOUS,
    KEYS_ACTIVE,
    KEYS_PAGE_UP,
    KEYS_PAGE_DOWN,
    KEYS_TOP,
    KEYS_BOTTOM,
    KEYS_HIT_OLDER,
    KEYS_HIT_NEWER,
    KEYS_REDRAW,
    KEYS_CLOSED, /* Ctrl+D */
    KEYS_WHEEL_UP,
    KEYS_WHEEL_DOWN,
    KEYS_CLICK, /* at `row`, `column` */
    KEYS_RESIZE,
    KEYS_OTHER
};

struct keys {
    enum keys_kind kind;
    uint32_t point;
    enum input_key edit;
    size_t number;
    size_t row;
    size_t column;
};

/* What was read before that belongs to the next key. */
struct keys_state {
    bool is_escaped; /* an escape came, and it may be Alt and the next key */
    bool is_pasting;
};

/** Teach ncurses the sequences that terminfo does not have: pastes, Alt and arrows. */
void keys_define(void);

/** The next key, KEYS_NONE when there is none. A lone Escape is one only when keys_escaped is
 * called, some time after it came. */
struct keys keys_next(struct keys_state *state);

/** Nothing came behind an escape: it is the key. */
struct keys keys_escaped(struct keys_state *state);

/** What a character (`is_code` false) or a key of ncurses means, Alt pressed or not. Pure but for a
 * mouse's place. */
struct keys keys_of(struct keys_state *state, bool is_code, uint32_t code, bool is_alt);

#endif
