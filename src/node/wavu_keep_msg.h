/*
 * What a node keeps in its store, as bytes: one codec for the values of its tables. Comes from
 * and goes to store/ through wavu_keep.c and wavu_nicks.c; docs/protocol/keep.md has the forms.
 *
 * Each value begins with a version. A newer one is WAVU_ERR_UNSUPPORTED, anything else that cannot
 * be read WAVU_ERR_CORRUPT. Nothing is half read.
 */
#ifndef NODE_WAVU_KEEP_MSG_H
#define NODE_WAVU_KEEP_MSG_H

#include "base/name.h"
#include "base/wr.h"
#include "net/peerbook.h"
#include "overlay/state.h"
#include "overlay/views_msg.h"

#define WAVU_KEEP_MSG_VERSION 1

/* Of one peer: more than a machine with IPv4 and IPv6 on two networks has. */
#define WAVU_KEEP_MSG_ADDRESSES_MAX 8

/* Version and generation. */
#define WAVU_KEEP_MSG_LIFE_SIZE 9

/* Version, and of each address its source, a length of two bytes at most, and its bytes. */
#define WAVU_KEEP_MSG_PEER_MAX (1 + WAVU_KEEP_MSG_ADDRESSES_MAX * (1 + 2 + MULTIADDR_SIZE_MAX))

/* Version, flags, where. */
#define WAVU_KEEP_MSG_VIEW_MAX (2 + VIEWS_MSG_WHERE_MAX)

/* Version, and what state_save writes. */
#define WAVU_KEEP_MSG_STATE_MAX (1 + STATE_MSG_SIZE_MAX)

/* Version, and a name. */
#define WAVU_KEEP_MSG_NICK_MAX (1 + NAME_SIZE_MAX)

/* Addresses of a peer that another than hearsay told, most trusted first. */
struct wavu_keep_msg_peer {
    size_t count;
    struct peerbook_address addresses[WAVU_KEEP_MSG_ADDRESSES_MAX]; /* seen_ns is not kept */
};

/* A peer of the views. */
struct wavu_keep_msg_view {
    bool is_lost;      /* it did not answer when last tried */
    struct span where; /* borrowed; empty: the peerbook knows */
};

/** Up to which generation this life may go. */
void wavu_keep_msg_put_life(struct wr *w, uint64_t generation);
WARN_UNUSED int wavu_keep_msg_get_life(struct span bytes, uint64_t *generation);

void wavu_keep_msg_put_peer(struct wr *w, const struct wavu_keep_msg_peer *peer);
WARN_UNUSED int wavu_keep_msg_get_peer(struct span bytes, struct wavu_keep_msg_peer *peer);

void wavu_keep_msg_put_view(struct wr *w, const struct wavu_keep_msg_view *view);
WARN_UNUSED int wavu_keep_msg_get_view(struct span bytes, struct wavu_keep_msg_view *view);

/** What a device's person was called last: a good name (base/name.h). `*name` is borrowed. */
void wavu_keep_msg_put_nick(struct wr *w, struct span name);
WARN_UNUSED int wavu_keep_msg_get_nick(struct span bytes, struct span *name);

/** Put the version; state_save writes the rest. */
void wavu_keep_msg_put_state(struct wr *w);

/** `*saved` is for state_load. Borrowed from `bytes`. */
WARN_UNUSED int wavu_keep_msg_get_state(struct span bytes, struct span *saved);

#endif
