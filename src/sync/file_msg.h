/*
 * Codec of what two members say to each other of one file on `/wavu/file/1`: which file, which
 * pieces are here, which are wanted, pieces. Bytes of a stream come in and frames leave to it.
 *
 *   frame = varint length of the rest | kind 1 | protobuf body
 *
 * Source: docs/protocol/file.md and file.proto.
 */
#ifndef SYNC_FILE_MSG_H
#define SYNC_FILE_MSG_H

#include "sync/file_map.h"
#include "sync/file_tree.h"

#define FILE_MSG_PIECE_BYTES_MAX                                                                   \
    1048576u /* of the largest file's: FILE_SHAPE_SIZE_MAX over pieces */
/* Behind its length: kind, number, path, tag, and the heads of all fields. */
#define FILE_MSG_AROUND_MAX                                                                        \
    (1 + 6 + 3 + FILE_TREE_PATH_MAX * HASH_SHA256_SIZE + 2 + AEAD_TAG_SIZE + 5)
#define FILE_MSG_SIZE_MAX (FILE_MSG_PIECE_BYTES_MAX + FILE_MSG_AROUND_MAX)
#define FILE_MSG_LENGTH_MAX 4 /* bytes of a length */
/* Longest frame of another kind: a map of FILE_MAP_RUNS_MAX runs of up to three bytes. */
#define FILE_MSG_SMALL_MAX (1 + 4 + 3 * FILE_MAP_RUNS_MAX)

_Static_assert((uint64_t)FILE_MSG_PIECE_BYTES_MAX *FILE_SHAPE_PIECES_MAX == FILE_SHAPE_SIZE_MAX,
               "the largest piece fits");

enum file_msg_kind {
    FILE_MSG_ASK = 1,   /* the opener's first: the file that this stream is about */
    FILE_MSG_HAVE = 2,  /* the holder's first, and again when it has more */
    FILE_MSG_WANT = 3,  /* pieces, please */
    FILE_MSG_PIECE = 4, /* one of them */
    FILE_MSG_CANCEL = 5 /* pieces that are not wanted any more */
};

/* Spans are borrowed. */
struct file_msg {
    enum file_msg_kind kind;
    struct span id;     /* ASK: FILE_SHAPE_ID_SIZE bytes */
    struct span runs;   /* HAVE: for file_map_read */
    uint32_t first;     /* WANT, CANCEL: this piece and the next ones; PIECE: its number */
    uint32_t count;     /* WANT, CANCEL: at least one */
    struct span path;   /* PIECE: siblings in the tree, whole hashes */
    struct span tag;    /* PIECE: AEAD_TAG_SIZE bytes */
    struct span sealed; /* PIECE: its bytes */
};

/** Read the length of the frame that `in` begins with into `*len`, its own bytes into `*used`.
 * WAVU_ERR_AGAIN, _PROTO (none, or 0), _LIMIT (longer than `max`, which is at most
 * FILE_MSG_SIZE_MAX). */
WARN_UNUSED int file_msg_length(struct span in, size_t max, size_t *len, size_t *used);

/** Read a frame behind its length. WAVU_ERR_UNSUPPORTED for a kind of later, which is passed over;
 * WAVU_ERR_PROTO. */
WARN_UNUSED int file_msg_decode(struct file_msg *m, struct span frame);

/** Append length, kind and body; of a PIECE all but its bytes, which the caller sends next:
 * m->sealed counts with its length alone, and its bytes are not looked at. */
void file_msg_encode(struct wr *w, const struct file_msg *m);

#endif
