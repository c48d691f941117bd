/*
 * Boxes: what a member leaves for the members of its network among strangers. Whoever has the
 * network's discovery key computes where a device's box is today and what opens it; to all others
 * it is a value of 8 KiB or less under an unrelated key each day. docs/protocol/kad.md, "Boxes".
 */
#ifndef DISCOVERY_KAD_BOX_H
#define DISCOVERY_KAD_BOX_H

#include "base/buf.h"
#include "base/wr.h"
#include "crypto/aead.h"
#include "crypto/ed25519.h"

#define KAD_BOX_DISCOVERY_KEY_SIZE 32
#define KAD_BOX_SIZE_MAX 8192    /* of a value */
#define KAD_BOX_CONTENT_MAX 7680 /* of what lies in it */
#define KAD_BOX_PAD 256          /* content and what is added have a multiple of so many bytes */
#define KAD_BOX_KEY_SIZE 42      /* "/wavu-box/" and an Ed25519 key */
#define KAD_BOX_AHEAD_MS_MAX (UINT64_C(10) * 60 * 1000)  /* made so far in the future */
#define KAD_BOX_LIFE_MS_MAX (UINT64_C(48) * 3600 * 1000) /* from when it was made to its end */

enum kad_box_kind { KAD_BOX_PREKEYS = 1, KAD_BOX_WHERE = 2 };

/* Whose box, and of which day. */
struct kad_box_name {
    uint8_t discovery_key[KAD_BOX_DISCOVERY_KEY_SIZE];
    uint8_t device[ED25519_PUBLIC_SIZE];
    enum kad_box_kind kind;
    uint32_t day; /* since 1970, UTC */
};

/* What follows from it; secret: the owner wipes it. */
struct kad_box_keys {
    struct ed25519_pair pair; /* who has it may put the box */
    uint8_t secret[32];       /* who has it may read it */
};

/* What anybody can see of a box. */
struct kad_box {
    uint64_t sequence; /* wall time in ms at which it was made, or later by as few as need be */
    uint64_t end_ms;
    struct span sealed; /* borrowed */
};

uint32_t kad_box_day(uint64_t wall_ms);

void kad_box_derive(struct kad_box_keys *keys, const struct kad_box_name *name);

/** The key that the box lies under. */
void kad_box_key(uint8_t out[KAD_BOX_KEY_SIZE], const struct kad_box_keys *keys);

/** Append the value: `content` (KAD_BOX_CONTENT_MAX bytes at most), sealed, signed by `device`
 * inside and by the box's own pair outside. Of `box` only sequence and end are taken.
 * WAVU_ERR_LIMIT: it does not fit, or lives too long. */
WARN_UNUSED int kad_box_seal(struct wr *w, struct aead *aead, const struct kad_box_keys *keys,
                             const struct ed25519_pair *device, const struct kad_box *box,
                             struct span content);

/** What a stranger checks: `value` is signed by `box_key` (the rest of the record's key, 32 bytes).
 * Errors as kad_record_check; `wall_ms` 0: not known. */
WARN_UNUSED int kad_box_check(struct kad_box *out, struct span box_key, struct span value,
                              uint64_t wall_ms);

/** What a member does with a value that was checked: append its content to `content`.
 * WAVU_ERR_CRYPTO for everything that is wrong with it, another device's word included;
 * WAVU_ERR_LIMIT: no room. */
WARN_UNUSED int kad_box_open(struct buf *content, struct aead *aead,
                             const struct kad_box_keys *keys,
                             const uint8_t device[ED25519_PUBLIC_SIZE], struct span value);

#endif
