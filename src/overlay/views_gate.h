/*
 * What the views ask before a peer may be a neighbour: is it of this network, and is it invited?
 * The owner installs the answer (overlay_gate.h); zeroed, it is the open network's, where whoever
 * shows no tag is welcome.
 */
#ifndef OVERLAY_VIEWS_GATE_H
#define OVERLAY_VIEWS_GATE_H

#include "overlay/views_msg.h"

struct views_gate {
    /* Write the proof that this node owes `peer` into `tag`; false when there is none to give.
     * NULL: none. */
    bool (*prove)(void *context, const struct overlay_id *peer, uint8_t tag[VIEWS_MSG_TAG_SIZE]);
    /* What speaks against `peer`, which shows `tag` (NULL: none): VIEWS_MSG_UNSAID for nothing,
     * VIEWS_MSG_WRONG_NETWORK or VIEWS_MSG_NOT_INVITED. NULL: whoever shows a tag is wrong here. */
    enum views_msg_reason (*judge)(void *context, const struct overlay_id *peer,
                                   const uint8_t *tag);
    void *context;
};

/** Put our proof to `peer` into a message. */
void views_gate_prove(const struct views_gate *g, const struct overlay_id *peer,
                      struct views_msg *m);

/** As judge, for the sender `peer` of `m`. */
WARN_UNUSED enum views_msg_reason views_gate_judge(const struct views_gate *g,
                                                   const struct overlay_id *peer,
                                                   const struct views_msg *m);

/** True when peers have to prove themselves before anything is taken from them. */
bool views_gate_is_closed(const struct views_gate *g);

/** Is the reason one of those that a judge gives? */
bool views_gate_is_verdict(enum views_msg_reason reason);

#endif
