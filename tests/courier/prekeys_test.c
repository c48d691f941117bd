/*
 * Prekeys over virtual weeks: rotated, kept for 30 days, wiped; stored and loaded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "courier/prekeys.h"
#include "crypto/secret.h"
#include "tests/support/ratchet_pair.h"
#include "wavu/err.h"

#define DAY UINT64_C(86400000000000)

static struct random_seeded seeded;
static struct random source;
static struct ed25519_pair device;
static struct prekeys_config config;

static int setup(void **state)
{
    (void)state;
    random_seeded_init(&seeded, 3);
    source = random_from_seeded(&seeded);
    ed25519_make(&device, &source);
    config = (struct prekeys_config){
        .network = {9}, .device = &device, .signer = &signer_ed25519, .random = &source};
    return 0;
}

static void test_bundle_and_card_are_signed(void **state)
{
    (void)state;
    struct prekeys p;
    struct prekeys_msg m;
    prekeys_init(&p, &config, 0);
    prekeys_check(&p);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, prekeys_bundle(&p)), 0);
    assert_int_equal(signer_ed25519.verify(NULL, m.signature.ptr, device.public_key,
                                           "wavu session bundle 1", m.body),
                     0);
    assert_memory_equal(m.agreement.ptr, p.agreement.public_key, 32);
    const struct prekeys_key *key = prekeys_find(&p, m.number);
    assert_non_null(key);
    assert_memory_equal(m.x25519.ptr, key->x25519.public_key, 32);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_CARD, prekeys_card(&p)), 0);
    assert_int_equal(signer_ed25519.verify(NULL, m.signature.ptr, device.public_key,
                                           "wavu session card 1", m.body),
                     0);
    assert_memory_equal(m.network.ptr, config.network, 32);
    prekeys_clear(&p);
}

static void test_rotates_weekly_and_keeps_30_days(void **state)
{
    (void)state;
    struct prekeys p;
    static const struct prekeys_key nothing;
    size_t most = 0;
    prekeys_init(&p, &config, 0);
    const uint32_t first = p.keys[0].number;
    struct prekeys_key old = p.keys[0];
    for (uint64_t day = 1; day <= 100; day++) {
        const bool is_changed = prekeys_tick(&p, day * DAY);
        prekeys_check(&p);
        /* Made, or wiped: both are to be stored. */
        assert_int_equal(is_changed, day % 7 == 0 || (day >= 37 && day % 7 == 2));
        /* The first was replaced on day 7. */
        assert_int_equal(prekeys_find(&p, first) != NULL, day < 37);
        assert_int_equal(ratchet_pair_holds(&p, sizeof(p), old.seed, sizeof(old.seed)), day < 37);
        assert_int_equal(ratchet_pair_holds(&p, sizeof(p), old.x25519.secret, 32), day < 37);
        most = p.count > most ? p.count : most;
        for (size_t i = p.count; i < PREKEYS_KEPT_MAX; i++) { /* nor copies of others */
            assert_memory_equal(&p.keys[i], &nothing, sizeof(nothing));
        }
    }
    assert_int_equal(most, 6);
    prekeys_clear(&p);
}

static void test_deadlines(void **state)
{
    (void)state;
    struct prekeys p;
    prekeys_init(&p, &config, 5);
    assert_true(prekeys_deadline(&p) == 5 + 7 * DAY);
    for (int i = 0; i < 40; i++) { /* each deadline has something to do, and moves on */
        const uint64_t at = prekeys_deadline(&p);
        assert_true(prekeys_tick(&p, at));
        assert_true(prekeys_deadline(&p) > at);
    }
    prekeys_clear(&p);
}

static void test_rotations_out_of_turn_are_bounded(void **state)
{
    (void)state;
    struct prekeys p;
    prekeys_init(&p, &config, 0);
    for (int i = 1; i < PREKEYS_KEPT_MAX; i++) {
        assert_int_equal(prekeys_rotate(&p, DAY), 0);
    }
    assert_int_equal(prekeys_rotate(&p, DAY), WAVU_ERR_LIMIT);
    assert_true(prekeys_tick(&p, 8 * DAY)); /* full: nobody's start is shut out for it */
    assert_int_equal(p.count, PREKEYS_KEPT_MAX);
    assert_true(prekeys_deadline(&p) == 31 * DAY);
    assert_true(prekeys_tick(&p, 31 * DAY));
    prekeys_check(&p);
    prekeys_clear(&p);
}

static uint8_t *saved(const struct prekeys *p, uint64_t now, size_t *len)
{
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    prekeys_save(&w, p, now);
    *len = w.len;
    uint8_t *bytes = mem_new(*len);
    wr_init(&w, span_mut_of(bytes, *len));
    prekeys_save(&w, p, now);
    assert_int_equal(wr_finish(&w), 0);
    return bytes;
}

/* The owner stores when a tick says so, and the machine starts anew each day: what ended is gone
 * from the disk the same day. */
static void test_prekeys_end_though_the_machine_starts_anew(void **state)
{
    (void)state;
    struct prekeys p;
    struct prekeys q;
    size_t len;
    uint64_t at = 0;
    prekeys_init(&p, &config, 0);
    const struct prekeys_key old = p.keys[0];
    uint8_t *disk = saved(&p, 0, &len);
    for (uint64_t hour = 1; hour < 60 * 24; hour++) {
        const uint64_t now = hour * (DAY / 24);
        if (prekeys_tick(&p, now)) {
            mem_free(disk);
            disk = saved(&p, now, &len);
            at = now;
        }
        if (hour % 24 == 23) {
            prekeys_clear(&p);
            assert_int_equal(prekeys_load(&p, &config, span_of(disk, len), now, now - at), 0);
        }
        assert_int_equal(prekeys_find(&p, old.number) != NULL, hour < 37 * 24);
        assert_int_equal(ratchet_pair_holds(disk, len, old.seed, sizeof(old.seed)), hour < 37 * 24);
    }
    assert_int_equal(prekeys_load(&q, &config, span_of(disk, len), at, 0), 0);
    assert_int_equal(q.count, p.count);
    prekeys_clear(&p);
    prekeys_clear(&q);
    mem_free(disk);
}

static void test_every_field_survives(void **state)
{
    (void)state;
    struct prekeys p;
    struct prekeys q;
    size_t len;
    prekeys_init(&p, &config, 100);
    for (uint64_t day = 1; day < 30; day++) {
        (void)prekeys_tick(&p, 100 + day * DAY);
    }
    uint8_t *bytes = saved(&p, 100 + 30 * DAY, &len);
    assert_int_equal(prekeys_load(&q, &config, span_of(bytes, len), 7, 0), 0);
    prekeys_check(&q);
    assert_true(prekeys_deadline(&q) == 7 + prekeys_deadline(&p) - 100 - 30 * DAY);
    assert_int_equal(q.count, p.count);
    assert_int_equal(q.next, p.next);
    assert_memory_equal(&q.agreement, &p.agreement, sizeof(q.agreement));
    assert_true(span_is_equal(prekeys_bundle(&q), prekeys_bundle(&p)));
    assert_true(span_is_equal(prekeys_card(&q), prekeys_card(&p)));
    for (size_t i = 0; i < p.count; i++) {
        q.keys[i].ends = p.keys[i].ends; /* relative, seen above */
        assert_memory_equal(&q.keys[i], &p.keys[i], sizeof(q.keys[i]));
    }
    prekeys_clear(&q);
    /* A month that the device was off counts when it is believed. */
    assert_int_equal(prekeys_load(&q, &config, span_of(bytes, len), 7, 31 * DAY), 0);
    assert_true(prekeys_tick(&q, 7));
    assert_int_equal(q.count, 2);
    prekeys_clear(&p);
    prekeys_clear(&q);
    mem_free(bytes);
}

static void test_bad_states_are_refused(void **state)
{
    (void)state;
    struct prekeys p;
    struct prekeys q;
    size_t len;
    prekeys_init(&p, &config, 0);
    assert_true(prekeys_tick(&p, 7 * DAY));
    uint8_t *bytes = saved(&p, 0, &len);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(prekeys_load(&q, &config, span_of(bytes, cut), 0, 0), WAVU_ERR_CORRUPT);
    }
    for (size_t i = 0; i < len * 8; i += 3) {
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        const int rc = prekeys_load(&q, &config, span_of(bytes, len), 0, 0);
        assert_true(rc == 0 || rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED);
        if (rc == 0) {
            prekeys_check(&q);
            prekeys_clear(&q);
        }
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    static const uint8_t empty_card[] = {5 << 3 | 2, 0};
    assert_int_equal(prekeys_load(&q, &config, span_of(empty_card, sizeof(empty_card)), 0, 0),
                     WAVU_ERR_CORRUPT);
    config.network[0] ^= 1;
    assert_int_equal(prekeys_load(&q, &config, span_of(bytes, len), 0, 0), WAVU_ERR_CORRUPT);
    config.network[0] ^= 1;
    bytes[1] = 2;
    assert_int_equal(prekeys_load(&q, &config, span_of(bytes, len), 0, 0), WAVU_ERR_UNSUPPORTED);
    prekeys_clear(&p);
    mem_free(bytes);
}

/* Store, then publish: a crash anywhere between leaves what is outside and what is here in step. */
static void test_a_crash_between_making_and_publishing(void **state)
{
    (void)state;
    struct prekeys p;
    struct prekeys_msg m;
    uint8_t outside[PREKEYS_MSG_BUNDLE_MAX];
    size_t len;
    prekeys_init(&p, &config, 0);
    size_t outside_len = prekeys_bundle(&p).len;
    memcpy(outside, prekeys_bundle(&p).ptr, outside_len);
    uint8_t *before = saved(&p, 0, &len);
    const size_t before_len = len;
    assert_true(prekeys_tick(&p, 7 * DAY));
    uint8_t *after = saved(&p, 7 * DAY, &len);
    uint8_t made[PREKEYS_MSG_BUNDLE_MAX];
    const size_t made_len = prekeys_bundle(&p).len;
    memcpy(made, prekeys_bundle(&p).ptr, made_len);
    prekeys_clear(&p); /* stored, not published */
    assert_int_equal(prekeys_load(&p, &config, span_of(after, len), 0, 0), 0);
    assert_true(span_is_equal(prekeys_bundle(&p), span_of(made, made_len)));
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, span_of(outside, outside_len)), 0);
    assert_non_null(prekeys_find(&p, m.number)); /* what is outside can be read, */
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, prekeys_bundle(&p)), 0);
    assert_non_null(prekeys_find(&p, m.number)); /* and what will be, now that it is published */
    assert_int_equal(PREKEYS_MET_NOTHING, prekeys_met(&p, span_of(outside, outside_len), 0));
    assert_int_equal(PREKEYS_MET_NOTHING, prekeys_met(&p, span_of(made, made_len), 0));
    prekeys_clear(&p);
    /* The wrong way round: published, not stored. Nobody reads what is outside, and the next one
     * has its number, until it is met. */
    assert_int_equal(prekeys_load(&p, &config, span_of(before, before_len), 0, 0), 0);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, span_of(made, made_len)), 0);
    const uint32_t lost = m.number;
    assert_null(prekeys_find(&p, lost));
    assert_int_equal(p.next, lost);
    assert_int_equal(PREKEYS_MET_OUTDONE, prekeys_met(&p, span_of(made, made_len), 0));
    prekeys_check(&p);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, prekeys_bundle(&p)), 0);
    assert_int_equal(m.number, lost + 1);
    assert_non_null(prekeys_find(&p, m.number));
    assert_int_equal(PREKEYS_MET_NOTHING,
                     prekeys_met(&p, span_of(made, made_len), 0)); /* once is enough */
    prekeys_clear(&p);
    mem_free(before);
    mem_free(after);
}

/* Also when the number is given again already, and when no place is free; nobody else's counts. */
static void test_what_we_did_not_make_is_outdone(void **state)
{
    (void)state;
    struct prekeys p;
    struct prekeys twin;
    struct prekeys other;
    struct ed25519_pair stranger;
    size_t len;
    prekeys_init(&p, &config, 0);
    uint8_t *bytes = saved(&p, 0, &len);
    assert_int_equal(prekeys_load(&twin, &config, span_of(bytes, len), 0, 0), 0);
    mem_free(bytes);
    for (int i = 1; i < PREKEYS_KEPT_MAX; i++) {
        assert_int_equal(prekeys_rotate(&p, 0), 0);
        assert_int_equal(prekeys_rotate(&twin, 0), 0);
    }
    const uint32_t oldest = p.keys[0].number;
    assert_int_equal(p.next, twin.next); /* two bundles of one number */
    assert_int_equal(PREKEYS_MET_OUTDONE, prekeys_met(&p, prekeys_bundle(&twin), 0));
    prekeys_check(&p);
    assert_int_equal(p.count, PREKEYS_KEPT_MAX);
    assert_null(prekeys_find(&p, oldest));
    assert_int_equal(p.next, twin.next + 1);

    ed25519_make(&stranger, &source);
    struct prekeys_config theirs = config;
    theirs.device = &stranger;
    prekeys_init(&other, &theirs, 0);
    other.keys[0].number = p.next;
    other.next = p.next;
    assert_int_equal(prekeys_rotate(&other, 0), 0);
    assert_int_equal(PREKEYS_MET_NOTHING, prekeys_met(&p, prekeys_bundle(&other), 0));
    assert_int_equal(PREKEYS_MET_NOTHING,
                     prekeys_met(&p, span_slice(prekeys_bundle(&twin), 1, 900), 0));
    prekeys_clear(&p);
    prekeys_clear(&twin);
    prekeys_clear(&other);
}

static void reload(struct prekeys *p, uint64_t now)
{
    size_t len;
    uint8_t *bytes = saved(p, now, &len);
    prekeys_clear(p);
    assert_int_equal(prekeys_load(p, &config, span_of(bytes, len), now, 0), 0);
    mem_free(bytes);
}

/* Two devices live from copies of one disk and see each other's bundles: they do not outdo each
 * other for ever, turning all places over; both soon hear that there are two of them. */
static void test_two_copies_of_one_disk(void **state)
{
    (void)state;
    struct prekeys p;
    struct prekeys twin;
    size_t len;
    int made = 0;
    int told = 0;
    prekeys_init(&p, &config, 0);
    const uint32_t first = p.keys[0].number;
    uint8_t *bytes = saved(&p, 0, &len);
    assert_int_equal(prekeys_load(&twin, &config, span_of(bytes, len), 0, 0), 0);
    mem_free(bytes);
    assert_int_equal(prekeys_rotate(&twin, 0), 0);
    for (uint64_t hour = 0; hour < 96; hour++) {
        const uint64_t now = hour * (DAY / 24);
        for (int who = 0; who < 2; who++) {
            struct prekeys *a = who == 0 ? &p : &twin;
            const enum prekeys_verdict verdict =
                prekeys_met(a, prekeys_bundle(who == 0 ? &twin : &p), now);
            made += verdict == PREKEYS_MET_OUTDONE ? 1 : 0;
            told += verdict == PREKEYS_MET_TWIN ? 1 : 0;
            prekeys_check(a);
            assert_true(hour >= 24 || made <= 2); /* once a day each */
            assert_true(verdict != PREKEYS_MET_NOTHING || a->outdone > 0);
            reload(a, now); /* a restart gives nothing back */
        }
    }
    assert_true(made <= 2 * PREKEYS_OUTDO_MAX);
    assert_true(told > 0);
    assert_non_null(prekeys_find(&p, first)); /* nobody's start was shut out for it */
    assert_non_null(prekeys_find(&twin, first));
    prekeys_clear(&p);
    prekeys_clear(&twin);
}

/* One that went back alone is shown what it lost, the lowest first: its first answer is above all,
 * when its clock is right. */
static void test_lost_bundles_served_in_order(void **state)
{
    (void)state;
    struct prekeys p;
    struct prekeys ahead;
    size_t len;
    uint8_t lost[5][PREKEYS_MSG_BUNDLE_MAX];
    size_t lost_len[5];
    config.day = 600;
    prekeys_init(&p, &config, 0);
    uint8_t *bytes = saved(&p, 0, &len);
    assert_int_equal(prekeys_load(&ahead, &config, span_of(bytes, len), 0, 0), 0);
    for (size_t i = 0; i < 5; i++) {
        assert_true(prekeys_tick(&ahead, (i + 1) * 7 * DAY));
        lost_len[i] = prekeys_bundle(&ahead).len;
        memcpy(lost[i], prekeys_bundle(&ahead).ptr, lost_len[i]);
    }
    config.day = 640;
    prekeys_clear(&p);
    assert_int_equal(prekeys_load(&p, &config, span_of(bytes, len), 0, 0), 0);
    mem_free(bytes);
    int made = 0;
    for (size_t i = 0; i < 5; i++) {
        const enum prekeys_verdict verdict = prekeys_met(&p, span_of(lost[i], lost_len[i]), 0);
        made += verdict == PREKEYS_MET_OUTDONE ? 1 : 0;
        assert_true(verdict == PREKEYS_MET_OUTDONE || verdict == PREKEYS_MET_NOTHING);
    }
    assert_int_equal(made, 1);
    assert_int_equal(p.keys[1].number, 640 * PREKEYS_NUMBERS_PER_DAY + 1);
    prekeys_clear(&p);
    prekeys_clear(&ahead);
}

/* Somebody else who has our key gave a number above which nothing is: that is not hidden. */
static void test_a_number_near_the_end_is_a_twin(void **state)
{
    (void)state;
    static const uint32_t high[] = {PREKEYS_NUMBER_END, UINT32_MAX - 2, UINT32_MAX - 1};
    for (size_t i = 0; i < 3; i++) {
        struct prekeys p;
        struct prekeys twin;
        prekeys_init(&p, &config, 0);
        prekeys_init(&twin, &config, 0);
        twin.next = high[i];
        assert_int_equal(prekeys_rotate(&twin, 0), 0);
        assert_int_equal(prekeys_met(&p, prekeys_bundle(&twin), 0), PREKEYS_MET_TWIN);
        assert_int_equal(p.count, 1);
        prekeys_clear(&p);
        prekeys_clear(&twin);
    }
}

/* Made anew, they are above those of before; a clock that is far off leaves room above. */
static void test_numbers_begin_at_the_date(void **state)
{
    (void)state;
    struct prekeys p;
    config.day = 0;
    prekeys_init(&p, &config, 0);
    assert_int_equal(p.keys[0].number, 1);
    prekeys_clear(&p);
    config.day = 690;
    prekeys_init(&p, &config, 0);
    for (int week = 1; week < 60; week++) {
        assert_true(prekeys_tick(&p, (uint64_t)week * 7 * DAY));
    }
    const uint32_t last = p.keys[p.count - 1].number;
    prekeys_clear(&p);
    config.day += 59 * 7;
    prekeys_init(&p, &config, 0);
    assert_true(p.keys[0].number > last);
    prekeys_clear(&p);
    config.day = UINT32_MAX;
    prekeys_init(&p, &config, 0);
    assert_true(p.keys[0].number < UINT32_C(1) << 31);
    prekeys_clear(&p);
}

/* So high that nothing is above: it is refused, not wrapped. */
static void test_numbers_never_begin_anew(void **state)
{
    (void)state;
    struct prekeys p;
    prekeys_init(&p, &config, 0);
    assert_true(p.keys[0].number < UINT32_C(1) << 31);
    p.next = UINT32_MAX - 1;
    assert_int_equal(prekeys_rotate(&p, 0), 0);
    prekeys_check(&p);
    assert_int_equal(prekeys_rotate(&p, 0), WAVU_ERR_LIMIT);
    prekeys_check(&p);
    prekeys_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_bundle_and_card_are_signed, setup),
        cmocka_unit_test_setup(test_rotates_weekly_and_keeps_30_days, setup),
        cmocka_unit_test_setup(test_deadlines, setup),
        cmocka_unit_test_setup(test_rotations_out_of_turn_are_bounded, setup),
        cmocka_unit_test_setup(test_every_field_survives, setup),
        cmocka_unit_test_setup(test_prekeys_end_though_the_machine_starts_anew, setup),
        cmocka_unit_test_setup(test_bad_states_are_refused, setup),
        cmocka_unit_test_setup(test_a_crash_between_making_and_publishing, setup),
        cmocka_unit_test_setup(test_what_we_did_not_make_is_outdone, setup),
        cmocka_unit_test_setup(test_two_copies_of_one_disk, setup),
        cmocka_unit_test_setup(test_lost_bundles_served_in_order, setup),
        cmocka_unit_test_setup(test_a_number_near_the_end_is_a_twin, setup),
        cmocka_unit_test_setup(test_numbers_begin_at_the_date, setup),
        cmocka_unit_test_setup(test_numbers_never_begin_anew, setup),
    };
    return cmocka_run_group_tests_name("courier/prekeys", tests, NULL, NULL);
}
