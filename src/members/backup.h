/*
 * The backup file's layout and keys: a head that says how a passphrase becomes a key, and chunks of
 * records sealed under it. backup_writer makes a file, backup_reader reads and verifies one.
 *
 * Source: docs/protocol/backup.md.
 */
#ifndef MEMBERS_BACKUP_H
#define MEMBERS_BACKUP_H

#include "base/random.h"
#include "base/wr.h"
#include "crypto/aead.h"
#include "crypto/stretch.h"

#define BACKUP_FORMAT 1
#define BACKUP_SALT_SIZE STRETCH_SALT_SIZE
#define BACKUP_BOUND_SIZE 36 /* of the head: what check and proof are over */
#define BACKUP_HEAD_SIZE (BACKUP_BOUND_SIZE + 8 + AEAD_TAG_SIZE)
#define BACKUP_CHUNK_MAX 65536 /* bytes of records sealed together: what a reader holds */
#define BACKUP_KEY_MAX 64
#define BACKUP_SEED_SIZE 32         /* of the root */
#define BACKUP_NAME_SIZE 32         /* a contact's root, a network's id */
#define BACKUP_VALUE_MAX 32768      /* half a chunk: what a reader needs at once stays small */
#define BACKUP_FILE_MAX (64U << 20) /* one that is read in memory; on a disk it may be longer */
/* What a writer puts out between two calls of its owner: head or chunks. */
#define BACKUP_OUT_MAX (BACKUP_HEAD_SIZE + 2 * (4 + BACKUP_CHUNK_MAX + AEAD_TAG_SIZE))

/* What a file is written with: 64 of the 1,024 MiB of a Raspberry Pi, for about a second. */
#define BACKUP_MEMORY_KIB 65536U
#define BACKUP_PASSES 3U
/* What a reader takes before it believes anything else of a file. */
#define BACKUP_MEMORY_KIB_MIN 8192U
#define BACKUP_MEMORY_KIB_MAX 262144U
#define BACKUP_PASSES_MAX 16U
#define BACKUP_WORK_KIB_MAX                                                                        \
    1048576U /* memory times passes: 1 GiB, a few seconds on a small machine */

enum backup_kind {
    BACKUP_IDENTITY = 1,
    BACKUP_CONTACT = 2,
    BACKUP_NETWORK = 3,
    BACKUP_PLACE = 4,   /* of a network: who we are there */
    BACKUP_ROWS = 5,    /* the next piece of the stream of kept entries */
    BACKUP_END = 14,    /* the writer's own */
    BACKUP_DEVICE = 15, /* never: a backup holds no device key */
};

struct backup_record {
    uint64_t kind; /* enum backup_kind, or one of a newer wavu */
    struct span key;
    struct span value;
};

struct backup_counts {
    uint64_t identities;
    uint64_t contacts;
    uint64_t pieces;    /* of membership logs */
    uint64_t log_bytes; /* in these pieces */
    uint64_t others;    /* records of all other kinds */
};

/* Where a file's bytes come from. */
struct backup_source {
    /* Up to out.len bytes at `at`; `*got` is less only at the end. Below 0: it cannot be read. */
    int (*read)(void *context, uint64_t at, struct span_mut out, size_t *got);
    void *context;
};

/* What a file's chunks are sealed with. The owner wipes it. */
struct backup_keys {
    struct aead *aead; /* borrowed */
    struct aead_key proof;
    struct aead_key chunk;
    uint64_t counter; /* the next chunk's number */
};

/** Write a head and derive its keys. WAVU_ERR_INVALID: a cost that a reader would refuse, or no
 * passphrase; WAVU_ERR_MEMORY. Takes `cost` in time and memory. */
WARN_UNUSED int backup_head_write(struct backup_keys *keys, uint8_t head[BACKUP_HEAD_SIZE],
                                  enum aead_kind kind, struct stretch_cost cost,
                                  struct span passphrase);

/** Read a head and derive its keys. keys->aead is set. WAVU_ERR_CORRUPT, WAVU_ERR_UNSUPPORTED,
 * WAVU_ERR_DENIED (wrong passphrase), WAVU_ERR_LIMIT (it asks for too much), WAVU_ERR_MEMORY. */
WARN_UNUSED int backup_head_read(struct backup_keys *keys, struct span file,
                                 struct span passphrase);

/** Seal `data` in place as the next chunk. `length` is its length field. */
void backup_chunk_seal(struct backup_keys *keys, uint32_t length, struct span_mut data,
                       uint8_t tag[AEAD_TAG_SIZE]);

/** Open `data` in place as the next chunk. WAVU_ERR_CORRUPT; `data` is then zeroed. */
WARN_UNUSED int backup_chunk_open(struct backup_keys *keys, uint32_t length, struct span_mut data,
                                  const uint8_t tag[AEAD_TAG_SIZE]);

#define BACKUP_CHUNK_LAST 0x80000000U /* in a length field */

/** Whether the key of `record` is as long as its kind's is, and the value of an identity. A kind
 * that we do not know may have any. */
bool backup_record_is_sized(const struct backup_record *record);

/** Append a record with its length. */
void backup_record_write(struct wr *w, const struct backup_record *record);

/** Read the next record of a chunk, and move `rest` on. WAVU_ERR_CORRUPT. */
WARN_UNUSED int backup_record_read(struct backup_record *record, struct span *rest);

/** Count a record. */
void backup_count(struct backup_counts *counts, const struct backup_record *record);

#endif
