/*
 * The methods against a real node.
 */
#include "apps/rpc/methods.h"

#include "tests/base/unit.h"

#include <jansson.h>

#include "wavu/node.h"
#include "wavu/os.h"

struct fixture {
    struct wavu_os *os;
    struct port *port;
    struct methods methods;
};

static int start(void **state)
{
    static struct fixture f;
    f.os = wavu_os_new();
    f.port = wavu_os_port_new(f.os, NULL);
    struct wavu_config config = {.port = f.port, .is_ephemeral = true};
    *state = &f;
    return wavu_node_new(&config, &f.methods.node);
}

static int stop(void **state)
{
    struct fixture *f = *state;
    wavu_node_free(f->methods.node);
    wavu_os_port_free(f->port);
    wavu_os_free(f->os);
    return 0;
}

/* The answer to `method` as a value; its result is `*result`, borrowed. */
static json_t *ask(struct methods *m, const char *method, const char *params, json_t **result)
{
    struct jsonrpc_service service = methods_service(m);
    struct buf out;
    char line[256];
    (void)snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":1%s}", method,
                   params);
    buf_init(&out, 65536);
    assert_int_equal(jsonrpc_answer(&service, span_from_text(line), &out), 0);
    json_t *answer = json_loadb((const char *)out.ptr, out.len, 0, NULL);
    assert_non_null(answer);
    buf_clear(&out);
    *result = json_object_get(answer, "result");
    return answer;
}

static void expect_code(struct methods *m, const char *method, const char *params, int code)
{
    json_t *result = NULL;
    json_t *answer = ask(m, method, params, &result);
    json_t *error = json_object_get(answer, "error");
    assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
    json_decref(answer);
}

static void the_node_is_described(void **state)
{
    struct fixture *f = *state;
    char id[WAVU_PEER_TEXT_MAX];
    json_t *result = NULL;
    wavu_node_id(f->methods.node, id);
    assert_int_equal(wavu_node_listen(f->methods.node, "127.0.0.1:0"), 0);
    json_t *answer = ask(&f->methods, "node.id", "", &result);
    assert_string_equal(json_string_value(json_object_get(result, "peerId")), id);
    assert_int_equal(json_array_size(json_object_get(result, "addresses")), 1);
    json_decref(answer);
    answer = ask(&f->methods, "node.status", ",\"params\":[]", &result);
    assert_string_equal(json_string_value(json_object_get(result, "peerId")), id);
    assert_true(json_is_integer(json_object_get(result, "bytesSent")));
    assert_int_equal(json_integer_value(json_object_get(result, "peers")), 0);
    assert_true(json_is_null(json_object_get(result, "metrics")));
    assert_true(json_is_array(json_object_get(result, "observed")));
    json_decref(answer);
    f->methods.metrics_url = "http://127.0.0.1:9464/metrics";
    answer = ask(&f->methods, "node.status", "", &result);
    assert_string_equal(json_string_value(json_object_get(result, "metrics")),
                        f->methods.metrics_url);
    json_decref(answer);
    answer = ask(&f->methods, "node.peers", ",\"params\":{}", &result);
    assert_true(json_is_array(json_object_get(result, "peers")));
    json_decref(answer);
    answer = ask(&f->methods, "node.metrics", "", &result);
    assert_true(json_object_size(json_object_get(result, "counters")) > 5);
    json_decref(answer);
    answer = ask(&f->methods, "rpc.version", "", &result);
    assert_int_equal(json_integer_value(json_object_get(result, "rpc")), METHODS_VERSION);
    json_decref(answer);
}

static void parameters_are_refused(void **state)
{
    static const char *const names[] = {"rpc.version", "node.id", "node.status", "node.peers",
                                        "node.metrics"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        expect_code(&f->methods, names[i], ",\"params\":[1]", JSONRPC_INVALID_PARAMS);
        expect_code(&f->methods, names[i], ",\"params\":{\"a\":1}", JSONRPC_INVALID_PARAMS);
    }
    expect_code(&f->methods, "mesh.send", "", JSONRPC_INVALID_PARAMS);
    expect_code(&f->methods, "mesh.send", ",\"params\":{\"peer\":\"x\",\"text\":1}",
                JSONRPC_INVALID_PARAMS);
    expect_code(&f->methods, "mesh.sent", "", JSONRPC_INVALID_PARAMS);
    expect_code(&f->methods, "mesh.sent", ",\"params\":{\"number\":1}", JSONRPC_INVALID_PARAMS);
    expect_code(&f->methods, "mesh.sent", ",\"params\":{\"number\":-1}", JSONRPC_INVALID_PARAMS);
    expect_code(&f->methods, "node.nothing", "", JSONRPC_METHOD_NOT_FOUND);
}

static void on_news(void *context)
{
    ++*(size_t *)context;
}

static bool says(struct buf *answer, const char *words)
{
    assert_int_equal(buf_append(answer, span_of("", 1)), 0);
    return strstr((const char *)answer->ptr, words) != NULL;
}

/* Events may be waited for: nothing is answered until there is one. */
static void events_may_be_waited_for(void **state)
{
    static const char line[] =
        "{\"jsonrpc\":\"2.0\",\"method\":\"mesh.events\",\"params\":{\"after\":1,\"wait\":true},"
        "\"id\":1}";
    struct methods m = {.news = NULL};
    size_t news = 0;
    struct buf out;
    (void)state;
    jsonrpc_start();
    feed_init(&m.feed);
    methods_tell(&m, on_news, NULL, &news);
    struct jsonrpc_service service = methods_service(&m);
    struct wavu_mesh_event event = {
        .kind = WAVU_MESH_DOWN, .peer = "x", .key = "", .text = "", .word = ""};
    buf_init(&out, JSONRPC_ANSWER_MAX);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(jsonrpc_try(&service, span_from_text(line), &out), WAVU_ERR_AGAIN);
        assert_int_equal(out.len, 0);
        feed_add(&m.feed, &event, 0); /* the first is not behind 1 */
    }
    assert_int_equal(jsonrpc_try(&service, span_from_text(line), &out), 0);
    assert_true(span_find(buf_span(&out), 0, '\n') + 1 == out.len);
    assert_true(says(&out, "\"next\":3"));
    buf_clear(&out);
    m.outbox.slots[1] = (struct outbox_slot){.box = &m.outbox, .number = 1};
    static const char sent[] =
        "{\"jsonrpc\":\"2.0\",\"method\":\"mesh.sent\",\"params\":{\"number\":1,\"wait\":true},"
        "\"id\":1}";
    assert_int_equal(jsonrpc_try(&service, span_from_text(sent), &out), WAVU_ERR_AGAIN);
    assert_int_equal(jsonrpc_answer(&service, span_from_text(sent), &out), 0); /* as it stands */
    assert_true(says(&out, "underway"));
    buf_clear(&out);
    m.outbox.slots[1].is_done = true;
    assert_int_equal(jsonrpc_try(&service, span_from_text(sent), &out), 0);
    assert_true(says(&out, "delivered"));
    buf_clear(&out);
    assert_int_equal(news, 0);
    m.outbox.told(m.outbox.told_context);
    assert_int_equal(news, 1);
    methods_clear(&m);
}

static void without_a_mesh_nothing_is_sent(void **state)
{
    struct fixture *f = *state;
    json_t *result = NULL;
    json_t *answer =
        ask(&f->methods, "mesh.send", ",\"params\":{\"peer\":\"x\",\"text\":\"y\"}", &result);
    assert_string_equal(json_string_value(json_object_get(result, "state")), "unsupported");
    assert_true(json_is_null(json_object_get(result, "number")));
    json_decref(answer);
}

static void what_refuses_a_broadcast_is_said(void **state)
{
    struct fixture *f = *state;
    json_t *result = NULL;
    json_t *answer = ask(&f->methods, "mesh.broadcast", ",\"params\":{\"text\":\"y\"}", &result);
    const json_t *error = json_object_get(answer, "error");
    assert_null(result);
    assert_string_equal(json_string_value(json_object_get(error, "message")),
                        "this node has no mesh: it was started with --no-mesh");
    json_decref(answer);
}

static void a_node_that_starts_says_so(void **state)
{
    struct methods starting = {NULL};
    json_t *result = NULL;
    (void)state;
    expect_code(&starting, "node.id", "", JSONRPC_INTERNAL);
    expect_code(&starting, "node.peers", "", JSONRPC_INTERNAL);
    expect_code(&starting, "mesh.send", ",\"params\":{\"peer\":\"x\",\"text\":\"y\"}",
                JSONRPC_INTERNAL);
    json_t *answer = ask(&starting, "rpc.version", "", &result);
    assert_non_null(result);
    json_decref(answer);
}

/* Also while there is no node, and a locked one. */
static void the_methods_are_listed(void **state)
{
    struct methods starting = {.node = NULL};
    const struct jsonrpc_service service = methods_service(&starting);
    json_t *result = NULL;
    (void)state;
    starting.vault.is_locked = true;
    json_t *answer = ask(&starting, "rpc.methods", "", &result);
    const json_t *names = json_object_get(result, "methods");
    assert_int_equal(json_array_size(names), service.method_count);
    for (size_t i = 0; i < service.method_count; i++) {
        assert_string_equal(json_string_value(json_array_get(names, i)), service.methods[i].name);
    }
    json_decref(answer);
    expect_code(&starting, "rpc.methods", ",\"params\":{\"all\":true}", JSONRPC_INVALID_PARAMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(events_may_be_waited_for),
        cmocka_unit_test_setup_teardown(the_node_is_described, start, stop),
        cmocka_unit_test_setup_teardown(parameters_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(without_a_mesh_nothing_is_sent, start, stop),
        cmocka_unit_test_setup_teardown(what_refuses_a_broadcast_is_said, start, stop),
        UNIT(a_node_that_starts_says_so),
        UNIT(the_methods_are_listed),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
