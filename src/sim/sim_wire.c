/*
 * Wires. Pipes ask a wire what it does to a packet; the scenario changes what it does.
 */
#include "sim/sim_wire.h"

#include "base/check.h"
#include "sim/sim_pipe.h"

#define RTO_MIN_NS (200 * TIMERS_MS) /* Linux' TCP_RTO_MIN; RFC 6298 says 1 s */

/* The serialiser is free: the next packet, of the first pipe that still has one. */
static void on_sent(struct sim_event *event)
{
    struct sim_wire *w = LIST_OF(event, struct sim_wire, sent);
    struct list *link;

    while (!heap_has(&w->sent.node) && (link = list_pop_front(&w->waiting)) != NULL) {
        sim_pipe_pump(LIST_OF(link, struct sim_pipe, waiting_link));
    }
}

void sim_wire_init(struct sim_wire *w, struct sim_cable *cable, struct sim_host *from,
                   struct sim_host *to)
{
    *w = (struct sim_wire){.cable = cable, .from = from, .to = to, .sent.fire = on_sent};
    list_init(&w->pipes);
    list_init(&w->waiting);
    list_push_back(&from->wires, &w->link);
}

struct sim_wire *sim_wire_between(struct sim_host *from, struct sim_host *to)
{
    struct sim_cable *cable = sim_cable_between(from->sim, from, to);

    return cable->wires[0].from == from ? &cable->wires[0] : &cable->wires[1];
}

const struct sim_cable_settings *sim_wire_settings(const struct sim_wire *w)
{
    return w->has_own ? &w->own : &w->from->sim->cable_default;
}

bool sim_wire_is_open(const struct sim_wire *w)
{
    const struct sim_cable_settings *s = sim_wire_settings(w);

    return !w->is_cut && w->from->side == w->to->side && !w->from->is_silent && !w->to->is_silent &&
           s->loss_part < s->loss_whole;
}

/* Call `tell` for the pipes that send over `w`, then for those whose acknowledgements go over it.
 */
static void tell_pipes(struct sim_wire *w, void (*tell)(struct sim_pipe *))
{
    struct list *heads[2] = {&w->pipes, &w->back->pipes};

    for (size_t i = 0; i < 2; i++) {
        struct list *link = list_next(heads[i], heads[i]);

        while (link != NULL) {
            struct list *next = list_next(heads[i], link);

            tell(LIST_OF(link, struct sim_pipe, wire_link));
            link = next;
        }
    }
}

void sim_wire_update(struct sim_wire *w)
{
    bool is_open = sim_wire_is_open(w);

    if (is_open == w->was_open) {
        return;
    }
    if (!is_open) {
        tell_pipes(w, sim_pipe_settle); /* what was acknowledged until now counts */
        w->shut_ns = w->from->sim->now_ns;
    }
    w->was_open = is_open;
    tell_pipes(w, sim_pipe_path_changed);
}

uint64_t sim_wire_delay(const struct sim_wire *w, struct sim_draw *draw)
{
    const struct sim_cable_settings *s = sim_wire_settings(w);

    return s->latency_ns + (s->jitter_ns == 0 ? 0 : sim_draw_below(draw, s->jitter_ns + 1));
}

bool sim_wire_loses(const struct sim_wire *w, struct sim_draw *draw)
{
    const struct sim_cable_settings *s = sim_wire_settings(w);

    return sim_draw_chance(draw, s->loss_part, s->loss_whole);
}

uint64_t sim_wire_serialise_ns(const struct sim_wire *w, uint64_t bytes)
{
    const struct sim_cable_settings *s = sim_wire_settings(w);

    return s->bytes_per_second == 0 ? 0 : bytes * TIMERS_SECOND / s->bytes_per_second;
}

uint64_t sim_wire_rto_ns(const struct sim_wire *w)
{
    const struct sim_cable_settings *there = sim_wire_settings(w);
    const struct sim_cable_settings *back = sim_wire_settings(w->back);

    return RTO_MIN_NS + there->latency_ns + there->jitter_ns + back->latency_ns + back->jitter_ns;
}
