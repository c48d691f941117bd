/*
 * Calls from other threads into a loop's: who asks waits until the loop's thread has done it. Also
 * the thread itself, where the loop has one of its own.
 *
 * The only part of os/ that two threads touch at once, besides loop_stop. Private to os/.
 */
#ifndef OS_CALLS_H
#define OS_CALLS_H

#include <uv.h>

#include "base/list.h"
#include "wavu/err.h"

struct calls {
    uv_mutex_t mutex; /* over all that follows */
    uv_cond_t done;   /* a call was made, or none will be any more */
    struct list queue;
    uv_thread_t thread; /* that runs the loop, where one was started */
    bool has_thread;
    bool is_open; /* somebody runs the loop, so calls will be made */
};

/** Errors of the system: WAVU_ERR_LIMIT. */
WARN_UNUSED int calls_init(struct calls *c);
void calls_clear(struct calls *c);

/** A thread of our own begins to run the loop: `run` is what it does. WAVU_ERR_EXISTS, _LIMIT. */
WARN_UNUSED int calls_start(struct calls *c, void (*run)(void *context), void *context);

/** Wait for the thread's end; `stop` ends what it runs. Nothing without one. Not from the thread.
 */
void calls_join(struct calls *c, void (*stop)(void *context), void *context);

/** Does another thread run the loop? */
bool calls_is_foreign(struct calls *c);

/** Let the loop's thread do `call`, and wait; `nudge` wakes it. False when it has ended: nothing
 * was done. */
WARN_UNUSED bool calls_ask(struct calls *c, void (*call)(void *context), void *context,
                           uv_async_t *nudge);

/** On the loop's thread: do what waits. True when there was anything. */
bool calls_run(struct calls *c);

#endif
