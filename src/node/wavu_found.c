/*
 * Sources with their peers. A source whose peers all had their turn gives way to a new one when all
 * places are taken; one that waits does not, but for the place that the last turn has left.
 */
#include "node/wavu_found.h"

#include <string.h>

#include "base/check.h"
#include "base/map.h"
#include "base/span.h"

void wavu_found_init(struct wavu_found *f, const struct random *random)
{
    memset(f, 0, sizeof *f);
    f->random = random;
}

static struct wavu_found_peer *peer_of(struct wavu_found_source *s, const struct peerid *id)
{
    for (size_t i = 0; i < s->count; i++) {
        if (peerid_is_equal(&s->peers[i].id, id)) {
            return &s->peers[i];
        }
    }
    return NULL;
}

static bool source_waits(const struct wavu_found_source *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->peers[i].is_waiting) {
            return true;
        }
    }
    return false;
}

static uint64_t lot_of_source(const struct wavu_found *f, const uint8_t *source)
{
    return map_hash(f->lot, span_of(source, MULTIADDR_SOURCE_SIZE));
}

/* A place for a new source: a free one, or of those that nobody waits at that with most turns. When
 * somebody waits at all, lots decide who has the place that the last turn has left, and how often
 * each calls does not: or whoever sends from 64 addresses kept all others out. */
static struct wavu_found_source *place(struct wavu_found *f, const uint8_t *source)
{
    struct wavu_found_source *victim = NULL;
    struct wavu_found_source *last = NULL;

    if (f->count < WAVU_FOUND_SOURCES_MAX) {
        return &f->sources[f->count++];
    }
    for (size_t i = 0; i < f->count; i++) {
        struct wavu_found_source *s = &f->sources[i];

        if (!source_waits(s) && (victim == NULL || s->turns > victim->turns)) {
            victim = s;
        }
        if (!s->is_settled &&
            lot_of_source(f, s->source) > lot_of_source(f, last == NULL ? source : last->source)) {
            last = s;
        }
    }
    return victim != NULL ? victim : last;
}

/* Who waits keeps its place; for that of who had its turn lots are drawn. */
static void draw_lots(const struct wavu_found *f, struct wavu_found_source *s)
{
    for (size_t i = 0; i < s->count; i++) {
        s->peers[i].is_settled = s->peers[i].is_waiting;
    }
    s->lot[0] = random_u64(f->random);
    s->lot[1] = random_u64(f->random);
}

static uint64_t lot_of(const struct wavu_found_source *s, const struct peerid *id)
{
    return map_hash(s->lot, span_of(id->bytes, id->len));
}

/* Nobody needs a lot before. */
static void draw_when_full(struct wavu_found *f)
{
    if (f->count == WAVU_FOUND_SOURCES_MAX) {
        f->lot[0] = random_u64(f->random);
        f->lot[1] = random_u64(f->random);
    }
}

/* The same among sources: where nobody waits, the place is for lots. */
static void draw_source_lots(struct wavu_found *f)
{
    for (size_t i = 0; i < f->count; i++) {
        f->sources[i].is_settled = source_waits(&f->sources[i]);
    }
    draw_when_full(f);
}

static struct wavu_found_source *source_of(struct wavu_found *f, const uint8_t *source)
{
    for (size_t i = 0; i < f->count; i++) {
        if (span_is_equal(span_of(f->sources[i].source, MULTIADDR_SOURCE_SIZE),
                          span_of(source, MULTIADDR_SOURCE_SIZE))) {
            return &f->sources[i];
        }
    }
    const bool is_free = f->count < WAVU_FOUND_SOURCES_MAX;
    struct wavu_found_source *s = place(f, source);

    if (s != NULL) {
        *s = (struct wavu_found_source){.number = f->numbers++, .is_settled = is_free};
        draw_lots(f, s);
        memcpy(s->source, source, sizeof s->source);
    }
    if (is_free) {
        draw_when_full(f);
    }
    return s;
}

/* Likewise for the peer `id` of `s`. When all wait, lots decide who has the place that the last
 * turn has left, and how often each calls does not: all hosts of a link may have one /64. */
static struct wavu_found_peer *peer_place(struct wavu_found_source *s, const struct peerid *id)
{
    struct wavu_found_peer *victim = NULL;
    struct wavu_found_peer *last = NULL;

    if (s->count < WAVU_FOUND_EACH_MAX) {
        return &s->peers[s->count++];
    }
    for (size_t i = 0; i < s->count; i++) {
        struct wavu_found_peer *p = &s->peers[i];

        if (!p->is_waiting && (victim == NULL || p->turns > victim->turns)) {
            victim = p;
        }
        if (!p->is_settled && lot_of(s, &p->id) > lot_of(s, last == NULL ? id : &last->id)) {
            last = p;
        }
    }
    return victim != NULL ? victim : last;
}

static bool was_done(struct wavu_found *f, const struct peerid *peer)
{
    const struct wavu_found_peer *p = NULL;

    for (size_t i = 0; i < f->count && (p == NULL || !p->is_done); i++) {
        p = peer_of(&f->sources[i], peer);
    }
    return p != NULL && p->is_done;
}

void wavu_found_add(struct wavu_found *f, const struct peerid *peer,
                    const struct multiaddr *address)
{
    uint8_t source[MULTIADDR_SOURCE_SIZE] = {0};

    if (address != NULL) {
        multiaddr_source(address, source);
    }
    const bool is_done = was_done(f, peer);
    struct wavu_found_source *s = source_of(f, source);
    struct wavu_found_peer *p = s == NULL ? NULL : peer_of(s, peer);

    if (s != NULL && p == NULL) {
        const bool is_free = s->count < WAVU_FOUND_EACH_MAX;

        p = peer_place(s, peer);
        if (p != NULL) {
            *p = (struct wavu_found_peer){.id = *peer, .is_done = is_done, .is_settled = is_free};
        }
    }
    if (p != NULL) {
        p->is_waiting = !p->is_done;
    }
}

/* Of those that wait at `s`, one with the fewest turns. */
static struct wavu_found_peer *draw(const struct wavu_found *f, struct wavu_found_source *s)
{
    struct wavu_found_peer *best = NULL;
    uint64_t like = 0;

    for (size_t i = 0; i < s->count; i++) {
        struct wavu_found_peer *p = &s->peers[i];

        if (!p->is_waiting || (best != NULL && p->turns > best->turns)) {
            continue;
        }
        like = best != NULL && p->turns == best->turns ? like + 1 : 1;
        if (random_below(f->random, like) == 0) {
            best = p;
        }
    }
    return best;
}

bool wavu_found_next(struct wavu_found *f, struct peerid *peer, uint32_t *turns)
{
    struct wavu_found_source *best = NULL;

    for (size_t i = 0; i < f->count; i++) {
        struct wavu_found_source *s = &f->sources[i];

        if (source_waits(s) && (best == NULL || s->turns < best->turns ||
                                (s->turns == best->turns && s->number < best->number))) {
            best = s;
        }
    }
    if (best == NULL) {
        return false;
    }
    struct wavu_found_peer *p = draw(f, best);

    CHECK(p != NULL); /* one waits */
    *peer = p->id;
    *turns = p->turns++;
    p->is_waiting = false;
    best->turns++;
    draw_lots(f, best);
    draw_source_lots(f);
    return true;
}

void wavu_found_done(struct wavu_found *f, const struct peerid *peer)
{
    for (size_t i = 0; i < f->count; i++) {
        struct wavu_found_peer *p = peer_of(&f->sources[i], peer);

        if (p != NULL) {
            p->is_done = true;
            p->is_waiting = false;
        }
    }
}

bool wavu_found_waits(const struct wavu_found *f, bool is_new)
{
    for (size_t i = 0; i < f->count; i++) {
        if (source_waits(&f->sources[i]) && (!is_new || f->sources[i].turns == 0)) {
            return true;
        }
    }
    return false;
}

void wavu_found_check(const struct wavu_found *f)
{
    CHECK(f->count <= WAVU_FOUND_SOURCES_MAX);
    for (size_t i = 0; i < f->count; i++) {
        const struct wavu_found_source *s = &f->sources[i];

        CHECK(s->count <= WAVU_FOUND_EACH_MAX && s->number < f->numbers);
        for (size_t k = 0; k < s->count; k++) {
            CHECK(!(s->peers[k].is_waiting && s->peers[k].is_done));
            CHECK(s->peers[k].turns <= s->turns);
        }
        for (size_t k = 0; k < i; k++) {
            CHECK(!span_is_equal(span_of(s->source, MULTIADDR_SOURCE_SIZE),
                                 span_of(f->sources[k].source, MULTIADDR_SOURCE_SIZE)));
        }
    }
}
