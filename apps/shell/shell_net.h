/*
 * What the shell asks of the running node itself: who is where, and how well it is reached. Each
 * takes the words behind its name and returns the exit code.
 */
#ifndef SHELL_SHELL_NET_H
#define SHELL_SHELL_NET_H

#include "apps/shell/shell.h"

int shell_net_connect(struct shell *s, size_t count, const char *const *words);
int shell_net_disconnect(struct shell *s, size_t count, const char *const *words);
int shell_net_routes(struct shell *s, size_t count, const char *const *words);
int shell_net_ping(struct shell *s, size_t count, const char *const *words);
int shell_net_trace(struct shell *s, size_t count, const char *const *words);

#endif
