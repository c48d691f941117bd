/*
 * One pass over the line: a state for each kind of quoting.
 */
#include "apps/shell/shell_words.h"

#include <string.h>

/* Reading under way. */
struct shell_words_reader {
    struct shell_words *out;
    size_t put;   /* bytes of out->text */
    bool is_word; /* one has begun: "" is a word, too */
    enum shell_words_open open;
};

static bool shell_words_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool shell_words_is_end(char c)
{
    return c == ';' || c == '\n';
}

static int shell_words_begin(struct shell_words_reader *r, size_t at)
{
    struct shell_words *w = r->out;
    if (r->is_word) {
        return 0;
    }
    if (w->count == SHELL_WORDS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    r->is_word = true;
    w->last_at = at;
    w->items[w->count++] = w->text + r->put;
    return 0;
}

static void shell_words_end(struct shell_words_reader *r)
{
    if (r->is_word) {
        r->out->text[r->put++] = '\0';
    }
    r->is_word = false;
    r->open = SHELL_WORDS_BETWEEN;
}

static void shell_words_put(struct shell_words_reader *r, char c)
{
    r->out->text[r->put++] = c; /* no more of these than bytes of the line */
}

/* A character outside of quotes. */
static int shell_words_bare(struct shell_words_reader *r, char c, size_t at)
{
    if (shell_words_is_space(c)) {
        shell_words_end(r);
        return 0;
    }
    int rc = shell_words_begin(r, at);
    r->open = c == '\''   ? SHELL_WORDS_SINGLE
              : c == '"'  ? SHELL_WORDS_DOUBLE
              : c == '\\' ? SHELL_WORDS_ESCAPED
                          : SHELL_WORDS_BARE;
    if (rc == 0 && r->open == SHELL_WORDS_BARE) {
        shell_words_put(r, c);
    }
    return rc;
}

/* A character between double quotes; `next` is the one behind it. Returns how many were taken. */
static size_t shell_words_double(struct shell_words_reader *r, char c, char next)
{
    if (c == '\\' && (next == '"' || next == '\\')) {
        shell_words_put(r, next);
        return 2;
    }
    if (c == '"') {
        r->open = SHELL_WORDS_BARE;
    } else {
        shell_words_put(r, c);
    }
    return 1;
}

/* Take what stands at `at`; how much that was goes to `*taken`. */
static int shell_words_take(struct shell_words_reader *r, const char *line, size_t len, size_t at,
                            size_t *taken)
{
    const char c = line[at];
    *taken = 1;
    switch (r->open) {
    case SHELL_WORDS_BETWEEN:
    case SHELL_WORDS_BARE:
        return shell_words_bare(r, c, at);
    case SHELL_WORDS_SINGLE:
        if (c == '\'') {
            r->open = SHELL_WORDS_BARE;
        } else {
            shell_words_put(r, c);
        }
        return 0;
    case SHELL_WORDS_DOUBLE:
        *taken = shell_words_double(r, c, at + 1 < len ? line[at + 1] : '\0');
        return 0;
    case SHELL_WORDS_ESCAPED:
        shell_words_put(r, c);
        r->open = SHELL_WORDS_BARE;
        return 0;
    }
    return 0;
}

int shell_words_read(struct shell_words *out, const char *line, size_t len)
{
    struct shell_words_reader r = {.out = out, .open = SHELL_WORDS_BETWEEN};
    size_t at = 0;
    int rc = 0;
    out->count = 0;
    out->used = 0;
    out->last_at = 0;
    if (len > SHELL_WORDS_LINE_MAX) {
        rc = WAVU_ERR_LIMIT;
    } else if (memchr(line, '\0', len) != NULL) {
        rc = WAVU_ERR_INVALID;
    }
    while (rc == 0 && at < len) {
        bool is_plain = r.open == SHELL_WORDS_BETWEEN || r.open == SHELL_WORDS_BARE;
        if (is_plain && shell_words_is_end(line[at])) {
            at++;
            break;
        }
        if (r.open == SHELL_WORDS_BETWEEN && line[at] == '#') {
            const char *end = memchr(line + at, '\n', len - at);
            at = end == NULL ? len : (size_t)(end - line);
            continue;
        }
        size_t taken = 1;
        rc = shell_words_take(&r, line, len, at, &taken);
        at += taken;
    }
    out->used = at;
    out->open = r.open;
    shell_words_end(&r);
    if (rc < 0) {
        out->count = 0;
        return rc;
    }
    bool is_whole = out->open == SHELL_WORDS_BETWEEN || out->open == SHELL_WORDS_BARE;
    return is_whole ? 0 : WAVU_ERR_PROTO;
}

int shell_words_quote(const char *word, char *out, size_t size)
{
    static const char special[] = " \t\r;'\"\\#";
    size_t put = 0;
    if (word[0] == '\0') {
        return size < 3 ? WAVU_ERR_LIMIT : (memcpy(out, "''", 3), 0);
    }
    for (; *word != '\0'; word++) {
        size_t need = strchr(special, *word) != NULL ? 2 : 1;
        if (put + need + 1 > size || *word == '\n') {
            return WAVU_ERR_LIMIT;
        }
        if (need == 2) {
            out[put++] = '\\';
        }
        out[put++] = *word;
    }
    out[put] = '\0';
    return 0;
}
