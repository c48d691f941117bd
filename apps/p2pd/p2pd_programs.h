/*
 * Which program answers which protocol: STREAM_HANDLER's table.
 */
#ifndef APPS_P2PD_P2PD_PROGRAMS_H
#define APPS_P2PD_P2PD_PROGRAMS_H

#include "apps/p2pd/p2pd.h"

#define P2PD_PROGRAMS_TRIES_MAX 3 /* in a row that a program was not reached: it is withdrawn */

/** Let the program at `address` answer `protocol`, in place of an earlier one. As
 * wavu_stream_handle. */
WARN_UNUSED int p2pd_programs_set(struct p2pd *d, const char *protocol,
                                  const struct multiaddr *address);

/** Answer P2PD_ECHO_NAME by what is said. */
WARN_UNUSED int p2pd_programs_set_echo(struct p2pd *d);

/** Forget all. */
void p2pd_programs_clear(struct p2pd *d);

#endif
