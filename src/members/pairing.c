/*
 * Nothing outside CPace is derived from the words: what the machines send is made of its shares,
 * its tags, and what is sealed under its key.
 */
#include "members/pairing.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define CHANNEL_MAX 128 /* CI: a label of 22, a number of 2, two keys, four lengths: 92 */
#define DATA_MAX 64     /* ADb: "inviter" and a commitment: 39 */
#define SEALED_EXTRA (1 + AEAD_TAG_SIZE)

static const char label_channel[] = "wavu pairing channel 1";
static const char label_network[] = "wavu pairing network 1";
static const char label_transcript[] = "wavu pairing transcript 1";
static const char label_keys[] = "wavu pairing keys 1";
static const char label_device[] = "wavu pairing device 1";
static const char label_identity[] = "wavu pairing identity 1";

static struct span key_span(const uint8_t key[PAIRING_KEY_SIZE])
{
    return span_of(key, PAIRING_KEY_SIZE);
}

void pairing_make_certificate(uint8_t certificate[SIGNER_SIZE], const struct signer *signer,
                              const struct ed25519_pair *root,
                              const uint8_t device[PAIRING_KEY_SIZE])
{
    signer->sign(signer->context, certificate, root, label_device, key_span(device));
}

int pairing_check_certificate(const uint8_t certificate[SIGNER_SIZE], const struct signer *signer,
                              const uint8_t root[PAIRING_KEY_SIZE],
                              const uint8_t device[PAIRING_KEY_SIZE])
{
    return signer->verify(signer->context, certificate, root, label_device, key_span(device));
}

int pairing_self_check(const struct pairing_self *self)
{
    if (self->name_len == 0) {
        return 0;
    }
    return self->name_len <= sizeof self->name &&
                   name_check(span_of(self->name, self->name_len)) == NAME_GOOD
               ? 0
               : WAVU_ERR_INVALID;
}

void pairing_commit(uint8_t commitment[PAIRING_COMMITMENT_SIZE],
                    const uint8_t opening[PAIRING_KEY_SIZE],
                    const uint8_t network[PAIRING_KEY_SIZE])
{
    uint8_t both[2 * PAIRING_KEY_SIZE];
    memcpy(both, opening, PAIRING_KEY_SIZE);
    memcpy(both + PAIRING_KEY_SIZE, network, PAIRING_KEY_SIZE);
    signer_id(commitment, label_network, span_of(both, sizeof both));
    secret_wipe(both, sizeof both);
}

/* CI: who is joiner and who inviter stands in the order. */
static struct span write_channel(uint8_t room[CHANNEL_MAX], const struct pairing_run *run,
                                 const struct pairing_means *means)
{
    const uint8_t *ours = means->self->device.public_key;
    const uint8_t *theirs = run->link.peer;
    const bool joiner = run->role == PAIRING_MSG_JOINER;
    struct wr w;
    wr_init(&w, span_mut_of(room, CHANNEL_MAX));
    wr_prefixed(&w, span_from_text(label_channel));
    wr_u8(&w, 2);
    wr_u16be(&w, run->number);
    wr_prefixed(&w, key_span(joiner ? ours : theirs));
    wr_prefixed(&w, key_span(joiner ? theirs : ours));
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

/* AD of a side. */
static struct span write_data(uint8_t room[DATA_MAX], const struct pairing_run *run,
                              enum pairing_msg_role role)
{
    struct wr w;
    wr_init(&w, span_mut_of(room, DATA_MAX));
    wr_text(&w, role == PAIRING_MSG_JOINER ? "joiner" : "inviter");
    if (role == PAIRING_MSG_INVITER) {
        wr_bytes(&w, span_of(run->commitment, sizeof run->commitment));
    }
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

void pairing_begin(struct pairing_run *run, const struct pairing_means *means, struct span secret)
{
    uint8_t channel[CHANNEL_MAX];
    const struct cpace_inputs inputs = {
        .password = secret,
        .channel = write_channel(channel, run, means),
        .session = key_span(run->link.session),
    };
    cpace_start(&run->cpace, run->role == PAIRING_MSG_JOINER ? CPACE_INITIATOR : CPACE_RESPONDER,
                &inputs, means->random);
}

static void write_transcript(struct pairing_run *run, const struct pairing_means *means,
                             struct span share)
{
    uint8_t room[512];
    uint8_t channel[CHANNEL_MAX];
    uint8_t data[DATA_MAX];
    const struct span ours = span_of(run->cpace.share, sizeof run->cpace.share);
    const bool joiner = run->role == PAIRING_MSG_JOINER;
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    wr_prefixed(&w, key_span(run->link.session));
    wr_prefixed(&w, write_channel(channel, run, means));
    wr_prefixed(&w, joiner ? ours : share);
    wr_prefixed(&w, write_data(data, run, PAIRING_MSG_JOINER));
    wr_prefixed(&w, joiner ? share : ours);
    wr_prefixed(&w, write_data(data, run, PAIRING_MSG_INVITER));
    CHECK(wr_finish(&w) == 0);
    signer_id(run->transcript, label_transcript, wr_span(&w));
}

int pairing_keys(struct pairing_run *run, const struct pairing_means *means, struct span share)
{
    const bool joiner = run->role == PAIRING_MSG_JOINER;
    uint8_t ours[DATA_MAX];
    uint8_t theirs[DATA_MAX];
    uint8_t keys[2 * AEAD_KEY_SIZE];
    const struct cpace_theirs t = {
        .session = key_span(run->link.session),
        .share = share,
        .our_data = write_data(ours, run, run->role),
        .their_data = write_data(theirs, run, joiner ? PAIRING_MSG_INVITER : PAIRING_MSG_JOINER),
    };
    if (share.len == CPACE_SHARE_SIZE) {
        write_transcript(run, means, share);
    }
    if (cpace_finish(&run->cpace, &t) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    const struct span context = span_of(run->transcript, sizeof run->transcript);
    kdf(span_mut_of(keys, sizeof keys), span_of(run->cpace.key, sizeof run->cpace.key), label_keys,
        &context, 1);
    memcpy(joiner ? run->our_key : run->their_key, keys, AEAD_KEY_SIZE);
    memcpy(joiner ? run->their_key : run->our_key, keys + AEAD_KEY_SIZE, AEAD_KEY_SIZE);
    secret_wipe(keys, sizeof keys);
    secret_wipe(run->cpace.key, sizeof run->cpace.key);
    return 0;
}

static void write_nonce(uint8_t nonce[AEAD_NONCE_SIZE], uint64_t counter)
{
    memset(nonce, 0, AEAD_NONCE_SIZE);
    nonce[0] = (uint8_t)counter; /* 0 or 1 */
}

static struct span write_bound(uint8_t room[2 + HASH_SHA256_SIZE], const struct pairing_run *run,
                               uint8_t number, struct pairing_part part)
{
    room[0] = number;
    room[1] = (uint8_t)part.kind;
    memcpy(room + 2, run->transcript, HASH_SHA256_SIZE);
    return span_of(room, 2 + HASH_SHA256_SIZE);
}

int pairing_seal(struct pairing_run *run, const struct pairing_means *means,
                 struct pairing_part part, struct span plain, struct buf *out)
{
    const uint8_t number = aead_number(means->aead_kind);
    struct aead_key key = {.kind = means->aead_kind, .is_passing = true};
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t bound[2 + HASH_SHA256_SIZE];
    uint8_t tag[AEAD_TAG_SIZE];
    const int rc = buf_reserve(out, plain.len + SEALED_EXTRA);
    if (rc < 0) {
        return rc;
    }
    CHECK(buf_append(out, span_of(&number, 1)) == 0);
    const size_t at = out->len;
    CHECK(buf_append(out, plain) == 0);
    memcpy(key.bytes, run->our_key, sizeof key.bytes);
    write_nonce(nonce, part.counter);
    aead_seal(means->aead, &key, nonce, write_bound(bound, run, number, part),
              span_mut_of(out->ptr + at, plain.len), tag);
    CHECK(buf_append(out, span_of(tag, sizeof tag)) == 0);
    secret_wipe(&key, sizeof key);
    return 0;
}

int pairing_open(struct pairing_run *run, const struct pairing_means *means,
                 struct pairing_part part, struct span sealed, struct buf *out)
{
    struct aead_key key = {.kind = AEAD_CHACHA20_POLY1305, .is_passing = true};
    if (sealed.len < SEALED_EXTRA || aead_of_number(&key.kind, sealed.ptr[0]) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    const size_t len = sealed.len - SEALED_EXTRA;
    const size_t at = out->len;
    uint8_t nonce[AEAD_NONCE_SIZE];
    uint8_t bound[2 + HASH_SHA256_SIZE];
    int rc = buf_append(out, span_slice(sealed, 1, len));
    if (rc < 0) {
        return rc;
    }
    memcpy(key.bytes, run->their_key, sizeof key.bytes);
    write_nonce(nonce, part.counter);
    rc = aead_open(means->aead, &key, nonce, write_bound(bound, run, sealed.ptr[0], part),
                   span_mut_of(len > 0 ? out->ptr + at : NULL, len), sealed.ptr + 1 + len);
    secret_wipe(&key, sizeof key);
    if (rc < 0) {
        out->len = at;
    }
    return rc;
}

/* { 1 body, 2 signature } of our identity. */
static void write_identity(struct wr *w, const struct pairing_run *run,
                           const struct pairing_means *means, const uint8_t *network,
                           const uint8_t *opening)
{
    const struct pairing_self *self = means->self;
    CHECK(pairing_self_check(self) == 0); /* the machine's init asked; it is borrowed unchanged */
    const struct pairing_msg_identity identity = {
        .format = PAIRING_MSG_FORMAT,
        .role = run->role,
        .transcript = span_of(run->transcript, sizeof run->transcript),
        .root = key_span(self->root),
        .device = key_span(self->device.public_key),
        .certificate = span_of(self->certificate, sizeof self->certificate),
        .name = span_of(self->name, self->name_len),
        .network = network != NULL ? key_span(network) : span_empty(),
        .opening = opening != NULL ? key_span(opening) : span_empty(),
    };
    uint8_t room[PAIRING_MSG_IDENTITY_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct wr body;
    wr_init(&body, span_mut_of(room, sizeof room));
    pairing_msg_identity_encode(&body, &identity);
    CHECK(wr_finish(&body) == 0);
    means->signer->sign(means->signer->context, signature, &self->device, label_identity,
                        wr_span(&body));
    pb_write_bytes(w, 1, wr_span(&body));
    pb_write_bytes(w, 2, span_of(signature, sizeof signature));
    secret_wipe(room, sizeof room);
}

int pairing_prove(struct pairing_run *run, const struct pairing_means *means,
                  const uint8_t *network, const uint8_t *opening, struct buf *out)
{
    const struct pairing_part part = {
        .kind = run->role == PAIRING_MSG_JOINER ? PAIRING_MSG_PROOF : PAIRING_MSG_CONFIRM};
    uint8_t room[PAIRING_MSG_IDENTITY_MAX + 128];
    struct buf sealed;
    struct wr w;
    buf_init(&sealed, sizeof room + SEALED_EXTRA);
    wr_init(&w, span_mut_of(room, sizeof room));
    write_identity(&w, run, means, network, opening);
    CHECK(wr_finish(&w) == 0);
    int rc = pairing_seal(run, means, part, wr_span(&w), &sealed);
    if (rc == 0) {
        const struct pairing_msg m = {
            .kind = part.kind,
            .tag = span_of(run->cpace.our_tag, sizeof run->cpace.our_tag),
            .sealed = buf_span(&sealed),
        };
        rc = pairing_write(out, &m);
    }
    secret_wipe(room, sizeof room);
    buf_wipe(&sealed);
    return rc;
}

/* The network that the inviter shows must be the one it committed to before. */
static bool opens_commitment(const struct pairing_run *run, const struct pairing_msg_identity *m)
{
    uint8_t commitment[PAIRING_COMMITMENT_SIZE];
    if (m->role != PAIRING_MSG_INVITER) {
        return true;
    }
    pairing_commit(commitment, m->opening.ptr, m->network.ptr);
    return span_is_equal(span_of(commitment, sizeof commitment),
                         span_of(run->commitment, sizeof run->commitment));
}

static int check_identity(const struct pairing_run *run, const struct pairing_means *means,
                          struct span signed_bytes, struct pairing_peer *peer)
{
    struct span body;
    struct span signature;
    struct pairing_msg_identity m;
    const struct signer *s = means->signer;
    if (pairing_msg_signed_decode(&body, &signature, signed_bytes) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    if (s->verify(s->context, signature.ptr, run->link.peer, label_identity, body) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    const int rc = pairing_msg_identity_decode(&m, body);
    if (rc < 0) {
        return rc == WAVU_ERR_UNSUPPORTED || rc == WAVU_ERR_INVALID ? rc : WAVU_ERR_CRYPTO;
    }
    if (m.role == (uint64_t)run->role || !opens_commitment(run, &m) ||
        !span_is_equal(m.transcript, span_of(run->transcript, sizeof run->transcript)) ||
        !span_is_equal(m.device, key_span(run->link.peer)) ||
        s->verify(s->context, m.certificate.ptr, m.root.ptr, label_device, m.device) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    memset(peer, 0, sizeof *peer);
    memcpy(peer->root, m.root.ptr, PAIRING_KEY_SIZE);
    memcpy(peer->device, m.device.ptr, PAIRING_KEY_SIZE);
    memcpy(peer->certificate, m.certificate.ptr, SIGNER_SIZE);
    if (m.network.len > 0) {
        memcpy(peer->network, m.network.ptr, PAIRING_KEY_SIZE);
    }
    if (m.name.len > 0) {
        memcpy(peer->name, m.name.ptr, m.name.len);
    }
    peer->name_len = m.name.len;
    return 0;
}

int pairing_check(struct pairing_run *run, const struct pairing_means *means,
                  const struct pairing_msg *m, struct pairing_peer *peer)
{
    const struct pairing_part part = {.kind = m->kind};
    struct buf plain;
    if (cpace_confirm(&run->cpace, m->tag) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    run->is_proved = true;
    buf_init(&plain, PAIRING_MSG_IDENTITY_MAX + 128);
    int rc = pairing_open(run, means, part, m->sealed, &plain);
    if (rc == 0) {
        rc = check_identity(run, means, buf_span(&plain), peer);
    } else {
        rc = WAVU_ERR_CRYPTO;
    }
    buf_wipe(&plain);
    return rc;
}

bool pairing_is_again(const struct pairing_run *run, struct span message)
{
    uint8_t hash[HASH_SHA256_SIZE];
    hash_sha256(hash, message);
    return span_is_equal(span_of(hash, sizeof hash), span_of(run->last, sizeof run->last));
}

void pairing_took(struct pairing_run *run, struct span message)
{
    hash_sha256(run->last, message);
}

int pairing_write(struct buf *out, const struct pairing_msg *m)
{
    struct wr measure;
    struct wr w;
    wr_init(&measure, span_mut_of(NULL, 0));
    pairing_msg_encode(&measure, m);
    out->len = 0;
    const int rc = buf_reserve(out, measure.len);
    if (rc < 0) {
        return rc;
    }
    wr_init(&w, span_mut_of(out->ptr, measure.len));
    pairing_msg_encode(&w, m);
    out->len = measure.len;
    return wr_finish(&w);
}
