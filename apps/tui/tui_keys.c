/*
 * What keys do.
 */
#include "apps/tui/tui_keys.h"

#include <string.h>
#include <strings.h>

#include "apps/term/tongue.h"
#include "apps/tui/paint.h"
#include "apps/tui/side.h"
#include "apps/tui/tui_talk.h"

#define WHEEL_ROWS 3

static bool is_empty(const struct tui *t)
{
    return input_len(t->input) == 0 && input_query(t->input) == NULL;
}

static void enter_words(struct tui *t, const char *line)
{
    t->wants_draw = true;
    (void)talk_words_enter(t->words, t->chat, line);
}

/* "/mouse on" or "/notify hide": what the screen itself does. False when it is something else. */
static bool own_command(struct tui *t, const char *line)
{
    static const struct {
        const char *line;
        enum tui_notify tells;
        const char *said;
    } notify[] = {
        {"/notify off", TUI_NOTIFY_OFF, "Nothing tells of messages now."},
        {"/notify bell", TUI_NOTIFY_BELL, "The bell tells of messages that mean you."},
        {"/notify hide", TUI_NOTIFY_HIDE, "Bell and desktop tell that there is a message."},
        {"/notify show", TUI_NOTIFY_SHOW, "Bell and desktop tell of messages, with their words."},
    };
    size_t len = strlen(line);
    while (len > 0 && line[len - 1] == ' ') {
        len--;
    }
    for (size_t i = 0; i < sizeof notify / sizeof notify[0]; i++) {
        if (len == strlen(notify[i].line) && strncmp(line, notify[i].line, len) == 0) {
            t->tells = notify[i].tells;
            tui_talk_note(t, TALK_PLAIN, tongue(notify[i].said));
            return true;
        }
    }
    if (strncmp(line, "/mouse on", len) == 0 || strncmp(line, "/mouse off", len) == 0) {
        bool is_on = len == strlen("/mouse on");
        if (is_on || len == strlen("/mouse off")) {
            paint_mouse(is_on);
            t->has_mouse = is_on;
            tui_talk_note(
                t, TALK_PLAIN,
                is_on ? tongue("The wheel scrolls, a click chooses a chat; Shift and the mouse "
                               "mark text.")
                      : tongue("The mouse is the terminal's own."));
            return true;
        }
    }
    if (strncmp(line, "/mouse", 6) == 0 || strncmp(line, "/notify", 7) == 0) {
        tui_talk_note(t, TALK_PROBLEM,
                      tongue("It is /mouse on, /mouse off, /notify off, /notify bell, "
                             "/notify hide or /notify show."));
        return true;
    }
    return false;
}

/* ---- Enter ----------------------------------------------------------------------------------- */

static bool is_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    return strncmp(text, word, len) == 0 && text[len + strspn(text + len, " ")] == '\0';
}

/* A question is answered by a word and Enter, so that no letter of an answer is ever said to
 * others. */
static void answer(struct tui *t, const char *text)
{
    const bool is_yes = strcasecmp(text, "yes") == 0 || strcasecmp(text, "y") == 0 ||
                        strcmp(text, tongue("yes")) == 0;
    t->question[0] = '\0';
    input_set(t->input, "");
    talk_words_confirm(t->words, is_yes);
    t->wants_draw = true;
    t->wants_input = true;
}

static void send(struct tui *t)
{
    const char *text = input_text(t->input);
    bool is_secret = strncmp(text, "/join", 5) == 0 || t->wizard.step != WIZARD_OFF;
    if (is_word(text, "/quit") || is_word(text, "/exit")) {
        t->is_over = true;
        return;
    }
    if (t->question[0] != '\0') {
        answer(t, text);
        return;
    }
    if (t->is_down) {
        t->wants_start = true; /* what was typed stays */
        return;
    }
    tui_talk_notes_clear(t, true);
    t->wants_draw = true;
    if (t->wizard.step != WIZARD_OFF && !is_word(text, "/help")) {
        wizard_enter(&t->wizard, text);
        input_sent(t->input, true);
        return;
    }
    if (own_command(t, text) || talk_words_enter(t->words, t->chat, text) == 0) {
        input_sent(t->input, is_secret);
        view_end(&t->view, t->talk, talk_words_is_command(text) ? NULL : t->chat);
    }
}

static void enter_empty(struct tui *t)
{
    if (t->question[0] != '\0') {
        answer(t, "");
    } else if (t->is_down) {
        t->wants_start = true;
    } else if (t->popup.kind != POPUP_NONE) {
        popup_close(&t->popup);
        t->wants_draw = true;
    } else if (t->note_count > 0) {
        tui_talk_notes_clear(t, true);
    }
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void scroll(struct tui *t, long rows)
{
    t->wants_draw = true;
    if (t->popup.kind != POPUP_NONE) {
        popup_scroll(&t->popup, -rows);
    } else {
        view_scroll(&t->view, t->talk, t->chat, rows);
    }
}

static void page(struct tui *t, bool is_up)
{
    size_t rows = t->popup.kind != POPUP_NONE ? t->popup.rows : t->view.rows;
    long step = rows > 2 ? (long)rows - 2 : 1;
    scroll(t, is_up ? step : -step);
}

/* The first or the newest message. */
static void edge(struct tui *t, bool is_first)
{
    t->wants_draw = true;
    if (t->popup.kind != POPUP_NONE) {
        popup_scroll(&t->popup, is_first ? -POPUP_LINES_MAX * 8L : POPUP_LINES_MAX * 8L);
    } else if (is_first) {
        view_top(&t->view, t->talk, t->chat);
    } else {
        view_end(&t->view, t->talk, t->chat);
    }
}

static void step_chat(struct tui *t, bool is_next)
{
    size_t count = talk_chat_count(t->talk);
    size_t at = t->chat != NULL ? talk_chat_index(t->talk, t->chat) : SIZE_MAX;
    if (count == 0) {
        return;
    }
    at = at >= count ? 0 : (at + (is_next ? 1 : count - 1)) % count;
    tui_talk_show(t, talk_chat_at(t->talk, at));
}

static void escape(struct tui *t)
{
    t->wants_draw = true;
    if (t->question[0] != '\0') {
        t->question[0] = '\0';
        talk_words_confirm(t->words, false);
    } else if (t->popup.kind != POPUP_NONE) {
        popup_close(&t->popup);
    } else if (input_query(t->input) != NULL) {
        (void)input_press(t->input, INPUT_CANCEL);
    } else if (t->hits.count > 0) {
        tui_talk_hits_end(t);
    } else if (t->note_count > 0) {
        tui_talk_notes_clear(t, true);
    } else {
        (void)wizard_back(&t->wizard);
    }
}

/* Open a window over the others, or close it where it is that one. */
static void open_page(struct tui *t, enum popup_kind kind, const char *line)
{
    if (t->popup.kind == kind) {
        popup_close(&t->popup);
        t->wants_draw = true;
    } else if (kind == POPUP_HELP) {
        popup_pages_help(&t->popup);
        t->wants_draw = true;
    } else if (kind == POPUP_INVITE && tui_talk_has_code(t)) {
        tui_talk_show_code(t);
    } else {
        enter_words(t, line);
    }
}

static void search(struct tui *t)
{
    if (t->hits.count > 0) {
        tui_talk_hit(t, true);
    } else if (t->chat != NULL) {
        input_set(t->input, "/search ");
        t->wants_input = true;
    }
}

static void did(struct tui *t, enum input_did done)
{
    if (done == INPUT_SEND) {
        send(t);
    } else if (done == INPUT_FULL) {
        t->wants_bell = true;
    }
    t->wants_input = true;
    tui_talk_point(t);
}

static void edit(struct tui *t, enum input_key key)
{
    if (is_empty(t) && (key == INPUT_HOME || key == INPUT_END)) {
        edge(t, key == INPUT_HOME);
    } else if (t->popup.kind != POPUP_NONE && is_empty(t) &&
               (key == INPUT_UP || key == INPUT_DOWN)) {
        scroll(t, key == INPUT_UP ? 1 : -1);
    } else if (key == INPUT_ENTER && is_empty(t)) {
        enter_empty(t);
    } else {
        did(t, input_press(t->input, key));
    }
}

static void letter(struct tui *t, uint32_t point)
{
    if (t->popup.kind != POPUP_NONE) { /* who types wants to see it */
        popup_close(&t->popup);
        t->wants_draw = true;
    }
    did(t, input_type(t->input, point));
}

static void click(struct tui *t, const struct keys *key)
{
    if (t->popup.kind != POPUP_NONE) {
        popup_close(&t->popup);
        t->wants_draw = true;
    } else if (key->column < t->layout.sidebar.columns) {
        tui_talk_show(t, side_at(t->talk, t->chat, &t->layout.sidebar, key->row));
    }
}

/* Keys of the screen. False: it is another one. */
static bool press_screen(struct tui *t, const struct keys *key)
{
    switch ((int)key->kind) {
    case KEYS_PAGE_UP:
    case KEYS_PAGE_DOWN:
        page(t, key->kind == KEYS_PAGE_UP);
        return true;
    case KEYS_WHEEL_UP:
    case KEYS_WHEEL_DOWN:
        scroll(t, key->kind == KEYS_WHEEL_UP ? WHEEL_ROWS : -WHEEL_ROWS);
        return true;
    case KEYS_TOP:
    case KEYS_BOTTOM:
        edge(t, key->kind == KEYS_TOP);
        return true;
    case KEYS_HIT_OLDER:
    case KEYS_HIT_NEWER:
        tui_talk_hit(t, key->kind == KEYS_HIT_OLDER);
        return true;
    case KEYS_CLICK:
        click(t, key);
        return true;
    case KEYS_ESCAPE:
        escape(t);
        return true;
    case KEYS_RESIZE:
        t->wants_draw = true; /* the signal told already */
        return true;
    case KEYS_REDRAW:
        paint_again();
        t->wants_draw = true;
        return true;
    default:
        return false;
    }
}

static bool press_chats(struct tui *t, const struct keys *key)
{
    switch ((int)key->kind) {
    case KEYS_CHAT:
        if (key->number <= talk_chat_count(t->talk)) {
            tui_talk_show(t, talk_chat_at(t->talk, key->number - 1));
        }
        return true;
    case KEYS_NEXT:
    case KEYS_PREVIOUS:
        step_chat(t, key->kind == KEYS_NEXT);
        return true;
    case KEYS_ACTIVE:
        tui_talk_show(t, talk_chat_active(t->talk, t->chat));
        return true;
    default:
        return false;
    }
}

static bool press_pages(struct tui *t, const struct keys *key)
{
    bool is_free = t->wizard.step == WIZARD_OFF && !t->is_down;
    switch ((int)key->kind) {
    case KEYS_HELP:
        open_page(t, POPUP_HELP, "/help");
        return true;
    case KEYS_INVITE:
    case KEYS_MEMBERS:
    case KEYS_IDENTITY:
    case KEYS_LINKS:
        if (is_free) {
            open_page(t,
                      key->kind == KEYS_INVITE     ? POPUP_INVITE
                      : key->kind == KEYS_MEMBERS  ? POPUP_MEMBERS
                      : key->kind == KEYS_IDENTITY ? POPUP_IDENTITY
                                                   : POPUP_LINKS,
                      key->kind == KEYS_INVITE     ? "/invite"
                      : key->kind == KEYS_MEMBERS  ? "/members"
                      : key->kind == KEYS_IDENTITY ? "/id"
                                                   : "/peers");
        }
        return true;
    default:
        return false;
    }
}

void tui_keys_press(struct tui *t, const struct keys *key)
{
    if (press_screen(t, key) || press_pages(t, key)) {
        return;
    }
    if (t->wizard.step == WIZARD_OFF && press_chats(t, key)) {
        return;
    }
    switch ((int)key->kind) {
    case KEYS_LETTER:
        letter(t, key->point);
        break;
    case KEYS_EDIT:
        edit(t, key->edit);
        break;
    case KEYS_CTRL_E:
        if (is_empty(t) && t->wizard.step == WIZARD_OFF && !t->is_down) {
            open_page(t, POPUP_IDENTITY, "/id");
        } else {
            edit(t, INPUT_END);
        }
        break;
    case KEYS_CTRL_F:
        if (is_empty(t)) {
            search(t);
        } else {
            edit(t, INPUT_RIGHT);
        }
        break;
    case KEYS_CLOSED:
        t->is_over = t->is_over || is_empty(t);
        edit(t, INPUT_DELETE);
        break;
    default:
        break;
    }
}

void tui_keys_interrupt(struct tui *t)
{
    if (is_empty(t)) {
        t->is_over = true;
        return;
    }
    if (input_query(t->input) != NULL) {
        (void)input_press(t->input, INPUT_CANCEL);
    } else {
        input_sent(t->input, t->wizard.step != WIZARD_OFF);
    }
    t->wants_draw = true;
}
