/*
 * Modules over the control socket. Whoever may ask here is this node's user, and a module has no
 * more rights than that; yet code is loaded only where a setting says that it may.
 */
#include "apps/rpc/methods_modules.h"

#include <jansson.h>
#include <stdio.h>

#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "base/check.h"
#include "wavu/module.h"

_Static_assert(WAVU_MODULE_WHY_MAX + 64 <= sizeof((struct methods *)0)->problem, "it fits");

bool methods_modules_refused(const struct methods *m, int err, struct jsonrpc_error *error)
{
    const char *sentence = err == WAVU_ERR_DENIED ? wavu_module_refusal(m->node) : "";

    if (sentence[0] == '\0') {
        return false;
    }
    *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + err, sentence};
    return true;
}

json_t *methods_modules_load(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"file", "argument"},
        .count = 2,
        .needed = 1,
        .sentence = "this method takes {\"file\": a whole path, \"argument\": optional}"};
    struct methods *m = context;
    const char *texts[TAKES_MAX];
    char why[WAVU_MODULE_WHY_MAX] = "";

    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    if (!m->allows_modules) {
        *error = (struct jsonrpc_error){
            JSONRPC_TOO_LARGE + WAVU_ERR_DENIED,
            "a module has all of the node's rights, so none is loaded while it runs unless the "
            "setting allow_modules is true; or name it in the setting modules, and start again"};
        return NULL;
    }
    int rc = wavu_module_load(m->node, texts[0], texts[1], why);

    if (rc < 0) {
        (void)snprintf(m->problem, sizeof m->problem, "the module is not loaded: %s", why);
        *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + rc, m->problem};
        return NULL;
    }
    json_t *result = methods_modules_list(context, NULL, error);
    const json_t *modules = json_object_get(result, "modules");
    const json_t *last = json_array_get(modules, json_array_size(modules) - 1);

    takes_put(result, "name", json_incref(json_object_get(last, "name")));
    return result;
}

static void add_one(void *context, const struct wavu_module_about *about)
{
    json_t *one = json_object();
    json_t *kinds = json_array();
    json_t *counters = json_array();
    const struct {
        bool is_so;
        const char *word;
    } does[] = {
        {about->is_metric, "metric"}, {about->is_filter, "filter"}, {about->is_cipher, "cipher"}};

    for (size_t i = 0; i < sizeof does / sizeof does[0]; i++) {
        if (does[i].is_so) {
            CHECK(json_array_append_new(kinds, json_string(does[i].word)) == 0);
        }
    }
    for (size_t i = 0; i < WAVU_MODULE_COUNTERS; i++) {
        CHECK(json_array_append_new(counters, takes_count(about->counters[i])) == 0);
    }
    takes_put(one, "name", json_string(about->name));
    takes_put(one, "version", jsonrpc_text(about->version));
    takes_put(one, "file", about->file[0] != '\0' ? jsonrpc_text(about->file) : json_null());
    takes_put(one, "kinds", kinds);
    takes_put(one, "isOff", json_boolean(about->is_off));
    takes_put(one, "whyOff", takes_text_or_null(about->why_off));
    takes_put(one, "calls", takes_count(about->calls));
    takes_put(one, "slow", takes_count(about->slow));
    takes_put(one, "bad", takes_count(about->bad));
    takes_put(one, "longestUs", takes_count(about->longest_us));
    takes_put(one, "counters", counters);
    CHECK(json_array_append_new(context, one) == 0);
}

json_t *methods_modules_list(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;

    (void)params;
    if (!takes_is_ready(m, error)) {
        return NULL;
    }
    json_t *result = json_object();
    json_t *modules = json_array();

    wavu_module_list(m->node, add_one, modules);
    takes_put(result, "modules", modules);
    takes_put(result, "mayLoad", json_boolean(m->allows_modules));
    return result;
}

json_t *methods_modules_off(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {.names = {"name"},
                                       .count = 1,
                                       .needed = 1,
                                       .sentence = "this method takes {\"name\": of a module}"};
    static const struct takes_meaning meanings[] = {
        {WAVU_ERR_NOT_FOUND, "no module of that name is loaded: 'wavu module list' lists them"},
        {WAVU_ERR_DENIED, "a cipher stays until the node ends, since nothing may take its place"},
        {0, NULL}};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];

    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    int rc = wavu_module_off(m->node, texts[0]);

    return rc < 0 ? takes_fail(error, rc, meanings) : methods_modules_list(context, NULL, error);
}
