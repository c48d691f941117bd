/*
 * Dials: look up names, race addresses, upgrade the first link that is up.
 *
 *   candidates: typed and known addresses; a name is replaced by what it resolves to
 *   attempts:   links opening, at most DIAL_PARALLEL_MAX, started DIAL_STAGGER_NS apart or when one
 * fails conn:       the link that won, being upgraded; when it fails the rest is tried
 */
#include "net/dial.h"

#include <string.h>

#include "base/mem.h"
#include "net/swarm.h"

/* One way to the peer. */
struct dial_candidate {
    struct multiaddr address; /* without peer id */
    bool is_tried;
};

struct dial_attempt {
    struct dial *dial;
    struct link *link; /* NULL: free */
    uint64_t until_ns;
};

struct dial {
    struct list link; /* in swarm->dials */
    struct swarm *swarm;
    struct dial_user user;
    struct peerid expected; /* len 0: whoever answers */
    struct dial_candidate candidates[DIAL_ADDRESSES_MAX];
    size_t candidate_count;
    struct dial_attempt attempts[DIAL_PARALLEL_MAX];
    struct port_lookup *lookup; /* one at a time */
    struct records_find *find;  /* of whom no address is known: being looked for */
    struct multiaddr looked_up; /* the address with the name */
    struct conn *conn;          /* being upgraded */
    struct timer timer;         /* next start, attempt's end, or the whole dial's */
    struct turn_job job;        /* go on, outside of the caller's call */
    struct turn_dead dead;
    uint64_t total_ns;   /* moment at which it all ends */
    uint64_t next_ns;    /* moment at which the next attempt may start */
    int err;             /* the most telling so far */
    enum conn_kind kind; /* wished */
    bool wants_own;      /* one that we dialled */
    bool is_over;
};

static void dial_step(struct dial *d, uint64_t now);

static void dial_reap(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct dial, dead));
}

static void dial_abort_links(struct dial *d)
{
    for (size_t i = 0; i < DIAL_PARALLEL_MAX; i++) {
        if (d->attempts[i].link != NULL) {
            link_close(d->attempts[i].link, true);
            d->attempts[i].link = NULL;
        }
    }
}

static void dial_stop(struct dial *d)
{
    d->is_over = true;
    timers_cancel(&d->swarm->turn->timers, &d->timer);
    turn_cancel(&d->job);
    dial_abort_links(d);
    if (d->lookup != NULL) {
        d->swarm->port->net->lookup_cancel(d->lookup);
        d->lookup = NULL;
    }
    if (d->find != NULL) {
        d->swarm->records.cancel(d->find);
        d->find = NULL;
    }
    list_remove(&d->link);
    turn_bury(d->swarm->turn, &d->dead);
}

static void dial_end(struct dial *d, int err, struct conn *conn)
{
    if (!d->is_over) {
        struct dial_user user = d->user;
        dial_stop(d);
        user.done(user.context, err, conn);
    }
}

/* How much an error tells a person: a wrong peer more than a refusal, a refusal more than silence.
 */
static int dial_weight(int err)
{
    static const int by_weight[] = {WAVU_ERR_UNREACHABLE, WAVU_ERR_NOT_FOUND,   WAVU_ERR_TIMEOUT,
                                    WAVU_ERR_REFUSED,     WAVU_ERR_RESET,       WAVU_ERR_CLOSED,
                                    WAVU_ERR_PROTO,       WAVU_ERR_UNSUPPORTED, WAVU_ERR_DENIED,
                                    WAVU_ERR_CRYPTO,      WAVU_ERR_PEER_ID,     WAVU_ERR_DOWNGRADE};
    for (size_t i = 0; i < sizeof by_weight / sizeof by_weight[0]; i++) {
        if (by_weight[i] == err) {
            return (int)i + 1;
        }
    }
    return 0;
}

static void dial_note(struct dial *d, int err)
{
    if (d->err == 0 || dial_weight(err) > dial_weight(d->err)) {
        d->err = err;
    }
}

/* ---- Candidates ---- */

static bool dial_is_name(const struct multiaddr *a)
{
    size_t at = 0;
    struct multiaddr_part part;
    return multiaddr_next(a, &at, &part) &&
           (part.code == MULTIADDR_DNS || part.code == MULTIADDR_DNS4 ||
            part.code == MULTIADDR_DNS6);
}

static bool dial_is_ip6(const struct multiaddr *a)
{
    size_t at = 0;
    struct multiaddr_part part;
    return multiaddr_next(a, &at, &part) &&
           (part.code == MULTIADDR_IP6 || part.code == MULTIADDR_IP6ZONE);
}

static void dial_add(struct dial *d, const struct multiaddr *address)
{
    for (size_t i = 0; i < d->candidate_count; i++) {
        if (multiaddr_is_equal(&d->candidates[i].address, address)) {
            return;
        }
    }
    if (d->candidate_count < DIAL_ADDRESSES_MAX) {
        d->candidates[d->candidate_count++] = (struct dial_candidate){.address = *address};
    }
}

/* Take an address as given, with its peer id checked against the one wanted. */
static int dial_add_given(struct dial *d, const struct multiaddr *address)
{
    uint8_t id[PEERID_SIZE_MAX];
    size_t id_len = sizeof id;
    struct peerid named;
    struct multiaddr bare = *address;
    if (multiaddr_pop_peer(&bare, id, &id_len)) {
        int rc = peerid_decode(&named, span_of(id, id_len));
        if (rc < 0) {
            return rc;
        }
        if (d->expected.len > 0 && !peerid_is_equal(&named, &d->expected)) {
            return WAVU_ERR_PEER_ID;
        }
        d->expected = named;
    }
    if (bare.len > 0) {
        dial_add(d, &bare);
    }
    return 0;
}

static void dial_add_known(struct dial *d)
{
    struct peerbook_address known[PEERBOOK_ADDRESSES_MAX];
    size_t count =
        peerbook_addresses(&d->swarm->peerbook, &d->expected, known, PEERBOOK_ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        dial_add(d, &known[i].address);
    }
}

/* The next candidate: families alternate, IPv6 first (RFC 8305 section 4); names as they come. */
static struct dial_candidate *dial_pick(struct dial *d)
{
    struct dial_candidate *first = NULL;
    size_t tried_ip6 = 0;
    size_t tried_ip4 = 0;
    for (size_t i = 0; i < d->candidate_count; i++) {
        struct dial_candidate *c = &d->candidates[i];
        if (c->is_tried && !dial_is_name(&c->address)) {
            *(dial_is_ip6(&c->address) ? &tried_ip6 : &tried_ip4) += 1;
        }
    }
    bool wants_ip6 = tried_ip6 <= tried_ip4;
    for (size_t i = 0; i < d->candidate_count; i++) {
        struct dial_candidate *c = &d->candidates[i];
        if (c->is_tried) {
            continue;
        }
        if (dial_is_name(&c->address) || dial_is_ip6(&c->address) == wants_ip6) {
            return c;
        }
        first = first == NULL ? c : first;
    }
    return first;
}

/* ---- Names ---- */

static void dial_on_found(void *context, int err, const struct multiaddr_ip *found, size_t count)
{
    struct dial *d = context;
    size_t at = 0;
    size_t behind = 0;
    struct multiaddr_part part;
    d->lookup = NULL;
    if (err < 0) {
        dial_note(d, err);
    }
    (void)multiaddr_next(&d->looked_up, &behind, &part);
    for (size_t i = 0; i < count; i++) {
        struct multiaddr resolved = {.len = 0};
        int rc = multiaddr_append_host(&resolved, &found[i]);
        at = behind;
        while (rc == 0 && multiaddr_next(&d->looked_up, &at, &part)) {
            rc = multiaddr_append(&resolved, part.code, part.value);
        }
        if (rc == 0) {
            dial_add(d, &resolved);
        }
    }
    d->next_ns = d->swarm->turn->now_ns;
    turn_queue(d->swarm->turn, &d->job);
}

static int dial_look_up(struct dial *d, const struct multiaddr *address)
{
    static const struct port_lookup_user user = {.done = dial_on_found};
    char name[256];
    size_t at = 0;
    struct multiaddr_part part;
    if (!multiaddr_next(address, &at, &part) || part.value.len >= sizeof name) {
        return WAVU_ERR_INVALID;
    }
    memcpy(name, part.value.ptr, part.value.len);
    name[part.value.len] = '\0';
    int family = part.code == MULTIADDR_DNS4 ? 4 : (part.code == MULTIADDR_DNS6 ? 6 : 0);
    d->looked_up = *address;
    return d->swarm->port->net->lookup(d->swarm->port, name, family, &user, d, &d->lookup);
}

/* ---- Attempts ---- */

static size_t dial_open_count(const struct dial *d)
{
    size_t count = 0;
    for (size_t i = 0; i < DIAL_PARALLEL_MAX; i++) {
        count += d->attempts[i].link != NULL ? 1 : 0;
    }
    return count;
}

static void dial_on_link(void *context, struct link *link, const struct link_event *event)
{
    struct dial_attempt *attempt = context;
    struct dial *d = attempt->dial;
    attempt->link = NULL;
    if (event->kind == LINK_OPENED && d->swarm->conn_count < d->swarm->conns_max) {
        dial_abort_links(d);
        d->conn = conn_new_take(d->swarm, link, d->kind, d->expected.len > 0 ? &d->expected : NULL);
        return;
    }
    dial_note(d, event->kind == LINK_CLOSED ? event->err : WAVU_ERR_LIMIT);
    link_close(link, true);
    d->next_ns = d->swarm->turn->now_ns;
    turn_queue(d->swarm->turn, &d->job);
}

static int dial_open(struct dial *d, const struct multiaddr *address, uint64_t now)
{
    struct swarm *s = d->swarm;
    struct transport *t = swarm_transport_for(s, address);
    if (t == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (!s->policy.may_dial(s->policy.context, address)) {
        return WAVU_ERR_DENIED;
    }
    struct dial_attempt *attempt = d->attempts;
    while (attempt->link != NULL) {
        attempt++;
    }
    attempt->dial = d;
    attempt->until_ns = now + s->attempt_ns;
    struct link_user user = {.up = dial_on_link, .context = attempt};
    return t->ops->dial(t, address, user, &attempt->link);
}

static void dial_expire(struct dial *d, uint64_t now)
{
    for (size_t i = 0; i < DIAL_PARALLEL_MAX; i++) {
        struct dial_attempt *attempt = &d->attempts[i];
        if (attempt->link != NULL && now >= attempt->until_ns) {
            link_close(attempt->link, true);
            attempt->link = NULL;
            dial_note(d, WAVU_ERR_TIMEOUT);
            d->next_ns = now;
        }
    }
}

/* Start what may start now. True when something is under way. */
static bool dial_start_next(struct dial *d, uint64_t now)
{
    struct dial_candidate *c = dial_pick(d);
    while (c != NULL && d->lookup == NULL && now >= d->next_ns &&
           dial_open_count(d) < DIAL_PARALLEL_MAX) {
        c->is_tried = true;
        int rc = dial_is_name(&c->address) ? dial_look_up(d, &c->address)
                                           : dial_open(d, &c->address, now);
        if (rc < 0) {
            dial_note(d, rc);
        } else {
            d->next_ns = now + DIAL_STAGGER_NS;
        }
        c = dial_pick(d);
    }
    return c != NULL || d->lookup != NULL || d->find != NULL || dial_open_count(d) > 0;
}

static void dial_arm(struct dial *d)
{
    uint64_t due = d->total_ns;
    for (size_t i = 0; i < DIAL_PARALLEL_MAX; i++) {
        const struct dial_attempt *attempt = &d->attempts[i];
        if (attempt->link != NULL && attempt->until_ns < due) {
            due = attempt->until_ns;
        }
    }
    bool can_start = d->conn == NULL && d->lookup == NULL && dial_pick(d) != NULL &&
                     dial_open_count(d) < DIAL_PARALLEL_MAX;
    if (can_start && d->next_ns < due) {
        due = d->next_ns;
    }
    timers_set(&d->swarm->turn->timers, &d->timer, due, TIMERS_MS);
}

/* An open connection that will do. */
static struct conn *dial_connected(const struct dial *d)
{
    if (d->expected.len == 0 || d->conn != NULL || d->kind != CONN_STREAMS) {
        return NULL;
    }
    return d->wants_own ? swarm_conn_dialled(d->swarm, &d->expected)
                        : swarm_conn(d->swarm, &d->expected);
}

static void dial_step(struct dial *d, uint64_t now)
{
    struct conn *connected = dial_connected(d);
    if (connected != NULL) {
        dial_end(d, 0, connected);
        return;
    }
    if (now >= d->total_ns) {
        struct conn *c = d->conn;
        dial_end(d, WAVU_ERR_TIMEOUT, NULL);
        if (c != NULL) {
            conn_close(c, WAVU_ERR_TIMEOUT);
        }
        return;
    }
    dial_expire(d, now);
    if (d->conn == NULL && !dial_start_next(d, now)) {
        dial_end(d, d->err == 0 ? WAVU_ERR_UNREACHABLE : d->err, NULL);
        return;
    }
    dial_arm(d);
}

static void dial_on_timer(struct timer *timer, uint64_t now)
{
    dial_step(LIST_OF(timer, struct dial, timer), now);
}

static void dial_run_job(struct turn_job *job, uint64_t now)
{
    dial_step(LIST_OF(job, struct dial, job), now);
}

/* ---- From outside ---- */

static struct dial *dial_new(struct swarm *swarm, struct dial_user user)
{
    struct dial *d = mem_new(sizeof *d);
    d->swarm = swarm;
    d->user = user;
    uint64_t least_ns = swarm->attempt_ns + CONN_HANDSHAKE_NS;
    d->total_ns = swarm->turn->now_ns + (least_ns > DIAL_TOTAL_NS ? least_ns : DIAL_TOTAL_NS);
    d->dead.reap = dial_reap;
    d->job.run = dial_run_job;
    d->job.cost_us = 50;
    timers_prepare(&d->timer, dial_on_timer);
    return d;
}

static void dial_on_records(void *context, int err)
{
    struct dial *d = context;
    d->find = NULL;
    if (err < 0) {
        dial_note(d, err);
    }
    dial_add_known(d);
    turn_queue(d->swarm->turn, &d->job);
}

/* Nothing to dial is known: somebody may know. */
static int dial_look_for(struct dial *d)
{
    const struct records *records = &d->swarm->records;
    struct records_user user = {.done = dial_on_records, .context = d};
    if (d->expected.len == 0 || records->find == NULL) {
        return WAVU_ERR_INVALID;
    }
    int rc = records->find(records->context, &d->expected, user, &d->find);
    return rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_INVALID : rc; /* nobody could say */
}

/* As dial_start, of kind and own as wished. */
static int dial_begin(struct dial *d, const struct peerid *peer, const struct multiaddr *addresses,
                      size_t count)
{
    struct swarm *swarm = d->swarm;
    int rc = 0;
    if (peer != NULL) {
        d->expected = *peer;
    }
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = dial_add_given(d, &addresses[i]);
    }
    if (rc == 0 && d->expected.len > 0) {
        dial_add_known(d);
    }
    bool is_connected = d->expected.len > 0 && swarm_conn(swarm, &d->expected) != NULL;
    if (rc == 0 && d->candidate_count == 0 && !is_connected) {
        rc = d->wants_own ? WAVU_ERR_INVALID : dial_look_for(d);
    }
    if (rc < 0) {
        mem_free(d);
        return rc;
    }
    list_push_back(&swarm->dials, &d->link);
    turn_queue(swarm->turn, &d->job);
    return 0;
}

static int dial_may_start(const struct swarm *swarm)
{
    return swarm->is_closing                             ? WAVU_ERR_SHUTDOWN
           : list_count(&swarm->dials) >= DIAL_DIALS_MAX ? WAVU_ERR_LIMIT
                                                         : 0;
}

int dial_start(struct swarm *swarm, const struct peerid *peer, const struct multiaddr *addresses,
               size_t count, struct dial_user user, struct dial **out)
{
    int rc = dial_may_start(swarm);
    struct dial *d = rc == 0 ? dial_new(swarm, user) : NULL;
    rc = rc == 0 ? dial_begin(d, peer, addresses, count) : rc;
    *out = rc == 0 ? d : *out;
    return rc;
}

int dial_start_own(struct swarm *swarm, const struct peerid *peer, struct dial_user user,
                   struct dial **out)
{
    int rc = dial_may_start(swarm);
    struct dial *d = rc == 0 ? dial_new(swarm, user) : NULL;
    if (d != NULL) {
        d->wants_own = true;
        rc = dial_begin(d, peer, NULL, 0);
    }
    *out = rc == 0 ? d : *out;
    return rc;
}

int dial_start_packets(struct swarm *swarm, const struct peerid *peer, struct dial_user user,
                       struct dial **out)
{
    int rc = dial_start(swarm, peer, NULL, 0, user, out);
    if (rc == 0) {
        (*out)->kind = CONN_PACKETS;
    }
    return rc;
}

void dial_cancel(struct dial *d)
{
    if (d == NULL || d->is_over) {
        return;
    }
    struct conn *c = d->conn;
    dial_stop(d);
    if (c != NULL && c->state != CONN_OPEN) {
        conn_close(c, WAVU_ERR_CLOSED);
    }
}

static struct dial *dial_of_conn(struct swarm *swarm, const struct conn *conn)
{
    struct list *node = list_next(&swarm->dials, &swarm->dials);
    while (node != NULL) {
        struct dial *d = LIST_OF(node, struct dial, link);
        if (d->conn == conn) {
            return d;
        }
        node = list_next(&swarm->dials, node);
    }
    return NULL;
}

void dial_conn_opened(struct swarm *swarm, struct conn *conn)
{
    struct dial *d = dial_of_conn(swarm, conn);
    if (d != NULL) {
        dial_end(d, 0, conn);
    }
}

void dial_conn_closed(struct swarm *swarm, struct conn *conn, int err)
{
    struct dial *d = dial_of_conn(swarm, conn);
    if (d != NULL) {
        d->conn = NULL;
        dial_note(d, err);
        d->next_ns = swarm->turn->now_ns;
        turn_queue(swarm->turn, &d->job);
    }
}

void dial_shut(struct swarm *swarm)
{
    struct list *node = list_next(&swarm->dials, &swarm->dials);
    while (node != NULL) {
        dial_end(LIST_OF(node, struct dial, link), WAVU_ERR_SHUTDOWN, NULL);
        node = list_next(&swarm->dials, &swarm->dials);
    }
}
