/*
 * The certificate of libp2p's TLS: self-signed by a key of the moment, with an extension in which
 * the peer's own key signs that one. Source: libp2p tls specification; docs/protocol/tls.md.
 */
#ifndef CRYPTO_TLS_CERT_H
#define CRYPTO_TLS_CERT_H

#include "base/random.h"
#include "crypto/identity_key.h"

#define TLS_CERT_SIZE_MAX 4096 /* DER; with an RSA key of 8,192 bits about 2,500 */

/* Who a certificate is of. */
struct tls_cert_peer {
    struct peerid id;
    size_t key_len;
    uint8_t key[KEYS_PUBLIC_SIZE_MAX]; /* serialised PublicKey */
};

/* Our own, and the key of it. The owner clears it: the key is secret. */
struct tls_cert {
    size_t len;
    size_t key_len;
    uint8_t der[TLS_CERT_SIZE_MAX];
    uint8_t key[256]; /* PKCS#8 would be longer: RFC 5915 of P-256 */
};

/** Make a P-256 key and a certificate of it that `key` vouches for. WAVU_ERR_CRYPTO when a library
 * fails. */
WARN_UNUSED int tls_cert_make(struct tls_cert *cert, const struct identity_key *key,
                              const struct random *random);

/** Check the one certificate that a peer showed, and say who it is. `wall_s` is the time (Unix,
 * seconds), 0 where nobody knows it: the validity is not looked at then. WAVU_ERR_PROTO: malformed,
 * without the extension, with a critical one that we do not know, or by a key that is none of ours;
 * WAVU_ERR_TIMEOUT: not yet or no longer valid; WAVU_ERR_CRYPTO: one of the two signatures is
 * wrong; WAVU_ERR_UNSUPPORTED: a kind of key that we do not know. `*peer` is zeroed then. */
WARN_UNUSED int tls_cert_check(struct tls_cert_peer *peer, struct span der, uint64_t wall_s);

#endif
