/*
 * The mesh as a graph, and the cheapest ways in it: pure, without time. What members say of their
 * links comes from the shared state; distances go to forward.c.
 *
 * A link counts when both ends name it. Searches run when asked and only when something changed
 * since the last one for that target.
 */
#ifndef ROUTE_PATHS_H
#define ROUTE_PATHS_H

#include "base/heap.h"
#include "base/map.h"
#include "base/wr.h"
#include "overlay/overlay_id.h"
#include "route/route_metric.h"

#define PATHS_NODES_MAX 1024 /* the shared state is whole up to 1,000 members */
#define PATHS_LINKS_MAX 16   /* of one node; a node has 6 neighbours, 16 at most */
#define PATHS_TREES 4        /* targets whose distances are kept */
#define PATHS_VERSION 1      /* first byte of what a member says */
#define PATHS_LINK_SIZE (OVERLAY_ID_SIZE + 6)
#define PATHS_VALUE_MAX (1 + PATHS_LINKS_MAX * PATHS_LINK_SIZE)
#define PATHS_NEVER UINT64_MAX /* the distance of what cannot be reached */

/* What one end says of a link. */
struct paths_link {
    struct overlay_id id; /* the other end */
    struct route_metric_facts facts;
};

/* One link of a way. */
struct paths_hop {
    struct overlay_id id; /* its far end */
    uint32_t cost;
    uint32_t rtt_us; /* of what both ends say the worse; 0: nobody measured it */
};

struct paths_node; /* in paths.c */

struct paths {
    struct overlay_id self;
    struct route_metric metric;
    struct map nodes; /* of struct paths_node, by id */
    struct heap heap; /* empty between searches */
    uint64_t version; /* of the graph; counts changes */
    uint64_t reached; /* the version that was flooded last; 0: none */
    struct {
        struct overlay_id target;
        uint64_t version; /* 0: none */
    } trees[PATHS_TREES];
    size_t tree_next;
    uint64_t searches; /* counts */
};

/** An empty graph of `self`. `random` is used in this call only. */
void paths_init(struct paths *p, const struct overlay_id *self, const struct random *random,
                const struct route_metric *metric);
void paths_clear(struct paths *p);

/** `owner` says that these are its links. WAVU_ERR_PROTO when `value` is malformed,
 * WAVU_ERR_UNSUPPORTED when it is of a newer version: both leave the owner without links.
 * WAVU_ERR_LIMIT when there are too many nodes. */
WARN_UNUSED int paths_set(struct paths *p, const struct overlay_id *owner, struct span value);

/** From now on links cost what `metric`, which is copied, says; also those that are known. */
void paths_set_metric(struct paths *p, const struct route_metric *metric);

/** `owner` is gone. */
void paths_forget(struct paths *p, const struct overlay_id *owner);

/** What a member says of its links, as it stands there. WAVU_ERR_PROTO and _UNSUPPORTED as above,
 * with a count of 0. */
WARN_UNUSED int paths_read(struct span value, struct paths_link out[PATHS_LINKS_MAX],
                           size_t *count);

/** Append a value for paths_set. At most PATHS_LINKS_MAX links. */
void paths_put(struct wr *w, const struct paths_link *links, size_t count);

/** What it costs from `from` to `target` over ways that do not lead through ourselves;
 * PATHS_NEVER when there are none. */
uint64_t paths_distance(struct paths *p, const struct overlay_id *from,
                        const struct overlay_id *target);

/** True when paths_distance to `target` answers without a search. */
bool paths_is_ready(const struct paths *p, const struct overlay_id *target);

/** The cost of our own link to `neighbour`, of which no more needs to be known than that it stands.
 */
uint32_t paths_own_cost(const struct paths *p, const struct overlay_id *neighbour);

/** The way that a payload to `target` takes from here when its first link is that to `first`, a
 * neighbour: `first` and on to `target`, at most `max` links. Of equal ways the one that each node
 * on it would take. Returns how many links; 0: none is known, or it is longer. */
size_t paths_way(struct paths *p, const struct overlay_id *first, const struct overlay_id *target,
                 struct paths_hop *out, size_t max);

/** Whether our links, and then such as both ends name, lead to `id`, whatever they cost. Asking
 * floods the graph once after each change. */
bool paths_is_reached(struct paths *p, const struct overlay_id *id);

size_t paths_count(const struct paths *p);

void paths_check(const struct paths *p);

#endif
