/*
 * The settings are read again where they are known; here it becomes an answer.
 */
#include "apps/rpc/methods_reload.h"

#include <jansson.h>

#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "base/check.h"

static json_t *names(const char *const *of, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        CHECK(json_array_append_new(list, json_string(of[i])) == 0);
    }
    return list;
}

json_t *methods_reload_run(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods_reload *r = &((struct methods *)context)->reload;
    (void)params;
    if (r->run == NULL) {
        *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + WAVU_ERR_UNSUPPORTED,
                                        "this node has no settings that could be read again"};
        return NULL;
    }
    r->last = (struct methods_reloaded){.changed_count = 0};
    r->run(r->context, &r->last);
    if (r->last.problem[0] != '\0') {
        *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + WAVU_ERR_INVALID, r->last.problem};
        return NULL;
    }
    json_t *result = json_object();
    takes_put(result, "changed", names(r->last.changed, r->last.changed_count));
    takes_put(result, "later", names(r->last.later, r->last.later_count));
    return result;
}
