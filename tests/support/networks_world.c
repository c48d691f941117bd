/*
 * Nodes with networks.
 */
#include "tests/support/networks_world.h"

#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"
#include "port/files.h"

static struct networks_world *world; /* one at a time: events know their node, not the world */

static size_t place_of(const struct networks_node *n)
{
    return (size_t)(n - world->nodes);
}

/* ---- A protocol of the network ---- */

static void stream_up_here(void *service, struct stream *stream, struct stream_event *event)
{
    struct networks_node *n = service;

    if (event->kind == STREAM_OPENED) {
        n->opened++;
        n->stream = stream;
    } else if (event->kind == STREAM_CLOSED) {
        n->closed++;
        n->closed_err = event->err;
        n->stream = NULL;
    }
}

static void enter(struct networks_node *n, struct networks_one *one)
{
    if (!n->has_protocol) {
        n->protocol.stream = (struct stream_protocol){
            .name = NETWORKS_WORLD_STREAM, .inbound_max = 8, .up = stream_up_here, .service = n};
        CHECK(gate_register(n->gate, networks_gate(one), &n->protocol) == 0);
        n->has_protocol = true;
    }
}

static void leave(struct networks_node *n)
{
    if (n->has_protocol) {
        gate_unregister(n->gate, &n->protocol);
        n->has_protocol = false;
    }
}

/* ---- Events ---- */

static void say(struct networks_node *n, const struct networks_event *event)
{
    const uint8_t *id = members_network(&networks_network(event->one)->log);
    struct overlay_id from;

    CHECK(overlay_id_from_peer(&from, &world->net.nodes[place_of(n)].swarm.self) == 0);
    for (size_t i = 0; i < world->net.count && !world->is_deaf; i++) {
        struct networks_node *other = &world->nodes[i];
        struct networks_one *one =
            other->networks == NULL || other == n ? NULL : networks_of(other->networks, id);

        if (one != NULL && networks_is_live(one)) {
            networks_talk_take(one, &from, event->bytes);
        }
    }
}

static void on_event(void *context, const struct networks_event *event)
{
    struct networks_node *n = context;

    n->told[event->kind]++;
    switch (event->kind) {
    case NETWORKS_ENTERED:
        enter(n, event->one);
        return;
    case NETWORKS_LEFT:
        leave(n);
        return;
    case NETWORKS_SAY:
        say(n, event);
        return;
    case NETWORKS_MET:
        n->met = event->device;
        return;
    case NETWORKS_NEWCOMER:
    case NETWORKS_JOINING:
        n->peer = *event->peer;
        return;
    case NETWORKS_JOIN_FAILED:
        n->err = event->err;
        n->left = event->left;
        return;
    case NETWORKS_TRY:
        n->left = event->left;
        return;
    case NETWORKS_CODE_CLOSED:
        n->reason = event->reason;
        return;
    case NETWORKS_CHANGED:
    case NETWORKS_KEYS:
    case NETWORKS_LOG:
    case NETWORKS_DENIED:
    case NETWORKS_STOPPED:
    case NETWORKS_BUSY:
        return;
    }
}

/* ---- Life ---- */

static void begin(struct networks_world *w, size_t i)
{
    struct networks_node *n = &w->nodes[i];
    struct net_node *node = &w->net.nodes[i];
    uint8_t key[STORE_KEY_SIZE] = {1};
    const struct store_config config = {.port = node->port, .kind = w->kind, .key = key};

    CHECK(w->kind == STORE_MEMORY || node->port->files->make_home(node->port) == 0);
    CHECK(store_new(&config, &n->store) == 0);
    CHECK(store_open(n->store) == 0);
    n->gate = gate_new(&node->swarm, &node->metrics);
    const struct networks_config networks = {.swarm = &node->swarm,
                                             .gate = n->gate,
                                             .store = n->store,
                                             .signer = &signer_ed25519,
                                             .metrics = &node->metrics,
                                             .event = on_event,
                                             .context = n};
    CHECK(networks_new(&networks, &n->networks) == 0);
    if (n->has_person) {
        networks_pair_set_person(n->networks, &n->person);
        CHECK(networks_pair_set_name(n->networks, span_from_text("Amina")) == 0);
    }
    networks_start(n->networks);
}

static void finish(struct networks_node *n)
{
    leave(n);
    networks_free(n->networks);
    gate_free(n->gate);
    store_free(n->store);
    n->networks = NULL;
    n->stream = NULL;
}

void networks_world_start(struct networks_world *w, uint64_t seed, size_t count,
                          enum store_kind kind)
{
    memset(w, 0, sizeof *w);
    world = w;
    w->kind = kind;
    net_world_start(&w->net, seed, count);
    for (size_t i = 0; i < count; i++) {
        uint8_t root[IDENTITY_SEED_SIZE] = {0x33, (uint8_t)i};

        identity_from_seed(&w->nodes[i].person, root);
        w->nodes[i].has_person = true;
        begin(w, i);
    }
}

void networks_world_stop(struct networks_world *w)
{
    for (size_t i = 0; i < w->net.count; i++) {
        if (w->nodes[i].networks != NULL) {
            finish(&w->nodes[i]);
        }
    }
    net_world_stop(&w->net);
}

void networks_world_down(struct networks_world *w, size_t i, bool crashes)
{
    if (!crashes) {
        CHECK(store_flush(w->nodes[i].store) == 0);
    } else {
        sim_host_crash(w->net.hosts[i], false);
    }
    finish(&w->nodes[i]);
    if (!crashes) {
        sim_host_crash(w->net.hosts[i], false);
    }
    net_node_stop(&w->net.nodes[i]);
}

void networks_world_up(struct networks_world *w, size_t i)
{
    net_world_restart(&w->net, i);
    begin(w, i);
}

struct networks_one *networks_world_one(struct networks_world *w, size_t i)
{
    return networks_next(w->nodes[i].networks, NULL);
}

size_t networks_world_members(struct networks_world *w, size_t i)
{
    const struct network *n = networks_network(networks_world_one(w, i));
    size_t count = 0;

    for (uint32_t m = 0; m < n->state.member_count; m++) {
        count += n->state.members[m].status == MEMBERS_STATE_BELONGS ? 1 : 0;
    }
    return count;
}

const uint8_t *networks_world_member(struct networks_world *w, size_t i)
{
    return networks_self(networks_world_one(w, i));
}

bool networks_world_is_live(struct networks_world *w, size_t i)
{
    const struct networks_one *one = w->nodes[i].networks == NULL ? NULL : networks_world_one(w, i);

    return one != NULL && networks_is_live(one);
}

void networks_world_found(struct networks_world *w, enum members_msg_policy policy)
{
    struct networks_one *one = NULL;

    CHECK(networks_found(w->nodes[0].networks, span_from_text("savanna"), policy, &one) == 0);
    CHECK(networks_is_live(one));
}

struct conn *networks_world_dial(struct networks_world *w, size_t from, size_t to)
{
    int err = 0;
    struct conn *conn = net_world_dial(&w->net, from, to, &err);

    CHECK(conn != NULL);
    return conn;
}

int networks_world_ask_open(struct networks_world *w, size_t who, size_t at, const uint8_t *network)
{
    struct networks *n = w->nodes[who].networks;

    w->nodes[who].err = 0;
    int rc = networks_pair_ask_open(n, networks_world_dial(w, who, at), network);
    sim_run_for(w->net.sim, 3 * TIMERS_SECOND);
    return rc < 0 ? rc : w->nodes[who].err;
}

struct waiting {
    struct networks_world *w;
    size_t who;
};

static bool is_in(void *context)
{
    const struct waiting *waiting = context;

    return networks_world_is_live(waiting->w, waiting->who);
}

void networks_world_join(struct networks_world *w, size_t by, size_t who)
{
    struct code code;
    struct waiting waiting = {.w = w, .who = who};

    CHECK(networks_pair_open(networks_world_one(w, by), WORDS_ENGLISH, &code) == 0);
    CHECK(networks_pair_join(w->nodes[who].networks, &code, NULL) == 0);
    secret_wipe(&code, sizeof code);
    CHECK(networks_pair_try(w->nodes[who].networks, networks_world_dial(w, who, by)) == 0);
    CHECK(sim_run_until(w->net.sim, is_in, &waiting, 20 * TIMERS_SECOND));
    sim_run_for(w->net.sim, TIMERS_SECOND);
}

void networks_world_check_equal(struct networks_world *w, size_t a, size_t b)
{
    const struct network *first = networks_network(networks_world_one(w, a));
    const struct network *second = networks_network(networks_world_one(w, b));

    CHECK(first->log.op_count == second->log.op_count);
    CHECK(memcmp(first->hash, second->hash, sizeof first->hash) == 0);
}
