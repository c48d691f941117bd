/*
 * The Noise handshake of a libp2p connection, and the channel behind it.
 *
 * Bytes come from the link in any pieces (noise_feed collects one message and no byte more),
 * messages for the link wait until noise_pull takes them. The result leaves through noise_finish to
 * the connection, which keeps 88 bytes of it to seal and open frames with.
 *
 *     WAIT_START --work (initiator: write message 1)--> WAIT_PEER
 *     WAIT_PEER  --feed (a message is whole)----------> WAIT_WORK
 *     WAIT_WORK  --work (read it, write the next)-----> WAIT_PEER, or DONE after message 3
 *     DONE       --finish-----------------------------> FINISHED
 *     any        --error------------------------------> DEAD
 */
#include "crypto/noise.h"

#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "crypto/noise_core.h"
#include "crypto/noise_payload.h"
#include "crypto/secret.h"
#include "wavu/err.h"

#define OWN_PAYLOAD_MAX                                                                            \
    1408 /* identity 554, signature 512, fields 12 (RSA-4096), lists; the rest is room for names   \
          */
#define OWN_MESSAGE_MAX (NOISE_HEAD_SIZE + NOISE_CORE_HYBRID_OVERHEAD_MAX + OWN_PAYLOAD_MAX)

_Static_assert(NOISE_HYBRID_FIRST == NOISE_CORE_HYBRID_FIRST, "e, e1");
_Static_assert(OWN_MESSAGE_MAX <= NOISE_HANDSHAKE_MAX, "the peer takes what we write");

enum state { WAIT_START, WAIT_PEER, WAIT_WORK, DONE, FINISHED, DEAD };

struct noise {
    enum state state;
    int error; /* why it is DEAD */
    enum noise_role role;
    struct noise_core core;
    const struct noise_identity *identity; /* borrowed from the config */
    const char *const *muxers;             /* borrowed from the config */
    const char *const *security;           /* borrowed from the config */
    const char *protocol;                  /* the one that is spoken; likewise */
    struct noise_core_kem *kem;            /* lent to the core while it needs it */
    struct peerid expected;                /* len 0: anyone */
    uint8_t head[NOISE_HEAD_SIZE];
    size_t head_len; /* bytes of head that have come */
    size_t wanted;   /* bytes of the body that head announces */
    struct buf in;   /* body of the peer's message */
    struct buf out;  /* for the link */
    struct noise_result result;
};

/* Move to `next`; only the moves of the diagram above are allowed. */
static void set_state(struct noise *n, enum state next)
{
    switch (next) {
    case WAIT_START:
        CHECK(n->state == WAIT_START);
        break;
    case WAIT_PEER:
        CHECK(n->state == WAIT_START || n->state == WAIT_WORK);
        break;
    case WAIT_WORK:
        CHECK(n->state == WAIT_PEER);
        break;
    case DONE:
        CHECK(n->state == WAIT_WORK);
        break;
    case FINISHED:
        CHECK(n->state == DONE);
        break;
    case DEAD:
        break;
    }
    n->state = next;
}

/* Lend the core what its pattern needs. */
static void lend_kem(struct noise *n)
{
    if (noise_core_needs_kem(&n->core) && n->kem == NULL) {
        n->kem = mem_new(sizeof(*n->kem));
        noise_core_lend(&n->core, n->kem);
    }
}

static void drop_kem(struct noise *n)
{
    if (n->kem != NULL) {
        secret_wipe(n->kem, sizeof(*n->kem));
        mem_free(n->kem);
        n->kem = NULL;
    }
}

/* Enter DEAD for `rc` and drop what the machine knew and wanted to say. Returns `rc`. */
static int die(struct noise *n, int rc)
{
    n->error = rc;
    drop_kem(n);
    secret_wipe(&n->core, sizeof(n->core));
    secret_wipe(&n->result, sizeof(n->result));
    buf_wipe(&n->in);
    buf_wipe(&n->out);
    set_state(n, DEAD);
    return rc;
}

int noise_identity_make_of(struct noise_identity *identity, const struct identity_key *key,
                           const struct random *random)
{
    const struct span public_key = identity_key_public(key);
    size_t len = 0;
    if (public_key.len > sizeof(identity->key)) {
        return WAVU_ERR_LIMIT;
    }
    x25519_make(&identity->static_pair, random);
    memcpy(identity->key, public_key.ptr, public_key.len);
    identity->key_len = (uint16_t)public_key.len;
    int rc = noise_payload_sign(identity->signature, &len, key, identity->static_pair.public_key);
    identity->signature_len = (uint16_t)len;
    return rc;
}

void noise_identity_make(struct noise_identity *identity, const struct ed25519_pair *pair,
                         const struct random *random)
{
    struct identity_key *key = identity_key_from_pair(pair);
    CHECK(noise_identity_make_of(identity, key, random) == 0); /* Ed25519 always signs */
    identity_key_unref(key);
}

struct noise *noise_new(const struct noise_config *config)
{
    struct noise *n = mem_new(sizeof(*n));
    n->role = config->role;
    n->identity = config->identity;
    n->muxers = config->muxers;
    n->security = config->security;
    n->protocol = config->is_hybrid ? NOISE_HYBRID : NOISE_CLASSIC;
    if (config->other != NULL) {
        n->protocol = config->other;
        n->result.channel.cipher = AEAD_OTHER;
    }
    if (config->expected != NULL) {
        n->expected = *config->expected;
    }
    for (size_t i = 0; n->muxers != NULL && n->muxers[i] != NULL; i++) {
        CHECK(strlen(n->muxers[i]) < NOISE_MUXER_MAX);
    }
    buf_init(&n->in, NOISE_HANDSHAKE_MAX);
    buf_init(&n->out, 2 * OWN_MESSAGE_MAX);
    struct span prologue = config->other != NULL ? span_from_text(config->other) : config->prologue;
    if (config->is_hybrid) {
        noise_core_init_hybrid(&n->core, n->role == NOISE_INITIATOR, &n->identity->static_pair,
                               prologue);
    } else {
        noise_core_init(&n->core, n->role == NOISE_INITIATOR, &n->identity->static_pair, prologue);
    }
    if (config->ephemeral != NULL) {
        noise_core_use(&n->core, config->ephemeral);
    }
    n->state = n->role == NOISE_INITIATOR ? WAIT_START : WAIT_PEER;
    return n;
}

void noise_free(struct noise *n)
{
    if (n == NULL) {
        return;
    }
    drop_kem(n);
    buf_wipe(&n->in);
    buf_wipe(&n->out);
    secret_wipe(n, sizeof(*n));
    mem_free(n);
}

/* Collecting */

/* Take bytes of the two-byte length; on its last one check it. */
static int feed_head(struct noise *n, struct span in, size_t *used)
{
    while (n->head_len < NOISE_HEAD_SIZE && *used < in.len) {
        n->head[n->head_len++] = in.ptr[(*used)++];
    }
    if (n->head_len < NOISE_HEAD_SIZE) {
        return 0;
    }
    n->wanted = (size_t)(n->head[0] << 8 | n->head[1]);
    if (n->wanted > NOISE_HANDSHAKE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (n->wanted < X25519_SIZE) {
        return WAVU_ERR_PROTO; /* every message of XX has at least a key's size */
    }
    return 0; /* storage grows with what really comes: an announcement alone costs nothing */
}

int noise_feed(struct noise *n, struct span in, size_t *used)
{
    *used = 0;
    if (n->state == DEAD) {
        return n->error;
    }
    if (n->state != WAIT_PEER) {
        return 0;
    }
    if (n->head_len < NOISE_HEAD_SIZE) {
        int rc = feed_head(n, in, used);
        if (rc != 0) {
            return die(n, rc);
        }
    }
    if (n->head_len < NOISE_HEAD_SIZE) {
        return 0;
    }
    const struct span part = span_slice(in, *used, n->wanted - n->in.len);
    int rc = buf_append(&n->in, part);
    if (rc != 0) {
        return die(n, rc);
    }
    *used += part.len;
    if (n->in.len == n->wanted) {
        set_state(n, WAIT_WORK);
    }
    return 0;
}

/* Working */

bool noise_wants_work(const struct noise *n)
{
    return n->state == WAIT_START || n->state == WAIT_WORK;
}

/* Write our next message with its length into `out`. Message 1 carries no payload. */
static int write_message(struct noise *n, struct aead *aead, const struct random *random)
{
    uint8_t payload[OWN_PAYLOAD_MAX];
    struct wr inner;
    wr_init(&inner, span_mut_of(payload, sizeof(payload)));
    if (n->core.step > 0) {
        noise_payload_encode(&inner, noise_identity_key(n->identity),
                             span_of(n->identity->signature, n->identity->signature_len), n->muxers,
                             n->security);
    }
    int rc = wr_finish(&inner);
    if (rc != 0) {
        return rc;
    }
    uint8_t message[OWN_MESSAGE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(message, sizeof(message)));
    wr_u16be(&w, 0); /* the length, known below */
    rc = noise_core_write(&n->core, aead, random, &w, wr_span(&inner));
    if (rc != 0) {
        return rc;
    }
    const size_t body = w.len - NOISE_HEAD_SIZE;
    message[0] = (uint8_t)(body >> 8);
    message[1] = (uint8_t)body;
    return buf_append(&n->out, wr_span(&w));
}

/* Check who the peer is and what it speaks, and put both into the result. */
static int take_payload(struct noise *n, struct span message)
{
    struct noise_payload payload;
    int rc = noise_payload_decode(&payload, message);
    if (rc != 0) {
        return rc;
    }
    if (payload.key.len > sizeof(n->result.key)) {
        return WAVU_ERR_PROTO;
    }
    /* Compare the identity before the proof: it is cheaper, and either failing ends the connection.
     */
    peerid_from_key(&n->result.peer, payload.key);
    if (n->expected.len > 0 && !peerid_is_equal(&n->expected, &n->result.peer)) {
        return WAVU_ERR_PEER_ID;
    }
    rc = noise_payload_verify(&payload, n->core.peer_static);
    if (rc != 0) {
        return rc;
    }
    if (noise_payload_is_downgraded(&payload, n->security, n->protocol)) {
        return WAVU_ERR_DOWNGRADE;
    }
    memcpy(n->result.key, payload.key.ptr, payload.key.len);
    n->result.key_len = payload.key.len;
    const char *muxer = NULL;
    rc = noise_payload_muxer(&payload, n->muxers, n->role == NOISE_INITIATOR, &muxer);
    if (rc == 0 && muxer != NULL) {
        memcpy(n->result.muxer, muxer, strlen(muxer) + 1); /* noise_new checked the size */
    }
    return rc;
}

/* Read the message that was collected. Message 1 is only a key: a payload in it, which nobody has
 * authenticated, is ignored. */
static int read_message(struct noise *n, struct aead *aead)
{
    struct span payload = span_empty();
    int rc = noise_core_read(&n->core, aead, span_mut_of(n->in.ptr, n->in.len), &payload);
    if (rc == 0 && n->core.step > 1) {
        rc = take_payload(n, payload);
    }
    buf_wipe(&n->in);
    n->head_len = 0;
    n->wanted = 0;
    return rc;
}

/* The handshake is over on our side: derive what the channel needs. */
static void complete(struct noise *n)
{
    struct noise_result *result = &n->result;
    noise_core_split(&n->core, result->channel.send.key, result->channel.receive.key);
    memcpy(result->hash, n->core.hash, sizeof(result->hash));
    secret_wipe(&n->core, sizeof(n->core));
    set_state(n, DONE);
}

int noise_work(struct noise *n, struct aead *aead, const struct random *random)
{
    if (n->state == DEAD) {
        return n->error;
    }
    CHECK(noise_wants_work(n));
    int rc = 0;
    lend_kem(n);
    if (n->state == WAIT_WORK) {
        rc = read_message(n, aead);
    }
    if (rc == 0 && noise_core_is_writer(&n->core)) {
        rc = write_message(n, aead, random);
    }
    if (rc != 0) {
        return die(n, rc);
    }
    if (!noise_core_needs_kem(&n->core)) {
        drop_kem(n);
    }
    if (noise_core_is_done(&n->core)) {
        complete(n);
    } else {
        set_state(n, WAIT_PEER);
    }
    return 0;
}

size_t noise_pull(struct noise *n, struct span_mut out)
{
    const struct span part = span_slice(buf_span(&n->out), 0, out.len);
    if (part.len == 0) {
        return 0;
    }
    const size_t len = part.len;
    memcpy(out.ptr, part.ptr, len);
    buf_drop_front(&n->out, len);
    return len;
}

bool noise_is_done(const struct noise *n)
{
    return n->state == DONE;
}

void noise_finish(struct noise *n, struct noise_result *result)
{
    CHECK(n->state == DONE && n->out.len == 0);
    *result = n->result;
    secret_wipe(&n->result, sizeof(n->result));
    set_state(n, FINISHED);
}

/* The channel */

/* Key and nonce of the next frame. WAVU_ERR_EXHAUSTED when none is left: 2^64-1 is reserved
 * (section 5.1). */
static int next_frame(struct noise_half *half, enum aead_kind cipher, struct aead_key *key,
                      uint8_t nonce[AEAD_NONCE_SIZE])
{
    if (half->nonce == UINT64_MAX) {
        return WAVU_ERR_EXHAUSTED;
    }
    key->kind = cipher;
    key->is_passing = false;
    memcpy(key->bytes, half->key, sizeof(key->bytes));
    noise_core_nonce(nonce, half->nonce++);
    return 0;
}

/* Seal `body` under the next nonce and write its tag; the head is the caller's. */
static int seal(struct noise_channel *c, struct aead *aead, struct span ad, struct span_mut body)
{
    struct aead_key key;
    uint8_t nonce[AEAD_NONCE_SIZE];
    int rc = next_frame(&c->send, c->cipher, &key, nonce);
    if (rc == 0) {
        aead_seal(aead, &key, nonce, ad, body, body.ptr + body.len);
        secret_wipe(&key, sizeof(key));
    }
    return rc;
}

int noise_seal(struct noise_channel *c, struct aead *aead, struct span_mut body)
{
    CHECK(body.len <= NOISE_PLAIN_MAX);
    int rc = seal(c, aead, span_empty(), body);
    if (rc == 0) {
        const size_t sealed = body.len + AEAD_TAG_SIZE;
        uint8_t *head = body.ptr - NOISE_HEAD_SIZE;
        head[0] = (uint8_t)(sealed >> 8);
        head[1] = (uint8_t)sealed;
    }
    return rc;
}

int noise_seal_kind(struct noise_channel *c, struct aead *aead, uint8_t kind, struct span_mut body)
{
    CHECK(kind < AEAD_TAG_SIZE);
    uint8_t *head = body.ptr - NOISE_HEAD_SIZE;
    head[0] = 0;
    head[1] = kind;
    return seal(c, aead, span_of(head, NOISE_HEAD_SIZE), body);
}

static int open_frame(struct noise_channel *c, struct aead *aead, struct span ad,
                      struct span_mut frame, size_t *plain_len)
{
    *plain_len = 0;
    if (frame.len < AEAD_TAG_SIZE) {
        return WAVU_ERR_PROTO;
    }
    struct aead_key key;
    uint8_t nonce[AEAD_NONCE_SIZE];
    int rc = next_frame(&c->receive, c->cipher, &key, nonce);
    if (rc != 0) {
        return rc;
    }
    const size_t len = frame.len - AEAD_TAG_SIZE;
    rc = aead_open(aead, &key, nonce, ad, span_mut_of(frame.ptr, len), frame.ptr + len);
    secret_wipe(&key, sizeof(key));
    if (rc != 0) {
        /* A stream that was tampered with is over: its key opens nothing more. */
        secret_wipe(&c->receive, sizeof(c->receive));
        c->receive.nonce = UINT64_MAX;
        return rc;
    }
    *plain_len = len;
    return 0;
}

int noise_open(struct noise_channel *c, struct aead *aead, struct span_mut frame, size_t *plain_len)
{
    return open_frame(c, aead, span_empty(), frame, plain_len);
}

int noise_open_kind(struct noise_channel *c, struct aead *aead, uint8_t kind, struct span_mut frame,
                    size_t *plain_len)
{
    const uint8_t head[NOISE_HEAD_SIZE] = {0, kind};
    return open_frame(c, aead, span_of(head, sizeof(head)), frame, plain_len);
}
