/*
 * Requests of the libp2p daemon's control protocol: what decodes encodes again, and the second
 * decoding is the same.
 */
#include "apps/p2pd/p2pd_msg.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_lists(const struct span *a, const struct span *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK(span_is_equal(a[i], b[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t out[65536];
    static struct p2pd_msg_request first;
    static struct p2pd_msg_request second;
    struct wr w;
    if (len > sizeof(out) / 2 || p2pd_msg_decode(&first, span_of(data, len)) != 0) {
        return 0;
    }
    CHECK(first.address_count <= P2PD_MSG_ADDRESSES_MAX);
    CHECK(first.protocol_count <= P2PD_MSG_PROTOCOLS_MAX);
    wr_init(&w, span_mut_of(out, sizeof(out)));
    p2pd_msg_encode(&w, &first);
    CHECK(wr_finish(&w) == 0);
    CHECK(p2pd_msg_decode(&second, wr_span(&w)) == 0);
    CHECK(first.type == second.type && first.has_body == second.has_body);
    CHECK(first.kind == second.kind && first.has_kind == second.has_kind);
    CHECK(first.number == second.number && first.timeout_s == second.timeout_s);
    CHECK(span_is_equal(first.peer, second.peer));
    CHECK(span_is_equal(first.address, second.address));
    CHECK(span_is_equal(first.cid, second.cid));
    CHECK(span_is_equal(first.key, second.key));
    CHECK(span_is_equal(first.value, second.value));
    CHECK(span_is_equal(first.text, second.text));
    CHECK(first.address_count == second.address_count);
    CHECK(first.protocol_count == second.protocol_count);
    check_lists(first.addresses, second.addresses, first.address_count);
    check_lists(first.protocols, second.protocols, first.protocol_count);
    return 0;
}
