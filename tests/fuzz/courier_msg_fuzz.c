/*
 * Frames of the courier: what decodes encodes again, and the second decoding is the same.
 */
#include <string.h>

#include "base/check.h"
#include "courier/courier_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t out[2 * COURIER_MSG_SIZE_MAX];
    static struct courier_msg first;
    static struct courier_msg second;
    struct wr w;
    if (courier_msg_decode(&first, span_of(data, len)) != 0) {
        return 0;
    }
    CHECK(first.count <= COURIER_MSG_NAMES_MAX);
    wr_init(&w, span_mut_of(out, sizeof(out)));
    courier_msg_encode(&w, &first);
    CHECK(wr_finish(&w) == 0 && w.len <= COURIER_MSG_SIZE_MAX);
    CHECK(courier_msg_decode(&second, wr_span(&w)) == 0);
    CHECK(first.kind == second.kind && first.count == second.count);
    CHECK(span_is_equal(first.names, second.names));
    CHECK(span_is_equal(first.envelope, second.envelope));
    CHECK(memcmp(first.items, second.items, sizeof(first.items)) == 0);
    return 0;
}
