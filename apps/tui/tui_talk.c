/*
 * What apps/talk tells.
 */
#include "apps/tui/tui_talk.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_people.h"
#include "apps/talk/talk_window.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "apps/tui/paint.h"
#include "base/mem.h"

void tui_talk_note(struct tui *t, enum talk_tone tone, const char *text)
{
    if (t->note_count == TUI_NOTES_MAX) {
        t->note_count--;
        memmove(t->notes, t->notes + 1, t->note_count * sizeof t->notes[0]);
    }
    struct tui_note *note = &t->notes[t->note_count++];
    (void)snprintf(note->text, sizeof note->text, "%s", text);
    note->tone = tone;
    note->at_ms = t->now_ms;
    t->has_news = true;
    t->wants_bell = t->wants_bell || tone == TALK_ALERT;
}

void tui_talk_notes_clear(struct tui *t, bool is_all)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->note_count; i++) {
        const struct tui_note *note = &t->notes[i];
        bool stays = note->tone == TALK_ALERT || t->now_ms - note->at_ms < TUI_NOTE_MS;
        if (!is_all && stays) {
            t->notes[kept++] = *note;
        }
    }
    t->wants_draw = t->wants_draw || kept != t->note_count;
    t->note_count = kept;
}

void tui_talk_show(struct tui *t, struct talk_chat *chat)
{
    if (chat == NULL || chat == t->chat) {
        return;
    }
    if (t->chat != NULL) {
        drafts_put(&t->drafts, t->chat, input_text(t->input));
        input_set(t->input, drafts_get(&t->drafts, chat));
    }
    t->chat = chat;
    t->hits.count = 0;
    t->view.hit[0] = '\0';
    t->view.anchor[0] = '\0';
    t->view.below = 0;
    t->view.wants_hit = false;
    talk_window_show(t->talk, chat);
    talk_people_want(t->talk, chat->network); /* for Tab, and for whom an @ means */
    t->wants_draw = true;
}

/* ---- messages and lines ---------------------------------------------------------------------- */

static void tell_desktop(struct tui *t, const struct talk_said *said)
{
    char title[WAVU_SHOWN_MAX + 8];
    bool is_shown = t->tells == TUI_NOTIFY_SHOW;
    (void)snprintf(title, sizeof title, "%s", is_shown ? said->name : "wavu");
    if (t->tells == TUI_NOTIFY_HIDE || is_shown) {
        notify_show(t->notify, title, is_shown ? said->text : tongue("A new message."));
    }
}

static void said(void *context, const struct talk_said *said)
{
    struct tui *t = context;
    bool is_for_us = said->is_mentioned || said->chat->kind == TALK_CHAT_DIRECT;
    if (said->is_own || said->is_blocked || !is_for_us || t->tells == TUI_NOTIFY_OFF) {
        return;
    }
    t->wants_bell = true;
    if (t->now_ms - t->bell_ms >= TUI_BELL_MS || t->bell_ms == 0) {
        tell_desktop(t, said);
    }
}

static void told(void *context, enum talk_tone tone, struct talk_chat *chat, const char *line)
{
    struct tui *t = context;
    (void)chat;
    if (t->run.fd >= 0 && t->popup.kind == POPUP_OTHER) { /* what the command says */
        popup_add(&t->popup, tone == TALK_PROBLEM ? THEME_BAD : THEME_POPUP, "%s", line);
        t->has_news = true;
        return;
    }
    if (t->wizard.step != WIZARD_OFF && tone != TALK_ALERT) {
        return; /* which says itself what comes of what is typed there */
    }
    tui_talk_note(t, tone, line);
}

/* Why a code is closed; how another one is made stands above it. */
static const char *closed_words(const char *reason)
{
    static const char *const rows[][2] = {
        {"used", TONGUE("The code was used.")},
        {"expired", TONGUE("The code has expired.")},
        {"wrong codes", TONGUE("The code was closed after too many wrong tries.")},
        {"withdrawn", TONGUE("The code was withdrawn.")}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i][0], reason) == 0) {
            return tongue(rows[i][1]);
        }
    }
    return tongue("The code is closed.");
}

/* What became of a code that is open. */
static void invite_event(struct tui *t, const struct json_t *event, const char *kind)
{
    char clean[SAY_CLEAN_MAX];
    char text[SAY_CLEAN_MAX + 128];
    const char *name = json_string_value(json_object_get(event, "name"));
    const char *reason = json_string_value(json_object_get(event, "reason"));
    if (strcmp(kind, "newcomer") == 0) {
        (void)snprintf(text, sizeof text, tongue("%s showed the code and is let in."),
                       name != NULL && name[0] != '\0' ? say_clean(name, clean)
                                                       : tongue("Somebody"));
    } else if (strcmp(kind, "codeTry") == 0) {
        (void)snprintf(text, sizeof text, tongue("Somebody tried a wrong code."));
    } else if (strcmp(kind, "codeClosed") == 0 && t->invite.replaces && reason != NULL &&
               strcmp(reason, "withdrawn") == 0) {
        t->invite.replaces = false; /* the one before */
        return;
    } else if (strcmp(kind, "codeClosed") == 0) {
        (void)snprintf(text, sizeof text, "%s", closed_words(reason != NULL ? reason : ""));
        t->invite.until_ms = 0;
    } else {
        return;
    }
    popup_pages_note(&t->invite, text);
    tui_talk_renew_popup(t);
    t->has_news = true;
}

/* It stands on the screen until it is answered (tui_draw.c), and above all else at first. */
static void called(void *context)
{
    struct tui *t = context;
    popup_close(&t->popup);
    t->wants_bell = true;
    t->has_news = true;
}

static void event(void *context, const struct json_t *event)
{
    struct tui *t = context;
    const char *kind = json_string_value(json_object_get(event, "event"));
    wizard_event(&t->wizard, event);
    if (kind != NULL) {
        invite_event(t, event, kind);
    }
}

static void ready(void *context)
{
    struct tui *t = context;
    bool is_member = false;
    for (size_t i = 0; i < talk_network_count(t->talk); i++) {
        is_member = is_member || talk_network_at(t->talk, i)->is_member;
    }
    if (!is_member && talk_chat_count(t->talk) == 0 && t->wizard.step == WIZARD_OFF) {
        wizard_start(&t->wizard, t->talk);
    }
    talk_want_status(t->talk);
    t->has_news = true;
}

static void down(void *context, int err)
{
    struct tui *t = context;
    (void)err;
    t->is_down = true;
    t->invite.until_ms = 0; /* a code lives no longer than its node */
    t->again_ms = t->now_ms;
    t->wants_draw = true;
}

const struct talk_user tui_talk_user = {
    .said = said, .told = told, .called = called, .event = event, .ready = ready, .down = down};

/* ---- outcomes of /words ---------------------------------------------------------------------- */

void tui_talk_hits_end(struct tui *t)
{
    t->hits.count = 0;
    t->view.hit[0] = '\0';
    t->wants_draw = true;
}

static void go_to_hit(struct tui *t)
{
    view_go(&t->view, t->talk, t->chat, t->hits.ids[t->hits.at]);
    t->wants_draw = true;
}

void tui_talk_hit(struct tui *t, bool is_older)
{
    if (t->hits.count == 0 || t->chat == NULL) {
        return;
    }
    if (is_older ? t->hits.at + 1 < t->hits.count : t->hits.at > 0) {
        t->hits.at += is_older ? 1 : (size_t)-1;
        go_to_hit(t);
    } else {
        t->wants_bell = true;
    }
}

static bool found(struct tui *t, const struct talk_words_told *told)
{
    const json_t *list = json_object_get(told->result, "messages");
    const json_t *message = NULL;
    size_t i = 0;
    t->hits.count = 0;
    t->hits.at = 0;
    if (told->chat != NULL && told->chat != t->chat) {
        tui_talk_show(t, told->chat);
    }
    json_array_foreach(list, i, message)
    {
        const char *id = json_string_value(json_object_get(message, "id"));
        if (id != NULL && strlen(id) < WAVU_KEY_TEXT_MAX && t->hits.count < TUI_HITS_MAX) {
            memcpy(t->hits.ids[t->hits.count++], id, strlen(id) + 1);
        }
    }
    if (t->hits.count == 0 || t->chat == NULL) {
        t->hits.count = 0;
        tui_talk_note(t, TALK_PLAIN, tongue("Nothing was found."));
        return true;
    }
    go_to_hit(t);
    return true;
}

bool tui_talk_has_code(const struct tui *t)
{
    return t->invite.until_ms > t->now_ms && t->chat != NULL &&
           strcmp(t->invite.network_id, t->chat->network->id) == 0;
}

void tui_talk_show_code(struct tui *t)
{
    popup_pages_invite(&t->popup, &t->invite, t->now_ms, paint_rows(), paint_columns());
    t->wants_draw = true;
}

static bool invite(struct tui *t, const struct talk_words_told *told)
{
    const bool replaces = t->invite.until_ms > t->now_ms;
    memset(&t->invite, 0, sizeof t->invite);
    t->invite.replaces = replaces;
    (void)snprintf(t->invite.network, sizeof t->invite.network, "%s",
                   told->network != NULL ? told->network->name : tongue("the network"));
    (void)snprintf(t->invite.network_id, sizeof t->invite.network_id, "%s",
                   told->network != NULL ? told->network->id : "");
    (void)snprintf(t->invite.code, sizeof t->invite.code, "%s",
                   told->code != NULL ? told->code : "");
    (void)snprintf(t->invite.qr, sizeof t->invite.qr, "%s", told->qr != NULL ? told->qr : "");
    t->invite.until_ms = t->now_ms + told->open_ms;
    tui_talk_show_code(t);
    return true;
}

static bool members(struct tui *t, const struct talk_network *network)
{
    t->popup_network = network;
    if (network != NULL) {
        talk_people_want(t->talk, network);
    }
    popup_pages_members(&t->popup, network);
    return true;
}

static bool pages(struct tui *t, const struct talk_words_told *told)
{
    switch (told->outcome) {
    case TALK_WORDS_INVITE:
        return invite(t, told);
    case TALK_WORDS_MEMBERS:
        return members(t, told->network);
    case TALK_WORDS_IDENTITY:
        popup_pages_identity(&t->popup, t->talk, t->chat != NULL ? t->chat->network : NULL);
        return true;
    case TALK_WORDS_STATUS:
        talk_want_status(t->talk);
        popup_pages_status(&t->popup, t->talk);
        return true;
    case TALK_WORDS_PEERS:
        popup_pages_peers(&t->popup, told->result);
        return true;
    case TALK_WORDS_TOPOLOGY:
        popup_pages_topology(&t->popup, t->chat != NULL ? t->chat->network : NULL, told->result);
        return true;
    case TALK_WORDS_FILES:
        popup_pages_files(&t->popup, t->talk, told->result);
        return true;
    case TALK_WORDS_VERIFY:
        popup_pages_verify(&t->popup, told->result, paint_rows(), paint_columns());
        return true;
    case TALK_WORDS_CONFIG:
        popup_pages_text(&t->popup, TONGUE("Settings"), told->text != NULL ? told->text : "");
        return true;
    case TALK_WORDS_HELP:
        popup_pages_help(&t->popup);
        return true;
    case TALK_WORDS_LINES:
    case TALK_WORDS_GO:
    case TALK_WORDS_FOUND:
    case TALK_WORDS_QUIT:
        break;
    }
    return false;
}

static bool outcome(void *context, const struct talk_words_told *told)
{
    struct tui *t = context;
    t->wants_draw = true;
    if (told->outcome == TALK_WORDS_GO) {
        tui_talk_show(t, told->chat);
        return true;
    }
    if (told->outcome == TALK_WORDS_FOUND) {
        return found(t, told);
    }
    if (told->outcome == TALK_WORDS_QUIT) {
        t->is_over = true;
        return true;
    }
    return pages(t, told);
}

static void confirm(void *context, const char *question)
{
    struct tui *t = context;
    (void)snprintf(t->question, sizeof t->question, "%s", question);
    t->wants_draw = true;
}

static bool run(void *context, const char *const *words)
{
    struct tui *t = context;
    char title[48];
    if (t->wish->home == NULL || talk_run_start(&t->run, t->wish->home, words) != 0) {
        return false;
    }
    (void)snprintf(title, sizeof title, "wavu %.32s", words[0]);
    popup_open(&t->popup, POPUP_OTHER, title);
    t->wants_draw = true;
    return true;
}

void tui_talk_run(struct tui *t)
{
    bool is_good = false;
    if (t->run.fd < 0 || !talk_run_pump(&t->run, t->talk, &is_good)) {
        return;
    }
    if (t->popup.kind == POPUP_OTHER) {
        popup_add(&t->popup, is_good ? THEME_DIM : THEME_BAD,
                  is_good ? TONGUE("Done.") : TONGUE("It failed."));
    }
    t->wants_draw = true;
}

/* It is there again, in its own chat; behind what was typed since, the history of the line has it.
 */
static void unsaid(void *context, struct talk_chat *chat, const char *line)
{
    struct tui *t = context;
    const bool is_here = chat == t->chat;
    const char *typed = is_here ? input_text(t->input) : drafts_get(&t->drafts, chat);
    if (typed[0] != '\0') {
        return;
    }
    if (is_here) {
        input_set(t->input, line);
        t->wants_input = true;
    } else {
        drafts_put(&t->drafts, chat, line);
    }
}

static void done(void *context, int err, const char *id)
{
    struct tui *t = context;
    (void)err;
    (void)id;
    t->has_news = true;
}

const struct talk_words_user tui_talk_words_user = {
    .outcome = outcome, .confirm = confirm, .run = run, .unsaid = unsaid, .done = done};

void tui_talk_renew_popup(struct tui *t)
{
    if (t->popup.kind == POPUP_MEMBERS) {
        popup_pages_members(&t->popup, t->popup_network);
    } else if (t->popup.kind == POPUP_INVITE) {
        popup_pages_invite(&t->popup, &t->invite, t->now_ms, paint_rows(), paint_columns());
    } else if (t->popup.kind == POPUP_STATUS) {
        popup_pages_status(&t->popup, t->talk);
    }
}

/* ---- what a line is about ---------------------------------------------------------------------
 */

void tui_talk_point(struct tui *t)
{
    const char *id = talk_words_about(t->chat, input_text(t->input));
    if (t->hits.count > 0 || (id == NULL && t->view.hit[0] == '\0') ||
        (id != NULL && strcmp(t->view.hit, id) == 0)) {
        return;
    }
    (void)snprintf(t->view.hit, sizeof t->view.hit, "%s", id != NULL ? id : "");
    t->view.wants_hit = id != NULL;
    t->wants_draw = true;
}

/* ---- completion ------------------------------------------------------------------------------ */

static void offer_own(const char *text, size_t cursor, struct input_words *out)
{
    static const char *const own[] = {"/mouse", "/notify"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (text[0] == '/' && out->from == 0 && out->count < INPUT_WORDS_MAX &&
            strncmp(own[i], text, cursor) == 0) {
            (void)snprintf(out->word[out->count++], INPUT_WORD_MAX, "%s ", own[i]);
        }
    }
}

void tui_talk_offer(void *context, const char *text, size_t cursor, struct input_words *out)
{
    struct tui *t = context;
    if (t->wizard.step != WIZARD_OFF) {
        return;
    }
    struct talk_words_found found = {.from = cursor};
    talk_words_complete(t->words, t->chat, text, cursor, &found);
    out->from = found.from;
    for (size_t i = 0; i < found.count && out->count < INPUT_WORDS_MAX; i++) {
        const size_t len = strlen(found.texts[i]);
        const bool is_folder = len > 1 && found.texts[i][len - 1] == '/'; /* it goes on */
        (void)snprintf(out->word[out->count++], INPUT_WORD_MAX, "%s%s", found.texts[i],
                       is_folder ? "" : " ");
    }
    if (found.count == 0) {
        out->from = 0;
    }
    offer_own(text, cursor, out);
    if (out->count == 0) {
        out->from = cursor;
    }
}
