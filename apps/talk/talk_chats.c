/*
 * Lists come as answers: networks, then of each its rooms and its direct chats; when all are there
 * they are put in order. Then each chat's last messages are looked at, one chat after the other,
 * for when something was said last and who is mentioned.
 */
#include "apps/talk/talk_chats.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/talk/talk_events.h"
#include "apps/talk/talk_json.h"
#include "apps/talk/talk_people.h"
#include "apps/term/denied.h"
#include "apps/term/tongue.h"
#include "base/mem.h"

#define TALK_CHATS_GLANCE_MAX 100 /* messages that are looked at for mentions */
#define TALK_CHATS_ASKS 8         /* questions under way; then glances wait */

/* Whose list was asked for, or which chat is glanced at. */
struct talk_chats_ask {
    struct talk *talk;
    struct talk_network *network;
    struct talk_core_chat *chat;
};

static void talk_chats_ask(struct talk *t, const char *method, json_t *params,
                           const struct talk_chats_ask *about, rpc_link_done *done)
{
    struct talk_chats_ask *ask = mem_new(sizeof *ask);

    *ask = *about;
    if (talk_ask_take(t, method, params, done, ask) < 0) {
        const struct rpc_link_answer none = {.err = WAVU_ERR_LIMIT, .sentence = ""};

        done(ask, &none);
    }
}

/* ---- Chats ---- */

struct talk_core_chat *talk_chats_meet(struct talk *t, const struct talk_network *network,
                                       enum talk_chat_kind kind, const char *id)
{
    struct talk_chat *known = talk_chat_find(t, network->id, id);

    if (known != NULL || t->chat_count == TALK_CHATS_MAX) {
        return (struct talk_core_chat *)known;
    }
    struct talk_core_chat *c = mem_new(sizeof *c);

    *c = (struct talk_core_chat){
        .chat = {.network = network, .kind = kind, .rule = UINT64_MAX, .is_open = true}};
    (void)snprintf(c->chat.id, sizeof c->chat.id, "%s", id);
    t->chats = mem_resize(t->chats, (t->chat_count + 1) * sizeof(struct talk_core_chat *));
    t->chats[t->chat_count++] = c;
    return c;
}

static int talk_chats_compare(const void *left, const void *right)
{
    const struct talk_chat *a = *(struct talk_chat *const *)left;
    const struct talk_chat *b = *(struct talk_chat *const *)right;

    if (a->network != b->network) {
        return a->network < b->network ? -1 : 1; /* one array, in the order of entering */
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    const int order = strcmp(a->name, b->name);

    return order != 0 ? order : strcmp(a->id, b->id);
}

void talk_chats_arrange(struct talk *t)
{
    t->order_count = 0;
    t->order = mem_resize(t->order, (t->chat_count + 1) * sizeof(struct talk_chat *));
    for (size_t i = 0; i < t->chat_count; i++) {
        struct talk_chat *chat = &t->chats[i]->chat;

        if (chat->is_listed) {
            t->order[t->order_count++] = chat;
        }
    }
    qsort(t->order, t->order_count, sizeof(struct talk_chat *), talk_chats_compare);
    t->news |= TALK_NEWS_CHATS;
}

void talk_chats_clear(struct talk *t)
{
    for (size_t i = 0; i < t->chat_count; i++) {
        mem_free(t->chats[i]);
    }
    mem_free(t->chats);
    mem_free(t->order);
    json_decref(t->strays);
}

/* ---- Lists ---- */

/* Those of one network that the next list has to name again. */
static void talk_chats_unlist(struct talk *t, const struct talk_network *network, bool is_direct)
{
    for (size_t i = 0; i < t->chat_count; i++) {
        struct talk_core_chat *c = t->chats[i];

        if (c->chat.network == network && (c->chat.kind == TALK_CHAT_DIRECT) == is_direct) {
            c->chat.is_listed = c->is_kept;
        }
    }
}

/* What both kinds have. What was read here meanwhile is read, though the node says it later. */
static void talk_chats_take(struct talk_core_chat *c, const json_t *one)
{
    const uint64_t read = talk_json_count(one, "read");

    c->chat.is_listed = true;
    if (read >= c->read_asked) {
        c->chat.read = read;
        c->chat.unread = talk_json_small(one, "unread");
    }
    if (c->chat.unread == 0) {
        c->chat.mentions = 0;
    } else if (c->chat.kind == TALK_CHAT_DIRECT) {
        c->chat.mentions = c->chat.unread;
    }
}

static void talk_chats_take_room(struct talk *t, const struct talk_network *network,
                                 const json_t *one)
{
    const bool is_main = talk_json_is(one, "isMain");
    struct talk_core_chat *c = talk_chats_meet(
        t, network, is_main ? TALK_CHAT_MAIN : TALK_CHAT_ROOM, talk_json_text(one, "id"));

    if (c == NULL) {
        return;
    }
    talk_chats_take(c, one);
    c->chat.is_open = network->is_member;
    talk_json_shown(c->chat.name, sizeof c->chat.name, one, "name");
    talk_json_shown(c->chat.topic, sizeof c->chat.topic, one, "topic");
    if (c->chat.name[0] == '\0') {
        (void)snprintf(c->chat.name, sizeof c->chat.name, "%s",
                       is_main ? network->name : tongue("(no name)"));
    }
}

static void talk_chats_take_direct(struct talk *t, const struct talk_network *network,
                                   const json_t *one)
{
    const char *member = talk_json_text(one, "member");
    struct talk_core_chat *c = talk_chats_meet(t, network, TALK_CHAT_DIRECT, member);

    if (c == NULL) {
        return;
    }
    const struct talk_member *known = talk_people_find(network, member);

    talk_chats_take(c, one);
    c->chat.is_open = talk_json_is(one, "isOpen") && network->is_member;
    c->chat.is_blocked = talk_json_is(one, "isBlocked");
    talk_json_shown(c->chat.name, sizeof c->chat.name, one, "nick");
    if (known != NULL) {
        (void)snprintf(c->chat.name, sizeof c->chat.name, "%s", known->shown);
    } else if (c->chat.name[0] == '\0') {
        (void)snprintf(c->chat.name, sizeof c->chat.name, "%.8s", member);
    }
}

/* One list less is to come. */
static void talk_chats_came(struct talk *t)
{
    if (t->listing == 0 || --t->listing > 0) {
        return;
    }
    talk_chats_arrange(t);
    if (!t->is_listed) {
        t->is_listed = true;
        if (t->user->ready != NULL) {
            t->user->ready(t->context);
        }
    }
    talk_events_strays(t);
}

static void talk_chats_on_rooms(void *context, const struct rpc_link_answer *answer)
{
    struct talk_chats_ask *ask = context;
    const json_t *rooms = json_object_get(answer->result, "rooms");

    if (answer->err == 0) {
        talk_chats_unlist(ask->talk, ask->network, false);
    }
    for (size_t i = 0; i < json_array_size(rooms); i++) {
        talk_chats_take_room(ask->talk, ask->network, json_array_get(rooms, i));
    }
    if (answer->err == WAVU_ERR_AGAIN || answer->err == WAVU_ERR_LIMIT) {
        ask->talk->wants_list = true; /* they are not open yet, or too much is asked */
    }
    talk_chats_came(ask->talk);
    mem_free(ask);
}

static void talk_chats_on_directs(void *context, const struct rpc_link_answer *answer)
{
    struct talk_chats_ask *ask = context;
    const json_t *chats = json_object_get(answer->result, "chats");

    if (answer->err == 0) {
        talk_chats_unlist(ask->talk, ask->network, true);
    }
    for (size_t i = 0; i < json_array_size(chats); i++) {
        talk_chats_take_direct(ask->talk, ask->network, json_array_get(chats, i));
    }
    talk_chats_came(ask->talk);
    mem_free(ask);
}

/* The network of that id, or a new one; NULL: there are too many. */
static struct talk_network *talk_chats_network(struct talk *t, const char *id)
{
    for (size_t i = 0; i < t->network_count; i++) {
        if (strcmp(t->networks[i].id, id) == 0) {
            return &t->networks[i];
        }
    }
    if (t->network_count == TALK_NETWORKS_MAX) {
        return NULL;
    }
    struct talk_network *n = &t->networks[t->network_count++];

    (void)snprintf(n->id, sizeof n->id, "%s", id);
    return n;
}

/* What others say is told once, and when it is over; not when that is since it is so. */
static void talk_chats_take_denied(struct talk *t, struct talk_network *n, bool is_denied)
{
    const bool was_denied = n->is_denied;
    char line[DENIED_LINE_MAX];

    n->is_denied = is_denied;
    if (is_denied && !was_denied) {
        talk_tell(t, TALK_ALERT, NULL, "%s", denied_write(n->name, line));
    } else if (was_denied && !is_denied && n->is_member) {
        talk_tell(t, TALK_PLAIN, NULL, "%s", denied_write_over(n->name, line));
    }
}

static void talk_chats_take_network(struct talk *t, const json_t *one)
{
    struct talk_network *n = talk_chats_network(t, talk_json_text(one, "id"));

    if (n == NULL) {
        return;
    }
    talk_json_shown(n->name, sizeof n->name, one, "name");
    talk_json_copy(n->policy, sizeof n->policy, one, "policy");
    n->is_member = talk_json_is(one, "isMember");
    n->has_left = talk_json_is(one, "hasLeft");
    talk_chats_take_denied(t, n, talk_json_is(one, "isDenied"));
    n->is_frozen = talk_json_is(one, "isFrozen");
    n->members = talk_json_small(one, "members");
    n->neighbours = talk_json_small(one, "neighbours");
    t->listing += 2;
    talk_chats_ask(t, "room.list", json_pack("{s:s}", "network", n->id),
                   &(struct talk_chats_ask){.talk = t, .network = n}, talk_chats_on_rooms);
    talk_chats_ask(t, "direct.chats", json_pack("{s:s}", "network", n->id),
                   &(struct talk_chats_ask){.talk = t, .network = n}, talk_chats_on_directs);
}

static void talk_chats_on_networks(void *context, const struct rpc_link_answer *answer)
{
    struct talk_chats_ask *ask = context;
    struct talk *t = ask->talk;
    const json_t *networks = json_object_get(answer->result, "networks");

    for (size_t i = 0; i < json_array_size(networks); i++) {
        talk_chats_take_network(t, json_array_get(networks, i));
    }
    if (answer->err == 0) {
        talk_chats_came(t); /* the list of networks itself */
    } else if (t->listing > 0) {
        t->listing--;
    }
    if (answer->err == WAVU_ERR_AGAIN || answer->err == WAVU_ERR_IO) {
        t->wants_list = true; /* the node starts still */
    } else if (answer->err == WAVU_ERR_DENIED) {
        talk_tell(t, TALK_PROBLEM, NULL, "%s", tongue(answer->sentence)); /* it is locked */
    }
    mem_free(ask);
}

void talk_chats_want(struct talk *t)
{
    t->wants_list = true;
}

void talk_chats_want_later(struct talk *t)
{
    t->wants_list = true;
    t->list_ms = t->list_ms == 0 ? 0 : t->now_ms;
}

/* ---- Glances ---- */

/* Its window knows better; else: when something was said last, and what of it is unread and
 * mentions this person. */
static void talk_chats_on_glance(void *context, const struct rpc_link_answer *answer)
{
    struct talk_chats_ask *ask = context;
    struct talk_chat *chat = &ask->chat->chat;
    const json_t *messages = json_object_get(answer->result, "messages");
    uint32_t mentions = 0;

    ask->talk->is_glancing = false;
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *one = json_array_get(messages, i);
        const uint64_t unix_ms = talk_json_count(one, "unixMs");

        chat->last_unix_ms = unix_ms > chat->last_unix_ms ? unix_ms : chat->last_unix_ms;
        mentions += talk_json_is(one, "isMentioned") && !talk_json_is(one, "isOwn") &&
                    talk_json_count(one, "number") > chat->read;
    }
    if (chat->kind != TALK_CHAT_DIRECT && chat->unread > 0) {
        chat->mentions = mentions > chat->mentions ? mentions : chat->mentions;
    }
    ask->talk->news |= TALK_NEWS_CHATS;
    mem_free(ask);
}

static void talk_chats_glance(struct talk *t)
{
    while (t->glance_at < t->chat_count && t->chats[t->glance_at]->is_glanced) {
        t->glance_at++;
    }
    if (t->glance_at >= t->chat_count) {
        return;
    }
    struct talk_core_chat *c = t->chats[t->glance_at];
    const bool is_room = c->chat.kind != TALK_CHAT_DIRECT;
    const uint32_t unread =
        c->chat.unread < TALK_CHATS_GLANCE_MAX ? c->chat.unread : TALK_CHATS_GLANCE_MAX;

    c->is_glanced = true;
    t->is_glancing = true;
    talk_chats_ask(t, "history.look",
                   json_pack("{s:s, s:s, s:i}", "network", c->chat.network->id,
                             is_room ? "room" : "member", c->chat.id, "max",
                             is_room && unread > 0 ? (int)unread : 1),
                   &(struct talk_chats_ask){.talk = t, .chat = c}, talk_chats_on_glance);
}

/* ---- When ---- */

static bool talk_chats_is_due(const struct talk *t, uint64_t now_ms)
{
    return t->list_ms == 0 || now_ms >= t->list_ms + TALK_FRESH_MS;
}

void talk_chats_step(struct talk *t)
{
    if (t->wants_list && t->listing == 0 && talk_chats_is_due(t, t->now_ms)) {
        t->wants_list = false;
        t->list_ms = t->now_ms > 0 ? t->now_ms : 1;
        t->listing = 1;
        talk_chats_ask(t, "network.list", NULL, &(struct talk_chats_ask){.talk = t},
                       talk_chats_on_networks);
    }
    if (t->is_listed && !t->is_glancing && rpc_link_asked(t->link) < TALK_CHATS_ASKS) {
        talk_chats_glance(t);
    }
}

int talk_chats_wait_ms(const struct talk *t, int before, uint64_t now_ms)
{
    if (!t->wants_list || t->listing > 0) {
        return before;
    }
    return talk_core_sooner(before, t->list_ms == 0 ? 0 : t->list_ms + TALK_FRESH_MS, now_ms);
}
