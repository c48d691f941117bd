/*
 * Own prekeys and the bundles of others: learnt by sessions, mailbox and outbox alike; ours is
 * stored, then published, and whoever shows another one under our name is outdone.
 */
#include "courier/courier_keys.h"

#include <string.h>

#include "courier/courier_peer.h"
#include "courier/courier_store.h"

#define LEARNT_MAX 16 /* bundles that waited for the store, in one go */
#define DAY_S UINT64_C(86400)
#define DAY_ZERO_S UINT64_C(1735689600) /* 2025-01-01 UTC */

uint32_t courier_keys_day(const struct courier *c)
{
    const uint64_t wall_s = c->config.port->wall_ms(c->config.port) / 1000;
    const uint64_t day = wall_s > DAY_ZERO_S ? (wall_s - DAY_ZERO_S) / DAY_S : 0;
    return day < UINT32_MAX ? (uint32_t)day : 0;
}

static void learn_tag(struct courier *c, const uint8_t *device, const uint8_t *prekey,
                      uint32_t number)
{
    const struct envelope_recipient r = {c->config.network, device, prekey, number};
    uint8_t tag[ENVELOPE_TAG_SIZE];
    envelope_tag(tag, &r);
    (void)!mailbox_learn(&c->mailbox, courier_core_now(c), device, tag); /* LIMIT: none is held */
}

void courier_keys_changed(struct courier *c)
{
    courier_store_prekeys(c);
    for (size_t i = 0; i < c->prekeys.count; i++) {
        const struct prekeys_key *key = &c->prekeys.keys[i];
        learn_tag(c, c->config.device->public_key, key->x25519.public_key, key->number);
    }
    c->is_publish_due = true;
    c->publish_after = c->wrote;
}

void courier_keys_publish(struct courier *c)
{
    if (c->err == 0 && c->may_publish && c->is_publish_due &&
        store_committed(c->config.store) >= c->publish_after) {
        c->is_publish_due = false;
        c->config.ask.publish(c->config.ask.context, prekeys_bundle(&c->prekeys));
    }
}

void courier_keys_retire(struct courier *c)
{
    struct courier_peer *p;
    size_t at = 0;
    while ((p = map_next(&c->peers, &at)) != NULL) {
        session_restored(&p->session, courier_core_now(c));
        courier_peer_mark(c, p);
        outbox_retired(&c->outbox, courier_core_now(c), p->id);
    }
}

/* The sessions may find no room in one commit; that they are to be retired is in it. */
void courier_keys_restored(struct courier *c)
{
    c->is_restoring = true;
    courier_store_restoring(c, true);
    courier_keys_retire(c);
    courier_core_turn(c);
}

/* Keep it, to be shown again when that may help. */
static void show_again(struct courier *c, struct span bundle)
{
    buf_clear(&c->again);
    if (buf_append(&c->again, bundle) == 0) {
        c->again_ns = courier_core_now(c) + PREKEYS_OUTDO_NS;
    }
}

void courier_keys_met(struct courier *c, struct span bundle)
{
    if (bundle.len == 0 || span_is_equal(bundle, prekeys_bundle(&c->prekeys))) {
        return;
    }
    switch (prekeys_met(&c->prekeys, bundle, courier_core_now(c))) {
    case PREKEYS_MET_NOTHING:
        return;
    case PREKEYS_MET_OUTDONE:
        courier_keys_changed(c);
        courier_keys_restored(c);
        return;
    case PREKEYS_MET_AGAIN:
        show_again(c, bundle);
        return;
    case PREKEYS_MET_TWIN:
        if (c->config.user.twin != NULL) {
            c->config.user.twin(c->config.user.context);
        }
        return;
    }
}

void courier_keys_begin(struct courier *c, struct span found)
{
    if (c->err != 0) {
        return;
    }
    courier_keys_met(c, found);
    c->may_publish = true;
    c->is_publish_due = true;
    courier_core_turn(c);
}

/* Nothing in it is news. */
static bool is_known(const struct courier_peer *p, const struct prekeys_msg *m)
{
    return p->number == m->number && !session_wants_bundle(&p->session) &&
           span_is_equal(m->x25519, span_of(p->prekey, sizeof(p->prekey)));
}

int courier_keys_learn(struct courier *c, struct courier_peer *p, struct span bundle)
{
    struct prekeys_msg m;
    int rc = prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, bundle);
    if (rc != 0 || is_known(p, &m)) {
        return rc;
    }
    rc = session_learn(&p->session, courier_core_now(c), bundle);
    if (rc != 0) {
        return rc;
    }
    p->number = m.number;
    memcpy(p->prekey, m.x25519.ptr, sizeof(p->prekey));
    learn_tag(c, p->id, p->prekey, p->number);
    courier_peer_mark(c, p);
    return 0;
}

static void learn_of(struct courier *c, struct courier_peer *p, struct span bundle)
{
    if (courier_keys_learn(c, p, bundle) == 0) {
        outbox_bundle(&c->outbox, courier_core_now(c), p->id);
    }
}

void courier_keys_bundle(struct courier *c, const uint8_t *device, struct span bundle)
{
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    if (c->err != 0 || bundle.len == 0) {
        return;
    }
    if (envelope_is_same(device, c->config.device->public_key, ENVELOPE_DEVICE_SIZE)) {
        if (c->may_publish && courier_core_has_room(c)) {
            courier_keys_met(c, bundle);
        } else if (c->may_publish) {
            c->is_own_due = true;
        }
    } else if (c->config.ask.whose(c->config.ask.context, device, member)) {
        struct courier_peer *p = courier_peer_get(c, device);
        if (courier_core_has_room(c)) {
            learn_of(c, p, bundle);
        } else {
            p->is_bundle_due = true;
            c->has_bundles_due = true;
        }
    }
    courier_core_turn(c);
}

static const uint8_t *own_id(const struct courier *c)
{
    return c->config.device->public_key;
}

void courier_keys_catch_up(struct courier *c)
{
    struct courier_peer *p;
    size_t left = LEARNT_MAX;
    size_t at = 0;
    if (c->is_own_due && courier_core_has_room(c)) {
        c->is_own_due = false;
        courier_keys_met(c, c->config.ask.bundle(c->config.ask.context, own_id(c)));
    }
    while (left > 0 && courier_core_has_room(c) && (p = map_next(&c->peers, &at)) != NULL) {
        if (p->is_bundle_due) {
            p->is_bundle_due = false;
            learn_of(c, p, c->config.ask.bundle(c->config.ask.context, p->id));
            left -= list_is_linked(&p->dirty)
                        ? 1
                        : 0; /* then a commit follows, and with it the next ones */
        }
    }
    c->has_bundles_due = left == 0 || !courier_core_has_room(c);
}

void courier_keys_tick(struct courier *c)
{
    const uint64_t now = courier_core_now(c);
    if (prekeys_deadline(&c->prekeys) <= now) {
        if (prekeys_tick(&c->prekeys, now)) {
            courier_keys_changed(c);
        } else {
            courier_store_prekeys(c); /* what ended is wiped there, too */
        }
    }
    if (c->again_ns <= now) {
        struct buf bundle = c->again;
        buf_init(&c->again, PREKEYS_MSG_BUNDLE_MAX);
        c->again_ns = TIMERS_NEVER;
        courier_keys_met(c, buf_span(&bundle));
        buf_clear(&bundle);
    }
}
