/*
 * The line that is typed: keys, letters and pastes come in, a text leaves when it is to be sent.
 * Several lines in one, readline's keys, a history that can be searched, completion by what a
 * callback offers.
 *
 * A machine without a terminal: apps/tui/keys.h says which key is which, paint draws what
 * input_lay lays out.
 */
#ifndef APPS_TUI_INPUT_H
#define APPS_TUI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"

#define INPUT_TEXT_MAX 16384          /* bytes of one text; longer ones go as files */
#define INPUT_HISTORY_MAX 200         /* texts that are kept */
#define INPUT_HISTORY_BYTES_MAX 65536 /* all of them together; the oldest go */
#define INPUT_QUERY_MAX 64            /* bytes of what is looked for in it */
#define INPUT_WORDS_MAX 64            /* candidates of a completion */
#define INPUT_WORD_MAX 160            /* bytes of one, with NUL */
#define INPUT_ROWS_MAX 8              /* rows that are drawn of it at once */

enum input_key {
    INPUT_LEFT,
    INPUT_RIGHT,
    INPUT_UP,
    INPUT_DOWN,
    INPUT_HOME,
    INPUT_END,
    INPUT_WORD_LEFT,
    INPUT_WORD_RIGHT,
    INPUT_BACKSPACE,
    INPUT_DELETE,
    INPUT_KILL_LINE,      /* to the end of the line */
    INPUT_KILL_START,     /* to its beginning */
    INPUT_KILL_WORD_BACK, /* to the space before */
    INPUT_KILL_WORD,      /* to the end of the word */
    INPUT_YANK,
    INPUT_TRANSPOSE,
    INPUT_NEWLINE,
    INPUT_ENTER,
    INPUT_TAB,
    INPUT_BACKTAB,
    INPUT_SEARCH, /* back in the history; again: the one before */
    INPUT_CANCEL,
    INPUT_PASTE_BEGIN, /* what comes until the end was not typed: it sends nothing */
    INPUT_PASTE_END
};

enum input_did {
    INPUT_UNUSED,  /* it means nothing here */
    INPUT_CHANGED, /* to be drawn anew */
    INPUT_SEND,    /* input_text is to be sent, then input_sent called */
    INPUT_FULL     /* no room for that */
};

/* What can stand at the cursor. The callback fills it. */
struct input_words {
    char word[INPUT_WORDS_MAX][INPUT_WORD_MAX]; /* with what follows it, a space or ": " */
    size_t count;
    size_t from; /* byte of the text where what they replace begins; it ends at the cursor */
};

struct input_completer {
    void (*offer)(void *context, const char *text, size_t cursor, struct input_words *out);
    void *context;
};

/* Where it is drawn. */
struct input_lay {
    struct {
        size_t from; /* bytes of the text */
        size_t to;
    } row[INPUT_ROWS_MAX];
    size_t rows;       /* that are drawn, at least 1 */
    size_t cursor_row; /* of these */
    size_t cursor_column;
    size_t above; /* rows that are not drawn */
    size_t below;
};

struct input;

WARN_UNUSED struct input *input_new(struct input_completer completer);
void input_free(struct input *in);

enum input_did input_press(struct input *in, enum input_key key);

/** A character was typed, or pasted. Control characters mean nothing. */
enum input_did input_type(struct input *in, uint32_t point);

/** The text, with NUL; borrowed until the next call. */
const char *input_text(const struct input *in);
size_t input_len(const struct input *in);
size_t input_cursor(const struct input *in);

/** Put `text` (cut to what there is room for) in the place of what is there, the cursor behind. */
void input_set(struct input *in, const char *text);

/** What is there was sent: it goes to the history, and the line is empty. With `is_secret` it is
 * kept nowhere. */
void input_sent(struct input *in, bool is_secret);

/** What is looked for in the history, or NULL when nothing is. */
const char *input_query(const struct input *in);

/** Lay it out in rows of `width` columns, `rows_max` at most, so that the cursor is seen. */
void input_lay(const struct input *in, size_t width, size_t rows_max, bool is_ascii,
               struct input_lay *lay);

#endif
