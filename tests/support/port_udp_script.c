/*
 * What every port must do with datagrams: the same script over real sockets and simulated ones.
 */
#include "tests/support/port_script.h"

#include "tests/base/unit.h"

/* A socket, and the last datagram that it heard. */
struct udp_ear {
    struct port *port;
    struct port_udp *udp;
    struct multiaddr_ip at;
    size_t count;
    size_t wanted;
    struct multiaddr_ip from;
    uint32_t interface;
    size_t len;
    uint8_t first;
    bool closes;
};

static bool udp_is_in_call;

static void udp_on_received(void *context, const struct port_datagram *d)
{
    struct udp_ear *e = context;

    assert_false(udp_is_in_call);
    assert_non_null(e->udp);
    e->count++;
    e->from = d->from;
    e->interface = d->interface;
    e->len = d->bytes.len;
    e->first = d->bytes.len > 0 ? d->bytes.ptr[0] : 0;
    memset(d->bytes.ptr, 0x55, d->bytes.len);
    if (e->closes) {
        e->port->net->udp_close(e->udp);
        e->udp = NULL;
    }
}

static const struct port_udp_user udp_user = {.received = udp_on_received};

static int udp_open_at(struct udp_ear *e, struct port *port, struct multiaddr_ip at, bool is_shared)
{
    *e = (struct udp_ear){.port = port};
    int rc = port->net->udp_open(port, &at, is_shared, &udp_user, e, &e->udp);

    if (rc == 0) {
        port->net->udp_address(e->udp, &e->at);
        assert_true(e->at.port != 0 && e->at.ip_len == at.ip_len);
    }
    return rc;
}

static void udp_close_ear(struct udp_ear *e)
{
    if (e->udp != NULL) {
        e->port->net->udp_close(e->udp);
        e->udp = NULL;
    }
}

static int udp_say(struct udp_ear *e, struct multiaddr_ip to, struct span bytes)
{
    udp_is_in_call = true;
    int rc = e->port->net->udp_send(e->udp, &to, bytes);
    udp_is_in_call = false;
    return rc;
}

static bool udp_has_wanted(void *context)
{
    const struct udp_ear *e = context;

    return e->count >= e->wanted;
}

static void udp_expect(struct port_script_world *world, struct udp_ear *e, size_t count)
{
    e->wanted = count;
    assert_true(world->run_until(world, udp_has_wanted, e));
    world->settle(world);
    assert_int_equal(e->count, count);
}

void port_script_datagrams(struct port_script_world *world)
{
    static uint8_t large[PORT_NET_DATAGRAM_MAX + 1];
    struct udp_ear a;
    struct udp_ear b;
    struct multiaddr_ip six = {.ip = {[15] = 1}, .ip_len = 16, .port = 1};

    assert_int_equal(udp_open_at(&b, world->ports[1], world->ip, false), 0);
    struct multiaddr_ip any = {.ip_len = world->ip.ip_len};
    assert_int_equal(udp_open_at(&a, world->ports[0], any, false), 0);

    assert_int_equal(udp_say(&a, b.at, UNIT_TEXT("hello")), 0);
    udp_expect(world, &b, 1);
    assert_true(b.len == 5 && b.first == 'h' && b.interface > 0);
    assert_int_equal(b.from.port, a.at.port);
    assert_false(multiaddr_ip_is_unspecified(&b.from));
    assert_int_equal(udp_say(&b, b.from, span_empty()), 0); /* back to where it came from */
    udp_expect(world, &a, 1);
    assert_int_equal(a.len, 0);

    assert_int_equal(udp_say(&a, b.at, span_of(large, sizeof large)), WAVU_ERR_LIMIT);
    assert_int_equal(udp_say(&a, six, UNIT_TEXT("x")), WAVU_ERR_INVALID);
    b.closes = true;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(udp_say(&a, b.at, UNIT_TEXT("last")), 0);
    }
    udp_expect(world, &b, 2);
    assert_null(b.udp);
    (void)udp_say(&a, b.at, UNIT_TEXT("nobody")); /* lost, or the system knows: no harm */
    world->settle(world);
    udp_close_ear(&a);
    world->settle(world);
}

void port_script_shared_datagrams(struct port_script_world *world)
{
    struct udp_ear ears[3];
    struct multiaddr_ip any = {.ip_len = 4};
    struct multiaddr_ip all = {.ip = {127, 255, 255, 255}, .ip_len = 4};
    struct multiaddr_ip group = {.ip = {224, 0, 0, 251}, .ip_len = 4};
    struct multiaddr_ip foreign = {.ip = {192, 0, 2, 200}, .ip_len = 4};
    struct port *port = world->ports[1];

    assert_int_equal(udp_open_at(&ears[0], port, any, true), 0);
    any.port = ears[0].at.port;
    assert_int_equal(udp_open_at(&ears[1], port, any, true), 0);
    assert_int_equal(udp_open_at(&ears[2], port, any, false), WAVU_ERR_IN_USE);
    assert_int_equal(udp_open_at(&ears[2], port, foreign, false), WAVU_ERR_INVALID);
    all.port = any.port;
    assert_int_equal(udp_say(&ears[0], all, UNIT_TEXT("all")), 0);
    udp_expect(world, &ears[0], 1); /* its own, too */
    udp_expect(world, &ears[1], 1);
    assert_true(multiaddr_ip_is_loopback(&ears[1].from));

    assert_int_equal(port->net->udp_join(ears[0].udp, &foreign, 1), WAVU_ERR_INVALID);
    assert_int_equal(port->net->udp_join(ears[0].udp, &group, 999999), WAVU_ERR_NOT_FOUND);
    assert_int_equal(port->net->udp_join(ears[0].udp, &group, ears[0].interface), 0);
    assert_int_equal(port->net->udp_join(ears[0].udp, &group, ears[0].interface), 0);
    group.port = any.port;
    group.zone = ears[0].interface;
    assert_int_equal(udp_say(&ears[1], group, UNIT_TEXT("group")), 0);
    udp_expect(world, &ears[0], 2);
    assert_true(multiaddr_ip_is_loopback(&ears[0].from));
    assert_int_equal(ears[1].count, 1); /* did not join */
    udp_close_ear(&ears[0]);
    udp_close_ear(&ears[1]);
    world->settle(world);
}

void port_script_interfaces(struct port_script_world *world)
{
    struct port_interface all[PORT_NET_INTERFACES_MAX];
    struct port *port = world->ports[1];
    size_t count = port->net->udp_interfaces(port, all, PORT_NET_INTERFACES_MAX);
    bool has_ours = false;
    bool has_loopback = false;

    for (size_t i = 0; i < count; i++) {
        assert_true(all[i].index > 0 && all[i].ip.port == 0);
        assert_in_range(all[i].prefix, 1, 8 * all[i].ip.ip_len);
        assert_int_equal(all[i].is_loopback, multiaddr_ip_is_loopback(&all[i].ip));
        assert_true(all[i].broadcast.ip_len == 0 || all[i].ip.ip_len == 4);
        has_loopback = has_loopback || all[i].is_loopback;
        has_ours = has_ours || span_is_equal(span_of(all[i].ip.ip, all[i].ip.ip_len),
                                             span_of(world->ip.ip, world->ip.ip_len));
    }
    assert_true(has_ours && has_loopback);
    assert_int_equal(port->net->udp_interfaces(port, all, 1), 1);
}
