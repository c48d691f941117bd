/*
 * Files of a network: offered from anywhere on this machine, fetched from members into the
 * downloads. A service behind the gate, one for each network.
 *
 * Comes in: paths that a person names, files that messages name (struct file_about), devices that
 * may hold them. Goes up: what became of them, as events. Which files are offered and which come is
 * in the store; where a file stands of which pieces, beside it. Reading, hashing, sealing and
 * writing are jobs.
 *
 *   A: file_offer -> FILE_OFFERED (id and key: into a message)
 *   B: file_fetch, file_holder .. -> FILE_MOVED .. -> FILE_DONE; then B is a holder, too
 *
 * Source: docs/protocol/file.md.
 */
#ifndef SYNC_FILE_H
#define SYNC_FILE_H

#include "overlay/gate.h"
#include "store/store.h"
#include "sync/file_about.h"

#define FILE_PROTOCOL "/wavu/file/1"
#define FILE_OFFERS_MAX 64                      /* being hashed; those that are do not count */
#define FILE_FETCHES_MAX 16                     /* under way */
#define FILE_NETWORK_SIZE 32                    /* of a network's id */
#define FILE_MOVED_NS (UINT64_C(250) * 1000000) /* between two FILE_MOVED of one file */

struct file; /* opaque */

enum file_event_kind {
    FILE_HASHED,  /* of an offer: `bytes` so far */
    FILE_OFFERED, /* an offer is ready: id, key, size, AEAD; it is kept across restarts */
    FILE_REFUSED, /* an offer failed: err */
    FILE_MOVED,   /* of a fetch: `bytes` are here, of so many holders */
    FILE_DONE,    /* it is here: `path` in the home. The same commit holds what the owner writes */
    FILE_STOPPED, /* the fetch ended: err (WAVU_ERR_CLOSED: as told; _NOT_FOUND: all who were asked
                     say that they have it not, or no more; _PROTO: who was asked sent what is no
                     piece of it); file_fetch goes on with it, but for WAVU_ERR_CORRUPT, after which
                     it begins anew */
    FILE_GONE     /* a file that was held is not what it was any more, and no more offered: err */
};

/* Borrowed by who hears of it. A handler may call what it likes but file_free. */
struct file_event {
    enum file_event_kind kind;
    uint64_t offer;     /* HASHED, OFFERED, REFUSED: file_offer's number */
    const uint8_t *id;  /* FILE_SHAPE_ID_SIZE; NULL with HASHED and REFUSED */
    const uint8_t *key; /* OFFERED: FILE_SHAPE_KEY_SIZE; a secret */
    enum aead_kind aead;
    uint64_t bytes; /* here, or hashed */
    uint64_t size;
    size_t holders;
    const char *path;
    int err;
};

struct file_config {
    struct swarm *swarm;
    struct gate *gate;
    struct gate_network *network;
    struct store *store;
    uint8_t id[FILE_NETWORK_SIZE];
    enum aead_kind kind; /* to seal offers with: AES-256-GCM where the processor has it */
    void *context;
    void (*event)(void *context, const struct file_event *event);
};

/* What is known of one. */
enum file_state {
    FILE_IS_OFFERED, /* from outside the home */
    FILE_IS_COMING,  /* whether or not a fetch is under way */
    FILE_IS_HERE     /* in the downloads */
};

struct file_status {
    uint8_t id[FILE_SHAPE_ID_SIZE];
    enum file_state state;
    uint64_t size;
    uint64_t bytes;  /* of a fetch under way: here */
    size_t holders;  /* likewise */
    bool is_running; /* a fetch is under way */
};

/** A service of `network`, which has entered the gate. All pointers are borrowed. Errors of
 * gate_register; WAVU_ERR_CRYPTO. */
WARN_UNUSED int file_new(const struct file_config *config, struct file **out);

/** Going down in good order: what came of fetches is saved, so that it is not asked for again. Only
 * file_free may follow. NULL is fine. */
void file_settle(struct file *f);

/** Go down: streams are aborted, jobs waited for. NULL is fine. */
void file_free(struct file *f);

/** Offer the file at `path`, absolute and a person's word, never a peer's. `*offer` names it until
 * its id is known. WAVU_ERR_LIMIT, _INVALID. The rest is FILE_OFFERED's, or FILE_REFUSED's:
 * WAVU_ERR_NOT_FOUND, _DENIED, _CORRUPT (a folder or a device, or it changed while it was read),
 * _LIMIT (larger than FILE_SHAPE_SIZE_MAX), _IO, ... */
WARN_UNUSED int file_offer(struct file *f, const char *path, uint64_t *offer);

/** Give up an offer that is not ready. WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int file_offer_cancel(struct file *f, uint64_t offer);

/** Fetch a file, or go on with it. FILE_DONE follows at once when it is here already. What `about`
 * says of a file that is not here yet counts, whatever was said of it before.
 * WAVU_ERR_EXISTS: it is under way, or offered by this node itself; _LIMIT: FILE_FETCHES_MAX are,
 * or larger than FILE_SHAPE_SIZE_MAX; and store_put's. */
WARN_UNUSED int file_fetch(struct file *f, const struct file_about *about);

/** Go on with a file that is coming, after a start. WAVU_ERR_NOT_FOUND: none of that id is; and as
 * file_fetch. */
WARN_UNUSED int file_resume(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE]);

/** The device can be reached: fetches that ask it do so at once. */
void file_near(struct file *f, const struct overlay_id *device);

/** Ask that device, too, which holds the file of that id, maybe. It is dialled when it is not
 * connected, and again when it goes. WAVU_ERR_NOT_FOUND: no such fetch is under way; _EXISTS;
 * _LIMIT. */
WARN_UNUSED int file_holder(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE],
                            const struct overlay_id *device);

/** Stop a fetch; what is here stays. FILE_STOPPED follows. WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int file_stop(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE]);

/** Know no more of a file: its offer ends; what is here of a fetch goes, unless it is whole.
 * FILE_STOPPED follows for a fetch under way. WAVU_ERR_NOT_FOUND, and store_delete's. */
WARN_UNUSED int file_forget(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE]);

/** Replace what is in `path` by where it is: an absolute one of what is offered, one in the home of
 * what is here, else the giver's name. WAVU_ERR_NOT_FOUND, _LIMIT. */
WARN_UNUSED int file_where(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE], struct buf *path);

/** WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int file_look(struct file *f, const uint8_t id[FILE_SHAPE_ID_SIZE],
                          struct file_status *status);

/** The file behind `status->id` in order of ids, or with `is_first` the first one.
 * WAVU_ERR_NOT_FOUND behind the last. */
WARN_UNUSED int file_next(struct file *f, bool is_first, struct file_status *status);

/** Bytes of pieces in memory now: for tests. */
size_t file_held(const struct file *f);
void file_check(const struct file *f);

#endif
