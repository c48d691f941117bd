/*
 * Ctrl+C while a command waits: ends the wait, not the shell. One at a time, as there is one
 * terminal.
 */
#ifndef SHELL_INTERRUPT_H
#define SHELL_INTERRUPT_H

#include <stdbool.h>

/** Catch SIGINT from now on. Returns a descriptor for rpc_client_follow, which gives up when it
 * comes; -1 when the system has none. */
int interrupt_begin(void);

/** Has it come since interrupt_begin? */
bool interrupt_came(void);

/** Leave SIGINT as it was before. */
void interrupt_end(void);

#endif
