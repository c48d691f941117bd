/*
 * Sealing and opening with the double ratchet.
 *
 * Opening works in two halves: a plan, computed beside the state (which key opens this message, and
 * what the chains would be afterwards), and its adoption once the body is open. So what is refused
 * changes nothing but the budget of steps. Keys that are passed over are computed twice, which
 * happens only where messages were lost, and needs no list that could be half made.
 */
#include "crypto/ratchet.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define LABEL_TURN "wavu session turn 1"

#define HEAD_SIZE (2 + AEAD_NONCE_SIZE)
#define SEALED_SIZE (RATCHET_HEADER_SIZE + AEAD_TAG_SIZE)
#define BODY_AT (HEAD_SIZE + SEALED_SIZE)
#define ASSOCIATED_SIZE (1 + 32 + SEALED_SIZE)

_Static_assert(RATCHET_OVERHEAD == 88, "as the page says");

struct header {
    uint8_t key[X25519_SIZE];
    uint32_t previous;
    uint32_t index;
    uint8_t mixed;
};

enum place { PLACE_SKIPPED, PLACE_CURRENT, PLACE_NEXT };

/* What opening a message would do. Wiped after use. */
struct plan {
    struct header header;
    enum place place;
    uint32_t serial;                /* of the message's chain */
    size_t skipped;                 /* PLACE_SKIPPED: where its key is */
    bool mixes;                     /* PLACE_NEXT: a post-quantum secret goes into the root */
    uint8_t root[RATCHET_KEY_SIZE]; /* PLACE_NEXT */
    uint8_t header_next[RATCHET_KEY_SIZE];
    uint8_t first[RATCHET_KEY_SIZE]; /* PLACE_NEXT: the new chain's first key */
    uint8_t chain[RATCHET_KEY_SIZE]; /* the chain's key behind the message */
    uint8_t key[AEAD_KEY_SIZE];      /* of the message */
};

/* --- derivation --- */

struct turn_keys {
    uint8_t root[RATCHET_KEY_SIZE];
    uint8_t chain[RATCHET_KEY_SIZE];
    uint8_t header_next[RATCHET_KEY_SIZE];
};

_Static_assert(sizeof(struct turn_keys) == 96, "one expansion gives all three");

/* Derive what follows from `own` and `peer`, and from `pq` when it is not NULL. */
static int turn_derive(struct turn_keys *out, const uint8_t root[RATCHET_KEY_SIZE],
                       const uint8_t own[X25519_SIZE], const uint8_t peer[X25519_SIZE],
                       const uint8_t *pq)
{
    uint8_t shared[X25519_SIZE];
    int rc = x25519_shared(shared, own, peer);
    if (rc == 0) {
        const struct span pieces[] = {span_of(shared, sizeof(shared)),
                                      span_of(pq, pq != NULL ? MLKEM_SHARED_SIZE : 0)};
        kdf(span_mut_of(out, sizeof(*out)), span_of(root, RATCHET_KEY_SIZE), LABEL_TURN, pieces, 2);
    }
    secret_wipe(shared, sizeof(shared));
    return rc;
}

/* --- life --- */

static void start(struct ratchet *r, const struct ratchet_keys *keys, bool is_initiator,
                  uint64_t now)
{
    memset(r, 0, sizeof(*r));
    memcpy(r->session, keys->session, sizeof(r->session));
    memcpy(r->root, keys->root, sizeof(r->root));
    memcpy(r->send_header_next, is_initiator ? keys->initiator_header : keys->responder_header,
           RATCHET_KEY_SIZE);
    memcpy(r->receive_header_next, is_initiator ? keys->responder_header : keys->initiator_header,
           RATCHET_KEY_SIZE);
    r->is_initiator = is_initiator;
    ratchet_pq_init(&r->pq, !is_initiator, now);
}

void ratchet_init_initiator(struct ratchet *r, const struct ratchet_keys *keys,
                            const uint8_t peer[X25519_SIZE], uint64_t now)
{
    start(r, keys, true, now);
    memcpy(r->peer, peer, sizeof(r->peer));
    r->has_peer = true;
    r->must_step = true;
}

void ratchet_init_responder(struct ratchet *r, const struct ratchet_keys *keys,
                            const struct x25519_pair *own, uint64_t now)
{
    start(r, keys, false, now);
    r->own = *own;
}

void ratchet_clear(struct ratchet *r)
{
    ratchet_pq_clear(&r->pq);
    ratchet_skipped_clear(&r->skipped);
    ratchet_walk_clear(&r->walk);
    ratchet_walk_clear(&r->walk_next);
    secret_wipe(r, sizeof(*r));
}

bool ratchet_has_heard(const struct ratchet *r)
{
    return r->serial > 0;
}

void ratchet_tick(struct ratchet *r, uint64_t now)
{
    ratchet_skipped_expire(&r->skipped, now);
}

uint64_t ratchet_deadline(const struct ratchet *r)
{
    return ratchet_skipped_deadline(&r->skipped);
}

/* --- the form of a message --- */

static void header_write(uint8_t out[RATCHET_HEADER_SIZE], const struct header *h)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, RATCHET_HEADER_SIZE));
    wr_bytes(&w, span_of(h->key, sizeof(h->key)));
    wr_u32be(&w, h->previous);
    wr_u32be(&w, h->index);
    wr_u8(&w, h->mixed);
    CHECK(!w.failed && w.len == RATCHET_HEADER_SIZE);
}

static void header_read(struct header *h, const uint8_t in[RATCHET_HEADER_SIZE])
{
    struct rd r;
    rd_init(&r, span_of(in, RATCHET_HEADER_SIZE));
    rd_copy(&r, h->key, sizeof(h->key));
    h->previous = rd_u32be(&r);
    h->index = rd_u32be(&r);
    h->mixed = rd_u8(&r);
}

/* Associated data: aead | session, and for the body the sealed header. */
static struct span associate(uint8_t room[ASSOCIATED_SIZE], const struct ratchet *r, uint8_t aead,
                             const uint8_t *sealed)
{
    room[0] = aead;
    memcpy(room + 1, r->session, sizeof(r->session));
    if (sealed == NULL) {
        return span_of(room, 1 + sizeof(r->session));
    }
    memcpy(room + 1 + sizeof(r->session), sealed, SEALED_SIZE);
    return span_of(room, ASSOCIATED_SIZE);
}

static struct aead_key key_of(enum aead_kind kind, const uint8_t bytes[AEAD_KEY_SIZE])
{
    struct aead_key key = {.kind = kind, .is_passing = true};
    memcpy(key.bytes, bytes, sizeof(key.bytes));
    return key;
}

/* --- sealing --- */

/* Make a new pair and the chain that belongs to it. */
static int turn(struct ratchet *r, const struct ratchet_env *env)
{
    struct x25519_pair pair;
    struct turn_keys keys;
    uint8_t pq[MLKEM_SHARED_SIZE];
    const bool mixes = ratchet_pq_ready(&r->pq, pq);
    x25519_make(&pair, env->random);
    const int rc = turn_derive(&keys, r->root, pair.secret, r->peer, mixes ? pq : NULL);
    if (rc == 0) {
        memcpy(r->root, keys.root, sizeof(r->root));
        r->previous = r->send.is_set ? r->send.next : 0;
        r->send.is_set = true;
        r->send.next = 0;
        memcpy(r->send.key, keys.chain, sizeof(keys.chain));
        memcpy(r->send.header, r->send_header_next, sizeof(r->send.header));
        memcpy(r->send_header_next, keys.header_next, sizeof(keys.header_next));
        r->own = pair;
        r->must_step = false;
        ratchet_walk_clear(&r->walk_next);
        if (mixes) {
            ratchet_pq_mixed(&r->pq, env->now);
        }
    }
    secret_wipe(&pair, sizeof(pair));
    secret_wipe(&keys, sizeof(keys));
    secret_wipe(pq, sizeof(pq));
    return rc;
}

/* Seal header and body (which lies in `m` already) with the sending chain's next keys. */
static void seal_with(struct ratchet *r, const struct ratchet_env *env, uint8_t *m, size_t body_len)
{
    struct ratchet_walk_step step;
    uint8_t plain[RATCHET_HEADER_SIZE];
    uint8_t mac[HASH_SHA256_SIZE];
    uint8_t room[ASSOCIATED_SIZE];
    struct header h = {
        .previous = r->previous, .index = r->send.next, .mixed = (uint8_t)r->pq.mixed};
    memcpy(h.key, r->own.public_key, sizeof(h.key));
    header_write(plain, &h);
    ratchet_walk_step(&step, r->send.key);

    const struct span pieces[] = {span_of(plain, sizeof(plain)), span_of(m + BODY_AT, body_len)};
    hash_hmac_sha256(mac, span_of(step.salt, sizeof(step.salt)), pieces, 2);
    m[0] = RATCHET_KIND_MESSAGE;
    m[1] = aead_number(env->kind);
    memcpy(m + 2, mac, AEAD_NONCE_SIZE);
    memcpy(m + HEAD_SIZE, plain, sizeof(plain));

    struct aead_key key = key_of(env->kind, r->send.header);
    aead_seal(env->aead, &key, m + 2, associate(room, r, m[1], NULL),
              span_mut_of(m + HEAD_SIZE, RATCHET_HEADER_SIZE), m + HEAD_SIZE + RATCHET_HEADER_SIZE);
    key = key_of(env->kind, step.key);
    aead_seal(env->aead, &key, m + 2, associate(room, r, m[1], m + HEAD_SIZE),
              span_mut_of(m + BODY_AT, body_len), m + BODY_AT + body_len);

    memcpy(r->send.key, step.chain, sizeof(step.chain));
    r->send.next++;
    secret_wipe(&step, sizeof(step));
    secret_wipe(&key, sizeof(key));
    secret_wipe(mac, sizeof(mac));
}

int ratchet_seal(struct ratchet *r, const struct ratchet_env *env, struct span content, size_t room,
                 struct wr *w)
{
    const size_t left = w->failed ? 0 : w->out.len - w->len;
    if (content.len > RATCHET_CONTENT_MAX || content.len + RATCHET_OVERHEAD > room ||
        content.len + RATCHET_OVERHEAD > left) {
        return WAVU_ERR_LIMIT;
    }
    if (!r->send.is_set && !r->must_step) {
        return WAVU_ERR_AGAIN;
    }
    if (!r->must_step && r->send.next >= RATCHET_CHAIN_MAX) {
        return WAVU_ERR_EXHAUSTED;
    }
    const int rc = r->must_step ? turn(r, env) : 0;
    if (rc != 0) {
        return rc;
    }
    uint8_t *m = w->out.ptr + w->len;
    const size_t most = room < left ? room : left;
    struct wr body;
    wr_init(&body, span_mut_of(m + BODY_AT, most - BODY_AT - AEAD_TAG_SIZE));
    ratchet_pq_write(&r->pq, env->now, env->random, most - RATCHET_OVERHEAD - content.len, &body);
    wr_bytes(&body, content);
    CHECK(!body.failed);
    seal_with(r, env, m, body.len);
    ratchet_pq_count(&r->pq);
    w->len += BODY_AT + body.len + AEAD_TAG_SIZE;
    return 0;
}

/* --- opening: the plan --- */

/* Of a message whose number was looked at. */
static enum aead_kind kind_of(struct span message)
{
    enum aead_kind kind = AEAD_CHACHA20_POLY1305;
    CHECK(aead_of_number(&kind, message.ptr[1]) == 0);
    return kind;
}

static bool header_open(const struct ratchet *r, const struct ratchet_env *env, struct span message,
                        const uint8_t with[RATCHET_KEY_SIZE], struct header *h)
{
    uint8_t plain[RATCHET_HEADER_SIZE];
    uint8_t room[ASSOCIATED_SIZE];
    struct aead_key key = key_of(kind_of(message), with);
    memcpy(plain, message.ptr + HEAD_SIZE, sizeof(plain));
    const int rc =
        aead_open(env->aead, &key, message.ptr + 2, associate(room, r, message.ptr[1], NULL),
                  span_mut_of(plain, sizeof(plain)), message.ptr + HEAD_SIZE + RATCHET_HEADER_SIZE);
    if (rc == 0) {
        header_read(h, plain);
    }
    secret_wipe(&key, sizeof(key));
    return rc == 0;
}

/* Find whose header it is. False when nobody's. */
static bool find_chain(const struct ratchet *r, const struct ratchet_env *env, struct span message,
                       struct plan *p)
{
    if (r->receive.is_set && header_open(r, env, message, r->receive.header, &p->header)) {
        p->serial = r->serial;
        p->place = p->header.index < r->receive.next ? PLACE_SKIPPED : PLACE_CURRENT;
        return true;
    }
    if (header_open(r, env, message, r->receive_header_next, &p->header)) {
        p->serial = r->serial + 1;
        p->place = PLACE_NEXT;
        return true;
    }
    for (size_t i = r->skipped.chain_count; i-- > 0;) {
        if (header_open(r, env, message, r->skipped.chains[i].header, &p->header)) {
            p->serial = r->skipped.chains[i].serial;
            p->place = PLACE_SKIPPED;
            return true;
        }
    }
    return false;
}

/* The key of the message that is `ahead` of the one whose chain key is `base`, and the chain's key
 * behind it. */
static void take_key(struct plan *p, struct ratchet_walk *walk,
                     const uint8_t base[RATCHET_KEY_SIZE], uint32_t ahead)
{
    struct ratchet_walk_step step;
    ratchet_walk_step(&step, ratchet_walk_to(walk, base, ahead));
    memcpy(p->chain, step.chain, sizeof(p->chain));
    memcpy(p->key, step.key, sizeof(p->key));
    secret_wipe(&step, sizeof(step));
}

/* A message whose key is gone: was it this one? The nonce tells, and only the holder of the header
 * key can have made a header with another. */
static enum ratchet_news judge_used(const struct ratchet *r, const struct plan *p,
                                    const uint8_t *nonce)
{
    for (size_t i = 0; i < RATCHET_OPENED_MAX; i++) {
        const struct ratchet_opened *o = &r->opened[i];
        if (o->serial == p->serial && o->index == p->header.index) {
            return secret_is_equal(o->nonce, nonce, sizeof(o->nonce)) ? RATCHET_NEWS_NONE
                                                                      : RATCHET_NEWS_PEER_WENT_BACK;
        }
    }
    return RATCHET_NEWS_UNSURE;
}

/* Pay for `steps` messages that are passed over and were not before, of a message with `gap` of
 * them, before a step is computed. What comes in order is free, and so are copies: nobody who
 * empties the bucket stops what goes on, and nobody empties it with what the peer sealed once. */
static int pay(const struct ratchet_env *env, uint32_t gap, uint32_t steps, enum ratchet_news *news)
{
    if (gap > RATCHET_GAP_MAX) {
        *news = RATCHET_NEWS_TOO_FAR;
        return WAVU_ERR_CRYPTO;
    }
    return env->steps == NULL ? 0 : budget_bucket_take(env->steps, steps, env->now);
}

static int plan_current(struct ratchet *r, const struct ratchet_env *env, struct plan *p,
                        enum ratchet_news *news)
{
    const uint32_t gap = p->header.index - r->receive.next;
    const int rc = pay(env, gap, ratchet_walk_missing(&r->walk, gap), news);
    if (rc == 0) {
        take_key(p, &r->walk, r->receive.key, gap);
    }
    return rc;
}

/* What was walked of the chain behind the peer's next turn holds for this turn alone. */
static void begin_walk(struct ratchet *r, const struct plan *p)
{
    if (r->walk_mixes != p->mixes || !secret_is_equal(r->walk_peer, p->header.key, X25519_SIZE)) {
        ratchet_walk_clear(&r->walk_next);
        r->walk_mixes = p->mixes;
        memcpy(r->walk_peer, p->header.key, sizeof(r->walk_peer));
    }
}

/* The peer turned. Its count of exchanges is ours, or one more when our answer is under way. */
static int plan_next(struct ratchet *r, const struct ratchet_env *env, struct plan *p,
                     enum ratchet_news *news)
{
    struct turn_keys keys;
    const uint32_t known = r->receive.is_set ? r->receive.next : 0;
    if (r->must_step) {
        *news = RATCHET_NEWS_SELF_WENT_BACK;
        return WAVU_ERR_CRYPTO;
    }
    p->mixes = p->header.mixed != (uint8_t)r->pq.mixed;
    if (p->header.previous < known ||
        (p->mixes && (r->pq.is_offerer || p->header.mixed != (uint8_t)(r->pq.mixed + 1)))) {
        *news = RATCHET_NEWS_PEER_WENT_BACK; /* it sent fewer messages than we had of it */
        return WAVU_ERR_CRYPTO;
    }
    if (p->mixes && r->pq.step != RATCHET_PQ_ANSWERING) {
        *news = RATCHET_NEWS_SELF_WENT_BACK; /* it has an answer from us */
        return WAVU_ERR_CRYPTO;
    }
    begin_walk(r, p);
    /* No sum wraps: plan_message has looked at both. */
    const uint32_t before = p->header.previous - known;
    int rc = pay(env, before + p->header.index,
                 ratchet_walk_missing(&r->walk, before) +
                     ratchet_walk_missing(&r->walk_next, p->header.index),
                 news);
    if (rc != 0) {
        return rc;
    }
    rc = turn_derive(&keys, r->root, r->own.secret, p->header.key, p->mixes ? r->pq.secret : NULL);
    if (rc == 0) {
        memcpy(p->root, keys.root, sizeof(p->root));
        memcpy(p->header_next, keys.header_next, sizeof(p->header_next));
        memcpy(p->first, keys.chain, sizeof(p->first));
        (void)ratchet_walk_to(&r->walk, r->receive.key, before);
        take_key(p, &r->walk_next, p->first, p->header.index);
    }
    secret_wipe(&keys, sizeof(keys));
    return rc;
}

static int plan_message(struct ratchet *r, const struct ratchet_env *env, struct span message,
                        struct plan *p, enum ratchet_news *news)
{
    if (!find_chain(r, env, message, p)) {
        *news = RATCHET_NEWS_NOT_OURS;
        return WAVU_ERR_CRYPTO;
    }
    /* Beyond that no honest sender goes; and indices that wrapped would never end. */
    if (p->header.index >= RATCHET_CHAIN_MAX || p->header.previous > RATCHET_CHAIN_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    if (p->place == PLACE_NEXT) {
        return plan_next(r, env, p, news);
    }
    if (p->serial == r->serial && !secret_is_equal(p->header.key, r->peer, X25519_SIZE)) {
        *news = RATCHET_NEWS_PEER_WENT_BACK; /* this turn, made a second time */
        return WAVU_ERR_CRYPTO;
    }
    if (p->place == PLACE_CURRENT) {
        return plan_current(r, env, p, news);
    }
    p->skipped = ratchet_skipped_find(&r->skipped, p->serial, p->header.index);
    if (p->skipped == RATCHET_SKIPPED_NONE) {
        *news = judge_used(r, p, message.ptr + 2);
        return WAVU_ERR_CRYPTO;
    }
    memcpy(p->key, r->skipped.keys[p->skipped].key, sizeof(p->key));
    return 0;
}

/* --- opening: its adoption --- */

/* Keep the keys of the receiving chain's messages up to `end`, the last ones if there are many. */
static void skip_to(struct ratchet *r, uint32_t end, uint64_t now)
{
    struct ratchet_walk_step step;
    struct ratchet_skipped_key kept = {.serial = r->serial, .expires = now + RATCHET_SKIPPED_NS};
    if (r->receive.next >= end) {
        return;
    }
    const uint32_t gap = end - r->receive.next;
    const uint32_t keep = gap < RATCHET_SKIPPED_KEYS_MAX ? gap : RATCHET_SKIPPED_KEYS_MAX;
    ratchet_skipped_reserve(&r->skipped, keep);
    memcpy(step.chain, r->receive.key, sizeof(step.chain));
    for (uint32_t i = r->receive.next; i < end; i++) {
        ratchet_walk_step(&step, step.chain);
        if (end - i <= keep) {
            memcpy(kept.key, step.key, sizeof(kept.key));
            kept.index = i;
            ratchet_skipped_put(&r->skipped, &kept);
        }
    }
    memcpy(r->receive.key, step.chain, sizeof(step.chain));
    r->receive.next = end;
    secret_wipe(&step, sizeof(step));
    secret_wipe(&kept, sizeof(kept));
}

static void adopt_turn(struct ratchet *r, const struct plan *p, uint64_t now)
{
    if (r->receive.is_set) {
        skip_to(r, p->header.previous, now);
        ratchet_skipped_end_chain(&r->skipped, r->serial, r->receive.header);
    }
    ratchet_walk_clear(&r->walk);
    r->walk = r->walk_next; /* it is of this turn: the plan saw to that */
    memset(&r->walk_next, 0, sizeof(r->walk_next));
    r->serial++;
    r->receive.is_set = true;
    r->receive.next = 0;
    memcpy(r->receive.header, r->receive_header_next, sizeof(r->receive.header));
    memcpy(r->receive.key, p->first, sizeof(r->receive.key));
    memcpy(r->receive_header_next, p->header_next, sizeof(r->receive_header_next));
    memcpy(r->root, p->root, sizeof(r->root));
    memcpy(r->peer, p->header.key, sizeof(r->peer));
    secret_wipe(&r->own, sizeof(r->own)); /* nothing needs it from here on */
    r->has_peer = true;
    r->must_step = true;
    if (p->mixes) {
        ratchet_pq_mixed(&r->pq, now);
    }
    ratchet_pq_turned(&r->pq);
}

static void adopt(struct ratchet *r, const struct plan *p, const uint8_t *nonce, uint64_t now)
{
    if (p->place == PLACE_SKIPPED) {
        ratchet_skipped_drop(&r->skipped, p->skipped);
    } else {
        if (p->place == PLACE_NEXT) {
            adopt_turn(r, p, now);
        }
        ratchet_walk_pass(&r->walk, p->header.index + 1 - r->receive.next);
        skip_to(r, p->header.index, now);
        memcpy(r->receive.key, p->chain, sizeof(r->receive.key));
        r->receive.next = p->header.index + 1;
    }
    struct ratchet_opened *o = &r->opened[r->opened_next];
    r->opened_next = (r->opened_next + 1) % RATCHET_OPENED_MAX;
    o->serial = p->serial;
    o->index = p->header.index;
    memcpy(o->nonce, nonce, sizeof(o->nonce));
    ratchet_pq_count(&r->pq);
}

static int open_body(const struct ratchet *r, const struct ratchet_env *env, const struct plan *p,
                     struct span_mut message, struct span *body)
{
    uint8_t room[ASSOCIATED_SIZE];
    struct aead_key key = key_of(kind_of(span_from_mut(message)), p->key);
    const struct span_mut text =
        span_mut_of(message.ptr + BODY_AT, message.len - BODY_AT - AEAD_TAG_SIZE);
    const int rc = aead_open(env->aead, &key, message.ptr + 2,
                             associate(room, r, message.ptr[1], message.ptr + HEAD_SIZE), text,
                             text.ptr + text.len);
    *body = span_from_mut(text);
    secret_wipe(&key, sizeof(key));
    return rc;
}

int ratchet_open(struct ratchet *r, const struct ratchet_env *env, struct span_mut message,
                 struct span *content, enum ratchet_news *news)
{
    struct plan plan = {.place = PLACE_SKIPPED};
    struct ratchet_pq_part part;
    struct span body;
    enum aead_kind kind;
    *content = span_empty();
    *news = RATCHET_NEWS_NOT_OURS;
    if (message.len < RATCHET_OVERHEAD || message.ptr[0] != RATCHET_KIND_MESSAGE ||
        aead_of_number(&kind, message.ptr[1]) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    *news = RATCHET_NEWS_NONE;
    int rc = plan_message(r, env, span_from_mut(message), &plan, news);
    if (rc == 0) {
        rc = open_body(r, env, &plan, message, &body);
        if (rc == 0) {
            rc = ratchet_pq_split(body, &part, content);
        }
        *news = rc == 0 ? RATCHET_NEWS_NONE : RATCHET_NEWS_UNSURE;
    }
    if (rc == 0) {
        adopt(r, &plan, message.ptr + 2, env->now);
        ratchet_pq_take(&r->pq, &part);
    }
    secret_wipe(&plan, sizeof(plan));
    return rc;
}

void ratchet_check(const struct ratchet *r)
{
    CHECK(!r->must_step || r->has_peer);
    CHECK(r->receive.is_set == (r->serial > 0));
    CHECK(r->has_peer || !r->is_initiator);
    CHECK(r->is_initiator != r->pq.is_offerer);
    CHECK(r->opened_next < RATCHET_OPENED_MAX);
    CHECK(r->send.next <= RATCHET_CHAIN_MAX && r->receive.next <= RATCHET_CHAIN_MAX);
    ratchet_pq_check(&r->pq);
    ratchet_skipped_check(&r->skipped);
    CHECK(r->walk.count <= RATCHET_GAP_MAX && r->walk_next.count <= RATCHET_GAP_MAX);
}
