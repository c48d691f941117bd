/*
 * Codec of NoiseHandshakePayload, the signature in it, and the choice of the multiplexer.
 *
 * Messages come opened from noise_core and are borrowed throughout; what is written here goes back
 * to it to be sealed. The lists of multiplexers and security protocols are never stored: a peer may
 * name hundreds, and each is read once.
 */
#include "crypto/noise_payload.h"

#include <string.h>

#include "base/pb.h"
#include "wavu/err.h"

enum field { FIELD_KEY = 1, FIELD_SIGNATURE = 2, FIELD_EXTENSIONS = 4 };
enum extension {
    EXTENSION_CERTHASHES = 1,
    EXTENSION_MUXERS = 2,
    EXTENSION_SECURITY = NOISE_PAYLOAD_SECURITY
};

static const char prefix[] = "noise-libp2p-static-key:";

#define PREFIX_SIZE (sizeof(prefix) - 1)
#define SIGNED_SIZE (PREFIX_SIZE + 32)

/* What an identity signs: that this static key speaks for it, and nothing else could mean the same.
 */
static void signed_bytes(uint8_t out[SIGNED_SIZE], const uint8_t static_key[32])
{
    memcpy(out, prefix, PREFIX_SIZE);
    memcpy(out + PREFIX_SIZE, static_key, 32);
}

int noise_payload_sign(uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX], size_t *len,
                       const struct identity_key *key, const uint8_t static_key[32])
{
    uint8_t message[SIGNED_SIZE];
    signed_bytes(message, static_key);
    return identity_key_sign(key, span_of(message, sizeof(message)), signature, len);
}

/* Bytes that `texts` take as a repeated field. */
static size_t texts_size(uint32_t field, const char *const *texts)
{
    size_t len = 0;
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++) {
        len += pb_bytes_size(field, span_from_text(texts[i]).len);
    }
    return len;
}

static void write_texts(struct wr *w, uint32_t field, const char *const *texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++) {
        pb_write_text(w, field, texts[i]);
    }
}

void noise_payload_encode(struct wr *w, struct span key, struct span signature,
                          const char *const *muxers, const char *const *security)
{
    pb_write_bytes(w, FIELD_KEY, key);
    pb_write_bytes(w, FIELD_SIGNATURE, signature);
    const size_t len =
        texts_size(EXTENSION_MUXERS, muxers) + texts_size(EXTENSION_SECURITY, security);
    if (len > 0) {
        pb_write_head(w, FIELD_EXTENSIONS, len);
        write_texts(w, EXTENSION_MUXERS, muxers);
        write_texts(w, EXTENSION_SECURITY, security);
    }
}

/* True when the extensions are a well-formed message with the wire types that we know. Our own
 * number is an experiment's: another's experiment may have another type there, and is skipped. */
static bool is_extensions(struct span bytes)
{
    struct pb pb;
    struct pb_field field;
    pb_init(&pb, bytes);
    while (pb_next(&pb, &field)) {
        const bool is_known =
            field.number == EXTENSION_CERTHASHES || field.number == EXTENSION_MUXERS;
        if (is_known && field.wire != PB_BYTES) {
            return false;
        }
    }
    return pb_finish(&pb) == 0;
}

int noise_payload_decode(struct noise_payload *p, struct span message)
{
    *p = (struct noise_payload){.message = message};
    struct pb pb;
    struct pb_field field;
    pb_init(&pb, message);
    while (pb_next(&pb, &field)) {
        if (field.number != FIELD_KEY && field.number != FIELD_SIGNATURE &&
            field.number != FIELD_EXTENSIONS) {
            continue;
        }
        if (field.wire != PB_BYTES) {
            return WAVU_ERR_PROTO;
        }
        if (field.number == FIELD_KEY) {
            p->key = field.bytes;
        } else if (field.number == FIELD_SIGNATURE) {
            p->signature = field.bytes;
        } else if (!is_extensions(field.bytes)) {
            return WAVU_ERR_PROTO;
        }
    }
    if (pb_finish(&pb) != 0 || p->key.len == 0 || p->signature.len == 0) {
        return WAVU_ERR_PROTO;
    }
    return 0;
}

int noise_payload_verify(const struct noise_payload *p, const uint8_t static_key[32])
{
    struct keys_public key;
    int rc = keys_public_decode(&key, p->key);
    if (rc != 0) {
        return rc;
    }
    uint8_t message[SIGNED_SIZE];
    signed_bytes(message, static_key);
    return keys_verify(&key, span_of(message, sizeof(message)), p->signature);
}

/* A walk over one of the peer's lists, which may be spread over several extensions fields (protobuf
 * merges them). The message was decoded, so both levels are well-formed. */
struct walk {
    struct pb outer;
    struct pb inner;
    enum extension list;
};

static void walk_init(struct walk *walk, const struct noise_payload *p, enum extension list)
{
    walk->list = list;
    pb_init(&walk->outer, p->message);
    pb_init(&walk->inner, span_empty());
}

/* The next name into `*text`; false at the end. */
static bool walk_next(struct walk *walk, struct span *text)
{
    struct pb_field field;
    for (;;) {
        while (pb_next(&walk->inner, &field)) {
            if (field.number == walk->list && field.wire == PB_BYTES) {
                *text = field.bytes;
                return true;
            }
        }
        do {
            if (!pb_next(&walk->outer, &field)) {
                return false;
            }
        } while (field.number != FIELD_EXTENSIONS);
        pb_init(&walk->inner, field.bytes);
    }
}

/* Our name that equals `text`, or NULL. */
static const char *find_ours(const char *const *ours, struct span text)
{
    for (size_t i = 0; ours[i] != NULL; i++) {
        if (span_is_equal(span_from_text(ours[i]), text)) {
            return ours[i];
        }
    }
    return NULL;
}

/* True when `wanted` stands anywhere in that list of the peer's. */
static bool peer_has(const struct noise_payload *theirs, enum extension list, struct span wanted)
{
    struct walk walk;
    struct span text = span_empty();
    walk_init(&walk, theirs, list);
    while (walk_next(&walk, &text)) {
        if (span_is_equal(text, wanted)) {
            return true;
        }
    }
    return false;
}

int noise_payload_muxer(const struct noise_payload *theirs, const char *const *ours,
                        bool we_are_initiator, const char **muxer)
{
    struct walk walk;
    struct span text = span_empty();
    *muxer = NULL;
    walk_init(&walk, theirs, EXTENSION_MUXERS);
    if (ours == NULL || ours[0] == NULL || !walk_next(&walk, &text)) {
        return 0;
    }
    /* Both sides walk the initiator's list, so both arrive at the same name. */
    if (we_are_initiator) {
        for (size_t i = 0; ours[i] != NULL && *muxer == NULL; i++) {
            *muxer = peer_has(theirs, EXTENSION_MUXERS, span_from_text(ours[i])) ? ours[i] : NULL;
        }
    } else {
        do {
            *muxer = find_ours(ours, text);
        } while (*muxer == NULL && walk_next(&walk, &text));
    }
    return *muxer != NULL ? 0 : WAVU_ERR_UNSUPPORTED;
}

bool noise_payload_is_downgraded(const struct noise_payload *theirs, const char *const *ours,
                                 const char *used)
{
    for (size_t i = 0; ours != NULL && ours[i] != NULL && strcmp(ours[i], used) != 0; i++) {
        if (peer_has(theirs, EXTENSION_SECURITY, span_from_text(ours[i]))) {
            return true;
        }
    }
    return false;
}
