/*
 * /invite, /join, /members, /who, /verify, /revoke, /leave, /nick, /id, /networks.
 */
#include "apps/talk/talk_words_people.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_chats.h"
#include "apps/talk/talk_json.h"
#include "apps/talk/talk_online.h"
#include "apps/talk/talk_people.h"
#include "apps/term/tongue.h"

#define TALK_WORDS_PEOPLE_MINUTE_MS 60000
#define TALK_WORDS_PEOPLE_KEY 64 /* digits of a key */

/* ---- Coming in ---- */

static void talk_words_people_on_code(struct talk_words_ask *ask, const json_t *result)
{
    const uint64_t open_ms = talk_json_count(result, "openMs");
    struct talk_words_told told = {.outcome = TALK_WORDS_INVITE,
                                   .code = talk_json_text(result, "code"),
                                   .qr = talk_json_text(result, "qr"),
                                   .open_ms = open_ms};

    talk_code_opened(ask->words->talk, talk_json_count(result, "after"));
    if (!talk_words_show(ask, &told)) {
        talk_words_tell(ask, TALK_PLAIN, "code: %s", told.code);
        talk_words_tell(
            ask, TALK_PLAIN, "for one newcomer to %s, open for %u min; they type: wavu join %s",
            ask->network->name, (unsigned)(open_ms / TALK_WORDS_PEOPLE_MINUTE_MS), told.code);
    }
    talk_words_end(ask, 0, NULL);
}

static void talk_words_people_on_key(struct talk_words_ask *ask, const json_t *result)
{
    (void)result;
    talk_words_tell(ask, TALK_PLAIN,
                    "who has that key may join %s now; they type: wavu join --key, and an address "
                    "of yours, as 'wavu status' shows it",
                    ask->network->name);
    talk_words_end(ask, 0, NULL);
}

int talk_words_people_invite(struct talk_words_call *call)
{
    const char *key = talk_words_cut(&call->rest);

    if (key[0] == '\0') {
        return talk_words_ask_take(talk_words_ask_new(call, NULL), "network.invite",
                                   json_pack("{s:s}", "network", call->network->id),
                                   talk_words_people_on_code);
    }
    if (strlen(key) != TALK_WORDS_PEOPLE_KEY) {
        talk_tell(call->words->talk, TALK_PROBLEM, call->chat,
                  "a key is %d digits, as /id shows it; /invite alone opens a code",
                  TALK_WORDS_PEOPLE_KEY);
        return WAVU_ERR_INVALID;
    }
    return talk_words_ask_take(talk_words_ask_new(call, NULL), "network.inviteKey",
                               json_pack("{s:s, s:s}", "key", key, "network", call->network->id),
                               talk_words_people_on_key);
}

static void talk_words_people_on_join(struct talk_words_ask *ask, const json_t *result)
{
    (void)result;
    talk_words_tell(ask, TALK_PLAIN, "%s", ask->text);
    talk_words_end(ask, 0, NULL);
}

int talk_words_people_join(struct talk_words_call *call)
{
    const char *code = talk_words_cut(&call->rest);
    const char *address = talk_words_cut(&call->rest);

    if (code[0] == '/') { /* no code: who is there has invited our key */
        return talk_words_ask_take(
            talk_words_ask_new(call, tongue("asking there whether your key is invited")),
            "network.joinKey", json_pack("{s:s}", "address", code), talk_words_people_on_join);
    }
    const char *begun =
        address[0] != '\0' || talk_online_is_any()
            ? tongue("looking for whoever shows that code")
            : tongue("this machine is on no network now: switch Wi-Fi on or plug in a cable; "
                     "whoever shows that code is looked for meanwhile");
    return talk_words_ask_take(
        talk_words_ask_new(call, begun), "network.join",
        json_pack("{s:s, s:s*}", "code", code, "address", address[0] != '\0' ? address : NULL),
        talk_words_people_on_join);
}

/* ---- Who is there ---- */

/* "Baraka: online, verified" */
static void talk_words_people_tell(struct talk_words_ask *ask, const json_t *member)
{
    const char *standing = talk_json_text(member, "standing");
    const char *mark = talk_json_text(member, "mark");
    const bool is_self = talk_json_is(member, "isSelf");
    char shown[WAVU_SHOWN_MAX];

    talk_json_shown(shown, sizeof shown, member, "shown");
    talk_words_tell(
        ask, TALK_PLAIN, "%s: %s%s%s%s%s", shown[0] != '\0' ? shown : tongue("(no name)"),
        is_self                            ? tongue("you")
        : strcmp(standing, "member") != 0  ? tongue(standing)
        : talk_json_is(member, "isOnline") ? tongue("connected")
                                           : tongue("not connected"),
        strcmp(mark, "verified") == 0 ? tongue(", verified") : "",
        strcmp(mark, "changed") == 0 ? tongue(", HAS ANOTHER KEY than you verified") : "",
        talk_json_is(member, "isBlocked") ? tongue(", blocked") : "",
        talk_json_is(member, "isAmbiguous") ? tongue(", others are called alike") : "");
}

static void talk_words_people_on_members(struct talk_words_ask *ask, const json_t *result)
{
    const json_t *members = json_object_get(result, "members");
    struct talk_words_told told = {.outcome = TALK_WORDS_MEMBERS, .result = result};

    if (!talk_words_show(ask, &told)) {
        for (size_t i = 0; i < json_array_size(members); i++) {
            const json_t *one = json_array_get(members, i);

            if (strcmp(talk_json_text(one, "standing"), "put out") != 0 &&
                strcmp(talk_json_text(one, "standing"), "left") != 0) {
                talk_words_people_tell(ask, one);
            }
        }
    }
    talk_words_end(ask, 0, NULL);
}

int talk_words_people_members(struct talk_words_call *call)
{
    talk_people_want(call->words->talk, call->network);
    return talk_words_ask_take(talk_words_ask_new(call, NULL), "network.members",
                               json_pack("{s:s}", "network", call->network->id),
                               talk_words_people_on_members);
}

static void talk_words_people_on_known(struct talk_words_ask *ask, const json_t *member)
{
    talk_words_people_tell(ask, member);
    talk_words_tell(ask, TALK_PLAIN, "id %s", talk_json_text(member, "id"));
    talk_words_tell(ask, TALK_PLAIN, "key %s", talk_json_text(member, "key"));
    talk_words_tell(ask, TALK_PLAIN, "devices: %u", (unsigned)talk_json_small(member, "devices"));
    talk_words_end(ask, 0, NULL);
}

int talk_words_people_known(struct talk_words_call *call)
{
    return talk_words_who_take(talk_words_ask_new(call, NULL), call->rest,
                               talk_words_people_on_known);
}

/* ---- Verifying ---- */

static void talk_words_people_on_number(struct talk_words_ask *ask, const json_t *result)
{
    struct talk_words_told told = {
        .outcome = TALK_WORDS_VERIFY, .result = result, .text = ask->text};

    if (!talk_words_show(ask, &told)) {
        talk_words_tell(ask, TALK_PLAIN, "safety number: %s", talk_json_text(result, "digits"));
        talk_words_tell(ask, TALK_PLAIN,
                        "compare it with what they see, by voice or side by side; the same: "
                        "/verify %s yes",
                        ask->text);
    }
    talk_words_end(ask, 0, NULL);
}

static void talk_words_people_on_verified(struct talk_words_ask *ask, const json_t *result)
{
    const bool is_verified = strcmp(talk_json_text(result, "mark"), "verified") == 0;

    talk_words_tell(ask, TALK_PLAIN, is_verified ? "%s is verified" : "%s is not verified",
                    ask->text);
    for (size_t i = 0; i < talk_network_count(ask->words->talk); i++) {
        talk_people_again(ask->words->talk, talk_network_at(ask->words->talk, i));
    }
    talk_words_end(ask, 0, NULL);
}

int talk_words_people_verify(struct talk_words_call *call)
{
    const size_t len = strlen(call->rest);
    const bool is_no = len > 3 && strcmp(call->rest + len - 3, " no") == 0;
    const bool is_yes = !is_no && talk_words_cut_yes(call->rest);
    const char *network = call->network->id;
    const char *name = call->rest;

    if (is_no) {
        call->rest[len - 3] = '\0';
    }
    name = name[0] == '"' || name[0] == '@' ? talk_words_cut(&call->rest) : name;
    if (is_yes || is_no) {
        return talk_words_ask_take(
            talk_words_ask_new(call, name), "contact.verify",
            json_pack("{s:s, s:s, s:b}", "who", name, "network", network, "verified", is_yes),
            talk_words_people_on_verified);
    }
    return talk_words_ask_take(talk_words_ask_new(call, name), "contact.number",
                               json_pack("{s:s, s:s}", "who", name, "network", network),
                               talk_words_people_on_number);
}

/* ---- Going out ---- */

static void talk_words_people_on_revoked(struct talk_words_ask *ask, const json_t *result)
{
    if (talk_json_is(result, "holds")) {
        talk_words_tell(ask, TALK_PLAIN, "%s is put out of %s", ask->text, ask->network->name);
    } else {
        talk_words_tell(ask, TALK_PLAIN,
                        "it is said, and holds when another member says the same of %s", ask->text);
    }
    talk_words_end(ask, 0, NULL);
}

static void talk_words_people_revoke_sure(struct talk_words_ask *ask, const json_t *member)
{
    (void)talk_words_ask_take(ask, "network.revoke",
                              json_pack("{s:s, s:s}", "member", talk_json_text(member, "id"),
                                        "network", ask->network->id),
                              talk_words_people_on_revoked);
}

static void talk_words_people_on_target(struct talk_words_ask *ask, const json_t *member)
{
    char question[TALK_LINE_MAX];
    char shown[WAVU_SHOWN_MAX];

    talk_json_shown(shown, sizeof shown, member, "shown");
    (void)snprintf(question, sizeof question,
                   tongue("Put %s (%.8s) out of %s? They read nothing new there any more."), shown,
                   talk_json_text(member, "id"), ask->network->name);
    talk_words_sure(ask, question, talk_words_people_revoke_sure, member);
}

int talk_words_people_revoke(struct talk_words_call *call)
{
    const bool is_yes = talk_words_cut_yes(call->rest);
    struct talk_words_ask *ask = NULL;
    const char *name = call->rest;

    name = name[0] == '"' || name[0] == '@' ? talk_words_cut(&call->rest) : name;
    ask = talk_words_ask_new(call, name);
    ask->is_yes = is_yes;
    return talk_words_who_take(ask, name, talk_words_people_on_target);
}

static void talk_words_people_on_left(struct talk_words_ask *ask, const json_t *result)
{
    (void)result;
    talk_words_tell(ask, TALK_PLAIN, "leaving %s; the others are told", ask->network->name);
    talk_words_end(ask, 0, NULL);
}

static void talk_words_people_leave_sure(struct talk_words_ask *ask, const json_t *about)
{
    (void)about;
    (void)talk_words_ask_take(ask, "network.leave", json_pack("{s:s}", "network", ask->network->id),
                              talk_words_people_on_left);
}

int talk_words_people_leave(struct talk_words_call *call)
{
    struct talk_words_ask *ask = talk_words_ask_new(call, NULL);
    char question[TALK_LINE_MAX];

    ask->is_yes = strcmp(call->rest, "yes") == 0;
    (void)snprintf(
        question, sizeof question,
        tongue("Leave %s with all your devices? To come back you have to be invited again."),
        call->network->name);
    talk_words_sure(ask, question, talk_words_people_leave_sure, NULL);
    return 0;
}

/* ---- Oneself ---- */

static void talk_words_people_on_nick(struct talk_words_ask *ask, const json_t *result)
{
    const char *nick = talk_json_text(result, "nick");

    talk_look_self(ask->words->talk);
    if (nick[0] != '\0') {
        talk_words_tell(ask, TALK_PLAIN, "others are told that you are called %s", nick);
    } else {
        talk_words_tell(ask, TALK_PLAIN, "you have no nick yet: /nick NAME gives you one");
    }
    talk_words_end(ask, 0, NULL);
}

int talk_words_people_nick(struct talk_words_call *call)
{
    if (call->rest[0] == '\0') {
        return talk_words_ask_plain(talk_words_ask_new(call, NULL), "person.nick",
                                    talk_words_people_on_nick);
    }
    return talk_words_ask_take(talk_words_ask_new(call, NULL), "person.nick",
                               json_pack("{s:s}", "nick", call->rest), talk_words_people_on_nick);
}

int talk_words_people_self(struct talk_words_call *call)
{
    const struct talk_self *self = talk_self(call->words->talk);
    struct talk_words_ask *ask = talk_words_ask_new(call, NULL);
    struct talk_words_told told = {.outcome = TALK_WORDS_IDENTITY};

    if (!talk_words_show(ask, &told)) {
        talk_words_tell(ask, TALK_PLAIN, "nick: %s",
                        self->nick[0] != '\0' ? self->nick : tongue("none yet; /nick NAME"));
        talk_words_tell(ask, TALK_PLAIN, "key: %s", self->key);
        talk_words_tell(ask, TALK_PLAIN, "node: %s", self->peer_id);
    }
    talk_words_end(ask, 0, NULL);
    return 0;
}

int talk_words_people_networks(struct talk_words_call *call)
{
    struct talk *t = call->words->talk;

    if (talk_network_count(t) == 0) {
        talk_tell(t, TALK_PLAIN, call->chat,
                  "you are in no network yet: /join CODE joins one, 'wavu create NAME' makes one");
    }
    for (size_t i = 0; i < talk_network_count(t); i++) {
        const struct talk_network *n = talk_network_at(t, i);

        talk_tell(t, TALK_PLAIN, call->chat, "%s: members: %u, neighbours: %u%s%s%s", n->name,
                  (unsigned)n->members, (unsigned)n->neighbours,
                  n->is_denied ? tongue(", the others say that you are not in it any more") : "",
                  n->is_member ? "" : tongue(", you belong no more"),
                  n->is_frozen ? tongue(", waits for a newer wavu") : "");
    }
    talk_words_over(call->words, 0, NULL);
    return 0;
}
