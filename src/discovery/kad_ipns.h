/*
 * IPNS entries of version 2, as a codec and their check. Source: specs.ipfs.tech, IPNS record and
 * protocol; DAG-CBOR (ipld.io).
 *
 *   entry = protobuf { 7 public key, unless the name has it, 8 signature, 9 data; 1 to 6: version 1
 * } data = DAG-CBOR map { TTL, Value, Sequence, Validity, ValidityType } signature: over
 * "ipns-signature:" and the bytes of data
 *
 * What version 1 says beside it is not signed here, so it must say the same or nothing.
 */
#ifndef DISCOVERY_KAD_IPNS_H
#define DISCOVERY_KAD_IPNS_H

#include "base/wr.h"
#include "crypto/ed25519.h"
#include "crypto/peerid.h"

#define KAD_IPNS_SIZE_MAX 10240 /* of an entry, as all implementations have it */
#define KAD_IPNS_DEPTH_MAX 8    /* of what stands in data beside the five fields */

struct kad_ipns {
    struct span value;    /* a path, "/ipfs/..."; borrowed */
    struct span validity; /* RFC 3339; borrowed */
    uint64_t sequence;
    uint64_t ttl_ns;
    uint64_t end_ms; /* validity as wall time */
};

/** Read the map of version 2. WAVU_ERR_PROTO: it is no DAG-CBOR, lacks a field, or a field is none
 * of its kind; WAVU_ERR_UNSUPPORTED: another kind of validity than an end. */
WARN_UNUSED int kad_ipns_decode_data(struct kad_ipns *out, struct span data);

/** Read an entry and check that `name` signed it. Errors as kad_record_check; an end that has
 * passed is none. `*out` is whole or unchanged. */
WARN_UNUSED int kad_ipns_check(struct kad_ipns *out, const struct peerid *name, struct span entry);

/** Append an entry of version 2 that `pair` signs: value, validity, sequence and ttl of `e`.
 * WAVU_ERR_LIMIT: too long; WAVU_ERR_INVALID: validity is no time. */
WARN_UNUSED int kad_ipns_seal(struct wr *w, const struct ed25519_pair *pair,
                              const struct kad_ipns *e);

#endif
