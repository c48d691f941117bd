/*
 * Changes come from epoch.c once they are verified; heads and what may be forgotten leave.
 *
 * Nobody orders changes. A child is only added behind its parents, so one walk from the newest to
 * the oldest sees each change after everything that stands above it.
 */
#include "group/epoch_graph.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"

void epoch_graph_init(struct epoch_graph *g)
{
    memset(g, 0, sizeof *g);
    list_init(&g->changes);
}

void epoch_graph_clear(struct epoch_graph *g)
{
    struct list *at = NULL;

    while ((at = list_pop_front(&g->changes)) != NULL) {
        epoch_graph_free(LIST_OF(at, struct epoch_change, link));
    }
    memset(g, 0, sizeof *g);
}

static struct epoch_change *next_of(const struct epoch_graph *g, const struct epoch_change *c)
{
    struct list *at = list_next(&g->changes, c != NULL ? &c->link : &g->changes);

    return at != NULL ? LIST_OF(at, struct epoch_change, link) : NULL;
}

/* The one before `c`, or the last for NULL; NULL before the first. */
static struct epoch_change *before(const struct epoch_graph *g, const struct epoch_change *c)
{
    struct list *at = c != NULL ? c->link.prev : g->changes.prev;

    return at != &g->changes ? LIST_OF(at, struct epoch_change, link) : NULL;
}

/* The place of `id` in g->by_id, or where it would stand. */
static size_t place_of(const struct epoch_graph *g, const uint8_t id[32])
{
    size_t low = 0;
    size_t high = g->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (span_compare(span_of(g->by_id[middle]->id, 32), span_of(id, 32)) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct epoch_change *epoch_graph_find(const struct epoch_graph *g, const uint8_t id[32])
{
    size_t at = place_of(g, id);
    bool is_here = at < g->count && span_is_equal(span_of(g->by_id[at]->id, 32), span_of(id, 32));

    return is_here ? g->by_id[at] : NULL;
}

struct epoch_change *epoch_graph_hinted(const struct epoch_graph *g, const struct epoch_change *at,
                                        const uint8_t hint[EPOCH_MSG_HINT_SIZE])
{
    struct epoch_change *c = next_of(g, at);

    while (c != NULL && !span_has_prefix(span_of(c->id, 32), span_of(hint, EPOCH_MSG_HINT_SIZE))) {
        c = next_of(g, c);
    }
    return c;
}

bool epoch_graph_was_hinted(const struct epoch_graph *g, const uint8_t hint[EPOCH_MSG_HINT_SIZE])
{
    bool was_here = false;

    for (size_t i = 0; i < g->past_count && !was_here; i++) {
        was_here = span_has_prefix(span_of(g->past[i], 32), span_of(hint, EPOCH_MSG_HINT_SIZE));
    }
    return was_here;
}

bool epoch_graph_knows(const struct epoch_graph *g, const uint8_t id[32])
{
    for (size_t i = 0; i < g->past_count; i++) {
        if (span_is_equal(span_of(g->past[i], 32), span_of(id, 32))) {
            return true;
        }
    }
    return epoch_graph_find(g, id) != NULL;
}

bool epoch_graph_all(const struct epoch_graph *g, struct epoch_msg_ids ids,
                     struct epoch_change **changes)
{
    for (size_t i = 0; i < ids.count; i++) {
        changes[i] = epoch_graph_find(g, ids.bytes + i * 32);
        if (changes[i] == NULL) {
            return false;
        }
    }
    return ids.count > 0;
}

size_t epoch_graph_by(const struct epoch_graph *g, int author)
{
    size_t count = 0;

    for (struct epoch_change *c = next_of(g, NULL); c != NULL; c = next_of(g, c)) {
        count += c->author == author;
    }
    return count;
}

bool epoch_graph_has(const struct epoch_graph *g, int author, uint64_t sequence)
{
    for (struct epoch_change *c = next_of(g, NULL); c != NULL; c = next_of(g, c)) {
        if (c->author == author && c->sequence == sequence) {
            return true;
        }
    }
    return false;
}

uint64_t epoch_graph_last(const struct epoch_graph *g, int author)
{
    uint64_t last = 0;

    for (struct epoch_change *c = next_of(g, NULL); c != NULL; c = next_of(g, c)) {
        last = c->author == author && c->sequence > last ? c->sequence : last;
    }
    return last;
}

struct epoch_change *epoch_graph_make(const struct epoch_msg_change *c, const uint8_t id[32],
                                      int author, struct epoch_members *members)
{
    struct epoch_change *made = mem_new(sizeof *made);

    memcpy(made->id, id, 32);
    made->author = author;
    made->sequence = c->sequence;
    made->kind = c->kind;
    made->is_full = c->mlkem != NULL;
    made->parent_count = c->parents.count;
    made->parents = mem_new_raw(c->parents.count * 32 + 1);
    if (c->parents.count > 0) {
        memcpy(made->parents, c->parents.bytes, c->parents.count * 32);
    }
    memcpy(made->commitment, c->commitment, 32);
    made->members = members;
    return made;
}

void epoch_graph_free(struct epoch_change *c)
{
    if (c->pairs != NULL) {
        secret_wipe(c->pairs, c->members->count * sizeof *c->pairs);
    }
    mem_free(c->pairs);
    mem_free(c->parents);
    epoch_view_drop(c->members);
    secret_wipe(c, sizeof *c);
    mem_free(c);
}

static bool names(const struct epoch_change *c, const uint8_t id[32])
{
    for (size_t i = 0; i < c->parent_count; i++) {
        if (span_is_equal(span_of(c->parents + i * 32, 32), span_of(id, 32))) {
            return true;
        }
    }
    return false;
}

static bool names_marked(const struct epoch_graph *g, const struct epoch_change *c)
{
    for (size_t i = 0; i < c->parent_count; i++) {
        const struct epoch_change *parent = epoch_graph_find(g, c->parents + i * 32);
        if (parent != NULL && parent->is_marked) {
            return true;
        }
    }
    return false;
}

/* `c`, the last, may be a parent that comes late: what stands above it goes behind it, in its
 * order. */
static void raise_above(struct epoch_graph *g, struct epoch_change *c)
{
    bool has_child = false;
    struct epoch_change *next = NULL;

    for (struct epoch_change *at = next_of(g, NULL); at != NULL; at = next_of(g, at)) {
        at->is_marked = at == c;
        has_child = has_child || names(at, c->id);
    }
    for (struct epoch_change *at = next_of(g, NULL); has_child && at != c; at = next) {
        next = next_of(g, at);
        if (names_marked(g, at)) {
            at->is_marked = true;
            list_remove(&at->link);
            list_push_back(&g->changes, &at->link);
        }
    }
}

static bool lacks_parent(const struct epoch_graph *g, const struct epoch_change *c)
{
    bool lacks = false;

    for (size_t i = 0; i < c->parent_count && !lacks; i++) {
        lacks = !epoch_graph_knows(g, c->parents + i * 32);
    }
    return lacks;
}

/* Since when the secrets are missing that a derived change comes from: a line of them that grows
 * lacks what its first one lacked. A wrap of a seed change may be on its way. */
static uint64_t lacks_since(const struct epoch_graph *g, const struct epoch_change *c)
{
    uint64_t since = c->since;

    for (size_t i = 0; c->kind == EPOCH_MSG_DERIVED && i < c->parent_count; i++) {
        const struct epoch_change *parent = epoch_graph_find(g, c->parents + i * 32);
        if (parent != NULL && !parent->has_secret && parent->kind == EPOCH_MSG_DERIVED &&
            parent->lacks_since < since) {
            since = parent->lacks_since;
        }
    }
    return since;
}

void epoch_graph_add_take(struct epoch_graph *g, struct epoch_change *c, uint64_t now)
{
    size_t at = place_of(g, c->id);

    CHECK(g->count < EPOCH_GRAPH_CHANGES_MAX);
    c->since = now;
    c->lacks_since = lacks_since(g, c);
    list_push_back(&g->changes, &c->link);
    memmove(&g->by_id[at + 1], &g->by_id[at], (g->count - at) * sizeof(struct epoch_change *));
    g->by_id[at] = c;
    g->count++;
    raise_above(g, c);
}

/* How many names of `owner` are remembered, said ones or others; `*oldest` is the place of the
 * first. */
static size_t names_of(const struct epoch_graph *g, uint64_t owner, bool is_said, size_t *oldest)
{
    size_t count = 0;

    for (size_t i = 0; i < g->past_count; i++) {
        if (g->past_by[i] == owner && g->past_said[i] == is_said && count++ == 0) {
            *oldest = i;
        }
    }
    return count;
}

/* The place of the oldest name of who has most. */
static size_t oldest_of_most(const struct epoch_graph *g)
{
    size_t found = 0;
    size_t most = 0;

    for (size_t i = 0; i + most < g->past_count; i++) {
        size_t count = 0;
        for (size_t k = i; k < g->past_count; k++) {
            count += g->past_by[k] == g->past_by[i]; /* the first of them sees them all */
        }
        if (count > most) {
            most = count;
            found = i;
        }
    }
    return found;
}

static void drop_name(struct epoch_graph *g, size_t at)
{
    size_t behind = --g->past_count - at;

    memmove(g->past[at], g->past[at + 1], behind * sizeof g->past[0]);
    memmove(&g->past_by[at], &g->past_by[at + 1], behind * sizeof g->past_by[0]);
    memmove(&g->past_said[at], &g->past_said[at + 1], behind * sizeof g->past_said[0]);
}

bool epoch_graph_restore(struct epoch_graph *g, const uint8_t id[32], uint64_t owner, bool is_said)
{
    bool has_room = g->past_count < EPOCH_GRAPH_PAST_MAX;

    if (has_room) {
        memcpy(g->past[g->past_count], id, 32);
        g->past_by[g->past_count] = owner;
        g->past_said[g->past_count++] = is_said;
    }
    return has_room;
}

/* Remember a name of `owner` (0: a welcome's): in a full share its oldest goes, in a full house the
 * oldest of who has most. */
static void remember(struct epoch_graph *g, const uint8_t id[32], uint64_t owner)
{
    size_t share = owner != 0 ? EPOCH_GRAPH_PAST_SHARE : EPOCH_MSG_PAST_MAX;
    size_t at = 0;

    if (names_of(g, owner, false, &at) >= share) {
        drop_name(g, at);
    } else if (g->past_count == EPOCH_GRAPH_PAST_MAX) {
        drop_name(g, oldest_of_most(g));
    }
    CHECK(epoch_graph_restore(g, id, owner, false));
}

void epoch_graph_remember(struct epoch_graph *g, const uint8_t id[32])
{
    remember(g, id, 0);
}

bool epoch_graph_remember_said(struct epoch_graph *g, const uint8_t id[32], uint64_t owner)
{
    size_t at = 0;
    size_t count = names_of(g, owner, true, &at);

    if (count >= EPOCH_GRAPH_PAST_SAID || (count > 0 && g->past_count == EPOCH_GRAPH_PAST_MAX)) {
        drop_name(g, at);
    }
    return epoch_graph_restore(g, id, owner, true);
}

void epoch_graph_forget(struct epoch_graph *g, struct epoch_change *c)
{
    size_t at = place_of(g, c->id);

    remember(g, c->id, c->owner);
    list_remove(&c->link);
    g->count--;
    memmove(&g->by_id[at], &g->by_id[at + 1], (g->count - at) * sizeof(struct epoch_change *));
    epoch_graph_free(c);
}

/* Each parent of `c` that is here is marked, or covered. */
static void mark_parents(struct epoch_graph *g, const struct epoch_change *c, bool is_cover)
{
    g->steps += 1 + c->parent_count;
    for (size_t i = 0; i < c->parent_count; i++) {
        struct epoch_change *parent = epoch_graph_find(g, c->parents + i * 32);
        if (parent == NULL) {
            continue;
        }
        if (is_cover) {
            parent->is_covered = true;
        } else {
            parent->is_marked = true;
        }
    }
}

static void insert_head(struct epoch_graph *g, struct epoch_change *c)
{
    size_t at = g->head_count++;

    for (; at > 0 && span_compare(span_of(g->heads[at - 1]->id, 32), span_of(c->id, 32)) > 0;
         at--) {
        g->heads[at] = g->heads[at - 1];
    }
    g->heads[at] = c;
}

void epoch_graph_refresh(struct epoch_graph *g, const struct epoch_members *current, uint64_t now)
{
    g->head_count = 0;
    for (struct epoch_change *c = next_of(g, NULL); c != NULL; c = next_of(g, c)) {
        c->is_covered = c->is_below;
        c->is_orphan = c->is_orphan && lacks_parent(g, c);
    }
    for (struct epoch_change *c = before(g, NULL); c != NULL; c = before(g, c)) {
        bool is_void = current == NULL || !epoch_view_has(current, c->author);
        if (!is_void && !c->is_covered) {
            insert_head(g, c);
        }
        if (!is_void || c->is_covered) {
            mark_parents(g, c, true);
        }
        if (!c->is_covered) {
            c->superseded = 0;
        } else if (c->superseded == 0) {
            c->superseded = now;
        }
    }
}

static void unmark(struct epoch_graph *g)
{
    for (struct epoch_change *c = next_of(g, NULL); c != NULL; c = next_of(g, c)) {
        c->is_marked = false;
    }
    g->steps += g->count;
}

/* Mark all that stands below one of those, and nothing else. */
static void mark_below(struct epoch_graph *g, struct epoch_change *const *changes, size_t count)
{
    unmark(g);
    for (size_t i = 0; i < count; i++) {
        mark_parents(g, changes[i], false);
    }
    for (struct epoch_change *at = before(g, NULL); at != NULL; at = before(g, at)) {
        if (at->is_marked) {
            mark_parents(g, at, false);
        }
    }
}

/* Whether some heads are `c` or stand above it, and others do not: one walk, since parents stand
 * before children. */
static bool divides_heads(struct epoch_graph *g, struct epoch_change *c)
{
    size_t above = 0;

    unmark(g);
    c->is_marked = true;
    for (struct epoch_change *at = next_of(g, c); at != NULL; at = next_of(g, at)) {
        at->is_marked = names_marked(g, at);
    }
    for (size_t i = 0; i < g->head_count; i++) {
        above += g->heads[i]->is_marked;
    }
    return above > 0 && above < g->head_count;
}

bool epoch_graph_is_unclear(struct epoch_graph *g)
{
    bool is_unclear = false;

    for (struct epoch_change *c = next_of(g, NULL); c != NULL && g->head_count > 1 && !is_unclear;
         c = next_of(g, c)) {
        is_unclear = c->is_orphan && divides_heads(g, c);
    }
    return is_unclear;
}

bool epoch_graph_is_antichain(struct epoch_graph *g, struct epoch_change *const *changes,
                              size_t count)
{
    bool is_good = true;

    mark_below(g, changes, count);
    for (size_t i = 0; i < count; i++) {
        is_good = is_good && !changes[i]->is_marked;
    }
    return is_good;
}

void epoch_graph_mark_above(struct epoch_graph *g, const uint8_t id[32])
{
    for (struct epoch_change *c = next_of(g, NULL); c != NULL; c = next_of(g, c)) {
        bool is_it = span_is_equal(span_of(c->id, 32), span_of(id, 32));
        c->is_marked = is_it || names(c, id) || names_marked(g, c);
    }
    g->steps += g->count;
}

void epoch_graph_cover_parents(const struct epoch_graph *g, const struct epoch_change *c)
{
    for (size_t i = 0; i < c->parent_count; i++) {
        struct epoch_change *parent = epoch_graph_find(g, c->parents + i * 32);
        if (parent != NULL) {
            parent->is_below = true;
        }
    }
}

void epoch_graph_mark(struct epoch_graph *g, struct epoch_change *c)
{
    unmark(g);
    c->is_marked = true;
}

/* Carry the marks down from what is superseded: one walk, since children stand behind their
 * parents. A void one that nothing stands above covers nothing. Returns how many are marked. */
static size_t spread_marks(struct epoch_graph *g)
{
    size_t count = 0;

    for (struct epoch_change *c = before(g, NULL); c != NULL; c = before(g, c)) {
        count += c->is_marked;
        if (c->is_marked && c->superseded > 0) {
            mark_parents(g, c, false);
        }
    }
    g->steps += g->count;
    return count;
}

bool epoch_graph_pass(struct epoch_graph *g, struct epoch_change *c, int slot)
{
    bool is_news = false;

    mark_below(g, &c, 1);
    for (struct epoch_change *at = next_of(g, NULL); at != NULL; at = next_of(g, at)) {
        if (at->is_marked) {
            is_news = is_news || (at->passed[slot / 8] & 1u << slot % 8) == 0;
            at->passed[slot / 8] |= (uint8_t)(1u << slot % 8);
        }
    }
    return is_news;
}

/* Nobody who can still write under `c` has yet to pass it. */
static bool is_passed(const struct epoch_change *c, const struct epoch_members *current, int self)
{
    for (size_t i = 0; i < c->members->count; i++) {
        int slot = c->members->slots[i];
        bool has_passed = (c->passed[slot / 8] & 1u << slot % 8) != 0;
        if (!has_passed && slot != self && epoch_view_has(current, slot)) {
            return false;
        }
    }
    return true;
}

size_t epoch_graph_mark_stale(struct epoch_graph *g, const struct epoch_members *current, int self,
                              uint64_t now)
{
    unmark(g);
    for (struct epoch_change *c = next_of(g, NULL); c != NULL && current != NULL;
         c = next_of(g, c)) {
        bool is_void = !epoch_view_has(current, c->author);
        uint64_t since = c->superseded > 0 ? c->superseded : c->since;
        c->is_marked = (c->superseded > 0 && is_passed(c, current, self)) ||
                       ((c->superseded > 0 || is_void) && now - since >= EPOCH_GRAPH_KEEP_NS);
    }
    return spread_marks(g);
}

struct epoch_change *epoch_graph_void(const struct epoch_graph *g,
                                      const struct epoch_members *current, int author)
{
    for (struct epoch_change *c = next_of(g, NULL); c != NULL; c = next_of(g, c)) {
        if (current != NULL && !c->is_covered && !epoch_view_has(current, c->author) &&
            (author < 0 || c->author == author)) {
            return c;
        }
    }
    return NULL;
}

struct epoch_change *epoch_graph_oldest(const struct epoch_graph *g, int author)
{
    struct epoch_change *oldest = NULL;

    for (struct epoch_change *c = next_of(g, NULL); c != NULL; c = next_of(g, c)) {
        if (c->superseded > 0 && (author < 0 || c->author == author) &&
            (oldest == NULL || c->superseded < oldest->superseded)) {
            oldest = c;
        }
    }
    return oldest;
}

bool epoch_graph_take_in(struct epoch_pair *pair, uint8_t secret[32])
{
    bool has = pair->has_in;

    memcpy(secret, pair->in, 32);
    secret_wipe(pair->in, 32);
    pair->has_in = false;
    return has;
}

bool epoch_graph_take_out(struct epoch_pair *pair, uint8_t secret[32])
{
    bool has = pair->has_out;

    memcpy(secret, pair->out, 32);
    secret_wipe(pair->out, 32);
    pair->has_out = false;
    return has;
}
