/*
 * What a person types to say whom and where.
 */
#include "apps/rpc/peer_at.h"

#include <string.h>

#include "tests/base/unit.h"

#define ID "12D3KooWRH71QRJe5vrMp6zZXoH4K7z5MDSWwTXXPriG9dK8HQXk"

static void is(const char *text, const char *address, const char *part)
{
    struct peer_at out;
    assert_int_equal(peer_at_parse(text, &out), 0);
    assert_string_equal(out.address, address);
    assert_string_equal(out.part, part);
}

static void is_not(const char *text, int err)
{
    struct peer_at out;
    assert_int_equal(peer_at_parse(text, &out), err);
    assert_string_equal(out.address, "");
    assert_string_equal(out.part, "");
}

static void a_place_has_a_port(void **state)
{
    (void)state;
    is("192.0.2.7:80", "/ip4/192.0.2.7/tcp/80", "");
    is("192.0.2.7", "/ip4/192.0.2.7/tcp/9000", "");
    is("node.example", "/dns/node.example/tcp/9000", "");
    is("2001:db8::7", "/ip6/2001:db8::7/tcp/9000", "");
    is("[2001:db8::7]:80", "/ip6/2001:db8::7/tcp/80", "");
    is("/ip4/192.0.2.7/tcp/80/p2p/" ID, "/ip4/192.0.2.7/tcp/80/p2p/" ID, "");
    is_not("", WAVU_ERR_INVALID);
    is_not("two words", WAVU_ERR_INVALID);
    is_not("192.0.2.7:99999", WAVU_ERR_INVALID);
    is_not("/ip4/192.0.2.7/tcp", WAVU_ERR_INVALID);
}

static void who_has_to_answer_stands_before_it(void **state)
{
    (void)state;
    is(ID "@192.0.2.7", "/ip4/192.0.2.7/tcp/9000/p2p/" ID, "");
    is(ID "@node.example:80", "/dns/node.example/tcp/80/p2p/" ID, "");
    is("riG9dK8HQXk@192.0.2.7:80", "/ip4/192.0.2.7/tcp/80", "riG9dK8HQXk");
    is("12D3KooWRH@[2001:db8::7]:80", "/ip6/2001:db8::7/tcp/80", "12D3KooWRH");
    is_not("HQXk@192.0.2.7", WAVU_ERR_PEER_ID);                    /* too little of it */
    is_not("@192.0.2.7", WAVU_ERR_PEER_ID);                        /* nothing */
    is_not("amina juma@192.0.2.7", WAVU_ERR_PEER_ID);              /* no letters of an id */
    is_not(ID "x@192.0.2.7", WAVU_ERR_PEER_ID);                    /* too much */
    is_not(ID "@/ip4/192.0.2.7/tcp/80/p2p/" ID, WAVU_ERR_PEER_ID); /* it is said twice */
    is_not("riG9dK8HQXk@", WAVU_ERR_INVALID);
}

static void a_part_is_a_beginning_or_an_end(void **state)
{
    (void)state;
    assert_true(peer_at_fits(ID, ""));
    assert_true(peer_at_fits(ID, ID));
    assert_true(peer_at_fits(ID, "12D3KooWRH"));
    assert_true(peer_at_fits(ID, "9dK8HQXk"));
    assert_false(peer_at_fits(ID, "9dK8HQX"));
    assert_false(peer_at_fits("short", "longer than it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_place_has_a_port),
        UNIT(who_has_to_answer_stands_before_it),
        UNIT(a_part_is_a_beginning_or_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
