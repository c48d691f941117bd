/* Names: numbers, localhost, cancelling, and a loop that ends while threads still look. */
#include "os/lookup.h"

#include <sched.h>

#include "tests/os/world.h"

#define COUNT 40

struct asked {
    struct port_lookup *lookup;
    int calls;
    int err;
    size_t count;
    struct multiaddr_ip first;
    bool is_in_call; /* the call that asks */
};

struct fixture {
    struct wavu_os *os;
    struct port *port;
    struct asked asked[COUNT];
    int waiting;
};

static struct fixture *now_running;

static void on_done(void *context, int err, const struct multiaddr_ip *found, size_t count)
{
    struct asked *a = context;
    assert_false(a->is_in_call);
    a->lookup = NULL;
    a->calls++;
    a->err = err;
    a->count = count;
    if (count > 0) {
        a->first = found[0];
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(found[i].port, 0);
        assert_true(found[i].ip_len == 4 || found[i].ip_len == 16);
    }
    now_running->waiting--;
}

static const struct port_lookup_user user = {.done = on_done};

static void start(struct fixture *f)
{
    *f = (struct fixture){.os = wavu_os_new()};
    f->port = wavu_os_port_new(f->os, NULL);
    now_running = f;
}

static void stop(struct fixture *f)
{
    wavu_os_port_free(f->port);
    wavu_os_free(f->os);
}

/* A cancelled look-up's thread ends when it pleases, and then frees what is its own. */
static void wait_for_threads(size_t live_before)
{
    uint64_t end_ns = wavu_os_now_ns() + WORLD_LIMIT_NS;
    while (mem_live_count() != live_before) {
        assert_true(wavu_os_now_ns() < end_ns);
        (void)sched_yield();
    }
}

static void ask(struct fixture *f, struct asked *a, const char *name, int family)
{
    a->is_in_call = true;
    assert_int_equal(f->port->net->lookup(f->port, name, family, &user, a, &a->lookup), 0);
    a->is_in_call = false;
    f->waiting++;
}

static bool is_answered(void *context)
{
    const struct fixture *f = context;
    return f->waiting == 0;
}

static void test_numbers(void **state)
{
    struct fixture f;
    static const uint8_t four[4] = {192, 0, 2, 7};
    static const uint8_t six[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
    (void)state;
    start(&f);
    ask(&f, &f.asked[0], "192.0.2.7", 0);
    ask(&f, &f.asked[1], "192.0.2.7", 4);
    ask(&f, &f.asked[2], "2001:db8::1", 0);
    ask(&f, &f.asked[3], "2001:db8::1", 6);
    world_run_until(f.os, is_answered, &f);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(f.asked[i].calls, 1);
        assert_int_equal(f.asked[i].err, 0);
        assert_int_equal(f.asked[i].count, 1);
        assert_memory_equal(f.asked[i].first.ip, i < 2 ? four : six, i < 2 ? 4 : 16);
    }
    stop(&f);
}

static void test_family_binds(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    ask(&f, &f.asked[0], "192.0.2.7", 6);
    ask(&f, &f.asked[1], "2001:db8::1", 4);
    ask(&f, &f.asked[2], "localhost", 4);
    world_run_until(f.os, is_answered, &f);
    assert_int_equal(f.asked[0].err, WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.asked[0].count, 0);
    assert_int_equal(f.asked[1].err, WAVU_ERR_NOT_FOUND);
    assert_int_equal(f.asked[2].err, 0);
    assert_int_equal(f.asked[2].first.ip_len, 4);
    assert_true(multiaddr_ip_is_loopback(&f.asked[2].first));
    stop(&f);
}

static void test_names_that_cannot_be(void **state)
{
    struct fixture f;
    char name[LOOKUP_NAME_MAX + 2];
    (void)state;
    start(&f);
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(f.port->net->lookup(f.port, name, 0, &user, &f.asked[0], &f.asked[0].lookup),
                     WAVU_ERR_INVALID);
    name[LOOKUP_NAME_MAX] = '\0'; /* one label of 253 characters: no name server has it */
    ask(&f, &f.asked[0], name, 0);
    world_run_until(f.os, is_answered, &f);
    assert_true(f.asked[0].err < 0);
    assert_int_equal(f.asked[0].count, 0);
    stop(&f);
}

/* More than there are threads, some cancelled at once: those stay silent, all others answer. */
static void test_many_and_cancelled(void **state)
{
    struct fixture f;
    (void)state;
    size_t before = mem_live_count();
    start(&f);
    for (size_t i = 0; i < COUNT; i++) {
        ask(&f, &f.asked[i], i % 5 == 0 ? "127.0.0.1" : "localhost", 0);
    }
    for (size_t i = 0; i < COUNT; i += 2) {
        f.port->net->lookup_cancel(f.asked[i].lookup);
        f.waiting--;
    }
    world_run_until(f.os, is_answered, &f);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(f.asked[i].calls, i % 2 == 0 ? 0 : 1);
        assert_int_equal(f.asked[i].err, 0);
    }
    stop(&f);
    wait_for_threads(before);
}

static void on_done_cancel(void *context, int err, const struct multiaddr_ip *found, size_t count)
{
    struct fixture *f = context;
    (void)err;
    (void)found;
    (void)count;
    for (size_t i = 0; i < COUNT; i++) {
        if (f->asked[i].lookup != NULL) {
            f->port->net->lookup_cancel(f->asked[i].lookup);
            f->asked[i].lookup = NULL;
        }
    }
    f->waiting = 0;
}

/* One that is done cancels others that are done, too, but not yet told. */
static void test_cancel_from_done(void **state)
{
    static const struct port_lookup_user cancelling = {.done = on_done_cancel};
    struct fixture f;
    struct port_lookup *first = NULL;
    (void)state;
    size_t before = mem_live_count();
    start(&f);
    assert_int_equal(f.port->net->lookup(f.port, "127.0.0.1", 0, &cancelling, &f, &first), 0);
    for (size_t i = 0; i < COUNT; i++) {
        ask(&f, &f.asked[i], i % 3 == 0 ? "localhost" : "127.0.0.1", 0);
    }
    f.waiting = 1;
    world_run_until(f.os, is_answered, &f);
    wavu_os_run(f.os, 20);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(f.asked[i].calls, 0);
    }
    stop(&f);
    wait_for_threads(before);
}

/* The loop ends at once although threads still look; they free what is theirs later. */
static void test_loop_ends_first(void **state)
{
    struct fixture f;
    (void)state;
    size_t before = mem_live_count();
    start(&f);
    for (size_t i = 0; i < COUNT; i++) {
        ask(&f, &f.asked[i], "localhost", 0);
    }
    for (size_t i = 0; i < COUNT; i++) {
        f.port->net->lookup_cancel(f.asked[i].lookup);
    }
    stop(&f);
    wait_for_threads(before);
}

static void test_interfaces(void **state)
{
    struct fixture f;
    struct multiaddr_ip all[64];
    bool has_loopback = false;
    (void)state;
    start(&f);
    size_t count = f.port->net->interfaces(f.port, all, 64);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(all[i].port, 0);
        has_loopback = has_loopback || multiaddr_ip_is_loopback(&all[i]);
    }
    assert_true(has_loopback);
    assert_int_equal(f.port->net->interfaces(f.port, all, 1), 1);
    assert_int_equal(f.port->net->interfaces(f.port, all, 0), 0);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_numbers),
        UNIT(test_family_binds),
        UNIT(test_names_that_cannot_be),
        UNIT(test_many_and_cancelled),
        UNIT(test_cancel_from_done),
        UNIT(test_loop_ends_first),
        UNIT(test_interfaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
