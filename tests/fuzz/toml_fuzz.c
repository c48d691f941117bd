/*
 * TOML: whatever is read can be found again, lies inside the text, and holds no more than allowed;
 * what is refused says where.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t lines_in(const uint8_t *data, size_t size)
{
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n' ? 1 : 0;
    }
    return lines;
}

static void check_value(const struct toml_value *v, size_t lines)
{
    CHECK(v->line >= 1 && v->line <= lines && v->column >= 1);
    CHECK(v->text != NULL);
    for (size_t i = 0; i < v->count; i++) {
        CHECK(v->items[i].kind != TOML_ARRAY);
        check_value(&v->items[i], lines);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct toml *t = NULL;
    struct toml_error error = {.message = NULL};
    size_t before = mem_live_count();
    size_t lines = lines_in(data, size);
    if (toml_parse(span_of(data, size), &t, &error) < 0) {
        CHECK(t == NULL && error.message != NULL);
        CHECK(error.line >= 1 && error.line <= lines && error.column >= 1);
        CHECK(mem_live_count() == before);
        return 0;
    }
    for (size_t i = 0; i < toml_count(t); i++) {
        const struct toml_entry *e = toml_entry(t, i);
        CHECK(strlen(e->key) <= TOML_NAME_MAX && e->line <= lines);
        CHECK(e->table_at < toml_tables(t, e->table));
        CHECK(toml_find(t, e->table, e->table_at, e->key) == e);
        check_value(&e->value, lines);
    }
    toml_free(t);
    CHECK(mem_live_count() == before);
    return 0;
}
