/*
 * Files of a node's home. Paths are relative to the home that the port was made with, use '/' and
 * never hold "..". What takes a path returns WAVU_ERR_NOT_FOUND when the port has no home, and
 * WAVU_ERR_INVALID when home and path are longer together than the system takes (1,023 bytes).
 *
 * Whole small files are for start-up: read, create, make_home, on the node's thread. Open files are
 * what a database and a transfer need; their calls, open, those that end in _outside, make_folder,
 * move, remove, exists, room and list may also be made by a job (port/work.h), one thread at a time
 * for one file. All calls block until the disk has answered.
 */
#ifndef PORT_FILES_H
#define PORT_FILES_H

#include "base/buf.h"
#include "port/port.h"

struct port_file; /* an open file; opaque, owned by who opened it until `close` */

/* What differs when a file's content does, as far as the system tells: a file that is written
 * within one tick of its clock may keep the time. */
struct port_files_stamp {
    uint64_t size;
    uint64_t changed_ns; /* since 1970; compared, never ordered */
    uint64_t node;       /* another file under the same name has another */
};

enum port_files_mode {
    PORT_FILES_THERE, /* it must be there */
    PORT_FILES_MAKE   /* an empty one is made when it is not there, with mode 0600 */
};

struct port_files {
    /* Append the whole file to `out` (its maximum bounds the size). WAVU_ERR_NOT_FOUND, _DENIED
     * (also a symbolic link), _CORRUPT (a folder or a device has the name), _LIMIT (longer than
     * `out` takes, or descriptors), _INVALID, _IO. `out` is as it was after an error. */
    int (*read)(struct port *, const char *path, struct buf *out);

    /* Create the file with these bytes and mode 0600, durably and atomically: after a crash it is
     * there whole or not at all. WAVU_ERR_EXISTS when the name is taken (it is never replaced),
     * _NOT_FOUND (the home is not there), _DENIED, _NO_SPACE, _LIMIT (descriptors), _INVALID, _IO.
     */
    int (*create)(struct port *, const char *path, struct span bytes);

    /* Make sure that the home itself exists (mode 0700) and takes files. WAVU_ERR_NOT_FOUND (the
     * port has none), _DENIED, _NO_SPACE, _LIMIT, _INVALID, _IO (also when a part of its path is a
     * file). */
    int (*make_home)(struct port *);

    /* Open for reading and writing. WAVU_ERR_NOT_FOUND, _DENIED (also a symbolic link), _CORRUPT (a
     * folder or a device has the name), _LIMIT (descriptors), _NO_SPACE, _INVALID, _IO. */
    int (*open)(struct port *, const char *path, enum port_files_mode mode, struct port_file **out);

    /* Open for reading alone what a person named on this machine: `path` is absolute, links are
     * followed, no home is needed. Never for a path that a peer had a hand in. Errors as `open`;
     * WAVU_ERR_INVALID also for a path that is not absolute. */
    int (*open_outside)(struct port *, const char *path, struct port_file **out);

    /* Make a new, empty file with mode 0600 where a person said, for reading and writing; `path` as
     * for open_outside. WAVU_ERR_EXISTS when the name is taken; else errors as `open`. */
    int (*make_outside)(struct port *, const char *path, struct port_file **out);

    /* As `move` and as a durable `remove`, by absolute paths. For files of make_outside. */
    int (*move_outside)(struct port *, const char *from, const char *to);
    int (*remove_outside)(struct port *, const char *path);

    /* Close, and let go of the lock. What was not synced may be lost by a crash. */
    void (*close)(struct port_file *);

    /* Read up to out.len bytes at `offset`; `*got` is less only where the file ends. WAVU_ERR_IO,
     * _INVALID beyond 2^63 - 1, as the next two. */
    int (*read_at)(struct port_file *, uint64_t offset, struct span_mut out, size_t *got);

    /* Write all the bytes at `offset`; a gap behind the old end reads as zeros. After an error, any
     * part of them may be there. WAVU_ERR_NO_SPACE, _IO. */
    int (*write_at)(struct port_file *, uint64_t offset, struct span bytes);

    /* Cut the file, or extend it by zeros. WAVU_ERR_NO_SPACE, _IO. */
    int (*truncate)(struct port_file *, uint64_t size);

    int (*size)(struct port_file *, uint64_t *out);

    int (*stamp)(struct port_file *, struct port_files_stamp *out);

    /* After 0 everything written so far, the size, and the name if this call's file was made by its
     * `open`, outlast a crash. After an error nothing is known of what was written since the last
     * sync, and a later sync does not repair it: write it again. WAVU_ERR_IO. */
    int (*sync)(struct port_file *);

    /* Have the file for this open file alone, among all processes, until it is closed.
     * WAVU_ERR_IN_USE, _IO. */
    int (*lock)(struct port_file *);

    /* Take the file's name away; durably when `is_durable`. Who has it open still has it.
     * WAVU_ERR_NOT_FOUND, _DENIED, _INVALID, _IO (also a folder). */
    int (*remove)(struct port *, const char *path, bool is_durable);

    /* Give the file another name in the home, durably; what has that name is never replaced.
     * WAVU_ERR_EXISTS, _NOT_FOUND, _DENIED, _NO_SPACE, _INVALID, _IO (either name may be the
     * file's then). */
    int (*move)(struct port *, const char *from, const char *to);

    /* Make sure that a folder of the home is there (mode 0700); those above it must be.
     * WAVU_ERR_NOT_FOUND, _DENIED, _CORRUPT (something else has the name), _NO_SPACE, _INVALID,
     * _IO. */
    int (*make_folder)(struct port *, const char *path);

    /* 0 when there is something of that name. WAVU_ERR_NOT_FOUND, _DENIED, _INVALID, _IO. */
    int (*exists)(struct port *, const char *path);

    /* How many bytes more the disk under the home takes, as far as the system tells: others use it,
     * too. WAVU_ERR_NOT_FOUND (no home), _INVALID, _IO. */
    int (*room)(struct port *, uint64_t *bytes);

    /* Append the names of the home's own files (not of folders), each behind it a NUL, in no
     * order. WAVU_ERR_NOT_FOUND (no home), _LIMIT, _DENIED, _INVALID, _IO. */
    int (*list)(struct port *, struct buf *names);

    /* As `list`, of a folder of make_folder. */
    int (*list_folder)(struct port *, const char *path, struct buf *names);
};

#endif
