/*
 * What is seen.
 */
#include "apps/tui/tui_draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/talk/talk_calls.h"
#include "apps/term/tongue.h"
#include "apps/tui/flow.h"
#include "apps/tui/glyph.h"
#include "apps/tui/paint.h"
#include "apps/tui/side.h"

#define LEGEND_FROM 150 /* columns of a status bar that has room for what the marks mean */

static const char *const legend =
    TONGUE(".. waits  > sent  @ stored  + delivered  ++ read  x failed");
static const char *const gone = TONGUE("The node has gone. Enter starts it again, /quit leaves.");

/* ---- bars ------------------------------------------------------------------------------------ */

static void draw_title(const struct tui *t)
{
    const struct layout_box *box = &t->layout.title;
    size_t used = 1;
    paint_fill(box, theme_style(THEME_BAR, paint_colours()));
    if (t->chat == NULL) {
        (void)paint_words(box->row, 1, box->columns - 1, "wavu", THEME_BAR);
        return;
    }
    const char *head = t->chat->kind == TALK_CHAT_DIRECT ? "@ " : "# ";
    used += paint_words(box->row, used, box->columns - used, head, THEME_BAR);
    used += paint_words(box->row, used, box->columns - used, t->chat->name, THEME_BAR);
    if (t->chat->topic[0] != '\0') {
        used += paint_words(box->row, used, box->columns - used, "  ", THEME_BAR);
        used += paint_words(box->row, used, box->columns - used, t->chat->topic, THEME_BAR);
    }
    if (!t->chat->is_open) {
        (void)paint_words(box->row, used, box->columns - used,
                          tongue("  (nothing can be said here now)"), THEME_BAR);
    }
}

/* Own messages of the chat that is shown which nobody has yet. */
static size_t waiting(const struct tui *t)
{
    static const char *const states[] = {"queued", "sent", "stored"};
    size_t count = 0;
    const struct talk_window *w = t->chat != NULL ? t->chat->window : NULL;
    for (size_t i = 0; w != NULL && i < w->count; i++) {
        const struct talk_message *m = w->messages[i];
        bool is_said = m->is_own && !m->is_gone &&
                       (strcmp(m->kind, "text") == 0 || strcmp(m->kind, "me") == 0);
        bool waits = is_said && m->state[0] == '\0' && m->receipts == 0; /* in a room */
        for (size_t k = 0; k < sizeof states / sizeof states[0]; k++) {
            waits = waits || (is_said && strcmp(m->state, states[k]) == 0);
        }
        count += waits ? 1 : 0;
    }
    return count;
}

/* Members of the chat's network that this node is linked with. */
static uint32_t neighbours(const struct tui *t)
{
    return t->chat != NULL ? t->chat->network->neighbours : talk_status(t->talk)->neighbours;
}

/* Do the others of the chat's network say that we are not in it any more? */
static bool is_denied(const struct tui *t)
{
    return t->chat != NULL && t->chat->network->is_denied;
}

static bool is_node_bad(const struct tui *t)
{
    const struct talk_status *s = talk_status(t->talk);
    return s->is_known && (is_denied(t) || strcmp(s->disk, "good") != 0 || s->clock_others > 0);
}

static const char *node_words(const struct tui *t)
{
    const struct talk_status *s = talk_status(t->talk);
    if (t->is_down) {
        return tongue("no node");
    }
    if (!s->is_known) {
        return tongue("node starting");
    }
    if (strcmp(s->disk, "good") != 0) {
        return strcmp(s->disk, "failing") == 0 ? tongue("DISK FAILING") : tongue("DISK DAMAGED");
    }
    if (s->clock_others > 0) {
        return tongue("CLOCK WRONG");
    }
    if (is_denied(t)) {
        return tongue("OTHERS SAY YOU ARE OUT");
    }
    return neighbours(t) == 0 ? tongue("nobody near") : tongue("node up");
}

/* One piece more of a bar, where the columns `room` have place for all of it. */
static void append(char *out, size_t size, size_t room, const char *text)
{
    const size_t used = strlen(out);
    const size_t columns = glyph_columns(span_from_text(out), paint_is_ascii()) +
                           glyph_columns(span_from_text(text), paint_is_ascii());
    if (text[0] != '\0' && columns + (used > 0 ? 3 : 0) <= room) {
        (void)snprintf(out + used, size - used, "%s%s", used > 0 ? " | " : "", text);
    }
}

static void draw_status(const struct tui *t)
{
    const struct layout_box *box = &t->layout.status;
    const size_t room = box->columns - 2 - 6;
    char text[512] = "";
    char piece[128];
    char clock[8] = "";
    time_t now = time(NULL);
    struct tm local;
    bool is_bad = t->is_down || is_node_bad(t);
    enum theme_role role = is_bad ? THEME_BAR_BAD : THEME_BAR;
    if (t->chat != NULL && box->columns >= 80) {
        append(text, sizeof text, room, t->chat->network->name);
    }
    append(text, sizeof text, room, node_words(t));
    if (!t->is_down && talk_status(t->talk)->is_known) {
        (void)snprintf(piece, sizeof piece, tongue("neighbours %" PRIu32), neighbours(t));
        append(text, sizeof text, room, piece);
    }
    if (waiting(t) > 0) {
        (void)snprintf(piece, sizeof piece, tongue("waiting %zu"), waiting(t));
        append(text, sizeof text, room, piece);
    }
    if (t->hits.count > 0) {
        (void)snprintf(piece, sizeof piece, tongue("hit %zu of %zu (Alt+Up Alt+Down Esc)"),
                       t->hits.at + 1, t->hits.count);
        append(text, sizeof text, room, piece);
    }
    if (t->layout.sidebar.columns == 0) {
        side_active(t->talk, piece, sizeof piece);
        append(text, sizeof text, room, piece);
    }
    append(text, sizeof text, room, tongue("F1 or /help"));
    if (box->columns >= LEGEND_FROM) {
        append(text, sizeof text, room, tongue(legend));
    }
    paint_fill(box, theme_style(role, paint_colours()));
    if (localtime_r(&now, &local) != NULL) {
        (void)strftime(clock, sizeof clock, "%H:%M", &local);
    }
    (void)paint_words(box->row, 1, room, text, role);
    (void)paint_words(box->row, box->columns - 6, 5, clock, role);
}

/* ---- the middle ------------------------------------------------------------------------------ */

static enum theme_role role_of(enum talk_tone tone)
{
    return tone == TALK_PLAIN ? THEME_DIM : (tone == TALK_ALERT ? THEME_MENTION : THEME_BAD);
}

static const char *sign_of(enum talk_tone tone)
{
    return tone == TALK_PLAIN ? "-- " : (tone == TALK_ALERT ? "!! " : "?? ");
}

/* Lines of text in a box from a row on, broken where it ends. Returns the rows that they take. */
static size_t draw_lines(const struct layout_box *box, size_t row, const char *text,
                         enum theme_role role, bool is_drawn)
{
    struct flow flow;
    struct flow_line line;
    size_t count = 0;
    const struct span all = span_from_text(text);
    flow_start(&flow, all, box->columns, paint_is_ascii());
    while (flow_next(&flow, &line)) {
        if (is_drawn && row + count < box->row + box->rows) {
            (void)paint_text(row + count, box->column, box->columns,
                             span_slice(all, line.from, line.to - line.from),
                             theme_style(role, paint_colours()));
        }
        count++;
    }
    return count;
}

/* What was told, at the bottom of the view, which gets smaller by it. */
static void draw_notes(struct tui *t, struct layout_box *view)
{
    char text[TALK_LINE_MAX + 4];
    size_t most = view->rows / 2;
    size_t rows = 0;
    size_t first = t->note_count;
    while (first > 0) {
        const struct tui_note *n = &t->notes[first - 1];
        (void)snprintf(text, sizeof text, "%s%s", sign_of(n->tone), n->text);
        size_t own = draw_lines(view, 0, text, THEME_TEXT, false);
        if (rows + own > most) {
            break;
        }
        rows += own;
        first--;
    }
    size_t row = view->row + view->rows - rows;
    for (size_t i = first; i < t->note_count; i++) {
        const struct tui_note *n = &t->notes[i];
        (void)snprintf(text, sizeof text, "%s%s", sign_of(n->tone), n->text);
        row += draw_lines(view, row, text, role_of(n->tone), true);
    }
    view->rows -= rows;
}

/* Words of ours at the bottom of the view, whole: a question, that the node has gone, a call. */
static void draw_banner(struct layout_box *view, enum theme_role role, const char *text)
{
    struct layout_box words = {0, view->column + 1, 0, view->columns > 2 ? view->columns - 2 : 1};
    if (view->rows < 2) {
        return;
    }
    const size_t wanted = draw_lines(&words, 0, text, role, false);
    words.rows = wanted < view->rows ? wanted : view->rows - 1;
    words.row = view->row + view->rows - words.rows;
    const struct layout_box all = {words.row, view->column, words.rows, view->columns};
    paint_fill(&all, theme_style(role, paint_colours()));
    (void)draw_lines(&words, words.row, text, role, true);
    view->rows -= words.rows;
}

/* Calls for help that are open, until they are answered or over. */
static void draw_calls(const struct tui *t, struct layout_box *view)
{
    char line[TALK_LINE_MAX];
    char text[TALK_LINE_MAX + 4];
    if (talk_calls_line(t->talk, true, line)) {
        draw_banner(view, THEME_BAR, line);
    }
    if (talk_calls_line(t->talk, false, line)) {
        (void)snprintf(text, sizeof text, "%s%s", sign_of(TALK_ALERT), line);
        draw_banner(view, THEME_BAR_BAD, text);
    }
}

static void draw_wizard(const struct tui *t, const struct layout_box *view)
{
    const char *text;
    size_t row = view->row + (view->rows > 12 ? 2 : 0);
    const struct layout_box box = {view->row, view->column + 2, view->rows,
                                   view->columns > 4 ? view->columns - 4 : 1};
    for (size_t i = 0; (text = wizard_line(&t->wizard, i)) != NULL; i++) {
        enum theme_role role =
            i == 0 ? THEME_UNREAD : (text == t->wizard.problem ? THEME_BAD : THEME_TEXT);
        row += draw_lines(&box, row, text, role, true);
    }
}

static void draw_middle(struct tui *t)
{
    struct layout_box view = t->layout.view;
    if (t->layout.sidebar.columns > 0) {
        side_draw(t->talk, t->chat, &t->layout.sidebar);
        paint_rule_down(t->layout.sidebar.row, t->layout.sidebar.columns, t->layout.sidebar.rows);
    }
    if (t->question[0] != '\0') {
        char text[TALK_LINE_MAX + 128];
        (void)snprintf(text, sizeof text, "%s %s", t->question,
                       tongue("Type yes or no, and Enter."));
        draw_banner(&view, THEME_BAR_BAD, text);
    } else if (t->is_down) {
        draw_banner(&view, THEME_BAR_BAD, tongue(gone));
    }
    draw_calls(t, &view);
    draw_notes(t, &view);
    if (t->wizard.step != WIZARD_OFF) {
        draw_wizard(t, &view);
    } else if (t->chat == NULL) {
        (void)draw_lines(&view, view.row, t->is_down ? "" : tongue("One moment."), THEME_DIM, true);
    } else {
        view_draw(&t->view, t->chat, &view);
    }
}

/* ---- the line that is typed ------------------------------------------------------------------ */

/* Draws it; where the cursor is. */
static void draw_typed(struct tui *t, size_t *cursor_row, size_t *cursor_column)
{
    const struct layout_box *box = &t->layout.input;
    const char *query = input_query(t->input);
    struct input_lay lay;
    const struct theme_style plain = theme_style(THEME_TEXT, paint_colours());
    input_lay(t->input, layout_input_columns(box->columns), box->rows, paint_is_ascii(), &lay);
    paint_fill(box, plain);
    (void)paint_words(box->row, 0, LAYOUT_PROMPT_COLUMNS,
                      query != NULL ? "? " : (lay.above > 0 ? "^ " : "> "), THEME_KEY);
    for (size_t i = 0; i < lay.rows && i < box->rows; i++) {
        (void)paint_text(
            box->row + i, LAYOUT_PROMPT_COLUMNS, box->columns - LAYOUT_PROMPT_COLUMNS,
            span_of(input_text(t->input) + lay.row[i].from, lay.row[i].to - lay.row[i].from),
            plain);
    }
    if (query != NULL) { /* what is looked for stands at the right end */
        char text[INPUT_QUERY_MAX + 16];
        (void)snprintf(text, sizeof text, tongue(" looking for: %s"), query);
        size_t wide = glyph_columns(span_from_text(text), paint_is_ascii());
        if (wide + LAYOUT_PROMPT_COLUMNS < box->columns) {
            (void)paint_words(box->row, box->columns - wide, wide, text, THEME_BAR);
        }
    }
    *cursor_row = box->row + lay.cursor_row;
    *cursor_column = LAYOUT_PROMPT_COLUMNS + lay.cursor_column;
}

static size_t typed_rows(const struct tui *t, size_t rows, size_t columns)
{
    struct input_lay lay;
    input_lay(t->input, layout_input_columns(columns), layout_input_rows_max(rows),
              paint_is_ascii(), &lay);
    return lay.rows;
}

void tui_draw_input(struct tui *t)
{
    size_t row = 0;
    size_t column = 0;
    bool is_same = t->layout.fits && t->popup.kind == POPUP_NONE &&
                   typed_rows(t, paint_rows(), paint_columns()) == t->layout.input.rows;
    if (!is_same) {
        tui_draw_all(t);
        return;
    }
    draw_typed(t, &row, &column);
    paint_show(row, column);
    t->wants_input = false;
}

void tui_draw_all(struct tui *t)
{
    size_t rows = paint_rows();
    size_t columns = paint_columns();
    size_t row = SIZE_MAX;
    size_t column = 0;
    t->wants_draw = false;
    t->wants_input = false;
    t->drawn_ms = t->now_ms;
    t->layout = layout_make(rows, columns, typed_rows(t, rows, columns),
                            t->wizard.step == WIZARD_OFF && t->chat != NULL);
    paint_clear();
    if (!t->layout.fits) {
        (void)paint_words(0, 0, columns, tongue("Make the window larger, please."), THEME_TEXT);
        paint_show(SIZE_MAX, 0);
        return;
    }
    draw_title(t);
    draw_middle(t);
    draw_status(t);
    draw_typed(t, &row, &column);
    popup_draw(&t->popup, rows, columns);
    paint_show(row, column);
}
