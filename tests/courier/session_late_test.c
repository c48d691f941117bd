/*
 * What comes late or is old: starts that lay in a mailbox, bundles that lay about, peers that lost
 * what they had. Nobody who stole a state of then reads more for it, and nobody is silenced.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "courier/session_state.h"
#include "tests/support/session_world.h"
#include "wavu/err.h"

#define ROOM SESSION_WORLD_MAIL_MAX
#define HOUR UINT64_C(3600000000000)
#define DAY (24 * HOUR)

enum { ALICE = 0, BOB = 1 };

static struct session_world w;

/* All that Alice's disk held when it was copied: session and prekeys. */
static struct {
    struct session session;
    struct prekeys prekeys;
} thief;

static int setup(void **state)
{
    (void)state;
    session_world_init(&w, 51);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    session_world_clear(&w);
    return 0;
}

static void again(uint64_t seed)
{
    session_world_clear(&w);
    session_world_init(&w, seed);
}

static void restart(int who)
{
    size_t len;
    uint8_t *bytes = session_world_state(&w, who, &len);
    session_world_restore(&w, who, span_of(bytes, len));
    mem_free(bytes);
}

static void days(int count)
{
    for (int i = 0; i < count; i++) {
        w.now += DAY;
        for (int who = 0; who < 2; who++) {
            (void)prekeys_tick(&w.p[who].prekeys, w.now);
            session_tick(&w.p[who].session, w.now);
            session_check(&w.p[who].session);
        }
    }
}

static void talk(int turns)
{
    for (int i = 0; i < turns; i++) {
        session_world_say(&w, i % 2, "talk");
    }
}

static void steal_alice(void)
{
    size_t len;
    uint8_t *bytes = session_world_state(&w, ALICE, &len);
    struct session_config config = session_world_config(&w, ALICE, BOB);
    thief.prekeys = w.p[ALICE].prekeys;
    config.prekeys = &thief.prekeys;
    assert_int_equal(session_state_load(&thief.session, &config, span_of(bytes, len), w.now), 0);
    mem_free(bytes);
}

static bool thief_opens(const struct session_mail *m)
{
    return session_world_open_as(&w, &thief.session, m) == 0;
}

static struct session *bob(void)
{
    return &w.p[BOB].session;
}

/* --- starts that come late --- */

/* Both start at once, and Alice's start lies in a mailbox; a thief copied her disk as it left. */
static void begin_late(struct session_mail *late)
{
    struct session_mail m;
    session_world_write(&w, ALICE, "late", late);
    steal_alice();
    session_world_write(&w, BOB, "from Bob", &m);
    assert_true(thief_opens(&m)); /* it is a thief indeed: its prekey was stolen */
    session_world_hear(&w, ALICE, &m, "from Bob");
    for (int day = 0; day < 20; day++) {
        talk(6);
        days(1);
    }
}

static void test_heals_also_when_a_start_comes_late(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct session_mail late;
        struct session_mail m;
        uint8_t name[32];
        again(600 + seed);
        begin_late(&late);
        session_world_write(&w, BOB, "healed", &m);
        assert_false(thief_opens(&m));
        session_world_hear(&w, ALICE, &m, "healed");
        memcpy(name, session_world_active(&w, BOB), sizeof(name));
        session_world_hear(&w, BOB, &late, "late");
        for (int i = 0; i < 12; i++) {
            if (i % 3 == 0) {
                restart(BOB);
            }
            session_world_write(&w, BOB, "still", &m);
            assert_false(thief_opens(&m));
            session_world_hear(&w, ALICE, &m, "still");
            if (i > 5) {
                session_world_say(&w, ALICE, "yes");
            }
        }
        days(2); /* Alice answered: there is no doubt any more */
        assert_false(session_wants_bundle(bob()));
        assert_memory_equal(session_world_active(&w, BOB), name, 32);
        assert_memory_equal(session_world_active(&w, ALICE), name, 32);
        session_clear(&thief.session);
    }
}

/* It is not late enough: it comes between what Bob said and Alice's answer to that. He writes with
 * what was answered until the other one is, too; then both choose the same. */
static void test_heals_also_when_starts_cross(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct session_mail late;
        struct session_mail answer;
        struct session_mail m;
        again(650 + seed);
        session_world_write(&w, ALICE, "late", &late);
        steal_alice();
        session_world_say(&w, BOB, "from Bob");
        session_world_write(&w, ALICE, "answer", &answer);
        session_world_hear(&w, BOB, &late, "late");
        if (seed % 2 == 0) {
            session_world_say(&w, BOB, "not healed yet");
        }
        session_world_hear(&w, BOB, &answer, "answer");
        for (int i = 0; i < 8; i++) {
            session_world_write(&w, BOB, "secret", &m);
            assert_false(thief_opens(&m));
            session_world_hear(&w, ALICE, &m, "secret");
            if (i > 2) {
                session_world_say(&w, ALICE, "yes");
            }
        }
        assert_memory_equal(session_world_active(&w, BOB), session_world_active(&w, ALICE), 32);
        session_clear(&thief.session);
    }
}

/* What becomes of the talk before the late start comes. */
enum before {
    BEFORE_NOTHING,
    BEFORE_BOB_RENEWS,          /* he wrote nothing since */
    BEFORE_BOB_STARTS,          /* his new start is under way */
    BEFORE_BOB_IS_ANSWERED,     /* and was answered */
    BEFORE_ALICE_STARTS,        /* hers is here, and not answered */
    BEFORE_ALICE_IS_ANSWERED,   /* and was */
    BEFORE_MUCH_IS_LOST,        /* more than can be bridged: the network made Bob begin anew */
    BEFORE_BOB_FORGETS_SESSIONS /* he begins anew, writes nothing, and 30 days go by */
};

static void come_to(enum before before)
{
    struct session_mail m;
    switch (before) {
    case BEFORE_NOTHING:
        return;
    case BEFORE_BOB_RENEWS:
        assert_int_equal(session_renew(bob(), w.now), 0);
        return;
    case BEFORE_BOB_STARTS:
        assert_int_equal(session_renew(bob(), w.now), 0);
        session_world_write(&w, BOB, "anew", &m);
        return;
    case BEFORE_BOB_IS_ANSWERED:
        assert_int_equal(session_renew(bob(), w.now), 0);
        session_world_say(&w, BOB, "anew");
        session_world_say(&w, ALICE, "yes");
        return;
    case BEFORE_ALICE_STARTS:
    case BEFORE_ALICE_IS_ANSWERED:
        assert_int_equal(session_renew(&w.p[ALICE].session, w.now), 0);
        session_world_say(&w, ALICE, "anew");
        if (before == BEFORE_ALICE_IS_ANSWERED) {
            session_world_say(&w, BOB, "yes");
            session_world_say(&w, ALICE, "good");
        }
        return;
    case BEFORE_MUCH_IS_LOST:
        for (int i = 0; i < RATCHET_GAP_MAX + 2; i++) {
            session_world_write(&w, ALICE, "dropped", &m);
        }
        assert_int_equal(session_world_open(&w, BOB, &m), WAVU_ERR_CRYPTO);
        assert_true(session_world_tells(&w, BOB, SESSION_EVENT_TOO_FAR));
        return;
    case BEFORE_BOB_FORGETS_SESSIONS:
        assert_int_equal(session_renew(bob(), w.now), 0);
        days(31); /* within the life of the prekey that the late start used */
        assert_null(bob()->slots[0].ratchet);
        return;
    }
}

/* Whoever has just begun anew, and for whatever reason: which sessions turned is not forgotten with
 * them, and the thief, who has the state and the prekeys of the late start, reads nothing. */
static void test_heals_also_when_a_start_comes_after_a_new_beginning(void **state)
{
    (void)state;
    for (int before = BEFORE_NOTHING; before <= BEFORE_BOB_FORGETS_SESSIONS; before++) {
        for (uint64_t seed = 0; seed < 10; seed++) {
            struct session_mail late;
            struct session_mail m;
            again(2000 + seed);
            session_world_write(&w, ALICE, "late", &late);
            steal_alice();
            session_world_say(&w, BOB, "from Bob");
            talk(8);
            days(before == BEFORE_BOB_FORGETS_SESSIONS ? 1 : 20);
            session_world_write(&w, BOB, "healed", &m);
            assert_false(thief_opens(&m));
            session_world_hear(&w, ALICE, &m, "healed");
            come_to((enum before)before);
            const uint32_t least = bob()->bundle_least;
            session_world_hear(&w, BOB, &late, "late");
            restart(BOB);
            assert_int_equal(bob()->bundle_least, least); /* nor is the number of then believed */
            for (int i = 0; i < 6; i++) {
                session_world_write(&w, BOB, "secret", &m);
                /* A prekey that was not replaced since the theft is the first flight's. */
                const bool is_young = before == BEFORE_BOB_FORGETS_SESSIONS && m.bytes[0] == 2;
                assert_true(is_young || !thief_opens(&m));
                session_world_hear(&w, ALICE, &m, "secret");
            }
            session_world_say(&w, ALICE, "yes");
            talk(4);
            assert_memory_equal(session_world_active(&w, BOB), session_world_active(&w, ALICE), 32);
            session_clear(&thief.session);
        }
    }
}

/* Bob's sessions are all gone: his next start is above what Alice knows all the same, so that she
 * answers it. */
static void test_rounds_outlive_their_sessions(void **state)
{
    (void)state;
    talk(6);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(session_renew(bob(), w.now), 0);
        days(1);
        session_world_say(&w, BOB, "anew");
        session_world_say(&w, ALICE, "yes");
        session_world_say(&w, BOB, "good");
    }
    assert_int_equal(session_renew(bob(), w.now), 0);
    days(31);
    restart(BOB);
    assert_null(bob()->slots[0].ratchet);
    session_world_say(&w, BOB, "back");
    session_world_say(&w, ALICE, "welcome back");
    assert_int_equal(w.p[ALICE].session.doubt_ends, 0);
    assert_memory_equal(session_world_active(&w, BOB), session_world_active(&w, ALICE), 32);
}

/* Nobody uses the rounds up: with a prekey of Bob anybody makes starts in Alice's name. */
static void test_a_round_far_above_is_refused(void **state)
{
    (void)state;
    struct session_mail m;
    struct session *alice = &w.p[ALICE].session;
    talk(6);
    assert_int_equal(session_renew(alice, w.now), 0);
    const uint32_t known = bob()->round_known;
    alice->round_known = known + SESSION_ROUNDS_MAX - 1;
    session_world_say(&w, ALICE, "the highest");
    session_world_say(&w, BOB, "yes");
    assert_int_equal(bob()->round_known, known + SESSION_ROUNDS_MAX);
    session_restored(alice, w.now);
    alice->round_known = bob()->round_known + SESSION_ROUNDS_MAX;
    session_world_write(&w, ALICE, "far above", &m);
    assert_int_equal(session_world_open(&w, BOB, &m), WAVU_ERR_CRYPTO);
    assert_int_equal(bob()->round_known, known + SESSION_ROUNDS_MAX);
}

/* The same for who learns every X25519 secret: what is written with goes on to be the session whose
 * root has exchanges in it, and nothing is ever written with the late one. */
static void test_heals_without_x25519_also_when_a_start_comes_late(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 16; seed++) {
        struct session_mail late[3];
        uint32_t mixed = 0;
        again(700 + seed);
        for (int i = 0; i < 3; i++) {
            session_world_write(&w, ALICE, "late", &late[i]);
        }
        session_world_say(&w, BOB, "from Bob");
        talk(120);
        for (int i = 0; i < 3; i++) { /* more of one first flight is no second start */
            session_world_hear(&w, BOB, &late[i], "late");
            session_world_say(&w, BOB, "on");
        }
        const uint8_t *name = session_world_active(&w, BOB);
        for (size_t i = 0; i < SESSION_RATCHETS_MAX && bob()->slots[i].ratchet != NULL; i++) {
            const struct session_slot *slot = &bob()->slots[i];
            if (memcmp(slot->ratchet->session, name, 32) == 0) {
                mixed = slot->ratchet->pq.mixed;
            } else {
                assert_true(slot->is_late);
                assert_false(slot->ratchet->send.is_set);
            }
        }
        assert_true(mixed > 0);
    }
}

/* Nobody answers what Bob writes after a late start: he begins anew, from a prekey of today, which
 * the thief of long ago has not. */
static void test_doubt_without_an_answer_begins_anew(void **state)
{
    (void)state;
    struct session_mail late;
    struct session_mail m;
    begin_late(&late);
    session_world_hear(&w, BOB, &late, "late");
    days(10);
    assert_false(session_wants_bundle(bob())); /* he wrote nothing that could be answered */
    session_world_say(&w, BOB, "hello");
    assert_true(session_deadline(bob()) <= w.now + SESSION_DOUBT_NS);
    w.now += SESSION_DOUBT_NS - 1;
    session_tick(bob(), w.now);
    assert_false(session_wants_bundle(bob()));
    restart(BOB);
    w.now += 1;
    session_tick(bob(), w.now);
    assert_true(session_wants_bundle(bob()));
    session_world_write(&w, BOB, "anew", &m);
    assert_false(thief_opens(&m));
    session_world_hear(&w, ALICE, &m, "anew");
    session_world_say(&w, ALICE, "I was away");
    session_world_say(&w, BOB, "so you were");
    assert_memory_equal(session_world_active(&w, BOB), session_world_active(&w, ALICE), 32);
    session_clear(&thief.session);
}

static void lose_session(int who)
{
    const struct session_config config = session_world_config(&w, who, 1 - who);
    session_clear(&w.p[who].session);
    session_init(&w.p[who].session, &config);
}

/* Alice has lost all sessions: her first start may be a late one, her second one may not. */
static void test_a_peer_that_lost_its_sessions(void **state)
{
    (void)state;
    struct session_mail m;
    talk(40);
    lose_session(ALICE);
    session_world_say(&w, ALICE, "who are you?");
    session_world_write(&w, BOB, "Bob", &m);
    assert_int_equal(session_world_open(&w, ALICE, &m), WAVU_ERR_CRYPTO);
    assert_true(session_world_tells(&w, ALICE, SESSION_EVENT_UNKNOWN));
    assert_int_equal(session_renew(&w.p[ALICE].session, w.now), 0);
    session_world_say(&w, ALICE, "I did not understand");
    session_world_say(&w, BOB, "Bob!");
    talk(4);
    assert_memory_equal(session_world_active(&w, BOB), session_world_active(&w, ALICE), 32);
    assert_int_equal(bob()->doubt_ends, 0);
}

/* Alice's owner wishes to begin anew each hour for three days: the wishes stay within the starts
 * that Bob remembers, and neither is silenced. */
static void test_many_renewals_silence_nobody(void **state)
{
    (void)state;
    int heard = 0;
    talk(6);
    for (int hour = 0; hour < 24 * 70; hour++) {
        w.now += HOUR;
        for (int who = 0; who < 2; who++) {
            (void)prekeys_tick(&w.p[who].prekeys, w.now);
            (void)session_tick(&w.p[who].session, w.now);
        }
        const int rc = hour < 72 || hour % 3 == 0 ? session_renew(&w.p[ALICE].session, w.now) : 0;
        assert_true(rc == 0 || rc == WAVU_ERR_AGAIN);
        heard += rc == 0 && (hour < 72 || hour % 3 == 0) ? 1 : 0;
        if (hour % 5 == 0) {
            restart(ALICE);
        }
        session_world_say(&w, ALICE, "hello");
        session_world_say(&w, BOB, "answer");
    }
    assert_in_range(heard, 70, 70 + SESSION_RENEW_BURST + 1);
}

/* --- bundles that lay about --- */

/* Who hears of Bob for the first time is served a bundle whose secrets are long gone. */
static void test_a_lie_at_first_contact_silences_nobody(void **state)
{
    (void)state;
    struct session_mail m;
    struct session *alice = &w.p[ALICE].session;
    uint8_t old[PREKEYS_MSG_BUNDLE_MAX];
    const size_t len = prekeys_bundle(&w.p[BOB].prekeys).len;
    memcpy(old, prekeys_bundle(&w.p[BOB].prekeys).ptr, len);
    days(60);
    assert_int_equal(session_learn(alice, w.now, span_of(old, len)), 0);
    assert_int_equal(session_world_seal(&w, ALICE, "hello", ROOM, &m), 0);
    assert_int_equal(session_world_open(&w, BOB, &m), WAVU_ERR_CRYPTO);
    restart(ALICE);
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    assert_int_equal(session_world_seal(&w, ALICE, "hello", ROOM, &m), 0);
    session_world_hear(&w, BOB, &m, "hello");
    talk(4);
}

/* One week's rotation is no reason to give a start up, nor is anything once there was an answer. */
static void test_a_newer_bundle_leaves_good_starts_alone(void **state)
{
    (void)state;
    struct session *alice = &w.p[ALICE].session;
    struct session_mail m;
    session_world_write(&w, ALICE, "hello", &m);
    days(7);
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    assert_false(alice->slots[0].is_retired);
    session_world_hear(&w, BOB, &m, "hello");
    session_world_say(&w, BOB, "yes");
    days(70);
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    assert_false(alice->slots[0].is_retired);
}

static void test_a_bundle_that_lay_about_is_dropped(void **state)
{
    (void)state;
    struct session *alice = &w.p[ALICE].session;
    session_world_say(&w, BOB, "Bob first");
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    talk(4);
    assert_true(session_deadline(alice) <= w.now + SESSION_BUNDLE_NS);
    days(6);
    assert_non_null(alice->bundle);
    restart(ALICE); /* its age is stored */
    days(1);
    assert_null(alice->bundle);
    assert_int_equal(session_renew(alice, w.now), 0);
    assert_true(session_wants_bundle(alice));
    session_world_say(&w, ALICE, "anew");
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    session_restored(alice, w.now); /* nor is one kept of which nobody knows how old it is */
    assert_true(session_wants_bundle(alice));
}

/* --- peers that lost their prekeys --- */

static void make_anew(int who, uint32_t day)
{
    struct prekeys_config config = session_world_prekeys_config(&w, who);
    config.day = day;
    prekeys_clear(&w.p[who].prekeys);
    prekeys_init(&w.p[who].prekeys, &config, w.now);
}

static void test_prekeys_made_anew_are_taken(void **state)
{
    (void)state;
    struct session *alice = &w.p[ALICE].session;
    for (int i = 0; i < 100; i++) {
        again(800 + (uint64_t)i);
        assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
        for (int life = 0; life < 3; life++) {
            days(i);
            assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
            make_anew(BOB, 600 + (uint32_t)(w.now / DAY));
            assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
        }
        session_world_say(&w, ALICE, "hello");
    }
}

/* His clock was wrong when he made them, and he lost his sessions, too, or not: his own start says
 * which prekey is his, and Alice believes that and nobody else. */
static void test_a_start_tells_a_lower_number(void **state)
{
    (void)state;
    struct session_mail m;
    struct session *alice = &w.p[ALICE].session;
    for (int healed = 0; healed < 2; healed++) {
        again(900 + (uint64_t)healed);
        if (healed != 0) {
            talk(20);
        }
        assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
        days(3);
        make_anew(BOB, 0);
        lose_session(BOB);
        assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)),
                         WAVU_ERR_EXISTS);
        session_world_say(&w, BOB, "I lost everything");
        if (healed != 0) { /* it could be a late one: Alice waits a day for an answer */
            assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)),
                             WAVU_ERR_EXISTS);
            session_world_write(&w, ALICE, "is it you?", &m);
            assert_int_equal(session_world_open(&w, BOB, &m), WAVU_ERR_CRYPTO);
            restart(ALICE);
            days(1);
            assert_true(session_wants_bundle(alice));
        }
        assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
        session_world_say(&w, ALICE, "so begin anew");
        talk(4);
        assert_memory_equal(session_world_active(&w, BOB), session_world_active(&w, ALICE), 32);
    }
}

/* The same when Alice has just begun anew and has nothing to say, or no bundle to say it with: she
 * waits a day, and not for what she would write. */
static void test_a_start_tells_a_lower_number_to_who_uses_none(void **state)
{
    (void)state;
    struct session *alice = &w.p[ALICE].session;
    talk(20);
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    days(3);
    session_restored(alice, w.now);
    make_anew(BOB, 0);
    lose_session(BOB);
    session_world_say(&w, BOB, "I lost everything");
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)),
                     WAVU_ERR_EXISTS);
    restart(ALICE);
    days(1);
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    session_world_say(&w, ALICE, "so begin anew");
    talk(4);
    assert_memory_equal(session_world_active(&w, BOB), session_world_active(&w, ALICE), 32);
}

/* Bob's disk is an old copy and nobody showed him what he had published since: his next start says
 * so, also when Alice has forgotten nothing. */
static void test_an_old_copy_of_prekeys_is_taken_after_a_start(void **state)
{
    (void)state;
    struct session_mail m;
    struct session *alice = &w.p[ALICE].session;
    const struct prekeys copy = w.p[BOB].prekeys;
    talk(6);
    for (int week = 0; week < 3; week++) {
        days(7);
        assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    }
    w.p[BOB].prekeys = copy;
    (void)prekeys_tick(&w.p[BOB].prekeys, w.now);
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)),
                     WAVU_ERR_EXISTS);
    session_restored(bob(), w.now); /* he knows, so his round is above */
    session_world_say(&w, BOB, "I went back");
    assert_int_equal(session_learn(alice, w.now, prekeys_bundle(&w.p[BOB].prekeys)), 0);
    session_world_say(&w, ALICE, "so I see");
    /* What lay there of the life that was lost is not begun from either. */
    assert_int_equal(session_renew(alice, w.now), 0);
    session_world_write(&w, ALICE, "anew", &m);
    session_world_hear(&w, BOB, &m, "anew");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_heals_also_when_a_start_comes_late),
        T(test_heals_also_when_starts_cross),
        T(test_heals_also_when_a_start_comes_after_a_new_beginning),
        T(test_rounds_outlive_their_sessions),
        T(test_a_round_far_above_is_refused),
        T(test_heals_without_x25519_also_when_a_start_comes_late),
        T(test_doubt_without_an_answer_begins_anew),
        T(test_a_peer_that_lost_its_sessions),
        T(test_many_renewals_silence_nobody),
        T(test_a_lie_at_first_contact_silences_nobody),
        T(test_a_newer_bundle_leaves_good_starts_alone),
        T(test_a_bundle_that_lay_about_is_dropped),
        T(test_prekeys_made_anew_are_taken),
        T(test_a_start_tells_a_lower_number),
        T(test_a_start_tells_a_lower_number_to_who_uses_none),
        T(test_an_old_copy_of_prekeys_is_taken_after_a_start),
    };
    return cmocka_run_group_tests_name("courier/session_late", tests, NULL, NULL);
}
