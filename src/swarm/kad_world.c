/*
 * Nodes, their connections and what is under way between them.
 */
#include "swarm/kad_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/kad_world_core.h"

#define DIAL_NS (5 * KAD_WORLD_S) /* a dead host: nobody says no */
#define IDLE_MS 60000
#define MADE_UP 16 /* ids of a poisoner's answer */
#define MESSAGE_MAX 4096
#define WALL_MS 1                        /* records do not end */
#define SIEGE_REST_NS (60 * KAD_WORLD_S) /* for the besiegers to be known */
#define MADE_NEAR 64 /* ids made for a node's nearest bucket, of which a push takes one */

enum kad_world_kind { KAD_WORLD_REQUEST, KAD_WORLD_ANSWER, KAD_WORLD_LOST, KAD_WORLD_TICK };

uint64_t kad_world_now(const struct kad_world *w)
{
    return wheel_now(&w->wheel);
}

/* ---- Who is who ---- */

static bool kad_world_is_made(uint32_t who)
{
    return (who & KAD_HARM_MADE_BIT) != 0;
}

/* The number of who answers to that id now; UINT32_MAX: nobody. */
static uint32_t kad_world_of(const struct kad_world *w, const struct peerid *id)
{
    uint32_t who = kad_harm_number(id);
    if (kad_world_is_made(who)) {
        return w->harm.made.count > 0 ? who : UINT32_MAX;
    }
    bool is_there = who < w->count && w->nodes[who].is_up && peerid_is_equal(&w->nodes[who].id, id);
    return is_there ? who : UINT32_MAX;
}

static struct peerid kad_world_id_of(const struct kad_world *w, uint32_t who)
{
    return kad_world_is_made(who) ? kad_harm_id(who, KAD_HARM_MADE_SALT) : w->nodes[who].id;
}

void kad_world_born(struct kad_world *w, uint32_t at, const struct peerid *id, bool is_hostile)
{
    struct kad_world_node *n = &w->nodes[at];
    struct kad_config config = w->config.kad;
    struct kad_key place;
    *n = (struct kad_world_node){.id = *id,
                                 .life = n->life + 1,
                                 .is_up = true,
                                 .is_hostile = is_hostile,
                                 .tick_ns = UINT64_MAX};
    kad_key_of(&place, peerid_span(id));
    n->place = kad_forest_place(&place);
    config.self = *id;
    config.random = &w->random;
    kad_init(&n->kad, &config,
             kad_world_now(w) - random_below(&w->random, KAD_TABLE_REFRESH_NS / 2));
    kad_quests_init(&n->quests,
                    &(struct kad_quests_config){.kad = &n->kad,
                                                .validators = &kad_world_record_validators,
                                                .random = &w->random},
                    kad_world_now(w));
}

static void kad_world_gone(struct kad_world *w, uint32_t at)
{
    struct kad_world_node *n = &w->nodes[at];
    kad_quests_clear(&n->quests);
    kad_clear(&n->kad);
    mem_free(n->warm);
    mem_free(n->kept);
    n->warm = NULL;
    n->kept = NULL;
    n->is_up = false;
    if (n->watch != 0) {
        struct kad_world_watch *watch = &w->watches[n->watch - 1];
        w->over += watch->is_over ? 0 : 1;
        watch->is_over = true;
        watch->is_lost = true;
    }
}

uint32_t kad_world_honest(struct kad_world *w, uint32_t but)
{
    for (;;) {
        uint32_t at = (uint32_t)random_below(&w->random, w->count);
        if (at != but && w->nodes[at].is_up && !w->nodes[at].is_hostile) {
            return at;
        }
    }
}

/* ---- Connections ---- */

/* Half to three halves of a round trip, always the same between two. */
static uint64_t kad_world_trip(const struct kad_world *w, uint32_t a, uint32_t b)
{
    uint64_t x = (uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a);
    uint64_t trip = w->config.trip_ms * KAD_WORLD_MS;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return trip / 2 + (x >> 11) % (trip + 1);
}

/* A place for one more connection: that of the one idle longest, when there are enough. */
static struct kad_world_warm *kad_world_room(struct kad_world_node *n)
{
    uint16_t oldest = 0;
    if (n->warm_count < n->warm_room) {
        return &n->warm[n->warm_count++];
    }
    if (n->warm_room < KAD_WORLD_WARM_MAX) {
        n->warm_room = n->warm_room == 0 ? 16 : (uint16_t)(n->warm_room * 2);
        n->warm = mem_resize(n->warm, n->warm_room * sizeof *n->warm);
        return &n->warm[n->warm_count++];
    }
    for (uint16_t i = 1; i < n->warm_count; i++) {
        oldest = n->warm[i].used_ms < n->warm[oldest].used_ms ? i : oldest;
    }
    return &n->warm[oldest];
}

/* Is there a connection from `a` to `b`? From now on there is. */
static bool kad_world_is_warm(const struct kad_world *w, uint32_t a, uint32_t b)
{
    struct kad_world_node *n = &w->nodes[a];
    uint32_t now_ms = (uint32_t)(kad_world_now(w) / KAD_WORLD_MS);
    for (uint16_t i = 0; i < n->warm_count;) {
        if (now_ms - n->warm[i].used_ms >= IDLE_MS) {
            n->warm[i] = n->warm[--n->warm_count];
        } else if (n->warm[i].peer == b) {
            n->warm[i].used_ms = now_ms;
            return true;
        } else {
            i++;
        }
    }
    *kad_world_room(n) = (struct kad_world_warm){.peer = b, .used_ms = now_ms};
    return false;
}

/* ---- What is under way ---- */

/* What goes before every message: the life it was sent from and is meant for, and the id of who was
 * or is to be asked, since that may be dead. */
struct kad_world_head {
    uint32_t from_life;
    uint32_t to_life;
    struct peerid asked;
};

struct kad_world_sent {
    enum kad_world_kind kind;
    uint32_t to;
    uint32_t from;
    uint32_t tag; /* the search */
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

static void kad_world_lose(struct kad_world *w, uint64_t after_ns, struct kad_world_sent sent)
{
    sent.kind = KAD_WORLD_LOST;
    kad_world_put(w, kad_world_now(w) + after_ns, &sent, span_empty());
}

static void kad_world_request(struct kad_world *w, const struct kad_world_sent *sent,
                              uint64_t after_ns, const struct kad_ask *ask)
{
    uint8_t bytes[256];
    struct wr out;
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&out, ask->type, ask->key);
    if (ask->type == KAD_MSG_PUT_VALUE) {
        kad_msg_write_record(&out, &(struct kad_msg_record){.key = ask->key, .value = ask->value});
    }
    CHECK(wr_finish(&out) == 0);
    w->requests++;
    kad_world_put(w, kad_world_now(w) + after_ns, sent, wr_span(&out));
}

/* Count what a watched node asks for its quest. */
static void kad_world_count(struct kad_world *w, const struct kad_world_node *n,
                            const struct kad_ask *ask)
{
    const struct kad_search *s = kad_search(&n->kad, ask->search);
    if (n->watch != 0 && ask->search != 0 && (s == NULL || !s->is_upkeep)) {
        w->watches[n->watch - 1].found.asked++;
    }
}

static void kad_world_ask(struct kad_world *w, uint32_t from, const struct kad_ask *ask)
{
    uint32_t to = kad_world_of(w, &ask->peer);
    struct kad_world_sent sent = {
        .kind = KAD_WORLD_REQUEST,
        .to = to,
        .from = from,
        .tag = ask->search,
        .head = {.from_life = w->nodes[from].life, .asked = ask->peer},
    };
    if (to == UINT32_MAX) {
        w->requests++;
        sent.to = from;
        sent.head.to_life = sent.head.from_life;
        kad_world_lose(w, DIAL_NS, sent);
        return;
    }
    uint64_t trip = kad_world_trip(w, from, to);
    uint64_t way = trip / 2 + (kad_world_is_warm(w, from, to) ? 0 : trip * w->config.cold_trips);
    sent.head.to_life = kad_world_is_made(to) ? 0 : w->nodes[to].life;
    kad_world_request(w, &sent, way, ask);
}

static void kad_world_plan_tick(struct kad_world *w, uint32_t at)
{
    struct kad_world_node *n = &w->nodes[at];
    uint64_t due = kad_quests_deadline(&n->quests);
    if (due < n->tick_ns) {
        n->tick_ns = due;
        kad_world_put(
            w, due,
            &(struct kad_world_sent){
                .kind = KAD_WORLD_TICK, .to = at, .from = at, .head = {.to_life = n->life}},
            span_empty());
    }
}

/* What a quest of a plan tells. */
static void kad_world_told(struct kad_world *w, struct kad_world_watch *watch,
                           const struct kad_quest_event *e)
{
    if (e->quest != watch->quest || watch->is_over) {
        return;
    }
    switch (e->kind) {
    case KAD_QUEST_FOUND:
        watch->found.is_found |= peerid_is_equal(&e->peer, &w->nodes[watch->wanted].id);
        break;
    case KAD_QUEST_VALUE:
        watch->found.is_found = true;
        break;
    case KAD_QUEST_PROVIDER:
        break;
    case KAD_QUEST_DONE:
        watch->found.kept = e->count;
        watch->found.took_ns = kad_world_now(w) - watch->begun_ns;
        watch->is_over = true;
        w->over++;
        break;
    }
}

void kad_world_pump(struct kad_world *w, uint32_t at)
{
    struct kad_world_node *n = &w->nodes[at];
    struct kad_ask ask;
    struct kad_quest_event e;
    uint64_t now = kad_world_now(w);
    bool is_more = true;
    while (is_more) {
        is_more = false;
        while (kad_quests_next_ask(&n->quests, now, &ask)) {
            kad_world_count(w, n, &ask);
            kad_world_ask(w, at, &ask);
        }
        while (kad_quests_next_event(&n->quests, &e, now)) {
            is_more = true;
            if (n->watch != 0) {
                kad_world_told(w, &w->watches[n->watch - 1], &e);
            }
        }
    }
    kad_world_plan_tick(w, at);
}

/* ---- Answers ---- */

static size_t kad_world_named_by_hostile(struct kad_world *w, uint32_t at, struct span key,
                                         struct peerid *out)
{
    uint32_t numbers[KAD_TABLE_K_MAX];
    struct kad_key target;
    kad_key_of(&target, key);
    uint64_t own = kad_world_is_made(at) ? 0 : w->nodes[at].place;
    size_t count =
        kad_harm_named(&w->harm, own, kad_forest_place(&target), numbers, w->config.kad.k);
    for (size_t i = 0; i < count; i++) {
        out[i] = kad_world_id_of(w, numbers[i]);
    }
    return count;
}

/* What a hostile node says that answers as the honest do, but for the target. */
static size_t kad_world_omit(struct span key, struct peerid *ids, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!span_is_equal(peerid_span(&ids[i]), key)) {
            ids[kept++] = ids[i];
        }
    }
    return kept;
}

static size_t kad_world_named(struct kad_world *w, uint32_t at, const struct peerid *asker,
                              struct span key, struct peerid *out)
{
    bool is_hostile = kad_world_is_made(at) || w->nodes[at].is_hostile;
    if (is_hostile && w->config.harm == KAD_HARM_POISON) {
        for (uint32_t i = 0; i < MADE_UP; i++) {
            out[i] = kad_harm_id(UINT32_MAX - 1, random_u64(&w->random));
        }
        return MADE_UP;
    }
    size_t count = is_hostile ? kad_world_named_by_hostile(w, at, key, out) : 0;
    if (count == 0) {
        count = kad_named(&w->nodes[at].kad, asker, key, out, KAD_TABLE_K_MAX);
    }
    return is_hostile && w->config.harm == KAD_HARM_OMIT ? kad_world_omit(key, out, count) : count;
}

/* A hostile node says that it keeps what it does not keep. */
static void kad_world_answer_record(struct kad_world *w, uint32_t at, const struct kad_msg *m,
                                    struct wr *out)
{
    bool is_hostile = kad_world_is_made(at) || w->nodes[at].is_hostile;
    uint32_t record;
    bool is_record = kad_world_record_read(m->key, &record) && !is_hostile;
    if (m->type == KAD_MSG_PUT_VALUE && m->has_record) {
        if (is_record) {
            kad_world_record_keep(&w->nodes[at], record);
        }
        kad_msg_write_record(out, &m->record);
    } else if (m->type == KAD_MSG_GET_VALUE && is_record &&
               kad_world_record_is_kept(&w->nodes[at], record)) {
        struct kad_msg_record r = {.key = m->key,
                                   .value = span_of((const uint8_t *)&record, sizeof record)};
        kad_msg_write_record(out, &r);
    }
}

/* `asked` is the request as it came. */
static void kad_world_answer(struct kad_world *w, const struct kad_world_sent *asked,
                             const struct kad_msg *m)
{
    static const uint8_t address[] = {4, 10, 0, 0, 1, 6, 0x27, 0x0f};
    uint8_t bytes[MESSAGE_MAX];
    struct peerid ids[KAD_TABLE_K_MAX];
    struct wr out;
    uint32_t at = asked->to;
    struct kad_world_sent back = {.kind = KAD_WORLD_ANSWER,
                                  .to = asked->from,
                                  .from = at,
                                  .tag = asked->tag,
                                  .head = {.from_life = asked->head.to_life,
                                           .to_life = asked->head.from_life,
                                           .asked = asked->head.asked}};
    bool is_hostile = kad_world_is_made(at) || w->nodes[at].is_hostile;
    if (kad_world_is_made(asked->from)) {
        return; /* it wanted to be known, and nothing else */
    }
    if (is_hostile && w->config.harm == KAD_HARM_SILENT) {
        kad_world_lose(w, 2 * DIAL_NS, back);
        return;
    }
    size_t count = kad_world_named(w, at, &w->nodes[asked->from].id, m->key, ids);
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&out, m->type, m->key);
    kad_world_answer_record(w, at, m, &out);
    for (size_t i = 0; i < count; i++) {
        struct kad_msg_peer p = {.id = peerid_span(&ids[i]), .address_count = 1};
        p.addresses[0] = span_of(address, sizeof address);
        kad_msg_write_nearer(&out, &p);
    }
    CHECK(wr_finish(&out) == 0);
    kad_world_put(w, kad_world_now(w) + kad_world_trip(w, at, asked->from) / 2, &back,
                  wr_span(&out));
}

static void kad_world_asked(struct kad_world *w, const struct kad_world_sent *s, struct span body)
{
    struct kad_msg m;
    bool is_made = kad_world_is_made(s->to);
    bool is_there = is_made || (w->nodes[s->to].is_up && w->nodes[s->to].life == s->head.to_life);
    if (!kad_world_is_made(s->from) && w->nodes[s->from].life != s->head.from_life) {
        return;
    }
    if (!is_there) {
        struct kad_world_sent back = *s;
        back.to = s->from;
        back.head.to_life = s->head.from_life;
        kad_world_lose(w, DIAL_NS, back);
        return;
    }
    CHECK(kad_msg_decode(&m, body) == 0);
    kad_world_answer(w, s, &m);
    if (!is_made && !w->nodes[s->to].is_hostile) {
        struct peerid asker = kad_world_id_of(w, s->from);
        kad_met(&w->nodes[s->to].kad, &asker);
        kad_world_pump(w, s->to);
    }
}

static struct kad_store_time kad_world_time(const struct kad_world *w)
{
    return (struct kad_store_time){.now = kad_world_now(w), .wall_ms = WALL_MS};
}

static void kad_world_answered(struct kad_world *w, struct kad_world_node *n,
                               const struct kad_world_sent *s, struct span body)
{
    struct kad_msg m;
    struct kad_store_time time = kad_world_time(w);
    struct kad_world_watch *watch = n->watch != 0 ? &w->watches[n->watch - 1] : NULL;
    const struct kad_search *search = kad_search(&n->kad, s->tag);
    CHECK(kad_msg_decode(&m, body) == 0);
    if (watch != NULL && !watch->is_record && s->from == watch->wanted && search != NULL &&
        search->lookup.count > 0) {
        watch->found.hops = search->lookup.candidates[0]->hops; /* nobody is nearer */
    }
    CHECK(kad_quests_answered(&n->quests, s->tag, &s->head.asked, 0, &m, &time) == 0);
}

static void kad_world_happen(struct kad_world *w, const struct wheel_item *item)
{
    struct kad_world_sent s = {
        .kind = (enum kad_world_kind)item->kind,
        .to = item->to,
        .from = item->from,
        .tag = item->tag,
    };
    memcpy(&s.head, wheel_body(item), sizeof s.head);
    struct span body = span_of(wheel_body(item) + sizeof s.head, item->len - sizeof s.head);
    if (s.kind == KAD_WORLD_REQUEST) {
        kad_world_asked(w, &s, body);
        return;
    }
    if (kad_world_is_made(s.to)) {
        return;
    }
    struct kad_world_node *n = &w->nodes[s.to];
    if (!n->is_up || n->life != s.head.to_life) {
        return;
    }
    if (s.kind == KAD_WORLD_ANSWER) {
        kad_world_answered(w, n, &s, body);
    } else if (s.kind == KAD_WORLD_LOST) {
        kad_quests_failed(&n->quests, s.tag, &s.head.asked, kad_world_now(w));
    } else {
        n->tick_ns = UINT64_MAX;
        kad_quests_tick(&n->quests, kad_world_now(w));
    }
    kad_world_pump(w, s.to);
}

/* ---- Beginning, churn, pushes ---- */

void kad_world_muster(struct kad_world *w)
{
    w->harm.kin.count = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->nodes[i].is_up && w->nodes[i].is_hostile) {
            kad_forest_add(&w->harm.kin, w->nodes[i].place, i);
        }
    }
    kad_forest_sort(&w->harm.kin);
}

static void kad_world_plan_end(struct kad_world *w)
{
    uint64_t an_hour = 3600 * KAD_WORLD_S;
    uint64_t ends = (uint64_t)w->count * w->config.churn_percent_hour / 100;
    w->next_end_ns = ends == 0
                         ? UINT64_MAX
                         : kad_world_now(w) + random_below(&w->random, 2 * an_hour / ends + 1);
}

void kad_world_set_churn(struct kad_world *w, uint32_t percent_hour)
{
    w->config.churn_percent_hour = percent_hour;
    kad_world_plan_end(w);
}

void kad_world_join(struct kad_world *w, uint32_t at)
{
    uint32_t known = at;
    uint32_t quest;
    struct kad_world_node *n = &w->nodes[at];
    while (known == at || !w->nodes[known].is_up) {
        known = (uint32_t)random_below(&w->random, w->count);
    }
    struct kad_quest_wish wish = {.kind = KAD_QUEST_NEAREST, .key = peerid_span(&n->id)};
    struct kad_store_time time = kad_world_time(w);
    kad_reached(&n->kad, &w->nodes[known].id, 0, kad_world_now(w));
    CHECK(kad_quests_begin(&n->quests, &wish, &time, &quest) == 0);
    kad_world_pump(w, at);
}

/* Somebody ends without a word, and somebody else begins. */
static void kad_world_churn(struct kad_world *w)
{
    uint32_t at = (uint32_t)random_below(&w->random, w->count);
    if (w->nodes[at].is_up && !w->nodes[at].is_hostile) {
        struct peerid id = kad_harm_id(at, random_u64(&w->random));
        kad_world_gone(w, at);
        kad_world_born(w, at, &id, false);
        kad_world_join(w, at);
    }
    kad_world_plan_end(w);
}

static void kad_world_plan_push(struct kad_world *w)
{
    uint64_t pushes = (uint64_t)w->config.pushes_minute * w->harm.kin.count;
    w->next_push_ns =
        pushes == 0 ? UINT64_MAX
                    : kad_world_now(w) + random_below(&w->random, 120 * KAD_WORLD_S / pushes + 1);
}

/* A hostile node shows itself to an honest one, under its own id or under one made for it. */
static void kad_world_push(struct kad_world *w)
{
    const struct kad_forest *made = &w->harm.made;
    uint32_t to = kad_world_honest(w, UINT32_MAX);
    uint32_t from = w->harm.kin.leaves[random_below(&w->random, w->harm.kin.count)].who;
    if (made->count > 0 && random_below(&w->random, 2) == 0) {
        uint32_t near[MADE_NEAR];
        size_t count = kad_forest_nearest(made, w->nodes[to].place, near, MADE_NEAR);
        from = near[random_below(&w->random, count)];
    }
    struct peerid self = kad_world_id_of(w, from);
    struct kad_ask ask = {.type = KAD_MSG_FIND_NODE, .key = peerid_span(&self)};
    struct kad_world_sent sent = {
        .kind = KAD_WORLD_REQUEST,
        .to = to,
        .from = from,
        .head = {.from_life = kad_world_is_made(from) ? 0 : w->nodes[from].life,
                 .to_life = w->nodes[to].life,
                 .asked = w->nodes[to].id},
    };
    kad_world_request(w, &sent, kad_world_trip(w, from, to) / 2, &ask);
    kad_world_plan_push(w);
}

struct kad_world *kad_world_new(const struct kad_world_config *config)
{
    struct kad_world *w = mem_new(sizeof *w);
    w->config = *config;
    random_seeded_init(&w->seeded, config->seed);
    w->random = random_from_seeded(&w->seeded);
    wheel_init(&w->wheel);
    kad_harm_init(&w->harm, config->harm, config->hostile_percent > 0 ? config->nodes : 0);
    w->room = config->nodes + KAD_WORLD_SIEGE_MAX;
    w->nodes = mem_new_array(w->room, sizeof *w->nodes);
    /* The clock begins so late that a bucket can have been fresh before. */
    (void)wheel_next(&w->wheel, KAD_TABLE_REFRESH_NS);
    for (; w->count < config->nodes; w->count++) {
        struct peerid id = kad_harm_id(w->count, random_u64(&w->random));
        kad_world_born(w, w->count, &id, random_below(&w->random, 100) < config->hostile_percent);
    }
    kad_world_settle(w);
    kad_world_muster(w);
    kad_world_plan_end(w);
    kad_world_plan_push(w);
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
    kad_harm_clear(&w->harm);
    wheel_clear(&w->wheel);
    mem_free(w->nodes);
    mem_free(w->watches);
    mem_free(w);
}

bool kad_world_step(struct kad_world *w, uint64_t until_ns)
{
    uint64_t limit = w->next_end_ns < until_ns ? w->next_end_ns : until_ns;
    limit = w->next_push_ns < limit ? w->next_push_ns : limit;
    const struct wheel_item *item = wheel_next(&w->wheel, limit);
    if (item != NULL) {
        kad_world_happen(w, item);
    } else if (limit == w->next_end_ns) {
        kad_world_churn(w);
    } else if (limit == w->next_push_ns) {
        kad_world_push(w);
    } else {
        return false;
    }
    return true;
}

void kad_world_run(struct kad_world *w, uint64_t ns)
{
    uint64_t until = kad_world_now(w) + ns;
    while (kad_world_step(w, until)) {
    }
}

/* ---- Sieges ---- */

/* An id of number `at` whose place is nearer to the target than `than` is. */
static struct peerid kad_world_ground(const struct kad_world *w, uint32_t at, uint64_t target,
                                      uint64_t than)
{
    for (;;) {
        struct peerid id = kad_harm_id(at, random_u64(&w->random));
        struct kad_key key;
        kad_key_of(&key, peerid_span(&id));
        if ((kad_forest_place(&key) ^ target) < (than ^ target)) {
            return id;
        }
    }
}

/* Nearer to the target than every honest node but `but`. */
static void kad_world_besiege_at(struct kad_world *w, uint64_t target, uint32_t but, unsigned count)
{
    uint64_t nearest = ~target;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct kad_world_node *n = &w->nodes[i];
        if (i != but && n->is_up && !n->is_hostile && (n->place ^ target) < (nearest ^ target)) {
            nearest = n->place;
        }
    }
    CHECK(w->count + count <= w->room);
    for (unsigned i = 0; i < count; i++) {
        uint32_t at = w->count++;
        struct peerid id = kad_world_ground(w, at, target, nearest);
        kad_world_born(w, at, &id, true);
    }
    kad_world_muster(w);
    for (uint32_t i = w->count - count; i < w->count; i++) {
        kad_world_join(w, i);
    }
    kad_world_run(w, SIEGE_REST_NS);
}

uint32_t kad_world_besiege(struct kad_world *w, unsigned count)
{
    uint32_t wanted = kad_world_honest(w, UINT32_MAX);
    kad_world_besiege_at(w, w->nodes[wanted].place, wanted, count);
    return wanted;
}

void kad_world_besiege_record(struct kad_world *w, uint32_t record, unsigned count)
{
    uint8_t bytes[KAD_WORLD_RECORD_SIZE];
    struct kad_key key;
    kad_key_of(&key, kad_world_record_key(record, bytes));
    kad_world_besiege_at(w, kad_forest_place(&key), UINT32_MAX, count);
}

/* ---- Figures ---- */

uint32_t kad_world_keepers(const struct kad_world *w, uint32_t record)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        count += w->nodes[i].is_up && !w->nodes[i].is_hostile &&
                 kad_world_record_is_kept(&w->nodes[i], record);
    }
    return count;
}

uint64_t kad_world_requests(const struct kad_world *w)
{
    return w->requests;
}

uint64_t kad_world_entries(const struct kad_world *w)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct kad_table *t = &w->nodes[i].kad.table;
        all += t->count;
        for (unsigned j = 0; j < t->bucket_count; j++) {
            all += t->buckets[j].waiting.count;
        }
    }
    return all;
}

uint64_t kad_world_places(const struct kad_world *w)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        all += w->nodes[i].is_up ? w->nodes[i].kad.table.count : 0;
    }
    return all;
}

uint64_t kad_world_table_bytes(const struct kad_world *w)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        bytes += w->nodes[i].is_up ? kad_table_bytes(&w->nodes[i].kad.table) : 0;
    }
    return bytes;
}

/* Of one bucket, how many are nobody or hostile. */
static uint64_t kad_world_bad(const struct kad_world *w, const struct kad_places *p)
{
    uint64_t bad = 0;
    for (unsigned i = 0; i < p->count; i++) {
        uint32_t who = kad_world_of(w, &p->list[i]->id);
        bad += who == UINT32_MAX || kad_world_is_made(who) || w->nodes[who].is_hostile ? 1 : 0;
    }
    return bad;
}

unsigned kad_world_poisoned(const struct kad_world *w)
{
    uint64_t all = 0;
    uint64_t bad = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct kad_world_node *n = &w->nodes[i];
        const struct kad_table *t = &n->kad.table;
        bool is_honest = n->is_up && !n->is_hostile;
        all += is_honest ? t->count : 0;
        for (unsigned j = 0; is_honest && j < t->bucket_count; j++) {
            bad += kad_world_bad(w, &t->buckets[j].entries);
        }
    }
    return all == 0 ? 0 : (unsigned)(bad * 1000 / all);
}

void kad_world_check(const struct kad_world *w)
{
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->nodes[i].is_up) {
            kad_check(&w->nodes[i].kad);
            kad_quests_check(&w->nodes[i].quests);
        }
    }
}
