/*
 * A control socket for the tests of its two ends: a server in a child process, with the methods of
 * talk_methods.h.
 */
#ifndef TESTS_APPS_RPC_TALK_H
#define TESTS_APPS_RPC_TALK_H

#include "tests/base/unit.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/rpc/rpc_server.h"
#include "tests/apps/rpc/talk_methods.h"
#include "wavu/os.h"

static char talk_folder[64];
static char talk_path[96];
static pid_t talk_pid;

static inline void talk_serve(int ready)
{
    const struct jsonrpc_service service = {.methods = talk_methods,
                                            .method_count =
                                                sizeof talk_methods / sizeof talk_methods[0],
                                            .written = talk_on_written,
                                            .kept = talk_on_kept};
    struct wavu_os *os = wavu_os_new();
    int rc = rpc_server_open(os, talk_path, service, &talk_server);
    if (write(ready, &rc, sizeof rc) == sizeof rc && rc == 0) {
        wavu_os_run(os, -1);
    }
    _exit(1);
}

static inline int talk_start(void **state)
{
    int ready[2];
    int rc = -1;
    (void)state;
    (void)snprintf(talk_folder, sizeof talk_folder, "/tmp/wavu-test-XXXXXX");
    if (mkdtemp(talk_folder) == NULL || pipe(ready) != 0) {
        return -1;
    }
    (void)snprintf(talk_path, sizeof talk_path, "%s/control.sock", talk_folder);
    (void)fflush(NULL);
    talk_pid = fork();
    if (talk_pid == 0) {
        talk_serve(ready[1]);
    }
    (void)close(ready[1]);
    bool is_up = read(ready[0], &rc, sizeof rc) == (ssize_t)sizeof rc;
    (void)close(ready[0]);
    return is_up ? rc : -1;
}

/* The server dies without a word; its socket stays. */
static inline void talk_kill(void)
{
    if (talk_pid > 0) {
        (void)kill(talk_pid, SIGKILL);
        (void)waitpid(talk_pid, NULL, 0);
        talk_pid = 0;
    }
}

static inline int talk_stop(void **state)
{
    char path[128];
    (void)state;
    talk_kill();
    (void)unlink(talk_path);
    (void)snprintf(path, sizeof path, "%s/control.lock", talk_folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s.lock", talk_path);
    (void)unlink(path);
    return rmdir(talk_folder);
}

#define TALK(test) cmocka_unit_test_setup_teardown(test, talk_start, talk_stop)

/* A bare connection to the server. */
static inline int talk_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = 30};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", talk_path);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Read until the other end closes, or `lines` newlines are there. */
static inline void talk_read(int fd, size_t lines, char *text, size_t size)
{
    size_t used = 0;
    ssize_t got = 1;
    while (lines > 0 && used + 1 < size && got > 0) {
        got = recv(fd, text + used, 1, 0);
        lines -= got > 0 && text[used] == '\n' ? 1 : 0;
        used += got > 0 ? 1 : 0;
    }
    text[used] = '\0';
}

#endif
