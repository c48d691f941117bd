/*
 * What makes links: dialling and listening, one ops struct per kind of wire.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include "transport/link.h"

struct transport;
struct transport_listener; /* opaque; owned by the transport until `listener_close` */

struct transport_listener_user {
    /* A link came in: the callee sets link->user now, or calls link_close. */
    void (*accepted)(void *context, struct link *link);
    void *context;
};

struct transport_ops {
    const char *name; /* "tcp" */

    /* True when this transport can dial, or listen at, `address` (without a trailing peer id). */
    bool (*speaks)(const struct multiaddr *address);

    /* Start to connect to a resolved address (no names); LINK_OPENED or LINK_CLOSED follows. */
    int (*dial)(struct transport *, const struct multiaddr *to, struct link_user user,
                struct link **out);

    /* Errors: WAVU_ERR_IN_USE, _DENIED, _INVALID, _LIMIT, _IO. */
    int (*listen)(struct transport *, const struct multiaddr *at,
                  struct transport_listener_user user, struct transport_listener **out);

    /* Where it really listens (port 0 filled in). */
    void (*listener_address)(const struct transport_listener *, struct multiaddr *out);
    void (*listener_close)(struct transport_listener *);
};

struct transport {
    const struct transport_ops *ops;
};

#endif
