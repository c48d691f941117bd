/*
 * What is said goes to the room's or the direct chat's method; searches come back as messages.
 */
#include "apps/talk/talk_say.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_core.h"
#include "apps/talk/talk_json.h"
#include "apps/talk/talk_mention.h"
#include "apps/talk/talk_message.h"
#include "base/mem.h"

/* Whom to tell. */
struct talk_say_ask {
    struct talk *talk;
    struct talk_chat *chat;
    talk_say_done *done;
    talk_say_search_done *found;
    void *context;
};

static void talk_say_on_answer(void *context, const struct rpc_link_answer *answer)
{
    struct talk_say_ask *ask = context;
    const char *id = talk_json_text(answer->result, "id");

    if (id[0] == '\0') {
        id = talk_json_text(answer->result, "message");
    }
    if (ask->done != NULL) {
        ask->done(ask->context, answer->err, answer->err == 0 ? id : NULL, answer->sentence);
    } else if (answer->err < 0 && answer->err != WAVU_ERR_CLOSED) {
        talk_tell(ask->talk, TALK_PROBLEM, ask->chat, "not said: %s", answer->sentence);
    }
    mem_free(ask);
}

static json_t *talk_say_room(const struct talk_chat *chat, const struct talk_say *what)
{
    static const char *const kinds[] = {[TALK_SAY_TEXT] = "text",
                                        [TALK_SAY_ME] = "action",
                                        [TALK_SAY_EDIT] = "edit",
                                        [TALK_SAY_DELETE] = "delete",
                                        [TALK_SAY_REACTION] = "reaction"};
    const bool is_answer = what->kind == TALK_SAY_TEXT || what->kind == TALK_SAY_ME;
    json_t *params = json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "network", chat->network->id, "room",
                               chat->id, "kind", kinds[what->kind], "text",
                               what->kind == TALK_SAY_DELETE ? NULL : what->text,
                               is_answer ? "reply" : "target", what->about);

    if (params != NULL && what->kind != TALK_SAY_DELETE && what->kind != TALK_SAY_REACTION) {
        talk_mention_put(chat->network, what->text, params);
    }
    return params;
}

static json_t *talk_say_direct(const struct talk_chat *chat, const struct talk_say *what)
{
    static const char *const kinds[] = {[TALK_SAY_TEXT] = "text",
                                        [TALK_SAY_ME] = "me",
                                        [TALK_SAY_EDIT] = "edit",
                                        [TALK_SAY_DELETE] = "delete",
                                        [TALK_SAY_REACTION] = "reaction"};

    return json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "network", chat->network->id, "member",
                     chat->id, "kind", kinds[what->kind], "text",
                     what->kind == TALK_SAY_DELETE ? NULL : what->text, "about", what->about);
}

/* Why it was not even asked; NULL: the node says so. */
static const char *talk_say_reason(int err)
{
    switch (err) {
    case WAVU_ERR_PROTO:
        return "what is said is text in UTF-8";
    case WAVU_ERR_LIMIT:
        return "that is too long, or too much is on its way; a long text can be sent as a file: "
               "/file PATH";
    case WAVU_ERR_NO_NODE:
        return "the node is gone";
    default:
        return wavu_err_sentence(err);
    }
}

int talk_say(struct talk *t, struct talk_chat *chat, const struct talk_say *what,
             talk_say_done *done, void *context)
{
    json_t *params =
        chat->kind == TALK_CHAT_DIRECT ? talk_say_direct(chat, what) : talk_say_room(chat, what);
    struct talk_say_ask *ask = mem_new(sizeof *ask);
    int rc = params == NULL ? WAVU_ERR_PROTO : 0;

    *ask = (struct talk_say_ask){.talk = t, .chat = chat, .done = done, .context = context};
    if (rc == 0) {
        rc = talk_ask_take(t, chat->kind == TALK_CHAT_DIRECT ? "direct.say" : "room.say", params,
                           talk_say_on_answer, ask);
    }
    if (rc < 0) {
        mem_free(ask);
        if (done == NULL) {
            talk_tell(t, TALK_PROBLEM, chat, "not said: %s", talk_say_reason(rc));
        }
    }
    return rc;
}

/* ---- Searching ---- */

static void talk_say_on_found(void *context, const struct rpc_link_answer *answer)
{
    struct talk_say_ask *ask = context;
    const json_t *page = json_object_get(answer->result, "messages");
    const size_t count =
        json_array_size(page) < TALK_SAY_FOUND_MAX ? json_array_size(page) : TALK_SAY_FOUND_MAX;
    struct talk_message *messages[TALK_SAY_FOUND_MAX] = {NULL};
    const struct talk_say_found found = {.err = answer->err,
                                         .sentence = answer->sentence,
                                         .messages = messages,
                                         .count = count,
                                         .is_more = talk_json_is(answer->result, "isMore")};

    for (size_t i = 0; i < count; i++) {
        messages[i] = talk_message_new(json_array_get(page, i));
        messages[i]->revision = talk_core_revision(ask->talk);
    }
    ask->found(ask->context, &found);
    for (size_t i = 0; i < count; i++) {
        talk_message_free(messages[i]);
    }
    mem_free(ask);
}

int talk_say_search(struct talk *t, struct talk_chat *chat, const char *words, const char *before,
                    talk_say_search_done *done, void *context)
{
    json_t *params = json_pack("{s:s, s:s, s:s, s:s*, s:i}", "network", chat->network->id,
                               chat->kind == TALK_CHAT_DIRECT ? "member" : "room", chat->id,
                               "words", words, "before", before, "max", TALK_SAY_FOUND_MAX);

    if (params == NULL) {
        return WAVU_ERR_PROTO;
    }
    struct talk_say_ask *ask = mem_new(sizeof *ask);

    *ask = (struct talk_say_ask){.talk = t, .chat = chat, .found = done, .context = context};
    int rc = talk_ask_take(t, "history.look", params, talk_say_on_found, ask);

    if (rc < 0) {
        mem_free(ask);
    }
    return rc;
}
