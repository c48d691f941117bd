/*
 * Sockets, datagrams and names.
 *
 * Received bytes lie in one read buffer shared by the node's sockets: the callee may change them in
 * place and may also write the PORT_NET_HEADROOM bytes before them, so that the beginning of a
 * frame that came earlier can be put in front without moving what came now.
 */
#ifndef PORT_NET_H
#define PORT_NET_H

#include "base/multiaddr.h"
#include "port/port.h"

#define PORT_NET_HEADROOM 66048  /* a Noise frame of 65,537 bytes less one, rounded up to 512 */
#define PORT_NET_READ_MAX 262144 /* bytes of one BYTES event; one read per socket and turn */
#define PORT_NET_BACKLOG 512     /* connections that wait in the kernel */
#define PORT_NET_NAMES_MAX 16    /* addresses taken from one look-up */
#define PORT_NET_DATAGRAM_MAX                                                                      \
    65507                 /* bytes of a datagram: IPv4's 65,535 less 28 of headers (RFC 768) */
#define PORT_NET_HOPS 255 /* of datagrams to groups: who sees less sits not on this link */
#define PORT_NET_INTERFACES_MAX 64 /* addresses of interfaces that callers look at */

struct port_tcp;      /* a socket that connects or is connected; opaque, owned by the port until
                         tcp_close */
struct port_listener; /* opaque */
struct port_lookup;   /* opaque */
struct port_udp;      /* a socket for datagrams; opaque, owned by the port until udp_close */

struct port_tcp_user {
    /* Connected (err 0), or failed with WAVU_ERR_REFUSED, _UNREACHABLE, _TIMEOUT, _RESET, _DENIED,
     * _IO: call tcp_close, nothing else comes. */
    void (*opened)(void *context, int err);
    /* Bytes came; valid, and the headroom writable, until return. Never after tcp_pause or
     * tcp_close. */
    void (*bytes)(void *context, struct span_mut in);
    /* tcp_send took less than given; now it takes more. */
    void (*writable)(void *context);
    /* The other side closed (WAVU_ERR_CLOSED) or the connection broke (_RESET, _TIMEOUT, _IO). Call
     * tcp_close. */
    void (*closed)(void *context, int err);
};

struct port_listener_user {
    /* `tcp` was accepted: it is the callee's, who calls tcp_attach (now) or tcp_close. */
    void (*accepted)(void *context, struct port_tcp *tcp);
    /* Accepting failed with WAVU_ERR_LIMIT (no descriptors) or _IO; the port goes on trying after a
     * pause. */
    void (*failed)(void *context, int err);
};

struct port_lookup_user {
    /* err 0 and `count` addresses with port 0, IPv6 and IPv4 as the system orders them; or
     * WAVU_ERR_NOT_FOUND, _TIMEOUT, _LIMIT (no thread to be had), _IO. The look-up is over. */
    void (*done)(void *context, int err, const struct multiaddr_ip *found, size_t count);
};

/* A datagram that came. */
struct port_datagram {
    struct multiaddr_ip from;
    uint32_t interface;    /* index of the interface that it came in by; 0: unknown */
    struct span_mut bytes; /* may be empty; valid until return, no headroom before it */
};

struct port_udp_user {
    /* Never after udp_close. Datagrams are lost, repeated, reordered and forged like any. */
    void (*received)(void *context, const struct port_datagram *datagram);
};

/* One address of one interface that is up. */
struct port_interface {
    uint32_t index;                /* of the interface, as the system numbers them, > 0 */
    struct multiaddr_ip ip;        /* port 0; link-local IPv6 with its zone */
    struct multiaddr_ip broadcast; /* port 0; ip_len 0: there is none */
    uint8_t prefix;                /* bits of `ip` that the machines on this link share */
    bool is_loopback;
    bool has_groups; /* groups can be joined on it */
};

struct port_net {
    /* Listen on `at` (port 0: one is picked; `*bound` says which). WAVU_ERR_IN_USE, _DENIED,
     * _INVALID (no such address here), _LIMIT, _IO. IPv6 listeners are IPv6 only. */
    int (*tcp_listen)(struct port *, const struct multiaddr_ip *at,
                      const struct port_listener_user *, void *context, struct port_listener **out);
    void (*listener_address)(const struct port_listener *, struct multiaddr_ip *bound);
    void (*listener_close)(struct port_listener *);

    /* Start to connect; `opened` follows. Errors at once: WAVU_ERR_LIMIT (descriptors),
     * _UNREACHABLE (also: no such family here), _DENIED (by a firewall, or a broadcast address),
     * _IO; a system may also say at once what `opened` would. */
    int (*tcp_dial)(struct port *, const struct multiaddr_ip *to, const struct port_tcp_user *,
                    void *context, struct port_tcp **out);

    /* Name the user of an accepted socket; bytes flow from then on. */
    void (*tcp_attach)(struct port_tcp *, const struct port_tcp_user *, void *context);

    /* Send the pieces in order; `*taken` bytes were taken (copied to the kernel). When fewer than
     * given, `writable` follows. WAVU_ERR_RESET when the connection is gone (`closed` follows). */
    int (*tcp_send)(struct port_tcp *, const struct span *pieces, size_t count, size_t *taken);

    /* Stop or go on reading: back-pressure. */
    void (*tcp_pause)(struct port_tcp *, bool pause);
    void (*tcp_addresses)(const struct port_tcp *, struct multiaddr_ip *local,
                          struct multiaddr_ip *remote);

    /* Close: what was taken is still sent in the background; no callback comes any more. With
     * `abort` the connection is reset at once. The pointer is dead after the call. */
    void (*tcp_close)(struct port_tcp *, bool abort);

    /* Open a socket for datagrams at `at` (port 0: one is picked). IPv6 sockets are IPv6 only.
     * With `is_shared` other sockets of this kind, of any process, may have the same address: what
     * is sent to groups and broadcast addresses then reaches all of them, anything else one.
     * WAVU_ERR_IN_USE, _DENIED, _INVALID (no such address or family here), _LIMIT, _IO. */
    int (*udp_open)(struct port *, const struct multiaddr_ip *at, bool is_shared,
                    const struct port_udp_user *, void *context, struct port_udp **out);
    void (*udp_address)(const struct port_udp *, struct multiaddr_ip *bound);

    /* Receive what is sent to `group` on the interface `index`, by this machine, too. Joining again
     * is fine. WAVU_ERR_INVALID (no group, or another family), _NOT_FOUND (no such interface),
     * _UNREACHABLE (it has no address of the family), _LIMIT (the system's memberships), _IO. */
    int (*udp_join)(struct port_udp *, const struct multiaddr_ip *group, uint32_t index);

    /* Send one datagram, broadcast addresses included. `to->zone` (both families) names the
     * interface that it leaves by; 0: as the routes say. It went out, or is lost: WAVU_ERR_AGAIN
     * (no room now), _LIMIT (larger than the path takes), _UNREACHABLE, _NOT_FOUND (no such
     * interface), _DENIED, _INVALID (another family), _IO. */
    int (*udp_send)(struct port_udp *, const struct multiaddr_ip *to, struct span bytes);
    void (*udp_close)(struct port_udp *); /* no callback comes any more; the pointer is dead */

    /* Look `name` (at most 253 characters) up; family 4, 6 or 0 for both. `done` follows.
     * Errors at once: WAVU_ERR_INVALID (the name is longer), _LIMIT (descriptors), _IO. */
    int (*lookup)(struct port *, const char *name, int family, const struct port_lookup_user *,
                  void *context, struct port_lookup **out);
    void (*lookup_cancel)(struct port_lookup *); /* no callback comes any more */

    /* The addresses of this machine's interfaces (port 0), for listeners on "any"; returns how
     * many. */
    size_t (*interfaces)(struct port *, struct multiaddr_ip *out, size_t max);

    /* The same with what datagrams need: one entry an address. Returns how many. */
    size_t (*udp_interfaces)(struct port *, struct port_interface *out, size_t max);
};

#endif
