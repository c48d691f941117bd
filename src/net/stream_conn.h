/*
 * What conn.c tells stream.c: private to net/.
 */
#ifndef NET_STREAM_CONN_H
#define NET_STREAM_CONN_H

#include "mux/yamux.h"
#include "net/stream.h"

/** The peer opened a stream: negotiate its protocol. */
void stream_on_open(struct conn *c, struct yamux_stream *mux);

/** Events of the muxer for a stream. */
void stream_on_data(struct stream *s, struct span data);
void stream_on_writable(struct stream *s);
void stream_on_fin(struct stream *s);
void stream_on_reset(struct stream *s);

/** Work phase: deliver what the service had left; `node` is the stream's place in conn's `resumed`
 * list. */
void stream_deliver_held(struct list *node);

/** The connection is closing: end every stream with `err`. */
void stream_conn_closed(struct conn *c, int err);

#endif
