/*
 * The bar as text; without a terminal there is none.
 */
#include "apps/sim/progress.h"

#include "tests/base/unit.h"

static void the_bar_fills(void **state)
{
    char line[PROGRESS_LINE_MAX];
    (void)state;
    assert_string_equal(progress_text("of it", 0, 100, line),
                        "[..............................]   0 % of it");
    assert_string_equal(progress_text("of it", 50, 100, line),
                        "[###############...............]  50 % of it");
    assert_string_equal(progress_text("of it", 7, 7, line),
                        "[##############################] 100 % of it");
    assert_string_equal(progress_text("of it", 9, 7, line),
                        "[##############################] 100 % of it");
    assert_string_equal(progress_text("of it", 0, 0, line),
                        "[..............................]   0 % of it");
}

static void nothing_is_drawn_into_a_pipe(void **state)
{
    struct progress p;
    (void)state;
    p.is_shown = false;
    p.is_drawn = false;
    p.due_ms = 0;
    progress_show(&p, "of it", 1, 2);
    assert_false(p.is_drawn);
    progress_hide(&p);
    assert_true(progress_now_ms() > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(the_bar_fills), UNIT(nothing_is_drawn_into_a_pipe)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
