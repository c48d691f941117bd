/*
 * Values of a node's tables: what decodes encodes to the same bytes.
 */
#include "base/check.h"
#include "node/wavu_keep_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_life(struct span in, struct wr *w)
{
    uint64_t generation;
    if (wavu_keep_msg_get_life(in, &generation) == 0) {
        wavu_keep_msg_put_life(w, generation);
        CHECK(wr_finish(w) == 0 && span_is_equal(wr_span(w), in));
    }
}

static void check_peer(struct span in, struct wr *w)
{
    struct wavu_keep_msg_peer peer;
    if (wavu_keep_msg_get_peer(in, &peer) == 0) {
        CHECK(peer.count <= WAVU_KEEP_MSG_ADDRESSES_MAX);
        wavu_keep_msg_put_peer(w, &peer);
        CHECK(wr_finish(w) == 0 && span_is_equal(wr_span(w), in));
    }
}

static void check_view(struct span in, struct wr *w)
{
    struct wavu_keep_msg_view view;
    if (wavu_keep_msg_get_view(in, &view) == 0) {
        CHECK(view.where.len <= VIEWS_MSG_WHERE_MAX);
        wavu_keep_msg_put_view(w, &view);
        CHECK(wr_finish(w) == 0 && span_is_equal(wr_span(w), in));
    }
}

static void check_nick(struct span in, struct wr *w)
{
    struct span name;
    if (wavu_keep_msg_get_nick(in, &name) == 0) {
        CHECK(in.len <= WAVU_KEEP_MSG_NICK_MAX);
        wavu_keep_msg_put_nick(w, name);
        CHECK(wr_finish(w) == 0 && span_is_equal(wr_span(w), in));
    }
}

/* The first byte says what it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[WAVU_KEEP_MSG_PEER_MAX];
    static void (*const checks[])(struct span, struct wr *) = {check_life, check_peer, check_view,
                                                               check_nick};
    struct span in = span_of(data, size);
    struct wr w;
    if (size > 0) {
        wr_init(&w, span_mut_of(out, sizeof out));
        checks[data[0] % 4](span_slice(in, 1, size), &w);
    }
    return 0;
}
