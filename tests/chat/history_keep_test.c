/* What is kept of what came: about others, in whatever order, of later, without content. */
#include "chat/history_keep.h"

#include "tests/chat/history_shown.h"

static size_t found(struct history_world *w, size_t i, const char *word)
{
    uint64_t numbers[8];
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = 8};

    assert_int_equal(history_view_find(history_world_room(w, i), span_from_text(word), &page), 0);
    return page.count;
}

/* Two devices of one member that do not hear each other: what is about a message comes first. */
static void test_targets_that_come_later(void **state)
{
    (void)state;
    for (int kind = CONTENT_EDIT; kind <= CONTENT_REACTION; kind++) {
        struct history_world w;
        struct history_message m;

        history_world_init(&w, 3, 3, STORE_MEMORY);
        memcpy(w.nodes[1].member, w.nodes[0].member, 32);
        size_t one = history_world_text(&w, 0, "first");
        size_t about = history_world_about(&w, 1, one, (enum content_kind)kind,
                                           kind == CONTENT_EDIT ? "second" : "x");

        assert_int_equal(history_world_feed(&w, 2, about), 0);
        HISTORY_WORLD_SHOWS(&w, 2, one, "");
        assert_int_equal(history_world_feed(&w, 2, one), 0);
        HISTORY_WORLD_SHOWS(&w, 2, one,
                            kind == CONTENT_EDIT     ? "second"
                            : kind == CONTENT_DELETE ? "-"
                                                     : "first");
        assert_int_equal(found(&w, 2, "second"), kind == CONTENT_EDIT);
        assert_int_equal(found(&w, 2, "first"), kind == CONTENT_REACTION);
        assert_int_equal(history_view_get(history_world_room(&w, 2), w.said[one].id, &m), 0);
        assert_int_equal(m.fold.reaction_count, kind == CONTENT_REACTION);
        history_view_clear(&m);
        assert_int_equal(history_world_room(&w, 2)->unread, kind != CONTENT_DELETE);
        history_world_clear(&w);
    }
}

static void test_reactions(void **state)
{
    struct history_world w;
    struct history_message m;

    (void)state;
    history_world_init(&w, 3, 4, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "first");
    history_world_share(&w);
    history_world_about(&w, 1, one, CONTENT_REACTION, "x");
    history_world_about(&w, 2, one, CONTENT_REACTION, "x");
    size_t taken_back = history_world_about(&w, 1, one, CONTENT_REACTION, "x");
    history_world_share(&w);
    assert_int_equal(history_view_get(history_world_room(&w, 0), w.said[one].id, &m), 0);
    assert_int_equal(m.fold.reaction_count, 1);
    assert_true(fold_has_reacted(&m.fold, w.nodes[2].member, UNIT_TEXT("x")));
    history_view_clear(&m);
    history_world_about(&w, 1, taken_back, CONTENT_DELETE, ""); /* so the first one stands */
    history_world_share(&w);
    assert_int_equal(history_view_get(history_world_room(&w, 0), w.said[one].id, &m), 0);
    assert_int_equal(m.fold.reaction_count, 2);
    history_view_clear(&m);
    history_world_clear(&w);
}

/* Content that is none, or of later: kept, handed on, shown as such. */
static void test_content_of_later(void **state)
{
    static const char *const contents[] = {"\x08\x63\x12\x02hi", "\xff\xff", "", "\x08\x01"};

    (void)state;
    for (size_t k = 0; k < 4; k++) {
        struct history_world w;
        struct history_message m;
        struct buf stored;
        struct entry e = {0};

        history_world_init(&w, 2, 5, STORE_MEMORY);
        assert_int_equal(history_draft(&w.nodes[0].history, w.group, &e), 0);
        e.content = span_from_text(contents[k]);
        size_t said = history_world_sign(&w, 0, &e);
        assert_int_equal(history_world_feed(&w, 1, said), 0);
        assert_int_equal(history_view_get(history_world_room(&w, 1), w.said[said].id, &m), 0);
        assert_int_equal(m.kind, CONTENT_UNKNOWN);
        assert_int_equal(m.fold.content.kind, CONTENT_UNKNOWN);
        assert_false(m.is_gone);
        history_view_clear(&m);
        assert_int_equal(history_world_room(&w, 1)->unread, 1);
        buf_init(&stored, STORE_VALUE_MAX);
        assert_int_equal(history_view_stored(history_world_room(&w, 1), w.said[said].id, &stored),
                         0);
        assert_true(
            span_is_equal(buf_span(&stored), span_of(w.said[said].bytes, w.said[said].len)));
        buf_clear(&stored);
        history_world_clear(&w);
    }
}

/* One that comes without its content stands in the chain and shows as gone. */
static void test_what_comes_without_content(void **state)
{
    struct history_world w;
    struct history_said said;
    struct entry e;

    (void)state;
    history_world_init(&w, 2, 6, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "first");
    size_t two = history_world_text(&w, 0, "second");
    assert_int_equal(entry_read(&e, span_of(w.said[one].bytes, w.said[one].len)), 0);
    entry_drop_content(&e);
    said = (struct history_said){.entry = &e, .member = w.nodes[0].member};
    assert_int_equal(history_feed(&w.nodes[1].history, w.now, &said), 0);
    assert_int_equal(history_world_feed(&w, 1, two), 0);
    HISTORY_WORLD_SHOWS(&w, 1, one, "-");
    HISTORY_WORLD_SHOWS(&w, 1, two, "second");
    assert_int_equal(history_world_room(&w, 1)->unread, 1);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_targets_that_come_later),
        UNIT(test_reactions),
        UNIT(test_content_of_later),
        UNIT(test_what_comes_without_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
