/*
 * Stored ratchets: a conversation that is stored and loaded at every step goes on as if it were
 * not; damaged bytes are refused or harmless; times outlive the clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/pb.h"
#include "crypto/ratchet_state.h"
#include "tests/support/ratchet_pair.h"
#include "wavu/err.h"

static struct ratchet_pair pair;
static struct ratchet_pair twin;

/* Store and load ratchet `who` of the pair, under a clock that began anew. */
static void reload(struct ratchet_pair *p, int who)
{
    struct ratchet loaded;
    size_t len;
    size_t again_len;
    uint8_t *bytes = ratchet_pair_state(&p->r[who], &len);
    assert_int_equal(ratchet_state_load(&loaded, span_of(bytes, len), p->now), 0);
    ratchet_check(&loaded);
    uint8_t *again = ratchet_pair_state(&loaded, &again_len);
    assert_int_equal(again_len, len);
    assert_memory_equal(again, bytes, len);
    ratchet_clear(&p->r[who]);
    p->r[who] = loaded;
    mem_free(bytes);
    mem_free(again);
}

/* Two pairs of one seed: one is stored at every step. Every message is the same in both. */
static void test_loading_changes_nothing(void **state)
{
    (void)state;
    static struct ratchet_mail a;
    static struct ratchet_mail b;
    static struct ratchet_mail late;
    char text[32];
    late.len = 0;
    ratchet_pair_init(&pair, 9);
    ratchet_pair_init(&twin, 9);
    for (int i = 0; i < 400; i++) {
        const int who = (i / 5) % 2;
        snprintf(text, sizeof(text), "%d", i);
        reload(&pair, who);
        assert_int_equal(ratchet_pair_seal(&pair, who, text, 300, &a), 0);
        assert_int_equal(ratchet_pair_seal(&twin, who, text, 300, &b), 0);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.bytes, b.bytes, a.len);
        reload(&pair, 1 - who);
        if (i % 7 == 3) {
            late = a; /* it comes four steps later, to whom it is for */
            continue;
        }
        assert_int_equal(ratchet_pair_open(&pair, 1 - who, &a), 0);
        assert_int_equal(ratchet_pair_open(&twin, 1 - who, &b), 0);
        if (i % 7 == 0 && late.len > 0) {
            const int to = ((i - 4) / 5) % 2 == 0 ? 1 : 0;
            assert_int_equal(ratchet_pair_open(&pair, to, &late), 0);
            assert_int_equal(ratchet_pair_open(&twin, to, &late), 0);
        }
    }
    assert_true(pair.r[0].pq.mixed > 3);
    ratchet_pair_clear(&pair);
    ratchet_pair_clear(&twin);
}

/* A peer that went back shows also to who was stored and loaded in between. */
static void test_what_was_opened_survives(void **state)
{
    (void)state;
    struct ratchet old;
    struct ratchet_mail m;
    ratchet_pair_init(&pair, 12);
    ratchet_pair_say(&pair, 0, "one");
    ratchet_pair_copy(&pair, &old, &pair.r[0]);
    ratchet_pair_say(&pair, 0, "two");
    reload(&pair, 1);
    ratchet_clear(&pair.r[0]);
    pair.r[0] = old;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "another two", 200, &m), 0);
    assert_int_equal(ratchet_pair_open(&pair, 1, &m), WAVU_ERR_CRYPTO);
    assert_int_equal(pair.news, RATCHET_NEWS_PEER_WENT_BACK);
    ratchet_pair_clear(&pair);
}

/* A ratchet with something in every field: skipped keys of two chains, an exchange under way. */
static uint8_t *rich_state(size_t *len)
{
    struct ratchet_mail lost;
    ratchet_pair_init(&pair, 4);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ratchet_pair_seal(&pair, 0, "lost", 200, &lost), 0);
        struct ratchet_mail m;
        assert_int_equal(ratchet_pair_seal(&pair, 0, "came", 200, &m), 0);
        assert_int_equal(ratchet_pair_open(&pair, 1, &m), 0);
        assert_int_equal(ratchet_pair_seal(&pair, 1, "answer", 200, &m), 0);
        assert_int_equal(ratchet_pair_open(&pair, 0, &m), 0);
    }
    assert_true(pair.r[1].skipped.chain_count >= 2);
    assert_int_equal(pair.r[1].pq.step, RATCHET_PQ_OFFERING);
    return ratchet_pair_state(&pair.r[1], len);
}

static void test_cut_states_are_refused(void **state)
{
    (void)state;
    struct ratchet r;
    size_t len;
    uint8_t *bytes = rich_state(&len);
    size_t refused = 0;
    for (size_t cut = 0; cut < len; cut++) {
        const int rc = ratchet_state_load(&r, span_of(bytes, cut), pair.now);
        assert_true(rc == 0 || rc == WAVU_ERR_CORRUPT);
        refused += rc != 0 ? 1 : 0;
        if (rc == 0) { /* cut between the optional fields at the end */
            ratchet_check(&r);
            ratchet_clear(&r);
        }
    }
    assert_true(len - refused < 5);
    mem_free(bytes);
    ratchet_pair_clear(&pair);
}

/* 70 turns of `r` with an honest peer, one message lost in each: more than there are places for
 * chains that miss messages. What is opened does not matter, only that it goes on. */
static void talk_on(struct ratchet *r)
{
    struct ratchet peer;
    struct ratchet *sides[2] = {&peer, r};
    struct ratchet_mail m;
    struct span content;
    enum ratchet_news news;
    struct wr w;
    ratchet_pair_copy(&pair, &peer, &pair.r[0]);
    for (int i = 0; i < 140 * 2; i++) {
        const int who = i / 2 % 2;
        const struct ratchet_env env = ratchet_pair_env(&pair, who);
        wr_init(&w, span_mut_of(m.bytes, sizeof(m.bytes)));
        const int rc = ratchet_seal(sides[who], &env, span_from_text("on"), 150, &w);
        if (rc == 0 && i % 2 == 1) { /* the first of two is lost */
            (void)!ratchet_open(sides[1 - who], &env, span_mut_of(m.bytes, w.len), &content, &news);
        }
        ratchet_check(r);
    }
    ratchet_clear(&peer);
}

/* Every bit is bent; with one in TALKS of those that are taken the talk goes on for long. */
#define TALKS 211

static void test_changed_states_are_refused_or_sound(void **state)
{
    (void)state;
    struct ratchet r;
    size_t len;
    uint8_t *bytes = rich_state(&len);
    const size_t live = mem_live_count();
    for (size_t i = 0; i < len * 8; i++) {
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        const int rc = ratchet_state_load(&r, span_of(bytes, len), pair.now);
        assert_true(rc == 0 || rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED);
        if (rc == 0) {
            struct ratchet_mail m = {.len = 100, .bytes = {1, 1}};
            ratchet_check(&r);
            assert_int_equal(ratchet_pair_open_as(&pair, &r, &m), WAVU_ERR_CRYPTO);
            if (i % TALKS == 0) {
                talk_on(&r);
            }
            ratchet_clear(&r);
        }
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(mem_live_count(), live);
    mem_free(bytes);
    ratchet_pair_clear(&pair);
}

/* A stored chain that is the current one would end twice, and its keys be counted twice: with the
 * 65th chain that misses messages the count would break. */
static void test_a_chain_that_is_the_current_one_is_refused(void **state)
{
    (void)state;
    struct ratchet r;
    struct wr w;
    size_t len;
    uint8_t *bytes = rich_state(&len);
    uint8_t *bent = mem_new(len + 64);
    for (uint32_t ahead = 0; ahead < 2; ahead++) {
        static const uint8_t header[RATCHET_KEY_SIZE] = {7};
        memcpy(bent, bytes, len);
        wr_init(&w, span_mut_of(bent + len, 64));
        pb_write_head(&w, 13, 4 + sizeof(header));
        wr_u32be(&w, pair.r[1].serial + ahead);
        wr_bytes(&w, span_of(header, sizeof(header)));
        assert_int_equal(ratchet_state_load(&r, span_of(bent, len + w.len), pair.now),
                         WAVU_ERR_CORRUPT);
    }
    mem_free(bent);
    mem_free(bytes);
    ratchet_pair_clear(&pair);
}

/* An answer has 34 units, a key 37: a place behind the answer's end would send bytes behind it. */
static void test_a_place_behind_the_answer_is_refused(void **state)
{
    (void)state;
    struct ratchet r;
    size_t len;
    ratchet_pair_init(&pair, 4);
    ratchet_pair_say(&pair, 0, "one");
    ratchet_pair_say(&pair, 1, "a whole key with it");
    struct ratchet_mail m;
    assert_int_equal(ratchet_pair_seal(&pair, 0, "", 150, &m), 0);
    assert_int_equal(pair.r[0].pq.step, RATCHET_PQ_ANSWERING);
    for (uint32_t cursor = RATCHET_PQ_ANSWER_UNITS - 1; cursor < RATCHET_PQ_OFFER_UNITS; cursor++) {
        pair.r[0].pq.cursor = cursor;
        uint8_t *bytes = ratchet_pair_state(&pair.r[0], &len);
        const int rc = ratchet_state_load(&r, span_of(bytes, len), pair.now);
        assert_int_equal(rc, cursor < RATCHET_PQ_ANSWER_UNITS ? 0 : WAVU_ERR_CORRUPT);
        if (rc == 0) {
            ratchet_clear(&r);
        }
        mem_free(bytes);
    }
    pair.r[0].pq.cursor = 0;
    ratchet_pair_clear(&pair);
}

static void test_a_newer_format_is_told(void **state)
{
    (void)state;
    struct ratchet r;
    size_t len;
    uint8_t *bytes = rich_state(&len);
    assert_int_equal(bytes[0], 0x08);
    bytes[1] = 2;
    assert_int_equal(ratchet_state_load(&r, span_of(bytes, len), pair.now), WAVU_ERR_UNSUPPORTED);
    mem_free(bytes);
    ratchet_pair_clear(&pair);
}

static void test_times_outlive_the_clock(void **state)
{
    (void)state;
    struct ratchet r;
    size_t len;
    uint8_t *bytes = rich_state(&len);
    const uint64_t ends = ratchet_deadline(&pair.r[1]);
    /* However long after it is loaded, it ends when it was to end. */
    assert_int_equal(ratchet_state_load(&r, span_of(bytes, len), ends - 1), 0);
    assert_true(ratchet_deadline(&r) == ends);
    ratchet_clear(&r);
    /* The clock has lost its place. */
    assert_int_equal(ratchet_state_load(&r, span_of(bytes, len), 5), 0);
    assert_true(ratchet_deadline(&r) == 5 + RATCHET_SKIPPED_NS);
    ratchet_clear(&r);
    mem_free(bytes);
    ratchet_pair_clear(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loading_changes_nothing),
        cmocka_unit_test(test_what_was_opened_survives),
        cmocka_unit_test(test_cut_states_are_refused),
        cmocka_unit_test(test_changed_states_are_refused_or_sound),
        cmocka_unit_test(test_a_chain_that_is_the_current_one_is_refused),
        cmocka_unit_test(test_a_place_behind_the_answer_is_refused),
        cmocka_unit_test(test_a_newer_format_is_told),
        cmocka_unit_test(test_times_outlive_the_clock),
    };
    return cmocka_run_group_tests_name("crypto/ratchet_state", tests, NULL, NULL);
}
