/*
 * A program for the shell's tests: four commands, of which one fails, and no node.
 */
#ifndef TESTS_APPS_SHELL_PROGRAM_H
#define TESTS_APPS_SHELL_PROGRAM_H

#include "tests/base/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/shell/shell.h"
#include "apps/term/say.h"

/* What a command of the program printed goes to a file: it runs in another process. */
static char program_folder[64];
static char program_out[96];

static inline int program_run(void *context, int count, char *const *words)
{
    (void)context;
    for (int i = 0; i < count; i++) {
        say_out("%s[%s]", i > 0 ? " " : "", words[i]);
    }
    say_out("\n");
    return strcmp(words[0], "fail") == 0 ? 7 : 0;
}

static inline bool program_at(void *context, size_t i, struct shell_row *out)
{
    static const struct shell_row rows[] = {{"say", "TEXT", "say something"},
                                            {"fail", "", "fail"},
                                            {"send", "PEER TEXT", "send"},
                                            {"module", "load FILE", "module"}};
    (void)context;
    if (i < sizeof rows / sizeof rows[0]) {
        *out = rows[i];
    }
    return i < sizeof rows / sizeof rows[0];
}

static inline const char *program_option(void *context, const char *command, size_t i)
{
    (void)context;
    return strcmp(command, "say") == 0 && i < 2 ? (i == 0 ? "--room" : "--reply") : NULL;
}

static const struct shell_program program = {
    .run = program_run, .at = program_at, .option = program_option};

/* stdout goes to a file, from now on. */
static inline int program_start(void **state)
{
    (void)state;
    jsonrpc_start();
    (void)snprintf(program_folder, sizeof program_folder, "/tmp/wavu_shell_XXXXXX");
    assert_non_null(mkdtemp(program_folder));
    (void)snprintf(program_out, sizeof program_out, "%s/out", program_folder);
    return 0;
}

static inline int program_stop(void **state)
{
    (void)state;
    (void)unlink(program_out);
    return rmdir(program_folder);
}

/* Carry out `line`; what it printed on stdout and stderr is in `out`. Returns the exit code. */
static inline int program_line(const struct shell_config *config, const char *line, char *out,
                               size_t size)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    int old_out = dup(STDOUT_FILENO);
    int old_err = dup(STDERR_FILENO);
    int fd = open(program_out, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && old_out >= 0 && old_err >= 0);
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(fd, STDERR_FILENO);
    int code = shell_run_line(config, line);
    (void)fflush(stdout);
    (void)dup2(old_out, STDOUT_FILENO);
    (void)dup2(old_err, STDERR_FILENO);
    ssize_t got = pread(fd, out, size - 1, 0);
    out[got > 0 ? got : 0] = '\0';
    (void)close(fd);
    (void)close(old_out);
    (void)close(old_err);
    return code;
}

#endif
