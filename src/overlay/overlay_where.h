/*
 * How a node can be reached, as the views pass it on: multiaddrs, each with a varint length before
 * it. A codec. Hearsay: nothing of it is proved before a connection.
 */
#ifndef OVERLAY_OVERLAY_WHERE_H
#define OVERLAY_OVERLAY_WHERE_H

#include "base/multiaddr.h"
#include "base/wr.h"

/** Append `address` to what becomes a where. Check the writer afterwards. */
void overlay_where_put(struct wr *w, const struct multiaddr *address);

/** Write as many of the addresses, from the first, as fit into `out`; returns how many bytes. */
size_t overlay_where_write(struct span_mut out, const struct multiaddr *addresses, size_t count);

/** Read the addresses of `where`, at most `max`; what is no multiaddr ends it. Returns how many. */
size_t overlay_where_read(struct span where, struct multiaddr *out, size_t max);

#endif
