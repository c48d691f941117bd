/*
 * Stored sessions: one that is stored and loaded at every step goes on as if it were not; damaged
 * bytes are refused or sound.
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

#define DAY UINT64_C(86400000000000)

static struct session_world w;
static struct session_world twin;

static void reload(int who)
{
    size_t len;
    size_t again_len;
    uint8_t *bytes = session_world_state(&w, who, &len);
    session_world_restore(&w, who, span_of(bytes, len));
    uint8_t *again = session_world_state(&w, who, &again_len);
    assert_int_equal(again_len, len);
    assert_memory_equal(again, bytes, len);
    mem_free(bytes);
    mem_free(again);
}

static void test_loading_changes_nothing(void **state)
{
    (void)state;
    static struct session_mail a;
    static struct session_mail b;
    char text[32];
    session_world_init(&w, 6);
    session_world_init(&twin, 6);
    for (int i = 0; i < 200; i++) {
        const int who = (i / 3) % 2;
        snprintf(text, sizeof(text), "%d", i);
        if (i % 60 == 59) { /* a start of both, every now and then */
            for (int k = 0; k < 2; k++) {
                session_restored(&w.p[k].session, w.now);
                session_restored(&twin.p[k].session, w.now);
            }
        }
        reload(who);
        session_world_write(&w, who, text, &a);
        session_world_write(&twin, who, text, &b);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.bytes, b.bytes, a.len);
        if (i % 5 == 4) {
            continue; /* lost */
        }
        reload(1 - who);
        session_world_hear(&w, 1 - who, &a, text);
        session_world_hear(&twin, 1 - who, &b, text);
    }
    session_world_clear(&w);
    session_world_clear(&twin);
}

/* Something in every field: an own start that nobody answered, a retired session, a bundle. */
static uint8_t *rich_state(size_t *len)
{
    session_world_init(&w, 8);
    session_world_say(&w, 1, "peer's start");
    session_world_say(&w, 0, "answer");
    session_restored(&w.p[0].session, w.now);
    struct session_mail m;
    session_world_write(&w, 0, "own start", &m);
    assert_int_equal(session_learn(&w.p[0].session, w.now, prekeys_bundle(&w.p[1].prekeys)), 0);
    return session_world_state(&w, 0, len);
}

static void test_cut_states_are_refused(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = rich_state(&len);
    const struct session_config config = w.p[0].session.config;
    struct session s;
    size_t taken = 0;
    const size_t live = mem_live_count();
    for (size_t cut = 0; cut < len; cut++) {
        const int rc = session_state_load(&s, &config, span_of(bytes, cut), w.now);
        assert_true(rc == 0 || rc == WAVU_ERR_CORRUPT);
        if (rc == 0) { /* between two whole fields of the list */
            session_check(&s);
            session_clear(&s);
            taken++;
        }
    }
    assert_true(taken < 8);
    assert_int_equal(mem_live_count(), live);
    mem_free(bytes);
    session_world_clear(&w);
}

/* 70 turns of `s`, which is one of 0, with the session of 1 as it is; some messages are lost, and
 * both begin anew where they must. What is opened does not matter, only that it goes on. */
static void talk_on(struct session *s)
{
    struct session peer;
    struct session *sides[2] = {s, &peer};
    struct session_mail m;
    struct span content;
    struct wr wr;
    size_t len;
    const struct session_config config = w.p[1].session.config;
    uint8_t *bytes = session_world_state(&w, 1, &len);
    assert_int_equal(session_state_load(&peer, &config, span_of(bytes, len), w.now), 0);
    mem_free(bytes);
    for (int i = 0; i < 140 * 2; i++) {
        const int who = i / 2 % 2;
        if (session_wants_bundle(sides[who])) {
            (void)!session_learn(sides[who], w.now, prekeys_bundle(&w.p[1 - who].prekeys));
        }
        wr_init(&wr, span_mut_of(m.bytes, sizeof(m.bytes)));
        const int rc = session_seal(sides[who], w.now, span_from_text("on"), 2000, &wr);
        if (rc == 0 && i % 2 == 1) { /* the first of two is lost */
            (void)!session_open(sides[1 - who], w.now, span_mut_of(m.bytes, wr.len), &content);
        }
        session_check(s);
    }
    session_tick(s, session_deadline(s));
    session_check(s);
    session_clear(&peer);
}

/* Bit `i` is bent; with one in TALKS of those that are taken the talk goes on for long. */
#define TALKS 149

static void test_changed_states_are_refused_or_sound(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = rich_state(&len);
    const struct session_config config = w.p[0].session.config;
    struct session s;
    struct session_mail m = {.len = 100, .bytes = {1, 1}};
    const size_t live = mem_live_count();
    for (size_t i = 0; i < len * 8; i += 5) {
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        const int rc = session_state_load(&s, &config, span_of(bytes, len), w.now);
        assert_true(rc == 0 || rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED);
        if (rc == 0) {
            session_check(&s);
            assert_int_equal(session_world_open_as(&w, &s, &m), WAVU_ERR_CRYPTO);
            if (i / 5 % TALKS == 0) {
                talk_on(&s);
            }
            session_clear(&s);
        }
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(mem_live_count(), live);
    mem_free(bytes);
    session_world_clear(&w);
}

static void test_other_peers_and_newer_formats(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = rich_state(&len);
    struct session_config config = w.p[0].session.config;
    struct session s;
    config.peer[0] ^= 1;
    assert_int_equal(session_state_load(&s, &config, span_of(bytes, len), w.now), WAVU_ERR_CORRUPT);
    config.peer[0] ^= 1;
    bytes[1] = 2;
    assert_int_equal(session_state_load(&s, &config, span_of(bytes, len), w.now),
                     WAVU_ERR_UNSUPPORTED);
    mem_free(bytes);
    session_world_clear(&w);
}

static void test_times_outlive_the_clock(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = rich_state(&len);
    const struct session_config config = w.p[0].session.config;
    struct session s;
    /* However long after it is loaded, it ends when it was to end. */
    assert_int_equal(session_state_load(&s, &config, span_of(bytes, len), w.now + DAY), 0);
    assert_true(session_deadline(&s) == w.now + SESSION_BUNDLE_NS);
    assert_false(session_tick(&s, w.now + SESSION_BUNDLE_NS - 1));
    assert_true(session_tick(&s, w.now + SESSION_BUNDLE_NS));
    assert_null(s.bundle);
    assert_true(session_deadline(&s) == w.now + SESSION_RETIRED_NS);
    session_clear(&s);
    /* The clock has lost its place. */
    assert_int_equal(session_state_load(&s, &config, span_of(bytes, len), 3), 0);
    assert_true(session_deadline(&s) == 3 + SESSION_BUNDLE_NS);
    session_clear(&s);
    mem_free(bytes);
    session_world_clear(&w);
}

/* The owner stores when something was said and when a tick says so, and the machine starts anew
 * each day. A message that was passed over can be opened for 30 days, in a session in use and in
 * one that went before; then its key is gone from memory and from the disk. */
static void test_days_end_though_the_machine_starts_anew(void **state)
{
    (void)state;
    for (int retires = 0; retires < 2; retires++) {
        struct session_mail late[2];
        size_t len;
        session_world_init(&w, 51 + (uint64_t)retires);
        session_world_say(&w, 0, "begin");
        session_world_say(&w, 1, "answer");
        session_world_write(&w, 0, "within", &late[0]);
        session_world_write(&w, 0, "after", &late[1]);
        session_world_say(&w, 0, "later");
        if (retires != 0) {
            session_restored(&w.p[1].session, w.now);
        }
        uint8_t *disk = session_world_state(&w, 1, &len);
        const size_t full = len;
        for (int hour = 0; hour < 60 * 24; hour++) {
            w.now += DAY / 24;
            (void)prekeys_tick(&w.p[1].prekeys, w.now);
            const bool is_written = hour == 29 * 24;
            if (is_written) {
                session_world_hear(&w, 1, &late[0], "within");
            }
            if (session_tick(&w.p[1].session, w.now) || is_written) {
                mem_free(disk);
                disk = session_world_state(&w, 1, &len);
            }
            if (hour % 24 == 23) {
                session_world_restore(&w, 1, span_of(disk, len));
            }
        }
        assert_true(len < full); /* not on the disk either */
        assert_true(session_deadline(&w.p[1].session) > w.now);
        assert_int_equal(session_world_open(&w, 1, &late[1]), WAVU_ERR_CRYPTO);
        mem_free(disk);
        session_world_clear(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loading_changes_nothing),
        cmocka_unit_test(test_cut_states_are_refused),
        cmocka_unit_test(test_changed_states_are_refused_or_sound),
        cmocka_unit_test(test_other_peers_and_newer_formats),
        cmocka_unit_test(test_times_outlive_the_clock),
        cmocka_unit_test(test_days_end_though_the_machine_starts_anew),
    };
    return cmocka_run_group_tests_name("courier/session_state", tests, NULL, NULL);
}
