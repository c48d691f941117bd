/*
 * Each item of the setting is a path, or a path, = and an argument.
 */
#include "apps/wavu/up_modules.h"

#include <stdio.h>
#include <string.h>

#include "apps/term/say.h"
#include "wavu/module.h"

static int up_modules_load_one(struct wavu_node *node, const char *item)
{
    char file[SETTINGS_ADDRESS_MAX];
    char why[WAVU_MODULE_WHY_MAX] = "";
    size_t len = strcspn(item, "=");
    (void)snprintf(file, sizeof file, "%.*s", (int)len, item);
    int rc = wavu_module_load(node, file, item[len] == '=' ? item + len + 1 : NULL, why);
    return rc == 0 ? 0
                   : say_problem(say_exit_of(rc),
                                 "the module '%s' is not loaded: %s; see to it, or leave it out of "
                                 "the setting modules",
                                 file, why);
}

int up_modules_load(struct wavu_node *node, const struct settings *s)
{
    int code = 0;
    for (size_t i = 0; i < s->modules.count && code == 0; i++) {
        code = up_modules_load_one(node, s->modules.items[i]);
    }
    return code;
}
