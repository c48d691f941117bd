/*
 * A network of one key that never changes, at the gate: whoever proves the key belongs to it. Or
 * the open network, which has none. The key comes from a name, a pre-shared key or both
 * (docs/decisions/0007-networks-by-name.md).
 */
#ifndef OVERLAY_GATE_KEY_H
#define OVERLAY_GATE_KEY_H

#include "overlay/gate.h"

struct gate_key {
    struct gate_network network; /* for gate_enter */
    uint8_t bytes[GATE_KEY_SIZE];
};

/** `bytes` are copied; NULL: the open network. */
void gate_key_init(struct gate_key *k, const uint8_t *bytes);

/** Wipe it, after gate_leave. */
void gate_key_clear(struct gate_key *k);

#endif
