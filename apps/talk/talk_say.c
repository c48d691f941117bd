/*
 * What is said goes to the room's or the direct chat's method.
 */
#include "apps/talk/talk_say.h"

#include <jansson.h>
#include <string.h>

#include "apps/talk/talk_core.h"
#include "apps/talk/talk_json.h"
#include "apps/talk/talk_mention.h"
#include "apps/term/tongue.h"
#include "base/mem.h"

#define TALK_SAY_AGAIN_MS 200      /* between two tries */
#define TALK_SAY_PATIENCE_MS 10000 /* keys come with the first talk with a member */

/* What is said, and whom to tell. */
struct talk_say_ask {
    struct talk *talk;
    struct talk_chat *chat;
    talk_say_done *done;
    void *context;
    json_t *params; /* owned: to be said again */
    uint64_t until_ms;
    uint64_t number; /* in the order in which things were said */
    bool is_again;   /* said once more */
};

static void talk_say_free(struct talk_say_ask *ask)
{
    json_decref(ask->params);
    mem_free(ask);
}

/* ---- Saying ---- */

static void talk_say_tell(struct talk_say_ask *ask, const struct rpc_link_answer *answer)
{
    const char *id = talk_json_text(answer->result, "id");

    if (id[0] == '\0') {
        id = talk_json_text(answer->result, "message");
    }
    if (answer->is_done) {
        talk_tell(ask->talk, TALK_PROBLEM, ask->chat,
                  "said, but the disk does not take it now (full, or gone?): make room; it is "
                  "tried again until it works, and lost if the node ends before that");
    }
    if (ask->done != NULL) {
        const bool is_said = answer->err == 0 || answer->is_done;
        ask->done(ask->context, answer->err, is_said ? id : NULL, answer->sentence);
    } else if (answer->err < 0 && !answer->is_done && answer->err != WAVU_ERR_CLOSED) {
        talk_tell(ask->talk, TALK_PROBLEM, ask->chat, "not said: %s", tongue(answer->sentence));
    }
    talk_say_free(ask);
}

/* Wait with the others, in the order in which it was said. */
static void talk_say_wait(struct talk *t, struct talk_say_ask *ask)
{
    size_t at = t->say_count;

    while (at > 0 && t->says[at - 1]->number > ask->number) {
        t->says[at] = t->says[at - 1];
        at--;
    }
    t->says[at] = ask;
    t->say_count++;
}

static struct talk_say_ask *talk_say_next(struct talk *t)
{
    struct talk_say_ask *ask = t->says[0];

    t->say_count--;
    memmove(&t->says[0], &t->says[1], t->say_count * sizeof(struct talk_say_ask *));
    return ask;
}

/* Keys for the network are on their way, right after one came in: it is said when they are here. */
static void talk_say_on_answer(void *context, const struct rpc_link_answer *answer)
{
    struct talk_say_ask *ask = context;
    struct talk *t = ask->talk;

    t->is_saying = t->is_saying && !ask->is_again;
    if (answer->err == WAVU_ERR_AGAIN && t->now_ms < ask->until_ms &&
        t->say_count < TALK_SAY_WAIT_MAX) {
        talk_say_wait(t, ask);
        t->say_ms = t->now_ms + TALK_SAY_AGAIN_MS;
        return;
    }
    talk_say_tell(ask, answer);
}

static int talk_say_send(struct talk_say_ask *ask)
{
    return talk_ask_take(ask->talk, ask->chat->kind == TALK_CHAT_DIRECT ? "direct.say" : "room.say",
                         json_incref(ask->params), talk_say_on_answer, ask);
}

void talk_say_step(struct talk *t)
{
    if (t->say_count == 0 || t->is_saying || t->now_ms < t->say_ms) {
        return;
    }
    struct talk_say_ask *ask = talk_say_next(t);

    t->is_saying = true;
    ask->is_again = true;
    if (talk_say_send(ask) < 0) {
        t->is_saying = false;
        talk_say_wait(t, ask);
        t->say_ms = t->now_ms + TALK_SAY_AGAIN_MS;
    }
}

int talk_say_wait_ms(const struct talk *t, int before, uint64_t now_ms)
{
    return t->say_count == 0 || t->is_saying ? before : talk_core_sooner(before, t->say_ms, now_ms);
}

void talk_say_clear(struct talk *t)
{
    const struct rpc_link_answer closed = {.err = WAVU_ERR_CLOSED, .sentence = "it was ended"};

    while (t->say_count > 0) {
        talk_say_tell(talk_say_next(t), &closed);
    }
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
        return tongue("what is said is text in UTF-8");
    case WAVU_ERR_LIMIT:
        return tongue(
            "that is too long, or too much is on its way; a long text can be sent as a file: "
            "/file PATH");
    case WAVU_ERR_NO_NODE:
        return tongue("the node is gone");
    default:
        return tongue(wavu_err_sentence(err));
    }
}

void talk_say_explain(struct talk *t, struct talk_chat *chat, int err)
{
    talk_tell(t, TALK_PROBLEM, chat, "not said: %s", talk_say_reason(err));
}

int talk_say(struct talk *t, struct talk_chat *chat, const struct talk_say *what,
             talk_say_done *done, void *context)
{
    json_t *params =
        chat->kind == TALK_CHAT_DIRECT ? talk_say_direct(chat, what) : talk_say_room(chat, what);
    int rc = params == NULL ? WAVU_ERR_PROTO : t->link == NULL || !t->is_up ? WAVU_ERR_NO_NODE : 0;
    struct talk_say_ask *ask = mem_new(sizeof *ask);

    *ask = (struct talk_say_ask){.talk = t,
                                 .chat = chat,
                                 .done = done,
                                 .context = context,
                                 .params = params,
                                 .number = ++t->say_number,
                                 .until_ms = t->now_ms + TALK_SAY_PATIENCE_MS};
    if (rc == 0 && t->say_count == 0 && !t->is_saying) {
        rc = talk_say_send(ask);
    } else if (rc == 0 && t->say_count < TALK_SAY_WAIT_MAX) {
        talk_say_wait(t, ask); /* behind those that wait */
    } else if (rc == 0) {
        rc = WAVU_ERR_LIMIT;
    }
    if (rc < 0) {
        talk_say_free(ask);
        if (done == NULL) {
            talk_say_explain(t, chat, rc);
        }
    }
    return rc;
}
