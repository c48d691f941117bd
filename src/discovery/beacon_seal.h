/*
 * Beacons of closed networks: a fresh nonce, its HMAC under the network's discovery key, and the
 * content sealed under a key that is made of both for this packet alone. Who has not the key sees
 * random bytes of one size. Pure.
 */
#ifndef DISCOVERY_BEACON_SEAL_H
#define DISCOVERY_BEACON_SEAL_H

#include "base/random.h"
#include "crypto/aead.h"
#include "discovery/beacon_msg.h"

#define BEACON_SEAL_KEY_SIZE 32

/** Append the whole packet of `content`. WAVU_ERR_LIMIT when that does not fit the fixed size. */
WARN_UNUSED int beacon_seal_write(struct wr *w, struct aead *aead,
                                  const uint8_t key[BEACON_SEAL_KEY_SIZE],
                                  const struct random *random, const struct beacon_msg *content);

/** Was this packet made under `key`? */
bool beacon_seal_is_ours(const uint8_t key[BEACON_SEAL_KEY_SIZE],
                         const struct beacon_msg_packet *packet);

/** Open a packet made under `key`; the content borrows from `room`. WAVU_ERR_CRYPTO or _PROTO. */
WARN_UNUSED int beacon_seal_open(struct beacon_msg *content, struct aead *aead,
                                 const uint8_t key[BEACON_SEAL_KEY_SIZE],
                                 const struct beacon_msg_packet *packet,
                                 uint8_t room[BEACON_MSG_PLAIN_SIZE]);

#endif
