/*
 * The name of a unix socket: claimed by one process at a time, never taken from a living one.
 */
#ifndef OS_IPC_PATH_H
#define OS_IPC_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "wavu/err.h"

#define IPC_PATH_SIZE 108 /* of sockaddr_un: 107 bytes and a NUL */
#define IPC_PATH_TRIES_MAX                                                                         \
    50 /* to get the folder's lock, IPC_PATH_WAIT_MS apart: half a second                          \
        */
#define IPC_PATH_WAIT_MS 10

/* A claimed name. */
struct ipc_path {
    char text[IPC_PATH_SIZE];
    uint64_t device; /* the socket file's identity: another one with the name is not ours */
    uint64_t inode;
};

/**
 * Bind a listening, non-blocking unix socket (mode 0600) to `path`; `*fd` is the caller's to close.
 * Makes the last folder on the way, mode 0700, when it is missing, and replaces the socket of a
 * dead process. Errors as ipc_listen. May wait half a second for another process that does the
 * same.
 */
WARN_UNUSED int ipc_path_claim(struct ipc_path *out, const char *path, int *fd);

/**
 * Connect a non-blocking socket to `path` and check that the process there is of this user or of
 * root;
 * `*fd` is the caller's to close. WAVU_ERR_NO_NODE (nobody listens), _AGAIN (it has no time for one
 * more: try again), _DENIED, _INVALID (path too long), _LIMIT, _IO.
 */
WARN_UNUSED int ipc_path_connect(const char *path, int *fd);

/** True when the process at the other end of the connected socket `fd` is of this user or of root.
 */
bool ipc_path_is_trusted(int fd);

/** Remove the socket file when it is still the one that was claimed. */
void ipc_path_release(struct ipc_path *p);

#endif
