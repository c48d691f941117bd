/*
 * Two yamux machines joined by byte pipes, as their connections would: records "sealed" (head and
 * tail are filled and dropped), cut into pieces of a seeded random size, fed to the other side.
 */
#ifndef TESTS_MUX_PAIR_H
#define TESTS_MUX_PAIR_H

#include "base/budget.h"
#include "base/buf.h"
#include "base/check.h"
#include "mux/yamux.h"
#include "tests/base/unit.h"
#include "wavu/err.h"

#define PAIR_HEAD 2
#define PAIR_BODY 65519
#define PAIR_TAIL 16

struct pair_side {
    struct yamux *y;
    struct frame_queue out;
    struct budget budget;
    struct buf wire; /* what the peer has written and this side has not read */
    void (*on_event)(struct pair_side *side, const struct yamux_event *event);
    void *user;
    int err; /* what yamux_feed ended with */
};

struct pair {
    struct random_seeded seeded;
    struct random random;
    struct frame_pool pool;
    struct pair_side side[2]; /* 0 dials */
    uint64_t now;
};

static inline void pair_side_init(struct pair *p, size_t i)
{
    struct pair_side *side = &p->side[i];
    budget_init(&side->budget, NULL, UINT64_C(1) << 30);
    frame_queue_init(&side->out, &p->pool, PAIR_HEAD, PAIR_BODY, PAIR_TAIL);
    buf_init(&side->wire, UINT64_C(1) << 28);
    side->y = yamux_new(&(struct yamux_config){
        .is_client = i == 0, .random = &p->random, .budget = &side->budget, .now = p->now});
}

static inline void pair_init(struct pair *p, uint64_t seed)
{
    *p = (struct pair){.now = 1000000000};
    random_seeded_init(&p->seeded, seed);
    p->random = random_from_seeded(&p->seeded);
    frame_pool_init(&p->pool, 4);
    pair_side_init(p, 0);
    pair_side_init(p, 1);
}

static inline void pair_clear(struct pair *p)
{
    for (size_t i = 0; i < 2; i++) {
        yamux_check(p->side[i].y);
        yamux_free(p->side[i].y);
        frame_queue_clear(&p->side[i].out);
        buf_clear(&p->side[i].wire);
        budget_clear(&p->side[i].budget);
    }
    frame_pool_clear(&p->pool);
}

/* Seal what `q` holds and move at most `max` bytes of bodies to `to`. Head and tail are dropped. */
static inline size_t pair_drain(struct frame_queue *q, struct buf *to)
{
    size_t moved = 0;
    struct span_mut body = frame_unsealed(q);
    while (body.len > 0) {
        memset(body.ptr - PAIR_HEAD, 0xaa, PAIR_HEAD);
        memset(body.ptr + body.len, 0xbb, PAIR_TAIL);
        frame_sealed(q);
        body = frame_unsealed(q);
    }
    struct span piece;
    while (frame_gather(q, &piece, 1) == 1) {
        CHECK(buf_append(to, span_slice(piece, PAIR_HEAD, piece.len - PAIR_HEAD - PAIR_TAIL)) == 0);
        moved += piece.len;
        frame_sent(q, piece.len);
    }
    return moved;
}

static inline void pair_dispatch(struct pair_side *side, const struct yamux_event *event)
{
    if (event->kind != YAMUX_NOTHING && side->on_event != NULL) {
        side->on_event(side, event);
    }
}

static inline void pair_events(struct pair_side *side)
{
    struct yamux_event event;
    while (yamux_next_event(side->y, &event)) {
        pair_dispatch(side, &event);
    }
}

/* Feed `in` whole, as a connection does. */
static inline void pair_feed(struct pair *p, struct pair_side *side, struct span in)
{
    while (in.len > 0 && side->err == 0) {
        size_t used = 0;
        struct yamux_event event;
        side->err = yamux_feed(side->y, p->now, in, &used, &event);
        if (side->err == 0) {
            in = span_slice(in, used, in.len);
            pair_dispatch(side, &event);
            pair_events(side);
        }
    }
}

/* One side's turn: read what came in pieces of 1 to `cut` bytes (0: whole), write, send. */
static inline bool pair_turn(struct pair *p, size_t i, size_t cut)
{
    struct pair_side *side = &p->side[i];
    struct buf in = side->wire;
    buf_init(&side->wire, UINT64_C(1) << 28);
    for (size_t at = 0; at < in.len;) {
        size_t len = cut == 0 ? in.len : 1 + random_below(&p->random, cut);
        struct span piece = span_slice(buf_span(&in), at, len);
        pair_feed(p, side, piece);
        at += piece.len;
    }
    bool has_moved = in.len > 0;
    buf_clear(&in);
    pair_events(side);
    yamux_pull(side->y, &side->out);
    yamux_check(side->y);
    has_moved = pair_drain(&side->out, &p->side[1 - i].wire) > 0 || has_moved;
    yamux_room(side->y);
    pair_events(side);
    return has_moved || yamux_has_output(side->y) || yamux_has_event(side->y) ||
           side->out.open_bytes > 0;
}

/* Turns of both until nothing moves. Each takes `turn_ns`. */
static inline void pair_run(struct pair *p, size_t cut, uint64_t turn_ns)
{
    bool goes_on = true;
    for (size_t turns = 0; goes_on; turns++) {
        CHECK(turns < 1000000);
        goes_on = pair_turn(p, 0, cut);
        goes_on = pair_turn(p, 1, cut) || goes_on;
        p->now += turn_ns;
    }
}

#endif
