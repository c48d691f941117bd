/*
 * Proofs of a network. docs/decisions/0007-networks-by-name.md says what they are worth.
 */
#include "overlay/overlay_gate.h"

#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"
#include "overlay/gate.h"

_Static_assert(VIEWS_MSG_TAG_SIZE == GATE_TAG_SIZE && OVERLAY_GATE_KEY_SIZE == GATE_KEY_SIZE,
               "one proof for both");

void overlay_gate_tag(uint8_t tag[VIEWS_MSG_TAG_SIZE], const uint8_t key[OVERLAY_GATE_KEY_SIZE],
                      struct span binding, const struct overlay_id *prover,
                      const struct overlay_id *judge)
{
    const struct gate_link link = {.binding = binding, .prover = *prover, .judge = *judge};
    gate_tag(tag, key, &link);
}

/* False when proofs should be bound to a link and there is none. */
static bool find_binding(const struct overlay_gate *g, const struct overlay_id *peer,
                         struct span *out)
{
    *out = g->binding != NULL ? g->binding(g->context, peer) : span_empty();
    return g->binding == NULL || out->len > 0;
}

static bool prove(void *context, const struct overlay_id *peer, uint8_t tag[VIEWS_MSG_TAG_SIZE])
{
    const struct overlay_gate *g = context;
    struct span binding;
    if (!find_binding(g, peer, &binding)) {
        return false;
    }
    overlay_gate_tag(tag, g->key, binding, &g->self, peer);
    return true;
}

static bool is_proof(const struct overlay_gate *g, const struct overlay_id *peer,
                     const uint8_t *tag)
{
    uint8_t wanted[VIEWS_MSG_TAG_SIZE];
    struct span binding;
    if (tag == NULL || !find_binding(g, peer, &binding)) {
        return false;
    }
    overlay_gate_tag(wanted, g->key, binding, peer, &g->self);
    bool is_equal = secret_is_equal(wanted, tag, sizeof wanted);
    secret_wipe(wanted, sizeof wanted);
    return is_equal;
}

static enum views_msg_reason judge(void *context, const struct overlay_id *peer, const uint8_t *tag)
{
    const struct overlay_gate *g = context;
    if (g->has_key ? !is_proof(g, peer, tag) : tag != NULL) {
        return VIEWS_MSG_WRONG_NETWORK;
    }
    bool is_invited =
        g->invited.is_invited == NULL || g->invited.is_invited(g->invited.context, peer);
    return is_invited ? VIEWS_MSG_UNSAID : VIEWS_MSG_NOT_INVITED;
}

void overlay_gate_init(struct overlay_gate *g, const struct overlay_id *self, const uint8_t *key,
                       struct overlay_gate_invited invited)
{
    *g = (struct overlay_gate){.self = *self, .invited = invited, .has_key = key != NULL};
    if (key != NULL) {
        memcpy(g->key, key, sizeof g->key);
    }
}

void overlay_gate_clear(struct overlay_gate *g)
{
    secret_wipe(g->key, sizeof g->key);
    g->has_key = false;
}

struct views_gate overlay_gate_ops(struct overlay_gate *g)
{
    struct views_gate ops = {.context = g};
    if (g->has_key) {
        ops.prove = prove;
    }
    if (g->has_key || g->invited.is_invited != NULL) {
        ops.judge = judge;
    }
    return ops;
}
