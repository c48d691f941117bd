/*
 * Fuzzes signed envelopes twice: as they come from a peer (where the signature stops nearly
 * everything), and as the payload of a peer record that is truly signed, so that the parser behind
 * is reached.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "crypto/signed_record.h"
#include "crypto/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool is_inside(struct span part, struct span whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_record(struct span bytes)
{
    static struct signed_record_peer r;
    if (signed_record_open_peer(&r, bytes) != 0) {
        CHECK(r.address_count == 0 && r.peer.len == 0);
        return;
    }
    CHECK(r.peer.len > 0 && r.address_count <= SIGNED_RECORD_ADDRESSES_MAX);
    for (size_t i = 0; i < r.address_count; i++) {
        CHECK(r.addresses[i].len > 0 && is_inside(r.addresses[i], bytes));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct ed25519_pair pair;
    if (len == 0 || secret_start() != 0) {
        return 0;
    }
    const uint8_t seed[ED25519_SEED_SIZE] = {1};
    ed25519_from_seed(&pair, seed);
    struct signed_record e;
    const struct span in = span_of(data, len);
    if (signed_record_open(&e, in, "libp2p-peer-record") == 0) {
        CHECK(is_inside(e.payload, in) && is_inside(e.signature, in) && is_inside(e.key, in));
    }
    check_record(in);
    uint8_t bytes[SIGNED_RECORD_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    if (signed_record_seal(&w, &pair, "libp2p-peer-record", span_of("\x03\x01", 2), in) == 0) {
        CHECK(signed_record_open(&e, wr_span(&w), "libp2p-peer-record") == 0);
        CHECK(span_is_equal(e.payload, in));
        check_record(wr_span(&w));
    }
    return 0;
}
