/*
 * The networks with members that a node is in: for each an overlay of its own, and what it keeps.
 * Joins group/networks to the mesh: operations travel as broadcasts, the shared state tells whose
 * log differs, beacons call under the discovery keys. Private to node/.
 */
#ifndef NODE_WAVU_NETWORKS_H
#define NODE_WAVU_NETWORKS_H

#include "base/budget.h"
#include "group/networks_pair.h"
#include "net/dial.h"
#include "overlay/overlay.h"
#include "courier/lasting.h"
#include "wavu/chat.h"

/* The first byte of a broadcast says whose it is (docs/protocol/network.md, Channels). */
#define WAVU_NETWORKS_CHANNEL_LOG 2

#define WAVU_NETWORKS_LOG_KEY "log"   /* of the shared state: struct networks' networks_state */
#define WAVU_NETWORKS_NICK_KEY "nick" /* what the device's person is called */

struct wavu_node;
struct wavu_keep;
struct wavu_nicks;        /* node/wavu_nicks.h */
struct wavu_people_shown; /* node/wavu_people.h */
struct beacon_found;
struct wavu_joining; /* node/wavu_joining.h */
struct wavu_rooms;   /* node/wavu_rooms.h */
struct wavu_files;   /* node/wavu_files.h */
struct wavu_files_event;
struct history_event;     /* chat/history.h */
struct wavu_direct_event; /* wavu/direct.h */
struct wavu_contacts;     /* node/wavu_contacts.h */
struct wavu_sos;          /* node/wavu_sos.c */

/* One network that this node belongs to; or belonged: then it has neither overlay, keep nor files,
 * and its rooms are to be read. */
struct wavu_networks_one {
    struct list link;
    struct wavu_networks *owner;
    struct networks_one *one;
    struct overlay *overlay;
    struct wavu_keep *keep;
    struct wavu_nicks *nicks;        /* what everybody was called last */
    struct wavu_people_shown *shown; /* what to call everybody, when somebody has asked */
    struct wavu_rooms *rooms;        /* NULL: it could not be opened */
    struct wavu_files *files;        /* likewise */
};

#define WAVU_NETWORKS_MET_MAX 16 /* names that pairings have told, until the shared state does */

/* Whom a pairing has shown, by its device: it is called so before its state is here. */
struct wavu_networks_met {
    uint8_t device[32];
    char name[WAVU_NAME_MAX]; /* "" : nobody */
};

struct wavu_networks {
    struct wavu_node *node;
    struct networks *service;
    struct mesh_config numbers; /* how each of its overlays behaves */
    uint64_t slack_ns;
    struct list ones; /* of struct wavu_networks_one */
    struct list past; /* likewise, of networks that we are in no more, once they were looked at */
    char nick[WAVU_NAME_MAX];
    struct wavu_networks_met met[WAVU_NETWORKS_MET_MAX]; /* the newest in place of the oldest */
    size_t met_at;
    uint64_t names; /* counts what changes how people are shown */
    struct wavu_contacts *contacts;
    struct wavu_sos *sos;
    struct wavu_joining *joining;
    void (*up)(void *context, const struct wavu_members_event *event);
    void *context;
    void (*chat_up)(void *context, const struct wavu_chat_event *event);
    void *chat_context;
    void (*files_up)(void *context, const struct wavu_files_event *event);
    void *files_context;
    void (*direct_up)(void *context, const struct wavu_direct_event *event);
    void *direct_context;
    uint64_t auto_accept; /* bytes of a file that is fetched without being asked for; 0: none */
    struct budget_bucket autos; /* WAVU_FILES_AUTO_SECONDS tokens for one */
    struct lasting lasting;
    struct timer lasting_timer; /* it is stored now and then */
};

/** Begin, with what the store has. WAVU_ERR_CORRUPT, _UNSUPPORTED, and what the store says;
 * `*file` as for wavu_store_open. */
WARN_UNUSED int wavu_networks_new(struct wavu_node *node, const struct mesh_config *numbers,
                                  uint64_t slack_ns, const char **file);

/** All its overlays, and those to come, are tuned (mesh_tune). NULL is fine. */
void wavu_networks_tune(struct wavu_networks *w, const struct mesh_config *numbers);

/** Nodes that are neighbours in some network and not in `views`, each once. NULL: none. */
size_t wavu_networks_linked(const struct wavu_networks *w, const struct views *views);

/** Going down in good order: neighbours are told, all is put into the store, which nobody touches
 * any more. Then wavu_networks_free. NULL is fine for both. */
void wavu_networks_shut(struct wavu_networks *w);
void wavu_networks_free(struct wavu_networks *w);

/** A neighbour was found that called under the key of the network with that number. */
void wavu_networks_on_beacon(struct wavu_networks *w, const struct beacon_found *found);

/** A connection to a seed stands: it may be of any of our networks. */
void wavu_networks_on_seed(struct wavu_networks *w, struct conn *conn);

/** Our listeners changed. */
void wavu_networks_addresses_changed(struct wavu_networks *w);

/** Tell the beacon under which keys to call and to hear. */
void wavu_networks_set_keys(struct wavu_networks *w);

/** The identity, made and kept when there is none yet. */
WARN_UNUSED int wavu_networks_person(struct wavu_networks *w);

/** Lasting time, ns: it goes on over restarts. */
uint64_t wavu_networks_lasting(const struct wavu_networks *w);

/** What this node has of a network that it is in, or NULL. */
struct wavu_networks_one *wavu_networks_of(const struct wavu_networks *w,
                                           const struct networks_one *one);

/** What a pairing of this run said that the person of `device` is called; "" for nothing. */
const char *wavu_networks_met_name(const struct wavu_networks *w, const uint8_t device[32]);

/** The network that `text` means, as wavu/members.h says: WAVU_ERR_NOT_FOUND, _INVALID,
 * _DENIED where this node was put out, _AGAIN where the store did not let it begin. */
WARN_UNUSED int wavu_networks_find(const struct wavu_networks *w, const char *text,
                                   struct wavu_networks_one **out);

/** Likewise, and where this node is in no such network, one that it was in, to be read: what stands
 * on it cannot say anything. Errors of the store. */
WARN_UNUSED int wavu_networks_find_any(struct wavu_networks *w, const char *text,
                                       struct wavu_networks_one **out);

/** All that this node is in, or (`is_in` false) was in, to be read. WAVU_ERR_NOT_FOUND: none;
 * _AGAIN: none that is served; of the store. */
WARN_UNUSED int wavu_networks_all(struct wavu_networks *w, bool is_in,
                                  struct wavu_networks_one *out[NETWORKS_MAX], size_t *count);

/** Those that a question about `text` is about: that one, as wavu_networks_find_any; where it is
 * NULL all that this node is in, or else was in. Those alone whose histories are open; none:
 * WAVU_ERR_AGAIN. Errors as of these two. */
WARN_UNUSED int wavu_networks_asked(struct wavu_networks *w, const char *text,
                                    struct wavu_networks_one *out[NETWORKS_MAX], size_t *count);

/** What `text` is, or, where it is NULL, the id of the network that `member` (an id) is of, which
 * is written to `id`; NULL: of none, and `text` was. */
const char *wavu_networks_for(const struct wavu_networks *w, const char *text, const char *member,
                              char id[WAVU_KEY_TEXT_MAX]);

/** What a network is called. */
void wavu_networks_name(const struct network *n, char out[WAVU_NAME_MAX]);

/** What is to be read of a network that this node is in no more; it is made when there is none
 * yet. */
WARN_UNUSED int wavu_networks_past(struct wavu_networks *w, struct networks_one *one,
                                   struct wavu_networks_one **out);

/** An id as text. */
void wavu_networks_hex(char out[WAVU_KEY_TEXT_MAX], const uint8_t id[32]);

/** And back: WAVU_ERR_INVALID unless `text` is 64 hexadecimal digits. */
WARN_UNUSED int wavu_networks_id(uint8_t out[32], const char *text);

/** Tell who listens to chat, from wavu_chat.c; `from` is NULL where there is nothing to look up. */
void wavu_networks_chat(struct wavu_networks_one *o, enum wavu_chat_kind kind,
                        const struct history_event *from);

/** Tell the listener. */
void wavu_networks_tell(struct wavu_networks *w, struct wavu_members_event *event);

#endif
