/*
 * Inside of a node: everything that it builds, in LAYERS order. Private to node/.
 */
#ifndef NODE_WAVU_NODE_H
#define NODE_WAVU_NODE_H

#include "chat/rooms.h"
#include "courier/courier.h"
#include "net/datagram.h"
#include "net/echo.h"
#include "net/identify.h"
#include "net/perf.h"
#include "net/ping.h"
#include "net/swarm.h"
#include "node/wavu_clock.h"
#include "node/wavu_keep.h"
#include "node/wavu_store.h"
#include "node/wavu_wakeups.h"
#include "overlay/overlay.h"
#include "sync/talks.h"
#include "transport/tcp.h"
#include "wavu/node.h"

struct beacon_key;    /* discovery/beacon.h */
struct wavu_mesh;     /* node/wavu_mesh.c */
struct wavu_networks; /* node/wavu_networks.h */
struct wavu_sends;    /* node/wavu_send.c */
struct wavu_backup;   /* node/wavu_backup.c */
struct wavu_stick;    /* node/wavu_stick.c */
struct wavu_modules;  /* node/wavu_modules.h */
struct wavu_kad;      /* node/wavu_kad.h */
struct wavu_p2p;      /* node/wavu_p2p.h */
struct wavu_topics;   /* node/wavu_topics.h */

struct wavu_node {
    struct port *port; /* borrowed */
    struct log log;
    struct metric_set metrics;
    void (*log_user)(void *context, enum wavu_log_level level, const char *subsystem,
                     const char *text);
    void *log_context;
    struct tcp tcp;
    struct swarm swarm;
    struct identify identify;
    struct ping ping;
    struct perf perf;
    struct echo echo;
    struct datagram *datagram;
    struct gate *gate;
    struct overlay_metrics overlays;
    struct courier_metrics couriers;
    struct talks_metrics talks;
    struct rooms_metrics rooms;
    struct wavu_store store; /* shut without a mesh: there is nothing to keep */
    struct metric keep_looks;
    struct wavu_keep *keep;            /* NULL without a mesh */
    struct wavu_mesh *mesh;            /* NULL: none was configured */
    struct wavu_sends *sends;          /* NULL without a mesh */
    struct wavu_networks *networks;    /* likewise */
    struct wavu_backup *backup;        /* being written; NULL: none */
    struct wavu_stick *stick;          /* NULL: nothing was written or read yet */
    struct wavu_modules *modules;      /* NULL: none was loaded */
    struct wavu_kad *kad;              /* NULL: it takes no part in Kademlia */
    struct wavu_p2p *p2p;              /* NULL: no program asked for anything of wavu/p2p.h */
    struct wavu_topics *topics;        /* NULL: no program asked for anything of wavu/topics.h */
    uint8_t person[32];                /* the person's public key, once there is one */
    uint8_t root_seed[WAVU_SEED_SIZE]; /* as it was given; wiped at the end */
    bool has_person;
    bool has_root_seed;
    bool is_ephemeral;
    struct list ops; /* of struct wavu_op */
    struct wavu_wakeups wakeups;
    struct wavu_clock clock;
    uint64_t started_ns;
    bool serves_echo;
};

/** End every operation under way with WAVU_ERR_SHUTDOWN (from wavu_op.c). */
void wavu_op_end_all(struct wavu_node *node);

/* How much longer far links may take (is_wan). */
#define WAVU_NODE_WAN_FACTOR 3

/* From wavu_mesh.c. */

/** Build node->mesh. WAVU_ERR_INVALID or _LIMIT for the seeds. */
WARN_UNUSED int wavu_mesh_new(struct wavu_node *node, const struct wavu_mesh_config *config);
void wavu_mesh_free(struct wavu_mesh *mesh);
struct overlay *wavu_mesh_overlay(struct wavu_mesh *mesh);
bool wavu_mesh_is_closed(const struct wavu_mesh *mesh); /* to those without its key */

#define WAVU_MESH_NETWORK_KEYS_MAX 7 /* discovery keys beside that of the node's own mesh */

/** How overlays on this node behave by that configuration, and with what slack. */
void wavu_mesh_numbers(const struct wavu_mesh_config *config, struct mesh_config *numbers,
                       uint64_t *slack_ns);

/** Call, and be found, under the keys of networks with members, too. */
void wavu_mesh_set_network_keys(struct wavu_mesh *mesh, const struct beacon_key *keys,
                                size_t count);

/** A code with that number is open here (0: none any more): the beacon names it. */
void wavu_mesh_set_slot(struct wavu_mesh *mesh, uint16_t slot);

/** Look for who has the code of that number open; 0: no more. False when nobody can be looked for:
 * there is no beacon. */
bool wavu_mesh_seek(struct wavu_mesh *mesh, uint16_t slot);

/** Take leave of the neighbours. NULL is fine, as below. */
void wavu_mesh_shut(struct wavu_mesh *mesh);
void wavu_mesh_addresses_changed(struct wavu_mesh *mesh);
void wavu_mesh_clock_changed(struct wavu_mesh *mesh); /* people are told to look at it */

/** For so long the mesh has nothing to do with `peer`; 0: it has. */
uint64_t wavu_mesh_barred_ms(const struct wavu_mesh *mesh, const struct peerid *peer);

/** For looking, by the simulator's checks. NULL without a mesh. */
const struct mesh *wavu_mesh_inside(const struct wavu_node *node);

#endif
