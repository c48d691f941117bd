/*
 * Fuzzes what is read from peers about keys: serialised keys, signatures, peer ids.
 *
 * Input: a byte that picks the reader, then what it reads.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "base/wr.h"
#include "crypto/keys.h"
#include "crypto/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A key that decodes is the only form of itself: writing its parts again gives the same bytes. */
static void check_canonical(const struct keys_public *key, struct span serialised)
{
    uint8_t bytes[KEYS_PUBLIC_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    wr_u8(&w, 0x08);
    wr_varint(&w, key->type);
    wr_u8(&w, 0x12);
    wr_prefixed(&w, key->data);
    CHECK(wr_finish(&w) == 0);
    CHECK(span_is_equal(wr_span(&w), serialised));
}

static void fuzz_public(struct span in)
{
    struct rd r;
    struct keys_public key;
    rd_init(&r, in);
    const struct span serialised = rd_prefixed(&r, in.len);
    const struct span signature = rd_bytes(&r, rd_left(&r));
    if (keys_public_decode(&key, serialised) != 0) {
        return;
    }
    check_canonical(&key, serialised);
    /* Nobody signs by chance; but a key of special form may make it so, and then the signature says
     * nothing. */
    int rc = keys_verify(&key, span_of("message", 7), signature);
    (void)rc;
    struct peerid id;
    struct peerid back;
    peerid_from_key(&id, serialised);
    CHECK(peerid_decode(&back, peerid_span(&id)) == 0);
    CHECK(peerid_is_equal(&id, &back));
}

static void fuzz_id(struct span in, bool is_text)
{
    struct peerid id;
    struct peerid back;
    char text[PEERID_TEXT_MAX];
    if ((is_text ? peerid_parse(&id, in) : peerid_decode(&id, in)) != 0) {
        CHECK(id.len == 0);
        return;
    }
    peerid_format(&id, text);
    /* An identity of a foreign kind may print with a first letter that means a CID, so only ids of
     * keys must come back. */
    if (text[0] == '1' || (text[0] == 'Q' && text[1] == 'm')) {
        CHECK(peerid_parse(&back, span_from_text(text)) == 0);
        CHECK(peerid_is_equal(&id, &back));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || secret_start() != 0) {
        return 0;
    }
    const struct span in = span_of(data + 1, len - 1);
    switch (data[0] % 3) {
    case 0:
        fuzz_public(in);
        break;
    case 1:
        fuzz_id(in, true);
        break;
    default:
        fuzz_id(in, false);
        break;
    }
    return 0;
}
