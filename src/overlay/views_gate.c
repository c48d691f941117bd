/*
 * The gate's defaults: an open network proves nothing, and takes whoever claims no other one.
 */
#include "overlay/views_gate.h"

void views_gate_prove(const struct views_gate *g, const struct overlay_id *peer,
                      struct views_msg *m)
{
    m->has_tag = g->prove != NULL && g->prove(g->context, peer, m->tag);
}

enum views_msg_reason views_gate_judge(const struct views_gate *g, const struct overlay_id *peer,
                                       const struct views_msg *m)
{
    if (g->judge == NULL) {
        return m->has_tag ? VIEWS_MSG_WRONG_NETWORK : VIEWS_MSG_UNSAID;
    }
    return g->judge(g->context, peer, m->has_tag ? m->tag : NULL);
}

bool views_gate_is_closed(const struct views_gate *g)
{
    return g->judge != NULL;
}

bool views_gate_is_verdict(enum views_msg_reason reason)
{
    return reason == VIEWS_MSG_WRONG_NETWORK || reason == VIEWS_MSG_NOT_INVITED;
}
