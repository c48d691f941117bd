/*
 * P1 to P7. Counters decay at each tick; what topics and behaviour give is counted anew when one of
 * them changed, what the group of addresses gives is looked up.
 */
#include "pubsub/gossipsub_score.h"

#include "base/check.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/timers.h"

#define ONE GOSSIPSUB_SCORE_ONE
/* Counters go no further, so that squares and weights of up to 1,000 fit into 64 bits. */
#define COUNTER_MAX (3000 * ONE)
#define WEIGHT_MAX (1000 * ONE)
#define SCORE_MAX (INT64_MAX / 16) /* of any part: they are added */

/* One peer in one topic. */
struct gossipsub_score_stats {
    uint64_t grafted_ns;
    uint64_t mesh_ns; /* in the mesh, at the last tick */
    int64_t first;
    int64_t mesh;
    int64_t failure;
    int64_t invalid;
    uint16_t topic;
    bool is_in_mesh;
    bool is_active; /* P3 counts */
};

/* Peers that are connected from addresses of one group. */
struct gossipsub_score_group {
    uint64_t group; /* the map's key */
    unsigned count;
};

struct gossipsub_score_peer {
    struct peerid id; /* the map's key */
    struct list link; /* connected, or kept: the oldest first */
    bool is_up;
    bool is_stale;                       /* `known` is to be counted anew */
    uint64_t forget_ns;                  /* of one that is kept */
    struct gossipsub_score_group *group; /* NULL: counts with nobody */
    int64_t application;
    int64_t behaviour;
    int64_t known;                       /* all but P6 */
    struct gossipsub_score_stats *stats; /* owned array */
    unsigned stats_count;
};

struct gossipsub_score {
    struct gossipsub_score_config config;
    struct gossipsub_score_topic *topics[GOSSIPSUB_SCORE_TOPICS_MAX]; /* owned; NULL: not joined */
    struct map peers;
    struct map groups;
    struct list up;
    struct list kept;
    size_t kept_count;
    uint64_t due_ns;
};

struct gossipsub_score_config gossipsub_score_config_default(void)
{
    return (struct gossipsub_score_config){.topic = {.weight = ONE,
                                                     .time_weight = ONE / 100,
                                                     .time_quantum_ns = TIMERS_SECOND,
                                                     .time_cap = 50 * ONE,
                                                     .first_weight = ONE,
                                                     .first_decay = ONE * 9 / 10,
                                                     .first_cap = 20 * ONE,
                                                     .mesh_decay = ONE * 9 / 10,
                                                     .mesh_cap = 20 * ONE,
                                                     .mesh_threshold = ONE,
                                                     .mesh_window_ns = 10 * TIMERS_MS,
                                                     .mesh_activation_ns = 60 * TIMERS_SECOND,
                                                     .failure_decay = ONE * 9 / 10,
                                                     .invalid_weight = -100 * ONE,
                                                     .invalid_decay = ONE * 999 / 1000},
                                           .topic_cap = 100 * ONE,
                                           .application_weight = ONE,
                                           .group_weight = -10 * ONE,
                                           .group_threshold = 8,
                                           .behaviour_weight = -10 * ONE,
                                           .behaviour_threshold = 6 * ONE,
                                           .behaviour_decay = ONE * 99 / 100,
                                           .decay_ns = TIMERS_SECOND,
                                           .decay_to_zero = ONE / 100,
                                           .retain_ns = 3600 * TIMERS_SECOND};
}

struct gossipsub_score_thresholds gossipsub_score_thresholds_default(void)
{
    return (struct gossipsub_score_thresholds){.gossip = -100 * ONE,
                                               .publish = -500 * ONE,
                                               .graylist = -1000 * ONE,
                                               .accept_px = 5 * ONE,
                                               .opportunistic = ONE};
}

/* ---- Numbers of fixed point ---- */

static int64_t gossipsub_score_within(int64_t value, int64_t max)
{
    return value > max ? max : value < -max ? -max : value;
}

/* a * b, as near as 64 bits allow, and never beyond SCORE_MAX. */
static int64_t gossipsub_score_times(int64_t a, int64_t b)
{
    a = gossipsub_score_within(a, SCORE_MAX);
    b = gossipsub_score_within(b, SCORE_MAX);
    int64_t size = a < 0 ? -a : a;
    int64_t other = b < 0 ? -b : b;
    if (size == 0 || other == 0) {
        return 0;
    }
    if (size <= INT64_MAX / other) {
        return gossipsub_score_within(a * b / ONE, SCORE_MAX);
    }
    int64_t large = (size > other ? size : other) / ONE;
    int64_t small = size > other ? other : size;
    int64_t whole = large <= SCORE_MAX / small ? large * small : SCORE_MAX;
    return (a < 0) == (b < 0) ? whole : -whole;
}

static int64_t gossipsub_score_square(int64_t a)
{
    a = gossipsub_score_within(a, COUNTER_MAX);
    return a * a / ONE;
}

static int64_t gossipsub_score_count(int64_t counter, int64_t more, int64_t max)
{
    max = max < COUNTER_MAX ? max : COUNTER_MAX;
    return counter + more > max ? max : counter + more;
}

static void gossipsub_score_decay(const struct gossipsub_score *s, int64_t *counter, int64_t decay)
{
    *counter = gossipsub_score_times(*counter, decay);
    *counter = *counter < s->config.decay_to_zero ? 0 : *counter;
}

/* ---- What may be asked for ---- */

static bool gossipsub_score_is_reward(int64_t weight)
{
    return weight >= 0 && weight <= WEIGHT_MAX;
}

static bool gossipsub_score_is_penalty(int64_t weight)
{
    return weight <= 0 && weight >= -WEIGHT_MAX;
}

static bool gossipsub_score_is_decay(int64_t decay)
{
    return decay > 0 && decay <= ONE;
}

static bool gossipsub_score_is_cap(int64_t cap)
{
    return cap > 0 && cap <= COUNTER_MAX;
}

bool gossipsub_score_topic_is_valid(const struct gossipsub_score_topic *t)
{
    bool time = t->time_weight == 0 ||
                (gossipsub_score_is_reward(t->time_weight) && t->time_quantum_ns > 0 &&
                 t->time_cap > 0 && t->time_cap <= SCORE_MAX);
    bool first = t->first_weight == 0 ||
                 (gossipsub_score_is_reward(t->first_weight) &&
                  gossipsub_score_is_decay(t->first_decay) && gossipsub_score_is_cap(t->first_cap));
    bool has_mesh = t->mesh_weight != 0 || t->failure_weight != 0;
    bool mesh = !has_mesh ||
                (gossipsub_score_is_penalty(t->mesh_weight) &&
                 gossipsub_score_is_decay(t->mesh_decay) && gossipsub_score_is_cap(t->mesh_cap) &&
                 t->mesh_threshold > 0 && t->mesh_threshold <= t->mesh_cap);
    bool failure = t->failure_weight == 0 || (gossipsub_score_is_penalty(t->failure_weight) &&
                                              gossipsub_score_is_decay(t->failure_decay));
    bool invalid = t->invalid_weight == 0 || (gossipsub_score_is_penalty(t->invalid_weight) &&
                                              gossipsub_score_is_decay(t->invalid_decay));
    return gossipsub_score_is_reward(t->weight) && time && first && mesh && failure && invalid;
}

bool gossipsub_score_config_is_valid(const struct gossipsub_score_config *c)
{
    bool behaviour =
        c->behaviour_weight == 0 ||
        (gossipsub_score_is_penalty(c->behaviour_weight) && c->behaviour_threshold >= 0 &&
         c->behaviour_threshold <= COUNTER_MAX && gossipsub_score_is_decay(c->behaviour_decay));
    return gossipsub_score_topic_is_valid(&c->topic) && c->topic_cap >= 0 &&
           c->topic_cap <= SCORE_MAX && gossipsub_score_is_reward(c->application_weight) &&
           gossipsub_score_is_penalty(c->group_weight) &&
           (c->group_weight == 0 || c->group_threshold > 0) && behaviour && c->decay_ns > 0 &&
           c->decay_to_zero >= 0 && c->decay_to_zero < ONE;
}

bool gossipsub_score_thresholds_are_valid(const struct gossipsub_score_thresholds *t)
{
    return t->gossip <= 0 && t->publish <= t->gossip && t->graylist <= t->publish &&
           t->accept_px >= 0 && t->opportunistic >= 0;
}

/* ---- Beginning and end ---- */

struct gossipsub_score *gossipsub_score_new(const struct gossipsub_score_config *config,
                                            const struct random *random, uint64_t now)
{
    struct gossipsub_score *s = mem_new(sizeof *s);
    s->config = config != NULL ? *config : gossipsub_score_config_default();
    CHECK(gossipsub_score_config_is_valid(&s->config));
    map_init(&s->peers, random);
    map_init(&s->groups, random);
    list_init(&s->up);
    list_init(&s->kept);
    s->due_ns = now + s->config.decay_ns;
    return s;
}

static void gossipsub_score_forget(struct gossipsub_score *s, struct gossipsub_score_peer *p)
{
    (void)map_remove(&s->peers, peerid_span(&p->id));
    list_remove(&p->link);
    s->kept_count -= p->is_up ? 0 : 1;
    mem_free(p->stats);
    mem_free(p);
}

/* It no longer counts in its group. */
static void gossipsub_score_ungroup(struct gossipsub_score *s, struct gossipsub_score_peer *p)
{
    struct gossipsub_score_group *group = p->group;
    p->group = NULL;
    if (group != NULL && --group->count == 0) {
        (void)map_remove(&s->groups, span_of(&group->group, sizeof group->group));
        mem_free(group);
    }
}

void gossipsub_score_free(struct gossipsub_score *s)
{
    struct list *l;
    if (s == NULL) {
        return;
    }
    while ((l = list_next(&s->up, &s->up)) != NULL || (l = list_next(&s->kept, &s->kept)) != NULL) {
        struct gossipsub_score_peer *p = LIST_OF(l, struct gossipsub_score_peer, link);
        gossipsub_score_ungroup(s, p);
        gossipsub_score_forget(s, p);
    }
    for (unsigned i = 0; i < GOSSIPSUB_SCORE_TOPICS_MAX; i++) {
        mem_free(s->topics[i]);
    }
    map_clear(&s->peers);
    map_clear(&s->groups);
    mem_free(s);
}

/* ---- Peers ---- */

static struct gossipsub_score_group *gossipsub_score_group(struct gossipsub_score *s,
                                                           uint64_t number)
{
    struct gossipsub_score_group *group = map_get(&s->groups, span_of(&number, sizeof number));
    if (group == NULL) {
        group = mem_new(sizeof *group);
        group->group = number;
        (void)map_put(&s->groups, span_of(&group->group, sizeof group->group), group);
    }
    group->count++;
    return group;
}

struct gossipsub_score_peer *gossipsub_score_up(struct gossipsub_score *s, uint64_t now,
                                                const struct peerid *id, uint64_t group)
{
    struct gossipsub_score_peer *p = map_get(&s->peers, peerid_span(id));
    (void)now;
    if (p == NULL) {
        p = mem_new(sizeof *p);
        p->id = *id;
        (void)map_put(&s->peers, peerid_span(&p->id), p);
    } else {
        CHECK(!p->is_up);
        s->kept_count--;
    }
    list_remove(&p->link);
    list_push_back(&s->up, &p->link);
    p->is_up = true;
    p->is_stale = true;
    p->group = group != 0 ? gossipsub_score_group(s, group) : NULL;
    return p;
}

void gossipsub_score_down(struct gossipsub_score *s, uint64_t now, struct gossipsub_score_peer *p)
{
    int64_t score = gossipsub_score_of(s, now, p);
    gossipsub_score_ungroup(s, p);
    if (score > 0 || s->config.retain_ns == 0) {
        gossipsub_score_forget(s, p); /* a good name is made anew: it is not to be saved up */
        return;
    }
    for (unsigned i = 0; i < p->stats_count; i++) {
        p->stats[i].first = 0;
        CHECK(!p->stats[i].is_in_mesh);
    }
    if (s->kept_count == GOSSIPSUB_SCORE_KEPT_MAX) {
        gossipsub_score_forget(
            s, LIST_OF(list_next(&s->kept, &s->kept), struct gossipsub_score_peer, link));
    }
    list_remove(&p->link);
    list_push_back(&s->kept, &p->link);
    s->kept_count++;
    p->is_up = false;
    p->forget_ns = now + s->config.retain_ns;
}

/* ---- The score ---- */

static int64_t gossipsub_score_deficit(const struct gossipsub_score_topic *t,
                                       const struct gossipsub_score_stats *st)
{
    bool is_short = st->is_active && st->mesh < t->mesh_threshold;
    return is_short ? gossipsub_score_square(t->mesh_threshold - st->mesh) : 0;
}

static int64_t gossipsub_score_of_topic(const struct gossipsub_score_topic *t,
                                        const struct gossipsub_score_stats *st)
{
    int64_t score = 0;
    if (st->is_in_mesh && t->time_quantum_ns > 0) {
        uint64_t quanta = st->mesh_ns / t->time_quantum_ns;
        int64_t time = quanta < (uint64_t)(SCORE_MAX / ONE) ? (int64_t)quanta * ONE : SCORE_MAX;
        score += gossipsub_score_times(time < t->time_cap ? time : t->time_cap, t->time_weight);
    }
    score += gossipsub_score_times(st->first, t->first_weight);
    score += gossipsub_score_times(gossipsub_score_deficit(t, st), t->mesh_weight);
    score += gossipsub_score_times(st->failure, t->failure_weight);
    score += gossipsub_score_times(gossipsub_score_square(st->invalid), t->invalid_weight);
    return gossipsub_score_times(gossipsub_score_within(score, SCORE_MAX), t->weight);
}

/* All but P6. */
static int64_t gossipsub_score_known(const struct gossipsub_score *s,
                                     const struct gossipsub_score_peer *p)
{
    int64_t score = 0;
    int64_t excess = p->behaviour - s->config.behaviour_threshold;
    for (unsigned i = 0; i < p->stats_count; i++) {
        const struct gossipsub_score_topic *t = s->topics[p->stats[i].topic];
        score =
            gossipsub_score_within(score + gossipsub_score_of_topic(t, &p->stats[i]), SCORE_MAX);
    }
    if (s->config.topic_cap > 0 && score > s->config.topic_cap) {
        score = s->config.topic_cap;
    }
    score += gossipsub_score_times(p->application, s->config.application_weight);
    if (excess > 0) {
        score += gossipsub_score_times(gossipsub_score_square(excess), s->config.behaviour_weight);
    }
    return score;
}

int64_t gossipsub_score_of(struct gossipsub_score *s, uint64_t now, struct gossipsub_score_peer *p)
{
    int64_t score;
    (void)now;
    if (p->is_stale) {
        p->known = gossipsub_score_known(s, p);
        p->is_stale = false;
    }
    score = p->known;
    if (p->group != NULL && p->group->count > s->config.group_threshold) {
        int64_t surplus = (int64_t)(p->group->count - s->config.group_threshold);
        score +=
            gossipsub_score_times(gossipsub_score_square(surplus * ONE), s->config.group_weight);
    }
    return gossipsub_score_within(score, SCORE_MAX);
}

/* ---- Topics ---- */

void gossipsub_score_join(struct gossipsub_score *s, unsigned topic,
                          const struct gossipsub_score_topic *params)
{
    CHECK(topic < GOSSIPSUB_SCORE_TOPICS_MAX && s->topics[topic] == NULL);
    s->topics[topic] = mem_new(sizeof *s->topics[topic]);
    *s->topics[topic] = params != NULL ? *params : s->config.topic;
    CHECK(gossipsub_score_topic_is_valid(s->topics[topic]));
}

static void gossipsub_score_leave_one(struct gossipsub_score_peer *p, unsigned topic)
{
    for (unsigned i = 0; i < p->stats_count; i++) {
        if (p->stats[i].topic == topic) {
            p->stats[i] = p->stats[--p->stats_count];
            p->is_stale = true;
            return;
        }
    }
}

void gossipsub_score_leave(struct gossipsub_score *s, unsigned topic)
{
    CHECK(topic < GOSSIPSUB_SCORE_TOPICS_MAX && s->topics[topic] != NULL);
    for (struct list *l = list_next(&s->up, &s->up); l != NULL; l = list_next(&s->up, l)) {
        gossipsub_score_leave_one(LIST_OF(l, struct gossipsub_score_peer, link), topic);
    }
    for (struct list *l = list_next(&s->kept, &s->kept); l != NULL; l = list_next(&s->kept, l)) {
        gossipsub_score_leave_one(LIST_OF(l, struct gossipsub_score_peer, link), topic);
    }
    mem_free(s->topics[topic]);
    s->topics[topic] = NULL;
}

/* What is known of a peer in a topic, which is joined; made when there is nothing. */
static struct gossipsub_score_stats *
gossipsub_score_stats(struct gossipsub_score *s, struct gossipsub_score_peer *p, unsigned topic)
{
    CHECK(topic < GOSSIPSUB_SCORE_TOPICS_MAX && s->topics[topic] != NULL);
    p->is_stale = true;
    for (unsigned i = 0; i < p->stats_count; i++) {
        if (p->stats[i].topic == topic) {
            return &p->stats[i];
        }
    }
    p->stats = mem_resize(p->stats, (p->stats_count + 1) * sizeof *p->stats);
    p->stats[p->stats_count] = (struct gossipsub_score_stats){.topic = (uint16_t)topic};
    return &p->stats[p->stats_count++];
}

/* ---- What happened ---- */

void gossipsub_score_grafted(struct gossipsub_score *s, uint64_t now,
                             struct gossipsub_score_peer *p, unsigned topic)
{
    struct gossipsub_score_stats *st = gossipsub_score_stats(s, p, topic);
    st->is_in_mesh = true;
    st->is_active = false;
    st->grafted_ns = now;
    st->mesh_ns = 0;
}

void gossipsub_score_pruned(struct gossipsub_score *s, uint64_t now, struct gossipsub_score_peer *p,
                            unsigned topic)
{
    struct gossipsub_score_stats *st = gossipsub_score_stats(s, p, topic);
    (void)now;
    st->failure = gossipsub_score_count(st->failure, gossipsub_score_deficit(s->topics[topic], st),
                                        COUNTER_MAX);
    st->is_in_mesh = false;
    st->is_active = false;
}

void gossipsub_score_first(struct gossipsub_score *s, uint64_t now, struct gossipsub_score_peer *p,
                           unsigned topic)
{
    struct gossipsub_score_stats *st = gossipsub_score_stats(s, p, topic);
    st->first = gossipsub_score_count(st->first, ONE, s->topics[topic]->first_cap);
    gossipsub_score_duplicate(s, now, p, topic, 0);
}

void gossipsub_score_duplicate(struct gossipsub_score *s, uint64_t now,
                               struct gossipsub_score_peer *p, unsigned topic, uint64_t after_ns)
{
    struct gossipsub_score_stats *st = gossipsub_score_stats(s, p, topic);
    const struct gossipsub_score_topic *t = s->topics[topic];
    (void)now;
    if (st->is_in_mesh && after_ns <= t->mesh_window_ns) {
        st->mesh = gossipsub_score_count(st->mesh, ONE, t->mesh_cap);
    }
}

void gossipsub_score_invalid(struct gossipsub_score *s, uint64_t now,
                             struct gossipsub_score_peer *p, unsigned topic)
{
    struct gossipsub_score_stats *st = gossipsub_score_stats(s, p, topic);
    (void)now;
    st->invalid = gossipsub_score_count(st->invalid, ONE, COUNTER_MAX);
}

void gossipsub_score_misbehaved(struct gossipsub_score *s, uint64_t now,
                                struct gossipsub_score_peer *p, unsigned count)
{
    (void)s;
    (void)now;
    p->behaviour = gossipsub_score_count(p->behaviour, (int64_t)count * ONE, COUNTER_MAX);
    p->is_stale = true;
}

void gossipsub_score_application(struct gossipsub_score *s, struct gossipsub_score_peer *p,
                                 int64_t value)
{
    (void)s;
    p->application = gossipsub_score_within(value, COUNTER_MAX);
    p->is_stale = true;
}

/* ---- Time ---- */

uint64_t gossipsub_score_deadline(const struct gossipsub_score *s)
{
    return s->due_ns;
}

static void gossipsub_score_age(struct gossipsub_score *s, uint64_t now,
                                struct gossipsub_score_peer *p)
{
    for (unsigned i = 0; i < p->stats_count; i++) {
        struct gossipsub_score_stats *st = &p->stats[i];
        const struct gossipsub_score_topic *t = s->topics[st->topic];
        gossipsub_score_decay(s, &st->first, t->first_decay);
        gossipsub_score_decay(s, &st->mesh, t->mesh_decay);
        gossipsub_score_decay(s, &st->failure, t->failure_decay);
        gossipsub_score_decay(s, &st->invalid, t->invalid_decay);
        if (st->is_in_mesh) {
            st->mesh_ns = now > st->grafted_ns ? now - st->grafted_ns : 0;
            st->is_active = st->is_active || st->mesh_ns > t->mesh_activation_ns;
        }
    }
    gossipsub_score_decay(s, &p->behaviour, s->config.behaviour_decay);
    p->is_stale = true;
}

/* Those that left do not grow better by that: nothing decays while they are away. */
void gossipsub_score_tick(struct gossipsub_score *s, uint64_t now)
{
    struct list *l;
    if (now < s->due_ns) {
        return;
    }
    for (l = list_next(&s->up, &s->up); l != NULL; l = list_next(&s->up, l)) {
        gossipsub_score_age(s, now, LIST_OF(l, struct gossipsub_score_peer, link));
    }
    while ((l = list_next(&s->kept, &s->kept)) != NULL) {
        struct gossipsub_score_peer *p = LIST_OF(l, struct gossipsub_score_peer, link);
        if (p->forget_ns > now) {
            break;
        }
        gossipsub_score_forget(s, p);
    }
    s->due_ns = now + s->config.decay_ns;
}

void gossipsub_score_check(const struct gossipsub_score *s)
{
    size_t at = 0;
    size_t grouped = 0;
    const struct gossipsub_score_group *group;
    map_check(&s->peers);
    CHECK(list_count(&s->kept) == s->kept_count && s->kept_count <= GOSSIPSUB_SCORE_KEPT_MAX);
    CHECK(list_count(&s->up) + s->kept_count == s->peers.count);
    while ((group = map_next(&s->groups, &at)) != NULL) {
        CHECK(group->count > 0);
        grouped += group->count;
    }
    for (struct list *l = list_next(&s->up, &s->up); l != NULL; l = list_next(&s->up, l)) {
        const struct gossipsub_score_peer *p = LIST_OF(l, struct gossipsub_score_peer, link);
        CHECK(p->is_up);
        grouped -= p->group != NULL ? 1 : 0;
        for (unsigned i = 0; i < p->stats_count; i++) {
            CHECK(s->topics[p->stats[i].topic] != NULL);
        }
    }
    CHECK(grouped == 0);
}
