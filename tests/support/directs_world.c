/*
 * Devices of three persons with direct chats. See directs_world.h.
 */
#include "tests/support/directs_world.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "port/files.h"

struct directs_world directs_world_one;

static size_t person_of(size_t i)
{
    return i / 2;
}

const uint8_t *directs_world_member(size_t person)
{
    return w->nodes[2 * person].member;
}

static size_t place(const uint8_t device[32])
{
    for (size_t i = 0; i < DIRECTS_WORLD_NODES; i++) {
        if (memcmp(w->nodes[i].device, device, 32) == 0) {
            return i;
        }
    }
    return DIRECTS_WORLD_NODES;
}

/* ---- The courier ---- */

static void post(size_t from, size_t to, const uint8_t message[ENVELOPE_ID_SIZE], struct span body)
{
    CHECK(w->mail_count < DIRECTS_WORLD_MAILS);
    struct directs_world_mail *m = &w->mails[w->mail_count++];
    *m = (struct directs_world_mail){.from = from, .to = to, .len = body.len};
    m->bytes = mem_new_raw(body.len + 1);
    memcpy(m->bytes, body.ptr, body.len);
    memcpy(m->message, message, sizeof m->message);
}

static bool is_open(size_t from, size_t to, const uint8_t *message)
{
    for (size_t k = 0; k < w->mail_count; k++) {
        const struct directs_world_mail *m = &w->mails[k];
        if (!m->is_done && m->from == from && m->to == to && memcmp(m->message, message, 16) == 0) {
            return true;
        }
    }
    return false;
}

static int on_say(void *context, const struct courier_order *order,
                  uint8_t message[ENVELOPE_ID_SIZE])
{
    const struct directs_world_node *n = context;
    const size_t from = (size_t)(n - w->nodes);
    size_t count = 0;
    CHECK(order->kind == COURIER_CHAT);
    CHECK(order->body.len <= ENVELOPE_BODY_MAX);
    if (n->is_full) {
        return WAVU_ERR_LIMIT;
    }
    if (order->message != NULL) {
        memcpy(message, order->message, ENVELOPE_ID_SIZE);
    } else {
        random_fill(&n->port->random, message, ENVELOPE_ID_SIZE);
    }
    for (size_t i = 0; i < DIRECTS_WORLD_NODES; i++) {
        const bool is_meant = order->member != NULL
                                  ? memcmp(order->member, w->nodes[i].member, 32) == 0
                                  : memcmp(order->device, w->nodes[i].device, 32) == 0;
        if (!is_meant || i == from || w->nodes[i].is_gone) {
            continue;
        }
        if (is_open(from, i, message)) {
            return WAVU_ERR_EXISTS;
        }
        post(from, i, message, order->body);
        count++;
    }
    return count == 0 ? WAVU_ERR_NOT_FOUND : 0;
}

static int on_read(void *context, const uint8_t device[32], const uint8_t message[ENVELOPE_ID_SIZE])
{
    struct directs_world_node *n = context;
    const size_t to = place(device);
    if (n->is_behind) {
        return WAVU_ERR_AGAIN;
    }
    n->reads++;
    const struct courier_fate fate = {.message = message,
                                      .member = n->member,
                                      .device = n->device,
                                      .peer = n->device,
                                      .state = OUTBOX_READ};
    directs_fate(w->nodes[to].directs, &fate);
    return 0;
}

static void on_look(void *context, struct courier_status *status)
{
    const struct directs_world_node *n = context;
    *status = (struct courier_status){.is_behind = n->is_behind};
}

static bool on_whose(void *context, const uint8_t device[32], uint8_t member[32])
{
    const size_t i = place(device);
    (void)context;
    if (i < DIRECTS_WORLD_NODES) {
        memcpy(member, w->nodes[i].member, 32);
    }
    return i < DIRECTS_WORLD_NODES;
}

static bool on_device(void *context, const uint8_t member[32], size_t at, uint8_t device[32])
{
    (void)context;
    for (size_t i = 0; i < DIRECTS_WORLD_NODES; i++) {
        if (memcmp(w->nodes[i].member, member, 32) == 0 && !w->nodes[i].is_gone && at-- == 0) {
            memcpy(device, w->nodes[i].device, 32);
            return true;
        }
    }
    return false;
}

static bool on_member(void *context, size_t at, uint8_t member[32])
{
    (void)context;
    if (at < DIRECTS_WORLD_PERSONS) {
        memcpy(member, directs_world_member(at), 32);
    }
    return at < DIRECTS_WORLD_PERSONS;
}

static void on_news(void *context)
{
    struct directs_world_node *n = context;
    struct history_event event;
    while (history_next_event(&n->history, &event)) {
        n->placed += event.kind == HISTORY_PLACED ? 1 : 0;
    }
}

static void on_state(void *context, const struct directs_known *known)
{
    struct directs_world_node *n = context;
    n->states[known->state]++;
}

static uint64_t on_lasting(void *context)
{
    (void)context;
    return sim_now(w->sim) + TIMERS_SECOND;
}

/* ---- Lives ---- */

static void up(size_t i)
{
    static const uint8_t key[STORE_KEY_SIZE] = {1};
    struct directs_world_node *n = &w->nodes[i];
    const struct store_config store = {.port = n->port, .kind = STORE_DISK, .key = key};
    struct directs_config config = {.port = n->port,
                                    .history = &n->history,
                                    .user = {.say = on_say,
                                             .read = on_read,
                                             .look = on_look,
                                             .whose = on_whose,
                                             .device = on_device,
                                             .member = on_member,
                                             .news = on_news,
                                             .state = on_state,
                                             .lasting = on_lasting,
                                             .context = n}};
    CHECK(store_new(&store, &n->store) == 0);
    CHECK(store_open(n->store) == 0);
    config.store = n->store;
    struct history_config history = {
        .store = n->store, .random = &n->port->random, .signer = &signer_ed25519};
    memcpy(history.network, w->network, 32);
    memcpy(history.founder, directs_world_member(0), 32);
    memcpy(history.member, n->member, 32);
    memcpy(history.device, n->device, 32);
    CHECK(history_begin(&n->history, &history) == 0);
    CHECK(directs_new(&config, &n->directs) == 0);
}

static void down(size_t i)
{
    struct directs_world_node *n = &w->nodes[i];
    directs_check(n->directs);
    history_check(&n->history);
    directs_free(n->directs);
    history_clear(&n->history);
    CHECK(store_flush(n->store) == 0);
    store_free(n->store);
}

void directs_world_start(uint64_t seed)
{
    memset(w, 0, sizeof *w);
    w->sim = sim_new(seed);
    w->network[0] = 7;
    for (size_t i = 0; i < DIRECTS_WORLD_NODES; i++) {
        struct directs_world_node *n = &w->nodes[i];
        n->host = sim_host_new(w->sim, NULL);
        n->port = sim_host_port(n->host);
        CHECK(n->port->files->make_home(n->port) == 0);
        n->device[0] = (uint8_t)(i + 1);
        n->member[0] = (uint8_t)(0x10 + person_of(i));
    }
    for (size_t i = 0; i < DIRECTS_WORLD_NODES; i++) {
        up(i);
    }
}

void directs_world_stop(void)
{
    for (size_t i = 0; i < DIRECTS_WORLD_NODES; i++) {
        down(i);
    }
    for (size_t k = 0; k < w->mail_count; k++) {
        mem_free(w->mails[k].bytes);
    }
    sim_free(w->sim);
}

void directs_world_again(size_t i)
{
    down(i);
    up(i);
}

void directs_world_run(uint64_t ns)
{
    sim_run_for(w->sim, ns);
}

/* ---- Talking ---- */

int directs_world_hand(size_t from, size_t to, const uint8_t message[ENVELOPE_ID_SIZE],
                       struct span body)
{
    const struct directs_world_node *n = &w->nodes[from];
    const struct courier_handler handler = directs_handler(w->nodes[to].directs);
    const struct courier_content content = {.device = n->device,
                                            .member = n->member,
                                            .message = message,
                                            .kind = COURIER_CHAT,
                                            .body = body};
    return handler.take(handler.context, &content);
}

/* Everything that waits for who is there arrives, what is said meanwhile, too. */
void directs_world_carry(void)
{
    for (size_t k = 0; k < w->mail_count; k++) {
        struct directs_world_mail *m = &w->mails[k];
        if (m->is_done || w->nodes[m->to].is_away || w->nodes[m->from].is_away) {
            continue;
        }
        if (directs_world_hand(m->from, m->to, m->message, span_of(m->bytes, m->len)) == 0) {
            m->is_done = true;
            w->carried++;
            const struct courier_fate fate = {.message = m->message,
                                              .member = w->nodes[m->to].member,
                                              .device = w->nodes[m->to].device,
                                              .peer = w->nodes[m->to].device,
                                              .state = OUTBOX_DELIVERED};
            directs_fate(w->nodes[m->from].directs, &fate);
        }
    }
}

/* What waits is lost for good: it has expired. */
void directs_world_lose(void)
{
    for (size_t k = 0; k < w->mail_count; k++) {
        w->mails[k].is_lost = w->mails[k].is_lost || !w->mails[k].is_done;
        w->mails[k].is_done = true;
    }
}

int directs_world_say_content(size_t i, size_t person, const struct content *c, uint8_t id[32])
{
    const struct directs_words words = {.other = directs_world_member(person), .content = c};
    return directs_say(w->nodes[i].directs, &words, id);
}

void directs_world_text(size_t i, size_t person, const char *text)
{
    const struct content c = {.kind = CONTENT_TEXT, .text = span_from_text(text)};
    uint8_t id[32];
    CHECK(directs_world_say_content(i, person, &c, id) == 0);
}

struct history_room *directs_world_room(size_t i, size_t person)
{
    return directs_chat(w->nodes[i].directs, directs_world_member(person));
}

/* Texts of the chat with a person, in its order. */
void directs_world_read_all(size_t i, size_t person, char *out, size_t size)
{
    static struct history_item items[1200];
    static struct history_message m;
    struct history_page page = {.is_forward = true, .items = items, .max = 1200};
    size_t used = 0;
    out[0] = '\0';
    if (directs_world_room(i, person) == NULL) {
        return;
    }
    do {
        CHECK(history_view_page(directs_world_room(i, person), &page) == 0);
        for (size_t k = 0; k < page.count; k++) {
            CHECK(history_view_at(directs_world_room(i, person), items[k].number, &m) == 0);
            used += (size_t)snprintf(
                out + used, size - used, "%.*s%s ", (int)m.fold.content.text.len,
                m.fold.content.text.len > 0 ? (const char *)m.fold.content.text.ptr : "",
                m.is_gone ? "gone" : "");
            CHECK(used < size);
            history_view_clear(&m);
        }
    } while (!page.is_end);
}
