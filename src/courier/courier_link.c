/*
 * Streams of `/wavu/courier/1`, one with each device: bytes into frames, and what is to be said
 * into bytes once the store has what it rests on. What may not be looked at yet (the store is
 * behind, the peer's budget is empty) stays with the stream.
 */
#include "courier/courier_link.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/varint.h"
#include "courier/courier_payer.h"
#include "courier/courier_peer.h"
#include "courier/courier_stick.h"
#include "courier/courier_ways.h"

#define FRAME_HEAD_MAX 3 /* varint of a length below 2^21 */
#define RESUME_NS UINT64_C(100000000)
#define REOPEN_NS UINT64_C(2000000000)
#define NAMES_EACH 16 /* names or tokens that cost as much as a frame */

_Static_assert(COURIER_MSG_SIZE_MAX < 1u << 21, "a frame's length has three bytes at most");

/* --- links --- */

static void reap(struct turn_dead *dead)
{
    struct courier_link *l = LIST_OF(dead, struct courier_link, dead);
    struct courier_item item;
    while (ring_pop(&l->items, &item)) {
        mem_free(item.frame);
    }
    ring_clear(&l->items);
    buf_clear(&l->in);
    buf_clear(&l->out);
    mem_free(l->offer);
    mem_free(l);
}

/* NULL: there are too many, or too many of this member's. */
static struct courier_link *make(struct courier *c, struct courier_peer *p)
{
    struct courier_payer *payer = courier_payer_get(c, p->id);
    if (payer == NULL || payer->links >= COURIER_LINKS_EACH ||
        list_count(&c->links) >= COURIER_LINKS_MAX) {
        return NULL;
    }
    const uint64_t now = c->turn->now_ns;
    struct courier_link *l = mem_new(sizeof(*l));
    l->courier = c;
    l->peer = p;
    l->used_ns = now;
    l->dead.reap = reap;
    buf_init(&l->in, FRAME_HEAD_MAX + COURIER_MSG_SIZE_MAX);
    buf_init(&l->out, FRAME_HEAD_MAX + COURIER_MSG_SIZE_MAX);
    ring_init(&l->items, sizeof(struct courier_item), COURIER_ITEMS_MAX);
    list_init(&l->flights);
    l->payer = payer;
    payer->links++;
    list_push_back(&c->links, &l->node);
    p->link = l;
    return l;
}

void courier_link_end(struct courier_link *l, bool is_in_order)
{
    struct courier *c = l->courier;
    if (l->is_over) {
        return;
    }
    l->is_over = true;
    if (l->stream != NULL && is_in_order) {
        stream_close(l->stream);
    } else if (l->stream != NULL) {
        stream_reset(l->stream, 0);
    }
    l->stream = NULL;
    list_remove(&l->node);
    list_remove(&l->saying);
    l->payer->links--;
    if (l->is_up) {
        mailbox_offer_down(&c->mailbox, l->peer->id);
    }
    l->peer->link = NULL;
    if (l->peer->is_near) {
        const uint64_t again = c->turn->now_ns + REOPEN_NS;
        c->look_ns = again < c->look_ns ? again : c->look_ns;
    }
    courier_ways_lost(l);
    turn_bury(c->turn, &l->dead);
}

static void cut(struct courier_link *l)
{
    l->courier->config.metrics->cut.value++;
    courier_link_end(l, false);
}

/* Both sides agreed: the peer is a neighbour of the mailbox, and what waits for it goes on. */
static void opened(struct courier_link *l)
{
    struct courier *c = l->courier;
    const uint64_t look = c->turn->now_ns + COURIER_AGAIN_NS;
    l->is_open = true;
    l->is_up = mailbox_offer_up(&c->mailbox, l->peer->id) == 0; /* LIMIT: it is no neighbour */
    c->look_ns = look < c->look_ns ? look : c->look_ns;
    outbox_reachable(&c->outbox, courier_core_now(c), l->peer->id);
    courier_core_turn(c);
}

bool courier_link_open(struct courier *c, struct courier_peer *p)
{
    struct overlay_id id;
    struct peerid peer;
    if (p->link != NULL) {
        return true;
    }
    memcpy(id.bytes, p->id, sizeof(id.bytes));
    overlay_id_to_peer(&id, &peer);
    struct conn *conn = swarm_conn(c->config.swarm, &peer);
    struct courier_link *l = conn != NULL && c->err == 0 ? make(c, p) : NULL;
    if (l == NULL) {
        return false;
    }
    if (gate_open(c->config.gate, &c->protocol, conn, l, &l->stream) < 0) {
        l->stream = NULL;
        courier_link_end(l, false);
        return false;
    }
    return true;
}

/* The peer opened a stream. Of two that cross the one stays that the smaller id opened: both ends
 * see the same two. Once ours was agreed on, a new one says that the peer has lost it. */
static void accept(struct courier *c, struct stream *stream)
{
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    struct overlay_id self;
    struct overlay_id id;
    memcpy(self.bytes, c->config.device->public_key, sizeof(self.bytes));
    if (c->err != 0 || overlay_id_from_peer(&id, stream_peer(stream)) < 0 ||
        !c->config.ask.whose(c->config.ask.context, id.bytes, member)) {
        stream_reset(stream, 0);
        return;
    }
    struct courier_peer *p = courier_peer_get(c, id.bytes);
    const bool is_ours_kept = p->link != NULL && !p->link->is_open &&
                              !stream_is_inbound(p->link->stream) &&
                              overlay_id_order(&self, &id) < 0;
    if (p->link != NULL && !is_ours_kept) {
        courier_link_end(p->link, false);
    }
    struct courier_link *l = p->link == NULL ? make(c, p) : NULL;
    if (l == NULL) {
        stream_reset(stream, 0);
        return;
    }
    l->stream = stream;
    stream_set_user(stream, l);
    opened(l);
}

/* --- out --- */

void courier_link_say(struct courier_link *l, struct courier_item item)
{
    item.after = l->courier->wrote;
    if (l->is_over) {
        mem_free(item.frame);
    } else if (ring_push(&l->items, &item) < 0) {
        mem_free(item.frame);
        cut(l);
    } else if (!list_is_linked(&l->saying)) {
        list_push_back(&l->courier->saying, &l->saying);
    }
}

static void put_frame(struct courier_link *l, const struct courier_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    courier_msg_encode(&w, m);
    const size_t len = w.len;
    CHECK(len <= COURIER_MSG_SIZE_MAX && buf_reserve(&l->out, FRAME_HEAD_MAX + len) == 0);
    wr_init(&w, span_mut_of(l->out.ptr + l->out.len, l->out.cap - l->out.len));
    wr_varint(&w, len);
    courier_msg_encode(&w, m);
    CHECK(wr_finish(&w) == 0);
    l->out.len += w.len;
}

/* Names or tokens: of as many items as follow each other and may leave. */
static void put_names(struct courier_link *l, const struct courier_item *first)
{
    static const enum courier_msg_kind kinds[] = {[ITEM_TAKEN] = COURIER_MSG_TAKEN,
                                                  [ITEM_REFUSED] = COURIER_MSG_REFUSED,
                                                  [ITEM_DONE] = COURIER_MSG_DONE};
    const uint64_t committed = store_committed(l->courier->config.store);
    uint8_t all[COURIER_MSG_NAMES_MAX][ENVELOPE_NAME_SIZE];
    struct courier_msg m = {.kind = kinds[first->kind]};
    struct courier_item item = *first;
    for (;;) {
        memcpy(all[m.count++], item.name, ENVELOPE_NAME_SIZE);
        const struct courier_item *next = ring_at(&l->items, 0);
        if (m.count == COURIER_MSG_NAMES_MAX || next == NULL || next->kind != first->kind ||
            next->after > committed || !ring_pop(&l->items, &item)) {
            break;
        }
    }
    m.names = span_of(all[0], m.count * ENVELOPE_NAME_SIZE);
    put_frame(l, &m);
}

static void put_envelope(struct courier_link *l, const struct courier_item *item)
{
    struct buf bytes;
    buf_init(&bytes, ENVELOPE_SIZE_MAX);
    /* Not there: it ended meanwhile. */
    if (courier_ways_envelope(l, item, &bytes) == 0) {
        const struct courier_msg m = {.kind = COURIER_MSG_ENVELOPE, .envelope = buf_span(&bytes)};
        put_frame(l, &m);
    }
    buf_clear(&bytes);
    if (item->kind == ITEM_FLIGHT) {
        courier_ways_sent(l, item->row);
    }
}

static void put_item(struct courier_link *l, const struct courier_item *item)
{
    switch ((enum courier_item_kind)item->kind) {
    case ITEM_OFFER:
    case ITEM_WANT:
        l->is_answering = l->is_answering && item->kind != ITEM_WANT;
        put_frame(l, item->frame);
        mem_free(item->frame);
        return;
    case ITEM_FLIGHT:
    case ITEM_GIVE:
        put_envelope(l, item);
        return;
    case ITEM_TAKEN:
    case ITEM_REFUSED:
    case ITEM_DONE:
        put_names(l, item);
        return;
    }
}

/* Give the stream what is put together; false when it takes no more now, or is over. */
static bool flush(struct courier_link *l)
{
    size_t taken = 0;
    if (l->out.len == 0) {
        return true;
    }
    if (stream_send(l->stream, buf_span(&l->out), &taken) < 0) {
        courier_link_end(l, false);
        return false;
    }
    l->used_ns = l->courier->turn->now_ns;
    buf_drop_front(&l->out, taken);
    return l->out.len == 0;
}

bool courier_link_pump(struct courier_link *l)
{
    const uint64_t committed = store_committed(l->courier->config.store);
    struct courier_item item;
    bool is_said = false;
    while (!l->is_over && l->is_open && flush(l)) {
        const struct courier_item *first = ring_at(&l->items, 0);
        if (first == NULL || first->after > committed || !ring_pop(&l->items, &item)) {
            break;
        }
        put_item(l, &item);
        is_said = true;
    }
    if (l->items.count == 0 && l->out.len == 0) {
        list_remove(&l->saying);
    }
    return is_said;
}

/* --- in --- */

/* May the next frame be looked at? */
static bool is_ready(struct courier_link *l)
{
    const uint64_t now = l->courier->turn->now_ns;
    if (!courier_core_has_room(l->courier)) {
        return false; /* the commit resumes it */
    }
    if (!courier_payer_may(l->payer, now)) {
        l->resume_ns = now + RESUME_NS;
        l->courier->resume_ns =
            l->resume_ns < l->courier->resume_ns ? l->resume_ns : l->courier->resume_ns;
        return false;
    }
    return true;
}

static int feed(struct courier_link *l, struct span frame)
{
    struct courier *c = l->courier;
    struct courier_msg *m = mem_new_raw(sizeof(*m));
    int rc = courier_msg_decode(m, frame);
    l->used_ns = c->turn->now_ns;
    if (rc == 0) {
        c->is_working = true;
        courier_payer_frame(l->payer, 1 + (uint32_t)(m->count / NAMES_EACH), c->turn->now_ns);
        rc = courier_ways_frame(l, m);
        c->is_working = false;
    }
    mem_free(m);
    courier_core_turn(c);
    return rc == WAVU_ERR_UNSUPPORTED ? 0 : rc; /* a kind of later is passed over */
}

/* The frame at the start of `in`: its body and whole size. WAVU_ERR_AGAIN: it is not all there. */
static int cut_frame(struct span in, struct span *frame, size_t *size)
{
    uint64_t len = 0;
    size_t used = 0;
    const int rc = varint_decode(in, &len, &used);
    if (rc < 0) {
        return in.len < FRAME_HEAD_MAX ? WAVU_ERR_AGAIN : WAVU_ERR_PROTO;
    }
    if (len == 0 || len > COURIER_MSG_SIZE_MAX) {
        return WAVU_ERR_PROTO;
    }
    *size = used + (size_t)len;
    *frame = span_slice(in, used, (size_t)len);
    return in.len < *size ? WAVU_ERR_AGAIN : 0;
}

/* Complete the frame that began before with bytes of `data`; how many. */
static size_t complete(struct courier_link *l, struct span data)
{
    struct span frame;
    size_t size = 0;
    size_t used = 0;
    while (used < data.len && cut_frame(buf_span(&l->in), &frame, &size) == WAVU_ERR_AGAIN) {
        size_t more = size > l->in.len ? size - l->in.len : 1; /* its head is not whole yet */
        more = more < data.len - used ? more : data.len - used;
        CHECK(buf_append(&l->in, span_slice(data, used, more)) == 0);
        used += more;
        size = 0;
    }
    return used;
}

/* Look at `data`; how much of it was taken. */
static int look(struct courier_link *l, struct span data, size_t *taken)
{
    int rc = 0;
    *taken = 0;
    while (rc == 0 && !l->is_over) {
        const struct span rest = span_slice(data, *taken, data.len);
        struct span frame;
        size_t size = 0;
        const bool is_begun = l->in.len > 0;
        if (is_begun) {
            *taken += complete(l, rest);
        }
        rc = cut_frame(is_begun ? buf_span(&l->in) : rest, &frame, &size);
        if (rc == WAVU_ERR_AGAIN && !is_begun) {
            CHECK(buf_append(&l->in, rest) == 0);
            *taken = data.len;
        }
        if (rc < 0 || !is_ready(l)) {
            break;
        }
        rc = feed(l, frame);
        if (is_begun) {
            buf_clear(&l->in);
        } else {
            *taken += size;
        }
    }
    return rc == WAVU_ERR_AGAIN ? 0 : rc;
}

static void received(struct courier_link *l, struct stream_event *event)
{
    size_t taken = 0;
    const int rc = look(l, event->data, &taken);
    if (l->is_over) {
        return;
    }
    if (rc < 0) {
        cut(l);
        courier_core_turn(l->courier);
        return;
    }
    event->taken = taken;
    l->is_left = taken < event->data.len;
}

static void resume(struct courier_link *l)
{
    size_t taken = 0;
    l->resume_ns = 0;
    if (l->is_over || !courier_core_has_room(l->courier)) {
        return;
    }
    if (l->in.len > 0 && look(l, span_empty(), &taken) < 0) {
        cut(l);
    }
    if (!l->is_over && l->is_left && l->resume_ns == 0) {
        l->is_left = false;
        stream_resume(l->stream);
    }
}

void courier_link_resume(struct courier *c)
{
    struct list *node = &c->links;
    while ((node = list_next(&c->links, node)) != NULL) {
        struct courier_link *l = LIST_OF(node, struct courier_link, node);
        l->wants_look = l->resume_ns == 0 && (l->is_left || l->in.len > 0);
    }
    node = &c->links;
    while (courier_core_has_room(c) && (node = list_next(&c->links, node)) != NULL) {
        struct courier_link *l = LIST_OF(node, struct courier_link, node);
        if (l->wants_look) {
            l->wants_look = false;
            resume(l);
            node = &c->links; /* some may have ended */
        }
    }
}

/* --- events --- */

static void up(void *service, struct stream *stream, struct stream_event *event)
{
    struct courier *c = service;
    struct courier_link *l = stream_user(stream);
    switch (event->kind) {
    case STREAM_OPENED:
        if (stream_is_inbound(stream)) {
            accept(c, stream);
        } else {
            opened(l);
        }
        return;
    case STREAM_DATA:
        received(l, event);
        return;
    case STREAM_WRITABLE:
        courier_core_turn(c);
        return;
    case STREAM_FIN:
        courier_link_end(l, true);
        courier_core_turn(c);
        return;
    case STREAM_CLOSED:
        if (l != NULL) {
            l->stream = NULL;
            courier_link_end(l, false);
            courier_core_turn(c);
        }
        return;
    }
}

/* --- time --- */

/* Streams to neighbours that have none; those that nobody needs end. */
static void look_around(struct courier *c)
{
    const uint64_t now = c->turn->now_ns;
    struct courier_peer *p;
    courier_stick_idle(c);
    bool is_needed = c->stick.is_open;
    size_t at = 0;
    while ((p = map_next(&c->peers, &at)) != NULL) {
        struct courier_link *l = p->link;
        if (p->is_near) {
            (void)courier_link_open(c, p);
        } else if (l != NULL && l->flight_count == 0 && l->items.count == 0 &&
                   now >= l->used_ns + COURIER_IDLE_NS) {
            courier_link_end(l, true);
        }
        is_needed = is_needed || p->is_near || p->link != NULL;
    }
    c->look_ns = is_needed ? now + COURIER_AGAIN_NS : TIMERS_NEVER;
}

/* Those whose budgets may have filled, and when to look at the others. */
static void resume_due(struct courier *c)
{
    const uint64_t now = c->turn->now_ns;
    struct list *node = &c->links;
    c->resume_ns = TIMERS_NEVER;
    while ((node = list_next(&c->links, node)) != NULL) {
        struct courier_link *l = LIST_OF(node, struct courier_link, node);
        if (l->resume_ns != 0 && l->resume_ns <= now) {
            resume(l);
            node = &c->links; /* some may have ended */
        } else if (l->resume_ns != 0 && l->resume_ns < c->resume_ns) {
            c->resume_ns = l->resume_ns;
        }
    }
}

void courier_link_tick(struct courier *c)
{
    const uint64_t now = c->turn->now_ns;
    if (c->look_ns <= now) {
        look_around(c);
    }
    if (c->resume_ns <= now) {
        resume_due(c);
    }
}

uint64_t courier_link_deadline(const struct courier *c)
{
    return c->resume_ns < c->look_ns ? c->resume_ns : c->look_ns;
}

int courier_link_init(struct courier *c)
{
    c->protocol.stream = (struct stream_protocol){.name = COURIER_NAME,
                                                  .audience = STREAM_MEMBER,
                                                  .inbound_max = COURIER_INBOUND_MAX,
                                                  .up = up,
                                                  .service = c};
    return gate_register(c->config.gate, c->config.gate_network, &c->protocol);
}

void courier_link_clear(struct courier *c)
{
    struct list *node;
    while ((node = list_next(&c->links, &c->links)) != NULL) {
        courier_link_end(LIST_OF(node, struct courier_link, node), true);
    }
    gate_unregister(c->config.gate, &c->protocol);
}
