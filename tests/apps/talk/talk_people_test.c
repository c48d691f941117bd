/*
 * Who is known, and whom a typed name means.
 */
#include "apps/talk/talk_people.h"

#include "tests/apps/talk/node.h"

static const struct talk_network *people(void)
{
    const struct talk_network *n = talk_network_at(the_talk, 0);
    talk_people_want(the_talk, n);
    node_settle();
    return n;
}

static void they_have_an_order(void **state)
{
    const struct talk_network *n = people();
    (void)state;
    assert_string_equal(talk_people_at(n, 0)->shown, "Amina"); /* oneself */
    assert_true(talk_people_at(n, 0)->is_self);
    assert_string_equal(talk_people_at(n, 1)->shown, "Baraka wa Kwanza");
    assert_string_equal(talk_people_at(n, 2)->shown, "Chui"); /* put out */
    assert_false(talk_people_at(n, 2)->is_member);
    assert_null(talk_people_at(n, 3));
    assert_string_equal(talk_people_find(n, NODE_BARAKA)->nick, "Baraka wa Kwanza");
    assert_null(talk_people_find(n, NODE_MAIN));
}

static void names_mean_people(void **state)
{
    const struct talk_network *n = people();
    const struct talk_member *m[4] = {NULL};
    (void)state;
    assert_int_equal(talk_people_meant(n, "Amina", m, 4), 1);
    assert_string_equal(m[0]->id, NODE_SELF);
    assert_int_equal(talk_people_meant(n, "@amina", m, 4), 1);
    assert_int_equal(talk_people_meant(n, "baraka WA kwanza", m, 4), 1);
    assert_int_equal(talk_people_meant(n, NODE_BARAKA, m, 4), 1);
    assert_int_equal(talk_people_meant(n, "Chui", m, 4), 1); /* gone, and nobody else is meant */
    assert_int_equal(talk_people_meant(n, "cc000000", m, 4), 2); /* who belongs */
    assert_int_equal(talk_people_meant(n, "cc000000", m, 1), 2);
    assert_int_equal(talk_people_meant(n, "cc0000", m, 4), 0); /* too short */
    assert_int_equal(talk_people_meant(n, "Bar", m, 4), 0);    /* nobody is guessed */
    assert_int_equal(talk_people_meant(n, "", m, 4), 0);
    assert_int_equal(talk_people_meant(n, "@", m, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODE(they_have_an_order),
        NODE(names_mean_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
