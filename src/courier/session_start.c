/*
 * Both sides of a start. The four secrets and the names are mixed by one function for both, so that
 * they cannot drift apart.
 */
#include "courier/session_start.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define LABEL_PRELUDE "wavu session prelude 1"
#define LABEL_NUMBER "wavu session number 1"
#define LABEL_SEAL "wavu session seal 1"
#define LABEL_TRANSCRIPT "wavu session transcript 1"
#define LABEL_ROOT "wavu session root 1"

/* What both sides know of a start while it is made or read. */
struct mixing {
    uint8_t dh1[X25519_SIZE]; /* agreement of the starter, prekey */
    uint8_t dh2[X25519_SIZE]; /* ephemeral, agreement of the other */
    uint8_t dh3[X25519_SIZE]; /* ephemeral, prekey */
    uint8_t shared[MLKEM_SHARED_SIZE];
    uint8_t prelude[HASH_SHA256_SIZE]; /* t */
    struct aead_key seal;              /* of the card */
};

/* t: the names of network and receiver, its bundle, and the open part. */
static void name_prelude(struct mixing *m, const uint8_t *network, struct span device,
                         const uint8_t *bundle_hash, struct span open)
{
    uint8_t room[PREKEYS_MSG_NETWORK_SIZE + ED25519_PUBLIC_SIZE + HASH_SHA256_SIZE +
                 SESSION_START_OPEN_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof(room)));
    wr_bytes(&w, span_of(network, PREKEYS_MSG_NETWORK_SIZE));
    wr_bytes(&w, device);
    wr_bytes(&w, span_of(bundle_hash, HASH_SHA256_SIZE));
    wr_bytes(&w, open);
    CHECK(!w.failed && w.len == sizeof(room));
    signer_id(m->prelude, LABEL_PRELUDE, wr_span(&w));
}

/* What hides the prekey's number. It follows from dh2, which the two sides have and nobody else:
 * all members know the numbers, and would see for whom a start is. */
static uint32_t number_mask(const struct mixing *m, const uint8_t *ephemeral)
{
    uint8_t mask[4];
    struct rd r;
    const struct span piece = span_of(ephemeral, X25519_SIZE);
    kdf(span_mut_of(mask, sizeof(mask)), span_of(m->dh2, sizeof(m->dh2)), LABEL_NUMBER, &piece, 1);
    rd_init(&r, span_of(mask, sizeof(mask)));
    return rd_u32be(&r);
}

static void derive_seal(struct mixing *m, enum aead_kind kind)
{
    const struct span pieces[] = {span_of(m->prelude, sizeof(m->prelude)),
                                  span_of(m->dh2, sizeof(m->dh2)), span_of(m->dh3, sizeof(m->dh3))};
    m->seal.kind = kind;
    m->seal.is_passing = true;
    kdf(span_mut_of(m->seal.bytes, sizeof(m->seal.bytes)), span_of(m->shared, sizeof(m->shared)),
        LABEL_SEAL, pieces, 3);
}

/* The session's name and keys; `text` is round and card. */
static void derive_keys(struct session_start *s, const struct mixing *m, struct span text)
{
    uint8_t room[HASH_SHA256_SIZE + SESSION_START_HEAD_SIZE + PREKEYS_MSG_CARD_MAX];
    uint8_t keys[3 * RATCHET_KEY_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof(room)));
    wr_bytes(&w, span_of(m->prelude, sizeof(m->prelude)));
    wr_bytes(&w, text);
    CHECK(!w.failed);
    signer_id(s->keys.session, LABEL_TRANSCRIPT, wr_span(&w));
    const struct span pieces[] = {span_of(s->keys.session, sizeof(s->keys.session)),
                                  span_of(m->dh1, sizeof(m->dh1)), span_of(m->dh2, sizeof(m->dh2)),
                                  span_of(m->dh3, sizeof(m->dh3))};
    kdf(span_mut_of(keys, sizeof(keys)), span_of(m->shared, sizeof(m->shared)), LABEL_ROOT, pieces,
        4);
    memcpy(s->keys.root, keys, RATCHET_KEY_SIZE);
    memcpy(s->keys.initiator_header, keys + RATCHET_KEY_SIZE, RATCHET_KEY_SIZE);
    memcpy(s->keys.responder_header, keys + (size_t)2 * RATCHET_KEY_SIZE, RATCHET_KEY_SIZE);
    secret_wipe(keys, sizeof(keys));
}

/* Associated data of the card: aead | t. */
static struct span associate(uint8_t room[1 + HASH_SHA256_SIZE], const struct mixing *m)
{
    room[0] = aead_number(m->seal.kind);
    memcpy(room + 1, m->prelude, sizeof(m->prelude));
    return span_of(room, 1 + HASH_SHA256_SIZE);
}

static const uint8_t zero_nonce[AEAD_NONCE_SIZE]; /* each key seals one card */

/* --- writing --- */

/* All of the mathematics; the ciphertext and the ephemeral key go to where the open part has them.
 */
static int agree(struct mixing *m, const struct prekeys *own, const struct prekeys_msg *bundle,
                 const struct ratchet_env *env, uint8_t *open)
{
    struct x25519_pair ephemeral;
    x25519_make(&ephemeral, env->random);
    memcpy(open + 2, ephemeral.public_key, X25519_SIZE);
    int rc =
        mlkem_encapsulate(open + 2 + X25519_SIZE + 4, m->shared, bundle->mlkem.ptr, env->random);
    if (rc == 0) {
        rc = x25519_shared(m->dh1, own->agreement.secret, bundle->x25519.ptr);
    }
    if (rc == 0) {
        rc = x25519_shared(m->dh2, ephemeral.secret, bundle->agreement.ptr);
    }
    if (rc == 0) {
        rc = x25519_shared(m->dh3, ephemeral.secret, bundle->x25519.ptr);
    }
    secret_wipe(&ephemeral, sizeof(ephemeral));
    return rc;
}

/* Append round, number and card, sealed. */
static void write_card(struct session_start *s, struct mixing *m, struct span card,
                       const struct ratchet_env *env, struct wr *w)
{
    uint8_t text[SESSION_START_HEAD_SIZE + PREKEYS_MSG_CARD_MAX];
    uint8_t tag[AEAD_TAG_SIZE];
    uint8_t room[1 + HASH_SHA256_SIZE];
    struct wr t;
    wr_init(&t, span_mut_of(text, sizeof(text)));
    wr_u32be(&t, s->round);
    wr_u32be(&t, s->number);
    wr_bytes(&t, card);
    derive_keys(s, m, wr_span(&t));
    aead_seal(env->aead, &m->seal, zero_nonce, associate(room, m), span_mut_of(text, t.len), tag);
    wr_bytes(w, span_of(text, t.len));
    wr_bytes(w, span_of(tag, sizeof(tag)));
}

int session_start_write(struct session_start *s, const struct prekeys *own,
                        const struct prekeys_msg *bundle, const struct ratchet_env *env,
                        struct wr *w)
{
    struct mixing m;
    uint8_t open[SESSION_START_OPEN_SIZE];
    uint8_t bundle_hash[HASH_SHA256_SIZE];
    struct wr head;
    const struct span card = prekeys_card(own);
    const size_t sealed = SESSION_START_HEAD_SIZE + card.len + AEAD_TAG_SIZE;
    int rc = agree(&m, own, bundle, env, open);
    if (rc == 0) {
        wr_init(&head, span_mut_of(open, 2));
        wr_u8(&head, SESSION_START_KIND);
        wr_u8(&head, aead_number(env->kind));
        wr_init(&head, span_mut_of(open + 2 + X25519_SIZE, 4));
        wr_u32be(&head, bundle->number ^ number_mask(&m, open + 2));
        wr_init(&head, span_mut_of(open + sizeof(open) - 2, 2));
        wr_u16be(&head, (uint16_t)sealed);
        hash_sha256(bundle_hash, bundle->body);
        name_prelude(&m, bundle->network.ptr, bundle->device, bundle_hash,
                     span_of(open, sizeof(open)));
        derive_seal(&m, env->kind);
        wr_bytes(w, span_of(open, sizeof(open)));
        s->number = own->keys[own->count - 1].number;
        write_card(s, &m, card, env, w);
        memcpy(s->device, own->config.device->public_key, sizeof(s->device));
        memcpy(s->prekey_public, bundle->x25519.ptr, sizeof(s->prekey_public));
        s->prekey = NULL;
        CHECK(!w->failed);
    }
    secret_wipe(&m, sizeof(m));
    return rc;
}

/* --- reading --- */

size_t session_start_len(struct span message)
{
    struct rd r;
    if (message.len < SESSION_START_OPEN_SIZE || message.ptr[0] != SESSION_START_KIND) {
        return 0;
    }
    rd_init(&r, span_slice(message, SESSION_START_OPEN_SIZE - 2, 2));
    const size_t sealed = rd_u16be(&r);
    const size_t len = SESSION_START_OPEN_SIZE + sealed;
    return sealed > SESSION_START_HEAD_SIZE + AEAD_TAG_SIZE && sealed <= SESSION_START_SEALED_MAX &&
                   len <= message.len
               ? len
               : 0;
}

/* Which prekey it is; dh2 comes with that. NULL when it is none that is here. */
static const struct prekeys_key *find_key(struct mixing *m, const struct prekeys *own,
                                          struct span open)
{
    struct rd r;
    const uint8_t *ephemeral = open.ptr + 2;
    if (x25519_shared(m->dh2, own->agreement.secret, ephemeral) != 0) {
        return NULL;
    }
    rd_init(&r, span_slice(open, 2 + X25519_SIZE, 4));
    return prekeys_find(own, rd_u32be(&r) ^ number_mask(m, ephemeral));
}

/* The other secrets that need no card. */
static int recall(struct mixing *m, const struct prekeys_key *key, struct span open)
{
    struct mlkem_pair pair;
    const int rc = x25519_shared(m->dh3, key->x25519.secret, open.ptr + 2);
    if (rc == 0) {
        mlkem_from_seed(&pair, key->seed);
        mlkem_decapsulate(m->shared, pair.secret, open.ptr + 2 + X25519_SIZE + 4);
        secret_wipe(&pair, sizeof(pair));
    }
    return rc;
}

/* Check whose card it is, and mix in what it gives. */
static int read_card(struct session_start *s, struct mixing *m, const struct prekeys *own,
                     const struct prekeys_key *key, struct span text)
{
    struct prekeys_msg card;
    struct rd r;
    const struct signer *signer = own->config.signer;
    rd_init(&r, text);
    s->round = rd_u32be(&r);
    s->number = rd_u32be(&r);
    if (prekeys_msg_decode(&card, PREKEYS_MSG_CARD, rd_bytes(&r, rd_left(&r))) != 0 ||
        !span_is_equal(card.network, span_of(own->config.network, PREKEYS_MSG_NETWORK_SIZE)) ||
        signer->verify(signer->context, card.signature.ptr, card.device.ptr,
                       prekeys_msg_label(PREKEYS_MSG_CARD), card.body) != 0 ||
        x25519_shared(m->dh1, key->x25519.secret, card.agreement.ptr) != 0) {
        return WAVU_ERR_CRYPTO;
    }
    derive_keys(s, m, text);
    memcpy(s->device, card.device.ptr, sizeof(s->device));
    memcpy(s->prekey_public, key->x25519.public_key, sizeof(s->prekey_public));
    s->prekey = key;
    return 0;
}

int session_start_read(struct session_start *s, const struct prekeys *own,
                       const struct ratchet_env *env, struct span message, size_t *used)
{
    struct mixing m;
    uint8_t text[SESSION_START_HEAD_SIZE + PREKEYS_MSG_CARD_MAX];
    uint8_t room[1 + HASH_SHA256_SIZE];
    const struct span open = span_slice(message, 0, SESSION_START_OPEN_SIZE);
    const size_t len = session_start_len(message);
    enum aead_kind kind;
    if (len == 0 || aead_of_number(&kind, open.ptr[1]) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    const struct prekeys_key *key = find_key(&m, own, open);
    if (key == NULL || recall(&m, key, open) != 0) {
        secret_wipe(&m, sizeof(m));
        return WAVU_ERR_CRYPTO;
    }
    name_prelude(&m, own->config.network,
                 span_of(own->config.device->public_key, ED25519_PUBLIC_SIZE), key->bundle_hash,
                 open);
    derive_seal(&m, kind);
    const size_t text_len = len - open.len - AEAD_TAG_SIZE;
    memcpy(text, message.ptr + open.len, text_len);
    int rc = aead_open(env->aead, &m.seal, zero_nonce, associate(room, &m),
                       span_mut_of(text, text_len), message.ptr + open.len + text_len);
    if (rc == 0) {
        rc = read_card(s, &m, own, key, span_of(text, text_len));
    }
    if (rc == 0) {
        *used = len;
    }
    secret_wipe(&m, sizeof(m));
    secret_wipe(text, sizeof(text));
    return rc;
}
