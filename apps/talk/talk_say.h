/*
 * Saying something in a chat.
 */
#ifndef APPS_TALK_TALK_SAY_H
#define APPS_TALK_TALK_SAY_H

#include "apps/talk/talk.h"

enum talk_say_kind {
    TALK_SAY_TEXT,
    TALK_SAY_ME,      /* shown as "* nick text" */
    TALK_SAY_EDIT,    /* in place of one's own message `about` */
    TALK_SAY_DELETE,  /* one's own message `about`, no text */
    TALK_SAY_REACTION /* the emoji `text` on `about`; the same again takes it back */
};

struct talk_say {
    enum talk_say_kind kind;
    const char *text;
    const char *about; /* TEXT, ME: the message that is answered, or NULL */
};

/* What came of it: 0 and the message's id, or an error and a sentence, shown; with an error `id` is
 * "" when it was said all the same and the disk does not take it, as was told, else NULL. */
typedef void talk_say_done(void *context, int err, const char *id, const char *sentence);

/**
 * Say it. Members whom the text names with @ are mentioned, where the network's people are known.
 * It shows in the window when the node has it on its disk. `done` comes once, from inside a later
 * talk_pump (or talk_free); NULL: what went wrong is told as a line. WAVU_ERR_NO_NODE, _LIMIT (too
 * much is under way, or longer than WAVU_TEXT_MAX), _PROTO (no UTF-8, or nothing said): told as a
 * line, too, when `done` is NULL; else `done` does not come.
 */
int talk_say(struct talk *talk, struct talk_chat *chat, const struct talk_say *what,
             talk_say_done *done, void *context);

/** Tell why talk_say did not even ask (its error). */
void talk_say_explain(struct talk *talk, struct talk_chat *chat, int err);

#endif
