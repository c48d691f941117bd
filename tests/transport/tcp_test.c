/* Links over TCP, on the system's own sockets. */
#include "transport/tcp.h"

#include "tests/base/unit.h"
#include "wavu/os.h"

#define LIMIT_NS (60 * TIMERS_SECOND)

/* One end of a link; it echoes what comes when it was accepted. */
struct end {
    struct link *link;
    int opened;
    int closed;
    int closed_err;
    int writables;
    size_t received;
    size_t sent;
    bool echoes;
};

struct fixture {
    struct wavu_os *os;
    struct port *ports[2];
    struct tcp tcp[2];
    struct transport_listener *listener;
    struct multiaddr at;
    struct end a; /* dials */
    struct end b; /* is accepted */
    bool refuses; /* close what is accepted at once */
    int accepts;
};

static struct fixture *f;

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 7 + at / 251);
}

static void end_send(struct end *e, size_t total)
{
    uint8_t block[10000];
    size_t taken = 1;
    while (e->sent < total && taken > 0) {
        size_t len = total - e->sent < sizeof block ? total - e->sent : sizeof block;
        for (size_t i = 0; i < len; i++) {
            block[i] = pattern(e->sent + i);
        }
        struct span pieces[2] = {span_of(block, 1), span_of(block + 1, len - 1)};
        assert_int_equal(link_send(e->link, pieces, 2, &taken), 0);
        e->sent += taken;
    }
}

static void on_up(void *context, struct link *link, const struct link_event *event)
{
    struct end *e = context;
    assert_ptr_equal(link, e->link);
    assert_int_equal(e->closed, 0);
    switch (event->kind) {
    case LINK_OPENED:
        e->opened++;
        break;
    case LINK_BYTES:
        for (size_t i = 0; i < event->bytes.len; i++) {
            assert_int_equal(event->bytes.ptr[i], pattern(e->received + i));
        }
        memset(event->bytes.ptr - LINK_HEADROOM, 0x55, LINK_HEADROOM + event->bytes.len);
        e->received += event->bytes.len;
        if (e->echoes) {
            end_send(e, e->received);
        }
        break;
    case LINK_WRITABLE:
        e->writables++;
        if (e->echoes) {
            end_send(e, e->received);
        }
        break;
    case LINK_CLOSED:
        e->closed++;
        e->closed_err = event->err;
        break;
    }
}

static void on_accepted(void *context, struct link *link)
{
    assert_ptr_equal(context, f);
    f->accepts++;
    if (f->refuses) {
        link_close(link, true);
        return;
    }
    f->b = (struct end){.link = link, .echoes = true};
    link->user = (struct link_user){.up = on_up, .context = &f->b};
}

static struct multiaddr address(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(&a, span_from_text(text)), 0);
    return a;
}

static int setup(void **state)
{
    f = mem_new(sizeof *f);
    f->os = wavu_os_new();
    for (size_t i = 0; i < 2; i++) {
        f->ports[i] = wavu_os_port_new(f->os, NULL);
        tcp_init(&f->tcp[i], f->ports[i]);
    }
    struct transport *t = &f->tcp[1].transport;
    struct transport_listener_user user = {.accepted = on_accepted, .context = f};
    struct multiaddr any = address("/ip4/127.0.0.1/tcp/0");
    if (t->ops->listen(t, &any, user, &f->listener) < 0) {
        return -1;
    }
    t->ops->listener_address(f->listener, &f->at);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct end *ends[2] = {&f->a, &f->b};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        if (ends[i]->link != NULL) {
            link_close(ends[i]->link, true);
        }
    }
    f->tcp[1].transport.ops->listener_close(f->listener);
    wavu_os_port_free(f->ports[0]);
    wavu_os_port_free(f->ports[1]);
    wavu_os_free(f->os);
    mem_free(f);
    return mem_live_count() == 0 ? 0 : -1;
}

static int dial(const struct multiaddr *to)
{
    struct transport *t = &f->tcp[0].transport;
    struct link_user user = {.up = on_up, .context = &f->a};
    return t->ops->dial(t, to, user, &f->a.link);
}

static void run_until(bool (*is_done)(void))
{
    uint64_t end_ns = wavu_os_now_ns() + LIMIT_NS;
    while (!is_done()) {
        assert_true(wavu_os_now_ns() < end_ns);
        wavu_os_run(f->os, 2);
    }
}

static bool is_connected(void)
{
    return f->a.opened > 0 && f->accepts > 0;
}

static bool is_echoed(void)
{
    return f->a.received == f->a.sent;
}

static bool is_a_closed(void)
{
    return f->a.closed > 0;
}

static bool is_b_closed(void)
{
    return f->b.closed > 0;
}

static void test_speaks(void **state)
{
    static const struct {
        const char *text;
        bool speaks;
    } rows[] = {
        {"/ip4/192.0.2.7/tcp/4001", true},
        {"/ip6/2001:db8::1/tcp/4001", true},
        {"/ip6zone/2/ip6/fe80::1/tcp/4001", true},
        {"/ip6zone/lo/ip6/fe80::1/tcp/4001",
         false}, /* zones are numbers: the port knows no names */
        {"/ip4/192.0.2.7/tcp/4001/ws", false},
        {"/ip4/192.0.2.7/tcp/4001/tls/ws", false},
        {"/ip4/192.0.2.7/udp/4001", false},
        {"/ip4/192.0.2.7/udp/4001/quic-v1", false},
        {"/ip4/192.0.2.7", false},
        {"/dns4/host.example/tcp/4001", false},
        {"/ip4/192.0.2.7/tcp/1/ip4/192.0.2.8/tcp/2", false},
        {"/ip4/192.0.2.7/tcp/1/tcp/2", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct multiaddr a = address(rows[i].text);
        print_message("%s\n", rows[i].text);
        assert_int_equal(f->tcp[0].transport.ops->speaks(&a), rows[i].speaks);
    }
    struct multiaddr none = {.len = 0};
    assert_false(f->tcp[0].transport.ops->speaks(&none));
}

static void test_echo(void **state)
{
    struct multiaddr ends[4];
    (void)state;
    assert_int_equal(dial(&f->at), 0);
    assert_int_equal(f->a.opened, 0); /* never from inside the call */
    run_until(is_connected);
    assert_int_equal(f->a.link->capabilities, LINK_STREAM);
    assert_true(f->a.link->is_dialled);
    assert_false(f->b.link->is_dialled);
    link_addresses(f->a.link, &ends[0], &ends[1]);
    link_addresses(f->b.link, &ends[2], &ends[3]);
    assert_true(multiaddr_is_equal(&ends[0], &ends[3]));
    assert_true(multiaddr_is_equal(&ends[1], &ends[2]));
    assert_true(multiaddr_is_equal(&ends[1], &f->at));
    end_send(&f->a, 300000);
    run_until(is_echoed);
    assert_int_equal(f->a.received, f->a.sent);
}

static void test_pause(void **state)
{
    (void)state;
    assert_int_equal(dial(&f->at), 0);
    run_until(is_connected);
    link_pause(f->b.link, true);
    end_send(&f->a, 1000);
    wavu_os_run(f->os, 10);
    assert_int_equal(f->b.received, 0);
    link_pause(f->b.link, false);
    run_until(is_echoed);
}

static void test_ends(void **state)
{
    (void)state;
    assert_int_equal(dial(&f->at), 0);
    run_until(is_connected);
    link_close(f->a.link, false);
    f->a.link = NULL;
    run_until(is_b_closed);
    assert_int_equal(f->b.closed_err, WAVU_ERR_CLOSED);
    link_close(f->b.link, false);
    f->b.link = NULL;

    f->accepts = 0;
    f->a = (struct end){.link = NULL};
    assert_int_equal(dial(&f->at), 0);
    run_until(is_connected);
    link_close(f->b.link, true);
    f->b.link = NULL;
    run_until(is_a_closed);
    assert_int_equal(f->a.closed_err, WAVU_ERR_RESET);
}

/* A link may be turned away from inside `accepted`. */
static void test_turned_away(void **state)
{
    (void)state;
    f->refuses = true;
    assert_int_equal(dial(&f->at), 0);
    run_until(is_a_closed);
    assert_int_equal(f->a.closed_err, WAVU_ERR_RESET);
    assert_int_equal(f->accepts, 1);
}

static void test_refused(void **state)
{
    struct multiaddr at = f->at;
    struct transport *t = &f->tcp[1].transport;
    struct transport_listener_user user = {.accepted = on_accepted, .context = f};
    struct transport_listener *second = NULL;
    (void)state;
    /* A port that was just free: listened at, and given up. */
    struct multiaddr any = address("/ip4/127.0.0.1/tcp/0");
    assert_int_equal(t->ops->listen(t, &f->at, user, &second), WAVU_ERR_IN_USE);
    assert_int_equal(t->ops->listen(t, &any, user, &second), 0);
    t->ops->listener_address(second, &at);
    t->ops->listener_close(second);
    assert_int_equal(dial(&at), 0);
    run_until(is_a_closed);
    assert_int_equal(f->a.closed_err, WAVU_ERR_REFUSED);
    assert_int_equal(f->a.opened, 0);
}

static void test_addresses_that_are_none(void **state)
{
    struct transport *t = &f->tcp[1].transport;
    struct transport_listener_user user = {.accepted = on_accepted, .context = f};
    struct transport_listener *l = NULL;
    struct multiaddr udp = address("/ip4/127.0.0.1/udp/1");
    struct multiaddr name = address("/dns4/host.example/tcp/1");
    struct multiaddr foreign = address("/ip4/192.0.2.7/tcp/0");
    (void)state;
    assert_int_equal(dial(&udp), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(dial(&name), WAVU_ERR_UNSUPPORTED);
    assert_null(f->a.link);
    assert_int_equal(t->ops->listen(t, &udp, user, &l), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(t->ops->listen(t, &foreign, user, &l), WAVU_ERR_INVALID);
    assert_null(l);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_speaks),
        IN_WORLD(test_echo),
        IN_WORLD(test_pause),
        IN_WORLD(test_ends),
        IN_WORLD(test_turned_away),
        IN_WORLD(test_refused),
        IN_WORLD(test_addresses_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
