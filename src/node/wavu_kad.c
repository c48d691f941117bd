/*
 * Kademlia of a node. A node with a pre-shared key has none: its peers are those that have the key.
 */
#include "node/wavu_kad.h"

#include "base/mem.h"
#include "discovery/kad_proof.h"
#include "node/wavu_node.h"
#include "wavu/mesh.h"

_Static_assert(WAVU_KAD_PREFIX_MAX == KAD_SERVICE_PREFIX_MAX, "as the service has it");
_Static_assert(WAVU_KAD_PUZZLE_MAX == KAD_PROOF_PUZZLE_MAX, "as the service has it");

struct wavu_kad {
    struct kad_service service; /* its counters are in the node's set until the node is freed */
    bool is_shut;
};

struct wavu_kad_find {
    struct wavu_node *node;
    struct kad_service_find *find;
    struct peerid peer;
    void (*done)(void *context, int err, const char *const *addresses, size_t count);
    void *context;
};

static enum kad_role_wish wavu_kad_wish(enum wavu_kad_role role)
{
    switch (role) {
    case WAVU_KAD_AUTO:
        return KAD_ROLE_AUTO;
    case WAVU_KAD_CLIENT:
        return KAD_ROLE_CLIENT;
    case WAVU_KAD_SERVER:
        return KAD_ROLE_SERVER;
    }
    return KAD_ROLE_AUTO;
}

int wavu_kad_new(struct wavu_node *node, const struct wavu_config *config)
{
    if (config->kad == NULL || node->swarm.has_psk) {
        return 0;
    }
    if (config->kad->puzzle > WAVU_KAD_PUZZLE_MAX) {
        return WAVU_ERR_INVALID;
    }
    struct kad_service_config service = {
        .swarm = &node->swarm,
        .identify = &node->identify,
        .metrics = &node->metrics,
        .store = node->store.store,
        .prefix = config->kad->prefix,
        .role = wavu_kad_wish(config->kad->role),
        .is_low_power = config->mesh != NULL && config->mesh->is_low_power,
        .is_members_only = !config->kad->is_open,
        .puzzle = config->kad->puzzle,
    };
    struct wavu_kad *kad = mem_new(sizeof *kad);
    int rc = kad_service_init(&kad->service, &service);
    if (rc < 0) {
        mem_free(kad);
        return rc;
    }
    node->kad = kad;
    node->swarm.records = kad_service_records(&kad->service);
    return 0;
}

void wavu_kad_shut(struct wavu_node *node)
{
    struct wavu_kad *kad = node->kad;
    if (kad != NULL && !kad->is_shut) {
        kad->is_shut = true;
        kad_service_clear(&kad->service);
        node->swarm.records = (struct records){.context = NULL};
    }
}

void wavu_kad_free(struct wavu_node *node)
{
    wavu_kad_shut(node);
    mem_free(node->kad);
    node->kad = NULL;
}

struct kad_service *wavu_kad_inside(const struct wavu_node *node)
{
    return node->kad == NULL || node->kad->is_shut ? NULL : &node->kad->service;
}

void wavu_kad_risen(struct wavu_node *node, struct conn *conn)
{
    struct kad_service *service = wavu_kad_inside(node);
    if (service != NULL) {
        kad_service_meet(service, conn);
    }
}

void wavu_kad_status(const struct wavu_node *node, struct wavu_kad_status *out)
{
    const struct kad_service *service = wavu_kad_inside(node);
    *out = (struct wavu_kad_status){.is_on = service != NULL};
    if (service != NULL) {
        struct kad_service_view view;
        kad_service_look(service, &view);
        out->is_server = view.is_server;
        out->peers = view.peers;
        out->searches = view.searches;
    }
}

/* ---- Finding ---- */

static void wavu_kad_found(void *context, const struct kad_quest_event *event)
{
    struct wavu_kad_find *f = context;
    struct peerbook_address known[WAVU_KAD_ADDRESSES_MAX];
    char texts[WAVU_KAD_ADDRESSES_MAX][WAVU_ADDRESS_TEXT_MAX];
    const char *addresses[WAVU_KAD_ADDRESSES_MAX];
    size_t written = 0;
    if (event->kind != KAD_QUEST_DONE) {
        return;
    }
    size_t count =
        peerbook_addresses(&f->node->swarm.peerbook, &f->peer, known, WAVU_KAD_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (multiaddr_format(&known[i].address, texts[written], WAVU_ADDRESS_TEXT_MAX) == 0) {
            addresses[written] = texts[written];
            written++;
        }
    }
    f->done(f->context, event->err, addresses, written);
    mem_free(f);
}

int wavu_kad_find(struct wavu_node *node, const char *peer,
                  void (*done)(void *context, int err, const char *const *addresses, size_t count),
                  void *context, struct wavu_kad_find **out)
{
    struct kad_service *service = wavu_kad_inside(node);
    struct peerid id;
    int rc = peerid_parse(&id, span_from_text(peer));
    if (rc == 0 && peerid_is_equal(&id, &node->swarm.self)) {
        rc = WAVU_ERR_INVALID;
    }
    if (rc == 0 && service == NULL) {
        rc = WAVU_ERR_UNSUPPORTED;
    }
    if (rc < 0) {
        return rc;
    }
    struct wavu_kad_find *f = mem_new(sizeof *f);
    struct kad_service_user user = {.up = wavu_kad_found, .context = f};
    *f = (struct wavu_kad_find){.node = node, .peer = id, .done = done, .context = context};
    rc = kad_service_find(service, &id, user, &f->find);
    if (rc < 0) {
        mem_free(f);
        return rc;
    }
    *out = f;
    return 0;
}

void wavu_kad_cancel(struct wavu_kad_find *find)
{
    if (find != NULL) {
        kad_service_cancel(find->find);
        mem_free(find);
    }
}
