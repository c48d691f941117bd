/*
 * Open files: pread, pwrite, fdatasync. Calls come from the node's thread or from a job; bytes go
 * to the kernel at once and to the disk by files_sync.
 */
#include "os/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/home.h"
#include "os/sys_err.h"

#define FILES_OFFSET_MAX ((uint64_t)INT64_MAX) /* off_t's */

_Static_assert(sizeof(off_t) == 8, "files of more than 2 GiB");

struct port_file {
    struct port *port;
    int fd;
    char *new_path; /* while its name is not yet durable; or NULL */
};

/* Open or make; `*is_new` says which. */
static int files_open_fd(const char *full, enum port_files_mode mode, bool *is_new)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = open(full, flags);
    *is_new = false;
    if (fd < 0 && errno == ENOENT && mode == PORT_FILES_MAKE) {
        *is_new = true;
        fd = open(full, flags | O_CREAT, 0600);
    }
    return fd;
}

/* Take an opened descriptor, or what kept it from being one. */
static int files_take_fd(struct port *port, int fd, struct port_file **out)
{
    struct stat info;
    if (fd < 0) {
        return errno == EISDIR || errno == ENXIO ? WAVU_ERR_CORRUPT : sys_err_last();
    }
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
        (void)close(fd);
        return WAVU_ERR_CORRUPT; /* a device is no file of ours */
    }
    struct port_file *f = mem_new(sizeof *f);
    f->port = port;
    f->fd = fd;
    *out = f;
    return 0;
}

int files_open(struct port *port, const char *path, enum port_files_mode mode,
               struct port_file **out)
{
    char full[HOME_PATH_MAX];
    bool is_new;
    int rc = home_full_path(port, path, full);
    if (rc < 0) {
        return rc;
    }
    int fd = files_open_fd(full, mode, &is_new);
    rc = files_take_fd(port, fd, out);
    if (rc == 0 && is_new) {
        (*out)->new_path = mem_copy_text(path);
    }
    return rc;
}

int files_open_outside(struct port *port, const char *path, struct port_file **out)
{
    if (path[0] != '/') {
        return WAVU_ERR_INVALID;
    }
    return files_take_fd(port, open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), out);
}

int files_make_outside(struct port *port, const char *path, struct port_file **out)
{
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    if (path[0] != '/') {
        return WAVU_ERR_INVALID;
    }
    return files_take_fd(port, open(path, flags, 0600), out);
}

int files_move_outside(struct port *port, const char *from, const char *to)
{
    (void)port;
    if (from[0] != '/' || to[0] != '/') {
        return WAVU_ERR_INVALID;
    }
    int rc = home_publish(from, to);
    if (rc < 0) {
        return rc;
    }
    (void)unlink(from); /* gone already after a rename */
    rc = home_sync_folder_of(to);
    return rc < 0 ? rc : home_sync_folder_of(from);
}

int files_remove_outside(struct port *port, const char *path)
{
    (void)port;
    if (path[0] != '/') {
        return WAVU_ERR_INVALID;
    }
    return unlink(path) < 0 ? sys_err_last() : home_sync_folder_of(path);
}

void files_close(struct port_file *f)
{
    (void)close(f->fd); /* what counts was synced */
    mem_free(f->new_path);
    mem_free(f);
}

int files_read_at(struct port_file *f, uint64_t offset, struct span_mut out, size_t *got)
{
    *got = 0;
    if (offset > FILES_OFFSET_MAX - out.len) {
        return WAVU_ERR_INVALID;
    }
    while (*got < out.len) {
        ssize_t len = pread(f->fd, out.ptr + *got, out.len - *got, (off_t)(offset + *got));
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len < 0) {
            return sys_err_last();
        }
        if (len == 0) {
            return 0;
        }
        *got += (size_t)len;
    }
    return 0;
}

int files_write_at(struct port_file *f, uint64_t offset, struct span bytes)
{
    size_t at = 0;
    if (offset > FILES_OFFSET_MAX - bytes.len) {
        return WAVU_ERR_INVALID;
    }
    while (at < bytes.len) {
        ssize_t len = pwrite(f->fd, bytes.ptr + at, bytes.len - at, (off_t)(offset + at));
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len < 0) {
            return sys_err_last();
        }
        at += (size_t)len;
    }
    return 0;
}

int files_truncate(struct port_file *f, uint64_t size)
{
    if (size > FILES_OFFSET_MAX) {
        return WAVU_ERR_INVALID;
    }
    return ftruncate(f->fd, (off_t)size) < 0 ? sys_err_last() : 0;
}

int files_size(struct port_file *f, uint64_t *out)
{
    struct stat info;
    if (fstat(f->fd, &info) < 0) {
        return sys_err_last();
    }
    *out = (uint64_t)info.st_size;
    return 0;
}

int files_stamp(struct port_file *f, struct port_files_stamp *out)
{
    struct stat info;
    if (fstat(f->fd, &info) < 0) {
        return sys_err_last();
    }
    *out = (struct port_files_stamp){.size = (uint64_t)info.st_size,
                                     .changed_ns = (uint64_t)info.st_mtim.tv_sec * 1000000000 +
                                                   (uint64_t)info.st_mtim.tv_nsec,
                                     .node = (uint64_t)info.st_ino};
    return 0;
}

int files_sync(struct port_file *f)
{
    if (fdatasync(f->fd) < 0) { /* with the size, as POSIX wants what is needed to read it again */
        return sys_err_last();
    }
    int rc = f->new_path != NULL ? home_sync_folder(f->port, f->new_path) : 0;
    if (rc == 0) {
        mem_free(f->new_path);
        f->new_path = NULL;
    }
    return rc;
}

int files_lock(struct port_file *f)
{
    if (flock(f->fd, LOCK_EX | LOCK_NB) == 0) {
        return 0;
    }
    return errno == EWOULDBLOCK ? WAVU_ERR_IN_USE : sys_err_last();
}

int files_remove(struct port *port, const char *path, bool is_durable)
{
    char full[HOME_PATH_MAX];
    int rc = home_full_path(port, path, full);
    if (rc < 0) {
        return rc;
    }
    if (unlink(full) < 0) {
        return sys_err_last();
    }
    return is_durable ? home_sync_folder(port, path) : 0;
}

int files_move(struct port *port, const char *from, const char *to)
{
    char full_from[HOME_PATH_MAX];
    char full_to[HOME_PATH_MAX];
    int rc = home_full_path(port, from, full_from);
    rc = rc < 0 ? rc : home_full_path(port, to, full_to);
    rc = rc < 0 ? rc : home_publish(full_from, full_to);
    if (rc < 0) {
        return rc;
    }
    (void)unlink(full_from); /* gone already after a rename */
    rc = home_sync_folder(port, to);
    return rc < 0 ? rc : home_sync_folder(port, from);
}

int files_make_folder(struct port *port, const char *path)
{
    char full[HOME_PATH_MAX];
    struct stat info;
    int rc = home_full_path(port, path, full);
    if (rc < 0) {
        return rc;
    }
    if (mkdir(full, 0700) == 0) {
        return home_sync_folder(port, path);
    }
    if (errno != EEXIST) {
        return sys_err_last();
    }
    return stat(full, &info) == 0 && S_ISDIR(info.st_mode) ? 0 : WAVU_ERR_CORRUPT;
}

int files_exists(struct port *port, const char *path)
{
    char full[HOME_PATH_MAX];
    struct stat info;
    int rc = home_full_path(port, path, full);
    if (rc < 0) {
        return rc;
    }
    return lstat(full, &info) < 0 ? sys_err_last() : 0;
}

int files_room(struct port *port, uint64_t *bytes)
{
    char full[HOME_PATH_MAX];
    struct statvfs info;
    int rc = home_full_path(port, "", full);
    if (rc == 0 && statvfs(full, &info) < 0) {
        rc = sys_err_last();
    }
    if (rc == 0) {
        *bytes = (uint64_t)info.f_bavail * info.f_frsize;
    }
    return rc;
}

/* Append the name of one entry if it is a file's. */
static int files_list_one(DIR *folder, const char *name, struct buf *names)
{
    struct stat info;
    if (fstatat(dirfd(folder), name, &info, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(info.st_mode)) {
        return 0; /* gone since, or no file */
    }
    return buf_append(names, span_of(name, strlen(name) + 1));
}

int files_list(struct port *port, struct buf *names)
{
    return files_list_folder(port, ".", names);
}

int files_list_folder(struct port *port, const char *path, struct buf *names)
{
    char full[HOME_PATH_MAX];
    int rc = home_full_path(port, path, full);
    if (rc < 0) {
        return rc;
    }
    DIR *folder = opendir(full);
    if (folder == NULL) {
        return sys_err_last();
    }
    size_t before = names->len;
    errno = 0;
    struct dirent *entry = readdir(folder);
    while (rc == 0 && entry != NULL) {
        rc = files_list_one(folder, entry->d_name, names);
        errno = 0;
        entry = readdir(folder);
    }
    if (rc == 0 && errno != 0) {
        rc = sys_err_last();
    }
    names->len = rc < 0 ? before : names->len;
    (void)closedir(folder);
    return rc;
}
