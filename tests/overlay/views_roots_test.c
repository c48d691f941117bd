/*
 * Roots: those of one component agree, those of two do not, and what is not renewed dies.
 */
#include "tests/base/unit.h"

#include "overlay/views_roots.h"

#define S UINT64_C(1000000000)
#define NODES 40
#define LIFE (VIEWS_ROOTS_ROUNDS * 5 * S)

static struct views_roots nodes[NODES];

static void start(void)
{
    for (size_t i = 0; i < NODES; i++) {
        struct overlay_id id = {.bytes = {(uint8_t)(i + 1), 7}};
        views_roots_init(&nodes[i], &id, 1, 0);
    }
}

static void say(size_t from, size_t to, uint64_t now)
{
    struct views_msg m = {.kind = VIEWS_MSG_AUDIT};
    views_roots_put(&nodes[from], now, &m);
    views_roots_merge(&nodes[to], now, &m);
    views_roots_check(&nodes[to]);
}

/* Rings: one of all nodes, or one of the odd and one of the even ones. */
static void rounds(size_t count, bool is_split, uint64_t *now)
{
    size_t step = is_split ? 2 : 1;
    for (size_t r = 0; r < count; r++) {
        *now += 5 * S;
        for (size_t i = 0; i < NODES; i++) {
            views_roots_renew(&nodes[i], *now, LIFE);
            say(i, (i + step) % NODES, *now);
            say(i, (i + NODES - step) % NODES, *now);
        }
    }
}

/* A ring of the first `count` nodes. */
static void rounds_of(size_t count, size_t times, uint64_t *now)
{
    for (size_t r = 0; r < times; r++) {
        *now += 5 * S;
        for (size_t i = 0; i < count; i++) {
            views_roots_renew(&nodes[i], *now, LIFE);
            say(i, (i + 1) % count, *now);
            say(i, (i + count - 1) % count, *now);
        }
    }
}

static bool knows(size_t who, size_t whom)
{
    bool is_known = false;
    for (size_t i = 0; i < nodes[who].count; i++) {
        is_known = is_known || nodes[who].items[i].hash == nodes[whom].self;
    }
    return is_known;
}

static bool differ(size_t a, size_t b)
{
    struct views_msg m = {.kind = VIEWS_MSG_AUDIT};
    views_roots_put(&nodes[b], 1000 * LIFE, &m);
    return views_roots_differ(&nodes[a], &m);
}

static size_t differing(void)
{
    size_t n = 0;
    for (size_t a = 0; a < NODES; a++) {
        for (size_t b = 0; b < NODES; b++) {
            n += differ(a, b);
        }
    }
    return n;
}

static void one_component_agrees_and_two_do_not(void **state)
{
    (void)state;
    uint64_t now = S;
    start();
    rounds(60, false, &now);
    assert_int_equal(differing(), 0);
    rounds(100, true, &now);
    for (size_t a = 0; a < NODES; a++) {
        assert_false(differ(a, (a + 2) % NODES));
        assert_true(differ(a, (a + 1) % NODES));
    }
    rounds(60, false, &now);
    assert_int_equal(differing(), 0);
}

static void a_stranger_is_of_another_component_and_the_size_is_known_when_small(void **state)
{
    (void)state;
    start();
    assert_true(differ(0, 1));
    assert_int_equal(views_roots_estimate(&nodes[0]), 1);
    say(1, 0, 1);
    say(2, 0, 1);
    assert_int_equal(views_roots_estimate(&nodes[0]), 3);
    views_roots_renew(&nodes[0], LIFE + 2, LIFE);
    assert_int_equal(views_roots_estimate(&nodes[0]), 1); /* others died, oneself does not */
}

static void the_size_is_estimated(void **state)
{
    (void)state;
    uint64_t now = S;
    start();
    rounds(60, false, &now);
    uint64_t size = views_roots_estimate(&nodes[3]);
    assert_in_range(size, NODES / 3, NODES * 3);
}

static void nobody_renews_another_ones_root(void **state)
{
    (void)state;
    start();
    struct views_msg lie = {.kind = VIEWS_MSG_AUDIT, .root_count = 1};
    lie.roots[0] = (struct views_msg_root){.hash = nodes[0].self, .count = 1000000};
    views_roots_merge(&nodes[0], 1, &lie);
    assert_int_equal(nodes[0].items[0].count, 1);
}

/* The dead are told of by those who have not forgotten them yet: that shall not bring them back. */
static void the_dead_are_forgotten_by_all(void **state)
{
    (void)state;
    uint64_t now = S;
    start();
    rounds(60, false, &now);
    rounds_of(NODES / 2, 4 * VIEWS_ROOTS_ROUNDS, &now);
    for (size_t i = 0; i < NODES / 2; i++) {
        for (size_t dead = NODES / 2; dead < NODES; dead++) {
            assert_false(knows(i, dead));
        }
    }
}

static struct views_msg told_by(size_t who, uint64_t now, bool is_brief)
{
    struct views_msg m = {.kind = VIEWS_MSG_AUDIT};
    views_roots_put(&nodes[who], now, &m);
    if (is_brief) {
        views_roots_shorten(&m);
    }
    return m;
}

static void those_with_the_same_list_need_no_hashes(void **state)
{
    (void)state;
    uint64_t now = S;
    start();
    rounds(60, false, &now);
    views_roots_renew(&nodes[0], now, LIFE);
    struct views_msg whole = told_by(0, now, false);
    struct views_msg brief = told_by(0, now, true);
    assert_int_equal(views_roots_list(&nodes[0]), views_roots_list(&nodes[1]));
    assert_int_equal(views_roots_list_of(&whole), views_roots_list(&nodes[0]));
    assert_int_equal(views_roots_list_of(&brief), views_roots_list(&nodes[0]));
    assert_int_equal(brief.roots[0].hash, 0);
    assert_true(views_roots_complete(&nodes[1], &brief));
    assert_false(brief.is_brief);
    assert_memory_equal(brief.roots, whole.roots, sizeof whole.roots);
    assert_true(views_roots_complete(&nodes[2], &whole)); /* it is already */
    assert_memory_equal(brief.roots, whole.roots, sizeof whole.roots);
}

static void those_with_another_list_learn_nothing_without_hashes(void **state)
{
    (void)state;
    uint64_t now = S;
    start();
    rounds(60, false, &now);
    struct views_msg brief = told_by(0, now, true);
    struct views_msg before = brief;
    rounds(100, true, &now); /* two components */
    assert_int_not_equal(views_roots_list(&nodes[0]), views_roots_list(&nodes[1]));
    assert_false(views_roots_complete(&nodes[0], &brief)); /* its own old list */
    assert_memory_equal(&brief, &before, sizeof brief);
    brief = told_by(0, now, true);
    assert_false(views_roots_complete(&nodes[1], &brief));
    assert_true(views_roots_complete(&nodes[2], &brief));
    brief = told_by(0, now, true);
    brief.root_count--; /* a lie about how many they are */
    assert_false(views_roots_complete(&nodes[2], &brief));
}

/* Rings in which only those tell hashes whose lists are not the same: news travels as before. */
static void what_is_told_briefly_keeps_a_component_together_and_lets_the_dead_die(void **state)
{
    (void)state;
    uint64_t now = S;
    size_t short_ones = 0;
    start();
    rounds(60, false, &now);
    for (size_t r = 0; r < 4 * VIEWS_ROOTS_ROUNDS; r++) {
        now += 5 * S;
        for (size_t i = 0; i < NODES / 2; i++) {
            size_t next = (i + 1) % (NODES / 2);
            bool is_same = views_roots_list(&nodes[i]) == views_roots_list(&nodes[next]);
            struct views_msg m = told_by(i, now, is_same);
            assert_true(views_roots_complete(&nodes[next], &m));
            views_roots_merge(&nodes[next], now, &m);
            views_roots_renew(&nodes[next], now, LIFE);
            short_ones += is_same;
        }
    }
    assert_true(short_ones > NODES / 2 * 4 * VIEWS_ROOTS_ROUNDS * 8 / 10);
    for (size_t i = 0; i < NODES / 2; i++) {
        assert_false(differ(i, (i + 1) % (NODES / 2)));
        for (size_t dead = NODES / 2; dead < NODES; dead++) {
            assert_false(knows(i, dead));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(one_component_agrees_and_two_do_not),
        UNIT(a_stranger_is_of_another_component_and_the_size_is_known_when_small),
        UNIT(the_size_is_estimated),
        UNIT(the_dead_are_forgotten_by_all),
        UNIT(nobody_renews_another_ones_root),
        UNIT(those_with_the_same_list_need_no_hashes),
        UNIT(those_with_another_list_learn_nothing_without_hashes),
        UNIT(what_is_told_briefly_keeps_a_component_together_and_lets_the_dead_die),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
