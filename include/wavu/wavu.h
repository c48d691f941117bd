/*
 * wavu in a program of one's own, the short way: loop, port and node are made together, and all
 * news comes to one function.
 *
 *     struct wavu *w = NULL;
 *     struct wavu_start start = {.home = "/var/lib/bot", .nick = "bot", .up = on_event};
 *     if (wavu_start(&start, &w) == 0) {
 *         wavu_run(w);
 *         wavu_stop(w);
 *     }
 *
 * What a node can do is in the other headers; wavu_node(w) is whose they ask for: wavu_set_nick,
 * wavu_person, wavu_invite, wavu_join, wavu_revoke, wavu_network_members (members.h), wavu_say,
 * wavu_history (chat.h), wavu_say_words (rooms.h), wavu_direct_say (direct.h), wavu_file_send
 * (files.h), wavu_sos (sos.h), wavu_broadcast, wavu_send (mesh.h), wavu_node_peers (node.h). Sticks
 * (stick.h), backups, passphrase and wipe (vault.h), and streams of one's own with libp2p peers
 * (p2p.h) are included apart.
 *
 * What is told, and where: a message came: WAVU_CHAT_MESSAGE, WAVU_DIRECT_MESSAGE; it was
 * delivered: WAVU_CHAT_HAS, WAVU_DIRECT_STATE; somebody joined or left: WAVU_MEMBERS_CHANGED (this
 * node: _ENTERED, _LEFT); a link is up or down: WAVU_MESH_NEIGHBOUR, _PARTED; a broadcast came:
 * WAVU_MESH_MESSAGE; shared state changed: WAVU_MESH_CHANGED.
 *
 * Threads: everything of one `struct wavu` happens on one thread. Choose one of three ways:
 *
 *   - wavu_run: this thread is wavu's, until something in a callback calls wavu_quit;
 *   - a loop of one's own: poll wavu_fd for reading, for wavu_wait_ms at most, then wavu_process,
 *     whatever ended the wait;
 *   - `has_thread`: wavu makes a thread. Callbacks come on it. Other threads reach it by wavu_call
 *     only, except for wavu_quit and wavu_stop.
 *
 * Any number of them may live in one process, on one thread or on many.
 */
#ifndef WAVU_WAVU_H
#define WAVU_WAVU_H

#include "wavu/chat.h"
#include "wavu/contacts.h"
#include "wavu/direct.h"
#include "wavu/files.h"
#include "wavu/history.h"
#include "wavu/members.h"
#include "wavu/mesh.h"
#include "wavu/node.h"
#include "wavu/os.h"
#include "wavu/rooms.h"
#include "wavu/sos.h"
#include "wavu/version.h"

WAVU_BEGIN

struct wavu; /* a loop with one node */

/* News. One of the pointers is set: what kind it is stands there. Borrowed until return. */
struct wavu_event {
    const struct wavu_chat_event *chat;       /* said, changed, received by somebody; or NULL */
    const struct wavu_members_event *members; /* who belongs, codes, joining; or NULL */
    const struct wavu_mesh_event *mesh;       /* links, broadcasts, shared state; or NULL */
    const struct wavu_direct_event
        *direct;                          /* direct chats, and what became of one's own; or NULL */
    const struct wavu_files_event *files; /* offered, coming, here; or NULL */
    const struct wavu_contacts_event
        *contacts;                    /* somebody's key was followed by another; or NULL */
    const struct wavu_sos_event *sos; /* calls for help; or NULL */
};

/* Zeroed memory is a valid start: a node without a past that is found on the local network and
 * forgets everything at the end. All pointers but `context` are borrowed for the call of
 * wavu_start. */
struct wavu_start {
    const char *home;   /* folder of its keys and its store, made when there is none; one node at a
                           time. NULL: nothing is kept */
    const char *listen; /* multiaddr or host:port; NULL: any free TCP port, on all addresses */
    const char *nick;   /* as of wavu_set_nick; NULL: as it is kept */
    const struct wavu_mesh_config *mesh; /* NULL: defaults, found on the local network */
    bool is_alone;   /* neither look for others nor listen: for reading what is kept */
    bool has_thread; /* make a thread for it */
    void (*up)(struct wavu *w, void *context, const struct wavu_event *event); /* or NULL */
    void *context;
    const struct wavu_config *config; /* what else a node takes (its `port` and `mesh` do not
                                         count, nor is_ephemeral when there is no home), or NULL */
};

/** Begin. Events may come as soon as it is run, with `has_thread` before this returns (`*out` is
 * set then). WAVU_ERR_LIMIT when the system gives no loop or thread; errors of wavu_node_new,
 * wavu_node_listen, wavu_set_nick: then nothing is left of it. */
WAVU_API WARN_UNUSED int wavu_start(const struct wavu_start *start, struct wavu **out);

/** End: others are told, what is known is put on the disk, all is freed. Waits for that, for the
 * thread, too, a second at most for connections that do not close. From any thread but one's own
 * callbacks. NULL is fine. */
WAVU_API void wavu_stop(struct wavu *w);

/** The node, for everything in the other headers. Its listeners (wavu_mesh_listen ...) are taken.
 */
WAVU_API struct wavu_node *wavu_node(struct wavu *w);

/** Run on this thread until wavu_quit. */
WAVU_API void wavu_run(struct wavu *w);

/** Let wavu_run return, or the thread end; from anywhere, from a signal handler, too. */
WAVU_API void wavu_quit(struct wavu *w);

/** For a loop of one's own: readable when there is something to do; */
WAVU_API int wavu_fd(const struct wavu *w);
/** how long to wait for that, in ms; negative: for ever. Ask before each wait; */
WAVU_API int wavu_wait_ms(struct wavu *w);
/** do what is there, without waiting. */
WAVU_API void wavu_process(struct wavu *w);

/** As wavu_os_call: let its thread call `call`, and wait. WAVU_ERR_SHUTDOWN when it has ended. */
WAVU_API WARN_UNUSED int wavu_call(struct wavu *w, void (*call)(void *context), void *context);

WAVU_END

#endif
