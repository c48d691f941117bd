/*
 * A ring of slots; one whose verdict is still to come is never given to another wish, because the
 * node holds it.
 */
#include "apps/rpc/outbox.h"

#include <jansson.h>
#include <stdio.h>

#include "apps/rpc/jsonrpc.h"
#include "base/check.h"

static void outbox_on_done(void *context, int err)
{
    struct outbox_slot *slot = context;
    slot->err = err;
    slot->is_done = true;
    if (slot->box->told != NULL) {
        slot->box->told(slot->box->told_context);
    }
}

static void outbox_put(json_t *object, const char *key, json_t *value)
{
    CHECK(value != NULL && json_object_set_new(object, key, value) == 0);
}

static json_t *outbox_describe(uint64_t number, const char *peer, const char *state)
{
    json_t *one = json_object();
    outbox_put(one, "number", number > 0 ? json_integer((json_int_t)number) : json_null());
    outbox_put(one, "peer", jsonrpc_text(peer));
    outbox_put(one, "state", json_string(state));
    outbox_put(one, "withinMs", json_integer(WAVU_SEND_SECONDS * 1000));
    return one;
}

json_t *outbox_send(struct outbox *o, struct wavu_node *node, const char *peer, const char *text,
                    size_t len)
{
    uint64_t number = o->last + 1;
    struct outbox_slot *slot = &o->slots[number % OUTBOX_MAX];
    if (slot->number != 0 && !slot->is_done) {
        return outbox_describe(0, peer, wavu_err_name(WAVU_ERR_AGAIN));
    }
    int rc = wavu_send(node, peer, text, len, outbox_on_done, slot);
    if (rc < 0) {
        return outbox_describe(0, peer, wavu_err_name(rc));
    }
    o->last = number; /* the verdict is never there before wavu_send returns */
    *slot = (struct outbox_slot){.box = o, .number = number};
    (void)snprintf(slot->peer, sizeof slot->peer, "%s", peer); /* a peer id, so it fits */
    return outbox_look(o, number);
}

bool outbox_is_over(const struct outbox *o, uint64_t number)
{
    const struct outbox_slot *slot = &o->slots[number % OUTBOX_MAX];
    return slot->number != number || slot->is_done;
}

json_t *outbox_look(const struct outbox *o, uint64_t number)
{
    const struct outbox_slot *slot = &o->slots[number % OUTBOX_MAX];
    if (number == 0 || slot->number != number) {
        return NULL;
    }
    const char *verdict = slot->err == 0 ? "delivered" : wavu_err_name(slot->err);
    return outbox_describe(number, slot->peer, slot->is_done ? verdict : "underway");
}
