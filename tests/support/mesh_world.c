/*
 * The world of mesh_world.h.
 */
#include "tests/support/mesh_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "overlay/views_repair.h"

enum kind { VIEWS, DETECTOR, TICK, LINK, DOWN, RESET, FAILED, REACHED, UNREACHED };

struct mesh_event {
    uint64_t at;
    uint64_t seq;
    uint8_t *bytes; /* owned */
    uint16_t len;
    uint16_t from;
    uint16_t to;
    uint8_t kind;
};

static bool is_before(const struct mesh_event *a, const struct mesh_event *b)
{
    return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void push(struct mesh *m, struct mesh_event event)
{
    if (m->queued == m->queue_cap) {
        m->queue_cap = m->queue_cap == 0 ? 1024 : 2 * m->queue_cap;
        m->queue = mem_resize(m->queue, m->queue_cap * sizeof m->queue[0]);
    }
    event.seq = m->seq++;
    size_t i = m->queued++;
    while (i > 0 && is_before(&event, &m->queue[(i - 1) / 2])) {
        m->queue[i] = m->queue[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    m->queue[i] = event;
}

static struct mesh_event pop(struct mesh *m)
{
    struct mesh_event first = m->queue[0];
    struct mesh_event last = m->queue[--m->queued];
    size_t i = 0;
    for (size_t child = 1; child < m->queued; child = 2 * i + 1) {
        if (child + 1 < m->queued && is_before(&m->queue[child + 1], &m->queue[child])) {
            child++;
        }
        if (!is_before(&m->queue[child], &last)) {
            break;
        }
        m->queue[i] = m->queue[child];
        i = child;
    }
    m->queue[i] = last;
    return first;
}

static uint8_t *link_between(const struct mesh *m, size_t from, size_t to)
{
    return &m->linked[from * m->count + to];
}

static uint64_t delay_between(size_t a, size_t b)
{
    size_t low = a < b ? a : b;
    size_t high = a < b ? b : a;
    return (5 + (low * 7919 + high * 104729) % 21) * MESH_MS;
}

static bool is_open(const struct mesh *m, size_t a, size_t b)
{
    return m->nodes[a].is_up && m->nodes[b].is_up &&
           (!m->is_parted || m->nodes[a].side == m->nodes[b].side);
}

static size_t index_of(const struct overlay_id *id)
{
    return (size_t)id->bytes[0] << 8 | id->bytes[1];
}

static void put(struct mesh *m, enum kind kind, size_t from, size_t to, uint64_t delay)
{
    push(m, (struct mesh_event){.at = m->now + delay,
                                .kind = (uint8_t)kind,
                                .from = (uint16_t)from,
                                .to = (uint16_t)to});
}

static void carry(struct mesh *m, enum kind kind, size_t from, size_t to, struct span bytes)
{
    m->messages++;
    m->bytes += bytes.len + 2;
    if (random_below(&m->random, 1000) < m->loss_permille || !is_open(m, from, to)) {
        return;
    }
    struct mesh_event event = {.at = m->now + delay_between(from, to),
                               .bytes = bytes.len > 0 ? mem_new_raw(bytes.len) : NULL,
                               .len = (uint16_t)bytes.len,
                               .from = (uint16_t)from,
                               .to = (uint16_t)to,
                               .kind = (uint8_t)kind};
    if (bytes.len > 0) {
        memcpy(event.bytes, bytes.ptr, bytes.len);
    }
    push(m, event);
}

static void dial(struct mesh *m, size_t from, size_t to)
{
    if (is_open(m, from, to)) {
        put(m, LINK, from, to, 2 * delay_between(from, to));
    }
}

static void on_views(struct mesh *m, size_t i, const struct views_event *e)
{
    struct mesh_node *n = &m->nodes[i];
    size_t other = index_of(&e->id);
    uint8_t out[VIEWS_MSG_SIZE_MAX];
    struct wr w;
    switch (e->kind) {
    case VIEWS_SEND:
        wr_init(&w, span_mut_of(out, sizeof out));
        views_msg_encode(&w, &e->msg);
        CHECK(wr_finish(&w) == 0);
        if (*link_between(m, i, other)) {
            detector_sent(&n->detector, m->now, &e->id);
            carry(m, VIEWS, i, other, wr_span(&w));
        }
        return;
    case VIEWS_DIAL:
        if (*link_between(m, i, other)) {
            put(m, LINK, i, other, 0);
        } else {
            dial(m, i, other);
        }
        return;
    case VIEWS_DROP:
        if (*link_between(m, i, other)) {
            *link_between(m, i, other) = 0;
            put(m, DOWN, i, other, delay_between(i, other));
        }
        return;
    case VIEWS_UP:
        CHECK(detector_link_up(&n->detector, m->now, &e->id, span_empty()) == 0);
        return;
    case VIEWS_DOWN:
        detector_link_down(&n->detector, m->now, &e->id);
        return;
    case VIEWS_LEARNED:
    case VIEWS_SPLIT:
    case VIEWS_REFUSED:
        return;
    }
}

static void on_verdict(struct mesh *m, size_t i, size_t other)
{
    const struct mesh_node *o = &m->nodes[other];
    if (!o->is_up && m->detected_count < sizeof m->detected / sizeof m->detected[0]) {
        m->detected[m->detected_count++] = m->now - o->crashed_at;
    }
    if (is_open(m, i, other)) {
        m->false_downs++;
        m->false_downs_well += !o->is_slow;
    }
    *link_between(m, i, other) = 0;
    put(m, RESET, i, other, delay_between(i, other));
    views_link_down(&m->nodes[i].views, m->now, &o->id, true);
}

static void reach(struct mesh *m, size_t i, size_t other)
{
    if (is_open(m, i, other)) {
        put(m, REACHED, other, i, 4 * delay_between(i, other));
    }
}

static void on_detector(struct mesh *m, size_t i, const struct detector_event *e)
{
    const struct views_peer *anybody;
    size_t other = index_of(&e->id);
    uint8_t out[DETECTOR_MSG_SIZE_MAX];
    struct wr w;
    switch (e->kind) {
    case DETECTOR_SEND:
        wr_init(&w, span_mut_of(out, sizeof out));
        detector_msg_encode(&w, &e->msg);
        CHECK(wr_finish(&w) == 0);
        if (*link_between(m, i, other)) {
            carry(m, DETECTOR, i, other, wr_span(&w));
        }
        return;
    case DETECTOR_DOWN:
        on_verdict(m, i, other);
        return;
    case DETECTOR_REACH:
        reach(m, i, other);
        return;
    case DETECTOR_SEEK:
        anybody = views_repair_seek(&m->nodes[i].views, m->now);
        if (anybody != NULL) {
            reach(m, i, index_of(&anybody->id));
        } else {
            detector_sought_none(&m->nodes[i].detector, m->now);
        }
        return;
    case DETECTOR_SUSPECTED:
    case DETECTOR_TRUSTED:
        return;
    }
}

static void drain(struct mesh *m, size_t i)
{
    struct mesh_node *n = &m->nodes[i];
    struct views_event v;
    struct detector_event d;
    bool is_more = true;
    while (is_more) {
        is_more = false;
        while (views_next_event(&n->views, &v)) {
            on_views(m, i, &v);
            is_more = true;
        }
        while (detector_next_event(&n->detector, &d)) {
            on_detector(m, i, &d);
            is_more = true;
        }
    }
    uint64_t due = views_deadline(&n->views);
    uint64_t other = detector_deadline(&n->detector);
    due = other < due ? other : due;
    due = due > m->now ? due : m->now;
    if (due < n->tick_at || n->tick_at <= m->now) {
        n->tick_at = due;
        put(m, TICK, i, i, due - m->now);
    }
}

static void deliver(struct mesh *m, const struct mesh_event *e)
{
    struct mesh_node *n = &m->nodes[e->to];
    const struct overlay_id *from = &m->nodes[e->from].id;
    struct views_msg v;
    struct detector_msg d;
    if (!*link_between(m, e->to, e->from)) {
        return;
    }
    if (e->kind == VIEWS) {
        detector_heard(&n->detector, m->now, from);
        CHECK(views_msg_decode(&v, span_of(e->bytes, e->len)) == 0);
        CHECK(views_feed(&n->views, m->now, from, &v) == 0);
    } else {
        CHECK(detector_msg_decode(&d, span_of(e->bytes, e->len)) == 0);
        CHECK(detector_feed(&n->detector, m->now, from, &d) == 0);
    }
}

static void connect(struct mesh *m, size_t from, size_t to)
{
    if (!is_open(m, from, to)) {
        return;
    }
    bool is_new = !*link_between(m, to, from);
    *link_between(m, from, to) = 1;
    *link_between(m, to, from) = 1;
    CHECK(views_link_up(&m->nodes[from].views, m->now, &m->nodes[to].id, true) == 0);
    if (is_new) {
        CHECK(views_link_up(&m->nodes[to].views, m->now, &m->nodes[from].id, false) == 0);
    }
    drain(m, to);
}

/* The link of `from` to `to` went: `to` hears of it, if it still holds it. */
static void cut(struct mesh *m, const struct mesh_event *e)
{
    if (*link_between(m, e->from, e->to) || !is_open(m, e->from, e->to)) {
        return;
    }
    *link_between(m, e->to, e->from) = 0;
    detector_link_down(&m->nodes[e->to].detector, m->now, &m->nodes[e->from].id);
    views_link_down(&m->nodes[e->to].views, m->now, &m->nodes[e->from].id, e->kind == RESET);
}

static void happen(struct mesh *m, const struct mesh_event *e)
{
    struct mesh_node *n = &m->nodes[e->to];
    size_t owner = e->kind == LINK ? e->from : e->to;
    switch ((enum kind)e->kind) {
    case VIEWS:
    case DETECTOR:
        deliver(m, e);
        break;
    case TICK:
        if (m->now < n->tick_at) {
            return; /* an earlier one came between */
        }
        n->tick_at = m->now;
        detector_tick(&n->detector, m->now);
        views_tick(&n->views, m->now);
        break;
    case LINK:
        connect(m, e->from, e->to);
        break;
    case DOWN:
    case RESET:
        cut(m, e);
        break;
    case FAILED:
        views_link_failed(&n->views, m->now, &m->nodes[e->from].id);
        break;
    case REACHED:
    case UNREACHED:
        if (e->kind == REACHED) {
            views_repair_found(&n->views, m->now, &m->nodes[e->from].id);
        }
        detector_reached(&n->detector, m->now, &m->nodes[e->from].id, e->kind == REACHED);
        break;
    }
    drain(m, owner);
}

void mesh_init(struct mesh *m, size_t count, uint64_t seed, const struct views_config *views,
               const struct detector_config *detector)
{
    memset(m, 0, sizeof *m);
    CHECK(count <= MESH_MAX);
    m->count = count;
    m->seed = seed;
    m->now = MESH_S;
    m->nodes = mem_new_array(count, sizeof m->nodes[0]);
    m->linked = mem_new_array(count * count, 1);
    random_seeded_init(&m->seeded, seed);
    m->random = random_from_seeded(&m->seeded);
    for (size_t i = 0; i < count; i++) {
        struct mesh_node *n = &m->nodes[i];
        struct views_config v = *views;
        struct detector_config d = *detector;
        random_seeded_init(&n->seeded, seed * 100003 + i + 1);
        n->random = random_from_seeded(&n->seeded);
        random_fill(&n->random, n->id.bytes, OVERLAY_ID_SIZE);
        n->id.bytes[0] = (uint8_t)(i >> 8);
        n->id.bytes[1] = (uint8_t)i;
        v.self = n->id;
        v.random = &n->random;
        d.random = &n->random;
        n->tick_at = UINT64_MAX;
        n->side = i % 2;
        views_init(&n->views, m->now, &v);
        detector_init(&n->detector, m->now, &d);
    }
}

void mesh_clear(struct mesh *m)
{
    while (m->queued > 0) {
        struct mesh_event e = pop(m);
        mem_free(e.bytes);
    }
    for (size_t i = 0; i < m->count; i++) {
        views_clear(&m->nodes[i].views);
        detector_clear(&m->nodes[i].detector);
    }
    mem_free(m->nodes);
    mem_free(m->linked);
    mem_free(m->queue);
}

void mesh_start(struct mesh *m, size_t i, size_t seed)
{
    m->nodes[i].is_up = true;
    if (seed != i) {
        dial(m, i, seed);
    }
    drain(m, i);
}

void mesh_start_all(struct mesh *m, uint64_t pause)
{
    for (size_t i = 0; i < m->count; i++) {
        mesh_start(m, i, i == 0 ? 0 : (size_t)random_below(&m->random, i));
        mesh_run(m, pause);
    }
}

void mesh_crash(struct mesh *m, size_t i)
{
    m->nodes[i].is_up = false;
    m->nodes[i].crashed_at = m->now;
}

/* A slow node goes on for 0 to 4 s and then stands still for up to 8 s (skewed to short). */
static void maybe_stand(struct mesh *m, struct mesh_node *n)
{
    if (n->is_slow && m->now >= n->still_until + 2 * MESH_S && random_below(&m->random, 40) == 0) {
        n->still_until = m->now + (128u << random_below(&m->random, 7)) * MESH_MS;
    }
}

void mesh_run(struct mesh *m, uint64_t ns)
{
    uint64_t end = m->now + ns;
    while (m->queued > 0 && m->queue[0].at <= end) {
        struct mesh_event e = pop(m);
        struct mesh_node *n = &m->nodes[e.kind == LINK ? e.from : e.to];
        m->now = e.at;
        maybe_stand(m, n);
        if (n->is_up && m->now < n->still_until) {
            e.at = n->still_until;
            push(m, e);
            continue;
        }
        if (n->is_up) {
            happen(m, &e);
        }
        mem_free(e.bytes);
    }
    m->now = end;
}

size_t mesh_components(const struct mesh *m)
{
    uint16_t stack[MESH_MAX];
    bool is_seen[MESH_MAX] = {false};
    size_t components = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t depth = 0;
        if (is_seen[i] || !m->nodes[i].is_up) {
            continue;
        }
        components++;
        is_seen[i] = true;
        stack[depth++] = (uint16_t)i;
        while (depth > 0) {
            const struct mesh_node *n = &m->nodes[stack[--depth]];
            size_t at = 0;
            const struct overlay_id *id;
            while ((id = views_next_active(&n->views, &at)) != NULL) {
                size_t o = index_of(id);
                if (!is_seen[o] && m->nodes[o].is_up &&
                    views_is_active(&m->nodes[o].views, &n->id)) {
                    is_seen[o] = true;
                    stack[depth++] = (uint16_t)o;
                }
            }
        }
    }
    return components;
}

size_t mesh_cross_links(const struct mesh *m)
{
    size_t links = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t at = 0;
        const struct overlay_id *id;
        while ((id = views_next_active(&m->nodes[i].views, &at)) != NULL) {
            links += m->nodes[index_of(id)].side != m->nodes[i].side;
        }
    }
    return links / 2;
}

void mesh_degrees(const struct mesh *m, size_t *least, size_t *most, size_t *sum)
{
    *least = SIZE_MAX;
    *most = 0;
    *sum = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t n = views_active_count(&m->nodes[i].views);
        if (m->nodes[i].is_up) {
            *least = n < *least ? n : *least;
            *most = n > *most ? n : *most;
            *sum += n;
        }
        views_check(&m->nodes[i].views);
        detector_check(&m->nodes[i].detector);
    }
}
