#include "tests/support/room_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static int find(void *context, const uint8_t id[ENTRY_ID_SIZE], struct room_place *place)
{
    const struct room_world_node *n = context;
    const struct room_world_kept *kept = map_get(&n->kept, span_of(id, ENTRY_ID_SIZE));

    if (kept == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    *place = kept->place;
    return 0;
}

static int keep(void *context, const uint8_t id[ENTRY_ID_SIZE], const struct entry *entry,
                const struct room_place *place)
{
    struct room_world_node *n = context;

    if (n->fails < 0) {
        return n->fails;
    }
    struct room_world_kept *kept = mem_new(sizeof *kept);

    memcpy(kept->id, id, sizeof kept->id);
    kept->place = *place;
    kept->entry = *entry;
    CHECK(entry->has_links);
    CHECK(map_put(&n->kept, span_of(kept->id, sizeof kept->id), kept) == NULL);
    return 0;
}

/* Whose that device is. */
static uint64_t author(void *context, const uint8_t device[32])
{
    const struct room_world *w = ((const struct room_world_node *)context)->world;

    for (size_t i = 0; i < w->node_count; i++) {
        if (memcmp(w->nodes[i].pair.public_key, device, 32) == 0) {
            return w->authors == 0 || i + 1 < w->authors ? i + 1 : w->authors;
        }
    }
    return 0;
}

void room_world_init(struct room_world *w, size_t nodes, uint64_t seed)
{
    static const uint8_t room[32] = {7};

    *w = (struct room_world){.node_count = nodes, .network = {9}};
    random_seeded_init(&w->seeded, seed);
    w->random = random_from_seeded(&w->seeded);
    for (size_t i = 0; i < nodes; i++) {
        struct room_world_node *n = &w->nodes[i];
        const struct room_ops ops = {.context = n, .find = find, .keep = keep, .author = author};
        uint8_t secret[ED25519_SEED_SIZE];

        n->world = w;
        random_fill(&w->random, secret, sizeof secret);
        ed25519_from_seed(&n->pair, secret);
        map_init(&n->kept, &w->random);
        room_init(&n->room, w->network, room, &ops, &w->random);
    }
}

void room_world_clear(struct room_world *w)
{
    for (size_t i = 0; i < w->node_count; i++) {
        struct room_world_node *n = &w->nodes[i];
        void *kept = NULL;

        for (size_t at = 0; (kept = map_next(&n->kept, &at)) != NULL;) {
            mem_free(kept);
        }
        map_clear(&n->kept);
        room_clear(&n->room);
    }
    mem_free(w->entries);
}

size_t room_world_sign(struct room_world *w, size_t i, struct entry *e)
{
    static const uint8_t words[] = "what is said";

    memcpy(e->device, w->nodes[i].pair.public_key, sizeof e->device);
    random_fill(&w->random, e->salt, sizeof e->salt);
    e->has_content = true;
    e->content = span_of(words, sizeof words - 1);
    CHECK(entry_sign(e, w->network, &signer_ed25519, &w->nodes[i].pair) == 0);
    if (w->entry_count == w->entry_cap) {
        w->entry_cap = w->entry_cap == 0 ? 64 : 2 * w->entry_cap;
        w->entries = mem_resize(w->entries, w->entry_cap * sizeof *w->entries);
    }
    w->entries[w->entry_count] = *e;
    return w->entry_count++;
}

static void drain(struct room_world_node *n)
{
    struct room_event event;

    while (room_next_event(&n->room, &event)) {
        n->late += event.kind == ROOM_PLACED && event.is_late;
        n->forked += event.kind == ROOM_FORKED;
    }
}

size_t room_world_say(struct room_world *w, size_t i)
{
    struct entry e = {0};

    room_draft(&w->nodes[i].room, w->nodes[i].pair.public_key, &e);
    size_t k = room_world_sign(w, i, &e);
    CHECK(room_feed(&w->nodes[i].room, &w->entries[k]) == 0);
    drain(&w->nodes[i]);
    return k;
}

int room_world_feed(struct room_world *w, size_t i, size_t k, bool is_sealed)
{
    struct entry e = w->entries[k];

    if (is_sealed) {
        for (size_t p = 0; p < e.parent_count && p < ENTRY_HINTS_MAX; p++) {
            memcpy(e.hints[p], e.parents[p], ENTRY_HINT_SIZE);
        }
        memset(e.previous, 0, sizeof e.previous);
        memset(e.parents, 0, sizeof e.parents);
        e.has_links = false;
    }
    int rc = room_feed(&w->nodes[i].room, &e);

    drain(&w->nodes[i]);
    return rc;
}

bool room_world_has(const struct room_world *w, size_t i, size_t k)
{
    uint8_t id[ENTRY_ID_SIZE];

    entry_id(id, &w->entries[k], w->network);
    return map_get(&w->nodes[i].kept, span_of(id, sizeof id)) != NULL;
}

static int by_order(const void *a, const void *b)
{
    const struct room_world_kept *const *x = a;
    const struct room_world_kept *const *y = b;

    if ((*x)->place.height != (*y)->place.height) {
        return (*x)->place.height < (*y)->place.height ? -1 : 1;
    }
    return memcmp((*x)->id, (*y)->id, ENTRY_ID_SIZE);
}

void room_world_order(const struct room_world *w, size_t i, uint8_t out[32])
{
    const struct map *kept = &w->nodes[i].kept;
    const struct room_world_kept **all = mem_new_array(kept->count + 1, sizeof *all);
    const struct room_world_kept *one = NULL;
    size_t count = 0;

    for (size_t at = 0; (one = map_next(kept, &at)) != NULL;) {
        all[count++] = one;
    }
    qsort(all, count, sizeof *all, by_order);
    memset(out, 0, 32);
    for (size_t k = 0; k < count; k++) {
        const struct span pieces[] = {span_of(out, 32), span_of(all[k]->id, ENTRY_ID_SIZE)};

        hash_sha256_pieces(out, pieces, 2);
    }
    mem_free(all);
}
