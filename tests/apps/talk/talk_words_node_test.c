/*
 * Commands about files, calls for help and the node.
 */
#include "apps/talk/talk_words_node.h"

#include "tests/apps/talk/node_words.h"

static void files(void **state)
{
    (void)state;
    type("/file send /dev/null");
    assert_string_equal(asked("path"), "/dev/null");
    assert_string_equal(asked("room"), NODE_SAFARI);
    type("/file /dev/../dev/null");
    assert_string_equal(asked("path"), "/dev/null");
    type("/file /nowhere/at/all");
    assert_int_equal(words_err, WAVU_ERR_NOT_FOUND);
    type("/file list");
    assert_int_equal(words_outcome, TALK_WORDS_FILES);
    type("/accept f1f1f1");
    assert_string_equal(asked("id"), "f1f1f1f100");
    holds("ramani.png is being fetched");
    type("/accept f9f9f9");
    assert_int_equal(words_err, WAVU_ERR_NOT_FOUND);
    type("/accept f1");
    assert_int_equal(words_err, WAVU_ERR_INVALID);
}

static void calls_for_help(void **state)
{
    (void)state;
    type("/sos mto umefurika");
    assert_string_equal(asked("text"), "mto umefurika");
    assert_true(json_is_true(json_object_get(node_asked, "all")));
    holds("This calls no ambulance.");
    assert_int_equal(told.tone, TALK_ALERT);
    type("/sos");
    assert_null(json_object_get(node_asked, "text"));
    type("/sos cancel");
    assert_string_equal(node_asked_name, "sos.cancel");
    type("/sos seen");
    assert_string_equal(node_asked_name, "sos.ack");
    assert_string_equal(asked("id"), "s7");
    type("/sos ack"); /* as 'wavu sos ack' */
    assert_string_equal(node_asked_name, "sos.ack");
}

static void who_mistypes_the_end_of_a_call_makes_no_other(void **state)
{
    (void)state;
    type("/sos status");
    assert_int_equal(words_err, 0);
    holds("your call for help is open");
    type("/sos cancle");
    assert_string_not_equal(node_asked_name, "sos.call");
    assert_int_equal(words_err, WAVU_ERR_INVALID);
    holds("nobody was called; did you mean /sos cancel?");
    type("/sos Cancel");
    assert_string_equal(node_asked_name, "sos.cancel");
    type("/sos stauts");
    assert_int_equal(words_err, WAVU_ERR_INVALID);
    assert_string_equal(node_asked_name, "sos.cancel");
    type("/sos cancle it, the river is here"); /* a text */
    assert_string_equal(node_asked_name, "sos.call");
    type("/sos canal");
    assert_string_equal(asked("text"), "canal");
    type("/sos help");
    assert_string_equal(node_asked_name, "sos.call");
    assert_string_equal(asked("text"), "help");
}

static void the_node(void **state)
{
    (void)state;
    type("/status");
    assert_int_equal(words_outcome, TALK_WORDS_STATUS);
    holds("seed /dns/seed: in ?[31mreach");
    type("/peers");
    holds("12D3: 1.2 ms, hybrid, /ip4/1.2.3.4");
    type("/topology");
    holds("12D3 (this node): links: 2");
    type("/export /media/stick");
    assert_string_equal(words_ran, "export --all --network " NODE_NETWORK " /media/stick ");
    type("/import /media/stick");
    assert_string_equal(words_ran, "import /media/stick ");
    type("/config");
    assert_string_equal(words_ran, "config show ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORDS(files),
        WORDS(calls_for_help),
        WORDS(who_mistypes_the_end_of_a_call_makes_no_other),
        WORDS(the_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
