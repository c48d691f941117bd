/*
 * A pipe: one direction of a TCP connection, from the sender's buffer over a wire to the
 * receiver's.
 *
 * Offsets count the bytes of the stream from 0; the end of the stream (FIN) counts as one byte
 * more. Always: read <= arrived <= sent <= written + has_end, acked <= arrived.
 */
#ifndef SIM_SIM_PIPE_H
#define SIM_SIM_PIPE_H

#include "base/span.h"
#include "sim/sim_marks.h"
#include "sim/sim_wire.h"

#define SIM_PIPE_SPARE_SIZE 2048 /* small buffers, which pipes share: a burst of messages */

struct sim_pipe;

/* What a pipe tells its connection. Nothing is called from inside sim_pipe_write or sim_pipe_read.
 */
struct sim_pipe_user {
    void (*arrived)(struct sim_pipe *); /* receiver: more to read, or the end */
    void (*reset)(struct sim_pipe *);   /* receiver: the sender broke it off */
    void (*room)(struct sim_pipe *);    /* sender: a third of the buffer is free again */
    void (*lost)(struct sim_pipe *);    /* sender: no acknowledgement in time */
};

struct sim_pipe {
    const struct sim_pipe_user *user;
    void *context; /* the user's; set after sim_pipe_init */
    struct sim *sim;
    struct sim_wire *wire;
    struct list wire_link;
    struct list waiting_link;
    struct sim_draw draw;

    uint8_t *bytes; /* ring of [read, written), owned */
    size_t cap;     /* a power of two, or 0 */
    uint64_t written;
    uint64_t sent;
    uint64_t arrived;
    uint64_t read;
    uint64_t acked;      /* as the sender knows */
    uint64_t edge;       /* `read` as the sender knows */
    uint64_t last_ns;    /* arrival of the last packet sent: none overtakes it */
    uint64_t reset_ns;   /* when the reset arrives */
    uint64_t stalled_ns; /* since when nothing gets through */

    struct sim_marks under_way; /* segments */
    struct sim_marks notes;     /* acknowledgements */
    struct sim_event arrive;    /* of the first under way */
    struct sim_event note;      /* an acknowledgement comes that the sender waits for */
    struct sim_event stall;     /* time-out while stalled; retransmission once healed */

    bool is_open;     /* the handshake is over: may send */
    bool has_end;     /* nothing will be written any more */
    bool is_reset;    /* the sender broke it off */
    bool is_dead;     /* nothing moves any more */
    bool wants_room;  /* a write was cut short */
    bool is_stalled;  /* something is unacknowledged and the path shut, or was until now */
    bool is_resuming; /* the path has healed: `stall` is the retransmission */
    bool is_held;     /* sends nothing until then */
    bool is_parked;   /* what is under way comes only then */
};

void sim_pipe_init(struct sim_pipe *p, const struct sim_pipe_user *user, struct sim_wire *wire,
                   struct sim_draw draw);
void sim_pipe_clear(struct sim_pipe *p);

/** The handshake ends for the sender; its last packet arrives at `not_before_ns`. */
void sim_pipe_open(struct sim_pipe *p, uint64_t not_before_ns);

/** Take up to the room that there is; returns how many bytes. When fewer than given, `room`
 * follows. */
size_t sim_pipe_write(struct sim_pipe *p, const struct span *pieces, size_t count);

/** Nothing more will be written. */
void sim_pipe_end(struct sim_pipe *p);

/** Break it off: what is under way arrives, then the reset, unless it meets a shut wire. A dead
 * pipe still carries a reset. */
void sim_pipe_reset(struct sim_pipe *p);

/** What is under way is gone, nothing moves any more and nothing is told. */
void sim_pipe_kill(struct sim_pipe *p);

/** Bytes that can be read. */
uint64_t sim_pipe_readable(const struct sim_pipe *p);

/** True when all was read and the end has come. */
bool sim_pipe_at_end(const struct sim_pipe *p);

/** True when the receiver has acknowledged all that was written, and the end. */
bool sim_pipe_is_done(struct sim_pipe *p);

/** Copy the next `len` bytes (at most what is readable) to `out`, or drop them when it is NULL. */
void sim_pipe_read(struct sim_pipe *p, uint8_t *out, size_t len);

/** Send what may be sent now. For the wire's serialiser, too. */
void sim_pipe_pump(struct sim_pipe *p);

/** Take in the acknowledgements that have come until now. */
void sim_pipe_settle(struct sim_pipe *p);

/** One of the wires there and back has opened or shut. */
void sim_pipe_path_changed(struct sim_pipe *p);

void sim_pipe_check(const struct sim_pipe *p);

/** Free the unused small buffers: for sim_free. */
void sim_pipe_free_spare(struct sim *sim);

#endif
