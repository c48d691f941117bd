/*
 * What a server answers: who is nearest, with addresses that the asker may know.
 * docs/protocol/kad.md, "Messages".
 */
#ifndef DISCOVERY_KAD_ANSWER_H
#define DISCOVERY_KAD_ANSWER_H

#include "discovery/kad.h"
#include "discovery/kad_store.h"
#include "net/swarm.h"

#define KAD_ANSWER_SIZE_MAX                                                                        \
    16000 /* bytes of an answer of ours, unless a value alone is longer: rust reads 16 KiB */
#define KAD_ANSWER_ROOM                                                                            \
    (KAD_ANSWER_SIZE_MAX + KAD_MSG_VALUE_MAX) /* whatever is written, it fits                      \
                                               */

struct kad_answer {
    struct swarm *swarm; /* borrowed, as the next three */
    struct kad *kad;
    struct kad_store *store; /* NULL: nothing is kept for others */
    const struct kad_validators *validators;
    bool is_own; /* our own prefix: with fields of ours */
};

/** Append the answer to `m`, which the peer of `conn` asks, to `w` (KAD_ANSWER_ROOM bytes); nothing
 * for a request without an answer. What is to be kept is kept; who put a value that is worse than
 * the one here is told that one. WAVU_ERR_PROTO, _CRYPTO: nobody honest says so; other errors: it
 * is not kept here. */
WARN_UNUSED int kad_answer_write(const struct kad_answer *a, const struct conn *conn,
                                 const struct kad_msg *m, struct wr *w);

#endif
