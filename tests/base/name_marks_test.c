/*
 * The table of marks at its ends and at marks of each sort. That it is the whole of Unicode 15 is
 * what tests/house/name_marks_test.py holds.
 */
#include "base/name_marks.h"

#include "tests/base/unit.h"

static void marks_are_told_by_how_they_are_drawn(void **state)
{
    (void)state;
    static const uint32_t piled[] = {
        0x300,  0x36f,  0x488,  0x591,  0x64b,  0x730,  0x8ff,  0x94d,   0xe31,
        0xf92,  0x103a, 0x1dff, 0x20dd, 0x2de0, 0x302a, 0xa8e0, 0xfe20,  0x1d167,
        0x1e4ef /* new in Unicode 15 */};
    static const uint32_t spacing[] = {0x903, 0x93e, 0xbbe, 0x102b, 0x17b6, 0x302e, 0x1d172};
    for (size_t i = 0; i < sizeof piled / sizeof piled[0]; i++) {
        assert_int_equal(name_marks_of(piled[i]), NAME_MARKS_PILED);
    }
    for (size_t i = 0; i < sizeof spacing / sizeof spacing[0]; i++) {
        assert_int_equal(name_marks_of(spacing[i]), NAME_MARKS_SPACING);
    }
}

static void letters_are_no_marks(void **state)
{
    (void)state;
    static const uint32_t others[] = {0,      'a',    0x2ff,   0x370,   0x904,    0xe01,
                                      0x5c71, 0xac00, 0x1f600, 0xe01f0, 0x10ffff, UINT32_MAX};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(name_marks_of(others[i]), NAME_MARKS_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(marks_are_told_by_how_they_are_drawn),
        UNIT(letters_are_no_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
