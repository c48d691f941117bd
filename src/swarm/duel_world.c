/*
 * Events in a heap, nodes that stand still, verdicts counted.
 *
 * Of two events at one time a tick comes first, then what was sent first: a node that went on after
 * a pause looks at its timers before its messages, as event loops and runtimes do.
 */
#include "swarm/duel_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define SECOND (UINT64_C(1000) * 1000000)
#define MS UINT64_C(1000000)
#define MESSAGE_ORDER (UINT64_C(1) << 63)
#define FRAME 2 /* bytes around a message: its length and its kind */

enum stream { DELAYS, LOSSES };

struct duel_host {
    struct pause pause;
    uint64_t tick_at; /* the tick in the queue that counts */
    uint64_t crashed_at;
    uint64_t sent;
    uint64_t last_ns[DUEL_FALSES]; /* the last verdict about it, of each kind; 0: none */
    size_t crash;                  /* its place in first_ms */
    bool is_up;
    bool is_slow;
};

/* ---- The queue ---- */

static bool is_before(const struct duel_event *a, const struct duel_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void push(struct duel_world *w, const struct duel_event *event)
{
    if (w->queued == w->queue_cap) {
        w->queue_cap = w->queue_cap == 0 ? 1024 : 2 * w->queue_cap;
        w->queue = mem_resize(w->queue, w->queue_cap * sizeof w->queue[0]);
    }
    size_t i = w->queued++;
    while (i > 0 && is_before(event, &w->queue[(i - 1) / 2])) {
        w->queue[i] = w->queue[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    w->queue[i] = *event;
}

static struct duel_event pop(struct duel_world *w)
{
    struct duel_event first = w->queue[0];
    struct duel_event last = w->queue[--w->queued];
    size_t i = 0;
    for (size_t child = 1; child < w->queued; child = 2 * i + 1) {
        if (child + 1 < w->queued && is_before(&w->queue[child + 1], &w->queue[child])) {
            child++;
        }
        if (!is_before(&w->queue[child], &last)) {
            break;
        }
        w->queue[i] = w->queue[child];
        i = child;
    }
    w->queue[i] = last;
    return first;
}

static uint64_t mix(const struct duel_world *w, enum stream stream, uint64_t what)
{
    return sim_draw_mix(sim_draw_mix(w->config.pauses.seed, 100 + stream), what);
}

uint64_t duel_world_delay(const struct duel_world *w, uint16_t a, uint16_t b)
{
    uint64_t pair = a < b ? (uint64_t)a << 16 | b : (uint64_t)b << 16 | a;
    uint64_t spread = w->config.delay_max_ns - w->config.delay_min_ns + 1;
    return w->config.delay_min_ns + mix(w, DELAYS, pair) % spread;
}

void duel_world_send(struct duel_world *w, struct duel_letter letter, struct span bytes)
{
    struct duel_host *from = &w->hosts[letter.from];
    uint64_t until = w->config.kind == PAUSE_BLOCKED ? pause_end(&from->pause, w->now) : 0;
    uint64_t draw = mix(w, LOSSES, (uint64_t)letter.from << 48 | ++from->sent);
    w->figures.messages++;
    w->figures.bytes += bytes.len + FRAME;
    if (!letter.is_sure && draw % 1000 < w->config.loss_permille) {
        return;
    }
    struct duel_event event = {.at = (until > 0 ? until : w->now) +
                                     duel_world_delay(w, letter.from, letter.to),
                               .order = MESSAGE_ORDER | w->order++,
                               .len = (uint32_t)bytes.len,
                               .from = letter.from,
                               .to = letter.to,
                               .kind = letter.kind};
    if (bytes.len > DUEL_WORLD_INLINE) {
        event.block = mem_new_raw(bytes.len);
    }
    if (bytes.len > 0) {
        memcpy(event.block != NULL ? event.block : event.bytes, bytes.ptr, bytes.len);
    }
    push(w, &event);
}

void duel_world_wake(struct duel_world *w, uint16_t node, uint8_t kind, uint64_t at)
{
    struct duel_event event = {
        .at = at, .order = MESSAGE_ORDER | w->order++, .from = node, .to = node, .kind = kind};
    push(w, &event);
}

/* ---- Verdicts ---- */

static void count(struct duel_world *w, enum duel_false kind, struct duel_host *about, bool is_own)
{
    struct duel_count *c = &w->figures.false_downs[kind];
    c->verdicts++;
    c->declared += is_own;
    c->incidents +=
        about->last_ns[kind] == 0 || w->now >= about->last_ns[kind] + DUEL_WORLD_QUIET_NS;
    about->last_ns[kind] = w->now;
}

static void note_found(struct duel_world *w, const struct duel_host *about)
{
    struct duel_figures *f = &w->figures;
    uint32_t ms = (uint32_t)((w->now - about->crashed_at) / MS);
    if (f->all_count == f->all_cap) {
        f->all_cap = f->all_cap == 0 ? 256 : 2 * f->all_cap;
        f->all_ms = mem_resize(f->all_ms, f->all_cap * sizeof f->all_ms[0]);
    }
    f->all_ms[f->all_count++] = ms;
    if (ms < f->first_ms[about->crash]) {
        f->first_ms[about->crash] = ms;
    }
}

void duel_world_verdict(struct duel_world *w, uint16_t by, uint16_t about, bool is_own)
{
    struct duel_host *host = &w->hosts[about];
    if (w->now < w->config.count_from_ns) {
        return;
    }
    if (!host->is_up) {
        note_found(w, host);
        return;
    }
    count(w, DUEL_FALSE_ALL, host, is_own);
    if (pause_end(&host->pause, w->now) == 0) {
        count(w, DUEL_FALSE_AWAKE, host, is_own);
    }
    if (!host->is_slow) {
        count(w, DUEL_FALSE_WELL, host, is_own);
    }
    if (!host->is_slow && !w->hosts[by].is_slow) {
        count(w, DUEL_FALSE_WELL_AT_WELL, host, is_own);
    }
}

/* ---- Time ---- */

static void plan_tick(struct duel_world *w, uint16_t node)
{
    struct duel_host *host = &w->hosts[node];
    uint64_t due = w->player->deadline(w->context, node);
    uint64_t until = w->config.kind == PAUSE_BLOCKED ? pause_end(&host->pause, w->now) : 0;
    due = until > 0 && until < due ? until : due; /* what was stuck goes on */
    due = due > w->now ? due : w->now;
    if (due >= host->tick_at) {
        return;
    }
    host->tick_at = due;
    struct duel_event event = {
        .at = due, .order = w->order++, .from = node, .to = node, .kind = DUEL_WORLD_TICK};
    push(w, &event);
}

/* Let one event happen, or wait; true when it is over. */
static bool happen(struct duel_world *w, struct duel_event *e)
{
    struct duel_host *host = &w->hosts[e->to];
    bool is_tick = e->kind == DUEL_WORLD_TICK;
    uint64_t until = pause_end(&host->pause, w->now);
    if (!host->is_up || (is_tick && host->tick_at != e->at)) {
        return true; /* of a tick: an earlier one came between */
    }
    if (until > 0 && (!is_tick || w->config.kind == PAUSE_STOPPED)) {
        e->at = until;
        host->tick_at = is_tick ? until : host->tick_at;
        push(w, e);
        return false;
    }
    w->figures.events++;
    if (is_tick) {
        host->tick_at = UINT64_MAX;
        w->player->tick(w->context, e->to, until > 0);
    } else {
        w->player->take(w->context, e, span_of(e->block != NULL ? e->block : e->bytes, e->len));
    }
    plan_tick(w, e->to);
    return true;
}

void duel_world_run(struct duel_world *w, uint64_t end)
{
    while (w->queued > 0 && w->queue[0].at <= end) {
        struct duel_event e = pop(w);
        w->now = e.at;
        if (happen(w, &e)) {
            mem_free(e.block);
        }
    }
    w->now = end;
}

void duel_world_crash(struct duel_world *w, uint16_t node)
{
    struct duel_host *host = &w->hosts[node];
    struct duel_figures *f = &w->figures;
    CHECK(host->is_up);
    host->is_up = false;
    host->crashed_at = w->now;
    host->crash = f->crashes++;
    f->first_ms = mem_resize(f->first_ms, f->crashes * sizeof f->first_ms[0]);
    f->first_ms[host->crash] = UINT32_MAX;
}

bool duel_world_is_up(const struct duel_world *w, uint16_t node)
{
    return w->hosts[node].is_up;
}

void duel_world_init(struct duel_world *w, const struct duel_world_config *config,
                     const struct duel_player *player)
{
    memset(w, 0, sizeof *w);
    CHECK(config->pauses.nodes >= 2 && config->pauses.nodes <= DUEL_WORLD_NODES_MAX);
    CHECK(config->delay_min_ns <= config->delay_max_ns);
    w->config = *config;
    w->player = player;
    w->now = SECOND;
    w->hosts = mem_new_array(config->pauses.nodes, sizeof w->hosts[0]);
    for (uint16_t i = 0; i < config->pauses.nodes; i++) {
        struct duel_host *host = &w->hosts[i];
        pause_init(&host->pause, &w->config.pauses, i);
        host->tick_at = UINT64_MAX;
        host->is_up = true;
        host->is_slow = pause_is_slow(&w->config.pauses, i);
    }
    w->context = player->start(w);
    for (uint16_t i = 0; i < config->pauses.nodes; i++) {
        plan_tick(w, i);
    }
}

void duel_world_clear(struct duel_world *w)
{
    w->player->stop(w->context);
    for (size_t i = 0; i < w->queued; i++) {
        mem_free(w->queue[i].block);
    }
    mem_free(w->queue);
    mem_free(w->hosts);
    mem_free(w->figures.first_ms);
    mem_free(w->figures.all_ms);
    memset(w, 0, sizeof *w);
}
