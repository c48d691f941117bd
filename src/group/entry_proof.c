/*
 * Proofs by broadcast: made of what the mesh brings, verified when somebody else hands on the
 * entry.
 */
#include "group/entry_proof.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "overlay/plumtree_msg.h"

#define SIGNED_SIZE (PLUMTREE_MSG_HEAD_SIZE + 2 * HASH_SHA256_SIZE)

_Static_assert(PLUMTREE_MSG_ITEM_SIZE == 32 && PLUMTREE_MSG_ITEMS_MAX == HASH_TREE_NAMES_MAX,
               "items are ids of entries");

void entry_proof_prepare(struct entry_proof_said *said, struct span rest)
{
    hash_sha256(said->rest, rest);
    hash_tree_make(&said->tree, said->ids);
}

bool entry_proof_at(struct entry_proof_named *named, const struct entry_proof_said *said, size_t i)
{
    if (i >= said->tree.count) {
        return false;
    }
    memcpy(named->device, said->device, sizeof named->device);
    memcpy(named->id, said->ids.ptr + i * HASH_TREE_NAME_SIZE, sizeof named->id);
    memcpy(named->signature, said->signature, sizeof named->signature);
    named->proof.generation = said->generation;
    named->proof.sequence = said->sequence;
    memcpy(named->proof.rest, said->rest, sizeof named->proof.rest);
    hash_tree_path(&named->proof.path, &said->tree, i);
    return true;
}

int entry_proof_verify(const struct entry_proof_named *n, const uint8_t network[32],
                       const struct signer *signer)
{
    struct plumtree_msg m = {.generation = n->proof.generation, .sequence = n->proof.sequence};
    uint8_t bytes[SIGNED_SIZE];
    uint8_t head[PLUMTREE_MSG_HEAD_SIZE];
    uint8_t root[HASH_SHA256_SIZE];
    uint8_t scope[HASH_SHA256_SIZE];
    struct wr w;

    memcpy(m.origin.bytes, n->device, sizeof m.origin.bytes);
    hash_tree_climb(root, n->id, &n->proof.path);
    hash_sha256(scope, span_of(network, 32)); /* as overlay_sign_in */
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_bytes(&w, plumtree_msg_head(span_mut_of(head, sizeof head), &m, root));
    wr_bytes(&w, span_of(scope, sizeof scope));
    wr_bytes(&w, span_of(n->proof.rest, sizeof n->proof.rest));
    CHECK(wr_finish(&w) == 0);
    return signer->verify_raw(signer->context, n->signature, n->device, wr_span(&w));
}

void entry_proof_write(struct wr *w, const struct entry_proof *p)
{
    wr_u64be(w, p->generation);
    wr_u32be(w, p->sequence);
    wr_bytes(w, span_of(p->rest, sizeof p->rest));
    wr_u8(w, p->path.sides);
    for (size_t i = 0; i < p->path.depth; i++) {
        wr_bytes(w, span_of(p->path.nodes[i], HASH_SHA256_SIZE));
    }
}

int entry_proof_read(struct entry_proof *p, struct span bytes)
{
    const size_t path = bytes.len - ENTRY_PROOF_SIZE_MIN;
    struct rd r;

    memset(p, 0, sizeof *p);
    if (bytes.len < ENTRY_PROOF_SIZE_MIN || bytes.len > ENTRY_PROOF_SIZE_MAX ||
        path % HASH_SHA256_SIZE != 0) {
        return WAVU_ERR_CRYPTO;
    }
    rd_init(&r, bytes);
    p->generation = rd_u64be(&r);
    p->sequence = rd_u32be(&r);
    rd_copy(&r, p->rest, sizeof p->rest);
    p->path.sides = rd_u8(&r);
    p->path.depth = (uint8_t)(path / HASH_SHA256_SIZE);
    for (size_t i = 0; i < p->path.depth; i++) {
        rd_copy(&r, p->path.nodes[i], HASH_SHA256_SIZE);
    }
    return rd_finish(&r) < 0 || p->path.sides >> p->path.depth != 0 ? WAVU_ERR_CRYPTO : 0;
}
