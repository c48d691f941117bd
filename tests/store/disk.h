/*
 * A store on a simulated host's disk, for the tests of store/.
 */
#ifndef TESTS_STORE_DISK_H
#define TESTS_STORE_DISK_H

#include "base/check.h"
#include "sim/sim.h"
#include "sim/sim_files.h"
#include "sim/sim_host.h"
#include "store/store.h"
#include "tests/base/unit.h"

struct disk {
    struct sim *sim;
    struct sim_host *host;
    struct port *port;
    struct store *store;
    enum store_kind kind;
    uint8_t key[STORE_KEY_SIZE];
    struct store_watch watch;
    uint64_t told;  /* the last commit that was told */
    int failures;   /* told */
    int last_error; /* told */
};

static inline void disk_committed(struct store_watch *w, uint64_t number)
{
    struct disk *d = LIST_OF(w, struct disk, watch);

    CHECK(number == d->told + 1);
    d->told = number;
}

static inline void disk_failed(struct store_watch *w, int err)
{
    struct disk *d = LIST_OF(w, struct disk, watch);

    d->failures++;
    d->last_error = err;
}

static inline void disk_store_new(struct disk *d)
{
    struct store_config config = {.port = d->port, .kind = d->kind, .key = d->key};

    assert_int_equal(store_new(&config, &d->store), 0);
    d->watch = (struct store_watch){.committed = disk_committed, .failed = disk_failed};
    d->told = 0;
    store_watch(d->store, &d->watch);
}

static inline void disk_start(struct disk *d, uint64_t seed, enum store_kind kind)
{
    *d = (struct disk){.kind = kind};
    d->sim = sim_new(seed);
    d->host = sim_host_new(d->sim, NULL);
    d->port = sim_host_port(d->host);
    memset(d->key, 0x5a, sizeof d->key);
    assert_int_equal(d->port->files->make_home(d->port), 0);
    disk_store_new(d);
}

static inline void disk_store_free(struct disk *d)
{
    store_unwatch(&d->watch);
    store_free(d->store);
    d->store = NULL;
}

static inline void disk_stop(struct disk *d)
{
    if (d->store != NULL) {
        disk_store_free(d);
    }
    sim_free(d->sim);
}

/* Close in order and open again. */
static inline void disk_reopen(struct disk *d)
{
    disk_store_free(d);
    disk_store_new(d);
}

/* The machine loses its power, and gets it again. */
static inline void disk_crash(struct disk *d)
{
    sim_host_crash(d->host, false);
    disk_store_free(d);
    d->port = sim_host_restart(d->host);
    disk_store_new(d);
}

/* Let commits happen. */
static inline void disk_run(struct disk *d)
{
    sim_run_for(d->sim, 2 * sim_settings(d->sim)->work_ns);
}

static inline int disk_put(struct disk *d, const char *key, const char *value)
{
    return store_put(d->store, "t", span_from_text(key), span_from_text(value));
}

/* Does `key` have `value` (NULL: none)? */
static inline bool disk_has(struct disk *d, const char *key, const char *value)
{
    struct buf got;

    buf_init(&got, STORE_VALUE_MAX);
    int rc = store_get(d->store, "t", span_from_text(key), &got);
    bool is_so = value == NULL ? rc == WAVU_ERR_NOT_FOUND
                               : rc == 0 && span_is_equal(buf_span(&got), span_from_text(value));

    buf_clear(&got);
    return is_so;
}

#endif
