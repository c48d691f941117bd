/*
 * Chat through the public interface, on whole nodes in the simulator: all read what one says, also
 * after a restart, and are told of it; what cannot be said is refused.
 */
#include "wavu/chat.h"

#include "tests/node/people.h"

static void people_talk(void **state)
{
    (void)state;
    start(11, 3, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(60);
    say(0, "habari");
    run(3);
    say(1, "nzuri");
    run(3);
    say(2, "karibu");
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(read_all(i).text, "Amina:habari|Baraka:nzuri|Chiku:karibu|");
    }
    assert_int_equal(read_all(2).receipts, 2); /* both others have it */
    for (size_t i = 0; i < 3; i++) {
        down(i);
    }
    for (size_t i = 0; i < 3; i++) {
        up(i, false);
    }
    run(30);
    say(1, "tena");
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(read_all(i).text,
                            "Amina:habari|Baraka:nzuri|Chiku:karibu|Baraka:tena|");
    }
    stop();
}

struct heard {
    size_t kinds[WAVU_CHAT_WAITS + 1];
    char text[64];
    char room[WAVU_KEY_TEXT_MAX];     /* of the last message */
    char has_room[WAVU_KEY_TEXT_MAX]; /* of the last that somebody has */
};

static void on_chat(void *context, const struct wavu_chat_event *event)
{
    struct heard *t = context;
    t->kinds[event->kind]++;
    if (event->kind == WAVU_CHAT_MESSAGE) {
        (void)snprintf(t->text, sizeof t->text, "%s: %.*s", event->message->nick,
                       (int)event->message->text_len, event->message->text);
        assert_int_equal(strlen(event->network), 64);
        assert_int_equal(strlen(event->room), 64);
        memcpy(t->room, event->room, sizeof t->room);
    } else if (event->kind == WAVU_CHAT_HAS) {
        memcpy(t->has_room, event->room, sizeof t->has_room);
    } else if (event->kind == WAVU_CHAT_READY) {
        assert_string_equal(event->room, "");
    }
}

static void listeners_hear_of_it(void **state)
{
    (void)state;
    static struct heard heard[2];
    memset(heard, 0, sizeof heard);
    start(21, 2, false);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(wavu_chat_listen(h.nodes[i], on_chat, &heard[i]), 0);
    }
    make();
    join_at(0, 1);
    run(60);
    assert_true(wavu_chat_is_ready(h.nodes[1], "savanna"));
    assert_true(heard[1].kinds[WAVU_CHAT_READY] >= 1);
    say(0, "habari");
    run(5);
    assert_string_equal(heard[1].text, "Amina: habari");
    assert_string_equal(heard[1].room, heard[0].room);
    assert_string_equal(heard[0].has_room, heard[0].room);
    assert_int_equal(heard[0].kinds[WAVU_CHAT_MESSAGE], 1); /* one's own, too */
    assert_true(heard[0].kinds[WAVU_CHAT_HAS] >= 1);
    stop();
}

static void what_cannot_be_said(void **state)
{
    (void)state;
    static char long_text[WAVU_TEXT_MAX + 1];
    struct read r = {.count = 0};
    start(22, 1, false);
    assert_int_equal(wavu_say(h.nodes[0], NULL, "a", 1, NULL), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_history(h.nodes[0], NULL, 10, on_message, &r), WAVU_ERR_NOT_FOUND);
    assert_false(wavu_chat_is_ready(h.nodes[0], NULL));
    make();
    run(5);
    assert_int_equal(wavu_say(h.nodes[0], "other", "a", 1, NULL), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_say(h.nodes[0], NULL, "\xff", 1, NULL), WAVU_ERR_PROTO);
    assert_int_equal(wavu_say(h.nodes[0], NULL, long_text, sizeof long_text, NULL), WAVU_ERR_LIMIT);
    say(0, "peke yangu"); /* alone one can talk, too */
    assert_int_equal(wavu_history(h.nodes[0], NULL, 10, on_message, &r), 0);
    assert_int_equal(r.count, 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(people_talk),
        UNIT(listeners_hear_of_it),
        UNIT(what_cannot_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
