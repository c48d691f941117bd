/*
 * What changed, and what the next start takes; a wrong file is the node's sentence, with its line.
 */
#include "apps/wavu/cmd_reload.h"

#include <jansson.h>

#include "apps/term/say.h"
#include "apps/wavu/cmd_ask.h"

/* The names in `list`, as a word list. */
static void cmd_reload_print_names(const json_t *list)
{
    char clean[SAY_CLEAN_MAX];
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        say_out("%s%s", i > 0 ? ", " : "", say_clean(name != NULL ? name : "", clean));
    }
}

static void cmd_reload_print(const json_t *result)
{
    const json_t *changed = json_object_get(result, "changed");
    const json_t *later = json_object_get(result, "later");
    if (json_array_size(changed) == 0 && json_array_size(later) == 0) {
        say_out("the settings were read again; nothing has changed\n");
        return;
    }
    if (json_array_size(changed) > 0) {
        say_out("changed: ");
        cmd_reload_print_names(changed);
        say_out("\n");
    }
    if (json_array_size(later) > 0) {
        say_out("change at the next start: ");
        cmd_reload_print_names(later);
        say_out("\n");
    }
}

int cmd_reload_run(struct call *call)
{
    json_t *result = NULL;
    int code = cmd_ask(call, "node.reload", NULL, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        cmd_reload_print(result);
    }
    json_decref(result);
    return code;
}
