/*
 * The default policy is an open node's.
 */
#include "tests/base/unit.h"
#include "net/policy.h"

static void everyone_may_connect_and_is_a_member(void **state)
{
    (void)state;
    struct policy p;
    struct multiaddr remote = {.len = 0};
    struct peerid peer = {.len = 0};
    policy_init_open(&p);
    assert_true(p.may_accept(p.context, &remote));
    assert_true(p.may_dial(p.context, &remote));
    assert_true(p.may_connect(p.context, &peer, true));
    assert_true(p.may_connect(p.context, &peer, false));
    assert_int_equal(p.standing(p.context, &peer), STREAM_MEMBER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(everyone_may_connect_and_is_a_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
