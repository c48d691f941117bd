/*
 * All connections and peers of a node.
 *
 * Arrives: links from transports (swarm_accept, or dial.c), news from conn.c. Leaves: news to
 * observers and to dial.c. Every path into a connection passes swarm_accept or dial_start, every
 * path out swarm_conn_closed.
 */
#include "net/swarm.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "net/crowd.h"
#include "net/dial.h"
#include "net/listen.h"
#include "net/plaintext_msg.h"

#define SWARM_FRAMES_SPARE_MAX 8 /* big records kept for reuse: half a MiB */

static void swarm_add_metrics(struct swarm *s, struct metric_set *set)
{
    struct swarm_metrics *m = &s->metrics;
    metric_add(set, &m->conns_opened, "conns_opened_total");
    metric_add(set, &m->conns_closed, "conns_closed_total");
    metric_add(set, &m->handshakes_failed, "conns_handshakes_failed_total");
    metric_add(set, &m->dropped_proto, "conns_dropped_proto_total");
    metric_add(set, &m->dropped_crypto, "conns_dropped_crypto_total");
    metric_add(set, &m->dropped_downgrade, "conns_dropped_downgrade_total");
    metric_add(set, &m->dropped_timeout, "conns_dropped_timeout_total");
    metric_add(set, &m->dropped_limit, "conns_dropped_limit_total");
    metric_add(set, &m->dropped_denied, "conns_dropped_denied_total");
    metric_add(set, &m->refused_rate, "conns_refused_rate_total");
    metric_add(set, &m->refused_full, "conns_refused_full_total");
    metric_add(set, &m->streams_refused, "streams_refused_total");
    metric_add(set, &m->streams_refused_rate, "streams_refused_rate_total");
    metric_add(set, &m->streams_reset, "streams_reset_total");
    metric_add(set, &m->bytes_received, "net_received_bytes_total");
    metric_add(set, &m->bytes_sent, "net_sent_bytes_total");
}

/* Who we are, and the proof of it that Noise shows. */
static int swarm_take_key(struct swarm *s, const struct swarm_config *config)
{
    s->host_key = config->host_key != NULL ? identity_key_ref(config->host_key)
                                           : identity_key_from_pair(config->key);
    if (identity_key_pair(s->host_key) != NULL) {
        s->key = *identity_key_pair(s->host_key);
    }
    s->self = *identity_key_peerid(s->host_key);
    return noise_identity_make_of(&s->identity, s->host_key, &config->port->random);
}

/* The names of what is spoken. Who has the key of a private network has no use for TLS: nobody
 * else gets there. */
static void swarm_take_security(struct swarm *s, unsigned security)
{
    size_t count = 0;
    if (security == 0 || s->has_psk) {
        security = SWARM_SECURITY_NOISE;
    }
    if ((security & SWARM_SECURITY_NOISE) != 0) {
        s->security[count++] = NOISE_HYBRID;
        s->security[count++] = NOISE_CLASSIC;
    }
    if ((security & SWARM_SECURITY_TLS) != 0) {
        s->security[count++] = TLS_PROTOCOL;
    }
    if ((security & SWARM_SECURITY_PLAINTEXT) != 0) {
        s->security[count++] = PLAINTEXT_MSG_PROTOCOL;
    }
    s->security[count] = NULL;
}

struct tls_identity *swarm_tls(struct swarm *s)
{
    if (s->tls == NULL && tls_identity_new(&s->tls, s->host_key, &s->port->random) < 0) {
        s->tls = NULL;
    }
    return s->tls;
}

static void swarm_drop_keys(struct swarm *s)
{
    tls_identity_free(s->tls);
    s->tls = NULL;
    identity_key_unref(s->host_key);
    s->host_key = NULL;
    aead_free(s->aead);
    s->aead = NULL;
    secret_wipe(&s->key, sizeof s->key);
    secret_wipe(&s->identity, sizeof s->identity);
    secret_wipe(s->psk, sizeof s->psk);
}

int swarm_init(struct swarm *s, const struct swarm_config *config)
{
    struct port *port = config->port;
    *s = (struct swarm){
        .port = port,
        .turn = &port->turn,
        .log = config->log,
        .idle_ns = config->idle_ns,
        .attempt_ns = config->attempt_ns > 0 ? config->attempt_ns : DIAL_ATTEMPT_NS,
        .conns_max = config->conns_max > 0 ? config->conns_max : SWARM_CONNS_MAX,
    };
    s->aead = aead_new();
    if (s->aead == NULL) {
        return WAVU_ERR_CRYPTO;
    }
    int rc = swarm_take_key(s, config);
    if (rc < 0) {
        swarm_drop_keys(s);
        return rc;
    }
    spare_init(&s->spare, port);
    if (config->psk != NULL) {
        memcpy(s->psk, config->psk, sizeof s->psk);
        s->has_psk = true;
    }
    swarm_take_security(s, config->security);
    policy_init_open(&s->policy);
    list_init(&s->protocols);
    list_init(&s->observers);
    list_init(&s->conns);
    list_init(&s->handshakes);
    list_init(&s->listeners);
    list_init(&s->dials);
    map_init(&s->peers, &port->random);
    peerbook_init(&s->peerbook, &port->random);
    admit_init(&s->admit, &port->random, port->turn.now_ns);
    budget_init(&s->budget, NULL, SWARM_BUDGET_BYTES);
    budget_init(&s->handshake_budget, NULL, SWARM_HANDSHAKE_BYTES);
    frame_pool_init(&s->frames, SWARM_FRAMES_SPARE_MAX);
    swarm_add_metrics(s, config->metrics);
    return 0;
}

static struct conn *swarm_first_conn(const struct swarm *s)
{
    struct list *node = list_next(&s->conns, &s->conns);
    return node == NULL ? NULL : LIST_OF(node, struct conn, link_swarm);
}

void swarm_shut(struct swarm *s)
{
    s->is_closing = true;
    listen_stop(s);
    dial_shut(s);
    struct list *node = list_next(&s->conns, &s->conns);
    while (node != NULL) {
        struct conn *c = LIST_OF(node, struct conn, link_swarm);
        node = list_next(&s->conns, node);
        conn_leave(c);
    }
}

void swarm_clear(struct swarm *s)
{
    s->is_closing = true;
    listen_stop(s);
    dial_shut(s);
    struct conn *c = swarm_first_conn(s);
    while (c != NULL) {
        conn_close(c, WAVU_ERR_SHUTDOWN);
        c = swarm_first_conn(s);
    }
    turn_reap(s->turn);
    CHECK(s->peers.count == 0);
    map_clear(&s->peers);
    peerbook_clear(&s->peerbook);
    listen_announce(s, NULL, 0);
    admit_clear(&s->admit);
    budget_clear(&s->budget);
    budget_clear(&s->handshake_budget);
    frame_pool_clear(&s->frames);
    spare_clear(&s->spare);
    swarm_drop_keys(s);
}

int swarm_set_other(struct swarm *s, const char *name, const struct aead_other *cipher)
{
    if (s->conn_count > 0) {
        return WAVU_ERR_IN_USE;
    }
    CHECK(strlen(name) < sizeof s->other);
    memcpy(s->other, name, strlen(name) + 1);
    s->other_security[0] = s->other;
    aead_set_other(s->aead, cipher);
    return 0;
}

void swarm_add_transport(struct swarm *s, struct transport *t)
{
    CHECK(s->transport_count < SWARM_TRANSPORTS_MAX);
    s->transports[s->transport_count++] = t;
}

struct transport *swarm_transport_for(const struct swarm *s, const struct multiaddr *address)
{
    for (size_t i = 0; i < s->transport_count; i++) {
        if (s->transports[i]->ops->speaks(address)) {
            return s->transports[i];
        }
    }
    return NULL;
}

void swarm_observe(struct swarm *s, struct observe *o)
{
    list_push_back(&s->observers, &o->link);
}

void swarm_unobserve(struct observe *o)
{
    list_remove(&o->link);
}

struct peer *swarm_peer(const struct swarm *s, const struct peerid *id)
{
    struct peer *peer = map_get(&s->peers, peerid_span(id));
    return peer != NULL && peer->conn_count > 0 ? peer : NULL;
}

static struct conn *swarm_best(const struct swarm *s, const struct peerid *id, bool is_dialled)
{
    struct peer *peer = swarm_peer(s, id);
    struct list *node = peer == NULL ? NULL : list_next(&peer->conns, &peer->conns);
    while (node != NULL) {
        struct conn *c = LIST_OF(node, struct conn, link_peer);
        if (conn_is_open(c) && c->kind == CONN_STREAMS && (c->is_dialled || !is_dialled)) {
            return c;
        }
        node = list_next(&peer->conns, node);
    }
    return NULL;
}

struct conn *swarm_conn(const struct swarm *s, const struct peerid *id)
{
    return swarm_best(s, id, false);
}

struct conn *swarm_conn_dialled(const struct swarm *s, const struct peerid *id)
{
    return swarm_best(s, id, true);
}

struct stream_protocol *swarm_protocol(const struct swarm *s, struct span name)
{
    struct list *node = list_next(&s->protocols, &s->protocols);
    while (node != NULL) {
        struct stream_protocol *protocol = LIST_OF(node, struct stream_protocol, link);
        if (span_is_equal(span_from_text(protocol->name), name)) {
            return protocol;
        }
        node = list_next(&s->protocols, node);
    }
    return NULL;
}

/* ---- Links that come in ---- */

/* Make room for one more handshake: the oldest unfinished one has had its chance. */
static void swarm_drop_oldest_handshake(struct swarm *s)
{
    struct list *node = list_next(&s->handshakes, &s->handshakes);
    if (node != NULL) {
        conn_close(LIST_OF(node, struct conn, link_peer), WAVU_ERR_LIMIT);
    }
}

static int swarm_may_accept(struct swarm *s, struct link *link)
{
    struct multiaddr local;
    struct multiaddr remote;
    struct multiaddr_ip ip;
    if (s->is_closing) {
        return WAVU_ERR_SHUTDOWN;
    }
    link_addresses(link, &local, &remote);
    if (multiaddr_to_ip(&remote, MULTIADDR_TCP, &ip) == 0 &&
        admit_take(&s->admit, &ip, s->turn->now_ns) < 0) {
        s->metrics.refused_rate.value++;
        return WAVU_ERR_LIMIT;
    }
    if (!s->policy.may_accept(s->policy.context, &remote)) {
        s->metrics.dropped_denied.value++;
        return WAVU_ERR_DENIED;
    }
    if (s->handshake_count >= SWARM_HANDSHAKES_MAX) {
        swarm_drop_oldest_handshake(s);
    }
    if (s->conn_count >= s->conns_max && crowd_make_room(s, &remote) < 0) {
        s->metrics.refused_full.value++;
        return WAVU_ERR_LIMIT;
    }
    return 0;
}

void swarm_accept(struct swarm *s, struct link *link)
{
    if (swarm_may_accept(s, link) < 0) {
        link_close(link, true);
        return;
    }
    struct conn *c = conn_new_take(s, link, CONN_STREAMS, NULL);
    (void)c;
}

/* ---- News from conn.c ---- */

static struct peer *swarm_peer_make(struct swarm *s, const struct peerid *id)
{
    struct peer *peer = map_get(&s->peers, peerid_span(id));
    if (peer != NULL) {
        return peer;
    }
    peer = mem_new(sizeof *peer);
    peer->id = *id;
    list_init(&peer->conns);
    budget_init(&peer->budget, &s->budget, SWARM_PEER_BYTES);
    budget_reserve(&peer->budget, SWARM_PEER_OWN_BYTES);
    CHECK(map_put(&s->peers, peerid_span(&peer->id), peer) == NULL);
    return peer;
}

/* The connection to `peer` that is not used, and was longest ago; or NULL. */
static struct conn *swarm_longest_idle(const struct peer *peer)
{
    struct conn *found = NULL;
    uint64_t since = UINT64_MAX;
    struct list *node = list_next(&peer->conns, &peer->conns);
    while (node != NULL) {
        struct conn *c = LIST_OF(node, struct conn, link_peer);
        node = list_next(&peer->conns, node);
        if (conn_is_idle(c) && c->idle_since_ns < since) {
            since = c->idle_since_ns;
            found = c;
        }
    }
    return found;
}

/* Is there a place for one more connection to `peer`? One that nobody uses gives way to it: who
 * dials an address cannot know whose it is. */
static bool swarm_makes_room(const struct peer *peer)
{
    if (peer->conn_count < SWARM_CONNS_PER_PEER_MAX) {
        return true;
    }
    struct conn *idle = swarm_longest_idle(peer);
    if (idle != NULL) {
        conn_close(idle, WAVU_ERR_CLOSED);
    }
    return idle != NULL;
}

int swarm_conn_join(struct swarm *s, struct conn *c, const struct peerid *id,
                    struct budget **budget)
{
    if (c->kind == CONN_PACKETS && s->packets.opened == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (peerid_is_equal(id, &s->self) ||
        !s->policy.may_connect(s->policy.context, id, c->is_dialled)) {
        return WAVU_ERR_DENIED;
    }
    const struct peer *known = swarm_peer(s, id);
    if (known != NULL && !swarm_makes_room(known)) {
        return WAVU_ERR_LIMIT;
    }
    struct peer *peer = swarm_peer_make(s, id);
    c->peer = peer;
    c->is_joined = true;
    peer->conn_count++;
    peer->ref_count++;
    list_push_back(&peer->conns, &c->link_peer);
    *budget = &peer->budget;
    return 0;
}

static void swarm_tell_up(struct swarm *s, struct conn *c)
{
    struct list *node = list_next(&s->observers, &s->observers);
    while (node != NULL && c->state == CONN_OPEN) {
        struct observe *o = LIST_OF(node, struct observe, link);
        node = list_next(&s->observers, node);
        if (o->conn_up != NULL) {
            o->conn_up(o->context, c);
        }
    }
}

static void swarm_tell_down(struct swarm *s, struct conn *c, int err)
{
    struct list *node = list_next(&s->observers, &s->observers);
    while (node != NULL) {
        struct observe *o = LIST_OF(node, struct observe, link);
        node = list_next(&s->observers, node);
        if (o->conn_down != NULL) {
            o->conn_down(o->context, c, err);
        }
    }
}

void swarm_conn_identified(struct swarm *s, struct conn *c)
{
    struct list *node = list_next(&s->observers, &s->observers);
    while (node != NULL && c->state == CONN_OPEN) {
        struct observe *o = LIST_OF(node, struct observe, link);
        node = list_next(&s->observers, node);
        if (o->identified != NULL) {
            o->identified(o->context, c);
        }
    }
}

int swarm_packets_received(struct swarm *s, struct conn *c, struct span plain)
{
    return s->packets.received(s->packets.context, c, plain);
}

void swarm_packets_pull(struct swarm *s, struct conn *c)
{
    s->packets.pull(s->packets.context, c);
}

void swarm_conn_opened(struct swarm *s, struct conn *c)
{
    struct multiaddr local;
    struct multiaddr remote;
    char id[LOG_ID_SIZE];
    s->metrics.conns_opened.value++;
    log_id(s->log, peerid_span(&c->peer->id), id);
    log_write(s->log, LOG_DEBUG, "swarm", "peer %s connected, %s", id,
              c->is_dialled ? "dialled" : "accepted");
    peerbook_pin(&s->peerbook, &c->peer->id, true);
    conn_addresses(c, &local, &remote);
    if (c->is_dialled) {
        /* Without room in the book the address stays known to this connection only. */
        int rc = peerbook_add_address(&s->peerbook, &c->peer->id, &remote, PEERBOOK_CONNECTED,
                                      s->turn->now_ns);
        (void)rc;
    }
    if (c->kind == CONN_PACKETS) {
        s->packets.opened(s->packets.context, c);
    } else {
        swarm_tell_up(s, c);
    }
    if (c->state == CONN_OPEN && c->is_dialled) {
        dial_conn_opened(s, c);
    }
}

static void swarm_count_close(struct swarm *s, int err)
{
    struct swarm_metrics *m = &s->metrics;
    struct metric *counter = NULL;
    if (err == WAVU_ERR_PROTO || err == WAVU_ERR_UNSUPPORTED) {
        counter = &m->dropped_proto;
    } else if (err == WAVU_ERR_CRYPTO || err == WAVU_ERR_PEER_ID) {
        counter = &m->dropped_crypto;
    } else if (err == WAVU_ERR_DOWNGRADE) {
        counter = &m->dropped_downgrade;
    } else if (err == WAVU_ERR_TIMEOUT) {
        counter = &m->dropped_timeout;
    } else if (err == WAVU_ERR_LIMIT) {
        counter = &m->dropped_limit;
    } else if (err == WAVU_ERR_DENIED) {
        counter = &m->dropped_denied;
    }
    if (counter != NULL) {
        counter->value++;
    }
}

static void swarm_conn_leave(struct swarm *s, struct conn *c, int err)
{
    struct peer *peer = c->peer;
    list_remove(&c->link_peer);
    peer->conn_count--;
    if (peer->conn_count == 0) {
        peerbook_pin(&s->peerbook, &peer->id, false);
    }
    if (c->kind == CONN_PACKETS) {
        s->packets.closed(s->packets.context, c);
    } else {
        swarm_tell_down(s, c, err);
    }
}

void swarm_conn_closed(struct swarm *s, struct conn *c, int err)
{
    s->metrics.conns_closed.value++;
    swarm_count_close(s, err);
    log_write(s->log, LOG_DEBUG, "swarm", "connection closed: %s", wavu_err_name(err));
    list_remove(&c->link_swarm);
    s->conn_count--;
    if (c->is_joined) {
        swarm_conn_leave(s, c, err);
    } else {
        s->metrics.handshakes_failed.value++;
    }
    if (c->is_dialled) {
        dial_conn_closed(s, c, err);
    }
}

void swarm_peer_forget(struct conn *c)
{
    struct peer *peer = c->peer;
    c->peer = NULL;
    if (peer == NULL) {
        return;
    }
    peer->ref_count--;
    if (peer->ref_count == 0) {
        (void)map_remove(&c->swarm->peers, peerid_span(&peer->id));
        budget_clear(&peer->budget);
        mem_free(peer);
    }
}
