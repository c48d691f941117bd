/*
 * The program, run for a word.
 */
#include "apps/tui/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

/* In the child: nothing of ours but what it says. */
static void become(const char *program, char *const *words, int out)
{
    int none = open("/dev/null", O_RDWR);
    (void)dup2(none, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    for (int number = 1; number < NSIG; number++) {
        (void)signal(number, SIG_DFL);
    }
    (void)execv(program, words);
    _exit(127);
}

bool errand_start(struct errand *e, const char *program, const char *const *words, const char *home)
{
    static char name[] = "wavu";
    static char option[] = "--home";
    char *copies[ERRAND_WORDS_MAX + 4] = {name};
    size_t count = 1;
    int ends[2];
    if (e->pid != 0 || pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    for (size_t i = 0; words[i] != NULL && i < ERRAND_WORDS_MAX; i++) {
        copies[count++] = mem_copy_text(words[i]);
    }
    size_t owned = count;
    if (home != NULL) {
        copies[count++] = option;
        copies[count++] = mem_copy_text(home);
    }
    pid_t pid = fork();
    if (pid == 0) {
        become(program, copies, ends[1]);
    }
    for (size_t i = 1; i < owned; i++) {
        mem_free(copies[i]);
    }
    mem_free(home != NULL ? copies[count - 1] : NULL);
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return false;
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *e = (struct errand){.pid = (int)pid, .fd = ends[0], .text = mem_new(ERRAND_TEXT_MAX)};
    return true;
}

int errand_fd(const struct errand *e)
{
    return e->pid != 0 ? e->fd : -1;
}

bool errand_pump(struct errand *e)
{
    char bytes[4096];
    int status = 0;
    if (e->pid == 0) {
        return false;
    }
    ssize_t got = 0;
    while ((got = read(e->fd, bytes, sizeof bytes)) > 0) {
        size_t room = ERRAND_TEXT_MAX - 1 - e->len;
        size_t len = (size_t)got < room ? (size_t)got : room;
        memcpy(e->text + e->len, bytes, len);
        e->len += len; /* the rest is read and not kept */
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    (void)close(e->fd); /* it has nothing more to say */
    while (waitpid(e->pid, &status, 0) < 0 && errno == EINTR) {
    }
    e->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    e->pid = 0;
    return true;
}

void errand_clear(struct errand *e)
{
    if (e->pid != 0) {
        (void)kill(e->pid, SIGTERM);
        (void)close(e->fd);
        (void)waitpid(e->pid, NULL, 0);
    }
    mem_free(e->text);
    memset(e, 0, sizeof *e);
}
