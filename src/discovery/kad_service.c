/*
 * The pump: whom the machine wants asked is asked, what comes back is told it, and what it finishes
 * is told whoever began it.
 */
#include "discovery/kad_service.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "discovery/kad_addresses.h"
#include "discovery/kad_proof.h"
#include "discovery/kad_time.h"

#define OWN_K 16
#define OWN_PATHS 4
#define OTHER_K 20
#define OTHER_PATHS 1
#define ALPHA 10
#define BETA 3

struct kad_service_find {
    struct list link;
    struct kad_service *service;
    struct kad_service_user user;
    struct records_user records; /* of net/records.h instead */
    struct peerid sought;        /* len 0: no peer is */
    uint32_t quest;              /* 0: there is nothing to ask */
    struct buf own;              /* key of what is ours and is being said; else empty */
    bool is_provided;
};

static uint64_t kad_service_now(const struct kad_service *s)
{
    return s->config.swarm->turn->now_ns;
}

static struct kad_store_time kad_service_time(const struct kad_service *s)
{
    struct port *port = s->config.swarm->port;
    return (struct kad_store_time){.now = kad_service_now(s), .wall_ms = port->wall_ms(port)};
}

static void kad_service_arm(struct kad_service *s, uint64_t due_ns)
{
    uint64_t role_ns = kad_role_deadline(&s->role);
    timers_set(&s->config.swarm->turn->timers, &s->timer, due_ns < role_ns ? due_ns : role_ns,
               due_ns <= kad_service_now(s) ? 0 : KAD_SERVICE_SLACK_NS);
}

/* Do in the time phase what there is to do: for calls from outside. */
static void kad_service_hurry(struct kad_service *s)
{
    kad_service_arm(s, kad_service_now(s));
}

/* ---- Who belongs to the table ---- */

static bool kad_service_is_in(const struct kad_service *s, const struct peerid *peer)
{
    const struct kad_entry *e = kad_table_get(&s->kad.table, peer);
    return e != NULL && !e->is_waiting;
}

/* It may have entered the table just now; `was_in`: it was there before. */
static void kad_service_newcomer(struct kad_service *s, const struct peerid *peer, bool was_in)
{
    struct kad_store_time time = kad_service_time(s);
    if (!was_in && kad_service_is_in(s, peer)) {
        kad_store_met(s->store, peer, &time);
    }
}

static bool kad_service_is_solved(const struct kad_service *s, const struct peerid *peer)
{
    return s->config.puzzle == 0 || kad_proof_puzzle(peer) >= s->config.puzzle;
}

static bool kad_service_admits(const struct kad_service *s, const struct peerid *peer)
{
    const struct policy *p = &s->config.swarm->policy;
    return (!s->config.is_members_only || p->standing(p->context, peer) >= STREAM_MEMBER) &&
           kad_service_is_solved(s, peer);
}

void kad_service_meet(struct kad_service *s, struct conn *conn)
{
    const struct peerid *peer = conn_peer(conn);
    const struct conn *own = swarm_conn_dialled(s->config.swarm, peer);
    if (!peerbook_speaks(&s->config.swarm->peerbook, peer, s->name) ||
        !kad_service_admits(s, peer)) {
        kad_left(&s->kad, peer);
    } else if (own != NULL) {
        bool was_in = kad_service_is_in(s, peer);
        kad_reached(&s->kad, peer, kad_addresses_group(own), kad_service_now(s));
        kad_service_newcomer(s, peer, was_in);
    } else {
        kad_met(&s->kad, peer); /* an inbound connection proves no address */
    }
    kad_service_hurry(s);
}

static void kad_service_identified(void *context, struct conn *conn)
{
    kad_service_meet(context, conn);
}

static void kad_service_asked(void *context, struct conn *conn)
{
    struct kad_service *s = context;
    const struct peerid *peer = conn_peer(conn);
    if (peerbook_speaks(&s->config.swarm->peerbook, peer, s->name) && kad_service_admits(s, peer)) {
        kad_met(&s->kad, peer);
        kad_service_hurry(s);
    }
}

static void kad_service_broke(void *context, const struct peerid *peer)
{
    struct kad_service *s = context;
    kad_left(&s->kad, peer);
}

/* Whoever is sought is found when we are connected with it, whatever it speaks. */
static void kad_service_arrived(struct kad_service *s, const struct peerid *peer)
{
    const struct list *head = &s->finds;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        struct kad_service_find *f = LIST_OF(l, struct kad_service_find, link);
        if (f->quest != 0 && peerid_is_equal(&f->sought, peer)) {
            kad_quests_cancel(&s->quests, f->quest);
            f->quest = 0;
            kad_service_hurry(s);
        }
    }
}

/* ---- Role ---- */

static void kad_service_play(struct kad_service *s)
{
    kad_serve_set_on(&s->serve, s->role.is_server);
    if (s->config.identify != NULL) {
        identify_push_all(s->config.identify);
    }
}

static void kad_service_conn_up(void *context, struct conn *conn)
{
    struct kad_service *s = context;
    kad_service_arrived(s, conn_peer(conn));
    if (!conn->is_dialled &&
        kad_role_met(&s->role, kad_addresses_group(conn), kad_service_now(s))) {
        kad_service_play(s);
    }
}

/* Who came in from outside and is still there shows it as well as a newcomer. */
static void kad_service_tick_role(struct kad_service *s, uint64_t now)
{
    const struct list *head = &s->config.swarm->conns;
    if (now < kad_role_deadline(&s->role)) {
        return;
    }
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        const struct conn *conn = LIST_OF(l, struct conn, link_swarm);
        if (conn_is_open(conn) && !conn->is_dialled) {
            (void)kad_role_met(&s->role, kad_addresses_group(conn), now);
        }
    }
    if (kad_role_tick(&s->role, now)) {
        kad_service_play(s);
    }
}

void kad_service_set_power(struct kad_service *s, bool is_low)
{
    if (kad_role_set_power(&s->role, is_low)) {
        kad_service_play(s);
    }
}

/* ---- Ends of finds ---- */

static void kad_service_find_free(struct kad_service_find *f)
{
    kad_quests_cancel(&f->service->quests, f->quest);
    list_remove(&f->link);
    f->service->find_count -= f->own.len == 0 ? 1 : 0;
    f->service->own_count -= f->own.len == 0 ? 0 : 1;
    buf_clear(&f->own);
    mem_free(f);
}

static void kad_service_find_end(struct kad_service_find *f, const struct kad_quest_event *done)
{
    struct kad_service_user user = f->user;
    struct records_user records = f->records;
    struct kad_quest_event event = *done;
    bool is_there = f->sought.len > 0 && swarm_conn(f->service->config.swarm, &f->sought) != NULL;
    if (f->sought.len > 0 && event.err != WAVU_ERR_SHUTDOWN) {
        event.err = is_there ? 0 : WAVU_ERR_NOT_FOUND;
    }
    f->quest = 0; /* told; what goes on behind goes on */
    if (f->own.len > 0 && event.err == 0) {
        struct kad_store_time time = kad_service_time(f->service);
        kad_store_said(f->service->store, buf_span(&f->own), f->is_provided, &time);
    }
    bool is_own = f->own.len > 0;
    kad_service_find_free(f);
    if (is_own) {
        return; /* nobody waits */
    }
    if (records.done != NULL) {
        records.done(records.context, event.err);
    } else {
        user.up(user.context, &event);
    }
}

static struct kad_service_find *kad_service_find_of(const struct kad_service *s, uint32_t quest)
{
    const struct list *head = &s->finds;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        struct kad_service_find *f = LIST_OF(l, struct kad_service_find, link);
        if (f->quest == quest) {
            return f;
        }
    }
    return NULL;
}

/* Something came of a quest. */
static void kad_service_up(struct kad_service *s, const struct kad_quest_event *event)
{
    struct kad_service_find *f = kad_service_find_of(s, event->quest);
    if (f == NULL) {
        return;
    }
    if (event->kind == KAD_QUEST_DONE) {
        kad_service_find_end(f, event);
    } else if (f->user.up != NULL) {
        f->user.up(f->user.context, event);
    }
}

/* ---- Asking ---- */

/* How far what we tell of ourselves may reach: where the peer is, as far as we know. */
static enum kad_addresses_scope kad_service_scope_to(const struct kad_service *s,
                                                     const struct peerid *peer)
{
    const struct conn *conn = swarm_conn_dialled(s->config.swarm, peer);
    struct peerbook_address known;
    if (conn != NULL) {
        return kad_addresses_scope_of(conn);
    }
    return peerbook_addresses(&s->config.swarm->peerbook, peer, &known, 1) == 1
               ? kad_addresses_scope(&known.address)
               : KAD_ADDRESSES_PUBLIC;
}

/* What a request has behind type and key. */
static void kad_service_write(const struct kad_service *s, const struct kad_ask *ask, struct wr *w)
{
    if (ask->type == KAD_MSG_PUT_VALUE) {
        kad_msg_write_record(w, &(struct kad_msg_record){.key = ask->key, .value = ask->value});
    } else if (ask->type == KAD_MSG_ADD_PROVIDER) {
        struct kad_addresses own;
        struct kad_msg_peer self = {.id = peerid_span(&s->config.swarm->self)};
        kad_addresses_own(s->config.swarm, kad_service_scope_to(s, &ask->peer), &own);
        for (size_t i = 0; i < own.count; i++) {
            self.addresses[self.address_count++] = multiaddr_span(&own.addresses[i]);
        }
        kad_msg_write_provider(w, &self);
    }
}

/* A value that is handed over is no quest's. */
static bool kad_service_is_handover(const struct kad_ask *ask)
{
    return ask->search == 0 && ask->type == KAD_MSG_PUT_VALUE;
}

static void kad_service_lost(struct kad_service *s, const struct kad_ask *ask)
{
    if (!kad_service_is_handover(ask)) {
        kad_quests_failed(&s->quests, ask->search, &ask->peer, kad_service_now(s));
    }
}

static void kad_service_ask(struct kad_service *s, const struct kad_ask *ask)
{
    static uint8_t bytes[KAD_MSG_SIZE_MAX / 2]; /* copied at once */
    struct swarm *swarm = s->config.swarm;
    uint64_t now = kad_service_now(s);
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    kad_service_write(s, ask, &w);
    int rc = wr_finish(&w);
    if (rc == 0) {
        rc = kad_service_is_solved(s, &ask->peer) ? kad_asks_start(&s->asks, ask, wr_span(&w))
                                                  : WAVU_ERR_DENIED;
    }
    if (rc < 0) {
        kad_service_lost(s, ask);
    } else if (swarm_conn_dialled(swarm, &ask->peer) == NULL) {
        kad_wait(&s->kad, ask->search, &ask->peer,
                 now + swarm->attempt_ns + KAD_LOOKUP_PATIENCE_LEAST_NS);
    }
}

/* ---- What is held ---- */

/* Say what is due; a few at a time. */
static void kad_service_say_own(struct kad_service *s)
{
    struct kad_store_time time = kad_service_time(s);
    struct kad_store_own own;
    while (s->own_count < KAD_SERVICE_OWN_MAX && s->kad.table.count > 0 &&
           kad_store_due(s->store, &time, &own)) {
        struct kad_quest_wish wish = {.kind = own.value.len > 0 ? KAD_QUEST_PUT : KAD_QUEST_PROVIDE,
                                      .key = own.key,
                                      .value = own.value};
        struct kad_service_find *f = mem_new(sizeof *f);
        f->service = s;
        f->is_provided = wish.kind == KAD_QUEST_PROVIDE;
        buf_init(&f->own, KAD_MSG_KEY_MAX);
        list_push_back(&s->finds, &f->link);
        s->own_count++;
        int rc = buf_append(&f->own, own.key);
        CHECK(rc == 0);
        if (kad_quests_begin(&s->quests, &wish, &time, &f->quest) < 0) {
            kad_service_find_free(f); /* it is due again later */
            return;
        }
    }
}

/* Newcomers get what belongs to them, once, and as old as it is. */
static void kad_service_hand_over(struct kad_service *s)
{
    static uint8_t bytes[KAD_MSG_SIZE_MAX / 2]; /* copied at once */
    char received[KAD_TIME_FORMAT_SIZE];
    struct kad_store_time time = kad_service_time(s);
    struct kad_store_handover h;
    while (s->asks.count < KAD_ASKS_MAX / 2 && kad_store_next_handover(s->store, &time, &h)) {
        struct kad_ask ask = {.peer = h.to, .type = KAD_MSG_PUT_VALUE, .key = h.value.key};
        struct wr w;
        wr_init(&w, span_mut_of(bytes, sizeof bytes));
        kad_time_format(received, h.value.received_ms);
        kad_msg_write_record(&w, &(struct kad_msg_record){.key = h.value.key,
                                                          .value = h.value.value,
                                                          .received = span_from_text(received)});
        (void)!kad_asks_start(&s->asks, &ask, wr_span(&w)); /* it is not told again */
    }
}

/* Those of the last run, again when nobody of them was there. */
static void kad_service_remember(struct kad_service *s)
{
    s->keep_ns = s->config.store == NULL ? UINT64_MAX : kad_service_now(s) + KAD_KEEP_NS;
    if (s->config.store != NULL && s->kad.table.count == 0) {
        mem_free(s->known);
        s->known = mem_new_array(KAD_KEEP_PEERS_MAX, sizeof *s->known);
        s->known_count =
            kad_keep_read(s->config.store, s->config.swarm, s->known, KAD_KEEP_PEERS_MAX);
    }
}

static void kad_service_tick_keep(struct kad_service *s)
{
    if (kad_service_now(s) >= s->keep_ns) {
        (void)!kad_keep_write(s->config.store, &s->kad.table, s->config.swarm); /* the next may */
        kad_service_remember(s);
    }
    while (s->known_count > 0 && s->kad.met_count < KAD_MET_MAX / 2 &&
           s->asks.count < KAD_ASKS_MAX / 4 && s->kad.table.count < s->kad.config.k) {
        kad_met(&s->kad, &s->known[--s->known_count]);
    }
}

static void kad_service_tick_store(struct kad_service *s)
{
    struct kad_store_time time = kad_service_time(s);
    kad_store_tick(s->store, &time);
    kad_service_say_own(s);
    kad_service_hand_over(s);
}

int kad_service_publish(struct kad_service *s, const struct kad_quest_wish *wish)
{
    struct kad_store_time time = kad_service_time(s);
    struct kad_record r = {.key = wish->key, .end_ms = KAD_RECORD_NO_END};
    int rc = wish->kind == KAD_QUEST_PUT ? kad_record_check(s->quests.config.validators, &r,
                                                            wish->key, wish->value, time.wall_ms)
                                         : 0;
    rc = rc < 0 ? rc : kad_store_publish(s->store, &r, &time);
    kad_service_hurry(s);
    return rc;
}

int kad_service_withdraw(struct kad_service *s, struct span key, bool is_provided)
{
    return kad_store_withdraw(s->store, key, is_provided);
}

/* ---- The turn ---- */

/* Whoever came while we knew few may know others that did. */
static void kad_service_settle(struct kad_service *s)
{
    size_t count = s->kad.table.count;
    if (count > s->settled && count < s->kad.config.k) {
        kad_settle(&s->kad, kad_service_now(s) + KAD_SERVICE_SETTLE_NS);
    }
    s->settled = count;
}

static void kad_service_pump(struct kad_service *s)
{
    struct kad_ask ask;
    struct kad_quest_event event;
    if (s->is_pumping) {
        return; /* from a callback below: the loop goes on */
    }
    s->is_pumping = true;
    bool is_moving = true;
    kad_service_tick_keep(s);
    while (is_moving) {
        is_moving = false;
        /* First, since a look-up that is over may leave somebody to be asked. */
        while (kad_quests_next_event(&s->quests, &event, kad_service_now(s))) {
            kad_service_up(s, &event);
            is_moving = true;
        }
        while (s->asks.count < KAD_ASKS_MAX &&
               kad_quests_next_ask(&s->quests, kad_service_now(s), &ask)) {
            kad_service_ask(s, &ask);
            is_moving = true;
        }
    }
    s->is_pumping = false;
    kad_service_settle(s);
    uint64_t quests_ns = kad_quests_deadline(&s->quests);
    uint64_t store_ns = kad_store_deadline(s->store);
    bool may_say = s->kad.table.count > 0 || store_ns > kad_service_now(s);
    uint64_t due_ns = store_ns < quests_ns && may_say ? store_ns : quests_ns;
    kad_service_arm(s, s->keep_ns < due_ns ? s->keep_ns : due_ns);
}

/* Those who are connected. */
static void kad_service_end_known(struct kad_service *s)
{
    const struct kad_quest_event done = {.kind = KAD_QUEST_DONE};
    struct kad_service_find *f;
    while ((f = kad_service_find_of(s, 0)) != NULL) {
        kad_service_find_end(f, &done);
    }
}

static void kad_service_on_timer(struct timer *timer, uint64_t now)
{
    struct kad_service *s = LIST_OF(timer, struct kad_service, timer);
    kad_service_tick_role(s, now);
    kad_quests_tick(&s->quests, now);
    kad_service_tick_store(s);
    kad_service_end_known(s);
    kad_service_pump(s);
}

/* ---- Answers ---- */

static void kad_service_learn(struct kad_service *s, const struct conn *conn,
                              const struct span *peers, size_t count)
{
    enum kad_addresses_scope scope = kad_addresses_scope_of(conn);
    for (size_t i = 0; i < count; i++) {
        struct kad_msg_peer p;
        struct peerid id;
        if (kad_msg_peer_decode(&p, peers[i]) == 0) {
            (void)kad_addresses_learn(s->config.swarm, &p, scope, &id);
        }
    }
}

static void kad_service_answered(void *context, const struct kad_ask *ask, struct conn *conn,
                                 const struct kad_msg *m)
{
    struct kad_service *s = context;
    const struct peerid *peer = &ask->peer;
    struct kad_store_time time = kad_service_time(s);
    if (m != NULL && m->nearer_count <= (size_t)2 * s->kad.config.k) {
        kad_service_learn(s, conn, m->nearer, m->nearer_count);
        kad_service_learn(s, conn, m->providers, m->provider_count);
    }
    int rc = 0;
    if (!kad_service_is_handover(ask)) {
        bool was_in = kad_service_is_in(s, peer);
        rc =
            kad_quests_answered(&s->quests, ask->search, peer, kad_addresses_group(conn), m, &time);
        kad_service_newcomer(s, peer, was_in);
    }
    if (rc < 0 || !kad_service_admits(s, peer)) {
        kad_left(&s->kad, peer);
    }
    kad_service_pump(s);
}

static void kad_service_failed(void *context, const struct kad_ask *ask, int err)
{
    struct kad_service *s = context;
    kad_service_lost(s, ask);
    if (err == WAVU_ERR_UNSUPPORTED || err == WAVU_ERR_PROTO || err == WAVU_ERR_CRYPTO) {
        kad_left(&s->kad, &ask->peer);
    }
    kad_service_pump(s);
}

/* ---- From outside ---- */

static int kad_service_start(struct kad_service *s, const struct kad_quest_wish *wish,
                             const struct peerid *sought, struct kad_service_find **out)
{
    uint32_t quest = 0;
    bool is_known = sought != NULL && swarm_conn(s->config.swarm, sought) != NULL;
    struct kad_store_time time = kad_service_time(s);
    int rc = s->find_count >= KAD_SERVICE_FINDS_MAX ? WAVU_ERR_LIMIT : 0;
    if (rc == 0 && !is_known) {
        rc = kad_quests_begin(&s->quests, wish, &time, &quest);
    }
    if (rc < 0) {
        return rc;
    }
    struct kad_service_find *f = mem_new(sizeof *f);
    f->service = s;
    f->quest = quest;
    f->sought = sought != NULL ? *sought : (struct peerid){.len = 0};
    list_push_back(&s->finds, &f->link);
    s->find_count++;
    kad_service_hurry(s);
    *out = f;
    return 0;
}

int kad_service_begin(struct kad_service *s, const struct kad_quest_wish *wish,
                      struct kad_service_user user, struct kad_service_find **out)
{
    int rc = kad_service_start(s, wish, NULL, out);
    if (rc == 0) {
        (*out)->user = user;
    }
    return rc;
}

int kad_service_find(struct kad_service *s, const struct peerid *peer, struct kad_service_user user,
                     struct kad_service_find **out)
{
    struct kad_quest_wish wish = {.kind = KAD_QUEST_PEER, .key = peerid_span(peer)};
    int rc = kad_service_start(s, &wish, peer, out);
    if (rc == 0) {
        (*out)->user = user;
    }
    return rc;
}

void kad_service_cancel(struct kad_service_find *find)
{
    if (find != NULL) {
        kad_service_find_free(find);
    }
}

static int kad_service_records_find(void *context, const struct peerid *peer,
                                    struct records_user user, struct records_find **out)
{
    struct kad_service_find *f = NULL;
    struct kad_quest_wish wish = {.kind = KAD_QUEST_PEER, .key = peerid_span(peer)};
    int rc = kad_service_start(context, &wish, peer, &f);
    if (rc == 0) {
        f->records = user;
        *out = (struct records_find *)(void *)f;
    }
    return rc;
}

static void kad_service_records_cancel(struct records_find *find)
{
    kad_service_cancel((struct kad_service_find *)(void *)find);
}

struct records kad_service_records(struct kad_service *s)
{
    return (struct records){
        .context = s, .find = kad_service_records_find, .cancel = kad_service_records_cancel};
}

void kad_service_look(const struct kad_service *s, struct kad_service_view *out)
{
    *out = (struct kad_service_view){.is_server = s->role.is_server,
                                     .peers = s->kad.table.count,
                                     .searches = s->kad.search_count,
                                     .servers = kad_quests_size(&s->quests)};
    kad_store_figures(s->store, &out->held);
}

void kad_service_check(const struct kad_service *s)
{
    kad_quests_check(&s->quests);
    kad_store_check(s->store);
    CHECK(list_count(&s->finds) == s->find_count + s->own_count);
    CHECK(s->find_count <= KAD_SERVICE_FINDS_MAX && s->own_count <= KAD_SERVICE_OWN_MAX);
    CHECK(list_count(&s->asks.asks) == s->asks.count && s->asks.count <= KAD_ASKS_MAX);
}

/* ---- Beginning and end ---- */

static void kad_service_start_kad(struct kad_service *s)
{
    struct swarm *swarm = s->config.swarm;
    struct kad_config config = {.self = swarm->self,
                                .k = s->is_own ? OWN_K : OTHER_K,
                                .paths = s->is_own ? OWN_PATHS : OTHER_PATHS,
                                .alpha = ALPHA,
                                .beta = BETA,
                                .random = &swarm->port->random};
    /* The first that is reached is asked for our own surroundings at once. */
    kad_init(&s->kad, &config, kad_service_now(s) - KAD_TABLE_REFRESH_NS);
    struct kad_quests_config quests = {.kad = &s->kad,
                                       .validators =
                                           s->is_own ? &kad_record_wavu : &kad_record_ipfs,
                                       .random = &swarm->port->random};
    kad_quests_init(&s->quests, &quests, kad_service_now(s));
    struct kad_store_config store = {
        .table = &s->kad.table, .random = &swarm->port->random, .store = s->config.store};
    struct kad_store_time time = kad_service_time(s);
    s->store = kad_store_new(&store, time.now);
    (void)!kad_store_load(s->store, &time); /* what could be read is there */
}

static void kad_service_start_streams(struct kad_service *s)
{
    struct kad_serve_config serve = {
        .answer = {.swarm = s->config.swarm,
                   .kad = &s->kad,
                   .store = s->store,
                   .validators = s->quests.config.validators,
                   .is_own = s->is_own},
        .name = s->name,
        .audience = s->config.is_members_only ? STREAM_MEMBER : STREAM_ANY,
        .metrics = s->config.metrics,
        .user = {.asked = kad_service_asked, .broke = kad_service_broke, .context = s}};
    struct kad_asks_config asks = {
        .swarm = s->config.swarm,
        .name = s->name,
        .is_signed = s->config.is_signed && s->is_own,
        .user = {.answered = kad_service_answered, .failed = kad_service_failed, .context = s}};
    kad_serve_init(&s->serve, &serve);
    kad_asks_init(&s->asks, &asks);
}

int kad_service_init(struct kad_service *s, const struct kad_service_config *config)
{
    const char *prefix = config->prefix != NULL ? config->prefix : KAD_SERVICE_PREFIX;
    if (prefix[0] != '/' || strlen(prefix) < 2 || strlen(prefix) >= KAD_SERVICE_PREFIX_MAX) {
        return WAVU_ERR_INVALID;
    }
    *s = (struct kad_service){.config = *config};
    (void)snprintf(s->name, sizeof s->name, "%s/kad/1.0.0", prefix);
    if (swarm_protocol(config->swarm, span_from_text(s->name)) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    s->config.prefix = NULL; /* the name has it */
    s->is_own = strcmp(prefix, KAD_SERVICE_PREFIX) == 0;
    list_init(&s->finds);
    timers_prepare(&s->timer, kad_service_on_timer);
    kad_service_start_kad(s);
    kad_service_start_streams(s);
    s->observe = (struct observe){
        .context = s, .conn_up = kad_service_conn_up, .identified = kad_service_identified};
    swarm_observe(config->swarm, &s->observe);
    kad_service_remember(s);
    kad_role_init(&s->role, config->role, config->is_low_power);
    kad_serve_set_on(&s->serve, s->role.is_server);
    kad_service_hurry(s);
    return 0;
}

void kad_service_clear(struct kad_service *s)
{
    swarm_unobserve(&s->observe);
    timers_cancel(&s->config.swarm->turn->timers, &s->timer);
    s->is_pumping = true;
    const struct kad_quest_event down = {.kind = KAD_QUEST_DONE, .err = WAVU_ERR_SHUTDOWN};
    for (struct list *l; (l = list_next(&s->finds, &s->finds)) != NULL;) {
        kad_service_find_end(LIST_OF(l, struct kad_service_find, link), &down);
    }
    kad_asks_clear(&s->asks);
    kad_serve_clear(&s->serve);
    kad_quests_clear(&s->quests);
    struct kad_store_time time = kad_service_time(s);
    (void)!kad_store_flush(s->store, &time); /* what is lost is said again by who published it */
    kad_store_free(s->store);
    (void)!kad_keep_write(s->config.store, &s->kad.table, s->config.swarm);
    mem_free(s->known);
    kad_clear(&s->kad);
}
