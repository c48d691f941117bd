/*
 * All strings enter hashes with their lengths (LEB128) in front, so nothing can be shifted from one
 * into the next. The generator's first hash block holds only the label and the secret, padded, so
 * that its time says nothing of the secret's length.
 */
#include "crypto/cpace.h"

#include <sodium.h>
#include <string.h>

#include "base/check.h"
#include "base/wr.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

#define HASH_BLOCK 128 /* s_in_bytes of SHA-512 */

_Static_assert(CPACE_SHARE_SIZE == crypto_core_ristretto255_BYTES, "shares are points");
_Static_assert(HASH_SHA512_SIZE == crypto_core_ristretto255_HASHBYTES, "one hash gives a point");

static const char label[] = "CPaceRistretto255";

static void hash_and_wipe(uint8_t out[HASH_SHA512_SIZE], struct wr *w)
{
    CHECK(wr_finish(w) == 0); /* the lengths are ours: identifiers and labels */
    hash_sha512(out, wr_span(w));
    secret_wipe(w->out.ptr, w->out.len);
}

/* LEB128 of `len` takes one byte below 128; more only for secrets that fill the block anyway. */
static size_t with_length(size_t len)
{
    size_t size = len + 1;
    for (size_t rest = len >> 7; rest > 0; rest >>= 7) {
        size++;
    }
    return size;
}

/* Section 7.1 generator_string, and 7.3 calculate_generator. */
static void make_generator(uint8_t out[CPACE_SHARE_SIZE], const struct cpace_inputs *inputs)
{
    static const uint8_t zeros[HASH_BLOCK];
    uint8_t room[CPACE_INPUT_MAX];
    uint8_t hash[HASH_SHA512_SIZE];
    const size_t used = 1 + with_length(inputs->password.len) + with_length(sizeof label - 1);
    struct wr w;

    wr_init(&w, span_mut_of(room, sizeof room));
    wr_prefixed(&w, span_from_text(label));
    wr_prefixed(&w, inputs->password);
    wr_prefixed(&w, span_of(zeros, used < HASH_BLOCK ? HASH_BLOCK - used : 0));
    wr_prefixed(&w, inputs->channel);
    wr_prefixed(&w, inputs->session);
    hash_and_wipe(hash, &w);
    CHECK(crypto_core_ristretto255_from_hash(out, hash) == 0);
    secret_wipe(hash, sizeof hash);
}

void cpace_start(struct cpace *c, enum cpace_role role, const struct cpace_inputs *inputs,
                 const struct random *random)
{
    uint8_t generator[CPACE_SHARE_SIZE];
    memset(c, 0, sizeof *c);
    c->role = role;
    make_generator(generator, inputs);
    random_fill(random, c->secret, sizeof c->secret);
    c->secret[31] &= 0x0f; /* 252 bits, as 7.3 samples */
    /* It fails for a product that is the identity: a secret of zero, a chance of 2^-252. */
    CHECK(crypto_scalarmult_ristretto255(c->share, c->secret, generator) == 0);
    secret_wipe(generator, sizeof generator);
}

static void write_side(struct wr *w, const uint8_t *share, struct span data)
{
    wr_prefixed(w, span_of(share, CPACE_SHARE_SIZE));
    wr_prefixed(w, data);
}

/* Section 6.2: ISK. `first` is the initiator's side. */
static void make_key(struct cpace *c, const struct cpace_theirs *t,
                     const uint8_t point[CPACE_SHARE_SIZE])
{
    uint8_t room[CPACE_INPUT_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    wr_prefixed(&w, span_from_text("CPaceRistretto255_ISK"));
    wr_prefixed(&w, t->session);
    wr_prefixed(&w, span_of(point, CPACE_SHARE_SIZE));
    if (c->role == CPACE_INITIATOR) {
        write_side(&w, c->share, t->our_data);
        write_side(&w, t->share.ptr, t->their_data);
    } else {
        write_side(&w, t->share.ptr, t->their_data);
        write_side(&w, c->share, t->our_data);
    }
    hash_and_wipe(c->key, &w);
}

/* Section 9.4: each side's tag is over what it sent. */
static void make_tags(struct cpace *c, const struct cpace_theirs *t)
{
    uint8_t room[CPACE_INPUT_MAX];
    uint8_t key[HASH_SHA512_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    wr_text(&w, "CPaceMac");
    wr_bytes(&w, t->session);
    wr_bytes(&w, span_of(c->key, sizeof c->key));
    hash_and_wipe(key, &w);

    for (int side = 0; side < 2; side++) {
        struct span piece;
        wr_init(&w, span_mut_of(room, sizeof room));
        write_side(&w, side == 0 ? c->share : t->share.ptr,
                   side == 0 ? t->our_data : t->their_data);
        CHECK(wr_finish(&w) == 0);
        piece = wr_span(&w);
        hash_hmac_sha256(side == 0 ? c->our_tag : c->their_tag, span_of(key, sizeof key), &piece,
                         1);
    }
    secret_wipe(key, sizeof key);
}

int cpace_finish(struct cpace *c, const struct cpace_theirs *theirs)
{
    uint8_t point[CPACE_SHARE_SIZE];
    /* libsodium's multiplication refuses what does not decode, and a product that is the identity;
     * only the highest bit, which RFC 9496 4.3.1 wants zero, its version 1.0.18 ignores. Our own
     * share back would make both sides' tags alike where their data are. */
    if (theirs->share.len != CPACE_SHARE_SIZE || (theirs->share.ptr[31] & 0x80) != 0 ||
        span_is_equal(theirs->share, span_of(c->share, sizeof c->share)) ||
        crypto_scalarmult_ristretto255(point, c->secret, theirs->share.ptr) != 0) {
        secret_wipe(point, sizeof point);
        cpace_clear(c);
        return WAVU_ERR_CRYPTO;
    }
    make_key(c, theirs, point);
    make_tags(c, theirs);
    secret_wipe(point, sizeof point);
    secret_wipe(c->secret, sizeof c->secret);
    return 0;
}

int cpace_confirm(const struct cpace *c, struct span tag)
{
    if (tag.len != CPACE_TAG_SIZE || !secret_is_equal(c->their_tag, tag.ptr, CPACE_TAG_SIZE)) {
        return WAVU_ERR_CRYPTO;
    }
    return 0;
}

void cpace_clear(struct cpace *c)
{
    secret_wipe(c, sizeof *c);
}
