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

/* The node's quest begins. */
static void kad_world_find_look(struct kad_world *w, uint32_t at, const struct kad_world_plan *plan)
{
    struct kad_world_watch *watch = &w->watches[at];
    uint8_t bytes[KAD_WORLD_RECORD_SIZE];
    struct span key = watch->is_record ? kad_world_record_key(watch->wanted, bytes)
                                       : peerid_span(&w->nodes[watch->wanted].id);
    struct kad_quest_wish wish = {
        .kind = plan->kind,
        .key = key,
        .value = span_of((const uint8_t *)&watch->wanted, sizeof watch->wanted),
        .paths = plan->paths};
    struct kad_store_time time = {.now = kad_world_now(w), .wall_ms = 1};
    watch->found = (struct kad_world_found){0};
    watch->begun_ns = time.now;
    watch->quest = 0;
    watch->is_over =
        kad_quests_begin(&w->nodes[watch->from].quests, &wish, &time, &watch->quest) < 0;
    w->over += watch->is_over ? 1 : 0;
    kad_world_pump(w, watch->from);
}

/* Of a record, a quest for that one; else for a peer at random. */
static void kad_world_find_begin(struct kad_world *w, const struct kad_world_plan *plan,
                                 uint32_t record)
{
    bool is_record = plan->kind != KAD_QUEST_PEER;
    uint32_t wanted = plan->wanted;
    uint32_t from;
    if (wanted == KAD_WORLD_ANYBODY) {
        wanted = is_record ? record : kad_world_honest(w, UINT32_MAX);
    }
    do {
        from = kad_world_honest(w, is_record ? UINT32_MAX : wanted);
    } while (w->nodes[from].watch != 0);
    uint32_t at = kad_world_find_slot(w);
    w->watches[at] = (struct kad_world_watch){.from = from,
                                              .wanted = wanted,
                                              .wanted_life = is_record ? 0 : w->nodes[wanted].life,
                                              .is_record = is_record,
                                              .is_used = true};
    w->nodes[from].watch = at + 1;
    w->open++;
    kad_world_find_look(w, at, plan);
}

/* One that is over: it counts, is done once more, or, where an end of it has left, another begins
 * in its place. */
static bool kad_world_find_counts(struct kad_world *w, const struct kad_world_plan *plan,
                                  uint32_t at)
{
    struct kad_world_watch *watch = &w->watches[at];
    bool is_there = watch->is_record || w->nodes[watch->wanted].life == watch->wanted_life;
    if (is_there && !watch->is_lost && plan->is_warm && !watch->is_second) {
        watch->is_second = true;
        watch->is_over = false;
        kad_world_find_look(w, at, plan);
        return false;
    }
    w->nodes[watch->from].watch = 0;
    watch->is_used = false;
    w->open--;
    if (!is_there || watch->is_lost) {
        kad_world_find_begin(w, plan, watch->wanted);
        return false;
    }
    return true;
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
        w->over--;
        struct kad_world_found one = watch->found;
        if (kad_world_find_counts(w, plan, i)) {
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
    uint32_t begun = 0;
    uint64_t next = 0; /* when the next begins; time is coarse, so that it is never quite reached */
    CHECK(plan->a_second >= 1);
    while (done < plan->count) {
        bool is_full = done + w->open >= plan->count;
        uint64_t until = is_full ? kad_world_now(w) + LOOK_NS_MAX : next;
        bool is_more = (is_full || next != 0) && kad_world_step(w, until);
        if (!is_more && !is_full) {
            kad_world_find_begin(w, plan, plan->first + begun++);
            next = (next == 0 ? kad_world_now(w) : next) + KAD_WORLD_S / plan->a_second;
        }
        done = kad_world_find_reap(w, plan, found, done);
    }
}
