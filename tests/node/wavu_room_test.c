/*
 * Rooms through the public interface, on whole nodes in the simulator: made, found by name, changed
 * by who may, counted as read.
 */
#include "wavu/rooms.h"

#include "tests/node/people.h"

struct listed {
    char text[512]; /* "name/topic/unread|" */
    size_t count;
    struct wavu_room last;
};

static void on_room(void *context, const struct wavu_room *room)
{
    struct listed *l = context;
    size_t used = strlen(l->text);
    (void)snprintf(l->text + used, sizeof l->text - used, "%s/%s/%u|",
                   room->is_main ? "main" : room->name, room->topic, (unsigned)room->unread);
    l->count++;
    l->last = *room;
}

static struct listed list(size_t i)
{
    struct listed l = {.count = 0};
    assert_int_equal(wavu_rooms(h.nodes[i], NULL, on_room, &l), 0);
    return l;
}

static void say_in(size_t i, const char *room, const char *text)
{
    const struct wavu_words words = {.room = room, .text = text, .text_len = strlen(text)};
    int rc = WAVU_ERR_AGAIN;
    for (int k = 0; k < 60 && rc == WAVU_ERR_AGAIN; k++) { /* keys are renewed */
        rc = wavu_say_words(h.nodes[i], &words, NULL);
        run(3);
    }
    assert_int_equal(rc, 0);
}

static void make_room(size_t i, const struct wavu_room_wish *wish, char id[WAVU_KEY_TEXT_MAX])
{
    int rc = WAVU_ERR_AGAIN;
    for (int k = 0; k < 60 && rc == WAVU_ERR_AGAIN; k++) {
        rc = wavu_room_make(h.nodes[i], NULL, wish, id);
        run(3);
    }
    assert_int_equal(rc, 0);
}

static void begin(uint64_t seed)
{
    start(seed, 2, false);
    make();
    join_at(0, 1);
    run(60);
}

static void rooms_are_made_and_changed(void **state)
{
    (void)state;
    struct wavu_room_wish wish = {.name = "plans", .topic = "where", .share = 20};
    char id[WAVU_KEY_TEXT_MAX];
    begin(31);
    assert_string_equal(list(1).text, "main//0|");
    make_room(1, &wish, id);
    struct listed seen = list(0);
    assert_string_equal(seen.text, "main//1|plans/where/0|"); /* it is told of */
    assert_string_equal(seen.last.id, id);
    assert_int_equal(seen.last.share, 20);
    say_in(0, "plans", "at noon");
    say_in(0, id, "by the well");
    assert_string_equal(list(1).text, "main//0|plans/where/2|");
    assert_int_equal(wavu_room_read(h.nodes[1], NULL, "plans", NULL), 0);
    assert_string_equal(list(1).text, "main//0|plans/where/0|");
    wish.topic = "where and when";
    assert_int_equal(wavu_room_set(h.nodes[0], NULL, "plans", &wish), 0); /* the founder may */
    run(3);
    assert_string_equal(list(1).text, "main//1|plans/where and when/0|");
    assert_int_equal(wavu_room_set(h.nodes[1], NULL, NULL, &wish), WAVU_ERR_DENIED);
    assert_int_equal(wavu_room_set(h.nodes[0], NULL, NULL, &wish), 0);
    run(3);
    assert_string_equal(list(1).text, "main/where and when/2|plans/where and when/0|");
    stop();
}

/* Without a network those of all are told, each with its own. */
static void rooms_of_all_networks(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    struct listed l = {.count = 0};
    begin(34);
    const struct listed before = list(0);
    assert_int_equal(wavu_network_make(h.nodes[0], "mountain", NULL, id), 0);
    run(3);
    assert_int_equal(list(0).count, 2);
    assert_string_equal(list(0).last.network, id);
    assert_string_equal(list(0).last.network_name, "mountain");
    assert_string_not_equal(before.last.network, id);
    assert_int_equal(wavu_rooms(h.nodes[0], before.last.network, on_room, &l), 0);
    assert_int_equal(l.count, 1);
    assert_string_equal(l.last.network, before.last.network);
    stop();
}

/* A name that two rooms have is never guessed at. */
static void names_that_are_taken_twice(void **state)
{
    (void)state;
    const struct wavu_room_wish wish = {.name = "plans"};
    const struct wavu_words words = {.room = "plans", .text = "a", .text_len = 1};
    char ids[2][WAVU_KEY_TEXT_MAX];
    begin(32);
    assert_int_equal(wavu_say_words(h.nodes[0], &words, NULL), WAVU_ERR_NOT_FOUND);
    for (size_t i = 0; i < 2; i++) {
        make_room(i, &wish, ids[i]);
    }
    assert_int_equal(list(0).count, 3);
    assert_int_equal(wavu_say_words(h.nodes[0], &words, NULL), WAVU_ERR_INVALID);
    say_in(0, ids[1], "by its id");
    stop();
}

static void what_is_no_room(void **state)
{
    (void)state;
    static char name[WAVU_ROOM_NAME_MAX + 1];
    struct listed l = {.count = 0};
    struct wavu_room_wish wish = {.name = ""};
    begin(33);
    assert_int_equal(wavu_rooms(h.nodes[0], "other", on_room, &l), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_room_make(h.nodes[0], NULL, &wish, NULL), WAVU_ERR_PROTO);
    memset(name, 'a', sizeof name - 1);
    wish.name = name;
    assert_int_equal(wavu_room_make(h.nodes[0], NULL, &wish, NULL), WAVU_ERR_LIMIT);
    wish = (struct wavu_room_wish){.name = "a", .share = WAVU_ROOM_SHARE_MAX + 1};
    assert_int_equal(wavu_room_make(h.nodes[0], NULL, &wish, NULL), WAVU_ERR_LIMIT);
    wish = (struct wavu_room_wish){.name = "\xff"};
    assert_int_equal(wavu_room_make(h.nodes[0], NULL, &wish, NULL), WAVU_ERR_PROTO);
    wish.name = "a";
    assert_int_equal(wavu_room_set(h.nodes[0], NULL, "none", &wish), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_room_read(h.nodes[0], NULL, NULL, "x"), WAVU_ERR_INVALID);
    assert_int_equal(list(0).count, 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(rooms_are_made_and_changed),
        UNIT(rooms_of_all_networks),
        UNIT(names_that_are_taken_twice),
        UNIT(what_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
