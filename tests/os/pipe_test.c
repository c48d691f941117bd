/* Pipes between programs: unix sockets and TCP, both ends, back-pressure, every way to end. */
#include "os/pipe.h"

#include <sys/un.h>

#include "base/mem.h"
#include "tests/os/world.h"

#define BIG (8 * 1024 * 1024)

/* One end, as a program has it. */
struct end {
    struct pipe *pipe; /* NULL once closed */
    size_t opened;
    size_t ended;
    size_t broken;
    size_t writable;
    int err;
    size_t received;
    size_t to_send; /* bytes still to go, zeros */
    uint8_t bytes[64];
};

static struct wavu_os *os;
static struct pipe_server *server;
static char folder[64];
static struct end here;
static struct end there;

static void pump(struct end *e)
{
    static const uint8_t block[65536];
    size_t taken = 1;
    while (e->to_send > 0 && taken > 0) {
        size_t len = e->to_send < sizeof block ? e->to_send : sizeof block;
        assert_int_equal(pipe_send(e->pipe, span_of(block, len), &taken), 0);
        e->to_send -= taken;
        taken = taken == len ? taken : 0;
    }
}

static void on_opened(void *context, struct pipe *p)
{
    struct end *e = context;
    assert_ptr_equal(p, e->pipe);
    e->opened++;
}

static void on_data(void *context, struct pipe *p, struct span data)
{
    struct end *e = context;
    assert_ptr_equal(p, e->pipe);
    for (size_t i = 0; i < data.len && e->received + i < sizeof e->bytes; i++) {
        e->bytes[e->received + i] = data.ptr[i];
    }
    e->received += data.len;
}

static void on_end(void *context, struct pipe *p)
{
    struct end *e = context;
    assert_ptr_equal(p, e->pipe);
    e->ended++;
}

static void on_writable(void *context, struct pipe *p)
{
    struct end *e = context;
    assert_ptr_equal(p, e->pipe);
    e->writable++;
    pump(e);
}

static void on_broken(void *context, struct pipe *p, int err)
{
    struct end *e = context;
    e->broken++;
    e->err = err;
    e->pipe = NULL;
    pipe_close(p, false);
}

static const struct pipe_user user = {on_opened, on_data, on_end, on_writable, on_broken};

static void on_accepted(void *context, struct pipe *p)
{
    struct end *e = context;
    e->pipe = p;
    e->opened++;
    pipe_attach(p, &user, e);
}

static struct multiaddr address_of(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(&a, span_from_text(text)), 0);
    return a;
}

static struct multiaddr unix_address(const char *name)
{
    char text[128];
    (void)snprintf(text, sizeof text, "/unix%s/%s", folder, name);
    return address_of(text);
}

static bool is_true(void *context)
{
    return *(size_t *)context > 0;
}

static void await(size_t *count)
{
    world_run_until(os, is_true, count);
}

static void start(void)
{
    here = (struct end){.received = 0};
    there = (struct end){.received = 0};
    world_folder_make(folder);
    os = wavu_os_new();
    assert_non_null(os);
}

static int listen_at(const struct multiaddr *at, bool is_anywhere, struct pipe_server **out)
{
    const struct pipe_wish wish = {.at = *at,
                                   .is_anywhere = is_anywhere,
                                   .max = 8,
                                   .accepted = on_accepted,
                                   .context = &there};
    return pipe_listen(os, &wish, out);
}

/* Both ends, connected over `at`. */
static void join(const struct multiaddr *at)
{
    struct multiaddr bound;
    assert_int_equal(listen_at(at, false, &server), 0);
    pipe_server_address(server, &bound);
    assert_int_equal(pipe_dial(os, &bound, false, &user, &here, &here.pipe), 0);
    assert_int_equal(here.opened, 0); /* never from inside a call */
    await(&here.opened);
    await(&there.opened);
}

static void stop(void)
{
    if (here.pipe != NULL) {
        pipe_close(here.pipe, false);
    }
    if (there.pipe != NULL) {
        pipe_close(there.pipe, false);
    }
    pipe_server_close(server);
    server = NULL;
    wavu_os_free(os);
    world_folder_remove(folder);
}

static void bytes_go_both_ways_and_each_ends_by_itself(void **state)
{
    size_t taken = 0;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start();
        struct multiaddr at = i == 0 ? unix_address("s") : address_of("/ip4/127.0.0.1/tcp/0");
        join(&at);
        assert_int_equal(pipe_send(here.pipe, UNIT_TEXT("question"), &taken), 0);
        assert_int_equal(taken, 8);
        pipe_finish(here.pipe);
        await(&there.ended);
        assert_memory_equal(there.bytes, "question", 8);
        assert_false(pipe_is_gone(there.pipe));
        assert_int_equal(pipe_send(there.pipe, UNIT_TEXT("answer"), &taken), 0);
        pipe_finish(there.pipe);
        await(&here.ended);
        assert_memory_equal(here.bytes, "answer", 6);
        assert_int_equal(here.broken + there.broken, 0);
        stop();
    }
}

static void who_is_not_read_is_not_sent_to(void **state)
{
    (void)state;
    start();
    struct multiaddr at = unix_address("s");
    join(&at);
    pipe_pause(there.pipe, true);
    here.to_send = BIG;
    pump(&here);
    assert_true(here.to_send > 0); /* the system's buffers are smaller */
    wavu_os_run(os, 20);
    assert_int_equal(there.received, 0);
    pipe_pause(there.pipe, false);
    await(&here.writable);
    while (there.received < BIG) {
        wavu_os_run(os, WORLD_STEP_MS);
    }
    assert_int_equal(there.received, BIG);
    stop();
}

static void the_sockets_file_is_this_users_alone_and_goes(void **state)
{
    struct stat info;
    char path[128];
    (void)state;
    start();
    struct multiaddr at = unix_address("s");
    (void)snprintf(path, sizeof path, "%s/s", folder);
    join(&at);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    struct pipe_server *twin = NULL;
    assert_int_equal(listen_at(&at, false, &twin), WAVU_ERR_IN_USE);
    pipe_server_close(server);
    server = NULL;
    assert_int_equal(stat(path, &info), -1);
    stop();
}

static void beyond_loopback_is_refused_unless_it_is_wanted(void **state)
{
    struct pipe *p = NULL;
    (void)state;
    start();
    struct multiaddr all = address_of("/ip4/0.0.0.0/tcp/0");
    struct multiaddr far = address_of("/ip4/192.0.2.1/tcp/9");
    struct multiaddr udp = address_of("/ip4/127.0.0.1/udp/9");
    struct multiaddr more = address_of("/ip4/127.0.0.1/tcp/9/ws");
    assert_int_equal(listen_at(&all, false, &server), WAVU_ERR_DENIED);
    assert_int_equal(pipe_dial(os, &far, false, &user, &here, &p), WAVU_ERR_DENIED);
    assert_int_equal(pipe_dial(os, &udp, false, &user, &here, &p), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(pipe_dial(os, &more, false, &user, &here, &p), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(listen_at(&all, true, &server), 0);
    stop();
}

static void nobody_there_is_told(void **state)
{
    struct multiaddr bound;
    (void)state;
    start();
    struct multiaddr none = unix_address("nobody");
    assert_int_equal(pipe_dial(os, &none, false, &user, &here, &here.pipe), WAVU_ERR_NO_NODE);
    struct multiaddr any = address_of("/ip4/127.0.0.1/tcp/0");
    assert_int_equal(listen_at(&any, false, &server), 0);
    pipe_server_address(server, &bound);
    pipe_server_close(server);
    server = NULL;
    wavu_os_run(os, 0);
    assert_int_equal(pipe_dial(os, &bound, false, &user, &here, &here.pipe), 0);
    await(&here.broken);
    assert_int_equal(here.err, WAVU_ERR_REFUSED);
    stop();
}

static void a_break_is_told_once(void **state)
{
    size_t taken = 0;
    (void)state;
    start();
    struct multiaddr at = address_of("/ip4/127.0.0.1/tcp/0");
    join(&at);
    pipe_close(there.pipe, true);
    there.pipe = NULL;
    await(&here.broken);
    assert_int_equal(here.broken, 1);
    assert_int_equal(here.err, WAVU_ERR_RESET);
    (void)taken;
    stop();
}

static void who_is_gone_is_known_on_a_unix_socket(void **state)
{
    (void)state;
    start();
    struct multiaddr at = unix_address("s");
    join(&at);
    pipe_close(here.pipe, false);
    here.pipe = NULL;
    await(&there.ended);
    assert_true(pipe_is_gone(there.pipe));
    stop();
}

static struct end many[3];
static size_t accepted;

static void on_one_of_many(void *context, struct pipe *p)
{
    (void)context;
    many[accepted].pipe = p;
    pipe_attach(p, &user, &many[accepted]);
    accepted++;
}

static bool is_third(void *context)
{
    (void)context;
    return accepted == 3;
}

static void one_too_many_waits_for_a_place(void **state)
{
    struct end dialled[3];
    struct multiaddr at;
    (void)state;
    start();
    accepted = 0;
    memset(dialled, 0, sizeof dialled);
    memset(many, 0, sizeof many);
    at = unix_address("s");
    const struct pipe_wish wish = {.at = at, .max = 2, .accepted = on_one_of_many};
    assert_int_equal(pipe_listen(os, &wish, &server), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pipe_dial(os, &at, false, &user, &dialled[i], &dialled[i].pipe), 0);
    }
    wavu_os_run(os, 50);
    assert_int_equal(accepted, 2);
    pipe_close(many[0].pipe, false);
    world_run_until(os, is_third, NULL);
    for (size_t i = 0; i < 3; i++) {
        pipe_close(dialled[i].pipe, false);
    }
    pipe_close(many[1].pipe, false);
    pipe_close(many[2].pipe, false);
    stop();
}

#define CROWD 100

/* Programs of others connect once, and take a full queue for a daemon that is gone. */
static void a_crowd_at_once_waits_in_the_kernel(void **state)
{
    static struct end crowd[CROWD];
    (void)state;
    start();
    accepted = 0;
    memset(crowd, 0, sizeof crowd);
    struct multiaddr at = unix_address("s");
    const struct pipe_wish wish = {.at = at, .max = 2, .accepted = on_one_of_many};
    assert_int_equal(pipe_listen(os, &wish, &server), 0);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(pipe_dial(os, &at, false, &user, &crowd[i], &crowd[i].pipe), 0);
    }
    for (size_t i = 0; i < CROWD; i++) {
        pipe_close(crowd[i].pipe, false);
    }
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(bytes_go_both_ways_and_each_ends_by_itself),
        UNIT(who_is_not_read_is_not_sent_to),
        UNIT(the_sockets_file_is_this_users_alone_and_goes),
        UNIT(beyond_loopback_is_refused_unless_it_is_wanted),
        UNIT(nobody_there_is_told),
        UNIT(a_break_is_told_once),
        UNIT(who_is_gone_is_known_on_a_unix_socket),
        UNIT(one_too_many_waits_for_a_place),
        UNIT(a_crowd_at_once_waits_in_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
