/*
 * The methods of rooms, against a real node that is alone in its network.
 */
#include "apps/rpc/methods_rooms.h"

#include "tests/apps/rpc/asked.h"
#include "wavu/rooms.h"

/* The result of a method that has to wait for keys, the caller's. */
static json_t *when_ready(const char *method, const char *params)
{
    json_t *answer = ask(method, params);
    for (int i = 0; i < 500 && json_object_get(answer, "error") != NULL; i++) {
        json_decref(answer);
        wavu_os_run(f.os, 10);
        answer = ask(method, params);
    }
    json_decref(answer);
    return result_of(method, params);
}

static void make_network(void)
{
    json_decref(result_of("network.make", "{\"name\":\"savanna\"}"));
    json_decref(when_ready("room.say", "{\"text\":\"first\"}"));
}

static void rooms_are_made_listed_and_changed(void **state)
{
    (void)state;
    char params[256];
    make_network();
    json_t *made = result_of("room.make", "{\"name\":\"plans\",\"topic\":\"where\",\"share\":9}");
    json_t *listed = result_of("room.list", "{}");
    const json_t *rooms = json_object_get(listed, "rooms");
    assert_int_equal(json_array_size(rooms), 2);
    assert_true(json_is_true(json_object_get(json_array_get(rooms, 0), "isMain")));
    const json_t *room = json_array_get(rooms, 1);
    assert_string_equal(text(room, "name"), "plans");
    assert_string_equal(text(room, "topic"), "where");
    assert_string_equal(text(room, "id"), text(made, "room"));
    assert_int_equal(json_integer_value(json_object_get(room, "share")), 9);
    (void)snprintf(params, sizeof params, "{\"room\":\"%s\",\"name\":\"plan b\"}",
                   text(made, "room"));
    json_decref(result_of("room.set", params));
    json_decref(listed);
    listed = result_of("room.list", "{}");
    room = json_array_get(json_object_get(listed, "rooms"), 1);
    assert_string_equal(text(room, "name"), "plan b");
    assert_true(json_is_null(json_object_get(room, "topic")));
    json_decref(result_of("room.read", "{\"room\":\"plan b\"}"));
    json_decref(listed);
    json_decref(made);
    fails("room.make", "{}", JSONRPC_INVALID_PARAMS, "name");
    fails("room.make", "{\"name\":\"a\",\"share\":-1}", JSONRPC_INVALID_PARAMS, "whole numbers");
    fails("room.set", "{\"name\":\"a\",\"room\":\"none\"}", FAILED(WAVU_ERR_NOT_FOUND),
          "wavu rooms");
    fails("room.list", "{\"network\":\"other\"}", FAILED(WAVU_ERR_NOT_FOUND),
          "no network of that name");
}

static void all_kinds_are_said(void **state)
{
    (void)state;
    char params[256];
    make_network();
    json_t *said = result_of("room.say", "{\"text\":\"habari\",\"expiry\":60}");
    assert_int_equal(strlen(text(said, "message")), 64);
    (void)snprintf(params, sizeof params,
                   "{\"kind\":\"reaction\",\"text\":\"+\",\"target\":\"%s\"}",
                   text(said, "message"));
    json_decref(result_of("room.say", params));
    (void)snprintf(params, sizeof params, "{\"message\":\"%s\"}", text(said, "message"));
    json_t *reactions = result_of("room.reactions", params);
    const json_t *one = json_array_get(json_object_get(reactions, "reactions"), 0);
    assert_string_equal(text(one, "emoji"), "+");
    assert_true(json_is_true(json_object_get(one, "isOwn")));
    json_decref(reactions);
    json_t *look = result_of("history.look", "{\"max\":1}");
    reactions = json_object_get(json_array_get(json_object_get(look, "messages"), 0), "reactions");
    one = json_array_get(reactions, 0);
    assert_int_equal(json_array_size(reactions), 1);
    assert_string_equal(text(one, "emoji"), "+");
    assert_int_equal(json_integer_value(json_object_get(one, "count")), 1);
    assert_true(json_is_true(json_object_get(one, "isOwn")));
    json_decref(look);
    (void)snprintf(params, sizeof params,
                   "{\"kind\":\"reaction\",\"text\":\"%040d\",\"target\":\"%s\"}", 0,
                   text(said, "message"));
    fails("room.say", params, FAILED(WAVU_ERR_LIMIT), "one emoji");
    (void)snprintf(params, sizeof params, "{\"text\":\"a\",\"reply\":\"%064d\"}", 0);
    fails("room.say", params, FAILED(WAVU_ERR_NOT_FOUND), "no such message");
    (void)snprintf(params, sizeof params, "{\"kind\":\"delete\",\"target\":\"%s\"}",
                   text(said, "message"));
    json_decref(result_of("room.say", params));
    json_decref(said);
    fails("room.say", "{\"kind\":\"shout\",\"text\":\"a\"}", JSONRPC_INVALID_PARAMS, "reaction");
    fails("room.say", "{\"text\":\"\"}", FAILED(WAVU_ERR_PROTO), "not empty");
    fails("room.say", "{\"text\":\"a\",\"room\":\"none\"}", FAILED(WAVU_ERR_NOT_FOUND),
          "wavu rooms");
    fails("room.say", "{\"text\":\"a\",\"reply\":\"x\"}", FAILED(WAVU_ERR_INVALID),
          "64 hexadecimal");
    fails("room.say", "{\"text\":\"a\",\"expiry\":\"1h\"}", JSONRPC_INVALID_PARAMS,
          "whole numbers");
    fails("room.reactions", "{\"message\":\"x\"}", FAILED(WAVU_ERR_INVALID), "64 hexadecimal");
}

/* The newest message, into `look`, the caller's. */
static const json_t *newest(json_t **look)
{
    *look = result_of("history.look", "{\"max\":1}");
    return json_array_get(json_object_get(*look, "messages"), 0);
}

static void mentions_are_said_and_shown(void **state)
{
    (void)state;
    char many[600];
    char params[512];
    char id[WAVU_KEY_TEXT_MAX];
    json_t *look = NULL;
    make_network();
    const json_t *one = newest(&look);
    assert_int_equal(json_array_size(json_object_get(one, "mentions")), 0);
    assert_true(json_is_array(json_object_get(one, "mentions")));
    assert_true(json_is_false(json_object_get(one, "isMentioned")));
    (void)snprintf(id, sizeof id, "%s", text(one, "author"));
    json_decref(look);
    (void)snprintf(params, sizeof params, "{\"text\":\"a\",\"mentions\":[\"%064d\",\"%s\"]}", 0,
                   id);
    json_decref(result_of("room.say", params));
    one = newest(&look);
    assert_int_equal(json_array_size(json_object_get(one, "mentions")), 2);
    assert_string_equal(json_string_value(json_array_get(json_object_get(one, "mentions"), 1)), id);
    assert_true(json_is_true(json_object_get(one, "isMentioned")));
    json_decref(look);
    (void)snprintf(params, sizeof params, "{\"text\":\"a\",\"mentions\":[\"%064d\"]}", 0);
    json_decref(result_of("room.say", params));
    one = newest(&look);
    assert_int_equal(json_array_size(json_object_get(one, "mentions")), 1);
    assert_true(json_is_false(json_object_get(one, "isMentioned")));
    json_decref(look);
    fails("room.say", "{\"text\":\"a\",\"mentions\":\"x\"}", JSONRPC_INVALID_PARAMS, "mentions");
    fails("room.say", "{\"text\":\"a\",\"mentions\":[1]}", JSONRPC_INVALID_PARAMS, "mentions");
    fails("room.say", "{\"text\":\"a\",\"mentions\":[\"x\"]}", FAILED(WAVU_ERR_INVALID),
          "64 hexadecimal");
    size_t used = (size_t)snprintf(many, sizeof many, "{\"text\":\"a\",\"mentions\":[\"%s\"", id);
    for (size_t i = 0; i < WAVU_MENTIONS_MAX; i++) {
        used += (size_t)snprintf(many + used, sizeof many - used, ",\"x\"");
    }
    (void)snprintf(many + used, sizeof many - used, "]}");
    fails("room.say", many, JSONRPC_INVALID_PARAMS, "mentions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rooms_are_made_listed_and_changed, start, stop),
        cmocka_unit_test_setup_teardown(all_kinds_are_said, start, stop),
        cmocka_unit_test_setup_teardown(mentions_are_said_and_shown, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
