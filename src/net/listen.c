/*
 * Listeners of a node. Links that come in go to swarm_accept.
 */
#include "net/listen.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/swarm.h"

struct listener {
    struct list link; /* in swarm->listeners */
    struct swarm *swarm;
    struct transport *transport;
    struct transport_listener *handle;
};

static void listen_on_accepted(void *context, struct link *link)
{
    struct listener *l = context;
    swarm_accept(l->swarm, link);
}

int listen_start(struct swarm *swarm, const struct multiaddr *address)
{
    struct multiaddr bare = *address;
    uint8_t id[PEERID_SIZE_MAX];
    size_t id_len = sizeof id;
    struct peerid named;
    if (multiaddr_pop_peer(&bare, id, &id_len) && (peerid_decode(&named, span_of(id, id_len)) < 0 ||
                                                   !peerid_is_equal(&named, &swarm->self))) {
        return WAVU_ERR_PEER_ID;
    }
    struct transport *t = swarm_transport_for(swarm, &bare);
    if (t == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (list_count(&swarm->listeners) >= LISTEN_ADDRESSES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct listener *l = mem_new(sizeof *l);
    l->swarm = swarm;
    l->transport = t;
    struct transport_listener_user user = {.accepted = listen_on_accepted, .context = l};
    int rc = t->ops->listen(t, &bare, user, &l->handle);
    if (rc < 0) {
        mem_free(l);
        return rc;
    }
    list_push_back(&swarm->listeners, &l->link);
    return 0;
}

void listen_stop(struct swarm *swarm)
{
    struct list *node = list_pop_front(&swarm->listeners);
    while (node != NULL) {
        struct listener *l = LIST_OF(node, struct listener, link);
        l->transport->ops->listener_close(l->handle);
        mem_free(l);
        node = list_pop_front(&swarm->listeners);
    }
}

/* One address for each interface of the family that an "any" listener has. */
static size_t listen_expand(struct swarm *swarm, const struct multiaddr_ip *any,
                            struct multiaddr *out, size_t max)
{
    struct multiaddr_ip found[LISTEN_ADDRESSES_MAX];
    size_t used = 0;
    size_t count = swarm->port->net->interfaces(swarm->port, found, LISTEN_ADDRESSES_MAX);
    for (size_t i = 0; i < count && used < max; i++) {
        bool is_link_local =
            found[i].ip_len == 16 && found[i].ip[0] == 0xfe &&
            (found[i].ip[1] & 0xc0) == 0x80; /* useless without the peer's own zone */
        if (found[i].ip_len == any->ip_len && !is_link_local) {
            found[i].port = any->port;
            multiaddr_from_ip(&out[used], &found[i], MULTIADDR_TCP);
            used++;
        }
    }
    return used;
}

void listen_announce(struct swarm *swarm, const struct multiaddr *addresses, size_t count)
{
    CHECK(count <= LISTEN_ADDRESSES_MAX);
    mem_free(swarm->announced);
    swarm->announced = count > 0 ? mem_new(count * sizeof *swarm->announced) : NULL;
    swarm->announced_count = count;
    for (size_t i = 0; i < count; i++) {
        swarm->announced[i] = addresses[i];
    }
}

size_t listen_addresses(struct swarm *swarm, struct multiaddr *out, size_t max)
{
    size_t used = 0;
    for (size_t i = 0; i < swarm->announced_count && i < max; i++) {
        out[i] = swarm->announced[i];
    }
    if (swarm->announced_count > 0) {
        return swarm->announced_count < max ? swarm->announced_count : max;
    }
    struct list *node = list_next(&swarm->listeners, &swarm->listeners);
    while (node != NULL && used < max) {
        struct listener *l = LIST_OF(node, struct listener, link);
        struct multiaddr_ip ip;
        l->transport->ops->listener_address(l->handle, &out[used]);
        if (multiaddr_to_ip(&out[used], MULTIADDR_TCP, &ip) == 0 &&
            multiaddr_ip_is_unspecified(&ip)) {
            used += listen_expand(swarm, &ip, &out[used], max - used);
        } else {
            used++;
        }
        node = list_next(&swarm->listeners, node);
    }
    return used;
}
