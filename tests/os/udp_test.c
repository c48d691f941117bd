/* Datagrams on real sockets, over loopback: to one, to all, to groups; what cannot be sent. */
#include "os/udp.h"

#include <sys/resource.h>

#include "tests/os/world.h"

#define EARS_MAX 4
#define HEARD_MAX 256

/* A socket and what it heard. */
struct ear {
    struct port_udp *udp;
    struct multiaddr_ip at;
    size_t count;
    struct multiaddr_ip from; /* of the last */
    uint32_t interface;
    size_t len;
    uint8_t bytes[HEARD_MAX];
    size_t wanted; /* what the test waits for */
    bool closes;   /* itself, in `received` */
};

struct fixture {
    struct wavu_os *os;
    struct port *port;
    struct ear ears[EARS_MAX];
};

static struct fixture *f;
static const struct port_net *net;

static void on_received(void *context, const struct port_datagram *d)
{
    struct ear *e = context;
    assert_non_null(e->udp);
    e->count++;
    e->from = d->from;
    e->interface = d->interface;
    e->len = d->bytes.len;
    memcpy(e->bytes, d->bytes.ptr, d->bytes.len < HEARD_MAX ? d->bytes.len : HEARD_MAX);
    memset(d->bytes.ptr, 0x55, d->bytes.len); /* ours until return */
    if (e->closes) {
        net->udp_close(e->udp);
        e->udp = NULL;
    }
}

static const struct port_udp_user user = {.received = on_received};

static int setup(void **state)
{
    f = mem_new(sizeof *f);
    f->os = wavu_os_new();
    f->port = wavu_os_port_new(f->os, NULL);
    net = f->port->net;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < EARS_MAX; i++) {
        if (f->ears[i].udp != NULL) {
            net->udp_close(f->ears[i].udp);
        }
    }
    wavu_os_port_free(f->port);
    wavu_os_free(f->os);
    mem_free(f);
    return mem_live_count() == 0 ? 0 : -1;
}

static struct ear *listen_at(size_t i, struct multiaddr_ip at, bool is_shared)
{
    struct ear *e = &f->ears[i];
    assert_int_equal(net->udp_open(f->port, &at, is_shared, &user, e, &e->udp), 0);
    net->udp_address(e->udp, &e->at);
    assert_true(e->at.port != 0);
    return e;
}

static bool has_wanted(void *context)
{
    const struct ear *e = context;
    return e->count >= e->wanted;
}

static void wait_for(struct ear *e, size_t count)
{
    e->wanted = count;
    world_run_until(f->os, has_wanted, e);
    assert_int_equal(e->count, count);
}

static int say(struct ear *from, const struct multiaddr_ip *to, const char *text)
{
    return net->udp_send(from->udp, to, span_from_text(text));
}

static uint32_t loopback_index(void)
{
    struct port_interface all[PORT_NET_INTERFACES_MAX];
    size_t count = net->udp_interfaces(f->port, all, PORT_NET_INTERFACES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (all[i].is_loopback) {
            return all[i].index;
        }
    }
    return 0;
}

/* Bytes, sender and interface arrive; the answer finds its way back. */
static void test_one_to_one(void **state)
{
    (void)state;
    struct ear *a = listen_at(0, world_any(), false);
    struct ear *b = listen_at(1, world_any(), false);
    assert_int_equal(say(a, &b->at, "hello"), 0);
    wait_for(b, 1);
    assert_int_equal(b->len, 5);
    assert_memory_equal(b->bytes, "hello", 5);
    assert_int_equal(b->from.port, a->at.port);
    assert_int_equal(b->from.ip_len, 4);
    assert_memory_equal(b->from.ip, a->at.ip, 4);
    assert_int_equal(b->interface, loopback_index());
    struct multiaddr_ip back = b->from;
    assert_int_equal(say(b, &back, ""), 0);
    wait_for(a, 1);
    assert_int_equal(a->len, 0);
}

/* Nodes that share a port all hear a broadcast, the sender's own socket included. */
static void test_broadcast_reaches_all_that_share(void **state)
{
    struct multiaddr_ip any = {.ip_len = 4};
    struct multiaddr_ip all = {.ip = {127, 255, 255, 255}, .ip_len = 4};
    (void)state;
    struct ear *a = listen_at(0, any, true);
    any.port = a->at.port;
    struct ear *b = listen_at(1, any, true);
    struct ear *private = listen_at(2, (struct multiaddr_ip){.ip_len = 4}, false);
    all.port = a->at.port;
    assert_int_equal(say(private, &all, "to all"), 0);
    wait_for(a, 1);
    wait_for(b, 1);
    assert_int_equal(b->from.port, private->at.port);
    assert_int_equal(b->interface, loopback_index());
    assert_int_equal(private->count, 0);
}

/* Without sharing, the second one is refused. */
static void test_taken(void **state)
{
    struct port_udp *udp = NULL;
    (void)state;
    struct ear *a = listen_at(0, world_any(), false);
    assert_int_equal(net->udp_open(f->port, &a->at, false, &user, a, &udp), WAVU_ERR_IN_USE);
    assert_int_equal(net->udp_open(f->port, &a->at, true, &user, a, &udp), WAVU_ERR_IN_USE);
    struct multiaddr_ip foreign = {.ip = {192, 0, 2, 77}, .ip_len = 4};
    assert_int_equal(net->udp_open(f->port, &foreign, false, &user, a, &udp), WAVU_ERR_INVALID);
}

/* An interface that has IPv6 and groups, or 0. Loopback mostly has no route to groups of IPv6. */
static uint32_t grouped_index(void)
{
    struct port_interface all[PORT_NET_INTERFACES_MAX];
    size_t count = net->udp_interfaces(f->port, all, PORT_NET_INTERFACES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (all[i].ip.ip_len == 16 && all[i].has_groups && !all[i].is_loopback) {
            return all[i].index;
        }
    }
    return 0;
}

/* Three share a port, two of them joined `group` on the interface `index`. */
static void send_to_group(struct multiaddr_ip any, struct multiaddr_ip group, uint32_t index)
{
    struct ear *a = listen_at(0, any, true);
    any.port = a->at.port;
    struct ear *b = listen_at(1, any, true);
    struct ear *deaf = listen_at(2, any, true);
    group.port = a->at.port;
    assert_int_equal(net->udp_join(a->udp, &group, index), 0);
    assert_int_equal(net->udp_join(b->udp, &group, index), 0);
    assert_int_equal(net->udp_join(b->udp, &group, index), 0); /* again */
    group.zone = index;
    assert_int_equal(say(a, &group, "group"), 0);
    wait_for(a, 1); /* one's own is heard, too */
    wait_for(b, 1);
    assert_int_equal(b->interface, index);
    assert_int_equal(deaf->count, 0);
}

static void test_group_ip4(void **state)
{
    (void)state;
    send_to_group((struct multiaddr_ip){.ip_len = 4},
                  (struct multiaddr_ip){.ip = {224, 0, 0, 251}, .ip_len = 4}, loopback_index());
}

static bool has_ip6(void)
{
    struct multiaddr_ip one = {.ip = {[15] = 1}, .ip_len = 16};
    struct port_udp *udp = NULL;
    if (net->udp_open(f->port, &one, false, &user, &f->ears[3], &udp) < 0) {
        print_message("skipped: this machine has no IPv6\n");
        return false;
    }
    net->udp_close(udp);
    return true;
}

static void test_group_ip6(void **state)
{
    (void)state;
    if (grouped_index() == 0) {
        print_message("skipped: no interface of this machine has groups of IPv6\n");
        skip();
    }
    /* ff01: such datagrams stay in the machine, whatever the interface (RFC 4291 2.7) */
    send_to_group((struct multiaddr_ip){.ip_len = 16},
                  (struct multiaddr_ip){.ip = {0xff, 0x01, [15] = 0xfb}, .ip_len = 16},
                  grouped_index());
}

/* Both families may have the same port; neither hears the other's. */
static void test_ip6_is_alone(void **state)
{
    (void)state;
    if (!has_ip6()) {
        skip();
    }
    struct ear *four = listen_at(0, (struct multiaddr_ip){.ip_len = 4}, false);
    struct multiaddr_ip any = {.ip_len = 16, .port = four->at.port};
    struct ear *six = listen_at(1, any, false);
    struct multiaddr_ip to = {.ip = {[15] = 1}, .ip_len = 16, .port = six->at.port};
    assert_int_equal(say(four, &to, "x"), WAVU_ERR_INVALID);
    assert_int_equal(say(six, &to, "six"), 0);
    wait_for(six, 1);
    assert_int_equal(six->from.ip_len, 16);
    assert_int_equal(six->interface, loopback_index());
    assert_int_equal(four->count, 0);
}

static void test_errors(void **state)
{
    static uint8_t large[PORT_NET_DATAGRAM_MAX + 1];
    struct multiaddr_ip group = {.ip = {224, 0, 0, 251}, .ip_len = 4};
    struct multiaddr_ip group6 = {.ip = {0xff, 0x02, [15] = 0xfb}, .ip_len = 16};
    (void)state;
    struct ear *a = listen_at(0, world_any(), false);
    assert_int_equal(net->udp_join(a->udp, &a->at, 1), WAVU_ERR_INVALID);
    assert_int_equal(net->udp_join(a->udp, &group6, 1), WAVU_ERR_INVALID);
    assert_int_equal(net->udp_join(a->udp, &group, 999999), WAVU_ERR_NOT_FOUND);
    assert_int_equal(net->udp_send(a->udp, &a->at, span_of(large, sizeof large)), WAVU_ERR_LIMIT);
    assert_int_equal(net->udp_send(a->udp, &a->at, span_of(large, sizeof large - 1)), 0);
    wait_for(a, 1);
    assert_int_equal(a->len, PORT_NET_DATAGRAM_MAX);
    group.port = a->at.port;
    group.zone = 999999;
    int rc = say(a, &group, "x");
    assert_true(rc == WAVU_ERR_NOT_FOUND || rc == WAVU_ERR_UNREACHABLE);
}

/* A closed port is nobody's business: sending on goes on. */
static void test_nobody_there(void **state)
{
    (void)state;
    struct ear *a = listen_at(0, world_any(), false);
    struct ear *b = listen_at(1, world_any(), false);
    struct multiaddr_ip gone = b->at;
    net->udp_close(b->udp);
    b->udp = NULL;
    for (int i = 0; i < 3; i++) {
        (void)say(a, &gone, "anybody");
        wavu_os_run(f->os, WORLD_STEP_MS);
    }
    assert_int_equal(say(a, &a->at, "me"), 0);
    wait_for(a, 1);
    assert_int_equal(b->count, 0);
}

static void test_close_in_received(void **state)
{
    (void)state;
    struct ear *a = listen_at(0, world_any(), false);
    struct ear *b = listen_at(1, world_any(), false);
    b->closes = true;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(say(a, &b->at, "last"), 0);
    }
    wait_for(b, 1);
    wavu_os_run(f->os, 5 * WORLD_STEP_MS);
    assert_int_equal(b->count, 1);
}

/* A flood is taken in portions, so that others have their turns in between. */
static void test_flood_leaves_turns(void **state)
{
    (void)state;
    struct ear *a = listen_at(0, world_any(), false);
    struct ear *b = listen_at(1, world_any(), false);
    size_t sent = 0;
    while (sent < (size_t)2 * UDP_READS_MAX && say(a, &b->at, "flood") == 0) {
        sent++;
    }
    assert_int_equal(sent, 2 * UDP_READS_MAX);
    uint64_t turns = f->port->turn.turns;
    wait_for(b, sent);
    assert_true(f->port->turn.turns - turns >= 2);
}

static void test_out_of_descriptors(void **state)
{
    struct rlimit before;
    struct port_udp *udp = NULL;
    struct multiaddr_ip at = world_any();
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int rc = net->udp_open(f->port, &at, false, &user, &f->ears[0], &udp);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(rc, WAVU_ERR_LIMIT);
}

static void test_interfaces(void **state)
{
    struct port_interface all[PORT_NET_INTERFACES_MAX];
    (void)state;
    size_t count = net->udp_interfaces(f->port, all, PORT_NET_INTERFACES_MAX);
    assert_true(count >= 1);
    size_t loopbacks = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(all[i].index > 0);
        assert_true(all[i].ip.ip_len == 4 || all[i].ip.ip_len == 16);
        assert_int_equal(all[i].ip.port, 0);
        assert_in_range(all[i].prefix, 1, 8 * all[i].ip.ip_len);
        if (all[i].is_loopback && all[i].ip.ip_len == 4) {
            assert_int_equal(all[i].prefix, 8);
        }
        assert_true(all[i].broadcast.ip_len == 0 || all[i].ip.ip_len == 4);
        assert_int_equal(all[i].is_loopback, multiaddr_ip_is_loopback(&all[i].ip));
        loopbacks += all[i].is_loopback ? 1 : 0;
    }
    assert_true(loopbacks >= 1);
    assert_int_equal(net->udp_interfaces(f->port, all, 1), 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_one_to_one),
        IN_WORLD(test_broadcast_reaches_all_that_share),
        IN_WORLD(test_taken),
        IN_WORLD(test_group_ip4),
        IN_WORLD(test_group_ip6),
        IN_WORLD(test_ip6_is_alone),
        IN_WORLD(test_errors),
        IN_WORLD(test_nobody_there),
        IN_WORLD(test_close_in_received),
        IN_WORLD(test_flood_leaves_turns),
        IN_WORLD(test_out_of_descriptors),
        IN_WORLD(test_interfaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
