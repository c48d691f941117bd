/*
 * The chat on a screen, where the program was built with it: what the command line says becomes
 * what apps/tui wants.
 */
#ifndef APPS_WAVU_CHAT_SCREEN_H
#define APPS_WAVU_CHAT_SCREEN_H

#include "apps/wavu/command.h"

/** Whether this call is to have a screen: somebody sits at a terminal that can be one, and the
 * program was built with it. */
bool chat_screen_is_wanted(const struct call *call);

/** Run it on the node of `home`, whose socket is `socket`. Returns the exit code. */
WARN_UNUSED int chat_screen_run(struct call *call, const char *home, const char *socket);

#endif
