/*
 * Events by name, in a table. A message counts as unread here at once; its text is looked up by the
 * window, in its place.
 */
#include "apps/talk/talk_events.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_calls.h"
#include "apps/talk/talk_chats.h"
#include "apps/talk/talk_json.h"
#include "apps/talk/talk_line.h"
#include "apps/talk/talk_load.h"
#include "apps/talk/talk_members.h"
#include "apps/term/say.h"
#include "apps/term/tongue.h"

#define TALK_EVENTS_UNREAD_MAX 1000 /* more are not counted; as the node does it */
#define TALK_EVENTS_SIZE 32         /* of an amount as text */

/* ---- Messages ---- */

static void talk_events_count(struct talk *t, const struct talk_said *said, uint64_t unix_ms)
{
    struct talk_chat *chat = said->chat;

    chat->last_unix_ms = unix_ms > chat->last_unix_ms ? unix_ms : chat->last_unix_ms;
    if (!said->is_own && !said->is_blocked && chat->unread < TALK_EVENTS_UNREAD_MAX) {
        chat->unread++;
        chat->mentions += said->is_mentioned || chat->kind == TALK_CHAT_DIRECT ? 1 : 0;
    }
    t->news |= TALK_NEWS_CHATS;
}

/* What is common to rooms and direct chats. */
static void talk_events_tell_said(struct talk *t, const json_t *event, struct talk_said *said)
{
    const bool is_counted = json_object_get(event, "isStray") == NULL;

    said->id = talk_json_text(event, "id");
    said->text = talk_json_text(event, "text");
    said->kind = talk_json_text(event, "kind");
    said->is_own = talk_json_is(event, "isOwn");
    said->is_blocked = talk_json_is(event, "isBlocked") || talk_json_is(event, "isFiltered") ||
                       said->chat->is_blocked;
    said->is_mentioned = talk_json_is(event, "isMentioned") && !said->is_own;
    if (is_counted) {
        talk_events_count(t, said, talk_json_count(event, "unixMs"));
    }
    talk_load_said(t, said->chat, said->id);
    if (t->user->said != NULL) {
        t->user->said(t->context, said);
    }
}

/* Its chat is not known yet: it is told when the lists have come, which have counted it. */
static void talk_events_stray(struct talk *t, const json_t *event)
{
    talk_chats_want(t);
    if (t->strays == NULL) {
        t->strays = json_array();
    }
    if (json_array_size(t->strays) < TALK_STRAYS_MAX) {
        json_t *one = json_deep_copy(event);

        (void)json_object_set_new(one, "isStray", json_true());
        (void)json_array_append_new(t->strays, one);
    }
}

static void talk_events_said(struct talk *t, const json_t *event)
{
    char name[WAVU_SHOWN_MAX];
    struct talk_said said = {.author = talk_json_text(event, "author"), .name = name};

    said.chat = talk_chat_find(t, talk_json_text(event, "network"), talk_json_text(event, "room"));
    talk_json_shown(name, sizeof name, event, "shown");
    if (strncmp(talk_json_text(event, "kind"), "sos", 3) == 0) {
        talk_calls_want(t); /* the alarm itself may be held back: one of a member in 30 s */
    }
    if (strcmp(talk_json_text(event, "kind"), "room") == 0) {
        talk_chats_want(t); /* a room was made or changed */
    }
    if (said.chat == NULL) {
        talk_events_stray(t, event);
        return;
    }
    talk_events_tell_said(t, event, &said);
}

/* Of somebody with whom nothing was said before, there is a chat from now on. */
static struct talk_chat *talk_events_direct_chat(struct talk *t, const json_t *event)
{
    const char *member = talk_json_text(event, "member");
    const struct talk_network *network = talk_network_find(t, talk_json_text(event, "network"));
    struct talk_chat *known = talk_chat_find(t, talk_json_text(event, "network"), member);

    if (network == NULL || known != NULL) {
        return known;
    }
    const struct talk_member *m = talk_people_find(network, member);
    char part[9];

    (void)snprintf(part, sizeof part, "%.8s", member);
    talk_chats_want(t); /* which knows the name */
    return talk_chat_direct(t, network, member, m != NULL ? m->shown : part);
}

static void talk_events_direct(struct talk *t, const json_t *event)
{
    struct talk_said said = {.chat = talk_events_direct_chat(t, event)};

    if (said.chat == NULL) {
        talk_events_stray(t, event);
        return;
    }
    if (!said.chat->is_listed) {
        said.chat->is_listed = true;
        talk_chats_arrange(t);
    }
    const bool is_own = talk_json_is(event, "isOwn");

    said.name = !is_own ? said.chat->name : t->self.nick[0] != '\0' ? t->self.nick : tongue("you");
    said.author = is_own ? "" : said.chat->id;
    talk_events_tell_said(t, event, &said);
}

static struct talk_chat *talk_events_chat(struct talk *t, const json_t *event)
{
    const bool is_room = json_object_get(event, "room") != NULL;

    return talk_chat_find(t, talk_json_text(event, "network"),
                          talk_json_text(event, is_room ? "room" : "member"));
}

static void talk_events_changed(struct talk *t, const json_t *event)
{
    struct talk_chat *chat = talk_events_chat(t, event);

    if (chat != NULL) {
        talk_load_changed(t, chat, talk_json_text(event, "id"));
    }
}

static void talk_events_state(struct talk *t, const json_t *event)
{
    struct talk_chat *chat = talk_events_chat(t, event);

    if (chat != NULL) {
        talk_load_state(t, chat, event);
    }
}

static void talk_events_has(struct talk *t, const json_t *event)
{
    struct talk_chat *chat = talk_events_chat(t, event);

    if (chat != NULL) {
        talk_load_receipts(t, chat);
    }
}

/* ---- Networks and members ---- */

static const char *talk_events_network_name(const struct talk *t, const json_t *event)
{
    const struct talk_network *n = talk_network_find(t, talk_json_text(event, "network"));

    return n != NULL ? n->name : "a network";
}

static void talk_events_members(struct talk *t, const json_t *event)
{
    talk_chats_want(t);
    talk_members_again(t, talk_network_find(t, talk_json_text(event, "network")));
}

static void talk_events_entered(struct talk *t, const json_t *event)
{
    talk_events_members(t, event);
    talk_look_self(t);
    talk_tell(t, TALK_PLAIN, NULL, "you belong to a network now");
}

static void talk_events_left(struct talk *t, const json_t *event)
{
    talk_events_members(t, event);
    talk_tell(t, TALK_ALERT, NULL,
              "you do not belong to %s any more; what was said there can still be read; /join CODE "
              "goes into another one",
              talk_events_network_name(t, event));
}

static void talk_events_stopped(struct talk *t, const json_t *event)
{
    talk_tell(t, TALK_ALERT, NULL,
              "another device signs with this device's key in %s; this one signs nothing more: see "
              "'wavu status' and the node's log",
              talk_events_network_name(t, event));
}

static void talk_events_newcomer(struct talk *t, const json_t *event)
{
    char clean[SAY_CLEAN_MAX];
    const char *name = talk_json_named(event, "name", "", clean);

    talk_events_members(t, event);
    if (name[0] != '\0') {
        talk_tell(t, TALK_PLAIN, NULL, "%s showed the code and joins", name);
    } else {
        talk_tell(t, TALK_PLAIN, NULL, "somebody showed the code and joins");
    }
}

static void talk_events_code_try(struct talk *t, const json_t *event)
{
    talk_tell(t, TALK_PROBLEM, NULL, "somebody typed a wrong code; tries left: %u",
              (unsigned)talk_json_small(event, "left"));
}

static void talk_events_code_busy(struct talk *t, const json_t *event)
{
    (void)event;
    talk_tell(t, TALK_PROBLEM, NULL,
              "many try codes just now; if yours is not taken, open it again");
}

static void talk_events_code_closed(struct talk *t, const json_t *event)
{
    static const struct {
        const char *reason;
        const char *line;
    } lines[] = {{"used", "the code was used and is closed"},
                 {"expired", "the code has expired; /invite opens another one"},
                 {"wrong codes", "the code is closed after too many wrong tries; /invite opens "
                                 "another one"},
                 {"withdrawn", "the code that was open before is withdrawn"}};
    const char *reason = talk_json_text(event, "reason");
    const char *line = TONGUE("the code is closed");

    if (talk_code_is_older(t, event)) {
        return; /* whoever opened another one has seen that */
    }
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        line = strcmp(lines[i].reason, reason) == 0 ? lines[i].line : line;
    }
    talk_tell(t, TALK_PLAIN, NULL, "%s", tongue(line));
}

static void talk_events_joining(struct talk *t, const json_t *event)
{
    char clean[SAY_CLEAN_MAX];
    const char *name = talk_json_named(event, "name", "", clean);

    if (name[0] != '\0') {
        talk_tell(t, TALK_PLAIN, NULL, "found %s, joining", name);
    } else {
        talk_tell(t, TALK_PLAIN, NULL, "found whoever shows the code, joining");
    }
}

static void talk_events_join_failed(struct talk *t, const json_t *event)
{
    static const struct {
        const char *error;
        const char *line;
    } lines[] = {
        {"crypto", "the code is wrong, or closed: ask for a new one"},
        {"denied", "you are not invited there: ask a member for a code"},
        {"closed", "this device was put out there, and cannot come back itself: begin a new home "
                   "with 'wavu --home DIR', and ask a member for a code"},
        {"exists", "this node belongs to that network already: /networks shows it"},
        {"unsupported", "whoever answers there is in no network with members, or runs another "
                        "version of wavu: ask them which"},
        {"in_use", "another code was typed since, and is tried instead"},
        {"again", "too many tries came from here lately: wait half a minute, and type it again"},
        {"refused", "nobody listens at that address: see that their node runs, and check the "
                    "address"},
        {"unreachable", "there is no way to that address: check this machine's network, and the "
                        "address"},
        {"not_found", "the name in that address is not known: check its spelling"},
        {"proto", "what listens there is no node of wavu: check the address"},
        {"timeout", "nobody was found who shows that code: be on the same network as they are, or "
                    "put their address behind the code"}};
    const char *error = talk_json_text(event, "error");
    const char *line = NULL;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        line = strcmp(lines[i].error, error) == 0 ? lines[i].line : line;
    }
    if (talk_json_count(event, "left") > 0) {
        talk_tell(t, TALK_PLAIN, NULL, "that one did not take the code; trying elsewhere");
    } else if (line != NULL) {
        talk_tell(t, TALK_PROBLEM, NULL, "joining failed: %s", tongue(line));
    } else {
        talk_tell(t, TALK_PROBLEM, NULL,
                  "joining failed (%s): check the code and the address, and type it again", error);
    }
}

/* ---- Files, keys, calls for help ---- */

/* Who offers what. Of what this person offers the name is known. */
static void talk_events_on_file(void *context, const struct rpc_link_answer *answer)
{
    struct talk *t = context;
    const json_t *file = json_object_get(answer->result, "file");
    char nick[SAY_CLEAN_MAX];
    char name[SAY_CLEAN_MAX];
    char size[TALK_EVENTS_SIZE];

    if (answer->err < 0 || strcmp(talk_json_text(file, "state"), "own") == 0) {
        return;
    }
    talk_offer_add(t, talk_json_text(file, "id"));
    talk_tell(t, TALK_PLAIN, NULL, "%s offers %s (%s): /accept %.8s fetches it",
              talk_json_named(file, "nick", tongue("somebody"), nick),
              talk_json_named(file, "name", "", name),
              say_bytes(talk_json_count(file, "size"), size, sizeof size),
              talk_json_text(file, "id"));
}

static void talk_events_file_offer(struct talk *t, const json_t *event)
{
    (void)!talk_ask_take(t, "file.look", json_pack("{s:s}", "id", talk_json_text(event, "id")),
                         talk_events_on_file, t);
}

static void talk_events_on_file_sent(void *context, const struct rpc_link_answer *answer)
{
    struct talk *t = context;
    const char *name = talk_json_text(json_object_get(answer->result, "file"), "name");

    if (answer->err < 0 || name[0] == '\0') {
        talk_tell(t, TALK_PLAIN, NULL, "your file is offered: /file list shows who has it");
    } else {
        talk_tell(t, TALK_PLAIN, NULL, "your file %s is offered: /file list shows who has it",
                  name);
    }
}

/* It was looked through; several may be on their way at once. */
static void talk_events_file_sent(struct talk *t, const json_t *event)
{
    (void)!talk_ask_take(t, "file.look", json_pack("{s:s}", "id", talk_json_text(event, "id")),
                         talk_events_on_file_sent, t);
}

static void talk_events_file_done(struct talk *t, const json_t *event)
{
    char path[TALK_LINE_MAX];

    talk_path(t, talk_json_text(event, "path"), path, sizeof path);
    talk_tell(t, TALK_PLAIN, NULL, "a file is here: %s", path);
}

static void talk_events_file_stopped(struct talk *t, const json_t *event)
{
    talk_tell(t, TALK_PROBLEM, NULL,
              "fetching a file stopped (%s); /accept %.8s goes on where it was",
              talk_json_text(event, "error"), talk_json_text(event, "id"));
}

static void talk_events_file_refused(struct talk *t, const json_t *event)
{
    const char *error = talk_json_text(event, "error");

    if (strcmp(error, "not_found") == 0) {
        talk_tell(t, TALK_PROBLEM, NULL, "a file is not offered: it is not there any more");
    } else if (strcmp(error, "denied") == 0) {
        talk_tell(t, TALK_PROBLEM, NULL, "a file is not offered: the node may not read it");
    } else if (strcmp(error, "corrupt") == 0) {
        talk_tell(t, TALK_PROBLEM, NULL,
                  "a file is not offered: it changed while it was read; send it again");
    } else if (strcmp(error, "limit") == 0) {
        talk_tell(t, TALK_PROBLEM, NULL, "a file is not offered: it may have 64 GiB at most");
    } else {
        talk_tell(t, TALK_PROBLEM, NULL, "a file is not offered (%s); try again", error);
    }
}

static void talk_events_file_gone(struct talk *t, const json_t *event)
{
    (void)event;
    talk_tell(t, TALK_PROBLEM, NULL,
              "a file that you offer has changed or is gone, and is offered no more");
}

static void talk_events_key(struct talk *t, const json_t *event)
{
    char name[SAY_CLEAN_MAX];

    talk_events_members(t, event);
    talk_tell(t, TALK_ALERT, NULL,
              "%s has another key now; that may be a new phone, or somebody else: /verify before "
              "you say what matters",
              talk_json_named(event, "name", tongue("somebody you know"), name));
}

static void talk_events_sos(struct talk *t, const json_t *event)
{
    const json_t *call = json_object_get(event, "call");
    const char *text = talk_json_text(call, "text");
    char name[SAY_CLEAN_MAX];

    (void)talk_json_named(call, "shown", "", name);
    talk_calls_want(t);
    if (t->user->called != NULL) {
        t->user->called(t->context);
        return;
    }
    if (text[0] != '\0') {
        talk_tell(t, TALK_ALERT, NULL,
                  "%s CALLS FOR HELP: %s; /sos seen tells them that you saw it", name, text);
    } else {
        talk_tell(t, TALK_ALERT, NULL, "%s CALLS FOR HELP; /sos seen tells them that you saw it",
                  name);
    }
}

static void talk_events_sos_over(struct talk *t, const json_t *event)
{
    const json_t *call = json_object_get(event, "call");
    char name[SAY_CLEAN_MAX];

    talk_calls_want(t);
    if (talk_json_is(call, "isOwn")) {
        talk_tell(t, TALK_PLAIN, NULL, "your call for help is over");
    } else {
        talk_tell(t, TALK_PLAIN, NULL, "%s needs no help any more",
                  talk_json_named(call, "shown", "", name));
    }
}

static void talk_events_sos_reached(struct talk *t, const json_t *event)
{
    char name[SAY_CLEAN_MAX];
    const char *state = talk_json_text(event, "state");

    talk_calls_want(t);
    if (t->user->called == NULL || strcmp(state, "acknowledged") == 0) { /* the rest is counted */
        talk_tell(t, TALK_PLAIN, NULL, "your call for help: %s (%s)",
                  talk_json_named(event, "shown", "", name), tongue(state));
    }
}

/* ---- The node ---- */

static void talk_events_mesh(struct talk *t, const json_t *event)
{
    (void)event;
    talk_want_status(t);
    talk_chats_want_later(t); /* how many neighbours each network has */
    for (size_t i = 0; i < t->network_count; i++) {
        talk_members_again(t, &t->networks[i]); /* who is online */
    }
}

/* Something that status tells has changed. */
static void talk_events_status(struct talk *t, const json_t *event)
{
    (void)event;
    talk_want_status(t);
}

/* Those that came while the lists were on their way may want the next ones. */
void talk_events_strays(struct talk *t)
{
    json_t *strays = t->strays;
    const bool is_more = t->wants_list;

    t->strays = NULL;
    for (size_t i = 0; i < json_array_size(strays); i++) {
        talk_events_take(t, json_array_get(strays, i));
    }
    if (!is_more) {
        json_decref(t->strays);
        t->strays = NULL;
    }
    json_decref(strays);
}

void talk_events_take(struct talk *t, const json_t *event)
{
    static const struct {
        const char *name;
        void (*take)(struct talk *t, const json_t *event);
    } takers[] = {
        {"said", talk_events_said},
        {"saidChanged", talk_events_changed},
        {"has", talk_events_has},
        {"direct", talk_events_direct},
        {"directChanged", talk_events_changed},
        {"directState", talk_events_state},
        {"entered", talk_events_entered},
        {"left", talk_events_left},
        {"members", talk_events_members},
        {"denied", talk_events_members},
        {"letIn", talk_events_members},
        {"stopped", talk_events_stopped},
        {"newcomer", talk_events_newcomer},
        {"codeTry", talk_events_code_try},
        {"codeBusy", talk_events_code_busy},
        {"codeClosed", talk_events_code_closed},
        {"joining", talk_events_joining},
        {"joinFailed", talk_events_join_failed},
        {"fileOffer", talk_events_file_offer},
        {"fileSent", talk_events_file_sent},
        {"fileDone", talk_events_file_done},
        {"fileStopped", talk_events_file_stopped},
        {"fileRefused", talk_events_file_refused},
        {"fileGone", talk_events_file_gone},
        {"keyChanged", talk_events_key},
        {"sosCalled", talk_events_sos},
        {"sosOver", talk_events_sos_over},
        {"sosReached", talk_events_sos_reached},
        {"neighbour", talk_events_mesh},
        {"parted", talk_events_mesh},
        {"down", talk_events_mesh},
        {"healed", talk_events_mesh},
        {"seed", talk_events_status},
        {"clock", talk_events_status},
    };
    const char *name = talk_json_text(event, "event");

    for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++) {
        if (strcmp(takers[i].name, name) == 0) {
            takers[i].take(t, event);
        }
    }
}
