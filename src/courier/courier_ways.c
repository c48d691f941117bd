/*
 * The ways of today and what neighbours say: envelopes of ours over a direct stream, into the own
 * mailbox, over several hops; offers, wishes, envelopes and tokens of others.
 *
 * Of a link's two askers, the mailbox and the direct way, one has an offer out at a time; small
 * envelopes of ours go unasked.
 */
#include "courier/courier_ways.h"

#include <string.h>

#include "base/mem.h"
#include "base/rd.h"
#include "courier/courier_link.h"
#include "courier/courier_payer.h"
#include "courier/courier_peer.h"
#include "courier/courier_stick.h"
#include "courier/courier_store.h"

#define UNASKED_MAX 1024 /* bytes of an envelope that is not worth an offer */
#define HOPS_MAX 64      /* under way over several hops */
#define DIRECT_DELAY_NS UINT64_C(50000000)
#define DIRECT_RATE 1000000
#define HOP_DELAY_NS UINT64_C(500000000)
#define HOP_PATIENCE_NS UINT64_C(3000000000) /* a stream of our own is tried first */
#define HOP_RATE 100000
#define BOX_PATIENCE_NS UINT64_C(10000000000)
#define STICK_DELAY_NS UINT64_C(86400000000000) /* somebody walks */
#define BOX_DELAY_NS UINT64_C(60000000000)

/* --- envelopes --- */

static uint32_t age_of(const struct courier *c, uint64_t came)
{
    const uint64_t now = courier_core_now(c);
    const uint64_t age_s = now > came ? (now - came) / TIMERS_SECOND : 0;
    return age_s < UINT32_MAX ? (uint32_t)age_s : UINT32_MAX;
}

int courier_ways_sealed(struct courier *c, uint64_t row, struct buf *value, struct envelope *e)
{
    uint8_t space[8];
    struct rd r;
    int rc = courier_store_get(c, TABLE_SEALED, courier_store_number(space, row), value);
    if (rc < 0) {
        return rc;
    }
    rd_init(&r, buf_span(value));
    const uint64_t came = rd_u64be(&r);
    rc = envelope_decode(e, rd_bytes(&r, rd_left(&r)));
    e->age_s = age_of(c, came);
    return rc;
}

int courier_ways_encode(const struct envelope *e, struct buf *out)
{
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    envelope_encode(&w, e);
    const size_t len = w.len;
    const int rc = buf_reserve(out, len);
    if (rc == 0) {
        wr_init(&w, span_mut_of(out->ptr + out->len, out->cap - out->len));
        envelope_encode(&w, e);
        out->len += w.len;
    }
    return rc;
}

/* --- flights --- */

static struct courier_flight *flight_of(const struct courier_link *l, uint64_t row)
{
    const struct list *head = &l->flights;
    for (struct list *n = list_next(head, head); n != NULL; n = list_next(head, n)) {
        struct courier_flight *f = LIST_OF(n, struct courier_flight, node);
        if (f->row == row) {
            return f;
        }
    }
    return NULL;
}

static struct courier_flight *flight_named(const struct courier_link *l, const uint8_t *name)
{
    const struct list *head = &l->flights;
    for (struct list *n = list_next(head, head); n != NULL; n = list_next(head, n)) {
        struct courier_flight *f = LIST_OF(n, struct courier_flight, node);
        if (envelope_is_same(f->name, name, ENVELOPE_NAME_SIZE)) {
            return f;
        }
    }
    return NULL;
}

static void land(struct courier_link *l, struct courier_flight *f, enum way_fate fate)
{
    struct courier *c = l->courier;
    const uint64_t row = f->row;
    list_remove(&f->node);
    mem_free(f);
    l->flight_count--;
    outbox_fate(&c->outbox, courier_core_now(c), row, COURIER_DIRECT, fate);
    if (l->is_short && l->flight_count <= COURIER_FLIGHTS_MAX / 2) {
        l->is_short = false;
        outbox_room(&c->outbox, l->peer->id);
    }
}

void courier_ways_lost(struct courier_link *l)
{
    struct list *node;
    while ((node = list_next(&l->flights, &l->flights)) != NULL) {
        land(l, LIST_OF(node, struct courier_flight, node), WAY_FAILED);
    }
}

void courier_ways_sent(struct courier_link *l, uint64_t row)
{
    struct courier *c = l->courier;
    outbox_fate(&c->outbox, courier_core_now(c), row, COURIER_DIRECT, WAY_SENT);
}

int courier_ways_envelope(struct courier_link *l, const struct courier_item *item, struct buf *out)
{
    struct courier *c = l->courier;
    struct courier_flight *f = NULL;
    struct envelope e;
    struct buf value;
    int rc = WAVU_ERR_NOT_FOUND;
    buf_init(&value, STORE_VALUE_MAX);
    if (item->kind == ITEM_GIVE) {
        rc = courier_store_get(c, TABLE_HELD, span_of(item->name, sizeof(item->name)), &value);
        rc = rc == 0 ? envelope_decode(&e, buf_span(&value)) : rc;
        e.age_s = item->age_s;
        e.hops = item->hops;
        e.copies = item->copies;
    } else if ((f = flight_of(l, item->row)) != NULL) {
        rc = courier_ways_sealed(c, item->row, &value, &e);
    }
    if (rc == 0) {
        rc = courier_ways_encode(&e, out);
    }
    if (rc == 0 && f != NULL) {
        envelope_name(f->name, e.head_bytes, e.sealed);
    }
    buf_clear(&value);
    return rc;
}

/* --- asking --- */

static struct courier_msg *frame_new(enum courier_msg_kind kind)
{
    struct courier_msg *m = mem_new(sizeof(*m));
    m->kind = kind;
    return m;
}

static bool offer_flight(struct courier *c, struct courier_flight *f, struct courier_msg *m)
{
    struct mailbox_offer_item *item = &m->items[m->count];
    struct envelope e;
    struct buf value;
    buf_init(&value, STORE_VALUE_MAX);
    const int rc = courier_ways_sealed(c, f->row, &value, &e);
    if (rc == 0) {
        envelope_name(f->name, e.head_bytes, e.sealed);
        memcpy(item->name, f->name, sizeof(item->name));
        memcpy(item->head, e.head_bytes.ptr, sizeof(item->head));
        item->size = (uint32_t)value.len;
        item->age_s = e.age_s;
        m->count++;
    }
    buf_clear(&value);
    return rc == 0;
}

/* An offer of the flights that wait for one; NULL: none does. */
static struct courier_msg *flights_offer(struct courier_link *l)
{
    struct courier_msg *m = frame_new(COURIER_MSG_OFFER);
    struct list *node = list_next(&l->flights, &l->flights);
    while (node != NULL && m->count < MAILBOX_OFFER_MAX) {
        struct courier_flight *f = LIST_OF(node, struct courier_flight, node);
        node = list_next(&l->flights, node);
        if (f->is_waiting) {
            f->is_waiting = false;
            f->is_offered = offer_flight(l->courier, f, m);
            if (!f->is_offered) {
                land(l, f, WAY_FAILED);
            }
        }
    }
    if (m->count == 0) {
        mem_free(m);
        return NULL;
    }
    return m;
}

void courier_ways_ask(struct courier_link *l)
{
    struct courier_msg *m = l->offer;
    if (l->is_over || l->asked != ASKED_NOBODY) {
        return;
    }
    l->offer = NULL;
    l->asked = ASKED_BOX;
    if (m == NULL) {
        m = flights_offer(l);
        l->asked = m != NULL ? ASKED_FLIGHTS : ASKED_NOBODY;
    }
    if (m != NULL) {
        courier_link_say(l, (struct courier_item){.kind = ITEM_OFFER, .frame = m});
    }
}

/* --- the direct way --- */

static size_t direct_credit(void *context, const uint8_t *device)
{
    struct courier *c = context;
    struct courier_peer *p = courier_peer_find(c, device);
    if (p == NULL || p->link == NULL || !p->link->is_open) {
        if (p != NULL && p->link == NULL) {
            p->wants_link = true;
            c->wants_links = true;
        }
        return 0;
    }
    if (p->link->flight_count >= COURIER_FLIGHTS_MAX ||
        p->link->items.count >= COURIER_ITEMS_MAX / 2) {
        p->link->is_short = true;
        return 0;
    }
    return SIZE_MAX;
}

static void offer_direct(struct courier *c, const struct outbox_event *e)
{
    const struct courier_peer *p = courier_peer_find(c, e->device);
    const struct outbox_row *row = map_get(&c->outbox.rows, span_of(&e->row, sizeof(e->row)));
    struct courier_link *l = p != NULL ? p->link : NULL;
    if (l == NULL || !l->is_open || row == NULL) {
        outbox_fate(&c->outbox, courier_core_now(c), e->row, e->way, WAY_FAILED);
        return;
    }
    if (flight_of(l, e->row) != NULL) {
        return; /* it is under way: the stream loses nothing */
    }
    struct courier_flight *f = mem_new(sizeof(*f));
    f->row = e->row;
    f->is_waiting = row->size > UNASKED_MAX;
    list_push_back(&l->flights, &f->node);
    l->flight_count++;
    if (f->is_waiting) {
        courier_ways_ask(l);
    } else {
        courier_link_say(l, (struct courier_item){.kind = ITEM_FLIGHT, .row = e->row});
    }
}

/* --- the own mailbox --- */

static size_t box_credit(void *context, const uint8_t *device)
{
    (void)context;
    (void)device;
    return SIZE_MAX;
}

static void offer_box(struct courier *c, const struct outbox_event *e)
{
    const uint64_t now = courier_core_now(c);
    uint8_t name[ENVELOPE_NAME_SIZE];
    enum way_fate fate = WAY_FAILED;
    struct envelope envelope;
    struct buf value;
    struct buf bytes;
    buf_init(&value, STORE_VALUE_MAX);
    buf_init(&bytes, ENVELOPE_SIZE_MAX);
    if (courier_ways_sealed(c, e->row, &value, &envelope) == 0 &&
        courier_ways_encode(&envelope, &bytes) == 0) {
        const enum mailbox_answer answer = mailbox_take(
            &c->mailbox, now, c->config.device->public_key, &envelope, bytes.len, name);
        if (answer == MAILBOX_WANT) {
            courier_store_put(c, TABLE_HELD, span_of(name, sizeof(name)), buf_span(&bytes));
        }
        fate = answer == MAILBOX_WANT || answer == MAILBOX_HAVE ? WAY_HELD : WAY_FAILED;
    }
    outbox_fate(&c->outbox, now, e->row, e->way, fate);
    buf_clear(&value);
    buf_clear(&bytes);
}

/* --- several hops --- */

static bool is_reached(const struct courier *c, const uint8_t *device)
{
    const struct courier_network *ask = &c->config.ask;
    return ask->unicast != NULL && (ask->reaches == NULL || ask->reaches(ask->context, device));
}

static size_t hop_credit(void *context, const uint8_t *device)
{
    const struct courier *c = context;
    return c->hops.count < HOPS_MAX && is_reached(c, device) ? COURIER_HOP_SIZE : 0;
}

static void offer_hop(struct courier *c, const struct outbox_event *e)
{
    struct courier_hop_flight f = {.row = e->row, .after = c->wrote};
    memcpy(f.device, e->device, sizeof(f.device));
    if (ring_push(&c->hops, &f) < 0) {
        outbox_fate(&c->outbox, courier_core_now(c), e->row, e->way, WAY_FAILED);
    }
}

/* Who has no stream with us is told of what was read, too; else it says all of it again. */
static void hop_token(struct courier *c, const uint8_t *device, const uint8_t *token)
{
    struct courier_hop_flight f = {.after = c->wrote, .is_token = true};
    if (is_reached(c, device)) {
        memcpy(f.device, device, sizeof(f.device));
        memcpy(f.token, token, sizeof(f.token));
        (void)!ring_push(&c->hops, &f); /* full: it comes again */
    }
}

/* What became of it is known. */
static void hopped(struct courier *c, struct courier_hop_flight *f, enum way_fate fate)
{
    const struct courier_hop_flight *first;
    struct courier_hop_flight over;
    const uint64_t row = f->row;
    const bool is_token = f->is_token;
    f->is_over = true;
    while ((first = ring_at(&c->hops, 0)) != NULL && first->is_over) {
        (void)!ring_pop(&c->hops, &over);
    }
    if (!is_token) {
        outbox_fate(&c->outbox, courier_core_now(c), row, COURIER_HOP, fate);
    }
}

static int unicast_frame(struct courier *c, const struct courier_hop_flight *f,
                         const struct courier_msg *m)
{
    uint8_t frame[COURIER_HOP_FRAME];
    struct wr w;
    wr_init(&w, span_mut_of(frame, sizeof(frame)));
    courier_msg_encode(&w, m);
    return wr_finish(&w) < 0
               ? WAVU_ERR_LIMIT
               : c->config.ask.unicast(c->config.ask.context, f->device, wr_span(&w), f->ticket);
}

static int unicast(struct courier *c, const struct courier_hop_flight *f)
{
    struct envelope e;
    struct buf value;
    struct buf bytes;
    buf_init(&value, STORE_VALUE_MAX);
    buf_init(&bytes, ENVELOPE_SIZE_MAX);
    int rc = courier_ways_sealed(c, f->row, &value, &e);
    rc = rc == 0 ? courier_ways_encode(&e, &bytes) : rc;
    if (rc == 0) {
        const struct courier_msg m = {.kind = COURIER_MSG_ENVELOPE, .envelope = buf_span(&bytes)};
        rc = unicast_frame(c, f, &m);
    }
    buf_clear(&value);
    buf_clear(&bytes);
    return rc;
}

bool courier_ways_pump(struct courier *c)
{
    const uint64_t committed = store_committed(c->config.store);
    for (size_t i = 0; i < c->hops.count; i++) {
        struct courier_hop_flight *f = ring_at(&c->hops, i);
        if (!f->is_over && f->ticket == 0 && f->after <= committed) {
            const struct courier_msg done = {
                .kind = COURIER_MSG_DONE, .names = span_of(f->token, sizeof(f->token)), .count = 1};
            f->ticket = ++c->ticket;
            if (f->is_token) {
                (void)!unicast_frame(c, f, &done); /* lost: it comes again */
                hopped(c, f, WAY_SENT);
            } else if (unicast(c, f) < 0) {
                hopped(c, f, WAY_FAILED);
            } else {
                outbox_fate(&c->outbox, courier_core_now(c), f->row, COURIER_HOP, WAY_SENT);
            }
            return true;
        }
    }
    return false;
}

void courier_ways_hopped(struct courier *c, uint64_t ticket, int err)
{
    for (size_t i = 0; i < c->hops.count; i++) {
        struct courier_hop_flight *f = ring_at(&c->hops, i);
        if (!f->is_over && f->ticket == ticket) {
            hopped(c, f, err < 0 ? WAY_FAILED : WAY_SENT); /* its receipt says more */
            break;
        }
    }
    courier_core_turn(c);
}

/* An envelope from `device`, which said it or passes on what it holds. */
static int hop_envelope(struct courier *c, struct courier_payer *payer, const uint8_t *device,
                        struct span envelope)
{
    struct mailbox_offer_item item = {.size = (uint32_t)envelope.len};
    struct envelope e;
    uint32_t trials = 0;
    int rc = envelope_decode(&e, envelope);
    if (rc < 0) {
        return rc;
    }
    item.age_s = e.age_s;
    memcpy(item.head, e.head_bytes.ptr, sizeof(item.head));
    envelope_name(item.name, e.head_bytes, e.sealed);
    switch (mailbox_offered(&c->mailbox, courier_core_now(c), device, &item)) {
    case MAILBOX_MINE:
        rc = courier_peer_read(c, device, &e, &trials);
        courier_payer_tried(payer, trials, c->turn->now_ns);
        return rc == WAVU_ERR_CRYPTO ? WAVU_ERR_DENIED : rc;
    case MAILBOX_WAS_READ:
        return 0;
    case MAILBOX_WANT:
    case MAILBOX_HAVE:
    case MAILBOX_FULL:
    case MAILBOX_UNKNOWN:
    case MAILBOX_OLD:
        break;
    }
    return WAVU_ERR_DENIED;
}

static void done_by(struct courier *c, const uint8_t *device, const struct courier_msg *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const uint8_t *token = m->names.ptr + i * ENVELOPE_TOKEN_SIZE;
        mailbox_done(&c->mailbox, courier_core_now(c), device, token);
        outbox_done(&c->outbox, courier_core_now(c), token);
    }
}

int courier_ways_hop(struct courier *c, const uint8_t *device, struct span frame)
{
    struct courier_payer *payer = courier_payer_get(c, device);
    struct courier_msg m;
    if (payer == NULL) {
        return WAVU_ERR_DENIED;
    }
    if (!courier_core_has_room(c) || c->is_working || !courier_payer_may(payer, c->turn->now_ns)) {
        return WAVU_ERR_AGAIN;
    }
    courier_payer_frame(payer, 1, c->turn->now_ns);
    int rc = courier_msg_decode(&m, frame);
    if (rc < 0 || (m.kind != COURIER_MSG_ENVELOPE && m.kind != COURIER_MSG_DONE)) {
        return WAVU_ERR_PROTO;
    }
    c->is_working = true;
    if (m.kind == COURIER_MSG_DONE) {
        done_by(c, device, &m);
    } else {
        rc = hop_envelope(c, payer, device, m.envelope);
    }
    c->is_working = false;
    courier_core_turn(c);
    return rc;
}

/* --- what events say --- */

void courier_ways_offer(struct courier *c, const struct outbox_event *e)
{
    switch ((enum courier_way)e->way) {
    case COURIER_DIRECT:
        offer_direct(c, e);
        return;
    case COURIER_BOX:
        offer_box(c, e);
        return;
    case COURIER_STICK: /* it is sealed, and so will be in a file */
        outbox_fate(&c->outbox, courier_core_now(c), e->row, e->way, WAY_SENT);
        return;
    case COURIER_HOP:
        offer_hop(c, e);
        return;
    case COURIER_WAYS:
        return;
    }
}

static struct courier_link *link_to(const struct courier *c, const uint8_t *device)
{
    const struct courier_peer *p = courier_peer_find(c, device);
    return p != NULL ? p->link : NULL;
}

static void offer_held(struct courier_link *l, const struct mailbox_event *e)
{
    struct courier_msg *m = frame_new(COURIER_MSG_OFFER);
    memcpy(m->items, e->offers, e->offer_count * sizeof(m->items[0]));
    m->count = e->offer_count;
    mem_free(l->offer);
    l->offer = m;
    courier_ways_ask(l);
}

/* Say what it says to its neighbour. */
static void say_mail(struct courier *c, const struct mailbox_event *e)
{
    struct courier_link *l = link_to(c, e->to);
    struct courier_item item = {.hops = e->hops, .copies = e->copies, .age_s = e->age_s};
    if (l == NULL) {
        if (e->kind == MAILBOX_DONE) {
            hop_token(c, e->to, e->token);
        }
        return; /* it went meanwhile: when it comes again, it hears of it */
    }
    if (e->kind == MAILBOX_OFFER) {
        offer_held(l, e);
        return;
    }
    item.kind = e->kind == MAILBOX_GIVE ? ITEM_GIVE : ITEM_DONE;
    memcpy(item.name, e->kind == MAILBOX_GIVE ? e->name : e->token, sizeof(item.name));
    courier_link_say(l, item);
}

void courier_ways_mail(struct courier *c, const struct mailbox_event *e)
{
    switch (e->kind) {
    case MAILBOX_OFFER:
    case MAILBOX_GIVE:
    case MAILBOX_DONE:
        say_mail(c, e);
        return;
    case MAILBOX_HELD:
        outbox_stored(&c->outbox, courier_core_now(c), e->lock, e->to);
        return;
    case MAILBOX_OPENED:
        outbox_done(&c->outbox, courier_core_now(c), e->token);
        return;
    case MAILBOX_PUT:
    case MAILBOX_DROP:
    case MAILBOX_DELETE:
    case MAILBOX_PUT_TAG:
    case MAILBOX_DELETE_TAG:
    case MAILBOX_PUT_DONE:
        courier_store_mail(c, e);
        return;
    }
}

/* --- frames --- */

static int on_offer(struct courier_link *l, const struct courier_msg *m)
{
    struct courier *c = l->courier;
    struct mailbox_event e;
    if (l->is_answering) {
        return WAVU_ERR_PROTO; /* one at a time */
    }
    struct courier_msg *want = mem_new(sizeof(*want) + m->count * ENVELOPE_NAME_SIZE);
    uint8_t *names = (uint8_t *)(want + 1);
    for (size_t i = 0; i < m->count; i++) {
        struct courier_item taken = {.kind = ITEM_TAKEN};
        const enum mailbox_answer answer =
            mailbox_offered(&c->mailbox, courier_core_now(c), l->peer->id, &m->items[i]);
        const int why = answer == MAILBOX_MINE ? courier_peer_refused(c, m->items[i].name) : 0;
        if (answer == MAILBOX_WANT || (answer == MAILBOX_MINE && why == 0)) {
            memcpy(names + want->count++ * ENVELOPE_NAME_SIZE, m->items[i].name,
                   ENVELOPE_NAME_SIZE);
        } else if (answer == MAILBOX_HAVE || why == WAVU_ERR_CRYPTO) {
            memcpy(taken.name, m->items[i].name, sizeof(taken.name));
            courier_link_say(l, taken);
        }
    }
    while (mailbox_next_event(&c->mailbox, courier_core_now(c), &e)) {
        courier_ways_mail(c, &e); /* tokens of what was read go before the answer */
    }
    want->kind = COURIER_MSG_WANT;
    want->names = span_of(names, want->count * ENVELOPE_NAME_SIZE);
    l->is_answering = true;
    courier_link_say(l, (struct courier_item){.kind = ITEM_WANT, .frame = want});
    return 0;
}

static bool is_wanted(const struct courier_msg *m, const uint8_t *name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (envelope_is_same(m->names.ptr + i * ENVELOPE_NAME_SIZE, name, ENVELOPE_NAME_SIZE)) {
            return true;
        }
    }
    return false;
}

static void want_flights(struct courier_link *l, const struct courier_msg *m)
{
    struct list *node = list_next(&l->flights, &l->flights);
    while (node != NULL && !l->is_over) {
        struct courier_flight *f = LIST_OF(node, struct courier_flight, node);
        node = list_next(&l->flights, node);
        if (f->is_offered && is_wanted(m, f->name)) {
            f->is_offered = false;
            courier_link_say(l, (struct courier_item){.kind = ITEM_FLIGHT, .row = f->row});
        } else if (f->is_offered) {
            land(l, f, WAY_FAILED);
        }
    }
}

static int on_want(struct courier_link *l, const struct courier_msg *m)
{
    struct courier *c = l->courier;
    int rc = 0;
    switch (l->asked) {
    case ASKED_NOBODY:
        return WAVU_ERR_PROTO;
    case ASKED_BOX:
        rc = mailbox_offer_wanted(&c->mailbox, courier_core_now(c), l->peer->id, m->names.ptr,
                                  m->count);
        break;
    case ASKED_FLIGHTS:
        want_flights(l, m);
        break;
    }
    l->asked = ASKED_NOBODY;
    courier_ways_ask(l);
    return rc;
}

static void on_names(struct courier_link *l, const struct courier_msg *m)
{
    struct courier *c = l->courier;
    const bool is_taken = m->kind == COURIER_MSG_TAKEN;
    for (size_t i = 0; i < m->count; i++) {
        const uint8_t *name = m->names.ptr + i * ENVELOPE_NAME_SIZE;
        struct courier_flight *f = flight_named(l, name);
        if (f != NULL) {
            land(l, f, is_taken ? WAY_TAKEN : WAY_FAILED);
        } else if (is_taken) {
            mailbox_offer_taken(&c->mailbox, l->peer->id, name);
        } else {
            mailbox_offer_refused(&c->mailbox, l->peer->id, name);
        }
    }
}

/* Read, or hold, what came; the answer leaves when that is on the disk. */
static int on_envelope(struct courier_link *l, const struct courier_msg *m)
{
    struct courier *c = l->courier;
    struct courier_item answer = {.kind = ITEM_TAKEN};
    struct envelope e;
    uint32_t trials = 0;
    int rc = envelope_decode(&e, m->envelope);
    if (rc < 0) {
        return rc;
    }
    switch (mailbox_take(&c->mailbox, courier_core_now(c), l->peer->id, &e, m->envelope.len,
                         answer.name)) {
    case MAILBOX_WANT:
        courier_store_put(c, TABLE_HELD, span_of(answer.name, sizeof(answer.name)), m->envelope);
        break;
    case MAILBOX_MINE:
        rc = courier_peer_read(c, l->peer->id, &e, &trials);
        courier_payer_tried(l->payer, trials, c->turn->now_ns);
        answer.kind = rc == 0 || rc == WAVU_ERR_CRYPTO ? ITEM_TAKEN : ITEM_REFUSED;
        break;
    case MAILBOX_HAVE:
    case MAILBOX_WAS_READ:
        break;
    case MAILBOX_FULL:
    case MAILBOX_UNKNOWN:
    case MAILBOX_OLD:
        answer.kind = ITEM_REFUSED;
        break;
    }
    courier_link_say(l, answer);
    return 0;
}

int courier_ways_frame(struct courier_link *l, const struct courier_msg *m)
{
    switch (m->kind) {
    case COURIER_MSG_OFFER:
        return on_offer(l, m);
    case COURIER_MSG_WANT:
        return on_want(l, m);
    case COURIER_MSG_ENVELOPE:
        return on_envelope(l, m);
    case COURIER_MSG_TAKEN:
    case COURIER_MSG_REFUSED:
        on_names(l, m);
        return 0;
    case COURIER_MSG_DONE:
        done_by(l->courier, l->peer->id, m);
        return 0;
    }
    return WAVU_ERR_PROTO;
}

/* --- what they say of themselves --- */

void courier_ways_init(struct courier *c)
{
    c->ways[COURIER_DIRECT] = (struct way_ops){.name = "direct",
                                               .size_max = ENVELOPE_SIZE_MAX,
                                               .rate = DIRECT_RATE,
                                               .delay_ns = DIRECT_DELAY_NS,
                                               .privacy = WAY_NOBODY_ELSE,
                                               .classes = WAY_ALL_CLASSES,
                                               .credit = direct_credit,
                                               .context = c};
    c->ways[COURIER_BOX] = (struct way_ops){.name = "own mailbox",
                                            .size_max = ENVELOPE_SIZE_MAX,
                                            .rate = DIRECT_RATE,
                                            .delay_ns = BOX_DELAY_NS,
                                            .patience_ns = BOX_PATIENCE_NS,
                                            .privacy = WAY_MEMBERS,
                                            .classes = WAY_ALL_CLASSES,
                                            .credit = box_credit,
                                            .context = c};
    c->ways[COURIER_STICK] = (struct way_ops){.name = "stick",
                                              .size_max = ENVELOPE_SIZE_MAX,
                                              .rate = DIRECT_RATE,
                                              .delay_ns = STICK_DELAY_NS,
                                              .privacy = WAY_MEMBERS,
                                              .classes = WAY_ALL_CLASSES,
                                              .credit = courier_stick_credit,
                                              .context = c};
    c->ways[COURIER_HOP] = (struct way_ops){.name = "several hops",
                                            .size_max = COURIER_HOP_SIZE,
                                            .rate = HOP_RATE,
                                            .delay_ns = HOP_DELAY_NS,
                                            .patience_ns = HOP_PATIENCE_NS,
                                            .privacy = WAY_RELAYS,
                                            .classes = WAY_ALL_CLASSES,
                                            .credit = hop_credit,
                                            .context = c};
    c->way_count = c->config.ask.unicast != NULL ? COURIER_WAYS : COURIER_HOP;
    ring_init(&c->hops, sizeof(struct courier_hop_flight), HOPS_MAX);
    courier_stick_init(c);
    refused_init(&c->refused, c->random);
}

void courier_ways_clear(struct courier *c)
{
    courier_stick_clear(c);
    refused_clear(&c->refused);
    ring_clear(&c->hops);
}
