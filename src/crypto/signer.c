/*
 * What is signed is short and of one layout, whatever the body: a label with its length, and the
 * body's hash. So nothing long is copied, and a body can be hashed where it lies.
 */
#include "crypto/signer.h"

#include "base/check.h"
#include "base/wr.h"

static uint8_t label_len(const char *label)
{
    size_t len = span_from_text(label).len;

    CHECK(len > 0 && len <= SIGNER_LABEL_MAX);
    return (uint8_t)len;
}

static struct span signed_bytes(uint8_t room[1 + SIGNER_LABEL_MAX + HASH_SHA256_SIZE],
                                const char *label, struct span body)
{
    uint8_t hash[HASH_SHA256_SIZE];
    struct wr w;

    hash_sha256(hash, body);
    wr_init(&w, span_mut_of(room, 1 + SIGNER_LABEL_MAX + HASH_SHA256_SIZE));
    wr_u8(&w, label_len(label));
    wr_bytes(&w, span_from_text(label));
    wr_bytes(&w, span_of(hash, sizeof hash));
    return wr_span(&w);
}

static void sign(void *context, uint8_t signature[SIGNER_SIZE], const struct ed25519_pair *pair,
                 const char *label, struct span body)
{
    uint8_t room[1 + SIGNER_LABEL_MAX + HASH_SHA256_SIZE];

    (void)context;
    ed25519_sign(signature, pair, signed_bytes(room, label, body));
}

static int verify(void *context, const uint8_t signature[SIGNER_SIZE],
                  const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    uint8_t room[1 + SIGNER_LABEL_MAX + HASH_SHA256_SIZE];

    (void)context;
    return ed25519_verify(signature, who, signed_bytes(room, label, body));
}

static int verify_raw(void *context, const uint8_t signature[SIGNER_SIZE],
                      const uint8_t who[ED25519_PUBLIC_SIZE], struct span bytes)
{
    (void)context;
    return ed25519_verify(signature, who, bytes);
}

const struct signer signer_ed25519 = {
    .sign = sign, .verify = verify, .verify_raw = verify_raw, .context = NULL};

void signer_id(uint8_t id[HASH_SHA256_SIZE], const char *label, struct span body)
{
    uint8_t len = label_len(label);
    struct span pieces[3] = {span_of(&len, 1), span_from_text(label), body};

    hash_sha256_pieces(id, pieces, 3);
}
