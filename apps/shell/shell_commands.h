/*
 * The shell's own commands. All others are the program's.
 */
#ifndef SHELL_SHELL_COMMANDS_H
#define SHELL_SHELL_COMMANDS_H

#include "apps/shell/shell.h"

/* What may stand as the first word behind a command: for the completion. */
enum shell_takes { SHELL_TAKES_NOTHING, SHELL_TAKES_PEER, SHELL_TAKES_COMMAND };

struct shell_command {
    const char *name;
    const char *words;   /* what stands behind it, or "" */
    const char *summary; /* half a line */
    const char *notes;   /* whole sentences */
    size_t words_min;
    size_t words_max;
    enum shell_takes takes;
    /* `words` are those behind the name. Returns the exit code. */
    int (*run)(struct shell *s, size_t count, const char *const *words);
};

/** The `i`th, in the order of the help; NULL at the end. */
const struct shell_command *shell_commands_at(size_t i);

/** The one called so, or NULL. */
const struct shell_command *shell_commands_find(const char *name);

/** Is there a command of that name, the shell's or the program's? */
bool shell_commands_is(const struct shell *s, const char *name);

/** May a line that begins with these words be kept? A join code opens a network. */
bool shell_commands_is_secret(size_t count, const char *const *words);

/** Say that there is no such command, and the nearest one. Returns the exit code. */
int shell_commands_explain_unknown(const struct shell *s, const char *name);

#endif
