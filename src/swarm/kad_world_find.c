/*
 * Look-ups of honest nodes, many at once, and what became of each.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/kad_world_core.h"

#define LOOK_NS_MAX (600 * KAD_WORLD_S)

static uint32_t kad_world_find_slot(struct kad_world *w)
{
    for (uint32_t i = 0; i < w->watch_count; i++) {
        if (!w->watches[i].is_used) {
            return i;
        }
    }
    if (w->watch_count == w->watch_room) {
        w->watch_room = w->watch_room == 0 ? 64 : 2 * w->watch_room;
        w->watches = mem_resize(w->watches, w->watch_room * sizeof *w->watches);
    }
    return w->watch_count++;
}

/* The node's look-up begins. */
static void kad_world_find_look(struct kad_world *w, uint32_t at, unsigned paths)
{
    struct kad_world_watch *watch = &w->watches[at];
    struct kad *k = &w->nodes[watch->from].kad;
    struct peerid id = w->nodes[watch->wanted].id;
    watch->begun_ns = kad_world_now(w);
    watch->search = 0;
    watch->is_over = kad_find(k, KAD_MSG_FIND_NODE, peerid_span(&id), paths, watch->begun_ns,
                              &watch->search) < 0;
    w->over += watch->is_over ? 1 : 0;
    kad_world_pump(w, watch->from);
}

static void kad_world_find_begin(struct kad_world *w, const struct kad_world_plan *plan)
{
    uint32_t wanted = plan->wanted;
    uint32_t from;
    wanted = wanted == KAD_WORLD_ANYBODY ? kad_world_honest(w, UINT32_MAX) : wanted;
    do {
        from = kad_world_honest(w, wanted);
    } while (w->nodes[from].watch != 0);
    uint32_t at = kad_world_find_slot(w);
    w->watches[at] = (struct kad_world_watch){
        .from = from, .wanted = wanted, .wanted_life = w->nodes[wanted].life, .is_used = true};
    w->nodes[from].watch = at + 1;
    w->open++;
    kad_world_find_look(w, at, plan->paths);
}

static struct kad_world_found kad_world_find_read(struct kad_world *w,
                                                  const struct kad_world_watch *watch)
{
    struct kad_world_found found = {.took_ns = kad_world_now(w) - watch->begun_ns};
    struct kad *k = &w->nodes[watch->from].kad;
    const struct kad_search *s = kad_search(k, watch->search);
    const struct kad_candidate *near[KAD_TABLE_K_MAX];
    size_t count = s == NULL ? 0 : kad_lookup_result(&s->lookup, near, KAD_TABLE_K_MAX);
    for (size_t i = 0; i < count; i++) {
        if (peerid_is_equal(&near[i]->id, &w->nodes[watch->wanted].id)) {
            found.is_found = true;
            found.hops = near[i]->hops;
        }
    }
    found.asked = s == NULL ? 0 : (uint32_t)s->lookup.asked;
    kad_end(k, watch->search);
    return found;
}

/* Look at what is over; returns how many of `found` are there now. */
static uint32_t kad_world_find_reap(struct kad_world *w, const struct kad_world_plan *plan,
                                    struct kad_world_found *found, uint32_t done)
{
    for (uint32_t i = 0; w->over > 0 && i < w->watch_count; i++) {
        struct kad_world_watch *watch = &w->watches[i];
        if (!watch->is_used || !watch->is_over) {
            continue;
        }
        struct kad_world_found one = kad_world_find_read(w, watch);
        w->over--;
        bool is_there = w->nodes[watch->wanted].life == watch->wanted_life;
        if (is_there && plan->is_warm && !watch->is_second) {
            watch->is_second = true;
            kad_world_find_look(w, i, plan->paths);
            continue;
        }
        w->nodes[watch->from].watch = 0;
        watch->is_used = false;
        w->open--;
        if (is_there) {
            CHECK(done < plan->count);
            found[done++] = one;
        }
    }
    return done;
}

void kad_world_find(struct kad_world *w, const struct kad_world_plan *plan,
                    struct kad_world_found *found)
{
    uint32_t done = 0;
    uint64_t next = 0; /* when the next begins; time is coarse, so that it is never quite reached */
    CHECK(plan->a_second >= 1);
    while (done < plan->count) {
        bool is_full = done + w->open >= plan->count;
        uint64_t until = is_full ? kad_world_now(w) + LOOK_NS_MAX : next;
        bool is_more = (is_full || next != 0) && kad_world_step(w, until);
        if (!is_more && !is_full) {
            kad_world_find_begin(w, plan);
            next = (next == 0 ? kad_world_now(w) : next) + KAD_WORLD_S / plan->a_second;
        }
        done = kad_world_find_reap(w, plan, found, done);
    }
}
