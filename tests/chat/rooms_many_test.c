/* Several broadcasts of a room in one. */
#include "chat/rooms_many.h"

#include "tests/base/unit.h"

static uint8_t space[4096];

static struct span made_of(const char *const *texts, size_t count)
{
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    for (size_t i = 0; i < count; i++) {
        rooms_many_put(&w, span_from_text(texts[i]));
    }
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void what_is_put_in_comes_out(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "bb", "ccc"};
    struct span many = made_of(texts, 3);
    struct span one = span_empty();
    struct rd r;

    assert_true(rooms_many_is_whole(many));
    rd_init(&r, many);
    for (size_t i = 0; i < 3; i++) {
        assert_true(rooms_many_next(&r, &one));
        assert_true(span_is_equal(one, span_from_text(texts[i])));
    }
    assert_false(rooms_many_next(&r, &one));
}

static void what_is_not_whole_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "bb"};
    struct span many = made_of(texts, 2);

    for (size_t len = 0; len < many.len; len++) { /* but where the second begins */
        assert_true(rooms_many_is_whole(span_of(many.ptr, len)) == (len == 2));
    }
    static const uint8_t nothing[] = {1, 'a', 0};
    static const uint8_t longer[] = {0x81, 0x00, 'a'};

    assert_false(rooms_many_is_whole(span_of(nothing, sizeof nothing)));
    assert_false(rooms_many_is_whole(span_of(longer, sizeof longer)));
}

static void too_many_are_refused(void **state)
{
    (void)state;
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    for (size_t i = 0; i < ROOMS_MANY_MAX; i++) {
        rooms_many_put(&w, UNIT_TEXT("x"));
    }
    assert_true(rooms_many_is_whole(wr_span(&w)));
    rooms_many_put(&w, UNIT_TEXT("x"));
    assert_false(rooms_many_is_whole(wr_span(&w)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_is_put_in_comes_out),
        UNIT(what_is_not_whole_is_refused),
        UNIT(too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
