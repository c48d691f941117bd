/*
 * Wraps: seeds of changes come from epoch_make and the wire, sealed ones leave, and back.
 */
#include "group/wrap.h"

#include <string.h>

#include "base/check.h"
#include "base/wr.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define BOUND_SIZE (32 + 32)                  /* id | recipient */
#define ASSOCIATED_SIZE (1 + BOUND_SIZE + 32) /* AEAD's byte | id | recipient | beside */

static const uint8_t nonce_zero[AEAD_NONCE_SIZE];

void wrap_make(struct wrap_own *own, bool is_full, const struct random *random)
{
    memset(own, 0, sizeof *own);
    x25519_make(&own->x25519, random);
    own->has_mlkem = is_full;
    if (is_full) {
        random_fill(random, own->mlkem_seed, sizeof own->mlkem_seed);
    }
}

void wrap_mlkem_public(uint8_t out[MLKEM_PUBLIC_SIZE], const struct wrap_own *own)
{
    struct mlkem_pair pair;

    mlkem_from_seed(&pair, own->mlkem_seed);
    memcpy(out, pair.public_key, sizeof pair.public_key);
    secret_wipe(&pair, sizeof pair);
}

void wrap_forget(struct wrap_own *own)
{
    secret_wipe(own, sizeof *own);
}

/* id | recipient. */
static struct span bound(uint8_t room[BOUND_SIZE], const struct wrap_about *about)
{
    memcpy(room, about->id, 32);
    memcpy(room + 32, about->recipient, 32);
    return span_of(room, BOUND_SIZE);
}

/* The key of `w`, whose `carried` stands, from the agreed `z`. */
static void derive(struct aead_key *key, const uint8_t z[32], const struct wrap_sealed *w,
                   const struct wrap_about *about)
{
    static const uint8_t none[32];
    uint8_t secret[64];
    uint8_t room[BOUND_SIZE];
    size_t at = 0;
    struct span context[3] = {bound(room, about),
                              span_of(about->base != NULL ? about->base : none, 32),
                              span_of(w->carried, w->carried_len)};

    if (about->pair != NULL) {
        memcpy(secret, about->pair, 32);
        at = 32;
    }
    memcpy(secret + at, z, 32);
    kdf(span_mut_of(key->bytes, sizeof key->bytes), span_of(secret, at + 32), about->label, context,
        3);
    secret_wipe(secret, sizeof secret);
}

static struct span associated(uint8_t room[ASSOCIATED_SIZE], const struct wrap_sealed *w,
                              const struct wrap_about *about)
{
    room[0] = w->aead;
    (void)bound(room + 1, about);
    if (about->beside == NULL) {
        return span_of(room, 1 + BOUND_SIZE);
    }
    memcpy(room + 1 + BOUND_SIZE, about->beside, 32);
    return span_of(room, ASSOCIATED_SIZE);
}

static int agree_light(uint8_t z[32], struct wrap_sealed *out, const struct wrap_leaf *to,
                       const struct random *random)
{
    struct x25519_pair fresh;
    int rc = 0;

    x25519_make(&fresh, random);
    memcpy(out->carried, fresh.public_key, X25519_SIZE);
    out->carried_len = X25519_SIZE;
    rc = x25519_shared(z, fresh.secret, to->x25519);
    secret_wipe(&fresh, sizeof fresh);
    return rc;
}

static int agree_full(uint8_t z[32], struct wrap_sealed *out, const struct wrap_leaf *to,
                      struct span context, const struct random *random)
{
    uint8_t public_key[HYBRID_PUBLIC_SIZE];

    memcpy(public_key, to->x25519, X25519_SIZE);
    memcpy(public_key + X25519_SIZE, to->mlkem, MLKEM_PUBLIC_SIZE);
    out->carried_len = HYBRID_CIPHERTEXT_SIZE;
    return hybrid_encapsulate(out->carried, z, public_key, context, random);
}

int wrap_seal(struct wrap_sealed *out, const uint8_t secret[WRAP_SECRET_SIZE],
              const struct wrap_leaf *to, bool is_full, const struct wrap_about *about,
              const struct wrap_tools *tools)
{
    struct aead_key key = {.kind = tools->kind};
    uint8_t room[ASSOCIATED_SIZE];
    uint8_t z[32];
    int rc = 0;

    memset(out, 0, sizeof *out);
    out->aead = aead_number(tools->kind);
    rc = is_full && to->mlkem != NULL ? agree_full(z, out, to, bound(room, about), tools->random)
                                      : agree_light(z, out, to, tools->random);
    if (rc == 0) {
        derive(&key, z, out, about);
        memcpy(out->sealed, secret, WRAP_SECRET_SIZE);
        aead_seal(tools->aead, &key, nonce_zero, associated(room, out, about),
                  span_mut_of(out->sealed, WRAP_SECRET_SIZE), out->sealed + WRAP_SECRET_SIZE);
    }
    secret_wipe(&key, sizeof key);
    secret_wipe(z, sizeof z);
    return rc;
}

static int agree_back(uint8_t z[32], const struct wrap_sealed *w, const struct wrap_own *own,
                      struct span context)
{
    struct hybrid_pair pair;
    int rc = WAVU_ERR_CRYPTO;

    if (w->carried_len == X25519_SIZE) {
        return x25519_shared(z, own->x25519.secret, w->carried);
    }
    if (w->carried_len == HYBRID_CIPHERTEXT_SIZE && own->has_mlkem) {
        pair.x25519 = own->x25519;
        mlkem_from_seed(&pair.mlkem, own->mlkem_seed);
        rc = hybrid_decapsulate(z, &pair, w->carried, context);
        secret_wipe(&pair, sizeof pair);
    }
    return rc;
}

int wrap_open(uint8_t secret[WRAP_SECRET_SIZE], const struct wrap_sealed *w,
              const struct wrap_own *own, const struct wrap_about *about, struct aead *aead)
{
    struct aead_key key;
    uint8_t room[ASSOCIATED_SIZE];
    uint8_t out[WRAP_SECRET_SIZE] = {0};
    uint8_t z[32] = {0};
    int rc = aead_of_number(&key.kind, w->aead);

    if (rc == 0) {
        rc = agree_back(z, w, own, bound(room, about));
    }
    if (rc == 0) {
        derive(&key, z, w, about);
        memcpy(out, w->sealed, sizeof out);
        rc = aead_open(aead, &key, nonce_zero, associated(room, w, about),
                       span_mut_of(out, sizeof out), w->sealed + WRAP_SECRET_SIZE);
    }
    memcpy(secret, out, sizeof out);
    secret_wipe(&key, sizeof key);
    secret_wipe(out, sizeof out);
    secret_wipe(z, sizeof z);
    return rc;
}
