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
    struct peerid sought;        /* len 0: the nearest are */
    uint32_t search;             /* 0: there is nothing to ask */
};

static uint64_t kad_service_now(const struct kad_service *s)
{
    return s->config.swarm->turn->now_ns;
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
        kad_reached(&s->kad, peer, kad_addresses_group(own), kad_service_now(s));
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
    if (!conn->is_dialled &&
        kad_role_met(&s->role, kad_addresses_group(conn), kad_service_now(s))) {
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
    kad_end(&f->service->kad, f->search);
    list_remove(&f->link);
    f->service->find_count--;
    mem_free(f);
}

static void kad_service_find_end(struct kad_service_find *f, int err)
{
    struct peerid nearest[KAD_TABLE_K_MAX];
    struct kad_service_user user = f->user;
    struct records_user records = f->records;
    size_t count = kad_result(&f->service->kad, f->search, nearest, KAD_TABLE_K_MAX);
    if (err == 0 && f->sought.len > 0 && swarm_conn(f->service->config.swarm, &f->sought) == NULL) {
        err = WAVU_ERR_NOT_FOUND;
    }
    kad_service_find_free(f);
    if (records.done != NULL) {
        records.done(records.context, err);
    } else {
        user.done(user.context, err, nearest, count);
    }
}

static struct kad_service_find *kad_service_find_of(const struct kad_service *s, uint32_t search)
{
    const struct list *head = &s->finds;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        struct kad_service_find *f = LIST_OF(l, struct kad_service_find, link);
        if (f->search == search) {
            return f;
        }
    }
    return NULL;
}

/* Whoever is sought is found when we are connected with it, whatever it speaks. */
static void kad_service_reached(struct kad_service *s, uint32_t search, const struct peerid *peer)
{
    struct kad_service_find *f = search == 0 ? NULL : kad_service_find_of(s, search);
    if (f != NULL && peerid_is_equal(&f->sought, peer)) {
        kad_stop(&s->kad, search);
    }
}

/* ---- The pump ---- */

static void kad_service_ask(struct kad_service *s, const struct kad_ask *ask)
{
    struct swarm *swarm = s->config.swarm;
    uint64_t now = kad_service_now(s);
    int rc = kad_service_is_solved(s, &ask->peer) ? kad_asks_start(&s->asks, ask, span_empty())
                                                  : WAVU_ERR_DENIED;
    if (rc < 0) {
        kad_failed(&s->kad, ask->search, &ask->peer, now);
    } else if (swarm_conn_dialled(swarm, &ask->peer) == NULL) {
        kad_wait(&s->kad, ask->search, &ask->peer,
                 now + swarm->attempt_ns + KAD_LOOKUP_PATIENCE_LEAST_NS);
    }
}

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
    uint32_t search;
    if (s->is_pumping) {
        return; /* from a callback below: the loop goes on */
    }
    s->is_pumping = true;
    bool is_moving = true;
    while (is_moving) {
        is_moving = false;
        while (s->asks.count < KAD_ASKS_MAX && kad_next_ask(&s->kad, kad_service_now(s), &ask)) {
            kad_service_ask(s, &ask);
            is_moving = true;
        }
        while (kad_next_done(&s->kad, &search)) {
            struct kad_service_find *f = kad_service_find_of(s, search);
            CHECK(f != NULL);
            kad_service_find_end(f, 0);
            is_moving = true;
        }
    }
    s->is_pumping = false;
    kad_service_settle(s);
    kad_service_arm(s, kad_deadline(&s->kad));
}

/* Those who were connected from the start. */
static void kad_service_end_known(struct kad_service *s)
{
    struct kad_service_find *f;
    while ((f = kad_service_find_of(s, 0)) != NULL) {
        kad_service_find_end(f, 0);
    }
}

static void kad_service_on_timer(struct timer *timer, uint64_t now)
{
    struct kad_service *s = LIST_OF(timer, struct kad_service, timer);
    if (kad_role_tick(&s->role, now)) {
        kad_service_play(s);
    }
    kad_tick(&s->kad, now);
    kad_service_end_known(s);
    kad_service_pump(s);
}

/* ---- Answers ---- */

static void kad_service_learn(struct kad_service *s, const struct conn *conn,
                              const struct kad_msg *m)
{
    enum kad_addresses_scope scope = kad_addresses_scope_of(conn);
    for (size_t i = 0; i < m->nearer_count && m->nearer_count <= (size_t)2 * KAD_TABLE_K_MAX; i++) {
        struct kad_msg_peer p;
        struct peerid id;
        if (kad_msg_peer_decode(&p, m->nearer[i]) == 0) {
            (void)kad_addresses_learn(s->config.swarm, &p, scope, &id);
        }
    }
}

static void kad_service_answered(void *context, const struct kad_ask *ask, struct conn *conn,
                                 const struct kad_msg *m)
{
    struct kad_service *s = context;
    const struct peerid *peer = &ask->peer;
    uint64_t now = kad_service_now(s);
    kad_service_learn(s, conn, m);
    int rc = kad_answered(&s->kad, ask->search, peer, kad_addresses_group(conn), m, now);
    if (rc < 0 || !kad_service_admits(s, peer)) {
        kad_left(&s->kad, peer);
    }
    kad_service_reached(s, ask->search, peer);
    kad_service_pump(s);
}

static void kad_service_failed(void *context, const struct kad_ask *ask, int err)
{
    struct kad_service *s = context;
    kad_failed(&s->kad, ask->search, &ask->peer, kad_service_now(s));
    if (err == WAVU_ERR_UNSUPPORTED || err == WAVU_ERR_PROTO || err == WAVU_ERR_CRYPTO) {
        kad_left(&s->kad, &ask->peer);
    }
    if (swarm_conn(s->config.swarm, &ask->peer) != NULL) {
        kad_service_reached(s, ask->search, &ask->peer);
    }
    kad_service_pump(s);
}

/* ---- From outside ---- */

static int kad_service_begin(struct kad_service *s, struct span key, unsigned paths,
                             const struct peerid *sought, struct kad_service_find **out)
{
    uint32_t search = 0;
    bool is_known = sought != NULL && swarm_conn(s->config.swarm, sought) != NULL;
    int rc = 0;
    if (s->find_count >= KAD_SERVICE_FINDS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (!is_known) {
        rc = kad_find(&s->kad, KAD_MSG_FIND_NODE, key, paths, kad_service_now(s), &search);
    }
    if (rc < 0) {
        return rc;
    }
    struct kad_service_find *f = mem_new(sizeof *f);
    f->service = s;
    f->search = search;
    f->sought = sought != NULL ? *sought : (struct peerid){.len = 0};
    list_push_back(&s->finds, &f->link);
    s->find_count++;
    kad_service_hurry(s);
    *out = f;
    return 0;
}

int kad_service_find(struct kad_service *s, const struct peerid *peer, struct kad_service_user user,
                     struct kad_service_find **out)
{
    int rc = kad_service_begin(s, peerid_span(peer), 0, peer, out);
    if (rc == 0) {
        (*out)->user = user;
    }
    return rc;
}

int kad_service_nearest(struct kad_service *s, struct span key, unsigned paths,
                        struct kad_service_user user, struct kad_service_find **out)
{
    int rc = kad_service_begin(s, key, paths, NULL, out);
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
    int rc = kad_service_begin(context, peerid_span(peer), 0, peer, &f);
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
                                     .searches = s->kad.search_count};
}

void kad_service_check(const struct kad_service *s)
{
    kad_check(&s->kad);
    CHECK(list_count(&s->finds) == s->find_count && s->find_count <= KAD_SERVICE_FINDS_MAX);
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
}

static void kad_service_start_streams(struct kad_service *s)
{
    struct kad_serve_config serve = {
        .answer = {.swarm = s->config.swarm, .kad = &s->kad, .is_own = s->is_own},
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
    kad_role_init(&s->role, config->role, config->is_low_power);
    kad_serve_set_on(&s->serve, s->role.is_server);
    return 0;
}

void kad_service_clear(struct kad_service *s)
{
    swarm_unobserve(&s->observe);
    timers_cancel(&s->config.swarm->turn->timers, &s->timer);
    s->is_pumping = true;
    for (struct list *l; (l = list_next(&s->finds, &s->finds)) != NULL;) {
        kad_service_find_end(LIST_OF(l, struct kad_service_find, link), WAVU_ERR_SHUTDOWN);
    }
    kad_asks_clear(&s->asks);
    kad_serve_clear(&s->serve);
    kad_clear(&s->kad);
}
