/*
 * Levels of the log, asked and set.
 */
#include "apps/rpc/methods_log.h"

#include <jansson.h>

#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "base/log_levels.h"

static bool has_log(const struct methods_log *l, struct jsonrpc_error *error)
{
    if (l->levels == NULL) {
        *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + WAVU_ERR_UNSUPPORTED,
                                        "this node's log is not to be changed"};
    }
    return l->levels != NULL;
}

json_t *methods_log_get(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods_log *l = &((const struct methods *)context)->log;
    (void)params;
    if (!has_log(l, error)) {
        return NULL;
    }
    json_t *subsystems = json_object();
    const char *name = NULL;
    for (size_t i = 0; (name = log_levels_name(i)) != NULL; i++) {
        takes_put(subsystems, name, json_string(log_level_name(log_levels_of(l->levels, name))));
    }
    json_t *result = json_object();
    takes_put(result, "level", json_string(log_level_name(l->levels->all)));
    takes_put(result, "subsystems", subsystems);
    takes_put(result, "format", json_string(l->is_json ? "json" : "text"));
    return result;
}

json_t *methods_log_set(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods_log *l = &((struct methods *)context)->log;
    const json_t *level = json_object_get(params, "level");
    if (!has_log(l, error)) {
        return NULL;
    }
    if (!json_is_string(level) || log_levels_parse(l->levels, json_string_value(level)) < 0) {
        return takes_refuse(error, "this method takes {\"level\": " LOG_LEVELS_WANTED
                                   "}; log.get lists the subsystems");
    }
    l->changed(l->context);
    return methods_log_get(context, NULL, error);
}
