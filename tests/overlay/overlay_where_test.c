/*
 * A where: addresses there and back, and what is no address.
 */
#include "overlay/overlay_where.h"

#include "tests/base/unit.h"

static struct multiaddr address_of(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse_any(&a, span_from_text(text)), 0);
    return a;
}

static void addresses_there_and_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"10.0.0.1:9000", "[2001:db8::1]:9000", "node.example:1"};
    uint8_t space[512];
    struct multiaddr out[4];
    struct wr w;
    wr_init(&w, span_mut_of(space, sizeof space));
    for (size_t i = 0; i < 3; i++) {
        struct multiaddr a = address_of(texts[i]);
        overlay_where_put(&w, &a);
    }
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(overlay_where_read(wr_span(&w), out, 4), 3);
    for (size_t i = 0; i < 3; i++) {
        struct multiaddr a = address_of(texts[i]);
        assert_true(multiaddr_is_equal(&out[i], &a));
    }
    assert_int_equal(overlay_where_read(wr_span(&w), out, 2), 2);
    for (size_t cut = 0; cut < w.len; cut++) { /* whatever is whole before the cut */
        assert_true(overlay_where_read(span_of(space, cut), out, 4) < 3);
    }
}

static void as_many_as_fit_are_written(void **state)
{
    (void)state;
    const struct multiaddr addresses[] = {address_of("10.0.0.1:9000"), address_of("10.0.0.2:9000"),
                                          address_of("10.0.0.3:9000")};
    uint8_t space[512];
    struct multiaddr out[4];
    size_t all = overlay_where_write(span_mut_of(space, sizeof space), addresses, 3);
    assert_int_equal(overlay_where_read(span_of(space, all), out, 4), 3);
    for (size_t room = 0; room <= all; room++) {
        size_t len = overlay_where_write(span_mut_of(space, room), addresses, 3);
        assert_int_equal(len, room * 3 / all * (all / 3)); /* three of one length */
        assert_int_equal(overlay_where_read(span_of(space, len), out, 4), room * 3 / all);
    }
}

static void what_is_no_address_ends_it(void **state)
{
    (void)state;
    static const uint8_t rows[][8] = {
        {0}, {0x80, 0x80, 0x80}, {3, 0xff, 0xff, 0xff}, {7, 4, 1, 2, 3, 4, 6, 0}, {200}};
    struct multiaddr out[4];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(overlay_where_read(span_of(rows[i], sizeof rows[i]), out, 4), 0);
    }
    assert_int_equal(overlay_where_read(span_empty(), out, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(addresses_there_and_back),
        UNIT(as_many_as_fit_are_written),
        UNIT(what_is_no_address_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
