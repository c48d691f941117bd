/* Content that comes behind its entry (histories become equal by it: history_test.c). */
#include "chat/history_fill.h"

#include "tests/chat/history_shown.h"

/* What was deleted, or has ended, before its content came does not come back. */
static void test_what_ended_does_not_come_back(void **state)
{
    struct history_world w;
    struct buf stored;
    const struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("for a minute")};

    (void)state;
    history_world_init(&w, 2, 21, STORE_DISK);
    buf_init(&stored, STORE_VALUE_MAX);
    size_t one = history_world_text(&w, 0, "deleted");
    size_t gone = history_world_about(&w, 0, one, CONTENT_DELETE, "");
    size_t two = history_world_write(&w, 0, w.group, &c, 60);
    size_t three = history_world_text(&w, 0, "stays");
    for (size_t k = 0; k < w.said_count; k++) {
        assert_int_equal(
            k == gone ? history_world_feed(&w, 1, k) : history_world_feed_bare(&w, 1, k), 0);
    }
    HISTORY_WORLD_SHOWS(&w, 1, three, "-");
    history_world_commit(&w, 1);
    history_world_restart(&w, 1, true);
    w.now += 61 * HISTORY_WORLD_SECOND;
    for (size_t k = 0; k < w.said_count; k++) {
        assert_int_equal(history_world_feed(&w, 1, k), k == gone ? WAVU_ERR_EXISTS : 0);
        assert_int_equal(history_world_feed(&w, 1, k), WAVU_ERR_EXISTS);
    }
    HISTORY_WORLD_SHOWS(&w, 1, one, "-");
    HISTORY_WORLD_SHOWS(&w, 1, two, "-");
    HISTORY_WORLD_SHOWS(&w, 1, three, "stays");
    assert_int_equal(history_view_stored(history_world_room(&w, 1), w.said[three].id, &stored), 0);
    assert_true(span_is_equal(buf_span(&stored), span_of(w.said[three].bytes, w.said[three].len)));
    assert_int_equal(history_world_room(&w, 1)->unread, 1);
    buf_clear(&stored);
    history_world_clear(&w);
}

/* Rooms, edits, reactions and words of what came later. */
static void test_it_counts_as_if_it_had_come(void **state)
{
    struct history_world w;
    const struct content made = {
        .kind = CONTENT_ROOM, .has_room = true, .room = {.name = UNIT_TEXT("kitchen")}};
    uint64_t numbers[4];
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = 4};

    (void)state;
    history_world_init(&w, 2, 22, STORE_DISK);
    size_t one = history_world_text(&w, 0, "first words");
    size_t edit = history_world_about(&w, 0, one, CONTENT_EDIT, "other words");
    size_t room = history_world_write(&w, 0, w.group, &made, 0);
    for (size_t k = 0; k < w.said_count; k++) {
        assert_int_equal(history_world_feed_bare(&w, 1, k), 0);
        assert_int_equal(history_world_feed_bare(&w, 1, k), WAVU_ERR_EXISTS);
    }
    assert_null(history_room(&w.nodes[1].history, w.said[room].id));
    assert_int_equal(w.nodes[1].counts[HISTORY_PLACED], 3);
    assert_int_equal(history_world_room(&w, 1)->unread, 0);
    assert_int_equal(history_world_feed(&w, 1, edit), 0);
    HISTORY_WORLD_SHOWS(&w, 1, one, "-");
    assert_int_equal(history_world_feed(&w, 1, one), 0);
    HISTORY_WORLD_SHOWS(&w, 1, one, "other words");
    assert_int_equal(history_world_feed(&w, 1, room), 0);
    assert_non_null(history_room(&w.nodes[1].history, w.said[room].id));
    assert_int_equal(w.nodes[1].counts[HISTORY_ROOM], 1);
    assert_int_equal(history_world_room(&w, 1)->unread, 2);
    /* Power goes before the commit: it comes again. */
    history_world_restart(&w, 1, true);
    for (size_t k = 0; k < w.said_count; k++) {
        int rc = history_world_feed(&w, 1, k);
        assert_true(rc == 0 || rc == WAVU_ERR_EXISTS);
    }
    HISTORY_WORLD_SHOWS(&w, 1, one, "other words");
    assert_int_equal(history_view_find(history_world_room(&w, 1), UNIT_TEXT("other"), &page), 0);
    assert_int_equal(page.count, 1);
    history_world_clear(&w);
}

/* Repair brings what an edit and a reaction say, of other devices, before the message that they are
 * about is here; that they wait for it outlives a restart. */
static void test_what_came_before_its_message_waits_for_it(void **state)
{
    struct history_world w;
    static struct history_message m;

    (void)state;
    for (int reaction = 0; reaction < 2; reaction++) {
        history_world_init(&w, 3, 23, STORE_DISK);
        memcpy(w.nodes[2].member, w.nodes[0].member, 32); /* two devices of one person */
        size_t one = history_world_text(&w, 0, "first words");
        size_t two =
            history_world_about(&w, 2, one, reaction != 0 ? CONTENT_REACTION : CONTENT_EDIT,
                                reaction != 0 ? "!" : "other words");
        assert_int_equal(history_world_feed_bare(&w, 1, two), 0);
        history_world_commit(&w, 1);
        assert_int_equal(history_world_feed(&w, 1, two), 0);
        history_world_commit(&w, 1);
        history_world_restart(&w, 1, true);
        assert_int_equal(history_world_feed(&w, 1, one), 0);
        assert_int_equal(history_view_get(history_world_room(&w, 1), w.said[one].id, &m), 0);
        assert_int_equal(m.fold.reaction_count, reaction);
        history_view_clear(&m);
        HISTORY_WORLD_SHOWS(&w, 1, one, reaction != 0 ? "first words" : "other words");
        uint64_t number = 0;
        struct store_page page = {.before = UINT64_MAX, .numbers = &number, .max = 1};
        assert_int_equal(history_view_find(history_world_room(&w, 1), UNIT_TEXT("first"), &page),
                         0);
        assert_int_equal(page.count, reaction); /* an edited text is found by its new words */
        history_world_clear(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_ended_does_not_come_back),
        UNIT(test_it_counts_as_if_it_had_come),
        UNIT(test_what_came_before_its_message_waits_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
