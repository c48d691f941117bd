/*
 * The sidebar: networks with their rooms and direct chats, what is unread there, which is shown.
 *
 *     savanna
 *     >1 # savanna
 *      2 # boats           3      unread
 *      3 @ Baraka k7      !2      they mean us: another sign, and another colour
 */
#ifndef APPS_TUI_SIDE_H
#define APPS_TUI_SIDE_H

#include <stddef.h>

#include "apps/talk/talk.h"
#include "apps/tui/layout.h"

/** Draw it, scrolled so that `shown` (or NULL) is seen. */
void side_draw(const struct talk *talk, const struct talk_chat *shown,
               const struct layout_box *box);

/** The chat that is drawn in `row` of the screen; NULL: none. */
struct talk_chat *side_at(const struct talk *talk, const struct talk_chat *shown,
                          const struct layout_box *box, size_t row);

/** Write the chats with something new in short ("2:3 4:!1"), with NUL, for a screen without a
 * sidebar. */
void side_active(const struct talk *talk, char *out, size_t size);

#endif
