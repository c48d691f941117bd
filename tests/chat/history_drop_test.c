/* What is let go of: content and words are gone, the chain stands, nothing comes back. */
#include "chat/history_drop.h"

#include "chat/history_about.h"
#include "tests/chat/history_shown.h"

static size_t found(struct history_world *w, size_t i, const char *word)
{
    uint64_t numbers[8];
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = 8};

    assert_int_equal(history_view_find(history_world_room(w, i), span_from_text(word), &page), 0);
    return page.count;
}

static void test_edits_and_deletions(void **state)
{
    struct history_world w;
    struct history_message m;
    struct history_row row;
    struct buf bytes;

    (void)state;
    history_world_init(&w, 2, 1, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "first");
    size_t edit = history_world_about(&w, 0, one, CONTENT_EDIT, "second");
    history_world_about(&w, 0, one, CONTENT_EDIT, "third");
    history_world_share(&w);
    HISTORY_WORLD_SHOWS(&w, 1, one, "third");
    assert_int_equal(found(&w, 1, "first") + found(&w, 1, "second"), 0);
    assert_int_equal(found(&w, 1, "third"), 1);
    assert_int_equal(history_view_get(history_world_room(&w, 1), w.said[one].id, &m), 0);
    assert_true(m.fold.is_edited && !m.fold.is_deleted);
    history_view_clear(&m);
    assert_int_equal(history_world_room(&w, 1)->unread, 1); /* edits are no messages */

    history_world_about(&w, 0, one, CONTENT_DELETE, "");
    history_world_share(&w);
    HISTORY_WORLD_SHOWS(&w, 1, one, "-");
    assert_int_equal(found(&w, 1, "third"), 0);
    assert_int_equal(history_world_room(&w, 1)->unread, 0);
    /* The edits are gone with it; the chain stays. */
    struct history_place place;

    buf_init(&bytes, STORE_VALUE_MAX);
    assert_int_equal(history_row_get_place(w.nodes[1].disk.store, history_world_room(&w, 1)->number,
                                           w.said[edit].id, &place),
                     0);
    assert_int_equal(history_row_get_entry(w.nodes[1].disk.store, history_world_room(&w, 1)->number,
                                           place.number, &row, &bytes),
                     0);
    assert_int_equal(row.flags, HISTORY_ROW_GONE | HISTORY_ROW_ENDED);
    buf_clear(&bytes);
    /* An edit after the deletion brings nothing back. */
    history_world_about(&w, 0, one, CONTENT_EDIT, "again");
    history_world_share(&w);
    HISTORY_WORLD_SHOWS(&w, 1, one, "-");
    assert_int_equal(found(&w, 1, "again"), 0);
    history_world_clear(&w);
}

/* Once and for good, and not to be read any more. */
static void test_what_ends(void **state)
{
    struct history_world w;
    struct history_place place;

    (void)state;
    history_world_init(&w, 2, 8, STORE_MEMORY);
    const size_t one = history_world_text(&w, 0, "first");

    history_world_about(&w, 0, one, CONTENT_EDIT, "second");
    history_world_share(&w);
    struct history_room *room = history_world_room(&w, 1);

    HISTORY_WORLD_SHOWS(&w, 1, one, "second");
    assert_int_equal(room->unread, 1);
    assert_int_equal(history_find(room, w.said[one].id, &place), 0);
    assert_int_equal(history_drop_end(room, place.number), 0);
    HISTORY_WORLD_SHOWS(&w, 1, one, "-");
    assert_int_equal(found(&w, 1, "first") + found(&w, 1, "second"), 0);
    assert_int_equal(room->unread, 0);
    assert_int_equal(history_drop_end(room, place.number), 0); /* once more is nothing */
    assert_int_equal(room->unread, 0);
    assert_int_equal(history_drop_end(room, room->last + 1), WAVU_ERR_NOT_FOUND);
    history_check(&w.nodes[1].history);
    history_world_clear(&w);
}

/* A deleted edit counts no more: the one before it shows, and is found. */
static void test_a_deleted_edit_counts_no_more(void **state)
{
    struct history_world w;

    (void)state;
    for (int is_first = 0; is_first < 2; is_first++) {
        history_world_init(&w, 2, 9, STORE_MEMORY);
        const size_t one = history_world_text(&w, 0, "first");
        const size_t second = history_world_about(&w, 0, one, CONTENT_EDIT, "second");
        const size_t third = history_world_about(&w, 0, one, CONTENT_EDIT, "third");

        history_world_share(&w);
        history_world_about(&w, 0, is_first ? second : third, CONTENT_DELETE, "");
        history_world_share(&w);
        for (size_t i = 0; i < 2; i++) {
            HISTORY_WORLD_SHOWS(&w, i, one, is_first ? "third" : "second");
            assert_int_equal(found(&w, i, "third"), is_first);
            assert_int_equal(found(&w, i, "second"), !is_first);
        }
        history_world_about(&w, 0, is_first ? third : second, CONTENT_DELETE, "");
        history_world_share(&w);
        for (size_t i = 0; i < 2; i++) {
            HISTORY_WORLD_SHOWS(&w, i, one, "first");
            assert_int_equal(found(&w, i, "first"), 1);
            assert_int_equal(found(&w, i, "second") + found(&w, i, "third"), 0);
        }
        history_world_clear(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_edits_and_deletions),
        UNIT(test_what_ends),
        UNIT(test_a_deleted_edit_counts_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
