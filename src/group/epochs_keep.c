/*
 * The machine's state goes to the store and comes back from it.
 */
#include "group/epochs_keep.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define PART_COST 512 /* of one write beside its bytes, and more */

_Static_assert(EPOCHS_KEEP_PART <= STORE_VALUE_MAX, "a part is one value");
_Static_assert(EPOCHS_KEEP_STATE_MAX < STORE_PENDING_MAX, "a state is one commit");

void epochs_keep_init(struct epochs_keep *k, struct store *store, uint32_t number)
{
    *k = (struct epochs_keep){.store = store};
    int len = snprintf(k->table, sizeof k->table, "epoch-%u", number);
    CHECK(len > 0 && (size_t)len < sizeof k->table);
}

void epochs_keep_clear(struct epochs_keep *k)
{
    mem_free(k->hashes);
    k->hashes = NULL;
    k->known = 0;
}

static struct span part_of(struct span state, size_t i)
{
    return span_slice(state, i * EPOCHS_KEEP_PART, EPOCHS_KEEP_PART);
}

static size_t parts_of(size_t len)
{
    return (len + EPOCHS_KEEP_PART - 1) / EPOCHS_KEEP_PART;
}

static void part_key(uint8_t key[2], size_t i)
{
    key[0] = (uint8_t)(i >> 8);
    key[1] = (uint8_t)i;
}

/* Put part `i`, unless the store has it so already: most of a large state is what it was, the one
 * of a group of 50 half a MiB, saved once a second. */
static int put_part(struct epochs_keep *k, size_t i, struct span part)
{
    uint8_t hash[HASH_SHA256_SIZE];
    uint8_t key[2];

    hash_sha256(hash, part);
    if (i < k->known && span_is_equal(span_of(hash, sizeof hash), span_of(k->hashes[i], 32))) {
        return 0;
    }
    part_key(key, i);
    int rc = store_put(k->store, k->table, span_of(key, sizeof key), part);

    if (rc < 0) {
        k->known = k->known < i ? k->known : i;
    } else {
        memcpy(k->hashes[i], hash, sizeof hash);
        k->known = k->known > i + 1 ? k->known : i + 1;
    }
    return rc;
}

static int put_parts(struct epochs_keep *k, struct span state)
{
    size_t parts = parts_of(state.len);
    int rc = 0;

    if (parts > k->known) {
        k->hashes = mem_resize(k->hashes, parts * sizeof *k->hashes);
    }
    for (size_t i = 0; rc == 0 && i < parts; i++) {
        rc = put_part(k, i, part_of(state, i));
    }
    for (size_t i = parts; rc == 0 && i < k->parts; i++) {
        uint8_t key[2];

        part_key(key, i);
        rc = store_delete(k->store, k->table, span_of(key, sizeof key));
    }
    k->known = k->known < parts ? k->known : parts;
    k->parts = rc == 0 ? parts : k->parts;
    return rc;
}

/* All parts or none: a state of two saves is none. */
static bool has_room(const struct epochs_keep *k, size_t len)
{
    size_t cost = len + (len / EPOCHS_KEEP_PART + 1 + k->parts) * PART_COST;

    return store_pending(k->store) + cost <= STORE_PENDING_MAX;
}

int epochs_keep_save(struct epochs_keep *k, const struct epoch *e, uint64_t now)
{
    struct buf state;

    buf_init(&state, EPOCH_STATE_SIZE_MAX);
    int rc = buf_reserve(&state, (k->parts + 1) * EPOCHS_KEEP_PART); /* as large as it was */

    rc = rc < 0 ? rc : epoch_state_save(e, now, &state);
    if (rc == 0 && state.len > EPOCHS_KEEP_STATE_MAX) {
        rc = WAVU_ERR_LIMIT;
    } else if (rc == 0 && !has_room(k, state.len)) {
        rc = WAVU_ERR_AGAIN;
    }
    rc = rc < 0 ? rc : put_parts(k, buf_span(&state));
    buf_wipe(&state);
    return rc;
}

int epochs_keep_load(struct epochs_keep *k, struct epoch *e, const struct epoch_config *config,
                     uint64_t now)
{
    struct buf key;
    struct buf part;
    struct buf state;
    int rc = 0;

    buf_init(&key, STORE_KEY_MAX);
    buf_init(&part, STORE_VALUE_MAX);
    buf_init(&state, EPOCHS_KEEP_STATE_MAX);
    while (rc == 0) {
        rc = store_next(k->store, k->table, span_empty(), &key, &part);
        rc = rc < 0 ? rc : buf_append(&state, buf_span(&part));
        k->parts += rc == 0 ? 1 : 0;
    }
    if (rc == WAVU_ERR_NOT_FOUND && state.len == 0) {
        epoch_init(e, config, now);
        rc = 0;
    } else if (rc == WAVU_ERR_NOT_FOUND) {
        rc = epoch_state_load(e, config, now, buf_span(&state));
    } else {
        rc = rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc;
    }
    buf_clear(&key);
    buf_wipe(&part);
    buf_wipe(&state);
    return rc;
}
