/*
 * unicast messages: what decodes encodes again, and the second decoding is the same.
 */
#include "base/check.h"
#include "route/route_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[2 * ROUTE_MSG_SIZE_MAX];
    struct route_msg first;
    struct route_msg second;
    struct wr w;
    if (route_msg_decode(&first, span_of(data, size)) < 0) {
        return 0;
    }
    wr_init(&w, span_mut_of(out, sizeof out));
    route_msg_encode(&w, &first);
    CHECK(wr_finish(&w) == 0);
    CHECK(route_msg_decode(&second, wr_span(&w)) == 0);
    CHECK(first.kind == second.kind);
    if (first.kind == ROUTE_MSG_NONE) {
        return 0;
    }
    CHECK(overlay_id_is_equal(&first.origin, &second.origin));
    CHECK(overlay_id_is_equal(&first.target, &second.target));
    CHECK(first.generation == second.generation && first.sequence == second.sequence);
    CHECK(first.attempt == second.attempt && first.hops == second.hops);
    if (first.kind == ROUTE_MSG_DATA) {
        CHECK(first.limit == second.limit && span_is_equal(first.payload, second.payload));
    }
    if (first.kind == ROUTE_MSG_NACK) {
        CHECK(first.reason == second.reason);
    } else {
        CHECK(span_is_equal(first.signature, second.signature));
    }
    return 0;
}
