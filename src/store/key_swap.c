/*
 * Replacing and destroying key files.
 */
#include "store/key_swap.h"

#include "base/check.h"
#include "base/wr.h"

#define PATH_MAX_HERE 64 /* names of ours have a dozen letters */

static void name_new(char path[PATH_MAX_HERE], const char *name)
{
    struct wr w;

    wr_init(&w, span_mut_of(path, PATH_MAX_HERE));
    wr_text(&w, name);
    wr_text(&w, KEY_SWAP_NEW);
    CHECK(wr_finish_text(&w) == 0);
}

static int read_file(struct port *port, const char *path, struct buf *file)
{
    file->len = 0;
    int rc = port->files->read(port, path, file);
    return rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc; /* longer than any */
}

static bool is_zeros(struct span bytes)
{
    uint8_t all = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        all |= bytes.ptr[i];
    }
    return all == 0;
}

/* Between two looks another process may begin to replace it: then the new file is there before the
 * old one goes, and the old name is taken before the new file goes. So what was missed at the first
 * try is there at the second, or there is none. */
int key_swap_read(struct port *port, const char *name, struct buf *file)
{
    char young[PATH_MAX_HERE];
    bool is_missed = true;
    int rc = 0;

    name_new(young, name);
    for (int i = 0; i < 2 && is_missed; i++) {
        rc = read_file(port, young, file);
        if (rc != WAVU_ERR_NOT_FOUND) {
            return rc;
        }
        rc = read_file(port, name, file);
        is_missed = rc == WAVU_ERR_NOT_FOUND || (rc == 0 && is_zeros(buf_span(file)));
    }
    return rc;
}

/* ---- Taking away ---- */

/* Zeros over the whole of an open file, on the disk. */
static int blank_open(const struct port_files *files, struct port_file *file)
{
    static const uint8_t zeros[KEY_SWAP_FILE_MAX];
    uint64_t size = 0;
    int rc = files->size(file, &size);
    for (uint64_t at = 0; rc == 0 && at < size; at += sizeof zeros) {
        uint64_t left = size - at;
        rc = files->write_at(file, at,
                             span_of(zeros, left < sizeof zeros ? (size_t)left : sizeof zeros));
    }
    return rc < 0 ? rc : files->sync(file);
}

int key_swap_blank(struct port *port, const char *path)
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

int key_swap_destroy(struct port *port, const char *name)
{
    char young[PATH_MAX_HERE];

    name_new(young, name);
    int rc = key_swap_blank(port, name);
    int rc_new = key_swap_blank(port, young);
    rc = rc < 0 ? rc : rc_new;
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc; /* no home: no key */
}

/* ---- Replacing ---- */

/* The new file's bytes take the old one's place. */
static int move_over(struct port *port, const char *name, const char *young, struct span bytes)
{
    struct buf old;
    buf_init(&old, KEY_SWAP_FILE_MAX);
    int rc = read_file(port, name, &old);
    if (rc < 0 || !span_is_equal(bytes, buf_span(&old))) {
        rc = key_swap_blank(port, name);
        rc = rc < 0 ? rc : port->files->create(port, name, bytes);
    }
    buf_wipe(&old);
    return rc < 0 ? rc : port->files->remove(port, young, true);
}

/* The new file's lock keeps out another process that finds it, too: it would blank what this one
 * has just renamed. */
int key_swap_finish(struct port *port, const char *name)
{
    struct port_file *file = NULL;
    struct buf bytes;
    char young[PATH_MAX_HERE];

    name_new(young, name);
    int rc = port->files->open(port, young, PORT_FILES_THERE, &file);
    if (rc < 0) {
        return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
    }
    buf_init(&bytes, KEY_SWAP_FILE_MAX);
    rc = port->files->lock(file);
    rc = rc < 0 ? rc : read_file(port, young, &bytes);
    if (rc == 0) {
        rc = move_over(port, name, young, buf_span(&bytes));
    } else if (rc == WAVU_ERR_NOT_FOUND) {
        rc = 0; /* the other one has done it all */
    }
    port->files->close(file);
    buf_wipe(&bytes);
    return rc;
}

int key_swap_replace(struct port *port, const char *name, struct span bytes)
{
    char young[PATH_MAX_HERE];

    name_new(young, name);
    int rc = key_swap_finish(port, name); /* of a change before */
    rc = rc < 0 ? rc : port->files->create(port, young, bytes);
    return rc < 0 ? rc : key_swap_finish(port, name);
}
