/*
 * What others say, as lines.
 */
#include "apps/shell/shell_news.h"

#include "tests/base/unit.h"

#include <jansson.h>
#include <string.h>

static char line[SHELL_NEWS_LINE_MAX];

static bool write_of(const char *json, const char *shown)
{
    json_t *event = json_loads(json, 0, NULL);
    assert_non_null(event);
    bool is_news = shell_news_write(event, shown, line);
    json_decref(event);
    return is_news;
}

static void is(const char *json, const char *shown, const char *expected)
{
    assert_true(write_of(json, shown));
    assert_string_equal(line, expected);
}

static void each_kind_says_whom_it_is_for(void **state)
{
    (void)state;
    is("{\"event\":\"message\",\"text\":\"water\"}", "riG9dK8H", "riG9dK8H to all nodes: water");
    is("{\"event\":\"unicast\",\"text\":\"water\"}", "riG9dK8H", "riG9dK8H to this node: water");
    is("{\"event\":\"said\",\"text\":\"habari\"}", "Amina", "Amina: habari");
    is("{\"event\":\"direct\",\"text\":\"psst\"}", "Amina", "Amina to you alone: psst");
    is("{\"event\":\"newcomer\"}", "Juma", "Juma is invited now");
    /* A name passes for no more than a name. */
    is("{\"event\":\"said\",\"text\":\"psst\"}", "Amina to you alone",
       "\"Amina to you alone\": psst");
    is("{\"event\":\"fileOffer\"}", "", "a file is offered; 'file list' shows it");
    is("{\"event\":\"sosCalled\",\"call\":{\"text\":\"fire\"}}", "Amina",
       "Amina calls for help: fire");
}

static void what_is_none_of_it_is_silent(void **state)
{
    (void)state;
    assert_false(write_of("{\"event\":\"neighbour\",\"text\":\"x\"}", "x"));
    assert_false(write_of("{}", "x"));
    assert_false(write_of("{\"event\":\"said\",\"isOwn\":true,\"text\":\"x\"}", "x"));
    assert_false(write_of("{\"event\":\"said\",\"isBlocked\":true,\"text\":\"x\"}", "x"));
    assert_false(write_of("{\"event\":\"said\",\"isGone\":true,\"text\":\"\"}", "x"));
    assert_false(write_of("{\"event\":\"sosCalled\",\"call\":{\"isOwn\":true}}", "x"));
}

static void a_wrong_clock_is_told(void **state)
{
    json_t *status =
        json_pack("{s:{s:I, s:i}}", "clock", "aheadMs", (json_int_t)86400000, "others", 2);
    (void)state;
    assert_true(shell_news_clock(status, line));
    assert_string_equal(line,
                        "this machine's clock is 1 d 0 h ahead of that of the others here: set it, "
                        "or let the system keep it ('timedatectl set-ntp true')");
    (void)json_object_set_new(status, "clock", json_null());
    assert_false(shell_news_clock(status, line));
    assert_false(shell_news_clock(NULL, line));
    json_decref(status);
}

static void what_others_say_of_us_is_told(void **state)
{
    json_t *network = json_pack("{s:s, s:b}", "name", "savanna", "isDenied", true);
    (void)state;
    assert_true(shell_news_denied(network, false, line));
    assert_string_equal(line, "the others say that you are not in savanna any more, and do not "
                              "hear you: ask one of them");
    (void)json_object_set_new(network, "isDenied", json_false());
    assert_false(shell_news_denied(network, false, line));
    assert_false(shell_news_denied(NULL, false, line));
    assert_true(shell_news_denied(network, true, line));
    assert_string_equal(line, "nobody says any more that you are not in savanna");
    json_decref(network);
}

static void hostile_text_stays_one_line(void **state)
{
    char json[4096] = "{\"event\":\"said\",\"text\":\"";
    size_t len = strlen(json);
    (void)state;
    is("{\"event\":\"said\",\"text\":\"a\\u001b[2J\\nb\\u202ec\"}", "e\x1b[1m", "e?[1m: a?[2J?b?c");
    for (size_t i = 0; i < 600; i++) {
        memcpy(json + len, "\xc3\xab", 3);
        len += 2;
    }
    memcpy(json + len, "\"}", 3);
    assert_true(write_of(json, "x"));
    assert_true(strlen(line) < SHELL_NEWS_LINE_MAX);
    assert_true(strlen(line) >= SHELL_NEWS_LINE_MAX - 3);
    assert_int_equal((strlen(line) - 3) % 2, 0); /* whole characters */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(each_kind_says_whom_it_is_for), UNIT(what_is_none_of_it_is_silent),
        UNIT(a_wrong_clock_is_told),         UNIT(what_others_say_of_us_is_told),
        UNIT(hostile_text_stays_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
