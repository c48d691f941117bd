/*
 * One yamux machine, and a test that plays its peer by hand: frames in, frames out, events noted.
 */
#ifndef TESTS_MUX_LONE_H
#define TESTS_MUX_LONE_H

#include "tests/mux/pair.h"

#define LONE_EVENTS_MAX 4096

struct lone {
    struct pair p; /* side 0 is the machine; side 1's pipe is what it wrote */
    struct yamux *y;
    struct yamux_event events[LONE_EVENTS_MAX];
    size_t count;
    size_t data_len; /* bytes of all DATA events */
};

static inline void lone_note(struct pair_side *side, const struct yamux_event *event)
{
    struct lone *l = side->user;
    assert_true(l->count < LONE_EVENTS_MAX);
    l->events[l->count++] = *event;
    l->data_len += event->data.len;
}

static inline void lone_init(struct lone *l, bool is_client, uint64_t budget_max)
{
    memset(l, 0, sizeof *l);
    pair_init(&l->p, 1);
    struct pair_side *side = &l->p.side[0];
    yamux_free(side->y);
    side->budget.max = budget_max;
    side->y = yamux_new(&(struct yamux_config){
        .is_client = is_client, .random = &l->p.random, .budget = &side->budget, .now = l->p.now});
    side->user = l;
    side->on_event = lone_note;
    l->y = side->y;
}

static inline void lone_clear(struct lone *l)
{
    pair_clear(&l->p);
}

/* Feed one frame's header and return what feed ended with. */
static inline int lone_header(struct lone *l, unsigned type, unsigned flags, uint32_t stream,
                              uint32_t length)
{
    uint8_t head[YAMUX_MSG_SIZE];
    struct yamux_msg msg = {
        .type = (uint8_t)type, .flags = (uint16_t)flags, .stream = stream, .length = length};
    yamux_msg_encode(&msg, head);
    pair_feed(&l->p, &l->p.side[0], span_of(head, sizeof head));
    return l->p.side[0].err;
}

/* `len` bytes of payload, in pieces of 64 KiB. */
static inline int lone_payload(struct lone *l, size_t len)
{
    static const uint8_t zeros[65536];
    while (len > 0 && l->p.side[0].err == 0) {
        struct span piece = span_of(zeros, len < sizeof zeros ? len : sizeof zeros);
        pair_feed(&l->p, &l->p.side[0], piece);
        len -= piece.len;
    }
    return l->p.side[0].err;
}

/* Let the machine write what it owes. */
static inline void lone_flush(struct lone *l)
{
    yamux_pull(l->y, &l->p.side[0].out);
    (void)pair_drain(&l->p.side[0].out, &l->p.side[1].wire);
    yamux_room(l->y);
    yamux_check(l->y);
}

/* The next frame that the machine wrote (its payload is dropped); false when there is none. */
static inline bool lone_next(struct lone *l, struct yamux_msg *msg)
{
    struct buf *wire = &l->p.side[1].wire;
    if (wire->len == 0) {
        return false;
    }
    assert_int_equal(yamux_msg_decode(span_slice(buf_span(wire), 0, YAMUX_MSG_SIZE), msg), 0);
    size_t payload = msg->type == YAMUX_MSG_DATA ? msg->length : 0;
    buf_drop_front(wire, YAMUX_MSG_SIZE + payload);
    return true;
}

static inline void lone_expect(struct lone *l, unsigned type, unsigned flags, uint32_t stream,
                               uint32_t length)
{
    struct yamux_msg msg = {0};
    assert_true(lone_next(l, &msg));
    assert_int_equal(msg.type, type);
    assert_int_equal(msg.flags, flags);
    assert_int_equal(msg.stream, stream);
    assert_int_equal(msg.length, length);
}

/* The machine wrote nothing more. */
static inline void lone_expect_silence(struct lone *l)
{
    assert_int_equal(l->p.side[1].wire.len, 0);
}

/* The `i`th event was of `kind`; returns it. */
static inline const struct yamux_event *lone_event(const struct lone *l, size_t i,
                                                   enum yamux_event_kind kind)
{
    assert_true(i < l->count);
    assert_int_equal(l->events[i].kind, kind);
    return &l->events[i];
}

#endif
