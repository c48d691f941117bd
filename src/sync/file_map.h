/*
 * Which pieces of a file are here: one bit each, and on the wire runs.
 *
 * Source: docs/protocol/file.md.
 */
#ifndef SYNC_FILE_MAP_H
#define SYNC_FILE_MAP_H

#include "base/rd.h"
#include "base/wr.h"
#include "sync/file_shape.h"

#define FILE_MAP_RUNS_MAX 4096 /* in one message; a map with more says its beginning */

struct file_map {
    uint32_t count; /* pieces of the file */
    uint32_t have;  /* of them here */
    uint8_t bits[FILE_SHAPE_PIECES_MAX / 8];
};

void file_map_init(struct file_map *m, uint32_t count);

bool file_map_has(const struct file_map *m, uint32_t number);

/** False when it was there already. */
bool file_map_add(struct file_map *m, uint32_t number);

void file_map_remove(struct file_map *m, uint32_t number);

bool file_map_is_full(const struct file_map *m);

/** Write runs: how many are not here, how many are, in turn, varints; at most FILE_MAP_RUNS_MAX.
 * What lies behind the last is not here. */
void file_map_write(struct wr *w, const struct file_map *m);

/** Read runs into a map of `count` pieces. WAVU_ERR_PROTO: more than `count`, an empty run that is
 * not the first, or no varints; WAVU_ERR_LIMIT: too many runs. `*m` is garbage then. */
WARN_UNUSED int file_map_read(struct file_map *m, uint32_t count, struct span bytes);

#endif
