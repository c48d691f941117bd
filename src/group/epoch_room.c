/*
 * Changes and names of others come to be entered; what gives way to them leaves.
 */
#include "group/epoch_room.h"

#define MANY_MAX (EPOCH_SETS_MAX - EPOCH_GRAPH_CHANGES_MAX) /* epochs of several heads */

_Static_assert(EPOCH_ROOM_NAMED_MAX < MANY_MAX, "one's own heads always have an epoch");

static struct epoch_change *next_change(const struct epoch *e, const struct epoch_change *c)
{
    struct list *at = list_next(&e->graph.changes, c != NULL ? &c->link : &e->graph.changes);

    return at != NULL ? LIST_OF(at, struct epoch_change, link) : NULL;
}

/* Without a view of now, nobody is known to be out. */
static bool is_void(const struct epoch *e, int author)
{
    return e->current != NULL && !epoch_view_has(e->current, author);
}

/* Those that no member has built on. */
static size_t count_voids(const struct epoch *e)
{
    size_t count = 0;

    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        count += !c->is_covered && is_void(e, c->author);
    }
    return count;
}

/* The change superseded longest of whoever has most among those who have superseded ones. */
static struct epoch_change *of_who_has_most(const struct epoch *e)
{
    uint16_t by[EPOCH_VIEW_DEVICES_MAX] = {0};
    struct epoch_change *best = NULL;

    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        by[c->author]++;
    }
    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        bool is_better = best == NULL || by[c->author] > by[best->author] ||
                         (c->author == best->author && c->superseded < best->superseded);
        if (c->superseded > 0 && is_better) {
            best = c;
        }
    }
    return best;
}

int epoch_room_for_change(struct epoch *e, int author)
{
    size_t max = EPOCH_GRAPH_CHANGES_MAX - (author == e->self ? 0 : EPOCH_ROOM_OWN);
    bool is_out = is_void(e, author);

    for (;;) {
        bool is_crowded = epoch_graph_by(&e->graph, author) >= EPOCH_GRAPH_AUTHOR_MAX;
        bool is_full = e->graph.count >= max || (is_out && count_voids(e) >= EPOCH_ROOM_VOID_MAX);
        if (!is_crowded && !is_full) {
            return 0;
        }
        struct epoch_change *one =
            epoch_graph_void(&e->graph, e->current, is_crowded ? author : -1);
        if (one == NULL && !is_out) {
            one = is_crowded ? epoch_graph_oldest(&e->graph, author) : of_who_has_most(e);
        }
        if (one == NULL) {
            return WAVU_ERR_LIMIT;
        }
        epoch_forget(e, one);
    }
}

static struct epoch_set *next_set(const struct epoch *e, const struct epoch_set *s)
{
    struct list *at = list_next(&e->sets, s != NULL ? &s->link : &e->sets);

    return at != NULL ? LIST_OF(at, struct epoch_set, link) : NULL;
}

/* Epochs of several heads that `namer` named. */
static size_t named_by(const struct epoch *e, int namer)
{
    size_t count = 0;

    for (struct epoch_set *s = next_set(e, NULL); s != NULL; s = next_set(e, s)) {
        count += s->head_count > 1 && s->namer == namer;
    }
    return count;
}

/* A key of it was used, by us or by others: it would be used again if the epoch came back. */
static bool was_used(const struct epoch_set *s)
{
    bool was_used = s->asked > 0;

    for (size_t i = 0; i < s->count && !was_used; i++) {
        was_used = s->chains[i].next > 0;
    }
    return was_used;
}

/* An unused epoch of several heads, the oldest of who has named most; with `namer` >= 0 one of that
 * device, with `may_be_own` also one of our own heads. */
static struct epoch_set *unused(const struct epoch *e, int namer, bool may_be_own)
{
    struct epoch_set *best = NULL;
    size_t most = 0;

    for (struct epoch_set *s = next_set(e, NULL); s != NULL; s = next_set(e, s)) {
        bool is_asked_for = namer >= 0 ? s->namer == namer : s->namer >= 0 || may_be_own;
        if (s->head_count < 2 || !is_asked_for || s == e->writing || was_used(s)) {
            continue;
        }
        size_t count = s->namer >= 0 ? named_by(e, s->namer) : 1;
        if (best == NULL || count > most) {
            best = s;
            most = count;
        }
    }
    return best;
}

bool epoch_room_for_set(struct epoch *e, int namer)
{
    size_t own = named_by(e, -1);
    size_t many = 0;
    struct epoch_set *one = NULL;

    for (struct epoch_set *s = next_set(e, NULL); s != NULL; s = next_set(e, s)) {
        many += s->head_count > 1;
    }
    if (namer >= 0 && named_by(e, namer) >= EPOCH_ROOM_NAMED_SHARE) {
        one = unused(e, namer, false);
    } else if (many >= MANY_MAX || (namer >= 0 && many - own >= EPOCH_ROOM_NAMED_MAX)) {
        one = unused(e, -1, namer < 0);
    } else {
        return true;
    }
    if (one != NULL) {
        epoch_drop_set(e, one);
    }
    return one != NULL;
}
