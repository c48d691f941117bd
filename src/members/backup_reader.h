/*
 * Reads a backup file: bytes and a passphrase come in; records leave, or only their counts. One
 * chunk is in memory at a time.
 *
 * Source: docs/protocol/backup.md.
 */
#ifndef MEMBERS_BACKUP_READER_H
#define MEMBERS_BACKUP_READER_H

#include "base/buf.h"
#include "members/backup.h"

struct backup_reader {
    struct backup_keys keys;
    struct backup_counts counts; /* of what was read */
    struct backup_source source; /* borrowed */
    struct span file;            /* borrowed: what a source in memory reads */
    uint64_t at;                 /* the next chunk */
    bool is_last;                /* the open chunk is the last */
    int err;                     /* sticky; WAVU_ERR_CLOSED after a good end */
    struct buf chunk;            /* the open one; holds secrets */
    struct span rest;            /* of it */
};

/** Open a file of at most BACKUP_FILE_MAX bytes. Takes Argon2id's time. WAVU_ERR_CORRUPT: damaged
 * or no backup; WAVU_ERR_DENIED: wrong passphrase; WAVU_ERR_UNSUPPORTED: of a newer wavu;
 * WAVU_ERR_LIMIT: too long, or asks for too much; WAVU_ERR_MEMORY. End with backup_reader_clear. */
WARN_UNUSED int backup_reader_open(struct backup_reader *r, struct span file,
                                   struct span passphrase, struct aead *aead);

/** As backup_reader_open, of a file of any length; also what the source says. `source` is copied,
 * and read until backup_reader_clear. */
WARN_UNUSED int backup_reader_open_source(struct backup_reader *r,
                                          const struct backup_source *source,
                                          struct span passphrase, struct aead *aead);

/** The next record, borrowed until the next call. WAVU_ERR_CLOSED: that was all, and it is whole;
 * WAVU_ERR_CORRUPT. Verify a file before restoring: what comes before the damage is given out. */
WARN_UNUSED int backup_reader_next(struct backup_reader *r, struct backup_record *record);

void backup_reader_clear(struct backup_reader *r);

/** Read a whole file and say what is in it. Nothing is restored. Errors as of backup_reader_open.
 */
WARN_UNUSED int backup_reader_verify(struct backup_counts *counts, struct span file,
                                     struct span passphrase, struct aead *aead);

#endif
