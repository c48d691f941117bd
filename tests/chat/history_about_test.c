/* What is known about an entry: of whom it counts, and by what words it is found. */
#include "chat/history_about.h"

#include "tests/chat/history_shown.h"

static size_t found(struct history_world *w, size_t i, const char *word)
{
    uint64_t numbers[8];
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = 8};

    assert_int_equal(history_view_find(history_world_room(w, i), span_from_text(word), &page), 0);
    return page.count;
}

static void test_nobody_edits_for_others(void **state)
{
    struct history_world w;

    (void)state;
    history_world_init(&w, 2, 2, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "mine");
    history_world_share(&w);
    history_world_about(&w, 1, one, CONTENT_EDIT, "yours");
    history_world_about(&w, 1, one, CONTENT_DELETE, "");
    history_world_share(&w);
    for (size_t i = 0; i < 2; i++) {
        HISTORY_WORLD_SHOWS(&w, i, one, "mine");
        assert_int_equal(found(&w, i, "mine"), 1);
        assert_int_equal(found(&w, i, "yours"), 0);
    }
    history_world_clear(&w);
}

/* The row of entry `k`, as node `i` has it. */
static void row_of(struct history_world *w, size_t i, size_t k, struct history_row *row,
                   struct buf *bytes)
{
    const struct history_room *room = history_world_room(w, i);
    struct history_place place;

    assert_int_equal(history_find(room, w->said[k].id, &place), 0);
    assert_int_equal(
        history_row_get_entry(w->nodes[i].disk.store, room->number, place.number, row, bytes), 0);
}

static void test_what_counts_about_a_message(void **state)
{
    struct history_world w;
    struct history_row row, target;
    struct buf bytes, other;
    struct content c;
    uint64_t first = 0, last = 0;

    (void)state;
    history_world_init(&w, 2, 7, STORE_MEMORY);
    buf_init(&bytes, STORE_VALUE_MAX);
    buf_init(&other, STORE_VALUE_MAX);
    const size_t one = history_world_text(&w, 0, "first");
    const uint8_t *id = w.said[one].id;
    const uint8_t *by = w.nodes[0].member;
    const uint8_t *not_by = w.nodes[1].member;

    history_world_share(&w);
    struct history_room *room = history_world_room(&w, 1);

    assert_int_equal(history_about_edit(room, id, by, &first), 0);
    assert_int_equal(first, 0);
    history_world_about(&w, 0, one, CONTENT_EDIT, "second");
    const size_t edit = history_world_about(&w, 0, one, CONTENT_EDIT, "third");

    history_world_about(&w, 1, one, CONTENT_DELETE, "");
    history_world_share(&w);
    assert_int_equal(history_about_edit(room, id, by, &last), 0);
    row_of(&w, 1, edit, &row, &bytes);
    assert_int_equal(last, row.number); /* the last one */
    assert_int_equal(history_about_content(room, &row, &c), 0);
    assert_true(span_is_equal(c.text, UNIT_TEXT("third")));
    assert_false(history_about_is_shown(row.kind));
    assert_memory_equal(history_about_member(room, row.device), by, 32);
    assert_false(history_about_is_unread(room, &row)); /* an edit is no message */
    assert_int_equal(history_about_is_hidden(room, row.number, row.device), 0);
    assert_int_equal(history_about_edit(room, id, not_by, &last), 0);
    assert_int_equal(last, 0);
    row_of(&w, 1, one, &row, &bytes);
    assert_true(history_about_is_shown(row.kind));
    assert_int_equal(history_about_is_deleted(room, &row), 0); /* who deleted it may not */
    assert_int_equal(history_about_deletion(room, id, not_by, &last), 0);
    assert_true(last > 0); /* it waits, and counts for nobody */
    assert_int_equal(history_about_target(room, id, by, &target, &other), 0);
    assert_int_equal(target.number, row.number);
    assert_int_equal(history_about_target(room, id, not_by, &target, &other), WAVU_ERR_NOT_FOUND);
    assert_int_equal(history_about_target(room, NULL, by, &target, &other), WAVU_ERR_NOT_FOUND);
    assert_int_equal(history_about_target(room, not_by, by, &target, &other), WAVU_ERR_NOT_FOUND);

    /* By its own words, and again by those that it shows. */
    assert_int_equal(history_about_words(room, &row, &row), 0);
    assert_int_equal(found(&w, 1, "first"), 1);
    assert_int_equal(found(&w, 1, "third"), 0);
    assert_int_equal(history_about_words_again(room, &row), 0);
    assert_int_equal(found(&w, 1, "first"), 0);
    assert_int_equal(found(&w, 1, "third"), 1);

    history_world_about(&w, 0, one, CONTENT_DELETE, "");
    history_world_share(&w);
    row_of(&w, 1, one, &row, &bytes);
    assert_int_equal(history_about_content(room, &row, &c), WAVU_ERR_NOT_FOUND);
    buf_clear(&bytes);
    buf_clear(&other);
    history_world_clear(&w);
}

/* What is here without its content, and is deleted: it is looked for no more. */
static void test_deleted_before_its_content_came(void **state)
{
    struct history_world w;
    struct history_row row;
    struct buf bytes;

    (void)state;
    history_world_init(&w, 2, 9, STORE_MEMORY);
    buf_init(&bytes, STORE_VALUE_MAX);
    const struct history_room *room = history_world_room(&w, 1);
    const size_t one = history_world_text(&w, 0, "first");
    const size_t deletion = history_world_about(&w, 0, one, CONTENT_DELETE, "");

    assert_int_equal(history_world_feed_bare(&w, 1, one), 0);
    row_of(&w, 1, one, &row, &bytes);
    assert_int_equal(history_about_is_deleted(room, &row), 0);
    assert_int_equal(history_world_feed(&w, 1, deletion), 0);
    assert_int_equal(history_about_is_deleted(room, &row), 1);
    buf_clear(&bytes);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_nobody_edits_for_others),
        UNIT(test_what_counts_about_a_message),
        UNIT(test_deleted_before_its_content_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
