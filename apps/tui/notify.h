/*
 * A note on the desktop (org.freedesktop.Notifications) by the session's bus: where there is one,
 * and the terminal is on it, not at the other end of SSH. Nothing waits for the desktop.
 */
#ifndef APPS_TUI_NOTIFY_H
#define APPS_TUI_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/api.h"

#define NOTIFY_TEXT_MAX 256 /* bytes of a note's text, with NUL */

struct notify; /* opaque; freed by notify_close */

/** Connect to the session's bus; NULL when there is none, this is a session over SSH, or the
 * program was built without systemd's library. */
WARN_UNUSED struct notify *notify_open(void);

/** Disconnect. NULL is fine here, and for all below: then there is no desktop. */
void notify_close(struct notify *n);

/** What to wait for (readable), -1: nothing; and what to do then, and now and then else. */
int notify_fd(const struct notify *n);
void notify_pump(struct notify *n);

/** Show a note; it takes the place of the last one. `body` may be "". */
void notify_show(struct notify *n, const char *title, const char *body);

/** May this session have notes at all? `ssh`: one of the variables that a session over SSH has is
 * set; `bus`: the address of the session's bus, or where it would be. Pure. */
bool notify_is_wanted(bool ssh, const char *bus);

/** Write `text` for a note: one line of at most NOTIFY_TEXT_MAX, without controls; what a desktop
 * takes for markup is written out. */
void notify_escape(char out[NOTIFY_TEXT_MAX], const char *text);

#endif
