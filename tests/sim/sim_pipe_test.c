/* One direction of a connection by itself: the offsets keep their order whatever the wire does. */
#include "sim/sim_pipe.h"

#include "tests/sim/pair.h"

struct ends {
    struct pair world;
    struct sim_pipe pipe;
    unsigned arrivals;
    unsigned rooms;
    unsigned resets;
    unsigned losses;
};

static struct ends *ends_of(struct sim_pipe *p)
{
    return p->context;
}

static void on_arrived(struct sim_pipe *p)
{
    ends_of(p)->arrivals++;
}

static void on_room(struct sim_pipe *p)
{
    ends_of(p)->rooms++;
}

static void on_reset(struct sim_pipe *p)
{
    ends_of(p)->resets++;
}

static void on_lost(struct sim_pipe *p)
{
    ends_of(p)->losses++;
}

static const struct sim_pipe_user user = {
    .arrived = on_arrived, .reset = on_reset, .room = on_room, .lost = on_lost};

static void start(struct ends *e, uint64_t seed, const struct sim_cable_settings *wire)
{
    *e = (struct ends){0};
    pair_start(&e->world, seed);
    sim_settings(e->world.sim)->short_part = 0;
    sim_cable_set_default(e->world.sim, wire);
    sim_pipe_init(&e->pipe, &user, sim_wire_between(e->world.alice_host, e->world.bob_host),
                  sim_draw_of(seed, SIM_NETWORK, 99));
    e->pipe.context = e;
    sim_pipe_open(&e->pipe, 0);
}

static void stop(struct ends *e)
{
    sim_pipe_check(&e->pipe);
    sim_pipe_clear(&e->pipe);
    pair_stop(&e->world);
}

static size_t write_bytes(struct ends *e, size_t len)
{
    uint8_t bytes[4096];

    assert_true(len <= sizeof(bytes));
    for (size_t i = 0; i < len; i++) {
        bytes[i] = pair_byte(e->pipe.written + i);
    }
    struct span piece = span_of(bytes, len);

    return sim_pipe_write(&e->pipe, &piece, 1);
}

static void read_bytes(struct ends *e, size_t len)
{
    uint8_t bytes[4096];
    uint64_t from = e->pipe.read;

    assert_true(len <= sizeof(bytes));
    sim_pipe_read(&e->pipe, bytes, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(bytes[i], pair_byte(from + i));
    }
}

/* Random writes, reads, cuts and pauses; the ring grows, wraps and shrinks meanwhile. */
static void test_offsets_keep_their_order(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct ends e;
        struct sim_draw draw = sim_draw_of(seed, SIM_SCENARIO, 0);
        struct sim_cable_settings wire = pair_wire(seed * TIMERS_MS);

        wire.loss_part = seed % 3 == 0 ? 1 : 0;
        wire.loss_whole = 20;
        wire.bytes_per_second = seed % 4 * 100000;
        start(&e, seed, &wire);
        sim_settings(e.world.sim)->window = 5000 + 1000 * (uint32_t)seed;
        sim_settings(e.world.sim)->send_buffer = 9000;
        for (unsigned i = 0; i < 500; i++) {
            uint64_t readable = sim_pipe_readable(&e.pipe);

            (void)write_bytes(&e, (size_t)sim_draw_below(&draw, 3000));
            read_bytes(&e, (size_t)sim_draw_below(&draw, (readable < 4096 ? readable : 4095) + 1));
            sim_pipe_check(&e.pipe);
            sim_run_for(e.world.sim, sim_draw_below(&draw, 50 * TIMERS_MS));
            sim_cable_cut(e.world.alice_host, e.world.bob_host, sim_draw_chance(&draw, 1, 10));
        }
        sim_cable_cut(e.world.alice_host, e.world.bob_host, false);
        sim_pipe_end(&e.pipe);
        while (!sim_pipe_at_end(&e.pipe)) {
            uint64_t readable = sim_pipe_readable(&e.pipe);

            read_bytes(&e, (size_t)(readable < 4096 ? readable : 4096));
            sim_run_for(e.world.sim, TIMERS_SECOND);
            assert_true(sim_now(e.world.sim) < 1000 * TIMERS_SECOND);
        }
        assert_int_equal(e.losses, 0);
        sim_run_for(e.world.sim, TIMERS_SECOND);
        assert_true(sim_pipe_is_done(&e.pipe));
        assert_int_equal(e.pipe.cap, 0); /* storage was given back */
        stop(&e);
    }
}

static void test_room_comes_with_acknowledgements(void **state)
{
    struct ends e;
    struct sim_cable_settings wire = pair_wire(10 * TIMERS_MS);

    (void)state;
    start(&e, 1, &wire);
    sim_settings(e.world.sim)->send_buffer = 3000;
    assert_int_equal(write_bytes(&e, 4000), 3000);
    sim_run_for(e.world.sim, 20 * TIMERS_MS - 1);
    assert_int_equal(e.rooms, 0);
    sim_run_for(e.world.sim, 1);
    assert_int_equal(e.rooms, 1);
    assert_int_equal(write_bytes(&e, 100), 100);
    sim_run_for(e.world.sim, TIMERS_SECOND);
    assert_int_equal(e.rooms, 1); /* nothing was refused since */
    assert_int_equal(e.arrivals, 2);
    stop(&e);
}

static void test_reset_follows_what_is_under_way(void **state)
{
    struct ends e;
    struct sim_cable_settings wire = pair_wire(10 * TIMERS_MS);

    (void)state;
    wire.bytes_per_second = 150000; /* a packet takes 10 ms */
    start(&e, 2, &wire);
    assert_int_equal(write_bytes(&e, 4000), 4000);
    sim_pipe_reset(&e.pipe);
    sim_run_for(e.world.sim, TIMERS_SECOND);
    assert_int_equal(e.resets, 1);
    assert_int_equal(sim_pipe_readable(&e.pipe), 1460); /* the others had not left */
    read_bytes(&e, 1460);
    stop(&e);
}

static void test_reset_that_meets_a_cut_is_lost(void **state)
{
    struct ends e;
    struct sim_cable_settings wire = pair_wire(10 * TIMERS_MS);

    (void)state;
    start(&e, 3, &wire);
    sim_cable_cut(e.world.alice_host, e.world.bob_host, true);
    sim_pipe_reset(&e.pipe);
    sim_run_for(e.world.sim, TIMERS_SECOND);
    sim_cable_cut(e.world.alice_host, e.world.bob_host, false);
    sim_run_for(e.world.sim, TIMERS_SECOND);
    assert_int_equal(e.resets, 0);
    sim_pipe_reset(&e.pipe); /* it may be sent again */
    sim_run_for(e.world.sim, TIMERS_SECOND);
    assert_int_equal(e.resets, 1);
    stop(&e);
}

static void test_hopeless_loss_times_out(void **state)
{
    struct ends e;
    struct sim_cable_settings wire = pair_wire(10 * TIMERS_MS);

    (void)state;
    wire.loss_part = 999;
    wire.loss_whole = 1000;
    start(&e, 4, &wire);
    assert_int_equal(write_bytes(&e, 1), 1);
    sim_run_for(e.world.sim, 30 * TIMERS_SECOND - 1);
    assert_int_equal(e.losses, 0);
    sim_run_for(e.world.sim, 1);
    assert_int_equal(e.losses, 1);
    stop(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_offsets_keep_their_order),        UNIT(test_room_comes_with_acknowledgements),
        UNIT(test_reset_follows_what_is_under_way), UNIT(test_reset_that_meets_a_cut_is_lost),
        UNIT(test_hopeless_loss_times_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
