/*
 * Inside of the yamux machine: its struct, and the books of one stream. Only yamux.c and its tests
 * include this.
 */
#ifndef MUX_YAMUX_STREAM_H
#define MUX_YAMUX_STREAM_H

#include "base/buf.h"
#include "mux/yamux.h"

/* Flags of a stream. */
#define YAMUX_STREAM_INBOUND 0x1u
#define YAMUX_STREAM_SYN_OWED 0x2u
#define YAMUX_STREAM_ACK_OWED 0x4u
#define YAMUX_STREAM_UPDATE_OWED 0x8u
#define YAMUX_STREAM_FIN_OWED 0x10u
#define YAMUX_STREAM_RST_OWED 0x20u
#define YAMUX_STREAM_FIN_SENT 0x40u
#define YAMUX_STREAM_FIN_SEEN 0x80u  /* the peer sends no more, and the owner was told */
#define YAMUX_STREAM_DEAD 0x100u     /* reset by either side */
#define YAMUX_STREAM_RELEASED 0x200u /* the owner is gone */
#define YAMUX_STREAM_UNACKED 0x400u  /* outbound, and no frame of the peer's yet */
#define YAMUX_STREAM_WAITS_WINDOW 0x800u
#define YAMUX_STREAM_ANY_OWED                                                                      \
    (YAMUX_STREAM_SYN_OWED | YAMUX_STREAM_ACK_OWED | YAMUX_STREAM_UPDATE_OWED |                    \
     YAMUX_STREAM_FIN_OWED | YAMUX_STREAM_RST_OWED)

struct yamux {
    struct map streams;          /* by id: also released ones that owe a frame */
    struct list dirty;           /* streams that owe something */
    struct list waiting;         /* streams that wait for room in the queue, longest first */
    const struct random *random; /* borrowed */
    struct budget *budget;       /* borrowed */
    struct buf pongs;            /* values of pings to answer, 4 bytes each */
    struct buf refused;          /* ids of streams to reset, 4 bytes each */
    struct yamux_stream
        *in_stream;    /* whose payload or pending events come next; NULL: drop payload */
    uint64_t heard_ns; /* when input last came */
    uint64_t ping_ns;  /* when the ping under way was queued */
    uint64_t rtt_ns;   /* smoothed; 0: none yet */
    uint32_t ping_value;
    uint32_t goaway_code;
    uint32_t in_left;  /* bytes of payload still to come in the current frame */
    uint32_t extra;    /* growth of all windows beyond the initial one */
    uint32_t next_out; /* id of the next stream that we open; 0: none left */
    uint32_t next_syn; /* lowest id of ours whose SYN may not have been written */
    uint32_t last_in;  /* highest id that the peer opened */
    uint16_t count_in;
    uint16_t count_out;
    uint16_t unacked;
    uint16_t refused_streak; /* inbound streams refused since one was accepted */
    int8_t dead;             /* the error that killed it, or 0 */
    uint8_t head_len;
    uint8_t head[YAMUX_HEADER_SIZE]; /* partial header */
    bool is_client;
    bool is_full; /* the queue was found full; yamux_room ends it */
    bool has_fin; /* the current frame carries the FIN of in_stream */
    bool is_goaway_owed;
    bool is_going_away; /* we sent or owe a go-away */
    bool is_peer_going; /* the peer sent one */
    bool is_ping_owed;
    bool is_ping_out; /* queued or sent, and not answered */
};

_Static_assert(sizeof(struct yamux) < 300, "an idle connection is small");
_Static_assert(YAMUX_WINDOWS_EXTRA_MAX <= UINT32_MAX - YAMUX_WINDOW_MAX, "growth fits");

/** The stream under `id`, or NULL. */
struct yamux_stream *yamux_stream_find(const struct yamux *y, uint32_t id);

/** A stream under `id` with `flags` (owing something), charged to the budget; NULL when that is
 * used up. */
WARN_UNUSED struct yamux_stream *yamux_stream_new(struct yamux *y, uint64_t now, uint32_t id,
                                                  unsigned flags);

/** Take `s` out of every list and count and give its charges back; it stays in the table. */
void yamux_stream_settle(struct yamux *y, struct yamux_stream *s);

/** Settle `s`, take it out of the table and free it. */
void yamux_stream_free(struct yamux *y, struct yamux_stream *s);

/** The next pull writes `what` (flags of ANY_OWED). */
void yamux_stream_owe(struct yamux *y, struct yamux_stream *s, unsigned what);

/** `what` was written, or is owed no more. */
void yamux_stream_paid(struct yamux_stream *s, unsigned what);

/** A frame of the peer's came: it knows of `s`. */
void yamux_stream_acked(struct yamux *y, struct yamux_stream *s);

/** Nothing of `s` counts any more: no events, no writing, and only `owed` (or 0) still goes out. */
void yamux_stream_kill(struct yamux *y, struct yamux_stream *s, unsigned owed);

/** Reset, or ended in both directions. */
bool yamux_stream_has_ended(const struct yamux_stream *s);

/** Add the peer's credit; who waits for it alone joins those who wait for room. WAVU_ERR_PROTO on
 * overflow. */
WARN_UNUSED int yamux_stream_credit(struct yamux *y, struct yamux_stream *s, uint32_t credit);

/** The next `len` bytes of payload are for `s` (dropped after its FIN). WAVU_ERR_PROTO beyond its
 * window. */
WARN_UNUSED int yamux_stream_payload(struct yamux *y, struct yamux_stream *s, uint32_t len);

/** CHECK the invariants of one stream. */
void yamux_stream_check(const struct yamux_stream *s);

#endif
