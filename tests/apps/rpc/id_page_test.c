/*
 * Many ids, part by part: all of them, once, in order, whatever order they come in.
 */
#include "apps/rpc/id_page.h"

#include <stdio.h>
#include <string.h>

#include "tests/base/unit.h"

#define IDS 200

static struct id_page page;

static const char *id_of(size_t i)
{
    static char id[16];
    (void)snprintf(id, sizeof id, "12D3Koo%03zu", i);
    return id;
}

/* Offer all in an order that is none. */
static void offer_all(const char *after, size_t without)
{
    id_page_begin(&page, after);
    for (size_t i = 0; i < IDS; i++) {
        if (i * 77 % IDS != without) {
            id_page_offer(&page, id_of(i * 77 % IDS));
        }
    }
}

static void all_come_part_by_part(void **state)
{
    char last[WAVU_PEER_TEXT_MAX] = "";
    size_t seen = 0;
    (void)state;
    do {
        /* The one that the last part ended with is gone by then: the rest comes all the same. */
        offer_all(last, seen > 0 ? seen - 1 : IDS);
        for (size_t i = 0; i < page.count; i++) {
            assert_string_equal(page.ids[i], id_of(seen++));
        }
        assert_true(page.count == ID_PAGE_MAX || !page.is_more);
        (void)snprintf(last, sizeof last, "%s", page.ids[page.count - 1]);
    } while (page.is_more);
    assert_int_equal(seen, IDS);
}

static void each_is_taken_once(void **state)
{
    (void)state;
    id_page_begin(&page, NULL);
    for (size_t i = 0; i < 3; i++) {
        id_page_offer(&page, "b");
        id_page_offer(&page, "a");
    }
    assert_int_equal(page.count, 2);
    assert_false(page.is_more);
    assert_string_equal(page.ids[0], "a");
}

static void a_full_part_says_that_there_is_more(void **state)
{
    (void)state;
    id_page_begin(&page, NULL);
    for (size_t i = 0; i < ID_PAGE_MAX; i++) {
        id_page_offer(&page, id_of(i + 1));
    }
    assert_false(page.is_more);
    id_page_offer(&page, id_of(0)); /* the last one goes */
    assert_true(page.is_more);
    assert_string_equal(page.ids[0], id_of(0));
    assert_string_equal(page.ids[ID_PAGE_MAX - 1], id_of(ID_PAGE_MAX - 1));
    id_page_offer(&page, id_of(100));
    assert_string_equal(page.ids[ID_PAGE_MAX - 1], id_of(ID_PAGE_MAX - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_come_part_by_part),
        UNIT(each_is_taken_once),
        UNIT(a_full_part_says_that_there_is_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
