/*
 * One message as rows.
 */
#include "apps/tui/view_item.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/term/tongue.h"
#include "apps/tui/flow.h"
#include "apps/tui/paint.h"
#include "base/mem.h"

#define MARK_COLUMNS 2

/* What is put together. `len` never passes `size`. */
static void add(struct view_item *item, size_t size, const char *text, size_t len)
{
    len = len < size - item->len ? len : size - item->len;
    memcpy(item->body + item->len, text, len);
    item->len += len;
}

static void add_words(struct view_item *item, size_t size, const char *text)
{
    add(item, size, text, strlen(text));
}

static bool same_day(uint64_t a, uint64_t b)
{
    struct tm x;
    struct tm y;
    time_t first = (time_t)(a / 1000);
    time_t second = (time_t)(b / 1000);
    return localtime_r(&first, &x) != NULL && localtime_r(&second, &y) != NULL &&
           x.tm_yday == y.tm_yday && x.tm_year == y.tm_year;
}

bool view_item_is_day(const struct talk_chat *chat, size_t i)
{
    const struct talk_window *w = chat->window;
    uint64_t when = w->messages[i]->unix_ms;
    /* Only time alone says which day it was; who has no clock says none. */
    if (when == 0) {
        return false;
    }
    while (i > 0 && w->messages[i - 1]->unix_ms == 0) {
        i--;
    }
    return i == 0 || !same_day(w->messages[i - 1]->unix_ms, when);
}

void view_item_make(struct view_item *item, const struct talk_chat *chat, size_t i)
{
    const struct talk_message *message = chat->window->messages[i];
    size_t answered = message->about[0] != '\0' ? talk_window_find(chat, message->about) : SIZE_MAX;
    char tag[3];
    memset(item, 0, sizeof *item);
    item->message = message;
    talk_line_make(&item->line, message,
                   answered != SIZE_MAX ? chat->window->messages[answered] : NULL, chat->network);
    const struct talk_line *line = &item->line;
    size_t size = line->text_len + sizeof line->name + 2 * TALK_LINE_PART_MAX + 32;
    item->body = mem_new_raw(size);
    add_words(item, size, line->is_action ? "* " : "");
    add_words(item, size, line->name);
    item->end[VIEW_ITEM_NAME] = item->len;
    if (!message->is_own) {
        theme_tag(message->author, tag);
        add_words(item, size, " ");
        add_words(item, size, tag);
    }
    add_words(item, size, line->is_action ? " " : ": ");
    item->end[VIEW_ITEM_TAG] = item->len;
    add(item, size, line->text, line->text_len);
    item->end[VIEW_ITEM_TEXT] = item->len;
    add_words(item, size, line->marks[0] != '\0' ? "  " : "");
    add_words(item, size, line->marks);
    add_words(item, size, line->reactions[0] != '\0' ? "  " : "");
    add_words(item, size, line->reactions);
    item->end[VIEW_ITEM_MARKS] = item->len;
    item->has_day = view_item_is_day(chat, i);
    item->has_rule = talk_window_rule(chat) == i;
}

void view_item_clear(struct view_item *item)
{
    talk_line_clear(&item->line);
    mem_free(item->body);
    item->body = NULL;
}

size_t view_item_gutter(size_t columns)
{
    return MARK_COLUMNS + 1 + (columns >= VIEW_ITEM_TIME_FROM ? sizeof "18:04 " - 1 : 0);
}

/* Rows of the rules and the answered message above the text. */
static size_t view_item_head_rows(const struct view_item *item)
{
    return (size_t)item->has_day + (size_t)item->has_rule + (item->line.about[0] != '\0' ? 1U : 0U);
}

/* "--- text ---" over the whole width. */
static void draw_rule(const struct layout_box *box, size_t row, const char *text,
                      enum theme_role role)
{
    const struct theme_style style = theme_style(role, paint_colours());
    char words[160];
    (void)snprintf(words, sizeof words, " %s ", text);
    paint_rule(row, box->column, box->columns, style);
    if (box->columns > 4) {
        (void)paint_text(row, box->column + 3, box->columns - 4, span_from_text(words), style);
    }
}

static void draw_day(const struct layout_box *box, size_t row, uint64_t unix_ms)
{
    char text[64] = "";
    struct tm then;
    struct tm today;
    time_t when = (time_t)(unix_ms / 1000);
    time_t now = time(NULL);
    if (localtime_r(&when, &then) == NULL || localtime_r(&now, &today) == NULL) {
        return;
    }
    (void)strftime(text, sizeof text, then.tm_year == today.tm_year ? "%A %e %B" : "%A %e %B %Y",
                   &then);
    draw_rule(box, row, text, THEME_DIM);
}

static void draw_gutter(const struct view_item *item, const struct layout_box *box, size_t row,
                        bool is_hit)
{
    size_t at = box->column;
    if (box->columns >= VIEW_ITEM_TIME_FROM) {
        (void)paint_words(row, at, 5, item->line.time, is_hit ? THEME_HIT : THEME_DIM);
        at += 6;
    }
    if (item->message->is_mentioned && !item->message->is_own) {
        (void)paint_words(row, at, MARK_COLUMNS, "!", THEME_MENTION);
    } else {
        bool is_bad = strchr(item->line.mark, 'x') != NULL;
        (void)paint_words(row, at, MARK_COLUMNS, item->line.mark, is_bad ? THEME_BAD : THEME_MARK);
    }
}

static struct theme_style style_of(const struct view_item *item, enum view_item_part part,
                                   bool is_hit)
{
    int colours = paint_colours();
    if (part == VIEW_ITEM_NAME) {
        return item->message->is_own ? theme_style(THEME_OWN, colours)
                                     : theme_sender(item->message->author, colours);
    }
    if (part == VIEW_ITEM_TEXT) {
        bool is_dim = item->line.is_note || item->message->is_gone;
        return theme_style(is_hit ? THEME_CHOSEN : (is_dim ? THEME_DIM : THEME_TEXT), colours);
    }
    return theme_style(THEME_DIM, colours);
}

/* One line of the text, each part in its look. */
static void draw_line(const struct view_item *item, const struct layout_box *box, size_t row,
                      const struct flow_line *line, bool is_hit)
{
    size_t gutter = view_item_gutter(box->columns);
    size_t used = gutter;
    size_t from = line->from;
    for (size_t part = 0; part < VIEW_ITEM_PARTS; part++) {
        size_t to = item->end[part] < line->to ? item->end[part] : line->to;
        if (from < to) {
            used += paint_text(row, box->column + used, box->columns - used,
                               span_of(item->body + from, to - from),
                               style_of(item, (enum view_item_part)part, is_hit));
            from = to;
        }
    }
}

/* The rules above the text; how many rows of them were drawn. */
static size_t draw_head(const struct view_item *item, const struct layout_box *box, size_t row,
                        size_t skip)
{
    size_t drawn = 0;
    size_t number = 0;
    size_t gutter = view_item_gutter(box->columns);
    const size_t end = box->row + box->rows;
    if (item->has_day && number++ >= skip && row + drawn < end) {
        draw_day(box, row + drawn, item->message->unix_ms);
        drawn++;
    }
    if (item->has_rule && number++ >= skip && row + drawn < end) {
        draw_rule(box, row + drawn, tongue("new"), THEME_UNREAD);
        drawn++;
    }
    if (item->line.about[0] != '\0' && number >= skip && row + drawn < end) {
        (void)paint_words(row + drawn, box->column + gutter, 2, "> ", THEME_DIM);
        (void)paint_words(row + drawn, box->column + gutter + 2, box->columns - gutter - 2,
                          item->line.about, THEME_DIM);
        drawn++;
    }
    return drawn;
}

size_t view_item_draw(const struct view_item *item, const struct layout_box *box, size_t row,
                      size_t skip, bool is_hit)
{
    struct flow flow;
    struct flow_line line;
    size_t head = view_item_head_rows(item);
    size_t drawn = draw_head(item, box, row, skip);
    size_t number = head;
    flow_start(&flow, span_of(item->body, item->len), box->columns - view_item_gutter(box->columns),
               paint_is_ascii());
    for (; row + drawn < box->row + box->rows && flow_next(&flow, &line); number++) {
        if (number < skip) {
            continue;
        }
        if (number == head) {
            draw_gutter(item, box, row + drawn, is_hit);
        }
        draw_line(item, box, row + drawn, &line, is_hit);
        drawn++;
    }
    return drawn;
}
