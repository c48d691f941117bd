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

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_put_out_reads_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
