/*
 * Asking: answers, and all the ways in which there is none.
 */
#include "apps/rpc/rpc_client.h"

#include "tests/apps/rpc/talk.h"

static void gets_the_result(void **state)
{
    json_t *result = NULL;
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rpc_client_ask(talk_path, "hello", NULL, RPC_CLIENT_TIMEOUT_MS, &result),
                         0);
        assert_string_equal(json_string_value(result), "hello");
        json_decref(result);
    }
}

static void an_unknown_method_is_told_apart(void **state)
{
    json_t *result = NULL;
    (void)state;
    assert_int_equal(rpc_client_ask(talk_path, "absent", NULL, RPC_CLIENT_TIMEOUT_MS, &result),
                     WAVU_ERR_UNSUPPORTED);
    assert_null(result);
}

static void a_node_that_hangs_is_a_timeout(void **state)
{
    json_t *result = NULL;
    (void)state;
    assert_int_equal(rpc_client_ask(talk_path, "hang", NULL, 100, &result), WAVU_ERR_TIMEOUT);
    assert_int_equal(rpc_client_ask(talk_path, "hello", NULL, 100, &result), WAVU_ERR_TIMEOUT);
}

/* Nobody reads what it would say. */
static void a_reader_that_is_gone_ends_the_wait(void **state)
{
    json_t *result = NULL;
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(rpc_client_follow(talk_path, "hello", NULL, 60000, ends[1], &result), 0);
    json_decref(result);
    result = NULL;
    (void)close(ends[0]);
    assert_int_equal(rpc_client_follow(talk_path, "hang", NULL, 60000, ends[1], &result),
                     WAVU_ERR_CLOSED);
    assert_null(result);
    (void)close(ends[1]);
}

static void a_dead_node_is_none(void **state)
{
    json_t *result = NULL;
    char path[256];
    (void)state;
    talk_kill();
    assert_int_equal(rpc_client_ask(talk_path, "hello", NULL, 1000, &result), WAVU_ERR_NO_NODE);
    assert_int_equal(unlink(talk_path), 0);
    assert_int_equal(rpc_client_ask(talk_path, "hello", NULL, 1000, &result), WAVU_ERR_NO_NODE);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(rpc_client_ask(path, "hello", NULL, 1000, &result), WAVU_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK(gets_the_result),
        TALK(an_unknown_method_is_told_apart),
        TALK(a_node_that_hangs_is_a_timeout),
        TALK(a_reader_that_is_gone_ends_the_wait),
        TALK(a_dead_node_is_none),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
