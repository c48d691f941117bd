/*
 * Sessions: what is sealed for a device, and what is read of it. A session is stored in the turn
 * that changed it; where what came cannot be taken now, it goes back to what is stored, so that
 * the same envelope opens again when it comes again.
 */
#include "courier/courier_peer.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "courier/courier_keys.h"
#include "courier/courier_link.h"
#include "courier/courier_store.h"
#include "courier/envelope_seal.h"

#define TICKED_MAX 16 /* sessions that are stored because time went by, in one go */

/* --- peers --- */

struct session_config courier_peer_config(const struct courier *c, const uint8_t *device)
{
    struct session_config config = {.prekeys = &c->prekeys,
                                    .aead = c->config.swarm->aead,
                                    .kind = AEAD_CHACHA20_POLY1305,
                                    .random = c->random};
    memcpy(config.peer, device, sizeof(config.peer));
    return config;
}

struct courier_peer *courier_peer_find(const struct courier *c, const uint8_t *device)
{
    return map_get(&c->peers, span_of(device, ENVELOPE_DEVICE_SIZE));
}

struct courier_peer *courier_peer_get(struct courier *c, const uint8_t *device)
{
    struct courier_peer *p = courier_peer_find(c, device);
    if (p == NULL) {
        const struct session_config config = courier_peer_config(c, device);
        p = mem_new(sizeof(*p));
        memcpy(p->id, device, sizeof(p->id));
        session_init(&p->session, &config);
        CHECK(map_put(&c->peers, span_of(p->id, sizeof(p->id)), p) == NULL);
    }
    return p;
}

void courier_peer_free(struct courier_peer *p)
{
    session_clear(&p->session);
    mem_free(p);
}

void courier_peer_drop(struct courier *c, struct courier_peer *p)
{
    if (p->link != NULL) {
        courier_link_end(p->link, false);
    }
    list_remove(&p->dirty);
    courier_store_forget_peer(c, p);
    CHECK(map_remove(&c->peers, span_of(p->id, sizeof(p->id))) == p);
    courier_peer_free(p);
}

static void save_one(struct courier *c, struct courier_peer *p)
{
    list_remove(&p->dirty);
    courier_store_peer(c, p);
}

static void save_all(struct courier *c)
{
    struct list *node;
    while ((node = list_next(&c->dirty, &c->dirty)) != NULL) {
        save_one(c, LIST_OF(node, struct courier_peer, dirty));
    }
}

void courier_peer_touch(struct courier *c, struct courier_peer *p)
{
    if (!list_is_linked(&p->dirty) || p->may_wait) {
        list_remove(&p->dirty);
        p->may_wait = false;
        list_push_back(&c->dirty, &p->dirty);
    }
    if (list_count(&c->dirty) > COURIER_SESSIONS_MAX) {
        save_all(c);
    }
}

void courier_peer_mark(struct courier *c, struct courier_peer *p)
{
    if (!list_is_linked(&p->dirty)) {
        p->may_wait = true;
        list_push_back(&c->later, &p->dirty);
    }
}

void courier_peer_save(struct courier *c)
{
    struct list *node;
    save_all(c);
    while (courier_core_has(c, COURIER_ROOM_OUT) &&
           (node = list_next(&c->later, &c->later)) != NULL) {
        save_one(c, LIST_OF(node, struct courier_peer, dirty));
    }
    if (c->is_restoring && list_is_empty(&c->later)) {
        c->is_restoring = false;
        courier_store_restoring(c, false);
    }
}

/* What happened to the session, and so to its state; UNKNOWN is its caller's. */
static void tell(struct courier *c, struct courier_peer *p)
{
    enum session_event event;
    while (session_next_event(&p->session, &event)) {
        if (event == SESSION_EVENT_UNKNOWN) {
            continue;
        }
        courier_peer_mark(c, p);
        /* A start beside another session may say that the peer has lost that. */
        if (event != SESSION_EVENT_STARTED || p->session.slots[1].ratchet != NULL) {
            outbox_retired(&c->outbox, courier_core_now(c), p->id);
        }
        if (c->config.user.session != NULL) {
            c->config.user.session(c->config.user.context, p->id, event);
        }
    }
}

bool courier_peer_tick(struct courier *c)
{
    const uint64_t now = courier_core_now(c);
    struct courier_peer *p;
    size_t at = 0;
    size_t left = TICKED_MAX;
    while (left > 0 && (p = map_next(&c->peers, &at)) != NULL) {
        if (session_deadline(&p->session) <= now) {
            session_tick(&p->session, now);
            courier_peer_mark(c, p);
            left--;
        }
    }
    return left > 0;
}

/* --- sealing --- */

/* The bundle that is needed for a start, or the tag alone. */
static int learn(struct courier *c, struct courier_peer *p)
{
    if (p->number != 0 && !session_wants_bundle(&p->session)) {
        return 0;
    }
    const struct span bundle = c->config.ask.bundle(c->config.ask.context, p->id);
    return bundle.len > 0 && courier_keys_learn(c, p, bundle) == 0 ? 0 : WAVU_ERR_AGAIN;
}

/* The body behind when it came, into `whole`. */
static int body_of(struct courier *c, const struct outbox_order *order, struct buf *whole)
{
    const int rc =
        courier_store_get(c, TABLE_BODY, span_of(order->message, ENVELOPE_ID_SIZE), whole);
    return rc == 0 && whole->len != 8 + order->body_len ? WAVU_ERR_CORRUPT : rc;
}

static int seal(struct courier *c, struct courier_peer *p, const struct outbox_event *e)
{
    struct outbox_order order;
    struct buf body;
    struct buf out;
    uint8_t space[8];
    int rc = outbox_order_of(&c->outbox, e->row, &order);
    if (rc != 0) {
        return rc;
    }
    buf_init(&body, STORE_VALUE_MAX);
    buf_init(&out, 2 * ENVELOPE_SIZE_MAX);
    rc = body_of(c, &order, &body);
    if (rc == 0) {
        struct envelope_order eo = {
            .class_number = order.class_number,
            .lifetime_s = order.lifetime_s,
            .recipient = {c->config.network, p->id, p->prekey, p->number},
            .content = {.kind = order.kind, .body = span_slice(buf_span(&body), 8, body.len)},
            .room = e->room};
        memcpy(eo.content.message, order.message, sizeof(eo.content.message));
        random_fill(c->random, eo.content.token, sizeof(eo.content.token));
        CHECK(buf_append(&out, span_slice(buf_span(&body), 0, 8)) == 0);
        rc = envelope_seal_make(&p->session, courier_core_now(c), &eo, &out);
        if (rc == 0) {
            courier_store_put(c, TABLE_SEALED, courier_store_number(space, e->row), buf_span(&out));
            courier_peer_touch(c, p);
            outbox_sealed(&c->outbox, courier_core_now(c), e->row, eo.content.token, out.len - 8);
        }
    }
    buf_wipe(&body);
    buf_clear(&out);
    return rc;
}

void courier_peer_seal(struct courier *c, const struct outbox_event *e)
{
    struct courier_peer *p = courier_peer_get(c, e->device);
    int rc = learn(c, p);
    rc = rc == 0 ? seal(c, p, e) : rc;
    if (rc != 0) {
        outbox_not_sealed(&c->outbox, courier_core_now(c), e->row, rc);
    }
    if (rc == WAVU_ERR_CRYPTO) {
        courier_peer_mark(c, p); /* its bundle was no good */
    }
    tell(c, p); /* EXHAUSTED */
}

/* --- reading --- */

struct reading {
    const struct envelope *envelope;
    uint8_t name[ENVELOPE_NAME_SIZE];
    struct buf plain;
    struct envelope_content content;
    struct courier_peer *peer; /* that said it */
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    uint32_t tried; /* sessions */
    int rc;         /* the most promising error */
};

/* Try the session of `p`, which is stored as it is now, to go back to. What happened to it is told
 * when its content was taken, or when it does not open and was changed by that. */
static bool opens(struct courier *c, struct reading *r, struct courier_peer *p)
{
    if (list_is_linked(&p->dirty) && p->may_wait && !courier_core_has(c, COURIER_ROOM)) {
        r->rc = WAVU_ERR_AGAIN;
        return false;
    }
    if (list_is_linked(&p->dirty)) {
        save_one(c, p); /* mostly done: each envelope ends with a turn */
    }
    r->tried++;
    const int rc =
        envelope_seal_open(&p->session, courier_core_now(c), r->envelope, &r->plain, &r->content);
    if (rc == 0) {
        r->peer = p;
    }
    if (rc == WAVU_ERR_LIMIT) {
        r->rc = rc; /* too far ahead for now: it stays where it is */
    }
    if (rc != 0) {
        tell(c, p);
    }
    return rc == 0;
}

static bool is_start(const struct envelope *e)
{
    return e->sealed.len > 0 && e->sealed.ptr[0] == SESSION_START_KIND;
}

/* A start says itself of whom it is; a peer that was made to try stays when it opened. */
static bool opens_start(struct courier *c, struct reading *r)
{
    uint8_t device[ENVELOPE_DEVICE_SIZE];
    if (session_claimed_sender(&c->prekeys, c->config.swarm->aead, r->envelope->sealed, device) !=
            0 ||
        envelope_is_same(device, c->config.device->public_key, sizeof(device))) {
        return false;
    }
    if (!c->config.ask.whose(c->config.ask.context, device, r->member)) {
        r->rc = WAVU_ERR_AGAIN; /* a newcomer whom we have not heard of yet, or nobody's any more */
        return false;
    }
    const bool is_new = courier_peer_find(c, device) == NULL;
    struct courier_peer *p = courier_peer_get(c, device);
    const bool is_open = opens(c, r, p);
    if (!is_open && is_new) {
        courier_peer_drop(c, p);
    }
    return is_open;
}

static bool opens_any(struct courier *c, struct reading *r, const uint8_t *from)
{
    struct courier_peer *first = courier_peer_find(c, from);
    struct courier_peer *p;
    size_t at = 0;
    if (first != NULL && opens(c, r, first)) {
        return true;
    }
    while ((p = map_next(&c->peers, &at)) != NULL) {
        if (p != first && opens(c, r, p)) {
            return true;
        }
    }
    return false;
}

/* Nothing opens it, and it comes from its author, of whom we have no copy of it: one of both states
 * is not what the other believes. Begin anew, and say something, so that the author hears of it: a
 * receipt for a message that nobody wrote, which is passed over. */
static void renew(struct courier *c, const uint8_t *from, const struct envelope *e)
{
    struct courier_peer *p = courier_peer_find(c, from);
    const bool is_authors = e->copies == ENVELOPE_COPIES_MAX && e->hops == ENVELOPE_HOPS;
    struct receipt receipt = {.state = RECEIPT_DELIVERED};
    if (p != NULL && is_authors && session_renew(&p->session, courier_core_now(c)) == 0) {
        courier_peer_touch(c, p);
        outbox_retired(&c->outbox, courier_core_now(c), p->id);
        random_fill(c->random, receipt.message, sizeof(receipt.message));
        outbox_received(&c->outbox, courier_core_now(c), p->id, &receipt);
    }
}

static int hand_over(struct courier *c, const struct reading *r)
{
    const uint32_t kind = r->content.kind;
    const struct courier_handler *handler = &c->handlers[COURIER_OTHERS];
    const struct courier_content content = {.device = r->peer->id,
                                            .member = r->member,
                                            .message = r->content.message,
                                            .kind = kind,
                                            .body = r->content.body};
    if (kind < COURIER_KINDS_MAX && c->handlers[kind].take != NULL) {
        handler = &c->handlers[kind];
    }
    return handler->take == NULL ? WAVU_ERR_AGAIN : handler->take(handler->context, &content);
}

/* A message: up, once, and a receipt for it. */
static int take_message(struct courier *c, const struct reading *r)
{
    const uint64_t now = courier_core_now(c);
    struct receipt receipt = {.state = RECEIPT_DELIVERED};
    uint8_t key[ENVELOPE_ID_SIZE];
    uint32_t slot;
    envelope_message_key(key, r->peer->id, r->content.message);
    if (seen_find(&c->seen, now, key) == NULL) {
        const int rc = hand_over(c, r);
        if (rc < 0) {
            return rc;
        }
        CHECK(seen_add(&c->seen, now, key, NULL, r->member, &slot) == 0);
        courier_store_seen(c, slot);
        c->read++;
    }
    memcpy(receipt.message, r->content.message, sizeof(receipt.message));
    outbox_received(&c->outbox, now, r->peer->id, &receipt);
    return 0;
}

static int take_content(struct courier *c, const struct reading *r)
{
    struct receipt receipts[RECEIPT_MAX];
    size_t count = 0;
    if (r->content.kind != COURIER_RECEIPTS) {
        return take_message(c, r);
    }
    if (receipt_decode(receipts, &count, r->content.body) == 0) {
        outbox_receipts(&c->outbox, courier_core_now(c), r->peer->id, receipts, count);
    }
    return 0;
}

/* Not for want of room or time: the same would be said of it in a second. */
static bool is_lasting(int err)
{
    return err == WAVU_ERR_CRYPTO || err == WAVU_ERR_DENIED || err == WAVU_ERR_NOT_FOUND ||
           err == WAVU_ERR_UNSUPPORTED || err == WAVU_ERR_PROTO || err == WAVU_ERR_INVALID;
}

/* It opened: take what is in it, or go back to before. */
static int take_opened(struct courier *c, struct reading *r, const uint8_t *from)
{
    int rc = 0;
    /* Of who is no member any more nothing goes up, and nothing comes again. */
    if (c->config.ask.whose(c->config.ask.context, r->peer->id, r->member)) {
        rc = take_content(c, r);
    }
    if (rc < 0) {
        if (is_lasting(rc)) {
            refused_add(&c->refused, c->turn->now_ns, r->name, WAVU_ERR_AGAIN);
        }
        const int err = courier_store_reload(c, r->peer);
        if (err < 0) {
            courier_core_fail(c, err);
        }
        return WAVU_ERR_AGAIN; /* whatever it is called: not now */
    }
    c->config.metrics->opened.value++;
    courier_peer_touch(c, r->peer);
    c->wrote = store_number(c->config.store); /* what says that it was read waits for its session */
    tell(c, r->peer);
    mailbox_was_read(&c->mailbox, courier_core_now(c), from, r->content.token);
    return 0;
}

/* Nothing opens it. */
static void unopened(struct courier *c, const uint8_t *from, const struct reading *r)
{
    c->config.metrics->unopened.value++;
    if (r->rc == WAVU_ERR_CRYPTO) {
        refused_add(&c->refused, c->turn->now_ns, r->name, r->rc);
        renew(c, from, r->envelope);
    }
}

int courier_peer_read(struct courier *c, const uint8_t *from, const struct envelope *e,
                      uint32_t *trials)
{
    struct reading r = {.envelope = e, .rc = WAVU_ERR_CRYPTO};
    const bool is_one = is_start(e);
    envelope_name(r.name, e->head_bytes, e->sealed);
    int rc = refused_why(&c->refused, c->turn->now_ns, r.name);
    *trials = 0;
    if (rc < 0) {
        if (rc == WAVU_ERR_CRYPTO) {
            renew(c, from, e); /* whoever brought it before, its author comes with it only now */
        }
        return rc;
    }
    buf_init(&r.plain, ENVELOPE_SIZE_MAX);
    if (is_one ? opens_start(c, &r) : opens_any(c, &r, from)) {
        rc = take_opened(c, &r, from);
        /* What was opened for nothing has its session read again: that is as dear as a trial. */
        *trials = (is_one || rc < 0 ? 1 : 0) + r.tried / COURIER_TRIED_EACH;
    } else {
        rc = r.rc;
        *trials = 1 + r.tried / COURIER_TRIED_EACH;
        unopened(c, from, &r);
    }
    buf_wipe(&r.plain);
    return rc;
}

int courier_peer_refused(const struct courier *c, const uint8_t *name)
{
    return refused_why(&c->refused, c->turn->now_ns, name);
}
