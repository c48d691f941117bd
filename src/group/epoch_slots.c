/*
 * Views come to be entered; devices that nothing needs leave.
 *
 * Anybody can name log heads at which thousands belonged: who was removed goes on in a log of its
 * own. So places outside the view of now are few, and free again with the last change that needs
 * them.
 */
#include "group/epoch_slots.h"

static void keep(uint8_t *kept, int slot)
{
    if (slot >= 0) {
        kept[slot / 8] |= (uint8_t)(1u << slot % 8);
    }
}

void epoch_slots_sweep(struct epoch *e)
{
    uint8_t kept[EPOCH_VIEW_DEVICES_MAX / 8] = {0};
    const struct epoch_views *v = &e->views;

    keep(kept, e->self);
    for (struct list *at = list_next(&v->sets, &v->sets); at != NULL;
         at = list_next(&v->sets, at)) {
        const struct epoch_members *m = LIST_OF(at, struct epoch_members, link);
        for (size_t i = 0; i < sizeof kept; i++) {
            kept[i] |= m->bits[i];
        }
    }
    for (struct list *at = list_next(&e->graph.changes, &e->graph.changes); at != NULL;
         at = list_next(&e->graph.changes, at)) {
        keep(kept, LIST_OF(at, struct epoch_change, link)->author);
    }
    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL;
         at = list_next(&e->sets, at)) {
        keep(kept, LIST_OF(at, struct epoch_set, link)->namer);
    }
    for (size_t i = 0; i < v->device_count; i++) {
        if (v->devices[i].is_worn) {
            keep(kept, (int)i);
        }
    }
    epoch_view_sweep(&e->views, kept);
}

/* Devices in the table that the view of now does not have. */
static size_t others(const struct epoch *e)
{
    size_t count = 0;

    for (size_t i = 0; i < e->views.used; i++) {
        count += e->current == NULL || !epoch_view_has(e->current, e->views.by_id[i]);
    }
    return count;
}

static bool has_room(const struct epoch *e, const struct epoch_view *view, bool is_now)
{
    size_t fresh = epoch_view_fresh(&e->views, view);

    return fresh == 0 || (e->views.used + fresh <= EPOCH_VIEW_DEVICES_MAX &&
                          (is_now || others(e) + fresh <= EPOCH_VIEW_OTHERS_MAX));
}

int epoch_slots_for_view(struct epoch *e, const struct epoch_view *view, bool is_now)
{
    while (!has_room(e, view, is_now)) {
        struct epoch_change *one = epoch_graph_void(&e->graph, e->current, -1);
        if (one == NULL && is_now) {
            one = epoch_graph_oldest(&e->graph, -1);
        }
        if (one == NULL) {
            return WAVU_ERR_LIMIT;
        }
        epoch_forget(e, one);
    }
    return 0;
}

void epoch_slots_note_worn(struct epoch *e)
{
    for (struct list *at = list_next(&e->sets, &e->sets); at != NULL;
         at = list_next(&e->sets, at)) {
        const struct epoch_set *s = LIST_OF(at, struct epoch_set, link);
        for (size_t i = 0; i < s->head_count; i++) {
            if (s->heads[i]->is_marked && s->asked > 0) {
                e->views.devices[s->heads[i]->author].is_worn = true;
            }
        }
    }
}
