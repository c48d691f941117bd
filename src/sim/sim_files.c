/*
 * Disks. Files come from a node's port (create) or the scenario (put), and leave by a crash only
 * when they were never kept.
 */
#include "sim/sim_files.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_core.h"
#include "sim/sim_life.h"

struct sim_file {
    struct list link; /* in disk->files */
    char *path;
    struct buf bytes;
    bool is_kept; /* it is on the disk, not in a cache */
};

static struct sim_disk *disk_of(struct port *port)
{
    return &sim_life_of(port)->host->disk;
}

static struct sim_file *find(const struct sim_disk *disk, const char *path)
{
    struct list *link;

    for (link = list_next(&disk->files, &disk->files); link != NULL;
         link = list_next(&disk->files, link)) {
        struct sim_file *file = LIST_OF(link, struct sim_file, link);

        if (strcmp(file->path, path) == 0) {
            return file;
        }
    }
    return NULL;
}

static void free_file(struct sim_file *file)
{
    list_remove(&file->link);
    mem_free(file->path);
    buf_wipe(&file->bytes);
    mem_free(file);
}

static void set_bytes(struct sim_file *file, struct span bytes)
{
    buf_wipe(&file->bytes);
    buf_init(&file->bytes, bytes.len);
    CHECK(buf_append(&file->bytes, bytes) == 0);
}

static struct sim_file *add(struct sim_disk *disk, const char *path, struct span bytes)
{
    struct sim_file *file = mem_new(sizeof(*file));

    file->path = mem_copy_text(path);
    set_bytes(file, bytes);
    list_push_back(&disk->files, &file->link);
    return file;
}

/* Why nothing works on this disk; or 0. */
static int fault_of(struct port *port, const char *path)
{
    const struct sim_disk *disk = disk_of(port);

    CHECK(path[0] != '/' && strstr(path, "..") == NULL);
    if (disk->fault == SIM_DISK_DENIED) {
        return WAVU_ERR_DENIED;
    }
    return disk->fault == SIM_DISK_BROKEN || sim_life_of(port)->is_dead ? WAVU_ERR_IO : 0;
}

static int files_read(struct port *port, const char *path, struct buf *out)
{
    int err = fault_of(port, path);
    const struct sim_file *file = find(disk_of(port), path);

    if (err < 0) {
        return err;
    }
    return file == NULL ? WAVU_ERR_NOT_FOUND : buf_append(out, buf_span(&file->bytes));
}

static int files_create(struct port *port, const char *path, struct span bytes)
{
    struct sim_disk *disk = disk_of(port);
    int err = fault_of(port, path);

    if (err < 0) {
        return err;
    }
    if (find(disk, path) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    if (disk->fault == SIM_DISK_FULL || !disk->has_home) {
        return disk->has_home ? WAVU_ERR_NO_SPACE : WAVU_ERR_IO;
    }
    add(disk, path, bytes)->is_kept = disk->fault != SIM_DISK_UNSYNCED;
    return 0;
}

static int files_make_home(struct port *port)
{
    int err = fault_of(port, "");

    if (err == 0) {
        disk_of(port)->has_home = true;
    }
    return err;
}

const struct port_files sim_files_ops = {
    .read = files_read, .create = files_create, .make_home = files_make_home};

void sim_files_set_fault(struct sim_host *host, enum sim_disk_fault fault)
{
    host->disk.fault = fault;
}

void sim_files_put(struct sim_host *host, const char *path, struct span bytes)
{
    struct sim_file *file = find(&host->disk, path);

    if (file == NULL) {
        file = add(&host->disk, path, bytes);
    } else {
        set_bytes(file, bytes);
    }
    file->is_kept = true;
    host->disk.has_home = true;
}

void sim_files_init(struct sim_disk *disk)
{
    *disk = (struct sim_disk){.fault = SIM_DISK_SOUND};
    list_init(&disk->files);
}

/* Free all files, or those that are not kept. */
static void free_files(struct sim_disk *disk, bool all)
{
    struct list *link = list_next(&disk->files, &disk->files);

    while (link != NULL) {
        struct list *next = list_next(&disk->files, link);
        struct sim_file *file = LIST_OF(link, struct sim_file, link);

        if (all || !file->is_kept) {
            free_file(file);
        }
        link = next;
    }
}

void sim_files_clear(struct sim_disk *disk)
{
    free_files(disk, true);
}

void sim_files_crash(struct sim_disk *disk)
{
    free_files(disk, false);
}
