/*
 * The store's key file and its replacement. Files come whole from port/files.h; keys leave to the
 * caller, who wipes them.
 */
#include "store/store_key.h"

#include <string.h>

#include "crypto/secret.h"

/* One byte over and over: what a file system leaves of a file whose contents it lost, and what
 * store_key_destroy does before its end; no key that was ever drawn. */
static bool is_blank(const uint8_t key[STORE_KEY_SIZE])
{
    uint8_t differs = 0;
    for (size_t i = 1; i < STORE_KEY_SIZE; i++) {
        differs |= key[i] ^ key[0];
    }
    return differs == 0;
}

/* The key in the file's bytes. */
static int parse(uint8_t key[STORE_KEY_SIZE], struct span file, struct span passphrase)
{
    struct store_wrap wrap;
    if (store_wrap_is_one(file)) {
        int rc = store_wrap_read(&wrap, file);
        return rc < 0 ? rc : store_wrap_open(&wrap, passphrase, key);
    }
    if (file.len != STORE_KEY_SIZE || is_blank(file.ptr)) {
        return WAVU_ERR_CORRUPT;
    }
    memcpy(key, file.ptr, STORE_KEY_SIZE);
    return 0;
}

int store_key_destroy(struct port *port)
{
    return key_swap_destroy(port, STORE_KEY_FILE);
}

int store_key_change(struct port *port, struct span from, struct span to, struct stretch_cost cost)
{
    uint8_t key[STORE_KEY_SIZE];
    uint8_t wrapped[STORE_WRAP_SIZE];
    struct buf file;
    buf_init(&file, STORE_WRAP_FILE_MAX);
    int rc = key_swap_read(port, STORE_KEY_FILE, &file);
    rc = rc < 0 ? rc : parse(key, buf_span(&file), from);
    if (rc == 0 && to.len > 0) {
        rc = store_wrap_write(wrapped, key, to, cost, &port->random);
        rc = rc < 0 ? rc : key_swap_replace(port, STORE_KEY_FILE, span_of(wrapped, sizeof wrapped));
    } else if (rc == 0) {
        rc = key_swap_replace(port, STORE_KEY_FILE, span_of(key, sizeof key));
    }
    buf_wipe(&file);
    secret_wipe(key, sizeof key);
    return rc;
}

/* ---- Opening ---- */

int store_key_look(struct port *port, bool *wants_passphrase)
{
    struct store_wrap wrap;
    uint8_t key[STORE_KEY_SIZE];
    struct buf file;
    buf_init(&file, STORE_WRAP_FILE_MAX);
    int rc = key_swap_read(port, STORE_KEY_FILE, &file);
    *wants_passphrase = rc == 0 && store_wrap_is_one(buf_span(&file));
    if (*wants_passphrase) {
        rc = store_wrap_read(&wrap, buf_span(&file));
    } else if (rc == 0) {
        rc = parse(key, buf_span(&file), span_empty());
        secret_wipe(key, sizeof key);
    }
    buf_wipe(&file);
    return rc;
}

static int load(uint8_t key[STORE_KEY_SIZE], struct port *port, struct span passphrase)
{
    struct buf file;
    buf_init(&file, STORE_WRAP_FILE_MAX);
    int rc = key_swap_read(port, STORE_KEY_FILE, &file);
    rc = rc < 0 ? rc : parse(key, buf_span(&file), passphrase);
    buf_wipe(&file);
    return rc;
}

static int make(uint8_t key[STORE_KEY_SIZE], struct port *port)
{
    int rc = port->files->make_home(port);
    if (rc < 0) {
        return rc;
    }
    rc = port->files->exists(port, STORE_FILE);
    if (rc != WAVU_ERR_NOT_FOUND) {
        return rc == 0 ? WAVU_ERR_CORRUPT : rc; /* the key of what is there is gone */
    }
    random_fill(&port->random, key, STORE_KEY_SIZE);
    return port->files->create(port, STORE_KEY_FILE, span_of(key, STORE_KEY_SIZE));
}

int store_key_open(uint8_t key[STORE_KEY_SIZE], struct port *port, struct span passphrase)
{
    int rc = load(key, port, passphrase);
    if (rc == WAVU_ERR_NOT_FOUND) {
        rc = make(key, port);
        if (rc == WAVU_ERR_EXISTS) {
            rc = load(key, port, passphrase); /* another process was faster: its key is the key */
        }
    } else if (rc == 0) {
        /* What cannot be done now is done another time: this file holds. */
        (void)!key_swap_finish(port, STORE_KEY_FILE);
    }
    if (rc < 0) {
        secret_wipe(key, STORE_KEY_SIZE);
    }
    return rc;
}
