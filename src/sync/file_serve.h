/*
 * The holder's side of `/wavu/file/1`: files that are here, hashed by jobs, and streams of members
 * who ask for their pieces. Streams come from the gate by file.c; pieces are sealed by jobs, a
 * batch at a time, and leave as the streams take them, so much in a turn.
 *
 *   ASK -> (find, hash) -> HAVE .. WANT -> job seals a batch -> PIECE PIECE ..
 *
 * A part of sync/file.h. Source: docs/protocol/file.md.
 */
#ifndef SYNC_FILE_SERVE_H
#define SYNC_FILE_SERVE_H

#include "base/buf.h"
#include "base/ring.h"
#include "net/stream.h"
#include "sync/file_batch.h"
#include "sync/file_disk.h"
#include "sync/file_msg.h"
#include "sync/file_share.h"
#include "sync/file_source.h"

#define FILE_SERVE_PEER_MAX 8    /* streams of one device */
#define FILE_SERVE_WANTS_MAX 256 /* pieces asked for on a stream and not yet sent: two windows */
#define FILE_SERVE_BATCH_BYTES 1048576u /* sealed by one job, or FILE_BATCH_PIECES_MAX pieces */
#define FILE_SERVE_TREES_MAX 16777216u  /* bytes of trees of files that nobody asks for now */
#define FILE_SERVE_TURN_BYTES 262144u   /* handed to streams by one step; a turn has four */
#define FILE_SERVE_STEP_US 2000         /* declared for it: TURN_WORK_US_MAX over four */
#define FILE_SERVE_IDLE_NS (UINT64_C(120) * 1000000000) /* asks for nothing, or takes nothing */
#define FILE_SERVE_LOOK_NS (UINT64_C(30) * 1000000000)

enum file_hold_state {
    FILE_HOLD_HASHING, /* its tree is being made, for an offer or for who asks */
    FILE_HOLD_READY,
    FILE_HOLD_GONE /* freed when its job is over */
};

/* A file that is here. Owned by its file_serve. */
struct file_hold {
    struct list link; /* in serve->holds, last used first */
    struct file_serve *serve;
    enum file_hold_state state;
    bool is_offer;  /* its id comes from hashing it */
    uint64_t token; /* of the offer, its owner's */
    uint8_t id[FILE_SHAPE_ID_SIZE];
    struct file_source source;
    struct file_task task;
    bool is_told;             /* its owner is being told of it: not freed meanwhile */
    int err;                  /* of the job */
    struct list streams;      /* of struct file_out */
    struct file_out *served;  /* whose batch the job makes; NULL: nobody's, or it left */
    struct file_batch *batch; /* of the job */
};

struct file_serve_user {
    void *context;
    /* Is the file here, and where? Then `source` is made, with its key. */
    bool (*find)(void *context, const uint8_t id[FILE_SHAPE_ID_SIZE], struct file_source *source);
    /* To which member does the device belong? */
    void (*whose)(void *context, const struct peerid *device, uint8_t member[32]);
    /* A slice of an offer was hashed (WAVU_ERR_AGAIN), all of it (0), or it failed and goes. */
    void (*hashed)(void *context, struct file_hold *hold, int err);
    /* The file that was found is not what it was (WAVU_ERR_CORRUPT, _NOT_FOUND) or cannot be read.
     */
    void (*gone)(void *context, const uint8_t id[FILE_SHAPE_ID_SIZE], int err);
};

struct file_serve {
    struct turn *turn;
    struct file_disk *disk;
    struct file_serve_user user;
    struct list holds;
    struct list asking; /* of struct file_out: they have not said for what */
    struct list ready;  /* of struct file_out: what is sealed waits to be sent */
    struct turn_job job;
    struct timer timer;
    struct file_share share; /* of members: streams, and what is sealed for them */
    struct file_out *outs[FILE_SHARE_STREAMS_MAX]; /* by their places there */
    struct file_batch_pool pool;                   /* what is sealed and not yet sent */
    bool is_short;       /* something could not be sealed for want of room */
    uint64_t sent_bytes; /* of pieces, ever */
};

void file_serve_init(struct file_serve *s, struct turn *turn, struct file_disk *disk,
                     const struct file_serve_user *user);

/** Its streams are aborted. Waits for jobs. */
void file_serve_clear(struct file_serve *s);

/** Hash what `source` (taken, also on an error) names and hold it. `hashed` says how it goes. */
struct file_hold *file_serve_offer_take(struct file_serve *s, struct file_source *source,
                                        uint64_t token);

/** An offer, or any file, is not served any more; its streams end. */
void file_serve_drop(struct file_serve *s, struct file_hold *hold);

/** The offer of that token while it is hashed, or NULL. */
struct file_hold *file_serve_offer(const struct file_serve *s, uint64_t token);

/** The hold of that id, or NULL. */
struct file_hold *file_serve_find(struct file_serve *s, const uint8_t id[FILE_SHAPE_ID_SIZE]);

/** An event of an inbound stream. */
void file_serve_up(struct file_serve *s, struct stream *stream, struct stream_event *event);

void file_serve_check(const struct file_serve *s);

#endif
