/*
 * TCP as a transport: socket events of the port become link events, link calls become socket calls.
 */
#include "transport/tcp.h"

#include "base/check.h"
#include "base/mem.h"

struct tcp_link {
    struct link link; /* first */
    struct port *port;
    struct port_tcp *socket;
    struct turn_dead dead;
};

struct transport_listener {
    struct tcp *tcp;
    struct port_listener *handle;
    struct transport_listener_user user;
};

_Static_assert(LINK_HEADROOM == PORT_NET_HEADROOM, "a link promises what the socket gives");

static struct tcp_link *tcp_of(struct link *link)
{
    return LIST_OF(link, struct tcp_link, link);
}

/* ---- Events of the socket ---- */

static void tcp_on_opened(void *context, int err)
{
    struct tcp_link *t = context;
    struct link_event event = {.kind = err == 0 ? LINK_OPENED : LINK_CLOSED, .err = err};
    link_up(&t->link, &event);
}

static void tcp_on_bytes(void *context, struct span_mut in)
{
    struct tcp_link *t = context;
    struct link_event event = {.kind = LINK_BYTES, .bytes = in};
    link_up(&t->link, &event);
}

static void tcp_on_writable(void *context)
{
    struct tcp_link *t = context;
    struct link_event event = {.kind = LINK_WRITABLE};
    link_up(&t->link, &event);
}

static void tcp_on_closed(void *context, int err)
{
    struct tcp_link *t = context;
    struct link_event event = {.kind = LINK_CLOSED, .err = err};
    link_up(&t->link, &event);
}

static const struct port_tcp_user tcp_user = {
    .opened = tcp_on_opened,
    .bytes = tcp_on_bytes,
    .writable = tcp_on_writable,
    .closed = tcp_on_closed,
};

/* ---- Link ops ---- */

static int tcp_op_send(struct link *link, const struct span *pieces, size_t count, size_t *taken)
{
    struct tcp_link *t = tcp_of(link);
    return t->port->net->tcp_send(t->socket, pieces, count, taken);
}

static void tcp_op_pause(struct link *link, bool pause)
{
    struct tcp_link *t = tcp_of(link);
    t->port->net->tcp_pause(t->socket, pause);
}

static void tcp_op_addresses(const struct link *link, struct multiaddr *local,
                             struct multiaddr *remote)
{
    const struct tcp_link *t = (const struct tcp_link *)(const void *)link;
    struct multiaddr_ip here;
    struct multiaddr_ip there;
    t->port->net->tcp_addresses(t->socket, &here, &there);
    multiaddr_from_ip(local, &here, MULTIADDR_TCP);
    multiaddr_from_ip(remote, &there, MULTIADDR_TCP);
}

static void tcp_reap(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct tcp_link, dead));
}

static void tcp_op_close(struct link *link, bool abort)
{
    struct tcp_link *t = tcp_of(link);
    t->port->net->tcp_close(t->socket, abort);
    t->socket = NULL;
    turn_bury(&t->port->turn, &t->dead);
}

static const struct link_ops tcp_link_ops = {
    .send = tcp_op_send,
    .pause = tcp_op_pause,
    .addresses = tcp_op_addresses,
    .close = tcp_op_close,
};

static struct tcp_link *tcp_link_new(struct port *port, bool is_dialled)
{
    struct tcp_link *t = mem_new(sizeof *t);
    t->link.ops = &tcp_link_ops;
    t->link.capabilities = LINK_STREAM;
    t->link.is_dialled = is_dialled;
    t->port = port;
    t->dead.reap = tcp_reap;
    return t;
}

/* ---- Transport ops ---- */

static bool tcp_speaks(const struct multiaddr *address)
{
    struct multiaddr_ip ip;
    struct multiaddr whole;
    if (multiaddr_to_ip(address, MULTIADDR_TCP, &ip) < 0) {
        return false;
    }
    multiaddr_from_ip(&whole, &ip, MULTIADDR_TCP);
    return multiaddr_is_equal(address, &whole); /* nothing stands behind the port */
}

static int tcp_dial(struct transport *transport, const struct multiaddr *to, struct link_user user,
                    struct link **out)
{
    struct tcp *tcp = LIST_OF(transport, struct tcp, transport);
    struct multiaddr_ip ip;
    int rc = multiaddr_to_ip(to, MULTIADDR_TCP, &ip);
    if (rc < 0) {
        return rc;
    }
    struct tcp_link *t = tcp_link_new(tcp->port, true);
    t->link.user = user;
    rc = tcp->port->net->tcp_dial(tcp->port, &ip, &tcp_user, t, &t->socket);
    if (rc < 0) {
        mem_free(t);
        return rc;
    }
    *out = &t->link;
    return 0;
}

static void tcp_on_accepted(void *context, struct port_tcp *socket)
{
    struct transport_listener *l = context;
    struct port *port = l->tcp->port;
    struct tcp_link *t = tcp_link_new(port, false);
    t->socket = socket;
    l->user.accepted(l->user.context, &t->link);
    if (t->socket != NULL) {
        port->net->tcp_attach(socket, &tcp_user, t);
    }
}

static void tcp_on_failed(void *context, int err)
{
    (void)context;
    (void)err; /* the port goes on trying; connections wait in the kernel */
}

static const struct port_listener_user tcp_listener_user = {
    .accepted = tcp_on_accepted,
    .failed = tcp_on_failed,
};

static int tcp_listen(struct transport *transport, const struct multiaddr *at,
                      struct transport_listener_user user, struct transport_listener **out)
{
    struct tcp *tcp = LIST_OF(transport, struct tcp, transport);
    struct multiaddr_ip ip;
    int rc = multiaddr_to_ip(at, MULTIADDR_TCP, &ip);
    if (rc < 0) {
        return rc;
    }
    struct transport_listener *l = mem_new(sizeof *l);
    l->tcp = tcp;
    l->user = user;
    rc = tcp->port->net->tcp_listen(tcp->port, &ip, &tcp_listener_user, l, &l->handle);
    if (rc < 0) {
        mem_free(l);
        return rc;
    }
    *out = l;
    return 0;
}

static void tcp_listener_address(const struct transport_listener *l, struct multiaddr *out)
{
    struct multiaddr_ip ip;
    l->tcp->port->net->listener_address(l->handle, &ip);
    multiaddr_from_ip(out, &ip, MULTIADDR_TCP);
}

static void tcp_listener_close(struct transport_listener *l)
{
    l->tcp->port->net->listener_close(l->handle);
    mem_free(l);
}

static const struct transport_ops tcp_ops = {
    .name = "tcp",
    .speaks = tcp_speaks,
    .dial = tcp_dial,
    .listen = tcp_listen,
    .listener_address = tcp_listener_address,
    .listener_close = tcp_listener_close,
};

void tcp_init(struct tcp *t, struct port *port)
{
    t->transport.ops = &tcp_ops;
    t->port = port;
}
