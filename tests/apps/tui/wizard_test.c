/*
 * The first minute: what is asked, and addresses as people type them.
 */
#include "apps/tui/wizard.h"

#include "tests/base/unit.h"

#include <jansson.h>

static void expect(const char *typed, const char *address)
{
    char out[WIZARD_LINE_MAX];
    assert_int_equal(wizard_address(out, typed), address != NULL);
    if (address != NULL) {
        assert_string_equal(out, address);
    }
}

static void addresses_as_people_type_them(void **state)
{
    (void)state;
    expect("192.0.2.7:9000", "/ip4/192.0.2.7/tcp/9000");
    expect("node.example:9000", "/dns/node.example/tcp/9000");
    expect("[2001:db8::7]:9000", "/ip6/2001:db8::7/tcp/9000");
    expect("/ip4/192.0.2.7/tcp/9000", "/ip4/192.0.2.7/tcp/9000");
    expect("", NULL);
    expect("192.0.2.7", NULL);
    expect("192.0.2.7:", NULL);
    expect("192.0.2.7:0", NULL);
    expect("192.0.2.7:65536", NULL);
    expect("192.0.2.7:9000x", NULL);
    expect("2001:db8::7", NULL);
    expect(":9000", NULL);
    expect("a b:9000", NULL);
    expect("7-tembo-ziwa-kahawa", NULL);
}

static bool shows(const struct wizard *w, const char *text)
{
    const char *line;
    for (size_t i = 0; (line = wizard_line(w, i)) != NULL; i++) {
        if (strstr(line, text) != NULL) {
            return true;
        }
    }
    return false;
}

static void tell(struct wizard *w, const char *kind, const char *key, const char *value)
{
    json_t *event = json_pack("{s:s,s:s}", "event", kind, key, value);
    wizard_event(w, event);
    json_decref(event);
}

/* What comes of a code: told, and one step back where it failed. */
static void a_code_and_what_comes_of_it(void **state)
{
    struct wizard w = {.step = WIZARD_JOINING};
    (void)state;
    tell(&w, "joining", "name", "Ami\x1b[2Jna");
    assert_true(shows(&w, "Found: Ami?[2Jna"));
    tell(&w, "joinFailed", "error", "timeout");
    assert_int_equal(w.step, WIZARD_JOINING); /* the code is kept: an address may help */
    assert_true(shows(&w, "Nobody with that code was found"));
    wizard_enter(&w, "not an address");
    assert_true(shows(&w, "That is no address"));
    tell(&w, "joinFailed", "error", "crypto");
    assert_int_equal(w.step, WIZARD_CODE);
    assert_true(shows(&w, "The code is wrong, or closed already"));
    assert_true(wizard_back(&w));
    assert_int_equal(w.step, WIZARD_CHOICE);
    assert_false(wizard_back(&w));
    wizard_enter(&w, "3");
    assert_true(shows(&w, "Type 1 or 2"));
    wizard_enter(&w, "2");
    assert_int_equal(w.step, WIZARD_CODE);
    tell(&w, "entered", "network", "x");
    assert_int_equal(w.step, WIZARD_DONE);
}

/* An address is typed while the node looks around: that the first try ends for it is no failure. */
static void an_address_takes_the_place_of_the_search(void **state)
{
    struct wizard w = {.step = WIZARD_JOINING, .is_trying = true, .is_replaced = true};
    (void)state;
    tell(&w, "joinFailed", "error", "in_use");
    assert_int_equal(w.step, WIZARD_JOINING);
    assert_false(shows(&w, "Another code was typed since"));
    tell(&w, "joinFailed", "error", "in_use"); /* somebody else typed one */
    assert_int_equal(w.step, WIZARD_CODE);
    assert_true(shows(&w, "Another code was typed since"));
    w.step = WIZARD_JOINING;
    tell(&w, "joinFailed", "error", "unreachable");
    assert_int_equal(w.step, WIZARD_JOINING);
    assert_true(shows(&w, "There is no way to that address"));
    tell(&w, "joinFailed", "error", "refused");
    assert_true(shows(&w, "Nobody listens at that address"));
}

static void when_it_is_off_nothing_happens(void **state)
{
    struct wizard w = {.step = WIZARD_OFF};
    (void)state;
    tell(&w, "entered", "network", "x");
    assert_int_equal(w.step, WIZARD_OFF);
    assert_null(wizard_line(&w, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_as_people_type_them),
        cmocka_unit_test(a_code_and_what_comes_of_it),
        cmocka_unit_test(an_address_takes_the_place_of_the_search),
        cmocka_unit_test(when_it_is_off_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
