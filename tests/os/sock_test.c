/* TCP on real sockets: much, many, broken, and too many. What every port must do is in
 * tests/support/port_script.c. */
#include "os/sock.h"

#include <netinet/tcp.h>
#include <sys/resource.h>

#include "base/buf.h"

#include "tests/os/world.h"

#define BLOCK 65536
#define QUEUE_MAX 262144 /* bytes that the echo keeps before it stops reading */
#define MANY 400

/* One end of a connection. The tests look at what its callbacks were told. */
struct end {
    struct port *port;
    struct port_tcp *tcp;
    uint64_t sent;
    uint64_t to_send;
    uint64_t received;
    int opened; /* how often, and with what */
    int opened_err;
    int closed;
    int closed_err;
    int writables;
    bool echoes;
    struct buf queue; /* an echo's */
    bool is_paused;
    struct timer resume;
    struct random_seeded draw;
    uint64_t pauses; /* taken at random while reading */
    bool may_pause;
};

struct fixture {
    struct wavu_os *os;
    struct port *ports[2];
    struct port_listener *listener;
    struct multiaddr_ip at;
    struct end accepted[MANY];
    size_t accepts;
    int failed; /* with what accepting failed last */
    int fails;
};

static struct fixture *f;
static const struct port_net *net;

static uint8_t pattern(uint64_t at)
{
    return (uint8_t)(at * 7 + at / 251);
}

/* ---- Ends ---- */

static void end_send(struct end *e)
{
    static uint8_t block[BLOCK];
    size_t taken = 1;
    while (e->tcp != NULL && taken > 0 && e->sent < e->to_send) {
        size_t len = e->to_send - e->sent < BLOCK ? (size_t)(e->to_send - e->sent) : BLOCK;
        for (size_t i = 0; i < len; i++) {
            block[i] = pattern(e->sent + i);
        }
        struct span pieces[3] = {span_of(block, len / 3), span_empty(),
                                 span_of(block + len / 3, len - len / 3)};
        assert_int_equal(net->tcp_send(e->tcp, pieces, 3, &taken), 0);
        assert_true(taken <= len);
        e->sent += taken;
    }
}

static void end_echo(struct end *e)
{
    struct span piece = buf_span(&e->queue);
    size_t taken = 0;
    if (e->queue.len == 0 || e->tcp == NULL) {
        return;
    }
    assert_int_equal(net->tcp_send(e->tcp, &piece, 1, &taken), 0);
    buf_drop_front(&e->queue, taken);
    if (e->is_paused && e->queue.len < QUEUE_MAX / 2) {
        e->is_paused = false;
        net->tcp_pause(e->tcp, false);
    }
}

static void on_opened(void *context, int err)
{
    struct end *e = context;
    e->opened++;
    e->opened_err = err;
    if (err == 0) {
        end_send(e);
    }
}

static void on_resume(struct timer *timer, uint64_t now)
{
    struct end *e = LIST_OF(timer, struct end, resume);
    (void)now;
    e->is_paused = false;
    if (e->tcp != NULL) {
        net->tcp_pause(e->tcp, false);
    }
}

static void pause_at_random(struct end *e)
{
    struct random r = random_from_seeded(&e->draw);
    if (random_below(&r, 8) == 0) {
        e->is_paused = true;
        e->pauses++;
        net->tcp_pause(e->tcp, true);
        timers_set(&e->port->turn.timers, &e->resume,
                   e->port->turn.now_ns + random_below(&r, 20 * TIMERS_MS), 0);
    }
}

static void on_bytes(void *context, struct span_mut in)
{
    struct end *e = context;
    assert_false(e->is_paused);
    assert_int_equal(e->closed, 0);
    assert_true(in.len > 0 && in.len <= PORT_NET_READ_MAX);
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] != pattern(e->received + i)) {
            fail_msg("byte %zu is not the one that was sent", (size_t)e->received + i);
        }
    }
    e->received += in.len;
    if (e->echoes) {
        assert_int_equal(buf_append(&e->queue, span_from_mut(in)), 0);
        end_echo(e);
        if (e->queue.len >= QUEUE_MAX) {
            e->is_paused = true;
            net->tcp_pause(e->tcp, true);
        }
    } else if (e->may_pause) {
        pause_at_random(e);
    }
    memset(in.ptr - PORT_NET_HEADROOM, 0x55, PORT_NET_HEADROOM + in.len); /* ours until return */
}

static void on_writable(void *context)
{
    struct end *e = context;
    e->writables++;
    if (e->echoes) {
        end_echo(e);
    } else {
        end_send(e);
    }
}

static void on_closed(void *context, int err)
{
    struct end *e = context;
    e->closed++;
    e->closed_err = err;
}

static const struct port_tcp_user user = {
    .opened = on_opened, .bytes = on_bytes, .writable = on_writable, .closed = on_closed};

static void end_init(struct end *e, struct port *port, uint64_t to_send)
{
    *e = (struct end){.port = port, .to_send = to_send};
    buf_init(&e->queue, QUEUE_MAX + PORT_NET_READ_MAX);
    timers_prepare(&e->resume, on_resume);
    random_seeded_init(&e->draw, to_send);
}

static void end_clear(struct end *e)
{
    buf_clear(&e->queue);
    timers_cancel(&e->port->turn.timers, &e->resume);
    if (e->tcp != NULL) {
        net->tcp_close(e->tcp, true);
        e->tcp = NULL;
    }
}

/* ---- The world ---- */

static void on_accepted(void *context, struct port_tcp *tcp)
{
    struct fixture *w = context;
    assert_true(w->accepts < MANY);
    struct end *e = &w->accepted[w->accepts++];
    end_init(e, w->ports[1], 0);
    e->tcp = tcp;
    e->echoes = true;
    net->tcp_attach(tcp, &user, e);
}

static void on_failed(void *context, int err)
{
    struct fixture *w = context;
    w->failed = err;
    w->fails++;
}

static int setup(void **state)
{
    static const struct port_listener_user listening = {.accepted = on_accepted,
                                                        .failed = on_failed};
    f = mem_new(sizeof *f);
    f->os = wavu_os_new();
    f->ports[0] = wavu_os_port_new(f->os, NULL);
    f->ports[1] = wavu_os_port_new(f->os, NULL);
    net = f->ports[0]->net;
    f->at = world_any();
    if (net->tcp_listen(f->ports[1], &f->at, &listening, f, &f->listener) < 0) {
        return -1;
    }
    net->listener_address(f->listener, &f->at);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < f->accepts; i++) {
        end_clear(&f->accepted[i]);
    }
    if (f->listener != NULL) {
        net->listener_close(f->listener);
    }
    wavu_os_port_free(f->ports[0]);
    wavu_os_port_free(f->ports[1]);
    wavu_os_free(f->os);
    mem_free(f);
    return mem_live_count() == 0 ? 0 : -1;
}

static void dial(struct end *e, uint64_t to_send)
{
    end_init(e, f->ports[0], to_send);
    assert_int_equal(net->tcp_dial(f->ports[0], &f->at, &user, e, &e->tcp), 0);
}

static bool is_echoed(void *context)
{
    const struct end *e = context;
    return e->received == e->to_send;
}

static bool is_closed(void *context)
{
    const struct end *e = context;
    return e->closed > 0;
}

static bool is_opened(void *context)
{
    const struct end *e = context;
    return e->opened > 0;
}

static bool is_accepted(void *context)
{
    const size_t *count = context;
    return f->accepts >= *count;
}

static void wait_accepted(size_t count)
{
    world_run_until(f->os, is_accepted, &count);
}

/* ---- Tests ---- */

/* There and back, with a reader that stops now and then: all of it, in order, within a bounded
 * queue. */
static void test_echo(void **state)
{
    struct end e;
    (void)state;
    dial(&e, UINT64_C(64) * 1024 * 1024);
    e.may_pause = true;
    world_run_until(f->os, is_echoed, &e);
    print_message("%zu pauses, %d and %d times writable again\n", (size_t)e.pauses, e.writables,
                  f->accepted[0].writables);
    assert_true(e.pauses > 0 && e.writables > 0);
    assert_int_equal(f->accepted[0].received, e.to_send);
    end_clear(&e);
    world_run_until(f->os, is_closed, &f->accepted[0]);
    assert_int_equal(f->accepted[0].closed_err, WAVU_ERR_RESET);
}

static bool are_echoed(void *context)
{
    const struct end *ends = context;
    for (size_t i = 0; i < MANY; i++) {
        if (ends[i].received < ends[i].to_send) {
            return false;
        }
    }
    return true;
}

static void test_many(void **state)
{
    struct end *ends = mem_new_array(MANY, sizeof *ends);
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        dial(&ends[i], 1000 + i);
    }
    world_run_until(f->os, are_echoed, ends);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(ends[i].opened, 1);
        assert_int_equal(ends[i].closed, 0);
        end_clear(&ends[i]);
    }
    mem_free(ends);
}

/* What the other side sent before it broke the connection still arrives. */
static void test_bytes_before_a_reset(void **state)
{
    uint8_t bytes[5000];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = pattern(i);
    }
    int fd = world_plain_connect(&f->at);
    assert_int_equal(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
    wait_accepted(1);
    f->accepted[0].echoes = false;
    world_plain_abort(fd);
    world_run_until(f->os, is_closed, &f->accepted[0]);
    assert_int_equal(f->accepted[0].received, sizeof bytes);
    assert_int_equal(f->accepted[0].closed_err, WAVU_ERR_RESET);
    assert_int_equal(f->accepted[0].closed, 1);
}

/* The send that finds the connection broken says so; `closed` then says it once, paused or not. */
static void test_send_finds_the_reset(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t byte = 0;
        size_t taken = 7;
        struct span piece = span_of(&byte, 1);
        int fd = world_plain_connect(&f->at);
        wait_accepted(i + 1);
        struct end *e = &f->accepted[i];
        net->tcp_pause(e->tcp, i == 1);
        world_plain_abort(fd);
        int rc = 0;
        for (int tries = 0; tries < 1000000 && rc == 0; tries++) { /* loopback needs none */
            rc = net->tcp_send(e->tcp, &piece, 1, &taken);
        }
        assert_int_equal(rc, WAVU_ERR_RESET);
        assert_int_equal(taken, 0);
        assert_int_equal(e->closed, 0); /* not from inside the call */
        world_run_until(f->os, is_closed, e);
        assert_int_equal(e->closed_err, WAVU_ERR_RESET);
        assert_int_equal(net->tcp_send(e->tcp, &piece, 1, &taken), WAVU_ERR_RESET);
        wavu_os_run(f->os, 5);
        assert_int_equal(e->closed, 1);
    }
}

/* The other side may send no more and still read: what we send goes, and the end is told once. */
static void test_half_closed(void **state)
{
    uint8_t byte = 42;
    uint8_t got = 0;
    size_t taken = 0;
    struct span piece = span_of(&byte, 1);
    (void)state;
    int fd = world_plain_connect(&f->at);
    wait_accepted(1);
    struct end *e = &f->accepted[0];
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    world_run_until(f->os, is_closed, e);
    assert_int_equal(e->closed_err, WAVU_ERR_CLOSED);
    assert_int_equal(net->tcp_send(e->tcp, &piece, 1, &taken), 0);
    assert_int_equal(taken, 1);
    wavu_os_run(f->os, 5);
    assert_int_equal(e->closed, 1);
    net->tcp_close(e->tcp, false);
    e->tcp = NULL;
    assert_int_equal(recv(fd, &got, 1, MSG_WAITALL), 1);
    assert_int_equal(got, 42);
    assert_int_equal(recv(fd, &got, 1, 0), 0);
    (void)close(fd);
}

/* Closing in good order over bytes that nobody read resets nothing: what was taken arrives. */
static void test_close_over_unread_bytes(void **state)
{
    static uint8_t bytes[100000];
    size_t taken = 0;
    (void)state;
    int fd = world_plain_connect(&f->at);
    wait_accepted(1);
    struct end *e = &f->accepted[0];
    net->tcp_pause(e->tcp, true);
    assert_int_equal(send(fd, bytes, 5000, 0), 5000);
    struct span piece = span_of(bytes, sizeof bytes);
    assert_int_equal(net->tcp_send(e->tcp, &piece, 1, &taken), 0);
    net->tcp_close(e->tcp, false);
    e->tcp = NULL;
    size_t got = 0;
    ssize_t len = 1;
    while (len > 0) {
        len = recv(fd, bytes, sizeof bytes, 0);
        got += len > 0 ? (size_t)len : 0;
    }
    assert_int_equal(len, 0);
    assert_int_equal(got, taken);
    (void)close(fd);
}

/* A paused socket hears of a reset; an end in good order neither wakes nor spins the loop. */
static void test_paused(void **state)
{
    (void)state;
    int fd = world_plain_connect(&f->at);
    wait_accepted(1);
    struct end *e = &f->accepted[0];
    net->tcp_pause(e->tcp, true);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    wavu_os_run(f->os, 5);
    uint64_t before = f->ports[1]->turn.turns;
    wavu_os_run(f->os, 20);
    assert_true(f->ports[1]->turn.turns - before <= 2);
    assert_int_equal(e->closed, 0);
    net->tcp_pause(e->tcp, false);
    world_run_until(f->os, is_closed, e);
    assert_int_equal(e->closed_err, WAVU_ERR_CLOSED);
    (void)close(fd);

    fd = world_plain_connect(&f->at);
    wait_accepted(2);
    net->tcp_pause(f->accepted[1].tcp, true);
    world_plain_abort(fd);
    world_run_until(f->os, is_closed, &f->accepted[1]);
    assert_int_equal(f->accepted[1].closed_err, WAVU_ERR_RESET);
}

/* A port that is taken but at which nobody listens. */
static void test_bound_but_silent(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    struct end e;
    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    f->at.port = ntohs(address.sin_port);
    dial(&e, 10);
    assert_int_equal(e.opened, 0);
    world_run_until(f->os, is_opened, &e);
    assert_int_equal(e.opened_err, WAVU_ERR_REFUSED);
    wavu_os_run(f->os, 5);
    assert_int_equal(e.opened, 1);
    assert_int_equal(e.closed, 0);
    end_clear(&e);
    (void)close(fd);
}

/* Addresses that no route leads to fail at once or soon, and never with a success. */
static void test_unreachable(void **state)
{
    struct multiaddr_ip to = {.ip = {0xfe, 0x80, [15] = 1}, .ip_len = 16, .port = 9};
    struct port_tcp *tcp = NULL;
    struct end e;
    (void)state;
    end_init(&e, f->ports[0], 0);
    /* A link-local address without its zone: the kernel cannot know the link. */
    assert_int_equal(net->tcp_dial(f->ports[0], &to, &user, &e, &tcp), WAVU_ERR_UNREACHABLE);
    assert_null(tcp);
    end_clear(&e);
}

/* Dialled, and given up before anything came. */
static void test_close_while_dialling(void **state)
{
    struct end e;
    (void)state;
    for (int i = 0; i < 20; i++) {
        dial(&e, 10);
        net->tcp_close(e.tcp, i % 2 == 0);
        e.tcp = NULL;
        wavu_os_run(f->os, i % 3 == 0 ? 1 : 0);
        assert_int_equal(e.opened, 0);
        end_clear(&e);
    }
}

static bool has_failed(void *context)
{
    (void)context;
    return f->fails > 0;
}

static size_t count_open(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 4096; fd++) {
        count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

/* No descriptors left: told, no spinning, dialling says so at once, and later all goes on. */
static void test_out_of_descriptors(void **state)
{
    struct rlimit before;
    struct port_tcp *tcp = NULL;
    struct end e;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int fd = world_plain_connect(&f->at);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    end_init(&e, f->ports[0], 0);
    int rc = net->tcp_dial(f->ports[0], &f->at, &user, &e, &tcp);
    world_run_until(f->os, has_failed, NULL);
    uint64_t turns = f->ports[1]->turn.turns;
    wavu_os_run(f->os, 20);
    turns = f->ports[1]->turn.turns - turns;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);

    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_int_equal(f->failed, WAVU_ERR_LIMIT);
    assert_int_equal(f->accepts, 0);
    assert_true(turns <= 5);
    wait_accepted(1); /* the connection waited in the kernel */
    (void)close(fd);
    end_clear(&e);
}

/* A listener that is closed while it pauses, and one that is closed from `accepted`. */
static void test_listener_closed_in_between(void **state)
{
    struct rlimit before;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int fd = world_plain_connect(&f->at);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    world_run_until(f->os, has_failed, NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    net->listener_close(f->listener);
    f->listener = NULL;
    wavu_os_run(f->os, 2 * SOCK_ACCEPT_PAUSE_MS);
    assert_int_equal(f->accepts, 0);
    (void)close(fd);
}

/* A small frame must not wait for the acknowledgement of the one before: on both ends. */
static void test_small_frames_do_not_wait(void **state)
{
    struct end e;
    int found = 0;
    (void)state;
    dial(&e, 1000);
    world_run_until(f->os, is_echoed, &e);
    for (int fd = 3; fd < 256; fd++) {
        struct sockaddr_in peer;
        socklen_t len = sizeof peer;
        int value = 0;
        socklen_t value_len = sizeof value;
        if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && peer.sin_family == AF_INET) {
            assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &value_len), 0);
            assert_int_equal(value, 1);
            found++;
        }
    }
    assert_int_equal(found, 2);
    end_clear(&e);
}

/* While data streams, newcomers are taken a few at a time, and all of them in the end. */
static void test_a_busy_node_admits_a_few(void **state)
{
    int fds[4 * TURN_BUSY_ADMITS_BURST];
    size_t count = sizeof fds / sizeof fds[0];
    (void)state;
    wavu_os_run(f->os, 0);
    f->ports[1]->turn.busy_until_ns = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        fds[i] = world_plain_connect(&f->at);
    }
    wavu_os_run(f->os, 1);
    assert_true(f->accepts >= 1 && f->accepts < count);
    wait_accepted(count);
    for (size_t i = 0; i < count; i++) {
        (void)close(fds[i]);
    }
}

/* Both families may have the same port: a listener on IPv6 takes no IPv4. */
static void test_ip6(void **state)
{
    static const struct port_listener_user listening = {.accepted = on_accepted,
                                                        .failed = on_failed};
    struct port_listener *six = NULL;
    struct multiaddr_ip at = {.ip_len = 16, .port = f->at.port}; /* any */
    struct multiaddr_ip local;
    struct multiaddr_ip remote;
    struct end e;
    (void)state;
    int rc = net->tcp_listen(f->ports[1], &at, &listening, f, &six);
    if (rc == WAVU_ERR_INVALID) {
        print_message("skipped: this machine has no IPv6\n");
        skip();
    }
    assert_int_equal(rc, 0);
    net->listener_address(six, &at);
    assert_int_equal(at.port, f->at.port);
    assert_int_equal(at.ip_len, 16);
    f->at = at;
    f->at.ip[15] = 1;
    dial(&e, 1000);
    world_run_until(f->os, is_echoed, &e);
    net->tcp_addresses(e.tcp, &local, &remote);
    assert_int_equal(remote.port, at.port);
    assert_memory_equal(remote.ip, f->at.ip, 16);
    assert_true(multiaddr_ip_is_loopback(&local));
    end_clear(&e);
    net->listener_close(six);
}

/* More pieces than one system call takes. */
static void test_many_pieces(void **state)
{
    static uint8_t bytes[10 * SOCK_PIECES_MAX];
    struct span pieces[10 * SOCK_PIECES_MAX];
    size_t taken = 0;
    struct end e;
    (void)state;
    dial(&e, 0);
    world_run_until(f->os, is_opened, &e);
    e.to_send = sizeof bytes;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = pattern(i);
        pieces[i] = span_of(&bytes[i], 1);
    }
    assert_int_equal(net->tcp_send(e.tcp, pieces, sizeof bytes, &taken), 0);
    assert_int_equal(taken, sizeof bytes);
    assert_int_equal(net->tcp_send(e.tcp, pieces, 0, &taken), 0);
    assert_int_equal(taken, 0);
    world_run_until(f->os, is_echoed, &e);
    assert_int_equal(e.writables, 0);
    end_clear(&e);
}

/* No descriptor outlives its socket. */
static void test_descriptors_come_back(void **state)
{
    (void)state;
    size_t before = count_open();
    for (int i = 0; i < 3; i++) {
        struct end e;
        dial(&e, 100);
        world_run_until(f->os, is_echoed, &e);
        end_clear(&e);
        world_run_until(f->os, is_closed, &f->accepted[i]);
        end_clear(&f->accepted[i]);
    }
    assert_int_equal(count_open(), before);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_echo),
        IN_WORLD(test_many),
        IN_WORLD(test_bytes_before_a_reset),
        IN_WORLD(test_send_finds_the_reset),
        IN_WORLD(test_half_closed),
        IN_WORLD(test_close_over_unread_bytes),
        IN_WORLD(test_paused),
        IN_WORLD(test_bound_but_silent),
        IN_WORLD(test_unreachable),
        IN_WORLD(test_close_while_dialling),
        IN_WORLD(test_out_of_descriptors),
        IN_WORLD(test_listener_closed_in_between),
        IN_WORLD(test_small_frames_do_not_wait),
        IN_WORLD(test_a_busy_node_admits_a_few),
        IN_WORLD(test_ip6),
        IN_WORLD(test_many_pieces),
        IN_WORLD(test_descriptors_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
