/*
 * Whom texts mention.
 */
#include "apps/talk/talk_mention.h"

#include "tests/apps/talk/node.h"

static size_t mentions(const char *text)
{
    json_t *params = json_object();
    talk_mention_put(talk_network_at(the_talk, 0), text, params);
    const size_t count = json_array_size(json_object_get(params, "mentions"));
    assert_true((json_object_get(params, "mentions") != NULL) == (count > 0));
    json_decref(params);
    return count;
}

static void names_behind_an_at(void **state)
{
    (void)state;
    talk_people_want(the_talk, talk_network_at(the_talk, 0));
    node_settle();
    assert_int_equal(mentions("@Amina"), 1);
    assert_int_equal(mentions("habari @amina!"), 1);
    assert_int_equal(mentions("(@Amina), @Amina."), 1);
    assert_int_equal(mentions("@\"Baraka wa Kwanza\" na @Amina"), 2);
    assert_int_equal(mentions("@\"Baraka wa Kwanza na @Amina"), 1); /* the quote has no end */
    assert_int_equal(mentions("a@Amina"), 0);                       /* an address */
    assert_int_equal(mentions("@Chui"), 0);                         /* put out */
    assert_int_equal(mentions("@Simba"), 0);
    assert_int_equal(mentions("@"), 0);
    assert_int_equal(mentions("@ @\" @@ @\"\""), 0);
    assert_int_equal(mentions(""), 0);
    assert_int_equal(mentions("@cc000000"), 0);         /* several */
    assert_int_equal(mentions("@\"Simba @Amina\""), 0); /* what stands in quotes is one name */
}

int main(void)
{
    const struct CMUnitTest tests[] = {NODE(names_behind_an_at)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
