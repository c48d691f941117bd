/*
 * Fuzzes the Noise handshake and the channel as machines.
 *
 * The first byte picks the mode. Raw: the input is all that one machine ever hears, in pieces.
 * Pair: two machines talk under seeded randomness, and the input says how their bytes are cut,
 * changed, doubled or dropped on the way. Payload: a peer that follows the pattern puts the input
 * into its sealed payload, so that the parser behind the tags is reached. Flag 2 says which
 * pattern.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "crypto/noise.h"
#include "crypto/noise_core.h"
#include "crypto/noise_payload.h"
#include "crypto/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define WIRE_MAX 8192
#define HYBRID_OVERHEAD 1200 /* of its second message */

static const char *const security[] = {NOISE_HYBRID, NOISE_CLASSIC, NULL};
static const char *const muxers[] = {"/yamux/1.0.0", "/other/1", NULL};
static struct aead *aead;
static struct random_seeded seeded;
static struct random source;
static struct noise_identity identities[2];
static struct peerid ids[2];

static void start(void)
{
    random_seeded_init(&seeded, 1);
    source = random_from_seeded(&seeded);
    if (aead != NULL) {
        return;
    }
    aead = aead_new();
    CHECK(aead != NULL);
    for (size_t i = 0; i < 2; i++) {
        struct ed25519_pair pair;
        ed25519_make(&pair, &source);
        noise_identity_make(&identities[i], &pair, &source);
        keys_peerid(&ids[i], &pair);
    }
}

static struct noise *machine(size_t i, uint8_t flags)
{
    const struct noise_config config = {
        .role = i == 0 ? NOISE_INITIATOR : NOISE_RESPONDER,
        .identity = &identities[i],
        .muxers = (flags & 4u << i) != 0 ? NULL : muxers,
        .security = (flags & 2) != 0 ? security : security + 1,
        .is_hybrid = (flags & 2) != 0,
        .expected = i == 0 && (flags & 16) != 0 ? &ids[1] : NULL,
    };
    return noise_new(&config);
}

/* Feed all of `in` that the machine takes, working when it wants to. False once it is dead. */
static bool feed(struct noise *n, struct span in)
{
    size_t at = 0;
    for (;;) {
        if (noise_wants_work(n) && noise_work(n, aead, &source) != 0) {
            return false;
        }
        size_t used = 0;
        if (noise_feed(n, span_slice(in, at, in.len), &used) != 0) {
            return false;
        }
        CHECK(used <= in.len - at);
        at += used;
        if (used == 0 && !noise_wants_work(n)) {
            return true;
        }
    }
}

static void fuzz_raw(struct rd *r, uint8_t flags)
{
    struct noise *n = machine(flags & 1, flags);
    bool is_alive = true;
    while (is_alive && rd_left(r) > 0) {
        const size_t want = (size_t)rd_u8(r) + 1;
        const size_t left = rd_left(r);
        is_alive = feed(n, rd_bytes(r, want < left ? want : left));
    }
    CHECK(!noise_is_done(n)); /* nobody guesses a handshake */
    noise_free(n);
}

/* Spoil `bytes` as the next three bytes of the input say: mostly not at all. True when it did. */
static bool spoil(struct rd *r, uint8_t *bytes, size_t *len)
{
    const uint8_t what = rd_u8(r);
    const size_t at = (size_t)rd_u8(r) | (size_t)rd_u8(r) << 8;
    if (*len == 0) {
        return false;
    }
    switch (what % 8) {
    case 0:
        bytes[at % *len] ^= (uint8_t)(what | 1);
        return true;
    case 1:
        *len = at % *len;
        return true;
    case 2:
        if (*len * 2 <= WIRE_MAX) {
            memcpy(bytes + *len, bytes, *len);
            *len *= 2;
            return true;
        }
        return false;
    default:
        return false;
    }
}

/* Send one frame through the channel of a finished handshake, perhaps spoiled. */
static void fuzz_channel(struct rd *r, struct noise_channel *from, struct noise_channel *to)
{
    uint8_t wire[NOISE_HEAD_SIZE + 256 + AEAD_TAG_SIZE];
    const size_t len = rd_u8(r);
    size_t plain_len = 0;
    memset(wire, 0x33, sizeof(wire));
    CHECK(noise_seal(from, aead, span_mut_of(wire + NOISE_HEAD_SIZE, len)) == 0);
    const size_t sealed = (size_t)(wire[0] << 8 | wire[1]);
    CHECK(sealed == len + AEAD_TAG_SIZE);
    const size_t cut = rd_u8(r) % 4 == 0 ? rd_u8(r) % (sealed + 1) : sealed;
    const uint8_t flip = rd_u8(r);
    wire[NOISE_HEAD_SIZE] ^= flip;
    const int rc = noise_open(to, aead, span_mut_of(wire + NOISE_HEAD_SIZE, cut), &plain_len);
    if (cut == sealed && flip == 0 && to->receive.nonce != UINT64_MAX) {
        CHECK(rc == 0 && plain_len == len);
    } else {
        CHECK(rc != 0 && plain_len == 0);
    }
}

static void check_results(struct rd *r, struct noise *n[2])
{
    struct noise_result results[2];
    for (size_t i = 0; i < 2; i++) {
        noise_finish(n[i], &results[i]);
        CHECK(peerid_is_equal(&results[i].peer, &ids[1 - i]));
    }
    CHECK(memcmp(results[0].hash, results[1].hash, 32) == 0);
    CHECK(strcmp(results[0].muxer, results[1].muxer) == 0);
    for (int i = 0; i < 8 && rd_left(r) > 0; i++) {
        fuzz_channel(r, &results[i % 2].channel, &results[1 - i % 2].channel);
    }
}

static void fuzz_pair(struct rd *r, uint8_t flags)
{
    struct noise *n[2] = {machine(0, flags), machine(1, flags)};
    bool is_alive[2] = {true, true};
    bool is_spoiled = false;
    is_alive[0] = feed(n[0], span_empty());
    for (int round = 0; round < 6 && is_alive[0] && is_alive[1]; round++) {
        struct noise *from = n[round % 2];
        struct noise *to = n[1 - round % 2];
        uint8_t wire[WIRE_MAX];
        size_t len = 0;
        size_t more = 0;
        do {
            more = noise_pull(from, span_mut_of(wire + len, (size_t)rd_u8(r) + 1));
            len += more;
        } while (more > 0);
        is_spoiled = spoil(r, wire, &len) || is_spoiled;
        is_alive[1 - round % 2] = feed(to, span_of(wire, len));
    }
    /* A change can be told only by what follows it, so one side may be done; both never are. A
     * message that came twice is left standing behind the last one: it belongs to the channel. */
    if (!is_spoiled) {
        CHECK(noise_is_done(n[0]) && noise_is_done(n[1]));
    }
    if (noise_is_done(n[0]) && noise_is_done(n[1])) {
        check_results(r, n);
    }
    noise_free(n[0]);
    noise_free(n[1]);
}

/* With flag 32 the peer's true identity stands before the input, so that what comes behind it
 * counts. */
static void fuzz_payload(struct span in, uint8_t flags)
{
    struct noise *n = machine(0, flags);
    const struct noise_identity *peer = &identities[1];
    struct noise_core core;
    struct noise_core_kem kem;
    const bool is_hybrid = (flags & 2) != 0;
    uint8_t wire[WIRE_MAX];
    uint8_t payload[NOISE_HANDSHAKE_MAX - HYBRID_OVERHEAD];
    struct span nothing;
    struct wr inner;
    struct wr w;
    wr_init(&inner, span_mut_of(payload, sizeof(payload)));
    if ((flags & 32) != 0) {
        noise_payload_encode(&inner, span_of(peer->key, sizeof(peer->key)),
                             span_of(peer->signature, sizeof(peer->signature)), NULL, NULL);
    }
    wr_bytes(&inner, span_slice(in, 0, sizeof(payload) - inner.len));
    if (is_hybrid) {
        noise_core_init_hybrid(&core, false, &peer->static_pair, span_empty());
        noise_core_lend(&core, &kem);
    } else {
        noise_core_init(&core, false, &peer->static_pair, span_empty());
    }
    CHECK(feed(n, span_empty()));
    const size_t len = noise_pull(n, span_mut_of(wire, sizeof(wire)));
    CHECK(noise_core_read(&core, aead, span_mut_of(wire + 2, len - 2), &nothing) == 0);
    wr_init(&w, span_mut_of(wire, sizeof(wire)));
    wr_u16be(&w, (uint16_t)(inner.len + (is_hybrid ? HYBRID_OVERHEAD : NOISE_CORE_OVERHEAD_MAX)));
    CHECK(noise_core_write(&core, aead, &source, &w, wr_span(&inner)) == 0);
    (void)feed(n, wr_span(&w));
    noise_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    start();
    const size_t before = mem_live_count();
    struct rd r;
    rd_init(&r, span_of(data + 1, len - 1));
    switch (data[0] >> 6) {
    case 0:
        fuzz_raw(&r, data[0]);
        break;
    case 1:
        fuzz_payload(span_of(data + 1, len - 1), data[0]);
        break;
    default:
        fuzz_pair(&r, data[0]);
        break;
    }
    CHECK(mem_live_count() == before);
    return 0;
}
