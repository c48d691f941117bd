/*
 * libp2p's discovery by multicast DNS.
 */
#include "discovery/mdns.h"

#include <string.h>

#include "base/check.h"
#include "base/timers.h"

static const char mdns_key[] = "dnsaddr=";

/* ---- When ---- */

static uint64_t mdns_pause(const struct mdns *m)
{
    return MDNS_DELAY_MIN_NS +
           random_below(m->config.random, MDNS_DELAY_NS_MAX - MDNS_DELAY_MIN_NS + 1);
}

/* Plan the next question: a doubled interval, a quarter more or less. */
static void mdns_plan(struct mdns *m, uint64_t now)
{
    uint64_t most = m->config.is_low_power ? MDNS_ASK_LOW_NS : MDNS_ASK_NS;
    uint64_t interval = m->asks < 16 ? MDNS_ASK_FIRST_NS << m->asks : most;
    interval = interval < most ? interval : most;
    m->ask_ns = now + interval * 3 / 4 + random_below(m->config.random, interval / 2 + 1);
    m->asks += m->asks < UINT32_MAX ? 1 : 0;
}

/* An answer to all is wanted: soon, but not too soon behind the last one. */
static void mdns_plan_reply(struct mdns *m, uint64_t now)
{
    uint64_t due = now + mdns_pause(m);
    if (m->replied_ns != 0 && due < m->replied_ns + MDNS_REPLY_GAP_NS) {
        due = m->replied_ns + MDNS_REPLY_GAP_NS;
    }
    if (m->text_count > 0 && m->reply_ns == TIMERS_NEVER) {
        m->reply_ns = due;
    }
}

void mdns_tick(struct mdns *m, uint64_t now)
{
    if (now >= m->ask_ns) {
        m->has_question = true;
        m->counts.asked++;
        if (now - m->ask_ns > MDNS_LATE_NS) {
            m->asks = 0;
        }
        mdns_plan(m, now);
        mdns_plan_reply(m, now);
    }
    if (now >= m->reply_ns) {
        m->has_reply = true;
        m->counts.replied++;
        m->replied_ns = now;
        m->reply_ns = TIMERS_NEVER;
    }
}

uint64_t mdns_deadline(const struct mdns *m)
{
    return m->ask_ns < m->reply_ns ? m->ask_ns : m->reply_ns;
}

/* ---- Questions ---- */

/* What the question wants of us; false: nothing. */
static bool mdns_match(const struct mdns *m, const struct mdns_msg *msg,
                       const struct mdns_msg_question *q, enum mdns_msg_reply_kind *kind)
{
    struct span label;
    bool wants_pointer = q->type == MDNS_MSG_PTR || q->type == MDNS_MSG_ANY;
    bool wants_text = q->type == MDNS_MSG_TXT || q->type == MDNS_MSG_ANY;
    if (wants_pointer && mdns_msg_name_is(msg, q->name, m->service)) {
        *kind = MDNS_MSG_REPLY_POINTER;
        return true;
    }
    if (wants_pointer && mdns_msg_name_is(msg, q->name, MDNS_MSG_SERVICES)) {
        *kind = MDNS_MSG_REPLY_SERVICE;
        return true;
    }
    *kind = MDNS_MSG_REPLY_TEXT;
    return wants_text && mdns_msg_name_is_under(msg, q->name, m->service, &label) &&
           span_is_equal(label, span_from_text(m->instance));
}

/* Does the asker know of us already (RFC 6762 7.1)? */
static bool mdns_is_known(const struct mdns *m, const struct mdns_msg *msg)
{
    for (size_t i = 0; i < msg->record_count; i++) {
        const struct mdns_msg_record *r = &msg->records[i];
        struct span label;
        if (r->type == MDNS_MSG_PTR && r->ttl >= MDNS_TTL_S / 2 &&
            mdns_msg_name_is(msg, r->name, m->service) &&
            mdns_msg_name_is_under(msg, r->target, m->service, &label) &&
            span_is_equal(label, span_from_text(m->instance))) {
            return true;
        }
    }
    return false;
}

/* Answer one asker alone. */
static void mdns_reply_to(struct mdns *m, const struct multiaddr_ip *to,
                          const struct mdns_msg_reply *reply, uint64_t now)
{
    if (m->text_count == 0 || budget_bucket_take(&m->direct, 1, now) < 0) {
        m->counts.shed++;
        return;
    }
    m->has_direct = true;
    m->direct_to = *to;
    m->direct_reply = *reply;
}

static void mdns_feed_query(struct mdns *m, const struct mdns_msg *msg,
                            const struct multiaddr_ip *from, uint64_t now)
{
    for (size_t i = 0; i < msg->question_count; i++) {
        struct mdns_msg_reply reply = {
            .is_legacy = from->port != MDNS_PORT, .id = msg->id, .ttl = MDNS_TTL_LEGACY_S};
        if (!mdns_match(m, msg, &msg->questions[i], &reply.kind)) {
            continue;
        }
        if (reply.is_legacy) {
            mdns_reply_to(m, from, &reply, now);
        } else if (reply.kind != MDNS_MSG_REPLY_POINTER) {
            reply.ttl = MDNS_TTL_S; /* rare, and from tools: the asker alone is answered */
            mdns_reply_to(m, from, &reply, now);
        } else {
            if (!mdns_is_known(m, msg)) {
                mdns_plan_reply(m, now);
            }
            if (msg->record_count == 0 && m->asks > 2) {
                mdns_plan(m, now); /* all answer that question: ours can wait (RFC 6762 7.3) */
            }
        }
    }
}

/* ---- Answers ---- */

/* Read "dnsaddr=/ip4/.../p2p/..." into an address of its peer. */
static bool mdns_read_text(struct span text, struct multiaddr *address, struct peerid *peer)
{
    struct span key = span_of(mdns_key, sizeof mdns_key - 1);
    uint8_t id[PEERID_SIZE_MAX];
    size_t id_len = sizeof id;
    return span_has_prefix(text, key) &&
           multiaddr_parse(address, span_slice(text, key.len, text.len)) == 0 &&
           multiaddr_pop_peer(address, id, &id_len) &&
           peerid_decode(peer, span_of(id, id_len)) == 0;
}

static bool mdns_is_worth(const struct multiaddr *address, const struct multiaddr_ip *from)
{
    struct multiaddr_ip ip;
    return (multiaddr_to_ip(address, MULTIADDR_TCP, &ip) == 0 ||
            multiaddr_to_ip(address, MULTIADDR_UDP, &ip) == 0) &&
           candidate_is_plausible(&ip, from);
}

/* One TXT record: addresses of one peer; the first that it names counts. */
static void mdns_read_texts(struct mdns_found *f, struct span data, const struct multiaddr_ip *from)
{
    struct span text;
    size_t at = 0;
    while (mdns_msg_next_text(data, &at, &text)) {
        struct multiaddr address;
        struct peerid peer;
        if (!mdns_read_text(text, &address, &peer)) {
            continue;
        }
        if (f->peer.len == 0) {
            f->peer = peer;
        }
        if (peerid_is_equal(&f->peer, &peer) && mdns_is_worth(&address, from)) {
            candidate_add(&f->candidates, &address);
        }
    }
}

/* True when the same was not told a moment ago; then it counts as told now. */
static bool mdns_is_news(struct mdns *m, const struct mdns_found *f, uint64_t now)
{
    uint64_t said = map_hash(m->told_seed, peerid_span(&f->peer));
    for (size_t i = 0; i < f->candidates.count; i++) {
        uint64_t seed[2] = {m->told_seed[0] ^ said, m->told_seed[1]};
        said = map_hash(seed, multiaddr_span(&f->candidates.addresses[i]));
    }
    struct mdns_told *slot = &m->told[said % MDNS_TOLD_MAX];
    if (slot->at_ns != 0 && slot->said == said && now - slot->at_ns < MDNS_TELL_NS) {
        return false;
    }
    *slot = (struct mdns_told){.said = said, .at_ns = now};
    return true;
}

static int mdns_feed_response(struct mdns *m, const struct mdns_msg *msg,
                              const struct multiaddr_ip *from, uint64_t now)
{
    struct mdns_found *f = &m->found;
    *f = (struct mdns_found){.peer = {.len = 0}};
    for (size_t i = 0; i < msg->record_count; i++) {
        const struct mdns_msg_record *r = &msg->records[i];
        struct span label;
        if (r->type == MDNS_MSG_TXT && r->ttl > 0 &&
            mdns_msg_name_is_under(msg, r->name, m->service, &label) &&
            !span_is_equal(label, span_from_text(m->instance))) {
            mdns_read_texts(f, r->data, from);
        }
    }
    if (f->candidates.count == 0 || peerid_is_equal(&f->peer, &m->config.self) ||
        !mdns_is_news(m, f, now)) {
        return 0;
    }
    if (rates_take(&m->finders, from, now) < 0) {
        m->counts.shed++;
        return WAVU_ERR_LIMIT;
    }
    m->has_found = true;
    return 0;
}

int mdns_feed(struct mdns *m, const struct multiaddr_ip *from, struct span bytes, uint64_t now)
{
    struct mdns_msg msg;
    if (rates_take(&m->sources, from, now) < 0) {
        m->counts.shed++;
        return WAVU_ERR_LIMIT;
    }
    int rc = mdns_msg_decode(&msg, bytes);
    if (rc < 0) {
        m->counts.bad++;
        return rc;
    }
    if (msg.is_response) {
        /* Answers come from the port of multicast DNS (RFC 6762 6). */
        return from->port == MDNS_PORT ? mdns_feed_response(m, &msg, from, now) : 0;
    }
    mdns_feed_query(m, &msg, from, now);
    return 0;
}

/* ---- Events ---- */

static size_t mdns_write(const struct mdns *m, const struct mdns_msg_reply *kind,
                         uint8_t out[MDNS_MSG_WRITE_MAX])
{
    struct span texts[CANDIDATE_LIST_MAX];
    struct mdns_msg_reply reply = *kind;
    struct wr w;
    reply.service = m->service;
    reply.instance = m->instance;
    reply.texts = texts;
    reply.host = m->host;
    reply.text_count = m->text_count;
    for (size_t i = 0; i < m->text_count; i++) {
        texts[i] = span_from_text(m->texts[i]);
    }
    do {
        wr_init(&w, span_mut_of(out, MDNS_MSG_WRITE_MAX));
        mdns_msg_write_reply(&w, &reply);
    } while (wr_finish(&w) < 0 && reply.text_count-- > 0);
    CHECK(!w.failed);
    return w.len;
}

static void mdns_write_question(const struct mdns *m, struct mdns_event *event)
{
    struct wr w;
    wr_init(&w, span_mut_of(event->bytes, sizeof event->bytes));
    mdns_msg_write_query(&w, m->service);
    CHECK(!w.failed);
    event->kind = MDNS_SEND_ALL;
    event->len = w.len;
}

bool mdns_next_event(struct mdns *m, struct mdns_event *event)
{
    static const struct mdns_msg_reply pointer = {.kind = MDNS_MSG_REPLY_POINTER,
                                                  .ttl = MDNS_TTL_S};
    if (m->has_found) {
        m->has_found = false;
        event->kind = MDNS_FOUND;
        event->found = m->found;
        return true;
    }
    if (m->has_direct) {
        m->has_direct = false;
        event->kind = MDNS_SEND_TO;
        event->to = m->direct_to;
        event->len = mdns_write(m, &m->direct_reply, event->bytes);
        return true;
    }
    if (m->has_question) {
        m->has_question = false;
        mdns_write_question(m, event);
        return true;
    }
    if (m->has_reply) {
        m->has_reply = false;
        event->kind = MDNS_SEND_ALL;
        event->len = mdns_write(m, &pointer, event->bytes);
        return true;
    }
    return false;
}

size_t mdns_farewell(const struct mdns *m, uint8_t out[MDNS_MSG_WRITE_MAX])
{
    static const struct mdns_msg_reply gone = {.kind = MDNS_MSG_REPLY_POINTER, .ttl = 0};
    return mdns_write(m, &gone, out);
}

/* ---- Setting up ---- */

void mdns_init(struct mdns *m, const struct mdns_config *config, uint64_t now)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = strlen(config->service);
    CHECK(len < MDNS_SERVICE_MAX);
    *m = (struct mdns){.config = *config, .reply_ns = TIMERS_NEVER};
    memcpy(m->service, config->service, len);
    m->config.service = m->service;
    for (size_t i = 0; i < MDNS_INSTANCE_SIZE; i++) {
        m->instance[i] = alphabet[random_below(config->random, sizeof alphabet - 1)];
    }
    rates_init(&m->sources, config->random, MDNS_SOURCE_RATE, MDNS_SOURCE_BURST);
    rates_init(&m->finders, config->random, MDNS_FOUND_RATE, MDNS_FOUND_BURST);
    budget_bucket_init(&m->direct, MDNS_DIRECT_RATE, MDNS_DIRECT_BURST, now);
    m->told_seed[0] = random_u64(config->random);
    m->told_seed[1] = random_u64(config->random);
    mdns_hurry(m, now);
}

void mdns_clear(struct mdns *m)
{
    rates_clear(&m->sources);
    rates_clear(&m->finders);
}

/* "dnsaddr=", the address, and our id behind it. */
static bool mdns_write_text(const struct mdns *m, const struct multiaddr *address,
                            char out[MDNS_MSG_TEXT_MAX + 1])
{
    struct multiaddr whole = *address;
    char text[MULTIADDR_TEXT_MAX];
    struct wr w;
    if (multiaddr_append(&whole, MULTIADDR_P2P, peerid_span(&m->config.self)) < 0 ||
        multiaddr_format(&whole, text, sizeof text) < 0) {
        return false;
    }
    wr_init(&w, span_mut_of(out, MDNS_MSG_TEXT_MAX + 1));
    wr_text(&w, mdns_key);
    wr_text(&w, text);
    return wr_finish_text(&w) == 0;
}

static void mdns_add_host(struct mdns *m, const struct multiaddr_ip *ip)
{
    struct mdns_msg_host *host = &m->host;
    host->port = host->port == 0 ? ip->port : host->port;
    if (ip->ip_len == 4 && !host->has_ip4) {
        host->has_ip4 = true;
        memcpy(host->ip4, ip->ip, sizeof host->ip4);
    } else if (ip->ip_len == 16 && !host->has_ip6) {
        host->has_ip6 = true;
        memcpy(host->ip6, ip->ip, sizeof host->ip6);
    }
}

/* Add the addresses that are loopback, or those that are not. */
static void mdns_add_texts(struct mdns *m, const struct multiaddr *addresses, size_t count,
                           bool is_loopback)
{
    for (size_t i = 0; i < count && m->text_count < CANDIDATE_LIST_MAX; i++) {
        struct multiaddr_ip ip;
        bool is_ip = multiaddr_to_ip(&addresses[i], MULTIADDR_TCP, &ip) == 0 ||
                     multiaddr_to_ip(&addresses[i], MULTIADDR_UDP, &ip) == 0;
        if (is_ip && multiaddr_ip_is_loopback(&ip) == is_loopback &&
            mdns_write_text(m, &addresses[i], m->texts[m->text_count])) {
            m->text_count++;
            mdns_add_host(m, &ip);
        }
    }
}

void mdns_set_addresses(struct mdns *m, const struct multiaddr *addresses, size_t count)
{
    m->text_count = 0;
    m->host = (struct mdns_msg_host){.port = 0};
    mdns_add_texts(m, addresses, count, false);
    if (m->text_count == 0) {
        mdns_add_texts(m, addresses, count, true); /* others on this machine may use them */
    }
}

void mdns_set_power(struct mdns *m, bool is_low)
{
    m->config.is_low_power = is_low;
}

void mdns_hurry(struct mdns *m, uint64_t now)
{
    m->asks = 0;
    m->ask_ns = now + mdns_pause(m);
}

void mdns_check(const struct mdns *m)
{
    CHECK(m->text_count <= CANDIDATE_LIST_MAX);
    CHECK(strlen(m->instance) == MDNS_INSTANCE_SIZE);
    CHECK(m->sources.sources.count <= RATES_SOURCES_MAX);
    CHECK(m->finders.sources.count <= RATES_SOURCES_MAX);
    CHECK(m->ask_ns != TIMERS_NEVER);
}
