/*
 * The event hash. Not against adversaries: it has to differ when two runs do, and be cheap.
 */
#include "sim/sim_note.h"

#include <string.h>

#define FOLD UINT64_C(0xff51afd7ed558ccd) /* odd; any bit of the word reaches the upper half */

static uint64_t fold(uint64_t hash, uint64_t word)
{
    uint64_t x = (hash ^ word) * FOLD;

    return x ^ x >> 32;
}

void sim_note_event(struct sim_host *host, enum sim_kind kind, uint64_t detail)
{
    struct sim *sim = host->sim;
    uint64_t what = (uint64_t)host->number << 8 | (uint64_t)kind;

    sim->hash = fold(fold(fold(sim->hash, sim->now_ns), what), detail);
}

/* Four lanes, so that the multiplications of large reads overlap. */
void sim_note_bytes(struct sim_host *host, enum sim_kind kind, uint64_t detail, struct span bytes)
{
    uint64_t lanes[4] = {1, 2, 3, bytes.len};
    size_t at = 0;

    for (; bytes.len - at >= 32; at += 32) {
        uint64_t words[4];

        memcpy(words, bytes.ptr + at, sizeof(words));
        for (size_t i = 0; i < 4; i++) {
            lanes[i] = fold(lanes[i], words[i]);
        }
    }
    for (; at < bytes.len; at++) {
        lanes[at % 4] = fold(lanes[at % 4], bytes.ptr[at]);
    }
    sim_note_event(host, kind,
                   fold(fold(fold(fold(detail, lanes[0]), lanes[1]), lanes[2]), lanes[3]));
}
