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
    struct aead_key key = {.kind = tools->kind, .is_passing = true};
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

/* The halves of one's own leaves for one wrap, each agreed on when it is first needed. */
struct halves {
    const struct wrap_sealed *w;
    const struct wrap_own *const *own;
    bool has_x25519[WRAP_OWN_MAX];
    uint8_t x25519[WRAP_OWN_MAX][X25519_SIZE];
    bool is_bad; /* nobody agrees with what is carried */
    bool has_mlkem[WRAP_OWN_MAX];
    uint8_t mlkem[WRAP_OWN_MAX][MLKEM_SHARED_SIZE];
    uint8_t mlkem_public[WRAP_OWN_MAX][MLKEM_PUBLIC_SIZE];
};

/* NULL when there is no agreement: what the wrap carries is a point of small order. */
static const uint8_t *agree_x25519(struct halves *h, size_t i)
{
    if (!h->has_x25519[i]) {
        h->is_bad =
            h->is_bad || x25519_shared(h->x25519[i], h->own[i]->x25519.secret, h->w->carried) < 0;
        h->has_x25519[i] = true;
    }
    return h->is_bad ? NULL : h->x25519[i];
}

static const uint8_t *agree_mlkem(struct halves *h, size_t i)
{
    struct mlkem_pair pair;

    if (!h->has_mlkem[i]) {
        mlkem_from_seed(&pair, h->own[i]->mlkem_seed);
        mlkem_decapsulate(h->mlkem[i], pair.secret, h->w->carried + X25519_SIZE);
        memcpy(h->mlkem_public[i], pair.public_key, MLKEM_PUBLIC_SIZE);
        secret_wipe(&pair, sizeof pair);
        h->has_mlkem[i] = true;
    }
    return h->mlkem[i];
}

/* Open `h->w` with the agreed `z`; NULL: with nothing. */
static int try_agreed(uint8_t out[WRAP_SECRET_SIZE], const struct halves *h,
                      const uint8_t z[X25519_SIZE], const struct wrap_about *about,
                      struct aead *aead)
{
    struct aead_key key = {.is_passing = true};
    uint8_t room[ASSOCIATED_SIZE];
    int rc = z != NULL ? aead_of_number(&key.kind, h->w->aead) : WAVU_ERR_CRYPTO;

    if (rc == 0) {
        derive(&key, z, h->w, about);
        memcpy(out, h->w->sealed, WRAP_SECRET_SIZE);
        rc = aead_open(aead, &key, nonce_zero, associated(room, h->w, about),
                       span_mut_of(out, WRAP_SECRET_SIZE), h->w->sealed + WRAP_SECRET_SIZE);
    }
    secret_wipe(&key, sizeof key);
    return rc;
}

/* Try the ML-KEM half `k`, of `i` or older, with the X25519 half `i`. */
static int try_both(uint8_t out[WRAP_SECRET_SIZE], struct halves *h, const size_t at[2],
                    const struct wrap_about *about, struct aead *aead)
{
    const uint8_t *x25519 = agree_x25519(h, at[0]);
    uint8_t z[HYBRID_SECRET_SIZE];
    uint8_t room[BOUND_SIZE];

    if (x25519 == NULL) {
        return WAVU_ERR_CRYPTO;
    }
    struct hybrid_parts parts = {.x25519_shared = x25519,
                                 .x25519_public = h->own[at[0]]->x25519.public_key,
                                 .mlkem_shared = agree_mlkem(h, at[1]),
                                 .mlkem_public = h->mlkem_public[at[1]],
                                 .ciphertext = h->w->carried};

    hybrid_join(z, &parts, bound(room, about));
    int rc = try_agreed(out, h, z, about, aead);
    secret_wipe(z, sizeof z);
    return rc;
}

/* Whether the ML-KEM half of `k` is another than that of the leaf before it: light changes keep it.
 */
static bool is_fresh(const struct wrap_own *const *own, size_t k, size_t first)
{
    return own[k]->has_mlkem &&
           (k == first || !own[k - 1]->has_mlkem ||
            !secret_is_equal(own[k]->mlkem_seed, own[k - 1]->mlkem_seed, MLKEM_SEED_SIZE));
}

int wrap_open_any(uint8_t secret[WRAP_SECRET_SIZE], const struct wrap_sealed *w,
                  const struct wrap_own *const *own, size_t count, const struct wrap_about *about,
                  struct aead *aead)
{
    struct halves h = {.w = w, .own = own};
    uint8_t out[WRAP_SECRET_SIZE] = {0};
    int rc = WAVU_ERR_CRYPTO;

    CHECK(count <= WRAP_OWN_MAX);
    for (size_t i = 0; i < count && rc < 0 && w->carried_len == X25519_SIZE; i++) {
        rc = try_agreed(out, &h, agree_x25519(&h, i), about, aead);
    }
    for (size_t i = 0; i < count && rc < 0 && w->carried_len == HYBRID_CIPHERTEXT_SIZE; i++) {
        for (size_t k = i; k < count && rc < 0; k++) {
            const size_t at[2] = {i, k};
            rc = is_fresh(own, k, i) ? try_both(out, &h, at, about, aead) : rc;
        }
    }
    if (rc < 0) {
        memset(out, 0, sizeof out);
    }
    memcpy(secret, out, sizeof out);
    secret_wipe(out, sizeof out);
    secret_wipe(&h, sizeof h);
    return rc;
}

int wrap_open(uint8_t secret[WRAP_SECRET_SIZE], const struct wrap_sealed *w,
              const struct wrap_own *own, const struct wrap_about *about, struct aead *aead)
{
    return wrap_open_any(secret, w, &own, 1, about, aead);
}
