/*
 * Parameters of methods: texts that are there, missing, null or something else; errors as
 * sentences.
 */
#include "apps/rpc/takes.h"

#include "tests/base/unit.h"

#include <jansson.h>

#include "apps/rpc/methods.h"

static const struct takes takes = {
    .names = {"who", "what"}, .count = 2, .needed = 1, .sentence = "takes who and what"};

/* Read `text`; the error's code, 0 for none. */
static int read_with(struct methods *m, const char *text, const char *texts[TAKES_MAX])
{
    struct jsonrpc_error error = {0, NULL};
    json_t *params = text == NULL ? NULL : json_loads(text, 0, NULL);
    bool is_good = takes_read(&takes, m, params, texts, &error);
    assert_true(is_good == (error.message == NULL));
    json_decref(params);
    return is_good ? 0 : (int)error.code;
}

static void texts_are_read(void **state)
{
    (void)state;
    int node = 0; /* never looked into here */
    struct methods m = {.node = (struct wavu_node *)(void *)&node};
    struct methods starting = {.node = NULL};
    struct jsonrpc_error error = {0, NULL};
    const char *texts[TAKES_MAX];
    json_t *params = json_loads("{\"who\":\"amina\",\"later\":7}", 0, NULL);
    assert_true(takes_read(&takes, &m, params, texts, &error));
    assert_string_equal(texts[0], "amina");
    assert_null(texts[1]);
    json_decref(params);
    assert_int_equal(read_with(&m, "{\"who\":\"a\",\"what\":null}", texts), 0);
    assert_int_equal(read_with(&m, "{\"who\":\"a\",\"what\":3}", texts), JSONRPC_INVALID_PARAMS);
    assert_int_equal(read_with(&m, "{\"what\":\"b\"}", texts), JSONRPC_INVALID_PARAMS);
    assert_int_equal(read_with(&m, "[\"a\"]", texts), JSONRPC_INVALID_PARAMS);
    assert_int_equal(read_with(&m, NULL, texts), JSONRPC_INVALID_PARAMS);
    assert_int_equal(read_with(&starting, "{\"who\":\"a\"}", texts), JSONRPC_INTERNAL);
}

static void a_network_may_be_named(void **state)
{
    (void)state;
    int node = 0; /* never looked into here */
    struct methods m = {.node = (struct wavu_node *)(void *)&node};
    struct jsonrpc_error error = {0, NULL};
    const char *network = "";
    assert_true(takes_read_network(&m, NULL, &network, &error));
    assert_null(network);
    json_t *params = json_loads("{\"network\":\"savanna\"}", 0, NULL);
    assert_true(takes_read_network(&m, params, &network, &error));
    assert_string_equal(network, "savanna");
    json_decref(params);
    params = json_loads("{\"network\":1}", 0, NULL);
    assert_false(takes_read_network(&m, params, &network, &error));
    assert_int_equal(error.code, JSONRPC_INVALID_PARAMS);
    json_decref(params);
}

static void errors_are_sentences(void **state)
{
    (void)state;
    static const struct takes_meaning own[] = {{WAVU_ERR_LIMIT, "no more of these"}, {0, NULL}};
    struct jsonrpc_error error;
    assert_null(takes_fail(&error, WAVU_ERR_LIMIT, own));
    assert_string_equal(error.message, "no more of these");
    assert_null(takes_fail(&error, WAVU_ERR_NOT_FOUND, own));
    assert_string_equal(error.message,
                        "this node is in no such network: 'wavu networks' lists its own, 'wavu "
                        "create NAME' makes one, and 'wavu join CODE' joins one");
    assert_int_equal(error.code, JSONRPC_TOO_LARGE + WAVU_ERR_NOT_FOUND);
    json_t *empty = takes_text_or_null("");
    assert_true(json_is_null(empty));
    json_decref(empty);
}

static void a_count_is_never_below_nothing(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 7, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    static const json_int_t said[] = {0, 7, INT64_MAX, INT64_MAX, INT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        json_t *count = takes_count(values[i]);
        assert_true(json_integer_value(count) == said[i]);
        json_decref(count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(texts_are_read),
        UNIT(a_network_may_be_named),
        UNIT(errors_are_sentences),
        UNIT(a_count_is_never_below_nothing),
    };
    jsonrpc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
