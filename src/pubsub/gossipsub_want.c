/*
 * What is waited for, in the order in which it is due: all wait equally long.
 */
#include "pubsub/gossipsub_want.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"

struct gossipsub_want_entry {
    struct list link;
    uint64_t key; /* the map's key */
    uint64_t due_ns;
    uint32_t peers[GOSSIPSUB_WANT_PEERS_MAX]; /* the first was asked, the others may be */
    uint32_t batch;
    uint8_t peer_count;
    struct gossipsub_sign_id id;
};

void gossipsub_want_init(struct gossipsub_want *w, const struct random *random, uint64_t timeout_ns)
{
    *w = (struct gossipsub_want){.timeout_ns = timeout_ns};
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

static void gossipsub_want_remember(struct gossipsub_want_entry *e, uint32_t peer)
{
    for (unsigned i = 0; i < e->peer_count; i++) {
        if (e->peers[i] == peer) {
            return;
        }
    }
    if (e->peer_count < GOSSIPSUB_WANT_PEERS_MAX) {
        e->peers[e->peer_count++] = peer;
    }
}

bool gossipsub_want_announced(struct gossipsub_want *w, uint64_t now, uint64_t key,
                              const struct gossipsub_sign_id *id, uint32_t peer, uint32_t batch)
{
    struct gossipsub_want_entry *e = map_get(&w->entries, span_of(&key, sizeof key));
    if (e != NULL) {
        gossipsub_want_remember(e, peer);
        return false;
    }
    if (w->count == GOSSIPSUB_WANT_COUNT_MAX) {
        return false;
    }
    e = mem_new(sizeof *e);
    e->key = key;
    e->id = *id;
    e->due_ns = now + w->timeout_ns;
    e->batch = batch;
    gossipsub_want_remember(e, peer);
    (void)map_put(&w->entries, span_of(&e->key, sizeof e->key), e);
    list_push_back(&w->waiting, &e->link);
    w->count++;
    return true;
}

uint32_t gossipsub_want_came(struct gossipsub_want *w, uint64_t key)
{
    struct gossipsub_want_entry *e = map_get(&w->entries, span_of(&key, sizeof key));
    uint32_t asked = 0;
    if (e != NULL) {
        asked = e->peers[0];
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
    *late = (struct gossipsub_want_late){
        .id = e->id, .key = e->key, .broken = e->peers[0], .batch = e->batch};
    if (e->peer_count == 1) {
        gossipsub_want_free(w, e);
        return true;
    }
    e->peer_count--;
    memmove(&e->peers[0], &e->peers[1], e->peer_count * sizeof e->peers[0]);
    late->next = e->peers[0];
    e->batch = batch;
    e->due_ns = now + w->timeout_ns;
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
        CHECK(e->due_ns >= due_ns && e->peer_count > 0);
        CHECK(map_get(&w->entries, span_of(&e->key, sizeof e->key)) == e);
        due_ns = e->due_ns;
        count++;
    }
    CHECK(count == w->count && count == w->entries.count && count <= GOSSIPSUB_WANT_COUNT_MAX);
}
