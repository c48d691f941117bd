/*
 * Nodes, their connections and what is under way between them.
 */
#include "swarm/kad_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define DIAL_NS (5 * KAD_WORLD_S) /* a dead host: nobody says no */
#define IDLE_NS (60 * KAD_WORLD_S)
#define MET 400    /* random others that a node met in its life so far */
#define NEAR 32    /* of those nearest to it */
#define MADE_UP 16 /* ids of a poisoner's answer */
#define MESSAGE_MAX 4096
#define ID_SIZE 38 /* an Ed25519 key's */
#define ROUNDS_MAX 100000000

enum kad_world_kind { KAD_WORLD_REQUEST, KAD_WORLD_ANSWER, KAD_WORLD_LOST, KAD_WORLD_TICK };

struct kad_world_warm {
    uint32_t peer;
    uint64_t used_ns;
};

struct kad_world_node {
    struct kad kad;
    struct peerid id;
    struct kad_key place;
    struct kad_world_warm *warm; /* KAD_WORLD_WARM_MAX; NULL until it spoke with anybody */
    uint32_t warm_count;
    uint32_t life; /* what was under way to an earlier one is lost */
    uint64_t tick_ns;
    bool is_up;
    bool is_hostile;
};

struct kad_world {
    struct kad_world_config config;
    struct random_seeded seeded;
    struct random random;
    struct wheel wheel;
    struct kad_world_node *nodes;
    uint32_t count;
    uint32_t room;
    struct map by_id;  /* id -> node */
    uint32_t *hostile; /* sorted by place */
    uint32_t hostile_count;
    uint64_t requests;
    uint64_t next_end_ns; /* churn */
    uint32_t watched;     /* whose searches kad_world_find reads */
    uint32_t watched_search;
    struct peerid sought; /* by that search: it is over when this one answers */
    bool is_done;
};

/* ---- Who is who ---- */

static uint64_t kad_world_now(const struct kad_world *w)
{
    return wheel_now(&w->wheel);
}

static uint32_t kad_world_of(const struct kad_world *w, const struct peerid *id)
{
    const struct kad_world_node *n = map_get(&w->by_id, peerid_span(id));
    return n == NULL ? UINT32_MAX : (uint32_t)(n - w->nodes);
}

static struct peerid kad_world_id(const struct kad_world *w)
{
    static const uint8_t head[] = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
    struct peerid id = {.len = ID_SIZE};
    memcpy(id.bytes, head, sizeof head);
    random_fill(&w->random, id.bytes + sizeof head, ID_SIZE - sizeof head);
    return id;
}

static void kad_world_born(struct kad_world *w, uint32_t at, const struct peerid *id)
{
    struct kad_world_node *n = &w->nodes[at];
    struct kad_config config = w->config.kad;
    uint32_t life = n->life + 1;
    *n = (struct kad_world_node){.id = *id, .life = life, .is_up = true, .tick_ns = UINT64_MAX};
    kad_key_of(&n->place, peerid_span(id));
    config.self = *id;
    config.random = &w->random;
    kad_init(&n->kad, &config,
             kad_world_now(w) - random_below(&w->random, KAD_TABLE_REFRESH_NS / 2));
    (void)map_put(&w->by_id, peerid_span(&n->id), n);
}

static void kad_world_gone(struct kad_world *w, uint32_t at)
{
    struct kad_world_node *n = &w->nodes[at];
    (void)map_remove(&w->by_id, peerid_span(&n->id));
    kad_clear(&n->kad);
    mem_free(n->warm);
    n->warm = NULL;
    n->is_up = false;
}

/* Half to three halves of a round trip, always the same between two. */
static uint64_t kad_world_trip(const struct kad_world *w, uint32_t a, uint32_t b)
{
    uint64_t x = (uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a);
    uint64_t trip = w->config.trip_ms * KAD_WORLD_MS;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return trip / 2 + (x >> 11) % (trip + 1);
}

/* Is there a connection from `a` to `b`? From now on there is. */
static bool kad_world_is_warm(const struct kad_world *w, uint32_t a, uint32_t b)
{
    struct kad_world_node *n = &w->nodes[a];
    uint64_t now = kad_world_now(w);
    uint32_t oldest = 0;
    if (n->warm == NULL) {
        n->warm = mem_new_array(KAD_WORLD_WARM_MAX, sizeof *n->warm);
    }
    for (uint32_t i = 0; i < n->warm_count; i++) {
        if (n->warm[i].peer == b) {
            bool is_warm = now - n->warm[i].used_ns < IDLE_NS;
            n->warm[i].used_ns = now;
            return is_warm;
        }
        oldest = n->warm[i].used_ns < n->warm[oldest].used_ns ? i : oldest;
    }
    uint32_t at = n->warm_count < KAD_WORLD_WARM_MAX ? n->warm_count++ : oldest;
    n->warm[at] = (struct kad_world_warm){.peer = b, .used_ns = now};
    return false;
}

/* ---- What is under way ---- */

/* What goes before every message: whose life it was sent from and meant for, and its id, since that
 * may be dead. */
struct kad_world_head {
    uint32_t from_life;
    uint32_t to_life;
    struct peerid to;
};

/* Something under way: `kind`, to and from whom, of which search. */
struct kad_world_sent {
    enum kad_world_kind kind;
    uint32_t to;
    uint32_t from;
    uint32_t tag;
    struct kad_world_head head;
};

static void kad_world_put(struct kad_world *w, uint64_t at_ns, const struct kad_world_sent *sent,
                          struct span body)
{
    struct wheel_item item = {.to = sent->to,
                              .from = sent->from,
                              .tag = sent->tag,
                              .kind = (uint16_t)sent->kind,
                              .len = (uint16_t)(sizeof sent->head + body.len)};
    CHECK(body.len <= WHEEL_BODY_MAX - sizeof sent->head);
    uint8_t *out = wheel_put(&w->wheel, at_ns, &item);
    memcpy(out, &sent->head, sizeof sent->head);
    if (body.len > 0) {
        memcpy(out + sizeof sent->head, body.ptr, body.len);
    }
}

static void kad_world_ask(struct kad_world *w, uint32_t from, const struct kad_ask *ask)
{
    uint8_t bytes[256];
    struct wr out;
    uint32_t to = kad_world_of(w, &ask->peer);
    uint64_t now = kad_world_now(w);
    struct kad_world_head head = {.from_life = w->nodes[from].life, .to = ask->peer};
    w->requests++;
    if (to == UINT32_MAX) {
        kad_world_put(
            w, now + DIAL_NS,
            &(struct kad_world_sent){
                .kind = KAD_WORLD_LOST, .to = from, .from = from, .tag = ask->search, .head = head},
            span_empty());
        return;
    }
    uint64_t trip = kad_world_trip(w, from, to);
    uint64_t way = trip / 2;
    head.to_life = w->nodes[to].life;
    way += kad_world_is_warm(w, from, to) ? 0 : trip * w->config.cold_trips;
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&out, ask->type, ask->key);
    CHECK(wr_finish(&out) == 0);
    kad_world_put(
        w, now + way,
        &(struct kad_world_sent){
            .kind = KAD_WORLD_REQUEST, .to = to, .from = from, .tag = ask->search, .head = head},
        wr_span(&out));
}

/* Turn the machine until it has nothing to say. */
static void kad_world_pump(struct kad_world *w, uint32_t at)
{
    struct kad_world_node *n = &w->nodes[at];
    struct kad_ask ask;
    uint32_t search;
    uint64_t now = kad_world_now(w);
    while (kad_next_ask(&n->kad, now, &ask)) {
        kad_world_ask(w, at, &ask);
    }
    while (kad_next_done(&n->kad, &search)) {
        if (at == w->watched && search == w->watched_search) {
            w->is_done = true; /* its reader ends it */
        } else {
            kad_end(&n->kad, search);
        }
    }
    uint64_t due = kad_deadline(&n->kad);
    if (due < n->tick_ns) {
        struct kad_world_head head = {.to_life = n->life};
        n->tick_ns = due;
        kad_world_put(w, due,
                      &(struct kad_world_sent){
                          .kind = KAD_WORLD_TICK, .to = at, .from = at, .tag = 0, .head = head},
                      span_empty());
    }
}

/* ---- Answers ---- */

static unsigned kad_world_bit(const struct kad_key *k, unsigned bit)
{
    return (unsigned)k->bytes[bit / 8] >> (7 - bit % 8) & 1U;
}

/* The nearest of all hostile nodes: they stand in order of place, so those that share most bits
 * with the target stand side by side. */
static size_t kad_world_kin(const struct kad_world *w, const struct kad_key *target,
                            struct peerid *out, size_t max)
{
    uint32_t low = 0;
    uint32_t high = w->hostile_count;
    for (unsigned bit = 0; bit < KAD_KEY_BITS && high - low > max; bit++) {
        uint32_t middle = low;
        unsigned wanted = kad_world_bit(target, bit);
        while (middle < high && kad_world_bit(&w->nodes[w->hostile[middle]].place, bit) == 0) {
            middle++;
        }
        uint32_t size = wanted == 0 ? middle - low : high - middle;
        if (size < max) {
            break;
        }
        low = wanted == 0 ? low : middle;
        high = wanted == 0 ? middle : high;
    }
    size_t count = 0;
    for (uint32_t i = low; i < high && count < max; i++) {
        out[count++] = w->nodes[w->hostile[i]].id;
    }
    return count;
}

static size_t kad_world_named(struct kad_world *w, uint32_t at, const struct peerid *asker,
                              struct span key, struct peerid *out)
{
    const struct kad_world_node *n = &w->nodes[at];
    struct kad_key target;
    if (!n->is_hostile) {
        return kad_named(&n->kad, asker, key, out, KAD_TABLE_K_MAX);
    }
    if (w->config.harm == KAD_WORLD_POISON) {
        for (size_t i = 0; i < MADE_UP; i++) {
            out[i] = kad_world_id(w);
        }
        return MADE_UP;
    }
    kad_key_of(&target, key);
    return kad_world_kin(w, &target, out, w->config.kad.k);
}

static void kad_world_answer(struct kad_world *w, uint32_t at, uint32_t to, uint32_t tag,
                             const struct kad_world_head *head, const struct kad_msg *m)
{
    static const uint8_t address[] = {4, 10, 0, 0, 1, 6, 0x27, 0x0f};
    uint8_t bytes[MESSAGE_MAX];
    struct peerid ids[KAD_TABLE_K_MAX];
    struct wr out;
    struct kad_world_head back = {
        .from_life = head->to_life, .to_life = head->from_life, .to = w->nodes[at].id};
    if (w->nodes[at].is_hostile && w->config.harm == KAD_WORLD_SILENT) {
        kad_world_put(w, kad_world_now(w) + 2 * DIAL_NS,
                      &(struct kad_world_sent){
                          .kind = KAD_WORLD_LOST, .to = to, .from = at, .tag = tag, .head = back},
                      span_empty());
        return;
    }
    size_t count = kad_world_named(w, at, &w->nodes[to].id, m->key, ids);
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&out, m->type, m->key);
    for (size_t i = 0; i < count; i++) {
        struct kad_msg_peer p = {.id = peerid_span(&ids[i]), .address_count = 1};
        p.addresses[0] = span_of(address, sizeof address);
        kad_msg_write_nearer(&out, &p);
    }
    CHECK(wr_finish(&out) == 0);
    kad_world_put(w, kad_world_now(w) + kad_world_trip(w, at, to) / 2,
                  &(struct kad_world_sent){
                      .kind = KAD_WORLD_ANSWER, .to = to, .from = at, .tag = tag, .head = back},
                  wr_span(&out));
}

static void kad_world_happen(struct kad_world *w, const struct wheel_item *item)
{
    struct kad_world_head head;
    struct kad_world_node *n = &w->nodes[item->to];
    uint32_t to = item->to;
    uint32_t from = item->from;
    uint32_t tag = item->tag;
    struct kad_msg m;
    memcpy(&head, wheel_body(item), sizeof head);
    struct span body = span_of(wheel_body(item) + sizeof head, item->len - sizeof head);
    if (item->kind == KAD_WORLD_REQUEST) {
        bool is_there = n->is_up && n->life == head.to_life;
        if (is_there && w->nodes[from].life == head.from_life) {
            CHECK(kad_msg_decode(&m, body) == 0);
            kad_world_answer(w, to, from, tag, &head, &m);
            if (!n->is_hostile) {
                kad_met(&n->kad, &w->nodes[from].id);
                kad_world_pump(w, to);
            }
        } else if (w->nodes[from].life == head.from_life) {
            struct kad_world_head back = {.to_life = head.from_life, .to = head.to};
            kad_world_put(
                w, kad_world_now(w) + DIAL_NS,
                &(struct kad_world_sent){
                    .kind = KAD_WORLD_LOST, .to = from, .from = from, .tag = tag, .head = back},
                span_empty());
        }
        return;
    }
    if (!n->is_up ||
        n->life !=
            (item->kind == KAD_WORLD_LOST && head.to_life == 0 ? head.from_life : head.to_life)) {
        return;
    }
    if (item->kind == KAD_WORLD_ANSWER) {
        CHECK(kad_msg_decode(&m, body) == 0);
        CHECK(kad_answered(&n->kad, tag, &head.to, 0, &m, kad_world_now(w)) == 0);
        if (to == w->watched && tag == w->watched_search && peerid_is_equal(&head.to, &w->sought)) {
            kad_stop(&n->kad, tag);
        }
    } else if (item->kind == KAD_WORLD_LOST) {
        kad_failed(&n->kad, tag, &head.to, kad_world_now(w));
    } else {
        n->tick_ns = UINT64_MAX;
        kad_tick(&n->kad, kad_world_now(w));
    }
    kad_world_pump(w, to);
}

/* ---- Beginning and churn ---- */

static const struct kad_world *kad_world_sorting;

static int kad_world_by_place(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;
    static const struct kad_key zero = {{0}};
    return kad_key_compare(&zero, &kad_world_sorting->nodes[*x].place,
                           &kad_world_sorting->nodes[*y].place);
}

static void kad_world_muster(struct kad_world *w)
{
    w->hostile_count = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->nodes[i].is_up && w->nodes[i].is_hostile) {
            w->hostile[w->hostile_count++] = i;
        }
    }
    kad_world_sorting = w;
    qsort(w->hostile, w->hostile_count, sizeof w->hostile[0], kad_world_by_place);
}

/* Each met those that stand next to it in order of place, and others at random. */
static void kad_world_settle(struct kad_world *w)
{
    uint32_t *order = mem_new_array(w->count, sizeof *order);
    for (uint32_t i = 0; i < w->count; i++) {
        order[i] = i;
    }
    kad_world_sorting = w;
    qsort(order, w->count, sizeof order[0], kad_world_by_place);
    for (uint32_t i = 0; i < w->count; i++) {
        struct kad *k = &w->nodes[order[i]].kad;
        for (uint32_t j = 1; j <= NEAR && j < w->count; j++) {
            kad_reached(k, &w->nodes[order[(i + j) % w->count]].id, 0, 0);
            kad_reached(k, &w->nodes[order[(i + w->count - j) % w->count]].id, 0, 0);
        }
        for (uint32_t j = 0; j < MET; j++) {
            kad_reached(k, &w->nodes[random_below(&w->random, w->count)].id, 0, 0);
        }
    }
    mem_free(order);
}

static void kad_world_plan_end(struct kad_world *w)
{
    uint64_t an_hour = 3600 * KAD_WORLD_S;
    uint64_t ends = (uint64_t)w->count * w->config.churn_percent_hour / 100;
    w->next_end_ns = ends == 0
                         ? UINT64_MAX
                         : kad_world_now(w) + random_below(&w->random, 2 * an_hour / ends + 1);
}

/* A node like others comes, knowing one that is there, and looks itself up. */
static void kad_world_join(struct kad_world *w, uint32_t at)
{
    uint32_t known = at;
    uint32_t search;
    struct kad_world_node *n = &w->nodes[at];
    while (known == at || !w->nodes[known].is_up) {
        known = (uint32_t)random_below(&w->random, w->count);
    }
    kad_reached(&n->kad, &w->nodes[known].id, 0, kad_world_now(w));
    CHECK(kad_find(&n->kad, KAD_MSG_FIND_NODE, peerid_span(&n->id), 0, kad_world_now(w), &search) ==
          0);
    kad_world_pump(w, at);
}

/* Somebody ends without a word, and somebody else begins. */
static void kad_world_churn(struct kad_world *w)
{
    uint32_t at = (uint32_t)random_below(&w->random, w->count);
    bool is_hostile = w->nodes[at].is_hostile;
    if (w->nodes[at].is_up && at != w->watched) {
        struct peerid id = kad_world_id(w);
        kad_world_gone(w, at);
        kad_world_born(w, at, &id);
        w->nodes[at].is_hostile = is_hostile;
        if (is_hostile) {
            kad_world_muster(w);
        }
        kad_world_join(w, at);
    }
    kad_world_plan_end(w);
}

struct kad_world *kad_world_new(const struct kad_world_config *config)
{
    struct kad_world *w = mem_new(sizeof *w);
    w->config = *config;
    random_seeded_init(&w->seeded, config->seed);
    w->random = random_from_seeded(&w->seeded);
    wheel_init(&w->wheel);
    map_init(&w->by_id, &w->random);
    w->room = config->nodes + 256;
    w->nodes = mem_new_array(w->room, sizeof *w->nodes);
    w->hostile = mem_new_array(w->room, sizeof *w->hostile);
    w->watched = UINT32_MAX;
    /* The clock begins so late that a bucket can have been fresh before. */
    (void)wheel_next(&w->wheel, KAD_TABLE_REFRESH_NS);
    for (; w->count < config->nodes; w->count++) {
        struct peerid id = kad_world_id(w);
        kad_world_born(w, w->count, &id);
        w->nodes[w->count].is_hostile = random_below(&w->random, 100) < config->hostile_percent;
    }
    kad_world_settle(w);
    kad_world_muster(w);
    kad_world_plan_end(w);
    for (uint32_t i = 0; i < w->count; i++) {
        kad_world_pump(w, i);
    }
    return w;
}

void kad_world_free(struct kad_world *w)
{
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->nodes[i].is_up) {
            kad_world_gone(w, i);
        }
    }
    map_clear(&w->by_id);
    wheel_clear(&w->wheel);
    mem_free(w->nodes);
    mem_free(w->hostile);
    mem_free(w);
}

/* One more thing happens, up to `until_ns`. */
static bool kad_world_step(struct kad_world *w, uint64_t until_ns)
{
    uint64_t limit = w->next_end_ns < until_ns ? w->next_end_ns : until_ns;
    const struct wheel_item *item = wheel_next(&w->wheel, limit);
    if (item != NULL) {
        kad_world_happen(w, item);
        return true;
    }
    if (limit == w->next_end_ns) {
        kad_world_churn(w);
        return true;
    }
    return false;
}

void kad_world_run(struct kad_world *w, uint64_t ns)
{
    uint64_t until = kad_world_now(w) + ns;
    while (kad_world_step(w, until)) {
    }
}

/* ---- Look-ups ---- */

static uint32_t kad_world_honest(struct kad_world *w, uint32_t but)
{
    for (;;) {
        uint32_t at = (uint32_t)random_below(&w->random, w->count);
        if (at != but && w->nodes[at].is_up && !w->nodes[at].is_hostile) {
            return at;
        }
    }
}

static struct kad_world_found kad_world_look(struct kad_world *w, uint32_t from, uint32_t wanted,
                                             unsigned paths)
{
    struct kad_world_found found = {0};
    struct kad *k = &w->nodes[from].kad;
    struct peerid id = w->nodes[wanted].id;
    const struct kad_candidate *near[KAD_TABLE_K_MAX];
    uint64_t begun = kad_world_now(w);
    w->watched = from;
    w->is_done = false;
    w->sought = id;
    if (kad_find(k, KAD_MSG_FIND_NODE, peerid_span(&id), paths, begun, &w->watched_search) < 0) {
        return found;
    }
    kad_world_pump(w, from);
    for (uint32_t i = 0; !w->is_done && i < ROUNDS_MAX; i++) {
        (void)kad_world_step(w, begun + 600 * KAD_WORLD_S);
    }
    const struct kad_search *s = kad_search(k, w->watched_search);
    CHECK(s != NULL);
    size_t count = kad_lookup_result(&s->lookup, near, KAD_TABLE_K_MAX);
    for (size_t i = 0; i < count; i++) {
        if (peerid_is_equal(&near[i]->id, &id)) {
            found.is_found = true;
            found.hops = near[i]->hops;
        }
    }
    found.took_ns = kad_world_now(w) - begun;
    found.asked = (uint32_t)s->lookup.asked;
    kad_end(k, w->watched_search);
    w->watched = UINT32_MAX;
    return found;
}

struct kad_world_found kad_world_find(struct kad_world *w, unsigned paths)
{
    uint32_t from = kad_world_honest(w, UINT32_MAX);
    return kad_world_look(w, from, kad_world_honest(w, from), paths);
}

struct kad_world_found kad_world_find_again(struct kad_world *w, unsigned paths)
{
    uint32_t from = kad_world_honest(w, UINT32_MAX);
    uint32_t wanted = kad_world_honest(w, from);
    (void)kad_world_look(w, from, wanted, paths);
    return kad_world_look(w, from, wanted, paths);
}

/* An id whose place is nearer to the target than `than` is. */
static struct peerid kad_world_ground(const struct kad_world *w, const struct kad_key *target,
                                      const struct kad_key *than)
{
    for (;;) {
        struct peerid id = kad_world_id(w);
        struct kad_key place;
        kad_key_of(&place, peerid_span(&id));
        if (kad_key_compare(target, &place, than) < 0) {
            return id;
        }
    }
}

struct kad_world_found kad_world_find_besieged(struct kad_world *w, unsigned paths, unsigned count)
{
    uint32_t wanted = kad_world_honest(w, UINT32_MAX);
    uint32_t nearest = UINT32_MAX;
    struct kad_key target = w->nodes[wanted].place;
    for (uint32_t i = 0; i < w->count; i++) {
        if (i != wanted && w->nodes[i].is_up && !w->nodes[i].is_hostile &&
            (nearest == UINT32_MAX ||
             kad_key_compare(&target, &w->nodes[i].place, &w->nodes[nearest].place) < 0)) {
            nearest = i;
        }
    }
    CHECK(nearest != UINT32_MAX && w->count + count <= w->room);
    for (unsigned i = 0; i < count; i++) {
        struct peerid id = kad_world_ground(w, &target, &w->nodes[nearest].place);
        uint32_t at = w->count++;
        kad_world_born(w, at, &id);
        w->nodes[at].is_hostile = true;
        kad_world_muster(w);
        kad_world_join(w, at);
    }
    kad_world_run(w, 60 * KAD_WORLD_S);
    return kad_world_look(w, kad_world_honest(w, wanted), wanted, paths);
}

/* ---- Figures ---- */

uint64_t kad_world_requests(const struct kad_world *w)
{
    return w->requests;
}

uint64_t kad_world_entries(const struct kad_world *w)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        all += w->nodes[i].is_up ? w->nodes[i].kad.table.peers.count : 0;
    }
    return all;
}

uint64_t kad_world_table_bytes(const struct kad_world *w)
{
    uint64_t bytes = kad_world_entries(w) * sizeof(struct kad_entry);
    for (uint32_t i = 0; i < w->count; i++) {
        const struct kad_table *t = &w->nodes[i].kad.table;
        bytes += w->nodes[i].is_up ? t->bucket_count * sizeof(struct kad_bucket) +
                                         t->peers.cap * sizeof(struct map_slot)
                                   : 0;
    }
    return bytes;
}

unsigned kad_world_poisoned(const struct kad_world *w)
{
    uint64_t all = 0;
    uint64_t bad = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct kad_world_node *n = &w->nodes[i];
        size_t at = 0;
        const struct kad_entry *e;
        if (!n->is_up || n->is_hostile) {
            continue;
        }
        while ((e = map_next(&n->kad.table.peers, &at)) != NULL) {
            uint32_t who = kad_world_of(w, &e->id);
            all += !e->is_waiting ? 1 : 0;
            bad += !e->is_waiting && (who == UINT32_MAX || w->nodes[who].is_hostile) ? 1 : 0;
        }
    }
    return all == 0 ? 0 : (unsigned)(bad * 1000 / all);
}

void kad_world_check(const struct kad_world *w)
{
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->nodes[i].is_up) {
            kad_check(&w->nodes[i].kad);
        }
    }
}
