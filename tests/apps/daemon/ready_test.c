/*
 * What a node tells the service manager, at a socket of ours; and when it wants to be woken.
 */
#include "apps/daemon/ready.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/base/unit.h"

#define SECOND UINT64_C(1000000000)

static char path[64];
static char said[512];

/* The manager's socket, named in the environment. */
static int listen_at(const char *watchdog_us)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(path, sizeof path, "/tmp/wavu-ready-%ld", (long)getpid());
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    (void)unlink(path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    (void)setenv("NOTIFY_SOCKET", path, 1);
    (void)unsetenv("WATCHDOG_PID");
    (void)unsetenv("WATCHDOG_USEC");
    if (watchdog_us != NULL) {
        (void)setenv("WATCHDOG_USEC", watchdog_us, 1);
    }
    return fd;
}

static void leave(int fd)
{
    (void)close(fd);
    (void)unlink(path);
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
}

/* The next message; "" when there is none. */
static const char *next(int fd)
{
    ssize_t len = recv(fd, said, sizeof said - 1, 0);
    said[len > 0 ? len : 0] = '\0';
    return said;
}

static void where_nobody_listens_nothing_is_said(void **state)
{
    struct ready r;
    (void)state;
    (void)unsetenv("NOTIFY_SOCKET");
    (void)setenv("WATCHDOG_USEC", "1000000", 1);
    ready_begin(&r, SECOND);
    assert_false(r.is_managed);
    assert_int_equal(ready_patience_ms(&r, SECOND, -1), -1);
    assert_int_equal(ready_patience_ms(&r, SECOND, 70), 70);
    ready_up(&r, "up");
    ready_reloading(&r);
    ready_tick(&r, 5 * SECOND);
    ready_stopping(&r);
    (void)unsetenv("WATCHDOG_USEC");
}

static void each_message_is_one_datagram(void **state)
{
    struct ready r;
    (void)state;
    int fd = listen_at(NULL);
    ready_begin(&r, SECOND);
    if (!r.is_managed) {
        leave(fd);
        print_message("built without libsystemd\n");
        skip();
    }
    assert_string_equal(next(fd), "");
    ready_up(&r, "up");
    assert_string_equal(next(fd), "READY=1\nSTATUS=up");
    ready_status(&r, "locked");
    assert_string_equal(next(fd), "STATUS=locked");
    ready_reloading(&r);
    assert_memory_equal(next(fd), "RELOADING=1\nMONOTONIC_USEC=", 27);
    assert_true(strtoull(said + 27, NULL, 10) > 0);
    ready_tick(&r, 1000 * SECOND); /* no signs of life are wanted */
    ready_stopping(&r);
    assert_string_equal(next(fd), "STOPPING=1");
    assert_string_equal(next(fd), "");
    leave(fd);
}

static void a_sign_of_life_comes_at_half_the_time(void **state)
{
    struct ready r;
    (void)state;
    int fd = listen_at("4000000");
    ready_begin(&r, 10 * SECOND);
    if (!r.is_managed) {
        leave(fd);
        print_message("built without libsystemd\n");
        skip();
    }
    assert_int_equal(ready_patience_ms(&r, 10 * SECOND, -1), 0);
    ready_tick(&r, 10 * SECOND);
    assert_string_equal(next(fd), "WATCHDOG=1");
    assert_in_range(ready_patience_ms(&r, 10 * SECOND, -1), 2000, 2001);
    assert_int_equal(ready_patience_ms(&r, 10 * SECOND, 1500), 1500);
    ready_tick(&r, 11 * SECOND);
    assert_string_equal(next(fd), ""); /* not for every turn */
    ready_tick(&r, 12 * SECOND);
    assert_string_equal(next(fd), "WATCHDOG=1");
    ready_tick(&r, 90 * SECOND); /* the loop was away: one, and no arrears */
    assert_string_equal(next(fd), "WATCHDOG=1");
    assert_string_equal(next(fd), "");
    assert_in_range(ready_patience_ms(&r, 90 * SECOND, -1), 2000, 2001);
    leave(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_nobody_listens_nothing_is_said),
        cmocka_unit_test(each_message_is_one_datagram),
        cmocka_unit_test(a_sign_of_life_comes_at_half_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
