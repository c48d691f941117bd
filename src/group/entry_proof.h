/*
 * What proves an entry in place of its own signature: a broadcast that its device has signed, and
 * that names it among its items (docs/protocol/plumtree.md, "Items"). The mesh has verified the
 * broadcast when it comes; the proof is kept with the entry, for those who get it later.
 *
 * Source: docs/protocol/entry.md, "Two proofs".
 */
#ifndef GROUP_ENTRY_PROOF_H
#define GROUP_ENTRY_PROOF_H

#include "base/wr.h"
#include "crypto/hash_tree.h"
#include "crypto/signer.h"

/* Generation, sequence, hash of the rest, sides, path. */
#define ENTRY_PROOF_SIZE_MIN (8 + 4 + HASH_SHA256_SIZE + 1)
#define ENTRY_PROOF_SIZE_MAX (ENTRY_PROOF_SIZE_MIN + HASH_TREE_DEPTH_MAX * HASH_SHA256_SIZE)

/* Beside it stands the broadcast's signature. */
struct entry_proof {
    uint64_t generation;
    uint32_t sequence;
    uint8_t rest[HASH_SHA256_SIZE]; /* of what stood behind the items */
    struct hash_tree_path path;
};

/* A broadcast that the mesh has verified in this network, and the entries that it names. */
struct entry_proof_said {
    uint8_t device[32]; /* that signed it */
    uint64_t generation;
    uint32_t sequence;
    uint8_t rest[HASH_SHA256_SIZE];
    uint8_t signature[SIGNER_SIZE];
    struct span ids; /* 32 bytes each; borrowed */
    struct hash_tree tree;
};

/* One of them. */
struct entry_proof_named {
    uint8_t device[32];
    uint8_t id[32];
    uint8_t signature[SIGNER_SIZE];
    struct entry_proof proof;
};

/** Device, generation, sequence, signature and ids of `said` stand, HASH_TREE_NAMES_MAX ids at
 * most: fill in what follows from them and from `rest`. */
void entry_proof_prepare(struct entry_proof_said *said, struct span rest);

/** The i-th that it names; false: it names fewer. */
WARN_UNUSED bool entry_proof_at(struct entry_proof_named *named,
                                const struct entry_proof_said *said, size_t i);

/** 0 when `n->device` signed a broadcast in `network` that names `n->id`; else WAVU_ERR_CRYPTO. */
WARN_UNUSED int entry_proof_verify(const struct entry_proof_named *n, const uint8_t network[32],
                                   const struct signer *signer);

void entry_proof_write(struct wr *w, const struct entry_proof *p);
/** WAVU_ERR_CRYPTO when it is none; nothing is verified. */
WARN_UNUSED int entry_proof_read(struct entry_proof *p, struct span bytes);

#endif
