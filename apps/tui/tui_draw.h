/*
 * The whole screen of the terminal chat, from what it holds.
 */
#ifndef APPS_TUI_TUI_DRAW_H
#define APPS_TUI_TUI_DRAW_H

#include "apps/tui/tui_state.h"

/** Draw all of it and show it. */
void tui_draw_all(struct tui *t);

/** Draw the line that is typed, and show that; all of it where its rows changed. */
void tui_draw_input(struct tui *t);

#endif
