/*
 * One pass over the line: a state for each kind of quoting.
 */
#include "apps/shell/words.h"

#include <string.h>

/* Reading under way. */
struct words_reader {
    struct words *out;
    size_t put;   /* bytes of out->text */
    bool is_word; /* one has begun: "" is a word, too */
    enum words_open open;
};

static bool words_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool words_is_end(char c)
{
    return c == ';' || c == '\n';
}

static int words_begin(struct words_reader *r, size_t at)
{
    struct words *w = r->out;
    if (r->is_word) {
        return 0;
    }
    if (w->count == WORDS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    r->is_word = true;
    w->last_at = at;
    w->items[w->count++] = w->text + r->put;
    return 0;
}

static void words_end(struct words_reader *r)
{
    if (r->is_word) {
        r->out->text[r->put++] = '\0';
    }
    r->is_word = false;
    r->open = WORDS_BETWEEN;
}

static void words_put(struct words_reader *r, char c)
{
    r->out->text[r->put++] = c; /* no more of these than bytes of the line */
}

/* A character outside of quotes. */
static int words_bare(struct words_reader *r, char c, size_t at)
{
    if (words_is_space(c)) {
        words_end(r);
        return 0;
    }
    int rc = words_begin(r, at);
    r->open = c == '\''   ? WORDS_SINGLE
              : c == '"'  ? WORDS_DOUBLE
              : c == '\\' ? WORDS_ESCAPED
                          : WORDS_BARE;
    if (rc == 0 && r->open == WORDS_BARE) {
        words_put(r, c);
    }
    return rc;
}

/* A character between double quotes; `next` is the one behind it. Returns how many were taken. */
static size_t words_double(struct words_reader *r, char c, char next)
{
    if (c == '\\' && (next == '"' || next == '\\')) {
        words_put(r, next);
        return 2;
    }
    if (c == '"') {
        r->open = WORDS_BARE;
    } else {
        words_put(r, c);
    }
    return 1;
}

/* Take what stands at `at`; how much that was goes to `*taken`. */
static int words_take(struct words_reader *r, const char *line, size_t len, size_t at,
                      size_t *taken)
{
    const char c = line[at];
    *taken = 1;
    switch (r->open) {
    case WORDS_BETWEEN:
    case WORDS_BARE:
        return words_bare(r, c, at);
    case WORDS_SINGLE:
        if (c == '\'') {
            r->open = WORDS_BARE;
        } else {
            words_put(r, c);
        }
        return 0;
    case WORDS_DOUBLE:
        *taken = words_double(r, c, at + 1 < len ? line[at + 1] : '\0');
        return 0;
    case WORDS_ESCAPED:
        words_put(r, c);
        r->open = WORDS_BARE;
        return 0;
    }
    return 0;
}

int words_read(struct words *out, const char *line, size_t len)
{
    struct words_reader r = {.out = out, .open = WORDS_BETWEEN};
    size_t at = 0;
    int rc = 0;
    out->count = 0;
    out->used = 0;
    out->last_at = 0;
    if (len > WORDS_LINE_MAX) {
        rc = WAVU_ERR_LIMIT;
    } else if (memchr(line, '\0', len) != NULL) {
        rc = WAVU_ERR_INVALID;
    }
    while (rc == 0 && at < len) {
        bool is_plain = r.open == WORDS_BETWEEN || r.open == WORDS_BARE;
        if (is_plain && words_is_end(line[at])) {
            at++;
            break;
        }
        if (r.open == WORDS_BETWEEN && line[at] == '#') {
            const char *end = memchr(line + at, '\n', len - at);
            at = end == NULL ? len : (size_t)(end - line);
            continue;
        }
        size_t taken = 1;
        rc = words_take(&r, line, len, at, &taken);
        at += taken;
    }
    out->used = at;
    out->open = r.open;
    words_end(&r);
    if (rc < 0) {
        out->count = 0;
        return rc;
    }
    bool is_whole = out->open == WORDS_BETWEEN || out->open == WORDS_BARE;
    return is_whole ? 0 : WAVU_ERR_PROTO;
}

int words_quote(const char *word, char *out, size_t size)
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
