/*
 * The control socket's language. First byte: what is fuzzed. A line to the server: whatever it
 * holds, nothing or one line of ASCII comes out, which the specification allows, in a buffer of
 * either size. A line to the client: a result or an error. A peer's text: it becomes a JSON string.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/rpc/methods.h"
#include "base/check.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SMALL 256 /* bytes of an answer that soon do not suffice */

static json_t *repeat(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)error;
    return params == NULL ? json_null() : json_deep_copy(params);
}

static json_t *fail(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    if (params != NULL) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, "not these"};
    }
    return NULL;
}

static const struct jsonrpc_method methods[] = {{"r", repeat}, {"f", fail}};
static const struct jsonrpc_service service = {.methods = methods, .method_count = 2};

static void check_response(const json_t *response)
{
    const json_t *error = json_object_get(response, "error");
    const char *version = json_string_value(json_object_get(response, "jsonrpc"));
    CHECK(version != NULL && strcmp(version, "2.0") == 0);
    CHECK(json_object_get(response, "id") != NULL);
    CHECK((error != NULL) != (json_object_get(response, "result") != NULL));
    CHECK(error == NULL || (json_is_integer(json_object_get(error, "code")) &&
                            json_is_string(json_object_get(error, "message"))));
}

static void check_answer(struct span line)
{
    CHECK(line.ptr[line.len - 1] == '\n');
    for (size_t i = 0; i + 1 < line.len; i++) {
        CHECK(line.ptr[i] >= 0x20 && line.ptr[i] < 0x80);
    }
    json_t *answer = json_loadb((const char *)line.ptr, line.len, 0, NULL);
    CHECK(answer != NULL);
    CHECK(!json_is_array(answer) ||
          (json_array_size(answer) > 0 && json_array_size(answer) <= JSONRPC_BATCH_MAX));
    for (size_t i = 0; json_is_array(answer) && i < json_array_size(answer); i++) {
        check_response(json_array_get(answer, i));
    }
    if (!json_is_array(answer)) {
        check_response(answer);
    }
    json_decref(answer);
}

static void fuzz_server(const struct jsonrpc_service *asked, struct span line, size_t room)
{
    struct buf out;
    buf_init(&out, room);
    int rc = jsonrpc_answer(asked, line, &out);
    CHECK(rc == 0 || (rc == WAVU_ERR_LIMIT && out.len == 0));
    if (out.len > 0) {
        check_answer(buf_span(&out));
        rc = jsonrpc_not_kept(&out, WAVU_ERR_NO_SPACE);
        CHECK(rc == 0 || rc == WAVU_ERR_LIMIT);
        if (rc == 0) {
            check_answer(buf_span(&out));
        }
    }
    buf_clear(&out);
}

static void fuzz_client(struct span line)
{
    struct json_t *result = NULL;
    int rc = jsonrpc_result(line, &result);
    CHECK(rc == 0 ? result != NULL : rc < 0 && (result == NULL || json_is_string(result)));
    json_decref(result);
}

static void fuzz_text(struct span text)
{
    struct buf copy;
    buf_init(&copy, text.len + 1);
    CHECK(buf_append(&copy, text) == 0 && buf_append(&copy, span_of("", 1)) == 0);
    json_t *value = jsonrpc_text((const char *)copy.ptr);
    CHECK(json_is_string(value));
    json_decref(value);
    buf_clear(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct methods starting; /* no node yet: the real table, every method refuses */
    struct jsonrpc_service real = methods_service(&starting);
    if (len == 0 || len > JSONRPC_LINE_MAX) {
        return 0;
    }
    jsonrpc_start();
    size_t before = mem_live_count();
    struct span in = span_of(data + 1, len - 1);
    switch (data[0] % 5) {
    case 0:
        fuzz_server(&service, in, JSONRPC_ANSWER_MAX);
        break;
    case 1:
        fuzz_server(&service, in, SMALL);
        break;
    case 2:
        fuzz_server(&real, in, JSONRPC_ANSWER_MAX);
        break;
    case 3:
        fuzz_client(in);
        break;
    default:
        fuzz_text(in);
        break;
    }
    CHECK(mem_live_count() == before);
    return 0;
}
