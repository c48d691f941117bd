/*
 * Passive and retained peers: arrays that are searched linearly, because they are asked once in
 * seconds and have a hundred entries.
 */
#include "overlay/views_book.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static struct views_peer *find_in(const struct views_book_list *list, const struct overlay_id *id)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (overlay_id_is_equal(&list->peers[i].id, id)) {
            return &list->peers[i];
        }
    }
    return NULL;
}

static void set_where(struct views_peer *p, struct span where)
{
    uint8_t *copy = NULL;
    if (where.len > 0) {
        copy = mem_new_raw(where.len);
        memcpy(copy, where.ptr, where.len);
    }
    mem_free(p->where);
    p->where = copy;
    p->where_len = (uint16_t)where.len;
}

/* Take `p` out without freeing what it owns. */
static struct views_peer cut(struct views_book_list *list, struct views_peer *p)
{
    struct views_peer out = *p;
    *p = list->peers[--list->count];
    return out;
}

static void drop(struct views_book_list *list, struct views_peer *p)
{
    struct views_peer out = cut(list, p);
    mem_free(out.where);
}

/* A new entry at the end; the list has room below its maximum. */
static struct views_peer *append(struct views_book_list *list, const struct views_peer *p)
{
    CHECK(list->count < list->max);
    if (list->count == list->cap) {
        uint32_t cap = list->cap == 0 ? 8 : 2 * list->cap;
        list->cap = cap < list->max ? cap : list->max;
        list->peers = mem_resize(list->peers, list->cap * sizeof list->peers[0]);
    }
    list->peers[list->count] = *p;
    return &list->peers[list->count++];
}

/* Which entries may make room: those of `source`, those unproven, or all. */
enum choice { OF_SOURCE, UNPROVEN, ANY };

static bool is_of(const struct views_peer *p, enum choice choice, uint32_t source)
{
    return choice == ANY || (choice == UNPROVEN ? !p->is_proven : p->source == source);
}

static uint32_t count_of(const struct views_book_list *list, enum choice choice, uint32_t source)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        n += is_of(&list->peers[i], choice, source);
    }
    return n;
}

/* Drop one of those at random; false when there is none. */
static bool evict(struct views_book *b, struct views_book_list *list, enum choice choice,
                  uint32_t source)
{
    uint32_t n = count_of(list, choice, source);
    if (n == 0) {
        return false;
    }
    uint64_t nth = random_below(b->random, n);
    for (uint32_t i = 0; i < list->count; i++) {
        if (is_of(&list->peers[i], choice, source) && nth-- == 0) {
            drop(list, &list->peers[i]);
            return true;
        }
    }
    return false;
}

void views_book_init(struct views_book *b, const struct random *random, uint32_t passive_max,
                     uint32_t retained_max)
{
    memset(b, 0, sizeof *b);
    b->random = random;
    b->passive.max = passive_max < VIEWS_BOOK_PASSIVE_MAX ? passive_max : VIEWS_BOOK_PASSIVE_MAX;
    b->retained.max =
        retained_max < VIEWS_BOOK_RETAINED_MAX ? retained_max : VIEWS_BOOK_RETAINED_MAX;
}

static void list_clear(struct views_book_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        mem_free(list->peers[i].where);
    }
    mem_free(list->peers);
}

void views_book_clear(struct views_book *b)
{
    list_clear(&b->passive);
    list_clear(&b->retained);
    memset(b, 0, sizeof *b);
}

/* Room for one more told by `source`; false when hearsay has to stay outside. */
static bool make_room(struct views_book *b, uint32_t source)
{
    struct views_book_list *list = &b->passive;
    uint32_t share = list->max / VIEWS_BOOK_SHARE;
    if (share < VIEWS_BOOK_SOURCE_MIN) {
        share = VIEWS_BOOK_SOURCE_MIN;
    }
    if (source != 0 && count_of(list, OF_SOURCE, source) >= share) {
        return evict(b, list, OF_SOURCE, source);
    }
    if (list->count < list->max) {
        return true;
    }
    return evict(b, list, UNPROVEN, 0) || (source == 0 && evict(b, list, ANY, 0));
}

bool views_book_hear(struct views_book *b, const struct overlay_id *id, struct span where,
                     uint32_t source)
{
    struct views_peer *p = find_in(&b->passive, id);
    if (p == NULL) {
        p = find_in(&b->retained, id);
    }
    if (p != NULL) {
        if (where.len > 0 && (source == 0 || !p->is_proven)) {
            set_where(p, where);
        }
        return false;
    }
    if (!make_room(b, source)) {
        return false;
    }
    p = append(&b->passive, &(struct views_peer){.id = *id, .source = source});
    set_where(p, where);
    return true;
}

/* A retained peer is alive: back among the passive ones, if there is room. */
static void regain(struct views_book *b, const struct overlay_id *id, uint32_t source)
{
    struct views_peer *p = find_in(&b->retained, id);
    if (p != NULL && make_room(b, source)) {
        struct views_peer back = cut(&b->retained, p);
        append(&b->passive, &back);
        b->changes++;
    }
}

void views_book_came(struct views_book *b, const struct overlay_id *id, struct span where)
{
    struct views_peer *p = find_in(&b->retained, id);
    regain(b, id, p != NULL && p->is_proven ? 0 : VIEWS_BOOK_CAME);
    (void)views_book_hear(b, id, where, VIEWS_BOOK_CAME);
    p = find_in(&b->passive, id);
    if (p != NULL && where.len > 0) {
        set_where(p, where); /* its own word */
    }
}

void views_book_met(struct views_book *b, const struct overlay_id *id, struct span where)
{
    regain(b, id, 0);
    struct views_peer *p = find_in(&b->passive, id);
    bool is_elsewhere =
        p != NULL && where.len > 0 && !span_is_equal(where, span_of(p->where, p->where_len));
    (void)views_book_hear(b, id, where, 0);
    p = find_in(&b->passive, id);
    if (p != NULL) {
        b->changes += !p->is_proven || is_elsewhere;
        p->is_proven = true;
        p->source = 0;
        p->failures = 0;
        p->due_ns = 0;
    }
}

/* Count a failure and say when to try again: half to one and a half times the doubled pause. */
static void punish(struct views_book *b, struct views_peer *p, uint64_t now)
{
    unsigned doublings = p->failures < VIEWS_BOOK_DOUBLINGS ? p->failures : VIEWS_BOOK_DOUBLINGS;
    uint64_t pause = VIEWS_BOOK_PROBE_NS << doublings;
    p->failures = (uint8_t)(p->failures < UINT8_MAX ? p->failures + 1 : UINT8_MAX);
    p->due_ns = now + pause / 2 + random_below(b->random, pause);
}

void views_book_failed(struct views_book *b, uint64_t now, const struct overlay_id *id)
{
    struct views_peer *p = find_in(&b->retained, id);
    if (p != NULL) {
        punish(b, p, now);
        return;
    }
    p = find_in(&b->passive, id);
    if (p == NULL) {
        return;
    }
    struct views_peer gone = cut(&b->passive, p);
    struct views_book_list *list = &b->retained;
    b->changes++;
    bool has_room = list->count < list->max || evict(b, list, UNPROVEN, 0) ||
                    (gone.is_proven && evict(b, list, ANY, 0));
    if (!has_room) {
        mem_free(gone.where);
        return;
    }
    gone.failures = 0;
    punish(b, append(list, &gone), now);
}

void views_book_forget(struct views_book *b, const struct overlay_id *id)
{
    struct views_book_list *lists[] = {&b->passive, &b->retained};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct views_peer *p = find_in(lists[i], id);
        if (p != NULL) {
            drop(lists[i], p);
            b->changes++;
        }
    }
}

void views_book_delay(struct views_book *b, const struct overlay_id *id, uint64_t until_ns)
{
    struct views_peer *p = find_in(&b->passive, id);
    if (p != NULL && p->due_ns < until_ns) {
        p->due_ns = until_ns;
    }
}

const struct views_peer *views_book_find(const struct views_book *b, const struct overlay_id *id)
{
    const struct views_peer *p = find_in(&b->passive, id);
    return p != NULL ? p : find_in(&b->retained, id);
}

size_t views_book_draw(const struct views_book *b, uint64_t now, const struct views_peer **out,
                       size_t max)
{
    size_t n = 0;
    size_t seen = 0;
    /* A reservoir: each due peer ends in `out` with the same chance. */
    for (uint32_t i = 0; i < b->passive.count; i++) {
        const struct views_peer *p = &b->passive.peers[i];
        if (p->due_ns > now) {
            continue;
        }
        seen++;
        if (n < max) {
            out[n++] = p;
        } else {
            uint64_t at = random_below(b->random, seen);
            if (at < max) {
                out[at] = p;
            }
        }
    }
    return n;
}

const struct views_peer *views_book_due(const struct views_book *b, uint64_t now)
{
    const struct views_peer *best = NULL;
    for (uint32_t i = 0; i < b->retained.count; i++) {
        const struct views_peer *p = &b->retained.peers[i];
        if (p->due_ns <= now && (best == NULL || p->due_ns < best->due_ns)) {
            best = p;
        }
    }
    return best;
}

struct span views_book_where(const struct views_peer *p)
{
    return span_of(p->where, p->where_len);
}

static void list_check(const struct views_book_list *list)
{
    CHECK(list->count <= list->cap && list->cap <= list->max);
    for (uint32_t i = 0; i < list->count; i++) {
        CHECK((list->peers[i].where == NULL) == (list->peers[i].where_len == 0));
        CHECK(find_in(list, &list->peers[i].id) == &list->peers[i]);
    }
}

void views_book_check(const struct views_book *b)
{
    list_check(&b->passive);
    list_check(&b->retained);
    for (uint32_t i = 0; i < b->retained.count; i++) {
        CHECK(find_in(&b->passive, &b->retained.peers[i].id) == NULL);
    }
}
