/*
 * /dm, /me, /reply, /edit, /delete, /react, /search, /room.
 */
#include "apps/talk/talk_words_say.h"

#include <jansson.h>
#include <string.h>

#include "apps/talk/talk_chats.h"
#include "apps/talk/talk_json.h"
#include "apps/talk/talk_say.h"
#include "apps/term/clean.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"

#define TALK_WORDS_SAY_LINES 20 /* lines of a search */

/* ---- To one alone ---- */

static void talk_words_say_go(struct talk_words_ask *ask, struct talk_chat *chat)
{
    struct talk_words_told told = {.outcome = TALK_WORDS_GO, .chat = chat};

    if (!talk_words_show(ask, &told)) {
        talk_words_tell(ask, TALK_PLAIN, "this is %s", chat->name);
    }
}

static void talk_words_say_on_member(struct talk_words_ask *ask, const json_t *member)
{
    struct talk *t = ask->words->talk;
    const struct talk_words_call call = {
        .words = ask->words, .network = ask->network, .line = ask->line};
    struct talk_chat *chat = talk_json_is(member, "isSelf")
                                 ? NULL
                                 : talk_chat_direct(t, ask->network, talk_json_text(member, "id"),
                                                    talk_json_text(member, "shown"));
    int rc = 0;

    if (chat == NULL) {
        talk_words_tell(ask, TALK_PROBLEM, "that is you; say to whom else");
        talk_words_end(ask, WAVU_ERR_INVALID, NULL);
        return;
    }
    if (ask->text[0] == '\0') {
        talk_words_say_go(ask, chat);
        talk_words_end(ask, 0, NULL);
        return;
    }
    rc = talk_words_say(&call, chat, &(struct talk_say){.text = ask->text});
    if (rc < 0) {
        talk_words_end(ask, rc, NULL);
    } else {
        if (ask->chat != chat) { /* nothing of it is seen where it was typed */
            talk_words_tell(ask, TALK_PLAIN,
                            "for %s alone; /dm NAME goes to that chat, where its mark stands",
                            chat->name);
        }
        talk_words_ask_free(ask); /* what was said is over when the node has it */
    }
}

int talk_words_say_dm(struct talk_words_call *call)
{
    const char *name = talk_words_cut(&call->rest);

    return talk_words_who_take(talk_words_ask_new(call, call->rest), name,
                               talk_words_say_on_member);
}

/* ---- About messages ---- */

int talk_words_say_me(struct talk_words_call *call)
{
    return talk_words_say(call, call->chat,
                          &(struct talk_say){.kind = TALK_SAY_ME, .text = call->rest});
}

/* "ID TEXT": say TEXT about that message. */
static int talk_words_say_about(struct talk_words_call *call, enum talk_say_kind kind, bool is_own,
                                bool has_text)
{
    const char *part = talk_words_cut(&call->rest);
    const struct talk_message *m = talk_words_message(call, part, is_own);
    struct talk_say what = {.kind = kind, .text = call->rest};

    if (m == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (has_text && call->rest[0] == '\0') {
        talk_tell(call->words->talk, TALK_PROBLEM, call->chat, "type /%s %s", call->verb->row.name,
                  call->verb->row.words);
        return WAVU_ERR_INVALID;
    }
    if (is_own && !m->is_own) {
        talk_tell(call->words->talk, TALK_PROBLEM, call->chat, "that message is not yours");
        return WAVU_ERR_DENIED;
    }
    what.about = m->id;
    return talk_words_say(call, call->chat, &what);
}

int talk_words_say_reply(struct talk_words_call *call)
{
    return talk_words_say_about(call, TALK_SAY_TEXT, false, true);
}

int talk_words_say_edit(struct talk_words_call *call)
{
    return talk_words_say_about(call, TALK_SAY_EDIT, true, true);
}

int talk_words_say_delete(struct talk_words_call *call)
{
    return talk_words_say_about(call, TALK_SAY_DELETE, true, false);
}

int talk_words_say_react(struct talk_words_call *call)
{
    return talk_words_say_about(call, TALK_SAY_REACTION, false, true);
}

/* ---- Searching ---- */

static void talk_words_say_on_found(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *messages = json_object_get(result, "messages");
    struct talk_words_told told = {
        .outcome = TALK_WORDS_FOUND, .result = result, .text = ask->text};

    if (talk_words_show(ask, &told)) {
        talk_words_end(ask, 0, NULL);
        return;
    }
    if (json_array_size(messages) == 0) {
        talk_words_tell(ask, TALK_PLAIN, "no message here has all of these words");
    }
    for (size_t i = 0; i < json_array_size(messages) && i < TALK_WORDS_SAY_LINES; i++) {
        const json_t *one = json_array_get(messages, i);
        char name[SAY_CLEAN_MAX];

        talk_words_tell(ask, TALK_PLAIN, "%.8s %s: %s", talk_json_text(one, "id"),
                        say_name(talk_json_text(one, "shown"), "", name),
                        talk_json_is(one, "isBlocked") ? tongue("(blocked)")
                                                       : talk_json_text(one, "text"));
    }
    if (json_array_size(messages) > TALK_WORDS_SAY_LINES || talk_json_is(result, "isMore")) {
        talk_words_tell(ask, TALK_PLAIN, "there are more: add a word");
    }
    talk_words_end(ask, 0, NULL);
}

int talk_words_say_search(struct talk_words_call *call)
{
    const struct talk_chat *chat = call->chat;

    return talk_words_ask_take(talk_words_ask_new(call, call->rest), "history.look",
                               json_pack("{s:s, s:s, s:s, s:i}", "network", chat->network->id,
                                         chat->kind == TALK_CHAT_DIRECT ? "member" : "room",
                                         chat->id, "words", call->rest, "max",
                                         TALK_WORDS_SAY_FOUND_MAX),
                               talk_words_say_on_found);
}

/* ---- Rooms ---- */

static void talk_words_say_on_room(struct talk_words_ask *ask, const json_t *result)
{
    struct talk *t = ask->words->talk;
    struct talk_core_chat *c =
        talk_chats_meet(t, ask->network, TALK_CHAT_ROOM, talk_json_text(result, "room"));

    if (c != NULL) {
        (void)clean_text(c->chat.name, sizeof c->chat.name, ask->text, strlen(ask->text),
                         CLEAN_NAME);
        c->chat.is_listed = true;
        talk_chats_arrange(t);
        talk_words_say_go(ask, &c->chat);
    }
    talk_chats_want(t);
    talk_words_end(ask, 0, NULL);
}

static void talk_words_say_rooms(const struct talk_words_call *call)
{
    struct talk *t = call->words->talk;

    for (size_t i = 0; i < talk_chat_count(t); i++) {
        const struct talk_chat *chat = talk_chat_at(t, i);

        if (chat->network == call->network && chat->kind != TALK_CHAT_DIRECT) {
            talk_tell(t, TALK_PLAIN, call->chat, "%s%s%s%s%s%s", chat->name,
                      chat->kind == TALK_CHAT_MAIN ? tongue(" (main room)") : "",
                      chat->topic[0] != '\0' ? ": " : "", chat->topic,
                      chat->unread > 0 ? tongue(", something new") : "",
                      chat == call->chat ? tongue(" (here)") : "");
        }
    }
}

/* The room of that name, or of an id that begins so; "main": the main one. */
static struct talk_chat *talk_words_say_find(const struct talk_words_call *call, const char *name,
                                             size_t *count)
{
    struct talk *t = call->words->talk;
    struct talk_chat *found = NULL;

    *count = 0;
    for (size_t i = 0; i < talk_chat_count(t); i++) {
        struct talk_chat *chat = talk_chat_at(t, i);
        const bool is_main = chat->kind == TALK_CHAT_MAIN && strcmp(name, "main") == 0;
        const bool is_part = strlen(name) >= 8 && strncmp(chat->id, name, strlen(name)) == 0;

        if (chat->network == call->network && chat->kind != TALK_CHAT_DIRECT &&
            (is_main || is_part || strcmp(chat->name, name) == 0)) {
            found = chat;
            (*count)++;
        }
    }
    return found;
}

static int talk_words_say_to_room(struct talk_words_call *call, const char *name)
{
    size_t count = 0;
    struct talk_chat *chat = talk_words_say_find(call, name, &count);
    struct talk_words_ask *ask = talk_words_ask_new(call, NULL);

    if (count == 1) {
        talk_words_say_go(ask, chat);
    } else if (count == 0) {
        talk_words_tell(ask, TALK_PROBLEM,
                        "there is no room '%s'; /room list shows them, /room make %s makes it",
                        name, name);
    } else {
        talk_words_tell(ask, TALK_PROBLEM,
                        "several rooms are called '%s'; type the beginning of the id, as 'wavu "
                        "rooms' shows it",
                        name);
    }
    talk_words_end(ask, count == 1 ? 0 : WAVU_ERR_NOT_FOUND, NULL);
    return 0;
}

int talk_words_say_room(struct talk_words_call *call)
{
    char *rest = call->rest;

    if (rest[0] == '\0' || strcmp(rest, "list") == 0) {
        talk_words_say_rooms(call);
        talk_words_over(call->words, 0, NULL);
        return 0;
    }
    if (strcmp(rest, "make") == 0) { /* no room of that name is meant */
        talk_tell(call->words->talk, TALK_PROBLEM, call->chat, "type /%s %s: %s",
                  call->verb->row.name, call->verb->row.words, tongue(call->verb->row.summary));
        return WAVU_ERR_INVALID;
    }
    if (strncmp(rest, "make ", 5) == 0) {
        rest += 5;
        rest += strspn(rest, " ");
        return talk_words_ask_take(
            talk_words_ask_new(call, rest), "room.make",
            json_pack("{s:s, s:s}", "name", rest, "network", call->network->id),
            talk_words_say_on_room);
    }
    return talk_words_say_to_room(call, rest[0] == '#' ? rest + 1 : rest);
}
