/*
 * The methods of files, against a real node that is alone.
 */
#include "apps/rpc/methods_files.h"

#include <unistd.h>

#include "port/port.h"
#include "tests/apps/rpc/asked.h"
#include "wavu/files.h"

/* Run until there is an event of that name; its `key`, borrowed. */
static const char *until(const char *event, const char *key)
{
    for (int i = 0; i < 3000; i++) {
        for (uint64_t n = f.methods.feed.first; n < f.methods.feed.next; n++) {
            const json_t *one = f.methods.feed.events[n % FEED_EVENTS_MAX];
            if (strcmp(text(one, "event"), event) == 0) {
                return text(one, key);
            }
        }
        wavu_os_run(f.os, 10);
    }
    fail_msg("no %s came", event);
    return "";
}

static void a_file_is_offered_and_withdrawn(void **state)
{
    char path[] = "/tmp/wavu-methods-XXXXXX";
    char params[256];
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "five!", 5) == 5 && close(fd) == 0);
    json_decref(result_of("network.make", "{\"name\":\"savanna\"}"));
    (void)snprintf(params, sizeof params, "{\"path\":\"%s\",\"network\":\"savanna\"}", path);
    json_t *result = result_of("file.send", params);
    assert_true(json_integer_value(json_object_get(result, "send")) > 0);
    assert_true(json_is_integer(json_object_get(result, "after")));
    json_decref(result);
    (void)snprintf(params, sizeof params, "{\"id\":\"%s\"}", until("fileSent", "id"));
    result = result_of("file.list", "{}");
    const json_t *file = json_array_get(json_object_get(result, "files"), 0);
    assert_string_equal(text(file, "state"), "own");
    assert_string_equal(text(file, "path"), path);
    assert_string_equal(text(file, "name"), path + 5);
    assert_int_equal(json_integer_value(json_object_get(file, "size")), 5);
    json_decref(result);
    result = result_of("file.look", params);
    assert_string_equal(text(json_object_get(result, "file"), "state"), "own");
    json_decref(result);
    fails("file.accept", params, FAILED(WAVU_ERR_EXISTS), "our own");
    json_decref(result_of("file.cancel", params));
    fails("file.look", params, FAILED(WAVU_ERR_NOT_FOUND), "wavu file list");
    result = result_of("file.list", "[]");
    assert_int_equal(json_array_size(json_object_get(result, "files")), 0);
    json_decref(result);
    assert_int_equal(unlink(path), 0);
}

static uint64_t hostile_wall_ms(struct port *port)
{
    (void)port;
    return UINT64_MAX - 999;
}

/* An author's clock is whatever the author says. */
static void a_hostile_clock_is_no_negative_time(void **state)
{
    char path[] = "/tmp/wavu-methods-XXXXXX";
    char params[256];
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "five!", 5) == 5 && close(fd) == 0);
    f.port->wall_ms = hostile_wall_ms;
    json_decref(result_of("network.make", "{\"name\":\"savanna\"}"));
    (void)snprintf(params, sizeof params, "{\"path\":\"%s\"}", path);
    json_decref(result_of("file.send", params));
    (void)until("fileSent", "id");
    json_t *result = result_of("file.list", "{}");
    const json_t *file = json_array_get(json_object_get(result, "files"), 0);
    assert_true(json_integer_value(json_object_get(file, "unixMs")) == INT64_MAX);
    json_decref(result);
    result = result_of("history.look", "{}");
    const json_t *message = json_array_get(json_object_get(result, "messages"), 0);
    assert_string_equal(text(message, "kind"), "file");
    assert_true(json_integer_value(json_object_get(message, "unixMs")) == INT64_MAX);
    json_decref(result);
    assert_int_equal(unlink(path), 0);
}

static void what_fails_is_said(void **state)
{
    (void)state;
    fails("file.send", "{\"path\":\"/none\"}", FAILED(WAVU_ERR_NOT_FOUND), "network");
    fails("file.list", "{\"network\":\"a\"}", FAILED(WAVU_ERR_NOT_FOUND), "network");
    json_decref(result_of("network.make", "{\"name\":\"savanna\"}"));
    fails("file.send", "{\"path\":7}", JSONRPC_INVALID_PARAMS, "\"path\": absolute");
    fails("file.send", "{}", JSONRPC_INVALID_PARAMS, "\"path\": absolute");
    fails("file.send", "{\"path\":\"none\"}", FAILED(WAVU_ERR_INVALID), "");
    fails("file.look", "{\"id\":\"ab\"}", FAILED(WAVU_ERR_INVALID), "64 hexadecimal");
    fails("file.accept", "{}", JSONRPC_INVALID_PARAMS, "of the message");
    json_decref(result_of("file.send", "{\"path\":\"/none/at/all\"}"));
    assert_string_equal(until("fileRefused", "error"), "not_found");
}

static void a_node_that_starts_says_so(void **state)
{
    (void)state;
    f = (struct fixture){.os = NULL};
    jsonrpc_start();
    fails("file.list", "{}", JSONRPC_INTERNAL, "still starting");
    fails("file.list", "[1]", JSONRPC_INVALID_PARAMS, "");
    fails("file.send", "{\"path\":\"/a\"}", JSONRPC_INTERNAL, "still starting");
    fails("file.look", "{\"id\":\"a\"}", JSONRPC_INTERNAL, "still starting");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_offered_and_withdrawn, start, stop),
        cmocka_unit_test_setup_teardown(a_hostile_clock_is_no_negative_time, start, stop),
        cmocka_unit_test_setup_teardown(what_fails_is_said, start, stop),
        UNIT(a_node_that_starts_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
