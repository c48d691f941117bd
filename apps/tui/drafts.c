/*
 * What was typed and not sent.
 */
#include "apps/tui/drafts.h"

#include <string.h>

#include "base/mem.h"

static void drop(struct drafts *d, size_t i)
{
    mem_free(d->list[i].text);
    d->count--;
    memmove(d->list + i, d->list + i + 1, (d->count - i) * sizeof d->list[0]);
}

void drafts_put(struct drafts *d, const void *chat, const char *text)
{
    for (size_t i = 0; i < d->count; i++) {
        if (d->list[i].chat == chat) {
            drop(d, i);
            break;
        }
    }
    if (text[0] == '\0') {
        return;
    }
    if (d->count == DRAFTS_MAX) {
        drop(d, 0);
    }
    d->list[d->count++] = (struct draft){chat, mem_copy_text(text)};
}

const char *drafts_get(const struct drafts *d, const void *chat)
{
    for (size_t i = 0; i < d->count; i++) {
        if (d->list[i].chat == chat) {
            return d->list[i].text;
        }
    }
    return "";
}

void drafts_clear(struct drafts *d)
{
    while (d->count > 0) {
        drop(d, 0);
    }
}
