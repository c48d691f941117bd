/*
 * People who send each other files, on whole nodes in the simulator: what they heard of files, and
 * files on their disks. For the tests of wavu_files.c and wavu_file.c.
 */
#ifndef TESTS_NODE_FILES_PEOPLE_H
#define TESTS_NODE_FILES_PEOPLE_H

#include "base/mem.h"
#include "node/wavu_files.h"
#include "node/wavu_rooms.h"
#include "sim/sim_cable.h"
#include "sim/sim_files.h"
#include "tests/node/people.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define LONG 600 /* seconds */
/* Seconds until each device has made its first change of keys (EPOCHS_SELDOM_NS): until then what
 * is said may not be for one who came in just now. */
#define SETTLED 400

/* What one heard: of each kind how often, and the last of it. */
struct files_told {
    size_t kinds[WAVU_FILES_GONE + 1];
    char id[WAVU_KEY_TEXT_MAX]; /* of the last offer */
    char path[256];
    uint64_t bytes;
    uint32_t holders_max;
    int err; /* of REFUSED, STOPPED, GONE */
};

static struct files_told files[PEOPLE_MAX];

static inline void on_files(void *context, const struct wavu_files_event *event)
{
    struct files_told *t = context;
    t->kinds[event->kind]++;
    if (event->kind == WAVU_FILES_OFFER || event->kind == WAVU_FILES_SENT) {
        memcpy(t->id, event->id, sizeof t->id);
    }
    if (event->kind == WAVU_FILES_DONE) {
        (void)snprintf(t->path, sizeof t->path, "%s", event->path);
    }
    if (event->kind == WAVU_FILES_MOVED) {
        t->bytes = event->bytes;
        t->holders_max = event->holders > t->holders_max ? event->holders : t->holders_max;
    }
    if (event->err < 0) {
        t->err = event->err;
    }
    assert_int_equal(strlen(event->network), 64);
}

static inline void files_listen(size_t i)
{
    assert_int_equal(wavu_files_listen(h.nodes[i], on_files, &files[i]), 0);
}

/* `count` people in one network. */
static inline void files_start(uint64_t seed, size_t count)
{
    memset(files, 0, sizeof files);
    start(seed, count, false);
    make();
    for (size_t i = 1; i < count; i++) {
        join_at(0, i);
    }
    for (size_t i = 0; i < count; i++) {
        files_listen(i);
    }
    run(SETTLED);
}

static inline void files_crash(size_t i)
{
    homes_crash(&h, i);
    memset(&files[i], 0, sizeof files[i]);
}

static inline void files_up(size_t i)
{
    up(i, false);
    files_listen(i);
}

/* Bytes that are the same for the same salt. */
static inline uint8_t *files_bytes(uint64_t size, uint32_t salt)
{
    uint8_t *bytes = mem_new(size + 1);
    uint64_t word = salt + UINT64_C(1);
    for (uint64_t i = 0; i < size; i++) {
        word = word * UINT64_C(6364136223846793005) + 1442695040888963407;
        bytes[i] = (uint8_t)(word >> 56);
    }
    return bytes;
}

static inline void files_put(size_t i, const char *path, uint64_t size, uint32_t salt)
{
    uint8_t *bytes = files_bytes(size, salt);
    sim_files_put(h.hosts[i], path, span_of(bytes, size));
    mem_free(bytes);
}

static inline bool files_is(size_t i, const char *path, uint64_t size, uint32_t salt)
{
    uint8_t *bytes = files_bytes(size, salt);
    struct buf seen;
    buf_init(&seen, size + 1);
    bool is_it = sim_files_peek(h.hosts[i], path, &seen) &&
                 span_is_equal(buf_span(&seen), span_of(bytes, size));
    buf_clear(&seen);
    mem_free(bytes);
    return is_it;
}

struct files_wait {
    size_t i;
    enum wavu_files_kind kind;
    size_t count;
};

static inline bool files_has_heard(void *context)
{
    const struct files_wait *w = context;
    return files[w->i].kinds[w->kind] >= w->count;
}

/* Run until `i` has heard `kind` `count` times, or so many seconds. */
static inline bool files_until(size_t i, enum wavu_files_kind kind, size_t count, uint64_t seconds)
{
    struct files_wait w = {i, kind, count};
    return sim_run_until(h.sim, files_has_heard, &w, seconds * TIMERS_SECOND);
}

/* `i` offers the file at `path`, and `to` hears of it. */
static inline void files_send(size_t i, const char *path, size_t to)
{
    const struct wavu_file_wish wish = {.path = path};
    uint64_t number = 0;
    size_t before = files[to].kinds[WAVU_FILES_OFFER];
    assert_int_equal(wavu_file_send(h.nodes[i], &wish, &number), 0);
    assert_true(files_until(to, WAVU_FILES_OFFER, before + 1, LONG));
    run(3); /* and the others */
}

static inline struct wavu_file files_look(size_t i, const char *id)
{
    static struct wavu_file file;
    assert_int_equal(wavu_file_look(h.nodes[i], NULL, id, &file), 0);
    return file;
}

/* All cables carry so many bytes a second. */
static inline void files_slow(uint64_t bytes_per_second)
{
    sim_cable_set_default(h.sim, &(struct sim_cable_settings){.latency_ns = 5 * TIMERS_MS,
                                                              .bytes_per_second = bytes_per_second,
                                                              .loss_whole = 1,
                                                              .mtu = SIM_CABLE_MTU});
}

#endif
