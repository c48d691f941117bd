/*
 * How who was dialled shows that it is of the network: the first frame on a link, from who let the
 * stream in. The gate asks only who opens; who belongs to a network with members is said by the
 * opener's own log. Without members (a network of one key) nothing but the key says it, and so both
 * sides show it.
 */
#ifndef OVERLAY_OVERLAY_PROOF_H
#define OVERLAY_OVERLAY_PROOF_H

#include "overlay/gate.h"
#include "overlay/overlay_frame.h"

#define OVERLAY_PROOF_FRAME_MAX (OVERLAY_FRAME_HEAD_MAX + GATE_TAGS_MAX * GATE_TAG_SIZE)

/** Is it wanted on links of that network? */
bool overlay_proof_is_wanted(const struct gate_network *network);

/** Write the frame of the prover of `link`, at most OVERLAY_PROOF_FRAME_MAX bytes. */
void overlay_proof_write(const struct gate_network *network, const struct gate_link *link,
                         struct wr *w);

/** Is `frame` a proof by the prover of `link`? */
WARN_UNUSED bool overlay_proof_holds(const struct gate_network *network,
                                     const struct gate_link *link,
                                     const struct overlay_frame *frame);

#endif
