/*
 * Ends of TCP connections. The node's calls come from above and become writes, ends and resets of
 * the pipes; what the pipes bring is queued as an input and told in the turn's "in" phase.
 *
 * Handshakes are in sim_shake.c.
 */
#include "sim/sim_tcp.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_life.h"
#include "sim/sim_listener.h"
#include "sim/sim_note.h"
#include "sim/sim_shake.h"

#define SHORT_READ_MAX 16 /* bytes of a very short read: less than any header */
#define STALE_BYTE 0xdd   /* what borrowed bytes become when the loan is over */

static bool is_owned(const struct port_tcp *t)
{
    return list_is_linked(&t->handle.link);
}

void sim_tcp_free_if_over(struct sim_conn *conn)
{
    for (size_t i = 0; i < 2; i++) {
        const struct port_tcp *t = &conn->ends[i];

        if (is_owned(t) || (t->state != SIM_TCP_NONE && t->state != SIM_TCP_CLOSED)) {
            return;
        }
    }
    sim_listener_leave(conn);
    sim_cancel(conn->sim, &conn->shake);
    sim_pipe_clear(&conn->pipes[0]);
    sim_pipe_clear(&conn->pipes[1]);
    list_remove(&conn->link);
    mem_free(conn);
}

static void input(struct port_tcp *t)
{
    if (is_owned(t)) {
        sim_life_input(t->handle.life, &t->handle.input);
    }
}

/* ---- What the pipes say ---- */

static struct sim_conn *conn_of(struct sim_pipe *p)
{
    return p->context;
}

static struct port_tcp *receiver_of(struct sim_pipe *p)
{
    struct sim_conn *conn = conn_of(p);

    return &conn->ends[p == &conn->pipes[0] ? 1 : 0];
}

static struct port_tcp *sender_of(struct sim_pipe *p)
{
    return receiver_of(p)->peer;
}

static void on_arrived(struct sim_pipe *p)
{
    struct port_tcp *t = receiver_of(p);

    if (t->state == SIM_TCP_OPENING) {
        sim_shake_complete(conn_of(p)); /* data stands for the acknowledgement, too */
    } else if (t->state == SIM_TCP_CLOSED || t->err != 0) {
        bool is_end = p->has_end && p->arrived > p->written;

        sim_pipe_read(p, NULL, (size_t)sim_pipe_readable(p));
        if (sim_pipe_is_done(t->out) && !is_end) {
            sim_pipe_reset(t->out); /* nobody is here for this */
        }
    } else {
        input(t);
    }
}

/* The connection is over for `t`: tell its owner. */
static void break_off(struct port_tcp *t, int err)
{
    sim_pipe_kill(t->out);
    if (t->err == 0) {
        t->err = err;
        input(t);
    }
}

static void on_reset(struct sim_pipe *p)
{
    struct port_tcp *t = receiver_of(p);

    if (t->state == SIM_TCP_OPENING) {
        struct sim_conn *conn = conn_of(p);

        sim_listener_leave(conn);
        sim_cancel(conn->sim, &conn->shake);
        t->state = SIM_TCP_CLOSED;
        sim_pipe_kill(t->out);
        sim_tcp_free_if_over(conn);
    } else {
        break_off(t, WAVU_ERR_RESET);
    }
}

static void on_room(struct sim_pipe *p)
{
    struct port_tcp *t = sender_of(p);

    t->writable_is_due = true;
    input(t);
}

static void on_lost(struct sim_pipe *p)
{
    break_off(sender_of(p), WAVU_ERR_TIMEOUT);
}

static const struct sim_pipe_user pipe_user = {
    .arrived = on_arrived, .reset = on_reset, .room = on_room, .lost = on_lost};

/* ---- In: telling the owner ---- */

/* One read, now and then cut short. Returns false when the callback closed the socket. */
static bool deliver_bytes(struct port_tcp *t)
{
    struct sim_life *life = t->handle.life;
    struct sim *sim = life->host->sim;
    uint64_t readable = sim_pipe_readable(t->in);
    size_t len = readable < PORT_NET_READ_MAX ? (size_t)readable : PORT_NET_READ_MAX;
    struct sim_input *visiting = &t->handle.input;
    uint8_t *room = sim->read_room + PORT_NET_HEADROOM;

    if (len > 1 && sim_draw_chance(&t->draw, sim->settings.split_part, sim->settings.split_whole)) {
        bool is_short = sim_draw_chance(&t->draw, 1, 4) && len > SHORT_READ_MAX;

        len = 1 + (size_t)sim_draw_below(&t->draw, is_short ? SHORT_READ_MAX : len);
    }
    sim_pipe_read(t->in, room, len);
    sim_note_bytes(life->host, SIM_KIND_BYTES, t->conn->number, span_of(room, len));
    t->user->bytes(t->context, span_mut_of(room, len));
    memset(room, STALE_BYTE, len);
    return life->visiting == visiting;
}

/* All that came for one socket, in the order of a kernel's loop: opened, bytes, writable, closed.
 */
static void deliver(struct sim_input *in)
{
    struct port_tcp *t = LIST_OF(in, struct port_tcp, handle.input);
    struct sim_life *life = t->handle.life;

    if (t->opened_is_due) {
        t->opened_is_due = false;
        t->is_told = t->err != 0;
        sim_note_event(life->host, SIM_KIND_OPENED, t->conn->number);
        t->user->opened(t->context, t->err);
        if (life->visiting != in) {
            return;
        }
    }
    if (t->is_told || t->user == NULL) {
        return;
    }
    if (!t->is_paused && sim_pipe_readable(t->in) > 0 && !deliver_bytes(t)) {
        return;
    }
    if (t->writable_is_due && t->err == 0) {
        t->writable_is_due = false;
        sim_note_event(life->host, SIM_KIND_WRITABLE, t->conn->number);
        t->user->writable(t->context);
        if (life->visiting != in) {
            return;
        }
    }
    if (!t->is_paused && sim_pipe_readable(t->in) > 0) {
        sim_life_input(life, in);
    } else if (t->err != 0 || (!t->is_paused && sim_pipe_at_end(t->in))) {
        t->is_told = true;
        sim_note_event(life->host, SIM_KIND_CLOSED, t->conn->number);
        t->user->closed(t->context, t->err != 0 ? t->err : WAVU_ERR_CLOSED);
    }
}

/* ---- Calls of the owner ---- */

void sim_tcp_attach(struct port_tcp *t, const struct port_tcp_user *user, void *context)
{
    CHECK(t->user == NULL);
    t->user = user;
    t->context = context;
    input(t);
}

int sim_tcp_send(struct port_tcp *t, const struct span *pieces, size_t count, size_t *taken)
{
    *taken = 0;
    if (t->err != 0) {
        return WAVU_ERR_RESET;
    }
    CHECK(t->state == SIM_TCP_OPEN);
    *taken = sim_pipe_write(t->out, pieces, count);
    return 0;
}

void sim_tcp_pause(struct port_tcp *t, bool pause)
{
    t->is_paused = pause;
    if (!pause && t->state == SIM_TCP_OPEN) {
        input(t);
    }
}

void sim_tcp_addresses(const struct port_tcp *t, struct multiaddr_ip *local,
                       struct multiaddr_ip *remote)
{
    *local = t->local;
    *remote = t->peer->local;
}

void sim_tcp_close(struct port_tcp *t, bool abort)
{
    struct sim_conn *conn = t->conn;

    CHECK(is_owned(t));
    sim_life_forget(t->handle.life, &t->handle.input);
    list_remove(&t->handle.link);
    if (t->state == SIM_TCP_OPENING) {
        sim_shake_abandon(conn);
    } else if (t->state == SIM_TCP_OPEN && t->err == 0) {
        sim_pipe_read(t->in, NULL, (size_t)sim_pipe_readable(t->in));
        if (abort) {
            sim_pipe_reset(t->out);
        } else {
            sim_pipe_end(t->out);
        }
    }
    t->state = SIM_TCP_CLOSED;
    sim_tcp_free_if_over(conn);
}

/* The process crashed. Its kernel resets what was open; a silent host has none. */
static void kill(struct sim_handle *handle)
{
    struct port_tcp *t = LIST_OF(handle, struct port_tcp, handle);

    if (t->state == SIM_TCP_OPENING) {
        sim_shake_abandon(t->conn);
    } else if (t->state == SIM_TCP_OPEN && handle->life->host->is_silent) {
        sim_pipe_kill(t->out);
    } else if (t->state == SIM_TCP_OPEN && t->err == 0) {
        sim_pipe_reset(t->out);
    }
    t->state = SIM_TCP_CLOSED;
    t->err = WAVU_ERR_RESET;
}

/* ---- From birth to end ---- */

void sim_tcp_own(struct port_tcp *t, struct sim_life *life)
{
    t->handle.life = life;
    list_push_back(&life->handles, &t->handle.link);
}

static void init_end(struct sim_conn *conn, size_t i, uint64_t seed)
{
    struct port_tcp *t = &conn->ends[i];

    t->conn = conn;
    t->peer = &conn->ends[1 - i];
    t->out = &conn->pipes[i];
    t->in = &conn->pipes[1 - i];
    t->handle.input.deliver = deliver;
    t->handle.kill = kill;
    t->draw = sim_draw_of(seed, SIM_NETWORK, conn->number * 4 + i);
}

struct sim_conn *sim_tcp_new(struct sim_host *from, struct sim_host *to)
{
    struct sim *sim = from->sim;
    struct sim_conn *conn = mem_new(sizeof(*conn));
    struct sim_wire *wires[2];

    wires[0] = sim_wire_between(from, to);
    wires[1] = wires[0]->back;
    conn->sim = sim;
    conn->number = (uint64_t)(from->number + 1) << 32 | (uint32_t)from->dials;
    from->dials++;
    for (size_t i = 0; i < 2; i++) {
        init_end(conn, i, sim->seed);
        sim_pipe_init(&conn->pipes[i], &pipe_user, wires[i],
                      sim_draw_of(sim->seed, SIM_NETWORK, conn->number * 4 + 2 + i));
        conn->pipes[i].context = conn;
    }
    list_push_back(&sim->conns, &conn->link);
    return conn;
}

void sim_tcp_free_all(struct sim *sim)
{
    struct list *link;

    while ((link = list_next(&sim->conns, &sim->conns)) != NULL) {
        struct sim_conn *conn = LIST_OF(link, struct sim_conn, link);

        conn->ends[0].state = SIM_TCP_CLOSED;
        conn->ends[1].state = SIM_TCP_CLOSED;
        sim_tcp_free_if_over(conn);
    }
}
