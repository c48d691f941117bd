/*
 * SWIM: a table of members, one probe at a time, and news that are told so often and then dropped.
 *
 * News ride on a message when it is taken (swim_next_event), so that each holds the latest.
 */
#include "swarm/swim.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct swim_member {
    uint64_t since_ns; /* of the state */
    uint32_t incarnation;
    enum swim_state state;
    uint8_t told; /* how often its news went out */
    bool is_fresh;
};

/* A ping for another: its answer is passed on. */
struct swim_relay {
    uint64_t end_ns;
    uint32_t seq;
    uint32_t asked_seq;
    uint16_t asked_by;
};

/* Decimal logarithm, to 2^-20: one bit of the fraction after the other. */
static double log10_of(double x)
{
    double whole = 0;
    double bit = 0.5;
    for (; x >= 10; x /= 10) {
        whole += 1;
    }
    for (int i = 0; i < 20; i++, bit /= 2) {
        x *= x;
        if (x >= 10) {
            x /= 10;
            whole += bit;
        }
    }
    return whole;
}

static void send(struct swim *s, uint16_t to, enum swim_kind kind, uint32_t seq, uint16_t target)
{
    struct swim_event event = {
        .kind = SWIM_SEND, .member = to, .msg = {.kind = kind, .seq = seq, .target = target}};
    CHECK(ring_push(&s->events, &event) == 0);
}

/* ---- News ---- */

static void tell(struct swim *s, uint16_t member)
{
    struct swim_member *m = &s->members[member];
    m->told = 0;
    if (!m->is_fresh) {
        m->is_fresh = true;
        s->fresh[s->fresh_count++] = member;
    }
}

static struct swim_news news_of(const struct swim *s, uint16_t member)
{
    const struct swim_member *m = &s->members[member];
    return (struct swim_news){
        .incarnation = m->incarnation, .member = member, .state = (uint8_t)m->state};
}

/* Those told least often first, as many as fit; what was told often enough is dropped. */
static uint16_t take_news(struct swim *s)
{
    uint16_t count = 0;
    for (uint8_t told = 0; told < s->retransmits && count < SWIM_NEWS_MAX; told++) {
        for (uint16_t i = 0; i < s->fresh_count && count < SWIM_NEWS_MAX; i++) {
            if (s->members[s->fresh[i]].told == told) {
                s->news[count++] = news_of(s, s->fresh[i]);
            }
        }
    }
    for (uint16_t i = 0; i < count; i++) {
        s->members[s->news[i].member].told++;
    }
    for (uint16_t i = s->fresh_count; i > 0; i--) {
        struct swim_member *m = &s->members[s->fresh[i - 1]];
        if (m->told >= s->retransmits) {
            m->is_fresh = false;
            s->fresh[i - 1] = s->fresh[--s->fresh_count];
        }
    }
    return count;
}

static void set_state(struct swim *s, uint64_t now, struct swim_news news, bool is_own)
{
    struct swim_member *m = &s->members[news.member];
    enum swim_state before = m->state;
    m->incarnation = news.incarnation;
    m->state = (enum swim_state)news.state;
    if (m->state != before) {
        m->since_ns = now;
    }
    tell(s, news.member);
    if (m->state == SWIM_SUSPECT && now + s->suspicion_ns < s->suspect_due_ns) {
        s->suspect_due_ns = now + s->suspicion_ns;
    }
    if ((m->state == SWIM_DEAD) != (before == SWIM_DEAD)) {
        struct swim_event event = {.kind = m->state == SWIM_DEAD ? SWIM_DOWN : SWIM_BACK,
                                   .member = news.member,
                                   .is_own = is_own};
        CHECK(ring_push(&s->events, &event) == 0);
    }
}

/* What is said of this member itself: anything bad is refuted. */
static void hear_of_self(struct swim *s, struct swim_news news)
{
    struct swim_member *m = &s->members[s->config.self];
    if (news.state != SWIM_ALIVE && news.incarnation >= m->incarnation) {
        m->incarnation = news.incarnation + 1;
        tell(s, s->config.self);
    }
}

/* SWIM section 4.2: which news override which. Dead is not for ever: a higher incarnation ends it,
 * as in memberlist. */
static void hear(struct swim *s, uint64_t now, struct swim_news news)
{
    const struct swim_member *m = &s->members[news.member];
    if (news.member == s->config.self) {
        hear_of_self(s, news);
        return;
    }
    switch ((enum swim_state)news.state) {
    case SWIM_ALIVE:
        if (news.incarnation > m->incarnation) {
            set_state(s, now, news, false);
        }
        return;
    case SWIM_SUSPECT:
        if (news.incarnation >= m->incarnation && m->state == SWIM_ALIVE) {
            set_state(s, now, news, false);
        }
        return;
    case SWIM_DEAD:
        if (news.incarnation >= m->incarnation && m->state != SWIM_DEAD) {
            set_state(s, now, news, false);
        }
        return;
    }
}

/* ---- Who is asked ---- */

/* Up to `want` members at random that are alive; those suspected or lately dead only for gossip. */
static size_t draw_members(struct swim *s, uint64_t now, uint16_t but, size_t want, bool is_gossip,
                           uint16_t *out)
{
    size_t count = 0;
    for (size_t tries = 0; tries < 3u * s->config.members && count < want; tries++) {
        uint16_t i = (uint16_t)random_below(s->config.random, s->config.members);
        const struct swim_member *m = &s->members[i];
        bool is_fit = m->state == SWIM_ALIVE;
        if (is_gossip) {
            is_fit = m->state != SWIM_DEAD || now < m->since_ns + SWIM_GOSSIP_DEAD_NS;
        }
        for (size_t k = 0; k < count; k++) {
            is_fit = is_fit && out[k] != i;
        }
        if (is_fit && i != but && i != s->config.self) {
            out[count++] = i;
        }
    }
    return count;
}

static void shuffle(struct swim *s)
{
    for (uint16_t i = s->config.members; i > 1; i--) {
        size_t other = (size_t)random_below(s->config.random, i);
        uint16_t swap = s->round[i - 1];
        s->round[i - 1] = s->round[other];
        s->round[other] = swap;
    }
    s->round_at = 0;
}

/* ---- Probes ---- */

static void probe_next(struct swim *s, uint64_t now, bool is_blocked)
{
    for (uint32_t tries = 0; tries < 2u * s->config.members; tries++) {
        if (s->round_at == s->config.members) {
            shuffle(s);
        }
        uint16_t target = s->round[s->round_at++];
        if (target != s->config.self && s->members[target].state != SWIM_DEAD) {
            s->probe = (struct swim_probe){.ask_ns = now + SWIM_TIMEOUT_NS,
                                           .end_ns = now + SWIM_PROBE_NS,
                                           .seq = ++s->seq,
                                           .target = target};
            send(s, target, SWIM_PING, s->seq, target);
            s->is_probe_stuck = is_blocked;
            return;
        }
    }
}

static void ask_helpers(struct swim *s, uint64_t now, bool is_blocked)
{
    uint16_t helpers[SWIM_HELPERS];
    size_t count = draw_members(s, now, s->probe.target, SWIM_HELPERS, false, helpers);
    for (size_t i = 0; i < count; i++) {
        send(s, helpers[i], SWIM_PING_REQ, s->probe.seq, s->probe.target);
    }
    s->probe.ask_ns = 0;
    s->is_probe_stuck = is_blocked && count > 0;
}

static void tick_probe(struct swim *s, uint64_t now, bool is_blocked)
{
    if (s->is_probe_stuck) {
        return;
    }
    if (s->probe.end_ns > 0 && s->probe.ask_ns > 0 && now >= s->probe.ask_ns) {
        ask_helpers(s, now, is_blocked);
    }
    if (s->probe.end_ns > 0 && now >= s->probe.end_ns && !s->is_probe_stuck) {
        const struct swim_member *m = &s->members[s->probe.target];
        struct swim_news news = {
            .incarnation = m->incarnation, .member = s->probe.target, .state = SWIM_SUSPECT};
        s->probe.end_ns = 0;
        hear(s, now, news);
    }
    if (now >= s->probe_due_ns && s->probe.end_ns == 0) {
        probe_next(s, now, is_blocked);
    }
    if (now >= s->probe_due_ns) {
        s->probe_due_ns += SWIM_PROBE_NS * (1 + (now - s->probe_due_ns) / SWIM_PROBE_NS);
    }
}

static void tick_gossip(struct swim *s, uint64_t now, bool is_blocked)
{
    uint16_t to[SWIM_GOSSIP_NODES];
    if (s->is_gossip_stuck || now < s->gossip_due_ns) {
        return;
    }
    s->gossip_due_ns += SWIM_GOSSIP_NS * (1 + (now - s->gossip_due_ns) / SWIM_GOSSIP_NS);
    if (s->fresh_count == 0) {
        return;
    }
    size_t count = draw_members(s, now, s->config.self, SWIM_GOSSIP_NODES, true, to);
    count = is_blocked && count > 1 ? 1 : count;
    for (size_t i = 0; i < count; i++) {
        send(s, to[i], SWIM_GOSSIP, 0, 0);
    }
    s->is_gossip_stuck = is_blocked && count > 0;
}

static void tick_sync(struct swim *s, uint64_t now, bool is_blocked)
{
    uint16_t to;
    if (now < s->sync_due_ns) {
        return;
    }
    s->sync_due_ns = now + (is_blocked ? SWIM_PROBE_NS : SWIM_SYNC_NS);
    if (!is_blocked && draw_members(s, now, s->config.self, 1, false, &to) == 1) {
        send(s, to, SWIM_SYNC, 0, 0);
    }
}

static void tick_suspects(struct swim *s, uint64_t now)
{
    if (now < s->suspect_due_ns) {
        return;
    }
    s->suspect_due_ns = UINT64_MAX;
    for (uint16_t i = 0; i < s->config.members; i++) {
        const struct swim_member *m = &s->members[i];
        uint64_t end = m->since_ns + s->suspicion_ns;
        if (m->state != SWIM_SUSPECT) {
            continue;
        }
        if (now >= end) {
            struct swim_news news = {
                .incarnation = m->incarnation, .member = i, .state = SWIM_DEAD};
            set_state(s, now, news, true);
        } else if (end < s->suspect_due_ns) {
            s->suspect_due_ns = end;
        }
    }
}

void swim_tick(struct swim *s, uint64_t now, bool is_blocked)
{
    if (!is_blocked) {
        s->is_probe_stuck = false;
        s->is_gossip_stuck = false;
    }
    tick_suspects(s, now);
    tick_probe(s, now, is_blocked);
    tick_gossip(s, now, is_blocked);
    tick_sync(s, now, is_blocked);
}

uint64_t swim_deadline(const struct swim *s)
{
    uint64_t due = s->suspect_due_ns;
    if (!s->is_probe_stuck) {
        uint64_t next = s->probe_due_ns;
        if (s->probe.end_ns > 0) {
            next = s->probe.ask_ns > 0 ? s->probe.ask_ns : s->probe.end_ns;
        }
        due = next < due ? next : due;
    }
    if (!s->is_gossip_stuck) {
        due = s->gossip_due_ns < due ? s->gossip_due_ns : due;
    }
    return s->sync_due_ns < due ? s->sync_due_ns : due;
}

/* ---- Messages ---- */

static void take_ping_req(struct swim *s, uint64_t now, uint16_t from, const struct swim_msg *m)
{
    while (s->relay_count > 0 && now >= s->relays[0].end_ns) {
        memmove(s->relays, s->relays + 1, --s->relay_count * sizeof s->relays[0]);
    }
    if (s->relay_count == SWIM_RELAYS_MAX) {
        return;
    }
    s->relays[s->relay_count++] = (struct swim_relay){
        .end_ns = now + SWIM_TIMEOUT_NS, .seq = ++s->seq, .asked_seq = m->seq, .asked_by = from};
    send(s, m->target, SWIM_PING, s->seq, m->target);
}

static void take_ack(struct swim *s, uint64_t now, uint32_t seq)
{
    if (s->probe.end_ns > now && s->probe.seq == seq) {
        s->probe.end_ns = 0;
        return;
    }
    for (uint8_t i = 0; i < s->relay_count; i++) {
        const struct swim_relay *r = &s->relays[i];
        if (r->seq == seq && now < r->end_ns) {
            send(s, r->asked_by, SWIM_ACK, r->asked_seq, 0);
            return;
        }
    }
}

/* The whole state of another: of those it holds for dead one may say so in time. */
static void take_state(struct swim *s, uint64_t now, const struct swim_msg *m)
{
    for (uint16_t i = 0; i < m->count; i++) {
        struct swim_news news = m->news[i];
        news.state = news.state == SWIM_DEAD ? SWIM_SUSPECT : news.state;
        hear(s, now, news);
    }
}

void swim_feed(struct swim *s, uint64_t now, uint16_t from, const struct swim_msg *m)
{
    CHECK(from < s->config.members && m->target < s->config.members);
    if (m->kind == SWIM_SYNC || m->kind == SWIM_SYNC_REPLY) {
        take_state(s, now, m);
    } else {
        for (uint16_t i = 0; i < m->count; i++) {
            hear(s, now, m->news[i]);
        }
    }
    switch (m->kind) {
    case SWIM_PING:
        send(s, from, SWIM_ACK, m->seq, 0);
        return;
    case SWIM_PING_REQ:
        take_ping_req(s, now, from, m);
        return;
    case SWIM_ACK:
        take_ack(s, now, m->seq);
        return;
    case SWIM_SYNC:
        send(s, from, SWIM_SYNC_REPLY, 0, 0);
        return;
    case SWIM_GOSSIP:
    case SWIM_SYNC_REPLY:
        return;
    }
}

bool swim_next_event(struct swim *s, struct swim_event *event)
{
    if (!ring_pop(&s->events, event)) {
        return false;
    }
    if (event->kind != SWIM_SEND) {
        return true;
    }
    event->msg.news = s->news;
    if (event->msg.kind != SWIM_SYNC && event->msg.kind != SWIM_SYNC_REPLY) {
        event->msg.count = take_news(s);
        return true;
    }
    event->msg.count = s->config.members;
    for (uint16_t i = 0; i < s->config.members; i++) {
        s->news[i] = news_of(s, i);
    }
    return true;
}

/* ---- Life ---- */

void swim_init(struct swim *s, uint64_t now, const struct swim_config *config)
{
    uint16_t n = config->members;
    CHECK(n >= 2 && n <= SWIM_MEMBERS_MAX && config->self < n);
    memset(s, 0, sizeof *s);
    s->config = *config;
    s->members = mem_new_array(n, sizeof s->members[0]);
    s->relays = mem_new_array(SWIM_RELAYS_MAX, sizeof s->relays[0]);
    s->news = mem_new_array(n > SWIM_NEWS_MAX ? n : SWIM_NEWS_MAX, sizeof s->news[0]);
    s->round = mem_new_array(n, sizeof s->round[0]);
    s->fresh = mem_new_array(n, sizeof s->fresh[0]);
    ring_init(&s->events, sizeof(struct swim_event), SWIM_EVENTS_MAX);
    for (uint16_t i = 0; i < n; i++) {
        s->round[i] = i;
        s->members[i].since_ns = now;
    }
    shuffle(s);
    double scale = log10_of(n) > 1 ? log10_of(n) : 1;
    s->suspicion_ns = (uint64_t)(SWIM_SUSPICION_MULT * scale * (double)SWIM_PROBE_NS);
    uint8_t powers = 1; /* the least with 10^powers >= n + 1 */
    for (uint32_t reach = 10; reach < n + 1u; reach *= 10) {
        powers++;
    }
    s->retransmits = (uint8_t)(SWIM_RETRANSMIT_MULT * powers);
    s->suspect_due_ns = UINT64_MAX;
    s->probe_due_ns = now + random_below(config->random, SWIM_PROBE_NS);
    s->gossip_due_ns = now + random_below(config->random, SWIM_GOSSIP_NS);
    s->sync_due_ns = now + random_below(config->random, SWIM_SYNC_NS);
}

void swim_clear(struct swim *s)
{
    ring_clear(&s->events);
    mem_free(s->members);
    mem_free(s->relays);
    mem_free(s->news);
    mem_free(s->round);
    mem_free(s->fresh);
    memset(s, 0, sizeof *s);
}

enum swim_state swim_state_of(const struct swim *s, uint16_t member)
{
    CHECK(member < s->config.members);
    return s->members[member].state;
}

void swim_check(const struct swim *s)
{
    uint16_t fresh = 0;
    for (uint16_t i = 0; i < s->config.members; i++) {
        const struct swim_member *m = &s->members[i];
        fresh = (uint16_t)(fresh + m->is_fresh);
        CHECK(!m->is_fresh || m->told < s->retransmits);
        CHECK(m->state != SWIM_SUSPECT || s->suspect_due_ns <= m->since_ns + s->suspicion_ns);
    }
    CHECK(fresh == s->fresh_count);
    CHECK(s->members[s->config.self].state == SWIM_ALIVE);
    CHECK(s->relay_count <= SWIM_RELAYS_MAX && s->round_at <= s->config.members);
    CHECK(s->probe.end_ns == 0 || s->probe.target != s->config.self);
}
