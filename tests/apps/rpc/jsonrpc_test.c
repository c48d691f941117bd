/*
 * JSON-RPC: requests, batches and broken lines against the specification's own rules.
 */
#include "apps/rpc/jsonrpc.h"

#include "tests/base/unit.h"

#include <jansson.h>

static int calls; /* of any method, since the test began */

static json_t *echo_call(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)error;
    calls++;
    assert_ptr_equal(context, &calls);
    return params != NULL ? json_deep_copy(params) : json_string("nothing");
}

static json_t *fail_call(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    calls++;
    *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, "not these"};
    return NULL;
}

static json_t *big_call(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static char text[4096];
    (void)context;
    (void)params;
    (void)error;
    memset(text, 'x', sizeof text - 1);
    return json_string(text);
}

static const struct jsonrpc_method methods[] = {
    {"echo", echo_call}, {"fail", fail_call}, {"big", big_call}};
static const struct jsonrpc_service service = {
    .methods = methods, .method_count = 3, .context = &calls};

/* Answer `line`; the text of the answer, to be freed by the caller (out). */
static const char *answer(const char *line, struct buf *out)
{
    buf_init(out, 1024);
    calls = 0;
    assert_int_equal(jsonrpc_answer(&service, span_from_text(line), out), 0);
    assert_int_equal(buf_append(out, span_of("", 1)), 0); /* a NUL */
    return (const char *)out->ptr;
}

static void expect(const char *line, const char *expected)
{
    struct buf out;
    assert_string_equal(answer(line, &out), expected);
    buf_clear(&out);
}

/* The answer to `line` is an error of `code` with the id null. */
static void expect_error(const char *line, int code)
{
    struct buf out;
    char head[64];
    (void)snprintf(head, sizeof head, "\"error\":{\"code\":%d,", code);
    const char *text = answer(line, &out);
    assert_non_null(strstr(text, head));
    assert_non_null(strstr(text, "\"id\":null}\n"));
    buf_clear(&out);
}

static void answers_requests(void **state)
{
    (void)state;
    expect("{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":7}",
           "{\"jsonrpc\":\"2.0\",\"result\":\"nothing\",\"id\":7}\n");
    expect("{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":\"a\",\"params\":[1]}",
           "{\"jsonrpc\":\"2.0\",\"result\":[1],\"id\":\"a\"}\n");
    expect("{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":null,\"params\":{}}\r",
           "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":null}\n");
    expect(
        "{\"jsonrpc\":\"2.0\",\"method\":\"fail\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"message\":\"not these\"},\"id\":1}\n");
}

static void notifications_are_carried_out_and_not_answered(void **state)
{
    (void)state;
    expect("{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}", "");
    assert_int_equal(calls, 1);
    expect("{\"jsonrpc\":\"2.0\",\"method\":\"fail\"}", "");
    expect("{\"jsonrpc\":\"2.0\",\"method\":\"absent\"}", "");
    expect("[{\"jsonrpc\":\"2.0\",\"method\":\"echo\"},{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}]",
           "");
    assert_int_equal(calls, 2);
}

static void batches_are_answered_in_order(void **state)
{
    (void)state;
    expect("[{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":1},{\"jsonrpc\":\"2.0\",\"method\":"
           "\"echo\"},"
           "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":2,\"params\":[]}]",
           "[{\"jsonrpc\":\"2.0\",\"result\":\"nothing\",\"id\":1},"
           "{\"jsonrpc\":\"2.0\",\"result\":[],\"id\":2}]\n");
    assert_int_equal(calls, 3);
    expect_error("[]", JSONRPC_INVALID_REQUEST);
}

static void batches_have_a_limit(void **state)
{
    char line[256];
    size_t used = 0;
    (void)state;
    line[used++] = '[';
    for (int i = 0; i < JSONRPC_BATCH_MAX + 1; i++) {
        line[used++] = '1';
        line[used++] = ',';
    }
    line[used - 1] = ']';
    line[used] = '\0';
    expect_error(line, JSONRPC_TOO_LARGE);
}

static void broken_lines_get_the_codes_of_the_specification(void **state)
{
    static const char *const unparsable[] = {"",         "{",
                                             "garbage",  "\"text\"",
                                             "12",       "{}}",
                                             "[1,",      "{\"id\":1,\"id\":2}",
                                             "\xff\xfe", "{\"a\":\"\xc0\x80\"}"};
    static const char *const wrong[] = {
        "{}",
        "{\"jsonrpc\":\"1.0\",\"method\":\"echo\"}",
        "{\"jsonrpc\":2.0,\"method\":\"echo\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":3}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":[1]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":true}",
        "[1]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof unparsable / sizeof unparsable[0]; i++) {
        expect_error(unparsable[i], JSONRPC_PARSE);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct buf out;
        assert_non_null(strstr(answer(wrong[i], &out), "-32600"));
        assert_int_equal(calls, 0);
        buf_clear(&out);
    }
    expect(
        "{\"jsonrpc\":\"2.0\",\"method\":\"absent\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32601,\"message\":\"there is no such method\"},"
        "\"id\":1}\n");
}

static void deep_nesting_is_refused(void **state)
{
    static char line[JSONRPC_LINE_MAX];
    struct buf out;
    (void)state;
    memset(line, '[', sizeof line);
    buf_init(&out, 1024);
    assert_int_equal(jsonrpc_answer(&service, span_of(line, sizeof line), &out), 0);
    assert_int_equal(buf_append(&out, span_of("", 1)), 0);
    assert_non_null(strstr((const char *)out.ptr, "-32700"));
    buf_clear(&out);
}

static void an_answer_that_does_not_fit_is_an_error(void **state)
{
    struct buf out;
    (void)state;
    assert_non_null(
        strstr(answer("{\"jsonrpc\":\"2.0\",\"method\":\"big\",\"id\":5}", &out), "-32000"));
    assert_non_null(strstr((const char *)out.ptr, "\"id\":5"));
    buf_clear(&out);
    buf_init(&out, 8);
    assert_int_equal(jsonrpc_answer(&service, UNIT_TEXT("{}"), &out), WAVU_ERR_LIMIT);
    assert_int_equal(out.len, 0);
    assert_int_equal(jsonrpc_refuse_long(&out), WAVU_ERR_LIMIT);
    buf_clear(&out);
}

static void long_lines_are_refused(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 256);
    assert_int_equal(jsonrpc_refuse_long(&out), 0);
    assert_non_null(memmem(out.ptr, out.len, "-32000", 6));
    assert_int_equal(out.ptr[out.len - 1], '\n');
    buf_clear(&out);
}

static void requests_are_understood_by_the_other_side(void **state)
{
    struct buf line;
    struct buf out;
    json_t *result = NULL;
    (void)state;
    buf_init(&line, 256);
    buf_init(&out, 256);
    assert_int_equal(jsonrpc_request("echo", NULL, &line), 0);
    assert_int_equal(jsonrpc_answer(&service, buf_span(&line), &out), 0);
    assert_int_equal(jsonrpc_result(buf_span(&out), &result), 0);
    assert_string_equal(json_string_value(result), "nothing");
    json_decref(result);
    buf_clear(&line);
    buf_clear(&out);
}

static void bad_answers_are_told_apart(void **state)
{
    json_t *result = NULL;
    (void)state;
    assert_int_equal(jsonrpc_result(span_empty(), &result), WAVU_ERR_PROTO);
    assert_int_equal(jsonrpc_result(UNIT_TEXT("{}"), &result), WAVU_ERR_PROTO);
    assert_int_equal(jsonrpc_result(UNIT_TEXT("[]"), &result), WAVU_ERR_PROTO);
    assert_int_equal(jsonrpc_result(UNIT_TEXT("{\"error\":{\"code\":-32601}}"), &result),
                     WAVU_ERR_UNSUPPORTED);
    assert_int_equal(jsonrpc_result(UNIT_TEXT("{\"error\":{}}"), &result), WAVU_ERR_IO);
    assert_null(result);
    assert_int_equal(
        jsonrpc_result(UNIT_TEXT("{\"error\":{\"code\":-32603,\"message\":\"no mesh\"}}"), &result),
        WAVU_ERR_IO);
    assert_string_equal(json_string_value(result), "no mesh");
    json_decref(result);
    assert_int_equal(
        jsonrpc_result(UNIT_TEXT("{\"error\":{\"code\":-32013,\"message\":\"none\"}}"), &result),
        WAVU_ERR_NOT_FOUND);
    assert_string_equal(json_string_value(result), "none");
    json_decref(result);
    result = NULL;
    assert_int_equal(jsonrpc_result(UNIT_TEXT("{\"error\":{\"code\":-32100}}"), &result),
                     WAVU_ERR_IO);
    assert_int_equal(jsonrpc_result(UNIT_TEXT("{\"error\":{\"code\":-32000}}"), &result),
                     WAVU_ERR_IO);
    assert_null(result);
}

static void expect_text(const char *text, const char *expected)
{
    json_t *value = jsonrpc_text(text);
    assert_string_equal(json_string_value(value), expected);
    json_decref(value);
}

static void any_text_of_a_peer_becomes_utf8(void **state)
{
    (void)state;
    expect_text("", "");
    expect_text("js-libp2p/3.0 \xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82",
                "js-libp2p/3.0 \xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82");
    expect_text("\xff", "\xef\xbf\xbd");
    expect_text("a\xc0\xaf", "a\xef\xbf\xbd\xef\xbf\xbd");               /* overlong */
    expect_text("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* a surrogate */
    expect_text("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    expect_text("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"); /* cut off */
}

static void numbers_are_as_short_as_people_write_them(void **state)
{
    (void)state;
    expect("{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[0.263,8.0,0.1],\"id\":7}",
           "{\"jsonrpc\":\"2.0\",\"result\":[0.263,8.0,0.1],\"id\":7}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(answers_requests),
        UNIT(notifications_are_carried_out_and_not_answered),
        UNIT(batches_are_answered_in_order),
        UNIT(batches_have_a_limit),
        UNIT(broken_lines_get_the_codes_of_the_specification),
        UNIT(deep_nesting_is_refused),
        UNIT(an_answer_that_does_not_fit_is_an_error),
        UNIT(long_lines_are_refused),
        UNIT(requests_are_understood_by_the_other_side),
        UNIT(bad_answers_are_told_apart),
        UNIT(any_text_of_a_peer_becomes_utf8),
        UNIT(numbers_are_as_short_as_people_write_them),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
