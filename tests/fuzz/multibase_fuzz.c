/*
 * Multibase: the input is bytes to encode in every base and get back, and a text to decode; a text
 * that decodes encodes to itself, but for the case of letters.
 */
#include "base/multibase.h"

#include <string.h>

#include "base/check.h"
#include "wavu/err.h"

#define TEXT_MAX (2 * MULTIBASE_INPUT_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const enum multibase bases[] = {MULTIBASE_BASE16,    MULTIBASE_BASE32, MULTIBASE_BASE36,
                                       MULTIBASE_BASE58BTC, MULTIBASE_BASE64, MULTIBASE_BASE64URL};

static void try_bytes(enum multibase base, struct span bytes)
{
    uint8_t text[TEXT_MAX];
    uint8_t back[MULTIBASE_INPUT_MAX];
    struct wr w;
    struct wr v;
    wr_init(&w, span_mut_of(text, sizeof text));
    multibase_encode(&w, base, bytes);
    CHECK((wr_finish(&w) == 0) == (bytes.len <= MULTIBASE_INPUT_MAX));
    if (wr_finish(&w) != 0)
        return;
    wr_init(&v, span_mut_of(back, sizeof back));
    CHECK(multibase_decode(&v, base, wr_span(&w)) == 0);
    CHECK(span_is_equal(wr_span(&v), bytes));
}

static uint8_t to_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static void try_text(enum multibase base, struct span text)
{
    uint8_t bytes[MULTIBASE_INPUT_MAX];
    uint8_t back[TEXT_MAX];
    struct wr w;
    struct wr v;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    int rc = multibase_decode(&w, base, text);
    CHECK(rc == 0 || rc == WAVU_ERR_INVALID || rc == WAVU_ERR_LIMIT);
    CHECK(rc == 0 || w.len == 0);
    if (rc != 0)
        return;
    wr_init(&v, span_mut_of(back, sizeof back));
    multibase_encode(&v, base, wr_span(&w));
    CHECK(wr_finish(&v) == 0 && v.len == text.len);
    bool is_blind =
        base == MULTIBASE_BASE16 || base == MULTIBASE_BASE32 || base == MULTIBASE_BASE36;
    for (size_t i = 0; i < text.len; i++)
        CHECK(back[i] == (is_blind ? to_lower(text.ptr[i]) : text.ptr[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span in = span_of(data, len);
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        try_bytes(bases[i], in);
        try_text(bases[i], in);
    }
    uint8_t prefixed[MULTIBASE_INPUT_MAX];
    uint8_t bare[MULTIBASE_INPUT_MAX];
    struct wr w;
    struct wr v;
    wr_init(&w, span_mut_of(prefixed, sizeof prefixed));
    wr_init(&v, span_mut_of(bare, sizeof bare));
    if (multibase_decode_prefixed(&w, in) == 0) {
        CHECK(multibase_decode(&v, (enum multibase)data[0], span_slice(in, 1, len)) == 0);
        CHECK(span_is_equal(wr_span(&w), wr_span(&v)));
    }
    return 0;
}
