/*
 * Jobs of transfers: what reads, writes, hashes and seals leaves the node's thread here, and comes
 * back as `done`. Tasks come in from offers, holders and fetches; a few run at a time, in order.
 *
 *     file_disk_start -> waits -> run (a thread) -> done ("in" of a later turn)
 */
#ifndef SYNC_FILE_DISK_H
#define SYNC_FILE_DISK_H

#include "crypto/aead.h"
#include "port/work.h"

#define FILE_DISK_JOBS_MAX                                                                         \
    3 /* at once, of one service: of port_work's 64, and of its 4 threads                          \
       */
#define FILE_DISK_RETRY_NS (UINT64_C(20) * 1000000) /* the port had no room for a job */

struct file_disk;

/* One piece of work; embedded in its owner, who cancels it before it goes. */
struct file_task {
    struct list link; /* waiting or running; in none: idle */
    struct file_disk *disk;
    struct port_job *job; /* while it runs */
    struct aead *aead;    /* for `run` alone, while it runs */
    size_t slot;
    void (*run)(struct file_task *);  /* by a job */
    void (*done)(struct file_task *); /* on the node's thread; the task may be started again */
};

struct file_disk {
    struct port *port;
    struct list waiting;
    struct list running;
    struct aead *aeads[FILE_DISK_JOBS_MAX];
    bool is_used[FILE_DISK_JOBS_MAX];
    struct timer timer;
};

/** WAVU_ERR_CRYPTO when there are no ciphers. `port` is borrowed. */
WARN_UNUSED int file_disk_init(struct file_disk *d, struct port *port);

/** All tasks must be idle. */
void file_disk_clear(struct file_disk *d);

/** An idle task. */
void file_disk_prepare(struct file_disk *d, struct file_task *t, void (*run)(struct file_task *),
                       void (*done)(struct file_task *));

/** Have `run` and then `done` called. The task must be idle. */
void file_disk_start(struct file_task *t);

bool file_disk_is_idle(const struct file_task *t);

/** Neither comes any more; waits for a `run` that is under way. Nothing happens to an idle one. */
void file_disk_cancel(struct file_task *t);

#endif
