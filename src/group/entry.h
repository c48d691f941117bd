/*
 * A room entry: what a member says in a room, signed over content, so that any holder can hand it
 * on: by itself, or as one of those that a broadcast names (group/entry_proof.h). Source:
 * docs/protocol/entry.md.
 */
#ifndef GROUP_ENTRY_H
#define GROUP_ENTRY_H

#include "base/pb.h"
#include "crypto/signer.h"
#include "group/entry_proof.h"

#define ENTRY_ID_SIZE 32
#define ENTRY_SALT_SIZE 32
#define ENTRY_PARENTS_MAX 8 /* heads of a room that one entry ties together */
#define ENTRY_HINTS_MAX 2   /* of them are hinted at in the sealed form */
#define ENTRY_HINT_SIZE 4
#define ENTRY_BODY_SIZE 186                        /* see below */
#define ENTRY_NUMBER_MAX ((UINT64_C(1) << 35) - 1) /* sequence, expiry: varints of 5 bytes */
#define ENTRY_CONTENT_MAX 65536                    /* bytes; files go another way */
#define ENTRY_ROOM_HINT_SIZE 8
/* Around the content in the sealed plaintext: room hint, two varints, count, hints, links. */
#define ENTRY_PLAIN_SIZE_MAX (8 + 5 + 5 + 1 + 2 * 4 + 32)
#define ENTRY_STORED_REST_MAX 896 /* of the stored form, beside the content */
#define ENTRY_STORED_SIZE_MAX (ENTRY_CONTENT_MAX + ENTRY_STORED_REST_MAX)

_Static_assert(ENTRY_BODY_SIZE ==
                   1 + 3 * 32 + 8 + 32 + 1 + ENTRY_HINTS_MAX * ENTRY_HINT_SIZE + 8 + 32,
               "fixed layout");
/* Format, numbers, content's length; five fields of 32 bytes, as many parents as may be, the
 * signature, the proof. */
_Static_assert(2 + 2 * 7 + 4 + 5 * 34 + ENTRY_PARENTS_MAX * 34 + 66 + 3 + ENTRY_PROOF_SIZE_MAX <=
                   ENTRY_STORED_REST_MAX,
               "all of it finds room");

struct entry {
    uint8_t room[32];
    uint8_t device[32];
    uint64_t sequence;            /* from 1 */
    uint64_t expiry;              /* seconds of life; 0: for ever */
    uint8_t links[ENTRY_ID_SIZE]; /* what `previous` and `parents` hash to */
    uint8_t content_hash[HASH_SHA256_SIZE];
    bool is_said; /* the signature is that of a broadcast, which names it; else its own */
    uint8_t signature[SIGNER_SIZE];
    struct entry_proof said;         /* when is_said */
    uint8_t salt[ENTRY_SALT_SIZE];   /* only with content */
    struct span content;             /* borrowed */
    bool has_content;                /* false: dropped */
    bool has_links;                  /* previous and parents stand here; else only hints */
    uint8_t previous[ENTRY_ID_SIZE]; /* the author's entry before; zeros: none */
    uint8_t parents[ENTRY_PARENTS_MAX][ENTRY_ID_SIZE];
    uint8_t parent_count;                            /* also when only hints are here */
    uint8_t hints[ENTRY_HINTS_MAX][ENTRY_HINT_SIZE]; /* of the first parents; zeros: none */
};

/** Sign `e`, whose room, device, sequence, expiry, previous, parents, salt and content stand: fills
 * the rest. WAVU_ERR_LIMIT when a number or the content is too large. */
WARN_UNUSED int entry_sign(struct entry *e, const uint8_t network[32], const struct signer *signer,
                           const struct ed25519_pair *pair);

/** 0 when e->device signed it in `network`, or a broadcast there that names it, and content and
 * links, as far as they are here, are what was signed; else WAVU_ERR_CRYPTO. */
WARN_UNUSED int entry_verify(const struct entry *e, const uint8_t network[32],
                             const struct signer *signer);

/** Take what the mesh has verified, `by`, for the proof of `e`, which was opened. 0 when that
 * broadcast is its author's and names it; else WAVU_ERR_CRYPTO. Fills in the hash of the content.
 */
WARN_UNUSED int entry_prove(struct entry *e, const uint8_t network[32],
                            const struct entry_proof_named *by);

/** 0 when these are the entries that a verified `e` links to, else WAVU_ERR_CRYPTO. A verified
 * entry may still have no such ones: who signed it can have lied about them. */
WARN_UNUSED int entry_check_links(const struct entry *e, const uint8_t previous[ENTRY_ID_SIZE],
                                  const uint8_t (*parents)[ENTRY_ID_SIZE], size_t count);

/** Its name, whether or not the content is still there. */
void entry_id(uint8_t id[ENTRY_ID_SIZE], const struct entry *e, const uint8_t network[32]);

/** Fill in the hash of the content, which a sealed form does not carry. */
void entry_hash_content(struct entry *e);

/** Forget the content and its salt: the entry stays. */
void entry_drop_content(struct entry *e);

/** Write the stored form. WAVU_ERR_INVALID, and nothing is written, when `e` has only hints of its
 * links, as one that was opened from its sealed form: ask for the stored one. */
WARN_UNUSED int entry_write(struct wr *w, const struct entry *e);
/** Spans of `*e` are borrowed from `bytes`. WAVU_ERR_CRYPTO when it is none, WAVU_ERR_UNSUPPORTED
 * for a newer format; nothing is verified yet. */
WARN_UNUSED int entry_read(struct entry *e, struct span bytes);

/** Write the plaintext of the sealed form. WAVU_ERR_INVALID, and nothing is written, when the
 * content is dropped: such an entry is handed on in stored form. */
WARN_UNUSED int entry_write_plain(struct wr *w, const struct entry *e);
/** Fill what the sealed form carries, and the room's hint. WAVU_ERR_CRYPTO when it is none. */
WARN_UNUSED int entry_read_plain(struct entry *e, uint8_t room_hint[ENTRY_ROOM_HINT_SIZE],
                                 struct span bytes);

#endif
