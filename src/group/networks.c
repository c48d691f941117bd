/*
 * Networks of a node: their life, what this device signs, what changes.
 */
#include "group/networks.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "group/networks_core.h"
#include "group/networks_talk.h"
#include "members/members_heads.h"
#include "members/members_room.h"

#define SOON_SLACK_NS 0
#define SLACK_NS (UINT64_C(100) * TIMERS_MS)
#define UNSAFE_FOR_LONG UINT64_MAX /* the store did not take what we signed */

void networks_tell(struct networks *n, const struct networks_event *event)
{
    if (n->config.event != NULL) {
        n->config.event(n->config.context, event);
    }
}

static void tell_kind(struct networks_one *one, enum networks_event_kind kind)
{
    const struct networks_event event = {.kind = kind, .one = one};

    networks_tell(one->owner, &event);
}

/* ---- The gate ---- */

_Static_assert(GATE_TAG_SIZE == NETWORK_MSG_TAG_SIZE && GATE_TAGS_MAX == NETWORK_MSG_TAGS_MAX,
               "the same proofs");

static size_t prove(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE])
{
    const struct networks_one *one = context;

    return network_prove(&one->network, link, tags);
}

static bool recognise(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE],
                      size_t count)
{
    const struct networks_one *one = context;
    size_t key = 0;

    return network_recognise(&one->network, link, tags, count, &key);
}

static bool is_member(void *context, const struct overlay_id *device)
{
    const struct networks_one *one = context;

    return network_standing(&one->network, device) == NETWORK_MEMBER;
}

static bool whose(void *context, const struct overlay_id *device, struct overlay_id *member)
{
    const struct networks_one *one = context;

    _Static_assert(sizeof member->bytes == MEMBERS_MSG_ID_SIZE, "a member's id is its hash");
    return network_member_of(&one->network, device->bytes, member->bytes);
}

/* ---- Changes ---- */

bool networks_is_safe(const struct networks_one *one)
{
    const struct networks *n = one->owner;

    /* A commit that somebody waited for is told to nobody. */
    return one->unsafe == 0 || (!n->is_shut && store_committed(n->config.store) >= one->unsafe);
}

/* The log has grown, or the keys have changed: store it. What the store says. */
static int store_log(struct networks_one *one)
{
    struct store *store = one->owner->config.store;

    if (!one->is_stored || one->owner->is_shut) {
        return 0; /* who is not in yet has nothing to lose */
    }
    int rc = 0;
    if (one->has_new_keys) { /* first: a row without keys is not loaded */
        rc = network_keep_keys(store, &one->row, &one->network);
        one->has_new_keys = rc < 0;
    }
    rc = rc < 0 ? rc : network_keep_log(store, &one->row, &one->network.log);
    if (rc == 0 && one->unsafe == UNSAFE_FOR_LONG) {
        one->unsafe = store_number(store); /* what found no room then is in now */
    }
    return rc;
}

int networks_store_signed(struct networks_one *one)
{
    int rc = store_log(one);

    one->unsafe = rc < 0 ? UNSAFE_FOR_LONG : store_number(one->owner->config.store);
    return rc;
}

void networks_grew(struct networks_one *one)
{
    struct networks *n = one->owner;

    (void)!store_log(one); /* what the store does not take now it takes with the next change */
    timers_set(&n->turn->timers, &one->settle, n->turn->now_ns, SOON_SLACK_NS);
}

/* When is it our turn to bring heads together? */
static void plan_merge(struct networks_one *one)
{
    struct networks *n = one->owner;
    uint32_t turn = members_heads_turn(&one->network.state, n->self.bytes);

    if (turn == MEMBERS_NONE || one->is_stopped ||
        !members_state_may_write(&one->network.state, MEMBERS_MSG_MERGE)) {
        timers_cancel(&n->turn->timers, &one->merge);
    } else if (!timers_is_set(&one->merge)) {
        timers_set(&n->turn->timers, &one->merge, n->turn->now_ns + turn * NETWORKS_NEWS_NS,
                   SLACK_NS);
    }
}

static void enter(struct networks_one *one)
{
    if (gate_enter(one->owner->config.gate, &one->gate) == 0) {
        one->standing = NETWORKS_LIVE;
        tell_kind(one, NETWORKS_ENTERED);
    }
}

static void leave(struct networks_one *one)
{
    one->standing = NETWORKS_OUT;
    one->is_leaving = false;
    networks_denied_forget(one);
    networks_pair_forget(one);
    tell_kind(one, NETWORKS_LEFT);
    gate_leave(one->owner->config.gate, &one->gate);
}

/* What the shared state is to tell of the log is another than it was. */
static void tell_log(struct networks_one *one)
{
    const struct span told = span_of(one->log_told, sizeof one->log_told);

    if (!span_is_equal(span_of(one->log_hash, sizeof one->log_hash), told)) {
        memcpy(one->log_told, one->log_hash, sizeof one->log_told);
        tell_kind(one, NETWORKS_LOG);
    }
}

void networks_settle(struct networks_one *one)
{
    struct networks *n = one->owner;
    unsigned change = network_settle(&one->network);
    bool belongs = network_standing(&one->network, &n->self) == NETWORK_MEMBER;

    timers_cancel(&n->turn->timers, &one->settle);
    network_log_hash(&one->network, one->log_hash);
    if ((change & NETWORK_KEY_CHANGED) != 0) {
        one->has_new_keys = true;
        (void)!store_log(one); /* what the store does not take now it takes with the next */
    }
    if (belongs && one->standing != NETWORKS_LIVE) {
        enter(one);
    } else if (!belongs && one->standing == NETWORKS_LIVE) {
        leave(one);
    }
    if (one->standing != NETWORKS_LIVE) {
        return;
    }
    if ((change & NETWORK_MEMBERS_CHANGED) != 0) {
        gate_recheck(n->config.gate, &one->gate);
        tell_kind(one, NETWORKS_CHANGED);
    }
    if ((change & NETWORK_KEY_CHANGED) != 0) {
        tell_kind(one, NETWORKS_KEYS);
    }
    networks_denied_look(one);
    tell_log(one);
    plan_merge(one);
}

static void on_settle(struct timer *timer, uint64_t now)
{
    (void)now;
    networks_settle(LIST_OF(timer, struct networks_one, settle));
}

/* ---- News for all ---- */

static void flush_news(struct networks_one *one)
{
    struct networks_event event = {.kind = NETWORKS_SAY, .one = one};

    if (one->news.len == 0 || !networks_is_safe(one) || one->standing != NETWORKS_LIVE) {
        return;
    }
    struct buf said = one->news;
    buf_init(&one->news, NETWORKS_NEWS_MAX);
    event.bytes = buf_span(&said);
    networks_tell(one->owner, &event);
    buf_clear(&said);
}

void networks_spread(struct networks_one *one, uint32_t from)
{
    uint8_t space[MEMBERS_MSG_SIZE_MAX + 16];

    for (uint32_t i = from; i < one->network.log.op_count; i++) {
        const struct members_op *op = one->network.log.ops[i];
        struct wr w;

        wr_init(&w, span_mut_of(space, sizeof space));
        network_msg_write_op(&w, span_of(op->bytes, op->len));
        if (wr_finish(&w) == 0 && buf_append(&one->news, wr_span(&w)) < 0) {
            return; /* so much is not for a broadcast: talks bring it */
        }
    }
    flush_news(one);
}

static void on_committed(struct store_watch *watch, uint64_t number)
{
    struct networks *n = LIST_OF(watch, struct networks, watch);

    networks_pair_committed(n, number);
    for (struct list *l = list_next(&n->ones, &n->ones); l != NULL; l = list_next(&n->ones, l)) {
        struct networks_one *one = LIST_OF(l, struct networks_one, link);

        if (one->unsafe != 0 && one->unsafe <= number) {
            one->unsafe = 0;
            flush_news(one);
            networks_talk_wake(one);
            networks_leave_go(one);
        }
    }
}

/* ---- Signing ---- */

static struct members_msg message(enum members_msg_kind kind)
{
    struct members_msg m;

    memset(&m, 0, sizeof m);
    m.kind = kind;
    return m;
}

static int invite(struct networks_one *one, const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                  bool is_by_door, uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    struct members_msg m = message(MEMBERS_MSG_INVITE);
    const struct members *log = &one->network.log;

    if (one->standing != NETWORKS_LIVE) {
        return WAVU_ERR_DENIED;
    }
    if (network_guest(&one->network, root, member)) {
        return 0;
    }
    if (network_belongs(&one->network, root, NULL)) {
        return WAVU_ERR_EXISTS;
    }
    m.key = span_of(root, MEMBERS_MSG_KEY_SIZE);
    m.is_by_door = is_by_door;
    int rc = networks_sign(one, &m);
    if (rc == 0) {
        memcpy(member, log->ops[log->op_count - 1]->id, MEMBERS_MSG_ID_SIZE);
    }
    return rc;
}

int networks_invite(struct networks_one *one, const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                    uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    return invite(one, root, false, member);
}

int networks_let_in(struct networks_one *one, const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                    uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    const struct members *log = &one->network.log;
    uint32_t self = members_member_of(log, one->row.member);

    if (self == MEMBERS_NONE || !members_room_has_door(log, self)) {
        return WAVU_ERR_LIMIT;
    }
    return invite(one, root, true, member);
}

static void on_merge(struct timer *timer, uint64_t now)
{
    (void)now;
    networks_sign_merge(LIST_OF(timer, struct networks_one, merge));
}

/* The root makes this device one of `member`'s. */
static int certify(struct networks_one *one, const uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    struct networks *n = one->owner;
    struct members *log = &one->network.log;
    struct members_author root;
    const struct members_op *op = NULL;
    uint8_t consent[SIGNER_SIZE];
    int rc = identity_author(&root, &n->person, &one->network.state, member);

    if (rc == 0) {
        members_write_consent(consent, log, &n->device, false, member, n->person.root.public_key);
        rc = identity_certify(log, &root, n->device.public_key, consent, span_empty(), &op);
        secret_wipe(&root, sizeof root);
    }
    return rc;
}

/* It did not come to anything: nothing of it stays in the store. */
static void forget(struct networks_one *one)
{
    one->is_stored = false;
    (void)!network_keep_forget(one->owner->config.store,
                               &one->row); /* a row without JOIN is none */
}

int networks_come_in(struct networks_one *one, const uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    struct networks *n = one->owner;
    struct members_msg m = message(MEMBERS_MSG_JOIN);
    uint32_t number = 0;
    /* A founder, and who brings another device, has joined. */
    bool joins = network_guest(&one->network, n->person.root.public_key, NULL);

    const struct network_keep_row before = one->row;
    const bool is_back = one->is_stored; /* we left it, and have what was said there */
    int rc = n->is_shut ? WAVU_ERR_SHUTDOWN : 0;

    rc = rc == 0 && !is_back ? network_keep_number(n->config.store, &number) : rc;
    if (rc < 0) {
        return rc;
    }
    one->row = (struct network_keep_row){.number = is_back ? before.number : number,
                                         .stored = before.stored};
    memcpy(one->row.id, members_network(&one->network.log), sizeof one->row.id);
    memcpy(one->row.member, member, sizeof one->row.member);
    one->is_stored = true;
    rc = certify(one, member);
    (void)network_settle(&one->network);
    if (rc == 0 && joins) {
        rc = networks_sign(one, &m);
    }
    if (rc < 0 && is_back) {
        one->row = before;
        return rc;
    }
    if (rc < 0) {
        forget(one); /* another try begins anew */
        return rc;
    }
    if (joins) {
        return 0;
    }
    rc = networks_store_signed(one);
    networks_settle(one);
    return rc;
}

/* ---- Life ---- */

static struct conn *conn_to(const struct networks *n, const struct overlay_id *device)
{
    struct peerid peer;

    overlay_id_to_peer(device, &peer);
    return swarm_conn(n->config.swarm, &peer);
}

/* Of those whose log differed when they last told of it: one that is connected, drawn by chance. */
static void on_differ(struct timer *timer, uint64_t now)
{
    struct networks_one *one = LIST_OF(timer, struct networks_one, differ);
    struct networks *n = one->owner;
    struct conn *chosen = NULL;
    uint64_t seen = 0;

    for (size_t i = 0; i < one->differing_count; i++) {
        struct conn *conn = conn_to(n, &one->differing[i]);
        if (conn != NULL && random_below(n->random, ++seen) == 0) {
            chosen = conn;
        }
    }
    if (chosen != NULL) {
        networks_talk_meet(one, chosen);
    }
    if (one->differing_count > 0) {
        timers_set(&n->turn->timers, &one->differ, now + NETWORKS_AGAIN_NS, SLACK_NS);
    }
}

void networks_state(const struct networks_one *one, uint8_t out[NETWORKS_STATE_SIZE])
{
    memcpy(out, one->log_hash, NETWORKS_STATE_SIZE);
}

static size_t differing_place(const struct networks_one *one, const struct overlay_id *device)
{
    size_t i = 0;

    while (i < one->differing_count && !overlay_id_is_equal(&one->differing[i], device)) {
        i++;
    }
    return i;
}

/* All places are taken: whose goes to `device`? With who is not connected nothing can be talked
 * about, and keys that tell something cost nothing: such a one gives way, and drives out nobody who
 * is. */
static size_t place_for(const struct networks_one *one, const struct overlay_id *device)
{
    const struct networks *n = one->owner;
    const size_t from = (size_t)random_below(n->random, NETWORKS_DIFFERING_MAX);

    for (size_t i = 0; i < NETWORKS_DIFFERING_MAX; i++) {
        const size_t place = (from + i) % NETWORKS_DIFFERING_MAX;

        if (conn_to(n, &one->differing[place]) == NULL) {
            return place;
        }
    }
    return conn_to(n, device) != NULL ? from : NETWORKS_DIFFERING_MAX;
}

void networks_told(struct networks_one *one, const struct overlay_id *device, struct span state)
{
    struct networks *n = one->owner;
    size_t place = differing_place(one, device);

    if (span_is_equal(state, span_of(one->log_hash, sizeof one->log_hash))) {
        if (place < one->differing_count) {
            one->differing[place] = one->differing[--one->differing_count];
        }
        return;
    }
    if (place == one->differing_count && place == NETWORKS_DIFFERING_MAX) {
        place = place_for(one, device);
        if (place == NETWORKS_DIFFERING_MAX) {
            return;
        }
    }
    one->differing_count += place == one->differing_count ? 1 : 0;
    one->differing[place] = *device;
    if (!timers_is_set(&one->differ)) {
        timers_set(&n->turn->timers, &one->differ, n->turn->now_ns + NETWORKS_DIFFER_NS, SLACK_NS);
    }
}

static struct networks_one *make_one(struct networks *n)
{
    struct networks_one *one = mem_new(sizeof *one);

    one->owner = n;
    buf_init(&one->news, NETWORKS_NEWS_MAX);
    one->has_new_keys = true; /* none are stored */
    one->gate = (struct gate_network){.context = one,
                                      .prove = prove,
                                      .recognise = recognise,
                                      .is_member = is_member,
                                      .whose = whose};
    timers_prepare(&one->settle, on_settle);
    timers_prepare(&one->merge, on_merge);
    timers_prepare(&one->differ, on_differ);
    return one;
}

static void free_one(struct networks_one *one)
{
    struct timers *timers = &one->owner->turn->timers;

    timers_cancel(timers, &one->settle);
    timers_cancel(timers, &one->merge);
    timers_cancel(timers, &one->differ);
    buf_clear(&one->news);
    network_clear(&one->network);
    mem_free(one);
}

int networks_add(struct networks *n, struct span genesis, struct networks_one **out)
{
    if (list_count(&n->ones) >= NETWORKS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct networks_one *one = make_one(n);
    int rc = network_init(&one->network, n->config.signer, n->random, genesis);
    if (rc < 0) {
        free_one(one);
        return rc;
    }
    list_push_back(&n->ones, &one->link);
    *out = one;
    return 0;
}

void networks_drop(struct networks_one *one)
{
    networks_talk_end_of(one);
    if (one->standing == NETWORKS_LIVE) {
        leave(one);
    }
    list_remove(&one->link);
    free_one(one);
}

int networks_found(struct networks *n, struct span name, enum members_msg_policy policy,
                   struct networks_one **out)
{
    struct networks_one *one = NULL;
    struct buf genesis;

    if (!n->has_person) {
        return WAVU_ERR_DENIED;
    }
    buf_init(&genesis, MEMBERS_MSG_SIZE_MAX);
    int rc =
        members_write_genesis(&genesis, n->config.signer, n->random, &n->person.root, name, policy);
    rc = rc < 0 ? rc : networks_add(n, buf_span(&genesis), &one);
    buf_clear(&genesis);
    if (rc == 0) {
        rc = networks_come_in(one, members_network(&one->network.log));
        if (rc < 0) {
            networks_drop(one);
        }
    }
    *out = rc == 0 ? one : NULL;
    return rc;
}

static int load(struct networks *n)
{
    struct buf key;
    struct network_keep_row row;
    int rc = 0;

    buf_init(&key, STORE_KEY_MAX);
    while ((rc = network_keep_next(n->config.store, &key, &row)) == 0) {
        struct networks_one *one = make_one(n);

        one->row = row;
        rc = network_keep_load(n->config.store, &one->row, n->config.signer, n->random,
                               &one->network);
        if (rc < 0) {
            mem_free(one);
            break;
        }
        one->is_stored = true;
        one->has_new_keys = false;
        /* What cannot be read is said again. */
        (void)!denials_load(&one->denials, n->turn->now_ns, n->config.store, one->row.id);
        list_push_back(&n->ones, &one->link);
    }
    buf_clear(&key);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int networks_new(const struct networks_config *config, struct networks **out)
{
    struct networks *n = mem_new(sizeof *n);

    n->config = *config;
    n->turn = config->swarm->turn;
    n->random = &config->swarm->port->random;
    n->device = config->swarm->key;
    CHECK(overlay_id_from_peer(&n->self, &config->swarm->self) == 0); /* our own key is Ed25519 */
    list_init(&n->ones);
    list_init(&n->talks);
    open_door_init(&n->door, n->turn->now_ns);
    metric_add(config->metrics, &n->talks_begun, "members_talks_total");
    metric_add(config->metrics, &n->operations, "members_operations_total");
    n->watch = (struct store_watch){.committed = on_committed};
    store_watch(config->store, &n->watch);
    int rc = load(n);
    rc = rc < 0 ? rc : networks_talk_start(n);
    if (rc == 0) {
        rc = networks_pair_start(n);
    }
    if (rc < 0) {
        networks_free(n);
        return rc;
    }
    *out = n;
    return 0;
}

/* A restored backup has the log and the person, and a device that nobody has heard of: then the
 * root makes it one of the person's. Not where this device has signed, nor where the log knows it:
 * one that was removed stays out. */
static bool is_restored(const struct networks_one *one)
{
    const struct networks *n = one->owner;
    const struct members_state *s = &one->network.state;
    uint32_t place = members_member_of(s->log, one->row.member);
    const uint8_t *root =
        place != MEMBERS_NONE && place < s->member_count ? members_state_root(s, place) : NULL;

    return n->has_person && one->row.sequence == 0 && root != NULL &&
           s->members[place].status == MEMBERS_STATE_BELONGS &&
           members_state_device(s, n->self.bytes) == MEMBERS_STATE_NO_DEVICE &&
           span_is_equal(span_of(root, MEMBERS_MSG_KEY_SIZE),
                         span_of(n->person.root.public_key, MEMBERS_MSG_KEY_SIZE));
}

static void come_back(struct networks_one *one)
{
    uint32_t from = one->network.log.op_count;
    int rc = certify(one, one->row.member);

    rc = rc < 0 ? rc : networks_store_signed(one);
    if (rc == 0) {
        networks_settle(one);
        networks_spread(one, from);
    }
}

void networks_start(struct networks *n)
{
    for (struct list *l = list_next(&n->ones, &n->ones); l != NULL; l = list_next(&n->ones, l)) {
        struct networks_one *one = LIST_OF(l, struct networks_one, link);

        networks_settle(one);
        if (is_restored(one)) {
            come_back(one);
        }
    }
}

void networks_shut(struct networks *n)
{
    if (!n->is_shut) {
        n->is_shut = true;
        store_unwatch(&n->watch);
    }
}

void networks_free(struct networks *n)
{
    struct list *l = NULL;

    if (n == NULL) {
        return;
    }
    n->config.event = NULL; /* who goes down hears no more */
    networks_pair_stop(n);
    networks_talk_stop(n);
    while ((l = list_next(&n->ones, &n->ones)) != NULL) {
        networks_drop(LIST_OF(l, struct networks_one, link));
    }
    networks_shut(n);
    secret_wipe(&n->device, sizeof n->device);
    identity_wipe(&n->person);
    mem_free(n);
}

/* ---- Looking ---- */

struct networks_one *networks_next(const struct networks *n, const struct networks_one *one)
{
    struct list *l = list_next(&n->ones, one == NULL ? &n->ones : &one->link);

    return l == NULL ? NULL : LIST_OF(l, struct networks_one, link);
}

struct networks_one *networks_of(const struct networks *n, const uint8_t id[MEMBERS_MSG_ID_SIZE])
{
    struct networks_one *one = networks_next(n, NULL);

    while (one != NULL &&
           !span_is_equal(span_of(id, MEMBERS_MSG_ID_SIZE),
                          span_of(members_network(&one->network.log), MEMBERS_MSG_ID_SIZE))) {
        one = networks_next(n, one);
    }
    return one;
}

const struct network *networks_network(const struct networks_one *one)
{
    return &one->network;
}

struct gate_network *networks_gate(struct networks_one *one)
{
    return &one->gate;
}

bool networks_is_live(const struct networks_one *one)
{
    return one->standing == NETWORKS_LIVE;
}

uint32_t networks_number(const struct networks_one *one)
{
    return one->row.number;
}

const uint8_t *networks_self(const struct networks_one *one)
{
    return one->row.member;
}
