/*
 * What people see of networks through the public interface, and what they are told when it cannot
 * be.
 */
#include "wavu/members.h"

#include "tests/node/people.h"

static void wrong_codes_and_names(void **state)
{
    (void)state;
    char text[128];
    struct wavu_invitation invitation;
    char id[WAVU_KEY_TEXT_MAX];
    start(6, 2, false);
    assert_int_equal(wavu_invite(h.nodes[0], NULL, NULL, &invitation), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_network_make(h.nodes[0], "Bad Name", NULL, id), WAVU_ERR_INVALID);
    assert_int_equal(wavu_network_make(h.nodes[0], "a", "everybody", id), WAVU_ERR_INVALID);
    make();
    assert_int_equal(wavu_network_make(h.nodes[0], "savanna", NULL, id), WAVU_ERR_EXISTS);
    assert_int_equal(wavu_network_make(h.nodes[0], "second", "any", id), 0);
    assert_int_equal(wavu_invite(h.nodes[0], NULL, NULL, &invitation), WAVU_ERR_INVALID);
    assert_int_equal(wavu_invite(h.nodes[0], "second", NULL, &invitation), 0);
    assert_int_equal(wavu_invite(h.nodes[0], id, NULL, &invitation),
                     0); /* the other is withdrawn */
    assert_string_equal(told[0].word, "withdrawn");
    assert_int_equal(wavu_join(h.nodes[1], "no code", NULL), WAVU_ERR_INVALID);
    wavu_code_explain("no code", text, sizeof text);
    assert_true(strlen(text) > 10);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, NULL), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, "10.0.0.9:9000"), 0);
    run(20);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_JOIN_FAILED], 1);
    assert_true(told[1].err == WAVU_ERR_UNREACHABLE || told[1].err == WAVU_ERR_TIMEOUT);
    char *last = strrchr(invitation.code, '-');
    (void)snprintf(last, 8, "%s", strncmp(last, "-sto", 4) == 0 ? "-apple" : "-stone");
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, "10.0.0.1:9000"), 0);
    run(5);
    assert_int_equal(told[1].err, WAVU_ERR_CRYPTO);
    assert_int_equal(told[1].left, 0); /* that address was all */
    assert_int_equal(told[0].kinds[WAVU_MEMBERS_TRY], 1);
    assert_int_equal(wavu_set_nick(h.nodes[0], "a\x1b[2J"), WAVU_ERR_INVALID);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(wrong_codes_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
