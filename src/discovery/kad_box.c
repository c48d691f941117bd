/*
 * Boxes: a signed body around a sealed content, both by keys that follow from the network's
 * discovery key. Formats: docs/protocol/kad.proto (Box, BoxBody), kad.md "Boxes".
 */
#include "discovery/kad_box.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "crypto/signer.h"

#define LABEL_KEYS "wavu kad keys 1"
#define LABEL_SALT "wavu kad salt 1"
#define LABEL_SEAL "wavu kad seal 1"
#define LABEL_CONTENT "wavu kad content 1"
#define LABEL_BOX "wavu kad box 1"

#define KEY_PREFIX "/wavu-box/"
#define FORMAT 1
#define SALT_SIZE 16
#define DAY_MS (UINT64_C(24) * 3600 * 1000)
#define LENGTH_SIZE 2 /* of the content */
#define PLAIN_MAX                                                                                  \
    ((LENGTH_SIZE + KAD_BOX_CONTENT_MAX + SIGNER_SIZE + KAD_BOX_PAD - 1) / KAD_BOX_PAD *           \
     KAD_BOX_PAD)
#define BODY_EXTRA_MAX 64 /* format, sequence, end, aead, salt, heads: 2, 11, 11, 2, 18, 4 */
#define BOX_EXTRA_MAX 70  /* heads of body and signature, 4 and 2; the signature */

_Static_assert(PLAIN_MAX + AEAD_TAG_SIZE + BODY_EXTRA_MAX + BOX_EXTRA_MAX <= KAD_BOX_SIZE_MAX,
               "the longest content fits");
_Static_assert(KAD_BOX_KEY_SIZE == sizeof KEY_PREFIX - 1 + ED25519_PUBLIC_SIZE, "a key");

enum box_field { BOX_BODY = 1, BOX_SIGNATURE = 2, BOX_ALL = 0x6 };

enum body_field {
    BODY_FORMAT = 1,
    BODY_SEQUENCE = 2,
    BODY_END = 3,
    BODY_AEAD = 4,
    BODY_SALT = 5,
    BODY_SEALED = 6,
    BODY_ALL = 0x7e
};

/* A body as it was read. */
struct body {
    uint64_t format;
    uint64_t sequence;
    uint64_t end_ms;
    uint64_t aead;
    struct span salt;
    struct span sealed;
};

uint32_t kad_box_day(uint64_t wall_ms)
{
    return (uint32_t)(wall_ms / DAY_MS);
}

void kad_box_derive(struct kad_box_keys *keys, const struct kad_box_name *name)
{
    uint8_t context[ED25519_PUBLIC_SIZE + 1 + 4];
    uint8_t out[ED25519_SEED_SIZE + sizeof keys->secret];
    struct wr w;
    wr_init(&w, span_mut_of(context, sizeof context));
    wr_bytes(&w, span_of(name->device, sizeof name->device));
    wr_u8(&w, (uint8_t)name->kind);
    wr_u32be(&w, name->day);
    CHECK(wr_finish(&w) == 0);
    struct span piece = wr_span(&w);
    kdf(span_mut_of(out, sizeof out), span_of(name->discovery_key, sizeof name->discovery_key),
        LABEL_KEYS, &piece, 1);
    ed25519_from_seed(&keys->pair, out);
    memcpy(keys->secret, out + ED25519_SEED_SIZE, sizeof keys->secret);
    secret_wipe(out, sizeof out);
}

void kad_box_key(uint8_t out[KAD_BOX_KEY_SIZE], const struct kad_box_keys *keys)
{
    memcpy(out, KEY_PREFIX, sizeof KEY_PREFIX - 1);
    memcpy(out + sizeof KEY_PREFIX - 1, keys->pair.public_key, ED25519_PUBLIC_SIZE);
}

/* ---- Reading ---- */

static int box_decode(struct span *body, struct span *signature, struct span value)
{
    struct pb pb;
    struct pb_field f;
    unsigned seen = 0;
    pb_init(&pb, value);
    while (pb_next(&pb, &f)) {
        if (f.number != BOX_BODY && f.number != BOX_SIGNATURE) {
            continue;
        }
        if (f.wire != PB_BYTES || (seen & 1U << f.number) != 0) {
            return WAVU_ERR_PROTO;
        }
        seen |= 1U << f.number;
        *(f.number == BOX_BODY ? body : signature) = f.bytes;
    }
    bool is_whole = pb_finish(&pb) == 0 && seen == BOX_ALL && signature->len == SIGNER_SIZE;
    return is_whole ? 0 : WAVU_ERR_PROTO;
}

static void body_take(struct body *b, const struct pb_field *f)
{
    switch ((enum body_field)f->number) {
    case BODY_FORMAT:
        b->format = f->value;
        break;
    case BODY_SEQUENCE:
        b->sequence = f->value;
        break;
    case BODY_END:
        b->end_ms = f->value;
        break;
    case BODY_AEAD:
        b->aead = f->value;
        break;
    case BODY_SALT:
        b->salt = f->bytes;
        break;
    case BODY_SEALED:
        b->sealed = f->bytes;
        break;
    case BODY_ALL:
        break;
    }
}

static int body_decode(struct body *out, struct span bytes)
{
    struct body b = {0};
    struct pb pb;
    struct pb_field f;
    unsigned seen = 0;
    pb_init(&pb, bytes);
    while (pb_next(&pb, &f)) {
        if (f.number > BODY_SEALED) {
            continue;
        }
        enum pb_wire wire = f.number >= BODY_SALT ? PB_BYTES : PB_VARINT;
        if (f.wire != wire || (seen & 1U << f.number) != 0) {
            return WAVU_ERR_PROTO;
        }
        seen |= 1U << f.number;
        body_take(&b, &f);
    }
    if (pb_finish(&pb) != 0 || (seen & 1U << BODY_FORMAT) == 0) {
        return WAVU_ERR_PROTO;
    }
    if (b.format != FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    bool is_sealed = b.sealed.len > AEAD_TAG_SIZE && b.sealed.len <= PLAIN_MAX + AEAD_TAG_SIZE &&
                     (b.sealed.len - AEAD_TAG_SIZE) % KAD_BOX_PAD == 0;
    if (seen != BODY_ALL || b.salt.len != SALT_SIZE || !is_sealed) {
        return WAVU_ERR_PROTO;
    }
    *out = b;
    return 0;
}

static bool box_lives_right(uint64_t sequence, uint64_t end_ms)
{
    return end_ms > sequence && end_ms - sequence <= KAD_BOX_LIFE_MS_MAX;
}

static int box_read(struct body *b, struct span box_key, struct span value, uint64_t wall_ms)
{
    struct span body = span_empty();
    struct span signature = span_empty();
    if (value.len > KAD_BOX_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    int rc =
        box_key.len == ED25519_PUBLIC_SIZE ? box_decode(&body, &signature, value) : WAVU_ERR_PROTO;
    rc = rc != 0 ? rc : body_decode(b, body);
    if (rc == 0 && !box_lives_right(b->sequence, b->end_ms)) {
        rc = WAVU_ERR_PROTO;
    }
    if (rc == 0 && wall_ms != 0 && b->sequence > wall_ms &&
        b->sequence - wall_ms > KAD_BOX_AHEAD_MS_MAX) {
        rc = WAVU_ERR_DENIED;
    }
    return rc != 0 ? rc : signer_ed25519.verify(NULL, signature.ptr, box_key.ptr, LABEL_BOX, body);
}

int kad_box_check(struct kad_box *out, struct span box_key, struct span value, uint64_t wall_ms)
{
    struct body b;
    int rc = box_read(&b, box_key, value, wall_ms);
    if (rc == 0) {
        *out = (struct kad_box){.sequence = b.sequence, .end_ms = b.end_ms, .sealed = b.sealed};
    }
    return rc;
}

/* ---- Sealing ---- */

/* The number of the AEAD, which is also what it binds; sequence and end. */
struct seal {
    uint8_t aead;
    uint8_t salt[SALT_SIZE];
    uint8_t times[16];
};

static void seal_times(struct seal *s, uint64_t sequence, uint64_t end_ms)
{
    struct wr w;
    wr_init(&w, span_mut_of(s->times, sizeof s->times));
    wr_u64be(&w, sequence);
    wr_u64be(&w, end_ms);
    CHECK(wr_finish(&w) == 0);
}

/* A key that serves one content: the salt follows from it. */
static void seal_key(struct aead_key *key, enum aead_kind kind, const struct kad_box_keys *keys,
                     const struct seal *s)
{
    const struct span context[] = {span_of(s->salt, sizeof s->salt),
                                   span_of(s->times, sizeof s->times), span_of(&s->aead, 1)};
    *key = (struct aead_key){.kind = kind, .is_passing = true};
    kdf(span_mut_of(key->bytes, sizeof key->bytes), span_of(keys->secret, sizeof keys->secret),
        LABEL_SEAL, context, 3);
}

/* What the device signs: which box, its times, the content. */
static size_t signed_write(uint8_t out[PLAIN_MAX + 64], const struct kad_box_keys *keys,
                           const struct seal *s, struct span content)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, PLAIN_MAX + 64));
    wr_bytes(&w, span_of(keys->pair.public_key, ED25519_PUBLIC_SIZE));
    wr_bytes(&w, span_of(s->times, sizeof s->times));
    wr_bytes(&w, content);
    CHECK(wr_finish(&w) == 0);
    return w.len;
}

/* length 2 | content | signature | zeros to a multiple of KAD_BOX_PAD */
static size_t plain_write(uint8_t out[PLAIN_MAX], const struct kad_box_keys *keys,
                          const struct ed25519_pair *device, const struct seal *s,
                          struct span content)
{
    uint8_t text[PLAIN_MAX + 64];
    uint8_t signature[SIGNER_SIZE];
    struct wr w;
    size_t len = signed_write(text, keys, s, content);
    signer_ed25519.sign(NULL, signature, device, LABEL_CONTENT, span_of(text, len));
    memset(out, 0, PLAIN_MAX);
    wr_init(&w, span_mut_of(out, PLAIN_MAX));
    wr_u16be(&w, (uint16_t)content.len);
    wr_bytes(&w, content);
    wr_bytes(&w, span_of(signature, sizeof signature));
    CHECK(wr_finish(&w) == 0);
    secret_wipe(text, sizeof text);
    return (w.len + KAD_BOX_PAD - 1) / KAD_BOX_PAD * KAD_BOX_PAD;
}

static size_t body_write(uint8_t *out, size_t max, const struct kad_box *box, const struct seal *s,
                         struct span sealed)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, max));
    pb_write_varint(&w, BODY_FORMAT, FORMAT);
    pb_write_varint(&w, BODY_SEQUENCE, box->sequence);
    pb_write_varint(&w, BODY_END, box->end_ms);
    pb_write_varint(&w, BODY_AEAD, s->aead);
    pb_write_bytes(&w, BODY_SALT, span_of(s->salt, sizeof s->salt));
    pb_write_bytes(&w, BODY_SEALED, sealed);
    CHECK(wr_finish(&w) == 0);
    return w.len;
}

int kad_box_seal(struct wr *w, struct aead *aead, const struct kad_box_keys *keys,
                 const struct ed25519_pair *device, const struct kad_box *box, struct span content)
{
    uint8_t plain[PLAIN_MAX + AEAD_TAG_SIZE];
    uint8_t body[PLAIN_MAX + AEAD_TAG_SIZE + BODY_EXTRA_MAX];
    uint8_t signature[SIGNER_SIZE];
    static const uint8_t nonce[AEAD_NONCE_SIZE] = {0}; /* a key serves once */
    enum aead_kind kind = aead_fast();
    struct seal s = {.aead = aead_number(kind)};
    struct aead_key key;
    if (content.len > KAD_BOX_CONTENT_MAX || !box_lives_right(box->sequence, box->end_ms)) {
        return WAVU_ERR_LIMIT;
    }
    seal_times(&s, box->sequence, box->end_ms);
    size_t len = plain_write(plain, keys, device, &s, content);
    struct span piece = span_of(plain, len);
    kdf(span_mut_of(s.salt, sizeof s.salt), span_of(keys->secret, sizeof keys->secret), LABEL_SALT,
        &piece, 1);
    seal_key(&key, kind, keys, &s);
    aead_seal(aead, &key, nonce, span_of(&s.aead, 1), span_mut_of(plain, len), plain + len);
    secret_wipe(&key, sizeof key);
    size_t body_len = body_write(body, sizeof body, box, &s, span_of(plain, len + AEAD_TAG_SIZE));
    struct span whole = span_of(body, body_len);
    if (w->failed || pb_bytes_size(BOX_BODY, body_len) + pb_bytes_size(BOX_SIGNATURE, SIGNER_SIZE) >
                         w->out.len - w->len) {
        return WAVU_ERR_LIMIT;
    }
    signer_ed25519.sign(NULL, signature, &keys->pair, LABEL_BOX, whole);
    pb_write_bytes(w, BOX_BODY, whole);
    pb_write_bytes(w, BOX_SIGNATURE, span_of(signature, sizeof signature));
    return wr_finish(w);
}

/* ---- Opening ---- */

/* The content of what was opened, when it is the device's word on this box. */
static int plain_read(struct span *content, const struct kad_box_keys *keys,
                      const uint8_t device[ED25519_PUBLIC_SIZE], const struct seal *s,
                      struct span plain)
{
    uint8_t text[PLAIN_MAX + 64];
    struct rd r;
    rd_init(&r, plain);
    struct span found = rd_bytes(&r, rd_u16be(&r));
    struct span signature = rd_bytes(&r, SIGNER_SIZE);
    struct span pad = rd_bytes(&r, rd_left(&r));
    if (rd_finish(&r) != 0 || found.len > KAD_BOX_CONTENT_MAX || pad.len >= KAD_BOX_PAD) {
        return WAVU_ERR_CRYPTO;
    }
    for (size_t i = 0; i < pad.len; i++) {
        if (pad.ptr[i] != 0) {
            return WAVU_ERR_CRYPTO;
        }
    }
    size_t len = signed_write(text, keys, s, found);
    int rc = signer_ed25519.verify(NULL, signature.ptr, device, LABEL_CONTENT, span_of(text, len));
    secret_wipe(text, sizeof text);
    *content = found;
    return rc;
}

int kad_box_open(struct buf *content, struct aead *aead, const struct kad_box_keys *keys,
                 const uint8_t device[ED25519_PUBLIC_SIZE], struct span value)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE] = {0};
    uint8_t plain[PLAIN_MAX];
    struct span found = span_empty();
    struct aead_key key;
    enum aead_kind kind;
    struct seal s;
    struct body b;
    if (box_read(&b, span_of(keys->pair.public_key, ED25519_PUBLIC_SIZE), value, 0) != 0 ||
        aead_of_number(&kind, b.aead) != 0) {
        return WAVU_ERR_CRYPTO;
    }
    size_t len = b.sealed.len - AEAD_TAG_SIZE;
    s.aead = (uint8_t)b.aead;
    memcpy(s.salt, b.salt.ptr, SALT_SIZE);
    memcpy(plain, b.sealed.ptr, len);
    seal_times(&s, b.sequence, b.end_ms);
    seal_key(&key, kind, keys, &s);
    int rc = aead_open(aead, &key, nonce, span_of(&s.aead, 1), span_mut_of(plain, len),
                       b.sealed.ptr + len);
    secret_wipe(&key, sizeof key);
    rc = rc != 0 ? rc : plain_read(&found, keys, device, &s, span_of(plain, len));
    rc = rc != 0 ? rc : buf_append(content, found);
    secret_wipe(plain, sizeof plain);
    return rc;
}
