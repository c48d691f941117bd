/*
 * The messages of a chat in a box of rows: where the person has scrolled to, and what is drawn
 * there. Rows are counted from the bottom, because that is where one reads; what is above is laid
 * out when somebody scrolls to it.
 *
 *     --- Sunday 22 November ---
 *     18:04    Amina k7: Are you at the market?
 *     --- new ---
 *     18:05 !  Baraka m3: @Amina yes, by the old bridge, where the
 *              road bends
 *     18:06 ++ you: On my way
 */
#ifndef APPS_TUI_VIEW_H
#define APPS_TUI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/talk/talk_window.h"
#include "apps/tui/layout.h"

#define VIEW_HEIGHTS_MAX 1024 /* messages whose rows are remembered */
#define VIEW_MARGIN 60        /* messages between what is drawn and where more is asked for */

/* Embedded; zeroed stands at the end. */
struct view {
    char anchor[WAVU_KEY_TEXT_MAX]; /* the message at the bottom; "": the newest, and it follows */
    size_t below;                   /* rows of it that are below the box */
    char hit[WAVU_KEY_TEXT_MAX];    /* a message that was looked for, or "" */
    bool wants_hit;                 /* it is to be brought into the middle */
    size_t rows;                    /* of the box when it was drawn last */
    size_t first;                   /* index of the first message that was drawn */
    struct {
        uint32_t revision; /* talk_message.revision; 0: nothing is remembered */
        uint16_t width;
        uint32_t rows;
    } heights[VIEW_HEIGHTS_MAX];
};

/** Draw what `chat` (NULL: nothing) says. */
void view_draw(struct view *v, const struct talk_chat *chat, const struct layout_box *box);

/** So many rows up (or down, below 0). What is missing is asked for. */
void view_scroll(struct view *v, struct talk *talk, struct talk_chat *chat, long rows);

/** To the first message that is loaded, or to the newest of all. */
void view_top(struct view *v, struct talk *talk, struct talk_chat *chat);
void view_end(struct view *v, struct talk *talk, struct talk_chat *chat);

/** To the message `id`, which is looked at from now on. */
void view_go(struct view *v, struct talk *talk, struct talk_chat *chat, const char *id);

/** Stands at the newest, so that all was seen. */
bool view_is_end(const struct view *v, const struct talk_chat *chat);

#endif
