/*
 * Asserting that a CHECK fires: runs a function in a child process, which must die by abort.
 */
#ifndef TESTS_BASE_DEATH_H
#define TESTS_BASE_DEATH_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

/* True when `act` aborts. What it prints is swallowed, into `said` (size bytes, may be NULL). */
static inline bool death_by_check(void (*act)(void), char *said, size_t size)
{
    int ends[2];
    int status = 0;

    if (pipe(ends) != 0) {
        return false;
    }
    pid_t child = fork();

    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(ends[1], STDERR_FILENO);
        act();
        _exit(0);
    }
    (void)close(ends[1]);
    size_t len = 0;
    char byte;

    while (read(ends[0], &byte, 1) == 1) {
        if (said != NULL && len + 1 < size) {
            said[len] = byte;
            len++;
        }
    }
    if (said != NULL) {
        said[len] = '\0';
    }
    (void)close(ends[0]);
    return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGABRT;
}

#endif
