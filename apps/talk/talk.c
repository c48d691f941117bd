/*
 * The talk: its connection, what it is told to look up, and what faces ask it. Chats are looked up
 * in talk_chats.c, events are taken in talk_events.c.
 */
#include "apps/talk/talk.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_calls.h"
#include "apps/talk/talk_chats.h"
#include "apps/talk/talk_core.h"
#include "apps/talk/talk_events.h"
#include "apps/talk/talk_json.h"
#include "apps/talk/talk_load.h"
#include "apps/talk/talk_members.h"
#include "apps/term/clean.h"
#include "apps/term/clock.h"
#include "apps/term/tongue.h"
#include "base/mem.h"

/* ---- Helpers of the parts ---- */

uint32_t talk_core_revision(struct talk *t)
{
    t->revision++;
    return t->revision;
}

int talk_core_sooner(int before, uint64_t due_ms, uint64_t now_ms)
{
    const int wait = due_ms > now_ms ? (int)(due_ms - now_ms) : 0;

    return before < 0 || wait < before ? wait : before;
}

void talk_tell(struct talk *t, enum talk_tone tone, struct talk_chat *chat, const char *format, ...)
{
    va_list arguments;
    char text[TALK_LINE_MAX] = "";
    char shown[TALK_LINE_MAX];

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, tongue(format), arguments);
    va_end(arguments);
    (void)clean_text(shown, sizeof shown, text, strlen(text), CLEAN_LINE);
    if (t->user->told != NULL) {
        t->user->told(t->context, tone, chat, shown);
    }
}

int talk_ask_take(struct talk *t, const char *method, json_t *params, rpc_link_done *done,
                  void *context)
{
    if (t->link == NULL) {
        json_decref(params);
        return WAVU_ERR_NO_NODE;
    }
    return rpc_link_ask_take(t->link, method, params, done, context);
}

/* The home is where the socket lies. */
void talk_path(const struct talk *t, const char *path, char *out, size_t size)
{
    const char *slash = strrchr(t->path, '/');
    const int home_len = path[0] != '/' && slash != NULL ? (int)(slash - t->path) + 1 : 0;

    (void)snprintf(out, size, "%.*s%s", home_len, t->path, path);
}

/* ---- Who, and how the node is ---- */

static void talk_on_key(void *context, const struct rpc_link_answer *answer)
{
    struct talk *t = context;

    if (answer->err == 0) {
        talk_json_copy(t->self.key, sizeof t->self.key, answer->result, "key");
        t->news |= TALK_NEWS_SELF;
    }
}

static void talk_on_nick(void *context, const struct rpc_link_answer *answer)
{
    struct talk *t = context;

    if (answer->err == 0) {
        talk_json_shown(t->self.nick, sizeof t->self.nick, answer->result, "nick");
        t->news |= TALK_NEWS_SELF;
    }
}

static void talk_take_mesh(struct talk_status *s, const json_t *mesh)
{
    const json_t *seeds = json_object_get(mesh, "seeds");

    s->members = talk_json_small(mesh, "members");
    s->reachable = talk_json_small(mesh, "reachable");
    s->neighbours = talk_json_small(mesh, "linked");
    s->is_offline = talk_json_is(mesh, "isOffline");
    s->seed_count = 0;
    for (size_t i = 0; i < json_array_size(seeds) && s->seed_count < TALK_SEEDS_MAX; i++) {
        struct talk_seed *seed = &s->seeds[s->seed_count++];

        talk_json_shown(seed->seed, sizeof seed->seed, json_array_get(seeds, i), "seed");
        talk_json_shown(seed->state, sizeof seed->state, json_array_get(seeds, i), "state");
    }
}

/* A clock that is said to be wrong is told once, and when it is not any more. */
static void talk_take_clock(struct talk *t, const json_t *clock)
{
    struct talk_status *s = &t->status;
    const uint32_t before = s->clock_others;
    char line[CLOCK_LINE_MAX];

    s->clock_others = talk_json_small(clock, "others");
    s->clock_ahead_ms = json_integer_value(json_object_get(clock, "aheadMs"));
    if (before == 0 && s->clock_others > 0) {
        talk_tell(t, TALK_ALERT, NULL, "%s", clock_write(s->clock_ahead_ms, s->clock_others, line));
    } else if (before > 0 && s->clock_others == 0) {
        talk_tell(t, TALK_PLAIN, NULL, "nobody says any more that this machine's clock is wrong");
    }
}

static void talk_on_status(void *context, const struct rpc_link_answer *answer)
{
    struct talk *t = context;
    struct talk_status *s = &t->status;

    t->is_asking_status = false;
    if (answer->err < 0) {
        return;
    }
    talk_json_shown(s->version, sizeof s->version, answer->result, "version");
    talk_json_copy(s->disk, sizeof s->disk, answer->result, "disk");
    talk_json_copy(t->self.peer_id, sizeof t->self.peer_id, answer->result, "peerId");
    s->uptime_ms = talk_json_count(answer->result, "uptimeMs");
    s->peers = talk_json_small(answer->result, "peers");
    talk_take_mesh(s, json_object_get(answer->result, "mesh"));
    talk_take_clock(t, json_object_get(answer->result, "clock"));
    s->is_known = true;
    t->news |= TALK_NEWS_STATUS;
}

void talk_want_status(struct talk *t)
{
    t->wants_status = true;
}

static bool talk_is_status_due(const struct talk *t)
{
    return t->wants_status && !t->is_asking_status &&
           (t->status_ms == 0 || t->now_ms >= t->status_ms + TALK_FRESH_MS);
}

static void talk_step_status(struct talk *t)
{
    if (talk_is_status_due(t) && talk_ask_take(t, "node.status", NULL, talk_on_status, t) == 0) {
        t->is_asking_status = true;
        t->wants_status = false;
        t->status_ms = t->now_ms > 0 ? t->now_ms : 1;
    }
}

const struct talk_self *talk_self(const struct talk *t)
{
    return &t->self;
}

const struct talk_status *talk_status(const struct talk *t)
{
    return &t->status;
}

/* ---- The link ---- */

/* Everything is to be looked up: at first, and when events were lost. */
static void talk_on_ready(void *context)
{
    struct talk *t = context;

    if (t->was_ready) {
        talk_tell(t, TALK_PROBLEM, NULL,
                  "some of what happened was not told, because it was too much at once or the "
                  "node was locked; 'wavu history' has all of it");
    }
    t->was_ready = true;
    talk_look_self(t);
    t->list_ms = 0;
    t->status_ms = 0;
    talk_chats_want(t);
    talk_want_status(t);
    talk_calls_want(t);
    talk_members_want_all(t);
    talk_load_again(t);
}

void talk_look_self(struct talk *t)
{
    (void)!talk_ask_take(t, "person.key", NULL, talk_on_key, t);
    (void)!talk_ask_take(t, "person.nick", NULL, talk_on_nick, t);
}

static void talk_on_event(void *context, const json_t *event)
{
    struct talk *t = context;

    talk_events_take(t, event);
    if (t->user->event != NULL) {
        t->user->event(t->context, event);
    }
}

static void talk_on_down(void *context, int err)
{
    struct talk *t = context;

    t->is_up = false;
    t->news |= TALK_NEWS_STATUS;
    if (t->user->down != NULL) {
        t->user->down(t->context, err);
    }
}

static const struct rpc_link_user talk_link_user = {
    .ready = talk_on_ready, .event = talk_on_event, .down = talk_on_down};

int talk_new(const char *path, const struct talk_user *user, void *context, struct talk **out)
{
    struct talk *t = mem_new(sizeof *t);

    *t = (struct talk){.user = user, .context = context};
    if (strlen(path) >= sizeof t->path) {
        mem_free(t);
        return WAVU_ERR_INVALID;
    }
    memcpy(t->path, path, strlen(path) + 1);
    int rc = rpc_link_open(t->path, &talk_link_user, t, &t->link);

    if (rc < 0) {
        mem_free(t);
        return rc;
    }
    t->is_up = true;
    *out = t;
    return 0;
}

int talk_again(struct talk *t)
{
    struct rpc_link *link = NULL;
    int rc = rpc_link_open(t->path, &talk_link_user, t, &link);

    if (rc < 0) {
        return rc;
    }
    rpc_link_close(t->link);
    t->link = link;
    t->is_up = true;
    t->was_ready = false;
    t->is_asking_calls = false;
    t->listing = 0;
    return 0;
}

void talk_free(struct talk *t)
{
    if (t == NULL) {
        return;
    }
    struct rpc_link *link = t->link;

    t->link = NULL; /* callbacks that would ask on are told */
    t->is_up = false;
    rpc_link_close(link);
    talk_say_clear(t);
    talk_load_clear(t);
    talk_members_clear(t);
    talk_chats_clear(t);
    mem_free(t);
}

size_t talk_waits(const struct talk *t, struct rpc_link_wait waits[RPC_LINK_FDS])
{
    return rpc_link_waits(t->link, waits);
}

int talk_wait_ms(const struct talk *t, uint64_t now_ms)
{
    int wait = t->is_up ? rpc_link_wait_ms(t->link, now_ms) : -1;

    if (!t->is_up) {
        return wait;
    }
    wait = talk_chats_wait_ms(t, wait, now_ms);
    wait = talk_members_wait_ms(t, wait, now_ms);
    wait = talk_load_wait_ms(t, wait, now_ms);
    wait = talk_say_wait_ms(t, wait, now_ms);
    if (t->wants_status && !t->is_asking_status) {
        const uint64_t due_ms = t->status_ms == 0 ? 0 : t->status_ms + TALK_FRESH_MS;

        wait = talk_core_sooner(wait, due_ms, now_ms);
    }
    return wait;
}

int talk_pump(struct talk *t, uint64_t now_ms)
{
    t->now_ms = now_ms;
    int rc = rpc_link_pump(t->link, now_ms);

    if (rc < 0) {
        return rc;
    }
    talk_chats_step(t);
    talk_members_step(t);
    talk_load_step(t);
    talk_say_step(t);
    talk_step_status(t);
    return 0;
}

unsigned talk_news(struct talk *t)
{
    const unsigned news = t->news;

    t->news = 0;
    return news;
}

bool talk_is_up(const struct talk *t)
{
    return t->is_up;
}

uint64_t talk_silent_ms(const struct talk *t, uint64_t now_ms)
{
    return t->is_up ? rpc_link_asked_ms(t->link, now_ms) : 0;
}

/* ---- Networks and chats ---- */

size_t talk_network_count(const struct talk *t)
{
    return t->network_count;
}

const struct talk_network *talk_network_at(const struct talk *t, size_t i)
{
    return i < t->network_count ? &t->networks[i] : NULL;
}

const struct talk_network *talk_network_find(const struct talk *t, const char *text)
{
    const struct talk_network *named = NULL;

    for (size_t i = 0; i < t->network_count; i++) {
        const struct talk_network *n = &t->networks[i];

        if (strcmp(n->id, text) == 0) {
            return n;
        }
        if (strcmp(n->name, text) == 0 && (named == NULL || !named->is_member)) {
            named = n;
        }
    }
    return named;
}

size_t talk_chat_count(const struct talk *t)
{
    return t->order_count;
}

struct talk_chat *talk_chat_at(const struct talk *t, size_t i)
{
    return i < t->order_count ? t->order[i] : NULL;
}

size_t talk_chat_index(const struct talk *t, const struct talk_chat *chat)
{
    for (size_t i = 0; i < t->order_count; i++) {
        if (t->order[i] == chat) {
            return i;
        }
    }
    return SIZE_MAX;
}

struct talk_chat *talk_chat_find(const struct talk *t, const char *network, const char *id)
{
    for (size_t i = 0; i < t->chat_count; i++) {
        struct talk_chat *chat = &t->chats[i]->chat;

        if (strcmp(chat->id, id) == 0 && strcmp(chat->network->id, network) == 0) {
            return chat;
        }
    }
    return NULL;
}

struct talk_chat *talk_chat_direct(struct talk *t, const struct talk_network *network,
                                   const char *member, const char *name)
{
    struct talk_core_chat *c = talk_chats_meet(t, network, TALK_CHAT_DIRECT, member);

    if (c == NULL) {
        return NULL;
    }
    if (c->chat.name[0] == '\0') {
        (void)clean_text(c->chat.name, sizeof c->chat.name, name, strlen(name), CLEAN_NAME);
    }
    c->is_kept = true;
    if (!c->chat.is_listed) {
        c->chat.is_listed = true;
        c->chat.is_open = network->is_member;
        talk_chats_arrange(t);
    }
    return &c->chat;
}

struct talk_chat *talk_chat_active(const struct talk *t, const struct talk_chat *from)
{
    const size_t at = from != NULL ? talk_chat_index(t, from) : SIZE_MAX;
    const size_t first = at < t->order_count ? at + 1 : 0;
    struct talk_chat *found = NULL;

    for (size_t i = 0; i < t->order_count; i++) {
        struct talk_chat *chat = t->order[(first + i) % t->order_count];

        if (chat != from && chat->mentions > 0) {
            return chat;
        }
        if (chat != from && chat->unread > 0 && found == NULL) {
            found = chat;
        }
    }
    return found;
}

void talk_offer_add(struct talk *t, const char *id)
{
    char short_id[TALK_OFFER_DIGITS + 1];

    (void)snprintf(short_id, sizeof short_id, "%s", id);
    for (size_t i = 0; talk_offer(t, i) != NULL; i++) {
        if (strcmp(talk_offer(t, i), short_id) == 0) {
            return;
        }
    }
    memcpy(t->offers[t->offer_count++ % TALK_OFFERS_MAX], short_id, sizeof short_id);
}

const char *talk_offer(const struct talk *t, size_t i)
{
    return i < TALK_OFFERS_MAX && i < t->offer_count ? t->offers[i] : NULL;
}

void talk_code_opened(struct talk *t, uint64_t after)
{
    t->code_after = after;
}

bool talk_code_is_older(const struct talk *t, const json_t *event)
{
    return t->code_after > 0 && talk_json_count(event, "number") <= t->code_after;
}
