/*
 * Saying: what the node is asked, and what is told when it does not take it.
 */
#include "apps/talk/talk_say.h"

#include "tests/apps/talk/node.h"

static int said_err;
static int said_count;
static char said_id[NODE_ID];

static void on_done(void *context, int err, const char *id, const char *sentence)
{
    (void)context;
    said_count++;
    said_err = err;
    (void)snprintf(said_id, sizeof said_id, "%s", id != NULL ? id : "");
    assert_int_equal(sentence[0] == '\0', err == 0);
}

static void say(struct talk_chat *chat, struct talk_say what)
{
    assert_int_equal(talk_say(the_talk, chat, &what, on_done, NULL), 0);
    node_settle();
}

static const char *asked(const char *key)
{
    const char *text = json_string_value(json_object_get(node.said, key));
    return text != NULL ? text : "";
}

static void rooms_and_direct_chats_are_asked(void **state)
{
    (void)state;
    said_count = 0;
    say(chat_named("safari"), (struct talk_say){.text = "hapa"});
    assert_int_equal(said_count, 1);
    assert_int_equal(said_err, 0);
    assert_string_equal(said_id, NODE_KEY);
    assert_string_equal(asked("room"), NODE_SAFARI);
    assert_string_equal(asked("text"), "hapa");
    assert_string_equal(asked("kind"), "text");
    say(chat_named("safari"),
        (struct talk_say){.kind = TALK_SAY_ME, .text = "a", .about = NODE_KEY});
    assert_string_equal(asked("kind"), "action");
    assert_string_equal(asked("reply"), NODE_KEY);
    say(chat_named("safari"), (struct talk_say){.kind = TALK_SAY_DELETE, .about = NODE_KEY});
    assert_string_equal(asked("kind"), "delete");
    assert_string_equal(asked("target"), NODE_KEY);
    assert_null(json_object_get(node.said, "text"));
    say(chat_named("Baraka"),
        (struct talk_say){.kind = TALK_SAY_REACTION, .text = "x", .about = NODE_KEY});
    assert_string_equal(asked("member"), NODE_BARAKA);
    assert_string_equal(asked("kind"), "reaction");
    assert_string_equal(asked("about"), NODE_KEY);
}

static void what_is_not_taken_is_said(void **state)
{
    static char text[70000];
    (void)state;
    said_count = 0;
    node.fails = "you do not belong there";
    say(chat_named("safari"), (struct talk_say){.text = "hapa"});
    assert_int_equal(said_err, WAVU_ERR_DENIED);
    const struct talk_say again = {.text = "hapa"};
    assert_int_equal(talk_say(the_talk, chat_named("safari"), &again, NULL, NULL), 0);
    node_settle();
    assert_string_equal(told.line, "not said: you do not belong there");
    assert_int_equal(told.tone, TALK_PROBLEM);
    const struct talk_say broken = {.text = "\xff"};
    assert_int_equal(talk_say(the_talk, chat_named("safari"), &broken, NULL, NULL), WAVU_ERR_PROTO);
    assert_non_null(strstr(told.line, "UTF-8"));
    memset(text, 'a', sizeof text - 1);
    const struct talk_say much = {.text = text};
    assert_int_equal(talk_say(the_talk, chat_named("safari"), &much, NULL, NULL), WAVU_ERR_LIMIT);
    assert_non_null(strstr(told.line, "as a file"));
    assert_int_equal(talk_say(the_talk, chat_named("safari"), &much, on_done, NULL),
                     WAVU_ERR_LIMIT);
    assert_int_equal(said_count, 1);
}

/* Who came in just now has no keys yet: what is said goes when they are there, in order. */
static void what_has_to_wait_is_said_in_order(void **state)
{
    static const char *const texts[] = {"a", "b", "c", "d"};
    (void)state;
    said_count = 0;
    node.waits = 5;
    for (size_t i = 0; i < 4; i++) {
        const struct talk_say what = {.text = texts[i]};
        assert_int_equal(talk_say(the_talk, chat_named("safari"), &what, on_done, NULL), 0);
        node_turn();
    }
    for (int i = 0; i < 60 && said_count < 4; i++) {
        node_now_ms += 200;
        node_settle();
    }
    assert_int_equal(said_count, 4);
    assert_int_equal(said_err, 0);
    assert_string_equal(node.heard, "a b c d ");
    node.waits = 100000; /* and for ever is too long */
    const struct talk_say what = {.text = "e"};
    assert_int_equal(talk_say(the_talk, chat_named("safari"), &what, on_done, NULL), 0);
    for (int i = 0; i < 60; i++) {
        node_now_ms += 200;
        node_settle();
    }
    assert_int_equal(said_count, 5);
    assert_int_equal(said_err, WAVU_ERR_AGAIN);
    for (size_t i = 0; i < 3; i++) { /* what waits is over when all is */
        assert_int_equal(talk_say(the_talk, chat_named("safari"), &what, on_done, NULL), 0);
    }
    node_settle();
    talk_free(the_talk);
    the_talk = NULL;
    assert_int_equal(said_count, 8);
    assert_int_equal(said_err, WAVU_ERR_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE(rooms_and_direct_chats_are_asked),
        NODE(what_is_not_taken_is_said),
        NODE(what_has_to_wait_is_said_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
