/*
 * A file that is coming: the part, plain, and its map beside it, in a folder of the home. Pieces
 * that are known to be the file's come in, and reach the disk in an order that a loss of power at
 * any moment leaves a map that says no more than what is there. At the end the part gets its name.
 *
 *   write pieces .. -> [sync the part, then the map] .. -> sync, name
 *
 * All but init, path and clear is called by jobs. Each writer and syncing have a handle of their
 * own, so that all may be under way at once.
 *
 * Source: docs/protocol/file.md, "The map beside a part".
 */
#ifndef SYNC_FILE_PART_H
#define SYNC_FILE_PART_H

#include "port/files.h"
#include "sync/file_get.h"
#include "sync/file_name.h"

#define FILE_PART_FOLDER "downloads" /* of the home */
#define FILE_PART_PATH_MAX (sizeof FILE_PART_FOLDER + FILE_NAME_SIZE_MAX + 1)
/* A map on the disk: mark, count of saves, id, size, bits, hash; two of them, saved in turn. */
#define FILE_PART_MAP_MAX (8 + 8 + 32 + 8 + FILE_SHAPE_PIECES_MAX / 8 + 32)
#define FILE_PART_SLOT 12288u /* where the second begins */

#define FILE_PART_WRITERS_MAX 2 /* jobs that write at once */

_Static_assert(FILE_PART_MAP_MAX <= FILE_PART_SLOT, "a map fits its slot");

struct file_part {
    struct port *port;
    struct file_get_form form;
    struct file_shape_seal seal; /* wiped by clear */
    struct port_file *writing[FILE_PART_WRITERS_MAX];
    struct port_file *syncing;
    struct port_file *map;
    uint64_t saves; /* of the map */
    char path[FILE_PART_PATH_MAX];
    char map_path[FILE_PART_PATH_MAX];
};

/** `secret`: FILE_SHAPE_KEY_SIZE bytes. */
void file_part_init(struct file_part *p, struct port *port, const struct file_get_form *form,
                    const uint8_t *secret);
/** Close. What is on the disk stays. */
void file_part_clear(struct file_part *p);

/** Open the part and its map, made when they are not there; `*have`: the pieces that are here,
 * none when the map is damaged or another file's. WAVU_ERR_IN_USE (another fetch of the same file
 * has it), _NO_SPACE, _DENIED, _IO, ... */
WARN_UNUSED int file_part_open(struct file_part *p, struct file_map *have);

/** Check that the piece is the file's, open it in place and write it. WAVU_ERR_CRYPTO: it is none;
 * `bytes` are garbage afterwards. _NO_SPACE, _IO. Each `writer` below FILE_PART_WRITERS_MAX by one
 * job at a time. */
WARN_UNUSED int file_part_write(struct file_part *p, size_t writer, struct aead *aead,
                                const struct file_get_came *came, struct span_mut bytes);

/** All that was written before this call outlasts a crash: sync the part, then save `have`, which
 * holds no piece that was not. */
WARN_UNUSED int file_part_save(struct file_part *p, const struct file_map *have);

/** The first name that is free for a file that a peer calls `name`. WAVU_ERR_LIMIT: none. */
WARN_UNUSED int file_part_free_name(struct file_part *p, struct span name,
                                    char path[FILE_PART_PATH_MAX]);

/** The part is whole: sync it and give it that name. WAVU_ERR_EXISTS: it was taken meanwhile. */
WARN_UNUSED int file_part_finish(struct file_part *p, const char *path);

/** Take part and map away: an error that is not WAVU_ERR_NOT_FOUND leaves them. */
int file_part_remove(struct file_part *p);

#endif
