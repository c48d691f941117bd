/*
 * Direct chats of one network on a node: joins chat/directs to the courier, the histories and who
 * belongs, and tells the listener. Private to node/.
 */
#ifndef NODE_WAVU_DIRECTS_H
#define NODE_WAVU_DIRECTS_H

#include "chat/directs.h"
#include "node/wavu_networks.h"

/* Chats with one member that are read as one, the last of them: who was out of a network and came
 * back is another member there, with whom another chat goes on. */
#define WAVU_DIRECTS_CHATS_MAX 8

struct wavu_directs; /* opaque */

struct wavu_directs_with {
    struct wavu_networks_one *o; /* all borrowed */
    struct rooms *rooms;
    struct courier *courier;
    /* The live device number `at` of `member`: as the courier asks for it, with its context. */
    bool (*device)(void *context, const uint8_t member[32], size_t at, uint8_t device[32]);
    void *context;
};

/** Begin, in the turn in which the courier was made. What the store says. */
WARN_UNUSED int wavu_directs_new(const struct wavu_directs_with *with, struct wavu_directs **out);

/** Before rooms and courier. NULL is fine. */
void wavu_directs_free(struct wavu_directs *w);

/** What the courier tells. NULL: nobody listens. */
void wavu_directs_fate(struct wavu_directs *w, const struct courier_fate *fate);

/** News of the histories: true when they are a direct chat's, and told. */
WARN_UNUSED bool wavu_directs_news(struct wavu_directs *w, const struct history_event *event);

/** For saying and looking. */
struct directs *wavu_directs_inside(struct wavu_directs *w);

/** The chats with the member `other`, the latest first. Returns how many. */
size_t wavu_directs_chats(const struct wavu_networks_one *o, const uint8_t other[32],
                          struct history_room *out[WAVU_DIRECTS_CHATS_MAX]);

#endif
