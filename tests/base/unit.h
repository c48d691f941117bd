/*
 * What every cmocka test includes, in the order that cmocka asks for.
 */
#ifndef TESTS_BASE_UNIT_H
#define TESTS_BASE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/span.h"

/* A test's setup and teardown: what it allocated must be freed when it ends. */
static inline int unit_count_memory(void **state)
{
    static size_t before;

    before = mem_live_count();
    *state = &before;
    return 0;
}

static inline int unit_compare_memory(void **state)
{
    const size_t *before = *state;

    return *before == mem_live_count() ? 0 : -1;
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, unit_count_memory, unit_compare_memory)
#define UNIT_TEXT(text) span_of("" text, sizeof(text) - 1)

#endif
