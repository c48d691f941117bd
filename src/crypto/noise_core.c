/*
 * Noise XX and XXhfs, the bare patterns. Messages come in as whole bodies without length and are
 * opened in place; messages for the peer leave through a writer.
 *
 *     XX                   XXhfs
 *     -> e                 -> e, e1                    the three messages as rows of tokens:
 *     <- e, ee, s, es      <- e, ee, ekem1, s, es      `patterns` below is this table; writer and
 *     -> s, se             -> s, se                    reader walk one row of it a message
 *
 * e and s are public keys, ephemeral and static; ee, es and se are the secrets that a pair of keys
 * shares, the initiator's named first; e1 is an ephemeral key of the KEM, ekem1 a secret
 * encapsulated to it. Each message ends with a payload. A failure leaves the state
 * between two tokens: the owner wipes it and goes no further.
 */
#include "crypto/noise_core.h"

#include <string.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"
#include "crypto/secret.h"
#include "wavu/err.h"

enum token { TOKEN_END, TOKEN_E, TOKEN_S, TOKEN_EE, TOKEN_ES, TOKEN_SE, TOKEN_E1, TOKEN_EKEM1 };

#define TOKENS_MAX 6 /* the longest row with its end */

static const enum token patterns[2][NOISE_CORE_MESSAGES][TOKENS_MAX] = {
    {
        {TOKEN_E, TOKEN_END},
        {TOKEN_E, TOKEN_EE, TOKEN_S, TOKEN_ES, TOKEN_END},
        {TOKEN_S, TOKEN_SE, TOKEN_END},
    },
    {
        {TOKEN_E, TOKEN_E1, TOKEN_END},
        {TOKEN_E, TOKEN_EE, TOKEN_EKEM1, TOKEN_S, TOKEN_ES, TOKEN_END},
        {TOKEN_S, TOKEN_SE, TOKEN_END},
    },
};

static const char name[] = "Noise_XX_25519_ChaChaPoly_SHA256";
_Static_assert(sizeof(name) - 1 == 32, "a name of the hash's size is the first hash itself (5.2)");

/* Longer than the hash: its hash is the first one. Names of algorithms have no hyphens (8). */
static const char hybrid_name[] = "Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256";
_Static_assert(sizeof(hybrid_name) - 1 > 32, "a shorter name would be padded, not hashed (5.2)");

/* Symmetric state (section 5.2) */

/* Bind `data` to all that follows: what one side saw differently shows at the next tag. */
static void mix_hash(struct noise_core *c, struct span data)
{
    const struct span pieces[] = {span_of(c->hash, sizeof(c->hash)), data};
    hash_sha256_pieces(c->hash, pieces, 2);
}

/* Derive two 32-byte outputs from the chaining key and `input`: HKDF with two outputs (4.3) is that
 * of RFC 5869 without info. The caller wipes `out`. */
static void derive(const struct noise_core *c, struct span input, uint8_t out[64])
{
    uint8_t prk[32];
    hkdf_extract(prk, span_of(c->chaining_key, sizeof(c->chaining_key)), input);
    CHECK(hkdf_expand(span_mut_of(out, 64), prk, span_empty()) == 0);
    secret_wipe(prk, sizeof(prk));
}

/* Take a new secret into the chaining key and begin to seal under the key that comes out. */
static void mix_key(struct noise_core *c, struct span input)
{
    uint8_t out[64];
    derive(c, input, out);
    memcpy(c->chaining_key, out, 32);
    memcpy(c->key, out + 32, 32);
    secret_wipe(out, sizeof(out));
    c->nonce = 0;
    c->has_key = true;
}

/* The handshake's key as aead wants it; wiped by the caller. */
static struct aead_key cipher_key(const struct noise_core *c)
{
    struct aead_key key = {.kind = AEAD_CHACHA20_POLY1305};
    memcpy(key.bytes, c->key, sizeof(key.bytes));
    return key;
}

/* Append `plain`, sealed once there is a key, and mix what was appended. */
static void encrypt_and_hash(struct noise_core *c, struct aead *aead, struct wr *w,
                             struct span plain)
{
    const size_t at = w->len;
    wr_bytes(w, plain);
    if (c->has_key) {
        const uint8_t zeros[AEAD_TAG_SIZE] = {0};
        wr_bytes(w, span_of(zeros, sizeof(zeros)));
    }
    CHECK(!w->failed); /* the caller gave room */
    if (c->has_key) {
        uint8_t nonce[AEAD_NONCE_SIZE];
        struct aead_key key = cipher_key(c);
        noise_core_nonce(nonce, c->nonce++);
        aead_seal(aead, &key, nonce, span_of(c->hash, sizeof(c->hash)),
                  span_mut_of(w->out.ptr + at, plain.len), w->out.ptr + at + plain.len);
        secret_wipe(&key, sizeof(key));
    }
    mix_hash(c, span_of(w->out.ptr + at, w->len - at));
}

/* Open `part` (with its tag, once there is a key) in place; `*plain_len` bytes of it are the
 * plaintext. */
static int decrypt_and_hash(struct noise_core *c, struct aead *aead, struct span_mut part,
                            size_t *plain_len)
{
    *plain_len = part.len;
    if (!c->has_key) {
        mix_hash(c, span_from_mut(part));
        return 0;
    }
    if (part.len < AEAD_TAG_SIZE) {
        return WAVU_ERR_PROTO;
    }
    /* The hash is over the ciphertext, which opening overwrites; but it is also the associated
     * data. */
    uint8_t ad[32];
    memcpy(ad, c->hash, sizeof(ad));
    mix_hash(c, span_from_mut(part));
    uint8_t nonce[AEAD_NONCE_SIZE];
    struct aead_key key = cipher_key(c);
    noise_core_nonce(nonce, c->nonce++);
    *plain_len = part.len - AEAD_TAG_SIZE;
    int rc = aead_open(aead, &key, nonce, span_of(ad, sizeof(ad)),
                       span_mut_of(part.ptr, *plain_len), part.ptr + *plain_len);
    secret_wipe(&key, sizeof(key));
    return rc;
}

/* Tokens (section 7.1) */

/* Compute and mix the secret that `token` names. The initiator's half of es is its ephemeral key,
 * of se its static one; the responder's are the other halves. WAVU_ERR_CRYPTO when the peer's key
 * is a point that makes every secret zero. */
static int mix_dh(struct noise_core *c, enum token token)
{
    const bool uses_own_static = token == (c->is_initiator ? TOKEN_SE : TOKEN_ES);
    const bool uses_peer_static = token == (c->is_initiator ? TOKEN_ES : TOKEN_SE);
    const uint8_t *secret = uses_own_static ? c->own_static->secret : c->own_ephemeral.secret;
    const uint8_t *public_key = uses_peer_static ? c->peer_static : c->peer_ephemeral;
    uint8_t shared[X25519_SIZE];
    int rc = x25519_shared(shared, secret, public_key);
    if (rc == 0) {
        mix_key(c, span_of(shared, sizeof(shared)));
    }
    secret_wipe(shared, sizeof(shared));
    return rc;
}

/* Make a KEM key and write it: in clear, because no key was mixed yet. */
static void write_e1(struct noise_core *c, struct aead *aead, const struct random *random,
                     struct wr *w)
{
    mlkem_make(&c->kem->own, random);
    encrypt_and_hash(c, aead, w, span_of(c->kem->own.public_key, MLKEM_PUBLIC_SIZE));
}

/* Write a secret for the peer's KEM key, sealed, and mix it. WAVU_ERR_CRYPTO when that key is not
 * canonical. */
static int write_ekem1(struct noise_core *c, struct aead *aead, const struct random *random,
                       struct wr *w)
{
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[MLKEM_SHARED_SIZE];
    int rc = mlkem_encapsulate(ciphertext, shared, c->kem->peer, random);
    if (rc == 0) {
        encrypt_and_hash(c, aead, w, span_of(ciphertext, sizeof(ciphertext)));
        mix_key(c, span_of(shared, sizeof(shared)));
    }
    secret_wipe(shared, sizeof(shared));
    return rc;
}

/* Do what `token` asks of a writer. As mix_dh. */
static int write_token(struct noise_core *c, struct aead *aead, const struct random *random,
                       struct wr *w, enum token token)
{
    switch (token) {
    case TOKEN_E:
        if (!c->has_ephemeral) {
            x25519_make(&c->own_ephemeral, random);
            c->has_ephemeral = true;
        }
        wr_bytes(w, span_of(c->own_ephemeral.public_key, X25519_SIZE));
        mix_hash(c, span_of(c->own_ephemeral.public_key, X25519_SIZE));
        return 0;
    case TOKEN_S:
        encrypt_and_hash(c, aead, w, span_of(c->own_static->public_key, X25519_SIZE));
        return 0;
    case TOKEN_EE:
    case TOKEN_ES:
    case TOKEN_SE:
        return mix_dh(c, token);
    case TOKEN_E1:
        write_e1(c, aead, random, w);
        return 0;
    case TOKEN_EKEM1:
        return write_ekem1(c, aead, random, w);
    case TOKEN_END:
        break;
    }
    return 0;
}

/* Bytes that `token` takes of a message: keys and ciphertexts, with a tag once there is a key. */
static size_t token_size(const struct noise_core *c, enum token token)
{
    const size_t tag = c->has_key ? AEAD_TAG_SIZE : 0;
    switch (token) {
    case TOKEN_E:
        return X25519_SIZE;
    case TOKEN_S:
        return X25519_SIZE + tag;
    case TOKEN_E1:
        return MLKEM_PUBLIC_SIZE + tag;
    case TOKEN_EKEM1:
        return MLKEM_CIPHERTEXT_SIZE + tag;
    case TOKEN_EE:
    case TOKEN_ES:
    case TOKEN_SE:
    case TOKEN_END:
        break;
    }
    return 0;
}

/* Take what was read for `token`: a key, or the secret that a ciphertext holds. A ciphertext that
 * nobody made for our key gives a secret that nobody has, and the next tag is wrong. */
static void take_part(struct noise_core *c, enum token token, const uint8_t *part)
{
    uint8_t shared[MLKEM_SHARED_SIZE];
    if (token == TOKEN_E) {
        memcpy(c->peer_ephemeral, part, X25519_SIZE);
    } else if (token == TOKEN_S) {
        memcpy(c->peer_static, part, X25519_SIZE);
    } else if (token == TOKEN_E1) {
        memcpy(c->kem->peer, part, MLKEM_PUBLIC_SIZE);
    } else {
        mlkem_decapsulate(shared, c->kem->own.secret, part);
        mix_key(c, span_of(shared, sizeof(shared)));
        secret_wipe(shared, sizeof(shared));
    }
}

/* Do what `token` asks of a reader and take its bytes off the front of `*rest`. WAVU_ERR_PROTO when
 * there are too few, WAVU_ERR_CRYPTO for a wrong tag; as mix_dh. */
static int read_token(struct noise_core *c, struct aead *aead, struct span_mut *rest,
                      enum token token)
{
    if (token == TOKEN_EE || token == TOKEN_ES || token == TOKEN_SE) {
        return mix_dh(c, token);
    }
    const size_t size = token_size(c, token);
    if (rest->len < size) {
        return WAVU_ERR_PROTO;
    }
    const struct span_mut part = span_mut_slice(*rest, 0, size);
    *rest = span_mut_slice(*rest, size, rest->len);
    int rc = 0;
    if (token == TOKEN_E) { /* never sealed */
        mix_hash(c, span_from_mut(part));
    } else {
        size_t len = 0;
        rc = decrypt_and_hash(c, aead, part, &len);
    }
    if (rc == 0) {
        take_part(c, token, part.ptr);
    }
    return rc;
}

/* Public */

void noise_core_init(struct noise_core *c, bool is_initiator, const struct x25519_pair *own_static,
                     struct span prologue)
{
    *c = (struct noise_core){.is_initiator = is_initiator, .own_static = own_static};
    memcpy(c->hash, name, sizeof(c->hash));
    memcpy(c->chaining_key, c->hash, sizeof(c->chaining_key));
    mix_hash(c, prologue);
}

void noise_core_init_hybrid(struct noise_core *c, bool is_initiator,
                            const struct x25519_pair *own_static, struct span prologue)
{
    *c = (struct noise_core){
        .is_initiator = is_initiator, .is_hybrid = true, .own_static = own_static};
    hash_sha256(c->hash, span_of(hybrid_name, sizeof(hybrid_name) - 1));
    memcpy(c->chaining_key, c->hash, sizeof(c->chaining_key));
    mix_hash(c, prologue);
}

void noise_core_lend(struct noise_core *c, struct noise_core_kem *kem)
{
    CHECK(c->is_hybrid && c->step == 0);
    c->kem = kem;
}

bool noise_core_needs_kem(const struct noise_core *c)
{
    return c->is_hybrid && c->step < 2;
}

void noise_core_use(struct noise_core *c, const struct x25519_pair *ephemeral)
{
    CHECK(c->step == 0);
    c->own_ephemeral = *ephemeral;
    c->has_ephemeral = true;
}

bool noise_core_is_writer(const struct noise_core *c)
{
    const bool is_initiators = c->step % 2 == 0;
    return c->step < NOISE_CORE_MESSAGES && is_initiators == c->is_initiator;
}

bool noise_core_is_done(const struct noise_core *c)
{
    return c->step == NOISE_CORE_MESSAGES;
}

int noise_core_write(struct noise_core *c, struct aead *aead, const struct random *random,
                     struct wr *w, struct span payload)
{
    CHECK(noise_core_is_writer(c) && (c->kem != NULL || !noise_core_needs_kem(c)));
    for (const enum token *token = patterns[c->is_hybrid][c->step]; *token != TOKEN_END; token++) {
        int rc = write_token(c, aead, random, w, *token);
        if (rc != 0) {
            return rc;
        }
    }
    encrypt_and_hash(c, aead, w, payload);
    c->step++;
    return 0;
}

int noise_core_read(struct noise_core *c, struct aead *aead, struct span_mut message,
                    struct span *payload)
{
    CHECK(!noise_core_is_writer(c) && !noise_core_is_done(c));
    CHECK(c->kem != NULL || !noise_core_needs_kem(c));
    *payload = span_empty();
    for (const enum token *token = patterns[c->is_hybrid][c->step]; *token != TOKEN_END; token++) {
        int rc = read_token(c, aead, &message, *token);
        if (rc != 0) {
            return rc;
        }
    }
    size_t len = 0;
    int rc = decrypt_and_hash(c, aead, message, &len);
    if (rc != 0) {
        return rc;
    }
    *payload = span_of(message.ptr, len);
    c->step++;
    return 0;
}

void noise_core_split(const struct noise_core *c, uint8_t send_key[AEAD_KEY_SIZE],
                      uint8_t receive_key[AEAD_KEY_SIZE])
{
    CHECK(noise_core_is_done(c));
    uint8_t out[64];
    derive(c, span_empty(), out);
    memcpy(send_key, c->is_initiator ? out : out + 32, 32);
    memcpy(receive_key, c->is_initiator ? out + 32 : out, 32);
    secret_wipe(out, sizeof(out));
}

void noise_core_nonce(uint8_t nonce[AEAD_NONCE_SIZE], uint64_t n)
{
    memset(nonce, 0, AEAD_NONCE_SIZE);
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] = (uint8_t)(n >> (8 * i));
    }
}
