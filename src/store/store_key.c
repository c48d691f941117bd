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

static int read_file(struct port *port, const char *path, struct buf *file)
{
    file->len = 0;
    int rc = port->files->read(port, path, file);
    return rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc; /* longer than any */
}

/* The file that holds. */
static int read_valid(struct port *port, struct buf *file)
{
    int rc = read_file(port, STORE_KEY_FILE_NEW, file);
    return rc == WAVU_ERR_NOT_FOUND ? read_file(port, STORE_KEY_FILE, file) : rc;
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

/* ---- Taking away ---- */

/* Zeros over the whole of an open file, on the disk. */
static int blank_open(const struct port_files *files, struct port_file *file)
{
    static const uint8_t zeros[STORE_WRAP_FILE_MAX];
    uint64_t size = 0;
    int rc = files->size(file, &size);
    for (uint64_t at = 0; rc == 0 && at < size; at += sizeof zeros) {
        uint64_t left = size - at;
        rc = files->write_at(file, at,
                             span_of(zeros, left < sizeof zeros ? (size_t)left : sizeof zeros));
    }
    return rc < 0 ? rc : files->sync(file);
}

int store_key_blank(struct port *port, const char *path)
{
    struct port_file *file = NULL;
    int rc = port->files->open(port, path, PORT_FILES_THERE, &file);
    if (rc < 0) {
        return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
    }
    rc = blank_open(port->files, file);
    port->files->close(file);
    return rc < 0 ? rc : port->files->remove(port, path, true);
}

int store_key_destroy(struct port *port)
{
    int rc = store_key_blank(port, STORE_KEY_FILE);
    int rc_new = store_key_blank(port, STORE_KEY_FILE_NEW);
    rc = rc < 0 ? rc : rc_new;
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc; /* no home: no key */
}

/* ---- Replacing ---- */

/* The new file's bytes take the old one's place. */
static int move_over(struct port *port, struct span young)
{
    struct buf old;
    buf_init(&old, STORE_WRAP_FILE_MAX);
    int rc = read_file(port, STORE_KEY_FILE, &old);
    if (rc < 0 || !span_is_equal(young, buf_span(&old))) {
        rc = store_key_blank(port, STORE_KEY_FILE);
        rc = rc < 0 ? rc : port->files->create(port, STORE_KEY_FILE, young);
    }
    buf_wipe(&old);
    return rc < 0 ? rc : port->files->remove(port, STORE_KEY_FILE_NEW, true);
}

/* Where the new file is there, have it take the old one's place. Its lock keeps out another process
 * that finds it, too: it would blank what this one has just renamed. */
static int finish(struct port *port)
{
    struct port_file *file = NULL;
    struct buf young;
    int rc = port->files->open(port, STORE_KEY_FILE_NEW, PORT_FILES_THERE, &file);
    if (rc < 0) {
        return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
    }
    buf_init(&young, STORE_WRAP_FILE_MAX);
    rc = port->files->lock(file);
    rc = rc < 0 ? rc : read_file(port, STORE_KEY_FILE_NEW, &young);
    if (rc == 0) {
        rc = move_over(port, buf_span(&young));
    } else if (rc == WAVU_ERR_NOT_FOUND) {
        rc = 0; /* the other one has done it all */
    }
    port->files->close(file);
    buf_wipe(&young);
    return rc;
}

/* Have `bytes` as the file that holds. */
static int replace(struct port *port, struct span bytes)
{
    int rc = finish(port); /* of a change before */
    rc = rc < 0 ? rc : port->files->create(port, STORE_KEY_FILE_NEW, bytes);
    return rc < 0 ? rc : finish(port);
}

int store_key_change(struct port *port, struct span from, struct span to, struct stretch_cost cost)
{
    uint8_t key[STORE_KEY_SIZE];
    uint8_t wrapped[STORE_WRAP_SIZE];
    struct buf file;
    buf_init(&file, STORE_WRAP_FILE_MAX);
    int rc = read_valid(port, &file);
    rc = rc < 0 ? rc : parse(key, buf_span(&file), from);
    if (rc == 0 && to.len > 0) {
        rc = store_wrap_write(wrapped, key, to, cost, &port->random);
        rc = rc < 0 ? rc : replace(port, span_of(wrapped, sizeof wrapped));
    } else if (rc == 0) {
        rc = replace(port, span_of(key, sizeof key));
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
    int rc = read_valid(port, &file);
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
    int rc = read_valid(port, &file);
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
        (void)finish(port); /* what cannot be done now is done another time: this file holds */
    }
    if (rc < 0) {
        secret_wipe(key, STORE_KEY_SIZE);
    }
    return rc;
}
