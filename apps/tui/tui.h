/*
 * The terminal chat: a node's socket comes in, a person's conversations are on the screen until
 * they leave.
 */
#ifndef APPS_TUI_TUI_H
#define APPS_TUI_TUI_H

#include <stdbool.h>

#include "apps/tui/theme.h"
#include "wavu/api.h"

#define TUI_DRAWS_MAX 30 /* of the whole screen in a second, however much comes */

/* What tells of a message that means this person. */
enum tui_notify {
    TUI_NOTIFY_HIDE, /* bell, and a note on the desktop that says that there is one */
    TUI_NOTIFY_OFF,
    TUI_NOTIFY_BELL, /* the bell alone */
    TUI_NOTIFY_SHOW  /* with who says what */
};

struct tui_wish {
    const char *path;  /* of the control socket */
    const char *home;  /* in which it lies; for /words that are commands of the program */
    const char *first; /* a line that is entered once chats are known ("/room boats"); or NULL */
    enum theme_wish colour;
    bool is_ascii;
    bool has_no_mouse;
    enum tui_notify notify;
    /* Make sure that a node answers there. The terminal is its own meanwhile: it may ask, and says
     * why not. Returns 0 or an exit code. NULL: none can be started from here. */
    int (*start)(void *context);
    void *context;
};

/** Run until the person leaves. Returns an exit code, after a sentence where it is not 0. The
 * terminal is as it was, whatever happened. */
WARN_UNUSED int tui_run(const struct tui_wish *wish);

#endif
