/*
 * What clients let the node do that takes a while, by number: connect, ping, trace. A client asks
 * later what came of it; one that never does leaves an entry that the next ones take the place of.
 */
#ifndef RPC_TASKS_H
#define RPC_TASKS_H

#include "apps/rpc/peer_at.h"
#include "wavu/mesh.h"

#define TASKS_MAX 32              /* the newest; as many clients as there can be */
#define TASKS_STEPS_MAX 100       /* round trips of one ping */
#define TASKS_INTERVAL_MS_MIN 100 /* between two of them: a node's unicasts are 10 a second */
#define TASKS_INTERVAL_MS_MAX 60000

struct json_t;
struct tasks;

enum tasks_kind { TASKS_CONNECT, TASKS_PING, TASKS_TRACE };

/* One round trip. */
struct tasks_step {
    uint64_t rtt_ns;
    uint32_t hops;
    int err; /* of a trace: this hop did not answer */
};

struct tasks_one {
    struct tasks *box;
    struct wavu_node *node; /* borrowed; ends what is under way when it goes */
    struct wavu_op *op;     /* under way, or NULL */
    uint64_t number;        /* 0: free */
    enum tasks_kind kind;
    bool is_done;
    bool is_mesh; /* round trips as unicasts over the mesh, not on a connection */
    int err;      /* once done */
    char peer[WAVU_PEER_TEXT_MAX];
    struct peer_at where;              /* of CONNECT */
    struct wavu_hop way[WAVU_WAY_MAX]; /* of TRACE */
    size_t way_count;
    struct tasks_step steps[TASKS_STEPS_MAX]; /* of TRACE one for each link of the way */
    size_t step_count;
};

/* Zeroed memory is an empty one. It must outlive the node. */
struct tasks {
    struct tasks_one slots[TASKS_MAX];
    uint64_t last;               /* the newest number */
    void (*told)(void *context); /* something came of one; NULL: nobody waits */
    void *told_context;
};

/* Round trips that are wished. */
struct tasks_wish {
    const char *peer;    /* a whole id; or NULL: */
    const char *address; /* as for wavu_connect */
    bool is_mesh;        /* to `peer` over the mesh; otherwise on a connection */
    uint32_t count;      /* 1 to TASKS_STEPS_MAX */
    uint64_t interval_ms;
};

/** Connect, and keep what answers as a seed while the node lives. Each of these gives a number,
 * or an error of the library at once; WAVU_ERR_AGAIN: too many are under way. */
WARN_UNUSED int tasks_connect(struct tasks *t, struct wavu_node *node, const struct peer_at *where,
                              uint64_t *number);
WARN_UNUSED int tasks_ping(struct tasks *t, struct wavu_node *node, const struct tasks_wish *wish,
                           uint64_t *number);

/** Ask each node on the way to `peer` in turn. */
WARN_UNUSED int tasks_trace(struct tasks *t, struct wavu_node *node, const char *peer,
                            uint64_t *number);

/** The task, or NULL when it is kept no more or never was. */
const struct tasks_one *tasks_find(const struct tasks *t, uint64_t number);

/** Give up what is under way: done, with WAVU_ERR_CLOSED. False: there is no such task. */
bool tasks_end(struct tasks *t, uint64_t number);

/** As a client sees it, with the steps from number `after` on; the caller's. */
WARN_UNUSED struct json_t *tasks_show(const struct tasks_one *one, size_t after);

/** A link of a way, as clients see it; the caller's. */
WARN_UNUSED struct json_t *tasks_hop(const struct wavu_hop *hop);

/** What an error of these means for people: a sentence with the next step. Static. */
const char *tasks_sentence(int err);

#endif
