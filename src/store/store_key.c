/*
 * The store's key file.
 */
#include "store/store_key.h"

#include <string.h>

#include "crypto/secret.h"

static int load(uint8_t key[STORE_KEY_SIZE], struct port *port)
{
    struct buf file;
    buf_init(&file, STORE_KEY_SIZE + 1); /* one more shows that a file is too long */
    int rc = port->files->read(port, STORE_KEY_FILE, &file);
    if (rc == WAVU_ERR_LIMIT || (rc == 0 && file.len != STORE_KEY_SIZE)) {
        rc = WAVU_ERR_CORRUPT;
    }
    if (rc == 0) {
        memcpy(key, file.ptr, STORE_KEY_SIZE);
    }
    buf_wipe(&file);
    return rc;
}

int store_key_load_or_make(uint8_t key[STORE_KEY_SIZE], struct port *port)
{
    int rc = load(key, port);
    if (rc != WAVU_ERR_NOT_FOUND) {
        return rc;
    }
    rc = port->files->make_home(port);
    if (rc < 0) {
        return rc;
    }
    rc = port->files->exists(port, STORE_FILE);
    if (rc != WAVU_ERR_NOT_FOUND) {
        return rc == 0 ? WAVU_ERR_CORRUPT : rc; /* the key of what is there is gone */
    }
    random_fill(&port->random, key, STORE_KEY_SIZE);
    rc = port->files->create(port, STORE_KEY_FILE, span_of(key, STORE_KEY_SIZE));
    if (rc == WAVU_ERR_EXISTS) {
        rc = load(key, port); /* another process was faster: its key is the key */
    }
    if (rc < 0) {
        secret_wipe(key, STORE_KEY_SIZE);
    }
    return rc;
}
