/*
 * Streams over one connection.
 *
 * Arrives: decrypted bytes (yamux_feed), wishes of the owner (open, write, consume, reset,
 * release). Leaves: events, one at a time; frames in the connection's queue: data at once by
 * yamux_write, everything else is owed, as a flag of its stream in the list `dirty`, until
 * yamux_pull.
 *
 * Of input nothing is kept but a partial header: `in_stream` and `in_left` say whose payload the
 * next bytes are. A stream that could not write waits for room in the list `waiting`, or, with its
 * window used up, in none until credit comes.
 */
#include "mux/yamux.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "mux/yamux_stream.h"
#include "wavu/err.h"

#define GATHER_MIN 1024u  /* bytes: no fragment smaller than this is made to fill up a record */
#define RTT_WINDOW 4u     /* a half window used up in as many round trips doubles the window */
#define RTT_WEIGHT 8u     /* a sample counts for an eighth in the smoothed round trip, as in TCP */
#define UNANSWERED_MAX 4u /* ping time-outs that a peer may stay silent on pings while it sends */

_Static_assert(YAMUX_STREAMS_IN_MAX + YAMUX_STREAMS_OUT_MAX <= UINT16_MAX, "counts fit");
_Static_assert(sizeof(struct yamux_stream) < 128, "a stream is small");

/* ---- The machine ---- */

struct yamux *yamux_new(const struct yamux_config *config)
{
    struct yamux *y = mem_new(sizeof *y);
    map_init(&y->streams, config->random);
    list_init(&y->dirty);
    list_init(&y->waiting);
    y->random = config->random;
    y->budget = config->budget;
    buf_init(&y->pongs, YAMUX_PINGS_QUEUED_MAX * sizeof(uint32_t));
    buf_init(&y->refused, YAMUX_REFUSED_MAX * sizeof(uint32_t));
    y->heard_ns = config->now;
    y->is_client = config->is_client;
    y->next_out = config->is_client ? 1 : 2;
    y->next_syn = y->next_out;
    return y;
}

void yamux_free(struct yamux *y)
{
    if (y == NULL) {
        return;
    }
    size_t at = 0;
    struct yamux_stream *s = map_next(&y->streams, &at);
    for (; s != NULL; s = map_next(&y->streams, &at)) {
        yamux_stream_settle(y, s);
        mem_free(s); /* its key dangles until the table goes; iterating reads none */
    }
    map_clear(&y->streams);
    buf_clear(&y->pongs);
    buf_clear(&y->refused);
    mem_free(y);
}

/* The peer broke a rule (PROTO) or a limit: nothing more is read or written but a go-away. */
static int yamux_kill(struct yamux *y, int err)
{
    yamux_go_away(y, err == WAVU_ERR_PROTO ? YAMUX_GOAWAY_PROTO : YAMUX_GOAWAY_INTERNAL);
    y->dead = (int8_t)err;
    y->in_stream = NULL;
    y->has_fin = false;
    return err;
}

void yamux_go_away(struct yamux *y, uint32_t code)
{
    if (!y->is_going_away) {
        y->is_going_away = true;
        y->is_goaway_owed = true;
        y->goaway_code = code;
    }
}

int yamux_open(struct yamux *y, uint64_t now, struct yamux_stream **stream)
{
    *stream = NULL;
    if (y->dead != 0 || y->is_going_away || y->is_peer_going) {
        return WAVU_ERR_CLOSED;
    }
    if (y->next_out == 0) {
        return WAVU_ERR_EXHAUSTED;
    }
    if (y->count_out >= YAMUX_STREAMS_OUT_MAX || y->unacked >= YAMUX_UNACKED_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct yamux_stream *s =
        yamux_stream_new(y, now, y->next_out, YAMUX_STREAM_UNACKED | YAMUX_STREAM_SYN_OWED);
    if (s == NULL) {
        return WAVU_ERR_LIMIT;
    }
    y->count_out++;
    y->unacked++;
    y->next_out = y->next_out > UINT32_MAX - 2 ? 0 : y->next_out + 2;
    *stream = s;
    return 0;
}

void yamux_consume(struct yamux *y, struct yamux_stream *s, uint64_t now, uint32_t len)
{
    if ((s->flags & (YAMUX_STREAM_DEAD | YAMUX_STREAM_FIN_SEEN)) != 0) {
        return; /* the peer sends no more: no credit is due */
    }
    CHECK(len <= s->window - s->receive_window - s->unreported);
    s->unreported += len;
    if (s->unreported < s->window / 2 || (s->flags & YAMUX_STREAM_UPDATE_OWED) != 0) {
        return;
    }
    uint64_t rtt = y->rtt_ns < YAMUX_RTT_MIN_NS ? YAMUX_RTT_MIN_NS : y->rtt_ns;
    uint32_t extra = s->window;
    if (now - s->window_since_ns < RTT_WINDOW * rtt && extra <= YAMUX_WINDOW_MAX - s->window &&
        extra <= YAMUX_WINDOWS_EXTRA_MAX - y->extra && budget_take(y->budget, extra) == 0) {
        s->window += extra;
        s->unreported += extra; /* goes to the peer as credit, too */
        y->extra += extra;
    }
    s->window_since_ns = now;
    yamux_stream_owe(y, s, YAMUX_STREAM_UPDATE_OWED);
}

void yamux_reset(struct yamux *y, struct yamux_stream *s, uint32_t code)
{
    if (!yamux_stream_has_ended(s)) {
        s->code = code;
        /* Of a stream whose SYN was not written the peer knows nothing. */
        yamux_stream_kill(y, s,
                          (s->flags & YAMUX_STREAM_SYN_OWED) != 0 ? 0 : YAMUX_STREAM_RST_OWED);
    }
}

void yamux_release(struct yamux *y, struct yamux_stream *s)
{
    yamux_reset(y, s, 0);
    s->flags = (uint16_t)(s->flags | YAMUX_STREAM_RELEASED);
    s->user = NULL;
    if ((s->flags & YAMUX_STREAM_ANY_OWED & ~YAMUX_STREAM_UPDATE_OWED) == 0) {
        yamux_stream_free(y, s);
    }
}

/* ---- Out: data ---- */

static void put_header(struct frame_queue *out, struct yamux_msg msg)
{
    struct span_mut room = frame_reserve(out, YAMUX_HEADER_SIZE, YAMUX_HEADER_SIZE);
    yamux_msg_encode(&msg, room.ptr);
    frame_commit(out, YAMUX_HEADER_SIZE);
}

/* The flags that open `s` to the peer, or accept it: they ride on its first frame. Ids appear on
 * the wire in rising order, so whoever was opened before is announced first. */
static uint16_t stream_opening(struct yamux *y, struct yamux_stream *s, struct frame_queue *out)
{
    unsigned flags = (s->flags & YAMUX_STREAM_ACK_OWED) != 0 ? YAMUX_MSG_ACK : 0;
    if ((s->flags & YAMUX_STREAM_SYN_OWED) != 0) {
        for (; y->next_syn < s->id; y->next_syn += 2) {
            struct yamux_stream *earlier = yamux_stream_find(y, y->next_syn);
            if (earlier != NULL && (earlier->flags & YAMUX_STREAM_SYN_OWED) != 0) {
                put_header(out, (struct yamux_msg){.type = YAMUX_MSG_WINDOW,
                                                   .flags = YAMUX_MSG_SYN,
                                                   .stream = earlier->id});
                yamux_stream_paid(earlier, YAMUX_STREAM_SYN_OWED);
            }
        }
        flags |= YAMUX_MSG_SYN;
    }
    yamux_stream_paid(s, YAMUX_STREAM_SYN_OWED | YAMUX_STREAM_ACK_OWED);
    return (uint16_t)flags;
}

/* Write one frame of as much of `data` as window and record take; returns how much. */
static size_t put_data(struct yamux *y, struct yamux_stream *s, struct span data, bool fin,
                       struct frame_queue *out)
{
    size_t len = data.len < YAMUX_DATA_MAX ? data.len : YAMUX_DATA_MAX;
    len = len < s->send_window ? len : s->send_window;
    uint16_t flags = stream_opening(y, s, out);
    size_t min = len < GATHER_MIN ? len : GATHER_MIN;
    struct span_mut room = frame_reserve(out, YAMUX_HEADER_SIZE + min, YAMUX_HEADER_SIZE + len);
    len = room.len - YAMUX_HEADER_SIZE;
    if (fin && len == data.len) {
        flags |= YAMUX_MSG_FIN;
        s->flags = (uint16_t)(s->flags | YAMUX_STREAM_FIN_SENT);
    }
    struct yamux_msg msg = {
        .type = YAMUX_MSG_DATA, .flags = flags, .stream = s->id, .length = (uint32_t)len};
    yamux_msg_encode(&msg, room.ptr);
    memcpy(room.ptr + YAMUX_HEADER_SIZE, data.ptr, len);
    frame_commit(out, room.len);
    s->send_window -= (uint32_t)len;
    return len;
}

/* `s` wants to write more than it could: for room in turn, for window until credit comes. */
static void stream_wait(struct yamux *y, struct yamux_stream *s)
{
    if (s->send_window == 0) {
        s->flags |= YAMUX_STREAM_WAITS_WINDOW;
    } else {
        list_push_back(&y->waiting, &s->waiting);
    }
}

/* True when others wait and `s` is not the one whose turn has come. */
static bool stream_must_wait(const struct yamux *y, const struct yamux_stream *s)
{
    return list_is_linked(&s->waiting) &&
           !(y->waiting.next == &s->waiting && y->waiting.prev == &s->waiting);
}

int yamux_write(struct yamux *y, struct yamux_stream *s, struct span data, bool fin,
                struct frame_queue *out, size_t *taken)
{
    *taken = 0;
    if (y->dead != 0 || (s->flags & YAMUX_STREAM_DEAD) != 0) {
        return WAVU_ERR_RESET;
    }
    if ((s->flags & (YAMUX_STREAM_FIN_OWED | YAMUX_STREAM_FIN_SENT)) != 0) {
        return WAVU_ERR_CLOSED;
    }
    if (data.len > 0 && stream_must_wait(y, s)) {
        return WAVU_ERR_AGAIN;
    }
    list_remove(&s->waiting);
    s->flags = (uint16_t)(s->flags & ~YAMUX_STREAM_WAITS_WINDOW);
    bool is_alone = list_is_empty(&y->waiting);
    y->is_full = frame_queue_bytes(out) >= YAMUX_QUEUE_MAX;
    while (*taken < data.len && s->send_window > 0 && !y->is_full && (is_alone || *taken == 0)) {
        *taken += put_data(y, s, span_slice(data, *taken, data.len), fin, out);
        y->is_full = frame_queue_bytes(out) >= YAMUX_QUEUE_MAX;
    }
    if (*taken < data.len) {
        stream_wait(y, s);
        return *taken > 0 ? 0 : WAVU_ERR_AGAIN;
    }
    if (fin && (s->flags & YAMUX_STREAM_FIN_SENT) == 0) {
        yamux_stream_owe(y, s, YAMUX_STREAM_FIN_OWED);
    }
    return 0;
}

void yamux_room(struct yamux *y)
{
    y->is_full = false;
}

/* ---- Out: what is owed ---- */

static uint32_t buf_u32(const struct buf *b, size_t at)
{
    uint32_t value;
    memcpy(&value, b->ptr + at, sizeof value);
    return value;
}

/* Write what `s` owes: credit and opening in one frame, the end in another, or a reset alone. */
static void put_owed(struct yamux *y, struct yamux_stream *s, struct frame_queue *out)
{
    if ((s->flags & YAMUX_STREAM_RST_OWED) != 0) {
        put_header(out, (struct yamux_msg){.type = YAMUX_MSG_WINDOW,
                                           .flags = YAMUX_MSG_RST,
                                           .stream = s->id,
                                           .length = s->code});
        yamux_stream_paid(s, YAMUX_STREAM_ANY_OWED);
        return;
    }
    bool has_fin = (s->flags & YAMUX_STREAM_FIN_OWED) != 0;
    if ((s->flags & YAMUX_STREAM_UPDATE_OWED) != 0 || !has_fin) {
        uint16_t flags = stream_opening(y, s, out);
        uint32_t credit = (s->flags & YAMUX_STREAM_UPDATE_OWED) != 0 ? s->unreported : 0;
        s->receive_window += credit;
        s->unreported -= credit;
        put_header(
            out, (struct yamux_msg){
                     .type = YAMUX_MSG_WINDOW, .flags = flags, .stream = s->id, .length = credit});
    }
    if (has_fin) {
        unsigned flags = stream_opening(y, s, out) | YAMUX_MSG_FIN;
        put_header(out, (struct yamux_msg){
                            .type = YAMUX_MSG_DATA, .flags = (uint16_t)flags, .stream = s->id});
        s->flags |= YAMUX_STREAM_FIN_SENT;
    }
    yamux_stream_paid(s, YAMUX_STREAM_ANY_OWED);
}

static void put_session(struct yamux *y, struct frame_queue *out)
{
    for (size_t at = 0; at < y->pongs.len; at += sizeof(uint32_t)) {
        put_header(out, (struct yamux_msg){.type = YAMUX_MSG_PING,
                                           .flags = YAMUX_MSG_ACK,
                                           .length = buf_u32(&y->pongs, at)});
    }
    buf_clear(&y->pongs);
    if (y->is_ping_owed) {
        y->is_ping_owed = false;
        put_header(out, (struct yamux_msg){.type = YAMUX_MSG_PING,
                                           .flags = YAMUX_MSG_SYN,
                                           .length = y->ping_value});
    }
    for (size_t at = 0; at < y->refused.len; at += sizeof(uint32_t)) {
        put_header(out, (struct yamux_msg){.type = YAMUX_MSG_WINDOW,
                                           .flags = YAMUX_MSG_RST,
                                           .stream = buf_u32(&y->refused, at)});
    }
    buf_clear(&y->refused);
}

void yamux_pull(struct yamux *y, struct frame_queue *out)
{
    if (y->is_goaway_owed) {
        y->is_goaway_owed = false;
        put_header(out, (struct yamux_msg){.type = YAMUX_MSG_GOAWAY, .length = y->goaway_code});
    }
    if (y->dead != 0 || frame_queue_bytes(out) >= YAMUX_CONTROL_MAX) {
        return;
    }
    put_session(y, out);
    while (!list_is_empty(&y->dirty) && frame_queue_bytes(out) < YAMUX_CONTROL_MAX) {
        struct yamux_stream *s = LIST_OF(y->dirty.next, struct yamux_stream, dirty);
        put_owed(y, s, out);
        if ((s->flags & YAMUX_STREAM_RELEASED) != 0) {
            yamux_stream_free(y, s);
        }
    }
}

bool yamux_has_output(const struct yamux *y)
{
    if (y->dead != 0) {
        return y->is_goaway_owed;
    }
    return y->is_goaway_owed || y->is_ping_owed || y->pongs.len > 0 || y->refused.len > 0 ||
           !list_is_empty(&y->dirty);
}

/* ---- In ---- */

/* Owe the peer a reset of stream `id`, which we do not open. */
static int yamux_refuse(struct yamux *y, uint32_t id)
{
    y->refused_streak++;
    if (y->refused_streak > YAMUX_REFUSED_MAX) {
        return WAVU_ERR_LIMIT;
    }
    return buf_append(&y->refused, span_of(&id, sizeof id));
}

/* The peer opens a stream; `*stream` stays NULL when it is refused, or aborted by the same frame.
 */
static int yamux_on_syn(struct yamux *y, uint64_t now, const struct yamux_msg *msg,
                        struct yamux_stream **stream)
{
    bool is_odd = (msg->stream & 1) != 0;
    if (is_odd == y->is_client || msg->stream <= y->last_in) {
        return WAVU_ERR_PROTO;
    }
    y->last_in = msg->stream;
    if ((msg->flags & YAMUX_MSG_RST) != 0) {
        return 0;
    }
    if (y->is_going_away || y->count_in >= YAMUX_STREAMS_IN_MAX) {
        return yamux_refuse(y, msg->stream);
    }
    struct yamux_stream *s =
        yamux_stream_new(y, now, msg->stream, YAMUX_STREAM_INBOUND | YAMUX_STREAM_ACK_OWED);
    if (s == NULL) {
        return yamux_refuse(y, msg->stream);
    }
    y->count_in++;
    y->refused_streak = 0;
    *stream = s;
    return 0;
}

/* Data or WindowUpdate: its flags, then credit; the payload's bytes come after. */
static int yamux_on_stream(struct yamux *y, uint64_t now, const struct yamux_msg *msg,
                           struct yamux_event *event)
{
    bool is_data = msg->type == YAMUX_MSG_DATA;
    struct yamux_stream *s = NULL;
    y->in_left = is_data ? msg->length : 0;
    y->in_stream = NULL;
    bool is_syn = (msg->flags & YAMUX_MSG_SYN) != 0;
    if (is_syn) {
        int rc = yamux_on_syn(y, now, msg, &s);
        if (rc < 0) {
            return rc;
        }
    } else {
        s = yamux_stream_find(y, msg->stream);
    }
    if (s == NULL || (s->flags & YAMUX_STREAM_RELEASED) != 0 || yamux_stream_has_ended(s)) {
        return 0;
    }
    yamux_stream_acked(y, s);
    if ((msg->flags & YAMUX_MSG_RST) != 0) {
        yamux_stream_kill(y, s, 0);
        *event = (struct yamux_event){
            .kind = YAMUX_RESET, .stream = s, .code = is_data ? 0 : msg->length};
        return 0;
    }
    int rc =
        is_data ? yamux_stream_payload(y, s, msg->length) : yamux_stream_credit(y, s, msg->length);
    if (rc < 0) {
        return rc;
    }
    if ((msg->flags & YAMUX_MSG_FIN) != 0 && (s->flags & YAMUX_STREAM_FIN_SEEN) == 0) {
        y->in_stream = s;
        y->has_fin = true;
    }
    if (is_syn) {
        *event = (struct yamux_event){.kind = YAMUX_OPEN, .stream = s};
    }
    return 0;
}

static void yamux_start_ping(struct yamux *y, uint64_t now)
{
    y->ping_value = (uint32_t)random_u64(y->random);
    y->ping_ns = now;
    y->is_ping_out = true;
    y->is_ping_owed = true;
}

/* A question to answer, or the answer to ours; answers that nobody asked for are dropped. */
static int yamux_on_ping(struct yamux *y, uint64_t now, const struct yamux_msg *msg,
                         struct yamux_event *event)
{
    if ((msg->flags & YAMUX_MSG_SYN) != 0) {
        return buf_append(&y->pongs, span_of(&msg->length, sizeof msg->length));
    }
    if ((msg->flags & YAMUX_MSG_ACK) == 0 || !y->is_ping_out || y->is_ping_owed ||
        msg->length != y->ping_value) {
        return 0;
    }
    uint64_t sample = now > y->ping_ns ? now - y->ping_ns : 1;
    y->is_ping_out = false;
    y->rtt_ns = y->rtt_ns == 0 ? sample : y->rtt_ns - y->rtt_ns / RTT_WEIGHT + sample / RTT_WEIGHT;
    y->rtt_ns = y->rtt_ns == 0 ? 1 : y->rtt_ns;
    *event = (struct yamux_event){.kind = YAMUX_PONG, .rtt_ns = sample};
    return 0;
}

/* Act on one whole header. */
static int yamux_on_header(struct yamux *y, uint64_t now, struct span head,
                           struct yamux_event *event)
{
    struct yamux_msg msg;
    int rc = yamux_msg_decode(head, &msg);
    if (rc < 0) {
        return rc;
    }
    switch ((enum yamux_msg_type)msg.type) {
    case YAMUX_MSG_DATA:
    case YAMUX_MSG_WINDOW:
        return yamux_on_stream(y, now, &msg, event);
    case YAMUX_MSG_PING:
        return yamux_on_ping(y, now, &msg, event);
    case YAMUX_MSG_GOAWAY:
        y->is_peer_going = true;
        *event = (struct yamux_event){.kind = YAMUX_GOAWAY, .code = msg.length};
        return 0;
    }
    return WAVU_ERR_PROTO;
}

/* Gather a header from the front of `in`; when it is whole act on it. Returns bytes used. */
static int yamux_feed_header(struct yamux *y, uint64_t now, struct span in, size_t *used,
                             struct yamux_event *event)
{
    if (y->head_len == 0 && in.len >= YAMUX_HEADER_SIZE) {
        *used = YAMUX_HEADER_SIZE;
        return yamux_on_header(y, now, span_slice(in, 0, YAMUX_HEADER_SIZE), event);
    }
    struct span piece = span_slice(in, 0, (size_t)YAMUX_HEADER_SIZE - y->head_len);
    memcpy(y->head + y->head_len, piece.ptr, piece.len);
    y->head_len = (uint8_t)(y->head_len + piece.len);
    *used = piece.len;
    if (y->head_len < YAMUX_HEADER_SIZE) {
        return 0;
    }
    y->head_len = 0;
    return yamux_on_header(y, now, span_of(y->head, YAMUX_HEADER_SIZE), event);
}

/* The next piece of payload: an event, or dropped when nobody wants it. Returns bytes used. */
static size_t yamux_feed_payload(struct yamux *y, uint64_t now, struct span in,
                                 struct yamux_event *event)
{
    struct span piece = span_slice(in, 0, y->in_left);
    y->in_left -= (uint32_t)piece.len;
    if (y->in_stream != NULL) {
        *event = (struct yamux_event){.kind = YAMUX_DATA, .stream = y->in_stream, .data = piece};
        if (y->rtt_ns == 0 && !y->is_ping_out) {
            yamux_start_ping(y, now); /* the first data: growth of windows will want to know */
        }
    }
    if (y->in_left == 0 && !y->has_fin) {
        y->in_stream = NULL;
    }
    return piece.len;
}

/* The end of a stream, once the payload before it was given out. */
static bool yamux_take_fin(struct yamux *y, struct yamux_event *event)
{
    if (!y->has_fin || y->in_left > 0) {
        return false;
    }
    struct yamux_stream *s = y->in_stream;
    y->has_fin = false;
    y->in_stream = NULL;
    s->flags |= YAMUX_STREAM_FIN_SEEN;
    if ((s->flags & YAMUX_STREAM_UPDATE_OWED) != 0) {
        yamux_stream_paid(s, YAMUX_STREAM_UPDATE_OWED);
    }
    *event = (struct yamux_event){.kind = YAMUX_FIN, .stream = s};
    return true;
}

int yamux_feed(struct yamux *y, uint64_t now, struct span in, size_t *used,
               struct yamux_event *event)
{
    *used = 0;
    *event = (struct yamux_event){.kind = YAMUX_NOTHING};
    if (y->dead != 0) {
        return y->dead;
    }
    if (in.len > 0) {
        y->heard_ns = now;
    }
    while (event->kind == YAMUX_NOTHING && !yamux_take_fin(y, event) && *used < in.len) {
        struct span rest = span_slice(in, *used, in.len);
        size_t piece = 0;
        if (y->in_left > 0) {
            piece = yamux_feed_payload(y, now, rest, event);
        } else {
            int rc = yamux_feed_header(y, now, rest, &piece, event);
            if (rc < 0) {
                return yamux_kill(y, rc);
            }
        }
        *used += piece;
    }
    return 0;
}

bool yamux_has_event(const struct yamux *y)
{
    return y->dead == 0 &&
           ((y->has_fin && y->in_left == 0) || (!y->is_full && !list_is_empty(&y->waiting)));
}

bool yamux_next_event(struct yamux *y, struct yamux_event *event)
{
    *event = (struct yamux_event){.kind = YAMUX_NOTHING};
    if (!yamux_has_event(y)) {
        return false;
    }
    if (!yamux_take_fin(y, event)) {
        struct list *node = list_pop_front(&y->waiting);
        *event = (struct yamux_event){.kind = YAMUX_WRITABLE,
                                      .stream = LIST_OF(node, struct yamux_stream, waiting)};
    }
    return true;
}

/* ---- Time ---- */

int yamux_ping(struct yamux *y, uint64_t now)
{
    if (y->dead != 0) {
        return WAVU_ERR_CLOSED;
    }
    if (y->is_ping_out) {
        return WAVU_ERR_AGAIN;
    }
    yamux_start_ping(y, now);
    return 0;
}

uint64_t yamux_deadline(const struct yamux *y)
{
    if (y->dead != 0) {
        return UINT64_MAX;
    }
    if (!y->is_ping_out) {
        return y->heard_ns + YAMUX_KEEPALIVE_NS;
    }
    uint64_t since = y->heard_ns > y->ping_ns ? y->heard_ns : y->ping_ns;
    uint64_t silent = since + YAMUX_PING_TIMEOUT_NS;
    uint64_t unanswered = y->ping_ns + UNANSWERED_MAX * YAMUX_PING_TIMEOUT_NS;
    return silent < unanswered ? silent : unanswered;
}

int yamux_tick(struct yamux *y, uint64_t now)
{
    uint64_t due = yamux_deadline(y);
    if (y->dead != 0 || now < due) {
        return 0;
    }
    if (y->is_ping_out && now - due < YAMUX_PING_TIMEOUT_NS) {
        return WAVU_ERR_TIMEOUT;
    }
    yamux_start_ping(y, now);
    return 0;
}

/* ---- Looking in ---- */

size_t yamux_stream_count(const struct yamux *y)
{
    return y->streams.count;
}

uint64_t yamux_rtt_ns(const struct yamux *y)
{
    return y->rtt_ns;
}

struct yamux_stream *yamux_next_stream(const struct yamux *y, size_t *at)
{
    struct yamux_stream *s = map_next(&y->streams, at);
    while (s != NULL && (s->flags & YAMUX_STREAM_RELEASED) != 0) {
        s = map_next(&y->streams, at);
    }
    return s;
}

void yamux_check(const struct yamux *y)
{
    size_t at = 0;
    size_t in = 0;
    size_t unacked = 0;
    uint64_t extra = 0;
    map_check(&y->streams);
    const struct yamux_stream *s = map_next(&y->streams, &at);
    for (; s != NULL; s = map_next(&y->streams, &at)) {
        yamux_stream_check(s);
        in += (s->flags & YAMUX_STREAM_INBOUND) != 0 ? 1 : 0;
        unacked += (s->flags & YAMUX_STREAM_UNACKED) != 0 ? 1 : 0;
        extra += s->window - YAMUX_WINDOW_INITIAL;
    }
    CHECK(in == y->count_in && in + y->count_out == y->streams.count);
    CHECK(unacked == y->unacked && extra == y->extra && extra <= YAMUX_WINDOWS_EXTRA_MAX);
    CHECK(y->in_stream == NULL || y->has_fin || y->in_left > 0);
    CHECK(!y->has_fin || y->in_stream != NULL);
    CHECK(list_count(&y->dirty) + list_count(&y->waiting) <= 2 * y->streams.count);
}
