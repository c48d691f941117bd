/*
 * Networks with members on a node's mesh.
 */
#include "node/wavu_networks.h"

#include <string.h>

#include "base/mem.h"
#include "base/name.h"
#include "crypto/secret.h"
#include "discovery/beacon.h"
#include "group/networks_talk.h"
#include "node/wavu_contacts.h"
#include "node/wavu_files.h"
#include "node/wavu_joining.h"
#include "node/wavu_nicks.h"
#include "node/wavu_node.h"
#include "node/wavu_people.h"
#include "node/wavu_rooms.h"
#include "node/wavu_sos.h"
#include "node/wavu_standing.h"
#include "store/keyfile.h"

#define PERSON "person" /* a table of what a person set: "nick" */
#define BEACON_FIRST 2  /* `network` of the beacon's keys: 1 is the node's own mesh's */
#define SOUGHT 0        /* an open one that we are not in: numbers of others begin with 1 */

/* ---- Telling ---- */

void wavu_networks_tell(struct wavu_networks *w, struct wavu_members_event *event)
{
    event->network = event->network == NULL ? "" : event->network;
    event->name = event->name == NULL ? "" : event->name;
    event->member = event->member == NULL ? "" : event->member;
    event->word = event->word == NULL ? "" : event->word;
    if (w->up != NULL) {
        w->up(w->context, event);
    }
}

static void tell_of(struct wavu_networks *w, enum wavu_members_kind kind,
                    const struct networks_event *from)
{
    static const char *const words[] = {[PAIRING_HOST_USED] = "used",
                                        [PAIRING_HOST_EXPIRED] = "expired",
                                        [PAIRING_HOST_TRIED] = "wrong codes",
                                        [PAIRING_HOST_CANCELLED] = "withdrawn"};
    char network[WAVU_KEY_TEXT_MAX] = "";
    char name[WAVU_NAME_MAX] = "";
    char member[WAVU_KEY_TEXT_MAX] = "";
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    struct wavu_members_event event = {.kind = kind,
                                       .network = network,
                                       .name = name,
                                       .member = member,
                                       .left = from->left,
                                       .err = from->err};

    if (from->one != NULL) {
        wavu_networks_hex(network, members_network(&networks_network(from->one)->log));
    }
    if (kind == WAVU_MEMBERS_NEWCOMER && from->one != NULL && from->peer != NULL &&
        network_guest(networks_network(from->one), from->peer->root, id)) {
        wavu_networks_hex(member, id);
    }
    if (from->peer != NULL) {
        memcpy(name, from->peer->name, from->peer->name_len);
        name[from->peer->name_len] = '\0';
    }
    if (kind == WAVU_MEMBERS_CODE_CLOSED) {
        event.word = words[from->reason];
    }
    wavu_networks_tell(w, &event);
}

/* ---- Whom we paired with ---- */

static void note_met(struct wavu_networks *w, const struct pairing_peer *peer)
{
    struct wavu_networks_met *met = &w->met[w->met_at++ % WAVU_NETWORKS_MET_MAX];

    memcpy(met->device, peer->device, sizeof met->device);
    memcpy(met->name, peer->name, peer->name_len);
    met->name[peer->name_len] = '\0';
    w->names++;
}

const char *wavu_networks_met_name(const struct wavu_networks *w, const uint8_t device[32])
{
    for (size_t i = 0; i < WAVU_NETWORKS_MET_MAX; i++) {
        const struct wavu_networks_met *met =
            &w->met[(w->met_at + WAVU_NETWORKS_MET_MAX - 1 - i) % WAVU_NETWORKS_MET_MAX];

        if (met->name[0] != '\0' && memcmp(met->device, device, sizeof met->device) == 0) {
            return met->name;
        }
    }
    return "";
}

/* ---- The beacon ---- */

/* Current keys first, then the older ones as far as there is room: who missed a change. */
void wavu_networks_set_keys(struct wavu_networks *w)
{
    struct beacon_key keys[BEACON_KEYS_MAX];
    size_t count = 0;

    if (wavu_joining_seek_key(w->joining, keys[0].bytes)) {
        keys[0].network = BEACON_FIRST + SOUGHT;
        keys[0].is_current = true;
        count = 1;
    }
    for (size_t age = 0; age < NETWORK_KEYS_MAX; age++) {
        for (const struct networks_one *one = networks_next(w->service, NULL); one != NULL;
             one = networks_next(w->service, one)) {
            const struct network *n = networks_network(one);

            if (networks_is_live(one) && age < n->key_count && count < WAVU_MESH_NETWORK_KEYS_MAX) {
                keys[count] = (struct beacon_key){.network = BEACON_FIRST + networks_number(one),
                                                  .is_current = age == 0};
                memcpy(keys[count++].bytes, n->keys[age], sizeof keys[0].bytes);
            }
        }
    }
    wavu_mesh_set_network_keys(w->node->mesh, keys, count);
    secret_wipe(keys, sizeof keys);
}

static struct wavu_networks_one *of_number(const struct wavu_networks *w, uint32_t number)
{
    for (struct list *l = list_next(&w->ones, &w->ones); l != NULL; l = list_next(&w->ones, l)) {
        struct wavu_networks_one *o = LIST_OF(l, struct wavu_networks_one, link);

        if (networks_number(o->one) == number) {
            return o;
        }
    }
    return NULL;
}

void wavu_networks_on_beacon(struct wavu_networks *w, const struct beacon_found *found)
{
    struct wavu_networks_one *o =
        found->network >= BEACON_FIRST ? of_number(w, found->network - BEACON_FIRST) : NULL;

    if (found->network == BEACON_FIRST + SOUGHT) {
        wavu_joining_on_open(w->joining, found);
    } else if (o != NULL) {
        (void)!overlay_meet(o->overlay, &found->peer); /* or it is no node of a mesh */
    }
}

/* ---- One network ---- */

struct wavu_networks_one *wavu_networks_of(const struct wavu_networks *w,
                                           const struct networks_one *one)
{
    for (struct list *l = list_next(&w->ones, &w->ones); l != NULL; l = list_next(&w->ones, l)) {
        struct wavu_networks_one *o = LIST_OF(l, struct wavu_networks_one, link);

        if (o->one == one) {
            return o;
        }
    }
    return NULL;
}

static struct conn *conn_to(const struct wavu_networks *w, const struct overlay_id *device)
{
    struct peerid peer;

    overlay_id_to_peer(device, &peer);
    return swarm_conn(&w->node->swarm, &peer);
}

static void on_delivered(struct wavu_networks_one *o, const struct mesh_event *event)
{
    if (event->body.len > 0 && event->body.ptr[0] == WAVU_NETWORKS_CHANNEL_LOG) {
        networks_talk_take(o->one, &event->id, span_slice(event->body, 1, event->body.len));
    }
}

/* It may have joined elsewhere, or we have: the log says, once it is here. */
static void on_refused(struct wavu_networks_one *o, const struct mesh_event *event)
{
    struct conn *conn = conn_to(o->owner, &event->id);

    if (event->refusal == VIEWS_NOT_INVITED && conn != NULL) {
        networks_talk_meet(o->one, conn);
    }
}

/* A value of the shared state is new. */
static void on_changed(struct wavu_networks_one *o, const struct mesh_event *event)
{
    if (span_is_equal(event->key, span_from_text(WAVU_NETWORKS_LOG_KEY))) {
        networks_told(o->one, &event->id, event->value);
    } else if (span_is_equal(event->key, span_from_text(WAVU_NETWORKS_NICK_KEY))) {
        o->owner->names++;
        if (wavu_nicks_is_new(o->nicks, event->id.bytes, event->value)) {
            wavu_keep_met(o->keep);
        }
    }
}

static void on_mesh_event(void *context, const struct mesh_event *event)
{
    struct wavu_networks_one *o = context;

    if (o->rooms != NULL) {
        wavu_rooms_event(o->rooms, event);
    }
    if (o->files != NULL) {
        wavu_files_event(o->files, event);
    }
    switch (event->kind) {
    case MESH_DELIVER:
        on_delivered(o, event);
        return;
    case MESH_CHANGED:
        if (event->value.ptr != NULL) {
            on_changed(o, event);
        }
        return;
    case MESH_REFUSED:
        on_refused(o, event);
        return;
    case MESH_FORGOT:
        o->owner->names++; /* what it said of its person is gone */
        return;
    case MESH_WRITTEN:
        wavu_keep_written(o->keep);
        return;
    case MESH_NEIGHBOUR:
        networks_denied_linked(o->one, &event->id, &overlay_mesh(o->overlay)->views);
        if (event->is_up) {
            wavu_standing_risen(o->owner->node, &event->id);
        }
        return;
    case MESH_SUSPECTED:
    case MESH_DOWN:
    case MESH_SPLIT:
    case MESH_FRAME:
    case MESH_SEND:
    case MESH_DIAL:
    case MESH_DROP:
    case MESH_REACH:
    case MESH_LEARNED:
        return;
    }
}

static void on_met(void *context)
{
    const struct wavu_networks_one *o = context;

    wavu_keep_met(o->keep);
}

/* Who is connected already, and belongs, is met at once. */
static void meet_connected(struct wavu_networks_one *o)
{
    const struct network *n = networks_network(o->one);
    size_t at = 0;
    const struct peer *peer = NULL;

    while ((peer = map_next(&o->owner->node->swarm.peers, &at)) != NULL) {
        struct overlay_id id;

        if (peer->conn_count > 0 && overlay_id_from_peer(&id, &peer->id) == 0 &&
            network_standing(n, &id) == NETWORK_MEMBER) {
            (void)!overlay_meet(o->overlay, &peer->id);
        }
    }
}

/* What of us all members may know. */
static void publish(struct wavu_networks_one *o)
{
    uint8_t state[NETWORKS_STATE_SIZE];
    const char *nick = o->owner->nick;

    networks_state(o->one, state);
    (void)!overlay_set(o->overlay, span_from_text(WAVU_NETWORKS_LOG_KEY),
                       span_of(state, sizeof state)); /* small, and never refused */
    if (nick[0] != '\0') {
        (void)!overlay_set(o->overlay, span_from_text(WAVU_NETWORKS_NICK_KEY),
                           span_from_text(nick));
    }
    o->owner->names++;
}

static int start_overlay(struct wavu_networks_one *o)
{
    struct wavu_networks *w = o->owner;
    struct wavu_node *node = w->node;
    int rc = wavu_nicks_new(o, &o->nicks);

    if (rc < 0) {
        return rc;
    }
    const struct wavu_keep_config keep = {.swarm = &node->swarm,
                                          .store = node->store.store,
                                          .looks = &node->keep_looks,
                                          .number = networks_number(o->one),
                                          .look = wavu_nicks_look,
                                          .context = o->nicks};
    rc = wavu_keep_open(&keep, &o->keep);
    if (rc < 0) {
        return rc;
    }
    struct overlay_config config = {
        .swarm = &node->swarm,
        .ping = &node->ping,
        .gate = node->gate,
        .network = networks_gate(o->one),
        .scope = span_of(members_network(&networks_network(o->one)->log), 32),
        .mesh = w->numbers,
        .slack_ns = w->slack_ns,
        .user = {.event = on_mesh_event, .met = on_met, .context = o},
        .metrics = &node->overlays};
    config.mesh.generation = wavu_keep_generation(o->keep);
    rc = overlay_new(&config, &o->overlay);
    return rc < 0 ? rc : wavu_keep_follow(o->keep, o->overlay);
}

static void end_one(struct wavu_networks_one *o)
{
    wavu_files_free(o->files); /* it says things in rooms */
    o->files = NULL;
    wavu_rooms_free(o->rooms);
    o->rooms = NULL;
    wavu_keep_free(o->keep); /* it looks at the overlay, and at the nicks */
    wavu_nicks_free(o->nicks);
    wavu_people_shown_free(o->shown);
    overlay_free(o->overlay);
    list_remove(&o->link);
    mem_free(o);
}

/* ---- Networks that we are in no more ---- */

static void end_past(struct wavu_networks *w, const struct networks_one *one)
{
    struct list *l = list_next(&w->past, &w->past);

    while (l != NULL) {
        struct wavu_networks_one *o = LIST_OF(l, struct wavu_networks_one, link);

        l = list_next(&w->past, l);
        if (one == NULL || o->one == one) {
            end_one(o);
        }
    }
}

int wavu_networks_past(struct wavu_networks *w, struct networks_one *one,
                       struct wavu_networks_one **out)
{
    for (struct list *l = list_next(&w->past, &w->past); l != NULL; l = list_next(&w->past, l)) {
        *out = LIST_OF(l, struct wavu_networks_one, link);
        if ((*out)->one == one) {
            return 0;
        }
    }
    struct wavu_networks_one *o = mem_new(sizeof *o);
    o->owner = w;
    o->one = one;
    o->shown = wavu_people_shown_new();
    list_push_back(&w->past, &o->link);
    int rc = wavu_nicks_new(o, &o->nicks);
    rc = rc < 0 ? rc : wavu_rooms_past(o, &o->rooms);
    if (rc < 0) {
        end_one(o);
        return rc;
    }
    *out = o;
    return 0;
}

/* ---- One that we are in ---- */

static void enter(struct wavu_networks *w, struct networks_one *one)
{
    struct wavu_networks_one *o = mem_new(sizeof *o);

    end_past(w, one);
    o->owner = w;
    o->one = one;
    o->shown = wavu_people_shown_new();
    list_push_back(&w->ones, &o->link);
    int rc = start_overlay(o);
    if (rc < 0) {
        log_write(&w->node->log, LOG_ERROR, "members", "a network cannot be served: %s",
                  wavu_err_sentence(rc));
        end_one(o);
        return;
    }
    wavu_contacts_look(o);
    publish(o);
    rc = wavu_rooms_new(o, &o->rooms);
    if (rc < 0) {
        o->rooms = NULL;
        log_write(&w->node->log, LOG_ERROR, "chat", "the rooms of a network cannot be opened: %s",
                  wavu_err_sentence(rc));
    }
    rc = wavu_files_new(o, &o->files);
    if (rc < 0) {
        o->files = NULL;
        log_write(&w->node->log, LOG_ERROR, "files", "files of a network cannot be served: %s",
                  wavu_err_sentence(rc));
    }
    meet_connected(o);
}

/* ---- What the networks tell ---- */

static void say(struct wavu_networks *w, const struct networks_event *event)
{
    struct wavu_networks_one *o = wavu_networks_of(w, event->one);
    static const uint8_t channel = WAVU_NETWORKS_CHANNEL_LOG;
    struct buf bytes;

    buf_init(&bytes, event->bytes.len + 1);
    if (o != NULL && buf_append(&bytes, span_of(&channel, 1)) == 0 &&
        buf_append(&bytes, event->bytes) == 0) {
        (void)!overlay_broadcast(o->overlay, buf_span(&bytes), NULL); /* or talks bring it */
    }
    buf_clear(&bytes);
}

static void on_met_log(struct wavu_networks *w, const struct networks_event *event)
{
    const struct wavu_networks_one *o = wavu_networks_of(w, event->one);
    struct peerid peer;

    overlay_id_to_peer(&event->device, &peer);
    if (o != NULL) {
        (void)!overlay_meet(o->overlay, &peer);
    }
}

/* At an address that was named, one try is all: what is left of them is of no use. */
static void on_join_failed(struct wavu_networks *w, const struct networks_event *event)
{
    struct networks_event told = *event;

    if (wavu_joining_asks_on(w->joining, event->err)) {
        return;
    }
    told.left = wavu_joining_failed(w->joining, event->err, event->left) ? event->left : 0;
    tell_of(w, WAVU_MEMBERS_JOIN_FAILED, &told);
}

/* What is for people alone. */
static void tell_plainly(struct wavu_networks *w, const struct networks_event *event)
{
    static const enum wavu_members_kind kinds[] = {[NETWORKS_DENIED] = WAVU_MEMBERS_DENIED,
                                                   [NETWORKS_STOPPED] = WAVU_MEMBERS_STOPPED,
                                                   [NETWORKS_TRY] = WAVU_MEMBERS_TRY,
                                                   [NETWORKS_BUSY] = WAVU_MEMBERS_BUSY};
    bool is_over = event->kind == NETWORKS_DENIED && !networks_denied_is_said(event->one);

    tell_of(w, is_over ? WAVU_MEMBERS_LET_IN : kinds[event->kind], event);
}

static void on_event(void *context, const struct networks_event *event)
{
    struct wavu_networks *w = context;
    struct wavu_networks_one *o = event->one == NULL ? NULL : wavu_networks_of(w, event->one);

    switch (event->kind) {
    case NETWORKS_ENTERED:
        enter(w, event->one);
        wavu_joining_end(w->joining);
        wavu_networks_set_keys(w);
        tell_of(w, WAVU_MEMBERS_ENTERED, event);
        return;
    case NETWORKS_LEFT:
        if (o != NULL) {
            end_one(o);
        }
        tell_of(w, WAVU_MEMBERS_LEFT, event);
        return;
    case NETWORKS_CHANGED:
        if (o != NULL) {
            wavu_contacts_look(o);
            wavu_keep_met(o->keep); /* names of who is new or gone */
            overlay_recheck(o->overlay);
            if (o->rooms != NULL) {
                wavu_rooms_members(o->rooms);
            }
            meet_connected(o);
        }
        tell_of(w, WAVU_MEMBERS_CHANGED, event);
        return;
    case NETWORKS_KEYS:
        wavu_networks_set_keys(w);
        return;
    case NETWORKS_LOG:
        if (o != NULL) {
            publish(o);
        }
        return;
    case NETWORKS_SAY:
        say(w, event);
        return;
    case NETWORKS_MET:
        on_met_log(w, event);
        return;
    case NETWORKS_DENIED:
    case NETWORKS_STOPPED:
    case NETWORKS_TRY:
    case NETWORKS_BUSY:
        tell_plainly(w, event);
        return;
    case NETWORKS_NEWCOMER:
        note_met(w, event->peer);
        tell_of(w, WAVU_MEMBERS_NEWCOMER, event);
        return;
    case NETWORKS_CODE_CLOSED:
        wavu_mesh_set_slot(w->node->mesh, 0);
        tell_of(w, WAVU_MEMBERS_CODE_CLOSED, event);
        return;
    case NETWORKS_JOINING:
        note_met(w, event->peer);
        tell_of(w, WAVU_MEMBERS_JOINING, event);
        return;
    case NETWORKS_JOIN_FAILED:
        on_join_failed(w, event);
        return;
    }
}

/* ---- The person ---- */

static void load_nick(struct wavu_networks *w)
{
    struct buf value;

    buf_init(&value, WAVU_NAME_MAX - 1);
    if (store_get(w->node->store.store, PERSON, span_from_text("nick"), &value) == 0 &&
        name_check(buf_span(&value)) == NAME_GOOD &&
        networks_pair_set_name(w->service, buf_span(&value)) == 0) {
        memcpy(w->nick, value.ptr, value.len);
        w->nick[value.len] = '\0';
    }
    buf_clear(&value);
}

int wavu_set_nick(struct wavu_node *node, const char *nick)
{
    struct wavu_networks *w = node->networks;
    struct span name = span_from_text(nick);

    if (w == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (name_check(name) != NAME_GOOD) {
        return WAVU_ERR_INVALID;
    }
    int rc = networks_pair_set_name(w->service, name);
    rc = rc < 0 ? rc : store_put(node->store.store, PERSON, span_from_text("nick"), name);
    if (rc < 0) {
        return rc;
    }
    memcpy(w->nick, nick, name.len + 1);
    for (struct list *l = list_next(&w->ones, &w->ones); l != NULL; l = list_next(&w->ones, l)) {
        publish(LIST_OF(l, struct wavu_networks_one, link));
    }
    return 0;
}

void wavu_nick(const struct wavu_node *node, char nick[WAVU_NAME_MAX])
{
    memcpy(nick, node->networks == NULL ? "" : node->networks->nick,
           node->networks == NULL ? 1 : WAVU_NAME_MAX);
}

static void set_person(struct wavu_networks *w, const struct ed25519_pair *root)
{
    struct identity person;

    identity_from_seed(&person, root->seed);
    networks_pair_set_person(w->service, &person);
    identity_wipe(&person);
    w->node->has_person = true;
}

int wavu_networks_person(struct wavu_networks *w)
{
    struct wavu_node *node = w->node;
    struct ed25519_pair root;
    int rc = 0;

    if (node->has_person) {
        return 0;
    }
    if (node->is_ephemeral) {
        ed25519_make(&root, &node->port->random);
    } else {
        rc = keyfile_load_or_make(&root, node->port, KEYFILE_IDENTITY, &node->store.keys);
    }
    if (rc == 0) {
        memcpy(node->person, root.public_key, sizeof node->person);
        set_person(w, &root);
    }
    secret_wipe(&root, sizeof root);
    return rc;
}

/* Who this is, when that was decided before. */
static int load_person(struct wavu_networks *w, const char **file)
{
    struct wavu_node *node = w->node;
    struct ed25519_pair root;
    int rc = 0;

    if (node->has_root_seed) {
        ed25519_from_seed(&root, node->root_seed);
    } else {
        rc = node->is_ephemeral
                 ? WAVU_ERR_NOT_FOUND
                 : keyfile_load(&root, node->port, KEYFILE_IDENTITY, &node->store.keys);
    }
    if (rc == 0) {
        memcpy(node->person, root.public_key, sizeof node->person);
        set_person(w, &root);
        secret_wipe(&root, sizeof root);
    }
    if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
        *file = KEYFILE_IDENTITY;
        return rc;
    }
    return 0;
}

/* ---- Lasting time ---- */

uint64_t wavu_networks_lasting(const struct wavu_networks *w)
{
    return lasting_now(&w->lasting, w->node->port->turn.now_ns);
}

static void store_lasting(struct wavu_networks *w)
{
    struct port *port = w->node->port;
    uint8_t space[LASTING_SIZE];
    struct wr out;

    wr_init(&out, span_mut_of(space, sizeof space));
    lasting_save(&out, &w->lasting, port->turn.now_ns, port->wall_ms(port) / 1000);
    (void)!store_put(w->node->store.store, PERSON, span_from_text("lasting"), wr_span(&out));
    timers_set(&port->turn.timers, &w->lasting_timer, lasting_deadline(&w->lasting), TIMERS_SECOND);
}

static void on_lasting(struct timer *timer, uint64_t now)
{
    (void)now;
    store_lasting(LIST_OF(timer, struct wavu_networks, lasting_timer));
}

static void start_lasting(struct wavu_networks *w)
{
    struct port *port = w->node->port;
    struct buf saved;

    buf_init(&saved, LASTING_SIZE + 64);
    if (store_get(w->node->store.store, PERSON, span_from_text("lasting"), &saved) < 0) {
        saved.len = 0;
    }
    /* What cannot be read begins anew: things live longer then, never shorter. */
    (void)!lasting_start(&w->lasting, port->turn.now_ns, port->wall_ms(port) / 1000,
                         buf_span(&saved));
    buf_clear(&saved);
    timers_prepare(&w->lasting_timer, on_lasting);
}

/* ---- Life ---- */

int wavu_networks_new(struct wavu_node *node, const struct mesh_config *numbers, uint64_t slack_ns,
                      const char **file)
{
    struct wavu_networks *w = mem_new(sizeof *w);
    const struct networks_config config = {.swarm = &node->swarm,
                                           .gate = node->gate,
                                           .store = node->store.store,
                                           .signer = &signer_ed25519,
                                           .metrics = &node->metrics,
                                           .event = on_event,
                                           .context = w};

    w->node = node;
    w->numbers = *numbers;
    w->slack_ns = slack_ns;
    list_init(&w->ones);
    list_init(&w->past);
    *file = STORE_FILE;
    int rc = networks_new(&config, &w->service);
    rc = rc < 0 ? rc : wavu_contacts_new(node, &w->contacts);
    rc = rc < 0 ? rc : wavu_sos_new(w, &w->sos);
    if (rc < 0) {
        wavu_contacts_free(w->contacts);
        networks_free(w->service);
        mem_free(w);
        return rc;
    }
    node->networks = w;
    w->joining = wavu_joining_new(w);
    rc = load_person(w, file);
    if (rc == 0) {
        *file = NULL;
        load_nick(w);
        start_lasting(w);
        networks_start(w->service);
        wavu_sos_start(w->sos);
    }
    return rc;
}

void wavu_networks_tune(struct wavu_networks *w, const struct mesh_config *numbers)
{
    if (w == NULL) {
        return;
    }
    w->numbers = *numbers;
    for (struct list *n = list_next(&w->ones, &w->ones); n != NULL; n = list_next(&w->ones, n)) {
        const struct wavu_networks_one *o = LIST_OF(n, struct wavu_networks_one, link);
        if (o->overlay != NULL) {
            overlay_tune(o->overlay, numbers);
        }
    }
}

void wavu_networks_shut(struct wavu_networks *w)
{
    if (w == NULL) {
        return;
    }
    wavu_joining_end(w->joining);
    wavu_sos_shut(w->sos);
    timers_cancel(&w->node->port->turn.timers, &w->lasting_timer);
    store_lasting(w);
    timers_cancel(&w->node->port->turn.timers, &w->lasting_timer);
    end_past(w, NULL);
    for (struct list *l = list_next(&w->ones, &w->ones); l != NULL; l = list_next(&w->ones, l)) {
        struct wavu_networks_one *o = LIST_OF(l, struct wavu_networks_one, link);

        wavu_files_shut(o->files);
        wavu_files_free(o->files);
        o->files = NULL;
        wavu_rooms_free(o->rooms); /* what it wrote is in the store */
        o->rooms = NULL;
        wavu_keep_shut(o->keep); /* before the neighbours go */
        overlay_quit(o->overlay);
    }
    networks_shut(w->service);
}

void wavu_networks_free(struct wavu_networks *w)
{
    struct list *l = NULL;

    if (w == NULL) {
        return;
    }
    w->up = NULL; /* who goes down hears no more */
    w->chat_up = NULL;
    w->files_up = NULL;
    timers_cancel(&w->node->port->turn.timers, &w->lasting_timer);
    wavu_joining_free(w->joining);
    end_past(w, NULL);
    while ((l = list_next(&w->ones, &w->ones)) != NULL) {
        end_one(LIST_OF(l, struct wavu_networks_one, link));
    }
    networks_free(w->service);
    wavu_sos_free(w->sos);
    wavu_contacts_free(w->contacts);
    mem_free(w);
}

void wavu_networks_on_seed(struct wavu_networks *w, struct conn *conn)
{
    for (struct list *l = list_next(&w->ones, &w->ones); l != NULL; l = list_next(&w->ones, l)) {
        const struct wavu_networks_one *o = LIST_OF(l, struct wavu_networks_one, link);

        (void)!overlay_greet(o->overlay, conn); /* it may be of another network */
    }
}

void wavu_networks_addresses_changed(struct wavu_networks *w)
{
    if (w == NULL) {
        return;
    }
    for (struct list *l = list_next(&w->ones, &w->ones); l != NULL; l = list_next(&w->ones, l)) {
        overlay_addresses_changed(LIST_OF(l, struct wavu_networks_one, link)->overlay);
    }
}
