/*
 * The child writes its return value, its result and the samples into a pipe; the parent reads them
 * to the end. The child draws the progress bar: it has the same terminal.
 */
#include "apps/sim/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/sim/stop.h"
#include "base/mem.h"

#define STOP_MS 100 /* between two looks for a wish to stop */

/* What comes first through the pipe; then result.sample_count samples. */
struct answer {
    int rc;
    struct run_result result;
};

static bool write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t put = write(fd, at, len);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        at += put > 0 ? put : 0;
        len -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* Where the answer of a child comes from. */
struct source {
    int fd;
    pid_t pid;
    bool is_told; /* of a wish to stop, which only we may have heard */
};

/* Until there is something to read, or the end. */
static void wait_for(struct source *s)
{
    struct pollfd what = {.fd = s->fd, .events = POLLIN};
    while (poll(&what, 1, STOP_MS) <= 0) {
        if (stop_is_wished() && !s->is_told) {
            (void)kill(s->pid, SIGTERM);
            s->is_told = true;
        }
    }
}

static bool read_all(struct source *s, void *bytes, size_t len)
{
    char *at = bytes;
    while (len > 0) {
        wait_for(s);
        ssize_t got = read(s->fd, at, len);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        at += got > 0 ? got : 0;
        len -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

static void silence(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDERR_FILENO);
        (void)close(nowhere);
    }
}

/* Never returns. */
static void be_child(const struct runner *runner, const struct scenario *s,
                     const struct run_progress *progress, int fd)
{
    struct answer a;
    memset(&a, 0, sizeof a);
    a.rc = runner->run(s, progress, &a.result);
    bool is_said =
        write_all(fd, &a, sizeof a) &&
        write_all(fd, a.result.samples, a.result.sample_count * sizeof a.result.samples[0]);
    _exit(is_said ? 0 : 1);
}

/* False when the child did not come to its end. */
static bool read_answer(struct source *s, struct answer *a)
{
    if (!read_all(s, a, sizeof *a) || a->result.sample_count > RUN_SAMPLES_MAX) {
        return false;
    }
    size_t count = a->result.sample_count;
    a->result.samples = mem_new_array(count + 1, sizeof a->result.samples[0]);
    if (!read_all(s, a->result.samples, count * sizeof a->result.samples[0])) {
        run_result_clear(&a->result);
        return false;
    }
    return true;
}

void isolate_explain(int status, char *why, size_t size)
{
    (void)snprintf(why, size, "the simulator died: %s %d",
                   WIFSIGNALED(status) ? "signal" : "exit code",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int isolate_run(const struct runner *runner, const struct scenario *s,
                const struct run_progress *progress, bool is_silent, struct run_result *out)
{
    struct answer a;
    int pipes[2];
    int status = 0;
    memset(&a, 0, sizeof a);
    memset(out, 0, sizeof *out);
    if (pipe(pipes) != 0) {
        return WAVU_ERR_IO;
    }
    (void)fflush(NULL); /* or the child would say it again */
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(pipes[0]);
        if (is_silent) {
            silence();
        }
        be_child(runner, s, progress, pipes[1]);
    }
    (void)close(pipes[1]);
    struct source source = {pipes[0], pid, false};
    bool is_there = pid > 0 && read_answer(&source, &a);
    (void)close(pipes[0]);
    if (pid < 0) {
        return WAVU_ERR_IO;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (is_there) {
        *out = a.result;
        return a.rc;
    }
    isolate_explain(status, out->why, sizeof out->why);
    return 0;
}
