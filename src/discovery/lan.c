/*
 * Sending to, and hearing, everybody on the local networks.
 */
#include "discovery/lan.h"

#include <string.h>

#include "base/span.h"

/* Index into the pairs of sockets. */
static size_t lan_family(const struct multiaddr_ip *ip)
{
    return ip->ip_len == 4 ? 0 : 1;
}

static void lan_on_received(void *context, const struct port_datagram *d)
{
    struct lan *l = context;
    if (lan_is_near(l, &d->from)) {
        l->config.received(l->config.context, d);
    }
}

static const struct port_udp_user lan_user = {.received = lan_on_received};

/* ---- Ways ---- */

static bool lan_has(const struct lan *l, const struct port_interface *i)
{
    for (size_t at = 0; at < l->way_count; at++) {
        const struct port_interface *known = &l->ways[at].interface;
        if (known->index == i->index && span_is_equal(span_of(known->ip.ip, known->ip.ip_len),
                                                      span_of(i->ip.ip, i->ip.ip_len))) {
            return true;
        }
    }
    return false;
}

static const struct multiaddr_ip *lan_group(const struct lan *l, uint8_t ip_len)
{
    return ip_len == 4 ? &l->config.group4 : &l->config.group6;
}

/* Groups go over loopback, by IPv4, only where there is nothing else: then nodes of this machine
 * meet. */
static bool lan_uses_groups(const struct lan *l, const struct lan_way *way)
{
    const struct port_interface *i = &way->interface;
    if (lan_group(l, i->ip.ip_len)->ip_len == 0) {
        return false;
    }
    if (!i->is_loopback) {
        return i->has_groups;
    }
    for (size_t at = 0; at < l->way_count; at++) {
        if (l->ways[at].interface.has_groups && !l->ways[at].interface.is_loopback) {
            return false;
        }
    }
    return i->ip.ip_len == 4;
}

static void lan_join(struct lan *l, struct lan_way *way)
{
    const struct port_interface *i = &way->interface;
    struct port_udp *udp = l->hearing[lan_family(&i->ip)];
    if (udp != NULL && lan_uses_groups(l, way)) {
        way->is_joined =
            l->config.port->net->udp_join(udp, lan_group(l, i->ip.ip_len), i->index) == 0;
    }
}

bool lan_refresh(struct lan *l)
{
    struct port_interface now[LAN_WAYS_MAX];
    struct lan fresh = {.way_count = 0};
    bool has_come = false;
    struct port *port = l->config.port;
    fresh.way_count = port->net->udp_interfaces(port, now, LAN_WAYS_MAX);
    for (size_t i = 0; i < fresh.way_count; i++) {
        fresh.ways[i].interface = now[i];
        has_come = has_come || !lan_has(l, &now[i]);
    }
    l->way_count = fresh.way_count;
    memcpy(l->ways, fresh.ways, sizeof l->ways);
    for (size_t i = 0; i < l->way_count; i++) {
        lan_join(l, &l->ways[i]);
    }
    return has_come;
}

/* ---- Sending ---- */

/* A link that has several addresses of one family is one way for a group. */
static bool lan_is_repeated(const struct lan *l, size_t at)
{
    const struct port_interface *i = &l->ways[at].interface;
    for (size_t before = 0; before < at; before++) {
        const struct port_interface *other = &l->ways[before].interface;
        if (other->index == i->index && other->ip.ip_len == i->ip.ip_len) {
            return true;
        }
    }
    return false;
}

/* Where a datagram to everybody goes on this way; ip_len 0: nowhere. */
static struct multiaddr_ip lan_everybody(const struct lan *l, size_t at)
{
    static const struct multiaddr_ip machine = {.ip = {127, 255, 255, 255}, .ip_len = 4};
    const struct lan_way *way = &l->ways[at];
    const struct port_interface *i = &way->interface;
    struct multiaddr_ip to = {.ip_len = 0};
    if (lan_uses_groups(l, way)) {
        if (!lan_is_repeated(l, at)) {
            to = *lan_group(l, i->ip.ip_len);
            to.zone = i->index;
        }
    } else if (i->ip.ip_len == 4 && l->config.group4.ip_len == 0) {
        to = i->is_loopback ? machine : i->broadcast;
    }
    to.port = l->config.udp_port;
    return to;
}

size_t lan_send_all(struct lan *l, struct span bytes)
{
    size_t sent = 0;
    for (size_t at = 0; at < l->way_count; at++) {
        struct multiaddr_ip to = lan_everybody(l, at);
        if (to.ip_len > 0 && lan_send_to(l, &to, bytes) == 0) {
            sent++;
        }
    }
    return sent;
}

int lan_send_to(struct lan *l, const struct multiaddr_ip *to, struct span bytes)
{
    struct port_udp *udp = l->sending[lan_family(to)];
    return udp == NULL ? WAVU_ERR_UNREACHABLE : l->config.port->net->udp_send(udp, to, bytes);
}

/* ---- Who is near ---- */

static bool lan_shares(const struct multiaddr_ip *a, const struct multiaddr_ip *b, uint8_t prefix)
{
    size_t whole = prefix / 8;
    uint8_t mask = (uint8_t)(0xff00 >> prefix % 8);
    return a->ip_len == b->ip_len && span_is_equal(span_of(a->ip, whole), span_of(b->ip, whole)) &&
           (prefix % 8 == 0 || ((a->ip[whole] ^ b->ip[whole]) & mask) == 0);
}

static bool lan_is_link_local(const struct multiaddr_ip *ip)
{
    return ip->ip_len == 4 ? ip->ip[0] == 169 && ip->ip[1] == 254
                           : ip->ip[0] == 0xfe && (ip->ip[1] & 0xc0) == 0x80;
}

bool lan_is_near(const struct lan *l, const struct multiaddr_ip *ip)
{
    if (multiaddr_ip_is_loopback(ip) || lan_is_link_local(ip)) {
        return true;
    }
    for (size_t i = 0; i < l->way_count; i++) {
        const struct port_interface *own = &l->ways[i].interface;
        if (lan_shares(&own->ip, ip, own->prefix)) {
            return true;
        }
    }
    return false;
}

/* ---- Opening and closing ---- */

/* One family's sockets. */
static int lan_open(struct lan *l, uint8_t ip_len)
{
    size_t family = ip_len == 4 ? 0 : 1;
    const struct port_net *net = l->config.port->net;
    struct multiaddr_ip any = {.ip_len = ip_len, .port = l->config.udp_port};
    struct multiaddr_ip own = {.ip_len = ip_len};
    int rc = net->udp_open(l->config.port, &any, true, &lan_user, l, &l->hearing[family]);
    if (rc < 0) {
        return rc;
    }
    net->udp_address(l->hearing[family], &any);
    l->config.udp_port = any.port; /* the other family takes the same */
    l->sending[family] = l->hearing[family];
    if (l->config.has_own_port) {
        rc = net->udp_open(l->config.port, &own, false, &lan_user, l, &l->sending[family]);
    }
    if (rc < 0) {
        net->udp_close(l->hearing[family]);
        l->hearing[family] = NULL;
        l->sending[family] = NULL;
    }
    return rc;
}

int lan_init(struct lan *l, const struct lan_config *config)
{
    *l = (struct lan){.config = *config};
    int rc = lan_open(l, 4);
    int rc6 = config->group6.ip_len == 0 ? rc : lan_open(l, 16);
    if (rc < 0 && rc6 < 0) {
        return rc;
    }
    (void)lan_refresh(l);
    return 0;
}

void lan_clear(struct lan *l)
{
    const struct port_net *net = l->config.port->net;
    for (size_t i = 0; i < 2; i++) {
        if (l->sending[i] != NULL && l->sending[i] != l->hearing[i]) {
            net->udp_close(l->sending[i]);
        }
        if (l->hearing[i] != NULL) {
            net->udp_close(l->hearing[i]);
        }
        l->sending[i] = NULL;
        l->hearing[i] = NULL;
    }
}
