/*
 * Whose messages are from later than now: what a page of history says of it, summed up.
 */
#include "apps/doctor/doctor_ask.h"

#include "tests/base/unit.h"

#include <jansson.h>

#define NOW_S INT64_C(1795372800)
#define HOUR_S INT64_C(3600)

static struct doctor_ask_clock authors;
static struct doctor_world w;

static void said(const char *author, int64_t at_s, bool is_own)
{
    json_t *page = json_pack("{s:[{s:s,s:I,s:b}]}", "messages", "author", author, "unixMs",
                             (json_int_t)at_s * 1000, "isOwn", is_own);
    assert_non_null(page);
    doctor_ask_page(&authors, NOW_S, page);
    json_decref(page);
    doctor_ask_sum(&authors, &w);
}

static int start(void **state)
{
    (void)state;
    authors = (struct doctor_ask_clock){.count = 0};
    w = (struct doctor_world){.now_s = NOW_S};
    return 0;
}

static void messages_of_the_past_say_nothing(void **state)
{
    (void)state;
    said("amina", NOW_S - 100 * HOUR_S, false);
    said("baraka", 0, false); /* no time */
    said("chiku", NOW_S + HOUR_S / 2, false);
    said("self", NOW_S + 100 * HOUR_S, true);
    doctor_ask_page(&authors, NOW_S, NULL);
    assert_int_equal(w.authors_ahead, 0);
    assert_int_equal(w.ahead_s, 0);
}

static void each_author_counts_once(void **state)
{
    (void)state;
    said("amina", NOW_S + 20 * HOUR_S, false);
    said("amina", NOW_S + 30 * HOUR_S, false);
    said("amina", NOW_S + 25 * HOUR_S, false);
    assert_int_equal(w.authors_ahead, 1);
    assert_int_equal(w.ahead_s, 30 * HOUR_S);
}

static void one_liar_does_not_speak_for_two(void **state)
{
    (void)state;
    said("liar", NOW_S + 5000 * HOUR_S, false);
    said("amina", NOW_S + 2 * HOUR_S, false);
    assert_int_equal(w.authors_ahead, 2);
    assert_int_equal(w.ahead_s, 2 * HOUR_S);
    said("baraka", NOW_S + 24 * HOUR_S, false);
    assert_int_equal(w.authors_ahead, 3);
    assert_int_equal(w.ahead_s, 24 * HOUR_S);
}

/* Of messages that came while the node was up: the one that came soonest tells of our clock. */
static void how_late_messages_come_is_seen(void **state)
{
    (void)state;
    json_t *arrivals = json_pack("{s:I,s:I,s:I}", "one", (json_int_t)NOW_S * 1000, "two",
                                 (json_int_t)NOW_S * 1000, "own", (json_int_t)NOW_S * 1000);
    authors.arrivals = arrivals;
    json_t *page = json_pack(
        "{s:[{s:s,s:s,s:I},{s:s,s:s,s:I},{s:s,s:s,s:I,s:b},{s:s,s:s,s:I}]}", "messages", "id",
        "one", "author", "amina", "unixMs", (json_int_t)(NOW_S - 30 * HOUR_S) * 1000, "id", "two",
        "author", "baraka", "unixMs", (json_int_t)(NOW_S - 24 * HOUR_S) * 1000, "id", "own",
        "author", "self", "unixMs", (json_int_t)NOW_S * 1000, "isOwn", true, "id", "old", "author",
        "amina", "unixMs", (json_int_t)NOW_S * 1000);
    assert_non_null(page);
    doctor_ask_page(&authors, NOW_S, page);
    doctor_ask_sum(&authors, &w);
    assert_int_equal(w.arrived, 2);
    assert_int_equal(w.late_s, 24 * HOUR_S);
    assert_int_equal(w.authors_ahead, 0);
    json_decref(page);
    json_decref(arrivals);
}

static void there_is_room_for_some(void **state)
{
    char name[32];
    (void)state;
    for (int i = 0; i < 3 * DOCTOR_ASK_AUTHORS_MAX; i++) {
        (void)snprintf(name, sizeof name, "author%d", i);
        said(name, NOW_S + 24 * HOUR_S, false);
    }
    assert_int_equal(w.authors_ahead, DOCTOR_ASK_AUTHORS_MAX);
}

static void without_a_node_nothing_is_known(void **state)
{
    (void)state;
    w.home = "/nonexistent";
    doctor_ask(&w);
    assert_int_equal(w.node, DOCTOR_NODE_NONE);
    assert_null(w.status);
    doctor_ask_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(messages_of_the_past_say_nothing, start),
        cmocka_unit_test_setup(each_author_counts_once, start),
        cmocka_unit_test_setup(one_liar_does_not_speak_for_two, start),
        cmocka_unit_test_setup(how_late_messages_come_is_seen, start),
        cmocka_unit_test_setup(there_is_room_for_some, start),
        cmocka_unit_test_setup(without_a_node_nothing_is_known, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
