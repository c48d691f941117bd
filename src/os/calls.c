/*
 * Calls from other threads into a loop's.
 */
#include "os/calls.h"

#include <signal.h>

#include "base/check.h"

/* On the stack of who asks, which waits for it. */
struct calls_one {
    struct list link; /* linked: not begun */
    void (*call)(void *context);
    void *context;
    bool is_done;
};

struct calls_begin {
    struct calls *calls;
    void (*run)(void *context);
    void *context;
    uv_sem_t is_seen; /* the new thread has taken what it needs from here */
};

int calls_init(struct calls *c)
{
    list_init(&c->queue);
    c->has_thread = false;
    c->is_open = false;
    if (uv_mutex_init(&c->mutex) != 0) {
        return WAVU_ERR_LIMIT;
    }
    if (uv_cond_init(&c->done) != 0) {
        uv_mutex_destroy(&c->mutex);
        return WAVU_ERR_LIMIT;
    }
    return 0;
}

void calls_clear(struct calls *c)
{
    CHECK(!c->has_thread && list_is_empty(&c->queue));
    uv_cond_destroy(&c->done);
    uv_mutex_destroy(&c->mutex);
}

/* No call is made any more: who waits is told. */
static void calls_end(struct calls *c)
{
    uv_mutex_lock(&c->mutex);
    c->is_open = false;
    while (list_pop_front(&c->queue) != NULL) {
    }
    uv_cond_broadcast(&c->done);
    uv_mutex_unlock(&c->mutex);
}

static void calls_thread(void *context)
{
    struct calls_begin *begin = context;
    struct calls *c = begin->calls;
    void (*run)(void *context) = begin->run;
    void *with = begin->context;
    sigset_t all;

    /* Signals are the program's: its own threads get them. */
    CHECK(sigfillset(&all) == 0 && pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
    uv_sem_post(&begin->is_seen);
    run(with);
    calls_end(c);
}

int calls_start(struct calls *c, void (*run)(void *context), void *context)
{
    struct calls_begin begin = {.calls = c, .run = run, .context = context};

    if (c->has_thread) {
        return WAVU_ERR_EXISTS;
    }
    if (uv_sem_init(&begin.is_seen, 0) != 0) {
        return WAVU_ERR_LIMIT;
    }
    uv_mutex_lock(&c->mutex); /* c->thread is written before anybody compares with it */
    int rc = uv_thread_create(&c->thread, calls_thread, &begin) == 0 ? 0 : WAVU_ERR_LIMIT;
    c->has_thread = rc == 0;
    c->is_open = rc == 0;
    uv_mutex_unlock(&c->mutex);
    if (rc == 0) {
        uv_sem_wait(&begin.is_seen);
    }
    uv_sem_destroy(&begin.is_seen);
    return rc;
}

void calls_join(struct calls *c, void (*stop)(void *context), void *context)
{
    if (!c->has_thread) {
        return;
    }
    (void)calls_is_foreign(c); /* orders this after the thread's start */
    stop(context);
    CHECK(uv_thread_join(&c->thread) == 0); /* fails only for a thread that joins itself */
    c->has_thread = false;
}

bool calls_is_foreign(struct calls *c)
{
    uv_thread_t self = uv_thread_self();

    uv_mutex_lock(&c->mutex);
    bool is_foreign = c->has_thread && uv_thread_equal(&self, &c->thread) == 0;
    uv_mutex_unlock(&c->mutex);
    return is_foreign;
}

bool calls_ask(struct calls *c, void (*call)(void *context), void *context, uv_async_t *nudge)
{
    struct calls_one one = {.call = call, .context = context};

    uv_mutex_lock(&c->mutex);
    if (c->is_open) {
        list_push_back(&c->queue, &one.link);
        (void)uv_async_send(nudge); /* fails only for a closed handle */
        while (!one.is_done && c->is_open) {
            uv_cond_wait(&c->done, &c->mutex);
        }
    }
    uv_mutex_unlock(&c->mutex);
    return one.is_done;
}

bool calls_run(struct calls *c)
{
    bool is_any = false;
    struct list *l = NULL;

    uv_mutex_lock(&c->mutex);
    while ((l = list_pop_front(&c->queue)) != NULL) {
        struct calls_one *one = LIST_OF(l, struct calls_one, link);

        is_any = true;
        uv_mutex_unlock(&c->mutex);
        one->call(one->context);
        uv_mutex_lock(&c->mutex);
        one->is_done = true;
        uv_cond_broadcast(&c->done);
    }
    uv_mutex_unlock(&c->mutex);
    return is_any;
}
