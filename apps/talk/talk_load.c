/*
 * Windows: what they want is asked one question after the other, so that two answers never meet;
 * what changes meanwhile becomes a wish. An answer to a window that is another one by then (its
 * generation) is nothing.
 */
#include "apps/talk/talk_load.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_json.h"
#include "apps/talk/talk_message.h"
#include "base/mem.h"

enum talk_load_kind {
    TALK_LOAD_END,   /* the newest page becomes all there is */
    TALK_LOAD_AT,    /* one message does */
    TALK_LOAD_UP,    /* a page above */
    TALK_LOAD_DOWN,  /* below */
    TALK_LOAD_ONE,   /* one message anew */
    TALK_LOAD_AGAIN, /* the newest page anew */
    TALK_LOAD_ALL    /* everything anew */
};

struct talk_load_ask {
    struct talk *talk;
    struct talk_core_chat *chat;
    uint32_t generation;
    enum talk_load_kind kind;
};

/* ---- Messages in a window ---- */

static void talk_load_note(struct talk *t, struct talk_load *l)
{
    l->window.revision = talk_core_revision(t);
    if (t->shown == &l->chat->chat) {
        t->news |= TALK_NEWS_MESSAGES;
    }
}

/* Drop `count` messages from index `at` on. */
static void talk_load_drop(struct talk_load *l, size_t at, size_t count)
{
    struct talk_window *w = &l->window;

    for (size_t i = at; i < at + count; i++) {
        l->bytes -= talk_message_size(w->messages[i]);
        talk_message_free(w->messages[i]);
    }
    if (count > 0) {
        memmove(&w->messages[at], &w->messages[at + count],
                (w->count - at - count) * sizeof(struct talk_message *));
        w->count -= count;
    }
}

/* Put `one`, which is taken, at index `at`. */
static void talk_load_put_take(struct talk *t, struct talk_load *l, size_t at,
                               struct talk_message *one)
{
    struct talk_window *w = &l->window;

    if (w->count == l->cap) {
        l->cap = l->cap > 0 ? 2 * l->cap : TALK_WINDOW_PAGE;
        w->messages = mem_resize(w->messages, l->cap * sizeof(struct talk_message *));
    }
    memmove(&w->messages[at + 1], &w->messages[at],
            (w->count - at) * sizeof(struct talk_message *));
    one->revision = talk_core_revision(t);
    w->messages[at] = one;
    w->count++;
    l->bytes += talk_message_size(one);
}

/* Let go of what is too much, at the end that is further from what came. */
static void talk_load_trim(struct talk_load *l, bool is_top)
{
    struct talk_window *w = &l->window;

    while (w->count > 1 && (w->count > TALK_WINDOW_MAX || l->bytes > TALK_WINDOW_BYTES)) {
        talk_load_drop(l, is_top ? 0 : w->count - 1, 1);
        if (is_top) {
            w->is_first = false;
        } else {
            w->is_last = false;
        }
    }
}

/* Add the page at index `at`, in its order. */
static void talk_load_add(struct talk *t, struct talk_load *l, size_t at, const json_t *page)
{
    for (size_t i = 0; i < json_array_size(page); i++) {
        struct talk_message *one = talk_message_new(json_array_get(page, i));

        if (talk_window_find(&l->chat->chat, one->id) == SIZE_MAX) {
            talk_load_put_take(t, l, at++, one);
        } else {
            talk_message_free(one);
        }
    }
}

/* The page becomes all from index `from` on; what looks as before stays the same. */
static void talk_load_merge(struct talk *t, struct talk_load *l, size_t from, const json_t *page)
{
    struct talk_window *w = &l->window;
    size_t to = from;

    for (size_t i = 0; i < json_array_size(page); i++) {
        struct talk_message *one = talk_message_new(json_array_get(page, i));
        const size_t at = talk_window_find(&l->chat->chat, one->id);

        if (at != SIZE_MAX && at < to) {
            talk_message_free(one); /* twice in one history: nobody's to show */
            continue;
        }
        talk_load_drop(l, to, at == SIZE_MAX ? 0 : at - to); /* those are not there any more */
        if (at != SIZE_MAX && talk_message_is_same(w->messages[to], one)) {
            talk_message_free(one);
        } else {
            talk_load_drop(l, to, at == SIZE_MAX ? 0 : 1);
            talk_load_put_take(t, l, to, one);
        }
        to++;
    }
    talk_load_drop(l, to, w->count - to);
}

/* ---- Windows ---- */

static void talk_load_free(struct talk_load *l)
{
    l->chat->chat.window = NULL;
    l->chat->generation++;
    talk_load_drop(l, 0, l->window.count);
    mem_free(l->window.messages);
    mem_free(l);
}

static void talk_load_make_room(struct talk *t)
{
    size_t oldest = 0;

    if (t->load_count < TALK_WINDOWS_MAX) {
        return;
    }
    for (size_t i = 1; i < t->load_count; i++) {
        oldest = t->loads[i]->shown_at < t->loads[oldest]->shown_at ? i : oldest;
    }
    talk_load_free(t->loads[oldest]);
    t->loads[oldest] = t->loads[--t->load_count];
}

struct talk_load *talk_load_of(struct talk *t, struct talk_chat *chat)
{
    if (chat->window != NULL) {
        return (struct talk_load *)chat->window;
    }
    talk_load_make_room(t);
    struct talk_load *l = mem_new(sizeof *l);

    *l = (struct talk_load){.chat = (struct talk_core_chat *)chat, .wants_end = true};
    l->window.is_loading = true;
    l->shown_at = ++t->show_count;
    chat->window = &l->window;
    t->loads[t->load_count++] = l;
    return l;
}

void talk_load_clear(struct talk *t)
{
    while (t->load_count > 0) {
        talk_load_free(t->loads[--t->load_count]);
    }
}

/* ---- Answers ---- */

/* What events told of and the window has not: it belongs further up. */
static void talk_load_check_expected(struct talk_load *l)
{
    const size_t asked =
        l->expected_asked < l->expected_count ? l->expected_asked : l->expected_count;

    for (size_t i = 0; i < asked && !l->wants_all; i++) {
        l->wants_all = talk_window_find(&l->chat->chat, l->expected[i]) == SIZE_MAX;
    }
    memmove(l->expected[0], l->expected[asked],
            (l->expected_count - asked) * sizeof l->expected[0]);
    l->expected_count -= asked;
    l->expected_asked = 0;
}

static void talk_load_take_end(struct talk *t, struct talk_load *l, const json_t *page,
                               bool is_more)
{
    talk_load_merge(t, l, 0, page);
    talk_load_trim(l, true);
    l->window.is_first = !is_more;
    l->window.is_last = true;
    l->is_held = false;
}

static void talk_load_take_at(struct talk *t, struct talk_load *l, const json_t *page)
{
    if (json_array_size(page) == 0) {
        talk_tell(t, TALK_PROBLEM, &l->chat->chat, "that message is not there any more");
        return;
    }
    talk_load_merge(t, l, 0, page);
    l->window.is_first = false;
    l->window.is_last = false;
    l->is_held = true;
    l->wants_up = true;
    l->wants_down = true;
}

static void talk_load_take_below(struct talk *t, struct talk_load *l, const json_t *page,
                                 bool is_more)
{
    struct talk_window *w = &l->window;

    if (w->is_last && l->is_held && w->count + json_array_size(page) > TALK_WINDOW_MAX) {
        w->is_last = json_array_size(page) == 0; /* it is asked for when somebody comes so far */
        l->expected_count = 0;
        return;
    }
    talk_load_add(t, l, w->count, page);
    w->is_last = !is_more;
    l->is_held = l->is_held && !w->is_last;
    talk_load_trim(l, true);
    if (is_more && !l->is_held) {
        l->wants_tail = true; /* more than a page came at once */
        w->is_last = true;
    } else if (w->is_last) {
        talk_load_check_expected(l);
    }
}

/* The newest page anew: it replaces what is there from its first message on. */
static void talk_load_take_again(struct talk *t, struct talk_load *l, const json_t *page,
                                 bool is_more)
{
    const char *first = talk_json_text(json_array_get(page, 0), "id");
    const size_t at = talk_window_find(&l->chat->chat, first);

    if (!l->window.is_last) {
        return; /* it stands elsewhere by now */
    }
    if (at != SIZE_MAX && json_array_size(page) > 0) {
        talk_load_merge(t, l, at, page);
    } else {
        talk_load_take_end(t, l, page, is_more);
    }
}

static void talk_load_take_all(struct talk *t, struct talk_load *l, const json_t *page,
                               bool is_more)
{
    if (l->window.is_last) {
        talk_load_merge(t, l, 0, page);
        l->window.is_first = !is_more;
    } else {
        talk_load_merge(t, l, 1, page);
        l->window.is_last = !is_more;
    }
    talk_load_trim(l, l->window.is_last);
}

static void talk_load_take_one(struct talk *t, struct talk_load *l, const json_t *page)
{
    const json_t *one = json_array_get(page, 0);
    const size_t at = talk_window_find(&l->chat->chat, talk_json_text(one, "id"));

    if (one != NULL && at != SIZE_MAX) {
        talk_load_drop(l, at, 1);
        talk_load_put_take(t, l, at, talk_message_new(one));
    }
}

/* When something was said last, as far as the window shows it. */
static void talk_load_date(struct talk *t, struct talk_load *l)
{
    const struct talk_window *w = &l->window;
    struct talk_chat *chat = &l->chat->chat;

    if (w->count > 0 && w->is_last && w->messages[w->count - 1]->unix_ms > chat->last_unix_ms) {
        chat->last_unix_ms = w->messages[w->count - 1]->unix_ms;
        t->news |= TALK_NEWS_CHATS;
    }
}

static void talk_load_take(struct talk *t, struct talk_load *l, enum talk_load_kind kind,
                           const json_t *result)
{
    const json_t *page = json_object_get(result, "messages");
    const bool is_more = talk_json_is(result, "isMore");

    switch (kind) {
    case TALK_LOAD_END:
        talk_load_take_end(t, l, page, is_more);
        break;
    case TALK_LOAD_AT:
        talk_load_take_at(t, l, page);
        break;
    case TALK_LOAD_UP:
        talk_load_add(t, l, 0, page);
        l->window.is_first = !is_more;
        talk_load_trim(l, false);
        break;
    case TALK_LOAD_DOWN:
        talk_load_take_below(t, l, page, is_more);
        break;
    case TALK_LOAD_ONE:
        talk_load_take_one(t, l, page);
        break;
    case TALK_LOAD_AGAIN:
        talk_load_take_again(t, l, page, is_more);
        break;
    case TALK_LOAD_ALL:
        talk_load_take_all(t, l, page, is_more);
        break;
    }
    talk_load_date(t, l);
}

/* It did not work: where it was about a message that is gone, the newest ones are shown. */
static void talk_load_fail(struct talk *t, struct talk_load *l, enum talk_load_kind kind,
                           const struct rpc_link_answer *answer)
{
    const bool is_gone = answer->err == WAVU_ERR_NOT_FOUND;

    if (kind == TALK_LOAD_AT && is_gone) {
        talk_load_take_at(t, l, NULL);
    } else if (is_gone && (kind == TALK_LOAD_UP || kind == TALK_LOAD_DOWN)) {
        l->wants_end = true;
    } else if (kind == TALK_LOAD_END || kind == TALK_LOAD_DOWN) {
        l->wants_end = l->wants_end || kind == TALK_LOAD_END;
        l->wants_tail = l->wants_tail || kind == TALK_LOAD_DOWN;
    }
    l->retry_ms = t->now_ms + TALK_FRESH_MS;
}

static void talk_load_on_answer(void *context, const struct rpc_link_answer *answer)
{
    struct talk_load_ask *ask = context;
    struct talk_load *l = (struct talk_load *)ask->chat->chat.window;

    if (l != NULL && ask->generation == ask->chat->generation) {
        l->is_asking = false;
        if (answer->err == 0) {
            talk_load_take(ask->talk, l, ask->kind, answer->result);
        } else {
            talk_load_fail(ask->talk, l, ask->kind, answer);
        }
        l->window.is_loading =
            l->wants_end || l->wants_at[0] != '\0' || l->wants_up || l->wants_down;
        talk_load_note(ask->talk, l);
    }
    mem_free(ask);
}

/* ---- Questions ---- */

/* Ask for `max` messages; `from`: "before", "after" or "at" the message `id`, or NULL. */
static void talk_load_ask(struct talk *t, struct talk_load *l, enum talk_load_kind kind, size_t max,
                          const char *from, const char *id)
{
    const struct talk_chat *chat = &l->chat->chat;
    struct talk_load_ask *ask = mem_new(sizeof *ask);
    json_t *params =
        json_pack("{s:s, s:s, s:i}", "network", chat->network->id,
                  chat->kind == TALK_CHAT_DIRECT ? "member" : "room", chat->id, "max", (int)max);

    if (from != NULL) {
        (void)json_object_set_new(params, from, json_string(id));
    }
    *ask = (struct talk_load_ask){t, l->chat, l->chat->generation, kind};
    l->is_asking = true;
    if (talk_ask_take(t, "history.look", params, talk_load_on_answer, ask) < 0) {
        l->is_asking = false;
        mem_free(ask);
        const struct rpc_link_answer none = {.err = WAVU_ERR_LIMIT};

        talk_load_fail(t, l, kind, &none);
    }
}

static bool talk_load_is_again_due(const struct talk *t, const struct talk_load *l)
{
    return (l->wants_again || l->wants_all) &&
           (l->again_ms == 0 || t->now_ms >= l->again_ms + TALK_FRESH_MS);
}

/* Above the newest page stands something of ours that nobody had when it was looked up. */
static bool talk_load_is_waiting_above(const struct talk_window *w)
{
    for (size_t i = 0; i + TALK_WINDOW_PAGE < w->count; i++) {
        const struct talk_message *m = w->messages[i];

        if (m->is_own && !m->is_gone && m->state[0] == '\0' && m->receipts == 0) {
            return true;
        }
    }
    return false;
}

static void talk_load_ask_again(struct talk *t, struct talk_load *l)
{
    const struct talk_window *w = &l->window;
    const bool is_all = l->wants_all || talk_load_is_waiting_above(w);

    l->again_ms = t->now_ms > 0 ? t->now_ms : 1;
    l->wants_all = false;
    l->wants_again = false;
    if (w->is_last) {
        const size_t all = w->count > TALK_WINDOW_PAGE ? w->count : TALK_WINDOW_PAGE;

        talk_load_ask(t, l, is_all ? TALK_LOAD_ALL : TALK_LOAD_AGAIN,
                      is_all ? all : TALK_WINDOW_PAGE, NULL, NULL);
    } else if (w->count > 1) {
        talk_load_ask(t, l, TALK_LOAD_ALL, w->count - 1, "after", w->messages[0]->id);
    }
}

/* Wishes that a question answers are taken back as it is asked. */
static void talk_load_step_one(struct talk *t, struct talk_load *l)
{
    struct talk_window *w = &l->window;
    char id[WAVU_KEY_TEXT_MAX];

    if (l->wants_at[0] != '\0') {
        memcpy(id, l->wants_at, sizeof id);
        l->wants_at[0] = '\0';
        talk_load_ask(t, l, TALK_LOAD_AT, 1, "at", id);
    } else if (l->wants_end || (w->count == 0 && (l->wants_tail || l->wants_down))) {
        l->wants_end = l->wants_up = l->wants_down = l->wants_tail = l->wants_all = false;
        talk_load_ask(t, l, TALK_LOAD_END, TALK_WINDOW_PAGE, NULL, NULL);
    } else if (l->wants_up && !w->is_first && w->count > 0) {
        l->wants_up = false;
        talk_load_ask(t, l, TALK_LOAD_UP, TALK_WINDOW_PAGE, "before", w->messages[0]->id);
    } else if (w->count > 0 && (w->is_last ? l->wants_tail : l->wants_down)) {
        l->wants_tail = l->wants_down = false;
        l->expected_asked = l->expected_count;
        talk_load_ask(t, l, TALK_LOAD_DOWN, TALK_WINDOW_PAGE, "after",
                      w->messages[w->count - 1]->id);
    } else if (l->wants_one[0] != '\0') {
        memcpy(id, l->wants_one, sizeof id);
        l->wants_one[0] = '\0';
        talk_load_ask(t, l, TALK_LOAD_ONE, 1, "at", id);
    } else if (talk_load_is_again_due(t, l)) {
        talk_load_ask_again(t, l);
    }
}

void talk_load_step(struct talk *t)
{
    for (size_t i = 0; i < t->load_count; i++) {
        struct talk_load *l = t->loads[i];

        if (!l->is_asking && t->now_ms >= l->retry_ms) {
            talk_load_step_one(t, l);
        }
    }
}

int talk_load_wait_ms(const struct talk *t, int before, uint64_t now_ms)
{
    for (size_t i = 0; i < t->load_count; i++) {
        const struct talk_load *l = t->loads[i];
        const bool wants = l->wants_end || l->wants_at[0] != '\0' || l->wants_one[0] != '\0' ||
                           (l->wants_up && !l->window.is_first) ||
                           (l->window.is_last ? l->wants_tail : l->wants_down);

        if (!l->is_asking && wants) {
            before = talk_core_sooner(before, l->retry_ms, now_ms);
        } else if (!l->is_asking && (l->wants_again || l->wants_all)) {
            before = talk_core_sooner(before, l->again_ms == 0 ? 0 : l->again_ms + TALK_FRESH_MS,
                                      now_ms);
        }
    }
    return before;
}

/* ---- Events ---- */

void talk_load_again(struct talk *t)
{
    for (size_t i = 0; i < t->load_count; i++) {
        struct talk_load *l = t->loads[i];

        l->is_asking = false; /* answers of a link that is gone do not come any more */
        l->chat->generation++;
        l->retry_ms = 0;
        l->again_ms = 0;
        l->wants_all = true;
        l->wants_tail = l->window.is_last;
        l->wants_end = l->wants_end || l->window.count == 0;
    }
}

void talk_load_said(struct talk *t, struct talk_chat *chat, const char *id)
{
    struct talk_load *l = (struct talk_load *)chat->window;

    (void)t;
    if (l == NULL || (!l->window.is_last && !l->is_asking) ||
        talk_window_find(chat, id) != SIZE_MAX) {
        return;
    }
    l->wants_tail = true;
    if (l->expected_count < TALK_LOAD_EXPECTED_MAX) {
        (void)snprintf(l->expected[l->expected_count++], WAVU_KEY_TEXT_MAX, "%s", id);
    } else {
        l->wants_all = true;
    }
}

void talk_load_changed(struct talk *t, struct talk_chat *chat, const char *id)
{
    struct talk_load *l = (struct talk_load *)chat->window;

    (void)t;
    if (l == NULL || (talk_window_find(chat, id) == SIZE_MAX && !l->is_asking)) {
        return;
    }
    if (l->wants_one[0] == '\0' || strcmp(l->wants_one, id) == 0) {
        (void)snprintf(l->wants_one, sizeof l->wants_one, "%s", id);
    } else {
        l->wants_all = true; /* several at once */
    }
}

void talk_load_state(struct talk *t, struct talk_chat *chat, const json_t *event)
{
    struct talk_load *l = (struct talk_load *)chat->window;
    const char *id = talk_json_text(event, "id");
    const size_t at = talk_window_find(chat, id);

    if (l == NULL) {
        return;
    }
    if (at != SIZE_MAX) {
        struct talk_message *m = l->window.messages[at];

        talk_json_copy(m->state, sizeof m->state, event, "state");
        talk_json_copy(m->holder, sizeof m->holder, event, "holder");
        m->revision = talk_core_revision(t);
        talk_load_note(t, l);
    }
    if (l->is_asking) {
        talk_load_changed(t, chat, id); /* the answer under way may be older than this */
    }
}

void talk_load_receipts(struct talk *t, struct talk_chat *chat)
{
    struct talk_load *l = (struct talk_load *)chat->window;

    (void)t;
    if (l != NULL) {
        l->wants_again = true;
    }
}
