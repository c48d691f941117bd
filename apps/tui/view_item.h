/*
 * One message as rows: its text with the name before and the marks behind it, and where in it which
 * look begins.
 */
#ifndef APPS_TUI_VIEW_ITEM_H
#define APPS_TUI_VIEW_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/talk/talk_line.h"
#include "apps/tui/layout.h"

#define VIEW_ITEM_TIME_FROM 40 /* columns of a view that shows the time of each message */

enum view_item_part {
    VIEW_ITEM_NAME,
    VIEW_ITEM_TAG,
    VIEW_ITEM_TEXT,
    VIEW_ITEM_MARKS,
    VIEW_ITEM_PARTS
};

struct view_item {
    struct talk_line line;
    const struct talk_message *message; /* borrowed */
    char *body;                         /* owned */
    size_t len;
    size_t end[VIEW_ITEM_PARTS]; /* byte of `body` behind each part */
    bool has_day;                /* another day than that of the message before: a rule tells it */
    bool has_rule;               /* what is below is new */
};

/** Lay out the `i`th message of the chat's window. view_item_clear frees. */
void view_item_make(struct view_item *item, const struct talk_chat *chat, size_t i);
void view_item_clear(struct view_item *item);

/** Columns before the text: time and mark, or the mark alone where there is little room. */
size_t view_item_gutter(size_t columns);

/** Whether the `i`th message is of another day than the one before; see has_day. */
bool view_item_is_day(const struct talk_chat *chat, size_t i);

/** Draw its rows from `skip` on, `rows` at most, from `row` on, in the box. Returns how many. */
size_t view_item_draw(const struct view_item *item, const struct layout_box *box, size_t row,
                      size_t skip, bool is_hit);

#endif
