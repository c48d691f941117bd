/*
 * A node: one installation in the mesh, with a device key, listeners, connections and services.
 *
 * A node lives on a port (wavu/os.h makes one for real). Everything happens on the one thread that
 * runs the port's loop; callbacks come from there, may call everything here except wavu_node_free,
 * and must not block.
 */
#ifndef WAVU_NODE_H
#define WAVU_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"
#include "wavu/err.h"

WAVU_BEGIN

#define WAVU_ADDRESS_TEXT_MAX 832 /* a multiaddr with its peer id as text, with NUL */
#define WAVU_PEER_TEXT_MAX 64     /* a peer id as text, with NUL */
#define WAVU_SEED_SIZE 32         /* bytes of an Ed25519 seed */

struct port; /* wavu/os.h */
struct wavu_node;
struct wavu_mesh_config; /* wavu/mesh.h */
struct wavu_kad_config;  /* wavu/kad.h */

enum wavu_log_level { WAVU_LOG_ERROR, WAVU_LOG_WARN, WAVU_LOG_INFO, WAVU_LOG_DEBUG };

/* Zeroed memory plus `port` is a valid configuration. All pointers are borrowed for the call of
 * wavu_node_new. */
/* How links are secured, tried in this order. Plaintext proves and hides nothing: for tests. */
enum wavu_security { WAVU_SECURITY_NOISE = 1, WAVU_SECURITY_TLS = 2, WAVU_SECURITY_PLAINTEXT = 4 };

struct wavu_config {
    struct port *port; /* must outlive the node */
    bool is_ephemeral; /* a fresh identity for this run; otherwise device.key in the port's home */
    const uint8_t *seed;     /* WAVU_SEED_SIZE bytes: this identity instead; or NULL */
    const uint8_t *host_key; /* host_key_len bytes: a libp2p private key of any type, instead; not
                                for a mesh. Or NULL */
    size_t host_key_len;
    unsigned security; /* of enum wavu_security; 0, or with a pre-shared key: Noise */
    const uint8_t
        *psk_file; /* contents of a libp2p pre-shared key file: a private network; or NULL */
    size_t psk_file_len;
    const uint8_t *root_seed; /* WAVU_SEED_SIZE bytes of the person's root key: the device's key is
                                 derived from them; or NULL */
    const struct wavu_mesh_config *mesh; /* take part in the mesh, and keep what it knows in the
                                            port's home unless is_ephemeral; NULL: only when
                                            dialled */
    const struct wavu_kad_config *kad;   /* take part in Kademlia, unless there is a pre-shared key;
                                            NULL: no */
    const char *passphrase; /* passphrase_len bytes: of the home (wavu/vault.h); or NULL */
    size_t passphrase_len;
    bool serves_echo;   /* diagnostic: also serve /wavu/echo/1 */
    uint32_t conns_max; /* 0: the default, 8192 */
    uint64_t idle_ms;   /* close connections without streams after; 0: the default, 10 minutes */
    uint64_t connect_timeout_ms; /* for a dialled address; 0: the default, 5 s; three times as long
                                    where the mesh's is_wan says so */
    enum wavu_log_level log_level;
    void (*log)(void *context, enum wavu_log_level level, const char *subsystem,
                const char *text); /* or NULL: silent */
    void *log_context;
    const char **failed_file; /* or NULL. When wavu_node_new fails over a file of the home:
                                 "device.key", "identity.key", "store.key", "store.db", or with
                                    WAVU_ERR_AGAIN "restoring" or "wiping"; static; else NULL */
};

/**
 * Make a node. It neither listens nor dials yet. Free with wavu_node_free.
 * WAVU_ERR_CORRUPT, _DENIED or _IO when device.key or the store cannot be read (neither is ever
 * replaced), WAVU_ERR_UNSUPPORTED when the store is a newer wavu's, WAVU_ERR_IN_USE when another
 * process has it, WAVU_ERR_NO_SPACE, WAVU_ERR_NOT_FOUND when the port has no home and the node is
 * neither ephemeral nor given a seed, WAVU_ERR_INVALID for a bad pre-shared key, network name or
 * prefix of Kademlia, a host key with a mesh, a seed that is no address (or a home's path longer
 * than the system takes), _PROTO or _UNSUPPORTED for a host key that cannot be read, _CRYPTO or
 * _LIMIT when the machine lacks a cipher or descriptors, WAVU_ERR_DENIED over "store.key" also when
 * the home wants a passphrase and this is not it, WAVU_ERR_AGAIN when a restore or wipe of the home
 * was cut off and is to be done again.
 */
WAVU_API WARN_UNUSED int wavu_node_new(const struct wavu_config *config, struct wavu_node **out);

/** Close everything at once and free. NULL is fine. Not from a callback. */
WAVU_API void wavu_node_free(struct wavu_node *node);

/** Close connections in order; wavu_node_free then ends what is left. What a mesh knows is written
 * to the home first, which waits for the disk, and the home is free for another process then;
 * without this call the last seconds of it are lost. */
WAVU_API void wavu_node_shut(struct wavu_node *node);

/** True once nothing is connected and nothing is on its way. */
WAVU_API bool wavu_node_is_quiet(const struct wavu_node *node);

/** The peer id as text into `out`. */
WAVU_API void wavu_node_id(const struct wavu_node *node, char out[WAVU_PEER_TEXT_MAX]);

/**
 * Listen on `address`, a multiaddr or host:port with an IP address; port 0 picks one.
 * WAVU_ERR_INVALID (not understood, or no address of this machine), _PEER_ID (it names another
 * peer), _IN_USE, _DENIED, _UNSUPPORTED, _LIMIT.
 */
WAVU_API WARN_UNUSED int wavu_node_listen(struct wavu_node *node, const char *address);

/** Write the `i`th address to dial this node at, with its peer id; false when there are fewer. */
WAVU_API bool wavu_node_address(struct wavu_node *node, size_t i, char out[WAVU_ADDRESS_TEXT_MAX]);

/** Write the `i`th of the addresses that peers say they see this node at ("/ip4/203.0.113.9"), the
 * newest of 8 peers at most, loopback apart; false when there are fewer. They are hints: a peer can
 * say anything. One that is none of this machine's tells of a router in between. */
WAVU_API bool wavu_node_observed(const struct wavu_node *node, size_t i,
                                 char out[WAVU_ADDRESS_TEXT_MAX]);

/** Check an address as a person types it. WAVU_ERR_INVALID, _UNSUPPORTED. */
WAVU_API WARN_UNUSED int wavu_address_check(const char *address);

struct wavu_status {
    uint64_t uptime_ms;
    uint64_t conns;      /* open and opening */
    uint64_t peers;      /* connected */
    uint64_t handshakes; /* inbound, unfinished */
    uint64_t bytes_received;
    uint64_t bytes_sent;
    uint64_t wakeups_per_minute; /* in the last whole minute; at first, at the pace until now */
    bool is_private;             /* a pre-shared key is in use */
    bool
        is_failing; /* the disk takes nothing now: it is tried again, and nothing is acknowledged */
    bool is_damaged; /* the store's full check, a slice a minute, has met damage in this life */
    int64_t clock_ahead_ms; /* this machine's clock before that of most members that are connected,
                               negative: behind; 0: within an hour, or nobody says. A hint */
    uint32_t clock_others;  /* how many of them are so far away; one alone may be wrong itself */
};

WAVU_API void wavu_node_status(const struct wavu_node *node, struct wavu_status *out);

/** How many things of this node's life were to be kept until now. Whoever said or set something,
 * and sees that this has grown, has it on the disk when wavu_node_kept says so of the new number.
 */
WAVU_API uint64_t wavu_node_written(const struct wavu_node *node);

/** Whether the first `written` of them are on the disk: 0; WAVU_ERR_AGAIN: on their way there; else
 * why the disk does not take them now, which is tried again: WAVU_ERR_NO_SPACE, _IO, _DENIED,
 * _IN_USE; or not any more: _CORRUPT, _UNSUPPORTED. Numbers of another life are kept. */
WAVU_API WARN_UNUSED int wavu_node_kept(const struct wavu_node *node, uint64_t written);

/** Call `kept` (NULL: nobody any more) whenever that may have changed. It may ask, and not free. */
WAVU_API void wavu_node_kept_listen(struct wavu_node *node, void (*kept)(void *context),
                                    void *context);

/* One connected peer, as wavu_node_peers reports it. Texts are valid until the callback returns. */
struct wavu_peer {
    char id[WAVU_PEER_TEXT_MAX];
    char address[WAVU_ADDRESS_TEXT_MAX]; /* remote end of the oldest connection */
    const char *agent;                   /* "" while unknown */
    uint64_t connected_ms;
    uint64_t rtt_us; /* of a neighbour in the mesh the newest, else when it connected; 0: not
                        measured */
    uint32_t conns;
    uint32_t streams;
    bool is_dialled;    /* by us */
    bool is_hybrid;     /* all connections with it hold also against a quantum computer of later:
                           the hybrid handshake; false: one or more are plain Noise (X25519) */
    bool is_experiment; /* all links here are under a module's cipher (wavu/module.h) */
    uint64_t barred_ms; /* it broke the rules of the mesh: no links with it for so long; 0: none of
                           that */
};

/** Call `each` for every connected peer, in no order. */
WAVU_API void wavu_node_peers(const struct wavu_node *node,
                              void (*each)(void *context, const struct wavu_peer *peer),
                              void *context);

/** Log that detailed from now on. */
WAVU_API void wavu_node_set_log_level(struct wavu_node *node, enum wavu_log_level level);

/** Call `each` for every counter ("conns_opened_total"). */
WAVU_API void wavu_node_metrics(const struct wavu_node *node,
                                void (*each)(void *context, const char *name, uint64_t value),
                                void *context);

/* ---- Reaching a peer ---- */

struct wavu_op; /* something under way; gone after its last callback */

/** Give up: no callback comes any more. NULL is fine. */
WAVU_API void wavu_op_cancel(struct wavu_op *op);

/**
 * Connect to `address` (multiaddr or host:port; a trailing /p2p/<id> is insisted on; /p2p/<id>
 * alone is looked for among those that know: wavu/kad.h). `done` comes once, with the peer's id.
 * Errors at once: WAVU_ERR_INVALID, _LIMIT, _SHUTDOWN; otherwise as in `done`: _REFUSED, _RESET,
 * _UNREACHABLE, _TIMEOUT, _PEER_ID, _NOT_FOUND, _PROTO, _CRYPTO, _DENIED, _UNSUPPORTED (no
 * transport speaks it), _LIMIT, _IO, _SHUTDOWN.
 */
WAVU_API WARN_UNUSED int wavu_connect(struct wavu_node *node, const char *address,
                                      void (*done)(void *context, int err, const char *peer),
                                      void *context, struct wavu_op **out);

/** End the connections with `peer`, in order. The mesh makes those anew that it wants.
 * WAVU_ERR_INVALID when it is no peer id, _NOT_FOUND when it is not connected. */
WAVU_API WARN_UNUSED int wavu_disconnect(struct wavu_node *node, const char *peer);

struct wavu_ping_event {
    int err; /* 0: a round trip; WAVU_ERR_CLOSED: all done; else why it ended. Not 0: the last event
              */
    uint64_t rtt_ns;  /* of this round trip */
    const char *peer; /* its id; "" while not connected */
    uint32_t hops;    /* links that the answer came over: 1, or of a member what it says */
};

struct wavu_ping_wish {
    const char *address;  /* as for wavu_connect; NULL: `member` */
    const char *member;   /* a peer id: over as many links of the mesh as it takes */
    uint32_t count;       /* round trips; 0: until cancelled */
    uint64_t interval_ms; /* between them; 0: one directly after the other */
};

/** Connect and ping; errors at once as wavu_connect's. Or ask a member, by a unicast of no bytes
 * that it acknowledges and tells to nobody; errors as wavu_send's, and its rates. */
WAVU_API WARN_UNUSED int wavu_ping(struct wavu_node *node, const struct wavu_ping_wish *wish,
                                   void (*up)(void *context, const struct wavu_ping_event *event),
                                   void *context, struct wavu_op **out);

struct wavu_perf_wish {
    const char *address; /* as for wavu_connect */
    uint64_t upload;     /* bytes to send */
    uint64_t download;   /* bytes to take back */
};

struct wavu_perf_event {
    bool is_final;
    int err; /* final: 0, or why it failed */
    uint64_t
        elapsed_ns;    /* final: since the start, connecting included; else since the last event */
    uint64_t uploaded; /* bytes; final: in all; else since the last event */
    uint64_t downloaded;
};

/** Connect, send `upload` bytes, then take `download` back (/perf/1.0.0). An event each second, and
 * a final one. Errors at once as wavu_connect's. */
WAVU_API WARN_UNUSED int wavu_perf(struct wavu_node *node, const struct wavu_perf_wish *wish,
                                   void (*up)(void *context, const struct wavu_perf_event *event),
                                   void *context, struct wavu_op **out);

WAVU_END

#endif
