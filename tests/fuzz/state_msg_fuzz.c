/*
 * Messages of the shared state: what decodes encodes again, and the second decoding is the same.
 */
#include <string.h>

#include "base/check.h"
#include "overlay/state_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct span a, struct span b)
{
    CHECK(span_is_equal(a, b));
}

/* Lists are checked when decoded: walking them must reach the end. */
static void walk_items(const struct state_msg *m)
{
    struct state_msg_item item;
    struct pb cursor;
    size_t count = 0;
    pb_init(&cursor, m->items);
    while (state_msg_next_item(&cursor, &item)) {
        count++;
    }
    CHECK(pb_finish(&cursor) == 0 && count <= STATE_MSG_ITEMS_MAX);
}

static void walk_entries(const struct state_msg_block *block)
{
    struct state_msg_entry entry;
    struct pb cursor;
    uint64_t version = 0;
    size_t count = 0;
    pb_init(&cursor, block->entries);
    while (state_msg_next_entry(&cursor, &entry)) {
        CHECK(entry.version > version && entry.key.len > 0);
        CHECK(entry.key.len <= STATE_MSG_KEY_MAX && entry.value.len <= STATE_MSG_VALUE_MAX);
        CHECK(entry.set.len == STATE_MSG_SET_SIZE && entry.signature.len == OVERLAY_SIGN_SIZE);
        version = entry.version;
        count++;
    }
    CHECK(pb_finish(&cursor) == 0 && count <= STATE_MSG_KEYS_MAX);
}

static void walk_blocks(const struct state_msg *m)
{
    struct state_msg_block block;
    struct pb cursor;
    pb_init(&cursor, m->blocks);
    while (state_msg_next_block(&cursor, &block)) {
        walk_entries(&block);
    }
    CHECK(pb_finish(&cursor) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[2 * STATE_MSG_SIZE_MAX];
    struct state_msg first;
    struct state_msg second;
    struct wr w;
    if (state_msg_decode(&first, span_of(data, size)) < 0) {
        return 0;
    }
    wr_init(&w, span_mut_of(out, sizeof out));
    state_msg_encode(&w, &first);
    CHECK(wr_finish(&w) == 0);
    CHECK(state_msg_decode(&second, wr_span(&w)) == 0);
    CHECK(first.kind == second.kind);
    switch (first.kind) {
    case STATE_MSG_HASH:
        CHECK(first.salt == second.salt && first.hash == second.hash);
        break;
    case STATE_MSG_BUCKETS:
        CHECK(first.salt == second.salt);
        same(first.buckets, second.buckets);
        break;
    case STATE_MSG_DIGEST:
        CHECK(first.mask == second.mask && first.is_request == second.is_request);
        same(first.items, second.items);
        walk_items(&first);
        break;
    case STATE_MSG_DELTA:
        same(first.blocks, second.blocks);
        walk_blocks(&first);
        break;
    case STATE_MSG_NONE:
        break;
    }
    return 0;
}
