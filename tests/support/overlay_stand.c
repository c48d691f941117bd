/*
 * A gate and a network under an overlay.
 */
#include "tests/support/overlay_stand.h"

#include "base/check.h"

void overlay_stand_start(struct overlay_stand *s, struct net_node *n, const uint8_t *key)
{
    s->gate = gate_new(&n->swarm, &n->metrics);
    gate_key_init(&s->key, key);
    CHECK(gate_enter(s->gate, &s->key.network) == 0);
    overlay_metrics_add(&s->metrics, &n->metrics);
}

void overlay_stand_stop(struct overlay_stand *s)
{
    gate_leave(s->gate, &s->key.network);
    gate_free(s->gate);
    gate_key_clear(&s->key);
    s->gate = NULL;
}

struct overlay_config overlay_stand_config(struct overlay_stand *s, struct net_node *n)
{
    return (struct overlay_config){.swarm = &n->swarm,
                                   .ping = &n->ping,
                                   .gate = s->gate,
                                   .network = &s->key.network,
                                   .mesh = {.generation = 1},
                                   .metrics = &s->metrics};
}

void overlay_stand_open_ear(struct net_ear *e, struct conn *conn)
{
    static const uint8_t proof[] = {1, 0}; /* docs/protocol/gate.md: the format, no tags */
    CHECK(stream_open_with(conn, &e->protocol, span_of(proof, sizeof proof), e, &e->stream) == 0);
}
