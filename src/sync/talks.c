/*
 * Talks on streams. Source: docs/protocol/repair.md, "The stream".
 */
#include "sync/talks.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/varint.h"

#define SLACK_NS (UINT64_C(1) * TIMERS_SECOND)
#define FRAME_MAX (VARINT_SIZE_MAX + TALKS_FRAME_MAX)

/* One talk. Freed at the turn's end. */
struct talks_one {
    struct list link;
    struct talks *owner;
    struct stream *stream; /* NULL once over */
    void *talk;            /* the user's; NULL: not begun, or over */
    uint8_t device[32];
    uint8_t member[32]; /* whose that is, of those that others began */
    struct buf in;      /* a frame that is not whole, or one that waits for a commit */
    struct buf out;     /* a frame that is being sent, or some that wait for a commit */
    uint64_t until;     /* they wait for that one; 0: for none */
    struct timer timer;
    uint64_t began;
    uint64_t moved;   /* bytes, either way */
    uint64_t stepped; /* of them, when it was last seen to go on */
    struct turn_dead dead;
    bool is_ours;
    bool is_paused; /* until the next commit */
    bool is_over;
};

/* When a peer began last. */
struct talks_peer {
    uint8_t device[32];
    uint8_t member[32]; /* whose that is */
    uint64_t began;
};

struct talks {
    struct talks_config config;
    struct turn *turn;
    struct gate_protocol protocol;
    struct store_watch watch;
    struct list all;
    size_t count;
    size_t in_count;  /* of them, that others began */
    struct buf frame; /* that is drawn */
    struct talks_peer peers[TALKS_PEERS_MAX];
    size_t peer_count;
};

/* ---- Life of a talk ---- */

static void reap(struct turn_dead *dead)
{
    struct talks_one *o = LIST_OF(dead, struct talks_one, dead);

    buf_clear(&o->in);
    buf_clear(&o->out);
    mem_free(o);
}

static void end(struct talks_one *o, bool in_order)
{
    struct talks *t = o->owner;

    if (o->is_over) {
        return;
    }
    o->is_over = true;
    timers_cancel(&t->turn->timers, &o->timer);
    if (o->stream != NULL && in_order) {
        stream_close(o->stream);
    } else if (o->stream != NULL) {
        stream_reset(o->stream, 0);
    }
    o->stream = NULL;
    list_remove(&o->link);
    t->count--;
    t->in_count -= o->is_ours ? 0 : 1;
    turn_bury(t->turn, &o->dead);
    if (o->talk != NULL) {
        t->config.user.end(t->config.user.context, o->talk, in_order);
        o->talk = NULL;
    }
}

static void on_timer(struct timer *timer, uint64_t now)
{
    (void)now;
    end(LIST_OF(timer, struct talks_one, timer), false);
}

/* It goes on: it may be still for a while, and lasts as long as what it moves is worth. */
static void wait_on(struct talks_one *o)
{
    struct turn *turn = o->owner->turn;
    const uint64_t more = o->moved / TALKS_RATE * TIMERS_SECOND;
    const uint64_t life = TALKS_LIFE_NS + more;
    const uint64_t end_at = o->began + (life < TALKS_LIFE_NS_MAX ? life : TALKS_LIFE_NS_MAX);
    const uint64_t still_at = turn->now_ns + TALKS_NS;

    o->stepped = o->moved;
    timers_set(&turn->timers, &o->timer, still_at < end_at ? still_at : end_at, SLACK_NS);
}

/* Bytes have moved: few of them keep nothing up. */
static void move(struct talks_one *o, size_t bytes)
{
    o->moved += bytes;
    if (o->moved - o->stepped >= TALKS_STEP) {
        wait_on(o);
    }
}

/* Of those that `member` began, how many there are, and the first. */
static size_t began_by(const struct talks *t, const uint8_t member[32], struct talks_one **first)
{
    size_t count = 0;

    *first = NULL;
    for (struct list *l = list_next(&t->all, &t->all); l != NULL; l = list_next(&t->all, l)) {
        struct talks_one *o = LIST_OF(l, struct talks_one, link);

        if (!o->is_ours && span_is_equal(span_of(o->member, 32), span_of(member, 32))) {
            *first = *first == NULL ? o : *first;
            count++;
        }
    }
    return count;
}

/* Others have all places: of the member with most of them the oldest makes room, when it has had
 * its time. */
static void make_room(struct talks *t)
{
    struct talks_one *victim = NULL;
    size_t most = 1;

    for (struct list *l = list_next(&t->all, &t->all); l != NULL; l = list_next(&t->all, l)) {
        const struct talks_one *o = LIST_OF(l, struct talks_one, link);
        struct talks_one *first = NULL;
        size_t count = o->is_ours ? 0 : began_by(t, o->member, &first);

        if (count > most) {
            most = count;
            victim = first;
        }
    }
    if (victim != NULL && t->turn->now_ns - victim->began >= TALKS_NS) {
        end(victim, false);
    }
}

/* Is there room for one more of that member? */
static bool has_place(struct talks *t, const uint8_t member[32])
{
    struct talks_one *first = NULL;
    size_t count = began_by(t, member, &first);

    if (count == 0 && t->in_count == TALKS_IN_MAX) {
        make_room(t);
    }
    return count < TALKS_MEMBER_MAX && t->in_count < TALKS_IN_MAX;
}

/* `ask` is ours, or the peer began: a device of `member`. The other one is NULL. */
static struct talks_one *make(struct talks *t, const uint8_t device[32], const uint8_t *member,
                              const void *ask)
{
    const bool is_ours = ask != NULL;

    if ((!is_ours && !has_place(t, member)) || t->count == TALKS_MAX) {
        return NULL;
    }
    struct talks_one *o = mem_new(sizeof *o);

    o->owner = t;
    o->is_ours = is_ours;
    o->began = t->turn->now_ns;
    memcpy(o->device, device, sizeof o->device);
    if (!is_ours) {
        memcpy(o->member, member, sizeof o->member);
    }
    o->dead.reap = reap;
    buf_init(&o->in, FRAME_MAX);
    buf_init(&o->out, (size_t)2 * FRAME_MAX);
    timers_prepare(&o->timer, on_timer);
    list_push_back(&t->all, &o->link);
    t->count++;
    t->in_count += is_ours ? 0 : 1;
    wait_on(o);
    o->talk = t->config.user.begin(t->config.user.context, device, ask);
    if (o->talk == NULL) {
        end(o, false);
        return NULL;
    }
    return o;
}

/* ---- Out ---- */

/* The next frame, behind those that wait. What it tells may not be on the disk yet: nobody hears
 * from us what a power cut would take back. */
static int draw(struct talks_one *o)
{
    struct talks *t = o->owner;
    uint8_t head[VARINT_SIZE_MAX];

    t->frame.len = 0;
    int rc = t->config.user.pull(o->talk, &t->frame);
    size_t len = varint_encode(t->frame.len, head);

    rc = rc < 0 ? rc : buf_append(&o->out, span_of(head, len));
    rc = rc < 0 ? rc : buf_append(&o->out, buf_span(&t->frame));
    if (rc == 0 && store_pending(t->config.store) > 0) {
        o->until = store_number(t->config.store);
    }
    return rc;
}

/* Draw as many as may wait; 0: what there is may be sent. NOT_FOUND: there is nothing to be sent
 * now. What ends the talk is found again when all is sent. */
static int prepare(struct talks_one *o)
{
    int rc = 0;

    if (o->until != 0 && store_pending(o->owner->config.store) == 0) {
        o->until = 0;
    }
    while (rc == 0 && (o->until != 0 || o->out.len == 0) && o->out.len <= FRAME_MAX) {
        rc = draw(o);
    }
    if (rc == WAVU_ERR_NOT_FOUND || rc == WAVU_ERR_CLOSED) {
        rc = o->out.len == 0 ? rc : 0;
    }
    return rc < 0 ? rc : o->until != 0 ? WAVU_ERR_NOT_FOUND : 0;
}

/* Send what is left of frames, and draw others, while the stream takes them. */
static void flush(struct talks_one *o)
{
    while (!o->is_over) {
        size_t taken = 0;
        int rc = prepare(o);

        if (rc == WAVU_ERR_NOT_FOUND) {
            return;
        }
        rc = rc < 0 ? rc : stream_send(o->stream, buf_span(&o->out), &taken);
        if (rc < 0) {
            end(o, rc == WAVU_ERR_CLOSED);
            return;
        }
        buf_drop_front(&o->out, taken);
        move(o, taken);
        if (o->owner->config.metrics != NULL) {
            o->owner->config.metrics->sent.value += taken;
        }
        if (o->out.len > 0) {
            return; /* STREAM_WRITABLE follows */
        }
    }
}

/* ---- In ---- */

/* Gather the head of a frame, then the frame: how much of `data` that took. */
static int gather(struct talks_one *o, struct span data, size_t *used, bool *is_whole)
{
    uint64_t len = 0;
    size_t head = 0;
    int rc = WAVU_ERR_AGAIN;

    *used = 0;
    *is_whole = false;
    while ((rc = varint_decode(buf_span(&o->in), &len, &head)) == WAVU_ERR_AGAIN) {
        if (*used == data.len) {
            return 0;
        }
        rc = buf_append(&o->in, span_slice(data, *used, 1));
        ++*used;
        if (rc < 0) {
            return rc;
        }
    }
    if (rc < 0 || len == 0 || len > TALKS_FRAME_MAX) {
        return WAVU_ERR_PROTO;
    }
    const size_t lacks = head + (size_t)len - o->in.len;
    const size_t left = data.len - *used;
    const size_t part = lacks < left ? lacks : left;

    rc = part == 0 ? 0 : buf_append(&o->in, span_slice(data, *used, part));
    *used += part;
    *is_whole = part == lacks;
    return rc;
}

/* The frame that is whole. */
static int hear(struct talks_one *o)
{
    uint64_t len = 0;
    size_t head = 0;
    int rc = varint_decode(buf_span(&o->in), &len, &head);

    rc = rc < 0 ? rc
                : o->owner->config.user.feed(o->talk,
                                             span_slice(buf_span(&o->in), head, o->in.len - head));
    o->is_paused = rc == WAVU_ERR_AGAIN;
    if (rc == 0) {
        o->in.len = 0;
    }
    return rc;
}

static void feed(struct talks_one *o, struct span data, size_t *taken)
{
    int rc = 0;

    *taken = 0;
    while (rc == 0 && *taken < data.len && !o->is_paused) {
        size_t used = 0;
        bool is_whole = false;

        rc = gather(o, span_slice(data, *taken, data.len - *taken), &used, &is_whole);
        *taken += used;
        move(o, used);
        if (rc == 0 && is_whole) {
            wait_on(o);
            rc = hear(o);
        }
    }
    if (rc < 0 && rc != WAVU_ERR_AGAIN) {
        end(o, false);
    } else {
        flush(o);
    }
}

/* What waited for a commit goes on. */
static void on_committed(struct store_watch *watch, uint64_t number)
{
    struct talks *t = LIST_OF(watch, struct talks, watch);
    struct list *next = NULL;

    for (struct list *l = list_next(&t->all, &t->all); l != NULL; l = next) {
        struct talks_one *o = LIST_OF(l, struct talks_one, link);

        next = list_next(&t->all, l);
        if (o->until != 0 && o->until <= number) {
            o->until = 0;
            flush(o);
        }
        if (!o->is_paused || o->is_over) {
            continue;
        }
        wait_on(o);
        int rc = hear(o);

        if (rc < 0 && rc != WAVU_ERR_AGAIN) {
            end(o, false);
        } else if (rc == 0) {
            flush(o);
            if (!o->is_over) {
                stream_resume(o->stream);
            }
        }
    }
}

/* ---- Streams ---- */

/* Has the peer just begun one, or its member's devices several? */
static bool is_hasty(struct talks *t, const uint8_t device[32], const uint8_t member[32])
{
    const uint64_t now = t->turn->now_ns;
    struct talks_peer *p = NULL;
    struct talks_peer *oldest = &t->peers[0];
    size_t others = 0;

    for (size_t i = 0; i < t->peer_count; i++) {
        struct talks_peer *one = &t->peers[i];

        if (span_is_equal(span_of(one->device, 32), span_of(device, 32))) {
            p = one;
        }
        others += now - one->began < TALKS_PAUSE_NS &&
                  span_is_equal(span_of(one->member, 32), span_of(member, 32));
        oldest = one->began < oldest->began ? one : oldest;
    }
    if ((p != NULL && now - p->began < TALKS_PAUSE_NS) || others >= TALKS_HASTY_MAX) {
        return true;
    }
    if (p == NULL) {
        p = t->peer_count < TALKS_PEERS_MAX ? &t->peers[t->peer_count++] : oldest;
    }
    memcpy(p->device, device, sizeof p->device);
    memcpy(p->member, member, sizeof p->member);
    p->began = now;
    return false;
}

static void opened(struct talks *t, struct stream *stream)
{
    struct overlay_id id;
    struct talks_one *o = NULL;
    uint8_t member[32];

    if (overlay_id_from_peer(&id, stream_peer(stream)) == 0 &&
        t->config.user.member(t->config.user.context, id.bytes, member) &&
        !is_hasty(t, id.bytes, member)) {
        o = make(t, id.bytes, member, NULL);
    }
    if (o == NULL) {
        stream_reset(stream, 0);
        return;
    }
    o->stream = stream;
    stream_set_user(stream, o);
}

static void up(void *service, struct stream *stream, struct stream_event *event)
{
    struct talks *t = service;
    struct talks_one *o = stream_user(stream);

    switch (event->kind) {
    case STREAM_OPENED:
        if (stream_is_inbound(stream)) {
            opened(t, stream);
        }
        return;
    case STREAM_DATA:
        feed(o, event->data, &event->taken);
        return;
    case STREAM_WRITABLE:
        flush(o);
        return;
    case STREAM_FIN:
        end(o, true);
        return;
    case STREAM_CLOSED:
        if (o != NULL) {
            o->stream = NULL;
            end(o, event->err == WAVU_ERR_CLOSED);
        }
        return;
    }
}

/* ---- Public ---- */

void talks_metrics_add(struct talks_metrics *m, struct metric_set *set)
{
    metric_add(set, &m->sent, "sync_sent_bytes_total");
}

int talks_open(struct talks *t, const uint8_t device[32], const void *ask)
{
    struct overlay_id id;
    struct peerid peer;

    CHECK(ask != NULL);
    for (struct list *l = list_next(&t->all, &t->all); l != NULL; l = list_next(&t->all, l)) {
        const struct talks_one *o = LIST_OF(l, struct talks_one, link);

        if (o->is_ours && span_is_equal(span_of(o->device, 32), span_of(device, 32))) {
            return WAVU_ERR_AGAIN;
        }
    }
    memcpy(id.bytes, device, sizeof id.bytes);
    overlay_id_to_peer(&id, &peer);
    struct conn *conn = swarm_conn(t->config.swarm, &peer);

    if (conn == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (t->count == TALKS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct talks_one *o = make(t, device, NULL, ask);

    if (o == NULL) {
        return WAVU_ERR_REFUSED;
    }
    int rc = gate_open(t->config.gate, &t->protocol, conn, o, &o->stream);

    if (rc < 0) {
        o->stream = NULL;
        end(o, false);
        return rc;
    }
    flush(o);
    return 0;
}

int talks_new(const struct talks_config *config, struct talks **out)
{
    struct talks *t = mem_new(sizeof *t);

    t->config = *config;
    t->turn = config->swarm->turn;
    list_init(&t->all);
    buf_init(&t->frame, TALKS_FRAME_MAX);
    t->protocol.stream = (struct stream_protocol){
        .name = TALKS_NAME, .inbound_max = TALKS_PEER_MAX, .up = up, .service = t};
    int rc = gate_register(config->gate, config->network, &t->protocol);

    if (rc < 0) {
        mem_free(t);
        return rc;
    }
    t->watch = (struct store_watch){.committed = on_committed};
    store_watch(config->store, &t->watch);
    *out = t;
    return 0;
}

void talks_free(struct talks *t)
{
    struct list *l = NULL;

    if (t == NULL) {
        return;
    }
    while ((l = list_next(&t->all, &t->all)) != NULL) {
        end(LIST_OF(l, struct talks_one, link), false);
    }
    store_unwatch(&t->watch);
    gate_unregister(t->config.gate, &t->protocol);
    buf_clear(&t->frame);
    mem_free(t);
}
