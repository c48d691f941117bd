/*
 * A secret of 32 bytes sealed to one device's leaf: X25519 alone (light), or hybrid with ML-KEM-768
 * (full), with a secret that the two share mixed in where there is one.
 *
 *   key    = kdf(pair | z, label, id | recipient | base | carried, 32)
 *   sealed = AEAD(key, nonce 0, ad = AEAD's byte | id | recipient | beside, secret)
 *
 * Source: docs/protocol/epoch.md, "Wraps".
 */
#ifndef GROUP_WRAP_H
#define GROUP_WRAP_H

#include "crypto/aead.h"
#include "crypto/hybrid.h"

#define WRAP_SECRET_SIZE 32
#define WRAP_SEALED_SIZE (WRAP_SECRET_SIZE + AEAD_TAG_SIZE)
#define WRAP_CARRIED_SIZE_MAX HYBRID_CIPHERTEXT_SIZE

/* A leaf as others know it. Borrowed. */
struct wrap_leaf {
    const uint8_t *x25519; /* 32 bytes */
    const uint8_t *mlkem;  /* 1,184 bytes; NULL: none published */
};

/* A leaf of one's own; the owner wipes it with wrap_forget. */
struct wrap_own {
    struct x25519_pair x25519;
    bool has_mlkem;
    uint8_t mlkem_seed[MLKEM_SEED_SIZE];
};

/* What a wrap is bound to. Borrowed. */
struct wrap_about {
    const char *label;
    const uint8_t *id;        /* 32 bytes: the change whose seed this is */
    const uint8_t *recipient; /* 32 bytes: a device */
    const uint8_t *base;      /* 32 bytes: the change that `pair` is of; NULL: none */
    const uint8_t *pair;      /* 32 bytes, a secret of both; NULL: none */
    const uint8_t *beside;    /* 32 bytes, the hash of what travels with it; NULL: nothing does */
};

struct wrap_tools {
    struct aead *aead;
    enum aead_kind kind; /* to seal with */
    const struct random *random;
};

struct wrap_sealed {
    uint8_t aead; /* 1 or 2, as on the wire */
    size_t carried_len;
    uint8_t carried[WRAP_CARRIED_SIZE_MAX];
    uint8_t sealed[WRAP_SEALED_SIZE];
};

/** A fresh leaf; with ML-KEM when `is_full`. */
void wrap_make(struct wrap_own *own, bool is_full, const struct random *random);
/** Its ML-KEM public key. */
void wrap_mlkem_public(uint8_t out[MLKEM_PUBLIC_SIZE], const struct wrap_own *own);
void wrap_forget(struct wrap_own *own);

/** Seal `secret`; full when `to` has an ML-KEM key and `is_full`, light otherwise. WAVU_ERR_CRYPTO
 * when `to` is no key.
 */
WARN_UNUSED int wrap_seal(struct wrap_sealed *out, const uint8_t secret[WRAP_SECRET_SIZE],
                          const struct wrap_leaf *to, bool is_full, const struct wrap_about *about,
                          const struct wrap_tools *tools);

/* Leaves of one's own that a wrap is tried with: each half of each is agreed on once. */
#define WRAP_OWN_MAX 8

/** The secret in `w`, which was sealed to one of `count` leaves of one's own, the newest first, or
 * to the X25519 half of one and the ML-KEM half of an older one: its maker may have heard of the
 * one and not of the other. WAVU_ERR_CRYPTO and zeros when it is for none. */
WARN_UNUSED int wrap_open_any(uint8_t secret[WRAP_SECRET_SIZE], const struct wrap_sealed *w,
                              const struct wrap_own *const *own, size_t count,
                              const struct wrap_about *about, struct aead *aead);
/** The same with one leaf. */
WARN_UNUSED int wrap_open(uint8_t secret[WRAP_SECRET_SIZE], const struct wrap_sealed *w,
                          const struct wrap_own *own, const struct wrap_about *about,
                          struct aead *aead);

#endif
