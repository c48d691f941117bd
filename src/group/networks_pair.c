/*
 * Streams of `/wavu/pair/1`: the host's side with its one open code, the guest's side with the one
 * code that is tried. A message on the wire has its length before it, as a varint.
 *
 *   inviter:   PEER -> INVITE signed, on the disk -> WELCOME -> ANSWER
 *   newcomer:  WELCOME -> ANSWER -> DONE -> asks for the log (networks_talk) -> comes in
 */
#include "group/networks_pair.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "group/networks_core.h"
#include "group/pair_wire.h"
#include "group/welcome_msg.h"
#include "members/pairing.h"

#define NAME "/wavu/pair/1"
#define STREAMS_PEER_MAX 2
#define SLACK_NS (UINT64_C(100) * TIMERS_MS)

/* A stranger on the host's side. */
struct run {
    struct list link;
    struct networks *owner;
    struct pair_wire wire;
    struct turn_dead dead;
    uint32_t id;
    bool waits;      /* for the disk: then it is welcomed */
    uint64_t number; /* of the commit */
    uint8_t member[MEMBERS_MSG_ID_SIZE];
    bool is_over;
};

struct networks_pairing {
    struct stream_protocol protocol;
    struct pairing_self self;
    struct pairing_means means;
    struct pairing_host host;
    struct networks_one *one; /* whose code is or was open; NULL: none */
    bool has_host;
    struct list runs; /* of struct run */
    struct timer host_timer;
    /* The newcomer's side. */
    struct pairing_guest guest;
    bool is_joining; /* `guest` is begun */
    bool is_asking;  /* the code was shown; the log is on its way */
    struct pair_wire wire;
    struct timer guest_timer;
};

static void pump_host(struct networks *n);
static void pump_guest(struct networks *n);

/* ---- Links ---- */

static struct pairing_link link_of(const struct networks *n, struct stream *stream)
{
    struct pairing_link link;
    struct overlay_id peer;
    struct span binding = conn_binding(stream_conn(stream));

    (void)n;
    memset(&link, 0, sizeof link);
    CHECK(overlay_id_from_peer(&peer, stream_peer(stream)) == 0); /* asked before */
    memcpy(link.peer, peer.bytes, sizeof link.peer);
    CHECK(binding.len == sizeof link.session);
    memcpy(link.session, binding.ptr, sizeof link.session);
    return link;
}

void networks_pair_source(struct stream *stream, uint8_t source[PAIRING_HOST_SOURCE_SIZE])
{
    struct multiaddr local;
    struct multiaddr remote;

    _Static_assert(PAIRING_HOST_SOURCE_SIZE == MULTIADDR_SOURCE_SIZE, "both are of one kind");
    conn_addresses(stream_conn(stream), &local, &remote);
    multiaddr_source(&remote, source);
}

/* ---- The inviter's side ---- */

static void reap_run(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct run, dead));
}

static void end_run(struct run *r, bool in_order)
{
    if (!r->is_over) {
        r->is_over = true;
        pair_wire_close(&r->wire, in_order);
        list_remove(&r->link);
        turn_bury(r->owner->turn, &r->dead);
    }
}

static struct run *run_of(const struct networks_pairing *p, uint32_t id)
{
    for (struct list *l = list_next(&p->runs, &p->runs); l != NULL; l = list_next(&p->runs, l)) {
        struct run *r = LIST_OF(l, struct run, link);

        if (r->id == id) {
            return r;
        }
    }
    return NULL;
}

static void welcome(struct networks *n, struct run *r)
{
    struct networks_pairing *p = n->pairing;
    uint8_t space[WELCOME_MSG_SIZE_MAX];
    struct wr w;
    const struct welcome_msg m = {.member = r->member, .inviter = networks_self(p->one)};

    r->waits = false;
    wr_init(&w, span_mut_of(space, sizeof space));
    welcome_msg_write(&w, &m);
    CHECK(wr_finish(&w) == 0);
    (void)!pairing_host_welcome(&p->host, n->turn->now_ns, r->id, wr_span(&w)); /* or it is gone */
}

/* Somebody has shown the code: the invitation is signed, and goes out when it is on the disk. */
static void on_peer(struct networks *n, const struct pairing_host_event *event)
{
    struct networks_pairing *p = n->pairing;
    struct networks_event told = {.kind = NETWORKS_NEWCOMER, .one = p->one, .peer = &event->peer};
    struct run *r = run_of(p, event->run);

    if (r == NULL || p->one == NULL) {
        return;
    }
    /* Who belongs already brings another device: it is welcome without an invitation. */
    if (!network_belongs(&p->one->network, event->peer.root, r->member) &&
        networks_invite(p->one, event->peer.root, r->member) < 0) {
        pairing_host_lost(&p->host, r->id);
        end_run(r, false);
        return;
    }
    networks_tell(n, &told);
    if (p->one == NULL) {
        return; /* its owner left the network */
    }
    r->waits = true;
    r->number = p->one->unsafe;
    if (networks_is_safe(p->one)) {
        welcome(n, r);
    }
}

void networks_pair_committed(struct networks *n, uint64_t number)
{
    struct networks_pairing *p = n->pairing;
    struct list *l = p == NULL ? NULL : list_next(&p->runs, &p->runs);

    while (l != NULL) {
        struct run *r = LIST_OF(l, struct run, link);

        l = list_next(&p->runs, l);
        if (r->waits && r->number <= number && p->one != NULL) {
            welcome(n, r);
        }
    }
    if (p != NULL) {
        pump_host(n);
    }
}

static void tell_host(struct networks *n, const struct pairing_host_event *event)
{
    struct networks_event told = {.one = n->pairing->one};

    if (event->kind == PAIRING_HOST_TRY) {
        told.kind = NETWORKS_TRY;
        told.left = event->left;
    } else if (event->kind == PAIRING_HOST_BUSY) {
        told.kind = NETWORKS_BUSY;
    } else {
        told.kind = NETWORKS_CODE_CLOSED;
        told.reason = event->reason;
    }
    networks_tell(n, &told);
}

static void handle_host(struct networks *n, const struct pairing_host_event *event)
{
    struct run *r = run_of(n->pairing, event->run);

    switch (event->kind) {
    case PAIRING_HOST_SEND:
        if (r != NULL) {
            pair_wire_say(&r->wire, event->bytes);
        }
        return;
    case PAIRING_HOST_END:
        if (r != NULL) {
            r->wire.is_ending = true;
        }
        return;
    case PAIRING_HOST_PEER:
        on_peer(n, event);
        return;
    case PAIRING_HOST_ANSWER:
    case PAIRING_HOST_LOST:
        return; /* it asks for the log now, or comes again */
    case PAIRING_HOST_TRY:
    case PAIRING_HOST_BUSY:
    case PAIRING_HOST_CLOSED:
        tell_host(n, event);
        return;
    }
}

static void pump_host(struct networks *n)
{
    struct networks_pairing *p = n->pairing;
    struct pairing_host_event event;

    while (p->has_host && pairing_host_next_event(&p->host, &event)) {
        handle_host(n, &event);
    }
    struct list *l = list_next(&p->runs, &p->runs);
    while (l != NULL) {
        struct run *r = LIST_OF(l, struct run, link);

        l = list_next(&p->runs, l);
        if (pair_wire_flush(&r->wire)) {
            end_run(r, true);
        }
    }
    timers_set(&n->turn->timers, &p->host_timer,
               p->has_host ? pairing_host_deadline(&p->host) : TIMERS_NEVER, SLACK_NS);
}

static void on_host_timer(struct timer *timer, uint64_t now)
{
    struct networks_pairing *p = LIST_OF(timer, struct networks_pairing, host_timer);
    struct networks *n = p->protocol.service;

    pairing_host_tick(&p->host, now);
    pump_host(n);
}

/* A host answers whether a code is open or not, in the name of the first network there is. */
static bool ensure_host(struct networks *n, struct networks_one *one)
{
    struct networks_pairing *p = n->pairing;

    for (; one == NULL || !networks_is_live(one); one = networks_next(n, one)) {
        if (networks_next(n, one) == NULL) {
            return p->has_host;
        }
    }
    if (p->has_host && (p->one == one || p->host.is_open)) {
        return true;
    }
    if (p->has_host) {
        pairing_host_clear(&p->host);
        p->has_host = false;
    }
    if (pairing_host_init(&p->host, &p->means, members_network(&one->network.log)) < 0) {
        return false;
    }
    p->has_host = true;
    p->one = one;
    return true;
}

static void accept_run(struct networks *n, struct stream *stream)
{
    struct networks_pairing *p = n->pairing;
    uint8_t source[PAIRING_HOST_SOURCE_SIZE];
    struct overlay_id peer;
    struct run *r = NULL;

    if (overlay_id_from_peer(&peer, stream_peer(stream)) < 0 || !n->has_person ||
        (!p->has_host && !ensure_host(n, NULL))) {
        stream_reset(stream, 0);
        return;
    }
    struct pairing_link link = link_of(n, stream);
    uint32_t id = 0;
    networks_pair_source(stream, source);
    if (pairing_host_begin(&p->host, n->turn->now_ns, &link, source, &id) < 0) {
        stream_reset(stream, 0);
        pump_host(n);
        return;
    }
    r = mem_new(sizeof *r);
    r->owner = n;
    r->id = id;
    r->dead.reap = reap_run;
    pair_wire_open(&r->wire, stream);
    stream_set_user(stream, r);
    list_push_back(&p->runs, &r->link);
    pump_host(n);
}

static void feed_run(struct run *r, struct span data)
{
    struct networks *n = r->owner;
    struct span message;
    size_t used = 0;
    int rc = buf_append(&r->wire.in, data);

    while (rc == 0 && !r->is_over && !r->wire.is_ending &&
           (rc = pair_wire_message(&r->wire, &message, &used)) == 0) {
        (void)!pairing_host_feed(&n->pairing->host, n->turn->now_ns, r->id, message);
        buf_drop_front(&r->wire.in, used);
        pump_host(n);
    }
    if (rc < 0 && rc != WAVU_ERR_AGAIN && !r->is_over) {
        pairing_host_lost(&n->pairing->host, r->id);
        end_run(r, false);
        pump_host(n);
    }
}

static void host_up(struct networks *n, struct stream *stream, struct stream_event *event)
{
    struct run *r = stream_user(stream);

    if (event->kind == STREAM_OPENED) {
        accept_run(n, stream);
    } else if (event->kind == STREAM_DATA) {
        feed_run(r, event->data);
    } else if (event->kind == STREAM_WRITABLE) {
        pump_host(n);
    } else if (event->kind == STREAM_CLOSED && r != NULL) {
        r->wire.stream = NULL;
        pairing_host_lost(&n->pairing->host, r->id);
        end_run(r, false);
        pump_host(n);
    }
}

/* ---- The newcomer's side ---- */

static void end_join(struct networks *n)
{
    struct networks_pairing *p = n->pairing;

    if (p->is_joining) {
        p->is_joining = false;
        pairing_guest_clear(&p->guest);
    }
    pair_wire_close(&p->wire, false);
    timers_cancel(&n->turn->timers, &p->guest_timer);
}

static void tell_failed(struct networks *n, int err, unsigned left)
{
    const struct networks_event event = {.kind = NETWORKS_JOIN_FAILED, .err = err, .left = left};

    networks_tell(n, &event);
}

static void on_inviter(struct networks *n, const struct pairing_guest_event *event)
{
    const struct networks_event told = {.kind = NETWORKS_JOINING, .peer = &event->peer};

    memcpy(n->expected, event->peer.network, sizeof n->expected);
    n->has_expected = true;
    networks_tell(n, &told);
}

static void on_welcome(struct networks *n, const struct pairing_guest_event *event)
{
    struct welcome_msg m;

    if (welcome_msg_read(&m, event->bytes) < 0 ||
        pairing_guest_answer(&n->pairing->guest, span_empty()) < 0) {
        end_join(n);
        tell_failed(n, WAVU_ERR_PROTO, 0);
    }
}

/* The code is shown and taken: the log is next, on the same connection. */
static void on_done(struct networks *n)
{
    struct networks_pairing *p = n->pairing;
    struct conn *conn = p->wire.stream == NULL ? NULL : stream_conn(p->wire.stream);

    p->wire.is_ending = true;
    (void)pair_wire_flush(&p->wire);
    p->is_asking = true;
    int rc = conn == NULL ? WAVU_ERR_RESET : networks_talk_ask(n, conn, false);
    if (rc < 0) {
        networks_pair_joined(n, rc);
    }
}

void networks_pair_joined(struct networks *n, int err)
{
    struct networks_pairing *p = n->pairing;

    n->has_expected = false;
    if (p == NULL) {
        return;
    }
    if (p->is_asking) {
        p->is_asking = false;
        end_join(n);
    }
    if (err < 0) {
        tell_failed(n, err, 0);
    }
}

static void handle_guest(struct networks *n, const struct pairing_guest_event *event)
{
    struct networks_pairing *p = n->pairing;

    switch (event->kind) {
    case PAIRING_GUEST_SEND:
        pair_wire_say(&p->wire, event->bytes);
        return;
    case PAIRING_GUEST_PEER:
        on_inviter(n, event);
        return;
    case PAIRING_GUEST_WELCOME:
        on_welcome(n, event);
        return;
    case PAIRING_GUEST_DONE:
        on_done(n);
        return;
    case PAIRING_GUEST_FAILED:
        p->wire.is_ending = true;
        if (event->left == 0) {
            end_join(n);
        }
        tell_failed(n, event->err, event->left);
        return;
    }
}

static void pump_guest(struct networks *n)
{
    struct networks_pairing *p = n->pairing;
    struct pairing_guest_event event;

    while (p->is_joining && pairing_guest_next_event(&p->guest, &event)) {
        handle_guest(n, &event);
    }
    (void)pair_wire_flush(&p->wire);
    if (p->is_joining) {
        timers_set(&n->turn->timers, &p->guest_timer, pairing_guest_deadline(&p->guest), SLACK_NS);
    }
}

static void on_guest_timer(struct timer *timer, uint64_t now)
{
    struct networks_pairing *p = LIST_OF(timer, struct networks_pairing, guest_timer);
    struct networks *n = p->protocol.service;

    if (p->is_joining) {
        pairing_guest_tick(&p->guest, now);
        pump_guest(n);
    }
}

static void feed_guest(struct networks *n, struct span data)
{
    struct networks_pairing *p = n->pairing;
    struct span message;
    size_t used = 0;
    int rc = buf_append(&p->wire.in, data);

    while (rc == 0 && p->is_joining && p->wire.stream != NULL && !p->wire.is_ending &&
           (rc = pair_wire_message(&p->wire, &message, &used)) == 0) {
        (void)!pairing_guest_feed(&p->guest, n->turn->now_ns, message); /* told as an event */
        buf_drop_front(&p->wire.in, used);
        pump_guest(n);
    }
    if (rc < 0 && rc != WAVU_ERR_AGAIN && p->is_joining) {
        pair_wire_close(&p->wire, false);
        pairing_guest_lost(&p->guest);
        pump_guest(n);
    }
}

static void guest_up(struct networks *n, struct stream *stream, struct stream_event *event)
{
    struct networks_pairing *p = n->pairing;

    if (stream != p->wire.stream) {
        return; /* of an earlier try */
    }
    if (event->kind == STREAM_DATA) {
        feed_guest(n, event->data);
    } else if (event->kind == STREAM_WRITABLE) {
        pump_guest(n);
    } else if (event->kind == STREAM_CLOSED) {
        p->wire.stream = NULL;
        if (p->is_joining && !p->is_asking) {
            pairing_guest_lost(&p->guest);
            pump_guest(n);
        }
    }
}

static void up(void *service, struct stream *stream, struct stream_event *event)
{
    struct networks *n = service;

    if (stream_is_inbound(stream)) {
        host_up(n, stream, event);
    } else {
        guest_up(n, stream, event);
    }
}

int networks_pair_join(struct networks *n, const struct code *code, const struct code_qr *qr)
{
    struct networks_pairing *p = n->pairing;

    if (!n->has_person) {
        return WAVU_ERR_DENIED;
    }
    if (p->is_joining) {
        return WAVU_ERR_EXISTS;
    }
    int rc = qr != NULL ? pairing_guest_init_scanned(&p->guest, &p->means, qr)
                        : pairing_guest_init(&p->guest, &p->means, code);
    p->is_joining = rc == 0;
    return rc;
}

int networks_pair_try(struct networks *n, struct conn *conn)
{
    struct networks_pairing *p = n->pairing;
    struct stream *stream = NULL;
    struct overlay_id peer;

    if (!p->is_joining) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (p->wire.stream != NULL || p->is_asking) {
        return WAVU_ERR_AGAIN;
    }
    int rc = overlay_id_from_peer(&peer, conn_peer(conn));
    rc = rc < 0 ? rc : stream_open(conn, &p->protocol, p, &stream);
    if (rc < 0) {
        return rc;
    }
    struct pairing_link link = link_of(n, stream);
    rc = pairing_guest_begin(&p->guest, n->turn->now_ns, &link);
    if (rc < 0) {
        stream_reset(stream, 0);
        return rc;
    }
    pair_wire_close(&p->wire, false);
    pair_wire_open(&p->wire, stream);
    pump_guest(n);
    return 0;
}

int networks_pair_ask(struct networks *n, struct conn *conn)
{
    n->has_expected = false;
    return networks_talk_ask(n, conn, false);
}

int networks_pair_ask_open(struct networks *n, struct conn *conn, const uint8_t *network)
{
    n->has_expected = network != NULL;
    if (network != NULL) {
        memcpy(n->expected, network, sizeof n->expected);
    }
    return networks_talk_ask(n, conn, true);
}

void networks_pair_ask_end(struct networks *n)
{
    networks_talk_ask_end(n);
}

void networks_pair_cancel(struct networks *n)
{
    end_join(n);
}

/* ---- Wishes ---- */

int networks_pair_open(struct networks_one *one, enum words_list list, struct code *code)
{
    struct networks *n = one->owner;
    struct networks_pairing *p = n->pairing;

    if (!n->has_person || one->standing != NETWORKS_LIVE) {
        return WAVU_ERR_DENIED;
    }
    if (p->has_host && p->host.is_open) {
        return WAVU_ERR_EXISTS;
    }
    if (pairing_self_check(&p->self) < 0 || !ensure_host(n, one) || p->one != one) {
        return WAVU_ERR_INVALID;
    }
    code_make(code, list, n->random);
    int rc = pairing_host_open(&p->host, n->turn->now_ns, code);
    pump_host(n);
    return rc;
}

void networks_pair_close(struct networks *n)
{
    struct networks_pairing *p = n->pairing;

    if (p->has_host) {
        pairing_host_close(&p->host);
        pump_host(n);
    }
}

uint16_t networks_pair_number(const struct networks *n)
{
    const struct networks_pairing *p = n->pairing;

    return p->has_host && p->host.is_open ? p->host.code.number : 0;
}

int networks_pair_set_name(struct networks *n, struct span name)
{
    struct networks_pairing *p = n->pairing;

    if (name.len > 0 && name_check(name) != NAME_GOOD) {
        return WAVU_ERR_INVALID;
    }
    if (p->is_joining || (p->has_host && p->host.is_open)) {
        return WAVU_ERR_AGAIN; /* it does not change under a pairing */
    }
    if (p->has_host) {
        pairing_host_clear(&p->host);
        p->has_host = false;
        p->one = NULL;
    }
    p->self.name_len = name.len;
    if (name.len > 0) {
        memcpy(p->self.name, name.ptr, name.len);
    }
    return 0;
}

void networks_pair_set_person(struct networks *n, const struct identity *person)
{
    struct pairing_self *self = &n->pairing->self;

    n->person = *person;
    n->has_person = true;
    self->device = n->device;
    memcpy(self->root, person->root.public_key, sizeof self->root);
    pairing_make_certificate(self->certificate, n->config.signer, &person->root, n->self.bytes);
}

/* ---- Life ---- */

static void end_runs(struct networks_pairing *p)
{
    struct list *l = NULL;

    while ((l = list_next(&p->runs, &p->runs)) != NULL) {
        end_run(LIST_OF(l, struct run, link), false);
    }
}

void networks_pair_forget(struct networks_one *one)
{
    struct networks *n = one->owner;
    struct networks_pairing *p = n->pairing;

    if (p != NULL && p->one == one) {
        pairing_host_close(&p->host);
        pump_host(n);
        end_runs(p);
        pairing_host_clear(&p->host);
        p->has_host = false;
        p->one = NULL;
        timers_cancel(&n->turn->timers, &p->host_timer);
    }
}

int networks_pair_start(struct networks *n)
{
    struct networks_pairing *p = mem_new(sizeof *p);

    p->protocol = (struct stream_protocol){.name = NAME,
                                           .audience = STREAM_ANY,
                                           .inbound_max = STREAMS_PEER_MAX,
                                           .up = up,
                                           .service = n};
    p->means = (struct pairing_means){.self = &p->self,
                                      .signer = n->config.signer,
                                      .random = n->random,
                                      .aead = n->config.swarm->aead,
                                      .aead_kind = AEAD_CHACHA20_POLY1305};
    list_init(&p->runs);
    timers_prepare(&p->host_timer, on_host_timer);
    timers_prepare(&p->guest_timer, on_guest_timer);
    int rc = stream_register(n->config.swarm, &p->protocol);
    if (rc < 0) {
        mem_free(p);
        return rc;
    }
    n->pairing = p;
    return 0;
}

void networks_pair_stop(struct networks *n)
{
    struct networks_pairing *p = n->pairing;

    if (p == NULL) {
        return;
    }
    end_join(n);
    end_runs(p);
    if (p->has_host) {
        pairing_host_clear(&p->host);
    }
    stream_unregister(n->config.swarm, &p->protocol);
    timers_cancel(&n->turn->timers, &p->host_timer);
    timers_cancel(&n->turn->timers, &p->guest_timer);
    secret_wipe(p, sizeof *p);
    mem_free(p);
    n->pairing = NULL;
}
