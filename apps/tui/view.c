/*
 * Messages in a box.
 */
#include "apps/tui/view.h"

#include <string.h>

#include "apps/tui/flow.h"
#include "apps/tui/paint.h"
#include "apps/tui/view_item.h"

static void copy_id(char out[WAVU_KEY_TEXT_MAX], const char *id)
{
    size_t len = strlen(id);
    len = len < WAVU_KEY_TEXT_MAX - 1 ? len : WAVU_KEY_TEXT_MAX - 1;
    memcpy(out, id, len);
    out[len] = '\0';
}

static bool has_messages(const struct talk_chat *chat)
{
    return chat != NULL && chat->window != NULL && chat->window->count > 0;
}

/* Rows of the `i`th message, remembered while neither it nor the width changes. */
static size_t height(struct view *v, const struct talk_chat *chat, size_t i, size_t columns)
{
    const struct talk_message *message = chat->window->messages[i];
    size_t slot = message->revision % VIEW_HEIGHTS_MAX;
    size_t head = (size_t)view_item_is_day(chat, i) + (talk_window_rule(chat) == i ? 1U : 0U);
    if (message->revision == 0 || v->heights[slot].revision != message->revision ||
        v->heights[slot].width != columns) {
        struct view_item item;
        view_item_make(&item, chat, i);
        size_t rows = flow_count(span_of(item.body, item.len), columns - view_item_gutter(columns),
                                 paint_is_ascii(), SIZE_MAX) +
                      (item.line.about[0] != '\0' ? 1 : 0);
        view_item_clear(&item);
        v->heights[slot].revision = message->revision;
        v->heights[slot].width = (uint16_t)columns;
        v->heights[slot].rows = (uint32_t)rows;
        return rows + head;
    }
    return v->heights[slot].rows + head;
}

/* Index of the message at the bottom; what is not there any more is the newest that is. */
static size_t bottom(struct view *v, const struct talk_chat *chat)
{
    size_t at = v->anchor[0] != '\0' ? talk_window_find(chat, v->anchor) : SIZE_MAX;
    if (at == SIZE_MAX) {
        v->below = 0;
        return chat->window->count - 1;
    }
    return at;
}

static void stand(struct view *v, const struct talk_chat *chat, size_t at, size_t below)
{
    const struct talk_window *w = chat->window;
    v->below = below;
    if (at + 1 == w->count && below == 0 && w->is_last) {
        v->anchor[0] = '\0';
    } else {
        copy_id(v->anchor, w->messages[at]->id);
    }
}

/* Bring the hit into the middle of the box. */
static void seek_hit(struct view *v, const struct talk_chat *chat, const struct layout_box *box)
{
    size_t at = talk_window_find(chat, v->hit);
    size_t want = box->rows / 2;
    size_t under = 0;
    if (at == SIZE_MAX) {
        return;
    }
    v->wants_hit = false;
    while (at + 1 < chat->window->count && under < want) {
        at++;
        under += height(v, chat, at, box->columns);
    }
    stand(v, chat, at, under > want ? under - want : 0);
}

void view_draw(struct view *v, const struct talk_chat *chat, const struct layout_box *box)
{
    v->rows = box->rows;
    v->first = 0;
    if (!has_messages(chat)) {
        return;
    }
    if (v->wants_hit) {
        seek_hit(v, chat, box);
    }
    size_t last = bottom(v, chat);
    size_t need = box->rows + v->below;
    size_t first = last;
    size_t total = height(v, chat, first, box->columns);
    while (total < need && first > 0) {
        first--;
        total += height(v, chat, first, box->columns);
    }
    while (total < need && v->below > 0) { /* scrolled beyond the first: stay at it */
        v->below--;
        need--;
    }
    while (total < need && last + 1 < chat->window->count) {
        last++;
        total += height(v, chat, last, box->columns);
        if (total > need) {
            v->below = total - need;
            need = total;
        }
        stand(v, chat, last, v->below);
    }
    v->first = first;
    size_t skip = total > need ? total - need : 0;
    size_t row = box->row + (need > total ? need - total : 0);
    for (size_t i = first; i < chat->window->count && row < box->row + box->rows; i++) {
        struct view_item item;
        view_item_make(&item, chat, i);
        bool is_hit = v->hit[0] != '\0' && strcmp(v->hit, item.message->id) == 0;
        row += view_item_draw(&item, box, row, skip, is_hit);
        view_item_clear(&item);
        skip = 0;
    }
}

static void ask_for_more(struct view *v, struct talk *talk, struct talk_chat *chat, bool is_up)
{
    const struct talk_window *w = chat->window;
    size_t at = bottom(v, chat);
    if (is_up && !w->is_first && (v->first < VIEW_MARGIN || at < VIEW_MARGIN + v->rows)) {
        talk_window_more(talk, chat, true);
    }
    if (!is_up && !w->is_last && at + VIEW_MARGIN >= w->count) {
        talk_window_more(talk, chat, false);
    }
}

static size_t width_of(const struct view *v, const struct talk_chat *chat, size_t at)
{
    size_t slot = chat->window->messages[at]->revision % VIEW_HEIGHTS_MAX;
    return v->heights[slot].width;
}

void view_scroll(struct view *v, struct talk *talk, struct talk_chat *chat, long rows)
{
    if (!has_messages(chat)) {
        return;
    }
    size_t at = bottom(v, chat);
    size_t columns = width_of(v, chat, at);
    long below = (long)v->below + rows;
    if (columns == 0) {
        return; /* nothing was drawn yet */
    }
    while (below < 0 && at + 1 < chat->window->count) {
        at++;
        below += (long)height(v, chat, at, columns);
    }
    below = below < 0 ? 0 : below;
    while (at > 0 && below >= (long)height(v, chat, at, columns)) {
        below -= (long)height(v, chat, at, columns);
        at--;
    }
    if (at == 0 && below >= (long)height(v, chat, 0, columns)) {
        below = (long)height(v, chat, 0, columns) - 1;
    }
    stand(v, chat, at, (size_t)below);
    ask_for_more(v, talk, chat, rows > 0);
}

void view_top(struct view *v, struct talk *talk, struct talk_chat *chat)
{
    if (has_messages(chat)) {
        stand(v, chat, 0, 0); /* view_draw fills what is below */
        if (!chat->window->is_first) {
            talk_window_more(talk, chat, true);
        }
    }
}

void view_end(struct view *v, struct talk *talk, struct talk_chat *chat)
{
    v->anchor[0] = '\0';
    v->below = 0;
    v->hit[0] = '\0';
    v->wants_hit = false;
    if (chat != NULL) {
        talk_window_end(talk, chat);
    }
}

void view_go(struct view *v, struct talk *talk, struct talk_chat *chat, const char *id)
{
    copy_id(v->hit, id);
    v->wants_hit = true;
    talk_window_go(talk, chat, id);
}

bool view_is_end(const struct view *v, const struct talk_chat *chat)
{
    return v->anchor[0] == '\0' && !v->wants_hit && chat != NULL && chat->window != NULL &&
           chat->window->is_last;
}
