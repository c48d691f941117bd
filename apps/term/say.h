/*
 * What the program says: results on stdout, sentences on stderr, an exit code.
 */
#ifndef APPS_TERM_SAY_H
#define APPS_TERM_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"

#define SAY_WIDTH 80 /* characters of a line: what every terminal has */

/* Exit codes of the program; docs/man/wavu.1 lists them. */
enum say_exit {
    SAY_OK = 0,
    SAY_FAILURE = 1,
    SAY_USAGE = 2,
    SAY_NO_NODE = 3,
    SAY_NOT_FOUND = 4,
    SAY_DENIED = 5,
    SAY_TIMEOUT = 6,
    SAY_CONFLICT = 7,
    SAY_HARDWARE = 8
};

/* How the program speaks: what was said on its command line. Zeroed memory is how it begins. */
struct say_manner {
    bool is_quiet;          /* results and problems alone */
    bool is_problem_bright; /* the beginning of a problem in bold red */
};

#define SAY_CLEAN_MAX 1024 /* bytes of a text from elsewhere that are shown, with NUL */

/**
 * Prepare the standard streams: descriptors 0 to 2 that are closed are filled, so that no socket
 * takes their place; SIGPIPE is ignored, so that a closed pipe is an error of the write.
 */
void say_start(void);

/** Speak like that from now on. */
void say_set_manner(const struct say_manner *manner);

/**
 * May a stream have colour? `when` is --color's value or NULL, `no_color` and `term` are the
 * variables NO_COLOR and TERM or NULL. "always" and "never" go before everything; else there is
 * colour on a terminal that can show it, unless NO_COLOR is there and not empty.
 */
bool say_has_colour(const char *when, bool is_terminal, const char *no_color, const char *term);

/** As say_out, for what is neither result nor problem: hints, what comes next. Nothing when the
 * program is to be quiet. */
void say_hint(const char *format, ...) PRINTF_LIKE(1, 2);

/** As say_hint on stderr, a line of its own: of what goes on, beside a result on stdout. */
void say_note(const char *format, ...) PRINTF_LIKE(1, 2);

/** True when what only shows that something goes on is not to be shown. */
bool say_is_quiet(void);

/** The exit code that stands for `err` (enum wavu_err). */
int say_exit_of(int err);

/** One sentence on stderr: "wavu: ", the text, a newline. Returns `exit_code`. */
int say_problem(int exit_code, const char *format, ...) PRINTF_LIKE(2, 3);

/* Who hears what is wrong, when it is not to go to stderr as it is. */
struct say_ear {
    void (*hear)(void *context, bool is_warning, const char *sentence); /* NULL: stderr */
    void *context;
};

/** From now on what say_problem and say_warning say goes to `ear` alone, a line without "wavu: ".
 * Returns who heard it until now. */
struct say_ear say_to(struct say_ear ear);

/** 0 when there is anything to be seen in the `len` bytes of `text` that `command` is to say; else
 * SAY_USAGE, after a sentence. */
WARN_UNUSED int say_check_text(const char *command, const char *text, size_t len);

/** A sentence on stderr about what should be otherwise: "wavu: warning: ", the text, a newline. */
void say_warning(const char *format, ...) PRINTF_LIKE(1, 2);

/** Print on stdout. What fails is reported by say_end. */
void say_out(const char *format, ...) PRINTF_LIKE(1, 2);

/**
 * Print the words of `text` on stdout, where `column` characters of a line stand already: lines
 * break at spaces so that none is longer than SAY_WIDTH, unless a word alone is, and go on behind
 * `indent` spaces. A newline in the text breaks, too; one stands at the end.
 */
void say_wrapped(size_t column, size_t indent, const char *text);

/** Hand what was printed to the system. False when nobody takes it any more. */
bool say_flush(void);

/**
 * Flush; return `exit_code`, or SAY_FAILURE when something printed was lost. A closed pipe is no
 * news to whoever closed it: no sentence then.
 */
int say_end(int exit_code);

/**
 * Copy `text`, a name or a word of somebody else, as it may be shown in a line: CLEAN_NAME of
 * clean.h. What does not fit is cut. Returns `out`.
 */
const char *say_clean(const char *text, char out[SAY_CLEAN_MAX]);

/** The name of somebody else before what that one says, as say_clean; between quotes when it could
 * be read as more than a name ("[direct] Amina", "Amina: yes", what looks like "you"), or has one
 * of `apart`. A name between quotes has apostrophes for its own. */
const char *say_name(const char *text, const char *apart, char out[SAY_CLEAN_MAX]);

/** A span of time for people ("3 d 4 h", "12 min 5 s", "0 s"). Returns `out`. */
const char *say_duration(uint64_t ms, char *out, size_t size);

/** An amount of bytes for people ("0 B", "1.5 MiB"). Returns `out`. */
const char *say_bytes(uint64_t bytes, char *out, size_t size);

#endif
