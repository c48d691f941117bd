/*
 * Fuzzes cards, bundles and stored prekeys. What decodes says the same when it is encoded again;
 * what loads is sound and is stored as it was; no bundle of bytes is taken for one of our own.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "courier/prekeys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void fuzz_msg(enum prekeys_msg_kind kind, struct span in)
{
    static uint8_t body[PREKEYS_MSG_BUNDLE_MAX];
    static uint8_t out[PREKEYS_MSG_BUNDLE_MAX];
    struct prekeys_msg m;
    struct prekeys_msg again;
    struct wr w;
    if (prekeys_msg_decode(&m, kind, in) != 0) {
        return;
    }
    wr_init(&w, span_mut_of(body, sizeof(body)));
    prekeys_msg_encode_body(&w, kind, &m);
    m.body = wr_span(&w);
    wr_init(&w, span_mut_of(out, sizeof(out)));
    prekeys_msg_encode(&w, &m);
    CHECK(!w.failed);
    CHECK(prekeys_msg_decode(&again, kind, wr_span(&w)) == 0);
    CHECK(span_is_equal(m.network, again.network) && span_is_equal(m.device, again.device));
    CHECK(span_is_equal(m.agreement, again.agreement) && m.number == again.number);
    CHECK(span_is_equal(m.x25519, again.x25519) && span_is_equal(m.mlkem, again.mlkem));
    CHECK(span_is_equal(m.signature, again.signature));
}

/* Prekeys of a device whose signature is in no input. */
static void fuzz_met(struct span in)
{
    static struct random_seeded seeded;
    static struct random source;
    static struct ed25519_pair device;
    static struct prekeys p;
    if (p.count == 0) {
        random_seeded_init(&seeded, 4);
        source = random_from_seeded(&seeded);
        ed25519_make(&device, &source);
        const struct prekeys_config config = {
            .network = {9}, .device = &device, .signer = &signer_ed25519, .random = &source};
        prekeys_init(&p, &config, 0);
    }
    const uint32_t next = p.next;
    CHECK(!prekeys_met(&p, in, 1) && p.next == next);
}

static void fuzz_load(struct span in)
{
    static struct random_seeded seeded;
    static struct ed25519_pair device;
    struct prekeys p;
    struct prekeys q;
    struct wr w;
    random_seeded_init(&seeded, 3);
    const struct random source = random_from_seeded(&seeded);
    ed25519_make(&device, &source);
    const struct prekeys_config config = {
        .network = {9}, .device = &device, .signer = &signer_ed25519, .random = &source};
    if (prekeys_load(&p, &config, in, 5, 0) != 0) {
        return;
    }
    prekeys_check(&p);
    wr_init(&w, span_mut_of(NULL, 0));
    prekeys_save(&w, &p, 5);
    uint8_t *bytes = mem_new(w.len);
    wr_init(&w, span_mut_of(bytes, w.len));
    prekeys_save(&w, &p, 5);
    CHECK(prekeys_load(&q, &config, wr_span(&w), 5, 0) == 0);
    CHECK(q.count == p.count && q.rotates == p.rotates);
    (void)prekeys_tick(&p, prekeys_deadline(&p));
    prekeys_check(&p);
    mem_free(bytes);
    prekeys_clear(&p);
    prekeys_clear(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd r;
    rd_init(&r, span_of(data, len));
    const uint8_t mode = rd_u8(&r) % 3;
    const struct span in = rd_bytes(&r, rd_left(&r));
    if (mode < 2) {
        fuzz_msg(mode == 0 ? PREKEYS_MSG_CARD : PREKEYS_MSG_BUNDLE, in);
        fuzz_met(in);
    } else {
        fuzz_load(in);
    }
    return 0;
}
