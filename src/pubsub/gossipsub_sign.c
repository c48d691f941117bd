/*
 * Ids and signatures of gossipsub's messages.
 */
#include "pubsub/gossipsub_sign.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"

#define IDENTITY 0x00      /* code of the multihash that holds its bytes as they are */
#define IDENTITY_HEAD 2    /* code and length before them */
#define KEY_TAG_TYPE 0x08  /* a serialised key: type ... */
#define KEY_TAG_DATA 0x12  /* ... and data */
#define KEY_HEAD 4         /* both tags, the type, the length of the data */
#define SIGNED_STACK 2048u /* what is signed of most messages; larger ones take the heap */

void gossipsub_sign_write_signed(struct wr *w, const struct gossipsub_msg_publish *m)
{
    struct gossipsub_msg_publish bare = *m;
    bare.signature = span_empty();
    bare.key = span_empty();
    wr_text(w, GOSSIPSUB_SIGN_PREFIX);
    gossipsub_msg_publish_encode(w, &bare);
}

_Static_assert(IDENTITY_KEY_SIGNATURE_MAX <= KEYS_SIGNATURE_MAX, "any signature has room");

/* What is signed, in `stack` or on the heap: then `*heap` is to be freed. */
static struct span gossipsub_sign_signed(const struct gossipsub_msg_publish *m,
                                         uint8_t stack[SIGNED_STACK], uint8_t **heap)
{
    struct wr w;
    *heap = NULL;
    wr_init(&w, span_mut_of(stack, SIGNED_STACK));
    gossipsub_sign_write_signed(&w, m);
    if (w.failed) {
        *heap = mem_new_raw(w.len);
        wr_init(&w, span_mut_of(*heap, w.len));
        gossipsub_sign_write_signed(&w, m);
    }
    return wr_span(&w);
}

static size_t gossipsub_sign_by_pair(void *context, uint8_t signature[KEYS_SIGNATURE_MAX],
                                     const struct gossipsub_msg_publish *m)
{
    uint8_t stack[SIGNED_STACK];
    uint8_t *heap;
    ed25519_sign(signature, context, gossipsub_sign_signed(m, stack, &heap));
    mem_free(heap);
    return ED25519_SIGNATURE_SIZE;
}

static int gossipsub_sign_verify_key(void *context, const struct gossipsub_msg_publish *m,
                                     struct span key)
{
    (void)context;
    struct keys_public public_key;
    uint8_t stack[SIGNED_STACK];
    uint8_t *heap;
    if (keys_public_decode(&public_key, key) < 0) {
        return WAVU_ERR_CRYPTO;
    }
    int rc = keys_verify(&public_key, gossipsub_sign_signed(m, stack, &heap), m->signature);
    mem_free(heap);
    return rc;
}

struct gossipsub_sign gossipsub_sign_ed25519(struct ed25519_pair *pair)
{
    return (struct gossipsub_sign){
        .sign = gossipsub_sign_by_pair, .verify = gossipsub_sign_verify_key, .context = pair};
}

static size_t gossipsub_sign_by_identity(void *context, uint8_t signature[KEYS_SIGNATURE_MAX],
                                         const struct gossipsub_msg_publish *m)
{
    uint8_t stack[SIGNED_STACK];
    uint8_t *heap;
    size_t len = 0;
    int rc = identity_key_sign(context, gossipsub_sign_signed(m, stack, &heap), signature, &len);
    mem_free(heap);
    return rc == 0 ? len : 0;
}

struct gossipsub_sign gossipsub_sign_identity(struct identity_key *key)
{
    const struct peerid *id = identity_key_peerid(key);
    return (struct gossipsub_sign){.sign = gossipsub_sign_by_identity,
                                   .verify = gossipsub_sign_verify_key,
                                   .context = key,
                                   .key = id->bytes[0] == IDENTITY ? span_empty()
                                                                   : identity_key_public(key)};
}

int gossipsub_sign_name(struct gossipsub_sign_id *id, enum gossipsub_sign_policy policy,
                        const struct gossipsub_msg_publish *m)
{
    struct peerid author;
    switch (policy) {
    case GOSSIPSUB_SIGN_STRICT:
        if (m->seqno.len != GOSSIPSUB_SIGN_SEQNO_SIZE || m->signature.len == 0 ||
            m->from.len == 0 || peerid_decode(&author, m->from) < 0) {
            return WAVU_ERR_PROTO;
        }
        id->len = (uint8_t)(author.len + GOSSIPSUB_SIGN_SEQNO_SIZE);
        memcpy(id->bytes, author.bytes, author.len);
        memcpy(id->bytes + author.len, m->seqno.ptr, GOSSIPSUB_SIGN_SEQNO_SIZE);
        return 0;
    case GOSSIPSUB_SIGN_NONE:
        if (m->from.ptr != NULL || m->seqno.ptr != NULL || m->signature.ptr != NULL ||
            m->key.ptr != NULL) {
            return WAVU_ERR_PROTO;
        }
        id->len = HASH_SHA256_SIZE;
        hash_sha256(id->bytes, m->data);
        return 0;
    }
    return WAVU_ERR_PROTO;
}

/* Is that a key that a peer id holds whole, and a seqno behind it? */
static bool gossipsub_sign_is_by_key(struct span id)
{
    return id.len > KEY_HEAD + GOSSIPSUB_SIGN_SEQNO_SIZE && id.ptr[0] == KEY_TAG_TYPE &&
           id.ptr[2] == KEY_TAG_DATA &&
           id.len == (size_t)KEY_HEAD + id.ptr[3] + GOSSIPSUB_SIGN_SEQNO_SIZE &&
           id.len + IDENTITY_HEAD <= PEERID_SIZE_MAX + GOSSIPSUB_SIGN_SEQNO_SIZE;
}

int gossipsub_sign_named(struct gossipsub_sign_id *id, struct span named)
{
    size_t head = gossipsub_sign_is_by_key(named) ? IDENTITY_HEAD : 0;
    if (named.len == 0 || named.len + head > sizeof id->bytes) {
        return WAVU_ERR_LIMIT;
    }
    if (head > 0) {
        id->bytes[0] = IDENTITY;
        id->bytes[1] = (uint8_t)(named.len - GOSSIPSUB_SIGN_SEQNO_SIZE);
    }
    memcpy(id->bytes + head, named.ptr, named.len);
    id->len = (uint8_t)(named.len + head);
    return 0;
}

struct span gossipsub_sign_by_key(const struct gossipsub_sign_id *id)
{
    struct span s = gossipsub_sign_id_span(id);
    struct span key = span_slice(s, IDENTITY_HEAD, s.len);
    bool is_identity = s.len > IDENTITY_HEAD && s.ptr[0] == IDENTITY &&
                       s.ptr[1] + (size_t)IDENTITY_HEAD + GOSSIPSUB_SIGN_SEQNO_SIZE == s.len;
    return is_identity && gossipsub_sign_is_by_key(key) ? key : span_empty();
}

/* The author's key: in its id, or beside it and then the one that the id names. */
static int gossipsub_sign_key(struct span *key, const struct gossipsub_msg_publish *m)
{
    struct peerid named;
    if (m->key.ptr == NULL) {
        *key = span_slice(m->from, IDENTITY_HEAD, m->from.len);
        return m->from.len > IDENTITY_HEAD && m->from.ptr[0] == IDENTITY ? 0 : WAVU_ERR_CRYPTO;
    }
    if (m->key.len == 0 || m->key.len > KEYS_PUBLIC_SIZE_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    *key = m->key;
    peerid_from_key(&named, m->key);
    return span_is_equal(peerid_span(&named), m->from) ? 0 : WAVU_ERR_CRYPTO;
}

int gossipsub_sign_verify(const struct gossipsub_sign *s, enum gossipsub_sign_policy policy,
                          const struct gossipsub_msg_publish *m)
{
    struct span key;
    if (policy == GOSSIPSUB_SIGN_NONE) {
        return 0;
    }
    if (m->signature.len > KEYS_SIGNATURE_MAX) {
        return WAVU_ERR_CRYPTO;
    }
    int rc = gossipsub_sign_key(&key, m);
    return rc == 0 ? s->verify(s->context, m, key) : rc;
}

void gossipsub_sign_write(struct wr *w, const struct gossipsub_sign *s,
                          enum gossipsub_sign_policy policy, const struct peerid *self,
                          uint64_t seqno, const struct gossipsub_msg_publish *m)
{
    struct gossipsub_msg_publish out = {.data = m->data, .topic = m->topic};
    uint8_t number[GOSSIPSUB_SIGN_SEQNO_SIZE];
    uint8_t signature[KEYS_SIGNATURE_MAX];
    struct wr n;
    wr_init(&n, span_mut_of(number, sizeof number));
    wr_u64be(&n, seqno);
    if (policy == GOSSIPSUB_SIGN_STRICT) {
        out.from = peerid_span(self);
        out.seqno = wr_span(&n);
        out.signature = span_of(signature, s->sign(s->context, signature, &out));
        out.key = s->key.len > 0 ? s->key : span_empty();
    }
    gossipsub_msg_publish_encode(w, &out);
}
