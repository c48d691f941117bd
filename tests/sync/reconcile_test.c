/* Reconciliation: any two sets become equal, in few rounds and bytes; liars cost themselves. */
#include "sync/reconcile.h"

#include "base/varint.h"
#include "tests/base/unit.h"

struct side {
    struct reconcile_set set;
    struct reconcile machine;
    bool is_done;
};

struct talk {
    struct random_seeded seeded;
    struct random random;
    struct side sides[2];
    unsigned frames;
    size_t bytes;
    size_t sent; /* items */
};

static void talk_init(struct talk *t, uint64_t seed)
{
    *t = (struct talk){0};
    random_seeded_init(&t->seeded, seed);
    t->random = random_from_seeded(&t->seeded);
    for (int i = 0; i < 2; i++) {
        reconcile_set_init(&t->sides[i].set);
        reconcile_init(&t->sides[i].machine, &t->sides[i].set, &t->random);
    }
}

static void talk_clear(struct talk *t)
{
    for (int i = 0; i < 2; i++) {
        reconcile_clear(&t->sides[i].machine);
        reconcile_set_clear(&t->sides[i].set);
    }
}

static struct reconcile_set_item draw(struct talk *t, uint64_t keys)
{
    struct reconcile_set_item item = {.key = random_below(&t->random, keys)};

    random_fill(&t->random, item.id, sizeof item.id);
    return item;
}

static void add(struct side *side, const struct reconcile_set_item *item)
{
    assert_int_equal(reconcile_set_add(&side->set, item), 0);
}

static void add_to_both(struct talk *t, size_t count, uint64_t keys)
{
    for (size_t i = 0; i < count; i++) {
        const struct reconcile_set_item item = draw(t, keys);

        add(&t->sides[0], &item);
        add(&t->sides[1], &item);
    }
}

static void add_to_one(struct talk *t, int side, size_t count, uint64_t keys)
{
    for (size_t i = 0; i < count; i++) {
        const struct reconcile_set_item item = draw(t, keys);

        add(&t->sides[side], &item);
    }
}

/* Let both talk until nothing is left to say. Values arrive at once; nothing is sent twice. */
static void talk(struct talk *t)
{
    bool is_quiet = false;

    reconcile_begin(&t->sides[0].machine);
    while (!is_quiet) {
        is_quiet = true;
        for (int i = 0; i < 2; i++) {
            struct side *self = &t->sides[i];
            struct side *peer = &t->sides[1 - i];
            struct reconcile_event event;

            while (reconcile_next_event(&self->machine, &event)) {
                is_quiet = false;
                if (event.kind == RECONCILE_SEND) {
                    t->sent++;
                    add(peer, &event.item); /* the peer lacks it indeed */
                } else if (event.kind == RECONCILE_FRAME) {
                    t->frames++;
                    t->bytes += event.frame.len;
                    assert_int_equal(reconcile_feed(&peer->machine, event.frame), 0);
                } else {
                    assert_false(self->is_done);
                    self->is_done = true;
                }
            }
        }
    }
    assert_true(t->sides[0].is_done && t->sides[1].is_done);
}

static void assert_sets_equal(struct talk *t)
{
    struct reconcile_set_sum a;
    struct reconcile_set_sum b;

    reconcile_set_check(&t->sides[0].set);
    reconcile_set_sum_of(&t->sides[0].set, 0, t->sides[0].set.size, &a);
    reconcile_set_sum_of(&t->sides[1].set, 0, t->sides[1].set.size, &b);
    assert_memory_equal(&a, &b, sizeof a);
}

static void run(uint64_t seed, size_t common, size_t left, size_t right, uint64_t keys)
{
    struct talk t;

    talk_init(&t, seed);
    add_to_both(&t, common, keys);
    add_to_one(&t, 0, left, keys);
    add_to_one(&t, 1, right, keys);
    talk(&t);
    assert_sets_equal(&t);
    assert_int_equal(t.sides[0].set.size, common + left + right);
    assert_int_equal(t.sent, left + right);
    talk_clear(&t);
}

static void test_sets_become_equal(void **state)
{
    (void)state;
    run(1, 0, 0, 0, 100);
    run(2, 0, 1, 0, 100);
    run(3, 0, 0, 1, 100);
    run(4, 0, 5000, 0, 100); /* everything */
    run(5, 0, 0, 5000, 100);
    run(6, 0, 3000, 3000, 100000); /* nothing in common */
    run(7, 5000, 1, 1, 1);
    run(8, 5000, 300, 200, UINT64_C(1) << 62);
    for (uint64_t seed = 10; seed < 100; seed++) {
        run(seed, (size_t)(seed * seed % 700), (size_t)(seed * 7 % 90), (size_t)(seed * 3 % 41),
            1 + seed * 11 % 300);
    }
}

/* Goals of docs/protocol/repair.md, at a tenth of its size. */
static void test_one_missing_of_many(void **state)
{
    (void)state;
    struct talk t;

    talk_init(&t, 7);
    add_to_both(&t, 100000, 50000);
    add_to_one(&t, 0, 1, 50000);
    talk(&t);
    assert_sets_equal(&t);
    printf("one of 100,000: %u frames, %zu bytes\n", t.frames, t.bytes);
    assert_true(t.frames <= 7 && t.bytes <= 2500);
    talk_clear(&t);
}

static void test_nothing_missing_costs_one_answer(void **state)
{
    (void)state;
    struct talk t;

    talk_init(&t, 8);
    add_to_both(&t, 10000, 5000);
    talk(&t);
    assert_int_equal(t.frames, 2);
    assert_true(t.bytes < 400);
    talk_clear(&t);
}

/* A frame has an end: what does not fit is said in the next ones. */
static void test_more_than_a_frame(void **state)
{
    (void)state;
    struct talk t;

    talk_init(&t, 9);
    add_to_both(&t, 60000, 30000);
    add_to_one(&t, 0, 6000, 30000);
    add_to_one(&t, 1, 6000, 30000);
    talk(&t);
    printf("12,000 of 72,000: %u frames, %zu bytes\n", t.frames, t.bytes);
    assert_sets_equal(&t);
    assert_int_equal(t.sent, 12000);
    talk_clear(&t);
}

static void test_sets_grow_meanwhile(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 30; seed++) {
        struct talk t;
        struct reconcile_event event;
        int side = 0;

        talk_init(&t, seed);
        add_to_both(&t, 3000, 100);
        add_to_one(&t, 0, 50, 100);
        add_to_one(&t, 1, 50, 100);
        reconcile_begin(&t.sides[0].machine);
        for (int silent = 0; silent < 2; side = 1 - side) {
            silent++;
            while (reconcile_next_event(&t.sides[side].machine, &event)) {
                silent = 0;
                if (event.kind == RECONCILE_SEND) {
                    (void)!reconcile_set_add(&t.sides[1 - side].set, &event.item);
                } else if (event.kind == RECONCILE_FRAME) {
                    assert_int_equal(reconcile_feed(&t.sides[1 - side].machine, event.frame), 0);
                }
                if (random_below(&t.random, 10) == 0) {
                    add_to_one(&t, (int)random_below(&t.random, 2), 1, 100);
                }
            }
        }
        for (int i = 0; i < 2; i++) { /* the next talk finds what came too late for this one */
            reconcile_clear(&t.sides[i].machine);
            reconcile_init(&t.sides[i].machine, &t.sides[i].set, &t.random);
        }
        talk(&t);
        assert_sets_equal(&t);
        talk_clear(&t);
    }
}

/* ---- Hostile ---- */

/* All ranges in one frame of many lists that name what nobody has, and wants of everything. */
static void test_a_liar_costs_himself(void **state)
{
    (void)state;
    struct talk t;
    uint8_t frame[RECONCILE_MSG_SIZE_MAX];
    uint8_t hints[RECONCILE_MSG_LIST_MAX * RECONCILE_MSG_HINT_SIZE];
    struct reconcile_event event;
    struct reconcile *m = &t.sides[1].machine;
    struct wr w;
    size_t told = 0;

    talk_init(&t, 10);
    add_to_one(&t, 1, 20000, 1000);
    memset(hints, 0xee, sizeof hints);
    wr_init(&w, span_mut_of(frame, sizeof frame));
    reconcile_msg_begin(&w);
    struct reconcile_msg_range range = {.hints = span_of(hints, sizeof hints)};

    for (uint64_t key = 1; w.len + 2 * RECONCILE_MSG_RANGE_MAX < sizeof frame; key++) {
        range.upper.key = 30 * key;
        range.mode = key % 2 == 0 ? RECONCILE_MSG_LIST : RECONCILE_MSG_WANT;
        reconcile_msg_write(&w, &range);
        range.lower = range.upper;
    }
    range.upper = (struct reconcile_set_bound){.is_end = true};
    range.mode = RECONCILE_MSG_WANT;
    reconcile_msg_write(&w, &range);
    assert_int_equal(wr_finish(&w), 0);

    assert_int_equal(reconcile_feed(m, wr_span(&w)), 0);
    assert_int_equal(reconcile_feed(m, wr_span(&w)), WAVU_ERR_AGAIN);
    while (reconcile_next_event(m, &event)) {
        told += event.kind == RECONCILE_SEND;
    }
    assert_int_equal(told, 0); /* wide lists are split, wide wants mean nothing */

    unsigned rounds = 1;

    while (reconcile_feed(m, wr_span(&w)) == 0) {
        rounds++;
        while (reconcile_next_event(m, &event)) {
        }
    }
    assert_int_equal(rounds, RECONCILE_BARREN_MAX);
    assert_int_equal(reconcile_feed(m, wr_span(&w)), WAVU_ERR_LIMIT);
    talk_clear(&t);
}

static void test_bad_frames_change_nothing(void **state)
{
    (void)state;
    struct talk t;
    struct reconcile_event event;
    uint8_t frame[1024];
    size_t len = 0;

    talk_init(&t, 11);
    add_to_both(&t, 1000, 100);
    add_to_one(&t, 0, 1, 100);
    reconcile_begin(&t.sides[0].machine);
    assert_true(reconcile_next_event(&t.sides[0].machine, &event));
    assert_true(event.frame.len <= sizeof frame);
    len = event.frame.len;
    memcpy(frame, event.frame.ptr, len);
    assert_int_equal(reconcile_feed(&t.sides[1].machine, span_of(frame, len - 1)), WAVU_ERR_PROTO);
    frame[0] = 9;
    assert_int_equal(reconcile_feed(&t.sides[1].machine, span_of(frame, len)),
                     WAVU_ERR_UNSUPPORTED);
    assert_false(reconcile_next_event(&t.sides[1].machine, &event));
    frame[0] = RECONCILE_MSG_FORMAT;
    assert_int_equal(reconcile_feed(&t.sides[1].machine, span_of(frame, len)), 0);
    talk_clear(&t);
}

static void test_after_the_end(void **state)
{
    (void)state;
    struct talk t;

    talk_init(&t, 12);
    talk(&t);
    assert_int_equal(reconcile_feed(&t.sides[0].machine, UNIT_TEXT("\x01")), WAVU_ERR_CLOSED);
    talk_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_sets_become_equal),
        UNIT(test_one_missing_of_many),
        UNIT(test_nothing_missing_costs_one_answer),
        UNIT(test_more_than_a_frame),
        UNIT(test_sets_grow_meanwhile),
        UNIT(test_a_liar_costs_himself),
        UNIT(test_bad_frames_change_nothing),
        UNIT(test_after_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
