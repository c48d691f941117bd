/*
 * The session machine: starts while the other is away, loss, both at once, wishes, limits, and
 * states that went back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "courier/session_state.h"
#include "tests/support/session_world.h"
#include "wavu/err.h"

#define ROOM SESSION_WORLD_MAIL_MAX
#define HOUR UINT64_C(3600000000000)
#define DAY (24 * HOUR)

static struct session_world w;

static int setup(void **state)
{
    (void)state;
    session_world_init(&w, 11);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_world_clear(&w);
    return 0;
}

static void assert_refused(int who, const struct session_mail *m, int rc)
{
    size_t before_len;
    size_t after_len;
    uint8_t *before = session_world_state(&w, who, &before_len);
    assert_int_equal(session_world_open(&w, who, m), rc);
    uint8_t *after = session_world_state(&w, who, &after_len);
    assert_int_equal(after_len, before_len);
    assert_memory_equal(after, before, before_len);
    mem_free(before);
    mem_free(after);
}

/* --- starts --- */

static void test_starts_while_the_other_is_away(void **state)
{
    (void)state;
    struct session_mail m[3];
    assert_true(session_wants_bundle(&w.p[0].session));
    assert_int_equal(session_world_seal(&w, 0, "one", ROOM, &m[0]), WAVU_ERR_AGAIN);
    assert_int_equal(m[0].len, 0);
    assert_int_equal(session_learn(&w.p[0].session, w.now, prekeys_bundle(&w.p[1].prekeys)), 0);
    assert_false(session_wants_bundle(&w.p[0].session));
    assert_int_equal(session_world_seal(&w, 0, "one", ROOM, &m[0]), 0);
    assert_int_equal(m[0].len, 1324 + 88 + 3);
    assert_int_equal(session_world_seal(&w, 0, "two", ROOM, &m[1]), 0);
    assert_int_equal(session_world_seal(&w, 0, "three", ROOM, &m[2]), 0);
    /* The first is lost; each carries the start. */
    session_world_hear(&w, 1, &m[2], "three");
    assert_true(session_world_tells(&w, 1, SESSION_EVENT_STARTED));
    session_world_hear(&w, 1, &m[1], "two");
    assert_false(session_world_tells(&w, 1, SESSION_EVENT_STARTED));
    assert_int_equal(w.p[1].session.seen_count, 1);
    session_world_say(&w, 1, "answer");
    assert_int_equal(session_world_say(&w, 0, "four"), 88 + 4 + 6 + 1088);
    assert_int_equal(session_world_say(&w, 0, "five"), 88 + 4);
    session_world_hear(&w, 1, &m[0], "one"); /* it was only late */
}

static void test_who_started_is_found_without_a_session(void **state)
{
    (void)state;
    struct session_mail m;
    uint8_t device[32];
    session_world_write(&w, 0, "who", &m);
    assert_int_equal(
        session_claimed_sender(&w.p[1].prekeys, w.aead, span_of(m.bytes, m.len), device), 0);
    assert_memory_equal(device, w.p[0].device.public_key, 32);
    m.bytes[100] ^= 1;
    assert_int_equal(
        session_claimed_sender(&w.p[1].prekeys, w.aead, span_of(m.bytes, m.len), device),
        WAVU_ERR_CRYPTO);
}

static void test_bad_bundles_are_not_learnt(void **state)
{
    (void)state;
    struct session *s = &w.p[0].session;
    uint8_t bytes[PREKEYS_MSG_BUNDLE_MAX];
    const struct span good = prekeys_bundle(&w.p[1].prekeys);
    assert_int_equal(session_learn(s, w.now, prekeys_bundle(&w.p[2].prekeys)), WAVU_ERR_CRYPTO);
    assert_int_equal(session_learn(s, w.now, prekeys_card(&w.p[1].prekeys)), WAVU_ERR_CRYPTO);
    for (size_t i = 0; i < good.len; i++) {
        memcpy(bytes, good.ptr, good.len);
        bytes[i] ^= (uint8_t)(1u << i % 8);
        const int rc = session_learn(s, w.now, span_of(bytes, good.len));
        assert_true(rc == WAVU_ERR_CRYPTO || (i == 4 && rc == WAVU_ERR_UNSUPPORTED));
        assert_int_equal(session_learn(s, w.now, span_slice(good, 0, i)), WAVU_ERR_CRYPTO);
    }
    assert_true(session_wants_bundle(s));
    w.p[0].prekeys.config.network[5] ^= 1;
    assert_int_equal(session_learn(s, w.now, good), WAVU_ERR_CRYPTO);
    w.p[0].prekeys.config.network[5] ^= 1;
    assert_int_equal(session_learn(s, w.now, good), 0);
}

/* The peer signs, but names another device. */
static void test_a_bundle_names_its_signer(void **state)
{
    (void)state;
    struct prekeys_msg m;
    uint8_t body[PREKEYS_MSG_BUNDLE_MAX];
    uint8_t bytes[PREKEYS_MSG_BUNDLE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct wr wr;
    for (int names = 1; names < 3; names++) {
        assert_int_equal(
            prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, prekeys_bundle(&w.p[1].prekeys)), 0);
        m.device = span_of(w.p[names].device.public_key, 32);
        wr_init(&wr, span_mut_of(body, sizeof(body)));
        prekeys_msg_encode_body(&wr, PREKEYS_MSG_BUNDLE, &m);
        m.body = wr_span(&wr);
        signer_ed25519.sign(NULL, signature, &w.p[1].device, prekeys_msg_label(PREKEYS_MSG_BUNDLE),
                            m.body);
        m.signature = span_of(signature, sizeof(signature));
        wr_init(&wr, span_mut_of(bytes, sizeof(bytes)));
        prekeys_msg_encode(&wr, &m);
        assert_int_equal(session_learn(&w.p[0].session, w.now, wr_span(&wr)),
                         names == 1 ? 0 : WAVU_ERR_CRYPTO);
    }
}

static void test_a_bundle_serves_one_start(void **state)
{
    (void)state;
    session_world_say(&w, 0, "one");
    assert_null(w.p[0].session.bundle);
}

/* An old bundle, whose secrets somebody may have stolen since, is not taken again, whoever serves
 * it: not after the newer one was used, not after a restart. */
static void test_an_older_bundle_is_not_learnt(void **state)
{
    (void)state;
    uint8_t old[PREKEYS_MSG_BUNDLE_MAX];
    uint8_t stored[PREKEYS_MSG_BUNDLE_MAX];
    struct session *s = &w.p[0].session;
    struct prekeys *peer = &w.p[1].prekeys;
    const size_t old_len = prekeys_bundle(peer).len;
    memcpy(old, prekeys_bundle(peer).ptr, old_len);
    assert_int_equal(session_learn(s, w.now, span_of(old, old_len)), 0);
    for (uint64_t day = 1; day < 400; day += 6) {
        (void)prekeys_tick(peer, w.now + day * DAY);
        assert_int_equal(session_learn(s, w.now, prekeys_bundle(peer)), 0);
        assert_int_equal(session_learn(s, w.now, span_of(old, old_len)),
                         day < 7 ? 0 : WAVU_ERR_EXISTS);
    }
    assert_int_equal(session_learn(s, w.now, prekeys_bundle(peer)),
                     0); /* the same one again is fine */
    memcpy(stored, s->bundle, s->bundle_len);
    assert_true(span_is_equal(span_of(stored, s->bundle_len), prekeys_bundle(peer)));
    session_world_say(&w, 0, "from the new one");
    session_restored(s, w.now);
    assert_int_equal(session_learn(s, w.now, span_of(old, old_len)), WAVU_ERR_EXISTS);
    size_t len;
    uint8_t *bytes = session_world_state(&w, 0, &len);
    session_world_restore(&w, 0, span_of(bytes, len));
    mem_free(bytes);
    assert_int_equal(session_learn(s, w.now, span_of(old, old_len)), WAVU_ERR_EXISTS);
    assert_true(session_wants_bundle(s));
    session_world_say(&w, 0, "anew");
}

/* --- both at once --- */

static void assert_converged(void)
{
    uint8_t name[32];
    const uint8_t *a = session_world_active(&w, 0);
    assert_non_null(a);
    memcpy(name, a, sizeof(name));
    const uint8_t *b = session_world_active(&w, 1);
    assert_non_null(b);
    assert_memory_equal(name, b, sizeof(name));
}

/* Many orders of arrival; nothing is lost, and one answer each way decides. */
static void test_simultaneous_starts_converge(void **state)
{
    (void)state;
    char text[32];
    int lower_was[2] = {0, 0};
    for (unsigned order = 0; order < 64; order++) {
        struct session_mail m[2][3];
        session_world_clear(&w);
        session_world_init(&w, 100 + order);
        for (int i = 0; i < 3; i++) {
            for (int who = 0; who < 2; who++) {
                snprintf(text, sizeof(text), "%d from %d", i, who);
                session_world_write(&w, who, text, &m[who][i]);
            }
        }
        for (int i = 0; i < 3; i++) {
            for (int k = 0; k < 2; k++) {
                const int who = (order >> i & 1) != 0 ? k : 1 - k;
                const int which = (order & 8) != 0 ? 2 - i : i;
                snprintf(text, sizeof(text), "%d from %d", which, who);
                session_world_hear(&w, 1 - who, &m[who][which], text);
            }
        }
        const int first = (order & 16) != 0 ? 1 : 0;
        session_world_say(&w, first, "and now");
        session_world_say(&w, 1 - first, "yes");
        session_world_say(&w, first, "on");
        assert_converged();
        const uint8_t *name = session_world_active(&w, 0);
        lower_was[memcmp(name, w.p[0].session.slots[0].ratchet->session, 32) == 0]++;
        assert_int_equal(w.p[0].session.slots[1].ratchet->is_initiator, false);
    }
    assert_true(lower_was[0] > 0 && lower_was[1] > 0); /* either one's start may win */
}

/* The answers cross as well. */
static void test_crossing_answers_converge(void **state)
{
    (void)state;
    struct session_mail m[2];
    for (uint64_t seed = 200; seed < 216; seed++) {
        session_world_clear(&w);
        session_world_init(&w, seed);
        for (int round = 0; round < 4; round++) {
            session_world_write(&w, 0, "from a", &m[0]);
            session_world_write(&w, 1, "from b", &m[1]);
            session_world_hear(&w, 1, &m[0], "from a");
            session_world_hear(&w, 0, &m[1], "from b");
        }
        assert_converged();
    }
}

/* --- limits --- */

static void test_room_for_a_start(void **state)
{
    (void)state;
    struct session_mail m;
    assert_int_equal(session_learn(&w.p[0].session, w.now, prekeys_bundle(&w.p[1].prekeys)), 0);
    assert_int_equal(session_world_seal(&w, 0, "x", 500, &m), WAVU_ERR_LIMIT);
    assert_int_equal(m.len, 0);
    assert_non_null(w.p[0].session.bundle); /* nothing was begun in vain */
    assert_int_equal(session_world_seal(&w, 0, "x", 1324 + 88, &m), WAVU_ERR_LIMIT);
    assert_int_equal(session_world_seal(&w, 0, "x", 1324 + 89, &m), 0);
    assert_int_equal(session_world_seal(&w, 0, "x", 500, &m), WAVU_ERR_LIMIT);
    session_world_say(&w, 0, "over another way");
    session_world_say(&w, 1, "answer");
    assert_int_equal(session_world_seal(&w, 0, "x", 500, &m), 0); /* now a radio will do */
}

static void test_unknown_kinds(void **state)
{
    (void)state;
    struct session_mail m = {.len = 200};
    session_world_say(&w, 0, "one");
    for (int kind = 0; kind < 256; kind++) {
        m.bytes[0] = (uint8_t)kind;
        assert_refused(1, &m, kind > 2 ? WAVU_ERR_UNSUPPORTED : WAVU_ERR_CRYPTO);
    }
    m.len = 0;
    assert_refused(1, &m, WAVU_ERR_CRYPTO);
}

static void test_starts_of_one_peer_are_bounded(void **state)
{
    (void)state;
    struct session_mail m;
    for (int i = 0; i < SESSION_SEEN_MAX; i++) {
        session_restored(&w.p[0].session, w.now);
        session_world_say(&w, 0, "anew");
    }
    session_restored(&w.p[0].session, w.now);
    session_world_write(&w, 0, "once more", &m);
    assert_refused(1, &m, WAVU_ERR_LIMIT);
    assert_true(session_deadline(&w.p[1].session) <= w.now + SESSION_SEEN_NS);
    w.now += SESSION_SEEN_NS; /* the prekey of all these is still there: nothing is forgotten */
    session_tick(&w.p[1].session, w.now);
    assert_int_equal(w.p[1].session.seen_count, SESSION_SEEN_MAX);
    assert_refused(1, &m, WAVU_ERR_LIMIT);
    assert_true(prekeys_tick(&w.p[1].prekeys, w.now));
    w.now += PREKEYS_KEEP_NS;
    assert_true(prekeys_tick(&w.p[1].prekeys, w.now));
    session_tick(&w.p[1].session, w.now);
    session_check(&w.p[1].session);
    assert_int_equal(w.p[1].session.seen_count, 0);
    assert_null(w.p[1].session.seen);
    session_restored(&w.p[0].session, w.now);
    session_world_say(&w, 0, "with the new prekey");
}

static void test_retired_sessions_go_after_30_days(void **state)
{
    (void)state;
    struct session_mail late;
    session_world_say(&w, 0, "one");
    session_world_say(&w, 1, "two");
    session_world_write(&w, 1, "late", &late);
    session_restored(&w.p[0].session, w.now);
    session_world_hear(&w, 0, &late, "late"); /* it still opens */
    assert_true(session_wants_bundle(&w.p[0].session));
    assert_true(session_deadline(&w.p[0].session) == w.now + SESSION_RETIRED_NS);
    session_tick(&w.p[0].session, w.now + SESSION_RETIRED_NS - 1);
    assert_non_null(w.p[0].session.slots[0].ratchet);
    session_tick(&w.p[0].session, w.now + SESSION_RETIRED_NS);
    assert_null(w.p[0].session.slots[0].ratchet);
    session_check(&w.p[0].session);
}

/* A start whose prekey may be gone is not written with for ever. */
static void test_an_unanswered_start_is_made_anew(void **state)
{
    (void)state;
    struct session_mail m;
    session_world_write(&w, 0, "lost", &m);
    assert_true(session_deadline(&w.p[0].session) == w.now + SESSION_UNANSWERED_NS);
    session_tick(&w.p[0].session, w.now + SESSION_UNANSWERED_NS - 1);
    assert_false(session_wants_bundle(&w.p[0].session));
    w.now += SESSION_UNANSWERED_NS;
    session_tick(&w.p[0].session, w.now);
    assert_true(session_wants_bundle(&w.p[0].session));
    session_world_say(&w, 0, "anew");
    session_world_say(&w, 1, "answer");
    session_tick(&w.p[0].session, w.now + SESSION_UNANSWERED_NS - 1);
    assert_false(session_wants_bundle(&w.p[0].session)); /* it was answered */
    session_world_say(&w, 0, "on");
}

static void test_an_exhausted_session_starts_anew(void **state)
{
    (void)state;
    struct session_mail m;
    session_world_say(&w, 0, "one");
    w.p[0].session.slots[0].ratchet->send.next = RATCHET_CHAIN_MAX;
    assert_int_equal(session_world_seal(&w, 0, "two", ROOM, &m), WAVU_ERR_AGAIN);
    assert_true(session_world_tells(&w, 0, SESSION_EVENT_EXHAUSTED));
    session_world_say(&w, 0, "two");
    assert_true(session_world_tells(&w, 1, SESSION_EVENT_STARTED));
}

static void test_too_much_lost_starts_anew(void **state)
{
    (void)state;
    struct session_mail m;
    session_world_say(&w, 0, "one");
    session_world_say(&w, 1, "two");
    for (int i = 0; i < RATCHET_GAP_MAX + 2; i++) {
        session_world_write(&w, 0, "lost", &m);
    }
    assert_int_equal(session_world_open(&w, 1, &m), WAVU_ERR_CRYPTO);
    assert_true(session_world_tells(&w, 1, SESSION_EVENT_TOO_FAR));
    assert_true(session_wants_bundle(&w.p[1].session));
    session_world_say(&w, 1, "lost you");
    assert_true(session_world_tells(&w, 0, SESSION_EVENT_STARTED));
    session_world_say(&w, 0, "here again");
    assert_converged();
}

/* --- loss, silence, clocks --- */

static void test_a_thousand_lost_then_one(void **state)
{
    (void)state;
    enum { LOST = 1000 };
    struct session_mail *lost = mem_new_array(LOST, sizeof(*lost));
    char text[24];
    session_world_say(&w, 0, "one");
    session_world_say(&w, 1, "two");
    for (int i = 0; i < LOST; i++) {
        snprintf(text, sizeof(text), "lost %d", i);
        session_world_write(&w, 0, text, &lost[i]);
    }
    session_world_say(&w, 0, "the one that came");
    session_world_say(&w, 1, "I hear you");
    session_world_say(&w, 0, "and so on");
    /* None of them was lost for good, in whatever order they come, turns later. */
    for (int i = LOST; i-- > 0;) {
        snprintf(text, sizeof(text), "lost %d", i);
        session_world_hear(&w, 1, &lost[i], text);
    }
    assert_refused(1, &lost[7], WAVU_ERR_CRYPTO);
    assert_int_equal(w.p[1].session.slots[0].ratchet->skipped.count, 0);
    mem_free(lost);
}

/* Years of writing to a device that is away: the state does not grow. */
static void test_a_peer_that_never_answers(void **state)
{
    (void)state;
    struct session_mail m;
    size_t most = 0;
    for (int day = 0; day < 3 * 365; day++) {
        size_t len;
        session_world_write(&w, 0, "are you there", &m);
        w.now += DAY;
        session_tick(&w.p[0].session, w.now);
        session_check(&w.p[0].session);
        assert_true(session_deadline(&w.p[0].session) > w.now);
        mem_free(session_world_state(&w, 0, &len));
        most = len > most ? len : most;
    }
    assert_true(most < 8192);
    session_world_hear(&w, 1, &m, "are you there"); /* it slept: its prekey is the current one */
    session_world_say(&w, 1, "now I am");
    session_world_say(&w, 0, "so long");
    assert_converged();
}

static void talk_about(const char *text)
{
    for (int i = 0; i < 4; i++) {
        session_world_say(&w, i % 2, text);
    }
}

/* Store and load all of `who`, at one time and at another. */
static void restart(int who, uint64_t at)
{
    size_t len;
    struct wr wr;
    struct prekeys *p = &w.p[who].prekeys;
    const struct prekeys_config config = session_world_prekeys_config(&w, who);
    uint8_t *bytes = session_world_state(&w, who, &len);
    wr_init(&wr, span_mut_of(NULL, 0));
    prekeys_save(&wr, p, w.now);
    uint8_t *prekeys = mem_new(wr.len);
    wr_init(&wr, span_mut_of(prekeys, wr.len));
    prekeys_save(&wr, p, w.now);
    prekeys_clear(p);
    assert_int_equal(prekeys_load(p, &config, wr_span(&wr), at, 0), 0);
    const struct session_config session = w.p[who].session.config;
    session_clear(&w.p[who].session);
    assert_int_equal(session_state_load(&w.p[who].session, &session, span_of(bytes, len), at), 0);
    mem_free(prekeys);
    mem_free(bytes);
}

/* `now` begins anew at a restart, or goes back beneath a running device: nothing ends at once, and
 * nothing is kept for longer than its time. */
static void test_a_clock_that_jumps_back(void **state)
{
    (void)state;
    struct session_mail late;
    w.now = 9000 * DAY;
    talk_about("before");
    session_world_write(&w, 1, "late", &late);
    session_world_say(&w, 1, "later");
    const uint64_t jumps[] = {1, HOUR, 40 * DAY, 3900 * DAY};
    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        const uint64_t before = w.now;
        for (int who = 0; who < 2; who++) {
            w.now = before;
            restart(who, before - jumps[i]);
            w.now = before - jumps[i];
            (void)prekeys_tick(&w.p[who].prekeys, w.now);
            session_tick(&w.p[who].session, w.now);
            session_check(&w.p[who].session);
            assert_true(session_deadline(&w.p[who].session) > w.now);
            assert_true(session_deadline(&w.p[who].session) <= w.now + SESSION_SEEN_NS);
        }
        talk_about("after a restart");
        w.now -= jumps[i] / 2; /* and without one */
        for (int who = 0; who < 2; who++) {
            session_tick(&w.p[who].session, w.now);
            assert_true(session_deadline(&w.p[who].session) > w.now);
        }
        talk_about("after a jump");
        for (int who = 0; who < 2; who++) { /* stored, it is what it should be again */
            restart(who, w.now);
            assert_true(session_deadline(&w.p[who].session) <= w.now + SESSION_SEEN_NS);
        }
    }
    session_world_hear(&w, 0, &late, "late");
    /* What was kept still ends. */
    session_world_write(&w, 1, "never", &late);
    session_world_say(&w, 1, "more");
    session_tick(&w.p[0].session, w.now + RATCHET_SKIPPED_NS);
    assert_refused(0, &late, WAVU_ERR_CRYPTO);
}

/* --- states that went back --- */

static void talk(int turns)
{
    for (int i = 0; i < turns; i++) {
        session_world_say(&w, i % 2, "talk");
    }
}

/* The state of `who` is stored, the talk goes on for `turns`, and the state comes back. */
static void go_back(int who, int turns)
{
    size_t len;
    uint8_t *bytes = session_world_state(&w, who, &len);
    talk(turns);
    session_world_restore(&w, who, span_of(bytes, len));
    mem_free(bytes);
}

static void test_state_that_went_back_is_noticed(void **state)
{
    (void)state;
    struct session_mail m;
    talk(4);
    go_back(0, 1); /* a says something that it then does not know of */
    session_world_write(&w, 0, "again", &m);
    assert_int_equal(session_world_open(&w, 1, &m), WAVU_ERR_CRYPTO);
    assert_true(session_world_tells(&w, 1, SESSION_EVENT_PEER_WENT_BACK));
    assert_true(session_wants_bundle(&w.p[1].session));
    session_world_say(&w, 1, "you were away");
    assert_true(session_world_tells(&w, 0, SESSION_EVENT_STARTED));
    session_world_say(&w, 0, "so I was");
    assert_converged();
}

static void test_ones_own_old_state_is_noticed(void **state)
{
    (void)state;
    struct session_mail m;
    talk(4);
    go_back(0, 1);
    session_world_write(&w, 1, "an answer to what it does not know", &m);
    assert_int_equal(session_world_open(&w, 0, &m), WAVU_ERR_CRYPTO);
    assert_true(session_world_tells(&w, 0, SESSION_EVENT_SELF_WENT_BACK));
    session_world_say(&w, 0, "I was away");
    assert_true(session_world_tells(&w, 1, SESSION_EVENT_STARTED));
    session_world_say(&w, 1, "so you were");
    assert_converged();
}

/* Far back: nothing can be told from messages that nothing opens; the owner wishes it. */
static void test_renew_after_what_nothing_opens(void **state)
{
    (void)state;
    struct session_mail m;
    talk(4);
    go_back(0, 20);
    session_world_write(&w, 1, "from far ahead", &m);
    assert_refused(0, &m, WAVU_ERR_CRYPTO);
    assert_int_equal(session_renew(&w.p[0].session, w.now), 0);
    session_world_say(&w, 0, "anew");
    session_world_say(&w, 1, "yes");
    assert_converged();
    assert_int_equal(session_renew(&w.p[0].session, w.now + SESSION_RENEW_NS - 1), WAVU_ERR_AGAIN);
    assert_int_equal(session_renew(&w.p[0].session, w.now + SESSION_RENEW_NS), 0);
}

/* As the courier above would: after what nothing opens it wishes to begin anew. True when both
 * heard each other three times, and write with the same session. */
static bool come_together(void)
{
    struct session_mail m;
    int good = 0;
    for (int tries = 0; good < 6 && tries < 12; tries++) {
        const int who = tries % 2;
        session_world_write(&w, who, "are you there", &m);
        if (session_world_open(&w, 1 - who, &m) == 0) {
            good++;
            continue;
        }
        good = 0;
        if (session_world_tells(&w, 1 - who, SESSION_EVENT_UNKNOWN)) {
            (void)!session_renew(&w.p[1 - who].session, w.now);
        }
        w.now += HOUR;
    }
    if (good == 6) {
        assert_converged();
    }
    return good == 6;
}

/* Both devices come back from copies, of any two moments; whether they know it or not. */
static void test_both_restored_come_together(void **state)
{
    (void)state;
    enum { MOMENTS = 9 };
    for (int i = 0; i < MOMENTS * MOMENTS * 2; i++) {
        const int moment[2] = {i % MOMENTS, i / MOMENTS % MOMENTS};
        uint8_t *kept[2] = {NULL, NULL};
        size_t len[2] = {0, 0};
        session_world_clear(&w);
        session_world_init(&w, 300 + (uint64_t)i);
        for (int at = 0; at < MOMENTS; at++) {
            for (int who = 0; who < 2; who++) {
                if (moment[who] == at) {
                    kept[who] = session_world_state(&w, who, &len[who]);
                }
            }
            session_world_say(&w, at / 2 % 2, "talk");
        }
        for (int who = 0; who < 2; who++) {
            session_world_restore(&w, who, span_of(kept[who], len[who]));
            mem_free(kept[who]);
            if (i >= MOMENTS * MOMENTS) {
                session_restored(&w.p[who].session, w.now);
            }
        }
        assert_true(come_together());
    }
}

/* The whole device went back, prekeys and all, to before the session. */
static void test_a_device_before_the_session(void **state)
{
    (void)state;
    struct session_mail m;
    go_back(0, 6);
    assert_null(w.p[0].session.slots[0].ratchet);
    session_world_write(&w, 1, "who?", &m);
    assert_refused(0, &m, WAVU_ERR_CRYPTO);
    session_world_say(&w, 0, "a start of a round that is not above");
    assert_true(session_world_tells(&w, 1, SESSION_EVENT_STARTED));
    session_world_write(&w, 1, "is it you, or only late?", &m);
    assert_refused(0, &m, WAVU_ERR_CRYPTO);
    assert_int_equal(session_renew(&w.p[0].session, w.now), 0);
    session_world_say(&w, 0, "it is me");
    session_world_say(&w, 1, "heard");
    session_world_say(&w, 0, "well");
    assert_converged();
}

/* A start that comes late does not take a session over that lives. */
static void test_a_late_start_does_not_stay(void **state)
{
    (void)state;
    struct session_mail late;
    session_world_write(&w, 0, "late", &late);
    session_restored(&w.p[0].session, w.now);
    talk(6);
    session_world_hear(&w, 1, &late, "late");
    talk(4);
    assert_converged();
    const uint8_t *name = session_world_active(&w, 1);
    assert_memory_equal(name, w.p[1].session.slots[0].ratchet->session, 32);
}

/* Nor does it bring back a side that has retired what the other prefers to it. */
static void test_a_late_start_is_not_preferred_to_what_was_retired(void **state)
{
    (void)state;
    for (uint64_t seed = 400; seed < 416; seed++) {
        struct session_mail late;
        session_world_clear(&w);
        session_world_init(&w, seed);
        session_world_write(&w, 0, "late", &late);
        session_world_say(&w, 1, "one");
        session_world_say(&w, 0, "two");
        session_world_say(&w, 1, "three");
        assert_int_equal(session_renew(&w.p[1].session, w.now), 0);
        session_world_hear(&w, 1, &late, "late");
        session_world_say(&w, 1, "and now");
        session_world_say(&w, 0, "yes");
        session_world_say(&w, 1, "on");
        assert_converged();
        for (size_t i = 0; i < SESSION_RATCHETS_MAX; i++) { /* not with one that is about to go */
            const struct session_slot *slot = &w.p[1].session.slots[i];
            const uint8_t *name = session_world_active(&w, 0);
            assert_false(slot->ratchet != NULL && slot->is_retired &&
                         memcmp(slot->ratchet->session, name, 32) == 0);
        }
    }
}

/* More starts than places: what goes is what is of least use. */
static void test_places_are_bounded(void **state)
{
    (void)state;
    talk(4);
    for (int i = 0; i < 10; i++) {
        session_restored(&w.p[0].session, w.now);
        session_world_say(&w, 0, "anew");
        session_world_say(&w, 1, "yes");
        session_check(&w.p[1].session);
    }
    assert_non_null(w.p[1].session.slots[SESSION_RATCHETS_MAX - 1].ratchet);
    talk(4);
    assert_converged();
}

static void test_clear_gives_everything_back(void **state)
{
    (void)state;
    struct session_world own;
    const size_t live = mem_live_count();
    session_world_init(&own, 5);
    session_world_say(&own, 0, "one");
    session_world_say(&own, 1, "two");
    session_world_clear(&own);
    assert_int_equal(mem_live_count(), live);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_starts_while_the_other_is_away),
        T(test_who_started_is_found_without_a_session),
        T(test_bad_bundles_are_not_learnt),
        T(test_a_bundle_names_its_signer),
        T(test_a_bundle_serves_one_start),
        T(test_an_older_bundle_is_not_learnt),
        T(test_simultaneous_starts_converge),
        T(test_crossing_answers_converge),
        T(test_room_for_a_start),
        T(test_unknown_kinds),
        T(test_starts_of_one_peer_are_bounded),
        T(test_retired_sessions_go_after_30_days),
        T(test_an_unanswered_start_is_made_anew),
        T(test_an_exhausted_session_starts_anew),
        T(test_too_much_lost_starts_anew),
        T(test_a_thousand_lost_then_one),
        T(test_a_peer_that_never_answers),
        T(test_a_clock_that_jumps_back),
        T(test_state_that_went_back_is_noticed),
        T(test_ones_own_old_state_is_noticed),
        T(test_renew_after_what_nothing_opens),
        T(test_both_restored_come_together),
        T(test_a_device_before_the_session),
        T(test_a_late_start_does_not_stay),
        T(test_a_late_start_is_not_preferred_to_what_was_retired),
        T(test_places_are_bounded),
        T(test_clear_gives_everything_back),
    };
    return cmocka_run_group_tests_name("courier/session", tests, NULL, NULL);
}
