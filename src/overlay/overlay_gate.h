/*
 * Who belongs, as the views ask it (views_gate.h): proofs of the network's key, made for one link,
 * and whoever knows the invitations has the last word.
 *
 * A proof is an HMAC under the network's discovery key over what binds the link (the handshake's
 * hash), the prover and the one it proves itself to: good for this connection and this direction.
 */
#ifndef OVERLAY_OVERLAY_GATE_H
#define OVERLAY_OVERLAY_GATE_H

#include "overlay/views_gate.h"

#define OVERLAY_GATE_KEY_SIZE 32

/* Asked about a peer of our network before its link becomes one of neighbours. */
struct overlay_gate_invited {
    /* False: "not invited". NULL: whoever has the network's key is. */
    bool (*is_invited)(void *context, const struct overlay_id *peer);
    void *context;
};

struct overlay_gate {
    struct overlay_id self;
    uint8_t key[OVERLAY_GATE_KEY_SIZE]; /* wiped by overlay_gate_clear */
    bool has_key;                       /* otherwise this is the open network */
    struct overlay_gate_invited invited;
    /* What binds the link to `peer`, borrowed; empty when there is none: then nothing is proved.
     * NULL: the ids alone bind, as in the simulator's swarm, which has no handshakes. */
    struct span (*binding)(void *context, const struct overlay_id *peer);
    void *context;
};

/** `key` (copied) NULL: the open network. */
void overlay_gate_init(struct overlay_gate *g, const struct overlay_id *self, const uint8_t *key,
                       struct overlay_gate_invited invited);
void overlay_gate_clear(struct overlay_gate *g);

/** The gate for the views; borrows `g`. */
struct views_gate overlay_gate_ops(struct overlay_gate *g);

/** The proof of `prover` to `judge`. */
void overlay_gate_tag(uint8_t tag[VIEWS_MSG_TAG_SIZE], const uint8_t key[OVERLAY_GATE_KEY_SIZE],
                      struct span binding, const struct overlay_id *prover,
                      const struct overlay_id *judge);

#endif
