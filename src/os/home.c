/*
 * Small files in the home folder: whole or not at all, mode 0600, never through a symbolic link.
 */
#include "os/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/files.h"
#include "os/loop.h"
#include "os/sys_err.h"

#define HOME_DRAFT_MAX 32 /* the name of a file that is not yet whole */

int home_full_path(struct port *port, const char *path, char out[HOME_PATH_MAX])
{
    const char *home = ((struct os_port *)(void *)port)->home;
    if (home == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    int len = snprintf(out, HOME_PATH_MAX, "%s/%s", home, path);
    return len < 0 || len >= HOME_PATH_MAX ? WAVU_ERR_INVALID : 0;
}

/* Read to the end of `fd`; one byte more than fits is the proof that the file is too long. */
static int home_read_all(int fd, struct buf *out)
{
    for (;;) {
        size_t room = out->max - out->len;
        int rc = buf_reserve(out, room < 4096 ? room : 4096);
        if (rc < 0) {
            return rc;
        }
        uint8_t extra;
        ssize_t len = room > 0 ? read(fd, out->ptr + out->len, room < 4096 ? room : 4096)
                               : read(fd, &extra, 1);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len < 0) {
            return sys_err_last();
        }
        if (len == 0) {
            return 0;
        }
        if (room == 0) {
            return WAVU_ERR_LIMIT;
        }
        out->len += (size_t)len;
    }
}

static int home_read(struct port *port, const char *path, struct buf *out)
{
    char full[HOME_PATH_MAX];
    struct stat info;
    int rc = home_full_path(port, path, full);
    if (rc < 0) {
        return rc;
    }
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return sys_err_last();
    }
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
        rc = WAVU_ERR_CORRUPT; /* a folder or a device is no file of ours */
    } else {
        size_t before = out->len;
        rc = home_read_all(fd, out);
        out->len = rc < 0 ? before : out->len;
    }
    (void)close(fd);
    return rc;
}

static int home_write_all(int fd, struct span bytes)
{
    size_t at = 0;
    while (at < bytes.len) {
        ssize_t len = write(fd, bytes.ptr + at, bytes.len - at);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len < 0) {
            return sys_err_last();
        }
        at += (size_t)len;
    }
    return fsync(fd) < 0 ? sys_err_last() : 0;
}

int home_sync_folder(struct port *port)
{
    int fd = open(((struct os_port *)(void *)port)->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return sys_err_last();
    }
    int rc = fsync(fd) < 0 && errno != EINVAL ? sys_err_last() : 0; /* EINVAL: not for folders */
    (void)close(fd);
    return rc;
}

/* Give the draft its name, which must be free. Not every file system can do both: FAT has no links,
 * NFS does not rename without replacing. */
static int home_publish(const char *draft, const char *full)
{
    if (renameat2(AT_FDCWD, draft, AT_FDCWD, full, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return sys_err_last();
    }
    return link(draft, full) < 0 ? sys_err_last() : 0; /* unlike rename, link never replaces */
}

/* Write `bytes` to a new file `draft`. */
static int home_write(const char *draft, struct span bytes)
{
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return sys_err_last();
    }
    int rc = home_write_all(fd, bytes);
    if (close(fd) < 0 && rc == 0) {
        rc = sys_err_last();
    }
    return rc;
}

static int home_create(struct port *port, const char *path, struct span bytes)
{
    char full[HOME_PATH_MAX];
    char draft[HOME_PATH_MAX];
    char name[HOME_DRAFT_MAX];
    /* A number of its own: another process, even one with our pid in another container, may be at
     * it, too. */
    (void)snprintf(name, sizeof name, ".draft-%016llx",
                   (unsigned long long)random_u64(&port->random));
    int rc = home_full_path(port, path, full);
    rc = rc < 0 ? rc : home_full_path(port, name, draft);
    if (rc < 0) {
        return rc;
    }
    rc = home_write(draft, bytes);
    if (rc == WAVU_ERR_EXISTS) {
        return WAVU_ERR_IO; /* of a draft's name, which is not the one that was asked about */
    }
    rc = rc < 0 ? rc : home_publish(draft, full);
    (void)unlink(draft); /* gone already after a rename */
    return rc < 0 ? rc : home_sync_folder(port);
}

/* Why there is no folder: a part of its path that cannot be one (a file) is not merely missing. */
static int home_folder_err(void)
{
    int err = sys_err_last();
    return err == WAVU_ERR_NOT_FOUND ? WAVU_ERR_IO : err;
}

static int home_make(struct port *port)
{
    char path[HOME_PATH_MAX];
    int rc = home_full_path(port, "", path);
    if (rc < 0) {
        return rc;
    }
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at != '/') {
            continue;
        }
        *at = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST) {
            return home_folder_err();
        }
        *at = '/';
    }
    return access(path, W_OK | X_OK) < 0 ? home_folder_err() : 0;
}

const struct port_files home_files = {
    .read = home_read,
    .create = home_create,
    .make_home = home_make,
    .open = files_open,
    .close = files_close,
    .read_at = files_read_at,
    .write_at = files_write_at,
    .truncate = files_truncate,
    .size = files_size,
    .sync = files_sync,
    .lock = files_lock,
    .remove = files_remove,
    .exists = files_exists,
    .list = files_list,
};
