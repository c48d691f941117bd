/*
 * Lists of members come whole; large ones are asked for less often. Chats with members get their
 * names from here.
 */
#include "apps/talk/talk_members.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/talk/talk_chats.h"
#include "apps/talk/talk_json.h"
#include "base/mem.h"

#define TALK_MEMBERS_CHEAP 500 /* so many more, and they are asked for a second less often */

struct talk_members_ask {
    struct talk *talk;
    struct talk_network *network;
};

static void talk_members_take_one(struct talk_member *m, const json_t *one)
{
    talk_json_copy(m->id, sizeof m->id, one, "id");
    talk_json_copy(m->key, sizeof m->key, one, "key");
    talk_json_shown(m->shown, sizeof m->shown, one, "shown");
    talk_json_shown(m->nick, sizeof m->nick, one, "nick");
    talk_json_shown(m->own_name, sizeof m->own_name, one, "ownName");
    talk_json_copy(m->standing, sizeof m->standing, one, "standing");
    talk_json_copy(m->mark, sizeof m->mark, one, "mark");
    m->devices = talk_json_small(one, "devices");
    m->is_self = talk_json_is(one, "isSelf");
    m->is_online = talk_json_is(one, "isOnline");
    m->is_ambiguous = talk_json_is(one, "isAmbiguous");
    m->is_blocked = talk_json_is(one, "isBlocked");
    m->is_member = strcmp(m->standing, "member") == 0;
    if (m->shown[0] == '\0') {
        (void)snprintf(m->shown, sizeof m->shown, "%.8s", m->id);
    }
}

static int talk_members_compare(const void *left, const void *right)
{
    const struct talk_member *a = left;
    const struct talk_member *b = right;

    if (a->is_self != b->is_self) {
        return a->is_self ? -1 : 1;
    }
    if (a->is_member != b->is_member) {
        return a->is_member ? -1 : 1;
    }
    const int order = strcmp(a->shown, b->shown);

    return order != 0 ? order : strcmp(a->id, b->id);
}

static int talk_members_compare_ids(const void *left, const void *right)
{
    const struct talk_member *a = *(const struct talk_member *const *)left;
    const struct talk_member *b = *(const struct talk_member *const *)right;

    return strcmp(a->id, b->id);
}

/* Direct chats are called as their members are. */
static void talk_members_name_chats(struct talk *t, const struct talk_network *network)
{
    bool is_new = false;

    for (size_t i = 0; i < t->chat_count; i++) {
        struct talk_chat *chat = &t->chats[i]->chat;
        const struct talk_member *m = chat->network == network && chat->kind == TALK_CHAT_DIRECT
                                          ? talk_people_find(network, chat->id)
                                          : NULL;

        if (m != NULL && strcmp(chat->name, m->shown) != 0) {
            (void)snprintf(chat->name, sizeof chat->name, "%s", m->shown);
            is_new = true;
        }
    }
    if (is_new) {
        talk_chats_arrange(t);
    }
}

static void talk_members_take(struct talk *t, struct talk_network *network, const json_t *members)
{
    struct talk_people *p = network->people;
    const size_t all = json_array_size(members);
    const size_t count = all < TALK_PEOPLE_MAX ? all : TALK_PEOPLE_MAX;

    mem_free(p->members);
    mem_free(p->by_id);
    p->members = mem_new_array(count + 1, sizeof *p->members);
    p->by_id = mem_new_array(count + 1, sizeof(const struct talk_member *));
    p->count = count;
    for (size_t i = 0; i < count; i++) {
        talk_members_take_one(&p->members[i], json_array_get(members, i));
    }
    qsort(p->members, count, sizeof *p->members, talk_members_compare);
    for (size_t i = 0; i < count; i++) {
        p->by_id[i] = &p->members[i];
    }
    qsort(p->by_id, count, sizeof(const struct talk_member *), talk_members_compare_ids);
    talk_members_name_chats(t, network);
    t->news |= TALK_NEWS_PEOPLE;
}

static void talk_members_on_answer(void *context, const struct rpc_link_answer *answer)
{
    struct talk_members_ask *ask = context;

    ask->network->people->is_asking = false;
    if (answer->err == 0) {
        talk_members_take(ask->talk, ask->network, json_object_get(answer->result, "members"));
    }
    mem_free(ask);
}

/* ---- When ---- */

static uint64_t talk_members_due_ms(const struct talk_people *p)
{
    return p->asked_ms == 0
               ? 0
               : p->asked_ms + TALK_FRESH_MS * (1 + (uint64_t)p->count / TALK_MEMBERS_CHEAP);
}

void talk_members_step(struct talk *t)
{
    for (size_t i = 0; i < t->network_count; i++) {
        struct talk_network *n = &t->networks[i];
        struct talk_people *p = n->people;

        if (p == NULL || !p->wants || p->is_asking || t->now_ms < talk_members_due_ms(p)) {
            continue;
        }
        struct talk_members_ask *ask = mem_new(sizeof *ask);

        *ask = (struct talk_members_ask){t, n};
        p->asked_ms = t->now_ms > 0 ? t->now_ms : 1;
        if (talk_ask_take(t, "network.members", json_pack("{s:s}", "network", n->id),
                          talk_members_on_answer, ask) == 0) {
            p->is_asking = true;
            p->wants = false;
        } else {
            mem_free(ask);
        }
    }
}

int talk_members_wait_ms(const struct talk *t, int before, uint64_t now_ms)
{
    for (size_t i = 0; i < t->network_count; i++) {
        const struct talk_people *p = t->networks[i].people;

        if (p != NULL && p->wants && !p->is_asking) {
            before = talk_core_sooner(before, talk_members_due_ms(p), now_ms);
        }
    }
    return before;
}

void talk_members_again(struct talk *t, const struct talk_network *network)
{
    (void)t;
    if (network != NULL && network->people != NULL) {
        network->people->wants = true;
    }
}

void talk_members_want_all(struct talk *t)
{
    for (size_t i = 0; i < t->network_count; i++) {
        talk_members_again(t, &t->networks[i]);
        if (t->networks[i].people != NULL) {
            t->networks[i].people->asked_ms = 0;
        }
    }
}

void talk_members_clear(struct talk *t)
{
    for (size_t i = 0; i < t->network_count; i++) {
        struct talk_people *p = t->networks[i].people;

        if (p != NULL) {
            mem_free(p->members);
            mem_free(p->by_id);
            mem_free(p);
        }
    }
}
