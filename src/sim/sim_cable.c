/*
 * The scenario's side of cables: finding them, setting them, cutting them.
 */
#include "sim/sim_cable.h"

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_core.h"
#include "sim/sim_wire.h"

static struct sim_cable *make(struct sim *sim, struct sim_host *a, struct sim_host *b)
{
    struct sim_cable *cable = mem_new(sizeof(*cable));

    cable->key[0] = a->number;
    cable->key[1] = b->number;
    sim_wire_init(&cable->wires[0], cable, a, b);
    sim_wire_init(&cable->wires[1], cable, b, a);
    for (size_t i = 0; i < 2; i++) {
        struct sim_wire *w = &cable->wires[i];

        w->back = &cable->wires[1 - i];
        if (a == b) {
            w->has_own = true;
            w->own = (struct sim_cable_settings){
                .latency_ns = SIM_CABLE_LOOPBACK_NS, .loss_whole = 1, .mtu = 65536};
        }
        w->was_open = sim_wire_is_open(w);
        w->shut_ns = sim->now_ns;
    }
    (void)map_put(&sim->cables, span_of(cable->key, sizeof(cable->key)), cable);
    return cable;
}

struct sim_cable *sim_cable_between(struct sim *sim, struct sim_host *a, struct sim_host *b)
{
    struct sim_host *low = a->number <= b->number ? a : b;
    struct sim_host *high = low == a ? b : a;
    uint32_t key[2] = {low->number, high->number};
    struct sim_cable *cable = map_get(&sim->cables, span_of(key, sizeof(key)));

    CHECK(a->sim == sim && b->sim == sim);
    return cable != NULL ? cable : make(sim, low, high);
}

static void check_settings(const struct sim_cable_settings *s)
{
    CHECK(s->loss_whole > 0 && s->mtu >= SIM_CABLE_MTU_MIN);
}

/* Call sim_wire_update for all wires from and to `host`. */
static void update_host(struct sim_host *host)
{
    struct list *link;

    for (link = list_next(&host->wires, &host->wires); link != NULL;
         link = list_next(&host->wires, link)) {
        struct sim_wire *w = LIST_OF(link, struct sim_wire, link);

        sim_wire_update(w);
        sim_wire_update(w->back);
    }
}

void sim_cable_set_default(struct sim *sim, const struct sim_cable_settings *settings)
{
    struct list *link;

    check_settings(settings);
    sim->cable_default = *settings;
    for (link = list_next(&sim->hosts, &sim->hosts); link != NULL;
         link = list_next(&sim->hosts, link)) {
        update_host(LIST_OF(link, struct sim_host, link));
    }
}

void sim_cable_get_default(const struct sim *sim, struct sim_cable_settings *settings)
{
    *settings = sim->cable_default;
}

void sim_cable_set_one_way(struct sim_host *from, struct sim_host *to,
                           const struct sim_cable_settings *settings)
{
    struct sim_wire *w = sim_wire_between(from, to);

    check_settings(settings);
    w->own = *settings;
    w->has_own = true;
    sim_wire_update(w);
}

void sim_cable_set(struct sim_host *a, struct sim_host *b,
                   const struct sim_cable_settings *settings)
{
    sim_cable_set_one_way(a, b, settings);
    sim_cable_set_one_way(b, a, settings);
}

void sim_cable_cut_one_way(struct sim_host *from, struct sim_host *to, bool is_cut)
{
    struct sim_wire *w = sim_wire_between(from, to);

    w->is_cut = is_cut;
    sim_wire_update(w);
}

void sim_cable_cut(struct sim_host *a, struct sim_host *b, bool is_cut)
{
    sim_cable_cut_one_way(a, b, is_cut);
    sim_cable_cut_one_way(b, a, is_cut);
}

void sim_cable_set_side(struct sim_host *host, uint32_t side)
{
    host->side = side;
    update_host(host);
}

void sim_cable_set_silent(struct sim_host *host, bool is_silent)
{
    host->is_silent = is_silent;
    update_host(host);
}

void sim_cable_free_all(struct sim *sim)
{
    struct sim_cable *cable;
    size_t at = 0;

    while ((cable = map_next(&sim->cables, &at)) != NULL) {
        for (size_t i = 0; i < 2; i++) {
            CHECK(list_is_empty(&cable->wires[i].pipes));
            sim_cancel(sim, &cable->wires[i].sent);
        }
        mem_free(cable);
    }
    map_clear(&sim->cables);
}
