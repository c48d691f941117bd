/*
 * Ids and addresses between bytes and text.
 */
#include "apps/p2pd/p2pd_form.h"

#include <string.h>

#include "tests/base/unit.h"

static const char peer[] = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";

static void an_id_goes_there_and_back(void **state)
{
    struct p2pd_form_peer bytes;
    char text[WAVU_PEER_TEXT_MAX];
    (void)state;
    p2pd_form_bytes(peer, &bytes);
    assert_int_equal(bytes.len, 38);
    assert_int_equal(p2pd_form_text(span_of(bytes.bytes, bytes.len), text), 0);
    assert_string_equal(text, peer);
    assert_int_equal(p2pd_form_text(span_empty(), text), WAVU_ERR_INVALID);
    static const uint8_t longer[MULTIADDR_PEER_SIZE_MAX + 1];
    assert_int_equal(p2pd_form_text(span_of(longer, sizeof longer), text), WAVU_ERR_INVALID);
    p2pd_form_bytes("0OIl", &bytes);
    assert_int_equal(bytes.len, 0);
}

static void an_address_loses_its_id(void **state)
{
    struct multiaddr address;
    struct multiaddr bare;
    char text[128];
    (void)state;
    (void)snprintf(text, sizeof text, "/ip4/192.0.2.1/tcp/9/p2p/%s", peer);
    assert_true(p2pd_form_address(text, &address));
    assert_int_equal(multiaddr_parse(&bare, UNIT_TEXT("/ip4/192.0.2.1/tcp/9")), 0);
    assert_true(multiaddr_is_equal(&address, &bare));
    assert_false(p2pd_form_address("", &address));
    assert_false(p2pd_form_address("nowhere", &address));
}

static void a_name_is_text_that_fits(void **state)
{
    char out[8];
    (void)state;
    assert_int_equal(p2pd_form_name(UNIT_TEXT("/x/1.00"), out, sizeof out), 0);
    assert_string_equal(out, "/x/1.00");
    assert_int_equal(p2pd_form_name(UNIT_TEXT("/x/1.000"), out, sizeof out), WAVU_ERR_INVALID);
    assert_int_equal(p2pd_form_name(span_empty(), out, sizeof out), WAVU_ERR_INVALID);
    assert_int_equal(p2pd_form_name(span_of("a\0b", 3), out, sizeof out), WAVU_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(an_id_goes_there_and_back),
        UNIT(an_address_loses_its_id),
        UNIT(a_name_is_text_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
