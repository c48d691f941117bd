/*
 * A payload: the entry's number, the origin's, a salt, and bytes that follow from the salt.
 */
#include "swarm/ledger.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define PAYLOAD_MAX 32768
#define HEAD 16

void ledger_init(struct ledger *l, uint32_t nodes)
{
    *l = (struct ledger){.nodes = nodes};
    l->payload = mem_new_raw(PAYLOAD_MAX);
}

void ledger_clear(struct ledger *l)
{
    for (size_t i = 0; i < l->count; i++) {
        mem_free(l->entries[i].heard);
    }
    mem_free(l->entries);
    mem_free(l->payload);
    *l = (struct ledger){.nodes = 0};
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void write_payload(uint8_t *out, const struct ledger_entry *e, uint32_t number)
{
    memcpy(out, &number, 4);
    memcpy(out + 4, &e->origin, 4);
    memcpy(out + 8, &e->salt, 8);
    for (size_t i = HEAD; i < e->len; i++) {
        out[i] = (uint8_t)(e->salt >> (i % 57));
    }
}

static void mark(struct ledger_entry *e, uint32_t node)
{
    e->heard[node >> 3] |= (uint8_t)(1u << (node & 7));
}

bool ledger_has(const struct ledger_entry *e, uint32_t node)
{
    return (e->heard[node >> 3] >> (node & 7) & 1) != 0;
}

struct span ledger_say(struct ledger *l, uint64_t now, uint32_t origin, uint32_t len)
{
    CHECK(len >= LEDGER_BYTES_MIN && len <= PAYLOAD_MAX);
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 64 : 2 * l->cap;
        l->entries = mem_resize(l->entries, l->cap * sizeof l->entries[0]);
    }
    struct ledger_entry *e = &l->entries[l->count];
    *e = (struct ledger_entry){.heard = mem_new_array(l->nodes / 8 + 1, 1),
                               .said_ns = now,
                               .last_ns = now,
                               .salt = mix(l->count + 1),
                               .origin = origin,
                               .len = len};
    mark(e, origin);
    write_payload(l->payload, e, (uint32_t)l->count);
    l->count++;
    return span_of(l->payload, len);
}

void ledger_void(struct ledger *l)
{
    CHECK(l->count > 0);
    l->entries[l->count - 1].is_void = true;
}

enum ledger_verdict ledger_hear(struct ledger *l, uint64_t now, uint32_t node, uint32_t origin,
                                struct span payload, uint32_t hops)
{
    uint32_t number = 0;
    if (payload.len < HEAD) {
        return LEDGER_NEVER_SAID;
    }
    memcpy(&number, payload.ptr, sizeof number);
    if (number >= l->count || l->entries[number].origin != origin) {
        return LEDGER_NEVER_SAID;
    }
    struct ledger_entry *e = &l->entries[number];
    write_payload(l->payload, e, number);
    if (e->is_void || !span_is_equal(payload, span_of(l->payload, e->len))) {
        return LEDGER_CHANGED;
    }
    if (ledger_has(e, node)) {
        return LEDGER_TWICE;
    }
    mark(e, node);
    e->count++;
    e->last_ns = now;
    e->hops_max = hops > e->hops_max ? hops : e->hops_max;
    return LEDGER_NEW;
}

void ledger_forget(struct ledger *l, uint32_t node)
{
    for (size_t i = 0; i < l->count; i++) {
        l->entries[i].heard[node >> 3] &= (uint8_t) ~(1u << (node & 7));
    }
}
