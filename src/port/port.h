/*
 * What the world gives a node: time (through the turn), randomness, sockets, names, files,
 * threads.
 *
 * One `struct port` for each node. os/ implements it on libuv, sim/ on a virtual clock; a node
 * cannot tell them apart. All calls are made on the node's thread; all callbacks come in the turn's
 * "in" phase unless a comment says otherwise. No callback runs from inside a call.
 */
#ifndef PORT_PORT_H
#define PORT_PORT_H

#include "base/random.h"
#include "base/turn.h"

struct port_net;   /* port/net.h */
struct port_files; /* port/files.h */
struct port_work;  /* port/work.h */
struct port_libs;  /* port/libs.h */

struct port {
    struct turn turn;
    struct random random; /* cryptographic in os/, from the seed in sim/ */
    const struct port_net *net;
    const struct port_files *files;
    const struct port_work *work;
    const struct port_libs *libs; /* NULL: nothing is loaded here */
    uint64_t (*precise_ns)(
        struct port *); /* boot time now, not this turn's: to measure round trips only */
    uint64_t (*wall_ms)(
        struct port *); /* milliseconds since 1970; a hint only: a Raspberry Pi has no clock */
};

#endif
