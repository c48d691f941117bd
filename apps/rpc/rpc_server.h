/*
 * The control socket of a running node: a unix socket for its own user, JSON-RPC lines. An answer
 * may wait until there is something to tell; whoever asks on is answered as things stand.
 */
#ifndef APPS_RPC_RPC_SERVER_H
#define APPS_RPC_RPC_SERVER_H

#include "apps/rpc/jsonrpc.h"

#define RPC_SERVER_HELD_MAX 256 /* answers of one client that wait for the disk */

struct rpc_server;
struct wavu_os;

/**
 * Listen at `path` (mode 0600) on the loop `os` and answer for `service`. A socket that a dead node
 * left is replaced. Errors as ipc_listen (os/ipc.h). The server must be closed before the loop is
 * freed.
 */
WARN_UNUSED int rpc_server_open(struct wavu_os *os, const char *path,
                                struct jsonrpc_service service, struct rpc_server **out);

/** The disk took something, or does not take it (struct jsonrpc_service): answers go that waited.
 */
void rpc_server_kept(struct rpc_server *server);

/** Something happened: whoever waits for it (jsonrpc_try) is answered. As rpc_server_kept, too. */
void rpc_server_wake(struct rpc_server *server);

/** How many clients are connected. */
size_t rpc_server_clients(const struct rpc_server *server);

/** Close all connections, remove the socket's file, free. NULL is fine. */
void rpc_server_close(struct rpc_server *server);

#endif
