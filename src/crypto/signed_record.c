/*
 * Signed envelopes: records come from identify and gossip, checked contents leave to the peerbook;
 * our own record leaves signed.
 *
 * The signature covers, each behind its length as a varint: domain, payload type, payload.
 */
#include "crypto/signed_record.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "wavu/err.h"

#define DOMAIN_MAX 64      /* characters: those of libp2p have 18 */
#define SIGNED_HEADS_MAX 9 /* three varints of at most three bytes */
#define SIGNED_MAX (SIGNED_RECORD_SIZE_MAX + DOMAIN_MAX + SIGNED_HEADS_MAX)

enum field { FIELD_KEY = 1, FIELD_TYPE = 2, FIELD_PAYLOAD = 3, FIELD_SIGNATURE = 5 };
#define FIELDS_ALL                                                                                 \
    (1u << FIELD_KEY | 1u << FIELD_TYPE | 1u << FIELD_PAYLOAD | 1u << FIELD_SIGNATURE)

enum record_field { RECORD_PEER = 1, RECORD_SEQ = 2, RECORD_ADDRESS = 3 };
enum address_field { ADDRESS_MULTIADDR = 1 };

static const char record_domain[] = "libp2p-peer-record";
static const uint8_t record_type[] = {0x03, 0x01};

/* Append what is signed. Each part stands behind its length, so that no two triples give the same
 * bytes. */
static void write_signed(struct wr *w, const char *domain, struct span type, struct span payload)
{
    const struct span name = span_from_text(domain);
    CHECK(name.len <= DOMAIN_MAX);
    wr_prefixed(w, name);
    wr_prefixed(w, type);
    wr_prefixed(w, payload);
}

/* Where the content of envelope field `number` belongs; NULL for unknown fields. */
static struct span *slot_of(struct signed_record *e, uint32_t number)
{
    switch (number) {
    case FIELD_KEY:
        return &e->key;
    case FIELD_TYPE:
        return &e->payload_type;
    case FIELD_PAYLOAD:
        return &e->payload;
    case FIELD_SIGNATURE:
        return &e->signature;
    default:
        return NULL;
    }
}

/* Read the four fields, each of which must stand there once: an envelope that names one twice could
 * mean different things to two readers. */
static int decode(struct signed_record *e, struct span bytes)
{
    struct pb pb;
    struct pb_field field;
    unsigned seen = 0; /* a bit for each field number */
    pb_init(&pb, bytes);
    while (pb_next(&pb, &field)) {
        struct span *slot = slot_of(e, field.number);
        if (slot == NULL) {
            continue;
        }
        if (field.wire != PB_BYTES || (seen & 1u << field.number) != 0) {
            return WAVU_ERR_PROTO;
        }
        seen |= 1u << field.number;
        *slot = field.bytes;
    }
    return pb_finish(&pb) == 0 && seen == FIELDS_ALL ? 0 : WAVU_ERR_PROTO;
}

int signed_record_open(struct signed_record *e, struct span bytes, const char *domain)
{
    *e = (struct signed_record){0};
    if (bytes.len > SIGNED_RECORD_SIZE_MAX) {
        return WAVU_ERR_PROTO;
    }
    struct signed_record read = {0};
    struct keys_public key;
    int rc = decode(&read, bytes);
    if (rc == 0) {
        rc = keys_public_decode(&key, read.key);
    }
    if (rc != 0) {
        return rc;
    }
    uint8_t message[SIGNED_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(message, sizeof(message)));
    write_signed(&w, domain, read.payload_type, read.payload);
    CHECK(wr_finish(&w) == 0); /* type and payload are parts of `bytes` */
    rc = keys_verify(&key, wr_span(&w), read.signature);
    if (rc != 0) {
        return rc;
    }
    peerid_from_key(&read.signer, read.key);
    *e = read;
    return 0;
}

int signed_record_seal_of(struct wr *w, const struct identity_key *key, const char *domain,
                          struct span payload_type, struct span payload)
{
    uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX];
    size_t signature_len = 0;
    uint8_t message[SIGNED_MAX];
    struct wr inner;
    if (payload_type.len + payload.len > SIGNED_RECORD_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    wr_init(&inner, span_mut_of(message, sizeof(message)));
    write_signed(&inner, domain, payload_type, payload);
    CHECK(wr_finish(&inner) == 0);
    int rc = identity_key_sign(key, wr_span(&inner), signature, &signature_len);
    if (rc != 0) {
        return rc;
    }
    const size_t size = pb_bytes_size(FIELD_KEY, identity_key_public(key).len) +
                        pb_bytes_size(FIELD_TYPE, payload_type.len) +
                        pb_bytes_size(FIELD_PAYLOAD, payload.len) +
                        pb_bytes_size(FIELD_SIGNATURE, signature_len);
    if (size > SIGNED_RECORD_SIZE_MAX || w->failed || size > w->out.len - w->len) {
        return WAVU_ERR_LIMIT;
    }
    pb_write_bytes(w, FIELD_KEY, identity_key_public(key));
    pb_write_bytes(w, FIELD_TYPE, payload_type);
    pb_write_bytes(w, FIELD_PAYLOAD, payload);
    pb_write_bytes(w, FIELD_SIGNATURE, span_of(signature, signature_len));
    return wr_finish(w);
}

int signed_record_seal(struct wr *w, const struct ed25519_pair *pair, const char *domain,
                       struct span payload_type, struct span payload)
{
    struct identity_key *key = identity_key_from_pair(pair);
    int rc = signed_record_seal_of(w, key, domain, payload_type, payload);
    identity_key_unref(key);
    return rc;
}

/* Peer records */

/* Read one AddressInfo; one without a multiaddr, or beyond the maximum, is left out. */
static int take_address(struct signed_record_peer *r, struct span info)
{
    struct pb pb;
    struct pb_field field;
    struct span address = span_empty();
    pb_init(&pb, info);
    while (pb_next(&pb, &field)) {
        if (field.number == ADDRESS_MULTIADDR) {
            if (field.wire != PB_BYTES) {
                return WAVU_ERR_PROTO;
            }
            address = field.bytes;
        }
    }
    if (pb_finish(&pb) != 0) {
        return WAVU_ERR_PROTO;
    }
    if (address.len > 0 && r->address_count < SIGNED_RECORD_ADDRESSES_MAX) {
        r->addresses[r->address_count++] = address;
    }
    return 0;
}

/* Take one field of a PeerRecord into `r`; unknown ones are skipped. */
static int take_record_field(struct signed_record_peer *r, const struct pb_field *field)
{
    switch (field->number) {
    case RECORD_PEER:
        if (field->wire != PB_BYTES || peerid_decode(&r->peer, field->bytes) != 0) {
            return WAVU_ERR_PROTO;
        }
        return 0;
    case RECORD_SEQ:
        if (field->wire != PB_VARINT) {
            return WAVU_ERR_PROTO;
        }
        r->seq = field->value;
        return 0;
    case RECORD_ADDRESS:
        return field->wire == PB_BYTES ? take_address(r, field->bytes) : WAVU_ERR_PROTO;
    default:
        return 0;
    }
}

int signed_record_open_peer(struct signed_record_peer *r, struct span bytes)
{
    struct signed_record e;
    *r = (struct signed_record_peer){0};
    int rc = signed_record_open(&e, bytes, record_domain);
    if (rc != 0) {
        return rc;
    }
    if (!span_is_equal(e.payload_type, span_of(record_type, sizeof(record_type)))) {
        return WAVU_ERR_PROTO;
    }
    struct pb pb;
    struct pb_field field;
    pb_init(&pb, e.payload);
    while (rc == 0 && pb_next(&pb, &field)) {
        rc = take_record_field(r, &field);
    }
    if (rc == 0) {
        rc = pb_finish(&pb);
    }
    if (rc == 0 && !peerid_is_equal(&r->peer, &e.signer)) {
        rc = WAVU_ERR_CRYPTO; /* a record is only the peer's own word; also without a peer */
    }
    if (rc != 0) {
        *r = (struct signed_record_peer){0};
    }
    return rc;
}

int signed_record_seal_peer_of(struct wr *w, const struct identity_key *key, uint64_t seq,
                               const struct span *addresses, size_t count)
{
    if (count > SIGNED_RECORD_ADDRESSES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    uint8_t payload[SIGNED_RECORD_SIZE_MAX];
    struct wr inner;
    wr_init(&inner, span_mut_of(payload, sizeof(payload)));
    pb_write_bytes(&inner, RECORD_PEER, peerid_span(identity_key_peerid(key)));
    pb_write_varint(&inner, RECORD_SEQ, seq);
    for (size_t i = 0; i < count; i++) {
        pb_write_head(&inner, RECORD_ADDRESS, pb_bytes_size(ADDRESS_MULTIADDR, addresses[i].len));
        pb_write_bytes(&inner, ADDRESS_MULTIADDR, addresses[i]);
    }
    int rc = wr_finish(&inner);
    if (rc != 0) {
        return rc;
    }
    return signed_record_seal_of(w, key, record_domain, span_of(record_type, sizeof(record_type)),
                                 wr_span(&inner));
}

int signed_record_seal_peer(struct wr *w, const struct ed25519_pair *pair, uint64_t seq,
                            const struct span *addresses, size_t count)
{
    struct identity_key *key = identity_key_from_pair(pair);
    int rc = signed_record_seal_peer_of(w, key, seq, addresses, count);
    identity_key_unref(key);
    return rc;
}
