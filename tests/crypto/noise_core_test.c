/*
 * Noise XX against published transcripts and XXhfs against those of another implementation, with
 * the ephemeral keys injected as randomness; and what the core refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/mem.h"
#include "crypto/noise.h"
#include "crypto/noise_core.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

#define MESSAGE_MAX 2048

static struct aead *aead;

/* Randomness that gives what a vector says: an ephemeral secret, then what the KEM wants. */
struct prepared {
    uint8_t bytes[X25519_SIZE + MLKEM_SEED_SIZE];
    size_t len;
    size_t at;
};

static void fill_prepared(void *context, uint8_t *out, size_t len)
{
    struct prepared *p = context;
    assert_true(len <= p->len - p->at);
    memcpy(out, p->bytes + p->at, len);
    p->at += len;
}

static void prepare(struct prepared *p, struct span bytes)
{
    assert_true(bytes.len <= sizeof(p->bytes) - p->len);
    memcpy(p->bytes + p->len, bytes.ptr, bytes.len);
    p->len += bytes.len;
}

struct side {
    struct noise_core core;
    struct noise_core_kem kem;
    struct x25519_pair own;
    struct prepared prepared;
    struct random random;
    struct noise_channel channel;
};

static void side_begin(struct side *side, bool is_hybrid, bool is_initiator, struct span prologue)
{
    if (is_hybrid) {
        noise_core_init_hybrid(&side->core, is_initiator, &side->own, prologue);
        noise_core_lend(&side->core, &side->kem);
    } else {
        noise_core_init(&side->core, is_initiator, &side->own, prologue);
    }
}

static void side_init(struct side *side, bool is_initiator, struct vectors *v)
{
    const struct span secret = vectors_span(v, is_initiator ? "init_static" : "resp_static");
    const char *name = is_initiator ? "init_seed" : "resp_random";
    memcpy(side->own.secret, secret.ptr, X25519_SIZE);
    x25519_derive(&side->own);
    prepare(&side->prepared, vectors_span(v, is_initiator ? "init_ephemeral" : "resp_ephemeral"));
    if (vectors_has(v, name)) {
        prepare(&side->prepared, vectors_span(v, name));
    }
    side->random = (struct random){.fill = fill_prepared, .context = &side->prepared};
    side_begin(side, vectors_has(v, name), is_initiator, vectors_span(v, "prologue"));
}

/* The value called `name` and `number`. */
static struct span numbered(struct vectors *v, const char *name, unsigned number)
{
    char text[32];
    snprintf(text, sizeof(text), "%s%u", name, number);
    return vectors_span(v, text);
}

static void check_handshake_message(struct side *from, struct side *to, struct vectors *v,
                                    unsigned number)
{
    uint8_t message[MESSAGE_MAX];
    struct wr w;
    struct span payload;
    wr_init(&w, span_mut_of(message, sizeof(message)));
    const struct span wanted = numbered(v, "payload", number);
    assert_int_equal(noise_core_write(&from->core, aead, &from->random, &w, wanted), 0);
    assert_true(span_is_equal(wr_span(&w), numbered(v, "message", number)));
    assert_true(w.len <= wanted.len + (from->core.is_hybrid ? NOISE_CORE_HYBRID_OVERHEAD_MAX
                                                            : NOISE_CORE_OVERHEAD_MAX));
    assert_int_equal(noise_core_read(&to->core, aead, span_mut_of(message, w.len), &payload), 0);
    assert_true(span_is_equal(payload, wanted));
}

static void check_transport_message(struct side *from, struct side *to, struct vectors *v,
                                    unsigned number)
{
    uint8_t frame[MESSAGE_MAX];
    const struct span wanted = numbered(v, "payload", number);
    const struct span sealed = numbered(v, "message", number);
    size_t len = 0;
    memcpy(frame + NOISE_HEAD_SIZE, wanted.ptr, wanted.len);
    assert_int_equal(
        noise_seal(&from->channel, aead, span_mut_of(frame + NOISE_HEAD_SIZE, wanted.len)), 0);
    assert_int_equal(frame[0] << 8 | frame[1], sealed.len);
    assert_memory_equal(frame + NOISE_HEAD_SIZE, sealed.ptr, sealed.len);
    assert_int_equal(
        noise_open(&to->channel, aead, span_mut_of(frame + NOISE_HEAD_SIZE, sealed.len), &len), 0);
    assert_true(span_is_equal(span_of(frame + NOISE_HEAD_SIZE, len), wanted));
}

static void check_record(struct vectors *v)
{
    struct side sides[2] = {0};
    side_init(&sides[0], true, v);
    side_init(&sides[1], false, v);
    for (unsigned i = 0; i < NOISE_CORE_MESSAGES; i++) {
        assert_true(noise_core_is_writer(&sides[i % 2].core));
        assert_false(noise_core_is_writer(&sides[1 - i % 2].core));
        check_handshake_message(&sides[i % 2], &sides[1 - i % 2], v, i);
    }
    for (size_t i = 0; i < 2; i++) {
        struct side *side = &sides[i];
        assert_true(noise_core_is_done(&side->core));
        assert_false(noise_core_is_writer(&side->core));
        assert_memory_equal(side->core.peer_static, sides[1 - i].own.public_key, X25519_SIZE);
        noise_core_split(&side->core, side->channel.send.key, side->channel.receive.key);
        if (vectors_has(v, "hash")) {
            assert_memory_equal(side->core.hash, vectors_span(v, "hash").ptr, 32);
        }
    }
    for (unsigned i = NOISE_CORE_MESSAGES; i < 5; i++) {
        check_transport_message(&sides[i % 2], &sides[1 - i % 2], v, i);
    }
}

static void check_file(const char *path)
{
    struct vectors *v = vectors_open(path);
    size_t records = 0;
    while (vectors_next(v)) {
        check_record(v);
        records++;
    }
    assert_int_equal(records, 2);
    vectors_close(v);
}

static void test_vectors(void **state)
{
    (void)state;
    check_file(WAVU_TEST_DATA "/../vectors/noise_xx.txt");
}

static void test_vectors_of_the_hybrid(void **state)
{
    (void)state;
    check_file(WAVU_TEST_DATA "/../vectors/noise_xxhfs.txt");
}

/* Two cores with seeded keys, run up to before message `step`, which is written into `message`. */
static size_t run_up_to(struct side sides[2], bool is_hybrid, unsigned step,
                        uint8_t message[MESSAGE_MAX])
{
    static struct random_seeded seeded;
    random_seeded_init(&seeded, 11);
    const struct random random = random_from_seeded(&seeded);
    for (size_t i = 0; i < 2; i++) {
        x25519_make(&sides[i].own, &random);
        side_begin(&sides[i], is_hybrid, i == 0, span_empty());
    }
    for (unsigned i = 0;; i++) {
        struct wr w;
        struct span payload;
        wr_init(&w, span_mut_of(message, MESSAGE_MAX));
        assert_int_equal(
            noise_core_write(&sides[i % 2].core, aead, &random, &w, span_of("payload", 7)), 0);
        if (i == step) {
            return w.len;
        }
        assert_int_equal(
            noise_core_read(&sides[1 - i % 2].core, aead, span_mut_of(message, w.len), &payload),
            0);
    }
}

/* Sizes of the messages with an empty payload. */
static const size_t least[2][NOISE_CORE_MESSAGES] = {{32, 96, 64}, {1216, 1200, 64}};

static void check_cuts(bool is_hybrid, unsigned step)
{
    uint8_t message[MESSAGE_MAX];
    static struct side sides[2];
    const size_t whole = run_up_to(sides, is_hybrid, step, message);
    assert_int_equal(whole, least[is_hybrid][step] + 7);
    const struct noise_core before = sides[1 - step % 2].core;
    for (size_t len = 0; len < whole; len++) {
        struct span payload;
        uint8_t copy[MESSAGE_MAX];
        memcpy(copy, message, sizeof(copy));
        sides[1 - step % 2].core = before;
        const int rc =
            noise_core_read(&sides[1 - step % 2].core, aead, span_mut_of(copy, len), &payload);
        if (step == 0) { /* a clear payload has no end of its own */
            assert_int_equal(rc, len < least[is_hybrid][0] ? WAVU_ERR_PROTO : 0);
        } else {
            assert_true(rc == WAVU_ERR_PROTO || rc == WAVU_ERR_CRYPTO);
            assert_true(len >= least[is_hybrid][step] || rc == WAVU_ERR_PROTO);
        }
    }
}

static void test_every_cut_is_refused(void **state)
{
    (void)state;
    for (unsigned step = 0; step < NOISE_CORE_MESSAGES; step++) {
        check_cuts(false, step);
        check_cuts(true, step);
    }
}

static void check_changes(bool is_hybrid, unsigned step)
{
    uint8_t message[MESSAGE_MAX];
    static struct side sides[2];
    const size_t whole = run_up_to(sides, is_hybrid, step, message);
    const struct noise_core before = sides[1 - step % 2].core;
    for (size_t bit = 0; bit < 8 * whole; bit += is_hybrid ? 3 : 1) {
        struct span payload;
        uint8_t copy[MESSAGE_MAX];
        memcpy(copy, message, sizeof(copy));
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        sides[1 - step % 2].core = before;
        assert_int_equal(
            noise_core_read(&sides[1 - step % 2].core, aead, span_mut_of(copy, whole), &payload),
            WAVU_ERR_CRYPTO);
    }
}

/* Every bit of messages 2 and 3 counts, but one: X25519 ignores the highest of a key (RFC 7748 5);
 * in the hash it counts, and shows in the static key's tag. */
static void test_every_changed_bit_is_refused(void **state)
{
    (void)state;
    for (unsigned step = 1; step < NOISE_CORE_MESSAGES; step++) {
        check_changes(false, step);
        check_changes(true, step);
    }
}

/* A change to message 1, which nothing in it protects, shows in message 2. */
static void test_changed_first_payload_shows_later(void **state)
{
    (void)state;
    uint8_t message[MESSAGE_MAX];
    struct side sides[2] = {0};
    struct span payload;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 12);
    const struct random random = random_from_seeded(&seeded);
    const size_t len = run_up_to(sides, false, 0, message);
    message[len - 1] ^= 1;
    assert_int_equal(noise_core_read(&sides[1].core, aead, span_mut_of(message, len), &payload), 0);
    struct wr w;
    wr_init(&w, span_mut_of(message, sizeof(message)));
    assert_int_equal(noise_core_write(&sides[1].core, aead, &random, &w, span_empty()), 0);
    assert_int_equal(noise_core_read(&sides[0].core, aead, span_mut_of(message, w.len), &payload),
                     WAVU_ERR_CRYPTO);
}

static void test_ephemeral_without_secret_is_refused(void **state)
{
    (void)state;
    uint8_t message[MESSAGE_MAX];
    struct side sides[2] = {0};
    struct span payload;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 13);
    const struct random random = random_from_seeded(&seeded);
    const size_t len = run_up_to(sides, false, 0, message);
    memset(message, 0, X25519_SIZE);
    assert_int_equal(noise_core_read(&sides[1].core, aead, span_mut_of(message, len), &payload), 0);
    struct wr w;
    wr_init(&w, span_mut_of(message, sizeof(message)));
    assert_int_equal(noise_core_write(&sides[1].core, aead, &random, &w, span_empty()),
                     WAVU_ERR_CRYPTO);
}

/* Message 1 of the hybrid is in clear: what changes in it is refused when it is no key, and shows
 * in message 2 when it is. */
static void test_changed_kem_key_shows(void **state)
{
    (void)state;
    static struct side sides[2];
    uint8_t message[MESSAGE_MAX];
    struct span payload;
    struct random_seeded seeded;
    size_t refused = 0;
    random_seeded_init(&seeded, 15);
    const struct random random = random_from_seeded(&seeded);
    for (size_t at = 0; at < least[1][0]; at += 41) {
        const size_t len = run_up_to(sides, true, 0, message);
        message[at] ^= 0x80;
        assert_int_equal(noise_core_read(&sides[1].core, aead, span_mut_of(message, len), &payload),
                         0);
        struct wr w;
        wr_init(&w, span_mut_of(message, sizeof(message)));
        const int rc = noise_core_write(&sides[1].core, aead, &random, &w, span_empty());
        assert_true(rc == 0 || (rc == WAVU_ERR_CRYPTO && at >= X25519_SIZE));
        refused += rc != 0;
        if (rc == 0) {
            assert_int_equal(
                noise_core_read(&sides[0].core, aead, span_mut_of(message, w.len), &payload),
                WAVU_ERR_CRYPTO);
        }
    }
    assert_true(refused > 0);
}

/* XX and XXhfs share nothing: the name of the protocol is in every hash. */
static void test_patterns_do_not_mix(void **state)
{
    (void)state;
    static struct side sides[2];
    uint8_t message[MESSAGE_MAX];
    struct span payload;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 16);
    const struct random random = random_from_seeded(&seeded);
    const size_t len = run_up_to(sides, true, 0, message);
    noise_core_init(&sides[1].core, false, &sides[1].own, span_empty());
    assert_int_equal(noise_core_read(&sides[1].core, aead, span_mut_of(message, len), &payload), 0);
    assert_int_equal(payload.len, len - X25519_SIZE); /* a payload that nobody reads */
    struct wr w;
    wr_init(&w, span_mut_of(message, sizeof(message)));
    assert_int_equal(noise_core_write(&sides[1].core, aead, &random, &w, span_empty()), 0);
    assert_int_equal(noise_core_read(&sides[0].core, aead, span_mut_of(message, w.len), &payload),
                     WAVU_ERR_PROTO); /* shorter than the hybrid's second message */
}

/* Property: who has all X25519 secrets of a handshake that he recorded, static and ephemeral ones,
 * opens XX and not XXhfs; who has the ML-KEM secret alone does not either; it takes both. */
static void test_secrecy(void **state)
{
    (void)state;
    static struct side sides[2];
    static struct side thief;
    uint8_t message[MESSAGE_MAX];
    struct span payload;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 17);
    const struct random random = random_from_seeded(&seeded);
    size_t len = run_up_to(sides, false, 1, message);
    thief = sides[0]; /* has the dialler's secrets, which give all that X25519 protects */
    assert_int_equal(noise_core_read(&thief.core, aead, span_mut_of(message, len), &payload), 0);
    assert_true(span_is_equal(payload, span_of("payload", 7)));
    for (int broken = 0; broken < 4; broken++) {
        len = run_up_to(sides, true, 1, message);
        thief = sides[0];
        thief.core.kem = &thief.kem;
        if ((broken & 1) == 0) { /* not X25519 */
            random_fill(&random, thief.core.own_ephemeral.secret, X25519_SIZE);
        }
        if ((broken & 2) == 0) { /* not ML-KEM */
            mlkem_make(&thief.kem.own, &random);
        }
        const int rc = noise_core_read(&thief.core, aead, span_mut_of(message, len), &payload);
        assert_int_equal(rc, broken == 3 ? 0 : WAVU_ERR_CRYPTO);
    }
}

/* What was lent holds secrets until the second message, and is asked for no longer. */
static void test_kem_is_lent_for_two_messages(void **state)
{
    (void)state;
    static struct side sides[2];
    uint8_t message[MESSAGE_MAX];
    for (unsigned step = 0; step < NOISE_CORE_MESSAGES; step++) {
        (void)run_up_to(sides, true, step, message);
        assert_true(noise_core_needs_kem(&sides[1 - step % 2].core) == (step < 2));
        (void)run_up_to(sides, false, step, message);
        assert_false(noise_core_needs_kem(&sides[0].core) || noise_core_needs_kem(&sides[1].core));
    }
}

static void test_prologues_must_agree(void **state)
{
    (void)state;
    uint8_t message[MESSAGE_MAX];
    struct side sides[2] = {0};
    struct span payload;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 14);
    const struct random random = random_from_seeded(&seeded);
    for (size_t i = 0; i < 2; i++) {
        x25519_make(&sides[i].own, &random);
        noise_core_init(&sides[i].core, i == 0, &sides[i].own, span_of(&"ab"[i], 1));
    }
    struct wr w;
    wr_init(&w, span_mut_of(message, sizeof(message)));
    assert_int_equal(noise_core_write(&sides[0].core, aead, &random, &w, span_empty()), 0);
    assert_int_equal(noise_core_read(&sides[1].core, aead, span_mut_of(message, w.len), &payload),
                     0);
    wr_init(&w, span_mut_of(message, sizeof(message)));
    assert_int_equal(noise_core_write(&sides[1].core, aead, &random, &w, span_empty()), 0);
    assert_int_equal(noise_core_read(&sides[0].core, aead, span_mut_of(message, w.len), &payload),
                     WAVU_ERR_CRYPTO);
}

static void test_nonce_form(void **state)
{
    (void)state;
    static const uint8_t wanted[AEAD_NONCE_SIZE] = {0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1};
    uint8_t nonce[AEAD_NONCE_SIZE];
    noise_core_nonce(nonce, UINT64_C(0x0102030405060708));
    assert_memory_equal(nonce, wanted, sizeof(wanted));
}

static int start(void **state)
{
    (void)state;
    aead = aead_new();
    return aead == NULL;
}

static int stop(void **state)
{
    (void)state;
    aead_free(aead);
    return mem_live_count() == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_vectors_of_the_hybrid),
        cmocka_unit_test(test_every_changed_bit_is_refused),
        cmocka_unit_test(test_changed_first_payload_shows_later),
        cmocka_unit_test(test_ephemeral_without_secret_is_refused),
        cmocka_unit_test(test_changed_kem_key_shows),
        cmocka_unit_test(test_patterns_do_not_mix),
        cmocka_unit_test(test_secrecy),
        cmocka_unit_test(test_kem_is_lent_for_two_messages),
        cmocka_unit_test(test_prologues_must_agree),
        cmocka_unit_test(test_nonce_form),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
