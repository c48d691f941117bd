/*
 * The mesh of the gossip tests.
 */
#include "tests/support/gossip_mesh.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/timers.h"

#define DELAY_MIN_MS 10
#define DELAY_SPAN_MS 41 /* 10 to 50 ms */

struct packet {
    struct heap_node node;
    size_t from;
    size_t to;
    size_t len;
    uint8_t bytes[];
};

void gossip_mesh_init(struct gossip_mesh *m, size_t count, uint64_t seed,
                      const struct gossip_mesh_ops *ops, void *context)
{
    memset(m, 0, sizeof *m);
    random_seeded_init(&m->seeded, seed);
    m->random = random_from_seeded(&m->seeded);
    m->ops = *ops;
    m->context = context;
    m->count = count;
    m->nodes = mem_new_array(count, sizeof *m->nodes);
    m->now = TIMERS_SECOND;
    heap_init(&m->packets);
    heap_init(&m->timers);
}

void gossip_mesh_clear(struct gossip_mesh *m)
{
    struct heap_node *first;
    while ((first = heap_first(&m->packets)) != NULL) {
        heap_remove(&m->packets, first);
        mem_free(LIST_OF(first, struct packet, node));
    }
    heap_clear(&m->packets);
    heap_clear(&m->timers);
    mem_free(m->nodes);
}

bool gossip_mesh_is_linked(const struct gossip_mesh *m, size_t a, size_t b)
{
    for (size_t i = 0; i < m->nodes[a].link_count; i++) {
        if (m->nodes[a].links[i] == b) {
            return true;
        }
    }
    return false;
}

static void half_link(struct gossip_mesh *m, size_t a, size_t b, uint32_t delay_ms)
{
    struct gossip_mesh_node *node = &m->nodes[a];
    node->links[node->link_count] = b;
    node->delay_ms[node->link_count++] = delay_ms;
}

static void link_pair(struct gossip_mesh *m, size_t a, size_t b)
{
    if (a == b || gossip_mesh_is_linked(m, a, b) ||
        m->nodes[a].link_count == GOSSIP_MESH_DEGREE_MAX ||
        m->nodes[b].link_count == GOSSIP_MESH_DEGREE_MAX) {
        return;
    }
    uint32_t delay_ms = DELAY_MIN_MS + (uint32_t)random_below(&m->random, DELAY_SPAN_MS);
    half_link(m, a, b, delay_ms);
    half_link(m, b, a, delay_ms);
}

/* Nodes in a random order, each linked to the next; or every second one only. */
static void ring(struct gossip_mesh *m, size_t *order, size_t step)
{
    for (size_t i = 0; i < m->count; i++) {
        size_t j = (size_t)random_below(&m->random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (size_t i = 0; i < m->count; i += step) {
        link_pair(m, order[i], order[(i + 1) % m->count]);
    }
}

void gossip_mesh_wire(struct gossip_mesh *m, size_t degree)
{
    size_t *order = mem_new_array(m->count, sizeof *order);
    for (size_t i = 0; i < degree / 2; i++) {
        ring(m, order, 1);
    }
    if (degree % 2 == 1) {
        ring(m, order, 2);
    }
    mem_free(order);
}

static void put_packet(struct gossip_mesh *m, size_t from, size_t to, struct span bytes,
                       uint64_t at)
{
    struct packet *p = mem_new(sizeof *p + bytes.len);
    p->from = from;
    p->to = to;
    p->len = bytes.len;
    if (bytes.len > 0) {
        memcpy(p->bytes, bytes.ptr, bytes.len);
    }
    heap_add(&m->packets, &p->node, at);
}

static bool chance(struct gossip_mesh *m, uint32_t permil)
{
    return permil > 0 && random_below(&m->random, 1000) < permil;
}

void gossip_mesh_send(struct gossip_mesh *m, size_t from, size_t to, struct span bytes)
{
    const struct gossip_mesh_node *node = &m->nodes[from];
    m->packet_count++;
    m->byte_count += bytes.len;
    for (size_t i = 0; i < node->link_count; i++) {
        if (node->links[i] != to || chance(m, m->loss_permil)) {
            continue;
        }
        uint64_t at = m->now + node->delay_ms[i] * TIMERS_MS;
        at += m->jitter_ms == 0 ? 0 : random_below(&m->random, m->jitter_ms * TIMERS_MS);
        put_packet(m, from, to, bytes, at);
        if (chance(m, m->double_permil)) {
            put_packet(m, from, to, bytes, at + random_below(&m->random, 100) * TIMERS_MS);
        }
    }
}

void gossip_mesh_touch(struct gossip_mesh *m, size_t node)
{
    struct heap_node *due = &m->nodes[node].due;
    uint64_t deadline = m->nodes[node].is_down ? TIMERS_NEVER : m->ops.deadline(m->context, node);
    if (heap_has(due)) {
        if (due->key == deadline) {
            return;
        }
        heap_remove(&m->timers, due);
    }
    if (deadline != TIMERS_NEVER) {
        heap_add(&m->timers, due, deadline);
    }
}

static void deliver(struct gossip_mesh *m, struct packet *p)
{
    const struct gossip_mesh_node *from = &m->nodes[p->from];
    const struct gossip_mesh_node *to = &m->nodes[p->to];
    if (!to->is_down && !(m->is_parted && from->is_far != to->is_far)) {
        m->ops.feed(m->context, p->to, p->from, span_of(p->bytes, p->len));
        gossip_mesh_touch(m, p->to);
    }
    mem_free(p);
}

void gossip_mesh_run(struct gossip_mesh *m, uint64_t until)
{
    for (;;) {
        struct heap_node *packet = heap_first(&m->packets);
        struct heap_node *timer = heap_first(&m->timers);
        uint64_t packet_at = packet == NULL ? TIMERS_NEVER : packet->key;
        uint64_t timer_at = timer == NULL ? TIMERS_NEVER : timer->key;
        uint64_t next = packet_at < timer_at ? packet_at : timer_at;
        if (next > until) {
            break;
        }
        m->now = next > m->now ? next : m->now;
        if (packet_at <= timer_at) {
            heap_remove(&m->packets, packet);
            deliver(m, LIST_OF(packet, struct packet, node));
        } else {
            size_t node = (size_t)(LIST_OF(timer, struct gossip_mesh_node, due) - m->nodes);
            heap_remove(&m->timers, timer);
            m->ops.tick(m->context, node);
            gossip_mesh_touch(m, node);
        }
    }
    m->now = until;
}
