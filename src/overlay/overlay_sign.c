/*
 * Ed25519 under the overlay's signatures. Heads and bodies come from plumtree and state; the bytes
 * that are signed are the head, the network's scope if it has one, then the SHA-256 of the body.
 */
#include "overlay/overlay_sign.h"

#include "base/check.h"
#include "base/wr.h"
#include "crypto/hash.h"

/* Head and hash one behind the other in `out`; returns the written part. */
static struct span signed_bytes(struct span_mut out, struct span head, struct span body)
{
    struct wr w;
    uint8_t hash[HASH_SHA256_SIZE];
    hash_sha256(hash, body);
    wr_init(&w, out);
    wr_bytes(&w, head);
    wr_bytes(&w, span_of(hash, sizeof hash));
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

static void sign(void *context, uint8_t signature[OVERLAY_SIGN_SIZE], struct span head,
                 struct span body)
{
    const struct ed25519_pair *pair = context;
    uint8_t bytes[OVERLAY_SIGN_HEAD_MAX + HASH_SHA256_SIZE];
    ed25519_sign(signature, pair, signed_bytes(span_mut_of(bytes, sizeof bytes), head, body));
}

static int verify(void *context, const uint8_t signature[OVERLAY_SIGN_SIZE],
                  const struct overlay_id *who, struct span head, struct span body)
{
    uint8_t bytes[OVERLAY_SIGN_HEAD_MAX + HASH_SHA256_SIZE];
    (void)context;
    return ed25519_verify(signature, who->bytes,
                          signed_bytes(span_mut_of(bytes, sizeof bytes), head, body));
}

/* Head and scope one behind the other in `out`; returns the written part. */
static struct span scoped(struct span_mut out, const struct overlay_sign_scope *s, struct span head)
{
    struct wr w;
    wr_init(&w, out);
    wr_bytes(&w, head);
    wr_bytes(&w, span_of(s->bytes, sizeof s->bytes));
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

static void sign_in(void *context, uint8_t signature[OVERLAY_SIGN_SIZE], struct span head,
                    struct span body)
{
    const struct overlay_sign_scope *s = context;
    uint8_t bytes[OVERLAY_SIGN_HEAD_MAX];
    s->inner.sign(s->inner.context, signature, scoped(span_mut_of(bytes, sizeof bytes), s, head),
                  body);
}

static int verify_in(void *context, const uint8_t signature[OVERLAY_SIGN_SIZE],
                     const struct overlay_id *who, struct span head, struct span body)
{
    const struct overlay_sign_scope *s = context;
    uint8_t bytes[OVERLAY_SIGN_HEAD_MAX];
    return s->inner.verify(s->inner.context, signature, who,
                           scoped(span_mut_of(bytes, sizeof bytes), s, head), body);
}

struct overlay_sign overlay_sign_in(struct overlay_sign_scope *s, const struct overlay_sign *inner,
                                    struct span name)
{
    s->inner = *inner;
    hash_sha256(s->bytes, name);
    return (struct overlay_sign){.sign = sign_in, .verify = verify_in, .context = s};
}

struct overlay_sign overlay_sign_ed25519(struct ed25519_pair *pair)
{
    return (struct overlay_sign){.sign = sign, .verify = verify, .context = pair};
}
