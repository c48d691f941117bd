/*
 * Listeners. Handshakes come in from sim_shake.c; accepted connections go up in the turn's "in"
 * phase.
 */
#include "sim/sim_listener.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_life.h"
#include "sim/sim_note.h"
#include "sim/sim_shake.h"

#define PORT_FIRST 32768 /* Linux' range for sockets that name no port */
#define PORT_LAST 60999

static bool is_same_ip(const struct multiaddr_ip *a, const struct multiaddr_ip *b)
{
    return a->ip_len == b->ip_len && memcmp(a->ip, b->ip, a->ip_len) == 0;
}

/* True when both cannot listen at once. */
static bool collides(const struct multiaddr_ip *a, const struct multiaddr_ip *b)
{
    return a->port == b->port && a->ip_len == b->ip_len &&
           (is_same_ip(a, b) || multiaddr_ip_is_unspecified(a) || multiaddr_ip_is_unspecified(b));
}

struct port_listener *sim_listener_find(struct sim_host *host, const struct multiaddr_ip *to)
{
    struct port_listener *any = NULL;
    struct list *link;

    for (link = list_next(&host->listeners, &host->listeners); link != NULL;
         link = list_next(&host->listeners, link)) {
        struct port_listener *l = LIST_OF(link, struct port_listener, host_link);

        if (collides(&l->at, to)) {
            if (is_same_ip(&l->at, to)) {
                return l;
            }
            any = l;
        }
    }
    return any;
}

/* May a process of `host` listen at this address? */
static bool is_ours(struct sim_host *host, const struct multiaddr_ip *at)
{
    const struct sim_address *address = map_get(&host->sim->addresses, span_of(at->ip, at->ip_len));

    return multiaddr_ip_is_unspecified(at) || multiaddr_ip_is_loopback(at) ||
           (address != NULL && address->host == host);
}

uint16_t sim_listener_pick_port(struct sim_host *host)
{
    uint16_t port = host->port_next;

    host->port_next = port == PORT_LAST ? PORT_FIRST : (uint16_t)(port + 1);
    return port;
}

static void deliver(struct sim_input *input)
{
    struct port_listener *l = LIST_OF(input, struct port_listener, handle.input);
    struct sim_life *life = l->handle.life;
    struct list *link;

    while (life->visiting == input && (link = list_next(&l->ready, &l->ready)) != NULL) {
        struct sim_conn *conn = LIST_OF(link, struct sim_conn, backlog_link);

        sim_listener_leave(conn);
        sim_note_event(life->host, SIM_KIND_ACCEPTED, conn->number);
        l->user->accepted(l->context, sim_shake_accept(conn, life));
    }
}

/* Nobody will accept these any more. */
static void refuse_all(struct list *backlog)
{
    struct list *link;

    while ((link = list_next(backlog, backlog)) != NULL) {
        struct sim_conn *conn = LIST_OF(link, struct sim_conn, backlog_link);

        sim_listener_leave(conn);
        sim_shake_refuse(conn);
    }
}

static void kill(struct sim_handle *handle)
{
    struct port_listener *l = LIST_OF(handle, struct port_listener, handle);

    list_remove(&l->host_link);
    refuse_all(&l->half_open);
    refuse_all(&l->ready);
}

int sim_listener_open(struct port *port, const struct multiaddr_ip *at,
                      const struct port_listener_user *user, void *context,
                      struct port_listener **out)
{
    struct sim_life *life = sim_life_of(port);
    struct sim_host *host = life->host;
    struct multiaddr_ip bound = *at;

    if (life->is_dead) {
        return WAVU_ERR_IO;
    }
    if (!is_ours(host, at)) {
        return WAVU_ERR_INVALID;
    }
    for (unsigned i = 0; at->port == 0 && i <= PORT_LAST - PORT_FIRST; i++) {
        bound.port = sim_listener_pick_port(host);
        if (sim_listener_find(host, &bound) == NULL) {
            break;
        }
    }
    struct list *link;

    for (link = list_next(&host->listeners, &host->listeners); link != NULL;
         link = list_next(&host->listeners, link)) {
        if (collides(&LIST_OF(link, struct port_listener, host_link)->at, &bound)) {
            return WAVU_ERR_IN_USE;
        }
    }
    struct port_listener *l = mem_new(sizeof(*l));

    l->handle.life = life;
    l->handle.input.deliver = deliver;
    l->handle.kill = kill;
    l->at = bound;
    l->user = user;
    l->context = context;
    list_init(&l->half_open);
    list_init(&l->ready);
    list_push_back(&life->handles, &l->handle.link);
    list_push_back(&host->listeners, &l->host_link);
    *out = l;
    return 0;
}

void sim_listener_address(const struct port_listener *l, struct multiaddr_ip *bound)
{
    *bound = l->at;
}

void sim_listener_close(struct port_listener *l)
{
    kill(&l->handle);
    sim_life_forget(l->handle.life, &l->handle.input);
    list_remove(&l->handle.link);
    mem_free(l);
}

int sim_listener_enter(struct port_listener *l, struct sim_conn *conn)
{
    if (l->waiting == PORT_NET_BACKLOG) {
        return WAVU_ERR_LIMIT;
    }
    l->waiting++;
    conn->listener = l;
    list_push_back(&l->half_open, &conn->backlog_link);
    return 0;
}

void sim_listener_ready(struct sim_conn *conn)
{
    struct port_listener *l = conn->listener;

    list_remove(&conn->backlog_link);
    list_push_back(&l->ready, &conn->backlog_link);
    sim_life_input(l->handle.life, &l->handle.input);
}

void sim_listener_leave(struct sim_conn *conn)
{
    if (conn->listener != NULL) {
        CHECK(conn->listener->waiting > 0);
        conn->listener->waiting--;
        conn->listener = NULL;
        list_remove(&conn->backlog_link);
    }
}
