/*
 * node.reload: the settings of a running node are read again. They are the program's, which does it
 * and says what came of it; docs/protocol/control.md has the fields.
 */
#ifndef RPC_METHODS_RELOAD_H
#define RPC_METHODS_RELOAD_H

#include "apps/rpc/jsonrpc.h"

#define METHODS_RELOAD_NAMES_MAX 64 /* settings */
#define METHODS_RELOAD_PROBLEM_MAX                                                                 \
    1280 /* bytes of a sentence, with NUL: a path and what is there */

/* What came of reading them again. The names are static. */
struct methods_reloaded {
    const char *changed[METHODS_RELOAD_NAMES_MAX]; /* settings that are other ones now */
    size_t changed_count;
    const char *later[METHODS_RELOAD_NAMES_MAX]; /* such as the next start takes */
    size_t later_count;
    char problem[METHODS_RELOAD_PROBLEM_MAX]; /* "" or why all is as it was */
};

struct methods_reload {
    /* The program's; NULL: this one has no settings. */
    void (*run)(void *context, struct methods_reloaded *out);
    void *context;
    struct methods_reloaded last; /* of the answer that is being made */
};

/* Of struct jsonrpc_method. */
struct json_t *methods_reload_run(void *context, const struct json_t *params,
                                  struct jsonrpc_error *error);

#endif
