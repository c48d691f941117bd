/*
 * The LAN beacon.
 */
#include "discovery/beacon.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "crypto/secret.h"

/* Calls that are due; below the open one's: of each key. */
#define BEACON_OPEN_BIT (UINT32_C(1) << BEACON_KEYS_MAX)
#define BEACON_SLOT_BIT (BEACON_OPEN_BIT << 1)
#define BEACON_SEEK_BIT (BEACON_OPEN_BIT << 2)
#define BEACON_USUAL_BITS (BEACON_SLOT_BIT - 1)

struct beacon_peer {
    struct list by_time;
    uint64_t heard_ns;
    uint64_t answered_ns; /* 0: never */
    struct beacon_told told;
    struct {
        uint8_t id[PEERID_SIZE_MAX]; /* zeros behind its end */
        uint8_t id_len;
        uint8_t network[4];
    } key; /* bytes only: no padding */
};

/* ---- Neighbours ---- */

static uint64_t beacon_interval_max(const struct beacon *b)
{
    return b->config.is_low_power ? BEACON_INTERVAL_LOW_NS : BEACON_INTERVAL_NS;
}

static struct beacon_peer *beacon_first_peer(const struct beacon *b)
{
    struct list *first = list_next(&b->by_time, &b->by_time);
    return first == NULL ? NULL : LIST_OF(first, struct beacon_peer, by_time);
}

static void beacon_forget(struct beacon *b, struct beacon_peer *p)
{
    list_remove(&p->by_time);
    (void)map_remove(&b->peers, span_of(&p->key, sizeof p->key));
    mem_free(p);
}

/* Others may have low power: they are gone after three of their intervals. */
static void beacon_forget_old(struct beacon *b, uint64_t now)
{
    struct beacon_peer *p = beacon_first_peer(b);
    while (p != NULL && now - p->heard_ns > 3 * BEACON_INTERVAL_LOW_NS) {
        beacon_forget(b, p);
        p = beacon_first_peer(b);
    }
}

/* The entry of `peer` in `network`, which counts as heard now; a new one was told never. NULL
 * when there are too many new ones. */
static struct beacon_peer *beacon_peer_of(struct beacon *b, const struct multiaddr_ip *from,
                                          const struct peerid *peer, uint32_t network, uint64_t now)
{
    struct beacon_peer key = {.key.id_len = peer->len};
    memcpy(key.key.id, peer->bytes, peer->len);
    memcpy(key.key.network, &network, sizeof key.key.network);
    struct beacon_peer *p = map_get(&b->peers, span_of(&key.key, sizeof key.key));
    if (p == NULL &&
        (rates_take(&b->fresh, from, now) < 0 || budget_bucket_take(&b->news, 1, now) < 0)) {
        return NULL;
    }
    if (p == NULL) {
        if (b->peers.count >= BEACON_PEERS_MAX) {
            beacon_forget(b, beacon_first_peer(b));
        }
        p = mem_new(sizeof *p);
        p->key = key.key;
        (void)map_put(&b->peers, span_of(&p->key, sizeof p->key), p);
    }
    list_remove(&p->by_time);
    list_push_back(&b->by_time, &p->by_time);
    p->heard_ns = now;
    return p;
}

/* ---- Our own calls ---- */

static void beacon_plan(const struct beacon *b, struct beacon_rhythm *r, uint64_t now)
{
    uint64_t most = beacon_interval_max(b);
    uint64_t interval = r->calls < 16 ? BEACON_FIRST_NS << r->calls : most;
    interval = interval < most ? interval : most;
    r->next_ns = now + interval * 3 / 4 + random_below(b->config.random, interval / 2 + 1);
}

static void beacon_begin(const struct beacon *b, struct beacon_rhythm *r, uint64_t now)
{
    r->calls = 0;
    r->next_ns = now + random_below(b->config.random, BEACON_START_NS);
}

/* Is a call due? Then the next one is planned. */
static bool beacon_beat(const struct beacon *b, struct beacon_rhythm *r, uint64_t now)
{
    if (now < r->next_ns) {
        return false;
    }
    if (now - r->next_ns > BEACON_LATE_NS) {
        r->calls = 0;
    }
    beacon_plan(b, r, now);
    r->calls++;
    return true;
}

void beacon_hurry(struct beacon *b, uint64_t now)
{
    beacon_begin(b, &b->usual, now);
    if (b->slot != 0 || b->seek != 0) {
        beacon_begin(b, &b->coded, now);
    }
}

static void beacon_add_port(struct beacon_msg *m, uint16_t port)
{
    for (size_t i = 0; i < m->port_count; i++) {
        if (m->ports[i] == port) {
            return;
        }
    }
    if (m->port_count < BEACON_MSG_PORTS_MAX) {
        m->ports[m->port_count++] = port;
    }
}

/* What others are told about us; who looks for a code says nothing of itself. */
static void beacon_describe(const struct beacon *b, enum beacon_msg_kind kind, bool asks,
                            struct beacon_msg *m)
{
    if (kind == BEACON_MSG_SEEKER) {
        *m = (struct beacon_msg){.slot = b->seek};
        return;
    }
    *m = (struct beacon_msg){.peer = b->config.self, .asks = asks};
    if (kind == BEACON_MSG_OPEN) {
        m->network = span_of(b->open_tag, b->config.open_tag.len);
    }
    if (kind == BEACON_MSG_INVITER) {
        m->slot = b->slot;
    }
    for (size_t i = 0; i < b->address_count; i++) {
        struct multiaddr_ip ip;
        if (multiaddr_to_ip(&b->addresses[i], MULTIADDR_TCP, &ip) < 0) {
            continue;
        }
        beacon_add_port(m, ip.port);
        if (!multiaddr_ip_is_loopback(&ip)) {
            m->addresses[m->address_count++] = multiaddr_span(&b->addresses[i]);
        }
    }
}

/* Write a beacon, CLOSED under `key`, leaving addresses out until it fits. */
static size_t beacon_write(struct beacon *b, enum beacon_msg_kind kind,
                           const struct beacon_key *key, bool asks,
                           uint8_t out[BEACON_MSG_SIZE_MAX])
{
    struct beacon_msg m;
    struct wr w;
    int rc = WAVU_ERR_LIMIT;
    beacon_describe(b, kind, asks, &m);
    while (rc < 0) {
        wr_init(&w, span_mut_of(out, BEACON_MSG_SIZE_MAX));
        if (kind == BEACON_MSG_CLOSED) {
            rc = beacon_seal_write(&w, b->config.aead, key->bytes, b->config.random, &m);
        } else {
            beacon_msg_write_head(&w, kind);
            beacon_msg_encode(&w, &m);
            rc = wr_finish(&w);
        }
        CHECK(rc == 0 || m.address_count > 0); /* id and ports fit */
        m.address_count -= rc < 0 ? 1 : 0;
    }
    return w.len;
}

/* The next part of the calls that are due. */
static bool beacon_next_call(struct beacon *b, struct beacon_event *event)
{
    static const enum beacon_msg_kind clear[] = {BEACON_MSG_OPEN, BEACON_MSG_INVITER,
                                                 BEACON_MSG_SEEKER}; /* as the bits */
    for (size_t i = 0; b->unsent != 0 && i < BEACON_KEYS_MAX + 3; i++) {
        uint32_t bit = UINT32_C(1) << i;
        if ((b->unsent & bit) != 0) {
            bool is_sealed = i < BEACON_KEYS_MAX;
            enum beacon_msg_kind kind = is_sealed ? BEACON_MSG_CLOSED : clear[i - BEACON_KEYS_MAX];
            bool asks = b->asks && (bit & BEACON_USUAL_BITS) != 0;
            b->unsent &= ~bit;
            event->kind = BEACON_SEND_ALL;
            event->len = beacon_write(b, kind, is_sealed ? &b->keys[i] : NULL, asks, event->bytes);
            return true;
        }
    }
    return false;
}

void beacon_tick(struct beacon *b, uint64_t now)
{
    beacon_forget_old(b, now);
    if (beacon_beat(b, &b->usual, now)) {
        b->unsent |= b->config.is_open ? BEACON_OPEN_BIT : 0;
        for (size_t i = 0; i < b->key_count; i++) {
            b->unsent |= b->keys[i].is_current ? UINT32_C(1) << i : 0;
        }
        b->asks = b->usual.calls <= BEACON_ASKS;
    }
    if (beacon_beat(b, &b->coded, now)) {
        b->unsent |= b->slot != 0 ? BEACON_SLOT_BIT : 0;
        b->unsent |= b->seek != 0 ? BEACON_SEEK_BIT : 0;
    }
}

uint64_t beacon_deadline(const struct beacon *b)
{
    return b->usual.next_ns < b->coded.next_ns ? b->usual.next_ns : b->coded.next_ns;
}

/* ---- What others say ---- */

/* Where the beacon came from with each of its ports, then what it states. */
static void beacon_list_candidates(struct beacon_found *f, const struct multiaddr_ip *from,
                                   const struct beacon_msg *m)
{
    struct multiaddr address;
    struct multiaddr_ip ip = *from;
    for (size_t i = 0; i < m->port_count; i++) {
        ip.port = m->ports[i];
        multiaddr_from_ip(&address, &ip, MULTIADDR_TCP);
        candidate_add(&f->candidates, &address);
    }
    for (size_t i = 0; i < m->address_count; i++) {
        if (multiaddr_decode(&address, m->addresses[i]) == 0 &&
            multiaddr_to_ip(&address, MULTIADDR_TCP, &ip) == 0 &&
            candidate_is_plausible(&ip, from)) {
            multiaddr_from_ip(&address, &ip, MULTIADDR_TCP); /* nothing behind the port */
            candidate_add(&f->candidates, &address);
        }
    }
}

/* Answer `to` alone with a beacon of ours. */
static void beacon_answer(struct beacon *b, enum beacon_msg_kind kind, const struct beacon_key *key,
                          const struct multiaddr_ip *to)
{
    b->counts.answered++;
    b->has_answer = true;
    b->answer.kind = BEACON_SEND_TO;
    b->answer.to = *to;
    b->answer.len = beacon_write(b, kind, key, false, b->answer.bytes);
}

/* A newcomer asks: answer it alone, if enough of us do not anyway. */
static void beacon_consider_answer(struct beacon *b, struct beacon_peer *p,
                                   const struct beacon_key *key, const struct multiaddr_ip *to,
                                   uint64_t now)
{
    bool is_recent = p->answered_ns != 0 && now - p->answered_ns < BEACON_ANSWER_AGAIN_NS;
    bool is_near = b->usual.next_ns < now + BEACON_ANSWER_NEAR_NS;
    if (is_recent || is_near || (key != NULL && !key->is_current) ||
        random_below(b->config.random, b->peers.count) >= BEACON_ANSWERERS ||
        budget_bucket_take(&b->answers, 1, now) < 0) {
        return;
    }
    p->answered_ns = now;
    beacon_answer(b, key == NULL ? BEACON_MSG_OPEN : BEACON_MSG_CLOSED, key, to);
}

static uint64_t beacon_hash(const struct beacon *b, const struct beacon_found *f)
{
    uint64_t said = f->candidates.count;
    for (size_t i = 0; i < f->candidates.count; i++) {
        uint64_t seed[2] = {b->peers.seed[0] ^ said, b->peers.seed[1]};
        said = map_hash(seed, multiaddr_span(&f->candidates.addresses[i]));
    }
    return said;
}

/* Does it say what `told` does not know, or is it long ago? */
static bool beacon_is_news(const struct beacon_told *told, uint64_t said, uint64_t now)
{
    return told->ns == 0 || said != told->said || now - told->ns >= BEACON_TELL_NS;
}

/* A beacon of our network, by another. */
static int beacon_heard(struct beacon *b, const struct multiaddr_ip *from,
                        const struct beacon_msg *m, const struct beacon_key *key, uint64_t now)
{
    uint32_t network = key == NULL ? BEACON_OPEN : key->network;
    if (peerid_is_equal(&m->peer, &b->config.self)) {
        return 0; /* our own, which comes back */
    }
    struct beacon_peer *p = beacon_peer_of(b, from, &m->peer, network, now);
    if (p == NULL) {
        b->counts.shed++;
        return WAVU_ERR_LIMIT;
    }
    b->counts.heard++;
    if (m->asks) {
        beacon_consider_answer(b, p, key, from, now);
    }
    struct beacon_found *f = &b->found;
    *f = (struct beacon_found){.peer = m->peer,
                               .network = network,
                               .is_old_key = key != NULL && !key->is_current,
                               .is_new = p->told.ns == 0};
    beacon_list_candidates(f, from, m);
    uint64_t said = beacon_hash(b, f);
    if (beacon_is_news(&p->told, said, now)) {
        p->told = (struct beacon_told){.ns = now, .said = said};
        b->has_found = f->candidates.count > 0;
        b->found_slot = 0;
    }
    return 0;
}

static int beacon_feed_open(struct beacon *b, const struct multiaddr_ip *from,
                            const struct beacon_msg_packet *packet, uint64_t now)
{
    struct beacon_msg m;
    if (!b->config.is_open) {
        b->counts.foreign++;
        return 0;
    }
    int rc = beacon_msg_decode(&m, BEACON_MSG_OPEN, packet->content);
    if (rc < 0) {
        b->counts.bad++;
        return rc;
    }
    if (!span_is_equal(m.network, span_of(b->open_tag, b->config.open_tag.len))) {
        b->counts.foreign++;
        return 0;
    }
    return beacon_heard(b, from, &m, NULL, now);
}

static int beacon_feed_closed(struct beacon *b, const struct multiaddr_ip *from,
                              const struct beacon_msg_packet *packet, uint64_t now)
{
    uint8_t room[BEACON_MSG_PLAIN_SIZE];
    struct beacon_msg m;
    for (size_t i = 0; i < b->key_count; i++) {
        if (!beacon_seal_is_ours(b->keys[i].bytes, packet)) {
            continue;
        }
        int rc = beacon_seal_open(&m, b->config.aead, b->keys[i].bytes, packet, room);
        if (rc < 0) {
            b->counts.bad++;
            return rc;
        }
        return beacon_heard(b, from, &m, &b->keys[i], now);
    }
    b->counts.foreign++;
    return 0;
}

/* ---- Join codes ---- */

/* The entry of `peer`, or NULL. */
static struct beacon_inviter *beacon_inviter_of(struct beacon *b, const struct peerid *peer)
{
    for (size_t i = 0; i < BEACON_INVITERS_MAX && i < b->inviter_count; i++) {
        if (peerid_is_equal(&b->inviters[i].peer, peer)) {
            return &b->inviters[i];
        }
    }
    return NULL;
}

/* Someone has the code open that we look for, as it says. Strangers can send this, also to a node
 * of closed networks: so it has places and tokens of its own, and each telling costs some. */
static int beacon_invited(struct beacon *b, const struct multiaddr_ip *from,
                          const struct beacon_msg *m, uint64_t now)
{
    struct beacon_inviter *inviter = beacon_inviter_of(b, &m->peer);
    struct beacon_found *f = &b->found;
    *f = (struct beacon_found){
        .peer = m->peer, .network = BEACON_UNNAMED, .is_new = inviter == NULL};
    beacon_list_candidates(f, from, m);
    uint64_t said = beacon_hash(b, f);
    if (f->candidates.count == 0 ||
        (inviter != NULL && !beacon_is_news(&inviter->told, said, now))) {
        b->counts.heard++;
        return 0;
    }
    if (rates_take(&b->fresh, from, now) < 0 || budget_bucket_take(&b->invitations, 1, now) < 0) {
        b->counts.shed++;
        return WAVU_ERR_LIMIT;
    }
    b->counts.heard++;
    if (inviter == NULL) { /* in the place of the oldest */
        inviter = &b->inviters[b->inviter_count++ % BEACON_INVITERS_MAX];
    }
    *inviter = (struct beacon_inviter){.peer = m->peer, .told = {.ns = now, .said = said}};
    b->has_found = true;
    b->found_slot = m->slot;
    return 0;
}

/* Someone looks for the code that is open here: answer it alone, and at once. */
static int beacon_sought(struct beacon *b, const struct multiaddr_ip *from, uint64_t now)
{
    if (rates_take(&b->fresh, from, now) < 0 || budget_bucket_take(&b->answers, 1, now) < 0) {
        b->counts.shed++;
        return WAVU_ERR_LIMIT;
    }
    b->counts.heard++;
    beacon_answer(b, BEACON_MSG_INVITER, NULL, from);
    return 0;
}

static int beacon_feed_coded(struct beacon *b, const struct multiaddr_ip *from,
                             const struct beacon_msg_packet *packet, uint64_t now)
{
    bool is_inviter = packet->kind == BEACON_MSG_INVITER;
    uint16_t ours = is_inviter ? b->seek : b->slot;
    struct beacon_msg m;
    int rc = ours == 0 ? 0 : beacon_msg_decode(&m, packet->kind, packet->content);
    if (rc < 0) {
        b->counts.bad++;
        return rc;
    }
    if (ours == 0 || m.slot != ours) {
        b->counts.foreign++;
        return 0;
    }
    if (is_inviter && peerid_is_equal(&m.peer, &b->config.self)) {
        return 0;
    }
    return is_inviter ? beacon_invited(b, from, &m, now) : beacon_sought(b, from, now);
}

int beacon_feed(struct beacon *b, const struct multiaddr_ip *from, struct span bytes, uint64_t now)
{
    struct beacon_msg_packet packet;
    if (rates_take(&b->sources, from, now) < 0) {
        b->counts.shed++;
        return WAVU_ERR_LIMIT;
    }
    int rc = beacon_msg_split(&packet, bytes);
    if (rc < 0) {
        b->counts.bad++;
        return rc;
    }
    switch (packet.kind) {
    case BEACON_MSG_OPEN:
        return beacon_feed_open(b, from, &packet, now);
    case BEACON_MSG_CLOSED:
        return beacon_feed_closed(b, from, &packet, now);
    case BEACON_MSG_INVITER:
    case BEACON_MSG_SEEKER:
        return beacon_feed_coded(b, from, &packet, now);
    }
    return WAVU_ERR_UNSUPPORTED;
}

bool beacon_next_event(struct beacon *b, struct beacon_event *event)
{
    if (b->has_found) {
        b->has_found = false;
        event->kind = b->found_slot == 0 ? BEACON_FOUND : BEACON_INVITER;
        event->found = b->found;
        event->slot = b->found_slot;
        return true;
    }
    if (b->has_answer) {
        b->has_answer = false;
        event->kind = BEACON_SEND_TO;
        event->to = b->answer.to;
        event->len = b->answer.len;
        memcpy(event->bytes, b->answer.bytes, b->answer.len);
        return true;
    }
    return beacon_next_call(b, event);
}

/* ---- Setting up ---- */

void beacon_init(struct beacon *b, const struct beacon_config *config, uint64_t now)
{
    CHECK(config->open_tag.len <= BEACON_MSG_NETWORK_MAX);
    *b = (struct beacon){.config = *config};
    if (config->open_tag.len > 0) {
        memcpy(b->open_tag, config->open_tag.ptr, config->open_tag.len);
    }
    b->config.open_tag.ptr = NULL; /* the copy counts */
    map_init(&b->peers, config->random);
    list_init(&b->by_time);
    rates_init(&b->sources, config->random, BEACON_SOURCE_RATE, BEACON_SOURCE_BURST);
    budget_bucket_init(&b->answers, BEACON_ANSWERS_RATE, BEACON_ANSWERS_BURST, now);
    budget_bucket_init(&b->news, BEACON_NEWS_RATE, BEACON_NEWS_BURST, now);
    budget_bucket_init(&b->invitations, BEACON_INVITERS_RATE, BEACON_INVITERS_BURST, now);
    rates_init(&b->fresh, config->random, BEACON_NEW_RATE, BEACON_NEW_BURST);
    b->coded.next_ns = UINT64_MAX;
    beacon_hurry(b, now);
}

void beacon_clear(struct beacon *b)
{
    while (beacon_first_peer(b) != NULL) {
        beacon_forget(b, beacon_first_peer(b));
    }
    map_clear(&b->peers);
    rates_clear(&b->sources);
    rates_clear(&b->fresh);
    secret_wipe(b->keys, sizeof b->keys);
    b->key_count = 0;
}

int beacon_set_keys(struct beacon *b, const struct beacon_key *keys, size_t count)
{
    if (count > BEACON_KEYS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    secret_wipe(b->keys, sizeof b->keys);
    if (count > 0) {
        memcpy(b->keys, keys, count * sizeof keys[0]);
    }
    b->key_count = count;
    b->unsent &= ~(BEACON_OPEN_BIT - 1);
    return 0;
}

void beacon_set_addresses(struct beacon *b, const struct multiaddr *addresses, size_t count)
{
    b->address_count = count < BEACON_MSG_ADDRESSES_MAX ? count : BEACON_MSG_ADDRESSES_MAX;
    if (b->address_count > 0) {
        memcpy(b->addresses, addresses, b->address_count * sizeof addresses[0]);
    }
}

void beacon_set_power(struct beacon *b, bool is_low, uint64_t now)
{
    b->config.is_low_power = is_low;
    if (b->usual.next_ns > now + beacon_interval_max(b)) {
        beacon_plan(b, &b->usual, now);
    }
    if (b->coded.next_ns != UINT64_MAX && b->coded.next_ns > now + beacon_interval_max(b)) {
        beacon_plan(b, &b->coded, now);
    }
}

/* A number of a code changed to `slot`, and `bit` calls about it. */
static void beacon_set_code(struct beacon *b, uint16_t slot, uint32_t bit, uint64_t now)
{
    CHECK(slot <= BEACON_MSG_SLOT_MAX);
    b->unsent &= ~bit;
    if (slot != 0) {
        beacon_begin(b, &b->coded, now);
    } else if (b->slot == 0 && b->seek == 0) {
        b->coded.next_ns = UINT64_MAX;
    }
}

void beacon_set_slot(struct beacon *b, uint16_t slot, uint64_t now)
{
    if (slot != b->slot) {
        b->slot = slot;
        beacon_set_code(b, slot, BEACON_SLOT_BIT, now);
    }
}

void beacon_seek(struct beacon *b, uint16_t slot, uint64_t now)
{
    if (slot != b->seek) {
        b->seek = slot;
        b->inviter_count = 0;
        beacon_set_code(b, slot, BEACON_SEEK_BIT, now);
    }
}

size_t beacon_peer_count(const struct beacon *b)
{
    return b->peers.count;
}

void beacon_check(const struct beacon *b)
{
    map_check(&b->peers);
    CHECK(list_count(&b->by_time) == b->peers.count);
    CHECK(b->peers.count <= BEACON_PEERS_MAX && b->key_count <= BEACON_KEYS_MAX);
    CHECK(b->sources.sources.count <= RATES_SOURCES_MAX);
    CHECK(b->fresh.sources.count <= RATES_SOURCES_MAX);
    CHECK(b->slot <= BEACON_MSG_SLOT_MAX && b->seek <= BEACON_MSG_SLOT_MAX);
    CHECK((b->coded.next_ns == UINT64_MAX) == (b->slot == 0 && b->seek == 0));
    CHECK(b->seek != 0 || b->inviter_count == 0);
    uint64_t heard_ns = 0;
    for (struct list *n = list_next(&b->by_time, &b->by_time); n != NULL;
         n = list_next(&b->by_time, n)) {
        const struct beacon_peer *p = LIST_OF(n, struct beacon_peer, by_time);
        CHECK(p->heard_ns >= heard_ns);
        heard_ns = p->heard_ns;
    }
}
