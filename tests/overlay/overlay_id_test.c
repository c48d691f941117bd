/*
 * Overlay ids and peer ids say the same; other keys are no nodes of a mesh.
 */
#include "tests/base/unit.h"

#include <string.h>

#include "crypto/keys.h"
#include "overlay/overlay_id.h"

static void an_id_and_its_peer_id_lead_to_each_other(void **state)
{
    (void)state;
    struct ed25519_pair pair;
    struct peerid expected;
    struct peerid peer;
    struct overlay_id id;
    struct overlay_id again;
    uint8_t seed[32] = {7};
    ed25519_from_seed(&pair, seed);
    keys_peerid(&expected, &pair);
    assert_int_equal(overlay_id_take(&id, span_of(pair.public_key, sizeof pair.public_key)), 0);
    overlay_id_to_peer(&id, &peer);
    assert_true(peerid_is_equal(&peer, &expected));
    assert_int_equal(overlay_id_from_peer(&again, &peer), 0);
    assert_true(overlay_id_is_equal(&again, &id));
}

static void other_keys_are_refused(void **state)
{
    (void)state;
    struct peerid hashed;
    struct overlay_id id;
    uint8_t key[64] = {1};
    peerid_from_key(&hashed, span_of(key, sizeof key)); /* longer than 42 bytes: a hash */
    assert_int_equal(overlay_id_from_peer(&id, &hashed), WAVU_ERR_UNSUPPORTED);
    peerid_from_key(&hashed, span_of(key, KEYS_ED25519_PUBLIC_SIZE)); /* as long, another kind */
    assert_int_equal(overlay_id_from_peer(&id, &hashed), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(overlay_id_take(&id, span_of(key, 31)), WAVU_ERR_PROTO);
    assert_int_equal(overlay_id_take(&id, span_of(key, 33)), WAVU_ERR_PROTO);
}

static void the_order_is_that_of_the_bytes(void **state)
{
    (void)state;
    struct overlay_id a = {.bytes = {1, 255}};
    struct overlay_id b = {.bytes = {2, 0}};
    assert_true(overlay_id_order(&a, &b) < 0);
    assert_true(overlay_id_order(&b, &a) > 0);
    assert_int_equal(overlay_id_order(&a, &a), 0);
    assert_false(overlay_id_is_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(an_id_and_its_peer_id_lead_to_each_other),
        UNIT(other_keys_are_refused),
        UNIT(the_order_is_that_of_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
