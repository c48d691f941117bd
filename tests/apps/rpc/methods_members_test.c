/*
 * The methods of people and networks, against a real node that is alone.
 */
#include "apps/rpc/methods_members.h"

#include "tests/apps/rpc/asked.h"

/* The newest event. */
static const json_t *newest(void)
{
    return f.methods.feed.events[(f.methods.feed.next - 1) % FEED_EVENTS_MAX];
}

static void a_person_has_a_key_and_a_name(void **state)
{
    (void)state;
    json_t *first = result_of("person.key", "{}");
    json_t *second = result_of("person.key", "[]");
    assert_int_equal(strlen(text(first, "key")), 64);
    assert_string_equal(text(first, "key"), text(second, "key"));
    json_decref(first);
    json_decref(second);
    first = result_of("person.nick", "{}");
    assert_true(json_is_null(json_object_get(first, "nick")));
    json_decref(first);
    first = result_of("person.nick", "{\"nick\":\"Amina wa Pwani\"}");
    assert_string_equal(text(first, "nick"), "Amina wa Pwani");
    json_decref(first);
    fails("person.nick", "{\"nick\":\"a\\u001b[2J\"}", FAILED(WAVU_ERR_INVALID), "");
    fails("person.nick", "{\"nick\":\"\"}", FAILED(WAVU_ERR_INVALID), "");
    fails("person.nick", "{\"nick\":7}", JSONRPC_INVALID_PARAMS, "{\"nick\": a name}");
    first = result_of("person.nick", "{}");
    assert_string_equal(text(first, "nick"), "Amina wa Pwani");
    json_decref(first);
}

static void a_first_network_is_made_once(void **state)
{
    (void)state;
    json_t *first = result_of("network.first", "{}");
    json_t *again = result_of("network.first", "{}");
    assert_string_equal(text(first, "name"), "our-net");
    assert_true(json_is_true(json_object_get(first, "isMade")));
    assert_true(json_is_false(json_object_get(again, "isMade")));
    assert_string_equal(text(again, "network"), text(first, "network"));
    json_decref(first);
    json_decref(again);
}

static void a_network_is_made_and_looked_at(void **state)
{
    (void)state;
    json_t *result = result_of("network.list", "{}");
    assert_int_equal(json_array_size(json_object_get(result, "networks")), 0);
    json_decref(result);
    fails("network.members", "{}", FAILED(WAVU_ERR_NOT_FOUND), "in no network yet");
    json_t *made = result_of("network.make", "{\"name\":\"savanna\",\"policy\":\"two\"}");
    assert_int_equal(strlen(text(made, "network")), 64);
    assert_string_equal(text(newest(), "event"), "entered");
    assert_string_equal(text(newest(), "network"), text(made, "network"));
    result = result_of("network.list", "{}");
    const json_t *one = json_array_get(json_object_get(result, "networks"), 0);
    assert_string_equal(text(one, "id"), text(made, "network"));
    assert_string_equal(text(one, "name"), "savanna");
    assert_string_equal(text(one, "policy"), "two");
    assert_true(json_is_true(json_object_get(one, "isMember")));
    assert_true(json_is_false(json_object_get(one, "isDenied")));
    assert_true(json_is_false(json_object_get(one, "isFrozen")));
    assert_int_equal(json_integer_value(json_object_get(one, "members")), 1);
    assert_int_equal(json_integer_value(json_object_get(one, "neighbours")), 0);
    json_decref(result);
    json_decref(result_of("person.nick", "{\"nick\":\"Amina\"}"));
    json_t *key = result_of("person.key", "{}");
    result = result_of("network.members", "{\"network\":\"savanna\"}");
    const json_t *members = json_object_get(result, "members");
    assert_int_equal(json_array_size(members), 1);
    one = json_array_get(members, 0);
    assert_string_equal(text(one, "key"), text(key, "key"));
    assert_string_equal(text(one, "inviter"), text(one, "id"));
    assert_string_equal(text(one, "nick"), "Amina");
    assert_string_equal(text(one, "standing"), "member");
    assert_int_equal(json_integer_value(json_object_get(one, "devices")), 1);
    assert_true(json_is_true(json_object_get(one, "isSelf")));
    assert_true(json_is_true(json_object_get(one, "isOnline")));
    assert_true(json_is_false(json_object_get(one, "isAmbiguous")));
    json_decref(result);
    json_decref(key);
    json_decref(made);
    fails("network.make", "{\"name\":\"Big Name\"}", FAILED(WAVU_ERR_INVALID), "a-z 0-9");
    fails("network.make", "{\"name\":\"a\",\"policy\":\"all\"}", FAILED(WAVU_ERR_INVALID),
          "policy");
    fails("network.make", "{\"name\":1}", JSONRPC_INVALID_PARAMS, "\"name\"");
    json_t *first = result_of("network.first", "{}");
    assert_string_equal(text(first, "name"), "savanna");
    assert_true(json_is_false(json_object_get(first, "isMade")));
    json_decref(first);
    json_t *unnamed = result_of("network.make", "{}");
    assert_string_equal(text(unnamed, "name"), "amina-net");
    json_decref(unnamed);
    fails("network.members", "{}", FAILED(WAVU_ERR_INVALID), "say which");
    fails("network.members", "{\"network\":\"third\"}", FAILED(WAVU_ERR_NOT_FOUND), "of that name");
}

static void a_code_opens_and_closes(void **state)
{
    (void)state;
    fails("network.invite", "{}", FAILED(WAVU_ERR_NOT_FOUND), "in no network yet");
    json_decref(result_of("network.make", "{\"name\":\"savanna\"}"));
    json_t *first = result_of("network.invite", "{\"language\":\"en\"}");
    assert_true(text(first, "code")[0] != '\0' && text(first, "qr")[0] != '\0');
    assert_int_equal(json_integer_value(json_object_get(first, "openMs")), 600000);
    uint64_t next = f.methods.feed.next;
    json_t *second = result_of("network.invite", "{\"language\":\"sw\"}");
    assert_true(strcmp(text(first, "code"), text(second, "code")) != 0);
    assert_int_equal(f.methods.feed.next, next + 1); /* that of the first */
    assert_string_equal(text(newest(), "event"), "codeClosed");
    assert_string_equal(text(newest(), "reason"), "withdrawn");
    assert_true(json_integer_value(json_object_get(second, "after")) ==
                (json_int_t)f.methods.feed.next - 1);
    json_decref(first);
    json_decref(second);
    json_decref(result_of("network.inviteClose", "{}"));
    assert_int_equal(f.methods.feed.next, next + 2);
    fails("network.invite", "{\"language\":\"xx\"}", JSONRPC_INVALID_PARAMS, "\"sw\"");
    fails("network.inviteKey", "{\"key\":\"abc\"}", FAILED(WAVU_ERR_INVALID), "64 hexadecimal");
    json_t *key =
        result_of("network.inviteKey",
                  "{\"key\":"
                  "\"3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29\"}");
    json_decref(key);
    json_t *members = result_of("network.members", "{}");
    const json_t *one = json_array_get(json_object_get(members, "members"), 1);
    assert_string_equal(text(one, "standing"), "invited");
    char params[256];
    (void)snprintf(params, sizeof params, "{\"member\":\"%s\",\"subtree\":true}", text(one, "id"));
    json_decref(members);
    json_t *revoked = result_of("network.revoke", params);
    assert_true(json_is_true(json_object_get(revoked, "holds")));
    json_decref(revoked);
    fails("network.revoke", "{\"member\":\"x\"}", FAILED(WAVU_ERR_INVALID), "64 hexadecimal");
    fails("network.revoke", "{\"member\":\"x\",\"subtree\":1}", JSONRPC_INVALID_PARAMS, "subtree");
    fails("network.leave", "{\"network\":\"desert\"}", FAILED(WAVU_ERR_NOT_FOUND),
          "no network of that name");
    fails("network.leave", "{\"network\":1}", JSONRPC_INVALID_PARAMS, "name or id");
    json_decref(result_of("network.leave", "{}"));
    fails("network.inviteKey",
          "{\"key\":\"3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da20\"}",
          FAILED(WAVU_ERR_DENIED), "left");
}

static void what_is_wrong_with_a_join_is_said(void **state)
{
    (void)state;
    fails("network.join", "{\"code\":\"7-apple\"}", FAILED(WAVU_ERR_INVALID), "word");
    fails("network.join", "{\"code\":\"7-apple-river-zzzzzz\"}", FAILED(WAVU_ERR_INVALID), "zzz");
    fails("network.join", "{\"address\":\"127.0.0.1:1\"}", JSONRPC_INVALID_PARAMS, "\"code\"");
    json_decref(result_of("network.make", "{\"name\":\"savanna\"}"));
    json_t *open = result_of("network.invite", "{}");
    char params[256];
    (void)snprintf(params, sizeof params, "{\"code\":\"%s\"}", text(open, "code"));
    json_decref(open);
    json_decref(result_of("network.inviteClose", "{}"));
    fails("network.join", params, FAILED(WAVU_ERR_NOT_FOUND), "local network");
    char *end = strrchr(params, '}');
    (void)snprintf(end, 32, ",\"address\":\"nowhere\"}");
    fails("network.join", params, FAILED(WAVU_ERR_INVALID), "address");
    fails("network.joinKey", "{\"address\":\"127.0.0.1:1\"}", FAILED(WAVU_ERR_INVALID), "/p2p/");
    fails("network.joinKey", "{}", JSONRPC_INVALID_PARAMS, "address");
    fails("network.joinOpen", "{\"network\":\"abc\"}", JSONRPC_INVALID_PARAMS, "64 hexadecimal");
    fails("network.joinOpen", "{\"address\":\"nowhere\"}", FAILED(WAVU_ERR_INVALID), "address");
    (void)snprintf(end, 32, ",\"address\":\"127.0.0.1:1\"}");
    json_t *begun = result_of("network.join", params);
    fails("network.join", params, FAILED(WAVU_ERR_EXISTS), "already");
    for (int i = 0; i < 200 && strcmp(text(newest(), "event"), "joinFailed") != 0; i++) {
        wavu_os_run(f.os, 50);
    }
    assert_string_equal(text(newest(), "event"), "joinFailed");
    assert_string_equal(text(newest(), "error"), "refused");
    assert_int_equal(json_integer_value(json_object_get(newest(), "left")), 0);
    assert_true(json_integer_value(json_object_get(begun, "after")) <
                json_integer_value(json_object_get(newest(), "number")));
    json_decref(begun);
}

static void without_a_mesh_there_are_none(void **state)
{
    (void)state;
    fails("person.key", "{}", FAILED(WAVU_ERR_UNSUPPORTED), "--no-mesh");
    fails("person.nick", "{\"nick\":\"Amina\"}", FAILED(WAVU_ERR_UNSUPPORTED), "--no-mesh");
    fails("network.make", "{\"name\":\"a\"}", FAILED(WAVU_ERR_UNSUPPORTED), "--no-mesh");
    fails("network.join", "{\"code\":\"7-a-b-c\"}", FAILED(WAVU_ERR_UNSUPPORTED), "--no-mesh");
    fails("network.invite", "{}", FAILED(WAVU_ERR_NOT_FOUND), "");
    json_t *result = result_of("network.list", "{}");
    assert_int_equal(json_array_size(json_object_get(result, "networks")), 0);
    json_decref(result);
    json_decref(result_of("network.inviteClose", "{}"));
}

static void a_node_that_starts_says_so(void **state)
{
    static const char *const names[] = {"person.key",      "person.nick",    "network.list",
                                        "network.members", "network.invite", "network.inviteClose"};
    (void)state;
    f = (struct fixture){.os = NULL};
    jsonrpc_start();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        fails(names[i], "{}", JSONRPC_INTERNAL, "still starting");
        fails(names[i], "[1]", JSONRPC_INVALID_PARAMS, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_person_has_a_key_and_a_name, start, stop),
        cmocka_unit_test_setup_teardown(a_first_network_is_made_once, start, stop),
        cmocka_unit_test_setup_teardown(a_network_is_made_and_looked_at, start, stop),
        cmocka_unit_test_setup_teardown(a_code_opens_and_closes, start, stop),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_join_is_said, start, stop),
        cmocka_unit_test_setup_teardown(without_a_mesh_there_are_none, start_bare, stop),
        UNIT(a_node_that_starts_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
