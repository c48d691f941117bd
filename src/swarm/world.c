/*
 * Nodes and their time. Each item of the wheel belongs to a node; after it the node's events are
 * taken, and its next tick is put when there is none as early.
 */
#include "swarm/world.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/null_sign.h"
#include "swarm/world_core.h"

#define SEED_RETRY_NS (500 * WORLD_MS) /* recovery_base_delay, doubled up to 64 times */
#define SEED_TRIES_MAX 6

uint32_t world_number(const struct overlay_id *id)
{
    const uint8_t *b = id->bytes + OVERLAY_ID_SIZE - 4;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Where a node is reached, as its peers are told: some bytes, as short as an address can be, that
 * nobody reads. */
static struct span where_of(const struct overlay_id *id)
{
    return span_of(id->bytes, 8);
}

/* ---- A world ---- */

struct world *world_new(const struct world_config *config, const struct world_watch *watch)
{
    struct world *w = mem_new(sizeof *w);
    w->config = *config;
    w->watch = *watch;
    wheel_init(&w->wheel);
    w->wheel.slot = WORLD_S >> WHEEL_SLOT_SHIFT; /* nobody's clock begins at zero */
    w->nodes = mem_new_array(config->nodes, sizeof w->nodes[0]);
    w->scratch = mem_new_raw(OVERLAY_FRAME_BODY_MAX);
    random_seeded_init(&w->seeded, config->seed);
    w->random = random_from_seeded(&w->seeded);
    for (uint32_t i = 0; i < config->nodes; i++) {
        struct world_node *n = &w->nodes[i];
        random_seeded_init(&n->seeded, config->seed * UINT64_C(1000003) + i + 1);
        n->random = random_from_seeded(&n->seeded);
        n->sign = null_sign_as(&n->id);
        random_fill(&n->random, n->id.bytes, OVERLAY_ID_SIZE);
        for (size_t k = 0; k < 4; k++) {
            n->id.bytes[OVERLAY_ID_SIZE - 1 - k] = (uint8_t)(i >> (8 * k));
        }
    }
    return w;
}

void world_free(struct world *w)
{
    if (w == NULL) {
        return;
    }
    while (w->fault_count > 0) {
        world_fault_off(w, w->faults[0].fault.id);
    }
    for (uint32_t i = 0; i < w->config.nodes; i++) {
        struct world_node *n = &w->nodes[i];
        if (n->is_up) {
            mesh_clear(&n->mesh);
        }
        mem_free(n->links);
        mem_free(n->known);
    }
    wheel_clear(&w->wheel);
    world_fault_clear(w);
    mem_free(w->hostile);
    mem_free(w->nodes);
    mem_free(w->scratch);
    mem_free(w);
}

/* ---- What a mesh wants ---- */

static void drop(struct world *w, uint32_t i, uint32_t peer, enum world_kind word)
{
    struct world_link *l = world_cable_to(w, i, peer);
    if (l != NULL) {
        world_cable_tell(w, i, l, word);
        world_cable_remove(w, i, l);
    }
}

static void reach(struct world *w, uint32_t i, uint32_t peer)
{
    bool is_there = world_is_open(w, i, peer) && world_is_open(w, peer, i) &&
                    (world_fault_is_dialable(w, peer) || world_cable_to(w, i, peer) != NULL);
    bool is_told = is_there || (!w->nodes[peer].is_up && w->nodes[peer].is_reset);
    if (is_told) {
        uint64_t at = world_now(w) + 4 * world_cable_delay(w, i, peer);
        struct wheel_item item = {.to = i, .from = peer, .tag = w->nodes[i].lives};
        item.kind = is_there ? WORLD_REACHED : WORLD_UNREACHED;
        wheel_put(&w->wheel, at, &item);
    }
}

/* Dial the seed after `wait`. */
static void seek(struct world *w, uint32_t i, uint64_t wait_ns)
{
    struct world_node *n = &w->nodes[i];
    if (!n->is_seeking) {
        struct wheel_item item = {.to = i, .kind = WORLD_SEED, .tag = n->lives};
        wheel_put(&w->wheel, world_now(w) + wait_ns, &item);
        n->is_seeking = true;
    }
}

static void handle(struct world *w, uint32_t i, const struct mesh_event *e)
{
    struct world_node *n = &w->nodes[i];
    uint32_t other = world_number(&e->id);
    struct world_link *l = NULL;
    if (other >= w->config.nodes) {
        if (e->kind == MESH_DIAL) {
            mesh_link_failed(&n->mesh, world_clock(w, n), &e->id); /* a liar's invention */
        }
        return;
    }
    switch (e->kind) {
    case MESH_SEND:
        l = world_cable_to(w, i, other);
        if (l != NULL) {
            world_cable_carry(w, i, l, e->frame, e->body);
        }
        return;
    case MESH_DIAL:
        world_cable_dial(w, i, other);
        return;
    case MESH_DROP:
        drop(w, i, other, WORLD_LEFT);
        return;
    case MESH_REACH:
        reach(w, i, other);
        return;
    case MESH_DOWN:
        if (w->watch.down != NULL) {
            w->watch.down(w->watch.context, i, other);
        }
        drop(w, i, other, WORLD_RESET);
        return;
    case MESH_DELIVER:
        if (w->watch.delivered != NULL) {
            w->watch.delivered(w->watch.context, i, other, e);
        }
        return;
    case MESH_NEIGHBOUR:
        if (!e->is_up && views_active_count(&n->mesh.views) == 0) {
            seek(w, i, SEED_RETRY_NS);
        }
        return;
    case MESH_LEARNED:
    case MESH_SUSPECTED:
    case MESH_SPLIT:
    case MESH_REFUSED: /* one network */
    case MESH_CHANGED:
    case MESH_WRITTEN:
    case MESH_FORGOT:
    case MESH_FRAME:
        return;
    }
}

void world_settle(struct world *w, uint32_t i)
{
    struct world_node *n = &w->nodes[i];
    struct mesh_event e;
    uint64_t now = world_clock(w, n);
    while (mesh_next_event(&n->mesh, now, &e)) {
        handle(w, i, &e);
    }
    uint64_t due = mesh_deadline(&n->mesh);
    due = due > now ? due - n->ahead_ns : world_now(w) + 1;
    if (due < n->tick_ns) {
        n->tick_ns = due;
        struct wheel_item item = {.to = i, .kind = WORLD_TICK, .tag = n->lives};
        wheel_put(&w->wheel, due, &item);
    }
}

/* ---- Lives ---- */

static void find_seed(struct world *w, uint32_t i)
{
    struct world_node *n = &w->nodes[i];
    if (views_active_count(&n->mesh.views) > 0 && n->has_met_seed) {
        n->seed_tries = 0;
        return;
    }
    world_cable_dial(w, i, n->seed);
    uint64_t wait = SEED_RETRY_NS << n->seed_tries;
    n->seed_tries = (uint8_t)(n->seed_tries + (n->seed_tries < SEED_TRIES_MAX));
    wait = wait / 2 + random_below(&n->random, wait);
    seek(w, i, wait);
}

void world_start(struct world *w, uint32_t i, uint32_t seed)
{
    struct world_node *n = &w->nodes[i];
    CHECK(!n->is_up);
    struct mesh_config config = w->config.mesh;
    config.self = n->id;
    config.where = where_of(&n->id);
    config.random = &n->random;
    config.sign = &n->sign;
    config.scratch = span_mut_of(w->scratch, OVERLAY_FRAME_BODY_MAX);
    config.generation = ++n->lives;
    n->is_up = true;
    n->born_ns = world_now(w);
    n->tick_ns = UINT64_MAX;
    n->seed = seed;
    n->seed_tries = 0;
    n->has_met_seed = seed == i;
    n->is_seeking = false;
    mesh_init(&n->mesh, world_clock(w, n), &config);
    for (size_t k = 0; n->known != NULL && k < WORLD_KNOWN_MAX && n->known[k] != i; k++) {
        const struct overlay_id *id = &w->nodes[n->known[k]].id;
        (void)!views_retain(mesh_views(&n->mesh), world_clock(w, n), id, where_of(id));
    }
    if (seed != i) {
        find_seed(w, i);
    }
    world_settle(w, i);
}

/* What a node's disk keeps: peers that it had. */
static void remember(struct world *w, uint32_t i)
{
    struct world_node *n = &w->nodes[i];
    if (n->known == NULL) {
        n->known = mem_new_array(WORLD_KNOWN_MAX, sizeof n->known[0]);
    }
    size_t count = 0;
    size_t at = 0;
    const struct overlay_id *id = NULL;
    while (count < WORLD_KNOWN_MAX && (id = views_next_active(&n->mesh.views, &at)) != NULL) {
        uint32_t peer = world_number(id);
        n->known[count] = peer;
        count += peer < w->config.nodes;
    }
    for (; count < WORLD_KNOWN_MAX; count++) {
        n->known[count] = i; /* nobody */
    }
}

static void stop(struct world *w, uint32_t i)
{
    struct world_node *n = &w->nodes[i];
    while (n->link_count > 0) {
        world_cable_remove(w, i, &n->links[n->link_count - 1]);
    }
    mesh_clear(&n->mesh);
    n->is_up = false;
    n->died_ns = world_now(w);
}

void world_crash(struct world *w, uint32_t i, bool is_reset)
{
    struct world_node *n = &w->nodes[i];
    CHECK(n->is_up);
    remember(w, i);
    n->is_reset = is_reset;
    for (size_t k = 0; is_reset && k < n->link_count; k++) {
        world_cable_tell(w, i, &n->links[k], WORLD_RESET);
    }
    stop(w, i);
}

void world_quit(struct world *w, uint32_t i)
{
    struct world_node *n = &w->nodes[i];
    CHECK(n->is_up);
    views_quit(mesh_views(&n->mesh), world_clock(w, n));
    world_settle(w, i);
    n->is_reset = true;
    stop(w, i);
}

/* ---- What happens ---- */

static void on_frame(struct world *w, const struct wheel_item *item)
{
    struct world_node *n = &w->nodes[item->to];
    struct world_link *l = world_cable_of(w, item->to, item->tag);
    const uint8_t *body = wheel_body(item);
    if (l == NULL) {
        struct world_link gone = {.peer = item->from, .tag = item->tag};
        gone.delay_ns = world_cable_delay(w, item->to, item->from);
        world_cable_tell(w, item->to, &gone, WORLD_RESET);
        return;
    }
    struct overlay_frame frame = {.kind = body[0], .body = span_of(body + 1, item->len - 1u)};
    const struct overlay_id *from = &w->nodes[item->from].id;
    if (n->hostile != 0) {
        world_hostile_heard(w, item->to, (enum overlay_kind)frame.kind, frame.body);
    }
    int rc = mesh_feed(&n->mesh, world_clock(w, n), from, &frame);
    if (rc < 0) {
        w->stats.refused++;
        if (w->watch.broken != NULL) {
            w->watch.broken(w->watch.context, item->to, item->from, rc);
        }
        world_settle(w, item->to); /* as the service: events first, then the link goes */
        l = world_cable_of(w, item->to, item->tag);
        if (l != NULL) {
            world_cable_tell(w, item->to, l, WORLD_RESET);
            world_cable_remove(w, item->to, l);
            mesh_link_down(&n->mesh, world_clock(w, n), from, false);
        }
    }
}

static void on_linked(struct world *w, uint32_t i, uint32_t peer)
{
    struct world_node *n = &w->nodes[i];
    struct world_node *p = &w->nodes[peer];
    bool is_open = world_is_open(w, i, peer) && world_is_open(w, peer, i);
    bool is_new = world_cable_to(w, i, peer) == NULL;
    if (!is_open || (is_new && !world_cable_join(w, i, peer))) {
        mesh_link_failed(&n->mesh, world_clock(w, n), &p->id);
        return;
    }
    n->has_met_seed = n->has_met_seed || peer == n->seed;
    if (mesh_link_up(&n->mesh, world_clock(w, n), &p->id, true) < 0) {
        drop(w, i, peer, WORLD_LEFT);
    }
    if (is_new && world_cable_to(w, peer, i) != NULL) {
        if (mesh_link_up(&p->mesh, world_clock(w, p), &n->id, false) < 0) {
            drop(w, peer, i, WORLD_LEFT);
        }
        world_settle(w, peer);
    }
}

static void on_gone(struct world *w, const struct wheel_item *item)
{
    struct world_node *n = &w->nodes[item->to];
    struct world_link *l = world_cable_of(w, item->to, item->tag);
    if (l != NULL) {
        world_cable_remove(w, item->to, l);
        mesh_link_down(&n->mesh, world_clock(w, n), &w->nodes[item->from].id,
                       item->kind == WORLD_RESET);
    }
}

static void happen(struct world *w, const struct wheel_item *item)
{
    struct world_node *n = &w->nodes[item->to];
    const struct overlay_id *from = &w->nodes[item->from].id;
    uint64_t now = world_clock(w, n);
    switch ((enum world_kind)item->kind) {
    case WORLD_FRAME:
        on_frame(w, item);
        break;
    case WORLD_TICK:
        n->tick_ns = UINT64_MAX;
        w->stats.ticks++;
        mesh_tick(&n->mesh, now);
        break;
    case WORLD_LINKED:
        on_linked(w, item->to, item->from);
        break;
    case WORLD_FAILED:
        mesh_link_failed(&n->mesh, now, from);
        break;
    case WORLD_LEFT:
    case WORLD_RESET:
        on_gone(w, item);
        break;
    case WORLD_REACHED:
    case WORLD_UNREACHED:
        mesh_reached(&n->mesh, now, from, item->kind == WORLD_REACHED);
        break;
    case WORLD_SEED:
        n->is_seeking = false;
        find_seed(w, item->to);
        break;
    case WORLD_HOSTILE:
        world_hostile_act(w, item->to);
        break;
    }
    world_settle(w, item->to);
}

/* Ticks that an earlier one has overtaken, and items of an earlier life. */
static bool is_stale(const struct world *w, const struct world_node *n,
                     const struct wheel_item *item)
{
    bool is_of_life = item->kind == WORLD_TICK || item->kind == WORLD_SEED ||
                      item->kind == WORLD_HOSTILE || item->kind == WORLD_LINKED ||
                      item->kind == WORLD_FAILED || item->kind == WORLD_REACHED ||
                      item->kind == WORLD_UNREACHED;
    return !n->is_up || (is_of_life && item->tag != n->lives) ||
           (item->kind == WORLD_TICK && world_now(w) < n->tick_ns);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 31;
}

/* What happened goes into the hash of all, each byte of it. */
static void fold(struct world *w, const struct wheel_item *item)
{
    const uint8_t *body = wheel_body(item);
    uint64_t hash = mix(w->hash, item->slot);
    hash = mix(hash, (uint64_t)item->to << 32 | item->from);
    hash = mix(hash, (uint64_t)item->kind << 48 | (uint64_t)item->len << 32 | item->tag);
    for (size_t at = 0; at < item->len; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t left = item->len - at;
        memcpy(&word, body + at, left < sizeof word ? left : sizeof word);
        hash = mix(hash, word);
    }
    w->hash = hash;
}

/* A node that stands still gets the item later; order among its items stays. */
static bool put_off(struct world *w, const struct wheel_item *item)
{
    if (!world_fault_is_still(w, item->to)) {
        return false;
    }
    struct wheel_item later = *item;
    uint8_t *body = wheel_put(&w->wheel, w->nodes[item->to].still_until_ns, &later);
    memcpy(body, wheel_body(item), item->len);
    return true;
}

/* Nodes of items to come are far from the processor: have them loaded meanwhile, first the nodes,
 * some items later their links. */
static void look_ahead(struct world *w)
{
    const struct wheel_item *item;
    while ((item = wheel_ahead(&w->wheel)) != NULL) {
        struct world_coming *c = &w->coming[w->coming_at++ % WORLD_COMING];
        const struct world_node *n = &w->nodes[c->to];
        PREFETCH(n->links);
        PREFETCH(n->links + 2);
        PREFETCH(n->links + 4);
        mesh_load_links_ahead(&n->mesh, c->frame, &w->nodes[c->from].id);
        n = &w->nodes[item->to];
        *c = (struct world_coming){.to = item->to, .from = item->from};
        c->frame = item->kind == WORLD_FRAME ? wheel_body(item)[0] : 0;
        PREFETCH(&n->tick_ns);
        PREFETCH(&n->is_up);
        PREFETCH(&w->nodes[item->from].id);
        mesh_load_ahead(&n->mesh, c->frame);
    }
}

void world_run(struct world *w, uint64_t until_ns)
{
    const struct wheel_item *item;
    while ((item = wheel_next(&w->wheel, until_ns)) != NULL) {
        const struct world_node *n = &w->nodes[item->to];
        look_ahead(w);
        if (is_stale(w, n, item) || (w->fault_count > 0 && put_off(w, item))) {
            continue;
        }
        w->stats.events++;
        fold(w, item);
        happen(w, item);
    }
}

/* ---- Wishes ---- */

void world_wake(struct world *w, uint32_t i)
{
    struct world_node *n = &w->nodes[i];
    CHECK(n->is_up);
    mesh_tick(&n->mesh, world_clock(w, n));
    world_settle(w, i);
}

int world_say(struct world *w, uint32_t i, struct span payload, uint32_t *sequence)
{
    struct world_node *n = &w->nodes[i];
    CHECK(n->is_up);
    int rc = plumtree_broadcast(mesh_plumtree(&n->mesh), world_clock(w, n), payload, sequence);
    world_settle(w, i);
    return rc;
}

int world_set(struct world *w, uint32_t i, struct span key, struct span value)
{
    struct world_node *n = &w->nodes[i];
    CHECK(n->is_up);
    int rc = state_set(mesh_state(&n->mesh), world_clock(w, n), key, value);
    world_settle(w, i);
    return rc;
}

bool world_is_open(const struct world *w, uint32_t from, uint32_t to)
{
    return w->nodes[from].is_up && w->nodes[to].is_up &&
           (w->fault_count == 0 || world_fault_is_open(w, from, to));
}

bool world_is_heard(const struct world *w, uint32_t from, uint32_t to)
{
    return world_is_open(w, from, to) && !world_fault_is_clogged(w, from, to);
}
