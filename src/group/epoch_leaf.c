/*
 * Leaves: one's own go out as signed messages, those of others come in by whatever way.
 *
 * A device's first statement stands until its first seed change: of two statements the one that
 * came first is kept, and a device that signs two can blame itself for wraps that it cannot open.
 */
#include "group/epoch_leaf.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "group/epoch_make.h"
#include "group/epoch_take.h"

static const char label_leaf[] = "wavu epoch leaf 1";

/* Whether nothing of its own was heard of the device yet. */
static bool is_silent(const struct epoch_device *d)
{
    return d->leaf_sequence == 0 && d->mlkem_sequence == 0 && d->said_full.len == 0;
}

void epoch_leaf_say(struct epoch *e)
{
    struct epoch_msg_leaf leaf;
    uint8_t mlkem[MLKEM_PUBLIC_SIZE];
    uint8_t body[EPOCH_MSG_BODY_SIZE_MAX];
    uint8_t message[EPOCH_MSG_CHANGE_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct wr w;

    if (e->is_stopped || e->current == NULL || !epoch_view_has(e->current, e->self) ||
        !is_silent(&e->views.devices[e->self]) || e->sequence > 0) {
        return;
    }
    memcpy(leaf.group, e->config.group, 32);
    memcpy(leaf.device, e->config.device->public_key, 32);
    epoch_make_leaf(e, leaf.leaf, mlkem);
    leaf.mlkem = mlkem;
    wr_init(&w, span_mut_of(body, sizeof body));
    epoch_msg_write_leaf_body(&w, &leaf);
    CHECK(wr_finish(&w) == 0);
    struct span said = wr_span(&w);
    e->config.signer->sign(e->config.signer->context, signature, e->config.device, label_leaf,
                           said);
    wr_init(&w, span_mut_of(message, sizeof message));
    epoch_msg_write_signed(&w, EPOCH_MSG_LEAF, said, signature);
    CHECK(wr_finish(&w) == 0);
    epoch_view_state_leaf(&e->views.devices[e->self], &leaf, wr_span(&w));
    e->leaf_ticket = epoch_save(e);
}

/* One's own leaves leave when they are durable. */
static bool may_go(const struct epoch *e, int slot)
{
    return slot != e->self || e->leaf_ticket <= e->saved;
}

void epoch_leaf_own(const struct epoch *e, struct span *full, struct span *light)
{
    *full = span_empty();
    *light = span_empty();
    if (e->self >= 0 && may_go(e, e->self)) {
        *full = buf_span(&e->views.devices[e->self].said_full);
        *light = buf_span(&e->views.devices[e->self].said);
    }
}

struct span epoch_leaf_next(const struct epoch *e, size_t *at)
{
    while (*at < 2 * e->views.device_count) {
        const struct epoch_device *d = &e->views.devices[*at / 2];
        const struct buf *one = *at % 2 == 0 ? &d->said_full : &d->said;
        bool is_free = may_go(e, (int)(*at / 2));

        (*at)++;
        if (one->len > 0 && is_free) {
            return buf_span(one);
        }
    }
    return span_empty();
}

/* The place of a device other than this one, or -1. */
static int other_slot(const struct epoch *e, const uint8_t device[32])
{
    int slot = epoch_view_slot(&e->views, device);

    return slot == e->self ? -1 : slot;
}

static int learn_change(struct epoch *e, const struct epoch_msg *m, struct span message)
{
    struct epoch_msg_change c;
    int rc = epoch_msg_read_change(&c, m->body);
    int slot = rc == 0 ? other_slot(e, c.author) : -1;

    if (rc < 0 || slot < 0) {
        return rc < 0 ? rc : WAVU_ERR_NOT_FOUND;
    }
    struct epoch_device *d = &e->views.devices[slot];
    if (c.sequence <= d->leaf_sequence && (c.mlkem == NULL || c.sequence <= d->mlkem_sequence)) {
        return 0; /* it is known, or a later one */
    }
    rc = epoch_take_check(e, m, &c);
    if (rc == 0) {
        epoch_view_set_leaf(d, &c, message);
    }
    return rc;
}

static int learn_statement(struct epoch *e, const struct epoch_msg *m, struct span message)
{
    struct epoch_msg_leaf leaf;
    int rc = epoch_msg_read_leaf(&leaf, m->body);
    int slot = rc == 0 ? other_slot(e, leaf.device) : -1;

    if (rc < 0 || slot < 0) {
        return rc < 0 ? rc : WAVU_ERR_NOT_FOUND;
    }
    if (!span_is_equal(span_of(leaf.group, 32), span_of(e->config.group, 32))) {
        return WAVU_ERR_CRYPTO;
    }
    struct epoch_device *d = &e->views.devices[slot];
    if (!is_silent(d)) {
        return 0;
    }
    rc = e->config.signer->verify(e->config.signer->context, m->signature.ptr, leaf.device,
                                  label_leaf, m->body);
    if (rc == 0) {
        epoch_view_state_leaf(d, &leaf, message);
    }
    return rc;
}

int epoch_leaf_learn(struct epoch *e, struct span message)
{
    struct epoch_msg m;
    int rc = epoch_msg_read(&m, message);

    if (rc < 0) {
        return rc;
    }
    switch (m.kind) {
    case EPOCH_MSG_CHANGE:
        return learn_change(e, &m, message);
    case EPOCH_MSG_LEAF:
        return learn_statement(e, &m, message);
    case EPOCH_MSG_WRAP:
    case EPOCH_MSG_NAME:
    case EPOCH_MSG_ASK:
    case EPOCH_MSG_WELCOME:
    case EPOCH_MSG_NONE:
        break;
    }
    return WAVU_ERR_CRYPTO;
}
