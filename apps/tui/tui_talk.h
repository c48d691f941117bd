/*
 * What apps/talk tells the screen: messages, lines, outcomes of /words, that the node has gone.
 */
#ifndef APPS_TUI_TUI_TALK_H
#define APPS_TUI_TUI_TALK_H

#include "apps/tui/tui_state.h"

/** The callbacks; their context is the struct tui. */
extern const struct talk_user tui_talk_user;
extern const struct talk_words_user tui_talk_words_user;

/** Show that chat: the draft of the one before is kept, its own is there again. */
void tui_talk_show(struct tui *t, struct talk_chat *chat);

/** Show the next hit of a search, older or newer. */
void tui_talk_hit(struct tui *t, bool is_older);
void tui_talk_hits_end(struct tui *t);

/** A line of ours among those that are told. */
void tui_talk_note(struct tui *t, enum talk_tone tone, const char *text);

/** Forget the lines that were told: all, or those that had their time (alerts stay). */
void tui_talk_notes_clear(struct tui *t, bool is_all);

/** Read what a command that is run for a /word says. */
void tui_talk_run(struct tui *t);

/** Completions at the cursor; `context` is the struct tui. */
void tui_talk_offer(void *context, const char *text, size_t cursor, struct input_words *out);

/** Mark the message that the line being typed is about ("/reply 8f8d1bb2 ..."), as a hit of a
 * search is marked; no more where it is about none. */
void tui_talk_point(struct tui *t);

/** Whether a code into the network that is shown is open; show it. */
bool tui_talk_has_code(const struct tui *t);
void tui_talk_show_code(struct tui *t);

/** What is in the window over the others changed: make it anew, where it can be. */
void tui_talk_renew_popup(struct tui *t);

#endif
