/*
 * The joiner's machine against false inviters, silence and spoilt messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "tests/support/pairing_world.h"

struct scene {
    struct pairing_world w;
    struct pairing_host h;
    struct pairing_guest g;
    struct pairing_host_news host;
    struct pairing_guest_news guest;
    uint32_t run;
};

static const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {1};

static void begin(struct scene *s, const char *open)
{
    memset(s, 0, sizeof *s);
    pairing_world_init(&s->w, 8);
    const struct code code = pairing_world_code(open);
    assert_int_equal(pairing_host_init(&s->h, &s->w.alice.means, s->w.network), 0);
    assert_int_equal(pairing_host_open(&s->h, 1, &code), 0);
    assert_int_equal(pairing_guest_init(&s->g, &s->w.baraka.means, &s->w.code), 0);
}

static void end(struct scene *s)
{
    pairing_world_host_clear(&s->host);
    pairing_world_guest_clear(&s->guest);
    pairing_guest_clear(&s->g);
    pairing_host_clear(&s->h);
    pairing_world_clear(&s->w);
}

static void dial(struct scene *s, uint8_t session)
{
    const struct pairing_link to = pairing_world_link(&s->w.alice, session);
    const struct pairing_link from = pairing_world_link(&s->w.baraka, session);
    assert_int_equal(pairing_guest_begin(&s->g, 1, &to), 0);
    assert_int_equal(pairing_host_begin(&s->h, 1, &from, source, &s->run), 0);
}

/* Go on until the host's `step`th message is ready: 0 SHARE, 1 CONFIRM, 2 WELCOME. */
static struct span go_to(struct scene *s, int step)
{
    pairing_world_guest(&s->guest, &s->g);
    assert_int_equal(pairing_host_feed(&s->h, 1, s->run, buf_span(&s->guest.message)), 0);
    pairing_world_host(&s->host, &s->h);
    if (step == 0) {
        return buf_span(&s->host.message[0]);
    }
    assert_int_equal(pairing_guest_feed(&s->g, 1, buf_span(&s->host.message[0])), 0);
    pairing_world_guest(&s->guest, &s->g);
    assert_int_equal(pairing_host_feed(&s->h, 1, s->run, buf_span(&s->guest.message)), 0);
    pairing_world_host(&s->host, &s->h);
    if (step == 1) {
        return buf_span(&s->host.message[0]);
    }
    assert_int_equal(pairing_guest_feed(&s->g, 1, buf_span(&s->host.message[0])), 0);
    pairing_world_guest(&s->guest, &s->g);
    assert_int_equal(pairing_host_welcome(&s->h, 1, s->run, span_from_text("genesis")), 0);
    pairing_world_host(&s->host, &s->h);
    return buf_span(&s->host.message[0]);
}

/* Whoever answers without the words sees one PROOF a try, and three in all. */
static void test_guest_makes_three_tries(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, "7-apple-river-snow");
    for (unsigned i = 0; i < PAIRING_GUEST_TRIES_MAX; i++) {
        dial(&s, (uint8_t)i);
        (void)go_to(&s, 0);
        assert_int_equal(pairing_guest_feed(&s.g, 1, buf_span(&s.host.message[0])), 0);
        pairing_world_guest(&s.guest, &s.g);
        assert_int_equal(s.guest.sent, 1); /* the PROOF; and then nothing comes */
        if (i == 0) {
            pairing_guest_lost(&s.g);
        } else {
            assert_int_equal(pairing_guest_deadline(&s.g), 1 + PAIRING_STEP_NS);
            pairing_guest_tick(&s.g, PAIRING_STEP_NS);
            pairing_guest_tick(&s.g, 1 + PAIRING_STEP_NS);
        }
        pairing_world_guest(&s.guest, &s.g);
        assert_int_equal(s.guest.failed, 1);
        assert_int_equal(s.guest.err, i == 0 ? WAVU_ERR_AGAIN : WAVU_ERR_TIMEOUT);
        assert_int_equal(s.guest.left, PAIRING_GUEST_TRIES_MAX - 1 - i);
        assert_true(pairing_guest_deadline(&s.g) ==
                    (s.guest.left > 0 ? 1 + PAIRING_GUEST_IDLE_NS : UINT64_MAX));
        pairing_host_lost(&s.h, s.run);
    }
    const struct pairing_link to = pairing_world_link(&s.w.alice, 9);
    assert_int_equal(pairing_guest_begin(&s.g, 1, &to), WAVU_ERR_LIMIT);
    static const struct code none;
    assert_memory_equal(&s.g.code, &none, sizeof none);
    end(&s);
}

/* A person who does not try again: the words go when the inviter's code must be closed. */
static void test_words_do_not_lie_about(void **state)
{
    (void)state;
    static const struct code none;
    for (int late = 0; late < 2; late++) {
        struct scene s;
        begin(&s, "7-apple-river-snow");
        assert_true(pairing_guest_deadline(&s.g) == UINT64_MAX); /* nothing was tried yet */
        dial(&s, 1);
        pairing_guest_lost(&s.g);
        pairing_world_guest(&s.guest, &s.g);
        assert_true(s.guest.left > 0);
        const uint64_t closes = pairing_guest_deadline(&s.g);
        assert_true(closes == 1 + PAIRING_GUEST_IDLE_NS);
        pairing_guest_tick(&s.g, closes - 1);
        assert_int_equal(s.g.state, PAIRING_GUEST_IDLE);
        const struct pairing_link to = pairing_world_link(&s.w.alice, 9);
        if (late == 0) {
            pairing_guest_tick(&s.g, closes);
        } else { /* a late timer */
            assert_int_equal(pairing_guest_begin(&s.g, closes, &to), WAVU_ERR_INVALID);
        }
        pairing_world_guest(&s.guest, &s.g);
        assert_int_equal(s.guest.failed, 1);
        assert_int_equal(s.guest.err, WAVU_ERR_TIMEOUT);
        assert_int_equal(s.guest.left, 0);
        assert_memory_equal(&s.g.code, &none, sizeof none);
        assert_true(pairing_guest_deadline(&s.g) == UINT64_MAX);
        end(&s);
    }
}

/* The inviter has seen that the words are right, and its version refuses our name. */
static void test_refused_with_right_words_is_told(void **state)
{
    (void)state;
    struct pairing_msg refused = {
        .kind = PAIRING_MSG_REFUSED, .format = PAIRING_MSG_FORMAT, .is_right = true};
    for (int proved = 0; proved < 2; proved++) {
        struct scene s;
        struct buf out;
        begin(&s, "7-apple-river-stone");
        dial(&s, 1);
        if (proved != 0) {
            (void)go_to(&s, 0);
            assert_int_equal(pairing_guest_feed(&s.g, 1, buf_span(&s.host.message[0])), 0);
        }
        buf_init(&out, PAIRING_MSG_SIZE_MAX);
        assert_int_equal(pairing_write(&out, &refused), 0);
        assert_int_equal(pairing_guest_feed(&s.g, 1, buf_span(&out)),
                         proved != 0 ? WAVU_ERR_INVALID : WAVU_ERR_CRYPTO);
        buf_clear(&out);
        end(&s);
    }
}

/* Who did not see a PROOF has had no guess: those tries are free. */
static void test_refusals_before_the_proof_are_free(void **state)
{
    (void)state;
    struct scene s;
    struct buf out;
    const struct pairing_msg refused = {.kind = PAIRING_MSG_REFUSED, .format = 1};
    begin(&s, "7-apple-river-stone");
    buf_init(&out, PAIRING_MSG_SIZE_MAX);
    assert_int_equal(pairing_write(&out, &refused), 0);
    for (unsigned i = 0; i < 20; i++) {
        const struct pairing_link to = pairing_world_link(&s.w.alice, (uint8_t)i);
        assert_int_equal(pairing_guest_begin(&s.g, 1, &to), 0);
        assert_int_equal(pairing_guest_begin(&s.g, 1, &to), WAVU_ERR_INVALID);
        assert_int_equal(pairing_guest_feed(&s.g, 1, buf_span(&out)), WAVU_ERR_CRYPTO);
        pairing_world_guest(&s.guest, &s.g);
        assert_int_equal(s.guest.left, PAIRING_GUEST_TRIES_MAX);
    }
    const struct pairing_link self = pairing_world_link(&s.w.baraka, 1);
    assert_int_equal(pairing_guest_begin(&s.g, 1, &self), WAVU_ERR_INVALID);
    assert_int_equal(pairing_guest_feed(&s.g, 1, buf_span(&out)), WAVU_ERR_CRYPTO);
    assert_int_equal(pairing_guest_answer(&s.g, span_empty()), WAVU_ERR_NOT_FOUND);
    pairing_world_guest(&s.guest, &s.g);
    assert_int_equal(s.guest.failed, 0);
    buf_clear(&out);
    end(&s);
}

static void spoil(struct scene *s, int step, struct span bad)
{
    struct pairing_guest copy = s->g;
    struct pairing_guest_news news;
    const size_t before = mem_live_count();
    memset(&news, 0, sizeof news);
    for (size_t i = 0; i < sizeof copy.bodies / sizeof copy.bodies[0]; i++) {
        buf_init(&copy.bodies[i], PAIRING_MSG_SIZE_MAX);
    }
    const int rc = pairing_guest_feed(&copy, 1, bad);
    assert_true(rc == WAVU_ERR_CRYPTO || (step == 0 && rc == 0));
    pairing_world_guest(&news, &copy);
    assert_int_equal(news.peers + news.welcomes, 0);
    pairing_world_guest_clear(&news);
    pairing_guest_clear(&copy);
    assert_int_equal(mem_live_count(), before);
}

static void test_bad_messages(void **state)
{
    (void)state;
    for (int step = 0; step < 3; step++) {
        struct scene s;
        uint8_t bad[1024];
        begin(&s, "7-apple-river-stone");
        dial(&s, 1);
        const struct span good = go_to(&s, step);
        assert_true(good.len < sizeof bad);
        memcpy(bad, good.ptr, good.len);
        for (size_t len = 0; len < good.len; len++) {
            spoil(&s, step, span_of(bad, len));
        }
        for (size_t bit = 0; bit < good.len * 8; bit++) {
            bad[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            spoil(&s, step, span_of(bad, good.len));
            bad[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
        assert_int_equal(pairing_guest_feed(&s.g, 1, good), 0);
        assert_int_equal(pairing_guest_feed(&s.g, 1, good), 0); /* twice: nothing happens */
        pairing_world_guest(&s.guest, &s.g);
        assert_int_equal(s.guest.sent, step == 0 ? 1 : 0);
        assert_int_equal(s.guest.peers, step == 1 ? 1 : 0);
        assert_int_equal(s.guest.welcomes, step == 2 ? 1 : 0);
        assert_int_equal(s.guest.failed, 0);
        end(&s);
    }
}

static void test_newer_format_is_told(void **state)
{
    (void)state;
    struct scene s;
    struct buf out;
    const struct pairing_msg refused = {.kind = PAIRING_MSG_REFUSED, .format = 2};
    begin(&s, "7-apple-river-stone");
    buf_init(&out, PAIRING_MSG_SIZE_MAX);
    assert_int_equal(pairing_write(&out, &refused), 0);
    dial(&s, 1);
    assert_int_equal(pairing_guest_feed(&s.g, 1, buf_span(&out)), WAVU_ERR_UNSUPPORTED);
    pairing_world_guest(&s.guest, &s.g);
    assert_int_equal(s.guest.err, WAVU_ERR_UNSUPPORTED);
    buf_clear(&out);
    end(&s);
}

/* Once the inviter proved the code, the code is used: an end after that is the end. */
static void test_loss_after_the_proof_is_final(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, "7-apple-river-stone");
    dial(&s, 1);
    assert_int_equal(pairing_guest_feed(&s.g, 1, go_to(&s, 1)), 0);
    pairing_world_guest(&s.guest, &s.g);
    pairing_guest_tick(&s.g, PAIRING_WELCOME_NS);
    pairing_guest_lost(&s.g);
    pairing_guest_lost(&s.g);
    pairing_world_guest(&s.guest, &s.g);
    assert_int_equal(s.guest.failed, 1);
    assert_int_equal(s.guest.left, 0);
    const struct pairing_link to = pairing_world_link(&s.w.alice, 9);
    assert_int_equal(pairing_guest_begin(&s.g, 1, &to), WAVU_ERR_INVALID);
    end(&s);
}

static void test_answer_has_a_limit(void **state)
{
    (void)state;
    struct scene s;
    begin(&s, "7-apple-river-stone");
    dial(&s, 1);
    assert_int_equal(pairing_guest_feed(&s.g, 1, go_to(&s, 2)), 0);
    uint8_t *big = mem_new(PAIRING_MSG_CONTENT_MAX + 1);
    assert_int_equal(pairing_guest_answer(&s.g, span_of(big, PAIRING_MSG_CONTENT_MAX + 1)),
                     WAVU_ERR_LIMIT);
    assert_int_equal(pairing_guest_answer(&s.g, span_of(big, PAIRING_MSG_CONTENT_MAX)), 0);
    pairing_world_guest(&s.guest, &s.g);
    assert_int_equal(s.guest.done, 1);
    assert_int_equal(pairing_host_feed(&s.h, 1, s.run, buf_span(&s.guest.message)), 0);
    pairing_world_host(&s.host, &s.h);
    assert_int_equal(s.host.answer.len, PAIRING_MSG_CONTENT_MAX);
    mem_free(big);
    end(&s);
}

static void test_secrets_are_wiped(void **state)
{
    (void)state;
    struct scene s;
    static const struct pairing_run no_run;
    static const struct code no_code;
    static const struct pairing_guest none;
    begin(&s, "7-apple-river-stone");
    dial(&s, 1);
    assert_int_equal(pairing_guest_feed(&s.g, 1, go_to(&s, 1)), 0);
    static const uint8_t no_words[CODE_WORDS];
    assert_memory_equal(s.g.code.words, no_words, CODE_WORDS); /* proved: not needed again */
    assert_int_equal(pairing_host_welcome(&s.h, 1, s.run, span_from_text("genesis")), 0);
    pairing_world_host(&s.host, &s.h);
    assert_int_equal(pairing_guest_feed(&s.g, 1, buf_span(&s.host.message[0])), 0);
    assert_int_equal(pairing_guest_answer(&s.g, span_from_text("join")), 0);
    assert_memory_equal(&s.g.run, &no_run, sizeof no_run);
    assert_memory_equal(&s.g.code, &no_code, sizeof no_code);
    pairing_guest_clear(&s.g);
    assert_memory_equal(&s.g, &none, sizeof none);
    end(&s);
}

/* A name stored when the rule was another one, or never asked about: an error, not an end of the
 * program at the first run. */
static void test_own_name_is_asked_at_init(void **state)
{
    (void)state;
    static const char *const bad[] = {"Bara\u200dka", "a\u2de0\u2de0\u2de0\u2de0\u2de0", " Baraka"};
    struct pairing_world w;
    struct pairing_host h;
    struct pairing_guest g;
    pairing_world_init(&w, 7);
    const struct code_qr qr = {.code = w.code};
    struct pairing_self *self = &w.mallory.self;
    const struct pairing_means *means = &w.mallory.means;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        self->name_len = strlen(bad[i]);
        memcpy(self->name, bad[i], self->name_len);
        assert_int_equal(pairing_self_check(self), WAVU_ERR_INVALID);
        assert_int_equal(pairing_host_init(&h, means, w.network), WAVU_ERR_INVALID);
        assert_int_equal(pairing_guest_init(&g, means, &w.code), WAVU_ERR_INVALID);
        pairing_guest_clear(&g);
        assert_int_equal(pairing_guest_init_scanned(&g, means, &qr), WAVU_ERR_INVALID);
        pairing_host_clear(&h);
        pairing_guest_clear(&g);
    }
    self->name_len = sizeof self->name + 1;
    assert_int_equal(pairing_self_check(self), WAVU_ERR_INVALID);
    self->name_len = 0; /* none is fine */
    assert_int_equal(pairing_host_init(&h, means, w.network), 0);
    assert_int_equal(pairing_guest_init(&g, means, &w.code), 0);
    pairing_host_clear(&h);
    pairing_guest_clear(&g);
    pairing_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_name_is_asked_at_init),
        cmocka_unit_test(test_guest_makes_three_tries),
        cmocka_unit_test(test_words_do_not_lie_about),
        cmocka_unit_test(test_refused_with_right_words_is_told),
        cmocka_unit_test(test_refusals_before_the_proof_are_free),
        cmocka_unit_test(test_bad_messages),
        cmocka_unit_test(test_newer_format_is_told),
        cmocka_unit_test(test_loss_after_the_proof_is_final),
        cmocka_unit_test(test_answer_has_a_limit),
        cmocka_unit_test(test_secrets_are_wiped),
    };
    if (secret_start() != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
