/*
 * Links between nodes, and what passes over them.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/world_core.h"

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
    x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
    return x ^ x >> 33;
}

uint64_t world_cable_delay(const struct world *w, uint32_t a, uint32_t b)
{
    uint64_t low = a < b ? a : b;
    uint64_t high = a < b ? b : a;
    uint64_t least = w->config.delay_min_ms * WORLD_MS;
    uint64_t range = w->config.delay_max_ms * WORLD_MS - least;
    return least + mix(w->config.seed * 31 + (high << 32 | low)) % (range + 1);
}

struct world_link *world_cable_to(struct world *w, uint32_t from, uint32_t to)
{
    struct world_node *n = &w->nodes[from];
    for (size_t i = 0; i < n->link_count; i++) {
        if (n->links[i].peer == to) {
            return &n->links[i];
        }
    }
    return NULL;
}

struct world_link *world_cable_of(struct world *w, uint32_t at, uint32_t tag)
{
    struct world_node *n = &w->nodes[at];
    for (size_t i = 0; i < n->link_count; i++) {
        if (n->links[i].tag == tag) {
            return &n->links[i];
        }
    }
    return NULL;
}

static void add(struct world *w, uint32_t at, uint32_t peer, uint32_t tag)
{
    struct world_node *n = &w->nodes[at];
    if (n->link_count == n->link_cap) {
        n->link_cap = n->link_cap == 0 ? 8 : (uint8_t)(n->link_cap + 8);
        n->links = mem_resize(n->links, n->link_cap * sizeof n->links[0]);
    }
    n->links[n->link_count++] =
        (struct world_link){.peer = peer, .tag = tag, .delay_ns = world_cable_delay(w, at, peer)};
}

bool world_cable_join(struct world *w, uint32_t a, uint32_t b)
{
    struct world_link *stale = world_cable_to(w, b, a);
    if (w->nodes[a].link_count >= WORLD_LINKS_MAX - 8 ||
        w->nodes[b].link_count >= WORLD_LINKS_MAX - 8) {
        return false;
    }
    if (stale != NULL) {
        /* The other end of an earlier link, whose end its owner has not heard of. */
        world_cable_remove(w, b, stale);
        mesh_link_down(&w->nodes[b].mesh, world_clock(w, &w->nodes[b]), &w->nodes[a].id, false);
    }
    w->tags++;
    add(w, a, b, w->tags);
    add(w, b, a, w->tags);
    return true;
}

void world_cable_remove(struct world *w, uint32_t at, struct world_link *l)
{
    struct world_node *n = &w->nodes[at];
    CHECK(l >= n->links && l < n->links + n->link_count);
    *l = n->links[--n->link_count];
}

void world_cable_tell(struct world *w, uint32_t from, const struct world_link *l,
                      enum world_kind kind)
{
    struct world_trip trip = {.at_ns = world_now(w) + l->delay_ns, .copies = 1};
    bool is_gone = !w->nodes[l->peer].is_up;
    if (w->fault_count > 0 && !world_fault_is_open(w, from, l->peer)) {
        is_gone = true;
    }
    if (!is_gone) {
        uint64_t at = trip.at_ns > l->clear_ns ? trip.at_ns : l->clear_ns;
        struct wheel_item item = {
            .to = l->peer, .from = from, .tag = l->tag, .kind = (uint16_t)kind};
        wheel_put(&w->wheel, at, &item);
    }
}

void world_cable_dial(struct world *w, uint32_t from, uint32_t to)
{
    struct wheel_item item = {.to = from, .from = to, .tag = w->nodes[from].lives};
    bool is_linked = world_cable_to(w, from, to) != NULL;
    bool is_open = world_is_open(w, from, to) && world_is_open(w, to, from);
    if (from == to) {
        return;
    }
    if (is_linked || (is_open && world_fault_is_dialable(w, to))) {
        item.kind = WORLD_LINKED;
    } else if (!w->nodes[to].is_up && w->nodes[to].is_reset) {
        item.kind = WORLD_FAILED; /* its machine is there and refuses */
    } else {
        return; /* silence: whoever asked has a patience of its own */
    }
    uint64_t trip = is_linked ? 0 : 2 * world_cable_delay(w, from, to);
    wheel_put(&w->wheel, world_now(w) + trip, &item);
}

void world_cable_carry(struct world *w, uint32_t from, struct world_link *l, enum overlay_kind kind,
                       struct span body)
{
    struct world_trip trip = {.at_ns = world_now(w) + l->delay_ns, .copies = 1};
    size_t len = body.len + 1;
    CHECK(len <= WORLD_FRAME_MAX);
    if (w->fault_count > 0) {
        if (w->nodes[from].hostile != 0 && !world_hostile_sends(w, from, kind, &body)) {
            return;
        }
        len = body.len + 1;
        world_fault_trip(w, from, l->peer, len, &trip);
    }
    w->stats.messages++;
    w->stats.bytes += len + (len < 128 ? 1 : len < 16384 ? 2 : 3);
    if (!trip.is_disordered) {
        trip.at_ns = trip.at_ns > l->clear_ns ? trip.at_ns : l->clear_ns;
        l->clear_ns = trip.copies > 0 ? trip.at_ns : l->clear_ns;
    }
    w->stats.lost += trip.copies == 0;
    for (uint32_t i = 0; i < trip.copies; i++) {
        struct wheel_item item = {
            .to = l->peer, .from = from, .tag = l->tag, .kind = WORLD_FRAME, .len = (uint16_t)len};
        uint8_t *out = wheel_put(&w->wheel, trip.at_ns, &item);
        out[0] = (uint8_t)kind;
        memcpy(out + 1, body.ptr, body.len);
    }
}
