/*
 * Broadcasts as the mesh brings them to rooms, for tests without a mesh: signed as plumtree signs.
 */
#ifndef TESTS_SUPPORT_BROADCASTS_H
#define TESTS_SUPPORT_BROADCASTS_H

#include "group/entry.h"

/** What a broadcast of `pair` in `network` proves that names `names` and has `rest` behind them.
 * `said` borrows the names. */
void broadcasts_make(struct entry_proof_said *said, struct ed25519_pair *pair,
                     const uint8_t network[32], struct span names, struct span rest);

/** How a broadcast of its author names `e` alone. Its signature is none: the mesh has looked at
 * it. */
void broadcasts_name(struct entry_proof_named *by, const struct entry *e,
                     const uint8_t network[32]);

#endif
