/*
 * The key made ahead: handed out once, made again in the next turn, wiped.
 */
#include "tests/base/unit.h"

#include <string.h>

#include "net/spare.h"

static uint8_t filling;

static void fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, ++filling, len);
}

static void turn_at(struct port *port, uint64_t now)
{
    port->turn.now_ns = now;
    turn_run(&port->turn);
}

static void each_key_is_given_once(void **state)
{
    (void)state;
    struct port port = {.random = {.fill = fill}};
    struct spare s;
    struct x25519_pair first;
    struct x25519_pair second;
    struct x25519_pair expected;
    static const struct x25519_pair none;
    turn_init(&port.turn, NULL);
    port.turn.now_ns = 1000;
    spare_init(&s, &port);
    assert_false(spare_take(&s, &first));
    turn_at(&port, 1000);
    assert_false(spare_take(&s, &first)); /* not in the turn that wants to send */
    assert_int_equal(turn_deadline(&port.turn), 1001);
    turn_at(&port, 2000);
    assert_int_equal(turn_deadline(&port.turn), TIMERS_NEVER);
    assert_true(spare_take(&s, &first));
    assert_memory_equal(&s.pair, &none, sizeof none);
    assert_false(spare_take(&s, &second));
    turn_at(&port, 3000);
    assert_true(spare_take(&s, &second));
    assert_memory_not_equal(first.secret, second.secret, sizeof first.secret);
    memcpy(expected.secret, second.secret, sizeof expected.secret);
    x25519_derive(&expected);
    assert_memory_equal(expected.public_key, second.public_key, sizeof expected.public_key);
    spare_clear(&s);
    assert_int_equal(turn_deadline(&port.turn), TIMERS_NEVER);
    turn_clear(&port.turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(each_key_is_given_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
