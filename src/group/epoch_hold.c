/*
 * Heads, the bar and the view come from the machine; which epoch may be written under beside the
 * heads' leaves to the sealing of entries.
 */
#include "group/epoch_hold.h"

#include <string.h>

/* The epoch of the heads, when it is here; NULL otherwise. */
static struct epoch_set *set_of_heads(const struct epoch *e)
{
    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL;
         at = list_next(&e->sets, at)) {
        struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        size_t i = 0;
        while (s->head_count == e->graph.head_count && i < s->head_count &&
               s->heads[i] == e->graph.heads[i]) {
            i++;
        }
        if (i == e->graph.head_count && i > 0) {
            return s;
        }
    }
    return NULL;
}

/* By bytes that nobody chooses for many at once: the epoch's hash, and one's own key. */
static uint32_t worn_from(const struct epoch *e, const struct epoch_set *s)
{
    const uint8_t *device = e->config.device->public_key;

    return EPOCH_HOLD_WORN_MIN + (s->id[device[0] % sizeof s->id] ^ device[1]);
}

bool epoch_hold_is_worn(const struct epoch *e)
{
    const struct epoch_set *s = e->writing != NULL ? e->writing : set_of_heads(e);

    return s != NULL && epoch_set_next(s, s->own) > worn_from(e, s);
}

/* The heads cannot be written under, but nobody has to be shut out first. */
static bool is_waiting(const struct epoch *e)
{
    return e->bar == EPOCH_BLIND || e->bar == EPOCH_CROWDED;
}

/* How long from when the heads changed: a wrap comes later than its change. */
static uint64_t hold_ns(const struct epoch *e)
{
    return e->bar == EPOCH_READY ? e->config.hold_ns : EPOCH_BLIND_NS;
}

bool epoch_hold_may(const struct epoch *e)
{
    return e->held != NULL && e->is_behind && e->is_held_good &&
           (e->bar == EPOCH_READY || is_waiting(e)) && e->told_ns - e->behind_since_ns < hold_ns(e);
}

bool epoch_hold_may_write(const struct epoch *e)
{
    return e->bar == EPOCH_READY || epoch_hold_may(e);
}

void epoch_hold_wrote(struct epoch *e, struct epoch_set *s)
{
    e->held = e->config.hold_ns > 0 ? s : NULL;
    e->is_behind = false;
}

/* Nobody can read under it who does not belong now. */
static bool is_within(const struct epoch *e, const struct epoch_set *s)
{
    bool is_within = e->current != NULL && s->count <= e->current->count;

    for (size_t i = 0; is_within && i < s->count; i++) {
        is_within = epoch_view_has(e->current, s->slots[i]);
    }
    return is_within;
}

/* Where the heads can be written under those who belong now must all read, too; else who came in
 * gets in stored form what it could not. */
static bool is_good(const struct epoch *e)
{
    return (e->held->count == (e->current != NULL ? e->current->count : 0) || is_waiting(e)) &&
           is_within(e, e->held);
}

static bool is_head(const struct epoch *e, const struct epoch_change *c)
{
    size_t i = 0;

    while (i < e->graph.head_count && e->graph.heads[i] != c) {
        i++;
    }
    return i < e->graph.head_count;
}

/* The epoch of a single head that most can read, of some the one with the lowest id, so that many
 * choose the same. NULL: there is none. */
static struct epoch_set *readable(const struct epoch *e)
{
    struct epoch_set *best = NULL;

    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL;
         at = list_next(&e->sets, at)) {
        struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        bool is_better = best == NULL || s->count > best->count ||
                         (s->count == best->count &&
                          span_compare(span_of(s->id, 32), span_of(best->id, 32)) < 0);
        if (is_better && s->head_count == 1 && epoch_set_next(s, s->own) < CHAIN_GENERATIONS_MAX &&
            is_head(e, s->heads[0]) && is_within(e, s)) {
            best = s;
        }
    }
    return best;
}

/* Leave what was held. There is no way back to it, unless it is a head. */
static void leave(struct epoch *e, uint64_t now, struct epoch_set *heads)
{
    e->held = is_waiting(e) ? readable(e) : heads;
    e->is_behind = e->held != heads;
    e->is_held_good = e->is_behind;
    e->behind_since_ns = now;
}

void epoch_hold_settle(struct epoch *e, uint64_t now)
{
    struct epoch_set *heads = e->bar == EPOCH_READY ? set_of_heads(e) : NULL;

    if (e->config.hold_ns == 0) {
        return;
    }
    if (e->held == NULL || e->held == heads) {
        leave(e, now, heads);
        return;
    }
    if (!e->is_behind) {
        e->is_behind = true;
        e->behind_since_ns = now;
    }
    e->is_held_good = is_good(e);
    if (!e->is_held_good || now - e->behind_since_ns >= hold_ns(e)) {
        leave(e, now, heads);
    }
}

uint64_t epoch_hold_deadline(const struct epoch *e)
{
    return e->held != NULL && e->is_behind ? e->behind_since_ns + hold_ns(e) : UINT64_MAX;
}
