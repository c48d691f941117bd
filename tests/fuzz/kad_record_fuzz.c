/*
 * Fuzzes what records of Kademlia are made of. The first byte says how the rest is taken: as a
 * record as it comes (the signature stops nearly everything); as the data of an IPNS entry, bare
 * and truly signed; as the body of a box that is truly signed; as what lies in a box; as a time.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/pb.h"
#include "crypto/keys.h"
#include "crypto/secret.h"
#include "crypto/signer.h"
#include "discovery/kad_box.h"
#include "discovery/kad_ipns.h"
#include "discovery/kad_record.h"
#include "discovery/kad_time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define WALL_MS UINT64_C(1795395723004)

static struct ed25519_pair pair;
static struct kad_box_keys keys;

static bool is_inside(struct span part, struct span whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* One byte: the key's length. */
static void record(struct span in)
{
    size_t key_len = in.len > 0 ? in.ptr[0] : 0;
    struct span key = span_slice(in, 1, key_len);
    struct span value = span_slice(in, 1 + key_len, in.len);
    struct kad_record r;
    if (kad_record_check(&kad_record_wavu, &r, key, value, WALL_MS) == 0) {
        CHECK(is_inside(r.key, in) && is_inside(r.value, in) && r.value.len > 0);
        CHECK(r.end_ms > WALL_MS && kad_record_compare(&r, &r) == 0);
    }
}

static void ipns(struct span in)
{
    uint8_t message[15 + KAD_IPNS_SIZE_MAX];
    uint8_t entry[KAD_IPNS_SIZE_MAX];
    uint8_t signature[ED25519_SIGNATURE_SIZE];
    struct kad_ipns e;
    struct kad_ipns again;
    struct peerid id;
    struct wr w;
    if (in.len > KAD_IPNS_SIZE_MAX - 128) {
        return;
    }
    int rc = kad_ipns_decode_data(&e, in);
    keys_peerid(&id, &pair);
    wr_init(&w, span_mut_of(message, sizeof message));
    wr_text(&w, "ipns-signature:");
    wr_bytes(&w, in);
    ed25519_sign(signature, &pair, wr_span(&w));
    wr_init(&w, span_mut_of(entry, sizeof entry));
    pb_write_bytes(&w, 8, span_of(signature, sizeof signature));
    pb_write_bytes(&w, 9, in);
    CHECK(kad_ipns_check(&again, &id, wr_span(&w)) == rc);
    if (rc == 0) {
        CHECK(is_inside(e.value, in) && is_inside(e.validity, in));
        CHECK(again.sequence == e.sequence && again.end_ms == e.end_ms);
        wr_init(&w, span_mut_of(entry, sizeof entry));
        CHECK(kad_ipns_seal(&w, &pair, &e) == 0);
        CHECK(kad_ipns_check(&again, &id, wr_span(&w)) == 0);
        CHECK(again.sequence == e.sequence && span_is_equal(again.value, e.value));
    }
}

static void box_body(struct span in)
{
    static struct aead *aead;
    uint8_t value[KAD_BOX_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct buf content;
    struct kad_box box;
    struct wr w;
    aead = aead != NULL ? aead : aead_new();
    signer_ed25519.sign(NULL, signature, &keys.pair, "wavu kad box 1", in);
    wr_init(&w, span_mut_of(value, sizeof value));
    pb_write_bytes(&w, 1, in);
    pb_write_bytes(&w, 2, span_of(signature, sizeof signature));
    if (wr_finish(&w) != 0) {
        return;
    }
    if (kad_box_check(&box, span_of(keys.pair.public_key, ED25519_PUBLIC_SIZE), wr_span(&w),
                      WALL_MS) == 0) {
        CHECK(is_inside(box.sealed, wr_span(&w)) && box.end_ms > box.sequence);
        CHECK(box.end_ms - box.sequence <= KAD_BOX_LIFE_MS_MAX);
    }
    buf_init(&content, KAD_BOX_CONTENT_MAX);
    CHECK(kad_box_open(&content, aead, &keys, pair.public_key, wr_span(&w)) == WAVU_ERR_CRYPTO);
    CHECK(content.len == 0);
    wr_init(&w, span_mut_of(value, sizeof value));
    box = (struct kad_box){.sequence = WALL_MS, .end_ms = WALL_MS + 1};
    if (kad_box_seal(&w, aead, &keys, &pair, &box, in) == 0) {
        CHECK(kad_box_open(&content, aead, &keys, pair.public_key, wr_span(&w)) == 0);
        CHECK(span_is_equal(buf_span(&content), in));
    }
    buf_clear(&content);
}

static void time_text(struct span in)
{
    char text[KAD_TIME_FORMAT_SIZE];
    uint64_t first = 0;
    uint64_t second = 0;
    if (kad_time_parse(in, &first) == 0) {
        CHECK(first <= KAD_TIME_MS_MAX);
        kad_time_format(text, first);
        CHECK(kad_time_parse(span_from_text(text), &second) == 0 && first == second);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || secret_start() != 0) {
        return 0;
    }
    const struct kad_box_name name = {.discovery_key = {1}, .kind = KAD_BOX_PREKEYS};
    const struct span in = span_of(data + 1, len - 1);
    ed25519_from_seed(&pair, (const uint8_t[ED25519_SEED_SIZE]){1});
    kad_box_derive(&keys, &name);
    switch (data[0] % 4) {
    case 0:
        record(in);
        break;
    case 1:
        ipns(in);
        break;
    case 2:
        box_body(in);
        break;
    default:
        time_text(in);
        break;
    }
    return 0;
}
