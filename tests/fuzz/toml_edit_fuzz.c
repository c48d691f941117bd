/*
 * Changes to TOML: of any text that can be read, one key is set or taken away, and every other one
 * says afterwards what it said before. First byte: which key, and which of the two.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/toml_edit.h"

#define VALUE "\"new # ] \\\" value\""
#define SIZE_MAX_OUT (TOML_SIZE_MAX + 256)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_value(const struct toml_value *a, const struct toml_value *b)
{
    CHECK(a->kind == b->kind && a->boolean == b->boolean && a->integer == b->integer);
    CHECK(memcmp(&a->real, &b->real, sizeof a->real) == 0);
    CHECK(strcmp(a->text, b->text) == 0 && a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        CHECK(a->items[i].kind == b->items[i].kind);
        CHECK(strcmp(a->items[i].text, b->items[i].text) == 0);
        CHECK(a->items[i].integer == b->items[i].integer);
    }
}

/* All of `t` but the top's `key` is in `other`. */
static void all_but(const struct toml *t, const char *key, const struct toml *other)
{
    for (size_t i = 0; i < toml_count(t); i++) {
        const struct toml_entry *e = toml_entry(t, i);
        if (e->table[0] == '\0' && strcmp(e->key, key) == 0) {
            continue;
        }
        const struct toml_entry *f = toml_find(other, e->table, e->table_at, e->key);
        CHECK(f != NULL);
        same_value(&e->value, &f->value);
    }
}

static void change(struct span text, const struct toml *before, const char *key, bool is_set)
{
    struct toml *after = NULL;
    struct toml_error error;
    struct buf out;
    buf_init(&out, SIZE_MAX_OUT);
    bool was_there = toml_find(before, "", 0, key) != NULL;
    int rc = is_set ? toml_edit_set(text, key, VALUE, &out, &error)
                    : toml_edit_unset(text, key, &out, &error);
    CHECK(rc == (is_set || was_there ? 0 : WAVU_ERR_NOT_FOUND));
    if (rc == 0) {
        rc = toml_parse(buf_span(&out), &after, &error);
        CHECK(rc == 0 || rc == WAVU_ERR_LIMIT);
    }
    if (rc == 0) {
        const struct toml_entry *e = toml_find(after, "", 0, key);
        CHECK((e != NULL) == is_set);
        CHECK(e == NULL || strcmp(e->value.text, "new # ] \" value") == 0);
        CHECK(toml_count(after) == toml_count(before) - (was_there ? 1 : 0) + (is_set ? 1 : 0));
        all_but(before, key, after);
    }
    toml_free(after);
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct toml *t = NULL;
    struct toml_error error;
    size_t live = mem_live_count();
    if (size == 0) {
        return 0;
    }
    struct span text = span_of(data + 1, size - 1);
    if (toml_parse(text, &t, &error) < 0) {
        return 0;
    }
    size_t count = toml_count(t);
    const struct toml_entry *e = count > 0 ? toml_entry(t, (data[0] >> 1) % count) : NULL;
    const char *key = e != NULL && e->table[0] == '\0' && (data[0] & 0x80) == 0 ? e->key : "fresh";
    change(text, t, key, (data[0] & 1) != 0);
    toml_free(t);
    CHECK(mem_live_count() == live);
    return 0;
}
