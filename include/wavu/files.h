/*
 * Files: offered by one member of a network to the others, fetched by whoever accepts them.
 *
 * What is offered lies where it is, and is read there; what is accepted comes into the folder
 * "downloads" of the node's home, from all members that have it at once, and appears under its name
 * when all of it is here and proved. It goes on after a restart by itself. Everything happens on
 * the node's thread; callbacks may call everything here except wavu_node_free. It needs a network
 * (wavu/members.h).
 *
 *   A: wavu_file_send -> WAVU_FILES_SENT
 *   B: WAVU_FILES_OFFER -> wavu_file_accept -> WAVU_FILES_MOVED .. -> WAVU_FILES_DONE
 */
#ifndef WAVU_FILES_H
#define WAVU_FILES_H

#include "wavu/members.h"

WAVU_BEGIN

#define WAVU_FILES_MAX 4096      /* of a network: offered, coming or here */
#define WAVU_FILES_SCAN_MAX 8192 /* messages of each room that offers are looked for in */
#define WAVU_FILES_PATH_MAX 4096
#define WAVU_FILES_NAME_MAX 256 /* bytes of a name, with NUL */

enum wavu_files_kind {
    WAVU_FILES_HASHED,  /* of what is sent: `bytes` are hashed */
    WAVU_FILES_SENT,    /* it is offered; `id` names the offer */
    WAVU_FILES_REFUSED, /* it is not: `err`. WAVU_ERR_NOT_FOUND, _DENIED, _CORRUPT (a folder or a
                           device, or it changed while it was read), _LIMIT (larger than 64 GiB),
                           _IO, and as wavu_say's */
    WAVU_FILES_OFFER,   /* somebody offers a file */
    WAVU_FILES_MOVED,   /* of what was accepted: `bytes` are here, `holders` send */
    WAVU_FILES_DONE,    /* it is here, under `path` */
    WAVU_FILES_STOPPED, /* it ended: `err`. WAVU_ERR_NOT_FOUND: nobody who was asked has it (any
                           more): it was changed, moved or withdrawn; _PROTO: what came was not that
                           file; _CORRUPT: the disk changed what was here, accept it anew;
                           _NO_SPACE, _IO, ...: accept it again to go on; _CLOSED: as told */
    WAVU_FILES_GONE     /* a file that others could have from here is not what it was: `err` */
};

/* Borrowed until return. */
struct wavu_files_event {
    enum wavu_files_kind kind;
    uint64_t number;     /* HASHED, SENT, REFUSED: wavu_file_send's */
    const char *network; /* its id */
    const char *id;      /* of the offer; "" where there is none */
    const char *path;    /* DONE: in the home; else "" */
    uint64_t bytes;
    uint64_t size;
    uint32_t holders;
    int err;
};

/** Be told of events; one listener, NULL for none. WAVU_ERR_UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int
wavu_files_listen(struct wavu_node *node,
                  void (*up)(void *context, const struct wavu_files_event *event), void *context);

/* To whom, and what. */
struct wavu_file_wish {
    const char *network; /* id or name; NULL: the only one */
    const char *room;    /* id or name; NULL: the main room */
    const char *to;      /* a member's id: to that one alone; NULL: to the room */
    const char *path;    /* absolute; read, never written */
};

/** Offer a file. It is hashed first; SENT or REFUSED follows, with `*number`. It is served as long
 * as it stays as it is where it is. WAVU_ERR_INVALID (the path is not absolute, or several networks
 * or rooms fit), _LIMIT (64 are being hashed, or WAVU_FILES_MAX are known), _NOT_FOUND, _DENIED,
 * _AGAIN (the rooms are not open). `to` and `room` together, or `to` oneself: _INVALID. */
WAVU_API WARN_UNUSED int wavu_file_send(struct wavu_node *node, const struct wavu_file_wish *wish,
                                        uint64_t *number);

/* One offer. Valid until the callback returns. */
struct wavu_file {
    char id[WAVU_KEY_TEXT_MAX];     /* of the message that offers it */
    char author[WAVU_KEY_TEXT_MAX]; /* a member's id */
    char nick[WAVU_NAME_MAX];       /* as that person says; "" while unknown */
    char name[WAVU_FILES_NAME_MAX]; /* made safe: one component without control characters */
    uint64_t size;
    uint64_t unix_ms;  /* by its author's clock: a hint; 0: not said, or the offer is gone */
    const char *state; /* static. "offered": it can be accepted; "coming"; "stopped": `err`; "here";
                          "own": offered by this device; "gone": it was, and is not any more */
    uint64_t bytes;    /* coming: here */
    uint32_t holders;  /* coming: who send */
    int err;           /* stopped: why, if it was since the start */
    char path[WAVU_FILES_PATH_MAX]; /* own: absolute; here: in the home; else "" */
};

/** Call `each` for the offers in the last WAVU_FILES_SCAN_MAX messages of each room of `network`,
 * the newest first; of those that were withdrawn or have ended, for what is here. Errors as of
 * wavu_file_look, of the network. */
WAVU_API WARN_UNUSED int wavu_files(const struct wavu_node *node, const char *network,
                                    void (*each)(void *context, const struct wavu_file *file),
                                    void *context);

/** Look at one offer. WAVU_ERR_NOT_FOUND, _INVALID (no id, or several networks), _DENIED (we belong
 * no more), _AGAIN (the rooms are not open); what the store says; _PROTO: it is no offer of a file.
 */
WAVU_API WARN_UNUSED int wavu_file_look(const struct wavu_node *node, const char *network,
                                        const char *id, struct wavu_file *out);

/** Fetch what the message `id` offers, or go on with it; DONE follows at once when it is here.
 * WAVU_ERR_NOT_FOUND (no such offer, or it was deleted), _INVALID, _EXISTS (it is coming, or our
 * own), _LIMIT (16 are coming), _NO_SPACE (with what else is coming it would fill the disk),
 * _UNSUPPORTED (sealed by a newer wavu), _PROTO (no file), _DENIED, and what the store says. */
WAVU_API WARN_UNUSED int wavu_file_accept(struct wavu_node *node, const char *network,
                                          const char *id);

/** From now on fetch without being asked what verified contacts (wavu_contact_verify) offer, up to
 * `size_max` bytes; 0, as at the start: nothing. 32 at once, and one each minute; the rest waits
 * for wavu_file_accept. WAVU_ERR_UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int wavu_files_auto_accept(struct wavu_node *node, uint64_t size_max);

/** Want it no more: what came of it goes (STOPPED follows), or our own offer is withdrawn.
 * WAVU_ERR_NOT_FOUND (it is neither), _EXISTS (it is here already), _INVALID, _DENIED. */
WAVU_API WARN_UNUSED int wavu_file_cancel(struct wavu_node *node, const char *network,
                                          const char *id);

WAVU_END

#endif
