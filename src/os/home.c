/*
 * Small files in the home folder: whole or not at all, mode 0600, never through a symbolic link.
 */
#include "os/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/files.h"
#include "os/loop.h"
#include "os/sys_err.h"

#define HOME_DRAFT ".draft-" /* begins the name of a file that is not yet whole */
#define HOME_DRAFT_MAX 32    /* bytes of such a name, with NUL */
#define HOME_WIPE_MAX                                                                              \
    (1024 * 1024)          /* bytes of a draft that are overwritten; whole files are small */
#define HOME_DRAFT_TRIES 3 /* each can be lost to a sweep that began at the same moment */

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

int home_sync_folder(struct port *port, const char *path)
{
    char full[HOME_PATH_MAX];
    int rc = home_full_path(port, path, full);
    return rc < 0 ? rc : home_sync_folder_of(full);
}

int home_sync_folder_of(const char *full)
{
    char folder[HOME_PATH_MAX];
    size_t len = (size_t)(strrchr(full, '/') - full); /* between home and path there is one */
    if (len + 2 > sizeof folder) {
        return WAVU_ERR_INVALID;
    }
    memcpy(folder, full, len);
    memcpy(folder + len, len == 0 ? "/" : "", len == 0 ? 2 : 1);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return sys_err_last();
    }
    int rc = fsync(fd) < 0 && errno != EINVAL ? sys_err_last() : 0; /* EINVAL: not for folders */
    (void)close(fd);
    return rc;
}

/* Give the draft its name, which must be free. Not every file system can do both: FAT has no links,
 * NFS does not rename without replacing. */
int home_publish(const char *draft, const char *full)
{
    if (renameat2(AT_FDCWD, draft, AT_FDCWD, full, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return sys_err_last();
    }
    return link(draft, full) < 0 ? sys_err_last() : 0; /* unlike rename, link never replaces */
}

/* Is the file behind `fd` still the only one called `path`, and called nothing else? */
static bool home_is_named(int fd, const char *path)
{
    struct stat here;
    struct stat there;
    return fstat(fd, &here) == 0 && lstat(path, &there) == 0 && here.st_nlink == 1 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* Write `bytes` to the new file `draft` behind `fd`, and give it its name. Its lock is held, so
 * that no sweep takes it for a crash's; where the system knows no locks, nobody sweeps. */
static int home_fill(int fd, const char *draft, struct span bytes, const char *full)
{
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        return WAVU_ERR_AGAIN; /* a sweep was faster than the lock */
    }
    if (!home_is_named(fd, draft)) {
        return WAVU_ERR_AGAIN;
    }
    int rc = home_write_all(fd, bytes);
    return rc < 0 ? rc : home_publish(draft, full);
}

static int home_try_create(struct port *port, struct span bytes, const char *full)
{
    char draft[HOME_PATH_MAX];
    char name[HOME_DRAFT_MAX];
    /* A number of its own: another process, even one with our pid in another container, may be at
     * it, too. */
    (void)snprintf(name, sizeof name, HOME_DRAFT "%016llx",
                   (unsigned long long)random_u64(&port->random));
    int rc = home_full_path(port, name, draft);
    if (rc < 0) {
        return rc;
    }
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        rc = sys_err_last();
        /* The draft's name is not the one that was asked about. */
        return rc == WAVU_ERR_EXISTS ? WAVU_ERR_IO : rc;
    }
    rc = home_fill(fd, draft, bytes, full);
    (void)unlink(draft); /* gone already after a rename */
    (void)close(fd);     /* what was written is synced */
    return rc;
}

static int home_create(struct port *port, const char *path, struct span bytes)
{
    char full[HOME_PATH_MAX];
    int rc = home_full_path(port, path, full);
    if (rc < 0) {
        return rc;
    }
    rc = WAVU_ERR_AGAIN;
    for (int i = 0; i < HOME_DRAFT_TRIES && rc == WAVU_ERR_AGAIN; i++) {
        rc = home_try_create(port, bytes, full);
    }
    if (rc == WAVU_ERR_AGAIN) {
        return WAVU_ERR_IO;
    }
    return rc < 0 ? rc : home_sync_folder(port, path);
}

/* ---- What a crash left ---- */

/* Overwrite what the file holds; nobody else has it. As far as the disk lets it be wiped. */
static void home_wipe(int fd)
{
    static const uint8_t zeros[4096];
    struct stat info;
    if (fstat(fd, &info) < 0) {
        return;
    }
    off_t end = info.st_size < HOME_WIPE_MAX ? info.st_size : HOME_WIPE_MAX;
    for (off_t at = 0; at < end;) {
        size_t left = (size_t)(end - at);
        ssize_t len = pwrite(fd, zeros, left < sizeof zeros ? left : sizeof zeros, at);
        if (len <= 0) {
            return;
        }
        at += len;
    }
    (void)!fsync(fd);
}

/* Take the draft `name` away if the process that wrote it is gone. Whoever is at it holds its lock;
 * one that has its real name already, or a second one (home_publish), is no draft any more. */
static void home_sweep_one(int folder, const char *path, const char *name)
{
    int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat info;
    if (fd < 0) {
        return;
    }
    bool is_left =
        fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (is_left && home_is_named(fd, path)) {
        home_wipe(fd);
        (void)unlinkat(folder, name, 0);
    } else if (is_left && fstat(fd, &info) == 0 && info.st_nlink > 1) {
        (void)unlinkat(folder, name, 0); /* the whole file keeps its other name */
    }
    (void)close(fd);
}

void home_sweep(const char *home)
{
    DIR *folder = opendir(home);
    const struct dirent *entry = folder != NULL ? readdir(folder) : NULL;
    while (entry != NULL) {
        char path[HOME_PATH_MAX];
        bool is_draft = strncmp(entry->d_name, HOME_DRAFT, sizeof HOME_DRAFT - 1) == 0;
        int len = is_draft ? snprintf(path, sizeof path, "%s/%s", home, entry->d_name) : -1;
        if (len > 0 && len < (int)sizeof path) {
            home_sweep_one(dirfd(folder), path, entry->d_name);
        }
        entry = readdir(folder);
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
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
    .open_outside = files_open_outside,
    .make_outside = files_make_outside,
    .move_outside = files_move_outside,
    .remove_outside = files_remove_outside,
    .close = files_close,
    .read_at = files_read_at,
    .write_at = files_write_at,
    .truncate = files_truncate,
    .size = files_size,
    .stamp = files_stamp,
    .sync = files_sync,
    .lock = files_lock,
    .remove = files_remove,
    .move = files_move,
    .make_folder = files_make_folder,
    .exists = files_exists,
    .room = files_room,
    .list = files_list,
    .list_folder = files_list_folder,
};
