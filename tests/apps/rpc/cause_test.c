/*
 * One cause for each mistake with networks and rooms, against a real node that is alone in them.
 */
#include "apps/rpc/cause.h"

#include "tests/apps/rpc/asked.h"

/* The sentence for `err`, when these were named. */
static const char *said(int err, const char *network, const char *room)
{
    static const struct takes_meaning own[] = {
        {WAVU_ERR_NOT_FOUND, "no message"}, {WAVU_ERR_INVALID, "no id"}, {0, NULL}};
    static struct jsonrpc_error error;
    assert_null(cause_fail(&f.methods, &error, err, (struct cause_named){network, room}, own));
    assert_int_equal(error.code, JSONRPC_TOO_LARGE + err);
    return error.message;
}

#define SAID(err, network, room, part) assert_non_null(strstr(said(err, network, room), part))

static void networks_are_none_one_or_several(void **state)
{
    (void)state;
    SAID(WAVU_ERR_NOT_FOUND, NULL, NULL, "in no network yet");
    SAID(WAVU_ERR_NOT_FOUND, "savanna", NULL, "no network of that name");
    SAID(WAVU_ERR_INVALID, NULL, NULL, "no id");
    json_t *made = result_of("network.make", "{\"name\":\"savanna\"}");
    SAID(WAVU_ERR_NOT_FOUND, NULL, NULL, "no message");
    SAID(WAVU_ERR_NOT_FOUND, "savanna", NULL, "no message");
    SAID(WAVU_ERR_NOT_FOUND, text(made, "network"), NULL, "no message");
    SAID(WAVU_ERR_NOT_FOUND, "mountain", NULL, "no network of that name");
    SAID(WAVU_ERR_INVALID, NULL, NULL, "no id");
    json_decref(result_of("network.make", "{\"name\":\"mountain\"}"));
    SAID(WAVU_ERR_INVALID, NULL, NULL, "in several networks");
    SAID(WAVU_ERR_INVALID, "savanna", NULL, "no id");
    SAID(WAVU_ERR_NOT_FOUND, NULL, NULL, "no message");
    assert_string_equal(said(WAVU_ERR_DENIED, NULL, NULL), "this node left, was put out there, or "
                                                           "needs a newer wavu: what was said "
                                                           "stays to be read, nothing more can be "
                                                           "done; 'wavu networks' tells which");
    json_decref(made);
}

static void ids_are_known(void **state)
{
    char id[] = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da2A";
    (void)state;
    assert_true(cause_is_id(NULL));
    assert_true(cause_is_id(id));
    assert_false(cause_is_id(""));
    assert_false(cause_is_id(id + 1));
    id[63] = 'g';
    assert_false(cause_is_id(id));
}

static void rooms_are_none_one_or_several(void **state)
{
    (void)state;
    json_decref(result_of("network.make", "{\"name\":\"savanna\"}"));
    json_t *answer = ask("room.make", "{\"name\":\"plans\"}");
    for (int i = 0; i < 500 && json_object_get(answer, "error") != NULL; i++) {
        json_decref(answer);
        wavu_os_run(f.os, 10);
        answer = ask("room.make", "{\"name\":\"plans\"}");
    }
    json_decref(answer);
    SAID(WAVU_ERR_NOT_FOUND, NULL, "plan", "no room of that name");
    SAID(WAVU_ERR_NOT_FOUND, "savanna", "plan", "no room of that name");
    SAID(WAVU_ERR_NOT_FOUND, NULL, "plans", "no message");
    SAID(WAVU_ERR_INVALID, NULL, "plans", "no id");
    json_decref(result_of("room.make", "{\"name\":\"plans\"}"));
    SAID(WAVU_ERR_INVALID, NULL, "plans", "several rooms");
    SAID(WAVU_ERR_NOT_FOUND, "mountain", "plans", "no network of that name");
    json_decref(result_of("network.make", "{\"name\":\"mountain\"}"));
    SAID(WAVU_ERR_INVALID, NULL, "plans", "in several networks"); /* the first cause */
}

/* Of what cannot be said yet. */
static const char *waits(const char *network)
{
    static const struct takes_meaning own[] = {{WAVU_ERR_AGAIN, cause_waits}, {0, NULL}};
    static struct jsonrpc_error error;
    assert_null(
        cause_fail(&f.methods, &error, WAVU_ERR_AGAIN, (struct cause_named){network, NULL}, own));
    return error.message;
}

static void who_waits_is_told_for_what(void **state)
{
    (void)state;
    json_decref(result_of("network.make", "{\"name\":\"savanna\"}"));
    assert_false(wavu_chat_is_ready(f.methods.node, "savanna")); /* its keys were just made */
    assert_non_null(strstr(waits(NULL), "keys of this network are being written to the disk"));
    assert_string_equal(waits("savanna"), waits(NULL));
    json_t *answer = ask("room.say", "{\"text\":\"habari\"}");
    json_t *error = json_object_get(answer, "error");
    assert_string_equal(text(error, "message"), waits(NULL));
    json_decref(answer);
    for (int i = 0; i < 500 && !wavu_chat_is_ready(f.methods.node, "savanna"); i++) {
        wavu_os_run(f.os, 10);
    }
    assert_non_null(strstr(waits(NULL), "than the disk of the node has taken yet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(networks_are_none_one_or_several, start, stop),
        UNIT(ids_are_known),
        cmocka_unit_test_setup_teardown(rooms_are_none_one_or_several, start, stop),
        cmocka_unit_test_setup_teardown(who_waits_is_told_for_what, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
