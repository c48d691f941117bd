/*
 * Devices of three persons with direct chats, each on a store of its own, joined by a courier that
 * the test carries by hand: for the tests of chat/directs*.
 */
#ifndef TESTS_CHAT_DIRECTS_WORLD_H
#define TESTS_CHAT_DIRECTS_WORLD_H

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "chat/directs.h"
#include "chat/directs_state.h"
#include "chat/history_view.h"
#include "port/files.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define DIRECTS_NODES 5 /* 0 and 1 are Amina's, 2 and 3 Baraka's, 4 Chiku's */
#define DIRECTS_PERSONS 3
#define DIRECTS_MAILS 4096

struct directs_mail {
    size_t from;
    size_t to;
    uint8_t message[ENVELOPE_ID_SIZE];
    bool is_done; /* taken, or lost */
    bool is_lost;
    size_t len;
    uint8_t *bytes; /* owned */
};

struct directs_node {
    struct sim_host *host;
    struct port *port;
    struct store *store;
    struct history history;
    struct directs *directs;
    uint8_t device[32];
    uint8_t member[32];
    bool is_gone; /* its person was put out */
    bool is_away; /* nothing reaches it */
    bool is_behind;
    size_t placed;
    size_t reads; /* courier_read was called */
    size_t states[OUTBOX_READ + 1];
};

struct directs_world {
    struct sim *sim;
    struct directs_node nodes[DIRECTS_NODES];
    struct directs_mail mails[DIRECTS_MAILS];
    size_t mail_count;
    size_t carried;
    uint8_t network[32];
};

static struct directs_world w; /* the tests of a file are one after the other */

static inline size_t directs_person(size_t i)
{
    return i / 2;
}

static inline const uint8_t *directs_member(size_t person)
{
    return w.nodes[2 * person].member;
}

static inline size_t directs_place(const uint8_t device[32])
{
    for (size_t i = 0; i < DIRECTS_NODES; i++) {
        if (memcmp(w.nodes[i].device, device, 32) == 0) {
            return i;
        }
    }
    return DIRECTS_NODES;
}

/* ---- The courier ---- */

static inline void directs_post(size_t from, size_t to, const uint8_t message[ENVELOPE_ID_SIZE],
                                struct span body)
{
    assert_true(w.mail_count < DIRECTS_MAILS);
    struct directs_mail *m = &w.mails[w.mail_count++];
    *m = (struct directs_mail){.from = from, .to = to, .len = body.len};
    m->bytes = mem_new_raw(body.len + 1);
    memcpy(m->bytes, body.ptr, body.len);
    memcpy(m->message, message, sizeof m->message);
}

static inline bool directs_is_open(size_t from, size_t to, const uint8_t *message)
{
    for (size_t k = 0; k < w.mail_count; k++) {
        const struct directs_mail *m = &w.mails[k];
        if (!m->is_done && m->from == from && m->to == to && memcmp(m->message, message, 16) == 0) {
            return true;
        }
    }
    return false;
}

static inline int directs_on_say(void *context, const struct courier_order *order,
                                 uint8_t message[ENVELOPE_ID_SIZE])
{
    const struct directs_node *n = context;
    const size_t from = (size_t)(n - w.nodes);
    size_t count = 0;
    assert_int_equal(order->kind, COURIER_CHAT);
    assert_true(order->body.len <= ENVELOPE_BODY_MAX);
    if (order->message != NULL) {
        memcpy(message, order->message, ENVELOPE_ID_SIZE);
    } else {
        random_fill(&n->port->random, message, ENVELOPE_ID_SIZE);
    }
    for (size_t i = 0; i < DIRECTS_NODES; i++) {
        const bool is_meant = order->member != NULL
                                  ? memcmp(order->member, w.nodes[i].member, 32) == 0
                                  : memcmp(order->device, w.nodes[i].device, 32) == 0;
        if (!is_meant || i == from || w.nodes[i].is_gone) {
            continue;
        }
        if (directs_is_open(from, i, message)) {
            return WAVU_ERR_EXISTS;
        }
        directs_post(from, i, message, order->body);
        count++;
    }
    return count == 0 ? WAVU_ERR_NOT_FOUND : 0;
}

static inline int directs_on_read(void *context, const uint8_t device[32],
                                  const uint8_t message[ENVELOPE_ID_SIZE])
{
    struct directs_node *n = context;
    const size_t to = directs_place(device);
    if (n->is_behind) {
        return WAVU_ERR_AGAIN;
    }
    n->reads++;
    const struct courier_fate fate = {.message = message,
                                      .member = n->member,
                                      .device = n->device,
                                      .peer = n->device,
                                      .state = OUTBOX_READ};
    directs_fate(w.nodes[to].directs, &fate);
    return 0;
}

static inline void directs_on_look(void *context, struct courier_status *status)
{
    const struct directs_node *n = context;
    *status = (struct courier_status){.is_behind = n->is_behind};
}

static inline bool directs_on_whose(void *context, const uint8_t device[32], uint8_t member[32])
{
    const size_t i = directs_place(device);
    (void)context;
    if (i < DIRECTS_NODES) {
        memcpy(member, w.nodes[i].member, 32);
    }
    return i < DIRECTS_NODES;
}

static inline bool directs_on_device(void *context, const uint8_t member[32], size_t at,
                                     uint8_t device[32])
{
    (void)context;
    for (size_t i = 0; i < DIRECTS_NODES; i++) {
        if (memcmp(w.nodes[i].member, member, 32) == 0 && !w.nodes[i].is_gone && at-- == 0) {
            memcpy(device, w.nodes[i].device, 32);
            return true;
        }
    }
    return false;
}

static inline bool directs_on_member(void *context, size_t at, uint8_t member[32])
{
    (void)context;
    if (at < DIRECTS_PERSONS) {
        memcpy(member, directs_member(at), 32);
    }
    return at < DIRECTS_PERSONS;
}

static inline void directs_on_news(void *context)
{
    struct directs_node *n = context;
    struct history_event event;
    while (history_next_event(&n->history, &event)) {
        n->placed += event.kind == HISTORY_PLACED ? 1 : 0;
    }
}

static inline void directs_on_state(void *context, const struct directs_known *known)
{
    struct directs_node *n = context;
    n->states[known->state]++;
}

static inline uint64_t directs_on_lasting(void *context)
{
    (void)context;
    return sim_now(w.sim) + TIMERS_SECOND;
}

/* ---- Lives ---- */

static inline void directs_up(size_t i)
{
    static const uint8_t key[STORE_KEY_SIZE] = {1};
    struct directs_node *n = &w.nodes[i];
    const struct store_config store = {.port = n->port, .kind = STORE_DISK, .key = key};
    struct directs_config config = {.port = n->port,
                                    .history = &n->history,
                                    .user = {.say = directs_on_say,
                                             .read = directs_on_read,
                                             .look = directs_on_look,
                                             .whose = directs_on_whose,
                                             .device = directs_on_device,
                                             .member = directs_on_member,
                                             .news = directs_on_news,
                                             .state = directs_on_state,
                                             .lasting = directs_on_lasting,
                                             .context = n}};
    assert_int_equal(store_new(&store, &n->store), 0);
    assert_int_equal(store_open(n->store), 0);
    config.store = n->store;
    struct history_config history = {
        .store = n->store, .random = &n->port->random, .signer = &signer_ed25519};
    memcpy(history.network, w.network, 32);
    memcpy(history.founder, directs_member(0), 32);
    memcpy(history.member, n->member, 32);
    memcpy(history.device, n->device, 32);
    assert_int_equal(history_init(&n->history, &history), 0);
    assert_int_equal(directs_new(&config, &n->directs), 0);
}

static inline void directs_down(size_t i)
{
    struct directs_node *n = &w.nodes[i];
    directs_check(n->directs);
    history_check(&n->history);
    directs_free(n->directs);
    history_clear(&n->history);
    assert_int_equal(store_flush(n->store), 0);
    store_free(n->store);
}

static inline void directs_start(uint64_t seed)
{
    memset(&w, 0, sizeof w);
    w.sim = sim_new(seed);
    w.network[0] = 7;
    for (size_t i = 0; i < DIRECTS_NODES; i++) {
        struct directs_node *n = &w.nodes[i];
        n->host = sim_host_new(w.sim, NULL);
        n->port = sim_host_port(n->host);
        assert_int_equal(n->port->files->make_home(n->port), 0);
        n->device[0] = (uint8_t)(i + 1);
        n->member[0] = (uint8_t)(0x10 + directs_person(i));
    }
    for (size_t i = 0; i < DIRECTS_NODES; i++) {
        directs_up(i);
    }
}

static inline void directs_stop(void)
{
    for (size_t i = 0; i < DIRECTS_NODES; i++) {
        directs_down(i);
    }
    for (size_t k = 0; k < w.mail_count; k++) {
        mem_free(w.mails[k].bytes);
    }
    sim_free(w.sim);
}

static inline void directs_again(size_t i)
{
    directs_down(i);
    directs_up(i);
}

static inline void directs_run(uint64_t ns)
{
    sim_run_for(w.sim, ns);
}

/* ---- Talking ---- */

static inline int directs_hand(size_t from, size_t to, const uint8_t message[ENVELOPE_ID_SIZE],
                               struct span body)
{
    const struct directs_node *n = &w.nodes[from];
    const struct courier_handler handler = directs_handler(w.nodes[to].directs);
    const struct courier_content content = {.device = n->device,
                                            .member = n->member,
                                            .message = message,
                                            .kind = COURIER_CHAT,
                                            .body = body};
    return handler.take(handler.context, &content);
}

/* Everything that waits for who is there arrives, what is said meanwhile, too. */
static inline void directs_carry(void)
{
    for (size_t k = 0; k < w.mail_count; k++) {
        struct directs_mail *m = &w.mails[k];
        if (m->is_done || w.nodes[m->to].is_away || w.nodes[m->from].is_away) {
            continue;
        }
        if (directs_hand(m->from, m->to, m->message, span_of(m->bytes, m->len)) == 0) {
            m->is_done = true;
            w.carried++;
            const struct courier_fate fate = {.message = m->message,
                                              .member = w.nodes[m->to].member,
                                              .device = w.nodes[m->to].device,
                                              .peer = w.nodes[m->to].device,
                                              .state = OUTBOX_DELIVERED};
            directs_fate(w.nodes[m->from].directs, &fate);
        }
    }
}

/* What waits is lost for good: it has expired. */
static inline void directs_lose(void)
{
    for (size_t k = 0; k < w.mail_count; k++) {
        w.mails[k].is_lost = w.mails[k].is_lost || !w.mails[k].is_done;
        w.mails[k].is_done = true;
    }
}

static inline int directs_say_content(size_t i, size_t person, const struct content *c,
                                      uint8_t id[32])
{
    const struct directs_words words = {.other = directs_member(person), .content = c};
    return directs_say(w.nodes[i].directs, &words, id);
}

static inline void directs_text(size_t i, size_t person, const char *text)
{
    const struct content c = {.kind = CONTENT_TEXT, .text = span_from_text(text)};
    uint8_t id[32];
    assert_int_equal(directs_say_content(i, person, &c, id), 0);
}

static inline struct history_room *directs_room(size_t i, size_t person)
{
    return directs_chat(w.nodes[i].directs, directs_member(person));
}

/* Texts of the chat with a person, in its order. */
static inline void directs_read_all(size_t i, size_t person, char *out, size_t size)
{
    static struct history_item items[1200];
    static struct history_message m;
    struct history_page page = {.is_forward = true, .items = items, .max = 1200};
    size_t used = 0;
    out[0] = '\0';
    if (directs_room(i, person) == NULL) {
        return;
    }
    do {
        assert_int_equal(history_view_page(directs_room(i, person), &page), 0);
        for (size_t k = 0; k < page.count; k++) {
            assert_int_equal(history_view_at(directs_room(i, person), items[k].number, &m), 0);
            used += (size_t)snprintf(
                out + used, size - used, "%.*s%s ", (int)m.fold.content.text.len,
                m.fold.content.text.len > 0 ? (const char *)m.fold.content.text.ptr : "",
                m.is_gone ? "gone" : "");
            assert_true(used < size);
            history_view_clear(&m);
        }
    } while (!page.is_end);
}

static inline void directs_expect(size_t i, size_t person, const char *expected)
{
    static char text[65536];
    directs_read_all(i, person, text, sizeof text);
    assert_string_equal(text, expected);
}

#endif
