/*
 * Streams of `/wavu/members/1`: log_talk on both sides, for members, for such as are not known here
 * yet, and for guests.
 */
#include "group/networks_talk.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "group/networks_admit.h"
#include "group/networks_core.h"
#include "members/pairing.h"

#define NAME "/wavu/members/1"
#define SLACK_NS (UINT64_C(1) * TIMERS_SECOND)

static void pump(struct networks_talk *t);

/* ---- Life ---- */

static void reap(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct networks_talk, dead));
}

/* What we began to load, and did not come into. */
static void drop_begun(struct networks_talk *t)
{
    struct networks_one *begun = t->begun;

    t->begun = NULL;
    if (begun != NULL && !begun->is_stored) {
        t->one = NULL;
        networks_drop(begun);
    }
}

static void end(struct networks_talk *t, bool in_order, int err)
{
    struct networks *n = t->owner;

    if (t->is_over) {
        return;
    }
    t->is_over = true;
    timers_cancel(&n->turn->timers, &t->timer);
    if (t->stream != NULL && in_order) {
        stream_close(t->stream);
    } else if (t->stream != NULL) {
        stream_reset(t->stream, 0);
    }
    t->stream = NULL;
    list_remove(&t->link);
    log_talk_clear(&t->talk); /* before the log goes */
    turn_bury(n->turn, &t->dead);
    if (t->is_guest) {
        drop_begun(t);
        networks_pair_joined(n, err);
    }
}

static uint64_t source_of(const struct overlay_id *device)
{
    uint64_t source = 0;

    memcpy(&source, device->bytes, sizeof source);
    return source;
}

/* By when it must be known what the talk is about, whatever is sent meanwhile. */
static uint64_t proof_due(const struct networks_talk *t)
{
    return t->begun_ns + (t->asks_open ? NETWORKS_ASK_NS : NETWORKS_PROOF_NS);
}

static void on_timer(struct timer *timer, uint64_t now)
{
    struct networks_talk *t = LIST_OF(timer, struct networks_talk, timer);

    if (t->one == NULL && now >= proof_due(t)) {
        end(t, false, WAVU_ERR_TIMEOUT);
        return;
    }
    log_talk_tick(&t->talk, now);
    pump(t);
}

/* Is it a member of any of our networks? The handshake has proved whose device it is. */
static bool is_members(struct networks *n, const struct overlay_id *device)
{
    struct networks_one *one = networks_next(n, NULL);

    while (one != NULL && (one->standing != NETWORKS_LIVE ||
                           network_standing(&one->network, device) != NETWORK_MEMBER)) {
        one = networks_next(n, one);
    }
    return one != NULL;
}

/* Did somebody open it who is no member? A guest, too, until it came in. */
static bool is_strangers(const struct networks_talk *t)
{
    return t->talk.role == LOG_TALK_ANSWERER && !is_members(t->owner, &t->device);
}

/* Is there room for one more of them? The one that is there for longest makes it, if it has had its
 * time: who stays keeps nobody out. */
static bool has_room_for_stranger(struct networks *n)
{
    struct networks_talk *oldest = NULL;
    size_t count = 0;

    for (struct list *l = list_next(&n->talks, &n->talks); l != NULL; l = list_next(&n->talks, l)) {
        struct networks_talk *t = LIST_OF(l, struct networks_talk, link);

        if (is_strangers(t)) {
            oldest = oldest == NULL ? t : oldest;
            count++;
        }
    }
    if (count >= NETWORKS_STRANGERS_MAX &&
        n->turn->now_ns >= oldest->begun_ns + NETWORKS_PROOF_NS) {
        end(oldest, false, WAVU_ERR_LIMIT);
        count--;
    }
    return count < NETWORKS_STRANGERS_MAX;
}

/* Are both with devices of one member? */
static bool is_same_member(const struct networks_talk *a, const struct networks_talk *b)
{
    uint8_t of_a[MEMBERS_MSG_ID_SIZE];
    uint8_t of_b[MEMBERS_MSG_ID_SIZE];

    return a->one != NULL && a->one == b->one &&
           network_member_of(&a->one->network, a->device.bytes, of_a) &&
           network_member_of(&b->one->network, b->device.bytes, of_b) &&
           span_is_equal(span_of(of_a, sizeof of_a), span_of(of_b, sizeof of_b));
}

/* When all talks are taken, of the member that has most the one that is there for longest gives
 * way, if it has had its time. What it brought is kept, and the next one goes on. */
static bool has_room(struct networks *n)
{
    struct networks_talk *found = NULL;
    size_t most = 0;

    if (list_count(&n->talks) < NETWORKS_TALKS_MAX) {
        return true;
    }
    for (struct list *l = list_next(&n->talks, &n->talks); l != NULL; l = list_next(&n->talks, l)) {
        struct networks_talk *t = LIST_OF(l, struct networks_talk, link);
        size_t its = 1;

        for (struct list *o = list_next(&n->talks, l); o != NULL; o = list_next(&n->talks, o)) {
            its += is_same_member(t, LIST_OF(o, struct networks_talk, link)) ? 1 : 0;
        }
        if (!t->is_guest && its > most && n->turn->now_ns >= t->begun_ns + NETWORKS_PROOF_NS) {
            found = t;
            most = its;
        }
    }
    if (found != NULL) {
        end(found, false, WAVU_ERR_LIMIT);
    }
    return found != NULL;
}

static struct networks_talk *make(struct networks *n, const struct peerid *peer,
                                  enum log_talk_role role)
{
    struct overlay_id device;

    if (overlay_id_from_peer(&device, peer) < 0 ||
        (role == LOG_TALK_ANSWERER && !is_members(n, &device) && !has_room_for_stranger(n)) ||
        !has_room(n)) {
        return NULL;
    }
    struct networks_talk *t = mem_new(sizeof *t);
    t->owner = n;
    t->device = device;
    t->dead.reap = reap;
    t->begun_ns = n->turn->now_ns;
    t->is_guest = role == LOG_TALK_GUEST;
    timers_prepare(&t->timer, on_timer);
    log_talk_init(&t->talk, n->turn->now_ns, role, ++n->sources);
    list_push_back(&n->talks, &t->link);
    n->talks_begun.value++;
    return t;
}

/* ---- What came of it ---- */

/* We are the guest, and this is how the network begins. */
static void on_genesis(struct networks_talk *t, const struct log_talk_event *event)
{
    struct networks *n = t->owner;
    struct networks_one *one = NULL;
    int rc = networks_add(n, event->bytes, &one);

    if (rc < 0) {
        end(t, false, rc);
        return;
    }
    t->begun = one;
    struct networks_one *known = networks_of(n, members_network(&one->network.log));
    bool is_known = known != one;
    bool is_right = !n->has_expected ||
                    span_is_equal(span_of(members_network(&one->network.log), MEMBERS_MSG_ID_SIZE),
                                  span_of(n->expected, sizeof n->expected));
    is_right = is_right && (!t->asks_open || one->network.log.policy == MEMBERS_MSG_OPEN);
    bool is_back = is_known && is_right && networks_leave_is_done(known);
    if (is_back) {
        drop_begun(t); /* what we have of it is gone on with */
    } else if (is_known || !is_right) {
        /* Who is invited though it is in has been put out, where members say so, too. */
        bool is_out = is_known && (known->standing == NETWORKS_OUT || known->is_denied);
        end(t, false, !is_right ? WAVU_ERR_CRYPTO : is_out ? WAVU_ERR_CLOSED : WAVU_ERR_EXISTS);
        return;
    }
    t->one = is_back ? known : one;
    log_talk_accept(&t->talk, &t->one->network.log, NULL, NULL);
}

static void come_in(struct networks_talk *t)
{
    struct networks *n = t->owner;
    uint8_t member[MEMBERS_MSG_ID_SIZE];

    networks_settle(t->one);
    if (!network_guest(&t->one->network, n->person.root.public_key, member) &&
        !network_belongs(&t->one->network, n->person.root.public_key, member)) {
        end(t, false, WAVU_ERR_DENIED);
        return;
    }
    int rc = networks_come_in(t->one, member);
    if (rc < 0) {
        end(t, false, rc);
        return;
    }
    log_talk_give(&t->talk);
}

static void on_loaded(struct networks_talk *t)
{
    if (t->is_guest) {
        come_in(t);
        return;
    }
    networks_settle(t->one);
    if (!t->talk.is_withheld) {
        return;
    }
    if (network_standing(&t->one->network, &t->device) == NETWORK_MEMBER) {
        log_talk_give(&t->talk);
    } else {
        log_talk_refuse(&t->talk, NETWORK_MSG_NOT_INVITED);
    }
}

static void on_changed(struct networks_talk *t)
{
    networks_grew(t->one);
    if (t->serves_guest) {
        networks_spread(t->one, t->grown);
    }
    t->grown = t->one->network.log.op_count;
}

static void on_over(struct networks_talk *t)
{
    struct networks_event event = {.kind = NETWORKS_MET, .one = t->one, .device = t->device};

    if (t->one != NULL && t->talk.has_given && t->talk.has_taken) {
        networks_settle(t->one);
        if (t->one->standing == NETWORKS_LIVE) {
            networks_denied_met(t->one, &t->device);
            networks_tell(t->owner, &event);
        }
    }
}

static int err_of(enum network_msg_reason reason)
{
    switch (reason) {
    case NETWORK_MSG_NOT_INVITED:
        return WAVU_ERR_DENIED;
    case NETWORK_MSG_OTHER_FORMAT:
        return WAVU_ERR_UNSUPPORTED;
    case NETWORK_MSG_NOT_NOW:
        return WAVU_ERR_AGAIN;
    case NETWORK_MSG_UNSAID:
    case NETWORK_MSG_WRONG_NETWORK:
        return WAVU_ERR_REFUSED;
    }
    return WAVU_ERR_REFUSED;
}

/* One event; false: the talk is over. */
static bool handle(struct networks_talk *t, struct log_talk_event *event)
{
    int rc = 0;

    switch (event->kind) {
    case LOG_TALK_PROVED:
        rc = networks_admit_proved(t, event);
        break;
    case LOG_TALK_INVITED:
        networks_admit_guest(t, event);
        break;
    case LOG_TALK_GENESIS:
        on_genesis(t, event);
        break;
    case LOG_TALK_CHANGED:
        on_changed(t);
        break;
    case LOG_TALK_LOADED:
        on_loaded(t);
        break;
    case LOG_TALK_REFUSED:
        if (event->reason == NETWORK_MSG_NOT_INVITED && !t->is_guest && t->one != NULL) {
            networks_denied_by(t->one, &t->device);
        }
        end(t, true, err_of(event->reason));
        break;
    case LOG_TALK_OVER:
        on_over(t);
        t->is_said = true; /* what it says still goes out */
        break;
    case LOG_TALK_BROKEN:
        rc = event->err;
        break;
    }
    if (rc < 0) {
        end(t, false, rc);
    }
    return !t->is_over;
}

/* Send what there is; true when nothing is left. */
static bool flush(struct networks_talk *t)
{
    for (;;) {
        if (t->one != NULL && !networks_is_safe(t->one)) {
            return false; /* what we signed is not on the disk yet */
        }
        struct span out = log_talk_pull(&t->talk);
        size_t taken = 0;

        if (out.len == 0) {
            return true;
        }
        if (stream_send(t->stream, out, &taken) < 0) {
            end(t, false, WAVU_ERR_RESET);
            return false;
        }
        log_talk_sent(&t->talk, taken);
        if (taken < out.len) {
            return false; /* STREAM_WRITABLE follows */
        }
    }
}

static bool drain(struct networks_talk *t)
{
    struct log_talk_event event;

    while (!t->is_over && log_talk_next_event(&t->talk, &event)) {
        if (!handle(t, &event)) {
            return false;
        }
    }
    return !t->is_over;
}

/* Events, output, and the events that output makes (the last DONE). */
static void pump(struct networks_talk *t)
{
    bool is_empty = false;

    if (!drain(t)) {
        return;
    }
    is_empty = flush(t);
    if (!drain(t)) {
        return;
    }
    if (t->is_said && is_empty) {
        end(t, true, 0);
        return;
    }
    uint64_t deadline = log_talk_deadline(&t->talk);
    if (t->one == NULL && proof_due(t) < deadline) {
        deadline = proof_due(t); /* a byte now and then keeps nobody waiting */
    }
    timers_set(&t->owner->turn->timers, &t->timer, deadline, SLACK_NS);
}

/* ---- Streams ---- */

static size_t feed(struct networks_talk *t, struct span data)
{
    size_t at = 0;
    size_t taken = 0;

    do {
        taken =
            log_talk_feed(&t->talk, t->owner->turn->now_ns, span_slice(data, at, data.len - at));
        at += taken;
        if (!drain(t)) {
            return data.len;
        }
    } while (taken > 0 && at < data.len);
    pump(t);
    return t->is_over || t->talk.state == LOG_TALK_ENDED ? data.len : at;
}

static void up(void *service, struct stream *stream, struct stream_event *event)
{
    struct networks *n = service;
    struct networks_talk *t = stream_user(stream);

    switch (event->kind) {
    case STREAM_OPENED:
        if (stream_is_inbound(stream)) {
            t = make(n, stream_peer(stream), LOG_TALK_ANSWERER);
            if (t == NULL) {
                stream_reset(stream, 0);
                return;
            }
            t->stream = stream;
            stream_set_user(stream, t);
        }
        pump(t);
        return;
    case STREAM_DATA:
        event->taken = feed(t, event->data);
        return;
    case STREAM_WRITABLE:
        pump(t);
        return;
    case STREAM_FIN:
        return; /* what it had to say is said; we may not have */
    case STREAM_CLOSED:
        if (t != NULL) {
            t->stream = NULL;
            end(t, false, event->err == WAVU_ERR_CLOSED ? WAVU_ERR_RESET : event->err);
        }
        return;
    }
}

static int open_talk(struct networks_talk *t, struct conn *conn)
{
    int rc = stream_open(conn, &t->owner->members, t, &t->stream);

    if (rc < 0) {
        t->stream = NULL;
        t->is_guest = false; /* nobody waits for it */
        end(t, false, rc);
    }
    return rc;
}

static bool is_talking(const struct networks_one *one, const struct overlay_id *device)
{
    const struct list *head = &one->owner->talks;

    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        const struct networks_talk *t = LIST_OF(l, struct networks_talk, link);

        if (t->one == one && overlay_id_is_equal(&t->device, device)) {
            return true;
        }
    }
    return false;
}

void networks_talk_meet(struct networks_one *one, struct conn *conn)
{
    struct networks *n = one->owner;
    uint8_t tags[NETWORK_MSG_TAGS_MAX][NETWORK_MSG_TAG_SIZE];
    struct overlay_id device;

    if (one->standing != NETWORKS_LIVE || overlay_id_from_peer(&device, conn_peer(conn)) < 0 ||
        is_talking(one, &device) || networks_admit_is_put_out(one, &device)) {
        return;
    }
    struct networks_talk *t = make(n, conn_peer(conn), LOG_TALK_OPENER);
    if (t == NULL || open_talk(t, conn) < 0) {
        return;
    }
    t->one = one;
    t->grown = one->network.log.op_count;
    struct gate_link ours = networks_admit_link(t, true);
    size_t count = network_prove(&one->network, &ours, tags);
    log_talk_prove(&t->talk, &one->network.log, tags, count);
    pump(t);
}

int networks_talk_ask(struct networks *n, struct conn *conn, bool open)
{
    uint8_t certificate[SIGNER_SIZE];
    const struct network_msg guest = {.kind = NETWORK_MSG_GUEST,
                                      .root = n->person.root.public_key,
                                      .certificate = certificate,
                                      .is_open = open,
                                      .network = n->has_expected ? n->expected : NULL};

    if (!n->has_person) {
        return WAVU_ERR_DENIED;
    }
    struct networks_talk *t = make(n, conn_peer(conn), LOG_TALK_GUEST);
    if (t == NULL) {
        return WAVU_ERR_LIMIT;
    }
    int rc = open_talk(t, conn);
    if (rc < 0) {
        return rc;
    }
    pairing_make_certificate(certificate, n->config.signer, &n->person.root, n->self.bytes);
    t->asks_open = open;
    log_talk_ask(&t->talk, &guest);
    pump(t);
    return 0;
}

void networks_talk_ask_end(struct networks *n)
{
    for (struct list *l = list_next(&n->talks, &n->talks); l != NULL; l = list_next(&n->talks, l)) {
        struct networks_talk *t = LIST_OF(l, struct networks_talk, link);
        if (t->is_guest && t->asks_open) {
            end(t, false, WAVU_ERR_TIMEOUT);
            return; /* one is under way; what is told may begin the next */
        }
    }
}

/* ---- Connections ---- */

/* Of two that dial each other one opens the talk; who is not known yet is met by its own talk. */
static void on_conn_up(void *context, struct conn *conn)
{
    struct networks *n = context;
    struct overlay_id device;

    if (!conn->is_dialled || overlay_id_from_peer(&device, conn_peer(conn)) < 0) {
        return;
    }
    for (struct networks_one *one = networks_next(n, NULL); one != NULL;
         one = networks_next(n, one)) {
        if (network_standing(&one->network, &device) == NETWORK_MEMBER) {
            networks_talk_meet(one, conn);
        }
    }
}

void networks_talk_wake(struct networks_one *one)
{
    struct networks *n = one->owner;
    struct list *l = list_next(&n->talks, &n->talks);

    while (l != NULL) {
        struct networks_talk *t = LIST_OF(l, struct networks_talk, link);

        l = list_next(&n->talks, l);
        if (t->one == one) {
            pump(t); /* ends itself at most */
        }
    }
}

void networks_talk_end_of(struct networks_one *one)
{
    struct networks *n = one->owner;
    struct list *l = list_next(&n->talks, &n->talks);

    while (l != NULL) {
        struct networks_talk *t = LIST_OF(l, struct networks_talk, link);

        l = list_next(&n->talks, l);
        if (t->one == one || t->begun == one) {
            t->begun = t->begun == one ? NULL : t->begun;
            t->one = NULL;
            end(t, false, WAVU_ERR_SHUTDOWN);
        }
    }
}

int networks_talk_start(struct networks *n)
{
    n->members = (struct stream_protocol){.name = NAME,
                                          .audience = STREAM_ANY,
                                          .inbound_max = NETWORKS_TALKS_PEER_MAX,
                                          .up = up,
                                          .service = n};
    n->observe = (struct observe){.context = n, .conn_up = on_conn_up};
    int rc = stream_register(n->config.swarm, &n->members);
    if (rc == 0) {
        swarm_observe(n->config.swarm, &n->observe);
    }
    return rc;
}

void networks_talk_stop(struct networks *n)
{
    struct list *l = NULL;

    if (!list_is_linked(&n->members.link)) {
        return; /* it never began */
    }
    swarm_unobserve(&n->observe);
    while ((l = list_next(&n->talks, &n->talks)) != NULL) {
        struct networks_talk *t = LIST_OF(l, struct networks_talk, link);

        end(t, false, WAVU_ERR_SHUTDOWN);
    }
    stream_unregister(n->config.swarm, &n->members);
}

void networks_talk_take(struct networks_one *one, const struct overlay_id *from, struct span bytes)
{
    struct network_msg m;
    struct span op;
    uint32_t before = one->network.log.op_count;

    if (network_msg_read(&m, NETWORK_MSG_OPS, bytes, NULL) < 0) {
        return;
    }
    for (size_t at = 0; network_msg_next_op(&m, &at, &op);) {
        enum members_fed fed = MEMBERS_KNOWN;

        (void)!members_feed(&one->network.log, op, source_of(from), &fed); /* what is wrong, goes */
    }
    if (one->network.log.op_count > before) {
        networks_grew(one);
    }
}
