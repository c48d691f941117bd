/*
 * What a daemon prints when it is up: programs that start one read it.
 */
#ifndef APPS_P2PD_P2PD_LINES_H
#define APPS_P2PD_P2PD_LINES_H

#include "apps/p2pd/p2pd.h"

/** Control socket, Peer ID, Peer Addrs; with -b the bootstrap peers. The caller flushes. */
void p2pd_lines_print(const struct p2pd *d);

#endif
