/*
 * Everything at once, by seed: hosts dial, send, end, abort, crash and come back while cables are
 * cut, slowed and healed. Nothing may leak, no callback may come out of place, and every stream is
 * a prefix of what was sent; when all faults are over, what is still connected delivers everything.
 */
#include "sim/sim_wire.h"
#include "tests/sim/pair.h"

#define HOSTS 4
#define ENDS 64 /* dialling and accepted, over a whole run */
#define STEPS 300
#define SEEDS 120

struct chaos {
    struct sim *sim;
    struct sim_draw draw;
    struct sim_host *hosts[HOSTS];
    struct pair_end doors[HOSTS];
    struct pair_end ends[ENDS];
    struct sim_host *homes[ENDS];
    size_t used;
};

static size_t below(struct chaos *c, size_t bound)
{
    return (size_t)sim_draw_below(&c->draw, bound);
}

static struct multiaddr_ip ip_of(size_t host)
{
    return (struct multiaddr_ip){.ip = {10, 0, 0, (uint8_t)(host + 1)}, .ip_len = 4, .port = 4001};
}

static struct pair_end *next_end(struct chaos *c, size_t host)
{
    struct pair_end *e = &c->ends[c->used];

    assert_true(c->used < ENDS);
    pair_reset_end(e, c->sim, sim_host_port(c->hosts[host]));
    c->homes[c->used] = c->hosts[host];
    c->used++;
    return e;
}

static void open_door(struct chaos *c, size_t host)
{
    struct multiaddr_ip at = ip_of(host);
    struct pair_end *door = &c->doors[host];

    pair_reset_end(door, c->sim, sim_host_port(c->hosts[host]));
    assert_int_equal(
        door->port->net->tcp_listen(door->port, &at, &pair_listener_user, door, &door->listener),
        0);
}

static void dial(struct chaos *c)
{
    size_t from = below(c, HOSTS);
    size_t to = below(c, HOSTS);
    struct multiaddr_ip at = ip_of(to);

    if (c->used + 2 > ENDS || !sim_host_is_up(c->hosts[from]) || !sim_host_is_up(c->hosts[to]) ||
        c->doors[to].accepts_into != NULL) {
        return;
    }
    struct pair_end *e = next_end(c, from);

    e->to_send = below(c, 100000);
    c->doors[to].accepts_into = next_end(c, to);
    c->doors[to].accepts_into->to_send = below(c, 100000);
    assert_int_equal(e->port->net->tcp_dial(e->port, &at, &pair_user, e, &e->tcp), 0);
    struct multiaddr_ip local;

    e->port->net->tcp_addresses(e->tcp, &local, &at);
    c->doors[to].accepts_port = local.port;
    sim_run_for(c->sim, 5 * TIMERS_SECOND);
    c->doors[to].accepts_into = NULL; /* one that comes later is aborted */
}

static void close_ends_of(struct chaos *c, struct sim_host *host)
{
    for (size_t i = 0; i < c->used; i++) {
        if (c->homes[i] == host) {
            pair_close(&c->ends[i], below(c, 2) == 0);
        }
    }
}

static void crash_or_restart(struct chaos *c)
{
    size_t i = below(c, HOSTS);

    if (sim_host_is_up(c->hosts[i])) {
        sim_host_crash(c->hosts[i], below(c, 2) == 0);
    }
    if (below(c, 2) == 0) {
        close_ends_of(c, c->hosts[i]);
        c->doors[i].port->net->listener_close(c->doors[i].listener);
        (void)sim_host_restart(c->hosts[i]);
        open_door(c, i);
    }
}

static void rewire(struct chaos *c)
{
    struct sim_host *a = c->hosts[below(c, HOSTS)];
    struct sim_host *b = c->hosts[below(c, HOSTS)];
    struct sim_cable_settings wire = {.latency_ns = below(c, 50) * TIMERS_MS,
                                      .jitter_ns = below(c, 3) * 10 * TIMERS_MS,
                                      .bytes_per_second = below(c, 2) * 100000,
                                      .loss_part = (uint32_t)below(c, 10),
                                      .loss_whole = 30,
                                      .mtu = SIM_CABLE_MTU_MIN + (uint32_t)below(c, 5000)};

    if (a != b) {
        sim_cable_cut_one_way(a, b, below(c, 3) == 0);
        sim_cable_set_one_way(b, a, &wire);
    }
}

static void act_on_an_end(struct chaos *c)
{
    size_t i = c->used == 0 ? 0 : below(c, c->used);
    struct pair_end *e = &c->ends[i];

    if (c->used == 0 || e->tcp == NULL || !sim_host_is_up(c->homes[i]) || e->opened > 0) {
        return;
    }
    switch (below(c, 8)) {
    case 0:
        pair_close(e, false);
        break;
    case 1:
        pair_close(e, true);
        break;
    case 2:
    case 3:
        e->port->net->tcp_pause(e->tcp, below(c, 2) == 0);
        break;
    default:
        e->to_send += below(c, 50000);
        if (e->closed == PAIR_NOT_YET && e->opened == 0) {
            pair_push(e);
        }
        break;
    }
}

/* All faults end; whoever is still connected must be able to talk, or be told that he is not. */
static void heal(struct chaos *c)
{
    struct sim_cable_settings wire = pair_wire(TIMERS_MS);

    for (size_t i = 0; i < HOSTS; i++) {
        for (size_t j = 0; j < i; j++) {
            sim_cable_set(c->hosts[i], c->hosts[j], &wire);
            sim_cable_cut(c->hosts[i], c->hosts[j], false);
        }
        sim_host_set_turn_cost(c->hosts[i], 0);
    }
    for (size_t i = 0; i < c->used; i++) {
        if (c->ends[i].tcp != NULL && sim_host_is_up(c->homes[i])) {
            c->ends[i].port->net->tcp_pause(c->ends[i].tcp, false);
        }
    }
    sim_run_for(c->sim, 600 * TIMERS_SECOND);
}

static void check_and_stop(struct chaos *c)
{
    for (size_t i = 0; i + 1 < c->used; i += 2) { /* who dialled, and who was to accept */
        struct pair_end *a = &c->ends[i];
        struct pair_end *b = &c->ends[i + 1];

        assert_true(a->received <= b->sent && b->received <= a->sent);
        if (a->tcp != NULL && b->tcp != NULL && sim_host_is_up(c->homes[i]) &&
            sim_host_is_up(c->homes[i + 1])) {
            assert_int_equal(a->received, b->sent);
            assert_int_equal(b->received, a->sent);
        }
    }
    for (size_t i = 0; i < HOSTS; i++) {
        close_ends_of(c, c->hosts[i]);
        c->doors[i].port->net->listener_close(c->doors[i].listener);
        assert_int_equal(sim_host_open_sockets(c->hosts[i]), 0);
    }
    sim_free(c->sim);
}

static uint64_t run(uint64_t seed)
{
    static struct chaos c;

    c = (struct chaos){.sim = sim_new(seed), .draw = sim_draw_of(seed, SIM_SCENARIO, 0)};
    for (size_t i = 0; i < HOSTS; i++) {
        c.hosts[i] = sim_host_new(c.sim, NULL);
        open_door(&c, i);
    }
    for (unsigned i = 0; i < STEPS; i++) {
        switch (below(&c, 16)) {
        case 0:
            crash_or_restart(&c);
            break;
        case 1:
        case 2:
        case 3:
            dial(&c);
            break;
        case 4:
            sim_host_set_turn_cost(c.hosts[below(&c, HOSTS)], below(&c, 2) * 20 * TIMERS_MS);
            break;
        case 5:
        case 6:
            rewire(&c);
            break;
        default:
            act_on_an_end(&c);
            break;
        }
        sim_run_for(c.sim, below(&c, 3000) * TIMERS_MS);
    }
    heal(&c);
    uint64_t hash = sim_event_hash(c.sim);

    check_and_stop(&c);
    return hash;
}

static void test_nothing_leaks_and_streams_are_prefixes(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        (void)run(seed);
    }
}

static void test_chaos_repeats(void **state)
{
    (void)state;
    for (uint64_t seed = 1000; seed < 1010; seed++) {
        assert_int_equal(run(seed), run(seed));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_nothing_leaks_and_streams_are_prefixes),
        UNIT(test_chaos_repeats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
