/*
 * The store's key under a passphrase: 92 bytes, in place of the 32 of a bare key file.
 *
 * In: a key and a passphrase, or a file's bytes and a passphrase. Out: the file's bytes, or the
 * key. Source: docs/protocol/store.md.
 */
#ifndef STORE_STORE_WRAP_H
#define STORE_STORE_WRAP_H

#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/stretch.h"
#include "store/key_swap.h"

#define STORE_WRAP_FORMAT 1
#define STORE_WRAP_KEY_SIZE 32
#define STORE_WRAP_HEAD_SIZE 36 /* magic 12, format, AEAD, lanes, passes, memory 4, salt 16 */
#define STORE_WRAP_CHECK_SIZE 8
#define STORE_WRAP_SIZE                                                                            \
    (STORE_WRAP_HEAD_SIZE + STORE_WRAP_KEY_SIZE + AEAD_TAG_SIZE + STORE_WRAP_CHECK_SIZE)
#define STORE_WRAP_FILE_MAX KEY_SWAP_FILE_MAX /* of any format: a newer one is known as such */
#define STORE_WRAP_PASSPHRASE_MAX 1024        /* bytes; nobody types more */

/* What a key is wrapped with: 64 of the 1,024 MiB of a Raspberry Pi, for about a second. */
#define STORE_WRAP_MEMORY_KIB 65536U
#define STORE_WRAP_PASSES 3U
/* What is taken before anything else of a file is believed. */
#define STORE_WRAP_MEMORY_KIB_MIN 8192U
#define STORE_WRAP_MEMORY_KIB_MAX 262144U
#define STORE_WRAP_PASSES_MAX 16U
#define STORE_WRAP_WORK_KIB_MAX 1048576U /* memory times passes: seconds on a small machine */

/* A wrapped key, parsed. Its spans lie in the file's bytes. */
struct store_wrap {
    struct stretch_cost cost;
    enum aead_kind kind;
    struct span head;   /* STORE_WRAP_HEAD_SIZE: with the salt at its end; bound by the tag */
    struct span sealed; /* STORE_WRAP_KEY_SIZE */
    struct span tag;    /* AEAD_TAG_SIZE */
};

/** Does a file with these bytes hold a wrapped key, whole or damaged? */
bool store_wrap_is_one(struct span file);

/** Read the layout; costs nothing. WAVU_ERR_CORRUPT, WAVU_ERR_UNSUPPORTED (of a newer wavu),
 * WAVU_ERR_LIMIT (it asks for more memory or time than any of ours). */
WARN_UNUSED int store_wrap_read(struct store_wrap *w, struct span file);

/** Take the key out, which the owner wipes. Costs w->cost. WAVU_ERR_DENIED (not this passphrase),
 * WAVU_ERR_MEMORY; `key` is then zeroed. */
WARN_UNUSED int store_wrap_open(const struct store_wrap *w, struct span passphrase,
                                uint8_t key[STORE_WRAP_KEY_SIZE]);

/** Write `file`. Costs `cost`. WAVU_ERR_INVALID (a cost that store_wrap_read would refuse, or a
 * passphrase that is empty or too long), WAVU_ERR_MEMORY. */
WARN_UNUSED int store_wrap_write(uint8_t file[STORE_WRAP_SIZE],
                                 const uint8_t key[STORE_WRAP_KEY_SIZE], struct span passphrase,
                                 struct stretch_cost cost, const struct random *random);

#endif
