/*
 * One mutex over all of it: everything here is short.
 */
#include "store/store_shm.h"

#include <sqlite3.h>

#include "base/check.h"
#include "base/mem.h"

struct place {
    bool is_taken;
    int level;       /* of the file's lock: SQLITE_LOCK_NONE to _EXCLUSIVE */
    unsigned shared; /* slots, a bit each */
    unsigned alone;
};

struct store_shm {
    sqlite3_mutex *mutex;
    unsigned refs;
    struct place places[STORE_SHM_CONNECTIONS];
    void *regions[STORE_SHM_REGIONS_MAX];
    size_t region_count;
    size_t region_size;
};

struct store_shm *store_shm_new(void)
{
    struct store_shm *shm = mem_new(sizeof *shm);
    shm->mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
    shm->refs = 1;
    if (shm->mutex == NULL) {
        mem_free(shm);
        return NULL;
    }
    return shm;
}

struct store_shm *store_shm_ref(struct store_shm *shm)
{
    sqlite3_mutex_enter(shm->mutex);
    shm->refs++;
    sqlite3_mutex_leave(shm->mutex);
    return shm;
}

void store_shm_unref(struct store_shm *shm)
{
    if (shm == NULL) {
        return;
    }
    sqlite3_mutex_enter(shm->mutex);
    bool is_last = --shm->refs == 0;
    sqlite3_mutex_leave(shm->mutex);
    if (is_last) {
        CHECK(shm->region_count == 0);
        sqlite3_mutex_free(shm->mutex);
        mem_free(shm);
    }
}

int store_shm_join(struct store_shm *shm)
{
    int who = WAVU_ERR_LIMIT;
    sqlite3_mutex_enter(shm->mutex);
    for (int i = 0; i < STORE_SHM_CONNECTIONS && who < 0; i++) {
        if (!shm->places[i].is_taken) {
            shm->places[i] = (struct place){.is_taken = true};
            who = i;
        }
    }
    sqlite3_mutex_leave(shm->mutex);
    return who;
}

void store_shm_leave(struct store_shm *shm, int who)
{
    bool is_used = false;
    sqlite3_mutex_enter(shm->mutex);
    shm->places[who] = (struct place){.is_taken = false};
    for (size_t i = 0; i < STORE_SHM_CONNECTIONS; i++) {
        is_used = is_used || shm->places[i].is_taken;
    }
    while (!is_used && shm->region_count > 0) {
        mem_free(shm->regions[--shm->region_count]);
    }
    sqlite3_mutex_leave(shm->mutex);
}

void *store_shm_region(struct store_shm *shm, size_t number, size_t size, bool may_make)
{
    void *region = NULL;
    sqlite3_mutex_enter(shm->mutex);
    CHECK(shm->region_count == 0 || shm->region_size == size);
    shm->region_size = size;
    while (may_make && number < STORE_SHM_REGIONS_MAX && shm->region_count <= number) {
        shm->regions[shm->region_count++] = mem_new(size);
    }
    if (number < shm->region_count) {
        region = shm->regions[number];
    }
    sqlite3_mutex_leave(shm->mutex);
    return region;
}

static unsigned mask_of(unsigned first, unsigned count)
{
    CHECK(first + count <= STORE_SHM_SLOTS);
    return ((1U << count) - 1) << first;
}

bool store_shm_lock(struct store_shm *shm, int who, unsigned first, unsigned count, bool is_alone)
{
    const unsigned mask = mask_of(first, count);
    bool is_free = true;
    sqlite3_mutex_enter(shm->mutex);
    for (int i = 0; i < STORE_SHM_CONNECTIONS; i++) {
        const struct place *p = &shm->places[i];
        unsigned against = p->alone | (is_alone ? p->shared : 0);
        is_free = is_free && (i == who || (against & mask) == 0);
    }
    if (is_free) {
        struct place *mine = &shm->places[who];
        mine->shared |= is_alone ? 0 : mask;
        mine->alone |= is_alone ? mask : 0;
    }
    sqlite3_mutex_leave(shm->mutex);
    return is_free;
}

void store_shm_unlock(struct store_shm *shm, int who, unsigned first, unsigned count)
{
    const unsigned mask = mask_of(first, count);
    sqlite3_mutex_enter(shm->mutex);
    shm->places[who].shared &= ~mask;
    shm->places[who].alone &= ~mask;
    sqlite3_mutex_leave(shm->mutex);
}

/* The highest level of another one that `level` goes with. */
static int tolerated(int level)
{
    switch (level) {
    case SQLITE_LOCK_SHARED:
        return SQLITE_LOCK_RESERVED;
    case SQLITE_LOCK_RESERVED:
    case SQLITE_LOCK_PENDING:
        return SQLITE_LOCK_SHARED;
    default:
        return SQLITE_LOCK_NONE;
    }
}

bool store_shm_raise(struct store_shm *shm, int who, int level)
{
    bool is_free = true;
    sqlite3_mutex_enter(shm->mutex);
    for (int i = 0; i < STORE_SHM_CONNECTIONS; i++) {
        is_free = is_free && (i == who || shm->places[i].level <= tolerated(level));
    }
    if (is_free && shm->places[who].level < level) {
        shm->places[who].level = level;
    }
    sqlite3_mutex_leave(shm->mutex);
    return is_free;
}

void store_shm_lower(struct store_shm *shm, int who, int level)
{
    sqlite3_mutex_enter(shm->mutex);
    if (shm->places[who].level > level) {
        shm->places[who].level = level;
    }
    sqlite3_mutex_leave(shm->mutex);
}

bool store_shm_is_reserved(struct store_shm *shm)
{
    bool is_reserved = false;
    sqlite3_mutex_enter(shm->mutex);
    for (size_t i = 0; i < STORE_SHM_CONNECTIONS; i++) {
        is_reserved = is_reserved || shm->places[i].level >= SQLITE_LOCK_RESERVED;
    }
    sqlite3_mutex_leave(shm->mutex);
    return is_reserved;
}

void store_shm_barrier(struct store_shm *shm)
{
    sqlite3_mutex_enter(shm->mutex); /* a mutex is one, in both directions */
    sqlite3_mutex_leave(shm->mutex);
}
