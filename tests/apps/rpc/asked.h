/*
 * Methods of the control protocol asked of a real node that is alone; for the tests of methods_*.c.
 */
#ifndef TESTS_APPS_RPC_ASKED_H
#define TESTS_APPS_RPC_ASKED_H

#include "tests/base/unit.h"

#include <jansson.h>

#include "apps/rpc/methods.h"
#include "wavu/members.h"
#include "wavu/os.h"

struct fixture {
    struct wavu_os *os;
    struct port *port;
    struct methods methods;
};

static struct fixture f;

static inline int begin(bool has_mesh)
{
    static const struct wavu_mesh_config mesh = {.has_discovery = false};
    jsonrpc_start();
    f = (struct fixture){.os = wavu_os_new()};
    f.port = wavu_os_port_new(f.os, NULL);
    struct wavu_config config = {
        .port = f.port, .is_ephemeral = true, .mesh = has_mesh ? &mesh : NULL};
    int rc = wavu_node_new(&config, &f.methods.node);
    methods_listen(&f.methods);
    return rc;
}

static inline int start(void **state)
{
    (void)state;
    return begin(true);
}

static inline int start_bare(void **state)
{
    (void)state;
    return begin(false);
}

static inline int stop(void **state)
{
    (void)state;
    wavu_node_free(f.methods.node);
    methods_clear(&f.methods);
    wavu_os_port_free(f.port);
    wavu_os_free(f.os);
    return 0;
}

/* The answer to `method`, the caller's. */
static inline json_t *ask(const char *method, const char *params)
{
    struct jsonrpc_service service = methods_service(&f.methods);
    struct buf out;
    char line[1024];
    (void)snprintf(line, sizeof line,
                   "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s,\"id\":1}", method,
                   params);
    buf_init(&out, JSONRPC_ANSWER_MAX);
    assert_int_equal(jsonrpc_answer(&service, span_from_text(line), &out), 0);
    json_t *answer = json_loadb((const char *)out.ptr, out.len, 0, NULL);
    assert_non_null(answer);
    buf_clear(&out);
    return answer;
}

/* Its result, the caller's. */
static inline json_t *result_of(const char *method, const char *params)
{
    json_t *answer = ask(method, params);
    json_t *result = json_incref(json_object_get(answer, "result"));
    if (result == NULL) {
        fail_msg("%s %s: %s", method, params,
                 json_string_value(json_object_get(json_object_get(answer, "error"), "message")));
    }
    json_decref(answer);
    return result;
}

static inline const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

/* It fails with `code`, and a sentence that holds `part`. */
static inline void fails(const char *method, const char *params, int code, const char *part)
{
    json_t *answer = ask(method, params);
    const json_t *error = json_object_get(answer, "error");
    assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
    if (strstr(text(error, "message"), part) == NULL) {
        fail_msg("'%s' does not hold '%s'", text(error, "message"), part);
    }
    json_decref(answer);
}

#define FAILED(err) (JSONRPC_TOO_LARGE + (err))

#endif
