/*
 * Broadcasts for tests without a mesh.
 */
#include "tests/support/broadcasts.h"

#include <string.h>

#include "overlay/plumtree_msg.h"

void broadcasts_make(struct entry_proof_said *said, struct ed25519_pair *pair,
                     const uint8_t network[32], struct span names, struct span rest)
{
    static uint32_t sequence;
    struct overlay_sign_scope scope;
    const struct overlay_sign bare = overlay_sign_ed25519(pair);
    const struct overlay_sign sign = overlay_sign_in(&scope, &bare, span_of(network, 32));
    struct plumtree_msg m = {.generation = 7, .sequence = ++sequence};
    uint8_t head[PLUMTREE_MSG_HEAD_SIZE];
    uint8_t root[HASH_SHA256_SIZE];

    memcpy(said->device, pair->public_key, sizeof said->device);
    memcpy(m.origin.bytes, pair->public_key, sizeof m.origin.bytes);
    said->generation = m.generation;
    said->sequence = m.sequence;
    said->ids = names;
    entry_proof_prepare(said, rest);
    hash_tree_root(root, &said->tree);
    sign.sign(sign.context, said->signature,
              plumtree_msg_head(span_mut_of(head, sizeof head), &m, root), rest);
}

void broadcasts_name(struct entry_proof_named *by, const struct entry *e, const uint8_t network[32])
{
    memset(by, 0, sizeof *by);
    memcpy(by->device, e->device, sizeof by->device);
    entry_id(by->id, e, network);
}
