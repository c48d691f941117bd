/*
 * Work off the node's thread: what would hold up its turn, such as a commit to disk.
 *
 *     node's thread    start ........................ done("in" of a later turn)
 *     a thread             run (once, no longer bound to the turn)
 *
 * Jobs may run at the same time as each other and as the node; who needs an order starts one behind
 * the other's `done`.
 */
#ifndef PORT_WORK_H
#define PORT_WORK_H

#include "port/port.h"

#define PORT_WORK_JOBS_MAX 64 /* started and not yet done, of one port */

struct port_job; /* opaque, owned by the port */

struct port_work_user {
    /* Off the node's thread: touch nothing that the node touches before `done`, of the port only
     * what says that a job may. */
    void (*run)(void *context);
    /* On the node's thread, in the "in" phase: `run` has returned. The job is over. */
    void (*done)(void *context);
};

struct port_work {
    /* `run` will be called, then `done`. WAVU_ERR_LIMIT when too many are under way. */
    int (*start)(struct port *, const struct port_work_user *, void *context,
                 struct port_job **out);

    /* Neither callback comes any more, and none is running when this returns: it waits for a `run`
     * that is under way. Whether `run` was called is for `run` to note. For going down. */
    void (*cancel)(struct port_job *);
};

#endif
