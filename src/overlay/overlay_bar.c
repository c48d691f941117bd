/*
 * A plain array, searched linearly: it is empty where nobody breaks rules, and asked only when a
 * stream or a dial begins.
 */
#include "overlay/overlay_bar.h"

#include "base/check.h"
#include "base/mem.h"

#define CAP_FIRST 4

struct overlay_bar_peer {
    struct overlay_id id;
    uint64_t until_ns;
    uint64_t length_ns; /* of its latest bar */
};

void overlay_bar_clear(struct overlay_bar *b)
{
    mem_free(b->peers);
    *b = (struct overlay_bar){.peers = NULL};
}

static struct overlay_bar_peer *find(const struct overlay_bar *b, const struct overlay_id *id)
{
    for (size_t i = 0; i < b->count; i++) {
        if (overlay_id_is_equal(&b->peers[i].id, id)) {
            return &b->peers[i];
        }
    }
    return NULL;
}

/* A place for one more: a new one, or that of the bar that ends first. */
static struct overlay_bar_peer *make_room(struct overlay_bar *b)
{
    if (b->count == OVERLAY_BAR_PEERS_MAX) {
        struct overlay_bar_peer *first = &b->peers[0];
        for (size_t i = 1; i < b->count; i++) {
            first = b->peers[i].until_ns < first->until_ns ? &b->peers[i] : first;
        }
        return first;
    }
    if (b->count == b->cap) {
        b->cap = b->cap == 0 ? CAP_FIRST : 2 * b->cap;
        b->peers = mem_resize(b->peers, b->cap * sizeof b->peers[0]);
    }
    return &b->peers[b->count++];
}

uint64_t overlay_bar_strike(struct overlay_bar *b, uint64_t now, const struct overlay_id *id)
{
    struct overlay_bar_peer *p = find(b, id);
    uint64_t length = OVERLAY_BAR_FIRST_NS;
    if (p != NULL && now < p->until_ns + OVERLAY_BAR_MEMORY_NS) {
        length = 2 * p->length_ns;
        length = length < OVERLAY_BAR_LONGEST_NS ? length : OVERLAY_BAR_LONGEST_NS;
    }
    p = p != NULL ? p : make_room(b);
    *p = (struct overlay_bar_peer){.id = *id, .until_ns = now + length, .length_ns = length};
    return length;
}

uint64_t overlay_bar_left(const struct overlay_bar *b, uint64_t now, const struct overlay_id *id)
{
    const struct overlay_bar_peer *p = find(b, id);
    return p != NULL && p->until_ns > now ? p->until_ns - now : 0;
}

size_t overlay_bar_count(const struct overlay_bar *b, uint64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < b->count; i++) {
        n += b->peers[i].until_ns > now;
    }
    return n;
}

void overlay_bar_check(const struct overlay_bar *b)
{
    CHECK(b->count <= b->cap && b->count <= OVERLAY_BAR_PEERS_MAX);
    for (size_t i = 0; i < b->count; i++) {
        CHECK(b->peers[i].length_ns >= OVERLAY_BAR_FIRST_NS);
        CHECK(b->peers[i].length_ns <= OVERLAY_BAR_LONGEST_NS);
        CHECK(b->peers[i].until_ns >= b->peers[i].length_ns);
        CHECK(find(b, &b->peers[i].id) == &b->peers[i]);
    }
}
