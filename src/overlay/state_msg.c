/*
 * Codec of the shared state's messages.
 */
#include "overlay/state_msg.h"

#include <string.h>

enum field {
    FIELD_KIND = 1,
    FIELD_SALT = 2,
    FIELD_HASH = 3,
    FIELD_BUCKETS = 4,
    FIELD_MASK = 5,
    FIELD_REQUEST = 6,
    FIELD_ITEM = 7,
    FIELD_BLOCK = 8
};

enum item_field {
    ITEM_OWNER = 1,
    ITEM_GENERATION = 2,
    ITEM_VERSION = 3,
    ITEM_PARTIAL = 4,
    ITEM_SILENT = 5
};
enum block_field { BLOCK_OWNER = 1, BLOCK_GENERATION = 2, BLOCK_AGE = 3, BLOCK_ENTRY = 4 };
enum entry_field {
    ENTRY_VERSION = 1,
    ENTRY_KEY = 2,
    ENTRY_VALUE = 3,
    ENTRY_DELETED = 4,
    ENTRY_SET = 5,
    ENTRY_SIGNATURE = 6
};

/* A list under way: the bytes of embedded messages that stand one behind the other, borrowed whole
 * with their tags, so that they can be walked again. */
struct list_reading {
    struct span bytes;
    size_t count;
    bool is_torn; /* something else stands between them */
};

static void list_take(struct list_reading *l, const struct pb_field *f, const uint8_t *start)
{
    const uint8_t *end = f->bytes.ptr + f->bytes.len;
    if (l->bytes.ptr == NULL) {
        l->bytes.ptr = start;
    } else if (l->bytes.ptr + l->bytes.len != start) {
        l->is_torn = true;
        return;
    }
    l->bytes.len = (size_t)(end - l->bytes.ptr);
    l->count++;
}

static int read_item(struct state_msg_item *item, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    bool has_owner = false;
    bool is_bad = false;
    memset(item, 0, sizeof *item);
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        if (f.number == ITEM_OWNER && f.wire == PB_BYTES) {
            has_owner = true;
            is_bad = overlay_id_take(&item->owner, f.bytes) < 0 || is_bad;
        } else if (f.number == ITEM_GENERATION && f.wire == PB_VARINT) {
            item->generation = f.value;
        } else if (f.number == ITEM_VERSION && f.wire == PB_VARINT) {
            item->version = f.value;
        } else if (f.number == ITEM_PARTIAL && f.wire == PB_VARINT) {
            item->is_partial = f.value != 0;
        } else if (f.number == ITEM_SILENT && f.wire == PB_VARINT) {
            item->is_silent = f.value != 0;
        }
    }
    return pb_finish(&p) == 0 && has_owner && !is_bad ? 0 : WAVU_ERR_PROTO;
}

static void entry_take(struct state_msg_entry *entry, const struct pb_field *f)
{
    if (f->wire == PB_VARINT) {
        if (f->number == ENTRY_VERSION) {
            entry->version = f->value;
        } else if (f->number == ENTRY_DELETED) {
            entry->is_deleted = f->value != 0;
        }
    } else if (f->wire == PB_BYTES) {
        switch (f->number) {
        case ENTRY_KEY:
            entry->key = f->bytes;
            return;
        case ENTRY_VALUE:
            entry->value = f->bytes;
            return;
        case ENTRY_SET:
            entry->set = f->bytes;
            return;
        case ENTRY_SIGNATURE:
            entry->signature = f->bytes;
            return;
        default:
            return;
        }
    }
}

/* 0, WAVU_ERR_PROTO or WAVU_ERR_LIMIT. */
static int read_entry(struct state_msg_entry *entry, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    memset(entry, 0, sizeof *entry);
    pb_init(&p, bytes);
    while (pb_next(&p, &f)) {
        entry_take(entry, &f);
    }
    if (pb_finish(&p) < 0 || entry->version == 0 || entry->key.len == 0 ||
        entry->set.len != STATE_MSG_SET_SIZE || entry->signature.len != OVERLAY_SIGN_SIZE ||
        (entry->is_deleted && entry->value.len > 0)) {
        return WAVU_ERR_PROTO;
    }
    return entry->key.len <= STATE_MSG_KEY_MAX && entry->value.len <= STATE_MSG_VALUE_MAX
               ? 0
               : WAVU_ERR_LIMIT;
}

/* Every entry of a block, and their order. */
static int check_entries(struct span entries)
{
    struct pb p;
    struct pb_field f;
    struct state_msg_entry entry;
    uint64_t last = 0;
    pb_init(&p, entries);
    while (pb_next(&p, &f)) {
        int rc = read_entry(&entry, f.bytes);
        if (rc < 0) {
            return rc;
        }
        if (entry.version <= last) {
            return WAVU_ERR_PROTO;
        }
        last = entry.version;
    }
    return pb_finish(&p);
}

/* A block without a look into its entries. */
static int read_block(struct state_msg_block *block, struct span bytes)
{
    struct pb p;
    struct pb_field f;
    struct list_reading entries;
    bool has_owner = false;
    bool is_bad = false;
    memset(block, 0, sizeof *block);
    memset(&entries, 0, sizeof entries);
    pb_init(&p, bytes);
    for (size_t at = 0; pb_next(&p, &f); at = p.rd.at) {
        if (f.number == BLOCK_OWNER && f.wire == PB_BYTES) {
            has_owner = true;
            is_bad = overlay_id_take(&block->owner, f.bytes) < 0 || is_bad;
        } else if (f.number == BLOCK_GENERATION && f.wire == PB_VARINT) {
            block->generation = f.value;
        } else if (f.number == BLOCK_AGE && f.wire == PB_VARINT) {
            block->age_s = f.value;
        } else if (f.number == BLOCK_ENTRY && f.wire == PB_BYTES) {
            list_take(&entries, &f, bytes.ptr + at);
        }
    }
    if (pb_finish(&p) < 0 || !has_owner || is_bad || entries.is_torn) {
        return WAVU_ERR_PROTO;
    }
    block->entries = entries.bytes;
    return entries.count <= STATE_MSG_KEYS_MAX ? 0 : WAVU_ERR_LIMIT;
}

static int check_items(const struct list_reading *items)
{
    struct pb p;
    struct pb_field f;
    struct state_msg_item item;
    if (items->count > STATE_MSG_ITEMS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    pb_init(&p, items->bytes);
    while (pb_next(&p, &f)) {
        int rc = read_item(&item, f.bytes);
        if (rc < 0) {
            return rc;
        }
    }
    return pb_finish(&p);
}

static int check_blocks(const struct list_reading *blocks)
{
    struct pb p;
    struct pb_field f;
    struct state_msg_block block;
    pb_init(&p, blocks->bytes);
    while (pb_next(&p, &f)) {
        int rc = read_block(&block, f.bytes);
        if (rc == 0) {
            rc = check_entries(block.entries);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return pb_finish(&p);
}

static void take_number(struct state_msg *m, const struct pb_field *f)
{
    if (f->wire == PB_FIXED64 && f->number == FIELD_SALT) {
        m->salt = f->value;
    } else if (f->wire == PB_FIXED64 && f->number == FIELD_HASH) {
        m->hash = f->value;
    } else if (f->wire == PB_FIXED64 && f->number == FIELD_MASK) {
        m->mask = f->value;
    } else if (f->wire == PB_VARINT && f->number == FIELD_REQUEST) {
        m->is_request = f->value != 0;
    } else if (f->wire == PB_VARINT && f->number == FIELD_KIND) {
        m->kind = f->value > STATE_MSG_DELTA ? STATE_MSG_NONE : (enum state_msg_kind)f->value;
    }
}

/* Look into the lists that the kind has. */
static int check_kind(const struct state_msg *m, const struct list_reading *items,
                      const struct list_reading *blocks)
{
    switch (m->kind) {
    case STATE_MSG_NONE:
    case STATE_MSG_HASH:
        return 0;
    case STATE_MSG_BUCKETS:
        return m->buckets.len == (size_t)STATE_MSG_BUCKET_COUNT * STATE_MSG_BUCKET_SIZE
                   ? 0
                   : WAVU_ERR_PROTO;
    case STATE_MSG_DIGEST:
        return check_items(items);
    case STATE_MSG_DELTA:
        return check_blocks(blocks);
    }
    return WAVU_ERR_PROTO;
}

int state_msg_decode(struct state_msg *m, struct span bytes)
{
    struct state_msg read;
    struct list_reading items;
    struct list_reading blocks;
    struct pb p;
    struct pb_field f;
    if (bytes.len > STATE_MSG_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    memset(&read, 0, sizeof read);
    memset(&items, 0, sizeof items);
    memset(&blocks, 0, sizeof blocks);
    pb_init(&p, bytes);
    for (size_t at = 0; pb_next(&p, &f); at = p.rd.at) {
        if (f.wire != PB_BYTES) {
            take_number(&read, &f);
        } else if (f.number == FIELD_BUCKETS) {
            read.buckets = f.bytes;
        } else if (f.number == FIELD_ITEM) {
            list_take(&items, &f, bytes.ptr + at);
        } else if (f.number == FIELD_BLOCK) {
            list_take(&blocks, &f, bytes.ptr + at);
        }
    }
    if (pb_finish(&p) < 0 || items.is_torn || blocks.is_torn) {
        return WAVU_ERR_PROTO;
    }
    read.items = items.bytes;
    read.blocks = blocks.bytes;
    int rc = check_kind(&read, &items, &blocks);
    if (rc == 0) {
        *m = read;
    }
    return rc;
}

void state_msg_encode(struct wr *w, const struct state_msg *m)
{
    pb_write_varint(w, FIELD_KIND, m->kind);
    switch (m->kind) {
    case STATE_MSG_NONE:
        return;
    case STATE_MSG_HASH:
        pb_write_fixed64(w, FIELD_SALT, m->salt);
        pb_write_fixed64(w, FIELD_HASH, m->hash);
        return;
    case STATE_MSG_BUCKETS:
        pb_write_fixed64(w, FIELD_SALT, m->salt);
        pb_write_bytes(w, FIELD_BUCKETS, m->buckets);
        return;
    case STATE_MSG_DIGEST:
        pb_write_fixed64(w, FIELD_MASK, m->mask);
        if (m->is_request) {
            pb_write_bool(w, FIELD_REQUEST, true);
        }
        wr_bytes(w, m->items);
        return;
    case STATE_MSG_DELTA:
        wr_bytes(w, m->blocks);
        return;
    }
}

uint32_t state_msg_bucket_at(const struct state_msg *m, size_t i)
{
    struct rd r;
    rd_init(&r, span_slice(m->buckets, i * STATE_MSG_BUCKET_SIZE, STATE_MSG_BUCKET_SIZE));
    return rd_u32le(&r);
}

bool state_msg_next_item(struct pb *cursor, struct state_msg_item *item)
{
    struct pb_field f;
    return pb_next(cursor, &f) && read_item(item, f.bytes) == 0;
}

bool state_msg_next_block(struct pb *cursor, struct state_msg_block *block)
{
    struct pb_field f;
    return pb_next(cursor, &f) && read_block(block, f.bytes) == 0;
}

bool state_msg_next_entry(struct pb *cursor, struct state_msg_entry *entry)
{
    struct pb_field f;
    return pb_next(cursor, &f) && read_entry(entry, f.bytes) == 0;
}

static void put_item_fields(struct wr *w, const struct state_msg_item *item)
{
    pb_write_bytes(w, ITEM_OWNER, overlay_id_span(&item->owner));
    pb_write_varint(w, ITEM_GENERATION, item->generation);
    pb_write_varint(w, ITEM_VERSION, item->version);
    if (item->is_partial) {
        pb_write_bool(w, ITEM_PARTIAL, true);
    }
    if (item->is_silent) {
        pb_write_bool(w, ITEM_SILENT, true);
    }
}

void state_msg_put_item(struct wr *w, const struct state_msg_item *item)
{
    struct wr fields;
    wr_init(&fields, span_mut_of(NULL, 0));
    put_item_fields(&fields, item);
    pb_write_head(w, FIELD_ITEM, fields.len);
    put_item_fields(w, item);
}

static void put_entry_fields(struct wr *w, const struct state_msg_entry *entry)
{
    pb_write_varint(w, ENTRY_VERSION, entry->version);
    pb_write_bytes(w, ENTRY_KEY, entry->key);
    if (entry->is_deleted) {
        pb_write_bool(w, ENTRY_DELETED, true);
    } else {
        pb_write_bytes(w, ENTRY_VALUE, entry->value);
    }
    pb_write_bytes(w, ENTRY_SET, entry->set);
    pb_write_bytes(w, ENTRY_SIGNATURE, entry->signature);
}

void state_msg_put_entry(struct wr *w, const struct state_msg_entry *entry)
{
    struct wr fields;
    wr_init(&fields, span_mut_of(NULL, 0));
    put_entry_fields(&fields, entry);
    pb_write_head(w, BLOCK_ENTRY, fields.len);
    put_entry_fields(w, entry);
}

size_t state_msg_entry_size(const struct state_msg_entry *entry)
{
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    state_msg_put_entry(&w, entry);
    return w.len;
}

static void put_block_fields(struct wr *w, const struct state_msg_block *block)
{
    pb_write_bytes(w, BLOCK_OWNER, overlay_id_span(&block->owner));
    pb_write_varint(w, BLOCK_GENERATION, block->generation);
    pb_write_varint(w, BLOCK_AGE, block->age_s);
    wr_bytes(w, block->entries);
}

void state_msg_put_block(struct wr *w, const struct state_msg_block *block)
{
    struct wr fields;
    wr_init(&fields, span_mut_of(NULL, 0));
    put_block_fields(&fields, block);
    pb_write_head(w, FIELD_BLOCK, fields.len);
    put_block_fields(w, block);
}
