/*
 * The table of settings: each one's default is a value that it takes, and its bounds hold.
 * settings_test.c has the values as files and options bring them.
 */
#include "apps/settings/settings_row.h"

#include <string.h>

#include "tests/base/unit.h"

static const struct settings_row *named(const char *name)
{
    const struct settings_row *row = NULL;
    for (size_t i = 0; (row = settings_row_at(i)) != NULL && strcmp(row->name, name) != 0; i++) {
    }
    return row;
}

static void defaults_are_values(void **state)
{
    struct settings s;
    const struct settings_row *row = NULL;
    (void)state;
    settings_init(&s);
    for (size_t i = 0; (row = settings_row_at(i)) != NULL; i++) {
        assert_ptr_equal(named(row->name), row); /* no name stands twice */
        if (row->initial != NULL) {
            assert_null(settings_row_take(&s, row, row->initial));
        }
        assert_non_null(settings_row_take(&s, row, "\x01"));
    }
}

static void bounds_hold(void **state)
{
    struct settings s;
    char bounds[SETTINGS_ROW_WANTED_MAX];
    (void)state;
    settings_init(&s);
    const struct settings_row *degree = named("min_degree");
    const struct settings_row *gossip = named("gossip_interval");
    assert_true(degree != NULL && gossip != NULL);
    assert_non_null(settings_row_take(&s, degree, "0"));
    assert_non_null(settings_row_take(&s, degree, "13"));
    assert_int_equal(s.min_degree, 4); /* what is refused changes nothing */
    assert_null(settings_row_take(&s, degree, "12"));
    assert_int_equal(s.min_degree, 12);
    assert_string_equal(settings_row_bounds(degree, "a number", bounds), "a number from 1 to 12");
    assert_string_equal(settings_row_bounds(gossip, "a time", bounds), "a time, from 50ms to 24h");
    assert_string_equal(settings_row_bounds(named("power"), "x", bounds), "x");
}

static void lists_grow(void **state)
{
    struct settings s;
    (void)state;
    settings_init(&s);
    const struct settings_row *seeds = named("seed_peers");
    assert_true(seeds != NULL && settings_row_is_list(seeds));
    for (size_t i = 0; i < SETTINGS_SEEDS_MAX; i++) {
        assert_null(settings_row_take(&s, seeds, "192.0.2.7:9000"));
    }
    assert_non_null(settings_row_take(&s, seeds, "192.0.2.7:9000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_values),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(lists_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
