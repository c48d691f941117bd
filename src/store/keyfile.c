/*
 * Files of keys.
 */
#include "store/keyfile.h"

#include "crypto/secret.h"

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

int keyfile_load(struct ed25519_pair *pair, struct port *port, const char *name)
{
    struct buf file;
    buf_init(&file, ED25519_SEED_SIZE + 1); /* one more shows that a file is too long */
    int rc = port->files->read(port, name, &file);
    if (rc == WAVU_ERR_LIMIT || (rc == 0 && file.len != ED25519_SEED_SIZE)) {
        rc = WAVU_ERR_CORRUPT;
    }
    if (rc == 0 && keyfile_is_blank(file.ptr)) {
        rc = WAVU_ERR_CORRUPT;
    }
    if (rc == 0) {
        ed25519_from_seed(pair, file.ptr);
    }
    buf_wipe(&file);
    return rc;
}

int keyfile_load_or_make(struct ed25519_pair *pair, struct port *port, const char *name)
{
    int rc = keyfile_load(pair, port, name);
    if (rc != WAVU_ERR_NOT_FOUND) {
        return rc;
    }
    rc = port->files->make_home(port);
    if (rc < 0) {
        return rc;
    }
    ed25519_make(pair, &port->random);
    rc = port->files->create(port, name, span_of(pair->seed, sizeof pair->seed));
    if (rc == WAVU_ERR_EXISTS) {
        rc = keyfile_load(pair, port, name); /* another process was faster: its key is the key */
    }
    if (rc < 0) {
        secret_wipe(pair, sizeof *pair);
    }
    return rc;
}
