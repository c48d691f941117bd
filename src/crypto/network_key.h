/*
 * A network's discovery key: by it members recognise each other's beacons and prove to each other
 * that they belong. Comes from what its members were given, a name and perhaps a pre-shared key.
 *
 *   PRK = HKDF-Extract("wavu network 1", 1 byte: has a pre-shared key | that key | name)
 *   key = HKDF-Expand(PRK, "discovery 1", 32)
 *
 * With a pre-shared key it is a secret of 256 bits. From a name alone it is as secret as the name:
 * it keeps networks apart and hides nothing (docs/decisions/0007-networks-by-name.md).
 */
#ifndef CRYPTO_NETWORK_KEY_H
#define CRYPTO_NETWORK_KEY_H

#include "base/span.h"
#include "wavu/err.h"

#define NETWORK_KEY_SIZE 32
#define NETWORK_KEY_PSK_SIZE 32
#define NETWORK_KEY_NAME_MAX 64 /* bytes of a name */

/** Is this a name of a network? 1 to 64 of a-z, 0-9, '.', '-' and '_': nobody can type the same one
 * in two ways. */
bool network_key_is_name(struct span name);

/** Derive the key of the network `name` (empty: that of all who hold `psk`). `psk` is
 * NETWORK_KEY_PSK_SIZE bytes or NULL. WAVU_ERR_INVALID for what is no name, and with neither. */
WARN_UNUSED int network_key_derive(uint8_t out[NETWORK_KEY_SIZE], struct span name,
                                   const uint8_t *psk);

#endif
