/*
 * What events change, and which sentences they become.
 */
#include "apps/talk/talk_events.h"

#include "tests/apps/talk/node.h"

static void what_is_said_counts(void **state)
{
    (void)state;
    assert_null(talk_chat_active(the_talk, NULL));
    node_event_take(node_said_event(1, node_add(1, 0), false)); /* 11 */
    node_event_take(node_said_event(0, node_add(0, 0), true));
    node_settle();
    assert_int_equal(told.said, 2);
    assert_string_equal(told.text, "Amina: m11");
    assert_int_equal(chat_named("safari")->unread, 1);
    assert_int_equal(chat_named("safari")->mentions, 0);
    assert_int_equal(chat_named("nyumbani")->unread, 0);
    assert_ptr_equal(talk_chat_active(the_talk, NULL), chat_named("safari"));
    assert_null(talk_chat_active(the_talk, chat_named("safari")));
    for (int i = 0; i < 3; i++) {
        node_event_take(node_said_event(0, node_add(0, 0), false)); /* 14 mentions */
    }
    node_event_take(node_said_event(2, node_add(2, 0), false)); /* a direct one: always */
    node_settle();
    assert_int_equal(chat_named("nyumbani")->unread, 3);
    assert_int_equal(chat_named("nyumbani")->mentions, 1);
    assert_int_equal(chat_named("Baraka")->mentions, 1);
    assert_int_equal(chat_named("safari")->unread, 1);
    /* Mentions go before what is merely unread. */
    assert_ptr_equal(talk_chat_active(the_talk, chat_named("nyumbani")), chat_named("Baraka"));
}

/* What a filter of the node hides is there, and calls nobody. */
static void what_is_filtered_does_not_count(void **state)
{
    (void)state;
    json_t *event = node_said_event(2, node_add(2, 0), false);
    assert_int_equal(json_object_set_new(event, "filter", json_string("words")), 0);
    assert_int_equal(json_object_set_new(event, "isFiltered", json_true()), 0);
    node_event_take(event);
    node_settle();
    assert_int_equal(told.said, 1);
    assert_int_equal(chat_named("Baraka")->unread, 0);
    assert_int_equal(chat_named("Baraka")->mentions, 0);
}

static void a_message_in_a_new_chat_opens_it(void **state)
{
    (void)state;
    node_event_take(node_said_event(3, node_add(3, 0), false));
    node_settle();
    assert_int_equal(talk_chat_count(the_talk), 4);
    struct talk_chat *chat = talk_chat_find(the_talk, NODE_NETWORK, NODE_CHUI);
    assert_true(chat->is_listed);
    assert_int_equal(chat->unread, 1);
    node_later();
    assert_int_equal(chat->unread, 1); /* as the node says */
}

/* A room that somebody made a moment ago: what is said there is told when it is known. */
static void what_is_said_in_a_new_room_is_not_lost(void **state)
{
    (void)state;
    node.chats[3].id = "bb99";
    node.chats[3].name = "porini";
    json_t *event = node_said_event(3, node_add(3, 0), false);
    node_event_take(event);
    event = node_said_event(3, node_add(3, 0), false);
    (void)json_object_set_new(event, "room", json_string("nowhere")); /* and this never is */
    node_event_take(event);
    node_settle();
    node_later();
    assert_int_equal(told.said, 1);
    assert_string_equal(told.text, "Baraka: m1");
    assert_int_equal(chat_named("porini")->unread, 2); /* as the node counts */
    node_event_take(node_said_event(3, node_add(3, 0), false));
    node_settle();
    assert_int_equal(told.said, 2);
    assert_int_equal(chat_named("porini")->unread, 3);
}

static void events_become_sentences(void **state)
{
    static char downloaded[128]; /* in the home, where the socket lies */
    static const struct {
        const char *event;
        enum talk_tone tone;
        const char *part;
    } cases[] = {
        {"{\"event\":\"codeTry\",\"left\":2}", TALK_PROBLEM, "tries left: 2"},
        {"{\"event\":\"codeClosed\",\"reason\":\"expired\"}", TALK_PLAIN, "expired"},
        {"{\"event\":\"joinFailed\",\"error\":\"timeout\",\"left\":0}", TALK_PROBLEM, "nobody"},
        {"{\"event\":\"joinFailed\",\"error\":\"crypto\",\"left\":2}", TALK_PLAIN, "elsewhere"},
        {"{\"event\":\"newcomer\",\"name\":\"Ba\\u001b[2Jraka\"}", TALK_PLAIN, "Ba?[2Jraka"},
        {"{\"event\":\"left\",\"network\":\"" NODE_NETWORK "\"}", TALK_ALERT, "nyumbani"},
        {"{\"event\":\"sosCalled\",\"call\":{\"shown\":\"Chui\",\"text\":\"mto\"}}", TALK_ALERT,
         "Chui CALLS FOR HELP: mto; /sos seen tells them that you saw it"},
        {"{\"event\":\"sosCalled\",\"call\":{\"shown\":\"Chui CALLS FOR HELP: x\"}}", TALK_ALERT,
         "\"Chui CALLS FOR HELP: x\" CALLS FOR HELP; /sos seen"},
        {"{\"event\":\"keyChanged\",\"name\":\"Chui\"}", TALK_ALERT, "another key"},
        {"{\"event\":\"fileOffer\",\"id\":\"f1f1f1f1f1\"}", TALK_PLAIN,
         "Chui offers ramani?.png (2.0 KiB): /accept f1f1f1f1 fetches it"},
        {"{\"event\":\"fileSent\",\"send\":1,\"id\":\"f1f1f1f1f1\"}", TALK_PLAIN,
         "your file ramani?.png is offered"},
        {"{\"event\":\"fileRefused\",\"error\":\"denied\"}", TALK_PROBLEM,
         "a file is not offered: the node may not read it"},
        {"{\"event\":\"fileRefused\",\"error\":\"not_found\"}", TALK_PROBLEM,
         "a file is not offered: it is not there"},
        {"{\"event\":\"fileRefused\",\"error\":\"corrupt\"}", TALK_PROBLEM,
         "a file is not offered: it changed"},
        {"{\"event\":\"fileRefused\",\"error\":\"limit\"}", TALK_PROBLEM,
         "a file is not offered: it may have 64 GiB"},
        {"{\"event\":\"fileRefused\",\"error\":\"io\"}", TALK_PROBLEM,
         "a file is not offered (io); try again"},
        {"{\"event\":\"fileDone\",\"path\":\"/home/a\"}", TALK_PLAIN, "a file is here: /home/a"},
        {"{\"event\":\"fileDone\",\"path\":\"downloads/a\"}", TALK_PLAIN, downloaded},
    };
    (void)state;
    (void)snprintf(downloaded, sizeof downloaded, "a file is here: %s/downloads/a", node_folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        told.line[0] = '\0';
        node_event_take(json_loads(cases[i].event, 0, NULL));
        node_settle();
        if (strstr(told.line, cases[i].part) == NULL) {
            fail_msg("'%s' does not hold '%s'", told.line, cases[i].part);
        }
        assert_int_equal(told.tone, cases[i].tone);
    }
    const int before = told.told; /* what is not known is nothing, nor is an own offer */
    node_event_take(json_pack("{s:s, s:s}", "event", "fileOffer", "id", "aa"));
    node_event_take(json_pack("{s:s}", "event", "later"));
    node_event_take(json_object());
    node_event_take(json_pack("{s:i, s:[]}", "event", 1, "network"));
    node_event_take(json_pack("{s:s, s:[]}", "event", "said", "network"));
    node_event_take(json_pack("{s:s}", "event", "direct"));
    node_settle();
    assert_int_equal(told.told, before);
}

/* A code that was opened here withdrew the one before: that is no news. */
static void an_older_codes_end_is_not_told(void **state)
{
    (void)state;
    json_t *older =
        json_pack("{s:s, s:s, s:i}", "event", "codeClosed", "reason", "withdrawn", "number", 7);
    json_t *ours = json_pack("{s:s, s:i}", "event", "codeClosed", "number", 8);
    assert_false(talk_code_is_older(the_talk, older));
    talk_code_opened(the_talk, 7);
    assert_true(talk_code_is_older(the_talk, older));
    assert_false(talk_code_is_older(the_talk, ours));
    json_decref(older);
    json_decref(ours);
    talk_code_opened(the_talk, 1000000);
    const int before = told.told;
    node_event_take(json_pack("{s:s, s:s}", "event", "codeClosed", "reason", "withdrawn"));
    node_settle();
    assert_int_equal(told.told, before);
}

static void denied_is(bool is_denied)
{
    node.is_denied = is_denied;
    node_event_take(
        json_pack("{s:s, s:s}", "event", is_denied ? "denied" : "letIn", "network", NODE_NETWORK));
    node_settle();
    node_later(); /* the lists are asked for again */
}

/* Others say that we are not in the network any more: told once, and when it is over. */
static void what_others_say_of_us_is_told_once(void **state)
{
    const int before = told.told;
    (void)state;
    denied_is(true);
    assert_int_equal(told.told, before + 1);
    assert_int_equal(told.tone, TALK_ALERT);
    assert_string_equal(told.line, "the others say that you are not in nyumbani any more, and do "
                                   "not hear you: ask one of them");
    assert_true(talk_network_at(the_talk, 0)->is_denied);
    denied_is(true);
    assert_int_equal(told.told, before + 1);
    denied_is(false);
    assert_int_equal(told.told, before + 2);
    assert_string_equal(told.line, "nobody says any more that you are not in nyumbani");
    assert_false(talk_network_at(the_talk, 0)->is_denied);
}

static void clock_is(int others)
{
    node.clock_others = others;
    node_event_take(json_pack("{s:s}", "event", "clock"));
    node_settle();
    node_later();
}

static void a_wrong_clock_is_told_once_and_when_it_is_set(void **state)
{
    (void)state;
    node_later();
    const int before = told.told;
    clock_is(2);
    assert_int_equal(told.told, before + 1);
    assert_int_equal(told.tone, TALK_ALERT);
    assert_string_equal(told.line, "this machine's clock is 1 d 0 h ahead of that of the others "
                                   "here: set it, or let the system keep it ('timedatectl "
                                   "set-ntp true')");
    assert_int_equal(talk_status(the_talk)->clock_others, 2);
    clock_is(1);
    assert_int_equal(told.told, before + 1);
    clock_is(0);
    assert_int_equal(told.told, before + 2);
    assert_string_equal(told.line, "nobody says any more that this machine's clock is wrong");
}

/* Who has gone is counted no more: by the network, and not only by the node. */
static void neighbours_of_a_network_come_and_go(void **state)
{
    (void)state;
    assert_int_equal(talk_network_at(the_talk, 0)->neighbours, 1);
    node.parted = 1;
    node_event_take(json_pack("{s:s, s:s}", "event", "parted", "peer", "12D3"));
    node_settle();
    node_later();
    assert_int_equal(talk_network_at(the_talk, 0)->neighbours, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE(what_is_said_counts),
        NODE(what_is_filtered_does_not_count),
        NODE(a_message_in_a_new_chat_opens_it),
        NODE(what_is_said_in_a_new_room_is_not_lost),
        NODE(events_become_sentences),
        NODE(an_older_codes_end_is_not_told),
        NODE(what_others_say_of_us_is_told_once),
        NODE(a_wrong_clock_is_told_once_and_when_it_is_set),
        NODE(neighbours_of_a_network_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
