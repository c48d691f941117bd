/*
 * Rooms and courier of one network on a node: broadcasts one way, sessions the other, bundles in
 * the shared state.
 */
#include "node/wavu_rooms.h"

#include <string.h>

#include "base/mem.h"
#include "node/wavu_files.h"
#include "node/wavu_directs.h"
#include "node/wavu_hops.h"
#include "chat/history_due.h"
#include "chat/rooms_repair.h"
#include "node/wavu_keep.h"
#include "node/wavu_node.h"
#include "node/wavu_sos.h"
#include "sync/talks.h"

#define KEYS_LIFETIME_S (UINT32_C(7) * 86400) /* as long as secrets wait for who is away */
#define SLACK_NS (UINT64_C(500) * TIMERS_MS)
#define PAST_STEPS 64 /* times HISTORY_DUE_STEP: what ended while nobody looked */

struct wavu_rooms {
    struct wavu_networks_one *o;
    struct rooms *rooms;
    struct courier *courier;
    struct wavu_hops *hops;
    struct wavu_directs *directs;
    struct talks *talks;
    uint8_t member[32];
    struct list dials; /* of struct reach */
    struct timer publish;
};

/* A device that something waits for, while it is dialled. */
struct reach {
    struct list link;
    struct wavu_rooms *owner;
    struct dial *dial;
    uint8_t device[32];
    struct turn_dead dead;
};

/* ---- What the courier asks ---- */

static const struct network *network_of(const struct wavu_rooms *r)
{
    return networks_network(r->o->one);
}

static bool whose(void *context, const uint8_t device[32], uint8_t member[32])
{
    return network_member_of(network_of(context), device, member);
}

static bool device_at(void *context, const uint8_t member[32], size_t at, uint8_t device[32])
{
    const struct network *n = network_of(context);
    uint32_t place = members_member_of(&n->log, member);
    struct members_state_view view;
    uint32_t walk = 0;

    while (members_state_next_device(&n->state, &walk, &view)) {
        if (view.member == place && at-- == 0) {
            memcpy(device, view.device, 32);
            return true;
        }
    }
    return false;
}

/* What a device has in the shared state under `key`. */
static struct span value_of(const struct wavu_rooms *r, const uint8_t device[32], const char *key)
{
    struct overlay_id id;
    struct span value = span_empty();

    memcpy(id.bytes, device, sizeof id.bytes);
    int rc = state_get(&overlay_mesh(r->o->overlay)->state, &id, span_from_text(key), &value);
    return rc == 0 ? value : span_empty();
}

static struct span bundle_of(void *context, const uint8_t device[32])
{
    return value_of(context, device, WAVU_ROOMS_PREKEYS_KEY);
}

static void publish(void *context, struct span bundle)
{
    const struct wavu_rooms *r = context;

    (void)!overlay_set(r->o->overlay, span_from_text(WAVU_ROOMS_PREKEYS_KEY), bundle);
}

static void reap(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct reach, dead));
}

static void end_reach(struct reach *reach)
{
    dial_cancel(reach->dial);
    list_remove(&reach->link);
    turn_bury(&reach->owner->o->owner->node->port->turn, &reach->dead);
}

static void on_reached(void *context, int err, struct conn *conn)
{
    struct reach *reach = context;
    struct wavu_rooms *r = reach->owner;

    (void)conn;
    reach->dial = NULL;
    if (err == 0) {
        courier_open(r->courier, reach->device);
    }
    end_reach(reach);
}

static void reach_device(void *context, const uint8_t device[32])
{
    struct wavu_rooms *r = context;
    struct overlay_id id;
    struct peerid peer;

    for (struct list *l = list_next(&r->dials, &r->dials); l != NULL; l = list_next(&r->dials, l)) {
        if (span_is_equal(span_of(LIST_OF(l, struct reach, link)->device, 32),
                          span_of(device, 32))) {
            return; /* under way */
        }
    }
    struct reach *reach = mem_new(sizeof *reach);
    const struct dial_user user = {.done = on_reached, .context = reach};
    reach->owner = r;
    reach->dead.reap = reap;
    memcpy(reach->device, device, 32);
    memcpy(id.bytes, device, sizeof id.bytes);
    overlay_id_to_peer(&id, &peer);
    list_push_back(&r->dials, &reach->link);
    if (dial_start(&r->o->owner->node->swarm, &peer, NULL, 0, user, &reach->dial) < 0) {
        reach->dial = NULL;
        end_reach(reach); /* nobody knows where it is */
    }
}

static int unicast(void *context, const uint8_t device[32], struct span frame, uint64_t ticket)
{
    const struct wavu_rooms *r = context;

    return wavu_hops_send(r->hops, device, frame, ticket);
}

static bool reaches(void *context, const uint8_t device[32])
{
    const struct wavu_rooms *r = context;

    return wavu_hops_reaches(r->hops, device);
}

/* ---- Several hops ---- */

static void on_frame(void *context, const uint8_t device[32], struct span frame)
{
    const struct wavu_rooms *r = context;

    (void)!courier_hop(r->courier, device, frame); /* what is not taken now comes again */
}

static void on_hopped(void *context, uint64_t ticket, int err)
{
    const struct wavu_rooms *r = context;

    courier_hopped(r->courier, ticket, err);
}

/* ---- What comes by the courier ---- */

static int take_keys(void *context, const struct courier_content *content)
{
    const struct wavu_rooms *r = context;

    return rooms_told(r->rooms, content->device, content->body);
}

/* Of a newer wavu: it has a receipt, and nobody here to show it. */
static int take_others(void *context, const struct courier_content *content)
{
    (void)context;
    (void)content;
    return 0;
}

static int take_sos(void *context, const struct courier_content *content)
{
    const struct wavu_rooms *r = context;

    return wavu_sos_take(r->o, content);
}

static void on_fate(void *context, const struct courier_fate *fate)
{
    const struct wavu_rooms *r = context;

    wavu_directs_fate(r->directs, fate);
    wavu_sos_fate(r->o, fate);
}

static void on_courier_failed(void *context, int err)
{
    const struct wavu_rooms *r = context;

    log_write(&r->o->owner->node->log, LOG_ERROR, "courier",
              "nothing can be brought to single members until the next start: %s",
              wavu_err_sentence(err));
}

static void on_twin(void *context)
{
    const struct wavu_rooms *r = context;

    log_write(&r->o->owner->node->log, LOG_ERROR, "courier",
              "this device's key is in use elsewhere, or its home is an old copy");
}

/* ---- What the rooms say ---- */

static int on_say(void *context, struct span names, struct span bytes)
{
    const struct wavu_rooms *r = context;
    static const uint8_t channel = WAVU_ROOMS_CHANNEL;
    struct buf whole;

    if (r->courier == NULL) {
        return 0; /* we are in that network no more */
    }
    buf_init(&whole, names.len + 1 + bytes.len);
    int rc = buf_append(&whole, names);
    rc = rc < 0 ? rc : buf_append(&whole, span_of(&channel, 1));
    rc = rc < 0 ? rc : buf_append(&whole, bytes);
    rc = rc < 0
             ? rc
             : overlay_broadcast_items(r->o->overlay, buf_span(&whole), names.len / ENTRY_ID_SIZE);
    buf_clear(&whole);
    return rc; /* what is too large for a broadcast is brought by repair */
}

static void on_tell(void *context, const uint8_t device[32], bool is_ask, struct span bytes)
{
    const struct wavu_rooms *r = context;
    const struct courier_order order = {.device = device,
                                        .kind = is_ask ? COURIER_ASK : COURIER_WRAP,
                                        .class_number = ENVELOPE_CONTROL,
                                        .lifetime_s = KEYS_LIFETIME_S,
                                        .body = bytes};
    uint8_t message[ENVELOPE_ID_SIZE];

    if (r->courier != NULL) {
        (void)!courier_say(r->courier, &order, message); /* who lacks it asks */
    }
}

/* What of its keys a device has in the shared state, by enum epochs_published. */
static const char *const published_keys[EPOCHS_PUBLISHED] = {
    WAVU_ROOMS_LEAF_KEY, WAVU_ROOMS_LIGHT_KEY, WAVU_ROOMS_PASSED_KEY};

/* All that the shared state has of `what`: some may have come before it could be understood. */
static void tell_published(struct wavu_rooms *r, enum epochs_published what)
{
    struct members_state_view view;
    uint32_t at = 0;

    while (members_state_next_device(&network_of(r)->state, &at, &view)) {
        struct span value = value_of(r, view.device, published_keys[what]);

        if (value.len > 0) {
            rooms_published(r->rooms, view.device, what, value);
        }
    }
}

static void on_keys(void *context, enum epochs_published what, struct span value)
{
    struct wavu_rooms *r = context;
    struct span key = span_from_text(published_keys[what]);
    struct span there = value_of(r, r->o->owner->node->swarm.key.public_key, published_keys[what]);

    if (!span_is_equal(there, value)) {
        (void)!overlay_set(r->o->overlay, key, value);
    }
    if (what == EPOCHS_PASSED) {
        tell_published(r, what);
    }
}

static void on_ready(void *context, bool is_ready)
{
    struct wavu_rooms *r = context;

    wavu_networks_chat(r->o, is_ready ? WAVU_CHAT_READY : WAVU_CHAT_WAITS, NULL);
}

static void on_news(void *context, const struct history_event *event)
{
    struct wavu_rooms *r = context;

    if (event->kind == HISTORY_PLACED && event->is_shown && event->content == CONTENT_FILE &&
        r->o->files != NULL) {
        wavu_files_placed(r->o->files, event->id);
    }
    if (r->directs != NULL && wavu_directs_news(r->directs, event)) {
        return;
    }
    wavu_sos_placed(r->o, event);
    switch (event->kind) {
    case HISTORY_PLACED:
        if (event->is_shown) {
            wavu_networks_chat(r->o, WAVU_CHAT_MESSAGE, event);
        }
        return;
    case HISTORY_CHANGED:
    case HISTORY_HIDDEN:
        wavu_networks_chat(r->o, WAVU_CHAT_CHANGED, event);
        return;
    case HISTORY_HAS:
        wavu_networks_chat(r->o, WAVU_CHAT_HAS, event);
        return;
    case HISTORY_FORKED:
    case HISTORY_ROOM:
    case HISTORY_READ:
    case HISTORY_MANY:
        return;
    }
}

/* ---- Repair ---- */

static int on_talk(void *context, const uint8_t device[32], const struct repair_ask *ask)
{
    const struct wavu_rooms *r = context;

    return r->talks == NULL ? WAVU_ERR_DENIED : talks_open(r->talks, device, ask);
}

static void *talk_begin(void *context, const uint8_t device[32], const void *ask)
{
    const struct wavu_rooms *r = context;

    return rooms_repair_talk(r->rooms, device, ask);
}

static int talk_feed(void *talk, struct span frame)
{
    return rooms_repair_feed(talk, frame);
}

static int talk_pull(void *talk, struct buf *out)
{
    return rooms_repair_pull(talk, out);
}

static void talk_end(void *context, void *talk, bool in_order)
{
    (void)context;
    rooms_repair_end(talk, in_order);
}

static uint64_t on_lasting(void *context)
{
    const struct wavu_rooms *r = context;

    return wavu_networks_lasting(r->o->owner);
}

/* ---- The overlay ---- */

static void on_publish(struct timer *timer, uint64_t now)
{
    struct wavu_rooms *r = LIST_OF(timer, struct wavu_rooms, publish);

    (void)now;
    courier_publish(r->courier, bundle_of(r, r->o->owner->node->swarm.key.public_key));
}

/* Others' state comes with the first neighbour; alone there is nobody who could know better. */
static void plan_publish(struct wavu_rooms *r)
{
    struct turn *turn = &r->o->owner->node->port->turn;

    timers_set(&turn->timers, &r->publish, turn->now_ns + WAVU_ROOMS_PUBLISH_NS, SLACK_NS);
}

/* A device says something of itself in the shared state. */
static void on_value(struct wavu_rooms *r, const struct mesh_event *event)
{
    if (span_is_equal(event->key, span_from_text(WAVU_ROOMS_PREKEYS_KEY))) {
        courier_bundle(r->courier, event->id.bytes, event->value);
        return;
    }
    for (int i = 0; i < EPOCHS_PUBLISHED; i++) {
        if (span_is_equal(event->key, span_from_text(published_keys[i]))) {
            rooms_published(r->rooms, event->id.bytes, (enum epochs_published)i, event->value);
        }
    }
}

/* Somebody broadcasts for rooms; what it names by its items are entries. */
static void on_broadcast(struct wavu_rooms *r, const struct mesh_event *event)
{
    struct span bytes = span_slice(event->body, 1, event->body.len);
    struct entry_proof_said said;

    if (event->items.len == 0) {
        rooms_take(r->rooms, event->id.bytes, bytes, NULL);
        return;
    }
    memcpy(said.device, event->id.bytes, sizeof said.device);
    memcpy(said.signature, event->signature.ptr, sizeof said.signature);
    said.generation = event->generation;
    said.sequence = event->sequence;
    said.ids = event->items;
    entry_proof_prepare(&said, event->body);
    rooms_take(r->rooms, event->id.bytes, bytes, &said);
}

void wavu_rooms_event(struct wavu_rooms *r, const struct mesh_event *event)
{
    wavu_hops_event(r->hops, event);
    if (event->kind == MESH_NEIGHBOUR && event->is_up) {
        courier_near(r->courier, event->id.bytes);
        rooms_repair_near(r->rooms, event->id.bytes, true);
    } else if (event->kind == MESH_NEIGHBOUR) {
        courier_far(r->courier, event->id.bytes);
        rooms_repair_near(r->rooms, event->id.bytes, false);
    } else if (event->kind == MESH_CHANGED && event->value.ptr != NULL) {
        on_value(r, event);
    } else if (event->kind == MESH_DELIVER && event->body.len > 0 &&
               event->body.ptr[0] == WAVU_ROOMS_CHANNEL) {
        on_broadcast(r, event);
    }
}

/* What the shared state has of those who belong now. */
static void tell_bundles(struct wavu_rooms *r)
{
    struct members_state_view view;
    uint32_t at = 0;

    while (members_state_next_device(&network_of(r)->state, &at, &view)) {
        struct span bundle = bundle_of(r, view.device);

        if (bundle.len > 0) {
            courier_bundle(r->courier, view.device, bundle);
        }
    }
}

void wavu_rooms_members(struct wavu_rooms *r)
{
    courier_members(r->courier);
    rooms_members(r->rooms);
    tell_bundles(r);
    for (int i = 0; i < EPOCHS_PUBLISHED; i++) {
        tell_published(r, (enum epochs_published)i);
    }
}

/* ---- Life ---- */

static int start_courier(struct wavu_rooms *r)
{
    struct wavu_node *node = r->o->owner->node;
    static const uint32_t kinds[] = {COURIER_WRAP, COURIER_ASK};
    const struct courier_handler others = {.take = take_others, .context = r};
    struct courier_config config = {
        .port = node->port,
        .swarm = &node->swarm,
        .gate = node->gate,
        .gate_network = networks_gate(r->o->one),
        .store = node->store.store,
        .device = &node->swarm.key,
        .metrics = &node->couriers,
        .ask = {.whose = whose,
                .device = device_at,
                .bundle = bundle_of,
                .publish = publish,
                .connect = reach_device,
                .unicast = unicast,
                .reaches = reaches,
                .context = r},
        .user = {.fate = on_fate, .failed = on_courier_failed, .twin = on_twin, .context = r}};
    const struct courier_handler handler = {.take = take_keys, .context = r};
    const struct courier_handler sos = {.take = take_sos, .context = r};

    memcpy(config.network, members_network(&network_of(r)->log), sizeof config.network);
    memcpy(config.member, r->member, sizeof config.member);
    int rc = courier_new(&config, &r->courier);
    for (size_t i = 0; rc == 0 && i < sizeof kinds / sizeof kinds[0]; i++) {
        rc = courier_handle(r->courier, kinds[i], &handler);
    }
    rc = rc < 0 ? rc : courier_handle(r->courier, COURIER_SOS, &sos);
    return rc < 0 ? rc : courier_handle(r->courier, COURIER_OTHERS, &others);
}

static int start_rooms(struct wavu_rooms *r)
{
    struct wavu_node *node = r->o->owner->node;
    const struct rooms_config config = {.port = node->port,
                                        .store = node->store.store,
                                        .aead = node->swarm.aead,
                                        .signer = &signer_ed25519,
                                        .device = &node->swarm.key,
                                        .network = network_of(r),
                                        .member = r->member,
                                        .number = networks_number(r->o->one),
                                        .metrics = &node->rooms,
                                        .user = {.say = on_say,
                                                 .tell = on_tell,
                                                 .publish = on_keys,
                                                 .event = on_news,
                                                 .ready = on_ready,
                                                 .talk = on_talk,
                                                 .lasting = on_lasting,
                                                 .context = r}};

    return rooms_new(&config, &r->rooms);
}

static int start_directs(struct wavu_rooms *r)
{
    const struct wavu_directs_with with = {
        .o = r->o, .rooms = r->rooms, .courier = r->courier, .device = device_at, .context = r};

    return wavu_directs_new(&with, &r->directs);
}

static int start_talks(struct wavu_rooms *r)
{
    struct wavu_node *node = r->o->owner->node;
    const struct talks_config config = {.swarm = &node->swarm,
                                        .store = node->store.store,
                                        .gate = node->gate,
                                        .network = networks_gate(r->o->one),
                                        .metrics = &node->talks,
                                        .user = {.begin = talk_begin,
                                                 .feed = talk_feed,
                                                 .pull = talk_pull,
                                                 .end = talk_end,
                                                 .member = whose,
                                                 .context = r}};

    return talks_new(&config, &r->talks);
}

int wavu_rooms_new(struct wavu_networks_one *o, struct wavu_rooms **out)
{
    struct wavu_rooms *r = mem_new(sizeof *r);

    r->o = o;
    memcpy(r->member, networks_self(o->one), sizeof r->member);
    list_init(&r->dials);
    timers_prepare(&r->publish, on_publish);
    r->hops = wavu_hops_new(
        o, (struct wavu_hops_user){.frame = on_frame, .done = on_hopped, .context = r});
    int rc = start_courier(r);
    rc = rc < 0 ? rc : start_rooms(r);
    rc = rc < 0 ? rc : start_directs(r);
    rc = rc < 0 ? rc : start_talks(r);
    if (rc < 0) {
        wavu_rooms_free(r);
        return rc;
    }
    *out = r;
    o->rooms = r; /* what follows may tell something */
    plan_publish(r);
    wavu_rooms_members(r);
    return 0;
}

/* What has ended goes before anybody looks. Those that find no time go within a turn or two. */
static void let_go(struct wavu_rooms *r)
{
    bool is_more = true;

    for (size_t i = 0; i < PAST_STEPS && is_more; i++) {
        if (history_due_tick(rooms_history(r->rooms), on_lasting(r), &is_more) < 0) {
            is_more = false;
        }
    }
    rooms_drain(r->rooms);
}

int wavu_rooms_past(struct wavu_networks_one *o, struct wavu_rooms **out)
{
    struct wavu_rooms *r = mem_new(sizeof *r);

    r->o = o;
    memcpy(r->member, networks_self(o->one), sizeof r->member);
    list_init(&r->dials);
    timers_prepare(&r->publish, on_publish);
    int rc = start_rooms(r);
    rc = rc < 0 ? rc : start_directs(r);
    if (rc < 0) {
        wavu_rooms_free(r);
        return rc;
    }
    *out = r;
    o->rooms = r;
    let_go(r);
    return 0;
}

void wavu_rooms_free(struct wavu_rooms *r)
{
    struct list *l = NULL;

    if (r == NULL) {
        return;
    }
    timers_cancel(&r->o->owner->node->port->turn.timers, &r->publish);
    while ((l = list_next(&r->dials, &r->dials)) != NULL) {
        end_reach(LIST_OF(l, struct reach, link));
    }
    wavu_directs_free(r->directs);
    talks_free(r->talks);
    rooms_free(r->rooms);
    courier_free(r->courier);
    wavu_hops_free(r->hops);
    mem_free(r);
}

void wavu_rooms_set_metric(struct wavu_rooms *r, const struct route_metric *metric)
{
    if (r != NULL && r->hops != NULL) {
        wavu_hops_set_metric(r->hops, metric);
    }
}

struct rooms *wavu_rooms_inside(struct wavu_rooms *r)
{
    return r->rooms;
}

struct courier *wavu_rooms_courier(struct wavu_rooms *r)
{
    return r->courier;
}

struct wavu_directs *wavu_rooms_directs(struct wavu_rooms *r)
{
    return r->directs;
}
