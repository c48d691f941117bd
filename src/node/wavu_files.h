/*
 * Files of one network on a node: what is offered in its rooms, who has it, and what became of what
 * was accepted. Joins the service of files (sync/file) to rooms and the mesh. Private to node/.
 */
#ifndef NODE_WAVU_FILES_H
#define NODE_WAVU_FILES_H

#include "node/wavu_networks.h"
#include "sync/file.h"
#include "wavu/files.h"

#define WAVU_FILES_TABLE "files.of" /* which offer a file is of: docs/protocol/file.md */
#define WAVU_FILES_STOPS_MAX 64     /* reasons that are remembered, of this life */
#define WAVU_FILES_SPARE ((uint64_t)64 * 1024 * 1024)  /* of the disk stays for all else */
#define WAVU_FILES_RETRY_NS (UINT64_C(1) * 1000000000) /* what cannot be said yet */

struct wavu_files;

/* What a message offers. Spans and pointers are borrowed. */
struct wavu_files_offer {
    const uint8_t *room;
    const uint8_t *entry;
    const uint8_t *device; /* its author's */
    struct file_about about;
};

/** Begin; the rooms of `o` stand. What was coming goes on. Errors of file_new. */
WARN_UNUSED int wavu_files_new(struct wavu_networks_one *o, struct wavu_files **out);
/** Going down in good order: what came is saved. NULL is fine, as below. */
void wavu_files_shut(struct wavu_files *f);
void wavu_files_free(struct wavu_files *f);

/** The overlay tells something. */
void wavu_files_event(struct wavu_files *f, const struct mesh_event *event);

/** An offer stands in a room. */
void wavu_files_placed(struct wavu_files *f, const uint8_t entry[32]);

#define WAVU_FILES_AUTO_MAX 32     /* files that are fetched without being asked for, at once, */
#define WAVU_FILES_AUTO_SECONDS 60 /* and one more each minute */

/** It is fetched without being asked for, where the person wants that (wavu_files_auto_accept);
 * from wavu_file.c. */
void wavu_files_auto(struct wavu_networks_one *o, const uint8_t entry[32]);

/* Where an offer goes: into a room, or to one member alone; 32 bytes, borrowed. */
struct wavu_files_to {
    const uint8_t *room;  /* its id; NULL where `other` is given */
    const uint8_t *other; /* NULL: to the room */
};

/** Offer the file at `path`. As wavu_file_send. */
WARN_UNUSED int wavu_files_send(struct wavu_files *f, const struct wavu_files_to *to,
                                const char *path, uint64_t *number);

/** Fetch it. As wavu_file_accept. */
WARN_UNUSED int wavu_files_accept(struct wavu_files *f, const struct wavu_files_offer *offer);

/** Want it no more, or withdraw it. As wavu_file_cancel. */
WARN_UNUSED int wavu_files_cancel(struct wavu_files *f, const struct wavu_files_offer *offer);

/** Why that fetch ended, if it did in this life; else 0. */
int wavu_files_why(const struct wavu_files *f, const uint8_t id[FILE_SHAPE_ID_SIZE]);

/* A file that is here, and whose offer it was. */
struct wavu_files_kept {
    uint8_t entry[32];
    uint8_t id[FILE_SHAPE_ID_SIZE];
};

/** All that are here, in order of their entries; at most WAVU_FILES_MAX. `*out` is the caller's. */
size_t wavu_files_kept(const struct wavu_files *f, struct wavu_files_kept **out);

/** The one of that offer; NULL: it is not here. */
const struct wavu_files_kept *wavu_files_kept_of(const struct wavu_files_kept *kept, size_t count,
                                                 const uint8_t entry[32]);

/** For looking. */
struct file *wavu_files_inside(struct wavu_files *f);

#endif
