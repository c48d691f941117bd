/*
 * What the two halves of a fetch share: states and jobs (file_fetch.c), and the streams to holders
 * (file_fetch_holder.c). Private to them.
 */
#ifndef SYNC_FILE_FETCH_CORE_H
#define SYNC_FILE_FETCH_CORE_H

#include "sync/file_fetch.h"

/* A frame of a holder as it came: while it comes, then until its piece is written. */
struct file_block {
    struct list link; /* in fetch->waiting or a writer's */
    uint32_t holder;
    struct file_get_came came;
    struct span_mut sealed; /* of came */
    int verdict;            /* of the job */
    bool is_queued;         /* whole: it waits for a job, or is in one */
    size_t size;
    size_t len; /* bytes that came */
    uint8_t bytes[];
};

/* A member that has the file, or may have it. */
struct file_holder {
    struct file_fetch *fetch;
    bool is_used;
    bool is_liar;    /* never again */
    bool is_without; /* it said last that it has it not */
    bool is_here;    /* it said what it has */
    bool is_held;    /* what came is left on the stream for now */
    struct overlay_id device;
    uint32_t id; /* in the machine: another one for each stream */
    struct stream *stream;
    struct dial *dial;
    uint64_t retry_at;   /* while there is neither; ns */
    uint64_t backoff_ns; /* the next time */
    uint64_t opened_ns;
    uint32_t surplus;
    uint8_t head[FILE_MSG_LENGTH_MAX]; /* of the frame that comes */
    size_t head_len;
    struct file_block *block;
    struct buf out; /* asks that the stream did not take yet */
};

/* A job that checks, opens and writes pieces. */
struct file_writer {
    struct file_task task;
    struct file_fetch *fetch;
    struct list blocks; /* the job's while it is not idle */
    size_t number;      /* the part's handle */
};

struct file_fetch {
    struct list link;
    struct file_fetch_user user;
    struct turn *turn;
    enum file_fetch_state state;
    struct file_get get;
    struct file_part part;
    struct file_source check; /* the part, as what it is to be */
    struct buf name;
    char path[FILE_PART_PATH_MAX];
    struct port_files_stamp stamp;
    struct file_task step;
    enum file_fetch_state step_of; /* what the step was started for */
    int err;                       /* of the step */
    int end_err;                   /* why it stops */
    struct file_writer writers[FILE_PART_WRITERS_MAX];
    struct list waiting;  /* whole pieces */
    size_t waiting_bytes; /* of their frames */
    size_t held;          /* bytes of all blocks */
    size_t queued;        /* of those that are whole */
    struct file_task save;
    int save_err;
    struct file_map saved; /* what the save is about, and the step of OPENING found */
    uint64_t unsaved;      /* bytes written since */
    uint64_t save_due;     /* ns */
    uint64_t told_ns;      /* the owner's */
    bool is_dirty;         /* pieces were written since the last save began */
    bool is_unknown;       /* a save failed: what the disk has is not known, and no more is saved */
    bool is_whole;
    bool is_resumed; /* an earlier life wrote some of it */
    bool is_found;   /* an earlier life had given it its name */
    bool is_removed; /* once stopped */
    uint32_t next_id;
    struct file_holder holders[FILE_GET_HOLDERS_MAX];
    struct timer timer;
};

/* Of file_fetch_holder.c. */
void file_fetch_holder_begin(struct file_fetch *f);
void file_fetch_holder_dial_all(struct file_fetch *f);
/** Leave all holders, and what they were about to say. */
void file_fetch_holder_leave_all(struct file_fetch *f);
/** Carry out what the machine wishes. */
void file_fetch_holder_drain(struct file_fetch *f);
/** There is room again: take what holders have sent. */
void file_fetch_holder_resume(struct file_fetch *f);
/** Set the timer for what is due next. */
void file_fetch_holder_arm(struct file_fetch *f);
/** Why there is nobody to hope for: WAVU_ERR_NOT_FOUND (they say that they have it not), _PROTO; or
 * 0. */
WARN_UNUSED int file_fetch_holder_despair(const struct file_fetch *f);
void file_fetch_holder_free_block(struct file_fetch *f, struct file_block *b);

/* Of file_fetch.c. */
/** Give waiting pieces to a job. */
void file_fetch_write(struct file_fetch *f);
void file_fetch_tick(struct file_fetch *f, uint64_t now);
/** End it, unless pieces that came may still make it whole, when no holder is left to hope for. */
void file_fetch_give_up(struct file_fetch *f);

#endif
