/*
 * Devices without hosts.
 */
#include "tests/support/courier_guests.h"

#include <string.h>

#include "base/check.h"
#include "courier/courier_msg.h"
#include "courier/envelope_seal.h"

#define NETWORK "the network of these tests"

void courier_guests_start(struct courier_guests *g, struct courier_net *net, size_t count,
                          uint8_t owner)
{
    memset(g, 0, sizeof(*g));
    CHECK(count <= COURIER_NET_GUESTS);
    g->net = net;
    g->count = count;
    g->now = TIMERS_SECOND;
    g->aead = aead_new();
    random_seeded_init(&g->seeded, 4711);
    g->random = random_from_seeded(&g->seeded);
    for (size_t i = 0; i < count; i++) {
        struct courier_guest *one = &g->all[i];
        struct prekeys_config prekeys = {
            .device = &one->device, .signer = &signer_ed25519, .random = &g->random, .day = 600};
        struct session_config session = {.prekeys = &one->prekeys,
                                         .aead = g->aead,
                                         .kind = AEAD_CHACHA20_POLY1305,
                                         .random = &g->random};
        struct courier_net_guest *known = &net->guests[i];
        ed25519_make(&one->device, &g->random);
        memcpy(prekeys.network, NETWORK, sizeof(NETWORK) - 1);
        prekeys_init(&one->prekeys, &prekeys, g->now);
        memcpy(session.peer, courier_net_device(net, 0), sizeof(session.peer));
        session_init(&one->session, &session);
        memcpy(known->device, one->device.public_key, sizeof(known->device));
        known->bundle = prekeys_bundle(&one->prekeys);
        known->owner = owner;
    }
    net->guest_count = count;
}

void courier_guests_stop(struct courier_guests *g)
{
    g->net->guest_count = 0;
    for (size_t i = 0; i < g->count; i++) {
        session_clear(&g->all[i].session);
        prekeys_clear(&g->all[i].prekeys);
    }
    aead_free(g->aead);
}

void courier_guests_renew(struct courier_guests *g, size_t i)
{
    const struct courier_net_node *n = &g->net->nodes[0];
    session_restored(&g->all[i].session, g->now);
    CHECK(session_learn(&g->all[i].session, g->now, span_of(n->bundle, n->bundle_len)) == 0);
}

void courier_guests_seal(struct courier_guests *g, size_t i, uint32_t kind, struct span body,
                         struct buf *out)
{
    const struct courier_net_node *n = &g->net->nodes[0];
    struct courier_guest *one = &g->all[i];
    struct prekeys_msg m;
    uint8_t network[ENVELOPE_NETWORK_SIZE] = NETWORK;
    CHECK(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, span_of(n->bundle, n->bundle_len)) == 0);
    struct envelope_order order = {
        .class_number = ENVELOPE_CHAT,
        .lifetime_s = 1000,
        .recipient = {network, courier_net_device(g->net, 0), m.x25519.ptr, m.number},
        .content = {.kind = kind, .body = body},
        .room = ENVELOPE_SIZE_MAX};
    order.content.message[0] = (uint8_t)(++one->said >> 8);
    order.content.message[1] = (uint8_t)one->said;
    order.content.message[2] = (uint8_t)i;
    random_fill(&g->random, order.content.token, sizeof(order.content.token));
    const uint8_t frame = COURIER_MSG_ENVELOPE;
    CHECK(buf_append(out, span_of(&frame, 1)) == 0);
    CHECK(envelope_seal_make(&one->session, g->now, &order, out) == 0);
}

int courier_guests_say(struct courier_guests *g, size_t i, uint32_t kind, struct span body)
{
    struct buf out;
    buf_init(&out, 2 * ENVELOPE_SIZE_MAX);
    courier_guests_seal(g, i, kind, body, &out);
    const int rc =
        courier_hop(g->net->nodes[0].courier, g->all[i].device.public_key, buf_span(&out));
    buf_clear(&out);
    return rc;
}

void courier_guests_lose(struct courier_guests *g, size_t i, size_t count)
{
    struct buf out;
    buf_init(&out, 2 * ENVELOPE_SIZE_MAX);
    for (size_t k = 0; k < count; k++) {
        out.len = 0;
        courier_guests_seal(g, i, COURIER_CHAT, span_from_text("lost"), &out);
    }
    buf_clear(&out);
}
