/*
 * What every port must do, as a script over a world that is simulated or real: order of callbacks,
 * none inside a call, none after close, back-pressure, ends, errors.
 *
 * A world has two ports, on one of which the script listens at `ip`.
 */
#ifndef TESTS_SUPPORT_PORT_SCRIPT_H
#define TESTS_SUPPORT_PORT_SCRIPT_H

#include "port/net.h"
#include "port/port.h"

struct port_script_world {
    struct port *ports[2];
    struct multiaddr_ip ip; /* where ports[1] can listen and ports[0] reach it; port 0 */
    const char *name;       /* a name of some address, known without asking a server */
    /* Run until `is_done` or a generous time-out; true when it is done. */
    bool (*run_until)(struct port_script_world *, bool (*is_done)(void *context), void *context);
    /* Run for long enough that whatever is on its way within the world has come. */
    void (*settle)(struct port_script_world *);
    void *os; /* the world's own */
};

/* The behaviours, one a call. Each leaves the world as it was, and fails the cmocka test that calls
 * it. */

/** Both ends see the same two addresses. */
void port_script_addresses_agree(struct port_script_world *world);

/** What was taken before a close in good order arrives whole, then WAVU_ERR_CLOSED. */
void port_script_bytes_then_end(struct port_script_world *world);

/** The end, too, waits for a paused reader, behind the bytes. */
void port_script_paused_end_waits(struct port_script_world *world);

/** An abort is WAVU_ERR_RESET at the other end. */
void port_script_abort_resets(struct port_script_world *world);

/** Sending on a broken socket says so and takes nothing. */
void port_script_send_after_reset(struct port_script_world *world);

/** Dialling where nobody listens fails with WAVU_ERR_REFUSED. */
void port_script_refused(struct port_script_world *world);

/** A paused reader gets nothing and stops the sender; afterwards all arrives. */
void port_script_pause_pushes_back(struct port_script_world *world);

/** Sockets may be closed from inside opened, accepted and bytes: then nothing more comes. */
void port_script_close_from_callbacks(struct port_script_world *world);

/** Taken addresses are WAVU_ERR_IN_USE, foreign ones WAVU_ERR_INVALID; the machine has interfaces.
 */
void port_script_listeners(struct port_script_world *world);

/** Names and numbers are found; a cancelled look-up stays silent. */
void port_script_lookups(struct port_script_world *world);

/** Datagrams come with their sender, answers find back; one may close from inside `received`. In
 * port_udp_script.c, as the next two. */
void port_script_datagrams(struct port_script_world *world);

/** Sockets that share a port all hear what is sent to everybody on the machine, and those that
 * joined a group what is sent to that. */
void port_script_shared_datagrams(struct port_script_world *world);

/** The machine says what interfaces it has. */
void port_script_interfaces(struct port_script_world *world);

/** Timers and jobs that were set outside of a turn bring one; the clocks agree. */
void port_script_turns(struct port_script_world *world);

#endif
