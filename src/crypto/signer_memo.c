/*
 * Remembered is the hash of all that a verdict rests on, the signature among it, and only of what
 * was found good: to be taken for such means to find a second input of the same SHA-256. A place is
 * taken by whoever comes next, so nobody can do more than have another one verified again.
 */
#include "crypto/signer_memo.h"

#include <string.h>

static void sign(void *context, uint8_t signature[SIGNER_SIZE], const struct ed25519_pair *pair,
                 const char *label, struct span body)
{
    const struct signer_memo *m = context;

    m->inner->sign(m->inner->context, signature, pair, label, body);
}

/* Key and signature are of fixed sizes, and the label ends with its zero: no two inputs are alike.
 * What has no label has the empty one, which no signature under a label has. */
static void name_of(uint8_t name[HASH_SHA256_SIZE], const uint8_t signature[SIGNER_SIZE],
                    const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    const struct span pieces[4] = {span_of(who, ED25519_PUBLIC_SIZE),
                                   span_of(signature, SIGNER_SIZE),
                                   span_of(label, span_from_text(label).len + 1), body};

    hash_sha256_pieces(name, pieces, 4);
}

static uint8_t *place_of(struct signer_memo *m, const uint8_t name[HASH_SHA256_SIZE])
{
    _Static_assert((SIGNER_MEMO_MAX & (SIGNER_MEMO_MAX - 1)) == 0 && SIGNER_MEMO_MAX <= 65536,
                   "a place is the first two bytes of a hash");
    return m->verified[((size_t)name[0] << 8 | name[1]) & (SIGNER_MEMO_MAX - 1)];
}

static int verify(void *context, const uint8_t signature[SIGNER_SIZE],
                  const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    struct signer_memo *m = context;
    uint8_t name[HASH_SHA256_SIZE];

    name_of(name, signature, who, label, body);
    uint8_t *place = place_of(m, name);
    int rc = span_is_equal(span_of(place, sizeof name), span_of(name, sizeof name))
                 ? 0
                 : m->inner->verify(m->inner->context, signature, who, label, body);

    if (rc == 0) {
        memcpy(place, name, sizeof name);
    }
    return rc;
}

static int verify_raw(void *context, const uint8_t signature[SIGNER_SIZE],
                      const uint8_t who[ED25519_PUBLIC_SIZE], struct span bytes)
{
    struct signer_memo *m = context;
    uint8_t name[HASH_SHA256_SIZE];

    name_of(name, signature, who, "", bytes);
    uint8_t *place = place_of(m, name);
    int rc = span_is_equal(span_of(place, sizeof name), span_of(name, sizeof name))
                 ? 0
                 : m->inner->verify_raw(m->inner->context, signature, who, bytes);

    if (rc == 0) {
        memcpy(place, name, sizeof name);
    }
    return rc;
}

struct signer signer_memo_init(struct signer_memo *m, const struct signer *inner)
{
    memset(m->verified, 0, sizeof m->verified);
    m->inner = inner;
    return (struct signer){.sign = sign, .verify = verify, .verify_raw = verify_raw, .context = m};
}
