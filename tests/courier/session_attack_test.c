/*
 * Adversaries of a start, one test for each property that the page promises or does not: without
 * the right keys, with stolen ones, with another's bundle, with what was recorded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/pb.h"
#include "courier/session.h"
#include "crypto/kdf.h"
#include "tests/support/ratchet_pair.h"
#include "tests/support/session_world.h"
#include "wavu/err.h"

#define DAY UINT64_C(86400000000000)

enum { ALICE = 0, BOB = 1, MALLORY = 2 };

static struct session_world w;

static int setup(void **state)
{
    (void)state;
    session_world_init(&w, 31);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_world_clear(&w);
    return 0;
}

static void assert_refused(int who, const struct session_mail *m)
{
    size_t before_len;
    size_t after_len;
    uint8_t *before = session_world_state(&w, who, &before_len);
    assert_int_equal(session_world_open(&w, who, m), WAVU_ERR_CRYPTO);
    uint8_t *after = session_world_state(&w, who, &after_len);
    assert_int_equal(after_len, before_len);
    assert_memory_equal(after, before, before_len);
    mem_free(before);
    mem_free(after);
}

/* --- who speaks --- */

/* Mallory writes to Bob with `prekeys`, which is what she made of hers. */
static void mallory_writes(struct prekeys *prekeys, struct session_mail *m)
{
    struct session s;
    struct wr wr;
    struct session_config config = session_world_config(&w, MALLORY, BOB);
    config.prekeys = prekeys;
    session_init(&s, &config);
    assert_int_equal(session_learn(&s, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    wr_init(&wr, span_mut_of(m->bytes, sizeof(m->bytes)));
    assert_int_equal(session_seal(&s, w.now, span_from_text("I am Alice"), sizeof(m->bytes), &wr),
                     0);
    m->len = wr.len;
    session_clear(&s);
}

static void test_sender_is_authenticated(void **state)
{
    (void)state;
    struct session_mail m;
    uint8_t device[32];
    struct prekeys fake = w.p[MALLORY].prekeys;
    /* In her own name she is Mallory, whoever's session it is given to. */
    mallory_writes(&fake, &m);
    assert_int_equal(
        session_claimed_sender(&w.p[BOB].prekeys, w.aead, span_of(m.bytes, m.len), device), 0);
    assert_memory_equal(device, w.p[MALLORY].device.public_key, 32);
    assert_refused(BOB, &m);
    /* With Alice's card, which everybody to whom Alice wrote has, she lacks Alice's secret. The
     * card opens; what is behind it does not. */
    fake.card_len = w.p[ALICE].prekeys.card_len;
    memcpy(fake.card, w.p[ALICE].prekeys.card, fake.card_len);
    mallory_writes(&fake, &m);
    assert_refused(BOB, &m);
    /* So the claim is Alice's, and is worth nothing before the session opens it. */
    assert_int_equal(
        session_claimed_sender(&w.p[BOB].prekeys, w.aead, span_of(m.bytes, m.len), device), 0);
    assert_memory_equal(device, w.p[ALICE].device.public_key, 32);
    /* With a card of her own that says Alice, she lacks Alice's signature. */
    struct prekeys_msg card;
    uint8_t body[PREKEYS_MSG_CARD_MAX];
    struct wr wr;
    assert_int_equal(
        prekeys_msg_decode(&card, PREKEYS_MSG_CARD, prekeys_card(&w.p[MALLORY].prekeys)), 0);
    card.device = span_of(w.p[ALICE].device.public_key, 32);
    wr_init(&wr, span_mut_of(body, sizeof(body)));
    prekeys_msg_encode_body(&wr, PREKEYS_MSG_CARD, &card);
    card.body = wr_span(&wr);
    wr_init(&wr, span_mut_of(fake.card, sizeof(fake.card)));
    prekeys_msg_encode(&wr, &card);
    fake.card_len = wr.len;
    mallory_writes(&fake, &m);
    assert_refused(BOB, &m);
    /* Alice herself is heard. */
    session_world_say(&w, ALICE, "I am Alice");
}

/* Alice's own card of another network, and the secret behind it: a network's keys count in it. */
static void test_a_card_of_another_network_is_refused(void **state)
{
    (void)state;
    struct session_mail m;
    struct prekeys other;
    struct prekeys_config config = session_world_prekeys_config(&w, ALICE);
    config.network[0] ^= 1;
    prekeys_init(&other, &config, w.now);
    other.config.network[0] ^= 1;
    mallory_writes(&other, &m);
    assert_refused(BOB, &m);
    prekeys_clear(&other);
}

static void test_only_the_bundles_owner_opens(void **state)
{
    (void)state;
    struct session_mail m;
    uint8_t device[32];
    struct session_config config = session_world_config(&w, MALLORY, ALICE);
    struct session s;
    session_world_write(&w, ALICE, "for Bob", &m);
    session_init(&s, &config);
    assert_int_equal(session_world_open_as(&w, &s, &m), WAVU_ERR_CRYPTO);
    /* Not even who the maker is, also with Bob's number and hash of the bundle. */
    struct prekeys fake = w.p[MALLORY].prekeys;
    fake.keys[0].number = w.p[BOB].prekeys.keys[0].number;
    memcpy(fake.keys[0].bundle_hash, w.p[BOB].prekeys.keys[0].bundle_hash, 32);
    fake.config.device = &w.p[BOB].device;
    assert_int_equal(session_claimed_sender(&fake, w.aead, span_of(m.bytes, m.len), device),
                     WAVU_ERR_CRYPTO);
    session_clear(&s);
    session_world_hear(&w, BOB, &m, "for Bob");
}

/* Mallory signs a bundle with Bob's keys in it. Alice, who means to write to Mallory, is forwarded
 * to Bob, who would believe that she writes to him. */
static void test_no_unknown_key_share(void **state)
{
    (void)state;
    struct session_mail m;
    uint8_t body[PREKEYS_MSG_BUNDLE_MAX];
    uint8_t bytes[PREKEYS_MSG_BUNDLE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct prekeys_msg bundle;
    struct wr wr;
    struct session s;
    const struct session_config config = session_world_config(&w, ALICE, MALLORY);
    assert_int_equal(
        prekeys_msg_decode(&bundle, PREKEYS_MSG_BUNDLE, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    bundle.device = span_of(w.p[MALLORY].device.public_key, 32);
    wr_init(&wr, span_mut_of(body, sizeof(body)));
    prekeys_msg_encode_body(&wr, PREKEYS_MSG_BUNDLE, &bundle);
    bundle.body = wr_span(&wr);
    signer_ed25519.sign(NULL, signature, &w.p[MALLORY].device,
                        prekeys_msg_label(PREKEYS_MSG_BUNDLE), bundle.body);
    bundle.signature = span_of(signature, sizeof(signature));
    wr_init(&wr, span_mut_of(bytes, sizeof(bytes)));
    prekeys_msg_encode(&wr, &bundle);

    session_init(&s, &config);
    assert_int_equal(session_learn(&s, w.now, wr_span(&wr)),
                     0); /* it is hers, as far as Alice can see */
    wr_init(&wr, span_mut_of(m.bytes, sizeof(m.bytes)));
    assert_int_equal(session_seal(&s, w.now, span_from_text("to Mallory"), sizeof(m.bytes), &wr),
                     0);
    m.len = wr.len;
    session_clear(&s);
    assert_refused(BOB, &m);
}

/* Bob alone, without Alice, makes a message that Bob's session opens as hers: so a message that he
 * shows proves nothing. What he needs is his own secrets and her public card. */
static void test_transcript_can_be_forged_by_the_receiver(void **state)
{
    (void)state;
    struct session_mail m;
    struct session_start start;
    struct ratchet forger;
    struct prekeys alice_as_bob_sees = w.p[MALLORY].prekeys;
    const struct ratchet_env env = {.aead = w.aead, .random = &w.p[BOB].random, .now = w.now};
    struct prekeys_msg bundle;
    struct wr wr;
    alice_as_bob_sees.card_len = w.p[ALICE].prekeys.card_len;
    memcpy(alice_as_bob_sees.card, w.p[ALICE].prekeys.card, w.p[ALICE].prekeys.card_len);
    assert_int_equal(
        prekeys_msg_decode(&bundle, PREKEYS_MSG_BUNDLE, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    /* The prelude opens whoever made it; its keys follow from Bob's side of dh1. */
    wr_init(&wr, span_mut_of(m.bytes, sizeof(m.bytes)));
    start.round = 1;
    assert_int_equal(session_start_write(&start, &alice_as_bob_sees, &bundle, &env, &wr), 0);
    size_t used;
    assert_int_equal(
        session_start_read(&start, &w.p[BOB].prekeys, &env, span_of(m.bytes, wr.len), &used), 0);
    assert_memory_equal(start.device, w.p[ALICE].device.public_key, 32);
    ratchet_init_initiator(&forger, &start.keys, start.prekey_public, w.now);
    assert_int_equal(
        ratchet_seal(&forger, &env, span_from_text("I owe Bob money"), sizeof(m.bytes), &wr), 0);
    m.len = wr.len;
    session_world_hear(&w, BOB, &m, "I owe Bob money");
    ratchet_clear(&forger);
}

/* --- stolen keys --- */

/* Who has Bob's prekey secret does what Bob did above: of his, only that and his agreement key went
 * into it, and the latter only opens the card that the thief made itself. */
static void test_stolen_prekey_impersonates_others_to_its_owner(void **state)
{
    (void)state;
    struct session_mail m;
    struct prekeys_msg card;
    uint8_t dh1[2][32];
    assert_int_equal(prekeys_msg_decode(&card, PREKEYS_MSG_CARD, prekeys_card(&w.p[ALICE].prekeys)),
                     0);
    /* dh1, all that she lacks of Alice, follows from the stolen secret and Alice's public key. */
    assert_int_equal(
        x25519_shared(dh1[0], w.p[BOB].prekeys.keys[0].x25519.secret, card.agreement.ptr), 0);
    assert_int_equal(x25519_shared(dh1[1], w.p[ALICE].prekeys.agreement.secret,
                                   w.p[BOB].prekeys.keys[0].x25519.public_key),
                     0);
    assert_memory_equal(dh1[0], dh1[1], 32);
    /* A rotation ends it for who starts later: the stolen secret gives nothing with the new one. */
    assert_int_equal(prekeys_rotate(&w.p[BOB].prekeys, w.now), 0);
    assert_int_equal(x25519_shared(dh1[1], w.p[ALICE].prekeys.agreement.secret,
                                   w.p[BOB].prekeys.keys[1].x25519.public_key),
                     0);
    assert_memory_not_equal(dh1[0], dh1[1], 32);
    session_world_write(&w, ALICE, "after it", &m);
    session_world_hear(&w, BOB, &m, "after it");
}

/* Who has Bob's agreement secret, and not the prekey's, is where everybody is. */
static void test_stolen_agreement_key_does_not(void **state)
{
    (void)state;
    struct session_mail m;
    uint8_t device[32];
    struct prekeys fake = w.p[MALLORY].prekeys;
    fake.agreement = w.p[BOB].prekeys.agreement;
    fake.card_len = w.p[ALICE].prekeys.card_len;
    memcpy(fake.card, w.p[ALICE].prekeys.card, fake.card_len);
    mallory_writes(&fake, &m); /* dh1 with Bob's agreement key in the place of Alice's */
    assert_refused(BOB, &m);
    /* Nor does it open what Alice writes. */
    session_world_write(&w, ALICE, "closed", &m);
    fake = w.p[BOB].prekeys;
    fake.keys[0].x25519 = w.p[MALLORY].prekeys.keys[0].x25519;
    memcpy(fake.keys[0].seed, w.p[MALLORY].prekeys.keys[0].seed, MLKEM_SEED_SIZE);
    assert_int_equal(session_claimed_sender(&fake, w.aead, span_of(m.bytes, m.len), device),
                     WAVU_ERR_CRYPTO);
}

/* All X25519 secrets of both sides, and not the ML-KEM seed: a start stays closed. */
static void test_start_is_closed_without_mlkem(void **state)
{
    (void)state;
    struct session_mail m;
    uint8_t device[32];
    session_world_write(&w, ALICE, "closed", &m);
    struct prekeys quantum = w.p[BOB].prekeys; /* every X25519 secret of Bob */
    memset(quantum.keys[0].seed, 7, sizeof(quantum.keys[0].seed));
    assert_int_equal(session_claimed_sender(&quantum, w.aead, span_of(m.bytes, m.len), device),
                     WAVU_ERR_CRYPTO);
    quantum = w.p[BOB].prekeys;
    assert_int_equal(session_claimed_sender(&quantum, w.aead, span_of(m.bytes, m.len), device), 0);
    /* And the other way round: with the seed alone X25519 keeps it. */
    memset(quantum.keys[0].x25519.secret, 7, 32);
    assert_int_equal(session_claimed_sender(&quantum, w.aead, span_of(m.bytes, m.len), device),
                     WAVU_ERR_CRYPTO);
}

/* The limit that the page states: recorded first messages open to who steals the prekey later; what
 * is said after one answer does not. */
static void test_first_flight_rests_on_the_prekey(void **state)
{
    (void)state;
    struct session_mail first;
    struct session_mail second;
    struct session thief;
    const struct session_config config = session_world_config(&w, BOB, ALICE);
    session_world_write(&w, ALICE, "first flight", &first);
    session_world_hear(&w, BOB, &first, "first flight");
    session_world_say(&w, BOB, "answer");
    session_world_write(&w, ALICE, "after it", &second);
    session_init(&thief, &config); /* Bob's prekeys, an empty session, the recorded traffic */
    assert_int_equal(session_world_open_as(&w, &thief, &first), 0);
    assert_int_equal(session_world_open_as(&w, &thief, &second), WAVU_ERR_CRYPTO);
    session_clear(&thief);
}

/* --- recorded starts --- */

static void test_start_replayed_is_refused(void **state)
{
    (void)state;
    struct session_mail m;
    session_world_write(&w, ALICE, "once", &m);
    session_world_hear(&w, BOB, &m, "once");
    assert_refused(BOB, &m);
    session_world_say(&w, BOB, "answer");
    assert_refused(BOB, &m);
    /* Also when its session is long gone, as long as the prekey lives. */
    session_restored(&w.p[BOB].session, w.now);
    session_tick(&w.p[BOB].session, w.now + SESSION_RETIRED_NS);
    assert_null(w.p[BOB].session.slots[0].ratchet);
    assert_refused(BOB, &m);
    /* And over a restart. */
    size_t len;
    uint8_t *bytes = session_world_state(&w, BOB, &len);
    session_world_restore(&w, BOB, span_of(bytes, len));
    mem_free(bytes);
    assert_refused(BOB, &m);
    /* And to whom it came from. */
    assert_refused(ALICE, &m);
}

/* Bob heard a start, and his session with Alice is gone. `step` and again `step` days go by, and at
 * each end the start comes again, until its prekey is gone and after. */
static void replay_for_long(const struct session_mail *m, uint64_t step)
{
    struct prekeys *prekeys = &w.p[BOB].prekeys;
    struct session *s = &w.p[BOB].session;
    const uint32_t number = s->seen[0].prekey;
    session_restored(s, w.now);
    for (uint64_t day = 0; day < 150; day += step) {
        w.now += step * DAY;
        session_tick(s, w.now);
        assert_refused(BOB, m); /* before the prekeys hear of it, and after */
        (void)prekeys_tick(prekeys, w.now);
        session_tick(s, w.now);
        assert_refused(BOB, m);
        assert_true(s->seen_count == 1 || prekeys_find(prekeys, number) == NULL);
        assert_true(session_deadline(s) > w.now); /* no deadline stays behind */
        size_t len;
        uint8_t *bytes = session_world_state(&w, BOB, &len);
        session_world_restore(&w, BOB, span_of(bytes, len));
        mem_free(bytes);
    }
    assert_null(prekeys_find(prekeys, number));
    assert_int_equal(s->seen_count, 0); /* nor does the memory stay for ever */
}

/* Who sleeps for 38 days rotates when it wakes: its prekey then lives for 30 days more. */
static void test_start_replayed_after_a_long_sleep_is_refused(void **state)
{
    (void)state;
    static const uint64_t steps[] = {38, 1, 7, 75, 31};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct session_mail m;
        session_world_clear(&w);
        session_world_init(&w, 31 + i);
        session_world_write(&w, ALICE, "pay", &m);
        session_world_hear(&w, BOB, &m, "pay");
        replay_for_long(&m, steps[i]);
    }
}

/* After seven rotations out of turn the current prekey is not replaced before the others go. */
static void test_start_replayed_after_early_rotations_is_refused(void **state)
{
    (void)state;
    struct session_mail m;
    for (int i = 0; i < PREKEYS_KEPT_MAX - 1; i++) {
        assert_int_equal(prekeys_rotate(&w.p[BOB].prekeys, w.now), 0);
    }
    session_world_write(&w, ALICE, "pay", &m);
    session_world_hear(&w, BOB, &m, "pay");
    replay_for_long(&m, 1);
}

static void test_expired_prekey_is_gone(void **state)
{
    (void)state;
    struct session_mail early;
    struct session_mail late;
    const uint64_t begin = w.now;
    session_world_write(&w, ALICE, "late", &early);
    late = early;
    for (uint64_t day = 1; day <= 36; day++) {
        (void)prekeys_tick(&w.p[BOB].prekeys, begin + day * DAY);
    }
    w.now = begin + 36 * DAY;
    session_world_hear(&w, BOB, &early, "late"); /* within 30 days of replacement */
    /* The memory of starts outlives the prekey, never the other way round. */
    w.now = begin + 37 * DAY;
    (void)prekeys_tick(&w.p[BOB].prekeys, w.now);
    session_tick(&w.p[BOB].session, w.now);
    assert_int_equal(w.p[BOB].session.seen_count, 1);
    session_clear(&w.p[BOB].session);
    const struct session_config config = session_world_config(&w, BOB, ALICE);
    session_init(&w.p[BOB].session, &config); /* forgot everything: still nothing opens */
    assert_refused(BOB, &late);
}

/* A prelude of one start before a message of another, and halves of two starts. */
static void test_parts_of_two_starts_do_not_mix(void **state)
{
    (void)state;
    struct session_mail a;
    struct session_mail b;
    session_world_write(&w, ALICE, "a", &a);
    session_restored(&w.p[ALICE].session, w.now);
    session_world_write(&w, ALICE, "b", &b);
    assert_int_equal(a.len, b.len);
    struct session_mail m = a;
    memcpy(m.bytes + 1324, b.bytes + 1324, m.len - 1324);
    assert_refused(BOB, &m);
    m = a;
    memcpy(m.bytes + 1128, b.bytes + 1128, 1324 - 1128); /* the other's sealed card */
    assert_refused(BOB, &m);
    session_world_hear(&w, BOB, &a, "a");
    m = a;
    memcpy(m.bytes + 1324, b.bytes + 1324, m.len - 1324); /* now a's prelude is known */
    assert_refused(BOB, &m);
    session_world_hear(&w, BOB, &b, "b");
}

/* --- burning the receiver's time --- */

static uint64_t steps_left(int who)
{
    return w.p[who].session.steps.tokens_milli / 1000;
}

/* Who has no header key pays nothing out of the peer's budget, whatever it sends. */
static void test_forged_headers_cost_no_steps(void **state)
{
    (void)state;
    struct session_mail good;
    session_world_say(&w, ALICE, "begin");
    session_world_say(&w, BOB, "answer");
    for (int i = 0; i < 500; i++) {
        session_world_write(&w, ALICE, "lost", &good);
    }
    for (size_t i = 0; i < 2000; i++) {
        struct session_mail m = good;
        m.bytes[2 + i % (12 + 57)] ^= (uint8_t)(1 + i % 255); /* nonce or sealed header */
        assert_int_equal(session_world_open(&w, BOB, &m), WAVU_ERR_CRYPTO);
    }
    assert_int_equal(steps_left(BOB), SESSION_STEPS_MAX);
    session_world_hear(&w, BOB, &good, "lost");
    assert_int_equal(steps_left(BOB), SESSION_STEPS_MAX - 499);
}

/* `count` copies of `good`, each with another body behind the authentic header. */
static void flood(const struct session_mail *good, int count)
{
    for (int i = 0; i < count; i++) {
        struct session_mail bad = *good;
        bad.bytes[bad.len - 1 - (size_t)i % 16] ^= (uint8_t)(1 + i % 255);
        assert_int_equal(session_world_open(&w, BOB, &bad), WAVU_ERR_CRYPTO);
    }
}

static void lose(int count)
{
    struct session_mail m;
    for (int i = 0; i < count; i++) {
        session_world_write(&w, ALICE, "lost", &m);
    }
}

/* Somebody on the way keeps a good message after a lost one, and sends copies of it with a changed
 * body, faster than the budget of steps fills: they cost what it costs, once, and the talk goes on,
 * whether the message is of this turn or of the next, and however the talk moves beneath it. */
static void test_changed_copies_stop_nothing(void **state)
{
    (void)state;
    struct session_mail kept;
    struct session_mail m;
    session_world_say(&w, ALICE, "begin");
    session_world_say(&w, BOB, "answer");
    session_world_say(&w, ALICE, "a turn");
    for (int turned = 0; turned < 2; turned++) {
        lose(turned == 0 ? 1 : 300);
        if (turned != 0) {
            session_world_say(&w, BOB, "your turn");
            lose(300);
        }
        session_world_write(&w, ALICE, "kept", &kept);
        const uint64_t before = steps_left(BOB);
        flood(&kept, SESSION_STEPS_MAX + 1000);
        assert_int_equal(steps_left(BOB), before - (turned == 0 ? 1 : 600));
        for (int second = 0; second < 20; second++) {
            flood(&kept, 130);
            w.now += UINT64_C(1000000000);
            session_world_write(&w, ALICE, "honest", &m);
            session_world_hear(&w, BOB, &m, "honest");
        }
        assert_int_equal(steps_left(BOB), SESSION_STEPS_MAX); /* it filled again */
        session_world_hear(&w, BOB, &kept, "kept");
    }
    /* Nor do the copies cost anew when the messages before come one by one. */
    static struct session_mail late[200];
    for (size_t i = 0; i < 200; i++) {
        session_world_write(&w, ALICE, "late", &late[i]);
    }
    session_world_write(&w, ALICE, "kept", &kept);
    flood(&kept, 2);
    for (size_t i = 0; i < 200; i++) {
        session_world_hear(&w, BOB, &late[i], "late");
        flood(&kept, 2);
    }
    assert_int_equal(steps_left(BOB), SESSION_STEPS_MAX - 200);
    session_world_hear(&w, BOB, &kept, "kept");
    assert_int_equal(steps_left(BOB), SESSION_STEPS_MAX - 200);
}

/* The peer itself loses so much that it costs: what is not paid for comes again later. */
static void test_steps_are_bounded(void **state)
{
    (void)state;
    struct session_mail far;
    struct session_mail next;
    session_world_say(&w, ALICE, "begin");
    session_world_say(&w, BOB, "answer");
    for (int i = 0; i < SESSION_STEPS_MAX / 1000; i++) {
        lose(1000);
        session_world_say(&w, ALICE, "far");
    }
    session_world_write(&w, ALICE, "next", &next);
    lose(999);
    session_world_write(&w, ALICE, "far", &far);
    assert_int_equal(session_world_open(&w, BOB, &far), WAVU_ERR_LIMIT);
    session_world_hear(&w, BOB, &next, "next"); /* what comes in order is free */
    session_world_say(&w, BOB, "in order, both ways");
    w.now += UINT64_C(1000000000) * (1000 / SESSION_STEPS_PER_S + 1);
    session_world_hear(&w, BOB, &far, "far");
    /* Across turns, too. */
    lose(900);
    session_world_write(&w, ALICE, "turned", &far);
    assert_int_equal(session_world_open(&w, BOB, &far), WAVU_ERR_LIMIT);
    /* A clock that jumps back gives nothing, and takes nothing for long. */
    w.now -= 500000000;
    assert_int_equal(session_world_open(&w, BOB, &far), WAVU_ERR_LIMIT);
    w.now += UINT64_C(1000000000) * (1000 / SESSION_STEPS_PER_S + 1);
    session_world_hear(&w, BOB, &far, "turned");
}

/* Every byte of a first message changed, and every cut: one answer, and no trace. */
static void test_changed_first_messages_leave_the_state(void **state)
{
    (void)state;
    struct session_mail good;
    struct session_mail m;
    session_world_write(&w, ALICE, "good", &good);
    for (size_t i = 1; i < good.len; i++) {
        m = good;
        m.bytes[i] ^= (uint8_t)(1u << i % 8);
        assert_refused(BOB, &m);
    }
    for (size_t len = 0; len < good.len; len += 7) {
        m = good;
        m.len = len;
        assert_refused(BOB, &m);
    }
    session_world_hear(&w, BOB, &good, "good");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_sender_is_authenticated),
        T(test_a_card_of_another_network_is_refused),
        T(test_only_the_bundles_owner_opens),
        T(test_no_unknown_key_share),
        T(test_transcript_can_be_forged_by_the_receiver),
        T(test_stolen_prekey_impersonates_others_to_its_owner),
        T(test_stolen_agreement_key_does_not),
        T(test_start_is_closed_without_mlkem),
        T(test_first_flight_rests_on_the_prekey),
        T(test_start_replayed_is_refused),
        T(test_start_replayed_after_a_long_sleep_is_refused),
        T(test_start_replayed_after_early_rotations_is_refused),
        T(test_expired_prekey_is_gone),
        T(test_parts_of_two_starts_do_not_mix),
        T(test_forged_headers_cost_no_steps),
        T(test_changed_copies_stop_nothing),
        T(test_steps_are_bounded),
        T(test_changed_first_messages_leave_the_state),
    };
    return cmocka_run_group_tests_name("courier/session_attack", tests, NULL, NULL);
}
