/*
 * Sealing beacons.
 *
 *   tag      = HMAC-SHA-256(key, "wavu beacon tag 1" | nonce)
 *   one-time = HMAC-SHA-256(key, "wavu beacon seal 1" | nonce)
 *   sealed   = ChaCha20-Poly1305(one-time, nonce 0, ad = tag, length | content | zeros)
 */
#include "discovery/beacon_seal.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/secret.h"

_Static_assert(BEACON_MSG_TAG_SIZE == HASH_SHA256_SIZE && BEACON_MSG_MAC_SIZE == AEAD_TAG_SIZE &&
                   AEAD_KEY_SIZE == HASH_SHA256_SIZE,
               "sizes on the wire are those of the primitives");

#define TAG_LABEL "wavu beacon tag 1"
#define SEAL_LABEL "wavu beacon seal 1"

static const uint8_t seal_nonce[AEAD_NONCE_SIZE] = {0}; /* each one-time key seals once */

static void seal_derive(uint8_t out[HASH_SHA256_SIZE], const uint8_t key[BEACON_SEAL_KEY_SIZE],
                        const char *purpose, struct span nonce)
{
    struct span pieces[2] = {span_from_text(purpose), nonce};
    hash_hmac_sha256(out, span_of(key, BEACON_SEAL_KEY_SIZE), pieces, 2);
}

static void seal_one_time(struct aead_key *out, const uint8_t key[BEACON_SEAL_KEY_SIZE],
                          struct span nonce)
{
    out->kind = AEAD_CHACHA20_POLY1305;
    out->is_passing = true;
    seal_derive(out->bytes, key, SEAL_LABEL, nonce);
}

int beacon_seal_write(struct wr *w, struct aead *aead, const uint8_t key[BEACON_SEAL_KEY_SIZE],
                      const struct random *random, const struct beacon_msg *content)
{
    uint8_t nonce[BEACON_MSG_NONCE_SIZE];
    uint8_t tag[BEACON_MSG_TAG_SIZE];
    uint8_t mac[BEACON_MSG_MAC_SIZE];
    uint8_t plain[BEACON_MSG_PLAIN_SIZE] = {0};
    struct span nonce_span = span_of(nonce, sizeof nonce);
    struct aead_key one_time;
    struct wr body;
    wr_init(&body, span_mut_of(plain + 2, sizeof plain - 2));
    beacon_msg_encode(&body, content);
    if (wr_finish(&body) < 0) {
        return WAVU_ERR_LIMIT;
    }
    plain[0] = (uint8_t)(body.len >> 8);
    plain[1] = (uint8_t)body.len;
    random_fill(random, nonce, sizeof nonce);
    seal_derive(tag, key, TAG_LABEL, nonce_span);
    seal_one_time(&one_time, key, nonce_span);
    aead_seal(aead, &one_time, seal_nonce, span_of(tag, sizeof tag),
              span_mut_of(plain, sizeof plain), mac);
    secret_wipe(&one_time, sizeof one_time);
    beacon_msg_write_head(w, BEACON_MSG_CLOSED);
    wr_bytes(w, nonce_span);
    wr_bytes(w, span_of(tag, sizeof tag));
    wr_bytes(w, span_of(plain, sizeof plain));
    wr_bytes(w, span_of(mac, sizeof mac));
    return wr_finish(w);
}

bool beacon_seal_is_ours(const uint8_t key[BEACON_SEAL_KEY_SIZE],
                         const struct beacon_msg_packet *packet)
{
    uint8_t tag[BEACON_MSG_TAG_SIZE];
    seal_derive(tag, key, TAG_LABEL, packet->nonce);
    return secret_is_equal(tag, packet->tag.ptr, sizeof tag);
}

int beacon_seal_open(struct beacon_msg *content, struct aead *aead,
                     const uint8_t key[BEACON_SEAL_KEY_SIZE],
                     const struct beacon_msg_packet *packet, uint8_t room[BEACON_MSG_PLAIN_SIZE])
{
    struct aead_key one_time;
    seal_one_time(&one_time, key, packet->nonce);
    memcpy(room, packet->sealed.ptr, BEACON_MSG_PLAIN_SIZE);
    int rc = aead_open(aead, &one_time, seal_nonce, packet->tag,
                       span_mut_of(room, BEACON_MSG_PLAIN_SIZE),
                       packet->sealed.ptr + BEACON_MSG_PLAIN_SIZE);
    secret_wipe(&one_time, sizeof one_time);
    if (rc < 0) {
        return rc;
    }
    size_t len = (size_t)room[0] << 8 | room[1];
    if (len > BEACON_MSG_PLAIN_SIZE - 2) {
        return WAVU_ERR_PROTO;
    }
    return beacon_msg_decode(content, BEACON_MSG_CLOSED, span_of(room + 2, len));
}
