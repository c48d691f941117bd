/*
 * A window over the others: a title and lines that can be scrolled. What stands in it is made by
 * popup_pages.
 */
#ifndef APPS_TUI_POPUP_H
#define APPS_TUI_POPUP_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/tui/layout.h"
#include "apps/tui/theme.h"
#include "wavu/api.h"

#define POPUP_LINES_MAX 2048 /* of one; a last one says that there are more */
#define POPUP_LINE_MAX 1024  /* bytes of one, with NUL */

enum popup_kind {
    POPUP_NONE,
    POPUP_HELP,
    POPUP_INVITE,
    POPUP_MEMBERS,
    POPUP_IDENTITY,
    POPUP_LINKS, /* neighbours, or the whole mesh */
    POPUP_STATUS,
    POPUP_OTHER
};

struct popup_line {
    char *text; /* owned */
    enum theme_role role;
    bool is_picture; /* part of a code: black on white, in the middle, never broken */
};

/* Embedded; zeroed is closed. */
struct popup {
    enum popup_kind kind;
    char title[64];
    struct popup_line lines[POPUP_LINES_MAX];
    size_t count;
    size_t top;   /* rows that are scrolled away */
    size_t rows;  /* of text in the box, when it was drawn last */
    size_t total; /* of all its lines then */
};

/** Open it, empty; what was there goes. Keeps the place where it is of the same kind. */
void popup_open(struct popup *p, enum popup_kind kind, const char *title);
void popup_close(struct popup *p);

/** Add a line. */
void popup_add(struct popup *p, enum theme_role role, const char *format, ...) PRINTF_LIKE(3, 4);

/** Add the QR of `text`, where there is room for it on a screen so large. */
void popup_add_qr(struct popup *p, const char *text, size_t rows, size_t columns);

void popup_scroll(struct popup *p, long rows);

/** Draw it in the middle of a screen so large. */
void popup_draw(struct popup *p, size_t rows, size_t columns);

#endif
