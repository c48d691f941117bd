/*
 * Kademlia messages: what decodes is within its limits, encodes again, and the second decoding is
 * the same.
 */
#include <string.h>

#include "base/check.h"
#include "discovery/kad_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct span a, struct span b)
{
    CHECK(span_is_equal(a, b) && (a.ptr == NULL) == (b.ptr == NULL));
}

static size_t write_peers(struct wr *w, const struct span *peers, size_t count, bool is_provider)
{
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        struct kad_msg_peer p;
        if (kad_msg_peer_decode(&p, peers[i]) == 0) {
            if (is_provider) {
                kad_msg_write_provider(w, &p);
            } else {
                kad_msg_write_nearer(w, &p);
            }
            written++;
        }
    }
    return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[4 * KAD_MSG_SIZE_MAX];
    struct kad_msg first;
    struct kad_msg second;
    struct wr w;
    if (size > KAD_MSG_SIZE_MAX || kad_msg_decode(&first, span_of(data, size)) < 0) {
        return 0;
    }
    CHECK(first.proven <= size && first.key.len <= KAD_MSG_KEY_MAX);
    wr_init(&w, span_mut_of(out, sizeof out));
    kad_msg_write_head(&w, first.type, first.key);
    if (first.has_record) {
        kad_msg_write_record(&w, &first.record);
    }
    size_t nearer = write_peers(&w, first.nearer, first.nearer_count, false);
    size_t providers = write_peers(&w, first.providers, first.provider_count, true);
    if (first.nonce.ptr != NULL) {
        kad_msg_write_nonce(&w, first.nonce.ptr);
    }
    if (first.proof.ptr != NULL) {
        kad_msg_write_proof(&w, first.proof.ptr);
    }
    CHECK(wr_finish(&w) == 0);
    CHECK(kad_msg_decode(&second, wr_span(&w)) == 0);
    CHECK(second.type == first.type && second.has_record == first.has_record);
    CHECK(span_is_equal(second.key, first.key));
    same(first.record.key, second.record.key);
    same(first.record.value, second.record.value);
    same(first.nonce, second.nonce);
    same(first.proof, second.proof);
    CHECK(second.nearer_count == nearer && second.provider_count == providers);
    return 0;
}
