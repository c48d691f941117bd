/* Histories: what is fed stands there, in the one order, also after restarts; limits. */
#include "tests/chat/history_world.h"

static void test_what_is_said_stands_there(void **state)
{
    struct history_world w;
    uint8_t a[32];
    uint8_t b[32];

    (void)state;
    history_world_init(&w, 2, 1, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "habari");
    assert_int_equal(history_world_feed(&w, 1, one), 0);
    size_t two = history_world_text(&w, 1, "nzuri");
    assert_int_equal(history_world_feed(&w, 0, two), 0);
    assert_int_equal(history_world_feed(&w, 0, two), WAVU_ERR_EXISTS);
    HISTORY_WORLD_SHOWS(&w, 0, one, "habari");
    HISTORY_WORLD_SHOWS(&w, 0, two, "nzuri");
    assert_int_equal(history_world_view(&w, 0, a), 2);
    assert_int_equal(history_world_view(&w, 1, b), 2);
    assert_memory_equal(a, b, 32);
    assert_int_equal(history_world_room(&w, 0)->unread, 1);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_is_said_stands_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
