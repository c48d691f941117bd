/*
 * A list of names: what is not on it stays with the starter.
 */
#include "apps/wavu/start_env.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Those that end with _ stand for all that begin so. */
static const char *const start_env_names[] = {
    "HOME",
    "PATH",
    "TMPDIR",
    "TZ",
    "LANG",
    "LANGUAGE",
    "LC_", /* where, and how it speaks */
    "WAVU_",
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "STATE_DIRECTORY",
    "CONFIGURATION_DIRECTORY",
    "RUNTIME_DIRECTORY",
    "LD_", /* where its libraries are, for a program that is not installed */
};

static bool start_env_is_needed(const char *variable)
{
    for (size_t i = 0; i < sizeof start_env_names / sizeof start_env_names[0]; i++) {
        const char *name = start_env_names[i];
        size_t len = strlen(name);
        bool is_prefix = name[len - 1] == '_';
        if (strncmp(variable, name, len) == 0 && (is_prefix || variable[len] == '=')) {
            return true;
        }
    }
    return false;
}

void start_env_take(struct start_env *e, char *const *from, const char *named_home)
{
    *e = (struct start_env){.count = 0};
    if (named_home != NULL) {
        (void)snprintf(e->home, sizeof e->home, "WAVU_HOME=%s", named_home);
        e->all[e->count++] = e->home;
    }
    for (size_t i = 0; from[i] != NULL && e->count < START_ENV_MAX; i++) {
        bool is_replaced = named_home != NULL && strncmp(from[i], "WAVU_HOME=", 10) == 0;
        if (!is_replaced && start_env_is_needed(from[i])) {
            e->all[e->count++] = from[i];
        }
    }
}
