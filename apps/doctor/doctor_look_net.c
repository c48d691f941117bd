/*
 * The kernel's tables of sockets and interfaces.
 */
#include "apps/doctor/doctor_look_net.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/multiaddr.h"

#define DOCTOR_LOOK_NET_INODES 8
#define DOCTOR_LOOK_NET_LISTENS 0x0A /* of /proc/net/tcp: TCP_LISTEN */

/* ---- Who has a port ---- */

struct doctor_inodes {
    unsigned long long list[DOCTOR_LOOK_NET_INODES];
    size_t count;
};

/* Sockets of `table` at `port`. */
static void doctor_look_net_find(const char *table, uint16_t port, bool is_udp,
                                 struct doctor_inodes *out)
{
    char line[512];
    FILE *file = fopen(table, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        unsigned at = 0;
        unsigned state = 0;
        unsigned long long inode = 0;
        if (sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*u %*u %llu", &at,
                   &state, &inode) == 3 &&
            at == port && (is_udp || state == DOCTOR_LOOK_NET_LISTENS) &&
            out->count < DOCTOR_LOOK_NET_INODES) {
            out->list[out->count++] = inode;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

/* True when the process `pid` has one of them. */
static bool doctor_look_net_has(const char *pid, const struct doctor_inodes *inodes)
{
    char path[300];
    char target[64];
    bool has = false;
    (void)snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    DIR *folder = opendir(path);
    for (const struct dirent *e = folder == NULL ? NULL : readdir(folder); e != NULL && !has;
         e = readdir(folder)) {
        unsigned long long inode = 0;
        (void)snprintf(path, sizeof path, "/proc/%.20s/fd/%.200s", pid, e->d_name);
        ssize_t len = readlink(path, target, sizeof target - 1);
        target[len > 0 ? len : 0] = '\0';
        if (sscanf(target, "socket:[%llu]", &inode) == 1) {
            for (size_t i = 0; i < inodes->count; i++) {
                has = has || inodes->list[i] == inode;
            }
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return has;
}

static void doctor_look_net_name(const char *pid, char out[DOCTOR_BY_MAX])
{
    char path[64];
    char name[32] = "";
    (void)snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(name, sizeof name, file) != NULL) {
            name[strcspn(name, "\n")] = '\0';
        }
        (void)fclose(file);
    }
    (void)snprintf(out, DOCTOR_BY_MAX, "%s%sprocess %.20s", name, name[0] != '\0' ? ", " : "", pid);
}

/* Who has a socket at `port` (`is_udp`: of UDP, else one that listens) into `out`: "nginx, process
 * 812", or "" when that is another user's. */
static void doctor_look_net_who(uint16_t port, bool is_udp, char out[DOCTOR_BY_MAX])
{
    struct doctor_inodes inodes = {.count = 0};
    out[0] = '\0';
    doctor_look_net_find(is_udp ? "/proc/net/udp" : "/proc/net/tcp", port, is_udp, &inodes);
    doctor_look_net_find(is_udp ? "/proc/net/udp6" : "/proc/net/tcp6", port, is_udp, &inodes);
    DIR *folder = inodes.count > 0 ? opendir("/proc") : NULL;
    for (const struct dirent *e = folder == NULL ? NULL : readdir(folder); e != NULL;
         e = readdir(folder)) {
        if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && doctor_look_net_has(e->d_name, &inodes)) {
            doctor_look_net_name(e->d_name, out);
            break;
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
}

/* ---- Ports ---- */

/* Bind a socket there as a node does, and let go. 0 or an errno value. */
static int doctor_look_net_bind(const struct multiaddr_ip *at, int type)
{
    struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(at->port)};
    struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(at->port)};
    bool is_ip6 = at->ip_len == 16;
    int on = 1;
    memcpy(&ip4.sin_addr, at->ip, sizeof ip4.sin_addr);
    memcpy(&ip6.sin6_addr, at->ip, sizeof ip6.sin6_addr);
    ip6.sin6_scope_id = at->zone;
    int fd = socket(is_ip6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (type == SOCK_DGRAM) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    if (is_ip6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    const struct sockaddr *name =
        is_ip6 ? (const struct sockaddr *)&ip6 : (const struct sockaddr *)&ip4;
    int rc = bind(fd, name, is_ip6 ? sizeof ip6 : sizeof ip4) == 0 ? 0 : errno;
    if (rc == 0 && type == SOCK_STREAM && listen(fd, 1) != 0) {
        rc = errno;
    }
    (void)close(fd);
    return rc;
}

static void doctor_look_net_port(const struct multiaddr_ip *at, int type, struct doctor_port *out)
{
    int rc = doctor_look_net_bind(at, type);
    out->number = at->port;
    out->state = rc == EADDRINUSE              ? DOCTOR_PORT_TAKEN
                 : rc == EACCES || rc == EPERM ? DOCTOR_PORT_DENIED
                 : rc == EADDRNOTAVAIL         ? DOCTOR_PORT_ABSENT
                                               : DOCTOR_PORT_FREE;
    if (out->state == DOCTOR_PORT_TAKEN) {
        doctor_look_net_who(at->port, type == SOCK_DGRAM, out->by);
    }
}

static void doctor_look_net_ports(struct doctor_world *w)
{
    struct multiaddr parsed;
    struct multiaddr_ip at = {.port = 0};
    struct multiaddr_ip any = {.ip_len = 4, .port = (uint16_t)w->settings.discovery_port};
    if (multiaddr_parse_any(&parsed, span_from_text(w->settings.bind_addr)) == 0 &&
        multiaddr_to_ip(&parsed, MULTIADDR_TCP, &at) == 0) {
        doctor_look_net_port(&at, SOCK_STREAM, &w->listen);
    }
    if (any.port != 0) {
        doctor_look_net_port(&any, SOCK_DGRAM, &w->discovery);
    }
}

/* ---- Interfaces ---- */

static void doctor_look_net_address(struct doctor_world *w, const struct sockaddr *name)
{
    struct multiaddr_ip ip = {.port = 0};
    if (name->sa_family == AF_INET) {
        ip.ip_len = 4;
        memcpy(ip.ip, &((const struct sockaddr_in *)(const void *)name)->sin_addr, 4);
    } else if (name->sa_family == AF_INET6) {
        ip.ip_len = 16;
        memcpy(ip.ip, &((const struct sockaddr_in6 *)(const void *)name)->sin6_addr, 16);
    }
    if (ip.ip_len == 0 || multiaddr_ip_is_loopback(&ip)) {
        return;
    }
    bool is_private = multiaddr_ip_is_private(&ip);
    w->ip4_private += ip.ip_len == 4 && is_private ? 1 : 0;
    w->ip4_public += ip.ip_len == 4 && !is_private ? 1 : 0;
    w->ip6_global += ip.ip_len == 16 && !is_private ? 1 : 0;
}

/* An interface is in the list once for each of its addresses; with those of a family that no
 * address is, once at least (AF_PACKET). */
static void doctor_look_net_interfaces(struct doctor_world *w)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0) {
        return;
    }
    for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
        bool is_up = (i->ifa_flags & IFF_UP) != 0 && (i->ifa_flags & IFF_RUNNING) != 0;
        if (!is_up || (i->ifa_flags & IFF_LOOPBACK) != 0 || i->ifa_addr == NULL) {
            continue;
        }
        if (i->ifa_addr->sa_family == AF_PACKET) {
            w->interfaces++;
            w->calling += (i->ifa_flags & (IFF_MULTICAST | IFF_BROADCAST)) != 0 ? 1 : 0;
        }
        doctor_look_net_address(w, i->ifa_addr);
    }
    freeifaddrs(list);
}

/* A UDP socket that is connected asks the kernel for a way, and sends nothing. */
static void doctor_look_net_ip6(struct doctor_world *w)
{
    struct sockaddr_in6 far = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    w->has_ip6 = true;
    (void)inet_pton(AF_INET6, "2000::1",
                    &far.sin6_addr); /* of the internet's addresses the first */
    w->has_ip6_way = connect(fd, (const struct sockaddr *)&far, sizeof far) == 0;
    (void)close(fd);
}

void doctor_look_net(struct doctor_world *w)
{
    doctor_look_net_ports(w);
    doctor_look_net_interfaces(w);
    doctor_look_net_ip6(w);
}
