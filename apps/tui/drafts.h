/*
 * What was typed in a chat and not sent, while another one is shown. Bounded: of too many the one
 * put away longest ago goes.
 */
#ifndef APPS_TUI_DRAFTS_H
#define APPS_TUI_DRAFTS_H

#include <stddef.h>

#define DRAFTS_MAX 32 /* chats */

struct draft {
    const void *chat; /* whose it is */
    char *text;       /* owned */
};

/* Embedded; zeroed is empty. */
struct drafts {
    struct draft list[DRAFTS_MAX]; /* oldest first */
    size_t count;
};

/** Keep `text` for `chat`; "": there is none any more. */
void drafts_put(struct drafts *d, const void *chat, const char *text);

/** The text of `chat`, "" when there is none; borrowed until the next call. */
const char *drafts_get(const struct drafts *d, const void *chat);

void drafts_clear(struct drafts *d);

#endif
