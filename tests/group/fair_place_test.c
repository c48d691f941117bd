/* Who gives a place to whom. */
#include "group/fair_place.h"

#include "tests/base/unit.h"

static void who_has_most_gives(void **state)
{
    (void)state;
    struct fair_place places[] = {{.owner = {1}}, {.owner = {2}}, {.owner = {1}},
                                  {.owner = {1}}, {.owner = {2}}, {.owner = {3}}};
    static const uint8_t first[FAIR_PLACE_SIZE] = {1};
    static const uint8_t second[FAIR_PLACE_SIZE] = {2};
    static const uint8_t other[FAIR_PLACE_SIZE] = {9};
    struct list all;
    list_init(&all);
    assert_null(fair_place_victim(&all, other));
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        list_push_back(&all, &places[i].link);
    }
    assert_ptr_equal(fair_place_victim(&all, other), &places[3]);
    assert_null(fair_place_victim(&all, first));
    assert_null(fair_place_victim(&all, second)); /* as many as the first then */
    list_remove(&places[3].link);
    assert_ptr_equal(fair_place_victim(&all, other), &places[4]);
    list_remove(&places[2].link);
    list_remove(&places[4].link);
    assert_null(fair_place_victim(&all, other)); /* one each */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_has_most_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
