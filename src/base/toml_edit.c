/*
 * Where a key and its value stand is what toml_parse says; where the value ends is looked for here,
 * in a text of which it is known by then that it is good.
 */
#include "base/toml_edit.h"

#include <string.h>

/* The part of the text that a key has. */
struct place {
    size_t line;  /* where the key's line begins */
    size_t value; /* where the value begins */
    size_t end;   /* behind the value */
    size_t next;  /* behind the newline of the line on which the value ends */
};

static size_t offset_of_line(struct span text, uint32_t line)
{
    size_t at = 0;
    for (uint32_t i = 1; i < line && at < text.len; at++) {
        i += text.ptr[at] == '\n' ? 1 : 0;
    }
    return at;
}

/* Behind the next newline, or the end of the text. */
static size_t behind_line(struct span text, size_t at)
{
    while (at < text.len && text.ptr[at] != '\n') {
        at++;
    }
    return at < text.len ? at + 1 : at;
}

/* Behind the string that begins at `at`. */
static size_t behind_string(struct span text, size_t at)
{
    const uint8_t quote = text.ptr[at++];
    while (at < text.len && text.ptr[at] != quote) {
        at += quote == '"' && text.ptr[at] == '\\' ? 2 : 1;
    }
    return at < text.len ? at + 1 : text.len;
}

static bool is_end_of_word(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '#' || c == ',' || c == ']';
}

static size_t behind_item(struct span text, size_t at)
{
    if (text.ptr[at] == '"' || text.ptr[at] == '\'') {
        return behind_string(text, at);
    }
    while (at < text.len && !is_end_of_word(text.ptr[at])) {
        at++;
    }
    return at;
}

/* Behind the value that begins at `at`; arrays hold items, commas, space and comments. */
static size_t behind_value(struct span text, size_t at)
{
    if (at >= text.len || text.ptr[at] != '[') {
        return at < text.len ? behind_item(text, at) : at;
    }
    at++;
    while (at < text.len && text.ptr[at] != ']') {
        if (text.ptr[at] == '#') {
            at = behind_line(text, at);
        } else if (is_end_of_word(text.ptr[at])) {
            at++;
        } else {
            at = behind_item(text, at);
        }
    }
    return at < text.len ? at + 1 : at;
}

static struct place place_of(struct span text, const struct toml_entry *e)
{
    struct place p = {.line = offset_of_line(text, e->line)};
    p.value = offset_of_line(text, e->value.line) + e->value.column - 1;
    p.end = behind_value(text, p.value);
    p.next = behind_line(text, p.end);
    return p;
}

/* Where a line at the top may be added: before the first table's head, else at the end. An array's
 * lines begin with no bracket, since there are no arrays in arrays. */
static size_t end_of_top(struct span text)
{
    for (size_t at = 0; at < text.len; at = behind_line(text, at)) {
        size_t first = at;
        while (first < text.len && (text.ptr[first] == ' ' || text.ptr[first] == '\t')) {
            first++;
        }
        if (first < text.len && text.ptr[first] == '[') {
            return at;
        }
    }
    return text.len;
}

static int append(struct buf *out, struct span text, size_t from, size_t to)
{
    return from == to ? 0 : buf_append(out, span_of(text.ptr + from, to - from));
}

static int append_text(struct buf *out, const char *text)
{
    return buf_append(out, span_from_text(text));
}

static int add_line(struct span text, const char *key, const char *value, struct buf *out)
{
    size_t at = end_of_top(text);
    bool is_open = at > 0 && text.ptr[at - 1] != '\n'; /* the last line has no end */
    int rc = append(out, text, 0, at);
    rc = rc < 0 ? rc : append_text(out, is_open ? "\n" : "");
    rc = rc < 0 ? rc : append_text(out, key);
    rc = rc < 0 ? rc : append_text(out, " = ");
    rc = rc < 0 ? rc : append_text(out, value);
    rc = rc < 0 ? rc : append_text(out, "\n");
    return rc < 0 ? rc : append(out, text, at, text.len);
}

int toml_edit_set(struct span text, const char *key, const char *value, struct buf *out,
                  struct toml_error *error)
{
    struct toml *t = NULL;
    *error = (struct toml_error){.message = NULL};
    int rc = toml_parse(text, &t, error);
    if (rc < 0) {
        return rc;
    }
    const struct toml_entry *e = toml_find(t, "", 0, key);
    if (e == NULL) {
        rc = add_line(text, key, value, out);
    } else {
        struct place p = place_of(text, e);
        rc = append(out, text, 0, p.value);
        rc = rc < 0 ? rc : append_text(out, value);
        rc = rc < 0 ? rc : append(out, text, p.end, text.len);
    }
    toml_free(t);
    return rc;
}

int toml_edit_unset(struct span text, const char *key, struct buf *out, struct toml_error *error)
{
    struct toml *t = NULL;
    *error = (struct toml_error){.message = NULL};
    int rc = toml_parse(text, &t, error);
    if (rc < 0) {
        return rc;
    }
    const struct toml_entry *e = toml_find(t, "", 0, key);
    if (e == NULL) {
        rc = WAVU_ERR_NOT_FOUND;
    } else {
        struct place p = place_of(text, e);
        rc = append(out, text, 0, p.line);
        rc = rc < 0 ? rc : append(out, text, p.next, text.len);
    }
    toml_free(t);
    return rc;
}
