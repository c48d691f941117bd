/*
 * JSON-RPC 2.0: a line in, a line out.
 */
#include "apps/rpc/jsonrpc.h"

#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

/* 15 digits are what every double keeps: 0.263, not 0.26300000000000001. */
#define JSONRPC_DUMP_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))
#define JSONRPC_TEXT_MAX 1024 /* bytes of a peer's text that are passed on */

/* Before each of jansson's allocations: how long it is, so that it can be wiped. */
union jsonrpc_head {
    size_t size; /* with the head */
    max_align_t align;
};

static void *jsonrpc_new(size_t size)
{
    union jsonrpc_head *head =
        size <= SIZE_MAX - sizeof *head ? mem_try_new(sizeof *head + size) : NULL;
    if (head == NULL) {
        return NULL;
    }
    head->size = sizeof *head + size;
    return head + 1;
}

/* Requests may hold what a person keeps secret; jansson copies it as it reads and as its buffers
 * grow, and all copies pass here. */
static void jsonrpc_free(void *ptr)
{
    if (ptr != NULL) {
        union jsonrpc_head *head = (union jsonrpc_head *)ptr - 1;
        struct buf all = {.ptr = (uint8_t *)head, .cap = head->size, .max = head->size};
        buf_wipe(&all);
    }
}

void jsonrpc_start(void)
{
    json_set_alloc_funcs(jsonrpc_new, jsonrpc_free);
}

static int jsonrpc_append(const char *text, size_t len, void *context)
{
    return buf_append(context, span_of(text, len)) < 0 ? -1 : 0;
}

int jsonrpc_write(const struct json_t *value, struct buf *out)
{
    size_t before = out->len;
    int rc = json_dump_callback(value, jsonrpc_append, out, JSONRPC_DUMP_FLAGS);
    if (rc == 0) {
        rc = buf_append(out, span_of("\n", 1));
    }
    if (rc < 0) {
        out->len = before;
        return WAVU_ERR_LIMIT;
    }
    return 0;
}

struct json_t *jsonrpc_text(const char *text)
{
    return jsonrpc_long_text(text, JSONRPC_TEXT_MAX);
}

struct json_t *jsonrpc_long_text(const char *text, size_t max)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    const struct span all = span_from_text(text);
    size_t len_max = 3 * all.len; /* of nothing but replacements */
    len_max = len_max < max ? len_max : max;
    char *clean = mem_new(len_max + sizeof replacement);
    size_t used = 0;
    for (size_t at = 0; at < all.len && used < len_max;) {
        uint32_t point = 0;
        size_t len = utf8_next(&point, all, at);
        const char *from = len > 0 ? text + at : replacement;
        size_t put = len > 0 ? len : sizeof replacement - 1;
        memcpy(clean + used, from, put);
        used += put;
        at += len > 0 ? len : 1;
    }
    json_t *value = json_stringn(clean, used);
    CHECK(value != NULL);
    mem_free(clean);
    return value;
}

/* ---- Answering ---- */

static json_t *jsonrpc_error_value(const json_t *id, struct jsonrpc_error error)
{
    json_t *value = json_pack("{s:s, s:{s:i, s:o}, s:O?}", "jsonrpc", "2.0", "error", "code",
                              error.code, "message", jsonrpc_text(error.message), "id", id);
    CHECK(value != NULL);
    if (id == NULL) {
        CHECK(json_object_set_new(value, "id", json_null()) == 0);
    }
    return value;
}

static const struct jsonrpc_method *jsonrpc_find(const struct jsonrpc_service *service,
                                                 const char *name)
{
    for (size_t i = 0; i < service->method_count; i++) {
        if (strcmp(service->methods[i].name, name) == 0) {
            return &service->methods[i];
        }
    }
    return NULL;
}

/* The parts of `request`, all borrowed from it. False when it is no request at all. */
static bool jsonrpc_take_apart(const json_t *request, const char **method, const json_t **params,
                               const json_t **id)
{
    const json_t *version = json_object_get(request, "jsonrpc");
    *method = json_string_value(json_object_get(request, "method"));
    *params = json_object_get(request, "params");
    *id = json_object_get(request, "id");
    bool is_id_good =
        *id == NULL || json_is_string(*id) || json_is_number(*id) || json_is_null(*id);
    bool are_params_good = *params == NULL || json_is_object(*params) || json_is_array(*params);
    if (!is_id_good) {
        *id = NULL; /* an answer may not repeat it */
    }
    return json_is_string(version) && strcmp(json_string_value(version), "2.0") == 0 &&
           *method != NULL && is_id_good && are_params_good;
}

/* The response to one request, or NULL for a notification. `*is_later`: it is one for now. */
static json_t *jsonrpc_respond(const struct jsonrpc_service *service, const json_t *request,
                               bool *is_later)
{
    const char *name = NULL;
    const json_t *params = NULL;
    const json_t *id = NULL;
    struct jsonrpc_error error = {0, NULL};
    if (!jsonrpc_take_apart(request, &name, &params, &id)) {
        error = (struct jsonrpc_error){JSONRPC_INVALID_REQUEST, "this is no JSON-RPC 2.0 request"};
        return jsonrpc_error_value(id, error);
    }
    const struct jsonrpc_method *method = jsonrpc_find(service, name);
    json_t *result = NULL;
    if (method == NULL) {
        error = (struct jsonrpc_error){JSONRPC_METHOD_NOT_FOUND, "there is no such method"};
    } else if (service->asked != NULL &&
               (error.message = service->asked(service->context, name)) != NULL) {
        error.code = JSONRPC_TOO_LARGE + WAVU_ERR_DENIED;
    } else {
        result = method->call(service->context, params, &error);
        *is_later = result != NULL && error.code == JSONRPC_LATER;
    }
    if (id == NULL) {
        json_decref(result);
        return NULL;
    }
    if (result == NULL) {
        if (error.code == 0) {
            error = (struct jsonrpc_error){JSONRPC_INTERNAL, "the method failed"};
        }
        return jsonrpc_error_value(id, error);
    }
    json_t *response = json_pack("{s:s, s:o, s:O}", "jsonrpc", "2.0", "result", result, "id", id);
    CHECK(response != NULL);
    return response;
}

static json_t *jsonrpc_respond_batch(const struct jsonrpc_service *service, const json_t *batch)
{
    size_t count = json_array_size(batch);
    struct jsonrpc_error error = {JSONRPC_INVALID_REQUEST, "the batch is empty"};
    if (count > JSONRPC_BATCH_MAX) {
        error = (struct jsonrpc_error){JSONRPC_TOO_LARGE, "the batch has more than 32 requests"};
    }
    if (count == 0 || count > JSONRPC_BATCH_MAX) {
        return jsonrpc_error_value(NULL, error);
    }
    json_t *responses = json_array();
    CHECK(responses != NULL);
    for (size_t i = 0; i < count; i++) {
        bool is_later = false; /* a batch is answered as things stand */
        json_t *response = jsonrpc_respond(service, json_array_get(batch, i), &is_later);
        if (response != NULL) {
            CHECK(json_array_append_new(responses, response) == 0);
        }
    }
    if (json_array_size(responses) == 0) {
        json_decref(responses);
        return NULL;
    }
    return responses;
}

static int jsonrpc_write_error(const json_t *id, struct jsonrpc_error error, struct buf *out)
{
    json_t *value = jsonrpc_error_value(id, error);
    int rc = jsonrpc_write(value, out);
    json_decref(value);
    return rc;
}

static int jsonrpc_reply(const struct jsonrpc_service *service, struct span line, bool may_wait,
                         struct buf *out)
{
    bool is_later = false;
    const char *text = line.len > 0 ? (const char *)line.ptr : "";
    json_t *request = json_loadb(text, line.len, JSON_REJECT_DUPLICATES, NULL);
    if (request == NULL) {
        struct jsonrpc_error error = {JSONRPC_PARSE, "the line is no JSON object or array"};
        return jsonrpc_write_error(NULL, error, out);
    }
    json_t *response = json_is_array(request) ? jsonrpc_respond_batch(service, request)
                                              : jsonrpc_respond(service, request, &is_later);
    json_t *id = json_incref(json_object_get(request, "id"));
    json_decref(request);
    int rc = 0;
    if (response != NULL) {
        rc = is_later && may_wait ? WAVU_ERR_AGAIN : jsonrpc_write(response, out);
        json_decref(response);
    }
    if (rc == WAVU_ERR_LIMIT) {
        struct jsonrpc_error error = {JSONRPC_TOO_LARGE, "the answer is too large"};
        rc = jsonrpc_write_error(id, error, out);
    }
    json_decref(id);
    return rc;
}

int jsonrpc_answer(const struct jsonrpc_service *service, struct span line, struct buf *out)
{
    return jsonrpc_reply(service, line, false, out);
}

int jsonrpc_try(const struct jsonrpc_service *service, struct span line, struct buf *out)
{
    return jsonrpc_reply(service, line, true, out);
}

/* `response` with an error in place of its result; NULL: it is one already. */
static json_t *jsonrpc_failed(const json_t *response, int err)
{
    struct jsonrpc_error error = {
        JSONRPC_TOO_LARGE + err,
        "it was done, but the disk does not take it now (full, or gone?): make room; it is tried "
        "again until it works, and lost if the node ends before that"};

    if (json_object_get(response, "result") == NULL) {
        return NULL;
    }
    json_t *failed = jsonrpc_error_value(json_object_get(response, "id"), error);
    json_t *data = json_pack("{s:b}", "isDone", true);
    CHECK(data != NULL && json_object_set_new(json_object_get(failed, "error"), "data", data) == 0);
    return failed;
}

int jsonrpc_not_kept(struct buf *answer, int err)
{
    json_t *whole = json_loadb((const char *)answer->ptr, answer->len, 0, NULL);
    json_t *one = jsonrpc_failed(whole, err);

    CHECK(whole != NULL); /* we wrote it */
    for (size_t i = 0; i < json_array_size(whole); i++) {
        json_t *failed = jsonrpc_failed(json_array_get(whole, i), err);
        if (failed != NULL) {
            CHECK(json_array_set_new(whole, i, failed) == 0);
        }
    }
    buf_clear(answer);
    int rc = jsonrpc_write(one != NULL ? one : whole, answer);
    json_decref(one);
    json_decref(whole);
    return rc;
}

int jsonrpc_refuse_long(struct buf *out)
{
    struct jsonrpc_error error = {JSONRPC_TOO_LARGE, "the line is longer than 65536 bytes"};
    return jsonrpc_write_error(NULL, error, out);
}

/* ---- Asking ---- */

int jsonrpc_request_numbered(uint64_t number, const char *method, json_t *params, struct buf *out)
{
    json_t *request =
        json_pack("{s:s, s:s, s:I}", "jsonrpc", "2.0", "method", method, "id", (json_int_t)number);
    CHECK(request != NULL);
    CHECK(params == NULL || json_object_set(request, "params", params) == 0);
    int rc = jsonrpc_write(request, out);
    json_decref(request);
    return rc;
}

int jsonrpc_request(const char *method, json_t *params, struct buf *out)
{
    return jsonrpc_request_numbered(1, method, params, out);
}

/* What an error's code means to who asked. */
static int jsonrpc_failure(json_int_t code)
{
    if (code == JSONRPC_METHOD_NOT_FOUND) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (code < JSONRPC_TOO_LARGE && code >= JSONRPC_LAST) {
        return (int)(code - JSONRPC_TOO_LARGE);
    }
    return WAVU_ERR_IO;
}

int jsonrpc_result_numbered(struct span line, uint64_t *number, struct json_t **result)
{
    json_t *answer = json_loadb(line.len > 0 ? (const char *)line.ptr : "", line.len, 0, NULL);
    const json_t *error = json_object_get(answer, "error");
    json_t *value = json_object_get(answer, "result");
    const json_int_t id = json_integer_value(json_object_get(answer, "id"));
    int rc = WAVU_ERR_PROTO;
    *number = id > 0 ? (uint64_t)id : 0;
    if (json_is_object(error)) {
        json_int_t code = json_integer_value(json_object_get(error, "code"));
        json_t *sentence = json_object_get(error, "message");
        rc = jsonrpc_failure(code);
        if (code != JSONRPC_METHOD_NOT_FOUND && json_is_string(sentence)) {
            *result = json_incref(sentence);
        }
    } else if (value != NULL) {
        *result = json_incref(value);
        rc = 0;
    }
    json_decref(answer);
    return rc;
}

bool jsonrpc_is_done(struct span line)
{
    json_t *answer = json_loadb(line.len > 0 ? (const char *)line.ptr : "", line.len, 0, NULL);
    const json_t *data = json_object_get(json_object_get(answer, "error"), "data");
    const bool is_done = json_is_true(json_object_get(data, "isDone"));
    json_decref(answer);
    return is_done;
}

int jsonrpc_result(struct span line, struct json_t **result)
{
    uint64_t number = 0;
    return jsonrpc_result_numbered(line, &number, result);
}
