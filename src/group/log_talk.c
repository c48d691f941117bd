/*
 * One stream on which two copies of a membership log become equal. Source:
 * docs/protocol/network.md.
 */
#include "group/log_talk.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

/* ---- Life ---- */

void log_talk_init(struct log_talk *t, uint64_t now, enum log_talk_role role, uint64_t source)
{
    *t = (struct log_talk){.role = role, .source = source, .deadline = now + LOG_TALK_NS};
    buf_init(&t->in, NETWORK_MSG_FRAME_MAX);
    buf_init(&t->out, LOG_TALK_OUT_MAX);
    buf_init(&t->genesis, MEMBERS_MSG_GENESIS_MAX);
    ring_init(&t->events, sizeof(struct log_talk_event), LOG_TALK_EVENTS_MAX);
}

static void stop_giving(struct log_talk *t)
{
    if (t->is_giving) {
        members_sync_end(&t->sync);
        t->is_giving = false;
    }
}

void log_talk_clear(struct log_talk *t)
{
    stop_giving(t);
    if (t->log != NULL) {
        members_drop_source(t->log, t->source);
    }
    t->log = NULL;
    mem_free(t->heads);
    t->heads = NULL;
    buf_clear(&t->in);
    buf_clear(&t->out);
    buf_clear(&t->genesis);
    ring_clear(&t->events);
}

/* Each kind is told once in a talk, or (CHANGED) once until it is taken: so there is room, however
 * many frames come at once. */
static void tell(struct log_talk *t, const struct log_talk_event *event)
{
    CHECK(ring_push(&t->events, event) == 0);
}

static void tell_kind(struct log_talk *t, enum log_talk_event_kind kind)
{
    const struct log_talk_event event = {.kind = kind};

    tell(t, &event);
}

static void break_off(struct log_talk *t, int err)
{
    const struct log_talk_event event = {.kind = LOG_TALK_BROKEN, .err = err};

    stop_giving(t);
    t->state = LOG_TALK_ENDED;
    tell(t, &event);
}

static void look_for_end(struct log_talk *t)
{
    if (t->has_given && t->has_taken && t->state == LOG_TALK_TALKS) {
        t->state = LOG_TALK_ENDED;
        tell_kind(t, LOG_TALK_OVER);
    }
}

/* ---- Saying ---- */

static void say(struct log_talk *t, const struct network_msg *m)
{
    size_t room = LOG_TALK_OUT_MAX - t->out.len;
    struct wr w;

    CHECK(buf_reserve(&t->out, room) == 0);
    wr_init(&w, span_mut_of(t->out.ptr + t->out.len, room));
    network_msg_write(&w, m);
    CHECK(wr_finish(&w) == 0); /* before anything else is said, or a few bytes */
    t->out.len += w.len;
}

void log_talk_prove(struct log_talk *t, struct members *log, uint8_t (*tags)[NETWORK_MSG_TAG_SIZE],
                    size_t count)
{
    struct network_msg m = {.kind = NETWORK_MSG_PROVE, .tag_count = count};

    CHECK(t->role == LOG_TALK_OPENER && count > 0 && count <= NETWORK_MSG_TAGS_MAX);
    for (size_t i = 0; i < count; i++) {
        m.tags[i] = tags[i];
    }
    t->log = log;
    say(t, &m);
}

void log_talk_ask(struct log_talk *t, const struct network_msg *guest)
{
    CHECK(t->role == LOG_TALK_GUEST && guest->kind == NETWORK_MSG_GUEST);
    t->state = LOG_TALK_WAIT_HEADS;
    say(t, guest);
}

/* All that HEADS can have fits one frame: each field has three bytes of head at most. */
_Static_assert(NETWORK_MSG_HEADS_MAX *(NETWORK_MSG_ID_SIZE + 2) + NETWORK_MSG_ID_SIZE + 2 +
                       MEMBERS_MSG_GENESIS_MAX + 3 <=
                   NETWORK_MSG_BODY_MAX,
               "heads, state and genesis");

static void say_heads(struct log_talk *t, const uint8_t *state)
{
    struct network_msg_room *room = mem_new(sizeof *room);
    size_t count = members_sync_heads(t->log, room->heads, NETWORK_MSG_HEADS_MAX);
    const struct members_op *genesis = t->log->ops[MEMBERS_GENESIS];
    struct network_msg m = {.kind = NETWORK_MSG_HEADS, .state = state};

    count = count < NETWORK_MSG_HEADS_MAX ? count : NETWORK_MSG_HEADS_MAX;
    m.heads = span_of(room->heads, count * NETWORK_MSG_ID_SIZE);
    m.genesis = t->serves_guest ? span_of(genesis->bytes, genesis->len) : span_empty();
    say(t, &m);
    mem_free(room);
}

/* The peer's heads are known: what it lacks goes out from now on. */
static void begin_to_give(struct log_talk *t)
{
    const struct span heads = t->heads != NULL
                                  ? span_of(t->heads->heads, t->head_count * NETWORK_MSG_ID_SIZE)
                                  : span_empty();

    (void)members_sync_begin(&t->sync, t->log, heads);
    t->is_giving = true;
    mem_free(t->heads);
    t->heads = NULL;
}

void log_talk_accept(struct log_talk *t, struct members *log, const uint8_t *tag,
                     const uint8_t *state)
{
    if (t->state == LOG_TALK_ENDED) {
        return;
    }
    CHECK(t->state == LOG_TALK_WAIT_OWNER);
    t->log = log;
    if (t->role == LOG_TALK_GUEST) { /* the genesis was right */
        t->state = LOG_TALK_TALKS;
        return;
    }
    if (tag != NULL) {
        const struct network_msg m = {.kind = NETWORK_MSG_PROVE, .tags = {tag}, .tag_count = 1};
        say(t, &m);
    }
    say_heads(t, state);
    t->state = t->serves_guest ? LOG_TALK_TALKS : LOG_TALK_WAIT_HEADS;
    if (t->serves_guest) {
        begin_to_give(t);
    }
}

/* All that an unknown peer has is here: does it belong? */
static bool is_undecided(const struct log_talk *t)
{
    return t->is_withheld && t->has_taken && t->state == LOG_TALK_TALKS;
}

void log_talk_refuse(struct log_talk *t, enum network_msg_reason reason)
{
    const struct network_msg m = {.kind = NETWORK_MSG_REFUSED, .reason = reason};

    if (t->state == LOG_TALK_ENDED) {
        return;
    }
    CHECK(t->state == LOG_TALK_WAIT_OWNER || is_undecided(t));
    say(t, &m);
    t->state = LOG_TALK_ENDED;
    tell_kind(t, LOG_TALK_OVER);
}

void log_talk_withhold(struct log_talk *t)
{
    if (t->state == LOG_TALK_ENDED) {
        return;
    }
    CHECK(t->state == LOG_TALK_WAIT_OWNER && t->role != LOG_TALK_GUEST);
    t->is_withheld = true;
}

void log_talk_give(struct log_talk *t)
{
    if (t->state == LOG_TALK_ENDED) {
        return;
    }
    CHECK((t->role == LOG_TALK_GUEST && t->has_taken && !t->is_giving && !t->has_given) ||
          is_undecided(t));
    t->is_withheld = false;
    begin_to_give(t);
}

/* One more frame of operations, or DONE. */
static void give(struct log_talk *t)
{
    const struct network_msg done = {.kind = NETWORK_MSG_DONE};
    struct members_sync before = t->sync;
    struct span op;
    struct wr w;
    size_t len = 0;
    size_t count = 0;

    /* Twice over the same operations: their sizes, then they themselves. */
    while (members_sync_next(&t->sync, &op) &&
           len + network_msg_op_size(op) <= NETWORK_MSG_BODY_MAX) {
        len += network_msg_op_size(op);
        count++;
    }
    t->sync = before;
    if (count == 0) {
        stop_giving(t);
        t->has_given = true;
        say(t, &done);
        look_for_end(t);
        return;
    }
    CHECK(buf_reserve(&t->out, LOG_TALK_OUT_MAX - t->out.len) == 0);
    wr_init(&w, span_mut_of(t->out.ptr + t->out.len, LOG_TALK_OUT_MAX - t->out.len));
    network_msg_begin_ops(&w, len);
    for (size_t i = 0; i < count && members_sync_next(&t->sync, &op); i++) {
        network_msg_write_op(&w, op);
    }
    CHECK(wr_finish(&w) == 0);
    t->out.len += w.len;
}

struct span log_talk_pull(struct log_talk *t)
{
    if (t->out.len == 0 && t->is_giving) {
        give(t);
    }
    return buf_span(&t->out);
}

void log_talk_sent(struct log_talk *t, size_t count)
{
    buf_drop_front(&t->out, count);
}

/* ---- Hearing ---- */

static void hear_proof(struct log_talk *t, const struct network_msg *m)
{
    struct log_talk_event event = {.kind = LOG_TALK_PROVED, .tag_count = m->tag_count};

    for (size_t i = 0; i < m->tag_count; i++) {
        memcpy(event.tags[i], m->tags[i], sizeof event.tags[i]);
    }
    t->state = LOG_TALK_WAIT_OWNER;
    tell(t, &event);
}

static void hear_guest(struct log_talk *t, const struct network_msg *m)
{
    struct log_talk_event event = {.kind = LOG_TALK_INVITED};

    memcpy(event.root, m->root, sizeof event.root);
    memcpy(event.certificate, m->certificate, sizeof event.certificate);
    event.is_open = m->is_open;
    event.has_network = m->network != NULL;
    if (m->network != NULL) {
        memcpy(event.network, m->network, sizeof event.network);
    }
    t->serves_guest = true;
    t->state = LOG_TALK_WAIT_OWNER;
    tell(t, &event);
}

static void hear_heads(struct log_talk *t, const struct network_msg *m,
                       struct network_msg_room *room)
{
    struct log_talk_event event = {.kind = LOG_TALK_GENESIS};

    t->head_count = m->heads.len / NETWORK_MSG_ID_SIZE;
    t->heads = mem_new(sizeof *t->heads);
    memcpy(t->heads, room, sizeof *t->heads);
    if (t->role != LOG_TALK_GUEST) {
        t->state = LOG_TALK_TALKS;
        if (!t->is_withheld) {
            begin_to_give(t);
        }
        return;
    }
    if (m->genesis.len == 0 || buf_append(&t->genesis, m->genesis) < 0) {
        break_off(t, WAVU_ERR_PROTO);
        return;
    }
    t->state = LOG_TALK_WAIT_OWNER;
    event.bytes = buf_span(&t->genesis);
    tell(t, &event);
}

static void hear_ops(struct log_talk *t, const struct network_msg *m)
{
    struct span op;
    bool has_changed = false;
    int rc = 0;

    for (size_t at = 0; rc == 0 && network_msg_next_op(m, &at, &op);) {
        enum members_fed fed = MEMBERS_KNOWN;

        if (++t->op_count > LOG_TALK_OPS_MAX) {
            rc = WAVU_ERR_LIMIT;
            break;
        }
        int fed_rc = members_feed(t->log, op, t->source, &fed);

        /* Who has no room here (LIMIT) is nobody's fault but its author's, not this peer's. */
        if (fed_rc < 0 && fed_rc != WAVU_ERR_LIMIT && ++t->bad == LOG_TALK_BAD_MAX) {
            rc = WAVU_ERR_CRYPTO;
        }
        has_changed |= fed == MEMBERS_ADDED;
    }
    if (has_changed && !t->has_changed) {
        t->has_changed = true;
        tell_kind(t, LOG_TALK_CHANGED);
    }
    if (rc < 0) {
        break_off(t, rc);
    }
}

static void hear_done(struct log_talk *t)
{
    t->has_taken = true;
    tell_kind(t, LOG_TALK_LOADED);
    look_for_end(t);
}

static void hear_refusal(struct log_talk *t, const struct network_msg *m)
{
    const struct log_talk_event event = {.kind = LOG_TALK_REFUSED, .reason = m->reason};

    stop_giving(t);
    t->state = LOG_TALK_ENDED;
    tell(t, &event);
}

/* A frame in its place; false: it has none here. */
static bool hear(struct log_talk *t, const struct network_msg *m, struct network_msg_room *room)
{
    switch (m->kind) {
    case NETWORK_MSG_PROVE:
        if (t->state != LOG_TALK_WAIT_PROOF || t->role == LOG_TALK_GUEST) {
            return false;
        }
        hear_proof(t, m);
        return true;
    case NETWORK_MSG_GUEST:
        if (t->state != LOG_TALK_WAIT_PROOF || t->role != LOG_TALK_ANSWERER) {
            return false;
        }
        hear_guest(t, m);
        return true;
    case NETWORK_MSG_HEADS:
        if (t->state != LOG_TALK_WAIT_HEADS) {
            return false;
        }
        hear_heads(t, m, room);
        return true;
    case NETWORK_MSG_OPS:
    case NETWORK_MSG_DONE:
        if (t->state != LOG_TALK_TALKS || t->has_taken) {
            return false;
        }
        if (m->kind == NETWORK_MSG_OPS) {
            hear_ops(t, m);
        } else {
            hear_done(t);
        }
        return true;
    case NETWORK_MSG_REFUSED:
        hear_refusal(t, m);
        return true;
    default:
        return true; /* of a newer wavu */
    }
}

static void hear_frame(struct log_talk *t, unsigned kind, struct span body)
{
    const struct network_msg refusal = {.kind = NETWORK_MSG_REFUSED,
                                        .reason = NETWORK_MSG_OTHER_FORMAT};
    struct network_msg_room *room = kind == NETWORK_MSG_HEADS ? mem_new(sizeof *room) : NULL;
    struct network_msg m;
    int rc = network_msg_read(&m, kind, body, room);

    if (rc == 0 && !hear(t, &m, room)) {
        rc = WAVU_ERR_PROTO;
    }
    if (rc == WAVU_ERR_UNSUPPORTED) {
        say(t, &refusal);
    }
    if (rc < 0) {
        break_off(t, rc);
    }
    mem_free(room);
}

/* Take the frames that are whole. While the owner is asked nothing goes on. */
static void work(struct log_talk *t)
{
    size_t at = 0;
    int rc = 0;

    while (rc == 0 && t->state != LOG_TALK_ENDED && t->state != LOG_TALK_WAIT_OWNER) {
        unsigned kind = 0;
        struct span body;
        size_t used = 0;

        rc = network_msg_frame(span_slice(buf_span(&t->in), at, t->in.len - at), &kind, &body,
                               &used);
        if (rc == 0) {
            hear_frame(t, kind, body);
            at += used;
        } else if (rc != WAVU_ERR_AGAIN) {
            break_off(t, rc);
        }
    }
    buf_drop_front(&t->in, at);
}

size_t log_talk_feed(struct log_talk *t, uint64_t now, struct span bytes)
{
    size_t at = 0;

    t->deadline = now + LOG_TALK_NS;
    while (at < bytes.len && t->state != LOG_TALK_ENDED && t->state != LOG_TALK_WAIT_OWNER) {
        size_t room = NETWORK_MSG_FRAME_MAX - t->in.len; /* a frame that is not whole leaves some */
        size_t taken = bytes.len - at < room ? bytes.len - at : room;

        CHECK(buf_append(&t->in, span_slice(bytes, at, taken)) == 0);
        at += taken;
        work(t);
    }
    return at;
}

bool log_talk_next_event(struct log_talk *t, struct log_talk_event *event)
{
    if (t->events.count == 0) {
        work(t); /* what waited for the owner's answer */
    }
    if (!ring_pop(&t->events, event)) {
        return false;
    }
    t->has_changed &= event->kind != LOG_TALK_CHANGED;
    return true;
}

uint64_t log_talk_deadline(const struct log_talk *t)
{
    return t->state == LOG_TALK_ENDED ? UINT64_MAX : t->deadline;
}

void log_talk_tick(struct log_talk *t, uint64_t now)
{
    if (now >= log_talk_deadline(t)) {
        break_off(t, WAVU_ERR_TIMEOUT);
    }
}
