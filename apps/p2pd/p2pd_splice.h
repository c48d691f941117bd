/*
 * A stream of the network joined to a program's connection: bytes go through in both directions
 * with back-pressure, and each direction ends by itself.
 *
 *   OPENING -> WAITING -> JOINED      a stream that a program asked for
 *   DIALLING -> JOINED                one that a peer opened: its program is being reached
 */
#ifndef APPS_P2PD_P2PD_SPLICE_H
#define APPS_P2PD_P2PD_SPLICE_H

#include "apps/p2pd/p2pd.h"
#include "base/buf.h"

#define P2PD_SPLICE_OUT_MAX                                                                        \
    (PIPE_READ_MAX * 2) /* bytes of a program that its stream does not take yet */

struct p2pd_splice;

/* Who waits for a splice. Called once; after an error it is gone. */
struct p2pd_splice_user {
    void (*done)(void *context, struct p2pd_splice *s, int err);
    void *context;
};

/** Open a stream: `done` with 0 calls p2pd_splice_join or _cancel. As wavu_stream_open. */
WARN_UNUSED int p2pd_splice_open(struct p2pd *d, const struct wavu_stream_wish *wish,
                                 struct p2pd_splice_user user, struct p2pd_splice **out);

/** Give up before it is joined: the stream is reset, `done` does not come. */
void p2pd_splice_cancel(struct p2pd_splice *s);

struct wavu_stream *p2pd_splice_stream(const struct p2pd_splice *s);

/** From now on the pipe, which is the splice's, is the stream. `head` goes to the program before
 * all else, `rest` to the stream: what had come from the program already; `has_end`: with its end.
 */
void p2pd_splice_join_take(struct p2pd_splice *s, struct pipe *pipe, struct span head,
                           struct span rest, bool has_end);

/** A peer opened `stream`: reach the program at `address`, tell it what stream it is, and join.
 * `done` says whether it was reached. */
void p2pd_splice_inbound(struct p2pd *d, struct wavu_stream *stream,
                         const struct multiaddr *address, struct p2pd_splice_user user);

/** An event of such a stream, whose context is the splice. */
void p2pd_splice_on_stream(struct p2pd_splice *s, struct wavu_stream_event *event);

/** End all at once. */
void p2pd_splice_end_all(struct p2pd *d);

#endif
