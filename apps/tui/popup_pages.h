/*
 * What stands in the windows over the others: each function opens one anew from what is known.
 */
#ifndef APPS_TUI_POPUP_PAGES_H
#define APPS_TUI_POPUP_PAGES_H

#include <stdint.h>

#include "apps/talk/talk.h"
#include "apps/tui/popup.h"

#define POPUP_PAGES_NOTES_MAX 8 /* what became of a code: the newest stay */

struct json_t;

/* A code that was opened. */
struct popup_pages_invite {
    char network[WAVU_NAME_MAX];
    char network_id[WAVU_KEY_TEXT_MAX];
    char code[256];
    char qr[1024];
    uint64_t until_ms; /* of the clock that does not jump */
    bool replaces;     /* another one was open: that one is told to be withdrawn, not this one */
    char notes[POPUP_PAGES_NOTES_MAX][TALK_LINE_MAX]; /* who came, wrong tries */
    size_t note_count;
};

void popup_pages_help(struct popup *p);
void popup_pages_invite(struct popup *p, const struct popup_pages_invite *invite, uint64_t now_ms,
                        size_t rows, size_t columns);
void popup_pages_members(struct popup *p, const struct talk_network *network);
void popup_pages_identity(struct popup *p, const struct talk *talk,
                          const struct talk_network *network);
void popup_pages_status(struct popup *p, const struct talk *talk);
void popup_pages_peers(struct popup *p, const struct json_t *peers);
void popup_pages_topology(struct popup *p, const struct talk_network *network,
                          const struct json_t *members);
void popup_pages_files(struct popup *p, const struct talk *talk, const struct json_t *files);
void popup_pages_verify(struct popup *p, const struct json_t *number, size_t rows, size_t columns);
void popup_pages_text(struct popup *p, const char *title, const char *text);

/** What became of the code: one line more; the oldest goes. */
void popup_pages_note(struct popup_pages_invite *invite, const char *text);

#endif
