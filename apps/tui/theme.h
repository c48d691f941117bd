/*
 * How things look: a role comes in, colours and attributes leave, for terminals of 256, 16 and 8
 * colours and of none. Nothing is told by colour alone: each style differs in an attribute or its
 * text, too, and each sender has a sign beside the colour.
 *
 * Pure: apps/tui/paint.h makes ncurses' pairs of it.
 */
#ifndef APPS_TUI_THEME_H
#define APPS_TUI_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum theme_role {
    THEME_TEXT,
    THEME_DIM,     /* times, rules, what is said of the chat itself */
    THEME_BAR,     /* title and status bar */
    THEME_BAR_BAD, /* in it: something is wrong */
    THEME_CHOSEN,  /* the chat that is shown, the hit that is looked at */
    THEME_UNREAD,  /* a chat with something new */
    THEME_MENTION, /* somebody means us */
    THEME_OWN,     /* our own name */
    THEME_MARK,    /* a delivery mark */
    THEME_BAD,     /* what failed, who is not verified any more */
    THEME_POPUP,
    THEME_POPUP_HEAD,
    THEME_KEY, /* a key or command in help */
    THEME_HIT, /* what was looked for */
    THEME_ROLES
};

#define THEME_SENDERS 12 /* colours of senders; 6 where there are 8 or 16 in all */

enum theme_attribute {
    THEME_BOLD = 1,
    THEME_UNDERLINE = 2,
    THEME_REVERSE = 4,
    THEME_FAINT = 8 /* where a terminal has it; nothing is lost where not */
};

struct theme_style {
    int16_t foreground; /* -1: the terminal's own */
    int16_t background;
    uint8_t attributes; /* enum theme_attribute */
};

enum theme_wish {
    THEME_AUTO, /* NO_COLOR and TERM decide */
    THEME_ALWAYS,
    THEME_NEVER
};

/* What the environment says; a text is NULL where there is none. */
struct theme_world {
    const char *no_color;
    const char *term;
    int colours; /* that the terminal says it has */
};

/** How many colours are to be used: 256, 16, 8 or 0. */
int theme_colours(enum theme_wish wish, const struct theme_world *world);

struct theme_style theme_style(enum theme_role role, int colours);

/** The look of a sender's name, by its id. */
struct theme_style theme_sender(const char *id, int colours);

/** A sign of that sender beside the colour: a letter and a digit of the id's hash ("k7"). Two
 * senders of one colour mostly differ in it. With NUL. */
void theme_tag(const char *id, char out[3]);

#endif
