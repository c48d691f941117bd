/*
 * A child with one pipe for all that it prints.
 */
#include "apps/talk/talk_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define TALK_RUN_PROGRAM "/proc/self/exe"
#define TALK_RUN_FIXED 3 /* wavu, --home, DIR */

extern char **environ;

void talk_run_init(struct talk_run *r)
{
    *r = (struct talk_run){.fd = -1};
}

static int talk_run_spawn(struct talk_run *r, const char *const *argv, int to)
{
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;

    (void)signal(SIGCHLD, SIG_DFL); /* to see how it ends */
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, to, 1);
    (void)posix_spawn_file_actions_adddup2(&actions, to, 2);
    const int error = posix_spawn(&pid, TALK_RUN_PROGRAM, &actions, NULL,
                                  (char *const *)(uintptr_t)argv, environ);

    (void)posix_spawn_file_actions_destroy(&actions);
    r->pid = (int)pid;
    return error == 0 ? 0 : WAVU_ERR_IO;
}

int talk_run_start(struct talk_run *r, const char *home, const char *const *words)
{
    const char *argv[TALK_RUN_FIXED + TALK_RUN_WORDS_MAX + 1] = {"wavu", words[0], "--home", home};
    int ends[2];
    size_t count = 0;

    if (r->fd >= 0) {
        return WAVU_ERR_AGAIN;
    }
    while (words[count] != NULL) {
        if (count > TALK_RUN_WORDS_MAX) {
            return WAVU_ERR_LIMIT;
        }
        if (count > 0) {
            argv[TALK_RUN_FIXED + count] = words[count];
        }
        count++;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return WAVU_ERR_LIMIT;
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int rc = talk_run_spawn(r, argv, ends[1]);

    (void)close(ends[1]);
    if (rc < 0) {
        (void)close(ends[0]);
        return rc;
    }
    r->fd = ends[0];
    r->len = 0;
    return 0;
}

static void talk_run_tell(struct talk_run *r, struct talk *talk)
{
    r->line[r->len] = '\0';
    if (r->len > 0) {
        talk_tell(talk, TALK_PLAIN, NULL, "%s", r->line);
    }
    r->len = 0;
}

bool talk_run_pump(struct talk_run *r, struct talk *talk, bool *is_good)
{
    char block[512];
    int status = 0;
    ssize_t got = 0;

    *is_good = false;
    while ((got = read(r->fd, block, sizeof block)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (block[i] == '\n' || r->len + 1 >= sizeof r->line) {
                talk_run_tell(r, talk);
            }
            if (block[i] != '\n') {
                r->line[r->len++] = block[i];
            }
        }
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    talk_run_tell(r, talk);
    (void)close(r->fd);
    r->fd = -1;
    *is_good = waitpid((pid_t)r->pid, &status, 0) == (pid_t)r->pid && WIFEXITED(status) &&
               WEXITSTATUS(status) == 0;
    return true;
}

void talk_run_stop(struct talk_run *r)
{
    if (r->fd < 0) {
        return;
    }
    (void)close(r->fd);
    r->fd = -1;
    (void)kill((pid_t)r->pid, SIGTERM);
    (void)waitpid((pid_t)r->pid, NULL, 0);
}
