/*
 * Heads, the bar and the view come from the machine; which epoch may be written under beside the
 * heads' leaves to the sealing of entries.
 */
#include "group/epoch_hold.h"

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

/* How long from when the heads changed: a wrap comes later than its change. */
static uint64_t hold_ns(const struct epoch *e)
{
    return e->bar == EPOCH_READY ? e->config.hold_ns : EPOCH_BLIND_NS;
}

bool epoch_hold_may(const struct epoch *e)
{
    return e->held != NULL && e->is_behind && e->is_held_good &&
           (e->bar == EPOCH_READY || e->bar == EPOCH_BLIND) &&
           e->told_ns - e->behind_since_ns < hold_ns(e);
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

/* Who can read under the epoch held is exactly who belongs now. */
static bool is_good(const struct epoch *e)
{
    const struct epoch_set *s = e->held;
    bool is_good = e->current != NULL && s->count == e->current->count;

    for (size_t i = 0; is_good && i < s->count; i++) {
        is_good = epoch_view_has(e->current, s->slots[i]);
    }
    return is_good;
}

void epoch_hold_settle(struct epoch *e, uint64_t now)
{
    struct epoch_set *heads = e->bar == EPOCH_READY ? set_of_heads(e) : NULL;

    if (e->config.hold_ns == 0) {
        return;
    }
    if (e->held == NULL || e->held == heads) {
        e->held = heads;
        e->is_behind = false;
        return;
    }
    if (!e->is_behind) {
        e->is_behind = true;
        e->behind_since_ns = now;
    }
    e->is_held_good = is_good(e);
    if (!e->is_held_good || now - e->behind_since_ns >= hold_ns(e)) {
        e->held = heads; /* there is no way back to what was left */
        e->is_behind = false;
    }
}

uint64_t epoch_hold_deadline(const struct epoch *e)
{
    return e->held != NULL && e->is_behind ? e->behind_since_ns + hold_ns(e) : UINT64_MAX;
}
