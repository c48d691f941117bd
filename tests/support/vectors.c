/*
 * Reads files of test vectors. Text comes from tests/vectors, bytes leave to the tests.
 */
#include "tests/support/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FILE_MAX (1024 * 1024)

struct vectors {
    char *text; /* owned; the whole file */
    size_t len;
    struct span record; /* lines of the current record */
    size_t next;        /* where the search for the next one begins */
    uint8_t *pool;      /* owned; bytes decoded from the current record */
    size_t pool_used;
};

static void give_up(const char *what, const char *name)
{
    fprintf(stderr, "vectors: %s: %s\n", what, name);
    abort();
}

struct vectors *vectors_open(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        give_up("cannot open", path);
        return NULL;
    }
    struct vectors *v = mem_new(sizeof(*v));
    v->text = mem_new(FILE_MAX);
    v->len = fread(v->text, 1, FILE_MAX, file);
    v->pool = mem_new(FILE_MAX);
    fclose(file);
    if (v->len == 0 || v->len == FILE_MAX) {
        give_up("empty or too long", path);
    }
    return v;
}

void vectors_close(struct vectors *v)
{
    mem_free(v->text);
    mem_free(v->pool);
    mem_free(v);
}

/* The line that begins at `at`, without its end. */
static struct span line_at(const struct vectors *v, size_t at)
{
    const char *end = memchr(v->text + at, '\n', v->len - at);
    const size_t len = end == NULL ? v->len - at : (size_t)(end - (v->text + at));
    return span_of(v->text + at, len);
}

static bool is_blank(struct span line)
{
    return line.len == 0 || line.ptr[0] == '#';
}

bool vectors_next(struct vectors *v)
{
    size_t at = v->next;
    v->pool_used = 0;
    while (at < v->len && is_blank(line_at(v, at))) {
        at += line_at(v, at).len + 1;
    }
    const size_t begin = at;
    while (at < v->len && !is_blank(line_at(v, at))) {
        at += line_at(v, at).len + 1;
    }
    const size_t end = at < v->len ? at : v->len;
    v->record = begin < end ? span_of(v->text + begin, end - begin) : span_empty();
    v->next = at;
    return begin < end;
}

/* The value of `name` in the current record; false when it has none. */
static bool find(const struct vectors *v, const char *name, struct span *value)
{
    const size_t name_len = strlen(name);
    for (size_t at = 0; at < v->record.len;) {
        const size_t end = span_find(v->record, at, '\n');
        const struct span line = span_slice(v->record, at, end - at);
        const struct span mark = span_slice(line, name_len, 2);
        if (span_has_prefix(line, span_of(name, name_len)) &&
            span_is_equal(mark, span_of(" =", 2))) {
            *value = span_slice(line, name_len + 3, line.len);
            return true;
        }
        at = end + 1;
    }
    return false;
}

bool vectors_has(const struct vectors *v, const char *name)
{
    struct span value;
    return find(v, name, &value);
}

struct span vectors_text(const struct vectors *v, const char *name)
{
    struct span value = span_empty();
    if (!find(v, name, &value)) {
        give_up("no such value", name);
    }
    return value;
}

static unsigned digit(uint8_t c, const char *name)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    give_up("not lower-case hexadecimal", name);
    return 0;
}

struct span_mut vectors_bytes(struct vectors *v, const char *name)
{
    const struct span text = vectors_text(v, name);
    if (text.len % 2 != 0) {
        give_up("odd number of digits", name);
    }
    const struct span_mut out = span_mut_of(v->pool + v->pool_used, text.len / 2);
    for (size_t i = 0; i < out.len; i++) {
        out.ptr[i] =
            (uint8_t)(digit(text.ptr[2 * i], name) << 4 | digit(text.ptr[2 * i + 1], name));
    }
    v->pool_used += out.len;
    if (v->pool_used > FILE_MAX / 2) {
        give_up("too much asked of one record", name);
    }
    return out;
}

struct span vectors_span(struct vectors *v, const char *name)
{
    return span_from_mut(vectors_bytes(v, name));
}
