/*
 * The sidebar.
 */
#include "apps/tui/side.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/tui/glyph.h"
#include "apps/tui/paint.h"

/* Rows of all: each network's chats stand below its name. Walks them; `row` is that of the chat
 * `i`, `is_head` that a network's name stands in the row before it. */
static bool has_head(const struct talk *talk, size_t i)
{
    return i == 0 || talk_chat_at(talk, i)->network != talk_chat_at(talk, i - 1)->network;
}

/* The first row that is drawn, so that the one of `shown` is in the box. */
static size_t first_row(const struct talk *talk, const struct talk_chat *shown, size_t rows)
{
    size_t row = 0;
    size_t count = talk_chat_count(talk);
    for (size_t i = 0; i < count; i++) {
        row += has_head(talk, i) ? 1 : 0;
        if (talk_chat_at(talk, i) == shown) {
            return row >= rows ? row - rows + 1 : 0;
        }
        row++;
    }
    return 0;
}

static void count_of(const struct talk_chat *chat, char out[16])
{
    uint32_t number = chat->mentions > 0 ? chat->mentions : chat->unread;
    out[0] = '\0';
    if (number > 0) {
        (void)snprintf(out, 16, "%s%" PRIu32 "%s", chat->mentions > 0 ? "!" : "",
                       number > 999 ? 999 : number, number > 999 ? "+" : "");
    }
}

static void draw_chat(const struct talk_chat *chat, bool is_shown, size_t number,
                      const struct layout_box *box, size_t row)
{
    char head[40];
    char count[16];
    const struct layout_box line = {row, box->column, 1, box->columns};
    enum theme_role role =
        is_shown
            ? THEME_CHOSEN
            : (chat->mentions > 0 ? THEME_MENTION : (chat->unread > 0 ? THEME_UNREAD : THEME_TEXT));
    if (number <= 9) {
        (void)snprintf(head, sizeof head, "%c%zu %c ", is_shown ? '>' : ' ', number,
                       chat->kind == TALK_CHAT_DIRECT ? '@' : '#');
    } else {
        (void)snprintf(head, sizeof head, "%c  %c ", is_shown ? '>' : ' ',
                       chat->kind == TALK_CHAT_DIRECT ? '@' : '#');
    }
    count_of(chat, count);
    size_t right = strlen(count) > 0 ? strlen(count) + 1 : 0;
    if (is_shown) {
        paint_fill(&line, theme_style(THEME_CHOSEN, paint_colours()));
    }
    size_t used = paint_words(row, box->column, box->columns, head, is_shown ? role : THEME_DIM);
    if (box->columns > used + right) {
        (void)paint_words(row, box->column + used, box->columns - used - right, chat->name, role);
        (void)paint_words(row, box->column + box->columns - right, right, count, role);
    }
}

void side_draw(const struct talk *talk, const struct talk_chat *shown, const struct layout_box *box)
{
    size_t row = 0;
    size_t first = first_row(talk, shown, box->rows);
    size_t count = talk_chat_count(talk);
    for (size_t i = 0; i < count && row < first + box->rows; i++) {
        const struct talk_chat *chat = talk_chat_at(talk, i);
        if (has_head(talk, i)) {
            if (row >= first) {
                (void)paint_words(box->row + row - first, box->column, box->columns,
                                  chat->network->name, THEME_DIM);
            }
            row++;
        }
        if (row >= first && row < first + box->rows) {
            draw_chat(chat, chat == shown, i + 1, box, box->row + row - first);
        }
        row++;
    }
}

struct talk_chat *side_at(const struct talk *talk, const struct talk_chat *shown,
                          const struct layout_box *box, size_t row)
{
    size_t at = 0;
    size_t count = talk_chat_count(talk);
    if (row < box->row || row >= box->row + box->rows) {
        return NULL;
    }
    size_t wanted = row - box->row + first_row(talk, shown, box->rows);
    for (size_t i = 0; i < count && at <= wanted; i++) {
        at += has_head(talk, i) ? 1 : 0;
        if (at == wanted) {
            return talk_chat_at(talk, i);
        }
        at++;
    }
    return NULL;
}

void side_active(const struct talk *talk, char *out, size_t size)
{
    size_t used = 0;
    size_t count = talk_chat_count(talk);
    out[0] = '\0';
    for (size_t i = 0; i < count && used + 16 < size; i++) {
        const struct talk_chat *chat = talk_chat_at(talk, i);
        char number[16];
        count_of(chat, number);
        if (number[0] != '\0') {
            used += (size_t)snprintf(out + used, size - used, "%s%zu:%s", used > 0 ? " " : "",
                                     i + 1, number);
        }
    }
}
