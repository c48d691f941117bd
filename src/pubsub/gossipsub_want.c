/*
 * What is waited for, in the order in which it is due: all steps are equally long.
 */
#include "pubsub/gossipsub_want.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"

struct gossipsub_want_candidate {
    uint32_t peer;
    uint32_t batch; /* of the request, when it was asked */
    int64_t rank;
};

struct gossipsub_want_entry {
    struct list link;
    uint64_t key; /* the map's key */
    uint64_t due_ns;
    /* The first `asked` were asked; the others may be, the best first. */
    struct gossipsub_want_candidate peers[GOSSIPSUB_WANT_PEERS_MAX];
    uint8_t peer_count;
    uint8_t asked;
    uint8_t steps; /* since nobody was left to be asked */
    struct gossipsub_sign_id id;
};

void gossipsub_want_init(struct gossipsub_want *w, const struct random *random, uint64_t timeout_ns)
{
    *w = (struct gossipsub_want){.step_ns = timeout_ns / GOSSIPSUB_WANT_STEPS};
    map_init(&w->entries, random);
    list_init(&w->waiting);
}

static void gossipsub_want_free(struct gossipsub_want *w, struct gossipsub_want_entry *e)
{
    (void)map_remove(&w->entries, span_of(&e->key, sizeof e->key));
    list_remove(&e->link);
    w->count--;
    mem_free(e);
}

void gossipsub_want_clear(struct gossipsub_want *w)
{
    for (struct list *l; (l = list_next(&w->waiting, &w->waiting)) != NULL;) {
        gossipsub_want_free(w, LIST_OF(l, struct gossipsub_want_entry, link));
    }
    map_clear(&w->entries);
}

/* Behind those that were asked and those that rank no lower; the last gives way. */
static void gossipsub_want_remember(struct gossipsub_want_entry *e, uint32_t peer, int64_t rank)
{
    unsigned at = e->asked;
    for (unsigned i = 0; i < e->peer_count; i++) {
        if (e->peers[i].peer == peer) {
            return;
        }
    }
    while (at < e->peer_count && e->peers[at].rank >= rank) {
        at++;
    }
    if (at == GOSSIPSUB_WANT_PEERS_MAX) {
        return;
    }
    if (e->peer_count < GOSSIPSUB_WANT_PEERS_MAX) {
        e->peer_count++;
    }
    memmove(&e->peers[at + 1], &e->peers[at], (e->peer_count - 1 - at) * sizeof e->peers[0]);
    e->peers[at] = (struct gossipsub_want_candidate){.peer = peer, .rank = rank};
}

bool gossipsub_want_announced(struct gossipsub_want *w, uint64_t now,
                              const struct gossipsub_want_news *news)
{
    struct gossipsub_want_entry *e = map_get(&w->entries, span_of(&news->key, sizeof news->key));
    if (e == NULL && w->count == GOSSIPSUB_WANT_COUNT_MAX) {
        return false;
    }
    if (e == NULL) {
        e = mem_new(sizeof *e);
        e->key = news->key;
        e->id = *news->id;
        e->due_ns = now + w->step_ns;
        (void)map_put(&w->entries, span_of(&e->key, sizeof e->key), e);
        list_push_back(&w->waiting, &e->link);
        w->count++;
    }
    gossipsub_want_remember(e, news->peer, news->rank);
    if (e->asked > 0 || news->rank < 0 || e->peers[0].peer != news->peer) {
        return false;
    }
    e->asked = 1;
    e->peers[0].batch = news->batch;
    return true;
}

uint32_t gossipsub_want_came(struct gossipsub_want *w, uint64_t key)
{
    struct gossipsub_want_entry *e = map_get(&w->entries, span_of(&key, sizeof key));
    uint32_t asked = 0;
    if (e != NULL) {
        asked = e->asked > 0 ? e->peers[e->asked - 1].peer : 0;
        gossipsub_want_free(w, e);
    }
    return asked;
}

bool gossipsub_want_next_late(struct gossipsub_want *w, uint64_t now, uint32_t batch,
                              struct gossipsub_want_late *late)
{
    struct list *l = list_next(&w->waiting, &w->waiting);
    struct gossipsub_want_entry *e =
        l != NULL ? LIST_OF(l, struct gossipsub_want_entry, link) : NULL;
    if (e == NULL || e->due_ns > now) {
        return false;
    }
    *late = (struct gossipsub_want_late){.id = e->id, .key = e->key};
    late->slow = e->asked > 0 && e->steps == 0 ? e->peers[e->asked - 1].peer : 0;
    if (e->asked < e->peer_count) {
        late->next = e->peers[e->asked].peer;
        late->released = e->asked > 0 ? e->peers[e->asked - 1].peer : 0;
        e->peers[e->asked++].batch = batch;
        e->steps = 0;
    } else if (++e->steps == GOSSIPSUB_WANT_STEPS) {
        late->released = e->peers[e->asked - 1].peer;
        for (; late->broken_count < e->asked; late->broken_count++) {
            late->broken[late->broken_count] = e->peers[late->broken_count].peer;
            late->batches[late->broken_count] = e->peers[late->broken_count].batch;
        }
        gossipsub_want_free(w, e);
        return true;
    }
    e->due_ns = now + w->step_ns;
    list_remove(&e->link);
    list_push_back(&w->waiting, &e->link);
    return true;
}

void gossipsub_want_check(const struct gossipsub_want *w)
{
    uint64_t due_ns = 0;
    size_t count = 0;
    for (struct list *l = list_next(&w->waiting, &w->waiting); l != NULL;
         l = list_next(&w->waiting, l)) {
        struct gossipsub_want_entry *e = LIST_OF(l, struct gossipsub_want_entry, link);
        CHECK(e->due_ns >= due_ns && e->peer_count > 0 && e->asked <= e->peer_count);
        CHECK(map_get(&w->entries, span_of(&e->key, sizeof e->key)) == e);
        due_ns = e->due_ns;
        count++;
    }
    CHECK(count == w->count && count == w->entries.count && count <= GOSSIPSUB_WANT_COUNT_MAX);
}
