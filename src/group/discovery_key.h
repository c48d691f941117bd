/*
 * A network's discovery key, from its membership log: by it members recognise each other's beacons
 * and prove on a link which network they mean. It changes with each revocation that stands, and
 * who is told no operation any more cannot compute the next one.
 *
 *   key = kdf(network id, "wavu network discovery 1", salts of what stands, ascending, joined; 32)
 *
 * Source: docs/protocol/network.md. Networks by name have another: crypto/network_key.h.
 */
#ifndef GROUP_DISCOVERY_KEY_H
#define GROUP_DISCOVERY_KEY_H

#include "members/members_state.h"

#define DISCOVERY_KEY_SIZE 32

/** The key of now; `s` is the log's state: what came into the log after it plays no part. The
 * caller wipes it. */
void discovery_key_of(uint8_t key[DISCOVERY_KEY_SIZE], const struct members_state *s);

/** The network's first key, before anything was revoked: whoever has ever had the log knows it. */
void discovery_key_first(uint8_t key[DISCOVERY_KEY_SIZE],
                         const uint8_t network[MEMBERS_MSG_ID_SIZE]);

#endif
