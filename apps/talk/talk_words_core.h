/*
 * What the parts of talk_words share: a command under way, and what it asks of the node.
 */
#ifndef APPS_TALK_TALK_WORDS_CORE_H
#define APPS_TALK_TALK_WORDS_CORE_H

#include "apps/talk/talk_words.h"

#define TALK_WORDS_NAME_SIZE 256 /* of a name that is typed */

struct json_t;
struct talk_words_call;
struct talk_words_ask;

/* A command's work: 0 and talk_words_over is called once, or an error that was told. */
typedef int talk_words_run(struct talk_words_call *call);

struct talk_words_verb {
    struct talk_words_command row; /* first: what faces see of it */
    talk_words_run *run;
    bool needs_network;
    bool needs_chat;
    bool needs_rest; /* something has to stand behind it */
};

/* One that was typed. Borrowed for the call. */
struct talk_words_call {
    struct talk_words *words;
    const struct talk_words_verb *verb;
    struct talk_chat *chat;             /* NULL: none is shown */
    const struct talk_network *network; /* of the chat, or the only one; NULL: none */
    char *rest;                         /* what stands behind the command; may be cut into words */
    const char *line;                   /* as it was typed, whole; NULL: by nobody */
};

/* What an answer is for. */
typedef void talk_words_then(struct talk_words_ask *ask, const struct json_t *result);

struct talk_words_ask {
    struct talk_words *words;
    struct talk_chat *chat;
    const struct talk_network *network;
    char *text; /* owned, or NULL: what goes along */
    char *line; /* owned, or NULL: as the call's */
    talk_words_then *then;
    bool is_yes; /* something was confirmed */
};

struct talk_words {
    struct talk *talk;
    const struct talk_words_user *user;
    void *context;
    struct talk_words_ask *open; /* what a question to the person is about; NULL: none is open */
    talk_words_then *open_then;
    struct json_t *open_about; /* handed to open_then; owned */
};

/** What was typed is over. */
void talk_words_over(struct talk_words *words, int err, const char *id);

/** Tell a line about what was typed. */
#define talk_words_tell(ask, tone, ...)                                                            \
    talk_tell((ask)->words->talk, tone, (ask)->chat, __VA_ARGS__)

/** Show `told` by the face: true, and no lines are to be told. */
bool talk_words_show(struct talk_words_ask *ask, struct talk_words_told *told);

/** Something to ask with, of this call; `text` is copied, or NULL. */
struct talk_words_ask *talk_words_ask_new(const struct talk_words_call *call, const char *text);
void talk_words_ask_free(struct talk_words_ask *ask);

/** Ask `method` with `params` (taken; NULL: what was typed is no UTF-8, and that is told); `then`
 * gets the result and frees or goes on with `ask`. What fails is told, and over. Returns 0. */
int talk_words_ask_take(struct talk_words_ask *ask, const char *method, struct json_t *params,
                        talk_words_then *then);

/** The same from inside a callback, and for a method without parameters. */
int talk_words_ask_plain(struct talk_words_ask *ask, const char *method, talk_words_then *then);

struct talk_say; /* talk_say.h */

/** Say it in `chat`: as a command's work. */
int talk_words_say(const struct talk_words_call *call, struct talk_chat *chat,
                   const struct talk_say *what);

/** It is over: free `ask`. */
void talk_words_end(struct talk_words_ask *ask, int err, const char *id);

/** Find the one member whom `name` means; `then` gets it, as of network.members. Nobody, or
 * several: told, and over. */
int talk_words_who_take(struct talk_words_ask *ask, const char *name, talk_words_then *then);

/** Ask the person `question` before going on with `then` and `about` (borrowed); without a way to
 * ask, "yes" has to stand behind the command (ask->is_yes). */
void talk_words_sure(struct talk_words_ask *ask, const char *question, talk_words_then *then,
                     const struct json_t *about);

/** Cut the first word, or what stands in double quotes, off `*rest`; "" when there is none. */
char *talk_words_cut(char **rest);

/** Cut a "yes" off the end of `rest`. */
bool talk_words_cut_yes(char *rest);

/** The message of the call's chat that `part` names: the beginning of an id, or "last" (the last
 * one of others, with `is_own` of one's own). NULL, and told. */
const struct talk_message *talk_words_message(const struct talk_words_call *call, const char *part,
                                              bool is_own);

#endif
