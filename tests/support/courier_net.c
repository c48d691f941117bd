/*
 * Couriers on simulated hosts.
 */
#include "tests/support/courier_net.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"

#define SLICE_NS (100 * TIMERS_MS)
#define BODY_MIN 8

static const uint8_t secret[GATE_KEY_SIZE] = {'g', 'a', 't', 'e'};

/* --- the gate's answers --- */

static size_t prove(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE])
{
    (void)context;
    gate_tag(tags[0], secret, link);
    return 1;
}

static bool recognise(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE],
                      size_t count)
{
    (void)context;
    return gate_is_proof(secret, link, tags, count);
}

static struct courier_net_node *node_of(const struct courier_net *net, const uint8_t *device)
{
    for (size_t i = 0; i < net->count; i++) {
        if (memcmp(courier_net_device(net, i), device, ENVELOPE_DEVICE_SIZE) == 0) {
            return net->nodes[i].net->nodes + i;
        }
    }
    return NULL;
}

static const struct courier_net_guest *guest_of(const struct courier_net *net,
                                                const uint8_t *device)
{
    for (size_t i = 0; i < net->guest_count; i++) {
        if (memcmp(net->guests[i].device, device, ENVELOPE_DEVICE_SIZE) == 0) {
            return &net->guests[i];
        }
    }
    return NULL;
}

static bool is_member(void *context, const struct overlay_id *device)
{
    const struct courier_net_node *n = context;
    const struct courier_net_node *other = node_of(n->net, device->bytes);
    return other != NULL && other->is_live;
}

/* --- the courier's questions --- */

const uint8_t *courier_net_device(const struct courier_net *net, size_t i)
{
    return net->world.nodes[i].key.public_key;
}

const uint8_t *courier_net_member(const struct courier_net *net, size_t owner)
{
    static uint8_t members[COURIER_NET_NODES][ENVELOPE_DEVICE_SIZE];
    (void)net;
    memset(members[owner], 0x40 + (int)owner, sizeof(members[owner]));
    return members[owner];
}

static bool whose(void *context, const uint8_t *device, uint8_t *member)
{
    const struct courier_net_node *n = context;
    const struct courier_net_node *other = node_of(n->net, device);
    const struct courier_net_guest *guest = guest_of(n->net, device);
    if (guest != NULL) {
        memcpy(member, courier_net_member(n->net, guest->owner), ENVELOPE_DEVICE_SIZE);
        return true;
    }
    if (other == NULL || !other->is_live) {
        return false;
    }
    memcpy(member, courier_net_member(n->net, other->owner), ENVELOPE_DEVICE_SIZE);
    return true;
}

static bool device_at(void *context, const uint8_t *member, size_t at, uint8_t *device)
{
    const struct courier_net_node *n = context;
    for (size_t i = 0; i < n->net->count; i++) {
        const struct courier_net_node *other = &n->net->nodes[i];
        if (other->is_live && memcmp(courier_net_member(n->net, other->owner), member, 32) == 0 &&
            at-- == 0) {
            memcpy(device, courier_net_device(n->net, i), ENVELOPE_DEVICE_SIZE);
            return true;
        }
    }
    for (size_t i = 0; i < n->net->guest_count; i++) {
        const struct courier_net_guest *guest = &n->net->guests[i];
        if (memcmp(courier_net_member(n->net, guest->owner), member, 32) == 0 && at-- == 0) {
            memcpy(device, guest->device, ENVELOPE_DEVICE_SIZE);
            return true;
        }
    }
    return false;
}

static struct span bundle_of(void *context, const uint8_t *device)
{
    const struct courier_net_node *n = context;
    const struct courier_net_node *other = node_of(n->net, device);
    const struct courier_net_guest *guest = guest_of(n->net, device);
    if (guest != NULL) {
        return guest->bundle;
    }
    return other != NULL ? span_of(other->bundle, other->bundle_len) : span_empty();
}

static void publish(void *context, struct span bundle)
{
    struct courier_net_node *n = context;
    CHECK(bundle.len <= sizeof(n->bundle));
    memcpy(n->bundle, bundle.ptr, bundle.len);
    n->bundle_len = bundle.len;
    n->publishes++;
}

static void dialled(void *context, int err, struct conn *conn)
{
    struct courier_net_node *n = context;
    struct overlay_id id;
    if (err == 0 && n->courier != NULL && overlay_id_from_peer(&id, conn_peer(conn)) == 0) {
        courier_open(n->courier, id.bytes);
    }
}

static void connect_to(void *context, const uint8_t *device)
{
    struct courier_net_node *n = context;
    const struct courier_net_node *other = node_of(n->net, device);
    struct dial *dial;
    n->connects++;
    if (other != NULL && n->net->may_dial) {
        struct multiaddr address = net_world_address(other->number);
        struct dial_user user = {.done = dialled, .context = n};
        (void)!dial_start(&n->net->world.nodes[n->number].swarm,
                          &n->net->world.nodes[other->number].swarm.self, &address, 1, user, &dial);
    }
}

static int unicast(void *context, const uint8_t *device, struct span bytes, uint64_t ticket)
{
    struct courier_net_node *n = context;
    const struct courier_net_node *other = node_of(n->net, device);
    struct courier_net_hop *hop = &n->net->hops[n->net->hop_count];
    CHECK(bytes.len <= sizeof(hop->bytes));
    if (other == NULL || n->net->hop_count == COURIER_NET_HOPS) {
        return WAVU_ERR_LIMIT;
    }
    n->net->hop_count++;
    hop->from = n->number;
    hop->to = other->number;
    hop->ticket = ticket;
    hop->len = bytes.len;
    memcpy(hop->bytes, bytes.ptr, bytes.len);
    return 0;
}

/* What is on its way over several hops comes. */
static void run_hops(struct courier_net *net)
{
    const size_t count = net->hop_count;
    for (size_t i = 0; i < count; i++) {
        struct courier_net_hop *hop = &net->hops[i];
        struct courier *to = net->nodes[hop->to].courier;
        int rc = WAVU_ERR_UNREACHABLE;
        if (to != NULL && !net->is_far) {
            rc = courier_hop(to, courier_net_device(net, hop->from), span_of(hop->bytes, hop->len));
            net->hops_done += rc == 0 ? 1 : 0;
        }
        if (net->nodes[hop->from].courier != NULL) {
            courier_hopped(net->nodes[hop->from].courier, hop->ticket, rc);
        }
    }
    net->hop_count -= count;
    memmove(net->hops, net->hops + count, net->hop_count * sizeof(net->hops[0]));
}

/* --- above --- */

static struct span key_of(uint8_t space[ENVELOPE_ID_SIZE + 1], const uint8_t *message,
                          uint8_t owner)
{
    memcpy(space, message, ENVELOPE_ID_SIZE);
    space[ENVELOPE_ID_SIZE] = owner;
    return span_of(space, ENVELOPE_ID_SIZE + 1);
}

static int take(void *context, const struct courier_content *content)
{
    struct courier_net_node *n = context;
    uint8_t space[ENVELOPE_ID_SIZE + 1];
    struct buf before;
    const struct courier_net_node *author = node_of(n->net, content->device);
    if (author == NULL) {
        CHECK(guest_of(n->net, content->device) != NULL);
        n->shown++;
        return n->refusals > 0 ? WAVU_ERR_CRYPTO : 0;
    }
    const struct span key = key_of(space, content->message, (uint8_t)author->number);
    if (n->refusals > 0) {
        n->refusals--;
        return n->refuses < 0 ? n->refuses : WAVU_ERR_AGAIN;
    }
    buf_init(&before, STORE_VALUE_MAX);
    CHECK(store_get(n->store, "shown", key, &before) == WAVU_ERR_NOT_FOUND); /* shown once */
    buf_clear(&before);
    n->shown++;
    return store_put(n->store, "shown", key, content->body);
}

static void fate(void *context, const struct courier_fate *f)
{
    struct courier_net_node *n = context;
    uint8_t space[ENVELOPE_ID_SIZE + 1];
    const uint8_t state = (uint8_t)f->state;
    struct buf before;
    const struct span key = key_of(space, f->message, 0);
    buf_init(&before, 1);
    n->reads += f->state == OUTBOX_READ ? 1 : 0;
    if (store_get(n->store, "fate", key, &before) == 0) {
        CHECK(before.ptr[0] < state || state <= OUTBOX_EXPIRED); /* states go forward */
    }
    buf_clear(&before);
    CHECK(store_put(n->store, "fate", key, span_of(&state, 1)) == 0);
}

static void session_event(void *context, const uint8_t *device, enum session_event event)
{
    struct courier_net_node *n = context;
    (void)device;
    n->events[event]++;
}

static void twin(void *context)
{
    ((struct courier_net_node *)context)->twins++;
}

static void failed(void *context, int err)
{
    ((struct courier_net_node *)context)->failed = err;
}

/* --- life --- */

static void conn_up(void *context, struct conn *conn)
{
    struct courier_net_node *n = context;
    struct overlay_id id;
    if (n->courier != NULL && overlay_id_from_peer(&id, conn_peer(conn)) == 0) {
        courier_near(n->courier, id.bytes);
    }
}

static void conn_down(void *context, struct conn *conn, int err)
{
    struct courier_net_node *n = context;
    struct overlay_id id;
    (void)err;
    if (n->courier != NULL && overlay_id_from_peer(&id, conn_peer(conn)) == 0) {
        courier_far(n->courier, id.bytes);
    }
}

static void node_up(struct courier_net *net, size_t i)
{
    struct courier_net_node *n = &net->nodes[i];
    struct net_node *base = &net->world.nodes[i];
    static const uint8_t key[STORE_KEY_SIZE] = {0x5a};
    const struct store_config store = {.port = base->port, .kind = net->kind, .key = key};
    const struct courier_handler handler = {.take = take, .context = n};
    n->network = (struct gate_network){
        .context = n, .prove = prove, .recognise = recognise, .is_member = is_member};
    CHECK(store_new(&store, &n->store) == 0);
    courier_metrics_add(&n->metrics, &base->metrics);
    n->gate = gate_new(&base->swarm, &base->metrics);
    CHECK(gate_enter(n->gate, &n->network) == 0);
    struct courier_config config = {
        .port = base->port,
        .swarm = &base->swarm,
        .gate = n->gate,
        .gate_network = &n->network,
        .store = n->store,
        .device = &base->key,
        .network = "the network of these tests",
        .metrics = &n->metrics,
        .ask = {.whose = whose,
                .device = device_at,
                .bundle = bundle_of,
                .publish = publish,
                .connect = connect_to,
                .unicast = net->has_hops ? unicast : NULL,
                .context = n},
        .user = {
            .fate = fate, .session = session_event, .twin = twin, .failed = failed, .context = n}};
    memcpy(config.member, courier_net_member(net, n->owner), sizeof(config.member));
    const int rc = courier_new(&config, &n->courier);
    CHECK(rc == net->expected);
    if (rc < 0) {
        gate_leave(n->gate, &n->network);
        gate_free(n->gate);
        store_free(n->store);
        return;
    }
    CHECK(courier_handle(n->courier, COURIER_OTHERS, &handler) == 0);
    n->observe = (struct observe){.context = n, .conn_up = conn_up, .conn_down = conn_down};
    swarm_observe(&base->swarm, &n->observe);
    for (size_t k = 0; k < net->count; k++) {
        courier_bundle(n->courier, courier_net_device(net, k),
                       span_of(net->nodes[k].bundle, net->nodes[k].bundle_len));
    }
    courier_publish(n->courier, span_of(n->bundle, n->bundle_len));
}

static void node_down(struct courier_net *net, size_t i)
{
    struct courier_net_node *n = &net->nodes[i];
    if (n->courier == NULL) {
        return;
    }
    swarm_unobserve(&n->observe);
    courier_free(n->courier);
    n->courier = NULL;
    gate_leave(n->gate, &n->network);
    gate_free(n->gate);
    store_free(n->store);
    n->store = NULL;
}

void courier_net_start(struct courier_net *net, uint64_t seed, size_t count)
{
    memset(net, 0, sizeof(*net));
    CHECK(count <= COURIER_NET_NODES);
    net->count = count;
    net->kind = STORE_DISK;
    net_world_start(&net->world, seed, count);
    for (size_t i = 0; i < count; i++) {
        net->nodes[i] = (struct courier_net_node){
            .net = net, .number = i, .is_live = true, .owner = (uint8_t)i};
        CHECK(net->world.nodes[i].port->files->make_home(net->world.nodes[i].port) == 0);
    }
    for (size_t i = 0; i < count; i++) {
        node_up(net, i);
    }
    courier_net_run(net, 500 * TIMERS_MS);
}

void courier_net_stop(struct courier_net *net)
{
    for (size_t i = 0; i < net->count; i++) {
        node_down(net, i);
    }
    net_world_stop(&net->world);
}

void courier_net_crash(struct courier_net *net, size_t i)
{
    sim_host_crash(net->world.hosts[i], false);
    node_down(net, i);
    net_node_stop(&net->world.nodes[i]);
    sim_run_for(net->world.sim, 100 * TIMERS_MS); /* peers hear of it */
}

void courier_net_off(struct courier_net *net, size_t i)
{
    CHECK(store_flush(net->nodes[i].store) == 0);
    courier_net_crash(net, i);
}

void courier_net_restart(struct courier_net *net, size_t i)
{
    sim_files_fail(net->world.hosts[i], 0, 0);
    net_world_restart(&net->world, i);
    node_up(net, i);
}

void courier_net_run(struct courier_net *net, uint64_t ns)
{
    size_t told[COURIER_NET_NODES] = {0};
    for (uint64_t at = 0; at < ns; at += SLICE_NS) {
        sim_run_for(net->world.sim, ns - at < SLICE_NS ? ns - at : SLICE_NS);
        run_hops(net);
        for (size_t i = 0; i < net->count; i++) {
            for (size_t k = 0; told[i] != net->nodes[i].publishes && k < net->count; k++) {
                if (net->nodes[k].courier != NULL) {
                    courier_bundle(net->nodes[k].courier, courier_net_device(net, i),
                                   span_of(net->nodes[i].bundle, net->nodes[i].bundle_len));
                }
            }
            told[i] = net->nodes[i].publishes;
            if (net->nodes[i].courier != NULL) {
                courier_check(net->nodes[i].courier);
            }
        }
    }
}

void courier_net_link(struct courier_net *net, size_t a, size_t b)
{
    int err = 0;
    CHECK(net_world_dial(&net->world, a, b, &err) != NULL);
}

void courier_net_cut(struct courier_net *net, size_t a, size_t b)
{
    struct conn *conn = swarm_conn(&net->world.nodes[a].swarm, &net->world.nodes[b].swarm.self);
    if (conn != NULL) {
        conn_close(conn, WAVU_ERR_CLOSED);
    }
}

/* --- messages --- */

static void message_of(uint8_t message[ENVELOPE_ID_SIZE], size_t from, uint32_t id)
{
    struct wr w;
    memset(message, 0, ENVELOPE_ID_SIZE);
    wr_init(&w, span_mut_of(message, ENVELOPE_ID_SIZE));
    wr_u32be(&w, id);
    wr_u8(&w, (uint8_t)from);
}

static void body_of(uint8_t *body, size_t len, size_t from, uint32_t id)
{
    for (size_t i = 0; i < len; i++) {
        body[i] = (uint8_t)(id * 31 + from * 7 + i);
    }
}

int courier_net_try(struct courier_net *net, size_t from, size_t owner, uint32_t id, size_t len)
{
    uint8_t message[ENVELOPE_ID_SIZE];
    uint8_t *body = mem_new_raw(len);
    message_of(message, from, id);
    body_of(body, len, from, id);
    const struct courier_order order = {.member = courier_net_member(net, owner),
                                        .kind = COURIER_CHAT,
                                        .class_number = ENVELOPE_CHAT,
                                        .body = span_of(body, len),
                                        .message = message};
    const int rc = courier_say(net->nodes[from].courier, &order, message);
    mem_free(body);
    return rc;
}

void courier_net_say(struct courier_net *net, size_t from, size_t owner, uint32_t id)
{
    CHECK(courier_net_try(net, from, owner, id, BODY_MIN + id % 100) == 0);
}

enum outbox_state courier_net_state(const struct courier_net *net, size_t from, uint32_t id)
{
    uint8_t message[ENVELOPE_ID_SIZE];
    uint8_t space[ENVELOPE_ID_SIZE + 1];
    enum outbox_state state = OUTBOX_QUEUED;
    struct buf value;
    message_of(message, from, id);
    buf_init(&value, 1);
    if (store_get(net->nodes[from].store, "fate", key_of(space, message, 0), &value) == 0) {
        state = (enum outbox_state)value.ptr[0];
    }
    buf_clear(&value);
    return state;
}

bool courier_net_has(const struct courier_net *net, size_t at, size_t from, uint32_t id)
{
    uint8_t message[ENVELOPE_ID_SIZE];
    uint8_t space[ENVELOPE_ID_SIZE + 1];
    struct buf value;
    bool has = false;
    message_of(message, from, id);
    buf_init(&value, STORE_VALUE_MAX);
    if (store_get(net->nodes[at].store, "shown", key_of(space, message, (uint8_t)from), &value) ==
        0) {
        uint8_t *body = mem_new_raw(value.len);
        body_of(body, value.len, from, id);
        has = span_is_equal(buf_span(&value), span_of(body, value.len));
        CHECK(has);
        mem_free(body);
    }
    buf_clear(&value);
    return has;
}

struct courier_status courier_net_look(const struct courier_net *net, size_t i)
{
    struct courier_status status;
    courier_look(net->nodes[i].courier, &status);
    return status;
}
