/*
 * Two handshake machines against each other: all ways of cutting the bytes, both roles, every
 * refusal, and the channel that remains.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/pb.h"
#include "crypto/noise.h"
#include "crypto/noise_core.h"
#include "crypto/noise_payload.h"
#include "crypto/secret.h"
#include "wavu/err.h"

#define YAMUX "/yamux/1.0.0"

static struct aead *aead;
static struct random_seeded seeded;
static struct random source;

static const char *const yamux[] = {YAMUX, NULL};
static const char *const other[] = {"/other/1", NULL};
static const char *const both[] = {NOISE_HYBRID, NOISE_CLASSIC, NULL};
static const char *const classic[] = {NOISE_CLASSIC, NULL};
static bool is_hybrid; /* which of the two the tests run; each runs both */

/* One of the two peers. */
struct peer {
    struct ed25519_pair pair;
    struct noise_identity identity;
    struct peerid id;
    struct noise *noise;
    int error; /* of feed or work */
};

static void peer_init(struct peer *peer)
{
    ed25519_make(&peer->pair, &source);
    noise_identity_make(&peer->identity, &peer->pair, &source);
    keys_peerid(&peer->id, &peer->pair);
    peer->noise = NULL;
    peer->error = 0;
}

static void begin(struct peer *peer, enum noise_role role, const char *const *muxers,
                  const struct peerid *expected)
{
    const struct noise_config config = {
        .role = role,
        .identity = &peer->identity,
        .muxers = muxers,
        .security = is_hybrid ? both : classic,
        .is_hybrid = is_hybrid,
        .expected = expected,
    };
    peer->noise = noise_new(&config);
    peer->error = 0;
}

/* Move up to `step` bytes from one to the other; true when anything happened. */
static bool pump(struct peer *from, struct peer *to, size_t step)
{
    uint8_t bytes[NOISE_HANDSHAKE_MAX];
    bool moved = false;
    if (from->error == 0 && noise_wants_work(from->noise)) {
        from->error = noise_work(from->noise, aead, &source);
        moved = true;
    }
    const size_t len = noise_pull(from->noise, span_mut_of(bytes, step));
    for (size_t at = 0; at < len && to->error == 0;) {
        size_t used = 0;
        to->error = noise_feed(to->noise, span_of(bytes + at, len - at), &used);
        at += used;
        if (to->error == 0 && noise_wants_work(to->noise)) {
            to->error = noise_work(to->noise, aead, &source);
        }
        assert_true(used > 0 || to->error != 0 || noise_is_done(to->noise));
    }
    return moved || len > 0;
}

static void shake(struct peer *a, struct peer *b, size_t step)
{
    bool moved = true;
    while (moved) {
        moved = pump(a, b, step);
        moved = pump(b, a, step) || moved;
    }
}

static void end(struct peer *peer)
{
    noise_free(peer->noise);
    peer->noise = NULL;
}

static void test_handshake_in_pieces_of_any_size(void **state)
{
    (void)state;
    struct peer a;
    struct peer b;
    peer_init(&a);
    peer_init(&b);
    for (size_t step = 1; step < 300; step = step < 40 ? step + 1 : step + 50) {
        struct noise_result ra;
        struct noise_result rb;
        begin(&a, NOISE_INITIATOR, yamux, &b.id);
        begin(&b, NOISE_RESPONDER, yamux, NULL);
        shake(&a, &b, step);
        assert_int_equal(a.error, 0);
        assert_int_equal(b.error, 0);
        assert_true(noise_is_done(a.noise) && noise_is_done(b.noise));
        noise_finish(a.noise, &ra);
        noise_finish(b.noise, &rb);
        assert_memory_equal(ra.hash, rb.hash, sizeof(ra.hash));
        assert_memory_equal(ra.channel.send.key, rb.channel.receive.key, AEAD_KEY_SIZE);
        assert_memory_equal(ra.channel.receive.key, rb.channel.send.key, AEAD_KEY_SIZE);
        assert_memory_not_equal(ra.channel.send.key, ra.channel.receive.key, AEAD_KEY_SIZE);
        assert_true(peerid_is_equal(&ra.peer, &b.id) && peerid_is_equal(&rb.peer, &a.id));
        assert_int_equal(ra.key_len, KEYS_ED25519_PUBLIC_SIZE);
        assert_memory_equal(ra.key, b.identity.key, ra.key_len);
        assert_string_equal(ra.muxer, YAMUX);
        assert_string_equal(rb.muxer, YAMUX);
        assert_false(noise_is_done(a.noise));
        end(&a);
        end(&b);
    }
}

/* The responder's answer and frames of the channel may come in one read: they are not the
 * handshake's. */
static void test_never_takes_more_than_its_own(void **state)
{
    (void)state;
    struct peer a;
    struct peer b;
    uint8_t bytes[NOISE_HANDSHAKE_MAX + 3];
    size_t used = 0;
    peer_init(&a);
    peer_init(&b);
    begin(&a, NOISE_INITIATOR, yamux, NULL);
    begin(&b, NOISE_RESPONDER, yamux, NULL);
    for (int message = 0; message < 3; message++) {
        struct peer *from = message == 1 ? &b : &a;
        struct peer *to = message == 1 ? &a : &b;
        if (noise_wants_work(from->noise)) {
            assert_int_equal(noise_work(from->noise, aead, &source), 0);
        }
        const size_t len = noise_pull(from->noise, span_mut_of(bytes, NOISE_HANDSHAKE_MAX));
        assert_int_equal(len, (size_t)(bytes[0] << 8 | bytes[1]) + NOISE_HEAD_SIZE);
        assert_true(message > 0 ||
                    len == NOISE_HEAD_SIZE + (is_hybrid ? NOISE_HYBRID_FIRST : X25519_SIZE));
        memcpy(bytes + len, "abc", 3);
        assert_int_equal(noise_feed(to->noise, span_of(bytes, len + 3), &used), 0);
        assert_int_equal(used, len);
        assert_int_equal(noise_feed(to->noise, span_of("abc", 3), &used), 0);
        assert_int_equal(used, 0); /* nothing while work is wanted */
        assert_int_equal(noise_work(to->noise, aead, &source), 0);
    }
    assert_int_equal(noise_feed(b.noise, span_of("abc", 3), &used), 0);
    assert_int_equal(used, 0); /* nor when it is done */
    end(&a);
    end(&b);
}

static void test_muxers(void **state)
{
    (void)state;
    static const struct {
        const char *const *a;
        const char *const *b;
        const char *wanted; /* NULL: the handshake fails */
    } cases[] = {
        {yamux, yamux, YAMUX}, {NULL, yamux, ""},    {yamux, NULL, ""},
        {NULL, NULL, ""},      {yamux, other, NULL}, {other, yamux, NULL},
    };
    struct peer a;
    struct peer b;
    peer_init(&a);
    peer_init(&b);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        begin(&a, NOISE_INITIATOR, cases[i].a, NULL);
        begin(&b, NOISE_RESPONDER, cases[i].b, NULL);
        shake(&a, &b, 4096);
        if (cases[i].wanted == NULL) {
            assert_int_equal(a.error, WAVU_ERR_UNSUPPORTED);
            assert_false(noise_is_done(a.noise) || noise_is_done(b.noise));
        } else {
            struct noise_result result;
            noise_finish(a.noise, &result);
            assert_string_equal(result.muxer, cases[i].wanted);
            noise_finish(b.noise, &result);
            assert_string_equal(result.muxer, cases[i].wanted);
        }
        end(&a);
        end(&b);
    }
}

static void test_other_peer_than_expected(void **state)
{
    (void)state;
    struct peer a;
    struct peer b;
    size_t used = 0;
    peer_init(&a);
    peer_init(&b);
    begin(&a, NOISE_INITIATOR, yamux, &a.id);
    begin(&b, NOISE_RESPONDER, yamux, NULL);
    shake(&a, &b, 4096);
    assert_int_equal(a.error, WAVU_ERR_PEER_ID);
    assert_int_equal(b.error, 0);
    /* A dead machine says why it died, has nothing to say and wants nothing. */
    uint8_t bytes[16];
    assert_int_equal(noise_feed(a.noise, span_of("x", 1), &used), WAVU_ERR_PEER_ID);
    assert_int_equal(noise_work(a.noise, aead, &source), WAVU_ERR_PEER_ID);
    assert_int_equal(noise_pull(a.noise, span_mut_of(bytes, sizeof(bytes))), 0);
    assert_false(noise_wants_work(a.noise) || noise_is_done(a.noise));
    end(&a);
    end(&b);
}

static int feed_text(const char *text, size_t len)
{
    struct peer b;
    size_t used = 0;
    peer_init(&b);
    begin(&b, NOISE_RESPONDER, NULL, NULL);
    const int rc = noise_feed(b.noise, span_of(text, len), &used);
    if (rc != 0) { /* it stays dead */
        assert_int_equal(noise_feed(b.noise, span_of(text, len), &used), rc);
    }
    end(&b);
    return rc;
}

static void test_lengths_at_the_border(void **state)
{
    (void)state;
    assert_int_equal(feed_text("\xff\xff", 2), WAVU_ERR_LIMIT);
    assert_int_equal(feed_text("\x10\x01", 2), WAVU_ERR_LIMIT); /* NOISE_HANDSHAKE_MAX + 1 */
    assert_int_equal(feed_text("\x10\x00x", 3), 0);
    assert_int_equal(feed_text("\x00\x20", 2), 0);
    assert_int_equal(feed_text("\x00\x1f", 2), WAVU_ERR_PROTO);
    assert_int_equal(feed_text("\x00\x00", 2), WAVU_ERR_PROTO);
    assert_int_equal(feed_text("\x00", 1), 0);
    assert_int_equal(feed_text("", 0), 0);
    assert_int_equal(feed_text("GET / HTTP/1.1", 14), WAVU_ERR_LIMIT);
}

/* An announced length costs nothing before its bytes come: thousands of half-open peers may do it.
 */
static void test_announcement_allocates_nothing(void **state)
{
    (void)state;
    struct peer b;
    size_t used = 0;
    peer_init(&b);
    begin(&b, NOISE_RESPONDER, NULL, NULL);
    const size_t before = mem_live_count();
    assert_int_equal(noise_feed(b.noise, span_of("\x10\x00", 2), &used), 0);
    assert_int_equal(mem_live_count(), before);
    end(&b);
}

/* A responder of the pattern that is being tested. */
static void core_begin(struct noise_core *core, const struct x25519_pair *own,
                       struct noise_core_kem *kem)
{
    if (is_hybrid) {
        noise_core_init_hybrid(core, false, own, span_empty());
        noise_core_lend(core, kem);
    } else {
        noise_core_init(core, false, own, span_empty());
    }
}

/* A peer that runs the pattern rightly but lies in its payload. Speaks message 2 to our initiator.
 */
static int answer_with(struct span payload)
{
    struct peer a;
    struct x25519_pair static_pair;
    struct noise_core core;
    struct noise_core_kem kem;
    struct span nothing;
    uint8_t bytes[NOISE_HANDSHAKE_MAX];
    size_t used = 0;
    peer_init(&a);
    x25519_make(&static_pair, &source);
    core_begin(&core, &static_pair, &kem);
    begin(&a, NOISE_INITIATOR, yamux, NULL);
    assert_int_equal(noise_work(a.noise, aead, &source), 0);
    const size_t len = noise_pull(a.noise, span_mut_of(bytes, sizeof(bytes)));
    assert_int_equal(noise_core_read(&core, aead, span_mut_of(bytes + 2, len - 2), &nothing), 0);
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    wr_u16be(&w, (uint16_t)(payload.len + (is_hybrid ? 1200 : NOISE_CORE_OVERHEAD_MAX)));
    assert_int_equal(noise_core_write(&core, aead, &source, &w, payload), 0);
    assert_int_equal(noise_feed(a.noise, wr_span(&w), &used), 0);
    assert_int_equal(used, w.len);
    const int rc = noise_work(a.noise, aead, &source);
    assert_false(noise_is_done(a.noise));
    end(&a);
    return rc;
}

static void test_lying_payloads(void **state)
{
    (void)state;
    struct peer liar;
    uint8_t bytes[512];
    struct wr w;
    peer_init(&liar);
    const struct span key = noise_identity_key(&liar.identity);
    const struct span signature = span_of(liar.identity.signature, ED25519_SIGNATURE_SIZE);
    assert_int_equal(answer_with(span_empty()), WAVU_ERR_PROTO);
    assert_int_equal(answer_with(span_of("\xff\xff\xff", 3)), WAVU_ERR_PROTO);
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    noise_payload_encode(&w, key, span_empty(), yamux, NULL);
    assert_int_equal(answer_with(wr_span(&w)), WAVU_ERR_PROTO);
    /* A true signature, but over another static key: a proof that was recorded elsewhere. */
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    noise_payload_encode(&w, key, signature, yamux, NULL);
    assert_int_equal(answer_with(wr_span(&w)), WAVU_ERR_CRYPTO);
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    noise_payload_encode(&w, span_of("\x08\x01\x12\x01x", 5), signature, yamux, NULL);
    assert_int_equal(answer_with(wr_span(&w)), WAVU_ERR_PROTO);
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    noise_payload_encode(&w, span_of("\x08\x09\x12\x01x", 5), signature, yamux, NULL);
    assert_int_equal(answer_with(wr_span(&w)), WAVU_ERR_UNSUPPORTED);
}

/* Property: each names the peer that it speaks with, and nobody stands between: not with an
 * identity of his own where another is expected, nor with somebody's proof that he heard elsewhere.
 */
static void test_authentication(void **state)
{
    (void)state;
    struct peer a;
    struct peer b;
    struct peer third;
    struct noise_result ra;
    struct noise_result rb;
    uint8_t bytes[512];
    struct wr w;
    peer_init(&a);
    peer_init(&b);
    peer_init(&third);
    begin(&a, NOISE_INITIATOR, yamux, &b.id);
    begin(&b, NOISE_RESPONDER, yamux, NULL);
    shake(&a, &b, 4096);
    noise_finish(a.noise, &ra);
    noise_finish(b.noise, &rb);
    assert_true(peerid_is_equal(&ra.peer, &b.id) && peerid_is_equal(&rb.peer, &a.id));
    assert_memory_equal(ra.hash, rb.hash, sizeof(ra.hash));
    end(&a);
    end(&b);
    begin(&a, NOISE_INITIATOR, yamux, &b.id);
    begin(&third, NOISE_RESPONDER, yamux, NULL);
    shake(&a, &third, 4096);
    assert_int_equal(a.error, WAVU_ERR_PEER_ID);
    assert_false(noise_is_done(third.noise));
    end(&a);
    end(&third);
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    noise_payload_encode(&w, noise_identity_key(&b.identity),
                         span_of(b.identity.signature, ED25519_SIGNATURE_SIZE), yamux, both);
    assert_int_equal(answer_with(wr_span(&w)), WAVU_ERR_CRYPTO);
}

/* A key longer than any that verifies must not run over the result's. */
static void test_long_key(void **state)
{
    (void)state;
    static uint8_t bytes[NOISE_HANDSHAKE_MAX];
    static uint8_t key[KEYS_PUBLIC_SIZE_MAX + 1];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    pb_write_bytes(&w, 1, span_of(key, sizeof(key)));
    pb_write_text(&w, 2, "signature");
    assert_int_equal(answer_with(wr_span(&w)), WAVU_ERR_PROTO);
}

static void test_free_at_every_stage(void **state)
{
    (void)state;
    struct peer a;
    struct peer b;
    peer_init(&a);
    peer_init(&b);
    noise_free(NULL);
    for (int stage = 0; stage < 6; stage++) {
        const size_t before = mem_live_count();
        begin(&a, NOISE_INITIATOR, yamux, NULL);
        begin(&b, NOISE_RESPONDER, yamux, NULL);
        for (int i = 0; i < stage; i++) {
            (void)pump(i % 2 == 0 ? &a : &b, i % 2 == 0 ? &b : &a, 4096);
        }
        end(&a);
        end(&b);
        assert_int_equal(mem_live_count(), before);
    }
}

/* Both speak the hybrid and find themselves on the classic one: whoever hears of it first closes.
 */
static void test_downgrade(void **state)
{
    (void)state;
    static const struct {
        const char *const *a;
        const char *const *b;
        int wanted;
    } cases[] = {
        {both, both, WAVU_ERR_DOWNGRADE},
        {both, classic, 0},
        {classic, both, 0},
        {classic, classic, 0},
        {both, NULL, 0},
        {NULL, both, 0},
    };
    struct peer a;
    struct peer b;
    peer_init(&a);
    peer_init(&b);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct noise_config config = {
            .role = NOISE_INITIATOR, .identity = &a.identity, .security = cases[i].a};
        a.noise = noise_new(&config);
        config = (struct noise_config){
            .role = NOISE_RESPONDER, .identity = &b.identity, .security = cases[i].b};
        b.noise = noise_new(&config);
        a.error = b.error = 0;
        shake(&a, &b, 4096);
        assert_int_equal(a.error, cases[i].wanted);
        assert_int_equal(b.error, 0);
        assert_true(noise_is_done(b.noise) == (cases[i].wanted == 0));
        end(&a);
        end(&b);
    }
}

/* An initiator that does not look is caught by the responder. */
static void test_downgrade_seen_by_the_responder(void **state)
{
    (void)state;
    struct peer a;
    struct peer b;
    struct noise_core core;
    struct span payload;
    uint8_t bytes[NOISE_HANDSHAKE_MAX];
    uint8_t inner[512];
    size_t used = 0;
    struct wr w;
    struct wr p;
    peer_init(&a);
    peer_init(&b);
    const struct noise_config config = {
        .role = NOISE_RESPONDER, .identity = &b.identity, .security = both};
    b.noise = noise_new(&config);
    noise_core_init(&core, true, &a.identity.static_pair, span_empty());
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    wr_u16be(&w, X25519_SIZE);
    assert_int_equal(noise_core_write(&core, aead, &source, &w, span_empty()), 0);
    assert_int_equal(noise_feed(b.noise, wr_span(&w), &used), 0);
    assert_int_equal(noise_work(b.noise, aead, &source), 0);
    const size_t len = noise_pull(b.noise, span_mut_of(bytes, sizeof(bytes)));
    assert_int_equal(noise_core_read(&core, aead, span_mut_of(bytes + 2, len - 2), &payload), 0);
    wr_init(&p, span_mut_of(inner, sizeof(inner)));
    noise_payload_encode(&p, noise_identity_key(&a.identity),
                         span_of(a.identity.signature, ED25519_SIGNATURE_SIZE), NULL, both);
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    wr_u16be(&w, (uint16_t)(64 + p.len));
    assert_int_equal(noise_core_write(&core, aead, &source, &w, wr_span(&p)), 0);
    assert_int_equal(noise_feed(b.noise, wr_span(&w), &used), 0);
    assert_int_equal(noise_work(b.noise, aead, &source), WAVU_ERR_DOWNGRADE);
    assert_false(noise_is_done(b.noise));
    end(&b);
}

/* Every bit that changes on the way is refused by one side at the latest, and neither says more
 * than that. */
static void test_every_flip_is_refused(void **state)
{
    (void)state;
    struct peer a;
    struct peer b;
    peer_init(&a);
    peer_init(&b);
    for (int message = 0; message < 3; message++) {
        for (size_t at = 0;; at += is_hybrid ? 29 : 5) {
            uint8_t bytes[NOISE_HANDSHAKE_MAX];
            size_t len = 0;
            begin(&a, NOISE_INITIATOR, yamux, NULL);
            begin(&b, NOISE_RESPONDER, yamux, NULL);
            for (int i = 0; i < 3 && a.error == 0 && b.error == 0; i++) {
                struct peer *from = i % 2 == 0 ? &a : &b;
                struct peer *to = i % 2 == 0 ? &b : &a;
                size_t used = 0;
                if (noise_wants_work(from->noise)) {
                    from->error = noise_work(from->noise, aead, &source);
                }
                size_t got = noise_pull(from->noise, span_mut_of(bytes, sizeof(bytes)));
                if (i == message) {
                    len = got;
                    bytes[NOISE_HEAD_SIZE + at % (got - NOISE_HEAD_SIZE)] ^= 0x40;
                }
                to->error = noise_feed(to->noise, span_of(bytes, got), &used);
                if (to->error == 0 && noise_wants_work(to->noise)) {
                    to->error = noise_work(to->noise, aead, &source);
                }
            }
            assert_false(noise_is_done(a.noise) && noise_is_done(b.noise));
            assert_int_equal(a.error + b.error, WAVU_ERR_CRYPTO);
            end(&a);
            end(&b);
            if (at + NOISE_HEAD_SIZE >= len) {
                break;
            }
        }
    }
}

/* The KEM's room is the initiator's between its messages, and the responder's while it works. */
static void test_kem_goes_when_done(void **state)
{
    (void)state;
    struct peer a;
    struct peer b;
    peer_init(&a);
    peer_init(&b);
    const size_t live = mem_live_count();
    begin(&a, NOISE_INITIATOR, yamux, NULL);
    begin(&b, NOISE_RESPONDER, yamux, NULL);
    assert_int_equal(mem_live_count() - live, 2);
    (void)pump(&a, &b, 4096);                                     /* the responder has worked */
    assert_int_equal(mem_live_count() - live, is_hybrid ? 4 : 3); /* its output, and a's keys */
    (void)pump(&b, &a, 4096);
    assert_int_equal(mem_live_count() - live, 3); /* a's output */
    assert_true(a.error == 0 && b.error == 0);
    end(&a);
    end(&b);
}

/* The channel */

static void channels(struct noise_channel *a, struct noise_channel *b)
{
    memset(a, 0, sizeof(*a));
    memset(b, 0, sizeof(*b));
    random_fill(&source, a->send.key, AEAD_KEY_SIZE);
    random_fill(&source, a->receive.key, AEAD_KEY_SIZE);
    memcpy(b->receive.key, a->send.key, AEAD_KEY_SIZE);
    memcpy(b->send.key, a->receive.key, AEAD_KEY_SIZE);
}

static void test_frames_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 44, 100, 512, 513, 4096, NOISE_PLAIN_MAX};
    struct noise_channel a;
    struct noise_channel b;
    uint8_t *frame = mem_new(NOISE_HEAD_SIZE + NOISE_FRAME_MAX + 1);
    channels(&a, &b);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        size_t len = 1;
        memset(frame, 0x42, NOISE_HEAD_SIZE + NOISE_FRAME_MAX + 1);
        assert_int_equal(noise_seal(&a, aead, span_mut_of(frame + 2, sizes[i])), 0);
        const size_t sealed = sizes[i] + AEAD_TAG_SIZE;
        assert_int_equal(frame[0] << 8 | frame[1], sealed);
        assert_int_equal(frame[2 + sealed], 0x42); /* nothing behind the tag */
        assert_int_equal(noise_open(&b, aead, span_mut_of(frame + 2, sealed), &len), 0);
        assert_int_equal(len, sizes[i]);
        for (size_t at = 0; at < len; at++) {
            assert_int_equal(frame[2 + at], 0x42);
        }
    }
    assert_int_equal(a.send.nonce, b.receive.nonce);
    assert_int_equal(a.send.nonce, sizeof(sizes) / sizeof(*sizes));
    mem_free(frame);
}

static void test_replayed_reordered_and_changed_frames(void **state)
{
    (void)state;
    struct noise_channel a;
    struct noise_channel b;
    uint8_t first[2 + 5 + 16];
    uint8_t second[2 + 5 + 16];
    uint8_t copy[2 + 5 + 16];
    for (int what = 0; what < 3; what++) {
        size_t len = 0;
        channels(&a, &b);
        memcpy(first + 2, "first", 5);
        memcpy(second + 2, "secnd", 5);
        assert_int_equal(noise_seal(&a, aead, span_mut_of(first + 2, 5)), 0);
        assert_int_equal(noise_seal(&a, aead, span_mut_of(second + 2, 5)), 0);
        memcpy(copy, first, sizeof(copy));
        if (what == 0) { /* replayed */
            assert_int_equal(noise_open(&b, aead, span_mut_of(copy + 2, 21), &len), 0);
        } else if (what == 1) { /* reordered */
            memcpy(first, second, sizeof(first));
        } else {
            first[2] ^= 1;
        }
        assert_int_equal(noise_open(&b, aead, span_mut_of(first + 2, 21), &len), WAVU_ERR_CRYPTO);
        assert_int_equal(len, 0);
        /* and then it is over, also for frames that would have been good */
        assert_int_equal(noise_open(&b, aead, span_mut_of(second + 2, 21), &len),
                         WAVU_ERR_EXHAUSTED);
    }
}

static void test_short_frames(void **state)
{
    (void)state;
    struct noise_channel a;
    struct noise_channel b;
    uint8_t frame[16] = {0};
    size_t len = 7;
    channels(&a, &b);
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(noise_open(&b, aead, span_mut_of(frame, i), &len), WAVU_ERR_PROTO);
        assert_int_equal(len, 0);
    }
}

static void test_nonces_end(void **state)
{
    (void)state;
    struct noise_channel a;
    struct noise_channel b;
    uint8_t frame[2 + 1 + 16] = {0};
    size_t len = 0;
    channels(&a, &b);
    a.send.nonce = UINT64_MAX - 1;
    b.receive.nonce = UINT64_MAX - 1;
    assert_int_equal(noise_seal(&a, aead, span_mut_of(frame + 2, 1)), 0);
    assert_int_equal(noise_open(&b, aead, span_mut_of(frame + 2, 17), &len), 0);
    for (int i = 0; i < 3; i++) {
        frame[2] = 0x77;
        assert_int_equal(noise_seal(&a, aead, span_mut_of(frame + 2, 1)), WAVU_ERR_EXHAUSTED);
        assert_int_equal(frame[2], 0x77);
        assert_int_equal(noise_open(&b, aead, span_mut_of(frame + 2, 17), &len),
                         WAVU_ERR_EXHAUSTED);
    }
}

static void test_channel_is_small(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct noise_channel), 88);
}

static int choose(void **state)
{
    is_hybrid = *state != NULL;
    return 0;
}

static int start(void **state)
{
    (void)state;
    random_seeded_init(&seeded, 42);
    source = random_from_seeded(&seeded);
    aead = aead_new();
    return aead == NULL;
}

static int stop(void **state)
{
    (void)state;
    aead_free(aead);
    return mem_live_count() == 0 ? 0 : -1;
}

#define BOTH(test)                                                                                 \
    {"xx: " #test, test, choose, NULL, NULL},                                                      \
    {                                                                                              \
        "xxhfs: " #test, test, choose, NULL, &is_hybrid                                            \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_handshake_in_pieces_of_any_size),
        BOTH(test_never_takes_more_than_its_own),
        BOTH(test_muxers),
        BOTH(test_other_peer_than_expected),
        BOTH(test_lengths_at_the_border),
        BOTH(test_announcement_allocates_nothing),
        BOTH(test_lying_payloads),
        BOTH(test_long_key),
        BOTH(test_authentication),
        BOTH(test_free_at_every_stage),
        BOTH(test_every_flip_is_refused),
        BOTH(test_kem_goes_when_done),
        cmocka_unit_test(test_downgrade),
        cmocka_unit_test(test_downgrade_seen_by_the_responder),
        cmocka_unit_test(test_frames_of_all_sizes),
        cmocka_unit_test(test_replayed_reordered_and_changed_frames),
        cmocka_unit_test(test_short_frames),
        cmocka_unit_test(test_nonces_end),
        cmocka_unit_test(test_channel_is_small),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
