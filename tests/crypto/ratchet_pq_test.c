/*
 * Post-quantum exchanges in units: whole or in pieces, with loss and in any order, and what is
 * passed over. The two sides here are bare halves; the ratchet's turns are played by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/ratchet_pq.h"
#include "crypto/secret.h"
#include "wavu/err.h"

#define ROOM_ALL 4096
#define DAY RATCHET_PQ_INTERVAL_NS

struct fixture {
    struct random_seeded seeded;
    struct random random;
    struct ratchet_pq offerer;
    struct ratchet_pq other;
};

static struct fixture *begin(uint64_t now)
{
    static struct fixture f;
    random_seeded_init(&f.seeded, 5);
    f.random = random_from_seeded(&f.seeded);
    ratchet_pq_init(&f.offerer, true, now);
    ratchet_pq_init(&f.other, false, now);
    return &f;
}

static void end(struct fixture *f)
{
    ratchet_pq_clear(&f->offerer);
    ratchet_pq_clear(&f->other);
}

/* The parts that `from` sends into `room` bytes, with a content behind them. */
static struct span sent(struct fixture *f, struct ratchet_pq *from, uint64_t now, size_t room)
{
    static uint8_t body[ROOM_ALL + 16];
    struct wr w;
    wr_init(&w, span_mut_of(body, sizeof(body)));
    ratchet_pq_write(from, now, &f->random, room, &w);
    ratchet_pq_check(from);
    assert_true(w.len <= room + 1);
    wr_text(&w, "content");
    return wr_span(&w);
}

static bool taken(struct ratchet_pq *to, struct span body)
{
    struct ratchet_pq_part part;
    struct span content;
    assert_int_equal(ratchet_pq_split(body, &part, &content), 0);
    assert_true(span_is_equal(content, span_from_text("content")));
    ratchet_pq_take(to, &part);
    ratchet_pq_check(to);
    return part.kind != 0;
}

/* The offerer mixes, the other hears it. */
static void mix(struct fixture *f, uint64_t now)
{
    uint8_t secret[MLKEM_SHARED_SIZE];
    assert_true(ratchet_pq_ready(&f->offerer, secret));
    assert_int_equal(f->other.step, RATCHET_PQ_ANSWERING);
    assert_memory_equal(secret, f->other.secret, sizeof(secret));
    ratchet_pq_mixed(&f->offerer, now);
    ratchet_pq_mixed(&f->other, now);
    ratchet_pq_check(&f->offerer);
    ratchet_pq_check(&f->other);
}

static void test_whole_in_one_message_each(void **state)
{
    (void)state;
    struct fixture *f = begin(7);
    assert_int_equal(sent(f, &f->offerer, 7, ROOM_ALL).len, 7 + 1184 + 7);
    f->offerer.cursor = 0; /* once more: that went to look at its size */
    f->offerer.pause = 0;
    assert_true(taken(&f->other, sent(f, &f->offerer, 7, ROOM_ALL)));
    assert_int_equal(f->other.step, RATCHET_PQ_OFFERED);
    const struct span answer = sent(f, &f->other, 7, ROOM_ALL);
    assert_int_equal(answer.len, 7 + 1088 + 7);
    assert_true(taken(&f->offerer, answer));
    mix(f, 7);
    assert_int_equal(f->offerer.mixed, 1);
    assert_null(f->offerer.bytes);
    end(f);
}

static void test_the_bound_is_50_messages_or_a_day(void **state)
{
    (void)state;
    struct fixture *f = begin(0);
    assert_true(taken(&f->other, sent(f, &f->offerer, 0, ROOM_ALL)));
    assert_true(taken(&f->offerer, sent(f, &f->other, 0, ROOM_ALL)));
    mix(f, 1000);
    assert_false(taken(&f->other, sent(f, &f->offerer, 1000 + DAY - 1, ROOM_ALL)));
    for (int i = 0; i < RATCHET_PQ_MESSAGES; i++) {
        assert_false(taken(&f->other, sent(f, &f->offerer, 1000, ROOM_ALL)));
        ratchet_pq_count(&f->offerer);
    }
    assert_true(taken(&f->other, sent(f, &f->offerer, 1000, ROOM_ALL)));
    assert_true(taken(&f->offerer, sent(f, &f->other, 1000, ROOM_ALL)));
    mix(f, 2000);
    assert_true(taken(&f->other, sent(f, &f->offerer, 2000 + DAY, ROOM_ALL)));
    end(f);
}

/* In messages of 500 bytes with 100 of text 9 units fit: 5 messages and 4. */
static void test_small_messages(void **state)
{
    (void)state;
    struct fixture *f = begin(0);
    const size_t room = 500 - 88 - 100;
    int offers = 0;
    int answers = 0;
    while (f->other.step != RATCHET_PQ_OFFERED) {
        assert_true(taken(&f->other, sent(f, &f->offerer, 0, room)));
        offers++;
    }
    while (f->offerer.step != RATCHET_PQ_ANSWERED) {
        assert_true(taken(&f->offerer, sent(f, &f->other, 0, room)));
        answers++;
    }
    assert_int_equal(offers, 5);
    assert_int_equal(answers, 4);
    mix(f, 0);
    end(f);
}

/* A third is lost, some come twice and late; passes repeat until all is there. */
static void test_loss_and_repetition(void **state)
{
    (void)state;
    struct fixture *f = begin(0);
    uint8_t late[ROOM_ALL];
    size_t late_len = 0;
    int sends = 0;
    for (; f->offerer.step != RATCHET_PQ_ANSWERED && sends < 2000; sends++) {
        struct ratchet_pq *from = sends % 2 == 0 ? &f->offerer : &f->other;
        struct ratchet_pq *to = sends % 2 == 0 ? &f->other : &f->offerer;
        const struct span body = sent(f, from, 0, 100);
        if (random_below(&f->random, 3) > 0) {
            (void)taken(to, body);
        }
        if (late_len > 0 && random_below(&f->random, 2) == 0) {
            (void)taken(sends % 2 == 0 ? &f->offerer : &f->other, span_of(late, late_len));
        }
        memcpy(late, body.ptr, body.len);
        late_len = body.len;
        if (sends % 16 == 15) {
            ratchet_pq_turned(&f->offerer);
            ratchet_pq_turned(&f->other);
        }
    }
    assert_int_equal(f->offerer.step, RATCHET_PQ_ANSWERED);
    mix(f, 0);
    end(f);
}

static void test_pauses_after_a_pass(void **state)
{
    (void)state;
    struct fixture *f = begin(0);
    assert_true(taken(&f->other, sent(f, &f->offerer, 0, ROOM_ALL)));
    for (int i = 0; i < RATCHET_PQ_PAUSE; i++) {
        assert_false(taken(&f->other, sent(f, &f->offerer, 0, ROOM_ALL)));
    }
    assert_true(taken(&f->other, sent(f, &f->offerer, 0, ROOM_ALL)));
    assert_false(taken(&f->other, sent(f, &f->offerer, 0, ROOM_ALL)));
    ratchet_pq_turned(&f->offerer);
    assert_true(taken(&f->other, sent(f, &f->offerer, 0, ROOM_ALL)));
    end(f);
}

static void test_no_room_no_units(void **state)
{
    (void)state;
    struct fixture *f = begin(0);
    assert_false(taken(&f->other, sent(f, &f->offerer, 0, 0)));
    assert_false(taken(&f->other, sent(f, &f->offerer, 0, 6 + 31)));
    assert_int_equal(f->offerer.step, RATCHET_PQ_REST); /* nothing was begun in vain */
    assert_true(taken(&f->other, sent(f, &f->offerer, 0, 6 + 32)));
    end(f);
}

static void test_other_exchanges_are_passed_over(void **state)
{
    (void)state;
    struct fixture *f = begin(0);
    uint8_t old[ROOM_ALL];
    const struct span body = sent(f, &f->offerer, 0, ROOM_ALL);
    memcpy(old, body.ptr, body.len);
    const struct span first = span_of(old, body.len);
    assert_true(taken(&f->other, first));
    assert_true(taken(&f->offerer, sent(f, &f->other, 0, ROOM_ALL)));
    mix(f, 0);
    assert_true(taken(&f->other, first)); /* it carries units, of an exchange that was */
    assert_int_equal(f->other.step, RATCHET_PQ_REST);
    assert_true(taken(&f->offerer, first)); /* and an offer is nothing for who offers */
    assert_int_equal(f->offerer.step, RATCHET_PQ_REST);
    end(f);
}

/* A unit that is here stays: what comes later under its number, in another pass, is passed over. */
static void test_a_unit_is_taken_once(void **state)
{
    (void)state;
    struct fixture *f = begin(0);
    uint8_t other[ROOM_ALL];
    uint8_t first[2 * RATCHET_PQ_UNIT];
    struct ratchet_pq_part part;
    struct span content;
    const struct span body = sent(f, &f->offerer, 0, 6 + 2 * RATCHET_PQ_UNIT);
    memcpy(other, body.ptr, body.len);
    memcpy(first, body.ptr + RATCHET_PQ_HEAD, sizeof(first));
    assert_int_equal(other[6], 2); /* units 0 and 1 */
    assert_true(taken(&f->other, body));
    other[5] = 1; /* now 1, which is here, and 2, which is not */
    memset(other + RATCHET_PQ_HEAD, 0x11, 2 * RATCHET_PQ_UNIT);
    assert_int_equal(ratchet_pq_split(span_of(other, body.len), &part, &content), 0);
    ratchet_pq_take(&f->other, &part);
    assert_memory_equal(f->other.bytes, first, sizeof(first));
    assert_int_equal(f->other.bytes[2 * RATCHET_PQ_UNIT], 0x11);
    assert_true(f->other.have == 7);
    end(f);
}

static void test_a_key_that_is_not_canonical_is_passed_over(void **state)
{
    (void)state;
    struct fixture *f = begin(0);
    uint8_t bad[ROOM_ALL];
    const struct span body = sent(f, &f->offerer, 0, ROOM_ALL);
    memcpy(bad, body.ptr, body.len);
    memset(bad + 7, 0xff, 3); /* coefficients of 4095 */
    assert_true(taken(&f->other, span_of(bad, body.len)));
    assert_int_equal(f->other.step, RATCHET_PQ_REST);
    assert_null(f->other.bytes);
    end(f);
}

static void test_malformed_parts_are_refused(void **state)
{
    (void)state;
    struct ratchet_pq_part part;
    struct span content;
    static uint8_t body[7 + 38 * 32];
    struct fixture *f = begin(0);
    const struct span whole = sent(f, &f->offerer, 0, ROOM_ALL);
    for (size_t len = 0; len < 7 + 1184; len++) {
        assert_int_equal(ratchet_pq_split(span_slice(whole, 0, len), &part, &content),
                         WAVU_ERR_CRYPTO);
    }
    static const uint8_t heads[][7] = {
        {3, 0, 0, 0, 1, 0, 1},  /* unknown */
        {1, 0, 0, 0, 1, 0, 0},  /* no units */
        {1, 0, 0, 0, 1, 0, 38}, /* too many */
        {1, 0, 0, 0, 1, 37, 1}, /* behind the end */
        {2, 0, 0, 0, 1, 0, 35}, {2, 0, 0, 0, 1, 34, 1}, {2, 0, 0, 0, 1, 255, 255},
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        memcpy(body, heads[i], 7);
        assert_int_equal(ratchet_pq_split(span_of(body, sizeof(body)), &part, &content),
                         WAVU_ERR_CRYPTO);
    }
    end(f);
}

static void test_secrets_are_wiped_at_rest(void **state)
{
    (void)state;
    static const uint8_t zero[MLKEM_SEED_SIZE];
    struct fixture *f = begin(0);
    assert_true(taken(&f->other, sent(f, &f->offerer, 0, ROOM_ALL)));
    assert_true(taken(&f->offerer, sent(f, &f->other, 0, ROOM_ALL)));
    assert_memory_not_equal(f->offerer.seed, zero, MLKEM_SEED_SIZE);
    mix(f, 0);
    assert_memory_equal(f->offerer.seed, zero, MLKEM_SEED_SIZE);
    assert_memory_equal(f->other.secret, zero, MLKEM_SHARED_SIZE);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_in_one_message_each),
        cmocka_unit_test(test_the_bound_is_50_messages_or_a_day),
        cmocka_unit_test(test_small_messages),
        cmocka_unit_test(test_loss_and_repetition),
        cmocka_unit_test(test_pauses_after_a_pass),
        cmocka_unit_test(test_no_room_no_units),
        cmocka_unit_test(test_other_exchanges_are_passed_over),
        cmocka_unit_test(test_a_unit_is_taken_once),
        cmocka_unit_test(test_a_key_that_is_not_canonical_is_passed_over),
        cmocka_unit_test(test_malformed_parts_are_refused),
        cmocka_unit_test(test_secrets_are_wiped_at_rest),
    };
    return cmocka_run_group_tests_name("crypto/ratchet_pq", tests, NULL, NULL);
}
