/*
 * Seeded runs of two to ten nodes under cuts, delays, crashes and restarts: no assertion, no leak
 * of memory or budget, and every stream ends in all its data delivered in order, or in an error at
 * both ends.
 *
 * WAVU_SEEDS=n runs n seeds (1,000 without), WAVU_SEED=n that one alone.
 */
#include <stdlib.h>

#include "tests/base/unit.h"
#include "tests/support/net_world.h"

#define CHAOS_NAME "/test/chaos/1"
#define CHAOS_TALKS 12
#define CHAOS_STEPS 24

/* One stream: numbered bytes from the opener, then the end. */
struct talk {
    size_t from;
    size_t to;
    struct stream *stream; /* the opener's; NULL once over */
    uint64_t wished;
    uint64_t sent;
    uint64_t received; /* at the answerer */
    bool is_begun;
    bool is_finished; /* the answerer saw the end */
    bool is_over;     /* at the opener */
    bool is_heard;    /* the answerer has it */
    bool is_heard_over;
    int err;       /* the opener's last word */
    int heard_err; /* the answerer's */
};

/* An answerer's end of a talk, found by the first byte of the stream. */
struct hearing {
    struct talk *talk;
    size_t node;
};

static struct net_world w;
static struct talk talks[CHAOS_TALKS];
static struct hearing hearings[NET_WORLD_NODES_MAX];
static struct stream_protocol protocols[NET_WORLD_NODES_MAX];

/* What became of the talks of all seeds: a run in which nothing succeeds, or nothing fails, proves
 * little. */
static struct {
    size_t begun;
    size_t whole;
    size_t failed;
    size_t cut; /* of those, in the middle of the data */
} tally;

static uint8_t byte_at(size_t talk, uint64_t i)
{
    return i == 0 ? (uint8_t)talk : (uint8_t)(i * 7 + talk + (i >> 9));
}

static void talk_send(struct talk *t)
{
    uint8_t block[4096];
    while (t->stream != NULL && t->sent < t->wished) {
        size_t taken = 0;
        uint64_t left = t->wished - t->sent;
        size_t len = left < sizeof block ? (size_t)left : sizeof block;
        for (size_t i = 0; i < len; i++) {
            block[i] = byte_at((size_t)(t - talks), t->sent + i);
        }
        if (stream_send(t->stream, span_of(block, len), &taken) < 0) {
            return;
        }
        t->sent += taken;
        if (taken < len) {
            return;
        }
    }
    if (t->stream != NULL) {
        stream_finish(t->stream);
    }
}

static void opener_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct talk *t = stream_user(stream);
    (void)service;
    if (event->kind == STREAM_WRITABLE) {
        talk_send(t);
    } else if (event->kind == STREAM_CLOSED) {
        t->is_over = true;
        t->err = event->err;
        t->stream = NULL;
    }
}

static const struct stream_protocol opener = {.name = CHAOS_NAME, .up = opener_up};

static void hear(struct stream *stream, struct stream_event *event)
{
    struct talk *t = stream_user(stream);
    if (event->data.len == 0) {
        return;
    }
    if (t == NULL) {
        t = &talks[event->data.ptr[0]];
        t->is_heard = true;
        stream_set_user(stream, t);
    }
    for (size_t at = 0; at < event->data.len; at++) {
        assert_int_equal(event->data.ptr[at], byte_at((size_t)(t - talks), t->received + at));
    }
    t->received += event->data.len;
}

static void answerer_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct talk *t = stream_user(stream);
    (void)service;
    switch (event->kind) {
    case STREAM_OPENED:
        stream_set_user(stream, NULL);
        return;
    case STREAM_WRITABLE:
        return;
    case STREAM_DATA:
        hear(stream, event);
        return;
    case STREAM_FIN:
        if (t != NULL) {
            t->is_finished = true;
            assert_int_equal(t->received, t->wished);
        }
        stream_finish(stream);
        return;
    case STREAM_CLOSED:
        if (t != NULL) {
            t->is_heard_over = true;
            t->heard_err = event->err;
        }
        return;
    }
}

static void serve(size_t node)
{
    protocols[node] = (struct stream_protocol){.name = CHAOS_NAME,
                                               .audience = STREAM_MEMBER,
                                               .inbound_max = CHAOS_TALKS,
                                               .up = answerer_up,
                                               .service = &hearings[node]};
    assert_int_equal(stream_register(&w.nodes[node].swarm, &protocols[node]), 0);
}

static uint64_t draw(uint64_t bound)
{
    return random_below(sim_random(w.sim, SIM_SCENARIO), bound);
}

static void on_dialled(void *context, int err, struct conn *conn)
{
    struct talk *t = context;
    if (err < 0 || stream_open(conn, &opener, t, &t->stream) < 0) {
        t->is_over = true;
        t->err = err < 0 ? err : WAVU_ERR_LIMIT;
        return;
    }
    talk_send(t);
}

static void begin(struct talk *t)
{
    struct dial *d = NULL;
    t->is_begun = true;
    t->from = draw(w.count);
    t->to = (t->from + 1 + draw(w.count - 1)) % w.count;
    t->wished = 1 + draw(draw(3) == 0 ? 2000000 : 60000); /* some outlast a fault */
    if (!w.nodes[t->from].is_up) {
        t->is_over = true;
        t->err = WAVU_ERR_SHUTDOWN;
        return;
    }
    struct multiaddr address = net_world_address(t->to);
    struct dial_user user = {.done = on_dialled, .context = t};
    assert_int_equal(dial_start(&w.nodes[t->from].swarm, NULL, &address, 1, user, &d), 0);
}

static void recable(size_t a, size_t b)
{
    struct sim_cable_settings cable = {.latency_ns = draw(200) * TIMERS_MS,
                                       .jitter_ns = draw(50) * TIMERS_MS,
                                       .bytes_per_second = 20000 + draw(400000),
                                       .loss_whole = 1,
                                       .mtu = 576 + (uint32_t)draw(900)};
    sim_cable_set(w.hosts[a], w.hosts[b], &cable);
}

/* One fault, or none. */
static void disturb(bool *is_cut)
{
    size_t a = draw(w.count);
    size_t b = (a + 1 + draw(w.count - 1)) % w.count;
    const struct talk *t = &talks[draw(CHAOS_TALKS)];
    if (t->is_begun && !t->is_over) { /* hit those who talk */
        a = t->to;
        b = t->from;
    }
    switch (draw(6)) {
    case 0:
        *is_cut = !*is_cut;
        sim_cable_cut(w.hosts[a], w.hosts[b], *is_cut);
        return;
    case 1:
        recable(a, b);
        return;
    case 2:
        if (w.nodes[a].is_up) {
            net_world_crash(&w, a, draw(2) == 0);
        }
        return;
    case 3:
        if (!w.nodes[a].is_up) {
            net_world_restart(&w, a);
            serve(a);
        }
        return;
    default:
        return;
    }
}

static void heal(void)
{
    for (size_t i = 0; i < w.count; i++) {
        for (size_t j = i + 1; j < w.count; j++) {
            sim_cable_cut(w.hosts[i], w.hosts[j], false);
        }
    }
}

/* What must hold of every talk when all is quiet again. */
static void judge(const struct talk *t)
{
    if (!t->is_begun) {
        return;
    }
    tally.begun++;
    assert_true(t->is_over);
    if (t->err == WAVU_ERR_CLOSED) {
        tally.whole++;
        assert_true(t->is_finished); /* in order at the opener: all of it arrived */
        assert_int_equal(t->received, t->wished);
    } else {
        tally.failed++;
        tally.cut += t->is_heard && t->received < t->wished ? 1 : 0;
    }
    if (t->is_heard) {
        assert_true(t->is_heard_over);
        assert_true(t->is_finished || t->heard_err != WAVU_ERR_CLOSED);
    }
}

static void judge_node(struct net_node *n)
{
    size_t at = 0;
    peerbook_check(&n->swarm.peerbook);
    struct peer *peer = map_next(&n->swarm.peers, &at);
    while (peer != NULL) {
        assert_int_equal(peer->budget.used, 0); /* identify and chaos streams are over */
        peer = map_next(&n->swarm.peers, &at);
    }
    assert_int_equal(n->swarm.handshake_budget.used, 0);
}

static uint64_t run(uint64_t seed)
{
    bool is_cut = false;
    memset(talks, 0, sizeof talks);
    struct random_seeded seeded;
    random_seeded_init(&seeded, seed);
    struct random random = random_from_seeded(&seeded);
    net_world_start(&w, seed, 2 + (size_t)random_below(&random, 9));
    for (size_t i = 0; i < w.count; i++) {
        serve(i);
        for (size_t other = 0; other < w.count; other++) {
            if (other != i) {
                recable(i, other);
            }
        }
    }
    for (size_t step = 0; step < CHAOS_STEPS; step++) {
        if (step < CHAOS_TALKS) {
            begin(&talks[step]);
        }
        disturb(&is_cut);
        sim_run_for(w.sim, draw(3000) * TIMERS_MS);
    }
    heal();
    sim_run_for(w.sim, 300 * TIMERS_SECOND); /* longer than any time-out of a stream or a link */
    for (size_t i = 0; i < CHAOS_TALKS; i++) {
        judge(&talks[i]);
    }
    for (size_t i = 0; i < w.count; i++) {
        if (w.nodes[i].is_up) {
            judge_node(&w.nodes[i]);
        }
    }
    uint64_t hash = sim_event_hash(w.sim);
    net_world_stop(&w);
    return hash;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void every_seed_ends_well(void **state)
{
    (void)state;
    uint64_t only = number_from("WAVU_SEED", UINT64_MAX);
    uint64_t first = only == UINT64_MAX ? 0 : only;
    uint64_t count = only == UINT64_MAX ? number_from("WAVU_SEEDS", 1000) : 1;
    for (uint64_t seed = first; seed < first + count; seed++) {
        size_t before = mem_live_count();
        print_message("# seed %llu\n", (unsigned long long)seed);
        (void)run(seed);
        assert_int_equal(mem_live_count(), before);
    }
    print_message("# talks %zu, whole %zu, failed %zu, of these in the middle %zu\n", tally.begun,
                  tally.whole, tally.failed, tally.cut);
    if (count >= 100) {
        assert_true(tally.whole > tally.begun / 4);
        assert_true(tally.failed > tally.begun / 20);
        assert_true(tally.cut > 0);
    }
}

static void the_same_seed_is_the_same_run(void **state)
{
    (void)state;
    for (uint64_t seed = 5000; seed < 5010; seed++) {
        assert_int_equal(run(seed), run(seed));
    }
    assert_int_not_equal(run(1), run(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(every_seed_ends_well),
        UNIT(the_same_seed_is_the_same_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
