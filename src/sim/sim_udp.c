/*
 * Datagrams. A send becomes one packet for each host that it concerns; each crosses the wire to
 * that host with draws of its own, finds the sockets that are there when it arrives, and waits in
 * them for the turn.
 */
#include "sim/sim_udp.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_life.h"
#include "sim/sim_listener.h"
#include "sim/sim_note.h"
#include "sim/sim_wire.h"

#define PICKS_MAX 30000 /* tries to find a free port */

/* Whom a datagram is for. */
enum reach {
    REACH_ONE, /* the socket at that address */
    REACH_ALL, /* a broadcast address */
    REACH_GROUP
};

/* A datagram under way, or waiting in a socket. */
struct packet {
    struct list link;       /* in sim->packets, or in a socket's queue */
    struct sim_event event; /* its arrival */
    struct sim_wire *wire;
    enum reach reach;
    struct multiaddr_ip to;
    struct multiaddr_ip from;
    uint32_t index; /* of the interface that it comes in by */
    size_t len;
    uint8_t bytes[];
};

struct membership {
    struct multiaddr_ip group;
    uint32_t index;
};

struct port_udp {
    struct sim_handle handle;
    struct list host_link; /* in host->sockets, until closed or crashed */
    struct multiaddr_ip at;
    bool is_shared;
    const struct port_udp_user *user;
    void *context;
    struct list queue; /* of struct packet */
    size_t queued;     /* bytes, headers included */
    struct membership groups[SIM_UDP_GROUPS_MAX];
    size_t group_count;
};

static bool is_same_ip(const struct multiaddr_ip *a, const struct multiaddr_ip *b)
{
    return a->ip_len == b->ip_len && memcmp(a->ip, b->ip, a->ip_len) == 0;
}

static bool is_group(const struct multiaddr_ip *ip)
{
    return ip->ip_len == 4 ? ip->ip[0] >= 224 && ip->ip[0] <= 239 : ip->ip[0] == 0xff;
}

/* The next socket of `host` behind `link` (the head: the first), or NULL. */
static struct port_udp *next_socket(const struct sim_host *host, const struct list *link)
{
    struct list *next = list_next(&host->sockets, link);

    return next == NULL ? NULL : LIST_OF(next, struct port_udp, host_link);
}

/* ---- Arrival ---- */

static bool has_joined(const struct port_udp *u, const struct multiaddr_ip *group, uint32_t index)
{
    for (size_t i = 0; i < u->group_count; i++) {
        if (u->groups[i].index == index && is_same_ip(&u->groups[i].group, group)) {
            return true;
        }
    }
    return false;
}

/* Is `u` one of those that the packet is for? */
static bool hears(const struct port_udp *u, const struct packet *p)
{
    if (u->at.port != p->to.port || u->at.ip_len != p->to.ip_len) {
        return false;
    }
    if (!multiaddr_ip_is_unspecified(&u->at) && !is_same_ip(&u->at, &p->to)) {
        return false;
    }
    return p->reach != REACH_GROUP || has_joined(u, &p->to, p->index);
}

static void queue_copy(struct port_udp *u, const struct packet *p)
{
    struct packet *copy = NULL;

    if (u->queued + p->len + SIM_UDP_OVERHEAD > SIM_UDP_ROOM) {
        u->handle.life->host->traffic.dropped++;
        return;
    }
    copy = mem_new_raw(sizeof(*copy) + p->len);
    memcpy(copy, p, sizeof(*copy) + p->len);
    memset(&copy->link, 0, sizeof(copy->link));
    u->queued += p->len + SIM_UDP_OVERHEAD;
    list_push_back(&u->queue, &copy->link);
    sim_life_input(u->handle.life, &u->handle.input);
}

static void on_arrival(struct sim_event *event)
{
    struct packet *p = LIST_OF(event, struct packet, event);
    struct sim_host *host = p->wire->to;
    struct port_udp *one = NULL;
    struct port_udp *u;

    list_remove(&p->link);
    if (sim_wire_is_open(p->wire)) {
        for (u = next_socket(host, &host->sockets); u != NULL;
             u = next_socket(host, &u->host_link)) {
            if (!hears(u, p)) {
                continue;
            }
            if (p->reach != REACH_ONE) {
                queue_copy(u, p);
            } else if (one == NULL || multiaddr_ip_is_unspecified(&one->at)) {
                one = u; /* an exact address before "any" */
            }
        }
    }
    if (one != NULL) {
        queue_copy(one, p);
    }
    mem_free(p);
}

static void deliver(struct sim_input *input)
{
    struct port_udp *u = LIST_OF(input, struct port_udp, handle.input);
    struct sim_life *life = u->handle.life;
    struct list *link;

    while (life->visiting == input && (link = list_pop_front(&u->queue)) != NULL) {
        struct packet *p = LIST_OF(link, struct packet, link);
        uint8_t *room = life->host->sim->read_room + PORT_NET_HEADROOM;
        struct port_datagram d = {
            .from = p->from, .interface = p->index, .bytes = span_mut_of(room, p->len)};

        u->queued -= p->len + SIM_UDP_OVERHEAD;
        life->host->traffic.heard++;
        life->host->traffic.heard_bytes += p->len;
        memcpy(room, p->bytes, p->len);
        sim_note_bytes(life->host, SIM_KIND_DATAGRAM, p->from.port, span_of(room, p->len));
        mem_free(p);
        u->user->received(u->context, &d);
        memset(room, 0xdb, d.bytes.len); /* it was borrowed */
    }
}

/* ---- Sending ---- */

/* Let one copy set out over `w`, unless it is lost. A datagram larger than a packet is lost with
 * any of its pieces. */
static void set_out(struct sim_wire *w, const struct packet *p)
{
    const struct sim_cable_settings *s = sim_wire_settings(w);
    struct sim_host *host = w->from;
    struct sim *sim = host->sim;
    uint64_t room = s->mtu - SIM_UDP_OVERHEAD;
    uint64_t pieces = p->len == 0 ? 1 : (p->len + room - 1) / room;
    bool is_lost = !sim_wire_is_open(w);
    uint64_t start = w->datagrams_ns > sim->now_ns ? w->datagrams_ns : sim->now_ns;

    for (uint64_t i = 0; i < pieces; i++) {
        is_lost = sim_wire_loses(w, &host->datagrams) || is_lost;
    }
    if (is_lost || start - sim->now_ns > SIM_UDP_QUEUE_NS) {
        return;
    }
    w->datagrams_ns = start + sim_wire_serialise_ns(w, p->len + pieces * SIM_UDP_OVERHEAD);

    struct packet *copy = mem_new_raw(sizeof(*copy) + p->len);

    memcpy(copy, p, sizeof(*copy) + p->len);
    copy->wire = w;
    list_push_back(&sim->packets, &copy->link);
    sim_at(sim, &copy->event, w->datagrams_ns + sim_wire_delay(w, &host->datagrams));
}

static void send_to_host(struct sim_host *from, struct sim_host *to, const struct packet *p)
{
    struct sim_wire *w = sim_wire_between(from, to);
    const struct sim_cable_settings *s = sim_wire_settings(w);
    bool comes_twice =
        s->repeat_part > 0 && sim_draw_chance(&from->datagrams, s->repeat_part, s->loss_whole);

    from->traffic.copies++;
    set_out(w, p);
    if (comes_twice) {
        set_out(w, p);
    }
}

/* One copy to each host on the network of `plug`, the sender's own included. */
static void send_to_lan(struct sim_host *from, const struct sim_plug *plug, struct packet *p)
{
    struct list *link = list_next(&from->sim->hosts, &from->sim->hosts);

    for (; link != NULL; link = list_next(&from->sim->hosts, link)) {
        struct sim_host *host = LIST_OF(link, struct sim_host, link);
        const struct sim_plug *there = sim_lan_in(host, plug->lan);

        if (there != NULL) {
            p->index = there->index;
            send_to_host(from, host, p);
        }
    }
}

/* The address that a socket sends from, given the one that the way suggests. */
static void set_sender(struct packet *p, const struct port_udp *u, const struct multiaddr_ip *way)
{
    if (!multiaddr_ip_is_unspecified(&u->at)) {
        p->from = u->at;
    } else {
        p->from = *way;
    }
    p->from.port = u->at.port;
}

static int send_to_one(struct port_udp *u, struct packet *p)
{
    struct sim_host *host = u->handle.life->host;
    const struct sim_address *address =
        map_get(&host->sim->addresses, span_of(p->to.ip, p->to.ip_len));
    struct list *link = list_next(&host->addresses, &host->addresses);

    while (link != NULL && LIST_OF(link, struct sim_address, link)->ip.ip_len != p->to.ip_len) {
        link = list_next(&host->addresses, link);
    }
    if (link == NULL) {
        return WAVU_ERR_UNREACHABLE; /* no address of the family to send from */
    }
    set_sender(p, u, &LIST_OF(link, struct sim_address, link)->ip);
    if (address != NULL) {
        const struct sim_plug *there = sim_lan_find(address->host, 0, p->to.ip_len);

        p->index = there != NULL ? there->index : SIM_LAN_UPLINK;
        send_to_host(host, address->host, p);
    }
    return 0; /* where nobody is, it is lost */
}

static int send_within(struct port_udp *u, struct packet *p)
{
    struct sim_host *host = u->handle.life->host;
    struct multiaddr_ip loopback = {.ip = {127, 0, 0, 1}, .ip_len = 4};

    if (p->to.ip_len == 16) {
        loopback = (struct multiaddr_ip){.ip = {[15] = 1}, .ip_len = 16};
    }
    set_sender(p, u, &loopback);
    p->index = SIM_LAN_LOOPBACK;
    send_to_host(host, host, p);
    return 0;
}

static int route(struct port_udp *u, struct packet *p)
{
    static const struct multiaddr_ip loopback_all = {.ip = {127, 255, 255, 255}, .ip_len = 4};
    static const struct multiaddr_ip everybody = {.ip = {255, 255, 255, 255}, .ip_len = 4};
    struct sim_host *host = u->handle.life->host;
    const struct sim_plug *plug = sim_lan_of_broadcast(host, &p->to);

    if (is_group(&p->to)) {
        p->reach = REACH_GROUP;
        if (p->to.zone == SIM_LAN_LOOPBACK) {
            return send_within(u, p);
        }
        plug = sim_lan_find(host, p->to.zone, p->to.ip_len);
    } else if (plug != NULL || is_same_ip(&p->to, &everybody)) {
        p->reach = REACH_ALL;
    } else if (is_same_ip(&p->to, &loopback_all)) {
        p->reach = REACH_ALL;
        return send_within(u, p);
    } else {
        p->reach = REACH_ONE;
        return multiaddr_ip_is_loopback(&p->to) ? send_within(u, p) : send_to_one(u, p);
    }
    if (plug == NULL) {
        return WAVU_ERR_UNREACHABLE;
    }
    set_sender(p, u, &plug->ip);
    send_to_lan(host, plug, p);
    return 0;
}

int sim_udp_send(struct port_udp *u, const struct multiaddr_ip *to, struct span bytes)
{
    struct sim_lan_traffic *traffic = &u->handle.life->host->traffic;
    int rc;

    if (u->handle.life->is_dead) {
        return WAVU_ERR_IO;
    }
    if (to->ip_len != u->at.ip_len) {
        return WAVU_ERR_INVALID;
    }
    if (bytes.len > PORT_NET_DATAGRAM_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct packet *p = mem_new(sizeof(*p) + bytes.len);

    p->event.fire = on_arrival;
    p->to = *to;
    p->len = bytes.len;
    if (bytes.len > 0) {
        memcpy(p->bytes, bytes.ptr, bytes.len);
    }
    rc = route(u, p);
    if (rc == 0) {
        traffic->sent++;
        traffic->sent_bytes += bytes.len;
    }
    mem_free(p);
    return rc;
}

/* ---- Sockets ---- */

static void drop_queue(struct port_udp *u)
{
    struct list *link;

    while ((link = list_pop_front(&u->queue)) != NULL) {
        mem_free(LIST_OF(link, struct packet, link));
    }
    u->queued = 0;
}

static void kill(struct sim_handle *handle)
{
    struct port_udp *u = LIST_OF(handle, struct port_udp, handle);

    list_remove(&u->host_link);
    drop_queue(u);
}

/* True when a socket of `host` keeps another from being opened there. */
static bool is_taken(const struct sim_host *host, const struct multiaddr_ip *at, bool is_shared)
{
    struct port_udp *u = next_socket(host, &host->sockets);

    for (; u != NULL; u = next_socket(host, &u->host_link)) {
        bool overlaps = is_same_ip(&u->at, at) || multiaddr_ip_is_unspecified(&u->at) ||
                        multiaddr_ip_is_unspecified(at);

        if (u->at.port == at->port && u->at.ip_len == at->ip_len && overlaps &&
            !(u->is_shared && is_shared)) {
            return true;
        }
    }
    return false;
}

int sim_udp_open(struct port *port, const struct multiaddr_ip *at, bool is_shared,
                 const struct port_udp_user *user, void *context, struct port_udp **out)
{
    struct sim_life *life = sim_life_of(port);
    struct sim_host *host = life->host;
    const struct sim_address *address = map_get(&host->sim->addresses, span_of(at->ip, at->ip_len));
    struct multiaddr_ip bound = *at;

    if (life->is_dead) {
        return WAVU_ERR_IO;
    }
    if (!multiaddr_ip_is_unspecified(at) && !multiaddr_ip_is_loopback(at) &&
        (address == NULL || address->host != host)) {
        return WAVU_ERR_INVALID;
    }
    for (unsigned i = 0; at->port == 0 && i < PICKS_MAX; i++) {
        bound.port = sim_listener_pick_port(host);
        if (!is_taken(host, &bound, false)) {
            break;
        }
    }
    if (is_taken(host, &bound, is_shared)) {
        return WAVU_ERR_IN_USE;
    }
    struct port_udp *u = mem_new(sizeof(*u));

    u->handle.life = life;
    u->handle.input.deliver = deliver;
    u->handle.kill = kill;
    u->at = bound;
    u->is_shared = is_shared;
    u->user = user;
    u->context = context;
    list_init(&u->queue);
    list_push_back(&life->handles, &u->handle.link);
    list_push_back(&host->sockets, &u->host_link);
    *out = u;
    return 0;
}

void sim_udp_address(const struct port_udp *u, struct multiaddr_ip *bound)
{
    *bound = u->at;
}

int sim_udp_join(struct port_udp *u, const struct multiaddr_ip *group, uint32_t index)
{
    const struct sim_host *host = u->handle.life->host;

    if (group->ip_len != u->at.ip_len || !is_group(group)) {
        return WAVU_ERR_INVALID;
    }
    if (index != SIM_LAN_LOOPBACK && sim_lan_find(host, index, group->ip_len) == NULL) {
        bool is_there = sim_lan_find(host, index, 4) != NULL || sim_lan_find(host, index, 16);

        return is_there ? WAVU_ERR_UNREACHABLE : WAVU_ERR_NOT_FOUND;
    }
    if (has_joined(u, group, index)) {
        return 0;
    }
    if (u->group_count == SIM_UDP_GROUPS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    u->groups[u->group_count++] = (struct membership){.group = *group, .index = index};
    return 0;
}

void sim_udp_close(struct port_udp *u)
{
    kill(&u->handle);
    sim_life_forget(u->handle.life, &u->handle.input);
    list_remove(&u->handle.link);
    mem_free(u);
}

void sim_udp_free_all(struct sim *sim)
{
    struct list *link;

    while ((link = list_pop_front(&sim->packets)) != NULL) {
        struct packet *p = LIST_OF(link, struct packet, link);

        sim_cancel(sim, &p->event);
        mem_free(p);
    }
}
