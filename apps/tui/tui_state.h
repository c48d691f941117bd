/*
 * What the terminal chat holds, shared by tui (the loop), tui_keys (what keys do), tui_talk (what
 * apps/talk tells) and tui_draw (what is seen of it).
 */
#ifndef APPS_TUI_TUI_STATE_H
#define APPS_TUI_TUI_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/talk/talk.h"
#include "apps/talk/talk_run.h"
#include "apps/talk/talk_words.h"
#include "apps/tui/drafts.h"
#include "apps/tui/input.h"
#include "apps/tui/keys.h"
#include "apps/tui/layout.h"
#include "apps/tui/notify.h"
#include "apps/tui/popup.h"
#include "apps/tui/popup_pages.h"
#include "apps/tui/tui.h"
#include "apps/tui/view.h"
#include "apps/tui/wizard.h"

#define TUI_NOTES_MAX 64   /* lines that were told; the oldest go */
#define TUI_NOTE_MS 30000  /* for so long a plain one is seen */
#define TUI_HITS_MAX 100   /* messages of a search */
#define TUI_BELL_MS 1000   /* between two bells */
#define TUI_STATUS_MS 5000 /* between two looks at how the node is */
#define TUI_AGAIN_MS 2000  /* between two tries to reach a node that has gone */
#define TUI_ESCAPE_MS 50   /* then an escape is no beginning of Alt and a key */

/* A line that was told. */
struct tui_note {
    char text[TALK_LINE_MAX];
    enum talk_tone tone;
    uint64_t at_ms;
};

/* What a search found. */
struct tui_hits {
    char ids[TUI_HITS_MAX][WAVU_KEY_TEXT_MAX]; /* newest first */
    size_t count;                              /* 0: none is looked at */
    size_t at;
};

/* One a process; owned by tui_run. */
struct tui {
    const struct tui_wish *wish;
    struct talk *talk;
    struct talk_words *words;
    struct input *input;
    struct notify *notify; /* NULL: no desktop */
    enum tui_notify tells;
    struct keys_state keys;
    struct drafts drafts;
    struct view view;
    struct popup popup;
    const struct talk_network *popup_network; /* whose members stand in it */
    struct popup_pages_invite invite;
    struct wizard wizard;
    struct talk_chat *chat; /* that is shown; NULL: none yet */
    struct tui_note notes[TUI_NOTES_MAX];
    size_t note_count;
    struct tui_hits hits;
    struct talk_run
        run; /* a command of the program that is run for a /word; its lines go into a window */
    char question[TALK_LINE_MAX]; /* is to be answered by yes or no; "": none */
    struct layout layout;         /* of what was drawn last */
    uint64_t now_ms;              /* boot time, read once a turn */
    uint64_t drawn_ms;
    uint64_t escape_ms; /* when an escape came that may be a beginning; 0: none */
    uint64_t bell_ms;
    uint64_t status_ms;
    uint64_t again_ms;
    long minute;  /* of the clock that is shown */
    bool is_down; /* the node has gone */
    bool has_mouse;
    bool wants_draw;  /* all */
    bool wants_input; /* the line that is typed, at once */
    bool has_news;    /* all, but no sooner than TUI_DRAWS_MAX allows */
    bool wants_bell;
    bool wants_start; /* the node is to be started again */
    bool is_over;
};

#endif
