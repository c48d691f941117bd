/*
 * Disks. Files come from a node's port or the scenario (put); a crash takes, leaves or tears what
 * was not synced. Open files are in sim_files_open.c.
 */
#include "sim/sim_files.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_core.h"
#include "sim/sim_files_open.h"
#include "sim/sim_life.h"

static struct sim_disk *disk_of(struct port *port)
{
    return &sim_life_of(port)->host->disk;
}

/* Has it a part that is ".."? */
static bool climbs(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")) != NULL; at++) {
        if ((at == path || at[-1] == '/') && (at[2] == '\0' || at[2] == '/')) {
            return true;
        }
    }
    return false;
}

int sim_files_fault(struct port *port, const char *path)
{
    const struct sim_disk *disk = disk_of(port);

    CHECK(path[0] != '/' && !climbs(path));
    if (disk->fault == SIM_DISK_DENIED) {
        return WAVU_ERR_DENIED;
    }
    return disk->fault == SIM_DISK_BROKEN || sim_life_of(port)->is_dead ? WAVU_ERR_IO : 0;
}

int sim_files_change(struct sim_disk *disk)
{
    disk->changes++;
    if (disk->fails == 0) {
        return 0;
    }
    if (disk->calm > 0) {
        disk->calm--;
        return 0;
    }
    disk->fails -= disk->fails == SIM_DISK_FOR_EVER ? 0 : 1;
    disk->fails_so_far++;
    return WAVU_ERR_IO;
}

static int files_read(struct port *port, const char *path, struct buf *out)
{
    int err = sim_files_fault(port, path);
    const struct sim_file *file = sim_files_open_find(disk_of(port), path);

    if (err < 0) {
        return err;
    }
    return file == NULL ? WAVU_ERR_NOT_FOUND : buf_append(out, buf_span(&file->bytes));
}

static int files_create(struct port *port, const char *path, struct span bytes)
{
    struct sim_disk *disk = disk_of(port);
    int err = sim_files_fault(port, path);

    if (err < 0) {
        return err;
    }
    if (sim_files_open_find(disk, path) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    if (!sim_files_open_has_folder(disk, path)) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (disk->fault == SIM_DISK_FULL) {
        return WAVU_ERR_NO_SPACE;
    }
    err = sim_files_change(disk);
    if (err == 0) {
        struct sim_file *file = sim_files_open_add(disk, path);

        sim_files_open_set(file, bytes);
        file->name = disk->fault == SIM_DISK_UNSYNCED ? SIM_FILE_GOES : SIM_FILE_STAYS;
    }
    return err;
}

static int files_make_home(struct port *port)
{
    int err = sim_files_fault(port, "");

    if (err == 0) {
        disk_of(port)->has_home = true;
    }
    return err;
}

static int files_remove(struct port *port, const char *path, bool is_durable)
{
    struct sim_disk *disk = disk_of(port);
    struct sim_file *file = sim_files_open_find(disk, path);
    int err = sim_files_fault(port, path);

    if (err == 0 && file == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    err = err < 0 ? err : sim_files_change(disk);
    if (err < 0) {
        return err;
    }
    if (is_durable && disk->fault != SIM_DISK_UNSYNCED) {
        sim_files_open_drop(file);
    } else {
        file->is_removed = true;
    }
    return 0;
}

/* Another name, durably. A failure may have done it: the name is given, then made to stay. */
static int rename_file(struct sim_disk *disk, const char *from, const char *to)
{
    struct sim_file *file = sim_files_open_find(disk, from);

    if (file == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (sim_files_open_find(disk, to) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    int err = sim_files_change(disk);
    if (err == 0 || sim_draw_chance(&disk->draw, 1, 2)) {
        mem_free(file->path);
        file->path = mem_copy_text(to);
    }
    return err;
}

static int files_move(struct port *port, const char *from, const char *to)
{
    struct sim_disk *disk = disk_of(port);
    int err = sim_files_fault(port, from);

    if (err < 0) {
        return err;
    }
    return sim_files_open_has_folder(disk, to) ? rename_file(disk, from, to) : WAVU_ERR_NOT_FOUND;
}

static int files_move_outside(struct port *port, const char *from, const char *to)
{
    if (from[0] != '/' || to[0] != '/') {
        return WAVU_ERR_INVALID;
    }
    int err = sim_files_fault(port, from + 1);

    return err < 0 ? err : rename_file(disk_of(port), from, to);
}

static int files_remove_outside(struct port *port, const char *path)
{
    struct sim_disk *disk = disk_of(port);
    struct sim_file *file = sim_files_open_find(disk, path);

    if (path[0] != '/') {
        return WAVU_ERR_INVALID;
    }
    int err = sim_files_fault(port, path + 1);
    if (err == 0 && file == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    err = err < 0 ? err : sim_files_change(disk);
    if (err == 0) {
        sim_files_open_drop(file);
    }
    return err;
}

static int files_make_folder(struct port *port, const char *path)
{
    struct sim_disk *disk = disk_of(port);
    const struct sim_file *file = sim_files_open_find(disk, path);
    int err = sim_files_fault(port, path);

    if (err == 0 && file != NULL) {
        return file->is_folder ? 0 : WAVU_ERR_CORRUPT;
    }
    if (err == 0 && !sim_files_open_has_folder(disk, path)) {
        return WAVU_ERR_NOT_FOUND;
    }
    err = err < 0 ? err : sim_files_change(disk);
    if (err == 0) {
        sim_files_open_add(disk, path)->is_folder = true;
    }
    return err;
}

static int files_exists(struct port *port, const char *path)
{
    int err = sim_files_fault(port, path);

    if (err < 0) {
        return err;
    }
    return sim_files_open_find(disk_of(port), path) == NULL ? WAVU_ERR_NOT_FOUND : 0;
}

static int files_room(struct port *port, uint64_t *bytes)
{
    const struct sim_disk *disk = disk_of(port);
    uint64_t used = 0;
    int err = sim_files_fault(port, "");
    struct list *link;

    for (link = list_next(&disk->files, &disk->files); link != NULL;
         link = list_next(&disk->files, link)) {
        used += LIST_OF(link, struct sim_file, link)->bytes.len;
    }
    if (err == 0) {
        *bytes = disk->fault == SIM_DISK_FULL || used > disk->room ? 0 : disk->room - used;
    }
    return err;
}

/* Is that the name of a file in the folder (NULL: the home itself)? Returns it alone, or NULL. */
static const char *name_in(const char *path, const char *folder)
{
    size_t len = folder == NULL ? 0 : strlen(folder);

    if (folder != NULL && (strncmp(path, folder, len) != 0 || path[len] != '/')) {
        return NULL;
    }
    path += folder == NULL ? 0 : len + 1;
    return strchr(path, '/') == NULL ? path : NULL;
}

static int list_in(struct port *port, const char *folder, struct buf *names)
{
    const struct sim_disk *disk = disk_of(port);
    size_t before = names->len;
    int err = sim_files_fault(port, "");
    struct list *link;

    if (err == 0 && !disk->has_home) {
        return WAVU_ERR_NOT_FOUND;
    }
    for (link = list_next(&disk->files, &disk->files); err == 0 && link != NULL;
         link = list_next(&disk->files, link)) {
        const struct sim_file *file = LIST_OF(link, struct sim_file, link);
        const char *name = name_in(file->path, folder);

        if (!file->is_removed && !file->is_folder && name != NULL) {
            err = buf_append(names, span_of(name, strlen(name) + 1));
        }
    }
    names->len = err < 0 ? before : names->len;
    return err;
}

static int files_list(struct port *port, struct buf *names)
{
    return list_in(port, NULL, names);
}

static int files_list_folder(struct port *port, const char *path, struct buf *names)
{
    const struct sim_file *file = sim_files_open_find(disk_of(port), path);
    int err = sim_files_fault(port, path);

    if (err < 0) {
        return err;
    }
    return file == NULL || !file->is_folder ? WAVU_ERR_NOT_FOUND : list_in(port, path, names);
}

const struct port_files sim_files_ops = {
    .read = files_read,
    .create = files_create,
    .make_home = files_make_home,
    .open = sim_files_open,
    .open_outside = sim_files_open_outside,
    .make_outside = sim_files_open_make_outside,
    .move_outside = files_move_outside,
    .remove_outside = files_remove_outside,
    .close = sim_files_open_close,
    .read_at = sim_files_open_read_at,
    .write_at = sim_files_open_write_at,
    .truncate = sim_files_open_truncate,
    .size = sim_files_open_size,
    .stamp = sim_files_open_stamp,
    .sync = sim_files_open_sync,
    .lock = sim_files_open_lock,
    .remove = files_remove,
    .move = files_move,
    .make_folder = files_make_folder,
    .exists = files_exists,
    .room = files_room,
    .list = files_list,
    .list_folder = files_list_folder,
};

void sim_files_set_fault(struct sim_host *host, enum sim_disk_fault fault)
{
    host->disk.fault = fault;
}

void sim_files_fail(struct sim_host *host, uint64_t calm, uint64_t fails)
{
    host->disk.calm = calm;
    host->disk.fails = fails;
    host->disk.fails_so_far = 0;
}

uint64_t sim_files_changes(const struct sim_host *host)
{
    return host->disk.changes;
}

uint64_t sim_files_failed(const struct sim_host *host)
{
    return host->disk.fails_so_far;
}

void sim_files_set_room(struct sim_host *host, uint64_t bytes)
{
    host->disk.room = bytes;
}

void sim_files_put(struct sim_host *host, const char *path, struct span bytes)
{
    struct sim_file *file = sim_files_open_find(&host->disk, path);

    if (file == NULL) {
        file = sim_files_open_add(&host->disk, path);
    }
    sim_files_open_set(file, bytes);
    file->name = SIM_FILE_STAYS;
    host->disk.has_home = host->disk.has_home || path[0] != '/';
}

bool sim_files_peek(const struct sim_host *host, const char *path, struct buf *out)
{
    const struct sim_file *file = sim_files_open_find(&host->disk, path);

    return file != NULL && buf_append(out, buf_span(&file->bytes)) == 0;
}

void sim_files_init(struct sim_disk *disk, struct sim_draw draw)
{
    *disk = (struct sim_disk){.fault = SIM_DISK_SOUND, .draw = draw, .room = UINT64_MAX};
    list_init(&disk->files);
}

void sim_files_clear(struct sim_disk *disk)
{
    struct list *link;

    while ((link = list_next(&disk->files, &disk->files)) != NULL) {
        sim_files_open_drop(LIST_OF(link, struct sim_file, link));
    }
}

void sim_files_crash(struct sim_disk *disk)
{
    disk->calm = 0; /* the power comes back */
    disk->fails = 0;
    sim_files_open_crash(disk);
}
