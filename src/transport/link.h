/*
 * Door 1: bytes between machines, whatever the wire is.
 *
 * A transport implements `struct link_ops` and hands events up with link_up; the owner of the link
 * (a connection in net/) sends with link_send. Capability bits say what the wire gives: STREAM
 * alone is upgraded (security, then multiplexing); SECURE|MUXED skips both; bare DGRAM serves only
 * foreign meshes and discovery.
 *
 * The bytes of LINK_BYTES may be changed in place, and LINK_HEADROOM bytes before them be
 * overwritten, until link_up returns.
 */
#ifndef TRANSPORT_LINK_H
#define TRANSPORT_LINK_H

#include "base/multiaddr.h"
#include "base/span.h"
#include "wavu/err.h"

#define LINK_HEADROOM 66048 /* as PORT_NET_HEADROOM: checked in tcp.c */

enum link_capability {
    LINK_STREAM = 1, /* ordered bytes */
    LINK_DGRAM = 2,  /* packets, may be lost */
    LINK_SECURE = 4, /* the wire itself proves the peer's id */
    LINK_MUXED = 8   /* the wire itself has streams */
};

enum link_event_kind {
    LINK_OPENED,   /* a dialled link is up */
    LINK_BYTES,    /* `bytes` came */
    LINK_WRITABLE, /* link_send took less than given; now it takes more */
    LINK_CLOSED    /* ended or failed with `err`; the owner calls link_close */
};

struct link_event {
    enum link_event_kind kind;
    struct span_mut bytes;
    int err;
};

struct link;

/* Who gets the events. Set at dialling, or when an accepted link is attached. */
struct link_user {
    void (*up)(void *context, struct link *link, const struct link_event *event);
    void *context;
};

struct link_ops {
    int (*send)(struct link *, const struct span *pieces, size_t count, size_t *taken);
    void (*pause)(struct link *, bool pause);
    void (*addresses)(const struct link *, struct multiaddr *local, struct multiaddr *remote);
    void (*close)(struct link *, bool abort);
};

/* Embedded at the start of each transport's own struct. Owned by the transport until link_close. */
struct link {
    const struct link_ops *ops;
    struct link_user user;
    uint8_t capabilities; /* enum link_capability, or-ed */
    bool is_dialled;
    uint32_t mtu; /* largest datagram; 0 for streams */
};

/** Transport's side: hand `event` to the user. */
void link_up(struct link *link, const struct link_event *event);

/** Send pieces in order; `*taken` bytes were taken; when fewer, LINK_WRITABLE follows.
 * WAVU_ERR_RESET when the link is gone (LINK_CLOSED follows). */
WARN_UNUSED int link_send(struct link *link, const struct span *pieces, size_t count,
                          size_t *taken);

/** Stop or go on receiving: back-pressure. */
void link_pause(struct link *link, bool pause);

/** Both ends as multiaddrs without peer ids. */
void link_addresses(const struct link *link, struct multiaddr *local, struct multiaddr *remote);

/** End it; no event comes any more and the pointer is dead. `abort` drops what is not sent. */
void link_close(struct link *link, bool abort);

#endif
