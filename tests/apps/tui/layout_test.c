/*
 * Where things stand, from no screen at all to a large one: nothing overlaps, nothing sticks out.
 */
#include "apps/tui/layout.h"

#include "tests/base/unit.h"

static void common_screens(void **state)
{
    (void)state;
    struct layout l = layout_make(24, 80, 1, true);
    assert_true(l.fits);
    assert_int_equal(l.sidebar.columns, 20);
    assert_int_equal(l.view.column, 21);
    assert_int_equal(l.view.rows, 21);
    assert_int_equal(l.view.columns, 59);
    l = layout_make(60, 200, 3, true);
    assert_int_equal(l.sidebar.columns, 30);
    assert_int_equal(l.view.rows, 55);
    l = layout_make(24, 80, 1, false);
    assert_int_equal(l.view.columns, 80);
    assert_true(layout_make(5, 20, 1, true).fits);
    assert_int_equal(layout_make(5, 20, 9, true).view.rows, 2);
    assert_false(layout_make(4, 80, 1, true).fits);
    assert_false(layout_make(24, 19, 1, true).fits);
}

static void all_rows_are_used_once(void **state)
{
    (void)state;
    for (size_t rows = 0; rows < 70; rows++) {
        for (size_t columns = 0; columns < 210; columns += 3) {
            struct layout l = layout_make(rows, columns, rows % 11, columns % 2 == 0);
            struct layout_box p = layout_popup(rows, columns, columns % 40, rows * 2);
            assert_true(p.row + p.rows <= rows && p.column + p.columns <= columns);
            if (!l.fits) {
                continue;
            }
            assert_int_equal(l.title.rows + l.view.rows + l.input.rows + l.status.rows, rows);
            assert_true(l.view.rows >= 1 && l.view.columns >= LAYOUT_COLUMNS_MIN);
            assert_int_equal(l.view.column + l.view.columns, columns);
            assert_int_equal(l.input.row, l.view.row + l.view.rows);
            assert_int_equal(l.status.row, l.input.row + l.input.rows);
            assert_true(l.sidebar.columns < l.view.column || l.sidebar.columns == 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_screens),
        cmocka_unit_test(all_rows_are_used_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
