/*
 * Private networks: XSalsa20 under a pre-shared key over the whole byte stream, below everything
 * else. No authentication: a wrong key shows as garbage above. Source: libp2p pnet specification
 * (PSK v1).
 */
#ifndef CRYPTO_PNET_H
#define CRYPTO_PNET_H

#include "base/span.h"
#include "wavu/err.h"

#define PNET_KEY_SIZE 32
#define PNET_NONCE_SIZE 24
#define PNET_FILE_MAX 256 /* bytes of a key file */

/* One direction. Wiped by the owner. */
struct pnet_half {
    uint8_t key[PNET_KEY_SIZE];
    uint8_t nonce[PNET_NONCE_SIZE];
    uint8_t pad[64]; /* current key block */
    uint64_t offset; /* bytes processed */
};

/** Read a key file: "/key/swarm/psk/1.0.0/\n/base16/\n<64 hex>\n" (also /base64/ and /bin/).
 * WAVU_ERR_INVALID otherwise. */
WARN_UNUSED int pnet_parse_key(uint8_t key[PNET_KEY_SIZE], struct span file);

void pnet_half_init(struct pnet_half *h, const uint8_t key[PNET_KEY_SIZE],
                    const uint8_t nonce[PNET_NONCE_SIZE]);

/** En- or decrypt the next bytes in place. */
void pnet_apply(struct pnet_half *h, struct span_mut data);

#endif
