/*
 * Names to addresses, by the system's resolver.
 */
#include "os/lookup.h"

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/loop.h"

struct port_lookup {
    uv_getaddrinfo_t request; /* data is this */
    struct port *port;
    const struct port_lookup_user *user; /* NULL once cancelled */
    void *context;
};

static int lookup_err(int status)
{
    switch (status) {
    case 0:
        return 0;
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
    case UV_EAI_ADDRFAMILY:
    case UV_EAI_FAMILY:
        return WAVU_ERR_NOT_FOUND;
    case UV_EAI_AGAIN:
        return WAVU_ERR_TIMEOUT; /* no name server answered */
    default:
        return WAVU_ERR_IO;
    }
}

/* Read one socket address; false for a family that is none of ours. */
static bool lookup_read(const struct sockaddr *from, struct multiaddr_ip *out)
{
    memset(out, 0, sizeof *out);
    if (from->sa_family == AF_INET) {
        struct sockaddr_in ip4;
        memcpy(&ip4, from, sizeof ip4);
        out->ip_len = 4;
        memcpy(out->ip, &ip4.sin_addr, 4);
        return true;
    }
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 ip6;
        memcpy(&ip6, from, sizeof ip6);
        out->ip_len = 16;
        out->zone = ip6.sin6_scope_id;
        memcpy(out->ip, &ip6.sin6_addr, 16);
        return true;
    }
    return false;
}

static void lookup_on_done(uv_getaddrinfo_t *request, int status, struct addrinfo *result)
{
    struct port_lookup *l = request->data;
    struct multiaddr_ip found[PORT_NET_NAMES_MAX];
    size_t count = 0;
    for (struct addrinfo *at = result; at != NULL && count < PORT_NET_NAMES_MAX; at = at->ai_next) {
        count += lookup_read(at->ai_addr, &found[count]) ? 1 : 0;
    }
    uv_freeaddrinfo(result);
    if (l->user != NULL) {
        int err = lookup_err(status);
        ((struct os_port *)(void *)l->port)->handles--;
        loop_touch(l->port);
        l->user->done(l->context, err == 0 && count == 0 ? WAVU_ERR_NOT_FOUND : err, found, count);
    }
    mem_free(l);
}

int lookup_start(struct port *port, const char *name, int family,
                 const struct port_lookup_user *user, void *context, struct port_lookup **out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    hints.ai_family = family == 4 ? AF_INET : (family == 6 ? AF_INET6 : AF_UNSPEC);
    struct port_lookup *l = mem_new(sizeof *l);
    l->port = port;
    l->user = user;
    l->context = context;
    l->request.data = l;
    if (uv_getaddrinfo(&loop_of(port)->uv, &l->request, lookup_on_done, name, NULL, &hints) != 0) {
        mem_free(l);
        return WAVU_ERR_IO;
    }
    ((struct os_port *)(void *)port)->handles++;
    *out = l;
    return 0;
}

void lookup_cancel(struct port_lookup *lookup)
{
    lookup->user = NULL;
    ((struct os_port *)(void *)lookup->port)->handles--;
    (void)uv_cancel((uv_req_t *)&lookup->request); /* too late to cancel: the answer is dropped */
}

size_t lookup_interfaces(struct port *port, struct multiaddr_ip *out, size_t max)
{
    uv_interface_address_t *all = NULL;
    int total = 0;
    size_t count = 0;
    (void)port;
    if (uv_interface_addresses(&all, &total) != 0) {
        return 0;
    }
    for (int i = 0; i < total && count < max; i++) {
        count += lookup_read((const struct sockaddr *)&all[i].address, &out[count]) ? 1 : 0;
    }
    uv_free_interface_addresses(all, total);
    return count;
}
