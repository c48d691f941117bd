#include "tests/support/gossipsub_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct packet {
    struct heap_node node;
    size_t from;
    size_t to;
    uint64_t life; /* of `to` */
    size_t len;
    uint8_t bytes[];
};

static size_t null_sign(void *context, uint8_t signature[KEYS_SIGNATURE_MAX],
                        const struct gossipsub_msg_publish *m)
{
    (void)context;
    memset(signature, 0, ED25519_SIGNATURE_SIZE);
    memcpy(signature, m->from.ptr, m->from.len);
    return ED25519_SIGNATURE_SIZE;
}

static int null_verify(void *context, const struct gossipsub_msg_publish *m, struct span key)
{
    (void)context;
    (void)key;
    bool is_right = m->signature.len == ED25519_SIGNATURE_SIZE && m->from.len <= m->signature.len &&
                    memcmp(m->signature.ptr, m->from.ptr, m->from.len) == 0;
    return is_right ? 0 : WAVU_ERR_CRYPTO;
}

struct gossipsub_sign gossipsub_world_sign(void)
{
    return (struct gossipsub_sign){.sign = null_sign, .verify = null_verify};
}

static size_t node_of(const struct gossipsub_world *w, const struct peerid *id)
{
    for (size_t i = 0; i < w->count; i++) {
        if (peerid_is_equal(&w->nodes[i].id, id)) {
            return i;
        }
    }
    return SIZE_MAX;
}

void gossipsub_world_start(struct gossipsub_world *w, size_t node)
{
    struct gossipsub_world_node *n = &w->nodes[node];
    CHECK(n->machine == NULL);
    n->lives++;
    random_seeded_init(&n->seeded, w->seed * 1000003 + node * 101 + n->lives);
    n->random = random_from_seeded(&n->seeded);
    n->sign = gossipsub_world_sign();
    struct gossipsub_config config = w->config;
    config.self = n->id;
    config.seqno = n->lives << 32;
    config.random = &n->random;
    config.sign = &n->sign;
    n->machine = gossipsub_new(&config, w->now);
}

struct gossipsub_world *gossipsub_world_new(size_t count, uint64_t seed)
{
    struct gossipsub_world *w = mem_new(sizeof *w);
    w->nodes = mem_new_array(count, sizeof *w->nodes);
    w->links = mem_new(count * count);
    w->count = count;
    w->seed = seed;
    w->now = TIMERS_SECOND;
    w->delay_ns = 20 * TIMERS_MS;
    w->jitter_ns = 30 * TIMERS_MS;
    heap_init(&w->packets);
    random_seeded_init(&w->seeded, seed);
    w->random = random_from_seeded(&w->seeded);
    w->config = (struct gossipsub_config){.params = gossipsub_params_default(),
                                          .thresholds = gossipsub_score_thresholds_default()};
    for (size_t i = 0; i < count; i++) {
        uint8_t key[KEYS_ED25519_PUBLIC_SIZE];
        uint8_t bytes[ED25519_PUBLIC_SIZE];
        random_fill(&w->random, bytes, sizeof bytes);
        keys_ed25519_encode(key, bytes);
        peerid_from_key(&w->nodes[i].id, span_of(key, sizeof key));
        w->nodes[i].version = GOSSIPSUB_V12;
        gossipsub_world_start(w, i);
    }
    return w;
}

void gossipsub_world_stop(struct gossipsub_world *w, size_t node)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->links[node * w->count + i] != 0) {
            gossipsub_world_link(w, node, i, false);
        }
    }
    gossipsub_free(w->nodes[node].machine);
    w->nodes[node].machine = NULL;
}

void gossipsub_world_free(struct gossipsub_world *w)
{
    struct heap_node *h;
    while ((h = heap_first(&w->packets)) != NULL) {
        heap_remove(&w->packets, h);
        mem_free(LIST_OF(h, struct packet, node));
    }
    heap_clear(&w->packets);
    for (size_t i = 0; i < w->count; i++) {
        gossipsub_free(w->nodes[i].machine);
    }
    mem_free(w->nodes);
    mem_free(w->links);
    mem_free(w);
}

static void link_up(struct gossipsub_world *w, size_t at, size_t other, bool is_dialled)
{
    enum gossipsub_version a = w->nodes[at].version;
    enum gossipsub_version b = w->nodes[other].version;
    const struct gossipsub_link link = {
        .version = a < b ? a : b, .is_dialled = is_dialled, .group = other + 1};
    w->links[at * w->count + other] = 1;
    int rc = gossipsub_peer_up(w->nodes[at].machine, w->now, &w->nodes[other].id, &link);
    CHECK(rc == 0);
}

void gossipsub_world_link(struct gossipsub_world *w, size_t from, size_t to, bool is_up)
{
    CHECK(from != to && (w->links[from * w->count + to] != 0) != is_up);
    if (is_up) {
        link_up(w, from, to, true);
        link_up(w, to, from, false);
    } else {
        w->links[from * w->count + to] = 0;
        w->links[to * w->count + from] = 0;
        gossipsub_peer_down(w->nodes[from].machine, w->now, &w->nodes[to].id);
        gossipsub_peer_down(w->nodes[to].machine, w->now, &w->nodes[from].id);
    }
    gossipsub_world_drain(w, from);
    gossipsub_world_drain(w, to);
}

void gossipsub_world_link_random(struct gossipsub_world *w, size_t degree)
{
    for (size_t i = 0; i < w->count; i++) {
        for (size_t k = 0; k < degree; k++) {
            size_t to = (size_t)random_below(&w->random, w->count);
            if (to != i && w->links[i * w->count + to] == 0) {
                gossipsub_world_link(w, i, to, true);
            }
        }
    }
}

static void send_all(struct gossipsub_world *w, size_t from, size_t to)
{
    struct buf out;
    buf_init(&out, 2 * GOSSIPSUB_MSG_SIZE_MAX);
    while (!w->nodes[to].is_deaf &&
           gossipsub_pull(w->nodes[from].machine, w->now, &w->nodes[to].id, &out)) {
        struct packet *p = mem_new(sizeof *p + out.len);
        p->from = from;
        p->to = to;
        p->life = w->nodes[to].lives;
        p->len = out.len;
        memcpy(p->bytes, out.ptr, out.len);
        w->bytes += out.len;
        buf_drop_front(&out, out.len);
        /* Cables keep the order: what is late makes what follows late. */
        uint64_t at = w->now + w->delay_ns;
        at += w->jitter_ns > 0 ? (from * 7 + to * 13) % 10 * (w->jitter_ns / 10) : 0;
        heap_add(&w->packets, &p->node, at);
    }
    buf_clear(&out);
}

static void delivered(struct gossipsub_world *w, struct gossipsub_world_node *n,
                      const struct gossipsub_event *e)
{
    uint64_t number = 0;
    for (size_t i = 0; i < e->message.data.len && i < GOSSIPSUB_WORLD_HEAD; i++) {
        number = number << 8 | e->message.data.ptr[i];
    }
    if (e->message.data.len < GOSSIPSUB_WORLD_HEAD || number >= w->said) {
        w->strange++;
    } else {
        n->got[number]++;
    }
}

void gossipsub_world_drain(struct gossipsub_world *w, size_t node)
{
    struct gossipsub_world_node *n = &w->nodes[node];
    struct gossipsub_event e;
    while (n->machine != NULL && gossipsub_next_event(n->machine, &e)) {
        switch (e.kind) {
        case GOSSIPSUB_WRITABLE:
            send_all(w, node, node_of(w, &e.peer));
            break;
        case GOSSIPSUB_DELIVER:
            delivered(w, n, &e);
            break;
        case GOSSIPSUB_VALIDATE:
            if (!n->is_mute) {
                gossipsub_validated(n->machine, w->now, e.ticket, n->verdict);
            }
            break;
        case GOSSIPSUB_CONNECT:
            n->connects++;
            n->connect = e.peer;
            break;
        case GOSSIPSUB_CLOSE:
            n->closes++;
            break;
        case GOSSIPSUB_PEER_ON:
            n->peers_on++;
            break;
        case GOSSIPSUB_PEER_OFF:
            n->peers_off++;
            break;
        }
    }
    if (n->machine != NULL) {
        gossipsub_check(n->machine);
    }
}

void gossipsub_world_join(struct gossipsub_world *w, size_t node, const char *topic)
{
    struct gossipsub_topic_config config = w->topic;
    config.asks = w->nodes[node].asks;
    int rc = gossipsub_join(w->nodes[node].machine, w->now, span_from_text(topic), &config);
    CHECK(rc == 0);
    gossipsub_world_drain(w, node);
}

void gossipsub_world_join_all(struct gossipsub_world *w, const char *topic)
{
    for (size_t i = 0; i < w->count; i++) {
        gossipsub_world_join(w, i, topic);
    }
}

size_t gossipsub_world_say(struct gossipsub_world *w, size_t node, const char *topic)
{
    uint8_t *data = mem_new(GOSSIPSUB_WORLD_HEAD + w->padding);
    size_t said = w->said++;
    CHECK(said < GOSSIPSUB_WORLD_SAID_MAX);
    data[6] = (uint8_t)(said >> 8);
    data[7] = (uint8_t)said;
    int rc = gossipsub_publish(w->nodes[node].machine, w->now, span_from_text(topic),
                               span_of(data, GOSSIPSUB_WORLD_HEAD + w->padding), NULL);
    CHECK(rc == 0);
    mem_free(data);
    gossipsub_world_drain(w, node);
    return said;
}

int gossipsub_world_inject(struct gossipsub_world *w, size_t from, size_t to, struct span rpc)
{
    int rc = gossipsub_feed(w->nodes[to].machine, w->now, &w->nodes[from].id, rpc);
    gossipsub_world_drain(w, to);
    return rc;
}

static void arrive(struct gossipsub_world *w, struct packet *p)
{
    struct gossipsub_world_node *n = &w->nodes[p->to];
    heap_remove(&w->packets, &p->node);
    if (n->machine != NULL && n->lives == p->life && w->links[p->to * w->count + p->from] != 0) {
        w->refused +=
            gossipsub_feed(n->machine, w->now, &w->nodes[p->from].id, span_of(p->bytes, p->len)) < 0
                ? 1
                : 0;
        gossipsub_world_drain(w, p->to);
    }
    mem_free(p);
}

void gossipsub_world_run(struct gossipsub_world *w, uint64_t ns)
{
    uint64_t end = w->now + ns;
    for (;;) {
        struct heap_node *first = heap_first(&w->packets);
        uint64_t due = first != NULL ? first->key : TIMERS_NEVER;
        size_t node = SIZE_MAX;
        for (size_t i = 0; i < w->count; i++) {
            uint64_t deadline = w->nodes[i].machine != NULL
                                    ? gossipsub_deadline(w->nodes[i].machine)
                                    : TIMERS_NEVER;
            if (deadline < due) {
                due = deadline;
                node = i;
            }
        }
        if (due > end) {
            break;
        }
        w->now = due > w->now ? due : w->now;
        if (node != SIZE_MAX) {
            gossipsub_tick(w->nodes[node].machine, w->now);
            gossipsub_world_drain(w, node);
        } else {
            arrive(w, LIST_OF(first, struct packet, node));
        }
    }
    w->now = end;
}

size_t gossipsub_world_wrong(const struct gossipsub_world *w, size_t said, size_t origin)
{
    size_t wrong = 0;
    for (size_t i = 0; i < w->count; i++) {
        bool is_in = w->nodes[i].machine != NULL && i != origin;
        wrong += is_in && w->nodes[i].got[said] != 1 ? 1 : 0;
    }
    return wrong;
}

bool gossipsub_world_is_in_mesh(const struct gossipsub_world *w, size_t a, size_t b,
                                const char *topic)
{
    return gossipsub_is_in_mesh(w->nodes[a].machine, span_from_text(topic), &w->nodes[b].id);
}
