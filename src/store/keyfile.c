/*
 * Files of keys.
 */
#include "store/keyfile.h"

#include <string.h>

#include "crypto/secret.h"
#include "store/key_swap.h"
#include "store/store_key.h"

#define NAMES 2

_Static_assert(KEYFILE_SEAL_SEED_SIZE == ED25519_SEED_SIZE, "one seed");

static const char *const names[NAMES] = {KEYFILE_IDENTITY, KEYFILE_DEVICE};

/* One byte over and over: what a file system leaves of a file whose contents it lost, and no seed
 * that was ever drawn. */
static bool keyfile_is_blank(const uint8_t seed[ED25519_SEED_SIZE])
{
    uint8_t differs = 0;
    for (size_t i = 1; i < ED25519_SEED_SIZE; i++) {
        differs |= seed[i] ^ seed[0];
    }
    return differs == 0;
}

/* The seed in the file, in whatever form. */
static int keyfile_read(uint8_t seed[ED25519_SEED_SIZE], bool *is_sealed, struct port *port,
                        const char *name, const struct keyfile_seal_lock *lock)
{
    struct buf file;
    buf_init(&file, KEY_SWAP_FILE_MAX);
    int rc = key_swap_read(port, name, &file);
    *is_sealed = rc == 0 && keyfile_seal_is_one(buf_span(&file));
    if (*is_sealed) {
        rc = keyfile_seal_open(seed, buf_span(&file), name, lock);
    } else if (rc == 0 && (file.len != ED25519_SEED_SIZE || keyfile_is_blank(file.ptr))) {
        rc = WAVU_ERR_CORRUPT;
    } else if (rc == 0) {
        memcpy(seed, file.ptr, ED25519_SEED_SIZE);
    }
    buf_wipe(&file);
    return rc;
}

int keyfile_load(struct ed25519_pair *pair, struct port *port, const char *name,
                 const struct keyfile_seal_lock *lock)
{
    uint8_t seed[ED25519_SEED_SIZE];
    bool is_sealed = false;
    int rc = keyfile_read(seed, &is_sealed, port, name, lock);
    if (rc == 0) {
        ed25519_from_seed(pair, seed);
    }
    secret_wipe(seed, sizeof seed);
    return rc;
}

/* Does the home want its keys sealed? */
static bool keyfile_wants_seal(struct port *port, const struct keyfile_seal_lock *lock)
{
    bool wants = false;
    return lock != NULL && lock->is_known && store_key_look(port, &wants) == 0 && wants;
}

static int keyfile_create(const struct ed25519_pair *pair, struct port *port, const char *name,
                          const struct keyfile_seal_lock *lock)
{
    uint8_t sealed[KEYFILE_SEAL_SIZE];
    if (!keyfile_wants_seal(port, lock)) {
        return port->files->create(port, name, span_of(pair->seed, sizeof pair->seed));
    }
    int rc = keyfile_seal_write(sealed, pair->seed, name, lock, &port->random);
    return rc < 0 ? rc : port->files->create(port, name, span_of(sealed, sizeof sealed));
}

int keyfile_load_or_make(struct ed25519_pair *pair, struct port *port, const char *name,
                         const struct keyfile_seal_lock *lock)
{
    int rc = keyfile_load(pair, port, name, lock);
    if (rc != WAVU_ERR_NOT_FOUND) {
        return rc;
    }
    rc = port->files->make_home(port);
    if (rc < 0) {
        return rc;
    }
    ed25519_make(pair, &port->random);
    rc = keyfile_create(pair, port, name, lock);
    if (rc == WAVU_ERR_EXISTS) {
        rc = keyfile_load(pair, port, name, lock); /* another process was faster: its key it is */
    }
    if (rc < 0) {
        secret_wipe(pair, sizeof *pair);
    }
    return rc;
}

bool keyfile_is_sealed(struct port *port)
{
    bool is_sealed = false;
    struct buf file;
    buf_init(&file, KEY_SWAP_FILE_MAX);
    for (size_t i = 0; i < NAMES && !is_sealed; i++) {
        is_sealed =
            key_swap_read(port, names[i], &file) == 0 && keyfile_seal_is_one(buf_span(&file));
    }
    buf_wipe(&file);
    return is_sealed;
}

static int keyfile_settle_one(struct port *port, const char *name,
                              const struct keyfile_seal_lock *lock, bool seal)
{
    uint8_t seed[ED25519_SEED_SIZE];
    uint8_t sealed[KEYFILE_SEAL_SIZE];
    bool is_sealed = false;
    int rc = keyfile_read(seed, &is_sealed, port, name, lock);
    if (rc == 0 && is_sealed == seal) {
        rc = key_swap_finish(port, name);
    } else if (rc == 0 && seal) {
        rc = keyfile_seal_write(sealed, seed, name, lock, &port->random);
        rc = rc < 0 ? rc : key_swap_replace(port, name, span_of(sealed, sizeof sealed));
    } else if (rc == 0) {
        rc = key_swap_replace(port, name, span_of(seed, sizeof seed));
    }
    secret_wipe(seed, sizeof seed);
    /* What is damaged, or of a newer wavu, is left as it is: who needs it says so. */
    bool is_left = rc == WAVU_ERR_NOT_FOUND || rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED;
    return is_left ? 0 : rc;
}

int keyfile_settle(struct port *port, const struct keyfile_seal_lock *lock, bool seal)
{
    int rc = 0;
    for (size_t i = 0; i < NAMES; i++) {
        int one = keyfile_settle_one(port, names[i], lock, seal);
        rc = rc < 0 ? rc : one;
    }
    return rc;
}

int keyfile_destroy(struct port *port, const char **failed)
{
    int rc = 0;
    for (size_t i = 0; i < NAMES; i++) {
        int one = key_swap_destroy(port, names[i]);
        if (one < 0 && rc == 0) {
            rc = one;
            if (failed != NULL) {
                *failed = names[i];
            }
        }
    }
    return rc;
}
