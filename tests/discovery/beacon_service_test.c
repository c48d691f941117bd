/* Nodes on local networks find each other by their beacons: scenarios on the virtual clock. */
#include "discovery/beacon_service.h"

#include "sim/sim_lan.h"
#include "sim/sim_udp.h"
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

#define NODES_MAX 64
#define LAN 1

struct node {
    struct sim_host *host;
    struct net_node net;
    struct beacon_service beacon;
    bool has_found[NODES_MAX]; /* by number */
    size_t found_count;        /* different ones */
    size_t events;
    uint64_t found_ns; /* the first */
    struct conn *conn; /* to the first that it found, when `dials` */
    bool dials;
    struct dial *dial;
    bool has_inviter[NODES_MAX]; /* told for the code that it sought */
    size_t inviter_events;
    uint16_t slot; /* of the last */
};

struct world {
    struct sim *sim;
    struct node nodes[NODES_MAX];
    size_t count;
};

static struct world *w;

static size_t number_of(const struct peerid *id)
{
    for (size_t i = 0; i < w->count; i++) {
        if (peerid_is_equal(&w->nodes[i].net.swarm.self, id)) {
            return i;
        }
    }
    return NODES_MAX;
}

static void on_dialled(void *context, int err, struct conn *conn)
{
    struct node *n = context;
    assert_int_equal(err, 0);
    n->conn = conn;
}

static void on_found(void *context, const struct beacon_found *found)
{
    struct node *n = context;
    size_t number = number_of(&found->peer);
    n->events++;
    if (number == NODES_MAX || n->has_found[number]) {
        return;
    }
    n->has_found[number] = true;
    n->found_ns = n->found_count++ == 0 ? sim_now(w->sim) : n->found_ns;
    if (n->dials && n->dial == NULL) {
        struct dial_user user = {.done = on_dialled, .context = n};
        /* no address given: those that the beacon left in the peerbook */
        assert_int_equal(dial_start(&n->net.swarm, &found->peer, NULL, 0, user, &n->dial), 0);
    }
}

static void on_inviter(void *context, uint16_t slot, const struct beacon_found *found)
{
    struct node *n = context;
    size_t number = number_of(&found->peer);
    n->inviter_events++;
    n->slot = slot;
    if (number == NODES_MAX || n->has_inviter[number]) {
        return;
    }
    n->has_inviter[number] = true;
    if (n->dials && n->dial == NULL) {
        struct dial_user user = {.done = on_dialled, .context = n};
        assert_int_equal(dial_start(&n->net.swarm, &found->peer, NULL, 0, user, &n->dial), 0);
    }
}

/* Node `i`, at 10.0.<lan>.<i+1>, on network `lan`; closed under `key`, or open (NULL). */
static struct node *add(uint32_t lan, const struct beacon_key *key)
{
    struct node *n = &w->nodes[w->count];
    struct net_options options = {.key = w->count + 1};
    char address[32];
    (void)snprintf(address, sizeof address, "10.0.%u.%zu", lan, w->count + 1);
    n->host = sim_host_new(w->sim, address);
    if (lan > 0) {
        sim_lan_plug(n->host, lan, NULL);
    }
    net_node_start(&n->net, sim_host_port(n->host), &options);
    net_node_listen(&n->net, "0.0.0.0:9000");
    w->count++;
    struct beacon_service_config config = {
        .swarm = &n->net.swarm,
        .udp_port = BEACON_PORT,
        .is_open = key == NULL,
        .user = {.found = on_found, .inviter = on_inviter, .context = n},
        .metrics = &n->net.metrics};
    assert_int_equal(beacon_service_init(&n->beacon, &config), 0);
    if (key != NULL) {
        assert_int_equal(beacon_service_set_keys(&n->beacon, key, 1), 0);
    }
    return n;
}

static void start(uint64_t seed)
{
    w = mem_new(sizeof *w);
    w->sim = sim_new(seed);
}

static void stop(void)
{
    for (size_t i = 0; i < w->count; i++) {
        beacon_check(&w->nodes[i].beacon.beacon);
        beacon_service_clear(&w->nodes[i].beacon);
        net_node_stop(&w->nodes[i].net);
    }
    sim_free(w->sim);
    mem_free(w);
}

static bool all_found(void *context)
{
    (void)context;
    for (size_t i = 0; i < w->count; i++) {
        if (w->nodes[i].found_count < w->count - 1) {
            return false;
        }
    }
    return true;
}

static bool is_connected(void *context)
{
    return ((struct node *)context)->conn != NULL;
}

/* No seed, no name server: two nodes on a network connect within two seconds, lost packets or not.
 */
static void test_two_meet(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct sim_cable_settings lossy = {
            .latency_ns = TIMERS_MS, .loss_part = 1, .loss_whole = 5, .mtu = SIM_CABLE_MTU};
        start(seed);
        if (seed > 10) {
            sim_cable_set_default(w->sim, &lossy);
        }
        struct node *a = add(LAN, NULL);
        struct node *b = add(LAN, NULL);
        a->dials = true;
        assert_true(sim_run_until(w->sim, all_found, NULL, 2 * TIMERS_SECOND));
        assert_true(b->has_found[0]);
        assert_true(sim_run_until(w->sim, is_connected, a, 20 * TIMERS_SECOND));
        if (seed <= 10) {
            assert_true(sim_now(w->sim) < 2 * TIMERS_SECOND);
        }
        assert_true(peerid_is_equal(conn_peer(a->conn), &b->net.swarm.self));
        stop();
    }
}

/* Someone who joins later is answered, although the others have become quiet. */
static void test_newcomer(void **state)
{
    (void)state;
    start(3);
    for (int i = 0; i < 5; i++) {
        (void)add(LAN, NULL);
    }
    sim_run_for(w->sim, 300 * TIMERS_SECOND);
    assert_true(all_found(NULL));
    struct node *late = add(LAN, NULL);
    uint64_t joined_ns = sim_now(w->sim);
    assert_true(sim_run_until(w->sim, all_found, NULL, 2 * TIMERS_SECOND));
    assert_true(late->found_ns - joined_ns < 500 * TIMERS_MS);
    stop();
}

static uint64_t sent_by_all(void)
{
    uint64_t sent = 0;
    for (size_t i = 0; i < w->count; i++) {
        sent += sim_lan_traffic_of(w->nodes[i].host)->sent;
    }
    return sent;
}

/* Fifty nodes, switched on in one instant: all know all, and there is no storm, then or later. */
static void test_fifty(void **state)
{
    (void)state;
    start(4);
    for (int i = 0; i < 50; i++) {
        (void)add(LAN, NULL);
    }
    assert_true(sim_run_until(w->sim, all_found, NULL, 2 * TIMERS_SECOND));
    uint64_t met_ns = sim_now(w->sim);
    sim_run_for(w->sim, 60 * TIMERS_SECOND - met_ns);
    uint64_t first = sent_by_all();
    sim_run_for(w->sim, 600 * TIMERS_SECOND);
    uint64_t steady = sent_by_all() - first;
    /* each call is one datagram to the network and one within the machine */
    print_message("50 nodes: all met after %llu ms; %llu datagrams in the first minute, then %llu "
                  "a minute\n",
                  (unsigned long long)(met_ns / TIMERS_MS), (unsigned long long)first,
                  (unsigned long long)(steady / 10));
    assert_true(first <= (uint64_t)50 * 2 * 10);
    assert_in_range(steady / 10, 50 * 2 * 2 * 3 / 4, 50 * 2 * 2 * 5 / 4);
    uint64_t before = sent_by_all();
    struct node *late = add(LAN, NULL);
    sim_run_for(w->sim, 2 * TIMERS_SECOND);
    uint64_t answers = late->net.swarm.turn->turns > 0 ? sent_by_all() - before : 0;
    print_message("a 51st: knows %zu after 2 s, %llu datagrams by all\n", late->found_count,
                  (unsigned long long)answers);
    assert_in_range(late->found_count, 1, 45);
    assert_true(answers < 60);
    stop();
}

static void test_low_power(void **state)
{
    (void)state;
    start(5);
    struct node *a = add(LAN, NULL);
    beacon_service_set_power(&a->beacon, true);
    sim_run_for(w->sim, 600 * TIMERS_SECOND);
    uint64_t sent = sim_lan_traffic_of(a->host)->sent;
    uint64_t turns = a->net.swarm.turn->turns;
    sim_run_for(w->sim, 3600 * TIMERS_SECOND);
    sent = sim_lan_traffic_of(a->host)->sent - sent;
    turns = a->net.swarm.turn->turns - turns;
    print_message("low power: %llu calls and %llu turns an hour\n", (unsigned long long)sent / 2,
                  (unsigned long long)turns);
    assert_in_range(sent / 2, 9, 17);
    assert_true(turns < 120); /* wakeups: two a minute at most, its own echoes included */
    stop();
}

/* Closed networks side by side do not see each other; one's own is found. */
static void test_closed(void **state)
{
    const struct beacon_key ours = {.bytes = {1}, .network = 1, .is_current = true};
    const struct beacon_key theirs = {.bytes = {2}, .network = 1, .is_current = true};
    (void)state;
    start(6);
    struct node *a = add(LAN, &ours);
    struct node *b = add(LAN, &ours);
    struct node *c = add(LAN, &theirs);
    struct node *stranger = add(LAN, NULL);
    sim_run_for(w->sim, 120 * TIMERS_SECOND);
    assert_true(a->has_found[1] && b->has_found[0]);
    assert_int_equal(a->found_count + b->found_count, 2);
    assert_int_equal(c->events + stranger->events, 0);
    assert_true(c->beacon.beacon.counts.foreign > 0);
    stop();
}

/* ---- A stranger with a socket of its own ---- */

struct eavesdropper {
    struct sim_host *host;
    struct port *port;
    struct port_udp *udp;
    size_t count;
    size_t repeats; /* packets that share 8 bytes in one place with an earlier one */
    uint8_t packets[64][512];
    const struct node *of;
};

static void on_overheard(void *context, const struct port_datagram *d)
{
    struct eavesdropper *e = context;
    const struct peerid *id = &e->of->net.swarm.self;
    struct span bytes = span_from_mut(d->bytes);
    assert_int_equal(bytes.len, 325);
    assert_true(e->count < 64);
    for (size_t at = 0; at + 8 <= bytes.len; at++) { /* nothing of its id, anywhere */
        assert_false(span_is_equal(span_slice(bytes, at, 8), span_of(id->bytes + 6, 8)));
    }
    for (size_t i = 0; i < e->count; i++) {
        for (size_t at = 5; at + 8 <= bytes.len; at++) {
            e->repeats += memcmp(bytes.ptr + at, e->packets[i] + at, 8) == 0 ? 1 : 0;
        }
    }
    memcpy(e->packets[e->count++], bytes.ptr, bytes.len);
}

static void start_eavesdropper(struct eavesdropper *e, const struct node *of)
{
    static const struct port_udp_user user = {.received = on_overheard};
    struct multiaddr_ip any = {.ip_len = 4, .port = BEACON_PORT};
    memset(e, 0, sizeof *e);
    e->of = of;
    e->host = sim_host_new(w->sim, "10.0.1.200");
    e->port = sim_host_port(e->host);
    sim_lan_plug(e->host, LAN, NULL);
    assert_int_equal(sim_udp_open(e->port, &any, true, &user, e, &e->udp), 0);
}

/* A stranger sees packets of one size without anything that repeats, and is not answered, not even
 * when it plays back what it recorded. */
static void test_stranger_learns_nothing(void **state)
{
    const struct beacon_key ours = {.bytes = {1}, .network = 1, .is_current = true};
    struct eavesdropper *e = mem_new(sizeof *e);
    struct multiaddr_ip to = {.ip = {10, 0, 1, 1}, .ip_len = 4, .port = BEACON_PORT};
    (void)state;
    start(7);
    struct node *a = add(LAN, &ours);
    start_eavesdropper(e, a);
    sim_run_for(w->sim, 300 * TIMERS_SECOND);
    assert_in_range(e->count, 10, 30);
    assert_int_equal(e->repeats, 0);
    size_t before = e->count;
    for (size_t i = 0; i < before; i++) {
        assert_int_equal(sim_udp_send(e->udp, &to, span_of(e->packets[i], 325)), 0);
    }
    sim_run_for(w->sim, TIMERS_SECOND);
    assert_int_equal(a->events, 0);      /* it named itself */
    assert_true(e->count <= before + 1); /* its own next call at most */
    sim_udp_close(e->udp);
    stop();
    mem_free(e);
}

static void on_answered(void *context, const struct port_datagram *d)
{
    struct eavesdropper *e = context;
    (void)d;
    e->count++;
}

/* A neighbour floods: honest ones are still found, memory and answers stay bounded. */
static void test_flood(void **state)
{
    struct multiaddr_ip all = {.ip = {10, 0, 1, 255}, .ip_len = 4, .port = BEACON_PORT};
    struct eavesdropper *e = mem_new(sizeof *e);
    static const struct port_udp_user user = {.received = on_answered};
    uint8_t bytes[BEACON_MSG_SIZE_MAX];
    (void)state;
    start(8);
    struct node *a = add(LAN, NULL);
    e->host = sim_host_new(w->sim, "10.0.1.200");
    e->port = sim_host_port(e->host);
    sim_lan_plug(e->host, LAN, NULL);
    struct multiaddr_ip any = {.ip_len = 4};
    assert_int_equal(sim_udp_open(e->port, &any, false, &user, e, &e->udp), 0);
    sim_run_for(w->sim, 200 * TIMERS_SECOND);
    struct node *b = NULL;
    for (uint32_t i = 0; i < 20000; i++) {
        struct beacon_msg m = {.ports = {80}, .port_count = 1, .asks = i % 2 == 0};
        struct ed25519_pair pair = {.public_key = {(uint8_t)i, (uint8_t)(i >> 8), 99}};
        struct wr wr;
        keys_peerid(&m.peer, &pair);
        wr_init(&wr, span_mut_of(bytes, sizeof bytes));
        beacon_msg_write_head(&wr, BEACON_MSG_OPEN);
        beacon_msg_encode(&wr, &m);
        assert_int_equal(sim_udp_send(e->udp, &all, wr_span(&wr)), 0);
        sim_run_for(w->sim, 200 * TIMERS_US);
        if (i == 10000) {
            b = add(LAN, NULL);
        }
    }
    assert_non_null(b);
    assert_true(e->count > 0 && e->count <= 2 * (BEACON_ANSWERS_BURST + 10 * BEACON_ANSWERS_RATE));
    assert_true(a->has_found[1] && b->has_found[0]);
    assert_true(a->events <= BEACON_NEW_BURST + 10 * BEACON_NEW_RATE + 20);
    assert_true(beacon_peer_count(&a->beacon.beacon) <= BEACON_PEERS_MAX);
    beacon_check(&a->beacon.beacon);
    sim_udp_close(e->udp);
    stop();
    mem_free(e);
}

/* A node moves to another network: it calls there at once. */
static void test_moves(void **state)
{
    (void)state;
    start(9);
    struct node *a = add(1, NULL);
    struct node *b = add(2, NULL);
    sim_run_for(w->sim, 300 * TIMERS_SECOND);
    assert_int_equal(a->found_count + b->found_count, 0);
    sim_host_add_address(a->host, "10.0.2.77");
    sim_lan_unplug(a->host, 1);
    sim_lan_plug(a->host, 2, "10.0.2.77");
    assert_true(sim_run_until(w->sim, all_found, NULL, BEACON_SERVICE_LOOK_NS + 2 * TIMERS_SECOND));
    stop();
}

/* Out of a crash: found again at once, under the same id. */
static void test_crash(void **state)
{
    (void)state;
    start(10);
    struct node *a = add(LAN, NULL);
    struct node *b = add(LAN, NULL);
    sim_run_for(w->sim, 300 * TIMERS_SECOND);
    size_t events = a->events;
    sim_host_crash(b->host, false);
    beacon_service_clear(&b->beacon);
    net_node_stop(&b->net);
    sim_run_for(w->sim, 60 * TIMERS_SECOND);
    (void)sim_host_restart(b->host);
    struct net_options options = {.key = 2};
    net_node_start(&b->net, sim_host_port(b->host), &options);
    net_node_listen(&b->net, "0.0.0.0:9000");
    struct beacon_service_config config = {.swarm = &b->net.swarm,
                                           .udp_port = BEACON_PORT,
                                           .is_open = true,
                                           .user = {.found = on_found, .context = b}};
    b->found_count = 0;
    memset(b->has_found, 0, sizeof b->has_found);
    assert_int_equal(beacon_service_init(&b->beacon, &config), 0);
    sim_run_for(w->sim, 2 * TIMERS_SECOND);
    assert_true(a->events > events);
    assert_true(b->has_found[0]);
    stop();
}

/* ---- Join codes ---- */

static const struct beacon_key family = {.bytes = {1}, .network = 1, .is_current = true};
static const struct beacon_key club = {.bytes = {2}, .network = 1, .is_current = true};

/* A newcomer, itself in another closed network, finds the device that has its code open, dials it
 * and is connected below a second, whoever began; other codes and other nodes are not told. */
static void test_code_finds_inviter(void **state)
{
    uint64_t worst_ns = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct sim_cable_settings lossy = {
            .latency_ns = TIMERS_MS, .loss_part = 1, .loss_whole = 5, .mtu = SIM_CABLE_MTU};
        bool is_lossy = seed > 20;
        start(seed);
        if (is_lossy) {
            sim_cable_set_default(w->sim, &lossy);
        }
        struct node *inviter = add(LAN, &family);
        struct node *newcomer = add(LAN, &club);
        struct node *other = add(LAN, &family);
        struct node *bystander = add(LAN, NULL);
        newcomer->dials = true;
        sim_run_for(w->sim, 200 * TIMERS_SECOND);
        bool is_inviter_first = seed % 2 == 0;
        beacon_service_set_slot(&other->beacon, 8);
        if (is_inviter_first) {
            beacon_service_set_slot(&inviter->beacon, 7);
        } else {
            beacon_service_seek(&newcomer->beacon, 7);
        }
        sim_run_for(w->sim, 150 * TIMERS_SECOND); /* its calls are rare by now */
        assert_int_equal(newcomer->inviter_events, 0);
        uint64_t began_ns = sim_now(w->sim);
        if (is_inviter_first) {
            beacon_service_seek(&newcomer->beacon, 7);
        } else {
            beacon_service_set_slot(&inviter->beacon, 7);
        }
        assert_true(sim_run_until(w->sim, is_connected, newcomer, 20 * TIMERS_SECOND));
        uint64_t took_ns = sim_now(w->sim) - began_ns;
        assert_true(is_lossy || took_ns < TIMERS_SECOND);
        worst_ns = !is_lossy && took_ns > worst_ns ? took_ns : worst_ns;
        assert_true(peerid_is_equal(conn_peer(newcomer->conn), &inviter->net.swarm.self));
        sim_run_for(w->sim, 60 * TIMERS_SECOND);
        assert_int_equal(newcomer->slot, 7);
        assert_true(newcomer->has_inviter[0]);
        assert_false(newcomer->has_inviter[2]);
        assert_int_equal(newcomer->found_count, 0);
        assert_int_equal(inviter->inviter_events + other->inviter_events, 0);
        assert_int_equal(bystander->inviter_events + bystander->events, 0);
        stop();
    }
    print_message("by its code: found and connected after %llu ms at most\n",
                  (unsigned long long)(worst_ns / TIMERS_MS));
}

/* Counts what goes over the network by kind; no packet may have the id of `hidden`. */
struct listener {
    size_t kinds[8];
    size_t bytes_of_seeker;
    const struct node *hidden;
    struct sim_host *host;
    struct port_udp *udp;
};

static void on_listened(void *context, const struct port_datagram *d)
{
    struct listener *l = context;
    struct span bytes = span_from_mut(d->bytes);
    const struct peerid *id = &l->hidden->net.swarm.self;
    assert_true(bytes.len > 5 && bytes.ptr[4] < 8);
    l->kinds[bytes.ptr[4]]++;
    l->bytes_of_seeker = bytes.ptr[4] == BEACON_MSG_SEEKER ? bytes.len : l->bytes_of_seeker;
    for (size_t at = 0; at + 8 <= bytes.len; at++) {
        assert_false(span_is_equal(span_slice(bytes, at, 8), span_of(id->bytes + 6, 8)));
    }
}

static void start_listener(struct listener *l, const struct node *hidden, uint16_t port)
{
    static const struct port_udp_user user = {.received = on_listened};
    struct multiaddr_ip any = {.ip_len = 4, .port = port};
    *l = (struct listener){.hidden = hidden, .host = sim_host_new(w->sim, "10.0.1.200")};
    sim_lan_plug(l->host, LAN, NULL);
    assert_int_equal(sim_udp_open(sim_host_port(l->host), &any, true, &user, l, &l->udp), 0);
}

/* What a stranger hears of a closed node: nothing in clear without a code; with one open, calls
 * that name it and the number; when it closes, nothing again. Of one who seeks, a number. */
static void test_what_a_code_shows(void **state)
{
    struct listener l;
    (void)state;
    start(11);
    struct node *inviter = add(LAN, &family);
    struct node *newcomer = add(LAN, &club);
    start_listener(&l, newcomer, BEACON_PORT);
    sim_run_for(w->sim, 120 * TIMERS_SECOND);
    assert_true(l.kinds[BEACON_MSG_CLOSED] > 0);
    assert_int_equal(l.kinds[BEACON_MSG_INVITER] + l.kinds[BEACON_MSG_SEEKER], 0);
    size_t closed = l.kinds[BEACON_MSG_CLOSED];
    beacon_service_set_slot(&inviter->beacon, 7);
    beacon_service_seek(&newcomer->beacon, 7);
    sim_run_for(w->sim, 120 * TIMERS_SECOND);
    assert_in_range(l.kinds[BEACON_MSG_INVITER], 8, 14);
    assert_in_range(l.kinds[BEACON_MSG_SEEKER], 8, 14);
    assert_int_equal(l.bytes_of_seeker, 7);
    assert_int_equal(l.kinds[BEACON_MSG_OPEN], 0);
    assert_true(l.kinds[BEACON_MSG_CLOSED] - closed <= closed); /* as ever */
    struct listener before = l;
    beacon_service_set_slot(&inviter->beacon, 0);
    beacon_service_seek(&newcomer->beacon, 0);
    sim_run_for(w->sim, 600 * TIMERS_SECOND);
    assert_int_equal(l.kinds[BEACON_MSG_INVITER], before.kinds[BEACON_MSG_INVITER]);
    assert_int_equal(l.kinds[BEACON_MSG_SEEKER], before.kinds[BEACON_MSG_SEEKER]);
    sim_udp_close(l.udp);
    stop();
}

/* A neighbour floods both sides with invented inviters and seekers of the right number: they find
 * each other all the same, and what it makes them tell and send is bounded. */
static void test_flood_of_codes(void **state)
{
    struct multiaddr_ip all = {.ip = {10, 0, 1, 255}, .ip_len = 4, .port = BEACON_PORT};
    uint8_t bytes[BEACON_MSG_SIZE_MAX];
    struct listener l;
    (void)state;
    start(12);
    struct node *inviter = add(LAN, &family);
    struct node *newcomer = add(LAN, &club);
    start_listener(&l, newcomer, 0); /* hears answers alone */
    sim_run_for(w->sim, 120 * TIMERS_SECOND);
    beacon_service_set_slot(&inviter->beacon, 7);
    for (uint32_t i = 0; i < 20000; i++) {
        struct beacon_msg m = {.slot = 7};
        struct wr wr;
        if (i % 2 == 0) {
            struct ed25519_pair pair = {.public_key = {(uint8_t)i, (uint8_t)(i >> 8), 99}};
            keys_peerid(&m.peer, &pair);
            m.ports[m.port_count++] = 80;
        }
        wr_init(&wr, span_mut_of(bytes, sizeof bytes));
        beacon_msg_write_head(&wr, i % 2 == 0 ? BEACON_MSG_INVITER : BEACON_MSG_SEEKER);
        beacon_msg_encode(&wr, &m);
        assert_int_equal(sim_udp_send(l.udp, &all, wr_span(&wr)), 0);
        sim_run_for(w->sim, 200 * TIMERS_US);
        if (i == 10000) {
            beacon_service_seek(&newcomer->beacon, 7);
        }
    }
    assert_true(newcomer->has_inviter[0]);
    assert_in_range(newcomer->inviter_events, 1, BEACON_NEW_BURST + 5 * BEACON_NEW_RATE);
    assert_in_range(l.kinds[BEACON_MSG_INVITER], 1,
                    BEACON_ANSWERS_BURST + 10 * BEACON_ANSWERS_RATE);
    assert_int_equal(beacon_peer_count(&newcomer->beacon.beacon), 0);
    sim_udp_close(l.udp);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_two_meet),
        UNIT(test_newcomer),
        UNIT(test_fifty),
        UNIT(test_low_power),
        UNIT(test_closed),
        UNIT(test_stranger_learns_nothing),
        UNIT(test_flood),
        UNIT(test_moves),
        UNIT(test_crash),
        UNIT(test_code_finds_inviter),
        UNIT(test_what_a_code_shows),
        UNIT(test_flood_of_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
