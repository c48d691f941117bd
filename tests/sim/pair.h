/*
 * Two hosts, a listener on one, sockets that count: what the tests of the simulator talk through.
 * A `struct pair_end` sends `to_send` bytes of a pattern as fast as its socket takes them and
 * checks that what it receives continues the pattern.
 */
#ifndef TESTS_SIM_PAIR_H
#define TESTS_SIM_PAIR_H

#include "port/net.h"
#include "port/port.h"
#include "sim/sim.h"
#include "sim/sim_cable.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define PAIR_NOT_YET 1 /* no error code: nothing was told */

struct pair_end {
    struct sim *sim;
    struct port *port;
    struct port_tcp *tcp;
    uint64_t to_send;
    uint64_t sent;
    uint64_t received;
    uint64_t reads;
    int opened; /* what was told, or PAIR_NOT_YET */
    int closed;
    uint64_t opened_ns;
    uint64_t first_ns, last_ns; /* of the `bytes` callbacks */
    uint64_t closed_ns;
    uint64_t writables;
    bool ends_when_sent; /* close in good order after the last byte */
    bool keeps_open;     /* do not close when told `closed` */
    bool echoes;
    struct pair_end *accepts_into; /* listeners: the next end to be accepted */
    uint16_t accepts_port;         /* and the port that it comes from; 0: any */
    uint64_t accepted_ns;
    struct port_listener *listener;
};

static inline uint8_t pair_byte(uint64_t offset)
{
    return (uint8_t)((offset * 7 + offset / 251) & 0xff);
}

static inline void pair_close(struct pair_end *e, bool abort)
{
    if (e->tcp != NULL) {
        e->port->net->tcp_close(e->tcp, abort);
        e->tcp = NULL;
    }
}

static inline void pair_push(struct pair_end *e)
{
    uint8_t chunk[5000];
    size_t taken = 1;

    while (e->tcp != NULL && taken > 0 && e->sent < e->to_send) {
        size_t len =
            e->to_send - e->sent < sizeof(chunk) ? (size_t)(e->to_send - e->sent) : sizeof(chunk);

        for (size_t i = 0; i < len; i++) {
            chunk[i] = pair_byte(e->sent + i);
        }
        struct span pieces[2] = {span_of(chunk, len / 3), span_of(chunk + len / 3, len - len / 3)};
        int rc = e->port->net->tcp_send(e->tcp, pieces, 2, &taken);

        assert_true(rc == 0 || (rc == WAVU_ERR_RESET && taken == 0));
        e->sent += taken;
        if (taken < len) {
            break;
        }
    }
    if (e->ends_when_sent && e->sent == e->to_send) {
        pair_close(e, false);
    }
}

static inline void pair_on_opened(void *context, int err)
{
    struct pair_end *e = context;

    assert_int_equal(e->opened, PAIR_NOT_YET);
    e->opened = err;
    e->opened_ns = sim_now(e->sim);
    if (err == 0) {
        pair_push(e);
    } else {
        pair_close(e, false);
    }
}

static inline void pair_on_bytes(void *context, struct span_mut in)
{
    struct pair_end *e = context;

    assert_non_null(e->tcp);
    assert_int_equal(e->closed, PAIR_NOT_YET);
    for (size_t i = 0; i < in.len; i++) {
        assert_int_equal(in.ptr[i], pair_byte(e->received + i));
        in.ptr[i] ^= 0xff; /* it is ours to change */
    }
    memset(in.ptr - PORT_NET_HEADROOM, 0xaa, PORT_NET_HEADROOM);
    e->first_ns = e->received == 0 ? sim_now(e->sim) : e->first_ns;
    e->last_ns = sim_now(e->sim);
    e->received += in.len;
    e->reads++;
    if (e->echoes) {
        e->to_send = e->received;
        pair_push(e);
    }
}

static inline void pair_on_writable(void *context)
{
    struct pair_end *e = context;

    assert_true(e->tcp != NULL && e->closed == PAIR_NOT_YET);
    e->writables++;
    pair_push(e);
}

static inline void pair_on_closed(void *context, int err)
{
    struct pair_end *e = context;

    assert_true(e->tcp != NULL && e->closed == PAIR_NOT_YET);
    e->closed = err;
    e->closed_ns = sim_now(e->sim);
    if (!e->keeps_open) {
        pair_close(e, false);
    }
}

static const struct port_tcp_user pair_user = {.opened = pair_on_opened,
                                               .bytes = pair_on_bytes,
                                               .writable = pair_on_writable,
                                               .closed = pair_on_closed};

static inline void pair_on_accepted(void *context, struct port_tcp *tcp)
{
    struct pair_end *l = context;
    struct pair_end *e = l->accepts_into;
    struct multiaddr_ip local;
    struct multiaddr_ip remote;

    l->port->net->tcp_addresses(tcp, &local, &remote);
    if (e == NULL || (l->accepts_port != 0 && l->accepts_port != remote.port)) {
        l->port->net->tcp_close(tcp, true); /* nobody waits for this one (any more) */
        return;
    }
    l->accepts_into = NULL;
    e->port = l->port;
    e->tcp = tcp;
    e->accepted_ns = sim_now(e->sim);
    l->port->net->tcp_attach(tcp, &pair_user, e);
    pair_push(e);
}

static inline void pair_on_failed(void *context, int err)
{
    (void)context;
    fail_msg("accepting failed: %d", err);
}

static const struct port_listener_user pair_listener_user = {.accepted = pair_on_accepted,
                                                             .failed = pair_on_failed};

/* The usual world: alice dials bob, who listens on 10.0.0.2 port 4001. */
struct pair {
    struct sim *sim;
    struct sim_host *alice_host;
    struct sim_host *bob_host;
    struct pair_end alice;
    struct pair_end bob;
    struct pair_end door; /* bob's listener */
};

static inline void pair_reset_end(struct pair_end *e, struct sim *sim, struct port *port)
{
    *e =
        (struct pair_end){.sim = sim, .port = port, .opened = PAIR_NOT_YET, .closed = PAIR_NOT_YET};
}

static inline struct multiaddr_ip pair_bob_ip(void)
{
    return (struct multiaddr_ip){.ip = {10, 0, 0, 2}, .ip_len = 4, .port = 4001};
}

static inline int pair_listen(struct pair *p)
{
    struct multiaddr_ip at = pair_bob_ip();

    return p->door.port->net->tcp_listen(p->door.port, &at, &pair_listener_user, &p->door,
                                         &p->door.listener);
}

static inline int pair_dial(struct pair *p)
{
    struct multiaddr_ip to = pair_bob_ip();

    return p->alice.port->net->tcp_dial(p->alice.port, &to, &pair_user, &p->alice, &p->alice.tcp);
}

static inline void pair_start(struct pair *p, uint64_t seed)
{
    *p = (struct pair){.sim = sim_new(seed)};
    p->alice_host = sim_host_new(p->sim, "10.0.0.1");
    p->bob_host = sim_host_new(p->sim, "10.0.0.2");
    pair_reset_end(&p->alice, p->sim, sim_host_port(p->alice_host));
    pair_reset_end(&p->bob, p->sim, sim_host_port(p->bob_host));
    pair_reset_end(&p->door, p->sim, sim_host_port(p->bob_host));
    p->door.accepts_into = &p->bob;
}

static inline struct sim_cable_settings pair_wire(uint64_t latency_ns)
{
    return (struct sim_cable_settings){
        .latency_ns = latency_ns, .loss_whole = 1, .mtu = SIM_CABLE_MTU};
}

static inline void pair_connect(struct pair *p)
{
    assert_int_equal(pair_listen(p), 0);
    assert_int_equal(pair_dial(p), 0);
    sim_run_for(p->sim, 10 * TIMERS_SECOND);
    assert_int_equal(p->alice.opened, 0);
    assert_non_null(p->bob.tcp);
}

static inline void pair_close_door(struct pair *p)
{
    if (p->door.listener != NULL) {
        p->door.port->net->listener_close(p->door.listener);
        p->door.listener = NULL;
    }
}

static inline void pair_stop(struct pair *p)
{
    pair_close(&p->alice, true);
    pair_close(&p->bob, true);
    pair_close_door(p);
    assert_int_equal(sim_host_open_sockets(p->alice_host), 0);
    assert_int_equal(sim_host_open_sockets(p->bob_host), 0);
    sim_free(p->sim);
}

#endif
