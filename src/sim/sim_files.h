/*
 * port/files.h for the simulator: the disk of a host, which survives its crashes.
 */
#ifndef SIM_SIM_FILES_H
#define SIM_SIM_FILES_H

#include "base/list.h"
#include "base/span.h"
#include "port/files.h"
#include "sim/sim_draw.h"

#define SIM_DISK_SECTOR 512 /* bytes that are written whole or not at all */
#define SIM_DISK_FOR_EVER UINT64_MAX

struct sim_host;

/* What is wrong with a disk. */
enum sim_disk_fault {
    SIM_DISK_SOUND,
    SIM_DISK_UNSYNCED, /* it lies: what it is told to keep is gone after a crash */
    SIM_DISK_FULL,     /* creating and growing fail with WAVU_ERR_NO_SPACE */
    SIM_DISK_DENIED,   /* everything fails with WAVU_ERR_DENIED */
    SIM_DISK_BROKEN    /* everything fails with WAVU_ERR_IO */
};

struct sim_disk {
    struct list files;
    bool has_home;
    uint64_t added; /* files so far */
    enum sim_disk_fault fault;
    struct sim_draw draw;  /* what crashes do */
    uint64_t room;         /* bytes for all files together */
    uint64_t changes;      /* operations so far that could change what a crash leaves */
    uint64_t calm;         /* so many more of them succeed, */
    uint64_t fails;        /* then so many fail; SIM_DISK_FOR_EVER */
    uint64_t fails_so_far; /* since sim_files_fail */
};

extern const struct port_files sim_files_ops;

/** From now on the disk of `host` fails like this. */
void sim_files_set_fault(struct sim_host *host, enum sim_disk_fault fault);

/**
 * After `calm` further operations that change the disk (writes, cuts, syncs, new and removed
 * names), `fails` ones fail with WAVU_ERR_IO, having done a part. SIM_DISK_FOR_EVER: the power is
 * gone; crash the host then. 0: heal.
 */
void sim_files_fail(struct sim_host *host, uint64_t calm, uint64_t fails);

/** Operations that changed the disk so far: where a crash can come. */
uint64_t sim_files_changes(const struct sim_host *host);

/** How many operations failed by sim_files_fail since it was last called. */
uint64_t sim_files_failed(const struct sim_host *host);

/** The disk holds `bytes` in all from now on. */
void sim_files_set_room(struct sim_host *host, uint64_t bytes);

/** Put a file there, or other bytes into it, as no node may: what a person or decay does. A path
 * that begins with '/' lies outside the home. */
void sim_files_put(struct sim_host *host, const char *path, struct span bytes);

/** Append what the machine sees of a file now. False when it is not there. */
WARN_UNUSED bool sim_files_peek(const struct sim_host *host, const char *path, struct buf *out);

/** An empty disk whose crashes come from `draw`. */
void sim_files_init(struct sim_disk *disk, struct sim_draw draw);
void sim_files_clear(struct sim_disk *disk);

/** What was not kept is lost, kept or torn. */
void sim_files_crash(struct sim_disk *disk);

/** For sim/: why nothing works on the disk under `port`, or 0. */
WARN_UNUSED int sim_files_fault(struct port *port, const char *path);

/** For sim/: count an operation that changes the disk; WAVU_ERR_IO when it is to fail. */
WARN_UNUSED int sim_files_change(struct sim_disk *disk);

#endif
