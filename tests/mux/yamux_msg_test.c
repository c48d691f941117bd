/* yamux header: the specification's layout, refusals, round trip. */
#include "mux/yamux_msg.h"

#include "base/random.h"
#include "tests/base/unit.h"
#include "wavu/err.h"

static void test_layout(void **state)
{
    (void)state;
    const uint8_t wire[] = {0, 1, 0x12, 0x0d, 1, 2, 3, 4, 0xfa, 0xfb, 0xfc, 0xfd};
    struct yamux_msg msg;
    uint8_t out[YAMUX_MSG_SIZE];
    assert_int_equal(yamux_msg_decode(span_of(wire, sizeof wire), &msg), 0);
    assert_int_equal(msg.type, YAMUX_MSG_WINDOW);
    assert_int_equal(msg.flags, 0x1200 | YAMUX_MSG_SYN | YAMUX_MSG_FIN | YAMUX_MSG_RST);
    assert_int_equal(msg.stream, 0x01020304);
    assert_int_equal(msg.length, 0xfafbfcfd);
    yamux_msg_encode(&msg, out);
    assert_memory_equal(out, wire, sizeof wire);
}

static void test_refusals(void **state)
{
    (void)state;
    uint8_t wire[YAMUX_MSG_SIZE + 1] = {0};
    struct yamux_msg msg;
    assert_int_equal(yamux_msg_decode(span_of(wire, YAMUX_MSG_SIZE), &msg), 0);
    assert_int_equal(yamux_msg_decode(span_of(wire, YAMUX_MSG_SIZE - 1), &msg), WAVU_ERR_PROTO);
    assert_int_equal(yamux_msg_decode(span_of(wire, YAMUX_MSG_SIZE + 1), &msg), WAVU_ERR_PROTO);
    wire[1] = 3;
    assert_int_equal(yamux_msg_decode(span_of(wire, YAMUX_MSG_SIZE), &msg), 0);
    wire[1] = 4;
    assert_int_equal(yamux_msg_decode(span_of(wire, YAMUX_MSG_SIZE), &msg), WAVU_ERR_PROTO);
    wire[1] = 0;
    wire[0] = 1;
    assert_int_equal(yamux_msg_decode(span_of(wire, YAMUX_MSG_SIZE), &msg), WAVU_ERR_PROTO);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 3);
    struct random random = random_from_seeded(&seeded);
    for (int i = 0; i < 1000; i++) {
        uint8_t in[YAMUX_MSG_SIZE];
        uint8_t out[YAMUX_MSG_SIZE];
        struct yamux_msg msg;
        random_fill(&random, in, sizeof in);
        in[0] = 0;
        in[1] &= 3;
        assert_int_equal(yamux_msg_decode(span_of(in, sizeof in), &msg), 0);
        yamux_msg_encode(&msg, out);
        assert_memory_equal(in, out, sizeof in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_layout),
        UNIT(test_refusals),
        UNIT(test_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
