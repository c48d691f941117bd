/*
 * Lists of the settings: compared, shown, written.
 */
#include "apps/settings/settings_list.h"

#include <stdio.h>
#include <string.h>

bool settings_list_differ(const struct settings_list *a, const struct settings_list *b)
{
    bool is_other = a->count != b->count;
    for (size_t i = 0; !is_other && i < a->count; i++) {
        is_other = strcmp(a->items[i], b->items[i]) != 0;
    }
    return is_other;
}

void settings_list_show(const struct settings_list *list, char out[SETTINGS_LIST_SHOWN_MAX])
{
    size_t len = (size_t)snprintf(out, SETTINGS_LIST_SHOWN_MAX, "[");
    for (size_t i = 0; i < list->count; i++) {
        size_t left = SETTINGS_LIST_SHOWN_MAX - len;
        int more = snprintf(out + len, left, "%s\"%s\"", i > 0 ? ", " : "", list->items[i]);
        if (more < 0 || (size_t)more + 8 >= left) {
            (void)snprintf(out + len, left, ", ...");
            len += strlen(out + len);
            break;
        }
        len += (size_t)more;
    }
    (void)snprintf(out + len, SETTINGS_LIST_SHOWN_MAX - len, "]");
}

int settings_list_write(const struct settings_list *list, struct buf *out)
{
    char item[SETTINGS_LIST_ITEM_MAX + 8];
    int rc = buf_append(out, span_from_text("["));
    for (size_t i = 0; i < list->count && rc == 0; i++) {
        (void)snprintf(item, sizeof item, "%s\"%s\"", i > 0 ? ", " : "", list->items[i]);
        rc = buf_append(out, span_from_text(item));
    }
    return rc < 0 ? rc : buf_append(out, span_from_text("]"));
}
