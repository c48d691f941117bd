/*
 * Claiming the name of a unix socket.
 *
 * Who claims holds a lock on the folder meanwhile: otherwise two processes that find the same dead
 * socket could both replace it, and the one that came first would listen at a name that is gone.
 */
#include "os/ipc_path.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/sys_err.h"

#define IPC_PATH_BACKLOG 16 /* clients that wait in the kernel */

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == IPC_PATH_SIZE,
               "what a path may have");

static int ipc_path_address(struct sockaddr_un *out, const char *path)
{
    size_t len = strlen(path);
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len == 0 || len >= sizeof out->sun_path) {
        return WAVU_ERR_INVALID;
    }
    memcpy(out->sun_path, path, len);
    return 0;
}

bool ipc_path_is_trusted(int fd)
{
    struct ucred other;
    socklen_t size = sizeof other;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 &&
           (other.uid == geteuid() || other.uid == 0);
}

int ipc_path_connect(const char *path, int *fd)
{
    struct sockaddr_un address;
    int rc = ipc_path_address(&address, path);
    if (rc < 0) {
        return rc;
    }
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0) {
        return sys_err_last();
    }
    if (connect(*fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        rc = sys_err_last();
        rc = rc == WAVU_ERR_REFUSED || rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_NO_NODE : rc;
    } else if (!ipc_path_is_trusted(*fd)) {
        rc = WAVU_ERR_DENIED;
    }
    if (rc < 0) {
        (void)close(*fd);
        *fd = -1;
    }
    return rc;
}

/* The folder of `path` into `out`. */
static void ipc_path_folder(const char *path, char out[IPC_PATH_SIZE])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    memcpy(out, path, len);
    out[len] = '\0';
    if (len == 0) {
        memcpy(out, slash == NULL ? "." : "/", 2);
    }
}

/* Open and lock `folder`, which is made when it is missing. Returns the descriptor or an error. */
static int ipc_path_lock(const char *folder)
{
    if (mkdir(folder, 0700) < 0 && errno != EEXIST && errno != EISDIR) {
        struct stat there;
        int rc = sys_err_last();
        if (stat(folder, &there) < 0) { /* on a read-only disk mkdir complains before it looks */
            return rc;
        }
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return sys_err_last();
    }
    for (int i = 0; i < IPC_PATH_TRIES_MAX; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return fd;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            int rc = sys_err_last();
            (void)close(fd);
            return rc;
        }
        (void)poll(NULL, 0, IPC_PATH_WAIT_MS);
    }
    (void)close(fd);
    return WAVU_ERR_IN_USE;
}

/* Remove the socket at `address` if its process is dead. 0: the name is free now. */
static int ipc_path_bury(const struct sockaddr_un *address)
{
    struct stat there;
    if (lstat(address->sun_path, &there) < 0) {
        return errno == ENOENT ? 0 : sys_err_last();
    }
    if (!S_ISSOCK(there.st_mode)) {
        return WAVU_ERR_EXISTS;
    }
    int fd = -1;
    int rc = ipc_path_connect(address->sun_path, &fd);
    if (rc == 0) {
        (void)close(fd);
    }
    if (rc == 0 || rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_DENIED) {
        return WAVU_ERR_IN_USE; /* someone is there, be it someone else */
    }
    if (rc != WAVU_ERR_NO_NODE) {
        return rc;
    }
    return unlink(address->sun_path) < 0 && errno != ENOENT ? sys_err_last() : 0;
}

static int ipc_path_bind(int fd, const struct sockaddr_un *address)
{
    /* The file gets the socket's mode, whatever the umask leaves open: no moment with a wider one.
     */
    if (fchmod(fd, 0600) < 0) {
        return sys_err_last();
    }
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) == 0) {
        return 0;
    }
    if (errno != EADDRINUSE) {
        return sys_err_last();
    }
    int rc = ipc_path_bury(address);
    if (rc == 0 && bind(fd, (const struct sockaddr *)address, sizeof *address) < 0) {
        rc = sys_err_last();
    }
    return rc;
}

/* Bind, listen and remember which file it is. */
static int ipc_path_open(struct ipc_path *p, int *fd)
{
    struct sockaddr_un address;
    struct stat made;
    int rc = ipc_path_address(&address, p->text);
    if (rc < 0) {
        return rc;
    }
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0) {
        return sys_err_last();
    }
    rc = ipc_path_bind(*fd, &address);
    if (rc == 0 && (listen(*fd, IPC_PATH_BACKLOG) < 0 || lstat(p->text, &made) < 0)) {
        rc = sys_err_last();
        (void)unlink(p->text);
    }
    if (rc < 0) {
        (void)close(*fd);
        *fd = -1;
        return rc;
    }
    p->device = (uint64_t)made.st_dev;
    p->inode = (uint64_t)made.st_ino;
    return 0;
}

int ipc_path_claim(struct ipc_path *out, const char *path, int *fd)
{
    char folder[IPC_PATH_SIZE];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof out->text) {
        return WAVU_ERR_INVALID;
    }
    *out = (struct ipc_path){.device = 0};
    memcpy(out->text, path, len);
    ipc_path_folder(out->text, folder);
    int lock = ipc_path_lock(folder);
    if (lock < 0) {
        return lock;
    }
    int rc = ipc_path_open(out, fd);
    (void)close(lock);
    return rc;
}

void ipc_path_release(struct ipc_path *p)
{
    struct stat there;
    if (lstat(p->text, &there) == 0 && (uint64_t)there.st_dev == p->device &&
        (uint64_t)there.st_ino == p->inode) {
        (void)unlink(p->text);
    }
}
