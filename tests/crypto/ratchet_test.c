/*
 * The ratchet: its bytes by hand, any order, loss, what is refused and leaves no trace, bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/ratchet.h"
#include "tests/support/ratchet_pair.h"
#include "wavu/err.h"

#define ROOM RATCHET_PAIR_MAIL_MAX

static struct ratchet_pair pair;

static int setup(void **state)
{
    (void)state;
    ratchet_pair_init(&pair, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ratchet_pair_clear(&pair);
    return 0;
}

static void assert_text(const char *text)
{
    assert_true(span_is_equal(span_of(pair.text, pair.text_len), span_from_text(text)));
}

/* Opening `m` with `who` fails and changes nothing that is stored. */
static void assert_refused(int who, const struct ratchet_mail *m)
{
    size_t before_len;
    size_t after_len;
    uint8_t *before = ratchet_pair_state(&pair.r[who], &before_len);
    assert_int_equal(ratchet_pair_open(&pair, who, m), WAVU_ERR_CRYPTO);
    uint8_t *after = ratchet_pair_state(&pair.r[who], &after_len);
    assert_int_equal(after_len, before_len);
    assert_memory_equal(after, before, before_len);
    mem_free(before);
    mem_free(after);
}

/* --- by hand, from the page --- */

static void test_first_message_by_hand(void **state)
{
    (void)state;
    struct ratchet_mail m;
    struct x25519_pair own;
    uint8_t shared[32];
    uint8_t turn[96];
    uint8_t step[96];
    uint8_t mac[32];
    uint8_t nonce[12];
    uint8_t ad[1 + 32 + 57];
    struct random_seeded twin = pair.seeded[0];
    const struct random random = random_from_seeded(&twin);
    random_fill(&random, own.secret, 32);
    x25519_derive(&own);
    assert_int_equal(x25519_shared(shared, own.secret, pair.prekey.public_key), 0);
    const struct span dh = span_of(shared, 32);
    kdf(span_mut_of(turn, 96), span_of(pair.keys.root, 32), "wavu session turn 1", &dh, 1);
    kdf(span_mut_of(step, 96), span_of(turn + 32, 32), "wavu session chain 1", NULL, 0);

    pair.kind = AEAD_AES256_GCM;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "habari", 88 + 6, &m), 0);
    assert_int_equal(m.len, 88 + 6);
    assert_int_equal(m.bytes[0], 1);
    assert_int_equal(m.bytes[1], 2);

    uint8_t plain[41 + 1 + 6] = {0};
    memcpy(plain, own.public_key, 32); /* previous, index and exchanges are 0, and so are parts */
    memcpy(plain + 42, "habari", 6);
    const struct span all = span_of(plain, sizeof(plain));
    hash_hmac_sha256(mac, span_of(step + 64, 32), &all, 1);
    memcpy(nonce, mac, 12);
    assert_memory_equal(m.bytes + 2, nonce, 12);

    struct aead_key key = {.kind = AEAD_AES256_GCM};
    memcpy(key.bytes, pair.keys.initiator_header, 32);
    ad[0] = 2;
    memcpy(ad + 1, pair.keys.session, 32);
    memcpy(ad + 33, m.bytes + 14, 57);
    assert_int_equal(aead_open(pair.aead, &key, nonce, span_of(ad, 33),
                               span_mut_of(m.bytes + 14, 41), m.bytes + 55),
                     0);
    assert_memory_equal(m.bytes + 14, plain, 41);
    memcpy(key.bytes, step + 32, 32);
    assert_int_equal(aead_open(pair.aead, &key, nonce, span_of(ad, sizeof(ad)),
                               span_mut_of(m.bytes + 71, 7), m.bytes + 78),
                     0);
    assert_memory_equal(m.bytes + 71, plain + 41, 7);
}

/* --- talk --- */

static void test_a_conversation(void **state)
{
    (void)state;
    char text[32];
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof(text), "number %d", i);
        pair.kind = i % 3 == 0 ? AEAD_AES256_GCM : AEAD_CHACHA20_POLY1305;
        ratchet_pair_say(&pair, (i / 3) % 2, text);
    }
    ratchet_pair_say(&pair, 0, "");
    assert_true(pair.r[0].pq.mixed >= 500 / (RATCHET_PQ_MESSAGES + 12));
    assert_true(pair.r[0].pq.mixed <= 500 / RATCHET_PQ_MESSAGES + 1);
}

static void test_the_other_waits_for_the_first_message(void **state)
{
    (void)state;
    struct ratchet_mail m;
    assert_int_equal(ratchet_pair_seal(&pair, 1, "too early", ROOM, &m), WAVU_ERR_AGAIN);
    assert_int_equal(m.len, 0);
    assert_false(ratchet_has_heard(&pair.r[1]));
    ratchet_pair_say(&pair, 0, "now");
    assert_true(ratchet_has_heard(&pair.r[1]));
    ratchet_pair_say(&pair, 1, "yes");
}

static void test_any_order_over_turns(void **state)
{
    (void)state;
    static struct ratchet_mail mails[5][6];
    char text[32];
    for (int turn = 0; turn < 5; turn++) {
        for (int i = 0; i < 6; i++) {
            snprintf(text, sizeof(text), "%d.%d", turn, i);
            assert_int_equal(ratchet_pair_seal(&pair, 0, text, 400, &mails[turn][i]), 0);
        }
        assert_int_equal(ratchet_pair_open(&pair, 1, &mails[turn][3]), 0);
        ratchet_pair_say(&pair, 1, "go on");
    }
    for (int turn = 4; turn >= 0; turn--) {
        for (int i = 5; i >= 0; i--) {
            snprintf(text, sizeof(text), "%d.%d", turn, i);
            if (i == 3) {
                assert_refused(1, &mails[turn][i]);
            } else {
                assert_int_equal(ratchet_pair_open(&pair, 1, &mails[turn][i]), 0);
                assert_text(text);
            }
        }
    }
    assert_int_equal(pair.r[1].skipped.count, 0);
    assert_int_equal(pair.r[1].skipped.chain_count, 0);
}

/* --- refused --- */

static void test_replay_is_refused(void **state)
{
    (void)state;
    struct ratchet_mail first;
    struct ratchet_mail second;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "one", ROOM, &first), 0);
    assert_int_equal(ratchet_pair_seal(&pair, 0, "two", ROOM, &second), 0);
    assert_int_equal(ratchet_pair_open(&pair, 1, &second), 0);
    assert_refused(1, &second);
    assert_int_equal(pair.news, RATCHET_NEWS_NONE);
    assert_int_equal(ratchet_pair_open(&pair, 1, &first), 0);
    assert_refused(1, &first);
    ratchet_pair_say(&pair, 1, "a");
    ratchet_pair_say(&pair, 0, "b");
    assert_refused(1, &first);
    assert_refused(1, &second);
    assert_refused(0, &first); /* nor does one's own come back */
}

static void try_changes(int who, const struct ratchet_mail *good)
{
    struct ratchet_mail m;
    for (size_t i = 0; i < good->len * 8; i++) {
        m = *good;
        m.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_refused(who, &m);
        /* A changed header is nobody's; behind an honest one nothing is certain. */
        assert_int_equal(pair.news, i / 8 < 71 ? RATCHET_NEWS_NOT_OURS : RATCHET_NEWS_UNSURE);
    }
    for (size_t len = 0; len < good->len; len++) {
        m = *good;
        m.len = len;
        assert_refused(who, &m);
    }
    m = *good;
    m.len++;
    assert_refused(who, &m);
}

static void test_changed_messages_leave_the_state(void **state)
{
    (void)state;
    struct ratchet_mail late;
    struct ratchet_mail m;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "late", 150, &late), 0);
    assert_int_equal(ratchet_pair_seal(&pair, 0, "a new turn", 150, &m), 0);
    try_changes(1, &m);
    assert_int_equal(ratchet_pair_open(&pair, 1, &m), 0);
    try_changes(1, &late); /* with a skipped key */
    assert_int_equal(ratchet_pair_open(&pair, 1, &late), 0);
    assert_text("late");
    assert_int_equal(ratchet_pair_seal(&pair, 0, "the same turn", 150, &m), 0);
    try_changes(1, &m);
    assert_int_equal(ratchet_pair_open(&pair, 1, &m), 0);
}

static void test_another_session_opens_nothing(void **state)
{
    (void)state;
    static struct ratchet_pair other;
    struct ratchet_mail m;
    ratchet_pair_init(&other, 1);
    other.r[1].session[0] ^= 1; /* the same keys under another name */
    assert_int_equal(ratchet_pair_seal(&pair, 0, "mine", ROOM, &m), 0);
    assert_int_equal(ratchet_pair_open(&other, 1, &m), WAVU_ERR_CRYPTO);
    assert_int_equal(ratchet_pair_open(&pair, 1, &m), 0);
    ratchet_pair_clear(&other);
}

/* --- bounds --- */

static void test_flood_of_skipped_is_bounded(void **state)
{
    (void)state;
    struct ratchet_mail first;
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "begin");
    assert_int_equal(ratchet_pair_seal(&pair, 0, "kept for a while", ROOM, &first), 0);
    for (int i = 0; i < RATCHET_GAP_MAX; i++) {
        assert_int_equal(ratchet_pair_seal(&pair, 0, "lost", 200, &m), 0);
    }
    assert_refused(1, &(struct ratchet_mail){.len = 200}); /* nothing to do with it */
    assert_int_equal(ratchet_pair_seal(&pair, 0, "too far", 200, &m), 0);
    assert_refused(1, &m); /* one more than can be bridged */
    assert_int_equal(pair.news, RATCHET_NEWS_TOO_FAR);
    assert_int_equal(ratchet_pair_open(&pair, 1, &first), 0);
    assert_int_equal(ratchet_pair_open(&pair, 1, &m), 0); /* now as far as may be */
    assert_text("too far");
    assert_int_equal(pair.r[1].skipped.count, RATCHET_SKIPPED_KEYS_MAX);
}

static void test_a_gap_before_a_turn_counts_too(void **state)
{
    (void)state;
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "begin");
    for (int i = 0; i < RATCHET_GAP_MAX + 1; i++) {
        assert_int_equal(ratchet_pair_seal(&pair, 0, "lost", 200, &m), 0);
    }
    ratchet_pair_say(&pair, 1, "answer");
    assert_int_equal(ratchet_pair_seal(&pair, 0, "turned", 200, &m), 0);
    assert_refused(1, &m);
    assert_int_equal(pair.news, RATCHET_NEWS_TOO_FAR);
}

static void test_skipped_keys_age(void **state)
{
    (void)state;
    struct ratchet_mail lost;
    assert_true(ratchet_deadline(&pair.r[1]) == UINT64_MAX);
    assert_int_equal(ratchet_pair_seal(&pair, 0, "lost", ROOM, &lost), 0);
    ratchet_pair_say(&pair, 0, "came");
    assert_true(ratchet_deadline(&pair.r[1]) == pair.now + RATCHET_SKIPPED_NS);
    ratchet_tick(&pair.r[1], pair.now + RATCHET_SKIPPED_NS - 1);
    assert_int_equal(pair.r[1].skipped.count, 1);
    ratchet_tick(&pair.r[1], pair.now + RATCHET_SKIPPED_NS);
    assert_int_equal(pair.r[1].skipped.count, 0);
    assert_refused(1, &lost);
}

static void test_a_turn_ends_after_a_million(void **state)
{
    (void)state;
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "one");
    pair.r[0].send.next = RATCHET_CHAIN_MAX - 1;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "the last", ROOM, &m), 0);
    assert_int_equal(ratchet_pair_seal(&pair, 0, "none", ROOM, &m), WAVU_ERR_EXHAUSTED);
    assert_int_equal(m.len, 0);
}

/* A message whose header is good and says an index of one's choice, as a peer makes it that breaks
 * the rules. */
static void forge(uint32_t index, uint32_t previous, struct ratchet_mail *m)
{
    struct ratchet *r = &pair.r[0];
    struct ratchet_env env = ratchet_pair_env(&pair, 0);
    struct aead_key key = {.kind = pair.kind};
    uint8_t ad[1 + 32];
    uint8_t *header = m->bytes + 14;
    r->previous = previous;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "beyond", 200, m), 0);
    memcpy(key.bytes, r->send.header, sizeof(key.bytes));
    ad[0] = m->bytes[1];
    memcpy(ad + 1, r->session, 32);
    assert_int_equal(aead_open(env.aead, &key, m->bytes + 2, span_of(ad, sizeof(ad)),
                               span_mut_of(header, RATCHET_HEADER_SIZE),
                               header + RATCHET_HEADER_SIZE),
                     0);
    for (int i = 0; i < 4; i++) {
        header[36 + i] = (uint8_t)(index >> (24 - 8 * i));
    }
    aead_seal(env.aead, &key, m->bytes + 2, span_of(ad, sizeof(ad)),
              span_mut_of(header, RATCHET_HEADER_SIZE), header + RATCHET_HEADER_SIZE);
}

/* The receiver's side of it: beyond the last index no header leads anywhere, and indices that wrap
 * around least of all. (A walk to the last index of 32 bits would never end.) */
static void test_no_index_beyond_a_million_is_heard(void **state)
{
    (void)state;
    static const uint32_t beyond[] = {RATCHET_CHAIN_MAX, RATCHET_CHAIN_MAX + 5, UINT32_MAX - 1,
                                      UINT32_MAX};
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "one");
    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        forge(beyond[i], 0, &m);
        for (int near = 0; near < 2; near++) { /* far from it, and right before */
            const uint32_t next = pair.r[1].receive.next;
            pair.r[1].receive.next = near != 0 ? RATCHET_CHAIN_MAX : next;
            assert_refused(1, &m);
            assert_int_equal(pair.news, RATCHET_NEWS_NONE);
            pair.r[1].receive.next = next;
        }
    }
    /* Up to there all is heard. */
    pair.r[0].send.next = RATCHET_CHAIN_MAX - 1;
    pair.r[1].receive.next = RATCHET_CHAIN_MAX - 1;
    memcpy(pair.r[1].receive.key, pair.r[0].send.key, sizeof(pair.r[1].receive.key));
    ratchet_pair_say(&pair, 0, "the last");
    assert_int_equal(pair.r[1].receive.next, RATCHET_CHAIN_MAX);
    assert_int_equal(ratchet_pair_seal(&pair, 0, "none", ROOM, &m), WAVU_ERR_EXHAUSTED);
}

/* Nor can the chain before have been longer. */
static void test_no_chain_longer_than_a_million_is_believed(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {RATCHET_CHAIN_MAX + 1, UINT32_MAX};
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "one");
    ratchet_pair_say(&pair, 1, "two");
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct ratchet old;
        ratchet_pair_copy(&pair, &old, &pair.r[0]);
        pair.r[0].send.next = lengths[i]; /* which the turn takes for what was sent */
        const struct ratchet_env env = ratchet_pair_env(&pair, 0);
        struct wr w;
        wr_init(&w, span_mut_of(m.bytes, sizeof(m.bytes)));
        assert_int_equal(ratchet_seal(&pair.r[0], &env, span_from_text("x"), 200, &w), 0);
        m.len = w.len;
        assert_refused(1, &m);
        assert_int_equal(pair.news, RATCHET_NEWS_NONE);
        ratchet_clear(&pair.r[0]);
        pair.r[0] = old;
    }
    ratchet_pair_say(&pair, 0, "three");
}

static void test_room(void **state)
{
    (void)state;
    struct ratchet_mail m;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "1234", RATCHET_OVERHEAD + 3, &m), WAVU_ERR_LIMIT);
    assert_int_equal(m.len, 0);
    assert_int_equal(ratchet_pair_seal(&pair, 0, "1234", RATCHET_OVERHEAD + 4, &m), 0);
    assert_int_equal(m.len, RATCHET_OVERHEAD + 4);
    const struct ratchet_env env = ratchet_pair_env(&pair, 0);
    struct wr w;
    wr_init(&w, span_mut_of(m.bytes, RATCHET_OVERHEAD + 3));
    assert_int_equal(ratchet_seal(&pair.r[0], &env, span_from_text("1234"), ROOM, &w),
                     WAVU_ERR_LIMIT);
    assert_false(w.failed);
    assert_int_equal(w.len, 0);
}

/* What an exchange costs on the wire: the key, the answer, 6 bytes more than none for each. */
static void test_sizes(void **state)
{
    (void)state;
    assert_int_equal(ratchet_pair_say(&pair, 0, "0123456789"), 98);
    assert_int_equal(ratchet_pair_say(&pair, 1, "0123456789"), 98 + 6 + 1184);
    assert_int_equal(ratchet_pair_say(&pair, 0, "0123456789"), 98 + 6 + 1088);
    assert_int_equal(ratchet_pair_say(&pair, 1, "0123456789"), 98);
    assert_int_equal(pair.r[0].pq.mixed, 1);
    assert_int_equal(pair.r[1].pq.mixed, 1);
}

/* --- states that went back --- */

static void test_the_peers_old_state_shows(void **state)
{
    (void)state;
    struct ratchet old;
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "one");
    ratchet_pair_copy(&pair, &old, &pair.r[0]);
    ratchet_pair_say(&pair, 0, "two");
    ratchet_clear(&pair.r[0]);
    pair.r[0] = old;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "another two", ROOM, &m), 0);
    assert_refused(1, &m);
    assert_int_equal(pair.news, RATCHET_NEWS_PEER_WENT_BACK);
}

static void test_the_peers_old_turn_shows(void **state)
{
    (void)state;
    struct ratchet old;
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "one");
    ratchet_pair_say(&pair, 1, "two");
    ratchet_pair_copy(&pair, &old, &pair.r[0]);
    ratchet_pair_say(&pair, 0, "three");
    ratchet_clear(&pair.r[0]);
    pair.r[0] = old;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "another turn", ROOM, &m), 0);
    assert_refused(1, &m);
    assert_int_equal(pair.news, RATCHET_NEWS_PEER_WENT_BACK);
}

static void test_ones_own_old_state_shows(void **state)
{
    (void)state;
    struct ratchet old;
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "one");
    ratchet_pair_copy(&pair, &old, &pair.r[1]);
    ratchet_pair_say(&pair, 1, "two");
    assert_int_equal(ratchet_pair_seal(&pair, 0, "three", ROOM, &m), 0);
    ratchet_clear(&pair.r[1]);
    pair.r[1] = old;
    assert_refused(1, &m);
    assert_int_equal(pair.news, RATCHET_NEWS_SELF_WENT_BACK);
}

/* It forgot the last message of its turn, and turns again: the length that it names is too short.
 */
static void test_a_forgotten_message_shows(void **state)
{
    (void)state;
    struct ratchet old;
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "one");
    ratchet_pair_say(&pair, 1, "two");
    ratchet_pair_copy(&pair, &old, &pair.r[1]);
    ratchet_pair_say(&pair, 1, "three");
    ratchet_clear(&pair.r[1]);
    pair.r[1] = old;
    ratchet_pair_say(&pair, 0, "four");
    assert_int_equal(ratchet_pair_seal(&pair, 1, "five", ROOM, &m), 0);
    assert_refused(0, &m);
    assert_int_equal(pair.news, RATCHET_NEWS_PEER_WENT_BACK);
}

/* We answered an exchange, and forgot it: the peer's turn mixes a secret that we do not have. */
static void test_a_forgotten_answer_shows(void **state)
{
    (void)state;
    struct ratchet old;
    struct ratchet_mail m;
    ratchet_pair_say(&pair, 0, "one");
    ratchet_pair_say(&pair, 1, "a whole key with it");
    assert_int_equal(ratchet_pair_seal(&pair, 0, "no room", RATCHET_OVERHEAD + 7, &m), 0);
    assert_int_equal(ratchet_pair_open(&pair, 1, &m), 0);
    ratchet_pair_copy(&pair, &old, &pair.r[0]);
    ratchet_pair_say(&pair, 0, "the answer with it");
    ratchet_clear(&pair.r[0]);
    pair.r[0] = old;
    assert_int_equal(pair.r[0].pq.step, RATCHET_PQ_OFFERED);
    assert_int_equal(ratchet_pair_seal(&pair, 1, "mixed", ROOM, &m), 0);
    assert_refused(0, &m);
    assert_int_equal(pair.news, RATCHET_NEWS_SELF_WENT_BACK);
    /* Who answers anew, with another secret, opens nothing behind the header; that is all it sees.
     */
    struct ratchet_mail own;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "another answer", ROOM, &own), 0);
    assert_int_equal(pair.r[0].pq.step, RATCHET_PQ_ANSWERING);
    assert_refused(0, &m);
    assert_int_equal(pair.news, RATCHET_NEWS_UNSURE);
}

/* Two texts sealed from one state differ in key or nonce; one text twice is the same message. */
static void test_an_old_state_never_seals_two_texts_alike(void **state)
{
    (void)state;
    struct ratchet_mail a;
    struct ratchet_mail b;
    struct ratchet old;
    ratchet_pair_say(&pair, 0, "one");
    for (int i = 0; i < 2; i++) {
        ratchet_pair_copy(&pair, &old, &pair.r[0]);
        assert_int_equal(ratchet_pair_seal(&pair, 0, "same length A", ROOM, &a), 0);
        ratchet_clear(&pair.r[0]);
        pair.r[0] = old;
        assert_int_equal(
            ratchet_pair_seal(&pair, 0, i == 0 ? "same length B" : "same length A", ROOM, &b), 0);
        assert_int_equal(a.len, b.len);
        assert_int_equal(memcmp(a.bytes + 2, b.bytes + 2, 12) == 0, i == 1);
        assert_int_equal(memcmp(a.bytes, b.bytes, a.len) == 0, i == 1);
    }
}

static void test_clear_wipes(void **state)
{
    (void)state;
    static struct ratchet_pair own;
    static const uint8_t zero[sizeof(struct ratchet)];
    ratchet_pair_init(&own, 3);
    ratchet_pair_say(&own, 0, "one");
    ratchet_pair_say(&own, 1, "two");
    const size_t live = mem_live_count();
    ratchet_clear(&own.r[0]);
    ratchet_clear(&own.r[1]);
    assert_memory_equal(&own.r[0], zero, sizeof(zero));
    assert_memory_equal(&own.r[1], zero, sizeof(zero));
    assert_true(mem_live_count() < live); /* the exchange's buffers */
    ratchet_pair_clear(&own);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_first_message_by_hand),
        T(test_a_conversation),
        T(test_the_other_waits_for_the_first_message),
        T(test_any_order_over_turns),
        T(test_replay_is_refused),
        T(test_changed_messages_leave_the_state),
        T(test_another_session_opens_nothing),
        T(test_flood_of_skipped_is_bounded),
        T(test_a_gap_before_a_turn_counts_too),
        T(test_skipped_keys_age),
        T(test_a_turn_ends_after_a_million),
        T(test_no_index_beyond_a_million_is_heard),
        T(test_no_chain_longer_than_a_million_is_believed),
        T(test_room),
        T(test_sizes),
        T(test_the_peers_old_state_shows),
        T(test_the_peers_old_turn_shows),
        T(test_ones_own_old_state_shows),
        T(test_a_forgotten_message_shows),
        T(test_a_forgotten_answer_shows),
        T(test_an_old_state_never_seals_two_texts_alike),
        T(test_clear_wipes),
    };
    return cmocka_run_group_tests_name("crypto/ratchet", tests, NULL, NULL);
}
