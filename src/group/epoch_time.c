/*
 * What time brings to the machine: when something is to be done, and what goes when it is over.
 */
#include "group/epoch_time.h"

#include "group/epoch_hold.h"
#include "group/epoch_make.h"
#include "group/epoch_wait.h"

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A derived change of whose parents one is known by name alone, from a welcome: nobody sends what
 * it comes from. */
static bool is_beside_welcome(const struct epoch *e, const struct epoch_change *c)
{
    struct epoch_change *parents[EPOCH_MSG_PARENTS_MAX];
    const struct epoch_msg_ids ids = {.bytes = c->parents, .count = c->parent_count};

    return c->kind == EPOCH_MSG_DERIVED && !epoch_graph_all(&e->graph, ids, parents);
}

/* A wrap may come later than its change; who has published no leaf yet gets none, and who has had
 * no secret at all came in a moment ago: it is welcomed, when it asks. */
static uint64_t wrap_wait(const struct epoch *e, const struct epoch_change *c)
{
    bool is_new = e->set_count == 0 && e->sequence == 0;
    bool has_leaf = e->self >= 0 && e->views.devices[e->self].has_leaf;

    if (!has_leaf || is_new || is_beside_welcome(e, c)) {
        return 0;
    }
    return c->kind == EPOCH_MSG_DERIVED || c->is_unread ? EPOCH_DERIVED_NS : EPOCH_BLIND_NS;
}

/* When something is to be done about one change. */
static uint64_t change_deadline(const struct epoch *e, const struct epoch_change *c)
{
    uint64_t at = EPOCH_TIME_NEVER;
    bool is_void = e->current != NULL && !epoch_view_has(e->current, c->author);

    if (e->current == NULL) {
        return EPOCH_TIME_NEVER;
    }
    if (c->superseded > 0 || is_void) {
        return (c->superseded > 0 ? c->superseded : c->since) + EPOCH_GRAPH_KEEP_NS;
    }
    if (e->out_count >= EPOCH_OUT_MAX) {
        return EPOCH_TIME_NEVER; /* nothing more can be told */
    }
    if (!e->is_due_told || e->due == EPOCH_CLASSIC) { /* age is a better reason */
        at = c->since + EPOCH_GRAPH_KEEP_NS;
    }
    if (!c->has_secret && !c->is_blind_told) {
        at = sooner(at, c->lacks_since + wrap_wait(e, c));
    }
    return at;
}

uint64_t epoch_time_used(const struct epoch *e)
{
    uint64_t at = e->uses > 0 ? e->uses_since_ns + EPOCH_SAVE_NS : EPOCH_TIME_NEVER;

    at = e->is_save_wanted ? sooner(at, e->save_from_ns) : at;
    return e->skipped > 0 ? sooner(at, e->told_ns + EPOCH_GRAPH_KEEP_NS) : at;
}

uint64_t epoch_time_next(const struct epoch *e)
{
    uint64_t at = epoch_time_used(e);

    for (struct list *l = list_next(&e->graph.changes, &e->graph.changes); l != NULL;
         l = list_next(&e->graph.changes, l)) {
        at = sooner(at, change_deadline(e, LIST_OF(l, struct epoch_change, link)));
    }
    if (e->leaf_count > 1) {
        at = sooner(at, e->leaves[e->leaf_count - 2].since + EPOCH_GRAPH_KEEP_NS);
    }
    at = e->ask.is_open ? sooner(at, e->ask.since + EPOCH_GRAPH_KEEP_NS) : at;
    at = sooner(at, epoch_wait_deadline(e));
    at = sooner(at, epoch_hold_deadline(e));
    for (struct list *l = list_next(&e->sets, &e->sets); l != NULL && e->skipped > 0;
         l = list_next(&e->sets, l)) {
        const struct epoch_set *s = LIST_OF(l, struct epoch_set, link);
        for (size_t i = 0; i < epoch_set_chain_count(s); i++) {
            if (s->chains[i].skipped_count > 0) {
                at = sooner(at, s->chains[i].skipped[0].since + EPOCH_GRAPH_KEEP_NS);
            }
        }
    }
    return at;
}

void epoch_time_expire(struct epoch *e, uint64_t now)
{
    uint64_t since = now >= EPOCH_GRAPH_KEEP_NS ? now - EPOCH_GRAPH_KEEP_NS + 1 : 0;
    size_t skipped = e->skipped;
    size_t leaves = e->leaf_count;

    for (struct list *l = list_next(&e->sets, &e->sets); l != NULL && e->skipped > 0;
         l = list_next(&e->sets, l)) {
        struct epoch_set *s = LIST_OF(l, struct epoch_set, link);
        for (size_t i = 0; i < epoch_set_chain_count(s); i++) {
            e->skipped -= chain_expire(&s->chains[i], since);
        }
    }
    /* A leaf was replaced when the one before it in the array was made. */
    while (e->leaf_count > 1 && e->leaves[e->leaf_count - 2].since < since) {
        wrap_forget(&e->leaves[--e->leaf_count].own);
    }
    if (e->ask.is_open && e->ask.since < since) {
        epoch_make_forget_ask(e);
    }
    if (e->skipped < skipped || e->leaf_count < leaves || e->is_save_wanted ||
        (e->uses > 0 && now - e->uses_since_ns >= EPOCH_SAVE_NS)) {
        epoch_save_soon(e);
    }
}

void epoch_time_tell(struct epoch *e, uint64_t now)
{
    for (size_t i = 0; i < e->graph.head_count; i++) {
        struct epoch_change *c = e->graph.heads[i];
        if (!c->has_secret && !c->is_blind_told && now - c->lacks_since >= wrap_wait(e, c)) {
            c->is_blind_told = epoch_hint_id(e, EPOCH_MISSING, c->id);
        }
    }
}
