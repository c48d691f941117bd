/*
 * The gate before the inviter's machine against one who hammers, many who hammer, and clocks.
 */
#include "members/pairing_gate.h"

#include "tests/base/unit.h"

#define SECOND 1000000000U

/* Source number `i`, as a prefix. */
static enum pairing_gate_verdict ask(struct pairing_gate *g, uint64_t now, unsigned i)
{
    const uint8_t source[PAIRING_GATE_SOURCE_SIZE] = {0x20, 1, (uint8_t)(i >> 8), (uint8_t)i};
    const enum pairing_gate_verdict verdict = pairing_gate_ask(g, now, source);
    pairing_gate_check(g);
    return verdict;
}

static bool is_known(const struct pairing_gate *g, unsigned i)
{
    for (size_t at = 0; at < g->count; at++) {
        if (g->sources[at].source[2] == i >> 8 && g->sources[at].source[3] == (i & 0xff)) {
            return true;
        }
    }
    return false;
}

static void one_source_has_its_allowance(void **state)
{
    (void)state;
    struct pairing_gate g;
    pairing_gate_init(&g);
    for (unsigned i = 0; i < PAIRING_GATE_SOURCE_BURST; i++) {
        assert_int_equal(ask(&g, 5, 1), PAIRING_GATE_PASS);
    }
    assert_int_equal(ask(&g, 5, 1), PAIRING_GATE_OFTEN);
    assert_int_equal(ask(&g, 4 * (uint64_t)SECOND, 1), PAIRING_GATE_OFTEN);
    assert_int_equal(ask(&g, 4 * (uint64_t)SECOND + 5, 1), PAIRING_GATE_PASS);
    assert_int_equal(ask(&g, 4 * (uint64_t)SECOND + 5, 1), PAIRING_GATE_OFTEN);
}

/* Whatever one source does, others find what they would find without it: new or known. */
static void one_source_starves_nobody(void **state)
{
    (void)state;
    struct pairing_gate g;
    unsigned taken = 0;
    pairing_gate_init(&g);
    for (uint64_t k = 0; k < 2400; k++) {
        const uint64_t now = k * SECOND / 4;
        taken += ask(&g, now, 66) == PAIRING_GATE_PASS ? 1 : 0;
        if (k % 20 == 19) { /* a friend, each 5 s */
            assert_int_equal(ask(&g, now, 1), PAIRING_GATE_PASS);
        }
    }
    assert_int_equal(taken, PAIRING_GATE_SOURCE_BURST + 149); /* of 600 s one each 4 s */
}

/* Thirty sources that hammer share what is not kept; a new one always passes. */
static void many_known_sources_leave_what_is_kept(void **state)
{
    (void)state;
    struct pairing_gate g;
    unsigned fresh = 0;
    pairing_gate_init(&g);
    for (uint64_t k = 0; k < 1200; k++) {
        const uint64_t now = k * SECOND;
        for (unsigned foe = 0; foe < 30; foe++) {
            (void)ask(&g, now, 1000 + foe);
        }
        if (k >= 60 && k % 40 == 0) { /* once they all are known */
            fresh++;
            assert_int_equal(ask(&g, now, fresh), PAIRING_GATE_PASS);
        }
    }
    assert_true(fresh > 25);
}

/* Nobody is remembered for having been refused: he is as new as before. */
static void refused_for_all_stays_new(void **state)
{
    (void)state;
    struct pairing_gate g;
    pairing_gate_init(&g);
    for (unsigned i = 0; i < PAIRING_GATE_BURST; i++) {
        assert_int_equal(ask(&g, 0, i), PAIRING_GATE_PASS);
    }
    assert_int_equal(ask(&g, 0, 99), PAIRING_GATE_FULL);
    assert_int_equal(ask(&g, 0, 3), PAIRING_GATE_FULL); /* known, and took nothing */
    assert_int_equal(g.count, PAIRING_GATE_BURST);
    assert_int_equal(ask(&g, SECOND, 3), PAIRING_GATE_FULL); /* below what is kept */
    assert_int_equal(ask(&g, SECOND, 99), PAIRING_GATE_PASS);
    for (unsigned i = 1; i < PAIRING_GATE_SOURCE_BURST; i++) {
        assert_int_equal(ask(&g, 20 * (uint64_t)SECOND, 3), PAIRING_GATE_PASS);
    }
}

/* The table is full: whoever was unseen for longest goes, and not one that comes in vain. */
static void the_one_unseen_for_longest_goes(void **state)
{
    (void)state;
    struct pairing_gate g;
    uint64_t now = 0;
    pairing_gate_init(&g);
    for (unsigned i = 0; i < PAIRING_GATE_SOURCES_MAX; i++) {
        assert_int_equal(ask(&g, now, i), PAIRING_GATE_PASS);
        now += SECOND;
    }
    while (ask(&g, now, 0) == PAIRING_GATE_PASS) {
    }
    assert_int_equal(ask(&g, now, 500), PAIRING_GATE_PASS);
    assert_int_equal(ask(&g, now, 0), PAIRING_GATE_OFTEN);
    assert_true(is_known(&g, 0) && is_known(&g, 2) && is_known(&g, 500));
    assert_false(is_known(&g, 1));
    assert_int_equal(g.count, PAIRING_GATE_SOURCES_MAX);
    for (unsigned i = 501; i < 501 + PAIRING_GATE_SOURCES_MAX; i++) {
        now += SECOND;
        assert_int_equal(ask(&g, now, i), PAIRING_GATE_PASS);
    }
    assert_false(is_known(&g, 0) || is_known(&g, 500));
    assert_int_equal(ask(&g, now + SECOND, 0), PAIRING_GATE_PASS);
    assert_true(is_known(&g, 0) && is_known(&g, 564));
}

static void a_clock_that_jumps_gives_nothing(void **state)
{
    (void)state;
    struct pairing_gate g;
    pairing_gate_init(&g);
    for (unsigned i = 0; i < PAIRING_GATE_SOURCE_BURST; i++) {
        assert_int_equal(ask(&g, 100 * (uint64_t)SECOND, 1), PAIRING_GATE_PASS);
    }
    assert_int_equal(ask(&g, 0, 1), PAIRING_GATE_OFTEN);
    assert_int_equal(ask(&g, UINT64_MAX, 1), PAIRING_GATE_PASS);
    assert_int_equal(ask(&g, 0, 2), PAIRING_GATE_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(one_source_has_its_allowance),          UNIT(one_source_starves_nobody),
        UNIT(many_known_sources_leave_what_is_kept), UNIT(refused_for_all_stays_new),
        UNIT(the_one_unseen_for_longest_goes),       UNIT(a_clock_that_jumps_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
