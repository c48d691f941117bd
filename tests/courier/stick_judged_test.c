/* What was judged is known, the oldest give way, and all can be forgotten. */
#include "courier/stick_judged.h"

#include <string.h>

#include "tests/base/unit.h"

static void fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 7, len);
}

static const uint8_t *name_of(uint32_t n)
{
    static uint8_t name[ENVELOPE_NAME_SIZE];
    memset(name, 0, sizeof name);
    memcpy(name, &n, sizeof n);
    return name;
}

static void test_the_oldest_give_way(void **state)
{
    const struct random random = {.fill = fill};
    struct stick_judged j;
    (void)state;
    stick_judged_init(&j, &random);
    assert_false(stick_judged_has(&j, name_of(0))); /* also what an empty slot holds */
    for (uint32_t n = 0; n < STICK_JUDGED_MAX + 10; n++) {
        stick_judged_add(&j, name_of(n));
        stick_judged_add(&j, name_of(n)); /* once is enough */
        assert_true(stick_judged_has(&j, name_of(n)));
    }
    assert_int_equal(j.names.count, STICK_JUDGED_MAX);
    assert_false(stick_judged_has(&j, name_of(9)));
    assert_true(stick_judged_has(&j, name_of(10)));
    stick_judged_forget(&j);
    assert_int_equal(j.names.count, 0);
    assert_false(stick_judged_has(&j, name_of(10)));
    stick_judged_add(&j, name_of(10));
    assert_true(stick_judged_has(&j, name_of(10)));
    stick_judged_clear(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_the_oldest_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
