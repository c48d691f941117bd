/*
 * Fetching one file: streams to its holders, jobs that check, open and write pieces, the map beside
 * the part, and the name at the end. Pieces come in from members, a whole file leaves to the
 * downloads.
 *
 *   OPENING -> RUNNING -> CHECKING (a resumed one) -> NAMING -> COMMITTING -> MOVING -> OVER
 *        \________\_____________\__________\______________\___________\__> STOPPING ^
 *
 * A part of sync/file.h, which says when what it named is committed. Source: docs/protocol/file.md.
 */
#ifndef SYNC_FILE_FETCH_H
#define SYNC_FILE_FETCH_H

#include "net/dial.h"
#include "overlay/gate.h"
#include "sync/file_disk.h"
#include "sync/file_msg.h"
#include "sync/file_part.h"
#include "sync/file_source.h"

#define FILE_FETCH_HELD_MAX                                                                        \
    4194304u /* bytes of pieces that came and are not yet written; more stay                       \
                on their streams */
#define FILE_FETCH_BATCH_BYTES 1048576u /* checked and written by one job */
#define FILE_FETCH_SAVE_BYTES 67108864u /* written: then the map is saved; so much comes twice */
#define FILE_FETCH_SAVE_NS (UINT64_C(5) * 1000000000) /* or so long after a piece */
#define FILE_FETCH_RETRY_NS_MIN                                                                    \
    (UINT64_C(2) * 1000000000) /* a holder that is gone is tried again,                            \
                                  later each time up to the second */
#define FILE_FETCH_RETRY_NS_MAX (UINT64_C(300) * 1000000000)
#define FILE_FETCH_HAVE_NS (UINT64_C(300) * 1000000000) /* a holder may hash the file first */
#define FILE_FETCH_SURPLUS_MAX 512 /* pieces of a stream that nobody asked for, or no more */

enum file_fetch_state {
    FILE_FETCH_OPENING, /* part and map */
    FILE_FETCH_RUNNING,
    FILE_FETCH_CHECKING,   /* all of it, when an earlier life wrote some */
    FILE_FETCH_NAMING,     /* all is synced, and a free name looked for */
    FILE_FETCH_COMMITTING, /* the name, to the store */
    FILE_FETCH_MOVING,     /* the part gets its name */
    FILE_FETCH_STOPPING,   /* what is here is saved, or removed */
    FILE_FETCH_OVER
};

struct file_fetch; /* opaque */

/* How the fetch gets at others, and tells its owner. */
struct file_fetch_user {
    void *context;
    struct swarm *swarm;
    struct gate *gate;
    struct gate_protocol *protocol;
    struct file_disk *disk;
    /* Pieces came, or are here from before. */
    void (*moved)(void *context, struct file_fetch *f);
    /* Have `path` committed, then call file_fetch_committed. */
    void (*named)(void *context, struct file_fetch *f, const char *path);
    /* Once: 0: the file has `path`, looks like `stamp`; else why it ended: WAVU_ERR_NO_SPACE, _IO,
     * _DENIED, ...; _CORRUPT: what an earlier life wrote was damaged, and is gone; _CLOSED: it was
     * told to; _NOT_FOUND: nobody who is asked has it; _PROTO: who is asked sent something else.
     * The owner frees it. */
    void (*ended)(void *context, struct file_fetch *f, int err);
};

struct file_fetch_config {
    struct file_fetch_user user;
    struct file_get_form form;
    uint8_t secret[FILE_SHAPE_KEY_SIZE];
    struct span name;       /* what the giver calls it; copied */
    const char *named_path; /* an earlier life had given it this name, maybe; or NULL */
};

struct file_fetch *file_fetch_new(const struct file_fetch_config *config);
/** Save what is here, waiting for the disk; only file_fetch_free may follow. */
void file_fetch_settle(struct file_fetch *f);
/** At once; waits for jobs. What is on the disk stays. NULL is fine. */
void file_fetch_free(struct file_fetch *f);

/** Ask that member, too. WAVU_ERR_EXISTS: it is asked already; _LIMIT: FILE_GET_HOLDERS_MAX are
 * there and none of them is hopeless. */
WARN_UNUSED int file_fetch_holder_add(struct file_fetch *f, const struct overlay_id *device);

/** That member can be reached now: if it is asked, it is at once. */
void file_fetch_holder_near(struct file_fetch *f, const struct overlay_id *device);

/** Stop in order: `ended` follows with WAVU_ERR_CLOSED. What is here is saved, or removed. */
void file_fetch_stop(struct file_fetch *f, bool is_removed);

/** The name is committed. */
void file_fetch_committed(struct file_fetch *f);

/** An event of an outbound stream: its user is the fetch's own. */
void file_fetch_holder_up(struct stream *stream, struct stream_event *event);

const uint8_t *file_fetch_id(const struct file_fetch *f);
enum file_fetch_state file_fetch_state(const struct file_fetch *f);
/** Plain bytes here; near the end by a piece. */
uint64_t file_fetch_bytes(const struct file_fetch *f);
/** Holders with a stream that said what they have. */
size_t file_fetch_holder_count(const struct file_fetch *f);
/** After ended(0). */
const char *file_fetch_path(const struct file_fetch *f);
const struct port_files_stamp *file_fetch_stamp(const struct file_fetch *f);
uint64_t file_fetch_size(const struct file_fetch *f);
/** When the owner last said so: its own; 0 at first. */
uint64_t *file_fetch_told(struct file_fetch *f);
/** Bytes of memory for pieces now: for tests. */
size_t file_fetch_held(const struct file_fetch *f);

/** The owner's list, and what it waits for. */
struct list *file_fetch_link(struct file_fetch *f);
struct file_fetch *file_fetch_of(struct list *link);

void file_fetch_check(const struct file_fetch *f);

#endif
