/*
 * What a node in the background has of its starter's environment: where things are, the language,
 * the settings; not the terminal, the session, nor who supervises the starter.
 */
#ifndef APPS_WAVU_START_ENV_H
#define APPS_WAVU_START_ENV_H

#include <stddef.h>

#include "apps/settings/home.h"

#define START_ENV_MAX 128 /* variables that it is given */

struct start_env {
    char home[HOME_PATH_MAX + 16];      /* WAVU_HOME=PATH */
    const char *all[START_ENV_MAX + 1]; /* NAME=VALUE, borrowed; then NULL */
    size_t count;
};

/** Take from `from` (as environ) what a node needs, with WAVU_HOME as `named_home` where that is
 * not NULL. START_ENV_MAX of them; what is more is left out. */
void start_env_take(struct start_env *e, char *const *from, const char *named_home);

#endif
