/*
 * Packets that tests write down as hexadecimal digits.
 */
#ifndef TESTS_DISCOVERY_HEX_H
#define TESTS_DISCOVERY_HEX_H

#include "base/multibase.h"
#include "tests/base/unit.h"

/* The bytes of `text`, in static memory until the next call. */
static inline struct span hex(const char *text)
{
    static uint8_t room[2048];
    struct wr w;
    size_t at = 0;

    for (; *text != '\0'; text += 2) {
        struct span two = span_of(text, 2);

        wr_init(&w, span_mut_of(room + at, sizeof room - at));
        assert_int_equal(multibase_decode(&w, MULTIBASE_BASE16, two), 0);
        at++;
        assert_true(at < sizeof room);
    }
    return span_of(room, at);
}

#endif
