/*
 * Whole nodes whose people make networks and join them: for the tests of wavu_members.c and what
 * stands behind it.
 */
#ifndef TESTS_NODE_PEOPLE_H
#define TESTS_NODE_PEOPLE_H

#include <string.h>

#include "node/wavu_networks.h"
#include "node/wavu_node.h"
#include "sim/sim_lan.h"
#include "tests/node/homes.h"
#include "wavu/chat.h"

#define PEOPLE_MAX 5

static struct homes h; /* the tests of a file are one after the other */

struct told {
    size_t kinds[WAVU_MEMBERS_JOIN_FAILED + 1];
    char name[WAVU_NAME_MAX];
    char word[32];
    int err;
    uint32_t left;
};

static struct told told[PEOPLE_MAX];

static inline void on_members(void *context, const struct wavu_members_event *event)
{
    struct told *t = context;
    t->kinds[event->kind]++;
    if (event->name[0] != '\0') {
        (void)snprintf(t->name, sizeof t->name, "%s", event->name);
    }
    if (event->word[0] != '\0') {
        (void)snprintf(t->word, sizeof t->word, "%s", event->word);
    }
    t->err = event->err;
    t->left = event->left;
}

static inline void up(size_t i, bool has_discovery)
{
    char address[64];
    const struct wavu_mesh_config mesh = {.has_discovery = has_discovery};
    const struct wavu_config config = {
        .port = sim_host_port(h.hosts[i]), .mesh = &mesh, .failed_file = &h.failed_file};
    assert_int_equal(wavu_node_new(&config, &h.nodes[i]), 0);
    (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
    assert_int_equal(wavu_node_listen(h.nodes[i], address), 0);
    assert_int_equal(wavu_members_listen(h.nodes[i], on_members, &told[i]), 0);
}

static inline void down(size_t i)
{
    wavu_node_shut(h.nodes[i]);
    sim_run_for(h.sim, TIMERS_SECOND);
    wavu_node_free(h.nodes[i]);
    h.nodes[i] = NULL;
}

static inline void start(uint64_t seed, size_t count, bool has_discovery)
{
    static const char *const nicks[] = {"Amina", "Baraka", "Chiku", "Daudi", "Eshe"};
    memset(told, 0, sizeof told);
    homes_make(&h, seed, count);
    if (has_discovery) {
        for (size_t i = 0; i < count; i++) {
            sim_lan_plug(h.hosts[i], 1, NULL);
        }
    }
    for (size_t i = 0; i < count; i++) {
        up(i, has_discovery);
        assert_int_equal(wavu_set_nick(h.nodes[i], nicks[i]), 0);
    }
}

static inline void stop(void)
{
    for (size_t i = 0; i < h.count; i++) {
        if (h.nodes[i] != NULL) {
            down(i);
        }
    }
    sim_free(h.sim);
}

static inline void run(uint64_t seconds)
{
    sim_run_for(h.sim, seconds * TIMERS_SECOND);
}

static inline void make(void)
{
    char id[WAVU_KEY_TEXT_MAX];
    assert_int_equal(wavu_network_make(h.nodes[0], "savanna", NULL, id), 0);
    assert_int_equal(strlen(id), 64);
}

struct counted {
    size_t members;
    size_t online;
    size_t ambiguous;
    char id[WAVU_KEY_TEXT_MAX]; /* of who is called `nick` */
    const char *nick;
};

static inline void on_member(void *context, const struct wavu_network_member *member)
{
    struct counted *c = context;
    if (strcmp(member->standing, "member") != 0) {
        return;
    }
    c->members++;
    c->online += member->is_online ? 1 : 0;
    c->ambiguous += member->is_ambiguous ? 1 : 0;
    if (c->nick != NULL && strcmp(c->nick, member->nick) == 0) {
        memcpy(c->id, member->id, sizeof c->id);
    }
}

static inline struct counted count(size_t i, const char *nick)
{
    struct counted c = {.nick = nick};
    assert_int_equal(wavu_network_members(h.nodes[i], NULL, on_member, &c), 0);
    return c;
}

static inline void join_at(size_t by, size_t who)
{
    struct wavu_invitation invitation;
    char address[64];
    (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", by + 1);
    assert_int_equal(wavu_invite(h.nodes[by], NULL, "en", &invitation), 0);
    assert_int_equal(wavu_join(h.nodes[who], invitation.code, address), 0);
    run(5);
    assert_int_equal(told[who].kinds[WAVU_MEMBERS_ENTERED], 1);
}

struct read {
    char text[1024];
    size_t count;
    uint32_t receipts; /* of the last one */
};

static inline void on_message(void *context, const struct wavu_message *message)
{
    struct read *r = context;
    size_t used = strlen(r->text);
    (void)snprintf(r->text + used, sizeof r->text - used, "%s:%.*s|", message->nick,
                   (int)message->text_len, message->text);
    r->count++;
    r->receipts = message->receipts;
}

static inline struct read read_all(size_t i)
{
    struct read r = {.count = 0};
    assert_int_equal(wavu_history(h.nodes[i], NULL, 100, on_message, &r), 0);
    return r;
}

/* Say it, as soon as that can be. */
static inline void say(size_t i, const char *text)
{
    char id[WAVU_KEY_TEXT_MAX];
    int rc = WAVU_ERR_AGAIN;
    for (int k = 0; k < 60 && rc == WAVU_ERR_AGAIN; k++) {
        rc = wavu_say(h.nodes[i], NULL, text, strlen(text), id);
        run(1);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(strlen(id), 64);
}

#endif
