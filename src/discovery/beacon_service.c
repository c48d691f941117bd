/*
 * The LAN beacon on its sockets.
 */
#include "discovery/beacon_service.h"

#include "net/listen.h"

static const struct multiaddr_ip beacon_service_group6 = {
    /* ff12::7761:7675, "wavu": link-local, and not assigned by anybody (RFC 4291 2.7) */
    .ip = {0xff, 0x12, [12] = 'w', 'a', 'v', 'u'},
    .ip_len = 16};

static void beacon_service_arm(struct beacon_service *s)
{
    struct turn *turn = s->config.swarm->turn;
    uint64_t due = beacon_deadline(&s->beacon);
    if (!s->beacon.config.is_low_power && s->look_ns < due) {
        due = s->look_ns;
    }
    uint64_t slack = due > turn->now_ns + TIMERS_SECOND ? TIMERS_SECOND : BEACON_SERVICE_SLACK_NS;
    timers_set(&turn->timers, &s->timer, due, slack);
}

/* A neighbour, or (slot not 0) one who has that code open. */
static void beacon_service_found(struct beacon_service *s, uint16_t slot,
                                 const struct beacon_found *found)
{
    const struct beacon_service_user *user = &s->config.user;
    struct swarm *swarm = s->config.swarm;
    for (size_t i = 0; i < found->candidates.count; i++) {
        if (peerbook_add_address(&swarm->peerbook, &found->peer, &found->candidates.addresses[i],
                                 PEERBOOK_HEARSAY, swarm->turn->now_ns) < 0) {
            break; /* better known addresses fill the entry */
        }
    }
    if (slot == 0 && user->found != NULL) {
        user->found(user->context, found);
    }
    if (slot != 0 && user->inviter != NULL) {
        user->inviter(user->context, slot, found);
    }
}

static void beacon_service_drain(struct beacon_service *s)
{
    struct beacon_event event;
    while (beacon_next_event(&s->beacon, &event)) {
        struct span bytes = span_of(event.bytes, event.len);
        switch (event.kind) {
        case BEACON_SEND_ALL:
            s->metrics.sent.value += lan_send_all(&s->lan, bytes);
            break;
        case BEACON_SEND_TO:
            s->metrics.sent.value += lan_send_to(&s->lan, &event.to, bytes) == 0 ? 1 : 0;
            break;
        case BEACON_FOUND:
            beacon_service_found(s, 0, &event.found);
            break;
        case BEACON_INVITER:
            beacon_service_found(s, event.slot, &event.found);
            break;
        }
    }
    beacon_service_arm(s);
}

static void beacon_service_on_received(void *context, const struct port_datagram *d)
{
    struct beacon_service *s = context;
    uint64_t heard = s->beacon.counts.heard;
    int rc =
        beacon_feed(&s->beacon, &d->from, span_from_mut(d->bytes), s->config.swarm->turn->now_ns);
    if (s->beacon.counts.heard != heard) {
        s->metrics.heard.value++;
    } else if (rc < 0) {
        s->metrics.dropped.value++;
    }
    beacon_service_drain(s);
}

/* Interfaces come and go, and with them our addresses. */
static void beacon_service_look(struct beacon_service *s, uint64_t now)
{
    struct multiaddr own[BEACON_MSG_ADDRESSES_MAX];
    size_t count = listen_addresses(s->config.swarm, own, BEACON_MSG_ADDRESSES_MAX);
    beacon_set_addresses(&s->beacon, own, count);
    s->look_ns = now + BEACON_SERVICE_LOOK_NS;
    if (lan_refresh(&s->lan)) {
        beacon_hurry(&s->beacon, now);
    }
}

static void beacon_service_on_timer(struct timer *timer, uint64_t now)
{
    struct beacon_service *s = LIST_OF(timer, struct beacon_service, timer);
    if (now >= s->look_ns || now >= beacon_deadline(&s->beacon)) {
        beacon_service_look(s, now);
    }
    beacon_tick(&s->beacon, now);
    beacon_service_drain(s);
}

static void beacon_service_count(struct beacon_service *s)
{
    if (s->config.metrics != NULL) {
        metric_add(s->config.metrics, &s->metrics.sent, "beacon_sent_total");
        metric_add(s->config.metrics, &s->metrics.heard, "beacon_heard_total");
        metric_add(s->config.metrics, &s->metrics.dropped, "beacon_dropped_total");
    }
}

int beacon_service_init(struct beacon_service *s, const struct beacon_service_config *config)
{
    struct swarm *swarm = config->swarm;
    struct lan_config lan = {
        .port = swarm->port,
        .udp_port = config->udp_port,
        .group6 = beacon_service_group6,
        .has_own_port = true,
        .received = beacon_service_on_received,
        .context = s,
    };
    struct beacon_config beacon = {
        .random = &swarm->port->random,
        .aead = swarm->aead,
        .self = swarm->self,
        .is_open = config->is_open,
        .open_tag = config->open_tag,
        .is_low_power = config->is_low_power,
    };
    *s = (struct beacon_service){.config = *config};
    int rc = lan_init(&s->lan, &lan);
    if (rc < 0) {
        return rc;
    }
    beacon_init(&s->beacon, &beacon, swarm->turn->now_ns);
    beacon_service_count(s);
    timers_prepare(&s->timer, beacon_service_on_timer);
    beacon_service_arm(s);
    return 0;
}

void beacon_service_clear(struct beacon_service *s)
{
    timers_cancel(&s->config.swarm->turn->timers, &s->timer);
    lan_clear(&s->lan);
    beacon_clear(&s->beacon);
}

int beacon_service_set_keys(struct beacon_service *s, const struct beacon_key *keys, size_t count)
{
    int rc = beacon_set_keys(&s->beacon, keys, count);
    if (rc == 0) {
        beacon_service_hurry(s);
    }
    return rc;
}

void beacon_service_set_power(struct beacon_service *s, bool is_low)
{
    beacon_set_power(&s->beacon, is_low, s->config.swarm->turn->now_ns);
    beacon_service_arm(s);
}

void beacon_service_set_slot(struct beacon_service *s, uint16_t slot)
{
    beacon_set_slot(&s->beacon, slot, s->config.swarm->turn->now_ns);
    beacon_service_arm(s);
}

void beacon_service_seek(struct beacon_service *s, uint16_t slot)
{
    beacon_seek(&s->beacon, slot, s->config.swarm->turn->now_ns);
    beacon_service_arm(s);
}

void beacon_service_hurry(struct beacon_service *s)
{
    beacon_hurry(&s->beacon, s->config.swarm->turn->now_ns);
    beacon_service_arm(s);
}
