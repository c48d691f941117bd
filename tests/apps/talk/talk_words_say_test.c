/*
 * Commands about what is said.
 */
#include "apps/talk/talk_words_say.h"

#include "tests/apps/talk/node_words.h"

static const char *said(const char *key)
{
    const char *text = json_string_value(json_object_get(node.said, key));
    return text != NULL ? text : "";
}

static void to_one_alone(void **state)
{
    (void)state;
    type("/dm \"Baraka wa Pili\" habari yako");
    assert_int_equal(words_err, 0);
    assert_int_equal(words_done, 1);
    assert_string_equal(said("member"), NODE_CHUI);
    assert_string_equal(said("text"), "habari yako");
    holds("for Baraka wa Pili alone"); /* it is not seen in the chat where it was typed */
    type("/dm @\"Baraka wa Kwanza\"");
    assert_int_equal(words_outcome, TALK_WORDS_GO);
    assert_ptr_equal(words_chat, talk_chat_find(the_talk, NODE_NETWORK, NODE_BARAKA));
    type("/dm Baraka habari"); /* two of them: nobody is guessed */
    assert_int_equal(words_err, WAVU_ERR_INVALID);
    holds("Baraka wa Kwanza (cc000000), Baraka wa Pili");
    type("/dm Simba habari");
    assert_int_equal(words_err, WAVU_ERR_NOT_FOUND);
    holds("nobody in nyumbani is called 'Simba'");
    assert_string_equal(words_unsaid, "safari: /dm Baraka habari; safari: /dm Simba habari; ");
    type("/dm Amina habari");
    holds("that is you");
}

static void about_messages(void **state)
{
    char line[128];
    char id[NODE_ID];
    (void)state;
    talk_window_show(the_talk, chat_named("safari"));
    node_settle();
    type("/me hucheka");
    assert_string_equal(said("kind"), "action");
    type("/reply last ndiyo");
    node_id(id, 1, 9); /* 10 is one's own */
    assert_string_equal(said("reply"), id);
    assert_string_equal(said("text"), "ndiyo");
    type("/edit last sawa");
    node_id(id, 1, 10);
    assert_string_equal(said("target"), id);
    type("/delete last");
    assert_string_equal(said("kind"), "delete");
    node_id(id, 1, 7);
    (void)snprintf(line, sizeof line, "/react %.64s +", id);
    type(line);
    assert_string_equal(said("target"), id);
    assert_string_equal(said("text"), "+");
    type("/edit ee01 x"); /* several begin so */
    assert_int_equal(words_err, WAVU_ERR_NOT_FOUND);
    holds("several messages");
    type("/edit ee x");
    holds("no message that is loaded");
    type("/reply last");
    assert_int_equal(words_err, WAVU_ERR_INVALID);
    (void)snprintf(line, sizeof line, "/delete %s", id);
    type(line);
    assert_int_equal(words_err, WAVU_ERR_DENIED);
}

static void searches(void **state)
{
    (void)state;
    type("/search m");
    assert_int_equal(words_outcome, TALK_WORDS_FOUND);
    assert_int_equal(words_err, 0);
    holds("Amina: m10");
}

static void rooms_are_gone_to(void **state)
{
    (void)state;
    type("/room nyumbani");
    assert_int_equal(words_outcome, TALK_WORDS_GO);
    assert_ptr_equal(words_chat, chat_named("nyumbani"));
    type("/room main");
    assert_ptr_equal(words_chat, chat_named("nyumbani"));
    type("/room #safari");
    assert_ptr_equal(words_chat, chat_named("safari"));
    type("/room list");
    holds("safari (here)");
    type("/room porini");
    assert_int_equal(words_err, WAVU_ERR_NOT_FOUND);
    type("/room make");
    assert_int_equal(words_err, WAVU_ERR_INVALID);
    holds("type /room [list | make NAME | NAME]");
    type("/room make porini sana");
    assert_string_equal(asked("name"), "porini sana");
    assert_string_equal(words_chat->id, "bb77");
    assert_string_equal(words_chat->name, "porini sana");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORDS(to_one_alone),
        WORDS(about_messages),
        WORDS(searches),
        WORDS(rooms_are_gone_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
