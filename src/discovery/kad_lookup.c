/*
 * Candidates in one list by distance; each path sees those that it was told of.
 */
#include "discovery/kad_lookup.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define PATIENCE_FACTOR 4 /* times what an answer took so far */
#define SMOOTH 4          /* the share of a new answer's time: a quarter */

void kad_lookup_init(struct kad_lookup *l, const struct kad_lookup_config *config,
                     const struct peerid *self)
{
    CHECK(config->paths >= 1 && config->paths <= KAD_LOOKUP_PATHS_MAX);
    CHECK(config->k >= 1 && config->alpha >= 1 && config->beta >= 1);
    *l = (struct kad_lookup){.config = *config, .self = *self};
}

void kad_lookup_clear(struct kad_lookup *l)
{
    for (size_t i = 0; i < l->count; i++) {
        mem_free(l->candidates[i]);
    }
    mem_free(l->candidates);
    l->candidates = NULL;
    l->count = 0;
    l->room = 0;
}

/* ---- The list ---- */

static bool kad_lookup_knows(const struct kad_candidate *c, unsigned path)
{
    return ((unsigned)c->known >> path & 1U) != 0;
}

/* Where a candidate at `key` stands or would stand. */
static size_t kad_lookup_place(const struct kad_lookup *l, const struct kad_key *key)
{
    size_t low = 0;
    size_t high = l->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (kad_key_compare(&l->config.target, &l->candidates[mid]->key, key) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static struct kad_candidate *kad_lookup_find(const struct kad_lookup *l, const struct peerid *id)
{
    struct kad_key key;
    kad_key_of(&key, peerid_span(id));
    size_t at = kad_lookup_place(l, &key);
    return at < l->count && peerid_is_equal(&l->candidates[at]->id, id) ? l->candidates[at] : NULL;
}

static void kad_lookup_drop(struct kad_lookup *l, size_t at)
{
    mem_free(l->candidates[at]);
    l->count--;
    memmove(&l->candidates[at], &l->candidates[at + 1], (l->count - at) * sizeof l->candidates[0]);
}

/* The path knows as many as it may: it forgets the farthest that it did not ask. */
static void kad_lookup_bound(struct kad_lookup *l, unsigned path)
{
    size_t open = 0;
    size_t farthest = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct kad_candidate *c = l->candidates[i];
        if (c->state == KAD_LOOKUP_OPEN && kad_lookup_knows(c, path)) {
            open++;
            farthest = i;
        }
    }
    if (open > KAD_LOOKUP_OPEN_MAX) {
        struct kad_candidate *c = l->candidates[farthest];
        c->known = (uint16_t)(c->known & ~(1U << path));
        if (c->known == 0) {
            kad_lookup_drop(l, farthest);
        }
    }
}

static void kad_lookup_add(struct kad_lookup *l, const struct peerid *id, unsigned path,
                           unsigned hops)
{
    struct kad_key key;
    if (id->len == 0 || peerid_is_equal(id, &l->self)) {
        return;
    }
    kad_key_of(&key, peerid_span(id));
    size_t at = kad_lookup_place(l, &key);
    if (at == l->count || !peerid_is_equal(&l->candidates[at]->id, id)) {
        if (l->count == l->room) {
            l->room = l->room == 0 ? 32 : l->room * 2;
            l->candidates = mem_resize(l->candidates, l->room * sizeof l->candidates[0]);
        }
        memmove(&l->candidates[at + 1], &l->candidates[at],
                (l->count - at) * sizeof l->candidates[0]);
        l->candidates[at] = mem_new(sizeof *l->candidates[at]);
        *l->candidates[at] = (struct kad_candidate){
            .key = key, .id = *id, .hops = (uint8_t)(hops < UINT8_MAX ? hops : UINT8_MAX)};
        l->count++;
    }
    l->candidates[at]->known = (uint16_t)(l->candidates[at]->known | 1U << path);
    kad_lookup_bound(l, path);
}

void kad_lookup_seed(struct kad_lookup *l, const struct peerid *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kad_lookup_add(l, ids[i], (unsigned)(i % l->config.paths), 1);
    }
}

/* ---- Paths ---- */

/* How many of its nearest must have answered: the paths together are to find k. */
static unsigned kad_lookup_quota(const struct kad_lookup *l)
{
    unsigned share = (l->config.k + l->config.paths - 1) / l->config.paths;
    return share > l->config.beta ? share : l->config.beta;
}

/* How a path stands. */
struct kad_lookup_path {
    struct kad_candidate
        *wish;        /* the nearest that it may ask; NULL: nobody, or enough have answered */
    unsigned waiting; /* asked, and still waited for */
    unsigned late;    /* likewise, too long to hold anybody up */
    bool is_over;     /* its nearest have answered, or nobody is left */
};

static struct kad_lookup_path kad_lookup_path(const struct kad_lookup *l, unsigned path)
{
    struct kad_lookup_path out = {.is_over = true};
    unsigned answered = 0;
    unsigned quota = kad_lookup_quota(l);
    bool is_settled = true; /* nothing nearer than what was counted can still change */
    for (size_t i = 0; i < l->count; i++) {
        struct kad_candidate *c = l->candidates[i];
        bool is_own = c->state != KAD_LOOKUP_OPEN && c->path == path;
        out.waiting += is_own && c->state == KAD_LOOKUP_ASKED ? 1U : 0U;
        out.late += is_own && c->state == KAD_LOOKUP_LATE ? 1U : 0U;
        if (answered >= quota && is_settled) {
            continue;
        }
        if (c->state == KAD_LOOKUP_OPEN && kad_lookup_knows(c, path)) {
            out.wish = out.wish == NULL && answered < quota ? c : out.wish;
            is_settled = false;
            out.is_over = false;
        } else if (is_own && c->state == KAD_LOOKUP_ASKED) {
            is_settled = false;
            out.is_over = false;
        } else if (is_own && c->state == KAD_LOOKUP_ANSWERED) {
            answered++;
        }
    }
    /* Too few answered, and nobody else is left to ask: who is late is waited for after all. */
    out.is_over = out.is_over && (answered >= quota || out.late == 0);
    return out;
}

static unsigned kad_lookup_width(const struct kad_lookup *l)
{
    unsigned width = l->config.alpha / l->config.paths;
    return width < 2 && l->config.alpha >= 2 ? 2 : width < 1 ? 1 : width;
}

static uint64_t kad_lookup_patience(const struct kad_lookup *l)
{
    uint64_t patience = l->took_ns * PATIENCE_FACTOR;
    patience = patience < KAD_LOOKUP_PATIENCE_LEAST_NS ? KAD_LOOKUP_PATIENCE_LEAST_NS : patience;
    return patience > KAD_LOOKUP_PATIENCE_MOST_NS ? KAD_LOOKUP_PATIENCE_MOST_NS : patience;
}

bool kad_lookup_next(struct kad_lookup *l, uint64_t now, struct peerid *id)
{
    struct kad_candidate *best = NULL;
    unsigned best_path = 0;
    unsigned best_waiting = kad_lookup_width(l);
    if (l->is_stopped || l->asked >= KAD_LOOKUP_ASKED_MAX) {
        return false;
    }
    for (unsigned path = 0; path < l->config.paths; path++) {
        struct kad_lookup_path p = kad_lookup_path(l, path);
        if (p.wish != NULL && p.waiting < best_waiting) {
            best = p.wish;
            best_path = path;
            best_waiting = p.waiting;
        }
    }
    if (best == NULL) {
        return false;
    }
    best->state = KAD_LOOKUP_ASKED;
    best->path = (uint8_t)best_path;
    best->asked_ns = now;
    best->until_ns = now + kad_lookup_patience(l);
    l->asked++;
    *id = best->id;
    return true;
}

void kad_lookup_wait(struct kad_lookup *l, const struct peerid *id, uint64_t until_ns)
{
    struct kad_candidate *c = kad_lookup_find(l, id);
    if (c != NULL && c->state == KAD_LOOKUP_ASKED) {
        c->until_ns = until_ns;
    }
}

void kad_lookup_answered(struct kad_lookup *l, const struct peerid *id, const struct peerid *ids,
                         size_t count, uint64_t now)
{
    struct kad_candidate *c = kad_lookup_find(l, id);
    if (c == NULL || (c->state != KAD_LOOKUP_ASKED && c->state != KAD_LOOKUP_LATE)) {
        return;
    }
    uint64_t took = now - c->asked_ns;
    l->took_ns = l->took_ns == 0 ? took : l->took_ns - l->took_ns / SMOOTH + took / SMOOTH;
    c->state = KAD_LOOKUP_ANSWERED;
    l->answered++;
    unsigned path = c->path;
    unsigned hops = c->hops + 1U;
    for (size_t i = 0; i < count; i++) {
        kad_lookup_add(l, &ids[i], path, hops);
    }
}

void kad_lookup_failed(struct kad_lookup *l, const struct peerid *id)
{
    struct kad_candidate *c = kad_lookup_find(l, id);
    if (c != NULL && (c->state == KAD_LOOKUP_ASKED || c->state == KAD_LOOKUP_LATE)) {
        c->state = KAD_LOOKUP_FAILED;
    }
}

void kad_lookup_stop(struct kad_lookup *l)
{
    l->is_stopped = true;
}

uint64_t kad_lookup_deadline(const struct kad_lookup *l)
{
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < l->count; i++) {
        const struct kad_candidate *c = l->candidates[i];
        if (c->state == KAD_LOOKUP_ASKED && c->until_ns < first) {
            first = c->until_ns;
        }
    }
    return first;
}

void kad_lookup_tick(struct kad_lookup *l, uint64_t now)
{
    for (size_t i = 0; i < l->count; i++) {
        struct kad_candidate *c = l->candidates[i];
        if (c->state == KAD_LOOKUP_ASKED && now >= c->until_ns) {
            c->state = KAD_LOOKUP_LATE;
        }
    }
}

bool kad_lookup_is_over(const struct kad_lookup *l)
{
    bool may_ask = l->asked < KAD_LOOKUP_ASKED_MAX;
    if (l->is_stopped) {
        return true;
    }
    for (unsigned path = 0; path < l->config.paths; path++) {
        struct kad_lookup_path p = kad_lookup_path(l, path);
        if (!p.is_over && (p.waiting > 0 || p.late > 0 || (p.wish != NULL && may_ask))) {
            return false;
        }
    }
    return true;
}

size_t kad_lookup_result(const struct kad_lookup *l, const struct kad_candidate **out, size_t max)
{
    size_t count = 0;
    max = max < l->config.k ? max : l->config.k;
    for (size_t i = 0; i < l->count && count < max; i++) {
        if (l->candidates[i]->state == KAD_LOOKUP_ANSWERED) {
            out[count++] = l->candidates[i];
        }
    }
    return count;
}

void kad_lookup_check(const struct kad_lookup *l)
{
    size_t asked = 0;
    size_t answered = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct kad_candidate *c = l->candidates[i];
        CHECK(i == 0 ||
              kad_key_compare(&l->config.target, &l->candidates[i - 1]->key, &c->key) < 0);
        CHECK(c->known != 0 || c->state != KAD_LOOKUP_OPEN);
        CHECK(!peerid_is_equal(&c->id, &l->self));
        asked += c->state != KAD_LOOKUP_OPEN;
        answered += c->state == KAD_LOOKUP_ANSWERED;
    }
    CHECK(asked == l->asked && answered == l->answered && l->asked <= KAD_LOOKUP_ASKED_MAX);
    CHECK(l->count <= KAD_LOOKUP_ASKED_MAX + KAD_LOOKUP_PATHS_MAX * KAD_LOOKUP_OPEN_MAX);
}
