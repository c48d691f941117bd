/*
 * Envelopes and their contents: what decodes encodes again, and the second decoding is the same.
 */
#include <string.h>

#include "base/check.h"
#include "courier/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t out[2 * ENVELOPE_SIZE_MAX];

static void fuzz_envelope(struct span in)
{
    struct envelope first;
    struct envelope second;
    struct wr w;
    uint8_t name[2][ENVELOPE_NAME_SIZE];
    if (envelope_decode(&first, in) != 0) {
        return;
    }
    CHECK(first.copies >= 1 && first.copies <= ENVELOPE_COPIES_MAX);
    CHECK(first.hops <= ENVELOPE_HOPS_MAX && first.head.lifetime_s <= ENVELOPE_LIFETIME_S_MAX);
    CHECK(first.head.class_number >= 1 && first.head.class_number <= ENVELOPE_CLASSES);
    wr_init(&w, span_mut_of(out, sizeof(out)));
    envelope_encode(&w, &first);
    CHECK(wr_finish(&w) == 0 && envelope_decode(&second, wr_span(&w)) == 0);
    CHECK(memcmp(&first.head, &second.head, sizeof(first.head)) == 0);
    CHECK(first.age_s == second.age_s && first.hops == second.hops);
    CHECK(first.copies == second.copies);
    envelope_name(name[0], first.head_bytes, first.sealed);
    envelope_name(name[1], second.head_bytes, second.sealed);
    CHECK(memcmp(name[0], name[1], sizeof(name[0])) == 0);
}

static void fuzz_content(struct span in)
{
    struct envelope_content first;
    struct envelope_content second;
    struct wr w;
    if (envelope_content_decode(&first, in) != 0) {
        return;
    }
    wr_init(&w, span_mut_of(out, sizeof(out)));
    envelope_content_encode(&w, &first);
    CHECK(wr_finish(&w) == 0);
    CHECK(w.len == envelope_content_size(first.kind, first.body.len));
    CHECK(envelope_content_decode(&second, wr_span(&w)) == 0);
    CHECK(first.kind == second.kind && span_is_equal(first.body, second.body));
    CHECK(memcmp(first.token, second.token, sizeof(first.token)) == 0);
    CHECK(memcmp(first.message, second.message, sizeof(first.message)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len > 0 && data[0] == 0) {
        fuzz_content(span_of(data + 1, len - 1));
    } else {
        fuzz_envelope(span_of(data, len));
    }
    return 0;
}
