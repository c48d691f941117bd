/*
 * Voices, runners and outcomes for the tests of apps/sim: what is said is caught, and a runner
 * fails as it was told to, without an engine.
 */
#ifndef TESTS_APPS_SIM_PLANTED_H
#define TESTS_APPS_SIM_PLANTED_H

#include "tests/base/unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/sim/outcome.h"
#include "apps/sim/runner.h"
#include "apps/sim/voice.h"

#define PLANTED_SAID_MAX 262144

static char planted_out[PLANTED_SAID_MAX];
static char planted_problem[1024];

PRINTF_LIKE(1, 2) static inline void planted_say(const char *format, ...)
{
    va_list arguments;
    size_t len = strlen(planted_out);
    va_start(arguments, format);
    int more = vsnprintf(planted_out + len, sizeof planted_out - len, format, arguments);
    va_end(arguments);
    assert_true(more >= 0 && (size_t)more < sizeof planted_out - len);
}

PRINTF_LIKE(2, 3) static inline int planted_complain(int exit_code, const char *format, ...)
{
    va_list arguments;
    assert_string_equal(planted_problem, ""); /* one sentence */
    va_start(arguments, format);
    (void)vsnprintf(planted_problem, sizeof planted_problem, format, arguments);
    va_end(arguments);
    return exit_code;
}

static inline bool planted_flush(void)
{
    return true;
}

static bool planted_is_quiet(void)
{
    return false;
}

static const struct voice planted_voice = {planted_say, planted_flush, planted_complain,
                                           planted_is_quiet};

static inline void planted_forget(void)
{
    planted_out[0] = '\0';
    planted_problem[0] = '\0';
}

/* A result with `count` samples, which grow by a rule of their own. */
static inline void planted_result(const struct scenario *s, size_t count, struct run_result *out)
{
    memset(out, 0, sizeof *out);
    out->is_passed = true;
    out->hash = s->seed * 1000003 + s->nodes;
    out->events = 1000 + s->nodes;
    out->virtual_ms = scenario_end_ms(s);
    out->figures = (struct run_figures){.broadcasts = 10,
                                        .owed = 100,
                                        .delivered = 100,
                                        .duplicates = 5,
                                        .first_copies = 100,
                                        .hops_max = 7,
                                        .last_delivery_us = 123456,
                                        .settled_ms = 2345,
                                        .downs_true = 3,
                                        .downs_false = 1,
                                        .detect_ms = 4567,
                                        .messages = 5000,
                                        .bytes = 123456789,
                                        .bytes_node_s = 987};
    out->sample_count = count;
    out->samples = mem_new_array(count + 1, sizeof out->samples[0]);
    for (size_t i = 0; i < count; i++) {
        out->samples[i] = (struct run_sample){.at_ms = scenario_end_ms(s) * (i + 1) / count,
                                              .alive = s->nodes,
                                              .components = 1 + (uint32_t)(i % 3),
                                              .largest = s->nodes / (1 + (uint32_t)(i % 3)),
                                              .degree_min = 2,
                                              .degree_max = 7,
                                              .degree_milli = 4500,
                                              .messages = i,
                                              .bytes = 1000 * i,
                                              .broadcasts = 1,
                                              .delivered = s->nodes - 1,
                                              .downs_true = i % 2,
                                              .downs_false = i % 5 == 0,
                                              .faults = 1};
    }
}

/* A folder of the test's own, which the test enters. */
static char planted_folder[64];

static inline int planted_enter(void **state)
{
    (void)state;
    planted_forget();
    (void)snprintf(planted_folder, sizeof planted_folder, "/tmp/wavu-sim-XXXXXX");
    return mkdtemp(planted_folder) != NULL && chdir(planted_folder) == 0 ? 0 : -1;
}

/* Only what the test has removed itself may have been there. */
static inline int planted_leave(void **state)
{
    (void)state;
    return chdir("/") == 0 && rmdir(planted_folder) == 0 ? 0 : -1;
}

#define PLANTED(test) cmocka_unit_test_setup_teardown(test, planted_enter, planted_leave)

/* The whole file, in a static buffer. */
static inline const char *planted_read(const char *path)
{
    static char text[PLANTED_SAID_MAX];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[len] = '\0';
    return text;
}

static inline void planted_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline void planted_expect(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%.2000s' does not hold '%s'", text, part);
    }
}

#endif
