/*
 * The mesh of a node: discovery finds peers and seeds, the overlay makes neighbours of them, and
 * what it finds out becomes events of the public interface.
 *
 * Each node says in the shared state who its neighbours are (ROUTE_KEY, which route/ writes), so
 * that everybody can draw the whole.
 */
#include "wavu/mesh.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/network_key.h"
#include "crypto/secret.h"
#include "discovery/beacon_service.h"
#include "discovery/mdns_service.h"
#include "discovery/seeds_service.h"
#include "node/wavu_joining.h"
#include "node/wavu_modules.h"
#include "node/wavu_node.h"
#include "node/wavu_send.h"
#include "node/wavu_standing.h"
#include "overlay/gate_key.h"
#include "overlay/overlay.h"
#include "route/route.h"

#define WAVU_MESH_BEACON_OWN 1 /* `network` of the key of the node's own mesh */

/* With low power: a beat in 5 s, gossip in 10, audits in 30, and so on. */
#define WAVU_MESH_LOW_FACTOR 10
#define WAVU_MESH_LOW_REBALANCE_FACTOR 6
#define WAVU_MESH_LOW_EXCHANGE_FACTOR 6
#define WAVU_MESH_LOW_ROUND_TRIP_FACTOR 15
#define WAVU_MESH_LOW_SLACK_NS (UINT64_C(400) * TIMERS_MS) /* below DETECTOR_GAP_NS */

struct wavu_mesh {
    struct wavu_node *node;
    struct overlay *overlay;
    struct beacon_service beacon;
    struct mdns_service mdns;
    struct seeds_service seeds;
    bool has_beacon;
    bool has_mdns;
    bool is_closed;                 /* to those without the network's key */
    struct gate_key gate;           /* the network, at the node's gate */
    char network[WAVU_NETWORK_MAX]; /* its name, or "" */
    void (*up)(void *context, const struct wavu_mesh_event *event);
    void *context;
};

_Static_assert(WAVU_BROADCAST_MAX == PLUMTREE_MSG_PAYLOAD_MAX, "as the overlay has it");
_Static_assert(WAVU_NETWORK_MAX == NETWORK_KEY_NAME_MAX + 1, "a name and a NUL");
_Static_assert(NETWORK_KEY_SIZE == GATE_KEY_SIZE && NETWORK_KEY_SIZE == BEACON_SEAL_KEY_SIZE &&
                   NETWORK_KEY_PSK_SIZE == PNET_KEY_SIZE,
               "one key for both");
_Static_assert(2 * WAVU_MESH_LOW_SLACK_NS < DETECTOR_GAP_NS, "waiting is no pause");
_Static_assert(WAVU_KEY_MAX == STATE_MSG_KEY_MAX, "as the overlay has it");
_Static_assert(WAVU_VALUE_MAX == STATE_MSG_VALUE_MAX, "as the overlay has it");

/* ---- Up ---- */

static void wavu_mesh_tell(struct wavu_mesh *m, struct wavu_mesh_event *event)
{
    event->peer = event->peer == NULL ? "" : event->peer;
    event->key = event->key == NULL ? "" : event->key;
    event->text = event->text == NULL ? "" : event->text;
    event->word = event->word == NULL ? "" : event->word;
    event->filter = event->filter == NULL ? "" : event->filter;
    if (m->up != NULL) {
        m->up(m->context, event);
    }
}

static void wavu_mesh_format(const struct overlay_id *id, char out[WAVU_PEER_TEXT_MAX])
{
    struct peerid peer;
    overlay_id_to_peer(id, &peer);
    peerid_format(&peer, out);
}

/* What filters say of it. */
static void wavu_mesh_filter(struct wavu_mesh *m, const struct overlay_id *author,
                             enum wavu_module_where where, struct wavu_mesh_event *event)
{
    char id[WAVU_MODULE_ID_MAX];
    struct wavu_module_message message = {.where = where,
                                          .kind = "data",
                                          .text = (const char *)event->data,
                                          .text_len = event->len,
                                          .author = id};
    if (m->node->modules == NULL) {
        return;
    }
    log_id(&m->node->log, overlay_id_span(author), id);
    struct wavu_modules_seen seen = wavu_modules_look(m->node->modules, &message);
    event->filter = seen.filter;
    event->is_filtered = seen.is_hidden;
}

static void wavu_mesh_tell_of(struct wavu_mesh *m, enum wavu_mesh_kind kind,
                              const struct mesh_event *from)
{
    char peer[WAVU_PEER_TEXT_MAX];
    char key[WAVU_KEY_MAX + 1] = "";
    struct span data = kind == WAVU_MESH_CHANGED ? from->value : from->body;
    struct wavu_mesh_event event = {.kind = kind,
                                    .peer = peer,
                                    .key = key,
                                    .data = data.ptr,
                                    .len = data.len,
                                    .hops = from->hops};
    wavu_mesh_format(&from->id, peer);
    if (kind == WAVU_MESH_CHANGED) {
        memcpy(key, from->key.ptr, from->key.len);
        key[from->key.len] = '\0';
    }
    if (kind == WAVU_MESH_MESSAGE) {
        wavu_mesh_filter(m, &from->id, WAVU_MODULE_BROADCAST, &event);
    }
    wavu_mesh_tell(m, &event);
}

static void wavu_mesh_on_unicast(void *context, const struct overlay_id *origin,
                                 struct span payload, uint32_t hops)
{
    char peer[WAVU_PEER_TEXT_MAX];
    struct wavu_mesh *m = context;
    struct wavu_mesh_event event = {.kind = WAVU_MESH_UNICAST,
                                    .peer = peer,
                                    .data = payload.ptr,
                                    .len = payload.len,
                                    .hops = hops};
    wavu_mesh_format(origin, peer);
    wavu_mesh_filter(m, origin, WAVU_MODULE_UNICAST, &event);
    wavu_mesh_tell(m, &event);
}

/* What became of a peer, for whoever looks what a node does. */
static void wavu_mesh_log(struct wavu_mesh *m, const struct overlay_id *id, const char *what)
{
    struct peerid peer;
    char text[LOG_ID_SIZE];
    overlay_id_to_peer(id, &peer);
    log_id(&m->node->log, peerid_span(&peer), text);
    log_write(&m->node->log, LOG_DEBUG, "mesh", "peer %s %s", text, what);
}

/* A peer is not of our network. When it is a seed, that is how it stands. */
static void wavu_mesh_refused(struct wavu_mesh *m, const struct mesh_event *event)
{
    struct peerid peer;
    overlay_id_to_peer(&event->id, &peer);
    seeds_service_told(&m->seeds, &peer,
                       event->refusal == VIEWS_NOT_INVITED ? SEEDS_NOT_INVITED
                                                           : SEEDS_WRONG_NETWORK);
}

static void wavu_mesh_on_event(void *context, const struct mesh_event *event)
{
    struct wavu_mesh *m = context;
    wavu_send_event(m->node->sends, event);
    switch (event->kind) {
    case MESH_NEIGHBOUR:
        wavu_mesh_log(m, &event->id, event->is_up ? "is a neighbour" : "is no neighbour any more");
        seeds_service_set_wanted(&m->seeds,
                                 views_active_count(&overlay_mesh(m->overlay)->views) == 0);
        if (event->is_up) {
            wavu_standing_risen(m->node, &event->id);
        }
        wavu_mesh_tell_of(m, event->is_up ? WAVU_MESH_NEIGHBOUR : WAVU_MESH_PARTED, event);
        return;
    case MESH_SUSPECTED:
        wavu_mesh_log(m, &event->id, event->is_up ? "is heard again" : "has been silent too long");
        wavu_mesh_tell_of(m, event->is_up ? WAVU_MESH_TRUSTED : WAVU_MESH_SUSPECTED, event);
        return;
    case MESH_DOWN:
        wavu_mesh_log(m, &event->id, "is taken for dead");
        wavu_mesh_tell_of(m, WAVU_MESH_DOWN, event);
        return;
    case MESH_SPLIT:
        wavu_mesh_tell_of(m, WAVU_MESH_HEALED, event);
        return;
    case MESH_DELIVER:
        wavu_mesh_tell_of(m, WAVU_MESH_MESSAGE, event);
        return;
    case MESH_CHANGED:
        /* Round trips change all the time, and mean something to route/ alone. */
        if (!span_is_equal(event->key, span_from_text(ROUTE_KEY))) {
            wavu_mesh_tell_of(m, WAVU_MESH_CHANGED, event);
        }
        return;
    case MESH_FORGOT:
        wavu_mesh_tell_of(m, WAVU_MESH_FORGOTTEN, event);
        return;
    case MESH_REFUSED:
        wavu_mesh_log(m, &event->id, "is of another network");
        wavu_mesh_refused(m, event);
        return;
    case MESH_WRITTEN:
        wavu_keep_written(m->node->keep);
        return;
    case MESH_SEND:
    case MESH_DIAL:
    case MESH_DROP:
    case MESH_REACH:
    case MESH_LEARNED:
    case MESH_FRAME: /* node/wavu_send.c had it */
        return;
    }
}

static void wavu_mesh_on_met(void *context)
{
    const struct wavu_mesh *m = context;
    wavu_keep_met(m->node->keep);
}

static void wavu_mesh_on_barred(void *context, const struct overlay_id *id, uint64_t ns)
{
    char peer[WAVU_PEER_TEXT_MAX];
    struct wavu_mesh_event event = {
        .kind = WAVU_MESH_BARRED, .peer = peer, .wait_ms = ns / TIMERS_MS};
    wavu_mesh_format(id, peer);
    wavu_mesh_log(context, id, "broke the rules: no links with it for a while");
    wavu_mesh_tell(context, &event);
}

void wavu_mesh_clock_changed(struct wavu_mesh *m)
{
    struct wavu_mesh_event event = {.kind = WAVU_MESH_CLOCK};
    if (m != NULL) {
        wavu_mesh_tell(m, &event);
    }
}

/* `ms`, or the default, so many times. */
static uint64_t wavu_mesh_ns(uint64_t ms, uint64_t otherwise_ns, uint64_t factor)
{
    return (ms > 0 ? ms * TIMERS_MS : otherwise_ns) * factor;
}

/* How often: far links and low power take more time; both together as much as the slower. */
static uint64_t wavu_mesh_factor(const struct wavu_mesh_config *config, uint64_t low)
{
    uint64_t wan = config->is_wan ? WAVU_NODE_WAN_FACTOR : 1;
    uint64_t power = config->is_low_power ? low : 1;
    return wan > power ? wan : power;
}

/* ---- Discovery ---- */

static void wavu_mesh_meet(struct wavu_mesh *m, const struct peerid *peer)
{
    (void)!overlay_meet(m->overlay, peer); /* other kinds of key are no nodes of a mesh */
}

static void wavu_mesh_on_beacon(void *context, const struct beacon_found *found)
{
    struct wavu_mesh *m = context;
    if (found->network == BEACON_OPEN || found->network == WAVU_MESH_BEACON_OWN) {
        wavu_mesh_meet(m, &found->peer);
    } else if (m->node->networks != NULL) {
        wavu_networks_on_beacon(m->node->networks, found);
    }
}

static void wavu_mesh_on_inviter(void *context, uint16_t slot, const struct beacon_found *found)
{
    const struct wavu_mesh *m = context;
    if (m->node->networks != NULL) {
        wavu_joining_on_inviter(m->node->networks->joining, slot, found);
    }
}

static void wavu_mesh_on_mdns(void *context, const struct mdns_found *found)
{
    wavu_mesh_meet(context, &found->peer);
}

static void wavu_mesh_on_seed(void *context, size_t seed, struct conn *conn)
{
    struct wavu_mesh *m = context;
    (void)seed;
    (void)!overlay_greet(m->overlay, conn); /* the seed's state says how it stands */
    if (m->node->networks != NULL) {
        wavu_networks_on_seed(m->node->networks, conn);
    }
}

static void wavu_mesh_on_seed_changed(void *context, size_t seed)
{
    struct wavu_mesh *m = context;
    struct seeds_view view;
    if (seeds_look(&m->seeds.seeds, seed, &view)) {
        bool is_tried = view.state == SEEDS_RESOLVING || view.state == SEEDS_DIALING;
        log_write(&m->node->log, is_tried ? LOG_DEBUG : LOG_INFO, "mesh", "seed %zu: %s", seed + 1,
                  view.sentence);
        struct wavu_mesh_event event = {
            .kind = WAVU_MESH_SEED, .text = view.text, .word = view.sentence};
        wavu_mesh_tell(m, &event);
    }
}

void wavu_mesh_set_network_keys(struct wavu_mesh *m, const struct beacon_key *keys, size_t count)
{
    struct beacon_key all[1 + WAVU_MESH_NETWORK_KEYS_MAX];
    size_t own = m->is_closed ? 1 : 0;
    if (!m->has_beacon) {
        return;
    }
    if (m->is_closed) {
        all[0] = (struct beacon_key){.network = WAVU_MESH_BEACON_OWN, .is_current = true};
        memcpy(all[0].bytes, m->gate.bytes, sizeof all[0].bytes);
    }
    for (size_t i = 0; i < count; i++) {
        all[own + i] = keys[i];
    }
    (void)!beacon_service_set_keys(&m->beacon, all, own + count); /* there is room for so many */
    secret_wipe(all, sizeof all);
}

void wavu_mesh_set_slot(struct wavu_mesh *m, uint16_t slot)
{
    if (m->has_beacon) {
        beacon_service_set_slot(&m->beacon, slot);
    }
}

bool wavu_mesh_seek(struct wavu_mesh *m, uint16_t slot)
{
    if (m->has_beacon) {
        beacon_service_seek(&m->beacon, slot);
    }
    return m->has_beacon;
}

/* A beacon or mDNS that cannot be (its port is taken alone by another) is no reason not to start:
 * seeds work without it. */
static void wavu_mesh_start_lan(struct wavu_mesh *m, const struct wavu_mesh_config *config)
{
    struct wavu_node *node = m->node;
    const struct beacon_service_config beacon = {
        .swarm = &node->swarm,
        .udp_port = config->discovery_port != 0 ? config->discovery_port : BEACON_PORT,
        .is_open = !m->is_closed,
        .is_low_power = config->is_low_power,
        .user = {.found = wavu_mesh_on_beacon, .inviter = wavu_mesh_on_inviter, .context = m},
        .metrics = &node->metrics};
    const struct mdns_service_config mdns = {.swarm = &node->swarm,
                                             .service = MDNS_SERVICE,
                                             .is_low_power = config->is_low_power,
                                             .user = {.found = wavu_mesh_on_mdns, .context = m},
                                             .metrics = &node->metrics};
    if (config->has_discovery) {
        m->has_beacon = beacon_service_init(&m->beacon, &beacon) == 0;
    }
    wavu_mesh_set_network_keys(m, NULL, 0);
    if (config->has_mdns && !m->is_closed) { /* it knows no networks */
        m->has_mdns = mdns_service_init(&m->mdns, &mdns) == 0;
    }
}

static int wavu_mesh_start_seeds(struct wavu_mesh *m, const struct wavu_mesh_config *config)
{
    const struct seeds_service_config seeds = {
        .swarm = &m->node->swarm,
        .base_ns = wavu_mesh_ns(config->recovery_base_delay_ms, SEEDS_BASE_NS, 1),
        .is_low_power = config->is_low_power,
        .retries =
            config->max_discovery_retries > 0 ? config->max_discovery_retries : SEEDS_RETRIES,
        .user = {
            .connected = wavu_mesh_on_seed, .changed = wavu_mesh_on_seed_changed, .context = m}};
    seeds_service_init(&m->seeds, &seeds);
    for (size_t i = 0; i < config->seed_count; i++) {
        int rc = seeds_service_add(&m->seeds, span_from_text(config->seeds[i]));
        if (rc < 0 && rc != WAVU_ERR_EXISTS) {
            return rc;
        }
    }
    return 0;
}

/* ---- Life ---- */

void wavu_mesh_numbers(const struct wavu_mesh_config *config, struct mesh_config *numbers,
                       uint64_t *slack_ns)
{
    uint64_t wan = wavu_mesh_factor(config, 1);
    uint64_t often = wavu_mesh_factor(config, WAVU_MESH_LOW_FACTOR);
    uint64_t audits = wavu_mesh_factor(config, WAVU_MESH_LOW_REBALANCE_FACTOR);
    bool is_low = config->is_low_power;
    *slack_ns = is_low ? WAVU_MESH_LOW_SLACK_NS : 0;
    *numbers = (struct mesh_config){
        .rebalance_ns = wavu_mesh_ns(config->rebalance_interval_ms, VIEWS_REBALANCE_NS, audits),
        .connect_ns = wavu_mesh_ns(config->connect_timeout_ms, VIEWS_CONNECT_NS, wan),
        .heartbeat_ns = wavu_mesh_ns(config->heartbeat_interval_ms, DETECTOR_INTERVAL_NS, often),
        .gossip_ns = wavu_mesh_ns(config->gossip_interval_ms, STATE_INTERVAL_NS, often),
        .ihave_ns = wavu_mesh_ns(config->ihave_timeout_ms, PLUMTREE_IHAVE_TIMEOUT_NS, wan),
        .exchange_ns = is_low ? PLUMTREE_EXCHANGE_NS * WAVU_MESH_LOW_EXCHANGE_FACTOR : 0,
        .round_trip_ns = is_low ? DETECTOR_ROUND_TRIP_NS * WAVU_MESH_LOW_ROUND_TRIP_FACTOR : 0,
        .phi_threshold = config->phi_threshold,
        .degree_min = config->min_degree,
        .degree_max = config->max_degree,
    };
}

/* Which network this is: that of a name, of a pre-shared key, of both, or the open one. */
static int wavu_mesh_find_network(struct wavu_mesh *m, const struct wavu_mesh_config *config)
{
    const struct swarm *s = &m->node->swarm;
    struct span name = config->network != NULL ? span_from_text(config->network) : span_empty();
    m->is_closed = name.len > 0 || s->has_psk;
    if (!m->is_closed) {
        gate_key_init(&m->gate, NULL);
        return 0;
    }
    uint8_t key[NETWORK_KEY_SIZE];
    int rc = network_key_derive(key, name, s->has_psk ? s->psk : NULL);
    if (rc == 0) {
        memcpy(m->network, name.ptr, name.len); /* the derivation has bounded it */
        gate_key_init(&m->gate, key);
    }
    secret_wipe(key, sizeof key);
    return rc;
}

int wavu_mesh_new(struct wavu_node *node, const struct wavu_mesh_config *config)
{
    struct wavu_mesh *m = mem_new(sizeof *m);
    m->node = node;
    int rc = wavu_mesh_find_network(m, config);
    if (rc < 0) {
        mem_free(m);
        return rc;
    }
    struct overlay_config overlay = {
        .swarm = &node->swarm,
        .ping = &node->ping,
        .gate = node->gate,
        .network = &m->gate.network,
        .scope = m->is_closed ? span_of(m->gate.bytes, sizeof m->gate.bytes) : span_empty(),
        .user = {.event = wavu_mesh_on_event,
                 .met = wavu_mesh_on_met,
                 .barred = wavu_mesh_on_barred,
                 .context = m},
        .metrics = &node->overlays};
    wavu_mesh_numbers(config, &overlay.mesh, &overlay.slack_ns);
    overlay.mesh.generation = wavu_keep_generation(node->keep);
    rc = gate_enter(node->gate, &m->gate.network);
    if (rc < 0) {
        goto out_key;
    }
    rc = overlay_new(&overlay, &m->overlay);
    if (rc < 0) {
        goto out_network;
    }
    node->mesh = m;
    wavu_send_start(node, m->overlay,
                    (struct wavu_send_user){.deliver = wavu_mesh_on_unicast, .context = m});
    rc = wavu_mesh_start_seeds(m, config);
    if (rc < 0) {
        wavu_mesh_free(m);
        node->mesh = NULL;
        return rc;
    }
    wavu_mesh_start_lan(m, config);
    return 0;
out_network:
    gate_leave(node->gate, &m->gate.network);
out_key:
    gate_key_clear(&m->gate);
    mem_free(m);
    return rc;
}

void wavu_mesh_free(struct wavu_mesh *m)
{
    if (m == NULL) {
        return;
    }
    m->up = NULL;
    if (m->has_mdns) {
        mdns_service_clear(&m->mdns);
    }
    if (m->has_beacon) {
        beacon_service_clear(&m->beacon);
    }
    seeds_service_clear(&m->seeds);
    overlay_free(m->overlay);
    wavu_send_free(m->node->sends);
    gate_leave(m->node->gate, &m->gate.network);
    gate_key_clear(&m->gate);
    mem_free(m);
}

void wavu_mesh_shut(struct wavu_mesh *m)
{
    if (m != NULL) {
        overlay_quit(m->overlay);
    }
}

struct overlay *wavu_mesh_overlay(struct wavu_mesh *m)
{
    return m->overlay;
}

void wavu_mesh_addresses_changed(struct wavu_mesh *m)
{
    if (m == NULL) {
        return;
    }
    overlay_addresses_changed(m->overlay);
    wavu_networks_addresses_changed(m->node->networks);
    if (m->has_beacon) {
        beacon_service_hurry(&m->beacon);
    }
}

uint64_t wavu_mesh_barred_ms(const struct wavu_mesh *m, const struct peerid *peer)
{
    struct overlay_id id;
    if (m == NULL || overlay_id_from_peer(&id, peer) < 0) {
        return 0;
    }
    uint64_t now = m->node->port->turn.now_ns;
    return overlay_bar_left(overlay_barred(m->overlay), now, &id) / TIMERS_MS;
}

bool wavu_mesh_is_closed(const struct wavu_mesh *mesh)
{
    return mesh->is_closed;
}

const struct mesh *wavu_mesh_inside(const struct wavu_node *node)
{
    return node->mesh == NULL ? NULL : overlay_mesh(node->mesh->overlay);
}

/* ---- Public ---- */

int wavu_mesh_listen(struct wavu_node *node,
                     void (*up)(void *context, const struct wavu_mesh_event *event), void *context)
{
    if (node->mesh == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    node->mesh->up = up;
    node->mesh->context = context;
    return 0;
}

int wavu_broadcast(struct wavu_node *node, const void *data, size_t len)
{
    struct wavu_module_message message = {
        .where = WAVU_MODULE_BROADCAST, .kind = "data", .text = data, .text_len = len};
    int rc = node->mesh == NULL ? WAVU_ERR_UNSUPPORTED : wavu_modules_say(node->modules, &message);
    return rc < 0 ? rc : overlay_broadcast(node->mesh->overlay, span_of(data, len), NULL);
}

/* What each node writes once, at least. */
static bool wavu_mesh_is_links(struct span key)
{
    return span_is_equal(key, span_from_text(ROUTE_KEY));
}

int wavu_mesh_set(struct wavu_node *node, const char *key, const void *value, size_t len)
{
    if (node->mesh == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (wavu_mesh_is_links(span_from_text(key))) {
        return WAVU_ERR_INVALID;
    }
    return overlay_set(node->mesh->overlay, span_from_text(key), span_of(value, len));
}

struct wavu_mesh_walk {
    const struct mesh *mesh;
    const struct wavu_sends *sends;
    void (*each)(void *context, const struct wavu_member *member);
    void *context;
};

static void wavu_mesh_report(const struct wavu_mesh_walk *walk, const struct overlay_id *id)
{
    char links[PATHS_LINKS_MAX][WAVU_PEER_TEXT_MAX];
    struct paths_link said[PATHS_LINKS_MAX];
    struct wavu_member member = {.links = (const char(*)[WAVU_PEER_TEXT_MAX])links};
    struct span told = span_empty();
    wavu_mesh_format(id, member.id);
    member.is_self = overlay_id_is_equal(id, &walk->mesh->config.self);
    member.is_neighbour = views_is_active(&walk->mesh->views, id);
    member.is_suspected = detector_is_suspected(&walk->mesh->detector, id);
    member.is_reachable =
        member.is_self || member.is_neighbour || wavu_send_reaches(walk->sends, id);
    member.rtt_us = detector_rtt_ns(&walk->mesh->detector, id) / 1000;
    if (state_get(&walk->mesh->state, id, span_from_text(ROUTE_KEY), &told) == 0) {
        (void)!paths_read(told, said, &member.link_count); /* bad ones are no links */
    }
    for (size_t i = 0; i < member.link_count; i++) {
        wavu_mesh_format(&said[i].id, links[i]);
    }
    walk->each(walk->context, &member);
}

void wavu_mesh_members(const struct wavu_node *node,
                       void (*each)(void *context, const struct wavu_member *member), void *context)
{
    struct state_cursor cursor = {.owner_at = 0};
    if (node->mesh == NULL) {
        return;
    }
    const struct mesh *mesh = overlay_mesh(node->mesh->overlay);
    const struct wavu_mesh_walk walk = {
        .mesh = mesh, .sends = node->sends, .each = each, .context = context};
    wavu_mesh_report(&walk, &mesh->config.self);
    while (state_next(&mesh->state, &cursor)) {
        if (wavu_mesh_is_links(cursor.key) &&
            !overlay_id_is_equal(&cursor.owner, &mesh->config.self)) {
            wavu_mesh_report(&walk, &cursor.owner);
        }
    }
}

bool wavu_mesh_status(const struct wavu_node *node, struct wavu_mesh_status *out)
{
    struct state_cursor cursor = {.owner_at = 0};
    *out = (struct wavu_mesh_status){.members = 1, .reachable = 1, .network = ""};
    if (node->mesh == NULL) {
        return false;
    }
    const struct mesh *mesh = overlay_mesh(node->mesh->overlay);
    while (state_next(&mesh->state, &cursor)) {
        if (wavu_mesh_is_links(cursor.key) &&
            !overlay_id_is_equal(&cursor.owner, &mesh->config.self)) {
            out->members++;
            out->reachable += views_is_active(&mesh->views, &cursor.owner) ||
                                      wavu_send_reaches(node->sends, &cursor.owner)
                                  ? 1
                                  : 0;
        }
    }
    out->barred = overlay_bar_count(overlay_barred(node->mesh->overlay), node->port->turn.now_ns);
    out->network = node->mesh->network;
    out->neighbours = views_active_count(&mesh->views);
    out->linked = out->neighbours + wavu_networks_linked(node->networks, &mesh->views);
    out->is_offline = out->linked == 0 && seeds_is_offline(&node->mesh->seeds.seeds);
    return true;
}

int wavu_mesh_add_seed(struct wavu_node *node, const char *address)
{
    return node->mesh == NULL ? WAVU_ERR_UNSUPPORTED
                              : seeds_service_add(&node->mesh->seeds, span_from_text(address));
}

int wavu_mesh_tune(struct wavu_node *node, const struct wavu_mesh_config *config)
{
    struct mesh_config numbers;
    uint64_t slack_ns = 0;
    int rc = 0;
    if (node->mesh == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    wavu_mesh_numbers(config, &numbers, &slack_ns);
    overlay_tune(node->mesh->overlay, &numbers);
    wavu_networks_tune(node->networks, &numbers);
    for (size_t i = 0; i < config->seed_count; i++) {
        int added = wavu_mesh_add_seed(node, config->seeds[i]);
        rc = added < 0 && added != WAVU_ERR_EXISTS ? added : rc;
    }
    return rc;
}

bool wavu_mesh_seed(const struct wavu_node *node, size_t i, const char **text, const char **word)
{
    struct seeds_view view;
    if (node->mesh == NULL || !seeds_look(&node->mesh->seeds.seeds, i, &view)) {
        return false;
    }
    *text = view.text;
    *word = view.sentence;
    return true;
}
