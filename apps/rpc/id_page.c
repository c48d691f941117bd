/*
 * Sorted by insertion: a part is short.
 */
#include "apps/rpc/id_page.h"

#include <stdio.h>
#include <string.h>

void id_page_begin(struct id_page *p, const char *after)
{
    p->after = after;
    p->count = 0;
    p->is_more = false;
}

void id_page_offer(struct id_page *p, const char *id)
{
    size_t at = p->count;
    if (strlen(id) >= WAVU_PEER_TEXT_MAX || (p->after != NULL && strcmp(id, p->after) <= 0)) {
        return;
    }
    while (at > 0 && strcmp(id, p->ids[at - 1]) < 0) {
        at--;
    }
    if (at > 0 && strcmp(id, p->ids[at - 1]) == 0) {
        return;
    }
    p->is_more = p->is_more || p->count == ID_PAGE_MAX;
    if (at == ID_PAGE_MAX) {
        return;
    }
    p->count += p->count < ID_PAGE_MAX ? 1 : 0; /* else the last one goes */
    memmove(p->ids[at + 1], p->ids[at], (p->count - at - 1) * sizeof p->ids[0]);
    (void)snprintf(p->ids[at], sizeof p->ids[at], "%s", id);
}
