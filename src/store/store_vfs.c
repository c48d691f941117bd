/*
 * The VFS. SQLite calls in on the node's thread or on a job's: one thread at a time for one
 * connection, and each connection has a VFS and open files of its own.
 *
 * One process has the database alone: the first connection takes the file's own lock with SQLite's
 * first and keeps it until the file is closed. Among each other the connections are kept apart by
 * what they share (store_shm.h).
 */
#include "store/store_vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_shm.h"

#define VFS_NAME_MAX 32     /* "wavu-" and a number of 64 bits */
#define VFS_PATH_MAX 64     /* the store's name and SQLite's endings */
#define VFS_SECTOR_SIZE 512 /* bytes that a disk writes whole, at least */

struct store_vfs {
    sqlite3_vfs base; /* first: SQLite's pointer is ours */
    struct port *port;
    struct store_shm *shm;
    bool is_first; /* of the connections: it has the lock against other processes */
    int err;
    char name[VFS_NAME_MAX];
};

struct vfs_file {
    sqlite3_file base; /* first */
    struct store_vfs *vfs;
    struct port_file *file;
    bool has_lock;
    int who; /* in shm; negative: not a database's main file */
};

static struct vfs_file *file_of(sqlite3_file *file)
{
    return (struct vfs_file *)(void *)file;
}

static const struct port_files *files_of(const struct store_vfs *vfs)
{
    return vfs->port->files;
}

/* Keep `err` for store_vfs_err and say it in SQLite's words, or else `code`. */
static int fail(struct store_vfs *vfs, int err, int code)
{
    vfs->err = err;
    return err == WAVU_ERR_NO_SPACE ? SQLITE_FULL : code;
}

/* ---- An open file ---- */

static int on_close(sqlite3_file *file)
{
    struct vfs_file *f = file_of(file);
    if (f->who >= 0) {
        store_shm_leave(f->vfs->shm, f->who);
        f->who = -1;
    }
    if (f->file != NULL) {
        files_of(f->vfs)->close(f->file);
        f->file = NULL;
    }
    return SQLITE_OK;
}

static int on_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
    struct vfs_file *f = file_of(file);
    size_t want = (size_t)len;
    size_t got = 0;
    int rc = files_of(f->vfs)->read_at(f->file, (uint64_t)offset, span_mut_of(out, want), &got);
    if (rc < 0) {
        return fail(f->vfs, rc, SQLITE_IOERR_READ);
    }
    if (got < want) {
        memset((uint8_t *)out + got, 0, want - got); /* SQLite counts on it */
        return SQLITE_IOERR_SHORT_READ;
    }
    return SQLITE_OK;
}

static int on_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
    struct vfs_file *f = file_of(file);
    int rc = files_of(f->vfs)->write_at(f->file, (uint64_t)offset, span_of(bytes, (size_t)len));
    return rc < 0 ? fail(f->vfs, rc, SQLITE_IOERR_WRITE) : SQLITE_OK;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct vfs_file *f = file_of(file);
    int rc = files_of(f->vfs)->truncate(f->file, (uint64_t)size);
    return rc < 0 ? fail(f->vfs, rc, SQLITE_IOERR_TRUNCATE) : SQLITE_OK;
}

static int on_sync(sqlite3_file *file, int flags)
{
    struct vfs_file *f = file_of(file);
    (void)flags; /* what a sync keeps is the same for all */
    int rc = files_of(f->vfs)->sync(f->file);
    return rc < 0 ? fail(f->vfs, rc, SQLITE_IOERR_FSYNC) : SQLITE_OK;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *out)
{
    struct vfs_file *f = file_of(file);
    uint64_t size = 0;
    int rc = files_of(f->vfs)->size(f->file, &size);
    *out = (sqlite3_int64)size;
    return rc < 0 ? fail(f->vfs, rc, SQLITE_IOERR_FSTAT) : SQLITE_OK;
}

/* Have the file for this process. */
static int take_file(struct vfs_file *f)
{
    if (f->has_lock || !f->vfs->is_first) {
        return SQLITE_OK;
    }
    int rc = files_of(f->vfs)->lock(f->file);
    if (rc < 0) {
        return fail(f->vfs, rc, rc == WAVU_ERR_IN_USE ? SQLITE_BUSY : SQLITE_IOERR_LOCK);
    }
    f->has_lock = true;
    return SQLITE_OK;
}

static int on_lock(sqlite3_file *file, int level)
{
    struct vfs_file *f = file_of(file);
    int code = take_file(f);
    if (code == SQLITE_OK && f->who >= 0 && !store_shm_raise(f->vfs->shm, f->who, level)) {
        code = SQLITE_BUSY;
    }
    return code;
}

static int on_unlock(sqlite3_file *file, int level)
{
    struct vfs_file *f = file_of(file);
    if (f->who >= 0) {
        store_shm_lower(f->vfs->shm, f->who, level);
    }
    return SQLITE_OK; /* other processes stay out until the file is closed */
}

static int on_check_reserved(sqlite3_file *file, int *out)
{
    *out = store_shm_is_reserved(file_of(file)->vfs->shm);
    return SQLITE_OK;
}

static int on_control(sqlite3_file *file, int op, void *argument)
{
    (void)file;
    (void)op;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int on_sector_size(sqlite3_file *file)
{
    (void)file;
    return VFS_SECTOR_SIZE;
}

/* A write that tears leaves the bytes beside it as they were: sectors are whole. */
static int on_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- What connections share ---- */

static int on_shm_map(sqlite3_file *file, int number, int size, int may_make, void volatile **out)
{
    struct vfs_file *f = file_of(file);
    *out = store_shm_region(f->vfs->shm, (size_t)number, (size_t)size, may_make != 0);
    return *out == NULL && may_make != 0 ? SQLITE_NOMEM : SQLITE_OK;
}

static int on_shm_lock(sqlite3_file *file, int first, int count, int flags)
{
    struct vfs_file *f = file_of(file);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        store_shm_unlock(f->vfs->shm, f->who, (unsigned)first, (unsigned)count);
        return SQLITE_OK;
    }
    bool is_alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    bool has = store_shm_lock(f->vfs->shm, f->who, (unsigned)first, (unsigned)count, is_alone);
    return has ? SQLITE_OK : SQLITE_BUSY;
}

static void on_shm_barrier(sqlite3_file *file)
{
    store_shm_barrier(file_of(file)->vfs->shm);
}

static int on_shm_unmap(sqlite3_file *file, int is_delete)
{
    (void)file;
    (void)is_delete; /* the last connection's end frees it */
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* shared memory, no mapping */
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

/* ---- The VFS ---- */

static struct store_vfs *vfs_of(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

static int on_open(sqlite3_vfs *base, const char *path, sqlite3_file *file, int flags, int *out)
{
    struct store_vfs *vfs = vfs_of(base);
    struct vfs_file *f = file_of(file);
    *f = (struct vfs_file){.vfs = vfs, .who = -1};
    if (path == NULL) {
        return SQLITE_CANTOPEN; /* a temporary file: they live in memory (temp_store) */
    }
    enum port_files_mode mode =
        (flags & SQLITE_OPEN_CREATE) != 0 ? PORT_FILES_MAKE : PORT_FILES_THERE;
    int rc = files_of(vfs)->open(vfs->port, path, mode, &f->file);
    if (rc < 0) {
        return fail(vfs, rc, SQLITE_CANTOPEN);
    }
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
        f->who = store_shm_join(vfs->shm);
        if (f->who < 0) {
            files_of(vfs)->close(f->file);
            return SQLITE_NOMEM;
        }
    }
    f->base.pMethods = &methods;
    if (out != NULL) {
        *out = flags;
    }
    return SQLITE_OK;
}

/* Always durably: a journal that comes back after a crash, when the database has gone over to its
 * write-ahead log, would roll back to before the first commit. */
static int on_delete(sqlite3_vfs *base, const char *path, int sync_folder)
{
    struct store_vfs *vfs = vfs_of(base);
    (void)sync_folder;
    int rc = files_of(vfs)->remove(vfs->port, path, true);
    if (rc == WAVU_ERR_NOT_FOUND) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    return rc < 0 ? fail(vfs, rc, SQLITE_IOERR_DELETE) : SQLITE_OK;
}

static int on_access(sqlite3_vfs *base, const char *path, int flags, int *out)
{
    struct store_vfs *vfs = vfs_of(base);
    (void)flags; /* what is in the home is ours to read and write */
    int rc = files_of(vfs)->exists(vfs->port, path);
    *out = rc == 0;
    return rc == 0 || rc == WAVU_ERR_NOT_FOUND ? SQLITE_OK : fail(vfs, rc, SQLITE_IOERR_ACCESS);
}

static int on_full_path(sqlite3_vfs *base, const char *path, int max, char *out)
{
    (void)base;
    size_t len = strlen(path);
    if (len + 1 > (size_t)max) {
        return SQLITE_CANTOPEN;
    }
    memcpy(out, path, len + 1); /* relative to the home it is whole */
    return SQLITE_OK;
}

/* SQLite asks its default VFS instead, and the salts of its journals keep no secret. */
static int on_randomness(sqlite3_vfs *base, int len, char *out)
{
    (void)base;
    memset(out, 0, (size_t)len);
    return len;
}

/* A reader finds a slot taken while the writer's thread was stopped within it: it tries a hundred
 * times, for microseconds at first, and must let that thread run in between. */
static int on_sleep(sqlite3_vfs *base, int us)
{
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    (void)base;
    return system != NULL ? system->xSleep(system, us) : us;
}

static int on_time(sqlite3_vfs *base, double *out)
{
    (void)base;
    *out = 0; /* no statement of ours asks for the date */
    return SQLITE_OK;
}

int store_vfs_new(struct port *port, const struct store_vfs *first, struct store_vfs **out)
{
    struct store_vfs *vfs = mem_new(sizeof *vfs);
    vfs->port = port;
    vfs->is_first = first == NULL;
    vfs->shm = first == NULL ? store_shm_new() : store_shm_ref(first->shm);
    (void)snprintf(vfs->name, sizeof vfs->name, "wavu-%llx", (unsigned long long)(uintptr_t)vfs);
    vfs->base = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct vfs_file),
        .mxPathname = VFS_PATH_MAX,
        .zName = vfs->name,
        .pAppData = vfs,
        .xOpen = on_open,
        .xDelete = on_delete,
        .xAccess = on_access,
        .xFullPathname = on_full_path,
        .xRandomness = on_randomness,
        .xSleep = on_sleep,
        .xCurrentTime = on_time,
    };
    if (vfs->shm == NULL || sqlite3_vfs_register(&vfs->base, 0) != SQLITE_OK) {
        store_shm_unref(vfs->shm);
        mem_free(vfs);
        return WAVU_ERR_MEMORY;
    }
    *out = vfs;
    return 0;
}

void store_vfs_free(struct store_vfs *vfs)
{
    if (vfs != NULL) {
        (void)sqlite3_vfs_unregister(&vfs->base); /* it is registered */
        store_shm_unref(vfs->shm);
        mem_free(vfs);
    }
}

const char *store_vfs_name(const struct store_vfs *vfs)
{
    return vfs->name;
}

void store_vfs_reset(struct store_vfs *vfs)
{
    vfs->err = 0;
}

int store_vfs_err(const struct store_vfs *vfs)
{
    return vfs->err;
}
