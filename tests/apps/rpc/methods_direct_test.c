/*
 * The methods of direct chats and histories, against a real node that is alone in its network.
 */
#include "apps/rpc/methods_direct.h"

#include "tests/apps/rpc/asked.h"
#include "wavu/direct.h"

#define NOBODY "0000000000000000000000000000000000000000000000000000000000000000"

static int start_in_network(void **state)
{
    char id[WAVU_KEY_TEXT_MAX];
    const int rc = start(state);
    return rc < 0 ? rc : wavu_network_make(f.methods.node, "savanna", NULL, id);
}

static void expect_error(const char *method, const char *params, int code)
{
    json_t *answer = ask(method, params);
    const json_t *error = json_object_get(answer, "error");
    assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
    assert_true(json_string_length(json_object_get(error, "message")) > 10);
    json_decref(answer);
}

static size_t count_of(const char *method, const char *params, const char *key)
{
    json_t *answer = ask(method, params);
    const json_t *list = json_object_get(json_object_get(answer, "result"), key);
    assert_true(json_is_array(list));
    const size_t count = json_array_size(list);
    json_decref(answer);
    return count;
}

static void what_is_asked_wrongly(void **state)
{
    (void)state;
    expect_error("direct.say", "{}", JSONRPC_INVALID_PARAMS);
    expect_error("direct.say", "{\"member\":3,\"text\":\"a\"}", JSONRPC_INVALID_PARAMS);
    expect_error("direct.say", "{\"member\":\"" NOBODY "\",\"text\":\"a\",\"seconds\":-1}",
                 JSONRPC_INVALID_PARAMS);
    expect_error("direct.chats", "{\"network\":1}", JSONRPC_INVALID_PARAMS);
    expect_error("direct.read", "{}", JSONRPC_INVALID_PARAMS);
    expect_error("direct.receipts", "{\"on\":1}", JSONRPC_INVALID_PARAMS);
    expect_error("history.look", "{\"max\":\"all\"}", JSONRPC_INVALID_PARAMS);
    expect_error("history.look", "{\"room\":\"a\",\"member\":\"b\"}", JSONRPC_INVALID_PARAMS);
    expect_error("history.look", "{\"since\":-1}", JSONRPC_INVALID_PARAMS);
    expect_error("history.look", "{\"since\":\"1\"}", JSONRPC_INVALID_PARAMS);
    expect_error("history.look", "{\"since\":1,\"words\":\"a\"}", JSONRPC_INVALID_PARAMS);
    expect_error("history.look", "{\"since\":1,\"before\":\"" NOBODY "\"}", JSONRPC_INVALID_PARAMS);
}

static void what_there_is_not(void **state)
{
    (void)state;
    expect_error("direct.say", "{\"member\":\"" NOBODY "\",\"text\":\"a\"}",
                 JSONRPC_TOO_LARGE + WAVU_ERR_NOT_FOUND);
    expect_error("direct.say", "{\"member\":\"Amina\",\"text\":\"a\"}",
                 JSONRPC_TOO_LARGE + WAVU_ERR_INVALID);
    expect_error("direct.read", "{\"member\":\"" NOBODY "\"}",
                 JSONRPC_TOO_LARGE + WAVU_ERR_NOT_FOUND);
    expect_error("direct.chats", "{\"network\":\"other\"}", JSONRPC_TOO_LARGE + WAVU_ERR_NOT_FOUND);
    expect_error("history.look", "{\"room\":\"other\"}", JSONRPC_TOO_LARGE + WAVU_ERR_NOT_FOUND);
    expect_error("history.look", "{\"member\":\"" NOBODY "\"}",
                 JSONRPC_TOO_LARGE + WAVU_ERR_NOT_FOUND);
    assert_int_equal(count_of("direct.chats", "{}", "chats"), 0);
    assert_int_equal(count_of("history.look", "{\"max\":0}", "messages"), 0);
    json_decref(ask("direct.receipts", "{\"on\":true}"));
}

/* A page of long texts is cut where an answer would be too long, and says so. */
static void long_pages_are_cut(void **state)
{
    static char text[WAVU_TEXT_MAX];
    char params[256];
    size_t said = 0;
    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t tries = 0; said < 40 && tries < 400; tries++) {
        said += wavu_say(f.methods.node, NULL, text, sizeof text, NULL) == 0 ? 1 : 0;
        wavu_os_run(f.os, 20);
    }
    assert_int_equal(said, 40);
    json_t *listed = ask("room.list", "{}");
    const json_t *room =
        json_array_get(json_object_get(json_object_get(listed, "result"), "rooms"), 0);
    assert_true(json_is_integer(json_object_get(room, "read")));
    json_decref(listed);
    json_t *answer = ask("history.look", "{\"max\":40}"); /* 2.6 MB */
    size_t count = json_array_size(json_object_get(json_object_get(answer, "result"), "messages"));
    assert_true(count >= 20 && count < 40);
    assert_true(json_is_true(json_object_get(json_object_get(answer, "result"), "isMore")));
    json_decref(answer);
    answer = ask("history.look", "{\"max\":2}");
    json_t *result = json_object_get(answer, "result");
    const json_t *messages = json_object_get(result, "messages");
    assert_int_equal(json_array_size(messages), 2);
    assert_true(json_is_true(json_object_get(result, "isMore")));
    const json_t *one = json_array_get(messages, 0);
    assert_int_equal(json_string_length(json_object_get(one, "text")), WAVU_TEXT_MAX);
    assert_true(json_is_null(json_object_get(one, "state")));
    (void)snprintf(params, sizeof params, "{\"max\":1,\"before\":\"%s\"}",
                   json_string_value(json_object_get(one, "id")));
    assert_int_equal(count_of("history.look", params, "messages"), 1);

    /* Forward the first ones are there, and `isMore`. */
    (void)snprintf(params, sizeof params, "{\"max\":5,\"after\":\"%s\"}",
                   json_string_value(json_object_get(one, "id")));
    assert_int_equal(count_of("history.look", params, "messages"), 1);
    (void)snprintf(params, sizeof params, "{\"at\":\"%s\"}",
                   json_string_value(json_object_get(one, "id")));
    assert_int_equal(count_of("history.look", params, "messages"), 1);
    (void)snprintf(params, sizeof params, "{\"at\":\"%s\",\"after\":\"%s\"}",
                   json_string_value(json_object_get(one, "id")),
                   json_string_value(json_object_get(one, "id")));
    expect_error("history.look", params, JSONRPC_TOO_LARGE + WAVU_ERR_INVALID);
    json_decref(answer);

    /* So is one of what is new: in as many as it takes all come, each once. */
    json_int_t number = 0;
    bool is_more = true;
    size_t came = 0;
    while (is_more) {
        (void)snprintf(params, sizeof params, "{\"max\":40,\"since\":%lld}", (long long)number);
        answer = ask("history.look", params);
        result = json_object_get(answer, "result");
        count = json_array_size(json_object_get(result, "messages"));
        assert_true(count > 0 && count < 40);
        came += count;
        number = json_integer_value(json_object_get(result, "upTo"));
        assert_int_equal(number, came);
        is_more = json_is_true(json_object_get(result, "isMore"));
        json_decref(answer);
    }
    assert_int_equal(came, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_asked_wrongly, start_in_network, stop),
        cmocka_unit_test_setup_teardown(what_there_is_not, start_in_network, stop),
        cmocka_unit_test_setup_teardown(long_pages_are_cut, start_in_network, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
