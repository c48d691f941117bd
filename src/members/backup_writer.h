/*
 * Makes a backup file: a passphrase and records come in, the file's bytes leave. Whoever takes
 * them out of `out` after each call needs no more memory than BACKUP_OUT_MAX, however long it is.
 *
 * Source: docs/protocol/backup.md.
 */
#ifndef MEMBERS_BACKUP_WRITER_H
#define MEMBERS_BACKUP_WRITER_H

#include "base/buf.h"
#include "members/backup.h"

struct backup_writer_config {
    struct aead *aead;
    const struct random *random;
    enum aead_kind kind;
    struct stretch_cost cost; /* BACKUP_MEMORY_KIB, BACKUP_PASSES */
    struct span passphrase;   /* not empty; until backup_writer_begin returns */
};

struct backup_writer {
    struct backup_keys keys;
    struct backup_counts counts;
    struct buf *out;  /* borrowed */
    struct buf chunk; /* records that wait to be sealed */
};

/** Write the head into `out`, which is empty and may hold BACKUP_OUT_MAX. Takes Argon2id's time.
 * WAVU_ERR_INVALID, WAVU_ERR_MEMORY, WAVU_ERR_LIMIT. End with backup_writer_clear in any case. */
WARN_UNUSED int backup_writer_begin(struct backup_writer *w, struct buf *out,
                                    const struct backup_writer_config *config);

/** Add a record. WAVU_ERR_INVALID: no identity first, two of them, a seed of another size, or a
 * kind that is not for callers (a device key!). WAVU_ERR_LIMIT: too long, or the file is full. */
WARN_UNUSED int backup_writer_add(struct backup_writer *w, const struct backup_record *record);

/** Write the end. WAVU_ERR_INVALID without an identity; WAVU_ERR_LIMIT. */
WARN_UNUSED int backup_writer_end(struct backup_writer *w);

/** Wipe keys and what waited. The file in `out` stays. */
void backup_writer_clear(struct backup_writer *w);

#endif
