/*
 * Inside of a node: everything that it builds, in LAYERS order. Private to node/.
 */
#ifndef NODE_WAVU_NODE_H
#define NODE_WAVU_NODE_H

#include "net/datagram.h"
#include "net/echo.h"
#include "net/identify.h"
#include "net/perf.h"
#include "net/ping.h"
#include "net/swarm.h"
#include "node/wavu_keep.h"
#include "node/wavu_store.h"
#include "node/wavu_wakeups.h"
#include "overlay/overlay.h"
#include "transport/tcp.h"
#include "wavu/node.h"

struct wavu_mesh;  /* node/wavu_mesh.c */
struct wavu_sends; /* node/wavu_send.c */

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
    struct wavu_store store; /* shut without a mesh: there is nothing to keep */
    struct metric keep_looks;
    struct wavu_keep *keep;   /* NULL without a mesh */
    struct wavu_mesh *mesh;   /* NULL: none was configured */
    struct wavu_sends *sends; /* NULL without a mesh */
    struct list ops;          /* of struct wavu_op */
    struct wavu_wakeups wakeups;
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

/** Take leave of the neighbours. NULL is fine, as below. */
void wavu_mesh_shut(struct wavu_mesh *mesh);
void wavu_mesh_addresses_changed(struct wavu_mesh *mesh);

/** For so long the mesh has nothing to do with `peer`; 0: it has. */
uint64_t wavu_mesh_barred_ms(const struct wavu_mesh *mesh, const struct peerid *peer);

/** For looking, by the simulator's checks. NULL without a mesh. */
const struct mesh *wavu_mesh_inside(const struct wavu_node *node);

#endif
