/*
 * The exchange that gives a channel new keys.
 *
 *     dialler                                  listener
 *     OFFER a            under the old keys
 *                 ---------------------------->
 *                                              ANSWER b      under the old key; its next frame has
 *                 <----------------------------              the new one
 *     SWITCH proof       under the old key; its next frame has the new one
 *                 ---------------------------->
 *
 *   dialler    IDLE -> WAIT_ANSWER -> WANTS_SWITCH -> IDLE
 *   listener   IDLE -> WANTS_ANSWER -> WAIT_SWITCH -> IDLE
 *
 * Both keys are fresh, so whoever stole all that both sides had before it learns nothing by
 * listening; and both old keys enter, so whoever breaks X25519 alone learns nothing either.
 */
#include "crypto/noise_rekey.h"

#include <string.h>

#include "base/check.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

static const char rekey_label[] = "wavu noise rekey 1";

/* What the head of a frame says in place of a length, which is never below that of a tag. */
enum kind { OFFER = 1, ANSWER = 2, SWITCH = 3 };

_Static_assert(SWITCH < AEAD_TAG_SIZE, "no frame of data has such a length");

_Static_assert(sizeof(struct x25519_pair) == AEAD_KEY_SIZE + NOISE_REKEY_BODY,
               "what comes later lies over all of what was before, and wipes it");

/* The outputs of one derivation. */
struct keys {
    uint8_t dialler[AEAD_KEY_SIZE];
    uint8_t listener[AEAD_KEY_SIZE];
    uint8_t confirmation[NOISE_REKEY_BODY];
};

_Static_assert(sizeof(struct keys) == 96, "cut from one expansion, in this order");

/* keys = kdf(dialler's key | listener's key, label, X25519(a, b) | a's public | b's public). */
static int derive(struct keys *out, const struct noise_rekey *r, const struct noise_channel *c,
                  const struct x25519_pair *own, const uint8_t peer[X25519_SIZE])
{
    uint8_t old[2 * AEAD_KEY_SIZE];
    uint8_t shared[X25519_SIZE];
    const uint8_t *a = r->is_dialler ? own->public_key : peer;
    const uint8_t *b = r->is_dialler ? peer : own->public_key;
    memcpy(old, r->is_dialler ? c->send.key : c->receive.key, AEAD_KEY_SIZE);
    memcpy(old + AEAD_KEY_SIZE, r->is_dialler ? c->receive.key : c->send.key, AEAD_KEY_SIZE);
    int rc = x25519_shared(shared, own->secret, peer);
    if (rc == 0) {
        const struct span context[] = {span_of(shared, sizeof(shared)), span_of(a, X25519_SIZE),
                                       span_of(b, X25519_SIZE)};
        kdf(span_mut_of(out, sizeof(*out)), span_of(old, sizeof(old)), rekey_label, context, 3);
    }
    secret_wipe(old, sizeof(old));
    secret_wipe(shared, sizeof(shared));
    return rc;
}

/* Go on with `key` in that direction; the old one is gone. */
static void change(struct noise_half *half, const uint8_t key[AEAD_KEY_SIZE])
{
    memcpy(half->key, key, AEAD_KEY_SIZE);
    half->nonce = 0;
}

/* Keep what the other direction will change to. */
static void keep(struct noise_rekey *r, const struct keys *keys)
{
    memcpy(r->next.key, keys->dialler, sizeof(r->next.key));
    memcpy(r->next.confirmation, keys->confirmation, sizeof(r->next.confirmation));
}

/* The exchange is over: both directions have their new keys. */
static void finish(struct noise_rekey *r, uint64_t now)
{
    secret_wipe(&r->next, sizeof(r->next));
    r->state = NOISE_REKEY_IDLE;
    r->count++;
    r->since_ns = now;
}

void noise_rekey_init(struct noise_rekey *r, bool is_dialler, uint64_t now)
{
    *r = (struct noise_rekey){.is_dialler = is_dialler, .since_ns = now};
    budget_bucket_init(&r->offers, NOISE_REKEY_RATE, NOISE_REKEY_BURST, now);
}

void noise_rekey_count_sealed(struct noise_rekey *r, size_t len)
{
    r->sealed += len;
}

void noise_rekey_count_opened(struct noise_rekey *r, size_t len)
{
    r->opened += len;
}

/* True when the keys are old, or have sealed enough. */
static bool is_due(const struct noise_rekey *r, uint64_t now)
{
    return now - r->since_ns >= NOISE_REKEY_NS || r->sealed >= NOISE_REKEY_BYTES ||
           r->opened >= NOISE_REKEY_BYTES;
}

bool noise_rekey_wants(const struct noise_rekey *r, uint64_t now)
{
    return r->state == NOISE_REKEY_WANTS_ANSWER || r->state == NOISE_REKEY_WANTS_SWITCH ||
           (r->state == NOISE_REKEY_IDLE && r->is_dialler && is_due(r, now));
}

/* Writing */

static int write_answer(struct noise_rekey *r, struct noise_channel *c, struct aead *aead,
                        const struct random *random, struct span_mut body)
{
    struct x25519_pair own;
    struct keys keys;
    x25519_make(&own, random);
    memcpy(body.ptr, own.public_key, X25519_SIZE);
    int rc = derive(&keys, r, c, &own, r->peer);
    if (rc == 0) {
        rc = noise_seal_kind(c, aead, ANSWER, body);
    }
    if (rc == 0) {
        change(&c->send, keys.listener);
        keep(r, &keys);
        r->sealed = 0;
        r->state = NOISE_REKEY_WAIT_SWITCH;
    }
    secret_wipe(&own, sizeof(own));
    secret_wipe(&keys, sizeof(keys));
    return rc;
}

static int write_switch(struct noise_rekey *r, struct noise_channel *c, struct aead *aead,
                        uint64_t now, struct span_mut body)
{
    memcpy(body.ptr, r->next.confirmation, NOISE_REKEY_BODY);
    int rc = noise_seal_kind(c, aead, SWITCH, body);
    if (rc == 0) {
        change(&c->send, r->next.key);
        r->sealed = 0;
        finish(r, now);
    }
    return rc;
}

int noise_rekey_write(struct noise_rekey *r, struct noise_channel *c, struct aead *aead,
                      const struct random *random, uint64_t now, struct span_mut body)
{
    CHECK(noise_rekey_wants(r, now) && body.len == NOISE_REKEY_BODY);
    if (r->state == NOISE_REKEY_WANTS_ANSWER) {
        return write_answer(r, c, aead, random, body);
    }
    if (r->state == NOISE_REKEY_WANTS_SWITCH) {
        return write_switch(r, c, aead, now, body);
    }
    x25519_make(&r->own, random);
    memcpy(body.ptr, r->own.public_key, X25519_SIZE);
    r->state = NOISE_REKEY_WAIT_ANSWER;
    return noise_seal_kind(c, aead, OFFER, body);
}

/* Reading */

bool noise_rekey_is_head(const uint8_t head[NOISE_HEAD_SIZE])
{
    return head[0] == 0 && head[1] >= OFFER && head[1] <= SWITCH;
}

/* The state in which a frame of that kind may come. */
static enum noise_rekey_state expects(uint8_t kind)
{
    return kind == OFFER    ? NOISE_REKEY_IDLE
           : kind == ANSWER ? NOISE_REKEY_WAIT_ANSWER
                            : NOISE_REKEY_WAIT_SWITCH;
}

static int read_answer(struct noise_rekey *r, struct noise_channel *c,
                       const uint8_t body[NOISE_REKEY_BODY])
{
    struct keys keys;
    int rc = derive(&keys, r, c, &r->own, body);
    if (rc == 0) {
        change(&c->receive, keys.listener);
        keep(r, &keys);
        r->opened = 0;
        r->state = NOISE_REKEY_WANTS_SWITCH;
    }
    secret_wipe(&keys, sizeof(keys));
    return rc;
}

static int read_switch(struct noise_rekey *r, struct noise_channel *c, uint64_t now,
                       const uint8_t body[NOISE_REKEY_BODY])
{
    if (!secret_is_equal(body, r->next.confirmation, NOISE_REKEY_BODY)) {
        return WAVU_ERR_CRYPTO;
    }
    change(&c->receive, r->next.key);
    r->opened = 0;
    finish(r, now);
    return 0;
}

int noise_rekey_read(struct noise_rekey *r, struct noise_channel *c, struct aead *aead,
                     uint64_t now, const uint8_t head[NOISE_HEAD_SIZE], struct span_mut frame)
{
    size_t len = 0;
    const uint8_t kind = head[1];
    CHECK(noise_rekey_is_head(head) && frame.len == NOISE_REKEY_FRAME);
    int rc = noise_open_kind(c, aead, kind, frame, &len);
    if (rc != 0) {
        return rc;
    }
    if (r->state != expects(kind) || (kind == OFFER && r->is_dialler)) {
        return WAVU_ERR_PROTO;
    }
    if (kind == ANSWER) {
        return read_answer(r, c, frame.ptr);
    }
    if (kind == SWITCH) {
        return read_switch(r, c, now, frame.ptr);
    }
    rc = budget_bucket_take(&r->offers, 1, now);
    if (rc == 0) {
        memcpy(r->peer, frame.ptr, X25519_SIZE);
        r->state = NOISE_REKEY_WANTS_ANSWER;
    }
    return rc;
}
