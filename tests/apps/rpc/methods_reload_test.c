/*
 * node.reload: what the program says becomes the answer.
 */
#include "apps/rpc/methods_reload.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/rpc/methods.h"
#include "tests/base/unit.h"

static struct methods methods;
static char answer[4096];
static const char *problem;

static void run(void *context, struct methods_reloaded *out)
{
    assert_ptr_equal(context, &methods);
    assert_int_equal(out->changed_count + out->later_count, 0); /* of this time alone */
    out->changed[out->changed_count++] = "auto_accept";
    out->changed[out->changed_count++] = "auto_lock";
    out->later[out->later_count++] = "bind_addr";
    (void)snprintf(out->problem, sizeof out->problem, "%s", problem);
}

static const char *ask(void)
{
    const struct jsonrpc_service service = methods_service(&methods);
    struct buf out;
    buf_init(&out, sizeof answer - 1);
    assert_int_equal(
        jsonrpc_answer(
            &service, UNIT_TEXT("{\"jsonrpc\":\"2.0\",\"method\":\"node.reload\",\"id\":1}"), &out),
        0);
    memcpy(answer, out.ptr, out.len);
    answer[out.len] = '\0';
    buf_clear(&out);
    return answer;
}

static void start(void)
{
    jsonrpc_start();
    methods = (struct methods){.reload = {.run = run, .context = &methods}};
    problem = "";
}

static void what_changed_and_what_will(void **state)
{
    (void)state;
    start();
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(strstr(ask(), "{\"changed\":[\"auto_accept\",\"auto_lock\"],"
                                      "\"later\":[\"bind_addr\"]}"));
    }
    methods.vault.is_locked = true;
    assert_non_null(strstr(ask(), "\"changed\":[")); /* a locked node has settings, too */
}

/* The name of a home may hold any bytes. */
static void a_problem_is_the_answer(void **state)
{
    (void)state;
    start();
    problem = "/h\xff/wavu.toml:3:1: there is no setting 'x'";
    assert_non_null(strstr(ask(), "\"error\":{\"code\":-32016,\"message\":"
                                  "\"/h\\uFFFD/wavu.toml:3:1: there is no setting 'x'\"}"));
}

static void who_has_no_settings_says_so(void **state)
{
    (void)state;
    start();
    methods.reload.run = NULL;
    assert_non_null(strstr(ask(), "\"code\":-32006"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_changed_and_what_will),
        UNIT(a_problem_is_the_answer),
        UNIT(who_has_no_settings_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
