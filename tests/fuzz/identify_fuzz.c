/*
 * identify messages: what decodes encodes again, and the second decoding is the same.
 */
#include <string.h>

#include "base/check.h"
#include "net/identify_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct span a, struct span b)
{
    CHECK(span_is_equal(a, b) && (a.ptr == NULL) == (b.ptr == NULL));
}

static void same_list(const struct span *a, size_t a_count, const struct span *b, size_t b_count)
{
    CHECK(a_count == b_count);
    for (size_t i = 0; i < a_count; i++) {
        CHECK(span_is_equal(a[i], b[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[2 * IDENTIFY_MSG_SIZE_MAX];
    struct identify_msg first;
    struct identify_msg second;
    struct wr w;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    if (size > IDENTIFY_MSG_SIZE_MAX || identify_msg_decode(&first, span_of(data, size)) < 0) {
        return 0;
    }
    wr_init(&w, span_mut_of(out, sizeof out));
    identify_msg_encode(&w, &first);
    CHECK(wr_finish(&w) == 0);
    CHECK(identify_msg_decode(&second, wr_span(&w)) == 0);
    same(first.public_key, second.public_key);
    same_list(first.addresses, first.address_count, second.addresses, second.address_count);
    same_list(first.protocols, first.protocol_count, second.protocols, second.protocol_count);
    same(first.observed, second.observed);
    same(first.protocol_version, second.protocol_version);
    same(first.agent, second.agent);
    same(first.record, second.record);
    return 0;
}
