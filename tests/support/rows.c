/*
 * Tables in memory that can crash.
 */
#include "tests/support/rows.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

void rows_init(struct rows *r)
{
    memset(r, 0, sizeof(*r));
    random_seeded_init(&r->seeded, 77);
    r->random = random_from_seeded(&r->seeded);
    map_init(&r->map, &r->random);
}

void rows_clear(struct rows *r)
{
    size_t at = 0;
    struct rows_row *row;
    while ((row = map_next(&r->map, &at)) != NULL) {
        mem_free(row->now.ptr);
        mem_free(row->committed.ptr);
        mem_free(row);
    }
    map_clear(&r->map);
}

static void set(struct rows_value *value, struct span bytes, bool is_there)
{
    mem_free(value->ptr);
    *value = (struct rows_value){.ptr = NULL};
    if (is_there) {
        value->ptr = mem_new(bytes.len + 1);
        value->len = bytes.len;
        if (bytes.len > 0) {
            memcpy(value->ptr, bytes.ptr, bytes.len);
        }
    }
}

static struct span full_key(uint8_t out[65], char table, struct span key)
{
    CHECK(key.len < 65);
    out[0] = (uint8_t)table;
    memcpy(out + 1, key.ptr, key.len);
    return span_of(out, 1 + key.len);
}

static void write_row(struct rows *r, char table, struct span key, const struct span *value)
{
    uint8_t bytes[65];
    const struct span full = full_key(bytes, table, key);
    struct rows_row *row = map_get(&r->map, full);
    r->writes++;
    if (row == NULL) {
        row = mem_new(sizeof(*row));
        memcpy(row->key, full.ptr, full.len);
        row->key_len = full.len;
        CHECK(map_put(&r->map, span_of(row->key, row->key_len), row) == NULL);
    }
    row->is_changed = true;
    set(&row->now, value != NULL ? *value : span_empty(), value != NULL);
}

void rows_put(struct rows *r, char table, struct span key, struct span value)
{
    write_row(r, table, key, &value);
}

void rows_delete(struct rows *r, char table, struct span key)
{
    write_row(r, table, key, NULL);
}

struct span rows_get(const struct rows *r, char table, struct span key)
{
    uint8_t bytes[65];
    const struct rows_row *row = map_get(&r->map, full_key(bytes, table, key));
    return row != NULL ? span_of(row->now.ptr, row->now.len) : span_empty();
}

const struct rows_row *rows_next(const struct rows *r, char table, size_t *at)
{
    const struct rows_row *row;
    while ((row = map_next(&r->map, at)) != NULL) {
        if (row->key[0] == (uint8_t)table && row->now.ptr != NULL) {
            return row;
        }
    }
    return NULL;
}

struct span rows_key(const struct rows_row *row)
{
    return span_of(row->key + 1, row->key_len - 1);
}

struct span rows_value(const struct rows_row *row)
{
    return span_of(row->now.ptr, row->now.len);
}

static void settle(struct rows *r, bool is_kept)
{
    size_t at = 0;
    struct rows_row *row;
    while ((row = map_next(&r->map, &at)) != NULL) {
        if (row->is_changed) {
            struct rows_value *to = is_kept ? &row->committed : &row->now;
            const struct rows_value *from = is_kept ? &row->now : &row->committed;
            set(to, span_of(from->ptr, from->len), from->ptr != NULL);
            row->is_changed = false;
        }
    }
}

void rows_commit(struct rows *r)
{
    settle(r, true);
}

void rows_crash(struct rows *r)
{
    settle(r, false);
}

size_t rows_count(const struct rows *r, char table)
{
    size_t at = 0;
    size_t count = 0;
    while (rows_next(r, table, &at) != NULL) {
        count++;
    }
    return count;
}
