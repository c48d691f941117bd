/*
 * Networks with members on whole nodes, in the simulator: people join, find each other again after
 * a restart, and put somebody out.
 */
#include "node/wavu_networks.h"

#include "tests/node/people.h"

static void people_join_and_find_each_other_again(void **state)
{
    (void)state;
    start(1, 3, false);
    make();
    join_at(0, 1);
    assert_string_equal(told[0].name, "Baraka");
    assert_string_equal(told[1].name, "Amina");
    assert_string_equal(told[0].word, "used");
    join_at(1, 2); /* the second brings in the third, the first hears of it */
    run(30);
    for (size_t i = 0; i < 3; i++) {
        struct counted c = count(i, "Chiku");
        assert_int_equal(c.members, 3);
        assert_int_equal(c.online, 3);
        assert_int_equal(strlen(c.id), 64);
    }
    for (size_t i = 0; i < 3; i++) {
        down(i);
    }
    for (size_t i = 0; i < 3; i++) {
        up(i, false);
    }
    run(60);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(count(i, NULL).members, 3);
        assert_int_equal(count(i, NULL).online, 3);
    }
    stop();
}

/* Within five seconds everywhere, also where the revoker is not connected. */
static void who_is_put_out_is_cut_off(void **state)
{
    (void)state;
    start(5, 4, false);
    make();
    for (size_t i = 1; i < 4; i++) {
        join_at(0, i);
    }
    run(30);
    struct counted c = count(0, "Daudi");
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, c.id, false), 0);
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(count(i, NULL).members, 3);
        struct wavu_networks_one *o =
            LIST_OF(list_next(&h.nodes[i]->networks->ones, &h.nodes[i]->networks->ones),
                    struct wavu_networks_one, link);
        struct overlay_id gone;
        assert_int_equal(overlay_id_from_peer(&gone, &h.nodes[3]->swarm.self), 0);
        assert_false(views_is_active(&overlay_mesh(o->overlay)->views, &gone));
    }
    run(60); /* and it does not come back */
    struct wavu_networks_one *o =
        LIST_OF(list_next(&h.nodes[1]->networks->ones, &h.nodes[1]->networks->ones),
                struct wavu_networks_one, link);
    assert_int_equal(views_active_count(&overlay_mesh(o->overlay)->views), 2);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(people_join_and_find_each_other_again),
        UNIT(who_is_put_out_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
