/*
 * Seeds on the swarm.
 */
#include "discovery/seeds_service.h"

#include "base/check.h"
#include "base/mem.h"

/* One try under way: at most one of the two is not NULL. */
struct seeds_service_try {
    struct seeds_service *service;
    size_t seed;
    struct port_lookup *lookup;
    struct dial *dial;
};

static void seeds_service_arm(struct seeds_service *s)
{
    timers_set(&s->config.swarm->turn->timers, &s->timer, seeds_deadline(&s->seeds),
               SEEDS_SERVICE_SLACK_NS);
}

static void seeds_service_drain(struct seeds_service *s);

static struct seeds_service_try *seeds_service_try_of(struct seeds_service *s, size_t seed)
{
    if (s->tries[seed] == NULL) {
        s->tries[seed] = mem_new(sizeof *s->tries[seed]);
        *s->tries[seed] = (struct seeds_service_try){.service = s, .seed = seed};
    }
    return s->tries[seed];
}

static void seeds_service_try_end(struct seeds_service *s, size_t seed)
{
    mem_free(s->tries[seed]);
    s->tries[seed] = NULL;
}

/* ---- Look-ups ---- */

static void seeds_service_on_found(void *context, int err, const struct multiaddr_ip *found,
                                   size_t count)
{
    struct seeds_service_try *t = context;
    struct seeds_service *s = t->service;
    size_t seed = t->seed;
    seeds_service_try_end(s, seed);
    seeds_resolved(&s->seeds, seed, err, found, count, s->config.swarm->turn->now_ns);
    seeds_service_drain(s);
}

static void seeds_service_look_up(struct seeds_service *s, const struct seeds_event *event)
{
    static const struct port_lookup_user user = {.done = seeds_service_on_found};
    struct port *port = s->config.swarm->port;
    struct seeds_service_try *t = seeds_service_try_of(s, event->seed);
    int rc = port->net->lookup(port, event->name, event->family, &user, t, &t->lookup);
    if (rc < 0) {
        seeds_service_try_end(s, event->seed);
        seeds_resolved(&s->seeds, event->seed, rc, NULL, 0, s->config.swarm->turn->now_ns);
    }
}

/* ---- Dials ---- */

static void seeds_service_on_dialled(void *context, int err, struct conn *conn)
{
    struct seeds_service_try *t = context;
    struct seeds_service *s = t->service;
    size_t seed = t->seed;
    seeds_service_try_end(s, seed);
    if (err == WAVU_ERR_SHUTDOWN) {
        return; /* the node is going down: nothing will be tried */
    }
    seeds_dialled(&s->seeds, seed, err, err == 0 ? conn_peer(conn) : NULL,
                  s->config.swarm->turn->now_ns);
    if (err == 0 && s->config.user.connected != NULL) {
        s->config.user.connected(s->config.user.context, seed, conn);
    }
    seeds_service_drain(s);
}

static void seeds_service_dial(struct seeds_service *s, const struct seeds_event *event)
{
    struct seeds_service_try *t = seeds_service_try_of(s, event->seed);
    struct dial_user user = {.done = seeds_service_on_dialled, .context = t};
    int rc = dial_start(s->config.swarm, event->peer.len > 0 ? &event->peer : NULL,
                        event->addresses, event->address_count, user, &t->dial);
    if (rc < 0) {
        seeds_service_try_end(s, event->seed);
        seeds_dialled(&s->seeds, event->seed, rc, NULL, s->config.swarm->turn->now_ns);
    }
}

/* ---- Events ---- */

static void seeds_service_drain(struct seeds_service *s)
{
    struct seeds_event event;
    while (seeds_next_event(&s->seeds, &event)) {
        switch (event.kind) {
        case SEEDS_LOOK_UP:
            seeds_service_look_up(s, &event);
            break;
        case SEEDS_DIAL:
            seeds_service_dial(s, &event);
            break;
        case SEEDS_CHANGED:
            if (s->config.user.changed != NULL) {
                s->config.user.changed(s->config.user.context, event.seed);
            }
            break;
        }
    }
    seeds_service_arm(s);
}

static void seeds_service_on_timer(struct timer *timer, uint64_t now)
{
    struct seeds_service *s = LIST_OF(timer, struct seeds_service, timer);
    seeds_tick(&s->seeds, now);
    seeds_service_drain(s);
}

static void seeds_service_conn_up(void *context, struct conn *conn)
{
    (void)context;
    (void)conn; /* our dials say so themselves */
}

static void seeds_service_conn_down(void *context, struct conn *conn, int err)
{
    struct seeds_service *s = context;
    (void)err;
    if (swarm_conn(s->config.swarm, conn_peer(conn)) == NULL) {
        seeds_lost(&s->seeds, conn_peer(conn), s->config.swarm->turn->now_ns);
        seeds_service_drain(s);
    }
}

/* ---- From outside ---- */

void seeds_service_init(struct seeds_service *s, const struct seeds_service_config *config)
{
    struct seeds_config seeds = {.random = &config->swarm->port->random,
                                 .base_ns = config->base_ns,
                                 .retries = config->retries,
                                 .is_private = config->swarm->has_psk,
                                 .is_low_power = config->is_low_power};
    *s = (struct seeds_service){.config = *config};
    seeds_init(&s->seeds, &seeds);
    timers_prepare(&s->timer, seeds_service_on_timer);
    s->observe = (struct observe){
        .context = s, .conn_up = seeds_service_conn_up, .conn_down = seeds_service_conn_down};
    swarm_observe(config->swarm, &s->observe);
}

void seeds_service_clear(struct seeds_service *s)
{
    swarm_unobserve(&s->observe);
    timers_cancel(&s->config.swarm->turn->timers, &s->timer);
    for (size_t i = 0; i < SEEDS_MAX; i++) {
        struct seeds_service_try *t = s->tries[i];
        if (t != NULL && t->lookup != NULL) {
            s->config.swarm->port->net->lookup_cancel(t->lookup);
        }
        if (t != NULL && t->dial != NULL) {
            dial_cancel(t->dial);
        }
        seeds_service_try_end(s, i);
    }
    seeds_clear(&s->seeds);
}

int seeds_service_add(struct seeds_service *s, struct span text)
{
    int rc = seeds_add(&s->seeds, text, s->config.swarm->turn->now_ns);
    seeds_service_arm(s);
    return rc;
}

void seeds_service_told(struct seeds_service *s, const struct peerid *peer,
                        enum seeds_state verdict)
{
    struct conn *c = swarm_conn(s->config.swarm, peer);
    bool is_seed = seeds_told(&s->seeds, peer, verdict, s->config.swarm->turn->now_ns);
    seeds_service_drain(s);
    if (is_seed && c != NULL && c->is_dialled && c->holds == 0) {
        conn_finish(c); /* good for nothing more; the next try makes its own */
    }
}

void seeds_service_set_wanted(struct seeds_service *s, bool is_wanted)
{
    seeds_set_wanted(&s->seeds, is_wanted, s->config.swarm->turn->now_ns);
    seeds_service_arm(s);
}

void seeds_service_hurry(struct seeds_service *s)
{
    seeds_hurry(&s->seeds, s->config.swarm->turn->now_ns);
    seeds_service_arm(s);
}

void seeds_service_set_power(struct seeds_service *s, bool is_low)
{
    seeds_set_power(&s->seeds, is_low);
}
