/* The queue of moments: order, growth around the seam, replacement within an instant. */
#include "sim/sim_marks.h"

#include "tests/base/unit.h"

static void push(struct sim_marks *m, uint64_t at_ns)
{
    sim_marks_push(m, &(struct sim_mark){.at_ns = at_ns, .end = at_ns * 10, .edge = at_ns * 5});
}

static void test_first_in_first_out_while_it_grows(void **state)
{
    struct sim_marks m = {0};
    uint64_t in = 1;
    uint64_t out = 1;

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        for (unsigned i = 0; i < round % 7; i++) {
            push(&m, in++);
        }
        for (unsigned i = 0; i < 3 && out < in; i++) {
            assert_int_equal(sim_marks_first(&m)->at_ns, out);
            assert_int_equal(sim_marks_first(&m)->end, out * 10);
            sim_marks_pop(&m);
            out++;
        }
    }
    assert_int_equal(m.count, in - out);
    sim_marks_clear(&m);
    assert_null(sim_marks_first(&m));
}

static void test_one_mark_an_instant(void **state)
{
    struct sim_marks m = {0};

    (void)state;
    push(&m, 5);
    sim_marks_push(&m, &(struct sim_mark){.at_ns = 5, .end = 99, .edge = 98});
    push(&m, 6);
    assert_int_equal(m.count, 2);
    assert_int_equal(sim_marks_first(&m)->end, 99);
    sim_marks_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_first_in_first_out_while_it_grows),
        UNIT(test_one_mark_an_instant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
