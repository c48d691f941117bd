/*
 * Fetching one file: which pieces to ask of whom. Holders with their maps and pieces that came in
 * are fed; asks leave, and whom to leave. The owner has the streams, writes pieces to the disk
 * and keeps the map.
 *
 *   holder joined -> its map -> ASK .. piece .. ASK -> ... DONE
 *
 * Source: docs/protocol/file.md.
 */
#ifndef SYNC_FILE_GET_H
#define SYNC_FILE_GET_H

#include "base/random.h"
#include "base/ring.h"
#include "sync/file_map.h"
#include "sync/file_tree.h"

#define FILE_GET_HOLDERS_MAX 16
#define FILE_GET_WINDOW_MIN 4           /* pieces asked for and not here, of one holder */
#define FILE_GET_WINDOW_MAX 128         /* 8 MiB: what a far, fast link has under way */
#define FILE_GET_BYTES_MAX 8388608u     /* of larger pieces so many fewer */
#define FILE_GET_UNDER_WAY_MAX 8388608u /* bytes asked of all holders together: memory is flat */
#define FILE_GET_PIECE_NS (UINT64_C(30) * 1000000000) /* without a piece a holder is slow */
#define FILE_GET_EVENTS_MAX 2048                      /* 16 holders' windows, and who is left */
#define FILE_GET_NOBODY UINT32_MAX

enum file_get_event_kind {
    FILE_GET_ASK,    /* `holder` for `count` pieces from `first` on */
    FILE_GET_CANCEL, /* `holder`'s piece `first` came from another */
    FILE_GET_LEAVE,  /* `holder` sent what is no piece of this file */
    FILE_GET_DONE,   /* all pieces are here */
};

struct file_get_event {
    enum file_get_event_kind kind;
    uint32_t holder;
    uint32_t first;
    uint32_t count;
};

/* What makes a piece this file's: told apart without the machine, also by a job. */
struct file_get_form {
    uint8_t id[FILE_SHAPE_ID_SIZE];
    struct file_shape shape;
    enum aead_kind aead;
};

/* A piece that was asked for. */
struct file_get_ask {
    uint32_t number;
    bool is_second; /* somebody else was asked for it, too */
};

/* A piece as it came; borrowed. */
struct file_get_came {
    uint32_t number;
    struct span bytes;  /* sealed */
    const uint8_t *tag; /* AEAD_TAG_SIZE */
    struct span path;   /* the siblings in the tree */
};

struct file_get_holder {
    bool is_here;
    uint32_t id; /* the owner's */
    struct file_map *map;
    uint32_t cursor; /* where it looks for its next piece */
    uint32_t window;
    uint32_t under_way;
    struct file_get_ask asks[FILE_GET_WINDOW_MAX];
    uint64_t heard; /* ns: its last piece, or when it was asked first */
};

struct file_get {
    struct file_get_form form;
    const struct random *random;
    struct file_map here;
    struct file_map asked; /* of anybody */
    struct file_get_holder holders[FILE_GET_HOLDERS_MAX];
    uint32_t under_way; /* of all holders */
    bool is_done;
    struct ring events;
};

/** `have`: what is here already, or NULL. `random` is borrowed for g's life. */
void file_get_init(struct file_get *g, const uint8_t id[FILE_SHAPE_ID_SIZE],
                   const struct file_shape *shape, enum aead_kind aead, const struct file_map *have,
                   const struct random *random);
void file_get_clear(struct file_get *g);

/** Holder `id` says what it has, for the first time or anew; a new one comes in. WAVU_ERR_LIMIT
 * when there are FILE_GET_HOLDERS_MAX, WAVU_ERR_PROTO for a map of another size. */
WARN_UNUSED int file_get_map(struct file_get *g, uint64_t now, uint32_t id,
                             const struct file_map *map);

/** The holder is gone. What it was asked for is asked of others. */
void file_get_lost(struct file_get *g, uint64_t now, uint32_t id);

/** Bytes of the holder came: it is not silent. */
void file_get_heard(struct file_get *g, uint64_t now, uint32_t id);

/** Is the holder asked for that piece? */
bool file_get_is_asked(const struct file_get *g, uint32_t id, uint32_t number);

/** Is the piece part of the file? */
bool file_get_is_of(const struct file_get_form *form, const struct file_get_came *came);

/**
 * What became of piece `number`, which came from holder `id`. `verdict` 0: it is part of the file
 * and written; WAVU_ERR_CRYPTO: it is no part, the holder is left (event LEAVE); another error: it
 * could not be written, and is asked for again. Returns 0 (new), WAVU_ERR_EXISTS (here already) or
 * the verdict. Of a holder that is gone what is good counts, too.
 */
WARN_UNUSED int file_get_took(struct file_get *g, uint64_t now, uint32_t id, uint32_t number,
                              int verdict);

/** file_get_is_of and file_get_took in one. */
WARN_UNUSED int file_get_piece(struct file_get *g, uint64_t now, uint32_t id,
                               const struct file_get_came *came);

/** The piece could not be written, or was found damaged on the disk: it is wanted again. */
void file_get_again(struct file_get *g, uint64_t now, uint32_t number);

WARN_UNUSED bool file_get_next_event(struct file_get *g, struct file_get_event *event);

/** When file_get_tick is wanted; UINT64_MAX: never. */
uint64_t file_get_deadline(const struct file_get *g);
/** Holders that have been silent for too long lose what they were asked for, and most of their
 * window. */
void file_get_tick(struct file_get *g, uint64_t now);

void file_get_check(const struct file_get *g);

#endif
