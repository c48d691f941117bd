/*
 * What is on a simulated disk and what only its cache knows: the files of sim_files.h, written at
 * offsets, synced, and torn by a crash. Private to sim/.
 */
#ifndef SIM_SIM_FILES_OPEN_H
#define SIM_SIM_FILES_OPEN_H

#include "sim/sim_files.h"

/* Does a file's name outlast a crash? */
enum sim_file_name { SIM_FILE_GOES, SIM_FILE_MAY_GO, SIM_FILE_STAYS };

struct sim_file {
    struct list link; /* in disk->files; in none once nothing can bring its name back */
    char *path;
    struct buf bytes;   /* as the machine sees it */
    struct buf kept;    /* as the disk has it; the rest of the truth is in `writes` */
    struct list writes; /* of struct sim_write, oldest first: not synced */
    size_t opens;       /* struct port_file that refer to it */
    enum sim_file_name name;
    bool is_folder;   /* of the home: a name alone */
    uint64_t changed; /* another number for other bytes */
    bool is_removed;  /* it has no name, but after a crash it may have it again */
};

/** A new, empty file; its name stays. */
struct sim_file *sim_files_open_add(struct sim_disk *disk, const char *path);

/** May a file of this path be made: is the folder there that it lies in? */
bool sim_files_open_has_folder(const struct sim_disk *disk, const char *path);

/** The file that has this name now, or NULL. */
struct sim_file *sim_files_open_find(const struct sim_disk *disk, const char *path);

/** Have these bytes, durably. */
void sim_files_open_set(struct sim_file *file, struct span bytes);

/** Off the disk; freed now or when the last handle closes. */
void sim_files_open_drop(struct sim_file *file);

/** The power goes: of what was not synced each file loses, keeps or tears as the draws say. */
void sim_files_open_crash(struct sim_disk *disk);

/* The functions of struct port_files. */
int sim_files_open(struct port *port, const char *path, enum port_files_mode mode,
                   struct port_file **out);
int sim_files_open_outside(struct port *port, const char *path, struct port_file **out);
int sim_files_open_make_outside(struct port *port, const char *path, struct port_file **out);
void sim_files_open_close(struct port_file *f);
int sim_files_open_read_at(struct port_file *f, uint64_t offset, struct span_mut out, size_t *got);
int sim_files_open_write_at(struct port_file *f, uint64_t offset, struct span bytes);
int sim_files_open_truncate(struct port_file *f, uint64_t size);
int sim_files_open_size(struct port_file *f, uint64_t *out);
int sim_files_open_stamp(struct port_file *f, struct port_files_stamp *out);
int sim_files_open_sync(struct port_file *f);
int sim_files_open_lock(struct port_file *f);

#endif
