/*
 * port/files.h for the simulator: the disk of a host, which survives its crashes.
 */
#ifndef SIM_SIM_FILES_H
#define SIM_SIM_FILES_H

#include "base/list.h"
#include "base/span.h"
#include "port/files.h"

struct sim_host;

/* What is wrong with a disk. */
enum sim_disk_fault {
    SIM_DISK_SOUND,
    SIM_DISK_UNSYNCED, /* it lies: what it is told to keep is gone after a crash */
    SIM_DISK_FULL,     /* creating fails with WAVU_ERR_NO_SPACE */
    SIM_DISK_DENIED,   /* everything fails with WAVU_ERR_DENIED */
    SIM_DISK_BROKEN    /* everything fails with WAVU_ERR_IO */
};

struct sim_disk {
    struct list files;
    bool has_home;
    enum sim_disk_fault fault;
};

extern const struct port_files sim_files_ops;

/** From now on the disk of `host` fails like this. */
void sim_files_set_fault(struct sim_host *host, enum sim_disk_fault fault);

/** Put a file there, or other bytes into it, as no node may: what a person or decay does. */
void sim_files_put(struct sim_host *host, const char *path, struct span bytes);

void sim_files_init(struct sim_disk *disk);
void sim_files_clear(struct sim_disk *disk);

/** What was not kept is gone. */
void sim_files_crash(struct sim_disk *disk);

#endif
