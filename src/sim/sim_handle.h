/*
 * What a process holds open: the beginning of sockets, listeners and look-ups alike.
 */
#ifndef SIM_SIM_HANDLE_H
#define SIM_SIM_HANDLE_H

#include "sim/sim_core.h"

struct sim_handle {
    struct list link; /* in life->handles, until its owner closes it */
    struct sim_life *life;
    struct sim_input input;
    void (*kill)(
        struct sim_handle *); /* its process crashed: leave the network, stay for the owner */
};

#endif
