/*
 * Open files. A write changes what the machine sees at once and is remembered until a sync has it
 * on the disk; a crash draws for each one that is not: lost, kept, or torn sector by sector.
 *
 * So an older write may be lost and a newer one kept, and half of each, as real disks do.
 */
#include "sim/sim_files_open.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_core.h"
#include "sim/sim_handle.h"
#include "sim/sim_life.h"

#define FILE_SIZE_MAX ((size_t)1 << 32) /* nobody simulates more */

struct sim_write {
    struct list link; /* in file->writes */
    uint64_t offset;  /* of the bytes, or the size that the file was cut or extended to */
    size_t len;
    bool is_size;
    bool is_doomed; /* a sync failed over it: the cache holds it for clean, no sync
                       writes it: it reached the disk by then, or never does */
    uint8_t bytes[];
};

struct port_file {
    struct sim_handle handle;
    struct sim_file *file;
    bool has_lock;
    bool is_outside; /* for reading alone */
};

/* ---- Files ---- */

struct sim_file *sim_files_open_add(struct sim_disk *disk, const char *path)
{
    struct sim_file *file = mem_new(sizeof(*file));

    file->path = mem_copy_text(path);
    buf_init(&file->bytes, FILE_SIZE_MAX);
    buf_init(&file->kept, FILE_SIZE_MAX);
    list_init(&file->writes);
    file->name = SIM_FILE_STAYS;
    file->changed = ++disk->added << 32;
    list_push_back(&disk->files, &file->link);
    return file;
}

bool sim_files_open_has_folder(const struct sim_disk *disk, const char *path)
{
    char folder[256];
    const char *end = strrchr(path, '/');

    if (end == NULL) {
        return disk->has_home;
    }
    CHECK((size_t)(end - path) < sizeof folder);
    memcpy(folder, path, (size_t)(end - path));
    folder[end - path] = '\0';
    const struct sim_file *file = sim_files_open_find(disk, folder);

    return file != NULL && file->is_folder;
}

struct sim_file *sim_files_open_find(const struct sim_disk *disk, const char *path)
{
    struct list *link;

    for (link = list_next(&disk->files, &disk->files); link != NULL;
         link = list_next(&disk->files, link)) {
        struct sim_file *file = LIST_OF(link, struct sim_file, link);

        if (!file->is_removed && strcmp(file->path, path) == 0) {
            return file;
        }
    }
    return NULL;
}

static void forget_writes(struct sim_file *file)
{
    struct list *link;

    while ((link = list_pop_front(&file->writes)) != NULL) {
        mem_free(LIST_OF(link, struct sim_write, link));
    }
}

static void free_if_unused(struct sim_file *file)
{
    if (file->opens == 0 && !list_is_linked(&file->link)) {
        forget_writes(file);
        buf_wipe(&file->bytes);
        buf_wipe(&file->kept);
        mem_free(file->path);
        mem_free(file);
    }
}

void sim_files_open_drop(struct sim_file *file)
{
    list_remove(&file->link);
    free_if_unused(file);
}

static void resize(struct buf *b, size_t size)
{
    if (size > b->len) {
        CHECK(buf_reserve(b, size - b->len) == 0);
        memset(b->ptr + b->len, 0, size - b->len);
    }
    b->len = size;
}

static void put(struct buf *b, uint64_t offset, struct span bytes)
{
    size_t end = (size_t)offset + bytes.len;

    if (end > b->len) {
        resize(b, end);
    }
    if (bytes.len > 0) {
        memcpy(b->ptr + offset, bytes.ptr, bytes.len);
    }
}

void sim_files_open_set(struct sim_file *file, struct span bytes)
{
    forget_writes(file);
    buf_wipe(&file->bytes);
    buf_wipe(&file->kept);
    put(&file->bytes, 0, bytes);
    put(&file->kept, 0, bytes);
    file->changed++;
}

/* ---- A crash ---- */

/* Some of the sectors that a write touches. */
static void apply_torn(struct sim_disk *disk, struct sim_file *file, const struct sim_write *w)
{
    uint64_t at = w->offset;
    uint64_t end = w->offset + w->len;

    while (at < end) {
        uint64_t next = (at / SIM_DISK_SECTOR + 1) * SIM_DISK_SECTOR;
        uint64_t to = next < end ? next : end;

        if (sim_draw_chance(&disk->draw, 1, 2)) {
            put(&file->kept, at, span_of(w->bytes + (at - w->offset), (size_t)(to - at)));
        }
        at = to;
    }
}

static void apply(struct sim_file *file, const struct sim_write *w)
{
    if (w->is_size) {
        resize(&file->kept, (size_t)w->offset);
    } else {
        put(&file->kept, w->offset, span_of(w->bytes, w->len));
    }
}

/* All kept, all lost, or each write for itself: the first two are the commonest and must be met. */
static void crash_bytes(struct sim_disk *disk, struct sim_file *file)
{
    uint64_t fate = sim_draw_below(&disk->draw, 4);
    struct list *link;

    file->changed += list_is_empty(&file->writes) ? 0 : 1;

    while ((link = list_pop_front(&file->writes)) != NULL) {
        struct sim_write *w = LIST_OF(link, struct sim_write, link);
        uint64_t one = fate < 2 ? fate : sim_draw_below(&disk->draw, 3);

        if (one == 1) {
            apply(file, w);
        } else if (one == 2 && !w->is_size) {
            apply_torn(disk, file, w);
        }
        mem_free(w);
    }
    buf_wipe(&file->bytes);
    put(&file->bytes, 0, buf_span(&file->kept));
}

/* Whether its name outlasts this crash. */
static bool crash_name(struct sim_disk *disk, struct sim_file *file)
{
    if (file->is_removed) {
        if (sim_files_open_find(disk, file->path) != NULL) {
            return false; /* the name was given anew */
        }
        file->is_removed = false;
        return file->name == SIM_FILE_STAYS && sim_draw_chance(&disk->draw, 1, 2);
    }
    return file->name == SIM_FILE_STAYS ||
           (file->name == SIM_FILE_MAY_GO && sim_draw_chance(&disk->draw, 1, 2));
}

void sim_files_open_crash(struct sim_disk *disk)
{
    struct list *link = list_next(&disk->files, &disk->files);

    while (link != NULL) {
        struct list *next = list_next(&disk->files, link);
        struct sim_file *file = LIST_OF(link, struct sim_file, link);

        if (crash_name(disk, file)) {
            crash_bytes(disk, file);
            file->name = SIM_FILE_STAYS;
        } else {
            sim_files_open_drop(file);
        }
        link = next;
    }
}

/* ---- Operations ---- */

static struct sim_disk *disk_of(const struct port_file *f)
{
    return &f->handle.life->host->disk;
}

/* Why nothing works on this file; or 0. */
static int fault_of(const struct port_file *f)
{
    bool is_dead = f->handle.life->is_dead || disk_of(f)->fault == SIM_DISK_BROKEN;

    return is_dead ? WAVU_ERR_IO : 0;
}

/* As fault_of, for what changes the disk: those operations are counted and can be made to fail. */
static int change_fault_of(const struct port_file *f)
{
    int err = f->is_outside ? WAVU_ERR_DENIED : fault_of(f);

    return err < 0 ? err : sim_files_change(disk_of(f));
}

static void stay(struct sim_handle *handle)
{
    (void)handle; /* dead life: every operation fails until the owner closes it */
}

static struct port_file *handle_of(struct sim_life *life, struct sim_file *file)
{
    struct port_file *f = mem_new(sizeof(*f));

    f->handle.life = life;
    f->handle.kill = stay;
    list_push_back(&life->handles, &f->handle.link);
    f->file = file;
    file->opens++;
    return f;
}

int sim_files_open(struct port *port, const char *path, enum port_files_mode mode,
                   struct port_file **out)
{
    struct sim_life *life = sim_life_of(port);
    struct sim_disk *disk = &life->host->disk;
    struct sim_file *file = sim_files_open_find(disk, path);
    int err = sim_files_fault(port, path);

    if (err < 0) {
        return err;
    }
    if (file != NULL && file->is_folder) {
        return WAVU_ERR_CORRUPT;
    }
    if (file == NULL) {
        if (mode == PORT_FILES_THERE) {
            return WAVU_ERR_NOT_FOUND;
        }
        err = sim_files_open_has_folder(disk, path) ? sim_files_change(disk) : WAVU_ERR_NOT_FOUND;
        if (err == 0 && disk->fault == SIM_DISK_FULL) {
            err = WAVU_ERR_NO_SPACE;
        }
        if (err < 0) {
            return err;
        }
        file = sim_files_open_add(disk, path);
        file->name = SIM_FILE_MAY_GO;
    }
    *out = handle_of(life, file);
    return 0;
}

int sim_files_open_outside(struct port *port, const char *path, struct port_file **out)
{
    struct sim_life *life = sim_life_of(port);
    struct sim_file *file = sim_files_open_find(&life->host->disk, path);

    if (path[0] != '/') {
        return WAVU_ERR_INVALID;
    }
    int err = sim_files_fault(port, path + 1);

    if (err < 0 || file == NULL) {
        return err < 0 ? err : WAVU_ERR_NOT_FOUND;
    }
    *out = handle_of(life, file);
    (*out)->is_outside = true;
    return 0;
}

int sim_files_open_make_outside(struct port *port, const char *path, struct port_file **out)
{
    struct sim_life *life = sim_life_of(port);
    struct sim_disk *disk = &life->host->disk;

    if (path[0] != '/') {
        return WAVU_ERR_INVALID;
    }
    int err = sim_files_fault(port, path + 1);
    if (err == 0 && sim_files_open_find(disk, path) != NULL) {
        err = WAVU_ERR_EXISTS;
    }
    err = err < 0 ? err : sim_files_change(disk);
    if (err == 0 && disk->fault == SIM_DISK_FULL) {
        err = WAVU_ERR_NO_SPACE;
    }
    if (err < 0) {
        return err;
    }
    struct sim_file *file = sim_files_open_add(disk, path);
    file->name = SIM_FILE_MAY_GO;
    *out = handle_of(life, file);
    return 0;
}

void sim_files_open_close(struct port_file *f)
{
    list_remove(&f->handle.link);
    f->file->opens--;
    free_if_unused(f->file);
    mem_free(f);
}

int sim_files_open_read_at(struct port_file *f, uint64_t offset, struct span_mut out, size_t *got)
{
    struct span found;
    int err = fault_of(f);

    *got = 0;
    if (err < 0) {
        return err;
    }
    found = offset > FILE_SIZE_MAX ? span_empty()
                                   : span_slice(buf_span(&f->file->bytes), (size_t)offset, out.len);
    if (found.len > 0) {
        memcpy(out.ptr, found.ptr, found.len);
    }
    *got = found.len;
    return 0;
}

/* May the file grow to `size`? */
static int room_for(const struct port_file *f, uint64_t size)
{
    const struct sim_disk *disk = disk_of(f);
    uint64_t used = 0;
    struct list *link;

    if (size <= f->file->bytes.len) {
        return 0;
    }
    for (link = list_next(&disk->files, &disk->files); link != NULL;
         link = list_next(&disk->files, link)) {
        used += LIST_OF(link, struct sim_file, link)->bytes.len;
    }
    used += size - f->file->bytes.len;
    return disk->fault == SIM_DISK_FULL || used > disk->room ? WAVU_ERR_NO_SPACE : 0;
}

static void remember(struct sim_file *file, uint64_t offset, struct span bytes, bool is_size)
{
    struct sim_write *w = mem_new(sizeof(*w) + bytes.len);

    w->offset = offset;
    w->len = bytes.len;
    w->is_size = is_size;
    if (bytes.len > 0) {
        memcpy(w->bytes, bytes.ptr, bytes.len);
    }
    list_push_back(&file->writes, &w->link);
}

int sim_files_open_write_at(struct port_file *f, uint64_t offset, struct span bytes)
{
    int err = change_fault_of(f);

    CHECK(offset <= FILE_SIZE_MAX - bytes.len);
    err = err < 0 ? err : room_for(f, offset + bytes.len);
    if (err < 0) {
        bytes.len /= 2; /* what fails has done a part */
        if (f->is_outside || fault_of(f) < 0 || room_for(f, offset + bytes.len) < 0) {
            return err;
        }
    }
    put(&f->file->bytes, offset, bytes);
    f->file->changed++;
    remember(f->file, offset, bytes, false);
    return err;
}

int sim_files_open_truncate(struct port_file *f, uint64_t size)
{
    int err = change_fault_of(f);

    CHECK(size <= FILE_SIZE_MAX);
    err = err < 0 ? err : room_for(f, size);
    if (err == 0) {
        resize(&f->file->bytes, (size_t)size);
        f->file->changed++;
        remember(f->file, size, span_empty(), true);
    }
    return err;
}

int sim_files_open_size(struct port_file *f, uint64_t *out)
{
    *out = f->file->bytes.len;
    return fault_of(f);
}

int sim_files_open_stamp(struct port_file *f, struct port_files_stamp *out)
{
    *out = (struct port_files_stamp){
        .size = f->file->bytes.len, .changed_ns = f->file->changed, .node = 1};
    return fault_of(f);
}

/* Linux' way: after a failed sync the pages count as clean, and only a new write saves them. */
static void doom_writes(struct sim_file *file)
{
    struct list *link;

    for (link = list_next(&file->writes, &file->writes); link != NULL;
         link = list_next(&file->writes, link)) {
        LIST_OF(link, struct sim_write, link)->is_doomed = true;
    }
}

int sim_files_open_sync(struct port_file *f)
{
    int err = change_fault_of(f);
    struct sim_file *file = f->file;
    struct list *link;

    if (err < 0) {
        doom_writes(file);
        return err;
    }
    if (disk_of(f)->fault == SIM_DISK_UNSYNCED) {
        return 0; /* the disk lies */
    }
    while ((link = list_pop_front(&file->writes)) != NULL) {
        struct sim_write *w = LIST_OF(link, struct sim_write, link);

        if (w->is_size || !w->is_doomed || sim_draw_chance(&disk_of(f)->draw, 1, 2)) {
            apply(file, w);
        }
        mem_free(w);
    }
    file->name = SIM_FILE_STAYS;
    return 0;
}

int sim_files_open_lock(struct port_file *f)
{
    int err = fault_of(f);
    struct list *link;
    struct list *handles = &f->handle.life->handles;

    for (link = list_next(handles, handles); err == 0 && link != NULL;
         link = list_next(handles, link)) {
        struct sim_handle *handle = LIST_OF(link, struct sim_handle, link);
        struct port_file *other = LIST_OF(handle, struct port_file, handle);

        if (handle->kill == stay && other != f && other->has_lock && other->file == f->file) {
            return WAVU_ERR_IN_USE;
        }
    }
    f->has_lock = f->has_lock || err == 0;
    return err;
}
