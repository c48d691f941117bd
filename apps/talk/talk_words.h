/*
 * What a line that a person types means: words to say, or a /command. Every face has the same ones.
 *
 *     talk_words_enter(words, chat, line)
 *
 * says the line in `chat`, or does what the /command says; what comes of it is told in lines
 * (struct talk_user.told) and, where a face can show more than lines, as an outcome first.
 */
#ifndef APPS_TALK_TALK_WORDS_H
#define APPS_TALK_TALK_WORDS_H

#include "apps/talk/talk.h"

#define TALK_WORDS_LINE_MAX 65536 /* bytes of what is typed at once, with NUL */
#define TALK_WORDS_FOUND_MAX 64   /* candidates of a completion */

struct talk_words; /* opaque; freed by talk_words_free */

enum talk_words_outcome {
    TALK_WORDS_LINES,    /* nothing but lines */
    TALK_WORDS_GO,       /* /room NAME, /dm NAME: show `chat` */
    TALK_WORDS_INVITE,   /* a code was opened: `code`, `qr` (what a picture shows), `open_ms` */
    TALK_WORDS_MEMBERS,  /* /members: those of `network` (talk_people.h) */
    TALK_WORDS_IDENTITY, /* /id: who one is: talk_self */
    TALK_WORDS_STATUS,   /* /status: talk_status */
    TALK_WORDS_PEERS,    /* /peers: `result` of node.peers */
    TALK_WORDS_TOPOLOGY, /* /topology: `result` of mesh.members */
    TALK_WORDS_FILES,    /* /file list: `result` of file.list */
    TALK_WORDS_FOUND,    /* /search: `result` of history.look; talk_window_go brings one in */
    TALK_WORDS_VERIFY,   /* /verify NAME: `result` of contact.number */
    TALK_WORDS_HELP,     /* /help */
    TALK_WORDS_CONFIG,   /* /config where there is no `run`: `text` says what to type */
    TALK_WORDS_QUIT      /* /quit */
};

/* All borrowed until return. */
struct talk_words_told {
    enum talk_words_outcome outcome;
    struct talk_chat *chat;             /* where it was typed; of GO the one to show */
    const struct talk_network *network; /* or NULL */
    const char *code;                   /* INVITE */
    const char *qr;
    uint64_t open_ms;
    const char *text;
    const struct json_t *result;
};

struct talk_words_user {
    /* An outcome; true: the face shows it, and no lines are told. May be NULL. */
    bool (*outcome)(void *context, const struct talk_words_told *told);
    /* "Put Baraka out of nyumbani?": ask the person, and say by talk_words_confirm what it said.
     * NULL: the command wants "yes" behind it instead. */
    void (*confirm)(void *context, const char *question);
    /* Run the program itself with these words ("export", "/media/stick", ...; NULL at the end) and
     * show what it prints; then `done` is the face's to call itself. False: it cannot. May be
     * NULL. */
    bool (*run)(void *context, const char *const *words);
    /* A line that was typed in `chat` was not said, or said to nobody, for the reason that was
     * told: it can be typed there again. Before `done`, not at the end of the talk. May be NULL. */
    void (*unsaid)(void *context, struct talk_chat *chat, const char *line);
    /* Something that was typed is over: 0 or an error, after all that was told of it; of a text
     * that was said when the node has it on its disk (`id`, else NULL). May be NULL. */
    void (*done)(void *context, int err, const char *id);
};

/* A row of the table of commands. */
struct talk_words_command {
    const char *name;    /* "invite" */
    const char *words;   /* what stands behind it: "[KEY]", or "" */
    const char *summary; /* half a line */
};

/** `user` and `context` outlive it. */
WARN_UNUSED struct talk_words *talk_words_new(struct talk *talk, const struct talk_words_user *user,
                                              void *context);

/** Behind talk_free, which ends what is under way. NULL is fine. */
void talk_words_free(struct talk_words *words);

/** The `i`th command in the order of the help; NULL behind the last. */
const struct talk_words_command *talk_words_at(size_t i);

/**
 * Say `line` (NUL-terminated, may hold newlines) in `chat` (NULL: none is there yet), or do what it
 * says when it begins with '/'; "//" begins a text with one '/'. Returns 0: `done` comes, now or
 * later, but not while a question of `confirm` is open; or the error that was told as a line
 * already: `done` does not come then.
 */
int talk_words_enter(struct talk_words *words, struct talk_chat *chat, const char *line);

/** Does `line` name a command, and not a text? */
bool talk_words_is_command(const char *line);

/** What the person answered to `confirm`. */
void talk_words_confirm(struct talk_words *words, bool is_yes);

/** What may stand in `line` at `at` (a cursor, in bytes) instead of the word there: commands,
 * names, rooms. */
struct talk_words_found {
    size_t from; /* bytes `from` to `at` are replaced */
    size_t count;
    char texts[TALK_WORDS_FOUND_MAX][WAVU_SHOWN_MAX + 4]; /* with '/' or '@' where it belongs */
};
void talk_words_complete(const struct talk_words *words, const struct talk_chat *chat,
                         const char *line, size_t at, struct talk_words_found *out);

/** The id of the one loaded message of `chat` (or NULL) that a `line` is about, such as "/reply
 * 8f8d1bb2 yes" or "/edit last"; NULL: about none. Borrowed from the chat's window. */
const char *talk_words_about(const struct talk_chat *chat, const char *line);

#endif
