/*
 * Multicast DNS on its sockets.
 */
#include "discovery/mdns_service.h"

#include "net/listen.h"

static const struct multiaddr_ip mdns_service_group4 = {.ip = {224, 0, 0, 251}, .ip_len = 4};
static const struct multiaddr_ip mdns_service_group6 = {.ip = {0xff, 0x02, [15] = 0xfb},
                                                        .ip_len = 16};

static void mdns_service_arm(struct mdns_service *s)
{
    timers_set(&s->config.swarm->turn->timers, &s->timer, mdns_deadline(&s->mdns),
               MDNS_SERVICE_SLACK_NS);
}

static void mdns_service_found(struct mdns_service *s, const struct mdns_found *found)
{
    struct swarm *swarm = s->config.swarm;
    s->metrics.found.value++;
    for (size_t i = 0; i < found->candidates.count; i++) {
        if (peerbook_add_address(&swarm->peerbook, &found->peer, &found->candidates.addresses[i],
                                 PEERBOOK_HEARSAY, swarm->turn->now_ns) < 0) {
            break; /* better known addresses fill the entry */
        }
    }
    if (s->config.user.found != NULL) {
        s->config.user.found(s->config.user.context, found);
    }
}

static void mdns_service_drain(struct mdns_service *s)
{
    struct mdns_event event;
    while (mdns_next_event(&s->mdns, &event)) {
        struct span bytes = span_of(event.bytes, event.len);
        switch (event.kind) {
        case MDNS_SEND_ALL:
            s->metrics.sent.value += lan_send_all(&s->lan, bytes);
            break;
        case MDNS_SEND_TO:
            s->metrics.sent.value += lan_send_to(&s->lan, &event.to, bytes) == 0 ? 1 : 0;
            break;
        case MDNS_FOUND:
            mdns_service_found(s, &event.found);
            break;
        }
    }
    mdns_service_arm(s);
}

static void mdns_service_on_received(void *context, const struct port_datagram *d)
{
    struct mdns_service *s = context;
    uint64_t now = s->config.swarm->turn->now_ns;
    if (mdns_feed(&s->mdns, &d->from, span_from_mut(d->bytes), now) < 0) {
        s->metrics.dropped.value++;
    }
    mdns_service_drain(s);
}

static void mdns_service_look(struct mdns_service *s, uint64_t now)
{
    struct multiaddr own[CANDIDATE_LIST_MAX];
    size_t count = listen_addresses(s->config.swarm, own, CANDIDATE_LIST_MAX);
    mdns_set_addresses(&s->mdns, own, count);
    s->look_ns = now + MDNS_SERVICE_LOOK_NS;
    if (lan_refresh(&s->lan)) {
        mdns_hurry(&s->mdns, now);
    }
}

static void mdns_service_on_timer(struct timer *timer, uint64_t now)
{
    struct mdns_service *s = LIST_OF(timer, struct mdns_service, timer);
    if (now >= s->look_ns) {
        mdns_service_look(s, now);
    }
    mdns_tick(&s->mdns, now);
    mdns_service_drain(s);
}

static void mdns_service_count(struct mdns_service *s)
{
    if (s->config.metrics != NULL) {
        metric_add(s->config.metrics, &s->metrics.sent, "mdns_sent_total");
        metric_add(s->config.metrics, &s->metrics.found, "mdns_found_total");
        metric_add(s->config.metrics, &s->metrics.dropped, "mdns_dropped_total");
    }
}

int mdns_service_init(struct mdns_service *s, const struct mdns_service_config *config)
{
    struct swarm *swarm = config->swarm;
    struct lan_config lan = {
        .port = swarm->port,
        .udp_port = MDNS_PORT,
        .group4 = mdns_service_group4,
        .group6 = mdns_service_group6,
        .received = mdns_service_on_received,
        .context = s,
    };
    struct mdns_config mdns = {
        .random = &swarm->port->random,
        .self = swarm->self,
        .service = config->service,
        .is_low_power = config->is_low_power,
    };
    *s = (struct mdns_service){.config = *config};
    int rc = lan_init(&s->lan, &lan);
    if (rc < 0) {
        return rc;
    }
    mdns_init(&s->mdns, &mdns, swarm->turn->now_ns);
    mdns_service_count(s);
    mdns_service_look(s, swarm->turn->now_ns);
    timers_prepare(&s->timer, mdns_service_on_timer);
    mdns_service_arm(s);
    return 0;
}

void mdns_service_clear(struct mdns_service *s)
{
    uint8_t bytes[MDNS_MSG_WRITE_MAX];
    (void)lan_send_all(&s->lan, span_of(bytes, mdns_farewell(&s->mdns, bytes)));
    timers_cancel(&s->config.swarm->turn->timers, &s->timer);
    lan_clear(&s->lan);
    mdns_clear(&s->mdns);
}

void mdns_service_set_power(struct mdns_service *s, bool is_low)
{
    mdns_set_power(&s->mdns, is_low);
}
