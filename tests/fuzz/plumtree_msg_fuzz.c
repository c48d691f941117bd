/*
 * plumtree messages: what decodes encodes again, and the second decoding is the same.
 */
#include <string.h>

#include "base/check.h"
#include "overlay/plumtree_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct span a, struct span b)
{
    CHECK(span_is_equal(a, b));
}

/* Offers are checked when decoded: walking them must reach the end. */
static void walk_offers(const struct plumtree_msg *m)
{
    static uint8_t out[PLUMTREE_MSG_SIZE_MAX];
    struct plumtree_msg_offer first;
    struct plumtree_msg_offer second;
    struct pb cursor;
    struct pb again;
    size_t count = 0;
    pb_init(&cursor, m->offers);
    while (plumtree_msg_next_offer(&cursor, &first)) {
        struct wr w;
        wr_init(&w, span_mut_of(out, sizeof out));
        plumtree_msg_put_offer(&w, &first);
        CHECK(wr_finish(&w) == 0);
        pb_init(&again, wr_span(&w));
        CHECK(plumtree_msg_next_offer(&again, &second));
        CHECK(overlay_id_is_equal(&first.origin, &second.origin));
        CHECK(first.generation == second.generation && first.range_count == second.range_count);
        CHECK(memcmp(first.ranges, second.ranges, sizeof first.ranges) == 0);
        count++;
    }
    CHECK(pb_finish(&cursor) == 0 && count <= PLUMTREE_MSG_OFFERS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[2 * PLUMTREE_MSG_SIZE_MAX];
    struct plumtree_msg first;
    struct plumtree_msg second;
    struct wr w;
    if (plumtree_msg_decode(&first, span_of(data, size)) < 0) {
        return 0;
    }
    wr_init(&w, span_mut_of(out, sizeof out));
    plumtree_msg_encode(&w, &first);
    CHECK(wr_finish(&w) == 0);
    CHECK(plumtree_msg_decode(&second, wr_span(&w)) == 0);
    CHECK(first.kind == second.kind);
    switch (first.kind) {
    case PLUMTREE_MSG_GOSSIP:
        CHECK(overlay_id_is_equal(&first.origin, &second.origin));
        CHECK(first.generation == second.generation && first.sequence == second.sequence);
        CHECK(first.hops == second.hops && first.is_repair == second.is_repair);
        CHECK(first.is_wave == second.is_wave);
        same(first.payload, second.payload);
        CHECK(first.items == second.items && first.items <= PLUMTREE_MSG_ITEMS_MAX);
        CHECK(plumtree_msg_item_span(&first).len + plumtree_msg_rest(&first).len ==
              first.payload.len);
        same(first.signature, second.signature);
        break;
    case PLUMTREE_MSG_HAVE:
        same(first.ids, second.ids);
        same(first.id_hops, second.id_hops);
        CHECK(plumtree_msg_id_count(&first) <= PLUMTREE_MSG_IDS_MAX);
        break;
    case PLUMTREE_MSG_GRAFT:
        same(first.ids, second.ids);
        CHECK(first.is_tree == second.is_tree);
        break;
    case PLUMTREE_MSG_DIGEST:
        same(first.offers, second.offers);
        walk_offers(&first);
        CHECK(first.position == second.position);
        break;
    case PLUMTREE_MSG_ACK:
        CHECK(first.position == second.position);
        break;
    case PLUMTREE_MSG_NONE:
    case PLUMTREE_MSG_PRUNE:
        break;
    }
    return 0;
}
