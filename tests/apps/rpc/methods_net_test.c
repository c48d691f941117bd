/*
 * Peers and ways over the control socket, of a node that is alone: what is refused, and how.
 */
#include "apps/rpc/methods_net.h"

#include "tests/apps/rpc/asked.h"

#define NOBODY "12D3KooWRH71QRJe5vrMp6zZXoH4K7z5MDSWwTXXPriG9dK8HQXk"

static void addresses_are_judged_before_they_are_tried(void **state)
{
    (void)state;
    fails("net.connect", "{}", JSONRPC_INVALID_PARAMS, "PEER@host");
    fails("net.connect", "{\"address\":1}", JSONRPC_INVALID_PARAMS, "PEER@host");
    fails("net.connect", "{\"address\":\"two words\"}", FAILED(WAVU_ERR_INVALID), "no address");
    fails("net.connect", "{\"address\":\"x@192.0.2.7\"}", FAILED(WAVU_ERR_INVALID), "before @");
    fails("net.connect", "{\"address\":\"/ip4/192.0.2.7/udp/1/quic-v1\"}",
          FAILED(WAVU_ERR_UNSUPPORTED), "TCP");
    fails("net.ping", "{\"address\":\"two words\"}", FAILED(WAVU_ERR_INVALID), "no address");
    fails("net.ping", "{\"address\":\"9dK8HQXk@192.0.2.7\"}", FAILED(WAVU_ERR_INVALID), "address");
    fails("net.ping", "{}", JSONRPC_INVALID_PARAMS, "count");
    fails("net.ping", "{\"peer\":\"" NOBODY "\",\"address\":\"x\"}", JSONRPC_INVALID_PARAMS,
          "count");
    fails("net.ping", "{\"address\":\"x\",\"count\":0}", JSONRPC_INVALID_PARAMS, "count");
    fails("net.ping", "{\"address\":\"x\",\"count\":101}", JSONRPC_INVALID_PARAMS, "count");
    fails("net.ping", "{\"address\":\"x\",\"intervalMs\":99}", JSONRPC_INVALID_PARAMS, "count");
}

static void who_is_not_there_is_said(void **state)
{
    static const char *const methods[] = {"net.disconnect", "net.ping", "mesh.trace",
                                          "mesh.routes"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        fails(methods[i], "{\"peer\":\"9dK8\"}", FAILED(WAVU_ERR_INVALID), "at least 6");
        fails(methods[i], "{\"peer\":\"9dK8HQXk\"}", FAILED(WAVU_ERR_NOT_FOUND), "begins or ends");
    }
    fails("net.disconnect", "{\"peer\":\"" NOBODY "\"}", FAILED(WAVU_ERR_NOT_FOUND),
          "not connected");
    fails("net.ping", "{\"peer\":\"" NOBODY "\"}", FAILED(WAVU_ERR_UNREACHABLE), "no way");
    fails("mesh.trace", "{\"peer\":\"" NOBODY "\"}", FAILED(WAVU_ERR_UNREACHABLE), "no way");
    fails("mesh.trace", "{}", JSONRPC_INVALID_PARAMS, "peer");
}

static void nobody_has_no_way(void **state)
{
    (void)state;
    json_t *result = result_of("mesh.routes", "{}");
    assert_int_equal(json_array_size(json_object_get(result, "routes")), 0);
    assert_true(json_is_false(json_object_get(result, "isMore")));
    json_decref(result);
    result = result_of("mesh.routes", "{\"peer\":\"" NOBODY "\"}");
    const json_t *route = json_array_get(json_object_get(result, "routes"), 0);
    assert_true(json_is_null(json_object_get(route, "nextHop")));
    assert_int_equal(json_array_size(json_object_get(route, "hops")), 0);
    json_decref(result);
}

static void a_task_is_asked_for_by_its_number(void **state)
{
    (void)state;
    fails("net.task", "{}", JSONRPC_INVALID_PARAMS, "task");
    fails("net.task", "{\"task\":1}", JSONRPC_INVALID_PARAMS, "task");
    fails("net.taskEnd", "{\"task\":1}", JSONRPC_INVALID_PARAMS, "task");
    json_t *result = result_of("net.connect", "{\"address\":\"127.0.0.1:1\"}");
    assert_int_equal(json_integer_value(json_object_get(result, "task")), 1);
    json_decref(result);
    result = result_of("net.task", "{\"task\":1}");
    assert_string_equal(text(result, "kind"), "connect");
    assert_true(json_is_false(json_object_get(result, "isDone")));
    json_decref(result);
    for (size_t i = 0; i < 1000 && !f.methods.tasks.slots[1].is_done; i++) {
        wavu_os_run(f.os, 20);
    }
    result = result_of("net.task", "{\"task\":1,\"wait\":true}");
    assert_string_equal(text(result, "error"), "refused");
    assert_non_null(strstr(text(result, "problem"), "nobody listens"));
    json_decref(result);
    json_decref(result_of("net.taskEnd", "{\"task\":1}"));
}

static void one_under_way_may_be_waited_for(void **state)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"method\":\"net.task\",\"params\":"
                               "{\"task\":1,\"wait\":true},\"id\":1}";
    struct jsonrpc_service service = methods_service(&f.methods);
    struct buf out;
    (void)state;
    json_decref(result_of("net.connect", "{\"address\":\"127.0.0.1:1\"}"));
    buf_init(&out, JSONRPC_ANSWER_MAX);
    assert_int_equal(jsonrpc_try(&service, span_from_text(line), &out), WAVU_ERR_AGAIN);
    json_decref(result_of("net.taskEnd", "{\"task\":1}"));
    assert_int_equal(jsonrpc_try(&service, span_from_text(line), &out), 0);
    buf_clear(&out);
    json_t *result = result_of("net.task", "{\"task\":1}");
    assert_string_equal(text(result, "error"), "closed");
    json_decref(result);
}

#define ALONE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALONE(addresses_are_judged_before_they_are_tried),
        ALONE(who_is_not_there_is_said),
        ALONE(nobody_has_no_way),
        ALONE(a_task_is_asked_for_by_its_number),
        ALONE(one_under_way_may_be_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
