/*
 * perf: upload, then download, as many bytes as asked. A service over door 2. Source: libp2p perf
 * specification.
 */
#ifndef NET_PERF_H
#define NET_PERF_H

#include "net/swarm.h"

#define PERF_NAME "/perf/1.0.0"
#define PERF_INBOUND_MAX 8
#define PERF_BLOCK_SIZE 65536 /* bytes written at once */

struct perf {
    struct swarm *swarm;
    struct stream_protocol protocol;
    struct stream_protocol asking;
};

WARN_UNUSED int perf_init(struct perf *p, struct swarm *swarm);
void perf_clear(struct perf *p);

struct perf_run; /* opaque; gone after done */

struct perf_user {
    /* Once: everything was sent and received (err 0), or why not. */
    void (*done)(void *context, int err);
    void *context;
};

/** Send `upload` bytes to the peer of `conn` and take `download` back. */
WARN_UNUSED int perf_start(struct perf *p, struct conn *conn, uint64_t upload, uint64_t download,
                           struct perf_user user, struct perf_run **out);

/** Bytes so far. */
void perf_progress(const struct perf_run *run, uint64_t *uploaded, uint64_t *downloaded);
void perf_cancel(struct perf_run *run);

#endif
