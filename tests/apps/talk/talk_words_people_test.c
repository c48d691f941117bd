/*
 * Commands about people and networks.
 */
#include "apps/talk/talk_words_people.h"

#include "tests/apps/talk/node_words.h"

static void codes(void **state)
{
    (void)state;
    type("/invite");
    assert_int_equal(words_outcome, TALK_WORDS_INVITE);
    assert_string_equal(asked("network"), NODE_NETWORK);
    holds("open for 10 min; they type: wavu join 7-simba-mto-jua");
    words_shows = true; /* a face with a pop-up: no lines */
    const int before = told.told;
    type("/invite");
    assert_int_equal(told.told, before);
    words_shows = false;
    type("/invite " NODE_KEY);
    assert_string_equal(asked("key"), NODE_KEY);
    type("/invite abc");
    assert_int_equal(words_err, WAVU_ERR_INVALID);
    type("/join 7-simba-mto-jua /ip4/1.2.3.4/tcp/9000");
    assert_string_equal(asked("code"), "7-simba-mto-jua");
    assert_string_equal(asked("address"), "/ip4/1.2.3.4/tcp/9000");
    type("/join 7-simba-mto-jua");
    assert_null(json_object_get(node_asked, "address"));
    type("/join /ip4/1.2.3.4/tcp/9000/p2p/12D3");
    assert_string_equal(node_asked_name, "network.joinKey");
    assert_string_equal(asked("address"), "/ip4/1.2.3.4/tcp/9000/p2p/12D3");
}

static void who_is_there(void **state)
{
    (void)state;
    type("/members");
    assert_int_equal(words_outcome, TALK_WORDS_MEMBERS);
    holds("Baraka wa Kwanza: connected"); /* who was put out is not listed */
    assert_int_equal(talk_people_count(talk_network_at(the_talk, 0)), 3);
    type("/who Baraka wa Pili");
    assert_int_equal(words_err, 0);
    type("/networks");
    holds("nyumbani: members: 3, neighbours: 1");
    type("/id");
    assert_int_equal(words_outcome, TALK_WORDS_IDENTITY);
    type("/nick");
    holds("called Amina");
}

static void numbers_are_compared(void **state)
{
    (void)state;
    type("/verify Baraka wa Pili");
    assert_int_equal(words_outcome, TALK_WORDS_VERIFY);
    assert_string_equal(asked("who"), "Baraka wa Pili");
    holds("/verify Baraka wa Pili yes");
    type("/verify Baraka wa Pili yes");
    assert_string_equal(node_asked_name, "contact.verify");
    assert_string_equal(asked("who"), "Baraka wa Pili");
    assert_true(json_is_true(json_object_get(node_asked, "verified")));
    type("/verify \"Baraka wa Pili\" no");
    assert_string_equal(asked("who"), "Baraka wa Pili");
    assert_true(json_is_false(json_object_get(node_asked, "verified")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORDS(codes),
        WORDS(who_is_there),
        WORDS(numbers_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
