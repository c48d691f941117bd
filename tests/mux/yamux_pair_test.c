/* Two yamux machines over pipes cut at random: every byte of every stream in order, or an end at
 * both. */
#include "mux/yamux.h"

#include "tests/mux/pair.h"

#define STREAMS 60
#define TURN_NS 50000

/* What one end of a stream does: send `to_send` bytes of a pattern, then end or reset. */
struct script {
    struct yamux_stream *stream;
    uint32_t key; /* of the pattern that this end sends */
    size_t to_send;
    size_t sent;
    size_t received;
    size_t reset_at; /* bytes sent when it resets; SIZE_MAX: never */
    bool has_fin;    /* the other end's FIN came */
    bool fin_taken;
    bool is_reset;  /* by the other end */
    bool has_reset; /* by this one */
};

struct world {
    struct pair p;
    struct script ends[2][2 * STREAMS];
    size_t count[2];
};

static uint8_t pattern(uint32_t key, size_t at)
{
    return (uint8_t)((at * 2654435761u + key) >> 11);
}

static void script_release(struct pair_side *side, struct script *e)
{
    if (e->stream != NULL && ((e->has_fin && e->fin_taken) || e->is_reset || e->has_reset)) {
        yamux_release(side->y, e->stream);
        e->stream = NULL;
    }
}

/* Write until told to wait, end, or reset. */
static void script_write(struct pair_side *side, struct script *e)
{
    uint8_t data[100000];
    while (e->stream != NULL && !e->fin_taken && !e->has_reset) {
        size_t len = e->to_send - e->sent;
        size_t taken = 0;
        len = len < sizeof data ? len : sizeof data;
        for (size_t i = 0; i < len; i++) {
            data[i] = pattern(e->key, e->sent + i);
        }
        bool is_last = e->sent + len == e->to_send;
        int rc = yamux_write(side->y, e->stream, span_of(data, len), is_last, &side->out, &taken);
        assert_true(rc == 0 || rc == WAVU_ERR_AGAIN);
        e->sent += taken;
        e->fin_taken = rc == 0 && is_last && taken == len;
        if (e->sent >= e->reset_at) {
            yamux_reset(side->y, e->stream, 0x1001);
            e->has_reset = true;
        }
        if (taken < len) {
            break;
        }
    }
    script_release(side, e);
}

static struct script *script_new(struct world *w, size_t i, struct yamux_stream *s)
{
    struct script *e = &w->ends[i][w->count[i]++];
    const struct random *r = &w->p.random;
    *e = (struct script){.stream = s, .reset_at = SIZE_MAX};
    e->key = s->id * 2 + (uint32_t)i;
    e->to_send = random_below(r, random_below(r, 8) == 0 ? 3000000 : 20000);
    if (random_below(r, 6) == 0) {
        e->reset_at = random_below(r, e->to_send + 1);
    }
    s->user = e;
    return e;
}

static void on_event(struct pair_side *side, const struct yamux_event *event)
{
    struct world *w = side->user;
    size_t i = side == &w->p.side[0] ? 0 : 1;
    struct script *e = event->stream != NULL ? event->stream->user : NULL;
    switch (event->kind) {
    case YAMUX_OPEN:
        script_write(side, script_new(w, i, event->stream));
        return;
    case YAMUX_DATA:
        assert_true(event->data.len > 0 && !e->has_fin && !e->has_reset && !e->is_reset);
        for (size_t at = 0; at < event->data.len; at++) {
            uint8_t expected = pattern(event->stream->id * 2 + (uint32_t)(1 - i), e->received + at);
            assert_int_equal(event->data.ptr[at], expected);
        }
        e->received += event->data.len;
        yamux_consume(side->y, event->stream, w->p.now, (uint32_t)event->data.len);
        return;
    case YAMUX_WRITABLE:
        script_write(side, e);
        return;
    case YAMUX_FIN:
        assert_false(e->has_fin);
        e->has_fin = true;
        script_release(side, e);
        return;
    case YAMUX_RESET:
        assert_int_equal(event->code, 0x1001);
        e->is_reset = true;
        script_release(side, e);
        return;
    case YAMUX_NOTHING:
    case YAMUX_PONG:
    case YAMUX_GOAWAY:
        return;
    }
}

/* The other end of the stream whose pattern key is `key`. */
static const struct script *other_end(const struct world *w, size_t i, uint32_t key)
{
    for (size_t k = 0; k < w->count[1 - i]; k++) {
        if (w->ends[1 - i][k].key >> 1 == key >> 1) {
            return &w->ends[1 - i][k];
        }
    }
    return NULL;
}

static void check_ends(const struct world *w)
{
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < w->count[i]; k++) {
            const struct script *a = &w->ends[i][k];
            const struct script *b = other_end(w, i, a->key);
            assert_null(a->stream);
            if (b == NULL) {
                assert_true(a->has_reset); /* before it was announced */
            } else if (a->has_fin) {
                assert_true(b->fin_taken);
                assert_int_equal(a->received, b->to_send);
            } else {
                assert_true(a->is_reset || a->has_reset);
                assert_true(b->is_reset || b->has_reset || b->fin_taken);
                assert_true(a->received <= b->sent);
            }
        }
    }
}

static void run_world(uint64_t seed, size_t cut)
{
    static struct world w;
    memset(&w, 0, sizeof w);
    pair_init(&w.p, seed);
    for (size_t i = 0; i < 2; i++) {
        w.p.side[i].user = &w;
        w.p.side[i].on_event = on_event;
    }
    for (size_t k = 0; k < STREAMS; k++) {
        size_t i = random_below(&w.p.random, 2);
        struct yamux_stream *s = NULL;
        assert_int_equal(yamux_open(w.p.side[i].y, w.p.now, &s), 0);
        script_write(&w.p.side[i], script_new(&w, i, s));
        if (random_below(&w.p.random, 3) == 0) {
            (void)pair_turn(&w.p, random_below(&w.p.random, 2), cut);
        }
    }
    pair_run(&w.p, cut, TURN_NS);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(w.p.side[i].err, 0);
        assert_int_equal(yamux_stream_count(w.p.side[i].y), 0);
        assert_int_equal(w.p.side[i].budget.used, 0);
        assert_int_equal(frame_queue_bytes(&w.p.side[i].out), 0);
    }
    check_ends(&w);
    pair_clear(&w.p);
}

static void test_many_streams_under_random_cuts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        run_world(seed, 1 + (size_t)(seed * 977 % 4000));
    }
    run_world(100, 70000);
    run_world(101, 0);
}

static void test_bytes_one_by_one(void **state)
{
    (void)state;
    run_world(200, 1);
}

/* One bulk stream: the window grows, so that it does not hold the writer up. */
struct bulk {
    struct pair p;
    struct yamux_stream *out;
    size_t received;
    size_t to_send;
    size_t sent;
};

static void bulk_write(struct bulk *b, struct pair_side *side)
{
    static uint8_t data[262144];
    size_t taken = 0;
    while (b->sent < b->to_send &&
           yamux_write(side->y, b->out, span_of(data, sizeof data), false, &side->out, &taken) ==
               0 &&
           taken == sizeof data) {
        b->sent += taken;
        taken = 0;
    }
    b->sent += taken;
}

static void on_bulk(struct pair_side *side, const struct yamux_event *event)
{
    struct bulk *b = side->user;
    if (event->kind == YAMUX_WRITABLE) {
        bulk_write(b, side);
    } else if (event->kind == YAMUX_DATA) {
        b->received += event->data.len;
        yamux_consume(side->y, event->stream, b->p.now, (uint32_t)event->data.len);
    }
}

static void test_bulk_is_not_held_up_by_the_window(void **state)
{
    (void)state;
    static struct bulk b;
    memset(&b, 0, sizeof b);
    pair_init(&b.p, 5);
    b.to_send = (size_t)64 << 20;
    for (size_t i = 0; i < 2; i++) {
        b.p.side[i].user = &b;
        b.p.side[i].on_event = on_bulk;
    }
    assert_int_equal(yamux_open(b.p.side[0].y, b.p.now, &b.out), 0);
    bulk_write(&b, &b.p.side[0]);
    size_t turns = 0;
    while (b.received < b.to_send) {
        (void)pair_turn(&b.p, 0, 0);
        (void)pair_turn(&b.p, 1, 0);
        b.p.now += TURN_NS;
        assert_true(++turns < 1000);
    }
    /* A turn moves YAMUX_QUEUE_MAX when nothing waits: few turns more than that are allowed. */
    assert_in_range(turns, 1, b.to_send / YAMUX_QUEUE_MAX + 20);
    yamux_reset(b.p.side[0].y, b.out, 0);
    pair_run(&b.p, 0, TURN_NS);
    pair_clear(&b.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_many_streams_under_random_cuts),
        UNIT(test_bytes_one_by_one),
        UNIT(test_bulk_is_not_held_up_by_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
