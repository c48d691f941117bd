/*
 * Announced and missing broadcasts. Both queues have one timeout each, so they are ordered by
 * themselves and need no heap.
 */
#include "overlay/plumtree_want.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"

void plumtree_want_init(struct plumtree_want *w, const struct random *random, uint64_t timeout_ns)
{
    memset(w, 0, sizeof *w);
    w->timeout_ns = timeout_ns;
    map_init(&w->by_id, random);
    list_init(&w->waiting);
    list_init(&w->asked);
    list_init(&w->spare);
}

static struct plumtree_wanted *first_of(const struct list *queue)
{
    return LIST_OF(queue->next, struct plumtree_wanted, queue);
}

static void free_all(struct list *queue)
{
    while (!list_is_empty(queue)) {
        mem_free(LIST_OF(list_pop_front(queue), struct plumtree_wanted, queue));
    }
}

void plumtree_want_clear(struct plumtree_want *w)
{
    free_all(&w->waiting);
    free_all(&w->asked);
    free_all(&w->spare);
    map_clear(&w->by_id);
}

static struct span id_span(const struct plumtree_msg_id *id)
{
    return span_of(id->bytes, sizeof id->bytes);
}

struct plumtree_wanted *plumtree_want_get(const struct plumtree_want *w,
                                          const struct plumtree_msg_id *id)
{
    return map_get(&w->by_id, id_span(id));
}

static struct plumtree_wanted *take_spare(struct plumtree_want *w)
{
    if (list_is_empty(&w->spare)) {
        return mem_new(sizeof(struct plumtree_wanted));
    }
    w->spare_count--;
    return LIST_OF(list_pop_front(&w->spare), struct plumtree_wanted, queue);
}

/* One more announcer of what is wanted already. */
static void add_announcer(struct plumtree_wanted *wanted, uint8_t slot, bool by_digest)
{
    wanted->is_by_digest = wanted->is_by_digest && by_digest;
    for (size_t i = 0; i < wanted->slot_count; i++) {
        if (wanted->slots[i] == slot) {
            return;
        }
    }
    if (wanted->slot_count < PLUMTREE_WANT_ANNOUNCERS_MAX) {
        wanted->slots[wanted->slot_count++] = slot;
    }
}

int plumtree_want_add(struct plumtree_want *w, uint64_t now, const struct plumtree_msg_id *id,
                      uint8_t slot, bool by_digest)
{
    struct plumtree_wanted *wanted = plumtree_want_get(w, id);
    if (wanted != NULL) {
        add_announcer(wanted, slot, by_digest);
        return 0;
    }
    if (w->charged[slot] >= PLUMTREE_WANT_PER_LINK_MAX) {
        return WAVU_ERR_LIMIT;
    }
    wanted = take_spare(w);
    *wanted = (struct plumtree_wanted){.id = *id,
                                       .due_ns = now + w->timeout_ns,
                                       .slots = {slot},
                                       .slot_count = 1,
                                       .charged = slot,
                                       .is_by_digest = by_digest};
    w->charged[slot]++;
    list_push_back(&w->waiting, &wanted->queue);
    (void)map_put(&w->by_id, id_span(&wanted->id), wanted);
    return 0;
}

void plumtree_want_remove(struct plumtree_want *w, struct plumtree_wanted *wanted)
{
    (void)map_remove(&w->by_id, id_span(&wanted->id));
    list_remove(&wanted->queue);
    w->charged[wanted->charged]--;
    if (w->spare_count < PLUMTREE_WANT_SPARE_MAX) {
        list_push_front(&w->spare, &wanted->queue);
        w->spare_count++;
    } else {
        mem_free(wanted);
    }
}

struct plumtree_wanted *plumtree_want_due(const struct plumtree_want *w, uint64_t now)
{
    if (!list_is_empty(&w->asked) && first_of(&w->asked)->due_ns <= now) {
        return first_of(&w->asked);
    }
    if (!list_is_empty(&w->waiting) && first_of(&w->waiting)->due_ns <= now) {
        return first_of(&w->waiting);
    }
    return NULL;
}

/* To the end of `queue`, which all enter with the same timeout: the order stands. */
static void requeue(struct plumtree_want *w, uint64_t now, struct plumtree_wanted *wanted,
                    struct list *queue)
{
    wanted->due_ns = now + w->timeout_ns;
    list_remove(&wanted->queue);
    list_push_back(queue, &wanted->queue);
}

void plumtree_want_ask(struct plumtree_want *w, uint64_t now, struct plumtree_wanted *wanted)
{
    wanted->is_asked = true;
    requeue(w, now, wanted, &w->asked);
}

void plumtree_want_wait(struct plumtree_want *w, uint64_t now, struct plumtree_wanted *wanted)
{
    wanted->is_asked = false;
    requeue(w, now, wanted, &w->waiting);
}

/* Take announcer `i` out. False when it was the last one, and the want is gone. */
static bool strike(struct plumtree_want *w, struct plumtree_wanted *wanted, size_t i)
{
    if (wanted->slot_count == 1) {
        plumtree_want_remove(w, wanted);
        return false;
    }
    uint8_t slot = wanted->slots[i];
    wanted->slot_count--;
    memmove(&wanted->slots[i], &wanted->slots[i + 1], wanted->slot_count - i);
    if (wanted->charged == slot) {
        w->charged[slot]--;
        wanted->charged = wanted->slots[0];
        w->charged[wanted->charged]++;
    }
    return true;
}

bool plumtree_want_fail(struct plumtree_want *w, struct plumtree_wanted *wanted)
{
    CHECK(wanted->is_asked);
    wanted->is_asked = false;
    return strike(w, wanted, 0);
}

static void forget_in(struct plumtree_want *w, struct list *queue, uint8_t slot)
{
    struct list *next;
    for (struct list *at = list_next(queue, queue); at != NULL; at = next) {
        struct plumtree_wanted *wanted = LIST_OF(at, struct plumtree_wanted, queue);
        next = list_next(queue, at);
        for (size_t i = 0; i < wanted->slot_count; i++) {
            if (wanted->slots[i] != slot) {
                continue;
            }
            /* Who was asked is gone: the next one is due when this one would have been. */
            wanted->is_asked = wanted->is_asked && i > 0;
            (void)strike(w, wanted, i);
            break;
        }
    }
}

void plumtree_want_forget_slot(struct plumtree_want *w, uint8_t slot)
{
    forget_in(w, &w->waiting, slot);
    forget_in(w, &w->asked, slot);
    CHECK(w->charged[slot] == 0);
}

uint64_t plumtree_want_deadline(const struct plumtree_want *w)
{
    uint64_t due = TIMERS_NEVER;
    if (!list_is_empty(&w->waiting)) {
        due = first_of(&w->waiting)->due_ns;
    }
    if (!list_is_empty(&w->asked) && first_of(&w->asked)->due_ns < due) {
        due = first_of(&w->asked)->due_ns;
    }
    return due;
}

static size_t check_queue(const struct plumtree_want *w, const struct list *queue,
                          uint16_t charged[PLUMTREE_WANT_SLOTS])
{
    uint64_t due_ns = 0;
    size_t count = 0;
    for (struct list *at = list_next(queue, queue); at != NULL; at = list_next(queue, at)) {
        struct plumtree_wanted *wanted = LIST_OF(at, struct plumtree_wanted, queue);
        CHECK(wanted->due_ns >= due_ns && wanted->slot_count > 0);
        CHECK(wanted->slot_count <= PLUMTREE_WANT_ANNOUNCERS_MAX);
        CHECK(plumtree_want_get(w, &wanted->id) == wanted);
        CHECK(queue == &w->asked || !wanted->is_asked);
        due_ns = wanted->due_ns;
        charged[wanted->charged]++;
        count++;
    }
    return count;
}

void plumtree_want_check(const struct plumtree_want *w)
{
    uint16_t charged[PLUMTREE_WANT_SLOTS] = {0};
    size_t count = check_queue(w, &w->waiting, charged) + check_queue(w, &w->asked, charged);
    CHECK(count == w->by_id.count && list_count(&w->spare) == w->spare_count);
    for (size_t i = 0; i < PLUMTREE_WANT_SLOTS; i++) {
        CHECK(charged[i] == w->charged[i]);
    }
    map_check(&w->by_id);
}
