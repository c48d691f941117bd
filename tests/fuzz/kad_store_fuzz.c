/*
 * Operations on the store of a server, drawn from the input: what peers send, what is ours, time,
 * newcomers, restarts. It stays whole and within its limits; a store in memory keeps the rows.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/check.h"
#include "discovery/kad_store.h"
#include "sim/sim.h"
#include "sim/sim_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define HOUR (UINT64_C(3600) * 1000000000)

struct world {
    struct sim *sim;
    struct port *port;
    struct store *store;
    struct kad_table table;
    struct kad_store *s;
    struct kad_store_time at;
};

static struct peerid peer(unsigned number)
{
    return (struct peerid){.len = 38,
                           .bytes = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20, (uint8_t)number}};
}

static void open_store(struct world *w)
{
    const struct kad_store_config config = {.table = &w->table,
                                            .random = &w->port->random,
                                            .store = w->store,
                                            .value_bytes = 20000,
                                            .providers = 40};
    w->s = kad_store_new(&config, w->at.now);
}

static void restart(struct world *w, bool is_flushed)
{
    if (is_flushed) {
        CHECK(kad_store_flush(w->s, &w->at) == 0);
    }
    kad_store_free(w->s);
    open_store(w);
    CHECK(kad_store_load(w->s, &w->at) == 0);
}

static void newcomer(struct world *w, unsigned number)
{
    struct peerid id = peer(number);
    (void)kad_table_put(&w->table, &id, number % 3, w->at.now);
    kad_store_met(w->s, &id, &w->at);
}

static void from_peer(struct world *w, unsigned kind, unsigned key, unsigned who)
{
    static const uint8_t bytes[300] = {1};
    const struct peerid id = peer(who);
    const struct kad_store_from from = {.peer = &id, .group = who % 5};
    char text[16];
    (void)snprintf(text, sizeof text, "/t/%u", key % 64);
    const struct kad_record r = {.key = span_from_text(text),
                                 .value = span_of(bytes, 1 + key * who % sizeof bytes),
                                 .sequence = who % 4,
                                 .end_ms = key % 7 == 0 ? w->at.wall_ms + who * 1000000
                                                        : KAD_RECORD_NO_END};
    if (kind == 0) {
        uint64_t received_ms = key % 3 == 0 ? w->at.wall_ms - 1000 * who : 0;
        int rc = kad_store_put(w->s, &r, received_ms, &from, &w->at);
        CHECK(rc == 0 || rc == WAVU_ERR_EXISTS || rc == WAVU_ERR_CLOSED || rc == WAVU_ERR_LIMIT);
    } else if (kind == 1) {
        struct span addresses = span_of("\x02xx\x01yy", who % 7);
        int rc = kad_store_provide(w->s, r.key, addresses, &from, &w->at);
        CHECK(rc == 0 || rc == WAVU_ERR_LIMIT);
    } else {
        const struct kad_record mine = {
            .key = r.key, .value = kind == 2 ? r.value : span_empty(), .end_ms = r.end_ms};
        CHECK(kad_store_publish(w->s, &mine, &w->at) == 0);
    }
}

static void look(struct world *w, unsigned key)
{
    struct kad_store_provider providers[8];
    struct kad_store_handover handover;
    struct kad_store_value value;
    struct kad_store_own own;
    char text[16];
    (void)snprintf(text, sizeof text, "/t/%u", key % 64);
    if (kad_store_get(w->s, span_from_text(text), &w->at, &value) == 0) {
        CHECK(span_is_equal(value.key, span_from_text(text)) && value.value.len > 0);
    }
    CHECK(kad_store_providers(w->s, span_from_text(text), w->at.now, providers, 8) <= 8);
    if (kad_store_next_handover(w->s, &w->at, &handover)) {
        CHECK(handover.value.value.len > 0);
    }
    if (kad_store_due(w->s, &w->at, &own) && key % 2 == 0) {
        kad_store_said(w->s, own.key, own.value.len == 0, &w->at);
    } else if (key % 5 == 0) {
        int rc = kad_store_withdraw(w->s, span_from_text(text), key % 2 == 0);
        CHECK(rc == 0 || rc == WAVU_ERR_NOT_FOUND);
    }
}

static void step(struct world *w, const uint8_t *op)
{
    switch (op[0] % 8) {
    case 0:
    case 1:
    case 2:
    case 3:
        from_peer(w, op[0] % 8, op[1], op[2]);
        break;
    case 4:
        look(w, op[1]);
        break;
    case 5:
        w->at.now += op[1] * (HOUR / 16);
        w->at.wall_ms += op[1] * (HOUR / 16 / 1000000);
        kad_store_tick(w->s, &w->at);
        break;
    case 6:
        newcomer(w, op[1]);
        break;
    default:
        restart(w, op[1] % 2 == 0);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct world w = {.at = {.now = HOUR, .wall_ms = UINT64_C(1795395723004)}};
    struct peerid self = peer(255);
    w.sim = sim_new(1);
    w.port = sim_host_port(sim_host_new(w.sim, NULL));
    const struct store_config config = {.port = w.port, .kind = STORE_MEMORY};
    CHECK(store_new(&config, &w.store) == 0);
    kad_table_init(&w.table, &self, 3, &w.port->random, 0);
    open_store(&w);
    for (size_t i = 0; i + 3 <= len && i < 150; i += 3) {
        step(&w, data + i);
        if (i % 32 == 0) {
            kad_store_check(w.s);
        }
    }
    kad_store_check(w.s);
    kad_store_free(w.s);
    kad_table_clear(&w.table);
    store_free(w.store);
    sim_free(w.sim);
    return 0;
}
