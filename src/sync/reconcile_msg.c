/*
 * Codec of reconciliation's frames. Source: docs/protocol/repair.md.
 */
#include "sync/reconcile_msg.h"

#include <string.h>

#include "base/check.h"
#include "crypto/signer.h"

#define RECONCILE_MSG_LABEL "wavu sync range 1"

static struct reconcile_set_bound read_bound(struct rd *in, const struct reconcile_set_bound *lower)
{
    struct reconcile_set_bound bound = {0};
    uint64_t distance = rd_varint(in);

    if (distance == 0) {
        bound.is_end = true;
        return bound;
    }
    bound.id_len = rd_u8(in);
    if (distance - 1 > RECONCILE_SET_KEY_MAX - lower->key || bound.id_len > sizeof bound.id) {
        in->failed = true;
        return bound;
    }
    bound.key = lower->key + (distance - 1);
    rd_copy(in, bound.id, bound.id_len);
    if (reconcile_set_compare_bounds(lower, &bound) >= 0) {
        in->failed = true;
    }
    return bound;
}

static void read_hints(struct rd *in, struct reconcile_msg_range *range)
{
    size_t count = rd_u8(in);

    if (count > RECONCILE_MSG_LIST_MAX) {
        in->failed = true;
        return;
    }
    range->hints = rd_bytes(in, count * RECONCILE_MSG_HINT_SIZE);
}

/* Read one range; a failure shows in the reader. */
static void read_range(struct reconcile_msg_reader *r, struct reconcile_msg_range *range)
{
    *range = (struct reconcile_msg_range){.lower = r->lower};
    if (r->lower.is_end) {
        r->in.failed = true;
        return;
    }
    range->upper = read_bound(&r->in, &r->lower);
    uint8_t mode = rd_u8(&r->in);

    range->mode = (enum reconcile_msg_mode)mode;
    if (mode == RECONCILE_MSG_FINGERPRINT) {
        rd_copy(&r->in, range->fingerprint, sizeof range->fingerprint);
    } else if (mode == RECONCILE_MSG_LIST || mode == RECONCILE_MSG_WANT) {
        read_hints(&r->in, range);
    } else if (mode != RECONCILE_MSG_SKIP) {
        r->in.failed = true;
    }
    r->lower = range->upper;
}

int reconcile_msg_open(struct reconcile_msg_reader *r, struct span frame)
{
    struct reconcile_msg_range range;

    if (frame.len > RECONCILE_MSG_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    rd_init(&r->in, frame);
    r->lower = (struct reconcile_set_bound){0};
    uint8_t format = rd_u8(&r->in);

    if (r->in.failed) {
        return WAVU_ERR_PROTO;
    }
    if (format != RECONCILE_MSG_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    struct reconcile_msg_reader all = *r;

    while (!all.in.failed && rd_left(&all.in) > 0) {
        read_range(&all, &range);
    }
    return all.in.failed ? WAVU_ERR_PROTO : 0;
}

bool reconcile_msg_next(struct reconcile_msg_reader *r, struct reconcile_msg_range *range)
{
    if (rd_left(&r->in) == 0) {
        return false;
    }
    read_range(r, range);
    CHECK(!r->in.failed); /* reconcile_msg_open has read it */
    return true;
}

void reconcile_msg_begin(struct wr *w)
{
    wr_u8(w, RECONCILE_MSG_FORMAT);
}

void reconcile_msg_write(struct wr *w, const struct reconcile_msg_range *range)
{
    if (range->upper.is_end) {
        wr_varint(w, 0);
    } else {
        wr_varint(w, range->upper.key - range->lower.key + 1);
        wr_u8(w, range->upper.id_len);
        wr_bytes(w, span_of(range->upper.id, range->upper.id_len));
    }
    wr_u8(w, (uint8_t)range->mode);
    if (range->mode == RECONCILE_MSG_FINGERPRINT) {
        wr_bytes(w, span_of(range->fingerprint, sizeof range->fingerprint));
    } else if (range->mode != RECONCILE_MSG_SKIP) {
        CHECK(range->hints.len <= RECONCILE_MSG_LIST_MAX * RECONCILE_MSG_HINT_SIZE);
        wr_u8(w, (uint8_t)(range->hints.len / RECONCILE_MSG_HINT_SIZE));
        wr_bytes(w, range->hints);
    }
}

void reconcile_msg_fingerprint(uint8_t out[RECONCILE_MSG_FINGERPRINT_SIZE],
                               const struct reconcile_set_sum *sum)
{
    uint8_t body[4 * 8 + 9];
    uint8_t id[HASH_SHA256_SIZE];
    struct wr w;

    wr_init(&w, span_mut_of(body, sizeof body));
    for (size_t i = 0; i < 4; i++) {
        wr_u64le(&w, sum->words[i]);
    }
    wr_varint(&w, sum->count);
    CHECK(wr_finish(&w) == 0);
    signer_id(id, RECONCILE_MSG_LABEL, wr_span(&w));
    memcpy(out, id, RECONCILE_MSG_FINGERPRINT_SIZE);
}
