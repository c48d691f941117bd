/*
 * The DHT for programs. Arrives: requests; events of wavu_dht_begin. Leaves: frames: where there is
 * one answer, a Response; where there are many, a Response with BEGIN, then bare DhtResponses.
 */
#include "apps/p2pd/p2pd_dht.h"

#include <string.h>

#include "apps/p2pd/p2pd_form.h"
#include "apps/p2pd/p2pd_requests.h"
#include "base/mem.h"
#include "base/varint.h"

struct p2pd_dht {
    struct p2pd_client *client;
    struct wavu_dht *wish;
    enum p2pd_msg_dht kind;
    uint8_t *value; /* owned: the best so far, where there is one answer; NULL: none */
    size_t value_len;
    bool has_answered;
};

static bool p2pd_dht_is_stream(enum p2pd_msg_dht kind)
{
    return kind == P2PD_MSG_FIND_PROVIDERS || kind == P2PD_MSG_GET_CLOSEST_PEERS ||
           kind == P2PD_MSG_SEARCH_VALUE;
}

/* One answer to write: a peer with addresses, or a value, or neither. */
struct p2pd_dht_what {
    struct p2pd_msg_dht_info info;
    struct p2pd_form_peer id;
    struct span peer;
    struct multiaddr addresses[WAVU_PEER_ADDRESSES_MAX];
    struct span spans[WAVU_PEER_ADDRESSES_MAX];
    bool is_bare;
};

static void p2pd_dht_write(struct wr *w, const void *context)
{
    const struct p2pd_dht_what *what = context;
    if (!what->is_bare) {
        p2pd_msg_put_ok(w);
    }
    p2pd_msg_put_dht(w, &what->info, what->is_bare);
}

static void p2pd_dht_put(struct p2pd_dht *dht, struct p2pd_dht_what *what)
{
    dht->has_answered = true;
    p2pd_client_answer(dht->client, p2pd_dht_write, what);
}

static void p2pd_dht_put_peer(struct p2pd_dht *dht, const struct wavu_dht_event *event)
{
    static struct p2pd_dht_what what; /* 5 KiB; used up before return */
    what = (struct p2pd_dht_what){.info = {.kind = P2PD_MSG_DHT_VALUE},
                                  .is_bare = p2pd_dht_is_stream(dht->kind)};
    p2pd_form_bytes(event->peer, &what.id);
    what.peer = span_of(what.id.bytes, what.id.len);
    for (size_t i = 0; i < event->address_count; i++) {
        size_t at = what.info.address_count;
        if (p2pd_form_address(event->addresses[i], &what.addresses[at])) {
            what.spans[at] = multiaddr_span(&what.addresses[at]);
            what.info.address_count++;
        }
    }
    if (dht->kind == P2PD_MSG_GET_CLOSEST_PEERS) {
        what.info.address_count = 0;
        what.info.value = what.peer; /* as go: the bare id */
    } else {
        what.info.peer = &what.peer;
        what.info.addresses = what.spans;
    }
    p2pd_dht_put(dht, &what);
}

static void p2pd_dht_put_value(struct p2pd_dht *dht, struct span value)
{
    struct p2pd_dht_what what = {.info = {.kind = P2PD_MSG_DHT_VALUE, .value = value},
                                 .is_bare = p2pd_dht_is_stream(dht->kind)};
    p2pd_dht_put(dht, &what);
}

static void p2pd_dht_put_mark(struct p2pd_dht *dht, enum p2pd_msg_dht_kind kind)
{
    struct p2pd_dht_what what = {.info = {.kind = kind}, .is_bare = kind == P2PD_MSG_DHT_END};
    p2pd_dht_put(dht, &what);
}

static void p2pd_dht_keep(struct p2pd_dht *dht, const struct wavu_dht_event *event)
{
    mem_free(dht->value);
    dht->value = mem_new(event->len + 1); /* a value of no bytes is one, too */
    memcpy(dht->value, event->value, event->len);
    dht->value_len = event->len;
}

/* What the last event means. */
static void p2pd_dht_finish(struct p2pd_dht *dht, int err)
{
    if (p2pd_dht_is_stream(dht->kind)) {
        p2pd_dht_put_mark(dht, P2PD_MSG_DHT_END);
    } else if (dht->value != NULL) {
        p2pd_dht_put_value(dht, span_of(dht->value, dht->value_len));
    } else if (err < 0 && !dht->has_answered) {
        p2pd_client_fail(dht->client, "the DHT has no answer", err);
    } else if (!dht->has_answered &&
               (dht->kind == P2PD_MSG_PUT_VALUE || dht->kind == P2PD_MSG_PROVIDE)) {
        p2pd_client_say(dht->client, NULL);
    } else if (!dht->has_answered) {
        p2pd_client_say(dht->client, "the DHT has no answer");
    }
}

static void p2pd_dht_free(struct p2pd_dht *dht)
{
    mem_free(dht->value);
    mem_free(dht);
}

static void p2pd_dht_on_event(void *context, const struct wavu_dht_event *event)
{
    struct p2pd_dht *dht = context;
    struct p2pd_client *c = dht->client;
    if (event->kind == WAVU_DHT_DONE) {
        c->dht = NULL;
        p2pd_dht_finish(dht, event->err);
        p2pd_dht_free(dht);
    } else if (event->kind == WAVU_DHT_VALUE && p2pd_dht_is_stream(dht->kind)) {
        p2pd_dht_put_value(dht, span_of(event->value, event->len));
    } else if (event->kind == WAVU_DHT_VALUE) {
        p2pd_dht_keep(dht, event);
    } else if (dht->kind != P2PD_MSG_FIND_PEER || !dht->has_answered) {
        p2pd_dht_put_peer(dht, event);
    }
    p2pd_client_go_on(c);
}

void p2pd_dht_cancel(struct p2pd_dht *dht)
{
    wavu_dht_cancel(dht->wish);
    p2pd_dht_free(dht);
}

/* ---- Requests ---- */

/* The multihash of a CID: all of version 0, what is behind version and codec of others. */
static struct span p2pd_dht_multihash(struct span cid)
{
    uint64_t number = 0;
    size_t used = 0;
    size_t at = 0;
    if (cid.len == 34 && cid.ptr[0] == 0x12 && cid.ptr[1] == 0x20) {
        return cid;
    }
    for (size_t i = 0; i < 2; i++) {
        if (varint_decode(span_slice(cid, at, cid.len), &number, &used) < 0 ||
            (i == 0 && number != 1)) {
            return span_empty();
        }
        at += used;
    }
    return span_slice(cid, at, cid.len);
}

/* The wish behind the request; false: it lacks something. `room` is for keys that are made. */
static bool p2pd_dht_read(const struct p2pd_msg_request *m, struct wavu_dht_wish *out,
                          uint8_t room[4 + P2PD_FORM_PEER_MAX])
{
    struct span key = m->key;
    switch ((enum p2pd_msg_dht)m->kind) {
    case P2PD_MSG_FIND_PEER:
        out->kind = WAVU_DHT_FIND;
        key = m->peer;
        break;
    case P2PD_MSG_FIND_PROVIDERS:
        out->kind = WAVU_DHT_PROVIDERS;
        out->enough =
            m->number > 0 && m->number < UINT32_MAX ? (uint32_t)m->number : P2PD_DHT_PROVIDERS;
        key = p2pd_dht_multihash(m->cid);
        break;
    case P2PD_MSG_GET_CLOSEST_PEERS:
        out->kind = WAVU_DHT_NEAREST;
        break;
    case P2PD_MSG_GET_PUBLIC_KEY:
        out->kind = WAVU_DHT_GET;
        memcpy(room, "/pk/", 4);
        memcpy(room + 4, m->peer.ptr != NULL ? m->peer.ptr : room,
               m->peer.len <= P2PD_FORM_PEER_MAX ? m->peer.len : 0);
        key = m->peer.len <= P2PD_FORM_PEER_MAX && m->peer.len > 0 ? span_of(room, 4 + m->peer.len)
                                                                   : span_empty();
        break;
    case P2PD_MSG_GET_VALUE:
    case P2PD_MSG_SEARCH_VALUE:
        out->kind = WAVU_DHT_GET;
        break;
    case P2PD_MSG_PUT_VALUE:
        out->kind = WAVU_DHT_PUT;
        out->value = m->value.ptr;
        out->value_len = m->value.len;
        break;
    case P2PD_MSG_PROVIDE:
        out->kind = WAVU_DHT_PROVIDE;
        key = p2pd_dht_multihash(m->cid);
        break;
    case P2PD_MSG_FIND_PEERS_CONNECTED:
        break;
    }
    out->key = key.ptr;
    out->key_len = key.len;
    return key.len > 0 && (m->kind != P2PD_MSG_PUT_VALUE || m->value.ptr != NULL);
}

/* The public key of an identity multihash stands in it. */
static bool p2pd_dht_knows_key(struct p2pd_dht *dht, struct span peer)
{
    if (dht->kind == P2PD_MSG_GET_PUBLIC_KEY && peer.len > 2 && peer.ptr[0] == 0 &&
        peer.ptr[1] == peer.len - 2) {
        p2pd_dht_put_value(dht, span_slice(peer, 2, peer.len));
        return true;
    }
    return false;
}

void p2pd_dht_answer(struct p2pd_client *c, const struct p2pd_msg_request *m)
{
    uint8_t room[4 + P2PD_FORM_PEER_MAX];
    struct wavu_dht_wish wish = {.timeout_ms = p2pd_requests_timeout_ms(m)};
    if (m->kind == P2PD_MSG_FIND_PEERS_CONNECTED || m->kind > P2PD_MSG_PROVIDE) {
        p2pd_client_say(c, "that is no request to the DHT that is built");
        return;
    }
    if (!m->has_body || !m->has_kind || !p2pd_dht_read(m, &wish, room)) {
        p2pd_client_say(c, "malformed request: a field is missing");
        return;
    }
    struct p2pd_dht *dht = mem_new(sizeof *dht);
    dht->client = c;
    dht->kind = (enum p2pd_msg_dht)m->kind;
    if (p2pd_dht_knows_key(dht, m->peer)) {
        p2pd_dht_free(dht);
        return;
    }
    int rc = wavu_dht_begin(c->d->node, &wish, p2pd_dht_on_event, dht, &dht->wish);
    if (rc < 0) {
        p2pd_dht_free(dht);
        p2pd_client_fail(c, "the DHT cannot be asked", rc);
        return;
    }
    c->dht = dht;
    if (p2pd_dht_is_stream(dht->kind)) {
        p2pd_dht_put_mark(dht, P2PD_MSG_DHT_BEGIN);
    }
}
