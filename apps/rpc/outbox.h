/*
 * What this node sends to single members on behalf of clients: each wish has a number, by which a
 * client asks later what became of it.
 */
#ifndef APPS_RPC_OUTBOX_H
#define APPS_RPC_OUTBOX_H

#include "wavu/mesh.h"

#define OUTBOX_MAX                                                                                 \
    256 /* the newest wishes; twice those that WAVU_SEND_SECONDS can have under way */

struct json_t;

struct outbox;

struct outbox_slot {
    struct outbox *box;
    uint64_t number; /* 0: free */
    int err;         /* the verdict, once it is there */
    bool is_done;
    char peer[WAVU_PEER_TEXT_MAX];
};

/* Zeroed memory is an empty one. It must outlive the node. */
struct outbox {
    struct outbox_slot slots[OUTBOX_MAX]; /* by number */
    uint64_t last;                        /* the newest number */
    void (*told)(void *context);          /* a verdict is there; NULL: nobody waits */
    void *told_context;
};

/** Send `len` bytes to `peer`. The answer as outbox_look's; what was refused at once has number
 * null. The caller's. */
WARN_UNUSED struct json_t *outbox_send(struct outbox *o, struct wavu_node *node, const char *peer,
                                       const char *text, size_t len);

/** True when there is a verdict, or never will be one. */
WARN_UNUSED bool outbox_is_over(const struct outbox *o, uint64_t number);

/** {"number": N, "peer": its id, "state": "underway", "delivered" or an error's name, "withinMs":
 * how long it takes at most}; NULL when it is kept no more or never was. The caller's. */
WARN_UNUSED struct json_t *outbox_look(const struct outbox *o, uint64_t number);

#endif
