/*
 * Ways to the inviter, on whole nodes in the simulator: the local network, a QR, an address, a key.
 */
#include "node/wavu_joining.h"

#include "tests/node/people.h"

static void a_code_is_found_on_the_local_network(void **state)
{
    (void)state;
    struct wavu_invitation invitation;
    start(2, 2, true);
    make();
    run(2);
    assert_int_equal(wavu_invite(h.nodes[0], "savanna", "sw", &invitation), 0);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, NULL), 0);
    run(10);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_int_equal(count(0, NULL).members, 2);
    stop();
}

static void a_qr_says_where_to_go(void **state)
{
    (void)state;
    struct wavu_invitation invitation;
    start(3, 2, false);
    make();
    assert_int_equal(wavu_invite(h.nodes[0], NULL, NULL, &invitation), 0);
    assert_memory_equal(invitation.qr, "WAVU:JOIN:1:", 12);
    assert_int_equal(wavu_join(h.nodes[1], invitation.qr, NULL), 0);
    run(5);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    stop();
}

static void a_key_is_invited(void **state)
{
    (void)state;
    char key[WAVU_KEY_TEXT_MAX];
    char address[WAVU_ADDRESS_TEXT_MAX];
    start(4, 2, false);
    make();
    assert_int_equal(wavu_person(h.nodes[1], key), 0);
    assert_int_equal(wavu_invite_key(h.nodes[0], NULL, "nonsense"), WAVU_ERR_INVALID);
    assert_int_equal(wavu_invite_key(h.nodes[0], NULL, key), 0);
    assert_int_equal(wavu_join_key(h.nodes[1], "10.0.0.1:9000"), WAVU_ERR_INVALID);
    assert_true(wavu_node_address(h.nodes[0], 0, address));
    assert_int_equal(wavu_join_key(h.nodes[1], address), 0);
    run(5);
    assert_int_equal(told[1].kinds[WAVU_MEMBERS_ENTERED], 1);
    assert_int_equal(count(0, NULL).members, 2);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_code_is_found_on_the_local_network),
        UNIT(a_qr_says_where_to_go),
        UNIT(a_key_is_invited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
