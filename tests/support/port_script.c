/*
 * What every port must do: calls go down to a port, its callbacks come back into the ends here,
 * which check order and content.
 */
#include "tests/support/port_script.h"

#include "tests/base/unit.h"

#define SCRIPT_NOT_YET 1
#define SCRIPT_CHUNK                                                                               \
    16384 /* a quarter of what a kernel takes in unread at first: the end gets in, too */

struct script_end {
    struct port *port;
    struct port_tcp *tcp;
    int opened;
    int closed;
    uint64_t sent;
    uint64_t received;
    uint64_t writables;
    bool is_paused;
    bool closes_in_bytes; /* closes itself from inside the callback */
    bool closes_in_opened;
    bool closes_in_closed;
};

struct script {
    struct port_script_world *world;
    struct script_end a; /* dials */
    struct script_end b; /* is accepted */
    struct port_listener *listener;
    struct multiaddr_ip at;
    bool closes_in_accepted;
    unsigned accepted;
    const struct port_net *net;
};

static bool script_is_in_call; /* a call of the port is under way: no callback may come */

#define SCRIPT_CALL(statement)                                                                     \
    do {                                                                                           \
        assert_false(script_is_in_call);                                                           \
        script_is_in_call = true;                                                                  \
        statement;                                                                                 \
        script_is_in_call = false;                                                                 \
    } while (0)

static uint8_t script_byte(uint64_t offset)
{
    return (uint8_t)((offset * 13 + offset / 253) & 0xff);
}

static void script_close(struct script *s, struct script_end *e, bool abort)
{
    if (e->tcp != NULL) {
        SCRIPT_CALL(s->net->tcp_close(e->tcp, abort));
        e->tcp = NULL;
    }
}

/* The script that runs; callbacks get an end as their context. */
static struct script *script_now;

static void script_send(struct script_end *e, uint64_t total)
{
    static uint8_t chunk[SCRIPT_CHUNK];
    size_t taken = sizeof(chunk);
    int rc = 0;

    while (rc == 0 && taken == sizeof(chunk) && e->sent + sizeof(chunk) <= total) {
        for (size_t i = 0; i < sizeof(chunk); i++) {
            chunk[i] = script_byte(e->sent + i);
        }
        struct span pieces[3] = {span_of(chunk, 1), span_of(chunk + 1, 9999),
                                 span_of(chunk + 10000, sizeof(chunk) - 10000)};

        SCRIPT_CALL(rc = script_now->net->tcp_send(e->tcp, pieces, 3, &taken));
        e->sent += taken;
    }
}

static void script_on_opened(void *context, int err)
{
    struct script_end *e = context;

    assert_false(script_is_in_call);
    assert_true(e->tcp != NULL && e->opened == SCRIPT_NOT_YET && e->received == 0);
    e->opened = err;
    if (e->closes_in_opened) {
        script_close(script_now, e, false);
    }
}

static void script_on_bytes(void *context, struct span_mut in)
{
    struct script_end *e = context;

    assert_false(script_is_in_call);
    assert_true(e->tcp != NULL && e->closed == SCRIPT_NOT_YET && !e->is_paused);
    assert_true(in.len > 0 && in.len <= PORT_NET_READ_MAX);
    assert_true(e != &script_now->a || e->opened == 0);
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] != script_byte(e->received + i)) {
            fail_msg("byte %zu differs", i);
        }
    }
    memset(in.ptr - PORT_NET_HEADROOM, 0x55, PORT_NET_HEADROOM + in.len);
    e->received += in.len;
    if (e->closes_in_bytes) {
        script_close(script_now, e, true);
    }
}

static void script_on_writable(void *context)
{
    struct script_end *e = context;

    assert_false(script_is_in_call);
    assert_true(e->tcp != NULL && e->closed == SCRIPT_NOT_YET);
    e->writables++;
}

static void script_on_closed(void *context, int err)
{
    struct script_end *e = context;

    assert_false(script_is_in_call);
    assert_true(e->tcp != NULL && e->closed == SCRIPT_NOT_YET);
    e->closed = err;
    if (e->closes_in_closed) {
        script_close(script_now, e, false);
    }
}

static const struct port_tcp_user script_user = {.opened = script_on_opened,
                                                 .bytes = script_on_bytes,
                                                 .writable = script_on_writable,
                                                 .closed = script_on_closed};

static void script_on_accepted(void *context, struct port_tcp *tcp)
{
    struct script *s = context;

    assert_false(script_is_in_call);
    assert_non_null(s->listener);
    s->accepted++;
    s->b.tcp = tcp;
    if (s->closes_in_accepted) {
        script_close(s, &s->b, true);
    } else {
        SCRIPT_CALL(s->net->tcp_attach(tcp, &script_user, &s->b));
    }
}

static void script_on_failed(void *context, int err)
{
    (void)context;
    fail_msg("accepting failed: %d", err);
}

static const struct port_listener_user script_listener_user = {.accepted = script_on_accepted,
                                                               .failed = script_on_failed};

static void script_close_listener(struct script *s)
{
    if (s->listener != NULL) {
        SCRIPT_CALL(s->net->listener_close(s->listener));
        s->listener = NULL;
    }
}

static void script_start(struct script *s, struct port_script_world *world)
{
    int rc;

    *s = (struct script){.world = world, .net = world->ports[0]->net};
    s->a = (struct script_end){
        .port = world->ports[0], .opened = SCRIPT_NOT_YET, .closed = SCRIPT_NOT_YET};
    s->b = s->a;
    s->b.port = world->ports[1];
    script_now = s;
    script_is_in_call = false;
    SCRIPT_CALL(rc = s->net->tcp_listen(world->ports[1], &world->ip, &script_listener_user, s,
                                        &s->listener));
    assert_int_equal(rc, 0);
    SCRIPT_CALL(s->net->listener_address(s->listener, &s->at));
    assert_int_not_equal(s->at.port, 0);
}

static void script_stop(struct script *s)
{
    script_close(s, &s->a, true);
    script_close(s, &s->b, true);
    script_close_listener(s);
    s->world->settle(s->world);
}

static void script_dial(struct script *s)
{
    int rc;

    SCRIPT_CALL(rc = s->net->tcp_dial(s->a.port, &s->at, &script_user, &s->a, &s->a.tcp));
    assert_int_equal(rc, 0);
    assert_int_equal(s->a.opened, SCRIPT_NOT_YET);
}

static bool script_is_connected(void *context)
{
    const struct script *s = context;

    return s->a.opened == 0 && s->accepted > 0;
}

static bool script_a_is_told(void *context)
{
    const struct script *s = context;

    return s->a.closed != SCRIPT_NOT_YET || (s->a.opened != SCRIPT_NOT_YET && s->a.opened != 0);
}

static bool script_b_is_told(void *context)
{
    const struct script *s = context;

    return s->b.closed != SCRIPT_NOT_YET;
}

static bool script_b_has_all(void *context)
{
    const struct script *s = context;

    return s->b.received == s->a.sent;
}

static void script_connect(struct script *s)
{
    script_dial(s);
    assert_true(s->world->run_until(s->world, script_is_connected, s));
}

/* ---- The behaviours ---- */

void port_script_addresses_agree(struct port_script_world *world)
{
    struct script s;
    struct multiaddr_ip mine[2];
    struct multiaddr_ip theirs[2];

    script_start(&s, world);
    script_connect(&s);
    s.net->tcp_addresses(s.a.tcp, &mine[0], &mine[1]);
    s.net->tcp_addresses(s.b.tcp, &theirs[0], &theirs[1]);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(mine[i].port, theirs[1 - i].port);
        assert_int_equal(mine[i].ip_len, theirs[1 - i].ip_len);
        assert_memory_equal(mine[i].ip, theirs[1 - i].ip, mine[i].ip_len);
    }
    assert_int_equal(mine[1].port, s.at.port);
    script_stop(&s);
}

void port_script_bytes_then_end(struct port_script_world *world)
{
    struct script s;

    script_start(&s, world);
    s.b.closes_in_closed = true;
    script_connect(&s);
    script_send(&s.a, 200000);
    assert_true(s.a.sent > 0);
    script_close(&s, &s.a, false); /* what was taken is still sent */
    assert_true(world->run_until(world, script_b_is_told, &s));
    assert_int_equal(s.b.closed, WAVU_ERR_CLOSED);
    assert_int_equal(s.b.received, s.a.sent);
    assert_int_equal(s.a.closed, SCRIPT_NOT_YET);
    script_stop(&s);
}

/* A reader that pauses loses nothing when the other side ends meanwhile. */
void port_script_paused_end_waits(struct port_script_world *world)
{
    struct script s;

    script_start(&s, world);
    script_connect(&s);
    SCRIPT_CALL(s.net->tcp_pause(s.b.tcp, true));
    s.b.is_paused = true;
    script_send(&s.a, SCRIPT_CHUNK);
    script_close(&s, &s.a, false);
    world->settle(world);
    assert_int_equal(s.b.closed, SCRIPT_NOT_YET);
    s.b.is_paused = false;
    SCRIPT_CALL(s.net->tcp_pause(s.b.tcp, false));
    assert_true(world->run_until(world, script_b_is_told, &s));
    assert_int_equal(s.b.closed, WAVU_ERR_CLOSED);
    assert_int_equal(s.b.received, s.a.sent);
    script_stop(&s);
}

void port_script_abort_resets(struct port_script_world *world)
{
    struct script s;

    script_start(&s, world);
    script_connect(&s);
    script_close(&s, &s.a, true);
    assert_true(world->run_until(world, script_b_is_told, &s));
    assert_int_equal(s.b.closed, WAVU_ERR_RESET);
    script_stop(&s);
}

void port_script_send_after_reset(struct port_script_world *world)
{
    struct script s;
    size_t taken = 9;
    struct span piece = span_from_text("late");
    int rc;

    script_start(&s, world);
    script_connect(&s);
    script_close(&s, &s.a, true);
    assert_true(world->run_until(world, script_b_is_told, &s));
    SCRIPT_CALL(rc = s.net->tcp_send(s.b.tcp, &piece, 1, &taken));
    assert_int_equal(rc, WAVU_ERR_RESET);
    assert_int_equal(taken, 0);
    world->settle(world); /* and nothing is told twice: on_closed asserts it */
    script_stop(&s);
}

void port_script_refused(struct port_script_world *world)
{
    struct script s;

    script_start(&s, world);
    script_close_listener(&s);
    script_dial(&s);
    assert_true(world->run_until(world, script_a_is_told, &s));
    assert_int_equal(s.a.opened, WAVU_ERR_REFUSED);
    assert_int_equal(s.a.closed, SCRIPT_NOT_YET);
    script_stop(&s);
}

static bool script_a_may_write(void *context)
{
    const struct script *s = context;

    return s->a.writables > 0;
}

void port_script_pause_pushes_back(struct port_script_world *world)
{
    struct script s;

    script_start(&s, world);
    script_connect(&s);
    SCRIPT_CALL(s.net->tcp_pause(s.b.tcp, true));
    s.b.is_paused = true;
    script_send(&s.a, UINT64_MAX / 2); /* until it takes less */
    world->settle(world);
    assert_int_equal(s.b.received, 0); /* on_bytes asserts it, too */
    s.b.is_paused = false;
    SCRIPT_CALL(s.net->tcp_pause(s.b.tcp, false));
    assert_true(world->run_until(world, script_a_may_write, &s));
    assert_true(world->run_until(world, script_b_has_all, &s));
    script_stop(&s);
}

void port_script_close_from_callbacks(struct port_script_world *world)
{
    struct script s;

    for (unsigned i = 0; i < 3; i++) {
        script_start(&s, world);
        s.a.closes_in_opened = i == 0;
        s.closes_in_accepted = i == 1;
        s.b.closes_in_bytes = i == 2;
        script_dial(&s);
        if (i == 2) {
            assert_true(world->run_until(world, script_is_connected, &s));
            script_send(&s.a, SCRIPT_CHUNK);
            assert_true(world->run_until(world, script_a_is_told, &s));
            assert_int_equal(s.a.closed, WAVU_ERR_RESET);
        }
        world->settle(world); /* callbacks assert that their end is not closed */
        assert_true(i != 0 || (s.a.opened == 0 && s.b.closed == WAVU_ERR_CLOSED));
        assert_true(i != 1 || s.a.closed == WAVU_ERR_RESET || s.a.opened == WAVU_ERR_RESET);
        script_stop(&s);
    }
}

void port_script_listeners(struct port_script_world *world)
{
    struct script s;
    struct port_listener *second = NULL;
    struct multiaddr_ip foreign = {.ip = {192, 0, 2, 1}, .ip_len = 4};
    int rc;

    script_start(&s, world);
    SCRIPT_CALL(rc = s.net->tcp_listen(s.b.port, &s.at, &script_listener_user, &s, &second));
    assert_int_equal(rc, WAVU_ERR_IN_USE);
    SCRIPT_CALL(rc = s.net->tcp_listen(s.b.port, &foreign, &script_listener_user, &s, &second));
    assert_int_equal(rc, WAVU_ERR_INVALID);
    assert_true(s.net->interfaces(s.b.port, &foreign, 1) == 1);
    script_stop(&s);
}

struct script_looked {
    int err;
    size_t count;
};

static void script_on_done(void *context, int err, const struct multiaddr_ip *found, size_t count)
{
    struct script_looked *l = context;

    assert_false(script_is_in_call);
    assert_int_equal(l->err, SCRIPT_NOT_YET);
    for (size_t i = 0; i < count; i++) {
        assert_true(found[i].port == 0 && (found[i].ip_len == 4 || found[i].ip_len == 16));
    }
    l->err = err;
    l->count = count;
}

static bool script_is_looked_up(void *context)
{
    const struct script_looked *l = context;

    return l->err != SCRIPT_NOT_YET;
}

void port_script_lookups(struct port_script_world *world)
{
    static const struct port_lookup_user user = {.done = script_on_done};
    struct port *port = world->ports[0];
    const char *names[2] = {world->name, "192.0.2.7"};
    struct port_lookup *lookup = NULL;
    struct script_looked cancelled = {.err = SCRIPT_NOT_YET};
    int rc;

    for (size_t i = 0; i < 2; i++) {
        struct script_looked l = {.err = SCRIPT_NOT_YET};

        SCRIPT_CALL(rc = port->net->lookup(port, names[i], 0, &user, &l, &lookup));
        assert_int_equal(rc, 0);
        assert_true(world->run_until(world, script_is_looked_up, &l));
        assert_int_equal(l.err, 0);
        assert_true(l.count > 0 && l.count <= PORT_NET_NAMES_MAX);
    }
    SCRIPT_CALL(rc = port->net->lookup(port, world->name, 0, &user, &cancelled, &lookup));
    assert_int_equal(rc, 0);
    SCRIPT_CALL(port->net->lookup_cancel(lookup));
    world->settle(world);
    assert_int_equal(cancelled.err, SCRIPT_NOT_YET);
}

struct script_clocked {
    struct timer timer;
    struct turn_job job;
    struct port *port;
    unsigned fired;
    unsigned ran;
};

static void script_on_fire(struct timer *timer, uint64_t now)
{
    struct script_clocked *c = LIST_OF(timer, struct script_clocked, timer);

    assert_true(c->port->turn.is_running && now >= timer->due_ns);
    c->fired++;
}

static void script_on_run(struct turn_job *job, uint64_t now)
{
    struct script_clocked *c = LIST_OF(job, struct script_clocked, job);

    assert_true(c->port->turn.is_running && now == c->port->turn.now_ns);
    assert_true(c->port->precise_ns(c->port) >= now);
    c->ran++;
}

static bool script_has_both(void *context)
{
    const struct script_clocked *c = context;

    return c->fired > 0 && c->ran > 0;
}

void port_script_turns(struct port_script_world *world)
{
    struct script_clocked c = {.port = world->ports[0], .job.run = script_on_run};
    uint64_t set_ns = c.port->precise_ns(c.port);

    timers_prepare(&c.timer, script_on_fire);
    timers_set(&c.port->turn.timers, &c.timer, set_ns + 5 * TIMERS_MS, 0);
    turn_queue(&c.port->turn, &c.job);
    assert_int_equal(c.ran, 0); /* a wake is not a call */
    assert_true(world->run_until(world, script_has_both, &c));
    assert_true(c.port->turn.now_ns >= set_ns + 5 * TIMERS_MS);
    assert_true(c.fired == 1 && c.ran == 1);
    assert_true(c.port->wall_ms(c.port) > UINT64_C(1600000000000));
}
