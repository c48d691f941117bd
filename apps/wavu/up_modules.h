/*
 * The modules that a node is started with: the setting `modules`.
 */
#ifndef APPS_WAVU_UP_MODULES_H
#define APPS_WAVU_UP_MODULES_H

#include "apps/settings/settings.h"

struct wavu_node;

/** Load them all. Returns 0, or an exit code after a sentence: a node that lacks one shall not
 * run. */
WARN_UNUSED int up_modules_load(struct wavu_node *node, const struct settings *s);

#endif
