/*
 * A box's key serves once, so its nonce is zero. The first byte of a box says which of the two
 * forms it is; it and the AEAD's number are authenticated.
 */
#include "crypto/sealed.h"

#include <string.h>

#include "base/check.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define FORM_HYBRID 1
#define FORM_CLASSIC 2

static const char label_hybrid[] = "wavu sealed hybrid 1";
static const char label_classic[] = "wavu sealed classic 1";

/* Append: form | capsule | AEAD number | sealed | tag. */
static int put_box(const struct sealed_means *means, uint8_t form, struct span capsule,
                   const uint8_t key_bytes[AEAD_KEY_SIZE], struct span plain, struct buf *out)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    const uint8_t bound[2] = {form, aead_number(means->aead_kind)};
    struct aead_key key = {.kind = means->aead_kind, .is_passing = true};
    uint8_t tag[AEAD_TAG_SIZE];
    const int rc = buf_reserve(out, 2 + capsule.len + plain.len + sizeof tag);
    if (rc < 0) {
        return rc;
    }
    CHECK(buf_append(out, span_of(&bound[0], 1)) == 0);
    CHECK(buf_append(out, capsule) == 0);
    CHECK(buf_append(out, span_of(&bound[1], 1)) == 0);
    const size_t at = out->len;
    CHECK(buf_append(out, plain) == 0);
    memcpy(key.bytes, key_bytes, sizeof key.bytes);
    aead_seal(means->aead, &key, nonce, span_of(bound, sizeof bound),
              span_mut_of(out->ptr + at, plain.len), tag);
    CHECK(buf_append(out, span_of(tag, sizeof tag)) == 0);
    secret_wipe(&key, sizeof key);
    return 0;
}

/* What stands behind the capsule. */
struct body {
    uint8_t form;
    uint8_t number;
    enum aead_kind kind; /* by number */
    struct span sealed;
    struct span tag;
};

static int split_box(struct body *body, struct span *capsule, struct span box, uint8_t form,
                     size_t capsule_size)
{
    const size_t extra = 2 + capsule_size + AEAD_TAG_SIZE;
    if (box.len < extra || box.ptr[0] != form) {
        return WAVU_ERR_CRYPTO;
    }
    *capsule = span_slice(box, 1, capsule_size);
    body->form = form;
    body->number = box.ptr[1 + capsule_size];
    body->sealed = span_slice(box, 2 + capsule_size, box.len - extra);
    body->tag = span_slice(box, box.len - AEAD_TAG_SIZE, AEAD_TAG_SIZE);
    return aead_of_number(&body->kind, body->number);
}

static int take_body(const struct sealed_means *means, const struct body *body,
                     const uint8_t key_bytes[AEAD_KEY_SIZE], struct buf *out)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    const uint8_t bound[2] = {body->form, body->number};
    struct aead_key key = {.kind = body->kind, .is_passing = true};
    const size_t at = out->len;
    int rc = buf_append(out, body->sealed);
    if (rc < 0) {
        return rc;
    }
    memcpy(key.bytes, key_bytes, sizeof key.bytes);
    rc = aead_open(means->aead, &key, nonce, span_of(bound, sizeof bound),
                   span_mut_of(body->sealed.len > 0 ? out->ptr + at : NULL, body->sealed.len),
                   body->tag.ptr);
    secret_wipe(&key, sizeof key);
    if (rc < 0) {
        out->len = at;
    }
    return rc;
}

static void hybrid_key(uint8_t key[AEAD_KEY_SIZE], const uint8_t secret[HYBRID_SECRET_SIZE],
                       uint8_t number)
{
    const struct span context = span_of(&number, 1);
    kdf(span_mut_of(key, AEAD_KEY_SIZE), span_of(secret, HYBRID_SECRET_SIZE), label_hybrid,
        &context, 1);
}

int sealed_make(const struct sealed_means *means, const uint8_t public_key[HYBRID_PUBLIC_SIZE],
                struct span context, struct span plain, struct buf *out)
{
    uint8_t capsule[HYBRID_CIPHERTEXT_SIZE];
    uint8_t secret[HYBRID_SECRET_SIZE];
    uint8_t key[AEAD_KEY_SIZE];
    if (context.len > SEALED_CONTEXT_MAX) {
        return WAVU_ERR_LIMIT;
    }
    int rc = hybrid_encapsulate(capsule, secret, public_key, context, means->random);
    if (rc == 0) {
        hybrid_key(key, secret, aead_number(means->aead_kind));
        rc = put_box(means, FORM_HYBRID, span_of(capsule, sizeof capsule), key, plain, out);
        secret_wipe(key, sizeof key);
    }
    secret_wipe(secret, sizeof secret);
    return rc;
}

int sealed_open(const struct sealed_means *means, const struct hybrid_pair *pair,
                struct span context, struct span box, struct buf *out)
{
    uint8_t secret[HYBRID_SECRET_SIZE];
    uint8_t key[AEAD_KEY_SIZE];
    struct body body;
    struct span capsule;
    if (split_box(&body, &capsule, box, FORM_HYBRID, HYBRID_CIPHERTEXT_SIZE) < 0 ||
        hybrid_decapsulate(secret, pair, capsule.ptr, context) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    hybrid_key(key, secret, body.number);
    const int rc = take_body(means, &body, key, out);
    secret_wipe(secret, sizeof secret);
    secret_wipe(key, sizeof key);
    return rc;
}

/* kdf(s1, label, R | P | AEAD number | context). */
static void classic_key(uint8_t key[AEAD_KEY_SIZE], const uint8_t shared[X25519_SIZE],
                        const uint8_t *fresh, const uint8_t *recipient, const struct span rest[2])
{
    const struct span context[] = {span_of(fresh, X25519_SIZE), span_of(recipient, X25519_SIZE),
                                   rest[0], rest[1]};
    kdf(span_mut_of(key, AEAD_KEY_SIZE), span_of(shared, X25519_SIZE), label_classic, context, 4);
}

int sealed_make_classic(const struct sealed_means *means, const uint8_t public_key[X25519_SIZE],
                        struct span context, struct span plain, struct buf *out)
{
    const uint8_t number = aead_number(means->aead_kind);
    const struct span rest[2] = {span_of(&number, 1), context};
    struct x25519_pair fresh;
    uint8_t shared[X25519_SIZE];
    uint8_t key[AEAD_KEY_SIZE];
    if (context.len > SEALED_CONTEXT_MAX) {
        return WAVU_ERR_LIMIT;
    }
    x25519_make(&fresh, means->random);
    int rc = x25519_shared(shared, fresh.secret, public_key);
    if (rc == 0) {
        classic_key(key, shared, fresh.public_key, public_key, rest);
        rc = put_box(means, FORM_CLASSIC, span_of(fresh.public_key, X25519_SIZE), key, plain, out);
        secret_wipe(key, sizeof key);
    }
    secret_wipe(shared, sizeof shared);
    secret_wipe(&fresh, sizeof fresh);
    return rc;
}

int sealed_open_classic(const struct sealed_means *means, const struct x25519_pair *pair,
                        struct span context, struct span box, struct buf *out)
{
    uint8_t shared[X25519_SIZE];
    uint8_t key[AEAD_KEY_SIZE];
    struct body body;
    struct span capsule;
    if (split_box(&body, &capsule, box, FORM_CLASSIC, X25519_SIZE) < 0 ||
        x25519_shared(shared, pair->secret, capsule.ptr) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    const struct span rest[2] = {span_of(&body.number, 1), context};
    classic_key(key, shared, capsule.ptr, pair->public_key, rest);
    const int rc = take_body(means, &body, key, out);
    secret_wipe(shared, sizeof shared);
    secret_wipe(key, sizeof key);
    return rc;
}
