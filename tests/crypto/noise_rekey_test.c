/*
 * New keys inside a channel: the exchange, what a thief of old states can read, and everything that
 * does not belong to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/rd.h"
#include "crypto/noise_rekey.h"
#include "crypto/secret.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

#define SECOND UINT64_C(1000000000)
#define WIRE_SIZE (NOISE_HEAD_SIZE + NOISE_REKEY_FRAME)

static struct aead *aead;
static struct random_seeded seeded;
static struct random source;

struct side {
    struct noise_channel channel;
    struct noise_rekey rekey;
};

static struct side a; /* the dialler */
static struct side b;
static uint64_t now;

static void meet(void)
{
    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    random_fill(&source, a.channel.send.key, AEAD_KEY_SIZE);
    random_fill(&source, a.channel.receive.key, AEAD_KEY_SIZE);
    memcpy(b.channel.receive.key, a.channel.send.key, AEAD_KEY_SIZE);
    memcpy(b.channel.send.key, a.channel.receive.key, AEAD_KEY_SIZE);
    now = 77 * SECOND;
    noise_rekey_init(&a.rekey, true, now);
    noise_rekey_init(&b.rekey, false, now);
}

/* Write a step of `from` into `wire`. */
static void step(struct side *from, uint8_t wire[WIRE_SIZE])
{
    assert_true(noise_rekey_wants(&from->rekey, now));
    assert_int_equal(noise_rekey_write(&from->rekey, &from->channel, aead, &source, now,
                                       span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_BODY)),
                     0);
    assert_true(noise_rekey_is_head(wire));
}

static int take(struct side *to, const uint8_t wire[WIRE_SIZE])
{
    uint8_t frame[NOISE_REKEY_FRAME];
    memcpy(frame, wire + NOISE_HEAD_SIZE, sizeof(frame));
    return noise_rekey_read(&to->rekey, &to->channel, aead, now, wire,
                            span_mut_of(frame, sizeof(frame)));
}

static void pass(struct side *from, struct side *to)
{
    uint8_t wire[WIRE_SIZE];
    step(from, wire);
    assert_int_equal(take(to, wire), 0);
}

/* A frame of data: sealed, and kept as it goes over the wire. */
struct frame {
    uint8_t bytes[NOISE_HEAD_SIZE + 6 + AEAD_TAG_SIZE];
};

static struct frame say(struct side *from, const char text[6])
{
    struct frame f;
    memset(&f, 0, sizeof(f));
    memcpy(f.bytes + NOISE_HEAD_SIZE, text, 6);
    assert_int_equal(noise_seal(&from->channel, aead, span_mut_of(f.bytes + NOISE_HEAD_SIZE, 6)),
                     0);
    noise_rekey_count_sealed(&from->rekey, 6);
    return f;
}

static int hear(struct noise_channel *to, const struct frame *f, const char text[6])
{
    struct frame copy = *f;
    size_t len = 0;
    int rc =
        noise_open(to, aead, span_mut_of(copy.bytes + NOISE_HEAD_SIZE, 6 + AEAD_TAG_SIZE), &len);
    if (rc == 0) {
        assert_int_equal(len, 6);
        assert_memory_equal(copy.bytes + NOISE_HEAD_SIZE, text, 6);
    }
    return rc;
}

static void talk(void)
{
    for (int i = 0; i < 3; i++) {
        struct frame f = say(&a, "from a");
        assert_int_equal(hear(&b.channel, &f, "from a"), 0);
        f = say(&b, "from b");
        assert_int_equal(hear(&a.channel, &f, "from b"), 0);
    }
}

static void exchange(void)
{
    now += NOISE_REKEY_NS;
    pass(&a, &b);
    pass(&b, &a);
    pass(&a, &b);
    assert_int_equal(a.rekey.state, NOISE_REKEY_IDLE);
    assert_int_equal(b.rekey.state, NOISE_REKEY_IDLE);
}

static void test_all_keys_change(void **state)
{
    (void)state;
    meet();
    talk();
    for (uint32_t i = 1; i < 20; i++) {
        const struct side before = a;
        exchange();
        assert_int_equal(a.rekey.count, i);
        assert_int_equal(b.rekey.count, i);
        assert_memory_not_equal(a.channel.send.key, before.channel.send.key, AEAD_KEY_SIZE);
        assert_memory_not_equal(a.channel.receive.key, before.channel.receive.key, AEAD_KEY_SIZE);
        assert_memory_not_equal(a.channel.send.key, a.channel.receive.key, AEAD_KEY_SIZE);
        assert_memory_equal(a.channel.send.key, b.channel.receive.key, AEAD_KEY_SIZE);
        assert_memory_equal(a.channel.receive.key, b.channel.send.key, AEAD_KEY_SIZE);
        assert_int_equal(a.channel.send.nonce + a.channel.receive.nonce, 0);
        talk();
    }
}

/* Data flows in both directions at every moment of it. */
static void test_data_flows_meanwhile(void **state)
{
    (void)state;
    uint8_t wire[WIRE_SIZE];
    meet();
    now += NOISE_REKEY_NS;
    step(&a, wire);
    struct frame behind_offer = say(&a, "a 0000");
    struct frame before_answer = say(&b, "b 0000");
    assert_int_equal(take(&b, wire), 0);
    assert_int_equal(hear(&b.channel, &behind_offer, "a 0000"), 0);
    step(&b, wire);
    struct frame behind_answer = say(&b, "b 1111"); /* under the new key */
    struct frame before_switch = say(&a, "a 1111"); /* still under the old one */
    assert_int_equal(hear(&a.channel, &before_answer, "b 0000"), 0);
    assert_int_equal(take(&a, wire), 0);
    assert_int_equal(hear(&a.channel, &behind_answer, "b 1111"), 0);
    assert_int_equal(hear(&b.channel, &before_switch, "a 1111"), 0);
    step(&a, wire);
    struct frame behind_switch = say(&a, "a 2222");
    assert_int_equal(take(&b, wire), 0);
    assert_int_equal(hear(&b.channel, &behind_switch, "a 2222"), 0);
    talk();
}

static void test_only_the_dialler_offers_and_only_when_due(void **state)
{
    (void)state;
    meet();
    now += NOISE_REKEY_NS - 1;
    assert_false(noise_rekey_wants(&a.rekey, now));
    now++;
    assert_true(noise_rekey_wants(&a.rekey, now));
    assert_false(noise_rekey_wants(&b.rekey, now));
    meet();
    noise_rekey_count_sealed(&a.rekey, (size_t)NOISE_REKEY_BYTES - 1);
    assert_false(noise_rekey_wants(&a.rekey, now));
    noise_rekey_count_sealed(&a.rekey, 1);
    assert_true(noise_rekey_wants(&a.rekey, now));
    meet();
    noise_rekey_count_opened(&a.rekey, (size_t)NOISE_REKEY_BYTES);
    assert_true(noise_rekey_wants(&a.rekey, now));
    noise_rekey_count_sealed(&b.rekey, (size_t)NOISE_REKEY_BYTES);
    assert_false(noise_rekey_wants(&b.rekey, now));
    pass(&a, &b);
    assert_false(noise_rekey_wants(&a.rekey, now)); /* one at a time */
    pass(&b, &a);
    pass(&a, &b);
    assert_int_equal(a.rekey.sealed + a.rekey.opened + b.rekey.sealed + b.rekey.opened, 0);
    assert_false(noise_rekey_wants(&a.rekey, now));
    assert_int_equal(a.rekey.since_ns, now);
}

/* Property: who steals everything that both sides have cannot read what was said before the last
 * exchange, though he recorded it. */
static void test_forward_secrecy(void **state)
{
    (void)state;
    meet();
    const struct frame from_a = say(&a, "secret");
    const struct frame from_b = say(&b, "answer");
    assert_int_equal(hear(&b.channel, &from_a, "secret"), 0);
    assert_int_equal(hear(&a.channel, &from_b, "answer"), 0);
    const struct side stolen_early = b;
    exchange();
    const struct side stolen[2] = {a, b};
    const struct frame *const said[2] = {&from_b, &from_a};
    const char *const texts[2] = {"answer", "secret"};
    for (size_t i = 0; i < 2; i++) {
        for (int half = 0; half < 2; half++) {
            struct noise_channel thief = stolen[i].channel;
            if (half == 1) {
                thief.receive = thief.send;
            }
            thief.receive.nonce = 0;
            assert_int_equal(hear(&thief, said[i], texts[i]), WAVU_ERR_CRYPTO);
        }
    }
    /* And the old keys lie nowhere in what is left. */
    const uint8_t *all = (const uint8_t *)stolen;
    for (size_t at = 0; at + AEAD_KEY_SIZE <= sizeof(stolen); at++) {
        assert_memory_not_equal(all + at, stolen_early.channel.receive.key, AEAD_KEY_SIZE);
        assert_memory_not_equal(all + at, stolen_early.channel.send.key, AEAD_KEY_SIZE);
    }
}

/* What a thief with both stolen states can do with what he hears: play either side. */
static void thief_hears(struct side *thief, const uint8_t wire[WIRE_SIZE], bool is_own)
{
    if (is_own) { /* it was this side's to write: he writes one of his own, to have the states */
        uint8_t mine[WIRE_SIZE];
        if (noise_rekey_wants(&thief->rekey, now)) {
            step(thief, mine);
        }
    } else {
        (void)take(thief, wire);
    }
}

static void exchange_before(struct side thieves[2])
{
    uint8_t wire[WIRE_SIZE];
    struct side *const sides[2] = {&a, &b};
    for (size_t i = 0; i < 3; i++) {
        if (!noise_rekey_wants(&sides[i % 2]->rekey, now)) {
            continue; /* was offered before */
        }
        step(sides[i % 2], wire);
        assert_int_equal(take(sides[1 - i % 2], wire), 0);
        thief_hears(&thieves[i % 2], wire, true);
        thief_hears(&thieves[1 - i % 2], wire, false);
    }
    assert_int_equal(a.rekey.state, NOISE_REKEY_IDLE);
    assert_int_equal(b.rekey.state, NOISE_REKEY_IDLE);
}

static bool thief_reads(const struct side thieves[2])
{
    const struct frame f = say(&a, "secret");
    assert_int_equal(hear(&b.channel, &f, "secret"), 0);
    const struct frame g = say(&b, "answer");
    assert_int_equal(hear(&a.channel, &g, "answer"), 0);
    bool reads = false;
    for (size_t i = 0; i < 2; i++) {
        struct noise_channel thief = thieves[i].channel;
        reads = hear(&thief, i == 0 ? &g : &f, i == 0 ? "answer" : "secret") == 0 || reads;
    }
    return reads;
}

/* Property: who stole both states, and then only listens, loses the thread with the next exchange
 * that begins after. */
static void test_healing(void **state)
{
    (void)state;
    meet();
    talk();
    struct side thieves[2] = {a, b};
    assert_true(thief_reads(thieves)); /* until then he reads all */
    thieves[0] = a;
    thieves[1] = b;
    now += NOISE_REKEY_NS;
    exchange_before(thieves);
    assert_false(thief_reads(thieves));
}

/* Stolen between offer and answer: the dialler's fresh key is stolen with it, this exchange does
 * not heal, and the next one does. */
static void test_theft_within_an_exchange(void **state)
{
    (void)state;
    uint8_t wire[WIRE_SIZE];
    meet();
    now += NOISE_REKEY_NS;
    step(&a, wire);
    struct side thieves[2] = {a, b};
    assert_int_equal(take(&b, wire), 0);
    assert_int_equal(take(&thieves[1], wire), 0);
    step(&b, wire);
    assert_int_equal(take(&a, wire), 0);
    assert_int_equal(take(&thieves[0], wire), 0); /* he has the offered secret */
    step(&a, wire);
    assert_int_equal(take(&b, wire), 0);
    const struct frame f = say(&b, "secret");
    assert_int_equal(hear(&a.channel, &f, "secret"), 0);
    struct noise_channel thief = thieves[0].channel;
    assert_int_equal(hear(&thief, &f, "secret"), 0); /* as the page says */
    thieves[0] = a;
    thieves[1] = b;
    now += NOISE_REKEY_NS;
    exchange_before(thieves);
    assert_false(thief_reads(thieves));
}

/* Property: the old keys enter, so that who breaks X25519 and has recorded all, but never stole a
 * state, has nothing. Here he knows the exchange's secrets, and not the keys before it. */
static void test_rekey_keeps_what_the_handshake_gave(void **state)
{
    (void)state;
    uint8_t wire[WIRE_SIZE];
    meet();
    struct side thief = a;
    memset(&thief.channel, 7, sizeof(thief.channel));
    thief.channel.cipher = a.channel.cipher; /* no secret */
    thief.channel.send.nonce = thief.channel.receive.nonce = 0;
    now += NOISE_REKEY_NS;
    step(&a, wire);
    thief.rekey = a.rekey; /* the offered secret, broken */
    assert_int_equal(take(&b, wire), 0);
    step(&b, wire);
    assert_int_equal(take(&thief, wire), WAVU_ERR_CRYPTO);
    assert_int_equal(take(&a, wire), 0);
    step(&a, wire);
    assert_int_equal(take(&b, wire), 0);
    talk();
}

/* Bring both sides to where message `number` (0, 1, 2) is written into `wire`; who reads it. */
static struct side *up_to(int number, uint8_t wire[WIRE_SIZE])
{
    meet();
    now += NOISE_REKEY_NS;
    for (int i = 0; i < number; i++) {
        pass(i % 2 == 0 ? &a : &b, i % 2 == 0 ? &b : &a);
    }
    step(number % 2 == 0 ? &a : &b, wire);
    return number % 2 == 0 ? &b : &a;
}

static void test_every_changed_bit_is_refused(void **state)
{
    (void)state;
    uint8_t wire[WIRE_SIZE];
    for (int number = 0; number < 3; number++) {
        for (size_t bit = 0; bit < sizeof(wire) * 8; bit++) {
            struct side *to = up_to(number, wire);
            const struct noise_rekey before = to->rekey;
            wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (!noise_rekey_is_head(wire)) {
                continue; /* a length: tests of frames */
            }
            assert_int_equal(take(to, wire), WAVU_ERR_CRYPTO);
            assert_memory_equal(&to->rekey, &before, sizeof(before));
        }
    }
}

static void test_replayed_and_reflected(void **state)
{
    (void)state;
    uint8_t wire[WIRE_SIZE];
    for (int number = 0; number < 3; number++) {
        struct side *to = up_to(number, wire);
        assert_int_equal(take(to, wire), 0);
        assert_int_equal(take(to, wire), WAVU_ERR_CRYPTO); /* once more */
        to = up_to(number, wire);
        assert_int_equal(take(to == &a ? &b : &a, wire), WAVU_ERR_CRYPTO); /* to its sender */
    }
}

/* A frame of data is no step of the exchange, and the other way round: the head counts. */
static void test_kinds_do_not_mix(void **state)
{
    (void)state;
    uint8_t wire[WIRE_SIZE];
    size_t len = 0;
    for (int number = 0; number < 3; number++) {
        struct side *to = up_to(number, wire);
        assert_int_equal(noise_open(&to->channel, aead,
                                    span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_FRAME), &len),
                         WAVU_ERR_CRYPTO);
    }
    meet();
    memset(wire, 5, sizeof(wire));
    assert_int_equal(
        noise_seal(&a.channel, aead, span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_BODY)), 0);
    wire[0] = 0;
    wire[1] = 1;
    assert_int_equal(take(&b, wire), WAVU_ERR_CRYPTO);
}

/* Honest tags on steps that are not due. */
static void test_steps_out_of_turn(void **state)
{
    (void)state;
    for (int number = 0; number < 4; number++) { /* after so many steps */
        for (uint8_t kind = 1; kind <= 3; kind++) {
            for (int i = 0; i < 2; i++) {
                static const uint8_t fits[2][4] = {{0, 2, 0, 0}, {1, 0, 3, 1}};
                uint8_t wire[WIRE_SIZE] = {0};
                meet();
                now += NOISE_REKEY_NS;
                for (int j = 0; j < number; j++) {
                    pass(j % 2 == 0 ? &a : &b, j % 2 == 0 ? &b : &a);
                }
                struct side *from = i == 0 ? &b : &a;
                struct side *to = i == 0 ? &a : &b;
                wire[NOISE_HEAD_SIZE] = 9;
                assert_int_equal(
                    noise_seal_kind(&from->channel, aead, kind,
                                    span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_BODY)),
                    0);
                const int wanted =
                    fits[i][number] != kind                            ? WAVU_ERR_PROTO
                    : kind == 3 /* with a confirmation that is none */ ? WAVU_ERR_CRYPTO
                                                                       : 0;
                /* While the dialler has not switched, its frames still have the old key. */
                assert_int_equal(take(to, wire), wanted);
            }
        }
    }
}

static void test_keys_without_secret_are_refused(void **state)
{
    (void)state;
    uint8_t wire[WIRE_SIZE] = {0};
    meet();
    assert_int_equal(
        noise_seal_kind(&a.channel, aead, 1, span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_BODY)),
        0);
    assert_int_equal(take(&b, wire), 0);
    assert_int_equal(noise_rekey_write(&b.rekey, &b.channel, aead, &source, now,
                                       span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_BODY)),
                     WAVU_ERR_CRYPTO);
    meet();
    now += NOISE_REKEY_NS;
    pass(&a, &b);
    memset(wire, 0, sizeof(wire));
    assert_int_equal(
        noise_seal_kind(&b.channel, aead, 2, span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_BODY)),
        0);
    assert_int_equal(take(&a, wire), WAVU_ERR_CRYPTO);
}

/* A dialler that offers without end is let go; an honest one, at 8 Gbit/s, is not. */
static void test_offers_are_bounded(void **state)
{
    (void)state;
    meet();
    int rc = 0;
    int count = 0;
    for (; rc == 0; count++) {
        uint8_t wire[WIRE_SIZE];
        noise_rekey_count_sealed(&a.rekey, (size_t)NOISE_REKEY_BYTES);
        step(&a, wire);
        rc = take(&b, wire);
        if (rc == 0) {
            pass(&b, &a);
            pass(&a, &b);
        }
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_int_equal(count, NOISE_REKEY_BURST + 1);
    meet();
    for (int i = 0; i < 100; i++) {
        noise_rekey_count_sealed(&a.rekey, (size_t)NOISE_REKEY_BYTES);
        pass(&a, &b);
        pass(&b, &a);
        pass(&a, &b);
        now += SECOND;
    }
}

static void test_is_small(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct noise_rekey), 128);
}

static int start(void **state)
{
    (void)state;
    random_seeded_init(&seeded, 51);
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

/* Gives a secret of the vectors. */
static void fill_given(void *context, uint8_t *out, size_t len)
{
    assert_int_equal(len, X25519_SIZE);
    memcpy(out, context, len);
}

/* Write what `from` has to say, with the secret `name`, as the vectors have it, and let `to` read
 * it. */
static void pass_given(struct vectors *v, struct side *from, struct side *to, const char *secret,
                       const char *name)
{
    uint8_t wire[WIRE_SIZE];
    const struct random given = {.fill = fill_given,
                                 .context = (void *)vectors_bytes(v, secret).ptr};
    const struct span want = vectors_span(v, name);
    assert_true(noise_rekey_wants(&from->rekey, now));
    assert_int_equal(noise_rekey_write(&from->rekey, &from->channel, aead, &given, now,
                                       span_mut_of(wire + NOISE_HEAD_SIZE, NOISE_REKEY_BODY)),
                     0);
    assert_int_equal(want.len, sizeof(wire));
    assert_memory_equal(wire, want.ptr, sizeof(wire));
    assert_int_equal(take(to, wire), 0);
}

static void expect_frame(struct vectors *v, struct side *from, const char *name)
{
    uint8_t wire[NOISE_HEAD_SIZE + 5 + AEAD_TAG_SIZE];
    const struct span want = vectors_span(v, name);
    memcpy(wire + NOISE_HEAD_SIZE, "after", 5);
    assert_int_equal(noise_seal(&from->channel, aead, span_mut_of(wire + NOISE_HEAD_SIZE, 5)), 0);
    assert_int_equal(want.len, sizeof(wire));
    assert_memory_equal(wire, want.ptr, sizeof(wire));
}

static uint64_t number_of(struct vectors *v, const char *name)
{
    struct rd r;
    rd_init(&r, vectors_span(v, name));
    return rd_u64be(&r);
}

/* Frames and keys as another program makes them: tests/support/vectors_rekey.py. */
static void test_rekey_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/noise_rekey.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        meet();
        memcpy(a.channel.send.key, vectors_span(v, "dialler").ptr, AEAD_KEY_SIZE);
        memcpy(a.channel.receive.key, vectors_span(v, "listener").ptr, AEAD_KEY_SIZE);
        a.channel.send.nonce = number_of(v, "dialler_count");
        a.channel.receive.nonce = number_of(v, "listener_count");
        b.channel.send = a.channel.receive;
        b.channel.receive = a.channel.send;
        now += NOISE_REKEY_NS;
        pass_given(v, &a, &b, "a", "offer");
        pass_given(v, &b, &a, "b", "answer");
        pass_given(v, &a, &b, "a", "switch");
        assert_memory_equal(a.channel.send.key, vectors_span(v, "new_dialler").ptr, AEAD_KEY_SIZE);
        assert_memory_equal(b.channel.send.key, vectors_span(v, "new_listener").ptr, AEAD_KEY_SIZE);
        expect_frame(v, &a, "dialler_after");
        expect_frame(v, &b, "listener_after");
        records++;
    }
    assert_int_equal(records, 2);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_keys_change),
        cmocka_unit_test(test_data_flows_meanwhile),
        cmocka_unit_test(test_only_the_dialler_offers_and_only_when_due),
        cmocka_unit_test(test_forward_secrecy),
        cmocka_unit_test(test_healing),
        cmocka_unit_test(test_theft_within_an_exchange),
        cmocka_unit_test(test_rekey_keeps_what_the_handshake_gave),
        cmocka_unit_test(test_every_changed_bit_is_refused),
        cmocka_unit_test(test_replayed_and_reflected),
        cmocka_unit_test(test_kinds_do_not_mix),
        cmocka_unit_test(test_steps_out_of_turn),
        cmocka_unit_test(test_keys_without_secret_are_refused),
        cmocka_unit_test(test_offers_are_bounded),
        cmocka_unit_test(test_is_small),
        cmocka_unit_test(test_rekey_vectors),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
