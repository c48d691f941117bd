/*
 * Small files of a node's home. Paths are relative to the home that the port was made with, use '/'
 * and never hold "..". Calls block shortly: they are for start-up, not for the turn.
 */
#ifndef PORT_FILES_H
#define PORT_FILES_H

#include "base/buf.h"
#include "port/port.h"

struct port_files {
    /* Append the whole file to `out` (its maximum bounds the size). WAVU_ERR_NOT_FOUND, _DENIED,
     * _LIMIT, _IO. */
    int (*read)(struct port *, const char *path, struct buf *out);

    /* Create the file with these bytes and mode 0600, durably and atomically: after a crash it is
     * there whole or not at all. WAVU_ERR_EXISTS when the name is taken (it is never replaced),
     * _DENIED, _NO_SPACE, _IO. */
    int (*create)(struct port *, const char *path, struct span bytes);

    /* Make sure the home itself exists (mode 0700). WAVU_ERR_DENIED, _NO_SPACE, _IO. */
    int (*make_home)(struct port *);
};

#endif
