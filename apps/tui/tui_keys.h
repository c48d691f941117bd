/*
 * What keys do in the terminal chat.
 */
#ifndef APPS_TUI_TUI_KEYS_H
#define APPS_TUI_TUI_KEYS_H

#include "apps/tui/tui_state.h"

/** A key was pressed. */
void tui_keys_press(struct tui *t, const struct keys *key);

/** Ctrl+C: empties the line (Up brings it back), leaves where it is empty. */
void tui_keys_interrupt(struct tui *t);

#endif
