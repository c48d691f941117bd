/* A page of pieces: what fits, an empty piece, and the first that does not. */
#include "base/page.h"

#include <string.h>

#include "tests/base/unit.h"
#include "wavu/err.h"

static void test_pieces_stand_one_after_the_other(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    struct page p = {.out = &b};

    page_print(&p, "%s %d\n", "one", 1);
    page_print(&p, "%s", "");
    page_print(&p, "two %u\n", 2u);
    assert_int_equal(p.rc, 0);
    assert_true(span_is_equal(buf_span(&b), UNIT_TEXT("one 1\ntwo 2\n")));
    buf_clear(&b);
}

static void test_nothing_comes_after_what_did_not_fit(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    struct page p = {.out = &b};

    page_print(&p, "12345");
    page_print(&p, "6789");
    page_print(&p, "6");
    assert_int_equal(p.rc, WAVU_ERR_LIMIT);
    assert_true(span_is_equal(buf_span(&b), UNIT_TEXT("12345")));
    buf_clear(&b);
}

static void test_a_piece_has_a_longest_length(void **state)
{
    (void)state;
    struct buf b;
    char text[PAGE_PIECE_MAX + 1];
    buf_init(&b, (size_t)PAGE_PIECE_MAX * 4);
    struct page p = {.out = &b};

    memset(text, 'x', sizeof text);
    text[PAGE_PIECE_MAX - 1] = 0;
    page_print(&p, "%s", text);
    assert_int_equal(p.rc, 0);
    assert_int_equal(b.len, PAGE_PIECE_MAX - 1);
    text[PAGE_PIECE_MAX - 1] = 'x';
    text[PAGE_PIECE_MAX] = 0;
    page_print(&p, "%s", text);
    assert_int_equal(p.rc, WAVU_ERR_LIMIT);
    assert_int_equal(b.len, PAGE_PIECE_MAX - 1);
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_pieces_stand_one_after_the_other),
        UNIT(test_nothing_comes_after_what_did_not_fit),
        UNIT(test_a_piece_has_a_longest_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
