/*
 * Signed envelopes and the peer records in them. Source: libp2p RFC 2 and 3 as the implementations
 * do it (domain "libp2p-peer-record", payload type 03 01).
 *
 * This is libp2p's record envelope, not courier/envelope.h (door 3).
 */
#ifndef CRYPTO_SIGNED_RECORD_H
#define CRYPTO_SIGNED_RECORD_H

#include "base/wr.h"
#include "crypto/identity_key.h"

#define SIGNED_RECORD_SIZE_MAX 4096 /* a peer record with 32 addresses fits */
#define SIGNED_RECORD_ADDRESSES_MAX 32

struct signed_record {
    struct span key; /* serialised PublicKey; all borrowed from the input */
    struct span payload_type;
    struct span payload;
    struct span signature;
    struct peerid signer; /* id of key */
};

/** Parse and check the signature under `domain`. WAVU_ERR_PROTO (also when longer than
 * SIGNED_RECORD_SIZE_MAX), WAVU_ERR_CRYPTO, or WAVU_ERR_UNSUPPORTED for an unknown kind of key. */
WARN_UNUSED int signed_record_open(struct signed_record *e, struct span bytes, const char *domain);

/** As signed_record_seal by a key of any type; also as identity_key_sign. */
WARN_UNUSED int signed_record_seal_of(struct wr *w, const struct identity_key *key,
                                      const char *domain, struct span payload_type,
                                      struct span payload);

/** Sign `payload` and append the envelope to `w`; WAVU_ERR_LIMIT, and nothing appended, when it
 * does not fit or is longer than SIGNED_RECORD_SIZE_MAX. */
WARN_UNUSED int signed_record_seal(struct wr *w, const struct ed25519_pair *pair,
                                   const char *domain, struct span payload_type,
                                   struct span payload);

/* A peer's addresses, signed by itself. */
struct signed_record_peer {
    struct peerid peer;
    uint64_t seq;                                       /* grows with each record of this peer */
    struct span addresses[SIGNED_RECORD_ADDRESSES_MAX]; /* binary multiaddrs; borrowed */
    size_t address_count;
};

/** Open an envelope with a peer record and check that the signer is its peer. Addresses beyond the
 * maximum are dropped. */
WARN_UNUSED int signed_record_open_peer(struct signed_record_peer *r, struct span bytes);

/** Sign and append the record of the peer of `key`, or of `pair`. */
WARN_UNUSED int signed_record_seal_peer_of(struct wr *w, const struct identity_key *key,
                                           uint64_t seq, const struct span *addresses,
                                           size_t count);
WARN_UNUSED int signed_record_seal_peer(struct wr *w, const struct ed25519_pair *pair, uint64_t seq,
                                        const struct span *addresses, size_t count);

#endif
