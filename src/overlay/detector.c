/*
 * The failure detector: a state per link, timers found by looking at all of the few links.
 *
 * Every entry first asks whether this node itself was away (`enter`): a deadline that lies more
 * than DETECTOR_GAP_NS back means that nobody called, so silence proves nothing. The cached
 * deadline is therefore only moved by ticks, or to an earlier time.
 */
#include "overlay/detector.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define MS UINT64_C(1000000)
#define WELL_AGAIN_NS (10000 * MS) /* health improves by one in that time without news */
#define ILL_PAUSE_NS (2000 * MS)   /* many silent at once count once in that time */
#define HEALTH_CROWD 2             /* they may be dead, too: no further than patience doubled */
#define CERTAIN_NS (500 * MS)      /* left to a suspect that no helper reached */
#define SECOND (1000 * MS)
#define ALONE_LINKS 3            /* fewer may well be gone at once, in a small network */
#define SEEK_NS (1000 * MS)      /* between tries to reach anybody */
#define SEEKS 6                  /* each time: a tenth of those known may be left */
#define ALONE_STEP_NS (500 * MS) /* between looks whether it is over */

enum state { WELL, DOUBTED, SUSPECT };

struct detector_link {
    struct overlay_id id;
    struct phi phi;
    uint8_t *where; /* owned */
    enum state state;
    uint64_t sent_ns;     /* last sending: the next beat is due an interval later */
    uint64_t interval_ns; /* what the peer promised, or ours */
    uint64_t stage_ns;    /* DOUBTED, SUSPECT: when the next state is due */
    uint64_t ping_due_ns;
    uint64_t ping_sent_ns;
    uint64_t rtt_ns;
    uint64_t bucket_at_ns;
    uint32_t bucket_level;
    uint32_t ping_nonce; /* 0: none under way */
    uint32_t probe_nonce;
    uint16_t where_len;
    uint64_t helpers[DETECTOR_HELPERS]; /* tags of those asked who have not answered; 0: none */
    uint8_t asked;
    uint8_t seen; /* of them: reached it */
    uint8_t missed;
    uint8_t told; /* beats that said our interval, up to DETECTOR_TELLS */
    bool is_extended;
};

/* What this node tries for `from`. */
struct detector_probe {
    struct overlay_id from;
    struct overlay_id target;
    uint64_t end_ns;
    uint32_t nonce;
};

struct item {
    struct detector_event event;
    uint8_t *block; /* owned: where the event's spans point to */
};

static struct detector_link *link_of(const struct detector *d, const struct overlay_id *id)
{
    uint64_t key = overlay_id_key(id);
    for (size_t i = 0; i < d->link_count; i++) {
        if (d->link_keys[i] == key && overlay_id_is_equal(&d->links[i].id, id)) {
            return &d->links[i];
        }
    }
    return NULL;
}

static void emit(struct detector *d, const struct detector_event *event, struct span where)
{
    struct item item = {.event = *event};
    struct span *slot = event->kind == DETECTOR_REACH ? &item.event.where : &item.event.msg.where;
    if (where.len > 0) {
        item.block = mem_new_raw(where.len);
        memcpy(item.block, where.ptr, where.len);
        *slot = span_of(item.block, where.len);
    } else {
        *slot = span_empty();
    }
    CHECK(ring_push(&d->events, &item) == 0); /* the owner takes events after every call */
}

static void send(struct detector *d, const struct overlay_id *to, const struct detector_msg *m)
{
    emit(d, &(struct detector_event){.kind = DETECTOR_SEND, .id = *to, .msg = *m}, m->where);
}

static void tell(struct detector *d, enum detector_event_kind kind, const struct detector_link *l)
{
    bool is_seen = l->seen > 0;
    emit(d, &(struct detector_event){.kind = kind, .id = l->id, .is_seen = is_seen}, span_empty());
}

/* A short name of a peer, never 0. */
static uint64_t tag_of(const struct overlay_id *id)
{
    uint64_t tag;
    memcpy(&tag, id->bytes, sizeof tag);
    return tag | 1;
}

static uint32_t nonce_of(struct detector *d)
{
    return (uint32_t)random_below(d->config.random, UINT32_MAX) + 1;
}

static uint64_t patience(const struct detector *d, uint64_t ns)
{
    return ns * (2u + d->health) / 2;
}

static void worsen(struct detector *d, uint64_t now, uint8_t max)
{
    if (d->health < max) {
        d->health++;
    }
    d->well_due_ns = now + WELL_AGAIN_NS;
}

static uint64_t link_due(const struct detector *d, const struct detector_link *l)
{
    uint64_t due = l->sent_ns + l->interval_ns; /* the slower of both: who sleeps is let sleep */
    uint64_t next =
        l->state == WELL ? phi_deadline(&l->phi, d->point, l->interval_ns) : l->stage_ns;
    due = next < due ? next : due;
    return l->ping_due_ns < due ? l->ping_due_ns : due;
}

static void find_due(struct detector *d)
{
    uint64_t due = d->health > 0 ? d->well_due_ns : UINT64_MAX;
    for (size_t i = 0; i < d->link_count; i++) {
        uint64_t next = link_due(d, &d->links[i]);
        due = next < due ? next : due;
    }
    for (size_t i = 0; i < d->probe_count; i++) {
        due = d->probes[i].end_ns < due ? d->probes[i].end_ns : due;
    }
    d->due_ns = due;
}

static void set_state(struct detector_link *l, enum state state, uint64_t stage_ns)
{
    CHECK(state != SUSPECT || l->state == DOUBTED);
    l->state = state;
    l->stage_ns = stage_ns;
    if (state != SUSPECT) {
        l->asked = 0;
        l->seen = 0;
        l->missed = 0;
        memset(l->helpers, 0, sizeof l->helpers);
        l->probe_nonce = 0;
        l->is_extended = false;
    }
}

/* Nobody called for a while: what was silent meanwhile is excused, suspicions start over. */
static void excuse_all(struct detector *d, uint64_t now)
{
    d->stats.gaps++;
    d->is_alone = false;
    worsen(d, now, DETECTOR_HEALTH_MAX);
    for (size_t i = 0; i < d->link_count; i++) {
        struct detector_link *l = &d->links[i];
        phi_excuse(&l->phi, now);
        if (l->state == SUSPECT) {
            tell(d, DETECTOR_TRUSTED, l);
        }
        set_state(l, WELL, 0);
        l->ping_nonce = 0;
        l->ping_due_ns = now; /* who lives says so soon */
        if (l->sent_ns + l->interval_ns < now) {
            l->sent_ns = now - l->interval_ns; /* a beat is due now, not long ago */
        }
    }
    for (size_t i = 0; i < d->probe_count; i++) {
        d->probes[i].end_ns = now + DETECTOR_PROBE_NS;
    }
    d->due_ns = now;
}

static void enter(struct detector *d, uint64_t now)
{
    if (d->due_ns != UINT64_MAX && now > d->due_ns && now - d->due_ns > DETECTOR_GAP_NS) {
        excuse_all(d, now);
    }
}

/* Take one permission of a bucket that refills with DETECTOR_LINK_RATE. */
static bool allow(uint64_t now, uint64_t *at_ns, uint32_t *level)
{
    uint64_t fill = now > *at_ns ? (now - *at_ns) / (SECOND / DETECTOR_LINK_RATE) : 0;
    if (fill > 0) {
        uint64_t sum = *level + fill;
        *level = sum < DETECTOR_LINK_BURST ? (uint32_t)sum : DETECTOR_LINK_BURST;
        *at_ns = now;
    }
    if (*level == 0) {
        return false;
    }
    (*level)--;
    return true;
}

void detector_set_threshold(struct detector *d, double threshold)
{
    d->config.threshold = threshold > 0 ? threshold : DETECTOR_THRESHOLD;
    d->point = phi_point(d->config.threshold);
    find_due(d);
}

void detector_init(struct detector *d, uint64_t now, const struct detector_config *config)
{
    memset(d, 0, sizeof *d);
    d->config = *config;
    if (d->config.interval_ns == 0) {
        d->config.interval_ns = DETECTOR_INTERVAL_NS;
    }
    if (d->config.doubt_ns == 0) {
        d->config.doubt_ns = DETECTOR_DOUBT_NS;
    }
    if (d->config.suspicion_ns == 0) {
        d->config.suspicion_ns = DETECTOR_SUSPICION_NS;
    }
    if (d->config.round_trip_ns == 0) {
        d->config.round_trip_ns = DETECTOR_ROUND_TRIP_NS;
    }
    d->heard_ns = now;
    d->stranger_at_ns = now;
    d->stranger_level = DETECTOR_LINK_BURST;
    ring_init(&d->events, sizeof(struct item), DETECTOR_EVENTS_MAX);
    detector_set_threshold(d, config->threshold);
}

void detector_clear(struct detector *d)
{
    struct item item;
    while (ring_pop(&d->events, &item)) {
        mem_free(item.block);
    }
    ring_clear(&d->events);
    for (size_t i = 0; i < d->link_count; i++) {
        mem_free(d->links[i].where);
    }
    mem_free(d->links);
    mem_free(d->probes);
    mem_free(d->borrowed);
    memset(d, 0, sizeof *d);
}

/* Somebody is heard, after nobody was: what this node took for the silence of others was its own.
 * Those still silent are pinged and get a moment to be heard as well. */
static void hear_again(struct detector *d, uint64_t now)
{
    d->is_alone = false;
    for (size_t i = 0; i < d->link_count; i++) {
        struct detector_link *l = &d->links[i];
        if (l->state == SUSPECT && l->stage_ns < now + DETECTOR_GRACE_NS) {
            l->stage_ns = now + DETECTOR_GRACE_NS;
            l->ping_due_ns = now;
        }
    }
    d->due_ns = now < d->due_ns ? now : d->due_ns;
}

/* Anything came, from anybody. */
static void note_heard(struct detector *d, uint64_t now)
{
    if (d->is_alone) {
        hear_again(d, now);
    }
    d->heard_ns = now;
}

int detector_link_up(struct detector *d, uint64_t now, const struct overlay_id *id,
                     struct span where)
{
    enter(d, now);
    if (link_of(d, id) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    if (d->link_count == DETECTOR_LINKS_MAX || where.len > DETECTOR_MSG_WHERE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (d->link_count == d->link_cap) {
        d->link_cap = (uint8_t)(d->link_cap == 0 ? 6 : DETECTOR_LINKS_MAX);
        d->links = mem_resize(d->links, d->link_cap * sizeof d->links[0]);
    }
    d->link_keys[d->link_count] = overlay_id_key(id);
    struct detector_link *l = &d->links[d->link_count++];
    *l = (struct detector_link){.id = *id,
                                .state = WELL,
                                .sent_ns = now,
                                .interval_ns = d->config.interval_ns,
                                .ping_due_ns = now + random_below(d->config.random, SECOND),
                                .bucket_at_ns = now,
                                .bucket_level = DETECTOR_LINK_BURST,
                                .where_len = (uint16_t)where.len};
    if (where.len > 0) {
        l->where = mem_new_raw(where.len);
        memcpy(l->where, where.ptr, where.len);
    }
    phi_init(&l->phi, now, l->interval_ns);
    note_heard(d, now);
    uint64_t due = link_due(d, l);
    d->due_ns = due < d->due_ns ? due : d->due_ns;
    return 0;
}

static void forget(struct detector *d, struct detector_link *l)
{
    size_t i = (size_t)(l - d->links);
    mem_free(l->where);
    d->link_count--;
    d->links[i] = d->links[d->link_count];
    d->link_keys[i] = d->link_keys[d->link_count];
}

void detector_link_down(struct detector *d, uint64_t now, const struct overlay_id *id)
{
    enter(d, now);
    struct detector_link *l = link_of(d, id);
    if (l != NULL) {
        forget(d, l);
    }
}

static void report(struct detector *d, size_t i, bool is_reached)
{
    struct detector_probe p = d->probes[i];
    d->probes[i] = d->probes[--d->probe_count];
    send(d, &p.from,
         &(struct detector_msg){
             .kind = DETECTOR_MSG_REPORT, .nonce = p.nonce, .is_reached = is_reached});
}

/* All who asked for `id` get the same answer. */
static void resolve(struct detector *d, const struct overlay_id *id, bool is_reached)
{
    for (size_t i = d->probe_count; i > 0; i--) {
        if (overlay_id_is_equal(&d->probes[i - 1].target, id)) {
            report(d, i - 1, is_reached);
        }
    }
}

static void link_heard(struct detector *d, uint64_t now, struct detector_link *l)
{
    phi_heard(&l->phi, now, l->interval_ns);
    if (l->state == SUSPECT) {
        tell(d, DETECTOR_TRUSTED, l);
    }
    if (l->state != WELL) {
        set_state(l, WELL, 0);
        l->ping_due_ns = now + d->config.round_trip_ns;
    }
}

void detector_heard(struct detector *d, uint64_t now, const struct overlay_id *id)
{
    enter(d, now);
    note_heard(d, now);
    struct detector_link *l = link_of(d, id);
    if (l != NULL) {
        link_heard(d, now, l);
    }
    if (d->probe_count > 0) {
        resolve(d, id, true);
    }
}

void detector_sent(struct detector *d, uint64_t now, const struct overlay_id *id)
{
    enter(d, now);
    struct detector_link *l = link_of(d, id);
    if (l != NULL) {
        l->sent_ns = now;
    }
}

static void ping(struct detector *d, uint64_t now, struct detector_link *l)
{
    if (l->ping_nonce == 0 || l->state == WELL) {
        l->ping_nonce = nonce_of(d); /* in doubt the first one counts: answers may be slow */
        l->ping_sent_ns = now;
    }
    l->sent_ns = now;
    l->ping_due_ns = now + (l->state == WELL ? d->config.round_trip_ns : DETECTOR_PING_NS);
    send(d, &l->id, &(struct detector_msg){.kind = DETECTOR_MSG_PING, .nonce = l->ping_nonce});
}

/* Ask up to three others, those who are well, at random. */
static void ask_helpers(struct detector *d, struct detector_link *l)
{
    struct detector_link *others[DETECTOR_LINKS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < d->link_count; i++) {
        if (d->links[i].state == WELL) {
            others[n++] = &d->links[i];
        }
    }
    struct detector_msg m = {.kind = DETECTOR_MSG_PROBE,
                             .nonce = nonce_of(d),
                             .target = l->id,
                             .where = span_of(l->where, l->where_len)};
    l->probe_nonce = m.nonce;
    while (n > 0 && l->asked < DETECTOR_HELPERS) {
        size_t i = (size_t)random_below(d->config.random, n);
        send(d, &others[i]->id, &m);
        l->helpers[l->asked] = tag_of(&others[i]->id);
        others[i] = others[--n];
        l->asked++;
    }
}

static void suspect(struct detector *d, uint64_t now, struct detector_link *l)
{
    d->stats.suspects++;
    set_state(l, SUSPECT, now + patience(d, d->config.suspicion_ns));
    tell(d, DETECTOR_SUSPECTED, l);
    ask_helpers(d, l);
}

/* Suspicion's time is over. Silent helpers speak against this node, one that reached the suspect
 * against the way to it: both once give more time. Returns true when it is the verdict. */
static bool is_verdict(struct detector *d, uint64_t now, struct detector_link *l)
{
    bool is_mute = l->asked > 0 && l->seen + l->missed == 0;
    if (l->is_extended || (!is_mute && l->seen == 0)) {
        return true;
    }
    if (is_mute) {
        worsen(d, now, DETECTOR_HEALTH_MAX);
    }
    l->is_extended = true;
    l->stage_ns = now + patience(d, d->config.suspicion_ns);
    return false;
}

static void doubt(struct detector *d, uint64_t now, struct detector_link *l)
{
    size_t silent = 1;
    for (size_t i = 0; i < d->link_count; i++) {
        silent += d->links[i].state != WELL;
    }
    if (d->link_count >= 3 && 2 * silent > d->link_count && now >= d->ill_due_ns) {
        worsen(d, now, HEALTH_CROWD);
        d->ill_due_ns = now + ILL_PAUSE_NS;
    }
    d->stats.doubts++;
    set_state(l, DOUBTED, now + patience(d, d->config.doubt_ns));
    l->ping_nonce = 0;
    l->ping_due_ns = now;
}

/* Since this one fell silent not a word of anybody, or none for a while: most likely this node is
 * cut off, and then it knows nothing of them. One or two neighbours may well be gone at once where
 * there is nobody else.
 */
static bool is_alone(const struct detector *d, uint64_t now, const struct detector_link *l)
{
    bool is_small = d->link_count < ALONE_LINKS && d->none_ns > l->phi.last_ns;
    bool is_heard = d->heard_ns >= l->phi.last_ns + DETECTOR_ALONE_NS;
    bool is_fresh = now < d->heard_ns + DETECTOR_FRESH_NS;
    return !is_small && !(is_heard && is_fresh) && now < d->heard_ns + DETECTOR_ALONE_MAX_NS;
}

/* Have a few others tried: if one is there, the fault is not with this node. One that was there a
 * moment ago comes first, so that what is known stays fresh. */
static void seek(struct detector *d, uint64_t now)
{
    if (now < d->seek_due_ns) {
        return;
    }
    d->seek_due_ns = now + SEEK_NS;
    bool is_again = d->has_found && link_of(d, &d->found) == NULL;
    for (size_t i = 0; i < SEEKS; i++) {
        struct detector_event event = {.kind = DETECTOR_SEEK};
        if (i == 0 && is_again) {
            event = (struct detector_event){.kind = DETECTOR_REACH, .id = d->found};
        }
        emit(d, &event, span_empty());
    }
}

/* The first beats say how often they come. Later ones need not: whoever has forgotten it, or never
 * got it, pings, and the PONG says it. */
static void beat(struct detector *d, uint64_t now, struct detector_link *l)
{
    struct detector_msg m = {.kind = DETECTOR_MSG_BEAT};
    if (l->told < DETECTOR_TELLS) {
        l->told++;
        m.interval_ms = (uint32_t)(d->config.interval_ns / MS);
    }
    d->stats.beats++;
    l->sent_ns = now;
    send(d, &l->id, &m);
}

/* Move one link on; true when it is down and forgotten. */
static bool step(struct detector *d, uint64_t now, struct detector_link *l)
{
    switch (l->state) {
    case WELL:
        if (now >= phi_deadline(&l->phi, d->point, l->interval_ns)) {
            doubt(d, now, l);
        }
        break;
    case DOUBTED:
        if (now >= l->stage_ns) {
            suspect(d, now, l);
        }
        break;
    case SUSPECT:
        if (now >= d->heard_ns + SECOND) {
            seek(d, now); /* so that it is known by the verdict */
        }
        if (now >= l->stage_ns && is_alone(d, now, l)) {
            d->is_alone = true;
            l->stage_ns = now + ALONE_STEP_NS;
        } else if (now >= l->stage_ns && is_verdict(d, now, l)) {
            d->stats.downs++;
            tell(d, DETECTOR_DOWN, l);
            forget(d, l);
            return true;
        }
        break;
    }
    if (now >= l->ping_due_ns) {
        ping(d, now, l);
    }
    /* A quarter early: beats of all links go out in one wakeup. */
    if (now + l->interval_ns / 4 >= l->sent_ns + l->interval_ns) {
        beat(d, now, l);
    }
    return false;
}

void detector_tick(struct detector *d, uint64_t now)
{
    enter(d, now);
    if (now < d->due_ns) {
        return;
    }
    for (size_t i = 0; i < d->link_count;) {
        if (!step(d, now, &d->links[i])) {
            i++;
        }
    }
    for (size_t i = d->probe_count; i > 0; i--) {
        if (now >= d->probes[i - 1].end_ns) {
            report(d, i - 1, false);
        }
    }
    if (d->health > 0 && now >= d->well_due_ns) {
        d->health--;
        d->well_due_ns = now + WELL_AGAIN_NS;
    }
    find_due(d);
}

static void take_pong(struct detector *d, uint64_t now, const struct overlay_id *from,
                      const struct detector_msg *m)
{
    struct detector_link *l = link_of(d, from);
    if (l == NULL || l->ping_nonce == 0 || l->ping_nonce != m->nonce) {
        return;
    }
    uint64_t rtt = now - l->ping_sent_ns + 1;
    l->ping_nonce = 0;
    l->rtt_ns = l->rtt_ns == 0 ? rtt : l->rtt_ns - l->rtt_ns / 4 + rtt / 4;
}

/* How often a neighbour beats. */
static void take_interval(struct detector *d, struct detector_link *l, const struct detector_msg *m)
{
    if (l == NULL || m->interval_ms == 0) {
        return;
    }
    uint64_t promised = m->interval_ms * MS;
    uint64_t before = l->interval_ns;
    l->interval_ns = promised > d->config.interval_ns ? promised : d->config.interval_ns;
    if (l->interval_ns < before) {
        find_due(d); /* our own beat is due sooner now */
    }
}

/* A stranger is not told how often this node beats. */
static void answer_ping(struct detector *d, const struct overlay_id *from,
                        const struct detector_link *l, const struct detector_msg *m)
{
    struct detector_msg pong = {.kind = DETECTOR_MSG_PONG, .nonce = m->nonce};
    if (l != NULL) {
        pong.interval_ms = (uint32_t)(d->config.interval_ns / MS);
    }
    send(d, from, &pong);
}

/* Try to reach a third node for `from`; not when too many are under way: silence then says it. */
static void take_probe(struct detector *d, uint64_t now, const struct overlay_id *from,
                       const struct detector_msg *m)
{
    size_t same = 0;
    for (size_t i = 0; i < d->probe_count; i++) {
        same += overlay_id_is_equal(&d->probes[i].from, from);
    }
    if (d->probe_count == DETECTOR_PROBES_MAX || same == DETECTOR_PROBES_LINK_MAX) {
        d->stats.refused++;
        return;
    }
    if (d->probes == NULL) {
        d->probes = mem_new_array(DETECTOR_PROBES_MAX, sizeof d->probes[0]);
    }
    d->probes[d->probe_count++] = (struct detector_probe){
        .from = *from, .target = m->target, .end_ns = now + DETECTOR_PROBE_NS, .nonce = m->nonce};
    d->due_ns = now + DETECTOR_PROBE_NS < d->due_ns ? now + DETECTOR_PROBE_NS : d->due_ns;
    struct detector_link *l = link_of(d, &m->target);
    if (l != NULL) {
        ping(d, now, l);
    } else {
        emit(d, &(struct detector_event){.kind = DETECTOR_REACH, .id = m->target}, m->where);
    }
}

/* Each helper has one voice. */
static bool take_voice(struct detector_link *l, const struct overlay_id *from)
{
    for (size_t i = 0; i < l->asked; i++) {
        if (l->helpers[i] == tag_of(from)) {
            l->helpers[i] = 0;
            return true;
        }
    }
    return false;
}

static void take_report(struct detector *d, uint64_t now, const struct overlay_id *from,
                        const struct detector_msg *m)
{
    for (size_t i = 0; i < d->link_count; i++) {
        struct detector_link *l = &d->links[i];
        if (l->state != SUSPECT || l->probe_nonce != m->nonce || !take_voice(l, from)) {
            continue;
        }
        l->seen = (uint8_t)(l->seen + m->is_reached);
        l->missed = (uint8_t)(l->missed + !m->is_reached);
        if (l->missed == l->asked && l->asked > 1 && now + CERTAIN_NS < l->stage_ns) {
            l->stage_ns = now + CERTAIN_NS;
            d->due_ns = l->stage_ns < d->due_ns ? l->stage_ns : d->due_ns;
        }
    }
}

static int act(struct detector *d, uint64_t now, const struct overlay_id *from,
               const struct detector_msg *m)
{
    struct detector_link *l = link_of(d, from);
    switch (m->kind) {
    case DETECTOR_MSG_NONE:
        return 0;
    case DETECTOR_MSG_BEAT:
        take_interval(d, l, m);
        return 0;
    case DETECTOR_MSG_PING:
        answer_ping(d, from, l, m);
        return 0;
    case DETECTOR_MSG_PONG:
        take_interval(d, l, m);
        take_pong(d, now, from, m);
        return 0;
    case DETECTOR_MSG_PROBE:
        if (l != NULL) { /* nobody else has us reach whom he names and tell him */
            take_probe(d, now, from, m);
        }
        return 0;
    case DETECTOR_MSG_REPORT:
        take_report(d, now, from, m);
        return 0;
    }
    return 0;
}

int detector_feed(struct detector *d, uint64_t now, const struct overlay_id *from,
                  const struct detector_msg *m)
{
    detector_heard(d, now, from);
    struct detector_link *l = link_of(d, from);
    bool is_allowed = l != NULL ? allow(now, &l->bucket_at_ns, &l->bucket_level)
                                : allow(now, &d->stranger_at_ns, &d->stranger_level);
    if (!is_allowed) {
        d->stats.shed++;
        return WAVU_ERR_LIMIT;
    }
    return act(d, now, from, m);
}

void detector_reached(struct detector *d, uint64_t now, const struct overlay_id *id,
                      bool is_reached)
{
    enter(d, now);
    if (is_reached) {
        note_heard(d, now);
        d->found = *id;
        d->has_found = true;
    } else if (d->has_found && overlay_id_is_equal(&d->found, id)) {
        d->has_found = false;
    }
    resolve(d, id, is_reached);
}

void detector_sought_none(struct detector *d, uint64_t now)
{
    enter(d, now);
    d->none_ns = now;
}

bool detector_next_event(struct detector *d, struct detector_event *event)
{
    struct item item;
    mem_free(d->borrowed);
    d->borrowed = NULL;
    if (!ring_pop(&d->events, &item)) {
        return false;
    }
    *event = item.event;
    d->borrowed = item.block;
    return true;
}

void detector_load_ahead(const struct detector *d, uint64_t link_key)
{
    for (size_t i = 0; i < d->link_count; i++) {
        const uint8_t *link = (const uint8_t *)&d->links[i];
        for (size_t at = 0; d->link_keys[i] == link_key && at < sizeof d->links[i]; at += 64) {
            PREFETCH(link + at);
        }
    }
}

uint64_t detector_deadline(const struct detector *d)
{
    return d->due_ns;
}

bool detector_is_suspected(const struct detector *d, const struct overlay_id *id)
{
    const struct detector_link *l = link_of(d, id);
    return l != NULL && l->state == SUSPECT;
}

double detector_suspicion(const struct detector *d, uint64_t now, const struct overlay_id *id)
{
    const struct detector_link *l = link_of(d, id);
    return l != NULL ? phi_value(&l->phi, now, l->interval_ns) : 0;
}

uint64_t detector_rtt_ns(const struct detector *d, const struct overlay_id *id)
{
    const struct detector_link *l = link_of(d, id);
    return l != NULL ? l->rtt_ns : 0;
}

void detector_check(const struct detector *d)
{
    CHECK(d->link_count <= d->link_cap && d->link_cap <= DETECTOR_LINKS_MAX);
    CHECK(!d->is_alone || d->seek_due_ns > d->heard_ns);
    CHECK(d->probe_count <= DETECTOR_PROBES_MAX && d->health <= DETECTOR_HEALTH_MAX);
    for (size_t i = 0; i < d->link_count; i++) {
        const struct detector_link *l = &d->links[i];
        CHECK(link_of(d, &l->id) == l);
        CHECK(l->seen + l->missed <= l->asked && l->asked <= DETECTOR_HELPERS);
        CHECK(l->state == SUSPECT || (l->asked == 0 && !l->is_extended));
        CHECK(d->due_ns <= l->sent_ns + l->interval_ns);
        CHECK(l->state == WELL || d->due_ns <= l->stage_ns);
        CHECK(l->phi.variance >= 0 && l->interval_ns >= d->config.interval_ns);
    }
}
