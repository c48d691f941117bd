/*
 * Changes and names of others come to be entered; what gives way to them leaves.
 */
#include "group/epoch_room.h"

#include "base/check.h"
#include "base/mem.h"

#define MANY_MAX (EPOCH_SETS_MAX - EPOCH_GRAPH_CHANGES_MAX) /* epochs of several heads */

_Static_assert(EPOCH_ROOM_NAMED_MAX < MANY_MAX, "one's own heads always have an epoch");
_Static_assert(EPOCH_ROOM_SECRETS_AUTHOR_MAX / EPOCH_VIEW_DEVICES_MAX >= EPOCH_ROOM_OWN,
               "in the largest group, too, an author has several places");

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

/* Some of the changes: how many, and secrets for how many members. */
struct share {
    size_t changes;
    size_t secrets;
};

static void add_to(struct share *share, const struct epoch_change *c)
{
    share->changes++;
    share->secrets += c->members->count;
}

/* Void ones that no member has built on. */
static struct share voids(const struct epoch *e)
{
    struct share share = {0, 0};

    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        if (!c->is_covered && is_void(e, c->author)) {
            add_to(&share, c);
        }
    }
    return share;
}

/* Whether both devices are one member's: shares are members', who may have many devices. */
static bool is_same_owner(const struct epoch *e, int a, int b)
{
    return e->views.devices[a].owner == e->views.devices[b].owner;
}

/* What the member has whose device made this. */
static struct share share_of(const struct epoch *e, int author)
{
    struct share share = {0, 0};

    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        if (is_same_owner(e, c->author, author)) {
            add_to(&share, c);
        }
    }
    return share;
}

size_t epoch_room_secrets(const struct epoch *e)
{
    struct share share = {0, 0};

    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        add_to(&share, c);
    }
    return share.secrets;
}

/* Who of the member's own gives way to one more: a void one, or the one superseded longest. */
static struct epoch_change *of_same_owner(const struct epoch *e, int author, bool is_out)
{
    struct epoch_change *oldest = NULL;

    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        if (!is_same_owner(e, c->author, author)) {
            continue;
        }
        if (!c->is_covered && is_void(e, c->author)) {
            return c;
        }
        if (!is_out && c->superseded > 0 &&
            (oldest == NULL || c->superseded < oldest->superseded)) {
            oldest = c;
        }
    }
    return oldest;
}

/* The change superseded longest of whoever has most among those who have superseded ones. */
static struct epoch_change *of_who_has_most(const struct epoch *e)
{
    uint32_t by[EPOCH_VIEW_DEVICES_MAX] = {0};
    struct epoch_change *best = NULL;

    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        by[epoch_view_first(&e->views, c->author)] += (uint32_t)c->members->count;
    }
    uint32_t most = 0;
    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        uint32_t has = by[epoch_view_first(&e->views, c->author)];
        bool is_better =
            best == NULL || has > most ||
            (is_same_owner(e, c->author, best->author) && c->superseded < best->superseded);
        if (c->superseded > 0 && is_better) {
            best = c;
            most = has;
        }
    }
    return best;
}

/* Whether one more change with `members` is more than `share` may be. */
static bool exceeds(struct share share, size_t members, size_t changes_max, size_t secrets_max)
{
    return share.changes >= changes_max || share.secrets + members > secrets_max;
}

/* Whether there is no place for one more of `author` among all, by any limit but the author's own.
 */
static bool is_full(const struct epoch *e, int author, bool is_out, size_t members)
{
    struct share all = {e->graph.count, epoch_room_secrets(e)};
    bool is_own = author == e->self;

    return exceeds(all, members, EPOCH_GRAPH_CHANGES_MAX - (is_own ? 0 : EPOCH_ROOM_OWN),
                   EPOCH_ROOM_SECRETS_MAX + (is_own ? EPOCH_ROOM_SECRETS_OWN : 0)) ||
           (is_out &&
            exceeds(voids(e), members, EPOCH_ROOM_VOID_MAX, EPOCH_ROOM_SECRETS_AUTHOR_MAX));
}

/* What this very device has. */
static struct share own_share(const struct epoch *e)
{
    struct share share = {0, 0};

    for (struct epoch_change *c = next_change(e, NULL); c != NULL; c = next_change(e, c)) {
        if (c->author == e->self) {
            add_to(&share, c);
        }
    }
    return share;
}

/* Whether the member has its share already. Other devices of our own do not take our places. */
static bool has_share(const struct epoch *e, int author, size_t members)
{
    return exceeds(share_of(e, author), members, EPOCH_GRAPH_AUTHOR_MAX,
                   EPOCH_ROOM_SECRETS_AUTHOR_MAX) &&
           (author != e->self ||
            exceeds(own_share(e), members, EPOCH_ROOM_OWN, EPOCH_ROOM_SECRETS_OWN));
}

int epoch_room_for_change(struct epoch *e, int author, size_t members)
{
    bool is_out = is_void(e, author);

    for (;;) {
        bool is_crowded = has_share(e, author, members);
        if (!is_crowded && !is_full(e, author, is_out, members)) {
            return 0;
        }
        struct epoch_change *one = is_crowded ? of_same_owner(e, author, is_out)
                                              : epoch_graph_void(&e->graph, e->current, -1);
        if (one == NULL && !is_out && !is_crowded) {
            one = of_who_has_most(e);
        }
        if (one == NULL) {
            return WAVU_ERR_LIMIT;
        }
        epoch_forget(e, one);
    }
}

/* Chains that keep keys, and how many keys the member of each has. */
struct kept {
    struct chain *chain;
    int first; /* device of the member */
};

/* The one with the oldest key among those of the member that has most. */
static struct chain *oldest_kept(const struct kept *all, size_t count)
{
    uint32_t by[EPOCH_VIEW_DEVICES_MAX] = {0};
    const struct kept *best = NULL;

    for (size_t i = 0; i < count; i++) {
        by[all[i].first] += all[i].chain->skipped_count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct kept *one = &all[i];
        if (one->chain->skipped_count > 0 &&
            (best == NULL || by[one->first] > by[best->first] ||
             (one->first == best->first &&
              one->chain->skipped[0].since < best->chain->skipped[0].since))) {
            best = one;
        }
    }
    CHECK(best != NULL); /* there are too many keys, so there are some */
    return best->chain;
}

void epoch_room_for_kept(struct epoch *e)
{
    if (e->skipped <= EPOCH_SKIPPED_MAX) {
        return;
    }
    struct kept *all = mem_new_array(e->skipped, sizeof *all); /* each has one at least */
    size_t count = 0;
    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL;
         at = list_next(&e->sets, at)) {
        const struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        for (size_t i = 0; i < epoch_set_chain_count(s); i++) {
            if (s->chains[i].skipped_count > 0) {
                all[count++] =
                    (struct kept){&s->chains[i], epoch_view_first(&e->views, s->slots[i])};
            }
        }
    }
    for (; e->skipped > EPOCH_SKIPPED_MAX; e->skipped--) {
        chain_forget(oldest_kept(all, count), 1);
    }
    mem_free(all);
}

static struct epoch_set *next_set(const struct epoch *e, const struct epoch_set *s)
{
    struct list *at = list_next(&e->sets, s != NULL ? &s->link : &e->sets);

    return at != NULL ? LIST_OF(at, struct epoch_set, link) : NULL;
}

/* Whether `namer` or another device of the same member named it; -1: it is of our own heads. */
static bool is_named_by(const struct epoch *e, const struct epoch_set *s, int namer)
{
    return s->namer < 0 || namer < 0 ? s->namer == namer : is_same_owner(e, s->namer, namer);
}

/* Epochs of several heads that the member of `namer` named. */
static size_t named_by(const struct epoch *e, int namer)
{
    size_t count = 0;

    for (struct epoch_set *s = next_set(e, NULL); s != NULL; s = next_set(e, s)) {
        count += s->head_count > 1 && is_named_by(e, s, namer);
    }
    return count;
}

/* A key of it was used, by us or by others: it would be used again if the epoch came back. */
static bool was_used(const struct epoch_set *s)
{
    bool was_used = s->asked > 0;

    for (size_t i = 0; i < epoch_set_chain_count(s) && !was_used; i++) {
        was_used = s->chains[i].next > 0;
    }
    return was_used;
}

/* An unused epoch of several heads, the oldest of who has named most; with `namer` >= 0 one of that
 * member, with `may_be_own` also one of our own heads. */
static struct epoch_set *unused(const struct epoch *e, int namer, bool may_be_own)
{
    struct epoch_set *best = NULL;
    size_t most = 0;

    for (struct epoch_set *s = next_set(e, NULL); s != NULL; s = next_set(e, s)) {
        bool is_asked_for = namer >= 0 ? is_named_by(e, s, namer) : s->namer >= 0 || may_be_own;
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
