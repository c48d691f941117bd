/*
 * The inviter's machine against those who guess, flood, cut and repeat. Properties of
 * docs/protocol/pairing.md by name.
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

#define SECOND 1000000000U

struct scene {
    struct pairing_world w;
    struct pairing_host h;
    struct pairing_host_news news;
    uint64_t now;
    uint8_t sessions;
};

static void begin(struct scene *s)
{
    memset(s, 0, sizeof *s);
    s->now = 1;
    pairing_world_init(&s->w, 6);
    assert_int_equal(pairing_host_init(&s->h, &s->w.alice.means, s->w.network), 0);
    assert_int_equal(pairing_host_open(&s->h, s->now, &s->w.code), 0);
}

static void end(struct scene *s)
{
    pairing_world_host_clear(&s->news);
    pairing_host_clear(&s->h);
    pairing_world_clear(&s->w);
}

/* A try of `person` from `from` with `typed`, up to its end. The guest's and host's news stay. */
static void attempt(struct scene *s, struct pairing_talk *t, const struct pairing_person *person,
                    uint8_t from, const char *typed)
{
    const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {10, from};
    const struct code code = pairing_world_code(typed);
    const struct pairing_link to_alice = pairing_world_link(&s->w.alice, ++s->sessions);
    const struct pairing_link to_person = pairing_world_link(person, s->sessions);
    struct pairing_guest g;
    memset(t, 0, sizeof *t);
    s->now += SECOND;
    assert_int_equal(pairing_guest_init(&g, &person->means, &code), 0);
    assert_int_equal(pairing_guest_begin(&g, s->now, &to_alice), 0);
    assert_int_equal(pairing_host_begin(&s->h, s->now, &to_person, source, &t->run), 0);
    t->h = &s->h;
    t->g = &g;
    t->now = s->now;
    pairing_world_talk(t, "genesis", "join");
    pairing_guest_clear(&g);
}

static void test_three_tries_in_all(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_talk t;
    begin(&s);
    for (unsigned i = 0; i < 3; i++) {
        attempt(&s, &t, &s.w.mallory, (uint8_t)i, "7-apple-river-snow");
        assert_int_equal(t.host.tries, 1);
        assert_int_equal(t.host.left, 2 - i);
        assert_int_equal(t.host.peers, 0);
        assert_int_equal(t.host.closed, i == 2 ? 1 : 0);
        pairing_world_talk_clear(&t);
    }
    attempt(&s, &t, &s.w.baraka, 9, "7-apple-river-stone"); /* also the right one is too late */
    assert_int_equal(t.host.peers, 0);
    assert_int_equal(t.host.tries, 0);
    pairing_world_talk_clear(&t);
    assert_int_equal(pairing_host_open(&s.h, s.now, &s.w.code), 0);
    attempt(&s, &t, &s.w.baraka, 9, "7-apple-river-stone");
    assert_int_equal(t.host.peers, 1);
    pairing_world_talk_clear(&t);
    end(&s);
}

static void test_two_tries_of_one_source(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_talk t;
    begin(&s);
    for (unsigned i = 0; i < 30; i++) {
        /* Another device each time does not help: the source is what counts. */
        s.now += PAIRING_GATE_SOURCE_SECONDS * (uint64_t)SECOND;
        attempt(&s, &t, i % 2 == 0 ? &s.w.mallory : &s.w.baraka, 1, "7-apple-river-snow");
        assert_int_equal(t.host.tries, i < 2 ? 1 : 0);
        assert_int_equal(t.host.closed, 0);
        pairing_world_talk_clear(&t);
    }
    /* Nor do the right words from there, now. */
    s.now += PAIRING_GATE_SOURCE_SECONDS * (uint64_t)SECOND;
    attempt(&s, &t, &s.w.mallory, 1, "7-apple-river-stone");
    assert_int_equal(t.host.peers, 0);
    pairing_world_talk_clear(&t);
    attempt(&s, &t, &s.w.baraka, 2, "7-apple-river-stone");
    assert_int_equal(t.host.peers, 1);
    pairing_world_talk_clear(&t);
    end(&s);
}

/* Runs begun before the first failure do not get more tries out of it. */
static void test_tries_at_once_count_alike(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_guest g[PAIRING_HOST_RUNS_MAX];
    struct pairing_guest_news news;
    uint32_t run[PAIRING_HOST_RUNS_MAX];
    unsigned tries = 0;
    const struct code wrong = pairing_world_code("7-apple-river-snow");
    begin(&s);
    memset(&news, 0, sizeof news);
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {(uint8_t)i};
        const struct pairing_link to = pairing_world_link(&s.w.alice, (uint8_t)i);
        const struct pairing_link from = pairing_world_link(&s.w.mallory, (uint8_t)i);
        assert_int_equal(pairing_guest_init(&g[i], &s.w.mallory.means, &wrong), 0);
        assert_int_equal(pairing_guest_begin(&g[i], 1, &to), 0);
        assert_int_equal(pairing_host_begin(&s.h, 1, &from, source, &run[i]), 0);
        pairing_world_guest(&news, &g[i]);
        assert_int_equal(pairing_host_feed(&s.h, 1, run[i], buf_span(&news.message)), 0);
        pairing_world_host(&s.news, &s.h);
        assert_int_equal(pairing_guest_feed(&g[i], 1, buf_span(&s.news.message[0])), 0);
    }
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        pairing_world_guest(&news, &g[i]);
        assert_int_equal(pairing_host_feed(&s.h, 1, run[i], buf_span(&news.message)),
                         WAVU_ERR_CRYPTO);
        pairing_world_host(&s.news, &s.h);
        tries += s.news.tries;
        pairing_guest_clear(&g[i]);
    }
    assert_int_equal(tries, 3);
    pairing_world_guest_clear(&news);
    end(&s);
}

static void test_code_serves_once(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_talk t;
    begin(&s);
    attempt(&s, &t, &s.w.baraka, 1, "7-apple-river-stone");
    assert_int_equal(t.host.peers, 1);
    assert_int_equal(t.host.reason, PAIRING_HOST_USED);
    pairing_world_talk_clear(&t);
    attempt(&s, &t, &s.w.mallory, 2, "7-apple-river-stone");
    assert_int_equal(t.host.peers + t.guest.peers, 0);
    pairing_world_talk_clear(&t);
    end(&s);
}

static void test_code_ends_after_ten_minutes(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_talk t;
    begin(&s);
    assert_int_equal(pairing_host_open(&s.h, 5, &s.w.code), WAVU_ERR_EXISTS);
    assert_int_equal(pairing_host_deadline(&s.h), 1 + PAIRING_HOST_OPEN_NS);
    pairing_host_tick(&s.h, PAIRING_HOST_OPEN_NS);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.closed, 0);
    pairing_host_tick(&s.h, PAIRING_HOST_OPEN_NS + 1);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.closed, 1);
    assert_int_equal(s.news.reason, PAIRING_HOST_EXPIRED);
    assert_int_equal(pairing_host_deadline(&s.h), UINT64_MAX);
    s.now = PAIRING_HOST_OPEN_NS + 1;
    attempt(&s, &t, &s.w.baraka, 1, "7-apple-river-stone");
    assert_int_equal(t.host.peers, 0);
    pairing_world_talk_clear(&t);

    assert_int_equal(pairing_host_open(&s.h, s.now, &s.w.code), 0);
    pairing_host_close(&s.h);
    pairing_host_close(&s.h);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.closed, 1);
    assert_int_equal(s.news.reason, PAIRING_HOST_CANCELLED);
    end(&s);
}

/* The message comes before the timer: also then the ten minutes are over. */
static void test_code_ends_when_the_timer_is_late(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_talk t;
    begin(&s);
    s.now = PAIRING_HOST_OPEN_NS + 1;
    attempt(&s, &t, &s.w.baraka, 1, "7-apple-river-stone");
    assert_int_equal(t.host.peers, 0);
    pairing_world_talk_clear(&t);
    pairing_world_host(&s.news, &s.h);
    end(&s);
}

/* A code that closes while a run is under way, also when the next one has the same words. */
static void test_run_of_an_older_code(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_guest g;
    struct pairing_guest_news news;
    uint32_t run = 0;
    const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {1};
    begin(&s);
    memset(&news, 0, sizeof news);
    const struct pairing_link to = pairing_world_link(&s.w.alice, 1);
    const struct pairing_link from = pairing_world_link(&s.w.baraka, 1);
    assert_int_equal(pairing_guest_init(&g, &s.w.baraka.means, &s.w.code), 0);
    assert_int_equal(pairing_guest_begin(&g, 1, &to), 0);
    assert_int_equal(pairing_host_begin(&s.h, 1, &from, source, &run), 0);
    pairing_world_guest(&news, &g);
    assert_int_equal(pairing_host_feed(&s.h, 1, run, buf_span(&news.message)), 0);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(pairing_guest_feed(&g, 1, buf_span(&s.news.message[0])), 0);
    pairing_world_guest(&news, &g);
    pairing_host_close(&s.h);
    assert_int_equal(pairing_host_open(&s.h, 2, &s.w.code), 0);
    assert_int_equal(pairing_host_feed(&s.h, 2, run, buf_span(&news.message)), WAVU_ERR_CRYPTO);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.peers, 0);
    assert_int_equal(s.news.tries, 0);
    pairing_guest_clear(&g);
    pairing_world_guest_clear(&news);
    end(&s);
}

/* What a joiner with wrong words is sent, kind by kind and size by size, and what its feeds return.
 */
struct answers {
    size_t count;
    size_t len[8];
    enum pairing_msg_kind kind[8];
    int rc;
    int err;
};

static void answers_of(struct answers *a, const struct pairing_talk *t)
{
    memset(a, 0, sizeof *a);
    a->count = t->host.sent;
    a->rc = t->host_rc;
    a->err = t->guest.err;
    for (size_t i = 0; i < t->host.sent; i++) {
        struct pairing_msg m;
        assert_int_equal(pairing_msg_decode(&m, buf_span(&t->host.message[i])), 0);
        a->kind[i] = m.kind;
        a->len[i] = t->host.message[i].len;
    }
}

static void test_no_oracle(void **state)
{
    (void)state;
    struct answers wrong_words;
    for (int what = 0; what < 6; what++) {
        struct scene s;
        struct pairing_talk t;
        struct answers got;
        const char *typed = "7-apple-river-snow";
        begin(&s);
        switch (what) {
        case 1: /* a wrong number, with the right words */
            typed = "8-apple-river-stone";
            break;
        case 2: /* no code is open */
            pairing_host_close(&s.h);
            break;
        case 3: /* the code is used */
            attempt(&s, &t, &s.w.baraka, 3, "7-apple-river-stone");
            pairing_world_talk_clear(&t);
            typed = "7-apple-river-stone";
            break;
        case 4: /* the source is shut out, but knows the words now */
            for (int i = 0; i < 2; i++) {
                attempt(&s, &t, &s.w.mallory, 1, "7-apple-river-snow");
                pairing_world_talk_clear(&t);
            }
            typed = "7-apple-river-stone";
            break;
        case 5: /* it is over */
            pairing_host_tick(&s.h, 1 + PAIRING_HOST_OPEN_NS);
            typed = "7-apple-river-stone";
            break;
        default:
            break;
        }
        attempt(&s, &t, &s.w.mallory, 1, typed);
        assert_int_equal(t.host.peers, 0);
        answers_of(what == 0 ? &wrong_words : &got, &t);
        if (what > 0) {
            assert_memory_equal(&got, &wrong_words, sizeof got);
        }
        pairing_world_talk_clear(&t);
        end(&s);
    }
    assert_int_equal(wrong_words.count, 2);
    assert_int_equal(wrong_words.kind[0], PAIRING_MSG_SHARE);
    assert_int_equal(wrong_words.kind[1], PAIRING_MSG_REFUSED);
}

/* Both know the words; both have their PROOF ready. The first to say it is the one. */
static void test_two_joiners_one_wins(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_guest g[2];
    struct pairing_guest_news news;
    uint32_t run[2];
    begin(&s);
    const struct pairing_person *who[2] = {&s.w.baraka, &s.w.mallory};
    memset(&news, 0, sizeof news);
    for (size_t i = 0; i < 2; i++) {
        const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {(uint8_t)i};
        const struct pairing_link to = pairing_world_link(&s.w.alice, (uint8_t)i);
        const struct pairing_link from = pairing_world_link(who[i], (uint8_t)i);
        assert_int_equal(pairing_guest_init(&g[i], &who[i]->means, &s.w.code), 0);
        assert_int_equal(pairing_guest_begin(&g[i], 1, &to), 0);
        assert_int_equal(pairing_host_begin(&s.h, 1, &from, source, &run[i]), 0);
        pairing_world_guest(&news, &g[i]);
        assert_int_equal(pairing_host_feed(&s.h, 1, run[i], buf_span(&news.message)), 0);
        pairing_world_host(&s.news, &s.h);
        assert_int_equal(pairing_guest_feed(&g[i], 1, buf_span(&s.news.message[0])), 0);
    }
    pairing_world_guest(&news, &g[1]);
    assert_int_equal(pairing_host_feed(&s.h, 1, run[1], buf_span(&news.message)), 0);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.peers, 1);
    assert_memory_equal(s.news.peer.device, s.w.mallory.self.device.public_key, PAIRING_KEY_SIZE);
    pairing_world_guest(&news, &g[0]);
    assert_int_equal(pairing_host_feed(&s.h, 1, run[0], buf_span(&news.message)), WAVU_ERR_CRYPTO);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.peers + s.news.tries, 0);
    /* The winner goes on. */
    assert_int_equal(pairing_host_welcome(&s.h, 2, run[1], span_from_text("genesis")), 0);
    for (size_t i = 0; i < 2; i++) {
        pairing_guest_clear(&g[i]);
    }
    pairing_world_guest_clear(&news);
    end(&s);
}

/* A pairing recorded message by message, to be spoilt: the state of both machines before each. */
struct record {
    struct scene s;
    struct pairing_guest g;
    struct pairing_guest_news guest;
    uint32_t run;
};

static void record_begin(struct record *r)
{
    const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {5};
    begin(&r->s);
    memset(&r->guest, 0, sizeof r->guest);
    const struct pairing_link to = pairing_world_link(&r->s.w.alice, 1);
    const struct pairing_link from = pairing_world_link(&r->s.w.baraka, 1);
    assert_int_equal(pairing_guest_init(&r->g, &r->s.w.baraka.means, &r->s.w.code), 0);
    assert_int_equal(pairing_guest_begin(&r->g, 1, &to), 0);
    assert_int_equal(pairing_host_begin(&r->s.h, 1, &from, source, &r->run), 0);
}

static void record_end(struct record *r)
{
    pairing_guest_clear(&r->g);
    pairing_world_guest_clear(&r->guest);
    end(&r->s);
}

/* Go on until the guest's `step`th message is ready: 0 HELLO, 1 PROOF, 2 ANSWER. */
static struct span record_to(struct record *r, int step)
{
    pairing_world_guest(&r->guest, &r->g);
    if (step == 0) {
        return buf_span(&r->guest.message);
    }
    assert_int_equal(pairing_host_feed(&r->s.h, 1, r->run, buf_span(&r->guest.message)), 0);
    pairing_world_host(&r->s.news, &r->s.h);
    assert_int_equal(pairing_guest_feed(&r->g, 1, buf_span(&r->s.news.message[0])), 0);
    pairing_world_guest(&r->guest, &r->g);
    if (step == 1) {
        return buf_span(&r->guest.message);
    }
    assert_int_equal(pairing_host_feed(&r->s.h, 1, r->run, buf_span(&r->guest.message)), 0);
    assert_int_equal(pairing_host_welcome(&r->s.h, 1, r->run, span_from_text("genesis")), 0);
    pairing_world_host(&r->s.news, &r->s.h);
    assert_int_equal(pairing_guest_feed(&r->g, 1, buf_span(&r->s.news.message[0])), 0);
    assert_int_equal(pairing_guest_feed(&r->g, 1, buf_span(&r->s.news.message[1])), 0);
    assert_int_equal(pairing_guest_answer(&r->g, span_from_text("join")), 0);
    pairing_world_guest(&r->guest, &r->g);
    return buf_span(&r->guest.message);
}

/* Feed a spoilt copy to a copy of the machine: it is refused, nobody gets in, and all that is not
 * this run stays as it is. */
static void spoil(struct record *r, int step, struct span bad)
{
    struct pairing_host copy = r->s.h;
    struct pairing_host_news news;
    const size_t before = mem_live_count();
    memset(&news, 0, sizeof news);
    for (size_t i = 0; i < sizeof copy.bodies / sizeof copy.bodies[0]; i++) {
        buf_init(&copy.bodies[i], PAIRING_MSG_SIZE_MAX);
    }
    const int rc = pairing_host_feed(&copy, 1, r->run, bad);
    if (step > 0) {
        assert_int_equal(rc, WAVU_ERR_CRYPTO);
    } else if (rc != 0 && rc != WAVU_ERR_UNSUPPORTED) {
        assert_int_equal(rc, WAVU_ERR_CRYPTO); /* another share or number may be a good HELLO */
    }
    pairing_world_host(&news, &copy);
    assert_int_equal(news.peers + news.answers, 0);
    assert_true(news.tries <= (step == 1 ? 1U : 0U));
    assert_int_equal(copy.is_open, r->s.h.is_open);
    assert_memory_equal(&copy.code, &r->s.h.code, sizeof copy.code);
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        if (copy.runs[i].id != r->run && r->s.h.runs[i].id != r->run) {
            assert_memory_equal(&copy.runs[i], &r->s.h.runs[i], sizeof copy.runs[i]);
        }
    }
    pairing_world_host_clear(&news);
    pairing_host_clear(&copy);
    assert_int_equal(mem_live_count(), before);
}

static void test_bad_messages(void **state)
{
    (void)state;
    for (int step = 0; step < 3; step++) {
        struct record r;
        uint8_t bad[1024];
        record_begin(&r);
        const struct span good = record_to(&r, step);
        assert_true(good.len < sizeof bad);
        memcpy(bad, good.ptr, good.len);
        for (size_t len = 0; len < good.len; len++) {
            spoil(&r, step, span_of(bad, len));
        }
        for (size_t bit = 0; bit < good.len * 8; bit++) {
            bad[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            spoil(&r, step, span_of(bad, good.len));
            bad[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
        /* And the good one is taken after all of that. */
        assert_int_equal(pairing_host_feed(&r.s.h, 1, r.run, good), 0);
        record_end(&r);
    }
}

static void test_duplicates(void **state)
{
    (void)state;
    for (int step = 0; step < 2; step++) {
        struct record r;
        record_begin(&r);
        const struct span good = record_to(&r, step);
        assert_int_equal(pairing_host_feed(&r.s.h, 1, r.run, good), 0);
        pairing_world_host(&r.s.news, &r.s.h);
        static struct pairing_host before;
        memcpy(&before, &r.s.h, sizeof before);
        assert_int_equal(pairing_host_feed(&r.s.h, 1, r.run, good), 0);
        assert_memory_equal(&before, &r.s.h, sizeof before);
        record_end(&r);
    }
}

/* Out of turn, of a run that is gone, of none. */
static void test_wrong_order(void **state)
{
    (void)state;
    struct record r;
    struct buf proof;
    record_begin(&r);
    buf_init(&proof, PAIRING_MSG_SIZE_MAX);
    assert_int_equal(buf_append(&proof, record_to(&r, 1)), 0);
    assert_int_equal(pairing_host_feed(&r.s.h, 1, 999, buf_span(&proof)), WAVU_ERR_CRYPTO);
    assert_int_equal(pairing_host_welcome(&r.s.h, 1, r.run, span_empty()), WAVU_ERR_NOT_FOUND);
    assert_int_equal(pairing_host_feed(&r.s.h, 1, r.run, buf_span(&proof)), 0);
    const struct pairing_msg early = {.kind = PAIRING_MSG_ANSWER, .sealed = span_from_text("abc")};
    struct buf out;
    buf_init(&out, PAIRING_MSG_SIZE_MAX);
    assert_int_equal(pairing_write(&out, &early), 0);
    assert_int_equal(pairing_host_feed(&r.s.h, 1, r.run, buf_span(&out)), WAVU_ERR_CRYPTO);
    pairing_world_host(&r.s.news, &r.s.h);
    assert_int_equal(r.s.news.lost, 1); /* it had proved the code */
    assert_int_equal(r.s.news.ends, 1);
    assert_int_equal(pairing_host_feed(&r.s.h, 1, r.run, buf_span(&proof)), WAVU_ERR_CRYPTO);
    buf_clear(&proof);
    buf_clear(&out);
    record_end(&r);
}

/* One source hammers four times a second for all of the ten minutes; a friend comes each 5 s. */
static void test_one_source_keeps_nobody_out(void **state)
{
    (void)state;
    struct scene s;
    struct pairing_talk t;
    uint32_t run = 0;
    unsigned busy = 0;
    begin(&s);
    const struct pairing_link foe = pairing_world_link(&s.w.mallory, 1);
    const struct pairing_link friend = pairing_world_link(&s.w.baraka, 2);
    const uint8_t bad[PAIRING_HOST_SOURCE_SIZE] = {66};
    const uint8_t good[PAIRING_HOST_SOURCE_SIZE] = {10};
    for (uint64_t k = 0; k < 4 * (uint64_t)590; k++) {
        s.now = 1 + k * SECOND / 4;
        (void)!pairing_host_begin(&s.h, s.now, &foe, bad, &run);
        if (k % 20 == 19) {
            assert_int_equal(pairing_host_begin(&s.h, s.now, &friend, good, &run), 0);
        }
        pairing_world_host(&s.news, &s.h);
        busy += s.news.busy;
        assert_false(s.news.busy_all);
        assert_int_equal(s.news.tries, 0);
    }
    assert_int_equal(busy, 10); /* told once a minute: who hammers, not that others are kept out */
    attempt(&s, &t, &s.w.baraka, 1, "7-apple-river-stone");
    assert_int_equal(t.host.peers, 1);
    pairing_world_talk_clear(&t);
    end(&s);
}

/* Many sources at once do keep others out, never unnoticed while a code is open. */
static void test_inviter_hears_of_too_many(void **state)
{
    (void)state;
    struct scene s;
    uint32_t run = 0;
    begin(&s);
    const struct pairing_link link = pairing_world_link(&s.w.mallory, 1);
    for (uint8_t i = 0; i < PAIRING_GATE_BURST; i++) {
        const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {i};
        assert_int_equal(pairing_host_begin(&s.h, 1, &link, source, &run), 0);
    }
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.busy, 0);
    const uint8_t late[PAIRING_HOST_SOURCE_SIZE] = {99};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pairing_host_begin(&s.h, 2, &link, late, &run), WAVU_ERR_LIMIT);
        pairing_world_host(&s.news, &s.h);
        assert_int_equal(s.news.busy, i == 0 ? 1 : 0); /* no nagging */
        assert_int_equal(s.news.busy_all, i == 0);
        assert_int_equal(s.news.busy_source[0], i == 0 ? 99 : 0);
    }
    pairing_host_close(&s.h);
    pairing_world_host(&s.news, &s.h);
    s.h.busy[1] = 0;
    assert_int_equal(pairing_host_begin(&s.h, 2, &link, late, &run), WAVU_ERR_LIMIT);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.busy, 0); /* nobody waits for anybody */
    end(&s);
}

static void test_limits(void **state)
{
    (void)state;
    struct scene s;
    uint32_t run = 0;
    begin(&s);
    const struct pairing_link link = pairing_world_link(&s.w.mallory, 1);
    const uint8_t one[PAIRING_HOST_SOURCE_SIZE] = {1};
    for (unsigned i = 0; i < PAIRING_GATE_SOURCE_BURST; i++) {
        assert_int_equal(pairing_host_begin(&s.h, SECOND, &link, one, &run), 0);
    }
    pairing_world_host(&s.news, &s.h); /* two of a source: the older ones went */
    assert_int_equal(s.news.ends, PAIRING_GATE_SOURCE_BURST - PAIRING_HOST_SOURCE_RUNS_MAX);
    assert_int_equal(pairing_host_begin(&s.h, SECOND, &link, one, &run), WAVU_ERR_LIMIT);

    /* All places are taken: a newcomer from elsewhere takes one of the fullest source. */
    s.now = 20 * (uint64_t)SECOND;
    for (uint8_t i = 2; i < 8; i++) {
        const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {i};
        assert_int_equal(pairing_host_begin(&s.h, s.now, &link, source, &run), 0);
    }
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.ends, 0);
    const uint8_t nine[PAIRING_HOST_SOURCE_SIZE] = {9};
    assert_int_equal(pairing_host_begin(&s.h, s.now, &link, nine, &run), 0);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.ends, 1);
    size_t of_one = 0;
    for (size_t i = 0; i < PAIRING_HOST_RUNS_MAX; i++) {
        of_one += s.h.runs[i].source[0] == 1 ? 1 : 0;
    }
    assert_int_equal(of_one, 1);

    /* Silence ends them; who stops in between has not tried. */
    pairing_host_tick(&s.h, s.now + PAIRING_STEP_NS);
    pairing_world_host(&s.news, &s.h);
    assert_int_equal(s.news.ends, PAIRING_HOST_RUNS_MAX);
    assert_int_equal(s.news.tries, 0);
    end(&s);
}

static void test_proved_runs_are_not_pushed_out(void **state)
{
    (void)state;
    struct record r;
    uint32_t run = 0;
    uint8_t room[1] = {0};
    record_begin(&r);
    assert_int_equal(pairing_host_feed(&r.s.h, 1, r.run, record_to(&r, 1)), 0);
    const struct pairing_link link = pairing_world_link(&r.s.w.mallory, 1);
    const uint8_t same[PAIRING_HOST_SOURCE_SIZE] = {5};
    for (unsigned i = 0; i < 40; i++) {
        const uint8_t other[PAIRING_HOST_SOURCE_SIZE] = {6, (uint8_t)i};
        r.s.now += SECOND;
        assert_int_equal(
            pairing_host_begin(&r.s.h, r.s.now, &link, i % 4 == 0 ? same : other, &run), 0);
        pairing_world_host(&r.s.news, &r.s.h);
        assert_int_equal(r.s.news.lost, 0);
    }
    uint8_t *big = mem_new(PAIRING_MSG_CONTENT_MAX + 1);
    assert_int_equal(
        pairing_host_welcome(&r.s.h, 1, r.run, span_of(big, PAIRING_MSG_CONTENT_MAX + 1)),
        WAVU_ERR_LIMIT);
    assert_int_equal(pairing_host_welcome(&r.s.h, 1, r.run, span_of(big, PAIRING_MSG_CONTENT_MAX)),
                     0);
    pairing_world_host(&r.s.news, &r.s.h);
    assert_true(r.s.news.message[0].len <= PAIRING_MSG_SIZE_MAX);
    assert_int_equal(pairing_host_welcome(&r.s.h, 1, r.run, span_of(room, 1)), WAVU_ERR_NOT_FOUND);
    pairing_host_tick(&r.s.h, 1 + PAIRING_WELCOME_NS);
    pairing_world_host(&r.s.news, &r.s.h);
    assert_int_equal(r.s.news.lost, 1);
    mem_free(big);
    record_end(&r);
}

static void test_newer_format_is_told(void **state)
{
    (void)state;
    struct record r;
    struct pairing_msg m;
    struct buf out;
    record_begin(&r);
    buf_init(&out, PAIRING_MSG_SIZE_MAX);
    assert_int_equal(pairing_msg_decode(&m, record_to(&r, 0)), 0);
    m.format = 2;
    assert_int_equal(pairing_write(&out, &m), 0);
    assert_int_equal(pairing_host_feed(&r.s.h, 1, r.run, buf_span(&out)), WAVU_ERR_UNSUPPORTED);
    pairing_world_host(&r.s.news, &r.s.h);
    assert_int_equal(r.s.news.sent, 1);
    assert_int_equal(pairing_msg_decode(&m, buf_span(&r.s.news.message[0])), 0);
    assert_int_equal(m.kind, PAIRING_MSG_REFUSED);
    assert_int_equal(m.format, PAIRING_MSG_FORMAT);
    assert_int_equal(r.s.news.tries, 0);
    buf_clear(&out);
    record_end(&r);
}

/* We do not pair with ourselves, on whatever detour. */
static void test_ourselves(void **state)
{
    (void)state;
    struct scene s;
    struct record r;
    uint32_t run = 0;
    const uint8_t source[PAIRING_HOST_SOURCE_SIZE] = {1};
    record_begin(&r);
    const struct span hello = record_to(&r, 0);
    begin(&s);
    const struct pairing_link self = pairing_world_link(&s.w.alice, 1);
    assert_int_equal(pairing_host_begin(&s.h, 1, &self, source, &run), 0);
    assert_int_equal(pairing_host_feed(&s.h, 1, run, hello), WAVU_ERR_CRYPTO);
    end(&s);
    record_end(&r);
}

static bool is_anywhere(const void *where, size_t size, const void *what, size_t len)
{
    for (size_t at = 0; at + len <= size; at++) {
        if (memcmp((const uint8_t *)where + at, what, len) == 0) {
            return true;
        }
    }
    return false;
}

static void test_secrets_are_wiped(void **state)
{
    (void)state;
    struct record r;
    struct pairing_host_run kept;
    static struct pairing_host none;
    record_begin(&r);
    const struct span proof = record_to(&r, 1);
    kept = r.s.h.runs[0];
    assert_true(is_anywhere(&r.s.h, sizeof r.s.h, kept.run.our_key, AEAD_KEY_SIZE));
    assert_int_equal(pairing_host_feed(&r.s.h, 1, r.run, proof), 0);
    static const uint8_t no_words[CODE_WORDS];
    assert_memory_equal(r.s.h.code.words, no_words, CODE_WORDS); /* used: gone at once */
    pairing_host_lost(&r.s.h, r.run);
    pairing_world_host(&r.s.news, &r.s.h);
    assert_false(is_anywhere(&r.s.h, sizeof r.s.h, kept.run.our_key, AEAD_KEY_SIZE));
    assert_false(is_anywhere(&r.s.h, sizeof r.s.h, kept.run.their_key, AEAD_KEY_SIZE));
    assert_false(is_anywhere(&r.s.h, sizeof r.s.h, kept.opening, PAIRING_KEY_SIZE));
    pairing_host_clear(&r.s.h);
    assert_memory_equal(&r.s.h, &none, sizeof none);
    record_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_tries_in_all),
        cmocka_unit_test(test_two_tries_of_one_source),
        cmocka_unit_test(test_tries_at_once_count_alike),
        cmocka_unit_test(test_code_serves_once),
        cmocka_unit_test(test_code_ends_after_ten_minutes),
        cmocka_unit_test(test_code_ends_when_the_timer_is_late),
        cmocka_unit_test(test_run_of_an_older_code),
        cmocka_unit_test(test_no_oracle),
        cmocka_unit_test(test_two_joiners_one_wins),
        cmocka_unit_test(test_bad_messages),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_wrong_order),
        cmocka_unit_test(test_one_source_keeps_nobody_out),
        cmocka_unit_test(test_inviter_hears_of_too_many),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_proved_runs_are_not_pushed_out),
        cmocka_unit_test(test_newer_format_is_told),
        cmocka_unit_test(test_ourselves),
        cmocka_unit_test(test_secrets_are_wiped),
    };
    if (secret_start() != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
