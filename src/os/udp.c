/*
 * UDP over uv_poll: recvmsg until the socket is empty or the iteration's share is used, sendmsg at
 * once or not at all.
 *
 * Arrives: readiness from libuv. Leaves: `received`, in the "in" phase only. The interface of each
 * datagram comes with it as ancillary data. A socket's memory is freed when libuv has closed its
 * handle.
 */
#include "os/udp.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/loop.h"
#include "os/sys_err.h"
#include "os/sys_ip.h"

#define UDP_LOOPBACK_INDEX 1 /* Linux' LOOPBACK_IFINDEX, in every network namespace */

struct port_udp {
    uv_poll_t poll; /* first; data is this */
    struct port *port;
    const struct port_udp_user *user;
    void *context;
    int fd;
    int family;
    bool is_closed;
};

static int udp_family(const struct multiaddr_ip *ip)
{
    return ip->ip_len == 4 ? AF_INET : AF_INET6;
}

/* ---- Receiving ---- */

/* The interface in the ancillary data, or 0. */
static uint32_t udp_came_by(struct msghdr *message)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    for (; c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            return (uint32_t)info.ipi_ifindex;
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            return info.ipi6_ifindex;
        }
    }
    return 0;
}

/* Read one datagram and tell it; false when there is none. */
static bool udp_read(struct port_udp *u)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    } extra;
    union sys_ip from;
    uint8_t *buffer = loop_read_buffer(loop_of(u->port));
    struct iovec piece = {.iov_base = buffer, .iov_len = PORT_NET_READ_MAX};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = extra.bytes,
                             .msg_controllen = sizeof extra.bytes};
    memset(&from, 0, sizeof from);
    ssize_t len = recvmsg(u->fd, &message, 0);
    if (len < 0) {
        return errno != EAGAIN; /* an error that a sent datagram met: another socket's business */
    }
    struct port_datagram d = {.interface = udp_came_by(&message),
                              .bytes = span_mut_of(buffer, (size_t)len)};
    if (sys_ip_read(&d.from, &from.any)) {
        u->user->received(u->context, &d);
    }
    return true;
}

static void udp_on_ready(uv_poll_t *poll, int status, int events);

static void udp_watch(struct port_udp *u)
{
    CHECK(uv_poll_start(&u->poll, UV_READABLE, udp_on_ready) == 0);
}

static void udp_on_ready(uv_poll_t *poll, int status, int events)
{
    struct port_udp *u = poll->data;
    (void)events;
    loop_touch(u->port);
    for (int i = 0; i < UDP_READS_MAX && !u->is_closed && udp_read(u); i++) {
    }
    if (status < 0 && !u->is_closed) {
        udp_watch(u); /* libuv stops at an error, which recvmsg has taken off the socket */
    }
}

/* ---- Opening and closing ---- */

static void udp_set(int fd, int level, int option, int value)
{
    /* What the system does not know is done without. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

static void udp_set_up(int fd, int family)
{
    if (family == AF_INET) {
        udp_set(fd, SOL_SOCKET, SO_BROADCAST, 1);
        udp_set(fd, IPPROTO_IP, IP_PKTINFO, 1);
        udp_set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1);
        udp_set(fd, IPPROTO_IP, IP_MULTICAST_TTL, PORT_NET_HOPS);
        udp_set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0); /* only the groups that it joined itself */
        return;
    }
    udp_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    udp_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    udp_set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
    udp_set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, PORT_NET_HOPS);
    udp_set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
}

static int udp_bind(int fd, const struct multiaddr_ip *at, bool is_shared)
{
    union sys_ip name;
    socklen_t len = sys_ip_write(&name, at);
    udp_set_up(fd, udp_family(at));
    if (is_shared) {
        udp_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        udp_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    return bind(fd, &name.any, len) < 0 ? sys_err_last() : 0;
}

int udp_open(struct port *port, const struct multiaddr_ip *at, bool is_shared,
             const struct port_udp_user *user, void *context, struct port_udp **out)
{
    int family = udp_family(at);
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        int err = sys_err_last();
        return err == WAVU_ERR_UNREACHABLE ? WAVU_ERR_INVALID : err; /* no such family here */
    }
    struct port_udp *u = mem_new(sizeof *u);
    int rc = udp_bind(fd, at, is_shared);
    if (rc == 0 && uv_poll_init(&loop_of(port)->uv, &u->poll, fd) != 0) {
        rc = WAVU_ERR_LIMIT;
    }
    if (rc < 0) {
        (void)close(fd);
        mem_free(u);
        return rc;
    }
    u->poll.data = u;
    u->port = port;
    u->user = user;
    u->context = context;
    u->fd = fd;
    u->family = family;
    ((struct os_port *)(void *)port)->handles++;
    udp_watch(u);
    *out = u;
    return 0;
}

void udp_address(const struct port_udp *u, struct multiaddr_ip *bound)
{
    union sys_ip name;
    socklen_t len = sizeof name;
    memset(&name, 0, sizeof name);
    (void)getsockname(u->fd, &name.any, &len);
    sys_ip_read_or_any(bound, &name);
}

static void udp_freed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void udp_close(struct port_udp *u)
{
    CHECK(!u->is_closed);
    u->is_closed = true;
    uv_close((uv_handle_t *)&u->poll, udp_freed);
    (void)close(u->fd);
    ((struct os_port *)(void *)u->port)->handles--;
}

/* ---- Groups and sending ---- */

/* As sys_err, with what only datagrams meet. */
static int udp_err(void)
{
    switch (errno) {
    case EMSGSIZE:
        return WAVU_ERR_LIMIT;
    case ENODEV:
    case ENXIO:
        return WAVU_ERR_NOT_FOUND;
    case EADDRNOTAVAIL:
        return WAVU_ERR_UNREACHABLE; /* the interface has no address to send from */
    case ENOBUFS:
    case EINTR:
        return WAVU_ERR_AGAIN;
    default:
        return sys_err_last();
    }
}

static bool udp_is_group(const struct multiaddr_ip *ip)
{
    return ip->ip_len == 4 ? ip->ip[0] >= 224 && ip->ip[0] <= 239 : ip->ip[0] == 0xff;
}

int udp_join(struct port_udp *u, const struct multiaddr_ip *group, uint32_t index)
{
    struct group_req request = {.gr_interface = index};
    union sys_ip name;
    if (udp_family(group) != u->family || !udp_is_group(group)) {
        return WAVU_ERR_INVALID;
    }
    (void)sys_ip_write(&name, group);
    memcpy(&request.gr_group, &name.room, sizeof request.gr_group);
    int level = u->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    if (setsockopt(u->fd, level, MCAST_JOIN_GROUP, &request, sizeof request) == 0 ||
        errno == EADDRINUSE) {
        return 0; /* joined, or joined before */
    }
    return errno == ENOBUFS ? WAVU_ERR_LIMIT : udp_err();
}

int udp_send(struct port_udp *u, const struct multiaddr_ip *to, struct span bytes)
{
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } extra;
    union sys_ip name;
    struct in_pktinfo leave_by = {.ipi_ifindex = (int)to->zone};
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes.ptr, /* sendmsg only reads */
                          .iov_len = bytes.len};
    struct msghdr message = {.msg_name = &name, .msg_iov = &piece, .msg_iovlen = 1};
    if (udp_family(to) != u->family) {
        return WAVU_ERR_INVALID;
    }
    message.msg_namelen = sys_ip_write(&name, to);
    if (to->zone == UDP_LOOPBACK_INDEX) {
        /* Its address has host scope, which the system never picks for groups by itself. */
        leave_by.ipi_spec_dst.s_addr = htonl(INADDR_LOOPBACK);
    }
    if (u->family == AF_INET && to->zone != 0) {
        memset(&extra, 0, sizeof extra);
        message.msg_control = extra.bytes;
        message.msg_controllen = sizeof extra.bytes;
        extra.head.cmsg_level = IPPROTO_IP;
        extra.head.cmsg_type = IP_PKTINFO;
        extra.head.cmsg_len = CMSG_LEN(sizeof leave_by);
        memcpy(CMSG_DATA(&extra.head), &leave_by, sizeof leave_by);
    }
    if (sendmsg(u->fd, &message, MSG_NOSIGNAL) >= 0) {
        return 0;
    }
    return udp_err();
}

/* ---- Interfaces ---- */

/* One bits of a netmask, which stand in front. */
static uint8_t udp_prefix(const struct sockaddr *mask, uint8_t ip_len)
{
    struct multiaddr_ip ones;
    uint8_t bits = 0;
    if (!sys_ip_read(&ones, mask)) {
        return (uint8_t)(8 * ip_len);
    }
    while (bits < 8 * ip_len && (ones.ip[bits / 8] >> (7 - bits % 8) & 1) != 0) {
        bits++;
    }
    return bits;
}

size_t udp_interfaces(struct port *port, struct port_interface *out, size_t max)
{
    struct ifaddrs *all = NULL;
    size_t count = 0;
    (void)port;
    if (getifaddrs(&all) < 0) {
        return 0;
    }
    for (const struct ifaddrs *at = all; at != NULL && count < max; at = at->ifa_next) {
        struct port_interface i = {.index = if_nametoindex(at->ifa_name)};
        bool is_up = (at->ifa_flags & IFF_UP) != 0 && (at->ifa_flags & IFF_RUNNING) != 0;
        if (!is_up || i.index == 0 || !sys_ip_read(&i.ip, at->ifa_addr)) {
            continue;
        }
        i.prefix = udp_prefix(at->ifa_netmask, i.ip.ip_len);
        i.is_loopback = (at->ifa_flags & IFF_LOOPBACK) != 0;
        i.has_groups = (at->ifa_flags & IFF_MULTICAST) != 0;
        if ((at->ifa_flags & IFF_BROADCAST) != 0 && i.ip.ip_len == 4) {
            (void)sys_ip_read(&i.broadcast, at->ifa_broadaddr);
        }
        out[count++] = i;
    }
    freeifaddrs(all);
    return count;
}
