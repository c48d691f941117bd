/*
 * Tests of scenarios as data: bounds, words, and draws that nothing else shifts.
 */
#include "swarm/scenario.h"

#include <string.h>

#include "tests/base/unit.h"

static struct scenario_fault loss(uint32_t id)
{
    return (struct scenario_fault){.id = id,
                                   .kind = SCENARIO_LOSS,
                                   .at_ms = 10000,
                                   .end_ms = 20000,
                                   .node = SCENARIO_EVERYWHERE,
                                   .share = {1, 1},
                                   .rate = {1, 10}};
}

static void test_a_quiet_scenario_is_valid(void **state)
{
    struct scenario s;
    char why[100] = "x";
    (void)state;
    scenario_init(&s);
    assert_int_equal(scenario_check(&s, why, sizeof why), 0);
    assert_string_equal(why, "");
    assert_int_equal(scenario_end_ms(&s), 100000);
}

static void test_every_wrong_number_has_its_sentence(void **state)
{
    struct scenario good;
    struct scenario s;
    char why[100];
    (void)state;
    scenario_init(&good);
#define REFUSED(change, sentence)                                                                  \
    do {                                                                                           \
        s = good;                                                                                  \
        change;                                                                                    \
        assert_int_equal(scenario_check(&s, why, sizeof why), WAVU_ERR_INVALID);                   \
        assert_string_equal(why, sentence);                                                        \
    } while (false)
    REFUSED(s.nodes = 1, "nodes are 2 to 200000");
    REFUSED((s.nodes = 201, s.cable = SCENARIO_WHOLE), "whole nodes are 2 to 200");
    REFUSED(s.delay_min_ms = 51, "delays are 1 to 60000 ms, the least first");
    REFUSED(s.join_ms = 0, "times are at most 30 days, and joining takes some");
    REFUSED(s.senders = 51, "there are more senders than nodes");
    REFUSED(s.say_bytes = 15, "broadcasts need an interval, and 16 to 32768 bytes");
    REFUSED((s.min_degree = 6, s.max_degree = 5), "min_degree is above max_degree");
    REFUSED(s.min_degree = 7, "min_degree is above max_degree");
    REFUSED(s.max_degree = 13, "max_degree is at most 12");
    good.fault_count = 2;
    good.faults[0] = loss(7);
    good.faults[1] = loss(8);
    assert_int_equal(scenario_check(&good, why, sizeof why), 0);
    REFUSED(s.faults[1].id = 7, "fault 7: another has the same id");
    REFUSED(s.faults[1].end_ms = 40001,
            "fault 8: it is outside the time for faults (join and fault)");
    REFUSED(s.faults[1].end_ms = 10000, "fault 8: it ends before it begins");
    REFUSED(s.faults[1].share.part = 2, "fault 8: its share is no ratio of at most 1");
    REFUSED(s.faults[1].node = s.nodes, "fault 8: its node is not there: they are numbered from 0");
    REFUSED(s.faults[1].rate.whole = 0, "fault 8: its rate is missing");
    REFUSED(s.faults[1].rate.part = s.faults[1].rate.whole + 1,
            "fault 8: its rate is no ratio of at most 1");
    REFUSED(s.faults[1].kind = SCENARIO_SLOW, "fault 8: its amount is missing");
    REFUSED(s.faults[1].kind = SCENARIO_TORN, "fault 8: bare overlays have no disk");
#undef REFUSED
}

static void test_a_refusal_fits_its_room(void **state)
{
    struct scenario s;
    char why[8];
    (void)state;
    scenario_init(&s);
    s.nodes = 1;
    memset(why, 'x', sizeof why);
    assert_int_equal(scenario_check(&s, why, sizeof why), WAVU_ERR_INVALID);
    assert_non_null(memchr(why, '\0', sizeof why));
}

static void test_who_is_hit_depends_on_nothing_else(void **state)
{
    struct scenario_fault f = loss(7);
    size_t hit = 0;
    size_t same = 0;
    (void)state;
    f.share = (struct scenario_ratio){1, 4};
    for (uint32_t i = 0; i < 10000; i++) {
        hit += scenario_hits(&f, 1, i);
        same += scenario_hits(&f, 1, i) == scenario_hits(&f, 2, i);
    }
    assert_in_range(hit, 2400, 2600);
    assert_in_range(same, 5000, 7500); /* 10/16 of two independent draws agree */
    f.node = 3;
    assert_true(scenario_hits(&f, 1, 3));
    assert_false(scenario_hits(&f, 1, 4));
}

static void test_what_is_too_old_is_not_owed(void **state)
{
    struct scenario s;
    (void)state;
    scenario_init(&s);
    s.join_ms = 10000;
    s.fault_ms = 300000;
    assert_false(scenario_is_owed(&s, 69999));
    assert_true(scenario_is_owed(&s, 70000));
    assert_true(scenario_is_owed(&s, 400000));
    s.fault_count = 1;
    s.faults[0] = loss(1);
    s.faults[0].kind = SCENARIO_SKEW;
    s.faults[0].at_ms = 200000;
    s.faults[0].amount = 130001;
    assert_false(scenario_is_owed(&s, 200000)); /* 110 s, and the jump */
    assert_true(scenario_is_owed(&s, 200001));
}

static void test_all_kinds_have_words(void **state)
{
    (void)state;
    for (int i = 0; i < SCENARIO_FAULT_KINDS; i++) {
        assert_non_null(scenario_fault_word((enum scenario_fault_kind)i));
    }
    assert_null(scenario_fault_word(SCENARIO_FAULT_KINDS));
    assert_string_equal(scenario_fault_word(SCENARIO_FLOOD), "flood");
    assert_string_equal(scenario_fault_word(SCENARIO_NAT), "nat");
    assert_string_equal(scenario_cable_word(SCENARIO_WHOLE), "whole");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_quiet_scenario_is_valid),
        cmocka_unit_test(test_every_wrong_number_has_its_sentence),
        cmocka_unit_test(test_a_refusal_fits_its_room),
        cmocka_unit_test(test_who_is_hit_depends_on_nothing_else),
        cmocka_unit_test(test_what_is_too_old_is_not_owed),
        cmocka_unit_test(test_all_kinds_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
