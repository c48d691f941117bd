/*
 * Requests, one function each. Arrives: a request, whole. Leaves: calls of wavu/p2p.h; an answer,
 * at once or when the node has one.
 */
#include "apps/p2pd/p2pd_requests.h"

#include <string.h>

#include "apps/p2pd/p2pd_dht.h"
#include "apps/p2pd/p2pd_form.h"
#include "apps/p2pd/p2pd_programs.h"
#include "apps/p2pd/p2pd_splice.h"

#define MALFORMED "malformed request: a field is missing"

uint64_t p2pd_requests_timeout_ms(const struct p2pd_msg_request *m)
{
    if (m->timeout_s <= 0) {
        return 0; /* the library's, a minute */
    }
    return 1000 * (uint64_t)(m->timeout_s < P2PD_REQUESTS_TIMEOUT_S_MAX
                                 ? m->timeout_s
                                 : P2PD_REQUESTS_TIMEOUT_S_MAX);
}

/* The peer of the request as text. False after an answer. */
static bool p2pd_requests_peer(struct p2pd_client *c, const struct p2pd_msg_request *m,
                               char out[WAVU_PEER_TEXT_MAX])
{
    if (!m->has_body || m->peer.ptr == NULL) {
        p2pd_client_say(c, MALFORMED);
        return false;
    }
    if (p2pd_form_text(m->peer, out) < 0) {
        p2pd_client_say(c, "that is no peer id");
        return false;
    }
    return true;
}

/* ---- IDENTIFY, LIST_PEERS ---- */

static void p2pd_requests_write_identify(struct wr *w, const void *what)
{
    const struct p2pd *d = what;
    char text[WAVU_ADDRESS_TEXT_MAX];
    char id[WAVU_PEER_TEXT_MAX];
    struct p2pd_form_peer self;
    struct multiaddr addresses[WAVU_PEER_ADDRESSES_MAX];
    struct span spans[WAVU_PEER_ADDRESSES_MAX];
    size_t count = 0;
    wavu_node_id(d->node, id);
    p2pd_form_bytes(id, &self);
    for (size_t i = 0; count < WAVU_PEER_ADDRESSES_MAX && p2pd_host_address(d, i, text); i++) {
        if (p2pd_form_address(text, &addresses[count])) {
            spans[count] = multiaddr_span(&addresses[count]);
            count++;
        }
    }
    p2pd_msg_put_ok(w);
    p2pd_msg_put_identify(w, span_of(self.bytes, self.len), spans, count);
}

static void p2pd_requests_write_peer(void *context, const struct wavu_peer *peer)
{
    struct wr *w = context;
    struct p2pd_form_peer id;
    struct multiaddr address;
    p2pd_form_bytes(peer->id, &id);
    bool has_address = p2pd_form_address(peer->address, &address);
    const struct span one = has_address ? multiaddr_span(&address) : span_empty();
    p2pd_msg_put_peer(w, span_of(id.bytes, id.len), &one, has_address ? 1 : 0);
}

static void p2pd_requests_write_peers(struct wr *w, const void *what)
{
    const struct p2pd *d = what;
    p2pd_msg_put_ok(w);
    wavu_node_peers(d->node, p2pd_requests_write_peer, w);
}

/* ---- CONNECT, DISCONNECT ---- */

static void p2pd_requests_on_connect(void *context, int err, const char *peer)
{
    struct p2pd_client *c = context;
    (void)peer;
    c->op = NULL;
    if (err < 0) {
        p2pd_client_fail(c, "the peer was not reached", err);
    } else {
        p2pd_client_say(c, NULL);
    }
    p2pd_client_go_on(c);
}

/* The addresses of the request that we can read, as texts. */
static size_t p2pd_requests_addresses(const struct p2pd_msg_request *m,
                                      char out[WAVU_PEER_ADDRESSES_MAX][WAVU_ADDRESS_TEXT_MAX],
                                      const char *texts[WAVU_PEER_ADDRESSES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < m->address_count && count < WAVU_PEER_ADDRESSES_MAX; i++) {
        struct multiaddr address;
        if (multiaddr_decode(&address, m->addresses[i]) == 0 &&
            multiaddr_format(&address, out[count], WAVU_ADDRESS_TEXT_MAX) == 0 &&
            wavu_address_check(out[count]) == 0) { /* QUIC and others: not ours to dial */
            texts[count] = out[count];
            count++;
        }
    }
    return count;
}

static void p2pd_requests_connect(struct p2pd_client *c, const struct p2pd_msg_request *m)
{
    static char texts[WAVU_PEER_ADDRESSES_MAX][WAVU_ADDRESS_TEXT_MAX]; /* used up before return */
    const char *addresses[WAVU_PEER_ADDRESSES_MAX];
    char peer[WAVU_PEER_TEXT_MAX];
    if (!p2pd_requests_peer(c, m, peer)) {
        return;
    }
    const struct wavu_peer_wish wish = {
        .peer = peer,
        .addresses = addresses,
        .address_count = p2pd_requests_addresses(m, texts, addresses),
        .timeout_ms = p2pd_requests_timeout_ms(m),
    };
    int rc = wavu_peer_connect(c->d->node, &wish, p2pd_requests_on_connect, c, &c->op);
    if (rc == WAVU_ERR_NOT_FOUND) {
        p2pd_client_say(c, "no address of that peer is known that can be dialled over TCP");
    } else if (rc < 0) {
        p2pd_client_fail(c, "the peer was not reached", rc);
    }
}

static void p2pd_requests_disconnect(struct p2pd_client *c, const struct p2pd_msg_request *m)
{
    char peer[WAVU_PEER_TEXT_MAX];
    if (!p2pd_requests_peer(c, m, peer)) {
        return;
    }
    int rc = wavu_disconnect(c->d->node, peer);
    if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) { /* who is not connected is disconnected: as go */
        p2pd_client_fail(c, "the peer was not disconnected", rc);
    } else {
        p2pd_client_say(c, NULL);
    }
}

/* ---- STREAM_OPEN, STREAM_HANDLER ---- */

static void p2pd_requests_write_stream(struct wr *w, const void *what)
{
    const struct wavu_stream *stream = what;
    char text[WAVU_ADDRESS_TEXT_MAX];
    struct p2pd_form_peer peer;
    struct multiaddr address;
    p2pd_form_bytes(wavu_stream_peer(stream), &peer);
    wavu_stream_address(stream, text);
    if (!p2pd_form_address(text, &address)) {
        address.len = 0;
    }
    p2pd_msg_put_ok(w);
    p2pd_msg_put_stream(w, span_of(peer.bytes, peer.len), multiaddr_span(&address),
                        wavu_stream_protocol(stream), false);
}

static void p2pd_requests_on_stream(void *context, struct p2pd_splice *s, int err)
{
    struct p2pd_client *c = context;
    c->splice = NULL;
    if (err == 0) {
        p2pd_client_become_stream(c, s, p2pd_requests_write_stream, p2pd_splice_stream(s));
    } else if (err == WAVU_ERR_UNSUPPORTED) {
        p2pd_client_say(c, "the peer speaks none of these protocols");
    } else {
        p2pd_client_fail(c, "no stream was opened", err);
    }
    p2pd_client_go_on(c);
}

static void p2pd_requests_stream_open(struct p2pd_client *c, const struct p2pd_msg_request *m)
{
    static char texts[WAVU_STREAM_PROTOCOLS_MAX][WAVU_STREAM_PROTOCOL_MAX]; /* used up at once */
    const char *names[WAVU_STREAM_PROTOCOLS_MAX];
    char peer[WAVU_PEER_TEXT_MAX];
    size_t count = 0;
    if (!p2pd_requests_peer(c, m, peer)) {
        return;
    }
    for (size_t i = 0; i < m->protocol_count && count < WAVU_STREAM_PROTOCOLS_MAX; i++) {
        if (p2pd_form_name(m->protocols[i], texts[count], sizeof texts[count]) == 0) {
            names[count] = texts[count];
            count++;
        }
    }
    const struct wavu_stream_wish wish = {.peer = peer,
                                          .protocols = names,
                                          .protocol_count = count,
                                          .timeout_ms = p2pd_requests_timeout_ms(m)};
    int rc = p2pd_splice_open(
        c->d, &wish, (struct p2pd_splice_user){.done = p2pd_requests_on_stream, .context = c},
        &c->splice);
    if (rc == WAVU_ERR_NOT_FOUND) {
        p2pd_client_say(c, "the peer is not connected, and no address of it is known");
    } else if (rc < 0) {
        p2pd_client_fail(c, "no stream was opened", rc);
    }
}

static void p2pd_requests_stream_handler(struct p2pd_client *c, const struct p2pd_msg_request *m)
{
    struct multiaddr address;
    char name[WAVU_STREAM_PROTOCOL_MAX];
    if (!m->has_body || m->address.ptr == NULL || m->protocol_count == 0) {
        p2pd_client_say(c, MALFORMED);
        return;
    }
    if (multiaddr_decode(&address, m->address) < 0) {
        p2pd_client_say(c, "that is no address");
        return;
    }
    for (size_t i = 0; i < m->protocol_count; i++) {
        int rc = p2pd_form_name(m->protocols[i], name, sizeof name);
        rc = rc < 0 ? rc : p2pd_programs_set(c->d, name, &address);
        if (rc == WAVU_ERR_EXISTS) {
            p2pd_client_say(c, "the daemon itself speaks that protocol");
            return;
        }
        if (rc < 0) {
            p2pd_client_fail(c, "that protocol is not answered", rc);
            return;
        }
    }
    p2pd_client_say(c, NULL);
}

/* ---- CONNMANAGER, PEERSTORE ---- */

static void p2pd_requests_conn_manager(struct p2pd_client *c, const struct p2pd_msg_request *m)
{
    char peer[WAVU_PEER_TEXT_MAX];
    char tag[WAVU_PEER_TAG_MAX];
    if (m->has_body && m->kind == P2PD_MSG_TRIM) {
        wavu_peers_trim(c->d->node);
        p2pd_client_say(c, NULL);
        return;
    }
    if (!p2pd_requests_peer(c, m, peer)) {
        return;
    }
    if (p2pd_form_name(m->text, tag, sizeof tag) < 0) {
        p2pd_client_say(c, "a tag has 1 to 63 bytes");
        return;
    }
    if (m->kind == P2PD_MSG_TAG_PEER) {
        int rc = wavu_peer_tag(c->d->node, peer, tag, m->number);
        if (rc < 0) {
            p2pd_client_fail(c, "the peer was not tagged", rc);
            return;
        }
    } else if (m->kind == P2PD_MSG_UNTAG_PEER) {
        int rc = wavu_peer_untag(c->d->node, peer, tag);
        (void)rc; /* it has no such tag: as go */
    } else {
        p2pd_client_say(c, "that is no request to the connection manager");
        return;
    }
    p2pd_client_say(c, NULL);
}

/* What the peerstore knows, collected. */
struct p2pd_requests_known {
    struct p2pd_form_peer peer;
    struct multiaddr addresses[WAVU_PEER_ADDRESSES_MAX];
    struct span address_spans[WAVU_PEER_ADDRESSES_MAX];
    size_t address_count;
    char names[P2PD_MSG_PROTOCOLS_MAX][WAVU_STREAM_PROTOCOL_MAX];
    struct span name_spans[P2PD_MSG_PROTOCOLS_MAX];
    size_t name_count;
    bool is_of_protocols;
};

static void p2pd_requests_on_address(void *context, const char *address)
{
    struct p2pd_requests_known *known = context;
    if (known->address_count < WAVU_PEER_ADDRESSES_MAX &&
        p2pd_form_address(address, &known->addresses[known->address_count])) {
        known->address_spans[known->address_count] =
            multiaddr_span(&known->addresses[known->address_count]);
        known->address_count++;
    }
}

static void p2pd_requests_on_protocol(void *context, const char *protocol)
{
    struct p2pd_requests_known *known = context;
    size_t len = strlen(protocol);
    if (known->name_count < P2PD_MSG_PROTOCOLS_MAX && len < WAVU_STREAM_PROTOCOL_MAX) {
        memcpy(known->names[known->name_count], protocol, len + 1);
        known->name_spans[known->name_count] = span_from_text(known->names[known->name_count]);
        known->name_count++;
    }
}

static void p2pd_requests_write_known(struct wr *w, const void *what)
{
    const struct p2pd_requests_known *known = what;
    const struct span id = span_of(known->peer.bytes, known->peer.len);
    const struct p2pd_msg_peerstore_info info = {
        .peer = known->is_of_protocols ? NULL : &id,
        .addresses = known->address_spans,
        .address_count = known->address_count,
        .protocols = known->name_spans,
        .protocol_count = known->name_count,
    };
    p2pd_msg_put_ok(w);
    p2pd_msg_put_peerstore(w, &info);
}

static void p2pd_requests_peerstore(struct p2pd_client *c, const struct p2pd_msg_request *m)
{
    static struct p2pd_requests_known known; /* 12 KiB; used up before return */
    char peer[WAVU_PEER_TEXT_MAX];
    if (!p2pd_requests_peer(c, m, peer)) {
        return;
    }
    known.address_count = 0;
    known.name_count = 0;
    known.is_of_protocols = m->kind == P2PD_MSG_GET_PROTOCOLS;
    p2pd_form_bytes(peer, &known.peer);
    int rc = known.is_of_protocols
                 ? wavu_peer_protocols(c->d->node, peer, p2pd_requests_on_protocol, &known)
             : m->kind == P2PD_MSG_GET_PEER_INFO
                 ? wavu_peer_addresses(c->d->node, peer, p2pd_requests_on_address, &known)
                 : WAVU_ERR_UNSUPPORTED;
    if (rc < 0) {
        p2pd_client_fail(c, "the peerstore has no answer", rc);
    } else {
        p2pd_client_answer(c, p2pd_requests_write_known, &known);
    }
}

void p2pd_requests_answer(struct p2pd_client *c, const struct p2pd_msg_request *m)
{
    switch (m->type) {
    case P2PD_MSG_IDENTIFY:
        p2pd_client_answer(c, p2pd_requests_write_identify, c->d);
        return;
    case P2PD_MSG_CONNECT:
        p2pd_requests_connect(c, m);
        return;
    case P2PD_MSG_STREAM_OPEN:
        p2pd_requests_stream_open(c, m);
        return;
    case P2PD_MSG_STREAM_HANDLER:
        p2pd_requests_stream_handler(c, m);
        return;
    case P2PD_MSG_LIST_PEERS:
        p2pd_client_answer(c, p2pd_requests_write_peers, c->d);
        return;
    case P2PD_MSG_CONNMANAGER:
        p2pd_requests_conn_manager(c, m);
        return;
    case P2PD_MSG_DISCONNECT:
        p2pd_requests_disconnect(c, m);
        return;
    case P2PD_MSG_PEERSTORE:
        p2pd_requests_peerstore(c, m);
        return;
    case P2PD_MSG_DHT:
        if (p2pd_flags_has_dht(c->d->flags)) {
            p2pd_dht_answer(c, m);
        } else {
            p2pd_client_say(c, "the DHT is not enabled");
        }
        return;
    case P2PD_MSG_PUBSUB:
        p2pd_client_say(c, "pubsub is not enabled");
        return;
    default:
        p2pd_client_say(c, "that is no request that this daemon knows");
        return;
    }
}
