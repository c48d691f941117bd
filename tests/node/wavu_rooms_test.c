/*
 * Rooms and keys on whole nodes, in the simulator: who was put out reads no more.
 */
#include "node/wavu_rooms.h"

#include "tests/node/people.h"

static void who_is_put_out_reads_no_more(void **state)
{
    (void)state;
    start(12, 3, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(60);
    say(0, "wote");
    run(5);
    assert_string_equal(read_all(2).text, "Amina:wote|");
    struct counted c = count(0, "Chiku");
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, c.id, false), 0);
    say(0, "sisi wawili");
    run(10);
    assert_string_equal(read_all(1).text, "Amina:wote|Amina:sisi wawili|");
    struct read r = {.count = 0};
    int rc = wavu_history(h.nodes[2], NULL, 100, on_message, &r);
    assert_true(rc == WAVU_ERR_NOT_FOUND || r.count == 1);
    stop();
}

/* The others are away, and one of them was put out just before that: whoever has what is missing is
 * not waited for, since nobody is near. Who comes back reads what was said. */
static void who_is_alone_speaks_soon(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    for (uint64_t wait = 3; wait <= 9; wait += 3) {
        start(20 + wait, 3, false);
        make();
        join_at(0, 1);
        join_at(0, 2);
        run(40);
        for (size_t i = 0; i < 3; i++) {
            say(i, "wote");
        }
        run(10);
        assert_int_equal(wavu_revoke(h.nodes[0], NULL, count(0, "Baraka").id, false), 0);
        run(wait); /* the log is here, its new keys are not */
        down(0);
        down(1);
        homes_crash(&h, 2);
        up(2, false);
        int rc = WAVU_ERR_AGAIN;
        for (int i = 0; i < 10 && rc == WAVU_ERR_AGAIN; i++) {
            rc = wavu_say(h.nodes[2], NULL, "peke yangu", 10, id);
            run(1);
        }
        assert_int_equal(rc, 0);
        up(0, false);
        run(60);
        assert_non_null(strstr(read_all(0).text, "Chiku:peke yangu|"));
        stop();
    }
}

/* Two who came in were welcomed by each other, so the founder takes for its new keys what one of
 * them never had: that one asks at once, and waits for nothing. */
static void who_is_left_speaks_soon(void **state)
{
    (void)state;
    char id[WAVU_KEY_TEXT_MAX];
    int rc = WAVU_ERR_AGAIN;
    start(34, 3, false);
    make();
    run(10);
    join_at(0, 1);
    join_at(0, 2);
    run(40);
    for (size_t i = 0; i < 3; i++) {
        say(i, "wote");
    }
    run(10);
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, count(0, "Baraka").id, false), 0);
    run(3);
    for (int i = 0; i < 8 && rc != 0; i++) {
        rc = wavu_say(h.nodes[2], NULL, "sisi wawili", 11, id);
        run(1);
    }
    assert_int_equal(rc, 0);
    run(5);
    assert_non_null(strstr(read_all(0).text, "Chiku:sisi wawili|"));
    stop();
}

/* Longer than the mesh keeps broadcasts; and somebody comes in meanwhile. */
static void who_was_away_gets_what_it_missed(void **state)
{
    (void)state;
    start(13, 4, false);
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(60);
    say(0, "kabla");
    run(5);
    down(2);
    for (int i = 0; i < 5; i++) {
        say((size_t)i % 2, "kati");
        run(600);
    }
    join_at(0, 3);
    run(60);
    say(1, "mpya");
    run(600);
    up(2, false);
    run(120);
    assert_string_equal(read_all(2).text, read_all(0).text);
    assert_int_equal(read_all(2).count, 7);
    assert_string_equal(read_all(3).text, "Baraka:mpya|");
    say(2, "asante");
    run(5);
    assert_int_equal(read_all(0).count, 8);
    assert_string_equal(read_all(3).text, "Baraka:mpya|Chiku:asante|");
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_put_out_reads_no_more),
        UNIT(who_is_alone_speaks_soon),
        UNIT(who_is_left_speaks_soon),
        UNIT(who_was_away_gets_what_it_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
