/*
 * Handshakes: one packet at a time is under way, in `awaits`; a lost one is sent again after 1, 2,
 * 4
 * ... seconds, until dial_ns have passed since the dial.
 *
 *     dial --> SYN --> SYN_ACK --> ACK --> SHAKEN      who dialled is open from SYN_ACK's arrival
 * on |  ^ v  | lost REFUSAL --> told
 */
#include "sim/sim_shake.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_life.h"
#include "sim/sim_listener.h"

static struct sim_wire *wire_of(struct sim_conn *conn)
{
    bool is_there = conn->awaits == SIM_TCP_SYN || conn->awaits == SIM_TCP_ACK;

    return conn->pipes[is_there ? 0 : 1].wire;
}

/* The packet is lost: send it again when the wait is over. A lost refusal is asked for again. */
static void lose(struct sim_conn *conn)
{
    uint64_t at_ns = conn->sim->now_ns + conn->wait_ns;

    if (conn->awaits == SIM_TCP_REFUSAL) {
        conn->awaits = SIM_TCP_SYN;
    }
    conn->wait_ns *= 2;
    conn->is_sent_again = true;
    sim_at(conn->sim, &conn->shake, at_ns < conn->end_ns ? at_ns : conn->end_ns);
}

static void send(struct sim_conn *conn, enum sim_tcp_shake what)
{
    struct sim_draw *draw = &conn->ends[0].draw;
    struct sim_wire *wire;

    conn->awaits = what;
    wire = wire_of(conn);
    if (sim_wire_loses(wire, draw)) {
        lose(conn);
        return;
    }
    conn->is_sent_again = false;
    sim_at(conn->sim, &conn->shake, conn->sim->now_ns + sim_wire_delay(wire, draw));
}

/* Tell who dialled that there will be no connection. */
static void fail(struct sim_conn *conn, int err)
{
    struct port_tcp *t = &conn->ends[0];

    conn->awaits = SIM_TCP_SHAKEN;
    t->err = err;
    t->opened_is_due = true;
    sim_life_input(t->handle.life, &t->handle.input);
}

static void on_syn(struct sim_conn *conn)
{
    struct sim_host *host = conn->pipes[0].wire->to;
    struct port_listener *l = sim_listener_find(host, &conn->ends[1].local);

    if (host->is_hidden && conn->pipes[0].wire->from != host) {
        lose(conn);
    } else if (l == NULL) {
        send(conn, SIM_TCP_REFUSAL);
    } else if (sim_listener_enter(l, conn) < 0) {
        lose(conn); /* a full backlog is silent */
    } else {
        conn->ends[1].state = SIM_TCP_OPENING;
        send(conn, SIM_TCP_SYN_ACK);
    }
}

static void on_syn_ack(struct sim_conn *conn)
{
    struct port_tcp *t = &conn->ends[0];

    t->state = SIM_TCP_OPEN;
    t->opened_is_due = true;
    send(conn, SIM_TCP_ACK);
    sim_pipe_open(t->out, conn->sim->now_ns);
    sim_life_input(t->handle.life, &t->handle.input);
}

void sim_shake_complete(struct sim_conn *conn)
{
    if (conn->awaits == SIM_TCP_ACK) {
        conn->awaits = SIM_TCP_SHAKEN;
        sim_cancel(conn->sim, &conn->shake);
        sim_pipe_open(&conn->pipes[1], conn->sim->now_ns);
        sim_listener_ready(conn);
    }
}

/* Nobody answered in time. Who dialled may be open already: it finds out when it sends. */
static void give_up(struct sim_conn *conn)
{
    struct port_tcp *acceptor = &conn->ends[1];
    bool is_open = conn->awaits == SIM_TCP_ACK;

    sim_listener_leave(conn);
    if (acceptor->state == SIM_TCP_OPENING) {
        acceptor->state = SIM_TCP_CLOSED;
        sim_pipe_kill(acceptor->out);
    }
    if (is_open) {
        sim_tcp_free_if_over(conn);
    } else {
        fail(conn, WAVU_ERR_TIMEOUT);
    }
}

static void on_shake(struct sim_event *event)
{
    struct sim_conn *conn = LIST_OF(event, struct sim_conn, shake);

    if (conn->is_sent_again && conn->sim->now_ns >= conn->end_ns) {
        give_up(conn);
        return;
    }
    if (conn->is_sent_again) {
        send(conn, conn->awaits);
        return;
    }
    if (!wire_of(conn)->was_open) {
        lose(conn);
        return;
    }
    switch (conn->awaits) {
    case SIM_TCP_SYN:
        on_syn(conn);
        break;
    case SIM_TCP_SYN_ACK:
        on_syn_ack(conn);
        break;
    case SIM_TCP_ACK:
        sim_shake_complete(conn);
        break;
    case SIM_TCP_REFUSAL:
        fail(conn, conn->refusal);
        break;
    case SIM_TCP_SHAKEN:
        break;
    }
}

struct port_tcp *sim_shake_accept(struct sim_conn *conn, struct sim_life *life)
{
    conn->ends[1].state = SIM_TCP_OPEN;
    sim_tcp_own(&conn->ends[1], life);
    return &conn->ends[1];
}

void sim_shake_refuse(struct sim_conn *conn)
{
    bool is_open = conn->awaits == SIM_TCP_ACK || conn->awaits == SIM_TCP_SHAKEN;

    conn->ends[1].state = SIM_TCP_CLOSED;
    if (is_open) {
        conn->awaits = SIM_TCP_SHAKEN;
        sim_cancel(conn->sim, &conn->shake);
        sim_pipe_reset(&conn->pipes[1]);
        sim_tcp_free_if_over(conn);
    } else {
        conn->refusal = WAVU_ERR_REFUSED;
        send(conn, SIM_TCP_REFUSAL);
    }
}

void sim_shake_abandon(struct sim_conn *conn)
{
    sim_cancel(conn->sim, &conn->shake);
    sim_listener_leave(conn);
    if (conn->ends[1].state == SIM_TCP_OPENING) {
        conn->ends[1].state = SIM_TCP_CLOSED;
    }
}

/* ---- Dialling ---- */

/* The host that has the address; loopback and "any" are the caller itself. NULL: nobody. */
static struct sim_host *host_at(struct sim_host *from, const struct multiaddr_ip *to)
{
    if (multiaddr_ip_is_loopback(to) || multiaddr_ip_is_unspecified(to)) {
        return from;
    }
    const struct sim_address *address = map_get(&from->sim->addresses, span_of(to->ip, to->ip_len));

    return address == NULL ? NULL : address->host;
}

/* The address of `from` that a connection to `to` comes from. False: none of that family. */
static bool source_of(struct sim_host *from, const struct multiaddr_ip *to, bool is_within,
                      struct multiaddr_ip *source)
{
    struct list *link;

    *source = *to;
    for (link = list_next(&from->addresses, &from->addresses); link != NULL && !is_within;
         link = list_next(&from->addresses, link)) {
        const struct multiaddr_ip *ip = &LIST_OF(link, struct sim_address, link)->ip;

        if (ip->ip_len == to->ip_len) {
            *source = *ip;
            is_within = true;
        }
    }
    source->port = sim_listener_pick_port(from);
    return is_within;
}

int sim_shake_dial(struct port *port, const struct multiaddr_ip *to,
                   const struct port_tcp_user *user, void *context, struct port_tcp **out)
{
    struct sim_life *life = sim_life_of(port);
    struct sim_host *from = life->host;
    struct sim_host *host = host_at(from, to);
    struct multiaddr_ip source;

    if (life->is_dead) {
        return WAVU_ERR_IO;
    }
    if (!source_of(from, to, host == from, &source)) {
        return WAVU_ERR_UNREACHABLE;
    }
    struct sim_conn *conn = sim_tcp_new(from, host == NULL ? from : host);
    struct port_tcp *t = &conn->ends[0];

    conn->shake.fire = on_shake;
    conn->wait_ns = SIM_TCP_SYN_WAIT_NS;
    conn->end_ns = from->sim->now_ns + from->sim->settings.dial_ns;
    conn->refusal = host == NULL ? WAVU_ERR_UNREACHABLE : WAVU_ERR_REFUSED;
    conn->ends[1].local = *to;
    t->local = source;
    t->user = user;
    t->context = context;
    t->state = SIM_TCP_OPENING;
    sim_tcp_own(t, life);
    *out = t;
    if (host == NULL) { /* a router on the way says so */
        conn->awaits = SIM_TCP_REFUSAL;
        sim_at(from->sim, &conn->shake,
               from->sim->now_ns + 2 * from->sim->cable_default.latency_ns);
    } else {
        send(conn, SIM_TCP_SYN);
    }
    return 0;
}
