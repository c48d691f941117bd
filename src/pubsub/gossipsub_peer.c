/*
 * What waits for one peer, and RPCs made of it.
 */
#include "pubsub/gossipsub_peer.h"

#include "base/check.h"
#include "base/mem.h"

#define HEAD_MAX 6u /* tag and length of what is below 2^28 bytes */
#define ID_HEAD 2u  /* of an id: it has fewer than 128 bytes */
#define RPC_MAX (GOSSIPSUB_MSG_SENT_MAX - 2 * HEAD_MAX) /* without the control part's heads */

/* What must not be dropped fits before all that may be. */
_Static_assert(2 * GOSSIPSUB_PEER_CONTROL_MAX <= GOSSIPSUB_PEER_QUEUE_MAX, "control has its room");
_Static_assert(GOSSIPSUB_MSG_ID_MAX + ID_HEAD < 128, "an id's head is two bytes");

void gossipsub_peer_init(struct gossipsub_peer *p)
{
    *p = (struct gossipsub_peer){0};
    buf_init(&p->subscriptions, GOSSIPSUB_PEER_CONTROL_MAX);
    buf_init(&p->control, GOSSIPSUB_PEER_CONTROL_MAX);
    buf_init(&p->declined, GOSSIPSUB_PEER_QUEUE_MAX);
    buf_init(&p->gossip, GOSSIPSUB_PEER_QUEUE_MAX);
    ring_init(&p->own, sizeof(struct gossipsub_message *), GOSSIPSUB_PEER_MESSAGES_MAX);
    ring_init(&p->others, sizeof(struct gossipsub_message *), GOSSIPSUB_PEER_MESSAGES_MAX);
    gossipsub_keys_init(&p->unwanted, GOSSIPSUB_PEER_UNWANTED_MAX);
    gossipsub_keys_init(&p->served, GOSSIPSUB_PEER_SERVED_MAX);
}

/* Drop the oldest message of a ring; false: there is none. */
static bool gossipsub_peer_drop(struct gossipsub_peer *p, struct ring *r)
{
    struct gossipsub_message *m;
    if (!ring_pop(r, &m)) {
        return false;
    }
    p->message_bytes -= m->publish.bytes.len;
    gossipsub_cache_unref(m);
    return true;
}

void gossipsub_peer_clear(struct gossipsub_peer *p)
{
    while (gossipsub_peer_drop(p, &p->own) || gossipsub_peer_drop(p, &p->others)) {
    }
    ring_clear(&p->own);
    ring_clear(&p->others);
    buf_clear(&p->subscriptions);
    buf_clear(&p->control);
    buf_clear(&p->declined);
    buf_clear(&p->gossip);
    gossipsub_keys_clear(&p->unwanted);
    gossipsub_keys_clear(&p->served);
    mem_free(p->edges);
    p->edges = NULL;
}

static size_t gossipsub_peer_queued(const struct gossipsub_peer *p)
{
    return p->subscriptions.len + p->control.len + p->declined.len + p->gossip.len +
           p->message_bytes;
}

/* Is there room for `len` more? Messages count, too, lest small ones be without number. */
static bool gossipsub_peer_has_room(const struct gossipsub_peer *p, size_t len)
{
    return gossipsub_peer_queued(p) + len <= GOSSIPSUB_PEER_QUEUE_MAX;
}

size_t gossipsub_peer_push(struct gossipsub_peer *p, struct gossipsub_message *m, bool is_own)
{
    struct ring *r = is_own ? &p->own : &p->others;
    size_t len = m->publish.bytes.len;
    size_t dropped = 0;
    if (!gossipsub_peer_has_room(p, len)) {
        buf_clear(&p->gossip);
        buf_clear(&p->declined);
    }
    while (!gossipsub_peer_has_room(p, len) && gossipsub_peer_drop(p, &p->others)) {
        dropped++;
    }
    /* What fills the queue alone may still wait when nothing else does. */
    bool fits = gossipsub_peer_has_room(p, len) || p->message_bytes == 0;
    if (!fits || r->count == GOSSIPSUB_PEER_MESSAGES_MAX || ring_push(r, &m) < 0) {
        return dropped + 1;
    }
    (void)gossipsub_cache_ref(m);
    p->message_bytes += len;
    return dropped;
}

int gossipsub_peer_subscribe(struct gossipsub_peer *p, struct span topic, bool is_on)
{
    uint8_t item[GOSSIPSUB_MSG_TOPIC_MAX + 16];
    struct wr w;
    wr_init(&w, span_mut_of(item, sizeof item));
    gossipsub_msg_write_subscription(&w, topic, is_on);
    CHECK(!w.failed);
    return buf_append(&p->subscriptions, wr_span(&w));
}

int gossipsub_peer_control(struct gossipsub_peer *p, struct span item)
{
    CHECK(item.len <= GOSSIPSUB_PEER_ITEM_MAX);
    return buf_append(&p->control, item);
}

bool gossipsub_peer_decline(struct gossipsub_peer *p, struct span id)
{
    uint8_t item[GOSSIPSUB_MSG_ID_MAX + ID_HEAD];
    struct wr w;
    wr_init(&w, span_mut_of(item, sizeof item));
    gossipsub_msg_write_id(&w, GOSSIPSUB_MSG_IDONTWANT, id);
    return gossipsub_peer_has_room(p, w.len) && buf_append(&p->declined, wr_span(&w)) == 0;
}

bool gossipsub_peer_gossip(struct gossipsub_peer *p, struct span item)
{
    CHECK(item.len <= GOSSIPSUB_PEER_ITEM_MAX);
    return gossipsub_peer_has_room(p, item.len) && buf_append(&p->gossip, item) == 0;
}

bool gossipsub_peer_has_output(const struct gossipsub_peer *p)
{
    return p->subscriptions.len > 0 || p->control.len > 0 || p->declined.len > 0 ||
           p->gossip.len > 0 || p->own.count > 0 || p->others.count > 0;
}

/* ---- RPCs ---- */

/* Bytes of the whole fields at the beginning of `b` that fit into `room`. */
static size_t gossipsub_peer_fitting(const struct buf *b, size_t room)
{
    struct pb in;
    struct pb_field field;
    size_t fitting = 0;
    if (b->len <= room) {
        return b->len;
    }
    pb_init(&in, buf_span(b));
    while (pb_next(&in, &field) && in.rd.at <= room) {
        fitting = in.rd.at;
    }
    return fitting;
}

static void gossipsub_peer_append(struct buf *out, struct span s)
{
    int rc = buf_append(out, s);
    CHECK(rc == 0); /* the owner gives room for one RPC */
}

/* An RPC that is being made. */
struct gossipsub_peer_rpc {
    struct buf *out;
    size_t begin;    /* where it begins in `out` */
    size_t reserved; /* bytes of what is written last */
};

static size_t gossipsub_peer_used(const struct gossipsub_peer_rpc *rpc)
{
    return rpc->out->len - rpc->begin + rpc->reserved;
}

/* Append messages of a ring while they fit; a larger one goes when the RPC has nothing else. True:
 * none is left. */
static bool gossipsub_peer_write_messages(struct gossipsub_peer *p, struct ring *r,
                                          const struct gossipsub_peer_rpc *rpc,
                                          struct gossipsub_stats *stats)
{
    struct gossipsub_message **m;
    while ((m = ring_at(r, 0)) != NULL) {
        size_t len = pb_bytes_size(2, (*m)->publish.bytes.len);
        size_t used = gossipsub_peer_used(rpc);
        if (gossipsub_keys_get(&p->unwanted, (*m)->key) != NULL) {
            stats->unwanted++;
        } else if (used + len > RPC_MAX && used > 0) {
            return false;
        } else {
            struct wr w;
            int rc = buf_reserve(rpc->out, len);
            CHECK(rc == 0);
            wr_init(&w, span_mut_of(rpc->out->ptr + rpc->out->len, len));
            gossipsub_msg_write_publish(&w, (*m)->publish.bytes);
            CHECK(!w.failed);
            rpc->out->len += len;
            stats->sent++;
        }
        (void)gossipsub_peer_drop(p, r);
    }
    return true;
}

/* The control part: items, ids that are not wanted as one more, and gossip. */
static void gossipsub_peer_write_control(struct gossipsub_peer *p, struct buf *out, size_t control,
                                         size_t declined, size_t gossip)
{
    uint8_t head[HEAD_MAX];
    uint8_t inner[HEAD_MAX];
    struct wr w;
    struct wr d;
    wr_init(&d, span_mut_of(inner, sizeof inner));
    if (declined > 0) {
        pb_write_head(&d, 5, declined);
    }
    size_t len = control + d.len + declined + gossip;
    if (len == 0) {
        return;
    }
    wr_init(&w, span_mut_of(head, sizeof head));
    pb_write_head(&w, 3, len);
    gossipsub_peer_append(out, wr_span(&w));
    gossipsub_peer_append(out, span_of(p->control.ptr, control));
    gossipsub_peer_append(out, wr_span(&d));
    gossipsub_peer_append(out, span_of(p->declined.ptr, declined));
    gossipsub_peer_append(out, span_of(p->gossip.ptr, gossip));
    buf_drop_front(&p->control, control);
    buf_drop_front(&p->declined, declined);
    buf_drop_front(&p->gossip, gossip);
}

bool gossipsub_peer_pull(struct gossipsub_peer *p, struct buf *out, struct gossipsub_stats *stats)
{
    struct gossipsub_peer_rpc rpc = {.out = out, .begin = out->len};
    size_t subscriptions = gossipsub_peer_fitting(&p->subscriptions, RPC_MAX);
    gossipsub_peer_append(out, span_of(p->subscriptions.ptr, subscriptions));
    buf_drop_front(&p->subscriptions, subscriptions);
    size_t control = gossipsub_peer_fitting(&p->control, RPC_MAX - subscriptions);
    size_t declined = gossipsub_peer_fitting(&p->declined, RPC_MAX - subscriptions - control);
    rpc.reserved = control + declined;
    if (gossipsub_peer_write_messages(p, &p->own, &rpc, stats)) {
        (void)gossipsub_peer_write_messages(p, &p->others, &rpc, stats);
    }
    size_t used = gossipsub_peer_used(&rpc);
    size_t gossip = gossipsub_peer_fitting(&p->gossip, used < RPC_MAX ? RPC_MAX - used : 0);
    gossipsub_peer_write_control(p, out, control, declined, gossip);
    return out->len > rpc.begin;
}

/* ---- What it did ---- */

void gossipsub_peer_beat(struct gossipsub_peer *p, uint32_t beat)
{
    struct gossipsub_keys_entry e;
    p->changes = 0;
    p->controls = 0;
    p->ihaves = 0;
    p->wanted = 0;
    p->served_ids = 0;
    p->declines = 0;
    p->penalties = 0;
    while (p->unwanted.count > 0 && gossipsub_keys_at(&p->unwanted, 0)->value <= beat) {
        (void)gossipsub_keys_pop(&p->unwanted, &e);
    }
}

void gossipsub_peer_unwant(struct gossipsub_peer *p, uint64_t key, uint32_t until)
{
    struct gossipsub_keys_entry e;
    if (gossipsub_keys_get(&p->unwanted, key) != NULL) {
        return;
    }
    if (gossipsub_keys_is_full(&p->unwanted)) {
        (void)gossipsub_keys_pop(&p->unwanted, &e);
    }
    gossipsub_keys_put(&p->unwanted, key, until);
}

unsigned gossipsub_peer_serve(struct gossipsub_peer *p, uint64_t key)
{
    struct gossipsub_keys_entry e;
    uint64_t *times = gossipsub_keys_get(&p->served, key);
    if (times != NULL) {
        *times += 1;
        return (unsigned)*times;
    }
    if (gossipsub_keys_is_full(&p->served)) {
        (void)gossipsub_keys_pop(&p->served, &e);
    }
    gossipsub_keys_put(&p->served, key, 1);
    return 1;
}

size_t gossipsub_peer_memory(const struct gossipsub_peer *p)
{
    return sizeof *p + p->edge_cap * sizeof(struct gossipsub_edge *) + p->subscriptions.cap +
           p->control.cap + p->declined.cap + p->gossip.cap +
           (p->own.cap + p->others.cap) * sizeof(struct gossipsub_message *) +
           gossipsub_keys_memory(&p->unwanted) + gossipsub_keys_memory(&p->served);
}

static size_t gossipsub_peer_ring_bytes(const struct ring *r)
{
    size_t bytes = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct gossipsub_message *const *m = ring_at(r, i);
        CHECK((*m)->refs > 0);
        bytes += (*m)->publish.bytes.len;
    }
    return bytes;
}

void gossipsub_peer_check(const struct gossipsub_peer *p)
{
    gossipsub_keys_check(&p->unwanted);
    gossipsub_keys_check(&p->served);
    CHECK(p->message_bytes ==
          gossipsub_peer_ring_bytes(&p->own) + gossipsub_peer_ring_bytes(&p->others));
    CHECK(p->edge_count <= p->edge_cap && p->edge_count <= GOSSIPSUB_PEER_TOPICS_MAX);
    CHECK(p->names <= GOSSIPSUB_PEER_NAMES_MAX);
}
