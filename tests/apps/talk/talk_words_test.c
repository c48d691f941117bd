/*
 * Typed lines: texts, commands, mistakes, questions back, completion.
 */
#include "apps/talk/talk_words.h"

#include "tests/apps/talk/node_words.h"

static const char *said(void)
{
    const char *text = json_string_value(json_object_get(node.said, "text"));
    return text != NULL ? text : "";
}

static void texts_are_said(void **state)
{
    (void)state;
    type("hapa");
    assert_int_equal(words_err, 0);
    assert_string_equal(said(), "hapa");
    type("//etc ni folda");
    assert_string_equal(said(), "/etc ni folda");
    type(" /si amri");
    assert_string_equal(said(), " /si amri");
    type("moja\nmbili");
    assert_string_equal(said(), "moja\nmbili");
    assert_int_equal(words_done, 4);
    type("   ");
    assert_int_equal(words_err, WAVU_ERR_INVALID);
    assert_int_equal(talk_words_enter(words, NULL, "hapa"), WAVU_ERR_NOT_FOUND);
    holds("/join CODE");
    node.fails = "you were put out";
    type("hapa");
    assert_int_equal(words_err, WAVU_ERR_DENIED);
    holds("not said: you were put out");
    assert_true(talk_words_is_command("/x") && !talk_words_is_command("//x"));
}

/* Several texts may be under way, in several chats: each one is given back where it was typed. */
static void what_is_not_said_is_given_back(void **state)
{
    (void)state;
    assert_int_equal(talk_words_enter(words, chat_named("safari"), "moja"), 0);
    assert_int_equal(talk_words_enter(words, chat_named("nyumbani"), "//mbili"), 0);
    node_settle();
    assert_string_equal(words_unsaid, "");
    node.fails = "you were put out";
    assert_int_equal(talk_words_enter(words, chat_named("safari"), "tatu"), 0);
    assert_int_equal(talk_words_enter(words, chat_named("nyumbani"), "//nne"), 0);
    assert_int_equal(talk_words_enter(words, chat_named("safari"), "/me tano"), 0);
    node_settle();
    assert_string_equal(words_unsaid, "safari: tatu; nyumbani: //nne; safari: /me tano; ");
    words_unsaid[0] = '\0';
    assert_int_equal(talk_words_enter(words, chat_named("safari"), "sita"), 0);
    talk_free(the_talk); /* nobody is there to type it again */
    the_talk = NULL;
    assert_string_equal(words_unsaid, "");
}

static void mistakes_are_explained(void **state)
{
    static char line[TALK_WORDS_LINE_MAX + 1];
    (void)state;
    type("/invte");
    assert_int_equal(words_err, WAVU_ERR_NOT_FOUND);
    holds("did you mean /invite?");
    type("/qqqqqq");
    holds("/help lists");
    type("/");
    assert_int_equal(words_err, WAVU_ERR_NOT_FOUND);
    type("/me");
    assert_int_equal(words_err, WAVU_ERR_INVALID);
    holds("type /me TEXT");
    type("/dm \xff x");
    assert_int_equal(words_err, WAVU_ERR_PROTO);
    memset(line, 'a', sizeof line - 1);
    type(line);
    assert_int_equal(words_err, WAVU_ERR_LIMIT);
    type("/\x1b[2J");
    assert_null(strchr(told.line, '\x1b'));
    assert_int_equal(talk_words_enter(words, NULL, "/me x"), WAVU_ERR_NOT_FOUND);
    holds("no chat here");
}

static void help_and_quit(void **state)
{
    (void)state;
    const int before = told.told;
    type("/help");
    assert_int_equal(words_err, 0);
    assert_true(told.told > before + 25);
    type("/help invite");
    holds("/invite [KEY]: ");
    type("/help nothing");
    assert_int_equal(words_err, WAVU_ERR_NOT_FOUND);
    type("/quit");
    assert_int_equal(words_outcome, TALK_WORDS_QUIT);
    for (size_t i = 0; talk_words_at(i) != NULL; i++) {
        assert_true(talk_words_at(i)->summary[0] != '\0');
        assert_true(strlen(talk_words_at(i)->name) + strlen(talk_words_at(i)->words) < 40);
    }
}

static void a_question_is_answered(void **state)
{
    (void)state;
    type("/revoke Baraka wa Pili");
    assert_non_null(strstr(words_question, "Put Baraka wa Pili (cc000000) out of nyumbani?"));
    assert_int_equal(words_done, 0);
    talk_words_confirm(words, false);
    assert_int_equal(words_done, 1);
    assert_string_equal(node_asked_name, "");
    type("/leave");
    type("/revoke \"Baraka wa Pili\""); /* another question withdraws the first */
    assert_int_equal(words_done, 2);
    talk_words_confirm(words, true);
    node_settle();
    assert_string_equal(node_asked_name, "network.revoke");
    assert_string_equal(asked("member"), NODE_CHUI);
    assert_int_equal(words_err, 0);
    talk_words_confirm(words, true); /* none is open */
    type("/leave");                  /* open while all ends: nothing is lost */
}

/* A face that cannot ask wants "yes". */
static void yes_is_typed(void **state)
{
    (void)state;
    type("/leave");
    assert_int_equal(words_err, WAVU_ERR_AGAIN);
    holds("'yes' behind it");
    assert_string_equal(node_asked_name, "");
    type("/revoke Baraka wa Pili");
    assert_int_equal(words_err, WAVU_ERR_AGAIN);
    type("/revoke Baraka wa Pili yes");
    assert_string_equal(node_asked_name, "network.revoke");
    type("/leave yes");
    assert_string_equal(node_asked_name, "network.leave");
    type("/export /media/x");
    assert_int_equal(words_err, WAVU_ERR_UNSUPPORTED);
}

static struct talk_words_found found;

static void completes(const char *line, size_t count, const char *first)
{
    talk_words_complete(words, chat_named("safari"), line, strlen(line), &found);
    assert_int_equal(found.count, count);
    if (count > 0) {
        assert_string_equal(found.texts[0], first);
    }
}

static void words_are_completed(void **state)
{
    (void)state;
    talk_people_want(the_talk, talk_network_at(the_talk, 0));
    node_settle();
    completes("/inv", 1, "/invite");
    completes("/re", 3, "/reply");
    completes("/x", 0, NULL);
    completes("/help inv", 1, "invite");
    completes("/dm b", 1, "\"Baraka wa Kwanza\"");
    assert_int_equal(found.from, 4);
    completes("/dm \"Baraka w", 1, "\"Baraka wa Kwanza\"");
    assert_int_equal(found.from, 4);
    completes("/room s", 1, "safari");
    completes("/room ", 2, "nyumbani");
    completes("habari Bar", 1, "@\"Baraka wa Kwanza\"");
    assert_int_equal(found.from, 7);
    completes("habari @bar", 1, "@\"Baraka wa Kwanza\"");
    completes("habari @\"bar", 1, "@\"Baraka wa Kwanza\"");
    assert_int_equal(found.from, 7);
    completes("@", 1, "@\"Baraka wa Kwanza\"");
    completes("habari ", 0, NULL); /* a Tab where nothing is typed */
    completes("", 0, NULL);
    completes("\"", 0, NULL);
    completes("Ch", 0, NULL); /* put out */
    completes("/accept ", 0, NULL);
    talk_offer_add(the_talk, "f1f1f1f1f1f1");
    talk_offer_add(the_talk, "f1f1f1f1f1f1");
    talk_offer_add(the_talk, "aa00000000");
    completes("/accept ", 2, "f1f1f1f1");
    completes("/accept aa", 1, "aa000000");
    completes("/file /et", 1, "etc/");
    assert_int_equal(found.from, 7);
    completes("/export /et", 1, "etc/");
    assert_int_equal(found.from, 9);
}

static void messages_are_completed_and_pointed_at(void **state)
{
    struct talk_chat *chat = chat_named("safari");
    char newest[NODE_ID];
    char own[NODE_ID];
    char line[64];
    (void)state;
    assert_null(talk_words_about(chat, "/reply last")); /* nothing is loaded */
    talk_people_want(the_talk, talk_network_at(the_talk, 0));
    talk_window_show(the_talk, chat);
    node_settle();
    node_id(newest, 1, 10);
    node_id(own, 1, 10);
    talk_words_complete(words, chat, "/reply ", 7, &found);
    assert_true(found.count > 1);
    assert_int_equal(found.from, 7);
    assert_memory_equal(found.texts[0], newest, 8);
    assert_int_equal(strlen(found.texts[0]), 8);
    talk_words_complete(words, chat, "/edit ", 6, &found);
    assert_true(found.count > 0);
    assert_memory_equal(found.texts[0], own, 8);
    talk_words_complete(words, chat, "/reply zz", 9, &found);
    assert_int_equal(found.count, 0);
    completes("/reply last habari Bar", 1, "@\"Baraka wa Kwanza\""); /* behind it names, as ever */
    (void)snprintf(line, sizeof line, "/edit %.20s x", own);
    assert_null(talk_words_about(NULL, line));
    assert_null(talk_words_about(chat, "/me last"));
    assert_null(talk_words_about(chat, "/reply"));
    assert_null(talk_words_about(chat, "reply last"));
    assert_string_equal(talk_words_about(chat, "/edit last x"), own);
    assert_non_null(talk_words_about(chat, "/reply last"));
    assert_string_not_equal(talk_words_about(chat, "/reply last"), own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORDS(texts_are_said),         WORDS(what_is_not_said_is_given_back),
        WORDS(mistakes_are_explained), WORDS(help_and_quit),
        WORDS(a_question_is_answered), WORDS_PLAIN(yes_is_typed),
        WORDS(words_are_completed),    WORDS(messages_are_completed_and_pointed_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
