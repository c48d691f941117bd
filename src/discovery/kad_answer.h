/*
 * What a server answers: who is nearest, with addresses that the asker may know.
 * docs/protocol/kad.md, "Messages".
 */
#ifndef DISCOVERY_KAD_ANSWER_H
#define DISCOVERY_KAD_ANSWER_H

#include "discovery/kad.h"
#include "net/swarm.h"

#define KAD_ANSWER_SIZE_MAX 16000 /* bytes of an answer of ours: rust reads 16 KiB in all */

struct kad_answer {
    struct swarm *swarm; /* borrowed */
    struct kad *kad;     /* borrowed */
    bool is_own;         /* our own prefix: with fields of ours */
};

/** Append the answer to `m`, which the peer of `conn` asks, to `w`; nothing for a request without
 * an answer. WAVU_ERR_PROTO: it is no request that can be answered; WAVU_ERR_UNSUPPORTED: not
 * here. */
WARN_UNUSED int kad_answer_write(const struct kad_answer *a, const struct conn *conn,
                                 const struct kad_msg *m, struct wr *w);

#endif
