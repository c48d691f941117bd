/*
 * The machine's state goes to the store and comes back from it.
 */
#include "group/epochs_keep.h"

#include <stdio.h>

#include "base/check.h"

#define PART_COST 512 /* of one write beside its bytes, and more */

_Static_assert(EPOCHS_KEEP_PART <= STORE_VALUE_MAX, "a part is one value");
_Static_assert(EPOCHS_KEEP_STATE_MAX < STORE_PENDING_MAX, "a state is one commit");

void epochs_keep_init(struct epochs_keep *k, struct store *store, uint32_t number)
{
    *k = (struct epochs_keep){.store = store};
    int len = snprintf(k->table, sizeof k->table, "epoch-%u", number);
    CHECK(len > 0 && (size_t)len < sizeof k->table);
}

static int put_parts(struct epochs_keep *k, struct span state)
{
    size_t parts = (state.len + EPOCHS_KEEP_PART - 1) / EPOCHS_KEEP_PART;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < parts; i++) {
        const uint8_t key[2] = {(uint8_t)(i >> 8), (uint8_t)i};

        rc = store_put(k->store, k->table, span_of(key, sizeof key),
                       span_slice(state, i * EPOCHS_KEEP_PART, EPOCHS_KEEP_PART));
    }
    for (size_t i = parts; rc == 0 && i < k->parts; i++) {
        const uint8_t key[2] = {(uint8_t)(i >> 8), (uint8_t)i};

        rc = store_delete(k->store, k->table, span_of(key, sizeof key));
    }
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
    int rc = epoch_state_save(e, now, &state);
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
