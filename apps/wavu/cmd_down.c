/*
 * The node says which process it is, and the end of that process is waited for: its socket goes at
 * once, the store some moments later.
 */
#include "apps/wavu/cmd_down.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "apps/wavu/cmd_ask.h"
#include "apps/term/say.h"

#define CMD_DOWN_LOOK_MS 50 /* between two looks, where the kernel tells nobody of an end */

/* True when there is no such process any more within CMD_DOWN_WAIT_MS. One that has ended and is
 * still to be taken note of by its parent has ended. */
static bool cmd_down_wait(pid_t pid)
{
    static const struct timespec pause = {.tv_nsec = CMD_DOWN_LOOK_MS * 1000000L};
    int fd = (int)syscall(SYS_pidfd_open, pid, 0U);
    bool is_gone = fd < 0 && errno == ESRCH;
    if (fd >= 0) {
        struct pollfd end = {.fd = fd, .events = POLLIN};
        is_gone = poll(&end, 1, CMD_DOWN_WAIT_MS) > 0;
        (void)close(fd);
        return is_gone;
    }
    for (int waited_ms = 0; !is_gone && waited_ms < CMD_DOWN_WAIT_MS;
         waited_ms += CMD_DOWN_LOOK_MS) {
        (void)nanosleep(&pause, NULL);
        is_gone = kill(pid, 0) < 0 && errno == ESRCH;
    }
    return is_gone;
}

int cmd_down_run(struct call *call)
{
    json_t *result = NULL;
    int code = cmd_ask(call, "node.stop", NULL, &result);
    if (code != 0) {
        return code;
    }
    pid_t pid = (pid_t)cmd_ask_count(result, "pid");
    json_decref(result);
    if (pid <= 0) {
        return say_problem(SAY_FAILURE, "the node ends, and does not say when it has; it is of "
                                        "another version");
    }
    if (!cmd_down_wait(pid)) {
        return say_problem(SAY_TIMEOUT,
                           "the node was asked to end and has not yet; look at it, it is process "
                           "%ld, or end it with: kill -KILL %ld",
                           (long)pid, (long)pid);
    }
    if (call->is_json) {
        say_out("{\"isDown\":true}\n");
    } else {
        say_out("the node has ended\n");
    }
    return SAY_OK;
}
