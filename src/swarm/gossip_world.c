/*
 * Nodes, what is under way between them, and what became of messages.
 */
#include "swarm/gossip_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"
#include "swarm/gossip_world_core.h"

#define ID_SIZE 38 /* an Ed25519 key's */
#define ID_HEAD 6
#define SIGNATURE_SIZE 64
#define TIMES_MAX 120000 /* milliseconds that are told apart */
#define LINKS_MIN 16
#define TRIES_MAX 64
#define RPC_MAX (2u * 1024u * 1024u)

struct span gossip_world_topic(void)
{
    static const char name[] = "world";
    return span_of(name, sizeof name - 1);
}

/* ---- Signatures without cost, of the real ones' size ---- */

static uint64_t gossip_world_fold(uint64_t sum, struct span s)
{
    uint64_t word = s.len;
    for (size_t i = 0; i < s.len && i < 64; i++) { /* a number stands at the beginning */
        word = (word << 8 | word >> 56) ^ s.ptr[i];
    }
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 29;
}

static size_t gossip_world_sign(void *context, uint8_t signature[KEYS_SIGNATURE_MAX],
                                const struct gossipsub_msg_publish *m)
{
    uint64_t sum = gossip_world_fold(1, m->from);
    (void)context;
    sum = gossip_world_fold(sum, m->seqno);
    sum = gossip_world_fold(sum, m->data);
    memset(signature, 0, SIGNATURE_SIZE);
    memcpy(signature, &sum, sizeof sum);
    return SIGNATURE_SIZE;
}

static int gossip_world_verify(void *context, const struct gossipsub_msg_publish *m,
                               struct span key)
{
    uint8_t expected[KEYS_SIGNATURE_MAX];
    (void)key;
    size_t len = gossip_world_sign(context, expected, m);
    return span_is_equal(m->signature, span_of(expected, len)) ? 0 : WAVU_ERR_CRYPTO;
}

/* ---- Who is who ---- */

/* An id begins with its node's number, behind the head of a key. */
static struct peerid gossip_world_id(const struct gossip_world *w, uint32_t at)
{
    static const uint8_t head[ID_HEAD] = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
    struct peerid id = {.len = ID_SIZE};
    memcpy(id.bytes, head, sizeof head);
    random_fill(&w->random, id.bytes + ID_HEAD, ID_SIZE - ID_HEAD);
    memcpy(id.bytes + ID_HEAD, &at, sizeof at);
    return id;
}

static uint32_t gossip_world_of(const struct peerid *id)
{
    uint32_t at;
    memcpy(&at, id->bytes + ID_HEAD, sizeof at);
    return at;
}

struct gossip_world_link *gossip_world_link(const struct gossip_world *w, uint32_t at,
                                            uint32_t peer)
{
    struct gossip_world_node *n = &w->nodes[at];
    for (uint32_t i = 0; i < n->link_count; i++) {
        if (n->links[i].peer == peer) {
            return &n->links[i];
        }
    }
    return NULL;
}

static void gossip_world_link_add(struct gossip_world_node *n, uint32_t peer, bool is_dialled)
{
    if (n->link_count == n->link_cap) {
        n->link_cap = n->link_cap == 0 ? LINKS_MIN : 2 * n->link_cap;
        n->links = mem_resize(n->links, n->link_cap * sizeof *n->links);
    }
    n->links[n->link_count++] = (struct gossip_world_link){.peer = peer, .is_dialled = is_dialled};
}

/* `at` will dial `count` others, hostile ones among them as the config says. */
static void gossip_world_draw(struct gossip_world *w, uint32_t at, uint32_t count)
{
    const struct gossip_world_config *c = &w->config;
    bool is_hostile = gossip_world_is_hostile(w, at);
    uint32_t range = is_hostile && c->victims > 0 ? c->victims : c->nodes;
    for (uint32_t tries = 0; count > 0 && tries < TRIES_MAX; tries++) {
        bool to_hostile =
            !is_hostile && c->hostile > 0 && random_below(&w->random, 100) < c->hostile_own;
        uint32_t peer = to_hostile ? c->nodes + (uint32_t)random_below(&w->random, c->hostile)
                                   : (uint32_t)random_below(&w->random, range);
        /* Looked for at the end with fewer links, as a rule. */
        if (peer == at ||
            gossip_world_link(w, is_hostile ? at : peer, is_hostile ? peer : at) != NULL) {
            continue;
        }
        gossip_world_link_add(&w->nodes[at], peer, true);
        gossip_world_link_add(&w->nodes[peer], at, false);
        count--;
        tries = 0;
    }
}

/* One way, always the same between two. */
static uint64_t gossip_world_delay(const struct gossip_world *w, uint32_t a, uint32_t b)
{
    uint64_t x = (uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a);
    uint64_t span = (w->config.delay_max_ms - w->config.delay_min_ms) * GOSSIP_WORLD_MS;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return w->config.delay_min_ms * GOSSIP_WORLD_MS + (x >> 11) % (span + 1);
}

/* ---- What is under way ---- */

struct gossip_world_bytes {
    size_t len;
    uint8_t bytes[];
};

void gossip_world_send(struct gossip_world *w, uint64_t at_ns, uint32_t from, uint32_t to,
                       struct span rpc)
{
    struct gossip_world_bytes *b = mem_new_raw(sizeof *b + rpc.len);
    struct wheel_item item = {
        .to = to, .from = from, .kind = GOSSIP_WORLD_RPC, .len = (uint16_t)sizeof(b)};
    b->len = rpc.len;
    memcpy(b->bytes, rpc.ptr, rpc.len);
    uint8_t *out = wheel_put(&w->wheel, at_ns + gossip_world_delay(w, from, to), &item);
    memcpy(out, &b, sizeof(b));
}

void gossip_world_plan(struct gossip_world *w, uint64_t at_ns, uint32_t to,
                       enum gossip_world_kind kind)
{
    struct wheel_item item = {
        .to = to, .from = to, .tag = w->nodes[to].tick, .kind = (uint16_t)kind};
    (void)wheel_put(&w->wheel, at_ns, &item);
}

/* Take RPCs for those who wait in turn, as long as the line is free. */
static void gossip_world_drain(struct gossip_world *w, uint32_t at)
{
    struct gossip_world_node *n = &w->nodes[at];
    uint64_t now = gossip_world_now(w);
    uint32_t peer;
    while (n->line_ns <= now && ring_pop(&n->ready, &peer)) {
        w->rpc.len = 0;
        if (!gossipsub_pull(n->machine, now, &w->nodes[peer].id, &w->rpc)) {
            continue;
        }
        w->bytes += w->rpc.len;
        if (w->config.bytes_s > 0) {
            n->line_ns = now + w->rpc.len * GOSSIP_WORLD_S / w->config.bytes_s;
        }
        gossip_world_send(w, n->line_ns > now ? n->line_ns : now, at, peer, buf_span(&w->rpc));
        CHECK(ring_push(&n->ready, &peer) == 0);
    }
    if (n->line_ns > now && n->ready.count > 0 && !n->is_draining) {
        n->is_draining = true;
        gossip_world_plan(w, n->line_ns, at, GOSSIP_WORLD_DRAIN);
    }
}

static void gossip_world_delivered(struct gossip_world *w, uint32_t at, struct span data)
{
    struct rd r;
    uint64_t now = gossip_world_now(w);
    rd_init(&r, data);
    uint32_t number = rd_u32be(&r);
    CHECK(number < w->said_count && w->said[number].by != at);
    w->hash = (w->hash ^ now ^ (uint64_t)at << 40 ^ number) * UINT64_C(0x9e3779b97f4a7c15);
    /* Who started later may hear of it by gossip; it is not owed. */
    if (number < w->said_first || w->nodes[at].born_ns >= w->said[number].at_ns) {
        return;
    }
    uint64_t ms = (now - w->said[number].at_ns) / GOSSIP_WORLD_MS;
    ms = ms < TIMES_MAX ? ms : TIMES_MAX - 1;
    w->times[ms]++;
    if (at < w->config.victims) {
        w->victim_times[ms]++;
    }
}

/* The connection is over, for both. */
static void gossip_world_close(struct gossip_world *w, uint32_t at, uint32_t peer)
{
    struct gossip_world_link *mine = gossip_world_link(w, at, peer);
    struct gossip_world_link *theirs = gossip_world_link(w, peer, at);
    uint64_t now = gossip_world_now(w);
    CHECK(mine != NULL && theirs != NULL);
    mine->is_up = false;
    theirs->is_up = false;
    gossipsub_peer_down(w->nodes[at].machine, now, &w->nodes[peer].id);
    if (w->nodes[peer].machine != NULL) {
        gossipsub_peer_down(w->nodes[peer].machine, now, &w->nodes[at].id);
        gossip_world_plan(w, now, peer, GOSSIP_WORLD_DRAIN);
    }
}

/* Turn the machine until it has nothing to say. */
static void gossip_world_pump(struct gossip_world *w, uint32_t at)
{
    struct gossip_world_node *n = &w->nodes[at];
    struct gossipsub_event e;
    while (gossipsub_next_event(n->machine, &e)) {
        uint32_t peer = gossip_world_of(&e.peer);
        switch (e.kind) {
        case GOSSIPSUB_WRITABLE:
            CHECK(ring_push(&n->ready, &peer) == 0);
            break;
        case GOSSIPSUB_DELIVER:
            gossip_world_delivered(w, at, e.message.data);
            break;
        case GOSSIPSUB_CLOSE:
            gossip_world_close(w, at, peer);
            break;
        case GOSSIPSUB_VALIDATE:
        case GOSSIPSUB_CONNECT:
        case GOSSIPSUB_PEER_ON:
        case GOSSIPSUB_PEER_OFF:
            break;
        }
    }
    gossip_world_drain(w, at);
    uint64_t due = gossipsub_deadline(n->machine);
    if (due < n->tick_ns) {
        n->tick_ns = due;
        n->tick++;
        gossip_world_plan(w, due, at, GOSSIP_WORLD_TICK);
    }
}

/* ---- Beginning ---- */

/* One end of a connection that came to be. */
static void gossip_world_meet(struct gossip_world *w, uint32_t at, uint32_t peer)
{
    const struct gossip_world_config *c = &w->config;
    struct gossip_world_link *link = gossip_world_link(w, at, peer);
    CHECK(link != NULL);
    link->is_up = true;
    if (gossip_world_is_hostile(w, at)) {
        gossip_world_hostile_up(w, at, link);
        return;
    }
    struct gossipsub_link l = {.version = c->version, .is_dialled = link->is_dialled};
    if (gossip_world_is_hostile(w, peer) && c->groups > 0) {
        l.group = 1 + peer % c->groups;
    }
    int rc = gossipsub_peer_up(w->nodes[at].machine, gossip_world_now(w), &w->nodes[peer].id, &l);
    CHECK(rc == 0);
}

static void gossip_world_machine(struct gossip_world *w, uint32_t at)
{
    struct gossip_world_node *n = &w->nodes[at];
    struct gossipsub_config config = {.self = n->id,
                                      .seqno = 1,
                                      .random = &w->random,
                                      .sign = &n->sign,
                                      .params = gossipsub_params_default(),
                                      .thresholds = gossipsub_score_thresholds_default(),
                                      .score = w->config.score,
                                      .no_score = w->config.no_score};
    if (w->config.params != NULL) {
        config.params = *w->config.params;
    }
    n->sign = (struct gossipsub_sign){.sign = gossip_world_sign, .verify = gossip_world_verify};
    n->machine = gossipsub_new(&config, gossip_world_now(w));
    int rc = gossipsub_join(n->machine, gossip_world_now(w), gossip_world_topic(), NULL);
    CHECK(rc == 0);
    w->honest_up++;
    w->victims_up += at < w->config.victims ? 1 : 0;
}

/* Connect with all that are there already. */
static void gossip_world_start(struct gossip_world *w, uint32_t at)
{
    struct gossip_world_node *n = &w->nodes[at];
    bool is_hostile = gossip_world_is_hostile(w, at);
    n->is_up = true;
    n->born_ns = gossip_world_now(w);
    if (is_hostile) {
        gossip_world_plan(w, gossip_world_now(w) + random_below(&w->random, GOSSIP_WORLD_S), at,
                          GOSSIP_WORLD_TICK);
    } else {
        gossip_world_machine(w, at);
    }
    for (uint32_t i = 0; i < n->link_count; i++) {
        uint32_t peer = n->links[i].peer;
        if (!w->nodes[peer].is_up || (is_hostile && gossip_world_is_hostile(w, peer))) {
            continue;
        }
        gossip_world_meet(w, at, peer);
        gossip_world_meet(w, peer, at);
        if (!gossip_world_is_hostile(w, peer)) {
            gossip_world_pump(w, peer);
        }
    }
    if (!is_hostile) {
        gossip_world_pump(w, at);
    }
}

struct gossip_world *gossip_world_new(const struct gossip_world_config *config)
{
    struct gossip_world *w = mem_new(sizeof *w);
    CHECK(config->nodes > config->links && config->payload >= sizeof(uint32_t));
    w->config = *config;
    random_seeded_init(&w->seeded, config->seed);
    w->random = random_from_seeded(&w->seeded);
    wheel_init(&w->wheel);
    buf_init(&w->rpc, RPC_MAX);
    w->count = config->nodes + config->hostile;
    w->nodes = mem_new_array(w->count, sizeof *w->nodes);
    w->times = mem_new_array(TIMES_MAX, sizeof *w->times);
    w->victim_times = mem_new_array(TIMES_MAX, sizeof *w->victim_times);
    w->payload = mem_new_array(config->payload, 1);
    for (uint32_t i = 0; i < w->count; i++) {
        w->nodes[i].id = gossip_world_id(w, i);
        w->nodes[i].tick_ns = UINT64_MAX;
        ring_init(&w->nodes[i].ready, sizeof(uint32_t), 2 * GOSSIPSUB_PEERS_MAX);
    }
    for (uint32_t i = 0; i < w->count; i++) {
        bool is_hostile = gossip_world_is_hostile(w, i);
        uint64_t span = is_hostile ? config->hostile_span_ns : config->start_ns;
        uint64_t at_ns = is_hostile ? config->hostile_at_ns : 0;
        gossip_world_draw(w, i, is_hostile ? config->hostile_links : config->links);
        gossip_world_plan(w, at_ns + random_below(&w->random, span + 1), i, GOSSIP_WORLD_START);
    }
    return w;
}

/* ---- Time ---- */

static void gossip_world_rpc(struct gossip_world *w, uint32_t to, uint32_t from, struct span rpc)
{
    struct gossip_world_node *n = &w->nodes[to];
    if (gossip_world_is_hostile(w, to)) {
        gossip_world_hostile_feed(w, to, from, rpc);
        return;
    }
    int rc = gossipsub_feed(n->machine, gossip_world_now(w), &w->nodes[from].id, rpc);
    CHECK(rc == 0 || rc == WAVU_ERR_NOT_FOUND); /* the connection ended meanwhile */
    gossip_world_pump(w, to);
}

static void gossip_world_happen(struct gossip_world *w, const struct wheel_item *item)
{
    struct gossip_world_node *n = &w->nodes[item->to];
    struct gossip_world_bytes *b;
    uint32_t to = item->to;
    switch ((enum gossip_world_kind)item->kind) {
    case GOSSIP_WORLD_RPC:
        memcpy(&b, wheel_body(item), sizeof(b));
        gossip_world_rpc(w, to, item->from, span_of(b->bytes, b->len));
        mem_free(b);
        break;
    case GOSSIP_WORLD_TICK:
        if (gossip_world_is_hostile(w, to)) {
            gossip_world_hostile_tick(w, to);
        } else if (item->tag == n->tick) {
            n->tick_ns = UINT64_MAX;
            gossipsub_tick(n->machine, gossip_world_now(w));
            gossip_world_pump(w, to);
        }
        break;
    case GOSSIP_WORLD_DRAIN:
        n->is_draining = false;
        gossip_world_pump(w, to);
        break;
    case GOSSIP_WORLD_START:
        gossip_world_start(w, to);
        break;
    }
}

void gossip_world_run(struct gossip_world *w, uint64_t ns)
{
    uint64_t until = gossip_world_now(w) + ns;
    const struct wheel_item *item;
    while ((item = wheel_next(&w->wheel, until)) != NULL) {
        gossip_world_happen(w, item);
    }
}

void gossip_world_free(struct gossip_world *w)
{
    const struct wheel_item *item;
    struct gossip_world_bytes *b;
    while (w->wheel.count > 0 && (item = wheel_next(&w->wheel, UINT64_MAX >> 1)) != NULL) {
        if (item->kind == GOSSIP_WORLD_RPC) {
            memcpy(&b, wheel_body(item), sizeof(b));
            mem_free(b);
        }
    }
    for (uint32_t i = 0; i < w->count; i++) {
        gossipsub_free(w->nodes[i].machine);
        ring_clear(&w->nodes[i].ready);
        mem_free(w->nodes[i].links);
        mem_free(w->nodes[i].recent);
    }
    wheel_clear(&w->wheel);
    buf_clear(&w->rpc);
    mem_free(w->nodes);
    mem_free(w->said);
    mem_free(w->times);
    mem_free(w->victim_times);
    mem_free(w->payload);
    mem_free(w);
}

/* ---- Messages ---- */

static void gossip_world_say(struct gossip_world *w, uint32_t at)
{
    struct wr head;
    uint64_t now = gossip_world_now(w);
    if (w->said_count == w->said_cap) {
        w->said_cap = w->said_cap == 0 ? LINKS_MIN : 2 * w->said_cap;
        w->said = mem_resize(w->said, w->said_cap * sizeof *w->said);
    }
    wr_init(&head, span_mut_of(w->payload, w->config.payload));
    wr_u32be(&head, w->said_count);
    w->said[w->said_count++] = (struct gossip_world_said){.at_ns = now, .by = at};
    w->owed += w->honest_up - 1;
    w->victim_owed += w->victims_up - (at < w->config.victims ? 1 : 0);
    int rc = gossipsub_publish(w->nodes[at].machine, now, gossip_world_topic(),
                               span_of(w->payload, w->config.payload), NULL);
    CHECK(rc == 0);
    gossip_world_pump(w, at);
}

void gossip_world_talk(struct gossip_world *w, uint32_t count, uint64_t ns)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)random_below(&w->random, w->config.nodes);
        while (!w->nodes[at].is_up) {
            at = (at + 1) % w->config.nodes;
        }
        gossip_world_say(w, at);
        gossip_world_run(w, ns / count);
    }
}

void gossip_world_say_first(struct gossip_world *w)
{
    CHECK(w->nodes[0].is_up);
    gossip_world_say(w, 0);
}

/* ---- Figures ---- */

static void gossip_world_sum(const struct gossip_world *w, uint64_t *duplicates, uint64_t *repaired)
{
    *duplicates = 0;
    *repaired = 0;
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        if (w->nodes[i].machine != NULL) {
            *duplicates += gossipsub_stats(w->nodes[i].machine)->duplicates;
            *repaired += gossipsub_stats(w->nodes[i].machine)->repaired;
        }
    }
}

void gossip_world_mark(struct gossip_world *w)
{
    w->said_first = w->said_count;
    w->owed = 0;
    w->victim_owed = 0;
    w->bytes = 0;
    memset(w->times, 0, TIMES_MAX * sizeof *w->times);
    memset(w->victim_times, 0, TIMES_MAX * sizeof *w->victim_times);
    gossip_world_sum(w, &w->duplicates_before, &w->repaired_before);
}

static uint64_t gossip_world_total(const uint32_t *times)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < TIMES_MAX; i++) {
        all += times[i];
    }
    return all;
}

/* The least number of milliseconds within which `permille` of what is owed was there; what never
 * came counts as the longest time. */
static uint32_t gossip_world_within(const uint32_t *times, uint64_t owed, unsigned permille)
{
    uint64_t wanted = (owed * permille + 999) / 1000;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < TIMES_MAX; i++) {
        seen += times[i];
        if (seen >= wanted) {
            return i;
        }
    }
    return TIMES_MAX;
}

static uint32_t gossip_world_last(const uint32_t *times)
{
    uint32_t i = TIMES_MAX;
    while (i > 0 && times[i - 1] == 0) {
        i--;
    }
    return i > 0 ? i - 1 : 0;
}

static uint32_t gossip_world_hostile_share(const struct gossip_world *w)
{
    uint64_t all = 0;
    uint64_t bad = 0;
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        const struct gossip_world_node *n = &w->nodes[i];
        if (n->machine == NULL || (w->config.victims > 0 && i >= w->config.victims)) {
            continue;
        }
        all += gossipsub_mesh_count(n->machine, gossip_world_topic());
        for (uint32_t j = 0; j < n->link_count; j++) {
            bad += gossip_world_is_hostile(w, n->links[j].peer) &&
                           gossipsub_is_in_mesh(n->machine, gossip_world_topic(),
                                                &w->nodes[n->links[j].peer].id)
                       ? 1
                       : 0;
        }
    }
    return all == 0 ? 0 : (uint32_t)(bad * 1000 / all);
}

struct gossip_world_figures gossip_world_figures(const struct gossip_world *w)
{
    uint64_t duplicates;
    uint64_t repaired;
    gossip_world_sum(w, &duplicates, &repaired);
    return (struct gossip_world_figures){
        .said = w->said_count - w->said_first,
        .owed = w->owed,
        .delivered = gossip_world_total(w->times),
        .victim_owed = w->victim_owed,
        .victim_delivered = gossip_world_total(w->victim_times),
        .duplicates = duplicates - w->duplicates_before,
        .repaired = repaired - w->repaired_before,
        .bytes = w->bytes,
        .p50_ms = gossip_world_within(w->times, w->owed, 500),
        .p99_ms = gossip_world_within(w->times, w->owed, 990),
        .last_ms = gossip_world_last(w->times),
        .victim_p99_ms = gossip_world_within(w->victim_times, w->victim_owed, 990),
        .victim_last_ms = gossip_world_last(w->victim_times),
        .hostile_milli = gossip_world_hostile_share(w)};
}

uint64_t gossip_world_hash(const struct gossip_world *w)
{
    return w->hash;
}

void gossip_world_check(const struct gossip_world *w)
{
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        if (w->nodes[i].machine != NULL) {
            gossipsub_check(w->nodes[i].machine);
        }
    }
}
