/*
 * identify and identify-push.
 *
 * Both directions of both protocols are one kind of session: one side writes its messages and ends,
 * the other reads to the end and acts.
 */
#include "net/identify.h"

#include <string.h>

#include "base/mem.h"
#include "base/varint.h"
#include "crypto/signed_record.h"
#include "net/clocks.h"
#include "net/listen.h"

struct identify_session {
    struct list link; /* in identify->sessions */
    struct identify *identify;
    struct stream *stream;
    struct buf bytes; /* read so far (charged to the peer), or still to be written */
    struct timer timer;
    bool is_reading;
};

/* ---- What we tell ---- */

static size_t identify_own_protocols(const struct identify *i, enum stream_audience standing,
                                     struct span *out, size_t max)
{
    size_t count = 0;
    const struct list *head = &i->swarm->protocols;
    struct list *node = list_next(head, head);
    while (node != NULL && count < max) {
        const struct stream_protocol *protocol = LIST_OF(node, struct stream_protocol, link);
        if (protocol->audience <= standing) {
            out[count++] = span_from_text(protocol->name);
        }
        node = list_next(head, node);
    }
    return count;
}

static int identify_put_message(struct buf *out, const struct identify_msg *m)
{
    uint8_t body[IDENTIFY_MSG_SIZE_MAX];
    uint8_t head[VARINT_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(body, IDENTIFY_SEND_MAX));
    identify_msg_encode(&w, m);
    int rc = wr_finish(&w);
    if (rc == 0) {
        rc = buf_append(out, span_of(head, varint_encode(w.len, head)));
    }
    return rc < 0 ? rc : buf_append(out, wr_span(&w));
}

static void identify_sign_record(struct identify *i)
{
    struct identify_self *self = i->self;
    struct span addresses[IDENTIFY_TOLD_MAX];
    struct wr w;
    uint64_t wall = i->swarm->port->wall_ms(i->swarm->port);
    i->record_seq = wall > i->record_seq ? wall : i->record_seq + 1;
    for (size_t at = 0; at < self->count; at++) {
        addresses[at] = multiaddr_span(&self->addresses[at]);
    }
    wr_init(&w, span_mut_of(self->record, sizeof self->record));
    int rc =
        signed_record_seal_peer_of(&w, i->swarm->host_key, i->record_seq, addresses, self->count);
    self->record_len = rc < 0 ? 0 : wr_span(&w).len;
}

static bool identify_is_same(const struct identify_self *self, const struct multiaddr *addresses,
                             size_t count)
{
    bool is_same = self->is_looked && count == self->count;
    for (size_t at = 0; at < count && is_same; at++) {
        is_same = multiaddr_is_equal(&self->addresses[at], &addresses[at]);
    }
    return is_same;
}

/* Bring our addresses and their signed record up to date. */
static void identify_look(struct identify *i)
{
    struct identify_self *self = i->self;
    struct multiaddr addresses[IDENTIFY_TOLD_MAX];
    uint64_t now = i->swarm->turn->now_ns;
    if (self->is_looked && now - self->looked_ns < IDENTIFY_LOOK_NS) {
        return;
    }
    size_t count = listen_addresses(i->swarm, addresses, IDENTIFY_TOLD_MAX);
    self->looked_ns = now;
    if (identify_is_same(self, addresses, count)) {
        return;
    }
    for (size_t at = 0; at < count; at++) {
        self->addresses[at] = addresses[at];
    }
    self->count = count;
    self->is_looked = true;
    self->record_len = 0;
    if (count > 0) {
        identify_sign_record(i);
    }
}

/* Everything about us that the peer of `c` may know, as one or two messages. */
static void identify_compose(struct identify *i, struct conn *c, struct buf *out)
{
    struct swarm *s = i->swarm;
    struct multiaddr local;
    struct multiaddr remote;
    struct identify_msg m = {
        .public_key = noise_identity_key(&s->identity),
        .protocol_version = span_from_text("ipfs/0.1.0"),
        .agent = span_from_text(i->agent),
    };
    enum stream_audience standing = s->policy.standing(s->policy.context, conn_peer(c));
    m.protocol_count = identify_own_protocols(i, standing, m.protocols, IDENTIFY_MSG_PROTOCOLS_MAX);
    if (standing >= STREAM_MEMBER) {
        identify_look(i);
        m.address_count = i->self->count;
        m.unix_ms = s->port->wall_ms(s->port);
    }
    for (size_t at = 0; at < m.address_count; at++) {
        m.addresses[at] = multiaddr_span(&i->self->addresses[at]);
    }
    conn_addresses(c, &local, &remote);
    if (remote.len > 0) {
        m.observed = multiaddr_span(&remote);
    }
    struct identify_msg second = {
        .record =
            m.address_count > 0 ? span_of(i->self->record, i->self->record_len) : span_empty(),
    };
    if (identify_put_message(out, &m) == 0 && second.record.len > 0) {
        int rc = identify_put_message(out, &second);
        (void)rc; /* a record that does not fit is left out: the addresses were told */
    }
}

/* ---- What we are told ---- */

/* Decode `bytes` into an address without peer id; false when we cannot use it. */
static bool identify_read_address(struct span bytes, const struct peerid *peer,
                                  struct multiaddr *out)
{
    uint8_t id[PEERID_SIZE_MAX];
    size_t id_len = sizeof id;
    if (multiaddr_decode(out, bytes) < 0) {
        return false;
    }
    if (multiaddr_pop_peer(out, id, &id_len) &&
        !span_is_equal(span_of(id, id_len), peerid_span(peer))) {
        return false;
    }
    return out->len > 0;
}

static void identify_learn_addresses(struct identify *i, const struct peerid *peer,
                                     const struct identify_msg *m)
{
    struct swarm *s = i->swarm;
    for (size_t at = 0; at < m->address_count; at++) {
        struct multiaddr address;
        if (identify_read_address(m->addresses[at], peer, &address) &&
            peerbook_add_address(&s->peerbook, peer, &address, PEERBOOK_IDENTIFY, s->turn->now_ns) <
                0) {
            return; /* better known addresses fill the entry */
        }
    }
}

static int identify_learn_record(struct identify *i, const struct peerid *peer, struct span record)
{
    struct signed_record_peer r;
    struct multiaddr addresses[SIGNED_RECORD_ADDRESSES_MAX];
    size_t count = 0;
    int rc = signed_record_open_peer(&r, record);
    if (rc < 0) {
        return rc;
    }
    if (!peerid_is_equal(&r.peer, peer)) {
        return WAVU_ERR_CRYPTO;
    }
    for (size_t at = 0; at < r.address_count; at++) {
        count += identify_read_address(r.addresses[at], peer, &addresses[count]) ? 1 : 0;
    }
    rc = peerbook_put_record(&i->swarm->peerbook, peer, r.seq, addresses, count,
                             i->swarm->turn->now_ns);
    if (rc == 0) {
        peerbook_keep_record(&i->swarm->peerbook, peer, record);
    }
    return rc == WAVU_ERR_EXISTS || rc == WAVU_ERR_LIMIT ? 0 : rc;
}

/* Merge the messages of one stream. Spans are borrowed from `bytes`. */
static int identify_read_messages(struct span bytes, struct identify_msg *m)
{
    struct rd r;
    rd_init(&r, bytes);
    for (size_t count = 0; rd_left(&r) > 0; count++) {
        struct span one = rd_prefixed(&r, IDENTIFY_MSG_SIZE_MAX);
        if (r.failed || count >= IDENTIFY_MESSAGES_MAX) {
            return WAVU_ERR_PROTO;
        }
        int rc = identify_msg_decode(m, one);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* Where `peer` sees us, in place of what it said before. */
static void identify_note(struct identify *i, const struct peerid *peer, struct span observed)
{
    struct identify_self *self = i->self;
    struct multiaddr address;
    struct multiaddr_ip at;
    size_t slot = 0;
    if (observed.ptr == NULL || multiaddr_decode(&address, observed) < 0 ||
        multiaddr_to_ip(&address, MULTIADDR_TCP, &at) < 0 || multiaddr_ip_is_loopback(&at)) {
        return;
    }
    while (slot < self->seen_count && !peerid_is_equal(&self->seen[slot].peer, peer)) {
        slot++;
    }
    if (slot == self->seen_count) {
        slot = self->seen_next;
        self->seen_next = (self->seen_next + 1) % IDENTIFY_SEEN_MAX;
        self->seen_count += self->seen_count < IDENTIFY_SEEN_MAX ? 1 : 0;
    }
    self->seen[slot] = (struct identify_seen){.peer = *peer, .at = at};
}

static bool identify_is_one_host(const struct multiaddr_ip *a, const struct multiaddr_ip *b)
{
    return a->ip_len == b->ip_len && memcmp(a->ip, b->ip, a->ip_len) == 0;
}

bool identify_observed(const struct identify *i, size_t n, struct multiaddr_ip *out)
{
    const struct identify_self *self = i->self;
    for (size_t at = 0; at < self->seen_count; at++) {
        bool is_new = true;
        for (size_t before = 0; before < at; before++) {
            is_new = is_new && !identify_is_one_host(&self->seen[before].at, &self->seen[at].at);
        }
        if (is_new && n-- == 0) {
            *out = self->seen[at].at;
            return true;
        }
    }
    return false;
}

/* What time it is there. */
static void identify_learn_clock(struct identify *i, struct stream *stream, uint64_t unix_ms)
{
    if (unix_ms > 0) {
        clocks_note(stream_conn(stream)->peer, unix_ms, i->swarm->turn->now_ns);
    }
    if (unix_ms > 0 && i->heard_clock != NULL) {
        i->heard_clock(i->clock_context);
    }
}

static int identify_learn(struct identify *i, struct stream *stream, struct span bytes)
{
    const struct peerid *peer = stream_peer(stream);
    struct identify_msg m;
    struct peerid named;
    memset(&m, 0, sizeof m);
    int rc = identify_read_messages(bytes, &m);
    if (rc < 0) {
        return rc;
    }
    if (m.public_key.ptr != NULL) {
        peerid_from_key(&named, m.public_key);
        if (!peerid_is_equal(&named, peer)) {
            return WAVU_ERR_CRYPTO;
        }
    }
    if (m.agent.ptr != NULL) {
        peerbook_set_agent(&i->swarm->peerbook, peer, m.agent);
    }
    if (m.protocol_count > 0) {
        peerbook_set_protocols(&i->swarm->peerbook, peer, m.protocols, m.protocol_count);
    }
    identify_learn_addresses(i, peer, &m);
    identify_note(i, peer, m.observed);
    identify_learn_clock(i, stream, m.unix_ms);
    return m.record.ptr != NULL ? identify_learn_record(i, peer, m.record) : 0;
}

/* ---- Sessions ---- */

static void identify_on_timer(struct timer *timer, uint64_t now);

static struct identify_session *identify_session_new(struct identify *i, bool is_reading)
{
    struct turn *turn = i->swarm->turn;
    struct identify_session *session = mem_new(sizeof *session);
    session->identify = i;
    session->is_reading = is_reading;
    buf_init(&session->bytes, IDENTIFY_READ_MAX);
    timers_prepare(&session->timer, identify_on_timer);
    timers_set(&turn->timers, &session->timer, turn->now_ns + IDENTIFY_TIMEOUT_NS, TIMERS_SECOND);
    list_push_back(&i->sessions, &session->link);
    return session;
}

static void identify_session_free(struct identify_session *session)
{
    if (session->is_reading) {
        budget_give(&stream_conn(session->stream)->peer->budget, session->bytes.len);
    }
    timers_cancel(&session->identify->swarm->turn->timers, &session->timer);
    list_remove(&session->link);
    buf_clear(&session->bytes);
    mem_free(session);
}

static void identify_on_timer(struct timer *timer, uint64_t now)
{
    (void)now;
    struct identify_session *session = LIST_OF(timer, struct identify_session, timer);
    struct stream *stream = session->stream;
    identify_session_free(session);
    stream_reset(stream, 0);
}

static void identify_write(struct identify_session *session)
{
    size_t taken = 0;
    int rc = stream_send(session->stream, buf_span(&session->bytes), &taken);
    buf_drop_front(&session->bytes, taken);
    if (rc == 0 && session->bytes.len == 0) {
        stream_finish(session->stream);
    }
}

static void identify_read(struct identify_session *session, struct span data)
{
    struct stream *stream = session->stream;
    struct budget *budget = &stream_conn(stream)->peer->budget;
    int rc = budget_take(budget, data.len);
    if (rc == 0) {
        rc = buf_append(&session->bytes, data);
        if (rc < 0) {
            budget_give(budget, data.len);
        }
    }
    if (rc < 0) {
        session->identify->bad.value++;
        identify_session_free(session);
        stream_reset(stream, 0);
    }
}

/* The other side wrote all: act on it. */
static void identify_read_end(struct identify_session *session)
{
    struct identify *i = session->identify;
    struct stream *stream = session->stream;
    struct conn *conn = stream_conn(stream);
    int rc = identify_learn(i, stream, buf_span(&session->bytes));
    if (rc < 0) {
        i->bad.value++;
    } else {
        i->received.value++;
    }
    identify_session_free(session);
    stream_close(stream);
    if (rc == 0) {
        swarm_conn_identified(i->swarm, conn);
    }
}

/* One handler for all four: who reads is the opener of identify, and the answerer of push. */
static void identify_up(struct stream *stream, struct stream_event *event)
{
    struct identify_session *session = stream_user(stream);
    switch (event->kind) {
    case STREAM_OPENED:
        return;
    case STREAM_DATA:
        if (session->is_reading) {
            identify_read(session, event->data);
        }
        return;
    case STREAM_WRITABLE:
        if (!session->is_reading) {
            identify_write(session);
        }
        return;
    case STREAM_FIN:
        if (session->is_reading) {
            identify_read_end(session);
        }
        return;
    case STREAM_CLOSED:
        identify_session_free(session);
        return;
    }
}

static void identify_start_session(struct identify *i, struct stream *stream, bool is_reading)
{
    struct identify_session *session = identify_session_new(i, is_reading);
    session->stream = stream;
    stream_set_user(stream, session);
    if (!is_reading) {
        identify_compose(i, stream_conn(stream), &session->bytes);
        identify_write(session);
    }
}

static void identify_protocol_up(void *service, struct stream *stream, struct stream_event *event)
{
    if (event->kind == STREAM_OPENED && stream_is_inbound(stream)) {
        identify_start_session(service, stream, false);
        return;
    }
    identify_up(stream, event);
}

static void identify_push_up(void *service, struct stream *stream, struct stream_event *event)
{
    if (event->kind == STREAM_OPENED && stream_is_inbound(stream)) {
        identify_start_session(service, stream, true);
        return;
    }
    identify_up(stream, event);
}

/* ---- The service ---- */

static void identify_conn_up(void *context, struct conn *conn)
{
    struct identify *i = context;
    struct stream *stream = NULL;
    if (stream_open(conn, &i->protocol, NULL, &stream) == 0) {
        identify_start_session(i, stream, true);
    }
}

static void identify_conn_down(void *context, struct conn *conn, int err)
{
    (void)context;
    (void)conn;
    (void)err; /* its streams told us already */
}

void identify_push(struct identify *i, struct conn *conn)
{
    struct stream *stream = NULL;
    if (conn_is_open(conn) && stream_open(conn, &i->push, NULL, &stream) == 0) {
        identify_start_session(i, stream, false);
    }
}

void identify_push_all(struct identify *i)
{
    struct list *head = &i->swarm->conns;
    struct list *node = list_next(head, head);
    i->self->is_looked = false; /* something changed */
    while (node != NULL) {
        struct conn *c = LIST_OF(node, struct conn, link_swarm);
        node = list_next(head, node);
        if (peerbook_speaks(&i->swarm->peerbook, conn_peer(c), IDENTIFY_PUSH_NAME)) {
            identify_push(i, c);
        }
    }
}

int identify_init(struct identify *i, struct swarm *swarm, const char *agent,
                  struct metric_set *metrics)
{
    *i = (struct identify){
        .swarm = swarm,
        .agent = agent,
        .protocol = {.name = IDENTIFY_NAME,
                     .audience = STREAM_ANY,
                     .inbound_max = IDENTIFY_INBOUND_MAX,
                     .up = identify_protocol_up,
                     .service = i},
        .push = {.name = IDENTIFY_PUSH_NAME,
                 .audience = STREAM_ANY,
                 .inbound_max = IDENTIFY_INBOUND_MAX,
                 .up = identify_push_up,
                 .service = i},
        .observe = {.context = i, .conn_up = identify_conn_up, .conn_down = identify_conn_down},
    };
    i->self = mem_new(sizeof *i->self);
    list_init(&i->sessions);
    metric_add(metrics, &i->received, "identify_received_total");
    metric_add(metrics, &i->bad, "identify_bad_total");
    swarm_observe(swarm, &i->observe);
    int rc = stream_register(swarm, &i->protocol);
    return rc < 0 ? rc : stream_register(swarm, &i->push);
}

void identify_clear(struct identify *i)
{
    swarm_unobserve(&i->observe);
    stream_unregister(i->swarm, &i->push);
    stream_unregister(i->swarm, &i->protocol);
    struct list *node = list_next(&i->sessions, &i->sessions);
    while (node != NULL) {
        identify_session_free(LIST_OF(node, struct identify_session, link));
        node = list_next(&i->sessions, &i->sessions);
    }
    mem_free(i->self);
}
