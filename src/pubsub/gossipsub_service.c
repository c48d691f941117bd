/*
 * Gossipsub on the swarm.
 */
#include "pubsub/gossipsub_service.h"

#include <string.h>

#include "crypto/signed_record.h"
#include "net/conn.h"
#include "pubsub/gossipsub_way.h"

static const char *const gossipsub_service_names[GOSSIPSUB_SERVICE_VERSIONS] = {
    [GOSSIPSUB_FLOODSUB] = "/floodsub/1.0.0",
    [GOSSIPSUB_V10] = "/meshsub/1.0.0",
    [GOSSIPSUB_V11] = "/meshsub/1.1.0",
    [GOSSIPSUB_V12] = "/meshsub/1.2.0"};

/* ---- Dials that peer exchange asks for ---- */

static void gossipsub_service_dialled(void *context, int err, struct conn *conn)
{
    (void)err;
    (void)conn; /* it is met when it is identified */
    struct gossipsub_service_dial *slot = context;
    slot->dial = NULL;
}

/* What the peer signed of its addresses; the record was verified. */
static void gossipsub_service_learn(struct gossipsub_service *s, const struct peerid *peer,
                                    struct span record)
{
    struct peerbook *book = &s->swarm->peerbook;
    uint64_t now = s->swarm->turn->now_ns;
    struct multiaddr addresses[SIGNED_RECORD_ADDRESSES_MAX];
    struct signed_record_peer r;
    size_t count = 0;
    if (record.len == 0 || signed_record_open_peer(&r, record) < 0 ||
        !peerid_is_equal(&r.peer, peer)) {
        return;
    }
    for (size_t i = 0; i < r.address_count; i++) {
        count += multiaddr_decode(&addresses[count], r.addresses[i]) == 0 ? 1 : 0;
    }
    if (peerbook_put_record(book, peer, r.seq, addresses, count, now) < 0) {
        return; /* known already, or better */
    }
}

static void gossipsub_service_dial(struct gossipsub_service *s, const struct gossipsub_event *e)
{
    gossipsub_service_learn(s, &e->peer, e->record);
    if (swarm_conn(s->swarm, &e->peer) != NULL) {
        return;
    }
    for (size_t i = 0; i < GOSSIPSUB_SERVICE_DIALS_MAX; i++) {
        struct gossipsub_service_dial *slot = &s->dials[i];
        struct dial_user user = {.done = gossipsub_service_dialled, .context = slot};
        if (slot->dial == NULL) {
            if (dial_start(s->swarm, &e->peer, NULL, 0, user, &slot->dial) < 0) {
                slot->dial = NULL; /* no address of it is known */
            }
            return;
        }
    }
}

/* ---- Events of the machine ---- */

static void gossipsub_service_take(struct gossipsub_service *s, const struct gossipsub_event *e)
{
    struct gossipsub_way *w = gossipsub_way_of(s, &e->peer);
    switch (e->kind) {
    case GOSSIPSUB_WRITABLE:
        if (w != NULL) {
            gossipsub_way_send(w);
        }
        return;
    case GOSSIPSUB_CLOSE:
        if (w != NULL) {
            gossipsub_way_condemn(w);
        }
        return;
    case GOSSIPSUB_CONNECT:
        gossipsub_service_dial(s, e);
        return;
    case GOSSIPSUB_DELIVER:
    case GOSSIPSUB_VALIDATE:
    case GOSSIPSUB_PEER_ON:
    case GOSSIPSUB_PEER_OFF:
        if (s->config.user.told != NULL) {
            s->config.user.told(s->config.user.context, e);
        }
        return;
    }
}

void gossipsub_service_pump(struct gossipsub_service *s)
{
    struct gossipsub_event event;
    if (s->is_pumping) {
        return; /* whoever does it takes what comes */
    }
    s->is_pumping = true;
    while (gossipsub_next_event(s->machine, &event)) {
        gossipsub_service_take(s, &event);
    }
    s->is_pumping = false;
    timers_set(&s->swarm->turn->timers, &s->timer, gossipsub_deadline(s->machine),
               GOSSIPSUB_SERVICE_SLACK_NS);
}

static void gossipsub_service_on_timer(struct timer *timer, uint64_t now)
{
    struct gossipsub_service *s = LIST_OF(timer, struct gossipsub_service, timer);
    gossipsub_tick(s->machine, now);
    gossipsub_service_pump(s);
}

/* ---- Peers ---- */

/* Which of its names is the best that we speak, too; false: none. */
static bool gossipsub_service_version(const struct gossipsub_service *s, const struct peerid *peer,
                                      enum gossipsub_version *version)
{
    int best = s->config.is_floodsub ? GOSSIPSUB_FLOODSUB : GOSSIPSUB_V12;
    for (int v = best; v >= 0; v--) {
        if (peerbook_speaks(&s->swarm->peerbook, peer, gossipsub_service_names[v])) {
            *version = (enum gossipsub_version)v;
            return true;
        }
    }
    return false;
}

static void gossipsub_service_identified(void *context, struct conn *conn)
{
    struct gossipsub_service *s = context;
    const struct policy *policy = &s->swarm->policy;
    const struct peerid *peer = conn_peer(conn);
    enum gossipsub_version version;
    if (conn->kind == CONN_STREAMS &&
        policy->standing(policy->context, peer) >= s->config.audience &&
        gossipsub_service_version(s, peer, &version)) {
        (void)gossipsub_way_open(s, conn, version);
        gossipsub_service_pump(s);
    }
}

static void gossipsub_service_conn_down(void *context, struct conn *conn, int err)
{
    (void)err;
    struct gossipsub_service *s = context;
    struct gossipsub_way *w = gossipsub_way_of(s, conn_peer(conn));
    if (w != NULL && swarm_conn(s->swarm, &w->id) == NULL) {
        gossipsub_way_end(w);
        gossipsub_service_pump(s);
    }
}

static void gossipsub_service_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct gossipsub_service *s = service;
    struct gossipsub_way *w = stream_user(stream);
    if (event->kind == STREAM_OPENED && stream_is_inbound(stream)) {
        size_t version = (size_t)(stream_protocol_of(stream) - s->protocols);
        gossipsub_way_take(s, stream, (enum gossipsub_version)version);
    } else if (w != NULL) {
        gossipsub_way_up(w, stream, event);
    }
    gossipsub_service_pump(s);
}

/* ---- Being there ---- */

/* Name the protocols, newest first. */
static int gossipsub_service_register(struct gossipsub_service *s)
{
    int rc = 0;
    int best = s->config.is_floodsub ? GOSSIPSUB_FLOODSUB : GOSSIPSUB_V12;
    for (int v = best; v >= 0 && rc == 0; v--) {
        s->protocols[v] = (struct stream_protocol){.name = gossipsub_service_names[v],
                                                   .audience = s->config.audience,
                                                   .inbound_max = GOSSIPSUB_SERVICE_INBOUND_MAX,
                                                   .up = gossipsub_service_up,
                                                   .service = s};
        rc = stream_register(s->swarm, &s->protocols[v]);
        if (rc < 0) {
            s->protocols[v].name = NULL;
        }
    }
    return rc;
}

static bool gossipsub_service_record(void *context, const struct peerid *peer, struct span *record)
{
    const struct gossipsub_service *s = context;
    *record = peerbook_record(&s->swarm->peerbook, peer);
    return record->len > 0;
}

int gossipsub_service_init(struct gossipsub_service *s,
                           const struct gossipsub_service_config *config)
{
    struct swarm *swarm = config->swarm;
    *s = (struct gossipsub_service){.config = *config, .swarm = swarm};
    s->sign = gossipsub_sign_ed25519(&swarm->key);
    struct gossipsub_config machine = {
        .self = swarm->self,
        .seqno = config->seqno,
        .random = &swarm->port->random,
        .sign = &s->sign,
        .params = config->params != NULL ? *config->params : gossipsub_params_default(),
        .thresholds = gossipsub_score_thresholds_default(),
        .score = config->score,
        .record = gossipsub_service_record,
        .record_context = s};
    s->machine = gossipsub_new(&machine, swarm->turn->now_ns);
    s->config.params = NULL; /* were copied */
    s->config.score = NULL;
    map_init(&s->ways, &swarm->port->random);
    buf_init(&s->rpc, GOSSIPSUB_MSG_SIZE_MAX);
    timers_prepare(&s->timer, gossipsub_service_on_timer);
    s->observe = (struct observe){.context = s,
                                  .conn_down = gossipsub_service_conn_down,
                                  .identified = gossipsub_service_identified};
    swarm_observe(swarm, &s->observe);
    metric_add(config->metrics, &s->received, "gossipsub_rpcs_total");
    metric_add(config->metrics, &s->bad, "gossipsub_bad_rpcs_total");
    int rc = gossipsub_service_register(s);
    if (rc < 0) {
        gossipsub_service_clear(s);
        return rc;
    }
    gossipsub_service_pump(s);
    return 0;
}

void gossipsub_service_clear(struct gossipsub_service *s)
{
    size_t at = 0;
    s->is_pumping = true; /* nobody is told of what comes now */
    for (struct gossipsub_way *w = map_next(&s->ways, &at); w != NULL;
         w = map_next(&s->ways, &at)) {
        gossipsub_way_end(w);
        at = 0;
    }
    for (size_t i = 0; i < GOSSIPSUB_SERVICE_DIALS_MAX; i++) {
        if (s->dials[i].dial != NULL) {
            dial_cancel(s->dials[i].dial);
        }
    }
    for (size_t v = 0; v < GOSSIPSUB_SERVICE_VERSIONS; v++) {
        if (s->protocols[v].name != NULL) {
            stream_unregister(s->swarm, &s->protocols[v]);
        }
    }
    swarm_unobserve(&s->observe);
    timers_cancel(&s->swarm->turn->timers, &s->timer);
    map_clear(&s->ways);
    buf_clear(&s->rpc);
    gossipsub_free(s->machine);
}

/* ---- As the machine's ---- */

int gossipsub_service_join(struct gossipsub_service *s, struct span topic,
                           const struct gossipsub_topic_config *config)
{
    int rc = gossipsub_join(s->machine, s->swarm->turn->now_ns, topic, config);
    gossipsub_service_pump(s);
    return rc;
}

int gossipsub_service_leave(struct gossipsub_service *s, struct span topic)
{
    int rc = gossipsub_leave(s->machine, s->swarm->turn->now_ns, topic);
    gossipsub_service_pump(s);
    return rc;
}

int gossipsub_service_publish(struct gossipsub_service *s, struct span topic, struct span data,
                              struct gossipsub_sign_id *id)
{
    int rc = gossipsub_publish(s->machine, s->swarm->turn->now_ns, topic, data, id);
    gossipsub_service_pump(s);
    return rc;
}

void gossipsub_service_validated(struct gossipsub_service *s, uint64_t ticket,
                                 enum gossipsub_verdict verdict)
{
    gossipsub_validated(s->machine, s->swarm->turn->now_ns, ticket, verdict);
    gossipsub_service_pump(s);
}

int gossipsub_service_direct(struct gossipsub_service *s, const struct peerid *peer, bool is_direct)
{
    int rc = gossipsub_direct(s->machine, s->swarm->turn->now_ns, peer, is_direct);
    gossipsub_service_pump(s);
    return rc;
}
