/*
 * Modules over the control socket: off unless a setting says so, loaded, listed, switched off; what
 * a filter refuses.
 */
#include "apps/rpc/methods_modules.h"

#include "tests/apps/rpc/asked.h"
#include "tests/support/module_files.h"
#include "wavu/module.h"

static struct module_files files;

static int start_files(void **state)
{
    module_files_make(&files);
    return start(state);
}

static int stop_files(void **state)
{
    module_files_remove(&files);
    return stop(state);
}

/* {"file": of the built module} and more. Static. */
static const char *params(const char *module, const char *more)
{
    static char text_of[512];
    (void)snprintf(text_of, sizeof text_of, "{\"file\":\"%s\"%s}",
                   module_files_copy(&files, module), more);
    return text_of;
}

static const json_t *first(const json_t *result)
{
    return json_array_get(json_object_get(result, "modules"), 0);
}

static void none_is_loaded_unless_the_setting_says_so(void **state)
{
    (void)state;
    json_t *list = result_of("module.list", "{}");
    assert_int_equal(json_array_size(json_object_get(list, "modules")), 0);
    assert_true(json_is_false(json_object_get(list, "mayLoad")));
    json_decref(list);
    fails("module.load", params("metric_slow", ""), FAILED(WAVU_ERR_DENIED),
          "unless the setting allow_modules is true");
    fails("module.load", "{}", JSONRPC_INVALID_PARAMS, "a whole path");
    fails("module.load", "{\"file\":7}", JSONRPC_INVALID_PARAMS, "a whole path");
}

static void one_is_loaded_listed_and_switched_off(void **state)
{
    (void)state;
    f.methods.allows_modules = true;
    json_t *list = result_of("module.load", params("metric_slow", ",\"argument\":\"70\""));
    const json_t *one = first(list);
    assert_string_equal(text(list, "name"), "metric-slow");
    assert_string_equal(text(one, "name"), "metric-slow");
    assert_string_equal(text(one, "version"), "1.0");
    assert_string_equal(text(one, "file"), files.path);
    assert_string_equal(json_string_value(json_array_get(json_object_get(one, "kinds"), 0)),
                        "metric");
    assert_true(json_is_false(json_object_get(one, "isOff")));
    assert_true(json_is_null(json_object_get(one, "whyOff")));
    assert_int_equal(json_array_size(json_object_get(one, "counters")), WAVU_MODULE_COUNTERS);
    assert_true(json_is_true(json_object_get(list, "mayLoad")));
    json_decref(list);
    list = result_of("module.off", "{\"name\":\"metric-slow\"}");
    assert_string_equal(text(first(list), "whyOff"), "wished");
    json_decref(list);
    fails("module.off", "{\"name\":\"other\"}", FAILED(WAVU_ERR_NOT_FOUND), "no module of that");
    fails("module.off", "{}", JSONRPC_INVALID_PARAMS, "of a module");
}

static void what_is_wrong_is_a_sentence(void **state)
{
    (void)state;
    f.methods.allows_modules = true;
    fails("module.load", "{\"file\":\"m.so\"}", FAILED(WAVU_ERR_INVALID),
          "the module is not loaded: its path has to be whole");
    fails("module.load", "{\"file\":\"/nowhere/m.so\"}", FAILED(WAVU_ERR_NOT_FOUND),
          "the module is not loaded: there is no such file");
    fails("module.load", params("odd_init", ""), FAILED(WAVU_ERR_DENIED),
          "the module is not loaded: it says: the moon is not full");
    fails("module.load", params("cipher_ascon", ""), FAILED(WAVU_ERR_DENIED),
          "a cipher is for test networks only");
}

static int never(void *state, const struct wavu_module_message *message, char *why)
{
    (void)state;
    (void)message;
    (void)snprintf(why, WAVU_MODULE_WHY_MAX, "it is too late");
    return 1;
}

static const struct wavu_module_filter filter = {.size = sizeof filter, .outgoing = never};
static const struct wavu_module module = {.size = sizeof module,
                                          .magic = WAVU_MODULE_MAGIC,
                                          .abi_major = WAVU_MODULE_ABI_MAJOR,
                                          .name = "night",
                                          .version = "1",
                                          .filter = &filter};

static void what_a_filter_refuses_is_said(void **state)
{
    char why[WAVU_MODULE_WHY_MAX];
    (void)state;
    assert_int_equal(wavu_module_add(f.methods.node, &module, NULL, why), 0);
    fails("mesh.broadcast", "{\"text\":\"habari\"}", FAILED(WAVU_ERR_DENIED),
          "the filter night does not let that be said: it is too late");
    json_decref(result_of("network.make", "{\"name\":\"savanna\"}"));
    json_t *answer = NULL;
    for (int i = 0; i < 100; i++) { /* the room's keys are made first */
        answer = ask("room.say", "{\"text\":\"habari\"}");
        const json_t *error = json_object_get(answer, "error");
        assert_non_null(error);
        if (json_integer_value(json_object_get(error, "code")) != FAILED(WAVU_ERR_AGAIN)) {
            break;
        }
        json_decref(answer);
        answer = NULL;
        wavu_os_run(f.os, 20);
    }
    assert_non_null(strstr(text(json_object_get(answer, "error"), "message"), "it is too late"));
    json_decref(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(none_is_loaded_unless_the_setting_says_so, start_files,
                                        stop_files),
        cmocka_unit_test_setup_teardown(one_is_loaded_listed_and_switched_off, start_files,
                                        stop_files),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_a_sentence, start_files, stop_files),
        cmocka_unit_test_setup_teardown(what_a_filter_refuses_is_said, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
