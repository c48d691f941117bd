/*
 * DATA goes on along the cheapest way that was not tried yet; ACK and NACK go back where the DATA
 * came from. What is due of our own waits in its entry, so the ring of events stays short.
 */
#include "route/forward.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"

#define FORWARD_NAME_SIZE (OVERLAY_ID_SIZE + 12) /* origin, generation, sequence */

/* Next hops that had their chance. */
struct tried {
    struct overlay_id ids[FORWARD_TRIED_MAX];
    size_t count;
};

/* An own payload under way. Owned by the list; freed with its verdict. */
struct pending {
    struct list node;
    struct overlay_id target;
    struct overlay_id to; /* the attempt's first hop */
    struct tried tried;
    uint32_t sequence;
    uint32_t attempt; /* 0: none yet */
    uint64_t due_ns;
    uint32_t refused; /* attempts that were answered with a NACK */
    size_t len;
    uint8_t payload[];
};

/* A packet that went through. */
struct passed {
    struct list age;
    uint8_t name[FORWARD_NAME_SIZE];
    struct overlay_id target;
    struct overlay_id from;
    struct overlay_id to;
    struct tried tried;
    uint32_t attempt;
    bool is_answered; /* this attempt's ACK or NACK went back */
};

/* Whose packets came. One in `passing` may be forgotten any time: it has its rate anew. One in
 * `heard` may not, or its old packets would be delivered again. */
struct origin {
    struct list age; /* in `passing` or `heard` */
    struct overlay_id id;
    struct overlay_id via; /* the neighbour that brought the first one for us */
    struct forward_budget budget;
    uint64_t heard_ns;
    uint64_t generation;
    uint32_t highest; /* sequence number; 0: none */
    bool is_heard;
    uint8_t came[FORWARD_WINDOW]; /* of each sequence number, a bit for each attempt */
};

/* What a packet is to its origin's window. */
enum sight {
    SIGHT_NEW,
    SIGHT_NEXT,  /* another attempt of one that came */
    SIGHT_AGAIN, /* the same attempt: a loop or a replay */
    SIGHT_OLD    /* too old to tell */
};

_Static_assert(ROUTE_MSG_ATTEMPTS_MAX <= 8, "a bit for each");

void forward_init(struct forward *f, const struct forward_config *config)
{
    memset(f, 0, sizeof *f);
    f->config = *config;
    f->config.hops = config->hops > 0 ? config->hops : FORWARD_HOPS;
    f->config.wait_ns = config->wait_ns > 0 ? config->wait_ns : FORWARD_WAIT_NS;
    CHECK(f->config.hops <= ROUTE_MSG_LIMIT_MAX);
    list_init(&f->pending);
    list_init(&f->passed_age);
    list_init(&f->passing);
    list_init(&f->heard);
    map_init(&f->passed, config->random);
    map_init(&f->origins, config->random);
}

void forward_clear(struct forward *f)
{
    struct list *n = NULL;
    while ((n = list_pop_front(&f->pending)) != NULL) {
        mem_free(LIST_OF(n, struct pending, node));
    }
    while ((n = list_pop_front(&f->passed_age)) != NULL) {
        mem_free(LIST_OF(n, struct passed, age));
    }
    while ((n = list_pop_front(&f->passing)) != NULL || (n = list_pop_front(&f->heard)) != NULL) {
        mem_free(LIST_OF(n, struct origin, age));
    }
    map_clear(&f->passed);
    map_clear(&f->origins);
    mem_free(f->out);
    f->out = NULL;
}

/* ---- Links ---- */

static struct forward_link *link_of(struct forward *f, const struct overlay_id *id)
{
    for (size_t i = 0; i < f->link_count; i++) {
        if (overlay_id_is_equal(&f->links[i].id, id)) {
            return &f->links[i];
        }
    }
    return NULL;
}

int forward_link_up(struct forward *f, uint64_t now, const struct overlay_id *id)
{
    if (link_of(f, id) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    if (f->link_count == FORWARD_LINKS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct forward_link *link = &f->links[f->link_count++];
    link->id = *id;
    budget_bucket_init(&link->budget.count, FORWARD_LINK_RATE, FORWARD_LINK_BURST, now);
    budget_bucket_init(&link->budget.bytes, FORWARD_LINK_BYTES_RATE, FORWARD_LINK_BYTES_BURST, now);
    budget_bucket_init(&link->searches, FORWARD_SEARCH_RATE, FORWARD_SEARCH_BURST, now);
    return 0;
}

void forward_link_down(struct forward *f, const struct overlay_id *id)
{
    struct forward_link *link = link_of(f, id);
    if (link != NULL) {
        *link = f->links[--f->link_count];
    }
}

bool forward_has_link(struct forward *f, const struct overlay_id *id)
{
    return link_of(f, id) != NULL;
}

/* ---- Choice ---- */

static bool was_tried(const struct tried *t, const struct overlay_id *id)
{
    for (size_t i = 0; i < t->count; i++) {
        if (overlay_id_is_equal(&t->ids[i], id)) {
            return true;
        }
    }
    return false;
}

/* The neighbour on the cheapest way to `target`, none of `tried` and not `from` (may be NULL). */
static const struct overlay_id *cheapest(struct forward *f, const struct overlay_id *target,
                                         const struct overlay_id *from, const struct tried *tried)
{
    const struct overlay_id *best = NULL;
    uint64_t best_cost = PATHS_NEVER;
    for (size_t i = 0; i < f->link_count; i++) {
        const struct overlay_id *id = &f->links[i].id;
        if ((from != NULL && overlay_id_is_equal(id, from)) || was_tried(tried, id)) {
            continue;
        }
        uint64_t cost = paths_distance(f->config.paths, id, target);
        cost = cost == PATHS_NEVER ? cost : cost + paths_own_cost(f->config.paths, id);
        if (cost < best_cost ||
            (cost == best_cost && best != NULL && overlay_id_order(id, best) < 0)) {
            best = id;
            best_cost = cost;
        }
    }
    return best;
}

/* Choose the next hop and note it. When all had their chance they get another. A relay always gives
 * a neighbour its own; an origin may go around a bad link. NULL: no way. */
static const struct overlay_id *choose(struct forward *f, const struct overlay_id *target,
                                       const struct overlay_id *from, struct tried *tried)
{
    bool is_near = link_of(f, target) != NULL && (from != NULL || !was_tried(tried, target));
    const struct overlay_id *best =
        is_near ? &link_of(f, target)->id : cheapest(f, target, from, tried);
    if (best == NULL && tried->count > 0) {
        tried->count = 0;
        best = cheapest(f, target, from, tried);
    }
    if (best != NULL) {
        tried->count = tried->count < FORWARD_TRIED_MAX ? tried->count : 0;
        tried->ids[tried->count++] = *best;
    }
    return best;
}

size_t forward_way(struct forward *f, const struct overlay_id *target, struct paths_hop *out,
                   size_t max)
{
    const struct tried none = {.count = 0};
    const struct overlay_id *first =
        link_of(f, target) != NULL ? target : cheapest(f, target, NULL, &none);
    return first == NULL ? 0 : paths_way(f->config.paths, first, target, out, max);
}

/* ---- Out ---- */

/* Room for an event, or NULL when the owner takes none. */
static struct forward_event *out(struct forward *f, enum forward_event_kind kind,
                                 const struct overlay_id *id)
{
    if (f->out_count == FORWARD_OUT_MAX) {
        f->shed++;
        return NULL;
    }
    if (f->out == NULL) {
        f->out = mem_new_array(FORWARD_OUT_MAX, sizeof *f->out);
    }
    struct forward_event *e = &f->out[(f->out_at + f->out_count++) % FORWARD_OUT_MAX];
    memset(e, 0, sizeof *e);
    e->kind = kind;
    e->id = *id;
    return e;
}

static void sign(struct forward *f, struct forward_event *e)
{
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(head, sizeof head));
    route_msg_signed_head(&w, &e->msg);
    CHECK(wr_finish(&w) == 0);
    f->config.sign->sign(f->config.sign->context, e->signature, wr_span(&w), e->msg.payload);
}

static int verify(struct forward *f, const struct route_msg *m, const struct overlay_id *who)
{
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(head, sizeof head));
    route_msg_signed_head(&w, m);
    CHECK(wr_finish(&w) == 0);
    return f->config.sign->verify(f->config.sign->context, m->signature.ptr, who, wr_span(&w),
                                  m->payload);
}

/* Answer the DATA `m` to `to`: an ACK, or a NACK with a reason. */
static void answer(struct forward *f, const struct overlay_id *to, const struct route_msg *m,
                   enum route_msg_kind kind, enum route_msg_reason reason)
{
    struct forward_event *e = out(f, FORWARD_SEND, to);
    if (e == NULL) {
        return;
    }
    e->msg = *m;
    e->msg.kind = kind;
    e->msg.reason = reason;
    e->msg.hops = 1;
    e->msg.limit = 0;
    e->msg.payload = span_empty();
    e->msg.signature = span_empty();
    if (kind == ROUTE_MSG_ACK) {
        sign(f, e);
    }
}

/* ---- Data for us, and for others ---- */

static void origin_forget(struct forward *f, struct origin *o)
{
    CHECK(map_remove(&f->origins, overlay_id_span(&o->id)) == o);
    list_remove(&o->age);
    mem_free(o);
}

/* Forget one whose old packets cannot be delivered again, or who is silent for long. */
static bool origin_make_room(struct forward *f, uint64_t now)
{
    struct list *first = list_next(&f->passing, &f->passing);
    if (first == NULL) {
        first = list_next(&f->heard, &f->heard);
        if (now - LIST_OF(first, struct origin, age)->heard_ns < FORWARD_ORIGIN_IDLE_NS) {
            return false;
        }
    }
    origin_forget(f, LIST_OF(first, struct origin, age));
    return true;
}

/* The origin's entry, made when there is room. NULL: full. */
static struct origin *origin_of(struct forward *f, uint64_t now, const struct overlay_id *id)
{
    struct origin *o = map_get(&f->origins, overlay_id_span(id));
    if (o != NULL) {
        list_remove(&o->age);
    } else {
        if (f->origins.count >= FORWARD_ORIGINS_MAX && !origin_make_room(f, now)) {
            return NULL;
        }
        o = mem_new(sizeof *o);
        o->id = *id;
        budget_bucket_init(&o->budget.count, FORWARD_ORIGIN_RATE, FORWARD_ORIGIN_BURST, now);
        budget_bucket_init(&o->budget.bytes, FORWARD_ORIGIN_BYTES_RATE, FORWARD_ORIGIN_BYTES_BURST,
                           now);
        CHECK(map_put(&f->origins, overlay_id_span(&o->id), o) == NULL);
    }
    list_push_back(o->is_heard ? &f->heard : &f->passing, &o->age);
    o->heard_ns = now;
    return o;
}

/* The first packet of `o` that is for us, by `from`: note it, unless that neighbour brought its
 * share of such origins lately. */
static bool origin_hear(struct forward *f, uint64_t now, const struct overlay_id *from,
                        struct origin *o)
{
    struct origin *oldest = NULL;
    size_t count = 0;
    for (struct list *n = list_next(&f->heard, &f->heard); n != NULL; n = list_next(&f->heard, n)) {
        struct origin *other = LIST_OF(n, struct origin, age);
        if (overlay_id_is_equal(&other->via, from)) {
            oldest = oldest == NULL ? other : oldest;
            count++;
        }
    }
    if (count >= FORWARD_ORIGINS_MAX / FORWARD_ORIGINS_SHARE) {
        if (now - oldest->heard_ns < FORWARD_ORIGIN_IDLE_NS) {
            return false;
        }
        origin_forget(f, oldest);
    }
    o->is_heard = true;
    o->via = *from;
    list_remove(&o->age);
    list_push_back(&f->heard, &o->age);
    return true;
}

static uint8_t *came_of(struct origin *o, uint32_t sequence)
{
    return &o->came[sequence % FORWARD_WINDOW];
}

static enum sight look(struct origin *o, const struct route_msg *m)
{
    if (o->highest == 0 || m->generation > o->generation) {
        return SIGHT_NEW;
    }
    if (m->generation < o->generation ||
        (m->sequence < o->highest && o->highest - m->sequence >= FORWARD_WINDOW)) {
        return SIGHT_OLD;
    }
    uint8_t came = *came_of(o, m->sequence);
    if (m->sequence > o->highest || came == 0) {
        return SIGHT_NEW;
    }
    return (came >> (m->attempt - 1) & 1) == 0 ? SIGHT_NEXT : SIGHT_AGAIN;
}

/* Note `m`, which is not too old. */
static void note(struct origin *o, const struct route_msg *m)
{
    if (o->highest == 0 || m->generation > o->generation) {
        memset(o->came, 0, sizeof o->came);
        o->generation = m->generation;
        o->highest = m->sequence;
    }
    if (m->sequence > o->highest && m->sequence - o->highest >= FORWARD_WINDOW) {
        memset(o->came, 0, sizeof o->came);
        o->highest = m->sequence;
    }
    while (o->highest < m->sequence) {
        *came_of(o, ++o->highest) = 0;
    }
    uint8_t *came = came_of(o, m->sequence);
    *came = (uint8_t)(*came | 1u << (m->attempt - 1));
}

static int take(struct forward *f, const struct overlay_id *from, struct origin *o,
                const struct route_msg *m)
{
    enum sight sight = look(o, m);
    if (f->out_count + 2 > FORWARD_OUT_MAX) {
        f->shed++; /* no room to deliver: not had, so that another attempt may bring it */
        return WAVU_ERR_LIMIT;
    }
    note(o, m);
    if (sight == SIGHT_NEW) {
        struct forward_event *e = out(f, FORWARD_DELIVER, &m->origin);
        CHECK(e != NULL); /* there is room */
        e->msg = *m;
        e->sequence = m->sequence;
        e->hops = m->hops;
        f->delivered++;
    }
    answer(f, from, m, ROUTE_MSG_ACK, ROUTE_MSG_OTHER);
    return 0;
}

static void put_name(uint8_t name[FORWARD_NAME_SIZE], const struct route_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(name, FORWARD_NAME_SIZE));
    wr_bytes(&w, overlay_id_span(&m->origin));
    wr_u64be(&w, m->generation);
    wr_u32be(&w, m->sequence);
    CHECK(wr_finish(&w) == 0);
}

static struct passed *passed_of(const struct forward *f, const struct route_msg *m)
{
    uint8_t name[FORWARD_NAME_SIZE];
    put_name(name, m);
    return map_get(&f->passed, span_of(name, sizeof name));
}

static struct passed *passed_make(struct forward *f, const struct route_msg *m)
{
    struct passed *p = NULL;
    if (f->passed.count >= FORWARD_PASSED_MAX) {
        p = LIST_OF(list_pop_front(&f->passed_age), struct passed, age);
        CHECK(map_remove(&f->passed, span_of(p->name, sizeof p->name)) == p);
        mem_free(p);
    }
    p = mem_new(sizeof *p);
    put_name(p->name, m);
    CHECK(map_put(&f->passed, span_of(p->name, sizeof p->name), p) == NULL);
    list_push_back(&f->passed_age, &p->age);
    return p;
}

static void pass_on(struct forward *f, const struct overlay_id *from, const struct route_msg *m)
{
    struct passed *p = passed_of(f, m);
    if (m->hops >= m->limit) {
        answer(f, from, m, ROUTE_MSG_NACK, ROUTE_MSG_TOO_FAR);
        return;
    }
    p = p != NULL ? p : passed_make(f, m);
    p->target = m->target;
    p->from = *from;
    p->attempt = m->attempt;
    if (m->attempt < FORWARD_DETOUR_ATTEMPT) {
        p->tried.count = 0;
    }
    const struct overlay_id *next = choose(f, &m->target, from, &p->tried);
    p->is_answered = next == NULL;
    if (next == NULL) {
        answer(f, from, m, ROUTE_MSG_NACK, ROUTE_MSG_NO_WAY);
        return;
    }
    p->to = *next;
    struct forward_event *e = out(f, FORWARD_SEND, next);
    if (e != NULL) {
        e->msg = *m;
        e->msg.hops++;
        f->relayed++;
    }
}

/* May the way to `target` be looked for, for `from`? Always where that needs no search. */
static bool may_search(struct forward *f, uint64_t now, const struct overlay_id *from,
                       const struct overlay_id *target)
{
    return link_of(f, target) != NULL || paths_is_ready(f->config.paths, target) ||
           budget_bucket_take(&link_of(f, from)->searches, 1, now) == 0;
}

/* A message and its bytes, or nothing where one of both is short. */
static bool pay(struct forward_budget *b, const struct route_msg *m, uint64_t now)
{
    struct budget_bucket count = b->count;
    if (budget_bucket_take(&count, 1, now) < 0 ||
        budget_bucket_take(&b->bytes, (uint32_t)m->payload.len, now) < 0) {
        return false;
    }
    b->count = count;
    return true;
}

static int feed_data(struct forward *f, uint64_t now, const struct overlay_id *from,
                     const struct route_msg *m)
{
    bool is_ours = overlay_id_is_equal(&m->target, &f->config.self);
    const struct passed *p = passed_of(f, m);
    if (m->hops > m->limit) {
        return WAVU_ERR_PROTO; /* an honest node would have ended it */
    }
    if (overlay_id_is_equal(&m->origin, &f->config.self) ||
        (p != NULL && p->attempt >= m->attempt)) {
        /* Only who gave us what we passed on already made a loop; a copy from the same one did not.
         */
        if (p == NULL || !overlay_id_is_equal(&p->from, from)) {
            answer(f, from, m, ROUTE_MSG_NACK, ROUTE_MSG_LOOP);
        }
        return 0;
    }
    int rc = verify(f, m, &m->origin);
    if (rc < 0) {
        return rc;
    }
    if (!is_ours && !may_search(f, now, from, &m->target)) {
        f->shed++;
        return WAVU_ERR_LIMIT;
    }
    struct origin *o = origin_of(f, now, &m->origin);
    enum sight sight = o == NULL ? SIGHT_NEW : look(o, m);
    if (sight == SIGHT_OLD) {
        return 0;
    }
    /* A replay is its sender's doing: the origin does not pay for it. */
    bool is_paid =
        o != NULL &&
        (sight == SIGHT_AGAIN ||
         ((!is_ours || o->is_heard || origin_hear(f, now, from, o)) && pay(&o->budget, m, now)));
    if (!is_paid) {
        f->shed++;
        return WAVU_ERR_LIMIT;
    }
    if (is_ours) {
        return take(f, from, o, m);
    }
    if (sight == SIGHT_AGAIN) { /* it left the table of those that passed */
        answer(f, from, m, ROUTE_MSG_NACK, ROUTE_MSG_LOOP);
        return 0;
    }
    note(o, m);
    pass_on(f, from, m);
    return 0;
}

/* ---- Answers ---- */

static void done(struct forward *f, struct pending *p, uint32_t hops, int err)
{
    struct forward_event *e = out(f, FORWARD_DONE, &p->target);
    if (e == NULL) {
        return; /* an ACK that is lost here: the next attempt brings another */
    }
    e->sequence = p->sequence;
    e->hops = hops;
    e->err = err;
    list_remove(&p->node);
    f->pending_count--;
    mem_free(p);
}

static struct pending *pending_of(struct forward *f, const struct route_msg *m)
{
    for (struct list *n = list_next(&f->pending, &f->pending); n != NULL;
         n = list_next(&f->pending, n)) {
        struct pending *p = LIST_OF(n, struct pending, node);
        if (p->sequence == m->sequence && m->generation == f->config.generation &&
            overlay_id_is_equal(&p->target, &m->target)) {
            return p;
        }
    }
    return NULL;
}

static void feed_own_answer(struct forward *f, uint64_t now, const struct overlay_id *from,
                            const struct route_msg *m)
{
    struct pending *p = pending_of(f, m);
    if (p == NULL || m->attempt > p->attempt) {
        return;
    }
    if (m->kind == ROUTE_MSG_ACK) {
        if (verify(f, m, &m->target) == 0) { /* wrong: whose fault is unknown; the wait goes on */
            done(f, p, m->hops, 0);
        }
        return;
    }
    if (m->attempt == p->attempt && overlay_id_is_equal(&p->to, from) && p->due_ns > now) {
        p->due_ns = now;
        p->refused++;
    }
}

static void feed_answer(struct forward *f, uint64_t now, const struct overlay_id *from,
                        const struct route_msg *m)
{
    if (overlay_id_is_equal(&m->origin, &f->config.self)) {
        feed_own_answer(f, now, from, m);
        return;
    }
    struct passed *p = passed_of(f, m);
    if (p == NULL || p->is_answered || p->attempt != m->attempt ||
        !overlay_id_is_equal(&p->to, from) || !overlay_id_is_equal(&p->target, &m->target) ||
        m->hops >= ROUTE_MSG_LIMIT_MAX || link_of(f, &p->from) == NULL) {
        return;
    }
    p->is_answered = true;
    struct forward_event *e = out(f, FORWARD_SEND, &p->from);
    if (e != NULL) {
        e->msg = *m;
        e->msg.hops++;
    }
}

int forward_feed(struct forward *f, uint64_t now, const struct overlay_id *from,
                 const struct route_msg *m)
{
    struct forward_link *link = link_of(f, from);
    if (link == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (!pay(&link->budget, m, now)) {
        f->shed++;
        return WAVU_ERR_LIMIT;
    }
    switch (m->kind) {
    case ROUTE_MSG_DATA:
        return feed_data(f, now, from, m);
    case ROUTE_MSG_ACK:
    case ROUTE_MSG_NACK:
        feed_answer(f, now, from, m);
        return 0;
    case ROUTE_MSG_NONE:
        return 0;
    }
    return 0;
}

/* ---- Our own ---- */

int forward_send(struct forward *f, uint64_t now, const struct overlay_id *target,
                 struct span payload, uint32_t *sequence)
{
    const struct tried none = {.count = 0};
    if (overlay_id_is_equal(target, &f->config.self)) {
        return WAVU_ERR_INVALID;
    }
    if (payload.len > ROUTE_MSG_PAYLOAD_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (f->pending_count >= FORWARD_PENDING_MAX) {
        return WAVU_ERR_AGAIN;
    }
    if (f->sequence == UINT32_MAX - 1) {
        return WAVU_ERR_EXHAUSTED;
    }
    if (link_of(f, target) == NULL && cheapest(f, target, NULL, &none) == NULL) {
        return WAVU_ERR_UNREACHABLE;
    }
    struct pending *p = mem_new(sizeof *p + payload.len);
    p->target = *target;
    p->sequence = ++f->sequence;
    p->due_ns = now;
    p->len = payload.len;
    if (payload.len > 0) {
        memcpy(p->payload, payload.ptr, payload.len);
    }
    list_push_back(&f->pending, &p->node);
    f->pending_count++;
    *sequence = p->sequence;
    return 0;
}

/* Make the next attempt, or give up. */
static void attempt(struct forward *f, uint64_t now, struct pending *p)
{
    const struct overlay_id *next =
        p->attempt < FORWARD_ATTEMPTS_MAX ? choose(f, &p->target, NULL, &p->tried) : NULL;
    if (next == NULL) {
        done(f, p, 0, p->refused < p->attempt ? WAVU_ERR_TIMEOUT : WAVU_ERR_UNREACHABLE);
        return;
    }
    struct forward_event *e = out(f, FORWARD_SEND, next);
    if (e == NULL) {
        return;
    }
    p->to = *next;
    p->attempt++;
    p->due_ns = now + p->attempt * f->config.wait_ns;
    e->msg = (struct route_msg){.kind = ROUTE_MSG_DATA,
                                .origin = f->config.self,
                                .target = p->target,
                                .generation = f->config.generation,
                                .sequence = p->sequence,
                                .attempt = p->attempt,
                                .limit = f->config.hops,
                                .hops = 1,
                                .payload = span_of(p->payload, p->len)};
    sign(f, e);
}

/* Do what is due of the first entry that is; false when nothing is. */
static bool attempt_due(struct forward *f, uint64_t now)
{
    for (struct list *n = list_next(&f->pending, &f->pending); n != NULL;
         n = list_next(&f->pending, n)) {
        struct pending *p = LIST_OF(n, struct pending, node);
        if (p->due_ns <= now) {
            attempt(f, now, p);
            return true;
        }
    }
    return false;
}

bool forward_next_event(struct forward *f, uint64_t now, struct forward_event *event)
{
    if (f->out_count == 0 && !attempt_due(f, now)) {
        return false;
    }
    *event = f->out[f->out_at];
    f->out_at = (f->out_at + 1) % FORWARD_OUT_MAX;
    f->out_count--;
    bool is_own = event->kind == FORWARD_SEND && event->msg.signature.ptr == NULL &&
                  event->msg.kind != ROUTE_MSG_NACK;
    if (is_own) {
        event->msg.signature = span_of(event->signature, OVERLAY_SIGN_SIZE);
    }
    return true;
}

uint64_t forward_deadline(const struct forward *f)
{
    uint64_t first = TIMERS_NEVER;
    for (struct list *n = list_next(&f->pending, &f->pending); n != NULL;
         n = list_next(&f->pending, n)) {
        const struct pending *p = LIST_OF(n, struct pending, node);
        first = p->due_ns < first ? p->due_ns : first;
    }
    return first;
}

void forward_check(const struct forward *f)
{
    CHECK(f->link_count <= FORWARD_LINKS_MAX && f->out_count <= FORWARD_OUT_MAX);
    CHECK(f->pending_count == list_count(&f->pending) && f->pending_count <= FORWARD_PENDING_MAX);
    CHECK(f->passed.count == list_count(&f->passed_age) && f->passed.count <= FORWARD_PASSED_MAX);
    CHECK(f->origins.count == list_count(&f->passing) + list_count(&f->heard));
    CHECK(f->origins.count <= FORWARD_ORIGINS_MAX);
    map_check(&f->passed);
    map_check(&f->origins);
}
