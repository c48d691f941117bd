/*
 * A queue of moments: what holds from `at_ns` on. In a pipe it holds the segments under way and the
 * acknowledgements on their way back.
 */
#ifndef SIM_SIM_MARKS_H
#define SIM_SIM_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_mark {
    uint64_t at_ns;
    uint64_t end;  /* offset in the stream that is reached then */
    uint64_t edge; /* acknowledgements: how far the receiver has read */
};

/* Zeroed memory is an empty queue. Storage is kept when it runs empty: traffic comes in bursts. */
struct sim_marks {
    struct sim_mark *items; /* owned */
    uint32_t cap;           /* a power of two or 0 */
    uint32_t first;
    uint32_t count;
};

void sim_marks_clear(struct sim_marks *m);

/** Append; what came last is replaced when it is for the same moment. */
void sim_marks_push(struct sim_marks *m, const struct sim_mark *mark);

/** The oldest, or NULL. Valid until the next push. */
const struct sim_mark *sim_marks_first(const struct sim_marks *m);

/** Drop the oldest; there must be one. */
void sim_marks_pop(struct sim_marks *m);

#endif
