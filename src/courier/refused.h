/*
 * What came for us and could not be taken: nothing opens it, or what is in it is refused above.
 * Whoever holds it brings it again for as long as it lives, and pays for each try. So it is tried
 * again after 1, 4, 16, ... min only: 9 times in the longest life of an envelope, however many
 * bring it. Known by the name of the whole envelope, so nobody makes it that of another.
 *
 * In this life only; of REFUSED_MAX the oldest gives way. A machine without deadlines, owned by
 * courier/courier. Source: docs/protocol/envelope.md, "What is refused".
 */
#ifndef COURIER_REFUSED_H
#define COURIER_REFUSED_H

#include "base/map.h"
#include "courier/envelope.h"

#define REFUSED_MAX 16384 /* envelopes; 1.2 MiB when full, nothing before the first */
#define REFUSED_WAIT_NS UINT64_C(60000000000) /* after the first time; then four times as long */

struct refused_one {
    uint8_t name[ENVELOPE_NAME_SIZE];
    uint64_t until; /* not tried before */
    int err;
    uint8_t times;
};

struct refused {
    const struct random *random; /* borrowed */
    struct map names;            /* made with the first */
    struct refused_one *ones;    /* owned; NULL before the first */
    uint32_t next;               /* the oldest, when all are taken */
};

void refused_init(struct refused *r, const struct random *random);
void refused_clear(struct refused *r);

/** It could not be taken, for `err`. */
void refused_add(struct refused *r, uint64_t now, const uint8_t name[ENVELOPE_NAME_SIZE], int err);

/** Why it is not to be tried now; 0: it may be. */
WARN_UNUSED int refused_why(const struct refused *r, uint64_t now,
                            const uint8_t name[ENVELOPE_NAME_SIZE]);

/** What it depends on has changed (who belongs): each may be tried once more now. */
void refused_changed(struct refused *r);

#endif
