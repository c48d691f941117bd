/*
 * The mesh of a node: peers are found on the local network and through seeds, become neighbours,
 * and carry broadcasts and a state that all share.
 *
 * A node has a mesh when its configuration names one (struct wavu_config.mesh). Everything happens
 * on the node's thread; callbacks may call everything here except wavu_node_free.
 */
#ifndef WAVU_MESH_H
#define WAVU_MESH_H

#include "wavu/node.h"

WAVU_BEGIN

#define WAVU_BROADCAST_MAX 32768 /* bytes of one broadcast */
#define WAVU_SEND_MAX 8192       /* bytes to one member */
#define WAVU_SEND_SECONDS 10     /* after so many a send's verdict is there */
#define WAVU_KEY_MAX 64          /* bytes of a key of the shared state */
#define WAVU_VALUE_MAX 4096      /* bytes of its value */
#define WAVU_NETWORK_MAX 65      /* bytes of a network's name, with NUL */
#define WAVU_SEED_WORD_MAX 64    /* characters of how a seed stands, with NUL */

/* How a mesh behaves. Zero in a number means the default behind it. All is borrowed for the call of
 * wavu_node_new. */
struct wavu_mesh_config {
    bool has_discovery;      /* find peers on the local network */
    uint16_t discovery_port; /* UDP; 0: 9999 */
    bool has_mdns;           /* libp2p's mDNS as well */
    uint16_t min_degree;     /* neighbours, 4 */
    uint16_t max_degree;     /* 6 */
    uint64_t gossip_interval_ms;
    uint64_t heartbeat_interval_ms;
    double phi_threshold;
    uint64_t rebalance_interval_ms;
    uint64_t ihave_timeout_ms;
    uint64_t connect_timeout_ms;
    uint64_t recovery_base_delay_ms;
    uint32_t max_discovery_retries;
    bool is_low_power;   /* woken seldom: beats, gossip and calls on the LAN are rarer, what can
                            wait waits for company; a crash is noticed later */
    bool is_wan;         /* slow, far links: silences and rounds are three times as long */
    const char *network; /* only with nodes of this one: 1 to 64 of a-z 0-9 . - _; NULL: all
                            that have the same pre-shared key, or none */
    const char *const *seeds; /* addresses as a person types them */
    size_t seed_count;
};

enum wavu_mesh_kind {
    WAVU_MESH_NEIGHBOUR, /* `peer` became a neighbour */
    WAVU_MESH_PARTED,    /* it is none any more */
    WAVU_MESH_SUSPECTED, /* it has been silent for too long */
    WAVU_MESH_TRUSTED,   /* it is heard again */
    WAVU_MESH_DOWN,      /* it is taken for dead */
    WAVU_MESH_HEALED,    /* `peer` was found in another part of the mesh: both join */
    WAVU_MESH_MESSAGE,   /* a broadcast of `peer`: `data` */
    WAVU_MESH_CHANGED,   /* `peer` wrote `key`: `data`, or deleted it (data NULL); not told of
                            "route", which is for ways over many links */
    WAVU_MESH_FORGOTTEN, /* `peer` is gone from the shared state */
    WAVU_MESH_SEED,      /* how a seed stands changed: `text` of it, `word` how */
    WAVU_MESH_UNICAST,   /* `peer` sent this node, and nobody else, `data`; it was `peer` indeed */
    WAVU_MESH_BARRED,    /* `peer` broke the rules: no links with it for `wait_ms` */
    WAVU_MESH_CLOCK      /* what members say of this machine's clock changed: wavu_node_status */
};

/* Borrowed until return, and until the next call of anything here. */
struct wavu_mesh_event {
    enum wavu_mesh_kind kind;
    const char *peer; /* its id; "" for SEED and CLOCK */
    const uint8_t *data;
    size_t len;
    uint32_t hops;      /* MESSAGE, UNICAST: links travelled */
    const char *key;    /* CHANGED; "" otherwise */
    const char *text;   /* SEED, as it was typed; "" otherwise */
    const char *word;   /* SEED: "connected", "dialing", "refused: wrong network"; "" otherwise */
    uint64_t wait_ms;   /* BARRED; 0 otherwise */
    const char *filter; /* MESSAGE, UNICAST: the module (wavu/module.h) that hides or marks it;
                           "" : none */
    bool is_filtered;   /* it is to be hidden: programs fold it */
};

/** Be told of events; one listener, NULL for none. WAVU_ERR_UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int
wavu_mesh_listen(struct wavu_node *node,
                 void (*up)(void *context, const struct wavu_mesh_event *event), void *context);

/** Say `len` bytes to every node of the mesh. WAVU_ERR_LIMIT beyond WAVU_BROADCAST_MAX, _AGAIN for
 * too many a second, _UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int wavu_broadcast(struct wavu_node *node, const void *data, size_t len);

/** Send `len` bytes (0: only to be acknowledged, nobody is told there) to one member, over as many
 * links as it takes. Members on the way can read them, but neither change them nor say them in
 * another's name. `peer` is a peer id. On 0 `done` (may be NULL) is called exactly once, never
 * before return: err 0 when the member has acknowledged them, WAVU_ERR_TIMEOUT when no answer came
 * within WAVU_SEND_SECONDS (they may have arrived all the same), _UNREACHABLE when there is no way
 * any more, _SHUTDOWN when the node goes down first. Otherwise it is never called: WAVU_ERR_INVALID
 * when `peer` is no peer id, or our own, _UNSUPPORTED without a mesh or for another kind of key
 * than Ed25519, _LIMIT beyond WAVU_SEND_MAX, _AGAIN when too many are under way or were begun
 * within a second, _UNREACHABLE when no way to `peer` is known, _SHUTDOWN. */
WAVU_API WARN_UNUSED int wavu_send(struct wavu_node *node, const char *peer, const void *data,
                                   size_t len, void (*done)(void *context, int err), void *context);

#define WAVU_WAY_MAX 16 /* links of a way */

/* One link of a way. */
struct wavu_hop {
    char id[WAVU_PEER_TEXT_MAX]; /* its far end */
    uint64_t cost_us;            /* what it counts when ways are compared: as so much time */
    uint64_t rtt_us;             /* what its ends say, rounded; 0: not measured */
};

/** The way that the first attempt of a wavu_send to `peer` would take now, as far as the nodes on
 * it have told of their links: the last of `*count` links ends there. Each node on it decides anew.
 * WAVU_ERR_INVALID, _UNSUPPORTED as wavu_send; _UNREACHABLE: no way is known, or it is longer. */
WAVU_API WARN_UNUSED int wavu_mesh_way(struct wavu_node *node, const char *peer,
                                       struct wavu_hop out[WAVU_WAY_MAX], size_t *count);

/** Let the running mesh, and those of this node's networks, take from `config` what can change
 * while they run: phi_threshold, gossip_interval_ms, rebalance_interval_ms, and seeds that are new.
 * The rest has to be as it was. WAVU_ERR_UNSUPPORTED without a mesh, _INVALID or _LIMIT: of a seed,
 * and all others hold. */
WAVU_API WARN_UNUSED int wavu_mesh_tune(struct wavu_node *node,
                                        const struct wavu_mesh_config *config);

/** One more seed until this node ends, as those of the configuration. WAVU_ERR_EXISTS: it is one,
 * _INVALID, _LIMIT, _UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int wavu_mesh_add_seed(struct wavu_node *node, const char *address);

/** Write a key of our own into the shared state, or delete it (`value` NULL). WAVU_ERR_LIMIT,
 * _INVALID for an empty key and for `route`, which the node writes itself, _NOT_FOUND when there is
 * nothing to delete, _UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int wavu_mesh_set(struct wavu_node *node, const char *key, const void *value,
                                       size_t len);

/* One node of the mesh, as wavu_mesh_members reports it. Valid until the callback returns. */
struct wavu_member {
    char id[WAVU_PEER_TEXT_MAX];
    bool is_self;
    bool is_neighbour;
    bool is_suspected;
    bool is_reachable;                       /* itself, or by links that both ends tell of */
    uint64_t rtt_us;                         /* of a neighbour; 0: not measured */
    const char (*links)[WAVU_PEER_TEXT_MAX]; /* its neighbours, as it says itself */
    size_t link_count;
};

/** Call `each` for every node known to the mesh, ourselves first. */
WAVU_API void wavu_mesh_members(const struct wavu_node *node,
                                void (*each)(void *context, const struct wavu_member *member),
                                void *context);

struct wavu_mesh_status {
    size_t members;      /* known, ourselves included */
    size_t reachable;    /* of them: no crashed ones, nor such as left, and ourselves */
    size_t neighbours;   /* of ours */
    size_t linked;       /* nodes that are neighbours there or in a network, each once */
    size_t barred;       /* peers that broke the rules: no links with them for a while */
    bool is_offline;     /* linked with nobody, and every seed failed often */
    const char *network; /* its name, "" without one; borrowed */
};

/** False without a mesh. */
WAVU_API bool wavu_mesh_status(const struct wavu_node *node, struct wavu_mesh_status *out);

/** How the `i`th seed stands: its text (borrowed) and a word; false when there are fewer. */
WAVU_API bool wavu_mesh_seed(const struct wavu_node *node, size_t i, const char **text,
                             const char **word);

WAVU_END

#endif
