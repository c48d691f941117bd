/*
 * log.get, log.set: levels asked and set.
 */
#include "apps/rpc/methods_log.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/rpc/methods.h"
#include "base/log_levels.h"
#include "tests/base/unit.h"

static struct methods methods;
static struct log_levels levels;
static size_t changes;
static char answer[4096];

static void on_change(void *context)
{
    assert_ptr_equal(context, &levels);
    changes++;
}

static void start(void)
{
    jsonrpc_start();
    log_levels_init(&levels, LOG_WARN);
    changes = 0;
    methods = (struct methods){.log = {&levels, false, on_change, &levels}};
}

static const char *ask(const char *method, const char *params)
{
    const struct jsonrpc_service service = methods_service(&methods);
    struct buf out;
    char line[1024];
    (void)snprintf(line, sizeof line,
                   "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s,\"id\":1}", method,
                   params);
    buf_init(&out, sizeof answer - 1);
    assert_int_equal(jsonrpc_answer(&service, span_from_text(line), &out), 0);
    memcpy(answer, out.ptr, out.len);
    answer[out.len] = '\0';
    buf_clear(&out);
    return answer;
}

static void levels_are_told_and_set(void **state)
{
    (void)state;
    start();
    assert_non_null(strstr(ask("log.get", "{}"), "\"level\":\"warn\""));
    assert_non_null(strstr(answer, "\"keep\":\"warn\""));
    assert_non_null(strstr(answer, "\"format\":\"text\""));
    methods.log.is_json = true;
    methods.vault.is_locked = true; /* its log goes on */
    assert_non_null(
        strstr(ask("log.set", "{\"level\":\"info,keep=debug\"}"), "\"keep\":\"debug\""));
    assert_non_null(strstr(answer, "\"level\":\"info\""));
    assert_non_null(strstr(answer, "\"swarm\":\"info\""));
    assert_non_null(strstr(answer, "\"format\":\"json\""));
    assert_int_equal(changes, 1);
    assert_int_equal(log_levels_of(&levels, "keep"), LOG_DEBUG);
}

static void what_is_wrong_changes_nothing(void **state)
{
    static const char *const wrong[] = {"{}", "{\"level\":3}", "{\"level\":\"loud\"}",
                                        "{\"level\":\"debug \"}", "[\"debug\"]"};
    (void)state;
    start();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_non_null(strstr(ask("log.set", wrong[i]), "\"code\":-32602"));
        assert_int_equal(log_levels_most(&levels), LOG_WARN);
    }
    assert_int_equal(changes, 0);
    methods.log.levels = NULL;
    assert_non_null(strstr(ask("log.get", "{}"), "\"code\":-32006"));
    assert_non_null(strstr(ask("log.set", "{\"level\":\"debug\"}"), "\"code\":-32006"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(levels_are_told_and_set),
        UNIT(what_is_wrong_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
