/*
 * Names to addresses.
 *
 * getaddrinfo blocks for as long as the name servers are silent, half a minute at worst, and cannot
 * be interrupted. So it runs on detached threads that nobody ever joins: libuv's own pool would be
 * waited for when the program ends. A thread hands its result over under the pool's lock, or drops
 * it when the loop is gone.
 */
#include "os/lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/loop.h"
#include "os/sys_ip.h"

struct lookup_pool {
    uv_async_t async;     /* wakes the loop: something is done */
    pthread_mutex_t lock; /* guards is_open, done and refs */
    bool is_open;         /* the loop lives */
    struct list done;     /* of struct port_lookup */
    size_t refs;          /* the handle, and each thread under way */
    struct list waiting;  /* loop only: for a thread */
    size_t running;       /* loop only */
};

struct port_lookup {
    struct list link; /* in pool->waiting or ->done; in none while its thread runs */
    struct lookup_pool *pool;
    struct port *port;
    const struct port_lookup_user *user; /* loop only; NULL once cancelled */
    void *context;
    int family;
    bool has_thread;
    int err; /* what follows is the result */
    size_t count;
    struct multiaddr_ip found[PORT_NET_NAMES_MAX];
    char name[LOOKUP_NAME_MAX + 1];
};

/* ---- On the thread ---- */

static int lookup_err(int status)
{
    switch (status) {
    case 0:
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
    case EAI_FAMILY:
        return WAVU_ERR_NOT_FOUND;
    case EAI_AGAIN:
        return WAVU_ERR_TIMEOUT; /* no name server answered */
    default:
        return WAVU_ERR_IO;
    }
}

static void lookup_resolve(struct port_lookup *l)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    hints.ai_family = l->family == 4 ? AF_INET : (l->family == 6 ? AF_INET6 : AF_UNSPEC);
    int status = getaddrinfo(l->name, NULL, &hints, &all);
    for (struct addrinfo *at = all; at != NULL && l->count < PORT_NET_NAMES_MAX; at = at->ai_next) {
        l->count += sys_ip_read(&l->found[l->count], at->ai_addr) ? 1 : 0;
    }
    l->err = l->count > 0 ? 0 : lookup_err(status);
    if (all != NULL) {
        freeaddrinfo(all);
    }
}

static void lookup_unref(struct lookup_pool *pool)
{
    CHECK(pthread_mutex_lock(&pool->lock) == 0);
    bool is_last = --pool->refs == 0;
    CHECK(pthread_mutex_unlock(&pool->lock) == 0);
    if (is_last) {
        CHECK(pthread_mutex_destroy(&pool->lock) == 0);
        mem_free(pool);
    }
}

/* Hand the result to the loop; nothing happens when it is gone. */
static void lookup_hand_over(struct lookup_pool *pool, struct port_lookup *l)
{
    CHECK(pthread_mutex_lock(&pool->lock) == 0);
    bool is_open = pool->is_open;
    if (is_open) {
        list_push_back(&pool->done, &l->link);
        CHECK(uv_async_send(&pool->async) == 0); /* under the lock: the handle is not closed yet */
    }
    CHECK(pthread_mutex_unlock(&pool->lock) == 0);
    if (!is_open) {
        mem_free(l);
    }
}

static void *lookup_run(void *context)
{
    struct port_lookup *l = context;
    struct lookup_pool *pool = l->pool;
    lookup_resolve(l);
    lookup_hand_over(pool, l);
    lookup_unref(pool);
    return NULL;
}

/* ---- On the loop ---- */

/* Start a detached thread that hears no signals; false when there is none to be had. */
static bool lookup_spawn(struct port_lookup *l)
{
    struct lookup_pool *pool = l->pool;
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, (size_t)LOOKUP_STACK_KIB * 1024) == 0);
    (void)sigfillset(&all);
    CHECK(pthread_mutex_lock(&pool->lock) == 0);
    pool->refs++;
    CHECK(pthread_mutex_unlock(&pool->lock) == 0);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    bool is_started = pthread_create(&thread, &attributes, lookup_run, l) == 0;
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    CHECK(pthread_attr_destroy(&attributes) == 0);
    if (is_started) {
        pool->running++;
    } else {
        lookup_unref(pool); /* not the last: the handle has one */
    }
    return is_started;
}

/* Give the threads that have become free to those who wait. */
static void lookup_advance(struct lookup_pool *pool)
{
    while (pool->running < LOOKUP_THREADS_MAX && !list_is_empty(&pool->waiting)) {
        struct port_lookup *l = LIST_OF(list_pop_front(&pool->waiting), struct port_lookup, link);
        l->has_thread = true;
        if (!lookup_spawn(l)) {
            l->has_thread = false;
            l->err = WAVU_ERR_LIMIT;
            lookup_hand_over(pool, l);
        }
    }
}

static void lookup_finish(struct port_lookup *l)
{
    l->pool->running -= l->has_thread ? 1 : 0;
    if (l->user != NULL) {
        ((struct os_port *)(void *)l->port)->handles--;
        loop_touch(l->port);
        l->user->done(l->context, l->err, l->found, l->count);
    }
    mem_free(l);
}

static void lookup_on_async(uv_async_t *async)
{
    struct lookup_pool *pool = async->data;
    struct list batch;
    list_init(&batch);
    CHECK(pthread_mutex_lock(&pool->lock) == 0);
    list_splice_back(&batch, &pool->done);
    CHECK(pthread_mutex_unlock(&pool->lock) == 0);
    struct list *n = list_pop_front(&batch);
    while (n != NULL) {
        lookup_finish(LIST_OF(n, struct port_lookup, link));
        n = list_pop_front(&batch);
    }
    lookup_advance(pool);
}

static struct lookup_pool *lookup_pool_new(struct loop *loop)
{
    struct lookup_pool *pool = mem_new(sizeof *pool);
    if (uv_async_init(&loop->uv, &pool->async, lookup_on_async) != 0) {
        mem_free(pool);
        return NULL;
    }
    CHECK(pthread_mutex_init(&pool->lock, NULL) == 0);
    list_init(&pool->done);
    list_init(&pool->waiting);
    pool->async.data = pool;
    pool->is_open = true;
    pool->refs = 1;
    return pool;
}

static void lookup_on_closed(uv_handle_t *handle)
{
    lookup_unref(handle->data);
}

void lookup_stop(struct lookup_pool *pool)
{
    struct list *n;
    if (pool == NULL) {
        return;
    }
    CHECK(list_is_empty(&pool->waiting)); /* their ports are freed, so they were cancelled */
    CHECK(pthread_mutex_lock(&pool->lock) == 0);
    pool->is_open = false;
    CHECK(pthread_mutex_unlock(&pool->lock) == 0);
    while ((n = list_pop_front(&pool->done)) != NULL) {
        mem_free(LIST_OF(n, struct port_lookup, link));
    }
    uv_close((uv_handle_t *)&pool->async, lookup_on_closed);
}

/* Addresses need no look-up. */
static bool lookup_is_number(struct port_lookup *l)
{
    struct multiaddr_ip *ip = &l->found[0];
    if (l->family != 6 && inet_pton(AF_INET, l->name, ip->ip) == 1) {
        ip->ip_len = 4;
    } else if (l->family != 4 && inet_pton(AF_INET6, l->name, ip->ip) == 1) {
        ip->ip_len = 16;
    } else {
        return false;
    }
    l->count = 1;
    return true;
}

int lookup_start(struct port *port, const char *name, int family,
                 const struct port_lookup_user *user, void *context, struct port_lookup **out)
{
    struct loop *loop = loop_of(port);
    size_t len = strlen(name);
    if (len > LOOKUP_NAME_MAX) {
        return WAVU_ERR_INVALID;
    }
    if (loop->lookups == NULL) {
        loop->lookups = lookup_pool_new(loop);
    }
    if (loop->lookups == NULL) {
        return WAVU_ERR_LIMIT;
    }
    struct port_lookup *l = mem_new(sizeof *l);
    memcpy(l->name, name, len);
    l->pool = loop->lookups;
    l->port = port;
    l->user = user;
    l->context = context;
    l->family = family;
    ((struct os_port *)(void *)port)->handles++;
    if (lookup_is_number(l)) {
        lookup_hand_over(l->pool, l);
    } else {
        list_push_back(&l->pool->waiting, &l->link);
        lookup_advance(l->pool);
    }
    *out = l;
    return 0;
}

void lookup_cancel(struct port_lookup *l)
{
    CHECK(l->user != NULL);
    l->user = NULL;
    ((struct os_port *)(void *)l->port)->handles--;
    CHECK(pthread_mutex_lock(&l->pool->lock) == 0);
    bool is_idle = list_is_linked(&l->link) || !l->has_thread; /* waiting, or done */
    list_remove(&l->link);
    CHECK(pthread_mutex_unlock(&l->pool->lock) == 0);
    if (is_idle) {
        l->pool->running -= l->has_thread ? 1 : 0;
        mem_free(l);
    }
}

size_t lookup_interfaces(struct port *port, struct multiaddr_ip *out, size_t max)
{
    uv_interface_address_t *all = NULL;
    int total = 0;
    size_t count = 0;
    (void)port;
    if (uv_interface_addresses(&all, &total) != 0) {
        return 0;
    }
    for (int i = 0; i < total && count < max; i++) {
        count += sys_ip_read(&out[count], (const struct sockaddr *)&all[i].address) ? 1 : 0;
    }
    uv_free_interface_addresses(all, total);
    return count;
}
