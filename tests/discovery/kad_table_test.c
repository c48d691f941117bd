/* The routing table: who comes in, who stays, who is nearest (against a plain sort), what is due.
 */
#include "discovery/kad_table.h"

#include <stdlib.h>

#include "tests/base/unit.h"

#define SECOND UINT64_C(1000000000)
#define MANY 5000

static struct random_seeded seeded;
static struct random draw;
static struct kad_table table;
static struct kad_table *const t = &table;

static struct peerid peer(uint32_t number)
{
    struct peerid id = {.len = 38};
    memcpy(id.bytes, &number, sizeof number);
    return id;
}

static struct kad_key key(uint32_t number)
{
    struct kad_key k;
    struct peerid id = peer(number);
    kad_key_of(&k, peerid_span(&id));
    return k;
}

static void begin(unsigned k)
{
    struct peerid self = peer(UINT32_MAX);
    random_seeded_init(&seeded, 11);
    draw = random_from_seeded(&seeded);
    kad_table_init(t, &self, k, &draw, 0);
}

static enum kad_table_put put(uint32_t number, uint64_t group, uint64_t now)
{
    struct peerid id = peer(number);
    enum kad_table_put out = kad_table_put(t, &id, group, now);
    kad_table_check(t);
    return out;
}

/* Numbers of peers that share exactly `prefix` leading bits with us. */
static size_t peers_at(unsigned prefix, uint32_t *out, size_t max)
{
    size_t count = 0;
    for (uint32_t i = 0; count < max; i++) {
        struct kad_key k = key(i);
        if (kad_key_prefix(&t->self, &k) == prefix) {
            out[count++] = i;
        }
    }
    return count;
}

static void fill(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        (void)put(i, 0, i);
    }
}

static void we_are_not_in_it_and_nobody_twice(void **state)
{
    (void)state;
    begin(4);
    assert_int_equal(put(UINT32_MAX, 0, 1), KAD_TABLE_REFUSED);
    assert_int_equal(put(1, 0, 1), KAD_TABLE_ADDED);
    assert_int_equal(put(1, 0, 2), KAD_TABLE_KNOWN);
    assert_int_equal(t->count, 1);
    kad_table_clear(t);
}

static void it_stays_small_and_knows_all_who_are_nearest_to_us(void **state)
{
    (void)state;
    begin(8);
    fill(MANY);
    assert_in_range(t->count, 8 * 8, 8 * 16);
    assert_in_range(t->bucket_count, 8, 14);
    /* The 8 nearest of all are there. */
    const struct kad_entry *near[8];
    assert_int_equal(kad_table_nearest(t, &t->self, NULL, near, 8), 8);
    for (uint32_t i = 0; i < MANY; i++) {
        struct kad_key k = key(i);
        struct peerid id = peer(i);
        if (kad_key_compare(&t->self, &k, &near[7]->key) <= 0) {
            const struct kad_entry *e = kad_table_get(t, &id);
            assert_non_null(e);
            assert_false(e->is_waiting);
        }
    }
    kad_table_clear(t);
}

static struct kad_key sorted_by;

static int by_distance(const void *a, const void *b)
{
    const struct kad_key *x = a;
    const struct kad_key *y = b;
    return kad_key_compare(&sorted_by, x, y);
}

static void the_nearest_are_those_of_a_plain_sort(void **state)
{
    (void)state;
    static struct kad_key all[MANY];
    begin(6);
    fill(MANY);
    for (uint32_t target = 10000; target < 10050; target++) {
        const struct kad_entry *near[20];
        size_t count = 0;
        sorted_by = key(target);
        for (uint32_t i = 0; i < MANY; i++) {
            struct peerid id = peer(i);
            const struct kad_entry *e = kad_table_get(t, &id);
            if (e != NULL && !e->is_waiting && i != 7) {
                all[count++] = e->key;
            }
        }
        qsort(all, count, sizeof all[0], by_distance);
        struct peerid skip = peer(7);
        assert_int_equal(kad_table_nearest(t, &sorted_by, &skip, near, 20), 20);
        for (size_t i = 0; i < 20; i++) {
            assert_memory_equal(&near[i]->key, &all[i], sizeof all[i]);
        }
    }
    kad_table_clear(t);
}

static void who_answers_is_not_driven_out(void **state)
{
    (void)state;
    uint32_t far[40];
    begin(4);
    fill(200);
    peers_at(0, far, 40);
    const struct kad_entry *before[4];
    struct kad_key opposite = key(far[39]);
    (void)kad_table_nearest(t, &opposite, NULL, before, 4);
    struct peerid ids[4] = {before[0]->id, before[1]->id, before[2]->id, before[3]->id};
    for (uint32_t i = 1000; i < 4000; i++) {
        (void)put(i, 0, i);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_non_null(kad_table_get(t, &ids[i]));
        assert_false(kad_table_get(t, &ids[i])->is_waiting);
    }
    kad_table_clear(t);
}

/* The bucket of prefix 0, full of the first four of `far`; the fifth and sixth wait. */
static void full_bucket(uint32_t far[6])
{
    begin(4);
    fill(0);
    for (uint32_t i = 0; i < 300; i++) {
        struct kad_key k = key(i + 100000);
        if (kad_key_prefix(&t->self, &k) > 0) {
            (void)put(i + 100000, 0, 1);
        }
    }
    peers_at(0, far, 6);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(put(far[i], 0, 10 + i), KAD_TABLE_ADDED);
    }
    assert_int_equal(put(far[4], 0, 20), KAD_TABLE_WAITING);
    assert_int_equal(put(far[5], 0, 21), KAD_TABLE_WAITING);
}

static void who_fails_twice_goes_and_who_was_seen_last_comes(void **state)
{
    (void)state;
    uint32_t far[6];
    full_bucket(far);
    struct peerid first = peer(far[0]);
    struct peerid fourth = peer(far[4]);
    struct peerid fifth = peer(far[5]);
    /* It answered after those that wait did: one failure is forgiven. */
    kad_table_answered(t, &first, 30);
    kad_table_failed(t, &first, 31);
    assert_int_equal(kad_table_get(t, &first)->failures, 1);
    kad_table_answered(t, &first, 32);
    assert_int_equal(kad_table_get(t, &first)->failures, 0);
    kad_table_failed(t, &first, 33);
    kad_table_failed(t, &first, 34);
    kad_table_check(t);
    assert_null(kad_table_get(t, &first));
    assert_false(kad_table_get(t, &fifth)->is_waiting);
    assert_true(kad_table_get(t, &fourth)->is_waiting);
    kad_table_clear(t);
}

static void one_failure_is_enough_where_somebody_fresher_waits(void **state)
{
    (void)state;
    uint32_t far[6];
    full_bucket(far);
    struct peerid first = peer(far[0]);
    kad_table_failed(t, &first, 31);
    kad_table_check(t);
    assert_null(kad_table_get(t, &first));
    kad_table_clear(t);
}

static void those_in_doubt_stand_last_and_are_asked_again(void **state)
{
    (void)state;
    begin(4);
    fill(5);
    struct kad_key target = key(3);
    struct peerid id = peer(3);
    const struct kad_entry *near[5];
    kad_table_failed(t, &id, 100 * SECOND);
    assert_int_equal(kad_table_nearest(t, &target, NULL, near, 5), 5);
    assert_true(peerid_is_equal(&near[4]->id, &id));
    assert_int_equal(kad_table_nearest(t, &target, NULL, near, 3), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_false(peerid_is_equal(&near[i]->id, &id));
    }
    assert_null(kad_table_doubted(t, 129 * SECOND));
    assert_true(peerid_is_equal(&kad_table_doubted(t, 130 * SECOND)->id, &id));
    kad_table_clear(t);
}

/* Two of a neighbourhood stay; the newest of those above that gives way, and only to another
 * neighbourhood. */
static void one_group_does_not_keep_a_full_bucket(void **state)
{
    (void)state;
    uint32_t far[8];
    begin(4);
    for (uint32_t i = 0; i < 300; i++) {
        struct kad_key k = key(i + 100000);
        if (kad_key_prefix(&t->self, &k) > 0) {
            (void)put(i + 100000, 0, 1);
        }
    }
    peers_at(0, far, 8);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(put(far[i], 7, 10 + i), KAD_TABLE_ADDED);
    }
    assert_int_equal(put(far[4], 7, 20), KAD_TABLE_WAITING);
    assert_int_equal(put(far[5], 8, 21), KAD_TABLE_ADDED);
    struct peerid newest = peer(far[3]);
    assert_null(kad_table_get(t, &newest));
    assert_int_equal(put(far[6], 9, 22), KAD_TABLE_ADDED);
    assert_int_equal(put(far[7], 10, 23), KAD_TABLE_WAITING); /* two of group 7 are its share */
    struct peerid oldest = peer(far[0]);
    assert_non_null(kad_table_get(t, &oldest));
    kad_table_clear(t);
}

static void each_bucket_is_looked_up_when_nobody_did(void **state)
{
    (void)state;
    begin(4);
    fill(500);
    struct kad_key target;
    assert_int_equal(kad_table_deadline(t), KAD_TABLE_REFRESH_NS);
    assert_false(kad_table_refresh(t, KAD_TABLE_REFRESH_NS - 1, &target));
    struct kad_key far = key(0);
    kad_table_touch(t, &far, 5);
    unsigned touched = kad_key_prefix(&t->self, &far);
    unsigned count = 0;
    bool had_self = false;
    while (kad_table_refresh(t, KAD_TABLE_REFRESH_NS, &target)) {
        unsigned prefix = kad_key_prefix(&t->self, &target);
        assert_int_not_equal(prefix, touched);
        had_self = had_self || prefix == KAD_KEY_BITS;
        count++;
    }
    assert_true(had_self);
    assert_int_equal(count, t->bucket_count - 1);
    assert_int_equal(kad_table_deadline(t), KAD_TABLE_REFRESH_NS + 5);
    kad_table_clear(t);
}

static void it_holds_together_whatever_happens(void **state)
{
    (void)state;
    begin(3);
    for (uint32_t step = 0; step < 20000; step++) {
        struct peerid id = peer((uint32_t)random_below(&draw, 400));
        switch (random_below(&draw, 6)) {
        case 0:
            kad_table_failed(t, &id, step);
            break;
        case 1:
            kad_table_answered(t, &id, step);
            break;
        case 2:
            kad_table_remove(t, &id);
            break;
        default:
            (void)kad_table_put(t, &id, random_below(&draw, 4), step);
            break;
        }
        if (step % 16 == 0) {
            kad_table_check(t);
        }
    }
    kad_table_clear(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(we_are_not_in_it_and_nobody_twice),
        UNIT(it_stays_small_and_knows_all_who_are_nearest_to_us),
        UNIT(the_nearest_are_those_of_a_plain_sort),
        UNIT(who_answers_is_not_driven_out),
        UNIT(who_fails_twice_goes_and_who_was_seen_last_comes),
        UNIT(one_failure_is_enough_where_somebody_fresher_waits),
        UNIT(those_in_doubt_stand_last_and_are_asked_again),
        UNIT(one_group_does_not_keep_a_full_bucket),
        UNIT(each_bucket_is_looked_up_when_nobody_did),
        UNIT(it_holds_together_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
