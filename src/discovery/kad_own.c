/*
 * A map by kind and key, a heap by time.
 */
#include "discovery/kad_own.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"

struct kad_own_entry {
    struct heap_node due;
    uint64_t end_ms;
    uint32_t value_len;
    uint8_t key_len;
    uint8_t bytes[]; /* kind, key, value */
};

void kad_own_init(struct kad_own *o, struct kad_rows *rows, const struct random *random,
                  uint32_t count_max, uint32_t bytes_max)
{
    *o = (struct kad_own){.rows = rows, .count_max = count_max, .bytes_max = bytes_max};
    map_init(&o->entries, random);
    heap_init(&o->due);
}

/* Kind and key in one. */
static struct span kad_own_entry_name(const struct kad_own_entry *e)
{
    return span_of(e->bytes, 1U + e->key_len);
}

static struct kad_own_item kad_own_entry_item(const struct kad_own_entry *e)
{
    return (struct kad_own_item){.key = span_of(e->bytes + 1, e->key_len),
                                 .value = span_of(e->bytes + 1 + e->key_len, e->value_len),
                                 .end_ms = e->end_ms};
}

static struct kad_own_entry *kad_own_find(const struct kad_own *o, struct span key,
                                          bool is_provided)
{
    uint8_t name[1 + KAD_MSG_KEY_MAX];
    if (key.len == 0 || key.len > KAD_MSG_KEY_MAX) {
        return NULL;
    }
    name[0] = is_provided ? 1 : 0;
    memcpy(name + 1, key.ptr, key.len);
    return map_get(&o->entries, span_of(name, 1 + key.len));
}

static void kad_own_forget(struct kad_own *o, struct kad_own_entry *e)
{
    (void)map_remove(&o->entries, kad_own_entry_name(e));
    heap_remove(&o->due, &e->due);
    o->bytes -= e->key_len + e->value_len;
    mem_free(e);
}

static void kad_own_drop(struct kad_own *o, struct kad_own_entry *e)
{
    struct kad_own_item item = kad_own_entry_item(e);
    kad_rows_delete_own(o->rows, item.value.len == 0, item.key);
    kad_own_forget(o, e);
}

static struct kad_own_entry *kad_own_first(const struct kad_own *o)
{
    struct heap_node *first = heap_first(&o->due);
    return first != NULL ? LIST_OF(first, struct kad_own_entry, due) : NULL;
}

void kad_own_clear(struct kad_own *o)
{
    while (kad_own_first(o) != NULL) {
        kad_own_forget(o, kad_own_first(o));
    }
    map_clear(&o->entries);
    heap_clear(&o->due);
}

/* A row whose time is not known is due at once: so is what was never said. */
static int kad_own_write(struct kad_own *o, const struct kad_own_item *item, uint64_t due_ms)
{
    struct kad_rows_own row = {.is_provided = item->value.len == 0,
                               .key = item->key,
                               .due_ms = due_ms,
                               .end_ms = item->end_ms,
                               .value = item->value};
    return kad_rows_put_own(o->rows, &row);
}

int kad_own_put(struct kad_own *o, const struct kad_own_item *item, uint64_t due_ns, bool is_row)
{
    bool is_provided = item->value.len == 0;
    size_t key_max = is_provided ? KAD_ROWS_PROVIDED_KEY_MAX : KAD_MSG_KEY_MAX;
    if (item->key.len == 0 || item->key.len > key_max || item->value.len > KAD_MSG_VALUE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct kad_own_entry *old = kad_own_find(o, item->key, is_provided);
    uint32_t size = (uint32_t)(item->key.len + item->value.len);
    uint32_t freed = old != NULL ? old->key_len + old->value_len : 0;
    if (o->bytes - freed + size > o->bytes_max || o->entries.count + (old == NULL) > o->count_max) {
        return WAVU_ERR_LIMIT;
    }
    int rc = is_row ? 0 : kad_own_write(o, item, 0);
    if (rc < 0) {
        return rc;
    }
    struct kad_own_entry *e = mem_new_raw(sizeof *e + 1 + size);
    *e = (struct kad_own_entry){.end_ms = item->end_ms,
                                .value_len = (uint32_t)item->value.len,
                                .key_len = (uint8_t)item->key.len};
    e->bytes[0] = is_provided ? 1 : 0;
    memcpy(e->bytes + 1, item->key.ptr, item->key.len);
    if (!is_provided) {
        memcpy(e->bytes + 1 + item->key.len, item->value.ptr, item->value.len);
    }
    if (old != NULL) {
        kad_own_forget(o, old); /* behind the copy: the item may be the old one's */
    }
    (void)map_put(&o->entries, kad_own_entry_name(e), e);
    heap_add(&o->due, &e->due, due_ns);
    o->bytes += size;
    return 0;
}

int kad_own_remove(struct kad_own *o, struct span key, bool is_provided)
{
    struct kad_own_entry *e = kad_own_find(o, key, is_provided);
    if (e == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    kad_own_drop(o, e);
    return 0;
}

bool kad_own_due(struct kad_own *o, uint64_t now, uint64_t wall_ms, uint64_t next_ns,
                 struct kad_own_item *out)
{
    struct kad_own_entry *e = kad_own_first(o);
    while (e != NULL && e->due.key <= now && wall_ms != 0 && e->end_ms <= wall_ms) {
        kad_own_drop(o, e);
        e = kad_own_first(o);
    }
    if (e == NULL || e->due.key > now) {
        return false;
    }
    heap_move(&o->due, &e->due, next_ns);
    *out = kad_own_entry_item(e);
    return true;
}

void kad_own_said(struct kad_own *o, struct span key, bool is_provided, uint64_t due_ns,
                  uint64_t due_ms)
{
    struct kad_own_entry *e = kad_own_find(o, key, is_provided);
    if (e != NULL) {
        struct kad_own_item item = kad_own_entry_item(e);
        heap_move(&o->due, &e->due, due_ns);
        (void)kad_own_write(o, &item, due_ms); /* counted; it would only be said again too soon */
    }
}

uint64_t kad_own_deadline(const struct kad_own *o)
{
    const struct kad_own_entry *e = kad_own_first(o);
    return e != NULL ? e->due.key : UINT64_MAX;
}

size_t kad_own_bytes(const struct kad_own *o)
{
    return o->bytes + o->entries.count * (sizeof(struct kad_own_entry) + 1) +
           o->entries.cap * sizeof(struct map_slot) + o->due.cap * sizeof(struct heap_node *);
}

void kad_own_check(const struct kad_own *o)
{
    const struct kad_own_entry *e;
    uint32_t bytes = 0;
    size_t at = 0;
    map_check(&o->entries);
    heap_check(&o->due);
    while ((e = map_next(&o->entries, &at)) != NULL) {
        CHECK(heap_has(&e->due) && e->key_len > 0);
        bytes += e->key_len + e->value_len;
    }
    CHECK(bytes == o->bytes && bytes <= o->bytes_max && o->entries.count <= o->count_max);
    CHECK(o->entries.count == o->due.count);
}
