/*
 * How histories lie in the store. A part of chat/history.h.
 */
#include "chat/history_row.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define ROW_FORMAT 1
#define PLACE_SIZE (8 + 4 + 8 + 8)

void history_row_key(struct history_key *k, uint32_t first)
{
    wr_init(&k->w, span_mut_of(k->bytes, sizeof k->bytes));
    wr_u32be(&k->w, first);
}

void history_row_put(struct history_rows *s, const char *table, const struct history_key *k,
                     struct span value)
{
    if (s->rc == 0) {
        s->rc = store_put(s->store, table, history_row_span(k), value);
    }
}

void history_row_delete(struct history_rows *s, const char *table, const struct history_key *k)
{
    if (s->rc == 0) {
        s->rc = store_delete(s->store, table, history_row_span(k));
    }
}

int history_row_has(struct store *store, const char *table, const struct history_key *k)
{
    struct buf value;

    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(store, table, history_row_span(k), &value);

    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc < 0 ? rc : 1;
}

/* ---- Entries ---- */

void history_row_put_entry(struct history_rows *s, uint32_t room, const struct history_row *row)
{
    struct history_key k;
    struct wr w;

    if (s->rc < 0) {
        return;
    }
    const size_t size = HISTORY_ROW_HEAD_SIZE + row->stored.len;
    uint8_t *bytes = mem_new_raw(size);

    wr_init(&w, span_mut_of(bytes, size));
    wr_u8(&w, ROW_FORMAT);
    wr_u8(&w, row->flags);
    wr_u8(&w, row->kind);
    wr_u8(&w, 0); /* for later */
    wr_u32be(&w, row->device);
    wr_u64be(&w, row->sequence);
    wr_u64be(&w, row->height);
    wr_u64be(&w, row->came_s);
    wr_bytes(&w, span_of(row->id, sizeof row->id));
    wr_u16be(&w, 0); /* for later */
    CHECK(w.len == HISTORY_ROW_HEAD_SIZE);
    wr_bytes(&w, row->stored);
    history_row_key(&k, room);
    wr_u64be(&k.w, row->number);
    history_row_put(s, "chat.e", &k, wr_span(&w));
    mem_free(bytes);
}

int history_row_get_entry(struct store *store, uint32_t room, uint64_t number,
                          struct history_row *row, struct buf *bytes)
{
    struct history_key k;
    struct rd r;

    history_row_key(&k, room);
    wr_u64be(&k.w, number);
    int rc = store_get(store, "chat.e", history_row_span(&k), bytes);

    if (rc < 0) {
        return rc;
    }
    rd_init(&r, buf_span(bytes));
    if (rd_u8(&r) != ROW_FORMAT) {
        return r.failed ? WAVU_ERR_CORRUPT : WAVU_ERR_UNSUPPORTED;
    }
    *row = (struct history_row){.number = number};
    row->flags = rd_u8(&r);
    row->kind = rd_u8(&r);
    (void)rd_u8(&r);
    row->device = rd_u32be(&r);
    row->sequence = rd_u64be(&r);
    row->height = rd_u64be(&r);
    row->came_s = rd_u64be(&r);
    rd_copy(&r, row->id, sizeof row->id);
    (void)rd_u16be(&r);
    row->stored = rd_bytes(&r, rd_left(&r));
    return rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : 0;
}

/* ---- Places ---- */

static void place_key(struct history_key *k, uint32_t room, const uint8_t id[32])
{
    history_row_key(k, room);
    wr_bytes(&k->w, span_of(id, 32));
}

void history_row_put_place(struct history_rows *s, uint32_t room, const uint8_t id[32],
                           const struct history_place *place)
{
    uint8_t bytes[PLACE_SIZE];
    struct history_key k;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u64be(&w, place->number);
    wr_u32be(&w, place->device);
    wr_u64be(&w, place->sequence);
    wr_u64be(&w, place->height);
    place_key(&k, room, id);
    history_row_put(s, "chat.i", &k, wr_span(&w));
}

int history_row_get_place(struct store *store, uint32_t room, const uint8_t id[32],
                          struct history_place *place)
{
    struct history_key k;
    struct buf value;
    struct rd r;

    place_key(&k, room, id);
    buf_init(&value, PLACE_SIZE);
    int rc = store_get(store, "chat.i", history_row_span(&k), &value);

    if (rc == 0) {
        rd_init(&r, buf_span(&value));
        place->number = rd_u64be(&r);
        place->device = rd_u32be(&r);
        place->sequence = rd_u64be(&r);
        place->height = rd_u64be(&r);
        rc = rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : 0;
    }
    buf_clear(&value);
    return rc;
}

/* ---- Walks ---- */

void history_row_walk(struct history_walk *w, struct store *store, const char *table,
                      const struct history_key *prefix)
{
    const struct span s = history_row_span(prefix);

    *w = (struct history_walk){.store = store, .table = table, .prefix_len = s.len};
    memcpy(w->prefix, s.ptr, s.len);
    buf_init(&w->key, STORE_KEY_MAX);
    buf_init(&w->value, STORE_VALUE_MAX);
}

void history_row_walk_from(struct history_walk *w, struct span at)
{
    w->key.len = 0;
    int rc = buf_append(&w->key, span_of(w->prefix, w->prefix_len));

    w->rc = rc < 0 ? rc : buf_append(&w->key, at);
}

bool history_row_next(struct history_walk *w, bool is_back, struct rd *key, struct rd *value)
{
    const struct span prefix = span_of(w->prefix, w->prefix_len);

    if (w->rc == 0) {
        w->rc = is_back ? store_prev(w->store, w->table, prefix, &w->key, &w->value)
                        : store_next(w->store, w->table, prefix, &w->key, &w->value);
    }
    if (w->rc == 0 && key != NULL) {
        rd_init(key, span_slice(buf_span(&w->key), w->prefix_len, w->key.len));
    }
    if (w->rc == 0 && value != NULL) {
        rd_init(value, buf_span(&w->value));
    }
    return w->rc == 0;
}

int history_row_walk_end(struct history_walk *w)
{
    buf_clear(&w->key);
    buf_clear(&w->value);
    return w->rc == WAVU_ERR_NOT_FOUND ? 0 : w->rc;
}
