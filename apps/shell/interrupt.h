/*
 * Ctrl+C while a command waits: ends the wait, not the shell. One at a time, as there is one
 * terminal.
 */
#ifndef SHELL_INTERRUPT_H
#define SHELL_INTERRUPT_H

#include <stdbool.h>

/** Catch SIGINT from now on: around a whole command, so that it is never lost between two waits. */
void interrupt_begin(void);

/** A descriptor for rpc_client_follow, which gives up when SIGINT comes, or has come; -1 outside of
 * the two, or when the system has none. */
int interrupt_fd(void);

/** Has it come since interrupt_begin? */
bool interrupt_came(void);

/** Leave SIGINT as it was before. */
void interrupt_end(void);

#endif
