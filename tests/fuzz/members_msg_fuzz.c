/*
 * Operations and geneses of the membership log: what decodes encodes again, and the second decoding
 * is the same.
 */
#include "base/check.h"
#include "members/members_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct span a, struct span b)
{
    CHECK(span_is_equal(a, b));
}

static void check_genesis(struct span in)
{
    static uint8_t room[2][2 * MEMBERS_MSG_SIZE_MAX];
    struct members_msg_genesis first;
    struct members_msg_genesis second;
    struct wr body;
    struct wr w;
    if (members_msg_decode_genesis(&first, in) < 0) {
        return;
    }
    wr_init(&body, span_mut_of(room[0], sizeof room[0]));
    members_msg_encode_genesis_body(&body, &first);
    wr_init(&w, span_mut_of(room[1], sizeof room[1]));
    members_msg_encode_signed(&w, wr_span(&body), first.signature);
    CHECK(wr_finish(&w) == 0);
    CHECK(members_msg_decode_genesis(&second, wr_span(&w)) == 0);
    CHECK(first.policy == second.policy);
    same(first.name, second.name);
    same(first.root, second.root);
    same(first.nonce, second.nonce);
    same(first.signature, second.signature);
}

static void check_same(const struct members_msg *a, const struct members_msg *b)
{
    CHECK(a->format == b->format && a->kind == b->kind && a->sequence == b->sequence);
    CHECK(a->is_critical == b->is_critical && a->is_known == b->is_known);
    CHECK(a->is_subtree == b->is_subtree);
    CHECK(a->parent_count == b->parent_count && a->cut_count == b->cut_count);
    same(a->network, b->network);
    same(a->member, b->member);
    same(a->author, b->author);
    same(a->grant, b->grant);
    same(a->join, b->join);
    same(a->previous, b->previous);
    same(a->key, b->key);
    same(a->consent, b->consent);
    same(a->leaf, b->leaf);
    same(a->target, b->target);
    same(a->signature, b->signature);
    for (size_t i = 0; i < a->parent_count; i++) {
        same(a->parents[i], b->parents[i]);
    }
    for (size_t i = 0; i < a->cut_count; i++) {
        CHECK(a->cuts[i].sequence == b->cuts[i].sequence);
        same(a->cuts[i].id, b->cuts[i].id);
    }
    if (!a->is_known) {
        same(a->content, b->content);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[2][2 * MEMBERS_MSG_SIZE_MAX];
    static struct members_msg first;
    static struct members_msg second;
    struct wr body;
    struct wr w;
    check_genesis(span_of(data, size));
    if (members_msg_decode(&first, span_of(data, size)) < 0) {
        return 0;
    }
    wr_init(&body, span_mut_of(room[0], sizeof room[0]));
    members_msg_encode_body(&body, &first);
    wr_init(&w, span_mut_of(room[1], sizeof room[1]));
    members_msg_encode_signed(&w, wr_span(&body), first.signature);
    CHECK(wr_finish(&w) == 0);
    int rc = members_msg_decode(&second, wr_span(&w));
    CHECK(rc == 0 || (rc == WAVU_ERR_LIMIT && w.len > MEMBERS_MSG_SIZE_MAX));
    if (rc == 0) {
        check_same(&first, &second);
    }
    return 0;
}
