/*
 * A loop with ports for the tests of os/: waiting for something, folders of their own, plain
 * sockets that play the other side.
 */
#ifndef TESTS_OS_WORLD_H
#define TESTS_OS_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/net.h"
#include "port/port.h"
#include "tests/base/unit.h"
#include "wavu/os.h"

#define WORLD_STEP_MS 2
#define WORLD_LIMIT_NS (60 * TIMERS_SECOND) /* for machines under load; nothing waits so long */

/* Run the loop until `is_done`, or fail. */
static inline void world_run_until(struct wavu_os *os, bool (*is_done)(void *), void *context)
{
    uint64_t end_ns = wavu_os_now_ns() + WORLD_LIMIT_NS;

    while (!is_done(context)) {
        assert_true(wavu_os_now_ns() < end_ns);
        wavu_os_run(os, WORLD_STEP_MS);
    }
}

/* A new folder; world_folder_remove takes it away with all that is in it. */
static inline void world_folder_make(char out[64])
{
    (void)snprintf(out, 64, "%s/wavu-os-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(out));
}

static inline int world_remove_one(const char *path, const struct stat *info, int type,
                                   struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void world_folder_remove(const char *path)
{
    assert_int_equal(nftw(path, world_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* 127.0.0.1:0 */
static inline struct multiaddr_ip world_any(void)
{
    return (struct multiaddr_ip){.ip = {127, 0, 0, 1}, .ip_len = 4};
}

/* A plain blocking socket, connected to a listener of ours. */
static inline int world_plain_connect(const struct multiaddr_ip *to)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(to->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(&address.sin_addr, to->ip, 4);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Close a plain socket with a reset. */
static inline void world_plain_abort(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    assert_int_equal(close(fd), 0);
}

#endif
