/*
 * yamux 1.0.0: many flow-controlled streams over one ordered byte stream. A machine: bytes from
 * below come in through yamux_feed, events go up one at a time, bytes for below are written into
 * the connection's frame queue by yamux_write and yamux_pull.
 *
 * It never buffers payload: DATA events borrow from the input, writes go straight into the frame
 * queue. Memory: one struct per stream (about 120 bytes) and a 12-byte partial header. Source:
 * hashicorp/yamux specification, libp2p yamux; go-yamux v5, rust and js where they differ
 * (docs/protocol/yamux.md).
 */
#ifndef MUX_YAMUX_H
#define MUX_YAMUX_H

#include "base/budget.h"
#include "base/list.h"
#include "base/map.h"
#include "mux/frame.h"
#include "mux/yamux_msg.h"

#define YAMUX_HEADER_SIZE YAMUX_MSG_SIZE
#define YAMUX_WINDOW_INITIAL (256u * 1024u)           /* by specification, each way */
#define YAMUX_WINDOW_MAX (16u * 1024u * 1024u)        /* as go and js grow to */
#define YAMUX_WINDOWS_EXTRA_MAX (64u * 1024u * 1024u) /* growth of all windows of a connection */
#define YAMUX_STREAMS_IN_MAX 512                      /* open inbound streams of one connection */
#define YAMUX_STREAMS_OUT_MAX 1024
#define YAMUX_UNACKED_MAX 256 /* outbound streams that the peer has not acknowledged */
#define YAMUX_DATA_MAX 65507  /* payload of one frame: fits one noise message with its header */
#define YAMUX_KEEPALIVE_NS (UINT64_C(30) * 1000000000)
#define YAMUX_PING_TIMEOUT_NS (UINT64_C(30) * 1000000000)
#define YAMUX_PINGS_QUEUED_MAX                                                                     \
    16 /* answers owed; a peer that asks more without reading is dropped */
#define YAMUX_QUEUE_MAX                                                                            \
    (256u * 1024u) /* data waits above it: four full records, one turn's writev */
#define YAMUX_CONTROL_MAX                                                                          \
    (2u * YAMUX_QUEUE_MAX) /* control frames wait above it: room beside all data */
#define YAMUX_REFUSED_MAX                                                                          \
    1000                      /* inbound streams refused with none accepted between: then dropped */
#define YAMUX_STREAM_COST 256 /* charged per stream: its struct, its map slot, the allocator */
#define YAMUX_RTT_MIN_NS                                                                           \
    (UINT64_C(1) * 1000000) /* a turn: below it growth of windows cannot tell */

enum yamux_goaway { YAMUX_GOAWAY_NORMAL = 0, YAMUX_GOAWAY_PROTO = 1, YAMUX_GOAWAY_INTERNAL = 2 };

struct yamux; /* opaque; embedded use is not needed: below 300 bytes */

/* One stream. Owned by the machine; `user` is the owner's. Valid until yamux_release. */
struct yamux_stream {
    struct list dirty;   /* in the machine's list of streams that owe a window update or answer */
    struct list waiting; /* in the machine's list of streams that wait for room (not for window) */
    void *user;
    uint32_t id;
    uint32_t send_window;     /* bytes that the peer still lets us send */
    uint32_t receive_window;  /* bytes that the peer may still send */
    uint32_t window;          /* size that we keep the peer's window at */
    uint32_t unreported;      /* bytes consumed and not yet given back */
    uint32_t code;            /* of the reset that is owed */
    uint16_t flags;           /* private */
    uint64_t window_since_ns; /* when the current window was granted: auto-tuning */
};

struct yamux_config {
    bool is_client;              /* dialler: odd ids */
    const struct random *random; /* map seed, ping values; borrowed */
    struct budget *budget;       /* charged for streams and window growth; borrowed, may be NULL */
    uint64_t now;
};

WARN_UNUSED struct yamux *yamux_new(const struct yamux_config *config);

/** Free the machine and all its streams, whose `user` is not touched. */
void yamux_free(struct yamux *y);

enum yamux_event_kind {
    YAMUX_NOTHING,
    YAMUX_OPEN,     /* the peer opened `stream`: set its user; acknowledged at once */
    YAMUX_DATA,     /* `data` (not empty) for `stream`, borrowed from the input; yamux_consume gives
                       credit back */
    YAMUX_WRITABLE, /* a stream that was told AGAIN may write again */
    YAMUX_FIN,      /* the peer will send no more */
    YAMUX_RESET,    /* `stream` ended abruptly with `code`; release it */
    YAMUX_PONG,     /* keepalive or yamux_ping came back after `rtt_ns` */
    YAMUX_GOAWAY    /* the peer opens and accepts no more; `code` */
};

struct yamux_event {
    enum yamux_event_kind kind;
    struct yamux_stream *stream;
    struct span data;
    uint32_t code;
    uint64_t rtt_ns;
};

/** Give bytes from below. Stops behind what makes an event; `*used` says how many were read; after
 * each call take yamux_next_event until false, then call again with the rest until all is used. A
 * frame may make several events (OPEN, DATA, FIN): those that need no more input come from
 * yamux_next_event, or from the next feed, which then may use nothing. A frame's payload comes in
 * as many DATA events as the input has pieces. Frames of streams that are unknown, reset or
 * released are read and dropped. WAVU_ERR_PROTO or _LIMIT kill it: a go-away is queued, pull and
 * close; every later feed says the same. */
WARN_UNUSED int yamux_feed(struct yamux *y, uint64_t now, struct span in, size_t *used,
                           struct yamux_event *event);

/** Events that need no input: the rest of the last frame's, and WRITABLE while the queue has room,
 * longest waiting first. False when there is none. */
WARN_UNUSED bool yamux_next_event(struct yamux *y, struct yamux_event *event);

/** True when yamux_next_event would give one. */
bool yamux_has_event(const struct yamux *y);

/** Open a stream: its SYN goes with the first write, or with the next pull. WAVU_ERR_LIMIT
 * (unacknowledged, total or budget), _EXHAUSTED (ids), _CLOSED (go-away of either side). */
WARN_UNUSED int yamux_open(struct yamux *y, uint64_t now, struct yamux_stream **stream);

/** Write up to the window and the queue's room; `*taken` may be less than data.len. When it is, the
 * stream waits and a WRITABLE event follows. While others wait a call takes one frame at most, and
 * nothing before the stream's own turn. `fin` ends our direction once everything was taken (with
 * empty data: always). WAVU_ERR_AGAIN when nothing was taken, _CLOSED after fin, _RESET on a dead
 * stream. */
WARN_UNUSED int yamux_write(struct yamux *y, struct yamux_stream *s, struct span data, bool fin,
                            struct frame_queue *out, size_t *taken);

/** The application took `len` received bytes: credit for the peer once half a window is due, which
 * doubles when that half went in less than 4 round trips. */
void yamux_consume(struct yamux *y, struct yamux_stream *s, uint64_t now, uint32_t len);

/** Abort both directions with a code (0 or libp2p's stream error codes). No event of `s` follows.
 * Nothing happens when it has ended already. */
void yamux_reset(struct yamux *y, struct yamux_stream *s, uint32_t code);

/** The owner is done: both directions ended, or it is reset hereby. Frees the stream now, or in the
 * pull that writes what it still owes the peer; no event of it follows. */
void yamux_release(struct yamux *y, struct yamux_stream *s);

/** Send a ping with the next pull; a PONG event follows. WAVU_ERR_AGAIN when one is under way. */
WARN_UNUSED int yamux_ping(struct yamux *y, uint64_t now);

/** Refuse new streams from now on and tell the peer, once: the first code stands. */
void yamux_go_away(struct yamux *y, uint32_t code);

/** Write owed control frames (answers, window updates, resets, pings) into `out`; a dead machine's
 * go-away alone. What finds no room below YAMUX_CONTROL_MAX stays owed. */
void yamux_pull(struct yamux *y, struct frame_queue *out);

/** True when yamux_pull has something to write. */
bool yamux_has_output(const struct yamux *y);

/** The queue has room again: streams that wait for room (not for window) become WRITABLE, in turn.
 */
void yamux_room(struct yamux *y);

/** Keepalive: a ping after YAMUX_KEEPALIVE_NS without input. WAVU_ERR_TIMEOUT when a ping stays
 * unanswered and nothing else came in for YAMUX_PING_TIMEOUT_NS, or in four times that whatever
 * came. When `now` has jumped far past the deadline (a suspended machine) the ping is repeated
 * instead. */
WARN_UNUSED int yamux_tick(struct yamux *y, uint64_t now);

/** When to tick next, as `now`; UINT64_MAX: never (dead). */
uint64_t yamux_deadline(const struct yamux *y);

/** Streams of either side, also those released that still owe the peer a frame. */
size_t yamux_stream_count(const struct yamux *y);
uint64_t yamux_rtt_ns(const struct yamux *y); /* smoothed; 0: not measured */

/** Iterate over streams not yet released (any order): start with `*at` = 0; NULL at the end. None
 * may be opened, released or reset meanwhile. */
struct yamux_stream *yamux_next_stream(const struct yamux *y, size_t *at);

/** Walk the structure and CHECK its invariants. */
void yamux_check(const struct yamux *y);

#endif
