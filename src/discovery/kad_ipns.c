/*
 * IPNS entries: protobuf outside, DAG-CBOR inside.
 *
 * The inner map is read in its one form: shortest heads, definite lengths, keys in order and each
 * once. Its signature covers the bytes, so another form could only come from its own author, and
 * two readers could see two things in it.
 */
#include "discovery/kad_ipns.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "crypto/keys.h"
#include "discovery/kad_time.h"

#define SIGNED_PREFIX "ipns-signature:"
#define SIGNED_PREFIX_SIZE (sizeof SIGNED_PREFIX - 1)

/* ---- DAG-CBOR ---- */

enum cbor_major {
    CBOR_UINT = 0,
    CBOR_NEGATIVE = 1,
    CBOR_BYTES = 2,
    CBOR_TEXT = 3,
    CBOR_ARRAY = 4,
    CBOR_MAP = 5,
    CBOR_TAG = 6,
    CBOR_OTHER = 7
};

#define CBOR_TAG_LINK 42 /* the one tag of DAG-CBOR: a CID */
#define CBOR_FALSE 20
#define CBOR_NULL 22
#define CBOR_FLOAT64 27 /* of the additional information, as the next three */
#define CBOR_ONE_BYTE 24

struct cbor_head {
    unsigned major;
    uint64_t value; /* a number, a length, a count; of CBOR_OTHER what kind it is */
};

/* The head of an item; fails for what DAG-CBOR has not. */
static struct cbor_head cbor_head(struct rd *r)
{
    uint8_t first = rd_u8(r);
    unsigned info = first & 0x1fU;
    struct cbor_head h = {.major = first >> 5, .value = info};
    if (h.major == CBOR_OTHER) {
        bool is_float = info == CBOR_FLOAT64;
        (void)rd_bytes(r, is_float ? 8 : 0);
        r->failed = r->failed || !(is_float || (info >= CBOR_FALSE && info <= CBOR_NULL));
        return h;
    }
    if (info < CBOR_ONE_BYTE) {
        return h;
    }
    uint64_t least = 0; /* what needs so long a head */
    if (info == CBOR_ONE_BYTE) {
        h.value = rd_u8(r);
        least = CBOR_ONE_BYTE;
    } else if (info == CBOR_ONE_BYTE + 1) {
        h.value = rd_u16be(r);
        least = UINT64_C(1) << 8;
    } else if (info == CBOR_ONE_BYTE + 2) {
        h.value = rd_u32be(r);
        least = UINT64_C(1) << 16;
    } else if (info == CBOR_ONE_BYTE + 3) {
        h.value = rd_u64be(r);
        least = UINT64_C(1) << 32;
    } else {
        r->failed = true;
    }
    r->failed = r->failed || h.value < least;
    return h;
}

/* The bytes behind a head of `major`. */
static struct span cbor_string(struct rd *r, unsigned major)
{
    struct cbor_head h = cbor_head(r);
    if (h.major != major || h.value > rd_left(r)) {
        r->failed = true;
        return span_empty();
    }
    return rd_bytes(r, (size_t)h.value);
}

static uint64_t cbor_uint(struct rd *r)
{
    struct cbor_head h = cbor_head(r);
    r->failed = r->failed || h.major != CBOR_UINT;
    return h.value;
}

/* DAG-CBOR's order of keys: the shorter first, then by bytes. */
static bool cbor_is_behind(struct span a, struct span b)
{
    return a.len != b.len ? a.len > b.len : span_compare(a, b) > 0;
}

/* Read over one item and what it holds, `depth` levels at most. */
static void cbor_skip(struct rd *r, unsigned depth)
{
    struct cbor_head h = cbor_head(r);
    struct span last = span_empty();
    r->failed = r->failed || depth == 0;
    if (h.major == CBOR_BYTES || h.major == CBOR_TEXT) {
        r->failed = r->failed || h.value > rd_left(r);
        (void)rd_bytes(r, r->failed ? 0 : (size_t)h.value);
    } else if (h.major == CBOR_TAG) {
        r->failed = r->failed || h.value != CBOR_TAG_LINK;
        (void)cbor_string(r, CBOR_BYTES);
    } else if (h.major == CBOR_ARRAY || h.major == CBOR_MAP) {
        for (uint64_t i = 0; i < h.value && !r->failed; i++) {
            struct span key = h.major == CBOR_MAP ? cbor_string(r, CBOR_TEXT) : span_empty();
            r->failed = r->failed || (h.major == CBOR_MAP && i > 0 && !cbor_is_behind(key, last));
            last = key;
            cbor_skip(r, r->failed ? 0 : depth - 1);
        }
    }
}

enum data_key { DATA_TTL, DATA_VALUE, DATA_SEQUENCE, DATA_VALIDITY, DATA_VALIDITY_TYPE, DATA_KEYS };

static const char *const data_keys[DATA_KEYS] = {"TTL", "Value", "Sequence", "Validity",
                                                 "ValidityType"};

static enum data_key data_key_of(struct span name)
{
    unsigned key = 0;
    while (key < DATA_KEYS && !span_is_equal(name, span_from_text(data_keys[key]))) {
        key++;
    }
    return (enum data_key)key;
}

static void data_take(struct kad_ipns *e, uint64_t *type, enum data_key key, struct rd *r)
{
    switch (key) {
    case DATA_TTL:
        e->ttl_ns = cbor_uint(r);
        break;
    case DATA_VALUE:
        e->value = cbor_string(r, CBOR_BYTES);
        break;
    case DATA_SEQUENCE:
        e->sequence = cbor_uint(r);
        break;
    case DATA_VALIDITY:
        e->validity = cbor_string(r, CBOR_BYTES);
        break;
    case DATA_VALIDITY_TYPE:
        *type = cbor_uint(r);
        break;
    case DATA_KEYS: /* of somebody else, or later */
        cbor_skip(r, KAD_IPNS_DEPTH_MAX);
        break;
    }
}

int kad_ipns_decode_data(struct kad_ipns *out, struct span data)
{
    struct kad_ipns e = {0};
    struct span last = span_empty();
    struct rd r;
    unsigned seen = 0;
    uint64_t type = 0;
    rd_init(&r, data);
    struct cbor_head h = cbor_head(&r);
    if (h.major != CBOR_MAP) {
        return WAVU_ERR_PROTO;
    }
    for (uint64_t i = 0; i < h.value && !r.failed; i++) {
        struct span name = cbor_string(&r, CBOR_TEXT);
        if (r.failed || (i > 0 && !cbor_is_behind(name, last))) {
            return WAVU_ERR_PROTO;
        }
        last = name;
        enum data_key key = data_key_of(name);
        seen |= 1U << key;
        data_take(&e, &type, key, &r);
    }
    if (rd_finish(&r) != 0 || (seen & ((1U << DATA_KEYS) - 1)) != (1U << DATA_KEYS) - 1) {
        return WAVU_ERR_PROTO;
    }
    if (type != 0) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (kad_time_parse(e.validity, &e.end_ms) != 0) {
        return WAVU_ERR_PROTO;
    }
    *out = e;
    return 0;
}

/* ---- The entry ---- */

enum entry_field {
    ENTRY_VALUE = 1,
    ENTRY_SIGNATURE_1 = 2,
    ENTRY_TYPE = 3,
    ENTRY_VALIDITY = 4,
    ENTRY_SEQUENCE = 5,
    ENTRY_TTL = 6,
    ENTRY_KEY = 7,
    ENTRY_SIGNATURE = 8,
    ENTRY_DATA = 9,
    ENTRY_FIELDS = 10
};

#define ENTRY_NUMBERS (1U << ENTRY_TYPE | 1U << ENTRY_SEQUENCE | 1U << ENTRY_TTL)

struct entry {
    unsigned seen;
    struct span bytes[ENTRY_FIELDS];
    uint64_t numbers[ENTRY_FIELDS];
};

/* Each field once: an entry that names one twice could mean two things. */
static int entry_decode(struct entry *e, struct span bytes)
{
    struct pb pb;
    struct pb_field f;
    *e = (struct entry){0};
    pb_init(&pb, bytes);
    while (pb_next(&pb, &f)) {
        if (f.number >= ENTRY_FIELDS) {
            continue;
        }
        unsigned bit = 1U << f.number;
        enum pb_wire wire = (bit & ENTRY_NUMBERS) != 0 ? PB_VARINT : PB_BYTES;
        if (f.wire != wire || (e->seen & bit) != 0) {
            return WAVU_ERR_PROTO;
        }
        e->seen |= bit;
        e->bytes[f.number] = f.wire == PB_BYTES ? f.bytes : span_empty();
        e->numbers[f.number] = f.value;
    }
    unsigned needed = 1U << ENTRY_SIGNATURE | 1U << ENTRY_DATA;
    return pb_finish(&pb) == 0 && (e->seen & needed) == needed ? 0 : WAVU_ERR_PROTO;
}

/* The key that the entry brings, or the one that is in the name itself. */
static int entry_key(struct keys_public *key, const struct entry *e, const struct peerid *name)
{
    struct span serialised = e->bytes[ENTRY_KEY];
    if (serialised.len == 0) {
        bool is_identity = name->len > 2 && name->bytes[0] == 0;
        serialised = is_identity ? span_slice(peerid_span(name), 2, name->len) : span_empty();
    }
    int rc = keys_public_decode(key, serialised);
    if (rc == 0) {
        struct peerid id;
        peerid_from_key(&id, serialised);
        rc = peerid_is_equal(&id, name) ? 0 : WAVU_ERR_CRYPTO;
    }
    return rc;
}

static int entry_verify(const struct entry *e, const struct peerid *name)
{
    uint8_t message[SIGNED_PREFIX_SIZE + KAD_IPNS_SIZE_MAX];
    struct keys_public key;
    struct wr w;
    int rc = entry_key(&key, e, name);
    if (rc != 0) {
        return rc;
    }
    wr_init(&w, span_mut_of(message, sizeof message));
    wr_text(&w, SIGNED_PREFIX);
    wr_bytes(&w, e->bytes[ENTRY_DATA]);
    CHECK(wr_finish(&w) == 0); /* data is a part of the entry */
    return keys_verify(&key, wr_span(&w), e->bytes[ENTRY_SIGNATURE]);
}

/* What is said in the form of version 1 besides, readers of that form would believe. */
static bool entry_is_one(const struct entry *e, const struct kad_ipns *data)
{
    if ((e->seen & (1U << ENTRY_VALUE | 1U << ENTRY_SIGNATURE_1)) == 0) {
        return true;
    }
    return span_is_equal(e->bytes[ENTRY_VALUE], data->value) &&
           span_is_equal(e->bytes[ENTRY_VALIDITY], data->validity) && e->numbers[ENTRY_TYPE] == 0 &&
           e->numbers[ENTRY_SEQUENCE] == data->sequence && e->numbers[ENTRY_TTL] == data->ttl_ns;
}

int kad_ipns_check(struct kad_ipns *out, const struct peerid *name, struct span bytes)
{
    struct entry e;
    struct kad_ipns data;
    if (bytes.len > KAD_IPNS_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    int rc = entry_decode(&e, bytes);
    rc = rc != 0 ? rc : kad_ipns_decode_data(&data, e.bytes[ENTRY_DATA]);
    rc = rc != 0 ? rc : entry_verify(&e, name);
    if (rc == 0 && !entry_is_one(&e, &data)) {
        rc = WAVU_ERR_PROTO;
    }
    if (rc == 0) {
        *out = data;
    }
    return rc;
}

/* ---- Making one ---- */

static void cbor_write_head(struct wr *w, unsigned major, uint64_t value)
{
    uint8_t first = (uint8_t)(major << 5);
    if (value < CBOR_ONE_BYTE) {
        wr_u8(w, (uint8_t)(first | value));
    } else if (value < UINT64_C(1) << 8) {
        wr_u8(w, first | CBOR_ONE_BYTE);
        wr_u8(w, (uint8_t)value);
    } else if (value < UINT64_C(1) << 16) {
        wr_u8(w, (uint8_t)(first | (CBOR_ONE_BYTE + 1)));
        wr_u16be(w, (uint16_t)value);
    } else if (value < UINT64_C(1) << 32) {
        wr_u8(w, (uint8_t)(first | (CBOR_ONE_BYTE + 2)));
        wr_u32be(w, (uint32_t)value);
    } else {
        wr_u8(w, (uint8_t)(first | (CBOR_ONE_BYTE + 3)));
        wr_u64be(w, value);
    }
}

static void cbor_write_string(struct wr *w, unsigned major, struct span s)
{
    cbor_write_head(w, major, s.len);
    wr_bytes(w, s);
}

static void data_write(struct wr *w, const struct kad_ipns *e)
{
    cbor_write_head(w, CBOR_MAP, DATA_KEYS);
    cbor_write_string(w, CBOR_TEXT, span_from_text(data_keys[DATA_TTL]));
    cbor_write_head(w, CBOR_UINT, e->ttl_ns);
    cbor_write_string(w, CBOR_TEXT, span_from_text(data_keys[DATA_VALUE]));
    cbor_write_string(w, CBOR_BYTES, e->value);
    cbor_write_string(w, CBOR_TEXT, span_from_text(data_keys[DATA_SEQUENCE]));
    cbor_write_head(w, CBOR_UINT, e->sequence);
    cbor_write_string(w, CBOR_TEXT, span_from_text(data_keys[DATA_VALIDITY]));
    cbor_write_string(w, CBOR_BYTES, e->validity);
    cbor_write_string(w, CBOR_TEXT, span_from_text(data_keys[DATA_VALIDITY_TYPE]));
    cbor_write_head(w, CBOR_UINT, 0);
}

int kad_ipns_seal(struct wr *w, const struct ed25519_pair *pair, const struct kad_ipns *e)
{
    uint8_t message[SIGNED_PREFIX_SIZE + KAD_IPNS_SIZE_MAX];
    uint8_t signature[ED25519_SIGNATURE_SIZE];
    struct wr inner;
    uint64_t end_ms = 0;
    if (kad_time_parse(e->validity, &end_ms) != 0) {
        return WAVU_ERR_INVALID;
    }
    wr_init(&inner, span_mut_of(message, sizeof message));
    wr_text(&inner, SIGNED_PREFIX);
    data_write(&inner, e);
    struct span data = span_slice(wr_span(&inner), SIGNED_PREFIX_SIZE, sizeof message);
    size_t size = pb_bytes_size(ENTRY_SIGNATURE, ED25519_SIGNATURE_SIZE) +
                  pb_bytes_size(ENTRY_DATA, data.len);
    if (wr_finish(&inner) != 0 || size > KAD_IPNS_SIZE_MAX || w->failed ||
        size > w->out.len - w->len) {
        return WAVU_ERR_LIMIT;
    }
    ed25519_sign(signature, pair, wr_span(&inner));
    pb_write_bytes(w, ENTRY_SIGNATURE, span_of(signature, sizeof signature));
    pb_write_bytes(w, ENTRY_DATA, data);
    return wr_finish(w);
}
