/*
 * Wishes of programs to the DHT (wavu/p2p.h): each is one quest of discovery/kad_service with a
 * time-out. Arrives: wishes; events of the quest. Leaves: events with ids and addresses as text.
 */
#include "wavu/p2p.h"

#include <string.h>

#include "base/mem.h"
#include "discovery/kad_service.h"
#include "node/wavu_kad.h"
#include "node/wavu_node.h"

_Static_assert(WAVU_DHT_KEY_MAX <= KAD_MSG_KEY_MAX, "every key fits a message");

struct wavu_dht {
    struct wavu_node *node;
    struct kad_service_find *find; /* NULL once over */
    struct timer timer;
    struct turn_dead dead;
    struct peerid sought; /* of FIND, until it is told; len 0: nobody */
    void (*up)(void *context, const struct wavu_dht_event *event);
    void *context;
};

static void wavu_dht_reap(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct wavu_dht, dead));
}

static void wavu_dht_bury(struct wavu_dht *dht)
{
    struct turn *turn = &dht->node->port->turn;
    dht->find = NULL;
    timers_cancel(&turn->timers, &dht->timer);
    turn_bury(turn, &dht->dead);
}

static void wavu_dht_end(struct wavu_dht *dht, int err)
{
    const struct wavu_dht_event event = {.kind = WAVU_DHT_DONE, .peer = "", .err = err};
    wavu_dht_bury(dht);
    dht->up(dht->context, &event);
}

static void wavu_dht_on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_dht *dht = LIST_OF(timer, struct wavu_dht, timer);
    (void)now;
    kad_service_cancel(dht->find);
    wavu_dht_end(dht, WAVU_ERR_TIMEOUT);
}

/* Tell of `peer`, with what the peerbook has of it. */
static void wavu_dht_tell_peer(struct wavu_dht *dht, const struct peerid *peer)
{
    struct peerbook_address known[WAVU_PEER_ADDRESSES_MAX];
    char texts[WAVU_PEER_ADDRESSES_MAX][WAVU_ADDRESS_TEXT_MAX];
    const char *addresses[WAVU_PEER_ADDRESSES_MAX];
    char id[WAVU_PEER_TEXT_MAX];
    struct wavu_dht_event event = {.kind = WAVU_DHT_PEER, .peer = id, .addresses = addresses};
    size_t count =
        peerbook_addresses(&dht->node->swarm.peerbook, peer, known, WAVU_PEER_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        char *text = texts[event.address_count];
        if (multiaddr_format(&known[i].address, text, WAVU_ADDRESS_TEXT_MAX) == 0) {
            addresses[event.address_count++] = text;
        }
    }
    peerid_format(peer, id);
    dht->up(dht->context, &event);
}

/* The program may have given up when it heard of the peer. */
static void wavu_dht_finish(struct wavu_dht *dht, int err)
{
    if (dht->find != NULL) {
        wavu_dht_end(dht, err);
    }
}

static void wavu_dht_on_event(void *context, const struct kad_quest_event *event)
{
    struct wavu_dht *dht = context;
    struct wavu_dht_event told = {.kind = WAVU_DHT_VALUE, .peer = ""};
    struct kad_msg_peer provider;
    struct peerid id;
    switch (event->kind) {
    case KAD_QUEST_FOUND:
        dht->sought.len = 0;
        wavu_dht_tell_peer(dht, &event->peer);
        return;
    case KAD_QUEST_VALUE:
        told.value = event->value.ptr;
        told.len = event->value.len;
        dht->up(dht->context, &told);
        return;
    case KAD_QUEST_PROVIDER:
        if (kad_msg_peer_decode(&provider, event->provider) == 0 &&
            peerid_decode(&id, provider.id) == 0) {
            wavu_dht_tell_peer(dht, &id);
        }
        return;
    case KAD_QUEST_DONE:
        if (event->err == 0 && dht->sought.len > 0) { /* reached, and no quest was needed */
            id = dht->sought;
            dht->sought.len = 0;
            wavu_dht_tell_peer(dht, &id);
        }
        wavu_dht_finish(dht, event->err);
        return;
    }
}

static int wavu_dht_start(struct wavu_dht *dht, const struct wavu_dht_wish *wish)
{
    static const enum kad_quest_kind kinds[] = {
        [WAVU_DHT_FIND] = KAD_QUEST_PEER, [WAVU_DHT_NEAREST] = KAD_QUEST_NEAREST,
        [WAVU_DHT_GET] = KAD_QUEST_GET,   [WAVU_DHT_PROVIDERS] = KAD_QUEST_PROVIDERS,
        [WAVU_DHT_PUT] = KAD_QUEST_PUT,   [WAVU_DHT_PROVIDE] = KAD_QUEST_PROVIDE,
    };
    struct kad_service *kad = wavu_kad_inside(dht->node);
    const struct kad_service_user user = {.up = wavu_dht_on_event, .context = dht};
    const struct kad_quest_wish quest = {.kind = kinds[wish->kind],
                                         .key = span_of(wish->key, wish->key_len),
                                         .value = span_of(wish->value, wish->value_len),
                                         .enough = wish->enough};
    if (wish->kind != WAVU_DHT_FIND) {
        return kad_service_begin(kad, &quest, user, &dht->find);
    }
    int rc = peerid_decode(&dht->sought, quest.key);
    return rc < 0 ? rc : kad_service_find(kad, &dht->sought, user, &dht->find);
}

int wavu_dht_begin(struct wavu_node *node, const struct wavu_dht_wish *wish,
                   void (*up)(void *context, const struct wavu_dht_event *event), void *context,
                   struct wavu_dht **out)
{
    uint64_t wait_ms = wish->timeout_ms > 0 ? wish->timeout_ms : WAVU_STREAM_TIMEOUT_MS;
    if (wavu_kad_inside(node) == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (wish->key_len == 0 || wish->key_len > WAVU_DHT_KEY_MAX) {
        return WAVU_ERR_INVALID;
    }
    struct wavu_dht *dht = mem_new(sizeof *dht);
    dht->node = node;
    dht->up = up;
    dht->context = context;
    dht->dead.reap = wavu_dht_reap;
    timers_prepare(&dht->timer, wavu_dht_on_timer);
    int rc = wavu_dht_start(dht, wish);
    if (rc < 0) {
        mem_free(dht);
        return rc;
    }
    timers_set(&node->port->turn.timers, &dht->timer, node->port->turn.now_ns + wait_ms * TIMERS_MS,
               TIMERS_MS);
    *out = dht;
    return 0;
}

void wavu_dht_cancel(struct wavu_dht *dht)
{
    if (dht != NULL && dht->find != NULL) {
        kad_service_cancel(dht->find);
        wavu_dht_bury(dht);
    }
}
