/*
 * Members who share files, on the simulator.
 */
#include "tests/support/file_world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define STEP_NS (20 * TIMERS_MS)

static const uint8_t store_key[STORE_KEY_SIZE] = {5};

static size_t prove(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE])
{
    const struct file_node *n = context;

    gate_tag(tags[0], n->key, link);
    return 1;
}

static bool recognise(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE],
                      size_t count)
{
    const struct file_node *n = context;

    return gate_is_proof(n->key, link, tags, count);
}

static bool is_member(void *context, const struct overlay_id *device)
{
    (void)context;
    (void)device;
    return true;
}

static void on_event(void *context, const struct file_event *event)
{
    struct file_node *n = context;

    n->heard[event->kind]++;
    if (event->err < 0) {
        n->err = event->err;
    }
    if (event->kind == FILE_OFFERED) {
        memcpy(n->id, event->id, sizeof n->id);
        memcpy(n->secret, event->key, sizeof n->secret);
        n->size = event->size;
        n->aead = event->aead;
    }
    if (event->kind == FILE_DONE) {
        CHECK(strlen(event->path) < sizeof n->path);
        memcpy(n->path, event->path, strlen(event->path) + 1);
    }
    n->bytes = event->bytes;
    n->holders_max = event->holders > n->holders_max ? event->holders : n->holders_max;
}

static void know_all(struct file_world *w, size_t i)
{
    for (size_t k = 0; k < w->count; k++) {
        struct multiaddr address = net_world_address(k);

        if (k != i) {
            (void)!peerbook_add_address(&w->net.nodes[i].swarm.peerbook,
                                        &w->net.nodes[k].swarm.self, &address, PEERBOOK_PERSON, 0);
        }
    }
}

static void start_node(struct file_world *w, size_t i)
{
    struct file_node *n = &w->nodes[i];
    struct net_node *net = &w->net.nodes[i];
    const struct store_config store = {.port = net->port, .kind = STORE_DISK, .key = store_key};
    struct file_config config = {.swarm = &net->swarm,
                                 .network = &n->network,
                                 .kind = AEAD_CHACHA20_POLY1305,
                                 .id = {9},
                                 .context = n,
                                 .event = on_event};

    CHECK(net->port->files->make_home(net->port) == 0);
    CHECK(store_new(&store, &n->store) == 0 && store_open(n->store) == 0);
    n->gate = gate_new(&net->swarm, &net->metrics);
    n->network = (struct gate_network){
        .context = n, .prove = prove, .recognise = recognise, .is_member = is_member};
    CHECK(gate_enter(n->gate, &n->network) == 0);
    config.gate = n->gate;
    config.store = n->store;
    CHECK(file_new(&config, &n->file) == 0);
    know_all(w, i);
    n->is_up = true;
}

static void stop_node(struct file_world *w, size_t i)
{
    struct file_node *n = &w->nodes[i];

    (void)w;
    if (n->is_up) {
        file_free(n->file);
        gate_leave(n->gate, &n->network);
        gate_free(n->gate);
        store_free(n->store);
        n->is_up = false;
    }
}

void file_world_start(struct file_world *w, uint64_t seed, size_t count, size_t stranger)
{
    CHECK(count <= FILE_WORLD_NODES_MAX);
    memset(w, 0, sizeof *w);
    net_world_start(&w->net, seed, count);
    w->count = count;
    for (size_t i = 0; i < count; i++) {
        memset(w->nodes[i].key, i == stranger ? 2 : 1, GATE_KEY_SIZE);
        start_node(w, i);
    }
}

void file_world_stop(struct file_world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        stop_node(w, i);
    }
    net_world_stop(&w->net);
}

void file_world_crash(struct file_world *w, size_t i)
{
    sim_host_crash(w->net.hosts[i], false);
    stop_node(w, i);
    net_node_stop(&w->net.nodes[i]);
}

void file_world_restart(struct file_world *w, size_t i)
{
    net_world_restart(&w->net, i);
    start_node(w, i);
}

static uint8_t byte_of(uint64_t at, uint32_t salt)
{
    uint64_t word = (at / 8 + salt) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint8_t)((word ^ word >> 29) >> at % 8 * 7);
}

void file_world_put(struct file_world *w, size_t i, const char *path, uint64_t size, uint32_t salt)
{
    uint8_t *bytes = mem_new((size_t)size + 1);

    for (uint64_t at = 0; at < size; at++) {
        bytes[at] = byte_of(at, salt);
    }
    sim_files_put(w->net.hosts[i], path, span_of(bytes, (size_t)size));
    mem_free(bytes);
}

bool file_world_is(struct file_world *w, size_t i, const char *path, uint64_t size, uint32_t salt)
{
    struct buf bytes;

    buf_init(&bytes, (size_t)size + 1);
    bool is_it = sim_files_peek(w->net.hosts[i], path, &bytes) && bytes.len == size;

    for (uint64_t at = 0; is_it && at < size; at++) {
        is_it = bytes.ptr[at] == byte_of(at, salt);
    }
    buf_clear(&bytes);
    return is_it;
}

bool file_world_until(struct file_world *w, size_t i, enum file_event_kind kind, size_t count,
                      uint64_t ns)
{
    struct file_node *n = &w->nodes[i];

    for (uint64_t at = 0; n->heard[kind] < count && at < ns; at += STEP_NS) {
        sim_run_for(w->net.sim, STEP_NS);
        for (size_t k = 0; k < w->count; k++) {
            struct file_node *other = &w->nodes[k];

            if (other->is_up) {
                size_t held = file_held(other->file);

                file_check(other->file);
                other->held_max = held > other->held_max ? held : other->held_max;
            }
        }
    }
    return n->heard[kind] >= count;
}

void file_world_offer(struct file_world *w, size_t i, const char *path)
{
    uint64_t offer = 0;
    size_t heard = w->nodes[i].heard[FILE_OFFERED];

    CHECK(file_offer(w->nodes[i].file, path, &offer) == 0);
    CHECK(file_world_until(w, i, FILE_OFFERED, heard + 1, 60 * TIMERS_SECOND));
}

int file_world_fetch(struct file_world *w, size_t i, size_t giver, const char *name, size_t holder)
{
    const struct file_node *g = &w->nodes[giver];
    struct file_about about = {.size = g->size, .aead = g->aead, .name = span_from_text(name)};

    memcpy(about.id, g->id, sizeof about.id);
    memcpy(about.key, g->secret, sizeof about.key);
    int rc = file_fetch(w->nodes[i].file, &about);

    return rc < 0 || holder == SIZE_MAX ? rc : file_world_holder(w, i, giver, holder);
}

int file_world_holder(struct file_world *w, size_t i, size_t giver, size_t holder)
{
    struct overlay_id device = file_world_device(w, holder);

    return file_holder(w->nodes[i].file, w->nodes[giver].id, &device);
}

struct overlay_id file_world_device(const struct file_world *w, size_t i)
{
    struct overlay_id device;

    CHECK(overlay_id_from_peer(&device, &w->net.nodes[i].swarm.self) == 0);
    return device;
}
