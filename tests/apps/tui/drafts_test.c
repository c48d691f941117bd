/*
 * What was typed and not sent, chat by chat.
 */
#include "apps/tui/drafts.h"

#include "tests/base/unit.h"

#include "base/mem.h"

static void they_are_kept_by_chat(void **state)
{
    static const char chats[DRAFTS_MAX + 1];
    struct drafts d = {0};
    size_t live = mem_live_count();
    (void)state;
    drafts_put(&d, &chats[0], "hello");
    drafts_put(&d, &chats[1], "there");
    assert_string_equal(drafts_get(&d, &chats[0]), "hello");
    drafts_put(&d, &chats[0], "hello again");
    assert_string_equal(drafts_get(&d, &chats[0]), "hello again");
    drafts_put(&d, &chats[1], "");
    assert_string_equal(drafts_get(&d, &chats[1]), "");
    assert_int_equal(d.count, 1);
    for (size_t i = 1; i <= DRAFTS_MAX; i++) {
        drafts_put(&d, &chats[i], "more");
    }
    assert_int_equal(d.count, DRAFTS_MAX);
    assert_string_equal(drafts_get(&d, &chats[0]), ""); /* the oldest went */
    drafts_clear(&d);
    assert_int_equal(mem_live_count(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(they_are_kept_by_chat)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
