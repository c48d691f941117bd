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
        UNIT(who_was_away_gets_what_it_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
