/*
 * What a node knows survives its restart: the peers of its views and where they are, and its own
 * part of the shared state.
 *
 * Comes in: at the start, what an earlier life kept; then, WAVU_KEEP_LOOK_NS after the first news,
 * or WAVU_KEEP_SOON_NS after somebody was met for the first time, what the overlay and the peerbook
 * know by then. Goes up: peers to try, our own keys, and a
 * generation above all that earlier lives can have used. What differs goes into the store, as one
 * commit off the thread. docs/protocol/keep.md has the tables, docs/decisions/0005 says when a node
 * does not start.
 */
#ifndef NODE_WAVU_KEEP_H
#define NODE_WAVU_KEEP_H

#include "net/swarm.h"
#include "overlay/overlay.h"
#include "store/store.h"

/* Somebody who was never met before is written after so long: the only way back to a mesh is worth
 * a commit of its own. So often at once, and again each 15 s; then as all that is new. */
#define WAVU_KEEP_SOON_NS (UINT64_C(150) * 1000000)
#define WAVU_KEEP_SOON_SLACK_NS (UINT64_C(50) * 1000000)
#define WAVU_KEEP_SOON_MAX 4
#define WAVU_KEEP_SOON_SECONDS 15

/* What is new is written after so long: a kill -9 loses no more. Nothing new, nothing written, and
 * the node is not woken. */
#define WAVU_KEEP_LOOK_NS (UINT64_C(5) * 1000000000)
#define WAVU_KEEP_SLACK_NS (UINT64_C(1) * 1000000000)

/* Peers that only others spoke of are written so seldom, and at a stop in good order: in a large
 * mesh they change with every shuffle. */
#define WAVU_KEEP_HEARSAY_NS (UINT64_C(600) * 1000000000)

/* Peers in the store: the views' own 164 by default, met ones first. About 100 KiB. */
#define WAVU_KEEP_PEERS_MAX 256

/* A life reserves so many generations on the disk before it uses the first: each rewriting of the
 * own namespace takes one. When half are used, as many more are. */
#define WAVU_KEEP_GENERATIONS UINT64_C(1048576)

struct wavu_keep; /* opaque */

struct wavu_keep_config {
    struct swarm *swarm;  /* borrowed, as all here */
    struct store *store;  /* open */
    struct metric *looks; /* counted by all of a node together */
    uint32_t number;      /* of the network; 0: the node's own mesh */
    /* At each look, for tables beside these four: write what differs. Errors are tried again at the
       next look. NULL: there are none. */
    int (*look)(void *context);
    void *context;
};

/** Reserve a generation, in a commit that is waited for. What the store says; WAVU_ERR_CORRUPT,
 * _UNSUPPORTED for what lies in it. */
WARN_UNUSED int wavu_keep_open(const struct wavu_keep_config *config, struct wavu_keep **out);

/** Higher than in every earlier life of this key. For mesh_config. */
uint64_t wavu_keep_generation(const struct wavu_keep *k);

/** Tell a new overlay what earlier lives knew, and follow it from now on; it is borrowed until
 * wavu_keep_shut or wavu_keep_free. Errors as wavu_keep_open's. */
WARN_UNUSED int wavu_keep_follow(struct wavu_keep *k, struct overlay *overlay);

/** MESH_WRITTEN: the next look saves our own part of the shared state. NULL is fine, as below. */
void wavu_keep_written(struct wavu_keep *k);

/** Whom this node knows has changed (overlay_user): there is a look soon. */
void wavu_keep_met(struct wavu_keep *k);

/** Going down in good order: put everything into the store, and let go of it. Twice is fine. */
void wavu_keep_shut(struct wavu_keep *k);

/** Without wavu_keep_shut what is new since the last look is lost. */
void wavu_keep_free(struct wavu_keep *k);

#endif
