/*
 * A setting that is a list of texts: addresses, or paths of modules. None of its items holds quotes
 * or backslashes; who fills it sees to that.
 */
#ifndef APPS_SETTINGS_SETTINGS_LIST_H
#define APPS_SETTINGS_SETTINGS_LIST_H

#include "base/buf.h"

#define SETTINGS_LIST_MAX 32        /* items */
#define SETTINGS_LIST_ITEM_MAX 256  /* bytes of one, with NUL */
#define SETTINGS_LIST_SHOWN_MAX 320 /* bytes of a list as it is shown, with NUL */

struct settings_list {
    char items[SETTINGS_LIST_MAX][SETTINGS_LIST_ITEM_MAX];
    size_t count;
};

/** Are they other ones, or in another order? */
bool settings_list_differ(const struct settings_list *a, const struct settings_list *b);

/** As a file would have it, with "..." for what is too much. */
void settings_list_show(const struct settings_list *list, char out[SETTINGS_LIST_SHOWN_MAX]);

/** Append all of it, as a file would have it. WAVU_ERR_LIMIT when that does not fit. */
WARN_UNUSED int settings_list_write(const struct settings_list *list, struct buf *out);

#endif
