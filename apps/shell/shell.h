/*
 * The shell: lines in, commands of a running node out. Lines come from a terminal, with editing,
 * history and completion, from a pipe, or from the command line.
 */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/api.h"

#define SHELL_INTERRUPTED                                                                          \
    130 /* exit code of what Ctrl+C ended, as people know it: 128 + SIGINT                         \
         */

/* A command of the program that the shell is a part of. Texts are borrowed, static. */
struct shell_row {
    const char *name;
    const char *words; /* what stands behind it, or "" */
    const char *summary;
};

/* The program: what it can do besides the shell's own commands. */
struct shell_program {
    /* Carry out words[0] with the other words, in a process of its own that ends then. Returns the
     * exit code. */
    int (*run)(void *context, int count, char *const *words);
    /* The `i`th command; false: there are fewer. */
    bool (*at)(void *context, size_t i, struct shell_row *out);
    /* The `i`th option of that command, with its dashes; NULL: there are fewer. */
    const char *(*option)(void *context, const char *command, size_t i);
    void *context;
};

struct shell_config {
    const char *socket;  /* of the node */
    const char *history; /* file that keeps what was typed; NULL: none */
    const char *home;    /* for sentences */
    const struct shell_program *program;
    bool is_json;     /* results as JSON lines */
    bool keeps_going; /* a command that failed does not end a script */
};

struct shell {
    const struct shell_config *config; /* borrowed */
    bool is_terminal;                  /* somebody types: Ctrl+C ends a command, not the shell */
    bool is_over;                      /* exit was said */
    int code;                          /* of the first command that failed */
};

/** Read commands from stdin until its end, or exit. Returns the exit code: of a terminal 0; else 0,
 * or that of the first command that failed, which is the last unless the shell keeps going. */
WARN_UNUSED int shell_run(const struct shell_config *config);

/** Carry out what stands in `line`, several commands with ; between. As shell_run for a script. */
WARN_UNUSED int shell_run_line(const struct shell_config *config, const char *line);

/** Carry out one command, already in words. Returns its exit code. */
WARN_UNUSED int shell_run_one(const struct shell_config *config, size_t count,
                              const char *const *words);

/** Let the program carry out a command, and wait until that process has ended. Returns its exit
 * code. */
WARN_UNUSED int shell_run_program(struct shell *s, size_t count, const char *const *words);

#endif
