/*
 * The table of commands, and the way from a command line to one of them.
 */
#ifndef APPS_WAVU_COMMANDS_H
#define APPS_WAVU_COMMANDS_H

#include "apps/wavu/command.h"

/** The `i`th command in the order of the help; NULL at the end. */
const struct command *commands_at(size_t i);

/** The command called `name`, or NULL. */
const struct command *commands_find(const char *name);

/** Say that there is no command `name`, with the nearest one. Returns the exit code. */
int commands_explain_unknown(const char *name);

/** The options that every command has; `*count` of them. */
const struct args_option *commands_common(size_t *count);

/** Carry out a command line without the program's name, in a process that has no other. Returns the
 * exit code. */
int commands_call(int count, char *const *words);

/** The whole program: returns the exit code. */
int commands_main(int argc, char **argv);

#endif
