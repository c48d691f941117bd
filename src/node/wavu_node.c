/*
 * The composition root: builds a node's folders in LAYERS order and takes them down in reverse.
 */
#include "node/wavu_node.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "members/identity.h"
#include "net/dial.h"
#include "net/listen.h"
#include "node/wavu_backup.h"
#include "node/wavu_kad.h"
#include "node/wavu_topics.h"
#include "node/wavu_modules.h"
#include "node/wavu_networks.h"
#include "node/wavu_p2p.h"
#include "node/wavu_send.h"
#include "node/wavu_standing.h"
#include "node/wavu_stick.h"
#include "overlay/mesh.h"
#include "store/keyfile.h"
#include "wavu/mesh.h"
#include "wavu/version.h"

#define WAVU_NODE_AGENT "wavu/" WAVU_VERSION_TEXT

const char *wavu_version(void)
{
    return WAVU_VERSION_TEXT;
}

static void wavu_node_sink(void *context, enum log_level level, const char *subsystem,
                           const char *text)
{
    static const enum wavu_log_level public_level[] = {
        [LOG_ERROR] = WAVU_LOG_ERROR,
        [LOG_WARN] = WAVU_LOG_WARN,
        [LOG_INFO] = WAVU_LOG_INFO,
        [LOG_DEBUG] = WAVU_LOG_DEBUG,
    };
    struct wavu_node *node = context;
    node->log_user(node->log_context, public_level[level], subsystem, text);
}

void wavu_node_set_log_level(struct wavu_node *node, enum wavu_log_level level)
{
    static const enum log_level house_level[] = {
        [WAVU_LOG_ERROR] = LOG_ERROR,
        [WAVU_LOG_WARN] = LOG_WARN,
        [WAVU_LOG_INFO] = LOG_INFO,
        [WAVU_LOG_DEBUG] = LOG_DEBUG,
    };
    node->log.level = house_level[level];
}

static void wavu_node_start_log(struct wavu_node *node, const struct wavu_config *config)
{
    log_init(&node->log, LOG_ERROR, &config->port->random);
    wavu_node_set_log_level(node, config->log_level);
    if (config->log != NULL) {
        node->log_user = config->log;
        node->log_context = config->log_context;
        node->log.sink = wavu_node_sink;
        node->log.context = node;
    }
}

static int wavu_node_load_key(struct ed25519_pair *key, const struct wavu_config *config,
                              const struct keyfile_seal_lock *lock)
{
    if (config->seed != NULL) {
        ed25519_from_seed(key, config->seed);
        return 0;
    }
    const bool is_restored = !config->is_ephemeral &&
                             config->port->files->exists(config->port, WAVU_BACKUP_RESTORED) == 0;
    if (config->root_seed != NULL && !is_restored) {
        struct identity root;
        identity_from_seed(&root, config->root_seed);
        identity_first_device(key, &root);
        identity_wipe(&root);
        return 0;
    }
    if (config->is_ephemeral) {
        ed25519_make(key, &config->port->random);
        return 0;
    }
    return keyfile_load_or_make(key, config->port, KEYFILE_DEVICE, lock);
}

/* The host key that was given; NULL when none was. */
static int wavu_node_read_host_key(struct identity_key **key, const struct wavu_config *config)
{
    *key = NULL;
    if (config->host_key == NULL) {
        return 0;
    }
    if (config->mesh != NULL) {
        return WAVU_ERR_INVALID;
    }
    return identity_key_decode(key, span_of(config->host_key, config->host_key_len));
}

_Static_assert(WAVU_SECURITY_NOISE == (int)SWARM_SECURITY_NOISE &&
                   WAVU_SECURITY_TLS == (int)SWARM_SECURITY_TLS &&
                   WAVU_SECURITY_PLAINTEXT == (int)SWARM_SECURITY_PLAINTEXT,
               "the same set");

static uint64_t wavu_node_attempt_ns(const struct wavu_config *config)
{
    bool is_wan = config->mesh != NULL && config->mesh->is_wan;
    uint64_t ns =
        config->connect_timeout_ms > 0 ? config->connect_timeout_ms * TIMERS_MS : DIAL_ATTEMPT_NS;
    return is_wan ? ns * WAVU_NODE_WAN_FACTOR : ns;
}

static int wavu_node_start_swarm(struct wavu_node *node, const struct wavu_config *config,
                                 const char **file)
{
    struct ed25519_pair key;
    uint8_t psk[PNET_KEY_SIZE];
    int rc = wavu_store_unlock(&node->store, config, file);
    if (rc < 0) {
        return rc;
    }
    rc = wavu_node_load_key(&key, config, &node->store.keys);
    if (rc < 0) {
        *file = KEYFILE_DEVICE;
        return rc;
    }
    struct identity_key *host_key = NULL;
    rc = wavu_node_read_host_key(&host_key, config);
    if (rc == 0 && config->psk_file != NULL) {
        rc = pnet_parse_key(psk, span_of(config->psk_file, config->psk_file_len));
    }
    if (rc == 0) {
        struct swarm_config swarm_config = {
            .port = config->port,
            .key = &key,
            .host_key = host_key,
            .security = config->security,
            .psk = config->psk_file != NULL ? psk : NULL,
            .log = &node->log,
            .metrics = &node->metrics,
            .idle_ns = config->idle_ms > 0 ? config->idle_ms * TIMERS_MS : CONN_IDLE_NS,
            .attempt_ns = wavu_node_attempt_ns(config),
            .conns_max = config->conns_max,
        };
        rc = swarm_init(&node->swarm, &swarm_config);
    }
    identity_key_unref(host_key);
    secret_wipe(&key, sizeof key);
    secret_wipe(psk, sizeof psk);
    return rc;
}

static void wavu_node_start_services(struct wavu_node *node, const struct wavu_config *config)
{
    struct swarm *s = &node->swarm;
    tcp_init(&node->tcp, config->port);
    swarm_add_transport(s, &node->tcp.transport);
    /* A fresh swarm has no protocols: no name can be taken. */
    CHECK(identify_init(&node->identify, s, WAVU_NODE_AGENT, &node->metrics) == 0);
    CHECK(ping_init(&node->ping, s) == 0);
    CHECK(perf_init(&node->perf, s) == 0);
    if (config->serves_echo) {
        CHECK(echo_init(&node->echo, s) == 0);
        node->serves_echo = true;
    }
    wavu_standing_install(node);
    node->datagram = datagram_new(s, &node->metrics);
    node->gate = gate_new(s, &node->metrics);
    overlay_metrics_add(&node->overlays, &node->metrics);
    courier_metrics_add(&node->couriers, &node->metrics);
    talks_metrics_add(&node->talks, &node->metrics);
    rooms_metrics_add(&node->rooms, &node->metrics);
}

/* What stands on the store. */
static int wavu_node_start_mesh(struct wavu_node *node, const struct wavu_config *config,
                                const char **file)
{
    int rc = wavu_store_open(&node->store, config, &node->log, file);
    if (rc < 0) {
        return rc;
    }
    wavu_store_count(&node->store, &node->metrics);
    metric_add(&node->metrics, &node->keep_looks, "keep_looks_total");
    const struct wavu_keep_config keep = {
        .swarm = &node->swarm, .store = node->store.store, .looks = &node->keep_looks};
    *file = STORE_FILE;
    rc = wavu_keep_open(&keep, &node->keep);
    if (rc == 0) {
        *file = NULL;
        rc = wavu_mesh_new(node, config->mesh);
    }
    if (rc == 0) {
        *file = STORE_FILE;
        rc = wavu_keep_follow(node->keep, wavu_mesh_overlay(node->mesh));
    }
    if (rc == 0) {
        struct mesh_config numbers;
        uint64_t slack_ns = 0;
        wavu_mesh_numbers(config->mesh, &numbers, &slack_ns);
        rc = wavu_networks_new(node, &numbers, slack_ns, file);
    }
    *file = rc == 0 ? NULL : *file;
    return rc;
}

/* A restore or a wipe that was cut off leaves a home that is no node's. */
static int wavu_node_check_home(const struct wavu_config *config, const char **file)
{
    static const char *const marks[] = {WAVU_BACKUP_RESTORING, WAVU_BACKUP_WIPING};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0] && !config->is_ephemeral; i++) {
        if (config->port->files->exists(config->port, marks[i]) == 0) {
            *file = marks[i];
            return WAVU_ERR_AGAIN;
        }
    }
    return 0;
}

int wavu_node_new(const struct wavu_config *config, struct wavu_node **out)
{
    const char *nowhere;
    const char **file = config->failed_file != NULL ? config->failed_file : &nowhere;
    *file = NULL;
    int rc = secret_start();
    rc = rc < 0 ? rc : wavu_node_check_home(config, file);
    if (rc < 0) {
        return rc;
    }
    struct wavu_node *node = mem_new(sizeof *node);
    node->port = config->port;
    node->started_ns = config->port->turn.now_ns;
    node->is_ephemeral = config->is_ephemeral;
    node->has_root_seed = config->root_seed != NULL;
    if (node->has_root_seed) {
        memcpy(node->root_seed, config->root_seed, sizeof node->root_seed);
    }
    list_init(&node->ops);
    wavu_node_start_log(node, config);
    rc = wavu_node_start_swarm(node, config, file);
    if (rc < 0) {
        secret_wipe(node->root_seed, sizeof node->root_seed);
        wavu_store_clear(&node->store);
        mem_free(node);
        return rc;
    }
    wavu_node_start_services(node, config);
    wavu_wakeups_init(&node->wakeups, &config->port->turn, &node->metrics);
    wavu_clock_init(&node->clock, node);
    if (config->mesh != NULL) {
        rc = wavu_node_start_mesh(node, config, file);
    }
    rc = rc < 0 ? rc : wavu_kad_new(node, config); /* what it keeps is in the store */
    if (rc < 0) {
        wavu_node_free(node);
        return rc;
    }
    *out = node;
    return 0;
}

void wavu_node_free(struct wavu_node *node)
{
    if (node == NULL) {
        return;
    }
    node->swarm.is_closing = true; /* a callback that tries again is told so at once */
    wavu_op_end_all(node);
    wavu_backup_end(node);
    wavu_send_end_all(node->sends);
    wavu_stick_free(node->stick);
    wavu_topics_shut(node->topics);
    wavu_p2p_free(node->p2p);
    node->p2p = NULL;
    wavu_networks_free(node->networks);
    node->networks = NULL;
    wavu_keep_free(node->keep); /* it looks at the mesh */
    node->keep = NULL;
    wavu_clock_clear(&node->clock);
    wavu_mesh_free(node->mesh);
    wavu_kad_free(node);
    gate_free(node->gate);
    wavu_store_clear(&node->store);
    wavu_wakeups_clear(&node->wakeups);
    datagram_free(node->datagram);
    if (node->serves_echo) {
        echo_clear(&node->echo);
    }
    perf_clear(&node->perf);
    ping_clear(&node->ping);
    identify_clear(&node->identify);
    swarm_clear(&node->swarm);
    wavu_modules_free(node->modules); /* frames and ways are no more */
    wavu_topics_free(node->topics);
    secret_wipe(node->root_seed, sizeof node->root_seed);
    mem_free(node);
}

void wavu_node_shut(struct wavu_node *node)
{
    node->swarm.is_closing = true; /* a callback that tries again is told so at once */
    wavu_op_end_all(node);
    wavu_topics_shut(node->topics);
    wavu_kad_shut(node);
    wavu_backup_end(node);
    wavu_send_end_all(node->sends);
    wavu_networks_shut(node->networks);
    wavu_keep_shut(node->keep); /* before the neighbours go */
    wavu_store_shut(&node->store);
    wavu_mesh_shut(node->mesh);
    swarm_shut(&node->swarm);
}

bool wavu_node_is_quiet(const struct wavu_node *node)
{
    return node->swarm.conn_count == 0 && list_is_empty(&node->swarm.dials);
}

void wavu_node_id(const struct wavu_node *node, char out[WAVU_PEER_TEXT_MAX])
{
    _Static_assert(WAVU_PEER_TEXT_MAX >= PEERID_TEXT_MAX, "a peer id's text fits");
    peerid_format(&node->swarm.self, out);
}

int wavu_node_listen(struct wavu_node *node, const char *address)
{
    struct multiaddr parsed;
    int rc = multiaddr_parse_any(&parsed, span_from_text(address));
    if (rc == 0) {
        rc = listen_start(&node->swarm, &parsed);
    }
    if (rc == 0) {
        identify_push_all(&node->identify);
        wavu_mesh_addresses_changed(node->mesh);
    }
    return rc;
}

/* `address` with our peer id behind it, as text. */
static bool wavu_node_full_address(const struct wavu_node *node, struct multiaddr address,
                                   char out[WAVU_ADDRESS_TEXT_MAX])
{
    return multiaddr_append(&address, MULTIADDR_P2P, peerid_span(&node->swarm.self)) == 0 &&
           multiaddr_format(&address, out, WAVU_ADDRESS_TEXT_MAX) == 0;
}

bool wavu_node_address(struct wavu_node *node, size_t i, char out[WAVU_ADDRESS_TEXT_MAX])
{
    struct multiaddr found[IDENTIFY_TOLD_MAX];
    size_t count = listen_addresses(&node->swarm, found, IDENTIFY_TOLD_MAX);
    return i < count && wavu_node_full_address(node, found[i], out);
}

bool wavu_node_observed(const struct wavu_node *node, size_t i, char out[WAVU_ADDRESS_TEXT_MAX])
{
    struct multiaddr address = {.len = 0};
    struct multiaddr_ip at;
    if (!identify_observed(&node->identify, i, &at)) {
        return false;
    }
    at.zone = 0; /* the peer's, if any */
    return multiaddr_append_host(&address, &at) == 0 &&
           multiaddr_format(&address, out, WAVU_ADDRESS_TEXT_MAX) == 0;
}

/* An IP address or a name, then a TCP port, then at most a peer id: what can be dialled today. A
 * peer id alone is looked for. */
static bool wavu_node_can_dial(struct multiaddr address)
{
    size_t at = 0;
    size_t count = 0;
    struct multiaddr_part part = {.code = 0};
    bool has_host = false;
    bool is_zone = false;
    bool is_named = multiaddr_pop_peer(&address, NULL, NULL);
    while (multiaddr_next(&address, &at, &part)) {
        is_zone = is_zone || part.code == MULTIADDR_IP6ZONE;
        has_host = has_host || part.code == MULTIADDR_IP4 || part.code == MULTIADDR_IP6 ||
                   part.code == MULTIADDR_DNS || part.code == MULTIADDR_DNS4 ||
                   part.code == MULTIADDR_DNS6;
        count++;
    }
    return count == 0 ? is_named
                      : has_host && part.code == MULTIADDR_TCP && count == (is_zone ? 3u : 2u);
}

int wavu_address_check(const char *address)
{
    struct multiaddr parsed;
    int rc = multiaddr_parse_any(&parsed, span_from_text(address));
    return rc < 0 || wavu_node_can_dial(parsed) ? rc : WAVU_ERR_UNSUPPORTED;
}

static size_t wavu_node_peer_count(const struct wavu_node *node)
{
    size_t at = 0;
    size_t count = 0;
    const struct peer *peer = map_next(&node->swarm.peers, &at);
    while (peer != NULL) {
        count += peer->conn_count > 0 ? 1 : 0;
        peer = map_next(&node->swarm.peers, &at);
    }
    return count;
}

void wavu_node_status(const struct wavu_node *node, struct wavu_status *out)
{
    const struct swarm *s = &node->swarm;
    const struct clocks clock = wavu_clock_look(&node->clock);
    *out = (struct wavu_status){
        .uptime_ms = (node->port->precise_ns(node->port) - node->started_ns) / TIMERS_MS,
        .conns = s->conn_count,
        .peers = wavu_node_peer_count(node),
        .handshakes = s->handshake_count,
        .bytes_received = s->metrics.bytes_received.value,
        .bytes_sent = s->metrics.bytes_sent.value,
        .wakeups_per_minute = wavu_wakeups_per_minute(&node->wakeups),
        .is_private = s->has_psk,
        .is_failing = node->store.is_failing,
        .is_damaged = node->store.is_damaged,
        .clock_ahead_ms = clock.ahead_ms,
        .clock_others = clock.others,
    };
}

static uint32_t wavu_node_stream_count(const struct peer *peer)
{
    size_t count = 0;
    struct list *node = list_next(&peer->conns, &peer->conns);
    while (node != NULL) {
        count += list_count(&LIST_OF(node, struct conn, link_peer)->streams);
        node = list_next(&peer->conns, node);
    }
    return (uint32_t)count;
}

/* A peer is as well secured as its weakest connection. */
static bool wavu_node_is_hybrid(const struct peer *peer)
{
    struct list *node = list_next(&peer->conns, &peer->conns);
    while (node != NULL) {
        if (!conn_is_hybrid(LIST_OF(node, struct conn, link_peer))) {
            return false;
        }
        node = list_next(&peer->conns, node);
    }
    return true;
}

/* Neighbours in the mesh are measured all the time, other connections when they were new. */
static uint64_t wavu_node_rtt_us(const struct wavu_node *node, const struct peer *peer,
                                 const struct conn *c)
{
    const struct mesh *mesh = wavu_mesh_inside(node);
    struct overlay_id id;
    uint64_t rtt_ns = 0;
    if (mesh != NULL && overlay_id_from_peer(&id, &peer->id) == 0) {
        rtt_ns = detector_rtt_ns(&mesh->detector, &id);
    }
    return (rtt_ns > 0 ? rtt_ns : conn_rtt_ns(c)) / TIMERS_US;
}

static void wavu_node_describe(const struct wavu_node *node, const struct peer *peer,
                               struct wavu_peer *out)
{
    struct multiaddr local;
    struct multiaddr remote;
    const struct conn *c = LIST_OF(list_next(&peer->conns, &peer->conns), struct conn, link_peer);
    *out = (struct wavu_peer){
        .agent = peerbook_agent(&node->swarm.peerbook, &peer->id),
        .connected_ms = (node->port->precise_ns(node->port) - c->opened_ns) / TIMERS_MS,
        .rtt_us = wavu_node_rtt_us(node, peer, c),
        .conns = (uint32_t)peer->conn_count,
        .streams = wavu_node_stream_count(peer),
        .is_dialled = c->is_dialled,
        .is_hybrid = wavu_node_is_hybrid(peer),
        .is_experiment = node->swarm.other[0] != '\0',
        .barred_ms = wavu_mesh_barred_ms(node->mesh, &peer->id),
    };
    peerid_format(&peer->id, out->id);
    conn_addresses(c, &local, &remote);
    if (remote.len == 0 || multiaddr_format(&remote, out->address, sizeof out->address) < 0) {
        out->address[0] = '\0';
    }
}

void wavu_node_peers(const struct wavu_node *node,
                     void (*each)(void *context, const struct wavu_peer *peer), void *context)
{
    size_t at = 0;
    const struct peer *peer = map_next(&node->swarm.peers, &at);
    while (peer != NULL) {
        if (peer->conn_count > 0) {
            struct wavu_peer described;
            wavu_node_describe(node, peer, &described);
            each(context, &described);
        }
        peer = map_next(&node->swarm.peers, &at);
    }
}

void wavu_node_metrics(const struct wavu_node *node,
                       void (*each)(void *context, const char *name, uint64_t value), void *context)
{
    const struct metric *m = node->metrics.first;
    while (m != NULL) {
        each(context, m->name, m->value);
        m = m->next;
    }
}
